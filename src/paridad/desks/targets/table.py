# SPDX-License-Identifier: Apache-2.0
"""A table in csv as dossiers, by a mapping that a person decided; what does not hold comes back to be corrected.

Rules
  - The encoding and divider that a file seems to have are stated, and proposed in the mapping; a row that is not in the
    mapping's encoding comes back with its bytes, and says which one it seems to be in.
  - A row is its neighbours' concern in nothing: a quote that is not closed costs its own line alone.
  - A cell that looks as if it had been read in another encoding is kept, and its mended form is proposed in a note.
  - Values stand as received; dates keep both readings; what is wrong with a number or a name is a note beside it.
  - Without a column for entry numbers a row is known by its content: changed, it is another dossier, and the report
    says so. What comes back is written in the same form as it came, with line, column and reason behind it.

Worked example
    for item in load_table(Path("padron.csv"), mapping, today="2026-12-01"): …
"""

import csv
import io
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice

from paridad.base.strict import encode_base64url
from paridad.base.words import Language, Words
from paridad.desks.targets.dossier import Dossier, dossier_fields
from paridad.desks.targets.errors import DossierRefused, ListDamaged
from paridad.desks.targets.lines import File, Note, Reject, lines_of
from paridad.desks.targets.mapping import (
    DIVIDERS,
    ENCODINGS,
    MAX_COLUMNS,
    ColumnMapping,
    Head,
    guess,
    is_refused_heading,
)
from paridad.desks.targets.table_row import Cells, Wrong, dossier_of_row

MAX_LINE = 64 * 1024
MOST_LINES = 50
"""So much and so many lines may one row be."""
SAMPLE = 64 * 1024
Item = Dossier | Reject | Note
ENTRY_DIGITS = 22
REASONS = ("renglón / line", "columna / column", "razón / reason")
"""Headings of what stands behind the cells of a row that came back."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_BOM = b"\xef\xbb\xbf"
_WIDE = (b"\xff\xfe", b"\xfe\xff")
_TWICE = re.compile("[ÃÂ][\u0080-\u00bf\u0152-\u2122]|â€")
_LOST = re.compile(r"\w\?\w|\ufffd")


@dataclass(frozen=True, slots=True)
class Row:
    """One row as its bytes, which may be several lines."""

    line: int
    raw: bytes


def look_at(path: File) -> Head:
    """Say how a table seems to be written and what its columns might be."""
    rows = list(islice(rows_of(path), 200))
    if not rows:
        raise _damaged(path, "está vacío", "is empty")
    encoding = detect(b"".join(row.raw for row in rows)[:SAMPLE])
    divider = _divider(rows[0].raw.decode(encoding, "replace"))
    columns = _cells(rows[0].raw.decode(encoding, "replace"), DIVIDERS[divider])
    _demand_headings(path, columns)
    refused = tuple(each for each in columns if is_refused_heading(each))
    return Head(encoding, divider, tuple(columns), guess(columns), refused)


def sample(path: File, mapping: ColumnMapping | Head, count: int) -> list[list[str]]:
    """Return the cells of the first rows, for a person to look at."""
    rows = islice(rows_of(path), 1, count + 1)
    return [_cells(row.raw.decode(mapping.encoding, "replace"), DIVIDERS[mapping.divider]) for row in rows]


def detect(data: bytes) -> str:
    """Name the encoding that bytes seem to be in."""
    try:
        data[: data.rfind(b"\n") + 1 or len(data)].decode("utf-8")
    except UnicodeDecodeError:
        return "iso-8859-1" if any(mark in data for mark in b"\x81\x8d\x8f\x90\x9d") else "windows-1252"
    return "utf-8"


def load_table(path: File, mapping: ColumnMapping, *, today: str) -> Iterator[Item]:
    """Yield a dossier for each row that holds, a reject for each that does not, and notes about those that came in."""
    rows = rows_of(path)
    head = next(rows, None)
    if head is None:
        raise _damaged(path, "está vacío", "is empty")
    try:
        columns = _cells(head.raw.decode(mapping.encoding), DIVIDERS[mapping.divider])
    except UnicodeDecodeError as error:
        raise _damaged(path, f"no está en {mapping.encoding}", f"is not in {mapping.encoding}") from error
    _demand_headings(path, columns)
    reader = _Reader(path.name, columns, mapping, today, set())
    yield from reader.of_columns()
    for row in rows:
        yield from reader.row(row)


def rows_of(path: File) -> Iterator[Row]:
    """Yield rows as bytes: a line, or several where a quote is open; blank lines are none.

    A quote that is not closed within its bounds costs the line where it was opened, and those behind are read anew.
    """
    coming, waiting = _without_mark(path), deque[tuple[int, bytes]]()
    held: list[tuple[int, bytes]] = []
    while (each := waiting.popleft() if waiting else next(coming, None)) or held:
        if each:
            held.append(each)
        whole = b"".join(raw for _, raw in held)
        open_ = whole.count(b'"') % 2 == 1
        if open_ and each and len(whole) <= MAX_LINE and len(held) <= MOST_LINES:
            continue
        (line, first), rest = held[0], held[1:]
        held = []
        if open_:
            waiting.extendleft(reversed(rest))
        if said := (first if open_ else whole).rstrip(b"\r\n"):
            yield Row(line, said)


def _without_mark(path: File) -> Iterator[tuple[int, bytes]]:
    for number, raw in lines_of(path, limit=MAX_LINE):
        if number == 1 and raw.startswith(_WIDE):
            raise _damaged(path, "está en UTF-16; guárdelo como UTF-8", "is in UTF-16; save it as UTF-8")
        yield number, raw.removeprefix(_BOM) if number == 1 else raw


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the rows of one table."""

    file: str
    columns: Sequence[str]
    mapping: ColumnMapping
    today: str
    seen: set[str]

    def of_columns(self) -> Iterator[Note]:
        """Yield what is left out of every row."""
        for column in self.columns:
            if is_refused_heading(column):
                yield Note("refused", self.file, 1, column)
            elif not self.mapping.of(column):
                yield Note("left_out", self.file, 1, column)
        if "entry" not in self.mapping.columns.values():
            yield Note("no_entry", self.file, 1, "")

    def row(self, row: Row) -> Iterator[Item]:
        """Yield what one row gives."""
        found = self._cells(row)
        if isinstance(found, Reject):
            yield found
            return
        try:
            dossier = dossier_of_row(found, self.mapping, self._entry(found), self.today)
            dossier_fields(dossier)
        except Wrong as wrong:
            yield self._back(row, wrong.column, *wrong.sentence)
            return
        except DossierRefused as error:
            yield self._back(row, "", error.words.es, error.words.en)
            return
        assert dossier.source is not None
        if dossier.source.entry in self.seen:
            yield self._back(row, found.column("entry"), "Ese registro está dos veces.", "That entry stands twice.")
            return
        self.seen.add(dossier.source.entry)
        yield dossier
        yield from self._notes(row, found)

    def _cells(self, row: Row) -> Cells | Reject:
        if len(row.raw) > MAX_LINE:
            return self._back(row, "", "El renglón pasa de 64 KiB.", "The line is longer than 64 KiB.")
        try:
            text = row.raw.decode(self.mapping.encoding)
        except UnicodeDecodeError:
            other = detect(row.raw)
            return self._back(
                row,
                "",
                f"No está en {self.mapping.encoding}; parece {other}.",
                f"Not in {self.mapping.encoding}; it looks like {other}.",
            )
        try:
            cells = _cells(text, DIVIDERS[self.mapping.divider], strict=True)
        except csv.Error as error:
            return self._back(row, "", f"Comillas mal puestas: {error}.", f"Quotes misplaced: {error}.")
        wanted, got = len(self.columns), len(cells)
        if wanted != got:
            return self._back(row, "", f"Tiene {got} columnas y no {wanted}.", f"It has {got} columns, not {wanted}.")
        for column, cell in zip(self.columns, cells, strict=True):
            if _CONTROL.search(cell):
                return self._back(row, column, "Contiene un carácter de control.", "It contains a control character.")
        return Cells.of(self.columns, cells, self.mapping)

    def _entry(self, cells: Cells) -> str:
        """Return the entry number of a row, or a digest of what it says."""
        if "entry" in self.mapping.columns.values():
            if not cells.one("entry").strip():
                raise Wrong(cells.column("entry"), "Falta el número de registro.", "The entry number is missing.")
            return cells.one("entry")
        said = "\0".join(cells.values).encode()
        return encode_base64url(sha256(said).digest())[:ENTRY_DIGITS]

    def _notes(self, row: Row, cells: Cells) -> Iterator[Note]:
        for column, value in zip(self.columns, cells.values, strict=True):
            if proposed := mended(value):
                yield Note("mended", self.file, row.line, column, value, proposed)
            elif _LOST.search(value):
                yield Note("lost", self.file, row.line, column, value)

    def _back(self, row: Row, column: str, es: str, en: str) -> Reject:
        return Reject(self.file, row.line, column, Words(es=es, en=en), row.raw)


def mended(cell: str) -> str:
    """Return what a cell would be if it had been read in the wrong encoding; nothing where it does not look so."""
    if not _TWICE.search(cell):
        return ""
    for encoding in ENCODINGS[1:]:
        try:
            return cell.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
    return ""


def returned(path: File, mapping: ColumnMapping, rejects: Iterable[Reject], language: Language) -> bytes:
    """Return a table of the rows that came back, as they came, with line, column and reason behind each."""
    divider, encoding = DIVIDERS[mapping.divider], mapping.encoding
    head = next(rows_of(path)).raw
    behind = ((each.raw, (str(each.line), each.column, each.reason.in_(language))) for each in rejects)
    return b"".join(_line(*each, divider, encoding) for each in ((head, REASONS), *behind))


def _line(raw: bytes, behind: Sequence[str], divider: str, encoding: str) -> bytes:
    written = io.StringIO()
    csv.writer(written, delimiter=divider, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(behind)
    return raw.rstrip(b"\r\n") + divider.encode() + written.getvalue().encode(encoding, "replace")


def _cells(text: str, divider: str, *, strict: bool = False) -> list[str]:
    return next(csv.reader(io.StringIO(text, newline=""), delimiter=divider, strict=strict), [])


def _divider(line: str) -> str:
    return max(DIVIDERS, key=lambda name: line.count(DIVIDERS[name]))


def _demand_headings(path: File, columns: Sequence[str]) -> None:
    if len(columns) > MAX_COLUMNS:
        raise _damaged(path, f"tiene más de {MAX_COLUMNS} columnas", f"has more than {MAX_COLUMNS} columns")
    if any(not each.strip() for each in columns) or len(set(columns)) != len(columns):
        raise _damaged(
            path,
            "tiene un encabezado vacío o repetido; cada columna lleva el suyo",
            "has an empty or repeated heading; every column has its own",
        )


def _damaged(path: File, es: str, en: str) -> ListDamaged:
    return ListDamaged(Words(es=f"{path.name} {es}.", en=f"{path.name} {en}."))
