# SPDX-License-Identifier: Apache-2.0
"""Two languages as equals: the catalogues say the same things, templates say nothing by themselves.

Each rule finds nothing in the tree, and finds its planted gap.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

from paridad.base.words import Language
from paridad.web.catalogues import Missing, catalogue
from paridad.web.moments import LOCALES
from paridad.web.pages.ledger import VERDICTS

WEB = Path(str(files("paridad.web")))
LANGUAGES: tuple[Language, ...] = ("es", "en")
OURS = {"Paridad"}
"""The one word that a template may hold: our name is the same in both languages."""
SPEAKING = {"alt", "title", "placeholder", "aria-label", "aria-description", "data-text"}
HOLE = re.compile(r"%\((\w+)\)s")
ANY = "\0"
"""Stands where a template puts in what it computes."""

Catalogue = dict[str, Message]


def read(data: bytes, locale: str = "es_MX") -> Catalogue:
    """Return the messages of a catalogue by their keys."""
    return {forms(each.id)[0]: each for each in read_po(BytesIO(data), locale=locale) if each.id}


def forms(of: Any) -> tuple[str, ...]:
    return tuple(of) if isinstance(of, (list, tuple)) else (of,)


@cache
def areas() -> dict[str, tuple[Catalogue, Catalogue]]:
    """Return both catalogues of every area."""
    names = {path.name for language in LANGUAGES for path in (WEB / "locale" / LOCALES[language]).glob("*.po")}
    return {name: (area("es", name), area("en", name)) for name in sorted(names)}


def area(language: Any, name: str) -> Catalogue:
    path = WEB / "locale" / LOCALES[language] / name
    return read(path.read_bytes(), LOCALES[language]) if path.exists() else {}


def keys() -> set[str]:
    return {key for both in areas().values() for key in both[0].keys() | both[1].keys()}


OTHER_WORDS = re.compile(r"base jurídica|\bhojas?\b|\bsólo\b|\bhabla\b", re.IGNORECASE)
"""What the pages called a legal basis, an act in a log, and its issuer, beside the words of the glossary."""


def test_one_thing_has_one_name_on_every_page() -> None:
    """A legal basis was «base jurídica» on some pages and «fundamento legal» on others."""
    texts = [text for es, _ in areas().values() for said in es.values() for text in forms(said.string)]
    assert [text for text in texts if OTHER_WORDS.search(text)] == []
    assert OTHER_WORDS.search("Base jurídica"), "a planted other word is found"


# --- both catalogues say the same ------------------------------------------------------------------------------------


def differences(es: Catalogue, en: Catalogue) -> Iterator[str]:
    """Yield where two catalogues are not equals."""
    yield from (f"{key}: in one language only" for key in sorted(es.keys() ^ en.keys()))
    for key in sorted(es.keys() & en.keys()):
        spoken = (forms(es[key].string), forms(en[key].string))
        if len({forms(each.id) == (key, key) for each in (es[key], en[key])}) > 1:
            yield f"{key}: plural in one language only"
        if es[key].fuzzy or en[key].fuzzy:
            yield f"{key}: fuzzy"
        if not all(text.strip() for text in (*spoken[0], *spoken[1])):
            yield f"{key}: empty"
        if len({frozenset(HOLE.findall(text)) - {"n"} for text in (*spoken[0], *spoken[1])}) > 1:
            yield f"{key}: other placeholders"
        if any("%" in HOLE.sub("", text).replace("%%", "") for text in (*spoken[0], *spoken[1])):
            yield f"{key}: a percent sign that is no placeholder"


def test_both_languages_say_the_same_things() -> None:
    assert [f"{name}: {each}" for name, (es, en) in areas().items() for each in differences(es, en)] == []


def po(key: str = "a.b", text: str = "x %(who)s", extra: str = "") -> bytes:
    return f'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n{extra}msgid "{key}"\nmsgstr "{text}"\n'.encode()


GAPS = {
    "in one language only": po(key="a.c"),
    "fuzzy": po(extra="#, fuzzy\n"),
    "empty": po(text=""),
    "other placeholders": po(text="x %(whom)s"),
    "a percent sign that is no placeholder": po(text="x %(who)s 5 % y"),
    "plural in one language only": po().replace(b'msgstr "x', b'msgid_plural "a.b"\nmsgstr[0] "x')
    + b'msgstr[1] "x %(who)s"\n',
}


@pytest.mark.parametrize("gap", GAPS)
def test_a_planted_gap_is_found(gap: str) -> None:
    assert any(gap in each for each in differences(read(po()), read(GAPS[gap])))
    assert list(differences(read(po()), read(po()))) == []


# --- what is said is there, and what is there is said ----------------------------------------------------------------


def said_in_template(source: str) -> Iterator[str]:
    """Yield each key that a template says; what is computed of it is `ANY`."""
    for call in Environment().parse(source).find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name in {"say", "count"} and call.args:
            yield from spelled(call.args[0])


def spelled(of: nodes.Expr) -> Iterator[str]:
    match of:
        case nodes.Const(value=str(value)):
            yield value
        case nodes.Concat():
            yield "".join(next(spelled(each)) for each in of.nodes)
        case nodes.CondExpr():
            yield from spelled(of.expr1)
            yield from spelled(of.expr2) if of.expr2 else ()
        case _:
            yield ANY


def said_in_code(source: str) -> Iterator[str]:
    """Yield each key that a module says."""
    for each in ast.walk(ast.parse(source)):
        if isinstance(each, ast.Call) and each.args:
            name = each.func.attr if isinstance(each.func, ast.Attribute) else getattr(each.func, "id", "")
            if name in {"say", "count"}:
                yield from written(each.args[0])


def written(of: ast.expr) -> Iterator[str]:
    match of:
        case ast.Constant(value=str(value)):
            yield value
        case ast.JoinedStr():
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else ANY for part in of.values)
        case ast.IfExp():
            yield from written(of.body)
            yield from written(of.orelse)
        case _:
            yield ANY


@cache
def said() -> frozenset[str]:
    """Return every key that the pages say."""
    found = {key for path in (WEB / "templates").rglob("*.html") for key in said_in_template(path.read_text("utf-8"))}
    found |= {key for path in WEB.rglob("*.py") for key in said_in_code(path.read_text("utf-8"))}
    return frozenset(key for key in found if key.strip(ANY))


@cache
def pattern(spoken: str) -> re.Pattern[str]:
    return re.compile(".+".join(map(re.escape, spoken.split(ANY))))


def fits(spoken: str, key: str) -> bool:
    """Say whether a key may be what is meant."""
    return spoken == key if ANY not in spoken else pattern(spoken).fullmatch(key) is not None


def unknown(spoken: set[str] | frozenset[str], there: set[str]) -> list[str]:
    return sorted(each for each in spoken if "." in each and not any(fits(each, key) for key in there))


def unsaid(spoken: set[str] | frozenset[str], there: set[str]) -> list[str]:
    return sorted(key for key in there if not any(fits(each, key) for each in spoken))


def test_every_key_that_is_said_is_there() -> None:
    assert unknown(said(), keys()) == []


def test_every_key_that_is_there_is_said() -> None:
    assert unsaid(said(), keys()) == []


def test_a_key_that_is_not_there_or_never_said_is_found() -> None:
    source = "{{ say('a.b') }}{{ say('c.' ~ d) }}{{ count('e.f' if g else 'h.i', n) }}"
    spoken = set(said_in_template(source))
    assert spoken == {"a.b", f"c.{ANY}", "e.f", "h.i"}
    assert unknown(spoken, {"a.b", "c.x", "e.f"}) == ["h.i"]
    assert unsaid(spoken, {"a.b", "c.x", "e.f", "h.i", "j.k"}) == ["j.k"]
    assert set(said_in_code('say("a.b"); self.say(f"c.{d}"); words.count("e.f" if g else "h.i", 2)')) == spoken


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_missing_key_is_a_fault_and_is_never_shown_bare(language: Any) -> None:
    with pytest.raises(Missing):
        catalogue(language).say("nowhere.at_all")


def test_the_verifier_has_words_for_whatever_its_script_says() -> None:
    """The script is not read as a template: what it may say is on a list, and the list is what it says."""
    modules = WEB / "client/modules"
    script = "".join((modules / f"{name}.js").read_text("utf-8") for name in ("proofs", "verifier"))
    refused = re.findall(r'(?:Refused\(|demand\([^;]*?, )"(\w+)"', script, re.DOTALL)
    spoken = re.findall(r'say\("(\w+)"', script)
    states = re.findall(r'(?:state: |\? |: )"(log|cosigner|quantum|unknown)"', script)
    titles = [f"title_{kind}" for kind in re.findall(r'verdict\("(\w+)"', script)]
    assert {*refused, *spoken, *states, *titles} == set(VERDICTS)
    assert {f"ledger.verdict.{word}" for word in VERDICTS} == {key for key in keys() if ".verdict." in key}


# --- templates say nothing by themselves -----------------------------------------------------------------------------


class _Reader(HTMLParser):
    """Collects what a template says by itself: text between tags, and attributes that are read out."""

    def __init__(self) -> None:
        super().__init__()
        self.bare: list[str] = []

    def handle_data(self, data: str) -> None:
        self._look(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag
        for name, value in attrs:
            if name in SPEAKING:
                self._look(value or "")

    def _look(self, text: str) -> None:
        words = [word for word in re.findall(r"[^\W\d_]+", text) if word not in OURS]
        self.bare += [" ".join(words)] if words else []


def bare(source: str) -> list[str]:
    """Return the words of a template that no catalogue holds."""
    text, inside = "", False
    for _, kind, value in Environment().lex(source):
        inside = {"variable_begin": True, "variable_end": False}.get(kind, inside)
        text += value if kind == "data" else ANY if kind == "variable_end" else ""
    reader = _Reader()
    reader.feed(text)
    return reader.bare


def test_no_template_holds_a_word_of_its_own() -> None:
    found = {path.name: bare(path.read_text("utf-8")) for path in (WEB / "templates").rglob("*.html")}
    assert {name: words for name, words in found.items() if words} == {}


def test_a_planted_word_is_found_between_tags_and_in_what_is_read_out() -> None:
    assert bare("<p>Hello {{ name }}</p>") == ["Hello"]
    assert bare('<img alt="A map"><a title="{{ x }}" href="/abc">{{ y }}</a>') == ["A map"]
    assert bare("<title>{{ x }} – Paridad</title>{# a note #}{% if a %}<b>…</b>{% endif %}") == []


# --- no script and no style stands in a page -------------------------------------------------------------------------


class _Policy(HTMLParser):
    """Collects what the content policy would stop."""

    def __init__(self) -> None:
        super().__init__()
        self.stopped: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attrs}
        if tag == "style" or "style" in names or (tag == "script" and "src" not in names):
            self.stopped.append(tag)
        self.stopped += [name for name in names if re.match(r"on\w+$|hx-on", name)]


def stopped(source: str) -> list[str]:
    reader = _Policy()
    reader.feed(re.sub(r"\{[{%].*?[}%]\}", "", source))
    return reader.stopped


def test_no_template_holds_what_the_content_policy_stops() -> None:
    found = {path.name: stopped(path.read_text("utf-8")) for path in (WEB / "templates").rglob("*.html")}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
    assert stopped('<p style="x" onclick="y"><style></style><script>z</script><script src="a"></script>') == [
        "p",
        "onclick",
        "style",
        "script",
    ]
