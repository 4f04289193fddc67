# SPDX-License-Identifier: Apache-2.0
"""A run on its pages, from the first look to the request that a lead leads to; who may not is told so, and sees no more."""

import html
import re
from collections.abc import Iterator

import pytest

from support.run_stages import RunStages
from support.run_world import COMMON
from support.web_world import BASIS, PURPOSE, Houses, Person, Seen, both_ways

FORM = {"purpose": PURPOSE, "basis": BASIS, "records": "64", "places": "256", "batch": "64", "epsilon_ppm": "300"}


@pytest.fixture(scope="module", params=list(both_ways()), ids=["as written", "parties exchanged"])
def stages(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Houses, RunStages]]:
    """Lend two nodes with a run that was closed and one whose leads wait."""
    with Houses(tmp_path_factory.mktemp("runs")) as houses:
        yield houses, RunStages(houses.parties, *request.param)


def words(page: Seen) -> str:
    """Return what somebody reads."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def does(person: Person, run: str, step: str, reason: str) -> Seen:
    """Press one of the buttons of a run's page, each of which has a form of its own."""
    page = person.open(f"runs/{run}")
    assert f'value="{step}"' in page.text
    token = re.search(r'name="csrf" value="([^"]*)"', page.text)
    assert token is not None
    return person.post(f"/en/runs/{run}", [("csrf", token[1]), ("step", step), (f"reason-{step}", reason)])


def other(runs: RunStages, agency: str) -> str:
    """Return another agency of the same party."""
    return str(next(each for each in sorted(runs.node(agency).own.act_signers) if each != agency))


def proposal(person: Person, peer: str) -> Seen:
    """Fill in the form of a proposal, and look."""
    return person.send(person.open("runs/new"), press="look", peer=peer, **FORM)


def test_look_prepare_approve_answer(stages: tuple[Houses, RunStages]) -> None:
    """One person looks and prepares, another approves; the other side looks, agrees by two persons, follows."""
    houses, runs = stages
    asking, asked = other(runs, runs.asking), runs.asked
    ana, luis = houses.enter(asking), houses.enter(asking, second=True)
    looked = proposal(ana, asked)
    assert "What remains a promise" in words(looked)
    assert "All your records of this class are compared." in words(looked)
    draft = ana.send(looked, press="prepare")
    assert "You prepared it" in words(draft)
    assert 'value="approve"' not in draft.text
    path = draft.address.partition("/en/")[2]
    said = luis.send(luis.open(path), press="approve")
    assert "Said and recorded" in words(said)
    run = re.search(r"runs/([\w-]+)\?signed", said.address)
    assert run is not None
    runs.parties.settle(2)
    mary, john = houses.enter(asked), houses.enter(asked, second=True)
    answering = mary.open(f"runs/{run[1]}/answer")
    assert "Your list" in words(answering)
    agreed = mary.send(answering, press="prepare")
    told = john.send(john.open(agreed.address.partition("/en/")[2]), press="approve")
    assert "Running" in words(told)
    runs.parties.settle(1)
    runs.carriers[0].round()
    runs.parties.settle(1)
    assert "A person asked for the pause." in words(does(mary, run[1], "pause", "A call."))
    assert "Going on after the pause" in words(does(mary, run[1], "continue", "All is well."))
    ended = does(mary, run[1], "stop", "The order was revoked.")
    assert f"{asked} ended it before its end: The order was revoked." in words(ended)


def test_leads_are_decided_and_lead_to_a_request(stages: tuple[Houses, RunStages]) -> None:
    """The own record, the rules in words, the decisions of both; a lead fills in a new request to its desk."""
    houses, runs = stages
    person = houses.enter(runs.asking)
    found = person.open(f"runs/{runs.names['run-closed']}/leads")
    for name, _ in COMMON:
        assert name in words(found)
    assert "two surnames, full date" in words(found)
    assert "Open. Same person by our file." in words(found)
    request = person.send(found, form="/request", press="whom")
    assert f'value="{runs.asked}" selected' in request.text
    assert "what can you tell us of your record?" in request.text
    form = person.open(f"runs/{runs.names['run']}/decide")
    missing = person.send(form, press="prepare", **{"choice-0": "open", "reason-0": "The same."})
    assert (missing.status, "Lead 1 is not decided yet" in words(missing)) == (422, True)
    assert 'value="The same."' in missing.text
    chosen = {f"{name}-{number}": value for number in range(3) for name, value in (("choice", "wait"), ("reason", "x"))}
    draft = person.send(missing, press="prepare", **chosen)
    assert words(draft).count("Wait") >= 3
    gone = person.send(draft, press="discard")
    assert gone.address.endswith("/runs")


@pytest.mark.parametrize("role", ["liaison", "analyst", "lawyer", "head", "auditor", "operator"])
def test_what_each_role_sees_of_a_lead(stages: tuple[Houses, RunStages], role: str) -> None:
    """Who may not read identity sees numbers and tiers; another agency the same as its sight of the record allows."""
    houses, runs = stages
    page = houses.enter(runs.asking, role).open(f"runs/{runs.names['run-closed']}/leads")
    seen = [name for name, _ in COMMON if name in words(page)]
    assert (page.status, len(seen)) == {
        "liaison": (200, 3), "analyst": (200, 3), "lawyer": (200, 3), "head": (200, 0), "auditor": (200, 0),
        "operator": (404, 0),
    }[role]  # fmt: skip
    away = houses.enter(other(runs, runs.asking), role).open(f"runs/{runs.names['run']}")
    assert away.status == (404 if role == "operator" else 200)
    assert "press" not in away.text
    assert 'value="stop"' not in away.text


def test_what_a_page_asks_wrongly_is_told_on_it(stages: tuple[Houses, RunStages]) -> None:
    """What is missing, what is no number, what policy refuses, what the state does not admit."""
    houses, runs = stages
    person = houses.enter(runs.asking)
    empty = person.send(person.open("runs/new"), press="look", records="many")
    assert (empty.status, "write a whole number" in words(empty)) == (422, True)
    busy = person.send(proposal(person, runs.asked), press="prepare")
    assert (busy.status, "unfinished run" in words(busy)) == (422, True)
    late = does(person, runs.names["run"], "stop", " ")
    assert (late.status, "Say why" in words(late)) == (422, True)
    assert houses.enter(runs.asking, "auditor").open("runs/new").status == 200
    refused = proposal(houses.enter(runs.asking, "auditor"), runs.asked)
    assert refused.status == 403
    nobody = person.open("runs/drafts/0000")
    assert (nobody.status, "There is no draft" in words(nobody)) == (422, True)
    assert person.open("runs/unknown").status == 404
    checked = person.open(f"runs/{runs.names['run-closed']}/check")
    assert "Everything that remains holds." in words(checked)
