# SPDX-License-Identifier: Apache-2.0
"""What policy answers, case by case, as a lawyer would read it: the question, the verdict, the rules that spoke."""

from typing import Any

import pytest

from paridad.base.strict import encode_base64url, write_json
from paridad.policy.decision import NO_RULE, Decision
from paridad.policy.engine import PolicyEngine
from paridad.policy.lists import CodeLists
from paridad.policy.question import Question, attributes, input_hash
from support.policy_world import LISTS, command, onward, read, release

NOW = 1_760_000_000


@pytest.fixture(scope="module")
def engine() -> PolicyEngine:
    return PolicyEngine.load(LISTS)


CASE = {"case_decision": True, "second_person": True}

ALLOWED: dict[str, tuple[Question, str]] = {
    "identity goes with a lawful answer": (release(), "identity-with-answer"),
    "identity goes under a domestic law": (release(basis_kind="domestic-law"), "identity-with-answer"),
    "procedural fields go to the addressee": (release(sensitivity="procedural"), "procedural-to-addressee"),
    "a document number goes under a treaty": (release(sensitivity="document"), "under-instrument"),
    "a photograph goes under a treaty": (release(sensitivity="photograph"), "under-instrument"),
    "commercial data go under a treaty": (release(sensitivity="commercial"), "under-instrument"),
    "proceedings go with the assurance": (release(sensitivity="proceedings", assurance=True), "under-instrument"),
    "whereabouts go by a case decision of two": (release(sensitivity="whereabouts", **CASE), "case-decision"),
    "contacts go by a case decision of two": (release(sensitivity="contact", **CASE), "case-decision"),
    "associations go by a case decision of two": (release(sensitivity="association", **CASE), "case-decision"),
    "financial data go by a case decision of two": (release(sensitivity="financial", **CASE), "case-decision"),
    "a two-person code goes with two persons": (release(handling="RED", second_person=True), "identity-with-answer"),
    "onward goes with the originator's consent": (onward(), "identity-with-answer"),
    "onward goes without consent where it is free": (onward(handling="CLEAR", consent=False), "identity-with-answer"),
    "an analyst reads identity": (read(), "read-content"),
    "a lawyer reads proceedings": (read(role="lawyer", sensitivity="proceedings"), "read-content"),
    "an auditor reads envelopes": (read(role="auditor", sensitivity="procedural"), "read-envelope"),
    "an auditor reads the envelope of a restricted act": (
        read(role="auditor", sensitivity="procedural", handling="RED"),
        "read-envelope",
    ),
    "the envelope of an unmarked act is read": (read(sensitivity="procedural", handling="none"), "read-envelope"),
    "whereabouts are read where they belong": (read(sensitivity="whereabouts", involved=True), "read-case-content"),
    "the analyst of the agency reads its sources": (read(sensitivity="source", involved=True), "read-source"),
    "restricted content is read by those involved": (read(handling="RED", involved=True), "read-content"),
    "a liaison officer releases": (command(), "liaison-commands"),
    "a liaison officer approves another's proposal": (command(command="approve"), "liaison-commands"),
    "an analyst asks": (command(role="analyst", command="request"), "analyst-commands"),
    "a lawyer refuses": (command(role="lawyer", command="refuse"), "lawyer-commands"),
    "an operator administers": (command(role="operator", command="administer"), "operator-commands"),
}


@pytest.mark.parametrize(("question", "rule"), ALLOWED.values(), ids=ALLOWED.keys())
def test_what_is_allowed_names_its_permit(engine: PolicyEngine, question: Question, rule: str) -> None:
    decision = engine.decide_one(question, now=NOW)
    assert decision.allowed
    assert [reason.rule for reason in decision.reasons] == [rule]
    assert not decision.broken


REFUSED: dict[str, tuple[Question, tuple[str, ...]]] = {
    "nothing without a handling code": (release(handling="none"), ("no-handling", "second-person-missing")),
    "nothing without a purpose": (release(purpose="none"), ("no-purpose",)),
    "nothing without a basis": (release(basis_kind="none"), ("no-basis",)),
    "procedural fields neither": (release(sensitivity="procedural", purpose="none"), ("no-purpose",)),
    "nothing for another purpose": (release(held=False), ("other-purpose",)),
    "nothing to whom it is not addressed": (release(addressed=False), ("not-addressed",)),
    "nothing after its period": (release(expired=True), ("expired",)),
    "a source never leaves": (release(sensitivity="source", **CASE, assurance=True), ("source-and-method",)),
    "a method never leaves, consent or not": (onward(sensitivity="method", **CASE), ("source-and-method",)),
    "a two-person code waits for the second": (release(handling="AMBER+STRICT"), ("second-person-missing",)),
    "proceedings wait for the assurance": (release(sensitivity="proceedings"), ("assurance-missing",)),
    "onward waits for the originator": (onward(consent=False), ("onward-consent-missing",)),
    "onward is never where it is never": (onward(handling="RED", second_person=True), ("onward-never",)),
    "all reasons at once, sorted": (
        release(handling="RED", expired=True, addressed=False, basis_kind="none"),
        ("expired", "no-basis", "not-addressed", "second-person-missing"),
    ),
    "a document number does not go under a statement": (
        release(sensitivity="document", basis_kind="joint-statement"),
        (NO_RULE,),
    ),
    "whereabouts wait for a decision": (release(sensitivity="whereabouts"), (NO_RULE,)),
    "one person does not decide a case": (release(sensitivity="contact", case_decision=True), (NO_RULE,)),
    "an auditor reads no content": (read(role="auditor"), ("oversight-reads-envelopes",)),
    "a head of delegation reads no content": (read(role="head"), ("oversight-reads-envelopes",)),
    "an operator reads nothing": (read(role="operator", sensitivity="procedural"), ("operator-reads-nothing",)),
    "unmarked content is not shown": (read(handling="none", involved=True), ("unmarked-content",)),
    "restricted content stays with those involved": (read(handling="RED"), ("restricted-handling",)),
    "a lawyer does not read sources": (read(role="lawyer", sensitivity="source", involved=True), (NO_RULE,)),
    "sources are not read elsewhere": (read(sensitivity="source"), (NO_RULE,)),
    "an analyst does not release": (command(role="analyst"), (NO_RULE,)),
    "an operator releases nothing": (command(role="operator"), (NO_RULE,)),
    "a liaison officer does not administer": (command(command="administer"), (NO_RULE,)),
    "an auditor does nothing": (command(role="auditor", command="record"), (NO_RULE,)),
    "nobody approves an own proposal": (command(command="approve", proposer=True), ("own-proposal",)),
}


@pytest.mark.parametrize(("question", "rules"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused_names_its_forbids(engine: PolicyEngine, question: Question, rules: tuple[str, ...]) -> None:
    decision = engine.decide_one(question, now=NOW)
    assert not decision.allowed
    assert tuple(reason.rule for reason in decision.reasons) == rules
    assert not decision.broken


NEAREST: dict[str, tuple[Question, str, str]] = {
    "the missing instrument": (
        release(sensitivity="document", basis_kind="joint-statement"),
        "el fundamento legal no es un tratado o acuerdo internacional",
        "the legal basis is not a treaty or international agreement",
    ),
    "the missing second person alone": (
        release(sensitivity="contact", case_decision=True),
        "Pero falta la aprobación de una segunda persona.",
        "But a second person's approval is missing.",
    ),
    "both that are missing": (
        release(sensitivity="contact"),
        "falta la decisión razonada del caso; falta la aprobación de una segunda persona.",
        "the reasoned decision of the case is missing; a second person's approval is missing.",
    ),
    "the role": (
        read(role="lawyer", sensitivity="method", involved=True),
        "el papel no es analista",
        "the role is not analyst",
    ),
    "the roles that may": (
        command(role="auditor", command="approve"),
        "el papel no es jurista",
        "the role is not lawyer",
    ),
    "who may administer": (
        command(command="administer"),
        "el papel no es operación del nodo",
        "the role is not node operator",
    ),
    "that the agency is not involved": (
        read(sensitivity="financial"),
        "la dependencia de quien lee no emitió el acto",
        "the reader's agency neither issued the act",
    ),
}


@pytest.mark.parametrize(("question", "es", "en"), NEAREST.values(), ids=NEAREST.keys())
def test_where_no_rule_permits_the_nearest_says_what_is_missing(
    engine: PolicyEngine, question: Question, es: str, en: str
) -> None:
    (reason, *others) = engine.decide_one(question, now=NOW).reasons
    assert not others
    assert es in reason.words.es
    assert en in reason.words.en
    assert reason.clause in engine.book.clauses


def test_a_decision_records_what_is_needed_to_repeat_it(engine: PolicyEngine) -> None:
    decision = engine.decide_one(release(expired=True), now=NOW)
    assert decision.record() == {
        "verdict": "deny",
        "reasons": [
            {
                "rule": "expired",
                "clause": "charter:retention",
                "es": "Venció el plazo de conservación: no sale.",
                "en": "The retention period has ended: it does not leave.",
            }
        ],
        "policy_set": engine.policy_set,
        "input_hash": input_hash(release(expired=True)),
        "at": NOW,
    }
    write_json(decision.record())
    assert engine.decide_one(release(), now=NOW).record()["verdict"] == "allow"


def test_a_reason_is_printed_with_its_clause(engine: PolicyEngine) -> None:
    reason = engine.decide_one(release(expired=True), now=NOW).reasons[0]
    assert reason.in_("en") == "The retention period has ended: it does not leave. [charter:retention]"
    assert reason.in_("es") == "Venció el plazo de conservación: no sale. [charter:retention]"


def test_answers_stand_in_the_order_of_the_questions_and_equal_ones_are_asked_once(
    engine: PolicyEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    ask = engine._cedar.ask

    def counting(questions: Any) -> Any:
        asked.append(len(questions))
        return ask(questions)

    monkeypatch.setattr(engine._cedar, "ask", counting)
    questions: list[Question] = [release(), release(expired=True), release(), read(), release(expired=True)]
    decisions = engine.decide(questions, now=NOW)
    assert [decision.allowed for decision in decisions] == [True, False, True, True, False]
    assert asked == [3]
    assert engine.decide([], now=NOW) == []


def test_the_input_hash_is_that_of_the_canonical_json() -> None:
    tree = {"action": "read", **attributes(read())}
    from hashlib import sha256

    assert input_hash(read()) == encode_base64url(sha256(write_json(tree)).digest())
    assert input_hash(release()) != input_hash(release(expired=True))
    assert input_hash(release(handling="\ud800"))


@pytest.mark.parametrize(
    ("question", "changes"),
    [
        (release, {"expired": 0}),
        (release, {"handling": None}),
        (onward, {"consent": "yes"}),
        (read, {"involved": 1.0}),
        (command, {"role": 3}),
    ],
)
def test_a_question_of_the_wrong_type_cannot_be_made(question: Any, changes: dict[str, Any]) -> None:
    assert question()
    with pytest.raises(TypeError):
        question(**changes)


UNKNOWN: dict[str, Question] = {
    "handling code": release(handling="TLP:PURPLE"),
    "purpose": release(purpose="curiosity"),
    "kind of basis": release(basis_kind="custom"),
    "recipient": release(recipient="B/NOBODY"),
    "party of the recipient": release(recipient="C/POLICE"),
    "originator": release(originator="C"),
    "sensitivity": release(sensitivity="harmless"),
    "role": read(role="administrator"),
    "command": command(command="launch"),
    "text that no encoding has": release(handling="\ud800"),
    "text that no encoding has, as recipient": release(recipient="\ud800/X"),
    "null byte": release(purpose="investigation\0"),
    "blank": release(handling=""),
}


@pytest.mark.parametrize("question", UNKNOWN.values(), ids=UNKNOWN.keys())
def test_a_value_outside_its_closed_list_is_a_refusal_that_says_so(engine: PolicyEngine, question: Question) -> None:
    allowed, refused, after = engine.decide([release(), question, read()], now=NOW)
    assert allowed.allowed
    assert after.allowed
    assert not refused.allowed
    assert refused.broken
    assert [reason.rule for reason in refused.reasons] == ["error:engine"]


def test_the_policy_set_hash_is_in_every_decision(engine: PolicyEngine) -> None:
    decisions: list[Decision] = engine.decide([release(), release(expired=True), release(handling="x")], now=NOW)
    assert {decision.policy_set for decision in decisions} == {engine.policy_set}
    assert {decision.at for decision in decisions} == {NOW}


def test_both_evaluators_can_be_compared_over_a_small_programme() -> None:
    """The whole domain of a programme of one code each; that of the shipped one has tests of its own."""
    small = CodeLists(LISTS.handling[:1], LISTS.purposes[:1], LISTS.bases[:1], LISTS.agencies, LISTS.parties)
    found = PolicyEngine.load(small).compare()
    assert found.asked > found.allowed > 0
    assert found.differences == ()
