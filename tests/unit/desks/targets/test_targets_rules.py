# SPDX-License-Identifier: Apache-2.0
"""Registering and correcting a dossier: what is decided, what is refused, what acts make of it."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paridad.base.errors import ParidadError
from paridad.base.strict import JsonValue
from paridad.desks.targets.dossier import KIND, Dossier, Source, dossier_fields
from paridad.desks.targets.errors import AlreadyRegistered, DossierRefused, NotCurrent, TargetsError
from paridad.desks.targets.rules import (
    Command,
    CorrectDossier,
    DossierState,
    RegisterDossier,
    content_digest,
    decide,
    evolve,
)
from paridad.folio.state import Recorded
from support.targets_acts import AT, hash_of, opened, recorded, signed

OLGA = dossier_fields(Dossier("person", "PINEDO RUIZ, Olga", source=Source("SIMULATED", "1", "2025-06-01")))
MENDED = dossier_fields(Dossier("person", "PINEDO RUIZ, Olga Lidia", source=Source("SIMULATED", "1", "2025-06-01")))
REGISTER = RegisterDossier("A/ONE", "AMBER", "investigation", "treaty", OLGA)
CORRECT = CorrectDossier(
    "A/ONE", "AMBER", "investigation", "treaty", MENDED, hash_of("one"), "Second given name added."
)
NEW = DossierState()
ON_RECORD = evolve(NEW, recorded(OLGA))


def with_fields(command: RegisterDossier, **more: JsonValue) -> RegisterDossier:
    """Return the same command with other fields."""
    return replace(command, fields={**command.fields, **more})


def without(name: str) -> Mapping[str, JsonValue]:
    """Return the fields of a sound dossier without one."""
    return {key: value for key, value in OLGA.items() if key != name}


def test_a_dossier_is_registered_inside_its_own_party() -> None:
    """One act, addressed to nobody else."""
    (draft,) = decide(NEW, REGISTER, AT)
    assert (draft.kind, draft.iss, draft.aud, draft.re, draft.internal) == (KIND, "A/ONE", ("A/ONE",), (), True)
    assert draft.fields == OLGA


def test_a_correction_names_the_act_in_force_and_says_why() -> None:
    """The new act is a whole dossier."""
    (draft,) = decide(ON_RECORD, CORRECT, AT)
    assert draft.re == (hash_of("one"),)
    assert draft.fields == {**MENDED, "correction": "Second given name added."}


REFUSED: dict[str, tuple[DossierState, Command, type[TargetsError], str]] = {
    "the same dossier again": (ON_RECORD, REGISTER, AlreadyRegistered, "without a difference"),
    "another dossier in its place": (ON_RECORD, with_fields(REGISTER, title="x"), AlreadyRegistered, "other content"),
    "a correction of nothing": (NEW, CORRECT, NotCurrent, "in force"),
    "a correction of an older act": (ON_RECORD, replace(CORRECT, of=hash_of("older")), NotCurrent, "in force"),
    "a correction by another party": (ON_RECORD, replace(CORRECT, iss="B/ONE"), NotCurrent, "another party's"),
    "a correction that changes nothing": (
        ON_RECORD,
        replace(CORRECT, fields=OLGA),
        AlreadyRegistered,
        "changes nothing",
    ),
    "a correction without a reason": (ON_RECORD, replace(CORRECT, reason=" "), DossierRefused, "what was corrected"),
    "no handling code": (NEW, replace(REGISTER, handling=""), DossierRefused, "handling"),
    "no purpose": (NEW, replace(REGISTER, purpose=""), DossierRefused, "purpose"),
    "no legal basis": (NEW, replace(REGISTER, basis=""), DossierRefused, "basis"),
    "ethnicity": (NEW, with_fields(REGISTER, ethnicity="x"), DossierRefused, "ethnicity: is not admitted"),
    "religion": (NEW, with_fields(REGISTER, religion="x"), DossierRefused, "religion: is not admitted"),
    "politics": (NEW, with_fields(REGISTER, political="x"), DossierRefused, "political: is not admitted"),
    "a score": (NEW, with_fields(REGISTER, score=7), DossierRefused, "score: is not admitted"),
    "an unknown type": (NEW, with_fields(REGISTER, subject_type="x"), DossierRefused, "subject_type"),
    "a type that is a list": (NEW, with_fields(REGISTER, subject_type=["person"]), DossierRefused, "subject_type"),
    "no name": (NEW, replace(REGISTER, fields=without("name")), DossierRefused, "the name is missing"),
    "a blank name": (NEW, with_fields(REGISTER, name=" "), DossierRefused, "the name is missing"),
    "a list of tomorrow": (NEW, with_fields(REGISTER, source={"listed_on": "2025-06-16"}), DossierRefused, "future"),
    "more than one act holds": (NEW, with_fields(REGISTER, remarks=["x"] * 300), DossierRefused, "32 KiB"),
    "a number with a point": (ON_RECORD, with_fields(REGISTER, title=1.5), DossierRefused, "title"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize(("state", "command", "error", "sentence"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused(state: DossierState, command: Command, error: type[TargetsError], sentence: str) -> None:
    """The sentence stands in both languages, with what to do next."""
    with pytest.raises(error, match=sentence) as caught:
        decide(state, command, AT)
    assert caught.value.sentence("es") != caught.value.sentence("en")


@pytest.mark.parametrize(
    "command",
    [REGISTER, with_fields(REGISTER, source={"listed_on": "2025-06-15"}), with_fields(REGISTER, source="x"),
     replace(REGISTER, fields=without("source")), replace(REGISTER, iss="B/TWO")],
)  # fmt: skip
def test_what_is_accepted(command: RegisterDossier) -> None:
    """The controls of the table above; the list of today included, and the other party alike."""
    assert len(decide(NEW, command, AT)) == 1


HISTORIES: dict[str, tuple[list[Recorded], DossierState]] = {
    "a registration": ([recorded(OLGA)], DossierState(hash_of("one"), "A", content_digest(OLGA))),
    "a correction": (
        [recorded(OLGA), recorded(MENDED, "two", re=(hash_of("one"),))],
        DossierState(hash_of("two"), "A", content_digest(MENDED), (hash_of("one"),)),
    ),
    "another party's correction changes nothing": (
        [recorded(OLGA), recorded(MENDED, "two", iss="B/TWO", re=(hash_of("one"),))],
        DossierState(hash_of("one"), "A", content_digest(OLGA), (), (hash_of("two"),)),
    ),
    "a second registration is irregular": (
        [recorded(OLGA), recorded(MENDED, "two")],
        DossierState(hash_of("one"), "A", content_digest(OLGA), (), (hash_of("two"),)),
    ),
    "a correction of something unknown is irregular": (
        [recorded(MENDED, "two", re=(hash_of("one"),))],
        DossierState(irregular=(hash_of("two"),)),
    ),
    "an unknown kind is counted": ([recorded({}, "x", kind="targets/novel/1")], DossierState(unknown=1)),
}


@pytest.mark.parametrize(("acts", "state"), HISTORIES.values(), ids=HISTORIES.keys())
@pytest.mark.parametrize("swap", [False, True], ids=["as written", "parties exchanged"])
def test_evolve(acts: list[Recorded], state: DossierState, swap: bool) -> None:
    """Each history ends in its state, whichever party speaks."""
    found = DossierState()
    for act in acts:
        found = evolve(found, exchanged(act) if swap else act)
    assert found == (replace(state, party="B") if swap and state.party else state)


def exchanged(act: Recorded) -> Recorded:
    """Let the other party say the same act."""
    other = {"A/ONE": "B/TWO", "B/TWO": "A/ONE"}[act.envelope.iss]
    same = recorded(act.fields, iss=other, re=act.envelope.re, kind=act.envelope.knd)
    return replace(same, hash=act.hash)


def test_an_opened_act_has_the_content_that_was_decided() -> None:
    """Signed, opened and read again, a second import changes nothing."""
    (draft,) = decide(NEW, REGISTER, AT)
    act = opened(signed(draft))
    state = evolve(NEW, Recorded(act.hash, act.envelope, act.fields, 0))
    with pytest.raises(AlreadyRegistered, match="without a difference"):
        decide(state, REGISTER, AT)


plain = st.one_of(
    st.text(max_size=9), st.integers(-9, 9), st.booleans(), st.none(), st.lists(st.text(max_size=3), max_size=3)
)
names = st.sampled_from([*OLGA, "title", "score", "births", "aliases"])


@given(
    st.dictionaries(names, st.one_of(plain, st.dictionaries(st.sampled_from(["listed_on", "list"]), plain)), max_size=6)
)
def test_odd_fields_are_decided_or_refused(fields: dict[str, JsonValue]) -> None:
    """Nothing but a sentence comes out of a form filled at random."""
    for command in (replace(REGISTER, fields=fields), replace(CORRECT, fields=fields)):
        with suppress(ParidadError):
            decide(ON_RECORD, command, AT)


NUMBERED: dict[str, tuple[str, str, bool]] = {
    "a telephone": ("telephone", "Tel. +52 33 5555-0101", False),
    "the digits alone": ("telephone", "523355550101", False),
    "an account": ("account", "cuenta 0321 8000", False),
    "a telephone by another name": ("telephone", "Teléfono / Telephone", True),
    "a person, of whom it is no secret": ("person", "+52 33 5555 0101", True),
}


@pytest.mark.parametrize(("kind", "name", "holds"), NUMBERED.values(), ids=NUMBERED.keys())
def test_the_name_of_a_telephone_or_account_does_not_tell_its_number(kind: str, name: str, holds: bool) -> None:
    """A name leaves with any answer; a number has a class of its own."""
    contacts: list[JsonValue] = [{"type": "telephone", "value": "+52 33 5555 0101"}, {"type": "email", "value": "x"}]
    accounts: list[JsonValue] = [{"type": "clabe", "address": "03218000"}]
    fields = {"subject_type": kind, "name": name, "state": "asserted", "contacts": contacts, "accounts": accounts}
    command = replace(REGISTER, fields=fields)
    if holds:
        assert decide(DossierState(), command, AT)
    else:
        with pytest.raises(DossierRefused, match="tells the number"):
            decide(DossierState(), command, AT)
