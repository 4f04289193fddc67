# SPDX-License-Identifier: Apache-2.0
"""`paridad bench exchange`: acts a second between two nodes with everything on, and how far that is from the limit.

Rules
  - One process a node, or several over one PostgreSQL database; loopback, mutual TLS, durable on both sides;
    signatures, sealing, policy, witnessing, receipts. What is asked is what the product runs.
  - A process serves two streams at once, each between a pair of agencies, as the daemon does (`node.upkeep`): in each,
    one cover is on its way at a time, and the next group is made meanwhile.
  - Latency is from the commit that recorded an act to the commit that filed its receipt.
  - Memory is the resident size at the first tenth, in the middle and at the end, of every process.
  - The limit is measured in the same run: the sum, per act, of what no implementation of this protocol can leave out,
    on both sides together, done one after the other. So it is one core's limit; it is stated beside the figure, never
    instead of it. Policy, encryption at rest, the database, TLS and the second look before a head is signed are not in
    it, though no node does without.

What a batch of n acts cannot do without
    sign        n + 6      Ed25519: each act, the cover, the sender's head, the receipt, the receiver's head, and one
                           line each of witness and mirror
    verify      n + 6      the same, strictly: R is a valid point, then the equation
    pq_sign     4          ML-DSA-44: each head, and one line each of witness and mirror
    pq_verify   4          the same
    hash_fields n (16+15)  made: each set is padded to 16, fields and decoys; checked: each of the 15 that came
    hash_lines  4 n        for each act a line of cover and of receipt: made by one side, checked by the other
    hash_texts  4 n        the act hash and the leaf hash of each signed text, on both sides
    hash_tree   2 n        a tree grows by one node a leaf, and n proofs that share their nodes take as many to check
    seal, open  1          X-Wing and AES-256-GCM over the whole batch
    commit      4          acts and cover, before they leave; acts and receipt, before anything vouches for them; the
                           receiver's head and lines, before they leave; the receipt at the sender

Worked example
    run(Load(acts=5000, batch=100))["acts_per_second"]
"""

import multiprocessing as mp
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib.resources import files
from multiprocessing.connection import Connection as Pipe
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from paridad.acts.envelope import Draft
from paridad.acts.vocabulary import Vocabulary, load_vocabulary
from paridad.base.signing import Ed25519Signer, MlDsaSigner
from paridad.base.sources import system_clock, system_random
from paridad.cli.two_processes import Pair, found_two, resident_kilobytes
from paridad.exchange import filing, outbox
from paridad.exchange.release import Matter
from paridad.exchange.seal import SealContext, seal, unseal
from paridad.exchange.transport import Request, Response
from paridad.node.composing import open_node, shipped_vocabulary
from paridad.node.node import Node
from paridad.node.running import edge_server, http_line
from paridad.programme.keygen import generate
from paridad.store.streams import Stream

KIND = "bench/record/1"
FIELDS = 15
VALUE = "x" * 40
PADDED = 16
"""Digests of a set of fifteen fields, decoys included."""
SIGNED_BYTES, FIELD_BYTES, LINE_BYTES, NODE_BYTES, HEAD_BYTES = 1700, 107, 1070, 65, 130
"""Of a signed text, a disclosure, a line of the cover or of the receipt, a Merkle node's input, a head's message."""
WIRE_BYTES = 3700
"""Of an act under the seal: signed text, disclosures and proof."""
MEASURED_SECONDS, MOST_CALLS = 0.05, 20_000
ATTEMPTS = 10
"""Of one delivery; where several workers share a log, a witness that has moved on asks for another proof."""

Stores = Mapping[str, str]
"""Database address by party; SQLite in the node's folder where none is given."""


@dataclass(frozen=True, slots=True)
class Load:
    """What is exchanged, by how many processes a node, on how many streams each."""

    acts: int
    batch: int
    workers: int = 1
    streams: int = 2

    @property
    def groups(self) -> int:
        """Batches of one stream."""
        return max(1, self.acts // self.batch // self.workers // self.streams)

    @property
    def total(self) -> int:
        """Acts that are really exchanged: whole batches, the same number on every stream."""
        return self.groups * self.batch * self.workers * self.streams


def run(load: Load, *, stores: Stores | None = None, seconds: float = 3600.0) -> dict[str, Any]:
    """Exchange acts in batches and return the figures."""
    with tempfile.TemporaryDirectory(prefix="paridad-bench-") as folder:
        settings = {party: {"store": url} for party, url in (stores or {}).items()}
        pair = found_two(Path(folder), "gis-mx-us", settings=settings)
        busy = os.getloadavg()[0]
        receivers = [_started(_receive, pair, number) for number in range(load.workers)]
        ports = [pipe.recv() for _, pipe in receivers]
        senders = [_started(_send, pair, number, port, load) for number, port in enumerate(ports)]
        for _, pipe in senders:
            pipe.recv()  # open and ready
        for _, pipe in senders:
            pipe.send("go")
        sent = [pipe.recv() if pipe.poll(seconds) else {} for _, pipe in senders]
        for _, pipe in receivers:
            pipe.send("stop")
        received = [pipe.recv() for _, pipe in receivers]
        for process, _ in (*receivers, *senders):
            process.join(10)
    return {**figures(load, sent, received, limit(load.batch)), "load_before": round(busy, 1)}


def _started(work: Callable[..., None], *given: Any) -> tuple[BaseProcess, Pipe]:
    """Start a process that talks through a pipe."""
    context = mp.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=work, args=(*given, there), daemon=True)
    process.start()
    return process, here


def _vocabulary() -> Vocabulary:
    extra = load_vocabulary([files("paridad.cli").joinpath("bench_vocabulary.toml").read_bytes()])
    return Vocabulary({**shipped_vocabulary().kinds, **extra.kinds})


def _node(pair: Pair, party: str) -> Node:
    node = open_node(pair.homes[party], clock=system_clock, random=system_random)
    node.own.vocabulary = _vocabulary()
    return node


def _receive(pair: Pair, _number: int, parent: Pipe) -> None:
    node = _node(pair, pair.parties[1])
    server = edge_server(node)
    server.start()
    parent.send(server.port)
    watch, started = Watch(), time.process_time()
    parent.recv()
    parent.send({"cpu": time.process_time() - started, "rss": watch.stop()})
    server.stop()
    node.close()


def _send(pair: Pair, number: int, port: int, load: Load, parent: Pipe) -> None:
    sender, receiver = pair.parties
    node = _node(pair, sender)
    node.settings = replace(node.settings, peers={receiver: f"https://localhost:{port}"})
    node.transport = http_line(node)
    standing = outbox.Standing()
    first = number * load.streams
    works = [_Sending(node, _stream(pair, node, each), load, standing) for each in range(first, first + load.streams)]
    parent.send("ready")
    parent.recv()
    watch, cpu, wall = Watch(), time.process_time(), time.perf_counter()
    with ThreadPoolExecutor(load.streams) as lines:
        list(lines.map(_Sending.run, works))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    latencies = [each for work in works for each in work.latencies]
    repeats = sum(work.repeats for work in works)
    parent.send({"wall": wall, "cpu": cpu, "rss": watch.stop(), "latencies": latencies, "repeats": repeats})
    node.close()


def _stream(pair: Pair, node: Node, number: int) -> Stream:
    """Return a stream between agencies; as long as the numbers are few, each has one of its own."""
    sender, receiver = (pair.agencies[party] for party in pair.parties)
    return Stream(node.own.programme, sender[-1 - number % len(sender)], receiver[-1 - number % len(receiver)])


class Watch:
    """Looks at the resident memory of this process once a second."""

    def __init__(self) -> None:
        self._kilobytes = [resident_kilobytes()]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._stop.wait(1.0):
            self._kilobytes.append(resident_kilobytes())

    def stop(self) -> dict[str, int]:
        """Return what it was at the first tenth, in the middle, and now."""
        self._stop.set()
        self._thread.join()
        seen = self._kilobytes
        return {"early": seen[len(seen) // 10], "middle": seen[len(seen) // 2], "end": resident_kilobytes()}


class _Sending:
    """A maker and a sender over one stream; those of one process take turns at the receiver."""

    def __init__(self, node: Node, stream: Stream, load: Load, standing: outbox.Standing) -> None:
        self.node, self.stream, self.load, self.standing = node, stream, load, standing
        self.latencies: list[float] = []
        self.repeats = 0
        self._made: list[float] = []
        self._room = threading.Semaphore(0)
        self._ready = threading.Semaphore(0)

    def run(self) -> None:
        """Make and send everything."""
        threading.Thread(target=self._make, daemon=True).start()
        self._room.release()
        for number in range(self.load.groups):
            self._ready.acquire()
            self._deliver()
            self.latencies.append(time.perf_counter() - self._made[number])

    def _carry(self, party: str, request: Request) -> Response:
        """Carry a request; a group is made while a delivery is on its way and a sender has nothing else to do."""
        self._room.release()
        return self.node.line(party, request)

    def _deliver(self) -> None:
        own, now = self.node.own, system_clock()
        covered = outbox.cover_queue(own, self.stream, limit=self.load.batch, now=now)
        for _ in range(ATTEMPTS):
            if covered and outbox.send(own, covered, self._carry, now=now, standing=self.standing):
                return
            self.repeats += 1
        raise RuntimeError("a batch was not receipted")

    def _make(self) -> None:
        for _ in range(self.load.groups):
            self._room.acquire()
            record_group(self.node, self.stream, self.load.batch)
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
    """Return the seconds that the unavoidable parts of one act take here and now, and their sum; see the module."""
    signer, quantum = Ed25519Signer(system_random(32)), MlDsaSigner(system_random(32))
    text, line, field, node, head = map(system_random, (SIGNED_BYTES, LINE_BYTES, FIELD_BYTES, NODE_BYTES, HEAD_BYTES))
    signature, quantum_signature = signer.sign(text), quantum.sign(head)
    key = generate("A/A#1", "sealing", system_random)
    context, private = SealContext("p", "A/A", "B/B", 1, batch), key.seeds["mlkem768"] + key.seeds["x25519"]
    plain = system_random(batch * WIRE_BYTES)
    sealed = seal(plain, kid=key.kid, public=key.xwing_public(), context=context)
    papers = (batch + 6) / batch
    parts = {
        "sign": papers * _per_call(lambda: signer.sign(text)),
        "verify": papers * _per_call(lambda: signer.public.verify(signature, text)),
        "pq_sign": 4 * _per_call(lambda: quantum.sign(head)) / batch,
        "pq_verify": 4 * _per_call(lambda: quantum.public.verify(quantum_signature, head)) / batch,
        "hash_fields": (PADDED + FIELDS) * _per_call(lambda: sha256(field).digest()),
        "hash_lines": 4 * _per_call(lambda: sha256(line).digest()),
        "hash_texts": 4 * _per_call(lambda: sha256(text).digest()),
        "hash_tree": 2 * _per_call(lambda: sha256(node).digest()),
        "seal": _per_call(lambda: seal(plain, kid=key.kid, public=key.xwing_public(), context=context)) / batch,
        "open": _per_call(lambda: unseal(sealed, private=private, context=context)) / batch,
        "commit": 4 * _fsync_seconds() / batch,
    }
    return {**parts, "sum": sum(parts.values())}


def _per_call(work: Callable[[], Any], clock: Callable[[], float] = time.process_time) -> float:
    """Return the best of several measurements of a call; of processor time, unless it is for waiting."""
    start = clock()
    work()
    count = max(1, min(MOST_CALLS, int(MEASURED_SECONDS / max(clock() - start, 1e-6))))
    best = float("inf")
    for _ in range(4):
        start = clock()
        for _ in range(count):
            work()
        best = min(best, (clock() - start) / count)
    return best


def _fsync_seconds() -> float:
    with tempfile.NamedTemporaryFile(prefix="paridad-bench-") as file:

        def write() -> None:
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())

        return _per_call(write, time.perf_counter)


def figures(
    load: Load, sent: Sequence[Mapping[str, Any]], received: Sequence[Mapping[str, Any]], floor: Mapping[str, float]
) -> dict[str, Any]:
    """Put the figures of all processes together."""
    if not all(sent):
        return {"error": "no answer in time"}
    latencies = sorted(each for worker in sent for each in worker["latencies"])
    rate = load.total / max(worker["wall"] for worker in sent)
    return {
        "acts": load.total,
        "batch": load.batch,
        "workers_a_node": load.workers,
        "streams": load.workers * load.streams,
        "fields": FIELDS,
        "acts_per_second": round(rate),
        "cpu_seconds_per_1000_acts": {
            "sender": round(1000 * sum(worker["cpu"] for worker in sent) / load.total, 3),
            "receiver": round(1000 * sum(worker["cpu"] for worker in received) / load.total, 3),
        },
        "act_to_receipt_ms": {
            "p50": round(1000 * statistics.median(latencies), 1),
            "p99": round(1000 * latencies[int(0.99 * (len(latencies) - 1))], 1),
        },
        "repeats": sum(worker["repeats"] for worker in sent),
        "unavoidable_us_per_act": {name: round(1e6 * value, 1) for name, value in floor.items()},
        "limit_acts_per_second_one_core": round(1 / floor["sum"]),
        "share_of_limit": round(rate * floor["sum"], 3),
        "resident_kb": {
            "sender": [worker["rss"] for worker in sent],
            "receiver": [worker["rss"] for worker in received],
        },
    }
