# SPDX-License-Identifier: Apache-2.0
"""Step-up: an officer assents to exactly the bytes that are then signed, once, in time, with a passkey of their own."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from paridad.base.errors import ParidadError
from paridad.base.strict import decode_base64url
from paridad.node.assenting import AT_ONCE, WAIT_SECONDS
from paridad.node.errors import AssentOver
from paridad.node.saying import Said
from paridad.store import accounts
from paridad.store.acts import get_acts
from paridad.store.tables import acts as act_rows
from paridad.store.tables import assents
from paridad.web import stepup
from paridad.web.errors import PasskeyRefused
from paridad.web.stepup import Begun
from support.authenticator import Authenticator
from support.cli_world import CommandLines
from support.pages import Browser, office_of

ORIGIN = "http://localhost"


@dataclass
class Scene:
    """A folio that waits for an answer, and the liaison officer of the asked agency with a passkey."""

    lines: CommandLines
    browser: Browser
    key: Authenticator
    folio: str
    record: str

    def begin(self, id_: str = "release-1", **more: Any) -> Begun:
        """Come to the page where one signs."""
        arguments = {"folio": self.folio, "record": [self.record], **more}
        return stepup.begin(self.browser.office, self.browser.visit(), "folio.answer", id=id_, **arguments)

    def finish(self, begun: Begun, answer: str, browser: Browser | None = None) -> Said:
        """Confirm."""
        visit = (browser or self.browser).visit()
        said = stepup.finish(self.browser.office, visit, begun.id, answer)
        for name in visit.renewed:
            (browser or self.browser).cookie = name
        return said

    def assent(self, begun: Begun, **more: Any) -> str:
        """Return what the officer's passkey answers."""
        return self.key.get(begun.options, origin=more.pop("origin", ORIGIN), **more)

    def acts(self) -> int:
        """Return how many acts are filed at the node."""
        with self.browser.office.node.own.store.read() as conn:
            return int(conn.execute(sa.select(sa.func.count()).select_from(act_rows)).scalar_one())

    def assents(self) -> int:
        """Return how many assents are kept at the node."""
        with self.browser.office.node.own.store.read() as conn:
            return int(conn.execute(sa.select(sa.func.count()).select_from(assents)).scalar_one())

    def shown(self, act: str) -> Any:
        """Return what the command line says of the assent behind an act."""
        return self.lines.json("MX", "act", "assent", act, "--as", "fgr-liaison")


def enrolled(browser: Browser, lines: CommandLines, officer: str, key: Authenticator) -> Browser:
    """Enrol a passkey; the officer is signed in with it."""
    code = lines.json("MX", "passkey", "invite", officer, "--as", "fgr-operator")["enrolment_code"]
    browser.get("/es/enrol")
    browser.post("/es/enrol", {"code": code})
    made = key.create(browser.options, origin=ORIGIN)
    assert browser.post("/es/enrol/passkey", {"code": code, "answer": made}).status_code == 303
    return browser


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """Return a folio that waits for an answer, at a node without demonstration identities."""
    with CommandLines(tmp_path) as lines:
        record, folio = lines.record("MX/FGR"), lines.asked("US/DOJ", "MX/FGR")
        browser = Browser(office_of(lines.parties.by_name["MX"], demo=False))
        key = Authenticator()
        enrolled(browser, lines, "fgr-liaison", key)
        yield Scene(lines, browser, key, folio, record)


def test_what_the_officer_assented_to_is_what_was_signed(scene: Scene) -> None:
    before, begun = scene.acts(), scene.begin()
    assert scene.acts() == before, "nothing is signed by preparing"
    answer = scene.assent(begun)
    said = scene.finish(begun, answer)
    [act] = said.acts
    own = scene.browser.office.node.own
    with own.store.read() as conn:
        [stored] = get_acts(conn, [act]).values()
        row = accounts.assent_of(conn, act)
    assert row is not None
    text = stored.signed.rpartition(b".")[0]
    client = json.loads(row.client_data)
    assert decode_base64url(client["challenge"]) == sha256(text).digest() == decode_base64url(begun.challenge)
    assert (row.officer, row.credential) == ("fgr-liaison", scene.key.name)
    shown = scene.shown(act)
    assert (shown["assent"]["code"], shown["assented_by"]) == ("verified", "fgr-liaison")


def test_the_act_verifies_reaches_the_other_party_and_says_nothing_of_the_officer(scene: Scene) -> None:
    begun = scene.begin()
    [act] = scene.finish(begun, scene.assent(begun)).acts
    scene.lines.parties.settle(4)
    assert scene.lines.json("MX", "act", "verify", "--act", act, "--as", "fgr-liaison")["ok"] is True
    assert scene.lines.json("US", "act", "show", act, "--as", "doj-liaison")["agency"] == "MX/FGR"
    other = scene.lines.json("US", "act", "assent", act, "--as", "doj-liaison")
    assert (other["assent"]["code"], other["assented_by"]) == ("none", "")
    with scene.lines.parties.by_name["US"].own.store.read() as conn:
        [stored] = get_acts(conn, [act]).values()
    assert b"liaison" not in stored.signed


def refused(scene: Scene, begun: Begun, answer: str, browser: Browser | None = None) -> None:
    """Confirm in a way that must not count: nothing is signed, nothing kept, and the same again does not count either."""
    before = scene.acts()
    with pytest.raises(ParidadError):
        scene.finish(begun, answer, browser)
    assert (scene.acts(), scene.assents()) == (before, 0)
    honest = scene.begin("another")
    assert len(scene.finish(honest, scene.assent(honest)).acts) == 1


FORGED: dict[str, dict[str, Any]] = {
    "another origin": {"origin": "http://evil.example"},
    "another name": {"party": "evil.example"},
    "another challenge": {"challenge": "A" * 43},
    "another ceremony": {"type": "webauthn.create"},
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED.keys())
def test_an_assent_that_is_not_exactly_right_signs_nothing(scene: Scene, forged: dict[str, Any]) -> None:
    begun = scene.begin()
    refused(scene, begun, scene.assent(begun, **forged))


@pytest.mark.parametrize("answer", ["", "{}", "[]", "null", "\x00"])
def test_no_assent_signs_nothing(scene: Scene, answer: str) -> None:
    refused(scene, scene.begin(), answer)


def test_a_user_who_was_not_verified_assents_to_nothing(scene: Scene) -> None:
    begun = scene.begin()
    scene.key.user_verified = False
    answer = scene.assent(begun)
    scene.key.user_verified = True
    refused(scene, begun, answer)


def test_an_assent_to_one_release_does_not_sign_another(scene: Scene) -> None:
    """The same wish prepared twice has other bytes: salts and identifier are new."""
    first, second = scene.begin("first"), scene.begin("second")
    assert first.challenge != second.challenge
    refused(scene, second, scene.assent(first))


def test_signing_in_is_no_assent(scene: Scene) -> None:
    begun = scene.begin()
    stranger = Browser(scene.browser.office)
    stranger.get("/es/sign-in")
    refused(scene, begun, scene.key.get(stranger.options, origin=ORIGIN))


def test_an_assent_counts_once(scene: Scene) -> None:
    begun = scene.begin()
    answer = scene.assent(begun)
    said = scene.finish(begun, answer)
    before = scene.acts()
    again = scene.finish(begun, answer)
    assert (again.acts, again.repeated) == (said.acts, True)
    assert (scene.acts(), scene.assents()) == (before, 1)


def test_an_attempt_that_failed_uses_up_what_was_prepared(scene: Scene) -> None:
    begun = scene.begin()
    with pytest.raises(PasskeyRefused):
        scene.finish(begun, "")
    with pytest.raises(AssentOver):
        scene.finish(begun, scene.assent(begun))
    assert scene.assents() == 0


def test_an_assent_is_good_for_five_minutes(scene: Scene) -> None:
    begun = scene.begin()
    scene.lines.parties.clock.pass_(WAIT_SECONDS)
    with pytest.raises(AssentOver, match="five minutes"):
        scene.finish(begun, scene.assent(begun))
    begun = scene.begin("again")
    scene.lines.parties.clock.pass_(WAIT_SECONDS - 1)
    [act] = scene.finish(begun, scene.assent(begun)).acts
    shown = scene.lines.json("MX", "act", "show", act, "--as", "fgr-liaison")
    assert scene.shown(act)["at"] - shown["at"] == WAIT_SECONDS - 1, "the act bears the time of its text"


def test_somebody_elses_passkey_assents_to_nothing(scene: Scene) -> None:
    """Neither with the officer's session and another's passkey, nor with another's session."""
    other, theirs = Browser(scene.browser.office), Authenticator(raw_id=b"o" * 32)
    enrolled(other, scene.lines, "fgr-liaison-2", theirs)
    begun = scene.begin()
    assert len(json.loads(begun.options)["allowCredentials"]) == 1
    with pytest.raises(AssentOver):
        scene.finish(begun, theirs.get(begun.options, origin=ORIGIN), other)
    refused(scene, begun, theirs.get(begun.options, origin=ORIGIN))


def test_what_changed_meanwhile_is_not_signed(scene: Scene) -> None:
    begun = scene.begin()
    scene.lines.json("MX", "folio", "answer", scene.folio, "--record", scene.record, "--as", "fgr-liaison-2")
    before = scene.acts()
    with pytest.raises(ParidadError, match="complete already"):
        scene.finish(begun, scene.assent(begun))
    assert (scene.acts(), scene.assents()) == (before, 0)


def test_a_role_that_was_taken_away_meanwhile_signs_nothing(scene: Scene) -> None:
    begun = scene.begin()
    node = scene.browser.office.node
    path = node.home.path / "officers.toml"
    path.write_text(path.read_text().replace('"fgr-liaison"', '"fgr-somebody"'))
    assert scene.browser.visit().officer is None
    assert scene.assents() == 0
    assert begun.id


def test_preparing_refuses_what_carrying_out_would(scene: Scene) -> None:
    with pytest.raises(ParidadError):
        scene.begin(record=["A" * 43])
    with pytest.raises(ParidadError, match="says nothing"):
        stepup.begin(scene.browser.office, scene.browser.visit(), "passkey.revoke", id="x")
    analyst = enrolled(Browser(scene.browser.office), scene.lines, "fgr-analyst", Authenticator(raw_id=b"a" * 32))
    with pytest.raises(ParidadError, match="role is not liaison"):
        replace(scene, browser=analyst).begin()


def test_what_waits_is_bounded_for_each_officer(scene: Scene) -> None:
    begun = [scene.begin(f"release-{n}") for n in range(AT_ONCE + 1)]
    with pytest.raises(AssentOver):
        scene.finish(begun[0], scene.assent(begun[0]))
    assert scene.finish(begun[1], scene.assent(begun[1])).acts


def test_the_session_goes_on_under_a_new_name(scene: Scene) -> None:
    old, token = scene.browser.cookie, scene.browser.visit().session
    begun = scene.begin()
    scene.finish(begun, scene.assent(begun))
    assert scene.browser.cookie != old
    assert Browser(scene.browser.office, cookie=old).visit().session is None
    now = scene.browser.visit().session
    assert now
    assert token
    assert (now.officer, now.csrf) == (token.officer, token.csrf), "forms that are open elsewhere go on"


# Without verification -------------------------------------------------------------------------------------------------


def test_a_demonstration_identity_assents_without_verification_and_the_record_says_so(scene: Scene) -> None:
    demo = Browser(office_of(scene.browser.office.node))
    demo.enter_demo("fgr-liaison-2")
    theirs = replace(scene, browser=demo)
    begun = theirs.begin()
    assert begun.options == ""
    [act] = theirs.finish(begun, "").acts
    shown = scene.shown(act)
    assert (shown["assent"]["code"], shown["assented_by"], shown["passkey"]) == ("unverified", "fgr-liaison-2", "")
    assert "Sin verificación" in shown["assent"]["es"]
    assert "Not verified" in shown["assent"]["en"]


def test_a_demonstration_identity_with_a_passkey_has_to_use_it(scene: Scene) -> None:
    demo = Browser(office_of(scene.browser.office.node))
    demo.enter_demo("fgr-liaison")
    theirs = replace(scene, browser=demo)
    begun = theirs.begin()
    assert begun.options
    refused(theirs, begun, "")


def test_without_demonstration_identities_nobody_assents_without_a_passkey(scene: Scene) -> None:
    scene.lines.json("MX", "passkey", "list", "--as", "fgr-operator")
    begun = scene.begin()
    node = scene.browser.office.node
    with node.own.store.write() as conn:
        accounts.revoke_passkey(conn, scene.key.name, by="fgr-operator", at=node.clock())
    with pytest.raises(PasskeyRefused, match="takes a passkey of yours"):
        scene.begin("another")
    with pytest.raises(PasskeyRefused):
        scene.finish(begun, scene.assent(begun))
    with pytest.raises(AssentOver):
        scene.finish(begun, "")
    assert scene.assents() == 0


def test_an_assent_that_was_changed_in_the_database_is_told(scene: Scene) -> None:
    begun = scene.begin()
    [act] = scene.finish(begun, scene.assent(begun)).acts
    with scene.browser.office.node.own.store.write() as conn:
        conn.execute(sa.update(assents).values(client_data=b'{"type":"webauthn.get"}'))
    assert scene.shown(act)["assent"]["code"] == "broken"


def test_what_was_said_without_a_page_has_no_assent(scene: Scene) -> None:
    said = scene.lines.json("MX", "folio", "acknowledge", scene.folio, "--as", "fgr-liaison")
    assert scene.shown(said["acts"][0]["act"])["assent"]["code"] == "none"


@pytest.mark.parametrize("verb", ["answer", "propose.answer", "refuse", "close"])
def test_a_page_says_nothing_in_a_folio_without_assent(scene: Scene, verb: str) -> None:
    """An order that would sign is refused where it does not come through `begin` and `finish`; looking is not."""
    office, officer = scene.browser.office, scene.browser.visit().who
    before = scene.acts()
    with pytest.raises(RuntimeError, match="stepup"):
        office.ask(officer, f"folio.{verb}", folio=scene.folio)
    assert scene.acts() == before
    assert office.ask(officer, "folio.show", folio=scene.folio)["folio"] == scene.folio
