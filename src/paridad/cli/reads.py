# SPDX-License-Identifier: Apache-2.0
"""`paridad reads`: who read an act at this node, when and how.

Rules
  - Shown to whoever may know of the act; to anybody else the act is not here.
  - It is about this node only: what happens at another party's node is that party's to show.
  - Looking at who read is itself a look, and is noted as one.

Worked example
    paridad reads wUz… --as audit
"""

from paridad.base.strict import JsonValue
from paridad.base.words import Words
from paridad.cli.forms import Form, OfficerName, Positional
from paridad.cli.seeing import Reading, kind_words, note, reader, visible, words
from paridad.cli.verbs import Verb
from paridad.node.node import Node
from paridad.store.records import Read, reads_of

MOST = 200
"""The newest looks that are shown; all of them are kept."""

WAYS = {
    "show": Words(es="vio el acto", en="looked at the act"),
    "folio": Words(es="vio el folio", en="looked at the folio"),
    "dossier": Words(es="vio el expediente", en="looked at the dossier"),
    "list": Words(es="en una lista", en="in a list"),
    "search": Words(es="en una búsqueda", en="in a search"),
    "preview": Words(es="ensayó una entrega", en="previewed a release"),
    "proposal": Words(es="vio la propuesta", en="looked at the proposal"),
    "verify": Words(es="lo verificó", en="verified it"),
    "export": Words(es="lo exportó", en="exported it"),
    "reads": Words(es="vio quién lo leyó", en="looked at who read it"),
}
UNKNOWN_WAY = Words(es="de otro modo", en="in another way")


class Reads(Form):
    """Who read an act."""

    act: Positional
    officer: OfficerName


def reads(node: Node, form: Reads) -> JsonValue:
    """Return who read an act at this node, newest first."""
    reading = reader(node, form.officer)
    with node.own.store.read() as conn:
        act = visible(reading, conn, form.act)
        looks = reads_of(conn, act.hash)
    note(reading, [act.hash], "reads")
    newest = list(reversed(looks))[:MOST]
    return {
        "act": act.hash,
        "kind": kind_words(act.kind, act.envelope.knd),
        "folio": act.envelope.fol,
        "agency": act.envelope.iss,
        "party": node.own.party,
        "looks": len(looks),
        "reads": [_look(reading, each) for each in newest],
    }


def _look(reading: Reading, look: Read) -> JsonValue:
    officer = reading.node.home.officers().get(look.reader)
    return {
        "at": look.at,
        "officer": look.reader,
        "role": officer.role if officer else "",
        "agency": officer.agency if officer else "",
        "how": words(WAYS.get(look.how, UNKNOWN_WAY), look.how),
    }


VERB = Verb("reads", Reads, operation=reads)
