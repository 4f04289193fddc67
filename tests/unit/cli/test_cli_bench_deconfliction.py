# SPDX-License-Identifier: Apache-2.0
"""`paridad bench deconfliction`: every figure is there, goals are judged by the figures, an engine that is absent is said."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from paridad.cli import bench, bench_deconfliction
from paridad.cli.bench_deconfliction import MEASURES, Load, goals, run
from paridad.desks.targets.deconfliction.checks import is_capacity


@pytest.mark.slow
def test_a_small_measure_has_every_figure() -> None:
    """Two processes, a whole run at one size, hostile and random runs: equal digests, cheats seen."""
    told: list[str] = []
    small = Load(tokens=64, records=8, runs=2, sizes=(64,), names=4, listed=20, stuffed=60, data=Path("nowhere"))
    found = run(small, tell=told.append)
    assert found["mutual"]["equal"] is True
    assert found["mutual"]["common"] == 6
    assert found["whole"]["equal"] is True
    assert found["hostile"]["seen"] == found["random"]["equal"] == 1
    assert "not run" in found["openmined_psi"]
    assert found["asked"]["found"] == found["asked"]["common"] == 2
    assert "not run" in found["quality"]
    assert len(found["goals"]) == 10
    assert told[0] == "threads …"


FIGURES: dict[str, Any] = {
    "mutual": {"seconds": 21.9}, "whole": {"seconds": 59.0, "ahead": 2048}, "formula": [{"ratio": 1.1}],
    "hostile": {"seen": 1.0}, "sample": {"seen": 0.983}, "random": {"equal": 1.0}, "asked": {"seconds": 15},
    "stuffed": {**{name: {"paused": 0.95} for name in ("sweep", "borrowed", "drip")}, "normal": {"alarms": 0}},
}  # fmt: skip


def test_goals_are_judged_by_the_figures() -> None:
    """Met where the figure is within, not met where it is not."""
    assert all(each["met"] for each in goals(FIGURES))
    worse = {**FIGURES, "mutual": {"seconds": 22.1}, "formula": [{"ratio": 1.0}, {"ratio": 1.2}]}
    assert [each["id"] for each in goals(worse) if not each["met"]] == ["T13", "T14"]
    assert [each["id"] for each in goals({"asked": {"seconds": 16}})] == ["T15"]
    assert goals({"quality": {"goals": [{"id": "T1", "met": False}]}}) == [{"id": "T1", "met": False}]


def test_no_other_command_loads_the_group() -> None:
    """The wheel writes its library to a temporary file at import: a host that forbids that keeps every other command."""
    said = "import sys, paridad.cli, paridad.node.composing; print('rbcl' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("tokens", [8, 56, 72_000, 144_000])
def test_a_capacity_holds_the_tokens(tokens: int) -> None:
    """The smallest of the capacities that may be agreed."""
    places = bench_deconfliction.capacity(tokens)
    assert places >= tokens
    assert is_capacity(places)


def test_the_figures_come_as_json_where_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line of JSON, or a line for each figure."""
    monkeypatch.setattr(bench_deconfliction, "run", lambda load, tell: {"tokens": load.tokens, "told": tell("…")})
    result = CliRunner().invoke(bench.bench, ["deconfliction", "--tokens", "7", "--json"])
    assert json.loads(result.stdout) == {"tokens": 7, "told": None}
    result = CliRunner().invoke(bench.bench, ["deconfliction", "--tokens", "7"])
    assert result.stdout.splitlines() == ["tokens: 7", "told: None"]


def test_measures_are_chosen_by_their_name() -> None:
    """The command line knows every measure, without loading them."""
    assert set(bench.RUN_MEASURES) == set(MEASURES)
    found = run(Load(names=2, listed=3, only=("asked",)))
    assert set(found) == {"load", "asked", "goals"}
