# SPDX-License-Identifier: Apache-2.0
"""A small maker of charters, acts, logs and bundles, written from the specification and from nothing else.

Rules
  - It imports neither the node nor the verifier, so that the verifier is tested against a second reading of the text.
  - It makes what it is asked for, sound or not: refusals are made by handing it something wrong.
  - Keys come from their names, salts from a counter; only ML-DSA signatures differ from run to run.

Worked example
    world = World()
    act = world.say("AA/POLICE", "folio/request/1", {"urgency": "normal"}, to="BB/CUSTOMS")
    data = world.seal(world.export([act]))
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

T0 = 1_790_000_000
PROGRAMME = "practice"
Tree = dict[str, Any]


def b64(data: bytes) -> str:
    """Return padded base64."""
    return b64encode(data).decode()


def b64url(data: bytes) -> str:
    """Return unpadded base64url."""
    return b64encode(data, b"-_").decode().rstrip("=")


def canonical(value: object) -> bytes:
    """Return canonical JSON."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest_of(text: str) -> str:
    """Return the SHA-256 of a text in base64url."""
    return b64url(sha256(text.encode()).digest())


class Merkle:
    """A tree by the recursive definitions of RFC 6962 §2.1, each subtree hashed once."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.leaves = list(leaves)
        self.known: dict[tuple[int, int], bytes] = {}

    def root(self, start: int = 0, end: int | None = None) -> bytes:
        """Return MTH(D[start:end])."""
        end = len(self.leaves) if end is None else end
        if (start, end) not in self.known:
            self.known[start, end] = self._root(start, end)
        return self.known[start, end]

    def _root(self, start: int, end: int) -> bytes:
        if end - start < 2:
            return sha256(b"\0" + self.leaves[start] if end > start else b"").digest()
        k = split(start, end)
        return sha256(b"\1" + self.root(start, k) + self.root(k, end)).digest()

    def path(self, index: int, start: int, end: int) -> list[bytes]:
        """Return PATH(index, D[start:end])."""
        if end - start < 2:
            return []
        k = split(start, end)
        if index < k:
            return [*self.path(index, start, k), self.root(k, end)]
        return [*self.path(index, k, end), self.root(start, k)]

    def proof(self, old: int, start: int, end: int, whole: bool) -> list[bytes]:
        """Return SUBPROOF(old, D[start:end], whole)."""
        if old == end:
            return [] if whole else [self.root(start, end)]
        k = split(start, end)
        if old <= k:
            return [*self.proof(old, start, k, whole), self.root(k, end)]
        return [*self.proof(old, k, end, False), self.root(start, k)]


def split(start: int, end: int) -> int:
    """Return where a tree is divided: after the largest power of two below its size."""
    return start + (1 << (end - start - 1).bit_length() - 1)


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the Merkle Tree Hash."""
    return Merkle(leaves).root()


def inclusion(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """Return the audit path of a leaf."""
    return Merkle(leaves).path(index, 0, len(leaves))


def consistency(old: int, leaves: Sequence[bytes]) -> list[bytes]:
    """Return the consistency proof from a prefix."""
    return Merkle(leaves).proof(old, 0, len(leaves), True)


class Pair:
    """The private keys of one name: Ed25519 and ML-DSA-44."""

    def __init__(self, name: str) -> None:
        self.ed25519 = Ed25519PrivateKey.from_private_bytes(sha256(b"ed25519 " + name.encode()).digest())
        self.mldsa = MLDSA44PrivateKey.from_seed_bytes(sha256(b"mldsa44 " + name.encode()).digest())
        self.public = self.ed25519.public_key().public_bytes_raw()
        self.mldsa_public = self.mldsa.public_key().public_bytes_raw()

    def both(self, message: bytes, mark: str = "") -> list[tuple[str, str]]:
        """Return both signatures of a message with their algorithm names."""
        return [
            (f"{mark}Ed25519", b64url(self.ed25519.sign(message))),
            (f"{mark}ML-DSA-44", b64url(self.mldsa.sign(message))),
        ]


@dataclass
class Said:
    """An act as made: its wire form in parts, so that any part can be exchanged."""

    signed: str
    texts: list[str]
    claims: Tree
    log: str = "shared"

    @property
    def wire(self) -> str:
        """The compact form."""
        return "~".join([self.signed, *self.texts, ""])

    @property
    def hash(self) -> str:
        """The act hash."""
        return digest_of(self.signed)

    @property
    def digests(self) -> list[str]:
        """The digests of its disclosures."""
        return [digest_of(text) for text in self.texts]

    @property
    def origin(self) -> str:
        """The log it belongs in."""
        return f"{self.claims['iss'].split('/')[0]}/{PROGRAMME}/{self.log}"


@dataclass
class World:
    """Two parties, their keys, their charter and their logs."""

    parties: tuple[str, ...] = ("AA", "BB")
    agencies: tuple[str, ...] = ("AA/POLICE", "BB/CUSTOMS")
    signed_charter: str = ""
    charter_hash: str = ""
    version: int = 0
    now: int = T0 + 1000
    logs: dict[str, list[bytes]] = field(default_factory=dict)
    keys: dict[str, Pair] = field(default_factory=dict)
    records: list[Tree] = field(default_factory=list)
    charters: list[str] = field(default_factory=list)
    counter: int = 0
    trees: dict[tuple[str, int, bytes], Merkle] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for party in self.parties:
            self.keys[f"{party}/root"] = Pair(f"{party}/root")
            self.records += [
                self.record(f"{party}/{use}#1", use) for use in ("log-shared", "log-own", "witness", "mirror")
            ]
        self.records += [self.record(f"{agency}#1", "act") for agency in self.agencies]
        self.adopt(self.document())

    # Charters and keys

    def key(self, name: str) -> Pair:
        """Return the private keys of a name."""
        if name not in self.keys:
            self.keys[name] = Pair(name)
        return self.keys[name]

    def record(self, kid: str, use: str, **more: object) -> Tree:
        """Return the record of a key as charters and key changes hold it."""
        pair = self.key(kid)
        record: Tree = {"kid": kid, "use": use, "valid_from": T0 - 500, "ed25519": b64url(pair.public)}
        if use != "act":
            record["mldsa44"] = b64url(pair.mldsa_public)
        return record | more

    def document(self, **more: object) -> Tree:
        """Return the next charter's document."""
        self.version += 1
        codes = [{"id": "AMBER", "es": "ámbar", "en": "amber"}]
        roots = [
            {
                "party": party,
                "ed25519": b64url(self.key(f"{party}/root").public),
                "mldsa44": b64url(self.key(f"{party}/root").mldsa_public),
            }
            for party in self.parties
        ]
        return {
            "type": "paridad/charter/1",
            "programme": PROGRAMME,
            "version": self.version,
            "previous": self.charter_hash,
            "effective_from": T0 - 1000 + 100 * self.version,
            "parties": [{"id": party, "es": party, "en": party} for party in self.parties],
            "roots": roots,
            "agencies": [{"id": agency, "es": agency, "en": agency} for agency in self.agencies],
            "handling": codes,
            "purposes": [{"id": "inquiry"}],
            "bases": [{"id": "treaty"}],
            "clocks": {"recall_seconds": 5},
            "keys": self.records,
        } | more

    def sign_charter(self, document: Tree, extra: Sequence[Tree] = ()) -> str:
        """Return the signed charter of a document."""
        text = canonical(document).decode()
        message = b"paridad/charter/1\0" + text.encode()
        lines = [
            {"party": party, "alg": alg, "sig": sig}
            for party in self.parties
            for alg, sig in self.key(f"{party}/root").both(message)
        ]
        return canonical({"document": text, "signatures": [*lines, *extra]}).decode()

    def adopt(self, document: Tree, extra: Sequence[Tree] = ()) -> None:
        """Sign a charter and go on under it."""
        self.signed_charter = self.sign_charter(document, extra)
        self.charter_hash = digest_of(canonical(document).decode())
        self.charters.append(self.signed_charter)

    def change(self, statement: Tree, signers: Mapping[str, Pair], **more: object) -> str:
        """Return a signed key change; act keys sign with Ed25519 alone."""
        text = canonical(
            {"type": "paridad/key-change/1", "prg": f"{PROGRAMME}@{self.charter_hash}", "issued_at": T0, **statement}
        ).decode()
        message = b"paridad/key-change/1\0" + text.encode()
        lines = [
            {"role": role, "alg": alg, "sig": sig} for role, pair in signers.items() for alg, sig in pair.both(message)
        ]
        return canonical({"statement": text, "signatures": lines} | more).decode()

    # Acts

    def random(self, length: int) -> bytes:
        """Return bytes that never come again."""
        self.counter += 1
        return sha256(b"random %d" % self.counter).digest()[:length]

    def disclose(self, *named_value: object, salt: str | None = None) -> tuple[str, str]:
        """Return the text and the digest of a disclosure."""
        text = b64url(canonical([salt or b64url(self.random(16)), *named_value]))
        return text, digest_of(text)

    def decoys(self, count: int) -> list[str]:
        """Return digests of nothing."""
        return [b64url(sha256(self.random(32)).digest()) for _ in range(count)]

    def say(
        self,
        iss: str,
        knd: str,
        fields: Mapping[str, object],
        *,
        to: str = "BB/CUSTOMS",
        kid: str = "",
        decoys: int = 3,
        **claims: Any,
    ) -> Said:
        """Make an act: lists are disclosed element by element, records part by part."""
        texts: list[str] = []
        digests: list[str] = []
        for name, value in fields.items():
            parts: list[tuple[str, str]] = []
            whole_value = value
            if isinstance(value, list):
                parts = [self.disclose(each) for each in value]
                whole_value = [{"...": digest} for _, digest in parts] + [{"...": each} for each in self.decoys(1)]
            elif isinstance(value, dict):
                parts = [self.disclose(*each) for each in value.items()]
                whole_value = {"_sd": sorted([digest for _, digest in parts] + self.decoys(1))}
            text, digest = self.disclose(name, whole_value)
            texts += [text, *(part for part, _ in parts)]
            digests.append(digest)
        whole: Tree = {
            "iss": iss,
            "iat": T0,
            "jti": b64url(self.random(16)),
            "prg": f"{PROGRAMME}@{self.charter_hash}",
            "knd": knd,
            "fol": "F-7",
            "re": [],
            "aud": [to],
            "hnd": "AMBER",
            "pur": "inquiry",
            "bas": "treaty",
            "see": [],
            "_sd": sorted(digests + self.decoys(decoys)),
            "_sd_alg": "sha-256",
        } | claims
        return self.sign(whole, texts, kid or f"{iss}#1")

    def sign(self, claims: object, texts: Sequence[str], kid: str, header: object = None) -> Said:
        """Sign claims whatever they are."""
        head = canonical(header or {"alg": "Ed25519", "kid": kid, "typ": "act+sd-jwt"})
        text = f"{b64url(head)}.{b64url(canonical(claims))}"
        signature = b64url(self.key(kid).ed25519.sign(text.encode()))
        return Said(f"{text}.{signature}", list(texts), claims if isinstance(claims, dict) else {})

    # Logs

    def file(self, act: Said, origin: str = "") -> int:
        """Append an act to its log; return its index."""
        log, signed = origin or act.origin, act.signed.encode()
        leaves = self.logs.setdefault(log, [])
        if signed not in leaves:
            leaves.append(signed)
        return leaves.index(signed)

    def note(
        self,
        origin: str,
        size: int | None = None,
        *,
        leaves: Sequence[bytes] | None = None,
        roles: Sequence[str] = ("witness", "mirror"),
        log_key: str = "",
        time: int = T0 + 10,
    ) -> str:
        """Return a checkpoint with the log's lines and the cosignatures of the other parties."""
        entries = list(self.logs.get(origin, []) if leaves is None else leaves)
        entries = entries[: len(entries) if size is None else size]
        root = root_of(entries)
        text = f"{origin}\n{len(entries)}\n{b64(root)}\n"
        party, _, log = origin.split("/")
        key = self.key(log_key or f"{party}/log-{log}#1")
        lines = [
            note_line(origin, 1, key.public, key.ed25519.sign(text.encode())),
            quantum_line(key, origin, (origin, len(entries), root), time),
        ]
        for other in self.parties:
            for role in roles if other != party else ():
                lines += self.cosign(text, f"{other}/{PROGRAMME}/{role}", self.key(f"{other}/{role}#1"), time + 5)
        return text + "\n" + "".join(lines)

    def cosign(self, text: str, name: str, key: Pair, time: int) -> list[str]:
        """Return both lines of a cosigner."""
        origin, size, root = text.split("\n")[:3]
        message = f"cosignature/v1\ntime {time}\n{text}".encode()
        return [
            note_line(name, 4, key.public, time.to_bytes(8) + key.ed25519.sign(message)),
            quantum_line(key, name, (origin, int(size), b64decode(root)), time),
        ]

    # Bundles

    def act_line(self, act: Said, size: int | None = None, **more: object) -> Tree:
        """Return the line of an act that is filed in its log."""
        index, log = self.file(act), self.logs[act.origin]
        size = len(log) if size is None else size
        tree = self.trees.setdefault((act.origin, size, log[size - 1]), Merkle(log[:size]))
        proof = [b64(node) for node in tree.path(index, 0, size)]
        return {
            "t": "act",
            "wire": act.wire,
            "origin": act.origin,
            "index": index,
            "size": size,
            "proof": proof,
        } | more

    def link(self, origin: str, old: int, new: int) -> Tree:
        """Return the line that says that a log grew."""
        proof = consistency(old, self.logs[origin][:new])
        return {"t": "consistency", "origin": origin, "from": old, "to": new, "proof": [b64(each) for each in proof]}

    def head(self, by: str = "AA/POLICE", **more: object) -> Tree:
        """Return the first line."""
        return {"t": "bundle", "v": 1, "prg": PROGRAMME, "by": by, "at": T0 + 500} | more

    def export(self, acts: Sequence[Said], by: str = "AA/POLICE", more: Sequence[Tree] = ()) -> list[Tree]:
        """File acts and return the lines of a bundle that holds them, without the seal."""
        for act in acts:
            self.file(act)
        origins = sorted({act.origin for act in acts})
        return [
            self.head(by),
            *({"t": "charter", "signed": charter} for charter in self.charters),
            *({"t": "checkpoint", "note": self.note(origin)} for origin in origins),
            *(self.act_line(act) for act in acts),
            *more,
        ]

    def seal(self, lines: Sequence[Tree], by: str = "", kid: str = "", more: Tree | None = None) -> bytes:
        """Return the bundle with its seal."""
        data = b"".join(canonical(line) + b"\n" for line in lines)
        digest = sha256(data).digest()
        name = kid or f"{by or next((line['by'] for line in lines if 'by' in line), 'AA/POLICE')}#1"
        signature = self.key(name).ed25519.sign(b"paridad/bundle/1\0" + digest)
        end = {"t": "end", "lines": len(lines), "sha256": b64url(digest), "kid": name, "sig": b64url(signature)}
        return data + canonical(end | (more or {})) + b"\n"


class Exchange:
    """A matter told from end to end: asked, recorded, answered, released, received; both logs grew meanwhile."""

    def __init__(self, world: World) -> None:
        self.world, us, them = world, "AA/POLICE", "BB/CUSTOMS"
        self.request = world.say(us, "folio/request/1", {"urgency": "normal", "question": "¿De quién es?"})
        fields = {"name": "José Núñez", "aliases": ["El Ñato", "Pepe"], "birth": {"date": "1970", "place": "Saltillo"}}
        self.record = world.say(them, "targets/dossier/1", fields, to=us)
        withheld = [{"what": "source", "rule": "no-source-abroad", "clause": "art. 7.1.b"}]
        answer = {"partial": False, "withheld": withheld}
        self.answer = world.say(them, "folio/answer/1", answer, to=us, re=[self.request.hash])
        self.cover = self.release(them, us, 1, [self.record, self.answer])
        lines = [{**each, "verdict": "accepted", "reason": ""} for each in self.parcels(1, [self.record, self.answer])]
        receipt = {"cover": self.cover.hash, "parcels": lines}
        self.receipt = world.say(us, "exchange/receipt/1", receipt, to=them, re=[self.cover.hash])
        self.acts = [self.request, self.record, self.answer, self.cover, self.receipt]
        for act in self.acts:
            world.file(act)

    def parcels(self, first: int, acts: Sequence[Said]) -> list[Tree]:
        """Return what a cover says of the acts it releases."""
        return [{"position": n, "act": act.hash, "digests": act.digests} for n, act in enumerate(acts, first)]

    def release(self, sender: str, to: str, first: int, acts: Sequence[Said]) -> Said:
        """Return the cover of a batch."""
        fields = {"recipient": to, "first": first, "parcels": self.parcels(first, acts)}
        return self.world.say(sender, "exchange/release/1", fields, to=to)

    def lines(self, by: str = "AA/POLICE") -> list[Tree]:
        """Return the lines of a sound bundle, without the seal; names are found by `line_of`."""
        world, theirs = self.world, self.record.origin
        return [
            world.head(by),
            *({"t": "charter", "signed": charter} for charter in world.charters),
            {"t": "checkpoint", "note": world.note(self.request.origin)},
            {"t": "checkpoint", "note": world.note(theirs, 2)},
            {"t": "checkpoint", "note": world.note(theirs, roles=("witness",), time=T0 + 20)},
            world.act_line(self.request),
            world.act_line(self.record, 2),
            world.act_line(self.answer, 2),
            world.act_line(self.cover),
            world.act_line(self.receipt),
            world.link(theirs, 2, 3),
            {
                "t": "stream",
                "from": "BB/CUSTOMS",
                "to": "AA/POLICE",
                "first": 1,
                "acts": [self.record.hash, self.answer.hash],
            },
        ]


def line_of(lines: Sequence[Tree], kind: str, number: int = 1) -> Tree:
    """Return the n-th line of a kind."""
    return [line for line in lines if line["t"] == kind][number - 1]


def note_line(name: str, kind: int, public: bytes, blob: bytes) -> str:
    """Return a signature line of a note (C2SP signed-note)."""
    key_id = sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]
    return f"— {name} {b64(key_id + blob)}\n"


def quantum_line(key: Pair, name: str, head: tuple[str, int, bytes], time: int) -> str:
    """Return an ML-DSA-44 line over `cosigned_message` (C2SP tlog-cosignature); the head is origin, size and root."""
    origin, size, root = head
    message = b"subtree/v1\n\0" + bytes([len(name)]) + name.encode() + time.to_bytes(8)
    message += bytes([len(origin)]) + origin.encode() + bytes(8) + size.to_bytes(8) + root
    return note_line(name, 6, key.mldsa_public, time.to_bytes(8) + key.mldsa.sign(message))
