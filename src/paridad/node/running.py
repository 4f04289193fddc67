# SPDX-License-Identifier: Apache-2.0
"""The daemon: the edge under mutual TLS, rounds of upkeep, and a local door for officers' commands.

Rules
  - The edge listens before the first round; the first round compares our logs with what the witnesses saw.
  - The loop does a round, then waits for work or for the next second, unless it sent something: then more may wait.
    It serves several streams at once, stops on request and finishes what it does.
  - The local door is a Unix socket of mode 0600 in the node's folder: one strict JSON line in, one out. What can be
    asked there is handed in (`operations`), so that a command does the same in the daemon as by itself.
  - A line that does not end, or a caller that hangs up, changes nothing at the door; what was carried out stays.
  - Runs of private deconfliction are carried forward by a thread of their own, beside the rounds.
  - A fault in one round is told and the next round comes; unknown state (`UnknownState`) stops the daemon.
"""

import logging
import os
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from paridad.base.errors import ExitCode, ParidadError
from paridad.base.strict import JsonValue, read_json, write_json
from paridad.base.words import Words
from paridad.exchange.server import Server
from paridad.exchange.transport import Credentials, HttpTransport, PeerAddress, own_tls, peer_tls
from paridad.ledger.errors import RootMismatch, UnknownState
from paridad.node.carrying import Carrier, Carrying
from paridad.node.errors import DoorRefused
from paridad.node.node import Node

Operation = Callable[[Node, Mapping[str, JsonValue]], JsonValue]

MAX_LINE = 8 * 1024 * 1024
MAX_SOCKET_PATH = 107
"""Bytes of a socket's path that Linux takes (`sun_path`, unix(7)), without the zero behind it."""

ROUND_SECONDS = 1.0
LINES = 4
BATCHES = 16
"""Of one stream in one round: the heads are shown and the views brought up to date in between."""
SOCKET = "node.sock"

log = logging.getLogger("paridad.node")


def http_line(node: Node) -> HttpTransport:
    """Return the transport to every peer in node.toml, each pinned to its party's authorities."""
    tls = node.home.path / "tls"
    mine = Credentials(str(tls / "client.crt"), str(tls / "client.key"))
    return HttpTransport(
        {
            party: PeerAddress(url, peer_tls(mine, "\n".join(node.own.keys.authorities(party, node.clock()))))
            for party, url in node.settings.peers.items()
        }
    )


def edge_server(node: Node) -> Server:
    """Return the edge's server, not yet listening to requests."""
    tls = node.home.path / "tls"
    mine = Credentials(str(tls / "server.crt"), str(tls / "server.key"))
    authorities = [pem for party in node.own.others for pem in node.own.keys.authorities(party, node.clock())]
    context = own_tls(mine, "\n".join(authorities))
    return Server(node.edge_for_certificate, host=node.settings.host, port=node.settings.port, tls=context)


@dataclass
class Daemon:
    """A running node; `start`, then `loop` until `stop`."""

    node: Node
    operations: Mapping[str, Operation] = field(default_factory=dict)
    round_seconds: float = ROUND_SECONDS
    stopping: threading.Event = field(default_factory=threading.Event)
    work: threading.Event = field(default_factory=threading.Event)

    def start(self) -> int:
        """Listen, open the local door, compare with the witnesses; return the port of the edge."""
        self.door = Door(self.node, self.operations, self.node.home.path / SOCKET, self.work)
        self.server = edge_server(self.node)
        self.runs = Carrying(Carrier(self.node), self.work)
        self.server.start()
        self.door.start()
        return self.server.port

    def loop(self) -> None:
        """Do rounds until asked to stop."""
        if self.node.transport is None:
            self.node.transport = http_line(self.node)
        self.node.lines, self.node.batches = LINES, BATCHES
        self.runs.start()
        compared = False
        while not self.stopping.is_set():
            self.work.clear()
            compared = compared or not self.node.start()
            if not self._round():
                self.work.wait(self.round_seconds)

    def _round(self) -> bool:
        """Do one round; return whether something was sent."""
        try:
            done = self.node.tick()
        except (UnknownState, RootMismatch):
            raise
        except ParidadError as error:
            log.warning("round: %s", error.words.en)
            return False
        for party, why in done.unreachable.items():
            log.info("%s: %s", party, why)
        return done.sent > 0

    def stop(self) -> None:
        """Stop listening and close the store."""
        self.stopping.set()
        self.work.set()
        self.door.stop()
        self.server.stop()
        self.runs.stop()
        self.node.close()


class Door:
    """The local socket by which officers' commands reach a running node."""

    def __init__(self, node: Node, operations: Mapping[str, Operation], path: Path, work: threading.Event) -> None:
        length = len(os.fsencode(path))
        if length > MAX_SOCKET_PATH:
            raise DoorRefused(
                Words(
                    es=f"{path}: la ruta de la puerta local tiene {length} bytes; el sistema admite {MAX_SOCKET_PATH}.",
                    en=f"{path}: the path of the local door has {length} bytes; the system takes {MAX_SOCKET_PATH}.",
                )
            )
        self._node = node
        self._operations = operations
        self._path = path
        self._work = work
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._thread = threading.Thread(target=self._serve, name="door", daemon=True)

    def start(self) -> None:
        """Open the door."""
        self._path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            self._socket.bind(str(self._path))
        finally:
            os.umask(before)
        self._socket.listen(16)
        self._thread.start()

    def stop(self) -> None:
        """Close the door."""
        self._socket.close()
        self._path.unlink(missing_ok=True)

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(line,), daemon=True).start()

    def _answer(self, line: socket.socket) -> None:
        with line, line.makefile("rb") as incoming:
            try:
                asked = incoming.readline(MAX_LINE)
                if not asked.endswith(b"\n") and len(asked) < MAX_LINE:
                    return
                answer = write_json(self.respond(asked), max_string=MAX_LINE, max_array=MAX_LINE)
                self._work.set()
                line.sendall(answer + b"\n")
            except ConnectionError:
                log.info("door: a caller hung up before its answer")

    def respond(self, asked: bytes) -> JsonValue:
        """Carry out one operation; an error is an answer with both sentences and its exit code."""
        try:
            tree = read_json(asked.rstrip(b"\n"), max_string=MAX_LINE, max_array=MAX_LINE)
            result = self._operations[tree["operation"]](self._node, tree["arguments"])
            write_json(result, max_string=MAX_LINE, max_array=MAX_LINE)
        except ParidadError as error:
            return {
                "error": {
                    "es": error.sentence("es"),
                    "en": error.sentence("en"),
                    "exit_code": int(error.exit_code),
                }
            }
        except Exception as error:  # a fault of ours: told in the log, the door stays open
            log.exception("an operation failed")
            return {
                "error": {
                    "es": f"El nodo falló por dentro ({type(error).__name__}); vea su bitácora de operación.",
                    "en": f"The node failed inside ({type(error).__name__}); see its operating log.",
                    "exit_code": int(ExitCode.TRY_AGAIN),
                }
            }
        return {"result": result}
