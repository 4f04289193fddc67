# SPDX-License-Identifier: Apache-2.0
"""`paridad bench exchange`: acts a second between two nodes with everything on, and how far that is from the limit.

Rules
  - One process a node, loopback, mutual TLS, durable on both sides; signatures, sealing, policy, witnessing, receipts.
  - The limit is computed in the same run from the parts that cannot be avoided: sign, strict verify, hash, seal, open,
    durable commit. It is a sum per act, so one core's limit; it is stated beside the figure, never instead of it.
  - Latency is from the commit that recorded an act to the commit that filed its receipt.
  - Memory is the resident size at the first tenth and at the end.
"""

import multiprocessing as mp
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from hashlib import sha256
from importlib.resources import files
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

from paridad.acts.envelope import Draft
from paridad.acts.vocabulary import Vocabulary, load_vocabulary
from paridad.base.signing import Ed25519Signer
from paridad.base.sources import system_clock, system_random
from paridad.cli.two_processes import Pair, found_two, introduce, resident_kilobytes
from paridad.exchange import filing, outbox
from paridad.exchange.release import Matter
from paridad.exchange.seal import SealContext, seal, unseal
from paridad.node.composing import open_node, shipped_vocabulary
from paridad.node.node import Node
from paridad.node.running import edge_server, http_line
from paridad.programme.keygen import generate
from paridad.store.streams import Stream

KIND = "bench/record/1"
FIELDS = 15
VALUE = "x" * 40
AHEAD = 2
"""Groups that may wait while one is on its way."""


def run(acts: int, batch: int, *, stores: dict[str, str] | None = None, seconds: float = 600.0) -> dict[str, Any]:
    """Exchange `acts` acts in batches and return the figures."""
    with tempfile.TemporaryDirectory(prefix="paridad-bench-") as folder:
        settings = {party: {"store": url} for party, url in (stores or {}).items()}
        pair = found_two(Path(folder), "gis-mx-us", settings=settings)
        sender, receiver = pair.parties
        context = mp.get_context("spawn")
        (here, there), (here2, there2) = context.Pipe(), context.Pipe()
        receiving = context.Process(target=_receive, args=(pair, receiver, there), daemon=True)
        receiving.start()
        introduce(pair, {sender: 1, receiver: here.recv()})
        sending = context.Process(target=_send, args=(pair, (sender, receiver), acts, batch, there2), daemon=True)
        sending.start()
        sent = here2.recv() if here2.poll(seconds) else {"error": "no answer in time"}
        here.send("stop")
        received = here.recv()
        for process in (sending, receiving):
            process.join(10)
    return _figures(acts, batch, sent, received, limit(batch))


def _vocabulary() -> Vocabulary:
    extra = load_vocabulary([files("paridad.cli").joinpath("bench_vocabulary.toml").read_bytes()])
    return Vocabulary({**shipped_vocabulary().kinds, **extra.kinds})


def _node(pair: Pair, party: str) -> Node:
    node = open_node(pair.homes[party], clock=system_clock, random=system_random)
    node.own.vocabulary = _vocabulary()
    return node


def _receive(pair: Pair, party: str, parent: Pipe) -> None:
    node = _node(pair, party)
    server = edge_server(node)
    server.start()
    started = time.process_time()
    parent.send(server.port)
    parent.recv()
    parent.send({"cpu": time.process_time() - started, "rss": resident_kilobytes()})
    server.stop()
    node.close()


def _send(pair: Pair, ends: tuple[str, str], acts: int, batch: int, parent: Pipe) -> None:
    party, receiver = ends
    node = _node(pair, party)
    node.transport = http_line(node)
    stream = Stream(node.own.programme, pair.agencies[party][-1], pair.agencies[receiver][-1])
    work = _Sending(node, stream, acts, batch)
    cpu, wall = time.process_time(), time.perf_counter()
    work.run()
    parent.send(
        {
            "wall": time.perf_counter() - wall,
            "cpu": time.process_time() - cpu,
            "rss_early": work.rss_early,
            "rss": resident_kilobytes(),
            "latencies": work.latencies,
        }
    )
    node.close()


class _Sending:
    """A maker and a sender over one outbox."""

    def __init__(self, node: Node, stream: Stream, acts: int, batch: int) -> None:
        self.node, self.stream, self.acts, self.batch = node, stream, acts, batch
        self.latencies: list[float] = []
        self.rss_early = 0
        self._made: list[float] = []
        self._room = threading.Semaphore(AHEAD)
        self._ready = threading.Semaphore(0)

    def run(self) -> None:
        """Make and send everything."""
        maker = threading.Thread(target=self._make, daemon=True)
        maker.start()
        groups = self.acts // self.batch
        for number in range(groups):
            self._ready.acquire()
            self._room.release()
            now = system_clock()
            covered = outbox.cover_queue(self.node.own, self.stream, limit=self.batch, now=now)
            if covered is None or outbox.send(self.node.own, covered, self.node.line, now=now) is None:
                raise RuntimeError("a batch was not receipted")
            self.latencies.append(time.perf_counter() - self._made[number])
            if number == groups // 10:
                self.rss_early = resident_kilobytes()

    def _make(self) -> None:
        for _ in range(self.acts // self.batch):
            self._room.acquire()
            record_group(self.node, self.stream, self.batch)
            self._made.append(time.perf_counter())
            self._ready.release()


def record_group(node: Node, stream: Stream, count: int) -> None:
    """Issue, release, file and queue a group of acts in one transaction."""
    own, now = node.own, system_clock()
    conduct = own.conduct
    fields = {f"field_{number:02}": VALUE for number in range(1, FIELDS + 1)}
    draft = Draft(KIND, stream.sender, (stream.receiver,), conduct.handling, conduct.purpose, conduct.basis, fields)
    with own.store.read() as conn:
        see = filing.seen_heads(conn, own)
    said = filing.issue_drafts(own, [draft] * count, now=now, see=see)
    matter = Matter(stream.receiver, conduct.purpose, filing.basis_kind(own, conduct.basis), addressed=True)
    releases = filing.release_to_addressees(own, said, matter, now=now)

    def commit(conn: Any) -> None:
        filing.file_acts(conn, own, said, now=now)
        filing.queue(conn, own, [(stream.sender, each) for each in releases], now=now)

    own.store.submit(commit)


def limit(batch: int) -> dict[str, float]:
    """Return the seconds that the unavoidable parts of one act take here and now, and their sum."""
    signer = Ed25519Signer(system_random(32))
    message = system_random(2500)
    signature = signer.sign(message)
    key = generate("A/A#1", "sealing", system_random)
    context = SealContext("p", "A/A", "B/B", 1, batch)
    plain = system_random(batch * 5000)
    private = key.seeds["mlkem768"] + key.seeds["x25519"]
    sealed = seal(plain, kid=key.kid, public=key.xwing_public(), context=context)
    parts = {
        "sign": _per_call(lambda: signer.sign(message)),
        "verify": _per_call(lambda: signer.public.verify(signature, message)),
        "hash": 2 * (FIELDS + 2) * _per_call(lambda: sha256(message[:100]).digest()),
        "seal": _per_call(lambda: seal(plain, kid=key.kid, public=key.xwing_public(), context=context)) / batch,
        "open": _per_call(lambda: unseal(sealed, private=private, context=context)) / batch,
        "fsync": 4 * _fsync_seconds() / batch,
    }
    return {**parts, "sum": sum(parts.values())}


def _per_call(work: Callable[[], Any], seconds: float = 0.15) -> float:
    """Return the best of three measurements of the time of a call."""
    best = float("inf")
    for _ in range(3):
        count, start = 0, time.perf_counter()
        while time.perf_counter() - start < seconds / 3:
            work()
            count += 1
        best = min(best, (time.perf_counter() - start) / count)
    return best


def _fsync_seconds() -> float:
    with tempfile.NamedTemporaryFile(prefix="paridad-bench-") as file:

        def write() -> None:
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())

        return _per_call(write)


def _figures(
    acts: int, batch: int, sent: dict[str, Any], received: dict[str, Any], floor: dict[str, float]
) -> dict[str, Any]:
    if "error" in sent:
        return sent
    latencies = sorted(sent["latencies"])
    rate = acts / sent["wall"]
    return {
        "acts": acts,
        "batch": batch,
        "fields": FIELDS,
        "acts_per_second": round(rate),
        "cpu_seconds_per_1000_acts": {
            "sender": round(1000 * sent["cpu"] / acts, 3),
            "receiver": round(1000 * received["cpu"] / acts, 3),
        },
        "act_to_receipt_ms": {
            "p50": round(1000 * statistics.median(latencies), 1),
            "p99": round(1000 * latencies[int(0.99 * (len(latencies) - 1))], 1),
        },
        "unavoidable_us_per_act": {name: round(1e6 * value, 1) for name, value in floor.items()},
        "limit_acts_per_second_one_core": round(1 / floor["sum"]),
        "share_of_limit": round(rate * floor["sum"], 3),
        "resident_kb": {"sender_early": sent["rss_early"], "sender_end": sent["rss"], "receiver_end": received["rss"]},
    }
