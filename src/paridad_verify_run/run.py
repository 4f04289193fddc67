# SPDX-License-Identifier: Apache-2.0
"""A run judged again from what both sides signed: the first step at which something does not fit, and who is named.

- Side 0 is the one that proposed. Every check reads public values; nothing is believed because a node said it.
- Steps are judged in their order, both sides at each. Behind the first that fails nothing is judged: what follows would
  rest on it. A step of which a message is missing ends the judgement as well, and names nobody.
- Turns are not judged: lines repeat and reorder. Of two messages of one kind the first counts.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from hashlib import sha256
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from paridad_verify.proofs import check_consistency, check_inclusion, leaf_hash
from paridad_verify.strict import Fault, to_base64url
from paridad_verify_run import proofs
from paridad_verify_run.messages import Message, digest_of, encoded
from paridad_verify_run.proofs import SIZE, derive, keyed, pieces, points_of

TAG, SALT, LABEL, HANDLE, PLACE = 16, 32, 192, 8, 8
SEALED = SALT + LABEL + 16
MAX_BATCH = 65_535
CHOICES = {"open", "decline", "wait"}
Head = tuple[int, bytes]


class Said(NamedTuple):
    """One message: who said it, of which kind, and in which act."""

    side: int
    kind: str
    message: Message
    act: str


class Finding(NamedTuple):
    """Who is named, at which step, by what, and the act that shows it."""

    step: int
    side: int
    name: str
    act: str


class Judged(NamedTuple):
    """What came of it: findings, the last step that both sides said whole, and what the run gave."""

    findings: list[Finding]
    step: int
    common: int | None
    pairs: int | None
    difference: tuple[str, bytes] | None = None
    """Of claimed tags: "omitted" or "invented", and the first tag that differs."""


class Run:
    """The messages of both sides, and what follows from them."""

    def __init__(self, said: Sequence[Said], earlier: Sequence[Head | None] = (None, None)) -> None:
        self.said: dict[tuple[str, int], Said] = {}
        self.openings: list[list[Said]] = [[], []]
        self.earlier = earlier
        for each in said:
            if each.kind == "opening":
                if each.message["batch"] == len(self.openings[each.side]):
                    self.openings[each.side].append(each)
            else:
                self.said.setdefault((each.kind, each.side), each)

    def of(self, kind: str, side: int) -> Message:
        """Return a side's message of a kind; `KeyError` where it is missing."""
        return self.said[kind, side].message

    @property
    def terms(self) -> Message:
        """The terms that were proposed."""
        return dict(self.of("proposal", 0)["terms"])

    @cached_property
    def context(self) -> bytes:
        """The digest of proposal, agreement and both nonces."""
        proposal, agreement = self.of("proposal", 0), self.of("agreement", 1)
        parts = digest_of("proposal", proposal) + digest_of("agreement", agreement)
        return sha256(parts + self.of("start", 0)["nonce"] + agreement["nonce"]).digest()

    @cached_property
    def roots(self) -> bytes:
        """All four roots."""
        return b"".join(self.of(kind, side)["root"] for kind in ("commitment", "evaluation") for side in (0, 1))

    @cached_property
    def _nonces(self) -> list[bytes]:
        return [self.of("order", side)["nonce"] for side in (0, 1)]

    @cached_property
    def orders(self) -> list[list[int]]:
        """The order in which each side opens its answers."""
        keys = [keyed("order", self.context, self.roots, *self._nonces, bytes([side])) for side in (0, 1)]
        return [proofs.order(key, self.terms["places"]) for key in keys]

    @cached_property
    def samples(self) -> list[frozenset[int]]:
        """The positions of each side's answers that are proved."""
        places, count = self.terms["places"], self.terms["sample"] or self.terms["places"]
        keys = [keyed("sample", self.context, self.roots, self._nonces[1 - side], bytes([side])) for side in (0, 1)]
        return [proofs.draw(key, places, count) for key in keys]

    def positions(self, side: int, batch: int) -> list[int]:
        """Return the positions that a side opens in a batch."""
        size = self.terms["batch"]
        return self.orders[side][batch * size : (batch + 1) * size]

    @property
    def batches(self) -> int:
        """Number of batches of each side."""
        return -(-int(self.terms["places"]) // int(self.terms["batch"]))

    def answers_to(self, side: int) -> dict[bytes, int]:
        """Return the answers to a side's list, each with its position there."""
        other = 1 - side
        return {
            point: at
            for number, opening in enumerate(self.openings[other])
            for point, at in zip(pieces(opening.message["answers"]), self.positions(other, number), strict=True)
        }

    @cached_property
    def common(self) -> list[tuple[bytes, bytes, tuple[int, int]]]:
        """Tag, point and both positions of each common key, in the order of the tags."""
        first, second = self.answers_to(0), self.answers_to(1)
        found = ((point, first[point], at) for point, at in second.items() if point in first)
        return sorted((derive(point, self.context, b"tag", TAG), point, (a, b)) for point, a, b in found)

    def label(self, side: int, number: int) -> tuple[bytes, bytes] | None:
        """Return salt and label of a common key, opened; nothing where it does not open."""
        key = derive(self.common[number][1], self.context, b"label" + bytes([side]), 32)
        sealed = self.of("labels", side)["sealed"][number * SEALED : (number + 1) * SEALED]
        try:
            plain = ChaCha20Poly1305(key).decrypt(bytes(12), sealed, None)
        except (InvalidTag, ValueError):
            return None
        return plain[:SALT], plain[SALT:]

    @cached_property
    def pairs(self) -> list[tuple[Any, ...]]:
        """Handles, places, rules and tier of each pair, in order."""
        found: dict[Any, Any] = {}
        for number in range(len(self.common)):
            (ones, rule, tier), (twos, other, their) = (_label(self.label(side, number)) for side in (0, 1))
            for one, at in ones:
                for two, there in twos:
                    before = found.get((one, two), ((at, there), set(), tier))
                    found[one, two] = (before[0], before[1] | {rule, other}, min(before[2], max(tier, their)))
        return [(each, places, tuple(sorted(rules)), tier) for each, (places, rules, tier) in sorted(found.items())]

    @property
    def opened(self) -> list[int]:
        """Numbers of the pairs that both decided to open."""
        both = [self.of("decisions", side)["decisions"] for side in (0, 1)]
        return [at for at, (one, two) in enumerate(zip(*both, strict=True)) if one[0] == two[0] == "open"]


def _label(opened: tuple[bytes, bytes] | None) -> tuple[list[tuple[bytes, int]], str, int]:
    """Read a label: records with their places, rule, tier; `ValueError` where it is none."""
    if opened is None:
        raise ValueError("a label that does not open")
    data = opened[1]
    count, tier, size = data[:3]
    rest = data[3 + size :]
    named = pieces(rest[1 + rest[0] :][: count * (HANDLE + PLACE)], HANDLE + PLACE)
    records = [(each[:HANDLE], int.from_bytes(each[HANDLE:], "big")) for each in named]
    return records, data[3 : 3 + size].decode(), tier


# The steps -----------------------------------------------------------------------------------------------------------
# Each yields the names of what does not fit in one side's message.


def _first(run: Run, side: int) -> Iterator[str]:
    kind = ("proposal", "agreement")[side]
    message = run.of(kind, side)
    if len(set(message["persons"])) != 2 or not all(message["persons"]):  # noqa: PLR2004
        yield "persons"
    if side == 1 and message["proposal"] != digest_of("proposal", run.of("proposal", 0)):
        yield "other-proposal"
    if message["terms"] != run.terms or not _form(run.terms):
        yield "terms"
    bands = [tuple(each[:2]) for each in message["bands"]]
    sealed = message[("nonce_seal", "nonce")[side]]
    if len(sealed) != SIZE or bands != sorted(set(bands)) or not all(0 < each[2] <= SIZE for each in message["bands"]):
        yield "values"
    growth, before = message["growth"], run.earlier[side]
    if (tuple(growth[0]) if growth else None) != (tuple(before) if before else None):
        yield "growth-from"
    elif growth:
        (old, old_root), (new, new_root) = growth[0], message["set_log"]
        if new - old != message["terms"]["churn_cap"]:
            yield "growth-by"
        elif old and not _fits(lambda: check_consistency(old, new, growth[1], old_root, new_root)):
            yield "growth-proof"


def _form(terms: Message) -> bool:
    """Whether capacities are of those agreed, and batch and sample fit."""
    capacities = (terms["places"], terms["records"])
    good = all(each > 0 and each % (1 << max(each.bit_length() - 3, 0)) == 0 for each in capacities)
    good = good and bool(terms["purpose"]) and bool(terms["basis"])
    return good and 0 < terms["batch"] <= MAX_BATCH and 0 <= terms["sample"] <= terms["places"]


def _start(run: Run, side: int) -> Iterator[str]:
    if side == 0 and sha256(run.of("start", 0)["nonce"]).digest() != run.of("proposal", 0)["nonce_seal"]:
        yield "nonce"


def _commitment(run: Run, side: int) -> Iterator[str]:
    message, other = run.of("commitment", side), run.said.get(("commitment", 0))
    named = ("root", "key", "order_seal")
    if message["places"] != run.terms["places"]:
        yield "places"
    elif {len(message[name]) for name in named} != {SIZE}:
        yield "values"
    elif side == 1 and other and {other.message[name] for name in named} & {message[name] for name in named}:
        yield "copied"
    elif not proofs.key_is_known(message["key"], message["knows"], _bound("knows", run, bytes([side]))):
        yield "exponent"


def _bound(purpose: str, run: Run, *parts: bytes) -> bytes:
    return proofs.PLAIN + b"-" + keyed(purpose, run.context, *parts)


def _list(run: Run, side: int) -> Iterator[str]:
    message, commitment = run.of("list", side), run.of("commitment", side)
    points, seals = pieces(message["points"]), pieces(message["seals"])
    if not len(message["points"]) == len(message["seals"]) == SIZE * run.terms["places"]:
        yield "list-size"
        return
    entries = [at.to_bytes(4, "big") + p + k for at, (p, k) in enumerate(zip(points, seals, strict=True))]
    if proofs.root_of(entries) != commitment["root"]:
        yield "list-root"
    if points_of(message["points"]) is None:
        yield "list-point"
    if len(set(points)) != len(points):
        yield "list-twice"
    if side == 1 and not set(points).isdisjoint(pieces(run.of("list", 0)["points"])):
        yield "list-mirrored"


def _evaluation(run: Run, side: int) -> Iterator[str]:
    if len(run.of("evaluation", side)["root"]) != SIZE:
        yield "values"


def _order(run: Run, side: int) -> Iterator[str]:
    if sha256(run.of("order", side)["nonce"]).digest() != run.of("commitment", side)["order_seal"]:
        yield "order-nonce"


def _opening(run: Run, side: int, batch: int) -> Iterator[str]:
    message, positions = run.openings[side][batch].message, run.positions(side, batch)
    answers = dict(zip(positions, pieces(message["answers"]), strict=False))
    if len(message["answers"]) != SIZE * len(positions):
        yield "batch-size"
        return
    leaves = {at: leaf_hash(at.to_bytes(4, "big") + answer) for at, answer in answers.items()}
    root = proofs.root_through(leaves, run.terms["places"], pieces(message["path"]))
    if root != run.of("evaluation", side)["root"]:
        yield "batch-root"
        return
    proved = [at for at in positions if at in run.samples[side]]
    listed = pieces(run.of("list", 1 - side)["points"])
    context = _bound("batch", run, run.roots, bytes([side]), batch.to_bytes(4, "big"))
    firsts, seconds = (b"".join(of[at] for at in proved) for of in (listed, answers))
    key, proof = run.of("commitment", side)["key"], message["proof"]
    if proof is None and proved:
        yield "batch-unproved"
    elif proof is not None and not proofs.proof_holds(key, firsts, seconds, proof, context):
        yield "batch-proof"


def _result(run: Run, side: int) -> Iterator[str]:
    message, tags = run.of("result", side), [tag for tag, _, _ in run.common]
    if (message["size"], message["digest"]) != (len(tags), sha256(b"".join(tags)).digest()):
        yield "result"


def _labels(run: Run, side: int) -> Iterator[str]:
    if len(run.of("labels", side)["sealed"]) != SEALED * len(run.common):
        yield "label-count"
        return
    seals = pieces(run.of("list", side)["seals"])
    for number, (_, _, positions) in enumerate(run.common):
        if (opened := run.label(side, number)) is None:
            yield "label-closed"
            return
        if sha256(b"paridad/label/1\x00" + b"".join(opened)).digest() != seals[positions[side]]:
            yield "label-other"
            return


def _pairs(run: Run, side: int) -> Iterator[str]:
    message, pairs = run.of("pairs", side), run.pairs
    if (message["count"], message["digest"]) != (len(pairs), sha256(encoded(pairs)).digest()):
        yield "pairs"


def _seal(run: Run, side: int) -> Iterator[str]:
    message = run.of("decision-seal", side)
    if len(set(message["persons"])) != 2 or not all(message["persons"]):  # noqa: PLR2004
        yield "persons"
    if len(message["seal"]) != SIZE:
        yield "values"


def _decisions(run: Run, side: int) -> Iterator[str]:
    message = run.of("decisions", side)
    if digest_of("decisions", message) != run.of("decision-seal", side)["seal"]:
        yield "decisions-other"
    if len(message["decisions"]) != len(run.pairs) or not {each[0] for each in message["decisions"]} <= CHOICES:
        yield "decisions-count"


def _records(run: Run, side: int) -> Iterator[str]:
    records = run.of("records", side)["records"]
    if [each[0] for each in records] != run.opened:
        yield "records-count"
        return
    for each in records:
        yield from _record(run, side, each)


def _record(run: Run, side: int, record: Sequence[Any]) -> Iterator[str]:
    """Check one record: pair, authority, day, act, salt, place, proof, and where its act was logged."""
    pair, authority, entered, act, salt, place, proof, logged = record
    size, root = run.of(("proposal", "agreement")[side], side)["set_log"]
    said = ["added", to_base64url(act), authority, entered, to_base64url(salt)]
    said += [to_base64url(logged[0])] if logged else []
    text = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
    entry = sha256(text).digest()
    if not _fits(lambda: check_inclusion(leaf_hash(entry), place, size, proof, root)):
        yield "record-late"
    elif place != run.pairs[pair][1][side]:
        yield "record-other"
    elif date.fromisoformat(entered).isoformat() != entered:
        yield "record-day"
    elif run.terms["logged"] and (seen := run.of("commitment", 1 - side)["seen"]) is not None:
        leaf, at, path = logged or (b"", 0, ())
        if not _fits(lambda: check_inclusion(leaf, at, seen[0], path, seen[1])):
            yield "record-unlogged"


def _fits(check: Callable[[], None]) -> bool:
    try:
        check()
    except Fault:
        return False
    return True


Check = Callable[[Run, int], Iterator[str]]
STEPS: Sequence[tuple[int, tuple[str], Check]] = (
    (2, ("commitment",), _commitment),
    (3, ("list",), _list),
    (4, ("evaluation",), _evaluation),
    (4, ("order",), _order),
)
AFTER: Sequence[tuple[int, tuple[str], Check]] = (
    (6, ("result",), _result),
    (7, ("labels",), _labels),
    (7, ("pairs",), _pairs),
    (8, ("decision-seal",), _seal),
    (8, ("decisions",), _decisions),
    (9, ("records",), _records),
)


def judge(run: Run, claims: Mapping[int, Sequence[bytes]] | None = None) -> Judged:
    """Judge a run step by step; `claims` are tags that a side says are common, to show the first that differs."""
    done = -1
    for step, found, whole in _judged(run):
        if found:
            return Judged(found, step, *_gave(run, step), _difference(run, claims or {}, step))
        if not whole:
            return Judged([], done, *_gave(run, done))
        done = step
    return Judged([], 10 if ("close", 0) in run.said and ("close", 1) in run.said else done, *_gave(run, done))


def _gave(run: Run, step: int) -> tuple[int | None, int | None]:
    """Return how many keys are common, and how many pairs there are, as far as the run went."""
    return (len(run.common) if step > 6 else None), (len(run.pairs) if step > 7 else None)  # noqa: PLR2004


def _judged(run: Run) -> Iterator[tuple[int, list[Finding], bool]]:
    """Yield each step with what was found in it, and whether both sides said it."""
    yield _step(run, 0, ("proposal",), _first, (0,))
    yield _step(run, 1, ("agreement",), _first, (1,))
    yield _step(run, 1, ("start",), _start, (0,))
    for step, kinds, check in STEPS:
        yield _step(run, step, kinds, check, (0, 1))
    for batch in range(run.batches):
        found: list[Finding] = []
        for side in (0, 1):
            if batch < len(run.openings[side]):
                act = run.openings[side][batch].act
                found += _found(5, side, act, _names(_opening, run, side, batch))
        yield 5, found, all(batch < len(each) for each in run.openings)
    for step, kinds, check in AFTER:
        yield _step(run, step, kinds, check, (0, 1))


def _step(
    run: Run, step: int, kinds: Sequence[str], check: Check, sides: Sequence[int]
) -> tuple[int, list[Finding], bool]:
    found: list[Finding] = []
    for side in sides:
        if all((kind, side) in run.said for kind in kinds):
            found += _found(step, side, run.said[kinds[-1], side].act, _names(check, run, side))
    return step, found, all((kind, side) in run.said for kind in kinds for side in sides)


def _found(step: int, side: int, act: str, names: Sequence[str]) -> list[Finding]:
    return [Finding(step, side, name, act) for name in names]


def _names(check: Callable[..., Iterator[str]], *arguments: Any) -> list[str]:
    """Return what a check finds; values of another type than the message has name its sender too."""
    found: list[str] = []
    try:
        found.extend(check(*arguments))
    except (TypeError, ValueError, IndexError, AttributeError, OverflowError):
        found.append("content")
    except KeyError:
        return found  # the other side's message is missing: there is nothing to hold it against
    return found


def _difference(run: Run, claims: Mapping[int, Sequence[bytes]], step: int) -> tuple[str, bytes] | None:
    """Descend to the first tag on which a claim and the opened batches differ; the claim fits its side's digest."""
    if step != 6:  # noqa: PLR2004
        return None
    tags = [tag for tag, _, _ in run.common]
    for side, claimed in sorted(claims.items()):
        message = run.of("result", side)
        fits = (message["size"], message["digest"]) == (len(claimed), sha256(b"".join(claimed)).digest())
        if fits and list(claimed) != tags:
            at = first_difference(tags, claimed)
            ours, theirs = (each[at] if at < len(each) else b"\xff" * TAG for each in (tags, claimed))
            return ("omitted", ours) if ours < theirs else ("invented", theirs)
    return None


def first_difference(one: Sequence[bytes], two: Sequence[bytes]) -> int:
    """Return where two sorted lists first differ: by the roots over ever smaller beginnings."""
    low, high = 0, min(len(one), len(two))
    while low < high:
        middle = (low + high + 1) // 2
        if proofs.root_of(one[:middle]) == proofs.root_of(two[:middle]):
            low = middle
        else:
            high = middle - 1
    return low
