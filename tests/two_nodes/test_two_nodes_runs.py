# SPDX-License-Identifier: Apache-2.0
"""A run in the hands of persons: by the commands of both sides, carried forward by both nodes; parties exchanged."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from paridad.desks.targets.deconfliction.tokens import evaluate
from paridad.node import carrying
from support.run_world import COMMON, TERMS, RunWorld

EXCHANGED = pytest.mark.parametrize("world", [False, True], ids=["as written", "parties exchanged"], indirect=True)


@pytest.fixture
def world(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[RunWorld]:
    """Lend two parties, each with a list."""
    with RunWorld(tmp_path, swap=getattr(request, "param", False)) as made:
        yield made


def shown(world: RunWorld, run: str) -> list[Any]:
    """Return what both sides show of a run."""
    return [world.json(side, "show", run) for side in (0, 1)]


def common(world: RunWorld, run: str, *names: str) -> list[list[Any]]:
    """Return some parts of what both sides show."""
    return [[found[name] for name in names] for found in shown(world, run)]


@EXCHANGED
def test_from_the_first_look_to_the_last_check(world: RunWorld) -> None:
    """Both find the same pairs, open the same records, destroy their secrets; what is left is checked again."""
    looked = world.json(0, "preview", "--peer", world.agencies[1], *TERMS)
    assert (looked["records_compared"], looked["fits"], looked["left_out"]) == (5, True, [])
    run = world.proposed()
    [row] = world.json(1, "list")["runs"]
    assert (row["run"], row["state"]["code"], row["waiting"]) == (run, "proposed", [world.agencies[1]])
    assert world.json(1, "preview", "--run", run)["records_compared"] == 4
    world.agreed(run)
    world.carry()
    first, second = common(world, run, "state", "step", "waiting", "since", "due", "batches", "common", "leads_found")
    assert first == second
    assert (first[0]["code"], first[7], first[5]["batches_each"]) == ("review", 3, 4)
    found = [world.json(side, "leads", run) for side in (0, 1)]
    assert found[0]["digest"] == found[1]["digest"]
    for side, each in enumerate(found):
        assert {row["own_record"]["act"] for row in each["leads"]} == {world.records[side][name] for name, _ in COMMON}
        assert {row["tier"]["code"] for row in each["leads"]} == {"1"}
        assert all(rule["shared_by_one_in"] > 200_000 for row in each["leads"] for rule in row["rules"])
    numbers = [[row["own_record"]["name"] for row in each["leads"]] for each in found]
    assert numbers[0] == numbers[1]
    world.decided(run)
    assert common(world, run, "state", "waiting", "due")[0] == common(world, run, "state", "waiting", "due")[1]
    for side in (0, 1):
        world.json(side, "open", run, role="liaison")
    world.carry()
    first, second = common(world, run, "state", "closed_with", "common")
    assert first == second
    assert first[0]["code"] == "closed"
    assert first[1]["leads_by_tier"] == [{"tier": first[1]["leads_by_tier"][0]["tier"], "count": 3}]
    for side in (0, 1):
        [opened] = {row["opened_there"]["act"] for row in world.json(side, "leads", run)["leads"]} - set(
            list(world.records[1 - side].values())[1:]
        )
        assert opened == world.records[1 - side][COMMON[0][0]]
        again = world.json(side, "check", run)
        assert again["ok"] is True
        assert {each["verdict_again"]["code"] for each in again["checked"]} == {"holds", "destroyed"}
        assert world.node(side).payloads.digests() == []


def test_what_is_checked_again_while_everything_is_here(world: RunWorld) -> None:
    """Before the close every message is checked again as its receiver checked it."""
    run = world.proposed()
    world.agreed(run)
    world.carry()
    for side in (0, 1):
        [again] = world.json(side, "check", run)["checked"]
        assert again["verdict_again"]["code"] == "holds"


@EXCHANGED
def test_both_nodes_die_again_and_again(world: RunWorld) -> None:
    """A draft survives; after every round both nodes are opened anew, and the run ends as it would have."""
    draft = world.json(0, "propose", world.agencies[1], *TERMS)
    world.reopen(0)
    run = str(world.approve(0, draft)["run"])
    world.lines.parties.settle(2)
    world.agreed(run)
    while world.once():
        for side in (0, 1):
            world.reopen(side)
    first, second = common(world, run, "state", "leads_found", "common")
    assert first == second
    assert (first[0]["code"], first[1]) == ("review", 3)
    for side in (0, 1):
        world.reopen(side)
    world.decided(run, "decline")
    assert [found["state"]["code"] for found in shown(world, run)] == ["closed", "closed"]
    for side in (0, 1):
        world.reopen(side)
        world.carriers[side].round()
        assert world.node(side).payloads.digests() == []


@EXCHANGED
def test_nobody_does_it_alone(world: RunWorld) -> None:
    """The same person may not approve, another agency may not act, a role that may not is told so; nothing is said."""
    draft = world.json(0, "propose", world.agencies[1], *TERMS)
    marks = ("--digest", draft["digest"])
    same = world.run(0, "approve", draft["draft"], *marks)
    assert (same.exit_code, "another person" in same.stderr) == (1, True)
    wrong = world.run(0, "approve", draft["draft"], "--digest", draft["draft"], second=True)
    assert (wrong.exit_code, "not this draft's" in wrong.stderr) == (5, True)
    analyst = world.run(0, "approve", draft["draft"], *marks, role="analyst")
    assert (analyst.exit_code, "role" in analyst.stderr) == (1, True)
    for role in ("head", "auditor", "operator"):
        assert world.run(0, "propose", world.agencies[1], *TERMS, role=role).exit_code == 1
        assert world.run(0, "drafts", role=role).exit_code == 1
    assert world.json(0, "list")["runs"] == []
    run = str(world.json(0, "approve", draft["draft"], *marks, role="lawyer")["run"])
    again = world.run(0, "approve", draft["draft"], *marks, second=True)
    assert (again.exit_code, "There is no draft" in again.stderr) == (5, True)
    world.lines.parties.settle(2)
    for verb in (("agree", run), ("stop", run, "--reason", "x")):
        assert world.run(0, *verb).exit_code == (1 if verb[0] == "agree" else 0)
    people = world.json(0, "show", run)["people"]
    assert [each["did"]["en"] for each in people][:2] == ["Prepared the proposal", "Approved the proposal"]


@EXCHANGED
def test_a_refusal_and_a_second_proposal(world: RunWorld) -> None:
    """A refusal says why, ends the run, and leaves no secrets; the next proposal is another run."""
    run = world.proposed()
    busy = world.run(1, "propose", world.agencies[0], *TERMS)
    assert (busy.exit_code, "unfinished run" in busy.stderr) == (1, True)
    no_reason = world.run(1, "refuse", run, "--reason", " ")
    assert (no_reason.exit_code, "Say why" in no_reason.stderr) == (1, True)
    world.json(1, "refuse", run, "--reason", "The judge has not decided yet.", role="lawyer")
    world.carry()
    first, second = common(world, run, "state", "refused", "waiting")
    assert first == second
    assert first[1] == {"agency": world.agencies[1], "reason": "The judge has not decided yet."}
    with world.node(0).own.store.read() as conn:
        assert world.node(0).own.vault.names(conn, f"run/{run}") == []
    other = world.proposed()
    assert other != run
    assert [row["state"]["code"] for row in world.json(0, "list")["runs"]] == ["proposed", "refused"]


@EXCHANGED
def test_a_pause_stops_batches_and_takes_two_persons_to_end(world: RunWorld) -> None:
    """One person pauses, at once; the other side sees it and cannot end it; two persons go on."""
    run = world.proposed()
    world.agreed(run)
    early = world.run(1, "pause", run, "--reason", "x")
    assert (early.exit_code, "has not begun" in early.stderr) == (1, True)
    while world.json(0, "show", run)["batches"]["batches_theirs"] < 1:
        world.once()
    world.json(0, "pause", run, "--reason", "A call from the liaison office.", role="lawyer")
    world.carry()
    first, second = common(world, run, "state", "alarms", "waiting")
    assert first == second
    assert (first[0]["code"], first[1][0]["alarm"]["code"], first[2]) == ("paused", "person", [world.agencies[0]])
    opened = [found["batches"]["batches_ours"] for found in shown(world, run)]
    assert max(opened) < 4
    theirs = world.run(1, "continue", run, "--reason", "x")
    assert (theirs.exit_code, "The pause is the other side's" in theirs.stderr) == (1, True)
    draft = world.json(0, "continue", run, "--reason", "All is well.", role="analyst")
    world.approve(0, draft)
    world.carry()
    assert [found["state"]["code"] for found in shown(world, run)] == ["review", "review"]


@EXCHANGED
def test_an_early_end_says_what_was_learned(world: RunWorld) -> None:
    """Whoever ends the run is named with the reason; both sides show the same number of open batches."""
    run = world.proposed()
    world.agreed(run)
    while world.json(1, "show", run)["batches"]["batches_ours"] < 1:
        world.once()
    told = world.json(1, "stop", run, "--reason", "The order was revoked.")
    assert "does not undo" in told["notice"]["en"]
    world.carry()
    first, second = common(world, run, "state", "aborted")
    assert first == second
    assert first[1] == {"agency": world.agencies[1], "reason": "The order was revoked."}
    assert "of your 256 places are open" in shown(world, run)[0]["so_far"][0]["says"]["en"]
    again = world.run(1, "stop", run, "--reason", "x")
    assert (again.exit_code, "Ended before its end" in again.stderr) == (1, True)


@EXCHANGED
def test_a_cheat_is_named_in_what_both_can_read(world: RunWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong answer stops the run at the honest node, which names side, step and act; the check says the same."""
    run = world.proposed()
    world.agreed(run)
    cheat = world.carriers[1]

    def wrong(snapshot: Any, points: bytes, **spread: Any) -> bytes:
        honest = evaluate(snapshot, points, **spread)
        return honest[:-32] + points[:32]

    honest_round = carrying.Carrier.round

    def cheating_round(carrier: carrying.Carrier) -> int:
        with monkeypatch.context() as patch:
            if carrier is cheat:
                patch.setattr("paridad.desks.targets.deconfliction.playing.evaluate", wrong)
            return honest_round(carrier)

    monkeypatch.setattr(carrying.Carrier, "round", cheating_round)
    world.carry()
    seen = world.json(0, "show", run)
    assert (seen["state"]["code"], seen["broken"]["agency"], seen["broken"]["step"]["code"]) == (
        "broken", world.agencies[1], "5",
    )  # fmt: skip
    checked = world.run(0, "check", run)
    assert checked.exit_code == 3
    assert world.agencies[1] in checked.stdout
    assert seen["broken"]["act"] in checked.stdout
    world.reopen(0)
    assert world.carriers[0].round() == 0
    assert world.json(0, "show", run)["broken"] == seen["broken"]
    world.json(0, "stop", run, "--reason", "The proof of a batch does not hold.")
    world.carry()
    assert world.json(1, "show", run)["state"]["code"] == "aborted"


def test_what_cannot_be_matched_is_told_before(world: RunWorld) -> None:
    """A common name without a date, a record for another purpose, a strict one without a basis: counted and named."""
    common_name = world.add(0, "HERNANDEZ GARCIA, Jose")
    other = world.add(0, "QUIROZ ELIZONDO, Olga", "1980-04-03", purpose="customs-control")
    found = world.json(0, "preview", "--peer", world.agencies[1], *TERMS)
    told = {each["because"]["code"]: each for each in found["left_out"]}
    assert {name: each["count"] for name, each in told.items()} == {"silent": 1, "kept": 1}
    assert [each["act"] for each in told["silent"]["records_named"]] == [common_name]
    assert told["kept"]["records_named"][0]["act"] == other
    assert told["kept"]["records_named"][0]["reasons"][0]["rule"] == "other-purpose"


def test_a_list_that_changed_is_reviewed_again(world: RunWorld) -> None:
    """What the second person approves is what the first prepared, or nothing."""
    draft = world.json(0, "propose", world.agencies[1], *TERMS)
    world.add(0, "MERELES TOVAR, Ciro", "1977-02-18")
    late = world.run(0, "approve", draft["draft"], "--digest", draft["digest"], second=True)
    assert (late.exit_code, "list has changed" in late.stderr) == (5, True)
    fresh = world.json(0, "propose", world.agencies[1], *TERMS)
    assert fresh["records_compared"] == 6
    world.lines.parties.clock.pass_(4 * 86_400)
    over = world.run(0, "approve", fresh["draft"], "--digest", fresh["digest"], second=True)
    assert (over.exit_code, "3 days" in over.stderr) == (5, True)


def test_a_later_run_grows_the_set_log_by_what_was_agreed(world: RunWorld) -> None:
    """Filled to the capacity first; then by the churn cap, whatever changed; what does not fit waits."""
    run = world.proposed("--churn", "2")
    world.agreed(run)
    world.carry()
    world.json(0, "stop", run, "--reason", "For another day.")
    world.carry()
    soon = world.run(0, "propose", world.agencies[1], *TERMS, "--churn", "2")
    assert (soon.exit_code, "at least 1 days lie between" in soon.stderr) == (1, True), soon.stderr
    world.lines.parties.clock.pass_(3 * 86_400)
    for number in range(3):
        world.add(0, f"MERELES {'ABCDEFG'[number]}OVAR, Ciro", f"197{number}-02-18")
    found = world.json(0, "preview", "--peer", world.agencies[1], *TERMS, "--churn", "2")
    assert (found["records_compared"], [each["because"]["code"] for each in found["left_out"]]) == (7, ["waiting"])
    other = world.proposed("--churn", "2")
    world.agreed(other)
    world.carry()
    first, second = common(world, other, "state", "leads_found")
    assert first == second
    assert (first[0]["code"], first[1]) == ("review", 3)


def test_names_alone_are_approved_apart(world: RunWorld) -> None:
    """The wider comparison has another digest, and whoever approves says so too, on both sides."""
    narrow = world.json(0, "propose", world.agencies[1], *TERMS)
    draft = world.json(0, "propose", world.agencies[1], *TERMS, "--names-alone")
    assert narrow["run_terms"]["rules_digest"] != draft["run_terms"]["rules_digest"]
    silent = world.run(0, "approve", draft["draft"], "--digest", draft["digest"], second=True)
    assert (silent.exit_code, "approved apart" in silent.stderr) == (1, True)
    run = world.approve(0, draft, "--names-alone")["run"]
    world.lines.parties.settle(2)
    assert world.json(1, "show", run)["run_terms"]["names_alone"] is True
    world.approve(1, world.json(1, "agree", run), "--names-alone")
    world.carry()
    found = world.json(0, "leads", run)["leads"]
    assert {"ssg", "SSG"} & {rule["rule_name"]["code"] for row in found for rule in row["rules"]}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (("--records", "72"), "records: has to be 4, 5, 6 or 7 times"),
        (("--places", "16"), "gives 40 keys and the capacity is 16"),
        (("--purpose", "gossip"), "purpose: is no purpose of the charter"),
        (("--basis", "gossip"), "basis: is no basis of the charter"),
        (("--epsilon-ppm", "0"), "epsilon_ppm: has to be more than zero"),
    ],
)
def test_terms_that_do_not_fit_are_named(world: RunWorld, changes: tuple[str, str], says: str) -> None:
    """Each refusal names the value, and nothing is kept."""
    refused = world.run(0, "propose", world.agencies[1], *TERMS, *changes)
    assert (refused.exit_code, says in refused.stderr) == (1, True), refused.stderr
    assert world.json(0, "drafts")["run_drafts"] == []
    own = world.run(0, "propose", world.agencies[0], *TERMS)
    assert (own.exit_code, "no agency of another party" in own.stderr) == (1, True)


def test_every_lead_is_decided_with_a_reason(world: RunWorld) -> None:
    """One that is left out, a choice that does not exist, a number that does not exist, a reason that is missing."""
    run = world.proposed()
    early = world.run(0, "leads", run)
    assert (early.exit_code, "not given any leads" in early.stderr) == (1, True)
    world.agreed(run)
    world.carry()
    whole = [word for number in range(3) for word in ("--choice", str(number), "open", "why")]
    for chosen, says in (
        (whole[:8], "Lead 2 is not decided yet"),
        ([*whole[:9], "2", "perhaps", "why"], "Lead 2: “perhaps” cannot be"),
        ([*whole, "--choice", "7", "open", "why"], "There is no lead 7"),
        ([*whole[:11], " "], "Say why"),
        (["--choice", "two", "open", "why"], "Not the number of a lead: two"),
    ):
        refused = world.run(0, "decide", run, *chosen)
        assert refused.exit_code in {1, 2}
        assert says in refused.stderr
    auditor = world.json(0, "leads", run, role="auditor")["leads"]
    assert [each["own_record"] for each in auditor] == [None, None, None]
    assert auditor[0]["reasons"][0]["rule"] == "oversight-reads-envelopes"
    unknown = world.run(0, "show", world.records[0][COMMON[0][0]])
    assert unknown.exit_code == 2
