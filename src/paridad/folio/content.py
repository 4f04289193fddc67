# SPDX-License-Identifier: Apache-2.0
"""What would leave, as one text with one digest: what a second person approves.

Rules
  - The content is the canonical JSON of the whole draft: kind, speaker, addressees, handling code, purpose, basis,
    references and fields. Change one of them and the digest is another: an approval holds for nothing else.
  - A record act's fields are not in it and need not be: act hash and path fix them, since the record's digests do.
  - The digest of an act that was sent is computed the same way, so a proposal knows when it was carried out.
  - The text travels in the proposal in pieces, each small enough for one field (spine 2.1: 16 KiB).

Worked example
    digest_of(content_of(draft)) == digest_of(content_of(said(the act signed from that draft))
"""

from collections.abc import Mapping
from dataclasses import fields
from hashlib import sha256

from paridad.acts.envelope import Draft
from paridad.base.strict import JsonValue, encode_base64url, read_json, write_json
from paridad.folio.state import Recorded

PIECE = 4000
"""Characters; at most 16,000 bytes of UTF-8."""


def content_of(draft: Draft) -> str:
    """Return the text of what a draft would let out."""
    return write_json({each.name: _plain(getattr(draft, each.name)) for each in fields(draft)}).decode("utf-8")


def digest_of(content: str) -> str:
    """Return the digest that an approval names: base64url of SHA-256 over the content."""
    return encode_base64url(sha256(content.encode("utf-8")).digest())


def said(act: Recorded) -> Draft:
    """Return the draft from which an act was signed."""
    envelope = act.envelope
    return Draft(
        kind=envelope.knd,
        iss=envelope.iss,
        aud=envelope.aud,
        handling=envelope.hnd,
        purpose=envelope.pur,
        basis=envelope.bas,
        fields=act.fields,
        folio=envelope.fol,
        re=envelope.re,
    )


def draft_of(content: str) -> Draft:
    """Return the draft that a proposal holds."""
    tree = read_json(content.encode("utf-8"))
    return Draft(**{**tree, "aud": tuple(tree["aud"]), "re": tuple(tree["re"])})


def pieces(content: str) -> list[str]:
    """Cut a content into texts that fit a field."""
    return [content[start : start + PIECE] for start in range(0, len(content), PIECE)]


def _plain(value: JsonValue) -> JsonValue:
    """Return a JSON tree of dictionaries and lists; an opened act hands out read-only mappings."""
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value
