# SPDX-License-Identifier: Apache-2.0
"""The bytes of a delivery: what is written is read back, and nothing else is."""

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paridad.base.strict import write_json
from paridad.exchange import wire
from paridad.exchange.errors import BatchRefused
from paridad.exchange.wire import (
    MAX_BATCH_BYTES,
    MAX_PARCELS,
    Again,
    Answer,
    Batch,
    Head,
    Parcel,
    read_again,
    read_answer,
    read_batch,
    read_delivery,
    read_parcels,
    write_again,
    write_answer,
    write_batch,
    write_delivery,
    write_parcels,
)

ASCII = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40)
HASHES = st.binary(min_size=32, max_size=32)
U64 = st.integers(0, 2**64 - 1)
PARCELS = st.builds(
    Parcel, U64, ASCII, U64, st.lists(HASHES, max_size=63).map(tuple), st.binary(min_size=1, max_size=300)
)
BATCHES = st.builds(
    Batch, st.lists(ASCII.map(str.encode), max_size=2).map(tuple), PARCELS, st.lists(PARCELS, max_size=5).map(tuple)
)
SIZES = st.integers(0, 2**53 - 1)
ANSWERS = st.builds(
    Answer, ASCII, SIZES, ASCII, st.lists(ASCII, max_size=4).map(tuple),
    st.lists(st.tuples(ASCII, ASCII), max_size=3).map(tuple), SIZES,
    st.lists(st.tuples(ASCII, SIZES), max_size=3).map(tuple), ASCII,
)  # fmt: skip
HEAD = Head("practice@x", "A/ONE", "B/TWO", 7, 3)
PARCEL = Parcel(7, "A/practice/shared", 41, (bytes(32), b"\1" * 32), b"h.p.s~d~")
BATCH = Batch((b"old 0\n\nnote",), PARCEL, (PARCEL, PARCEL))


@given(BATCHES)
def test_a_batch_is_read_back(batch: Batch) -> None:
    """Writing and reading are inverse."""
    assert read_batch(write_batch(batch)) == batch


@given(st.lists(PARCELS, max_size=5))
def test_parcels_alone_are_read_back(parcels: list[Parcel]) -> None:
    """A party is given its own acts back in the same frames."""
    assert read_parcels(write_parcels(parcels)) == parcels


@given(ANSWERS)
def test_an_answer_is_read_back(answer: Answer) -> None:
    """Writing and reading are inverse."""
    assert read_answer(write_answer(answer)) == answer


@given(st.binary(max_size=200))
def test_a_delivery_is_read_back(sealed: bytes) -> None:
    """The sealed part is whatever follows the head."""
    assert read_delivery(write_delivery(HEAD, sealed)) == (HEAD, sealed)


def test_a_question_for_a_position_is_read_back() -> None:
    """Sender, recipient, position, and where the asking side stands."""
    again = Again("A/ONE", "B/TWO", 7, (("A/practice/shared", 4),))
    assert read_again(write_again(again)) == again


READERS: dict[str, tuple[Callable[[bytes], object], bytes]] = {
    "a delivery": (read_delivery, write_delivery(HEAD, b"")),
    "a batch": (read_batch, write_batch(BATCH)),
    "an answer": (read_answer, write_answer(Answer("", 0, "", (), (), 1, (), ""))),
    "a question": (read_again, write_again(Again("A/ONE", "B/TWO", 7, ()))),
}


@pytest.mark.parametrize(("read", "data"), READERS.values(), ids=READERS.keys())
def test_every_truncation_is_refused(read: Callable[[bytes], object], data: bytes) -> None:
    """Cut anywhere, it is refused or is a smaller whole that says less; uncut it is read."""
    read(data)
    whole = read(data)
    for length in range(len(data)):
        try:
            assert read(data[:length]) != whole
        except BatchRefused as error:
            assert error.step == "frame"


@given(st.binary(max_size=400))
@settings(max_examples=200)
def test_noise_is_refused_and_nothing_else_leaves(noise: bytes) -> None:
    """Only the declared exception."""
    for read in (read_delivery, read_batch, read_answer, read_again, read_parcels):
        try:
            read(noise)
        except BatchRefused as error:
            assert error.step == "frame"


@given(st.data())
@settings(max_examples=150)
def test_a_changed_byte_is_refused_or_says_something_else(data: st.DataObject) -> None:
    """No two spellings of one batch."""
    good = write_batch(BATCH)
    at = data.draw(st.integers(0, len(good) - 1))
    spoiled = bytearray(good)
    spoiled[at] ^= data.draw(st.integers(1, 255))
    try:
        assert read_batch(bytes(spoiled)) != BATCH
    except BatchRefused as error:
        assert error.step == "frame"


def refused(read: Callable[[bytes], object], data: bytes) -> str:
    """Return the sentence of a refusal."""
    with pytest.raises(BatchRefused) as error:
        read(data)
    assert error.value.words.es != error.value.words.en
    return error.value.words.en


HEADS: dict[str, dict[str, object]] = {
    "no position before the first": {"first": 0},
    "no empty batch": {"count": 0},
    "not more parcels than a batch takes": {"count": MAX_PARCELS + 1},
    "no text for a number": {"first": "7"},
    "no truth value for a number": {"first": True},
    "no float for a number": {"first": None},
    "nothing else": {"more": 1},
}


@pytest.mark.parametrize("change", HEADS.values(), ids=HEADS.keys())
def test_a_head_has_one_form(change: dict[str, object]) -> None:
    """Five entries of their types and bounds."""
    good = msgspec.to_builtins(HEAD)

    def delivery(tree: dict[str, object]) -> bytes:
        outer = write_json(tree)  # type: ignore[arg-type]
        return len(outer).to_bytes(4) + outer

    assert read_delivery(delivery(good))[0] == HEAD
    assert "Malformed" in refused(read_delivery, delivery(good | change))
    assert "Malformed" in refused(read_delivery, delivery({k: v for k, v in good.items() if k != "prg"}))


def frame(data: bytes) -> bytes:
    """Return a frame."""
    return len(data).to_bytes(4) + data


def test_a_batch_holds_no_more_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parcels, checkpoints, hashes and bytes are bounded, each at its edge."""
    full = Batch((b"a", b"b"), PARCEL, (PARCEL,) * MAX_PARCELS)
    assert read_batch(write_batch(full)) == full
    assert "too many parts" in refused(read_batch, write_batch(full) + frame(b"x"))
    assert "too many checkpoints" in refused(read_batch, write_batch(Batch((b"a",) * 3, PARCEL, ())))
    assert "no cover" in refused(read_batch, b"")
    assert "no cover" in refused(read_batch, frame(b"[]"))
    proof = (bytes(32),) * 63
    longest = Batch((), Parcel(1, "o", 1, proof, b"w"), ())
    assert read_batch(write_batch(longest)) == longest
    assert "malformed" in refused(read_batch, write_batch(Batch((), Parcel(1, "o", 1, (*proof, bytes(32)), b"w"), ())))
    body = write_delivery(HEAD, b"sealed")
    monkeypatch.setattr(wire, "MAX_BATCH_BYTES", len(body))
    assert read_delivery(body)
    monkeypatch.setattr(wire, "MAX_BATCH_BYTES", len(body) - 1)
    assert "larger than admitted" in refused(read_delivery, body)


def test_a_parcel_is_whole_or_refused() -> None:
    """Its head, its origin, its hashes and at least one byte of an act."""
    [good] = [write_parcels([PARCEL])]
    assert read_parcels(good) == [PARCEL]
    inside = good[4:]
    for length in (0, 17, 18, 20, len(inside) - len(PARCEL.wire)):
        assert refused(read_parcels, frame(inside[:length]))
    foreign = inside.replace(b"A/practice", "Á/practic".encode())
    assert "malformed" in refused(read_parcels, frame(foreign))


def test_parcels_beyond_what_was_asked_for_are_not_read() -> None:
    """A peer that gives more than a page gives the rest for nothing."""
    assert len(read_parcels(write_parcels([PARCEL] * (MAX_PARCELS + 5)))) == MAX_PARCELS


def test_checkpoints_are_texts() -> None:
    """The first frame is a JSON list of texts, read strictly."""
    tail = write_batch(Batch((), PARCEL, ()))
    tail = tail[4 + int.from_bytes(tail[:4]) :]
    assert read_batch(frame(b'["a"]') + tail).checkpoints == (b"a",)
    for bad in (b"{}", b"[1]", b'["a",]', b'["\\ud800"]', b'[ "a"]x'):
        assert "Malformed" in refused(read_batch, frame(bad) + tail)


def test_an_answer_may_be_large() -> None:
    """A receipt of many parcels is longer than a field of an act."""
    answer = Answer("x" * 200_000, 0, "", (), (), 1, (), "")
    assert read_answer(write_answer(answer)) == answer
    assert MAX_BATCH_BYTES >= 64 * 1024 * 1024
