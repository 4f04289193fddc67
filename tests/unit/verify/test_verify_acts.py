# SPDX-License-Identifier: Apache-2.0
"""Ten steps, in their order; a refusal names its step, and each table keeps an act that is accepted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

import pytest

from paridad.acts import verify as node
from paridad.acts.errors import ActRefused
from paridad.acts.vocabulary import load_vocabulary
from paridad.base.errors import ParidadError
from paridad.base.signing import Ed25519Key
from paridad.base.words import Words
from paridad.programme.origins import Log
from paridad_verify.acts import Act, open_act
from paridad_verify.keys import Keys, read_charter
from paridad_verify.strict import Fault
from support.verify_maker import PROGRAMME, T0, Said, Tree, World, b64url, canonical, digest_of

SHARED = f"AA/{PROGRAMME}/shared"
Make = Callable[[World], Said]
Row = tuple[Callable[[World], str], int, str]


def opened(world: World, wire: str) -> Act:
    """Open an act under the world's charter."""
    keys = Keys()
    keys.adopt(read_charter(world.signed_charter))
    return open_act(wire, keys, world.now, (SHARED, 0))


def request(world: World, **claims: Any) -> Said:
    """Make an ordinary act, or one whose claims differ."""
    return world.say("AA/POLICE", "x/y/1", {"urgency": "normal"}, **claims)


def with_claims(change: Callable[[Tree], None]) -> Callable[[World], str]:
    """Sign an act whose claims were changed before."""

    def make(world: World) -> str:
        act = request(world)
        change(act.claims)
        return world.sign(act.claims, act.texts, "AA/POLICE#1").wire

    return make


def with_header(**header: object) -> Callable[[World], str]:
    """Sign an act with another header."""

    def make(world: World) -> str:
        act = request(world)
        whole = {"alg": "Ed25519", "kid": "AA/POLICE#1", "typ": "act+sd-jwt"} | header
        return world.sign(act.claims, act.texts, "AA/POLICE#1", whole).wire

    return make


def with_texts(*values: object, salts: tuple[str, ...] = (), nested: bool = False) -> Callable[[World], str]:
    """Sign an act whose disclosures are these values, each behind a salt."""

    def make(world: World) -> str:
        act = request(world)
        texts = [
            b64url(canonical([salt, *value] if isinstance(value, list) else value))
            for value, salt in zip(values, salts or [b64url(world.random(16)) for _ in values], strict=True)
        ]
        digests = [digest_of(text) for text in (texts[:1] if nested else texts)]
        act.claims["_sd"] = sorted(digests + world.decoys(2))
        return world.sign(act.claims, texts, "AA/POLICE#1").wire

    return make


def with_field(value: Callable[[World], object]) -> Callable[[World], str]:
    """Sign an act with one field of this value and nothing else."""

    def make(world: World) -> str:
        text, digest = world.disclose("field", value(world))
        act = request(world)
        act.claims["_sd"] = [digest]
        return world.sign(act.claims, [text], "AA/POLICE#1").wire

    return make


def part(number: int, change: Callable[[str], str]) -> Callable[[World], str]:
    """Change header (0), payload (1) or signature (2) after signing."""

    def make(world: World) -> str:
        act = request(world)
        parts = act.signed.split(".")
        parts[number] = change(parts[number])
        return "~".join([".".join(parts), *act.texts, ""])

    return make


def text(change: Callable[[Said, World], list[str]]) -> Callable[[World], str]:
    """Change the disclosures after signing."""

    def make(world: World) -> str:
        act = request(world)
        return "~".join([act.signed, *change(act, world), ""])

    return make


def payload_text(data: bytes) -> Callable[[World], str]:
    """Sign a payload as it is spelt."""

    def make(world: World) -> str:
        head = b64url(canonical({"alg": "Ed25519", "kid": "AA/POLICE#1", "typ": "act+sd-jwt"}))
        message = f"{head}.{b64url(data)}"
        return f"{message}.{b64url(world.key('AA/POLICE#1').ed25519.sign(message.encode()))}~"

    return make


def nested(value: Callable[[list[tuple[str, str]]], object], *parts: tuple[object, ...]) -> Callable[[World], str]:
    """Sign an act with one field whose value is made from the parts' digests."""

    def make(world: World) -> str:
        made = [world.disclose(*each) for each in parts]
        whole, digest = world.disclose("field", value(made))
        act = request(world)
        act.claims["_sd"] = sorted([digest, *world.decoys(2)])
        return world.sign(act.claims, [whole, *(each for each, _ in made)], "AA/POLICE#1").wire

    return make


def drop(name: str) -> Callable[[Tree], None]:
    """Take a claim away."""
    return lambda claims: claims.__delitem__(name)


def put(name: str, value: object) -> Callable[[Tree], None]:
    """Give a claim another value."""
    return lambda claims: claims.__setitem__(name, value)


SALT = b64url(bytes(16))
SEEN = {"origin": f"BB/{PROGRAMME}/shared", "size": 1, "root": b64url(bytes(32))}

STEPS: dict[str, Row] = {
    "an act as it was made": (lambda w: request(w).wire, 0, ""),
    "an act whose disclosures are gone": (text(lambda *_: []), 0, ""),
    "an act that saw another log": (lambda w: request(w, see=[SEEN]).wire, 0, ""),
    "a record and a list, part by part": (
        lambda w: w.say("AA/POLICE", "x/y/1", {"a": {"b": 1, "c": 2}, "d": ["e", {"f": 1}]}).wire, 0, ""),
    "a plain list and a plain record": (with_field(lambda _: ["a", {"b": 1}]), 0, ""),
    "a record with a plain part": (nested(lambda p: {"_sd": [p[0][1]], "c": 1}, ("b", 2)), 0, ""),
    "a plain record": (with_field(lambda _: {"b": 1}), 0, ""),
    "a plain list whose texts have dots": (with_field(lambda _: ["a...b", "..."]), 0, ""),
    "an act dated within the tolerance of clocks": (lambda w: request(w, iat=T0 + 1300).wire, 0, ""),
    "as many digests as there may be": (lambda w: request(w, _sd=sorted(w.decoys(511) + [
        digest_of(text) for text in request(w).texts])).signed + "~", 0, ""),
    # (1)
    "a signed part that is too long": (lambda w: request(w, fol="x" * 65_000).wire, 1, "too-long"),
    "a disclosure that is too long": (text(lambda act, _: [*act.texts, "A" * 32_769]), 1, "too-long"),
    "disclosures that are too long together": (text(lambda *_: ["A" * 32_768] * 33), 1, "too-long"),
    "a signed part of the largest size is read": (
        lambda _: f"{'A' * 65_523}.AAAA.{'A' * 6}~", 3, "json-syntax"),
    "a disclosure of the largest size is read": (text(lambda *_: ["A" * 32_768]), 3, "json-syntax"),
    "disclosures of the largest size together are read": (text(lambda *_: ["A" * 32_768] * 32), 3, "json-syntax"),
    "four parts": (part(2, lambda s: s + ".x"), 1, "compact"),
    "no tilde": (lambda w: request(w).signed, 1, "compact"),
    "key binding": (lambda w: request(w).wire + "eyJ", 1, "compact"),
    "an empty disclosure": (text(lambda act, _: ["", *act.texts]), 1, "compact"),
    # (2)
    "a header with padding": (part(0, lambda s: s + "="), 2, "base64"),
    "a signature with unused bits": (part(2, lambda s: s[:-1] + chr(ord(s[-1]) + 1)), 2, "base64"),
    "a disclosure in the other alphabet": (text(lambda act, _: [act.texts[0] + "++"]), 2, "base64"),
    "base64url is named before JSON": (lambda w: part(0, lambda _: "AA")(w).replace(".", ".=", 1), 2, "base64"),
    # (3)
    "a header that is no JSON": (part(0, lambda _: b64url(b"{")), 3, "json-syntax"),
    "a payload with a key twice": (payload_text(b'{"iss":"AA/POLICE","iss":"BB/CUSTOMS"}'), 3, "json-key"),
    "a payload with a float": (payload_text(b'{"iat":1.5}'), 3, "json-number"),
    "a disclosure of nine levels": (text(lambda *_: [b64url(b"[" * 9 + b"]" * 9)]), 3, "json-depth"),
    # (4)
    "an algorithm of another name": (with_header(alg="EdDSA"), 4, "header"),
    "no algorithm": (with_header(alg="none"), 4, "header"),
    "another type": (with_header(typ="JWT"), 4, "header"),
    "a header that says more": (with_header(crit=["b64"]), 4, "header"),
    "a kid that is no text": (with_header(kid=1), 4, "header"),
    "a header that is a list": (part(0, lambda _: b64url(b"[]")), 4, "header"),
    # (5)
    "a payload that is a list": (payload_text(b"[]"), 5, "claims"),
    "no issuer": (with_claims(drop("iss")), 5, "claims"),
    "a time that is a text": (with_claims(put("iat", "now")), 5, "claims"),
    "another agency's name": (with_claims(put("iss", "BB/CUSTOMS")), 5, "key-owner"),
    "an unknown key": (with_header(kid="AA/POLICE#7"), 5, "key-unknown"),
    "an unknown charter": (with_claims(put("prg", f"{PROGRAMME}@{b64url(bytes(32))}")), 5, "charter-time"),
    # (6)
    "an R of small order": (part(2, lambda _: b64url(bytes([1]) + bytes(63))), 6, "points"),
    "a signature of 63 bytes": (part(2, lambda _: b64url(bytes(63))), 6, "points"),
    # (7)
    "another's signature": (lambda w: w.sign(request(w).claims, [], "BB/CUSTOMS#1", {
        "alg": "Ed25519", "kid": "AA/POLICE#1", "typ": "act+sd-jwt"}).wire, 7, "signature"),
    "a changed payload": (part(1, lambda s: s[:40] + ("A" if s[40] != "A" else "B") + s[41:]), 0, "any"),
    # (8)
    "a claim is missing": (with_claims(drop("pur")), 8, "claims"),
    "an unknown claim": (with_claims(put("exp", 1)), 8, "claims"),
    "a kind without version": (with_claims(put("knd", "folio/request")), 8, "claims"),
    "nobody is addressed": (with_claims(put("aud", [])), 8, "claims"),
    "an addressee that is no agency": (with_claims(put("aud", ["BB"])), 8, "claims"),
    "an identifier of 15 bytes": (with_claims(put("jti", b64url(bytes(15)))), 8, "claims"),
    "a reference that is no hash": (with_claims(put("re", ["x"])), 8, "claims"),
    "a head without root": (with_claims(put("see", [{"origin": "x", "size": 1}])), 8, "claims"),
    "another digest algorithm": (with_claims(put("_sd_alg", "sha-512")), 8, "claims"),
    "an unknown handling code": (with_claims(put("hnd", "RED")), 8, "code"),
    "an unknown purpose": (with_claims(put("pur", "gossip")), 8, "code"),
    "an unknown basis": (with_claims(put("bas", "none")), 8, "code"),
    "unsorted digests": (with_claims(lambda c: c["_sd"].reverse()), 8, "digests"),
    "too many digests": (lambda w: request(w, _sd=sorted(w.decoys(513))).wire, 8, "digests"),
    "an act from the future": (lambda w: request(w, iat=T0 + 1301).wire, 8, "future"),
    # (9)
    "a disclosure of another act": (text(lambda act, w: [*act.texts, *request(w).texts]), 9, "foreign"),
    "a disclosure twice": (text(lambda act, _: act.texts * 2), 9, "twice"),
    "a salt twice": (with_texts(["a", 1], ["b", 2], salts=(SALT, SALT)), 9, "twice"),
    "a salt of 15 bytes": (with_texts(["a", 1], salts=(b64url(bytes(15)),)), 9, "salt"),
    "a disclosure that is an object": (with_texts({"a": 1}), 9, "disclosure"),
    "a disclosure that is an object of two": (with_texts({"a": 1, "b": 2}), 9, "disclosure"),
    "a disclosure that is a text": (with_texts("xy"), 9, "disclosure"),
    "a disclosure of nothing": (text(lambda *_: [b64url(b"[]")]), 9, "disclosure"),
    "a salt that is no text": (text(lambda *_: [b64url(b'[5,"a",1]')]), 9, "disclosure"),
    "nested digests that are none": (with_field(lambda _: {"_sd": ["x"]}), 9, "digests"),
    "nested digests that are no list": (with_field(lambda _: {"_sd": 5}), 9, "digests"),
    "a disclosure of four parts": (with_texts(["a", 1, 2]), 9, "disclosure"),
    "a field without a name": (with_texts([1]), 9, "disclosure"),
    "a name that is no text": (with_texts([1, 2]), 9, "name"),
    "a name twice": (with_texts(["a", 1], ["a", 2]), 9, "name"),
    "a hidden issuer": (with_texts(["iss", "BB/CUSTOMS"]), 9, "name"),
    "a hidden expiry": (with_texts(["exp", 1]), 9, "name"),
    "a hidden set of digests": (with_texts(["_sd", []]), 9, "name"),
    "a digest twice": (lambda w: request(w, _sd=w.decoys(1) * 2).wire, 9, "digest-twice"),
    "an element without its list": (text(lambda act, w: [*act.texts, w.disclose("x")[0]]), 9, "foreign"),
    "an element with a name": (nested(lambda p: [{"...": p[0][1]}], ("name", 1)), 9, "disclosure"),
    "a digest open and nested": (nested(lambda p: [{"...": p[0][1]}, {"...": p[0][1]}], (1,)), 9, "digest-twice"),
    "a hidden element that says more": (nested(lambda p: [{"...": p[0][1], "x": 1}], (1,)), 9, "digests"),
    "nested digests out of order": (nested(lambda p: {"_sd": sorted((p[0][1], p[1][1]), reverse=True)},
                                           ("a", 1), ("b", 2)), 9, "digests"),
    "a part open and hidden": (nested(lambda p: {"_sd": [p[0][1]], "a": 1}, ("a", 1)), 9, "name"),
    "two levels of records": (nested(lambda p: {"_sd": [p[0][1]]}, ("a", {"_sd": []})), 9, "nesting"),
    "two levels of lists": (nested(lambda p: [{"...": p[0][1]}], ([{"...": SALT}],)), 9, "nesting"),
    # (10)
    "a cover whose parcels lack digests": (
        lambda w: w.say("AA/POLICE", "exchange/release/1", {"parcels": [{"position": 1}]}).wire, 10, "body"),
    "a cover with a field that it does not have": (
        lambda w: w.say("AA/POLICE", "exchange/release/1", {"remark": "x"}).wire, 10, "body"),
    "a key change whose statement is no text": (
        lambda w: w.say("AA/POLICE", "programme/key-change/1", {"signed": 7}).wire, 10, "body"),
}  # fmt: skip


@pytest.mark.parametrize(("make", "step", "fault"), STEPS.values(), ids=STEPS.keys())
def test_steps(make: Callable[[World], str], step: int, fault: str) -> None:
    """An act passes the ten steps, or the first failed one is named."""
    world = World()
    wire = make(world)
    if not fault:
        assert opened(world, wire).signed.decode() == wire.split("~")[0]
        return
    with pytest.raises(Fault) as caught:
        opened(world, wire)
    if fault != "any":
        assert (caught.value.step, caught.value.name) == (step, fault)


@dataclass(frozen=True)
class Codes:
    """The closed lists of the maker's charter."""

    handling: Mapping[str, object] = field(default_factory=lambda: {"AMBER": 1})
    purposes: Mapping[str, object] = field(default_factory=lambda: {"inquiry": 1})
    bases: Mapping[str, object] = field(default_factory=lambda: {"treaty": 1})


@dataclass(frozen=True)
class Ring:
    """The keys of the maker's world, as the node asks for them."""

    world: World

    def act_key(
        self,
        kid: str,
        *,
        iss: str,
        prg: str,
        at: int,  # noqa: ARG002  the protocol's words
        leaf_index: int | None,  # noqa: ARG002
        log: Log = "shared",  # noqa: ARG002
    ) -> Ed25519Key:
        """Return the first key of one of the two agencies."""
        if kid not in {f"{agency}#1" for agency in self.world.agencies} or not kid.startswith(f"{iss}#"):
            raise ParidadError(Words(es="No está inscrita.", en="Not enrolled."))
        self.charter(prg)
        return Ed25519Key(self.world.key(kid).public)

    def charter(self, prg: str) -> Codes:
        """Return the closed lists of the one charter."""
        if prg != f"{PROGRAMME}@{self.world.charter_hash}":
            raise ParidadError(Words(es="No se conoce.", en="Not known."))
        return Codes()


KINDS = load_vocabulary(
    files(package).joinpath("vocabulary.toml").read_bytes()
    for package in ("paridad.exchange", "paridad.folio", "paridad.programme")
)


STRICTER = {"a cover whose parcels lack digests"}
"""The node lets an incomplete parcel pass step 10 and refuses it when it reads the cover; the verifier reads it there."""


@pytest.mark.parametrize("make", [row[0] for name, row in STEPS.items() if name not in STRICTER])
def test_node_and_verifier_name_the_same_step(make: Callable[[World], str]) -> None:
    """Two programs that were written apart give one verdict and one step on every row of the table."""
    world = World()
    wire = make(world)

    def ours() -> int | str:
        try:
            opened(world, wire)
        except Fault as fault:
            return fault.step
        return 0

    def theirs() -> int | str:
        try:
            node.open_act(wire.encode(), keys=Ring(world), vocabulary=KINDS, now=world.now, leaf_index=0)
        except ActRefused as refused:
            return refused.step
        return 0

    assert ours() == theirs()


def test_open_parts_and_closed_digests() -> None:
    """What is open is read with its path; what is closed is counted and not told from a decoy."""
    world = World()
    act = world.say(
        "AA/POLICE", "x/y/1", {"name": "José", "birth": {"date": "1970", "place": "x"}, "aliases": ["a", "b"]}
    )
    seen = opened(world, act.wire)
    assert seen.fields == {"name": "José", "birth": {"date": "1970", "place": "x"}, "aliases": ["a", "b"]}
    assert set(seen.paths) == {"name", "birth", "birth.date", "birth.place", "aliases", "aliases[0]", "aliases[1]"}
    assert (seen.hash, seen.opened, seen.closed) == (act.hash, frozenset(act.digests), 5)
    some = "~".join([act.signed, act.texts[1], act.texts[2], ""])
    seen = opened(world, some)
    assert seen.fields == {"birth": {"date": "1970"}}
    assert seen.closed == 7
    seen = opened(world, act.signed + "~")
    assert (seen.fields, seen.closed) == ({}, 6)


def test_an_orphan_condemns_the_act() -> None:
    """A part whose whole is not sent fits no digest (RFC 9901 §7.1)."""
    world = World()
    act = world.say("AA/POLICE", "x/y/1", {"aliases": ["a", "b"]})
    with pytest.raises(Fault) as caught:
        opened(world, "~".join([act.signed, act.texts[1], ""]))
    assert (caught.value.step, caught.value.name) == (9, "foreign")
