# SPDX-License-Identifier: Apache-2.0
"""What a run's messages look like to the verifier of runs: written as a node writes them, read by its own reader.

Worked example
    judge(again(table.said)).findings        is []: nobody is named
"""

from collections.abc import Iterable

from paridad.desks.targets.deconfliction.messages import Said
from paridad.desks.targets.deconfliction.wire import KIND_OF, written
from paridad_verify_run import messages
from paridad_verify_run.run import Head, Run
from paridad_verify_run.run import Said as Read


def read_again(number: int, said: Said) -> Read:
    """Return one message as the verifier reads it."""
    kind = KIND_OF[type(said.message)].removeprefix("targets/run-").removesuffix("/1")
    return Read(said.side, kind, messages.read(kind, written(said.message)), f"act {number}")


def again(said: Iterable[Said], earlier: tuple[Head | None, Head | None] = (None, None)) -> Run:
    """Return a run as the verifier reads it."""
    return Run([read_again(number, each) for number, each in enumerate(said)], earlier)
