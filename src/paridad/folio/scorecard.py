# SPDX-License-Identifier: Apache-2.0
"""The scorecard of two parties: the same numbers on both nodes, in equal dress, computed from the same acts.

Rules
  - A pure function of folios and a reference time; every number counts acts that both parties hold.
  - Each party has the same entries in the same order. There is no total across them and no ranking.
  - It measures work, never a person: counts of folios, times to respond, refusals by ground, outcomes by code.
  - A response time runs from the request to the first answer or refusal, by the recorded times of the two issuers,
    pauses included, never below zero. Median and 90th percentile are whole seconds by the nearest-rank method: the
    value that stands at place ceil(p·n/100) of the n sorted values. Without a value: null.
  - "Late" counts duties whose time ran out, fulfilled or not; a pause is not counted against anybody (`clocks`).
  - What one folio adds is its `Facts`, kept as a row: ten thousand folios are added up without being folded again.

Worked example
    scorecard(folios, ("A", "B"), now) == scorecard(folios of the other node, ("B", "A"), now)
    scorecard_of(map(facts_of, folios), ("A", "B"), now)         is the same
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from paridad.acts.envelope import party_of
from paridad.base.strict import JsonValue, write_json
from paridad.folio.clocks import Duty, clocks
from paridad.folio.state import Folio

FROM_THE_BEGINNING = 0
COUNTED = (Duty.ACKNOWLEDGE, Duty.ANSWER, Duty.CLARIFY, Duty.OUTCOME)
"""The duties whose lateness is counted."""
Reaction = Literal["none", "yes", "no"]
"""What became of something that was asked of the other party."""


class Timed(msgspec.Struct, frozen=True, array_like=True):
    """One duty: until when, and when it stopped."""

    duty: str
    party: str
    until: int
    stopped: int | None

    def late(self, now: int) -> bool:
        """Whether its time had run out when it stopped, or has by now."""
        return self.until < (now if self.stopped is None else self.stopped)


class Facts(msgspec.Struct, frozen=True):
    """What one folio adds to the scorecard."""

    requested: int
    asking: str
    """The party, not its agency; so is `asked`."""
    asked: str
    closed: bool
    outcome: str
    """The last one; nothing where there is none."""
    acknowledged: bool
    complete: bool
    answered: bool
    refused: bool
    grounds: tuple[str, ...]
    given: int
    withheld: int
    response: int | None
    recalls: tuple[tuple[str, Reaction], ...]
    """By whom, and whether its answer attests."""
    onward: tuple[tuple[str, Reaction], ...]
    """By whom, and whether it was granted."""
    irregular: tuple[str, ...]
    """The party of each act that it was not entitled to."""
    timed: tuple[Timed, ...]


def scorecard(folios: Iterable[Folio], pair: tuple[str, str], now: int, *, since: int = FROM_THE_BEGINNING) -> bytes:
    """Return the scorecard of two parties over the folios requested in [since, now], as canonical bytes."""
    found = (facts_of(folio) for folio in folios)
    return scorecard_of((each for each in found if each), pair, now, since=since)


def scorecard_of(folios: Iterable[Facts], pair: tuple[str, str], now: int, *, since: int = FROM_THE_BEGINNING) -> bytes:
    """Return the scorecard of two parties from what folios add to it."""
    between = [each for each in folios if since <= each.requested <= now and {each.asking, each.asked} == set(pair)]
    return write_json(
        {
            "since": since,
            "at": now,
            "folios": len(between),
            "parties": [_party(party, between, now) for party in sorted(pair)],
        }
    )


def facts_of(folio: Folio) -> Facts | None:
    """Return what a folio adds; nothing before its request is here."""
    request = folio.request
    if request is None:
        return None
    speakers = {act.hash: act.party for act in folio.shared}
    return Facts(
        requested=request.at,
        asking=party_of(request.asking),
        asked=party_of(request.asked),
        closed=folio.closure is not None,
        outcome=folio.outcomes[-1].outcome if folio.outcomes else "",
        acknowledged=folio.acknowledged_at is not None,
        complete=folio.complete,
        answered=bool(folio.answers),
        refused=bool(folio.refusals),
        grounds=tuple(ground for refusal in folio.refusals for ground in refusal.grounds),
        given=sum(len(release.given) for release in folio.answers),
        withheld=sum(each.count for release in folio.answers for each in release.withheld),
        response=response_seconds(folio),
        recalls=tuple((each.by, _reaction(each.answer.attested if each.answer else None)) for each in folio.recalls),
        onward=tuple((each.by, _reaction(each.answer.granted if each.answer else None)) for each in folio.onward),
        irregular=tuple(speakers[each.hash] for each in folio.irregular if each.hash in speakers),
        timed=tuple(
            Timed(clock.duty, clock.party, clock.until, clock.stopped)
            for clock in clocks(folio)
            if clock.duty in COUNTED and clock.until is not None
        ),
    )


def _reaction(said: bool | None) -> Reaction:
    return "none" if said is None else "yes" if said else "no"


def nearest_rank(values: Sequence[int], percent: int) -> int | None:
    """Return the value at place ceil(percent·n/100) of the sorted values."""
    if not values:
        return None
    return sorted(values)[-(-percent * len(values) // 100) - 1]


def response_seconds(folio: Folio) -> int | None:
    """Return how long the first answer or refusal took; None while there is none."""
    firsts = [answer.at for answer in folio.answers[:1]] + [refusal.at for refusal in folio.refusals]
    if folio.request is None or not firsts:
        return None
    return max(min(firsts) - folio.request.at, 0)


def _party(party: str, folios: Sequence[Facts], now: int) -> dict[str, JsonValue]:
    recalls = [each for folio in folios for each in folio.recalls]
    return {
        "party": party,
        "as_asking": _as_asking([folio for folio in folios if folio.asking == party], party, now),
        "as_asked": _as_asked([folio for folio in folios if folio.asked == party], party, now),
        "recalls_made": _recalls([said for by, said in recalls if by == party]),
        "recalls_received": _recalls([said for by, said in recalls if by != party]),
        "onward": _onward([said for folio in folios for by, said in folio.onward if by == party]),
        "irregular": sum(folio.irregular.count(party) for folio in folios),
    }


def _as_asking(folios: Sequence[Facts], party: str, now: int) -> dict[str, JsonValue]:
    return {
        "requests": len(folios),
        "open": sum(not folio.closed for folio in folios),
        "closed": sum(folio.closed for folio in folios),
        "with_outcome": sum(bool(folio.outcome) for folio in folios),
        "outcomes": _by_code(folio.outcome for folio in folios if folio.outcome),
        "late_clarifications": _late(folios, party, Duty.CLARIFY, now),
        "late_outcomes": _late(folios, party, Duty.OUTCOME, now),
    }


def _as_asked(folios: Sequence[Facts], party: str, now: int) -> dict[str, JsonValue]:
    times = [folio.response for folio in folios if folio.response is not None]
    return {
        "requests": len(folios),
        "acknowledged": sum(folio.acknowledged for folio in folios),
        "answered": sum(folio.complete for folio in folios),
        "partly_answered": sum(folio.answered and not folio.complete for folio in folios),
        "refused": sum(folio.refused and not folio.answered for folio in folios),
        "unanswered": sum(not folio.answered and not folio.refused for folio in folios),
        "refusals_by_ground": _by_code(ground for folio in folios for ground in folio.grounds),
        "fields_given": sum(folio.given for folio in folios),
        "items_withheld": sum(folio.withheld for folio in folios),
        "response_median": nearest_rank(times, 50),
        "response_p90": nearest_rank(times, 90),
        "late_acknowledgements": _late(folios, party, Duty.ACKNOWLEDGE, now),
        "late_answers": _late(folios, party, Duty.ANSWER, now),
    }


def _recalls(said: Sequence[Reaction]) -> dict[str, JsonValue]:
    return {
        "recalls": len(said),
        "attested": said.count("yes"),
        "refused": said.count("no"),
        "unanswered": said.count("none"),
    }


def _onward(said: Sequence[Reaction]) -> dict[str, JsonValue]:
    """Return a party's requests to pass something on, and what became of them."""
    return {"requests": len(said), "granted": said.count("yes"), "denied": said.count("no")}


def _late(folios: Sequence[Facts], party: str, duty: Duty, now: int) -> int:
    return sum(each.late(now) for folio in folios for each in folio.timed if each.duty == duty and each.party == party)


def _by_code(codes: Iterable[str]) -> list[JsonValue]:
    return [{"code": code, "count": count} for code, count in sorted(Counter(codes).items())]
