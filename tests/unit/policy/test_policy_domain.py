# SPDX-License-Identifier: Apache-2.0
"""The two evaluators over the whole finite domain, and what must hold of every answer in it."""

import json
import random
import re
from collections.abc import Iterator
from dataclasses import replace

import cedarpy
import pytest

from paridad.acts.vocabulary import SENSITIVITIES
from paridad.policy.cedar import Answer, Cedar
from paridad.policy.decision import NO_RULE
from paridad.policy.domain import Comparison, compare, domain, same, size, swapped
from paridad.policy.engine import PolicyEngine
from paridad.policy.errors import PolicyRefused
from paridad.policy.evaluator import Facts, Nearest, Verdict, facts, judge, nearest, unmet
from paridad.policy.question import Question, ReleaseQuestion, attributes
from paridad.policy.rules import ATTRIBUTES, Rule
from paridad.policy.texts import PolicyTexts, shipped
from support.policy_world import LISTS

SEED = 20_251_009
TEXTS = shipped(LISTS)
BRINGS = ("second_person", "case_decision", "assurance", "consent", "addressed", "held", "involved")
"""What somebody has to have done or be: without it, nothing more is allowed."""


class Judged:
    """Every question of the domain with its facts and the table's verdict; once for all tests of this module."""

    def __init__(self, engine: PolicyEngine) -> None:
        self.engine = engine
        self.questions = list(domain(LISTS))
        random.Random(SEED).shuffle(self.questions)
        self.facts = [facts(question, LISTS) for question in self.questions]
        self.verdicts = [judge(engine.book, known) for known in self.facts]
        self.by_facts = {_key(known): verdict for known, verdict in zip(self.facts, self.verdicts, strict=True)}

    @property
    def allowed(self) -> list[Question]:
        """What the table allows."""
        return [question for question, verdict in zip(self.questions, self.verdicts, strict=True) if verdict.allowed]

    @property
    def telling(self) -> list[Question]:
        """What is allowed, all that is read and done, and a part of the rest."""
        rest = [question for question in self.questions if isinstance(question, ReleaseQuestion)][:2000]
        small = [question for question in self.questions if not isinstance(question, ReleaseQuestion)]
        return self.allowed + rest + small


def _key(known: Facts) -> frozenset[tuple[str, object]]:
    """Facts as far as a rule can speak of them."""
    return frozenset(
        (name, value != "none" if name == "purpose" else value)
        for name, value in known.items()
        if name == "action" or (name in ATTRIBUTES and name not in {"two_person", "onward"})
    )


@pytest.fixture(scope="module")
def engine() -> PolicyEngine:
    return PolicyEngine.load(LISTS)


@pytest.fixture(scope="module")
def judged(engine: PolicyEngine) -> Judged:
    return Judged(engine)


@pytest.fixture(scope="module")
def comparison(engine: PolicyEngine) -> Comparison:
    return engine.compare()


# The comparison -----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_two_evaluators_agree_on_every_question(comparison: Comparison) -> None:
    assert comparison.differences == ()
    assert comparison.asked == 36_864 + 73_728 + 864 + 120
    assert 0 < comparison.allowed < comparison.asked


@pytest.mark.slow
def test_every_clause_and_every_rule_is_reached_by_some_question(comparison: Comparison, engine: PolicyEngine) -> None:
    assert comparison.spoke == engine.book.rules.keys()
    assert {engine.book.rules[rule].clause for rule in comparison.spoke} == engine.book.clauses.keys()


def test_the_domain_holds_every_value_of_every_list(judged: Judged) -> None:
    assert size(LISTS) == len(judged.questions) == len(set(judged.questions)) == len(judged.by_facts)
    for attribute, (actions, values) in ATTRIBUTES.items():
        for action in actions:
            seen = {known[attribute] for known in judged.facts if known["action"] == action}
            assert seen.issuperset(values), (attribute, action)
    outgoing = [question for question in judged.questions if isinstance(question, ReleaseQuestion)]
    assert {question.recipient for question in outgoing} == set(LISTS.agencies)
    assert {question.originator for question in outgoing} == set(LISTS.parties)
    assert {question.purpose for question in outgoing} == {"none", *LISTS.purposes}
    assert {question.handling for question in outgoing} == {"none", *LISTS.handling_codes}


def test_a_comparison_names_what_differs(engine: PolicyEngine) -> None:
    rules = dict(engine.book.rules)
    rules["own-proposal"] = replace(rules["own-proposal"], when={"command": ("close",), "proposer": (True,)})
    book = replace(engine.book, rules=rules)
    questions = [question for question in domain(LISTS) if not isinstance(question, ReleaseQuestion)]
    cedar = Cedar(TEXTS, LISTS)
    assert compare(cedar, engine.book, LISTS, questions).differences == ()
    found = compare(cedar, book, LISTS, questions).differences
    assert {getattr(difference.question, "command", None) for difference in found} == {"approve", "close"}
    assert found[0].table != Verdict(allowed=found[0].cedar.effect == "Allow", rules=found[0].cedar.rules)


SAME: dict[str, tuple[Answer, bool]] = {
    "the same verdict by the same rules": (Answer("Allow", ("a", "b"), ()), True),
    "an allow with an error": (Answer("Allow", ("a", "b"), ("policy failed",)), False),
    "an allow without a reason": (Answer("Allow", (), ()), False),
    "an allow by other rules": (Answer("Allow", ("a",), ()), False),
    "a refusal": (Answer("Deny", ("a", "b"), ()), False),
    "no decision": (Answer("NoDecision", ("a", "b"), ()), False),
}


@pytest.mark.parametrize(("answer", "expected"), SAME.values(), ids=SAME.keys())
def test_agreement_is_verdict_rules_and_no_errors(answer: Answer, expected: bool) -> None:
    assert same(answer, Verdict(allowed=True, rules=("a", "b"))) is expected


# What holds of every answer -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("brought", BRINGS)
def test_taking_away_what_somebody_brought_never_allows_more(judged: Judged, brought: str) -> None:
    for question, verdict in zip(judged.facts, judged.verdicts, strict=True):
        if verdict.allowed and question.get(brought) is False:
            assert judged.by_facts[_key({**question, brought: True})].allowed


@pytest.mark.parametrize("spoils", ["expired", "proposer"])
def test_what_spoils_a_question_never_allows_more(judged: Judged, spoils: str) -> None:
    for question, verdict in zip(judged.facts, judged.verdicts, strict=True):
        if verdict.allowed and question.get(spoils) is True:
            assert judged.by_facts[_key({**question, spoils: False})].allowed


def test_source_and_method_leave_in_no_case(judged: Judged) -> None:
    left = {question.sensitivity for question in judged.allowed if isinstance(question, ReleaseQuestion)}
    assert not left & {"source", "method"}
    assert len(left) == 10


def test_nothing_leaves_without_marking_purpose_or_basis(judged: Judged) -> None:
    leaving = [question for question in judged.allowed if isinstance(question, ReleaseQuestion)]
    assert leaving
    for question in leaving:
        assert "none" not in {question.handling, question.purpose, question.basis_kind}
        assert question.addressed
        assert question.held
        assert not question.expired


def test_every_refusal_has_reasons_in_both_languages(judged: Judged, engine: PolicyEngine) -> None:
    for known, verdict in zip(judged.facts, judged.verdicts, strict=True):
        if not verdict.rules:
            reason = engine._no_rule(known)
            assert reason.rule == NO_RULE
            assert reason.clause in engine.book.clauses
            assert "{" not in reason.words.es + reason.words.en
            assert " Pero ." not in reason.words.es
    for reason in engine._reasons.values():
        assert reason.words.es.endswith(".")
        assert reason.words.en.endswith(".")
        assert reason.words.es != reason.words.en


def test_the_engine_decides_as_the_table_does_and_never_breaks(judged: Judged, engine: PolicyEngine) -> None:
    for question, decision in zip(judged.telling, engine.decide(judged.telling, now=1), strict=True):
        verdict = judge(engine.book, facts(question, LISTS))
        assert not decision.broken
        assert decision.allowed == verdict.allowed
        assert tuple(reason.rule for reason in decision.reasons) == (verdict.rules or (NO_RULE,))


def test_exchanging_the_parties_mirrors_every_verdict(judged: Judged) -> None:
    cedar = Cedar(TEXTS, LISTS)
    mirrored = [swapped(question, LISTS) for question in judged.telling]
    outgoing = [question for question in judged.telling if isinstance(question, ReleaseQuestion)]
    assert all(swapped(question, LISTS) != question for question in outgoing)
    assert cedar.ask(judged.telling) == cedar.ask(mirrored)
    for question, known in zip(judged.questions, judged.facts, strict=True):
        assert _key(facts(swapped(question, LISTS), LISTS)) == _key(known)


def test_no_shipped_policy_names_a_code_of_a_charter() -> None:
    """So it cannot matter which purpose, agency or party it is, and the policy holds for every programme."""
    named = set(_literals(json.loads(cedarpy.policies_to_json_str(TEXTS.policies))))
    assert ("Handling", "none") in named
    assert ("Role", "operator") in named
    assert {code for kind, code in named if kind in {"Handling", "Purpose", "Agency", "Party"}} == {"none"}


def _literals(tree: object) -> Iterator[tuple[str, str]]:
    """Find every entity that a policy names."""
    if isinstance(tree, dict):
        if tree.keys() == {"type", "id"}:
            yield tree["type"], tree["id"]
        for child in tree.values():
            yield from _literals(child)
    elif isinstance(tree, list):
        for child in tree:
            yield from _literals(child)


NARROWER = {
    "by sensitivity and agency": """
        @id("own:no-money-to-customs") @clause("own:order-7") @es("No.") @en("No.")
        forbid (principal == Agency::"B/CUSTOMS", action in [Action::"release", Action::"onward"], resource)
        when { resource.sensitivity == Sensitivity::"financial" };""",
    "by purpose and party": """
        @id("own:border") @clause("own:order-8") @es("No.") @en("No.")
        forbid (principal, action, resource in Field::"identity|GREEN")
        when { context has purpose && context.purpose == Purpose::"border" };""",
    "everything": """
        @id("own:closed") @clause("own:order-9") @es("No.") @en("No.")
        forbid (principal, action, resource);""",
}


@pytest.mark.parametrize("narrower", NARROWER.values(), ids=NARROWER.keys())
def test_a_forbid_of_the_nodes_own_only_takes_away(judged: Judged, engine: PolicyEngine, narrower: str) -> None:
    own = PolicyEngine.load(LISTS, narrower=narrower)
    taken = 0
    before = engine.decide(judged.telling, now=1)
    for wide, narrow in zip(before, own.decide(judged.telling, now=1), strict=True):
        assert wide.allowed or not narrow.allowed
        assert not narrow.broken
        if wide.allowed and not narrow.allowed:
            taken += 1
            assert any(reason.rule.startswith("own:") for reason in narrow.reasons)
    assert taken
    assert own.policy_set != engine.policy_set


# Mutants of the table -----------------------------------------------------------------------------------------------


def _mutants(rule: Rule) -> Iterator[tuple[str, Rule | None]]:
    """Drop the row, flip its effect, drop a condition, drop a value, turn a yes into a no."""
    yield "dropped", None
    yield "flipped", replace(rule, effect="forbid" if rule.effect == "permit" else "permit")
    for action in rule.actions[1:]:
        yield f"not for {action}", replace(rule, actions=tuple(each for each in rule.actions if each != action))
    for attribute, values in rule.when.items():
        others = {name: kept for name, kept in rule.when.items() if name != attribute}
        yield f"without {attribute}", replace(rule, when=others)
        for value in values:
            less = tuple(each for each in values if each != value)
            yield f"{attribute} not {value}", replace(rule, when={**others, attribute: less})
        for value in set(ATTRIBUTES[attribute][1]).difference(values):
            yield f"{attribute} also {value}", replace(rule, when={**others, attribute: (*values, value)})


SHADOWED: dict[str, frozenset[str]] = {
    "procedural-to-addressee": frozenset({"sensitivity also source", "sensitivity also method"}),
    "identity-with-answer": frozenset({"sensitivity also source", "sensitivity also method"}),
    "under-instrument": frozenset({"sensitivity also source", "sensitivity also method", "basis_kind also none"}),
    "case-decision": frozenset({"sensitivity also source", "sensitivity also method"}),
    "read-envelope": frozenset({"without role", "role also operator"}),
    "read-content": frozenset({"without role", "role also operator", "role also auditor", "role also head"}),
    "read-case-content": frozenset({"without role", "role also operator", "role also auditor", "role also head"}),
    "read-source": frozenset({"role also operator", "role also auditor", "role also head"}),
}
"""Permits that could be widened without anything opening, because a forbid stands behind them; nothing else may."""


def _speaks(rule: Rule, known: Facts) -> bool:
    return known["action"] in rule.actions and not unmet(rule, known)


def _noticed_by(rule: Rule, mutant: Rule | None, judged: Judged) -> bool:
    """Whether some verdict changes; only questions on which the row speaks otherwise than before can change."""
    rules = {name: kept for name, kept in judged.engine.book.rules.items() if name != rule.id}
    book = replace(judged.engine.book, rules=rules | ({} if mutant is None else {rule.id: mutant}))
    for known, verdict in zip(judged.facts, judged.verdicts, strict=True):
        before = rule.effect if _speaks(rule, known) else None
        after = mutant.effect if mutant and _speaks(mutant, known) else None
        if before != after and judge(book, known) != verdict:
            return True
    return False


@pytest.mark.parametrize("rule_id", list(PolicyEngine.load(LISTS).book.rules))
def test_every_mutant_of_a_row_differs_somewhere(judged: Judged, engine: PolicyEngine, rule_id: str) -> None:
    rule = engine.book.rules[rule_id]
    assert not _noticed_by(rule, rule, judged)
    unnoticed = {title for title, mutant in _mutants(rule) if not _noticed_by(rule, mutant, judged)}
    assert unnoticed == SHADOWED.get(rule_id, frozenset())


# Mutants of the Cedar text ------------------------------------------------------------------------------------------

SWAPS = [
    ("&&", "||"),
    ("||", "&&"),
    ("==", "!="),
    ("!=", "=="),
    ("!context", "context"),
    ("\nwhen {", "\nunless {"),
    ("\nunless {", "\nwhen {"),
    ("permit (", "forbid ("),
    ("forbid (", "permit ("),
    ('[Action::"release", Action::"onward"]', '[Action::"release"]'),
]


OTHERS = {
    "sensitivity": SENSITIVITIES,
    "handling": ("none", "CLEAR", "RED"),
    "purpose": ("none",),
    "basis_kind": ("none", "domestic-law"),
}


def _text_mutants() -> Iterator[str]:
    code = re.sub(r"//.*", "", TEXTS.policies)
    for old, new in SWAPS:
        for match in re.finditer(re.escape(old), code):
            yield code[: match.start()] + new + code[match.end() :]
    for value in re.findall(r'(?:Sensitivity|Command)::"[a-z]+"(?:, ?\n? *)', code):
        yield code.replace(value, "", 1)


def _noticed(policies: str, asked: list[tuple[Question, Verdict]]) -> bool:
    """Whether the text is refused, or answers some question otherwise than the table."""
    texts = PolicyTexts(TEXTS.schema, policies, TEXTS.rules)
    try:
        PolicyEngine(texts, LISTS)
    except PolicyRefused:
        return True
    cedar = Cedar(texts, LISTS)
    for start in range(0, len(asked), 100):
        part = asked[start : start + 100]
        answers = cedar.ask([question for question, _ in part])
        if not all(same(answer, verdict) for answer, (_, verdict) in zip(answers, part, strict=True)):
            return True
    return False


def _neighbours(question: Question) -> Iterator[Question]:
    """Return the question, and the questions that differ from it in one value."""
    yield question
    for name, value in attributes(question).items():
        others = (not value,) if isinstance(value, bool) else OTHERS.get(name, ())
        for other in others:
            yield replace(question, **{name: other})  # type: ignore[arg-type]


@pytest.mark.slow
def test_every_mutant_of_the_cedar_text_is_refused_or_differs(judged: Judged, engine: PolicyEngine) -> None:
    leaving = [question for question in judged.allowed if isinstance(question, ReleaseQuestion)][:150]
    inside = [question for question in judged.questions if not isinstance(question, ReleaseQuestion)]
    questions = [neighbour for question in leaving for neighbour in _neighbours(question)] + inside
    asked = [(question, judge(engine.book, facts(question, LISTS))) for question in questions]
    random.Random(SEED).shuffle(asked)
    mutants = list(_text_mutants())
    assert len(mutants) > 60
    assert not _noticed(re.sub(r"//.*", "", TEXTS.policies), asked)
    assert [policies for policies in mutants if not _noticed(policies, asked)] == []


# The nearest permit -------------------------------------------------------------------------------------------------


def test_the_nearest_permit_is_on_the_same_subject_and_lacks_least(judged: Judged, engine: PolicyEngine) -> None:
    for known, verdict in zip(judged.facts, judged.verdicts, strict=True):
        if verdict.rules:
            continue
        closest = nearest(engine.book, known)
        assert isinstance(closest, Nearest)
        assert closest.unmet
        if known["action"] != "command":
            assert "sensitivity" not in closest.unmet


def test_an_action_without_permits_has_no_nearest(engine: PolicyEngine, judged: Judged) -> None:
    rules = {name: rule for name, rule in engine.book.rules.items() if rule.effect == "forbid"}
    assert nearest(replace(engine.book, rules=rules), judged.facts[0]) is None
