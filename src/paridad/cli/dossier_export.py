# SPDX-License-Identifier: Apache-2.0
"""`paridad targets export`: dossiers and links as entities of followthemoney, for tools that speak it.

Rules
  - What is written is what the officer may see, field by field; whose identity is not seen is not there.
  - Two files: the entities, and beside them `.side.json` with what entities cannot carry. Nothing else is lost.
  - Reading is noted: who exported which dossiers, and when. A file that leaves the machine is the officer's act.

Worked example
    paridad targets export --ftm dossiers.ftm.json --as ana
"""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import msgspec
import sqlalchemy as sa

from paridad.acts.verify import VerifiedAct
from paridad.base.strict import JsonValue
from paridad.cli.errors import refused
from paridad.cli.forms import Form, OfficerName, Target
from paridad.cli.imports import today
from paridad.cli.seeing import Reading, note, reader
from paridad.cli.verbs import Verb
from paridad.desks.targets import projection
from paridad.desks.targets.ftm_out import Exit, Said, write_line
from paridad.folio.reading import text
from paridad.node.node import Node
from paridad.node.reading import read_acts
from paridad.store.acts import get_acts

GROUP = 250
SIDE = ".side.json"


class Export(Form):
    """Where the entities go."""

    ftm: Target
    officer: OfficerName
    dry_run: bool = False


def export(node: Node, form: Export) -> JsonValue:
    """Write the dossiers in force that an officer may know of, and the links between them."""
    node.views.refresh()
    reading, target = reader(node, form.officer), Path(form.ftm)
    if not target.parent.is_dir():
        raise refused(f"No hay carpeta {target.parent}.", f"There is no folder {target.parent}.")
    with node.own.store.read() as conn, ExitStack() as files:
        if form.dry_run:
            return {"dry_run": True, "entries": projection.count(conn, reading.sight)}
        out = Exit(today(node))
        entities = files.enter_context(target.open("wb"))
        links = _write(reading, conn, out, entities)
        side = files.enter_context(Path(f"{target}{SIDE}").open("wb"))
        for id_, fields in out.side.items():
            side.write(msgspec.json.encode({"id": id_, "fields": fields}) + b"\n")
    note(reading, out.ids, "export")
    return {
        "dry_run": False,
        "file": str(target),
        "side_file": f"{target}{SIDE}",
        "entries": len(out.ids),
        "links_written": links,
        "aside": len(out.side),
    }


def _write(reading: Reading, conn: sa.Connection, out: Exit, file: BinaryIO) -> int:
    """Write dossiers, then links; return how many links went out."""
    after = ""
    while hashes := projection.hashes_after(conn, reading.sight, after, GROUP):
        for said in _said(reading, conn, hashes):
            file.writelines(write_line(entity) for entity in out.dossier(said))
        after = hashes[-1]
    links = 0
    for said in _said(reading, conn, projection.all_links(conn, reading.sight)):
        entity = out.link(_between_current(conn, said)) if text(said.fields, "state") != "retracted" else None
        links += entity is not None
        file.writelines([write_line(entity)] if entity else [])
    return links


def _said(reading: Reading, conn: sa.Connection, hashes: Iterable[str]) -> Iterator[Said]:
    wanted = list(hashes)
    for place in range(0, len(wanted), GROUP):
        found = get_acts(conn, wanted[place : place + GROUP])
        acts = read_acts(conn, reading.node.own, [each for _, each in sorted(found.items())])
        yield from (_as_seen(reading, act) for act in acts if reading.knows_of(act.envelope))


def _as_seen(reading: Reading, act: VerifiedAct) -> Said:
    fields = reading.sight.filter(act.fields, act.kind, act.envelope).fields
    return Said(act.hash, act.envelope.party != reading.node.own.party, act.envelope.hnd, fields)


def _between_current(conn: sa.Connection, said: Said) -> Said:
    """Return a link between the dossiers in force."""
    ends = {name: projection.in_force(conn, text(said.fields, name)) for name in ("dossier", "to")}
    return Said(said.act, said.external, said.handling, {**said.fields, **ends})


VERB = Verb("export", Export, operation=export)
