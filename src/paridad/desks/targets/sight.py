# SPDX-License-Identifier: Apache-2.0
"""Which rows of this desk a reader may know of: one condition for every table that keeps who is concerned.

Rules
  - A table that is asked so has a column `handling` and a column `concerned`: the agencies that issued the act or are
    addressed, each between bars.
  - A row is there for whom policy shows that sensitivity under its handling code, being concerned or not.

Worked example
    sa.select(rows).where(seen(rows, visible, "procedural"))
"""

from typing import Protocol

import sqlalchemy as sa

from paridad.acts.envelope import Envelope
from paridad.policy.visible import Reader


class Visible(Protocol):
    """What a reader may see, as policy answers it."""

    @property
    def reader(self) -> Reader:
        """Who reads."""

    def sees(self, handling: str, sensitivity: str, *, involved: bool = False) -> bool:
        """Whether the reader may see a class of fields."""

    def handling_codes(self, sensitivity: str = "procedural", *, involved: bool = False) -> tuple[str, ...]:
        """Return the handling codes under which a sensitivity is seen."""


def concerned(envelope: Envelope) -> str:
    """Return the agencies that issued an act or are addressed by it, as a row keeps them."""
    return f"|{'|'.join((envelope.iss, *envelope.aud))}|"


def seen(table: sa.Table, visible: Visible, sensitivity: str) -> sa.ColumnElement[bool]:
    """Return the condition under which a reader knows of a row."""
    near, far = (visible.handling_codes(sensitivity, involved=involved) for involved in (True, False))
    involved = table.c.concerned.contains(f"|{visible.reader.agency}|", autoescape=True)
    return table.c.handling.in_(far) | (involved & table.c.handling.in_(near))
