# SPDX-License-Identifier: Apache-2.0
"""What an officer is shown of acts: through `visible_to`, and noted as read (law 8).

Rules
  - Every act that an officer is shown goes through here: the envelope where its procedural class may be seen, each
    field where its own class may; what is kept back is named with rule and clause.
  - An act that the reader may not know of is answered like one that is not here.
  - Of a sighting whose time is over no field is shown, also where it was not destroyed yet.
  - Who read which act, when and how is kept at the node.

Worked example
    reading = reader(node, "ana")
    with node.own.store.read() as conn:
        shown = visible(reading, conn, hash_)         the act as data, or `NotFound`
    note(reading, [hash_], "cli")
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import sqlalchemy as sa

from paridad.acts.envelope import Draft, Envelope
from paridad.acts.verify import VerifiedAct
from paridad.acts.vocabulary import Field, Kind
from paridad.base.strict import JsonValue
from paridad.base.words import Words
from paridad.desks.targets.sightings import is_over
from paridad.exchange.release import Release
from paridad.node.errors import NotFound
from paridad.node.home import Officer
from paridad.node.node import Node
from paridad.node.reading import read_act
from paridad.policy.decision import Decision
from paridad.policy.visible import Reader, Visibility, visible_to
from paridad.store import records, streams
from paridad.store.vault import Destroyed, destructions_of

PROCEDURAL = "procedural"
NOBODY = Reader("status", "auditor", "")
"""Reads what nobody in particular asks for: as an auditor of no agency would, procedural fields only."""

UNKNOWN_KIND = Words(es="acto desconocido, firma válida", en="unknown act, signature valid")
UNKNOWN_CODE = Words(es="código desconocido", en="unknown code")
DELIVERY: Mapping[str, Words] = {
    "queued": Words(es="asentado aquí", en="recorded here"),
    "batched": Words(es="asentado aquí, en camino", en="recorded here, on its way"),
    "receipted": Words(es="recibido allá", en="received there"),
    "cosigned": Words(es="cofirmado", en="countersigned"),
}


class Coded(Protocol):
    """A value of a closed list of the charter."""

    @property
    def words(self) -> Words:
        """Its words."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One officer reading at one time."""

    node: Node
    officer: Officer
    sight: Visibility
    now: int

    def knows_of(self, envelope: Envelope) -> bool:
        """Whether the reader may know that an act is here."""
        return self.sight.sees(envelope.hnd, PROCEDURAL, involved=self.sight.reader.involved(envelope))


def reader(node: Node, officer: str) -> Reading:
    """Return an officer's sight at this moment."""
    found, now = node.home.officer(officer), node.clock()
    return Reading(node, found, visible_to(found.reader, node.own.engine, now), now)


def visible(reading: Reading, conn: sa.Connection, hash_: str) -> VerifiedAct:
    """Return an act that the reader may know of, or raise `NotFound`."""
    try:
        act = read_act(conn, reading.node.own, hash_)
    except NotFound:
        raise not_found(hash_) from None
    if not reading.knows_of(act.envelope):
        raise not_found(hash_)
    return act


def not_found(name: str) -> NotFound:
    """Build the one answer for what is not here and for what the reader may not know of."""
    return NotFound(
        Words(
            es=f"{name} no está aquí, o usted no puede saber de ello.", en=f"{name} is not here, or not yours to know."
        )
    )


def note(reading: Reading, hashes: Iterable[str], how: str) -> None:
    """Keep who read what."""
    looks = [records.Read(each, reading.now, reading.officer.id, how) for each in hashes]
    reading.node.own.store.submit(lambda conn: records.note_reads(conn, looks))


def entry(reading: Reading, conn: sa.Connection, act: VerifiedAct) -> dict[str, JsonValue]:
    """Return an act as this reader may see it."""
    return entries(reading, conn, [act])[0]


def entries(reading: Reading, conn: sa.Connection, acts: Sequence[VerifiedAct]) -> list[dict[str, JsonValue]]:
    """Return several acts as this reader may see them, with two queries for all of them."""
    hashes = [act.hash for act in acts]
    gone, sent = destructions_of(conn, hashes), streams.outboxes_of(conn, hashes)
    return [_entry(reading, act, gone.get(act.hash, []), sent.get(act.hash, [])) for act in acts]


def _entry(
    reading: Reading, act: VerifiedAct, gone: Sequence[Destroyed], sent: Sequence[streams.OutboxRow]
) -> dict[str, JsonValue]:
    envelope = act.envelope
    held = {} if is_over(envelope, act.fields, reading.now) else act.fields
    seen = reading.sight.filter(held, act.kind, envelope)
    return {
        "act": act.hash,
        "kind": kind_words(act.kind, envelope.knd),
        "agency": envelope.iss,
        "to": list(envelope.aud),
        "at": envelope.iat,
        "folio": envelope.fol,
        "answers": list(envelope.re),
        **marks(reading.node, envelope.prg, envelope.hnd, envelope.pur, envelope.bas),
        "key": act.kid,
        "fields": list(leaves(seen.fields, act.kind.fields if act.kind else {})),
        "withheld": [{"path": each.path, "reasons": reasons(each.decision)} for each in seen.withheld],
        "erased": [{"at": each.at, "backups_by": each.backups_by, "reason": each.reason} for each in gone],
        "delivery": [
            {"to": row.stream.receiver, "state": words(DELIVERY[row.state], row.state), "verdict": row.verdict or ""}
            for row in sent
        ],
    }


def draft_entry(node: Node, draft: Draft) -> dict[str, JsonValue]:
    """Return a draft as its own officer sees it before anything is signed."""
    kind = node.own.vocabulary.kind(draft.kind)
    return {
        "kind": kind_words(kind, draft.kind),
        "agency": draft.iss,
        "to": list(draft.aud),
        "folio": draft.folio,
        "answers": list(draft.re),
        **marks(node, node.own.prg, draft.handling, draft.purpose, draft.basis),
        "fields": list(leaves(draft.fields, kind.fields if kind else {})),
    }


def marks(node: Node, prg: str, handling: str, purpose: str, basis: str) -> dict[str, JsonValue]:
    """Return handling code, purpose and basis with the words of their charter."""
    charter = node.own.keys.charter(prg)
    return {
        "handling": coded(charter.handling, handling),
        "purpose": coded(charter.purposes, purpose),
        "basis": coded(charter.bases, basis),
    }


def coded(listed: Mapping[str, Coded], code: str) -> JsonValue:
    """Return a code with its words."""
    found = listed.get(code)
    return words(found.words if found else UNKNOWN_CODE, code)


def words(of: Words, code: str = "") -> dict[str, JsonValue]:
    """Return words as data, with the code they stand for."""
    return {**({"code": code} if code else {}), "es": of.es, "en": of.en}


def kind_words(kind: Kind | None, name: str) -> JsonValue:
    """Return a kind of act with its words."""
    return words(kind.label if kind else UNKNOWN_KIND, name)


def reasons(decision: Decision) -> JsonValue:
    """Return why policy decided as it did."""
    return [{"rule": each.rule, "clause": each.clause, "because": words(each.words)} for each in decision.reasons]


def release_entry(released: Release) -> JsonValue:
    """Return what leaves and what stays, each path with its decision."""
    return {
        "act": released.act,
        "receiver": released.recipient,
        "given": [{"path": path, "reasons": reasons(released.decisions[path])} for path in released.given],
        "withheld": [_withheld(each.path, released.decisions[each.path]) for each in released.withheld],
    }


def _withheld(path: str, decision: Decision) -> JsonValue:
    """Say why a field stays: what policy says, and whether it was the officer who kept it although policy allows."""
    return {"path": path, "allowed": decision.allowed, "reasons": reasons(decision)}


def leaves(values: Mapping[str, JsonValue], known: Mapping[str, Field]) -> Iterator[JsonValue]:
    """Yield the fields of an act one by one, each with its path, its words and those of the whole it is part of."""
    for name, value in values.items():
        yield from _leaves(value, known[name], name, known[name])


def _leaves(value: JsonValue, known: Field, path: str, whole: Field) -> Iterator[JsonValue]:
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield from _leaves(each, known.members[name], f"{path}.{name}", whole)
    elif known.element is not None and isinstance(value, Sequence) and not isinstance(value, str):
        for place, each in enumerate(value):
            yield from _leaves(each, known.element, f"{path}[{place}]", whole)
    else:
        shown = {"at": value} if known.type == "time" else {"value": value}
        within = {"whole": words(whole.label)} if known.label != whole.label else {}
        yield {"path": path, "label": words(known.label), **within, **shown}
