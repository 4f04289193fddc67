# SPDX-License-Identifier: Apache-2.0
"""The command line of both parties of a two-node world, run in the test's own process.

Worked example
    with CommandLines(tmp_path) as lines:
        lines.json("MX", "status")["party"]["code"]          is "MX"
        lines.run("US", "status", lang="es").output          is what an operator reads
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from click.testing import CliRunner, Result

from paridad.base.strict import JsonValue, read_json, write_json
from paridad.base.words import Language
from paridad.cli.operations import OPERATIONS
from paridad.cli.session import Ask, Session
from paridad.cli.showing import WORDS
from paridad.cli.tree import tree
from paridad.cli.words import LABELS
from paridad.desks.targets.dossier import dossier_fields
from paridad.desks.targets.sample import invent
from paridad.node.running import MAX_LINE
from support.programmes import seeded_random
from support.two_nodes import Parties

TREES = {language: tree(language) for language in ("es", "en")}
PURPOSE = "criminal-investigation"
BASIS = "joint-statement-2026-01-15"


@dataclass
class CommandLines:
    """Two nodes that are open, and their command lines."""

    folder: Path
    names: tuple[str, ...] = ("MX", "US")
    parties: Parties = field(init=False)

    def __post_init__(self) -> None:
        self.parties = Parties(self.folder, self.names)

    def session(self) -> Session:
        """Return a session that reaches the nodes of this world."""
        return Session(OPERATIONS, self.parties.clock, seeded_random("cli"), self.reach)

    @contextmanager
    def reach(self, home: Path) -> Iterator[Ask]:
        """Lend a line to an open node, with strict JSON between."""
        node = self.parties.by_name[home.name]

        def ask(operation: str, arguments: Mapping[str, JsonValue]) -> JsonValue:
            asked = read_json(write_json(dict(arguments), max_string=MAX_LINE), max_string=MAX_LINE)
            answer = OPERATIONS[operation](node, asked)
            told = write_json(answer, max_string=MAX_LINE, max_array=MAX_LINE)
            result: JsonValue = read_json(told, max_depth=32, max_string=MAX_LINE, max_array=MAX_LINE)
            return result

        yield ask

    def run(self, party: str, *arguments: str, lang: Language = "en") -> Result:
        """Run a command at a party's node."""
        home = str(self.parties.folder / party)
        return CliRunner().invoke(TREES[lang], [*arguments, "--home", home], obj=self.session())

    def json(self, party: str, *arguments: str) -> Any:
        """Run a command that has to succeed and return its JSON."""
        result = self.run(party, *arguments, "--json")
        assert result.exit_code == 0, result.output
        data = result.stdout.encode().rstrip(b"\n")
        tree = read_json(data, max_depth=32, max_string=MAX_LINE, max_array=MAX_LINE)
        assert set(keys_in(tree)) <= LABELS.keys() | WORDS, "a key without a label"
        return tree

    def record(self, agency: str, seed: int = 1, handling: str = "AMBER") -> str:
        """File an invented dossier and return its act hash."""
        [dossier] = invent(1, seed=seed, countries=("Aa", "Bb"))
        fields = dossier_fields(dossier)
        return self.parties.record(agency, "targets/dossier/1", fields, handling=handling, purpose=PURPOSE, basis=BASIS)

    def asked(self, asking: str, asked: str, *more: str, handling: str = "AMBER") -> str:
        """Open a folio, deliver it, and return its name."""
        party = asking.partition("/")[0]
        marks = ("--handling", handling, "--purpose", PURPOSE, "--basis", BASIS, "--urgency", "urgent")
        said = self.json(
            party, "folio", "ask", asked, "--question", "¿Quién es?", *marks, *more, "--as", officer(asking)
        )
        self.parties.settle(3)
        return str(said["folio"])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.parties.close()


def keys_in(tree: Any) -> Iterator[str]:
    """Yield every key of a result."""
    for key, value in tree.items() if isinstance(tree, dict) else ():
        yield key
        yield from keys_in(value)
    for each in tree if isinstance(tree, list) else ():
        yield from keys_in(each)


def officer(agency: str, role: str = "liaison", *, second: bool = False) -> str:
    """Return the identifier of an officer of an agency."""
    return f"{agency.partition('/')[2].lower()}-{role}{'-2' if second else ''}"
