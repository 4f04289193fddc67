# SPDX-License-Identifier: Apache-2.0
"""Acts for tests: a small key ring, a vocabulary with every field type, and a forge that signs whatever it is told.

Worked example
    act = make_act({"name": "Íñigo Núñez"})                     an act as `issue` makes it
    open_made(act.wire).fields["name"]
    forge(claims={"iat": "1"})                                  a well signed act whose `iat` is a text
    open_made(forge(disclosures=[["c2FsdA", "name", "x"]]))     refused: the salt is short
"""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256, shake_256
from typing import Any

from paridad.acts.envelope import Draft, SeenHead
from paridad.acts.issue import ActSigner, IssuedAct, issue
from paridad.acts.verify import VerifiedAct, open_act
from paridad.acts.vocabulary import load_vocabulary
from paridad.base.errors import ParidadError
from paridad.base.signing import Ed25519Key, Ed25519Signer
from paridad.base.words import Words
from paridad.programme.origins import Log

NOW = 1_790_000_000
ISS = "AA/ONE"
KID = "AA/ONE#1"
KIND = "practice/record/1"
SIGNER = Ed25519Signer(sha256(b"act key of tests").digest())
DIGEST = urlsafe_b64encode(sha256(b"any").digest()).rstrip(b"=").decode()
PRG = f"practice@{DIGEST}"
SEEN = SeenHead("BB/practice/shared", 41, DIGEST)

VOCABULARY_TOML = (
    """
[kind."practice/record/1"]
es = "Expediente"
en = "Record"
"""
    + "".join(
        f"""
[kind."practice/record/1".field.{name}]
type = "{type_}"
sensitivity = "identity"
es = "Campo {name}"
en = "Field {name}"
"""
        for name, type_ in {
            "name": "text",
            "code": "code",
            "count": "integer",
            "armed": "boolean",
            "day": "date",
            "seen": "time",
            "about": "hash",
            "amount": "decimal",
            "aliases": "list",
            "visits": "list",
            "birth": "record",
            **{f"f{n}": "text" for n in range(40)},
        }.items()
    )
    + """
[kind."practice/record/1".field.aliases.element]
type = "text"
[kind."practice/record/1".field.visits.element]
type = "record"
[kind."practice/record/1".field.visits.element.field.place]
type = "text"
es = "Lugar"
en = "Place"
[kind."practice/record/1".field.birth.field.date]
type = "date"
es = "Fecha"
en = "Date"
[kind."practice/record/1".field.birth.field.places]
type = "list"
sensitivity = "whereabouts"
es = "Lugares"
en = "Places"
[kind."practice/record/1".field.birth.field.places.element]
type = "text"
"""
)

VOCABULARY = load_vocabulary([VOCABULARY_TOML.encode()])


@dataclass(frozen=True)
class Codes:
    """The closed lists of a charter."""

    handling: Mapping[str, object] = field(default_factory=lambda: {"AMBER": 1})
    purposes: Mapping[str, object] = field(default_factory=lambda: {"inquiry": 1})
    bases: Mapping[str, object] = field(default_factory=lambda: {"treaty": 1})


@dataclass(frozen=True)
class Ring:
    """One agency, one key, one charter; refuses everything else, and an ended key from its size on."""

    key: Ed25519Key = SIGNER.public
    ended_at: int | None = None

    def act_key(
        self, kid: str, *, iss: str, prg: str, at: int, leaf_index: int | None, log: Log = "shared"
    ) -> Ed25519Key:
        """Return the key, or refuse with the reason."""
        if (kid, iss, prg) != (KID, ISS, PRG) or at < 0:
            raise ParidadError(Words(es="No está inscrita.", en="Not enrolled."))
        if self.ended_at is not None and (log != "shared" or leaf_index is None or leaf_index >= self.ended_at):
            raise ParidadError(Words(es="La clave terminó.", en="The key ended."))
        return self.key

    def charter(self, prg: str) -> Codes:
        """Return the closed lists."""
        if prg != PRG:
            raise ParidadError(Words(es="No se conoce la carta.", en="The charter is not known."))
        return Codes()


def counting_random(start: int = 0) -> Callable[[int], bytes]:
    """Return a random source that never repeats itself and always answers the same: tests only."""
    drawn = start

    def draw(size: int) -> bytes:
        nonlocal drawn
        drawn += 1
        return shake_256(drawn.to_bytes(8, "big")).digest(size)

    return draw


def draft_of(fields: Mapping[str, Any], **changes: Any) -> Draft:
    """Return a draft of the practice kind."""
    known: dict[str, Any] = {
        "kind": KIND,
        "iss": ISS,
        "aud": ("BB/TWO",),
        "handling": "AMBER",
        "purpose": "inquiry",
        "basis": "treaty",
        "folio": "AA-BB/2026/7",
        "re": (DIGEST,),
    }
    return Draft(fields=fields, **(known | changes))


def make_act(fields: Mapping[str, Any], **changes: Any) -> IssuedAct:
    """Issue an act of the practice kind."""
    return issue(
        draft_of(fields, **changes),
        vocabulary=VOCABULARY,
        signer=ActSigner(KID, SIGNER.sign),
        prg=PRG,
        iat=NOW,
        see=(SEEN,),
        random=counting_random(),
    )


def open_made(wire: bytes, **changes: Any) -> VerifiedAct:
    """Open an act with the ring, vocabulary and time of these tests."""
    arguments: dict[str, Any] = {"keys": Ring(), "vocabulary": VOCABULARY, "now": NOW}
    return open_act(wire, **(arguments | changes))


def b64(data: bytes) -> str:
    """Encode base64url, independently of the code under test."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def b64json(tree: object) -> str:
    """Write JSON as a careless issuer would, and encode it; bytes and texts pass as they are."""
    if isinstance(tree, bytes):
        return b64(tree)
    return b64(json.dumps(tree, ensure_ascii=False).encode("utf-8", "surrogatepass"))


def digest(text: str) -> str:
    """Return the digest of an encoded disclosure, independently of the code under test."""
    return b64(sha256(text.encode()).digest())


HEADER = {"alg": "Ed25519", "kid": KID, "typ": "act+sd-jwt"}
CLAIMS: dict[str, Any] = {
    "iss": ISS,
    "iat": NOW,
    "jti": b64(bytes(16)),
    "prg": PRG,
    "knd": KIND,
    "fol": "AA-BB/2026/7",
    "re": [DIGEST],
    "aud": ["BB/TWO"],
    "hnd": "AMBER",
    "pur": "inquiry",
    "bas": "treaty",
    "see": [{"origin": "BB/practice/shared", "size": 41, "root": DIGEST}],
    "_sd_alg": "sha-256",
}
ABSENT = object()
"""A claim or header to leave out."""


def salt(number: int) -> str:
    """Return one of many salts of 16 bytes."""
    return b64(shake_256(b"salt" + bytes([number])).digest(16))


def changed(tree: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a tree with some entries changed, added or left out."""
    return {name: value for name, value in (dict(tree) | dict(changes)).items() if value is not ABSENT}


def forge(
    *,
    header: Mapping[str, Any] | bytes | None = None,
    claims: Mapping[str, Any] | bytes | None = None,
    disclosures: Sequence[object] = (),
    hidden: Sequence[str] = (),
    sign: Callable[[bytes], bytes] = SIGNER.sign,
) -> bytes:
    """Sign whatever is asked for; `header` and `claims` change the good ones, bytes replace them.

    Disclosures are trees, or texts already encoded; their digests and the `hidden` ones go into `_sd`.
    """
    texts = [each if isinstance(each, str) else b64json(each) for each in disclosures]
    known = CLAIMS | {"_sd": sorted([*map(digest, texts), *hidden])}
    head = header if isinstance(header, bytes) else changed(HEADER, header or {})
    body = claims if isinstance(claims, bytes) else changed(known, claims or {})
    text = f"{b64json(head)}.{b64json(body)}"
    return f"{text}.{b64(sign(text.encode()))}~{''.join(f'{each}~' for each in texts)}".encode()
