# SPDX-License-Identifier: Apache-2.0
"""Dossier acts as rows that can be dropped and made again, and a plain search over them.

Rules
  - Rows come from acts alone: rebuilt equals incremental, whatever the order in which acts were projected.
  - What was erased or withheld is not in the rows: projecting an act again leaves only what it still says.
  - Whether a dossier was corrected is computed when it is read; only its own party's correction counts.
  - Every view takes a `visible` filter. A dossier whose identity the reader may not see is not there for it: not as a
    row, not as a count, not as a suggestion. Of the others each column shows only what the reader may see.
  - Search is by the beginnings of words, case and accents aside. What a question is compared with is found by keys; a
    key made of what the reader may not see finds nothing.
  - A document number is found by its beginning, marks and blanks aside, by those alone who may see document numbers:
    to anybody else it is as if there were none.

Worked example
    project(conn, [act])                                 the dossier of "PINEDO RUIZ, Olga"
    search(conn, "pined olg", visible)[0].name           is "PINEDO RUIZ, Olga"
    search(conn, "pined hugo", visible)                  is ()
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from paridad.base.strict import JsonValue
from paridad.desks.targets.dossier import KIND
from paridad.desks.targets.index import POSTINGS, Key, keys_of, ranked
from paridad.desks.targets.judgements import KIND as JUDGEMENT
from paridad.desks.targets.judgements import Pair, pair_of
from paridad.desks.targets.links import KIND as LINK
from paridad.desks.targets.links import digest as links_digest
from paridad.desks.targets.rules import content_digest
from paridad.desks.targets.sight import Visible, concerned, seen
from paridad.desks.targets.subjects import of_fields, prepared
from paridad.folio.reading import codes, records, text
from paridad.folio.state import Recorded
from paridad.store.bulk import insert_many
from paridad.store.tables import blob, integer, strict_table
from paridad.store.tables import text as words

NAME, VERSION = "targets", 5
"""Of this projection, for the node that keeps it up to date."""

METADATA = sa.MetaData()

dossiers = strict_table(
    "targets_dossiers",
    words("hash", primary_key=True),
    words("iss"),
    words("party"),
    words("concerned"),  # the agencies that issued it or are addressed, each between bars
    integer("iat"),
    words("handling"),
    words("subject_type"),
    words("name"),
    words("folded"),
    words("programmes"),
    words("source_list"),
    words("source_entry"),
    words("state"),
    words("content"),
    within=METADATA,
)
corrections = strict_table(
    "targets_corrections",
    words("of", primary_key=True),
    words("act", primary_key=True),
    words("party"),
    within=METADATA,
)
name_tokens = strict_table(
    "targets_name_tokens",
    blob("token", primary_key=True),  # bytes, so that one order holds in every database
    words("hash", primary_key=True),
    within=METADATA,
)
numbers = strict_table(
    "targets_numbers",
    blob("number", primary_key=True),
    words("hash", primary_key=True),
    within=METADATA,
)
match_keys = strict_table(
    "targets_match_keys",
    integer("key", primary_key=True),
    words("hash", primary_key=True),
    words("sensitivity", primary_key=True),  # of what the key was made of
    within=METADATA,
)
judgements = strict_table(
    "targets_judgements",
    words("hash", primary_key=True),
    words("iss"),
    words("first"),
    words("second"),
    within=METADATA,
)
links = strict_table(
    "targets_links",
    words("hash", primary_key=True),
    words("iss"),
    words("party"),
    words("concerned"),
    words("handling"),
    words("one"),
    words("other"),
    words("folio"),
    words("source_list"),
    words("source_entry"),
    words("content"),
    integer("iat"),
    within=METADATA,
)
sa.Index("ix_targets_links_one", links.c.one)
sa.Index("ix_targets_links_other", links.c.other)
sa.Index("ix_targets_links_folio", links.c.folio)
sa.Index("ix_targets_links_source", links.c.source_list, links.c.source_entry)
sa.Index("ix_targets_match_keys_hash", match_keys.c.hash)
sa.Index("ix_targets_judgements_pair", judgements.c.first, judgements.c.second)
sa.Index("ix_targets_dossiers_name", dossiers.c.folded, dossiers.c.hash)
sa.Index("ix_targets_numbers_hash", numbers.c.hash)
sa.Index("ix_targets_dossiers_source", dossiers.c.source_list, dossiers.c.source_entry)
sa.Index("ix_targets_name_tokens_hash", name_tokens.c.hash)
sa.Index("ix_targets_corrections_act", corrections.c.act)

Entry = tuple[str, str]
"""A list and the entry in it."""
MAX_TOKENS = 8
MAX_FOUND = 50
MIN_NUMBER = 4
"""Characters of a document number that have to be given at least."""
_WORD = re.compile(r"\w+")
_MARKS = re.compile(r"[\W_]+")
_DIVIDER = " | "
_AFTER_ALL = b"\xff"


@dataclass(frozen=True, slots=True)
class Found:
    """One dossier of a list; a column the reader may not see is empty."""

    hash: str
    iss: str
    subject_type: str
    name: str
    programmes: tuple[str, ...]
    source_list: str
    source_entry: str
    state: str
    corrected: bool
    handling: str
    at: int
    """When it was said."""
    involved: bool
    """Whether the reader's agency said it or was addressed."""


@dataclass(frozen=True, slots=True)
class Listed:
    """What stands on record for one entry of a list."""

    hash: str
    content: str


@dataclass(frozen=True, slots=True)
class OnRecord:
    """A link in force: whose it is, and a digest of what it says."""

    party: str
    content: str


def project(conn: sa.Connection, acts: Sequence[Recorded]) -> None:
    """Replace the rows of a run of acts; acts of other kinds have none here."""
    run = {act.hash: act for act in acts if act.envelope.knd == KIND}
    judged = {act.hash: act for act in acts if act.envelope.knd == JUDGEMENT}
    linked = {act.hash: act for act in acts if act.envelope.knd == LINK}
    forget(conn, [*run, *judged, *linked])
    rows = [(act.hash, act.envelope.iss, *pair) for act in judged.values() if (pair := pair_of(act.fields))]
    insert_many(conn, judgements, rows)
    insert_many(conn, dossiers, [_row(act) for act in run.values()])
    insert_many(conn, name_tokens, [(token, act.hash) for act in run.values() for token in _tokens_of(act.fields)])
    insert_many(conn, numbers, [(number, act.hash) for act in run.values() for number in _numbers_of(act.fields)])
    keys = [(key.value, act.hash, key.sensitivity) for act in run.values() for key in _match_keys(act.fields)]
    insert_many(conn, match_keys, keys)
    insert_many(conn, links, [_link_row(act) for act in linked.values()])
    new = (*run.values(), *linked.values())
    insert_many(conn, corrections, [(of, act.hash, act.party) for act in new for of in set(act.envelope.re)])


def forget(conn: sa.Connection, hashes: Sequence[str]) -> None:
    """Delete the rows of some acts."""
    tables = (dossiers, name_tokens, numbers, match_keys, judgements, links)
    for column in (*(table.c.hash for table in tables), corrections.c.act):
        conn.execute(sa.delete(column.table).where(column.in_(hashes)))


def rebuild(conn: sa.Connection, acts: Iterable[Recorded]) -> None:
    """Drop the tables and make them again from the acts."""
    METADATA.drop_all(conn)
    METADATA.create_all(conn)
    project(conn, list(acts))


def search(
    conn: sa.Connection, query: str, visible: Visible, *, limit: int = MAX_FOUND, after: tuple[str, str] | None = None
) -> tuple[Found, ...]:
    """Return dossiers in force of whose names every word of the query begins one; by name."""
    tokens = tokens_of(query)[:MAX_TOKENS]
    return _page(conn, [dossiers.c.hash.in_(_begins(each)) for each in tokens], visible, limit, after) if tokens else ()


def find_number(conn: sa.Connection, query: str, visible: Visible, *, limit: int = MAX_FOUND) -> tuple[Found, ...]:
    """Return dossiers in force with a document number that begins so, for who may see document numbers."""
    number = _plain_number(query)
    if len(number) < MIN_NUMBER:
        return ()
    begins = sa.select(numbers.c.hash).where(numbers.c.number >= number, numbers.c.number < number + _AFTER_ALL)
    return _page(conn, [dossiers.c.hash.in_(begins), _seen(visible, "document")], visible, limit, None)


def page(
    conn: sa.Connection, visible: Visible, *, limit: int, after: tuple[str, str] | None = None, subject: str = ""
) -> tuple[Found, ...]:
    """Return dossiers in force by name, from a place on: folded name and hash."""
    of_subject = [dossiers.c.subject_type == subject] if subject else []
    return _page(conn, of_subject, visible, limit, after)


def _page(
    conn: sa.Connection,
    conditions: Sequence[sa.ColumnElement[bool]],
    visible: Visible,
    limit: int,
    after: tuple[str, str] | None,
) -> tuple[Found, ...]:
    key = (dossiers.c.folded, dossiers.c.hash)
    found = sa.select(dossiers).where(*conditions, _seen(visible, "identity"), ~_corrected())
    if after is not None:
        found = found.where(sa.tuple_(*key) > sa.tuple_(*map(sa.literal, after)))
    return tuple(
        _found(row, visible, corrected=False) for row in conn.execute(found.order_by(*key).limit(limit)).mappings()
    )


def get(conn: sa.Connection, act: str, visible: Visible) -> Found | None:
    """Return one dossier, corrected or not, or None where the reader may not know of it."""
    wanted = sa.select(dossiers, _corrected().label("corrected")).where(
        dossiers.c.hash == act, _seen(visible, "identity")
    )
    row = conn.execute(wanted).mappings().one_or_none()
    return None if row is None else _found(row, visible, corrected=bool(row["corrected"]))


def candidates(conn: sa.Connection, keys: Iterable[Key], visible: Visible) -> tuple[str, ...]:
    """Return dossiers in force to be compared with a question, the likeliest first, of those the reader may see."""
    identity, corrected = _seen(visible, "identity"), _corrected()
    postings = [
        conn.execute(
            sa.select(match_keys.c.hash)
            .join(dossiers, dossiers.c.hash == match_keys.c.hash)
            .where(match_keys.c.key == key.value, match_keys.c.sensitivity == key.sensitivity)
            .where(identity, _seen(visible, key.sensitivity), ~corrected)
            .order_by(match_keys.c.hash)
            .limit(POSTINGS + 1)
        )
        .scalars()
        .all()
        for key in sorted(keys)
    ]
    return ranked((each for each in postings if each), count(conn, visible))


def judgements_of(conn: sa.Connection, agency: str, pair: Pair | None = None) -> tuple[str, ...]:
    """Return the judgements of an agency, of all pairs or of one, by their acts; who reads them is asked apart."""
    of_pair = [judgements.c.first == pair[0], judgements.c.second == pair[1]] if pair else []
    wanted = sa.select(judgements.c.hash).where(judgements.c.iss == agency, *of_pair)
    return tuple(conn.execute(wanted.order_by(judgements.c.hash)).scalars())


def judgements_about(conn: sa.Connection, dossiers_: Collection[str]) -> tuple[str, ...]:
    """Return the judgements in which some dossiers are one side; not a view."""
    sides = judgements.c.first.in_(list(dossiers_)) | judgements.c.second.in_(list(dossiers_))
    return tuple(conn.execute(sa.select(judgements.c.hash).where(sides).order_by(judgements.c.hash)).scalars())


def hashes_after(conn: sa.Connection, visible: Visible, after: str, limit: int) -> tuple[str, ...]:
    """Return dossiers in force that the reader may know of, in the order of their acts, from one on."""
    known = sa.select(dossiers.c.hash).where(_seen(visible, "identity"), ~_corrected(), dossiers.c.hash > after)
    return tuple(conn.execute(known.order_by(dossiers.c.hash).limit(limit)).scalars())


def word_counts(conn: sa.Connection, visible: Visible) -> dict[str, int]:
    """Return how many dossiers in force that the reader may know of carry each word of a name, from two on."""
    known = sa.select(dossiers.c.hash).where(_seen(visible, "identity"), ~_corrected())
    counted = sa.select(name_tokens.c.token, sa.func.count()).where(name_tokens.c.hash.in_(known))
    found = counted.group_by(name_tokens.c.token).having(sa.func.count() > 1)
    return {token.decode("utf-8"): number for token, number in conn.execute(found)}


def count(conn: sa.Connection, visible: Visible) -> int:
    """Return how many dossiers in force the reader may know of."""
    known = sa.select(sa.func.count()).select_from(dossiers).where(_seen(visible, "identity"), ~_corrected())
    return conn.execute(known).scalar_one()


def find_listed(conn: sa.Connection, party: str, list_name: str, entry: str) -> Listed | None:
    """Return what the own party has on record for an entry, so that an import adds nothing twice; not a view."""
    return listed(conn, party, [(list_name, entry)]).get((list_name, entry))


def listed(
    conn: sa.Connection, party: str, entries: Iterable[Entry], table: sa.Table = dossiers
) -> dict[Entry, Listed]:
    """Return what the own party has on record for entries of lists: dossiers, or links; not a view."""
    by_list: dict[str, list[str]] = {}
    for list_name, entry in entries:
        by_list.setdefault(list_name, []).append(entry)
    found: dict[Entry, Listed] = {}
    for list_name, wanted in by_list.items():
        rows = sa.select(table.c.source_entry, table.c.hash, table.c.content).where(
            table.c.party == party,
            table.c.source_list == list_name,
            table.c.source_entry.in_(wanted),
            ~_corrected(table),
        )
        for row in conn.execute(rows.order_by(table.c.iat, table.c.hash.desc())):
            found[list_name, row.source_entry] = Listed(row.hash, row.content)
    return found


def links_of(conn: sa.Connection, act: str, visible: Visible) -> tuple[str, ...]:
    """Return the links in force of a dossier, by their acts, whatever version of the dossier they name."""
    known = versions(conn, act)
    return _links(conn, sa.or_(links.c.one.in_(known), links.c.other.in_(known)), visible)


def links_of_folio(conn: sa.Connection, folio: str, visible: Visible) -> tuple[str, ...]:
    """Return the links in force of a folio, by their acts."""
    return _links(conn, links.c.folio == folio, visible)


def all_links(conn: sa.Connection, visible: Visible) -> tuple[str, ...]:
    """Return every link in force that the reader may see, by its act."""
    return _links(conn, sa.true(), visible)


def _links(conn: sa.Connection, condition: sa.ColumnElement[bool], visible: Visible) -> tuple[str, ...]:
    wanted = sa.select(links.c.hash).where(condition, _seen(visible, "association", links), ~_corrected(links))
    return tuple(conn.execute(wanted.order_by(links.c.hash)).scalars())


def ends_of(conn: sa.Connection, link: str) -> tuple[str, str]:
    """Return the dossiers in force at the two ends of a link."""
    row = conn.execute(sa.select(links.c.one, links.c.other).where(links.c.hash == link)).one()
    return in_force(conn, row.one), in_force(conn, row.other)


def in_force(conn: sa.Connection, act: str) -> str:
    """Return the dossier that stands where an act stood: itself, or the last of its corrections."""
    return versions(conn, act)[-1]


def versions(conn: sa.Connection, act: str) -> list[str]:
    """Return a dossier's acts, from the first to the one in force."""
    known = [act]
    while (earlier := _step(conn, corrections.c.act == known[0], corrections.c.of)) and earlier not in known:
        known.insert(0, earlier)
    while (later := _step(conn, corrections.c.of == known[-1], corrections.c.act)) and later not in known:
        known.append(later)
    return known


def link_on_record(conn: sa.Connection, act: str, visible: Visible) -> OnRecord | None:
    """Return a link in force by its act, or None where the reader may not know of it."""
    wanted = sa.select(links.c.party, links.c.content).where(
        links.c.hash == act, _seen(visible, "association", links), ~_corrected(links)
    )
    row = conn.execute(wanted).one_or_none()
    return None if row is None else OnRecord(row.party, row.content)


def _step(conn: sa.Connection, condition: sa.ColumnElement[bool], to: sa.ColumnElement[str]) -> str | None:
    own = corrections.join(dossiers, (dossiers.c.hash == to) & (dossiers.c.party == corrections.c.party))
    return conn.execute(sa.select(to).select_from(own).where(condition).order_by(to).limit(1)).scalar()


def sharing(conn: sa.Connection, act: str, visible: Visible) -> tuple[str, ...]:
    """Return dossiers in force that have a document number of one that the reader may see the documents of."""
    mine = sa.select(numbers.c.number).where(numbers.c.hash == act, sa.func.length(numbers.c.number) >= MIN_NUMBER)
    shared_ = sa.select(numbers.c.hash).where(numbers.c.number.in_(mine), numbers.c.hash != act)
    seen = (_seen(visible, "document"), _seen(visible, "identity"), ~_corrected())
    wanted = sa.select(dossiers.c.hash).where(dossiers.c.hash.in_(shared_), *seen)
    return tuple(conn.execute(wanted.order_by(dossiers.c.hash).limit(MAX_FOUND)).scalars())


def held_by(conn: sa.Connection, party: str, agency: str) -> tuple[str, ...]:
    """Return the dossiers in force that an agency of the own party registered, for a run; not a view."""
    wanted = sa.select(dossiers.c.hash).where(dossiers.c.party == party, dossiers.c.iss == agency, ~_corrected())
    return tuple(conn.execute(wanted.order_by(dossiers.c.hash)).scalars())


def fold(text_: str) -> str:
    """Return a text without case and marks, for search only; what is stored stays as received."""
    plain = unicodedata.normalize("NFKD", text_.casefold())
    return "".join(mark for mark in plain if not unicodedata.combining(mark))


def tokens_of(text_: str) -> tuple[bytes, ...]:
    """Return the words of a text, folded, without repetition."""
    return tuple(dict.fromkeys(word.encode("utf-8") for word in _WORD.findall(fold(text_))))


def _row(act: Recorded) -> tuple[object, ...]:
    fields, source = act.fields, act.fields.get("source")
    of_source = source if isinstance(source, Mapping) else {}
    return (
        act.hash,
        act.envelope.iss,
        act.party,
        concerned(act.envelope),
        act.at,
        act.envelope.hnd,
        text(fields, "subject_type"),
        text(fields, "name"),
        fold(text(fields, "name")),
        _DIVIDER.join(codes(fields, "programmes")),
        text(of_source, "list"),
        text(of_source, "entry"),
        text(fields, "state"),
        content_digest(fields),
    )


def _link_row(act: Recorded) -> tuple[object, ...]:
    fields, source = act.fields, act.fields.get("source")
    of_source = source if isinstance(source, Mapping) else {}
    return (
        act.hash,
        act.envelope.iss,
        act.party,
        f"|{'|'.join((act.envelope.iss, *act.envelope.aud))}|",
        act.envelope.hnd,
        text(fields, "dossier"),
        text(fields, "to"),
        text(fields, "folio"),
        text(of_source, "list"),
        text(of_source, "entry"),
        links_digest(fields),
        act.at,
    )


def _tokens_of(fields: Mapping[str, JsonValue]) -> set[bytes]:
    names = [text(fields, "name"), *(text(alias, "name") for alias in records(fields, "aliases"))]
    return {token for name in names for token in tokens_of(name)}


def _numbers_of(fields: Mapping[str, JsonValue]) -> set[bytes]:
    given = (_plain_number(text(each, "number")) for each in records(fields, "identifiers"))
    return {number for number in given if number}


def _match_keys(fields: Mapping[str, JsonValue]) -> frozenset[Key]:
    return keys_of(prepared(of_fields(fields)))


def _plain_number(text_: str) -> bytes:
    return _MARKS.sub("", fold(text_)).encode("utf-8")


def _begins(token: bytes) -> sa.Select[tuple[str]]:
    column = name_tokens.c.token
    return sa.select(name_tokens.c.hash).where(column >= token, column < token + _AFTER_ALL)


def _corrected(table: sa.Table = dossiers) -> sa.Exists:
    newer = (corrections.c.of == table.c.hash) & (corrections.c.party == table.c.party)
    return sa.exists(sa.select(corrections.c.act).where(newer).correlate(table))


def _seen(visible: Visible, sensitivity: str, table: sa.Table = dossiers) -> sa.ColumnElement[bool]:
    return seen(table, visible, sensitivity)


def _found(row: Mapping[Any, Any], visible: Visible, *, corrected: bool) -> Found:
    involved = f"|{visible.reader.agency}|" in row["concerned"]

    def seen(column: str, sensitivity: str) -> str:
        return row[column] if visible.sees(row["handling"], sensitivity, involved=involved) else ""

    return Found(
        hash=row["hash"],
        iss=row["iss"],
        subject_type=row["subject_type"],
        name=row["name"],
        programmes=tuple(filter(None, seen("programmes", "proceedings").split(_DIVIDER))),
        source_list=seen("source_list", "source"),
        source_entry=seen("source_entry", "source"),
        state=seen("state", "procedural"),
        corrected=corrected,
        handling=row["handling"],
        at=row["iat"],
        involved=involved,
    )
