# SPDX-License-Identifier: Apache-2.0
"""Messages of a run as bytes, and the kinds of acts that carry them.

Rules
  - Each message has its kind of act. What is small stands in the act, what is bulk in a payload that the act names;
    either way the bytes are those written here.
  - Bytes have one form: what would be written otherwise is refused, and so is what has not the shape of its kind.
  - A snapshot has a form as well, for the locker of the node; it never leaves.

Worked example
    read("targets/run-start/1", written(Start(nonce)))        is Start(nonce)
"""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from paridad.base.errors import Malformed
from paridad.base.words import Words
from paridad.desks.targets.deconfliction import messages
from paridad.desks.targets.deconfliction.messages import Decision, Decisions, Message
from paridad.desks.targets.deconfliction.tokens import Snapshot

KINDS: Mapping[str, type[Message]] = {
    "targets/run-proposal/1": messages.Proposal,
    "targets/run-agreement/1": messages.Agreement,
    "targets/run-refusal/1": messages.Refusal,
    "targets/run-start/1": messages.Start,
    "targets/run-commitment/1": messages.Commitment,
    "targets/run-list/1": messages.ListSent,
    "targets/run-evaluation/1": messages.Evaluation,
    "targets/run-order/1": messages.OrderNonce,
    "targets/run-opening/1": messages.Opening,
    "targets/run-result/1": messages.Result,
    "targets/run-labels/1": messages.Labels,
    "targets/run-pairs/1": messages.Pairs,
    "targets/run-decision-seal/1": messages.DecisionSeal,
    "targets/run-decisions/1": messages.Decisions,
    "targets/run-records/1": messages.RecordsOpened,
    "targets/run-close/1": messages.Close,
    "targets/run-pause/1": messages.Pause,
    "targets/run-continue/1": messages.GoOn,
    "targets/run-abort/1": messages.Abort,
}
KIND_OF: Mapping[type[Message], str] = {kind: name for name, kind in KINDS.items()}

T = TypeVar("T")


def written(value: Message | Snapshot) -> bytes:
    """Return the one form of a message, or of a snapshot."""
    return msgspec.msgpack.encode(value)


def read(kind: str, data: bytes) -> Message:
    """Return the message of an act of that kind, or raise `Malformed`."""
    return _read(KINDS[kind], data)


def read_snapshot(data: bytes) -> Snapshot:
    """Return a snapshot from the locker."""
    return _read(Snapshot, data)


def read_decisions(data: bytes) -> tuple[Decision, ...]:
    """Return a side's decisions from the locker."""
    return _read(Decisions, data).decisions


def _read(kind: type[T], data: bytes) -> T:
    try:
        value = msgspec.msgpack.decode(data, type=kind)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise Malformed(_NOT_OF_ITS_KIND) from error
    if msgspec.msgpack.encode(value) != data:
        raise Malformed(_NOT_OF_ITS_KIND)
    return value


_NOT_OF_ITS_KIND = Words(
    es="El contenido del acto no tiene la única forma de su clase.",
    en="The content of the act has not the one form of its kind.",
)
