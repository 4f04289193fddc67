# SPDX-License-Identifier: Apache-2.0
"""How a command reaches a node: through the door of the one that runs here, or by opening it for the moment.

Rules
  - A running node is asked through `<home>/node.sock`: one strict JSON line out, one in; the same operations run there.
  - Where no door answers, the node is opened in this process and closed again; a database that is held by somebody
    else is told in so many words (`NodeBusy`).
  - Operations, clock and randomness are parameters; only `main` takes the machine's clock.
  - A line is for one question.

Worked example
    with Session(OPERATIONS).line(Path("/var/lib/paridad")) as ask:
        ask("status", {})                    is what `paridad status --json` prints
"""

import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from paridad.base.errors import ExitCode
from paridad.base.sources import Clock, Random, system_clock, system_random
from paridad.base.strict import JsonValue, read_json, write_json
from paridad.base.words import Words
from paridad.cli.errors import NodeBusy, Told
from paridad.node.composing import open_node
from paridad.node.home import Home
from paridad.node.running import MAX_LINE, SOCKET, Operation
from paridad.store.errors import StoreInUse

DEPTH = 32

Ask = Callable[[str, Mapping[str, JsonValue]], JsonValue]
"""Carries out an operation by name with its arguments."""

Reach = Callable[[Path], AbstractContextManager[Ask]]
"""Finds the node of a folder."""


@dataclass(frozen=True, slots=True)
class Session:
    """What a command line is run with."""

    operations: Mapping[str, Operation]
    """What can be asked of a node, by name."""
    clock: Clock = system_clock
    random: Random = system_random
    reach: Reach | None = None
    """How a folder's node is found, where it is not the usual way."""

    def line(self, home: Path) -> AbstractContextManager[Ask]:
        """Lend a way to ask the node of a folder."""
        return self.reach(home) if self.reach else self._usual(home)

    @contextmanager
    def _usual(self, home: Path) -> Iterator[Ask]:
        door = knock(home / SOCKET)
        if door is not None:
            with door:
                yield lambda operation, arguments: through(door, operation, arguments)
            return
        try:
            node = open_node(Home(home), clock=self.clock, random=self.random)
        except StoreInUse as error:
            raise NodeBusy(error.words) from error
        try:
            yield lambda operation, arguments: self.operations[operation](node, arguments)
        finally:
            node.close()


def knock(path: Path) -> socket.socket | None:
    """Return a line to the door of a running node, None where nobody answers."""
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        line.connect(str(path))
    except OSError:
        line.close()
        return None
    return line


def through(line: socket.socket, operation: str, arguments: Mapping[str, JsonValue]) -> JsonValue:
    """Ask one operation through a door; the node's refusal is raised as `Told`."""
    asked = write_json({"operation": operation, "arguments": dict(arguments)}, max_string=MAX_LINE, max_array=MAX_LINE)
    try:
        line.sendall(asked + b"\n")
        with line.makefile("rb") as incoming:
            answer = incoming.readline()
    except ConnectionError:
        answer = b""
    if not answer.endswith(b"\n"):
        raise NodeBusy(
            Words(es="El nodo cerró su puerta sin contestar.", en="The node closed its door without an answer.")
        )
    tree = read_json(answer[:-1], max_depth=DEPTH, max_string=MAX_LINE, max_array=MAX_LINE)
    if "error" in tree:
        error = tree["error"]
        raise Told(Words(es=error["es"], en=error["en"]), ExitCode(error["exit_code"]))
    result: JsonValue = tree["result"]
    return result
