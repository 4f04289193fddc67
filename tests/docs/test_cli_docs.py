# SPDX-License-Identifier: Apache-2.0
"""The pages about the command line say what the command line says."""

import re
import shlex

import click
import pytest

from paridad.base.errors import ExitCode
from paridad.base.words import Language
from paridad.cli.tree import tree
from support.cli_docs import CODES, MARKER, path_of, whole_page

LANGUAGES = ["es", "en"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_help_block_is_the_real_one(language: Language) -> None:
    """Help blocks, keys and codes equal what the program says; `python -m support.cli_docs` writes them again."""
    assert path_of(language).read_text(encoding="utf-8") == whole_page(language)


def test_every_exit_code_is_explained() -> None:
    """Each code stands in the table, in both languages."""
    assert set(CODES) == set(ExitCode)


def test_both_pages_have_the_same_shape() -> None:
    """As many headings, of the same depth, and the same examples."""
    shapes = []
    for language in LANGUAGES:
        written, marker, _ = path_of(language).read_text(encoding="utf-8").partition(MARKER)  # type: ignore[arg-type]
        assert marker
        shapes.append((re.findall(r"^(#+) ", written, re.MULTILINE), examples(written)))
    assert shapes[0] == shapes[1]


def examples(text: str) -> list[str]:
    """Return the commands of the examples."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [" ".join(line.split()) for line in lines if line.startswith("paridad ")]


@pytest.mark.parametrize("example", examples(path_of("en").read_text(encoding="utf-8")))
def test_every_example_is_a_command(example: str) -> None:
    """Each example names commands and options that exist, with everything that is required."""
    command: click.Command = tree("en")
    _, *words = shlex.split(example)
    while isinstance(command, click.Group):
        command = command.commands[words.pop(0)]
    given = {word for word in words if word.startswith("--")}
    options = {name for each in command.params for name in each.opts if isinstance(each, click.Option)}
    required = {each.opts[0] for each in command.params if isinstance(each, click.Option) and each.required}
    assert given <= options
    assert required <= given
