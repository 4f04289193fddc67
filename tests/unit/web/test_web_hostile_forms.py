# SPDX-License-Identifier: Apache-2.0
"""Every form of every page, filled in with nonsense: no fault, no word for programmers, no half-written act.

Each form is taken from its page, in a state in which it can be filled in, by somebody who may. Its fields get what the
page offers, what it does not, several values, none, files; its buttons are pressed in any order; what leads to a check
page is signed. Afterwards the record has either not changed or has grown by what the page says was signed, and the
whole world is sound: logs, views, sheets and exports.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paridad.node.node import Node
from paridad.web.pages import ROUTES
from support.sound import Dump, assert_sound, changed, dump
from support.web_stages import Stages
from support.web_world import HOST, Houses, Person, Seen, both_ways

EXAMPLES = 8
RECORD = ("acts", "disclosures", "act_keys", "outbox", "batches")
"""Tables in which a half-written act would be seen."""
TRACES = ("Traceback", "site-packages", 'File "', "sqlalchemy", "jinja2", "Internal Server Error")
ANSWERS = {200, 400, 403, 404, 409, 413, 422}
CONTROL = re.compile(
    r'<(?:input|select|textarea|button|option)\b[^>]*?\bname="([^"]+)"[^>]*?(?:\bvalue="([^"]*)")?[^>]*>'
)
VALUE = re.compile(r'<(?:option|input|button)\b[^>]*\bvalue="([^"]*)"')
AT: dict[str, tuple[str, str]] = {
    "request": ("asking", "request"),
    "folio/{folio}/release": ("asked", "folio/{sent}/release?record={record}"),
    "folio/{folio}/proposal": ("asked", "folio/{proposed}/proposal?act={proposal}"),
    "folio/{folio}/acknowledge": ("asked", "folio/{sent}/acknowledge"),
    "folio/{folio}/ask-clarification": ("asked", "folio/{sent}/ask-clarification"),
    "folio/{folio}/clarify": ("asking", "folio/{paused}/clarify"),
    "folio/{folio}/refuse": ("asked", "folio/{sent}/refuse"),
    "folio/{folio}/suspend": ("asked", "folio/{sent}/suspend"),
    "folio/{folio}/resume": ("asked", "folio/{paused}/resume"),
    "folio/{folio}/recall": ("asked", "folio/{answered}/recall"),
    "folio/{folio}/attest": ("asking", "folio/{recalled}/attest"),
    "folio/{folio}/refuse-recall": ("asking", "folio/{recalled}/refuse-recall"),
    "folio/{folio}/request-consent": ("asking", "folio/{answered}/request-consent"),
    "folio/{folio}/consent": ("asked", "folio/{answered}/consent"),
    "folio/{folio}/outcome": ("asking", "folio/{answered}/outcome"),
    "folio/{folio}/close": ("asking", "folio/{answered}/close"),
    "folio/{folio}/decline": ("asked", "folio/{proposed}/decline"),
    "runs/new": ("asking", "runs/new"),
    "runs/{run}/answer": ("asked", "runs/{run-proposed}/answer"),
    "runs/{run}/decide": ("asking", "runs/{run}/decide"),
    "runs/{run}": ("asked", "runs/{run-proposed}"),
    "runs/drafts/{draft}": ("asking", "runs/drafts/{draft}"),
    "imports": ("asked", "imports"),
    "imports/{upload}": ("asked", "imports/{upload}"),
    "mistaken/{act}/file": ("asked", "mistaken/{record}/file"),
    "mistaken/{act}/decide": ("asked", "mistaken/{mistaken}/decide"),
    "mistaken/{act}/tell": ("asked", "mistaken/{mistaken}/tell"),
    "report-sighting": ("asked", "report-sighting?of={record}"),
    "declare-case": ("asking", "declare-case"),
    "case/{act}/update": ("asked", "case/{case}/update"),
    "case/{act}/suspend": ("asked", "case/{case}/suspend"),
    "case/{act}/close": ("asked", "case/{case}/close"),
    "case/{act}/link": ("asked", "case/{case}/link"),
    "sign-in": ("asked", "sign-in"),
    "sign-in/passkey": ("asked", "sign-in"),
    "enrol": ("asked", "enrol"),
    "enrol/passkey": ("asked", "enrol"),
    "passkeys": ("asked", "passkeys"),
    "sessions": ("asked", "sessions"),
    "sign-out": ("asked", "passkeys"),
}
"""For each address that takes a form: whose node, and the page on which the form stands."""
SENT_TO = {"sign-in/passkey", "enrol/passkey", "sign-out"}
"""Addresses that differ from the page of their form."""
RAW = {
    "no form at all": ("application/octet-stream", b"\x00\xff"),
    "a document": ("application/json", b'{"csrf": 1}'),
    "parts without a boundary": ("multipart/form-data", b"--x"),
    "parts that never end": ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="csrf"'),
    "signs that are no text": ("application/x-www-form-urlencoded", b"csrf=%ff%fe&%00=%zz&=&&a"),
    "very many fields": ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % n for n in range(5000))),
    "nothing": ("application/x-www-form-urlencoded", b""),
}

nonsense = st.one_of(
    st.sampled_from(
        ["", " ", "0", "-1", "yes", "no", "null", "\0", "\u202e", "a" * 20_000, "ñ" * 9_000, "9" * 400, "<b>{{7*7}}",
         "' OR 1=1--", "../../etc", "2026-02-30", "31", "𝔘" * 300, "x\ny\r\nz" * 50, "%s%n", "sign", "check"]
    ),
    st.text(max_size=40).filter(lambda text: text.isprintable() or not any("\ud800" <= sign <= "\udfff" for sign in text)),
)  # fmt: skip


@dataclass(frozen=True)
class World:
    """Two nodes with folios in every state, and who asks and is asked."""

    houses: Houses
    stages: Stages

    def node(self, side: str) -> Node:
        """Return the node of a side."""
        return self.houses.parties.by_name[self.agency(side).partition("/")[0]]

    def agency(self, side: str) -> str:
        """Return the agency of a side."""
        return self.stages.asking if side == "asking" else self.stages.asked

    def record(self) -> list[Dump]:
        """Return what both nodes have on record."""
        return [dump(self.node(side), only=RECORD) for side in ("asking", "asked")]


@pytest.fixture(scope="module", params=list(both_ways()), ids=["as written", "parties exchanged"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Lend the world; at the end it must be sound, whatever was sent to it."""
    with Houses(tmp_path_factory.mktemp("hostile")) as houses:
        yield World(houses, Stages(houses, *request.param))
        houses.settle()
        assert_sound(houses.parties)


def test_every_form_is_on_the_list() -> None:
    """A page that takes a form brings its line."""
    assert {page.path.split("/{verb}")[0] for page in ROUTES if page.method == "POST"} == set(AT)


def offered(page: Seen) -> dict[str, list[str]]:
    """Return the names of a page's fields, each with the values that the page has for any field."""
    values = [html.unescape(value) for value in VALUE.findall(page.text)]
    return {html.unescape(name): values for name, _ in CONTROL.findall(page.text) if name != "csrf"}


@st.composite
def filled(draw: st.DrawFn, fields: dict[str, list[str]]) -> list[tuple[str, str]]:
    """Draw a form: each field once, several times or not at all, with what is offered or with nonsense."""
    said: list[tuple[str, str]] = []
    for name, values in sorted(fields.items()):
        value = st.one_of(st.sampled_from(values), nonsense) if values else nonsense
        said += [(name, each) for each in draw(st.lists(value, max_size=2))]
    return said + draw(st.lists(st.tuples(nonsense, nonsense), max_size=2))


def assert_told(page: Seen) -> None:
    """Insist on a page for people: a status of ours, and nothing of how it was made."""
    assert page.status in ANSWERS, page.text
    assert not any(trace in page.text for trace in TRACES)


def signed(page: Seen) -> bool:
    """Say whether a page says that something was signed."""
    return "signed=" in page.address


@pytest.mark.parametrize("path", AT)
def test_a_form_filled_with_nonsense_is_answered_in_words(world: World, path: str) -> None:
    """Whatever is written and pressed: an answer, and the record as the answer says."""
    side, at = AT[path]
    address = at.format(**world.stages.names)
    target = path if path in SENT_TO else address.partition("?")[0]

    fields = offered(world.houses.enter(world.agency(side)).open(address))

    @given(said=filled(fields))
    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
    def send(said: list[tuple[str, str]]) -> None:
        person = world.houses.enter(world.agency(side))
        token = re.search(r'name="csrf" value="([^"]*)"', person.open(address).text)
        _send(world, person, f"/en/{target}", [("csrf", token[1] if token else ""), *said])

    send()


def _send(world: World, person: Person, address: str, said: list[tuple[str, str]]) -> None:
    before = world.record()
    page = person.post(address, said)
    assert_told(page)
    if 'name="assent"' in page.text and 'value="sign"' in page.text:
        page = person.send(page, press="sign")
        assert_told(page)
    grown = any(changed(*each) for each in zip(before, world.record(), strict=True))
    assert grown == signed(page)


@pytest.mark.parametrize("path", AT)
def test_what_is_no_form_is_turned_away(world: World, path: str) -> None:
    """Not a fault, and nothing on record."""
    side, at = AT[path]
    person, before = world.houses.enter(world.agency(side)), world.record()
    target = path if path in SENT_TO else at.format(**world.stages.names).partition("?")[0]
    for kind, body in RAW.values():
        headers = {"origin": HOST, "content-type": kind}
        assert_told(person.ask("POST", f"/en/{target}", content=body, headers=headers))
    assert [changed(*each) for each in zip(before, world.record(), strict=True)] == [set(), set()]
