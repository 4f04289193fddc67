# SPDX-License-Identifier: Apache-2.0
"""The one place that speaks to Cedar (cedarpy), and distrusts it as the brief on it says.

Rules (W1 to W9; the last two stand in `engine.py`)
  - W1 Schema and policies are parsed and validated when the node starts, or it does not start. The validator and the
    request check are tried with something wrong first: one that lets it pass is broken, and the node does not start.
  - W2 Cedar is always given the parsed `Schema` object: a blank schema *text* would count as none and open the gate.
  - W3 Every closed list is an enumerated entity type, so that a misspelt value is an error and not a silent difference.
  - W4 Every policy has one unique `@id` and a `@clause`; Cedar's own names are mapped to ids through the JSON form.
  - W5 Entities are built from typed values, once, with every principal and resource that can be asked about.
  - W6 An answer is clean if it has no errors; what it then means is decided in `engine.py`.
  - W7 Reasons come in changing order: they are mapped, then sorted.

Worked example
    cedar = Cedar(shipped(lists), lists)
    cedar.ask([question])       is [Answer(effect="Deny", rules=("expired", "no-basis"), errors=())]
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cedarpy

from paridad.acts.envelope import party_of
from paridad.acts.vocabulary import SENSITIVITIES
from paridad.policy.decision import ERROR_PREFIX, NO_RULE
from paridad.policy.errors import refused
from paridad.policy.lists import CodeLists
from paridad.policy.question import (
    COMMANDS,
    NONE,
    ROLES,
    CommandQuestion,
    Question,
    ReadQuestion,
    ReleaseQuestion,
    attributes,
)
from paridad.policy.texts import PolicyTexts

OWN_PREFIX = "own:"
"""Before the ids of a node's own forbids."""

MISSPELT = 'forbid (principal, action == Action::"read", resource) when { resource.handling == Handling::"no|such" };'
"""What a validator must refuse; `|` cannot stand in a code."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What the JSON form says of one policy, apart from its conditions."""

    id: str
    effect: str
    annotations: Mapping[str, str]

    @property
    def clause(self) -> str:
        """The clause it implements."""
        return self.annotations["clause"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What Cedar said: `Allow`, `Deny` or `NoDecision`, the ids that decided, and what went wrong."""

    effect: str
    rules: tuple[str, ...]
    errors: tuple[str, ...]


class Cedar:
    """Parsed, validated policies over one charter's lists, ready to be asked."""

    def __init__(self, texts: PolicyTexts, lists: CodeLists) -> None:
        whole = f"{texts.policies}\n{texts.narrower}"
        self._schema = _parsed_schema(texts.schema)
        self._names = _policies(whole)
        own = _own_policies(texts.narrower)
        self.own: Mapping[str, Policy] = {policy.id: policy for policy in own}
        """The node's own forbids by id."""
        self.shipped: Mapping[str, Policy] = {
            policy.id: policy for policy in self._names.values() if policy.id not in self.own
        }
        """The shipped policies by id."""
        _validate(whole, self._schema)
        self._policies = cedarpy.PolicySet.from_str(whole)
        self._entities = _entities(lists, self._schema)
        self._prove_strict()

    def ask(self, questions: Sequence[Question]) -> list[Answer]:
        """Answer each question, in order."""
        return self._ask([_request(question) for question in questions])

    def _ask(self, requests: list[dict[str, Any]]) -> list[Answer]:
        results = cedarpy.is_authorized_batch(requests, self._policies, self._entities, self._schema)
        return [self._answer(result) for result in results]

    def _answer(self, result: cedarpy.AuthzResult) -> Answer:
        unknown = [name for name in result.diagnostics.reasons if name not in self._names]
        return Answer(
            effect=result.decision.value,
            rules=tuple(sorted(self._names[name].id for name in result.diagnostics.reasons if name in self._names)),
            errors=(*result.diagnostics.errors, *(f"unknown policy {name}" for name in unknown)),
        )

    def _prove_strict(self) -> None:
        """Ask once without a value that is required: whatever answers that does not check against the schema."""
        request = _request(ReadQuestion(role=ROLES[0], sensitivity=SENSITIVITIES[0], handling=NONE, involved=True))
        [whole, without] = self._ask([request, {**request, "context": "{}"}])
        if whole.effect == "NoDecision" or without.effect != "NoDecision":
            raise refused("Cedar no aplica el esquema.", "Cedar does not apply the schema.")


def _parsed_schema(text: str) -> cedarpy.Schema:
    try:
        return cedarpy.Schema.from_str(text)
    except ValueError as error:
        raise refused(f"El esquema no se puede leer: {error}.", f"The schema cannot be read: {error}.") from error


def _policies(text: str) -> dict[str, Policy]:
    """Map Cedar's names to policies, from the JSON form; every one has its own id and a clause."""
    try:
        tree = json.loads(cedarpy.policies_to_json_str(text))
    except ValueError as error:
        raise refused(f"Las políticas no se pueden leer: {error}.", f"The policies cannot be read: {error}.") from error
    if tree["templates"]:
        raise refused("Una política con huecos no decide nada.", "A policy with slots decides nothing.")
    found = {name: _policy(name, policy) for name, policy in tree["staticPolicies"].items()}
    ids = [policy.id for policy in found.values()]
    for policy_id in ids:
        if ids.count(policy_id) > 1 or policy_id == NO_RULE or policy_id.startswith(ERROR_PREFIX):
            raise refused(f"@id {policy_id} repetido o reservado.", f"@id {policy_id} is repeated or reserved.")
    return found


def _policy(name: str, tree: Mapping[str, Any]) -> Policy:
    annotations = tree.get("annotations", {})
    for annotation in ("id", "clause"):
        if not (annotations.get(annotation) or "").strip():
            raise refused(f"{name} no lleva @{annotation}.", f"{name} has no @{annotation}.")
    return Policy(annotations["id"], tree["effect"], annotations)


def _own_policies(text: str) -> tuple[Policy, ...]:
    """Read a node's own policies: they forbid, say so in both languages, and are told apart by their ids."""
    own = tuple(_policies(text).values())
    for policy in own:
        if policy.effect != "forbid":
            raise refused(f"{policy.id}: un nodo solo puede estrechar.", f"{policy.id}: a node can only narrow.")
        if not policy.id.startswith(OWN_PREFIX):
            raise refused(f"{policy.id} no empieza con own:.", f"{policy.id} does not begin with own:.")
        for language in ("es", "en"):
            if not (policy.annotations.get(language) or "").strip():
                raise refused(f"{policy.id} no lleva @{language}.", f"{policy.id} has no @{language}.")
    return own


def _validate(policies: str, schema: cedarpy.Schema) -> None:
    """Refuse what the validator refuses, once it has shown that it refuses something."""
    if cedarpy.validate_policies(MISSPELT, schema).validation_passed:
        raise refused("El validador deja pasar una errata.", "The validator lets a misspelling pass.")
    result = cedarpy.validate_policies(policies, schema)
    if not result.validation_passed:
        listed = "; ".join(str(error) for error in result.errors)
        raise refused(
            f"Las políticas no cumplen el esquema: {listed}.", f"The policies do not fit the schema: {listed}."
        )


def _entities(lists: CodeLists, schema: cedarpy.Schema) -> cedarpy.Entities:
    """Build every principal and resource that can be asked about, checked against the schema."""
    fields = [
        {
            "uid": _uid("Field", _field_id(sensitivity, handling)),
            "attrs": {
                "sensitivity": _value("Sensitivity", sensitivity),
                "handling": _value("Handling", handling),
                "two_person": lists.two_person(handling),
                "onward": _value("Onward", lists.onward(handling)),
            },
            "parents": [],
        }
        for sensitivity in SENSITIVITIES
        for handling in (NONE, *lists.handling_codes)
    ]
    plain = [
        {"uid": _uid(kind, code), "attrs": {}, "parents": []}
        for kind, codes in (("Agency", lists.agencies), ("Role", ROLES), ("Command", COMMANDS))
        for code in codes
    ]
    try:
        return cedarpy.Entities.from_json_str(json.dumps(fields + plain), schema)
    except ValueError as error:
        raise refused(
            f"Las listas no cumplen el esquema: {error}.", f"The lists do not fit the schema: {error}."
        ) from error


def _request(question: Question) -> dict[str, Any]:
    """Return the Cedar request of a question."""
    values = attributes(question)
    if isinstance(question, ReleaseQuestion):
        principal = _uid("Agency", question.recipient)
        values["recipient_party"] = party_of(question.recipient)
    else:
        principal = _uid("Role", question.role)
    if isinstance(question, CommandQuestion):
        resource = _uid("Command", question.command)
    else:
        resource = _uid("Field", _field_id(question.sensitivity, question.handling))
    return {
        "principal": principal,
        "action": _uid("Action", question.action),
        "resource": resource,
        "context": json.dumps(_context(values)),
    }


def _context(values: Mapping[str, str | bool]) -> dict[str, object]:
    """Take what is neither in the principal nor in the resource: every yes or no, and the texts listed below."""
    context: dict[str, object] = {name: value for name, value in values.items() if isinstance(value, bool)}
    for name, kind in _CONTEXT_TYPES.items():
        if name in values:
            context[name] = _value(kind, str(values[name]))
    return context


_CONTEXT_TYPES = {"purpose": "Purpose", "basis_kind": "BasisKind", "recipient_party": "Party", "originator": "Party"}
"""The texts that go into the context, with their entity types."""


def _field_id(sensitivity: str, handling: str) -> str:
    """Name a class of fields; `|` cannot stand in either part."""
    return f"{sensitivity}|{handling}"


def _uid(kind: str, code: str) -> dict[str, str]:
    return {"type": kind, "id": code}


def _value(kind: str, code: str) -> dict[str, dict[str, str]]:
    return {"__entity": _uid(kind, code)}
