# SPDX-License-Identifier: Apache-2.0
"""What the store costs per act, beside raw sqlite3 doing the same statements in the same run.

Rules
  - One transaction files a batch: acts with references and addressees, leaves, tiles and head, disclosures sealed,
    outbox rows. `synchronous=FULL`, the settings of `paridad.store.sqlite`, a file on the disk that is given.
  - The statements of our run are recorded and played again through bare `sqlite3` on another file with the same
    settings: the difference is what our layer adds. `one_table` is the plainest durable insert, for orientation.
  - Runs are interleaved; medians of CPU seconds come first, wall clock depends on the disk and its neighbours.

Worked example
    python bench/store.py --batches 50 --batch 100 --folder /var/tmp
"""

import argparse
import json
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from paridad.base.strict import JsonValue, encode_base64url, write_json
from paridad.ledger.log import append
from paridad.store.acts import NewAct, put_acts, reading
from paridad.store.engine import Store
from paridad.store.ledger import SqlLedgerStore
from paridad.store.sqlite import WRITER_SETTINGS, apply_settings, open_connection
from paridad.store.streams import Outgoing, Stream, outbox_put
from paridad.store.vault import Vault

ORIGIN = "AA/practice/shared"
STREAM = Stream("practice", "AA/SENDER", "BB/RECEIVER")
FIELDS, DIGESTS, DISCLOSURE_BYTES = 15, 32, 81

Batch = list[tuple[NewAct, list[str], list[str]]]
Statement = tuple[str, Any, bool]


class OneEpoch:
    """A wrapping key for the bench."""

    def current(self) -> tuple[int, bytes]:
        """Return epoch 1 and its key."""
        return 1, bytes(32)

    def key(self, _epoch: int) -> bytes:
        """Return the same key."""
        return bytes(32)


def random_text(size: int) -> str:
    """Return base64url text of random bytes."""
    return encode_base64url(os.urandom(size))


def an_act(request: str) -> tuple[NewAct, list[str], list[str]]:
    """Return an act that answers another: 32 digests, 15 disclosures of 81 characters."""
    digests = [random_text(32) for _ in range(DIGESTS)]
    header = write_json({"alg": "Ed25519", "kid": "AA/SENDER#1", "typ": "act+sd-jwt"})
    claims: dict[str, JsonValue] = {
        "iss": STREAM.sender, "iat": int(time.time()), "jti": random_text(16),
        "prg": f"practice@{'A' * 43}", "knd": "bench/act/1", "fol": "AA-1", "re": [request],
        "aud": [STREAM.receiver], "hnd": "AMBER", "pur": "investigation", "bas": "treaty", "see": [],
        "_sd": sorted(digests), "_sd_alg": "sha-256",
    }  # fmt: skip
    signed = f"{encode_base64url(header)}.{encode_base64url(write_json(claims))}.{random_text(64)}".encode()
    texts = [random_text(DISCLOSURE_BYTES * 3 // 4) for _ in range(FIELDS)]
    return reading(signed), texts, digests[:FIELDS]


def file_batch(conn: sa.Connection, vault: Vault, batch: Batch) -> None:
    """File one batch as the sender does."""
    acts = [act for act, _, _ in batch]
    put_acts(conn, acts, ours=True, at=1)
    append(SqlLedgerStore(conn), ORIGIN, [act.signed for act in acts])
    vault.put_disclosures(conn, {act.hash: texts for act, texts, _ in batch})
    outbox_put(conn, STREAM, [Outgoing(act.hash, digests) for act, _, digests in batch], at=1)


def in_store(store: Store, vault: Vault, batch: Batch) -> None:
    """File one batch in one durable transaction."""
    with store.write() as conn:
        file_batch(conn, vault, batch)


def timed(work: Callable[..., None], *given: Any) -> tuple[float, float]:
    """Return CPU and wall seconds of some work."""
    cpu, wall = time.process_time(), time.perf_counter()
    work(*given)
    return time.process_time() - cpu, time.perf_counter() - wall


def recorder(statements: list[Statement]) -> Callable[..., None]:
    """Return a listener that keeps what is executed."""

    def keep(_c: object, _k: object, sql: str, values: Any, _x: object, many: bool) -> None:
        if sql != "BEGIN IMMEDIATE":
            statements.append((sql, values, many))

    return keep


def replay(raw: sqlite3.Connection, statements: list[Statement]) -> None:
    """Play recorded statements in one transaction."""
    raw.execute("BEGIN IMMEDIATE")
    for sql, values, many in statements:
        cursor = raw.executemany(sql, values) if many else raw.execute(sql, values)
        if cursor.description is not None:
            cursor.fetchall()
    raw.execute("COMMIT")


def one_table(raw: sqlite3.Connection, batch: Batch) -> None:
    """Insert a kilobyte per act into a table without indexes."""
    raw.execute("BEGIN IMMEDIATE")
    raw.executemany("INSERT INTO plain VALUES (?)", [(act.signed[:1024],) for act, _, _ in batch])
    raw.execute("COMMIT")


def bare(path: Path) -> sqlite3.Connection:
    """Return a bare connection with the settings of the store's writer."""
    raw = open_connection(path, False)
    apply_settings(raw, WRITER_SETTINGS)
    return raw


def run(folder: Path, batches: int, size: int) -> dict[str, list[tuple[float, float]]]:
    """Measure and return CPU and wall seconds of each batch."""
    vault = Vault(OneEpoch(), os.urandom)
    times: dict[str, list[tuple[float, float]]] = {"store": [], "raw_same_statements": [], "raw_one_table": []}
    statements: list[Statement] = []
    for name in ("ours", "recorded", "raw"):
        Store.open(f"sqlite:///{folder / name}.db").close()
    raw, plain = bare(folder / "raw.db"), bare(folder / "plain.db")
    plain.execute("CREATE TABLE plain (data BLOB NOT NULL) STRICT")
    with Store.open(f"sqlite:///{folder}/ours.db") as ours, Store.open(f"sqlite:///{folder}/recorded.db") as recorded:
        with recorded.write() as conn:
            sa.event.listen(conn, "before_cursor_execute", recorder(statements))
        request = random_text(32)
        for _ in range(batches):
            batch = [an_act(request) for _ in range(size)]
            request = batch[0][0].hash
            times["store"].append(timed(in_store, ours, vault, batch))
            statements.clear()
            in_store(recorded, vault, batch)
            times["raw_same_statements"].append(timed(replay, raw, statements))
            times["raw_one_table"].append(timed(one_table, plain, batch))
    raw.close()
    plain.close()
    return times


def report(times: dict[str, list[tuple[float, float]]], size: int) -> dict[str, Any]:
    """Return microseconds per act: medians and best, CPU first."""

    def figures(pairs: list[tuple[float, float]]) -> dict[str, float]:
        cpu, wall = ([value / size * 1e6 for value in column] for column in zip(*pairs, strict=True))
        return {
            "cpu_us_per_act": round(statistics.median(cpu), 1),
            "cpu_us_per_act_best": round(min(cpu), 1),
            "wall_us_per_act": round(statistics.median(wall), 1),
        }

    return {
        "sqlite": sqlite3.sqlite_version,
        "acts_per_batch": size,
        "batches": len(times["store"]),
        **{name: figures(pairs) for name, pairs in times.items()},
    }


def main() -> int:
    """Print the measures as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--batches", type=int, default=50)
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--folder", type=Path, default=None)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        print(json.dumps(report(run(Path(folder), given.batches, given.batch), given.batch), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
