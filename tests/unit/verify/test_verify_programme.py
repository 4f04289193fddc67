# SPDX-License-Identifier: Apache-2.0
"""Charters and key changes as the node writes them are read by the verifier with the same result."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from paridad.base.words import Words
from paridad.programme.charter import assemble, compile_document, read_charter, sign_charter
from paridad.programme.errors import ProgrammeError
from paridad.programme.keygen import PrivateKey, generate
from paridad.programme.keys import KeyRing
from paridad.programme.records import Ending
from paridad.programme.statements import assemble_change, draft_ending, draft_enrolment, read_key_change, sign_as
from paridad_verify import keys as verifier
from paridad_verify.strict import Fault
from support.programmes import EFFECTIVE_FROM, make_programme, seeded_random

WORLD = make_programme(("AA", "BB"), "verify")
NOW, PRG = WORLD.now, WORLD.charter.prg
RANDOM = seeded_random("verify")
SECOND = generate("AA/POLICE#3", "act", RANDOM)
SEALING = generate("AA/POLICE#4", "sealing", RANDOM)
WITNESS = generate("AA/witness#2", "witness", RANDOM)
ROOT, FIRST, OLD_WITNESS = WORLD.root("AA"), WORLD.act("AA/POLICE"), WORLD.key("AA", "witness")


def enrolment(key: PrivateKey, before: PrivateKey | None, *, root: PrivateKey = ROOT) -> bytes:
    """Enrol a key after another."""
    record = key.record(valid_from=NOW)
    statement = draft_enrolment(PRG, record, issued_at=NOW, predecessor=before.kid if before else None)
    roles = [*sign_as("root", statement, root)]
    roles += sign_as("possession", statement, key) if "ed25519" in key.seeds else ()
    roles += sign_as("predecessor", statement, before) if before else ()
    return assemble_change(statement, roles)


def ending(size: int) -> bytes:
    """Retire the first act key in both logs."""
    ends = tuple(Ending(log, size, bytes(32), size) for log in ("shared", "own"))
    reason = Words(es="relevo", en="handover")
    statement = draft_ending("retire", PRG, FIRST.kid, issued_at=NOW, reason=reason, endings=ends)
    return assemble_change(statement, sign_as("root", statement, ROOT))


CHANGES: dict[str, Callable[[], bytes]] = {
    "a successor": lambda: enrolment(SECOND, FIRST),
    "a sealing key": lambda: enrolment(SEALING, FIRST),
    "a witness key": lambda: enrolment(WITNESS, OLD_WITNESS),
    "a retirement": lambda: ending(4),
    "a successor without its predecessor": lambda: enrolment(SECOND, None),
    "the root of the other party": lambda: enrolment(SECOND, FIRST, root=WORLD.root("BB")),
    "the wrong predecessor": lambda: enrolment(WITNESS, FIRST),
    "a key that is enrolled": lambda: enrolment(FIRST, FIRST),
}


@pytest.mark.parametrize("make", CHANGES.values(), ids=CHANGES.keys())
def test_key_changes_have_one_verdict(make: Callable[[], bytes]) -> None:
    """What the node's ring takes the verifier takes, and what one refuses the other refuses."""
    signed = make()
    ring = verifier.Keys()
    ring.adopt(verifier.read_charter(WORLD.signed_charter.decode()))
    try:
        node: KeyRing | None = WORLD.ring.with_change(read_key_change(signed, WORLD.charter))
    except ProgrammeError:
        node = None
    try:
        ring.apply(signed.decode())
        taken = True
    except Fault:
        taken = False
    assert taken == (node is not None)
    for kid in (FIRST.kid, SECOND.kid) if node else ():
        for index in (3, 4):
            assert _node_key(node, kid, index) == _verifier_key(ring, kid, index), (kid, index)


def _node_key(ring: KeyRing | None, kid: str, index: int) -> bytes | None:
    assert ring is not None
    try:
        return ring.act_key(kid, iss="AA/POLICE", prg=PRG, at=NOW, leaf_index=index).raw
    except ProgrammeError:
        return None


def _verifier_key(ring: verifier.Keys, kid: str, index: int) -> bytes | None:
    try:
        return ring.act_key(kid, "AA/POLICE", PRG, NOW, ("AA/practice/shared", index))
    except Fault:
        return None


@pytest.mark.parametrize("consents", [True, False])
def test_a_charter_with_another_root(consents: bool) -> None:
    """A later charter changes a root: with the old root's consent for both readers, without it for neither."""
    root = generate("AA/root#2", "root", RANDOM)
    parties = (replace(WORLD.party_keys[0], root_ed25519=root.ed25519.public, root_mldsa=root.mldsa.public),)
    document = compile_document(
        WORLD.template,
        (*parties, WORLD.party_keys[1]),
        version=2,
        effective_from=EFFECTIVE_FROM + 9,
        previous=WORLD.charter.hash,
    )
    other = WORLD.root("BB")
    signatures = [
        sign_charter(document, "AA", root.ed25519, root.mldsa),
        sign_charter(document, "BB", other.ed25519, other.mldsa),
    ]
    if consents:
        signatures.append(sign_charter(document, "AA", ROOT.ed25519, ROOT.mldsa, previous=True))
    signed = assemble(document, signatures)
    ring = verifier.Keys()
    ring.adopt(verifier.read_charter(WORLD.signed_charter.decode()))
    later = verifier.read_charter(signed.decode())
    if consents:
        assert read_charter(signed, current=WORLD.charter).hash == later.hash
        ring.adopt(later)
    else:
        with pytest.raises(ProgrammeError):
            read_charter(signed, current=WORLD.charter)
        with pytest.raises(Fault):
            ring.adopt(later)


def test_the_shipped_programme() -> None:
    """The charter of the shipped programme is read, and its agencies are those of the node's reading."""
    world = make_programme()
    charter = verifier.read_charter(world.signed_charter.decode())
    assert charter.prg == world.charter.prg
    assert charter.codes["iss"] == world.charter.agencies.keys()
    assert charter.codes["hnd"] == world.charter.handling.keys()
