# SPDX-License-Identifier: Apache-2.0
"""`paridad practice`: a node to train at, whose counterpart is simulated and answers by a script.

Rules
  - Both nodes, their keys, officers and records are made for the practice and lie in one folder; nothing reaches a real
    programme, and every page says that the counterpart is simulated.
  - The script follows the folio's duties, as a person would, through the same operations: it acknowledges, answers
    with an invented dossier, refuses one request in three, clarifies, attests, closes. It decides nothing about anyone.
  - It opens one request to each agency of the trainee, so that there is something to answer.

Worked example
    paridad practice --as A --folder practice        the pages' address is printed; sign in as anybody
"""

import tempfile
import time
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import click

from paridad.base.errors import ParidadError
from paridad.base.strict import JsonValue
from paridad.cli.demo import PROGRAMME, a_person, await_doors, file_list, free_port, running
from paridad.cli.errors import Told
from paridad.cli.operations import OPERATIONS
from paridad.cli.session import Session
from paridad.cli.two_processes import Pair, found_two, introduce, parties_of
from paridad.programmes import shipped_programme, shipped_story

PAUSE_SECONDS = 2.0
REFUSED_ONE_IN = 3
PAGE = 50

Ask = Callable[..., Any]


@click.command(
    help="Un nodo para practicar; la contraparte es simulada y contesta por guion. / "
    "A node to practise at; the counterpart is simulated and answers by a script.\n\n"
    "0 terminado / ended, 1 negado / refused, 2 uso / usage"
)
@click.option("--as", "party", required=True, help="Parte que practica. / Party that practises.")
@click.option("--folder", type=click.Path(path_type=Path), help="Dónde fundar los nodos. / Where to found the nodes.")
def practice(party: str, folder: Path | None) -> None:
    """Run a practice until it is stopped."""
    parties = parties_of(shipped_programme(PROGRAMME))
    if party not in parties:
        raise click.UsageError(f"--as: {', '.join(parties)}")
    with tempfile.TemporaryDirectory(prefix="paridad-practice-") as temporary:
        pair = prepare(folder or Path(temporary))
        with running(pair):
            await_doors(pair)
            click.echo(f"{party}: http://localhost:{pair.homes[party].settings.web_port}/", err=True)
            _play(pair, party)


def prepare(folder: Path) -> Pair:
    """Found two nodes for practice, each with invented dossiers."""
    parties = parties_of(shipped_programme(PROGRAMME))
    ports = {party: free_port() for party in parties}
    settings: dict[str, dict[str, str | int]] = {
        party: {"port": ports[party], "web_port": free_port(), "demo_identities": True, "practice": True}
        for party in parties
    }
    pair = found_two(folder, PROGRAMME, settings=settings)
    introduce(pair, ports)
    story = tomllib.loads(shipped_story(PROGRAMME).decode("utf-8"))
    for part in ("main", "back"):
        file_list(pair, story[part])
    return pair


def _play(pair: Pair, trainee: str) -> None:
    simulated = next(party for party in pair.parties if party != trainee)
    script = Script(simulated, pair)
    try:
        for agency in pair.agencies[trainee]:
            script.open(agency)
        while True:
            for line in script.step():
                click.echo(line, err=True)
            time.sleep(PAUSE_SECONDS)
    except KeyboardInterrupt:
        click.echo("fin / end", err=True)


@dataclass
class Script:
    """The simulated counterpart."""

    party: str
    pair: Pair
    session: Session = field(default_factory=lambda: Session(OPERATIONS))
    answered: int = 0

    def __post_init__(self) -> None:
        story = tomllib.loads(shipped_story(PROGRAMME).decode("utf-8"))
        self.texts: Mapping[str, str] = story["practice"][self.party]
        self.scene: Mapping[str, str] = story["main"]

    def ask(self, agency: str, operation: str, **arguments: JsonValue) -> Any:
        """Carry out an operation at the simulated node, as the liaison officer of one of its agencies."""
        officer = f"{agency.partition('/')[2].lower()}-liaison"
        with self.session.line(self.pair.homes[self.party].path) as line:
            return line(operation, {"officer": officer, **arguments})

    def open(self, agency: str) -> str:
        """Open a request to an agency of the trainee."""
        said = self.ask(
            self.pair.agencies[self.party][-1],
            "folio.ask",
            to=agency,
            question=self.texts["question"],
            desk="targets",
            **{name: self.scene[name] for name in ("handling", "purpose", "basis", "urgency")},
        )
        return str(said["folio"])

    def step(self) -> list[str]:
        """Do one thing in each folio that waits for the simulated party; return what was done."""
        done = []
        for agency in self.pair.agencies[self.party]:
            listed = self.ask(agency, "folio.list", waiting_for=self.party, limit=PAGE)
            for folio in (each["folio"] for each in listed["folios"] if agency in {each["asking"], each["asked"]}):
                done += self._turn(agency, folio)
        return done

    def _turn(self, agency: str, folio: str) -> list[str]:
        shown = self.ask(agency, "folio.show", folio=folio)
        duty = next((each["duty"]["code"] for each in shown["waiting"] if each["agency"] == agency), "")
        turn = self._turns(shown).get(duty)
        if turn is None:
            return []
        try:
            turn(agency, folio)
        except (ParidadError, Told) as error:
            return [f"{folio} {duty}: {error}"]
        return [f"{folio}: {duty}"]

    def _turns(self, shown: Mapping[str, Any]) -> Mapping[str, Ask]:
        """Return what is done about each duty (folio/README.md numbers them)."""
        last = partial(_last, shown)
        return {
            "D1": partial(self._say, "acknowledge"),
            "D2": self._answer,
            "D3": partial(self._say, "clarify", of=last("clarification"), text=self.texts["clarification"]),
            "D4": partial(self._say, "resume", reason=self.texts["reason"]),
            "D5": partial(self._say, "attest", of=last("recall")),
            "D6": partial(self._say, "consent", of=last("consent-request"), explanation=self.texts["explanation"]),
            "D7": partial(self._report, shown),
            "D8": partial(self._say, "close"),
        }

    def _say(self, verb: str, agency: str, folio: str, **arguments: JsonValue) -> None:
        self.ask(agency, f"folio.{verb}", folio=folio, **arguments)

    def _report(self, shown: Mapping[str, Any], agency: str, folio: str) -> None:
        """File an outcome where there was an answer; else close with a reason."""
        if "outcome" in shown["possible"]:
            self._say("outcome", agency, folio, outcome=self.texts["outcome"])
        else:
            self._say("close", agency, folio, reason=self.texts["reason"])

    def _answer(self, agency: str, folio: str) -> None:
        """Answer with an invented dossier, or refuse: every third request."""
        self.answered += 1
        if self.answered % REFUSED_ONE_IN == 0:
            ground, why = [self.texts["ground"]], self.texts["explanation"]
            self._say("refuse", agency, folio, ground=ground, explanation=why, may_ask_again=True)
            return
        self._say("answer", agency, folio, record=[a_person(self.pair.homes[self.party])])


def _last(shown: Mapping[str, Any], kind: str) -> str:
    """Return the hash of the last act of a kind in a folio."""
    wanted = f"folio/{kind}/1"
    return next((str(act["act"]) for act in reversed(shown["acts"]) if act["kind"]["code"] == wanted), "")
