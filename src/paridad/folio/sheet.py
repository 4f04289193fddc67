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

from collections.abc import Sequence
from dataclasses import asdict
from hashlib import sha256

from paridad.base.strict import JsonValue, encode_base64url, write_json
from paridad.folio.clocks import clocks, due, overdue
from paridad.folio.state import Folio, Irregular, OnwardRequest, Outcome, RecallCase, Refusal, Release, Request
from paridad.folio.waiting import shared_waiting

MANY = 1000


def sheet(folio: Folio, now: int) -> bytes:
    """Return the sheet as bytes."""
    return write_json(summary(folio, now))


def summary(folio: Folio, now: int) -> dict[str, JsonValue]:
    """Return what both parties know of the folio at a reference time."""
    held = {act.hash for act in folio.shared}
    return {
        "folio": folio.id,
        "at": now,
        "stage": folio.stage.value,
        "overdue": overdue(folio, now),
        "due": due(folio),
        "request": _request(folio.request) if folio.request else None,
        "acknowledged_at": folio.acknowledged_at,
        "settled_at": folio.settled_at,
        "acts": _listed([f"{act.hash} {act.envelope.knd}" for act in folio.shared]),
        "clocks": _listed([_plain(clock, "party", "late") | {"late": clock.late(now)} for clock in clocks(folio)]),
        "waiting": _listed([_plain(each, "internal") for each in shared_waiting(folio, now)]),
        "pauses": _listed([_plain(pause, "reason") for pause in folio.pauses]),
        "clarifications": _listed([_plain(question) for question in folio.clarifications]),
        "releases": _listed([_plain(release) for release in folio.releases]),
        "refusals": _listed([_plain(refusal) for refusal in folio.refusals]),
        "recalls": _listed([_plain(recall) for recall in folio.recalls]),
        "onward": _listed([_plain(onward) for onward in folio.onward]),
        "outcomes": _listed([_plain(outcome) for outcome in folio.outcomes]),
        "closed_at": folio.closure.at if folio.closure else None,
        "irregular": _listed([_plain(each) for each in folio.irregular if each.hash in held]),
        "others": folio.others,
    }
