# SPDX-License-Identifier: Apache-2.0
"""What an agency brings to a run: its own dossiers as keys, and its set log, from what stands on file.

Rules
  - Only dossiers that the agency itself registered, in force and of the class that is compared. Another party's
    records are never compared.
  - A record is compared where policy would let its identity out to that agency, for that purpose and on that basis,
    decided by two persons; its numbers where documents may leave. Whatever policy keeps back is told with its reason.
  - Records that make no key, none with a date, too many, or one that too many share, are told to their owner before
    anything is proposed: common names must not be silently invisible.
  - A record that waits for its entry in the set log (`set_logs`) is not compared, and is told as well.

Worked example
    found = gather_list(node, Wanted("A/POLICE", "B/CUSTOMS", terms), now=now)
    len(found.compared), found.silent, found.digest
    found.brought()        what a proposal or an agreement takes along
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from itertools import islice

from paridad.acts.verify import VerifiedAct
from paridad.base.sources import SECONDS_A_DAY
from paridad.base.strict import encode_base64url
from paridad.desks.targets import projection
from paridad.desks.targets.comparable import is_compared, parts_of, tables
from paridad.desks.targets.deconfliction.alarms import Watch
from paridad.desks.targets.deconfliction.concentration import agreed, crowds
from paridad.desks.targets.deconfliction.keys import CORE, FULL_DATE, Budget, Parts, emit
from paridad.desks.targets.deconfliction.messages import Band, Terms
from paridad.desks.targets.deconfliction.setlog import SetLog
from paridad.desks.targets.deconfliction.tokens import Token, gather
from paridad.exchange import filing
from paridad.node.comparing import Brought
from paridad.node.node import Node
from paridad.node.reading import read_acts
from paridad.node.set_logs import Between, Kept, next_log
from paridad.policy.decision import Decision
from paridad.policy.question import ReleaseQuestion
from paridad.store.acts import get_acts

_GROUP = 500
_DATE_BYTES = FULL_DATE + 2
"""A date at the end of a key, with its length before it."""
_NAMED = frozenset(each.name for each in CORE if each.day == "D" and each.surname and each.given in {"g", "G"})
"""Rules of a whole name with a full date; a date that could be exchanged makes two keys of one record."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be compared, by whom and with whom."""

    agency: str
    peer: str
    terms: Terms
    names_alone: bool = False
    against: tuple[Band, ...] | None = None
    """How crowded the other side says that its list is; None before it has said so."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """A list as keys, and what its owner is told of it."""

    wanted: Wanted
    tokens: tuple[Token, ...] = field(repr=False)
    compared: tuple[str, ...] = field(repr=False)
    """Records that make a key, by their acts."""
    silent: tuple[str, ...]
    """Records that make no key."""
    undated: tuple[str, ...]
    """Records whose keys hold no full date and no number."""
    cut: tuple[str, ...]
    """Records of which the weakest keys were left out."""
    crowded: tuple[str, ...]
    """Records of which a key was left out because too many own records share it."""
    kept: Mapping[str, Decision]
    """Records that policy keeps back, with its decision."""
    waiting: tuple[str, ...]
    """Records that enter the set log with a later run."""
    log: Kept = field(repr=False)
    """The set log as this run shows it."""
    numbers: Mapping[str, bool] = field(repr=False)
    """The records that are compared, and whether their numbers are."""
    bands: tuple[Band, ...] = ()
    """Where the list is more crowded than the tables say."""

    @property
    def digest(self) -> str:
        """What a second person agrees to: which records, and how many keys they make."""
        found = sha256(f"{len(self.tokens)}\0".encode())
        found.update("".join(self.compared).encode())
        return encode_base64url(found.digest())

    def brought(self) -> Brought:
        """Return what a proposal or an agreement takes along; the agency itself is who to contact."""
        places = {act: entry.place for act, entry in self.log.entries.items()}
        log, tokens = SetLog(self.log.leaves), self.tokens if self.settled else ()
        watch = watch_of(self.tokens)
        return Brought(tokens, self.wanted.agency, places, watch, set_log=log, settled=self.settled)

    @property
    def concentration(self) -> int:
        """The largest of the bands, as a power of two."""
        return max((each.power for each in self.bands), default=0)

    @property
    def concentrations(self) -> tuple[int, int]:
        """Those of both sides, who proposed first; the other side's is nothing before it has said so."""
        theirs = max((each.power for each in self.wanted.against or ()), default=0)
        return (theirs, self.concentration) if self.settled else (self.concentration, theirs)

    @property
    def settled(self) -> bool:
        """Whether the keys are final: who proposes waits for the concentration of the other list."""
        return self.wanted.against is not None


def watch_of(tokens: tuple[Token, ...]) -> Watch:
    """Return what is watched for: one name, given and family, that is hit with the dates of several own records."""
    names: dict[int, str] = {}
    counted: set[tuple[str, tuple[str, ...]]] = set()
    for number, each in enumerate(tokens):
        name = f"{each.rule} {each.key[:-_DATE_BYTES].hex()}"
        if each.rule in _NAMED and (name, each.records) not in counted:
            counted.add((name, each.records))
            names[number] = name
    return Watch(names=names)


def gather_list(node: Node, wanted: Wanted, *, now: int) -> Gathered:
    """Return what the agency would bring, without changing anything."""
    kept: dict[str, Decision] = {}
    parts: dict[str, Parts] = {}
    acts: dict[str, VerifiedAct] = {}
    with_numbers: dict[str, bool] = {}
    year = datetime.fromtimestamp(now, UTC).year
    for act, numbers in _allowed(node, wanted, kept, now=now):
        parts[act.hash] = parts_of(act.hash, act.fields, latest=year, numbers=numbers)
        acts[act.hash], with_numbers[act.hash] = act, numbers
    log, waiting = next_log(node, Between(wanted.agency, wanted.peer), wanted.terms, acts)
    listed = [parts[each] for each in sorted(parts.keys() - set(waiting))]
    bands = crowds(listed, tables())
    report = emit(listed, tables(), _budget(wanted, bands))
    tokens, crowded = gather(report.emitted)
    compared = tuple(sorted({each.record for each in report.emitted}))
    compared_so = {each.record: with_numbers[each.record] for each in listed}
    return Gathered(
        wanted,
        tokens,
        compared,
        report.silent,
        report.undated,
        report.cut,
        crowded,
        kept,
        waiting,
        log,
        compared_so,
        bands,
    )


def _budget(wanted: Wanted, bands: tuple[Band, ...]) -> Budget:
    """Return the budget by which both sides gate, once both have said how crowded their lists are."""
    crowded = agreed(bands, wanted.against or ())
    return Budget(wanted.terms.records, wanted.terms.epsilon_ppm, crowded, names_alone=wanted.names_alone)


def settled_list(node: Node, wanted: Wanted, own: tuple[Band, ...], log: Kept, *, at: int) -> Brought:
    """Return the keys of the records that a proposal named, now that both concentrations are known."""
    year = datetime.fromtimestamp(at, UTC).year
    with node.own.store.read() as conn:
        acts = read_acts(conn, node.own, list(get_acts(conn, list(log.compared)).values()))
    listed = [parts_of(act.hash, act.fields, latest=year, numbers=log.compared[act.hash]) for act in acts]
    listed.sort(key=lambda each: each.record)
    tokens, _ = gather(emit(listed, tables(), _budget(wanted, own)).emitted)
    places = {act: entry.place for act, entry in log.entries.items()}
    return Brought(tokens, wanted.agency, places, watch_of(tokens))


def _allowed(node: Node, wanted: Wanted, kept: dict[str, Decision], *, now: int) -> Iterator[tuple[VerifiedAct, bool]]:
    """Yield the records that may be compared, and whether their numbers may; note the others with the reason."""
    asked: dict[ReleaseQuestion, Decision] = {}
    for act in _own_records(node, wanted.agency):
        questions = [_question(node, wanted, act, each, now=now) for each in ("identity", "document")]
        for each in questions:
            if each not in asked:
                asked[each] = node.own.engine.decide_one(each, now=now)
        identity, document = (asked[each] for each in questions)
        if identity.allowed:
            yield act, document.allowed
        else:
            kept[act.hash] = identity


def _question(node: Node, wanted: Wanted, act: VerifiedAct, sensitivity: str, *, now: int) -> ReleaseQuestion:
    """Ask as for a release of the record to that agency; two persons decide about every run."""
    envelope = act.envelope
    days = node.own.keys.charter(envelope.prg).retention_days(envelope.hnd, envelope.pur)
    return ReleaseQuestion(
        sensitivity=sensitivity,
        handling=envelope.hnd,
        purpose=wanted.terms.purpose,
        held=envelope.pur == wanted.terms.purpose,
        basis_kind=filing.basis_kind(node.own, wanted.terms.basis),
        recipient=wanted.peer,
        originator=node.own.party,
        addressed=True,
        expired=now >= envelope.iat + days * SECONDS_A_DAY,
        second_person=True,
        case_decision=False,
        assurance=False,
    )


def _own_records(node: Node, agency: str) -> Iterator[VerifiedAct]:
    node.views.refresh()
    with node.own.store.read() as conn:
        hashes = iter(projection.held_by(conn, node.own.party, agency))
        while group := list(islice(hashes, _GROUP)):
            found = read_acts(conn, node.own, list(get_acts(conn, group).values()))
            yield from (act for act in found if is_compared(act.fields))
