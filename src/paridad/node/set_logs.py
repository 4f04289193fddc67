# SPDX-License-Identifier: Apache-2.0
"""The set log of one agency towards another: kept sealed, grown once between two runs that were agreed.

Rules
  - At the first run the log is filled to the agreed capacity in records; later exactly the agreed number of entries is
    added, removals, additions and dummies together. Neither tells how many records there are.
  - What does not fit waits for a later run and is not compared.
  - It grows from what the last agreed run showed: what was added for a run that was not agreed falls away again.
  - The entry of a record holds its act, its authority (that of the dossier, or the legal basis under which it is held)
    and the day of the act. Salts and places lie in the node's locker.

Worked example
    log, waiting = next_log(node, Between("A/POLICE", "B/CUSTOMS"), terms, acts)
    keep_log(node, between, log, compared, run="")        before the proposal is said; then again with its name
    record_of(log_of(node, between, run), act, pair=0)        what is opened about a record, with its proof
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from paridad.acts.verify import VerifiedAct
from paridad.base.sources import Random
from paridad.base.strict import decode_base64url
from paridad.base.words import Words
from paridad.desks.targets.deconfliction.messages import Agreement, Head, Record, Terms
from paridad.desks.targets.deconfliction.setlog import SetLog, grow, record_entry
from paridad.desks.targets.deconfliction.wire import KIND_OF
from paridad.folio.reading import text
from paridad.ledger.merkle import leaf_hash
from paridad.node.errors import RunRefused
from paridad.node.node import Node
from paridad.store.acts import ActQuery, count_acts

SALT_BYTES = 16


class Between(NamedTuple):
    """Whose log it is, and towards whom."""

    agency: str
    peer: str

    @property
    def agreed(self) -> str:
        """Under which name the log of the last agreed run is kept."""
        return f"set-log/{self.agency}/{self.peer}/agreed"

    @property
    def grown(self) -> str:
        """Under which name the log is kept as it grew for a run since."""
        return f"set-log/{self.agency}/{self.peer}/grown"


class Entry(msgspec.Struct, frozen=True):
    """One record in the log."""

    authority: str
    entered_on: str
    salt: bytes
    place: int
    leaf: bytes
    """Leaf hash of the act in the own log: shown with the proof that the act stood there before the run."""


class Kept(msgspec.Struct, frozen=True):
    """A log as the locker keeps it."""

    leaves: tuple[bytes, ...] = ()
    entries: dict[str, Entry] = {}
    """By act of the record; one that was removed is not here."""
    run: str = ""
    """The run for which it grew; empty while that one was not said."""
    compared: dict[str, bool] = {}
    """The records that this run compares, and whether their numbers are."""

    @property
    def head(self) -> Head:
        """Size and root, as the other side is shown."""
        return SetLog(self.leaves).head


def next_log(
    node: Node, between: Between, terms: Terms, acts: Mapping[str, VerifiedAct]
) -> tuple[Kept, tuple[str, ...]]:
    """Return the log as the next run shows it, and the records that have to wait for a later one."""
    with node.own.store.read() as conn:
        base = _agreed(conn, node, between)
    new, cap = sorted(acts.keys() - base.entries.keys()), terms.churn_cap if base.leaves else terms.records
    if not base.leaves and len(new) > cap:
        raise too_small("registros", "records", len(new), cap)
    gone = sorted(base.entries.keys() - acts.keys())[:cap]
    enters = new[: cap - len(gone)]
    log = _with(base, gone, [acts[each] for each in enters], cap, node.own.random)
    return log, tuple(new[len(enters) :])


def keep_log(node: Node, between: Between, log: Kept, compared: Mapping[str, bool], *, run: str) -> None:
    """Keep a log that grew for a run; what the last agreed run showed stays beside it until that one is agreed."""
    sealed = msgspec.msgpack.encode(Kept(log.leaves, log.entries, run, dict(compared)))

    def commit(conn: sa.Connection) -> None:
        base = msgspec.msgpack.encode(_agreed(conn, node, between))
        node.own.vault.destroy(conn, [between.agreed, between.grown])
        node.own.vault.lock(conn, {between.agreed: base, between.grown: sealed})

    node.own.store.submit(commit)


def log_of(node: Node, between: Between, run: str) -> Kept | None:
    """Return the log that grew for a run, None where it was for another one."""
    with node.own.store.read() as conn:
        found = _read(conn, node, between.grown)
    return found if found.run == run else None


def _agreed(conn: sa.Connection, node: Node, between: Between) -> Kept:
    """Return the log as the last agreed run showed it."""
    grown = _read(conn, node, between.grown)
    agreed = grown.run and count_acts(conn, ActQuery(kinds=[KIND_OF[Agreement]], refers_to=grown.run))
    return grown if agreed else _read(conn, node, between.agreed)


def _read(conn: sa.Connection, node: Node, name: str) -> Kept:
    sealed = node.own.vault.unlock(conn, name)
    return msgspec.msgpack.decode(sealed, type=Kept) if sealed else Kept()


def too_small(es: str, en: str, found: int, agreed: int) -> RunRefused:
    """Build the refusal of a list that the capacity does not hold."""
    return RunRefused(
        Words(
            es=f"Su lista da {found} {es} y la capacidad es de {agreed}: proponga una mayor.",
            en=f"Your list gives {found} {en} and the capacity is {agreed}: propose a larger one.",
        )
    )


def _with(kept: Kept, gone: Sequence[str], new: Sequence[VerifiedAct], cap: int, random: Random) -> Kept:
    """Return the log with removals, additions and dummies."""
    first = len(kept.leaves) + len(gone)
    added: dict[str, Entry] = {act.hash: _entry(act, place, random) for place, act in enumerate(new, first)}
    lines = [_line("removed", each, kept.entries[each]) for each in gone]
    lines += [_line("added", each, entry) for each, entry in added.items()]
    stay = {act: entry for act, entry in kept.entries.items() if act not in gone}
    return Kept(grow(SetLog(kept.leaves), lines, cap=cap, chance=random).leaves, {**stay, **added})


def _entry(act: VerifiedAct, place: int, random: Random) -> Entry:
    authority = text(act.fields, "authority") or act.envelope.bas
    day = datetime.fromtimestamp(act.envelope.iat, UTC).date().isoformat()
    return Entry(authority, day, random(SALT_BYTES), place, leaf_hash(act.signed))


def _line(change: str, act: str, entry: Entry) -> bytes:
    act_hash = decode_base64url(act)
    return record_entry(change, act_hash, entry.authority, entry.entered_on, entry.salt, leaf=entry.leaf)


def record_of(log: Kept, act: str, pair: int) -> Record:
    """Return what is opened about a record: since when and on what it stands, with its proof in the log."""
    entry = log.entries[act]
    proof = SetLog(log.leaves).inclusion(entry.place)
    return Record(pair, entry.authority, entry.entered_on, decode_base64url(act), entry.salt, entry.place, proof)
