# SPDX-License-Identifier: Apache-2.0
"""Reading a table of facts field by field: nothing missing, nothing misspelt, nothing left over.

Rules
  - Each field is taken by name and type; what was not taken when the table ends is refused, so that a misspelt
    name is an error and never a silent default.
  - Every refusal names the path (`agencies[3].en`) and says what to write there.
  - Labels are required in both languages and hold printable text only: no control or direction marks.
  - Templates (TOML) and documents (JSON) go through the same reader.

Worked example
    table = Facts({"id": "AA", "es": "Alfa", "en": "Alpha"}, "parties[0]", CharterRefused)
    table.text("id"), table.words()        is ("AA", Words(es="Alfa", en="Alpha"))
    table.end()                            raises for any field that was not taken
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NoReturn, TypeVar

from paridad.base.errors import Malformed, ParidadError
from paridad.base.strict import MAX_INTEGER, decode_base64url
from paridad.base.words import Words

Refusal = Callable[[str, Words], ParidadError]
"""Builds the error of one field."""

Choice = TypeVar("Choice", bound=str)

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9+._-]{0,63}")
"""The form of every code of a closed list."""


class Facts:
    """One table: hands out its fields by name, and refuses what does not fit."""

    def __init__(self, tree: object, path: str, refusal: Refusal) -> None:
        self._path = path
        self._refusal = refusal
        if not isinstance(tree, Mapping):
            self.refuse("", "debe ser una tabla de campos.", "must be a table of fields.")
        self._tree = tree
        self._taken: set[str] = set()

    def refuse(self, name: str, es: str, en: str) -> NoReturn:
        """Raise the refusal of one field of this table."""
        raise self._refusal(self.path(name), Words(es=es, en=en))

    def path(self, name: str) -> str:
        """Return the full path of a field."""
        return ".".join(part for part in (self._path, name) if part) or "."

    def has(self, name: str) -> bool:
        """Whether the field is present at all."""
        return name in self._tree

    def text(self, name: str, pattern: re.Pattern[str] | None = None) -> str:
        """Take a printable, non-blank text, of the given form if there is one."""
        value = self._take(name)
        if not isinstance(value, str) or not value.strip() or not value.isprintable():
            self.refuse(name, "debe ser texto visible.", "must be visible text, without control marks.")
        if pattern and not pattern.fullmatch(value):
            form = pattern.pattern
            self.refuse(name, f"{value!r} no tiene la forma {form}.", f"{value!r} does not have the form {form}.")
        return value

    def raw(self, name: str) -> str:
        """Take a text as it is, line breaks included."""
        value = self._take(name)
        if not isinstance(value, str):
            self.refuse(name, "debe ser un texto.", "must be a text.")
        return value

    def words(self, prefix: str = "") -> Words:
        """Take the Spanish and the English of one label, `es` and `en` behind the prefix."""
        return Words(es=self.text(f"{prefix}es"), en=self.text(f"{prefix}en"))

    def optional_words(self, prefix: str) -> Words | None:
        """Take both languages of a label that may be absent; one language alone is refused."""
        if self.has(f"{prefix}es") or self.has(f"{prefix}en"):
            return self.words(prefix)
        return None

    def whole(self, name: str, *, at_least: int = 0) -> int:
        """Take a whole number."""
        value = self._take(name)
        if not isinstance(value, int) or isinstance(value, bool) or not at_least <= value <= MAX_INTEGER:
            self.refuse(name, f"debe ser un entero desde {at_least}.", f"must be a whole number from {at_least}.")
        return value

    def optional_whole(self, name: str, *, at_least: int = 0) -> int | None:
        """Take a whole number that may be absent."""
        return self.whole(name, at_least=at_least) if self.has(name) else None

    def yes(self, name: str) -> bool:
        """Take a true or false."""
        value = self._take(name)
        if not isinstance(value, bool):
            self.refuse(name, "debe ser true o false.", "must be true or false.")
        return value

    def one_of(self, name: str, choices: tuple[Choice, ...]) -> Choice:
        """Take one value of a closed list."""
        value = self._take(name)
        found = next((choice for choice in choices if value == choice), None)
        if found is None:
            listed = ", ".join(choices)
            self.refuse(name, f"{value!r} no está entre: {listed}.", f"{value!r} is not one of: {listed}.")
        return found

    def octets(self, name: str) -> bytes:
        """Take bytes written in canonical base64url."""
        try:
            return decode_base64url(self.raw(name))
        except Malformed as error:
            self.refuse(name, error.words.es, error.words.en)

    def optional_octets(self, name: str) -> bytes | None:
        """Take bytes that may be absent."""
        return self.octets(name) if self.has(name) else None

    def codes(self, name: str) -> tuple[str, ...]:
        """Take a list of texts without repetitions."""
        value = self._take(name)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.refuse(name, "debe ser una lista de códigos.", "must be a list of codes.")
        if len(set(value)) != len(value):
            self.refuse(name, "repite un código.", "repeats a code.")
        return tuple(value)

    def table(self, name: str) -> "Facts":
        """Take a table inside this one."""
        return Facts(self._take(name), self.path(name), self._refusal)

    def tables(self, name: str) -> "Iterator[Facts]":
        """Take a list of tables, each with its place in the path."""
        value = self._take(name)
        if not isinstance(value, list):
            self.refuse(name, "debe ser una lista de tablas.", "must be a list of tables.")
        for place, tree in enumerate(value):
            yield Facts(tree, f"{self.path(name)}[{place}]", self._refusal)

    def end(self) -> None:
        """Refuse what was never taken."""
        for name in self._tree:
            if name not in self._taken:
                self.refuse(str(name), "no se conoce; quítelo o corríjalo.", "is not known; remove or rename it.")

    def _take(self, name: str) -> object:
        self._taken.add(name)
        if name not in self._tree:
            self.refuse(name, "falta; escríbalo.", "is missing; write it.")
        value: object = self._tree[name]
        return value
