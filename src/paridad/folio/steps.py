# SPDX-License-Identifier: Apache-2.0
"""What each kind of act does to a folio: one short function per kind.

Rules
  - A step returns the folio after the act, or why the act is irregular (a key of `state.IRREGULAR`).
  - The role that may take a step stands beside it in `STEPS`; None means either party.
  - A step looks at what the act's own party said before, and at the act it answers (`re`, the first hash).
  - Who releases may recall and consents; who received answers a recall and asks for consent. That goes both ways:
    what the asking party sends along with its request is a release too.

Worked example
    STEPS["folio/refusal/1"]      is ("asked", refused)
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TypeVar

from paridad.folio import reading
from paridad.folio.content import digest_of
from paridad.folio.order import REQUEST
from paridad.folio.state import (
    Clarification,
    Closure,
    ConsentAnswer,
    Folio,
    OnwardRequest,
    Outcome,
    Pause,
    Proposal,
    RecallAnswer,
    RecallCase,
    Recorded,
    Refusal,
    Release,
    Request,
    Role,
)

Why = str
Step = Callable[[Folio, Recorded], Folio | Why]
Item = TypeVar("Item", Clarification, Pause, RecallCase, OnwardRequest, Proposal)


def opened(folio: Folio, act: Recorded) -> Folio:
    """Open the folio with its request; what is given along with it is a release of the asking party."""
    envelope = act.envelope
    request = Request(
        hash=act.hash,
        at=act.at,
        asking=envelope.iss,
        asked=envelope.aud[0],
        prg=envelope.prg,
        urgency=reading.text(act.fields, "urgency"),
        handling=envelope.hnd,
        purpose=envelope.pur,
        basis=envelope.bas,
        desk=reading.text(act.fields, "desk"),
        assurances=reading.codes(act.fields, "assurances"),
    )
    annex = _release(act, answers=False)
    return replace(folio, request=request, releases=(annex,) if annex.given else ())


def asked_again(folio: Folio, act: Recorded) -> Why:
    """Keep a second request out: one folio, one request."""
    return "repeated" if folio.role(act.party) == "asking" else "role"


def acknowledged(folio: Folio, _act: Recorded) -> Folio | Why:
    """Take an acknowledgement; the time itself is set for whatever the asked party says first."""
    return folio if folio.acknowledged_at is None else "repeated"


def clarification_asked(folio: Folio, act: Recorded) -> Folio | Why:
    """Take a question about the request."""
    if folio.settled_at is not None:
        return "settled"
    return replace(folio, clarifications=(*folio.clarifications, Clarification(act.hash, act.at)))


def clarified(folio: Folio, act: Recorded) -> Folio | Why:
    """Take the answer to a question."""
    question = _named(folio.open_clarifications, act)
    if folio.closure or question is None:
        return "closed" if folio.closure else "reference"
    assurances = reading.codes(act.fields, "assurances")
    after = _exchanged(folio.clarifications, question, replace(question, answered_at=act.at, assurances=assurances))
    return replace(folio, clarifications=after)


def suspended(folio: Folio, act: Recorded) -> Folio | Why:
    """Stop the clocks in the name of one party."""
    if why := _spoken_out(folio, act):
        return why
    if any(pause.by == act.party and pause.end is None for pause in folio.pauses):
        return "repeated"
    reason = reading.text(act.fields, "reason").strip()
    if not reason:
        return "incomplete"
    return replace(folio, pauses=(*folio.pauses, Pause(act.hash, act.at, act.party, reason)))


def resumed(folio: Folio, act: Recorded) -> Folio | Why:
    """Let the clocks run again that the same party stopped."""
    pause = _named((each for each in folio.pauses if each.by == act.party and each.end is None), act)
    if pause is None:
        return _spoken_out(folio, act) or "reference"
    return replace(folio, pauses=_exchanged(folio.pauses, pause, replace(pause, end=act.at)))


def answered(folio: Folio, act: Recorded) -> Folio | Why:
    """Take an answer, whole or partial."""
    return "settled" if folio.complete else _given(folio, _release(act, answers=True))


def supplemented(folio: Folio, act: Recorded) -> Folio | Why:
    """Take more under an earlier answer of the same party."""
    earlier = folio.release(_of(act))
    if earlier is None or not earlier.answers:
        return "reference"
    return _given(folio, _release(act, answers=True))


def refused(folio: Folio, act: Recorded) -> Folio | Why:
    """Take a refusal; it names at least one ground."""
    grounds = reading.codes(act.fields, "grounds")
    if folio.complete or folio.refusals:
        return "settled" if folio.complete else "repeated"
    if not grounds:
        return "incomplete"
    refusal = Refusal(act.hash, act.at, grounds, reading.flag(act.fields, "may_ask_again"))
    return _settled(replace(folio, refusals=(refusal,)), act.at)


def recalled(folio: Folio, act: Recorded) -> Folio | Why:
    """Take a recall of something that the same party released."""
    release = folio.release(_of(act))
    if release is None or release.giver != act.party:
        return "reference"
    if any(recall.release == release.hash and not _turned_down(recall) for recall in folio.recalls):
        return "repeated"
    return replace(folio, recalls=(*folio.recalls, RecallCase(act.hash, act.at, act.party, release.hash)))


def recall_answered(folio: Folio, act: Recorded) -> Folio | Why:
    """Take the receiver's answer to a recall: an attested purge, or a refusal with grounds."""
    recall = _named((each for each in folio.recalls if each.by != act.party), act)
    if recall is None or recall.answer:
        return "repeated" if recall else "reference"
    fields = act.fields
    answer = RecallAnswer(
        hash=act.hash,
        at=act.at,
        attested=reading.flag(fields, "attested"),
        derived=reading.derived(fields),
        unreadable_since=reading.whole(fields, "unreadable_since"),
        unreadable_in_backups_by=reading.whole(fields, "unreadable_in_backups_by"),
        grounds=reading.codes(fields, "grounds"),
    )
    if not answer.attested and not answer.grounds:
        return "incomplete"
    return replace(folio, recalls=_exchanged(folio.recalls, recall, replace(recall, answer=answer)))


def consent_requested(folio: Folio, act: Recorded) -> Folio | Why:
    """Take the receiver's request to pass a record on."""
    release = folio.release(_of(act))
    if release is None or release.giver == act.party:
        return "reference"
    request = OnwardRequest(
        hash=act.hash,
        at=act.at,
        by=act.party,
        release=release.hash,
        record=reading.text(act.fields, "record"),
        recipient=reading.text(act.fields, "recipient"),
        purpose=reading.text(act.fields, "purpose"),
    )
    return replace(folio, onward=(*folio.onward, request))


def consented(folio: Folio, act: Recorded) -> Folio | Why:
    """Take the originator's answer; a consent that names something else than was asked for is none."""
    fields = act.fields
    request = _named((each for each in folio.onward if each.by != act.party), act)
    if request is None or request.answer:
        return "repeated" if request else "reference"
    if any(reading.text(fields, name) != getattr(request, name) for name in ("record", "recipient", "purpose")):
        return "reference"
    granted, expires = reading.flag(fields, "granted"), reading.whole(fields, "expires")
    if granted and expires is None:
        return "incomplete"
    answer = ConsentAnswer(act.hash, act.at, granted, expires, reading.codes(fields, "conditions"))
    return replace(folio, onward=_exchanged(folio.onward, request, replace(request, answer=answer)))


def outcome_filed(folio: Folio, act: Recorded) -> Folio | Why:
    """Take what came of it; a later outcome stands beside the earlier ones."""
    if folio.closure:
        return "closed"
    code = reading.text(act.fields, "outcome")
    if not code:
        return "incomplete"
    outcome = Outcome(act.hash, act.at, code, act.envelope.pur, reading.kept(act.fields))
    return replace(folio, outcomes=(*folio.outcomes, outcome))


def closed(folio: Folio, act: Recorded) -> Folio | Why:
    """Close the folio: never without an outcome or a stated reason."""
    reason = reading.text(act.fields, "reason").strip()
    if folio.closure:
        return "closed"
    if not reason and not folio.outcomes:
        return "incomplete"
    return replace(folio, closure=Closure(act.hash, act.at, reason))


def proposed(folio: Folio, act: Recorded) -> Folio | Why:
    """Take a proposal for a second person, in place of the one it names."""
    fields = act.fields
    content, officer = "".join(reading.codes(fields, "content")), reading.text(fields, "officer")
    digest = reading.text(fields, "digest")
    if not content or not officer or digest_of(content) != digest:
        return "incomplete"
    replaced = tuple(
        replace(each, ended_at=each.ended_at or act.at) if each.hash == _of(act) and each.party == act.party else each
        for each in folio.proposals
    )
    proposal = Proposal(
        hash=act.hash,
        at=act.at,
        party=act.party,
        agency=act.envelope.iss,
        proposed=reading.text(fields, "proposed"),
        digest=digest,
        content=content,
        officer=officer,
    )
    return replace(folio, proposals=(*replaced, proposal))


def decided_by_second_person(folio: Folio, act: Recorded) -> Folio | Why:
    """Take an approval by another officer, or an end of the proposal by anybody of its party."""
    fields = act.fields
    proposal = _named((each for each in folio.proposals if each.party == act.party and each.ended_at is None), act)
    if proposal is None or reading.text(fields, "digest") != proposal.digest:
        return "reference"
    if not reading.flag(fields, "approved"):
        ended = replace(proposal, ended_at=act.at)
        return replace(folio, proposals=_exchanged(folio.proposals, proposal, ended))
    if proposal.approved_at is not None:
        return "repeated"
    officer = reading.text(fields, "officer")
    if not officer or officer == proposal.officer:
        return "same-person" if officer else "incomplete"
    approved = replace(proposal, approved_at=act.at)
    return replace(folio, proposals=_exchanged(folio.proposals, proposal, approved))


def _of(act: Recorded) -> str:
    return act.envelope.re[0] if act.envelope.re else ""


def _named(items: Iterable[Item], act: Recorded) -> Item | None:
    return next((item for item in items if item.hash == _of(act)), None)


def _exchanged(items: tuple[Item, ...], old: Item, new: Item) -> tuple[Item, ...]:
    return tuple(new if item is old else item for item in items)


def _turned_down(recall: RecallCase) -> bool:
    return recall.answer is not None and not recall.answer.attested


def _spoken_out(folio: Folio, act: Recorded) -> Why:
    """Return why a party has no clock left to stop: the asking one closed, the asked one said all it will say."""
    if folio.role(act.party) == "asking":
        return "closed" if folio.closure else ""
    return "settled" if folio.settled_at is not None else ""


def _release(act: Recorded, *, answers: bool) -> Release:
    fields = act.fields
    return Release(
        hash=act.hash,
        at=act.at,
        giver=act.party,
        handling=act.envelope.hnd,
        given=reading.given(fields),
        withheld=reading.withheld(fields),
        obligations=reading.codes(fields, "obligations"),
        answers=answers,
        partial=reading.flag(fields, "partial", absent=True),
        nothing_held=reading.flag(fields, "nothing_held"),
    )


def _given(folio: Folio, release: Release) -> Folio:
    folio = replace(folio, releases=(*folio.releases, release))
    return folio if release.partial else _settled(folio, release.at)


def _settled(folio: Folio, at: int) -> Folio:
    """Mark that the asked party has said all it will say: its own pauses end with that."""
    pauses = tuple(
        replace(pause, end=at) if pause.end is None and folio.role(pause.by) == "asked" else pause
        for pause in folio.pauses
    )
    return replace(folio, pauses=pauses, settled_at=at if folio.settled_at is None else folio.settled_at)


STEPS: Mapping[str, tuple[Role | None, Step]] = MappingProxyType(
    {
        REQUEST: (None, asked_again),
        "folio/acknowledgement/1": ("asked", acknowledged),
        "folio/clarification/1": ("asked", clarification_asked),
        "folio/clarification-answer/1": ("asking", clarified),
        "folio/suspension/1": (None, suspended),
        "folio/resumption/1": (None, resumed),
        "folio/answer/1": ("asked", answered),
        "folio/supplement/1": ("asked", supplemented),
        "folio/refusal/1": ("asked", refused),
        "folio/recall/1": (None, recalled),
        "folio/recall-answer/1": (None, recall_answered),
        "folio/consent-request/1": (None, consent_requested),
        "folio/consent/1": (None, consented),
        "folio/outcome/1": ("asking", outcome_filed),
        "folio/closure/1": ("asking", closed),
    }
)
"""Who may say what, and what it does."""

INTERNAL_STEPS: Mapping[str, Step] = MappingProxyType(
    {"folio/proposal/1": proposed, "folio/approval/1": decided_by_second_person}
)
"""Acts that stay with one party: two-person release."""
