# SPDX-License-Identifier: Apache-2.0
"""An act is an SD-JWT (RFC 9901, compact) of one profile; this module opens it in the ten numbered steps.

- Nothing is believed before the last step; what leaves is an `Act`, or a `Fault` with the step's number.
- The act's hash is SHA-256 over the ASCII text `header.payload.signature`; its leaf is hashed from the same text.
- Every digest stands once, open or nested; a disclosure that fits none condemns the act. Nothing is trimmed.
- A digest without its disclosure is a withheld field or a decoy: nobody can tell which, and nothing here tries.
"""

import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any, NamedTuple

from paridad_verify.keys import CLOCK_TOLERANCE, Keys
from paridad_verify.proofs import check_equation, check_points
from paridad_verify.strict import HASH, Fault, base64url, demand, fits, form, read_json, to_base64url

MAX_SIGNED, MAX_DISCLOSURE, MAX_DISCLOSURES, MAX_DIGESTS, SALT_BYTES = 65_535, 32 * 1024, 1024 * 1024, 512, 16
_HEADER = form("alg:alg kid typ:typ", alg=re.compile("Ed25519"), typ=re.compile(r"act\+sd-jwt"))
_CLAIMS = form(
    "iss:agency iat:int jti:id prg knd:kind fol:folio re:[hash] aud:[agency] hnd pur bas see:[seen] _sd:[hash] _sd_alg",
    id=re.compile(r"[A-Za-z0-9_-]{21}[AQgw]"),
    kind=re.compile(r"[a-z][a-z0-9-]*/[a-z][a-z0-9-]*/[1-9][0-9]{0,3}"),
    folio=re.compile(r"[!-~]{0,128}"),
    seen=form("origin:name size:int root:hash", name=re.compile(r"[!-~]{1,128}")),
)
_MARKS = frozenset({"_sd", "_sd_alg", "..."})
_RESERVED = _MARKS | _CLAIMS.keys() | {"exp", "nbf", "cnf", "sub", "vct"}
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_SPEAKER, _ELEMENT, _ANY = form("iss iat:int prg *"), form("...:hash"), form("*")
_PARCEL = "position:int act:hash digests:[hash]"
_BODIES = {  # the kinds that this program reads; the fields of others are fitted, not judged
    "exchange/release/1": form("recipient?:agency first?:int parcels?:[x]", x=form(_PARCEL)),
    "exchange/receipt/1": form("cover? parcels?:[x]", x=form(f"{_PARCEL} verdict reason")),
    "programme/key-change/1": form("change? kid? signed?"),
    "folio/answer/1": form("withheld?:[x] *", x=form("what? rule? clause? *")),
    "folio/supplement/1": form("withheld?:[x] *", x=form("what? rule? clause? *")),
}


class Act(NamedTuple):
    """An act that passed the ten steps."""

    hash: str
    signed: bytes
    kid: str
    claims: Mapping[str, Any]
    fields: Mapping[str, Any]  # the open ones; of lists and records that are disclosed part by part, the open parts
    paths: list[str]
    opened: frozenset[str]
    closed: int  # how many digests stay closed: withheld fields and decoys alike


def open_act(wire: str, keys: Keys, now: int, place: tuple[str, int]) -> Act:
    """Verify an act; the numbers are the steps of the act specification."""
    step = 1
    try:
        signed, *texts = wire.split("~")  # (1) size caps and compact form
        demand(len(signed) <= MAX_SIGNED and sum(map(len, texts)) <= MAX_DISCLOSURES, "too-long")
        demand(max(map(len, texts), default=0) <= MAX_DISCLOSURE, "too-long")
        demand(signed.count(".") == 2 and texts[-1:] == [""] and all(texts[:-1]), "compact")  # noqa: PLR2004
        step = 2  # base64url is canonical, in every part
        header, payload, signature, *disclosed = [base64url(part) for part in (*signed.split("."), *texts[:-1])]
        step = 3  # strict JSON, in every part
        head, claims, *trees = [read_json(part) for part in (header, payload, *disclosed)]
        step = 4  # typ and alg
        demand(fits(head, _HEADER), "header")
        step = 5  # kid speaks for iss at iat under the charter
        demand(fits(claims, _SPEAKER), "claims")
        key = keys.act_key(head["kid"], claims["iss"], claims["prg"], claims["iat"], place)
        step = 6  # key and R are valid points
        check_points(key, signature)
        step = 7  # Ed25519
        message = signed.encode("ascii")
        check_equation(key, signature, message.rpartition(b".")[0])
        step = 8  # claims are complete and known
        demand(fits(claims, _CLAIMS) and len(claims["aud"]) > 0 and claims["_sd_alg"] == "sha-256", "claims")
        _check_digests(claims["_sd"])
        codes = keys.in_force(claims["iat"]).codes
        demand(all(claims[name] in codes[name] for name in ("hnd", "pur", "bas")), "code")
        step = 9  # each disclosure's digest is present exactly once
        digests = [to_base64url(sha256(text.encode("ascii")).digest()) for text in texts[:-1]]
        body = _Body(digests, trees)
        fields = body.open(claims["_sd"])
        step = 10  # the body fits its kind
        demand(fits(fields, _BODIES.get(claims["knd"], _ANY)), "body")
        step = 8  # the clock comes last
        demand(claims["iat"] <= now + CLOCK_TOLERANCE, "future")
    except Fault as fault:
        raise fault.within(step) from None
    name, closed = to_base64url(sha256(message).digest()), len(body.seen) - len(digests)
    return Act(name, message, head["kid"], claims, fields, body.paths, frozenset(digests), closed)


def _check_digests(digests: Any) -> None:
    demand(fits(digests, [HASH]) and len(digests) <= MAX_DIGESTS and digests == sorted(digests), "digests")


class _Body:
    """Fits disclosures to digests, one level of nesting deep (RFC 9901 §7.1)."""

    def __init__(self, digests: list[str], trees: list[Any]) -> None:
        self.waiting, self.seen = dict(zip(digests, trees, strict=True)), set[str]()
        self.paths: list[str] = []
        for tree in trees:
            demand(isinstance(tree, list) and len(tree) in {2, 3} and isinstance(tree[0], str), "disclosure")
            demand(len(base64url(tree[0])) >= SALT_BYTES, "salt")
        demand(len(self.waiting) == len({tree[0] for tree in trees}) == len(trees), "twice")

    def open(self, digests: list[str]) -> dict[str, Any]:
        """Return the open fields; every disclosure must have found its digest."""
        fields = {name: self._inner(name, value) for name, value in [*self._named(digests, "")]}
        demand(not self.waiting, "foreign")
        return fields

    def _take(self, digest: str, size: int) -> Any:
        demand(digest not in self.seen, "digest-twice")
        self.seen.add(digest)
        found = self.waiting.pop(digest, None)
        demand(found is None or len(found) == size, "disclosure")
        return found

    def _named(self, digests: list[str], prefix: str) -> Iterator[tuple[str, Any]]:
        for _, name, value in filter(None, [self._take(digest, 3) for digest in digests]):
            demand(fits(name, _NAME) and name not in _RESERVED and prefix + name not in self.paths, "name")
            self.paths.append(prefix + name)
            yield name, value

    def _inner(self, name: str, value: Any) -> Any:
        if isinstance(value, dict) and "_sd" in value:
            _check_digests(value["_sd"])
            opened = dict(self._named(value["_sd"], f"{name}."))
            demand(not opened.keys() & value.keys(), "name")
            value = {key: child for key, child in value.items() if key != "_sd"} | opened
        elif isinstance(value, list):
            value = [each for place, element in enumerate(value) for each in self._element(f"{name}[{place}]", element)]
        _check_plain(value)
        return value

    def _element(self, path: str, element: Any) -> Iterator[Any]:
        if not isinstance(element, dict) or "..." not in element:
            yield element
            return
        demand(fits(element, _ELEMENT), "digests")
        if found := self._take(element["..."], 2):
            self.paths.append(path)
            yield found[1]


def _check_plain(value: Any) -> None:
    if isinstance(value, dict):
        demand(not _MARKS & value.keys(), "nesting")
        value = list(value.values())
    for child in value if isinstance(value, list) else ():
        _check_plain(child)
