# SPDX-License-Identifier: Apache-2.0
"""A matter between two complete nodes, told step by step; either party may play either part.

Worked example
    with matter(tmp_path, swapped=True) as m:
        m.record("asked", person("Ola"))
        m.asks(); m.settle(); m.says("asked", Acknowledge); …
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from paridad.desks.targets.dossier import Address, Alias, Dossier, Identifier
from paridad.desks.targets.sample import invent
from paridad.exchange.transport import Transport
from paridad.folio.commands import Ask, Given, Withheld
from paridad.folio.state import Folio
from paridad.node.importing import Marks, import_dossiers
from paridad.node.node import Node
from paridad.node.saying import Said, Wish, preview
from paridad.store import streams
from paridad.store.acts import ActQuery, filed_acts
from paridad.store.tables import outbox
from support.sound import assert_sound, folio_of
from support.two_nodes import Parties

SIDES = ("asking", "asked")
BOTH_WAYS = [("MX", "US"), ("US", "MX")]
WAYS = ["as written", "parties exchanged"]
PURPOSE = "criminal-investigation"
STATEMENT = "joint-statement-2025-09-03"
TREATY = "legal-assistance-1987"


def person(marker: str, *, seed: int = 7) -> Dossier:
    """Return an invented person of the sample, with a marker in fields of three sensitivities."""
    found = next(each for each in invent(50, seed=seed, countries=("Aa", "Bb")) if each.subject_type == "person")
    return replace(
        found,
        name=f"{marker}name, Ana",
        aliases=(Alias(f"{marker}alias", "strong", "aka"),),
        addresses=(Address(f"{marker}street 1", "Somewhere", "Aa"),),
        identifiers=(Identifier("passport", f"{marker}passport", "Aa"),),
    )


@dataclass
class Matter:
    """One folio between an asking and an asked agency."""

    parties: Parties
    agencies: Mapping[str, str]
    folio: str
    last: dict[str, str] = field(default_factory=dict)
    """The last act of each kind that was said (`answer`, `recall`, …)."""
    said: list[str] = field(default_factory=list)

    def node(self, side: str) -> Node:
        """Return a side's node as it is open now."""
        return self.parties.by_name[self.agencies[side].partition("/")[0]]

    def state(self, side: str = "asking") -> Folio:
        """Return the folio as a side folds it."""
        return folio_of(self.node(side), self.folio)

    def says(
        self, side: str, command: type[Any], *, role: str = "liaison", second: bool = False, id_: str = "", **what: Any
    ) -> Said:
        """Let an officer of a side give a command."""
        agency = self.agencies[side]
        officer = self.parties.officer(agency, role, second=second)
        order = command(officer=officer.id, agency=agency, **what)
        said = self.parties.say(order, self.folio, role=role, second=second, id_=id_)
        self.said += said.acts
        self._note(side)
        return said

    def order(self, side: str, command: type[Any], **what: Any) -> Any:
        """Build a command of a side's liaison officer."""
        officer = self.parties.officer(self.agencies[side])
        return command(officer=officer.id, agency=self.agencies[side], **what)

    def asks(self, *, handling: str = "AMBER", basis: str = STATEMENT, urgency: str = "urgent", **more: Any) -> Said:
        """Let the asking side open the folio."""
        what = {"purpose": PURPOSE, "question": "¿Quién es? / Who is it?", "to": self.agencies["asked"]}
        return self.says("asking", Ask, handling=handling, basis=basis, urgency=urgency, **(what | more))

    def record(
        self, side: str, dossier: Dossier, *, handling: str = "AMBER", purpose: str = PURPOSE, basis: str = STATEMENT
    ) -> str:
        """File a dossier in a side's own log, as an import does; return its act hash."""
        node = self.node(side)
        marks = Marks(self.agencies[side], handling, purpose, basis)
        report = import_dossiers(node.own, node.views, [dossier], marks, now=self.parties.clock())
        assert report.filed + report.corrected == 1, report
        with node.own.store.read() as conn:
            return filed_acts(conn, ActQuery(kinds=("targets/dossier/1",), ours=True))[-1].hash

    def offer(self, record: str, **more: Any) -> dict[str, Any]:
        """Return what policy lets the asked side give of a record, and what it withholds and by which rule."""
        shown = preview(self.node("asked").own, self.folio, record, Wish(**more), now=self.parties.clock())
        withheld = [
            Withheld(each.path, why.rule, why.clause, ask_again=True, record=record)
            for each in shown.withheld
            if each.decision is not None and "[" not in each.path and "." not in each.path
            for why in each.decision.reasons[:1]
        ]
        return {"given": tuple(Given(record, path) for path in shown.given), "withheld": tuple(withheld)}

    def settle(self, rounds: int = 3) -> None:
        """Let both nodes do rounds until nothing waits."""
        self.parties.settle(rounds)

    def states(self, hash_: str) -> list[str]:
        """Return where an act stands with each receiver: queued, batched, receipted, cosigned."""
        for side in SIDES:
            with self.node(side).own.store.read() as conn:
                if found := streams.outbox_of(conn, hash_):
                    return [row.state for row in found]
        return []

    def _note(self, side: str) -> None:
        with self.node(side).own.store.read() as conn:
            for act in filed_acts(conn, ActQuery(folio=self.folio, ours=True)):
                self.last[act.envelope.knd.split("/")[1]] = act.hash


def waiting(node: Node) -> int:
    """Return how many parcels of a node are not yet cosigned."""
    with node.own.store.read() as conn:
        open_ = sa.select(sa.func.count()).select_from(outbox).where(outbox.c.state != "cosigned")
        return int(conn.execute(open_).scalar_one())


@contextmanager
def matter(
    folder: Path,
    names: tuple[str, ...] = ("MX", "US"),
    *,
    template: bytes | None = None,
    wrap: Callable[[Transport], Transport] = lambda line: line,
    sound: bool = True,
) -> Iterator[Matter]:
    """Lend a world in which the first party asks the second; at its end everything must be sound."""
    shipped = template is None and set(names) == {"MX", "US"}
    first, second = ("FGR", "DOJ") if shipped else ("POLICE", "POLICE")
    with Parties(folder, names=names, template=template, wrap=wrap) as parties:
        told = Matter(
            parties, {"asking": f"{names[0]}/{first}", "asked": f"{names[1]}/{second}"}, f"{names[0]}-2025-0001"
        )
        yield told
        if sound:
            parties.settle(2)
            assert_sound(parties)
