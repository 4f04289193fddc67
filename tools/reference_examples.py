# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: INP001
"""The bytes shown in the specification, made by the functions that make the real ones.

Rules
  - Keys, salts and identifiers are seeded (`support.programmes`), time stands still: the same bytes at each run.
  - An ML-DSA-44 signature is hedged, an HPKE encapsulation is random: of those only what is fixed is shown, and the
    rest is said in bytes. What is cut ends in `…`.
  - An example stands in the page between `<!-- example: NAME -->` and `<!-- end -->`; its lines are numbered.

Worked example
    Examples().blocks()["act"]      begins with "  1  eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoi…"
    filled(page, blocks)            is the page with every example as the code writes it
"""

import json
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from hashlib import shake_256
from itertools import pairwise
from pathlib import Path
from typing import Any

from paridad.acts.disclosure import Disclosure
from paridad.acts.envelope import Draft
from paridad.acts.issue import ActSigner, IssuedAct, issue
from paridad.base.strict import JsonValue, decode_base64url
from paridad.exchange.papers import CoverLine, ReceiptLine, draft_cover, draft_receipt
from paridad.exchange.seal import SealContext, seal
from paridad.exchange.wire import Head, Parcel, write_delivery, write_parcels
from paridad.folio.commands import Acknowledge, Ask
from paridad.ledger.checkpoint import Checkpoint, Cosigner, LogSigner, cosign, open_checkpoint, sign_checkpoint
from paridad.ledger.merkle import leaf_hash, node_hash
from paridad.ledger.note import add_lines
from paridad.node.composing import shipped_vocabulary
from paridad.node.exporting import export_bundle
from paridad.programme.keygen import generate
from paridad.programme.origins import shared_origin, witness_name
from paridad.programme.statements import assemble_change, draft_enrolment, sign_as
from support.programmes import make_programme, seeded_random
from support.two_nodes import Parties

WIDTH = 100
SHOWN = 44
"""What is longer is cut where a value is only outlined."""

PRINTABLE = frozenset(map(chr, range(0x21, 0x7F)))

ASKING, ASKED = "AA/POLICE", "BB/POLICE"
FOLIO = "AA-2026-0007"


class Stream:
    """One seeded stream of bytes: however it is drawn in pieces, the same bytes come in the same order."""

    def __init__(self, seed: str) -> None:
        self._bytes, self._at = shake_256(seed.encode()).digest(1 << 16), 0

    def __call__(self, size: int) -> bytes:
        """Return the next bytes."""
        self._at += size
        return self._bytes[self._at - size : self._at]


class Examples:
    """One refusal on its way from BB to AA, with everything that carries and proves it."""

    def __init__(self) -> None:
        self.world = make_programme(("AA", "BB"), seed="examples")
        self.random = Stream("examples")
        self.prg, self.now = self.world.ring.current.prg, self.world.now
        self.origin = shared_origin("BB", "practice")
        conduct = self.world.charter.conduct
        fields: dict[str, JsonValue] = {
            "grounds": ["pending-case"],
            "explanation": "An open case would be at risk.",
            "may_ask_again": True,
        }
        asked = "wUzjP8pWl1Wm1Cfkq3UxJ3nqf9oFq0t2yDAnFlJx3mE"
        self.act = self._sign(
            Draft(
                "folio/refusal/1",
                ASKED,
                (ASKING,),
                "AMBER",
                "criminal-investigation",
                conduct.basis,
                fields,
                FOLIO,
                (asked,),
            )
        )
        digests = tuple(each.digest for each in self.act.disclosures.values())
        self.cover = self._sign(draft_cover(ASKED, ASKING, [CoverLine(1, self.act.hash, digests)], conduct))
        line = ReceiptLine(1, self.act.hash, "accepted", "", digests)
        self.receipt = self._sign(draft_receipt(ASKING, ASKED, self.cover.hash, [line], conduct))
        self.head = Head(self.prg, ASKED, ASKING, 1, 1)

    def _sign(self, draft: Draft) -> IssuedAct:
        key = self.world.act(draft.iss)
        signer = ActSigner(key.kid, key.ed25519.sign)
        return issue(
            draft, vocabulary=shipped_vocabulary(), signer=signer, prg=self.prg, iat=self.now, random=self.random
        )

    def blocks(self) -> dict[str, str]:
        """Return every example by its name."""
        found = {
            "act": cut(re.split(r"(?<=[.~])", self.act.wire.decode("ascii"))),
            "act-read": read(self.act),
            "cover": [*disclosed(self.cover)],
            "receipt": [*disclosed(self.receipt)],
            "checkpoint": self._checkpoint(),
            "delivery": self._delivery(),
            "sealed": self._sealed(),
            "parcel": self._parcel(),
            "charter": self._charter(),
            "statement": self._statement(),
            "bundle": bundle_lines(),
        }
        return {name: numbered(lines) for name, lines in found.items()}

    def _checkpoint(self) -> list[str]:
        """Return the note of a tree of two leaves, the act and its cover, cosigned by the other party's witness."""
        key, witness = self.world.key("BB", "log-shared"), self.world.key("AA", "witness")
        root = node_hash(leaf_hash(self.act.signed), leaf_hash(self.cover.signed))
        signer = LogSigner(self.origin, key.ed25519, key.mldsa)
        note = sign_checkpoint(Checkpoint(self.origin, 2, root), signer, self.now)
        cosigner = Cosigner(witness_name("AA", "practice"), witness.ed25519, witness.mldsa)
        note = add_lines(note, cosign(open_checkpoint(note, log_keys=[signer.public]), cosigner, self.now + 3))
        return [_signature_line(line) for line in note.decode("utf-8").split("\n")[:-1]]

    def _delivery(self) -> list[str]:
        body = write_delivery(self.head, b"")
        return [body[:4].hex(), *cut([body[4:].decode("ascii")]), "… the sealed batch"]

    def _sealed(self) -> list[str]:
        record = self.world.sealing(ASKING).record(valid_from=0)
        context = SealContext(self.prg, ASKED, ASKING, 1, 1)
        sealed = seal(b"", kid=record.kid, public=record.xwing or b"", context=context)
        ends = (0, 1, 3, 5, 7, 9)
        parts = [sealed[start:end].hex() for start, end in pairwise(ends)]
        at = ends[-1] + len(record.kid)
        head = [*parts, sealed[ends[-1] : at].decode("ascii")]
        return [*head, f"… {len(sealed) - at} bytes for an empty batch", *cut([_printable(context.info(record.kid))])]

    def _parcel(self) -> list[str]:
        proof = (leaf_hash(self.cover.signed),)
        frame = write_parcels([Parcel(1, self.origin, 0, proof, self.act.wire)])
        at = 22 + len(self.origin)
        fields = [frame[start:end].hex() for start, end in ((0, 4), (4, 12), (12, 20), (20, 22))]
        path = [frame[at : at + 1].hex(), frame[at + 1 : at + 33].hex()]
        return [*fields, self.origin, *path, f"{frame[at + 33 : at + 33 + SHOWN].decode('ascii')}…"]

    def _charter(self) -> list[str]:
        signed = json.loads(self.world.signed_charter)
        return [*_outline(json.loads(signed["document"])), *_signatures(signed["signatures"])]

    def _statement(self) -> list[str]:
        key = generate(f"{ASKED}#3", "act", seeded_random("examples", "key"))
        before, record = self.world.act(ASKED), key.record(valid_from=self.now)
        statement = draft_enrolment(self.prg, record, issued_at=self.now, predecessor=before.kid)
        signed = assemble_change(
            statement,
            [
                *sign_as("root", statement, self.world.root("BB")),
                *sign_as("possession", statement, key),
                *sign_as("predecessor", statement, before),
            ],
        )
        return [*cut([statement.decode()]), *_signatures(json.loads(signed)["signatures"])]


def read(act: IssuedAct) -> list[str]:
    """Return what stands in an act: header, claims one to a line, signature, disclosures with their digests."""
    header, payload, signature = (decode_base64url(part) for part in act.signed.decode("ascii").split("."))
    return [header.decode(), *_claims(json.loads(payload)), f"{len(signature)} bytes", *disclosed(act)]


def disclosed(act: IssuedAct) -> Iterator[str]:
    """Yield each disclosure: path, digest, text."""
    for each in act.disclosures.values():
        yield f"{each.path}  {each.digest}"
        yield from cut([f"  {_text(each)}"])


def _text(disclosure: Disclosure) -> str:
    """Return the JSON of a disclosure; of a list padded with decoys the first digest and their number."""
    salt, *named = json.loads(decode_base64url(disclosure.text))
    value = named[-1]
    if isinstance(value, list) and value and isinstance(value[0], dict) and "..." in value[0]:
        shown = f'[{{"...": "{value[0]["..."][:12]}…"}}, … {len(value)}]'
        return f"[{json.dumps(salt)}, {json.dumps(named[0])}, {shown}]"
    return json.dumps([salt, *named], ensure_ascii=False)


def _claims(claims: Mapping[str, Any]) -> Iterator[str]:
    for name, value in claims.items():
        if isinstance(value, list) and len(value) > 1:
            yield f'"{name}": ['
            yield from (f"  {json.dumps(each)}" for each in value)
            yield "]"
        else:
            yield f'"{name}": {json.dumps(value)}'


def _signature_line(line: str) -> str:
    """Return a line of a note; of a signature the part that is the same at each run (key id, time)."""
    mark, _, blob = line.rpartition(" ")
    fixed = 16
    return f"{mark} {blob[:fixed]}… {len(blob) * 3 // 4 - blob.count('=')} bytes" if line.startswith("—") else line


def _signatures(signatures: Sequence[Mapping[str, str]]) -> Iterator[str]:
    for each in signatures:
        shown = {**each, "sig": f"… {len(decode_base64url(each['sig']))} bytes"}
        yield json.dumps(shown, ensure_ascii=False)


def _outline(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the members of a document, of each list the first entry and the number."""
    for name, value in sorted(document.items()):
        if isinstance(value, list):
            yield f'"{name}": [{_clipped(value[0])}, … {len(value)}]'
        else:
            yield f'"{name}": {_clipped(value)}'


def _clipped(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{name}": {_clipped(each)}' for name, each in sorted(value.items())) + "}"
    if isinstance(value, str) and len(value) > SHOWN:
        return json.dumps(value[:12], ensure_ascii=False)[:-1] + '…"'
    return json.dumps(value, ensure_ascii=False)


def _printable(data: bytes) -> str:
    return "".join(chr(each) if chr(each) in PRINTABLE else f"\\x{each:02x}" for each in data)


def bundle_lines() -> list[str]:
    """Return one line of each type of a bundle that a node exported, its long values cut."""
    with tempfile.TemporaryDirectory() as folder, Parties(Path(folder), ("AA", "BB")) as parties:
        asking, asked = parties.officer(ASKING), parties.officer(ASKED)
        ask = Ask(
            officer=asking.id,
            agency=ASKING,
            to=ASKED,
            handling="AMBER",
            purpose="criminal-investigation",
            basis="joint-statement",
            urgency="ordinary",
            question="?",
        )
        parties.say(ask, FOLIO)
        parties.settle(rounds=2)
        parties.say(Acknowledge(officer=asked.id, agency=ASKED), FOLIO)
        parties.settle(rounds=2)
        data = export_bundle(parties.by_name["AA"].own, asking.reader, folio=FOLIO, now=parties.clock())
    first: dict[str, dict[str, Any]] = {}
    for line in data.decode("utf-8").splitlines():
        tree = json.loads(line)
        first.setdefault(tree["t"], tree)
    return [_bundle_line(tree) for tree in first.values()]


def _bundle_line(tree: Mapping[str, Any]) -> str:
    def shown(value: Any) -> Any:
        if isinstance(value, list):
            return ["…"] * bool(value)
        return "…" if isinstance(value, str) and len(value) > len("AA/practice/shared") else value

    return json.dumps({name: shown(each) for name, each in tree.items()}, ensure_ascii=False, separators=(",", ":"))


def cut(lines: Sequence[str]) -> list[str]:
    """Cut lines to the width of the page; empty ones go."""
    return [line[at : at + WIDTH] for line in lines for at in range(0, len(line), WIDTH)]


def numbered(lines: Sequence[str]) -> str:
    """Return lines with their numbers."""
    return "\n".join(f"{number:>3}  {line}".rstrip() for number, line in enumerate(lines, 1))


def filled(text: str, blocks: Mapping[str, str]) -> str:
    """Put each example between its two marks."""

    def put(match: re.Match[str]) -> str:
        return f"{match[1]}\n```text\n{blocks[match[2]]}\n```\n{match[3]}"

    return re.sub(r"(<!-- example: ([a-z-]+) -->)\n.*?(<!-- end -->)", put, text, flags=re.DOTALL)
