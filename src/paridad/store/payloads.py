# SPDX-License-Identifier: Apache-2.0
"""Payloads: bulk beside the ledger, in files named by the SHA-256 of their ciphertext.

Rules
  - Format: a header (label, AEAD number, chunk size, 7 random bytes), then chunks of AES-256-GCM. The nonce of a chunk
    is the 7 bytes, a 32-bit counter and an end mark, the header is authenticated with each: chunks cannot be dropped,
    repeated, reordered, cut off at the end or taken from another payload (the STREAM construction).
  - One random key per payload; it travels as a disclosure and is kept in the vault, never here.
  - A file has its final name only when it is whole, its digest is right and it is on the disk (fsync of file and
    folder). What is still coming is `<digest>.part`; `<digest>.mark` says up to where it is durable, with the SHA-256
    of everything before. Resuming hashes the part again and goes on from the mark, or from zero.
  - Memory is constant: at most one chunk at a time. A full disk refuses before accepting, never after.

Worked example
    sealed = payloads.seal(file, key, random)          Sealed(digest="…", size=…)
    incoming = other.receive(sealed.digest, sealed.size)
    incoming.write(payloads.read(sealed.digest, incoming.offset, sealed.size)); incoming.finish()
    b"".join(other.open(sealed.digest, key))           is what the file held
"""

import fcntl
import os
import re
import shutil
import struct
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from paridad.base.sources import Random
from paridad.base.words import Words
from paridad.store.errors import PayloadRefused, StoreFull
from paridad.store.vault import AES_256_GCM

CHUNK_BYTES = 1024 * 1024
MARK_BYTES = 16 * CHUNK_BYTES
"""How much may come before it is made durable and marked."""
RESERVE_BYTES = 256 * CHUNK_BYTES
"""What stays free for the database when payloads are taken in."""

_LABEL = b"paridad/payload/1\0"
_HEADER = struct.Struct(f">{len(_LABEL)}sHI7s")
_TAG_BYTES = 16
_MAX_CHUNKS = 2**32
_DIGEST = re.compile(r"[0-9a-f]{64}")
_MARK = re.compile(r"([0-9]{1,19}) ([0-9a-f]{64})\n")


class _Hash(Protocol):
    """A running SHA-256."""

    def update(self, data: bytes, /) -> None: ...
    def hexdigest(self) -> str: ...
    def copy(self) -> Self: ...


class Sealed(NamedTuple):
    """The public name of a payload: digest and size of its ciphertext."""

    digest: str
    size: int


class PayloadStore:
    """A folder of payloads."""

    def __init__(self, folder: Path, *, free: Callable[[], int] | None = None) -> None:
        self._folder = folder
        self._free = free or (lambda: shutil.disk_usage(folder).free)
        folder.mkdir(parents=True, exist_ok=True)

    # --- making and reading --------------------------------------------------------------------------------------

    def seal(self, source: BinaryIO, key: bytes, random: Random) -> Sealed:
        """Encrypt a file under a fresh key and keep it; return its name."""
        prefix = random(7)
        part = self._folder / f"{random(16).hex()}.sealing"
        whole, size = sha256(), 0
        try:
            with part.open("xb") as file:
                for piece in seal_chunks(source, key, prefix):
                    self._demand_room(len(piece))
                    file.write(piece)
                    whole.update(piece)
                    size += len(piece)
                _sync(file)
            sealed = Sealed(whole.hexdigest(), size)
            self._settle(part, sealed.digest)
        finally:
            part.unlink(missing_ok=True)
        return sealed

    def has(self, digest: str) -> bool:
        """Tell whether the payload is here, whole."""
        return self._path(digest).exists()

    def size(self, digest: str) -> int:
        """Return the size of a payload's ciphertext, or raise `PayloadRefused` where it is not here."""
        with self._opened(digest) as file:
            return os.fstat(file.fileno()).st_size

    def read(self, digest: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Yield the ciphertext from `start` up to, not including, `end`."""
        with self._opened(digest) as file:
            file.seek(start)
            left = (os.fstat(file.fileno()).st_size if end is None else end) - start
            while left > 0 and (piece := file.read(min(CHUNK_BYTES, left))):
                left -= len(piece)
                yield piece

    def open(self, digest: str, key: bytes) -> Iterator[bytes]:
        """Yield the plaintext, chunk by chunk, each authenticated before it is given out."""
        return self.open_range(digest, key, 0, None)

    def open_range(self, digest: str, key: bytes, start: int, end: int | None) -> Iterator[bytes]:
        """Yield the plaintext from `start` up to, not including, `end`; only the chunks in between are opened."""
        with self._opened(digest) as file:
            yield from open_chunks(file, key, start, end)

    def verify(self, digest: str) -> None:
        """Hash the whole file again, or raise `PayloadRefused`."""
        whole = sha256()
        for piece in self.read(digest):
            whole.update(piece)
        if whole.hexdigest() != digest:
            raise _refused("El archivo ya no corresponde a su huella.", "The file no longer fits its digest.")

    def digests(self) -> list[str]:
        """Return the payloads that are here, whole."""
        return sorted(path.name for path in self._folder.iterdir() if _DIGEST.fullmatch(path.name))

    def destroy(self, digest: str) -> bool:
        """Remove a payload and what came of it; return whether it was here."""
        was_here = self.has(digest)
        for path in (self._path(digest), *self._coming(digest)):
            path.unlink(missing_ok=True)
        _sync_folder(self._folder)
        return was_here

    # --- taking in -----------------------------------------------------------------------------------------------

    def receive(self, digest: str, size: int) -> "Incoming":
        """Begin or resume taking in a payload; `offset` says from where the sender continues."""
        part, mark = self._coming(digest)
        self._demand_room(size - (part.stat().st_size if part.exists() else 0))
        return Incoming(self, digest, size, part, mark)

    def clean(self) -> int:
        """Remove what an interrupted `seal` left; call at start-up. Return how many files went."""
        left = list(self._folder.glob("*.sealing"))
        for path in left:
            path.unlink()
        return len(left)

    def _coming(self, digest: str) -> tuple[Path, Path]:
        path = self._path(digest)
        return path.with_suffix(".part"), path.with_suffix(".mark")

    def _path(self, digest: str) -> Path:
        if not _DIGEST.fullmatch(digest):
            raise _refused("No es la huella de un envío voluminoso.", "This is not the digest of a payload.")
        return self._folder / digest

    def _opened(self, digest: str) -> BinaryIO:
        try:
            return self._path(digest).open("rb")
        except FileNotFoundError as error:
            raise _refused("El envío voluminoso no está aquí.", "The payload is not here.") from error

    def _settle(self, part: Path, digest: str) -> None:
        part.replace(self._path(digest))
        _sync_folder(self._folder)

    def _demand_room(self, wanted: int) -> None:
        if self._free() - RESERVE_BYTES < wanted:
            raise StoreFull(
                Words(es="No hay espacio para el envío voluminoso.", en="There is no room for the payload.")
            )


class Incoming:
    """A payload on its way in."""

    def __init__(self, store: PayloadStore, digest: str, size: int, part: Path, mark: Path) -> None:
        self._store = store
        self._digest = digest
        self._size = size
        self._part = part
        self._mark = mark
        self._file = os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+b")
        _lock(self._file)
        self._whole, self.offset = self._verified()
        self._file.truncate(self.offset)
        self._file.seek(self.offset)
        self._marked = self.offset

    def write(self, pieces: Iterable[bytes]) -> None:
        """Take the bytes that follow `offset`; what is more than the announced size is refused."""
        for piece in pieces:
            if self.offset + len(piece) > self._size:
                raise _refused("Llegan más bytes de los anunciados.", "More bytes come than were announced.")
            self._file.write(piece)
            self._whole.update(piece)
            self.offset += len(piece)
            if self.offset - self._marked >= MARK_BYTES:
                self.pause()

    def pause(self) -> None:
        """Make durable what came and mark it, so that a later `receive` goes on from here."""
        _sync(self._file)
        fresh = self._mark.with_suffix(".mark-new")
        with fresh.open("wb") as file:
            file.write(f"{self.offset} {self._whole.copy().hexdigest()}\n".encode("ascii"))
            _sync(file)
        fresh.replace(self._mark)
        _sync_folder(self._mark.parent)
        self._marked = self.offset

    def finish(self) -> None:
        """Give the file its name if it is whole and right; otherwise remove it and raise `PayloadRefused`."""
        if self.offset < self._size:
            raise _refused("Faltan bytes del envío voluminoso.", "Bytes of the payload are missing.")
        if self._whole.hexdigest() != self._digest:
            self._part.unlink()
            self._mark.unlink(missing_ok=True)
            raise _refused("Los bytes no corresponden a la huella.", "The bytes do not fit the digest.")
        _sync(self._file)
        self._store._settle(self._part, self._digest)  # noqa: SLF001  the two are one module
        self._mark.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file; what is marked stays."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _verified(self) -> tuple[_Hash, int]:
        """Return the hash state up to the mark if the part still fits it, otherwise a fresh start."""
        with suppress(FileNotFoundError):
            match = _MARK.fullmatch(self._mark.read_text("ascii"))
            marked = int(match.group(1)) if match else 0
            whole = sha256()
            for piece in _pieces(self._file, marked):
                whole.update(piece)
            if match and whole.copy().hexdigest() == match.group(2) and marked <= self._size:
                return whole, marked
        return sha256(), 0


# --- the format -----------------------------------------------------------------------------------------------------


def seal_chunks(source: BinaryIO, key: bytes, prefix: bytes, chunk_bytes: int = CHUNK_BYTES) -> Iterator[bytes]:
    """Yield header and encrypted chunks; an empty source is one empty last chunk."""
    header = _HEADER.pack(_LABEL, AES_256_GCM, chunk_bytes, prefix)
    cipher = AESGCM(key)
    yield header
    chunk, counter = _full_read(source, chunk_bytes), 0
    while True:
        following = _full_read(source, chunk_bytes) if len(chunk) == chunk_bytes else b""
        yield cipher.encrypt(_nonce(prefix, counter, last=not following), chunk, header)
        if not following:
            return
        chunk, counter = following, counter + 1


def open_chunks(file: BinaryIO, key: bytes, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """Yield the plaintext between two offsets, or raise `PayloadRefused`."""
    header = file.read(_HEADER.size)
    chunk_bytes, prefix = _read_header(header)
    stride = chunk_bytes + _TAG_BYTES
    body = os.fstat(file.fileno()).st_size - _HEADER.size
    chunks = max(1, -(-body // stride))
    size = body - chunks * _TAG_BYTES
    end = size if end is None else min(end, size)
    first, last = start // chunk_bytes, max(0, end - 1) // chunk_bytes
    if size < 0 or chunks > _MAX_CHUNKS:
        raise _refused("El envío voluminoso está cortado.", "The payload is cut short.")
    cipher = AESGCM(key)
    for counter in range(first, last + 1):
        file.seek(_HEADER.size + counter * stride)
        plain = _decrypt(cipher, _nonce(prefix, counter, last=counter == chunks - 1), file.read(stride), header)
        at = counter * chunk_bytes
        yield plain[max(0, start - at) : end - at]


def _decrypt(cipher: AESGCM, nonce: bytes, data: bytes, header: bytes) -> bytes:
    try:
        return cipher.decrypt(nonce, data, header)
    except InvalidTag as error:
        raise _refused(
            "Un trozo no abre: otra llave, otro lugar o bytes cambiados.",
            "A chunk does not open: another key, another place or changed bytes.",
        ) from error


def _read_header(header: bytes) -> tuple[int, bytes]:
    if len(header) == _HEADER.size:
        label, aead, chunk_bytes, prefix = _HEADER.unpack(header)
        if label == _LABEL and aead == AES_256_GCM and 0 < chunk_bytes <= CHUNK_BYTES:
            return chunk_bytes, prefix
    raise _refused("No es un envío voluminoso de este formato.", "This is not a payload of this format.")


def _nonce(prefix: bytes, counter: int, *, last: bool) -> bytes:
    return prefix + struct.pack(">IB", counter, last)


def _full_read(source: BinaryIO, size: int) -> bytes:
    """Read `size` bytes unless the source ends; raw streams may give fewer at a time."""
    pieces: list[bytes] = []
    while size > 0 and (piece := source.read(size)):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def _pieces(file: BinaryIO, size: int) -> Iterator[bytes]:
    file.seek(0)
    while size > 0 and (piece := file.read(min(CHUNK_BYTES, size))):
        size -= len(piece)
        yield piece


def _lock(file: BinaryIO) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise _refused(
            "Este envío voluminoso ya se está recibiendo.", "This payload is being received already."
        ) from error


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _refused(es: str, en: str) -> PayloadRefused:
    return PayloadRefused(Words(es=es, en=en))
