# SPDX-License-Identifier: Apache-2.0
"""Complete nodes of all parties in one process: own keys, own database, one clock, a transport that is one method.

Worked example
    with Parties(tmp_path) as parties:
        a, b = parties.nodes
        parties.settle()                      rounds until nothing waits any more
    Parties(tmp_path, swapped=True)           the same with the two parties exchanged
"""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from paridad.acts.envelope import Draft
from paridad.base.errors import ParidadError
from paridad.exchange import filing
from paridad.exchange.release import Matter
from paridad.exchange.transport import Request, Response, Transport
from paridad.folio.commands import Command
from paridad.node.composing import open_node
from paridad.node.founding import PartySecrets, add_peer, agencies_of, make_party, sign, write_home
from paridad.node.home import Home, Officer
from paridad.node.node import Node
from paridad.node.saying import Said, carry_out
from paridad.policy.question import ROLES
from paridad.programme.charter import assemble, compile_document
from support.programmes import EFFECTIVE_FROM, seeded_random, template_for

START = EFFECTIVE_FROM + 86_400
RHYTHM = 60


@dataclass
class TestClock:
    """A clock that stands until it is moved."""

    __test__ = False
    now: int = START

    def __call__(self) -> int:
        """Return the time."""
        return self.now

    def pass_(self, seconds: int) -> None:
        """Let time pass."""
        self.now += seconds


@dataclass
class Parties:
    """Nodes of every party of a programme, joined in one process."""

    folder: Path
    names: tuple[str, ...] = ("MX", "US")
    template: bytes | None = None
    wrap: Callable[[Transport], Transport] = lambda transport: transport
    clock: TestClock = field(default_factory=TestClock)
    urls: Mapping[str, str] = field(default_factory=dict)
    """Database address by party; SQLite in the folder where none is given."""
    settings: Mapping[str, str | int] = field(default_factory=dict)
    """What `node.toml` says besides."""

    def __post_init__(self) -> None:
        template = self.template or template_for(self.names)
        self.secrets: dict[str, PartySecrets] = {
            party: make_party(
                party, agencies_of(template, party), now=EFFECTIVE_FROM, random=seeded_random("party", party)
            )
            for party in self.names
        }
        public = [each.public for each in self.secrets.values()]
        document = compile_document(template, public, version=1, effective_from=EFFECTIVE_FROM)
        self.signed = assemble(document, [sign(each, document) for each in self.secrets.values()])
        self._commands = itertools.count()
        self.by_name: dict[str, Node] = {}
        for party in self.names:
            self._found(party)
            self.open(party)

    def _found(self, party: str) -> None:
        officers = [
            Officer(f"{agency.partition('/')[2].lower()}-{role}", f"{role} {agency}", role, agency)
            for agency in (key.kid.partition("#")[0] for key in self.secrets[party].private if key.use == "act")
            for role in ROLES
        ]
        officers += [
            Officer(f"{each.id}-2", each.name, each.role, each.agency)
            for each in officers
            if each.role in ("liaison", "analyst", "head")
        ]
        home = self.folder / party
        settings: dict[str, str | int] = {"own_checkpoint_seconds": RHYTHM, **self.settings}
        if party in self.urls:
            settings["store"] = self.urls[party]
        random = seeded_random("home", party)
        write_home(home, self.secrets[party], self.signed, settings=settings, officers=officers, random=random)
        for other in self.names:
            if other != party:
                add_peer(home, other, "https://localhost:1")

    def open(self, party: str) -> Node:
        """Open a node, again if it was closed."""
        home = Home(self.folder / party)
        random = seeded_random("node", party, next(self._commands))
        node = open_node(home, clock=self.clock, random=random, transport=self.wrap(self._line(party)))
        self.by_name[party] = node
        return node

    def _line(self, sender: str) -> Transport:
        def carry(party: str, request: Request) -> Response:
            return self.by_name[party].edge(request, sender)

        return carry

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes in the order of the names."""
        return tuple(self.by_name[name] for name in self.names)

    def settle(self, rounds: int = 6, step: int = RHYTHM + 1) -> None:
        """Let every node do rounds of upkeep while time passes."""
        for _ in range(rounds):
            for node in self.nodes:
                node.tick()
            self.clock.pass_(step)

    def officer(self, agency: str, role: str = "liaison", *, second: bool = False) -> Officer:
        """Return an officer of an agency."""
        party, _, name = agency.partition("/")
        return self.by_name[party].home.officer(f"{name.lower()}-{role}{'-2' if second else ''}")

    def say(self, command: Command, folio: str, *, role: str = "liaison", second: bool = False, id_: str = "") -> Said:
        """Carry out a command at the node of the agency that speaks."""
        node = self.by_name[command.agency.partition("/")[0]]
        officer = self.officer(command.agency, role, second=second)
        identifier = id_ or f"command-{next(self._commands)}"
        return carry_out(node.own, officer, command, folio=folio, id_=identifier, now=self.clock())

    def record(
        self, agency: str, kind: str, fields: Mapping[str, object], *, handling: str, purpose: str, basis: str
    ) -> str:
        """File an internal record and return its act hash."""
        own = self.by_name[agency.partition("/")[0]].own
        draft = Draft(kind, agency, (agency,), handling, purpose, basis, fields)  # type: ignore[arg-type]
        said = filing.issue_drafts(own, [draft], now=self.clock(), see=())
        own.store.submit(lambda conn: filing.file_acts(conn, own, said, now=self.clock()))
        return said[0].hash

    def send(self, sender: str, receiver: str, count: int, kind: str, fields: Mapping[str, object]) -> list[str]:
        """Queue plain acts from one agency to another, outside any folio; return their hashes."""
        own = self.by_name[sender.partition("/")[0]].own
        conduct = own.conduct
        drafts = [
            Draft(kind, sender, (receiver,), conduct.handling, conduct.purpose, conduct.basis, fields)  # type: ignore[arg-type]
            for _ in range(count)
        ]
        said = filing.issue_drafts(own, drafts, now=self.clock(), see=())
        matter = Matter(
            receiver, conduct.purpose, filing.basis_kind(own, conduct.basis), addressed=True, second_person=True
        )
        releases = filing.release_to_addressees(own, said, matter, now=self.clock())

        def commit(conn: object) -> None:
            filing.file_acts(conn, own, said, now=self.clock())  # type: ignore[arg-type]
            filing.queue(conn, own, [(sender, each) for each in releases], now=self.clock())  # type: ignore[arg-type]

        own.store.submit(commit)
        return [act.hash for act in said]

    def close(self) -> None:
        """Close every node."""
        for node in self.nodes:
            node.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def refusal(error: ParidadError) -> str:
    """Return the English sentence of a refusal."""
    return error.words.en
