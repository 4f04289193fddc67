# SPDX-License-Identifier: Apache-2.0
"""Open an act that somebody signed: ten numbered steps, in this order, and the failed one is named.

Rules
  - Bytes in, a `VerifiedAct` out, or `ActRefused` with the number of the step; nothing is believed in between.
  - The signed text is kept as it arrived (law 1). What is parsed is a reading of it, never a substitute.
  - Before step 7 nothing but `kid`, `iss`, `iat` and `prg` is looked at.
  - Bytes are decoded before they are parsed: a fault of base64url (2) is named even where the JSON (3) would fail too.
  - An unknown kind passes: its disclosures are fitted, its fields are not interpreted (law 14).
  - Addressee and clock come last. An act from the future carries step 8 and is quarantined: its signature is good.

Worked example
  One node answers folio 7 with a serial number and keeps the buyer's name to itself:
    act = open_act(wire, keys=keys, vocabulary=words, now=now, leaf_index=41)
    act.fields["serial"]     is "AB12345"
    "buyer" in act.fields    is False; its digest is in act.unopened, where nothing tells it from a decoy
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType, TracebackType
from typing import Any, Protocol

from paridad.acts.disclosure import Disclosure, check_digests, fit
from paridad.acts.envelope import ActHash, Envelope, act_hash, party_of, read_envelope
from paridad.acts.errors import ActRefused, FutureAct, NotAddressed
from paridad.acts.vocabulary import Kind, Vocabulary, check_body
from paridad.base.errors import ParidadError
from paridad.base.signing import Ed25519Key
from paridad.base.strict import (
    JsonValue,
    decode_base64url,
    decode_base64url_each,
    malformed,
    read_json,
    read_json_each,
)
from paridad.base.words import Words
from paridad.programme.origins import Log

ALGORITHM = "Ed25519"
TYPE = "act+sd-jwt"
MAX_SIGNED = 65_535
"""The ledger's entry bundles count bytes in 16 bits."""
MAX_DISCLOSURE = 32 * 1024
MAX_DISCLOSURES = 1024 * 1024
CLOCK_TOLERANCE = 300
"""Seconds by which the clocks of two nodes may differ."""

_KID = re.compile(r"([^#]+)#(?:0|[1-9][0-9]{0,8})")


class Charter(Protocol):
    """The closed lists of the charter that an act names."""

    @property
    def handling(self) -> Mapping[str, object]:
        """Handling codes."""

    @property
    def purposes(self) -> Mapping[str, object]:
        """Purpose codes."""

    @property
    def bases(self) -> Mapping[str, object]:
        """Legal-basis codes."""


class KeyRing(Protocol):
    """Who may sign what, when, under which charter."""

    def act_key(
        self, kid: str, *, iss: str, prg: str, at: int, leaf_index: int | None, log: Log = "shared"
    ) -> Ed25519Key:
        """Return the key if it speaks for `iss` at this time and place of the log, or raise a `ParidadError`."""

    def charter(self, prg: str) -> Charter:
        """Return the charter that an act names, or raise a `ParidadError`."""


@dataclass(frozen=True, slots=True)
class VerifiedAct:
    """An act that passed the ten steps; only `open_act` makes one."""

    signed: bytes
    """`header.payload.signature` to the byte; the ledger hashes this."""
    hash: ActHash
    kid: str
    envelope: Envelope
    kind: Kind | None
    """Nothing if this release does not know the kind."""
    fields: Mapping[str, JsonValue]
    """The opened fields; of records and lists the opened parts."""
    disclosures: Mapping[str, Disclosure]
    """By path: `name`, `birth.date`, `aliases[2]`; parents before their parts."""
    unopened: frozenset[str]
    """Digests of withheld fields and decoys alike."""

    @property
    def wire(self) -> bytes:
        """The act with the disclosures that are here."""
        return wire_of(self.signed, (disclosure.text for disclosure in self.disclosures.values()))


def wire_of(signed: bytes, texts: Iterable[str]) -> bytes:
    """Return the compact form: the signed text and disclosures, a tilde behind each (RFC 9901 §4)."""
    return b"%b~%b" % (signed, b"".join(b"%b~" % text.encode("ascii") for text in texts))


def open_act(
    wire: bytes,
    *,
    keys: KeyRing,
    vocabulary: Vocabulary,
    now: int,
    leaf_index: int | None = None,
    log: Log = "shared",
    addressed_to: str | None = None,
) -> VerifiedAct:
    """Verify an act in ten steps, or raise `ActRefused`.

    `leaf_index` is the place in the issuer's log, if there is one: an ended key counts only below the size fixed at
    its end. `log` says in which of the issuer's two logs.
    `addressed_to` is the party that must be among the addressees, if that is asked.
    """
    # (1) Size caps and the compact form. Nothing is decoded yet.
    with _Step(1):
        signed, texts = _split(wire)
    # (2) base64url is canonical in every part (RFC 4648 §3.5).
    with _Step(2):
        header, payload, signature = [decode_base64url(part) for part in signed.split(".")]
        opened = decode_base64url_each([text.encode("latin-1") for text in texts])
    # (3) Strict JSON in every part: depth, duplicate keys, floats, key names, strings.
    with _Step(3):
        head, claims = read_json(header), read_json(payload)
        trees = read_json_each(opened)
    # (4) The header is exactly `alg`, `kid`, `typ`, with the one algorithm and the one type (RFC 8725 §3.1, §3.11).
    with _Step(4):
        kid = _read_header(head)
    # (5) The key speaks for `iss` at `iat` under the charter `prg`.
    with _Step(5):
        key = _key_in_force(kid, claims, keys, leaf_index, log)
    # (6) Key and R are points of the prime-order subgroup; the key was checked when it became an `Ed25519Key`.
    with _Step(6):
        key.check_r(signature)
    # (7) Ed25519 over `header.payload`, as received (RFC 8032 §5.1.7, RFC 7515 §5.2).
    with _Step(7):
        text = signed.encode("ascii")
        key.check_equation(signature, text[: text.rindex(b".")])
    # (8) The claims are complete and known, and their codes stand in the charter.
    with _Step(8):
        digests = _take_digests(claims)
        envelope = _read_envelope(claims, keys)
    # (9) Each disclosure's digest is present exactly once (RFC 9901 §7.1).
    with _Step(9):
        fitted = fit(digests, texts, trees)
    # (10) The body fits the vocabulary of its kind.
    with _Step(10):
        kind = vocabulary.kind(envelope.knd)
        if kind is not None:
            check_body(kind, fitted.fields)
    _check_addressee(envelope, addressed_to)
    _check_clock(envelope, now)
    return VerifiedAct(
        text,
        act_hash(text),
        kid,
        envelope,
        kind,
        MappingProxyType(fitted.fields),
        MappingProxyType(fitted.disclosures),
        fitted.unopened,
    )


def open_signed_part(
    signed: bytes,
    *,
    keys: KeyRing,
    vocabulary: Vocabulary,
    now: int,
    leaf_index: int | None = None,
    log: Log = "shared",
) -> VerifiedAct:
    """Verify an act whose disclosures are elsewhere or destroyed; all its digests are unopened."""
    return open_act(wire_of(signed, ()), keys=keys, vocabulary=vocabulary, now=now, leaf_index=leaf_index, log=log)


def reread(signed: bytes, texts: Sequence[str], *, vocabulary: Vocabulary) -> VerifiedAct:
    """Read again an act that this node verified or issued before it filed it, with the disclosures still at hand.

    The signature is not checked again: what stands in the store was verified on the way in. Damage to the
    disclosures is seen, because each must fit its digest (step 9).
    """
    header, payload, _ = (decode_base64url(part) for part in signed.decode("ascii").split("."))
    claims = read_json(payload)
    digests = _take_digests(claims)
    envelope = read_envelope(claims)
    fitted = fit(digests, texts, read_json_each([decode_base64url(text) for text in texts]))
    return VerifiedAct(
        signed,
        act_hash(signed),
        read_json(header)["kid"],
        envelope,
        vocabulary.kind(envelope.knd),
        MappingProxyType(fitted.fields),
        MappingProxyType(fitted.disclosures),
        fitted.unopened,
    )


class _Step:
    """Gives the number of a step to whatever is refused in it."""

    __slots__ = ("_number",)

    def __init__(self, number: int) -> None:
        self._number = number

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: TracebackType | None) -> None:
        if isinstance(error, ParidadError):
            raise ActRefused(self._number, error.words) from error


def _split(wire: bytes) -> tuple[str, list[str]]:
    if len(wire) > 2 * (MAX_SIGNED + MAX_DISCLOSURES):  # so many tildes carry nothing; do not even cut them
        raise malformed("El acto es demasiado grande.", "The act is too large.")
    signed, *texts = wire.decode("latin-1").split("~")  # foreign bytes fail at step 2
    if not texts or texts.pop() or not all(texts) or signed.count(".") != 2:  # noqa: PLR2004  three parts
        raise malformed(
            "No tiene la forma cabecera.contenido.firma~campo~…~.",
            "It lacks the form header.payload.signature~field~…~.",
        )
    if len(signed) > MAX_SIGNED:
        raise malformed(f"La parte firmada pasa de {MAX_SIGNED} bytes.", f"The signed part exceeds {MAX_SIGNED} bytes.")
    if max(map(len, texts), default=0) > MAX_DISCLOSURE or sum(map(len, texts)) > MAX_DISCLOSURES:
        raise malformed("Un campo, o todos juntos, son demasiado grandes.", "A field, or all together, are too large.")
    return signed, texts


def _read_header(head: Any) -> str:
    if not isinstance(head, dict) or head.keys() != {"alg", "kid", "typ"} or not isinstance(head["kid"], str):
        raise malformed("La cabecera no es exactamente alg, kid, typ.", "The header is not exactly alg, kid, typ.")
    if head["alg"] != ALGORITHM or head["typ"] != TYPE:
        raise malformed(f"Se admite {ALGORITHM} y {TYPE}, nada más.", f"Only {ALGORITHM} and {TYPE} are admitted.")
    return head["kid"]


def _key_in_force(kid: str, claims: Any, keys: KeyRing, leaf_index: int | None, log: Log) -> Ed25519Key:
    if not isinstance(claims, dict):
        raise malformed("El contenido no es un objeto.", "The payload is not an object.")
    iss, prg, at = claims.get("iss"), claims.get("prg"), claims.get("iat")
    if not isinstance(iss, str) or not isinstance(prg, str) or type(at) is not int:
        raise malformed(
            "Falta quién habla, cuándo o con qué carta.", "Who speaks, when or under which charter is missing."
        )
    match = _KID.fullmatch(kid)
    if match is None or match[1] != iss:
        raise malformed(f"La clave {kid!r:.80} no es de {iss!r:.80}.", f"The key {kid!r:.80} is not of {iss!r:.80}.")
    return keys.act_key(kid, iss=iss, prg=prg, at=at, leaf_index=leaf_index, log=log)


def _take_digests(claims: dict[str, Any]) -> list[str]:
    if claims.pop("_sd_alg", None) != "sha-256":
        raise malformed("`_sd_alg` no es sha-256.", "`_sd_alg` is not sha-256.")
    digests: list[str] = claims.pop("_sd", None)
    check_digests(digests)
    return digests


def _read_envelope(claims: dict[str, Any], keys: KeyRing) -> Envelope:
    envelope = read_envelope(claims)
    charter = keys.charter(envelope.prg)
    for code, known in (
        (envelope.hnd, charter.handling),
        (envelope.pur, charter.purposes),
        (envelope.bas, charter.bases),
    ):
        if code not in known:
            raise malformed(f"El código {code} no está en la carta.", f"The code {code} is not in the charter.")
    return envelope


def _check_addressee(envelope: Envelope, party: str | None) -> None:
    if party is not None and party not in map(party_of, envelope.aud):
        raise NotAddressed(8, Words(es=f"El acto no se dirige a {party}.", en=f"The act is not addressed to {party}."))


def _check_clock(envelope: Envelope, now: int) -> None:
    if envelope.iat > now + CLOCK_TOLERANCE:
        ahead = envelope.iat - now
        raise FutureAct(
            8, Words(es=f"El acto está fechado {ahead} s adelante.", en=f"The act is dated {ahead} s ahead.")
        )
