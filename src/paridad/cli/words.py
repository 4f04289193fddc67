# SPDX-License-Identifier: Apache-2.0
"""The words of the command line, in both languages, from `words.toml` and `help.toml`.

Rules
  - No sentence of the command line stands in its code: labels, phrases and help are data, es and en side by side.
  - Every key of an output has a label; a key that is a time says so here, and is shown as a date in UTC.
  - Dates are never all numeric: the month is a word.

Worked example
    label("due", "es")                          is "Vence"
    moment(1_795_370_400, "en")                 is "22 Nov 2026, 18:00:00 UTC"
    phrase("missing", "es", name="--as")        is "Falta --as."
"""

import tomllib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from paridad.base.words import Language, Words

MONTHS: Mapping[Language, tuple[str, ...]] = {
    "es": ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"),
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
}


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads(files("paridad.cli").joinpath(name).read_text(encoding="utf-8"))


def _words(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, Words]:
    return {name: Words(es=entry["es"], en=entry["en"]) for name, entry in entries.items()}


_WORDS = _table("words.toml")
_HELP = _table("help.toml")

LABELS: Mapping[str, Words] = _words(_WORDS["label"])
PLACES: Mapping[str, int] = {name: place for place, name in enumerate(LABELS)}
"""In which order an output shows its keys, whatever order they came in."""

TIMES: frozenset[str] = frozenset(name for name, entry in _WORDS["label"].items() if entry.get("time"))
PHRASES: Mapping[str, Words] = _words(_WORDS["phrase"])
COMMANDS: Mapping[str, Words] = _words(_HELP["command"])
OPTIONS: Mapping[str, Words] = _words(_HELP["option"])


def label(key: str, language: Language) -> str:
    """Return the label of an output's key; a key without one shows itself."""
    return LABELS[key].in_(language) if key in LABELS else key


def in_order(keys: Iterable[str]) -> list[str]:
    """Return keys in the order in which they are shown."""
    return sorted(keys, key=lambda key: PLACES.get(key, len(PLACES)))


def phrase(name: str, language: Language, /, **values: object) -> str:
    """Return a phrase with its places filled."""
    return PHRASES[name].fill(**values).in_(language)


def option_words(command: str, option: str) -> Words:
    """Return the help of an option: the command's own, or the one common to all commands."""
    return OPTIONS.get(f"{command}:{option}") or OPTIONS[option]


def moment(at: int, language: Language) -> str:
    """Return a time as people read it: UTC, the month a word."""
    time = datetime.fromtimestamp(at, UTC)
    return f"{time.day} {MONTHS[language][time.month - 1]} {time.year}, {time:%H:%M:%S} UTC"
