# SPDX-License-Identifier: Apache-2.0
"""Errors of the private comparison of lists.

DeconflictionError
├── WrongPoint    bytes that are no point of the group, or the identity
├── ProofFails    a batch proof that does not hold
├── NotNow        a step out of turn, or one that a person has to take first
├── NotSoSoon     a run too early, for too little or for too much change
└── RunBroken     what the other side sent does not fit what it promised: the step, and who is named
"""

from paridad.base.errors import ExitCode, ParidadError
from paridad.base.words import Words


class DeconflictionError(ParidadError):
    """Something about a run does not hold."""


class WrongPoint(DeconflictionError):
    """Bytes that are no element of the group, or its identity."""

    exit_code = ExitCode.VERIFICATION_FAILED


class ProofFails(DeconflictionError):
    """A batch proof that does not hold: not all answers were made with the committed key."""

    exit_code = ExitCode.VERIFICATION_FAILED


class NotNow(DeconflictionError):
    """The run is not at that step, or a person has to decide first."""

    exit_code = ExitCode.TRY_AGAIN
    next_step = Words(
        es="Mire en qué paso está la corrida y quién debe dar el siguiente.",
        en="See which step the run is at, and who has to take the next one.",
    )


class NotSoSoon(DeconflictionError):
    """A run too early, for too few changed records, or for more growth than the caps admit."""

    next_step = Words(
        es="Espere, o acuerde otros topes con la otra parte; los de la oficina son propuestas.",
        en="Wait, or agree on other caps with the other party; those of the desk are proposals.",
    )


class RunBroken(DeconflictionError):
    """What a side sent does not fit what it promised; the run stops, the evidence stays."""

    exit_code = ExitCode.VERIFICATION_FAILED
    next_step = Words(
        es="No continúe: conserve el acto recibido y aborte la corrida; la prueba nombra a quien lo envió.",
        en="Do not go on: keep the act received and abort the run; the evidence names its sender.",
    )

    def __init__(self, step: int, side: int, words: Words) -> None:
        super().__init__(words)
        self.step = step
        self.side = side
