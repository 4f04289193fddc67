# SPDX-License-Identifier: Apache-2.0
"""The scorecard: the same bytes on both nodes, each party in the same dress."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paridad.base.strict import read_json
from paridad.folio.scorecard import nearest_rank, response_seconds, scorecard
from paridad.folio.state import Folio
from support.folio_story import (
    DAY,
    HOUR,
    MORNING,
    Story,
    acknowledges,
    answers,
    answers_in_part,
    asks,
    asks_back,
    asks_consent,
    attests,
    closes,
    consents,
    denies_consent,
    files_outcome,
    forges,
    hours,
    play,
    refuses,
    refuses_recall,
    suspends,
)

WORK: list[Story] = [
    [asks(), hours(1), answers("name", "born"), files_outcome("seizure"), closes()],
    [asks(), hours(2), answers_in_part("name"), asks_back(), attests()],
    [asks(), hours(3), refuses("proceedings", "sovereignty"), closes("Understood.")],
    [asks(), hours(30), acknowledges()],
    [asks(), hours(1), answers("name"), asks_back(), refuses_recall(), asks_consent(), consents()],
    [asks(), answers("name"), asks_consent(recipient="C/COURT"), asks_back(), forges("asked", "closure", reason="x")],
    [asks(), answers("name"), asks_consent(), denies_consent(), suspends("asking")],
]


def _both(*stories: Story, swapped: bool = False) -> tuple[list[Folio], list[Folio]]:
    """Return the folios of the stories as either node folds them."""
    tables = [play(story, swapped=swapped) for story in stories]
    return [table.node("asking").folio for table in tables], [table.node("asked").folio for table in tables]


def test_both_nodes_write_the_same_bytes() -> None:
    """Neither the node nor the order in which the parties are named shows in the scorecard."""
    ours, theirs = _both(*WORK)
    now = MORNING + 40 * DAY
    assert scorecard(ours, ("A", "B"), now) == scorecard(reversed(theirs), ("B", "A"), now)


def test_the_numbers_count_what_was_said() -> None:
    """Each number can be counted by hand from the stories above."""
    folios, _ = _both(*WORK)
    sheet = read_json(scorecard(folios, ("A", "B"), MORNING + 40 * DAY))
    assert sheet["folios"] == 7
    first, second = sheet["parties"]
    assert (first["party"], second["party"]) == ("A", "B")
    assert first["as_asking"] == {
        "requests": 7, "open": 5, "closed": 2, "with_outcome": 1, "outcomes": [{"code": "seizure", "count": 1}],
        "late_clarifications": 0, "late_outcomes": 0,
    }  # fmt: skip
    assert second["as_asked"] == {
        "requests": 7, "acknowledged": 7, "answered": 4, "partly_answered": 1, "refused": 1, "unanswered": 1,
        "refusals_by_ground": [{"code": "proceedings", "count": 1}, {"code": "sovereignty", "count": 1}],
        "fields_given": 6, "items_withheld": 2, "response_median": HOUR, "response_p90": 3 * HOUR,
        "late_acknowledgements": 3, "late_answers": 2,
    }  # fmt: skip
    assert second["recalls_made"] == {"recalls": 3, "attested": 1, "refused": 1, "unanswered": 1}
    assert second["recalls_made"] == first["recalls_received"]
    assert first["onward"] == {"requests": 3, "granted": 1, "denied": 1}
    assert (first["irregular"], second["irregular"]) == (0, 1)


def test_exchange_the_parties_and_the_columns_change_places() -> None:
    """What one party did is shown as the other's would be (equality)."""
    written, _ = _both(*WORK)
    exchanged, _ = _both(*WORK, swapped=True)
    now = MORNING + 40 * DAY
    one = read_json(scorecard(written, ("A", "B"), now))["parties"]
    two = read_json(scorecard(exchanged, ("A", "B"), now))["parties"]
    assert [_without_name(each) for each in one] == [_without_name(each) for each in reversed(two)]


def _without_name(column: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in column.items() if name != "party"}


def test_both_columns_have_the_same_entries() -> None:
    """A party that did nothing is shown all the same."""
    sheet = read_json(scorecard([], ("B", "A"), MORNING))
    one, two = sheet["parties"]
    assert (sheet["folios"], one["party"], _without_name(one)) == (0, "A", _without_name(two))
    assert one["as_asked"]["response_median"] is None


NOT_COUNTED: dict[str, tuple[tuple[str, str], int, int]] = {
    "of another pair": (("A", "C"), 0, MORNING + DAY),
    "before the period": (("A", "B"), MORNING + 1, MORNING + DAY),
    "after the reference time": (("A", "B"), 0, MORNING - 1),
}


@pytest.mark.parametrize(("pair", "since", "now"), NOT_COUNTED.values(), ids=NOT_COUNTED.keys())
def test_a_scorecard_counts_the_folios_of_its_pair_and_period(pair: tuple[str, str], since: int, now: int) -> None:
    """A folio of others, of before or of later is not counted; the same folio is, in its place."""
    folios, _ = _both([asks()])
    assert read_json(scorecard(folios, pair, now, since=since))["folios"] == 0
    assert read_json(scorecard(folios, ("A", "B"), MORNING, since=MORNING))["folios"] == 1


def test_a_folio_only_announced_is_not_counted() -> None:
    """Before its request is here a folio is nobody's work."""
    assert read_json(scorecard([Folio("A-2026-0001")], ("A", "B"), MORNING))["folios"] == 0
    assert response_seconds(Folio("A-2026-0001")) is None


def test_a_response_dated_before_its_request_took_no_time() -> None:
    """Clocks differ; a response time is never negative."""
    folios, _ = _both([asks(), hours(-2), answers("name")])
    assert response_seconds(folios[0]) == 0


RANKS = {
    "the middle of three": ([3, 1, 2], 50, 2),
    "the lower middle of four": ([1, 2, 3, 4], 50, 2),
    "of one": ([7], 90, 7),
    "the ninth of ten": (list(range(1, 11)), 90, 9),
    "of none": ([], 50, None),
}


@pytest.mark.parametrize(("values", "percent", "expected"), RANKS.values(), ids=RANKS.keys())
def test_nearest_rank(values: list[int], percent: int, expected: int | None) -> None:
    """The percentile is a value that occurred, never one in between."""
    assert nearest_rank(values, percent) == expected


@given(st.lists(st.integers(), min_size=1), st.integers(1, 100))
def test_the_nearest_rank_is_the_smallest_value_that_so_many_do_not_exceed(values: list[int], percent: int) -> None:
    """At least `percent` of the values are not above it, and of no smaller value is that true."""

    def enough(limit: int) -> bool:
        return 100 * sum(value <= limit for value in values) >= percent * len(values)

    found = nearest_rank(values, percent)
    assert found == min(value for value in values if enough(value))
