# SPDX-License-Identifier: Apache-2.0
"""The demo as a newcomer runs it: two daemons, the whole matter, one JSON line; invented and on the official list."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.shared_data import shared

SECONDS = 900
"""Patience with a busy machine; nothing is measured by it."""


def play(*more: str) -> tuple[int, dict[str, Any], str]:
    """Run the demo in a process of its own; return its exit code, its last line and what it told."""
    done = subprocess.run(
        [sys.executable, "-c", "from paridad.cli import main; main()", "demo", "--once", *more],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    last = done.stdout.strip().splitlines()[-1:] or ["{}"]
    return done.returncode, json.loads(last[0]), done.stderr


def check(result: dict[str, Any]) -> None:
    """Everything that the JSON line promises."""
    assert result["ok"] is True
    assert result["fields_released"] > 0 < result["fields_withheld"]
    assert result["recall_attested"] is True
    compared = result["compared"]
    assert compared["leads"] >= compared["reviewed"] == 2
    assert compared["same_on_both"] is compared["checked_again"] is True
    assert compared["folio"].startswith("MX-")
    assert (compared["cheat"]["named"], compared["cheat"]["step"]) == ("US/HSC", "5")
    assert result["outcome"]
    assert all(result["export_verified"].values())
    assert all(result["principles"].values())
    for party in result["parties"].values():
        assert sum(party["acts_sent"].values()) > 0 < sum(party["receipts_signed"].values())
        for log in party["logs"].values():
            assert log["size"] > 0
            assert log["root"]
            assert log["cosigned"]


def test_demo_on_invented_records(tmp_path: Path) -> None:
    """Without any data beside the checkout the demo plays, checks itself and leaves with 0."""
    code, result, told = play("--folder", str(tmp_path / "nodes"))
    assert code == 0, told
    check(result)
    assert result["dossiers_filed"] == 60


@pytest.mark.shared
@pytest.mark.slow
def test_demo_on_the_official_list(tmp_path: Path) -> None:
    """The whole official list becomes dossiers of one node; one of a narcotics programme is released in part.

    Two lists made from it are compared between the running nodes.
    """
    folder = shared("targets/ofac/sdn_2023-12-28.csv.gz").parent
    code, result, told = play("--ofac", str(folder), "--lists", str(folder), "--folder", str(tmp_path / "nodes"))
    assert code == 0, told
    check(result)
    assert (result["dossiers_filed"], result["dossiers_rejected"]) == (13_821, 0)
