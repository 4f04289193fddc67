# SPDX-License-Identifier: Apache-2.0
"""Judgements of two dossiers: a person's, with a reason; never a merge; reversible; sometimes by two persons."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from paridad.acts.envelope import ActHash
from paridad.acts.vocabulary import check_body
from paridad.base.strict import JsonValue
from paridad.desks.targets.errors import JudgementRefused, NotCurrent
from paridad.desks.targets.judgements import (
    KIND,
    Judge,
    PairState,
    clusters,
    decide,
    evolve,
    fold,
    method_digest,
    ordered,
    pair_of,
)  # fmt: skip
from paridad.folio.state import Recorded
from support.targets_acts import VOCABULARY, hash_of, recorded

ONE, OTHER = hash_of("one dossier"), hash_of("other dossier")
JUDGE = Judge("A/ONE", "AMBER", "investigation", "treaty", "ana", (ONE, OTHER), "same", "documents", "Same CURP.")


def said(state: PairState, *, name: str, two_persons: bool = False, **changes: str) -> Recorded:
    """Decide a judgement on a state and return the act that comes of it."""
    command = replace(JUDGE, of=state.last, **changes)  # type: ignore[arg-type]
    (draft,) = decide(state, command, two_persons=two_persons)
    check_body(VOCABULARY.kinds[KIND], draft.fields)
    assert draft.aud == (draft.iss,)
    return recorded(draft.fields, name, re=draft.re, kind=KIND)


def test_a_judgement_is_recorded_and_reversed_by_another() -> None:
    """A reversal is a new act that names the old one; nothing is rewritten."""
    first = evolve(PairState(), said(PairState(), name="first"))
    assert (first.verdict, first.waiting) == ("same", None)
    unsure = evolve(first, said(first, name="second", verdict="unsure", reason_code="too_little"))
    assert (unsure.verdict, unsure.history) == ("unsure", (hash_of("first"), hash_of("second")))


def test_above_a_handling_code_another_person_has_to_say_the_same() -> None:
    waiting = evolve(PairState(), said(PairState(), name="first", two_persons=True))
    assert (waiting.verdict, waiting.waiting and waiting.waiting.officer) == ("", "ana")
    with pytest.raises(JudgementRefused, match="waits for another person"):
        said(waiting, name="again", two_persons=True)
    confirmed = said(waiting, name="second", two_persons=True, officer="eva", reason_code="confirmation")
    assert confirmed.fields["needs_second"] is False
    assert evolve(waiting, confirmed).verdict == "same"
    other = evolve(waiting, said(waiting, name="other", two_persons=True, officer="eva", verdict="unsure"))
    assert (other.verdict, other.waiting and other.waiting.verdict) == ("", "unsure")


def test_same_against_different_needs_a_second_person() -> None:
    same = evolve(PairState(), said(PairState(), name="first"))
    against = evolve(same, said(same, name="second", verdict="different", reason_code="contradiction"))
    assert (against.verdict, against.waiting and against.waiting.verdict) == ("same", "different")
    settled = evolve(against, said(against, name="third", verdict="different", officer="eva"))
    assert (settled.verdict, settled.waiting) == ("different", None)


def test_an_act_that_claims_a_second_person_by_itself_waits_all_the_same() -> None:
    """`evolve` believes the order of acts, not one act's word: the same person twice confirms nothing."""
    waiting = evolve(PairState(), said(PairState(), name="first", two_persons=True))
    twice = recorded({**said(PairState(), name="x", two_persons=True).fields}, "twice", re=(waiting.last,), kind=KIND)
    assert evolve(waiting, twice).verdict == ""


REFUSED: dict[str, Callable[[], object]] = {
    "no reason": lambda: said(PairState(), name="x", reason="  "),
    "an unknown verdict": lambda: said(PairState(), name="x", verdict="guilty"),
    "an unknown type of reason": lambda: said(PairState(), name="x", reason_code="hunch"),
    "no handling code": lambda: said(PairState(), name="x", handling=""),
    "no purpose": lambda: said(PairState(), name="x", purpose=""),
    "no basis": lambda: said(PairState(), name="x", basis=""),
    "a dossier with itself": lambda: decide(PairState(), replace(JUDGE, pair=(ONE, ONE)), two_persons=False),
    "the same once more": lambda: said(evolve(PairState(), said(PairState(), name="first")), name="x"),
}


@pytest.mark.parametrize("attempt", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_judged(attempt: Callable[[], object]) -> None:
    with pytest.raises(JudgementRefused):
        attempt()


def test_a_judgement_names_the_one_that_stands() -> None:
    """Judged meanwhile by somebody else: look again."""
    first = evolve(PairState(), said(PairState(), name="first"))
    for state, of in ((first, ""), (PairState(), hash_of("first")), (first, hash_of("other"))):
        with pytest.raises(NotCurrent):
            decide(state, replace(JUDGE, verdict="unsure", of=of), two_persons=False)


def test_what_does_not_follow_is_kept_and_changes_nothing() -> None:
    first = evolve(PairState(), said(PairState(), name="first"))
    astray = recorded({"verdict": "different"}, "astray", re=(hash_of("nowhere"),), kind=KIND)
    empty = recorded({}, "empty", re=(first.last,), kind=KIND)
    for act in (astray, empty):
        kept = evolve(first, act)
        assert (kept.verdict, kept.irregular) == ("same", (act.hash,))


def test_acts_are_folded_in_the_order_in_which_they_name_each_other() -> None:
    """Whatever the order in which they are read."""
    one = said(PairState(), name="first")
    state = evolve(PairState(), one)
    two = said(state, name="second", verdict="unsure")
    assert fold([two, one]) == fold([one, two]) == evolve(state, two)
    loop = recorded(two.fields, "first", re=(hash_of("first"),), kind=KIND)
    assert fold([one, loop]).history == (hash_of("first"),)


def test_pairs_have_one_order() -> None:
    assert ordered(("b", "a")) == ordered(("a", "b")) == ("a", "b")
    fields: Mapping[str, JsonValue] = {"dossiers": ["b", "a"]}
    assert pair_of(fields) == ("a", "b")
    assert pair_of({"dossiers": ["a"]}) is None


def test_what_only_a_chain_connects_is_implied_and_one_different_flags_all() -> None:
    chain = {("a", "b"): "same", ("b", "c"): "same", ("x", "y"): "unsure", ("d", "e"): "same"}
    first, second = clusters(chain)
    assert (first.members, first.implied, first.flagged) == (("a", "b", "c"), (("a", "c"),), False)
    assert (second.members, second.implied) == (("d", "e"), ())
    [flagged, _] = clusters({**chain, ("a", "c"): "different"})
    assert (flagged.implied, flagged.flagged) == ((), True)


def test_the_method_has_a_digest() -> None:
    """Of every file that a weight follows from."""
    assert len(method_digest()) == 43
    assert isinstance(hash_of("x"), str)
    assert ActHash(method_digest())
