# SPDX-License-Identifier: Apache-2.0
"""The soak's own bookkeeping: goals, resuming, and a page that hides nothing. The campaigns are tested beside it."""

import json
import re
from pathlib import Path

import pytest

import soak
from faults.mutants import SENTENCE, counted
from faults.power import Cuts

pytestmark = pytest.mark.faults


def cuts(_seed: int, wanted: int, _until: float) -> Cuts:
    """Find nothing in ten images, and a loss in the run that ends a campaign of thirty."""
    return Cuts(images=10, lost=int(wanted <= 10))


CAMPAIGN = soak.Campaign("images", 30, Cuts, cuts, "images · imágenes")


def test_a_campaign_runs_until_its_goal() -> None:
    """Its figures say how far it came and with how many seeds."""
    figures = soak.pursue(CAMPAIGN, 30, 60, {})
    assert (figures["images"], figures["lost"], figures["seeds"], figures["reached"]) == (30, 1, 3, True)


def test_a_campaign_without_time_says_so() -> None:
    """Nothing is rounded up."""
    figures = soak.pursue(CAMPAIGN, 30, 0, {})
    assert (figures["images"], figures["reached"]) == (0, False)


def test_a_campaign_goes_on_from_what_was_kept() -> None:
    """Earlier figures are added, later seeds are used."""
    figures = soak.pursue(CAMPAIGN, 30, 60, {"images": 20, "lost": 2, "seeds": 2, "seconds": 5, "goal": 99})
    assert (figures["images"], figures["lost"], figures["seeds"]) == (30, 3, 3)
    assert figures["seconds"] >= 5


def test_figures_are_kept_and_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only figures of the same commit are gone on from, and the page names every campaign that was run."""
    monkeypatch.setattr(soak, "commit", lambda: "abc")
    soak.keep("power", soak.pursue(soak.CAMPAIGNS["power"], 0, 0, {}), tmp_path)
    assert json.loads((tmp_path / "soak-power.json").read_text())["commit"] == "abc"
    assert "disks after a power cut" in (tmp_path / "soak.md").read_text()
    assert soak.before("power", tmp_path)["images"] == 0
    monkeypatch.setattr(soak, "commit", lambda: "def")
    assert soak.before("power", tmp_path) == {}


def test_the_page_shows_harm_and_what_was_not_reached() -> None:
    entry = {
        "campaign": "power",
        "images": 5,
        "goal": 9,
        "reached": False,
        "lost": 1,
        "cases": ["a", "b"],
        "seconds": 3,
    }
    page = soak.readable([{**entry, "on": "2026-01-01", "commit": "abc"}])
    assert "| 5 | 9 (not reached · no alcanzada) | lost 1, cases 2 | 3 | 2026-01-01 | `abc` |" in page


def test_a_disk_that_lies_unnoticed_is_harm() -> None:
    """A control that finds nothing fails the soak."""
    lies = {"synchronous is NORMAL": {"images": 9, "lost": 0, "corrupt": 0}}
    assert soak.harmed({"lies": lies})
    assert not soak.harmed({"lies": {"synchronous is NORMAL": {"images": 9, "lost": 3, "corrupt": 0}}, "lost": 0})
    assert soak.harmed({"cases": ["something"]})


def test_mutants_are_counted_by_whether_a_test_noticed() -> None:
    """A mutant that hangs its tests was noticed; one that no test touches was not."""
    done = counted("acts", {"killed": 6, "survived": 1, "timeout": 2, "no_tests": 1, "total": 20})
    assert (done.total, done.tried, done.noticed, done.survived, done.timeouts, done.score) == (20, 10, 8, 2, 2, 80.0)
    assert counted("acts", {"failure": "it did not start"}).score == 0.0
    assert counted("acts", {"failure": "it did not start"}).packages["acts"]["failure"] == "it did not start"


def test_packages_are_counted_apart_and_together() -> None:
    """The score of all is that of all mutants, not the mean of two scores."""
    done = counted("acts", {"killed": 30, "survived": 10, "total": 40})
    done.add(counted("ledger", {"killed": 59, "timeout": 1, "total": 60}))
    assert (done.total, done.survived, done.timeouts, done.score) == (100, 10, 1, 90.0)
    assert [part["score"] for part in done.packages.values()] == [75.0, 100.0]
    assert done.packages["ledger"] == {
        "total": 60,
        "tried": 60,
        "noticed": 60,
        "survived": 0,
        "timeouts": 1,
        "score": 100.0,
    }


SENTENCES = [
    ('    "The note is not UTF-8.",', True),
    ('    es=f"El acto no se dirige a {party}.",', True),
    ('    "is defined twice",', True),
    ('    "Malformed base64.",', True),
    ('    f"{path}.{name}",', False),
    ('    f"old {old}",', False),
    ('    f"cosignature/v1\\ntime {time} of {log}\\n",', False),
    ('    b"one two three",', False),
    ("    es=es,", False),
    ("    8,", False),
    ('    raise refused("The note is not UTF-8.", 8)', False),
]


@pytest.mark.parametrize(("line", "left_as_it_is"), SENTENCES)
def test_only_a_sentence_alone_on_its_line_is_left_as_it_is(line: str, left_as_it_is: bool) -> None:
    assert bool(re.search(SENTENCE, line)) == left_as_it_is
