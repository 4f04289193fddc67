# SPDX-License-Identifier: Apache-2.0
"""`paridad targets`: the register of dossiers, and one dossier with its provenance and to whom it was given.

Rules
  - A dossier whose identity the officer may not see is not there for that officer: no row, no count, no page.
  - Of what is given one sees what the acts of folios say that the officer may know of, and how far it came.

Worked example
    paridad targets list --as ana
    paridad targets show wUz… --as ana
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

import sqlalchemy as sa

from paridad.acts.verify import VerifiedAct
from paridad.base.strict import JsonValue
from paridad.cli import cases, dossier_export, dossier_links, matching, mistaken, runs, sightings
from paridad.cli.forms import Form, OfficerName, Positional
from paridad.cli.meanings import explained
from paridad.cli.seeing import DELIVERY, Reading, coded, entry, not_found, note, reader, reasons, visible, words
from paridad.cli.verbs import Noun, Verb
from paridad.desks.targets import codes, projection
from paridad.desks.targets.dossier import KIND
from paridad.desks.targets.pages import SECTIONS, Section, section_of
from paridad.desks.targets.projection import Found
from paridad.folio.reading import codes as texts
from paridad.folio.reading import records, text
from paridad.node.node import Node
from paridad.node.reading import read_acts
from paridad.store import streams
from paridad.store.acts import ActQuery, filed_acts

PAGE, MOST = 50, 500
_PATH = re.compile(r"([a-z0-9_]+)(?:\[([0-9]+)\])?")


class List(Form):
    """The register, by name."""

    officer: OfficerName
    subject: str = ""
    name: str = ""
    after: str = ""
    limit: int = PAGE


class Show(Form):
    """One dossier."""

    act: Positional
    officer: OfficerName


def list_dossiers(node: Node, form: List) -> JsonValue:
    """Return the dossiers in force that an officer may know of, page by page."""
    node.views.refresh()
    reading, limit = reader(node, form.officer), min(form.limit, MOST)
    with node.own.store.read() as conn:
        after = _place(conn, reading, form.after)
        if form.name:
            found = projection.search(conn, form.name, reading.sight, limit=limit + 1, after=after)
        else:
            found = projection.page(conn, reading.sight, limit=limit + 1, after=after, subject=form.subject)
        known = projection.count(conn, reading.sight)
    shown = found[:limit]
    with node.own.store.read() as conn:
        notices = mistaken.barriers(conn, reading, [each.hash for each in shown])
    note(reading, [each.hash for each in shown], "list")
    more = shown[-1].hash if len(found) > limit else ""
    return {"known": known, "dossiers": [dossier_row(reading, each, notices) for each in shown], "more_after": more}


def dossier_row(reading: Reading, found: Found, notices: Mapping[str, list[JsonValue]]) -> dict[str, JsonValue]:
    """Return one dossier of a list; what the officer may not see of it is named with its clause."""
    return {
        "notices": notices.get(found.hash, []),
        "act": found.hash,
        "name": found.name,
        "subject": words(codes.label("subject_type", found.subject_type), found.subject_type),
        "agency": found.iss,
        "programmes": list(found.programmes),
        "source": f"{found.source_list} {found.source_entry}".strip(),
        "state": words(codes.label("state", found.state), found.state) if found.state else None,
        "at": found.at,
        "handling": coded(reading.node.own.keys.current.handling, found.handling),
        "withheld": [
            {"path": path, "reasons": reasons(decision)}
            for path, sensitivity in (("programmes", "proceedings"), ("source", "source"))
            if not (decision := reading.sight.why(found.handling, sensitivity, involved=found.involved)).allowed
        ],
    }


def show(node: Node, form: Show) -> JsonValue:
    """Return one dossier as an officer may see it: by sections, with its corrections and to whom it was given."""
    node.views.refresh()
    reading = reader(node, form.officer)
    with node.own.store.read() as conn:
        found = projection.get(conn, form.act, reading.sight)
        if found is None:
            raise not_found(form.act)
        act = visible(reading, conn, form.act)
        shown = entry(reading, conn, act)
        given = list(_given(reading, conn, act))
        linked = dossier_links.links_of(reading, conn, act.hash)
        shared = dossier_links.shared_with(reading, conn, act.hash)
        reports = sightings.rows_of(conn, reading, act.hash)
        notices = mistaken.barriers(conn, reading, [act.hash])
        later = [each.hash for each in _referring(reading, conn, act) if each.envelope.knd == KIND]
    note(reading, [act.hash], "dossier")
    charter = node.own.keys.charter(act.envelope.prg)
    fields = explained(shown.pop("fields"), act.envelope.knd, charter)  # type: ignore[arg-type]
    return {
        **shown,
        "name": found.name,
        "sections": list(_sections(fields, shown["withheld"])),
        "simulated": act.fields.get("simulated") is True,
        "corrected": found.corrected,
        "corrected_by": later,
        "given_to": given,
        "linked": linked,
        "shared_with": shared,
        "sightings": list(reports),
        "notices": notices.get(act.hash, []),
    }


def _sections(fields: list[JsonValue], withheld: Any) -> Iterator[JsonValue]:
    """Yield the parts of the page that hold something, or from which something was kept back."""
    for section in SECTIONS:
        here = sorted((each for each in fields if section_of(_path(each)) is section), key=partial(_place_in, section))
        kept = [each for each in withheld if section_of(_path(each)) is section]
        if here or kept:
            yield {"section": words(section.words, section.name), "fields": here, "withheld": kept}


def _path(leaf: Any) -> str:
    return str(leaf["path"])


def _place_in(section: Section, leaf: Any) -> tuple[int, int]:
    """Return where a field stands in its section: by field, then by element; parts keep their order."""
    field, element = _parts(_path(leaf))
    return section.fields.index(field), element


def _parts(path: str) -> tuple[str, int]:
    """Return the field that a path leads into, and the number of the element."""
    found = _PATH.match(path)
    assert found is not None
    return found[1], int(found[2] or 0)


def _referring(reading: Reading, conn: sa.Connection, act: VerifiedAct) -> list[VerifiedAct]:
    """Return the acts that name this one, as far as the officer may know of them."""
    found = read_acts(conn, reading.node.own, filed_acts(conn, ActQuery(refers_to=act.hash)))
    return [each for each in found if reading.knows_of(each.envelope)]


def _given(reading: Reading, conn: sa.Connection, act: VerifiedAct) -> Iterator[JsonValue]:
    """Yield each time something of the record was given: by whom to whom, when, which fields, how far it came."""
    sent = {row.stream.receiver: row.state for row in streams.outbox_of(conn, act.hash)}
    for each in _referring(reading, conn, act):
        seen = reading.sight.filter(each.fields, each.kind, each.envelope).fields
        paths = [
            path for one in records(seen, "given") if text(one, "record") == act.hash for path in texts(one, "paths")
        ]
        for receiver in each.envelope.aud if paths else ():
            yield {
                "act": each.hash,
                "folio": each.envelope.fol,
                "at": each.envelope.iat,
                "sender": each.envelope.iss,
                "receiver": receiver,
                "paths": paths,
                "labels": list(_labels(act, paths)),
                "state": _state(sent, receiver),
            }


def _labels(act: VerifiedAct, paths: Iterable[str]) -> Iterator[JsonValue]:
    """Yield the words of the fields that paths lead into, each once."""
    known = act.kind.fields if act.kind else {}
    for name in dict.fromkeys(_parts(path)[0] for path in paths):
        if name in known:
            yield words(known[name].label, name)


def _state(sent: Mapping[str, str], receiver: str) -> JsonValue:
    return words(DELIVERY[sent[receiver]], sent[receiver]) if receiver in sent else None


def _place(conn: sa.Connection, reading: Reading, after: str) -> tuple[str, str] | None:
    """Return the place of a dossier in the register; one that the officer may not see has none."""
    if not after:
        return None
    found = projection.get(conn, after, reading.sight)
    if found is None:
        raise not_found(after)
    return projection.fold(found.name), found.hash


NOUN = Noun(
    "targets",
    (
        Verb("list", List, operation=list_dossiers),
        Verb("show", Show, operation=show),
        *matching.VERBS,
        *dossier_links.VERBS,
        dossier_export.VERB,
        runs.NOUN,
        cases.NOUN,
        sightings.NOUN,
        mistaken.NOUN,
    ),
)
