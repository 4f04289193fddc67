# SPDX-License-Identifier: Apache-2.0
"""A disk that remembers every write, so that each moment of a power cut can be looked at afterwards.

Rules
  - `RecordingDisk` is an SQLite VFS: it passes writes, truncations, syncs and deletions on and keeps a journal of them.
  - `crash_images` rebuilds what a disk may hold after a cut behind operation k: everything synced is there; of what
    was written to a file after its last sync, each write may be there, missing, torn in 512-byte sectors, or
    overtaken by a later one. A deletion is settled by the next sync of any file, as in a journalling file system.
  - `mark` puts a note between operations: what was acknowledged at that moment must be found in every later image.

Worked example
    disk = RecordingDisk("disk-1"); db = apsw.Connection(path, vfs="disk-1"); …; disk.mark("act 7 acknowledged")
    for image in crash_images(disk.journal, seed=1, per_cut=3): image.write_to(folder)
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import apsw

SECTOR = 512


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that happened to a file, or a note."""

    what: Literal["write", "truncate", "sync", "delete", "mark"]
    name: str
    offset: int = 0
    data: bytes = b""


@dataclass
class RecordingDisk:
    """Registers an SQLite VFS under `name` and keeps the journal of what the database did to its files."""

    name: str
    journal: list[Operation] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._vfs = _Vfs(self.name, self)

    def mark(self, note: str) -> None:
        """Note that something was acknowledged here."""
        self.journal.append(Operation("mark", note))

    def close(self) -> None:
        """Take the VFS away again."""
        self._vfs.unregister()


class _Vfs(apsw.VFS):
    def __init__(self, name: str, disk: RecordingDisk) -> None:
        self.disk = disk
        super().__init__(name, "")

    def xOpen(self, name: Any, flags: list[int]) -> "_File":
        return _File(name, flags, self.disk)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        super().xDelete(filename, syncdir)
        name = Path(filename).name
        self.disk.journal.append(Operation("delete", name))
        if syncdir:
            self.disk.journal.append(Operation("sync", name))


class _File(apsw.VFSFile):
    def __init__(self, name: Any, flags: list[int], disk: RecordingDisk) -> None:
        path = name.filename() if isinstance(name, apsw.URIFilename) else (name or "")
        self._disk = disk if path else None
        self._name = Path(path).name
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:
        super().xWrite(data, offset)
        self._note("write", offset, bytes(data))

    def xTruncate(self, size: int) -> None:
        super().xTruncate(size)
        self._note("truncate", size)

    def xSync(self, flags: int) -> None:
        super().xSync(flags)
        self._note("sync")

    def _note(self, what: Literal["write", "truncate", "sync"], offset: int = 0, data: bytes = b"") -> None:
        if self._disk is not None:
            self._disk.journal.append(Operation(what, self._name, offset, data))


@dataclass(frozen=True, slots=True)
class CrashImage:
    """What the disk may hold after the cut, and what had been acknowledged before it."""

    cut: int
    files: Mapping[str, bytes]
    acknowledged: tuple[str, ...]

    def write_to(self, folder: Path) -> None:
        """Put the files into an empty folder."""
        for name, content in self.files.items():
            (folder / name).write_bytes(content)


def crash_images(
    journal: list[Operation], *, seed: int, per_cut: int = 3, every: int = 1, after: int = 0
) -> Iterator[CrashImage]:
    """Yield `per_cut` images for the cut behind every operation from `after` on (or each `every`-th one)."""
    chance = random.Random(seed)
    durable: dict[str, bytearray] = {}
    pending: list[Operation] = []
    marks: list[str] = []
    for number, operation in enumerate(journal):
        pending = _advance(operation, durable, pending, marks)
        if number >= after and number % every == 0:
            for variant in range(per_cut):
                yield CrashImage(number, _survive(durable, pending, chance, variant), tuple(marks))


def _advance(
    operation: Operation, durable: dict[str, bytearray], pending: list[Operation], marks: list[str]
) -> list[Operation]:
    if operation.what == "mark":
        marks.append(operation.name)
        return pending
    if operation.what != "sync":
        return [*pending, operation]
    settled = [each for each in pending if each.name == operation.name or each.what == "delete"]
    for earlier in settled:
        _apply(durable, earlier)
    return [each for each in pending if each not in settled]


def _survive(
    durable: dict[str, bytearray], pending: list[Operation], chance: random.Random, variant: int
) -> dict[str, bytes]:
    """Variant 0 loses all that was not synced, variant 1 keeps all, the others keep, drop, tear and reorder."""
    files = {name: bytearray(content) for name, content in durable.items()}
    survivors = list(pending) if variant else []
    if variant > 1:
        survivors = [_torn(each, chance) for each in pending if chance.random() < 0.6]
        if chance.random() < 0.5:
            chance.shuffle(survivors)
    for each in survivors:
        _apply(files, each)
    return {name: bytes(content) for name, content in files.items()}


def _torn(operation: Operation, chance: random.Random) -> Operation:
    if operation.what != "write" or chance.random() < 0.5 or len(operation.data) <= SECTOR:
        return operation
    keep = SECTOR * chance.randrange(1, max(2, len(operation.data) // SECTOR))
    if chance.random() < 0.5:
        return Operation("write", operation.name, operation.offset, operation.data[:keep])
    return Operation("write", operation.name, operation.offset + keep, operation.data[keep:])


def _apply(files: dict[str, bytearray], operation: Operation) -> None:
    if operation.what == "delete":
        files.pop(operation.name, None)
        return
    content = files.setdefault(operation.name, bytearray())
    if operation.what == "truncate":
        del content[operation.offset :]
        return
    if len(content) < operation.offset:
        content.extend(bytes(operation.offset - len(content)))
    content[operation.offset : operation.offset + len(operation.data)] = operation.data
