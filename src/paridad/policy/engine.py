# SPDX-License-Identifier: Apache-2.0
"""The policy of a node: loaded whole or not at all, asked in batches, answering with reasons.

Rules (W6 to W9 of the brief; the others stand in `cedar.py`)
  - Policies and rule table are one policy in two writings: same ids, effects and clauses, or the node does not start.
  - W6 Allowed is what Cedar allows without errors, naming the very rules that the table names. All else is refused.
  - W7 An Allow names its permits, a Deny its forbids; where no rule speaks, the nearest permit and what it lacks.
  - W8 A decision carries the hash of the question, the hash of the policy set and the reference time.
  - W9 An exception, an unknown value, a reason without words, a disagreement of the two evaluators: a refusal that says
    so under a rule `error:...`; one bad question does not sink its neighbours.
  - Equal questions are asked once. A node's own policy (`narrower`) holds forbids only, so it can only take away.

Worked example
    engine = PolicyEngine.load(code_lists(charter))
    [decision] = engine.decide([question], now=1_760_000_000)
    decision.allowed, decision.reasons[0].rule          is (True, "identity-with-answer")
"""

from collections.abc import Mapping, Sequence
from typing import Self

from paridad.base.words import Words
from paridad.policy.cedar import Answer, Cedar, Policy
from paridad.policy.decision import ERROR_PREFIX, NO_RULE, Decision, Reason, Reasons
from paridad.policy.domain import Comparison, compare, same
from paridad.policy.errors import refused
from paridad.policy.evaluator import Facts, facts, judge, nearest
from paridad.policy.lists import CodeLists
from paridad.policy.question import Question, input_hash
from paridad.policy.rules import RuleBook, read_rules
from paridad.policy.texts import PolicyTexts, shipped

FAILED_CLAUSE = "architecture:3.3"
"""Law 3: a policy error means that nothing leaves."""


class PolicyEngine:
    """Answers questions; anything but a clean Allow with a reason is a refusal."""

    def __init__(self, texts: PolicyTexts, lists: CodeLists) -> None:
        self.lists = lists
        self.policy_set = texts.hash
        self.book: RuleBook = read_rules(texts.rules)
        self._cedar = Cedar(texts, lists)
        _check_same(self._cedar.shipped, self.book)
        own = {policy.id: _own_reason(policy) for policy in self._cedar.own.values()}
        self._reasons = {rule.id: rule.reason for rule in self.book.rules.values()} | own

    @classmethod
    def load(cls, lists: CodeLists, *, narrower: str = "") -> Self:
        """Load the shipped policy for the lists of a charter, with the node's own forbids; or raise `PolicyRefused`."""
        return cls(shipped(lists, narrower=narrower), lists)

    def decide(self, questions: Sequence[Question], *, now: int) -> list[Decision]:
        """Answer each question, in order; equal questions are asked once."""
        distinct = list(dict.fromkeys(questions))
        answers = dict(zip(distinct, self._ask(distinct), strict=True))
        decided = {question: self._decision(question, answer, now) for question, answer in answers.items()}
        return [decided[question] for question in questions]

    def decide_one(self, question: Question, *, now: int) -> Decision:
        """Answer one question."""
        return self.decide([question], now=now)[0]

    def compare(self) -> Comparison:
        """Ask Cedar and the rule table the whole domain (`paridad policy check`)."""
        return compare(self._cedar, self.book, self.lists)

    def _ask(self, questions: list[Question]) -> list[Answer]:
        """Ask all at once; if that fails, one by one, so that each failure is its own question's."""
        try:
            return self._cedar.ask(questions)
        except Exception as error:  # noqa: BLE001  whatever fails there is a refusal (W9)
            if len(questions) > 1:
                return [answer for question in questions for answer in self._ask([question])]
            return [Answer("NoDecision", (), (f"{type(error).__name__}: {error}",))]

    def _decision(self, question: Question, answer: Answer, now: int) -> Decision:
        allowed, reasons = self._read(question, answer)
        return Decision(allowed, reasons, self.policy_set, input_hash(question), now)

    def _read(self, question: Question, answer: Answer) -> tuple[bool, Reasons]:
        """Turn an answer into a verdict and its reasons; allowed takes both evaluators and no forbid of the node."""
        if answer.errors:
            return False, (_failed("engine", "; ".join(answer.errors)),)
        known = facts(question, self.lists)
        table = judge(self.book, known)
        narrowed = not self._cedar.own.keys().isdisjoint(answer.rules)
        if not narrowed and not same(answer, table):
            return False, (_failed("disagreement", f"{answer} / {table}"),)
        first, *rest = [self._reasons[rule] for rule in answer.rules] or [self._no_rule(known)]
        return table.allowed and not narrowed, (first, *rest)

    def _no_rule(self, known: Facts) -> Reason:
        """Say that nothing permits it, which permit comes nearest, and what that one lacks."""
        closest = nearest(self.book, known)
        if closest is None:
            return Reason(NO_RULE, FAILED_CLAUSE, Words(es="Ninguna regla lo permite.", en="No rule permits this."))
        rule = closest.rule
        lacks = [self.book.missing(attribute, rule.when[attribute]) for attribute in closest.unmet]
        return Reason(
            NO_RULE,
            rule.clause,
            Words(
                es=f"Ninguna regla lo permite. La más próxima: {rule.words.es} Pero {'; '.join(w.es for w in lacks)}.",
                en=f"No rule permits this. The nearest: {rule.words.en} But {'; '.join(w.en for w in lacks)}.",
            ),
        )


def _failed(what: str, detail: str) -> Reason:
    """Build the reason of a refusal because policy itself failed."""
    return Reason(
        f"{ERROR_PREFIX}{what}",
        FAILED_CLAUSE,
        Words(
            es=f"La política no pudo decidir, así que nada se permite; avise a quien opera el nodo: {detail}",
            en=f"Policy could not decide, so nothing is permitted; tell the operator of the node: {detail}",
        ),
    )


def _own_reason(policy: Policy) -> Reason:
    return Reason(policy.id, policy.clause, Words(es=policy.annotations["es"], en=policy.annotations["en"]))


def _check_same(policies: Mapping[str, Policy], book: RuleBook) -> None:
    """Policies and table list the same rules; what they say is compared over the whole domain, not here."""
    in_cedar = {(policy.id, policy.effect, policy.clause) for policy in policies.values()}
    in_table = {(rule.id, rule.effect, rule.clause) for rule in book.rules.values()}
    for policy_id, effect, clause in sorted(in_cedar ^ in_table):
        raise refused(
            f"{policy_id} ({effect}, {clause}) está solo en la tabla o solo en las políticas.",
            f"{policy_id} ({effect}, {clause}) stands only in the table or only in the policies.",
        )
