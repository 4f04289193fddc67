# SPDX-License-Identifier: Apache-2.0
"""The desk's limits of time, read from `terms.toml`: proposals until both parties agree to them.

Rules
  - Each limit has words in both languages, its source, and whether it was agreed; a page shows all of that beside it.
  - The charter has no clocks of a desk. When one carries them they count, and this file goes.

Worked example
    limit("case_update").seconds       is 7_776_000
    limit("case_update").verified      is False: the page says that it is a proposal
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from paridad.base.words import Words


@dataclass(frozen=True, slots=True)
class Limit:
    """How long something may take, or be kept."""

    seconds: int
    words: Words
    source: str
    verified: bool


@cache
def limit(name: str) -> Limit:
    """Return a limit by its name."""
    row = tomllib.loads(files(__package__).joinpath("terms.toml").read_text("utf-8"))[name]
    return Limit(row["seconds"], Words(es=row["es"], en=row["en"]), row["source"], row["verified"])
