# SPDX-License-Identifier: Apache-2.0
"""Cover and receipt: as drafts they say everything, as readings nothing is believed that is not exactly due."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from paridad.acts.envelope import ActHash, Draft
from paridad.acts.issue import ActSigner, issue
from paridad.acts.verify import VerifiedAct, open_act
from paridad.base.strict import JsonValue
from paridad.exchange.errors import BatchRefused
from paridad.exchange.papers import (
    COVER,
    FILED,
    RECEIPT,
    VERDICTS,
    CoverLine,
    ReceiptLine,
    draft_cover,
    draft_receipt,
    listed,
    read_cover,
    read_receipt,
)
from paridad.node.composing import shipped_vocabulary
from support.programmes import make_programme, seeded_random

WORLD = make_programme(("AA", "BB"))
VOCABULARY = shipped_vocabulary()
SENDER, RECEIVER = "AA/POLICE", "BB/POLICE"
HASH, OTHER = "A" * 43, "E" * 43
LINES = (CoverLine(7, HASH, (OTHER,)), CoverLine(8, OTHER, ()))
TOLD = (ReceiptLine(7, HASH, "accepted", "", (OTHER,)), ReceiptLine(8, OTHER, "quarantined", "step 7: no", ()))


def said(draft: Draft) -> VerifiedAct:
    """Sign a draft and open it."""
    signer = ActSigner(f"{draft.iss}#1", WORLD.act(draft.iss).ed25519.sign)
    act = issue(
        draft, vocabulary=VOCABULARY, signer=signer, prg=WORLD.charter.prg, iat=WORLD.now, random=seeded_random(draft)
    )
    return open_act(act.wire, keys=WORLD.ring, vocabulary=VOCABULARY, now=WORLD.now)


def cover(**changes: Any) -> VerifiedAct:
    """Return a cover; changes go to its draft."""
    return said(replace(draft_cover(SENDER, RECEIVER, LINES, WORLD.charter.conduct), **changes))


def receipt(**changes: Any) -> VerifiedAct:
    """Return a receipt; changes go to its draft."""
    return said(replace(draft_receipt(RECEIVER, SENDER, ActHash(HASH), TOLD, WORLD.charter.conduct), **changes))


def fields(act: VerifiedAct, **changes: Any) -> dict[str, Any]:
    """Return the fields of an act with changes."""
    return {**act.fields, **changes}


def read(act: VerifiedAct, **changes: Any) -> tuple[CoverLine, ...]:
    """Read a cover as it is due."""
    due: dict[str, Any] = {"sender": SENDER, "recipient": RECEIVER, "first": 7, "count": 2}
    return read_cover(act, **(due | changes))


def read_told(act: VerifiedAct, **changes: Any) -> tuple[ReceiptLine, ...]:
    """Read a receipt as it is due."""
    due: dict[str, Any] = {"cover": HASH, "sender": SENDER, "receiver": RECEIVER}
    return read_receipt(act, **(due | changes))


def test_both_papers_are_read_back() -> None:
    """Position, act, digests, verdict and reason; the receipt refers to its cover."""
    assert read(cover()) == LINES
    assert read_told(receipt()) == TOLD
    assert receipt().envelope.re == (HASH,)
    assert (cover().envelope.knd, receipt().envelope.knd) == (COVER, RECEIPT)
    assert set(VERDICTS) > FILED


COVERS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "another sender": ({}, {"sender": "AA/CUSTOMS"}, "not of this sender"),
    "another recipient": ({}, {"recipient": "BB/CUSTOMS"}, "not of this sender"),
    "two addressees": ({"aud": (RECEIVER, "BB/CUSTOMS")}, {}, "not of this sender"),
    "another kind": ({"kind": "folio/closure/1", "fields": {"reason": "x"}}, {}, "not of this sender"),
    "another first position": ({}, {"first": 6}, "other positions"),
    "another count": ({}, {"count": 3}, "other positions"),
    "a count beyond measure": ({}, {"count": 2**52}, "other positions"),
}


@pytest.mark.parametrize(("made", "due", "why"), COVERS.values(), ids=COVERS.keys())
def test_a_cover_belongs_to_exactly_one_delivery(made: dict[str, Any], due: dict[str, Any], why: str) -> None:
    """Whatever differs is named."""
    with pytest.raises(BatchRefused, match=why) as error:
        read(cover(**made), **due)
    assert error.value.step == "cover"


@pytest.mark.parametrize("positions", [(7, 9), (8, 7), (7, 7)])
def test_the_lines_of_a_cover_follow_one_another(positions: tuple[int, int]) -> None:
    """From the first position on, without a hole, without a repetition, in order."""
    lines = [CoverLine(position, HASH, ()) for position in positions]
    good = cover()
    parcels = [msgspec.to_builtins(each) for each in lines]
    with pytest.raises(BatchRefused, match="other positions"):
        read(cover(fields=fields(good, parcels=parcels)))


def test_the_fields_of_a_cover_are_checked_like_its_envelope() -> None:
    """First position, recipient and list must all be there and fit."""
    good = cover()
    changes: dict[str, Any] = {"first": 8, "recipient": SENDER, "parcels": None}
    for name, value in changes.items():
        with pytest.raises(BatchRefused):
            read(
                cover(
                    fields={k: v for k, v in fields(good, **{name: value}).items() if v is not None}
                    | ({"parcels": []} if value is None else {})
                )
            )


LISTS: dict[str, object] = {
    "no list": None,
    "a text": "x",
    "a line without act": [{"position": 7, "digests": []}],
    "a line with more": [{"position": 7, "act": HASH, "digests": [], "more": 1}],
    "a position that is a text": [{"position": "7", "act": HASH, "digests": []}],
}


@pytest.mark.parametrize("value", LISTS.values(), ids=LISTS.keys())
def test_a_malformed_list_is_refused(value: JsonValue) -> None:
    """Withheld, cut or odd: the list is read whole or not at all."""
    act = replace(cover(), fields={"parcels": value})
    with pytest.raises(BatchRefused, match="malformed"):
        listed(act, CoverLine)


RECEIPTS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "another receiver": ({}, {"receiver": "BB/CUSTOMS"}, "not of this recipient"),
    "another sender": ({}, {"sender": "AA/CUSTOMS"}, "not of this recipient"),
    "another cover": ({}, {"cover": OTHER}, "another cover"),
    "another kind": ({"kind": "folio/closure/1", "fields": {"reason": "x"}}, {}, "not of this recipient"),
}


@pytest.mark.parametrize(("made", "due", "why"), RECEIPTS.values(), ids=RECEIPTS.keys())
def test_a_receipt_answers_exactly_one_cover(made: dict[str, Any], due: dict[str, Any], why: str) -> None:
    """Whatever differs is named."""
    with pytest.raises(BatchRefused, match=why):
        read_told(receipt(**made), **due)


def test_a_verdict_is_one_of_five() -> None:
    """A sixth word is malformed."""
    lines = [msgspec.to_builtins(each) for each in TOLD]
    lines[0]["verdict"] = "perhaps"
    with pytest.raises(BatchRefused, match="malformed"):
        read_told(receipt(fields={"cover": HASH, "parcels": lines}))
