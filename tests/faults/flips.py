# SPDX-License-Identifier: Apache-2.0
"""Bit flips: a bundle that a node exported, every bit of it turned, one at a time, before the auditor's verifier.

Rules
  - The bundle comes from two real nodes; the verifier is `paridad_verify`, which shares no code with them.
  - A signature that a flip did not touch is not computed anew: its verdict is remembered by what was verified.
  - Bits are taken in an order that spreads over the whole bundle, so that a run cut short is a fair sample.

Worked example
    data, now = exported(folder, at_least=95_000)
    flip_bits(data, now, goal=8 * len(data), until=monotonic() + 60)      is Flipped(bits=812312, flipped=…, unseen=[])
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from math import gcd
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from unittest.mock import patch

from faults.matters import Matters
from paridad.node.exporting import export_bundle
from paridad.policy.visible import Reader
from paridad_verify import proofs
from paridad_verify.bundle import Bundle
from paridad_verify.strict import Fault
from support.two_nodes import Parties

NAMES = ("AA", "BB")
REMEMBERED = (
    ("check_ed25519", ("keys", "notes", "bundle")),
    ("check_mldsa44", ("keys", "notes")),
    ("check_equation", ("acts",)),
    ("check_points", ("acts",)),
    ("self_test", ("bundle",)),
)
"""Functions of their arguments alone, and the modules of the verifier that use them."""


@dataclass
class Flipped:
    """What became of the flips."""

    bits: int = 0
    """Bits of the bundle."""
    flipped: int = 0
    unseen: list[int] = field(default_factory=list)
    """Bits whose flip the verifier did not notice."""

    def add(self, other: "Flipped") -> None:
        """Count another bundle in."""
        self.bits += other.bits
        self.flipped += other.flipped
        self.unseen += other.unseen


def exported(folder: Path, *, at_least: int) -> tuple[bytes, int]:
    """Let two nodes work until an export is so large; return it and the time."""
    agencies = {name: f"{name}/POLICE" for name in NAMES}
    with Parties(folder, names=NAMES) as parties:
        day = Matters(parties, random.Random(1), agencies=agencies)
        reader = Reader(parties.officer(agencies["AA"]).id, "liaison", agencies["AA"])
        data = b""
        while len(data) < at_least:
            day.ask()
            for _ in range(7):
                day.advance()
                parties.settle(1)
            parties.settle(3)
            data = export_bundle(parties.by_name["AA"].own, reader, folio=None, now=parties.clock())
        return data, parties.clock()


def flip_bits(data: bytes, now: int, *, goal: int, until: float, jobs: int = 1) -> Flipped:
    """Flip bits until so many are done or the time is over, in so many processes."""
    if Bundle(data, now).failures:
        raise RuntimeError("the bundle does not verify as it is; flipping its bits would prove nothing")
    done = Flipped(bits=8 * len(data))
    parts = [(data, now, slice(part, min(goal, done.bits), jobs), until) for part in range(jobs)]
    with get_context("fork").Pool(jobs) as pool:
        for flipped, unseen in pool.starmap(_flip, parts):
            done.flipped += flipped
            done.unseen += unseen
    return done


def _flip(data: bytes, now: int, part: slice, until: float) -> tuple[int, list[int]]:
    """Flip a part of the bits in their order; return how many were flipped and which were not seen."""
    flipped, unseen = 0, []
    with remembering():
        for bit in islice(spread(8 * len(data)), part.start, part.stop, part.step):
            if time.monotonic() > until:
                break
            turned = bytearray(data)
            turned[bit // 8] ^= 1 << bit % 8
            if not Bundle(bytes(turned), now).failures:
                unseen.append(bit)
            flipped += 1
    return flipped, unseen


def spread(count: int) -> Iterator[int]:
    """Return 0 … count - 1, each once, far apart: by steps near the golden section that share no factor with count."""
    step = next(step for step in range(int(count * 0.618), count + 2) if gcd(step, count) == 1)
    return (number * step % count for number in range(count))


@contextmanager
def remembering() -> Iterator[None]:
    """Let the verifier remember the verdict on each signature."""
    with ExitStack() as stack:
        for name, users in REMEMBERED:
            remembered = _remembered(getattr(proofs, name))
            for user in users:
                stack.enter_context(patch(f"paridad_verify.{user}.{name}", remembered))
        yield


def _remembered(check: Callable[..., None]) -> Callable[..., None]:
    @cache
    def verdict(*arguments: Any) -> str:
        try:
            check(*arguments)
        except Fault as fault:
            return fault.name
        return ""

    def checked(*arguments: Any) -> None:
        if name := verdict(*arguments):
            raise Fault(name)

    return checked
