# SPDX-License-Identifier: Apache-2.0
"""The two papers of a delivery, as drafts and as readings: the sender's cover and the receipt that answers it.

Rules
  - The cover names recipient, first position and, per parcel, position, act hash and the digests of the fields sent.
    An act's own signature covers neither its place in the stream nor the set of disclosures; the cover does.
  - A parcel that is not exactly as the cover lists it is not filed: what is outside the list is refused, what is
    listed and missing is reported.
  - The receipt gives each parcel its verdict; it is signed and filed before it is sent.

Worked example (a receipt's parcel)
    {"position": 7, "act": "…", "verdict": "conflict", "reason": "<hash of the act held>", "digests": ["…"]}
"""

from collections.abc import Sequence
from typing import Literal, TypeVar, cast, get_args

import msgspec

from paridad.acts.envelope import ActHash, Draft
from paridad.acts.verify import VerifiedAct
from paridad.base.strict import JsonValue
from paridad.base.words import Words
from paridad.exchange.errors import BatchRefused
from paridad.programme.codes import Conduct

COVER = "exchange/release/1"
RECEIPT = "exchange/receipt/1"

Verdict = Literal["accepted", "accepted-unknown-kind", "duplicate", "conflict", "quarantined"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
FILED: frozenset[Verdict] = frozenset({"accepted", "accepted-unknown-kind", "duplicate"})
"""Verdicts after which the receiver holds the act in its chain."""


class CoverLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the cover says of one parcel."""

    position: int
    act: str
    digests: tuple[str, ...]


class ReceiptLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the receipt says of one parcel."""

    position: int
    act: str
    verdict: Verdict
    reason: str
    digests: tuple[str, ...]


def draft_cover(sender: str, recipient: str, lines: Sequence[CoverLine], conduct: Conduct) -> Draft:
    """Return the cover of a batch, not yet signed; the lines are in stream order."""
    return Draft(
        kind=COVER,
        iss=sender,
        aud=(recipient,),
        handling=conduct.handling,
        purpose=conduct.purpose,
        basis=conduct.basis,
        fields={"recipient": recipient, "first": lines[0].position, "parcels": _records(lines)},
    )


def draft_receipt(receiver: str, sender: str, cover: ActHash, lines: Sequence[ReceiptLine], conduct: Conduct) -> Draft:
    """Return the receipt of a batch, not yet signed."""
    return Draft(
        kind=RECEIPT,
        iss=receiver,
        aud=(sender,),
        handling=conduct.handling,
        purpose=conduct.purpose,
        basis=conduct.basis,
        fields={"cover": cover, "parcels": _records(lines)},
        re=(cover,),
    )


def read_cover(act: VerifiedAct, *, sender: str, recipient: str, first: int, count: int) -> tuple[CoverLine, ...]:
    """Return the lines of a verified cover that belongs to exactly this delivery, or raise `BatchRefused`."""
    if act.envelope.knd != COVER or act.envelope.iss != sender or act.envelope.aud != (recipient,):
        raise _refused(
            "La carátula no es de este remitente y destinatario.", "The cover is not of this sender and recipient."
        )
    lines = listed(act, CoverLine)
    positions = [line.position for line in lines]
    due = list(range(first, first + len(lines)))
    if act.fields.get("first") != first or positions != due or len(lines) != count:
        raise _refused("La carátula lista otras posiciones.", "The cover lists other positions.")
    if act.fields.get("recipient") != recipient:
        raise _refused("La carátula nombra a otro destinatario.", "The cover names another recipient.")
    return lines


def read_receipt(act: VerifiedAct, *, cover: ActHash, sender: str, receiver: str) -> tuple[ReceiptLine, ...]:
    """Return the lines of a verified receipt of one cover, or raise `BatchRefused`."""
    if act.envelope.knd != RECEIPT or act.envelope.iss != receiver or act.envelope.aud != (sender,):
        raise _refused("El acuse no es de este destinatario.", "The receipt is not of this recipient.")
    if act.fields.get("cover") != cover:
        raise _refused("El acuse responde a otra carátula.", "The receipt answers another cover.")
    return listed(act, ReceiptLine)


def _records(lines: Sequence[CoverLine] | Sequence[ReceiptLine]) -> list[JsonValue]:
    return [cast("JsonValue", msgspec.to_builtins(line)) for line in lines]


_Line = TypeVar("_Line", CoverLine, ReceiptLine)


def listed(act: VerifiedAct, type_: type[_Line]) -> tuple[_Line, ...]:
    """Return the lines of a cover or receipt, or raise `BatchRefused` where they are malformed."""
    try:
        return msgspec.convert(act.fields.get("parcels"), tuple[type_, ...], strict=True)  # type: ignore[valid-type]
    except msgspec.ValidationError as error:
        raise _refused(
            f"La lista de piezas está mal formada: {error}.", f"The list of parcels is malformed: {error}."
        ) from error


def _refused(es: str, en: str) -> BatchRefused:
    return BatchRefused("cover", Words(es=es, en=en))
