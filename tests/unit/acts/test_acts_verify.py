# SPDX-License-Identifier: Apache-2.0
"""`open_act` refuses at the numbered step that failed. Each table has accepted rows, so that a broken reader shows."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any, NoReturn

import pytest

from paridad.acts.errors import ActRefused, FutureAct, NotAddressed
from paridad.acts.verify import (
    CLOCK_TOLERANCE,
    MAX_DISCLOSURE,
    MAX_DISCLOSURES,
    MAX_SIGNED,
    open_act,
    open_signed_part,
    reread,
)
from paridad.base.errors import Malformed
from paridad.base.signing import Ed25519Signer
from support.acts import (
    ABSENT,
    CLAIMS,
    DIGEST,
    KID,
    NOW,
    SIGNER,
    VOCABULARY,
    Ring,
    b64,
    b64json,
    counting_random,
    digest,
    forge,
    make_act,
    open_made,
    salt,
)

NAME = [salt(1), "name", "Íñigo Núñez"]
TEXT = b64json(NAME)
OTHER = b64json([salt(2), "code", "X1"])
ACCEPTED = 0


def sd(*texts: str) -> dict[str, list[str]]:
    """Return what a record holds whose parts are these disclosures."""
    return {"_sd": sorted(map(digest, texts))}


def elements(*texts: str) -> list[dict[str, str]]:
    """Return a list whose elements are these disclosures."""
    return [{"...": digest(text)} for text in texts]


def nested(parent: object, *parts: str, claims: dict[str, object] | None = None) -> bytes:
    """Forge an act in which only the parent stands in the signed part, and the parts come along."""
    top = b64json(parent)
    return forge(claims={"_sd": [digest(top)]} | (claims or {}), disclosures=[top, *parts])


DATE = b64json([salt(3), "date", "1970"])
ALIAS = b64json([salt(4), "El Otro"])
ALIAS_2 = b64json([salt(5), "Otro más"])
UNKNOWN = {"knd": "practice/later/9"}


def small_order_r(message: bytes) -> bytes:
    return bytes([1]) + bytes(31) + SIGNER.sign(message)[32:]


def with_signed_length(size: int) -> bytes:
    """Forge an act whose signed part has about the asked size, through the `fol` claim's neighbour `re`."""
    wire = forge(claims={"see": []})
    rest = (size - wire.index(b"~")) * 3 // 4
    hashes = [DIGEST] * ((rest - 20) // (len(DIGEST) + 4))
    return forge(claims={"see": [], "re": hashes})


# What arrives, and the step that refuses it (0: accepted).
ROWS: list[tuple[str, Callable[[], bytes], int]] = [
    # accepted: positive controls
    ("an act without fields", forge, ACCEPTED),
    ("an act with a field", lambda: forge(disclosures=[NAME]), ACCEPTED),
    ("an act with a field and hidden digests", lambda: forge(disclosures=[NAME], hidden=[DIGEST]), ACCEPTED),
    ("an act of an unknown kind", lambda: forge(claims=UNKNOWN, disclosures=[[salt(1), "anything", [1, None]]]), ACCEPTED),
    ("a record with one part open", lambda: nested([salt(1), "birth", sd(DATE, OTHER)], DATE), ACCEPTED),
    ("a list with one element open", lambda: nested([salt(1), "aliases", elements(ALIAS, ALIAS_2)], ALIAS_2), ACCEPTED),
    ("a list disclosed whole", lambda: forge(disclosures=[[salt(1), "aliases", ["El Otro"]]]), ACCEPTED),
    ("a record disclosed whole", lambda: forge(disclosures=[[salt(1), "birth", {"date": "1970"}]]), ACCEPTED),
    ("a salt of 32 bytes", lambda: forge(disclosures=[[b64(bytes(32)), "name", "x"]]), ACCEPTED),
    ("blanks inside the JSON of a disclosure", lambda: forge(disclosures=[b'[ "%b" , "name" , "x" ]' % salt(1).encode()]), ACCEPTED),
    ("512 digests", lambda: forge(hidden=[digest(str(n)) for n in range(512)]), ACCEPTED),
    # (1) size caps and the compact form
    ("nothing", lambda: b"", 1),
    ("no tilde at the end", lambda: forge()[:-1], 1),
    ("a key binding after the last tilde", lambda: forge() + b"eyJ9.e30.AAAA", 1),
    ("an empty disclosure between tildes", lambda: forge() + b"~", 1),
    ("two parts instead of three", lambda: forge().replace(b".", b"", 1), 1),
    ("four parts", lambda: forge().replace(b".", b"..", 1), 1),
    ("a JSON serialisation", lambda: b'{"payload":"e30","signatures":[]}', 1),
    ("a signed part over 65,535 bytes", lambda: b"A" * (MAX_SIGNED - 3) + b"....~", 1),
    ("a signed part of 65,536 bytes", lambda: b"A" * (MAX_SIGNED - 1) + b"..~", 1),
    ("a disclosure over 32 KiB", lambda: forge() + b"A" * (MAX_DISCLOSURE + 1) + b"~", 1),
    ("disclosures over 1 MiB together", lambda: forge() + (b"A" * MAX_DISCLOSURE + b"~") * 32 + b"A~", 1),
    ("millions of tildes", lambda: forge() + b"~" * 3_000_000, 1),
    # (2) base64url
    ("a signed part of 65,535 bytes is not too long", lambda: b"A" * (MAX_SIGNED - 2) + b"..~", 2),
    ("a disclosure of 32 KiB is not too long", lambda: forge() + b"A" * (MAX_DISCLOSURE - 1) + b"!~", 2),
    ("disclosures of 1 MiB are not too long", lambda: forge() + (b"A" * (MAX_DISCLOSURE - 1) + b"!~") * 32, 2),
    ("padding behind a disclosure", lambda: forge() + b"WyJ=~", 2),
    ("the standard alphabet", lambda: forge() + b"ab+/~", 2),
    ("a line break", lambda: forge(disclosures=[NAME]).replace(b".", b"\n.", 1), 2),
    ("a blank before the act", lambda: b" " + forge(), 2),
    ("an impossible length", lambda: forge() + b"AAAAA~", 2),
    ("unused bits that are set", lambda: forge() + b"AB~", 2),
    ("bytes beyond ASCII", lambda: forge() + "ñ~".encode(), 2),
    ("a bad disclosure beside a payload that is no JSON", lambda: forge(claims=b"{") + b"AB~", 2),
    ("a signature with padding", lambda: forge()[:-1] + b"==~", 2),
    # (3) strict JSON
    ("a header that is no JSON", lambda: forge(header=b"{"), 3),
    ("a byte order mark", lambda: forge(claims=b"\xef\xbb\xbf{}"), 3),
    ("UTF-16", lambda: forge(claims='{"iss":"x"}'.encode("utf-16")), 3),
    ("bytes that are not UTF-8", lambda: forge(claims=b'{"iss":"\xff"}'), 3),
    ("a blank after the payload", lambda: forge(claims=b"{} "), 3),
    ("a claim twice", lambda: forge(claims=b'{"iss":"AA/ONE","iss":"AA/ONE"}'), 3),
    ("a claim twice in a disclosure", lambda: forge(disclosures=[b'["%b","birth",{"a":1,"a":2}]' % salt(1).encode()]), 3),
    ("a float", lambda: forge(claims={"iat": 1.5}), 3),
    ("an exponent", lambda: forge(disclosures=[b'["%b","count",1e3]' % salt(1).encode()]), 3),
    ("minus zero", lambda: forge(disclosures=[b'["%b","count",-0]' % salt(1).encode()]), 3),
    ("not a number", lambda: forge(disclosures=[b'["%b","count",NaN]' % salt(1).encode()]), 3),
    ("an integer over 2^53 - 1", lambda: forge(disclosures=[[salt(1), "count", 2**53]]), 3),
    ("a key beyond ASCII", lambda: forge(disclosures=[[salt(1), "birth", {"año": 1}]]), 3),
    ("a key in capitals", lambda: forge(claims={"Iss": "x"}), 3),
    ("a lone surrogate", lambda: forge(disclosures=[b'["%b","name","\\ud800"]' % salt(1).encode()]), 3),
    ("U+0000", lambda: forge(disclosures=[b'["%b","name","\\u0000"]' % salt(1).encode()]), 3),
    ("a string over 16 KiB", lambda: forge(disclosures=[[salt(1), "name", "x" * (16 * 1024 + 1)]]), 3),
    ("an array over 1,024", lambda: forge(disclosures=[[salt(1), "aliases", [1] * 1025]]), 3),
    ("nine levels", lambda: forge(disclosures=[b"[" * 9 + b"]" * 9]), 3),
    ("five thousand levels", lambda: forge(disclosures=[b"[" * 5000 + b"]" * 5000]), 3),
    ("bad JSON beside a bad header", lambda: forge(header={"alg": "none"}, claims=b"{"), 3),
    # (4) typ and alg
    ("alg none", lambda: forge(header={"alg": "none"}), 4),
    ("alg EdDSA, the older name", lambda: forge(header={"alg": "EdDSA"}), 4),
    ("alg HS256", lambda: forge(header={"alg": "HS256"}), 4),
    ("typ JWT", lambda: forge(header={"typ": "JWT"}), 4),
    ("no typ", lambda: forge(header={"typ": ABSENT}), 4),
    ("no kid", lambda: forge(header={"kid": ABSENT}), 4),
    ("a kid that is a number", lambda: forge(header={"kid": 1}), 4),
    ("crit", lambda: forge(header={"crit": ["b64"], "b64": False}), 4),
    ("jwk", lambda: forge(header={"jwk": {"kty": "OKP"}}), 4),
    ("a header that is a list", lambda: forge(header=b"[]"), 4),
    ("a bad header beside an unknown key", lambda: forge(header={"alg": "none", "kid": "AA/ONE#9"}), 4),
    # (5) the key
    ("an unknown key", lambda: forge(header={"kid": "AA/ONE#2"}), 5),
    ("a key of another agency", lambda: forge(header={"kid": "BB/TWO#1"}), 5),
    ("a key without a number", lambda: forge(header={"kid": "AA/ONE"}), 5),
    ("a key with two marks", lambda: forge(header={"kid": "AA/ONE#1#1"}), 5),
    ("a key number with a leading zero", lambda: forge(header={"kid": "AA/ONE#01"}), 5),
    ("no iss", lambda: forge(claims={"iss": ABSENT}), 5),
    ("no prg", lambda: forge(claims={"prg": ABSENT}), 5),
    ("no iat", lambda: forge(claims={"iat": ABSENT}), 5),
    ("iat that is a boolean", lambda: forge(claims={"iat": True}), 5),
    ("iat that is a text", lambda: forge(claims={"iat": "1790000000"}), 5),
    ("another charter", lambda: forge(claims={"prg": f"other@{DIGEST}"}), 5),
    ("a payload that is a list", lambda: forge(claims=b"[]"), 5),
    # (6) points
    ("R of small order", lambda: forge(sign=small_order_r), 6),
    ("R all ones", lambda: forge(sign=lambda _: b"\xff" * 64), 6),
    ("an empty signature", lambda: forge(sign=lambda _: b""), 6),
    ("R of small order beside a missing claim", lambda: forge(claims={"knd": ABSENT}, sign=small_order_r), 6),
    # (7) Ed25519
    ("a signature by another key", lambda: forge(sign=Ed25519Signer(bytes(32)).sign), 7),
    ("a signature over something else", lambda: forge(sign=lambda text: SIGNER.sign(text + b"x")), 7),
    ("a signature of 63 bytes", lambda: forge(sign=lambda text: SIGNER.sign(text)[:63]), 7),
    ("a signature of 65 bytes", lambda: forge(sign=lambda text: SIGNER.sign(text) + b"\0"), 7),
    ("the payload of another act", lambda: b".".join([*forge().split(b".")[:1], *forge(claims={"fol": ""}).split(b".")[1:2], *forge().split(b".")[2:]]), 7),
    ("a bad signature beside a missing claim", lambda: forge(claims={"knd": ABSENT}, sign=lambda _: SIGNER.sign(b"")), 7),
    # (8) claims
    *[(f"no {claim}", lambda claim=claim: forge(claims={claim: ABSENT}), 8) for claim in sorted(CLAIMS.keys() - {"iss", "iat", "prg"})],
    ("no _sd", lambda: forge(claims={"_sd": ABSENT}), 8),
    ("an unknown claim", lambda: forge(claims={"extra": 1}), 8),
    ("exp", lambda: forge(claims={"exp": NOW + 1}), 8),
    ("cnf", lambda: forge(claims={"cnf": {"jwk": {}}}), 8),
    ("another digest algorithm", lambda: forge(claims={"_sd_alg": "sha-512"}), 8),
    ("a jti of 15 bytes", lambda: forge(claims={"jti": b64(bytes(15))}), 8),
    ("a jti with unused bits", lambda: forge(claims={"jti": "A" * 21 + "B"}), 8),
    ("a kind without version", lambda: forge(claims={"knd": "practice/record"}), 8),
    ("a kind of version 0", lambda: forge(claims={"knd": "practice/record/0"}), 8),
    ("a kind with a line break behind", lambda: forge(claims={"knd": "practice/record/1\n"}), 8),
    ("a folio with a blank", lambda: forge(claims={"fol": "a b"}), 8),
    ("a reference that is no hash", lambda: forge(claims={"re": ["x"]}), 8),
    ("a reference that is a number", lambda: forge(claims={"re": [1]}), 8),
    ("no addressee", lambda: forge(claims={"aud": []}), 8),
    ("an addressee that is a party", lambda: forge(claims={"aud": ["BB"]}), 8),
    ("an addressee that is a text", lambda: forge(claims={"aud": "BB/TWO"}), 8),
    ("a head without a root", lambda: forge(claims={"see": [{"origin": "x", "size": 1}]}), 8),
    ("a head with something more", lambda: forge(claims={"see": [CLAIMS["see"][0] | {"extra": 1}]}), 8),
    ("a head of negative size", lambda: forge(claims={"see": [CLAIMS["see"][0] | {"size": -1}]}), 8),
    ("a handling code that the charter lacks", lambda: forge(claims={"hnd": "PURPLE"}), 8),
    ("a purpose that the charter lacks", lambda: forge(claims={"pur": "sport"}), 8),
    ("a basis that the charter lacks", lambda: forge(claims={"bas": "none"}), 8),
    ("a code with a blank", lambda: forge(claims={"hnd": "AM BER"}), 8),
    ("digests that are a text", lambda: forge(claims={"_sd": DIGEST}), 8),
    ("a digest that is a number", lambda: forge(claims={"_sd": [1]}), 8),
    ("a digest of 42 characters", lambda: forge(claims={"_sd": [DIGEST[:-1]]}), 8),
    ("a digest with unused bits", lambda: forge(claims={"_sd": ["A" * 42 + "B"]}), 8),
    ("two digests in one text", lambda: forge(claims={"_sd": [f"{DIGEST},{DIGEST}"]}), 8),
    ("digests out of order", lambda: forge(claims={"_sd": sorted(map(digest, "ab"), reverse=True)}), 8),
    ("513 digests", lambda: forge(hidden=[digest(str(n)) for n in range(513)]), 8),
    ("a missing claim beside a foreign disclosure", lambda: forge(claims={"knd": ABSENT}) + TEXT.encode() + b"~", 8),
    # (9) disclosures
    ("a disclosure that fits no digest", lambda: forge() + TEXT.encode() + b"~", 9),
    ("a disclosure that came twice", lambda: forge(disclosures=[NAME]) + TEXT.encode() + b"~", 9),
    ("a digest that stands twice", lambda: forge(disclosures=[NAME], hidden=[digest(TEXT)]), 9),
    ("a hidden digest that stands twice", lambda: forge(hidden=[DIGEST, DIGEST]), 9),
    ("a digest at the top and in a record", lambda: nested([salt(1), "birth", sd(DATE)], DATE, claims={"_sd": sorted([digest(b64json([salt(1), "birth", sd(DATE)])), digest(DATE)])}), 9),
    ("a digest in two elements", lambda: nested([salt(1), "aliases", elements(ALIAS, ALIAS)], ALIAS), 9),
    ("a part without its parent", lambda: forge(disclosures=[NAME]) + DATE.encode() + b"~", 9),
    ("no array", lambda: forge(disclosures=[{"name": "x"}]), 9),
    ("null", lambda: forge(disclosures=[None]), 9),
    ("an array of one", lambda: forge(disclosures=[[salt(1)]]), 9),
    ("an array of four", lambda: forge(disclosures=[[*NAME, 1]]), 9),
    ("an array of two outside a list", lambda: forge(disclosures=[[salt(1), "x"]]), 9),
    ("an array of three inside a list", lambda: nested([salt(1), "aliases", elements(OTHER)], OTHER), 9),
    ("an array of two inside a record", lambda: nested([salt(1), "birth", sd(ALIAS)], ALIAS), 9),
    ("a salt of 15 bytes", lambda: forge(disclosures=[[b64(bytes(15)), "name", "x"]]), 9),
    ("a salt of one byte", lambda: forge(disclosures=[["AA", "name", "x"]]), 9),
    ("a salt that is a number", lambda: forge(disclosures=[[10**15, "name", "x"]]), 9),
    ("a salt that is no base64url", lambda: forge(disclosures=[["not base64url, but long enough", "name", "x"]]), 9),
    ("a salt that stands twice", lambda: forge(disclosures=[NAME, [salt(1), "code", "X"]]), 9),
    ("a name that stands twice", lambda: forge(disclosures=[NAME, [salt(2), "name", "y"]]), 9),
    ("a name that is a number", lambda: forge(disclosures=[[salt(1), 1, "x"]]), 9),
    ("a name in capitals", lambda: forge(disclosures=[[salt(1), "Name", "x"]]), 9),
    *[(f"a field named {name}", lambda name=name: forge(claims=UNKNOWN, disclosures=[[salt(1), name, "x"]]), 9)
      for name in ("_sd", "_sd_alg", "...", "iss", "iat", "aud", "see", "exp", "nbf", "cnf", "sub", "vct")],
    ("a reserved name inside a record", lambda: nested([salt(1), "birth", sd(b64json([salt(2), "exp", 1]))], b64json([salt(2), "exp", 1])), 9),
    ("a part beside an open part of the same name", lambda: nested([salt(1), "birth", sd(DATE) | {"date": "1971"}], DATE), 9),
    ("digests of a record out of order", lambda: nested([salt(1), "birth", {"_sd": sorted(map(digest, "ab"), reverse=True)}]), 9),
    ("digests of a record that are a number", lambda: nested([salt(1), "birth", {"_sd": 1}]), 9),
    ("an element with something beside its digest", lambda: nested([salt(1), "aliases", [{"...": DIGEST, "x": 1}]]), 9),
    ("an element whose digest is a number", lambda: nested([salt(1), "aliases", [{"...": 1}]]), 9),
    ("a digest two levels down", lambda: nested([salt(1), "birth", {"places": sd(DATE)}]), 9),
    ("an element two levels down", lambda: nested([salt(1), "birth", {"places": elements(ALIAS)}]), 9),
    ("digests inside an open part", lambda: nested([salt(1), "birth", sd(b64json([salt(2), "more", sd(DATE)]))], b64json([salt(2), "more", sd(DATE)])), 9),
    ("digests inside an open element", lambda: nested([salt(1), "aliases", elements(b64json([salt(2), elements(ALIAS)]))], b64json([salt(2), elements(ALIAS)])), 9),
    ("_sd_alg inside a record", lambda: nested([salt(1), "birth", sd() | {"_sd_alg": "sha-256"}]), 9),
    ("a foreign disclosure beside an unknown field", lambda: forge(disclosures=[[salt(1), "shoe", 1]]) + TEXT.encode() + b"~", 9),
    # (10) the vocabulary
    ("a field that the kind does not know", lambda: forge(disclosures=[[salt(1), "shoe_size", 44]]), 10),
    ("a text where an integer belongs", lambda: forge(disclosures=[[salt(1), "count", "3"]]), 10),
    ("null in a known kind", lambda: forge(disclosures=[[salt(1), "name", None]]), 10),
    ("an unknown part of a record", lambda: nested([salt(1), "birth", sd(OTHER)], OTHER), 10),
    ("an element of another type", lambda: nested([salt(1), "aliases", elements(b64json([salt(4), 7]))], b64json([salt(4), 7])), 10),
]  # fmt: skip


@pytest.mark.parametrize(("make", "step"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_every_step_refuses_what_is_its_business(make: Callable[[], bytes], step: int) -> None:
    wire = make()
    if step == ACCEPTED:
        assert open_made(wire).signed == wire.partition(b"~")[0]
        return
    with pytest.raises(ActRefused) as caught:
        open_made(wire)
    assert caught.value.step == step, caught.value
    assert caught.value.words.es.startswith(f"({step})")
    assert caught.value.words.en.startswith(f"({step})")


@pytest.mark.parametrize(("over", "words"), [(0, "lacks the form"), (1, "too large")])
def test_what_is_twice_too_long_is_not_even_cut(over: int, words: str) -> None:
    with pytest.raises(ActRefused, match=words):
        open_made(b"~" * (2 * (MAX_SIGNED + MAX_DISCLOSURES) + over))


def test_the_table_has_rows_for_all_ten_steps() -> None:
    assert {step for _, _, step in ROWS} == set(range(11))
    assert len({name for name, _, _ in ROWS}) == len(ROWS)


def test_a_verified_act_keeps_the_bytes_and_says_what_is_open() -> None:
    made = make_act({"name": "Íñigo Núñez", "aliases": ["El Otro", "Otro más"], "birth": {"date": "1970-01"}})
    act = open_made(made.wire)
    assert (act.signed, act.hash, act.kid) == (made.signed, made.hash, KID)
    assert act.fields == {"name": "Íñigo Núñez", "aliases": ["El Otro", "Otro más"], "birth": {"date": "1970-01"}}
    assert list(act.disclosures) == ["name", "aliases", "birth", "aliases[0]", "aliases[1]", "birth.date"]
    assert act.disclosures["aliases[1]"].parent == "aliases"
    assert act.disclosures["birth.date"].name == "date"
    assert len(act.unopened) == 16 * 3 - 6
    assert act.kind is VOCABULARY.kind("practice/record/1")
    assert (act.envelope.party, act.envelope.iat, act.envelope.fol) == ("AA", NOW, "AA-BB/2026/7")
    assert open_made(act.wire) == act


def test_disclosures_in_another_order_open_the_same_fields() -> None:
    signed, *texts = make_act({"name": "x", "birth": {"date": "1970"}, "aliases": ["a", "b"]}).wire.split(b"~")[:-1]
    backwards = open_made(b"~".join([signed, *reversed(texts), b""]))
    assert backwards.fields == {"name": "x", "birth": {"date": "1970"}, "aliases": ["a", "b"]}


def test_an_unknown_kind_is_opened_and_not_interpreted() -> None:
    act = open_made(forge(claims=UNKNOWN, disclosures=[[salt(1), "anything", {"deep": [1, None, True]}]]))
    assert act.kind is None
    assert act.fields == {"anything": {"deep": [1, None, True]}}


def test_the_signed_part_alone_opens_with_everything_closed() -> None:
    made = make_act({"name": "x"})
    act = open_signed_part(made.signed, keys=Ring(), vocabulary=VOCABULARY, now=NOW)
    assert act.fields == {}
    assert len(act.unopened) == 16
    assert act.hash == made.hash


def test_an_act_on_file_is_read_again_with_what_is_left_of_it() -> None:
    made = make_act({"name": "x", "birth": {"date": "1970"}})
    assert reread(made.signed, made.texts, vocabulary=VOCABULARY) == open_made(made.wire)
    assert reread(made.signed, made.texts[:1], vocabulary=VOCABULARY).fields == {"name": "x"}
    unknown = open_made(forge(claims=UNKNOWN, disclosures=[NAME]))
    assert reread(unknown.signed, [TEXT], vocabulary=VOCABULARY) == unknown


def test_damage_to_what_is_on_file_is_seen() -> None:
    made = make_act({"name": "x"})
    with pytest.raises(Malformed, match="fits no digest"):
        reread(made.signed, [OTHER], vocabulary=VOCABULARY)


@pytest.mark.parametrize(
    ("ahead", "accepted"), [(-NOW, True), (0, True), (CLOCK_TOLERANCE, True), (CLOCK_TOLERANCE + 1, False)]
)
def test_an_act_from_the_future_is_quarantined_not_broken(ahead: int, accepted: bool) -> None:
    wire = forge(claims={"iat": NOW + ahead}, disclosures=[NAME])
    if accepted:
        assert open_made(wire).envelope.iat == NOW + ahead
        return
    with pytest.raises(FutureAct, match="dated 301 s ahead") as caught:
        open_made(wire)
    assert caught.value.step == 8
    assert "quarantine" in caught.value.sentence("en")
    assert "cuarentena" in caught.value.sentence("es")


def test_clock_and_addressee_come_after_all_other_faults() -> None:
    wire = forge(claims={"iat": NOW + 10_000}, disclosures=[[salt(1), "shoe_size", 44]])
    with pytest.raises(ActRefused) as caught:
        open_made(wire, addressed_to="CC")
    assert caught.value.step == 10


@pytest.mark.parametrize(("party", "accepted"), [(None, True), ("BB", True), ("AA", False), ("B", False)])
def test_an_act_meant_for_others_says_so(party: str | None, accepted: bool) -> None:
    if accepted:
        assert open_made(forge(), addressed_to=party).envelope.aud == ("BB/TWO",)
        return
    with pytest.raises(NotAddressed, match=f"not addressed to {party}") as caught:
        open_made(forge(), addressed_to=party)
    assert caught.value.step == 8


@pytest.mark.parametrize(
    ("leaf_index", "log", "accepted"),
    [(6, "shared", True), (7, "shared", False), (None, "shared", False), (6, "own", False)],
)
def test_an_ended_key_counts_only_below_its_size_in_its_log(leaf_index: int | None, log: str, accepted: bool) -> None:
    ring = Ring(ended_at=7)
    if accepted:
        assert open_made(forge(), keys=ring, leaf_index=leaf_index, log=log).kid == KID
        return
    with pytest.raises(ActRefused, match="ended") as caught:
        open_made(forge(), keys=ring, leaf_index=leaf_index, log=log)
    assert caught.value.step == 5


def test_place_and_log_of_a_signed_part_reach_the_key_ring() -> None:
    """Without another word the log is the shared one, and an act that stands in no log has no place."""
    signed, ring = forge().partition(b"~")[0], Ring(ended_at=7)
    assert open_act(forge(), keys=ring, vocabulary=VOCABULARY, now=NOW, leaf_index=6).kid == KID
    assert open_signed_part(signed, keys=ring, vocabulary=VOCABULARY, now=NOW, leaf_index=6).kid == KID
    refused: list[dict[str, Any]] = [{}, {"leaf_index": 7}, {"leaf_index": 6, "log": "own"}]
    for place in refused:
        with pytest.raises(ActRefused, match="ended"):
            open_signed_part(signed, keys=ring, vocabulary=VOCABULARY, now=NOW, **place)


@pytest.mark.parametrize("claims", [{"iss": 1}, {"prg": 1}, {"iat": "1"}, {"iat": True}])
def test_the_key_ring_is_asked_with_texts_and_a_number(claims: dict[str, object]) -> None:
    class Never(Ring):
        def act_key(self, kid: str, **_: object) -> NoReturn:
            raise RuntimeError(f"asked for {kid}")

    with pytest.raises(ActRefused) as caught:
        open_made(forge(claims=claims), keys=Never())
    assert caught.value.step == 5
    with pytest.raises(RuntimeError, match="asked for"):
        open_made(forge(), keys=Never())


def test_a_fault_of_the_program_is_not_dressed_as_a_refused_act() -> None:
    class Broken(Ring):
        def charter(self, prg: str) -> NoReturn:
            raise RuntimeError(f"the program is broken: {prg}")

    with pytest.raises(RuntimeError, match="the program is broken"):
        open_made(forge(), keys=Broken())


def test_every_single_bit_flip_of_an_act_is_refused() -> None:
    wire = make_act({"name": "x"}).wire
    assert open_made(wire).fields == {"name": "x"}
    for place in range(len(wire)):
        for bit in (1, 2, 4, 8, 16, 32, 64, 128):
            broken = bytearray(wire)
            broken[place] ^= bit
            with pytest.raises(ActRefused):
                open_made(bytes(broken))


def test_disclosures_of_two_acts_cannot_be_exchanged() -> None:
    one, other = make_act({"name": "x"}), make_act({"name": "y"})
    assert one.texts != other.texts
    with pytest.raises(ActRefused) as caught:
        open_made(one.signed + b"~" + other.texts[0].encode() + b"~")
    assert caught.value.step == 9


def test_a_leaf_of_nearly_64_kib_is_read() -> None:
    wire = with_signed_length(60_000)
    assert 55_000 < wire.index(b"~") < MAX_SIGNED
    assert len(open_made(wire).envelope.re) > 900


def test_the_hash_is_sha_256_of_the_signed_text() -> None:
    made = make_act({"name": "x"})
    assert made.hash == b64(sha256(made.signed).digest())
    assert counting_random()(4) == counting_random()(4)
