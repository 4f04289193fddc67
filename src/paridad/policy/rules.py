# SPDX-License-Identifier: Apache-2.0
"""The rule table as values: rows, clauses, and the words for both.

Rules
  - A row speaks when its action is asked and each of its conditions holds; a condition lists the values it accepts.
  - Rows compare with values of closed lists only. A misspelt attribute or value refuses the whole table; codes of a
    charter (handling, purpose) cannot stand in it, only their absence.
  - Every row has a unique id, a clause that is defined, and its sentence in both languages; every clause is used.
  - Every attribute that a permit asks for has a sentence for when it is unmet, and every value has words.

Worked example
    book = read_rules(SHIPPED)
    book.rules["expired"].effect            is "forbid"
    book.rules["expired"].when              is {"expired": (True,)}
    book.clauses["charter:retention"].en    is the text of the clause
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from paridad.acts.vocabulary import SENSITIVITIES
from paridad.base.words import Words
from paridad.policy.decision import ERROR_PREFIX, NO_RULE, Reason
from paridad.policy.errors import refused
from paridad.policy.question import ACTIONS, COMMANDS, NONE, ROLES
from paridad.programme.codes import BASIS_KINDS, ONWARD

Effect = Literal["permit", "forbid"]
Value = str | bool

YES_OR_NO = (True, False)
OUTGOING = ("release", "onward")

ATTRIBUTES: Mapping[str, tuple[tuple[str, ...], tuple[Value, ...]]] = {
    "sensitivity": (("release", "onward", "read"), SENSITIVITIES),
    "handling": (("release", "onward", "read"), (NONE,)),
    "two_person": (("release", "onward", "read"), YES_OR_NO),
    "onward": (("release", "onward", "read"), ONWARD),
    "purpose": (OUTGOING, (NONE,)),
    "held": (OUTGOING, YES_OR_NO),
    "basis_kind": (OUTGOING, (NONE, *BASIS_KINDS)),
    "addressed": (OUTGOING, YES_OR_NO),
    "expired": (OUTGOING, YES_OR_NO),
    "second_person": (OUTGOING, YES_OR_NO),
    "case_decision": (OUTGOING, YES_OR_NO),
    "assurance": (OUTGOING, YES_OR_NO),
    "consent": (("onward",), YES_OR_NO),
    "involved": (("read",), YES_OR_NO),
    "role": (("read", "command"), ROLES),
    "command": (("command",), COMMANDS),
    "proposer": (("command",), YES_OR_NO),
}
"""What a condition may speak of: in which actions, and the values it may name."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table."""

    id: str
    effect: Effect
    actions: tuple[str, ...]
    when: Mapping[str, tuple[Value, ...]]
    clause: str
    words: Words

    @property
    def reason(self) -> Reason:
        """The reason that this row gives when it speaks."""
        return Reason(self.id, self.clause, self.words)


@dataclass(frozen=True, slots=True)
class RuleBook:
    """The whole table, its clauses and its words."""

    rules: Mapping[str, Rule]
    clauses: Mapping[str, Words]
    unmet: Mapping[str, Words]
    """By attribute: what is wrong when a permit's condition on it does not hold."""
    word: Mapping[str, Words]
    """Words for the values of the closed lists."""

    def missing(self, attribute: str, wanted: Iterable[Value]) -> Words:
        """Say which condition is unmet, naming the values that would meet it."""
        named = [self.word[value] for value in wanted if isinstance(value, str)]
        sentence = self.unmet[attribute]
        return Words(
            es=sentence.es.format(wanted=" / ".join(word.es for word in named)),
            en=sentence.en.format(wanted=" / ".join(word.en for word in named)),
        )


def read_rules(text: str) -> RuleBook:
    """Read the table and check that it is whole, or raise `PolicyRefused`."""
    try:
        tree = tomllib.loads(text)
        rules = tuple(_rule(row) for row in tree["rule"])
        tables = [{name: Words(**row) for name, row in tree[table].items()} for table in ("clause", "unmet", "word")]
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise refused(
            f"La tabla de reglas no se puede leer: {error!r}.", f"The rule table cannot be read: {error!r}."
        ) from error
    book = RuleBook({rule.id: rule for rule in rules}, *tables)
    _check(rules, book)
    return book


def _rule(row: dict[str, Any]) -> Rule:
    row = dict(row)
    words = Words(es=row.pop("es"), en=row.pop("en"))
    when = {attribute: tuple(values) for attribute, values in row.pop("when").items()}
    return Rule(actions=tuple(row.pop("action")), when=when, words=words, **row)


def _check(rules: tuple[Rule, ...], book: RuleBook) -> None:
    for problem in (*_problems_of_rows(rules), *_problems_of_words(book)):
        raise refused(f"Tabla de reglas: {problem.es}.", f"Rule table: {problem.en}.")


def _problems_of_rows(rules: tuple[Rule, ...]) -> Iterator[Words]:
    """Say what is wrong with single rows."""
    seen = {NO_RULE}
    for rule in rules:
        if rule.id in seen or rule.id.startswith(ERROR_PREFIX):
            yield Words(es=f"{rule.id} está dos veces o está reservado", en=f"{rule.id} stands twice or is reserved")
        seen.add(rule.id)
        if rule.effect not in get_args(Effect):
            yield Words(es=f"{rule.id} no permite ni prohíbe", en=f"{rule.id} neither permits nor forbids")
        if not rule.actions or not set(rule.actions).issubset(ACTIONS):
            yield Words(es=f"{rule.id} no nombra acciones conocidas", en=f"{rule.id} names no known actions")
        for attribute, values in rule.when.items():
            actions, known = ATTRIBUTES.get(attribute, ((), ()))
            if not set(rule.actions).issubset(actions):
                yield Words(
                    es=f"{rule.id} condiciona {attribute}, que su acción no tiene",
                    en=f"{rule.id} has a condition on {attribute}, which its action does not have",
                )
            elif not values or any(not _is_one_of(value, known) for value in values):
                yield Words(
                    es=f"{rule.id} da a {attribute} un valor desconocido",
                    en=f"{rule.id} gives {attribute} an unknown value",
                )


def _is_one_of(value: object, known: tuple[Value, ...]) -> bool:
    """Whether a value stands in a list, as the same type: 1 is not true."""
    return any(value == candidate and type(value) is type(candidate) for candidate in known)


def _problems_of_words(book: RuleBook) -> Iterator[Words]:
    """Say which words are missing, and which clauses nobody uses."""
    rules = book.rules.values()
    for clause in sorted(book.clauses.keys() ^ {rule.clause for rule in rules}):
        yield Words(es=f"la cláusula {clause} no está definida o sobra", en=f"clause {clause} is undefined or unused")
    asked = {attribute for rule in rules if rule.effect == "permit" for attribute in rule.when}
    for attribute in sorted(asked - book.unmet.keys()):
        yield Words(es=f"no se dice qué falta con {attribute}", en=f"it is not said what is unmet with {attribute}")
    values = {value for _, known in ATTRIBUTES.values() for value in known if isinstance(value, str)}
    for value in sorted(values - book.word.keys()):
        yield Words(es=f"{value} no tiene palabras", en=f"{value} has no words")
