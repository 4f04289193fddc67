# SPDX-License-Identifier: Apache-2.0
"""Errors of the programme: its charter, its keys, their changes.

ProgrammeError
├── CharterRefused       a template, document or signed charter that does not hold; names the field
├── UnknownCharter       an act names a charter that this node does not hold, or that was not in force
├── UnknownProgramme     no programme of that name is shipped
├── UnmappedMarking      a national marking without a handling code, or the other way round
├── KeyRefused           a key that does not count for what it is used for; says whether the act is disputed
├── KeyChangeRefused     an enrolment, retirement or revocation that does not hold
└── TransportRefused     a certificate or authority that does not hold
"""

from paridad.base.errors import ExitCode, ParidadError
from paridad.base.words import Words


class ProgrammeError(ParidadError):
    """Something about the programme does not hold."""


class CharterRefused(ProgrammeError):
    """A charter, or what should become one, does not hold; `field` says where."""

    exit_code = ExitCode.VERIFICATION_FAILED
    next_step = Words(
        es="Corrija ese campo y vuelva a compilar y firmar la carta entre todas las partes.",
        en="Correct that field, then compile and sign the charter again with all parties.",
    )

    def __init__(self, field: str, words: Words) -> None:
        super().__init__(
            Words(es=f"Carta del programa, {field}: {words.es}", en=f"Programme charter, {field}: {words.en}")
        )
        self.field = field


class UnknownCharter(ProgrammeError):
    """No charter of that programme and hash is held, or it was not in force at that time."""

    exit_code = ExitCode.VERIFICATION_FAILED
    next_step = Words(
        es="Compare la carta vigente con la otra parte e incorpore la versión que falta.",
        en="Compare the charter in force with the other party and adopt the version that is missing.",
    )


class UnknownProgramme(ProgrammeError):
    """No programme of that name is shipped with this release."""

    exit_code = ExitCode.USAGE


class UnmappedMarking(ProgrammeError):
    """A marking that the charter does not map; nothing leaves with it."""

    next_step = Words(
        es="Elija una marca que la carta contenga, o acuerde con las demás partes una nueva versión de la carta.",
        en="Choose a marking that the charter contains, or agree on a new version of the charter with the others.",
    )


class KeyRefused(ProgrammeError):
    """A key that does not count here; `disputed` when its party ended it back to an earlier size of the log."""

    exit_code = ExitCode.VERIFICATION_FAILED
    next_step = Words(
        es="Pida a la parte emisora que firme de nuevo con una clave vigente.",
        en="Ask the issuing party to sign again with a key that is in force.",
    )

    def __init__(self, words: Words, *, disputed: bool = False) -> None:
        super().__init__(words)
        self.disputed = disputed


class KeyChangeRefused(ProgrammeError):
    """A statement about a key that does not hold; `field` says where."""

    exit_code = ExitCode.VERIFICATION_FAILED
    next_step = Words(
        es="Corrija la declaración y vuelva a firmarla con la raíz de su parte.",
        en="Correct the statement and sign it again with your party's root.",
    )

    def __init__(self, field: str, words: Words) -> None:
        super().__init__(Words(es=f"Cambio de clave, {field}: {words.es}", en=f"Key change, {field}: {words.en}"))
        self.field = field


class TransportRefused(ProgrammeError):
    """A certificate or authority of the transport that does not hold."""

    exit_code = ExitCode.VERIFICATION_FAILED
    next_step = Words(
        es="Emita el certificado con la autoridad que figura en la carta.",
        en="Issue the certificate under the authority that stands in the charter.",
    )
