# SPDX-License-Identifier: Apache-2.0
"""`paridad targets sighting`: report that something was seen, and read what has not expired.

Rules
  - It goes to whoever owns the dossier that it names; without a dossier, to the agency of `--to`, or stays with one's
    own. Under a dossier's marks, unless others are named.
  - What has expired is in no list and in no count, whether it was destroyed already or not.
  - `--from` files a draft that was written without a line: the options as one JSON object, by their names.
  - A point never leaves with the report: a folio releases it by decision of the case, by two persons.

Worked example
    paridad targets sighting report --of xUz… --event seen --area Tijuana --ago 20 --reliability first_hand --as ana
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import sqlalchemy as sa

from paridad.acts.verify import VerifiedAct
from paridad.base.errors import Malformed
from paridad.base.strict import JsonValue, read_json
from paridad.cli.desk_orders import Ask, DeskOrder, asked, saying
from paridad.cli.errors import refused
from paridad.cli.forms import Form, Look, Moment, OfficerName, Positional, read_form
from paridad.cli.meanings import explained
from paridad.cli.seeing import Reading, coded, entry, not_found, note, reader, visible, words
from paridad.cli.verbs import Noun, Verb
from paridad.desks.targets import codes, daybook, projection, sightings
from paridad.desks.targets.cases import Marks
from paridad.desks.targets.terms import limit
from paridad.exchange.filing import basis_kind
from paridad.folio.reading import text, whole
from paridad.node.desk_saying import DeskAsked
from paridad.node.node import Node
from paridad.node.reading import read_act, read_acts
from paridad.policy.question import NONE
from paridad.store.acts import get_acts

MINUTE = 60
MOMENTS = ("seen_from", "seen_until", "expires")
MAX_DRAFT = 16_384
DraftFile = Annotated[str, Look("file", spelled="--from")]


class List(Form):
    """Which sightings."""

    officer: OfficerName
    of: str = ""


class Show(Form):
    """One sighting."""

    act: Positional
    officer: OfficerName


class Report(DeskOrder):
    """What was seen."""

    of: str = ""
    to: str = ""
    event: str = ""
    description: str = ""
    ago: str = ""
    lasted: int = 0
    seen_from: Moment = 0
    seen_until: Moment = 0
    area: str = ""
    cell: str = ""
    point: str = ""
    source_precision: str = "area"
    reliability: str = ""
    expires: Moment = 0
    handling: str = ""
    purpose: str = ""
    basis: str = ""
    simulated: bool = False
    draft: DraftFile = ""


# Reading --------------------------------------------------------------------------------------------------------------


def list_sightings(node: Node, form: List) -> JsonValue:
    """Return the sightings that an officer may know of and that have not expired, the newest first."""
    node.views.refresh()
    reading = reader(node, form.officer)
    with node.own.store.read() as conn:
        rows = rows_of(conn, reading, form.of)
    shown = rows[: daybook.MOST_SIGHTINGS]
    note(reading, [str(each["act"]) for each in shown], "list")
    return {"sightings": list(shown), "more": len(rows) > len(shown), "limits": [_limit(name) for name in _limits()]}


def rows_of(conn: sa.Connection, reading: Reading, of: str = "") -> list[dict[str, JsonValue]]:
    """Return the sightings of one dossier, or all, as rows for one reader."""
    hashes = daybook.sightings_at(conn, reading.sight, reading.now, of=of)
    found = get_acts(conn, hashes)
    acts = read_acts(conn, reading.node.own, [found[each] for each in hashes if each in found])  # type: ignore[index]
    return [_row(reading, act) for act in acts]


def show_sighting(node: Node, form: Show) -> JsonValue:
    """Return one sighting, as long as it has not expired."""
    node.views.refresh()
    reading = reader(node, form.officer)
    with node.own.store.read() as conn:
        act = visible(reading, conn, form.act)
        if act.envelope.knd != sightings.KIND or sightings.is_over(act.envelope, act.fields, reading.now):
            raise not_found(form.act)
        told = entry(reading, conn, act)
        of = projection.get(conn, _of(act), reading.sight)
    note(reading, [act.hash], "sighting")
    shown = explained(told["fields"], sightings.KIND, node.own.keys.current)  # type: ignore[arg-type]
    return {
        **_row(reading, act),
        **{name: told[name] for name in ("to", "purpose", "basis", "key", "withheld", "delivery")},
        "fields": shown,
        "dossier": {"act": of.hash, "name": of.name} if of else None,
    }


def _row(reading: Reading, act: VerifiedAct) -> dict[str, JsonValue]:
    seen = reading.sight.filter(act.fields, act.kind, act.envelope)
    event = text(seen.fields, "event")
    finest = next((name for name in ("point", "cell", "area") if text(seen.fields, name)), "")
    return {
        "act": act.hash,
        "agency": act.envelope.iss,
        "at": act.envelope.iat,
        "of": _of(act),
        "event": words(codes.label("event", event), event) if event else None,
        "description": text(seen.fields, "description"),
        "seen_until": whole(seen.fields, "seen_until"),
        "area": text(seen.fields, "area"),
        "place": text(seen.fields, finest) if finest else "",
        "place_precision": words(codes.label("place_precision", finest), finest) if finest else None,
        "expires": sightings.over_at(act.envelope, act.fields),
        "handling": coded(reading.node.own.keys.charter(act.envelope.prg).handling, act.envelope.hnd),
        "simulated": seen.fields.get("simulated") is True,
    }


def _of(act: VerifiedAct) -> str:
    """Return the dossier that a sighting names, or nothing."""
    return act.envelope.re[0] if len(act.envelope.re) == 1 else ""


def _limits() -> tuple[str, ...]:
    return (sightings.COMMON, *sightings.LIMITS.values())


def _limit(name: str) -> JsonValue:
    found = limit(name)
    return {"seconds": found.seconds, "says": words(found.words), "source": found.source, "verified": found.verified}


# Reporting ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Owner:
    """To whom a sighting goes, and under which marks."""

    agency: str
    marks: Marks


def ask_report(node: Node, form: Report) -> DeskAsked:
    """Return the report of a sighting, from its options or from a draft."""
    form = _drafted(form) if form.draft else form
    reading = reader(node, form.officer)
    with node.own.store.read() as conn:
        owner = _owner(conn, reading, form)
    until = form.seen_until or (reading.now - _minutes(form.ago) if form.ago else form.seen_from)
    command = sightings.Report(
        iss=reading.officer.agency,
        to=owner.agency,
        of=form.of,
        marks=owner.marks,
        event=form.event,
        description=form.description,
        seen_from=form.seen_from or max(until - form.lasted * MINUTE, 0),
        seen_until=until,
        area=form.area,
        cell=form.cell,
        point=form.point,
        source_precision=form.source_precision,
        reliability=form.reliability,
        expires=form.expires,
        simulated=form.simulated,
    )
    return asked(
        node,
        form,
        "targets.sighting.report",
        lambda _conn, now: (sightings.report(command, now),),
        may_stay=frozenset({"point"}),
    )


def _owner(conn: sa.Connection, reading: Reading, form: Report) -> Owner:
    """Return who owns the dossier, or whom the officer names; and the marks."""
    own, given = reading.node.own, Marks(form.handling, form.purpose, form.basis)
    if not form.of:
        agency = form.to or reading.officer.agency
        if agency not in own.keys.current.agencies:
            raise refused(f"{agency} no está en la carta.", f"{agency} is not in the charter.")
        return Owner(agency, given)
    if projection.get(conn, form.of, reading.sight) is None:
        raise not_found(form.of)
    envelope = read_act(conn, own, form.of).envelope
    basis = envelope.bas if basis_kind(own, envelope.bas) != NONE else own.conduct.basis
    marks = Marks(given.handling or envelope.hnd, given.purpose or envelope.pur, given.basis or basis)
    return Owner(envelope.iss, marks)


def _minutes(written: str) -> int:
    if not (written.isascii() and written.isdigit() and len(written) < 7):  # noqa: PLR2004  more than a year
        raise refused(f"No son minutos: {written}.", f"These are no minutes: {written}.")
    return int(written) * MINUTE


def _drafted(form: Report) -> Report:
    """Return what a draft says; officer, identifier and dry run are the command's own."""
    data = Path(form.draft).read_bytes()
    try:
        tree = read_json(data, max_string=MAX_DRAFT)
    except Malformed as error:
        raise refused(f"El borrador no se puede leer: {error}.", f"The draft cannot be read: {error}.") from error
    if not isinstance(tree, Mapping):
        raise refused("El borrador no es un objeto JSON.", "The draft is no JSON object.")
    given = {name: _moment(name, value) if name in MOMENTS else value for name, value in tree.items()}
    apart: dict[str, Any] = {name: getattr(form, name) for name in ("officer", "dry_run", "id")}
    for name in given.keys() & {*apart, "draft"} | given.keys() - {each.name for each in fields(Report)}:
        raise refused(f"El borrador no lleva «{name}».", f"A draft takes no “{name}”.")
    return read_form(Report, {**given, **apart})


def _moment(name: str, value: JsonValue) -> JsonValue:
    """Read a moment as it is written on the command line: `2026-11-22T18:00:00Z`."""
    try:
        return int(datetime.strptime(str(value), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp())
    except ValueError:
        raise refused(
            f"{name} no es una hora como 2026-11-22T18:00:00Z.", f"{name} is no time like 2026-11-22T18:00:00Z."
        ) from None


NOUN = Noun(
    "sighting",
    (
        Verb("report", Report, operation=saying(ask_report)),
        Verb("list", List, operation=list_sightings),
        Verb("show", Show, operation=show_sighting),
    ),
)

READERS: Mapping[str, tuple[type[DeskOrder], Ask]] = {"targets.sighting.report": (Report, ask_report)}
"""The operation that says something of a sighting."""
