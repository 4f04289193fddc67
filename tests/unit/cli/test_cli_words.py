# SPDX-License-Identifier: Apache-2.0
"""The words of the command line: complete in both languages, none to spare, and shown as people read."""

import re
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

import click
import pytest

from paridad.base.strict import JsonValue
from paridad.base.words import Language
from paridad.cli.operations import NOUNS, OPERATIONS
from paridad.cli.showing import lines
from paridad.cli.tree import APART, leaves
from paridad.cli.verbs import named
from paridad.cli.words import COMMANDS, LABELS, OPTIONS, PHRASES, moment, option_words
from support.cli_world import TREES

SOURCES = "\n".join(
    path.read_text(encoding="utf-8")
    for path in (*Path(str(files("paridad.cli"))).glob("*.py"), Path(str(files("paridad.folio"))) / "scorecard.py")
    if path.name
    not in {"demo.py", "bench.py", "bench_deconfliction.py", "bench_exchange.py", "bench_web.py", "two_processes.py"}
)


def paths(language: Language) -> dict[str, click.Command]:
    """Return every command of a tree but those that bring their own module."""
    found = dict(leaves(TREES[language]))
    return {path: each for path, each in found.items() if path.split()[1:2] not in [[each.name] for each in APART]}


def test_both_trees_have_the_same_commands_and_parameters() -> None:
    """Spanish and English differ in words and in nothing else."""
    es, en = paths("es"), paths("en")
    assert es.keys() == en.keys()
    for path, command in es.items():
        assert [each.opts for each in command.params] == [each.opts for each in en[path].params], path


def test_every_command_and_option_has_its_help_and_none_is_left_over() -> None:
    """Help is complete, in both languages, and describes nothing that does not exist."""
    bare = {path.removeprefix("paridad ") for path in paths("es")}
    assert bare | {each.name for each in APART} == set(COMMANDS)
    used = set()
    for name, verb in named(NOUNS):
        path = name.replace(".", " ")
        for field in verb.form.__dataclass_fields__:  # type: ignore[attr-defined]
            option_words(path, field)
            used.add(f"{path}:{field}" if f"{path}:{field}" in OPTIONS else field)
    assert used == set(OPTIONS)


def test_no_label_and_no_phrase_is_left_over() -> None:
    """What the code does not say, the table does not hold."""
    said = set(re.findall(r'"([a-z][a-z0-9_:]*)"', SOURCES))
    metavars = {name for name in PHRASES if name.startswith(("metavar:", "check:"))}
    assert set(LABELS) - said == set()
    assert set(PHRASES) - metavars - said == set()
    checks = set(re.findall(r'yield f?"([a-z_{}]+)",', SOURCES)) | {"server_certificate", "client_certificate"}
    checks |= {"shared_log", "own_log"}
    assert {name.partition(":")[2] for name in PHRASES if name.startswith("check:")} == checks - {"{name}_certificate"}


@pytest.mark.parametrize("language", ["es", "en"])
def test_every_help_names_its_exit_codes(language: Language) -> None:
    """Each command's help ends with the exit codes, and says nothing in the other language."""
    for path, command in paths(language).items():
        context = click.Context(command, info_name=path, terminal_width=100)
        text = command.get_help(context)
        assert text.startswith("Uso:" if language == "es" else "Usage:"), path
        if not isinstance(command, click.Group):
            assert ("Códigos de salida" if language == "es" else "Exit codes") in text, path


def test_the_operations_are_the_verbs() -> None:
    """What a running node carries out is named as the command is."""
    assert {"status", "folio.show", "folio.propose.answer", "key.enrol", "log.head"} <= OPERATIONS.keys()
    assert not {"init", "node.run", "charter.sign", "restore"} & OPERATIONS.keys()


MOMENTS: dict[str, tuple[int, Language, str]] = {
    "Spanish": (1_795_370_400, "es", "22 nov 2026, 18:00:00 UTC"),
    "English": (1_795_370_400, "en", "22 Nov 2026, 18:00:00 UTC"),
    "the first second": (0, "es", "1 ene 1970, 00:00:00 UTC"),
}


@pytest.mark.parametrize(("at", "language", "text"), MOMENTS.values(), ids=MOMENTS.keys())
def test_a_time_is_utc_with_the_month_as_a_word(at: int, language: Language, text: str) -> None:
    """Dates are never all numeric."""
    assert moment(at, language) == text


SHOWN: dict[str, tuple[JsonValue, list[str]]] = {
    "a time": ({"due": 1_795_370_400}, ["Vence: 22 nov 2026, 18:00:00 UTC"]),
    "nothing": ({"due": None, "desk": ""}, ["Vence: —", "Mesa: —"]),
    "an empty list": ({"waiting": []}, ["Se espera a: No hay elementos."]),
    "yes and no": ({"ok": True, "overdue": False}, ["En orden: sí", "Vencido: no"]),
    "words with their code": ({"stage": {"code": "sent", "es": "Enviada", "en": "Sent", "shape": "→"}},
                              ["Estado: → Enviada (sent)"]),
    "a record in a record": ({"charter": {"version": 1}}, ["Carta:", "  Versión: 1"]),
    "a list of texts": ({"to": ["A/ONE", "B/TWO"]}, ["Para: A/ONE, B/TWO"]),
    "a list of words": ({"proved": [{"es": "uno", "en": "one"}]}, ["Se prueba: uno"]),
    "the order of the labels": ({"size": 1, "log": "x"}, ["Bitácora: x", "Hojas: 1"]),
    "narrow records are a table": ({"logs": [{"log": "x", "size": 1}, {"log": "yy", "size": 12}]},
                                   ["Bitácoras:", "  Bitácora  Hojas", "  x         1", "  yy        12"]),
    "wide records are blocks": ({"logs": [{"log": "x" * 130, "size": 1}]},
                                ["Bitácoras:", f"  - Bitácora: {'x' * 130}", "    Hojas: 1"]),
    "uneven records are blocks": ({"logs": [{"log": "x"}, {"size": 1}]},
                                  ["Bitácoras:", "  - Bitácora: x", "  - Hojas: 1"]),
    "fields with the same decision stand together": (
        {"given": [{"path": "a", "reasons": []}, {"path": "b", "reasons": []}, {"path": "c", "reasons": ["x"]}]},
        ["Se entrega:", "  - Ruta: a, b", "    Razones: No hay elementos.", "  - Ruta: c", "    Razones: x"],
    ),
    "lists in lists": ({"hashes": [["a"], ["b"]]}, ["Huellas de la prueba:", "  - a", "  - b"]),
    "several lines": ({"note": "uno\ndos\n"}, ["Punto de control:", "  uno", "  dos"]),
    "no act speaks to the terminal": ({"reason": "\x1b[2Jhola\u202e"}, ["Motivo: �[2Jhola�"]),
    "a key without a label shows itself": ({"colour": 1}, ["colour: 1"]),
    "a bare value": (7, ["7"]),
}  # fmt: skip


@pytest.mark.parametrize(("result", "text"), SHOWN.values(), ids=SHOWN.keys())
def test_a_result_is_shown_line_by_line(result: JsonValue, text: list[str]) -> None:
    """Every value under its label, in the reader's language."""
    assert list(lines(result, "es")) == text


def test_both_languages_show_the_same_values() -> None:
    """Only words differ: the code stays the same."""
    tree = cast("Any", {"stage": {"code": "sent", "es": "Enviada", "en": "Sent"}})
    assert [list(lines(tree, language)) for language in ("es", "en")] == [["Estado: Enviada (sent)"],
                                                                           ["Status: Sent (sent)"]]  # fmt: skip
