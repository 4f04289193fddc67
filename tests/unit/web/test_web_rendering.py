# SPDX-License-Identifier: Apache-2.0
"""The frame of every page, the ledger page, the live line; told in one language, escaped, with the other one link away."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from markupsafe import Markup
from starlette.responses import StreamingResponse

from paridad.web import moments
from paridad.web.pages import live
from paridad.web.rendering import told
from paridad.web.signin import cookie_name
from support.web_world import Houses


@pytest.fixture(scope="module")
def houses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Houses]:
    """Return the pages of two parties; what a test here does to them, no other test here minds."""
    with Houses(tmp_path_factory.mktemp("houses")) as found:
        yield found


def test_what_is_told_is_escaped_and_its_shape_is_no_word() -> None:
    said = {"code": "x", "es": "<uno>", "en": "<one>", "shape": "●"}
    assert told(said, "es") == Markup('<span aria-hidden="true">●</span> &lt;uno&gt;')
    assert told({"es": "<uno>", "en": "b"}, "es") == Markup("&lt;uno&gt;")
    assert told("as it is", "en") == "as it is"
    assert told(None, "en") == ""


@pytest.mark.parametrize(("language", "other"), [("es", "en"), ("en", "es")])
def test_every_page_leads_to_itself_in_the_other_language(houses: Houses, language: str, other: str) -> None:
    page = houses.enter("MX/FGR", language=language).open("inbox?tab=them")
    assert f'<html lang="{language}"' in page.text
    assert f'<a href="/{other}/inbox?tab=them" lang="{other}" hreflang="{other}">' in page.text
    assert re.findall(r'aria-current="page">([^<]+)', page.text)[0] in {"Bandeja", "Inbox"}


def test_a_demonstration_says_so_on_every_page(houses: Houses) -> None:
    person = houses.enter("MX/FGR")
    for path in ("", "inbox", "ledger", "nowhere"):
        assert "paridad-demo" in person.open(path).text


def test_an_address_that_is_not_there_is_a_page_too(houses: Houses) -> None:
    page = houses.enter("MX/FGR", language="es").open("nowhere")
    assert page.status == 404
    assert "<h1" in page.text
    assert 'href="/es/inbox"' in page.text


def test_the_ledger_page_shows_heads_and_fills_in_what_is_asked_for(houses: Houses) -> None:
    houses.record("MX/FGR")
    record = houses.record("MX/FGR", seed=2)
    houses.settle()
    person = houses.enter("MX/FGR")
    plain, filled = person.open("ledger"), person.open(f"ledger?act={record}&old=1&log=own")
    assert plain.status == filled.status == 200
    assert "c2sp.org/tlog-proof@v1" in filled.text
    assert "c2sp.org/tlog-proof@v1\n" not in plain.text
    assert len(re.findall(r"MX/[\w-]+/(?:shared|own)\+[0-9a-f]{8}\+", plain.text)) == 2


@pytest.mark.parametrize("asked", ["act=nothing", "old=99", "old=x", "old=0"])
def test_the_ledger_page_says_why_it_cannot_give_a_document(houses: Houses, asked: str) -> None:
    houses.record("MX/FGR")
    houses.settle()
    page = houses.enter("MX/FGR").open(f"ledger?{asked}&log=own")
    assert page.status == 422
    assert "govuk-error-summary" in page.text


def test_before_its_first_head_the_ledger_page_says_that_there_is_none(tmp_path: Path) -> None:
    with Houses(tmp_path) as houses:
        assert "No signed head yet." in houses.enter("MX/FGR").open("ledger").text


class Line:
    """The live line of somebody, read by hand."""

    def __init__(self, houses: Houses, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(live, "LOOK_SECONDS", 0)
        self.office = houses.offices["MX"]
        now, random = self.office.node.clock(), self.office.node.own.random
        self.name = self.office.sessions.open("fgr-liaison", credential="", now=now, random=random)
        cookies = {cookie_name("MX"): self.name}
        self.visit: Any = SimpleNamespace(request=SimpleNamespace(cookies=cookies), session=self.name)

    def events(self) -> AsyncIterator[str]:
        """Begin to listen."""
        answer = live.show(self.office, None, self.visit)  # type: ignore[arg-type]
        assert isinstance(answer, StreamingResponse)
        assert answer.media_type == "text/event-stream"
        return answer.body_iterator  # type: ignore[return-value]


def test_the_live_line_tells_a_number_at_once_and_again_when_it_has_grown(
    houses: Houses, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = Line(houses, monkeypatch)

    async def listen() -> None:
        events = line.events()
        before = int(line.office.look("log.position")["position"])
        assert await anext(events) == f"event: position\ndata: {before}\n\n"
        assert await anext(events) == ":\n\n"
        houses.record("MX/FGR")
        assert await anext(events) == f"event: position\ndata: {before + 1}\n\n"

    asyncio.run(listen())


@pytest.mark.parametrize("end", ["sign-out", "idle", "closing"])
def test_the_live_line_ends_with_the_session_with_idleness_and_with_the_node(
    houses: Houses, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    line = Line(houses, monkeypatch)

    async def listen() -> list[str]:
        events = line.events()
        await anext(events)
        if end == "sign-out":
            line.office.sessions.end(line.name)
        elif end == "idle":
            houses.parties.clock.pass_(31 * 60)
        else:
            line.office.closing.set()
        return [event async for event in events]

    assert asyncio.run(listen()) == []
    line.office.closing.clear()


def test_nobody_who_is_not_signed_in_is_told_anything(houses: Houses, monkeypatch: pytest.MonkeyPatch) -> None:
    line = Line(houses, monkeypatch)
    line.visit.session = None
    assert live.show(line.office, None, line.visit).status_code == 401  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seconds", "en", "es"),
    [
        (0, "0 seconds", "0 segundos"),
        (59, "59 seconds", "59 segundos"),
        (3600, "1 hour", "1 hora"),
        (5025, "1 hour 23 minutes", "1 hora 23 minutos"),
        (90_061, "1 day 1 hour", "1 día 1 hora"),
    ],
)
def test_a_length_of_time_is_told_in_two_units(seconds: int, en: str, es: str) -> None:
    """The largest unit and the next one; what is less is left out."""
    assert (moments.length(seconds, "en"), moments.length(seconds, "es")) == (en, es)
