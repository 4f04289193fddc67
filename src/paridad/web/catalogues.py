# SPDX-License-Identifier: Apache-2.0
"""The words of the pages: gettext catalogues by area, both languages from message keys, neither the source.

Rules
  - `locale/es_MX/<area>.po` and `locale/en_US/<area>.po` hold the same keys; a key stands in one area.
  - A key that is missing is a fault of the program and is raised, never shown bare.

Worked example
    catalogue("es").gettext("home.title")            is "Inicio"
    catalogue("en").ngettext("inbox.count", "inbox.count", 3) % {"n": 3}
"""

from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from io import BytesIO

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from paridad.base.words import Language
from paridad.web.moments import LOCALES


class Missing(KeyError):
    """A key that no catalogue has."""


class Words:
    """One language's catalogue."""

    def __init__(self, language: Language) -> None:
        whole = Catalog(locale=LOCALES[language])
        for message in messages(language):
            if whole.get(message.id) is not None:
                raise Missing(f"{message.id} stands twice")
            whole.add(message.id, message.string)
        self._keys = frozenset(_key(message) for message in whole if message.id)
        compiled = BytesIO()
        write_mo(compiled, whole)
        compiled.seek(0)
        self._found = Translations(compiled)

    def say(self, key: str, **values: object) -> str:
        """Return a message with its values filled in."""
        self._demand(key)
        return self._found.gettext(key) % values if values else self._found.gettext(key)

    def count(self, key: str, n: int, **values: object) -> str:
        """Return a message in the form that goes with a number."""
        self._demand(key)
        return self._found.ngettext(key, key, n) % {"n": n, **values}

    def _demand(self, key: str) -> None:
        if key not in self._keys:
            raise Missing(key)


@lru_cache(maxsize=2)
def catalogue(language: Language) -> Words:
    """Return the catalogue of a language."""
    return Words(language)


def messages(language: Language) -> Iterator[Message]:
    """Yield the messages of every area of a language."""
    folder = files("paridad.web").joinpath("locale", LOCALES[language])
    for each in sorted(folder.iterdir(), key=lambda path: path.name):
        if each.name.endswith(".po"):
            yield from (m for m in read_po(BytesIO(each.read_bytes()), locale=LOCALES[language]) if m.id)


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]
