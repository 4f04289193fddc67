# SPDX-License-Identifier: Apache-2.0
"""The command line: nouns, then verbs; results to stdout, talk to stderr, in Spanish or in English.

Rules
  - The language is `--lang`, or that of LC_ALL, LC_MESSAGES or LANG; Spanish where none of them says English.
  - Only here the machine's environment and clock are read.

Worked example
    chosen(["status", "--lang", "en"], {"LANG": "es_MX.UTF-8"})      is "en"
"""

import os
import sys
from collections.abc import Mapping, Sequence
from itertools import pairwise

from paridad.base.words import Language
from paridad.cli.operations import OPERATIONS
from paridad.cli.session import Session
from paridad.cli.tree import tree

__all__ = ["chosen", "main"]

PLACES = ("LC_ALL", "LC_MESSAGES", "LANG")


def main(arguments: Sequence[str] | None = None, session: Session | None = None) -> None:
    """Run the command line and leave with its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    commands = tree(chosen(given, os.environ))
    commands.main(given, prog_name="paridad", obj=session or Session(OPERATIONS))


def chosen(arguments: Sequence[str], environment: Mapping[str, str]) -> Language:
    """Return the language that is asked for: the last `--lang`, or that of the environment."""
    asked = [after for before, after in pairwise(arguments) if before == "--lang"]
    asked += [each.removeprefix("--lang=") for each in arguments if each.startswith("--lang=")]
    if asked:
        return "en" if asked[-1] == "en" else "es"
    spoken = next((environment[name] for name in PLACES if environment.get(name)), "")
    return "en" if spoken.startswith("en") else "es"
