# SPDX-License-Identifier: Apache-2.0
"""The lines of a file that is brought in, and what is handed back of it: rejected rows and notes.

Rules
  - A file is plain or packed by gzip; which it is shows in its bytes, not in its name.
  - A line is bounded: of a longer one only so much is held as shows that it is too long.
  - A reject is a row that was not loaded, with its bytes as they came. A note is about a row that was loaded.

Worked example
    for number, raw in lines_of(Path("list.json.gz"), limit=64 * 1024): …
"""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, cast

from paridad.base.words import Words
from paridad.desks.targets.errors import ListDamaged

_PACKED = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that was not loaded: where it stands, which column, why, and its bytes as they came."""

    file: str
    line: int
    column: str
    reason: Words
    raw: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """Something about a row that was loaded: a property that is refused, a form that is proposed."""

    kind: str
    file: str
    line: int
    column: str
    value: str = ""
    proposed: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """A file that was handed in and is in memory alone."""

    name: str
    data: bytes

    def open(self, mode: str) -> BytesIO:
        """Open it for reading."""
        assert mode == "rb"
        return BytesIO(self.data)


File = Path | Held


def lines_of(path: File, *, limit: int) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of a file with their numbers, line ends included; a longer one is cut behind the limit."""
    try:
        with path.open("rb") as plain:
            packed = plain.read(len(_PACKED)) == _PACKED
            plain.seek(0)
            yield from _cut(cast("BinaryIO", gzip.GzipFile(fileobj=plain)) if packed else plain, limit)
    except (OSError, EOFError, zlib.error) as error:
        raise ListDamaged(
            Words(es=f"{path.name} no se puede leer: {error}.", en=f"{path.name} cannot be read: {error}.")
        ) from error


def _cut(stream: BinaryIO, limit: int) -> Iterator[tuple[int, bytes]]:
    number = 0
    while raw := stream.readline(limit + 1):
        number += 1
        while not raw.endswith(b"\n") and (rest := stream.readline(limit)):
            raw = raw[: limit + 1] + rest[-1:]
        yield number, raw


def digest_of(path: File) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    found = sha256()
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            found.update(part)
    return found.hexdigest()
