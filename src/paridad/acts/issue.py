# SPDX-License-Identifier: Apache-2.0
"""Issuing an act: a draft becomes a signed text and its disclosures.

Rules
  - The draft fits the vocabulary of its kind, or nothing is signed. The envelope is checked as a reader would.
  - Every field is a disclosure; so is every element of a list and every sub-field of a record.
  - Each set of digests is padded with decoys to 16, 32, 64, 128, 256 or 512, so that the count says nothing
    (RFC 9901 §4.2.5). `_sd` is sorted; the elements of a list keep their order, decoys follow.
  - Salts, decoys and the identifier come from the random source handed in; nothing is derived.
  - Time is the operation's reference time, handed in.

Worked example
    signer = ActSigner("AA/ONE#1", key.sign)
    act = issue(draft, vocabulary=words, signer=signer, prg=charter.prg, iat=now, random=system_random)
    act.signed, act.hash, act.disclosures     what is kept, how others refer to it, what is released field by field
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from types import MappingProxyType
from typing import Any, NamedTuple, cast

from paridad.acts.disclosure import MAX_DIGESTS, SALT_BYTES, Disclosure, digests_of
from paridad.acts.envelope import ActHash, Draft, Envelope, SeenHead, act_hash, read_envelope
from paridad.acts.errors import DraftRefused
from paridad.acts.verify import ALGORITHM, MAX_DISCLOSURE, MAX_DISCLOSURES, MAX_SIGNED, TYPE, wire_of
from paridad.acts.vocabulary import Field, Kind, Vocabulary, check_body
from paridad.base.errors import Malformed
from paridad.base.sources import Random
from paridad.base.strict import (
    JsonValue,
    encode_base64url,
    encode_base64url_each,
    encode_digests,
    write_json,
    write_json_each,
)
from paridad.base.words import Words

PADDING = (16, 32, 64, 128, 256, MAX_DIGESTS)
DECOY_BYTES = 32
JTI_BYTES = 16
SIGNATURE_LENGTH = 87
"""The last dot and 64 bytes in base64url."""


@dataclass(frozen=True, slots=True)
class ActSigner:
    """The act key of an agency: its name, and the one thing that it does."""

    kid: str
    """`<agency>#<n>`"""
    sign: Callable[[bytes], bytes]
    """Returns the 64-byte Ed25519 signature."""


@dataclass(frozen=True, slots=True)
class IssuedAct:
    """An act as its issuer files it."""

    signed: bytes
    """`header.payload.signature`, the text that the ledger keeps."""
    hash: ActHash
    kid: str
    envelope: Envelope
    kind: Kind
    disclosures: Mapping[str, Disclosure]
    """All fields by path, parents before their parts."""

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts of all disclosures, parents before their parts."""
        return tuple([each.text for each in self.disclosures.values()])

    @property
    def wire(self) -> bytes:
        """The act with all its disclosures."""
        return wire_of(self.signed, self.texts)


def issue(
    draft: Draft,
    *,
    vocabulary: Vocabulary,
    signer: ActSigner,
    prg: str,
    iat: int,
    see: Sequence[SeenHead] = (),
    random: Random,
) -> IssuedAct:
    """Sign a draft, or raise `BodyRefused` or `DraftRefused`; then nothing was signed."""
    kind = vocabulary.kind(draft.kind)
    if kind is None:
        raise _refused(f"No se conoce la clase {draft.kind}.", f"The kind {draft.kind} is not known.")
    if signer.kid.partition("#")[0] != draft.iss:
        raise _refused(f"La clave {signer.kid} no es de {draft.iss}.", f"The key {signer.kid} is not of {draft.iss}.")
    check_body(kind, draft.fields, complete=True)
    blinding = _Blinding(random)
    try:
        claims, envelope = _claims(draft, prg=prg, iat=iat, see=see, random=random)
        claims["_sd"] = blinding.fields(draft.fields, kind)
        payload = write_json(claims)
    except Malformed as error:
        raise DraftRefused(error.words) from error
    text = f"{_header(signer.kid)}.{encode_base64url(payload)}".encode("ascii")
    disclosures = blinding.in_order()
    _check_sizes(len(text) + SIGNATURE_LENGTH, [each.text for each in disclosures.values()])
    signed = b"%b.%b" % (text, encode_base64url(signer.sign(text)).encode("ascii"))
    return IssuedAct(signed, act_hash(signed), signer.kid, envelope, kind, MappingProxyType(disclosures))


@lru_cache(maxsize=1024)
def _header(kid: str) -> str:
    return encode_base64url(write_json({"alg": ALGORITHM, "kid": kid, "typ": TYPE}))


def _claims(
    draft: Draft, *, prg: str, iat: int, see: Sequence[SeenHead], random: Random
) -> tuple[dict[str, Any], Envelope]:
    claims = {
        "iss": draft.iss,
        "iat": iat,
        "jti": encode_base64url(random(JTI_BYTES)),
        "prg": prg,
        "knd": draft.kind,
        "fol": draft.folio,
        "re": draft.re,
        "aud": draft.aud,
        "hnd": draft.handling,
        "pur": draft.purpose,
        "bas": draft.basis,
        "see": [{"origin": head.origin, "size": head.size, "root": head.root} for head in see],
    }
    envelope = read_envelope(claims)
    return claims | {"_sd_alg": "sha-256"}, envelope


def _check_sizes(signed: int, texts: Sequence[str]) -> None:
    sizes = [len(text) for text in texts]
    if signed > MAX_SIGNED or sum(sizes) > MAX_DISCLOSURES or max(sizes, default=0) > MAX_DISCLOSURE:
        raise _refused(
            "El acto o uno de sus campos es demasiado grande; envíelo como anexo.",
            "The act or one of its fields is too large; send it as a payload.",
        )


class _Said(NamedTuple):
    """A field or a part of one, not yet blinded."""

    name: str | None
    value: JsonValue
    parent: str | None
    path: str


class _Blinding:
    """Turns fields into disclosures and digests; keeps the disclosures it made."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._salts: set[str] = set()
        self._parts: dict[str, list[Disclosure]] = {}
        self._whole: list[Disclosure] = []

    def in_order(self) -> dict[str, Disclosure]:
        """Return what was made, by path: the whole first, its parts behind it."""
        return {each.path: each for whole in self._whole for each in (whole, *self._parts.get(whole.path, ()))}

    def fields(self, fields: Mapping[str, JsonValue], kind: Kind) -> list[str]:
        """Return the digests of the top level, decoys included, sorted."""
        known = kind.fields
        said = [_Said(name, self._blinded(name, value, known[name]), None, name) for name, value in fields.items()]
        self._whole = self._disclose(said)
        return sorted(self._padded([each.digest for each in self._whole]))

    def _blinded(self, name: str, value: JsonValue, known: Field) -> JsonValue:
        """Return the value of a field as its disclosure says it: of a record or list, the digests of its parts."""
        if known.type == "record":
            members = cast("Mapping[str, JsonValue]", value)
            parts = [_Said(part, inner, name, f"{name}.{part}") for part, inner in members.items()]
            return {"_sd": sorted(self._digests_of_parts(name, parts))}
        if known.type == "list":
            elements = cast("Sequence[JsonValue]", value)
            parts = [_Said(None, element, name, f"{name}[{n}]") for n, element in enumerate(elements)]
            return [{"...": digest} for digest in self._digests_of_parts(name, parts)]
        return value

    def _digests_of_parts(self, name: str, parts: Sequence[_Said]) -> list[str]:
        made = self._parts[name] = self._disclose(parts)
        return self._padded([each.digest for each in made])

    def _disclose(self, said: Sequence[_Said]) -> list[Disclosure]:
        salts = self._fresh_salts(len(said))
        written = [
            [salt, each.value] if each.name is None else [salt, each.name, each.value]
            for salt, each in zip(salts, said, strict=True)
        ]
        texts = encode_base64url_each(write_json_each(written))
        return [
            Disclosure(text, digest, salt, *each)
            for text, digest, salt, each in zip(texts, digests_of(texts), salts, said, strict=True)
        ]

    def _fresh_salts(self, count: int) -> list[str]:
        drawn, before = self._random(SALT_BYTES * count), len(self._salts)
        salts = encode_base64url_each([drawn[at : at + SALT_BYTES] for at in range(0, len(drawn), SALT_BYTES)])
        self._salts.update(salts)
        if len(self._salts) != before + count:
            raise RuntimeError("the random source repeated itself; nothing was signed")
        return salts

    def _padded(self, digests: list[str]) -> list[str]:
        for size in PADDING:
            if len(digests) <= size:
                drawn = self._random(DECOY_BYTES * (size - len(digests)))
                decoys = [drawn[at : at + DECOY_BYTES] for at in range(0, len(drawn), DECOY_BYTES)]
                return digests + encode_digests([sha256(decoy).digest() for decoy in decoys])
        raise _refused(
            f"Hay {len(digests)} partes; caben {MAX_DIGESTS}. Envíelas como anexo.",
            f"There are {len(digests)} parts; {MAX_DIGESTS} fit. Send them as a payload.",
        )


def _refused(es: str, en: str) -> DraftRefused:
    return DraftRefused(Words(es=es, en=en))
