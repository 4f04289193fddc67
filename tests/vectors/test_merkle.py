# SPDX-License-Identifier: Apache-2.0
"""The published Merkle vectors of transparency-dev/merkle: inclusion, consistency and both kinds of subtree proof."""

import json
from base64 import b64decode
from collections.abc import Callable
from typing import Any

import pytest

from paridad.ledger.errors import ProofRefused
from paridad.ledger.merkle import (
    Subtree,
    verify_consistency,
    verify_inclusion,
    verify_subtree_consistency,
    verify_subtree_inclusion,
)
from support.shared_data import shared

pytestmark = pytest.mark.shared

Vector = dict[str, Any]
Check = Callable[[Vector, list[bytes]], None]


def inclusion(vector: Vector, proof: list[bytes]) -> None:
    """Check one vector of `testdata/inclusion`."""
    verify_inclusion(_b(vector, "leafHash"), vector["leafIdx"], vector["treeSize"], proof, _b(vector, "root"))


def consistency(vector: Vector, proof: list[bytes]) -> None:
    """Check one vector of `testdata/consistency`."""
    verify_consistency(vector["size1"], vector["size2"], proof, _b(vector, "root1"), _b(vector, "root2"))


def subtree_inclusion(vector: Vector, proof: list[bytes]) -> None:
    """Check one vector of `testdata/subtreeinclusion`."""
    leaves = Subtree(vector["start"], vector["end"])
    verify_subtree_inclusion(_b(vector, "leafHash"), vector["leafIdx"], leaves, proof, _b(vector, "root"))


def subtree_consistency(vector: Vector, proof: list[bytes]) -> None:
    """Check one vector of `testdata/subtreeconsistency`."""
    leaves = Subtree(vector["start"], vector["end"])
    verify_subtree_consistency(leaves, vector["size"], proof, _b(vector, "root1"), _b(vector, "root2"))


FAMILIES: dict[str, Check] = {
    "merkle_inclusion": inclusion,
    "merkle_consistency": consistency,
    "merkle_subtreeinclusion": subtree_inclusion,
    "merkle_subtreeconsistency": subtree_consistency,
}


@pytest.mark.parametrize("family", FAMILIES)
def test_every_vector_gets_its_published_verdict(family: str) -> None:
    """Valid proofs verify, all others raise `ProofRefused`; both kinds are in the file."""
    rows = json.loads(shared(f"log/{family}.json").read_text(encoding="utf-8"))
    accepted = refused = 0
    for row in rows:
        vector = row["vector"]
        wanted = "refused" if vector["wantErr"] or from_nothing(family, vector) else "accepted"
        got = verdict(FAMILIES[family], vector)
        assert got == wanted, row["file"]
        accepted, refused = accepted + (got == "accepted"), refused + (got == "refused")
    assert accepted >= 5
    assert refused >= 60


def test_consistency_of_nothing_with_nothing_is_refused_on_purpose() -> None:
    """Upstream's vector consistency/0 (sizes 0 and 0) once said "valid". Here it is an error: it says nothing."""
    nothing = {"size1": 0, "size2": 0, "root1": EMPTY, "root2": EMPTY, "proof": []}
    assert verdict(consistency, nothing) == "refused"
    assert verdict(consistency, {**nothing, "size1": 1, "size2": 1}) == "accepted"


EMPTY = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


def from_nothing(family: str, vector: Vector) -> bool:
    """Say whether this is the case refused on purpose."""
    return family == "merkle_consistency" and vector["size1"] == 0


def verdict(check: Check, vector: Vector) -> str:
    """Return what our verifier says of one vector."""
    try:
        check(vector, [b64decode(node) for node in vector["proof"] or []])
    except ProofRefused:
        return "refused"
    return "accepted"


def _b(vector: Vector, name: str) -> bytes:
    return b64decode(vector[name])
