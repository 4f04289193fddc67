# SPDX-License-Identifier: Apache-2.0
"""Merkle trees: one definition, three proofs, and no bit of them that can change unseen."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paridad.ledger.errors import ProofRefused
from paridad.ledger.merkle import (
    EMPTY_ROOT,
    CompactRange,
    Subtree,
    leaf_hash,
    node_hash,
    perfect_root,
    proof_steps,
    root_of,
    root_of_hashes,
    split,
    verify_consistency,
    verify_inclusion,
    verify_subtree_consistency,
    verify_subtree_inclusion,
)

LEAVES = [b"leaf %d" % number for number in range(300)]
HASHES = [leaf_hash(leaf) for leaf in LEAVES]


def proof(start: int, end: int, size: int) -> list[bytes]:
    """Return a subtree proof by the recursive definition."""
    return [root_of_hashes(HASHES[of.start : of.end]) for _, of in proof_steps(Subtree(start, end), size)]


def path(index: int, hashes: list[bytes]) -> list[bytes]:
    """PATH(m, D[n]), copied from RFC 6962 §2.1.1."""
    if len(hashes) == 1:
        return []
    k = split(len(hashes))
    if index < k:
        return [*path(index, hashes[:k]), root_of_hashes(hashes[k:])]
    return [*path(index - k, hashes[k:]), root_of_hashes(hashes[:k])]


def subproof(old: int, hashes: list[bytes], known: bool) -> list[bytes]:
    """SUBPROOF(m, D[n], b), copied from RFC 6962 §2.1.2."""
    if old == len(hashes):
        return [] if known else [root_of_hashes(hashes)]
    k = split(len(hashes))
    if old <= k:
        return [*subproof(old, hashes[:k], known), root_of_hashes(hashes[k:])]
    return [*subproof(old - k, hashes[k:], known=False), root_of_hashes(hashes[:k])]


def test_hashing_is_that_of_rfc_6962() -> None:
    """Prefixes 0x00 and 0x01; nothing hashes to SHA-256 of nothing."""
    assert leaf_hash(b"a") == sha256(b"\0a").digest()
    assert node_hash(b"l" * 32, b"r" * 32) == sha256(b"\1" + b"l" * 32 + b"r" * 32).digest()
    assert root_of([]) == EMPTY_ROOT == sha256(b"").digest() == CompactRange().root()
    assert root_of([b"a"]) == leaf_hash(b"a")
    assert perfect_root(b"".join(HASHES[:256])) == root_of(LEAVES[:256])
    assert [split(size) for size in (2, 3, 4, 5, 8, 9)] == [1, 2, 2, 4, 4, 8]


def test_the_range_agrees_with_the_definition_for_sizes_0_to_299() -> None:
    """The compact range, leaf by leaf, gives the roots of the recursive definition."""
    tree = CompactRange()
    for size in range(300):
        assert tree.root() == root_of_hashes(HASHES[:size])
        assert len(tree.nodes) == size.bit_count()
        tree.extend([HASHES[size]])


def test_the_worked_example_of_the_module_is_true() -> None:
    """The tree of seven leaves of RFC 6962 §2.1.3."""
    assert [step.of for step in proof_steps(Subtree(3, 4), 7)] == [(2, 3), (0, 2), (4, 7)]
    assert [step.of for step in proof_steps(Subtree(0, 3), 7)] == [(2, 3), (3, 4), (0, 2), (4, 7)]
    assert [step.of for step in proof_steps(Subtree(0, 4), 7)] == [(4, 7)]
    assert [step.of for step in proof_steps(Subtree(0, 6), 7)] == [(4, 6), (6, 7), (0, 4)]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 21, 64, 100])
def test_paths_are_those_of_the_rfc_and_verify(size: int) -> None:
    """PATH by our one definition equals PATH by the RFC's, and verifies at its index alone."""
    root = root_of(LEAVES[:size])
    for index in range(size):
        assert proof(index, index + 1, size) == path(index, HASHES[:size])
        verify_inclusion(HASHES[index], index, size, proof(index, index + 1, size), root)
        if size > 1:
            with pytest.raises(ProofRefused):
                verify_inclusion(HASHES[index], (index + 1) % size, size, proof(index, index + 1, size), root)


@pytest.mark.parametrize("new", [1, 2, 3, 7, 8, 21, 64, 100])
def test_consistency_proofs_are_those_of_the_rfc_and_verify(new: int) -> None:
    """PROOF by our one definition equals PROOF by the RFC's."""
    for old in range(1, new + 1):
        assert proof(0, old, new) == subproof(old, HASHES[:new], known=True)
        verify_consistency(old, new, proof(0, old, new), root_of(LEAVES[:old]), root_of(LEAVES[:new]))


def test_every_subtree_of_every_small_tree_is_proved_and_no_other() -> None:
    """Valid subtrees verify with their own hash; with another they do not; invalid ones are named."""
    for size in range(1, 20):
        root = root_of(LEAVES[:size])
        for start in range(size):
            for end in range(start + 1, size + 1):
                leaves = Subtree(start, end)
                if not leaves.is_valid:
                    with pytest.raises(ProofRefused, match="is not a subtree"):
                        proof_steps(leaves, size)
                    continue
                node = root_of_hashes(HASHES[start:end])
                verify_subtree_consistency(leaves, size, proof(start, end, size), node, root)
                with pytest.raises(ProofRefused):
                    verify_subtree_consistency(leaves, size, proof(start, end, size), HASHES[299], root)


def test_valid_subtrees_start_at_a_multiple_of_their_width() -> None:
    """The width is rounded up to a power of two (draft-ietf-plants-merkle-tree-certs §4.1)."""
    valid = {(0, 0), (5, 5), (0, 7), (4, 7), (4, 8), (6, 8), (7, 8), (256, 511)}
    invalid = {(1, 3), (2, 5), (4, 9), (6, 9), (5, 4), (-1, 0)}
    assert all(Subtree(*leaves).is_valid for leaves in valid)
    assert not any(Subtree(*leaves).is_valid for leaves in invalid)


ROOT_7, ROOT_3 = root_of(LEAVES[:7]), root_of(LEAVES[:3])

CONSISTENCY: dict[str, tuple[bool, tuple[int, int, list[bytes], bytes, bytes]]] = {
    "a proof from 3 to 7 is accepted": (True, (3, 7, proof(0, 3, 7), ROOT_3, ROOT_7)),
    "a proof from 7 to 7 is empty": (True, (7, 7, [], ROOT_7, ROOT_7)),
    "a proof from 0 is refused on purpose": (False, (0, 7, [], EMPTY_ROOT, ROOT_7)),
    "a proof from 0 to 0 is refused on purpose": (False, (0, 0, [], EMPTY_ROOT, EMPTY_ROOT)),
    "a tree does not shrink": (False, (7, 3, [], ROOT_7, ROOT_3)),
    "a tree may have 2^63 - 1 leaves": (True, (2**63 - 1, 2**63 - 1, [], ROOT_3, ROOT_3)),
    "no tree is larger than 2^63 - 1": (False, (2**63, 2**63, [], ROOT_3, ROOT_3)),
    "a short older root is refused even where the hashes would add up": (
        False,
        (1, 2, [ROOT_3], bytes(31), node_hash(bytes(31), ROOT_3)),
    ),
    "a surplus hash is refused": (False, (3, 7, [*proof(0, 3, 7), ROOT_3], ROOT_3, ROOT_7)),
    "a missing hash is refused": (False, (3, 7, proof(0, 3, 7)[:-1], ROOT_3, ROOT_7)),
    "a hash of 31 bytes is refused": (False, (3, 7, [*proof(0, 3, 7)[:-1], bytes(31)], ROOT_3, ROOT_7)),
    "an older root of 31 bytes is refused": (False, (4, 7, proof(0, 4, 7), bytes(31), ROOT_7)),
    "another older root is refused": (False, (3, 7, proof(0, 3, 7), ROOT_7, ROOT_7)),
    "another newer root is refused": (False, (3, 7, proof(0, 3, 7), ROOT_3, ROOT_3)),
    "two roots of one size are refused": (False, (7, 7, [], ROOT_3, ROOT_7)),
}


@pytest.mark.parametrize(("accepted", "arguments"), CONSISTENCY.values(), ids=CONSISTENCY.keys())
def test_consistency(accepted: bool, arguments: tuple[int, int, list[bytes], bytes, bytes]) -> None:
    """Each case ends as its title says."""
    if accepted:
        verify_consistency(*arguments)
        return
    with pytest.raises(ProofRefused):
        verify_consistency(*arguments)


def test_a_leaf_hash_has_32_bytes() -> None:
    """Even in the tree of one leaf, where no hash would be computed."""
    verify_inclusion(HASHES[0], 0, 1, [], HASHES[0])
    with pytest.raises(ProofRefused, match="32 bytes"):
        verify_inclusion(b"", 0, 1, [], b"")


def test_subtree_inclusion_counts_from_the_log() -> None:
    """Index 5 of the log is index 1 of the subtree [4, 8)."""
    node = root_of_hashes(HASHES[4:8])
    for index in (4, 5, 7):
        verify_subtree_inclusion(HASHES[index], index, Subtree(4, 8), path(index - 4, HASHES[4:8]), node)
    for index, leaves in [(3, (4, 8)), (8, (4, 8)), (5, (5, 5)), (5, (3, 7))]:
        with pytest.raises(ProofRefused, match="is not in the subtree"):
            verify_subtree_inclusion(HASHES[5], index, Subtree(*leaves), path(1, HASHES[4:8]), node)


def test_an_empty_subtree_says_nothing_and_has_the_hash_of_nothing() -> None:
    """As the draft has it; whoever wants leaves asks for some."""
    verify_subtree_consistency(Subtree(3, 3), 7, [], EMPTY_ROOT, ROOT_7)
    for leaves, nodes, node in [((3, 3), [], ROOT_3), ((3, 3), [ROOT_3], EMPTY_ROOT), ((8, 8), [], EMPTY_ROOT)]:
        with pytest.raises(ProofRefused):
            verify_subtree_consistency(Subtree(*leaves), 7, nodes, node, ROOT_7)


def test_every_single_bit_flip_of_a_proof_is_detected() -> None:
    """In the hashes, in the roots, in leaf hash and index."""
    audit, root = proof(11, 12, 21), root_of(LEAVES[:21])
    grown, old_root = proof(0, 11, 21), root_of(LEAVES[:11])
    for at in range(len(audit) * 256):
        with pytest.raises(ProofRefused):
            verify_inclusion(HASHES[11], 11, 21, flip_in(audit, at), root)
    for at in range(len(grown) * 256):
        with pytest.raises(ProofRefused):
            verify_consistency(11, 21, flip_in(grown, at), old_root, root)
    for at in range(256):
        with pytest.raises(ProofRefused):
            verify_inclusion(flip(HASHES[11], at), 11, 21, audit, root)
        with pytest.raises(ProofRefused):
            verify_consistency(11, 21, grown, flip(old_root, at), root)
    for bit in range(63):
        with pytest.raises(ProofRefused):
            verify_inclusion(HASHES[11], 11 ^ (1 << bit), 21, audit, root)


def flip(data: bytes, bit: int) -> bytes:
    """Return data with one bit flipped."""
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << (bit % 8)
    return bytes(changed)


def flip_in(nodes: list[bytes], bit: int) -> list[bytes]:
    """Return a proof with one bit of one hash flipped."""
    return [flip(node, bit % 256) if place == bit // 256 else node for place, node in enumerate(nodes)]


@given(st.integers(1, 300), st.data())
def test_proofs_of_drawn_trees_verify(size: int, data: st.DataObject) -> None:
    """Inclusion of any leaf, consistency from any size."""
    root = root_of_hashes(HASHES[:size])
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size))
    verify_inclusion(HASHES[index], index, size, proof(index, index + 1, size), root)
    verify_consistency(old, size, proof(0, old, size), root_of_hashes(HASHES[:old]), root)
