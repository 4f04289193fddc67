# SPDX-License-Identifier: Apache-2.0
"""`paridad policy`: why something is allowed or refused, and whether the two evaluators agree everywhere.

Rules
  - A question is made of the values of its closed lists, each given by name; one that is missing is named with its
    possible values. Nothing has a default, because a default could open something.
  - `check` asks both evaluators the whole finite domain; a single difference is a failure (exit code 3).

Worked example
    paridad policy explain command --set role liaison --set command answer --set proposer no
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import Annotated, Literal

from paridad.acts.vocabulary import SENSITIVITIES
from paridad.base.strict import JsonValue
from paridad.cli.errors import refused
from paridad.cli.forms import Form, Look, OfficerName
from paridad.cli.seeing import reasons
from paridad.cli.verbs import Noun, Verb
from paridad.node.node import Node
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
    attributes,
)
from paridad.programme.codes import BASIS_KINDS

Action = Literal["release", "onward", "read", "command"]
QUESTIONS: Mapping[str, type[Question]] = {
    "release": ReleaseQuestion,
    "onward": OnwardQuestion,
    "read": ReadQuestion,
    "command": CommandQuestion,
}
YES_OR_NO = ("no", "yes")


class Explain(Form):
    """A question to policy."""

    action: Annotated[Action, Look(positional=True)]
    set: tuple[tuple[str, str], ...] = ()
    officer: OfficerName = ""


class Check(Form):
    """The whole domain."""


def explain(node: Node, form: Explain) -> JsonValue:
    """Return what policy answers to a question, with rules and clauses."""
    question = _question(QUESTIONS[form.action], dict(form.set), node.own.engine.lists)
    decision = node.own.engine.decide_one(question, now=node.clock())
    asked: list[JsonValue] = [{"name": name, "value": value} for name, value in attributes(question).items()]
    return {
        "action": form.action,
        "asked_about": asked,
        "allowed": decision.allowed,
        "reasons": reasons(decision),
        "policy_set": decision.policy_set,
        "input_hash": decision.input_hash,
    }


def _question(kind: type[Question], given: Mapping[str, str], lists: CodeLists) -> Question:
    """Build a question from texts, or say what is missing or unknown and which values there are."""
    known = {each.name: _values(each.name, lists) for each in fields(kind)}
    for name in given.keys() - known.keys():
        raise refused(
            f"No hay tal dato: {name}. Hay: {', '.join(known)}.", f"No {name} here. There are: {', '.join(known)}."
        )
    for name, values in known.items():
        if given.get(name) not in values:
            listed = ", ".join(values)
            raise refused(
                f"Falta --set {name} VALOR, uno de: {listed}.", f"Missing: --set {name} VALUE, one of: {listed}."
            )
    return kind(**{name: given[name] == "yes" if known[name] is YES_OR_NO else given[name] for name in known})  # type: ignore[arg-type]


def _values(name: str, lists: CodeLists) -> tuple[str, ...]:
    return {
        "sensitivity": SENSITIVITIES,
        "handling": (NONE, *lists.handling_codes),
        "purpose": (NONE, *lists.purposes),
        "basis_kind": (NONE, *BASIS_KINDS),
        "recipient": lists.agencies,
        "originator": lists.parties,
        "role": ROLES,
        "command": COMMANDS,
    }.get(name, YES_OR_NO)


def check(node: Node, form: Check) -> JsonValue:
    """Ask both evaluators everything, and return where they differ."""
    del form
    found = node.own.engine.compare()
    return {
        "ok": not found.differences,
        "policy_set": node.own.engine.policy_set,
        "questions": found.asked,
        "allowed_of_them": found.allowed,
        "rules_that_spoke": len(found.spoke),
        "differences": [
            {
                "action": each.question.action,
                "asked_about": [{"name": n, "value": v} for n, v in attributes(each.question).items()],
                "cedar_rules": list(each.cedar.rules),
                "table_rules": list(each.table.rules),
            }
            for each in found.differences
        ],
    }


NOUN = Noun("policy", (Verb("explain", Explain, operation=explain), Verb("check", Check, operation=check)))
