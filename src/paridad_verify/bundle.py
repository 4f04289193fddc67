# SPDX-License-Identifier: Apache-2.0
"""A bundle: one file of acts, the checkpoints that hold them, and a seal over every byte.

- Lines are canonical JSON, each ended by a line feed, none twice: `bundle` first; `charter`, `checkpoint`, `act`,
  `consistency`, `stream`, `evidence`; `end` last, which counts the lines before it, names the SHA-256 of their bytes
  and is signed by an act key of the exporter over `paridad/bundle/1`, a zero byte and that digest. It is checked last.
- All checkpoints of a log are one history: linked by consistency proofs, and by what the acts say they saw.
- A release act names the digests it sends. Those that stay closed here the exporter names (`omits`), or they were
  stripped; a receiver cannot open what nobody released to it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import sha256
from typing import Any

from paridad_verify.acts import Act, open_act
from paridad_verify.keys import CLOCK_TOLERANCE, MAX_DOCUMENT, Keys, read_charter
from paridad_verify.notes import Checkpoint, open_checkpoint
from paridad_verify.proofs import check_consistency, check_ed25519, check_inclusion, leaf_hash, self_test
from paridad_verify.strict import Fault, base64, base64url, demand, fits, form, read_canonical, read_json, to_base64url

MAX_ENTRIES = 100_000
RELEASE, RECEIPT, KEY_CHANGE = "exchange/release/1", "exchange/receipt/1", "programme/key-change/1"
_LINE = form("t *")
_FORMS = {
    "bundle": form("t v:int prg by:agency at:int"),
    "charter": form("t signed"),
    "checkpoint": form("t note"),
    "act": form("t wire origin index:int size:int proof:[] omits?:[hash]"),
    "consistency": form("t origin from:int to:int proof:[]"),
    "stream": form("t from:agency to:agency first:int acts:[hash]"),
    "evidence": form("t notes:[]"),
    "end": form("t lines:int sha256:hash kid sig"),
}
Line = dict[str, Any]


class Bundle:
    """A bundle as it is read and checked: it is sound if there are no `failures`."""

    def __init__(self, data: bytes, now: int, anchors: frozenset[str] = frozenset()) -> None:
        self_test()
        self.failures: list[tuple[str, Fault]] = []
        self.keys = Keys()
        self.checkpoints: dict[tuple[str, int], Checkpoint] = {}
        self.acts: list[tuple[str, Line, Act]] = []
        self.covered: dict[tuple[str, str, int], str] = {}  # act by sender, receiver, position, as releases say
        self.received: dict[str, list[Line]] = defaultdict(list)  # what receipts say of an act
        self.streams: list[tuple[str, Line]] = []
        self.evidence: list[tuple[str, Checkpoint]] = []
        self.head: Line = {"by": "", "prg": "", "at": 0}
        self._data, self._now, self._anchors = data, now, anchors
        self._items: dict[str, list[tuple[str, Line]]] = defaultdict(list)
        self._links: dict[str, list[set[int]]] = defaultdict(list)
        self._sent: dict[str, set[str]] = defaultdict(set)
        self._once: dict[tuple[str, object], str] = {}
        self._stated, self._seen = set[str](), set[bytes]()
        self._attempt("bundle", "lines", self._read)
        self._attempt("charter", "charter", self._adopt)
        self._each("checkpoint", "checkpoint", self._checkpoint)
        self._each("consistency", "consistency", self._consistency)
        for origin in sorted({origin for origin, _ in self.checkpoints}):
            self._attempt(origin, "consistency", self._linked, origin)
        self._each("act", "inclusion", self._act)
        for item, line, act in self.acts:
            self._attempt(item, "release", self._released, line, act)
        self._each("stream", "stream", self._stream)
        self._each("evidence", "evidence", self._evidence)
        for _, line in self._items["end"]:
            self._attempt("seal", "seal", self._seal, line)

    def _attempt(self, item: str, step: str, check: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return check(*arguments)
        except Fault as fault:
            self.failures.append((item, fault.within(step)))
            return None

    def _each(self, name: str, step: str, check: Callable[[str, Line], None]) -> None:
        for item, line in self._items[name]:
            self._attempt(item, step, check, item, line)

    def _read(self) -> None:
        *texts, rest = self._data.split(b"\n")
        lines = [self._attempt(f"line {number}", "lines", self._line, text) for number, text in enumerate(texts, 1)]
        for line in filter(None, lines):
            self._items[line["t"]].append((f"{line['t']} {len(self._items[line['t']]) + 1}", line))
        framed = [line["t"] if line else "" for line in [*lines[:1], *lines[-1:]]] == ["bundle", "end"]
        demand(framed and not rest and len(self._items["bundle"]) == len(self._items["end"]) == 1, "frame")
        self.head = lines[0]
        demand(self.head["v"] == 1, "frame")
        demand(self.head["at"] <= self._now + CLOCK_TOLERANCE, "future")

    def _line(self, text: bytes) -> Any:
        line = read_canonical(text, max_string=2 * MAX_DOCUMENT, max_array=MAX_ENTRIES)
        demand(fits(line, _LINE) and fits(line, _FORMS.get(line["t"], {})), "line")
        demand(text not in self._seen, "repeated")
        self._seen.add(text)
        return line

    def _adopt(self) -> None:
        read = [
            (item, self._attempt(item, "charter", read_charter, line["signed"]))
            for item, line in self._items["charter"]
        ]
        changes = sorted(each for item, line in self._items["act"] for each in _key_changes(item, line["wire"]))
        for item, charter in sorted((each for each in read if each[1]), key=lambda each: int(each[1].version)):
            self._attempt(item, "charter", self.keys.adopt, charter)
            for _, prg, text, act in changes:
                if prg == charter.prg and text not in self._stated:
                    self._stated.add(text)
                    self._attempt(act, "key-change", self.keys.apply, text)
        demand(self.keys.programme == self.head["prg"] != "", "programme")
        demand(not self._anchors or any(each.hash in self._anchors for each in self.keys.charters), "anchor")

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
        self._links[old.origin].append({old.size, new.size})

    def _linked(self, origin: str) -> None:
        sizes = {size for name, size in self.checkpoints if name == origin and size}  # the empty tree begins them all
        reached = {max(sizes, default=0)}
        while more := {size for pair in self._links[origin] if reached & pair for size in pair} - reached:
            reached |= more
        demand(sizes <= reached, "unlinked", sizes=sorted(sizes - reached))

    def _act(self, item: str, line: Line) -> None:
        origin, index = line["origin"], line["index"]
        act = open_act(line["wire"], self.keys, self._now, (origin, index))
        claims, head = act.claims, self._stands(origin, line["size"])
        check_inclusion(leaf_hash(act.signed), index, head.size, [base64(each) for each in line["proof"]], head.root)
        demand(origin.split("/")[0] == claims["iss"].split("/")[0], "foreign-log", origin=origin)
        demand(
            self._once.setdefault((origin, index), item) == self._once.setdefault(("act", act.hash), item) == item,
            "repeated",
        )
        demand(self._once.setdefault((claims["iss"], claims["jti"]), item) == item, "conflict")
        for seen in claims["see"]:
            other = self.checkpoints.get((seen["origin"], seen["size"]))
            demand(other is None or to_base64url(other.root) == seen["root"], "braid", **seen)
        demand(claims["knd"] != KEY_CHANGE or act.fields.get("signed") in self._stated, "hidden-change")
        self.acts.append((item, line, act))
        for parcel in act.fields.get("parcels", ()) if claims["knd"] == RECEIPT else ():
            self.received[parcel["act"]].append({**parcel, "by": claims["iss"], "at": claims["iat"]})
        for parcel in act.fields.get("parcels", ()) if claims["knd"] == RELEASE else ():
            self._sent[parcel["act"]].update(parcel["digests"])
            place = (claims["iss"], act.fields.get("recipient", ""), parcel["position"])
            demand(self.covered.setdefault(place, parcel["act"]) == parcel["act"], "position", position=place[2])

    def _released(self, line: Line, act: Act) -> None:
        if act.hash in self._sent:
            sent, own = self._sent[act.hash], self.head["by"].split("/")[0] == act.claims["iss"].split("/")[0]
            demand(sent <= act.opened | {*line.get("omits", ())}, "stripped")
            demand(own or act.opened <= sent, "uncovered")

    def _stream(self, item: str, line: Line) -> None:
        held = {act.hash for _, _, act in self.acts}
        for position, act in enumerate(line["acts"], line["first"]):
            place = (line["from"], line["to"], position)
            demand(act in held, "missing", position=position)
            demand(self.covered.get(place, act) == act, "position", position=position)
            demand(self._once.setdefault(("stream", place), item) == item, "repeated")
        self.streams.append((item, line))

    def _evidence(self, item: str, line: Line) -> None:
        heads = [open_checkpoint(note, self.keys, self._now) for note in line["notes"]]
        demand(len(heads) == 2 and heads[0][:2] == heads[1][:2] and heads[0].root != heads[1].root, "evidence")  # noqa: PLR2004
        self.evidence.append((item, heads[0]))

    def _seal(self, line: Line) -> None:
        sealed = self._data[: self._data.rfind(b"\n", 0, -1) + 1]
        digest, by, at = sha256(sealed).digest(), self.head["by"], self.head["at"]
        demand(line["lines"] == sealed.count(b"\n") and line["sha256"] == to_base64url(digest), "sealed")
        key = self.keys.act_key(line["kid"], by, self.keys.in_force(at).prg, at)
        check_ed25519(key, base64url(line["sig"]), b"paridad/bundle/1\0" + digest)


def _key_changes(item: str, wire: str) -> Iterator[tuple[int, str, str, str]]:
    """Return when, under which charter and what an act states about a key; what is malformed is named later."""
    signed, *texts = wire.split("~")
    with suppress(Fault, IndexError, TypeError, ValueError, KeyError, AttributeError):
        if KEY_CHANGE.encode() in base64url(signed.split(".")[1]):
            for tree in [read_json(base64url(text)) for text in texts[:-1]]:
                if tree[1] == "signed":
                    change = read_json(read_json(tree[2].encode())["statement"].encode())
                    yield int(change["issued_at"]), str(change["prg"]), tree[2], item
