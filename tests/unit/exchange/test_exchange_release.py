# SPDX-License-Identifier: Apache-2.0
"""`release`: field by field, parents before their parts, and nothing at all where anything is missing."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from paridad.acts.envelope import Draft
from paridad.acts.issue import ActSigner, IssuedAct, issue
from paridad.acts.verify import VerifiedAct, open_act, reread
from paridad.acts.vocabulary import Kind, load_vocabulary
from paridad.desks.targets.dossier import dossier_fields
from paridad.exchange.errors import NotReleased
from paridad.exchange.release import Item, Matter, Release, release, release_whole, sensitivity_of
from paridad.node.composing import shipped_vocabulary
from paridad.policy.engine import PolicyEngine
from paridad.policy.lists import code_lists
from support.matters import PURPOSE, person
from support.programmes import make_programme, seeded_random

WORLD = make_programme()
VOCABULARY = shipped_vocabulary()
ENGINE = PolicyEngine.load(code_lists(WORLD.charter))
STATEMENT, TREATY = "joint-statement", "treaty"
MATTER = Matter("US/DOJ", PURPOSE, STATEMENT, addressed=True)


def said(kind: str, fields: Any, *, handling: str = "AMBER", purpose: str = PURPOSE, iss: str = "MX/FGR") -> IssuedAct:
    """Issue an act."""
    draft = Draft(kind, iss, ("US/DOJ",), handling, purpose, "joint-statement-2025-09-03", fields)
    signer = ActSigner(f"{iss}#1", WORLD.act(iss).ed25519.sign)
    return issue(
        draft, vocabulary=VOCABULARY, signer=signer, prg=WORLD.charter.prg, iat=WORLD.now, random=seeded_random(draft)
    )


DOSSIER = said("targets/dossier/1", dossier_fields(person("Rel")))
CLOSURE = said("folio/closure/1", {"reason": "…"})


def leaves(act: Any = DOSSIER, *, only: Any = None, own_party: str = "MX", **changes: Any) -> Release:
    """Release one act in some circumstances."""
    item = Item(act, replace(MATTER, **changes), only)
    [released] = release([item], engine=ENGINE, own_party=own_party, now=WORLD.now)
    return released


def test_a_record_leaves_in_part_with_its_reasons() -> None:
    """What policy allows is given, parents first; the rest is withheld, each field with its decision."""
    released = leaves()
    assert {"name", "aliases", "aliases[0]", "name_parts", "name_parts.surnames"} <= set(released.given)
    for path in released.given:
        parent = DOSSIER.disclosures[path].parent
        assert parent is None or released.given.index(parent) < released.given.index(path)
    rules = {each.path: each.decision.reasons[0].clause for each in released.withheld if each.decision}
    assert rules["identifiers"] == "charter:instrument"
    assert rules["addresses"] == "charter:case-decision"
    assert set(released.decisions) == set(DOSSIER.disclosures)
    assert {*released.given, *rules} == set(DOSSIER.disclosures)
    assert (released.act, released.signed, released.recipient) == (DOSSIER.hash, DOSSIER.signed, "US/DOJ")
    assert released.digests == tuple(DOSSIER.disclosures[path].digest for path in released.given)


def test_what_leaves_opens_at_the_other_side() -> None:
    """The texts fit the act: nothing orphaned, nothing invented."""
    released = leaves()
    act = reread(released.signed, released.texts, vocabulary=VOCABULARY)
    assert set(act.disclosures) == set(released.given)


def test_only_what_was_chosen_leaves_and_no_part_without_its_whole() -> None:
    """An officer may give less; a part chosen without its whole stays."""
    released = leaves(only=["name", "aliases[0]"])
    assert released.given == ("name",)
    kept = {each.path: each.decision for each in released.withheld}
    assert kept["aliases"] is None  # not chosen: nobody decided against it
    assert kept["aliases[0]"] is not None
    assert leaves(only=[]).given == ()


def test_more_leaves_with_a_treaty_and_with_two_persons() -> None:
    """Positive controls of what is withheld above."""
    assert "identifiers" in leaves(basis_kind=TREATY).given
    assert "addresses[0]" in leaves(second_person=True, case_decision=True).given
    assert "addresses" not in leaves(second_person=True).given


NOTHING: dict[str, dict[str, Any]] = {
    "no purpose": {"purpose": "none"},
    "another purpose": {"purpose": "prosecution"},
    "no basis": {"basis_kind": "none"},
    "not addressed": {"addressed": False},
    "past its retention": {"expired": True},
    "a recipient that is in no list": {"recipient": "XX/NOBODY"},
    "a basis that is in no list": {"basis_kind": "a whim"},
    "no recipient": {"recipient": ""},
}


@pytest.mark.parametrize("changes", NOTHING.values(), ids=NOTHING.keys())
def test_nothing_leaves(changes: dict[str, Any]) -> None:
    """Not a field, and not the signed part either."""
    released = leaves(**changes)
    assert released.given == ()
    assert released.itself is not None
    assert not released.itself.allowed
    with pytest.raises(NotReleased):
        release_whole([Item(CLOSURE, replace(MATTER, **changes))], engine=ENGINE, own_party="MX", now=WORLD.now)


def test_an_act_that_speaks_leaves_whole() -> None:
    """The positive control: all its fields, in one piece."""
    [released] = release_whole([Item(CLOSURE, MATTER)], engine=ENGINE, own_party="MX", now=WORLD.now)
    assert released.given == ("reason",)
    assert released.withheld == ()


def test_an_act_that_speaks_and_may_not_leave_whole_is_refused_with_the_reason() -> None:
    """The sentence names the field and the rule's words, in both languages."""
    with pytest.raises(NotReleased) as error:
        release_whole([Item(DOSSIER, MATTER)], engine=ENGINE, own_party="MX", now=WORLD.now)
    assert "may not leave" in error.value.words.en
    assert "no puede salir" in error.value.words.es
    assert error.value.next_step is not None


def test_an_act_without_a_field_is_asked_about_all_the_same() -> None:
    """Its envelope tells: no purpose, no envelope."""
    empty = said("folio/closure/1", {})
    [released] = release_whole([Item(empty, MATTER)], engine=ENGINE, own_party="MX", now=WORLD.now)
    assert (released.given, released.withheld) == ((), ())
    with pytest.raises(NotReleased, match="act may not leave"):
        release_whole([Item(empty, replace(MATTER, purpose="none"))], engine=ENGINE, own_party="MX", now=WORLD.now)


@dataclass(frozen=True)
class WithoutKind:
    """An act of a kind that this release does not know."""

    signed: bytes
    hash: Any
    envelope: Any
    disclosures: Any
    kind: Kind | None = None


def test_an_unknown_kind_does_not_leave() -> None:
    """No schema, nothing leaves: neither fields nor the signed part."""
    unknown = WithoutKind(CLOSURE.signed, CLOSURE.hash, CLOSURE.envelope, CLOSURE.disclosures)
    released = leaves(unknown)
    assert (released.given, released.itself) == ((), None)
    with pytest.raises(NotReleased, match="no decision about act"):
        release_whole([Item(unknown, MATTER)], engine=ENGINE, own_party="MX", now=WORLD.now)
    assert load_vocabulary([]).kind("folio/closure/1") is None


def test_a_strict_code_needs_the_second_person() -> None:
    """Under RED even a name waits for it."""
    red = said("targets/dossier/1", dossier_fields(person("Rot")), handling="RED")
    assert leaves(red).given == ()
    assert "name" in leaves(red, second_person=True).given


def test_what_another_party_issued_asks_for_its_consent() -> None:
    """Onward: consent where the code asks for it, never where it forbids."""
    foreign = open_act(DOSSIER.wire, keys=WORLD.ring, vocabulary=VOCABULARY, now=WORLD.now)
    assert isinstance(foreign, VerifiedAct)
    assert leaves(foreign, own_party="US").given == ()
    assert "name" in leaves(foreign, own_party="US", consent=True).given
    red = said("targets/dossier/1", dossier_fields(person("Rot")), handling="RED")
    assert leaves(red, own_party="US", consent=True, second_person=True).given == ()


def test_every_item_of_a_batch_has_its_own_answers() -> None:
    """Items are decided together and never confused."""
    items = [
        Item(DOSSIER, MATTER),
        Item(DOSSIER, replace(MATTER, purpose="none")),
        Item(CLOSURE, MATTER),
        Item(DOSSIER, replace(MATTER, basis_kind=TREATY)),
        Item(said("folio/closure/1", {"reason": "x"}, handling="RED"), MATTER),
    ]
    together = release(items, engine=ENGINE, own_party="MX", now=WORLD.now)
    alone = [release([item], engine=ENGINE, own_party="MX", now=WORLD.now)[0] for item in items]
    assert together == alone
    assert [bool(each.given) for each in together] == [True, False, True, True, False]
    assert release([], engine=ENGINE, own_party="MX", now=WORLD.now) == []


def test_a_part_has_the_sensitivity_of_its_own_or_of_its_whole() -> None:
    """And a path that the kind does not have is a programming error."""
    assert sensitivity_of(DOSSIER.kind, "addresses[3]") == "whereabouts"
    assert sensitivity_of(DOSSIER.kind, "name_parts.surnames") == "identity"
    with pytest.raises(KeyError, match="has no field"):
        sensitivity_of(DOSSIER.kind, "surprise")
