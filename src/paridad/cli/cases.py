# SPDX-License-Identifier: Apache-2.0
"""`paridad targets case`: priority cases of both parties, their updates, and who is late.

Rules
  - A case that the officer may not know of is not there: no row, no count, no page. Its words are shown to whom
    policy shows them; what is kept back is named with its clause.
  - Lateness is computed at the time of asking, from acts that both nodes hold.
  - Which dossiers a case is about is told to the agency that noted it, and to nobody else.

Worked example
    paridad targets case declare --to B/TWO --title "Ruta norte" --aims … --wanted … --handling AMBER … --as ana
    paridad targets case list --as ana
"""

from collections.abc import Callable, Mapping

import sqlalchemy as sa

from paridad.acts.envelope import Draft
from paridad.acts.verify import VerifiedAct
from paridad.base.strict import JsonValue
from paridad.cli.desk_orders import Ask, DeskOrder, asked, may_say, saying
from paridad.cli.errors import refused
from paridad.cli.forms import Form, Moment, OfficerName, Positional
from paridad.cli.meanings import explained
from paridad.cli.seeing import Reading, coded, entries, not_found, note, reader, words
from paridad.cli.verbs import Noun, Verb
from paridad.desks.targets import cases, codes, daybook, projection
from paridad.desks.targets.cases import Case, Due, Marks
from paridad.desks.targets.terms import Limit, limit
from paridad.exchange.filing import basis_kind
from paridad.folio.reading import codes as texts
from paridad.folio.reading import text
from paridad.node.desk_saying import DeskAsked
from paridad.node.node import Node
from paridad.node.reading import read_act, read_acts, recorded_about
from paridad.policy.question import NONE
from paridad.store.acts import get_acts

UPDATE_CLOCK = "case_update"


class List(Form):
    """Which cases."""

    officer: OfficerName


class Show(Form):
    """One case."""

    act: Positional
    officer: OfficerName


class Declare(DeskOrder):
    """Declare a case."""

    to: tuple[str, ...]
    title: str
    aims: str
    wanted: str
    handling: str
    purpose: str
    basis: str
    agency: tuple[str, ...] = ()
    next_update: Moment = 0
    simulated: bool = False


class OfCase(DeskOrder):
    """Something said about a case."""

    act: Positional


class Update(OfCase):
    """Say what is new."""

    report: str
    next_update: Moment = 0


class Suspend(OfCase):
    """Let a case rest."""

    report: str


class Close(OfCase):
    """End a case."""

    report: str
    outcome: str


class Link(OfCase):
    """Note which dossiers a case is about."""

    dossier: tuple[str, ...] = ()


# Reading --------------------------------------------------------------------------------------------------------------


def list_cases(node: Node, form: List) -> JsonValue:
    """Return the cases that an officer may know of: those with the nearest update first, those at rest last."""
    node.views.refresh()
    reading = reader(node, form.officer)
    with node.own.store.read() as conn:
        found = daybook.cases(conn, reading.sight)
        sheets = read_acts(conn, node.own, list(get_acts(conn, [each.hash for each in found]).values()))
    by_hash: Mapping[str, VerifiedAct] = {act.hash: act for act in sheets}
    note(reading, by_hash, "list")
    rows = sorted(found, key=lambda case: (_next_due(case) is None, _next_due(case) or 0, case.hash))
    return {"cases": [_row(reading, case, by_hash[case.hash]) for case in rows], "update_clock": _clock(_limit())}


def show_case(node: Node, form: Show) -> JsonValue:
    """Return one case: its sheet, what each party owes, its updates, and the dossiers that one's agency noted."""
    node.views.refresh()
    reading = reader(node, form.officer)
    with node.own.store.read() as conn:
        case = _case(conn, reading, form.act)
        acts = read_acts(conn, node.own, list(get_acts(conn, (case.hash, *case.updates)).values()))
        sheet, *updates = sorted(acts, key=lambda act: (case.hash, *case.updates).index(act.hash))
        told, *later = entries(reading, conn, (sheet, *updates))
        linked = _linked(conn, reading, case)
    note(reading, [act.hash for act in acts], "case")
    charter = node.own.keys.current
    return {
        **_row(reading, case, sheet),
        **{name: told[name] for name in ("to", "purpose", "basis", "key", "withheld", "erased", "delivery")},
        "fields": explained(told["fields"], cases.SHEET, charter),  # type: ignore[arg-type]
        "updates": [_explained(each, node) for each in later],
        "out_of_place": list(case.irregular),
        "linked": linked,
        "update_clock": _clock(_limit()),
        "possible": _possible(reading, case),
    }


def due_here(node: Node, reading: Reading, conn: sa.Connection) -> dict[str, JsonValue]:
    """Return the updates that our party owes of cases that the officer may know of: how many are late, the next one."""
    ours = [
        due
        for case in daybook.cases(conn, reading.sight)
        for due in cases.dues(case, limit=_limit().seconds)
        if due.party == node.own.party
    ]
    return {
        "late": sum(due.late(reading.now) for due in ours),
        "owed": len(ours),
        "next_due": min((due.until for due in ours), default=None),
    }


def _explained(told: dict[str, JsonValue], node: Node) -> JsonValue:
    fields = explained(told["fields"], cases.UPDATE, node.own.keys.current)  # type: ignore[arg-type]
    return {
        **{name: told[name] for name in ("act", "agency", "at", "withheld", "erased", "delivery")},
        "fields": fields,
    }


def _row(reading: Reading, case: Case, sheet: VerifiedAct) -> dict[str, JsonValue]:
    seen = reading.sight.filter(sheet.fields, sheet.kind, sheet.envelope).fields
    owed = cases.dues(case, limit=_limit().seconds)
    charter = reading.node.own.keys.charter(sheet.envelope.prg)
    return {
        "act": case.hash,
        "title": text(seen, "title"),
        "agency": case.iss,
        "at": case.declared_at,
        "ours": sheet.envelope.party == reading.node.own.party,
        "state": words(codes.label("case_state", case.state), case.state),
        "outcome": coded(charter.outcomes, case.outcome) if case.outcome else None,
        "agencies": list(texts(seen, "agencies")),
        "owes": [_due(each, reading.now) for each in owed],
        "late": any(each.late(reading.now) for each in owed),
        "next_due": _next_due(case),
        "handling": coded(charter.handling, sheet.envelope.hnd),
        "simulated": seen.get("simulated") is True,
    }


def _due(due: Due, now: int) -> JsonValue:
    return {"party": due.party, "agency": due.agency, "since": due.since, "until": due.until, "late": due.late(now)}


def _next_due(case: Case) -> int | None:
    return min((due.until for due in cases.dues(case, limit=_limit().seconds)), default=None)


def _clock(of: Limit) -> JsonValue:
    return {"seconds": of.seconds, "says": words(of.words), "source": of.source, "verified": of.verified}


def _limit() -> Limit:
    return limit(UPDATE_CLOCK)


def _case(conn: sa.Connection, reading: Reading, hash_: str) -> Case:
    """Return a case, or the one answer for what is not here and what is not the reader's to know."""
    found = daybook.cases(conn, reading.sight, hash_)
    if not found:
        raise not_found(hash_)
    return found[0]


def _linked(conn: sa.Connection, reading: Reading, case: Case) -> list[JsonValue]:
    """Return the dossiers that the reader's agency noted, those that the reader may see by name."""
    hash_ = daybook.link_of(conn, reading.officer.agency, case.hash)
    if not hash_:
        return []
    act = read_act(conn, reading.node.own, hash_)
    fields = reading.sight.filter(act.fields, act.kind, act.envelope).fields
    found = [projection.get(conn, each, reading.sight) for each in texts(fields, "dossiers")]
    return [{"act": each.hash, "name": each.name, "corrected": each.corrected} for each in found if each]


def _possible(reading: Reading, case: Case) -> list[JsonValue]:
    """Return the commands that the case takes from the reader's agency now."""
    agency, own = reading.officer.agency, reading.officer.agency == case.iss
    if not case.agency(reading.node.own.party) or not may_say(reading):
        return []
    on_sheet = agency in case.agencies and case.state != cases.CLOSED
    rests = case.state == cases.SUSPENDED
    possible = (("update", on_sheet), ("suspend", on_sheet and own and not rests), ("close", on_sheet and own))
    return [*(name for name, may in possible if may), "link"]


# Saying ---------------------------------------------------------------------------------------------------------------


def ask_declare(node: Node, form: Declare) -> DeskAsked:
    """Return the declaration of a case."""
    agency = node.home.officer(form.officer).agency
    command = cases.Declare(
        iss=agency,
        to=form.to,
        marks=Marks(form.handling, form.purpose, form.basis),
        title=form.title,
        aims=form.aims,
        wanted=form.wanted,
        agencies=form.agency or (agency,),
        next_update=form.next_update or node.clock() + _limit().seconds,
        simulated=form.simulated,
    )
    for each in (*command.to, *command.agencies):
        if each not in node.own.keys.current.agencies:
            raise refused(f"{each} no está en la carta.", f"{each} is not in the charter.")
    return asked(
        node, form, "targets.case.declare", lambda _conn, now: (cases.declare(command, now, limit=_limit().seconds),)
    )


def ask_update(node: Node, form: Update) -> DeskAsked:
    """Return an update."""
    until = form.next_update or node.clock() + _limit().seconds
    return _about(node, form, "update", lambda agency, marks: cases.Update(agency, form.report, until, marks))


def ask_suspend(node: Node, form: Suspend) -> DeskAsked:
    """Return a suspension."""
    return _about(node, form, "suspend", lambda agency, marks: cases.Suspend(agency, form.report, marks))


def ask_close(node: Node, form: Close) -> DeskAsked:
    """Return the end of a case."""
    return _about(node, form, "close", lambda agency, marks: cases.Close(agency, form.report, form.outcome, marks))


def ask_link(node: Node, form: Link) -> DeskAsked:
    """Return the note of which dossiers a case is about; each has to be the officer's to see."""
    reading = reader(node, form.officer)
    with node.own.store.read() as conn:
        for each in form.dossier:
            if projection.get(conn, each, reading.sight) is None:
                raise not_found(each)
    return _about(node, form, "link", lambda agency, marks: cases.Link(agency, form.dossier, marks))


def _about(node: Node, form: OfCase, verb: str, make: Callable[[str, Marks], cases.Command]) -> DeskAsked:
    """Return a command about a case; it is said under the marks of its sheet."""
    reading = reader(node, form.officer)
    with node.own.store.read() as conn:
        case = _case(conn, reading, form.act)
        command = make(reading.officer.agency, _marks(node, read_act(conn, node.own, case.hash)))

    def decide(conn: sa.Connection, now: int) -> tuple[Draft, ...]:
        acts = _said(conn, node, form.act)
        outcomes = node.own.keys.current.outcomes
        return (cases.decide(cases.fold(acts), command, now, limit=_limit().seconds, outcomes=outcomes),)

    return asked(node, form, f"targets.case.{verb}", decide)


def _said(conn: sa.Connection, node: Node, sheet: str) -> list[cases.Said]:
    """Return what was said of a case, from the acts themselves: views may be behind."""
    acts = recorded_about(conn, node.own, sheet, (cases.UPDATE,))
    return [said for act in acts if (said := cases.read(act))]


def _marks(node: Node, sheet: VerifiedAct) -> Marks:
    """Return the marks of a sheet; who cannot rest on its basis rests on the programme's own."""
    envelope, own = sheet.envelope, node.own
    stands = basis_kind(own, envelope.bas) != NONE
    return Marks(envelope.hnd, envelope.pur, envelope.bas if stands else own.conduct.basis)


NOUN = Noun(
    "case",
    (
        Verb("list", List, operation=list_cases),
        Verb("show", Show, operation=show_case),
        Verb("declare", Declare, operation=saying(ask_declare)),
        Verb("update", Update, operation=saying(ask_update)),
        Verb("suspend", Suspend, operation=saying(ask_suspend)),
        Verb("close", Close, operation=saying(ask_close)),
        Verb("link", Link, operation=saying(ask_link)),
    ),
)

READERS: Mapping[str, tuple[type[DeskOrder], Ask]] = {
    "targets.case.declare": (Declare, ask_declare),
    "targets.case.update": (Update, ask_update),
    "targets.case.suspend": (Suspend, ask_suspend),
    "targets.case.close": (Close, ask_close),
    "targets.case.link": (Link, ask_link),
}
"""Each operation that says something of a case: its form, and what reads that as something to be said."""
