# SPDX-License-Identifier: Apache-2.0
"""`paridad import`: lists into the node, every entry an act or a rejection with its reason.

Rules
  - Handling code, purpose and basis are named for all that comes in; nothing is imported without.
  - The officer's role must allow filing records; the officer's agency is who holds them.
  - `--dry-run` reads the whole list and says what it holds and what would be rejected; nothing is filed.

Worked example
    paridad import ofac --sdn sdn.csv --alt alt.csv --add add.csv --handling AMBER --purpose … --basis … --as ana
    paridad import csv --file padron.csv --mapping padron.toml --handling AMBER --purpose … --basis … --as ana
    paridad import ftm --file entities.ftm.json --source OpenSanctions --handling AMBER --purpose … --basis … --as ana
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from paridad.base.strict import JsonValue
from paridad.base.words import Words
from paridad.cli import import_reports
from paridad.cli.errors import refused
from paridad.cli.forms import Acting, Form, InFile, Target
from paridad.cli.seeing import words
from paridad.cli.verbs import Call, Noun, Verb
from paridad.desks.targets import codes
from paridad.desks.targets.ftm import load_ftm, read_side
from paridad.desks.targets.lines import digest_of
from paridad.desks.targets.mapping import ColumnMapping, as_toml, read_mapping
from paridad.desks.targets.ofac import LIST, load_ofac
from paridad.desks.targets.reports import Brought
from paridad.desks.targets.table import load_table, look_at, returned
from paridad.node.importing import ImportReport, Item, Marks, file_report, import_dossiers, rehearse
from paridad.node.node import Node
from paridad.node.saying import demand_role

MANY = 1000
"""So many rejections and notes are listed; their number is always told."""
NOT_MAPPED = Words(es="Ninguno", en="None")


class Importing(Acting):
    """What every import says of all that comes in."""

    handling: str
    purpose: str
    basis: str


class Ofac(Importing):
    """The official list in its csv layout."""

    sdn: InFile
    alt: InFile = ""
    add: InFile = ""
    listed_on: str = ""


class Ftm(Importing):
    """Entities of followthemoney, one JSON object a line."""

    file: InFile
    source: str
    side: InFile = ""


class Look(Form):
    """A table that nobody has mapped yet."""

    file: InFile
    out: Target = ""


class Csv(Importing):
    """A table, by a mapping of its columns."""

    file: InFile
    mapping: InFile
    returned: Target = ""


def ofac(node: Node, form: Ofac) -> JsonValue:
    """File every entry of a list that is new or changed."""
    alt, add = (Path(each) if each else None for each in (form.alt, form.add))
    brought = _brought(form, "ofac", LIST, Path(form.sdn))
    return bring_in(node, form, load_ofac(Path(form.sdn), alt, add, listed_on=form.listed_on), brought)


def ftm(node: Node, form: Ftm) -> JsonValue:
    """File every entity and link of a file that is new or changed."""
    side = read_side(Path(form.side)) if form.side else None
    brought = _brought(form, "ftm", form.source, Path(form.file))
    return bring_in(node, form, load_ftm(Path(form.file), source=form.source, today=today(node), side=side), brought)


def csv(node: Node, form: Csv) -> JsonValue:
    """File every row of a table that is new or changed; write those that came back, to be corrected."""
    path, mapping = Path(form.file), read_mapping(Path(form.mapping))
    report = ImportReport()
    brought = _brought(form, "csv", mapping.source, path, mapping)
    told_ = bring_in(node, form, load_table(path, mapping, today=today(node)), brought, report)
    if not form.returned:
        return told_
    Path(form.returned).write_bytes(returned(path, mapping, report.rejects, "es"))
    return {**told_, "returned": form.returned}


def look(call: Call, form: Look) -> JsonValue:
    """Say how a table seems to be written and what its columns might be, as a mapping to be decided on."""
    del call
    head = look_at(Path(form.file))
    fields = codes.code_list("csv_field")
    return {
        "encoding": head.encoding,
        "divider": head.divider,
        "columns": [
            {"column": column, "field": words(fields[code], code) if code else words(NOT_MAPPED)}
            for column, code in head.guesses.items()
        ],
        "refused_columns": list(head.refused),
        "mapping": as_toml(head, Path(form.file).stem),
    }


def _brought(form: Importing, format_: str, source: str, file: Path, mapping: ColumnMapping | None = None) -> Brought:
    return Brought(format_, source, file.name, digest_of(file), form.officer, mapping)


def bring_in(
    node: Node, form: Importing, entries: Iterable[Item], brought: Brought, report: ImportReport | None = None
) -> dict[str, JsonValue]:
    """File what a list holds and its report, or only say it, once the officer and the marks are in order."""
    marks = marks_of(node, form)
    if form.dry_run:
        return {"dry_run": True, **told(rehearse(entries, report))}
    done = import_dossiers(node.own, node.views, entries, marks, now=node.clock(), report=report)
    act = file_report(node.own, brought, marks, done, now=node.clock())
    return {"dry_run": False, "act": act, **told(done)}


def marks_of(node: Node, form: Importing) -> Marks:
    """Return what an import says of all its entries, or refuse it."""
    officer, charter = node.home.officer(form.officer), node.own.keys.current
    demand_role(node.own, officer, "record", now=node.clock())
    for name, code, listed in (
        ("handling", form.handling, charter.handling),
        ("purpose", form.purpose, charter.purposes),
        ("basis", form.basis, charter.bases),
    ):
        if code not in listed:
            raise refused(f"{name}: la carta no tiene {code}.", f"{name}: the charter has no {code}.")
    return Marks(officer.agency, form.handling, form.purpose, form.basis)


def today(node: Node) -> str:
    """Return the day of the operation."""
    return datetime.fromtimestamp(node.clock(), UTC).date().isoformat()


def told(report: ImportReport) -> dict[str, JsonValue]:
    """Return what became of a list, as data."""
    return {
        "filed": report.filed,
        "corrected": report.corrected,
        "unchanged": report.unchanged,
        "links_filed": report.links,
        "by_subject": [{"subject": name, "entries": count} for name, count in sorted(report.by_subject.items())],
        "rejected": report.rejected,
        "rejects": [
            {"file": each.file, "line": each.line, "column": each.column, "because": words(each.reason)}
            for each in islice(report.rejects, MANY)
        ],
        "refused_entries": [{"entry": name, "because": words(error.words)} for name, error in report.refused[:MANY]],
        "noted": [
            {"column": column, "because": words(codes.label("note", kind), kind), "times": count}
            for (kind, column), count in sorted(report.noted.items())
        ],
        "notes": [
            {
                "file": each.file,
                "line": each.line,
                "column": each.column,
                "because": words(codes.label("note", each.kind), each.kind),
                **({"value": each.value, "proposed": each.proposed} if each.proposed else {}),
            }
            for each in islice(report.notes, MANY)
        ],
    }


NOUN = Noun(
    "import",
    (
        Verb("ofac", Ofac, operation=ofac),
        Verb("ftm", Ftm, operation=ftm),
        Verb("csv", Csv, operation=csv),
        *import_reports.VERBS,
        Verb("look", Look, local=look, document="mapping", home=False),
    ),
)
