# SPDX-License-Identifier: Apache-2.0
"""Nouns and verbs as values: what each command is called, what it is given, and who carries it out.

Rules
  - A verb is carried out at the node (`operation`: the same function in a daemon and by itself), or here (`local`):
    on files, before there is a node, or where the node must not run.
  - A document in a result (`document`) is written to `--out` as it is; without `--out` it is shown.

Worked example
    Noun("folio", (Verb("show", Show, operation=show), ...))        is `paridad folio show`, operation "folio.show"
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from paridad.base.strict import JsonValue
from paridad.base.words import Language
from paridad.cli.errors import refused
from paridad.cli.forms import Form, read_form
from paridad.cli.session import Session
from paridad.cli.words import phrase
from paridad.node.node import Node

Result = dict[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Call:
    """One use of the command line."""

    session: Session
    folder: Path | None
    language: Language

    @property
    def home(self) -> Path:
        """The node's folder, or a refusal that says how to name it."""
        if self.folder is None:
            raise refused(
                "Diga la carpeta del nodo: --home CARPETA, o la variable PARIDAD_HOME.",
                "Name the node's folder: --home FOLDER, or the variable PARIDAD_HOME.",
            )
        return self.folder

    def ask(self, operation: str, arguments: Mapping[str, JsonValue]) -> JsonValue:
        """Carry out an operation at the node of the folder."""
        with self.session.line(self.home) as line:
            return line(operation, arguments)

    def tell(self, name: str, **values: object) -> None:
        """Say something on stderr."""
        click.echo(phrase(name, self.language, **values), err=True)


@dataclass(frozen=True, slots=True)
class Verb:
    """One command."""

    name: str
    form: type[Form]
    operation: Callable[[Node, Any], JsonValue] | None = None
    local: Callable[[Call, Any], JsonValue] | None = None
    document: str = ""
    home: bool = True
    """Whether it is about a node's folder."""

    def run(self, call: Call, name: str, given: Mapping[str, Any]) -> JsonValue:
        """Carry it out; `name` is the name of its operation."""
        arguments = {name: _plain(value) for name, value in given.items()}
        out = str(arguments.pop("out", "")) if self.document else ""
        form = read_form(self.form, arguments)
        result = self.local(call, form) if self.local else call.ask(name, arguments)
        if out and isinstance(result, dict):
            Path(out).write_text(str(result.pop(self.document)), encoding="utf-8")
            result["file"] = out
        return result

    def at_node(self, node: Node, arguments: Mapping[str, JsonValue]) -> JsonValue:
        """Carry it out at an open node."""
        assert self.operation is not None
        return self.operation(node, read_form(self.form, arguments))


@dataclass(frozen=True, slots=True)
class Noun:
    """What a group of commands is about."""

    name: str
    entries: tuple["Noun | Verb", ...]


def named(entries: Sequence[Noun | Verb], above: str = "") -> Iterator[tuple[str, Verb]]:
    """Yield every verb with the name of its operation: noun and verb with a point between them."""
    for each in entries:
        name = f"{above}.{each.name}".lstrip(".")
        if isinstance(each, Verb):
            yield name, each
        else:
            yield from named(each.entries, name)


def _plain(value: Any) -> JsonValue:
    return [_plain(each) for each in value] if isinstance(value, tuple) else value
