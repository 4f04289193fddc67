# SPDX-License-Identifier: Apache-2.0
"""Tiles and bundles: the paths of tlog-tiles, growth in groups of any size, and what can be read from tiles."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import paridad.ledger.tiles
from paridad.ledger.errors import LeafMissing, ProofRefused, TileRefused
from paridad.ledger.merkle import EMPTY_ROOT, leaf_hash, root_of_hashes, verify_consistency, verify_inclusion
from paridad.ledger.tiles import (
    MAX_LEAF_BYTES,
    TilePlace,
    TreeView,
    check_entry,
    grow,
    read_bundle,
    read_tile_path,
    write_bundle,
)

HASHES = [leaf_hash(b"%d" % number) for number in range(70_000)]
Tiles = dict[tuple[int, int], bytes]

PATHS: dict[str, TilePlace] = {
    "tile/0/000": TilePlace(0, 0),
    "tile/0/x001/x234/067": TilePlace(0, 1234067),
    "tile/0/999": TilePlace(0, 999),
    "tile/3/x001/000.p/255": TilePlace(3, 1000, 255),
    "tile/63/001.p/1": TilePlace(63, 1, 1),
    "tile/entries/x012/345": TilePlace("entries", 12345),
    "tile/entries/x036/x028/x797/x018/x963/967": TilePlace("entries", 36_028_797_018_963_967),
    "tile/entries/000.p/3": TilePlace("entries", 0, 3),
}

BAD_PATHS = [
    "", "tile", "tile/0", "tile/0/0", "tile/0/00", "tile/0/0000", "tile/0/x000/001", "tile/0/001/x000", "tile/0/1234",
    "tile/00/000", "tile/64/000", "tile/-1/000", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/999",
    "tile/0/000.p/01", "tile/0/000.p/", "tile/0/000\n", "/tile/0/000", "tile/0/000/", "tile/data/000", "tile/0/../000",
    "tile/0/٠٠٠", "tile/entries/000.p/256",
    "tile/entries/x036/x028/x797/x018/x963/968", "tile/0/x001/x000/x000/x000/x000/x000/000",
]  # fmt: skip


@pytest.mark.parametrize(("path", "place"), PATHS.items())
def test_a_path_is_read_and_written_in_its_one_spelling(path: str, place: TilePlace) -> None:
    """The index in groups of three, all but the last after an x; the width of a partial tile at the end."""
    assert place.path == path
    assert read_tile_path(path) == place


@pytest.mark.parametrize("path", BAD_PATHS)
def test_any_other_path_is_refused(path: str) -> None:
    """Nothing that has a second spelling, nothing that leaves the tree."""
    with pytest.raises(TileRefused):
        read_tile_path(path)


def test_bundles_are_read_as_written() -> None:
    """Each entry after its length in two bytes, up to 256 of up to 65,535 bytes."""
    entries = [b"a", b"", b"x" * MAX_LEAF_BYTES]
    with pytest.raises(TileRefused, match="1 to 65535 bytes"):
        write_bundle(entries)
    del entries[1]
    assert write_bundle(entries)[:5] == b"\0\1a\xff\xff"
    assert read_bundle(write_bundle(entries)) == entries
    assert read_bundle(b"") == []
    assert len(read_bundle(write_bundle([b"a"] * 256))) == 256
    with pytest.raises(TileRefused):
        check_entry(b"x" * (MAX_LEAF_BYTES + 1))


BAD_BUNDLES = {
    "an empty entry": b"\0\0",
    "half a length": b"\0",
    "a length and nothing": b"\0\1",
    "an entry cut": b"\0\2a",
    "257 entries": b"\0\1a" * 257,
    "an empty entry after a good one": b"\0\1a\0\0",
}


@pytest.mark.parametrize("bundle", BAD_BUNDLES.values(), ids=BAD_BUNDLES.keys())
def test_a_bundle_that_is_cut_or_too_long_is_refused(bundle: bytes) -> None:
    """Nothing is read beyond the end."""
    with pytest.raises(TileRefused):
        read_bundle(bundle)


def build(*groups: int) -> tuple[Tiles, bytes]:
    """Grow a tree in groups and return its tiles and root."""
    tiles: Tiles = {}
    size, root = 0, EMPTY_ROOT
    for group in groups:
        writes, root = grow(lambda level, index: tiles.get((level, index), b""), size, HASHES[size : size + group])
        for write in writes:
            assert write.data.startswith(tiles.get((write.level, write.index), b""))
            tiles[write.level, write.index] = write.data
        size += group
    return tiles, root


def view(tiles: Tiles, size: int) -> TreeView:
    """Return a view of a tree."""
    return TreeView(lambda level, index: tiles.get((level, index), b""), size)


def test_the_tree_of_70_000_has_the_tiles_that_the_document_says() -> None:
    """tlog-tiles, Partial Tiles: 273 full and one of 112; one full and one of 17; one of 1."""
    tiles, root = build(70_000)
    widths = {place: len(data) // 32 for place, data in tiles.items()}
    assert [widths[0, index] for index in range(274)] == [256] * 273 + [112]
    assert [widths[1, 0], widths[1, 1], widths[2, 0]] == [256, 17, 1]
    assert len(widths) == 277
    assert root == root_of_hashes(HASHES)


def test_a_tree_of_256_is_a_full_tile_and_one_of_width_1() -> None:
    """The example of the document, and the size before and after."""
    assert {place: len(data) // 32 for place, data in build(255)[0].items()} == {(0, 0): 255}
    assert {place: len(data) // 32 for place, data in build(256)[0].items()} == {(0, 0): 256, (1, 0): 1}
    assert {place: len(data) // 32 for place, data in build(257)[0].items()} == {(0, 0): 256, (0, 1): 1, (1, 0): 1}


def test_growth_by_one_agrees_with_the_definition_for_sizes_0_to_299() -> None:
    """The root after each append, the root seen through the tiles, and that of the definition are one."""
    assert build() == ({}, EMPTY_ROOT)
    tiles: Tiles = {}
    for size in range(300):
        writes, root = grow(lambda level, index: tiles.get((level, index), b""), size, [HASHES[size]])
        tiles.update({(write.level, write.index): write.data for write in writes})
        assert root == root_of_hashes(HASHES[: size + 1]) == view(tiles, size + 1).root()
    assert (tiles, root) == build(300)
    for size in range(300):
        assert view(tiles, size).root() == root_of_hashes(HASHES[:size])
        assert build(size, 300 - size) == (tiles, root)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 700), max_size=6), st.data())
def test_however_the_groups_fall_the_tiles_are_the_same(groups: list[int], data: st.DataObject) -> None:
    """Tiles and root depend on the leaves alone; every proof read from them verifies."""
    size = sum(groups)
    tiles, root = build(*groups)
    assert (tiles, root) == build(size)
    if size:
        index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
        verify_inclusion(HASHES[index], index, size, view(tiles, size).inclusion(index), root)
        verify_consistency(old, size, view(tiles, size).consistency(old), view(tiles, old).root(), root)


def test_a_view_reads_each_tile_once() -> None:
    """A thousand proofs of one tree cost seven reads."""
    tiles, root = build(1500)
    reads: list[tuple[int, int]] = []

    def read(level: int, index: int) -> bytes:
        reads.append((level, index))
        return tiles.get((level, index), b"")

    tree = TreeView(read, 1500)
    for index in range(1000):
        verify_inclusion(HASHES[index], index, 1500, tree.inclusion(index), root)
    assert len(reads) == len(set(reads)) == 6
    assert tree.consistency(0) == []


def test_a_view_computes_each_hash_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same proofs a second time cost no hashing, at the ragged right edge neither."""
    tiles, _ = build(1500)
    computed: list[str] = []

    def watch(name: str) -> None:
        plain = getattr(paridad.ledger.tiles, name)

        def counting(*hashes: bytes) -> bytes:
            computed.append(name)
            return bytes(plain(*hashes))

        monkeypatch.setattr(paridad.ledger.tiles, name, counting)

    watch("node_hash")
    watch("perfect_root")
    tree = view(tiles, 1500)
    first = [tree.inclusion(index) for index in range(0, 1500, 7)]
    assert {"node_hash", "perfect_root"} <= set(computed)
    computed.clear()
    assert [tree.inclusion(index) for index in range(0, 1500, 7)] == first
    assert computed == []


def test_missing_tiles_are_named() -> None:
    """A tile that is absent or too narrow stops the work; nothing is guessed."""
    tiles, _ = build(300)
    for place, path in {(0, 0): "tile/0/000", (0, 1): "tile/0/001.p/44", (1, 0): "tile/1/000.p/1"}.items():
        broken = {**tiles, place: tiles[place][:-32]}
        with pytest.raises(LeafMissing, match=f"{path} is missing"):
            assert [view(broken, 300).root(), *view(broken, 300).inclusion(0)]
    with pytest.raises(LeafMissing):
        grow(lambda _level, _index: b"", 300, [HASHES[300]])
    with pytest.raises(ProofRefused):
        view(tiles, 300).inclusion(300)
    with pytest.raises(LeafMissing):
        view(tiles, 1000).root()


def test_a_smaller_tree_is_seen_through_wider_tiles() -> None:
    """The store keeps the widest tile; trees of earlier sizes are read from its beginning."""
    tiles, _ = build(1000)
    for size in (1, 255, 256, 257, 999):
        assert view(tiles, size).root() == root_of_hashes(HASHES[:size])
