# SPDX-License-Identifier: Apache-2.0
"""The programme's own kinds of acts: they load, and a signed key change fits the body of its act."""

from importlib.resources import files

import pytest

from paridad.acts.vocabulary import check_body, load_vocabulary
from paridad.base.strict import JsonValue
from paridad.base.words import Words
from paridad.programme.keygen import generate
from paridad.programme.records import Ending, KeyUse
from paridad.programme.statements import assemble_change, draft_ending, draft_enrolment, sign_as
from support.programmes import make_programme, seeded_random

VOCABULARY = load_vocabulary([(files("paridad.programme") / "vocabulary.toml").read_bytes()])
WORLD = make_programme(("AA", "BB"), "vocabulary")
ADOPTION: dict[str, JsonValue] = {
    "version": WORLD.charter.version,
    "charter": WORLD.charter.hash,
    "effective_from": WORLD.charter.effective_from,
}
ENDINGS = (Ending("shared", 2**40, bytes(32), 2**40), Ending("own", 2**40, bytes(32), 2**40))


def largest_enrolment() -> bytes:
    """Make the statement with the longest signatures: three roles, two algorithms each."""
    use: KeyUse = "log-shared"
    key = generate("AA/log-shared#2", use, seeded_random("new"))
    record = key.record(valid_from=WORLD.now)
    statement = draft_enrolment(WORLD.charter.prg, record, issued_at=WORLD.now, predecessor="AA/log-shared#1")
    before, root = WORLD.key("AA", use), WORLD.root("AA")
    signers = (sign_as("root", statement, root), sign_as("possession", statement, key))
    return assemble_change(statement, [*signers[0], *signers[1], *sign_as("predecessor", statement, before)])


def retirement() -> bytes:
    statement = draft_ending(
        "retire",
        WORLD.charter.prg,
        "AA/POLICE#1",
        issued_at=WORLD.now,
        reason=Words(es="relevo", en="relief"),
        endings=ENDINGS,
    )
    return assemble_change(statement, sign_as("root", statement, WORLD.root("AA")))


@pytest.mark.parametrize(
    ("change", "kid", "signed"),
    [("enrol", "AA/log-shared#2", largest_enrolment()), ("retire", "AA/POLICE#1", retirement())],
    ids=["the largest enrolment", "a retirement"],
)
def test_a_key_change_fits_its_act(change: str, kid: str, signed: bytes) -> None:
    """The exact signed bytes travel in one text field."""
    kind = VOCABULARY.kinds["programme/key-change/1"]
    check_body(kind, {"change": change, "kid": kid, "signed": signed.decode()}, complete=True)


def test_the_adoption_of_a_charter_fits_its_act() -> None:
    """Version, hash and the moment it takes force."""
    check_body(VOCABULARY.kinds["programme/charter/1"], ADOPTION, complete=True)
