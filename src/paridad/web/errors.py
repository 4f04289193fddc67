# SPDX-License-Identifier: Apache-2.0
"""Errors of the pages.

ParidadError
└── WebError
    ├── PasskeyRefused    an answer of an authenticator that does not verify, or does not fit what was asked
    └── CodeRefused       an enrolment code that is unknown, over or used
"""

from paridad.base.errors import ExitCode, ParidadError
from paridad.base.words import Words


class WebError(ParidadError):
    """Root of the errors of the pages."""


class PasskeyRefused(WebError):
    """An answer of an authenticator that does not verify, or does not fit what was asked."""

    exit_code = ExitCode.VERIFICATION_FAILED
    next_step = Words(
        es="Empiece otra vez desde la página; si se repite, pida a quien opera el nodo un código de inscripción nuevo.",
        en="Begin again from the page; if it happens again, ask the node's operator for a new enrolment code.",
    )


class CodeRefused(WebError):
    """An enrolment code that is unknown, over or used."""

    next_step = Words(
        es="Revise el código tal como se lo dieron, o pida otro a quien opera el nodo.",
        en="Check the code as it was given to you, or ask the node's operator for another.",
    )
