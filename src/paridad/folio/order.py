# SPDX-License-Identifier: Apache-2.0
"""One order of a folio's acts, the same on both nodes, whatever order they arrived in.

Rules
  - The acts of one party stand in the order of its log (`index`); nobody can be made to have spoken otherwise.
  - An act stands after every act that it names (`re`): who answers has heard.
  - Among acts that neither rule places, the earlier recorded time stands first, then party, index and hash.
  - Only acts that both nodes hold are placed against each other. An internal act, or one shared with a third party,
    can never move an act that is shared.
  - Honest logs cannot make a knot of these rules, since an act's hash exists before whoever names it. If forged
    acts do, the earliest of the knot goes first: the order is total and this module never raises.

Worked example
    A asks (12:00), B answers (12:10), A recalls its request's annex (12:09, before it has seen the answer):
    in_order((answer, recall, request))      is (request, recall, answer), on both nodes
"""

from collections.abc import Iterable, Sequence
from heapq import heapify, heappop, heappush

from paridad.acts.envelope import party_of
from paridad.folio.state import Recorded

REQUEST = "folio/request/1"


def key(act: Recorded) -> tuple[int, str, int, str]:
    """Return what decides between acts that nothing else places."""
    return act.at, act.party, act.index, act.hash


def in_order(acts: Iterable[Recorded]) -> tuple[Recorded, ...]:
    """Return the acts in the canonical order."""
    by_hash: dict[str, Recorded] = {act.hash: act for act in acts}
    before = _predecessors(tuple(by_hash.values()))
    after: dict[str, list[str]] = {name: [] for name in by_hash}
    for name, earlier in before.items():
        for each in earlier:
            after[each].append(name)
    ready = [key(by_hash[name]) for name, earlier in before.items() if not earlier]
    heapify(ready)
    placed: dict[str, Recorded] = {}
    while len(placed) < len(by_hash):
        name = heappop(ready)[-1] if ready else _knot(act for act in by_hash.values() if act.hash not in placed)
        if name in placed:
            continue
        placed[name] = by_hash[name]
        for later in after[name]:
            before[later].discard(name)
            if not before[later]:
                heappush(ready, key(by_hash[later]))
    return tuple(placed.values())


def opening(acts: Iterable[Recorded], opener: str) -> Recorded | None:
    """Return the first request by which the party that owns the folio asks one agency of another party."""
    requests = (act for act in acts if act.envelope.knd == REQUEST and act.party == opener and _asks_one(act))
    return min(requests, key=lambda act: (act.index, act.hash), default=None)


def _asks_one(act: Recorded) -> bool:
    return len(act.envelope.aud) == 1 and party_of(act.envelope.aud[0]) != act.party


def _predecessors(acts: Sequence[Recorded]) -> dict[str, set[str]]:
    known: set[str] = {act.hash for act in acts}
    before: dict[str, set[str]] = {act.hash: (known & set(act.envelope.re)) - {act.hash} for act in acts}
    last: dict[str, str] = {}
    for act in sorted(acts, key=lambda each: (each.index, each.hash)):
        if act.party in last:
            before[act.hash].add(last[act.party])
        last[act.party] = act.hash
    return before


def _knot(rest: Iterable[Recorded]) -> str:
    return min(map(key, rest))[-1]
