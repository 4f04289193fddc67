# SPDX-License-Identifier: Apache-2.0
"""The life of keys: enrolled, rolled over, retired, revoked; and which of them counts for which act."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paridad.base.strict import MAX_STRING, read_json, write_json
from paridad.base.words import Words
from paridad.programme.charter import Charter, PartyKeys, assemble, compile_document, read_charter, sign_charter
from paridad.programme.errors import CharterRefused, KeyChangeRefused, KeyRefused, UnknownCharter
from paridad.programme.keygen import PrivateKey, generate
from paridad.programme.keys import KeyRing
from paridad.programme.records import Ending, KeyRecord, KeyUse
from paridad.programme.statements import (
    KeyChange,
    StatementSignature,
    assemble_change,
    draft_ending,
    draft_enrolment,
    read_key_change,
    sign_as,
)
from paridad.programme.transport import make_authority
from support.programmes import EFFECTIVE_FROM, PARTY_USES, World, make_party, make_programme, seeded_random

WORLD = make_programme(("AA", "BB"), "keys")
RING, CHARTER, NOW = WORLD.ring, WORLD.charter, WORLD.now
RANDOM = seeded_random("keys")
REASON = Words(es="cambio de turno", en="change of shift")
ROOT_AT = bytes(range(32))


# Making statements ------------------------------------------------------------------------------------------------


@dataclass
class Enrolment:
    """An enrolment in order, from which each test spoils one thing."""

    key: PrivateKey
    record: KeyRecord
    predecessor: PrivateKey | None
    named: str | None
    root: PrivateKey
    prg: str
    issued_at: int = NOW

    def statement(self) -> bytes:
        """Write the statement."""
        return draft_enrolment(self.prg, self.record, issued_at=self.issued_at, predecessor=self.named)

    def signed(self) -> bytes:
        """Sign it in every role."""
        statement = self.statement()
        signatures = [*sign_as("root", statement, self.root)]
        if "ed25519" in self.key.seeds:
            signatures += sign_as("possession", statement, self.key)
        if self.predecessor is not None:
            signatures += sign_as("predecessor", statement, self.predecessor)
        return assemble_change(statement, signatures)


def enrolment(
    use: KeyUse = "act", kid: str = "AA/POLICE#3", *, before: str | None = "AA/POLICE#1", world: World = WORLD
) -> Enrolment:
    key = generate(kid, use, RANDOM)
    party = kid.partition("/")[0]
    certificate = make_authority(key, name=party, now=NOW, days=9, random=RANDOM) if use == "transport" else None
    record = key.record(valid_from=NOW, certificate=certificate)
    predecessor = world.private[before] if before else None
    return Enrolment(key, record, predecessor, before, world.root(party), world.charter.prg)


def ending_of(
    change: Literal["retire", "revoke"],
    kid: str,
    *,
    shared: tuple[int, int] | None = None,
    own: tuple[int, int] | None = None,
    ends_at: int | None = None,
    ring: KeyRing = RING,
    root: PrivateKey | None = None,
    issued_at: int = NOW,
) -> bytes:
    endings = []
    if shared is not None:
        endings.append(Ending("shared", shared[0], ROOT_AT, shared[1]))
    if own is not None:
        endings.append(Ending("own", own[0], ROOT_AT, own[1]))
    statement = draft_ending(
        change,
        ring.current.prg,
        kid,
        issued_at=issued_at,
        reason=REASON,
        endings=tuple(endings),
        ends_at=ends_at,
    )
    return assemble_change(statement, sign_as("root", statement, root or WORLD.root(kid.partition("/")[0])))


def applied(*changes: bytes, ring: KeyRing = RING) -> KeyRing:
    for signed in changes:
        ring = ring.with_change(read_key_change(signed, ring.current))
    return ring


def act_key(ring: KeyRing, kid: str = "AA/POLICE#1", **more: Any) -> bytes:
    asked: dict[str, Any] = {"iss": kid.partition("#")[0], "prg": CHARTER.prg, "at": NOW, "leaf_index": None} | more
    return ring.act_key(kid, **asked).raw


# Enrolling --------------------------------------------------------------------------------------------------------

SUCCESSORS: dict[str, tuple[KeyUse, str, str | None]] = {
    "an act key, signed by the one before": ("act", "AA/POLICE#3", "AA/POLICE#1"),
    "a sealing key, signed by an act key": ("sealing", "AA/POLICE#3", "AA/POLICE#1"),
    **{f"a {use} key, signed by the one before": (use, f"AA/{use}#2", f"AA/{use}#1") for use in PARTY_USES},
}


@pytest.mark.parametrize(("use", "kid", "before"), SUCCESSORS.values(), ids=SUCCESSORS.keys())
def test_every_key_can_be_followed(use: KeyUse, kid: str, before: str | None) -> None:
    """Roll-over of every use: the successor is newest, the predecessor still counts until it is retired."""
    making = enrolment(use, kid, before=before)
    signed = making.signed()
    ring = applied(signed)
    assert len(signed) <= MAX_STRING
    assert ring.newest(making.record.owner, use, NOW) == making.record
    assert set(ring.records) == {*RING.records, kid}
    assert set(RING.records) == {*RING.records} - {kid}


def test_a_first_key_needs_nobody_before_it() -> None:
    """A party without a living key of that use enrols one under its root alone; naming one is refused."""
    ring = applied(ending_of("retire", "AA/mirror#1", ends_at=NOW))
    assert applied(enrolment("mirror", "AA/mirror#2", before=None).signed(), ring=ring).newest(
        "AA/mirror", "mirror", NOW
    )
    with pytest.raises(KeyChangeRefused, match="predecessor"):
        applied(enrolment("mirror", "AA/mirror#2", before="AA/mirror#1").signed(), ring=ring)


def spoilt(**parts: object) -> Callable[[], object]:
    def do() -> object:
        making = enrolment()
        for name, value in parts.items():
            setattr(making, name, value)
        return applied(making.signed())

    return do


def known_material(use: KeyUse, kid: str, source: str, before: str) -> Callable[[], object]:
    """Enrol under a new name the seeds of a key that is known already."""

    def do() -> object:
        making = enrolment(use, kid, before=before)
        making.key = PrivateKey(kid, use, WORLD.private[source].seeds)
        making.record = making.key.record(valid_from=NOW)
        return applied(making.signed())

    return do


def half_known() -> object:
    """Enrol a sealing key with a fresh ML-KEM half and a known X25519 half."""
    making = enrolment("sealing", "AA/POLICE#3")
    known = RING.records["BB/POLICE#2"].xwing or b""
    making.record = replace(making.record, xwing=(making.record.xwing or b"")[:1184] + known[1184:])
    return applied(making.signed())


def root_as_log_key() -> object:
    making = enrolment("witness", "AA/witness#2", before="AA/witness#1")
    making.key = PrivateKey("AA/witness#2", "witness", WORLD.root("BB").seeds)
    making.record = making.key.record(valid_from=NOW)
    return applied(making.signed())


def without(role: str, alg: str, making: Enrolment | None = None) -> Callable[[], object]:
    def do() -> object:
        tree = read_json((making or enrolment("log-own", "AA/log-own#2", before="AA/log-own#1")).signed())
        tree["signatures"] = [s for s in tree["signatures"] if (s["role"], s["alg"]) != (role, alg)]
        return applied(write_json(tree))

    return do


def other(use: KeyUse, kid: str) -> PrivateKey:
    return generate(kid, use, seeded_random("somebody else"))


def edited_statement(making: Enrolment, **fields: object) -> Callable[[], object]:
    """Sign a statement with some of its fields replaced or, with None, taken out."""

    def do() -> object:
        tree = read_json(making.statement()) | fields
        statement = write_json({name: value for name, value in tree.items() if value is not None})
        signatures: list[StatementSignature] = [
            *sign_as("root", statement, making.root),
            *sign_as("possession", statement, making.key),
            *sign_as("predecessor", statement, WORLD.private["AA/POLICE#1"]),
        ]
        return applied(assemble_change(statement, signatures))

    return do


def edited_file(edit: Callable[[dict[str, Any]], object]) -> Callable[[], object]:
    def do() -> object:
        tree: dict[str, Any] = read_json(enrolment().signed())
        edit(tree)
        return applied(write_json(tree))

    return do


ENROLMENTS_REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "the root of another party signs": (spoilt(root=WORLD.root("BB")), "signatures.root: .*(verify|point)"),
    "the root signs with Ed25519 alone": (without("root", "ML-DSA-44"), "signatures.root: the ML-DSA-44"),
    "the root signs with ML-DSA alone": (without("root", "Ed25519"), "signatures.root: the Ed25519"),
    "nobody shows possession": (without("possession", "Ed25519"), "signatures.possession: the Ed25519"),
    "half of the key shows no possession": (without("possession", "ML-DSA-44"), "signatures.possession: the ML-DSA"),
    "another key shows possession": (
        spoilt(key=other("act", "AA/POLICE#3")),
        "signatures.possession: .*(verify|point)",
    ),
    "the one before does not sign": (without("predecessor", "Ed25519"), "signatures.predecessor: the Ed25519"),
    "half of the one before does not sign": (without("predecessor", "ML-DSA-44"), "signatures.predecessor: the ML"),
    "another key signs as the one before": (
        spoilt(predecessor=WORLD.act("BB/POLICE")),
        "signatures.predecessor: .*(verify|point)",
    ),
    "nobody is named as the one before": (spoilt(named=None), "predecessor: must be signed by .*AA/POLICE#1"),
    "a key of another agency is named": (spoilt(named="AA/CUSTOMS#1"), "predecessor: must be signed by"),
    "a key of another use is named": (spoilt(named="AA/POLICE#2"), "predecessor: must be signed by"),
    "another charter is named": (spoilt(prg=f"practice@{'A' * 43}"), "prg: names another charter"),
    "an agency that is not in the charter": (
        lambda: applied(enrolment("act", "AA/NAVY#1", before=None).signed()),
        "kid: its owner is not in the charter",
    ),
    "a party that is not in the charter": (
        lambda: applied(replace(enrolment("act", "AA/POLICE#3"), **as_stranger()).signed()),
        "kid: its party does not exist",
    ),
    "a number that was given before": (
        lambda: applied(enrolment("act", "AA/POLICE#2").signed()),
        "kid: its number is not above",
    ),
    "a key enrolled under another name": (
        known_material("act", "AA/POLICE#3", "AA/CUSTOMS#1", "AA/POLICE#1"),
        "keys.AA/POLICE#3: was already enrolled as AA/CUSTOMS#1",
    ),
    "a key enrolled by the other party": (
        known_material("log-own", "AA/log-own#2", "BB/log-own#1", "AA/log-own#1"),
        "was already enrolled as BB/log-own#1",
    ),
    "half a key enrolled by the other party": (half_known, "was already enrolled as BB/POLICE#2"),
    "a root that is also to work": (root_as_log_key, "was already enrolled as BB/root"),
    "a key that counts from before the statement": (
        spoilt(record=replace(enrolment().record, valid_from=NOW - 1)),
        "key: is another, has ended, or counts from before",
    ),
    "a key that has already ended": (
        spoilt(record=replace(enrolment().record, endings=(Ending("own", 1, ROOT_AT, 1),))),
        "key: is another, has ended",
    ),
    "a statement that speaks of another key": (
        edited_statement(enrolment(), kid="AA/POLICE#4"),
        "key: is another",
    ),
    "a statement of another type": (edited_statement(enrolment(), type="paridad/charter/1"), "type: .* not one of"),
    "a statement of another change": (edited_statement(enrolment(), change="lend"), "change: .* not one of"),
    "a statement about no key": (edited_statement(enrolment(), kid="AA"), "statement: .*not a key identifier"),
    "a statement without a key": (edited_statement(enrolment(), key=None), "key: is missing"),
    "a statement with something left over": (edited_statement(enrolment(), note="x"), "note: is not known"),
    "an enrolment that ends": (edited_statement(enrolment(), ends_at=NOW), "ends_at: is not known"),
    "a file with something left over": (edited_file(lambda t: t.update(note="x")), "note: is not known"),
    "a file without a statement": (edited_file(lambda t: t.pop("statement")), "statement: is missing"),
    "a statement in another form": (
        edited_file(lambda t: t.update(statement=json.dumps(json.loads(t["statement"])))),
        "statement: does not have the one form",
    ),
    "a statement that is no JSON": (edited_file(lambda t: t.update(statement="{")), "statement: Malformed JSON"),
    "a signature of another algorithm": (
        edited_file(lambda t: t["signatures"][0].update(alg="none")),
        r"signatures\[0\].alg: .* not one of",
    ),
    "a signature in another role": (
        edited_file(lambda t: t["signatures"][0].update(role="friend")),
        r"signatures\[0\].role: .* not one of",
    ),
    "a signature twice": (
        edited_file(lambda t: t["signatures"].append(t["signatures"][0])),
        r"signatures\[4\].role: stands twice",
    ),
    "a signature with something left over": (
        edited_file(lambda t: t["signatures"][0].update(kid="x")),
        r"signatures\[0\].kid: is not known",
    ),
    "a file that is too large": (lambda: applied(bytes(MAX_STRING + 1)), "signed: is larger than"),
}


def as_stranger() -> dict[str, Any]:
    key = generate("ZZ/POLICE#3", "act", RANDOM)
    return {"key": key, "record": key.record(valid_from=NOW)}


@pytest.mark.parametrize(("do", "words"), ENROLMENTS_REFUSED.values(), ids=ENROLMENTS_REFUSED.keys())
def test_an_enrolment_that_does_not_hold(do: Callable[[], object], words: str) -> None:
    """Each refusal names the field or the role."""
    with pytest.raises(KeyChangeRefused, match=words) as refused:
        do()
    assert refused.value.field
    assert refused.value.sentence("es")


def test_an_enrolment_in_order_is_accepted() -> None:
    """The control of the table above."""
    for do in (spoilt(), edited_statement(enrolment()), edited_file(lambda tree: tree)):
        assert isinstance(do(), KeyRing)


@given(st.data())
def test_no_bit_of_an_enrolment_can_change(data: st.DataObject) -> None:
    """Every flip of one bit is refused."""
    flipped = bytearray(SIGNED_ENROLMENT)
    bit = data.draw(st.integers(0, len(flipped) * 8 - 1))
    flipped[bit // 8] ^= 1 << bit % 8
    with pytest.raises(KeyChangeRefused):
        applied(bytes(flipped))


SIGNED_ENROLMENT = enrolment().signed()


def test_the_same_change_again_changes_nothing() -> None:
    """Delivery is at least once, its effect exactly once."""
    ring = applied(SIGNED_ENROLMENT)
    assert applied(SIGNED_ENROLMENT, ring=ring) is ring
    assert ring.with_charter(CHARTER) is ring


def test_a_ring_built_again_is_the_same_ring() -> None:
    """Rebuilt equals incremental."""
    ring = applied(SIGNED_ENROLMENT, ending_of("retire", "AA/POLICE#1", shared=(10, 10), own=(4, 4)))
    again = KeyRing(ring.charters, ring.changes)
    assert again.records == ring.records
    assert again.changes == ring.changes


# Which key counts for an act --------------------------------------------------------------------------------------

RETIRED = applied(SIGNED_ENROLMENT, ending_of("retire", "AA/POLICE#1", shared=(10, 10), own=(4, 4)))
REVOKED = applied(ending_of("revoke", "AA/POLICE#1", shared=(6, 12), own=(4, 4)), ring=RING)
RETIRED_THEN_REVOKED = applied(ending_of("revoke", "AA/POLICE#1", shared=(6, 99), own=(2, 4)), ring=RETIRED)
PLANNED = KeyRing(
    [make_programme(("AA", "BB"), "keys").charter],
    [
        read_key_change(replace(making, record=replace(making.record, valid_until=NOW + 100)).signed(), CHARTER)
        for making in [enrolment()]
    ],
)

COUNTS: dict[str, tuple[KeyRing, dict[str, Any]]] = {
    "a key in force": (RING, {}),
    "a key in force, at its first second": (RING, {"at": EFFECTIVE_FROM}),
    "a key in force, at any place of the log": (RING, {"leaf_index": 10**6}),
    "a retired key, below its size": (RETIRED, {"leaf_index": 9}),
    "a retired key, below its size in the own log": (RETIRED, {"leaf_index": 3, "log": "own"}),
    "a successor without a place in the log": (RETIRED, {"kid": "AA/POLICE#3"}),
    "a revoked key, below the size set back": (REVOKED, {"leaf_index": 5}),
    "a key with a planned end, before it": (PLANNED, {"kid": "AA/POLICE#3", "at": NOW + 99}),
}

DOES_NOT_COUNT: dict[str, tuple[KeyRing, dict[str, Any], str, bool]] = {
    "a key of another agency": (RING, {"iss": "AA/CUSTOMS"}, "does not speak for AA/CUSTOMS", False),
    "a key of a party": (RING, {"kid": "AA/log-own#1"}, "does not speak for", False),
    "no key at all": (RING, {"kid": "AA/POLICE"}, "not a key identifier", False),
    "a key that nobody enrolled": (RING, {"kid": "AA/POLICE#9"}, "not enrolled for acts", False),
    "a sealing key": (RING, {"kid": "AA/POLICE#2"}, "not enrolled for acts", False),
    "a key before its time": (PLANNED, {"kid": "AA/POLICE#3", "at": NOW - 1}, "not valid at that time", False),
    "a key past its planned end": (PLANNED, {"kid": "AA/POLICE#3", "at": NOW + 100}, "not valid at that time", False),
    "a retired key, at its size": (RETIRED, {"leaf_index": 10}, "key ended at size 10", False),
    "a retired key, in the own log above its size": (
        RETIRED,
        {"leaf_index": 9, "log": "own"},
        "key ended at size 4",
        False,
    ),
    "a retired key, without a place in the log": (RETIRED, {}, "key ended at size 10", False),
    "a retired key on an old date": (RETIRED, {"at": EFFECTIVE_FROM, "leaf_index": 11}, "ended at size 10", False),
    "a revoked key, what it had signed since": (REVOKED, {"leaf_index": 6}, "key ended at size 6", True),
    "a revoked key, the last of what it had signed": (REVOKED, {"leaf_index": 11}, "key ended at size 6", True),
    "a revoked key, afterwards": (REVOKED, {"leaf_index": 12}, "key ended at size 6", False),
    "a retired and then revoked key, what became doubtful": (
        RETIRED_THEN_REVOKED,
        {"leaf_index": 9},
        "ended at size 6",
        True,
    ),
    "a retired and then revoked key, what never counted": (
        RETIRED_THEN_REVOKED,
        {"leaf_index": 10},
        "ended at size 6",
        False,
    ),
}


@pytest.mark.parametrize(("ring", "asked"), COUNTS.values(), ids=COUNTS.keys())
def test_a_key_that_counts_for_an_act(ring: KeyRing, asked: dict[str, Any]) -> None:
    """The ring hands out the very key."""
    kid = asked.get("kid", "AA/POLICE#1")
    assert act_key(ring, **{"kid": kid} | asked) == ring.records[kid].ed25519


@pytest.mark.parametrize(("ring", "asked", "words", "disputed"), DOES_NOT_COUNT.values(), ids=DOES_NOT_COUNT.keys())
def test_a_key_that_does_not_count_for_an_act(ring: KeyRing, asked: dict[str, Any], words: str, disputed: bool) -> None:
    """The refusal says why, and whether the act is disputed rather than void."""
    with pytest.raises(KeyRefused, match=words) as refused:
        act_key(ring, **asked)
    assert refused.value.disputed is disputed


@given(size=st.integers(0, 20), back=st.integers(0, 20), index=st.integers(0, 25))
def test_revoking_never_makes_an_act_count_that_did_not(size: int, back: int, index: int) -> None:
    """Below the size set back all counts; up to the first end it is disputed; above, it never counted."""
    back = min(size, back)
    ring = applied(
        ending_of("retire", "AA/POLICE#1", shared=(size, size), own=(size, size)),
        ending_of("revoke", "AA/POLICE#1", shared=(back, size + 5), own=(back, size + 5)),
    )
    verdict = "counts"
    try:
        act_key(ring, leaf_index=index)
    except KeyRefused as refused:
        verdict = "disputed" if refused.disputed else "refused"
    assert verdict == ("counts" if index < back else "disputed" if index < size else "refused")


# Ending -----------------------------------------------------------------------------------------------------------

IN_LOGS = {"shared": (10, 10), "own": (4, 4)}
ENDED: dict[str, tuple[Literal["retire", "revoke"], str, dict[str, Any]]] = {
    "an act key retires in both logs": ("retire", "AA/POLICE#1", IN_LOGS),
    "an act key is revoked back to an earlier size": ("revoke", "AA/POLICE#1", {"shared": (0, 9), "own": (0, 9)}),
    "a log key retires in its log": ("retire", "AA/log-shared#1", {"shared": (10, 10)}),
    "the key of the other log retires in that": ("retire", "AA/log-own#1", {"own": (10, 10)}),
    "a witness key retires at a time": ("retire", "AA/witness#1", {"ends_at": NOW + 9}),
    "a witness key is revoked back to a time": ("revoke", "AA/witness#1", {"ends_at": NOW - 9}),
    "a mirror key retires": ("retire", "AA/mirror#1", {"ends_at": NOW}),
    "a sealing key retires": ("retire", "AA/POLICE#2", {"ends_at": NOW + 9}),
    "an authority retires": ("retire", "AA/transport#1", {"ends_at": NOW + 9}),
}
NOT_ENDED: dict[str, tuple[KeyRing, Literal["retire", "revoke"], str, dict[str, Any], str]] = {
    "a key that nobody enrolled": (RING, "retire", "AA/POLICE#9", IN_LOGS, "kid: that key is not enrolled"),
    "a key of the other party": (
        RING,
        "retire",
        "AA/POLICE#1",
        IN_LOGS | {"root": WORLD.root("BB")},
        "signatures.root",
    ),
    "an act key in one log only": (RING, "retire", "AA/POLICE#1", {"shared": (1, 1)}, "ends in its logs"),
    "an act key at a time": (RING, "retire", "AA/POLICE#1", {"ends_at": NOW}, "ends in its logs"),
    "an act key in its logs and at a time": (RING, "revoke", "AA/POLICE#1", IN_LOGS | {"ends_at": NOW}, "in its logs"),
    "a log key in the other log": (RING, "retire", "AA/log-own#1", {"shared": (1, 1)}, "ends in its logs"),
    "a witness key in a log": (RING, "retire", "AA/witness#1", {"shared": (1, 1)}, "the others at a time"),
    "a witness key without a time": (RING, "retire", "AA/witness#1", {}, "the others at a time"),
    "a witness key before it counted": (RING, "revoke", "AA/witness#1", {"ends_at": 9}, "does not fall in the key's"),
    "a key twice": (RETIRED, "retire", "AA/POLICE#1", IN_LOGS, "kid: had already ended"),
    "an end put off": (RETIRED, "revoke", "AA/POLICE#1", {"shared": (11, 11), "own": (4, 4)}, "not put off"),
    "a time put off": (
        applied(ending_of("revoke", "AA/witness#1", ends_at=NOW)),
        "revoke",
        "AA/witness#1",
        {"ends_at": NOW + 1},
        "does not fall in the key's life",
    ),
    "a retirement that disputes": (
        RING,
        "retire",
        "AA/POLICE#1",
        {"shared": (3, 9), "own": (4, 4)},
        "disputes nothing",
    ),
}


@pytest.mark.parametrize(("change", "kid", "parts"), ENDED.values(), ids=ENDED.keys())
def test_a_key_ends(change: Literal["retire", "revoke"], kid: str, parts: dict[str, Any]) -> None:
    """From then on nobody signs with it or seals to it, and its reason is on record."""
    ring = applied(ending_of(change, kid, **parts))
    record = ring.records[kid]
    with pytest.raises(KeyRefused, match="in force"):
        ring.newest(record.owner, record.use, NOW + 9)
    assert ring.changes[0].reason == REASON


@pytest.mark.parametrize(("ring", "change", "kid", "parts", "words"), NOT_ENDED.values(), ids=NOT_ENDED.keys())
def test_a_key_does_not_end(
    ring: KeyRing, change: Literal["retire", "revoke"], kid: str, parts: dict[str, Any], words: str
) -> None:
    """An end is complete, the party's own, and never put off."""
    with pytest.raises(KeyChangeRefused, match=words):
        applied(ending_of(change, kid, **parts), ring=ring)


def test_an_ending_that_cannot_be_is_refused_as_a_statement() -> None:
    """Sizes that contradict each other are named before any key is looked up."""
    tree = read_json(read_json(ending_of("revoke", "AA/POLICE#1", shared=(6, 9), own=(0, 0)))["statement"].encode())
    tree["endings"][0]["disputed_until"] = 5
    statement = write_json(tree)
    with pytest.raises(KeyChangeRefused, match="statement: The end of a key"):
        applied(assemble_change(statement, sign_as("root", statement, WORLD.root("AA"))))


# Logs, witnesses, authorities -------------------------------------------------------------------------------------


def test_a_log_is_checked_with_the_keys_that_could_have_signed_that_size() -> None:
    """After roll-over, old checkpoints need the old key and new ones do not accept it."""
    ring = applied(
        enrolment("log-shared", "AA/log-shared#2", before="AA/log-shared#1").signed(),
        ending_of("retire", "AA/log-shared#1", shared=(10, 10)),
    )
    origin = "AA/practice/shared"
    old, new = (ring.records[f"AA/log-shared#{n}"].ed25519 for n in (1, 2))
    assert [key.ed25519.raw for key in ring.log_key(origin)] == [new]
    assert [key.ed25519.raw for key in ring.log_key(origin, size=10)] == [new, old]
    assert [key.ed25519.raw for key in ring.log_key(origin, size=11)] == [new]
    assert ring.log_key(origin)[0].name == origin
    assert RING.log_key("BB/practice/own")[0].mldsa.raw == RING.records["BB/log-own#1"].mldsa44


@pytest.mark.parametrize("origin", ["AA/other/shared", "AA/practice/witness", "ZZ/practice/own", "AA"])
def test_what_is_no_log_of_this_programme(origin: str) -> None:
    """Another programme, another role, a stranger, no name at all."""
    with pytest.raises(KeyRefused):
        RING.log_key(origin)


def test_witnesses_and_mirrors_have_names_and_keys_of_their_own() -> None:
    """Roll-over shows both keys; with a time, those valid then."""
    ring = applied(
        enrolment("witness", "BB/witness#2", before="BB/witness#1").signed(),
        ending_of("retire", "BB/witness#1", ends_at=NOW + 9),
    )
    old, new = (ring.records[f"BB/witness#{n}"].ed25519 for n in (1, 2))
    assert [key.ed25519.raw for key in ring.witness_keys("BB")] == [new, old]
    assert [key.ed25519.raw for key in ring.witness_keys("BB", at=NOW + 9)] == [new]
    assert [key.ed25519.raw for key in ring.witness_keys("BB", at=NOW - 1)] == [old]
    assert ring.witness_keys("BB")[0].name == "BB/practice/witness"
    assert ring.mirror_keys("BB", at=NOW)[0].name == "BB/practice/mirror"
    with pytest.raises(KeyRefused, match="no key in force"):
        ring.mirror_keys("ZZ")


def test_authorities_roll_over_with_an_overlap() -> None:
    """While both are in force both are pinned."""
    ring = applied(
        enrolment("transport", "AA/transport#2", before="AA/transport#1").signed(),
        ending_of("retire", "AA/transport#1", ends_at=NOW + 9),
    )
    assert [len(ring.authorities("AA", at)) for at in (NOW - 1, NOW, NOW + 9)] == [1, 2, 1]


def test_sealing_goes_to_the_newest_key() -> None:
    """From its first second on, not before."""
    making = enrolment("sealing", "AA/POLICE#3")
    ring = applied(making.signed())
    assert ring.sealing_key("AA/POLICE", NOW) == making.record
    assert ring.sealing_key("AA/POLICE", NOW - 1).kid == "AA/POLICE#2"


# Charters in a ring -----------------------------------------------------------------------------------------------


def second(
    keys: Callable[[str, Sequence[KeyRecord]], Sequence[KeyRecord]] = lambda _, keys: keys,
    ring: KeyRing = RING,
    at: int = NOW + 1000,
) -> Charter:
    """Make the second version: the keys of the ring, as a test wants them."""
    party_keys = [
        PartyKeys(
            each.party,
            each.root_ed25519,
            each.root_mldsa,
            tuple(keys(each.party, [r for r in ring.records.values() if r.party == each.party])),
        )
        for each in WORLD.party_keys
    ]
    document = compile_document(WORLD.template, party_keys, version=2, effective_from=at, previous=CHARTER.hash)
    roots = [WORLD.root(party) for party in CHARTER.parties]
    signatures = [sign_charter(document, root.kid[:2], root.ed25519, root.mldsa) for root in roots]
    return read_charter(assemble(document, signatures), current=ring.current)


def test_each_act_is_judged_by_the_charter_of_its_time() -> None:
    """Keys of the first charter verify its acts under the second; neither charter reaches into the other's time."""
    later = second()
    ring = RING.with_charter(later)
    assert (ring.current, ring.in_force(NOW), ring.in_force(NOW + 1000)) == (later, CHARTER, later)
    assert act_key(ring) == act_key(RING)
    assert act_key(ring, prg=later.prg, at=NOW + 1000)
    for prg, at in ((CHARTER.prg, NOW + 1000), (later.prg, NOW), (CHARTER.prg, EFFECTIVE_FROM - 1), ("x@y", NOW)):
        with pytest.raises(UnknownCharter):
            act_key(ring, prg=prg, at=at)
    assert KeyRing([later, CHARTER]).records == ring.records


def test_a_ring_without_a_charter_knows_nothing() -> None:
    """Nothing is in force before the first charter."""
    empty = KeyRing([])
    asks: list[Callable[[], Charter]] = [
        lambda: empty.current,
        lambda: empty.in_force(NOW),
        lambda: empty.charter(CHARTER.prg),
    ]
    for ask in asks:
        with pytest.raises(UnknownCharter):
            ask()
    assert empty.with_charter(CHARTER).current is CHARTER


def test_a_change_signed_under_an_older_charter_has_nothing_more_to_say() -> None:
    """The newest charter says whose root speaks; the same change signed under it is accepted."""
    change = read_key_change(SIGNED_ENROLMENT, CHARTER)
    ring = RING.with_charter(second())
    with pytest.raises(KeyChangeRefused, match="prg: is not the newest charter"):
        ring.with_change(change)
    with pytest.raises(UnknownCharter):
        KeyRing([CHARTER], [replace(change, prg="x@y")])
    making = replace(enrolment(), prg=ring.current.prg)
    ring = applied(making.signed(), ring=ring)
    assert act_key(ring, "AA/POLICE#3", prg=ring.current.prg, at=NOW + 1000)
    with pytest.raises(KeyRefused, match="not enrolled for acts"):
        act_key(ring, "AA/POLICE#3", prg=CHARTER.prg, at=NOW)


def fresh(party: str, agency: str) -> list[KeyRecord]:
    keys, _ = make_party(party, [agency], seed="fresh", valid_from=NOW)
    return [replace(key, kid=f"{agency}#9") for key in keys.keys if key.use == "act"]


CARRIED: dict[str, Callable[[str, Sequence[KeyRecord]], Sequence[KeyRecord]]] = {
    "every key is carried over": lambda _, keys: keys,
    "a new key joins": lambda party, keys: [*keys, *fresh(party, f"{party}/POLICE")],
}
NOT_CARRIED: dict[str, tuple[Callable[[str, Sequence[KeyRecord]], Sequence[KeyRecord]], str]] = {
    "a living key is left out": (
        lambda _, keys: [key for key in keys if key.kid != "AA/POLICE#1"],
        "keys.AA/POLICE#1: was still in force",
    ),
    "a key is changed in passing": (
        lambda _, keys: [replace(key, valid_until=NOW + 5000) if key.kid == "BB/mirror#1" else key for key in keys],
        "keys.BB/mirror#1: differs from what is enrolled",
    ),
    "a key comes back under another name": (
        lambda _, keys: [replace(k, kid="AA/POLICE#3") if k.kid == "AA/POLICE#1" else k for k in keys],
        "keys.AA/POLICE#1: was still in force",
    ),
}


@pytest.mark.parametrize("keys", CARRIED.values(), ids=CARRIED.keys())
def test_keys_are_carried_over(keys: Callable[[str, Sequence[KeyRecord]], Sequence[KeyRecord]]) -> None:
    """A later charter lists what is enrolled, and may add."""
    ring = RING.with_charter(second(keys))
    assert set(ring.records) >= set(RING.records)


@pytest.mark.parametrize(("keys", "words"), NOT_CARRIED.values(), ids=NOT_CARRIED.keys())
def test_keys_are_not_dropped_or_changed_in_silence(
    keys: Callable[[str, Sequence[KeyRecord]], Sequence[KeyRecord]], words: str
) -> None:
    """Though all parties signed it."""
    with pytest.raises(CharterRefused, match=words):
        RING.with_charter(second(keys))


def test_an_ended_key_may_be_left_out_and_never_comes_back() -> None:
    """Its acts go on counting under the charter of their time; its material is never enrolled again."""
    left_out = second(lambda _, keys: [key for key in keys if key.kid != "AA/POLICE#1"], RETIRED)
    ring = RETIRED.with_charter(left_out)
    assert act_key(ring, leaf_index=9)
    again = second(
        lambda _, keys: [replace(k, kid="AA/POLICE#7", endings=()) if k.kid == "AA/POLICE#1" else k for k in keys],
        RETIRED,
    )
    with pytest.raises(CharterRefused, match=r"keys\.AA/POLICE#7: was already enrolled as AA/POLICE#1"):
        RETIRED.with_charter(again)


def test_the_keys_of_a_party_that_left_verify_what_it_signed_before() -> None:
    """Either party may leave alone; its evidence stays good, its new acts do not."""
    world = make_programme(("AA", "BB", "CC"), "leaving")
    document = compile_document(
        make_programme(("AA", "BB"), "leaving").template,
        world.party_keys[:2],
        version=2,
        effective_from=NOW,
        previous=world.charter.hash,
    )
    signatures = [
        sign_charter(document, party, world.root(party).ed25519, world.root(party).mldsa, previous=party == "CC")
        for party in world.charter.parties
    ]
    ring = world.ring.with_charter(read_charter(assemble(document, signatures), current=world.charter))
    asked: dict[str, Any] = {"iss": "CC/POLICE", "leaf_index": None}
    assert ring.act_key("CC/POLICE#1", prg=world.charter.prg, at=NOW - 1, **asked)
    with pytest.raises(KeyRefused, match="does not speak for"):
        ring.act_key("CC/POLICE#1", prg=ring.current.prg, at=NOW, **asked)


def test_three_parties_change_keys_each_for_itself() -> None:
    """What holds between two holds among three."""
    world = make_programme(("AA", "BB", "CC"), "three")
    ring = world.ring
    for party in world.charter.parties:
        making = enrolment("act", f"{party}/CUSTOMS#3", before=f"{party}/CUSTOMS#1", world=world)
        ring = applied(making.signed(), ring=ring)
        for stranger in world.charter.others(party):
            with pytest.raises(KeyChangeRefused, match=r"signatures\.root"):
                applied(replace(making, root=world.root(stranger)).signed(), ring=ring)
    changes: Sequence[KeyChange] = ring.changes
    assert [change.kid for change in changes] == ["AA/CUSTOMS#3", "BB/CUSTOMS#3", "CC/CUSTOMS#3"]
