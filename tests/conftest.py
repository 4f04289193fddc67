# SPDX-License-Identifier: Apache-2.0
"""Rules for the whole suite: with STRICT=1 a skipped test is a failure, otherwise the skips are said at the end.

Randomised tests are never timed: a busy machine is not a fault. A failing example is printed so that it can be
repeated.

Counting branches takes as long as the tests themselves, so it is done where there is a gate: `--part counted` are the
quick tests of the packages that `coverage_gate` demands whole, `--part rest` all others. What takes long begins first.
"""

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from coverage_gate import WHOLE

settings.register_profile("paridad", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("paridad")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure where the caller asked for strictness."""
    report = yield
    if report.skipped and os.environ.get("STRICT") == "1" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped under STRICT=1: {item.nodeid}: {report.longrepr}"
    return report


LONG = ("slow", "faults", "browser")
"""Markers of tests whose files begin first, so that none is left alone at the end."""
UNIT = Path(__file__).parent / "unit"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a caller run one part of the suite."""
    parser.addoption(
        "--part", choices=("counted", "rest"), help="only the tests whose branches are counted, or the rest"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep one part, and put the files with long tests first."""
    part = config.getoption("--part")
    left_out = [item for item in items if part and _is_counted(item) != (part == "counted")]
    config.hook.pytest_deselected(items=left_out)
    long = {item.path for item in items if any(map(item.get_closest_marker, LONG))}
    items[:] = sorted((item for item in items if item not in set(left_out)), key=lambda item: item.path not in long)


def _is_counted(item: pytest.Item) -> bool:
    packages = {UNIT / name for name in WHOLE}
    return not packages.isdisjoint(item.path.parents) and item.get_closest_marker("slow") is None
