# SPDX-License-Identifier: Apache-2.0
"""`paridad targets link`: what connects a dossier with others and with folios, said and shown from both ends.

Rules
  - A link is shown to who may read associations of it and may know of both its ends; otherwise it is not there.
  - It is shown between what is in force, whichever versions of the dossiers it names.
  - An identifier that two dossiers have is told as a finding, to who may see the documents of both. It links nothing.

Worked example
    paridad targets link xUz… --to wPq… --relation ownership --role shareholder --since 2019 … --as ana
    paridad targets link xUz… --folio A-2026-0007 --relation subject_of … --as ana
"""

from collections.abc import Iterator, Mapping

import sqlalchemy as sa

from paridad.base.strict import JsonValue
from paridad.cli.forms import Acting, Form, OfficerName, Positional
from paridad.cli.seeing import Reading, not_found, reader, words
from paridad.cli.verbs import Verb
from paridad.desks.targets import codes, links, projection
from paridad.desks.targets.dossier import Source
from paridad.desks.targets.links import Link, SayLink, Standing
from paridad.desks.targets.subjects import of_fields
from paridad.exchange import filing
from paridad.folio.reading import text
from paridad.node.node import Node
from paridad.node.reading import read_acts
from paridad.node.saying import demand_role
from paridad.store.acts import folio_acts, get_acts


class LinkTo(Acting):
    """What an officer says of a dossier and another, or a folio."""

    act: Positional
    relation: str
    to: str = ""
    folio: str = ""
    role: str = ""
    since: str = ""
    until: str = ""
    source: str = ""
    handling: str
    purpose: str
    basis: str
    of: str = ""
    reason: str = ""
    retract: bool = False


class OfFolio(Form):
    """A folio."""

    folio: Positional
    officer: OfficerName


def link(node: Node, form: LinkTo) -> JsonValue:
    """File a link, change it, or take it back."""
    node.views.refresh()
    reading = reader(node, form.officer)
    demand_role(node.own, reading.officer, "record", now=reading.now)
    with node.own.store.read() as conn:
        for end in filter(None, (form.act, form.to)):
            found = projection.get(conn, end, reading.sight)
            if found is None or found.corrected:
                raise not_found(end)
        if form.folio and not _knows_folio(reading, conn, form.folio):
            raise not_found(form.folio)
        state = _standing(reading, conn, form.of)
        see = filing.seen_heads(conn, node.own)
    drafts = links.decide(state, _command(reading, form))
    if form.dry_run:
        return {"dry_run": True}
    said = filing.issue_drafts(node.own, drafts, now=reading.now, see=see)
    node.own.store.submit(lambda conn: filing.file_acts(conn, node.own, said, now=reading.now))
    node.views.refresh()
    return {"dry_run": False, "act": said[0].hash}


def _command(reading: Reading, form: LinkTo) -> SayLink:
    said = Link(
        form.act, form.relation, form.to, form.folio, form.role, form.since, form.until,
        source=Source(form.source, "") if form.source else None,
    )  # fmt: skip
    agency = reading.officer.agency
    what = links.retracted(said) if form.retract else said
    return SayLink(agency, form.handling, form.purpose, form.basis, what, form.of, form.reason)


def _standing(reading: Reading, conn: sa.Connection, of: str) -> Standing:
    if not of:
        return Standing()
    found = projection.link_on_record(conn, of, reading.sight)
    if found is None:
        raise not_found(of)
    return Standing(of, found.party, found.content)


def _knows_folio(reading: Reading, conn: sa.Connection, folio: str) -> bool:
    return any(reading.knows_of(act.envelope) for act in folio_acts(conn, folio))


def links_of(reading: Reading, conn: sa.Connection, act: str) -> list[JsonValue]:
    """Return the links of a dossier as a reader may see them, from its own end."""
    versions = projection.versions(conn, act)
    shown = _shown(reading, conn, projection.links_of(conn, act, reading.sight))
    return [told for fields, about in shown if (told := _told(reading, conn, fields, about, versions)) is not None]


def dossiers_of_folio(reading: Reading, conn: sa.Connection, folio: str) -> list[JsonValue]:
    """Return the dossiers that a folio is about, as links say."""
    found: list[JsonValue] = []
    for fields, about in _shown(reading, conn, projection.links_of_folio(conn, folio, reading.sight)):
        other = projection.get(conn, projection.in_force(conn, text(fields, "dossier")), reading.sight)
        if other is not None:
            subject = words(codes.label("subject_type", other.subject_type), other.subject_type)
            found.append({**about, "dossier": other.hash, "name": other.name, "subject": subject})
    return found


def _shown(
    reading: Reading, conn: sa.Connection, hashes: tuple[str, ...]
) -> Iterator[tuple[Mapping[str, JsonValue], dict[str, JsonValue]]]:
    """Yield links as a reader may see them: the fields, and what is told of them from either end."""
    for act in read_acts(conn, reading.node.own, list(get_acts(conn, hashes).values())):
        fields = reading.sight.filter(act.fields, act.kind, act.envelope).fields
        source = fields.get("source")
        said = source if isinstance(source, Mapping) else {}
        relation, state = text(fields, "relation"), text(fields, "state")
        sees = reading.sight.sees(act.envelope.hnd, "source", involved=reading.sight.reader.involved(act.envelope))
        if state != "retracted":
            yield (
                fields,
                {
                    "act": act.hash,
                    "agency": act.envelope.iss,
                    "at": act.envelope.iat,
                    "relation": words(codes.label("link_relation", relation), relation),
                    **{name: text(fields, name) for name in ("role", "since", "until") if text(fields, name)},
                    "source": f"{text(said, 'list')} {text(said, 'entry')}".strip() if sees else None,
                },
            )


def _told(
    reading: Reading, conn: sa.Connection, fields: Mapping[str, JsonValue], about: dict[str, JsonValue], here: list[str]
) -> JsonValue:
    folio = text(fields, "folio")
    if folio:
        return {**about, "to_folio": folio} if _knows_folio(reading, conn, folio) else None
    outward = text(fields, "dossier") in here
    end = text(fields, "to") if outward else text(fields, "dossier")
    other = projection.get(conn, projection.in_force(conn, end), reading.sight)
    if other is None:
        return None
    subject = words(codes.label("subject_type", other.subject_type), other.subject_type)
    return {**about, "outward": outward, "dossier": other.hash, "name": other.name, "subject": subject}


def shared_with(reading: Reading, conn: sa.Connection, act: str) -> list[JsonValue]:
    """Return the dossiers that have an identifier of this one, kind and issuer the same."""
    hashes = (act, *projection.sharing(conn, act, reading.sight))
    acts = read_acts(conn, reading.node.own, list(get_acts(conn, hashes).values()))
    numbers = {
        each.hash: {
            found.key: found
            for found in of_fields(reading.sight.filter(each.fields, each.kind, each.envelope).fields).numbers
        }
        for each in acts
    }
    mine = next((found for hash_, found in numbers.items() if hash_ == act), {})
    shared = [(each, mine.keys() & numbers[each.hash].keys()) for each in acts if each.hash != act]
    return [
        {
            "act": each.hash,
            "name": text(each.fields, "name"),
            "identifiers": [words(codes.label("identifier", mine[key].kind), mine[key].kind) for key in sorted(keys)],
        }
        for each, keys in shared
        if keys
    ]


def of_folio(node: Node, form: OfFolio) -> JsonValue:
    """Return the dossiers that a folio is about, as far as the officer may know of them."""
    node.views.refresh()
    reading = reader(node, form.officer)
    with node.own.store.read() as conn:
        if not _knows_folio(reading, conn, form.folio):
            raise not_found(form.folio)
        found = dossiers_of_folio(reading, conn, form.folio)
    return {"dossiers": found}


VERBS = (Verb("link", LinkTo, operation=link), Verb("of-folio", OfFolio, operation=of_folio))
