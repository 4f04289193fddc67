# SPDX-License-Identifier: Apache-2.0
"""Reading the fields of an act that somebody else wrote: absent, withheld or odd values never raise.

Rules
  - A field may be missing because it was never sent or was erased since; what is read then is the empty value.
  - What the empty value means is always the careful reading: not complete, not attested, not granted.

Worked example
    flag({"partial": True}, "partial")      is True
    codes({"grounds": 7}, "grounds")        is ()
"""

from collections.abc import Iterator, Mapping

from paridad.base.strict import JsonValue
from paridad.folio.commands import Derived, Given, Kept, Withheld

Fields = Mapping[str, JsonValue]


def text(fields: Fields, name: str) -> str:
    """Return a text, or the empty one."""
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def flag(fields: Fields, name: str, *, absent: bool = False) -> bool:
    """Return a yes or no."""
    value = fields.get(name)
    return value if isinstance(value, bool) else absent


def whole(fields: Fields, name: str) -> int | None:
    """Return a whole number, or None."""
    value = fields.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def items(fields: Fields, name: str) -> tuple[JsonValue, ...]:
    """Return the elements of a list."""
    value = fields.get(name)
    return tuple(value) if isinstance(value, (list, tuple)) else ()


def codes(fields: Fields, name: str) -> tuple[str, ...]:
    """Return the texts of a list."""
    return tuple(item for item in items(fields, name) if isinstance(item, str))


def records(fields: Fields, name: str) -> tuple[Fields, ...]:
    """Return the records of a list."""
    return tuple(item for item in items(fields, name) if isinstance(item, Mapping))


def given(fields: Fields) -> tuple[Given, ...]:
    """Return what an act says it gives."""
    return tuple(
        Given(text(item, "record"), path) for item in records(fields, "given") for path in codes(item, "paths")
    )


def withheld(fields: Fields) -> tuple[Withheld, ...]:
    """Return what an act says it withholds, and why."""
    return tuple(
        Withheld(
            what=text(item, "what"),
            rule=text(item, "rule"),
            clause=text(item, "clause"),
            ask_again=flag(item, "ask_again"),
            record=text(item, "record"),
            count=whole(item, "count") or 1,
        )
        for item in records(fields, "withheld")
    )


def derived(fields: Fields) -> tuple[Derived, ...]:
    """Return the derived items of a recall answer; an item of which nothing good is said was kept."""
    return tuple(
        Derived(text(item, "item"), "destroyed" if text(item, "fate") == "destroyed" else "kept")
        for item in records(fields, "derived")
    )


def kept(fields: Fields) -> tuple[Kept, ...]:
    """Return how the obligations were kept."""
    return tuple(
        Kept(text(item, "obligation"), flag(item, "kept"), text(item, "remark"))
        for item in records(fields, "obligations")
    )


def wholes(path: str) -> Iterator[str]:
    """Yield a path and what it is part of, the nearest first: `a[2].b`, `a[2]`, `a`."""
    yield path
    while (cut := max(path.rfind("."), path.rfind("["))) > 0:
        path = path[:cut]
        yield path
