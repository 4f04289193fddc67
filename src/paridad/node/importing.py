# SPDX-License-Identifier: Apache-2.0
"""Bringing a list into a node: every entry a dossier or a link, an act of the party's own, or a rejection with why.

Rules
  - No handling code, no purpose, no entry: an import names them for all that it brings in.
  - What is on record already with the same content is not filed twice; what changed is filed as a correction that
    names the act in force.
  - Rejected lines are listed with line and reason, and what was left out of an entry is noted; an import is never half
    silent. Of very many the first are kept and all are counted.
  - Entries are filed in groups: a group is one transaction, so an import that is cut goes on where it stopped.
  - Links come after all dossiers, because they name acts; one whose end is not on record comes back.
  - Whoever asks sees how far it is: the report is filled while it runs.

Worked example
    report = import_dossiers(own, load_ofac(sdn, alt, add), marks, now=now)
    report.filed, report.unchanged, report.rejected      is (13821, 0, 0)
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from threading import Lock, Thread
from typing import TypeVar

from paridad.acts.envelope import ActHash, Draft
from paridad.base.errors import ParidadError
from paridad.base.strict import JsonValue
from paridad.base.words import Words
from paridad.desks.targets import links, projection
from paridad.desks.targets.dossier import Dossier, dossier_fields
from paridad.desks.targets.errors import AlreadyRegistered
from paridad.desks.targets.lines import Held, Note, Reject
from paridad.desks.targets.links import SayLink, Standing, Tie
from paridad.desks.targets.projection import Entry, Listed
from paridad.desks.targets.reports import KIND as REPORT
from paridad.desks.targets.reports import Brought, report_fields
from paridad.desks.targets.rules import CorrectDossier, DossierState, RegisterDossier, decide
from paridad.exchange import filing
from paridad.exchange.own_side import OwnSide
from paridad.node.views import Views

GROUP = 250
KEPT = 10_000
"""So many rejections and notes are kept with their lines; all are counted."""
CORRECTION = "la lista importada dice otra cosa / the imported list says otherwise"
NO_END = Words(
    es="Nombra a quien no consta: ni está en el archivo ni se había registrado.",
    en="It names somebody who is not on record: neither in the file nor registered before.",
)

Item = Dossier | Tie | Reject | Note
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
    """What became of a list; filled while the list is read."""

    filed: int = 0
    corrected: int = 0
    unchanged: int = 0
    links: int = 0
    """Links filed, corrected ones among them."""
    rejected: int = 0
    rejects: list[Reject] = field(default_factory=list)
    refused: list[tuple[str, ParidadError]] = field(default_factory=list)
    """Entries that no act can hold, by entry number."""
    by_subject: Counter[str] = field(default_factory=Counter)
    notes: list[Note] = field(default_factory=list)
    noted: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How many notes there are of each kind and column."""
    read: int = 0
    """Entries, rejections and links that were read so far."""

    def take(self, item: Reject | Note) -> None:
        """Take what came back or was left out."""
        if isinstance(item, Reject):
            self.rejected += 1
            self.rejects += [item] if len(self.rejects) < KEPT else []
        else:
            self.noted[item.kind, item.column] += 1
            self.notes += [item] if len(self.notes) < KEPT else []


def import_dossiers(
    own: OwnSide, views: Views, entries: Iterable[Item], marks: Marks, *, now: int, report: ImportReport | None = None
) -> ImportReport:
    """File every entry of a list that is new or changed, then every link."""
    done = _Import(own, marks, ImportReport() if report is None else report, now)
    views.refresh()
    ties: list[Tie] = []
    for group in _groups(entries, GROUP):
        dossiers = [each for each in group if isinstance(each, Dossier)]
        ties += [each for each in group if isinstance(each, Tie)]
        for each in group:
            if isinstance(each, Reject | Note):
                done.report.take(each)
        done.file_dossiers(dossiers)
        done.report.read += sum(not isinstance(each, Tie | Note) for each in group)
    views.refresh()
    for linked in _groups(ties, GROUP):
        done.file_links(linked)
        done.report.read += len(linked)
    if ties:
        views.refresh()
    return done.report


def file_report(own: OwnSide, brought: Brought, marks: Marks, report: ImportReport, *, now: int) -> str:
    """Put on record what became of a list; return the act."""
    counts = {name: getattr(report, name) for name in ("filed", "corrected", "unchanged", "links", "rejected")}
    fields = report_fields(brought, {**counts, "refused": len(report.refused)}, report.rejects, report.noted)
    draft = Draft(REPORT, marks.agency, (marks.agency,), marks.handling, marks.purpose, marks.basis, fields)
    with own.store.read() as conn:
        see = filing.seen_heads(conn, own)
    said = filing.issue_drafts(own, [draft], now=now, see=see)
    own.store.submit(lambda conn: filing.file_acts(conn, own, said, now=now))
    return said[0].hash


def rehearse(entries: Iterable[Item], report: ImportReport | None = None) -> ImportReport:
    """Read a whole list and say what it holds; nothing is filed."""
    report = ImportReport() if report is None else report
    for each in entries:
        report.read += not isinstance(each, Note)
        match each:
            case Dossier():
                report.by_subject[each.subject_type] += 1
            case Tie():
                report.links += 1
            case _:
                report.take(each)
    return report


@dataclass(frozen=True, slots=True)
class _Import:
    """One import that runs."""

    own: OwnSide
    marks: Marks
    report: ImportReport
    now: int

    def file_dossiers(self, dossiers: Sequence[Dossier]) -> None:
        """File a group of dossiers in one transaction."""
        with self.own.store.read() as conn:
            known = projection.listed(conn, self.own.party, map(_entry, dossiers))
        self._file([draft for each in dossiers for draft in self._drafts(each, known.get(_entry(each)))])

    def file_links(self, ties: Sequence[Tie]) -> None:
        """File a group of links in one transaction; one whose end is not on record comes back."""
        with self.own.store.read() as conn:
            ends = projection.listed(conn, self.own.party, {end for tie in ties for end in (tie.one, tie.other)})
            known = projection.listed(conn, self.own.party, map(_of_tie, ties), projection.links)
            named = {each.hash: projection.ends_of(conn, each.hash) for each in known.values()}
        drafts: list[Draft] = []
        for tie in ties:
            if tie.one in ends and tie.other in ends:
                pair = (ends[tie.one].hash, ends[tie.other].hash)
                drafts += self._link(tie, pair, known.get(_of_tie(tie)), named)
            else:
                column = "" if tie.one in ends else tie.one[1]
                self.report.take(Reject(tie.file, tie.line, column or tie.other[1], NO_END, b""))
        self._file(drafts)

    def _file(self, drafts: Sequence[Draft]) -> None:
        if not drafts:
            return
        with self.own.store.read() as conn:
            see = filing.seen_heads(conn, self.own)
        said = filing.issue_drafts(self.own, drafts, now=self.now, see=see)
        self.own.store.submit(lambda conn: filing.file_acts(conn, self.own, said, now=self.now))

    def _drafts(self, dossier: Dossier, known: Listed | None) -> tuple[Draft, ...]:
        try:
            fields = dossier_fields(dossier)
            drafts = self._decided(fields, known)
        except AlreadyRegistered:
            self.report.unchanged += 1
            return ()
        except ParidadError as error:
            self.report.refused.append((_entry(dossier)[1], error))
            return ()
        self.report.by_subject[dossier.subject_type] += 1
        if known is None:
            self.report.filed += 1
        else:
            self.report.corrected += 1
        return drafts

    def _decided(self, fields: Mapping[str, JsonValue], known: Listed | None) -> tuple[Draft, ...]:
        marks = self.marks
        plain = (marks.agency, marks.handling, marks.purpose, marks.basis, fields)
        if known is None:
            return decide(DossierState(), RegisterDossier(*plain), self.now)
        state = DossierState(ActHash(known.hash), self.own.party, known.content)
        return decide(state, CorrectDossier(*plain, of=known.hash, reason=CORRECTION), self.now)

    def _link(
        self, tie: Tie, pair: tuple[str, str], known: Listed | None, named: Mapping[str, tuple[str, str]]
    ) -> tuple[Draft, ...]:
        marks, link = self.marks, replace(tie.link, dossier=pair[0], to=pair[1])
        state = Standing()
        if known is not None:
            content = known.content if named[known.hash] == pair else ""
            state = Standing(known.hash, self.own.party, content)
        reason = CORRECTION if known else ""
        command = SayLink(
            marks.agency, marks.handling, marks.purpose, marks.basis, link, of=state.current, reason=reason
        )
        try:
            drafts = links.decide(state, command)
        except AlreadyRegistered:
            self.report.unchanged += 1
            return ()
        except ParidadError as error:
            self.report.take(Reject(tie.file, tie.line, "", error.words, b""))
            return ()
        self.report.links += 1
        return drafts


def _entry(dossier: Dossier) -> Entry:
    return (dossier.source.list, dossier.source.entry) if dossier.source else ("", "")


def _of_tie(tie: Tie) -> Entry:
    source = tie.link.source
    return (source.list, source.entry) if source else ("", "")


def _groups(items: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(items)
    while group := list(islice(rest, size)):
        yield group


KEPT_SECONDS = 60 * 60
AT_ONCE = 4
"""So many tables may an officer have handed in at one time; the oldest gives way."""


@dataclass
class Upload:
    """A table that an officer handed in, in memory alone, and the import that runs with it."""

    id: str
    officer: str
    file: Held
    at: int
    report: ImportReport | None = None
    act: str = ""
    """The report on record, once the import is done."""
    failed: ParidadError | None = None
    running: Thread | None = None


class Uploads:
    """What was handed in at this node and waits to be mapped; gone after an hour, and with the process."""

    def __init__(self) -> None:
        self._held: dict[str, Upload] = {}
        self._lock = Lock()

    def keep(self, upload: Upload) -> None:
        """Keep a table; what is over goes, and the officer's oldest beyond `AT_ONCE`."""
        with self._lock:
            self._held = {id_: each for id_, each in self._held.items() if each.at + KEPT_SECONDS > upload.at}
            self._held[upload.id] = upload
            theirs = [each for each in self._held.values() if each.officer == upload.officer]
            for each in theirs[:-AT_ONCE]:
                del self._held[each.id]

    def of(self, officer: str, id_: str, *, now: int) -> Upload | None:
        """Return what an officer handed in, or nothing where it is not here, not theirs or over."""
        found = self._held.get(id_)
        mine = found is not None and found.officer == officer and found.at + KEPT_SECONDS > now
        return found if mine else None

    def wait(self) -> None:
        """Wait for the imports that run."""
        for each in list(self._held.values()):
            if each.running is not None:
                each.running.join()
