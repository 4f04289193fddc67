# SPDX-License-Identifier: Apache-2.0
"""Projections can be dropped and rebuilt at any time, and rebuilt equals incremental (L7)."""

from collections.abc import Sequence
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paridad.store import projection
from paridad.store.acts import StoredAct, put_act, put_acts, touch
from paridad.store.engine import Store
from paridad.store.projection import Projection, behind, catch_up, drop, rebuild
from paridad.store.records import get_meta
from paridad.store.tables import integer, strict_table, text
from paridad.store.vault import Vault
from support.store_acts import CountedRandom, MemoryEpochs, a_text, an_act, rolled_back

TABLES = sa.MetaData()
WORDS = strict_table("practice_words", text("hash", primary_key=True), integer("words"), within=TABLES)
ACTS = [an_act(f"projected {n}") for n in range(6)]


class Counting:
    """Counts the disclosures of each act; keeps the runs it was given."""

    def __init__(self, version: int = 1) -> None:
        self.vault = Vault(MemoryEpochs(), CountedRandom())
        self.runs: list[list[int]] = []
        self.projection = Projection("practice", version, TABLES, self.project)

    def project(self, conn: sa.Connection, acts: Sequence[StoredAct]) -> None:
        """Replace the rows of these acts."""
        self.runs.append([act.filed for act in acts])
        held = self.vault.disclosures_of(conn, [act.hash for act in acts])
        conn.execute(sa.delete(WORDS).where(WORDS.c.hash.in_(list(held))))
        rows = [{"hash": hash_, "words": len(texts)} for hash_, texts in held.items() if texts]
        if rows:
            conn.execute(WORDS.insert(), rows)


def rows(conn: sa.Connection) -> set[tuple[str, int]]:
    return {(row.hash, row.words) for row in conn.execute(sa.select(WORDS))}


@pytest.fixture
def counting() -> Counting:
    return Counting()


@pytest.fixture
def filled(store: Store, counting: Counting) -> Store:
    with store.write() as conn:
        put_acts(conn, ACTS, ours=True, at=1)
        counting.vault.put_disclosures(conn, {act.hash: [a_text("x")] for act in ACTS})
    return store


def test_each_act_comes_once(filled: Store, counting: Counting) -> None:
    with filled.write() as conn:
        assert behind(conn, counting.projection) == 6
        assert catch_up(conn, counting.projection, limit=4) == 4
        assert behind(conn, counting.projection) == 2
        assert catch_up(conn, counting.projection) == 2
        assert catch_up(conn, counting.projection) == 0
        assert len(rows(conn)) == 6
    assert counting.runs == [[1, 2, 3, 4], [5, 6]]


def test_long_histories_are_read_in_runs(filled: Store, counting: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projection, "RUN", 4)
    with filled.write() as conn:
        assert catch_up(conn, counting.projection) == 6
        assert rebuild(conn, counting.projection) == 6
    assert counting.runs == [[1, 2, 3, 4], [5, 6]] * 2


def test_a_touched_act_comes_again_and_its_rows_are_replaced(filled: Store, counting: Counting) -> None:
    with filled.write() as conn:
        catch_up(conn, counting.projection)
        counting.vault.add_disclosures(conn, {ACTS[1].hash: [a_text("late")]})
        counting.vault.erase(conn, ACTS[2].hash, at=1, backups_by=2, reason="recall")
        assert behind(conn, counting.projection) == 2
        assert catch_up(conn, counting.projection) == 2
        expected = {(act.hash, 1) for act in ACTS if act not in ACTS[1:3]} | {(ACTS[1].hash, 2)}
        assert rows(conn) == expected
        rebuild(conn, counting.projection)
        assert rows(conn) == expected


def test_an_act_touched_in_the_run_that_files_it_comes_once(filled: Store, counting: Counting) -> None:
    with filled.write() as conn:
        touch(conn, [ACTS[0].hash, ACTS[3].hash])
        assert catch_up(conn, counting.projection) == 8
    assert counting.runs == [[1, 2, 3, 4, 5, 6]]


def test_position_and_rows_are_one_transaction(filled: Store, counting: Counting) -> None:
    with filled.write() as conn:
        catch_up(conn, counting.projection, limit=2)
    with rolled_back(filled) as conn:
        catch_up(conn, counting.projection)
    with filled.write() as conn:
        assert (len(rows(conn)), behind(conn, counting.projection)) == (2, 4)


def test_another_version_starts_again(filled: Store, counting: Counting) -> None:
    newer = Counting(version=2)
    newer.vault = counting.vault
    with filled.write() as conn:
        catch_up(conn, counting.projection)
        assert catch_up(conn, newer.projection) == 6
        assert len(rows(conn)) == 6
        assert get_meta(conn, "projection/practice") == "2 6"


def test_a_dropped_projection_leaves_nothing(filled: Store, counting: Counting) -> None:
    with filled.write() as conn:
        catch_up(conn, counting.projection)
        drop(conn, counting.projection)
        assert not sa.inspect(conn).has_table("practice_words")
        assert get_meta(conn, "projection/practice") is None
        drop(conn, counting.projection)


def test_the_next_run_is_found_without_sorting_all_that_follows(sqlite_store: Store) -> None:
    """Both sources are read by their numbers and merged; otherwise a rebuild would cost the square of the history."""
    plans: list[str] = []
    with sqlite_store.write() as conn:
        put_act(conn, ACTS[0], ours=True, at=1)

        def explain(_conn: object, cursor: object, sql: str, values: object, *_: object) -> None:
            if sql.startswith("SELECT") and "UNION ALL" in sql:
                plans.extend(row[-1] for row in raw.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall())

        raw: Any = conn.connection.dbapi_connection
        sa.event.listen(conn, "before_cursor_execute", explain)
        catch_up(conn, Counting().projection)
    assert any("MERGE" in line for line in plans)
    assert not any("TEMP B-TREE" in line for line in plans)


@given(st.lists(st.tuples(st.sampled_from(["file", "add", "erase", "project"]), st.integers(0, 9)), max_size=25))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rebuilt_equals_incremental(tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]) -> None:
    counting = Counting()
    url = f"sqlite:///{tmp_path_factory.mktemp('projection') / 'node.db'}"
    with Store.open(url) as store, store.write() as conn:
        for number, (what, which) in enumerate(steps):
            act = an_act(f"p{which}")
            if what == "file" and put_act(conn, act, ours=True, at=1) == "new":
                counting.vault.put_disclosures(conn, {act.hash: [a_text("first")] if which % 2 else []})
            elif what == "project":
                catch_up(conn, counting.projection, limit=2)
            elif what != "file" and put_act(conn, act, ours=True, at=1) == "same":
                if what == "add":
                    counting.vault.add_disclosures(conn, {act.hash: [a_text(f"more {number}")]})
                else:
                    counting.vault.erase(conn, act.hash, at=1, backups_by=2, reason="x")
        catch_up(conn, counting.projection)
        incremental = rows(conn)
        rebuild(conn, counting.projection)
        assert rows(conn) == incremental
