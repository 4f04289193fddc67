# SPDX-License-Identifier: Apache-2.0
"""Tables of facts: what is missing, misspelt or left over is refused under its path."""

from collections.abc import Callable

import pytest

from paridad.base.words import Words
from paridad.programme.errors import CharterRefused
from paridad.programme.facts import CODE, Facts

Reading = Callable[[Facts], object]


def table(**fields: object) -> Facts:
    return Facts(fields, "list[2]", CharterRefused)


ACCEPTED: dict[str, tuple[Facts, Reading, object]] = {
    "a text": (table(id="a"), lambda f: f.text("id", CODE), "a"),
    "a text with line breaks, where they belong": (table(pem="a\nb"), lambda f: f.raw("pem"), "a\nb"),
    "both languages": (table(es="sí", en="yes"), lambda f: f.words(), Words(es="sí", en="yes")),
    "both languages of what may be absent": (
        table(help_es="sí", help_en="yes"),
        lambda f: f.optional_words("help_"),
        Words(es="sí", en="yes"),
    ),
    "neither language of what may be absent": (table(), lambda f: f.optional_words("help_"), None),
    "a whole number": (table(n=3), lambda f: f.whole("n", at_least=3), 3),
    "a whole number that may be absent": (table(), lambda f: f.optional_whole("n"), None),
    "a whole number that is present though it may be absent": (table(n=0), lambda f: f.optional_whole("n"), 0),
    "true": (table(v=True), lambda f: f.yes("v"), True),
    "a listed value": (table(c="b"), lambda f: f.one_of("c", ("a", "b")), "b"),
    "octets": (table(o="AQI"), lambda f: f.octets("o"), b"\1\2"),
    "octets that may be absent": (table(), lambda f: f.optional_octets("o"), None),
    "octets that are present though they may be absent": (table(o=""), lambda f: f.optional_octets("o"), b""),
    "codes": (table(of=["a", "b"]), lambda f: f.codes("of"), ("a", "b")),
    "a table inside": (table(t={"id": "x"}), lambda f: f.table("t").text("id"), "x"),
    "tables inside": (table(t=[{"id": "x"}, {"id": "y"}]), lambda f: [e.text("id") for e in f.tables("t")], ["x", "y"]),
}

REFUSED: dict[str, tuple[Facts, Reading, str, str]] = {
    "a missing field": (table(), lambda f: f.text("id"), "list[2].id", "is missing"),
    "a blank text": (table(id="  "), lambda f: f.text("id"), "list[2].id", "visible text"),
    "a text with a direction mark": (table(id="a\u202eb"), lambda f: f.text("id"), "list[2].id", "visible text"),
    "a text with a line break": (table(id="a\nb"), lambda f: f.text("id"), "list[2].id", "visible text"),
    "a number for a text": (table(id=3), lambda f: f.text("id"), "list[2].id", "visible text"),
    "a text of another form": (table(id="a b"), lambda f: f.text("id", CODE), "list[2].id", "does not have the form"),
    "a number for a raw text": (table(pem=3), lambda f: f.raw("pem"), "list[2].pem", "must be a text"),
    "one language alone": (table(es="sí"), lambda f: f.words(), "list[2].en", "is missing"),
    "one language alone of what may be absent": (
        table(help_en="yes"),
        lambda f: f.optional_words("help_"),
        "list[2].help_es",
        "is missing",
    ),
    "a number below its bound": (table(n=2), lambda f: f.whole("n", at_least=3), "list[2].n", "from 3"),
    "a number beyond 2^53": (table(n=2**53), lambda f: f.whole("n"), "list[2].n", "whole number"),
    "true for a number": (table(n=True), lambda f: f.whole("n"), "list[2].n", "whole number"),
    "a text for a number": (table(n="3"), lambda f: f.whole("n"), "list[2].n", "whole number"),
    "a number for true": (table(v=1), lambda f: f.yes("v"), "list[2].v", "true or false"),
    "a value that is not listed": (table(c="z"), lambda f: f.one_of("c", ("a", "b")), "list[2].c", "not one of: a, b"),
    "octets with padding": (table(o="AQI="), lambda f: f.octets("o"), "list[2].o", "base64url"),
    "codes that are no list": (table(of="a"), lambda f: f.codes("of"), "list[2].of", "list of codes"),
    "codes of another type": (table(of=[1]), lambda f: f.codes("of"), "list[2].of", "list of codes"),
    "codes that repeat": (table(of=["a", "a"]), lambda f: f.codes("of"), "list[2].of", "repeats"),
    "a text for a table": (table(t="x"), lambda f: f.table("t"), "list[2].t", "table of fields"),
    "a text for tables": (table(t="x"), lambda f: list(f.tables("t")), "list[2].t", "list of tables"),
    "a text among tables": (table(t=[{}, "x"]), lambda f: list(f.tables("t")), "list[2].t[1]", "table of fields"),
    "a field left over": (table(idd="a"), lambda f: f.end(), "list[2].idd", "is not known"),
}


@pytest.mark.parametrize(("facts", "read", "expected"), ACCEPTED.values(), ids=ACCEPTED.keys())
def test_what_a_table_hands_out(facts: Facts, read: Reading, expected: object) -> None:
    """Each field comes out as its type."""
    assert read(facts) == expected


@pytest.mark.parametrize(("facts", "read", "field", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_a_table_refuses(facts: Facts, read: Reading, field: str, words: str) -> None:
    """Each refusal names the path and says what to do, in both languages."""
    with pytest.raises(CharterRefused, match=words) as refused:
        read(facts)
    assert refused.value.field == field
    assert refused.value.words.es != refused.value.words.en
    assert field in refused.value.sentence("es")


def test_the_whole_document_is_called_by_a_point() -> None:
    """What is no table at all has no field to name."""
    with pytest.raises(CharterRefused) as refused:
        Facts([], "", CharterRefused)
    assert refused.value.field == "."


def test_a_table_read_to_its_end_is_accepted() -> None:
    """The control of `end`: nothing was left over."""
    facts = table(id="a")
    facts.text("id")
    facts.end()
