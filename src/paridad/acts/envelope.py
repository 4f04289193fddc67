# SPDX-License-Identifier: Apache-2.0
"""The envelope of an act: the claims that whoever holds the act can always read.

Rules
  - All claims are mandatory and the set is closed; an unknown claim refuses the act.
  - An act is referred to by its *act hash*: base64url of SHA-256 over the ASCII text
    `header.payload.signature`. The *leaf hash* of the ledger is another value over the same text.
  - A draft is what a rule decides: an act not yet signed, without time, identifier or keys.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import NewType

import msgspec

from paridad.base.strict import JsonValue, encode_base64url

ActHash = NewType("ActHash", str)
"""43 characters of base64url: SHA-256 over the signed text, without a tilde."""

NO_FOLIO = ""
"""The folio claim of an act that belongs to no folio."""


def act_hash(signed: bytes) -> ActHash:
    """Return the act hash of the signed text `header.payload.signature`."""
    return ActHash(encode_base64url(sha256(signed).digest()))


class SeenHead(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A head of another party's log as last seen by the issuer: braids the two histories."""

    origin: str
    size: int
    root: str
    """base64url of the 32-byte root."""


class Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The claims of architecture section 5, except the digests."""

    iss: str
    """Agency that speaks, `<party>/<agency>`."""
    iat: int
    """Unix seconds, the operation's reference time."""
    jti: str
    """Random 128-bit identifier, base64url, 22 characters."""
    prg: str
    """Programme and hash of the charter in force: `<programme>@<base64url SHA-256>`."""
    knd: str
    """Kind and version, `<package>/<name>/<version>`."""
    fol: str
    """Folio, or `NO_FOLIO`."""
    re: tuple[str, ...]
    """Act hashes that this act answers or speaks of."""
    aud: tuple[str, ...]
    """Addressed agencies; the issuing agency itself for an internal record."""
    hnd: str
    """Handling code of the charter."""
    pur: str
    """Purpose code of the charter."""
    bas: str
    """Legal-basis code of the charter."""
    see: tuple[SeenHead, ...]

    @property
    def party(self) -> str:
        """The party of the issuing agency."""
        return party_of(self.iss)


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
