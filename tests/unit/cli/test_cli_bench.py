# SPDX-License-Identifier: Apache-2.0
"""`paridad bench exchange`: what it measures is asked for in words that make sense together."""

import importlib
import json
from collections.abc import Mapping
from typing import Any

import pytest
from click.testing import CliRunner

from paridad.cli import bench
from paridad.cli.bench_exchange import Load, figures, limit, run
from paridad.cli.bench_stores import databases
from paridad.cli.errors import InputRefused


def test_sqlite_takes_one_process_a_node() -> None:
    result = CliRunner().invoke(bench.bench, ["exchange", "--workers", "2"])
    assert isinstance(result.exception, InputRefused)
    assert "one process a node" in result.exception.sentence("en")


def test_without_a_server_out_of_a_wheel_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(InputRefused, match="is not installed"), databases("postgresql", ("A",)):
        pytest.fail("lent a database")


def test_only_whole_batches_are_exchanged() -> None:
    assert (Load(1000, 100).total, Load(1000, 100, workers=3).total, Load(10, 100).total) == (1000, 600, 200)
    assert Load(1000, 100, streams=1).total == 1000


def test_two_nodes_exchange_and_the_figures_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("paridad.cli.bench_exchange._per_call", lambda *_: 1e-5)
    found = run(Load(acts=20, batch=10))
    assert (found["acts"], found["batch"], found["streams"], found["repeats"]) == (20, 10, 2, 0)
    assert found["acts_per_second"] > 0
    assert found["unavoidable_us_per_act"]["sum"] == pytest.approx(1e6 * limit(10)["sum"], abs=0.1)


def test_no_answer_in_time_is_an_error_and_not_a_figure() -> None:
    assert figures(Load(100, 100), [{}], [{}], {"sum": 1.0}) == {"error": "no answer in time"}


def test_the_figures_come_as_json_where_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def measured(load: Load, *, stores: Mapping[str, str]) -> dict[str, Any]:
        return {"acts": load.total, "stores": len(stores)}

    monkeypatch.setattr(bench, "run", measured)
    result = CliRunner().invoke(bench.bench, ["exchange", "--acts", "400", "--json"])
    assert json.loads(result.stdout) == {"acts": 400, "store": "sqlite", "stores": 0}
    result = CliRunner().invoke(bench.bench, ["exchange", "--acts", "400"])
    assert result.stdout.splitlines() == ["store: sqlite", "acts: 400", "stores: 0"]


def test_pages_are_measured_on_a_seeded_node() -> None:
    """A few folios of every sort are seeded, every page answers, and the figures say how they came about."""
    done = CliRunner().invoke(bench.bench, ["web", "--folios", "8", "--acts", "80", "--requests", "4", "--json"])
    found = json.loads(done.stdout)
    assert (found["folios"], found["seeded_in_bulk"], found["signatures"]) == (8, True, "real")
    assert set(found["pages"]) >= {"home", "inbox", "folio", "search"}
    assert all(each["p50_ms"] <= each["p95_ms"] and each["kilobytes"] > 1 for each in found["pages"].values())
