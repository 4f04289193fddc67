# SPDX-License-Identifier: Apache-2.0
"""`paridad principles`: the four principles, each with a verdict and its evidence, checked on two nodes.

Rules
  - Each node is asked through its own door and speaks for itself; the comparison is made here.
  - Exit code 3 where a principle does not hold.

Worked example
    paridad principles --home demo/A --other demo/B
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import click

from paridad.base.errors import ExitCode, ParidadError
from paridad.base.strict import JsonValue, write_json
from paridad.base.words import Language
from paridad.cli.session import Session
from paridad.node.node import Node
from paridad.node.principles import PRINCIPLES, Verdict, examine, judge

EXAMINE = "principles.examine"


def examine_node(node: Node, arguments: Mapping[str, JsonValue]) -> JsonValue:
    """Return what a node can say about itself at one reference time; its views are brought up to date first."""
    node.views.refresh()
    return cast("JsonValue", examine(node, now=int(str(arguments["at"]))))


def ask_both(session: Session, first: Path, second: Path) -> list[Verdict]:
    """Ask two nodes and judge what they state."""
    facts: list[Any] = []
    at = session.clock()
    for home in (first, second):
        with session.line(home) as ask:
            facts.append(ask(EXAMINE, {"at": at}))
    return judge(*facts)


def as_json(verdicts: list[Verdict]) -> JsonValue:
    """Return verdicts as JSON, both languages side by side."""
    return [
        {
            "principle": verdict.principle,
            "es": PRINCIPLES[verdict.principle].es,
            "en": PRINCIPLES[verdict.principle].en,
            "holds": verdict.holds,
            "checks": [
                {"es": each.words.es, "en": each.words.en, "holds": each.holds, "evidence": each.evidence}
                for each in verdict.checks
            ],
        }
        for verdict in verdicts
    ]


def in_words(verdicts: list[Verdict], language: Language) -> str:
    """Return verdicts as lines of text."""
    lines = []
    for verdict in verdicts:
        lines.append(f"{'✓' if verdict.holds else '✗'} {PRINCIPLES[verdict.principle].in_(language)}")
        lines += [
            f"    {'✓' if each.holds else '✗'} {each.words.in_(language)} ({each.evidence})" for each in verdict.checks
        ]
    return "\n".join(lines)


@click.command(
    help="Los cuatro principios, comprobados en dos nodos. / The four principles, checked on two nodes.\n\n"
    "0 se cumplen / they hold, 3 alguno no / one does not."
)
@click.option("--home", type=click.Path(path_type=Path, exists=True), required=True, help="Un nodo. / One node.")
@click.option("--other", type=click.Path(path_type=Path, exists=True), required=True, help="El otro. / The other.")
@click.option("--json", "as_json_", is_flag=True, help="JSON.")
@click.pass_context
def principles(context: click.Context, home: Path, other: Path, as_json_: bool) -> None:
    """Print a verdict per principle."""
    session = context.find_object(Session)
    language: Language = getattr(context.find_root().command, "language", "es")
    assert session is not None
    try:
        verdicts = ask_both(session, home, other)
    except ParidadError as error:
        click.echo(error.sentence(language), err=True)
        raise SystemExit(error.exit_code) from error
    click.echo(write_json(as_json(verdicts)).decode() if as_json_ else in_words(verdicts, language))
    if not all(verdict.holds for verdict in verdicts):
        raise SystemExit(ExitCode.VERIFICATION_FAILED)
