# SPDX-License-Identifier: Apache-2.0
"""The bytes of a delivery: an outer head in the clear, and the frames of a batch inside the seal.

Rules
  - The outer head says only what the receiver needs in order to open the seal: programme, stream, positions.
  - A batch is a sequence of frames, each with a 32-bit length; a frame that is cut or left over refuses the batch.
  - Frame 1 holds the checkpoints with their consistency proofs (bodies of `add-checkpoint`), frame 2 the cover,
    the rest the parcels.
  - Integers are big-endian and unsigned; nothing here is signed, everything in here is checked against the cover.

Worked example (a parcel frame)
    u64 position | u64 leaf index | u16 length, origin | u8 n, n * 32 bytes of proof | header.payload.signature~d1~…~
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Annotated, TypeVar

import msgspec

from paridad.base.errors import Malformed
from paridad.base.strict import read_json, write_json
from paridad.base.words import Words
from paridad.exchange.errors import BatchRefused

MAX_BATCH_BYTES = 64 * 1024 * 1024
MAX_PARCELS = 256
BATCH_OVERHEAD = 2
"""Frames of a batch that are not parcels: the checkpoints and the cover."""
MAX_CHECKPOINTS = 2
"""A party has two logs."""
MAX_PROOF = 63
HASH_BYTES = 32

T = TypeVar("T")

_LENGTH = struct.Struct(">I")
_PARCEL = struct.Struct(">QQH")


class Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands outside the seal."""

    prg: str
    sender: str
    recipient: str
    first: Annotated[int, msgspec.Meta(ge=1)]
    count: Annotated[int, msgspec.Meta(ge=1, le=MAX_PARCELS)]


@dataclass(frozen=True, slots=True)
class Parcel:
    """One act on its way: position in the stream, place in the sender's log with proof, and the presentation."""

    position: int
    origin: str
    index: int
    proof: tuple[bytes, ...]
    wire: bytes
    """`header.payload.signature~d1~…~`: the signed part and the disclosures that are released."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What is sealed: checkpoints, the cover, and the parcels it lists."""

    checkpoints: tuple[bytes, ...]
    """Bodies of `add-checkpoint`, one per log of the sender that a parcel lies in (C2SP tlog-witness)."""
    cover: Parcel
    parcels: tuple[Parcel, ...]


class Again(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a receiver asks that misses a position of a stream."""

    sender: str
    recipient: str
    position: Annotated[int, msgspec.Meta(ge=1)]
    sizes: tuple[tuple[str, Annotated[int, msgspec.Meta(ge=0)]], ...]
    """Per log of the sender, the size that the receiver has witnessed."""


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a receiver answers to a delivery."""

    receipt: str
    """The receipt act with its disclosures, or empty when the batch was not filed."""
    index: Annotated[int, msgspec.Meta(ge=0)]
    """Leaf index of the receipt in the receiver's shared log."""
    checkpoint: str
    """A signed checkpoint of that log which covers the receipt, or empty."""
    proof: tuple[str, ...]
    """The receipt's audit path in the tree of that checkpoint, each hash in base64."""
    cosignatures: tuple[tuple[str, str], ...]
    """Per origin, the cosignature lines on the checkpoint that came along."""
    expect: int
    """The stream position that the receiver waits for."""
    sizes: tuple[tuple[str, Annotated[int, msgspec.Meta(ge=0)]], ...]
    """Per log of the sender, the size that the receiver has witnessed."""
    refusal: str
    """Why nothing was filed (step and sentence, in English), or empty."""


def write_delivery(head: Head, sealed: bytes) -> bytes:
    """Put the outer head before the sealed batch."""
    outer = write_json(msgspec.to_builtins(head))
    return _LENGTH.pack(len(outer)) + outer + sealed


def read_delivery(body: bytes) -> tuple[Head, bytes]:
    """Split a delivery into its head and the sealed batch, or raise `BatchRefused`."""
    if len(body) > MAX_BATCH_BYTES:
        raise _refused("El lote pasa del tamaño admitido.", "The batch is larger than admitted.")
    if len(body) < _LENGTH.size:
        raise _refused("El envío está cortado.", "The delivery is cut short.")
    (length,) = _LENGTH.unpack_from(body)
    outer, sealed = body[_LENGTH.size : _LENGTH.size + length], body[_LENGTH.size + length :]
    return _typed(outer, Head), sealed


def write_batch(batch: Batch) -> bytes:
    """Return the frames of a batch."""
    first = write_json([body.decode("utf-8") for body in batch.checkpoints], max_string=MAX_BATCH_BYTES)
    return b"".join(_frame(data) for data in (first, *map(_parcel_bytes, (batch.cover, *batch.parcels))))


def read_batch(data: bytes) -> Batch:
    """Read the frames of a batch, or raise `BatchRefused`."""
    frames = list(islice(_frames(data), MAX_PARCELS + BATCH_OVERHEAD + 1))
    if not BATCH_OVERHEAD <= len(frames) <= MAX_PARCELS + BATCH_OVERHEAD:
        raise _refused(
            "El lote no tiene carátula o trae demasiadas piezas.", "The batch has no cover or too many parts."
        )
    bodies = _typed(frames[0], tuple[str, ...])
    if len(bodies) > MAX_CHECKPOINTS:
        raise _refused("El lote trae demasiados puntos de control.", "The batch has too many checkpoints.")
    cover, *parcels = map(_read_parcel, frames[1:])
    return Batch(tuple(body.encode() for body in bodies), cover, tuple(parcels))


def write_again(again: Again) -> bytes:
    """Return the bytes of a question for a position."""
    return write_json(msgspec.to_builtins(again))


def read_again(data: bytes) -> Again:
    """Read a question for a position, or raise `BatchRefused`."""
    return _typed(data, Again)


def write_parcels(parcels: Sequence[Parcel]) -> bytes:
    """Return parcels as frames: what a party is given back of its own log."""
    return b"".join(_frame(_parcel_bytes(parcel)) for parcel in parcels)


def read_parcels(data: bytes) -> list[Parcel]:
    """Read frames of parcels, or raise `BatchRefused`."""
    return [_read_parcel(frame) for frame in islice(_frames(data), MAX_PARCELS)]


def write_answer(answer: Answer) -> bytes:
    """Return the bytes of an answer."""
    return write_json(msgspec.to_builtins(answer), max_string=MAX_BATCH_BYTES)


def read_answer(data: bytes) -> Answer:
    """Read an answer, or raise `BatchRefused`."""
    return _typed(data, Answer)


def _typed(data: bytes, type_: type[T]) -> T:
    try:
        return msgspec.convert(read_json(data, max_string=MAX_BATCH_BYTES), type_, strict=True)
    except (Malformed, msgspec.ValidationError) as error:
        raise _refused(f"Encabezado mal formado: {error}.", f"Malformed head: {error}.") from error


def _parcel_bytes(parcel: Parcel) -> bytes:
    origin = parcel.origin.encode()
    head = _PARCEL.pack(parcel.position, parcel.index, len(origin)) + origin
    return head + bytes([len(parcel.proof)]) + b"".join(parcel.proof) + parcel.wire


def _read_parcel(data: bytes) -> Parcel:
    if len(data) < _PARCEL.size:
        raise _refused("Una pieza del lote está cortada.", "A part of the batch is cut short.")
    position, index, length = _PARCEL.unpack_from(data)
    at = _PARCEL.size + length
    origin, count = data[_PARCEL.size : at], data[at : at + 1]
    end = at + 1 + (count[0] if count else 0) * HASH_BYTES
    if not count or count[0] > MAX_PROOF or len(data) <= end or not origin.isascii():
        raise _refused("Una pieza del lote está mal formada.", "A part of the batch is malformed.")
    proof = tuple(data[i : i + HASH_BYTES] for i in range(at + 1, end, HASH_BYTES))
    return Parcel(position, origin.decode("ascii"), index, proof, data[end:])


def _frame(data: bytes) -> bytes:
    return _LENGTH.pack(len(data)) + data


def _frames(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        if len(data) - at < _LENGTH.size:
            raise _refused("El lote está cortado.", "The batch is cut short.")
        (length,) = _LENGTH.unpack_from(data, at)
        at += _LENGTH.size
        if len(data) - at < length:
            raise _refused("El lote está cortado.", "The batch is cut short.")
        yield data[at : at + length]
        at += length


def _refused(es: str, en: str) -> BatchRefused:
    return BatchRefused("frame", Words(es=es, en=en))
