# SPDX-License-Identifier: Apache-2.0
"""`paridad bench deconfliction`: two parties in two processes compare invented lists; hostile and random runs beside.

Rules
  - Every figure is computed in this run; a goal that was not met is printed as not met.
  - `mutual`: both learn the common keys of two lists, commitments and checks included, batch proofs not. Beside it the
    same lists in OpenMined PSI, where an interpreter that has it is named; there one side learns.
  - `whole`: steps 0 to 10 with full proofs. What the processor did is compared with the formula
    T(h+m) + (N-T)h + N·m + N(p+v) at three sizes; its costs are measured by the same processes in the same run.
  - `hostile`: one wrong answer in a hundred, every position proved. `sample`: one in a thousand, 4,096 positions drawn
    by the function that draws in a run. `random`: lists of random sizes, messages delivered twice, power cuts.
  - Time on the clock is of both parties together; beside it stands each party's processor time, which says more on a
    machine that does other work as well.
  - `asked`: 1,000 names against a list of 100,000 records that was prepared before, by the function of RFC 9497 with
    full proofs. It measures a cost: this release offers no question that one side alone asks.
  - `stuffed` and `quality` have modules of their own. Elsewhere tokens are invented texts.

Worked example
    run(Load(tokens=2000, records=100, runs=10))["mutual"]["seconds"]
"""

import json
import resource
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.pool import ThreadPool
from operator import itemgetter
from pathlib import Path
from random import Random
from typing import Any

from paridad.base.sources import system_random
from paridad.cli.bench_quality import Quality, quality
from paridad.cli.bench_stuffing import Stuffing, stuffed
from paridad.desks.targets.deconfliction import group
from paridad.desks.targets.deconfliction.common import TAG_BYTES, derive, pairs_of
from paridad.desks.targets.deconfliction.errors import RunBroken
from paridad.desks.targets.deconfliction.messages import Decision, Message, Said, Terms
from paridad.desks.targets.deconfliction.order import draw
from paridad.desks.targets.deconfliction.playing import Player
from paridad.desks.targets.deconfliction.run import (
    Agree,
    Answers,
    DecidePairs,
    OpenRecords,
    Propose,
)
from paridad.desks.targets.deconfliction.setlog import SetLog
from paridad.desks.targets.deconfliction.state import Due, due
from paridad.desks.targets.deconfliction.tokens import Emitted, Snapshot, Spread, evaluate, gather, list_tree, prepare

KEYS_A_RECORD = 7
"""Whole keys of a record; a fifth of the records has one more: 7.2 in the mean."""
COMMON_SHARE = 10
"""One key in so many is common."""
SMALL = 96
"""Places of a hostile or random run."""
SIZES = (4096, 8192, 16_384)
"""Places at which the formula is compared."""
SAMPLED_PLACES, SAMPLE = 262_144, 4096
PERSONS = ("first", "second")
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Load:
    """How much is measured."""

    tokens: int = 100_000
    records: int = 10_000
    runs: int = 1000
    threads: int = 1
    """Threads of each party; libsodium's calls let other threads run."""
    psi_python: str = ""
    """An interpreter that has openmined-psi."""
    sizes: tuple[int, ...] = SIZES
    names: int = 1000
    stuffed: int = 2000
    listed: int = 100_000
    data: Path = Path("../shared/data/targets")
    only: tuple[str, ...] = ()
    """Measures that are taken; all where none is named."""


def run(load: Load, *, tell: Tell = lambda _: None) -> dict[str, Any]:
    """Measure everything."""
    figures: dict[str, Any] = {
        "load": {
            name: getattr(load, name)
            for name in ("tokens", "records", "runs", "threads", "names", "listed", "stuffed", "only")
        }
    }
    for name, measure in MEASURES.items():
        if load.only and name not in load.only:
            continue
        tell(f"{name} …")
        start = time.perf_counter()
        figures[name] = measure(load)
        tell(f"{name}: {time.perf_counter() - start:.1f} s")
    return {**figures, "goals": goals(figures)}


def goals(figures: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return each goal that was measured with its figure, and whether it is met."""
    measured = [
        {"id": id_, "goal": goal, "figure": (figure := of(figures[name])), "met": met(figure)}
        for id_, goal, name, of, met in _GOALS
        if name in figures
    ]
    return [*measured, *figures.get("quality", {}).get("goals", ())]


_Goal = tuple[str, str, str, Callable[[Any], Any], Callable[[Any], bool]]
_GOALS: Sequence[_Goal] = (
    ("T13", "mutual result, seconds <= 22", "mutual", itemgetter("seconds"), lambda each: each <= 22),  # noqa: PLR2004
    ("T14", "whole run, seconds <= 60", "whole", itemgetter("seconds"), lambda each: each <= 60),  # noqa: PLR2004
    ("T14", "formula within 15 %", "formula", lambda sizes: [each["ratio"] for each in sizes],
     lambda ratios: all(0.85 <= each <= 1.15 for each in ratios)),  # noqa: PLR2004
    ("T15", "1,000 names against 100,000 records, seconds <= 15", "asked", itemgetter("seconds"),
     lambda each: each <= 15),  # noqa: PLR2004
    ("T16", "cheats on 1 % seen >= .9999", "hostile", itemgetter("seen"), lambda each: each >= 0.9999),  # noqa: PLR2004
    ("T16", "sampled, 0.1 %, seen >= .98", "sample", itemgetter("seen"), lambda each: each >= 0.98),  # noqa: PLR2004
    ("T17", "equal digests: all", "random", itemgetter("equal"), lambda each: each == 1),
    ("T18", "answers an early leaver is ahead <= 2048", "whole", itemgetter("ahead"), lambda each: each <= 2048),  # noqa: PLR2004
    ("T19", "stuffed lists paused before labels >= .95", "stuffed",
     lambda told: min(told[each]["paused"] for each in ("sweep", "borrowed", "drip")), lambda each: each >= 0.95),  # noqa: PLR2004
    ("T19", "false alarms in 30 normal days: none", "stuffed", lambda told: told["normal"]["alarms"],
     lambda each: each == 0),
)  # fmt: skip


# Two parties in two processes ----------------------------------------------------------------------------------------

Party = Callable[[int, "_Line", Any], dict[str, Any]]


def two_parties(party: Party, load: object) -> list[dict[str, Any]]:
    """Run one party in each of two processes, joined by a pipe; return what each measured."""
    context = get_context("spawn")
    ends, results = context.Pipe(), [context.Pipe(duplex=False) for _ in range(2)]
    workers = [
        context.Process(target=_worker, args=(party, side, ends[side], results[side][1], load)) for side in (0, 1)
    ]
    for worker in workers:
        worker.start()
    for end in (*ends, *(sender for _, sender in results)):
        end.close()
    figures = [receiver.recv() for receiver, _ in results]
    for worker in workers:
        worker.join()
    return figures


def _worker(party: Party, side: int, end: Connection, result: Connection, load: object) -> None:
    line = _Line(end)
    _swap(line, b"ready")
    wall, cpu = time.perf_counter(), time.process_time()
    figures = party(side, line, load)
    measured = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    line.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result.send({**measured, "peak_kb": peak, **figures})


class _Line:
    """An end of a pipe that sends in a thread, so that two parties that send at once do not block each other."""

    def __init__(self, end: Connection) -> None:
        self.recv = end.recv
        self._sender = ThreadPool(1)
        self._end = end

    def send(self, data: object) -> None:
        self._sender.apply_async(self._end.send, (data,))

    def close(self) -> None:
        self._sender.close()
        self._sender.join()


def _swap(line: _Line, data: object) -> Any:
    line.send(data)
    return line.recv()


def _spread(threads: int) -> Spread:
    return map if threads == 1 else ThreadPool(threads).imap


def invented(side: int, tokens: int, keys_a_record: int = KEYS_A_RECORD) -> Snapshot:
    """Return a snapshot of invented tokens; the first tenth is the same on both sides."""
    common = tokens // COMMON_SHARE
    texts = (f"both {n}" if n < common else f"{side} {n}" for n in range(tokens))
    emitted = (
        Emitted("person", text.encode(), f"{side}-{n // keys_a_record}", "SGD", 1) for n, text in enumerate(texts)
    )
    return Snapshot(system_random(32), gather(emitted)[0], f"desk {side}")


def mutual(load: Load) -> dict[str, Any]:
    """Both learn what is common, without batch proofs."""
    parties = two_parties(_mutual_party, load)
    figures: dict[str, Any] = _together(parties)
    figures["equal"] = parties[0]["digest"] == parties[1]["digest"]
    figures["common"] = parties[0]["common"]
    figures["phases_of_side_0"] = parties[0]["phases"]
    return figures


def _together(parties: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "seconds": round(max(each["wall"] for each in parties), 2),
        "cpu_seconds": [round(each["cpu"], 2) for each in parties],
        "peak_kb": [each["peak_kb"] for each in parties],
    }


def _mutual_party(side: int, line: _Line, load: Load) -> dict[str, Any]:
    snapshot, context = invented(side, load.tokens), sha256(b"bench").digest()
    spread, laps = _spread(load.threads), _Laps()
    _swap(line, b"go")
    laps.lap("start")
    prepared = prepare(snapshot, context, load.tokens, spread=spread)
    root = _swap(line, prepared.tree.root)
    laps.lap("hash, blind, commit")
    points, seals = _swap(line, (prepared.points, prepared.seals))
    group.demand_points(points)
    _demand(list_tree(points, seals).root == root and len(set(group.points_of(points))) == load.tokens)
    laps.lap("check the list")
    answers = Answers.over(evaluate(snapshot, points, spread=spread))
    root = _swap(line, answers.tree.root)
    laps.lap("evaluate, commit")
    opened = _swap(line, answers.flat)
    _demand(Answers.over(opened).tree.root == root)
    common = set(group.points_of(opened)).intersection(group.points_of(answers.flat))
    tags = sorted(derive(point, context, b"tag", TAG_BYTES) for point in common)
    laps.lap("compare")
    return {"digest": sha256(b"".join(tags)).hexdigest(), "common": len(tags), "phases": laps.seconds}


class _Laps:
    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.seconds[name] = round(now - self._last, 2)
        self._last = now


def _demand(holds: bool) -> None:
    if not holds:
        raise RuntimeError("the other party's list does not hold")


# A whole run ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole run: real tokens, places, and the threads of each party."""

    tokens: int
    places: int
    threads: int = 1
    batch: int = 2048


def capacity(tokens: int) -> int:
    """Return the smallest capacity that holds the tokens: 4, 5, 6 or 7 times a power of two."""
    step = 1 << max(tokens.bit_length() - 3, 0)
    return -(-tokens // step) * step


def whole(load: Load) -> dict[str, Any]:
    """Play a run of all steps with full proofs, of a number of records."""
    tokens = load.records * KEYS_A_RECORD + load.records // 5
    return _whole(Whole(tokens, capacity(tokens), load.threads))


def formula(load: Load) -> list[dict[str, Any]]:
    """Compare the processor time of whole runs with what the formula says, at each size."""
    return [_whole(Whole(places * 7 // 8, places)) for places in load.sizes]


def _whole(size: Whole) -> dict[str, Any]:
    parties = two_parties(_whole_party, size)
    said = [each["formula"] for each in parties]
    return {
        "tokens": size.tokens,
        "places": size.places,
        **_together(parties),
        "sent_bytes": [each["sent"] for each in parties],
        "formula_seconds": [round(each, 2) for each in said],
        "ratio": round(sum(each["cpu_of_run"] for each in parties) / sum(said), 3),
        "costs_us": parties[0]["costs"],
        "ahead": max(each["ahead"] for each in parties),
        "equal": parties[0]["digest"] == parties[1]["digest"],
        "common": parties[0]["common"],
    }


def bench_terms(places: int, batch: int) -> Terms:
    """Return the terms of a run of the bench."""
    digest = sha256(b"bench").digest()
    return Terms("person", "bench", "bench", digest, digest, capacity(places), places, 300, batch)


def _whole_party(side: int, line: _Line, size: Whole) -> dict[str, Any]:
    costs = unit_costs()
    player = Player(side, invented(side, size.tokens), spread=_spread(size.threads))
    _swap(line, b"go")
    cpu, sent, ahead = time.process_time(), 0, 0
    if side == 0:
        sent += _say(line, player.command(Propose(bench_terms(size.places, size.batch), 0, SetLog().head, PERSONS)))
    while due(player.run).sides:
        ahead = max(ahead, _ahead(player))
        if side in due(player.run).sides:
            sent += _say(line, _next(player))
        else:
            player.take(Said(1 - side, line.recv()))
    cpu = time.process_time() - cpu
    result = player.run.parts[side].result
    real, filling = size.tokens, size.places - size.tokens
    said = real * (costs["h"] + costs["m"]) + filling * costs["h"]
    said += size.places * (costs["m"] + costs["p"] + costs["v"])
    return {
        "cpu_of_run": cpu,
        "formula": said,
        "costs": {name: round(1e6 * cost, 1) for name, cost in costs.items()},
        "sent": sent,
        "ahead": ahead,
        "digest": result.digest if result else b"",
        "common": result.size if result else 0,
    }


def _say(line: _Line, messages: Iterable[Message]) -> int:
    """Send messages; return the bytes of their bulk and signed values."""
    sent = 0
    for message in messages:
        line.send(message)
        sent += _bytes(message)
    return sent


def _bytes(value: Any) -> int:
    if isinstance(value, bytes | str):
        return len(value)
    if isinstance(value, tuple):
        return sum(map(_bytes, value))
    if value is None or isinstance(value, int):
        return 8
    return sum(_bytes(getattr(value, name)) for name in value.__dataclass_fields__)


def _next(player: Player) -> tuple[Message, ...]:
    """Say what is next; persons agree to everything here, and open nothing."""
    kind = due(player.run).kind.__name__
    if kind == "Agreement":
        return player.command(Agree(player.run.terms, 0, SetLog().head, PERSONS))
    if kind == "DecisionSeal":
        return player.command(DecidePairs((Decision("decline", "bench"),) * len(pairs_of(player.run)), PERSONS))
    if kind == "RecordsOpened":
        return player.command(OpenRecords({}))
    return player.proceed()


def _ahead(player: Player) -> int:
    opened = [sum(len(each.answers) for each in part.openings) // group.POINT_BYTES for part in player.run.parts]
    return abs(opened[0] - opened[1])


def unit_costs(items: int = 512) -> dict[str, float]:
    """Return processor seconds of the parts here and now: hashing, multiplying, proving, verifying one item."""
    key = group.scalar(system_random(64))
    public, texts = group.public_of(key), [system_random(32) for _ in range(items)]
    start = time.process_time()
    firsts = b"".join(group.hash_to_group(text, group.PLAIN) for text in texts)
    hashed = time.process_time()
    seconds = group.multiply_each(key, firsts)
    multiplied = time.process_time()
    proof = group.prove(key, public, firsts, seconds, group.PLAIN, chance=key)
    proved = time.process_time()
    group.verify(public, firsts, seconds, proof, group.PLAIN)
    laps = (start, hashed, multiplied, proved, time.process_time())
    return {name: (laps[at + 1] - laps[at]) / items for at, name in enumerate("hmpv")}


def threads_help(_: Load) -> dict[str, float]:
    """How much faster two threads multiply than one: whether a call lets the other thread run."""
    key = group.scalar(system_random(64))
    flat = b"".join(group.random_point(system_random(64)) for _ in range(4096))
    half = len(flat) // 2
    start = time.perf_counter()
    group.multiply_each(key, flat)
    single = time.perf_counter() - start
    with ThreadPool(2) as pool:
        start = time.perf_counter()
        pool.starmap(group.multiply_each, [(key, flat[:half]), (key, flat[half:])])
        double = time.perf_counter() - start
    return {"one_thread_s": round(single, 3), "two_threads_s": round(double, 3), "speedup": round(single / double, 2)}


# Hostile and random runs ---------------------------------------------------------------------------------------------


class _Cheat(Player):
    """A side that answers one place in a hundred wrongly."""

    def answer(self, points: bytes) -> bytes:
        """Return the answers, some of them wrong."""
        made = list(group.points_of(super().answer(points)))
        draws = Random(self.snapshot.seed)  # noqa: S311  which places: it must repeat
        for at in draws.sample(range(len(made)), max(1, round(len(made) / 100))):
            made[at] = group.random_point(draws.randbytes(64))
        return b"".join(made)


def hostile(load: Load) -> dict[str, Any]:
    """Run against a cheat many times; return the share that was seen and rightly named."""
    return _share("seen", _caught, load.runs)


def random_runs(load: Load) -> dict[str, Any]:
    """Play random lists with faults many times; return the share of equal digests."""
    return _share("equal", _equal, load.runs)


def sample(load: Load) -> dict[str, Any]:
    """Draw samples many times; return the share that holds a wrong answer of one in a thousand."""
    return {**_share("seen", _hit, load.runs), "places": SAMPLED_PLACES, "sample": SAMPLE}


def _share(name: str, one: Callable[[int], bool], runs: int) -> dict[str, Any]:
    with get_context("spawn").Pool(2) as pool:
        outcomes = pool.map(one, range(runs), chunksize=8)
    return {name: sum(outcomes) / runs, "runs": runs}


def _caught(seed: int) -> bool:
    cheat = seed % 2
    players = [(_Cheat if side == cheat else Player)(side, invented(side, SMALL - 8)) for side in (0, 1)]
    try:
        _play(players, bench_terms(SMALL, 16))
    except RunBroken as error:
        return error.side == cheat
    return False


def _hit(seed: int) -> bool:
    draws = Random(seed)  # noqa: S311  it must repeat
    wrong = draws.sample(range(SAMPLED_PLACES), round(SAMPLED_PLACES / 1000))
    return not draw(draws.randbytes(32), SAMPLED_PLACES, SAMPLE).isdisjoint(wrong)


def _equal(seed: int) -> bool:
    draws = Random(seed)  # noqa: S311  it must repeat
    sizes = [draws.randrange(10, SMALL) for _ in range(2)]
    players = [Player(side, invented(side, sizes[side])) for side in (0, 1)]
    _play(players, bench_terms(SMALL, draws.choice((5, 16, 96))), faults=draws)
    results = [player.run.parts[side].result for side, player in enumerate(players)]
    common = min(sizes) // COMMON_SHARE
    return players[0].run == players[1].run and results[0] == results[1] and _size(results[0]) == common


def _size(result: Any) -> int:
    return -1 if result is None else int(result.size)


def _play(players: list[Player], terms: Terms, faults: Random | None = None) -> None:
    """Play up to the pairs; with faults, messages come twice and a side starts anew from its record."""
    record: list[Said] = []
    _hand(players, record, 0, players[0].command(Propose(terms, 0, SetLog().head, PERSONS)))
    while (sides := _automatic(due(players[0].run))) and not players[0].run.parts[0].pairs:
        for side in sides:
            if faults and faults.random() < 1 / 10:
                players[side] = Player.resume(players[side], record)
            _hand(players, record, side, _next(players[side]))
            if faults and faults.random() < 1 / 10:
                players[1 - side].take(next(said for said in reversed(record) if said.side == side))


def _automatic(next_: Due) -> tuple[int, ...]:
    return () if next_.kind.__name__ == "DecisionSeal" else next_.sides


def _hand(players: Sequence[Player], record: list[Said], side: int, messages: Iterable[Message]) -> None:
    for message in messages:
        said = Said(side, message)
        players[1 - side].take(said)
        record.append(said)


def asked(load: Load) -> dict[str, Any]:
    """Ask about names against a prepared list: blinded, answered with proofs, unblinded, compared."""
    key, blind = (group.scalar(system_random(64)) for _ in range(2))
    keys, common = load.names * KEYS_A_RECORD, load.names * KEYS_A_RECORD // COMMON_SHARE
    start = time.perf_counter()
    listed = {_marked(key, f"both {n}" if n < common else f"listed {n}") for n in range(load.listed * KEYS_A_RECORD)}
    prepared = time.perf_counter() - start
    start, cpu, unblind, found = time.perf_counter(), time.process_time(), _inverse(blind), 0
    for at in range(0, keys, 2048):
        texts = (f"both {n}" if n < common else f"asked {n}" for n in range(at, min(at + 2048, keys)))
        points = b"".join(group.hash_to_group(text.encode(), group.PLAIN) for text in texts)
        firsts = group.multiply_each(blind, points)
        seconds = group.multiply_each(key, firsts)
        public = group.public_of(key)
        proof = group.prove(key, public, firsts, seconds, group.PLAIN, chance=group.scalar(system_random(64)))
        group.verify(public, firsts, seconds, proof, group.PLAIN)
        answers = group.points_of(group.multiply_each(unblind, seconds))
        found += sum(sha256(each).digest()[:TAG_BYTES] in listed for each in answers)
    figures = {
        "seconds": time.perf_counter() - start,
        "cpu_seconds": time.process_time() - cpu,
        "prepared_in": prepared,
    }
    return {**{name: round(each, 2) for name, each in figures.items()}, "found": found, "common": common}


def _marked(key: bytes, text: str) -> bytes:
    return sha256(group.multiply(key, group.hash_to_group(text.encode(), group.PLAIN))).digest()[:TAG_BYTES]


def _inverse(scalar: bytes) -> bytes:
    number = pow(int.from_bytes(scalar, "little"), -1, group.ORDER)
    return number.to_bytes(group.POINT_BYTES, "little")


def matching(load: Load) -> dict[str, Any]:
    """Measure what blind keys find among alias pairs, where the data is there."""
    if not load.data.is_dir():
        return {"not run": f"the folder {load.data} is not there", "goals": []}
    return quality(Quality(load.data, records=load.records))


# The other engine ----------------------------------------------------------------------------------------------------

_PSI = """
import json, sys, time
import private_set_intersection.python as psi
tokens = int(sys.argv[1]); common = tokens // 10
items = lambda side: [f"both {n}" if n < common else f"{side} {n}" for n in range(tokens)]
laps = [time.perf_counter()]
lap = lambda: laps.append(time.perf_counter())
client, server = psi.client.CreateWithNewKey(True), psi.server.CreateWithNewKey(True)
setup = server.CreateSetupMessage(1e-9, tokens, items(0), psi.DataStructure.GCS); lap()
request = client.CreateRequest(items(1)); lap()
response = server.ProcessRequest(request); lap()
found = client.GetIntersection(setup, response); lap()
names = ("setup", "request", "process", "intersect")
phases = {name: laps[at + 1] - laps[at] for at, name in enumerate(names)}
print(json.dumps({"phases": phases, "common": len(found)}))
"""


def other_engine(load: Load) -> dict[str, Any]:
    """Measure OpenMined PSI on lists of the same size; on two cores set-up and request can go beside each other."""
    if not load.psi_python:
        return {"not run": "name an interpreter that has openmined-psi with --psi-python"}
    command = [load.psi_python, "-c", _PSI, str(load.tokens)]
    figures = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)  # noqa: S603
    phases = figures["phases"]
    beside = max(phases["setup"], phases["request"]) + phases["process"] + phases["intersect"]
    return {
        "seconds_one_core": round(sum(phases.values()), 2),
        "seconds_two_cores": round(beside, 2),
        "common": figures["common"],
        "who_learns": "one side; semi-honest",
    }


MEASURES: Mapping[str, Callable[[Load], Any]] = {
    "threads": threads_help,
    "mutual": mutual,
    "openmined_psi": other_engine,
    "formula": formula,
    "whole": whole,
    "hostile": hostile,
    "sample": sample,
    "random": random_runs,
    "asked": asked,
    "stuffed": lambda load: stuffed(Stuffing(load.stuffed)),
    "quality": matching,
}
