# SPDX-License-Identifier: Apache-2.0
"""What a reader may see, made up for tests of views.

Worked example
    Sight([("AMBER", "identity")]).sees("AMBER", "identity")        is True
"""

from collections.abc import Collection
from dataclasses import dataclass

from paridad.policy.visible import Reader

ANA = Reader("ana", "analyst", "A/ONE")


@dataclass(frozen=True)
class Sight:
    """A reader's sight: classes seen by everybody, and those seen by the involved only."""

    far: Collection[tuple[str, str]]
    near: Collection[tuple[str, str]] = ()
    reader: Reader = ANA

    def sees(self, handling: str, sensitivity: str, *, involved: bool = False) -> bool:
        """Whether a class is seen."""
        return (handling, sensitivity) in {*self.far, *(self.near if involved else ())}

    def handling_codes(self, sensitivity: str = "procedural", *, involved: bool = False) -> tuple[str, ...]:
        """Return the handling codes under which a sensitivity is seen."""
        return tuple(code for code in ("AMBER", "RED") if self.sees(code, sensitivity, involved=involved))
