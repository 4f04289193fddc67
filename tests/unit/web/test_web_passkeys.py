# SPDX-License-Identifier: Apache-2.0
"""Passkeys: enrolled with a code, signed in with, refused in every way that is not exactly right, revoked."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from paridad.base.strict import decode_base64url
from paridad.store.tables import invitations, passkeys
from paridad.web.enrolment import CODE_SECONDS, code_digest, new_code
from paridad.web.errors import PasskeyRefused
from paridad.web.passkeys import AT_ONCE, MAX_ANSWER, WAIT_SECONDS, Challenges
from support.authenticator import Authenticator
from support.cli_world import CommandLines
from support.pages import Browser, office_of
from support.programmes import seeded_random

ORIGIN = "http://localhost"
OPS = ("--as", "fgr-operator")


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[CommandLines]:
    """Return two nodes with their command lines."""
    with CommandLines(tmp_path) as found:
        yield found


@pytest.fixture
def browser(lines: CommandLines) -> Browser:
    """Return a browser at a node without demonstration identities."""
    return Browser(office_of(lines.parties.by_name["MX"], demo=False))


def code_for(lines: CommandLines, officer: str) -> str:
    """Return an enrolment code that an operator made."""
    return str(lines.json("MX", "passkey", "invite", officer, *OPS)["enrolment_code"])


def enrol(browser: Browser, code: str, key: Authenticator) -> int:
    """Enrol a passkey with a code; return the status of the last answer."""
    browser.get("/es/enrol")
    begun = browser.post("/es/enrol", {"code": code})
    if begun.status_code != 200:
        return begun.status_code
    made = key.create(browser.options, origin=ORIGIN)
    return browser.post("/es/enrol/passkey", {"code": code, "label": "llave azul", "answer": made}).status_code


@pytest.fixture
def key(browser: Browser, lines: CommandLines) -> Authenticator:
    """Return an officer's enrolled passkey; nobody is signed in."""
    found = Authenticator()
    assert enrol(browser, code_for(lines, "fgr-liaison"), found) == 303
    browser.cookie = ""
    return found


def enter(browser: Browser, answer: Callable[[str], str]) -> int:
    """Sign in with what an authenticator answers to the page's question; return the status."""
    browser.get("/es/sign-in")
    return browser.post("/es/sign-in/passkey", {"answer": answer(browser.options)}).status_code


def honest(key: Authenticator) -> Callable[[str], str]:
    """Return what an honest authenticator under our own origin answers."""
    return lambda options: key.get(options, origin=ORIGIN)


# Enrolling ------------------------------------------------------------------------------------------------------------


def test_an_officer_enrols_with_a_code_and_signs_in_without_a_name(browser: Browser, lines: CommandLines) -> None:
    key = Authenticator()
    assert enrol(browser, code_for(lines, "fgr-liaison"), key) == 303
    assert "llave azul" in browser.get("/es/passkeys").text
    again = Browser(browser.office)
    assert enter(again, honest(key)) == 303
    assert "(enlace, MX/FGR)" in again.get("/es/passkeys").text
    [listed] = lines.json("MX", "passkey", "list", "--as", "fgr-liaison")["passkeys"]
    assert (listed["passkey"], listed["officer"], listed["invited_by"]) == (key.name, "fgr-liaison", "fgr-operator")


def test_a_passkey_has_to_be_discoverable_and_to_verify_its_user(browser: Browser, lines: CommandLines) -> None:
    browser.get("/es/enrol")
    browser.post("/es/enrol", {"code": code_for(lines, "fgr-liaison")})
    asked = json.loads(browser.options)
    assert asked["authenticatorSelection"]["residentKey"] == "required"
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    assert len(decode_base64url(asked["challenge"])) == 32
    assert "fgr" not in decode_base64url(asked["user"]["id"]).decode("latin-1")
    browser.get("/es/sign-in")
    asked = json.loads(browser.options)
    assert (asked["userVerification"], asked["allowCredentials"]) == ("required", [])


def test_the_code_is_kept_as_a_digest(browser: Browser, lines: CommandLines) -> None:
    code = code_for(lines, "fgr-liaison")
    with browser.office.node.own.store.read() as conn:
        [row] = conn.execute(invitations.select()).all()
    assert row.digest == code_digest(code)
    assert code not in str(row)
    assert len(code.replace("-", "")) == 26
    assert code_digest(f" {code.lower().replace('-', ' ')} ") == row.digest
    assert new_code(seeded_random("a")) != new_code(seeded_random("b"))


def test_a_code_is_good_once(browser: Browser, lines: CommandLines) -> None:
    code = code_for(lines, "fgr-liaison")
    assert enrol(browser, code, Authenticator()) == 303
    assert enrol(Browser(browser.office), code, Authenticator(raw_id=b"b" * 32)) == 422


def test_two_who_use_one_code_at_once_are_one(browser: Browser, lines: CommandLines) -> None:
    """Both began in time; the code is used up by the first who finishes."""
    code, other = code_for(lines, "fgr-liaison"), Browser(browser.office)
    first, second = Authenticator(), Authenticator(raw_id=b"b" * 32)
    answers = []
    for each, key in ((browser, first), (other, second)):
        each.get("/es/enrol")
        each.post("/es/enrol", {"code": code})
        answers.append(key.create(each.options, origin=ORIGIN))
    assert browser.post("/es/enrol/passkey", {"code": code, "answer": answers[0]}).status_code == 303
    assert other.post("/es/enrol/passkey", {"code": code, "answer": answers[1]}).status_code == 422
    assert (bool(browser.cookie), other.cookie) == (True, "")


def test_a_code_is_good_for_a_day(browser: Browser, lines: CommandLines) -> None:
    code = code_for(lines, "fgr-liaison")
    lines.parties.clock.pass_(CODE_SECONDS)
    assert enrol(browser, code, Authenticator()) == 422
    code = code_for(lines, "fgr-liaison")
    lines.parties.clock.pass_(CODE_SECONDS - 1)
    assert enrol(browser, code, Authenticator()) == 303


def test_a_newer_code_takes_the_place_of_an_older_one(browser: Browser, lines: CommandLines) -> None:
    old, new = code_for(lines, "fgr-liaison"), code_for(lines, "fgr-liaison")
    assert enrol(browser, old, Authenticator()) == 422
    assert enrol(browser, new, Authenticator()) == 303


@pytest.mark.parametrize("code", ["", "AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AA", "x" * 5000, "\udcff"])
def test_another_code_opens_nothing(browser: Browser, lines: CommandLines, code: str) -> None:
    code_for(lines, "fgr-liaison")
    browser.get("/es/enrol")
    fields = {"code": code.encode("utf-8", "surrogateescape").decode("latin-1")}
    assert browser.post("/es/enrol", fields).status_code == 422


def test_only_whoever_administers_invites(browser: Browser, lines: CommandLines) -> None:
    refused = lines.run("MX", "passkey", "invite", "fgr-liaison", "--as", "fgr-liaison")
    assert refused.exit_code == 1
    dry = lines.json("MX", "passkey", "invite", "fgr-liaison", *OPS, "--dry-run")
    assert dry["enrolment_code"] == ""
    unknown = lines.run("MX", "passkey", "invite", "nobody", *OPS)
    assert unknown.exit_code == 1
    with browser.office.node.own.store.read() as conn:
        assert conn.execute(invitations.select()).all() == []


def test_an_invited_officer_who_is_no_longer_listed_enrols_nothing(browser: Browser, lines: CommandLines) -> None:
    code = code_for(lines, "fgr-liaison")
    path = browser.office.node.home.path / "officers.toml"
    path.write_text(path.read_text().replace('"fgr-liaison"', '"fgr-somebody"'))
    assert enrol(browser, code, Authenticator()) == 422


MAKINGS: dict[str, tuple[dict[str, Any], str]] = {
    "another origin": ({}, "http://evil.example"),
    "another port": ({}, "http://localhost:9999"),
    "a user who was not verified": ({"user_verified": False}, ORIGIN),
}


@pytest.mark.parametrize(("traits", "origin"), MAKINGS.values(), ids=MAKINGS.keys())
def test_a_passkey_that_was_made_otherwise_is_not_enrolled(
    browser: Browser, lines: CommandLines, traits: dict[str, Any], origin: str
) -> None:
    code, key = code_for(lines, "fgr-liaison"), Authenticator(**traits)
    browser.get("/es/enrol")
    browser.post("/es/enrol", {"code": code})
    made = key.create(browser.options, origin=origin)
    assert browser.post("/es/enrol/passkey", {"code": code, "answer": made}).status_code == 422
    with browser.office.node.own.store.read() as conn:
        assert conn.execute(passkeys.select()).all() == []
    assert enrol(browser, code, Authenticator()) == 303, "an attempt that failed leaves the code as it was"


def test_a_passkey_is_enrolled_once(browser: Browser, lines: CommandLines, key: Authenticator) -> None:
    copy = Authenticator(raw_id=key.raw_id)
    assert enrol(browser, code_for(lines, "fgr-analyst"), copy) == 422
    browser.get("/es/enrol")
    browser.post("/es/enrol", {"code": code_for(lines, "fgr-liaison")})
    assert len(json.loads(browser.options)["excludeCredentials"]) == 1


def test_a_challenge_for_one_code_does_not_enrol_with_another(browser: Browser, lines: CommandLines) -> None:
    code, other = code_for(lines, "fgr-liaison"), code_for(lines, "fgr-operator")
    browser.get("/es/enrol")
    browser.post("/es/enrol", {"code": code})
    made = Authenticator().create(browser.options, origin=ORIGIN)
    assert browser.post("/es/enrol/passkey", {"code": other, "answer": made}).status_code == 422


# Signing in -----------------------------------------------------------------------------------------------------------

FORGED: dict[str, Callable[[Authenticator, str], str]] = {
    "another origin": lambda key, asked: key.get(asked, origin="http://evil.example"),
    "https where there is none": lambda key, asked: key.get(asked, origin="https://localhost"),
    "another node's name": lambda key, asked: key.get(asked, origin=ORIGIN, party="evil.example"),
    "another challenge": lambda key, asked: key.get(asked, origin=ORIGIN, challenge="A" * 43),
    "another ceremony": lambda key, asked: key.get(asked, origin=ORIGIN, type="webauthn.create"),
    "no answer": lambda _key, _asked: "",
    "not JSON": lambda _key, _asked: "{",
    "a list": lambda _key, _asked: "[]",
    "too much": lambda key, asked: key.get(asked, origin=ORIGIN) + " " * MAX_ANSWER,
    "another key": lambda key, asked: Authenticator(raw_id=key.raw_id, count=9, handle=key.handle).get(asked, origin=ORIGIN),
    "a key that nobody enrolled": lambda _key, asked: Authenticator(raw_id=b"z" * 32).get(asked, origin=ORIGIN),
}  # fmt: skip


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED.keys())
def test_an_answer_that_is_not_exactly_right_opens_nothing(
    browser: Browser, key: Authenticator, forge: Callable[[Authenticator, str], str]
) -> None:
    assert enter(browser, lambda options: forge(key, options)) == 422
    assert browser.cookie == ""
    assert enter(browser, honest(key)) == 303


def test_a_user_who_was_not_verified_does_not_come_in(browser: Browser, key: Authenticator) -> None:
    key.user_verified = False
    assert enter(browser, honest(key)) == 422
    key.user_verified = True
    assert enter(browser, honest(key)) == 303


def test_a_passkey_that_names_somebody_else_does_not_come_in(browser: Browser, key: Authenticator) -> None:
    right, key.handle = key.handle, b"somebody else"
    assert enter(browser, honest(key)) == 422
    key.handle = right
    assert enter(browser, honest(key)) == 303


def test_an_answer_opens_once(browser: Browser, key: Authenticator) -> None:
    answers = []

    def keep(options: str) -> str:
        answers.append(key.get(options, origin=ORIGIN))
        return answers[0]

    assert enter(browser, keep) == 303
    thief = Browser(browser.office)
    thief.get("/es/sign-in")
    assert thief.post("/es/sign-in/passkey", {"answer": answers[0]}).status_code == 422
    assert thief.cookie == ""


def test_an_answer_that_comes_too_late_opens_nothing(browser: Browser, lines: CommandLines, key: Authenticator) -> None:
    def late(options: str) -> str:
        lines.parties.clock.pass_(WAIT_SECONDS)
        return key.get(options, origin=ORIGIN)

    assert enter(browser, late) == 422


def test_a_counter_that_does_not_grow_is_a_copy(browser: Browser, key: Authenticator) -> None:
    assert enter(browser, honest(key)) == 303
    count, key.count = key.count, 0
    assert enter(browser, honest(key)) == 422
    key.count = count
    assert enter(browser, honest(key)) == 303


def test_a_passkey_that_does_not_count_comes_in_each_time(browser: Browser, lines: CommandLines) -> None:
    key = Authenticator(counts=False)
    assert enrol(browser, code_for(lines, "fgr-liaison"), key) == 303
    assert [enter(browser, honest(key)) for _ in range(2)] == [303, 303]


def test_a_passkey_of_an_officer_who_is_no_longer_listed_opens_nothing(browser: Browser, key: Authenticator) -> None:
    path = browser.office.node.home.path / "officers.toml"
    path.write_text(path.read_text().replace('"fgr-liaison"', '"fgr-somebody"'))
    browser.get("/es/sign-in")
    assert browser.post("/es/sign-in/passkey", {"answer": honest(key)(browser.options)}).status_code == 422
    assert browser.cookie == ""
    assert "fgr-analyst" not in browser.page, "who else works here is not told"


def test_under_a_number_there_are_no_passkeys_and_the_page_says_why(browser: Browser, lines: CommandLines) -> None:
    numbered = Browser(browser.office, host="127.0.0.1:8001")
    headers = {"origin": "http://127.0.0.1:8001"}
    assert "http://localhost" in numbered.get("/en/sign-in").text
    assert "data-options" not in numbered.page
    answer = numbered.post("/en/enrol", {"code": code_for(lines, "fgr-liaison")}, headers=headers)
    assert (answer.status_code, "Open this page by its name" in answer.text) == (422, True)


def test_behind_a_proxy_the_passkey_is_bound_to_the_configured_name(browser: Browser, lines: CommandLines) -> None:
    proxied, key, code = (
        Browser(browser.office, host="paridad.example"),
        Authenticator(),
        code_for(lines, "fgr-liaison"),
    )
    proxied.get("/es/enrol")
    proxied.post("/es/enrol", {"code": code})
    assert json.loads(proxied.options)["rp"]["id"] == "paridad.example"
    made = key.create(proxied.options, origin="https://paridad.example")
    assert proxied.post("/es/enrol/passkey", {"code": code, "answer": made}).status_code == 303
    assert enter(browser, lambda options: key.get(options, origin=ORIGIN, party="paridad.example")) == 422
    assert enter(proxied, lambda options: key.get(options, origin="https://paridad.example")) == 303


# Revoking -------------------------------------------------------------------------------------------------------------


def test_a_revoked_passkey_opens_nothing_and_ends_what_it_opened(
    browser: Browser, lines: CommandLines, key: Authenticator
) -> None:
    assert enter(browser, honest(key)) == 303
    assert browser.get("/es/passkeys").status_code == 200
    lines.json("MX", "passkey", "revoke", key.name, *OPS, "--dry-run")
    assert browser.get("/es/passkeys").status_code == 200
    ended = lines.json("MX", "passkey", "revoke", key.name, *OPS)["sessions_ended"]
    assert ended == 2, "the one opened by enrolling and this one"
    assert browser.get("/es/passkeys").status_code == 303
    assert enter(browser, honest(key)) == 422
    [listed] = lines.json("MX", "passkey", "list", *OPS)["passkeys"]
    assert listed["revoked_by"] == "fgr-operator"
    assert lines.run("MX", "passkey", "revoke", key.name, *OPS).exit_code == 2


def test_officers_revoke_their_own_on_the_page_and_nobody_elses(
    browser: Browser, lines: CommandLines, key: Authenticator
) -> None:
    other, theirs = Browser(browser.office), Authenticator(raw_id=b"o" * 32)
    assert enrol(other, code_for(lines, "fgr-analyst"), theirs) == 303
    other.get("/es/passkeys")
    assert key.name not in other.page
    assert other.post("/es/passkeys", {"passkey": key.name}).status_code == 404
    assert enter(browser, honest(key)) == 303
    other.get("/es/passkeys")
    assert other.post("/es/passkeys", {"passkey": theirs.name}).status_code == 303
    assert other.get("/es/passkeys").status_code == 303


# Challenges -----------------------------------------------------------------------------------------------------------


def test_challenges_are_bounded_and_the_oldest_gives_way() -> None:
    challenges, random = Challenges(), seeded_random("challenges")
    made = [challenges.issue("x", now=0, random=random) for _ in range(AT_ONCE + 1)]
    with pytest.raises(PasskeyRefused):
        challenges.redeem(made[0], "x", now=1)
    challenges.redeem(made[1], "x", now=1)
    with pytest.raises(PasskeyRefused):
        challenges.redeem(made[1], "x", now=1)
    with pytest.raises(PasskeyRefused):
        challenges.redeem(made[2], "y", now=1)
    challenges.issue("x", now=WAIT_SECONDS, random=random)
    assert len(challenges._open) == 1
