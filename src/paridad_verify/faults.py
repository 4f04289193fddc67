# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with a bundle: a named fault at a named step, with its sentence in Spanish and English.

Rules
  - A check answers nothing or raises `Fault`; nobody can forget to look at a truth value.
  - The steps of an act are the numbers 1 to 10 of the act specification; other checks carry a name as their step.
  - Every sentence stands in `words.toml`, in both languages; the code only knows the fault's id.

Worked example
    Fault("signature").within(7).words()   is {"es": "La firma Ed25519 no corresponde.", "en": "The Ed25519 …"}
"""

import tomllib
from importlib.resources import files
from typing import Self

Step = int | str
Words = dict[str, str]

_TABLES = tomllib.loads(files(__package__).joinpath("words.toml").read_text("utf-8"))


def sentence(table: str, name: str, **values: object) -> Words:
    """Return a sentence of `words.toml` in both languages, with its places filled in."""
    return {language: text.format(**values) for language, text in _TABLES[table][name].items()}


class Fault(Exception):
    """One thing that is wrong; `step` says where in the order of checks."""

    def __init__(self, name: str, **values: object) -> None:
        super().__init__(name)
        self.name, self.values = name, values
        self.step: Step = ""

    def within(self, step: Step) -> Self:
        """Note the step that failed, unless a check further in already did."""
        self.step = self.step or step
        return self

    def words(self) -> Words:
        """Return the sentence in both languages."""
        return sentence("fault", self.name, **self.values)
