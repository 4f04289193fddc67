# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with a ledger, a proof, a note or a witness's request.

LedgerError
├── ProofRefused        an inclusion or consistency proof that does not hold
├── NoteRefused         a signed note, checkpoint or cosignature that is malformed or does not verify
├── TileRefused         a tile, entry bundle or tile path of a form that is not admitted
├── HeadMoved           somebody appended meanwhile; try again from the new head
├── LeafConflict        another leaf already stands at this index
├── LeafMissing         the store does not hold a leaf or tile that the head covers
├── CheckpointConflict  a checkpoint of this size is stored with another root or without these lines
├── RootMismatch        the root recomputed from stored leaves is not the head's: nothing is signed
├── UnknownState        head and leaves contradict one another: stop, call the operator
├── NotYetHeld          a mirror does not hold every leaf below the checkpoint yet
├── EvidenceRefused     an object that does not prove misbehaviour of a log
└── WitnessAnswer       every answer of a witness other than 200, with its HTTP status and body
"""

from paridad.base.errors import ExitCode, ParidadError
from paridad.base.words import Words


class LedgerError(ParidadError):
    """Any error of this package."""


class ProofRefused(LedgerError):
    """A proof that does not lead to the root it was given for."""

    exit_code = ExitCode.VERIFICATION_FAILED


class NoteRefused(LedgerError):
    """A note that cannot be read in the one admitted form, or whose signatures do not verify."""

    exit_code = ExitCode.VERIFICATION_FAILED


class TileRefused(LedgerError):
    """A tile, an entry bundle or a tile path that is not of the form of tlog-tiles."""

    exit_code = ExitCode.VERIFICATION_FAILED


class HeadMoved(LedgerError):
    """Somebody appended while this group was being prepared."""

    exit_code = ExitCode.TRY_AGAIN
    next_step = Words(
        es="Vuelva a leer la cabeza de la bitácora y repita la operación con las mismas entradas.",
        en="Read the head of the log again and repeat the operation with the same entries.",
    )


class LeafConflict(LedgerError):
    """Another leaf already stands at this index; a leaf is never overwritten."""

    exit_code = ExitCode.VERIFICATION_FAILED
    next_step = Words(
        es="Conserve ambas hojas y avise a la persona operadora.", en="Keep both leaves and tell the operator."
    )


class LeafMissing(LedgerError):
    """A leaf or tile below the head is not in the store."""

    exit_code = ExitCode.VERIFICATION_FAILED
    next_step = Words(
        es="Recupere las hojas del espejo de la otra parte antes de seguir.",
        en="Take the leaves back from the other party's mirror before going on.",
    )


class CheckpointConflict(LedgerError):
    """A checkpoint of this size is already stored and says something else."""

    exit_code = ExitCode.VERIFICATION_FAILED
    next_step = Words(
        es="No firme nada más en esta bitácora; llame a la persona operadora.",
        en="Sign nothing more in this log; call the operator.",
    )


class RootMismatch(LedgerError):
    """The root recomputed from stored leaves differs from the head; the node signs nothing and stops writing."""

    exit_code = ExitCode.VERIFICATION_FAILED
    next_step = Words(
        es="Detenga las escrituras, verifique el disco y restaure desde el espejo.",
        en="Stop writing, check the disk and restore from the mirror.",
    )


class UnknownState(LedgerError):
    """The stored head claims more than the stored leaves; nothing is touched."""

    exit_code = ExitCode.VERIFICATION_FAILED
    next_step = Words(
        es="No se tocó nada. Inicie la recuperación desde el espejo o desde los envíos de la otra parte.",
        en="Nothing was touched. Start recovery from the mirror or from the other party's parcels.",
    )


class NotYetHeld(LedgerError):
    """The mirror lacks leaves of the checkpoint, so it does not sign."""

    exit_code = ExitCode.TRY_AGAIN
    next_step = Words(
        es="Envíe o pida los paquetes de entradas que faltan y repita.",
        en="Send or ask for the missing entry bundles and repeat.",
    )


class EvidenceRefused(LedgerError):
    """An object that was offered as evidence and proves nothing."""

    exit_code = ExitCode.VERIFICATION_FAILED


class WitnessAnswer(LedgerError):
    """What a witness answers when it does not cosign (C2SP tlog-witness, `add-checkpoint`)."""

    def __init__(self, status: int, words: Words, *, body: bytes = b"", content_type: str = "text/plain") -> None:
        super().__init__(words)
        self.status = status
        self.body = body
        self.content_type = content_type
