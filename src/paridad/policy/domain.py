# SPDX-License-Identifier: Apache-2.0
"""The whole finite domain of policy, and the comparison of the two evaluators over it.

Rules
  - Every value of every attribute is met with every value of every other, for each of the four actions.
  - Two things are not multiplied out, because no rule can name them (`rules.py` refuses a table that does): which
    purpose of the charter it is, and which agency of which party. Purposes, agencies and originators take turns, so
    that each occurs; `swapped` exchanges the parties of a question.
  - The comparison looks at verdicts and at the rules named. It stops for nothing and reports what differs.

Worked example (six handling codes with `none`, four kinds of basis with `none`)
    size(lists)                             is 36,864 release + 73,728 onward + 864 read + 120 command = 111,576
    compare(engine, lists).differences      is ()
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice, product
from typing import Any

from paridad.acts.envelope import party_of
from paridad.acts.vocabulary import SENSITIVITIES
from paridad.policy.cedar import Answer, Cedar
from paridad.policy.evaluator import Verdict, facts, judge
from paridad.policy.lists import CodeLists
from paridad.policy.question import (
    COMMANDS,
    NONE,
    ROLES,
    CommandQuestion,
    OnwardQuestion,
    Question,
    ReadQuestion,
    ReleaseQuestion,
)
from paridad.policy.rules import RuleBook
from paridad.programme.codes import BASIS_KINDS

SOME = "some"
"""Stands for whichever purpose of the charter has its turn."""

YES_OR_NO = (False, True)
BATCH = 4096


@dataclass(frozen=True, slots=True)
class Difference:
    """One question on which the two evaluators do not agree."""

    question: Question
    cedar: Answer
    table: Verdict


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of asking both evaluators the whole domain."""

    asked: int
    allowed: int
    spoke: frozenset[str]
    """Every rule that decided at least one question."""
    differences: tuple[Difference, ...]


def domain(lists: CodeLists) -> Iterator[Question]:
    """Enumerate every question, action by action."""
    yield from _outgoing(ReleaseQuestion, lists)
    yield from _outgoing(OnwardQuestion, lists, consent=YES_OR_NO)
    for values in _product(
        role=ROLES, sensitivity=SENSITIVITIES, handling=(NONE, *lists.handling_codes), involved=YES_OR_NO
    ):
        yield ReadQuestion(**values)
    for values in _product(role=ROLES, command=COMMANDS, proposer=YES_OR_NO):
        yield CommandQuestion(**values)


def size(lists: CodeLists) -> int:
    """Count the questions of the domain."""
    return sum(1 for _ in domain(lists))


def swapped(question: Question, lists: CodeLists) -> Question:
    """Exchange originator and recipient: what B would ask where A asked."""
    if not isinstance(question, ReleaseQuestion):
        return question
    agency = next(agency for agency in lists.agencies if party_of(agency) == question.originator)
    return replace(question, originator=party_of(question.recipient), recipient=agency)


def compare(cedar: Cedar, book: RuleBook, lists: CodeLists, questions: Iterable[Question] | None = None) -> Comparison:
    """Ask both evaluators, in batches: the whole domain, unless other questions are given."""
    asked = allowed = 0
    spoke: set[str] = set()
    differences: list[Difference] = []
    remaining = iter(domain(lists) if questions is None else questions)
    while batch := list(islice(remaining, BATCH)):
        for question, answer in zip(batch, cedar.ask(batch), strict=True):
            verdict = judge(book, facts(question, lists))
            asked += 1
            allowed += verdict.allowed
            spoke.update(verdict.rules)
            if not same(answer, verdict):
                differences.append(Difference(question, answer, verdict))
    return Comparison(asked, allowed, frozenset(spoke), tuple(differences))


def same(answer: Answer, verdict: Verdict) -> bool:
    """Whether Cedar answered cleanly, with the verdict and the rows of the table."""
    effect = "Allow" if verdict.allowed else "Deny"
    return answer.effect == effect and answer.rules == verdict.rules and not answer.errors


def _outgoing(kind: type[ReleaseQuestion], lists: CodeLists, **more: Sequence[bool]) -> Iterator[Question]:
    purposes = cycle(lists.purposes)
    directions = cycle([(p, a) for p in lists.parties for a in lists.agencies if party_of(a) != p])
    for values in _product(
        sensitivity=SENSITIVITIES,
        handling=(NONE, *lists.handling_codes),
        purpose=(NONE, SOME),
        held=YES_OR_NO,
        basis_kind=(NONE, *BASIS_KINDS),
        addressed=YES_OR_NO,
        expired=YES_OR_NO,
        second_person=YES_OR_NO,
        case_decision=YES_OR_NO,
        assurance=YES_OR_NO,
        **more,
    ):
        originator, recipient = next(directions)
        purpose = next(purposes) if values.pop("purpose") == SOME else NONE
        yield kind(**values, purpose=purpose, originator=originator, recipient=recipient)


def _product(**axes: Sequence[str] | Sequence[bool]) -> Iterator[dict[str, Any]]:
    for values in product(*axes.values()):
        yield dict(zip(axes, values, strict=True))
