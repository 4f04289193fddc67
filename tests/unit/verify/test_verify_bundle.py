# SPDX-License-Identifier: Apache-2.0
"""A bundle is one history under one seal: whatever is done to it is seen, and the particular fault is named first."""

import os
import random
from collections.abc import Callable, Iterator
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paridad_verify import proofs
from paridad_verify.bundle import Bundle
from paridad_verify.strict import Fault
from support.verify_maker import (
    PROGRAMME,
    T0,
    Exchange,
    Said,
    Tree,
    World,
    b64url,
    digest_of,
    line_of,
    root_of,
)

NOW = T0 + 1000
THEIRS = f"BB/{PROGRAMME}/shared"
Tamper = Callable[[Exchange, list[Tree]], object]


def verify(data: bytes, *anchors: str, now: int = NOW) -> Bundle:
    """Check a bundle at the tests' reference time."""
    return Bundle(data, now, frozenset(anchors))


def first(bundle: Bundle) -> tuple[str, int | str, str]:
    """Return what is named first: the item, the step and the fault."""
    item, fault = bundle.failures[0]
    return item, fault.step, fault.name


@pytest.fixture(scope="module")
def told() -> Exchange:
    """One matter from end to end; tests copy its lines before they change them."""
    return Exchange(World())


@pytest.fixture
def lines(told: Exchange) -> list[Tree]:
    """Return the lines of its bundle, for one test to change."""
    return told.lines()


def test_a_sound_bundle(told: Exchange, lines: list[Tree]) -> None:
    """Nothing fails; acts, checkpoints, covers and receipts are all found."""
    seen = verify(told.world.seal(lines), told.world.charter_hash)
    assert not seen.failures
    assert [act.hash for _, _, act in seen.acts] == [act.hash for act in told.acts]
    assert sorted(seen.checkpoints) == [(told.request.origin, 2), (THEIRS, 2), (THEIRS, 3)]
    assert seen.covered == {
        ("BB/CUSTOMS", "AA/POLICE", 1): told.record.hash,
        ("BB/CUSTOMS", "AA/POLICE", 2): told.answer.hash,
    }
    assert [each["by"] for each in seen.received[told.record.hash]] == ["AA/POLICE"]


def test_the_other_party_exports_the_same(told: Exchange) -> None:
    """Swap the parties: the sender's bundle of the same matter is as sound."""
    assert not verify(told.world.seal(told.lines(by="BB/CUSTOMS"))).failures


def test_a_bundle_without_acts(told: Exchange) -> None:
    """An empty log has a checkpoint too, of size 0, linked to everything."""
    world = World()
    origin = f"AA/{PROGRAMME}/own"
    lines = [
        world.head(),
        {"t": "charter", "signed": world.signed_charter},
        {"t": "checkpoint", "note": world.note(origin)},
    ]
    assert not verify(world.seal(lines)).failures


def test_the_empty_tree_begins_every_history() -> None:
    """A checkpoint of size 0 needs no proof that links it to a later one: none could say anything."""
    world = World()
    empty = {"t": "checkpoint", "note": world.note(f"AA/{PROGRAMME}/shared")}
    act = world.say("AA/POLICE", "folio/request/1", {"urgency": "normal"})
    assert not verify(world.seal([*world.export([act]), empty])).failures


def test_an_act_stands_in_a_log_of_its_own_party() -> None:
    """Whoever logs another's act says nothing about when it was said."""
    world = World()
    act = world.say("AA/POLICE", "folio/request/1", {"urgency": "normal"})
    world.logs[THEIRS] = [act.signed.encode()]
    lines = [*world.export([]), {"t": "checkpoint", "note": world.note(THEIRS)}]
    lines.append({"t": "act", "wire": act.wire, "origin": THEIRS, "index": 0, "size": 1, "proof": []})
    assert first(verify(world.seal(lines))) == ("act 1", "inclusion", "foreign-log")


def test_the_issuer_opens_what_it_likes(told: Exchange) -> None:
    """A party shows the auditor more of its own act than it released to the other."""
    lines = told.lines(by="BB/CUSTOMS")
    opened_more(told, lines)
    assert not verify(told.world.seal(lines)).failures


# Tampering by somebody who cannot seal anew


def swapped(lines: list[bytes], at: int) -> list[bytes]:
    """Exchange two neighbours."""
    return [*lines[:at], lines[at + 1], lines[at], *lines[at + 2 :]]


STRUCTURE: dict[str, Callable[[list[bytes], int], list[bytes]]] = {
    "dropped": lambda lines, at: lines[:at] + lines[at + 1 :],
    "repeated": lambda lines, at: [*lines[: at + 1], *lines[at:]],
    "moved": lambda lines, at: swapped(lines, at) if at + 1 < len(lines) else lines[:at],
    "truncated": lambda lines, at: lines[:at],
    "emptied": lambda lines, at: [*lines[:at], b"\n", *lines[at + 1 :]],
    "without its line feed": lambda lines, at: [*lines[:at], lines[at][:-1], *lines[at + 1 :]],
    "replayed behind the seal": lambda lines, at: [*lines, lines[at]],
}


@pytest.mark.parametrize("change", STRUCTURE.values(), ids=STRUCTURE.keys())
def test_no_line_can_be(change: Callable[[list[bytes], int], list[bytes]], told: Exchange, lines: list[Tree]) -> None:
    """Dropped, repeated, moved, cut: every change to every line is seen."""
    whole = told.world.seal(lines).splitlines(keepends=True)
    for at in range(len(whole)):
        assert verify(b"".join(change(whole, at))).failures, at


def cached(monkeypatch: pytest.MonkeyPatch) -> None:
    """Verify each signature once: what a flip does not touch has the verdict it had."""

    def remember(check: Callable[..., None]) -> Callable[..., None]:
        @cache
        def verdict(*arguments: object) -> str:
            try:
                check(*arguments)
            except Fault as fault:
                return fault.name
            return ""

        def checked(*arguments: object) -> None:
            if name := verdict(*arguments):
                raise Fault(name)

        return checked

    for module in ("paridad_verify.keys", "paridad_verify.notes", "paridad_verify.bundle", "paridad_verify.acts"):
        for name in ("check_ed25519", "check_mldsa44", "check_equation", "check_points"):
            monkeypatch.setattr(f"{module}.{name}", remember(getattr(proofs, name)), raising=False)


def flips(data: bytes) -> Iterator[int]:
    """Return the bits to flip: all of the seal, and of the rest a sample, or all of them where asked for."""
    if os.environ.get("PARIDAD_ALL_FLIPS"):
        return iter(range(8 * len(data)))
    seal = data.rindex(b"\n", 0, -1) + 1
    sample = random.Random(7).sample(range(8 * seal), 600)
    return iter([*sample, *range(8 * seal, 8 * len(data), 3)])


@pytest.mark.faults
def test_every_flipped_bit_is_seen(told: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    """No bit of a bundle is without its check (PARIDAD_ALL_FLIPS=1 flips them all)."""
    cached(monkeypatch)
    data = told.world.seal([told.lines()[0], *told.lines()[1:3], told.lines()[5]])
    assert not verify(data).failures
    for bit in flips(data):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        assert verify(bytes(flipped)).failures, bit


# Tampering by the exporter itself, who seals anew


def other(told: Exchange, act: Said) -> Said:
    """Another act of the same issuer that says something else."""
    claims = act.claims | {"fol": "F-8"}
    return told.world.sign(claims, act.texts, f"{act.claims['iss']}#1")


def exchange_texts(told: Exchange, lines: list[Tree]) -> None:
    """Give two acts each other's disclosures."""
    one, two = line_of(lines, "act", 2), line_of(lines, "act", 3)
    (head, _, texts), (other_head, _, other_texts) = one["wire"].partition("~"), two["wire"].partition("~")
    one["wire"], two["wire"] = f"{head}~{other_texts}", f"{other_head}~{texts}"


def put(kind: str, number: int, **values: object) -> Tamper:
    """Change members of one line."""
    return lambda _, lines: line_of(lines, kind, number).update(values)


def drop(kind: str, number: int = 1) -> Tamper:
    """Leave a line out."""
    return lambda _, lines: lines.remove(line_of(lines, kind, number))


def add(make: Callable[[Exchange], Tree]) -> Tamper:
    """Add a line."""
    return lambda told, lines: lines.append(make(told))


def rewire(number: int, make: Callable[[Exchange], str]) -> Tamper:
    """Put another act into an act's line."""
    return lambda told, lines: line_of(lines, "act", number).update(wire=make(told))


def forged_log(told: Exchange) -> Tree:
    """Return a checkpoint of the same size over other leaves, signed by the log itself."""
    return {"t": "checkpoint", "note": told.world.note(THEIRS, leaves=[b"x", b"y", b"z"], time=T0 + 30)}


def stripped(told: Exchange) -> str:
    return "~".join([told.record.signed, *told.record.texts[1:], ""])


def opened_more(told: Exchange, lines: list[Tree]) -> None:
    """Release less than is opened: another cover, the old one left out."""
    world = told.world
    parcels = [{"position": 1, "act": told.record.hash, "digests": told.record.digests[1:]}]
    cover = world.say(
        "BB/CUSTOMS", "exchange/release/1", {"recipient": "AA/POLICE", "parcels": parcels}, to="AA/POLICE"
    )
    refile(told, lines, 4, cover)


def refile(told: Exchange, lines: list[Tree], number: int, act: Said) -> None:
    """File another act in a copy of the world's log, in place of the n-th act's line; checkpoints follow."""
    world = told.world
    kept = {origin: list(leaves) for origin, leaves in world.logs.items()}
    line = line_of(lines, "act", number)
    line.update(world.act_line(act))
    line_of(lines, "checkpoint", 3 if act.origin == THEIRS else 1)["note"] = world.note(act.origin)
    if act.origin == THEIRS:
        line_of(lines, "consistency").update(world.link(THEIRS, 2, len(world.logs[THEIRS])))
    elif number != 1:
        line_of(lines, "act", 1).update(world.act_line(told.request))
    if number != 5 and act.origin != THEIRS:
        line_of(lines, "act", 5).update(world.act_line(told.receipt))
    if number != 4 and act.origin == THEIRS:
        line_of(lines, "act", 4).update(world.act_line(told.cover))
    world.logs = kept


def refiled(number: int, make: Callable[[Exchange], Said]) -> Tamper:
    """File another act in place of one."""
    return lambda told, lines: refile(told, lines, number, make(told))


def seen(root: bytes, size: int = 2) -> Callable[[Exchange], Said]:
    """Make an act that says what it saw of the other log."""
    head = {"origin": THEIRS, "size": size, "root": b64url(root)}
    return lambda told: told.world.say("AA/POLICE", "folio/closure/1", {"reason": "x"}, see=[head])


def same_jti(told: Exchange) -> Said:
    return told.world.say("AA/POLICE", "folio/closure/1", {"reason": "x"}, jti=told.request.claims["jti"])


def second_cover(told: Exchange) -> Said:
    """Return a cover that gives position 1 to another act."""
    return told.release("BB/CUSTOMS", "AA/POLICE", 1, [told.answer])


def evidence(told: Exchange, *sizes: int) -> Tree:
    leaves = told.world.logs[THEIRS]
    return {"t": "evidence", "notes": [told.world.note(THEIRS, leaves=[*leaves, b"fork"][-size:]) for size in sizes]}


RESEALED: dict[str, tuple[Tamper, tuple[str, int | str, str]]] = {
    "nothing": (lambda *_: None, ("", "", "")),
    "an act is replaced by another that its issuer signed": (
        rewire(3, lambda told: other(told, told.answer).wire), ("act 3", "inclusion", "inclusion")),
    "an act's signature is changed": (
        rewire(1, lambda told: told.world.sign(told.request.claims, told.request.texts, "AA/POLICE#1", {
            "alg": "Ed25519", "kid": "BB/CUSTOMS#1", "typ": "act+sd-jwt"}).wire), ("act 1", 5, "key-owner")),
    "an act of a key that was substituted": (
        rewire(1, lambda told: told.request.wire.replace(told.request.signed.split(".")[2],
                                                         told.answer.signed.split(".")[2])), ("act 1", 7, "signature")),
    "a disclosure is stripped": (rewire(2, stripped), ("act 2", "release", "stripped")),
    "a disclosure is left out and said to be": (
        lambda told, lines: line_of(lines, "act", 2).update(wire=stripped(told), omits=told.record.digests[:1]),
        ("", "", "")),
    "all disclosures are gone and said to be": (
        lambda told, lines: line_of(lines, "act", 2).update(wire=told.record.signed + "~", omits=told.record.digests),
        ("", "", "")),
    "a disclosure is added": (
        rewire(2, lambda told: told.record.wire + told.world.disclose("x", 1)[0] + "~"), ("act 2", 9, "foreign")),
    "a field is open that no cover released": (opened_more, ("act 2", "release", "uncovered")),
    "two acts exchange their disclosures": (exchange_texts, ("act 2", 9, "foreign")),
    "an act is dropped from a stream": (drop("act", 3), ("stream 1", "stream", "missing")),
    "two acts of a stream are exchanged": (
        lambda _, lines: line_of(lines, "stream")["acts"].reverse(), ("stream 1", "stream", "position")),
    "a stream stands twice": (
        add(lambda told: told.lines()[-1] | {"acts": [told.record.hash]}), ("stream 2", "stream", "repeated")),
    "an act stands twice": (
        add(lambda told: told.world.act_line(told.record)), ("act 6", "inclusion", "repeated")),
    "a line stands twice": (add(lambda told: told.world.head()), ("line 13", "lines", "repeated")),
    "an act at another index": (put("act", 2, index=1), ("act 2", "inclusion", "inclusion")),
    "an act at no index": (put("act", 2, index=-1), ("act 2", "inclusion", "inclusion")),
    "a proof with a hash too many": (put("act", 2, proof=[""] * 70), ("act 2", "inclusion", "inclusion")),
    "a proof that is no base64": (put("act", 2, proof=["?"]), ("act 2", "inclusion", "base64")),
    "an act in a log of another party": (
        lambda _, lines: line_of(lines, "act", 1).update(origin=THEIRS), ("act 1", "inclusion", "inclusion")),
    "another act with the same identifier": (refiled(5, same_jti), ("act 5", "inclusion", "conflict")),
    "a checkpoint is dropped": (drop("checkpoint", 1), ("act 1", "inclusion", "no-checkpoint")),
    "a log is rolled back": (
        lambda told, lines: line_of(lines, "checkpoint", 3).update(note=told.world.note(THEIRS, 1)),
        ("consistency 1", "consistency", "no-checkpoint")),
    "a log shows two trees of one size": (add(forged_log), ("checkpoint 4", "checkpoint", "fork")),
    "a log shows two histories": (
        lambda told, lines: line_of(lines, "checkpoint", 3).update(
            note=told.world.note(THEIRS, leaves=[b"x", b"y", told.cover.signed.encode()])),
        ("consistency 1", "consistency", "consistency")),
    "a checkpoint is linked to nothing": (drop("consistency"), (THEIRS, "consistency", "unlinked")),
    "a checkpoint is signed by somebody else": (
        lambda told, lines: line_of(lines, "checkpoint", 1).update(
            note=told.world.note(told.request.origin, log_key="BB/log-shared#1")),
        ("checkpoint 1", "checkpoint", "log-unsigned")),
    "an act saw the same tree": (
        refiled(5, lambda told: seen(_root(told))(told)), ("", "", "")),
    "an act saw another tree": (refiled(5, seen(bytes(32))), ("act 5", "inclusion", "braid")),
    "an act saw a tree that is not here": (refiled(5, seen(bytes(32), 9)), ("", "", "")),
    "two covers give one position to two acts": (
        lambda told, lines: refile(told, lines, 3, second_cover(told)), ("act 4", "inclusion", "position")),
    "proof that a log forked": (add(lambda told: evidence(told, 2, 2) | {"notes": [
        told.world.note(THEIRS, 2), told.world.note(THEIRS, leaves=[b"x", b"y"])]}), ("", "", "")),
    "evidence of nothing": (
        add(lambda told: evidence(told, 2, 2)), ("evidence 1", "evidence", "evidence")),
    "evidence of two sizes": (add(lambda told: evidence(told, 1, 2)), ("evidence 1", "evidence", "evidence")),
    "evidence of one note": (add(lambda told: evidence(told, 1)), ("evidence 1", "evidence", "evidence")),
    "no charter": (drop("charter"), ("charter", "charter", "programme")),
    "another programme": (put("bundle", 1, prg="other"), ("charter", "charter", "programme")),
    "the charter of somebody else": (
        put("charter", 1, signed=World(("CC", "BB"), ("CC/POLICE", "BB/CUSTOMS")).signed_charter),
        ("checkpoint 1", "checkpoint", "log-unsigned")),
    "a bundle of version 2": (put("bundle", 1, v=2), ("bundle", "lines", "frame")),
    "a bundle from the future": (put("bundle", 1, at=NOW + 301), ("bundle", "lines", "future")),
    "a bundle dated within the tolerance of clocks": (put("bundle", 1, at=NOW + 300), ("", "", "")),
    "a bundle from before the key counted": (put("bundle", 1, at=T0 - 600), ("seal", "seal", "key-owner")),
    "no head": (drop("bundle"), ("bundle", "lines", "frame")),
    "a head in the middle": (lambda _, lines: lines.append(lines.pop(0)), ("bundle", "lines", "frame")),
    "two heads": (add(lambda told: told.world.head(at=T0)), ("bundle", "lines", "frame")),
    "a line of an unknown type": (add(lambda _: {"t": "remark"}), ("line 13", "lines", "line")),
    "a line of any type": (add(lambda _: {"t": "*"}), ("line 13", "lines", "line")),
    "a line without a type": (add(lambda _: {"x": 1}), ("line 13", "lines", "line")),
    "a line that says more": (put("stream", 1, note="x"), ("line 12", "lines", "line")),
}  # fmt: skip


def _root(told: Exchange) -> bytes:
    return root_of(told.world.logs[THEIRS][:2])


@pytest.mark.parametrize(("tamper", "named"), RESEALED.values(), ids=RESEALED.keys())
def test_resealed(tamper: Tamper, named: tuple[str, int | str, str], told: Exchange) -> None:
    """Who exports can seal what it likes: the particular fault is named, not only that there is one."""
    lines = told.lines()
    tamper(told, lines)
    found = verify(told.world.seal(lines))
    assert (first(found) if found.failures else ("", "", "")) == named, found.failures


SEALS: dict[str, tuple[Tree, str]] = {
    "as it was sealed": ({}, ""),
    "another count of lines": ({"lines": 13}, "sealed"),
    "another digest": ({"sha256": digest_of("x")}, "sealed"),
    "another signature": ({"sig": b64url(bytes([1]) + bytes(63))}, "points"),
    "another agency's key": ({"kid": "BB/CUSTOMS#1"}, "key-owner"),
    "an unknown key": ({"kid": "AA/POLICE#4"}, "key-unknown"),
}


@pytest.mark.parametrize(("more", "fault"), SEALS.values(), ids=SEALS.keys())
def test_seals(more: Tree, fault: str, told: Exchange, lines: list[Tree]) -> None:
    """The seal is checked last and names its own faults."""
    found = verify(told.world.seal(lines, more=more))
    assert [(item, each.step, each.name) for item, each in found.failures] == (
        [("seal", "seal", fault)] if fault else []
    )


def test_a_seal_of_somebody_else(told: Exchange, lines: list[Tree]) -> None:
    """A bundle is sealed by the agency that its head names."""
    assert first(verify(told.world.seal(lines, by="BB/CUSTOMS"))) == ("seal", "seal", "key-owner")


@pytest.mark.parametrize("data", [b"", b"\n", b"x", b"{}\n", b"[]\n", b'{"t":1}\n', b"\xff\n" * 3])
def test_what_is_no_bundle(data: bytes) -> None:
    """Anything at all is answered with faults, never with an error of the program."""
    assert verify(data).failures


def test_nothing_stands_behind_the_seal(told: Exchange, lines: list[Tree]) -> None:
    """Bytes behind the last line feed are no part of the bundle."""
    assert first(verify(told.world.seal(lines) + b"x")) == ("bundle", "lines", "frame")


def test_a_seal_alone(told: Exchange) -> None:
    """The last line without what it seals."""
    assert first(verify(told.world.seal([])))[2] == "frame"


def test_anchors(told: Exchange, lines: list[Tree]) -> None:
    """The charter is the one that the auditor expects, or nothing is believed of it."""
    data = told.world.seal(lines)
    assert not verify(data, "x", told.world.charter_hash).failures
    assert first(verify(data, "x")) == ("charter", "charter", "anchor")


def test_charters_in_any_order() -> None:
    """Two versions, each act judged by the one in force at its time; anchoring one of them anchors the chain."""
    world = World()
    old = world.say("AA/POLICE", "folio/request/1", {"urgency": "normal"}, iat=T0 - 200)
    anchor = world.charter_hash
    world.adopt(world.document(effective_from=T0 - 100))
    new = world.say("AA/POLICE", "folio/closure/1", {"reason": "x"})
    lines = world.export([old, new])
    lines[1], lines[2] = lines[2], lines[1]
    assert not verify(world.seal(lines), anchor).failures
    del lines[1]
    found = verify(world.seal(lines), anchor)
    assert first(found) == ("act 2", 5, "charter-time")


# Key changes travel as acts


def changing(world: World, statement: Tree, roles: dict[str, str], iat: int = T0) -> Said:
    """Return the act that carries a key change."""
    signed = world.change({"issued_at": iat, **statement}, {role: world.key(name) for role, name in roles.items()})
    fields = {"change": statement["change"], "kid": statement["kid"], "signed": signed}
    return world.say("AA/POLICE", "programme/key-change/1", fields, iat=iat)


def enrolled(world: World) -> Said:
    """Enrol the agency's second act key."""
    statement = {
        "change": "enrol",
        "kid": "AA/POLICE#2",
        "key": world.record("AA/POLICE#2", "act"),
        "predecessor": "AA/POLICE#1",
    }
    return changing(world, statement, {"root": "AA/root", "possession": "AA/POLICE#2", "predecessor": "AA/POLICE#1"})


def retired(world: World, size: int) -> Said:
    """End the agency's first act key at a size of the shared log."""
    end = {"log": "shared", "size": size, "root": b64url(bytes(32)), "disputed_until": size}
    return changing(
        world,
        {"change": "retire", "kid": "AA/POLICE#1", "endings": [end], "es": "x", "en": "x"},
        {"root": "AA/root"},
        T0 + 1,
    )


def test_a_key_enrolled_by_an_act() -> None:
    """An act by a successor verifies wherever in the bundle the enrolment stands."""
    world = World()
    enrolment = enrolled(world)
    act = world.say("AA/POLICE", "folio/request/1", {"urgency": "normal"}, kid="AA/POLICE#2")
    world.file(enrolment)
    assert not verify(world.seal(world.export([act, enrolment]))).failures
    assert first(verify(world.seal(world.export([act])))) == ("act 1", 5, "key-unknown")


def test_a_retired_key_signs_nothing_more() -> None:
    """An act with an old date on a new leaf is refused, and says where the key ended."""
    world = World()
    early = world.say("AA/POLICE", "folio/request/1", {"urgency": "normal"})
    successor, retirement = enrolled(world), retired(world, 3)
    for act in (early, successor, retirement):
        world.file(act)
    assert not verify(world.seal(world.export([early, retirement, successor]), kid="AA/POLICE#2")).failures
    late = world.say("AA/POLICE", "folio/closure/1", {"reason": "x"})
    found = verify(world.seal(world.export([early, retirement, successor, late]), kid="AA/POLICE#2"))
    assert first(found) == ("act 4", 5, "key-ended")
    found = verify(world.seal(world.export([early, retirement, successor])))
    assert first(found) == ("seal", "seal", "key-ended")


def test_a_key_change_that_does_not_hold() -> None:
    """The act that carries it is named, and the step is that of key changes."""
    world = World()
    bad = changing(world, {"change": "retire", "kid": "AA/POLICE#9"}, {"root": "AA/root"})
    assert first(verify(world.seal(world.export([bad])))) == ("act 1", "key-change", "key-unknown")


def test_a_key_change_under_another_charter() -> None:
    """A statement under a charter that is not here was never applied."""
    world = World()
    bad = changing(world, {"change": "retire", "kid": "AA/POLICE#1", "prg": "x@y"}, {"root": "AA/root"})
    assert first(verify(world.seal(world.export([bad])))) == ("act 1", "inclusion", "hidden-change")


def test_a_key_change_is_open() -> None:
    """A key change whose statement is withheld would change keys unseen."""
    world = World()
    act = enrolled(world)
    act.texts = act.texts[:2]
    assert first(verify(world.seal(world.export([act])))) == ("act 1", "inclusion", "hidden-change")


@pytest.mark.parametrize("signed", ["", "{", "[]", '{"statement":7}', '{"statement":"{}"}', '{"statement":"[]"}'])
def test_a_key_change_that_is_none(signed: str) -> None:
    """A statement that cannot be read is named at its act, once."""
    world = World()
    act = world.say("AA/POLICE", "programme/key-change/1", {"signed": signed})
    found = verify(world.seal(world.export([act])))
    assert [first(found)] == [("act 1", "inclusion", "hidden-change")]


def test_the_same_key_change_in_two_acts() -> None:
    """The same statement again changes nothing."""
    world = World()
    one = enrolled(world)
    two = world.sign(one.claims | {"jti": b64url(world.random(16))}, one.texts, "AA/POLICE#1")
    for act in (one, two):
        world.file(act)
    assert not verify(world.seal(world.export([one, two]))).failures


def test_an_act_that_is_no_act_does_not_hide_the_others(told: Exchange, lines: list[Tree]) -> None:
    """A wire that cannot be cut is named; the rest is still checked."""
    line_of(lines, "act", 1)["wire"] = "x"
    found = verify(told.world.seal(lines))
    assert first(found) == ("act 1", 1, "compact")
    assert len(found.acts) == 4


# Whatever comes in

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2**53) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["t", "a", "_sd", "...", "notes"]), inner)
    ),
    max_leaves=5,
)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_nothing_but_faults(data: st.DataObject) -> None:
    """Any value in any member of any line: faults are listed, nothing is raised."""
    told = _told()
    lines = told.lines()
    line = data.draw(st.sampled_from(lines))
    name = data.draw(st.sampled_from(sorted(line)))
    line[name] = data.draw(JSON | st.just(type(line[name])()) | st.sampled_from(["a" * 300, 2**53 - 1, -1]))
    try:
        sealed = told.world.seal(lines)
    except (UnicodeEncodeError, KeyError):
        return
    verify(sealed)


@cache
def _told() -> Exchange:
    return Exchange(World())


def test_fields_of_other_kinds_may_have_these_names(told: Exchange) -> None:
    """A kind that is not a cover may have parcels; a kind that is no answer may withhold what it likes."""
    world = World()
    acts = [
        world.say("AA/POLICE", "folio/outcome/1", {"parcels": 5, "outcome": ["x"], "item": 1, "name": "x"}),
        world.say("AA/POLICE", "folio/request/1", {"withheld": 3}),
        world.say("AA/POLICE", "folio/answer/1", {"withheld": [{"rule": "r", "clause": "c", "name": "x", "table": 1}]}),
    ]
    for act in acts:
        world.file(act)
    assert not verify(world.seal(world.export(acts))).failures
