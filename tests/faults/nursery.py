# SPDX-License-Identifier: Apache-2.0
"""Real node processes, born quickly: a parent that has everything imported forks them on request.

Rules
  - Each child is a `Daemon` over TLS on loopback with its own SQLite database, and nothing that a real one has not,
    but for its clock (`pace` seconds to the second, so that back-off does not cost real time) and its short rounds.
  - The parent opens nothing and starts no thread before it forks.
  - Children are asked through the node's own local door, as the command line does.
  - When the one who asked goes away, the children are ended.

Worked example
    with Nursery(folder) as nursery:
        pid = nursery.start("MX"); ask(folder / "MX", "waiting", {}); nursery.kill("MX")
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from faults.matters import AGENCIES
from faults.plain import prepare_plain, send_plain
from paridad.base.sources import system_clock, system_random
from paridad.base.strict import JsonValue
from paridad.folio.commands import Ask
from paridad.node.composing import open_node
from paridad.node.founding import add_peer, agencies_of, make_party, sign, write_home
from paridad.node.home import Home, Officer
from paridad.node.node import Node
from paridad.node.running import SOCKET, Daemon
from paridad.node.saying import carry_out
from paridad.programme.charter import assemble, compile_document
from support.programmes import seeded_random, template_for

PARTIES = tuple(AGENCIES)
TESTS = Path(__file__).resolve().parents[1]
GONE_SECONDS = 20.0


class Unanswered(Exception):
    """The node gave no whole answer; whether it did what was asked is not known."""


def found(folder: Path, ports: Mapping[str, int], seen_at: Mapping[str, int]) -> None:
    """Found both parties with certificates of today: where each listens, and where the other finds it."""
    template, now = template_for(PARTIES), system_clock()
    secrets = {
        party: make_party(party, agencies_of(template, party), now=now - 3600, random=seeded_random("pair", party))
        for party in PARTIES
    }
    public = [each.public for each in secrets.values()]
    document = compile_document(template, public, version=1, effective_from=now - 3600)
    signed = assemble(document, [sign(each, document) for each in secrets.values()])
    for party, other in (PARTIES, PARTIES[::-1]):
        officers = [Officer("liaison", "Enlace", "liaison", AGENCIES[party])]
        settings: dict[str, str | int] = {"port": ports[party], "own_checkpoint_seconds": 60}
        random = seeded_random("home", party)
        write_home(folder / party, secrets[party], signed, settings=settings, officers=officers, random=random)
        add_peer(folder / party, other, f"https://localhost:{seen_at[other]}")


def free_ports(count: int) -> list[int]:
    """Return ports of loopback that nobody uses now."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [each.getsockname()[1] for each in sockets]


def ask(home: Path, operation: str, arguments: Mapping[str, JsonValue], *, patience: float = 20.0) -> Any:
    """Ask a running node through its door; raise `Unanswered` where no whole answer comes."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(patience)
            line.connect(str(home / SOCKET))
            line.sendall(json.dumps({"operation": operation, "arguments": arguments}).encode() + b"\n")
            with line.makefile("rb") as answer:
                tree = json.loads(answer.readline())
            return tree["result"]
    except (OSError, ValueError, KeyError) as error:
        raise Unanswered(repr(error)) from error


@dataclass
class Nursery:
    """The parent process, and which child plays which party."""

    folder: Path
    pace: int = 60
    batch: int = 100
    round_seconds: float = 0.03
    pids: dict[str, int] = field(default_factory=dict)

    def __enter__(self) -> Self:
        env = {**os.environ, "PYTHONPATH": str(TESTS)}
        self._parent = subprocess.Popen(
            [sys.executable, "-m", "faults.nursery"], cwd=TESTS, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._since = time.time()
        return self

    def start(self, party: str) -> int:
        """Start the node of a party; return its process id."""
        self.pids[party] = self._order(
            start=str(self.folder / party),
            since=self._since,
            pace=self.pace,
            batch=self.batch,
            round=self.round_seconds,
        )
        return self.pids[party]

    def end(self, party: str, with_signal: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal to the node of a party, wait until it is gone, and return its exit status."""
        return self._order(end=self.pids.pop(party), signal=int(with_signal))

    def _order(self, **order: object) -> int:
        assert self._parent.stdin
        assert self._parent.stdout
        self._parent.stdin.write(json.dumps(order).encode() + b"\n")
        self._parent.stdin.flush()
        return int(self._parent.stdout.readline())

    def complaints(self, party: str) -> str:
        """Return the end of what a node wrote to its log."""
        path = self.folder / party / "log.txt"
        return path.read_text(encoding="utf-8", errors="replace")[-3000:] if path.exists() else ""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._parent.stdin
        assert self._parent.stdout
        self._parent.stdin.close()
        self._parent.stdout.close()
        self._parent.wait(GONE_SECONDS)


def wait_for_door(home: Path, seconds: float = 20.0) -> None:
    """Wait until a node answers at its door."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            ask(home, "waiting", {})
        except Unanswered:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


# In the children ----------------------------------------------------------------------------------------------------


def _plain(node: Node, arguments: Mapping[str, JsonValue]) -> JsonValue:
    """Queue plain acts for the other party, once for each identifier."""
    count, id_ = arguments["count"], arguments["id"]
    assert isinstance(count, int)
    assert isinstance(id_, str)
    sender, receiver = AGENCIES[node.own.party], AGENCIES[node.own.others[0]]
    return list(send_plain(node.own, sender, receiver, count, now=node.clock(), id_=id_))


def _hasty(node: Node, arguments: Mapping[str, JsonValue]) -> JsonValue:
    """Answer first and commit afterwards: what no node may do, to see that the counting finds it."""
    count = arguments["count"]
    assert isinstance(count, int)
    sender, receiver = AGENCIES[node.own.party], AGENCIES[node.own.others[0]]
    hashes, commit = prepare_plain(node.own, sender, receiver, count, now=node.clock())
    threading.Timer(0.15, node.own.store.submit, [commit]).start()
    return list(hashes)


def _open_folio(node: Node, arguments: Mapping[str, JsonValue]) -> JsonValue:
    """Open a folio as an officer does."""
    id_, folio = arguments["id"], arguments["folio"]
    assert isinstance(id_, str)
    assert isinstance(folio, str)
    charter = node.own.keys.current
    command = Ask(
        officer="liaison",
        agency=AGENCIES[node.own.party],
        to=AGENCIES[node.own.others[0]],
        handling=charter.conduct.handling,
        purpose=next(iter(charter.purposes)),
        basis=charter.conduct.basis,
        urgency=next(iter(charter.urgencies)),
        question="¿Quién es?",
    )
    said = carry_out(node.own, node.home.officer("liaison"), command, folio=folio, id_=id_, now=node.clock())
    return list(said.acts)


def _waiting(node: Node, _arguments: Mapping[str, JsonValue]) -> JsonValue:
    """Count the parcels that the other party has not confirmed and cosigned."""
    with node.own.store.read() as conn:
        row = conn.exec_driver_sql("SELECT count(*) FROM outbox WHERE state != 'cosigned'").one()
    return int(row[0])


OPERATIONS = {"plain": _plain, "hasty": _hasty, "ask": _open_folio, "waiting": _waiting}


def _live(order: Mapping[str, Any]) -> None:
    home = Path(order["start"])
    since, pace = order["since"], order["pace"]
    node = open_node(Home(home), clock=lambda: int(since + (time.time() - since) * pace), random=system_random)
    node.batch = order["batch"]
    daemon = Daemon(node, OPERATIONS, round_seconds=order["round"])

    def asked_to_stop(_signal: int, _frame: object) -> None:
        threading.Thread(target=stop).start()

    def stop() -> None:
        daemon.stopping.set()
        daemon.work.set()

    signal.signal(signal.SIGTERM, asked_to_stop)
    daemon.start()
    daemon.loop()
    daemon.stop()


def _fork(order: Mapping[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        log = os.open(Path(order["start"]) / "log.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for standard in (1, 2):
            os.dup2(log, standard)
        os.close(0)
        _live(order)
    except BaseException:  # noqa: BLE001  a process ends here
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)


def _main() -> None:
    children: set[int] = set()
    for line in sys.stdin.buffer:
        order = json.loads(line)
        if "start" in order:
            answer = _fork(order)
            children.add(answer)
        else:
            answer = _end(order["end"], order["signal"])
            children.discard(order["end"])
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()
    for pid in children:
        _end(pid, signal.SIGKILL)


def _end(pid: int, with_signal: int) -> int:
    """End a child that was not waited for yet, so that its number is still its own."""
    os.kill(pid, with_signal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


if __name__ == "__main__":
    _main()
