# SPDX-License-Identifier: Apache-2.0
"""Every page, in both languages, at a desk, in a pocket and enlarged: accessible, quiet, whole, and light.

`SCREENSHOTS=folder` keeps a picture of each.
"""

import gzip
import os
import re
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Response, expect

from paridad.web.pages import ROUTES
from support.browser_world import DESK, POCKET, ZOOMED, World

pytestmark = pytest.mark.browser

HEAVIEST = 100_000
"""Bytes of a page that is opened for the first time, all that it needs included, packed by gzip.

A page itself travels as it is: packing text that holds a secret beside what a stranger wrote can tell the secret.
"""
UNSEEN = {"live"}
"""Addresses that are no pages."""
WATCHED = (DESK, POCKET)
"""Where axe looks, in both languages."""
SHOTS = os.environ.get("SCREENSHOTS", "")

EVERY_PAGE: tuple[tuple[str, str], ...] = (
    ("MX", ""),
    ("MX", "inbox"),
    ("MX", "inbox?tab=them"),
    ("MX", "search"),
    ("MX", "search?q=a"),
    ("MX", "match?q=ana&born=1979"),
    ("MX", "duplicates"),
    ("MX", "runs"),
    ("MX", "runs/new"),
    ("MX", "runs/drafts/{draft}"),
    ("MX", "runs/{run}"),
    ("US", "runs/{run-closed}"),
    ("US", "runs/{run-proposed}/answer"),
    ("MX", "runs/{run}/decide"),
    ("MX", "runs/{run-closed}/leads"),
    ("US", "runs/{run-closed}/check"),
    ("US", "cases"),
    ("MX", "cases"),
    ("US", "case/{case}"),
    ("MX", "case/{case}"),
    ("US", "declare-case"),
    ("MX", "case/{case}/update"),
    ("US", "case/{case}/suspend"),
    ("US", "case/{case}/close"),
    ("US", "case/{case}/link"),
    ("US", "mistaken"),
    ("US", "mistaken/{mistaken}"),
    ("US", "mistaken/{record}"),
    ("US", "mistaken/{record}/file"),
    ("US", "mistaken/{mistaken}/decide"),
    ("US", "mistaken/{mistaken}/tell"),
    ("US", "targets/{mistaken}"),
    ("US", "sightings"),
    ("MX", "sightings"),
    ("US", "sighting/{sighting}"),
    ("US", "report-sighting?of={record}"),
    ("US", "targets"),
    ("US", "targets/{record}"),
    ("US", "imports"),
    ("US", "imports/{upload}"),
    ("US", "imports/{imported}"),
    ("US", "import/{report}"),
    ("US", "reads/{record}"),
    ("US", "act/{record}"),
    ("US", "why"),
    ("MX", "charter"),
    ("MX", "clauses"),
    ("MX", "clauses?clause=charter:assurance"),
    ("MX", "glossary"),
    ("MX", "status"),
    ("MX", "scorecard"),
    ("", "sign-in"),
    ("", "enrol"),
    ("MX", "passkeys"),
    ("MX", "sessions"),
    ("MX", "ledger"),
    ("MX", "ledger?act={answered-act}&old=1"),
    ("MX", "request"),
    ("MX", "folio/{answered}"),
    ("MX", "folio/{closed}"),
    ("US", "folio/{sent}"),
    ("US", "folio/{sent}/release"),
    ("US", "folio/{sent}/release?record={record}"),
    ("US", "folio/{proposed}/proposal?act={proposal}"),
    ("US", "folio/{sent}/acknowledge"),
    ("US", "folio/{sent}/ask-clarification"),
    ("US", "folio/{sent}/refuse"),
    ("US", "folio/{sent}/suspend"),
    ("US", "folio/{paused}/resume"),
    ("MX", "folio/{paused}/clarify"),
    ("US", "folio/{answered}/recall"),
    ("MX", "folio/{recalled}/attest"),
    ("MX", "folio/{recalled}/refuse-recall"),
    ("MX", "folio/{answered}/request-consent"),
    ("US", "folio/{answered}/consent"),
    ("MX", "folio/{answered}/outcome"),
    ("MX", "folio/{answered}/close"),
    ("US", "folio/{proposed}/decline"),
)
"""Whose node, and the address below the language."""


def test_no_page_is_forgotten() -> None:
    """Every address that can be read is on the list; a new page brings its line."""
    listed = {re.sub(r"\{\w[\w-]*\}", "{}", path.partition("?")[0]) for _, path in EVERY_PAGE}
    read = {re.sub(r"\{\w+\}", "{}", page.path) for page in ROUTES if page.method == "GET"}
    assert read - listed == UNSEEN


@pytest.mark.parametrize("lang", ["es", "en"])
@pytest.mark.parametrize(("party", "path"), EVERY_PAGE, ids=[f"{party} {path}" for party, path in EVERY_PAGE])
def test_page(world: World, party: str, path: str, lang: str) -> None:
    """A page answers, complains of nothing, fits every screen, weighs little, and axe finds nothing."""
    context = world.context(party)
    page = context.new_page()
    page.set_default_timeout(10_000)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    carried: list[Response] = []
    page.on("response", lambda each: carried.append(each))  # noqa: PLW0108  a bound builtin cannot listen here
    answer = page.goto(world.address(party or "MX", lang, path))
    assert answer is not None
    assert answer.status == 200, page.inner_text("main")
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    assert list(page.evaluate(BLANK)) == [], "a blank place says neither what is there nor why nothing is"
    at_the_desk = words(page)
    for size in (DESK, POCKET, ZOOMED):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert fits(page), size
        assert size == DESK or cut_off(page) == [], size
        assert words(page) == at_the_desk, "something is lost on a smaller screen"
        if size != ZOOMED:
            shoot(page, party, path, lang, size)
        if size in WATCHED:
            assert violations(page) == [], size
    assert complaints == []
    assert sum(weight(each) for each in carried) <= HEAVIEST
    context.close()


def weight(answer: Response) -> int:
    """Return what an answer weighs, packed."""
    live = "event-stream" in answer.headers.get("content-type", "")
    return 0 if live else len(gzip.compress(answer.body()))


def words(page: Page) -> list[str]:
    """Return what can be read, however it is broken into lines."""
    return page.inner_text("body").split()


def fits(page: Page) -> bool:
    """Say whether nobody has to scroll sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def cut_off(page: Page) -> list[str]:
    """Return the tables of which a small screen shows only a part."""
    return list(page.evaluate(HALF_SHOWN))


BLANK = """[...document.querySelectorAll('main td, main dd')]
  .filter((each) => !(each.closest('details:not([open])') ? each.textContent : each.innerText).trim())
  .filter((each) => !each.querySelector('input'))
  .map((each) => each.parentElement.innerText + each.outerHTML)"""
"""Cells without a word or a box; what is folded away has words that are not on the screen."""

HALF_SHOWN = """[...document.querySelectorAll('.paridad-region')]
  .filter((each) => each.scrollWidth > each.clientWidth).map((each) => each.getAttribute('aria-label'))"""


@cache
def axe() -> str:
    """Return the checker's script."""
    return (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


def violations(page: Page) -> list[str]:
    """Return what axe finds wrong."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe())
    found: Any = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then((found) => found.violations)")
    return [f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"]]


def shoot(page: Page, party: str, path: str, lang: str, size: tuple[int, int]) -> None:
    """Keep a picture, where pictures are wanted."""
    if SHOTS:
        name = re.sub(r"[^\w]+", "-", path).strip("-") or "home"
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(SHOTS) / f"{name}.{party or 'any'}.{lang}.{size[0]}.png", full_page=True)
