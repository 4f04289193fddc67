# SPDX-License-Identifier: Apache-2.0
"""Two nodes with pages on ports of loopback, a matter in each state, and Debian's own Chromium to read them with.

Rules
  - The nodes live in this process with a clock that is moved by hand; their pages are served as the daemon serves them.
  - Where Chromium is absent the tests are skipped with a sentence; with STRICT=1 that is a failure.
  - Where pictures are kept (`SCREENSHOTS=folder`), the last line says where they are and how many.
  - The browser ends with each file: its loop would stop whatever runs a loop of its own in the files after it.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from support.browser_world import World
from support.pictures import pictures


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say where the pictures are, also where a page failed."""
    if kept := os.environ.get("SCREENSHOTS"):
        terminalreporter.write_line(pictures(Path(kept)))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start the browser; as root, and so in most containers, it starts only without its sandbox."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("needs Chromium, which is not on this machine: apt-get install chromium")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def world(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Return the two nodes."""
    with World(browser, tmp_path_factory.mktemp("world")) as found:
        yield found
