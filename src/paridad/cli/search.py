# SPDX-License-Identifier: Apache-2.0
"""`paridad search`: a folio, an act or a dossier by what identifies it, through `visible_to` alone.

Rules
  - Identifiers first: a folio's name, the beginning of an act's hash, the number of a document, then names. Each hit
    says why it matched, where it comes from, how old it is and how it is to be handled.
  - A hit by content is shown to who may see that very content. To anybody else it is no hit, no count, no hint: the
    answer always ends by saying that the node neither confirms nor denies further items.
  - A notice that a dossier is taken for the wrong person stands before the dossier's name.
  - An act's envelope may be known where its content may not: then its hash finds it, and what is kept back is counted
    with its clause.

Worked example
    paridad search "pinedo olga" --as ana
"""

import re
from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from paridad.base.strict import JsonValue
from paridad.base.words import Words
from paridad.cli import mistaken
from paridad.cli.forms import Form, OfficerName, Positional
from paridad.cli.listing import stage_words, visible_rows
from paridad.cli.seeing import Reading, coded, entry, note, reader, words
from paridad.cli.targets import dossier_row
from paridad.desks.targets import projection
from paridad.desks.targets.projection import Found, fold
from paridad.folio.projection import folio_rows
from paridad.folio.state import Stage
from paridad.node.node import Node
from paridad.node.reading import read_act
from paridad.store.tables import acts

MOST = 50
FEW = 10
NAME_OF_FOLIO = re.compile(r"(?=.*[0-9])[A-Za-z0-9-]{3,40}")
BEGINNING = re.compile(r"[A-Za-z0-9_-]{6,43}")
AFTER_ALL = "z" * 44
"""No hash has as much after its beginning, by bytes or by letters."""

WHATS = {
    "folio": Words(es="Folio", en="Folio"),
    "act": Words(es="Acto", en="Act"),
    "dossier": Words(es="Expediente", en="Dossier"),
}
WHYS = {
    "folio": Words(es="el nombre del folio", en="the folio's name"),
    "hash": Words(es="la huella del acto", en="the act's hash"),
    "number": Words(es="el número de un documento", en="the number of a document"),
    "name": Words(es="el nombre", en="the name"),
    "alias": Words(es="otro nombre", en="another name"),
}
NOT_TOLD = Words(
    es="Este nodo no confirma ni niega otros elementos.", en="This node neither confirms nor denies further items."
)


class Search(Form):
    """What identifies something."""

    query: Positional
    officer: OfficerName


def search(node: Node, form: Search) -> JsonValue:
    """Return what an officer may find."""
    node.views.refresh()
    reading, query = reader(node, form.officer), form.query.strip()
    with node.own.store.read() as conn:
        folios, found = list(_folios(conn, reading, query)), list(_acts(conn, reading, query))
        dossiers = list(_dossiers(conn, reading, query))
    hits: list[JsonValue] = [*folios, *(hit for _, hit in found), *(hit for _, hit in dossiers[:MOST])]
    note(reading, {hash_ for hash_, _ in (*found, *dossiers[:MOST])}, "search")
    return {"hits": hits, "more": len(dossiers) > MOST, "existence": words(NOT_TOLD)}


def _folios(conn: sa.Connection, reading: Reading, query: str) -> Iterator[JsonValue]:
    if not NAME_OF_FOLIO.fullmatch(query):
        return
    rows = folio_rows.c
    named = sa.select(folio_rows).where(rows.id.contains(query.upper(), autoescape=True), visible_rows(reading))
    charter = reading.node.own.keys.current
    for row in conn.execute(named.order_by(rows.id).limit(FEW)).mappings():
        yield {
            "what": words(WHATS["folio"], "folio"),
            "why": words(WHYS["folio"], "folio"),
            "folio": row["id"],
            "stage": stage_words(Stage(row["stage"])),
            "agency": row["asking"] or row["opened_by"],
            "purpose": coded(charter.purposes, row["purpose"]) if row["purpose"] else None,
            "at": row["last_at"],
            "handling": coded(charter.handling, row["handling"]) if row["handling"] else None,
            "withheld": [],
        }


def _acts(conn: sa.Connection, reading: Reading, query: str) -> Iterator[tuple[str, JsonValue]]:
    if not BEGINNING.fullmatch(query):
        return
    for hash_ in conn.execute(_beginning(query)).scalars():
        act = read_act(conn, reading.node.own, hash_)
        if reading.knows_of(act.envelope):
            told = entry(reading, conn, act)
            taken = {name: told[name] for name in ("act", "kind", "agency", "folio", "at", "handling", "withheld")}
            yield act.hash, {"what": words(WHATS["act"], "act"), "why": words(WHYS["hash"], "hash"), **taken}


def _beginning(query: str) -> sa.Select[str]:
    """Select the acts whose hash begins so, by the index: in whatever order a database sorts text, they lie between."""
    between = acts.c.hash.between(query, query + AFTER_ALL)
    begins = sa.func.substr(acts.c.hash, 1, len(query)) == query
    return sa.select(acts.c.hash).where(between, begins).order_by(acts.c.hash).limit(FEW)


def _dossiers(conn: sa.Connection, reading: Reading, query: str) -> Iterator[tuple[str, JsonValue]]:
    sight, limit = reading.sight, MOST + 1
    numbered = projection.find_number(conn, query, sight, limit=limit)
    yield from _hits(conn, reading, numbered, "number")
    there = {each.hash for each in numbered}
    named = [each for each in projection.search(conn, query, sight, limit=limit) if each.hash not in there]
    by_name = [each for each in named if _in_name(query, each)]
    yield from _hits(conn, reading, by_name, "name")
    yield from _hits(conn, reading, [each for each in named if each not in by_name], "alias")


def _hits(conn: sa.Connection, reading: Reading, found: Sequence[Found], why: str) -> Iterator[tuple[str, JsonValue]]:
    notices = mistaken.barriers(conn, reading, [each.hash for each in found])
    for each in found:
        about = {"what": words(WHATS["dossier"], "dossier"), "why": words(WHYS[why], why)}
        yield each.hash, {**about, **dossier_row(reading, each, notices)}


def _in_name(query: str, found: Found) -> bool:
    """Whether every word of the query begins a word of the name itself."""
    there = projection.tokens_of(fold(found.name))
    return all(any(word.startswith(token) for word in there) for token in projection.tokens_of(query))
