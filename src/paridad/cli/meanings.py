# SPDX-License-Identifier: Apache-2.0
"""Codes inside acts with the words they stand for: those of the charter and those of the desks.

Rules
  - The code stays as it was signed; its words stand beside it. A code without words is shown as it is.
  - A field's name says which list its code is of; a desk's field may take a list of another name.

Worked example
    explained([{"path": "urgency", "label": …, "value": "urgent"}], "folio/request/1", charter)
        is [{"path": "urgency", "label": …, "value": "urgent", "means": {"es": "Urgente …", "en": "Urgent …"}}]
"""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from paridad.acts.envelope import Draft
from paridad.base.strict import JsonValue
from paridad.base.words import Words
from paridad.cli.seeing import Coded, draft_entry, words
from paridad.desks.targets import codes
from paridad.desks.targets.dossier import KIND as DOSSIER
from paridad.desks.targets.links import KIND as LINK
from paridad.desks.targets.reports import KIND as IMPORT
from paridad.node.node import Node
from paridad.programme.charter import Charter

OF_CHARTER: Mapping[str, str] = MappingProxyType(
    {
        "urgency": "urgencies",
        "desk": "desks",
        "grounds": "grounds",
        "obligations": "obligations",
        "obligation": "obligations",
        "assurances": "obligations",
        "outcome": "outcomes",
        "purpose": "purposes",
        "conditions": "obligations",
    }
)
"""Field of a folio's act: the list of the charter that its code is of."""
OF_DOSSIER: Mapping[str, str] = MappingProxyType(
    {
        "aliases.type": "alias_type",
        "identifiers.type": "identifier",
        "contacts.type": "contact",
        "links.role": "role",
        "craft.property": "craft",
        "organisation.property": "organisation",
        "accounts.type": "account",
        "births.finding": "value_finding",
        "identifiers.finding": "value_finding",
        "name_finding": "value_finding",
    }
)
"""Field of a dossier whose list has another name."""
OF_KIND: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        LINK: {"relation": "link_relation", "state": "state"},
        IMPORT: {"format": "format", "note": "note", "field": "csv_field", "subject": "subject_type"},
    }
)
"""For a link or the report of an import: field, and the list that its code is of."""
FATES: Mapping[str, Words] = MappingProxyType(
    {"destroyed": Words(es="destruido", en="destroyed"), "kept": Words(es="conservado", en="kept")}
)
DESK = "targets/"
"""What the names of the desk's kinds begin with: its other acts name their lists as they are."""
_PLACE = re.compile(r"\[[0-9]+\]")


def explained(leaves: Iterable[Any], kind: str, charter: Charter) -> list[JsonValue]:
    """Return the fields of an act, each code with its words."""
    return [_explained(leaf, kind, charter) for leaf in leaves]


def explained_draft(node: Node, draft: Draft) -> dict[str, JsonValue]:
    """Return a draft as its own officer sees it before anything is signed, each code with its words."""
    told = draft_entry(node, draft)
    return {**told, "fields": explained(told["fields"], draft.kind, node.own.keys.current)}  # type: ignore[arg-type]


def _explained(leaf: Mapping[str, JsonValue], kind: str, charter: Charter) -> JsonValue:
    value = leaf.get("value")
    found = _meaning(kind, _PLACE.sub("", str(leaf["path"])), value, charter) if isinstance(value, str) else None
    return {**leaf, "means": words(found)} if found else dict(leaf)


def _meaning(kind: str, path: str, code: str, charter: Charter) -> Words | None:
    name = path.rpartition(".")[2]
    if kind == DOSSIER:
        listed = OF_DOSSIER.get(path, name)
        return codes.code_list(listed).get(code) if listed in codes.list_names() else None
    if kind in OF_KIND:
        return codes.code_list(OF_KIND[kind][name]).get(code) if name in OF_KIND[kind] else None
    if kind.startswith(DESK) and name in codes.list_names():
        return codes.code_list(name).get(code)
    if name == "fate":
        return FATES.get(code)
    of: Mapping[str, Coded] = getattr(charter, OF_CHARTER[name]) if name in OF_CHARTER else {}
    return of[code].words if code in of else None
