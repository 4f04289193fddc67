# SPDX-License-Identifier: Apache-2.0
"""The texts a policy is made of, and their one hash.

Rules
  - Schema, policies and rule table are written by hand and shipped; a node may add forbids of its own, never a permit.
  - The closed lists of the charter are added to the schema as enumerated entity types, in the order they are given.
  - The policy-set hash is SHA-256 over all texts, each with its name and length before it: it changes with any of them.

Worked example
    texts = shipped(lists)
    texts.schema        ends in 'entity Handling enum ["none", "CLEAR", ...];' and the other lists of the charter
    texts.hash          is the same on every node that holds the same charter and the same release
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files

from paridad.base.strict import encode_base64url
from paridad.policy.lists import CodeLists
from paridad.policy.question import NONE


@dataclass(frozen=True, slots=True)
class PolicyTexts:
    """Everything that decides, as text."""

    schema: str
    """Cedar schema with the charter's lists."""
    policies: str
    rules: str
    """The rule table, TOML."""
    narrower: str = ""
    """Cedar text of the node's own forbids."""

    @property
    def hash(self) -> str:
        """The policy-set hash, base64url."""
        digest = sha256(b"paridad/policy-set/1\0")
        for name in ("schema", "policies", "rules", "narrower"):
            text = getattr(self, name).encode("utf-8")
            digest.update(f"{name}:{len(text)}:".encode("ascii") + text)
        return encode_base64url(digest.digest())


def shipped(lists: CodeLists, *, narrower: str = "") -> PolicyTexts:
    """Return the texts of this release for the lists of a charter."""
    return PolicyTexts(
        schema=f"{_text('schema.cedarschema')}\n{charter_entities(lists)}",
        policies=_text("policies.cedar"),
        rules=_text("rules.toml"),
        narrower=narrower,
    )


def charter_entities(lists: CodeLists) -> str:
    """Return the charter's lists as enumerated entity types of a Cedar schema."""
    return (
        _enumeration("Handling", (NONE, *lists.handling_codes))
        + _enumeration("Purpose", (NONE, *lists.purposes))
        + _enumeration("Agency", lists.agencies)
        + _enumeration("Party", lists.parties)
    )


def _enumeration(name: str, codes: Iterable[str]) -> str:
    """Codes have the form that `CodeLists` checked: nothing in them needs escaping."""
    return f"entity {name} enum [{', '.join(json.dumps(code) for code in codes)}];\n"


def _text(name: str) -> str:
    return (files("paridad.policy") / name).read_text(encoding="utf-8")
