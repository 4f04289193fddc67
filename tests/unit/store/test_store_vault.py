# SPDX-License-Identifier: Apache-2.0
"""Disclosures at rest: sealed per act, bound to their place, destroyed so that no file holds them any more."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paridad.store.acts import put_acts
from paridad.store.engine import Store
from paridad.store.errors import Unreadable
from paridad.store.projection import Projection, behind
from paridad.store.tables import act_keys, disclosures, lockers, touched
from paridad.store.vault import Vault, destructions, digest_of, epochs_in_use
from support.store_acts import CountedRandom, MemoryEpochs, a_text, an_act

ONE, TWO, NONE = an_act("one"), an_act("two"), an_act("without disclosures")
TEXTS = tuple(a_text(f"field {n}") for n in range(4))
OTHERS = tuple(a_text(f"other {n}") for n in range(3))
MONTH = 30 * 86_400


@pytest.fixture
def epochs() -> MemoryEpochs:
    return MemoryEpochs()


@pytest.fixture
def vault(epochs: MemoryEpochs) -> Vault:
    return Vault(epochs, CountedRandom())


@pytest.fixture
def filled(store: Store, vault: Vault) -> Store:
    with store.write() as conn:
        put_acts(conn, [ONE, TWO, NONE], ours=True, at=1)
        vault.put_disclosures(conn, {ONE.hash: TEXTS, TWO.hash: OTHERS, NONE.hash: ()})
    return store


def touches(conn: sa.Connection) -> int:
    return int(conn.execute(sa.select(sa.func.count()).select_from(touched)).scalar_one())


def test_disclosures_come_out_as_they_went_in(filled: Store, vault: Vault) -> None:
    with filled.read() as conn:
        assert vault.disclosures(conn, ONE.hash) == TEXTS
        assert vault.disclosures_of(conn, [TWO.hash, NONE.hash]) == {TWO.hash: OTHERS, NONE.hash: ()}


def test_nothing_stands_in_the_clear(filled: Store) -> None:
    with filled.read() as conn:
        rows = [*conn.execute(sa.select(disclosures)), *conn.execute(sa.select(act_keys))]
    stored = b"".join(value for row in rows for value in row if isinstance(value, bytes))
    assert stored
    assert not any(text.encode() in stored for text in (*TEXTS, *OTHERS))


def test_every_key_and_nonce_is_used_once(filled: Store, vault: Vault) -> None:
    with filled.read() as conn:
        nonces = [row.sealed[:12] for row in conn.execute(sa.select(disclosures))]
        nonces += [row.wrapped[:12] for row in conn.execute(sa.select(act_keys))]
    assert len(set(nonces)) == len(nonces) == 4


def test_what_comes_later_is_added_once_and_in_its_order(filled: Store, vault: Vault) -> None:
    late = a_text("late")
    with filled.write() as conn:
        assert vault.add_disclosures(conn, {ONE.hash: [TEXTS[2], late, late], TWO.hash: OTHERS}) == {ONE.hash}
        assert vault.add_disclosures(conn, {ONE.hash: [late]}) == set()
        assert vault.add_disclosures(conn, {NONE.hash: [late]}) == {NONE.hash}
        assert vault.disclosures(conn, ONE.hash) == (*TEXTS, late)
        assert vault.disclosures(conn, NONE.hash) == (late,)
        assert touches(conn) == 2


def test_an_act_that_has_disclosures_is_not_overwritten(filled: Store, vault: Vault) -> None:
    with pytest.raises(sa.exc.IntegrityError), filled.write() as conn:
        vault.put_disclosures(conn, {ONE.hash: OTHERS})


def test_erasing_all_leaves_the_record_with_both_dates(filled: Store, vault: Vault) -> None:
    with filled.write() as conn:
        assert vault.erase(conn, ONE.hash, at=100, backups_by=100 + MONTH, reason="retention")
        assert not vault.erase(conn, ONE.hash, at=200, backups_by=300, reason="again")
        assert not vault.erase(conn, NONE.hash, at=200, backups_by=300, reason="there was nothing")
    with filled.read() as conn:
        assert vault.disclosures_of(conn, [ONE.hash, TWO.hash]) == {ONE.hash: (), TWO.hash: OTHERS}
        (record,) = destructions(conn, ONE.hash)
        assert destructions(conn, TWO.hash) == []
        assert touches(conn) == 1
    assert (record.at, record.backups_by, record.epoch, record.digests, record.reason) == (
        100,
        100 + MONTH,
        1,
        (),
        "retention",
    )


def test_erasing_some_seals_the_rest_under_a_new_key(filled: Store, vault: Vault) -> None:
    with filled.write() as conn:
        before = conn.execute(sa.select(act_keys.c.wrapped).where(act_keys.c.act == 1)).scalar_one()
        gone = {digest_of(TEXTS[0]), digest_of(TEXTS[2])}
        unknown = digest_of(a_text("never held"))
        assert vault.erase_some(conn, ONE.hash, {*gone, unknown}, at=5, backups_by=6, reason="recall") == 2
        assert vault.erase_some(conn, ONE.hash, gone, at=7, backups_by=8, reason="again") == 0
        assert vault.disclosures(conn, ONE.hash) == (TEXTS[1], TEXTS[3])
        assert conn.execute(sa.select(act_keys.c.wrapped).where(act_keys.c.act == 1)).scalar_one() != before
        (record,) = destructions(conn, ONE.hash)
    assert set(record.digests) == gone


def test_erasing_the_last_one_leaves_no_key(filled: Store, vault: Vault) -> None:
    with filled.write() as conn:
        assert vault.erase_some(conn, TWO.hash, map_digests(OTHERS), at=5, backups_by=6, reason="court order") == 3
        assert vault.disclosures(conn, TWO.hash) == ()
        assert vault.add_disclosures(conn, {TWO.hash: OTHERS[:1]}) == {TWO.hash}
        assert vault.erase(conn, TWO.hash, at=7, backups_by=8, reason="came back")
        assert [record.reason for record in destructions(conn, TWO.hash)] == ["court order", "came back"]


def map_digests(texts: tuple[str, ...]) -> list[str]:
    return [digest_of(text) for text in texts]


def _swap_boxes(conn: sa.Connection) -> None:
    for act, other in ((1, 3), (2, 1), (3, 2)):
        conn.exec_driver_sql(f"UPDATE disclosures SET act = {other} WHERE act = {act}")


def _swap_keys(conn: sa.Connection) -> None:
    rows = {row.act: row.wrapped for row in conn.execute(sa.select(act_keys))}
    for act, other in ((1, 2), (2, 1)):
        conn.execute(sa.update(act_keys).where(act_keys.c.act == act).values(wrapped=rows[other]))


def _renumber(conn: sa.Connection) -> None:
    conn.exec_driver_sql("UPDATE disclosures SET seq = seq + 1")


def _pretend_epoch(conn: sa.Connection) -> None:
    conn.exec_driver_sql("UPDATE act_keys SET epoch = 2")


def _unknown_epoch(conn: sa.Connection) -> None:
    conn.exec_driver_sql("UPDATE act_keys SET epoch = 77")


def _turn_a_bit(conn: sa.Connection) -> None:
    sealed = conn.execute(sa.select(disclosures.c.sealed).where(disclosures.c.act == 1)).scalar_one()
    turned = sealed[:-1] + bytes([sealed[-1] ^ 1])
    conn.execute(sa.update(disclosures).where(disclosures.c.act == 1).values(sealed=turned))


def _cut(conn: sa.Connection) -> None:
    conn.execute(sa.update(disclosures).values(sealed=b"short"))


TAMPERING: dict[str, Callable[[sa.Connection], None]] = {
    "a box under another act": _swap_boxes,
    "a wrapped key under another act": _swap_keys,
    "a box with another number": _renumber,
    "a wrapped key with another epoch": _pretend_epoch,
    "an epoch whose key was destroyed": _unknown_epoch,
    "one bit turned": _turn_a_bit,
    "cut short": _cut,
}


@pytest.mark.parametrize("tamper", TAMPERING.values(), ids=TAMPERING.keys())
def test_a_box_that_is_not_where_it_belongs_does_not_open(
    tamper: Callable[[sa.Connection], None], filled: Store, vault: Vault, epochs: MemoryEpochs
) -> None:
    epochs.turn()
    with filled.write() as conn:
        assert vault.disclosures(conn, ONE.hash) == TEXTS
        tamper(conn)
        with pytest.raises(Unreadable, match="does not open"):
            vault.disclosures(conn, ONE.hash)


def test_other_bytes_are_kept_under_a_name(filled: Store, vault: Vault) -> None:
    with filled.write() as conn:
        vault.lock(conn, {"quarantine/1": b"wire", "held/2": b""})
        vault.lock(conn, {"quarantine/1": b"other"})
        assert vault.unlock(conn, "quarantine/1") == b"wire"
        assert vault.unlock(conn, "held/2") == b""
        assert vault.unlock(conn, "held/3") is None
        assert vault.destroy(conn, ["quarantine/1", "held/3"]) == 1
        assert vault.unlock(conn, "quarantine/1") is None
        conn.execute(sa.update(lockers).values(name="held/9"))
        with pytest.raises(Unreadable):
            vault.unlock(conn, "held/9")


def test_re_wrapping_brings_living_keys_to_the_new_epoch_so_that_the_old_one_can_go(
    filled: Store, vault: Vault, epochs: MemoryEpochs
) -> None:
    with filled.write() as conn:
        vault.lock(conn, {"held/1": b"bytes"})
        assert vault.re_wrap(conn) == 0
        epochs.turn()
        steps = [vault.re_wrap(conn, limit=1) for _ in range(3)]
        assert steps == [2, 1, 0]
        assert epochs_in_use(conn) == {2}
    del epochs.keys[1]
    with filled.read() as conn:
        assert vault.disclosures(conn, ONE.hash) == TEXTS
        assert vault.unlock(conn, "held/1") == b"bytes"


def test_without_its_epoch_a_backup_is_unreadable(filled: Store, vault: Vault, epochs: MemoryEpochs) -> None:
    epochs.turn()
    del epochs.keys[1]
    with filled.read() as conn, pytest.raises(Unreadable):
        vault.disclosures(conn, ONE.hash)


def bytes_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


Erasure = Callable[[Vault, sa.Connection], Any]
ERASURES: dict[str, Erasure] = {
    "all of an act": lambda vault, conn: vault.erase(conn, ONE.hash, at=1, backups_by=2, reason="recall"),
    "some of an act": lambda vault, conn: vault.erase_some(
        conn, ONE.hash, map_digests(TEXTS[:2]), at=1, backups_by=2, reason="recall"
    ),
    "a locked thing": lambda vault, conn: vault.destroy(conn, ["quarantine/1"]),
}


@pytest.mark.parametrize("erase", ERASURES.values(), ids=ERASURES.keys())
def test_after_erasure_and_scrub_the_sealed_bytes_are_in_no_file(
    erase: Erasure, sqlite_store: Store, vault: Vault, tmp_path: Path
) -> None:
    """The plaintext never was in a file; the sealed bytes and the wrapped key were, and are gone from database and WAL."""
    with sqlite_store.write() as conn:
        put_acts(conn, [ONE], ours=True, at=1)
        vault.put_disclosures(conn, {ONE.hash: TEXTS})
        vault.lock(conn, {"quarantine/1": b"MARKER-in-a-quarantined-parcel"})
        table = lockers if "destroy" in erase.__code__.co_names else None
        columns = (
            (lockers.c.sealed, lockers.c.wrapped) if table is not None else (disclosures.c.sealed, act_keys.c.wrapped)
        )
        sealed, wrapped = (conn.execute(sa.select(column)).scalar_one() for column in columns)
    sqlite_store.scrub()
    assert sealed in bytes_in(tmp_path)
    assert wrapped in bytes_in(tmp_path)
    with sqlite_store.write() as conn:
        erase(vault, conn)
    assert sealed in bytes_in(tmp_path), "the control: without scrubbing the old bytes are still there"
    sqlite_store.scrub()
    everything = bytes_in(tmp_path)
    assert sealed not in everything
    assert sealed[40:60] not in everything
    assert wrapped not in everything
    assert not any(text.encode() in everything for text in TEXTS)
    assert b"MARKER" not in everything


@given(
    st.lists(
        st.tuples(st.sampled_from(["add", "erase", "some", "wrap"]), st.sets(st.integers(0, 5), min_size=1)),
        max_size=12,
    )
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happened_what_is_read_is_what_was_put_and_not_erased(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, set[int]]]
) -> None:
    texts = [a_text(f"t{n}") for n in range(6)]
    epochs, living = MemoryEpochs(), []
    vault = Vault(epochs, CountedRandom())
    url = f"sqlite:///{tmp_path_factory.mktemp('vault') / 'node.db'}"
    with Store.open(url) as store, store.write() as conn:
        put_acts(conn, [ONE], ours=True, at=1)
        for what, numbers in steps:
            chosen = [texts[n] for n in sorted(numbers)]
            if what == "add":
                vault.add_disclosures(conn, {ONE.hash: chosen})
                living += [text for text in chosen if text not in living]
            elif what == "some":
                vault.erase_some(conn, ONE.hash, map_digests(tuple(chosen)), at=1, backups_by=2, reason="x")
                living = [text for text in living if text not in chosen]
            elif what == "erase":
                vault.erase(conn, ONE.hash, at=1, backups_by=2, reason="x")
                living = []
            else:
                epochs.turn()
                vault.re_wrap(conn)
            assert list(vault.disclosures(conn, ONE.hash)) == living


def test_behind_is_not_moved_by_reading(filled: Store, vault: Vault) -> None:
    """Only what changes an act is a reason to project it again."""
    nothing = Projection("nothing", 1, sa.MetaData(), lambda _conn, _acts: None)
    with filled.read() as conn:
        vault.disclosures(conn, ONE.hash)
        assert behind(conn, nothing) == 3
