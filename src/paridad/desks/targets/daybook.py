# SPDX-License-Identifier: Apache-2.0
"""The desk's day book: priority cases, sightings and notices as rows that can be dropped and made again.

Rules
  - Rows come from acts alone and hold procedural fields only; what a sheet says in words is read from its act.
  - Rebuilt equals incremental: one row for each act, and what follows from several acts is computed when it is read.
  - A notice about a dossier holds for its later versions too: a correction does not end it.
  - A sighting is a row until it is over at the time of asking; erased, it is none.
  - Every view takes a `visible` filter: an act that the reader may not know of is not there, not even as a count. A
    case whose sheet is not there is not there.

Worked example
    project(conn, acts)
    cases(conn, visible)           one `Case` for each sheet that the reader may know of, folded
    sightings_at(conn, visible, now)        acts of sightings that are not over, the newest first
"""

from collections.abc import Sequence
from itertools import groupby

import sqlalchemy as sa

from paridad.desks.targets.cases import LINK, SHEET, UPDATE, Case, Said, fold, read
from paridad.desks.targets.mistaken import CLAIM, NOTICE
from paridad.desks.targets.mistaken import Said as Noticed
from paridad.desks.targets.projection import corrections
from paridad.desks.targets.sight import Visible, concerned, seen
from paridad.desks.targets.sightings import KIND as SIGHTING
from paridad.desks.targets.sightings import over_at
from paridad.folio.reading import text as words_of
from paridad.folio.reading import whole
from paridad.folio.state import Recorded
from paridad.store.bulk import insert_many
from paridad.store.tables import integer, strict_table, text

NAME, VERSION = "targets-daybook", 1
"""Of this projection, for the node that keeps it up to date."""
KINDS = frozenset({SHEET, UPDATE, LINK, SIGHTING, CLAIM, NOTICE})
"""The acts that have rows here."""

METADATA = sa.MetaData()

case_acts = strict_table(
    "targets_case_acts",
    text("hash", primary_key=True),
    text("of"),  # the sheet
    text("iss"),
    text("aud"),  # separated by blanks
    text("concerned"),
    integer("at"),
    integer("place"),
    text("handling"),
    integer("sheet"),
    text("state"),
    text("outcome"),
    integer("next_update", nullable=True),
    sa.Index("ix_targets_case_acts_of", "of"),
    within=METADATA,
)
case_links = strict_table(
    "targets_case_links",
    text("hash", primary_key=True),
    text("of"),
    text("iss"),
    integer("place"),
    sa.Index("ix_targets_case_links_of", "of", "iss"),
    within=METADATA,
)

sightings = strict_table(
    "targets_sightings",
    text("hash", primary_key=True),
    text("of"),  # the dossier, or nothing
    text("concerned"),
    integer("at"),
    text("handling"),
    integer("over_at"),
    sa.Index("ix_targets_sightings_over", "over_at"),
    sa.Index("ix_targets_sightings_of", "of"),
    within=METADATA,
)
notices = strict_table(
    "targets_notices",
    text("hash", primary_key=True),
    text("of"),  # the dossier
    text("iss"),
    text("concerned"),
    integer("at"),
    integer("place"),
    text("handling"),
    text("stage"),
    sa.Index("ix_targets_notices_of", "of"),
    within=METADATA,
)
claims = strict_table(
    "targets_claims",
    text("hash", primary_key=True),
    text("of"),
    text("iss"),
    integer("received_on"),
    integer("at"),
    sa.Index("ix_targets_claims_of", "of"),
    within=METADATA,
)
MOST_SIGHTINGS = 200
MOST_VERSIONS = 1000
"""Versions of a dossier that are walked back over; more are nobody's work."""


def project(conn: sa.Connection, acts: Sequence[Recorded]) -> None:
    """Replace the rows of a run of acts; acts of other kinds have none here."""
    ours = {act.hash: act for act in acts if act.envelope.knd in KINDS}
    for table in (case_acts, case_links, sightings, notices, claims):
        conn.execute(sa.delete(table).where(table.c.hash.in_(list(ours))))
    told = [(act, said) for act in ours.values() if act.envelope.knd in {SHEET, UPDATE} and (said := read(act))]
    insert_many(conn, case_acts, [_row(act, said) for act, said in told])
    links = [act for act in ours.values() if act.envelope.knd == LINK and len(act.envelope.re) == 1]
    insert_many(conn, case_links, [(act.hash, act.envelope.re[0], act.envelope.iss, act.index) for act in links])
    reports = [act for act in ours.values() if act.envelope.knd == SIGHTING]
    insert_many(
        conn,
        sightings,
        [_sighting(act, until) for act in reports if (until := over_at(act.envelope, act.fields)) is not None],
    )
    said_of = [act for act in ours.values() if len(act.envelope.re) == 1]
    given = [act for act in said_of if act.envelope.knd == NOTICE and words_of(act.fields, "notice_stage")]
    insert_many(conn, notices, [_notice(act) for act in given])
    taken = [act for act in said_of if act.envelope.knd == CLAIM]
    insert_many(conn, claims, [_claim(act) for act in taken])


def cases(conn: sa.Connection, visible: Visible, of: str = "") -> tuple[Case, ...]:
    """Return the cases that a reader may know of, or one of them, each folded from what the reader may know."""
    rows = case_acts.c
    wanted = sa.select(case_acts).where(seen(case_acts, visible, "procedural"), *([rows.of == of] if of else []))
    acts = [_said(row) for row in conn.execute(wanted.order_by(rows.of, rows.hash)).mappings()]
    folded = (fold(group) for _, group in groupby(acts, key=lambda said: said.of))
    return tuple(case for case in folded if case.hash)


def link_of(conn: sa.Connection, agency: str, case: str) -> str:
    """Return the act in which an agency last said which dossiers a case is about, or nothing."""
    rows = case_links.c
    wanted = sa.select(rows.hash).where(rows.of == case, rows.iss == agency).order_by(rows.place.desc(), rows.hash)
    return conn.execute(wanted.limit(1)).scalar_one_or_none() or ""


def sightings_at(conn: sa.Connection, visible: Visible, now: int, *, of: str = "") -> tuple[str, ...]:
    """Return sightings that are not over, as a reader may know, the newest first; one too many says there is more."""
    rows = sightings.c
    wanted = sa.select(rows.hash).where(rows.over_at > now, seen(sightings, visible, "procedural"))
    if of:
        wanted = wanted.where(rows.of == of)
    return tuple(conn.execute(wanted.order_by(rows.at.desc(), rows.hash).limit(MOST_SIGHTINGS + 1)).scalars())


def versions(conn: sa.Connection, hashes: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return by dossier the acts that it says it corrects, itself first."""
    found: dict[str, tuple[str, ...]] = {each: (each,) for each in hashes}
    newest = {each: each for each in hashes}
    while newest and max(map(len, found.values())) < MOST_VERSIONS:
        rows = conn.execute(sa.select(corrections.c.of, corrections.c.act).where(corrections.c.act.in_(list(newest))))
        earlier = {newest[row.act]: row.of for row in rows}
        newest = {of: start for start, of in earlier.items() if of not in found[start]}
        for of, start in newest.items():
            found[start] = (*found[start], of)
    return found


def noticed(conn: sa.Connection, visible: Visible, dossiers: Sequence[str] | None = None) -> dict[str, list[Noticed]]:
    """Return the notices that a reader may know of, by the dossier that they name; of all, or of some dossiers."""
    rows = notices.c
    wanted = sa.select(notices).where(seen(notices, visible, "procedural"))
    if dossiers is not None:
        wanted = wanted.where(rows.of.in_(list(dossiers)))
    found: dict[str, list[Noticed]] = {}
    for row in conn.execute(wanted.order_by(rows.of, rows.place, rows.hash)):
        found.setdefault(row.of, []).append(Noticed(row.hash, row.of, row.iss, row.at, row.place, row.stage))
    return found


def claim_of(conn: sa.Connection, agency: str, dossiers: Sequence[str]) -> tuple[str, int] | None:
    """Return the last claim that an agency took in about a dossier, with when it came in; who reads is asked apart."""
    rows = claims.c
    wanted = sa.select(rows.hash, rows.received_on).where(rows.of.in_(list(dossiers)), rows.iss == agency)
    row = conn.execute(wanted.order_by(rows.at.desc(), rows.hash).limit(1)).first()
    return (row.hash, row.received_on) if row else None


def over(conn: sa.Connection, now: int) -> tuple[str, ...]:
    """Return the sightings whose time is over and of which something is still held; not a view."""
    wanted = sa.select(sightings.c.hash).where(sightings.c.over_at <= now)
    return tuple(conn.execute(wanted.order_by(sightings.c.hash)).scalars())


def _sighting(act: Recorded, until: int) -> tuple[object, ...]:
    envelope = act.envelope
    of = envelope.re[0] if len(envelope.re) == 1 else ""
    return (act.hash, of, concerned(envelope), act.at, envelope.hnd, until)


def _notice(act: Recorded) -> tuple[object, ...]:
    envelope = act.envelope
    stage = words_of(act.fields, "notice_stage")
    return (act.hash, envelope.re[0], envelope.iss, concerned(envelope), act.at, act.index, envelope.hnd, stage)


def _claim(act: Recorded) -> tuple[object, ...]:
    received = whole(act.fields, "received_on")
    return (act.hash, act.envelope.re[0], act.envelope.iss, act.at if received is None else received, act.at)


def _row(act: Recorded, said: Said) -> tuple[object, ...]:
    return (
        said.hash,
        said.of,
        said.iss,
        " ".join(said.aud),
        concerned(act.envelope),
        said.at,
        said.place,
        act.envelope.hnd,
        int(said.sheet),
        said.state,
        said.outcome,
        said.next_update,
    )


def _said(row: sa.RowMapping) -> Said:
    return Said(
        hash=row["hash"],
        of=row["of"],
        iss=row["iss"],
        aud=tuple(row["aud"].split()),
        at=row["at"],
        place=row["place"],
        sheet=bool(row["sheet"]),
        state=row["state"],
        outcome=row["outcome"],
        next_update=row["next_update"],
    )
