# SPDX-License-Identifier: Apache-2.0
"""Bringing a public list into a node: every entry a dossier, an act of the party's own, or a rejection with its reason.

Rules
  - No handling code, no purpose, no entry: an import names them for all that it brings in.
  - What is on record already with the same content is not filed twice; what changed is filed as a correction that
    names the act in force.
  - Rejected lines are listed with line and reason; an import is never half silent.
  - Entries are filed in groups: a group is one transaction, so an import that is cut goes on where it stopped.

Worked example
    report = import_dossiers(own, load_ofac(sdn, alt, add), marks, now=now)
    report.filed, report.unchanged, len(report.rejects)      is (13821, 0, 0)
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

import sqlalchemy as sa

from paridad.acts.envelope import ActHash, Draft
from paridad.base.errors import ParidadError
from paridad.desks.targets import projection
from paridad.desks.targets.dossier import Dossier, dossier_fields
from paridad.desks.targets.errors import AlreadyRegistered
from paridad.desks.targets.lines import Reject
from paridad.desks.targets.rules import CorrectDossier, DossierState, RegisterDossier, content_digest, decide
from paridad.exchange import filing
from paridad.exchange.own_side import OwnSide
from paridad.node.views import Views

GROUP = 250
CORRECTION = "la lista importada dice otra cosa / the imported list says otherwise"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Marks:
    """What an import says of all its entries."""

    agency: str
    handling: str
    purpose: str
    basis: str


@dataclass
class ImportReport:
    """What became of a list."""

    filed: int = 0
    corrected: int = 0
    unchanged: int = 0
    rejects: list[Reject] = field(default_factory=list)
    refused: list[tuple[str, ParidadError]] = field(default_factory=list)
    """Entries that no act can hold, by entry number."""
    by_subject: dict[str, int] = field(default_factory=dict)


def import_dossiers(
    own: OwnSide, views: Views, entries: Iterable[Dossier | Reject], marks: Marks, *, now: int
) -> ImportReport:
    """File every entry of a list that is new or changed."""
    report = ImportReport()
    views.refresh()
    for group in _groups(entries, GROUP):
        report.rejects += [each for each in group if isinstance(each, Reject)]
        _file_group(own, [each for each in group if isinstance(each, Dossier)], marks, report, now=now)
    views.refresh()
    return report


def _file_group(own: OwnSide, dossiers: Sequence[Dossier], marks: Marks, report: ImportReport, *, now: int) -> None:
    with own.store.read() as conn:
        see = filing.seen_heads(conn, own)
        drafts = [draft for each in dossiers for draft in _drafts(conn, own, each, marks, report, now=now)]
    said = filing.issue_drafts(own, drafts, now=now, see=see)

    def commit(conn: sa.Connection) -> None:
        filing.file_acts(conn, own, said, now=now)

    if said:
        own.store.submit(commit)


def _drafts(
    conn: sa.Connection, own: OwnSide, dossier: Dossier, marks: Marks, report: ImportReport, *, now: int
) -> tuple[Draft, ...]:
    try:
        fields = dossier_fields(dossier)
        known = projection.find_listed(conn, own.party, *_entry(dossier))
        plain = (marks.agency, marks.handling, marks.purpose, marks.basis, fields)
        if known is None:
            drafts = decide(DossierState(), RegisterDossier(*plain), now)
        else:
            state = DossierState(ActHash(known.hash), own.party, known.content)
            if known.content == content_digest(fields):
                report.unchanged += 1
                return ()
            drafts = decide(state, CorrectDossier(*plain, of=known.hash, reason=CORRECTION), now)
    except AlreadyRegistered:
        report.unchanged += 1
        return ()
    except ParidadError as error:
        report.refused.append((_entry(dossier)[1], error))
        return ()
    subject = str(fields["subject_type"])
    report.by_subject[subject] = report.by_subject.get(subject, 0) + 1
    if known is None:
        report.filed += 1
    else:
        report.corrected += 1
    return drafts


def _entry(dossier: Dossier) -> tuple[str, str]:
    return (dossier.source.list, dossier.source.entry) if dossier.source else ("", "")


def _groups(items: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(items)
    while group := list(islice(rest, size)):
        yield group
