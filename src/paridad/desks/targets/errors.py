# SPDX-License-Identifier: Apache-2.0
"""Errors of the targets desk.

TargetsError
├── ListDamaged        a list file that cannot be read to its end
├── DossierRefused     a dossier that cannot become an act
├── AlreadyRegistered  the same dossier is on record already; nothing changed
├── NotCurrent         a correction or judgement that does not name the act in force
├── JudgementRefused   a judgement of two dossiers that cannot become an act
├── LinkRefused        a link that cannot become an act
├── MappingRefused     a mapping of columns that does not hold
├── CaseRefused        something about a priority case that cannot become an act
├── SightingRefused    a sighting that cannot become an act
└── NoticeRefused      a claim, notice or decision about mistaken identity that cannot become an act
"""

from paridad.base.errors import ExitCode, ParidadError
from paridad.base.words import Words


class TargetsError(ParidadError):
    """Something about a dossier or a list does not hold."""


class ListDamaged(TargetsError):
    """The file cannot be read any further; what came before it is whole."""

    exit_code = ExitCode.VERIFICATION_FAILED
    next_step = Words(
        es="Vuelva a obtener el archivo, compare su resumen con el publicado e impórtelo otra vez.",
        en="Fetch the file again, compare its digest with the published one and import it again.",
    )


class DossierRefused(TargetsError):
    """A dossier that cannot become an act; nothing was recorded."""

    next_step = Words(
        es="Corrija el campo señalado y registre el expediente de nuevo.",
        en="Correct the field named and register the dossier again.",
    )


class AlreadyRegistered(TargetsError):
    """The same dossier is on record; registering it again changes nothing."""

    next_step = Words(
        es="No hace falta hacer nada; para cambiarlo, regístrelo como corrección.",
        en="Nothing needs to be done; to change it, register a correction.",
    )


class NotCurrent(TargetsError):
    """A correction or a judgement must name the act that is in force."""

    exit_code = ExitCode.TRY_AGAIN
    next_step = Words(
        es="Vuelva a abrir el expediente: puede haber una corrección más reciente.",
        en="Open the dossier again: there may be a newer correction.",
    )


class JudgementRefused(TargetsError):
    """A judgement that cannot become an act; nothing was recorded."""

    next_step = Words(
        es="Corrija lo señalado y juzgue de nuevo; si espera a otra persona, pídaselo a ella.",
        en="Correct what is named and judge again; where it waits for another person, ask that person.",
    )


class LinkRefused(TargetsError):
    """A link that cannot become an act; nothing was recorded."""

    next_step = Words(
        es="Corrija el campo señalado y diga el vínculo de nuevo.",
        en="Correct the field named and say the link again.",
    )


class MappingRefused(TargetsError):
    """A mapping of columns to fields that does not hold; nothing was read."""

    next_step = Words(
        es="Corrija la asignación de columnas y vuelva a ensayar.",
        en="Correct the mapping of columns and try it again.",
    )


class CaseRefused(TargetsError):
    """Something about a priority case that cannot become an act; nothing was recorded."""

    next_step = Words(
        es="Corrija lo señalado y dígalo de nuevo; para ver cómo está el caso, abra su ficha.",
        en="Correct what is named and say it again; to see where the case stands, open its sheet.",
    )


class SightingRefused(TargetsError):
    """A sighting that cannot become an act; nothing was recorded."""

    next_step = Words(
        es="Complete o corrija el campo señalado e informe de nuevo.",
        en="Fill in or correct the field named and report again.",
    )


class NoticeRefused(TargetsError):
    """A claim, notice or decision about mistaken identity that cannot become an act; nothing was recorded."""

    next_step = Words(
        es="Corrija lo señalado; si falta otra persona, pídaselo a ella.",
        en="Correct what is named; where another person is needed, ask that person.",
    )
