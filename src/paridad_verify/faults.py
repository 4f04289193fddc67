# SPDX-License-Identifier: Apache-2.0
"""What can be wrong: a named fault at a step, with its sentence in both languages from `words.toml`.

A check answers nothing or raises `Fault`. The ten steps of an act are numbers; other checks have a name for their step.
"""

import tomllib
from importlib.resources import files
from typing import Self

WORDS: dict[str, dict[str, dict[str, str]]] = tomllib.loads(
    files(__package__).joinpath("words.toml").read_text("utf-8")
)


class Fault(Exception):
    """One thing that is wrong with the data."""

    def __init__(self, name: str, /, **values: object) -> None:
        self.name, self.values, self.step = name, values, ""

    def within(self, step: int | str) -> Self:
        """Note the step that failed, unless a check further in already did."""
        self.step = self.step or step
        return self


def demand(holds: bool, name: str, /, **values: object) -> None:
    """Raise the named fault unless the condition holds."""
    if not holds:
        raise Fault(name, **values)
