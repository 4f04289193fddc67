# SPDX-License-Identifier: Apache-2.0
"""What a node's own record says about a run: earlier runs of its class, heads that were cosigned, where an act stands.

Rules
  - An earlier run is one that was agreed to, between the same two agencies and of the same class; it counts also where
    it was aborted. Both nodes find the same one, because both have filed its proposal and its agreement.
  - A head of the other party's own log is the last one that this node verified and cosigned as its witness.
  - Where an act of ours stands is proved in the tree that the other party named, and in no later one.

Worked example
    runs = earlier_runs(node, "A/POLICE", "B/CUSTOMS", "person")         every run about persons, oldest first
    runs[-1].heads["B/CUSTOMS"]                                          the set log's head that it named
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

import sqlalchemy as sa

from paridad.acts.verify import VerifiedAct
from paridad.base.errors import Malformed
from paridad.base.strict import decode_base64url, encode_base64url
from paridad.base.words import Words
from paridad.desks.targets.deconfliction.errors import NotNow
from paridad.desks.targets.deconfliction.messages import Agreement, Head, Logged, Proposal, Record, Terms
from paridad.desks.targets.deconfliction.wire import KIND_OF, read
from paridad.exchange.fetching import fetch_payload
from paridad.ledger import log
from paridad.ledger.checkpoint import read_checkpoint_text
from paridad.ledger.merkle import leaf_hash
from paridad.ledger.note import read_note
from paridad.node.node import Node
from paridad.node.reading import read_acts
from paridad.programme.origins import own_origin
from paridad.store.acts import ActQuery, StoredAct, filed_acts, get_acts
from paridad.store.errors import PayloadRefused
from paridad.store.ledger import SqlLedgerStore, indexes_of
from paridad.store.records import note_payload


def every(conn: sa.Connection, query: ActQuery, after: int = 0) -> Iterator[StoredAct]:
    """Yield every act of a query in the order of filing, page by page."""
    while page := filed_acts(conn, query, after=after):
        yield from page
        after = page[-1].filed


def content_of(node: Node, act: VerifiedAct) -> bytes:
    """Return the bytes of a message: from its act, or from the payload that it names."""
    if isinstance(text := act.fields.get("content"), str):
        return decode_base64url(text)
    digest, size, key = (act.fields.get(name) for name in ("payload", "payload_size", "payload_key"))
    if not (isinstance(digest, str) and isinstance(size, int) and isinstance(key, str)):
        raise Malformed(Words(es="El acto no lleva su contenido.", en="The act does not carry its content."))
    if not node.payloads.has(digest):
        fetch_payload(node.payloads, act.envelope.party, digest, size, node.line)
        node.own.store.submit(lambda conn: note_payload(conn, digest, size, act.hash, at=node.clock()))
    return b"".join(node.payloads.open(digest, decode_base64url(key)))


def day_of(seconds: int) -> date:
    """Return the day of an act."""
    return datetime.fromtimestamp(seconds, UTC).date()


@dataclass(frozen=True, slots=True)
class EarlierRun:
    """A run that was agreed to: its proposal, its day, its terms, and the head of a set log that each agency named."""

    proposal: str
    filed: int
    on: date
    terms: Terms
    heads: Mapping[str, Head]


def earlier_runs(node: Node, agency: str, peer: str, subject: str, *, before: int | None = None) -> list[EarlierRun]:
    """Return the runs of a class between two agencies, oldest first; `before`: proposals filed before that one."""
    with node.own.store.read() as conn:
        stored = list(every(conn, ActQuery(kinds=(KIND_OF[Proposal],))))
        proposals = read_acts(conn, node.own, [each for each in stored if before is None or each.filed < before])
        agreed = read_acts(conn, node.own, list(every(conn, ActQuery(kinds=(KIND_OF[Agreement],)))))
    answers = {hash_: act for act in agreed for hash_ in act.envelope.re}
    places = {each.hash: each.filed for each in stored}
    found = []
    for act in proposals:
        envelope, answer = act.envelope, answers.get(act.hash)
        if answer is None or {envelope.iss, *envelope.aud} != {agency, peer}:
            continue
        proposal, agreement = _said(node, act), _said(node, answer)
        if isinstance(proposal, Proposal) and isinstance(agreement, Agreement) and proposal.terms.subject == subject:
            heads = {envelope.iss: proposal.set_log, answer.envelope.iss: agreement.set_log}
            found.append(EarlierRun(act.hash, places[act.hash], day_of(envelope.iat), proposal.terms, heads))
    return found


def _said(node: Node, act: VerifiedAct) -> object:
    try:
        return read(act.envelope.knd, content_of(node, act))
    except (Malformed, PayloadRefused):
        return None  # an act without content agreed to nothing


def between(proposal: VerifiedAct) -> tuple[str, str]:
    """Return the agencies of a run: who proposed, and who was asked."""
    return proposal.envelope.iss, proposal.envelope.aud[0]


def subject_of(node: Node, proposal: VerifiedAct) -> str:
    """Return the class that a proposal names; nothing where it cannot be read."""
    said = _said(node, proposal)
    return said.terms.subject if isinstance(said, Proposal) else ""


def cosigned_head(node: Node, party: str) -> Head | None:
    """Return the head of a party's own log that this node cosigned last."""
    with node.own.store.read() as conn:
        seen = SqlLedgerStore(conn).witnessed(own_origin(party, node.own.programme))
    return Head(seen.size, seen.root) if seen else None


def is_own_head(node: Node, head: Head) -> bool:
    """Tell whether a head is one that the own log of this node signed."""
    with node.own.store.read() as conn:
        note = SqlLedgerStore(conn).checkpoint(node.own.own, head.size)
    return note is not None and read_checkpoint_text(read_note(note).text).root == head.root


def logged(node: Node, record: Record, seen: Head | None) -> Record:
    """Return a record with the proof that its act stood in the tree that the other party had cosigned, if in any."""
    hash_, own = encode_base64url(record.act), node.own
    with own.store.read() as conn:
        stored = get_acts(conn, [hash_]).get(hash_)  # type: ignore[call-overload]
        place = indexes_of(conn, own.own, [hash_]).get(hash_)  # type: ignore[call-overload]
        if stored is None or place is None or (seen and place >= seen.size):
            raise NotNow(_NOT_YET.fill(pair=str(record.pair)))
        if seen is None:
            return record._replace(logged=Logged(leaf_hash(stored.signed), place, ()))
        path = log.view(SqlLedgerStore(conn), own.own, seen.size).inclusion(place)
    return record._replace(logged=Logged(leaf_hash(stored.signed), place, tuple(path)))


_NOT_YET = Words(
    es="El acto del registro de la pareja {pair} no constaba en el árbol que la otra parte había cofirmado: no puede "
    "abrirse en esta corrida.",
    en="The act behind the record of pair {pair} did not stand in the tree that the other party had cosigned: it "
    "cannot be opened in this run.",
)
