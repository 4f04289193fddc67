# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with a store or with what is asked of it.

StoreError
├── StoreInUse        another process has this database open
├── StoreUnsafe       the database does not promise what acknowledging needs (durability, WAL, secure delete)
├── SchemaUnknown     the database was written by a newer release
├── StoreFull         no room left; nothing was written
├── StoreStopped      a write failed in a way that leaves the disk's state unknown; reopen and reconcile
├── StoreUnavailable  the database went away or the group was broken off; repeat with the same identifiers
├── ScrubPending      readers still hold pages that erased data stand in
├── PositionRefused   a stream position that is not the next one
├── CommandReused     a command identifier that was used for another command
├── Unreadable        an object at rest whose key or bytes are not the right ones
├── Erased            what was asked for was destroyed; the record says when
├── PayloadRefused    payload bytes that do not have the form, size or digest they should
└── BackupRefused     a backup that is not whole, or a place that is not empty
"""

from paridad.base.errors import ExitCode, ParidadError
from paridad.base.words import Words


class StoreError(ParidadError):
    """Any error of this package."""


class StoreInUse(StoreError):
    """A second process tried to open the database of a node."""

    exit_code = ExitCode.TRY_AGAIN
    next_step = Words(
        es="Detenga el otro proceso o hable con él; dos escritores dañarían la base.",
        en="Stop the other process or talk to it; two writers would damage the database.",
    )


class StoreUnsafe(StoreError):
    """The database does not keep the promise that an acknowledgement rests on."""

    next_step = Words(
        es="Corrija la configuración de la base; el nodo no arranca así.",
        en="Correct the database's configuration; the node does not start like this.",
    )


class SchemaUnknown(StoreError):
    """The schema of the database is not one that this release knows."""

    next_step = Words(
        es="Use la versión del programa que escribió esta base, o una posterior.",
        en="Use the release that wrote this database, or a later one.",
    )


class StoreFull(StoreError):
    """The disk is full; nothing of the operation was written."""

    exit_code = ExitCode.TRY_AGAIN
    next_step = Words(es="Libere espacio y repita la operación.", en="Make room and repeat the operation.")


class StoreStopped(StoreError):
    """A write failed and nobody can know what reached the disk; a failing fsync is never retried."""

    exit_code = ExitCode.TRY_AGAIN
    next_step = Words(
        es="Revise el disco y reinicie el nodo: al abrir, comparará cabezas y hojas.",
        en="Check the disk and restart the node: on opening it compares heads and leaves.",
    )


class StoreUnavailable(StoreError):
    """The answer of the database was lost; the effect may or may not have happened."""

    exit_code = ExitCode.TRY_AGAIN
    next_step = Words(
        es="Repita la operación con los mismos identificadores: si ya ocurrió, no ocurrirá dos veces.",
        en="Repeat the operation with the same identifiers: if it happened, it will not happen twice.",
    )


class ScrubPending(StoreError):
    """Erased bytes could not be wiped yet because a reader still looks at older pages."""

    exit_code = ExitCode.TRY_AGAIN
    next_step = Words(es="Espere a que terminen las lecturas y repita.", en="Wait for the reads to end and repeat.")


class PositionRefused(StoreError):
    """Parcels are filed in stream order, without gaps."""

    exit_code = ExitCode.TRY_AGAIN


class CommandReused(StoreError):
    """One command identifier stands for one command."""

    next_step = Words(
        es="Use un identificador nuevo para una orden nueva.", en="Use a new identifier for a new command."
    )


class Unreadable(StoreError):
    """Bytes at rest that do not open under the key and the place they are stored in."""

    exit_code = ExitCode.VERIFICATION_FAILED


class Erased(StoreError):
    """The thing was destroyed on purpose."""


class PayloadRefused(StoreError):
    """Payload bytes that are not what their name says."""

    exit_code = ExitCode.VERIFICATION_FAILED


class BackupRefused(StoreError):
    """A backup that cannot be made or used as asked."""
