# SPDX-License-Identifier: Apache-2.0
"""The sentences with which a folio says no.

ParidadError
└── FolioError
    └── NotNow     a command that the folio does not admit as it stands; the sentence says what to do instead
"""

from typing import TypeVar

from paridad.base.errors import ParidadError
from paridad.base.words import Words

T = TypeVar("T")


class FolioError(ParidadError):
    """Something a folio refuses."""


class NotNow(FolioError):
    """A command that does not follow from the folio as it stands; nothing was changed."""


def demand(condition: object, es: str, en: str) -> None:
    """Go on if the condition holds; otherwise raise `NotNow` with its sentence."""
    if not condition:
        raise NotNow(Words(es=es, en=en))


def found(thing: T | None, es: str, en: str) -> T:
    """Return what was looked for; raise `NotNow` with its sentence where there is none."""
    if thing is None:
        raise NotNow(Words(es=es, en=en))
    return thing
