# SPDX-License-Identifier: Apache-2.0
"""Two whole nodes and a run of private deconfliction between them.

Worked example
    both = Both(tmp_path, swap=False)
    both.agree(); both.rounds(); both.finish()
"""

from pathlib import Path

from paridad.desks.targets.deconfliction.common import pairs_of
from paridad.desks.targets.deconfliction.messages import Decision
from paridad.desks.targets.deconfliction.run import Agree, DecidePairs, OpenRecords, Propose
from paridad.node.comparing import Brought, Comparison, answer, propose
from support.deconfliction import PERSONS, Table
from support.two_nodes import Parties

AGENCIES = ("MX/FGR", "US/DOJ")


class Both:
    """Two nodes and the run between them."""

    def __init__(self, folder: Path, *, swap: bool, table: Table | None = None) -> None:
        self.parties = Parties(folder)
        self.table = table or Table()
        self.agencies = AGENCIES[::-1] if swap else AGENCIES
        self.nodes = [self.parties.by_name[agency.partition("/")[0]] for agency in self.agencies]
        self.runs: list[Comparison] = []
        self.propose()

    def propose(self, **more: object) -> None:
        """Let the first side propose; `more` is brought besides."""
        command = Propose(self.table.terms, 0, self.table.logs[0].head, PERSONS[0])
        self.runs = [propose(self.nodes[0], *self.agencies, self.brought(0, **more), command)]
        self.parties.settle(2)

    def brought(self, side: int, **more: object) -> Brought:
        """Return what a side brings."""
        snapshot = self.table.players[side].snapshot
        return Brought(snapshot.tokens, snapshot.desk, snapshot.places, **more)  # type: ignore[arg-type]

    def agree(self, **more: object) -> None:
        """Let the second side agree."""
        command = Agree(self.table.terms, 0, self.table.logs[1].head, PERSONS[1])
        self.runs.append(answer(self.nodes[1], self.runs[0].proposal, self.brought(1, **more), command))

    def rounds(self) -> None:
        """Let both nodes do rounds until nothing follows any more."""
        while self.once():
            pass

    def once(self) -> int:
        """Let the line and both sides do one round; return how many acts were said."""
        said = 0
        for run in self.runs:
            self.parties.settle(1)
            said += run.round()
        return said

    def finish(self) -> None:
        """Take steps 8 to 10: every pair is opened by both."""
        for side, run in enumerate(self.runs):
            run.command(DecidePairs((Decision("open", "lead"),) * len(pairs_of(run.player.run)), PERSONS[side]))
        self.rounds()
        for side, run in enumerate(self.runs):
            self.table.players[side] = run.player
            run.command(OpenRecords(self.table.records(side)))
        self.rounds()
