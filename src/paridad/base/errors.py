# SPDX-License-Identifier: Apache-2.0
"""The root of all errors that bad data or an unwilling world can cause.

ParidadError
├── Malformed           bytes that the strict reader refuses
├── BadSignature        a signature, key or point that does not verify
└── … one file of errors per package, each rooted here

A wrong order of calls is a programming error (`RuntimeError`) and does not stand here.
"""

from enum import IntEnum
from typing import ClassVar

from paridad.base.words import Language, Words


class ExitCode(IntEnum):
    """What the command line answers; documented in `docs/*/cli.md` and stable."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    VERIFICATION_FAILED = 3
    UNREACHABLE = 4
    TRY_AGAIN = 5


class ParidadError(Exception):
    """An error as a sentence in both languages, with what to do next."""

    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED
    next_step: ClassVar[Words | None] = None

    def __init__(self, words: Words) -> None:
        super().__init__(words.en)
        self.words = words

    def sentence(self, language: Language) -> str:
        """Return the error and its next step in one language."""
        text = self.words.in_(language)
        return f"{text} {self.next_step.in_(language)}" if self.next_step else text


class Malformed(ParidadError):
    """Bytes that do not have the one form that is accepted."""

    exit_code = ExitCode.VERIFICATION_FAILED


class BadSignature(ParidadError):
    """A signature that does not verify, or a key that is not an acceptable point."""

    exit_code = ExitCode.VERIFICATION_FAILED
