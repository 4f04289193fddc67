# SPDX-License-Identifier: Apache-2.0
"""The envelope of an act: the claims that whoever holds the act can always read.

Rules
  - All claims are mandatory and the set is closed; an unknown claim refuses the act.
  - Every claim has one form, written here as a pattern; identifiers and codes are ASCII without blanks.
  - An act is referred to by its *act hash*: base64url of SHA-256 over the ASCII text
    `header.payload.signature`. The *leaf hash* of the ledger is another value over the same text.
  - A draft is what a rule decides: an act not yet signed, without time, identifier or keys.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Annotated, Any, NewType

import msgspec

from paridad.base.strict import MAX_INTEGER, JsonValue, encode_base64url, malformed
from paridad.programme.origins import AGENCY, PROGRAMME

ActHash = NewType("ActHash", str)
"""43 characters of base64url: SHA-256 over the signed text, without a tilde."""

NO_FOLIO = ""
"""The folio claim of an act that belongs to no folio."""

KIND_PATTERN = r"[a-z][a-z0-9-]*/[a-z][a-z0-9-]*/[1-9][0-9]{0,3}"
"""`<package>/<name>/<version>`"""
DIGEST_PATTERN = r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]"
"""SHA-256 in base64url: 43 characters, the two unused bits zero."""

Agency = Annotated[str, msgspec.Meta(pattern=rf"\A{AGENCY.pattern}\Z")]
KindName = Annotated[str, msgspec.Meta(pattern=rf"\A{KIND_PATTERN}\Z")]
Digest = Annotated[str, msgspec.Meta(pattern=rf"\A{DIGEST_PATTERN}\Z")]
CharterReference = Annotated[str, msgspec.Meta(pattern=rf"\A{PROGRAMME.pattern}@{DIGEST_PATTERN}\Z")]
RandomId = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9_-]{21}[AQgw]\Z")]
Code = Annotated[str, msgspec.Meta(pattern=r"\A[!-~]{1,64}\Z")]
FolioName = Annotated[str, msgspec.Meta(pattern=r"\A[!-~]{0,128}\Z")]
Origin = Annotated[str, msgspec.Meta(pattern=r"\A[!-~]{1,128}\Z")]
Natural = Annotated[int, msgspec.Meta(ge=0, le=MAX_INTEGER)]


def act_hash(signed: bytes) -> ActHash:
    """Return the act hash of the signed text `header.payload.signature`."""
    return ActHash(encode_base64url(sha256(signed).digest()))


class SeenHead(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A head of another party's log as last seen by the issuer: braids the two histories."""

    origin: Origin
    size: Natural
    root: Digest
    """base64url of the 32-byte root."""


class Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The claims of architecture section 5, except the digests."""

    iss: Agency
    """Agency that speaks, `<party>/<agency>`."""
    iat: Natural
    """Unix seconds, the operation's reference time."""
    jti: RandomId
    """Random 128-bit identifier, base64url, 22 characters."""
    prg: CharterReference
    """Programme and hash of the charter in force: `<programme>@<base64url SHA-256>`."""
    knd: KindName
    """Kind and version, `<package>/<name>/<version>`."""
    fol: FolioName
    """Folio, or `NO_FOLIO`."""
    re: tuple[Digest, ...]
    """Act hashes that this act answers or speaks of."""
    aud: Annotated[tuple[Agency, ...], msgspec.Meta(min_length=1)]
    """Addressed agencies; the issuing agency itself for an internal record."""
    hnd: Code
    """Handling code of the charter."""
    pur: Code
    """Purpose code of the charter."""
    bas: Code
    """Legal-basis code of the charter."""
    see: tuple[SeenHead, ...]

    @property
    def party(self) -> str:
        """The party of the issuing agency."""
        return party_of(self.iss)


_CLAIM = re.compile(r"`(?:\$\.)?([a-z0-9_]+)")
ENVELOPE_CLAIMS = frozenset(Envelope.__struct_fields__)


def read_envelope(claims: Mapping[str, Any]) -> Envelope:
    """Return the claims as an envelope, or raise `Malformed` naming the claim that is missing, unknown or misshapen."""
    try:
        return msgspec.convert(claims, Envelope, strict=True)
    except msgspec.ValidationError as error:
        claim = _CLAIM.findall(str(error))[-1]
        raise malformed(
            f"El dato {claim!r} del sobre falta, sobra o no tiene su forma.",
            f"The claim {claim!r} of the envelope is missing, unknown or misshapen.",
        ) from error


def party_of(agency: str) -> str:
    """Return the party of an agency: what stands before the first slash."""
    return agency.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Draft:
    """An act not yet signed: what a rule decided that somebody says."""

    kind: str
    """`<package>/<name>/<version>`"""
    iss: str
    aud: tuple[str, ...]
    handling: str
    purpose: str
    basis: str
    fields: Mapping[str, JsonValue] = field(default_factory=dict)
    folio: str = NO_FOLIO
    re: tuple[str, ...] = ()

    @property
    def internal(self) -> bool:
        """Whether nobody outside the issuing party is addressed."""
        return all(party_of(agency) == party_of(self.iss) for agency in self.aud)
