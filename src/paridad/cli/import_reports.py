# SPDX-License-Identifier: Apache-2.0
"""`paridad import list|show`: what was brought into the node, by whom, and what came back and why.

Rules
  - A report is an act: it is shown to who may know of it, field by field.
  - Mappings are found by their name in the reports of the own agency; the newest of a name counts.

Worked example
    paridad import list --as ana
    paridad import show wUz… --as ana
"""

from collections.abc import Iterator, Mapping

import sqlalchemy as sa

from paridad.acts.verify import VerifiedAct
from paridad.base.errors import ParidadError
from paridad.base.strict import JsonValue
from paridad.cli.forms import Form, OfficerName, Positional
from paridad.cli.meanings import explained
from paridad.cli.seeing import Reading, entry, not_found, note, reader, visible, words
from paridad.cli.verbs import Verb
from paridad.desks.targets import codes
from paridad.desks.targets.mapping import ColumnMapping
from paridad.desks.targets.reports import KIND, mapping_in
from paridad.folio.reading import records, text, whole
from paridad.node.node import Node
from paridad.node.reading import read_acts
from paridad.store.acts import ActQuery, page_acts

PAGE = 50
LATEST = 500
"""Among so many reports a mapping is looked for."""
COUNTS = ("filed", "corrected", "unchanged", "links", "rejected", "refused")


class ListImports(Form):
    """The reports, newest first."""

    officer: OfficerName


class ShowImport(Form):
    """One report."""

    act: Positional
    officer: OfficerName


def list_imports(node: Node, form: ListImports) -> JsonValue:
    """Return the newest reports that an officer may know of."""
    reading = reader(node, form.officer)
    with node.own.store.read() as conn:
        found = list(_reports(reading, conn, PAGE))
    note(reading, [act.hash for act in found], "list")
    return {"imports": [_row(reading, act) for act in found]}


def show_import(node: Node, form: ShowImport) -> JsonValue:
    """Return one report as an officer may see it."""
    reading = reader(node, form.officer)
    with node.own.store.read() as conn:
        act = visible(reading, conn, form.act)
        if act.envelope.knd != KIND:
            raise not_found(form.act)
        shown = entry(reading, conn, act)
    note(reading, [act.hash], "import")
    fields = reading.sight.filter(act.fields, act.kind, act.envelope).fields
    told = explained(shown.pop("fields"), KIND, node.own.keys.charter(act.envelope.prg))  # type: ignore[arg-type]
    return {
        **shown,
        **_row(reading, act),
        "fields": told,
        "rejects": [
            {
                "file": text(each, "file"),
                "line": whole(each, "line"),
                "column": text(each, "column"),
                "because": {"es": text(each, "es"), "en": text(each, "en")},
            }
            for each in records(fields, "returned")
        ],
        "noted": [
            {
                "column": text(each, "column"),
                "because": words(codes.label("note", text(each, "note")), text(each, "note")),
                "times": whole(each, "times"),
            }
            for each in records(fields, "noted")
        ],
        "columns": [
            {"column": text(each, "column"), "field": words(codes.label("csv_field", text(each, "field")))}
            for each in records(fields, "columns")
            if text(each, "field")
        ],
    }


def mappings(reading: Reading, conn: sa.Connection) -> dict[str, ColumnMapping]:
    """Return the mappings that the reader's agency has used, by name."""
    found: dict[str, ColumnMapping] = {}
    for act in _reports(reading, conn, LATEST):
        fields = reading.sight.filter(act.fields, act.kind, act.envelope).fields
        if act.envelope.iss == reading.officer.agency and (mapping := _mapping(fields)):
            found.setdefault(mapping.name, mapping)
    return found


def _mapping(fields: Mapping[str, JsonValue]) -> ColumnMapping | None:
    """Return the mapping of a report; one that this release no longer takes is none."""
    try:
        return mapping_in(fields)
    except ParidadError:
        return None


def _reports(reading: Reading, conn: sa.Connection, limit: int) -> Iterator[VerifiedAct]:
    acts = read_acts(conn, reading.node.own, page_acts(conn, ActQuery(kinds=(KIND,)), limit=limit))
    return (act for act in acts if reading.knows_of(act.envelope))


def _row(reading: Reading, act: VerifiedAct) -> dict[str, JsonValue]:
    fields = reading.sight.filter(act.fields, act.kind, act.envelope).fields
    format_ = text(fields, "format")
    return {
        "act": act.hash,
        "at": act.envelope.iat,
        "agency": act.envelope.iss,
        "format": words(codes.label("format", format_), format_),
        "source": text(fields, "source"),
        "file": text(fields, "file"),
        **{name: whole(fields, name) or 0 for name in COUNTS},
    }


VERBS = (Verb("list", ListImports, operation=list_imports), Verb("show", ShowImport, operation=show_import))
