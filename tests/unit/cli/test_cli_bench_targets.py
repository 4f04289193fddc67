# SPDX-License-Identifier: Apache-2.0
"""`paridad bench targets`: the split is fixed, nothing is called met that was not measured, and figures say both numbers."""

import csv
import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from paridad.cli import bench, bench_targets
from paridad.cli import bench_targets_data as data
from paridad.cli.bench_targets import Setting, f1, line
from paridad.cli.errors import InputRefused
from support.targets_list import ADD, ALT, SDN

PEOPLE = ["Olga Pinedo Zepeda", "Hugo Zavala Quiroz", "Rosa Elizondo Payán", "Raúl Ibarra Núñez"] * 10


def write_rows(path: Path, rows: list[dict[str, str]]) -> None:
    """Write a csv file with a header."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def pack(path: Path, content: bytes) -> None:
    """Write a packed file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content, mtime=0))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a small folder of data in the layout of the real one; everybody in it is invented."""
    root = tmp_path_factory.mktemp("data")
    names = [f"{name} {chr(97 + place % 26)}x{place}" for place, name in enumerate(PEOPLE)]
    pairs = [
        {"name1": name, "name2": name.upper() if place % 2 else f"Otro Nadie{place}",
         "schema": "Person" if place % 3 else "Company", "is_match": str(bool(place % 2)).lower()}
        for place, name in enumerate(names)
    ]  # fmt: skip
    write_rows(root / data.PAIRS, pairs)
    checks = [
        {"match": True, "schema": "Person", "query": {"firstName": name}, "candidate": {"name": name}} for name in names
    ]
    (root / data.CHECKS).write_text(json.dumps(checks), encoding="utf-8")
    write_rows(
        root / data.SPELLINGS, [{"listed_name": each, "altered_name": each, "date_of_birth": "1971"} for each in names]
    )
    invented = root / "invented.csv"
    write_rows(
        invented,
        [{"full_name": name, "first_name": name.split()[0], "last_name": name.split()[1], "date_of_birth": "1980-05-06"}
         for name in names],
    )  # fmt: skip
    pack(root / data.INVENTED, invented.read_bytes())
    write_rows(root / data.SURNAMES, [{"Country": each, "Localized Name": name, "Count": "5"}
                                      for each, name in (("MX", "Hernández"), ("US", "Smith"))])  # fmt: skip
    write_rows(root / data.FORENAMES, [{"Localized Name": "Sofía"}, {"Localized Name": "Mateo"}])
    linkage = [
        {"rec_id": f"rec-{place}-{copy}", "given_name": "olga", "surname": f"pinedo{chr(97 + place % 26)}",
         "date_of_birth": f"1971{1 + place % 12:02}{2 + place % 25:02}", "soc_sec_id": f"12345{place:02}",
         "address_1": "calle", "postcode": "1"}
        for place in range(30)
        for copy in ("org", "dup-0")
    ]  # fmt: skip
    write_rows(root / data.LINKAGE, linkage)
    for name, content in zip(data.LIST, (SDN, ALT, ADD), strict=True):
        pack(root / name, content.encode())
    return root


def small(folder: Path, **more: Any) -> Setting:
    """Return a setting that takes moments."""
    return Setting(folder, screened=5, dossiers=60, queries=20, pairs=60, rounds=1, **more)


def test_without_baselines_nothing_that_needs_one_is_met(folder: Path) -> None:
    """Every goal of clear matching has its figures; where a baseline is absent that is said."""
    found = bench_targets.run(small(folder))
    assert {each["id"] for each in found["goals"]} == {"T5", "T6", "T6b", "T8", "T9", "T10", "T11", "T12", "T23"}
    needing = [each for each in found["goals"] if each["id"] in {"T6b", "T8", "T23"}]
    assert all(each["met"] is None and each["baseline"] is None for each in needing)
    assert all("not run" in each["note"] for each in needing)
    assert [each["own"] for each in found["goals"] if each["id"] == "T9"] == [1.0]
    assert data.LINKAGE in found["files"]
    assert all(len(digest) == 64 for digest in found["files"].values())
    again = bench_targets.run(small(folder))
    timed = {"T10", "T11", "T12"}
    assert [each for each in found["goals"] if each["id"] not in timed] == [
        each for each in again["goals"] if each["id"] not in timed
    ]


def test_baselines_run_beside_and_their_numbers_are_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def aside(interpreter: str, script: str, given: Mapping[str, Any]) -> dict[str, Any]:
        assert interpreter in {"nk", "sp"}
        if script == "logic_v2.py":
            return {"scores": [1.0] * len(given["pairs"]), "seconds": 1.0, "version": "4"}
        ids = [each["unique_id"] for each in given["records"]]
        return {"pairs": [[ids[0], ids[1], 0.9]], "seconds": 1.0, "version": "5"}

    monkeypatch.setattr(bench_targets, "_aside", aside)
    found = bench_targets.run(small(folder, logic_v2="nk", splink="sp"))
    assert found["versions"]["nomenklatura"] == "4"
    assert found["versions"]["splink"] == "5"
    assert all(each["met"] is not None for each in found["goals"] if each["id"] in {"T6b", "T8", "T23"})
    [speed] = [each for each in found["goals"] if each["id"] == "T10"]
    assert speed["baseline"] > 0
    assert speed["ratio"] > 0


def test_one_goal_can_be_measured_alone(folder: Path) -> None:
    """What was not asked for is not there; nothing was explained, so nothing is said about explanations."""
    found = bench_targets.run(small(folder, only=("T10", "T9")))
    assert [each["id"] for each in found["goals"]] == ["T10"]


def test_the_split_is_by_components_and_fixed() -> None:
    """What a chain of pairs connects is in one part; half of all is in each; the same text is always in the same part."""
    component = data.components([("Ana Luz", "LUZ, Ana"), ("Ana Luz", "Anna Luz"), ("Hugo", "Ugo")])
    assert component("Luz Ana") == component("Anna Luz") != component("Hugo")
    assert data.part_of("barack obama") == "tuning"
    assert 400 < sum(data.part_of(str(number)) == data.EVALUATION for number in range(1000)) < 600


def test_f1_and_lines() -> None:
    assert f1([(True, True), (True, False), (False, True)]) == 0.5
    assert f1([(False, True)]) == 0.0
    figure = {
        "id": "T5",
        "metric": "F1",
        "part": "evaluation",
        "own": 0.5,
        "baseline": None,
        "goal": ">= 1",
        "note": "",
    }
    assert line({**figure, "met": False}) == "T5 F1 (evaluation): 0.5, baseline not run, goal >= 1: not met."
    assert line({**figure, "met": None}).endswith("not decided.")


def test_the_command_prints_lines_or_json(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Setting] = []

    def run(setting: Setting) -> dict[str, Any]:
        given.append(setting)
        return {"goals": [{"id": "T5", "metric": "F1", "part": "evaluation", "own": 1, "baseline": 1, "goal": ">= 1",
                           "met": True, "note": ""}]}  # fmt: skip

    monkeypatch.setattr(bench_targets, "run", run)
    asked = ["targets", "--data", str(folder), "--logic-v2", "nk"]
    assert json.loads(CliRunner().invoke(bench.bench, [*asked, "--json"]).stdout)["goals"][0]["met"] is True
    assert CliRunner().invoke(bench.bench, asked).stdout == "T5 F1 (evaluation): 1, baseline 1, goal >= 1: met.\n"
    assert (given[0].logic_v2, given[0].dossiers) == ("nk", 100_000)


def test_a_folder_without_data_is_said(tmp_path: Path) -> None:
    result = CliRunner().invoke(bench.bench, ["targets", "--data", str(tmp_path)])
    assert isinstance(result.exception, InputRefused)
    assert "is not there" in result.exception.sentence("en")
