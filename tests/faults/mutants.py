# SPDX-License-Identifier: Apache-2.0
"""Mutants: one small change at a time to the code that signs and proves, and whether its own tests notice.

Rules
  - mutmut works in a copy of the checkout; nothing here is changed.
  - Each package is judged by the unit tests of that package alone, so that a figure says what these tests are worth.
  - The sentences of refusals are left as they are: other tests demand both languages, their wording is free.
  - A run that is cut short says how many mutants there are and how many were tried; the score is of those tried.

Worked example
    mutate(("acts", "ledger"), seconds=3600)        is Mutated(total=3900, tried=3900, noticed=3750, score=96.1, …)
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("src", "tests", "pyproject.toml", "README.md", "LICENSE")
LEFT_OUT = ("test_interop_sdjwt.py",)
"""Tests that start Node and npm."""
COUNTED = ("killed", "survived", "timeout", "suspicious", "segfault", "no_tests")
CONFIGURATION = """
[tool.mutmut]
source_paths = ["src"]
only_mutate = ["src/paridad/{package}/*"]
also_copy = ["tests", "pyproject.toml"]
do_not_mutate_patterns = ['raise _?refused\\(', 'raise malformed\\(', '^\\s*(es|en)=', 'Words\\(es=', '_refuse_body\\(']
pytest_add_cli_args = ["-q", "-p", "no:cacheprovider", "-m", "not slow and not node_js and not faults"]
pytest_add_cli_args_test_selection = ["tests/unit/{package}"]
"""


@dataclass
class Mutated:
    """What became of the mutants."""

    total: int = 0
    tried: int = 0
    noticed: int = 0
    score: float = 0.0
    """Noticed of those tried, per cent."""
    packages: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, other: "Mutated") -> None:
        """Count other packages in."""
        self.total += other.total
        self.tried += other.tried
        self.noticed += other.noticed
        self.packages |= other.packages
        self.score = round(100 * self.noticed / self.tried, 1) if self.tried else 0.0


def mutate(packages: Sequence[str], *, seconds: float) -> Mutated:
    """Try the mutants of some packages, each for its share of the time."""
    done = Mutated()
    for package in packages:
        done.add(counted(package, _mutate(package, seconds=seconds / len(packages))))
    return done


def _mutate(package: str, *, seconds: float) -> dict[str, Any]:
    with TemporaryDirectory(prefix="paridad-mutants-") as name:
        folder = Path(name)
        _copy(folder, package)
        mutmut = [sys.executable, "-m", "mutmut"]
        with (folder / "log.txt").open("wb") as log:
            run = subprocess.Popen(
                [*mutmut, "run"], cwd=folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
            )
            try:
                run.wait(seconds)
            except subprocess.TimeoutExpired:
                os.killpg(run.pid, signal.SIGTERM)
                run.wait()
        subprocess.run([*mutmut, "export-cicd-stats"], cwd=folder, capture_output=True, check=False)
        stats = folder / "mutants" / "mutmut-cicd-stats.json"
        if not stats.exists():
            return {"failure": (folder / "log.txt").read_text("utf-8", "replace")[-2000:]}
        return dict(json.loads(stats.read_text(encoding="utf-8")))


def _copy(folder: Path, package: str) -> None:
    ignored = shutil.ignore_patterns("__pycache__", ".hypothesis", "node_modules", *LEFT_OUT)
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, folder / name)
    with (folder / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(CONFIGURATION.format(package=package))


def counted(package: str, stats: Mapping[str, Any]) -> Mutated:
    """Return the counts of a package; a mutant counts as noticed when a test failed, hung or crashed over it."""
    tried = sum(stats.get(name, 0) for name in COUNTED)
    noticed = tried - stats.get("survived", 0) - stats.get("no_tests", 0)
    done = Mutated()
    done.add(Mutated(stats.get("total", 0), tried, noticed, packages={package: dict(stats)}))
    return done
