# SPDX-License-Identifier: Apache-2.0
"""Sessions: kept by the server, ended by time, by their owner, by an operator; their names are worth nothing later."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from paridad.store.tables import sessions as session_rows
from paridad.web.sessions import IDLE_SECONDS, LONGEST_SECONDS, digest_of
from paridad.web.signin import cookie_name
from support.cli_world import CommandLines
from support.pages import Browser, office_of

OPS = ("--as", "fgr-operator")


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[CommandLines]:
    """Return two nodes with their command lines."""
    with CommandLines(tmp_path) as found:
        yield found


@pytest.fixture
def browser(lines: CommandLines) -> Browser:
    """Return a browser at the first node, signed in as a demonstration identity."""
    found = Browser(office_of(lines.parties.by_name["MX"]))
    found.enter_demo("fgr-liaison")
    return found


def is_in(browser: Browser) -> bool:
    """Whether a page that needs a session is shown."""
    return browser.get("/es/passkeys").status_code == 200


def test_the_cookie_is_bound_to_the_host_and_out_of_reach_of_scripts_and_other_sites(browser: Browser) -> None:
    answer = Browser(browser.office).post("/es/sign-in", {"officer": "fgr-liaison"})
    [line] = answer.headers.get_list("set-cookie")
    name, *marks = line.lower().split("; ")
    assert name.startswith("__host-paridad-mx=")
    assert set(marks) == {"path=/", "secure", "httponly", "samesite=strict"}


def test_the_database_holds_no_name_that_opens_a_session(browser: Browser) -> None:
    with browser.office.node.own.store.read() as conn:
        [row] = conn.execute(session_rows.select()).all()
    assert row.digest == digest_of(browser.cookie)
    assert browser.cookie not in map(str, row)
    intruder = Browser(browser.office, cookie=row.digest)
    assert not is_in(intruder)
    assert is_in(browser)


def test_half_an_hour_without_use_ends_a_session(browser: Browser, lines: CommandLines) -> None:
    for _ in range(3):
        lines.parties.clock.pass_(IDLE_SECONDS - 60)
        assert is_in(browser)
    lines.parties.clock.pass_(IDLE_SECONDS + 1)
    assert not is_in(browser)


def test_twelve_hours_end_a_session_however_it_is_used(browser: Browser, lines: CommandLines) -> None:
    for _ in range(LONGEST_SECONDS // 1000):
        assert is_in(browser)
        lines.parties.clock.pass_(1000)
    lines.parties.clock.pass_(LONGEST_SECONDS % 1000 + 1)
    assert not is_in(browser)


def test_signing_out_ends_the_session_at_the_server(browser: Browser) -> None:
    name = browser.cookie
    assert is_in(browser)
    answer = browser.post("/es/sign-out", {})
    assert (answer.status_code, browser.cookie) == (303, "")
    assert not is_in(Browser(browser.office, cookie=name))


def test_a_name_that_was_planted_before_is_worth_nothing_after_signing_in(lines: CommandLines) -> None:
    """Session fixation: the server never takes a name that it did not make, and makes a new one at each entry."""
    office = office_of(lines.parties.by_name["MX"])
    planted = Browser(office, cookie="A" * 43)
    planted.enter_demo("fgr-liaison")
    assert planted.cookie != "A" * 43
    assert not is_in(Browser(office, cookie="A" * 43))
    first = planted.cookie
    planted.get("/es/sign-in")
    planted.enter_demo("fgr-analyst")
    assert planted.cookie != first
    assert not is_in(Browser(office, cookie=first))
    assert is_in(planted)


def test_a_renewed_session_goes_on_under_its_new_name_alone(browser: Browser) -> None:
    office, old = browser.office, browser.cookie
    new = office.sessions.renew(old, now=office.node.clock(), random=office.node.own.random)
    assert not is_in(Browser(office, cookie=old))
    assert is_in(Browser(office, cookie=new))


def test_without_demonstration_identities_their_sessions_count_no_more(browser: Browser) -> None:
    assert is_in(browser)
    office_of(browser.office.node, demo=False)
    assert not is_in(browser)


def test_an_officer_who_is_no_longer_listed_is_out(browser: Browser) -> None:
    path = browser.office.node.home.path / "officers.toml"
    assert is_in(browser)
    path.write_text(path.read_text().replace('"fgr-liaison"', '"fgr-somebody"'))
    assert not is_in(browser)


def test_sessions_that_are_over_are_forgotten(browser: Browser, lines: CommandLines) -> None:
    lines.parties.clock.pass_(LONGEST_SECONDS + 1)
    Browser(browser.office).enter_demo("fgr-lawyer")
    with browser.office.node.own.store.read() as conn:
        assert [row.officer for row in conn.execute(session_rows.select())] == ["fgr-lawyer"]


def test_an_operator_lists_and_revokes_everybodys_sessions(browser: Browser, lines: CommandLines) -> None:
    [listed] = lines.json("MX", "session", "list", *OPS)["sessions"]
    assert (listed["officer"], listed["passkey"]) == ("fgr-liaison", "")
    lines.json("MX", "session", "revoke", listed["session"], *OPS, "--dry-run")
    assert is_in(browser)
    lines.json("MX", "session", "revoke", listed["session"], *OPS)
    assert not is_in(browser)
    again = lines.run("MX", "session", "revoke", listed["session"], *OPS)
    assert (again.exit_code, "Nothing in use" in again.stderr) == (2, True)


def test_others_see_and_end_their_own_sessions_only(browser: Browser, lines: CommandLines) -> None:
    other = Browser(browser.office)
    other.enter_demo("fgr-analyst")
    assert [each["officer"] for each in lines.json("MX", "session", "list", "--as", "fgr-analyst")["sessions"]] == [
        "fgr-analyst"
    ]
    refused = lines.run("MX", "session", "revoke", digest_of(browser.cookie), "--as", "fgr-analyst")
    assert refused.exit_code == 2
    assert is_in(browser)
    page = other.post("/es/sessions", {"session": digest_of(browser.cookie)})
    assert page.status_code == 404
    assert is_in(browser)
    elsewhere = Browser(browser.office)
    elsewhere.enter_demo("fgr-liaison")
    browser.get("/es/sessions")
    assert "Esta es la suya" in browser.page
    assert browser.post("/es/sessions", {"session": digest_of(elsewhere.cookie)}).status_code == 303
    assert (is_in(browser), is_in(elsewhere)) == (True, False)


def test_the_cookies_of_two_nodes_on_one_host_have_two_names() -> None:
    assert cookie_name("AA") != cookie_name("BB")


def test_every_page_has_the_way_out(browser: Browser) -> None:
    for path in ("", "passkeys", "sessions", "nowhere", "inbox"):
        assert 'action="/es/sign-out"' in browser.get(f"/es/{path}").text
