# SPDX-License-Identifier: Apache-2.0
"""A reader of SD-JWTs that follows RFC 9901 §7.1 alone, without our profile and without signatures. Tests only.

It shares one thing with the product: the digest of a disclosure.

Worked example
    read_claims("eyJ…~WyJ…~")      the claims with every disclosed one in its place
"""

import json
from base64 import urlsafe_b64decode
from typing import Any

from paridad.acts.disclosure import digests_of


def parts_of(wire: str) -> tuple[Any, Any, list[str]]:
    """Return header, payload and disclosure texts of a compact SD-JWT, key binding left out."""
    signed, *texts = wire.split("~")
    header, payload, _ = signed.split(".")
    return decoded(header), decoded(payload), texts[:-1]


def decoded(text: str) -> Any:
    """Return the JSON in a base64url text."""
    return json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def read_claims(wire: str) -> Any:
    """Apply the disclosures of a compact SD-JWT to its payload."""
    _, payload, texts = parts_of(wire)
    return apply(payload, texts)


def apply(payload: Any, texts: list[str]) -> Any:
    """Apply disclosures to a payload (RFC 9901 §7.1, step 3); all of them must find their place (step 5)."""
    waiting = dict(zip(digests_of(texts), map(decoded, texts), strict=True))
    claims = _resolve(payload, waiting)
    if waiting:
        raise ValueError("a disclosure is referenced by no digest")
    claims.pop("_sd_alg", None)
    return claims


def _resolve(value: Any, waiting: dict[str, Any]) -> Any:
    if isinstance(value, list):
        return [_resolve(inner, waiting) for element in value for inner in _element(element, waiting)]
    if isinstance(value, dict):
        claims = {name: _resolve(inner, waiting) for name, inner in value.items() if name != "_sd"}
        for digest in value.get("_sd", ()):
            if digest in waiting:
                _, name, inner = waiting.pop(digest)
                claims[name] = _resolve(inner, waiting)
        return claims
    return value


def _element(element: Any, waiting: dict[str, Any]) -> list[Any]:
    if not isinstance(element, dict) or set(element) != {"..."}:
        return [element]
    return [waiting.pop(element["..."])[1]] if element["..."] in waiting else []
