# SPDX-License-Identifier: Apache-2.0
"""Law 8: every view (lists, counts, search, filters, history, suggestions, exports) passes through one `visible_to`.

A dossier has one canary per sensitivity. Every view is asked as every role of the issuing agency and of another
agency of the same party; the canaries that come out are exactly those that a table, written here by hand, allows.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from paridad.base.errors import ParidadError
from paridad.base.strict import JsonValue, decode_base64url
from paridad.cli import seeing
from paridad.cli.operations import OPERATIONS
from paridad.desks.targets.dossier import Dossier, Source
from paridad.desks.targets.projection import count, get, search
from paridad.folio.commands import Acknowledge, Answer
from paridad.node.home import Officer
from paridad.node.node import Node
from paridad.policy.engine import PolicyEngine
from paridad.policy.question import ROLES
from paridad.policy.visible import Visibility, visible_to
from support.matters import BOTH_WAYS, WAYS, Matter, matter, person

MARK = "Xochi"
CANARIES = {
    "identity": f"{MARK}name",
    "document": f"{MARK}passport",
    "whereabouts": f"{MARK}street",
    "source": f"{MARK}list",
}
CONTENT = {"identity", "document"}
NEAR = {
    "liaison": CONTENT | {"whereabouts"},
    "analyst": CONTENT | {"whereabouts", "source"},
    "lawyer": CONTENT | {"whereabouts"},
}
"""What the roles of the issuing agency may see of an AMBER dossier; roles that are not named see nothing of it."""
FAR = dict.fromkeys(NEAR, CONTENT)
"""The same for another agency of the same party."""


def subject() -> Dossier:
    """Return a dossier with a canary in each sensitivity."""
    return replace(person(MARK), source=Source(f"{MARK}list", f"{MARK}list-1"))


def readable(data: bytes) -> str:
    """Return the text of a file together with everything in it that is base64."""
    pieces = data.decode().replace('"', "~").replace(".", "~").split("~")
    return data.decode() + "".join(_decoded(piece) for piece in pieces)


def _decoded(piece: str) -> str:
    try:
        return decode_base64url(piece).decode(errors="replace")
    except (ValueError, ParidadError):  # most pieces are no base64
        return ""


def shown_by(views: dict[str, Callable[[], object]]) -> dict[str, set[str]]:
    """Return which canaries each view lets out."""
    told = {name: _told(view) for name, view in views.items()}
    return {name: {kind for kind, canary in CANARIES.items() if canary in text} for name, text in told.items()}


def _told(view: Callable[[], object]) -> str:
    try:
        return str(view())
    except ParidadError as error:
        return error.words.en


def views_of(m: Matter, side: str, record: str, officer: Officer) -> dict[str, Callable[[], object]]:
    """Return every view of a side's node as an officer asks for it."""
    node, folder = m.node(side), m.parties.folder
    node.views.refresh()

    def asks(name: str, **arguments: JsonValue) -> Callable[[], object]:
        return lambda: OPERATIONS[name](node, {"officer": officer.id, **arguments})

    def exported() -> object:
        out = folder / f"{officer.id}.jsonl"
        out.unlink(missing_ok=True)
        OPERATIONS["export"](node, {"officer": officer.id, "out": str(out), "folio": m.folio})
        return readable(out.read_bytes())

    return {
        "act.show": asks("act.show", act=record),
        "folio.list": asks("folio.list"),
        "folio.show": asks("folio.show", folio=m.folio),
        "folio.preview": asks("folio.preview", folio=m.folio, record=record),
        "export": exported,
        "search": lambda: found(node, officer, record),
    }


def found(node: Node, officer: Officer, record: str) -> tuple[object, ...]:
    """Search, get and count as a reader."""
    sight = visible_to(officer.reader, node.own.engine, node.clock())
    with node.own.store.read() as conn:
        return search(conn, CANARIES["identity"], sight), get(conn, record, sight), count(conn, sight)


def officers_of(m: Matter, side: str) -> Iterator[tuple[Officer, set[str]]]:
    """Yield officers of the side's agency and of another agency of its party, each with what it may see at most."""
    agency = m.agencies[side]
    other = next(each for each in m.node(side).own.act_signers if each != agency)
    for role in ROLES:
        yield m.parties.officer(agency, role), NEAR.get(role, set())
        yield m.parties.officer(other, role), FAR.get(role, set())


def answered(m: Matter) -> str:
    """Let the asked side give of a record what policy lets it give; return the record."""
    record = m.record("asked", subject())
    m.asks()
    m.settle()
    m.says("asked", Acknowledge)
    m.says("asked", Answer, partial=False, **m.offer(record))
    m.settle()
    return record


@pytest.fixture(scope="module", params=BOTH_WAYS, ids=WAYS)
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Matter, str]]:
    """Lend a matter that was answered, and its record."""
    with matter(tmp_path_factory.mktemp("told"), request.param, sound=False) as m:
        yield m, answered(m)


def test_no_view_shows_more_than_a_role_may_see(told: tuple[Matter, str]) -> None:
    """At both nodes, whoever asks: no canary outside the table, and `act.show` at its issuer shows all that is in it."""
    m, record = told
    for side in ("asked", "asking"):
        for officer, may in officers_of(m, side):
            shown = shown_by(views_of(m, side, record, officer))
            assert {name for name, canaries in shown.items() if not canaries <= may} == set(), (officer, shown)
            if side == "asked":
                assert shown["act.show"] == may, officer
                assert shown["export"] == may & {"identity"}, "what was released of the record"
                assert shown["search"] == may & {"identity", "source"}, officer


def test_counts_and_suggestions_say_nothing_of_what_is_hidden(told: tuple[Matter, str]) -> None:
    """To whom may not see a dossier's identity it is not there: no row, no count, no act under its hash."""
    m, record = told
    m.node("asked").views.refresh()
    for officer, may in officers_of(m, "asked"):
        there = "identity" in may
        rows, one, number = found(m.node("asked"), officer, record)
        assert (bool(rows), one is not None, number) == (there, there, int(there)), officer


def test_a_view_that_forgot_to_ask_is_seen(told: tuple[Matter, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Positive control: with another reader's sight the very same views let every canary out."""
    m, record = told
    auditor = m.parties.officer(m.agencies["asked"], "auditor")
    assert shown_by(views_of(m, "asked", record, auditor))["act.show"] == set()
    analyst = m.parties.officer(m.agencies["asked"], "analyst").reader

    def careless(_: object, engine: PolicyEngine, now: int) -> Visibility:
        return visible_to(analyst, engine, now)

    monkeypatch.setattr(seeing, "visible_to", careless)
    shown = shown_by(views_of(m, "asked", record, auditor))
    assert shown["act.show"] == set(CANARIES)
    assert shown["folio.preview"] == set(CANARIES)
    assert shown["export"] == {"identity"}, "what was released of the record"
