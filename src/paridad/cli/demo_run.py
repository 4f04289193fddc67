# SPDX-License-Identifier: Apache-2.0
"""The private comparison that `paridad demo` plays: two lists, two live nodes, two persons on each side, one cheat.

Rules
  - Everything is said through the doors of the nodes, with the operations of the command line.
  - Both sides review: a pair is opened or left waiting by two persons of each. From an opened pair a folio follows.
  - The cheat is a node whose code was changed where it starts (`CHEATING`): the product has no switch for it. The other
    node names it, by the step that it broke.

Worked example
    Comparing(ask, until, scene).play()         {"leads": 11, "same_on_both": true, "reviewed": 2, …}
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from paridad.base.strict import JsonValue
from paridad.desks.targets.dossier import Dossier
from paridad.desks.targets.sample import invent
from paridad.desks.targets.two_lists import TwoLists, two_lists

COMMON, ALONE, INVENTED, SEED = 12, 36, 400, 2026
TERMS: Mapping[str, JsonValue] = {"records": 128, "places": 1024, "batch": 256, "epsilon_ppm": 300}
REVIEWED = 2
"""So many pairs are opened in the demonstration; the others wait."""
CHEATING = """
from random import Random
from paridad.desks.targets.deconfliction import group
from paridad.desks.targets.deconfliction.playing import Player
honest = Player.answer
def answer(self, points):
    made = list(group.points_of(honest(self, points)))
    draws = Random(self.snapshot.seed)
    for at in draws.sample(range(len(made)), max(1, len(made) // 100)):
        made[at] = group.random_point(draws.randbytes(64))
    return b"".join(made)
Player.answer = answer
"""
"""What is run before a node so that it answers one place in a hundred wrongly."""

Ask = Callable[..., Any]
"""Agency, operation, and its arguments; `second` for the other officer."""
Until = Callable[[str, Callable[[], Any]], Any]


def lists(official: Iterable[Dossier] | None, countries: tuple[str, str], names: tuple[str, str]) -> TwoLists:
    """Return the two lists: made from the official one where it is given, otherwise from an invented one."""
    found = official if official is not None else invent(INVENTED, seed=SEED, countries=countries)
    return two_lists(found, common=COMMON, alone=ALONE, seed=SEED, names=names)


class Comparing:
    """One run between two agencies, told through the doors of their nodes."""

    def __init__(self, ask: Ask, until: Until, scene: Mapping[str, str]) -> None:
        self.ask, self.until, self.scene = ask, until, scene
        self.sides = (scene["proposing"], scene["agreeing"])

    def play(self) -> dict[str, Any]:
        """Propose, agree, review, open; return what both sides say of it."""
        run = self.agreed()
        shown = [self._reached(agency, run, "review") for agency in self.sides]
        leads = [self.ask(agency, "targets.run.leads", run=run) for agency in self.sides]
        for agency, found in zip(self.sides, leads, strict=True):
            self._approved(agency, "targets.run.decide", run=run, choice=list(_choices(found["leads"])))
        for agency in self.sides:
            self._reached(agency, run, "opening")
            self.ask(agency, "targets.run.open", run=run)
        for agency in self.sides:
            self._reached(agency, run, "closed")
        checked = [self.ask(agency, "targets.run.check", run=run)["ok"] for agency in self.sides]
        return {
            "run": run,
            "keys_in_common": shown[0]["common"]["keys_in_common"],
            "leads": len(leads[0]["leads"]),
            "same_on_both": leads[0]["digest"] == leads[1]["digest"] and all(each["same_on_both"] for each in leads),
            "reviewed": min(REVIEWED, len(leads[0]["leads"])),
            "checked_again": all(checked),
        }

    def agreed(self) -> str:
        """Propose a run by two persons and agree to it by two; return it."""
        first, second = self.sides
        marks = {"purpose": self.scene["purpose"], "basis": self.scene["basis"]}
        run = str(self._approved(first, "targets.run.propose", peer=second, **marks, **TERMS)["run"])
        self.until(f"{run} arrives", lambda: self.ask(second, "targets.run.show", run=run))
        self._approved(second, "targets.run.agree", run=run)
        return run

    def named(self) -> dict[str, Any]:
        """Run against a node that cheats; return whom the other one names, and by which step."""
        run = self.agreed()
        shown = self.until("the cheat is named", lambda: self._broken(run))
        return {"named": shown["broken"]["agency"], "step": shown["broken"]["step"]["code"], "run": run}

    def _broken(self, run: str) -> Any:
        shown = self.ask(self.sides[0], "targets.run.show", run=run)
        return shown if "broken" in shown else None

    def _approved(self, agency: str, operation: str, **arguments: JsonValue) -> Any:
        """Let one officer of an agency prepare something and another approve it."""
        draft = self.ask(agency, operation, **arguments)
        return self.ask(agency, "targets.run.approve", second=True, draft=draft["draft"], digest=draft["digest"])

    def _reached(self, agency: str, run: str, state: str) -> Any:
        def look() -> Any:
            shown = self.ask(agency, "targets.run.show", run=run)
            return shown if shown["state"]["code"] == state else None

        return self.until(f"{agency}: {state}", look)


def _choices(leads: Iterable[Mapping[str, Any]]) -> Iterator[list[str]]:
    """Yield what the persons of a side decide: the first pairs are opened, the others wait."""
    for place, each in enumerate(leads):
        choice = "open" if place < REVIEWED else "wait"
        yield [str(each["lead_number"]), choice, "a lead, reviewed by two persons"]
