# SPDX-License-Identifier: Apache-2.0
"""`paridad import`: public lists into the node, every entry an act or a rejection with its reason.

Rules
  - Handling code, purpose and basis are named for all that comes in; nothing is imported without.
  - The officer's role must allow filing records; the officer's agency is who holds them.
  - `--dry-run` reads the whole list and says what it holds and what would be rejected; nothing is filed.

Worked example
    paridad import ofac --sdn sdn.csv --alt alt.csv --add add.csv --handling AMBER --purpose … --basis … --as ana
"""

from itertools import islice
from pathlib import Path

from paridad.base.strict import JsonValue
from paridad.cli.errors import refused
from paridad.cli.forms import Acting, InFile
from paridad.cli.seeing import words
from paridad.cli.verbs import Noun, Verb
from paridad.desks.targets.lines import Reject
from paridad.desks.targets.ofac import load_ofac
from paridad.node.importing import ImportReport, Marks, import_dossiers
from paridad.node.node import Node
from paridad.node.saying import demand_role

MANY = 1000
"""So many rejections are listed; their number is always told."""


class Ofac(Acting):
    """The official list in its csv layout."""

    sdn: InFile
    alt: InFile = ""
    add: InFile = ""
    listed_on: str = ""
    handling: str
    purpose: str
    basis: str


def ofac(node: Node, form: Ofac) -> JsonValue:
    """File every entry of a list that is new or changed."""
    now, officer, charter = node.clock(), node.home.officer(form.officer), node.own.keys.current
    demand_role(node.own, officer, "record", now=now)
    for name, code, listed in (
        ("handling", form.handling, charter.handling),
        ("purpose", form.purpose, charter.purposes),
        ("basis", form.basis, charter.bases),
    ):
        if code not in listed:
            raise refused(f"{name}: la carta no tiene {code}.", f"{name}: the charter has no {code}.")
    alt, add = (Path(each) if each else None for each in (form.alt, form.add))
    entries = load_ofac(Path(form.sdn), alt, add, listed_on=form.listed_on)
    if form.dry_run:
        report = ImportReport()
        for each in entries:
            _count(report, each)
        return {"dry_run": True, **_report(report)}
    marks = Marks(officer.agency, form.handling, form.purpose, form.basis)
    return {"dry_run": False, **_report(import_dossiers(node.own, node.views, entries, marks, now=now))}


def _count(report: ImportReport, entry: object) -> None:
    if isinstance(entry, Reject):
        report.rejects.append(entry)
    else:
        subject = str(getattr(entry, "subject_type", ""))
        report.by_subject[subject] = report.by_subject.get(subject, 0) + 1


def _report(report: ImportReport) -> dict[str, JsonValue]:
    return {
        "filed": report.filed,
        "corrected": report.corrected,
        "unchanged": report.unchanged,
        "by_subject": [{"subject": name, "entries": count} for name, count in sorted(report.by_subject.items())],
        "rejected": len(report.rejects),
        "rejects": [
            {"file": each.file, "line": each.line, "column": each.column, "because": words(each.reason)}
            for each in islice(report.rejects, MANY)
        ],
        "refused_entries": [{"entry": name, "because": words(error.words)} for name, error in report.refused[:MANY]],
    }


NOUN = Noun("import", (Verb("ofac", Ofac, operation=ofac),))
