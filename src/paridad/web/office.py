# SPDX-License-Identifier: Apache-2.0
"""What every page is given: the node's operations, asked in the name of the officer who signed in.

Rules
  - A page shows what an operation returns, and nothing else: the command line, the door and the page say the same,
    and nothing reaches a page that did not go through `visible_to` (law 8, ADR 23).
  - The officer's name comes from the session, never from the request.
  - Nothing is said in a folio or at a desk from here, only tried (`dry_run`): saying goes through the officer's assent
    (`stepup`).

Worked example
    office.ask("ana", "folio.show", folio="A-2026-0007")["stage"]        is {"code": "sent", "es": …, "en": …}
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from paridad.base.strict import JsonValue
from paridad.node.node import Node
from paridad.node.running import Operation
from paridad.web.passkeys import Challenges
from paridad.web.sessions import Sessions

LOOKING = frozenset({"list", "show", "choices", "preview", "proposal"})
"""The operations of a folio that say nothing in it."""
DESK_ORDERS = frozenset({"declare", "update", "suspend", "close", "link", "report", "file", "decide", "tell"})
"""The operations of a desk that say something in an officer's name alone."""
ASSENTED = ("case.", "sighting.", "mistaken.")
"""What of the targets desk is said so; behind what is said in a run stand two persons (ADR 31)."""


@dataclass(frozen=True, slots=True)
class Office:
    """One node as its pages see it."""

    node: Node
    operations: Mapping[str, Operation]
    challenges: Challenges = field(default_factory=Challenges)
    closing: Event = field(default_factory=Event)
    """Set when the pages stop answering: whatever waits for news ends."""

    def ask(self, officer: str, operation: str, /, **arguments: JsonValue) -> Any:
        """Carry out an operation in an officer's name, or raise its `ParidadError`."""
        noun, _, verb = operation.partition(".")
        of_desk = noun == "targets" and verb.startswith(ASSENTED) and verb.rpartition(".")[2] in DESK_ORDERS
        says = of_desk or (noun == "folio" and verb not in LOOKING)
        if says and arguments.get("dry_run") is not True:
            raise RuntimeError(f"{operation} is said through stepup.begin and stepup.finish")
        return self.operations[operation](self.node, {"officer": officer, **arguments})

    def look(self, operation: str, **arguments: JsonValue) -> Any:
        """Carry out an operation that is the same for everybody who is signed in, or raise its `ParidadError`."""
        return self.operations[operation](self.node, arguments)

    @property
    def sessions(self) -> Sessions:
        """Who is signed in."""
        return Sessions(self.node.own.store, unverified=self.demo)

    @property
    def demo(self) -> bool:
        """Whether demonstration identities may be used: nobody's identity is verified."""
        return self.node.settings.demo_identities

    @property
    def practice(self) -> bool:
        """Whether the other parties are simulated."""
        return self.node.settings.practice

    @property
    def party(self) -> str:
        """The party whose node this is."""
        return self.node.own.party
