# SPDX-License-Identifier: Apache-2.0
"""Errors of acts.

ActError
├── VocabularyRefused   a vocabulary file that cannot be loaded: the node does not start with it
├── BodyRefused         fields that do not fit the vocabulary of their kind
├── DraftRefused        a draft that cannot become an act; nothing was signed
├── SelectionRefused    a choice of fields that cannot be sent together
└── ActRefused          an act that failed a step of `open_act`; carries the step's number
    ├── FutureAct       dated too far ahead: quarantined (clock), nothing is wrong with the signature
    └── NotAddressed    verified, but meant for others
"""

from paridad.base.errors import ExitCode, ParidadError
from paridad.base.words import Words


class ActError(ParidadError):
    """Any error of this package."""


class VocabularyRefused(ActError):
    """A vocabulary file that names, types or labels something wrongly."""

    next_step = Words(
        es="Corrija el archivo vocabulary.toml en el lugar señalado.",
        en="Correct the vocabulary.toml file at the place named.",
    )


class BodyRefused(ActError):
    """A field that its kind does not know, or a value that does not fit the field."""


class DraftRefused(ActError):
    """A draft that cannot become an act; nothing was signed."""

    next_step = Words(
        es="No se firmó nada. Corrija el borrador y vuelva a intentarlo.",
        en="Nothing was signed. Correct the draft and try again.",
    )


class SelectionRefused(ActError):
    """A choice of fields that does not exist in the act, or a part asked for without its whole."""

    next_step = Words(
        es="No se entregó nada. Elija también el campo que contiene la parte, o quite la parte.",
        en="Nothing was released. Choose the field that holds the part as well, or leave the part out.",
    )


class ActRefused(ActError):
    """An act that failed a numbered step of verification; no part of it is believed."""

    exit_code = ExitCode.VERIFICATION_FAILED

    def __init__(self, step: int, words: Words) -> None:
        super().__init__(Words(es=f"({step}) {words.es}", en=f"({step}) {words.en}"))
        self.step = step


class FutureAct(ActRefused):
    """An act dated further ahead than clocks may differ: quarantined (clock)."""

    next_step = Words(
        es="Queda en cuarentena (reloj): compare la hora de ambos nodos y vuelva a presentarlo.",
        en="It stays in quarantine (clock): compare the time of both nodes and present it again.",
    )


class NotAddressed(ActRefused):
    """An act that verifies and names only other addressees."""
