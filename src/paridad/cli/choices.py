# SPDX-License-Identifier: Apache-2.0
"""`paridad folio choices`: what may be chosen when something is said in a folio, from the charter, with its words.

Rules
  - The lists are those of the charter that the folio's request names; without a folio, of the charter in force.
  - One asks an agency of another party, and rests on a common basis or on one's own law: the others are not listed.
  - Limits are seconds, retention is days; whether two persons decide stands beside each handling code.

Worked example
    paridad folio choices --as ana
"""

from collections.abc import Mapping
from typing import Any

from paridad.base.strict import JsonValue
from paridad.cli.forms import Form, OfficerName
from paridad.cli.seeing import reader, words
from paridad.node.node import Node
from paridad.node.reading import load_folio
from paridad.programme.charter import Charter
from paridad.programme.codes import Agency


class Choices(Form):
    """The lists of the charter."""

    officer: OfficerName
    folio: str = ""


def choices(node: Node, form: Choices) -> JsonValue:
    """Return the lists from which an officer chooses."""
    reader(node, form.officer)
    charter, party = _charter(node, form.folio), node.own.party
    return {
        "agencies": [_agency(each) for each in charter.agencies.values() if each.party != party],
        "own_agencies": [_agency(each) for each in charter.agencies.values() if each.party == party],
        "urgencies": _listed(charter.urgencies, "acknowledge_seconds", "answer_seconds"),
        "handling_codes": _listed(charter.handling, "onward", "two_person", "retention_days"),
        "purposes": _listed(charter.purposes, "retention_days"),
        "bases": _listed({each.id: each for each in charter.bases_for(party)}),
        "desks": _listed(charter.desks),
        "grounds": _listed(charter.grounds),
        "outcomes": _listed(charter.outcomes),
        "obligations": _listed(charter.obligations, "assurance"),
    }


def _agency(each: Agency) -> JsonValue:
    return {"agency": each.id, "name": words(each.name), "party": each.party}


def _charter(node: Node, folio: str) -> Charter:
    if not folio:
        return node.own.keys.current
    with node.own.store.read() as conn:
        request = load_folio(conn, node.own, folio).request
    return node.own.keys.charter(request.prg) if request else node.own.keys.current


def _listed(codes: Mapping[str, Any], *more: str) -> JsonValue:
    return [
        {
            "code": words(each.words, code),
            "meaning": words(each.help) if each.help else None,
            **{name: getattr(each, name) for name in more},
        }
        for code, each in codes.items()
    ]
