# SPDX-License-Identifier: Apache-2.0
"""Durable POSTs of the same records to OpenTAXII 0.9.3, beside our exchange in the same run.

Rules
  - The peer lives in an environment of its own, given by its interpreter; where it does not start, that is printed and
    it is left out. No peer signs, seals, receipts, witnesses or chains: the figures say what each does.
  - OpenTAXII 0.9.3 answers every POST with 500 *after committing* ("UUID is not JSON serializable"). The repair, and
    nothing else: its JSON writer gets `default=str` in the start module. SQLAlchemy 1.4.54, gunicorn with one worker,
    the API root set public by one UPDATE, since its tool lacks the flag.
  - The same fifteen fields as a custom STIX object, batches of the same size, one keep-alive client on loopback, SQLite
    on both sides. Runs are interleaved; medians; the CPU of the serving process beside the rate.

Worked example
    python -m venv /tmp/taxii && /tmp/taxii/bin/pip install opentaxii==0.9.3 sqlalchemy==1.4.54 gunicorn "setuptools<81"
    python bench/taxii_peer.py --peer /tmp/taxii/bin/python --objects 1000 --rounds 3
"""

import argparse
import json
import os
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from paridad.cli.bench_exchange import FIELDS, VALUE, Load, run

MEDIA = "application/taxii+json;version=2.1"
PATIENCE_SECONDS = 30.0
START = """
import json, opentaxii.taxii2.http as writer
writer.json = type("Json", (), {"dumps": staticmethod(lambda data: json.dumps(data, default=str))})
from opentaxii.http import app
"""
CONFIG = """
domain: localhost
support_basic_auth: false
logging: {{root: error}}
taxii1:
taxii2:
  public_discovery: true
  max_content_length: 33554432
  persistence_api:
    class: opentaxii.persistence.sqldb.Taxii2SQLDatabaseAPI
    parameters: {{db_connection: "sqlite:///{folder}/taxii.db", create_tables: true}}
auth_api:
  class: opentaxii.auth.sqldb.SQLDatabaseAPI
  parameters: {{db_connection: "sqlite:///{folder}/auth.db", create_tables: true, secret: bench}}
"""


class PeerAbsent(Exception):
    """The peer cannot be started; why."""


def records(count: int) -> list[dict[str, Any]]:
    """Return custom STIX objects with the fields of our records."""
    fields = {f"x_field_{number:02}": VALUE for number in range(1, FIELDS + 1)}
    at = "2026-01-01T00:00:00.000Z"
    kind = "x-bench-record"
    common = {"type": kind, "spec_version": "2.1", "created": at, "modified": at, **fields}
    return [{"id": f"{kind}--{uuid.uuid4()}", **common} for _ in range(count)]


@contextmanager
def peer(python: Path) -> Iterator[tuple[str, int]]:
    """Start the peer; lend the address of its collection and the id of the process that serves."""
    with tempfile.TemporaryDirectory(prefix="taxii-") as name:
        folder = Path(name)
        (folder / "config.yml").write_text(CONFIG.format(folder=folder), encoding="utf-8")
        (folder / "start.py").write_text(START, encoding="utf-8")
        env = {**os.environ, "OPENTAXII_CONFIG": str(folder / "config.yml"), "PYTHONPATH": str(folder)}
        root, collection = _prepared(python.parent, folder, env)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        command: list[str | Path] = [
            python,
            "-m",
            "gunicorn",
            "-w",
            "1",
            "-b",
            f"127.0.0.1:{port}",
            "--keep-alive",
            "60",
            "start:app",
        ]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=log)
            try:
                yield f"http://127.0.0.1:{port}/taxii2/{root}/collections/{collection}/objects/", _worker(server, port)
            finally:
                server.terminate()
                server.wait()


def _prepared(tools: Path, folder: Path, env: dict[str, str]) -> tuple[str, str]:
    """Make an API root and a collection that anybody may write; return their ids."""
    try:
        _tool(env, tools / "opentaxii-add-api-root", "-t", "bench", "--default")
        with sqlite3.connect(folder / "taxii.db") as db:
            db.execute("UPDATE opentaxii_api_root SET is_public = 1")
            [root] = db.execute("SELECT id FROM opentaxii_api_root").fetchone()
        root = str(uuid.UUID(root))
        _tool(env, tools / "opentaxii-add-collection", "-r", root, "-t", "bench", "--public", "--public-write")
        with sqlite3.connect(folder / "taxii.db") as db:
            [collection] = db.execute("SELECT id FROM opentaxii_collection").fetchone()
    except (OSError, subprocess.CalledProcessError, sqlite3.Error) as error:
        raise PeerAbsent(f"OpenTAXII could not be prepared: {error}") from error
    return root, str(uuid.UUID(collection))


def _tool(env: dict[str, str], *command: object) -> None:
    subprocess.run(list(map(str, command)), env=env, check=True, capture_output=True)


def _worker(server: subprocess.Popen[bytes], port: int) -> int:
    """Wait until the peer answers and return the id of its one worker."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < give_up and server.poll() is None:
        try:
            httpx.get(f"http://127.0.0.1:{port}/taxii2/", headers={"accept": MEDIA}, trust_env=False)
        except httpx.HTTPError:
            time.sleep(0.1)
            continue
        children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text(encoding="ascii").split()
        return int(children[0])
    raise PeerAbsent("OpenTAXII did not answer in time")


def _cpu_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def post(url: str, worker: int, objects: int, batch: int) -> dict[str, float]:
    """POST objects in batches and return what that took."""
    made = records(objects)
    headers = {"accept": MEDIA, "content-type": MEDIA}
    with httpx.Client(timeout=300.0, headers=headers, trust_env=False) as client:
        cpu, wall = _cpu_seconds(worker), time.perf_counter()
        for at in range(0, objects, batch):
            answer = client.post(url, content=json.dumps({"objects": made[at : at + batch]}))
            status = answer.json() if answer.status_code == httpx.codes.ACCEPTED else {}
            if status.get("success_count") != len(made[at : at + batch]):
                raise PeerAbsent(f"OpenTAXII answered {answer.status_code}: {answer.text[:200]}")
        wall = time.perf_counter() - wall
    return {"per_second": objects / wall, "cpu_per_1000": (_cpu_seconds(worker) - cpu) * 1000 / objects}


def main() -> int:
    """Print the figures of both as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", type=Path, required=True, help="interpreter of the environment with OpenTAXII")
    parser.add_argument("--objects", type=int, default=1000)
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    ours: list[dict[str, Any]] = []
    theirs: list[dict[str, float]] = []
    absent = ""
    for _ in range(given.rounds):
        ours.append(run(Load(given.objects, given.batch)))
        try:
            with peer(given.peer) as (url, worker):
                theirs.append(post(url, worker, given.objects, given.batch))
        except (PeerAbsent, httpx.HTTPError) as error:
            absent = f"{type(error).__name__}: {error}"
            break
    print(json.dumps(report(given, ours, theirs, absent), indent=2))
    return 0


def report(
    given: argparse.Namespace, ours: list[dict[str, Any]], theirs: list[dict[str, float]], absent: str
) -> dict[str, Any]:
    """Return the medians of both, with what each of them does."""
    cpu = [sum(each["cpu_seconds_per_1000_acts"].values()) for each in ours]
    result: dict[str, Any] = {
        "objects": given.objects,
        "batch": given.batch,
        "rounds": len(ours),
        "paridad": {
            "does": "signed, sealed, policy, receipted, witnessed, logged; durable at two nodes",
            "acts_per_second": round(statistics.median(each["acts_per_second"] for each in ours)),
            "cpu_seconds_per_1000_both_nodes": round(statistics.median(cpu), 2),
        },
    }
    if absent:
        return {**result, "opentaxii": {"absent": absent}}
    rates, costs = ([each[name] for each in theirs] for name in ("per_second", "cpu_per_1000"))
    result["opentaxii"] = {
        "does": "stores; durable at one server; 0.9.3 repaired as the rules say",
        "objects_per_second": round(statistics.median(rates)),
        "cpu_seconds_per_1000_server": round(statistics.median(costs), 2),
    }
    return result


if __name__ == "__main__":
    sys.exit(main())
