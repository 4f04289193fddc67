# SPDX-License-Identifier: Apache-2.0
"""Each component as HTML: what it escapes, what it links, what it never shows."""

import re
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

import pytest
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from paridad.web.catalogues import catalogue
from paridad.web.rendering import told

VOID = {"input", "br", "meta", "link", "img"}


def ui(source: str, **values: Any) -> str:
    """Return what a call of components makes, in English."""
    words = catalogue("en")
    visit = SimpleNamespace(
        position=7, request=SimpleNamespace(url=SimpleNamespace(path="/en/folio/A-1", query="tab=x&y=1"))
    )
    made = Environment(loader=PackageLoader("paridad.web"), autoescape=True, undefined=StrictUndefined)
    template = made.from_string('{% import "components.html" as ui with context %}' + source)
    text = template.render(
        say=words.say,
        count=words.count,
        told=lambda of: told(of, "en"),
        csrf="secret",
        asset=lambda name: f"/static/{name}",
        lang="en",
        visit=visit,
        **values,
    )
    _Balanced().check(text)
    return " ".join(text.split())


class _Balanced(HTMLParser):
    """Demands that whatever opens is closed, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def check(self, text: str) -> None:
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), f"an attribute stands twice: {attrs}"
        self.open += [tag] if tag not in VOID else []

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_a_token_is_hidden_and_carries_the_sessions_secret() -> None:
    assert ui("{{ ui.token() }}") == '<input type="hidden" name="csrf" value="secret">'


def test_a_table_scrolls_in_a_named_region_and_escapes_its_cells() -> None:
    text = ui('{{ ui.table("Acts", ["Who"], [["<b>"], [bold]], "None.") }}', bold=Markup("<b>x</b>"))
    assert 'role="region" tabindex="0" aria-label="Acts"' in text
    assert '<th scope="col"' in text
    assert "&lt;b&gt;" in text
    assert "<b>x</b>" in text


def test_each_cell_knows_its_column_for_screens_that_show_one_below_the_other() -> None:
    text = ui('{{ ui.table("Acts", ["Who", "\\"When\\""], [["<td a", "b"], ["c", "d"]], "None.") }}')
    assert re.findall(r'<td role="cell" data-head="([^"]+)" class="govuk-table__cell">([^<]+)</td>', text) == [
        ("Who", "&lt;td a"), ("&#34;When&#34;", "b"), ("Who", "c"), ("&#34;When&#34;", "d")
    ]  # fmt: skip


def test_a_table_without_rows_says_what_is_missing_and_keeps_its_title() -> None:
    text = ui('{{ ui.table("Acts", ["Who"], [], "There are no acts.") }}')
    assert "<table" not in text
    assert "Acts" in text
    assert "There are no acts." in text


def test_a_summary_is_a_list_of_keys_and_values() -> None:
    assert ui('{{ ui.summary([("k", "v<")]) }}').count("v&lt;") == 1


def test_a_tag_is_word_and_shape_and_its_colour_only_follows() -> None:
    status = {"code": "sent", "es": "Enviada", "en": "Sent", "shape": "→"}
    text = ui("{{ ui.tag(of) }}{{ ui.tag('plain') }}", of=status)
    assert '<strong class="govuk-tag paridad-tag--sent"><span aria-hidden="true">→</span> Sent</strong>' in text
    assert '<strong class="govuk-tag paridad-tag--plain">plain</strong>' in text


def test_a_button_says_its_act_and_what_it_sends() -> None:
    assert ui('{{ ui.button("Sign", "step", "sign", "warning") }}') == (
        '<button class="govuk-button govuk-button--warning" type="submit" name="step" value="sign">Sign</button>'
    )


def test_errors_come_first_and_lead_to_their_fields() -> None:
    text = ui('{{ ui.errors([("to", "Choose."), ("", "Not now.")]) }}')
    assert 'role="alert"' in text
    assert '<a href="#to">Choose.</a>' in text
    assert "<li>Not now.</li>" in text
    assert ui("{{ ui.errors([]) }}") == ""


FIELDS = {
    "field": '{{ ui.field("f", "Label", "v", "Hint", error, "10") }}',
    "area": '{{ ui.area("f", "Label", "v", "Hint", error) }}',
    "select": '{{ ui.select("f", "Label", [("v", "V"), ("w", "W")], "v", "Hint", error) }}',
    "choices": '{{ ui.choices("f", "Label", [("v", "V", "help"), ("w", "W")], ("v",), "checkbox", "Hint", error) }}',
}


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_is_named_described_and_keeps_what_was_filled_in(name: str) -> None:
    quiet, wrong = ui(FIELDS[name], error=""), ui(FIELDS[name], error="Wrong.")
    assert 'aria-describedby="f-hint"' in quiet
    assert 'aria-describedby="f-hint f-error"' in wrong
    assert 'id="f-error"' in wrong
    assert "govuk-form-group--error" in wrong
    assert "govuk-form-group--error" not in quiet
    assert 'for="f"' in quiet
    assert 'id="f"' in quiet
    assert {"field": 'value="v"', "area": ">\nv</textarea>", "select": 'value="v" selected', "choices": "checked"}[
        name
    ].replace("\n", " ") in quiet


def test_what_is_filled_in_cannot_leave_its_field() -> None:
    text = ui('{{ ui.field("f", "L", bad) }}{{ ui.area("g", "L", bad) }}', bad='"></textarea><script>')
    assert "<script>" not in text


def test_the_first_choice_has_the_name_that_an_error_leads_to() -> None:
    text = ui('{{ ui.choices("f", "L", [("v", "V"), ("w", "W")], "w") }}')
    assert 'id="f" name="f" type="radio" value="v">' in text
    assert 'id="f-2" name="f" type="radio" value="w" checked>' in text


def test_notices_differ_in_words_and_role_not_in_colour_alone() -> None:
    assert "govuk-inset-text" in ui('{{ ui.notice("n") }}')
    assert 'role="alert"' in ui('{{ ui.notice("n", "important") }}')
    assert "Warning" in ui('{{ ui.notice("n", "warning") }}')


def test_crumbs_tabs_back_and_pager_are_links_and_say_where_one_is() -> None:
    assert '<span aria-current="page">Here</span>' in ui('{{ ui.crumbs([("Home", "/en/"), ("Here", "")]) }}')
    tabs = ui('{{ ui.tabs([("A", "?a", true), ("B", "?b", false)]) }}')
    assert tabs.count('aria-current="page"') == 1
    assert '<a class="govuk-back-link" href="/en/">Back</a>' in ui('{{ ui.back("/en/", "Back") }}')
    assert 'rel="next"' in ui('{{ ui.pager("?after=3") }}')
    assert ui('{{ ui.pager("") }}') == ""


def test_a_short_hash_always_brings_its_whole() -> None:
    text = ui("{{ ui.hash(of) }}", of="a1" * 22)
    assert "a1a1a1a1a1a1…" in text
    assert "a1" * 22 in text


def test_what_is_withheld_is_counted_with_its_clause() -> None:
    assert "1 field withheld under art. 7.1." in ui('{{ ui.withheld(1, "art. 7.1") }}')
    assert "3 fields withheld under art. 7.1." in ui('{{ ui.withheld(3, "art. 7.1") }}')
    assert 'href="/en/clauses?clause=art.%207.1"' in ui('{{ ui.withheld(3, "art. 7.1") }}'), "one step to the clause"


def test_a_live_part_fetches_the_page_itself_and_starts_from_what_was_read() -> None:
    text = ui('{% call ui.live("now", 3) %}<p>x</p>{% endcall %}')
    assert 'hx-sse:connect="/en/live" data-position="7"' in text
    assert 'hx-get="/en/folio/A-1?tab=x&amp;y=1" hx-select="#now"' in text
    assert 'role="status"' in text
    assert "<p>x</p>" in text
    assert text.count("<script defer src=") == 2


def test_details_fold_what_they_hold() -> None:
    assert "<summary" in ui('{{ ui.details("More", "Body") }}')
