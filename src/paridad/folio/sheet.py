# SPDX-License-Identifier: Apache-2.0
"""The folio's sheet: what both parties know of it, the same bytes on both nodes.

Rules
  - The sheet holds only what both nodes hold: no internal act, no officer, nothing of a third party, no free text.
  - It is canonical JSON (`base.strict.write_json`): two nodes compare it by its digest, or byte for byte.
  - A list longer than `MANY` is given by its length and digest, so that nobody can make a sheet impossible to write.
  - "Overdue" is at the reference time of the sheet, which stands in it.

Worked example
    sheet(folio_on_one_node, now) == sheet(folio_on_the_other, now)
"""

from collections.abc import Iterable
from dataclasses import asdict
from hashlib import sha256
from typing import Any

from paridad.base.strict import JsonValue, encode_base64url, write_json
from paridad.folio.clocks import clocks, due, overdue
from paridad.folio.state import Folio
from paridad.folio.waiting import shared_waiting

MANY = 1000
FREE_TEXT = frozenset({"remark", "item", "reason"})
"""What people wrote stays in its act."""


def sheet(folio: Folio, now: int) -> bytes:
    """Return the sheet as bytes."""
    return write_json(summary(folio, now))


def summary(folio: Folio, now: int) -> dict[str, JsonValue]:
    """Return what both parties know of the folio at a reference time."""
    held = {act.hash for act in folio.shared}
    return {
        "folio": folio.id,
        "at": now,
        "stage": folio.stage,
        "overdue": overdue(folio, now),
        "due": due(folio),
        "request": _plain(folio.request) if folio.request else None,
        "acknowledged_at": folio.acknowledged_at,
        "settled_at": folio.settled_at,
        "closed_at": folio.closure.at if folio.closure else None,
        "acts": _listed({"hash": act.hash, "kind": act.envelope.knd} for act in folio.shared),
        "clocks": _listed(_plain(clock) | {"late": clock.late(now)} for clock in clocks(folio)),
        "waiting": _listed(_plain(each) for each in shared_waiting(folio, now)),
        "pauses": _listed(map(_plain, folio.pauses)),
        "clarifications": _listed(map(_plain, folio.clarifications)),
        "releases": _listed(map(_plain, folio.releases)),
        "refusals": _listed(map(_plain, folio.refusals)),
        "recalls": _listed(map(_plain, folio.recalls)),
        "onward": _listed(map(_plain, folio.onward)),
        "outcomes": _listed(map(_plain, folio.outcomes)),
        "irregular": _listed(_plain(each) for each in folio.irregular if each.hash in held),
        "others": folio.others,
    }


def _plain(value: Any) -> dict[str, JsonValue]:
    return asdict(value, dict_factory=lambda pairs: {name: each for name, each in pairs if name not in FREE_TEXT})


def _listed(items: Iterable[dict[str, JsonValue]]) -> JsonValue:
    listed = list(items)
    if len(listed) <= MANY:
        return listed
    digest = sha256(b"".join(write_json(item) for item in listed)).digest()
    return {"count": len(listed), "digest": encode_base64url(digest)}
