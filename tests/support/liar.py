# SPDX-License-Identifier: Apache-2.0
"""A party that breaks the rules: it has its own keys, keeps its logs in memory, and can spoil any part of a message.

Rules
  - It forges with its own keys only; what it may not have (another party's keys) it does not have.
  - Without spoiling it is a good peer: every table of refusals ends with a delivery that is accepted.

Worked example
    liar = Liar(parties, "US/DOJ", "MX/FGR")
    liar.deliver(liar.delivery([liar.act()]))                                      is an Answer with a receipt
    liar.deliver(liar.delivery([liar.act()], head={"first": 9})).refusal           begins with the step
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from msgspec import to_builtins

from paridad.acts.disclosure import digests_of
from paridad.acts.envelope import ActHash, Draft, SeenHead, act_hash
from paridad.acts.issue import ActSigner, issue
from paridad.acts.verify import open_act, wire_of
from paridad.base.strict import decode_base64url, encode_base64url, write_json
from paridad.exchange.papers import CoverLine, ReceiptLine, draft_cover, draft_receipt, listed, read_cover
from paridad.exchange.paths import DELIVER
from paridad.exchange.seal import SealContext, seal, unseal
from paridad.exchange.transport import Request
from paridad.exchange.wire import (
    Answer,
    Batch,
    Head,
    Parcel,
    read_answer,
    read_batch,
    read_delivery,
    write_batch,
    write_delivery,
)
from paridad.ledger import log
from paridad.ledger.checkpoint import Checkpoint, Cosigner, LogSigner, VerifiedCheckpoint, cosign, sign_checkpoint
from paridad.ledger.note import decode_base64, encode_base64
from paridad.ledger.witness import read_add_checkpoint, write_add_checkpoint
from paridad.node.home import Home
from paridad.programme.origins import mirror_name, own_origin, shared_origin, witness_name
from support.memory_ledger import MemoryLedgerStore
from support.programmes import seeded_random
from support.two_nodes import Parties

Tree = dict[str, Any]


@dataclass(frozen=True)
class Made:
    """An act as the liar made it: any part can be exchanged."""

    signed: bytes
    texts: tuple[str, ...]

    @property
    def hash(self) -> ActHash:
        """The act hash."""
        return act_hash(self.signed)

    @property
    def digests(self) -> tuple[str, ...]:
        """The digests of its disclosures."""
        return tuple(digests_of(self.texts))

    @property
    def wire(self) -> bytes:
        """The presentation."""
        return wire_of(self.signed, self.texts)


@dataclass
class Spoil:
    """What to spoil of a delivery; each takes the good thing and returns the bad one."""

    lines: Callable[[list[CoverLine]], list[CoverLine]] = lambda lines: lines
    cover: Callable[[Made], Made] = lambda made: made
    cover_claims: Mapping[str, Any] = field(default_factory=dict)
    cover_fields: Mapping[str, Any] = field(default_factory=dict)
    cover_kid: str = ""
    batch: Callable[[Batch], Batch] = lambda batch: batch
    plain: Callable[[bytes], bytes] = lambda plain: plain
    seal: Mapping[str, Any] = field(default_factory=dict)
    sealed: Callable[[bytes], bytes] = lambda sealed: sealed
    head: Mapping[str, Any] = field(default_factory=dict)
    body: Callable[[bytes], bytes] = lambda body: body
    old: Mapping[str, int] = field(default_factory=dict)
    origin: Mapping[str, str] = field(default_factory=dict)
    """Log of an act, by act hash; *shared* where nothing is said."""


class Liar:
    """One party with its keys and no conscience."""

    def __init__(self, parties: Parties, agency: str, other: str) -> None:
        self.parties, self.agency, self.other = parties, agency, other
        self.party, self.victim = agency.partition("/")[0], other.partition("/")[0]
        self.keys = {key.kid: key for key in Home(parties.folder / self.party).private_keys()}
        self.programme = self.target.own.programme
        self.shared, self.own = shared_origin(self.party, self.programme), own_origin(self.party, self.programme)
        self.ledger = MemoryLedgerStore()
        self.random = seeded_random("liar", agency)
        self.witnessed: dict[str, int] = {}
        self.position = 1

    @property
    def target(self) -> Any:
        """The honest node at the other end."""
        return self.parties.by_name[self.victim]

    @property
    def now(self) -> int:
        """The time."""
        return self.parties.clock()

    # Acts

    def signer(self, kid: str = "") -> ActSigner:
        """Return an act key of this party."""
        name = kid or f"{self.agency}#1"
        return ActSigner(name, self.keys[name].ed25519.sign)

    def act(
        self,
        kind: str = "folio/closure/1",
        fields: Mapping[str, Any] | None = None,
        *,
        agency: str = "",
        aud: tuple[str, ...] = (),
        see: tuple[SeenHead, ...] = (),
    ) -> Made:
        """Make a good act of this party, addressed to the victim."""
        conduct, who = self.target.own.conduct, agency or self.agency
        said = {"reason": "…"} if fields is None else fields
        draft = Draft(kind, who, aud or (self.other,), conduct.handling, conduct.purpose, conduct.basis, said)
        return self.issue(draft, see=see)

    def issue(self, draft: Draft, *, see: tuple[SeenHead, ...] = ()) -> Made:
        """Sign a draft as it is."""
        own = self.target.own
        issued = issue(
            draft, vocabulary=own.vocabulary, signer=self.signer(f"{draft.iss}#1"), prg=own.prg, iat=self.now, see=see,
            random=self.random,
        )  # fmt: skip
        return Made(issued.signed, issued.texts)

    def again(
        self,
        made: Made,
        *,
        claims: Mapping[str, Any] | None = None,
        header: Mapping[str, Any] | None = None,
        payload: Callable[[bytes], bytes] = lambda data: data,
        kid: str = "",
        sign: Callable[[bytes], bytes] | None = None,
        texts: Sequence[str] | None = None,
    ) -> Made:
        """Make an act again with other claims, header, payload bytes or key; signed, whatever it says."""
        head, body, _ = made.signed.split(b".")
        tree: Tree = json.loads(decode_base64url(body.decode())) | dict(claims or {})
        top: Tree = json.loads(decode_base64url(head.decode())) | dict(header or {}) | ({"kid": kid} if kid else {})
        raw = payload(json.dumps(tree, separators=(",", ":"), ensure_ascii=False).encode())
        text = f"{encode_base64url(json.dumps(top).encode())}.{encode_base64url(raw)}".encode()
        key = sign or self.signer(kid if kid in self.keys else "").sign
        return Made(text + b"." + encode_base64url(key(text)).encode(), made.texts if texts is None else tuple(texts))

    # Logs

    def file(self, made: Sequence[Made], origin: str = "") -> list[int]:
        """Append acts, good or bad, to a log of ours."""
        return list(log.append(self.ledger, origin or self.shared, [each.signed for each in made]))

    def log_signer(self, origin: str) -> LogSigner:
        """Return the key of a log."""
        use = "log-shared" if origin == self.shared else "log-own"
        key = self.keys[f"{self.party}/{use}#1"]
        return LogSigner(origin, key.ed25519, key.mldsa)

    def note(self, origin: str = "") -> bytes:
        """Sign the head of a log."""
        name = origin or self.shared
        head = self.ledger.head(name)
        return sign_checkpoint(Checkpoint(name, head.size, head.root), self.log_signer(name), self.now)

    def add_checkpoint(self, origin: str = "", old: int | None = None) -> bytes:
        """Return the body that shows the head of a log from where the victim stands."""
        name = origin or self.shared
        size, since = self.ledger.head(name).size, self.witnessed.get(name, 0) if old is None else old
        proof = log.consistency(self.ledger, name, since, size) if 0 < since < size else []
        return write_add_checkpoint(since, proof, self.note(name))

    # Deliveries

    def delivery(self, acts: Sequence[Made], *, first: int = 0, spoil: Spoil | None = None) -> bytes:
        """File acts, cover and seal them; `spoil` says what goes wrong on the way."""
        bad, first = spoil or Spoil(), first or self.position
        own = self.target.own
        origins = [bad.origin.get(made.hash, self.shared) for made in acts]
        indexes = [self.file([made], origin)[0] for made, origin in zip(acts, origins, strict=True)]
        lines = [CoverLine(first + at, made.hash, made.digests) for at, made in enumerate(acts)]
        draft = draft_cover(self.agency, self.other, bad.lines(lines), own.conduct)
        fields = dict(draft.fields) | dict(bad.cover_fields)
        cover = self.issue(replace(draft, fields=fields))
        if bad.cover_claims or bad.cover_kid:
            cover = self.again(cover, claims=bad.cover_claims, kid=bad.cover_kid)
        cover = bad.cover(cover)
        [at] = self.file([cover])
        parcels = [
            self._parcel(made, first + n, origin, index)
            for n, (made, origin, index) in enumerate(zip(acts, origins, indexes, strict=True))
        ]
        used = dict.fromkeys([self.shared, *origins])
        checkpoints = tuple(self.add_checkpoint(origin, bad.old.get(origin)) for origin in used)
        batch = bad.batch(Batch(checkpoints, self._parcel(cover, 0, self.shared, at), tuple(parcels)))
        head = Head(own.prg, self.agency, self.other, first, len(acts))
        key = own.keys.sealing_key(self.other, self.now)
        context = SealContext(own.prg, self.agency, self.other, first, len(acts))
        how: Tree = {"kid": key.kid, "public": key.xwing, "context": context} | dict(bad.seal)
        sealed = bad.sealed(seal(bad.plain(write_batch(batch)), **how))
        if bad.head:
            tree = cast("Tree", to_builtins(head)) | dict(bad.head)
            outer = write_json(tree)
            return bad.body(len(outer).to_bytes(4) + outer + sealed)
        return bad.body(write_delivery(head, sealed))

    def _parcel(self, made: Made, position: int, origin: str, index: int) -> Parcel:
        size = self.ledger.head(origin).size
        proof = tuple(log.prove(self.ledger, origin, index, size))
        return Parcel(position, origin, index, proof, made.wire)

    def deliver(self, body: bytes, *, by: str = "") -> Answer:
        """Hand a delivery to the victim's edge and learn from the answer."""
        answer = read_answer(self.target.edge(Request("POST", DELIVER, body), by or self.party).body)
        if answer.receipt:
            self.position = answer.expect
            self.witnessed |= dict(answer.sizes)
        return answer

    def lines_of(self, answer: Answer) -> tuple[ReceiptLine, ...]:
        """Return what a receipt says of each parcel."""
        own, wire = self.target.own, answer.receipt.encode()
        act = open_act(wire, keys=own.keys, vocabulary=own.vocabulary, now=self.now, leaf_index=answer.index)
        return listed(act, ReceiptLine)

    def verdicts(self, answer: Answer) -> list[str]:
        """Return the verdicts of a receipt in order."""
        return [line.verdict for line in self.lines_of(answer)]

    # Receipts

    def opened(self, body: bytes) -> tuple[Head, Batch]:
        """Open a delivery that was sent to us."""
        head, sealed = read_delivery(body)
        key = self.keys[f"{self.agency}#2"]
        context = SealContext(head.prg, head.sender, head.recipient, head.first, head.count)
        private = key.seeds["mlkem768"] + key.seeds["x25519"]
        return head, read_batch(unseal(sealed, private=private, context=context))

    def receipt(
        self,
        body: bytes,
        *,
        spoil_lines: Callable[[list[ReceiptLine]], list[ReceiptLine]] = lambda lines: lines,
        spoil: Callable[[Made], Made] = lambda made: made,
        cover: str = "",
        answer: Callable[[Answer], Answer] = lambda answer: answer,
    ) -> Answer:
        """Answer a delivery with a receipt, good unless something is spoiled."""
        own = self.target.own
        head, batch = self.opened(body)
        act = open_act(
            batch.cover.wire, keys=own.keys, vocabulary=own.vocabulary, now=self.now, leaf_index=batch.cover.index
        )
        covered = read_cover(act, sender=head.sender, recipient=head.recipient, first=head.first, count=head.count)
        lines = spoil_lines([ReceiptLine(each.position, each.act, "accepted", "", each.digests) for each in covered])
        draft = draft_receipt(self.agency, head.sender, ActHash(cover or act.hash), lines, own.conduct)
        made = spoil(self.issue(draft))
        [index] = self.file([made])
        cosignatures = tuple(self.cosignature(each) for each in batch.checkpoints)
        sizes = tuple((origin, size_) for origin, _, size_ in cosignatures)
        lines_ = tuple((origin, text) for origin, text, _ in cosignatures)
        good = Answer(
            receipt=made.wire.decode(),
            **self.placed(index),
            cosignatures=lines_,
            expect=head.first + head.count,
            sizes=sizes,
            refusal="",
        )
        return answer(good)

    def placed(self, index: int) -> dict[str, Any]:
        """Return the parts of an answer that place a leaf under our present head."""
        size = self.ledger.head(self.shared).size
        proof = tuple(map(encode_base64, log.prove(self.ledger, self.shared, index, size)))
        return {"index": index, "checkpoint": self.note().decode(), "proof": proof}

    def cosignature(self, body: bytes, *, mirror: bool = False, key: str = "witness") -> tuple[str, str, int]:
        """Cosign a checkpoint that was shown to us: origin, lines, size."""
        note = read_add_checkpoint(body).note
        origin, size, root = note.decode().split("\n")[:3]
        seen = VerifiedCheckpoint(Checkpoint(origin, int(size), decode_base64(root)), note, self.now)
        name = witness_name(self.party, self.programme)
        pair = self.keys[f"{self.party}/{key}#1"]
        lines = cosign(seen, Cosigner(name, pair.ed25519, pair.mldsa), self.now)
        if mirror:
            pair = self.keys[f"{self.party}/mirror#1"]
            lines += cosign(seen, Cosigner(mirror_name(self.party, self.programme), pair.ed25519, pair.mldsa), self.now)
        return origin, lines.decode(), int(size)


def flipped(data: bytes, at: int = -3) -> bytes:
    """Turn one bit."""
    spoiled = bytearray(data)
    spoiled[at] ^= 1
    return bytes(spoiled)
