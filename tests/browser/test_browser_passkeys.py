# SPDX-License-Identifier: Apache-2.0
"""Passkeys in a real browser with a virtual authenticator: enrolled, signed in with, and asked again at a release."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import CDPSession, Page, expect

from paridad.store import accounts
from support.browser_world import World

pytestmark = pytest.mark.browser

OFFICER, OPERATOR = "doj-liaison-2", "doj-operator"
TRAITS = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def page(world: World) -> Iterator[Page]:
    """Return a page of a browser with an authenticator; nothing may be said on its console."""
    context = world.context()
    found = context.new_page()
    said: list[str] = []
    found.on("console", lambda message: said.append(message.text))
    found.on("pageerror", lambda error: said.append(str(error)))
    yield found
    context.close()
    assert [each for each in said if "422" not in each] == []


def authenticator(page: Page) -> tuple[CDPSession, str]:
    """Give the browser an authenticator."""
    line = page.context.new_cdp_session(page)
    line.send("WebAuthn.enable")
    return line, str(line.send("WebAuthn.addVirtualAuthenticator", {"options": TRAITS})["authenticatorId"])


def enrol(world: World, page: Page, officer: str = OFFICER) -> None:
    """Enrol a passkey with a code; the officer is signed in."""
    code = world.houses.offices["US"].ask(OPERATOR, "passkey.invite", invited=officer)["enrolment_code"]
    page.goto(world.address("US", "en", "enrol"))
    page.get_by_label("Enrolment code").fill(code)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Make the passkey and sign in").click()
    page.wait_for_url(world.address("US", "en", ""))


def test_a_passkey_is_made_signs_in_and_confirms_a_release(world: World, page: Page) -> None:
    """From the code to the signature over the very bytes that leave."""
    authenticator(page)
    enrol(world, page)
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(world.address("US", "en", ""))
    folio = world.stages.opened()
    record = world.stages.names["record"]
    page.goto(world.address("US", "en", f"folio/{folio}/release?record={record}"))
    page.locator("button[name=step][value=check]").click()
    expect(page.locator("[data-passkey=get]")).to_have_count(1)
    page.locator("button[data-passkey-button]").click()
    page.wait_for_url(re.compile(f"folio/{folio}(\\?|$|#)"))
    acts = world.houses.offices["US"].ask(OFFICER, "folio.show", folio=folio)["acts"]
    answer = next(each["act"] for each in acts if each["kind"]["code"] == "folio/answer/1")
    shown = world.houses.offices["US"].ask(OFFICER, "act.assent", act=answer)
    assert (shown["assent"]["code"], shown["assented_by"]) == ("verified", OFFICER)


def test_an_authenticator_that_does_not_answer_is_told_and_may_be_asked_again(world: World, page: Page) -> None:
    """A sentence beside the button, and the button again; nothing is sent."""
    line, known = authenticator(page)
    page.goto(world.address("US", "en", "sign-in"))
    line.send("WebAuthn.setUserVerified", {"authenticatorId": known, "isUserVerified": False})
    button = page.get_by_role("button", name="Sign in with a passkey")
    button.click()
    expect(page.get_by_role("alert").filter(has_text="not completed")).to_be_visible()
    expect(button).to_be_enabled()


def test_a_link_from_another_site_goes_on_by_a_link_of_ours(world: World, page: Page) -> None:
    """The strict cookie stays behind at the first step and comes with the second."""
    authenticator(page)
    enrol(world, page, "doj-lawyer")
    port = world.servers["US"].port
    page.goto(f"http://127.0.0.1:{port}/en/sign-in")
    wanted = world.address("US", "en", "passkeys")
    page.evaluate(
        "to => { const a = document.createElement('a'); a.href = to; document.body.append(a); a.click() }", wanted
    )
    page.wait_for_url(re.compile("sign-in\\?next=passkeys"))
    page.get_by_role("link", name="go on to the page").click()
    page.wait_for_url(wanted)
    expect(page.get_by_role("heading", level=1)).to_have_text("Passkeys")


def test_a_revoked_passkey_does_not_come_in(world: World, page: Page) -> None:
    """The browser offers it; the node refuses, with a sentence."""
    authenticator(page)
    enrol(world, page, "doj-analyst")
    node = world.houses.offices["US"].node
    with node.own.store.read() as conn:
        [row] = accounts.passkeys_of(conn, "doj-analyst")
    world.houses.offices["US"].ask(OPERATOR, "passkey.revoke", passkey=row.credential)
    page.goto(world.address("US", "en", "sign-in"))
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("That passkey is revoked.")).to_be_visible()
