# SPDX-License-Identifier: Apache-2.0
"""The desks of a programme, in one written list.

Rules
  - A desk is a package with the same file names as every other; it is registered here and nowhere else.
  - Desks never import desks: what two of them need belongs to `folio` or below.
  - Each desk brings its kinds of acts as data, in its `vocabulary.toml`.

Worked example
    vocabularies()[0].startswith(b"# Acts of the targets desk")
"""

from importlib.resources import files
from types import ModuleType

from paridad.desks import targets

DESKS: tuple[ModuleType, ...] = (targets,)
"""Every desk of this release."""


def vocabularies() -> tuple[bytes, ...]:
    """Return the text of each desk's `vocabulary.toml`, in the order of `DESKS`."""
    return tuple(files(desk).joinpath("vocabulary.toml").read_bytes() for desk in DESKS)
