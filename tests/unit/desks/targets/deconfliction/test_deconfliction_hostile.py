# SPDX-License-Identifier: Apache-2.0
"""A hostile side: each cheat is seen at its step, the cheat is named, and the evidence names it again elsewhere."""

import re
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import cast

import pytest

from paridad.desks.targets.deconfliction import group
from paridad.desks.targets.deconfliction.alarms import Watch
from paridad.desks.targets.deconfliction.common import SEALED_BYTES, common_of, seal_label
from paridad.desks.targets.deconfliction.dispute import NOBODY, first_difference, judge, root_of_answers
from paridad.desks.targets.deconfliction.errors import RunBroken
from paridad.desks.targets.deconfliction.group import Proof
from paridad.desks.targets.deconfliction.messages import (
    Agreement,
    Close,
    Commitment,
    Decisions,
    DecisionSeal,
    Evaluation,
    GoOn,
    Labels,
    ListSent,
    Message,
    Opening,
    OrderNonce,
    Pairs,
    Persons,
    Proposal,
    Record,
    RecordsOpened,
    Result,
    Said,
    Start,
    Terms,
    digest_of,
)
from paridad.desks.targets.deconfliction.order import draw, keyed
from paridad.desks.targets.deconfliction.run import Continue
from paridad.desks.targets.deconfliction.setlog import SetLog, grow
from support.deconfliction import Table, chance, terms
from support.deconfliction_cheats import Tamper, WrongAnswers, hostile_list, one_of

ONE_PERSON: Persons = ("ana", "ana")
SHORT = b"short"
NOT_A_POINT = b"\xff" * 32
OTHER_POINT = group.random_point(chance("another point")(64))


def flipped(value: bytes) -> bytes:
    """Return the bytes with one bit changed."""
    return bytes([value[0] ^ 1]) + value[1:]


def with_terms(**changes: object) -> Callable[[Terms], Terms]:
    """Return terms with changes."""
    return lambda agreed: replace(agreed, **changes)  # type: ignore[arg-type]


def of_record(**changes: object) -> Callable[[tuple[Record, ...]], tuple[Record, ...]]:
    """Return records of which the first has changes."""
    return lambda records: (records[0]._replace(**changes), *records[1:])  # type: ignore[arg-type]


def copied(table: Table, said: Said) -> Message:
    """Repeat the other side's commitment as an own one."""
    theirs = table.players[0].run.parts[0].commitment
    return theirs if said.side == 1 and isinstance(said.message, Commitment) and theirs else said.message


def of_another_run(_: Table, said: Said) -> Message:
    """Send the batch of an earlier run with the same people."""
    if said.side == 1 and isinstance(said.message, Opening):
        return _EARLIER.players[1].run.parts[1].openings[said.message.batch]
    return said.message


_EARLIER = Table(seed="earlier")
_EARLIER.to_pairs()

CHEATS: dict[str, tuple[Tamper, int, str]] = {
    "a capacity that tells the real size": (
        one_of(0, Proposal, terms=with_terms(places=72)), 0, "a capacity is not one of those agreed"),
    "a batch that no proof can hold": (one_of(0, Proposal, terms=with_terms(batch=65_536)), 0, "does not fit"),
    "a sample of more than there is": (one_of(0, Proposal, terms=with_terms(sample=65)), 0, "does not fit"),
    "no purpose": (one_of(0, Proposal, terms=with_terms(purpose="")), 0, "purpose or basis is missing"),
    "one person proposes": (one_of(0, Proposal, persons=ONE_PERSON), 0, "two different persons"),
    "a nonce is not sealed": (one_of(0, Proposal, nonce_seal=SHORT), 0, "not 32 bytes"),
    "another budget is agreed to": (
        one_of(1, Agreement, terms=with_terms(epsilon_ppm=301)), 1, '"epsilon_ppm" differs: 300 and 301'),
    "other tables": (one_of(1, Agreement, terms=with_terms(tables=b"x" * 32)), 1, '"tables" differs'),
    "another proposal is agreed to": (one_of(1, Agreement, proposal=bytes(32)), 1, "answers another proposal"),
    "one person agrees": (one_of(1, Agreement, persons=ONE_PERSON), 1, "two different persons"),
    "a nonce is short": (one_of(1, Agreement, nonce=SHORT), 1, "not 32 bytes"),
    "the nonce is chosen after the other's": (one_of(0, Start, nonce=bytes(32)), 1, "not the committed one"),
    "fewer places": (one_of(1, Commitment, places=32), 2, "another number of places"),
    "a root is short": (one_of(1, Commitment, root=SHORT), 2, "not 32 bytes"),
    "the order is not sealed": (one_of(1, Commitment, order_seal=SHORT), 2, "not 32 bytes"),
    "the other's commitment is repeated": (copied, 2, "repeats the other side's commitment"),
    "a key that is no point": (one_of(1, Commitment, key=NOT_A_POINT), 2, "knows its exponent"),
    "two keys": (one_of(1, Commitment, key=group.GENERATOR * 2), 2, "not 32 bytes"),
    "the identity as key": (one_of(1, Commitment, key=group.IDENTITY), 2, "knows its exponent"),
    "a key of unknown exponent": (one_of(1, Commitment, key=OTHER_POINT), 2, "knows its exponent"),
    "a list that was not committed to": (
        one_of(1, ListSent, points=lambda points: points[32:64] + points[:32] + points[64:]), 3, "lead to its root"),
    "a short list": (one_of(1, ListSent, points=lambda points: points[32:]), 3, "the agreed number"),
    "the identity in the list": (
        hostile_list(1, lambda own, _: group.IDENTITY + own[32:]), 3, "Point 0 is the identity"),
    "no point in the list": (
        hostile_list(1, lambda own, _: own[:32] + NOT_A_POINT + own[64:]), 3, "Point 1 is not canonical"),
    "a point twice": (hostile_list(1, lambda own, _: own[:32] + own[:32] + own[64:]), 3, "repeats a point"),
    "no root of the answers": (one_of(1, Evaluation, root=SHORT), 4, "not 32 bytes"),
    "the order is chosen late": (one_of(1, OrderNonce, nonce=bytes(32)), 4, "not the committed one"),
    "half a batch": (one_of(1, Opening, answers=lambda flat: flat[:-32]), 5, "the batch is not whole"),
    "an answer is changed after the root": (
        one_of(1, Opening, answers=lambda flat: OTHER_POINT + flat[32:]), 5, "does not lead to its root"),
    "answers are exchanged within a batch": (
        one_of(1, Opening, answers=lambda flat: flat[32:64] + flat[:32] + flat[64:]), 5, "does not lead to its root"),
    "a path of another length": (one_of(1, Opening, path=lambda path: path[32:]), 5, "shared path"),
    "another path": (one_of(1, Opening, path=flipped), 5, "does not lead to its root"),
    "no proof": (one_of(1, Opening, proof=None), 5, "the proof of the batch is missing"),
    "another proof": (one_of(1, Opening, proof=Proof(bytes(32), bytes(32))), 5, "proof of the batch does not hold"),
    "batches of an earlier run": (of_another_run, 5, "shared path|does not lead to its root"),
    "one wrong answer in a hundred": (WrongAnswers(1), 5, "proof of the batch does not hold"),
    "wrong answers by the side that proposed": (WrongAnswers(0), 5, "proof of the batch does not hold"),
    "a match is denied": (one_of(1, Result, size=4), 6, "the result is not what the batches give"),
    "another digest": (one_of(0, Result, digest=flipped), 6, "the result is not what the batches give"),
    "a label is kept back": (
        one_of(1, Labels, sealed=lambda flat: flat[SEALED_BYTES:]), 7, "one label for each match"),
    "a label that does not open": (one_of(1, Labels, sealed=flipped), 7, "A label does not open"),
    "other pairs": (one_of(1, Pairs, digest=flipped), 7, "the pairs are not what the labels give"),
    "one person decides": (one_of(1, DecisionSeal, persons=ONE_PERSON), 8, "two different persons"),
    "decisions are not sealed": (one_of(1, DecisionSeal, seal=SHORT), 8, "not 32 bytes"),
    "decisions after seeing the other's": (
        one_of(1, Decisions, salt=bytes(32)), 8, "the decisions are not the committed ones"),
    "a record of another authority": (
        one_of(1, RecordsOpened, records=of_record(authority="warrant 8")), 9, "was not in the set before the run"),
    "a record that the label does not name": (
        one_of(1, RecordsOpened, records=lambda records: (records[1]._replace(pair=0), *records[1:])), 9,
        "not the one of the label"),
    "a record is kept back": (
        one_of(1, RecordsOpened, records=lambda records: records[1:]), 9, "the pairs that both opened"),
}  # fmt: skip


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
