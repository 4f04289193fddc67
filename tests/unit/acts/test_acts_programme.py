# SPDX-License-Identifier: Apache-2.0
"""Acts under a real charter and its keys: whoever the parties are, and whichever of them speaks."""

from typing import Any

import pytest

from paridad.acts.envelope import Draft
from paridad.acts.errors import ActRefused
from paridad.acts.issue import ActSigner, issue
from paridad.acts.verify import KeyRing, VerifiedAct, open_act
from support.acts import VOCABULARY, counting_random
from support.programmes import SHIPPED, World, make_programme

WORLDS = {
    "the shipped programme": make_programme(),
    "its parties exchanged": make_programme(tuple(reversed(SHIPPED))),
    "three parties": make_programme(("AA", "BB", "CC")),
}


def first_codes(world: World) -> dict[str, str]:
    """Return some handling, purpose and basis that the charter has."""
    charter = world.charter
    lists = {"handling": charter.handling, "purpose": charter.purposes, "basis": charter.bases}
    return {name: next(iter(codes)) for name, codes in lists.items()}


def say(world: World, speaker: str, listener: str, **changes: Any) -> VerifiedAct:
    """Issue an act as one agency and open it as anybody would."""
    codes = first_codes(world) | {name: changes[name] for name in first_codes(world) if name in changes}
    key = world.act(speaker)
    made = issue(
        Draft(kind="practice/record/1", iss=speaker, aud=(listener,), fields={"name": "x"}, **codes),
        vocabulary=VOCABULARY,
        signer=ActSigner(key.kid, key.ed25519.sign),
        prg=changes.get("prg", world.charter.prg),
        iat=changes.get("iat", world.now),
        random=counting_random(),
    )
    ring: KeyRing = world.ring
    return open_act(made.wire, keys=ring, vocabulary=VOCABULARY, now=world.now)


@pytest.mark.parametrize("name", WORLDS)
def test_every_agency_can_speak_to_every_other(name: str) -> None:
    world = WORLDS[name]
    agencies = sorted(world.charter.agencies)
    for speaker, listener in zip(agencies, reversed(agencies), strict=True):
        act = say(world, speaker, listener)
        assert (act.envelope.iss, act.envelope.aud, act.fields) == (speaker, (listener,), {"name": "x"})


REFUSED: list[tuple[str, dict[str, Any], int]] = [
    ("a time before the charter", {"iat": 1_000_000_000}, 5),
    ("another charter", {"prg": f"practice@{'A' * 43}"}, 5),
    ("a handling code that no charter has", {"handling": "PURPLE"}, 8),
    ("a purpose that no charter has", {"purpose": "sport"}, 8),
    ("a basis that no charter has", {"basis": "none"}, 8),
]


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize(("changes", "step"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_the_charter_does_not_carry_is_refused(name: str, changes: dict[str, Any], step: int) -> None:
    world = WORLDS[name]
    speaker, listener, *_ = sorted(world.charter.agencies)
    with pytest.raises(ActRefused) as caught:
        say(world, speaker, listener, **changes)
    assert caught.value.step == step
