# SPDX-License-Identifier: Apache-2.0
"""The practice: a simulated counterpart that answers by a script, whichever party it plays."""

from collections.abc import Iterator
from typing import Any

import pytest

from paridad.cli.demo import await_doors, running, until
from paridad.cli.practice import Script, prepare
from paridad.cli.two_processes import Pair


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Two nodes made for practice, running."""
    made = prepare(tmp_path_factory.mktemp("practice"))
    with running(made):
        await_doors(made)
        yield made


def settled(simulated: Script, trainee: Script, agency: str, folio: str, *stages: str) -> dict[str, Any]:
    """Let the script go on until the trainee sees a stage."""

    def look() -> Any:
        simulated.step()
        shown = trainee.ask(agency, "folio.show", folio=folio)
        return shown if shown["stage"]["code"] in stages else None

    return dict(until(f"{folio} {stages}", look))


@pytest.mark.parametrize("turn", [0, 1], ids=["first party trains", "second party trains"])
def test_the_counterpart_answers_by_its_script(pair: Pair, turn: int) -> None:
    """Two of three requests are answered, the third refused; a request of the simulated party can be answered."""
    trainee, simulated = Script(pair.parties[turn], pair), Script(pair.parties[1 - turn], pair)
    own, other = pair.agencies[trainee.party][0], pair.agencies[simulated.party][0]
    stages = []
    for _ in range(3):
        said = trainee.ask(
            own, "folio.ask", to=other, question="?", desk="targets",
            **{name: trainee.scene[name] for name in ("handling", "purpose", "basis", "urgency")},
        )  # fmt: skip
        shown = settled(simulated, trainee, own, str(said["folio"]), "answered", "partly-answered", "refused")
        stages.append(shown["stage"]["code"])
    assert stages[2] == "refused"
    assert "refused" not in stages[:2]
    asked = simulated.open(own)
    until(asked, lambda: trainee.ask(own, "folio.show", folio=asked)["stage"]["code"] == "sent")
    trainee.ask(
        own, "folio.refuse", folio=asked, ground=[trainee.texts["ground"]], explanation="?", may_ask_again=False
    )
    settled(simulated, trainee, own, asked, "closed")


def test_every_page_of_a_practice_says_so(pair: Pair) -> None:
    """Both nodes are marked, so that nobody takes a practice for the real thing."""
    assert all(home.settings.practice and home.settings.demo_identities for home in pair.homes.values())
