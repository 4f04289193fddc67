# SPDX-License-Identifier: Apache-2.0
"""Results on the screen: JSON to the byte, or labelled lines in one language.

Rules
  - JSON is the canonical form (`base.strict.write_json`) and one line; nothing else goes to stdout.
  - Text shows every key under its label, every time as a date, words in the reader's language with their code.
  - Fields with the same decision are shown together. An empty list says so. No act speaks to
    the terminal: what cannot be printed is replaced.
  - Headings are bold on a terminal, unless NO_COLOR is set.

Worked example
    lines({"due": 1_795_370_400, "waiting": []}, "es")
        is ("Vence: 22 nov 2026, 18:00:00 UTC", "Se espera a: No hay elementos.")
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

import click

from paridad.base.strict import JsonValue, write_json
from paridad.base.words import Language
from paridad.cli.words import TIMES, in_order, label, moment, phrase
from paridad.node.running import MAX_LINE

INDENT = "  "
TABLE_WIDTH = 120
WORDS = frozenset({"code", "es", "en", "shape"})

Tree = Mapping[str, JsonValue]


def emit(result: JsonValue, language: Language, *, as_json: bool) -> None:
    """Write a result to stdout."""
    if as_json:
        click.echo(write_json(result, max_string=MAX_LINE, max_array=MAX_LINE))
        return
    colour = None if "NO_COLOR" not in os.environ else False
    for line in lines(result, language):
        heading, mark, rest = line.partition(":") if not line.startswith(INDENT) else ("", "", line)
        bold = click.style(heading, bold=True) if mark else heading
        click.echo(f"{bold}{mark}{rest}", color=colour)


def lines(result: JsonValue, language: Language) -> Iterator[str]:
    """Yield a result as labelled lines."""
    if isinstance(result, Mapping):
        yield from _members(result, language, "")
    else:
        yield _scalar("", result, language)


def _members(tree: Tree, language: Language, pad: str) -> Iterator[str]:
    for key in in_order(tree):
        yield from _member(key, tree[key], language, pad)


def _member(key: str, value: JsonValue, language: Language, pad: str) -> Iterator[str]:
    name = f"{pad}{label(key, language)}:"
    if isinstance(value, list | tuple) and value and not _is_flat(value):
        yield name
        yield from _rows(value, language, pad + INDENT)
    elif isinstance(value, Mapping) and not _is_words(value):
        yield name
        yield from _members(value, language, pad + INDENT)
    elif isinstance(value, str) and "\n" in value:
        yield name
        yield from (pad + INDENT + _printable(line) for line in value.splitlines())
    else:
        yield f"{name} {_scalar(key, value, language)}"


def _rows(rows: Sequence[JsonValue], language: Language, pad: str) -> Iterator[str]:
    """Show records as a table where they are flat and narrow, otherwise one under the other."""
    found = _grouped([row for row in rows if isinstance(row, Mapping)])
    table = _table(found, language) if found else None
    if table is not None:
        yield from (pad + line for line in table)
        return
    for row in found or rows:
        inside = lines(row, language)
        yield f"{pad}- {next(inside)}"
        yield from (f"{pad}{INDENT}{line}" for line in inside)


def _grouped(rows: Sequence[Tree]) -> list[Tree]:
    """Put rows that differ in their path alone together."""
    paths: dict[bytes, list[str]] = {}
    whole: dict[bytes, Tree] = {}
    for row in rows:
        rest = {key: value for key, value in row.items() if key != "path"}
        same = write_json(rest if "reasons" in row else dict(row), max_string=MAX_LINE, max_array=MAX_LINE)
        paths.setdefault(same, []).append(str(row.get("path", "")))
        whole[same] = {**row, "path": ", ".join(paths[same])} if "path" in row else row
    return list(whole.values())


def _table(rows: Sequence[Tree], language: Language) -> list[str] | None:
    keys = in_order(rows[0])
    if any(in_order(row) != keys or not all(map(_is_cell, row.values())) for row in rows):
        return None
    cells = [[label(key, language) for key in keys]]
    cells += [[_scalar(key, row[key], language) for key in keys] for row in rows]
    widths = [max(len(row[place]) for row in cells) for place in range(len(keys))]
    if sum(widths) + 2 * len(widths) > TABLE_WIDTH:
        return None
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]


def _scalar(key: str, value: JsonValue, language: Language) -> str:
    """Return what fits on one line."""
    if isinstance(value, Mapping):
        return _in_words(value, language)
    if isinstance(value, list | tuple):
        return ", ".join(_scalar(key, each, language) for each in value) or phrase("no_items", language)
    if isinstance(value, bool):
        return phrase("yes" if value else "no", language)
    if isinstance(value, int):
        return moment(value, language) if key in TIMES else str(value)
    return _printable(cast("str", value)) if value else "—"


def _in_words(value: Tree, language: Language) -> str:
    shape, code = value.get("shape"), value.get("code")
    words = _printable(str(value[language]))
    return f"{f'{shape} ' if shape else ''}{words}{f' ({code})' if code else ''}"


def _is_words(value: JsonValue) -> bool:
    return isinstance(value, Mapping) and {"es", "en"} <= value.keys() <= WORDS


def _is_flat(rows: Sequence[JsonValue]) -> bool:
    return all(not isinstance(each, Mapping | list | tuple) or _is_words(each) for each in rows)


def _is_cell(value: JsonValue) -> bool:
    if isinstance(value, str):
        return "\n" not in value
    return _is_words(value) or not isinstance(value, Mapping | list | tuple)


def _printable(text: str) -> str:
    return "".join(mark if mark.isprintable() else "�" for mark in text)
