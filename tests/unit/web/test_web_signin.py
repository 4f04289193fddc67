# SPDX-License-Identifier: Apache-2.0
"""Signing in: where one goes on to, demonstration identities and where they cannot be, links from elsewhere."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from paridad.base.sources import system_random
from paridad.base.words import Language
from paridad.node.composing import open_node
from paridad.node.demonstration import demand_demonstration
from paridad.node.errors import HomeRefused
from paridad.node.home import Home, Officer
from paridad.node.node import Node
from paridad.policy.question import ROLES
from paridad.web.signin import MAX_NEXT, demo_choices, onward
from support.pages import Browser, office_of
from support.two_nodes import START, Parties


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    """Return an open node."""
    with Parties(tmp_path) as parties:
        yield parties.by_name["MX"]


# Going on -------------------------------------------------------------------------------------------------------------

LEADS_AWAY = [
    "//evil.example", "https://evil.example", "/evil", "\\\\evil.example", "/\\evil.example", "a//evil.example",
    "javascript:alert(1)//", "..", "../../evil", "folio/../../x", "a\r\nset-cookie: x=y", "a b", "x" * (MAX_NEXT + 1),
    "\thttps://evil.example", "https:evil.example/\\x", "é", "%0d%0a\x00",
]  # fmt: skip


@pytest.mark.parametrize("wanted", LEADS_AWAY)
def test_nobody_is_led_away_after_signing_in(node: Node, wanted: str) -> None:
    assert onward(wanted) == ""
    browser = Browser(office_of(node))
    browser.get("/es/sign-in")
    assert browser.post("/es/sign-in", {"officer": "fgr-liaison", "next": wanted}).headers["location"] == "/es/"


@pytest.mark.parametrize(
    "wanted", ["", "inbox", "folio/MX-2026-0007", "inbox?stage=sent&after=5/MX-2026-0001", "passkeys"]
)
def test_after_signing_in_one_goes_where_one_was_going(node: Node, wanted: str) -> None:
    browser = Browser(office_of(node))
    browser.get("/es/sign-in")
    answer = browser.post("/es/sign-in", {"officer": "fgr-liaison", "next": wanted})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/es/{wanted}")


def test_whoever_is_not_signed_in_is_led_to_the_entrance_and_back(node: Node) -> None:
    browser = Browser(office_of(node))
    answer = browser.get("/en/passkeys?x=1&y=2")
    assert (answer.status_code, answer.headers["location"]) == (303, "/en/sign-in?next=passkeys%3Fx%3D1%26y%3D2")
    browser.get(answer.headers["location"])
    assert 'name="next" value="passkeys?x=1&amp;y=2"' in browser.page
    answer = browser.post("/en/sessions", {})
    assert answer.headers["location"] == "/en/sign-in?next="


# A link from elsewhere ------------------------------------------------------------------------------------------------


def test_a_link_from_elsewhere_goes_on_by_a_link_of_our_own(node: Node) -> None:
    """The strict cookie does not come with the first request; it comes with the link that the entrance offers."""
    browser = Browser(office_of(node))
    browser.enter_demo("fgr-liaison")
    stranger = Browser(browser.office)
    led = stranger.get("/es/passkeys", headers={"sec-fetch-site": "cross-site"})
    stranger.get(led.headers["location"], headers={"sec-fetch-site": "cross-site"})
    [link] = re.findall(r'<a class="govuk-link" href="(/es/passkeys)"', stranger.page)
    assert browser.get(link, headers={"sec-fetch-site": "same-origin"}).status_code == 200
    assert stranger.get(link, headers={"sec-fetch-site": "same-origin"}).status_code == 303


def test_whoever_simply_is_not_signed_in_is_offered_no_such_link(node: Node) -> None:
    browser = Browser(office_of(node))
    browser.get("/es/sign-in?next=passkeys", headers={"sec-fetch-site": "same-origin"})
    assert 'href="/es/passkeys"' not in browser.page
    browser.get("/es/sign-in?next=passkeys", headers={"sec-fetch-site": "none"})
    assert 'href="/es/passkeys"' not in browser.page


# Demonstration identities ---------------------------------------------------------------------------------------------


def test_demonstration_identities_stand_by_agency_and_role(node: Node) -> None:
    choices = demo_choices(node.home.officers())
    assert "MX/FGR" in choices
    fgr = [(each.officer.role, each.place) for each in choices["MX/FGR"]]
    assert [role for role, place in fgr if place == 1] == list(ROLES)
    assert ("liaison", 2) in fgr
    ana = Officer("ana", "Ana", "liaison", "MX/FGR")
    assert demo_choices({"ana": ana})["MX/FGR"][0].officer == ana


@pytest.mark.parametrize(
    ("language", "said", "second"),
    [("es", "Demostración: sin identidad verificada", "segunda persona"),
     ("en", "Demo: identity not verified", "second person")],
)  # fmt: skip
def test_every_page_of_a_demonstration_says_so(node: Node, language: Language, said: str, second: str) -> None:
    browser = Browser(office_of(node))
    browser.get(f"/{language}/sign-in")
    assert said in browser.page
    assert second in browser.page
    browser.enter_demo("fgr-liaison")
    for path in ("passkeys", "sessions", "nowhere"):
        assert said in browser.get(f"/{language}/{path}").text


def test_without_the_setting_there_are_no_demonstration_identities(node: Node) -> None:
    browser = Browser(office_of(node, demo=False))
    browser.get("/es/sign-in")
    assert "fgr-liaison" not in browser.page
    assert "Demostración" not in browser.page
    answer = browser.post("/es/sign-in", {"officer": "fgr-liaison"})
    assert (answer.status_code, browser.cookie) == (422, "")
    assert "no tiene identidades de demostración" in answer.text
    unknown = browser.post("/es/sign-in", {"officer": "nobody"})
    assert re.sub(r'data-options="[^"]*"', "", unknown.text) == re.sub(r'data-options="[^"]*"', "", answer.text)


def test_an_identity_that_is_not_listed_does_not_come_in(node: Node) -> None:
    browser = Browser(office_of(node))
    browser.get("/es/sign-in")
    answer = browser.post("/es/sign-in", {"officer": "root"})
    assert answer.status_code == 422
    assert browser.cookie == ""


REAL = {
    "a proxy brings people": ({"names": ("paridad.example",)}, "a proxy brings people"),
    "the node listens to a network": ({"host": "0.0.0.0"}, "listens on 0.0.0.0"),
    "a peer is elsewhere": ({"peers": {"US": "https://us.example:8443"}}, "the node of US is at"),
    "a peer has a name like loopback": ({"peers": {"US": "https://localhost.example"}}, "the node of US is at"),
}


@pytest.mark.parametrize(("change", "why"), REAL.values(), ids=REAL.keys())
def test_nothing_real_starts_with_demonstration_identities(node: Node, change: dict[str, object], why: str) -> None:
    settings = replace(node.settings, demo_identities=True, **change)  # type: ignore[arg-type]
    with pytest.raises(HomeRefused, match="not admitted here") as refused:
        demand_demonstration(settings, node.own.keys.current)
    assert why in refused.value.words.en
    demand_demonstration(replace(settings, demo_identities=False), node.own.keys.current)


def test_a_charter_that_is_not_a_demonstration_admits_no_demonstration_identities(node: Node) -> None:
    charter, settings = node.own.keys.current, replace(node.settings, demo_identities=True)
    assert charter.notice is not None
    demand_demonstration(settings, charter)
    with pytest.raises(HomeRefused, match="does not say it is a demo"):
        demand_demonstration(settings, replace(charter, notice=None))


def test_the_node_itself_refuses_to_start(node: Node) -> None:
    path, home = node.home.path / "node.toml", Home(node.home.path)
    node.own.store.close()
    plain = path.read_text()
    path.write_text(f"demo_identities = true\n{plain}")
    opened = open_node(home, clock=lambda: START, random=system_random)
    opened.own.store.close()
    path.write_text(f'demo_identities = true\nnames = ["paridad.example"]\n{plain}')
    with pytest.raises(HomeRefused, match="demo_identities is not admitted"):
        open_node(home, clock=lambda: START, random=system_random)
    path.write_text(plain)
    open_node(home, clock=lambda: START, random=system_random)


# What is noted --------------------------------------------------------------------------------------------------------


def test_who_comes_in_who_leaves_and_who_is_turned_away_is_noted(node: Node, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "paridad.web")
    browser = Browser(office_of(node))
    browser.enter_demo("fgr-liaison")
    browser.post("/es/passkeys", {"csrf": "wrong", "passkey": "x"})
    browser.post("/es/sign-out", {}, headers={"origin": "http://evil.example"})
    browser.post("/es/sign-out", {})
    browser.post("/es/sign-in/passkey", {"answer": "x"})
    browser.post("/es/enrol/passkey", {"code": "x", "answer": "x"})
    noted = [(each.levelname, each.getMessage().partition(":")[0]) for each in caplog.records]
    assert noted == [
        ("INFO", "signed in"),
        ("WARNING", "turned away"),
        ("WARNING", "turned away"),
        ("INFO", "signed out"),
        ("WARNING", "sign-in refused"),
        ("WARNING", "enrolment refused"),
    ]


def test_nobody_writes_lines_or_secrets_into_the_notes(node: Node, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "paridad.web")
    browser = Browser(office_of(node))
    browser.enter_demo("fgr-liaison")
    browser.post("/es/x%0aINFO signed in: root", {}, headers={"origin": "http://evil.example"})
    text = "\n".join(each.getMessage() for each in caplog.records)
    assert "\nINFO signed in" not in text
    assert browser.cookie not in text
    assert browser.csrf not in text
