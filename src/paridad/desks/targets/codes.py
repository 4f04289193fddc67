# SPDX-License-Identifier: Apache-2.0
"""The code lists of the desk with their words, read from `codes.toml`.

Rules
  - Every code has a Spanish and an English label; a list without one of them does not load.
  - A tag (the spelling of a source) belongs to one code only.
  - A code that this release does not know is shown as it came, in both languages.

Worked example
    label("check", "fails").en            is "The form or the check digit does not fit"
    tags("identifier")["C.U.R.P."]        is "curp"
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from paridad.base.words import Words


@cache
def _lists() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(files(__package__).joinpath("codes.toml").read_text("utf-8"))


@cache
def code_list(name: str) -> Mapping[str, Words]:
    """Return one list: code -> words, in the order of the file."""
    return MappingProxyType({code: Words(es=row["es"], en=row["en"]) for code, row in _lists()[name].items()})


@cache
def tags(name: str) -> Mapping[str, str]:
    """Return the spellings of one list: tag -> code, the longest tags first."""
    pairs = [(tag, code) for code, row in _lists()[name].items() for tag in row.get("tags", ())]
    return MappingProxyType(dict(sorted(pairs, key=lambda pair: -len(pair[0]))))


def list_names() -> tuple[str, ...]:
    """Return the names of all lists."""
    return tuple(_lists())


def label(name: str, code: str) -> Words:
    """Return the words of a code, or the code itself where this release does not know it."""
    return code_list(name).get(code) or Words(es=code, en=code)
