# SPDX-License-Identifier: Apache-2.0
"""Key statements as acts carry them: read under the charter they name, and added to a ring.

Rules
  - A statement stands on the signatures inside it (root, possession, predecessor), not on the act that carries it.
  - A party may use a new key in the very batch that announces it: the statements of a batch count for judging it.

Worked example
    ring = absorb(ring, act.fields)          raises where the statement does not hold; `ring` is then what it was
"""

from collections.abc import Mapping

from paridad.base.strict import JsonValue
from paridad.programme.charter import Charter
from paridad.programme.keys import KeyRing
from paridad.programme.statements import KeyChange, read_key_change

KEY_CHANGE = "programme/key-change/1"
FIELD = "signed"


def change_in(fields: Mapping[str, JsonValue], charter: Charter) -> KeyChange:
    """Return the statement that an act carries, verified under a charter, or raise `KeyChangeRefused`."""
    return read_key_change(str(fields.get(FIELD, "")).encode(), charter)


def absorb(ring: KeyRing, fields: Mapping[str, JsonValue]) -> KeyRing:
    """Return the ring after the statement that an act carries, or raise `KeyChangeRefused`."""
    return ring.with_change(change_in(fields, ring.current))
