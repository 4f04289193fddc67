# SPDX-License-Identifier: Apache-2.0
"""`paridad glossary`: one thing, one name, in each language; both languages side by side, neither the source.

Rules
  - `glossary.toml` is the one source: the command, the page and the two documents say what stands there.
  - A part of a word finds its terms, case and accents aside, in either language.

Worked example
    paridad glossary retiro
"""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from paridad.base.strict import JsonValue
from paridad.base.words import Words
from paridad.cli.forms import Form, OfficerName
from paridad.cli.seeing import words
from paridad.cli.verbs import Call, Verb
from paridad.desks.targets.projection import fold
from paridad.node.node import Node


class Glossary(Form):
    """Terms of the glossary."""

    word: str = ""
    officer: OfficerName = ""


@cache
def sections() -> dict[str, dict[str, Any]]:
    """Return the sections of the glossary with their terms."""
    text = files("paridad.cli").joinpath("glossary.toml").read_text(encoding="utf-8")
    return dict(tomllib.loads(text)["section"])


def glossary(at: Call | Node, form: Glossary) -> JsonValue:
    """Return the terms that a word finds, by section."""
    del at
    wanted = fold(form.word.strip())
    found = [(name, each, _terms(each["term"], wanted)) for name, each in sections().items()]
    return {
        "sections": [
            {"section": words(Words(es=each["es"], en=each["en"]), name), "terms": terms}
            for name, each, terms in found
            if terms
        ]
    }


def _terms(listed: list[dict[str, str]], wanted: str) -> list[JsonValue]:
    return [
        {
            "term": words(Words(es=each["es"], en=each["en"])),
            "means": words(Words(es=each["means_es"], en=each["means_en"])),
        }
        for each in listed
        if not wanted or wanted in fold(each["es"]) or wanted in fold(each["en"])
    ]


VERB = Verb("glossary", Glossary, operation=glossary, local=glossary, home=False)
