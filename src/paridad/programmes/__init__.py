# SPDX-License-Identifier: Apache-2.0
"""Programmes shipped with this release: facts in `<name>/charter.toml`, the only place where parties are named.

Worked example
    compile_document(shipped_programme("gis-mx-us"), party_keys, version=1, effective_from=now)
"""

from importlib.resources import files
from importlib.resources.abc import Traversable

from paridad.base.words import Words
from paridad.programme.errors import UnknownProgramme


def shipped_names() -> tuple[str, ...]:
    """Return the names of the programmes shipped."""
    return tuple(sorted(each.name for each in files(__name__).iterdir() if (each / "charter.toml").is_file()))


def shipped_programme(name: str) -> bytes:
    """Return the charter template of a shipped programme, or raise `UnknownProgramme`."""
    return (_folder(name) / "charter.toml").read_bytes()


def shipped_story(name: str) -> bytes:
    """Return the matter that `paridad demo` plays under a shipped programme, or raise `UnknownProgramme`."""
    return (_folder(name) / "story.toml").read_bytes()


def _folder(name: str) -> Traversable:
    names = shipped_names()
    if name not in names:
        listed = ", ".join(names)
        raise UnknownProgramme(
            Words(
                es=f"No hay programa {name!r} en esta versión; hay: {listed}.",
                en=f"There is no programme {name!r} in this release; there are: {listed}.",
            )
        )
    return files(__name__) / name
