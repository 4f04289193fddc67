# SPDX-License-Identifier: Apache-2.0
"""Runs of private deconfliction in the states that pages are about, between two agencies of a two-node world.

Worked example
    stages = RunStages(parties, "MX/FGR", "US/DOJ")
    stages.names["run"]        is a run whose leads wait to be decided at both sides
"""

from dataclasses import dataclass, field
from typing import Any

from paridad.cli.operations import OPERATIONS
from paridad.node.carrying import Carrier
from support.cli_world import BASIS, PURPOSE
from support.run_world import COMMON
from support.two_nodes import Parties

TERMS: dict[str, Any] = {"purpose": PURPOSE, "basis": BASIS, "records": 64, "places": 256, "batch": 64}


@dataclass
class RunStages:
    """A run that was closed and one that waits for decisions; or one alone that was proposed."""

    parties: Parties
    asking: str
    asked: str
    only_proposed: bool = False
    names: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for agency in (self.asking, self.asked):
            for name, born in COMMON:
                fields = {"subject_type": "person", "name": name, "state": "asserted", "simulated": True,
                          "births": [{"date": born, "precision": "day"}]}  # fmt: skip
                self.parties.record(agency, "targets/dossier/1", fields, handling="AMBER", purpose=PURPOSE, basis=BASIS)
        self.carriers = [Carrier(self.node(agency)) for agency in (self.asking, self.asked)]
        if self.only_proposed:
            self.names["run-proposed"] = self.proposed()
            return
        self.names["run-closed"] = self.proposed()
        self.agreed(self.names["run-closed"])
        self.finished(self.names["run-closed"])
        self.parties.clock.pass_(86_400)
        self.names["run"] = self.proposed()
        self.agreed(self.names["run"])

    def node(self, agency: str) -> Any:
        """Return the node of an agency."""
        return self.parties.by_name[agency.partition("/")[0]]

    def ask(self, agency: str, verb: str, *, second: bool = False, **arguments: Any) -> Any:
        """Carry out an operation of a run in the name of a liaison officer."""
        officer = f"{agency.partition('/')[2].lower()}-liaison{'-2' if second else ''}"
        return OPERATIONS[f"targets.run.{verb}"](self.node(agency), {"officer": officer, **arguments})

    def approve(self, agency: str, draft: Any) -> str:
        """Let a second person approve a draft."""
        return str(self.ask(agency, "approve", second=True, draft=draft["draft"], digest=draft["digest"])["run"])

    def proposed(self) -> str:
        """Propose a run, and let it arrive."""
        run = self.approve(self.asking, self.ask(self.asking, "propose", peer=self.asked, **TERMS))
        self.parties.settle(2)
        return run

    def agreed(self, run: str) -> None:
        """Agree to a run, and carry it to its leads."""
        self.approve(self.asked, self.ask(self.asked, "agree", run=run))
        self.carry()

    def finished(self, run: str) -> None:
        """Decide to open everything, open, and close."""
        for agency in (self.asking, self.asked):
            found = self.ask(agency, "leads", run=run)["leads"]
            choice = [[str(each["lead_number"]), "open", "Same person by our file."] for each in found]
            self.approve(agency, self.ask(agency, "decide", run=run, choice=choice))
        self.carry()
        for agency in (self.asking, self.asked):
            self.ask(agency, "open", run=run)
        self.carry()

    def carry(self) -> None:
        """Let the line and both nodes do rounds until nothing follows."""
        said = 1
        while said:
            said = 0
            for carrier in self.carriers:
                self.parties.settle(1)
                said += carrier.round()
            self.parties.settle(1)
