# SPDX-License-Identifier: Apache-2.0
"""Mutants: one small change at a time to the code that signs and proves, and whether its own tests notice.

Rules
  - mutmut works in a copy of the checkout; nothing here is changed.
  - Each package is judged by the unit tests of that package alone, so that a figure says what these tests are worth.
  - The sentences of refusals are left as they are: other tests demand both languages, their wording is free. In the
    copy every argument stands on a line of its own, so that what is left out is a sentence and nothing beside it.
  - Randomised tests draw the same few examples in every run: a figure can be repeated. Memory is bounded, so that a
    mutant that collects without end fails at once.
  - A mutant counts as noticed when a test failed, hung or crashed over it; how many hung is said apart.
  - A run that is cut short says how many mutants there are and how many were tried; the score is of those tried.
  - mutmut changes what functions do; constants of a module and whatever has a decorator (properties) it leaves alone.

Worked example
    mutate(("acts", "ledger"), seconds=3600)
        is Mutated(total=2400, tried=2400, noticed=2300, survived=100, timeouts=20, score=95.8, packages={…})
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("src", "tests", "pyproject.toml", "README.md", "LICENSE")
LEFT_OUT = ("test_interop_sdjwt.py",)
"""Tests that start Node and npm."""
QUICK = "not LogMachine and not flipped_bits"
"""Long walks are left out too: the figure is that of the tables alone, and a run takes half the time."""
COUNTED = ("killed", "survived", "timeout", "suspicious", "segfault", "no_tests")
SENTENCE = r"""^\s*(?:es=|en=)?f?"[^"\\]* (?:[^"\\]+ [^"\\]*|[^"\\]+\.)",?$"""
"""A text of three words, or of two and a full stop, alone on its line."""
CONFIGURATION = """
[tool.mutmut]
source_paths = ["src"]
only_mutate = ["src/paridad/{package}/*"]
also_copy = ["tests", "pyproject.toml"]
do_not_mutate_patterns = ['''{sentence}''']
timeout_constant = 20.0
timeout_multiplier = 1.5
pytest_add_cli_args = ["-p", "no:cacheprovider", "-m", "not slow and not node_js and not faults", "-k", "{quick}"]
pytest_add_cli_args_test_selection = ["tests/unit/{package}"]
"""
MEMORY = 1 << 30
PROFILE = f"""
import resource
from hypothesis import Phase
resource.setrlimit(resource.RLIMIT_AS, ({MEMORY}, resource.getrlimit(resource.RLIMIT_AS)[1]))
settings.register_profile(
    "mutants",
    settings.get_profile("paridad"),
    derandomize=True,
    database=None,
    max_examples=25,
    phases=[Phase.explicit, Phase.generate],
)
settings.load_profile("mutants")
"""


@dataclass
class Mutated:
    """What became of the mutants."""

    total: int = 0
    tried: int = 0
    noticed: int = 0
    survived: int = 0
    timeouts: int = 0
    """Of those noticed, the ones that made a test hang."""
    score: float = 0.0
    """Noticed of those tried, per cent."""
    packages: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, other: "Mutated") -> None:
        """Count other packages in."""
        self.total += other.total
        self.tried += other.tried
        self.noticed += other.noticed
        self.survived += other.survived
        self.timeouts += other.timeouts
        self.packages |= other.packages
        self.score = round(100 * self.noticed / self.tried, 1) if self.tried else 0.0

    def figures(self) -> dict[str, Any]:
        """Return the counts without their parts."""
        return {name: value for name, value in vars(self).items() if name != "packages"}


def mutate(packages: Sequence[str], *, seconds: float) -> Mutated:
    """Try the mutants of some packages; each has an equal share of the time that is left."""
    done, until = Mutated(), time.monotonic() + seconds
    for place, package in enumerate(packages):
        share = (until - time.monotonic()) / (len(packages) - place)
        done.add(counted(package, _mutate(package, seconds=share)))
    return done


def _mutate(package: str, *, seconds: float) -> dict[str, Any]:
    with TemporaryDirectory(prefix="paridad-mutants-") as name:
        folder = Path(name)
        prepare(folder, package)
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


def prepare(folder: Path, package: str) -> None:
    """Copy the checkout for mutmut: a line for each argument, settings of its own for the randomised tests."""
    ignored = shutil.ignore_patterns("__pycache__", ".hypothesis", "node_modules", *LEFT_OUT)
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, folder / name)
    narrow = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", "50"]
    subprocess.run([*narrow, folder / "src" / "paridad" / package], capture_output=True, check=True)
    with (folder / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(CONFIGURATION.format(package=package, sentence=SENTENCE, quick=QUICK))
    with (folder / "tests" / "conftest.py").open("a", encoding="utf-8") as file:
        file.write(PROFILE)


def counted(package: str, stats: Mapping[str, Any]) -> Mutated:
    """Return the counts of a package from those of mutmut."""
    tried = sum(stats.get(name, 0) for name in COUNTED)
    survived = stats.get("survived", 0) + stats.get("no_tests", 0)
    done = Mutated()
    done.add(Mutated(stats.get("total", 0), tried, tried - survived, survived, stats.get("timeout", 0)))
    failure = {"failure": stats["failure"]} if "failure" in stats else {}
    done.packages = {package: done.figures() | failure}
    return done
