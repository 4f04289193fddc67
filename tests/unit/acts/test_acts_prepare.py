# SPDX-License-Identifier: Apache-2.0
"""An act in two steps is the act in one: prepared, it verifies nowhere; signed, it verifies as any other."""

from dataclasses import replace
from hashlib import sha256

import pytest

from paridad.acts.envelope import Draft
from paridad.acts.errors import BodyRefused
from paridad.acts.issue import ActSigner, issue
from paridad.acts.prepare import UnsignedAct, prepare
from paridad.acts.verify import open_act
from paridad.base.errors import ParidadError
from paridad.node.composing import shipped_vocabulary
from support.programmes import World, make_programme, seeded_random

WORDS = shipped_vocabulary()


@pytest.fixture(scope="module")
def world() -> World:
    """Return a programme with its keys."""
    return make_programme()


def draft_of(world: World) -> Draft:
    """Return an internal act of an agency."""
    conduct = world.charter.conduct
    return Draft(
        "folio/acknowledgement/1",
        "MX/FGR",
        ("US/DOJ",),
        conduct.handling,
        conduct.purpose,
        conduct.basis,
        {"received_at": world.now},
        folio="MX-2026-0001",
    )


def signer_of(world: World, agency: str = "MX/FGR") -> ActSigner:
    """Return an agency's signer."""
    key = world.act(agency)
    return ActSigner(key.kid, key.ed25519.sign)


def prepared(world: World, draft: Draft) -> UnsignedAct:
    """Prepare a draft with the random source that `issued` uses."""
    kid, random = signer_of(world).kid, seeded_random("act")
    return prepare(draft, vocabulary=WORDS, kid=kid, prg=world.charter.prg, iat=world.now, random=random)


def test_the_two_steps_give_the_bytes_of_one(world: World) -> None:
    """With the same time and the same random bytes."""
    draft, random = draft_of(world), seeded_random("act")
    one = issue(draft, vocabulary=WORDS, signer=signer_of(world), prg=world.charter.prg, iat=world.now, random=random)
    unsigned = prepared(world, draft)
    two = unsigned.sign(signer_of(world))
    assert (two.signed, two.hash, two.wire) == (one.signed, one.hash, one.wire)
    assert two.signed.startswith(unsigned.text + b".")
    assert len(sha256(unsigned.text).digest()) == 32


def test_what_is_only_prepared_verifies_nowhere(world: World) -> None:
    """Signed, the same act does."""
    unsigned = prepared(world, draft_of(world))
    with pytest.raises(ParidadError):
        open_act(unsigned.draft.wire, keys=world.ring, vocabulary=WORDS, now=world.now)
    act = open_act(unsigned.sign(signer_of(world)).wire, keys=world.ring, vocabulary=WORDS, now=world.now)
    assert act.envelope == unsigned.draft.envelope


def test_another_key_than_the_header_names_does_not_sign(world: World) -> None:
    """That would be a wrong order of calls."""
    with pytest.raises(RuntimeError, match="does not sign"):
        prepared(world, draft_of(world)).sign(signer_of(world, "MX/SRE"))


def test_what_cannot_be_said_is_not_prepared(world: World) -> None:
    """As `issue` refuses it."""
    with pytest.raises(BodyRefused):
        prepared(world, replace(draft_of(world), fields={"nonsense": 1}))
