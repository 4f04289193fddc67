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

Worked example
    scorecard(folios, ("A", "B"), now) == scorecard(folios of the other node, ("B", "A"), now)
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from paridad.acts.envelope import party_of
from paridad.base.strict import JsonValue, write_json
from paridad.folio.clocks import Duty, clocks
from paridad.folio.state import Folio, RecallCase

FROM_THE_BEGINNING = 0


def scorecard(folios: Iterable[Folio], pair: tuple[str, str], now: int, *, since: int = FROM_THE_BEGINNING) -> bytes:
    """Return the scorecard of two parties over the folios requested in [since, now], as canonical bytes."""
    between = [folio for folio in folios if _counts(folio, pair, since, now)]
    return write_json(
        {
            "since": since,
            "at": now,
            "folios": len(between),
            "parties": [_party(party, between, now) for party in sorted(pair)],
        }
    )


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


def _counts(folio: Folio, pair: tuple[str, str], since: int, now: int) -> bool:
    request = folio.request
    if request is None or not since <= request.at <= now:
        return False
    return {party_of(request.asking), party_of(request.asked)} == set(pair)


def _party(party: str, folios: Sequence[Folio], now: int) -> dict[str, JsonValue]:
    return {
        "party": party,
        "as_asking": _as_asking([folio for folio in folios if folio.role(party) == "asking"], party, now),
        "as_asked": _as_asked([folio for folio in folios if folio.role(party) == "asked"], party, now),
        "recalls_made": _recalls([each for folio in folios for each in folio.recalls if each.by == party]),
        "recalls_received": _recalls([each for folio in folios for each in folio.recalls if each.by != party]),
        "onward": _onward(party, folios),
        "irregular": sum(_irregular(folio, party) for folio in folios),
    }


def _as_asking(folios: Sequence[Folio], party: str, now: int) -> dict[str, JsonValue]:
    return {
        "requests": len(folios),
        "open": sum(folio.closure is None for folio in folios),
        "closed": sum(folio.closure is not None for folio in folios),
        "with_outcome": sum(bool(folio.outcomes) for folio in folios),
        "outcomes": _by_code(folio.outcomes[-1].outcome for folio in folios if folio.outcomes),
        "late_clarifications": _late(folios, party, Duty.CLARIFY, now),
        "late_outcomes": _late(folios, party, Duty.OUTCOME, now),
    }


def _as_asked(folios: Sequence[Folio], party: str, now: int) -> dict[str, JsonValue]:
    times = [seconds for folio in folios if (seconds := response_seconds(folio)) is not None]
    return {
        "requests": len(folios),
        "acknowledged": sum(folio.acknowledged_at is not None for folio in folios),
        "answered": sum(folio.complete for folio in folios),
        "partly_answered": sum(bool(folio.answers) and not folio.complete for folio in folios),
        "refused": sum(bool(folio.refusals) and not folio.answers for folio in folios),
        "unanswered": sum(not folio.answers and not folio.refusals for folio in folios),
        "refusals_by_ground": _by_code(
            ground for folio in folios for refusal in folio.refusals for ground in refusal.grounds
        ),
        "fields_given": sum(len(release.given) for folio in folios for release in folio.answers),
        "items_withheld": sum(each.count for folio in folios for release in folio.answers for each in release.withheld),
        "response_median": nearest_rank(times, 50),
        "response_p90": nearest_rank(times, 90),
        "late_acknowledgements": _late(folios, party, Duty.ACKNOWLEDGE, now),
        "late_answers": _late(folios, party, Duty.ANSWER, now),
    }


def _recalls(recalls: Sequence[RecallCase]) -> dict[str, JsonValue]:
    answers = [recall.answer for recall in recalls if recall.answer]
    return {
        "recalls": len(recalls),
        "attested": sum(answer.attested for answer in answers),
        "refused": sum(not answer.attested for answer in answers),
        "unanswered": len(recalls) - len(answers),
    }


def _onward(party: str, folios: Sequence[Folio]) -> dict[str, JsonValue]:
    """Return the party's requests to pass something on, and what became of them."""
    asked = [each for folio in folios for each in folio.onward if each.by == party]
    return {
        "requests": len(asked),
        "granted": sum(each.answer is not None and each.answer.granted for each in asked),
        "denied": sum(each.answer is not None and not each.answer.granted for each in asked),
    }


def _irregular(folio: Folio, party: str) -> int:
    said = {act.hash for act in folio.shared if act.party == party}
    return sum(each.hash in said for each in folio.irregular)


def _late(folios: Sequence[Folio], party: str, duty: Duty, now: int) -> int:
    return sum(
        clock.late(now) for folio in folios for clock in clocks(folio) if clock.duty == duty and clock.party == party
    )


def _by_code(codes: Iterable[str]) -> list[JsonValue]:
    return [{"code": code, "count": count} for code, count in sorted(Counter(codes).items())]
