# SPDX-License-Identifier: Apache-2.0
"""Errors of the exchange.

ParidadError
└── ExchangeError
    ├── SealRefused       a sealed object that cannot or may not be opened
    ├── BatchRefused      a batch whose frame, cover or checkpoint fails; nothing of it is filed
    ├── NotReleased       policy lets nothing leave
    ├── PeerUnreachable   no answer from the other node
    └── PeerRefused       the other node answered with a refusal
"""

from paridad.base.errors import ExitCode, ParidadError
from paridad.base.words import Words


class ExchangeError(ParidadError):
    """Root of the errors of the exchange."""


class SealRefused(ExchangeError):
    """A sealed object that cannot or may not be opened."""

    exit_code = ExitCode.VERIFICATION_FAILED


class BatchRefused(ExchangeError):
    """A batch whose frame, checkpoint or cover fails: nothing is filed, no position is used."""

    exit_code = ExitCode.VERIFICATION_FAILED

    def __init__(self, step: str, words: Words) -> None:
        super().__init__(words)
        self.step = step


class NotReleased(ExchangeError):
    """Policy lets nothing of a record leave; the reasons stand in the sentence."""

    next_step = Words(
        es="Revise el propósito, el fundamento y el código de manejo, o pida la decisión de una segunda persona.",
        en="Check purpose, basis and handling code, or ask for a second person's decision.",
    )


class PeerUnreachable(ExchangeError):
    """The other node gave no answer; what waits stays in the outbox."""

    exit_code = ExitCode.UNREACHABLE
    next_step = Words(
        es="Nada se pierde: el envío se repetirá. Vea «paridad peer status».",
        en="Nothing is lost: sending will be repeated. See “paridad peer status”.",
    )


class PeerRefused(ExchangeError):
    """The other node answered, and refused."""

    def __init__(self, status: int, words: Words) -> None:
        super().__init__(words)
        self.status = status
