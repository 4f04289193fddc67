# SPDX-License-Identifier: Apache-2.0
"""What blind keys find: the measure by itself, on invented pairs; on the public list where the data is there."""

from pathlib import Path
from random import Random

import pytest

from paridad.cli import bench_quality
from paridad.cli.bench_quality import Entry, Pairing, Quality, decoys, goals, joined, parts, quality
from paridad.cli.bench_targets_data import Files
from paridad.desks.targets.deconfliction.keys import Budget
from support.shared_data import shared

LISTED = Entry("IBARRA ZAVALA, Jesus", "1979-03-25")
PAIRS = [Pairing("c", 100, (LISTED, Entry("Chuy Ybarra Zabala", "1979-03-25")))]
BUDGET = Budget(10_000, 300)


def test_a_nickname_and_another_spelling_meet() -> None:
    """By sound and day; without a day or with another one they do not."""
    one = [parts("0-p0", LISTED)]
    for name, born, meets in (
        ("Chuy Ybarra Zabala", "1979-03-25", True),
        ("Chuy Ybarra Zabala", "1984-11-02", False),
        ("Ana Sosa Vela", "1979-03-25", False),
    ):
        assert bool(joined(one, [parts("1-p0", Entry(name, born))], BUDGET)) is meets


def test_a_document_meets_a_name_by_its_root() -> None:
    """A record of a CURP and another of name and date share their root."""
    document = parts("0-p0", Entry("Nadie", "", "PIRO710324MJCNZL92"))
    named = parts("1-p0", Entry("PINEDO RUIZ, Olga", "1971-03-24"))
    assert set(document.roots) & set(named.roots) == {"PIRO710324"}


@pytest.mark.parametrize("kind", ["own table", "recombined", "families"])
def test_decoys_are_on_one_side_alone(kind: str) -> None:
    """As many as asked, and nobody twice by name and date on both sides."""
    first, second = decoys(kind, 12, Files(Path("nowhere")), PAIRS, Random(1))
    assert len(first) == len(second) == 12
    assert not set(first) & set(second)


def test_goals_are_judged_by_the_figures() -> None:
    """Only of the decoys that were measured."""
    figures = {"another table": {"f1": 0.8, "of_clear": 0.91, "false_per_10000": 6}, "families": {"precision": 0.95}}
    assert [(each["id"], each["met"]) for each in goals(figures)] == [
        ("T1", True), ("T2", False), ("T3", True), ("T4", True)
    ]  # fmt: skip


def test_scores_count_pairs() -> None:
    """One true pair found and one false: half of each is right."""
    true = {("a", "b"): PAIRS[0]}
    short = bench_quality._short([("a", "b"), ("x", "y")], true)
    assert short == {"f1": 0.6667, "precision": 0.5, "recall": 1.0, "false": 1}
    assert bench_quality._by_crowd([("a", "b")], true) == [0.0, 0.0, 1.0]


@pytest.mark.shared
@pytest.mark.slow
def test_the_public_list_gives_every_figure() -> None:
    """A small measure of one kind of decoys; the figures of the goals are made on an idle machine."""
    found = quality(Quality(shared("targets"), records=100, part="tuning", kinds=("another table",)))
    (told,) = found["kinds"].values()
    assert 0 < told["recall"] < 1
    assert told["interval"][0] <= told["f1"] <= told["interval"][1]
    assert {each["id"] for each in found["goals"]} == {"T1", "T2", "T4"}
