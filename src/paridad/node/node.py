# SPDX-License-Identifier: Apache-2.0
"""A node: one party's side of a programme, with its folder, its clock and its line to the others.

Rules
  - Everything that a node does goes through here or through the modules that this one hands `own` to; no part looks
    up another.
  - Every witness is asked what it saw of our logs before the first new signature: nothing is signed until one answered,
    and in a restored node until all did. A witness that is ahead stops the node; `recover` takes the leaves back.

Worked example
    node.start(); node.tick()
    node.edge(Request("GET", "/paridad/1/status"), "B").status       is 200
"""

from contextlib import suppress
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from paridad.base.sources import Clock
from paridad.base.words import Words
from paridad.exchange import edge
from paridad.exchange.errors import PeerRefused, PeerUnreachable
from paridad.exchange.own_side import OwnSide
from paridad.exchange.paths import DELIVER
from paridad.exchange.transport import Request, Response, Transport
from paridad.node import expiring, keeping, recovery, upkeep
from paridad.node.assenting import Preparations
from paridad.node.home import EpochFiles, Home, Settings
from paridad.node.importing import Uploads
from paridad.node.views import Views
from paridad.store.backup import restored_heads, settled
from paridad.store.errors import ScrubPending
from paridad.store.payloads import PayloadStore


@dataclass
class Node:
    """A node that is open."""

    home: Home
    settings: Settings
    own: OwnSide
    payloads: PayloadStore
    epochs: EpochFiles
    clock: Clock
    transport: Transport | None
    batch: int = 100
    """Parcels under one cover."""
    lines: int = 1
    """Streams that are served at the same time; one, where each step has to follow from the one before."""
    batches: int = 1
    """Batches of one stream in one round."""

    def __post_init__(self) -> None:
        self.views = Views(self.own)
        self.preparations = Preparations()
        self.uploads = Uploads()
        self._looked = 0
        self._asked: set[str] = set()
        self._unwiped = False

    @property
    def line(self) -> Transport:
        """The transport; a node without one works alone and says so."""
        if self.transport is None:
            raise PeerUnreachable(Words(es="Este nodo no tiene línea.", en="This node has no line."))
        return self.transport

    def start(self) -> list[str]:
        """Compare our logs with what each witness saw, once after a start; return the parties that did not answer."""
        silent = []
        for party in self.own.others:
            if party not in self._asked:
                try:
                    recovery.compare(self.own, party, self.line)
                    self._asked.add(party)
                except (PeerUnreachable, PeerRefused):
                    silent.append(party)
        if not silent and self._restored():
            self.own.store.submit(settled)
        return silent

    def recover(self) -> recovery.Recovered:
        """Take back, from what the other parties hold of ours, what a restored backup lacks; then compare again."""
        found = recovery.recover(self.own, self.line, now=self.clock())
        keeping.refresh_keys(self.own)
        self._asked.clear()
        self.start()
        return found

    def tick(self, now: int | None = None) -> upkeep.Round:
        """Do one round of upkeep and bring the views up to date; nothing is signed before a witness was asked."""
        at = self.clock() if now is None else now
        silent = self.start()
        done = upkeep.Round(unreachable=dict.fromkeys(silent, "not asked yet what it saw of our logs"))
        if not silent or (self._asked and not self._restored()):
            rhythm = self.settings.own_checkpoint_seconds
            pace = upkeep.Pace(self.batch, self.lines, self.batches)
            upkeep.run_round(self.own, self.line, done, own_rhythm=rhythm, now=at, pace=pace)
        self._absorb_keys()
        self.views.refresh()
        self._expire(at)
        return done

    def _expire(self, now: int) -> None:
        """Destroy what has expired; what a reader keeps from being wiped is wiped in a later round."""
        self._unwiped = expiring.destroy(self.own, now=now) or self._unwiped
        if self._unwiped:
            with suppress(ScrubPending):
                self.own.store.scrub()
                self._unwiped = False

    def _restored(self) -> bool:
        with self.own.store.read() as conn:
            return restored_heads(conn) is not None

    def edge(self, request: Request, party: str) -> Response:
        """Answer a request of another party."""
        answer = edge.answer(self.own, self.payloads, request, party, clock=self.clock)
        if request.path == DELIVER:
            self._absorb_keys()
        return answer

    def _absorb_keys(self) -> None:
        """Take key statements that have come since into the ring."""
        with self.own.store.read() as conn:
            last, changed = keeping.changes_since(conn, self._looked)
        if changed:
            keeping.refresh_keys(self.own)
        self._looked = last

    def edge_for_certificate(self, request: Request, certificate: bytes) -> Response:
        """Answer a request by the client certificate it came with: its issuer says which party calls."""
        party = self.party_of_certificate(certificate)
        return self.edge(request, party) if party else Response(403, b"unknown authority")

    def party_of_certificate(self, certificate: bytes) -> str | None:
        """Return the party whose pinned authority issued a certificate (DER)."""
        leaf = x509.load_der_x509_certificate(certificate)
        for party in self.own.others:
            for authority in self.own.keys.authorities(party, self.clock()):
                try:
                    leaf.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.encode()))
                except (ValueError, TypeError, InvalidSignature):
                    continue
                return party
        return None

    def close(self) -> None:
        """Close the store."""
        self.own.store.close()
