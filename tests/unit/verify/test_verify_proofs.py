# SPDX-License-Identifier: Apache-2.0
"""Signatures and Merkle proofs, against published vectors and against the recursive definition."""

import json
from base64 import b64decode
from typing import Any

import nacl.bindings
import pytest

from paridad_verify import proofs
from paridad_verify.proofs import check_consistency, check_ed25519, check_inclusion, check_mldsa44, leaf_hash, self_test
from paridad_verify.strict import Fault
from support.shared_data import shared
from support.verify_maker import Pair, consistency, inclusion, root_of

ONLY_SOUND_EDGE = 305
LEAVES = [b"%d" % n for n in range(40)]


def test_the_strict_rule_accepts_one_published_edge_case() -> None:
    """Of the published edge vectors the strict rule accepts number 305 and no other."""
    rows = json.loads(shared("log/ed25519_edge_cases.json").read_text("utf-8"))
    accepted = [row["number"] for row in rows if _accepts(row)]
    assert accepted == [ONLY_SOUND_EDGE]


def _accepts(row: Any) -> bool:
    try:
        check_ed25519(bytes.fromhex(row["key"]), bytes.fromhex(row["sig"]), row["msg"].encode())
    except Fault:
        return False
    return True


@pytest.mark.parametrize("name", ["merkle_inclusion.json", "merkle_consistency.json"])
def test_published_merkle_vectors(name: str) -> None:
    """Every published vector gets its verdict; its hashes are base64, null and empty among them."""
    for row in json.loads(shared(f"log/{name}").read_text("utf-8")):
        vector = row["vector"]
        bytes_of = {key: b64decode(vector.get(key) or "") for key in ("leafHash", "root", "root1", "root2")}
        proof = [b64decode(each) for each in vector["proof"] or []]
        try:
            if "leafIdx" in vector:
                check_inclusion(bytes_of["leafHash"], vector["leafIdx"], vector["treeSize"], proof, bytes_of["root"])
            else:
                check_consistency(vector["size1"], vector["size2"], proof, bytes_of["root1"], bytes_of["root2"])
            refused = False
        except Fault:
            refused = True
        assert refused == vector["wantErr"], row["file"]


def test_inclusion_by_definition() -> None:
    """Every leaf of every small tree is proved, and at no other index."""
    for size in range(1, 34):
        leaves, root = LEAVES[:size], root_of(LEAVES[:size])
        for index in range(size):
            path = inclusion(index, leaves)
            check_inclusion(leaf_hash(leaves[index]), index, size, path, root)
            with pytest.raises(Fault):
                check_inclusion(leaf_hash(leaves[index]), (index + 1) % (size + 1), size, path, root)


def test_consistency_by_definition() -> None:
    """Every prefix of every small tree is proved; neither a shortened nor a lengthened proof is."""
    for new in range(1, 34):
        for old in range(1, new + 1):
            proof = consistency(old, LEAVES[:new])
            roots = root_of(LEAVES[:old]), root_of(LEAVES[:new])
            check_consistency(old, new, proof, *roots)
            for wrong in ([*proof, bytes(32)], proof[:-1] if proof else [b""]):
                with pytest.raises(Fault):
                    check_consistency(old, new, wrong, *roots)


def test_no_leaf_stands_beyond_the_tree() -> None:
    """A root that is of a larger tree proves nothing at an index beyond the size that was stated."""
    with pytest.raises(Fault):
        check_inclusion(leaf_hash(b"b"), 1, 1, [leaf_hash(b"a")], root_of([b"a", b"b"]))


def test_consistency_with_the_empty_tree_says_nothing() -> None:
    """From size 0 nothing is proved, not even to size 0."""
    with pytest.raises(Fault):
        check_consistency(0, 0, [], root_of([]), root_of([]))


def test_both_algorithms() -> None:
    """A signature holds for its message and key; lengths are checked."""
    pair, other = Pair("a"), Pair("b")
    check_ed25519(pair.public, pair.ed25519.sign(b"m"), b"m")
    check_mldsa44(pair.mldsa_public, pair.mldsa.sign(b"m"), b"m")
    for key, message in ((other, b"m"), (pair, b"n")):
        with pytest.raises(Fault):
            check_ed25519(key.public, pair.ed25519.sign(b"m"), message)
        with pytest.raises(Fault):
            check_mldsa44(key.mldsa_public, pair.mldsa.sign(b"m"), message)
    for key_bytes, signature in ((b"", bytes(64)), (pair.public, b""), (bytes(32), bytes(64))):
        with pytest.raises(Fault):
            check_ed25519(key_bytes, signature, b"m")
    with pytest.raises(Fault):
        check_mldsa44(b"short", pair.mldsa.sign(b"m"), b"m")


def test_without_the_point_check_nothing_is_verified(monkeypatch: pytest.MonkeyPatch) -> None:
    """A libsodium that lacks the check, or takes the neutral element for a key, stops the program."""
    self_test()
    with monkeypatch.context() as lax:
        lax.setattr(proofs, "_is_point", lambda _: True)
        with pytest.raises(RuntimeError, match="strict Ed25519"):
            self_test()
    monkeypatch.setattr(nacl.bindings, "has_crypto_core_ed25519", False)
    with pytest.raises(RuntimeError, match="strict Ed25519"):
        self_test()
