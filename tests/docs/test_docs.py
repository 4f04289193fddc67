# SPDX-License-Identifier: Apache-2.0
"""The documentation says what is: links lead somewhere, both languages say the same things, commands and code run.

What follows from the code (kinds, rules, errors, example bytes) is written by `tools/write_reference.py`; here it is
written again and compared.
"""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import fields
from importlib.resources import files
from pathlib import Path

import click
import pytest

from paridad.base.errors import ExitCode, ParidadError
from paridad.cli import main
from paridad.cli.tree import leaves, tree
from paridad.node.composing import shipped_vocabulary
from paridad.node.home import Settings
from paridad.policy.rules import read_rules
from paridad.programme.charter import read_charter
from support.two_nodes import Parties

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAIRS = {
    "why.md": "por-que.md",
    "glossary.md": "glosario.md",
    "operators.md": "operacion.md",
    "specification.md": "especificacion.md",
    "acts.md": "actos.md",
    "rules.md": "reglas.md",
    "errors.md": "errores.md",
    "cli.md": "cli.md",
    "deconfliction.md": "deconfliccion.md",
    "daily-work.md": "trabajo-diario.md",
}
"""Every page in English with its equal in Spanish."""

PAGES = sorted(
    [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "src").rglob("*.md")], key=lambda path: path.as_posix()
)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def text_of(path: Path) -> str:
    """Return a page."""
    return path.read_text(encoding="utf-8")


def prose_of(path: Path) -> str:
    """Return a page without its blocks of code."""
    return FENCE.sub("", text_of(path))


def headings_of(path: Path) -> list[tuple[int, str]]:
    """Return the level and the text of every heading."""
    return [(len(marks), words) for marks, words in re.findall(r"^(#+) (.+)$", prose_of(path), re.MULTILINE)]


def anchors_of(path: Path) -> set[str]:
    """Return what a link can point to in a page."""
    return {re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-") for _, words in headings_of(path)}


def blocks_of(path: Path, kind: str) -> list[str]:
    """Return the blocks of one kind of code in a page."""
    return [body for name, body in FENCE.findall(text_of(path)) if name == kind]


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


# Links and languages -------------------------------------------------------------------------------------------------


def _links(path: Path) -> Iterator[str]:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose_of(path)):
        if not re.match(r"[a-z]+:", target):
            yield target


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_relative_links_lead_somewhere(page: Path) -> None:
    """Every file that a page links to is there, and so is the heading."""
    for target in _links(page):
        file, _, anchor = target.partition("#")
        found = (page.parent / file).resolve() if file else page
        assert found.exists(), f"{_name(page)} links to {target}"
        assert found.is_relative_to(ROOT), f"{_name(page)} links out of the project: {target}"
        assert not anchor or anchor in anchors_of(found), f"{_name(page)} links to {target}"


def test_a_link_that_leads_nowhere_would_be_seen(tmp_path: Path) -> None:
    """The reader of links finds relative ones only, and outside code only."""
    page = tmp_path / "page.md"
    page.write_text("[a](b.md#c) [x](https://example.org)\n```text\n[no](no.md)\n```\n# Él, ¿qué?\n", encoding="utf-8")
    assert list(_links(page)) == ["b.md#c"]
    assert anchors_of(page) == {"él-qué"}


def test_every_page_has_its_equal() -> None:
    """No page stands in one language only."""
    assert {path.name for path in (DOCS / "en").iterdir()} == set(PAIRS)
    assert {path.name for path in (DOCS / "es").iterdir()} == set(PAIRS.values())


@pytest.mark.parametrize("names", PAIRS.items(), ids=PAIRS)
def test_both_languages_have_the_same_headings(names: tuple[str, str]) -> None:
    """Equal originals are built alike: as many headings, of the same levels, with the same code in them."""
    en, es = (headings_of(DOCS / language / name) for language, name in zip(("en", "es"), names, strict=True))
    assert [level for level, _ in en] == [level for level, _ in es]
    assert [re.findall(r"`[^`]+`", words) for _, words in en] == [re.findall(r"`[^`]+`", words) for _, words in es]


@pytest.mark.parametrize("names", PAIRS.items(), ids=PAIRS)
def test_both_languages_have_the_same_tables_and_code(names: tuple[str, str]) -> None:
    """As many rows and as many blocks of code: nothing is told on one side only."""
    en, es = (DOCS / language / name for language, name in zip(("en", "es"), names, strict=True))
    rows = [len(re.findall(r"^\|", prose_of(page), re.MULTILINE)) for page in (en, es)]
    assert rows[0] == rows[1]
    for kind in ("sh", "python", "text"):
        assert len(blocks_of(en, kind)) == len(blocks_of(es, kind))


def test_the_readme_says_the_same_in_both_languages() -> None:
    """Each part of the README has its equal, and the same commands."""
    english, _, spanish = text_of(ROOT / "README.md").partition("\n---\n")
    parts = [re.findall(r"^## ", half, re.MULTILINE) for half in (english, spanish)]
    assert len(parts[0]) == len(parts[1]) > 0
    commands = [re.findall(r"^(?:make|\.venv/bin/paridad) [a-z]+", half, re.MULTILINE) for half in (english, spanish)]
    assert commands[0] == commands[1]


def test_the_glossary_pairs_the_same_words() -> None:
    """The two glossaries name the same pairs in the same order."""
    row = re.compile(r"^\| \*\*(.+?)\*\* \| (.+?) \|", re.MULTILINE)
    en, es = (row.findall(text_of(path)) for path in (DOCS / "en" / "glossary.md", DOCS / "es" / "glosario.md"))
    assert en == [(english, spanish) for spanish, english in es]
    assert len({english for english, _ in en}) == len(en)


# What the code knows -------------------------------------------------------------------------------------------------


def test_pages_that_follow_from_the_code_are_up_to_date() -> None:
    """The reference pages and the example bytes are what the code writes."""
    command = [sys.executable, str(ROOT / "tools" / "write_reference.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"run `python tools/write_reference.py`: {done.stdout}{done.stderr}"


def _error_packages() -> set[str]:
    found: set[str] = set()
    waiting: list[type[ParidadError]] = [ParidadError]
    while waiting:
        each = waiting.pop()
        waiting += each.__subclasses__()
        if each.__module__.startswith("paridad."):
            found.add(each.__module__.removesuffix(".errors"))
    return found


def _known() -> dict[str, set[str]]:
    rules = read_rules(files("paridad.policy").joinpath("rules.toml").read_text(encoding="utf-8"))
    return {
        "kind of act": set(shipped_vocabulary().kinds),
        "policy rule": set(rules.rules),
        "clause": set(rules.clauses),
        "exit code": {each.name for each in ExitCode},
        "setting of node.toml": {each.name for each in fields(Settings)} - {"peers"} | {"[peers."},
        "package of errors": _error_packages(),
    }


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("what", _known())
def test_everything_is_documented(what: str, language: str) -> None:
    """What the code knows by name stands in the documentation of each language."""
    text = "".join(text_of(path) for path in (DOCS / language).iterdir())
    assert not [each for each in sorted(_known()[what]) if f"`{each}" not in text and f"| {each} |" not in text]


FILES_OF_A_FOLDER = (
    "node.toml", "officers.toml", "charters/", "keys/", ".json.new", "epochs/", "tls/", "policy.cedar", "payloads/",
    "node.db", "-wal", "node.db.lock", "node.sock", ".heads",
)  # fmt: skip


@pytest.mark.parametrize("page", [DOCS / "en" / "operators.md", DOCS / "es" / "operacion.md"], ids=_name)
def test_every_file_of_a_nodes_folder_is_described(page: Path, tmp_path: Path) -> None:
    """The manual names each file that a node has, those of a running one included."""
    text = text_of(page)
    assert not [name for name in FILES_OF_A_FOLDER if name not in text]
    with Parties(tmp_path, ("AA", "BB")) as parties:
        parties.settle(rounds=1)
        found = {path.name for path in (tmp_path / "AA").iterdir()}
    assert not [
        name for name in sorted(found) if not any(name.startswith(each.strip("/")) for each in FILES_OF_A_FOLDER)
    ]


def test_every_place_that_the_architecture_names_is_there() -> None:
    """A moved file is one edited line."""
    rows = re.findall(r"^\|(?! concept|-)[^|]+\|([^|]+)\|$", text_of(ROOT / "ARCHITECTURE.md"), re.MULTILINE)
    places = [place for row in rows for place in re.findall(r"`([^`]+/[^`]+)`", row)]
    assert len(places) > len(rows) > 0
    assert not [place for place in places if not (ROOT / place).exists()]


def test_every_package_has_its_place_in_the_architecture() -> None:
    """No package of the program is missing from the table."""
    text = text_of(ROOT / "ARCHITECTURE.md")
    packages = [path for path in (ROOT / "src" / "paridad").iterdir() if path.is_dir() and path.name != "__pycache__"]
    assert not [path.name for path in packages if f"`src/paridad/{path.name}/" not in text]


@pytest.mark.parametrize("page", [page for page in PAGES if "make " in text_of(page)], ids=_name)
def test_every_make_target_that_is_named_exists(page: Path) -> None:
    """Nobody is told to make what the Makefile does not know."""
    targets = set(re.findall(r"^([a-z]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    named = set(re.findall(r"^make ([a-z]+)|`make ([a-z]+)", text_of(page), re.MULTILINE))
    assert {first or second for first, second in named} <= targets


def test_every_target_is_known_to_contributors() -> None:
    """The list of commands is whole, but for those that need no word."""
    text = text_of(ROOT / "CONTRIBUTING.md")
    targets = set(re.findall(r"^([a-z]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    assert not [each for each in sorted(targets - {"clean", "wheel"}) if f"`make {each}`" not in text]


def test_all_evidence_is_described() -> None:
    """Every file of evidence is named, with the command that made it."""
    text = text_of(DOCS / "evidence" / "README.md")
    assert "docs/evidence" in text_of(ROOT / "README.md")
    assert not [
        path.name for path in (DOCS / "evidence").iterdir() if path.name != "README.md" and f"`{path.name}`" not in text
    ]


def test_decisions_are_numbered_and_whole() -> None:
    """No number is missing; each decision has its context, what was decided and what it costs."""
    pages = sorted((DOCS / "adr").glob("*.md"))
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    for page in pages:
        assert text_of(page).startswith(f"# {int(page.name[:4])}. ")
        for part in ("**Context.**", "**Decision.**", "**Cost.**"):
            assert part in text_of(page), f"{page.name} lacks {part}"


def test_each_weakness_is_told_twice_and_names_its_tests() -> None:
    """Both languages list the same weaknesses, and the tests named are there."""
    english, _, spanish = text_of(DOCS / "attacks.md").partition("\n## Español\n")
    numbers = [re.findall(r"^### (W[0-9]+)\. ", half, re.MULTILINE) for half in (english, spanish)]
    assert numbers[0] == numbers[1] == [f"W{number}" for number in range(1, len(numbers[0]) + 1)]
    for half in (english, spanish):
        entries = half.split("\n### ")[1:]
        assert all(len(re.findall(r"^- \*\*", entry, re.MULTILINE)) == 5 for entry in entries)
    shown = [re.findall(r"`(tests/[^`]+)`", half) for half in (english, spanish)]
    assert shown[0] == shown[1]
    for name in shown[0]:
        file, _, test = name.partition("::")
        assert (ROOT / file).is_file(), name
        assert not test or f"def {test}(" in text_of(ROOT / file), name


# What can be run -----------------------------------------------------------------------------------------------------


def _lines(block: str) -> Iterator[list[str]]:
    """Yield the commands of a block as words; comments and line ends with a backslash are understood."""
    for line in block.replace("\\\n", " ").splitlines():
        if words := shlex.split(line, comments=True):
            yield words


def _commands() -> Mapping[str, click.Command]:
    return dict(leaves(tree("en")))


def _paridad(page: Path) -> Iterator[list[str]]:
    for block in blocks_of(page, "sh"):
        for words in _lines(block):
            if words[0].endswith("paridad"):
                yield words[1:]
    for inline in re.findall(r"`(paridad [^`]+)`", prose_of(page)):
        yield shlex.split(inline)[1:]


@pytest.mark.parametrize("page", [page for page in PAGES if list(_paridad(page))], ids=_name)
def test_every_command_that_is_shown_exists(page: Path) -> None:
    """Commands and options in the documentation are those of the command line."""
    commands = _commands()
    for words in _paridad(page):
        path = "paridad"
        for word in words:
            if f"{path} {word}" not in commands:
                break
            path = f"{path} {word}"
        assert path != "paridad", f"{_name(page)}: {words}"
        known = {name for param in commands[path].params for name in param.opts} | {"--help"}
        assert {word.partition("=")[0] for word in words if word.startswith("--")} <= known, f"{_name(page)}: {words}"


@pytest.mark.parametrize("page", [DOCS / "en" / "operators.md", DOCS / "es" / "operacion.md"], ids=_name)
def test_the_five_minutes_are_true(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands of the manual found two nodes, as they stand there, and both check in order."""
    monkeypatch.chdir(tmp_path)
    first, *_ = blocks_of(page, "sh")
    for words in _lines(first):
        assert words[0] == "paridad"
        if words[1:3] != ["node", "run"]:
            run([_filled(word, tmp_path) for word in words[1:]])
    for home in ("mx", "us"):
        run(["node", "check", "--home", home])


def _filled(word: str, folder: Path) -> str:
    match word:
        case "TIME":
            return "2026-01-01"
        case "HASH":
            return read_charter((folder / "signed.json").read_bytes()).hash
        case _:
            return word


def run(arguments: list[str]) -> None:
    """Run a command line to its end; it must be done."""
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code in {None, 0}, arguments


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_what_an_operator_does_is_a_command(page: Path) -> None:
    """No manual tells anybody to write Python: everything has its verb."""
    assert blocks_of(page, "python") == []
