# SPDX-License-Identifier: Apache-2.0
"""A table handed in at a page: looked at, mapped, tried, and then brought in, with its progress.

Rules
  - What is handed in lies in the memory of this process alone, for an hour, and is its officer's alone.
  - Nothing is applied that a person did not choose: headings and encoding are guessed and shown.
  - A small table is brought in at once; a larger one goes on by itself, and whoever asks sees how far it is.
  - These operations are for the pages of a running node and no commands: a command reads files (`imports`).

Worked example
    OPERATIONS["import.upload"](node, {"officer": "ana", "name": "padron.csv", "data": base64})["upload"]
"""

import logging
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping
from threading import Thread
from types import MappingProxyType
from typing import Any

from paridad.base.errors import ParidadError
from paridad.base.strict import JsonValue
from paridad.cli.errors import refused
from paridad.cli.forms import Form, OfficerName
from paridad.cli.import_reports import mappings
from paridad.cli.imports import Importing, marks_of, today, told
from paridad.cli.seeing import not_found, reader, words
from paridad.cli.verbs import Verb
from paridad.desks.targets.lines import Held, digest_of
from paridad.desks.targets.mapping import ColumnMapping, mapping_of
from paridad.desks.targets.reports import Brought
from paridad.desks.targets.table import load_table, look_at, returned, rows_of, sample
from paridad.node.importing import ImportReport, Marks, Upload, file_report, import_dossiers, rehearse
from paridad.node.node import Node
from paridad.node.running import Operation
from paridad.node.saying import demand_role

ID_BYTES = 16
SMALL = 500
"""A table of so many rows is brought in while its officer waits."""
SAMPLE_ROWS = 5
log = logging.getLogger("paridad.imports")


class HandIn(Form):
    """A table."""

    officer: OfficerName
    name: str
    data: str


class Which(Form):
    """A table that was handed in, and the mapping to begin with."""

    officer: OfficerName
    upload: str
    mapping: str = ""


class Mapped(Importing):
    """A table that was handed in, with what a person decided of it."""

    upload: str
    mapping: dict[str, Any]


def hand_in(node: Node, form: HandIn) -> JsonValue:
    """Keep a table in memory, if it can be looked at."""
    demand_role(node.own, node.home.officer(form.officer), "record", now=node.clock())
    try:
        file = Held(form.name, b64decode(form.data, validate=True))
    except (NotBase64, ValueError) as error:
        raise refused("El archivo no llegó entero.", "The file did not arrive whole.") from error
    look_at(file)
    upload = Upload(node.own.random(ID_BYTES).hex(), form.officer, file, node.clock())
    node.uploads.keep(upload)
    return {"upload": upload.id}


def look(node: Node, form: Which) -> JsonValue:
    """Return what a table shows of itself, the mappings that have a name, and how far its import is."""
    upload = _upload(node, form.officer, form.upload)
    head, reading = look_at(upload.file), reader(node, form.officer)
    with node.own.store.read() as conn:
        known = mappings(reading, conn)
    mapping = known.get(form.mapping)
    lines = sample(upload.file, mapping or head, SAMPLE_ROWS)
    return {
        "upload": upload.id,
        "file": upload.file.name,
        "encoding": head.encoding,
        "divider": head.divider,
        "mappings": list(known),
        "mapping": _settings(mapping) if mapping else None,
        "columns": [
            {
                "column": column,
                "field": mapping.of(column) if mapping else head.guesses[column],
                "refused": column in head.refused,
                "sample": [line[place] for line in lines if place < len(line) and line[place].strip()],
            }
            for place, column in enumerate(head.columns)
        ],
        "progress": _progress(upload),
    }


def attempt(node: Node, form: Mapped) -> JsonValue:
    """Read a table by a mapping and say what it holds; nothing is filed."""
    marks_of(node, form)
    upload, mapping = _upload(node, form.officer, form.upload), mapping_of(form.mapping)
    report = rehearse(load_table(upload.file, mapping, today=today(node)))
    return {"file": upload.file.name, "dry_run": True, **told(report)}


def start(node: Node, form: Mapped) -> JsonValue:
    """Bring a table in: at once where it is small, by itself where it is not."""
    marks, upload = marks_of(node, form), _upload(node, form.officer, form.upload)
    if upload.report is not None:
        return {"upload": upload.id, "progress": _progress(upload)}
    mapping = mapping_of(form.mapping)
    upload.report = ImportReport()
    if len(list(rows_of(upload.file))) <= SMALL:
        _run(node, upload, mapping, marks)
    else:
        upload.running = Thread(target=_run, args=(node, upload, mapping, marks), name="import", daemon=True)
        upload.running.start()
    if upload.failed:
        raise upload.failed
    return {"upload": upload.id, "progress": _progress(upload)}


def _run(node: Node, upload: Upload, mapping: ColumnMapping, marks: Marks) -> None:
    """Bring a table in; what goes wrong is kept for whoever asks."""
    now = node.clock()
    brought = Brought("csv", mapping.source, upload.file.name, digest_of(upload.file), upload.officer, mapping)
    try:
        entries = load_table(upload.file, mapping, today=today(node))
        report = import_dossiers(node.own, node.views, entries, marks, now=now, report=upload.report)
        upload.act = file_report(node.own, brought, marks, report, now=now)
    except ParidadError as error:
        log.warning("import stopped: %s: %r", upload.officer, error.words.en)
        upload.failed = error


def give_back(node: Node, form: Mapped) -> JsonValue:
    """Return the rows that do not hold, as they came, with their reasons."""
    marks_of(node, form)
    upload, mapping = _upload(node, form.officer, form.upload), mapping_of(form.mapping)
    report = rehearse(load_table(upload.file, mapping, today=today(node)))
    data = returned(upload.file, mapping, report.rejects, "es")
    return {"file": upload.file.name, "encoding": mapping.encoding, "data": b64encode(data).decode("ascii")}


def _upload(node: Node, officer: str, id_: str) -> Upload:
    found = node.uploads.of(officer, id_, now=node.clock())
    if found is None:
        raise not_found(id_)
    return found


def _progress(upload: Upload) -> JsonValue:
    report = upload.report
    if report is None:
        return None
    return {
        "running": not upload.act and upload.failed is None,
        "read": report.read,
        "failed": words(upload.failed.words) if upload.failed else None,
        "act": upload.act,
        **told(report),
    }


def _settings(mapping: ColumnMapping) -> dict[str, JsonValue]:
    return {
        "name": mapping.name,
        "source": mapping.source,
        "subject": mapping.subject,
        "encoding": mapping.encoding,
        "divider": mapping.divider,
        "order": mapping.order,
        "letters": mapping.letters,
    }


TABLES: Mapping[str, Operation] = MappingProxyType(
    {
        "import.upload": Verb("upload", HandIn, operation=hand_in).at_node,
        "import.table": Verb("table", Which, operation=look).at_node,
        "import.attempt": Verb("attempt", Mapped, operation=attempt).at_node,
        "import.start": Verb("start", Mapped, operation=start).at_node,
        "import.returned": Verb("returned", Mapped, operation=give_back).at_node,
    }
)
"""What the pages ask, by name."""
