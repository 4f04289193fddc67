# SPDX-License-Identifier: Apache-2.0
"""A bundle: one file of acts, the checkpoints that hold them, and a seal over every byte.

- Lines are canonical JSON, each ended by a line feed, none twice: `bundle` first; `charter`, `checkpoint`, `act`,
  `consistency`, `stream`, `evidence`; `end` last, which counts the lines before it, names the SHA-256 of their bytes
  and is signed by an act key of the exporter over `paridad/bundle/1`, a zero byte and that digest.
- The seal is checked last, so that the fault named first is the particular one.
- All checkpoints of a log are one history: linked by consistency proofs, and by what the acts say they saw.
- A release act names the digests it sends. Those that stay closed here the exporter names (`omits`), or they were
  stripped; a receiver cannot open what nobody released to it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import sha256
from typing import Any, NamedTuple

from paridad_verify.acts import Act, open_act
from paridad_verify.faults import Fault, demand
from paridad_verify.keys import AGENCY, CLOCK_TOLERANCE, MAX_DOCUMENT, Charter, Keys, read_charter
from paridad_verify.merkle import check_consistency, check_inclusion, leaf_hash
from paridad_verify.notes import Checkpoint, open_checkpoint
from paridad_verify.signatures import check_ed25519, self_test
from paridad_verify.strict import HASH, base64, base64url, fits, read_canonical, read_json, to_base64url

MAX_ENTRIES = 100_000
RELEASE, RECEIPT, KEY_CHANGE = "exchange/release/1", "exchange/receipt/1", "programme/key-change/1"
_FORMS: dict[str, dict[str, Any]] = {
    "bundle": {"t": str, "v": int, "prg": str, "by": AGENCY, "at": int},
    "charter": {"t": str, "signed": str},
    "checkpoint": {"t": str, "note": str},
    "act": {"t": str, "wire": str, "origin": str, "index": int, "size": int, "proof": [str], "omits?": [HASH]},
    "consistency": {"t": str, "origin": str, "from": int, "to": int, "proof": [str]},
    "stream": {"t": str, "from": AGENCY, "to": AGENCY, "first": int, "acts": [HASH]},
    "evidence": {"t": str, "notes": [str]},
    "end": {"t": str, "lines": int, "sha256": HASH, "kid": str, "sig": str},
}
Line = dict[str, Any]


class Filed(NamedTuple):
    """A verified act, and the line that says where it stands."""

    item: str
    line: Line
    act: Act


class Bundle:
    """A bundle as it is read and checked; what was found is sound if there are no `failures`."""

    def __init__(self, data: bytes, now: int, anchors: frozenset[str] = frozenset()) -> None:
        self_test()
        self.failures: list[tuple[str, Fault]] = []
        self.checkpoints: dict[tuple[str, int], Checkpoint] = {}
        self.acts: list[Filed] = []
        self.covered: dict[tuple[str, str, int], str] = {}  # act by sender, receiver, position, as releases say
        self.received: dict[str, list[Line]] = defaultdict(list)  # by act: who received it, when, with which verdict
        self.streams: list[tuple[str, Line]] = []
        self.evidence: list[tuple[str, Checkpoint]] = []
        self.keys = Keys()
        self._now, self._anchors, self._data, self._head = now, anchors, data, {"by": "", "prg": "", "at": 0}
        self._linked: dict[str, list[set[int]]] = defaultdict(list)
        self._sent: dict[str, set[str]] = defaultdict(set)
        self._known: dict[tuple[str, object], str] = {}
        self._stated = set[str]()
        self._check(self._read(data))

    def _check(self, items: dict[str, list[tuple[str, Line]]]) -> None:
        self._attempt("bundle", "lines", self._check_frame, items)
        self._attempt("charter", "charter", self._adopt, items)
        for name, step in (("checkpoint", "checkpoint"), ("consistency", "consistency"), ("act", "inclusion")):
            for item, line in items[name]:
                self._attempt(item, step, getattr(self, f"_{name}"), item, line)
        for origin in sorted({origin for origin, _ in self.checkpoints}):
            self._attempt(origin, "consistency", self._check_linked, origin)
        for filed in self.acts:
            self._attempt(filed.item, "release", self._check_released, filed)
        for name in ("stream", "evidence"):
            for item, line in items[name]:
                self._attempt(item, name, getattr(self, f"_{name}"), item, line)
        for _, line in items["end"]:
            self._attempt("end", "seal", self._check_seal, line)

    def _attempt(self, item: str, step: str, check: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return check(*arguments)
        except Fault as fault:
            self.failures.append((item, fault.within(step)))
            return None

    def _read(self, data: bytes) -> dict[str, list[tuple[str, Line]]]:
        items: dict[str, list[tuple[str, Line]]] = defaultdict(list)
        seen = set[bytes]()
        for number, text in enumerate(data.split(b"\n")[:-1], 1):
            line = self._attempt(f"line {number}", "lines", self._read_line, text, seen)
            if line:
                items[line["t"]].append((f"{line['t']} {len(items[line['t']]) + 1}", line))
        return items

    def _read_line(self, text: bytes, seen: set[bytes]) -> Any:
        line = read_canonical(text, max_string=2 * MAX_DOCUMENT, max_array=MAX_ENTRIES)
        demand(fits(line, {"t": str, "*": 0}) and fits(line, _FORMS.get(line["t"], {})), "line")
        demand(text not in seen, "repeated")
        seen.add(text)
        return line

    def _check_frame(self, items: dict[str, list[tuple[str, Line]]]) -> None:
        first, *_, last, nothing = [b"", *self._data.split(b"\n")]
        framed = b'"t":"bundle"' in self._data.split(b"\n", 1)[0] and b'"t":"end"' in last and not nothing
        demand(framed and len(items["bundle"]) == len(items["end"]) == 1, "frame")
        self._head = items["bundle"][0][1]
        demand(self._head["v"] == 1, "frame")
        demand(self._head["at"] <= self._now + CLOCK_TOLERANCE, "future")

    def _adopt(self, items: dict[str, list[tuple[str, Line]]]) -> None:
        read = [(item, self._attempt(item, "charter", read_charter, line["signed"])) for item, line in items["charter"]]
        charters: list[tuple[str, Charter]] = sorted(
            (each for each in read if each[1]), key=lambda each: each[1].version
        )
        changes = sorted(each for item, line in items["act"] for each in _key_changes(item, line["wire"]))
        for item, charter in charters:
            self._attempt(item, "charter", self.keys.adopt, charter)
            for _, prg, text, act in changes:
                if prg == charter.prg and text not in self._stated:
                    self._stated.add(text)
                    self._attempt(act, "key-change", self.keys.apply, text)
        demand(not self._anchors or any(each.hash in self._anchors for each in self.keys.charters), "anchor")
        demand(self.keys.programme == self._head["prg"], "programme")

    def _checkpoint(self, _: str, line: Line) -> None:
        found = open_checkpoint(line["note"], self.keys, self._now)
        known = self.checkpoints.setdefault((found.origin, found.size), found)
        demand(known.root == found.root, "fork", origin=found.origin, size=found.size)

    def _stands(self, origin: str, size: int) -> Checkpoint:
        demand((origin, size) in self.checkpoints, "no-checkpoint", origin=origin, size=size)
        return self.checkpoints[origin, size]

    def _consistency(self, _: str, line: Line) -> None:
        old, new = self._stands(line["origin"], line["from"]), self._stands(line["origin"], line["to"])
        check_consistency(old.size, new.size, [base64(each) for each in line["proof"]], old.root, new.root)
        self._linked[old.origin].append({old.size, new.size})

    def _check_linked(self, origin: str) -> None:
        sizes = {size for name, size in self.checkpoints if name == origin and size}  # the empty tree begins them all
        reached = {max(sizes, default=0)}
        while more := {size for pair in self._linked[origin] if reached & pair for size in pair} - reached:
            reached |= more
        demand(not sizes - reached, "unlinked", sizes=sorted(sizes - reached))

    def _act(self, item: str, line: Line) -> None:
        origin, index = line["origin"], line["index"]
        act = open_act(line["wire"], self.keys, self._now, (origin, index))
        head = self._stands(origin, line["size"])
        check_inclusion(leaf_hash(act.signed), index, head.size, [base64(each) for each in line["proof"]], head.root)
        claims = act.claims
        demand(origin.split("/")[0] == claims["iss"].split("/")[0], "foreign-log", origin=origin)
        for known in ((origin, index), (origin, act.hash)):
            demand(self._known.setdefault(known, item) == item, "repeated")
        demand(self._known.setdefault((claims["iss"], claims["jti"]), act.hash) == act.hash, "conflict")
        for seen in claims["see"]:
            other = self.checkpoints.get((seen["origin"], seen["size"]))
            agrees = other is None or to_base64url(other.root) == seen["root"]
            demand(agrees, "braid", origin=seen["origin"], size=seen["size"])
        self.acts.append(Filed(item, line, act))
        demand(claims["knd"] != KEY_CHANGE or act.fields.get("signed") in self._stated, "hidden-change")
        parcels = act.fields.get("parcels", ())
        for parcel in parcels if claims["knd"] == RECEIPT else ():
            self.received[parcel["act"]].append({**parcel, "by": claims["iss"], "at": claims["iat"]})
        for parcel in parcels if claims["knd"] == RELEASE else ():
            self._sent[parcel["act"]].update(parcel["digests"])
            place = (claims["iss"], act.fields.get("recipient", ""), parcel["position"])
            demand(self.covered.setdefault(place, parcel["act"]) == parcel["act"], "position", position=place[2])

    def _check_released(self, filed: Filed) -> None:
        opened, sent = filed.act.opened, self._sent.get(filed.act.hash)
        if sent is not None:
            demand(sent <= opened | {*filed.line.get("omits", ())}, "stripped")
            own = self._head["by"].split("/")[0] == filed.act.claims["iss"].split("/")[0]
            demand(own or opened <= sent, "uncovered")

    def _stream(self, item: str, line: Line) -> None:
        held = {filed.act.hash for filed in self.acts}
        for position, act in enumerate(line["acts"], line["first"]):
            demand(act in held, "missing", position=position)
            place = (line["from"], line["to"], position)
            demand(self.covered.get(place, act) == act, "position", position=position)
            demand(self._known.setdefault(("stream", place), item) == item, "repeated")
        self.streams.append((item, line))

    def _evidence(self, item: str, line: Line) -> None:
        one, *others = [open_checkpoint(note, self.keys, self._now) for note in line["notes"]] or [None]
        demand(len(others) == 1 and others[0][:2] == one[:2] and others[0].root != one.root, "evidence")
        self.evidence.append((item, one))

    def _check_seal(self, line: Line) -> None:
        sealed = self._data[: self._data.rfind(b"\n", 0, -1) + 1]
        digest = sha256(sealed).digest()
        demand(line["lines"] == sealed.count(b"\n") and line["sha256"] == to_base64url(digest), "sealed")
        by, at = self._head["by"], self._head["at"]
        key = self.keys.act_key(line["kid"], by, self.keys.in_force(at).prg, at, None)
        check_ed25519(key, base64url(line["sig"]), b"paridad/bundle/1\0" + digest)


def _key_changes(item: str, wire: str) -> Iterator[tuple[int, str, str, str]]:
    """Return when, under which charter and what an act states about a key; what is malformed is named when it is opened."""
    signed, *texts = wire.split("~")
    with suppress(Fault, IndexError, TypeError, ValueError, KeyError, AttributeError):
        if KEY_CHANGE.encode() in base64url(signed.split(".")[1]):
            for tree in [read_json(base64url(text)) for text in texts[:-1]]:
                if tree[1] == "signed":
                    change = read_json(read_json(tree[2].encode())["statement"].encode())
                    yield int(change["issued_at"]), str(change["prg"]), tree[2], item
