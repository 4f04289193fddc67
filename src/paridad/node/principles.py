# SPDX-License-Identifier: Apache-2.0
"""The four principles as questions to two running nodes: each node states facts, the facts of both are compared.

Rules
  - A node states only what it can compute from its own records; nobody believes a statement that can be recomputed.
  - A verdict names its evidence: numbers and hashes that a reader can check with other commands.
  - A check that could not be made is a failed check.

Worked example
    facts = [examine(node, now=now) for node in (a, b)]
    judge(*facts)[0]        is Verdict("sovereignty", True, (Check(…), …))
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from paridad.base.strict import JsonValue, encode_base64url, write_json
from paridad.base.words import Words
from paridad.exchange.paths import DELIVER
from paridad.exchange.transport import Request
from paridad.exchange.wire import read_answer
from paridad.folio.projection import folio_rows
from paridad.folio.sheet import sheet
from paridad.ledger.checkpoint import CosignerKey, read_checkpoint_text, verify_cosignature
from paridad.ledger.errors import NoteRefused
from paridad.ledger.note import read_note
from paridad.node.node import Node
from paridad.node.reading import load_folio
from paridad.policy.question import COMMANDS, ROLES, CommandQuestion
from paridad.store.ledger import SqlLedgerStore
from paridad.store.records import decided_for
from paridad.store.tables import acts, outbox

Facts = Mapping[str, Any]

PRINCIPLES: Mapping[str, Words] = {
    "sovereignty": Words(es="Respeto a la soberanía", en="Respect for sovereignty"),
    "trust": Words(es="Confianza mutua", en="Mutual trust"),
    "responsibility": Words(es="Responsabilidad compartida", en="Shared responsibility"),
    "equality": Words(es="Cooperación sin subordinación", en="Cooperation without subordination"),
}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at, and what was found."""

    words: Words
    holds: bool
    evidence: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a principle holds between two nodes, and why."""

    principle: str
    holds: bool
    checks: tuple[Check, ...]


def examine(node: Node, *, now: int) -> Facts:
    """Return what a node can say about itself."""
    own = node.own
    charter = own.keys.current
    with own.store.read() as conn:
        return {
            "party": own.party,
            "charter": charter.hash,
            "keys": sorted(key.kid for key in node.home.private_keys()),
            "public": sorted(encode_base64url(sha256(key.to_json()).digest()) for key in node.home.private_keys()),
            "store": encode_base64url(sha256(str(own.store.path or node.settings.store).encode()).digest()),
            "policy_set": own.engine.policy_set,
            "unexplained": _unexplained(conn),
            "released": len(_released(conn)),
            "probe": _probe(conn, node),
            "logs": _logs(conn, node, now),
            "sheets": _sheets(conn, node, now),
            "rights": _rights(node, now),
        }


def judge(first: Facts, second: Facts) -> list[Verdict]:
    """Compare the facts of two nodes and return a verdict for each principle."""
    return [
        Verdict(principle, all(check.holds for check in checks), checks)
        for principle, checks in (
            ("sovereignty", _sovereignty(first, second)),
            ("trust", _trust(first, second)),
            ("responsibility", _responsibility(first, second)),
            ("equality", _equality(first, second)),
        )
    ]


def _sovereignty(a: Facts, b: Facts) -> tuple[Check, ...]:
    shared = set(a["public"]) & set(b["public"])
    return (
        Check(
            Words(es="Cada nodo tiene sus llaves y su base.", en="Each node has its own keys and database."),
            not shared and a["store"] != b["store"],
            f"{len(a['public'])} + {len(b['public'])}; shared: {len(shared)}",
        ),
        Check(
            Words(
                es="Todo lo entregado lleva una decisión de la política propia.",
                en="Everything released carries a decision of the own policy.",
            ),
            not a["unexplained"] and not b["unexplained"],
            f"{a['released']} + {b['released']}; without decision: {len(a['unexplained']) + len(b['unexplained'])}",
        ),
        Check(
            Words(
                es="Un mensaje ajeno mal formado no cambia nada.",
                en="A malformed message from outside changes nothing.",
            ),
            bool(
                a["probe"]["refused"] and b["probe"]["refused"] and a["probe"]["unchanged"] and b["probe"]["unchanged"]
            ),
            f"{a['probe']['answer']} / {b['probe']['answer']}",
        ),
    )


def _trust(a: Facts, b: Facts) -> tuple[Check, ...]:
    return tuple(
        Check(
            Words(
                es=f"La otra parte cofirmó la bitácora {entry['log']}.",
                en=f"The other party cosigned the log {entry['log']}.",
            ),
            bool(entry["cosigned"]),
            f"size {entry['size']}, root {entry['root']}, cosigned at {entry['cosigned']}",
        )
        for facts in (a, b)
        for entry in facts["logs"]
    )


def _responsibility(a: Facts, b: Facts) -> tuple[Check, ...]:
    ours, theirs = (dict(facts["sheets"]) for facts in (a, b))
    both = sorted(ours.keys() & theirs.keys())
    different = [folio for folio in both if ours[folio] != theirs[folio]]
    return (
        Check(
            Words(
                es="Ambos nodos calculan la misma hoja de cada folio, byte por byte.",
                en="Both nodes compute the same sheet of every folio, byte for byte.",
            ),
            bool(both) and not different,
            f"{len(both)} folios, different: {different}",
        ),
    )


def _equality(a: Facts, b: Facts) -> tuple[Check, ...]:
    uses = [sorted(kid.partition("/")[2].partition("#")[0].lower() for kid in f["keys"] if "-" in kid) for f in (a, b)]
    return (
        Check(
            Words(es="Una sola carta rige a ambos.", en="One charter binds both."),
            a["charter"] == b["charter"],
            a["charter"],
        ),
        Check(
            Words(
                es="Los mismos papeles pueden lo mismo en ambos lados.",
                en="The same roles may do the same on both sides.",
            ),
            a["rights"] == b["rights"],
            f"{len(ROLES)} roles × {len(COMMANDS)} commands: {a['rights']}",
        ),
        Check(
            Words(es="Las mismas clases de llaves de parte.", en="The same kinds of party keys."),
            uses[0] == uses[1],
            ", ".join(uses[0]),
        ),
    )


def _released(conn: sa.Connection) -> list[str]:
    """Return the acts of ours that were sent with at least one field; covers and receipts travel unqueued."""
    sent = sa.select(acts.c.hash).join(outbox, outbox.c.act == acts.c.filed).where(outbox.c.digests != "").distinct()
    return list(conn.execute(sent.order_by(acts.c.hash)).scalars())


def _unexplained(conn: sa.Connection) -> list[str]:
    """Return acts of ours that were sent without a recorded decision."""
    return [hash_ for hash_ in _released(conn) if not decided_for(conn, hash_)]


def _probe(conn: sa.Connection, node: Node) -> dict[str, JsonValue]:
    """Hand the node a delivery that no party would send, and see that it is refused and leaves no trace."""
    own = node.own
    origins = (own.shared, own.own)
    before = [SqlLedgerStore(conn).head(origin).size for origin in origins]
    response = node.edge(Request("POST", DELIVER, b"\0\0\0\2{}garbage"), own.others[0])
    with own.store.read() as fresh:
        after = [SqlLedgerStore(fresh).head(origin).size for origin in origins]
    answer = read_answer(response.body)
    return {"refused": not answer.receipt, "unchanged": before == after, "answer": answer.refusal}


def _logs(conn: sa.Connection, node: Node, now: int) -> list[JsonValue]:
    """Return, per log of ours, the largest size that another party cosigned, verified here and now."""
    own = node.own
    logs: list[JsonValue] = []
    for origin in (own.shared, own.own):
        note = SqlLedgerStore(conn).checkpoint(origin)
        if note is None:
            continue
        seen = read_checkpoint_text(read_note(note).text)
        times = [_cosigned_at(own.keys.witness_keys(party, at=now), note) for party in own.others]
        logs.append({"log": origin, "size": seen.size, "root": encode_base64url(seen.root), "cosigned": max(times)})
    return logs


def _cosigned_at(keys: tuple[Any, ...], note: bytes) -> int:
    for key in keys:
        try:
            return verify_cosignature(note, CosignerKey(*key)).time
        except NoteRefused:
            continue
    return 0


def _sheets(conn: sa.Connection, node: Node, now: int) -> list[JsonValue]:
    folios = conn.execute(sa.select(folio_rows.c.id).order_by(folio_rows.c.id)).scalars().all()
    digests = (sha256(sheet(load_folio(conn, node.own, folio), now)).digest() for folio in folios)
    return [[folio, encode_base64url(digest)] for folio, digest in zip(folios, digests, strict=True)]


def _rights(node: Node, now: int) -> str:
    """Return one hash of what every role may do here."""
    questions = [CommandQuestion(role=role, command=each, proposer=False) for role in ROLES for each in COMMANDS]
    decide: Callable[..., Any] = node.own.engine.decide
    return encode_base64url(sha256(write_json([d.allowed for d in decide(questions, now=now)])).digest())
