# SPDX-License-Identifier: Apache-2.0
"""What Cedar does when something is wrong (brief 5.1), and that this node does not do it.

Each trap has its control: the same thing done right works, and where Cedar alone would open the gate, that is shown too.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import cedarpy
import pytest

from paridad.policy import cedar as wrapper
from paridad.policy.cedar import Answer, Cedar
from paridad.policy.decision import Decision
from paridad.policy.engine import PolicyEngine
from paridad.policy.errors import PolicyRefused
from paridad.policy.lists import CodeLists, HandlingRule
from paridad.policy.question import Question
from paridad.policy.texts import PolicyTexts, shipped
from support.policy_world import LISTS, read, release

NOW = 1_760_000_000
TEXTS = shipped(LISTS)

OWN = '@id("own:a") @clause("own:order-1") @es("No.") @en("No.") '
MONEY = 'resource.sensitivity == Sensitivity::"financial"'


def own(effect: str = "forbid", *, marks: str = OWN, when: str = MONEY) -> str:
    """Return a policy of the node's own about reading."""
    return f'{marks}{effect} (principal, action == Action::"read", resource) when {{ {when} }};'


# ---- the trap, in Cedar alone --------------------------------------------------------------------------------------

OPEN = """
permit (principal, action, resource);
forbid (principal, action == Action::"read", resource) unless { context.involved };
"""


def bare(policies: str, context: dict[str, Any], schema: Any) -> str:
    """Ask Cedar itself, without the wrapper."""
    request = wrapper._request(read())
    whole = cedarpy.Schema.from_str(TEXTS.schema)
    entities = wrapper._entities(LISTS, whole)
    request["context"] = json.dumps(context)
    return cedarpy.is_authorized(request, policies, entities, schema).decision.value


def test_control_without_a_schema_a_forbid_that_fails_is_skipped_and_the_gate_is_open() -> None:
    schema = cedarpy.Schema.from_str(TEXTS.schema)
    assert bare(OPEN, {"involved": False}, schema) == "Deny"
    assert bare(OPEN, {}, schema) == "NoDecision"
    assert bare(OPEN, {}, None) == "Allow"
    assert bare(OPEN, {}, "") == "Allow"
    assert bare(OPEN, {}, "  \n") == "Allow"


@pytest.mark.parametrize("schema", ["", "  \n", "entity Nobody;", "entity {", "{}"])
def test_a_node_with_a_blank_or_broken_schema_does_not_start(schema: str) -> None:
    assert PolicyEngine(TEXTS, LISTS)
    with pytest.raises(PolicyRefused) as caught:
        PolicyEngine(replace(TEXTS, schema=schema), LISTS)
    assert caught.value.next_step is not None
    assert "does not start" in caught.value.sentence("en")
    assert "no arranca" in caught.value.sentence("es")


def test_the_parsed_schema_is_what_cedar_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[object] = []
    ask = cedarpy.is_authorized_batch

    def watching(requests: Any, policies: Any, entities: Any, schema: Any) -> Any:
        given.extend([policies, entities, schema])
        return ask(requests, policies, entities, schema)

    monkeypatch.setattr(cedarpy, "is_authorized_batch", watching)
    PolicyEngine(TEXTS, LISTS).decide_one(release(), now=NOW)
    kinds = {type(value) for value in given}
    assert kinds == {cedarpy.PolicySet, cedarpy.Entities, cedarpy.Schema}


# ---- texts that must stop the node ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Broken:
    """A change to the policies, and a word that the refusal must hold."""

    policies: Callable[[str], str]
    says: str


BROKEN: dict[str, Broken] = {
    "broken text": Broken(lambda text: text + "permit (", "cannot be read"),
    "a marking misspelt": Broken(lambda text: text.replace('Handling::"none"', 'Handling::"nnoe"', 1), "Handling"),
    "a sensitivity misspelt": Broken(lambda text: text.replace('::"source"', '::"sorce"', 1), "Sensitivity"),
    "an action misspelt": Broken(lambda text: text.replace('Action::"read"', 'Action::"raed"', 1), "Action"),
    "a context key misspelt": Broken(lambda text: text.replace("context.expired", "context.expierd"), "expierd"),
    "an attribute misspelt": Broken(lambda text: text.replace("resource.onward", "resource.onwards", 1), "onwards"),
    "another type": Broken(lambda text: text.replace("context.expired", "context.purpose"), "expected Bool"),
    "a string for an entity": Broken(lambda text: text.replace('Handling::"none"', '"none"', 1), "type"),
    "no @id": Broken(lambda text: text.replace('@id("expired")\n', ""), "no @id"),
    "a blank @id": Broken(lambda text: text.replace('@id("expired")', '@id(" ")'), "no @id"),
    "an empty @id": Broken(lambda text: text.replace('@id("expired")', "@id"), "no @id"),
    "no @clause": Broken(lambda text: text.replace('@clause("charter:retention")\n', ""), "no @clause"),
    "one @id twice": Broken(lambda text: text.replace('@id("expired")', '@id("no-basis")'), "repeated"),
    "a reserved @id": Broken(lambda text: text.replace('@id("expired")', '@id("no-rule")'), "reserved"),
    "the @id of an error": Broken(lambda text: text.replace('@id("expired")', '@id("error:x")'), "reserved"),
    "slots": Broken(
        lambda text: text + '@id("x") @clause("y") permit (principal == ?principal, action, resource);', "slots"
    ),
    "a row less": Broken(lambda text: text[: text.index('@id("own-proposal")')], "own-proposal"),
    "another clause": Broken(
        lambda text: text.replace('@clause("charter:retention")', '@clause("charter:x")'), "expired"
    ),
    "another effect": Broken(
        lambda text: text.replace('clause("charter:retention")\nforbid', 'clause("charter:retention")\npermit'),
        "expired",
    ),
    "nothing at all": Broken(lambda _: "", "table"),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_a_node_with_broken_policies_does_not_start(broken: Broken) -> None:
    changed = broken.policies(TEXTS.policies)
    assert changed != TEXTS.policies
    with pytest.raises(PolicyRefused, match=broken.says):
        PolicyEngine(replace(TEXTS, policies=changed), LISTS)


def test_control_the_shipped_policies_start_and_a_misspelt_string_would_open_the_gate() -> None:
    assert PolicyEngine(TEXTS, LISTS).decide_one(release(), now=NOW).allowed
    marked = {"uid": {"type": "F", "id": "1"}, "attrs": {"marking": "RED"}, "parents": []}
    request = {"principal": 'U::"a"', "action": 'Action::"x"', "resource": 'F::"1"', "context": {}}
    schema = (
        "entity U; entity F { marking: String }; action x appliesTo { principal: [U], resource: [F], context: {} };"
    )
    for marking, decision in (("RED", "Deny"), ("RDE", "Allow")):
        text = f'permit (principal, action, resource); forbid (principal, action, resource) when {{ resource.marking == "{marking}" }};'
        assert cedarpy.validate_policies(text, schema).validation_passed
        assert (
            cedarpy.is_authorized(request, text, [marked], cedarpy.Schema.from_str(schema)).decision.value == decision
        )


# ---- lists that must stop the node ---------------------------------------------------------------------------------


def test_a_list_of_the_charter_that_does_not_fit_the_schema_stops_the_node() -> None:
    perhaps = HandlingRule("GREEN", rank=1, onward="perhaps", two_person=False)  # type: ignore[arg-type]
    wrong = replace(LISTS, handling=(perhaps, *LISTS.handling[2:]))
    with pytest.raises(PolicyRefused, match="do not fit"):
        PolicyEngine.load(wrong)
    assert PolicyEngine.load(replace(wrong, handling=(replace(perhaps, onward="free"), *LISTS.handling[2:])))


@pytest.mark.parametrize("value", ["no", 0, None, 1.5])
def test_an_attribute_of_the_wrong_type_stops_the_node(monkeypatch: pytest.MonkeyPatch, value: object) -> None:
    assert PolicyEngine.load(LISTS)
    monkeypatch.setattr(CodeLists, "two_person", lambda *_: value)
    with pytest.raises(PolicyRefused, match="do not fit"):
        PolicyEngine.load(LISTS)


# ---- a machine that does not check ---------------------------------------------------------------------------------


def test_a_validator_that_lets_everything_pass_stops_the_node(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cedarpy, "validate_policies", lambda *_: cedarpy.ValidationResult({"validation_passed": True}))
    with pytest.raises(PolicyRefused, match="lets a misspelling pass"):
        PolicyEngine(TEXTS, LISTS)


def test_an_engine_that_does_not_check_requests_stops_the_node(monkeypatch: pytest.MonkeyPatch) -> None:
    ask = cedarpy.is_authorized_batch
    monkeypatch.setattr(
        cedarpy, "is_authorized_batch", lambda requests, policies, entities, _: ask(requests, policies, entities, None)
    )
    with pytest.raises(PolicyRefused, match="does not apply the schema"):
        PolicyEngine(TEXTS, LISTS)


def test_an_engine_that_never_decides_stops_the_node(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = cedarpy.AuthzResult({"decision": "NoDecision", "diagnostics": {}})
    monkeypatch.setattr(cedarpy, "is_authorized_batch", lambda requests, *_: [nothing for _ in requests])
    with pytest.raises(PolicyRefused, match="does not apply the schema"):
        PolicyEngine(TEXTS, LISTS)


def test_reasons_come_sorted_whatever_order_cedar_gives_them() -> None:
    cedar = Cedar(TEXTS, LISTS)
    names = {policy.id: name for name, policy in cedar._names.items()}
    mixed = [names["not-addressed"], names["expired"], names["no-basis"]]
    result = cedarpy.AuthzResult({"decision": "Deny", "diagnostics": {"reason": mixed}})
    assert cedar._answer(result) == Answer("Deny", ("expired", "no-basis", "not-addressed"), ())


def test_a_reason_that_no_policy_has_is_an_error() -> None:
    cedar = Cedar(TEXTS, LISTS)
    result = cedarpy.AuthzResult({"decision": "Allow", "diagnostics": {"reason": ["policy999"]}})
    assert cedar._answer(result) == Answer("Allow", (), ("unknown policy policy999",))


# ---- answers that must not open anything ---------------------------------------------------------------------------


@dataclass
class Scripted:
    """An engine that answers what it was told to; it keeps the law that answers stand in the order of questions."""

    answer: Answer | Exception
    own: dict[str, object] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)

    def ask(self, questions: Sequence[Question]) -> list[Answer]:
        """Answer as told, as often as asked."""
        self.asked.append(len(questions))
        if isinstance(self.answer, Exception):
            raise self.answer
        return [self.answer for _ in questions]


def decided(answer: Answer | Exception, question: Question | None = None) -> Decision:
    engine = PolicyEngine(TEXTS, LISTS)
    engine._cedar = Scripted(answer)  # type: ignore[assignment]
    return engine.decide_one(question or release(), now=NOW)


NOT_CLEAN: dict[str, tuple[Answer | Exception, str]] = {
    "an allow with an error": (Answer("Allow", ("identity-with-answer",), ("a policy failed",)), "error:engine"),
    "an allow without a reason": (Answer("Allow", (), ()), "error:disagreement"),
    "an allow by a forbid": (Answer("Allow", ("expired",), ()), "error:disagreement"),
    "an allow by another permit": (Answer("Allow", ("case-decision",), ()), "error:disagreement"),
    "a refusal that the table does not know": (Answer("Deny", ("expired",), ()), "error:disagreement"),
    "a refusal without a reason": (Answer("Deny", (), ()), "error:disagreement"),
    "no decision, silently": (Answer("NoDecision", (), ()), "error:disagreement"),
    "no decision": (Answer("NoDecision", (), ("entity not declared",)), "error:engine"),
    "an exception": (RuntimeError("the engine is gone"), "error:engine"),
    "a timeout": (TimeoutError("no answer"), "error:engine"),
}


@pytest.mark.parametrize(("answer", "rule"), NOT_CLEAN.values(), ids=NOT_CLEAN.keys())
def test_whatever_is_not_a_clean_allow_is_a_refusal_that_says_so(answer: Answer | Exception, rule: str) -> None:
    decision = decided(answer)
    assert not decision.allowed
    assert decision.broken
    assert [reason.rule for reason in decision.reasons] == [rule]
    assert "nothing is permitted" in decision.reasons[0].words.en
    assert "nada se permite" in decision.reasons[0].words.es


def test_control_the_clean_allow_is_an_allow() -> None:
    decision = decided(Answer("Allow", ("identity-with-answer",), ()))
    assert decision.allowed
    assert not decision.broken


def test_an_allow_of_cedar_alone_is_not_enough() -> None:
    """The rule table refuses this one: whoever bends Cedar has not bent the node."""
    decision = decided(Answer("Allow", ("identity-with-answer",), ()), release(expired=True))
    assert not decision.allowed
    assert decision.reasons[0].rule == "error:disagreement"


def test_after_a_failure_the_questions_are_asked_one_by_one() -> None:
    engine = PolicyEngine(TEXTS, LISTS)
    scripted = Scripted(RuntimeError("gone"))
    engine._cedar = scripted  # type: ignore[assignment]
    decisions = engine.decide([release(), read()], now=NOW)
    assert scripted.asked == [2, 1, 1]
    assert [decision.allowed for decision in decisions] == [False, False]
    assert "RuntimeError: gone" in decisions[0].reasons[0].words.en


def test_where_no_permit_exists_at_all_the_refusal_still_has_a_reason() -> None:
    engine = PolicyEngine(TEXTS, LISTS)
    forbids = {name: rule for name, rule in engine.book.rules.items() if rule.effect == "forbid"}
    engine.book = replace(engine.book, rules=forbids)
    engine._cedar = Scripted(Answer("Deny", (), ()))  # type: ignore[assignment]
    decision = engine.decide_one(release(), now=NOW)
    assert not decision.allowed
    assert [reason.rule for reason in decision.reasons] == ["no-rule"]


# ---- the node's own policy -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wide:
    """A policy of the node's own that is not admitted."""

    text: str
    says: str


NOT_ADMITTED: dict[str, Wide] = {
    "a permit": Wide(own("permit"), "only narrow"),
    "a permit behind a forbid": Wide(own() + own("permit", marks=OWN.replace("own:a", "own:b")), "only narrow"),
    "without the prefix": Wide(own(marks=OWN.replace("own:a", "mine")), "does not begin with own:"),
    "the id of a shipped rule": Wide(own(marks=OWN.replace("own:a", "expired")), "repeated"),
    "an id twice": Wide(own() + own(), "repeated"),
    "without id": Wide(own(marks='@clause("x") @es("No.") @en("No.") '), "no @id"),
    "without clause": Wide(own(marks='@id("own:a") @es("No.") @en("No.") '), "no @clause"),
    "without Spanish": Wide(own(marks='@id("own:a") @clause("x") @en("No.") '), "no @es"),
    "without English": Wide(own(marks='@id("own:a") @clause("x") @es("No.") @en(" ") '), "no @en"),
    "a marking misspelt": Wide(own(when='resource.handling == Handling::"AMBR"'), "AMBR"),
    "an agency that is not in the charter": Wide(own(when='principal == Agency::"B/NOBODY"'), "B/NOBODY"),
    "broken text": Wide("forbid", "cannot be read"),
    "an unclosed text": Wide('@id("own:a', "cannot be read"),
}


@pytest.mark.parametrize("wide", NOT_ADMITTED.values(), ids=NOT_ADMITTED.keys())
def test_what_does_not_narrow_is_not_admitted(wide: Wide) -> None:
    with pytest.raises(PolicyRefused, match=wide.says):
        PolicyEngine.load(LISTS, narrower=wide.text)


def test_control_a_forbid_of_the_nodes_own_is_admitted_and_explains_itself() -> None:
    marks = '@id("own:money") @clause("own:order-7") @es("Por orden del ministro.") @en("By order of the minister.") '
    engine = PolicyEngine.load(LISTS, narrower=own(marks=marks))
    plain = PolicyEngine.load(LISTS)
    question = read(sensitivity="financial", involved=True)
    assert plain.decide_one(question, now=NOW).allowed
    decision = engine.decide_one(question, now=NOW)
    assert not decision.allowed
    assert not decision.broken
    assert decision.reasons[0].in_("en") == "By order of the minister. [own:order-7]"
    assert engine.decide_one(read(), now=NOW).allowed
    both = engine.decide_one(read(sensitivity="financial", role="auditor"), now=NOW)
    assert [reason.rule for reason in both.reasons] == ["oversight-reads-envelopes", "own:money"]


# ---- the texts and their hash --------------------------------------------------------------------------------------


def test_the_policy_set_hash_changes_with_every_text_and_with_nothing_else() -> None:
    assert shipped(LISTS).hash == TEXTS.hash
    changed = [
        replace(TEXTS, schema=TEXTS.schema + " "),
        replace(TEXTS, policies=TEXTS.policies + " "),
        replace(TEXTS, rules=TEXTS.rules + " "),
        replace(TEXTS, narrower=" "),
        PolicyTexts(TEXTS.schema + "x", TEXTS.policies, TEXTS.rules),
        shipped(replace(LISTS, purposes=LISTS.purposes[:1])),
    ]
    assert len({TEXTS.hash, *(texts.hash for texts in changed)}) == len(changed) + 1
    moved = replace(TEXTS, policies=TEXTS.policies[:-1], rules=TEXTS.policies[-1] + TEXTS.rules)
    assert moved.hash != TEXTS.hash
