# SPDX-License-Identifier: Apache-2.0
"""House rules as lint: each has its reason, finds its bad sample, passes its good one, and finds nothing in the tree.

A rule reads one file and yields the lines that break it. What a rule lets pass on purpose is named with the rule.
"""

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TREES = ("src", "tests", "bench", "tools")
SIGNED = ("src/paridad/acts/", "src/paridad/ledger/", "src/paridad/exchange/")
"""Where signatures are made and checked."""

Find = Callable[[str], Iterator[int]]
"""Yields the numbers of the lines that break a rule."""


@lru_cache(maxsize=1024)
def _tree(text: str) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(text)))


def _dotted(node: ast.AST) -> str:
    """Return `a.b.c` of a chain of names, nothing of anything else."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attr):
            return f"{_dotted(value)}.{attr}"
    return ""


def made_elsewhere(module: str, name: str) -> Find:
    """Find calls of a class that only its own module may build."""

    def find(text: str) -> Iterator[int]:
        local = {name} if re.search(rf"^class {name}\b", text, re.MULTILINE) is None else set()
        spelled = {f"{module.rpartition('.')[2]}.{name}", f"{module}.{name}"}
        imported: set[str] = set()
        for node in _tree(text):
            if isinstance(node, ast.ImportFrom) and node.module == module:
                imported |= {each.asname or each.name for each in node.names if each.name == name}
            elif isinstance(node, ast.ImportFrom):
                local -= {each.asname or each.name for each in node.names}
        for node in _tree(text):
            if isinstance(node, ast.Call) and _dotted(node.func) in spelled | imported | local:
                yield node.lineno

    return find


FORBIDDEN_CALLS = frozenset(
    {
        "datetime.now", "datetime.utcnow", "datetime.datetime.now", "datetime.datetime.utcnow", "date.today",
        "datetime.date.today", "time.time", "time.time_ns", "os.urandom", "uuid.uuid1", "uuid.uuid4", "uuid4",
    }
)  # fmt: skip
FORBIDDEN_MODULES = frozenset({"secrets", "random", "uuid"})
SEEDED = frozenset({"Random"})
"""What may be taken from `random`: a generator that answers the same for the same seed."""


def clock_or_chance(text: str) -> Iterator[int]:
    """Find uses of the machine's clock or of its random sources, called or handed on."""
    for node in _tree(text):
        match node:
            case ast.Attribute() if _dotted(node) in FORBIDDEN_CALLS:
                yield node.lineno
            case ast.Import(names=names) if any(each.name in FORBIDDEN_MODULES for each in names):
                yield node.lineno
            case ast.ImportFrom(module=str(module), names=names):
                taken = {each.name for each in names}
                if (module in FORBIDDEN_MODULES and taken - SEEDED) or any(
                    f"{module}.{each}" in FORBIDDEN_CALLS for each in taken
                ):
                    yield node.lineno


def json_dumps(text: str) -> Iterator[int]:
    """Find a second way to write JSON."""
    for node in _tree(text):
        if isinstance(node, ast.Attribute) and _dotted(node) in {"json.dumps", "json.dump"}:
            yield node.lineno
        if isinstance(node, ast.ImportFrom) and node.module == "json":
            yield from (node.lineno for each in node.names if each.name in {"dumps", "dump"})


def broad_except(text: str) -> Iterator[int]:
    """Find an `except` that takes everything and does not say on its line why."""
    reasons = {
        token.start[0]: re.sub(r"#|noqa:?( ?[A-Z]+[0-9]+,?)*", "", token.string).strip()
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type == tokenize.COMMENT
    }
    for node in _tree(text):
        if isinstance(node, ast.ExceptHandler):
            named = {"": node.type is None, **{_dotted(each): True for each in ast.walk(node.type or node)}}
            if ({"Exception", "BaseException"} & named.keys() or node.type is None) and not reasons.get(node.lineno):
                yield node.lineno


PARTY = re.compile(r"""["'](?:MX|US|Mexico|México|United States|Estados Unidos)["'/]""")


def party_named(text: str) -> Iterator[int]:
    """Find a party's name in quotes."""
    yield from (number for number, line in enumerate(text.splitlines(), 1) if PARTY.search(line))


def no_spdx(text: str) -> Iterator[int]:
    """Find a file without its licence line on top."""
    if not any(re.match(r"(#|//) SPDX-License-Identifier: Apache-2\.0$", line) for line in text.splitlines()[:2]):
        yield 1


def no_docstring(text: str) -> Iterator[int]:
    """Find a module that does not say what it is."""
    if ast.get_docstring(ast.parse(text)) is None:
        yield 1


@dataclass(frozen=True)
class Rule:
    """One rule of the house."""

    reason: str
    find: Find
    applies: Callable[[str], bool]
    """To which files, by their path in the project."""
    bad: str
    good: str


def _python(*places: str, but: tuple[str, ...] = ()) -> Callable[[str], bool]:
    return lambda path: path.endswith(".py") and path.startswith(places) and path not in but


SPDX = "# SPDX-License-Identifier: Apache-2.0\n"
RULES: dict[str, Rule] = {
    "a verified act comes out of verification only": Rule(
        "otherwise the type proves nothing",
        made_elsewhere("paridad.acts.verify", "VerifiedAct"),
        _python("src/paridad/", but=("src/paridad/acts/verify.py",)),
        "from paridad.acts.verify import VerifiedAct\nact = VerifiedAct(b'', h, k, e, None, {}, {}, frozenset())\n",
        "from paridad.acts.verify import VerifiedAct, open_act\nact: VerifiedAct = open_act(wire, keys=keys)\n",
    ),
    "a release comes out of `release` only": Rule(
        "otherwise something leaves without policy (law 3); a folio has a class of its own of that name",
        made_elsewhere("paridad.exchange.release", "Release"),
        _python("src/paridad/", but=("src/paridad/exchange/release.py",)),
        "from paridad.exchange import release\nout = release.Release(act, signed, to, (), (), (), (), {})\n",
        "from paridad.folio.state import Release\nheld = Release(hash, giver, at, given)\n",
    ),
    "clock and chance are parameters": Rule(
        "replays and tests must be exact (law 11); the auditor's command lines take the present as their default",
        clock_or_chance,
        _python(
            "src/",
            but=("src/paridad/base/sources.py", "src/paridad_verify/__main__.py", "src/paridad_verify_run/__main__.py"),
        ),
        "import time\nnow = time.time\n",
        "import time\nfrom random import Random\ndef wait(now: int) -> None:\n    time.sleep(1)\n    time.monotonic()\n",
    ),
    "one writer of JSON where signatures are": Rule(
        "two writers may spell one value in two ways",
        json_dumps,
        _python(*SIGNED),
        "from json import dumps\ndata = dumps({})\n",
        "import json\nfrom paridad.base.strict import write_json\ndata, tree = write_json({}), json.loads('{}')\n",
    ),
    "a broad except says why": Rule(
        "silence is data loss in an evidence ledger",
        broad_except,
        _python("src/"),
        "try:\n    go()\nexcept (ValueError, Exception):  # noqa: BLE001\n    pass\n",
        "try:\n    go()\nexcept Exception:  # noqa: BLE001  every caller is told, in its own thread\n    tell()\n"
        "except ValueError:\n    pass\n",
    ),
    "parties are data": Rule(
        "exchange the parties and everything mirrors (law 10)",
        party_named,
        lambda path: path.startswith("src/") and not path.startswith("src/paridad/programmes/"),
        'if party == "MX":\n    agency = "MX/FGR"\n',
        'if party == own.party:\n    agency = "A/POLICE"\n',
    ),
    "every source file has its licence": Rule(
        "a file travels without its folder",
        no_spdx,
        lambda path: path.endswith((".py", ".toml", ".cedar", ".cedarschema")),
        '"""A module."""\n',
        SPDX + '"""A module."""\n',
    ),
    "every module says what it is": Rule(
        "a reader meets the module before its code",
        no_docstring,
        lambda path: path.endswith(".py"),
        SPDX + "VALUE = 1\n",
        SPDX + '"""A value."""\n\nVALUE = 1\n',
    ),
}
NAMES = pytest.mark.parametrize("name", RULES)


def sources() -> Iterator[Path]:
    """Yield every source file of the project."""
    for tree in TREES:
        for path in sorted((ROOT / tree).rglob("*")):
            if path.suffix in {".py", ".toml", ".cedar", ".cedarschema"} and "node_modules" not in path.parts:
                yield path


@NAMES
def test_the_tree_keeps_the_rule(name: str) -> None:
    """No file breaks the rule."""
    rule = RULES[name]
    broken = [
        f"{place}:{line}"
        for path in sources()
        if rule.applies(place := path.relative_to(ROOT).as_posix())
        for line in rule.find(path.read_text(encoding="utf-8"))
    ]
    assert not broken, f"{name}, because {rule.reason}: {broken}"


@NAMES
def test_the_rule_finds_its_bad_sample(name: str) -> None:
    """A planted fault is found."""
    assert list(RULES[name].find(RULES[name].bad))


@NAMES
def test_the_rule_passes_its_good_sample(name: str) -> None:
    """What is right is let through, so that a rule that finds everything cannot stand."""
    assert not list(RULES[name].find(RULES[name].good))


@NAMES
def test_the_rule_has_files_to_look_at(name: str) -> None:
    """A rule that applies to nothing proves nothing."""
    assert any(RULES[name].applies(path.relative_to(ROOT).as_posix()) for path in sources())


MORE_BAD: dict[str, tuple[str, str]] = {
    "a renamed class": (
        "a verified act comes out of verification only",
        "from paridad.acts.verify import VerifiedAct as V\nact = V(b'')\n",
    ),
    "a class of another module under the bare name": (
        "a verified act comes out of verification only",
        "from paridad.acts import *\nact = VerifiedAct(b'')\n",
    ),
    "a clock by its short name": ("clock and chance are parameters", "from time import time\nnow = time()\n"),
    "today": ("clock and chance are parameters", "from datetime import date\nday = date.today()\n"),
    "a random source of the library": (
        "clock and chance are parameters",
        "import secrets\nkey = secrets.token_bytes()\n",
    ),
    "a random source without a seed": (
        "clock and chance are parameters",
        "from random import choice\nc = choice('ab')\n",
    ),
    "the operating system's random source": ("clock and chance are parameters", "import os\nkey = os.urandom(32)\n"),
    "a bare except": ("a broad except says why", "try:\n    go()\nexcept:\n    pass\n"),
    "an agency of a party": ("parties are data", "agency = 'US/DOJ'\n"),
    "json under its own name": ("one writer of JSON where signatures are", "import json\ndata = json.dumps({})\n"),
}


@pytest.mark.parametrize("case", MORE_BAD.values(), ids=MORE_BAD.keys())
def test_other_spellings_are_found_too(case: tuple[str, str]) -> None:
    """The rules look at what is meant, not at one spelling."""
    name, text = case
    assert list(RULES[name].find(text))


def test_a_class_of_the_same_name_in_its_own_module_is_its_own_affair() -> None:
    """A module may build the class that it defines itself."""
    text = "class Release:\n    pass\n\nheld = Release()\n"
    assert not list(made_elsewhere("paridad.exchange.release", "Release")(text))
