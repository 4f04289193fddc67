# SPDX-License-Identifier: Apache-2.0
"""A run from proposal to close, on both sides: what both learn, turns, resuming, leaving, alarms."""

import dataclasses
from random import Random

import pytest

from paridad.desks.targets.deconfliction import leakage
from paridad.desks.targets.deconfliction.alarms import Watch
from paridad.desks.targets.deconfliction.common import pairs_of
from paridad.desks.targets.deconfliction.errors import NotNow
from paridad.desks.targets.deconfliction.messages import (
    Abort,
    Decision,
    Opening,
    Pause,
    Proposal,
    Said,
    Start,
    digest_of,
)
from paridad.desks.targets.deconfliction.playing import Player
from paridad.desks.targets.deconfliction.run import (
    Agree,
    Continue,
    DecidePairs,
    OpenRecords,
    Own,
    Proceed,
    Propose,
    Raise,
    Refuse,
    Stop,
    decide,
)
from paridad.desks.targets.deconfliction.state import Due, Run, due, evolve, step_of
from support.deconfliction import PERSONS, Table, terms


@pytest.fixture(scope="module")
def played() -> Table:
    """Play a whole run."""
    table = Table()
    table.play()
    return table


def test_both_learn_the_same_and_only_that(played: Table) -> None:
    """Five of 25 and 35 keys are common: five leads on both sides, the same digest, and nothing else."""
    one, two = (player.run for player in played.players)
    assert one == two
    assert one.parts[0].result == one.parts[1].result
    assert one.parts[0].result is not None
    assert one.parts[0].result.size == 5
    assert sorted(played.players[0].hits()) == sorted(played.players[1].hits()) == [0, 1, 2, 3, 4]
    assert due(one).sides == ()
    assert one.stray == 0


def test_records_opened_are_of_the_same_thing(played: Table) -> None:
    """Each pair joins the records that hold the common key, on authorities that stood before."""
    run = played.players[0].run
    snapshots = [player.snapshot for player in played.players]
    expected = {(snapshots[0].handle(f"A-record-{n}"), snapshots[1].handle(f"B-record-{n}")) for n in range(5)}
    assert {pair.handles for pair in pairs_of(run)} == expected
    assert [part.records is not None and len(part.records.records) for part in run.parts] == [5, 5]


def test_exchanged_parties_mirror(played: Table) -> None:
    """Exchange the two lists: the same number of leads, of the same tiers, and every step mirrors."""
    other = Table(swapped=True)
    other.play()
    assert [type(said.message) for said in other.said] == [type(said.message) for said in played.said]
    assert [part.close for part in other.players[0].run.parts] == [part.close for part in played.players[0].run.parts]


@pytest.mark.parametrize("seed", range(6))
def test_random_lists_give_equal_digests(seed: int) -> None:
    """Whatever the lists: both nodes hold the same state, and what is common is what was put in."""
    draw = Random(seed)
    common, alone = draw.randrange(20), (draw.randrange(40), draw.randrange(40))
    table = Table(common, alone, terms(batch=draw.choice((7, 16, 64))), seed=seed)
    table.play()
    assert table.players[0].run == table.players[1].run
    assert len(table.players[0].hits()) == len(table.players[1].hits()) == common


def test_a_sample_may_stand_for_all() -> None:
    """With a sample some batches have a proof of fewer positions, and one without any has none."""
    table = Table(terms=terms(sample=2, batch=4))
    table.play()
    proofs = [each.proof for part in table.players[0].run.parts for each in part.openings]
    assert None in proofs
    assert any(proofs)


# Turns ---------------------------------------------------------------------------------------------------------------


def test_whoever_leaves_is_one_batch_ahead_at_most() -> None:
    """After every message, the answers that each side has differ by one batch at most."""
    table = Table()
    table.to_pairs()
    run = Run()
    for said in table.said:
        run = evolve(run, said)
        opened = [sum(len(each.answers) // 32 for each in part.openings) for part in run.parts]
        assert abs(opened[0] - opened[1]) <= table.terms.batch


def test_who_opens_first_alternates(played: Table) -> None:
    """Neither side always goes first."""
    openers = [(said.message.batch, said.side) for said in played.said if isinstance(said.message, Opening)]
    assert openers == [(0, 0), (0, 1), (1, 1), (1, 0), (2, 0), (2, 1), (3, 1), (3, 0)]


def test_what_is_repeated_has_no_second_effect() -> None:
    """Every message delivered twice: the run is the same."""
    table = Table()
    table.to_pairs()
    before = table.players[1].run
    for said in table.said:
        if said.side == 0:
            table.players[1].take(said)
    assert table.players[1].run == before


def test_what_is_not_due_names_nobody(played: Table) -> None:
    """A message out of turn, of the own side, or of a batch to come is no evidence of anything."""
    table = Table()
    table.propose()
    opening = next(said for said in played.said if isinstance(said.message, Opening) and said.side == 1)
    for said in (Said(0, Start(b"")), opening, Said(1, Abort("mine", 0))):
        with pytest.raises(NotNow):
            table.players[said.side].take(said)
    with pytest.raises(NotNow, match="not due now: next is Proposal, of 0"):
        Table().players[0].take(opening)
    assert table.players[0].evidence is None


def test_a_later_batch_is_not_due() -> None:
    """Batches come in their order."""

    def second_first(_: Table, said: Said) -> object:
        return dataclasses.replace(said.message, batch=1) if isinstance(said.message, Opening) else said.message

    table = Table(tamper=second_first)  # type: ignore[arg-type]
    with pytest.raises(NotNow, match="Batch 0 is next"):
        table.to_pairs()


def test_a_fact_out_of_place_is_counted(played: Table) -> None:
    """`evolve` refuses nothing: what was recorded twice or at the wrong batch is counted, and changes nothing."""
    run = played.players[0].run
    for said in played.said[:4]:
        run = evolve(run, said)
    run = evolve(run, Said(0, Opening(9, b"", b"", None)))
    assert run.stray == 5
    assert dataclasses.replace(run, stray=0) == played.players[0].run


def test_steps_have_numbers() -> None:
    """From 0 to 10, as the run goes on."""
    table = Table()
    steps = [step_of(table.players[0].run)]
    for said in _whole():
        table.players[0].run = evolve(table.players[0].run, said)
        steps.append(step_of(table.players[0].run))
    assert steps == sorted(steps)
    assert set(steps) == set(range(11))


def _whole() -> list[Said]:
    table = Table()
    table.play()
    return table.said


def test_commands_in_the_wrong_place_are_refused() -> None:
    """There is nothing to answer yet, and nothing to stop; values that were not computed are a programming error."""
    first = Table().players[0]
    for command in (Refuse("no"), Agree(terms(), 0, Table().logs[0].head, PERSONS[0])):
        with pytest.raises(NotNow, match="no proposal to answer"):
            first.command(command)
    for other in (Stop("no"), Continue(PERSONS[0]), DecidePairs((), PERSONS[0])):
        with pytest.raises(NotNow, match="not due now"):
            first.command(other)
    said = _whole()
    for count, sentence in ((3, "the own list was not prepared"), (7, "the answers to the other list")):
        run = Run()
        for each in said[:count]:
            run = evolve(run, each)
        with pytest.raises(RuntimeError, match=sentence):
            decide(run, Proceed(), Own(0, first.snapshot))


# Refusing, leaving, resuming -----------------------------------------------------------------------------------------


def test_a_refusal_ends_it() -> None:
    """No run, a reason, and nothing is due."""
    table = Table()
    table.hand(0, table.players[0].command(_proposal(table)))
    table.hand(1, table.players[1].command(Refuse("cool-down")))
    assert due(table.players[0].run) == Due(Abort, ())
    assert table.players[0].proceed() == ()


def _proposal(table: Table) -> Propose:
    return Propose(table.terms, 0, table.logs[0].head, PERSONS[0])


@pytest.mark.parametrize("swap", [False, True], ids=["as written", "parties exchanged"])
def test_an_abort_says_how_far_it_went(swap: bool) -> None:
    """Either side may leave; the page says what each can have learned."""
    table, leaver = Table(), int(swap)
    table.propose()
    while len(table.players[leaver].run.parts[1 - leaver].openings) < 2:
        table.step(0)
        table.step(1)
        if due(table.players[0].run).sides == ():
            break
    table.hand(leaver, table.players[leaver].command(Stop("left")))
    run = table.players[1 - leaver].run
    assert run.abort == Said(leaver, Abort("left", len(run.parts[leaver].openings)))
    assert table.players[0].proceed() == table.players[1].proceed() == ()
    assert "of your 64 places are open" in leakage.after(run, 0)[0].in_("en")
    with pytest.raises(NotNow):
        table.players[leaver].command(Stop("again"))


def test_after_a_run_the_statement_counts(played: Table) -> None:
    """All places are open, and what came of it is said in numbers."""
    said = [each.in_("en") for each in leakage.after(played.players[0].run, 0)]
    assert said == [
        "The answers to 64 of your 64 places are open, and to 64 of the other side's 64.",
        "The run gave 5 common keys and 5 pairs.",
    ]


@pytest.mark.parametrize("side", [0, 1])
def test_it_goes_on_where_the_power_was_cut(side: int, played: Table) -> None:
    """After every message: rebuilt from snapshot and record, a side says what it would have said, to the bit."""
    said = played.said
    automatic = [at for at, each in enumerate(said) if each.side == side and type(each.message).__name__ in _FOLLOWS]
    for at in automatic:
        fresh = Player.resume(Table().players[side], said[:at])
        fresh._own = dataclasses.replace(fresh._own, decided=(Decision("open", "lead"),) * 5)
        first, *_ = fresh.proceed()
        assert digest_of(first) == digest_of(said[at].message)


_FOLLOWS = frozenset(
    {"Start", "Commitment", "ListSent", "Evaluation", "OrderNonce", "Opening", "Result", "Labels", "Pairs", "Decisions",
     "Close"}
)  # fmt: skip


def test_two_runs_cannot_be_joined(played: Table) -> None:
    """Another seed, another context: no point, commitment, handle or tag of one run occurs in the other."""
    other = Table(seed="another day")
    other.play()
    seen = [
        {
            point
            for part in table.players[0].run.parts
            for flat in (part.listed.points, part.listed.seals, *(each.answers for each in part.openings))  # type: ignore[union-attr]
            for point in (flat[at : at + 32] for at in range(0, len(flat), 32))
        }
        | {handle for pair in pairs_of(table.players[0].run) for handle in pair.handles}
        for table in (played, other)
    ]
    assert not seen[0] & seen[1]


# Alarms --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", [0, 1])
def test_an_alarm_stops_the_run_until_two_persons_go_on(side: int) -> None:
    """The first batch with a honey record pauses both sides; after that the run ends as usual."""
    watch = Watch(honey=frozenset({0}))
    table = Table(watch=(watch, Watch()) if side == 0 else (Watch(), watch))
    table.to_pairs()
    run = table.players[1 - side].run
    assert run.alarms == ((side, "honey"),)
    assert due(run).sides == (side,)
    assert any(isinstance(said.message, Pause) for said in table.said)
    table.hand(side, table.players[side].command(Continue(PERSONS[side])))
    table.settle()
    assert table.players[0].run == table.players[1].run
    assert table.players[0].run.parts[0].pairs is not None


def test_an_alarm_is_seen_after_a_restart() -> None:
    """The batch that holds the honey record was on record when the power was cut: the alarm comes all the same."""
    table = Table()
    table.to_pairs()
    last = max(at for at, said in enumerate(table.said) if isinstance(said.message, Opening)) + 1
    watchful = Player(0, table.players[0].snapshot, Watch(honey=frozenset({0})))
    assert watchful.hits() == ()
    assert Player.resume(watchful, table.said[:last]).proceed() == (Pause("honey"),)


def test_a_pair_that_one_declines_is_opened_by_neither() -> None:
    """Both or neither."""
    table = Table(common=2)
    table.to_pairs()
    chosen = ((Decision("open", "lead"), Decision("open", "lead")), (Decision("open", "lead"), Decision("decline", "")))
    for side in (0, 1):
        table.hand(side, table.players[side].command(DecidePairs(chosen[side], PERSONS[side])))
    table.settle()
    for side in (0, 1):
        table.hand(side, table.players[side].command(OpenRecords(table.records(side))))
    table.settle()
    run = table.players[0].run
    assert [[each.pair for each in part.records.records] for part in run.parts if part.records] == [[0], [0]]
    assert due(run).sides == ()


def test_nothing_is_proposed_twice() -> None:
    """A run has one proposal."""
    table = Table()
    table.propose()
    assert isinstance(table.said[0].message, Proposal)
    with pytest.raises(NotNow):
        table.players[0].command(_proposal(table))


def test_a_batch_that_crosses_a_pause_is_taken() -> None:
    """Side 1 opens two batches in a row; side 0 pauses after the first, and takes the second that was on its way."""
    table = Table()
    table.to_pairs()
    batches = [at for at, said in enumerate(table.said) if isinstance(said.message, Opening) and said.side == 1]
    player = Player.resume(Table().players[0], table.said[: batches[1]])
    player.command(Raise("hits"))
    assert player.proceed() == ()
    player.take(table.said[batches[1]])
    assert len(player.run.parts[1].openings) == 2
    assert player.proceed() == ()
    player.command(Continue(PERSONS[0]))
    assert [type(message) for message in player.proceed()] == [Opening, Opening]
