# SPDX-License-Identifier: Apache-2.0
"""Sentences in Spanish and English, side by side; neither is a translation of the other.

Worked example
    Words(es="El folio está cerrado.", en="The folio is closed.").in_("es")   is "El folio está cerrado."
"""

from dataclasses import dataclass
from typing import Literal, Self

Language = Literal["es", "en"]


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence, label or paragraph in both languages; both are required."""

    es: str
    en: str

    def __post_init__(self) -> None:
        if not self.es.strip() or not self.en.strip():
            raise ValueError(f"both languages are required: es={self.es!r}, en={self.en!r}")

    def in_(self, language: Language) -> str:
        """Return the text in one language."""
        return self.es if language == "es" else self.en

    def fill(self, **values: object) -> Self:
        """Put values into the `{name}` places of both texts."""
        return type(self)(es=self.es.format(**values), en=self.en.format(**values))
