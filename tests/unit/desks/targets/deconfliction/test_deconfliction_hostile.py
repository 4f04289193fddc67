# SPDX-License-Identifier: Apache-2.0
"""A hostile side: each cheat is seen at its step, the cheat is named, and the evidence names it again elsewhere."""

import re
from dataclasses import replace
from hashlib import sha256
from typing import cast

import pytest

from paridad.desks.targets.deconfliction import group
from paridad.desks.targets.deconfliction.alarms import Watch
from paridad.desks.targets.deconfliction.common import SEALED_BYTES, common_of, seal_label
from paridad.desks.targets.deconfliction.dispute import NOBODY, first_difference, judge, root_of_answers
from paridad.desks.targets.deconfliction.errors import RunBroken
from paridad.desks.targets.deconfliction.messages import (
    Close,
    Decisions,
    DecisionSeal,
    GoOn,
    Labels,
    ListSent,
    Message,
    Proposal,
    Said,
    digest_of,
)
from paridad.desks.targets.deconfliction.order import draw, keyed
from paridad.desks.targets.deconfliction.run import Continue
from paridad.desks.targets.deconfliction.setlog import SetLog, grow
from support.deconfliction import Table, chance, terms
from support.deconfliction_cheats import CHEATS, ONE_PERSON, Tamper, WrongAnswers, hostile_list, one_of


@pytest.mark.parametrize("case", CHEATS.values(), ids=CHEATS.keys())
def test_a_cheat_is_seen_and_named(case: tuple[Tamper, int, str]) -> None:
    """The other side refuses it at its step; an auditor with the same messages names the same side; it stays open."""
    tamper, step, sentence = case
    table = Table(tamper=tamper)
    with pytest.raises(RunBroken, match=sentence) as broken:
        table.play()
    side = table.sent.side
    assert (broken.value.step, broken.value.side) == (step, side)
    victim = table.players[1 - side]
    assert victim.evidence is not None
    assert victim.evidence[1] == table.sent
    verdict = judge(table.said, table.sent)
    assert (verdict.side, verdict.step) == (side, step)
    assert re.search(sentence, verdict.words.en)
    assert victim.run.parts[side].close is None


def test_own_points_that_come_back_are_refused() -> None:
    """Also before the own list has left; with that list beside it, the evidence names the other side."""
    table = Table(tamper=hostile_list(1, lambda own, other: other[:32] + own[32:]))
    with pytest.raises(RunBroken, match="points of the other side") as broken:
        table.to_pairs()
    assert broken.value.side == 1
    own = table.players[0]._own.prepared
    assert own is not None
    verdict = judge([*table.said, Said(0, ListSent(own.points, own.seals))], table.sent)
    assert (verdict.side, verdict.step) == (1, 3)


def test_what_is_in_order_names_nobody() -> None:
    """The accepted row: the whole run, judged."""
    table = Table()
    table.play()
    *before, last = table.said
    assert judge(before, last) == NOBODY
    assert isinstance(last.message, Close)


def test_going_on_takes_two_persons() -> None:
    """One person cannot go on after an alarm."""
    table = Table(watch=(Watch(), Watch(honey=frozenset({0}))), tamper=one_of(1, GoOn, persons=ONE_PERSON))
    table.to_pairs()
    with pytest.raises(RunBroken, match="two different persons"):
        table.hand(1, table.players[1].command(Continue(("mary", "john"))))


def test_decisions_about_another_number_of_pairs() -> None:
    """Each pair has its decision, of the three that there are."""

    def tamper(table: Table, said: Said) -> Message:
        match said.message:
            case DecisionSeal(persons=persons) if said.side == 1:
                return DecisionSeal(digest_of(_few(table)), persons)
            case Decisions() if said.side == 1:
                return _few(table)
        return said.message

    with pytest.raises(RunBroken, match="one decision for each pair"):
        Table(tamper=tamper).play()


def _few(table: Table) -> Decisions:
    return Decisions(bytes(32), table.players[1]._own.decided[1:])


def test_a_label_that_was_not_committed_is_refused() -> None:
    """A grouping that is invented after seeing what matched does not fit step 2, although it is well sealed."""

    def tamper(table: Table, said: Said) -> Message:
        if said.side != 1 or not isinstance(said.message, Labels):
            return said.message
        player = table.players[1]
        match, snapshot = common_of(player.run)[0], player.snapshot
        other = snapshot.label(snapshot.tokens[9]).encoded()
        sealed = seal_label(match, player.run.context, 1, bytes(32), other)
        return Labels(sealed + said.message.sealed[SEALED_BYTES:])

    with pytest.raises(RunBroken, match="does not fit its commitment") as broken:
        Table(tamper=tamper).to_pairs()
    assert broken.value.side == 1


# Results that differ -------------------------------------------------------------------------------------------------


def test_a_denied_match_is_shown_under_both_roots() -> None:
    """The first tag that a claim omits stands, with its leaves, under the roots that both committed to."""
    table = Table()
    table.to_pairs()
    run = table.players[0].run
    tags = [match.tag for match in common_of(run)]
    assert first_difference(run, tags) is None
    difference = first_difference(run, tags[1:])
    assert difference is not None
    assert difference.omitted
    assert difference.tag == tags[0]
    for side in (0, 1):
        evaluation = run.parts[1 - side].evaluation
        assert evaluation is not None
        assert root_of_answers(difference, side, run.terms.places) == evaluation.root


def test_an_invented_match_is_called_that() -> None:
    """There is nothing to show under any root."""
    table = Table()
    table.to_pairs()
    run = table.players[0].run
    difference = first_difference(run, [bytes(16), *(match.tag for match in common_of(run))])
    assert difference is not None
    assert not difference.omitted
    assert difference.leaves == ()


# How often a cheat is caught -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
def test_one_percent_is_always_seen_with_full_proofs(seed: int) -> None:
    """Every position is proved, so the first batch with a wrong answer is the last."""
    table = Table(tamper=WrongAnswers(seed % 2, seed=seed), seed=seed)
    with pytest.raises(RunBroken, match="proof of the batch does not hold"):
        table.to_pairs()


def test_a_sample_catches_what_it_hits() -> None:
    """A sampled run breaks exactly where the sample holds a wrong answer."""
    seen = set()
    for seed in range(12):
        cheat = WrongAnswers(1, seed=seed)
        table = Table(terms=terms(sample=24), tamper=cheat, seed=seed)
        try:
            table.to_pairs()
        except RunBroken:
            caught = True
        else:
            caught = False
        assert caught is bool(cheat.wrong & table.players[0].run.samples[1])
        seen.add(caught)
    assert seen == {True, False}


def test_a_sample_is_drawn_with_the_verifiers_nonce() -> None:
    """The prover's own nonce does not move the sample of its answers; the verifier's does."""
    table = Table()
    table.to_pairs()
    run = table.players[0].run
    key = keyed("sample", run.context, run.roots, run.nonces[0], b"\x01")
    assert replace(run, proposal=replace(cast("Proposal", run.proposal), terms=terms(sample=9))).nonces == run.nonces
    assert draw(key, 64, 9) == draw(keyed("sample", run.context, run.roots, run.nonces[0], b"\x01"), 64, 9)
    assert draw(key, 64, 9) != draw(keyed("sample", run.context, run.roots, run.nonces[1], b"\x01"), 64, 9)


# Other lists in two sessions -----------------------------------------------------------------------------------------


def test_another_list_in_a_second_session_shows_in_the_set_log() -> None:
    """A side that swaps its list between two runs must append to its set log; a record that was not there is named."""
    table = Table()
    table.logs = (table.logs[0], grow(SetLog(), [], cap=64, chance=chance("another list")))
    with pytest.raises(RunBroken, match="was not in the set before the run"):
        table.play()


# What the other side, and a recording, can read ----------------------------------------------------------------------


def test_nothing_of_the_lists_stands_in_what_is_said() -> None:
    """Canaries: no key, record, seed, exponent, salt or unblinded point in any message, of what matched or not."""
    table = Table()
    table.play()
    transcript = b"".join(_raw(said.message) for said in table.said)
    for player in table.players:
        snapshot, context = player.snapshot, player.run.context
        for token in snapshot.tokens:
            plain = group.hash_to_group(sha256(context + token.key).digest(), group.PLAIN)
            for canary in (token.key, *(record.encode() for record in token.records), plain):
                assert canary not in transcript
        for secret in (snapshot.seed, snapshot.secret, *(snapshot.salt(at) for at in range(64))):
            assert secret not in transcript


def test_labels_of_what_is_not_common_are_never_made() -> None:
    """There are as many labels as matches, and none opens under another point."""
    table = Table()
    table.to_pairs()
    run = table.players[0].run
    for part in run.parts:
        assert part.labels is not None
        assert len(part.labels.sealed) == 5 * SEALED_BYTES


def _raw(value: object) -> bytes:
    match value:
        case bytes():
            return value
        case tuple():
            return b"".join(map(_raw, value))
        case str():
            return value.encode()
        case int() | None:
            return b""
    return b"".join(_raw(getattr(value, name)) for name in value.__dataclass_fields__)  # type: ignore[attr-defined]
