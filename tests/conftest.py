# SPDX-License-Identifier: Apache-2.0
"""Rules for the whole suite: with STRICT=1 a skipped test is a failure, otherwise the skips are said at the end.

Randomised tests are never timed: a busy machine is not a fault. A failing example is printed so that it can be
repeated.
"""

import os
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

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
