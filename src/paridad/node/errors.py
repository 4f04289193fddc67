# SPDX-License-Identifier: Apache-2.0
"""Errors of a node.

ParidadError
└── NodeError
    ├── HomeRefused       a node's folder that is incomplete, damaged or somebody else's
    ├── DoorRefused       a folder so deep that its local door cannot be opened
    ├── OfficerRefused    an officer who is unknown, or whose role does not allow it
    ├── FolioMoved        an act came while a command was prepared
    ├── RecordMoved       what something said at a desk was decided by changed meanwhile
    ├── AssentOver        what an officer should assent to is over or was used
    ├── ReasonMissing     a judgement of a person that says no reason
    ├── RunRefused        a run of private deconfliction that cannot be proposed, agreed or taken further so
    ├── DraftOver         a draft for a second person that is over, was used, or no longer says what was prepared
    ├── SharedLogBehind   leaves of ours that another party holds and this node does not (also `UnknownState`)
    ├── OwnLogLost        leaves of the log of internal records that nobody can give back (also `UnknownState`)
    └── NotFound          nothing of that name is here
"""

from paridad.base.errors import ExitCode, ParidadError
from paridad.base.words import Words
from paridad.ledger.errors import UnknownState


class NodeError(ParidadError):
    """Root of the errors of a node."""


class HomeRefused(NodeError):
    """A node's folder that cannot be used as it is."""

    exit_code = ExitCode.USAGE
    next_step = Words(
        es="Corrija el archivo señalado; «paridad init» crea una carpeta nueva.",
        en="Correct the file named; “paridad init” makes a new folder.",
    )


class DoorRefused(NodeError):
    """A folder so deep that its local door cannot be opened."""

    exit_code = ExitCode.USAGE
    next_step = Words(
        es="Mueva la carpeta del nodo a una ruta más corta, por ejemplo /srv/paridad, y repita.",
        en="Move the node's folder to a shorter path, for instance /srv/paridad, and repeat.",
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


class RecordMoved(NodeError):
    """What something said at a desk was decided by changed meanwhile; nothing was signed in its place."""

    exit_code = ExitCode.TRY_AGAIN
    next_step = Words(
        es="Vuelva a abrir la página: puede haber un acto nuevo que cambie lo que dice.",
        en="Open the page again: there may be a new act that changes what you say.",
    )


class ReasonMissing(NodeError):
    """A judgement of a person that says no reason."""

    exit_code = ExitCode.USAGE
    next_step = Words(
        es="Escriba en una frase por qué: queda con quién y cuándo lo decidió.",
        en="Write in a sentence why: it stays with who decided and when.",
    )


class RunRefused(NodeError):
    """A run that cannot be proposed, agreed to or taken further as it was asked."""


class DraftOver(NodeError):
    """What a second person should approve is over, was used, or is not what was prepared any more."""

    exit_code = ExitCode.TRY_AGAIN
    next_step = Words(
        es="Prepárelo de nuevo y que otra persona lo revise; nada se envió.",
        en="Prepare it again and let another person review it; nothing was sent.",
    )


class SharedLogBehind(NodeError, UnknownState):
    """A witness saw more of the log of acts addressed to others than is here; that party holds what is missing."""

    exit_code = ExitCode.VERIFICATION_FAILED
    next_step = Words(
        es="No se firma nada. Con el nodo detenido, recupere lo que tienen las demás partes: «paridad node recover».",
        en="Nothing is signed. With the node stopped, take back what the other parties hold: “paridad node recover”.",
    )


class OwnLogLost(NodeError, UnknownState):
    """A witness saw more of the log of internal records than is here; what it lacks was on this machine only."""

    exit_code = ExitCode.VERIFICATION_FAILED
    next_step = Words(
        es="Busque una copia más reciente, o el disco, y restáurela. Si no la hay, esa bitácora termina aquí: el nodo "
        "aún lee y exporta, y no firma más. Acuerden las partes una carta con otro nombre de programa y empiece un "
        "nodo nuevo con ella (docs/adr/0020).",
        en="Look for a later backup, or the disk, and restore it. If there is none, that log ends here: the node still "
        "reads and exports, and signs nothing more. Let the parties agree on a charter under another programme name "
        "and begin a new node with it (docs/adr/0020).",
    )


class AssentOver(NodeError):
    """What an officer should assent to is over, was used, or can no longer be signed."""

    exit_code = ExitCode.TRY_AGAIN
    next_step = Words(
        es="Revise otra vez lo que saldrá y confirme; nada se firmó.",
        en="Review again what will leave and confirm; nothing was signed.",
    )


class NotFound(NodeError):
    """Nothing of that name is at this node, or the reader may not know of it."""

    exit_code = ExitCode.USAGE
