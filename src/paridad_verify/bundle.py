# SPDX-License-Identifier: Apache-2.0
r"""A bundle: one file with acts, the checkpoints that hold them, and a seal over every byte.

  - Lines are canonical JSON, each ended by a line feed: `bundle`, `charter`…, then `checkpoint`, `act`, `consistency`,
    `stream`, `evidence` in any order, last `end`. No line stands twice.
  - `end` counts the lines before it, names SHA-256 of their bytes, and is signed by an act key of the exporter over
    `paridad/bundle/1`, a zero byte and that digest. It is checked last, so that the fault named is the particular one.
  - All checkpoints of a log are one history: linked by consistency proofs, and by what the acts say they saw.
  - A release act names the digests it sends. What the bundle leaves closed of these it must say (`omits`); a receiver
    cannot show more than was released to it.

    verify(data, now=1767225600, anchors=frozenset({"<charter hash>"})).failures    is [] for a sound bundle
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, NamedTuple, TypeVar

from paridad_verify.acts import Act, open_act
from paridad_verify.faults import Fault
from paridad_verify.keys import AGENCY, CLOCK_TOLERANCE, MAX_DOCUMENT, Charter, Keys, read_charter
from paridad_verify.merkle import check_consistency, check_inclusion, leaf_hash
from paridad_verify.notes import Checkpoint, open_checkpoint
from paridad_verify.signatures import check_ed25519, self_test
from paridad_verify.strict import HASH, base64, base64url, fits, read_canonical, read_json, to_base64url

MAX_ENTRIES = 100_000
RELEASE, RECEIPT, KEY_CHANGE = "exchange/release/1", "exchange/receipt/1", "programme/key-change/1"
_FORMS: dict[str, dict[str, Any]] = {
    "bundle": {"v": int, "prg": str, "by": AGENCY, "at": int},
    "charter": {"signed": str},
    "checkpoint": {"note": str},
    "act": {"wire": str, "origin": str, "index": int, "size": int, "proof": [str], "omits?": [HASH]},
    "consistency": {"origin": str, "from": int, "to": int, "proof": [str]},
    "stream": {"from": AGENCY, "to": AGENCY, "first": int, "acts": [HASH]},
    "evidence": {"notes": [str]},
    "end": {"lines": int, "sha256": HASH, "kid": str, "sig": str},
}
T = TypeVar("T")


class Filed(NamedTuple):
    """A verified act, and the line that says where it stands."""

    item: str
    line: dict[str, Any]
    act: Act


@dataclass
class Findings:
    """What a bundle turned out to hold."""

    failures: list[tuple[str, Fault]] = field(default_factory=list)
    head: dict[str, Any] = field(default_factory=dict)
    charters: list[Charter] = field(default_factory=list)
    checkpoints: dict[tuple[str, int], Checkpoint] = field(default_factory=dict)
    acts: list[Filed] = field(default_factory=list)
    covered: dict[tuple[str, str, int], str] = field(default_factory=dict)
    """Act hash by sender, receiver and stream position, as the release acts say."""
    streams: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    evidence: list[tuple[str, Checkpoint]] = field(default_factory=list)

    def attempt(self, item: str, step: str, check: Callable[..., T], *arguments: Any) -> T | None:
        """Run a check; a fault is written down under the item, and nothing comes of it."""
        try:
            return check(*arguments)
        except Fault as fault:
            self.failures.append((item, fault.within(step)))
            return None


def verify(data: bytes, *, now: int, anchors: frozenset[str] = frozenset()) -> Findings:
    """Check a whole bundle and return what was found; it is sound if there are no failures."""
    self_test()
    run = _Run(Findings(), now)
    out = run.out
    items = run.read(data)
    out.attempt("bundle", "lines", run.check_frame, data, items)
    run.adopt(items, anchors)
    if not out.charters:
        return out
    for item, line in items["checkpoint"]:
        out.attempt(item, "checkpoint", run.checkpoint, line)
    for item, line in items["consistency"]:
        out.attempt(item, "consistency", run.consistency, line)
    for origin in sorted({origin for origin, _ in out.checkpoints}):
        out.attempt(origin, "consistency", run.check_linked, origin)
    for item, line in items["act"]:
        out.attempt(item, "inclusion", run.act, item, line)
    for filed in out.acts:
        out.attempt(filed.item, 9, run.check_released, filed)
    for item, line in items["stream"]:
        out.attempt(item, "stream", run.stream, item, line)
    for item, line in items["evidence"]:
        out.attempt(item, "evidence", run.evidence, item, line)
    for item, line in items["end"]:
        out.attempt(item, "seal", run.check_seal, line, data)
    return out


class _Run:
    def __init__(self, out: Findings, now: int) -> None:
        self.out, self.now, self.keys = out, now, Keys()
        self.linked: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self.sent: dict[str, set[str]] = defaultdict(set)
        self.places: dict[tuple[str, int], str] = {}
        self.named: dict[tuple[str, str], str] = {}
        self.changed: dict[str, Fault | None] = {}

    def read(self, data: bytes) -> dict[str, list[tuple[str, dict[str, Any]]]]:
        """Return the lines by type, each with its name: `act 4` is the fourth act."""
        items: dict[str, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
        seen = set[bytes]()
        for number, text in enumerate(data.split(b"\n")[:-1], 1):
            line = self.out.attempt(f"line {number}", "lines", self._line, text, seen)
            if line:
                items[line["t"]].append((f"{line['t']} {len(items[line['t']]) + 1}", line))
        return items

    def _line(self, text: bytes, seen: set[bytes]) -> Any:
        line = read_canonical(text, max_string=2 * MAX_DOCUMENT, max_array=MAX_ENTRIES)
        name = line.get("t") if isinstance(line, dict) else None
        if not isinstance(name, str) or name not in _FORMS or not fits(line, {"t": str, **_FORMS[name]}):
            raise Fault("line")
        if text in seen:
            raise Fault("repeated")
        seen.add(text)
        return line

    def check_frame(self, data: bytes, items: dict[str, list[tuple[str, dict[str, Any]]]]) -> None:
        """Demand one head first, one seal last, and nothing behind it."""
        heads, ends = items["bundle"], items["end"]
        if len(heads) != 1 or len(ends) != 1 or data[-1:] != b"\n":
            raise Fault("frame")
        self.out.head = heads[0][1]
        first, last = data.split(b"\n", 1)[0], data[:-1].rsplit(b"\n", 1)[-1]
        if b'"t":"bundle"' not in first or b'"t":"end"' not in last or heads[0][1]["v"] != 1:
            raise Fault("frame")
        if self.out.head["at"] > self.now + CLOCK_TOLERANCE:
            raise Fault("future")

    def adopt(self, items: dict[str, list[tuple[str, dict[str, Any]]]], anchors: frozenset[str]) -> None:
        """Take charters and key changes in their order; one charter must be among the anchors, if any are given."""
        read = [(item, self.out.attempt(item, "charter", read_charter, line["signed"])) for item, line in items["charter"]]
        charters = sorted(((c.signed.tree["version"], item, c) for item, c in read if c), key=lambda each: each[:2])
        changes = sorted(filter(None, (_key_change(line["wire"]) for _, line in items["act"])))
        for _, item, charter in charters:
            self.out.attempt(item, "charter", self.keys.adopt, charter)
            for _, prg, text in changes:
                if prg == charter.prg and charter in self.keys.charters:
                    try:
                        self.changed[text] = self.keys.apply(text)
                    except Fault as fault:
                        self.changed[text] = fault.within("key-change")
        self.out.charters = self.keys.charters
        if not self.keys.charters or (anchors and not anchors & {each.hash for each in self.keys.charters}):
            self.out.failures.append(("charter", Fault("anchor").within("charter")))
            self.out.charters = []
        elif self.out.head and self.out.head["prg"] != charters[0][2].signed.tree["programme"]:
            self.out.failures.append(("bundle 1", Fault("programme").within("charter")))

    def checkpoint(self, line: dict[str, Any]) -> None:
        """Verify a checkpoint; another root for a size already seen is a fork."""
        found = open_checkpoint(line["note"], self.keys, self.now)
        known = self.out.checkpoints.setdefault((found.origin, found.size), found)
        if known.root != found.root:
            raise Fault("fork", origin=found.origin, size=found.size)

    def _head(self, origin: str, size: int) -> Checkpoint:
        found = self.out.checkpoints.get((origin, size))
        if found is None:
            raise Fault("no-checkpoint", origin=origin, size=size)
        return found

    def consistency(self, line: dict[str, Any]) -> None:
        """Verify that one checkpoint of a log continues another."""
        old, new = self._head(line["origin"], line["from"]), self._head(line["origin"], line["to"])
        check_consistency(old.size, new.size, [base64(each) for each in line["proof"]], old.root, new.root)
        self.linked[old.origin].append((old.size, new.size))

    def check_linked(self, origin: str) -> None:
        """Demand that proofs link all checkpoints of a log; the empty tree is the beginning of every one."""
        sizes = {size for name, size in self.out.checkpoints if name == origin and size}
        reached = {max(sizes, default=0)}
        while more := {size for pair in self.linked[origin] if reached & {*pair} for size in pair} - reached:
            reached |= more
        if sizes - reached:
            raise Fault("unlinked", size=min(sizes - reached))

    def act(self, item: str, line: dict[str, Any]) -> None:
        """Open an act in its ten steps, then find it in its log."""
        origin, index = line["origin"], line["index"]
        act = open_act(line["wire"], self.keys, self.now, (origin, index))
        head = self._head(origin, line["size"])
        proof = [base64(each) for each in line["proof"]]
        check_inclusion(leaf_hash(act.signed), index, head.size, proof, head.root)
        if self.places.setdefault((origin, index), act.hash) != act.hash or (origin, act.hash) in self.named:
            raise Fault("repeated")
        self.named[origin, act.hash] = item
        claims = act.claims
        if self.named.setdefault((claims["iss"], claims["jti"]), act.hash) != act.hash:
            raise Fault("conflict", jti=claims["jti"])
        for seen in claims["see"]:
            known = self.out.checkpoints.get((seen["origin"], seen["size"]))
            if known and to_base64url(known.root) != seen["root"]:
                raise Fault("braid", iss=claims["iss"], origin=known.origin, size=known.size)
        if claims["knd"] == KEY_CHANGE:
            fault = self.changed.get(act.fields.get("signed", ""), Fault("hidden-change"))
            if fault:
                raise fault.within("key-change")
        self.out.acts.append(Filed(item, line, act))
        if claims["knd"] == RELEASE:
            self._release(act)

    def _release(self, act: Act) -> None:
        for parcel in act.fields.get("parcels", ()):
            self.sent[parcel["act"]].update(parcel["digests"])
            place = (act.claims["iss"], act.fields.get("recipient", ""), parcel["position"])
            if self.out.covered.setdefault(place, parcel["act"]) != parcel["act"]:
                raise Fault("position", position=parcel["position"])

    def check_released(self, filed: Filed) -> None:
        """Compare the open fields of an act with what the release acts say was sent."""
        act, sent = filed.act, self.sent.get(filed.act.hash)
        if sent is None:
            return
        if sent - act.opened - {*filed.line.get("omits", ())}:
            raise Fault("stripped")
        if act.opened - sent and self.out.head.get("by", "").split("/")[0] != act.claims["iss"].split("/")[0]:
            raise Fault("uncovered")

    def stream(self, item: str, line: dict[str, Any]) -> None:
        """Demand that the acts of a stream are here and that no release act gives their positions to others."""
        held = {filed.act.hash for filed in self.out.acts}
        for position, each in enumerate(line["acts"], line["first"]):
            if each not in held:
                raise Fault("missing", position=position)
            if self.out.covered.get((line["from"], line["to"], position), each) != each:
                raise Fault("position", position=position)
        self.out.streams.append((item, line))

    def evidence(self, item: str, line: dict[str, Any]) -> None:
        """Verify the proof that a log signed two trees of one size."""
        found = [open_checkpoint(note, self.keys, self.now) for note in line["notes"]]
        if len(found) != 2 or found[0][:2] != found[1][:2] or found[0].root == found[1].root:  # noqa: PLR2004
            raise Fault("evidence")
        self.out.evidence.append((item, found[0]))

    def check_seal(self, line: dict[str, Any], data: bytes) -> None:
        """Demand that the exporter signed every byte before the seal."""
        sealed = data[: data.rindex(b"\n", 0, -1) + 1]
        digest = sha256(sealed).digest()
        if line["lines"] != sealed.count(b"\n") or line["sha256"] != to_base64url(digest):
            raise Fault("sealed")
        by, at = self.out.head["by"], self.out.head["at"]
        key = self.keys.act_key(line["kid"], by, self.keys.in_force(at).prg, at, None)
        check_ed25519(key, base64url(line["sig"]), b"paridad/bundle/1\0" + digest)


def _key_change(wire: str) -> tuple[int, str, str] | None:
    """Return when, under which charter and what an act states about a key; it is judged when the act is opened."""
    signed, *texts = wire.split("~")
    try:
        if KEY_CHANGE.encode() in base64url(signed.split(".")[1]):
            for name, value in (read_json(base64url(text))[1:] for text in texts[:-1]):
                if name == "signed":
                    tree = read_json(read_json(value.encode())["statement"].encode())
                    return tree["issued_at"], tree["prg"], value
    except (Fault, IndexError, TypeError, ValueError, KeyError, AttributeError):
        pass  # what is malformed here is named when the act is opened
    return None
