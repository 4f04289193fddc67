# SPDX-License-Identifier: Apache-2.0
"""What a folio's acts make of it, as data: clocks, pauses, what was given and withheld, recalls, consents, proposals.

Rules
  - Each entry speaks of one act; an entry whose act the reader may not know of is not there (`visible_to`).
  - What was given is shown with its values as they stand in the record at this node: the receiver's copy holds what
    was sent, the giver's is cut to the same fields. Whoever a release was addressed to is involved in what it gave.
  - What was withheld is named with rule and clause in words, and with how many items its giver declares.

Worked example
    case(reading, conn, folio, {act.hash for act in acts})["releases"][0]["withheld"][0]["clause"]      is "art. 7.1.b"
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa

from paridad.acts.verify import VerifiedAct
from paridad.base.strict import JsonValue
from paridad.base.words import Words
from paridad.cli.meanings import explained
from paridad.cli.seeing import Reading, coded, kind_words, leaves, marks, reasons, words
from paridad.folio.clocks import Clock, clocks
from paridad.folio.commands import Withheld
from paridad.folio.reading import wholes
from paridad.folio.state import Folio, OnwardRequest, Proposal, RecallCase, Release
from paridad.folio.waiting import DUTIES
from paridad.node.reading import read_acts
from paridad.node.saying import NOT_CHOSEN
from paridad.policy.decision import NO_RULE
from paridad.policy.visible import WithheldPath
from paridad.store.acts import get_acts

ROLES: Mapping[str, Words] = {
    "asking": Words(es="requirente", en="asking"),
    "asked": Words(es="requerida", en="asked"),
}
CLOCK_STATES: Mapping[str, Words] = {
    "running": Words(es="Corre", en="Running"),
    "overdue": Words(es="Vencido", en="Overdue"),
    "stopped": Words(es="Detenido", en="Stopped"),
    "met": Words(es="Cumplido", en="Met"),
    "met-late": Words(es="Cumplido fuera de plazo", en="Met late"),
    "void": Words(es="Sin efecto al cerrarse el folio", en="Void since the folio was closed"),
}
_UNMET = Words(es="Ninguna regla lo permite.", en="No rule permits it.")


@dataclass(frozen=True, slots=True)
class Case:
    """A folio as one reader may know of it."""

    reading: Reading
    conn: sa.Connection
    folio: Folio
    known: Collection[str]

    @property
    def charter(self) -> Any:
        """The charter that the request names."""
        keys, request = self.reading.node.own.keys, self.folio.request
        return keys.charter(request.prg) if request else keys.current

    def seen(self, acts: Sequence[Any]) -> Iterator[Any]:
        """Yield those of a list whose act the reader may know of."""
        return (each for each in acts if each.hash in self.known)


def case(reading: Reading, conn: sa.Connection, folio: Folio, known: Collection[str]) -> dict[str, JsonValue]:
    """Return what the acts of a folio make of it, for one reader."""
    of = Case(reading, conn, folio, known)
    request, role = folio.request, folio.role(reading.node.own.party)
    marked = marks(reading.node, request.prg, request.handling, request.purpose, request.basis) if request else {}
    return {
        **marked,
        "part": words(ROLES[role], role) if role else None,
        "clocks": [_clock(each, folio, reading.now) for each in clocks(folio)],
        "pauses": [
            {"act": each.hash, "party": each.by, "reason": each.reason, "since": each.at, "until": each.end}
            for each in of.seen(folio.pauses)
        ],
        "clarifications": [
            {"act": each.hash, "at": each.at, "open": each.answered_at is None}
            for each in of.seen(folio.clarifications)
        ],
        "releases": [_release(of, each) for each in of.seen(folio.releases)],
        "recalls": [_recall(each) for each in of.seen(folio.recalls)],
        "onward": [_onward(of, each) for each in of.seen(folio.onward)],
        "to_answer_for": [coded(of.charter.obligations, code) for code in sorted(_unanswered(folio))],
        "proposals": _proposals(of),
    }


def looked_at(told: Mapping[str, Any]) -> list[str]:
    """Return the records of which a case shows something."""
    return [given["record"] for release in told["releases"] for given in release["given"] if given["here"]]


def _clock(clock: Clock, folio: Folio, now: int) -> JsonValue:
    state = _clock_state(clock, folio, now)
    return {
        "duty": words(DUTIES[clock.duty].words, DUTIES[clock.duty].clause),
        "agency": clock.agency,
        "act": clock.about,
        "state": words(CLOCK_STATES[state], state),
        "since": clock.start,
        "until": clock.until,
        "stopped_at": clock.stopped,
    }


def _clock_state(clock: Clock, folio: Folio, now: int) -> str:
    if clock.stopped is not None:
        void = folio.closure is not None and clock.stopped == folio.closure.at and clock.duty != "close"
        return "void" if void else "met-late" if clock.late(now) else "met"
    if clock.standing_still:
        return "stopped"
    return "overdue" if clock.late(now) else "running"


def _release(of: Case, release: Release) -> JsonValue:
    records: dict[str, VerifiedAct] = {act.hash: act for act in _records(of, release)}
    return {
        "act": release.hash,
        "at": release.at,
        "party": release.giver,
        "handling": coded(of.charter.handling, release.handling),
        "answers_request": release.answers,
        "partial": release.partial,
        "nothing_held": release.nothing_held,
        "recalled": of.folio.recalled(release.hash),
        "obligations": [coded(of.charter.obligations, code) for code in release.obligations],
        "given": [_given(of, release, hash_, records.get(hash_)) for hash_ in _in_order(release)],
        "withheld": [_withheld(of, each, records.get(each.record)) for each in release.withheld],
    }


def _in_order(release: Release) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.record for each in release.given))


def _records(of: Case, release: Release) -> list[VerifiedAct]:
    """Return the record acts of a release that the reader may know of."""
    found = read_acts(of.conn, of.reading.node.own, list(get_acts(of.conn, _in_order(release)).values()))
    return [act for act in found if of.reading.knows_of(_reached(of, release, act))]


def _reached(of: Case, release: Release, act: VerifiedAct) -> Any:
    """Return a record's envelope with those who were given something of it among its addressees."""
    cover = next(each for each in of.folio.acts if each.hash == release.hash)
    return msgspec.structs.replace(act.envelope, aud=(*act.envelope.aud, *cover.envelope.aud))


def _given(of: Case, release: Release, hash_: str, act: VerifiedAct | None) -> JsonValue:
    paths = {each.path for each in release.given if each.record == hash_}
    told: list[JsonValue] = []
    kept: list[JsonValue] = []
    if act is not None and act.kind is not None:
        seen = of.reading.sight.filter(act.fields, act.kind, _reached(of, release, act))
        every: list[Any] = list(leaves(seen.fields, act.kind.fields))
        only = [each for each in every if _was_given(act, each["path"], paths)]
        told = explained(only, act.kind.name, of.charter)
        kept = [unseen(act, each) for each in seen.withheld if each.path in paths]
    return {
        "record": hash_,
        "kind": kind_words(act.kind, act.envelope.knd) if act else None,
        "here": act is not None,
        "paths": sorted(paths),
        "fields": told,
        "withheld": kept,
    }


def unseen(act: VerifiedAct, each: WithheldPath) -> JsonValue:
    """Say which field of a record a reader may not see, and why."""
    field = act.kind.field_at(each.path) if act.kind else None
    return {"path": each.path, "label": words(field.label) if field else None, "reasons": reasons(each.decision)}


def _was_given(act: VerifiedAct, path: str, given: Collection[str]) -> bool:
    """Whether the nearest disclosure that holds a path was given."""
    nearest = next((whole for whole in wholes(path) if whole in act.disclosures), "")
    return nearest in given


def _withheld(of: Case, each: Withheld, act: VerifiedAct | None) -> JsonValue:
    field = act.kind.field_at(each.what) if act and act.kind else None
    book = of.reading.node.own.engine.book
    rule = NOT_CHOSEN.words if each.rule == NOT_CHOSEN.rule else None
    known = rule or (book.rules[each.rule].words if each.rule in book.rules else None)
    clause = book.clauses.get(each.clause)
    return {
        "record": each.record,
        "path": each.what,
        "label": words(field.label) if field else None,
        "count": each.count,
        "rule": each.rule,
        "because": words(known or _UNMET) if known or each.rule == NO_RULE else None,
        "clause": each.clause,
        "clause_says": words(clause) if clause else None,
        "ask_again": each.ask_again,
    }


def _recall(recall: RecallCase) -> JsonValue:
    answer = recall.answer
    return {
        "act": recall.hash,
        "at": recall.at,
        "party": recall.by,
        "of": recall.release,
        "open": answer is None,
        "attested": answer.attested if answer else None,
    }


def _onward(of: Case, onward: OnwardRequest) -> JsonValue:
    answer = onward.answer
    return {
        "act": onward.hash,
        "at": onward.at,
        "party": onward.by,
        "of": onward.release,
        "record": onward.record,
        "recipient": onward.recipient,
        "purpose": coded(of.charter.purposes, onward.purpose),
        "open": answer is None,
        "granted": answer.granted if answer else None,
        "until": answer.expires if answer else None,
    }


def _unanswered(folio: Folio) -> frozenset[str]:
    """Return the obligations that no outcome has spoken of."""
    return folio.obligations - {each.obligation for outcome in folio.outcomes for each in outcome.obligations}


def _proposals(of: Case) -> list[JsonValue]:
    shown = {each.hash: each for each in of.seen(of.folio.proposals)}
    acts = read_acts(of.conn, of.reading.node.own, list(get_acts(of.conn, list(shown)).values()))
    return [proposal_entry(of.reading, of.folio, shown[act.hash], act) for act in acts]


def proposal_entry(reading: Reading, folio: Folio, proposal: Proposal, act: VerifiedAct) -> dict[str, JsonValue]:
    """Return who proposed what, and where that stands."""
    officer = reading.sight.filter(act.fields, act.kind, act.envelope).fields.get("officer", "")
    return {
        "act": proposal.hash,
        "at": proposal.at,
        "agency": proposal.agency,
        "folio": folio.id,
        "proposed": kind_words(reading.node.own.vocabulary.kind(proposal.proposed), proposal.proposed),
        "officer": officer,
        "open": proposal.ended_at is None,
        "approved_at": proposal.approved_at,
        "ended_at": proposal.ended_at,
    }
