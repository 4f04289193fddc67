# SPDX-License-Identifier: Apache-2.0
"""Payloads: what is opened is what was sealed, in every range; anything else is refused; transfers resume."""

import hashlib
import io
import random
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paridad.store import payloads
from paridad.store.errors import PayloadRefused, StoreFull
from paridad.store.payloads import CHUNK_BYTES, PayloadStore, open_chunks, seal_chunks
from support.store_acts import CountedRandom

KEY, OTHER_KEY = bytes(32), b"k" * 32
PREFIX = b"7 bytes"
HEADER = 31
CHUNK = 64
STRIDE = CHUNK + 16
PLAIN = random.Random(7).randbytes(5 * CHUNK + 10)


def sealed(plain: bytes, prefix: bytes = PREFIX) -> bytes:
    return b"".join(seal_chunks(io.BytesIO(plain), KEY, prefix, CHUNK))


def opened(data: bytes, folder: Path, start: int = 0, end: int | None = None, key: bytes = KEY) -> bytes:
    path = folder / "payload"
    path.write_bytes(data)
    with path.open("rb") as file:
        return b"".join(open_chunks(file, key, start, end))


@pytest.fixture
def store(tmp_path: Path) -> PayloadStore:
    return PayloadStore(tmp_path / "payloads", free=lambda: 1 << 40)


# --- the format -----------------------------------------------------------------------------------------------------

SIZES = {
    "nothing": 0,
    "one byte": 1,
    "a byte less than a chunk": CHUNK - 1,
    "a chunk": CHUNK,
    "a byte more than a chunk": CHUNK + 1,
    "whole chunks": 3 * CHUNK,
    "chunks and a rest": 3 * CHUNK + 7,
}


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES.keys())
def test_what_is_opened_is_what_was_sealed(size: int, tmp_path: Path) -> None:
    plain = PLAIN[:size]
    data = sealed(plain)
    assert len(data) == HEADER + size + 16 * max(1, -(-size // CHUNK))
    assert opened(data, tmp_path) == plain


@given(start=st.integers(0, 6 * CHUNK), end=st.integers(0, 6 * CHUNK))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_range_is_a_slice(start: int, end: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.getbasetemp()
    assert opened(sealed(PLAIN), folder, start, end) == PLAIN[start:end]


def test_a_source_that_gives_little_at_a_time_is_sealed_the_same(tmp_path: Path) -> None:
    class Dripping(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(size or 0, 5) if size and size > 0 else size)

    assert b"".join(seal_chunks(Dripping(PLAIN), KEY, PREFIX, CHUNK)) == sealed(PLAIN)


def chunks(data: bytes) -> list[bytes]:
    body = data[HEADER:]
    return [body[at : at + STRIDE] for at in range(0, len(body), STRIDE)]


def rebuilt(order: Callable[[list[bytes]], list[bytes]]) -> bytes:
    data = sealed(PLAIN)
    return data[:HEADER] + b"".join(order(chunks(data)))


TAMPERED: dict[str, bytes] = {
    "the last chunk dropped": rebuilt(lambda c: c[:-1]),
    "all but the first dropped": rebuilt(lambda c: c[:1]),
    "all chunks dropped": rebuilt(lambda _c: []),
    "a chunk dropped in the middle": rebuilt(lambda c: c[:2] + c[3:]),
    "two chunks exchanged": rebuilt(lambda c: [c[1], c[0], *c[2:]]),
    "a chunk twice": rebuilt(lambda c: [*c[:2], c[1], *c[2:]]),
    "an empty last chunk added": rebuilt(lambda c: [*c, b""]) + b"\0" * 16,
    "the last byte cut": sealed(PLAIN)[:-1],
    "a byte added": sealed(PLAIN) + b"\0",
    "another prefix": sealed(PLAIN).replace(PREFIX, b"8 bytes", 1),
    "another label": b"paridad/payload/2" + sealed(PLAIN)[17:],
    "another algorithm": sealed(PLAIN)[:19] + b"\1" + sealed(PLAIN)[20:],
    "another chunk size": sealed(PLAIN)[:23] + b"\x41" + sealed(PLAIN)[24:],
    "no chunk size": sealed(PLAIN)[:20] + b"\0\0\0\0" + sealed(PLAIN)[24:],
    "an enormous chunk size": sealed(PLAIN)[:20] + b"\x7f\0\0\0" + sealed(PLAIN)[24:],
    "a chunk of another payload under the same key": rebuilt(
        lambda c: [*c[:2], chunks(sealed(PLAIN, b"another"))[2], *c[3:]]
    ),
    "the end of a chunk-aligned payload": sealed(PLAIN[: 3 * CHUNK])[: HEADER + 2 * STRIDE],
    "a header cut short": sealed(PLAIN)[:30],
    "nothing": b"",
}


@pytest.mark.parametrize("data", TAMPERED.values(), ids=TAMPERED.keys())
def test_whatever_was_done_to_a_payload_is_seen(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(PayloadRefused):
        opened(data, tmp_path)
    assert opened(sealed(PLAIN), tmp_path) == PLAIN


def test_another_key_opens_nothing(tmp_path: Path) -> None:
    with pytest.raises(PayloadRefused, match="does not open"):
        opened(sealed(PLAIN), tmp_path, key=OTHER_KEY)


def test_every_single_bit_counts(tmp_path: Path) -> None:
    data = sealed(PLAIN[: CHUNK + 3])
    for bit in range(len(data) * 8):
        turned = bytearray(data)
        turned[bit // 8] ^= 1 << bit % 8
        with pytest.raises(PayloadRefused):
            opened(bytes(turned), tmp_path)


# --- the folder -----------------------------------------------------------------------------------------------------


def test_a_sealed_payload_is_named_by_the_digest_of_its_ciphertext(store: PayloadStore, tmp_path: Path) -> None:
    made = store.seal(io.BytesIO(PLAIN), KEY, CountedRandom())
    file = (tmp_path / "payloads" / made.digest).read_bytes()
    assert (hashlib.sha256(file).hexdigest(), len(file)) == (made.digest, made.size)
    assert store.has(made.digest)
    assert store.size(made.digest) == made.size
    assert store.digests() == [made.digest]
    assert b"".join(store.open(made.digest, KEY)) == PLAIN
    assert b"".join(store.open_range(made.digest, KEY, 5, 9)) == PLAIN[5:9]
    assert b"".join(store.read(made.digest)) == file
    assert b"".join(store.read(made.digest, 3, 10)) == file[3:10]
    assert b"".join(store.read(made.digest, 3, 10**9)) == file[3:]
    store.verify(made.digest)


def test_a_file_that_changed_is_seen(store: PayloadStore, tmp_path: Path) -> None:
    made = store.seal(io.BytesIO(PLAIN), KEY, CountedRandom())
    with (tmp_path / "payloads" / made.digest).open("r+b") as file:
        file.write(b"X")
    with pytest.raises(PayloadRefused, match="no longer fits"):
        store.verify(made.digest)


NAMES = {
    "not here": "0" * 64,
    "no digest": "../../etc/passwd",
    "capitals": "A" * 64,
    "a part": "0" * 64 + ".part",
    "nothing": "",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_only_digests_of_what_is_here_are_served(name: str, store: PayloadStore) -> None:
    with pytest.raises(PayloadRefused):
        next(store.read(name))
    with pytest.raises(PayloadRefused):
        store.size(name)


def test_a_destroyed_payload_is_gone_with_what_came_of_it(store: PayloadStore, tmp_path: Path) -> None:
    made = store.seal(io.BytesIO(PLAIN), KEY, CountedRandom())
    with store.receive(made.digest, made.size) as incoming:
        incoming.write([b"some"])
        incoming.pause()
    assert store.destroy(made.digest)
    assert not store.destroy(made.digest)
    assert list((tmp_path / "payloads").iterdir()) == []


def test_a_full_disk_refuses_before_accepting(tmp_path: Path) -> None:
    room = payloads.RESERVE_BYTES + 1000
    store = PayloadStore(tmp_path, free=lambda: room)
    with store.receive("0" * 64, 1000):
        pass
    with pytest.raises(StoreFull):
        store.receive("1" * 64, 1001)
    with pytest.raises(StoreFull):
        store.seal(io.BytesIO(bytes(2000)), KEY, CountedRandom())
    assert [path.suffix for path in tmp_path.iterdir()] == [".part"]


def test_the_room_is_asked_of_the_disk(tmp_path: Path) -> None:
    made = PayloadStore(tmp_path).seal(io.BytesIO(PLAIN), KEY, CountedRandom())
    assert PayloadStore(tmp_path).has(made.digest)


def test_an_interrupted_seal_leaves_nothing_that_looks_whole(store: PayloadStore, tmp_path: Path) -> None:
    class Broken(io.BytesIO):
        def read(self, _size: int | None = -1) -> bytes:
            raise OSError("the source went away")

    with pytest.raises(OSError, match="went away"):
        store.seal(Broken(), KEY, CountedRandom())
    assert list((tmp_path / "payloads").iterdir()) == []
    (tmp_path / "payloads" / "dead.sealing").write_bytes(b"left by a process that died")
    assert store.clean() == 1
    assert store.clean() == 0


# --- taking in ------------------------------------------------------------------------------------------------------


@pytest.fixture
def source(tmp_path: Path) -> tuple[PayloadStore, str, int]:
    store = PayloadStore(tmp_path / "source", free=lambda: 1 << 40)
    made = store.seal(io.BytesIO(PLAIN * 20), KEY, CountedRandom())
    return store, made.digest, made.size


Source = tuple[PayloadStore, str, int]


def test_a_transfer_in_pieces_arrives_whole(store: PayloadStore, source: Source) -> None:
    theirs, digest, size = source
    with store.receive(digest, size) as incoming:
        while incoming.offset < size:
            incoming.write(theirs.read(digest, incoming.offset, min(incoming.offset + 1000, size)))
        incoming.finish()
    assert b"".join(store.open(digest, KEY)) == PLAIN * 20
    assert store.digests() == [digest]


def test_a_transfer_resumes_from_what_was_marked(store: PayloadStore, source: Source) -> None:
    theirs, digest, size = source
    with store.receive(digest, size) as incoming:
        incoming.write(theirs.read(digest, 0, 2000))
        incoming.pause()
        incoming.write(theirs.read(digest, 2000, 3000))
    with store.receive(digest, size) as incoming:
        assert incoming.offset == 2000  # what was not marked may be anything after a power cut
        incoming.write(theirs.read(digest, 2000, size))
        incoming.finish()
    assert b"".join(store.open(digest, KEY)) == PLAIN * 20


def test_long_transfers_are_marked_on_the_way(
    store: PayloadStore, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payloads, "MARK_BYTES", 1500)
    theirs, digest, size = source
    with store.receive(digest, size) as incoming:
        for at in range(0, 4000, 1000):
            incoming.write(theirs.read(digest, at, at + 1000))
    with store.receive(digest, size) as incoming:
        assert incoming.offset == 4000


def changed(part: Path, _mark: Path) -> None:
    data = part.read_bytes()
    part.write_bytes(data[:1500] + b"X!" + data[1502:])


def shortened(part: Path, _mark: Path) -> None:
    part.write_bytes(part.read_bytes()[:1000])


def removed(part: Path, _mark: Path) -> None:
    part.unlink()


def mark_says(text: str) -> Callable[[Path, Path], None]:
    def write(_part: Path, mark: Path) -> None:
        mark.write_text(text)

    return write


def mark_beyond(_part: Path, mark: Path) -> None:
    mark.write_text(mark.read_text().replace("2000", "9" * 19))


DAMAGE: dict[str, Callable[[Path, Path], None]] = {
    "the part was changed": changed,
    "the part is shorter than the mark": shortened,
    "the part is gone": removed,
    "the mark is nonsense": mark_says("nonsense"),
    "the mark is empty": mark_says(""),
    "the mark names another digest": mark_says("2000 " + "0" * 64 + "\n"),
    "the mark lies beyond the payload": mark_beyond,
}


@pytest.mark.parametrize("harm", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_part_that_does_not_fit_its_mark_starts_again(
    harm: Callable[[Path, Path], None], store: PayloadStore, source: Source, tmp_path: Path
) -> None:
    theirs, digest, size = source
    with store.receive(digest, size) as incoming:
        incoming.write(theirs.read(digest, 0, 2000))
        incoming.pause()
    part = tmp_path / "payloads" / f"{digest}.part"
    harm(part, part.with_suffix(".mark"))
    with store.receive(digest, size) as incoming:
        assert incoming.offset == 0
        incoming.write(theirs.read(digest))
        incoming.finish()
    assert b"".join(store.open(digest, KEY)) == PLAIN * 20


def test_more_bytes_than_announced_are_refused(store: PayloadStore, source: Source) -> None:
    theirs, digest, size = source
    with store.receive(digest, size - 1) as incoming, pytest.raises(PayloadRefused, match="More bytes"):
        incoming.write(theirs.read(digest))
    assert not store.has(digest)


def test_fewer_bytes_than_announced_wait(store: PayloadStore, source: Source) -> None:
    theirs, digest, size = source
    with store.receive(digest, size) as incoming:
        incoming.write(theirs.read(digest, 0, 5))
        with pytest.raises(PayloadRefused, match="missing"):
            incoming.finish()
        incoming.write(theirs.read(digest, 5))
        incoming.finish()
    assert store.has(digest)


def test_wrong_bytes_never_get_the_name(store: PayloadStore, source: Source, tmp_path: Path) -> None:
    theirs, digest, size = source
    with store.receive(digest, size) as incoming:
        incoming.write(theirs.read(digest, 0, size - 1))
        incoming.write([b"!"])
        with pytest.raises(PayloadRefused, match="do not fit"):
            incoming.finish()
    assert list((tmp_path / "payloads").iterdir()) == []


def test_two_receivers_of_one_payload_do_not_mix(store: PayloadStore, source: Source) -> None:
    _, digest, size = source
    with store.receive(digest, size), pytest.raises(PayloadRefused, match="being received already"):
        store.receive(digest, size)
    with store.receive(digest, size):
        pass


def test_memory_stays_flat_whatever_the_size(store: PayloadStore) -> None:
    class Zeros(io.RawIOBase):
        left = 24 * CHUNK_BYTES

        def read(self, size: int = -1) -> bytes:
            piece = bytes(min(size, self.left))
            self.left -= len(piece)
            return piece

    def drain(pieces: Iterator[bytes]) -> int:
        return sum(map(len, pieces))

    tracemalloc.start()
    made = store.seal(Zeros(), KEY, CountedRandom())  # type: ignore[arg-type]
    assert drain(store.open(made.digest, KEY)) == 24 * CHUNK_BYTES
    store.destroy(made.digest)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * CHUNK_BYTES
