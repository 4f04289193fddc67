# SPDX-License-Identifier: Apache-2.0
"""Law 10: parties are data. No `MX` or `US` in code outside the shipped programme, its texts and tests.

A reading of every file of the product by its tokens, and a story told twice: with the parties exchanged it is the
same story, mirrored.
"""

import io
import json
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

import paridad
import paridad_verify
import paridad_verify_run
from paridad.folio.commands import Acknowledge, Answer, Close, FileOutcome
from paridad.folio.sheet import summary
from support.matters import matter, person

PACKAGES = [Path(str(each.__file__)).parent for each in (paridad, paridad_verify, paridad_verify_run)]
PROGRAMMES = PACKAGES[0] / "programmes"
NAMES = re.compile(
    r"\b(?:MX|US|M[eé]xico|Mexican|mexican[oa]s?|United States|Estados Unidos|EE\.? ?UU|U\.S\.|USA|MEX)(?!\w)"
)
"""The shipped parties, as codes and in words. `US` in capitals only: "us" is a pronoun."""
BINARY = {".pyc", ".woff2"}
HASH = re.compile(r"[A-Za-z0-9_-]{43}")


def files() -> list[Path]:
    """Return every file of the product outside the shipped programmes."""
    found = [path for package in PACKAGES for path in package.rglob("*") if path.is_file()]
    return [path for path in found if PROGRAMMES not in path.parents and path.suffix not in BINARY]


def parties_in_code(source: str) -> Iterator[str]:
    """Yield the tokens of Python code, names, texts and comments alike, in which a party is named."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if NAMES.search(token.string):
            yield f"{token.start[0]}: {token.string}"


def parties_in(path: Path) -> list[str]:
    """Return where a file names a party: code by tokens, anything else by lines."""
    text = path.read_text()
    if path.suffix == ".py":
        return list(parties_in_code(text))
    return [f"{n}: {line}" for n, line in enumerate(text.splitlines(), 1) if NAMES.search(line)]


def test_no_file_of_the_product_names_a_party() -> None:
    """Outside the shipped programmes no token, text or comment names one of its parties."""
    assert len(files()) > 100
    assert {str(path): found for path in files() if (found := parties_in(path))} == {}


@pytest.mark.parametrize(
    "planted",
    [
        'OURS = "MX"',
        'if party == "US":\n    pass',
        "MX = 1",
        'agency = f"{x} MX/FGR"',
        '"""Asks México."""',
        "x = 1  # as the United States do",
    ],
)
def test_a_planted_party_is_found(planted: str) -> None:
    """Positive control: whatever form it takes; the shipped programme itself names them, too."""
    assert list(parties_in_code(planted))
    assert parties_in(PROGRAMMES / "gis-mx-us" / "charter.toml")
    assert list(parties_in_code('"""Tell us: BUS, USE, MXN, a focus."""')) == []


def story(folder: Path, names: tuple[str, str]) -> str:
    """Tell a whole story and return what both parties know of it at its end."""
    with matter(folder, names, sound=False) as m:
        record = m.record("asked", person("Xochi"))
        m.asks()
        m.settle()
        m.says("asked", Acknowledge)
        m.says("asked", Answer, partial=False, **m.offer(record))
        m.settle()
        m.says("asking", FileOutcome, outcome="lead-only")
        m.says("asking", Close)
        m.settle()
        return json.dumps(summary(m.state(), m.parties.clock()), sort_keys=True, ensure_ascii=False)


def mirrored(text: str) -> str:
    """Exchange the parties in a text."""
    return re.sub(r'"(MX|US)\b', lambda found: '"US' if found[1] == "MX" else '"MX', text)


def numbered(text: str) -> str:
    """Put the order of their first appearance in the place of hashes, which follow from the keys."""
    seen: dict[str, int] = {}
    return HASH.sub(lambda found: f"#{seen.setdefault(found[0], len(seen))}", text)


def test_exchanged_parties_tell_the_mirrored_story(tmp_path: Path) -> None:
    """Neither party is treated otherwise: exchange them and the same summary comes out, exchanged."""
    written = numbered(story(tmp_path / "written", ("MX", "US")))
    exchanged = numbered(story(tmp_path / "exchanged", ("US", "MX")))
    assert mirrored(exchanged) == written
    assert exchanged != written
    assert '"stage": "closed"' in written
