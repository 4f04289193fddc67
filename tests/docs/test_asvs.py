# SPDX-License-Identifier: Apache-2.0
"""The security table names tests that exist, and every chapter of the standard."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TABLE = (ROOT / "docs/security/asvs.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TABLE)))
LINES = re.findall(r"^\| (V[^|]+) \| ([^|]+) \| ([^|]+) \|$", TABLE, re.MULTILINE)


@pytest.mark.parametrize(("file", "name"), NAMED, ids=[name for _, name in NAMED])
def test_every_named_test_exists(file: str, name: str) -> None:
    """A line is shown by a test that is there."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    assert name in {each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)}


def test_every_chapter_is_there_and_no_line_is_empty() -> None:
    """Seventeen chapters; each line says what is done and how one sees it."""
    assert re.findall(r"^## V(\d+)", TABLE, re.MULTILINE) == [str(n) for n in range(1, 18)]
    assert all(re.fullmatch(r"(V\d+(\.\d+)*( to V\d+(\.\d+)*)?( \(L3\))?(, )?)+", number) for number, _, _ in LINES)
    assert len(LINES) == len([line for line in TABLE.splitlines() if line.startswith("| V")])


def test_the_tests_of_the_edge_are_all_named() -> None:
    """What is tested about signing in and the guard stands in the table or is a control of what does."""
    assert len(NAMED) > 60
