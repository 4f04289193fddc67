# SPDX-License-Identifier: Apache-2.0
"""The examiner examined: a database with one thing spoilt is told from a sound one, and the sentence says what."""

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from faults.facts import Facts, contradictions, disagreements, facts_of, open_plain
from faults.matters import AGENCIES
from faults.places import fast_folder
from faults.plain import send_plain
from support.two_nodes import Parties

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[Path, Path]]:
    """Two databases after seven parcels in each direction."""
    with fast_folder() as folder:
        with Parties(folder) as parties:
            for sender, receiver in (parties.names, reversed(parties.names)):
                own = parties.by_name[sender].own
                send_plain(own, AGENCIES[sender], AGENCIES[receiver], 7, now=parties.clock(), id_=f"of {sender}")
            parties.settle(3)
            one, other = (folder / name / "node.db" for name in parties.names)
        yield one, other


def spoilt(path: Path, sql: str) -> sqlite3.Connection:
    """Return a copy of a database after some SQL that no node would run."""
    copy = path.with_suffix(".spoilt")
    shutil.copy(path, copy)
    conn = open_plain(copy)
    conn.execute("PRAGMA foreign_keys=OFF")
    conn.executescript(sql)
    conn.close()
    return open_plain(copy)


SPOILT: dict[str, tuple[str, str]] = {
    "nothing is spoilt": ("", ""),
    "a parcel of the inbox is gone": ("DELETE FROM inbound_parcels WHERE position = 3", "inbox"),
    "the inbox expects too much": ("UPDATE inbound_streams SET next_position = next_position + 1", "inbox"),
    "a parcel of the outbox is gone": ("DELETE FROM outbox WHERE position = 7", "outbox"),
    "an accepted act is gone": (
        "DELETE FROM acts WHERE hash = (SELECT act_hash FROM inbound_parcels WHERE position = 2)",
        "a reference of",
    ),
    "a receipt is gone": ("DELETE FROM receipts", "a filed parcel without receipt"),
    "the act of a receipt is gone": (
        "DELETE FROM acts WHERE hash IN (SELECT receipt FROM receipts)",
        "a receipt without its act",
    ),
    "a leaf is gone": ("DELETE FROM leaves WHERE idx = 0", "some of its leaves are missing"),
    "a head went back": (
        "UPDATE heads SET size = size - 1 WHERE origin LIKE 'MX/%/shared'",
        "was signed, the head says",
    ),
    "an act of ours is in no log": (
        "DELETE FROM leaves WHERE act = (SELECT max(filed) FROM acts WHERE ours = 1)",
        "an act of ours in no log",
    ),
    "a cover lists too few": ("UPDATE batches SET parcels = parcels - 1", "under covers that list"),
    "two covers do not join": ("UPDATE batches SET first = first + 1", "do not join"),
    "a filing number is skipped": (
        "PRAGMA defer_foreign_keys=ON; UPDATE acts SET filed = filed + 1 WHERE filed = (SELECT max(filed) FROM acts)",
        "filing numbers",
    ),
    "an accepted parcel has no act": ("UPDATE inbound_parcels SET act = NULL", "accepted without its act"),
    "a table begins at another's page": (
        "PRAGMA writable_schema=ON; UPDATE sqlite_schema SET rootpage = 2 WHERE name = 'outbox'",
        "damaged",
    ),
}


@pytest.mark.parametrize(("sql", "said"), SPOILT.values(), ids=SPOILT.keys())
def test_what_is_spoilt_is_named(sql: str, said: str, pair: tuple[Path, Path]) -> None:
    conn = spoilt(pair[0], sql)
    found = contradictions(conn)
    conn.close()
    assert any(said in line for line in found) if said else found == []


DIFFERENT: dict[str, tuple[str, str]] = {
    "both tell the same": ("", ""),
    "a parcel never arrived": ("DELETE FROM inbound_parcels WHERE position = 7", "never arrived"),
    "a parcel was never sent": (
        "UPDATE inbound_parcels SET position = 99 WHERE position = 7",
        "never sent",
    ),
    "a receipt is forgotten": ("DELETE FROM receipts", "a receipt that its giver does not know"),
    "a witness goes back": ("UPDATE witnessed SET size = size - 1", "the witness remembers"),
    "a witness saw more": ("UPDATE witnessed SET size = size + 9", "the witness saw"),
    "another act arrived": ("UPDATE inbound_parcels SET act_hash = 'x' WHERE position = 1", "another act at"),
}


@pytest.mark.parametrize(("sql", "said"), DIFFERENT.values(), ids=DIFFERENT.keys())
def test_what_two_nodes_tell_differently_is_named(sql: str, said: str, pair: tuple[Path, Path]) -> None:
    sender, receiver = open_plain(pair[0]), spoilt(pair[1], sql)
    found = disagreements(sender, receiver)
    sender.close()
    receiver.close()
    assert any(said in line for line in found) if said else found == []


def test_a_parcel_that_nobody_confirmed_is_named(pair: tuple[Path, Path]) -> None:
    sender, receiver = spoilt(pair[0], "UPDATE outbox SET state = 'queued' WHERE position = 1"), open_plain(pair[1])
    assert any("not settled" in line for line in disagreements(sender, receiver))
    sender.close()
    receiver.close()


def test_facts_of_a_database_without_tables_are_none() -> None:
    assert facts_of(sqlite3.connect(":memory:")) == Facts(frozenset(), {})


def test_a_growing_fact_is_held_by_a_larger_one(pair: tuple[Path, Path]) -> None:
    """An exact fact holds as it is; an expected position holds what came before it."""
    conn = open_plain(pair[0])
    facts = facts_of(conn)
    conn.close()
    assert facts.holds(("expect", "US/DOJ", "MX/FGR", 5))
    assert not facts.holds(("expect", "US/DOJ", "MX/FGR", 9))
    assert facts.missing([("act", "nobody's"), ("batch", "MX/FGR", "US/DOJ", 1, 7)]) == [("act", "nobody's")]
