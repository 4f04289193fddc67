# SPDX-License-Identifier: Apache-2.0
"""Bad lines between two nodes: one that spoils messages, one that spoils bytes; both seeded.

Rules
  - `BadLine` wraps a transport and spoils whole messages: lost before the effect, answer swallowed after it, sent
    twice, replayed later, cut short, one bit turned, in the answer too.
  - `BadWire` is a TCP relay under the TLS of two real nodes: cut at byte n, delay, slow drip, half-open, the answer
    swallowed after the effect. A sound connection ends too, within `lifetime` bytes.
  - The seed decides everything; a failing seed becomes a row of a table.

Worked example
    line = BadLine(good_transport, seed=7, spoil=0.3)
    line("US", Request("POST", "/paridad/1/deliver", body))      may raise PeerUnreachable, with or without effect
"""

import asyncio
import random
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from paridad.base.words import Words
from paridad.exchange.errors import PeerUnreachable
from paridad.exchange.transport import Request, Response, Transport

FAULTS = ("lost", "swallowed", "doubled", "replayed", "cut", "bit", "garbled")


def _no_answer() -> PeerUnreachable:
    return PeerUnreachable(Words(es="La línea falló.", en="The line failed."))


@dataclass
class BadLine:
    """A transport that spoils a share of the messages, and counts what it did."""

    inner: Transport
    seed: int
    spoil: float = 0.3
    faults: tuple[str, ...] = FAULTS
    done: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._yesterday: list[tuple[str, Request]] = []

    def __call__(self, party: str, request: Request) -> Response:
        """Carry a request, perhaps badly."""
        if self._random.random() >= self.spoil:
            return self._carry(party, request)
        fault = self._random.choice(self.faults)
        self.done[fault] += 1
        return self._spoiled(fault, party, request)

    def _spoiled(self, fault: str, party: str, request: Request) -> Response:
        if fault == "lost":
            raise _no_answer()
        if fault == "swallowed":
            self._carry(party, request)
            raise _no_answer()
        if fault == "doubled":
            self._carry(party, request)
            return self._carry(party, request)
        if fault == "replayed" and self._yesterday:
            self.inner(*self._random.choice(self._yesterday))
            return self._carry(party, request)
        if fault == "cut" and request.body:
            return self.inner(party, replace(request, body=request.body[: self._random.randrange(len(request.body))]))
        if fault == "bit" and request.body:
            return self.inner(party, replace(request, body=self._turn_a_bit(request.body)))
        if fault == "garbled":
            response = self._carry(party, request)
            return replace(response, body=self._turn_a_bit(response.body)) if response.body else response
        return self._carry(party, request)

    def _carry(self, party: str, request: Request) -> Response:
        if request.method == "POST" and self._random.random() < 0.05:
            self._yesterday = [*self._yesterday[-20:], (party, request)]
        return self.inner(party, request)

    def _turn_a_bit(self, body: bytes) -> bytes:
        at = self._random.randrange(len(body) * 8)
        spoiled = bytearray(body)
        spoiled[at // 8] ^= 1 << (at % 8)
        return bytes(spoiled)


WIRE_FAULTS = ("cut", "delay", "slow", "half-open", "swallow")
HANDSHAKE = 5_000
"""Bytes that a server sends before its first answer, about: TLS 1.3 with certificates on both sides."""


class BadWire:
    """A TCP relay in a thread: listens on loopback, forwards to a port, and spoils a share of the connections."""

    def __init__(
        self, target: Callable[[], int], *, seed: int, spoil: float = 0.2, lifetime: int | None = None
    ) -> None:
        self._target = target
        self._random = random.Random(seed)
        self._spoil = spoil
        self._lifetime = lifetime
        self.done: Counter[str] = Counter()
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Start listening; `port` is known afterwards."""
        self._thread.start()
        self._ready.wait(10)

    def stop(self) -> None:
        """Stop listening and cut what is open."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._connection, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0.05))
        self._loop.close()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        fault = self._random.choice(WIRE_FAULTS) if self._random.random() < self._spoil else ""
        self.done[fault or "sound"] += 1
        up, down = self._limits(fault)
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._target())
        except OSError:
            writer.close()
            return
        directions = [(reader, up_writer, up), (up_reader, writer, down)]
        await asyncio.wait(
            [asyncio.ensure_future(self._pump(a, b, fault, limit)) for a, b, limit in directions],
            return_when=asyncio.FIRST_COMPLETED,
        )
        for side in (writer, up_writer):
            side.close()

    def _limits(self, fault: str) -> tuple[int | None, int | None]:
        """Return after how many bytes each direction ends: towards the server, and back."""
        if fault in ("cut", "half-open"):
            limit = self._random.randrange(1, 400_000)
            return limit, limit
        if fault == "swallow":
            return None, HANDSHAKE + self._random.randrange(2_000)
        lifetime = self._lifetime and self._random.randrange(HANDSHAKE, self._lifetime)
        return lifetime, lifetime

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, fault: str, limit: int | None
    ) -> None:
        passed = 0
        try:
            while data := await reader.read(4096 if fault == "slow" else 65536):
                if fault == "delay":
                    await asyncio.sleep(0.02)
                if fault == "slow":
                    await asyncio.sleep(0.001)
                if limit is not None and passed + len(data) > limit:
                    writer.write(data[: limit - passed])
                    if fault == "half-open":
                        await asyncio.sleep(0.5)
                    return
                writer.write(data)
                await writer.drain()
                passed += len(data)
        except (ConnectionError, asyncio.CancelledError):
            return
