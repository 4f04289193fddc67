# SPDX-License-Identifier: Apache-2.0
"""A newcomer takes a matter from request to release to outcome across two live nodes, each a process of its own.

It starts from what the demonstration prints. Two browsers, one at each party's node, one in Spanish and one in
English; once with the mouse, once with the keyboard alone; and with the parties exchanged.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest
from playwright.sync_api import Browser, Page, expect

from paridad.cli.demo import await_doors, invitation, prepare, running
from paridad.cli.two_processes import Pair

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LOOKS, LOOK_MS = 30, 1000
MOST_STEPS = 150
GOES_ON = "main form[method=post] button.govuk-button:not(.govuk-button--secondary)"


class Hand(Protocol):
    """How somebody uses a page."""

    def press(self, page: Page, selector: str) -> None:
        """Use a link, a button or a box."""

    def pick(self, page: Page, selector: str, value: str) -> None:
        """Choose of a list."""


class Mouse:
    """Points and clicks."""

    def press(self, page: Page, selector: str) -> None:
        """Click it."""
        page.locator(selector).first.click()

    def pick(self, page: Page, selector: str, value: str) -> None:
        """Choose it."""
        page.locator(selector).select_option(value)


class Keys:
    """Touches nothing but the keyboard."""

    def press(self, page: Page, selector: str) -> None:
        """Reach it with Tab, an option of a group with the arrows, and press."""
        self._reach(page, selector)
        tag, kind = page.evaluate("[document.activeElement.tagName, document.activeElement.type]")
        if tag == "INPUT" and kind == "radio":
            wanted = page.locator(selector).first.get_attribute("value")
            for _ in range(MOST_STEPS):
                if page.evaluate("document.activeElement.value") == wanted:
                    break
                page.keyboard.press("ArrowDown")
            page.keyboard.press("Space")
        else:
            page.keyboard.press("Space" if kind == "checkbox" else "Enter")

    def pick(self, page: Page, selector: str, value: str) -> None:
        """Reach the list and go down to the value."""
        self._reach(page, selector)
        for _ in range(MOST_STEPS):
            if page.evaluate("document.activeElement.value") == value:
                return
            page.keyboard.press("ArrowDown")
        pytest.fail(f"{value} is not in {selector}")

    def _reach(self, page: Page, selector: str) -> None:
        """Press Tab until it, or another of its group, has the focus."""
        page.locator(selector).first.wait_for()
        for _ in range(MOST_STEPS):
            page.keyboard.press("Tab")
            if page.evaluate(HAS_FOCUS, selector):
                return
        pytest.fail(f"no keyboard leads to {selector}")


HAS_FOCUS = """(selector) => {
  const each = document.activeElement, wanted = document.querySelector(selector);
  return each === wanted || (each.type === "radio" && wanted && each.name === wanted.name);
}"""


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Run the two nodes of the demonstration, each in a process."""
    made, _ = prepare(tmp_path_factory.mktemp("journey"), None)
    with running(made):
        await_doors(made)
        yield made


@dataclass
class Officer:
    """Somebody at one node's pages."""

    page: Page
    root: str
    hand: Hand

    def enter(self, name: str) -> None:
        """Sign in as a demonstration identity."""
        self.page.goto(f"{self.root}/")
        if not self.page.locator(f"button[value='{name}']").is_visible():
            self.hand.press(self.page, f"details:has(button[value='{name}']) > summary")
        self.hand.press(self.page, f"button[value='{name}']")
        expect(self.page.locator("nav")).to_be_visible()

    def go(self, path: str) -> None:
        """Open an address."""
        self.page.goto(f"{self.root}/{path}")

    def choose(self, **choices: str) -> None:
        """Answer some questions of a form and go on."""
        for name, value in choices.items():
            field = self.page.locator(f"[name='{name}']").first
            field.wait_for()
            if field.evaluate("each => each.tagName") == "SELECT":
                self.hand.pick(self.page, f"[name='{name}']", value)
            else:
                self.hand.press(self.page, f"[name='{name}'][value='{value}']")
        self.hand.press(self.page, GOES_ON)

    def sign(self) -> None:
        """Sign what is shown."""
        self.hand.press(self.page, "main button[value=sign]")
        expect(self.page.locator("h1")).to_contain_text(re.compile(r"-\d{4}-\d{4}"))

    def does(self, folio: str, verb: str, **choices: str) -> None:
        """Carry out one of the actions that the folio offers."""
        self.sees(folio, f"main a[href$='/{folio}/{verb}']")
        self.hand.press(self.page, f"main a[href$='/{folio}/{verb}']")
        self.page.wait_for_url(f"**/{folio}/{verb}")
        if self.page.locator("main button[value=sign]").count() == 0:
            self.choose(**choices)
        self.sign()

    def sees(self, folio: str, selector: str) -> None:
        """Look again until the folio shows something."""
        for _ in range(LOOKS):
            self.go(f"folio/{folio}")
            with suppress(AssertionError):
                expect(self.page.locator(selector).first).to_be_visible(timeout=LOOK_MS)
                return
        pytest.fail(f"{folio} never showed {selector}: {self.page.locator('main').inner_text()[:500]}")


@pytest.mark.parametrize("exchanged", [False, True], ids=["as written", "parties exchanged"])
@pytest.mark.parametrize("hand", [Mouse(), Keys()], ids=["mouse", "keyboard"])
def test_from_request_to_outcome(browser: Browser, pair: Pair, hand: Hand, exchanged: bool, tmp_path: Path) -> None:
    first, second = reversed(pair.parties) if exchanged else pair.parties
    agencies = {party: agency for agency, party in re.findall(r"agency: ((\w+)/\w+);", "\n".join(invitation(pair)))}
    asking, asked = (
        Officer(browser.new_context(reduced_motion="reduce").new_page(), root(pair, party, language), hand)
        for party, language in ((first, "es"), (second, "en"))
    )
    asking.enter(f"{agencies[first].partition('/')[2].lower()}-liaison")
    asked.enter(f"{agencies[second].partition('/')[2].lower()}-liaison")
    folio = request(asking, agencies[second])
    asked.does(folio, "acknowledge")
    release(asked, folio)
    asking.does(folio, "outcome", outcome="investigation-opened")
    asking.does(folio, "close")
    asked.sees(folio, "h1 + * :text('Closed'), .govuk-tag:has-text('Closed')")
    asking.page.context.close()
    asked.page.context.close()


def root(pair: Pair, party: str, language: str) -> str:
    """Return where a node's pages are, in one language."""
    return f"http://localhost:{pair.homes[party].settings.web_port}/{language}"


def request(officer: Officer, to: str) -> str:
    """Ask an agency of the other party, and return the folio."""
    officer.go("request")
    officer.choose(to=to)
    officer.choose(purpose="criminal-investigation", basis="legal-assistance-1987", handling="AMBER")
    officer.choose(urgency="urgent")
    question = officer.page.locator("[name=question]")
    question.focus()
    officer.page.keyboard.type("¿Qué consta sobre esta persona?")
    officer.hand.press(officer.page, GOES_ON)
    officer.sign()
    return re.search(r"[A-Z]+-\d{4}-\d{4}", officer.page.locator("h1").inner_text())[0]  # type: ignore[index]


def release(officer: Officer, folio: str) -> None:
    """Choose a record of one's own, look at what leaves and what stays, and sign."""
    officer.sees(folio, f"main a[href$='/{folio}/release']")
    officer.hand.press(officer.page, f"main a[href$='/{folio}/release']")
    officer.hand.press(officer.page, "[name=record]")
    officer.hand.press(officer.page, "main form:has([name=record]) button.govuk-button")
    officer.page.locator("[name=hold]").first.wait_for()
    officer.hand.press(officer.page, "main button[value=check]")
    expect(officer.page.locator("main")).to_contain_text("withheld", ignore_case=True)
    officer.sign()
