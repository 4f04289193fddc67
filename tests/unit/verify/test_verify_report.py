# SPDX-License-Identifier: Apache-2.0
"""What the auditor reads: exit codes, two languages, what is proved and what is not, item by item."""

import ast
import json
import runpy
import string
import sys
from pathlib import Path
from typing import Any

import pytest

import paridad_verify
from paridad_verify.__main__ import WORDS, main
from support.verify_maker import PROGRAMME, T0, Exchange, Tree, World, line_of

SOURCES = sorted(Path(paridad_verify.__file__).parent.glob("*.py"))
AT = ["--at", str(T0 + 1000)]


@pytest.fixture(scope="module")
def told() -> Exchange:
    """One matter from end to end."""
    return Exchange(World())


@pytest.fixture
def bundle(told: Exchange, tmp_path: Path) -> Path:
    """Its bundle in a file."""
    return saved(told.world, told.lines(), tmp_path)


def saved(world: World, lines: list[Tree], folder: Path) -> Path:
    """Seal lines into a file."""
    path = folder / "matter.bundle"
    path.write_bytes(world.seal(lines))
    return path


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Run the command and return its exit code and output."""
    code = main([*arguments, *AT])
    return code, capsys.readouterr().out


def as_json(capsys: pytest.CaptureFixture[str], path: Path, *arguments: str) -> Any:
    """Run the command for its JSON."""
    return json.loads(printed(capsys, str(path), "--json", *arguments)[1])


def told_of(found: Any, item: str, table: str = "proved") -> list[str]:
    """Return the ids of the sentences about an item."""
    return [each["id"] for each in found[table] if each["item"] == item]


def test_a_verified_bundle(told: Exchange, bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 0, and each act says who, where, seen by whom, received, what is open."""
    assert printed(capsys, str(bundle))[0] == 0
    found = as_json(capsys, bundle, "--charter-hash", told.world.charter_hash)
    assert list(found) == ["verified", "acts", "checkpoints", "cosignatures", "failures", "proved", "not_proved"]
    assert (found["verified"], found["acts"], found["checkpoints"], found["cosignatures"]) == (True, 5, 3, 5)
    assert told_of(found, "bundle") == ["sealed"]
    assert told_of(found, "charter") == ["anchored"]
    assert told_of(found, "stream 1") == ["stream"]
    assert told_of(found, "act 1") == ["said", "stands", "witness", "mirror", "open"]
    assert told_of(found, "act 2") == ["said", "stands", "witness", "mirror", "received", "open"]
    assert told_of(found, "act 3") == ["said", "stands", "witness", "mirror", "received", "open", "withheld"]
    assert told_of(found, "act 4") == ["said", "stands", "witness", "open", "exchange/release/1"]
    assert told_of(found, "act 5") == ["said", "stands", "witness", "mirror", "open", "exchange/receipt/1"]
    limits = ["true", "outside", "erased", "forwarded", "clocks", "split", "ended", "vocabulary"]
    assert told_of(found, "bundle", "not_proved") == limits


def test_the_first_cosigned_tree_that_holds_an_act_counts(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An act in the tree of size 2 was seen with it; one that came later, with the tree of size 3."""
    found = as_json(capsys, bundle)
    witnessed = {each["item"]: each["en"] for each in found["proved"] if each["id"] == "witness"}
    assert "the tree of size 2" in witnessed["act 2"]
    assert "the tree of size 3" in witnessed["act 4"]


def test_without_an_anchor_the_charter_is_assumed(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The report names the charter hash on which all of it stands."""
    found = as_json(capsys, bundle)
    assert told_of(found, "charter", "not_proved") == ["assumed"]
    assert told_of(found, "charter") == []


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("es", ["VERIFICADO. Actos: 5", "Lo que esto prueba", "firmó «folio/request/1»", "Lo que esto NO prueba"]),
        ("en", ["VERIFIED. Acts: 5", "What this proves", "signed “folio/request/1”", "What this does NOT prove"]),
    ],
)
def test_both_languages(language: str, words: list[str], bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The report is whole in each language."""
    text = printed(capsys, str(bundle), "--lang", language)[1]
    assert all(each in text for each in words)


def test_a_bundle_that_fails(told: Exchange, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 3; the fault is named with item, step and sentence, and nothing is said of the failed act."""
    lines = told.lines()
    line_of(lines, "act", 2)["wire"] = told.record.wire + "QQ~"
    path = saved(told.world, lines, tmp_path)
    code, text = printed(capsys, str(path), "--lang", "en")
    assert code == 3
    assert text.startswith("NOT VERIFIED: do not rely on this bundle.")
    assert "  ✗ act 2, step 3 (json-syntax): Not JSON in UTF-8, alone and whole." in text
    found = as_json(capsys, path, "--charter-hash", told.world.charter_hash)
    assert found["failures"][0] == {
        "item": "act 2",
        "step": 3,
        "id": "json-syntax",
        "es": "No es JSON en UTF-8, solo y entero.",
        "en": "Not JSON in UTF-8, alone and whole.",
    }
    assert told_of(found, "act 2") == []
    assert told_of(found, "bundle") == []
    assert told_of(found, "charter", "not_proved") == ["assumed"]


def test_every_kind_that_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Recalls, their answers, outcomes and closures are told; their fields may be closed."""
    world = World()
    kinds: dict[str, Tree] = {
        "folio/recall/1": {"reason": "x"},
        "folio/recall-answer/1": {"attested": True},
        "folio/outcome/1": {"outcome": "arrest"},
        "folio/closure/1": {},
        "folio/supplement/1": {"withheld": [{"rule": "r", "clause": "c"}]},
        "folio/outcome/2": {},
    }
    acts = [world.say("AA/POLICE", knd, fields) for knd, fields in kinds.items()]
    acts.append(world.say("AA/POLICE", "folio/outcome/1", {}))
    for act in acts:
        world.file(act)
    found = as_json(capsys, saved(world, world.export(acts), tmp_path))
    last = [told_of(found, f"act {number}")[-1] for number in range(1, 8)]
    assert last == [*list(kinds)[:4], "withheld", "open", "folio/outcome/1"]
    assert found["proved"][-1]["en"] == "It states the outcome: -."


def test_what_only_the_exporter_says(told: Exchange, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A stream without its covers, an act that nobody cosigned, fields left out: each is said to be so."""
    world = told.world
    note = world.note(told.record.origin, 2, roles=())
    lines = [
        world.head(),
        {"t": "charter", "signed": world.signed_charter},
        {"t": "checkpoint", "note": note},
        world.act_line(told.record, 2, omits=[told.record.digests[0]]),
        {"t": "stream", "from": "BB/CUSTOMS", "to": "AA/POLICE", "first": 1, "acts": [told.record.hash]},
    ]
    found = as_json(capsys, saved(world, lines, tmp_path))
    assert told_of(found, "stream 1", "not_proved") == ["claimed"]
    assert told_of(found, "act 1", "not_proved") == ["uncosigned"]
    assert told_of(found, "act 1") == ["said", "stands", "open", "omits"]


def test_proof_of_two_histories(told: Exchange, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Evidence against a log is among what is proved."""
    origin = f"BB/{PROGRAMME}/shared"
    notes = [told.world.note(origin, 2), told.world.note(origin, leaves=[b"x", b"y"])]
    lines = [*told.lines(), {"t": "evidence", "notes": notes}]
    assert told_of(as_json(capsys, saved(told.world, lines, tmp_path)), "evidence 1") == ["equivocation"]


def test_no_act_speaks_to_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Control and direction marks in what an act says are not printed."""
    world = World()
    withheld = [{"rule": "r", "clause": "c", "what": "\x1b[2J\u202ename"}]
    act = world.say("AA/POLICE", "folio/answer/1", {"withheld": withheld})
    text = printed(capsys, str(saved(world, world.export([act]), tmp_path)))[1]
    assert "«�[2J�name»" in text


def test_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 for a file that is not there, and for no file."""
    for arguments in ([str(tmp_path / "none")], []):
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        assert caught.value.code == 2
    assert "paridad-verify" in capsys.readouterr().err


def test_as_a_module(bundle: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`python -m paridad_verify` answers with the exit code."""
    monkeypatch.setattr(sys, "argv", ["paridad-verify", str(bundle), *AT])
    monkeypatch.delitem(sys.modules, "paridad_verify.__main__")
    with pytest.raises(SystemExit) as caught:
        runpy.run_module("paridad_verify", run_name="__main__")
    assert caught.value.code == 0
    assert "VERIFICADO" in capsys.readouterr().out


# The words, and the size of the whole


def strings_of(path: Path) -> set[str]:
    """Return all string constants of a module."""
    return {
        node.value
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_every_sentence_is_said_and_none_is_missing() -> None:
    """Each fault of the code has its sentence, and each sentence is used."""
    used = set().union(*(strings_of(path) for path in SOURCES))
    raised = set[str]()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"demand", "Fault"}:
                argument = node.args[1 if node.func.id == "demand" else 0]
                if isinstance(argument, ast.Constant):
                    raised.add(str(argument.value))
    assert raised == set(WORDS["fault"])
    said = {name for table in ("proved", "not_proved") for name in WORDS[table] if "/" not in name}
    assert said - {"witness", "mirror"} <= used


@pytest.mark.parametrize("table", list(WORDS))
def test_both_languages_say_the_same_things(table: str) -> None:
    """Each sentence stands in both languages and fills in the same values."""
    for name, words in WORDS[table].items():
        places = [{field for _, field, _, _ in string.Formatter().parse(words[each])} for each in ("es", "en")]
        assert list(words) == ["es", "en"], name
        assert places[0] == places[1], name


def test_it_stays_small_and_stands_alone() -> None:
    """Fewer than a thousand lines, blank ones and comments included; nothing of the node is imported."""
    texts = [path.read_text("utf-8") for path in SOURCES]
    assert sum(text.count("\n") for text in texts) < 1000
    modules = {
        name.partition(".")[0]
        for text in texts
        for node in ast.walk(ast.parse(text))
        for name in (
            [each.name for each in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert modules - set(sys.stdlib_module_names) == {"paridad_verify", "cryptography", "nacl"}
