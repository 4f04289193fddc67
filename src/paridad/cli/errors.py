# SPDX-License-Identifier: Apache-2.0
"""What the command line itself refuses; everything else comes from below and is only shown here.

ParidadError
└── CliError
    ├── InputRefused     an option, argument or file that does not fit
    ├── NodeBusy         the node's folder is in use and its local door does not answer
    └── NotYet           a change of keys or of charter whose time has not come
Told                     what a running node answered through its door: both sentences and the exit code
"""

from paridad.base.errors import ExitCode, ParidadError
from paridad.base.words import Words


class CliError(ParidadError):
    """Root of the errors of the command line."""


class InputRefused(CliError):
    """Something that was typed, or a file that was named, does not fit."""

    exit_code = ExitCode.USAGE


class NodeBusy(CliError):
    """The folder's database is held by another process, and no local door answers."""

    exit_code = ExitCode.TRY_AGAIN
    next_step = Words(
        es="Si es el nodo, espere a que abra su puerta local (node.sock) o deténgalo, y repita la orden. "
        "Con PostgreSQL las órdenes trabajan junto al nodo.",
        en="If it is the node, wait until its local door (node.sock) opens or stop it, and repeat the command. "
        "On PostgreSQL commands work beside the node.",
    )


class NotYet(CliError):
    """A change of keys or of charter whose time has not come."""

    exit_code = ExitCode.TRY_AGAIN
    next_step = Words(
        es="Deje que el nodo haga sus rondas con la otra parte y repita.",
        en="Let the node do its rounds with the other party and repeat.",
    )


class Told(Exception):
    """A refusal that a running node gave through its door."""

    def __init__(self, words: Words, exit_code: ExitCode) -> None:
        super().__init__(words.en)
        self.words = words
        self.exit_code = exit_code


def refused(es: str, en: str) -> InputRefused:
    """Build the error of something typed."""
    return InputRefused(Words(es=es, en=en))
