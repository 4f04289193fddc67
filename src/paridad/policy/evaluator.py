# SPDX-License-Identifier: Apache-2.0
"""The second evaluator: the rule table read as what it says, without Cedar.

Rules
  - Written from the definition of the table (head of `rules.toml`), not from the Cedar text and not from its engine.
  - A row speaks when its action is asked and every condition holds. Allowed is what some permit opens and no forbid
    closes. The rows named are the forbids if any spoke, otherwise the permits; both sorted by id.
  - It decides nothing alone: the engine lets pass only what both allow, and uses this one to say what is missing.
  - `nearest` is the permit with the fewest unmet conditions among those on the same subject (sensitivity, command),
    because the asker can bring a missing approval, not another subject.

Worked example
    facts(question, lists)["two_person"]            is True for a handling code of two persons
    judge(book, facts)                              is Verdict(allowed=False, rules=("second-person-missing",))
    nearest(book, facts).unmet                      is ("second_person",) for whereabouts with a case decision only
"""

from collections.abc import Mapping
from dataclasses import dataclass

from paridad.policy.lists import CodeLists
from paridad.policy.question import Question, attributes
from paridad.policy.rules import Rule, RuleBook, Value

Facts = Mapping[str, Value]

SUBJECT = frozenset({"sensitivity", "command"})
"""What a question is about; a permit on another subject is far away."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether it is allowed, and the rows that say so; none when no permit spoke."""

    allowed: bool
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Nearest:
    """The permit that comes closest, and its conditions that do not hold."""

    rule: Rule
    unmet: tuple[str, ...]


def facts(question: Question, lists: CodeLists) -> Facts:
    """Return the question's values with its action, and what the charter says of its handling code."""
    known: dict[str, Value] = {"action": question.action, **attributes(question)}
    handling = known.get("handling")
    if isinstance(handling, str):
        known["two_person"] = lists.two_person(handling)
        known["onward"] = lists.onward(handling)
    return known


def judge(book: RuleBook, known: Facts) -> Verdict:
    """Read the table against the facts."""
    spoke = [rule for rule in book.rules.values() if known["action"] in rule.actions and not unmet(rule, known)]
    forbids = sorted(rule.id for rule in spoke if rule.effect == "forbid")
    permits = sorted(rule.id for rule in spoke if rule.effect == "permit")
    return Verdict(allowed=bool(permits) and not forbids, rules=tuple(forbids or permits))


def unmet(rule: Rule, known: Facts) -> tuple[str, ...]:
    """Return the attributes whose condition does not hold, in the order of the row."""
    return tuple(attribute for attribute, values in rule.when.items() if known[attribute] not in values)


def nearest(book: RuleBook, known: Facts) -> Nearest | None:
    """Return the permit of this action that lacks least; none if the action has no permit."""
    permits = [
        Nearest(rule, unmet(rule, known))
        for rule in book.rules.values()
        if rule.effect == "permit" and known["action"] in rule.actions
    ]
    return min(permits, key=_distance, default=None)


def _distance(candidate: Nearest) -> tuple[bool, int, str]:
    """Another subject weighs more than any number of missing conditions; the id decides between equals."""
    return (not SUBJECT.isdisjoint(candidate.unmet), len(candidate.unmet), candidate.rule.id)
