# SPDX-License-Identifier: Apache-2.0
"""`paridad log`: heads with their cosignatures, proofs that travel, and evidence of two histories.

Rules
  - A proof is a C2SP tlog-proof: index, audit path, checkpoint with cosignatures; any verifier of that format reads it.
  - `verify` says who cosigned and whether that is the quorum of the charter; without it the answer is no.
  - Evidence is shown and written out as it is kept; what follows from it a person decides, with a reason
    (`trust-again`).

Worked example
    paridad log prove wUz… --out proof.txt
    paridad log verify --proof proof.txt --act act.txt
"""

from hashlib import sha256
from pathlib import Path
from typing import Literal

import sqlalchemy as sa

from paridad.acts.envelope import party_of
from paridad.base.strict import JsonValue
from paridad.cli.disputes import judgements
from paridad.cli.errors import refused
from paridad.cli.forms import Acting, Form, InFile, Positional, PositionalWhole, Target
from paridad.cli.places import Standing, cosigners, every_log, every_log_key, standing
from paridad.cli.seeing import not_found
from paridad.cli.verbs import Noun, Verb
from paridad.exchange import doubt
from paridad.exchange.own_side import OwnSide
from paridad.exchange.witnessing import log_keys, open_logged
from paridad.ledger import log
from paridad.ledger.checkpoint import ED25519_COSIGNATURE_TYPE, cosign, read_checkpoint_text
from paridad.ledger.errors import EvidenceRefused
from paridad.ledger.evidence import open_equivocation
from paridad.ledger.merkle import verify_consistency
from paridad.ledger.note import ED25519_TYPE, Ed25519NoteKey, add_lines, encode_base64, read_note, verifier_key
from paridad.ledger.proof import open_proof, write_proof
from paridad.node.judging import nothing_waits, of_log, trust_again
from paridad.node.node import Node
from paridad.node.saying import demand_role
from paridad.store.ledger import SqlLedgerStore
from paridad.store.tables import counters

Role = Literal["shared", "own"]


class Head(Form):
    """The largest signed checkpoint of one of our logs."""

    log: Role = "shared"
    out: Target = ""


class Keys(Form):
    """Every key that a log or a cosigner of the programme ever had."""


class Position(Form):
    """How far the node's record has grown."""


class Prove(Form):
    """An act's place in its issuer's log."""

    act: Positional
    out: Target = ""


class Verify(Form):
    """A proof and the act that it is about, in files."""

    proof: InFile
    act: InFile


class Consistency(Form):
    """Two sizes of one of our logs."""

    old: PositionalWhole
    new: PositionalWhole
    log: Role = "shared"


class Evidence(Form):
    """What is kept of logs that contradict themselves, or evidence in a file."""

    file: InFile = ""
    out: Target = ""


class TrustAgain(Acting):
    """A person's judgement of a log that signed two histories."""

    origin: Positional
    reason: str


def head(node: Node, form: Head) -> JsonValue:
    """Return the largest signed checkpoint of a log of ours, and who cosigned it."""
    own, origin = node.own, _origin(node.own, form.log)
    with own.store.read() as conn:
        note = SqlLedgerStore(conn).checkpoint(origin)
    if note is None:
        raise refused("Esa bitácora aún no tiene cabeza firmada.", "That log has no signed head yet.")
    seen = open_logged(own, note)
    return {
        "log": origin,
        "size": seen.checkpoint.size,
        "root": encode_base64(seen.checkpoint.root),
        "signed_at": seen.time,
        "cosigned": _cosigned(own, own.party, note),
        "note": note.decode(),
    }


def keys(node: Node, form: Keys) -> JsonValue:
    """Return the Ed25519 keys of logs and cosigners as C2SP verifier keys, for any verifier of that format."""
    del form
    own = node.own
    signers = [line for key in every_log_key(own) for line in key.lines if isinstance(line, Ed25519NoteKey)]
    found = [(line.name, "log", verifier_key(line.name, ED25519_TYPE, line.key)) for line in signers]
    for party in (own.party, *own.others):
        for use, named in (("witness", own.keys.witness_keys(party)), ("mirror", own.keys.mirror_keys(party))):
            found += [(key.name, use, verifier_key(key.name, ED25519_COSIGNATURE_TYPE, key.ed25519)) for key in named]
    return {"keys": [{"name": name, "use": use, "verifier_key": text} for name, use, text in found]}


def position(node: Node, form: Position) -> JsonValue:
    """Return how many acts were ever filed here: what a page compares to know that there is something new."""
    del form
    with node.own.store.read() as conn:
        filed = conn.execute(sa.select(counters.c.value).where(counters.c.name == "filed")).scalar_one()
    return {"position": int(filed)}


def prove(node: Node, form: Prove) -> JsonValue:
    """Return the proof that an act stands in its issuer's log."""
    with node.own.store.read() as conn:
        place = standing(conn, node.own, form.act)
    if place is None:
        raise not_found(form.act)
    proof = write_proof(place.index, place.path, _countersigned(node, place)).decode()
    return {"act": form.act, "log": place.origin, "index": place.index, "size": place.size, "proof": proof}


def _countersigned(node: Node, place: Standing) -> bytes:
    """Return the checkpoint with cosignatures: those it came back with, or ours where we are the witness."""
    if party_of(place.origin) == node.own.party:
        return place.note
    seen = open_logged(node.own, place.note)
    return add_lines(place.note, cosign(seen, node.own.witness, node.clock()))


def verify(node: Node, form: Verify) -> JsonValue:
    """Verify a proof against an act, and count its cosignatures."""
    own = node.own
    signed = Path(form.act).read_bytes().strip().partition(b"~")[0]
    data = Path(form.proof).read_bytes()
    named = read_checkpoint_text(read_note(data.partition(b"\n\n")[2]).text)
    found = open_proof(data, signed, log_keys=log_keys(own, named.origin, size=named.size))
    party = party_of(found.seen.checkpoint.origin)
    cosigned, quorum = _cosigned(own, party, found.seen.note), own.keys.current.witnesses[party]
    vouching = {party_of(name) for name, _ in cosigners(own.keys, quorum.of, found.seen.note)}
    return {
        "ok": len(vouching) >= quorum.need,
        "log": found.seen.checkpoint.origin,
        "index": found.index,
        "size": found.seen.checkpoint.size,
        "signed_at": found.seen.time,
        "cosigned": cosigned,
        "cosigners_needed": quorum.need,
    }


def consistency(node: Node, form: Consistency) -> JsonValue:
    """Prove that one size of a log of ours continues another, and check the proof."""
    own, origin = node.own, _origin(node.own, form.log)
    with own.store.read() as conn:
        ledger = SqlLedgerStore(conn)
        size = ledger.head(origin).size
        if not 0 < form.old <= form.new <= size:
            raise refused(
                f"Los tamaños van de 1 a {size}, el menor primero.", f"Sizes run from 1 to {size}, the smaller first."
            )
        roots = [log.view(ledger, origin, each).root() for each in (form.old, form.new)]
        proof = log.consistency(ledger, origin, form.old, form.new)
    verify_consistency(form.old, form.new, proof, *roots)
    return {
        "ok": True,
        "log": origin,
        "old": form.old,
        "new": form.new,
        "old_root": encode_base64(roots[0]),
        "new_root": encode_base64(roots[1]),
        "hashes": [encode_base64(each) for each in proof],
    }


def evidence(node: Node, form: Evidence) -> JsonValue:
    """Verify evidence in a file, or list what is kept and write it out."""
    if form.file:
        return _judged(node.own, Path(form.file).read_bytes())
    with node.own.store.read() as conn:
        kept = [(origin, each) for origin in every_log(node.own) for each in SqlLedgerStore(conn).evidence(origin)]
        judged = {origin: judgements(conn, of_log(origin)) for origin, _ in kept}
        doubted = {origin: doubt.doubted(conn, origin) for origin, _ in kept}
    return {
        "evidence": [
            {**_kept(node.own, origin, data, form.out), "doubted": doubted[origin], "judgements": judged[origin]}
            for origin, data in kept
        ]
    }


def _kept(own: OwnSide, origin: str, data: bytes, out: str) -> dict[str, JsonValue]:
    digest = sha256(data).hexdigest()
    file = Path(out) / f"{digest}.txt" if out else None
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return {"log": origin, "digest": digest, "proves": _proves(own, data), "file": str(file) if file else ""}


def trust(node: Node, form: TrustAgain) -> JsonValue:
    """Trust a log again after a person looked at the proofs against it; the proofs stay kept."""
    own, now, officer = node.own, node.clock(), node.home.officer(form.officer)
    if form.dry_run:
        demand_role(own, officer, "administer", now=now)
        with own.store.read() as conn:
            doubted, count = doubt.doubted(conn, form.origin), len(doubt.proofs_against(conn, form.origin))
        if not doubted:
            raise nothing_waits()
    else:
        count = trust_again(own, officer, form.origin, form.reason, now=now)
    told: dict[str, JsonValue] = {"settled_by": form.officer, "at": now, "reason": form.reason}
    return {"dry_run": form.dry_run, "log": form.origin, "proofs": count, **told}


def _proves(own: OwnSide, data: bytes) -> bool:
    try:
        open_equivocation(data, log_keys=every_log_key(own))
    except EvidenceRefused:
        return False
    return True


def _judged(own: OwnSide, data: bytes) -> JsonValue:
    found = open_equivocation(data, log_keys=every_log_key(own))
    first, second = found.first, found.second
    return {
        "ok": True,
        "log": found.origin,
        "from_leaf": found.leaves.start,
        "to_leaf": found.leaves.end,
        "histories": [
            {"size": each.checkpoint.size, "root": encode_base64(each.checkpoint.root), "signed_at": each.time}
            for each in (first, second)
        ],
    }


def _origin(own: OwnSide, role: Role) -> str:
    return own.own if role == "own" else own.shared


def _cosigned(own: OwnSide, party: str, note: bytes) -> JsonValue:
    parties = own.keys.current.witnesses[party].of
    return [{"cosigner": name, "at": at} for name, at in cosigners(own.keys, parties, note)]


NOUN = Noun(
    "log",
    (
        Verb("head", Head, operation=head, document="note"),
        Verb("keys", Keys, operation=keys),
        Verb("position", Position, operation=position),
        Verb("prove", Prove, operation=prove, document="proof"),
        Verb("verify", Verify, operation=verify),
        Verb("consistency", Consistency, operation=consistency),
        Verb("evidence", Evidence, operation=evidence),
        Verb("trust-again", TrustAgain, operation=trust),
    ),
)
