# SPDX-License-Identifier: Apache-2.0
"""Law 12: no decision about a person is automated; software shows, checks, reminds and refuses, people decide.

Time may pass for years: the nodes say nothing in a folio. Everything said in one has an officer and a command. No
kind of act has a field for a grade of a person, and what a node does by itself cannot reach the commands.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import sqlalchemy as sa

import paridad
from paridad.acts.vocabulary import Field, Vocabulary, load_vocabulary
from paridad.folio.clocks import overdue
from paridad.folio.commands import Acknowledge, Answer, Recall
from paridad.node.composing import shipped_vocabulary
from paridad.node.node import Node
from paridad.store.tables import acts, commands
from support.matters import BOTH_WAYS, WAYS, Matter, matter, person
from support.sound import YEAR

ROOT = Path(str(paridad.__file__)).parent
GRADES = re.compile(
    r"score|risk|rating|rank|grade|probab|likel|threat|danger|confidence|suspic|priorit|recommend|predict|profile"
)
BY_ITSELF = (
    "node/upkeep.py",
    "node/node.py",
    "node/running.py",
    "node/keeping.py",
    "node/views.py",
    "node/recovery.py",
    "node/carrying.py",
    "node/run_view.py",
    "node/gathering.py",
)
"""What runs without anybody asking; the whole of `exchange` and `ledger` as well."""
DECIDES = {"paridad.folio.commands", "paridad.folio.conditions", "paridad.folio.steps", "paridad.node.saying"}
"""The modules by which something is said in a folio."""


def folio_acts_of(node: Node) -> set[str]:
    """Return the acts of our own that speak in a folio or file a record."""
    wanted = sa.select(acts.c.hash).where(acts.c.ours == 1, ~acts.c.knd.like("exchange/%"))
    with node.own.store.read() as conn:
        return set(conn.execute(wanted).scalars())


def commanded(node: Node) -> dict[str, str]:
    """Return the officer by each act that came of a command."""
    with node.own.store.read() as conn:
        rows = conn.execute(sa.select(commands.c.officer, commands.c.acts)).all()
    return {act: row.officer for row in rows for act in row.acts.split()}


def unsaid(node: Node, records: set[str]) -> set[str]:
    """Return the acts of ours that no officer of this node commanded, imported records aside."""
    said = commanded(node)
    people = node.home.officers()
    return {act for act in folio_acts_of(node) - records if said.get(act) not in people}


def stages(m: Matter) -> Iterator[str]:
    """Tell a story and stop at each stage with a deadline running; a dossier of a person is part of it."""
    record = m.record("asked", person("Xochi"))
    m.asks()
    m.settle()
    yield record
    m.says("asked", Acknowledge)
    m.settle()
    yield record
    answer = m.says("asked", Answer, partial=True, **m.offer(record)).acts[0]
    m.settle()
    yield record
    m.says("asked", Recall, of=answer, reason="…")
    m.settle()
    yield record


@pytest.mark.parametrize("names", BOTH_WAYS, ids=WAYS)
def test_no_clock_says_anything(names: tuple[str, ...], tmp_path: Path) -> None:
    """At every stage, years past every deadline: it is shown as overdue, and nothing was said about it."""
    with matter(tmp_path, names, sound=False) as m:
        for record in stages(m):
            before = [folio_acts_of(node) for node in m.parties.nodes]
            told, far = m.state(), m.parties.clock() + 5 * YEAR
            assert overdue(told, far)
            for node in (*m.parties.nodes, *m.parties.nodes):
                node.tick(far)
            assert [folio_acts_of(node) for node in m.parties.nodes] == before
            assert m.state().stage == told.stage
            assert [unsaid(node, {record}) for node in m.parties.nodes] == [set(), set()]


def test_an_act_without_an_officer_is_found(tmp_path: Path) -> None:
    """Positive control: an act of a folio that was filed without a command is seen, at the node that filed it."""
    with matter(tmp_path, sound=False) as m:
        m.asks()
        m.settle()
        [planted] = m.parties.send(m.agencies["asked"], m.agencies["asking"], 1, "folio/closure/1", {"reason": "…"})
        m.settle()
        assert unsaid(m.node("asked"), set()) == {planted}
        assert unsaid(m.node("asking"), set()) == set()


def names_of(fields: Mapping[str, Field], prefix: str) -> Iterator[str]:
    """Yield every field at every depth, by its path."""
    for name, each in fields.items():
        yield f"{prefix}.{name}"
        yield from names_of(each.members, f"{prefix}.{name}")
        if each.element is not None:
            yield from names_of(each.element.members, f"{prefix}.{name}[]")


def grades_in(vocabulary: Vocabulary) -> list[str]:
    """Return the fields that would hold a grade of somebody."""
    paths = (path for kind in vocabulary.kinds.values() for path in names_of(kind.fields, kind.name))
    return [path for path in paths if GRADES.search(path.rpartition(".")[2])]


def test_no_field_grades_a_person() -> None:
    """No kind has a field for a score, risk, rating or priority of anybody; planted ones are found, also inside."""
    vocabulary = shipped_vocabulary()
    assert sum(1 for kind in vocabulary.kinds.values() for _ in names_of(kind.fields, "")) > 100
    assert grades_in(vocabulary) == []
    planted = load_vocabulary([PLANTED.encode()])
    assert grades_in(planted) == ["x/y/1.subject.risk_level", "x/y/1.score"]


WORDS = 'sensitivity = "identity"\nes = "…"\nen = "…"'
PLANTED = f"""
[kind."x/y/1"]
es = "…"
en = "…"
[kind."x/y/1".field.subject]
type = "record"
{WORDS}
[kind."x/y/1".field.subject.field.risk_level]
type = "text"
{WORDS}
[kind."x/y/1".field.score]
type = "integer"
{WORDS}
"""


def imported(source: str) -> set[str]:
    """Return the modules that a source imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module or ""} | {f"{node.module}.{each.name}" for each in node.names}
    return found


def test_what_runs_by_itself_cannot_command() -> None:
    """Upkeep, exchange and ledger import no module by which something is said in a folio; the command line does."""
    files = [ROOT / name for name in BY_ITSELF]
    files += [path for package in ("exchange", "ledger") for path in (ROOT / package).rglob("*.py")]
    assert {path.name: reach for path in files if (reach := imported(path.read_text()) & DECIDES)} == {}
    assert imported((ROOT / "cli/orders.py").read_text()) & DECIDES
    assert imported("from paridad.node import saying") & DECIDES
