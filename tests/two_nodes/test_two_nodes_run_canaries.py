# SPDX-License-Identifier: Apache-2.0
"""Canaries (T20): nothing of a list stands on the line, in payloads, databases, logs, or in what a power cut leaves.

The same run with sealing taken away shows every kind of canary, so that this test can fail.
"""

import base64
import logging
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from paridad.desks.targets.deconfliction import group
from paridad.desks.targets.deconfliction.common import pairs_of
from paridad.desks.targets.deconfliction.messages import Decision
from paridad.desks.targets.deconfliction.run import DecidePairs, OpenRecords
from paridad.desks.targets.deconfliction.tokens import Snapshot
from paridad.exchange.transport import Request, Response, Transport
from paridad.store import payloads, vault
from support.deconfliction import PERSONS, Table, terms
from support.deconfliction_nodes import Both
from support.two_nodes import Parties


class Watched(Both):
    """Two nodes of which everything that leaves and everything that lies on the disk is looked at after every round."""

    def __init__(self, folder: Path) -> None:
        self.line: list[bytes] = []
        self.found: dict[str, set[str]] = {}
        original = Parties.wrap
        try:
            Parties.wrap = staticmethod(self.tap)
            super().__init__(
                folder, swap=False, table=Table(common=3, alone=(5, 6), terms=terms(places=128, batch=128))
            )
        finally:
            Parties.wrap = original

    def tap(self, transport: Transport) -> Transport:
        """Keep what crosses the line."""

        def carry(party: str, request: Request) -> Response:
            answer = transport(party, request)
            self.line += [request.body, answer.body]
            return answer

        return carry

    def canaries(self) -> Iterator[tuple[str, bytes]]:
        """Yield what may stand nowhere: names of records, keys, seeds and exponents, and unblinded points."""
        for run in self.runs:
            snapshot, player = run.player.snapshot, run.player.run
            yield "seed", snapshot.seed
            yield "exponent", snapshot.secret
            for token in snapshot.tokens:
                yield "token", token.key
                yield from (("name", record.encode()) for record in token.records)
                if player.start is not None:
                    digest = sha256(player.context + token.key).digest()
                    yield "point", group.hash_to_group(digest, group.PLAIN)

    def look(self, log: str = "") -> None:
        """Look for every canary in the line, the files and the log."""
        files = {str(path): path.read_bytes() for path in self.parties.folder.rglob("*") if path.is_file()}
        places = {"line": b"\x00".join(self.line), "log": log.encode(), **files}
        for kind, canary in self.canaries():
            for spelled in (canary, canary.hex().encode(), base64.urlsafe_b64encode(canary).rstrip(b"=")):
                for place, data in places.items():
                    if spelled in data:
                        self.found.setdefault(kind, set()).add(place)

    def whole(self, caplog: pytest.LogCaptureFixture) -> None:
        """Play a whole run and look after every round."""
        with caplog.at_level(logging.DEBUG):
            self.agree()
            while self.once():
                self.look(caplog.text)
            for side, run in enumerate(self.runs):
                run.command(DecidePairs((Decision("open", "lead"),) * len(pairs_of(run.player.run)), PERSONS[side]))
            while self.once():
                self.look(caplog.text)
            for side, run in enumerate(self.runs):
                self.table.players[side] = run.player
                run.command(OpenRecords(self.table.records(side)))
            while self.once():
                self.look(caplog.text)
            self.look(caplog.text + repr(self.runs) + repr([run.player for run in self.runs]))


def test_no_canary_is_found_anywhere(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Line, payloads, databases with their journals, logs and what prints: in clear, in hex and in base64url."""
    watched = Watched(tmp_path)
    try:
        watched.whole(caplog)
        assert watched.runs[0].player.run.parts[0].close is not None
        assert watched.found == {}
    finally:
        watched.parties.close()


class _Plain:
    """An AEAD that hides nothing."""

    def __init__(self, _: bytes) -> None:
        """Take a key and forget it."""

    def encrypt(self, _: bytes, data: bytes, __: bytes | None) -> bytes:
        """Return the data with an empty tag."""
        return data + bytes(16)

    def decrypt(self, _: bytes, data: bytes, __: bytes | None) -> bytes:
        """Return the data without its tag."""
        return data[:-16]


def test_without_sealing_every_kind_is_found(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lockers and payloads in clear, one exponent of 1: names, tokens, seeds and unblinded points stand on the disk."""
    monkeypatch.setattr(vault, "AESGCM", _Plain)
    monkeypatch.setattr(payloads, "AESGCM", _Plain)
    true = Snapshot.secret.fget  # type: ignore[attr-defined]
    one = (1).to_bytes(32, "little")
    monkeypatch.setattr(Snapshot, "secret", property(lambda self: one if self.desk == "desk 0" else true(self)))
    watched = Watched(tmp_path)
    try:
        watched.whole(caplog)
        assert {"name", "token", "seed", "point"} <= set(watched.found)
    finally:
        watched.parties.close()
