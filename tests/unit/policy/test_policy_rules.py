# SPDX-License-Identifier: Apache-2.0
"""The rule table: what is refused before it decides anything, and that Cedar's schema holds the same lists."""

import json
import re
from collections.abc import Callable

import cedarpy
import pytest

from paridad.acts.vocabulary import SENSITIVITIES
from paridad.base.words import Words
from paridad.policy.errors import PolicyRefused
from paridad.policy.question import COMMANDS, NONE, ROLES
from paridad.policy.rules import ATTRIBUTES, read_rules
from paridad.policy.texts import shipped
from paridad.programme.codes import BASIS_KINDS, ONWARD
from support.policy_world import LISTS

TEXTS = shipped(LISTS)
TABLE = TEXTS.rules

Change = Callable[[str], str]


def put(old: str, new: str) -> Change:
    """Return a change of one place of the table."""

    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return change


REFUSED: dict[str, tuple[Change, str]] = {
    "not TOML": (lambda text: text + "[[rule", "cannot be read"),
    "empty": (lambda _: "", "cannot be read"),
    "no clauses": (lambda text: text[: text.index('[clause."')], "cannot be read"),
    "a row without a sentence in Spanish": (put('es = "El registro no tiene código de manejo: no sale."\n', ""), "es"),
    "a blank sentence": (put('en = "The retention period has ended: it does not leave."', 'en = " "'), "languages"),
    "a row without conditions": (put("[rule.when]\nexpired = [true]", ""), "when"),
    "an unknown column": (put('id = "expired"', 'id = "expired"\nunless = 1'), "unless"),
    "a value that is no list": (put("expired = [true]", "expired = true"), "cannot be read"),
    "rows that are no tables": (lambda _: "rule = [1]", "cannot be read"),
    "an id twice": (put('id = "expired"', 'id = "no-basis"'), "no-basis stands twice"),
    "a reserved id": (put('id = "expired"', 'id = "no-rule"'), "no-rule stands twice or is reserved"),
    "the id of an error": (put('id = "expired"', 'id = "error:engine"'), "reserved"),
    "neither permit nor forbid": (put('effect = "permit"', 'effect = "allow"'), "neither permits nor forbids"),
    "no action": (put('action = ["onward"]', "action = []"), "no known actions"),
    "an unknown action": (put('action = ["onward"]', 'action = ["forward"]'), "no known actions"),
    "an unknown attribute": (put("expired = [true]", "expierd = [true]"), "condition on expierd"),
    "an attribute of another action": (put("expired = [true]", "proposer = [true]"), "condition on proposer"),
    "an attribute of one of two actions": (put("expired = [true]", "consent = [true]"), "condition on consent"),
    "a value misspelt": (put('sensitivity = ["procedural"]', 'sensitivity = ["procedura"]'), "unknown value"),
    "no value": (put("expired = [true]", "expired = []"), "unknown value"),
    "one for yes": (put("expired = [true]", "expired = [1]"), "unknown value"),
    "a text for yes": (put("expired = [true]", 'expired = ["true"]'), "unknown value"),
    "a code of a charter": (put('handling = ["none"]', 'handling = ["RED"]'), "unknown value"),
    "a purpose of a charter": (put('purpose = ["none"]', 'purpose = ["border"]'), "unknown value"),
    "a clause that is not defined": (put('clause = "charter:basis"', 'clause = "charter:bases"'), "charter:bas"),
    "a clause that nobody uses": (lambda text: text + '\n[clause."x"]\nes = "a"\nen = "b"\n', "clause x"),
    "nothing said of an unmet condition": (put("[unmet.role]", "[unmet.roll]"), "unmet with role"),
    "a value without words": (put("liaison = {", "liason = {"), "liaison has no words"),
}


@pytest.mark.parametrize(("change", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_a_table_that_does_not_hold_is_refused(change: Change, says: str) -> None:
    assert read_rules(TABLE)
    with pytest.raises(PolicyRefused, match=re.escape(says)):
        read_rules(change(TABLE))


def test_a_row_gives_its_sentence_as_reason() -> None:
    reason = read_rules(TABLE).rules["expired"].reason
    assert (reason.rule, reason.clause) == ("expired", "charter:retention")
    assert reason.words.en == "The retention period has ended: it does not leave."
    assert not reason.is_error


def test_a_missing_condition_is_said_with_the_values_that_would_meet_it() -> None:
    book = read_rules(TABLE)
    assert book.missing("second_person", (True,)) == Words(
        es="falta la aprobación de una segunda persona", en="a second person's approval is missing"
    )
    assert book.missing("role", ("auditor", "head")).es == "el papel no es auditoría / jefatura de delegación"


def test_no_clause_claims_an_article_of_law() -> None:
    """Legal references are unverified: a rule rests on the charter, and the charter's sources say what was read."""
    book = read_rules(TABLE)
    assert all(clause.startswith("charter:") for clause in book.clauses)
    texts = [*book.clauses.values(), *(rule.words for rule in book.rules.values())]
    assert not any(re.search(r"\bart(\.|ículo|icle)|§", words.es + words.en) for words in texts)


def test_the_schema_holds_the_closed_lists_of_the_code_and_no_more() -> None:
    lists = {
        "Sensitivity": SENSITIVITIES,
        "BasisKind": (NONE, *BASIS_KINDS),
        "Onward": ONWARD,
        "Role": ROLES,
        "Command": COMMANDS,
    }
    assert cedarpy.Schema.from_str(TEXTS.schema)
    for name, values in lists.items():
        match = re.search(rf"entity {name} enum (\[[^\]]*\]);", TEXTS.schema)
        assert match is not None
        assert json.loads(match.group(1)) == list(values), name


def test_every_attribute_of_the_table_is_known_to_some_action() -> None:
    assert all(actions and values for actions, values in ATTRIBUTES.values())
