# SPDX-License-Identifier: Apache-2.0
"""What a node notes beside the acts: policy decisions, officers' commands, who read what, and facts about itself.

Rules
  - A decision is kept once per operation; for every act, each field names the decision that answered for it (L3).
  - One command identifier stands for one command: the same again gives the same acts, another one is refused.
  - Reading leaves a trace: who, which act, how, when.
  - What waited for a person keeps every judgement of it: who, when, why.
  - `meta` holds facts of the node itself as text; nothing that an act could say.

Worked example
    recall_command(conn, "c-1", digest)                          is None: not seen yet
    note_command(conn, Command("c-1", "officer-7", digest, (hash_,), now))
    recall_command(conn, "c-1", digest)                          is (hash_,)
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from paridad.acts.envelope import ActHash
from paridad.base.words import Words
from paridad.store.acts import get_acts, numbers_of
from paridad.store.bulk import insert_many, upsert
from paridad.store.errors import CommandReused
from paridad.store.tables import (
    acts,
    commands,
    conflicts,
    decided,
    decisions,
    judgements,
    meta,
    payload_uses,
    payloads,
    reads,
)


class DecisionRow(NamedTuple):
    """What policy answered to one question."""

    number: int
    allowed: bool
    rules: tuple[str, ...]
    policy_set: str
    input_hash: str
    at: int


THE_ACT = ""
"""The path under which the decision on the act itself is kept: whether its signed part may leave."""


class Decided(NamedTuple):
    """The decisions of one operation on one act, by path; `THE_ACT` for the act itself."""

    operation: str
    fields: Mapping[str, DecisionRow]


class Command(NamedTuple):
    """An officer's command and the acts that came of it."""

    id: str
    officer: str
    digest: str
    """Of the command's content, so that another content under the same identifier is seen."""
    acts: tuple[str, ...]
    at: int


class Read(NamedTuple):
    """One look at an act."""

    act_hash: str
    at: int
    reader: str
    how: str
    """For instance `page`, `list`, `export`."""


class Judgement(NamedTuple):
    """What a person decided, and why."""

    about: str
    """What waited: its class, then what names it, blank-separated."""
    at: int
    judge: str
    reason: str


class ConflictRow(NamedTuple):
    """Two things that contradict one another."""

    held: str
    other: str
    about: str
    found_at: int
    signed: bytes
    settled_at: int | None
    settled_by: str | None


# --- decisions ------------------------------------------------------------------------------------------------------


def put_decisions(
    conn: sa.Connection, operation: str, answers: Sequence[DecisionRow], fields: Mapping[str, Mapping[str, int]]
) -> None:
    """Keep the decisions of an operation, and per act which number answered for each field path."""
    rows = [(operation, a.number, int(a.allowed), " ".join(a.rules), a.policy_set, a.input_hash, a.at) for a in answers]
    insert_many(conn, decisions, rows)
    insert_many(conn, decided, [(operation, act, _write_fields(paths)) for act, paths in fields.items()])


def decisions_of(conn: sa.Connection, operation: str) -> list[DecisionRow]:
    """Return the decisions of an operation in their order."""
    found = sa.select(decisions).where(decisions.c.operation == operation).order_by(decisions.c.number)
    return [_decision(row) for row in conn.execute(found)]


def decided_for(conn: sa.Connection, act_hash: str) -> list[Decided]:
    """Return every operation that decided about an act, with the decision behind each field."""
    found = sa.select(decided).where(decided.c.act.in_(numbers_of([act_hash]))).order_by(decided.c.operation)
    return [_decided(conn, row) for row in conn.execute(found).all()]


def _decided(conn: sa.Connection, row: sa.Row[tuple[str, int, str]]) -> Decided:
    answers = {answer.number: answer for answer in decisions_of(conn, row.operation)}
    return Decided(row.operation, {path: answers[number] for path, number in _read_fields(row.fields)})


def _decision(row: sa.Row[tuple[object, ...]]) -> DecisionRow:
    return DecisionRow(row.number, bool(row.allowed), tuple(row.rules.split()), row.policy_set, row.input_hash, row.at)


def _write_fields(paths: Mapping[str, int]) -> str:
    return "\n".join(f"{path} {number}" for path, number in sorted(paths.items()))


def _read_fields(text: str) -> list[tuple[str, int]]:
    pairs = (line.rpartition(" ") for line in text.splitlines())
    return [(path, int(number)) for path, _, number in pairs]


# --- commands and reads ---------------------------------------------------------------------------------------------


def recall_command(conn: sa.Connection, id_: str, digest: str) -> tuple[str, ...] | None:
    """Return the acts of a command that was done already, None if it is new; `CommandReused` if it is another one."""
    done = command(conn, id_)
    if done is None:
        return None
    if done.digest != digest:
        raise CommandReused(
            Words(
                es=f"El identificador {id_} ya se usó para otra orden.",
                en=f"The identifier {id_} was already used for another command.",
            )
        )
    return done.acts


def note_command(conn: sa.Connection, command: Command) -> None:
    """Keep a command with the acts that came of it, in the transaction that files them."""
    insert_many(conn, commands, [(*command[:3], " ".join(command.acts), command.at)])


def command(conn: sa.Connection, id_: str) -> Command | None:
    """Return a command that was carried out."""
    row = conn.execute(sa.select(commands).where(commands.c.id == id_)).one_or_none()
    return Command(row.id, row.officer, row.digest, tuple(row.acts.split()), row.at) if row else None


def officers_of(conn: sa.Connection, acts_: Iterable[str]) -> frozenset[str]:
    """Return who commanded some acts of ours."""
    named = [commands.c.acts.contains(each, autoescape=True) for each in acts_]
    found = conn.execute(sa.select(commands.c.officer).where(sa.or_(*named))) if named else ()
    return frozenset(row.officer for row in found)


def signed_by_command(conn: sa.Connection, id_: str) -> list[bytes]:
    """Return the signed bytes of the acts that came of a command, in their order."""
    done = command(conn, id_)
    hashes = done.acts if done else ()
    found = get_acts(conn, hashes)
    return [found[ActHash(each)].signed for each in hashes]


def note_reads(conn: sa.Connection, looks: Iterable[Read]) -> None:
    """Keep who read what; the same look in the same second is one."""
    insert_many(conn, reads, list(looks), ignore=True)


def reads_of(conn: sa.Connection, act_hash: str) -> list[Read]:
    """Return who read an act, oldest first."""
    found = (
        sa.select(reads)
        .where(reads.c.act.in_(numbers_of([act_hash])))
        .order_by(reads.c.at, reads.c.reader, reads.c.how)
    )
    return [Read(act_hash, row.at, row.reader, row.how) for row in conn.execute(found)]


# --- conflicts ------------------------------------------------------------------------------------------------------


def open_conflicts(conn: sa.Connection) -> list[ConflictRow]:
    """Return the contradictions that wait for a person, oldest first."""
    return _conflicts(conn, conflicts.c.settled_at.is_(None))


def settled_conflicts(conn: sa.Connection) -> list[ConflictRow]:
    """Return the contradictions that a person settled, oldest first."""
    return _conflicts(conn, conflicts.c.settled_at.is_not(None))


def _conflicts(conn: sa.Connection, wanted: sa.ColumnElement[bool]) -> list[ConflictRow]:
    found = sa.select(conflicts).where(wanted).order_by(conflicts.c.found_at, conflicts.c.other)
    return [ConflictRow(*row) for row in conn.execute(found)]


def conflicts_of(conn: sa.Connection, act_hash: str) -> list[ConflictRow]:
    """Return what contradicts a held act, settled or not."""
    return _conflicts(conn, conflicts.c.held == act_hash)


def settle_conflict(conn: sa.Connection, held: str, other: str, *, by: str, at: int) -> bool:
    """Note the act by which a person settled a conflict; the first settlement stands, both sides stay kept."""
    here = (conflicts.c.held == held, conflicts.c.other == other, conflicts.c.settled_at.is_(None))
    return conn.execute(sa.update(conflicts).where(*here).values(settled_at=at, settled_by=by)).rowcount == 1


# --- judgements -----------------------------------------------------------------------------------------------------


def judge(conn: sa.Connection, what: Judgement) -> None:
    """Keep what a person decided, behind what was decided about it before."""
    row = (what.about, len(judgements_of(conn, what.about)), what.at, what.judge, what.reason)
    insert_many(conn, judgements, [row])


def judgements_of(conn: sa.Connection, about: str) -> list[Judgement]:
    """Return what was decided about something, oldest first."""
    found = sa.select(judgements).where(judgements.c.about == about).order_by(judgements.c.number)
    return [Judgement(about, row.at, row.judge, row.reason) for row in conn.execute(found)]


# --- payload names --------------------------------------------------------------------------------------------------


def note_payload(conn: sa.Connection, digest: str, size: int, act_hash: str, *, at: int) -> None:
    """Note that a payload is held whole and that an act names it."""
    insert_many(conn, payloads, [(digest, size, at, None)], ignore=True)
    insert_many(conn, payload_uses, [(digest, act_hash)], ignore=True)


def payloads_of(conn: sa.Connection, act_hash: str) -> dict[str, int]:
    """Return the payloads held for an act, with their sizes."""
    here = (payload_uses.c.act.in_(numbers_of([act_hash])), payloads.c.destroyed_at.is_(None))
    found = sa.select(payloads.c.digest, payloads.c.size).join(payload_uses).where(*here)
    return {row.digest: row.size for row in conn.execute(found.order_by(payloads.c.digest))}


def payload_acts(conn: sa.Connection, digest: str) -> list[str]:
    """Return the acts that name a payload, in the order of filing."""
    found = sa.select(acts.c.hash).join(payload_uses, payload_uses.c.act == acts.c.filed)
    return list(conn.execute(found.where(payload_uses.c.digest == digest).order_by(acts.c.filed)).scalars())


def note_payload_destroyed(conn: sa.Connection, digest: str, *, at: int) -> bool:
    """Note that the file of a payload is to be destroyed; commit this before removing the file."""
    here = (payloads.c.digest == digest, payloads.c.destroyed_at.is_(None))
    return conn.execute(sa.update(payloads).where(*here).values(destroyed_at=at)).rowcount == 1


# --- facts of the node ----------------------------------------------------------------------------------------------


def put_meta(conn: sa.Connection, key: str, value: str) -> None:
    """Set a fact of the node."""
    insert = upsert(conn, meta).values(key=key, value=value)
    conn.execute(insert.on_conflict_do_update(index_elements=["key"], set_={"value": value}))


def get_meta(conn: sa.Connection, key: str) -> str | None:
    """Return a fact of the node, None where it was never set."""
    return conn.execute(_META, {"named": key}).scalar_one_or_none()


def drop_meta(conn: sa.Connection, key: str) -> None:
    """Forget a fact of the node."""
    conn.execute(sa.delete(meta).where(meta.c.key == key))


_META = sa.select(meta.c.value).where(meta.c.key == sa.bindparam("named"))
