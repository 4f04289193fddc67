# SPDX-License-Identifier: Apache-2.0
"""Sightings: what a report must say, how precise a place may be, and when it is over."""

import pytest

from paridad.desks.targets.cases import Marks
from paridad.desks.targets.errors import SightingRefused
from paridad.desks.targets.sightings import KIND, Report, is_cell, is_over, is_point, over_at, report
from support.targets_acts import AT, recorded

HOUR = 3600
NOW = 1_000 * HOUR
CELL = "872830828ffffff"
MARKS = Marks("AMBER", "investigation", "treaty")


def wanted(**more: object) -> Report:
    """Return a report that is accepted, with some values changed."""
    plain = {
        "iss": "A/ONE", "to": "B/TWO", "of": "x" * 43, "marks": MARKS, "event": "seen", "description": "",
        "seen_from": NOW - 2 * HOUR, "seen_until": NOW - HOUR, "area": "Tijuana", "cell": "", "point": "",
        "source_precision": "point", "reliability": "first_hand",
    }  # fmt: skip
    return Report(**{**plain, **more})  # type: ignore[arg-type]


def test_a_report_says_what_when_where_and_how_it_became_known() -> None:
    draft = report(wanted(cell=CELL, point="32.5, -117.02", description="A grey van.", simulated=True), NOW)
    assert (draft.kind, draft.aud, draft.re) == (KIND, ("B/TWO",), ("x" * 43,))
    assert draft.fields["expires_on"] == NOW - HOUR + 72 * HOUR
    assert {"cell", "point", "description", "simulated"} <= set(draft.fields)
    assert "coarsened" not in draft.fields
    assert report(wanted(of="", description="A grey van."), NOW).re == ()


@pytest.mark.parametrize(
    ("event", "hours"), [("seen", 72), ("plate_reader", 72), ("communication", 24), ("port_call", 720)]
)
def test_each_type_of_event_has_its_limit(event: str, hours: int) -> None:
    """It may be shortened, and never lengthened."""
    assert report(wanted(event=event), NOW).fields["expires_on"] == NOW - HOUR + hours * HOUR
    assert report(wanted(event=event, expires=NOW + HOUR), NOW).fields["expires_on"] == NOW + HOUR
    with pytest.raises(SightingRefused, match="lasts longer"):
        report(wanted(event=event, expires=NOW + (hours + 1) * HOUR), NOW)


@pytest.mark.parametrize(
    ("precision", "kept"), [("area", set()), ("cell", {"cell"}), ("point", {"cell", "point"})]
)  # fmt: skip
def test_a_place_finer_than_its_source_is_left_out_with_a_note(precision: str, kept: set[str]) -> None:
    fields = report(wanted(cell=CELL, point="32.5,-117.02", source_precision=precision), NOW).fields
    assert {"cell", "point"} & set(fields) == kept
    assert fields.get("coarsened", False) is (kept != {"cell", "point"})
    assert fields["area"] == "Tijuana"


REFUSED: dict[str, tuple[dict[str, object], str]] = {
    "no time": ({"seen_from": 0, "seen_until": 0}, "seen_from: the time is missing"),
    "a time that has not come": ({"seen_until": NOW + 1}, "seen_until: has not come yet"),
    "a band that ends before it begins": ({"seen_until": NOW - 3 * HOUR}, "seen_until: is before the beginning"),
    "something long over": ({"seen_from": 1, "seen_until": 2}, "expires: it would have expired already"),
    "no area": ({"area": " "}, "area: say the municipality"),
    "neither a dossier nor a description": ({"of": "", "description": " "}, "description: say what was seen"),
    "a novel": ({"description": "x" * 501}, "description: is over 500 signs"),
    "a cell of another resolution": ({"cell": "862830827ffffff"}, "cell: is no H3 cell of resolution 7"),
    "a point in words": ({"point": "near the bridge"}, "point: is not"),
    "an event of no list": ({"event": "dreamt"}, "event: is not in the list"),
    "no word on how it became known": ({"reliability": ""}, "reliability: is not in the list"),
    "a precision of no list": ({"source_precision": "street"}, "source_precision: is not in the list"),
    "no handling code": ({"marks": Marks("", "p", "b")}, "handling: is missing"),
    "no purpose": ({"marks": Marks("AMBER", "", "b")}, "purpose: is missing"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_a_report_that_lacks_something_is_refused_by_its_field(case: tuple[dict[str, object], str]) -> None:
    changed, sentence = case
    with pytest.raises(SightingRefused) as refused:
        report(wanted(**changed), NOW)
    assert sentence in refused.value.words.en


CELLS: dict[str, bool] = {
    CELL: True,
    "8749ac000ffffff": True,
    "": False,
    "872830828fffff": False,
    "872830828FFFFFF": False,
    "862830827ffffff": False,
    "872830828fffffe": False,
    "87ffffffffffff": False,
    "87f830828ffffff": False,
    "87283082fffffff": False,
    "8f2830828ffffff": False,
}


@pytest.mark.parametrize("written", CELLS)
def test_the_form_of_a_cell(written: str) -> None:
    assert is_cell(written) is CELLS[written]


@pytest.mark.parametrize(
    ("written", "holds"),
    [("19.4326,-99.1332", True), ("-90, 180", True), ("91,0", False), ("0,181", False), ("1e5,0", False), ("19.4", False)],
)  # fmt: skip
def test_the_form_of_a_point(written: str, holds: bool) -> None:
    assert is_point(written) is holds


OVER: dict[str, tuple[dict[str, object], int | None]] = {
    "what it says": ({"expires_on": AT + HOUR, "event": "seen", "seen_until": AT - HOUR}, AT + HOUR),
    "no more than the limit": ({"expires_on": AT * 2, "event": "seen", "seen_until": AT - HOUR}, AT + 71 * HOUR),
    "nor by a time that has not come": ({"expires_on": AT * 2, "event": "communication", "seen_until": AT * 2}, AT + 24 * HOUR),
    "with a part of it withheld": ({"expires_on": AT * 2}, AT + 72 * HOUR),
    "erased": ({}, None),
}  # fmt: skip


@pytest.mark.parametrize("case", OVER.values(), ids=OVER)
def test_when_a_sighting_is_over(case: tuple[dict[str, object], int | None]) -> None:
    """The receiver holds to the limits, whatever the act says."""
    fields, until = case
    act = recorded(fields, kind=KIND)  # type: ignore[arg-type]
    assert over_at(act.envelope, act.fields) == until
    assert is_over(act.envelope, act.fields, (until or 1) - 1) is (until is None)
    assert is_over(act.envelope, act.fields, until or 0)
    dossier = recorded({})
    assert not is_over(dossier.envelope, dossier.fields, 0)
