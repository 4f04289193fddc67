# SPDX-License-Identifier: Apache-2.0
"""What every page is given: the node's operations, asked in the name of the officer who signed in.

Rules
  - A page shows what an operation returns, and nothing else: the command line, the door and the page say the same,
    and nothing reaches a page that did not go through `visible_to` (law 8, ADR 20).
  - The officer's name comes from the session, never from the request.

Worked example
    office.ask("ana", "folio.show", folio="A-2026-0007")["stage"]        is {"code": "sent", "es": …, "en": …}
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from paridad.base.strict import JsonValue
from paridad.node.node import Node
from paridad.node.running import Operation
from paridad.web.sessions import Sessions


@dataclass(frozen=True, slots=True)
class Office:
    """One node as its pages see it."""

    node: Node
    operations: Mapping[str, Operation]
    sessions: Sessions = field(default_factory=Sessions)

    def ask(self, officer: str, operation: str, **arguments: JsonValue) -> Any:
        """Carry out an operation in an officer's name, or raise its `ParidadError`."""
        return self.operations[operation](self.node, {"officer": officer, **arguments})

    @property
    def demo(self) -> bool:
        """Whether demonstration identities may be used: nobody's identity is verified."""
        return self.node.settings.demo_identities

    @property
    def party(self) -> str:
        """The party whose node this is."""
        return self.node.own.party
