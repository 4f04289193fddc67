# SPDX-License-Identifier: Apache-2.0
"""Acts in the store: exact signed bytes, with their envelope beside them for filters.

Rules
  - The signed bytes go in and come out to the byte (L1); the columns are a reading of them.
  - Whoever files an act has verified or issued it; the store does not verify.
  - The same act twice is *same*. Other bytes under a known (`iss`, `jti`) are a *conflict*: what stands stays,
    the other is kept in `conflicts`, a person decides (L6).
  - Lists are paged by key, newest first by (`iat`, hash) or in the order of filing; never by offset.

Worked example
    put_acts(conn, [act], ours=False, at=now)        is ["new"]
    put_acts(conn, [act], ours=False, at=now)        is ["same"]
"""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import msgspec
import sqlalchemy as sa

from paridad.acts.envelope import ActHash, Envelope, act_hash
from paridad.base.strict import decode_base64url
from paridad.store.bulk import insert_many, next_numbers
from paridad.store.tables import act_addressees, act_refs, acts, conflicts, refs_ahead, touched

Filing = Literal["new", "same", "conflict"]

MAX_PAGE = 1000


class NewAct(NamedTuple):
    """An act to be filed: verified or just issued."""

    hash: ActHash
    signed: bytes
    envelope: Envelope
    kid: str


@dataclass(frozen=True, slots=True)
class StoredAct:
    """A filed act."""

    filed: int
    """Order of filing at this node, from 1, without holes."""
    hash: ActHash
    signed: bytes
    kid: str
    ours: bool
    arrived_at: int

    @property
    def envelope(self) -> Envelope:
        """The envelope, read from the signed bytes."""
        return _envelope(self.signed)


@lru_cache(maxsize=1024)
def _kid(header: bytes) -> str:
    return str(json.loads(decode_base64url(header.decode("ascii")))["kid"])


def _envelope(signed: bytes) -> Envelope:
    claims: dict[str, Any] = msgspec.json.decode(decode_base64url(signed.split(b".")[1].decode("ascii")))
    return msgspec.convert({name: claims[name] for name in Envelope.__struct_fields__}, Envelope)


def reading(signed: bytes) -> NewAct:
    """Return what is filed of an act that the caller issued or verified."""
    return NewAct(act_hash(signed), signed, _envelope(signed), _kid(signed.partition(b".")[0]))


def put_act(conn: sa.Connection, act: NewAct, *, ours: bool, at: int) -> Filing:
    """File one act; see `put_acts`."""
    return put_acts(conn, [act], ours=ours, at=at)[0]


def put_acts(conn: sa.Connection, new: Sequence[NewAct], *, ours: bool, at: int) -> list[Filing]:
    """File acts in the order given and say of each what became of it."""
    known = _known(conn, new)
    fresh: list[NewAct] = []
    contradicting: list[tuple[ActHash, NewAct]] = []
    filings: list[Filing] = []
    for act in new:
        held = known.setdefault(_identifier(act), None)
        if held is None:
            known[_identifier(act)] = act.hash
            fresh.append(act)
            filings.append("new")
        elif held == act.hash:
            filings.append("same")
        else:
            contradicting.append((held, act))
            filings.append("conflict")
    _file(conn, fresh, ours=int(ours), at=at)
    put_conflicts(conn, contradicting, about="identifier", at=at)
    return filings


def _identifier(act: NewAct) -> tuple[str, str]:
    return act.envelope.iss, act.envelope.jti


def _known(conn: sa.Connection, new: Sequence[NewAct]) -> dict[tuple[str, str], ActHash | None]:
    found = conn.execute(_KNOWN, {"jtis": [act.envelope.jti for act in new]})
    return {(row.iss, row.jti): ActHash(row.hash) for row in found}


def _file(conn: sa.Connection, fresh: Sequence[NewAct], *, ours: int, at: int) -> None:
    if not fresh:
        return
    first = next_numbers(conn, len(fresh))
    numbered = list(enumerate(fresh, first))
    insert_many(conn, acts, [_row(number, act, ours, at) for number, act in numbered])
    _refer(conn, [(ref, number) for number, act in numbered for ref in dict.fromkeys(act.envelope.re)])
    addressees = [(agency, number) for number, act in numbered for agency in dict.fromkeys(act.envelope.aud)]
    insert_many(conn, act_addressees, addressees)


def _refer(conn: sa.Connection, refs: Sequence[tuple[str, int]]) -> None:
    if not refs:
        return
    found = conn.execute(_NUMBERS, {"hashes": list({ref for ref, _ in refs})})
    held = {row.hash: row.filed for row in found}
    insert_many(conn, act_refs, [(held[ref], number) for ref, number in refs if ref in held])
    insert_many(conn, refs_ahead, [(ref, number) for ref, number in refs if ref not in held])


def _row(number: int, act: NewAct, ours: int, at: int) -> tuple[object, ...]:
    env = act.envelope
    return (
        number, act.hash, act.kid, env.iss, env.iat, env.jti, env.prg, env.knd, env.fol, env.hnd, env.pur, env.bas,
        ours, at, act.signed,
    )  # fmt: skip


def put_conflicts(conn: sa.Connection, pairs: Sequence[tuple[ActHash, NewAct]], *, about: str, at: int) -> None:
    """Keep what contradicts something held; the same contradiction again changes nothing."""
    rows = [(held, other.hash, about, at, other.signed, None, None) for held, other in pairs]
    insert_many(conn, conflicts, rows, ignore=True)


def touch(conn: sa.Connection, hashes: Sequence[str]) -> None:
    """Note that the disclosures of filed acts changed, so that projections look at them again."""
    if hashes:
        insert_many(conn, touched, list(enumerate(hashes, next_numbers(conn, len(hashes)))))


def get_act(conn: sa.Connection, hash_: str) -> StoredAct | None:
    """Return one act, or None."""
    return get_acts(conn, [hash_]).get(ActHash(hash_))


def get_acts(conn: sa.Connection, hashes: Collection[str]) -> dict[ActHash, StoredAct]:
    """Return the acts that are held, by hash; unknown hashes are absent."""
    return {act.hash: act for act in _read(conn, _STORED.where(acts.c.hash.in_(list(hashes))))}


@dataclass(frozen=True, slots=True)
class ActQuery:
    """What a list shows; None means no condition. An empty collection shows nothing."""

    folio: str | None = None
    kinds: Collection[str] | None = None
    kind_prefix: str | None = None
    handling: Collection[str] | None = None
    purposes: Collection[str] | None = None
    issuers: Collection[str] | None = None
    addressees: Collection[str] | None = None
    refers_to: str | None = None
    kid: str | None = None
    ours: bool | None = None
    since: int | None = None
    """Issued at or after."""
    until: int | None = None
    """Issued before."""


Cursor = tuple[int, str]
"""Place in a list, newest first: `iat` and hash of the last act shown."""


def cursor_of(act: StoredAct) -> Cursor:
    """Return the place of an act in a list, newest first."""
    return act.envelope.iat, act.hash


def page_acts(
    conn: sa.Connection, query: ActQuery = ActQuery(), *, after: Cursor | None = None, limit: int = 50
) -> list[StoredAct]:
    """Return up to `limit` acts, newest first, that come after a place."""
    statement = _matching(_STORED, query).order_by(acts.c.iat.desc(), acts.c.hash.desc()).limit(min(limit, MAX_PAGE))
    if after is not None:
        statement = statement.where(sa.tuple_(acts.c.iat, acts.c.hash) < sa.tuple_(*map(sa.literal, after)))
    return _read(conn, statement)


def filed_acts(
    conn: sa.Connection, query: ActQuery = ActQuery(), *, after: int = 0, limit: int = MAX_PAGE
) -> list[StoredAct]:
    """Return up to `limit` acts in the order of filing that were filed after number `after`."""
    statement = _matching(_STORED, query).where(acts.c.filed > after).order_by(acts.c.filed)
    return _read(conn, statement.limit(min(limit, MAX_PAGE)))


def every_act(conn: sa.Connection, query: ActQuery) -> Iterator[StoredAct]:
    """Yield every act of a query in the order of filing, page by page."""
    after = 0
    while page := filed_acts(conn, query, after=after):
        yield from page
        after = page[-1].filed


def last_filed(conn: sa.Connection) -> int:
    """Return the number of the act that was filed last; 0 where there is none."""
    return conn.execute(_LAST).scalar_one() or 0


def folio_acts(conn: sa.Connection, folio: str) -> list[StoredAct]:
    """Return all acts of a folio in the order of filing."""
    return _read(conn, _STORED.where(acts.c.fol == folio, acts.c.fol != "").order_by(acts.c.filed))


def count_acts(conn: sa.Connection, query: ActQuery = ActQuery()) -> int:
    """Return how many acts match."""
    return int(conn.execute(_matching(sa.select(sa.func.count()).select_from(acts), query)).scalar_one())


def _matching(statement: Any, query: ActQuery) -> Any:
    column = acts.c
    conditions: Iterable[tuple[object, Any]] = (
        (query.folio, lambda v: column.fol == v),
        (query.kinds, lambda v: column.knd.in_(list(v))),
        (query.kind_prefix, lambda v: column.knd.startswith(v, autoescape=True)),
        (query.handling, lambda v: column.hnd.in_(list(v))),
        (query.purposes, lambda v: column.pur.in_(list(v))),
        (query.issuers, lambda v: column.iss.in_(list(v))),
        (query.addressees, lambda v: _in(act_addressees, act_addressees.c.agency.in_(list(v)))),
        (query.refers_to, _referring),
        (query.kid, lambda v: column.kid == v),
        (query.ours, lambda v: column.ours == int(v)),
        (query.since, lambda v: column.iat >= v),
        (query.until, lambda v: column.iat < v),
    )
    for value, condition in conditions:
        if value is not None:
            statement = statement.where(condition(value))
    return statement


def _referring(hash_: str) -> Any:
    return sa.or_(_in(act_refs, act_refs.c.ref.in_(numbers_of([hash_]))), _in(refs_ahead, refs_ahead.c.ref == hash_))


def numbers_of(hashes: Collection[str]) -> sa.Select[tuple[int]]:
    """Return a subquery for the filing numbers of acts."""
    return sa.select(acts.c.filed).where(acts.c.hash.in_(list(hashes)))


def _in(table: sa.Table, condition: Any) -> Any:
    return acts.c.filed.in_(sa.select(table.c.act).where(condition))


def _read(conn: sa.Connection, statement: Any) -> list[StoredAct]:
    return [
        StoredAct(row.filed, ActHash(row.hash), row.signed, row.kid, bool(row.ours), row.arrived_at)
        for row in conn.execute(statement)
    ]


_LAST = sa.select(sa.func.max(acts.c.filed))
_STORED = sa.select(acts.c.filed, acts.c.hash, acts.c.signed, acts.c.kid, acts.c.ours, acts.c.arrived_at)
_KNOWN = sa.select(acts.c.iss, acts.c.jti, acts.c.hash).where(acts.c.jti.in_(sa.bindparam("jtis", expanding=True)))
_NUMBERS = sa.select(acts.c.hash, acts.c.filed).where(acts.c.hash.in_(sa.bindparam("hashes", expanding=True)))
