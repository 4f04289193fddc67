# SPDX-License-Identifier: Apache-2.0
"""Backups of an SQLite store, taken while it works, with the heads they hold.

Rules
  - The copy is one snapshot (SQLite's online backup), checked whole, synced, and only then given its name.
  - Beside it stands `<name>.heads`: size and root of every log in the copy, and the SHA-256 of its file. A copy that
    does not fit its record is not restored.
  - A restored store remembers that it is one (`meta`, key `restored`): before it signs anything the node asks its
    witness for the last size it saw. Going on from yesterday's backup would be equivocation (spine 3.5).
  - A backup holds wrapped keys, never the keys of epochs; what was erased since stays readable in it until its
    epoch's key is destroyed. Payload files are immutable and are copied by any tool, after the database.
  - PostgreSQL has its own tools; take `recorded_heads` beside them.

Worked example
    record = back_up(store, Path("/backup/2026-07-01.db"), at=now)
    restore(Path("/backup/2026-07-01.db"), Path("/var/lib/paridad/node.db"))
    with Store.open(...) as store: restored_heads(store)      is record.heads until `settled` is called
"""

import os
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import msgspec
import sqlalchemy as sa

from paridad.base.strict import encode_base64url, read_json, write_json
from paridad.base.words import Words
from paridad.store.engine import Store
from paridad.store.errors import BackupRefused
from paridad.store.ledger import origins
from paridad.store.records import drop_meta, get_meta
from paridad.store.sqlite import open_connection

RESTORED = "restored"
"""Key of the fact that a store was restored and has not asked its witness yet."""

_PIECE = 1024 * 1024


class LogHead(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Size and root of a log in a backup."""

    origin: str
    size: int
    root: str
    """base64url of the 32-byte root."""


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a backup holds."""

    at: int
    file: str
    """SHA-256 of the database file, hexadecimal."""
    heads: tuple[LogHead, ...]

    def to_json(self) -> bytes:
        """Return the text that stands beside the backup."""
        return write_json(msgspec.to_builtins(self))


def back_up(store: Store, target: Path, *, at: int) -> Record:
    """Copy a store that is open and may be working, or raise `BackupRefused`."""
    if store.path is None:
        raise _refused("Use las herramientas de PostgreSQL.", "Use PostgreSQL's own tools.")
    if target.exists():
        raise _refused(f"{target.name} ya existe.", f"{target.name} exists already.")
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    with closing(open_connection(store.path, True)) as source, closing(_single_file(part)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE").fetchall()
    record = _checked(part, at)
    _write_durably(_record_of(target), record.to_json())
    part.replace(target)
    _sync(target.parent)
    return record


def restore(backup: Path, target: Path) -> Record:
    """Put a backup in the place of a database that is not there, marked as restored; `BackupRefused` otherwise."""
    if any(target.with_name(target.name + end).exists() for end in ("", "-wal")):
        raise _refused(f"Ya hay una base en {target.name}.", f"There is a database at {target.name} already.")
    record = read_record(backup)
    part = target.with_name(target.name + ".part")
    shutil.copyfile(backup, part)
    if _checked(part, record.at) != record:
        part.unlink()
        raise _refused("La copia no corresponde a su registro.", "The copy does not fit its record.")
    with closing(_single_file(part)) as raw, raw:
        raw.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (RESTORED, record.to_json().decode()))
    _sync(part)
    part.replace(target)
    _sync(target.parent)
    return record


def read_record(backup: Path) -> Record:
    """Return the record that stands beside a backup."""
    try:
        return _record(_record_of(backup).read_bytes())
    except FileNotFoundError as error:
        raise _refused("Falta el registro de cabezas de la copia.", "The copy's record of heads is missing.") from error


def recorded_heads(conn: sa.Connection) -> tuple[LogHead, ...]:
    """Return the heads of a store as a record holds them."""
    return tuple(LogHead(o, head.size, encode_base64url(head.root)) for o, head in origins(conn).items())


def restored_heads(conn: sa.Connection) -> Mapping[str, int] | None:
    """Return the sizes that a restored store began with, None if it was not restored or has settled since."""
    text = get_meta(conn, RESTORED)
    return None if text is None else {head.origin: head.size for head in _record(text.encode()).heads}


def settled(conn: sa.Connection) -> None:
    """Note that the witness was asked and every log goes on from what it saw."""
    drop_meta(conn, RESTORED)


def _record(data: bytes) -> Record:
    return msgspec.convert(read_json(data), Record)


def _record_of(backup: Path) -> Path:
    return backup.with_name(backup.name + ".heads")


def _single_file(path: Path) -> sqlite3.Connection:
    raw = open_connection(path, False)
    raw.execute("PRAGMA synchronous=FULL").fetchall()
    return raw


def _checked(part: Path, at: int) -> Record:
    """Check a copy whole and return what it holds; remove it and raise `BackupRefused` where it is damaged."""
    try:
        return Record(at, _digest(part), _heads_in(part))
    except sqlite3.DatabaseError as error:
        part.unlink()
        raise _refused(f"La copia está dañada: {error}.", f"The copy is damaged: {error}.") from error


def _heads_in(path: Path) -> tuple[LogHead, ...]:
    with closing(open_connection(path, True)) as raw:
        answer = raw.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if answer != "ok":
            raise sqlite3.DatabaseError(answer)
        rows = raw.execute("SELECT origin, size, root FROM heads ORDER BY origin").fetchall()
    return tuple(LogHead(origin, size, encode_base64url(root)) for origin, size, root in rows)


def _digest(path: Path) -> str:
    whole = sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            whole.update(piece)
        os.fsync(file.fileno())
    return whole.hexdigest()


def _write_durably(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    _sync(path)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _refused(es: str, en: str) -> BackupRefused:
    return BackupRefused(Words(es=es, en=en))
