# SPDX-License-Identifier: Apache-2.0
"""Errors of a node.

ParidadError
└── NodeError
    ├── HomeRefused       a node's folder that is incomplete, damaged or somebody else's
    ├── OfficerRefused    an officer who is unknown, or whose role does not allow it
    ├── FolioMoved        an act came while a command was prepared
    └── NotFound          nothing of that name is here
"""

from paridad.base.errors import ExitCode, ParidadError
from paridad.base.words import Words


class NodeError(ParidadError):
    """Root of the errors of a node."""


class HomeRefused(NodeError):
    """A node's folder that cannot be used as it is."""

    exit_code = ExitCode.USAGE
    next_step = Words(
        es="Corrija el archivo señalado; «paridad init» crea una carpeta nueva.",
        en="Correct the file named; “paridad init” makes a new folder.",
    )


class OfficerRefused(NodeError):
    """An officer who is not in officers.toml, or whose role does not allow what was asked."""


class FolioMoved(NodeError):
    """An act came while a command was prepared; nothing was signed in its place."""

    exit_code = ExitCode.TRY_AGAIN
    next_step = Words(
        es="Vuelva a abrir el folio: puede haber un acto nuevo que cambie su respuesta.",
        en="Open the folio again: there may be a new act that changes your answer.",
    )


class NotFound(NodeError):
    """Nothing of that name is at this node, or the reader may not know of it."""

    exit_code = ExitCode.USAGE
