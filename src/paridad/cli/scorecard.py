# SPDX-License-Identifier: Apache-2.0
"""`paridad scorecard`: what two parties did with each other's requests, the same numbers on both nodes.

Rules
  - It counts the folios that the officer may know of (law 8), out of the rows that they left (`folio.projection`).
  - At one moment, with the same acts on both nodes, both compute the same bytes; `digest` is their SHA-256. Whoever
    compares names the moment (`--at`).
  - Codes come with their words in both languages. Nothing is ranked or added up across parties.

Worked example
    paridad scorecard --as jefa --at 2026-12-01T00:00:00Z --json        the other node prints the same digest
"""

from hashlib import sha256
from typing import Any

import msgspec
import sqlalchemy as sa

from paridad.base.strict import JsonValue, encode_base64url, read_json
from paridad.cli.errors import refused
from paridad.cli.forms import Form, Moment, OfficerName
from paridad.cli.listing import scope, visible_rows
from paridad.cli.seeing import Reading, coded, reader
from paridad.cli.verbs import Verb
from paridad.folio.projection import folio_rows, score_rows
from paridad.folio.scorecard import FROM_THE_BEGINNING, Facts, scorecard_of
from paridad.node.node import Node

NOW = -1
MINUTE = 60


class Scorecard(Form):
    """What two parties did with each other's requests."""

    officer: OfficerName
    peer: str = ""
    since: Moment = FROM_THE_BEGINNING
    at: Moment = NOW


def scorecard(node: Node, form: Scorecard) -> JsonValue:
    """Return the scorecard of the own party and one other."""
    node.views.refresh()
    reading = reader(node, form.officer)
    pair = node.own.party, _peer(node, form.peer)
    at = form.at if form.at >= 0 else reading.now - reading.now % MINUTE + MINUTE
    sees = scope(reading)
    if not sees["envelopes"]:
        return {"sees": sees}
    written = scorecard_of(_facts(reading), pair, at, since=form.since)
    sheet: Any = read_json(written)
    return {
        "sees": sees,
        **sheet,
        "digest": encode_base64url(sha256(written).digest()),
        "peer": pair[1],
        "parties": [_in_words(node, each) for each in sheet["parties"]],
    }


def _peer(node: Node, named: str) -> str:
    """Return the other party: the one that is named, or the only one."""
    others = node.own.others
    if named in others or (not named and len(others) == 1):
        return named or others[0]
    listed = ", ".join(others)
    raise refused(f"Diga con qué parte: {listed}.", f"Say with which party: {listed}.")


def _facts(reading: Reading) -> list[Facts]:
    """Return what each folio adds that the reader may know of."""
    wanted = sa.select(score_rows.c.facts).join(folio_rows, folio_rows.c.id == score_rows.c.folio)
    decoder = msgspec.json.Decoder(Facts)
    with reading.node.own.store.read() as conn:
        return [decoder.decode(row.facts) for row in conn.execute(wanted.where(visible_rows(reading)))]


def _in_words(node: Node, column: dict[str, Any]) -> JsonValue:
    """Return one party's column, its codes with their words."""
    charter = node.own.keys.current
    asking, asked = dict(column["as_asking"]), dict(column["as_asked"])
    asking["outcomes"] = [{**each, "code": coded(charter.outcomes, each["code"])} for each in asking["outcomes"]]
    asked["refusals_by_ground"] = [
        {**each, "code": coded(charter.grounds, each["code"])} for each in asked["refusals_by_ground"]
    ]
    return {**column, "as_asking": asking, "as_asked": asked}


VERB = Verb("scorecard", Scorecard, operation=scorecard)
