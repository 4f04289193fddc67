# SPDX-License-Identifier: Apache-2.0
"""Drafts that wait for a second person: stored, sealed, expiring, taken once; and the thread that carries runs."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from paridad.node.carrying import Carrier, Carrying
from paridad.node.errors import DraftOver, OfficerRefused
from paridad.node.run_drafts import (
    DAYS,
    Draft,
    demand_second,
    demand_taken,
    drafts_of,
    find_draft,
    keep_draft,
    pseudonyms,
)
from support.programmes import seeded_random
from support.run_world import TERMS, RunWorld

CANARY = "a reason that nobody reads in the database"
DAY = 86_400


@pytest.fixture
def world(tmp_path: Path) -> Iterator[RunWorld]:
    """Lend two parties."""
    with RunWorld(tmp_path) as made:
        yield made


def prepared(world: RunWorld, *, run: str = "run", now: int = 1000) -> Draft:
    """Keep a draft of side 0."""
    node, who = world.node(0), world.lines.parties.officer(world.agencies[0])
    draft = Draft.of("continue", run, who, {"reason": CANARY}, now=now, random=node.own.random)
    return keep_draft(node.own, draft)


def test_a_draft_is_found_by_its_agency_until_it_is_over(world: RunWorld) -> None:
    own, agency = world.node(0).own, world.agencies[0]
    draft = prepared(world)
    other = prepared(world, run="other", now=2000)
    assert find_draft(own, agency, draft.id, now=1001) == draft
    assert [each.id for each in drafts_of(own, agency, now=2000)] == [draft.id, other.id]
    assert drafts_of(own, agency, now=2000, run="other") == [other]
    assert drafts_of(own, world.agencies[1], now=2000) == []
    with pytest.raises(DraftOver, match="There is no draft"):
        find_draft(own, world.agencies[1], draft.id, now=1001)
    with pytest.raises(DraftOver, match="3 days"):
        find_draft(own, agency, draft.id, now=1000 + DAYS * DAY)
    with pytest.raises(DraftOver, match="There is no draft"):
        find_draft(own, agency, draft.id, now=1001)


def test_a_draft_is_taken_once_by_another_person_who_saw_it(world: RunWorld) -> None:
    own, draft = world.node(0).own, prepared(world)
    officer = world.lines.parties.officer
    with pytest.raises(OfficerRefused, match="ask another person"):
        demand_second(draft, officer(world.agencies[0]), draft.digest)
    with pytest.raises(DraftOver, match="not this draft's"):
        demand_second(draft, officer(world.agencies[0], second=True), "x")
    demand_second(draft, officer(world.agencies[0], second=True), draft.digest)
    demand_taken(own, draft)
    with pytest.raises(DraftOver, match="just used"):
        demand_taken(own, draft)


def test_what_is_prepared_stands_nowhere_in_clear(world: RunWorld, tmp_path: Path) -> None:
    prepared(world)
    for file in (path for path in tmp_path.rglob("*") if path.is_file()):
        assert CANARY.encode() not in file.read_bytes(), file


def test_pseudonyms_differ_and_cannot_be_joined() -> None:
    chance = seeded_random("pseudonyms")
    first, again = (pseudonyms("ana", "luis", chance) for _ in range(2))
    assert len({*first, *again}) == 4


def test_drafts_by_their_commands(world: RunWorld) -> None:
    """Listed, shown with what is reviewed, rehearsed, discarded; a role that conducts nothing is told none."""
    rehearsed = world.json(0, "propose", world.agencies[1], *TERMS, "--dry-run")
    assert (rehearsed["dry_run"], world.json(0, "drafts")["run_drafts"]) == (True, [])
    draft = world.json(0, "propose", world.agencies[1], *TERMS, role="analyst")
    [listed] = world.json(0, "drafts", role="lawyer")["run_drafts"]
    shown = world.json(0, "draft", draft["draft"], second=True)
    assert listed == shown
    assert (shown["prepared_by"], shown["records_compared"], len(shown["learned"])) == ("fgr-analyst", 5, 9)
    tried = world.json(0, "approve", draft["draft"], "--digest", draft["digest"], "--dry-run", second=True)
    assert (tried["dry_run"], tried["digest"]) == (True, draft["digest"])
    assert world.run(0, "discard", draft["draft"], role="auditor").exit_code == 1
    assert world.json(0, "discard", draft["draft"], role="lawyer")["discarded"] is True
    assert world.run(0, "draft", draft["draft"]).exit_code == 5


def test_a_thread_carries_runs_beside_the_rounds(world: RunWorld) -> None:
    """Two threads and two loops: the run comes to its review by itself; a thread that never began stops as well."""
    run = world.proposed()
    world.agreed(run)
    threads = [Carrying(carrier, Event()) for carrier in world.carriers]
    for each in threads:
        each.start()
    for _ in range(200):
        world.lines.parties.settle(1)
        if all(world.json(side, "show", run)["state"]["code"] == "review" for side in (0, 1)):
            break
    else:
        pytest.fail("the run did not come to its review")
    for each in threads:
        each.stop()
    Carrying(Carrier(world.node(0)), Event()).stop()
