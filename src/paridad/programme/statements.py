# SPDX-License-Identifier: Apache-2.0
"""Statements about keys: a party enrols a key, retires it, or revokes it back to an earlier size of its log.

Rules
  - A statement is the exact bytes of its text, signed by the root of the key's own party with both algorithms:
    nobody changes another party's keys.
  - An enrolled key proves possession by signing the statement with every algorithm it has. A sealing key cannot
    sign: if nobody holds its private half, only its own party is hurt, for it cannot open what is sealed to it.
  - An enrolled key counts from the statement on, never from before: no root makes a key for last year's acts.
  - A successor is signed by its predecessor as well; a sealing key by an act key of its agency. The ring of keys,
    which knows who is in force, checks that.
  - Keys that sign leaves or checkpoints end in their logs: at a size and root that the witness cosigned. The other
    keys end at a time. A retirement disputes nothing; a revocation sets the size back, and what was logged between
    that size and `disputed_until` is disputed, not deleted.
  - The whole fits one text field of an act (16 KiB).

Worked example
    statement = draft_enrolment(prg, key.record(valid_from=now), issued_at=now)
    signed = assemble_change(statement, [*sign_as("root", statement, root), *sign_as("possession", statement, key)])
    ring = ring.with_change(read_key_change(signed, ring.current))
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Literal

from paridad.base.errors import BadSignature, Malformed
from paridad.base.signing import Ed25519Key, MlDsaKey
from paridad.base.strict import MAX_STRING, JsonValue, encode_base64url, read_json, write_json
from paridad.base.words import Words
from paridad.programme.charter import Charter
from paridad.programme.errors import KeyChangeRefused, KeyRefused
from paridad.programme.facts import Facts
from paridad.programme.keygen import PrivateKey
from paridad.programme.records import (
    Ending,
    KeyRecord,
    ending_tree,
    parse_kid,
    read_endings,
    read_record,
    record_tree,
)

STATEMENT_TYPE = "paridad/key-change/1"
SIGNED_PREFIX = b"paridad/key-change/1\0"

Change = Literal["enrol", "retire", "revoke"]
CHANGES: tuple[Change, ...] = ("enrol", "retire", "revoke")
Role = Literal["root", "possession", "predecessor"]
ROLES: tuple[Role, ...] = ("root", "possession", "predecessor")
Algorithm = Literal["Ed25519", "ML-DSA-44"]
ALGORITHMS: tuple[Algorithm, ...] = ("Ed25519", "ML-DSA-44")


@dataclass(frozen=True, slots=True)
class StatementSignature:
    """One signature of a statement, and in what role it was given."""

    role: Role
    alg: Algorithm
    sig: bytes


@dataclass(frozen=True, slots=True)
class KeyChange:
    """A statement whose root signatures and proof of possession hold. Trusted as `read_key_change` returns it."""

    change: Change
    prg: str
    kid: str
    issued_at: int
    record: KeyRecord | None
    """The key that is enrolled."""
    predecessor: str | None
    endings: tuple[Ending, ...]
    ends_at: int | None
    reason: Words | None
    statement: bytes = field(repr=False)
    signatures: Mapping[tuple[Role, Algorithm], bytes] = field(repr=False)
    signed: bytes = field(repr=False)

    @property
    def hash(self) -> str:
        """SHA-256 of the signed bytes, base64url."""
        return encode_base64url(sha256(self.signed).digest())

    def check_signed_by(self, role: Role, ed25519: Ed25519Key, mldsa: MlDsaKey | None) -> None:
        """Check that a key signed in a role, with every algorithm it has, or raise `KeyChangeRefused`."""
        keys: dict[Algorithm, Ed25519Key | MlDsaKey] = {"Ed25519": ed25519}
        if mldsa is not None:
            keys["ML-DSA-44"] = mldsa
        for alg, key in keys.items():
            signature = self.signatures.get((role, alg))
            if signature is None:
                raise _refuse(f"signatures.{role}", f"falta la firma {alg}.", f"the {alg} signature is missing.")
            try:
                key.verify(signature, SIGNED_PREFIX + self.statement)
            except BadSignature as error:
                raise KeyChangeRefused(f"signatures.{role}", error.words) from error


def draft_enrolment(prg: str, record: KeyRecord, *, issued_at: int, predecessor: str | None = None) -> bytes:
    """Write the statement by which a party enrols a key."""
    tree = _tree("enrol", prg, record.kid, issued_at)
    tree["key"] = record_tree(record)
    if predecessor is not None:
        tree["predecessor"] = predecessor
    return write_json(tree)


def draft_ending(
    change: Literal["retire", "revoke"],
    prg: str,
    kid: str,
    *,
    issued_at: int,
    reason: Words,
    endings: tuple[Ending, ...] = (),
    ends_at: int | None = None,
) -> bytes:
    """Write the statement by which a party ends a key: in its logs, or at a time."""
    tree = _tree(change, prg, kid, issued_at)
    tree |= {"es": reason.es, "en": reason.en}
    if endings:
        tree["endings"] = [ending_tree(ending) for ending in endings]
    if ends_at is not None:
        tree["ends_at"] = ends_at
    return write_json(tree)


def sign_as(role: Role, statement: bytes, key: PrivateKey) -> tuple[StatementSignature, ...]:
    """Sign a statement with every algorithm that a key has."""
    message = SIGNED_PREFIX + statement
    signatures = [StatementSignature(role, "Ed25519", key.ed25519.sign(message))]
    if "mldsa44" in key.seeds:
        signatures.append(StatementSignature(role, "ML-DSA-44", key.mldsa.sign(message)))
    return tuple(signatures)


def assemble_change(statement: bytes, signatures: Iterable[StatementSignature]) -> bytes:
    """Return the signed statement as it is filed and exchanged."""
    lines: list[dict[str, JsonValue]] = [
        {"role": each.role, "alg": each.alg, "sig": encode_base64url(each.sig)} for each in signatures
    ]
    lines.sort(key=lambda line: (str(line["role"]), str(line["alg"])))
    return write_json({"statement": statement.decode("utf-8"), "signatures": lines})


def read_key_change(signed: bytes, charter: Charter) -> KeyChange:
    """Verify a signed statement in four steps under a charter; raise `KeyChangeRefused` naming the field."""
    # (1) Bound the size; one JSON form of the whole and of the statement.
    facts = Facts(_read_canonical(signed, "signed"), "", KeyChangeRefused)
    statement = facts.raw("statement").encode("utf-8")
    signatures = _read_signatures(facts)
    facts.end()
    # (2) Every field, under this very charter.
    change = _read_statement(statement, signatures, signed)
    if change.prg != charter.prg:
        raise _refuse("prg", "nombra otra carta.", "names another charter.")
    # (3) The root of the key's own party, with both algorithms.
    party = charter.parties.get(parse_kid(change.kid).party)
    if party is None:
        raise _refuse("kid", "su parte no existe en la carta.", "its party does not exist in the charter.")
    change.check_signed_by("root", party.root_ed25519, party.root_mldsa)
    # (4) Possession of what is enrolled.
    if change.record is not None and change.record.ed25519 is not None:
        record = change.record
        change.check_signed_by("possession", record.ed25519_key, record.mldsa_key if record.mldsa44 else None)
    return change


def _refuse(path: str, es: str, en: str) -> KeyChangeRefused:
    return KeyChangeRefused(path, Words(es=es, en=en))


def _tree(change: Change, prg: str, kid: str, issued_at: int) -> dict[str, JsonValue]:
    return {"type": STATEMENT_TYPE, "change": change, "prg": prg, "kid": kid, "issued_at": issued_at}


def _read_canonical(data: bytes, path: str) -> Any:
    if len(data) > MAX_STRING:
        raise _refuse(path, f"pasa de {MAX_STRING} bytes.", f"is larger than {MAX_STRING} bytes.")
    try:
        tree = read_json(data)
        canonical = write_json(tree)
    except Malformed as error:
        raise KeyChangeRefused(path, error.words) from error
    if canonical != data:
        raise _refuse(path, "no tiene la única forma admitida.", "does not have the one form that is accepted.")
    return tree


def _read_signatures(facts: Facts) -> Mapping[tuple[Role, Algorithm], bytes]:
    found: dict[tuple[Role, Algorithm], bytes] = {}
    for each in facts.tables("signatures"):
        place = (each.one_of("role", ROLES), each.one_of("alg", ALGORITHMS))
        if place in found:
            each.refuse("role", "está dos veces.", "stands twice.")
        found[place] = each.octets("sig")
        each.end()
    return MappingProxyType(found)


def _read_statement(statement: bytes, signatures: Mapping[tuple[Role, Algorithm], bytes], signed: bytes) -> KeyChange:
    facts = Facts(_read_canonical(statement, "statement"), "", KeyChangeRefused)
    facts.one_of("type", (STATEMENT_TYPE,))
    change = facts.one_of("change", CHANGES)
    kid, issued_at = facts.text("kid"), facts.whole("issued_at")
    try:
        parse_kid(kid)
        endings = read_endings(facts)
    except KeyRefused as error:
        raise KeyChangeRefused("statement", error.words) from error
    enrols = change == "enrol"
    record = read_record(facts.table("key")) if enrols else None
    if record is not None and (record.kid != kid or record.endings or record.valid_from < issued_at):
        facts.refuse("key", "es otra, ya terminó o vale desde antes.", "is another, has ended, or counts from before.")
    read = KeyChange(
        change=change,
        prg=facts.text("prg"),
        kid=kid,
        issued_at=issued_at,
        record=record,
        predecessor=facts.text("predecessor") if enrols and facts.has("predecessor") else None,
        endings=endings,
        ends_at=None if enrols else facts.optional_whole("ends_at"),
        reason=None if enrols else facts.words(),
        statement=statement,
        signatures=signatures,
        signed=signed,
    )
    facts.end()
    if change == "retire" and any(ending.disputed_until != ending.size for ending in endings):
        facts.refuse("endings", "un retiro no pone nada en disputa.", "a retirement disputes nothing.")
    return read
