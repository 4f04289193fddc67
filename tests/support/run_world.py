# SPDX-License-Identifier: Apache-2.0
"""Two parties that compare lists of invented dossiers, by their commands; and their carriers, round by round.

Worked example
    with RunWorld(tmp_path) as world:
        run = world.proposed()
        world.agreed(run); world.carry()
        world.json(0, "leads", run)["leads"]        the pairs
"""

from pathlib import Path
from types import TracebackType
from typing import Any, Self

from click.testing import Result

from paridad.node.carrying import Carrier
from support.cli_world import BASIS, PURPOSE, CommandLines, officer

AGENCIES = ("MX/FGR", "US/DOJ")
SMALL = ("--records", "64", "--places", "256", "--batch", "64", "--epsilon-ppm", "300")
TERMS = ("--purpose", PURPOSE, "--basis", BASIS, *SMALL)
COMMON = (
    ("PINEDO ZEPEDA, Olga", "1971-03-24"),
    ("IBARRA QUINTERO, Tadeo", "1968-11-30"),
    ("VERDUGO ZAZUETA, Ximena", "1983-07-19"),
)
ALONE = (
    (("OLIVAS CAZARES, Ramiro", "1975-01-22"), ("ELENES URQUIDI, Nora", "1990-09-17")),
    (("MONROY TELLEZ, Fabiola", "1962-12-28"),),
)


class RunWorld:
    """Two parties with lists, side 0 first."""

    def __init__(self, folder: Path, *, swap: bool = False) -> None:
        self.lines = CommandLines(folder)
        self.agencies = AGENCIES[::-1] if swap else AGENCIES
        self.records: list[dict[str, str]] = [{}, {}]
        for side in (0, 1):
            for name, born in (*COMMON, *ALONE[side]):
                self.add(side, name, born)
        self.lines.parties.settle(2)
        self.carriers = [Carrier(self.node(side)) for side in (0, 1)]

    def node(self, side: int) -> Any:
        """Return a side's node."""
        return self.lines.parties.by_name[self.agencies[side][:2]]

    def add(self, side: int, name: str, born: str = "", **more: Any) -> str:
        """File a dossier of an invented person."""
        marks = {"handling": "AMBER", "purpose": PURPOSE, "basis": BASIS}
        marks |= {each: more.pop(each) for each in list(more) if each in marks}
        fields = {"subject_type": "person", "name": name, "state": "asserted", "simulated": True, **more}
        if born:
            fields["births"] = [{"date": born, "precision": "day"}]
        act = self.lines.parties.record(self.agencies[side], "targets/dossier/1", fields, **marks)
        self.records[side][name] = act
        return act

    def who(self, side: int, role: str = "liaison", *, second: bool = False) -> tuple[str, str]:
        """Return the option that names an officer of a side."""
        return "--as", officer(self.agencies[side], role, second=second)

    def json(self, side: int, verb: str, *more: str, role: str = "liaison", second: bool = False) -> Any:
        """Run a command of a side that has to succeed."""
        return self.lines.json(
            self.agencies[side][:2], "targets", "run", verb, *more, *self.who(side, role, second=second)
        )

    def run(self, side: int, verb: str, *more: str, role: str = "liaison", second: bool = False) -> Result:
        """Run a command of a side."""
        return self.lines.run(
            self.agencies[side][:2], "targets", "run", verb, *more, *self.who(side, role, second=second)
        )

    def approve(self, side: int, draft: Any, *more: str) -> Any:
        """Let a second person approve a draft."""
        return self.json(side, "approve", draft["draft"], "--digest", draft["digest"], *more, second=True)

    def proposed(self, *more: str) -> str:
        """Let side 0 propose, and the proposal arrive."""
        draft = self.json(0, "propose", self.agencies[1], *TERMS, *more)
        run = str(self.approve(0, draft)["run"])
        self.lines.parties.settle(2)
        return run

    def agreed(self, run: str) -> None:
        """Let side 1 agree."""
        self.approve(1, self.json(1, "agree", run))

    def carry(self) -> None:
        """Let the line and both carriers do rounds until nothing follows."""
        while self.once():
            pass

    def once(self) -> int:
        """Do one round; return how many acts were said."""
        said = 0
        for carrier in self.carriers:
            self.lines.parties.settle(1)
            said += carrier.round()
        self.lines.parties.settle(1)
        return said

    def decided(self, run: str, choice: str = "open") -> None:
        """Let both sides decide the same about all leads."""
        for side in (0, 1):
            found = self.json(side, "leads", run)["leads"]
            chosen = [word for each in found for word in ("--choice", str(each["lead_number"]), choice, "a lead")]
            self.approve(side, self.json(side, "decide", run, *chosen))
        self.carry()

    def reopen(self, side: int) -> None:
        """Let a node die and come back."""
        party = self.agencies[side][:2]
        self.lines.parties.by_name[party].close()
        self.lines.parties.open(party)
        self.carriers[side] = Carrier(self.node(side))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.lines.parties.close()
