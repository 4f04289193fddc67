# SPDX-License-Identifier: Apache-2.0
"""Pages as they are used: live, without scripts, by keyboard alone, on paper, and to verify with the network unplugged."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from support.browser_world import ASKED, ASKING, World
from support.web_stages import liaison
from support.web_world import BASIS, PURPOSE

pytestmark = pytest.mark.browser

MOST_STEPS = 120
"""How often Tab is pressed before a control counts as out of reach."""


@pytest.fixture
def desk(world: World) -> Iterator[Page]:
    """Return a page at the desk of the party that asks, and demand that it complained of nothing."""
    complaints: list[str] = []
    context = world.context("MX")
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.on("console", lambda message: complaints.append(message.text))
    yield page
    context.close()
    assert complaints == []


def test_an_act_of_the_other_node_appears_by_itself_is_told_once_and_a_reload_shows_the_same(
    world: World, desk: Page
) -> None:
    folio = world.stages.opened()
    desk.goto(world.address("MX", "es", f"folio/{folio}"))
    items = desk.locator(".moj-timeline__item")
    told = desk.locator("#live-told")
    expect(items).to_have_count(1)
    expect(told).to_be_empty()
    desk.locator("main summary").last.click()
    desk.evaluate("document.body.dataset.kept = 'yes'")
    world.stages.says(ASKED, "acknowledge", folio)
    world.houses.settle()
    expect(items).to_have_count(2)
    expect(told).to_have_text("Hay algo nuevo en esta página desde que la abrió.")
    expect(desk.locator("body")).to_have_attribute("data-kept", "yes")
    expect(desk.locator("main details[open]")).to_have_count(1)
    seen = items.all_inner_texts()
    desk.reload()
    assert items.all_inner_texts()[0] == seen[0]
    expect(items).to_have_count(2)
    expect(told).to_be_empty()


def test_what_was_missed_while_the_line_was_down_is_noticed_when_it_is_back(world: World, desk: Page) -> None:
    folio = world.stages.opened()
    desk.goto(world.address("MX", "en", f"folio/{folio}"))
    expect(desk.locator("[data-live]")).to_have_count(1)
    items = desk.locator(".moj-timeline__item")
    # A hidden tab lets its line go, and takes it up again when somebody looks.
    desk.evaluate(SHOWN, arg=True)
    world.stages.says(ASKED, "acknowledge", folio)
    world.houses.settle()
    expect(items).to_have_count(1)
    desk.evaluate(SHOWN, arg=False)
    expect(items).to_have_count(2)


SHOWN = """(hidden) => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def test_a_request_is_made_and_read_without_any_script(world: World) -> None:
    context = world.context("", java_script_enabled=False)
    page = context.new_page()
    page.goto(world.address("MX", "es", "sign-in"))
    page.locator(f"button[value='{liaison(ASKING)}']").click()
    expect(page.get_by_role("heading", level=1, name="Inicio")).to_be_visible()
    page.goto(world.address("MX", "es", "request"))
    page.locator("[name=to]").select_option(ASKED)
    press(page)
    page.locator("[name=purpose]").first.wait_for()
    choose(page, "purpose", PURPOSE)
    choose(page, "basis", BASIS)
    choose(page, "handling", "AMBER")
    press(page)
    choose(page, "urgency", "urgent")
    press(page)
    page.locator("[name=question]").fill("¿Quién es Olga?")
    press(page)
    press(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text(re.compile(r"MX-\d{4}-\d{4}"))
    expect(page.locator(".moj-timeline__item")).to_have_count(1)
    context.close()


def press(page: Page) -> None:
    """Press the first button of the form, the one that goes on."""
    page.locator("main form[method=post] button.govuk-button").first.click()


def choose(page: Page, name: str, value: str) -> None:
    """Choose one of the options of a field, a list or a group of buttons."""
    field = page.locator(f"[name='{name}']").first
    if field.evaluate("each => each.tagName") == "SELECT":
        field.select_option(value)
    else:
        page.locator(f"[name='{name}'][value='{value}']").check()


def test_by_keyboard_alone_from_the_inbox_to_a_signed_answer_with_the_focus_always_seen(world: World) -> None:
    context = world.context("US")
    page = context.new_page()
    page.goto(world.address("US", "en", f"folio/{world.stages.opened()}"))
    reach(page, "a.govuk-skip-link")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    go(page, "a[href$='/acknowledge']")
    if not page.locator("main button[value=sign]").count():
        go(page, "main button[value=check]")
    go(page, "main button[value=sign]")
    expect(page.locator(".moj-timeline__item")).to_have_count(2)
    context.close()


def go(page: Page, selector: str) -> None:
    """Reach a control that leads to another page, and press Enter."""
    reach(page, selector)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def reach(page: Page, selector: str) -> None:
    """Press Tab until a control has the focus; on the way the focus is always to be seen."""
    for _ in range(MOST_STEPS):
        page.keyboard.press("Tab")
        seen, found = page.evaluate(FOCUS, selector)
        assert seen, f"the focus is not to be seen on {page.evaluate('document.activeElement.outerHTML')[:200]}"
        if found:
            return
    pytest.fail(f"no keyboard leads to {selector}")


FOCUS = """(selector) => {
  const each = document.activeElement;
  if (each === document.body) return [true, false];
  const style = getComputedStyle(each);
  const marked = style.boxShadow !== "none" || (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0);
  return [marked, each.matches(selector)];
}"""


@pytest.mark.parametrize("lang", ["es", "en"])
def test_the_verifier_proves_an_act_with_the_network_unplugged_and_refuses_a_changed_one(
    world: World, desk: Page, lang: str
) -> None:
    desk.goto(world.address("MX", lang, "ledger?act={closed-act}"))
    form = desk.locator("form[data-check=act]")
    act = form.locator("[name=act_text]")
    expect(act).to_be_visible()
    desk.wait_for_load_state("networkidle")  # its icon, too, is asked for after the page was loaded
    desk.context.set_offline(True)
    form.locator("button").click()
    proved, open_ = form.locator(".paridad-verdict--proved li"), form.locator(".paridad-verdict--open li")
    expect(proved.first).to_contain_text(world.stages.names["closed-act"])
    expect(proved).to_have_count(4)
    assert any("US/" in text and "shared" in text for text in proved.all_inner_texts())
    assert sum("ML-DSA-44" in text for text in open_.all_inner_texts()) >= 2
    wire = act.input_value()
    act.fill(("A" if wire[-1] != "A" else "B").join([wire[:-1], ""]))
    form.locator("button").click()
    expect(form.locator(".paridad-verdict--failed li")).to_have_count(1)
    expect(form.locator(".paridad-verdict--proved")).to_have_count(0)
    desk.context.set_offline(False)


def test_the_verifier_proves_that_a_log_only_grew(world: World, desk: Page) -> None:
    before = world.houses.offices["MX"].look("log.head")
    world.stages.opened()
    desk.goto(world.address("MX", "es", f"ledger?old={before['size']}"))
    form = desk.locator("form[data-check=growth]")
    form.locator("[name=old_note]").fill(before["note"])
    form.locator("button").click()
    expect(form.locator(".paridad-verdict--proved")).to_contain_text(f"los {before['size']} de antes")
    first = form.locator("[name=hashes]").input_value().splitlines()[0]
    form.locator("[name=hashes]").fill(first)
    form.locator("[name=old_note]").fill(before["note"].replace(f"\n{before['size']}\n", "\n1\n"))
    form.locator("button").click()
    expect(form.locator(".paridad-verdict--failed li")).to_have_count(1)


def test_on_paper_there_is_no_menu_and_every_hash_is_whole(world: World, desk: Page) -> None:
    desk.goto(world.address("MX", "es", "folio/{answered}"))
    expect(desk.locator(".paridad-menu")).to_be_visible()
    desk.emulate_media(media="print")
    for gone in (".paridad-menu", ".govuk-breadcrumbs", ".govuk-button"):
        expect(desk.locator(gone).locator("visible=true")).to_have_count(0)
    hashes = desk.locator(".paridad-hash__whole")
    expect(hashes.locator("visible=true")).to_have_count(hashes.count())
    assert hashes.count() >= 3
    for paper in ("A4", "Letter"):
        assert desk.pdf(format=paper).startswith(b"%PDF")
    desk.emulate_media(media="screen")


def test_where_colours_are_forced_buttons_and_tags_keep_an_edge(world: World) -> None:
    context = world.context("MX", forced_colors="active")
    page = context.new_page()
    page.goto(world.address("MX", "es", "folio/{answered}"))
    for part in (".govuk-tag", ".govuk-button"):
        width = page.locator(part).first.evaluate("each => parseFloat(getComputedStyle(each).borderTopWidth)")
        assert width >= 1
    context.close()
