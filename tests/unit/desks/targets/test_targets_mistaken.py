# SPDX-License-Identifier: Apache-2.0
"""Mistaken identity: what a claim must say, who may decide, and each party's last word beside the other's."""

from itertools import permutations

import pytest

from paridad.desks.targets import mistaken
from paridad.desks.targets.cases import Marks
from paridad.desks.targets.errors import NoticeRefused
from paridad.desks.targets.mistaken import Decide, File, Said, Tell, Thread, decide, file, fold, tell
from support.targets_acts import recorded

NOW = 1_000_000
MARKS = Marks("AMBER", "investigation", "treaty")
DOSSIER = "x" * 43


def claim(**more: object) -> File:
    """Return a claim that is accepted, with some values changed."""
    plain = {"iss": "A/ONE", "dossier": DOSSIER, "receivers": ("B/TWO",), "marks": MARKS, "channel": "representative",
             "claim": "He was born in 1990.", "facts": (), "received_on": NOW - 60}  # fmt: skip
    return File(**{**plain, **more})  # type: ignore[arg-type]


def decision(**more: object) -> Decide:
    """Return a decision that is accepted, with some values changed."""
    plain = {"iss": "A/ONE", "dossier": DOSSIER, "receivers": ("B/TWO",), "marks": MARKS, "upheld": True,
             "reason": "Another birth date.", "facts": ("Born in 1990.",), "reviewer": "bea",
             "judged_before": frozenset({"ana"})}  # fmt: skip
    return Decide(**{**plain, **more})  # type: ignore[arg-type]


def said(by: str, stage: str, place: int = 0) -> Said:
    """Return a notice as its row tells it."""
    return Said(f"{by} {stage} {place}", DOSSIER, by, place, place, stage)


DOUBTED = fold([said("A/ONE", "doubted")])


def test_a_claim_stays_and_its_notice_goes_to_whoever_received_the_dossier() -> None:
    kept, notice = file(claim(facts=("Born in 1990.",)), Thread(), NOW)
    assert (kept.internal, kept.kind) == (True, mistaken.CLAIM)
    assert (notice.kind, notice.aud, notice.re) == (mistaken.NOTICE, ("B/TWO",), (DOSSIER,))
    assert notice.fields == {"notice_stage": "doubted", "facts": ["Born in 1990."]}
    assert file(claim(receivers=()), Thread(), NOW)[1].internal
    assert file(claim(), fold([said("A/ONE", "not_upheld")]), NOW)


def test_a_decision_says_why_and_what_tells_the_persons_apart() -> None:
    [upheld] = decide(decision(), DOUBTED)
    assert upheld.fields == {
        "notice_stage": "not_this_person",
        "facts": ["Born in 1990."],
        "reason": "Another birth date.",
    }
    [other] = decide(decision(upheld=False, facts=()), DOUBTED)
    assert other.fields == {"notice_stage": "not_upheld", "reason": "Another birth date."}


def test_what_stands_is_told_to_whoever_came_later() -> None:
    command = Tell("A/ONE", DOSSIER, ("C/THREE",), MARKS, "Another birth date.", ("Born in 1990.",))
    [told] = tell(command, fold([said("A/ONE", "not_this_person")]))
    assert (told.aud, told.fields["notice_stage"]) == (("C/THREE",), "not_this_person")


CLAIMS: dict[str, tuple[dict[str, object], Thread, str]] = {
    "a second claim while one stands": ({}, DOUBTED, "given notice already"),
    "by nobody on the list": ({"channel": "rumour"}, Thread(), "channel: is not in the list"),
    "without a claim": ({"claim": " "}, Thread(), "claim: say what is claimed"),
    "received tomorrow": ({"received_on": NOW + 1}, Thread(), "received_on: is no time that has passed"),
    "with a blank fact": ({"facts": (" ",)}, Thread(), "none of them blank"),
    "with a life's story": ({"facts": ("x",) * 21}, Thread(), "20 at most"),
    "without a handling code": ({"marks": Marks("", "p", "b")}, Thread(), "handling: is missing"),
}


@pytest.mark.parametrize("case", CLAIMS.values(), ids=CLAIMS)
def test_a_claim_that_cannot_be_filed_says_why(case: tuple[dict[str, object], Thread, str]) -> None:
    changed, thread, sentence = case
    with pytest.raises(NoticeRefused) as refused:
        file(claim(**changed), thread, NOW)
    assert sentence in refused.value.words.en


DECISIONS: dict[str, tuple[dict[str, object], Thread, str]] = {
    "by whoever judged it before": ({"reviewer": "ana"}, DOUBTED, "somebody who had not judged it has to decide"),
    "of no notice": ({}, Thread(), "no notice of your party awaits a decision"),
    "of the other party's notice": ({}, fold([said("B/TWO", "doubted")]), "no notice of your party"),
    "twice": ({}, fold([said("A/ONE", "not_this_person")]), "no notice of your party"),
    "without a reason": ({"reason": ""}, DOUBTED, "reason: say why"),
    "upheld without a fact": ({"facts": ()}, DOUBTED, "facts: tell at least one fact"),
}


@pytest.mark.parametrize("case", DECISIONS.values(), ids=DECISIONS)
def test_a_decision_that_cannot_be_made_says_why(case: tuple[dict[str, object], Thread, str]) -> None:
    changed, thread, sentence = case
    with pytest.raises(NoticeRefused) as refused:
        decide(decision(**changed), thread)
    assert sentence in refused.value.words.en


@pytest.mark.parametrize(
    ("thread", "receivers", "sentence"),
    [(Thread(), ("C/THREE",), "has given no notice"), (DOUBTED, (), "all of them have it already")],
)
def test_nothing_is_told_twice_or_out_of_nothing(thread: Thread, receivers: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(NoticeRefused, match=sentence):
        tell(Tell("A/ONE", DOSSIER, receivers, MARKS, "", ()), thread)


@pytest.mark.parametrize("sides", [("A/ONE", "B/TWO"), ("B/TWO", "A/ONE")], ids=["as written", "exchanged"])
def test_each_party_has_its_own_last_word(sides: tuple[str, str]) -> None:
    """Whatever order they came in; what was not upheld is no barrier, and ends nobody else's."""
    one, other = sides
    story = [said(one, "doubted"), said(other, "doubted"), said(one, "not_upheld", 1)]
    threads = [fold(order) for order in permutations(story)]
    assert all(dict(each.last) == dict(threads[0].last) for each in threads)
    assert [each.iss for each in threads[0].barriers] == [other]
    assert (threads[0].stage(one[0]), threads[0].stage("C")) == ("not_upheld", "")


def test_a_notice_is_read_from_its_act() -> None:
    act = recorded({"notice_stage": "doubted"}, re=(DOSSIER,), kind=mistaken.NOTICE)
    assert (mistaken.read(act).of, mistaken.read(act).stage, mistaken.read(act).party) == (DOSSIER, "doubted", "A")
