# SPDX-License-Identifier: Apache-2.0
"""`paridad export`: a bundle that anyone verifies offline with `paridad-verify`.

Rules
  - An export is a view: what the officer may not see stays a closed digest in it.
  - The acts in it are noted as read.
  - The file is written by the node, readable by its owner alone.

Worked example
    paridad export --folio A-2026-0007 --out folio.jsonl --as ana
"""

from hashlib import sha256
from pathlib import Path

from paridad.base.strict import JsonValue, encode_base64url
from paridad.cli.forms import Acting, Target
from paridad.cli.seeing import note, reader
from paridad.cli.verbs import Verb
from paridad.node.exporting import export_bundle
from paridad.node.home import write_private
from paridad.node.node import Node
from paridad.store.acts import filed_acts, folio_acts


class Export(Acting):
    """A bundle of one folio, or of everything said between the parties."""

    out: Target
    folio: str = ""


def export(node: Node, form: Export) -> JsonValue:
    """Write a bundle and return its digest."""
    reading = reader(node, form.officer)
    data = export_bundle(node.own, reading.sight.reader, folio=form.folio or None, now=reading.now)
    if not form.dry_run:
        write_private(Path(form.out), data)
        note(reading, _exported(node, form.folio), "export")
    return {
        "dry_run": form.dry_run,
        "file": form.out,
        "bytes": len(data),
        "lines": data.count(b"\n"),
        "digest": encode_base64url(sha256(data).digest()),
        "charter_hash": node.own.keys.current.hash,
    }


def _exported(node: Node, folio: str) -> list[str]:
    """Return the acts that a bundle was made of."""
    with node.own.store.read() as conn:
        found, after = [*folio_acts(conn, folio)], 0
        while not folio and (page := filed_acts(conn, after=after)):
            found, after = found + page, page[-1].filed
    return [act.hash for act in found]


VERB = Verb("export", Export, operation=export)
