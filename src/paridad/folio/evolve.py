# SPDX-License-Identifier: Apache-2.0
"""Fold recorded acts into a folio: the same acts give the same folio, in whatever order they came.

Rules
  - A recorded act is a fact: this module never refuses and never raises. What does not fit is kept as `irregular`.
  - The first request of the party that owns the folio's name opens it. Until it is here the folio is only announced.
  - Acts that both parties hold are folded in the canonical order (`order`). Whether an act counts depends on what its
    *own* party had said before and on the acts it names, never on what the other party said meanwhile: acts that
    cross on the way are both kept.
  - Internal acts (two-person release) are folded by themselves: they never change what the other node computes.
  - An act of a kind that is not the folio's is counted, never dropped (L14).

Worked example
    evolve(folio, outcome_of_the_asked_party, terms_for).irregular      is (Irregular(hash, "role"),)
    fold(id, acts, terms_for) == fold(id, reversed(acts), terms_for)
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from paridad.folio.content import content_of, digest_of, said
from paridad.folio.order import in_order, opening
from paridad.folio.state import Folio, Irregular, Proposal, Recorded
from paridad.folio.steps import INTERNAL_STEPS, STEPS, Step, opened
from paridad.folio.terms import Terms

TermsFor = Callable[[str], Terms]
"""Answers the terms of the charter that a request names (`prg`)."""


def fold(folio_id: str, acts: Iterable[Recorded], terms_for: TermsFor) -> Folio:
    """Return the folio that these acts make."""
    known = {act.hash: act for act in acts}.values()
    internal = in_order(act for act in known if act.internal)
    outward = in_order(act for act in known if not act.internal)
    request = opening(outward, Folio(folio_id).opener)
    if request is None:
        folio = Folio(folio_id, shared=outward)
    else:
        folio = _between(opened(Folio(folio_id, terms_for(request.envelope.prg)), request), outward)
    return _carried_out(_inside(folio, internal))


def evolve(folio: Folio, act: Recorded, terms_for: TermsFor) -> Folio:
    """Fold one more act; an act already in the folio changes nothing."""
    return fold(folio.id, (*folio.acts, act), terms_for)


def _between(folio: Folio, outward: Iterable[Recorded]) -> Folio:
    """Fold what the two parties said to each other; anybody else's acts are shown and change nothing."""
    shared: list[Recorded] = []
    strangers: list[Recorded] = []
    for act in outward:
        ours = folio.role(act.party) is not None and folio.other(act.party) in act.addressees
        (shared if ours else strangers).append(act)
    folio = replace(folio, shared=in_order(shared), strangers=tuple(strangers))
    for act in folio.shared:
        folio = _interpreted(folio, act) if act.envelope.knd in STEPS else replace(folio, others=folio.others + 1)
    return replace(folio, irregular=folio.irregular + tuple(Irregular(act.hash, "stranger") for act in strangers))


def _interpreted(folio: Folio, act: Recorded) -> Folio:
    assert folio.request is not None
    if act.hash == folio.request.hash:
        return folio
    role, step = STEPS[act.envelope.knd]
    speaker = folio.role(act.party)
    if role is not None and role != speaker:
        return _irregular(folio, act, "role")
    after = _take(folio, act, step)
    if speaker == "asked" and after.irregular == folio.irregular and after.acknowledged_at is None:
        return replace(after, acknowledged_at=act.at)
    return after


def _inside(folio: Folio, internal: tuple[Recorded, ...]) -> Folio:
    folio = replace(folio, internal=internal)
    for act in internal:
        if act.envelope.knd in INTERNAL_STEPS:
            folio = _take(folio, act, INTERNAL_STEPS[act.envelope.knd])
    return folio


def _take(folio: Folio, act: Recorded, step: Step) -> Folio:
    taken = step(folio, act)
    return _irregular(folio, act, taken) if isinstance(taken, str) else taken


def _irregular(folio: Folio, act: Recorded, why: str) -> Folio:
    return replace(folio, irregular=(*folio.irregular, Irregular(act.hash, why)))


def _carried_out(folio: Folio) -> Folio:
    """End each proposal whose content was sent."""
    return replace(folio, proposals=tuple(_ended(folio, proposal) for proposal in folio.proposals))


def _ended(folio: Folio, proposal: Proposal) -> Proposal:
    sent = (
        act.at
        for act in folio.shared
        if act.party == proposal.party
        and act.envelope.knd == proposal.proposed
        and digest_of(content_of(said(act))) == proposal.digest
    )
    return proposal if proposal.ended_at is not None else replace(proposal, ended_at=next(sent, None))
