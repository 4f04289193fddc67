# SPDX-License-Identifier: Apache-2.0
"""Two-person release: one officer proposes, another approves the very bytes, then they are sent unchanged.

Rules
  - Proposal and decision are internal acts; nothing of them leaves the party, and only they name officers.
  - An approval names the proposal (its act hash) and the digest of what would leave. A changed proposal is another
    act with another digest: the approval of the old one is void by that.
  - Who proposes does not approve. Either may end the proposal with a reason.
  - What was approved is sent as it stands, if the folio still admits it; a folio closed meanwhile does not.

Worked example
    propose → approve (other officer, same digest) → carry_out(…) == the draft that was proposed
"""

from collections.abc import Mapping
from dataclasses import replace

from paridad.acts.envelope import Draft, party_of
from paridad.base.strict import JsonValue
from paridad.folio.commands import Approve, CarryOut, Decline, Propose
from paridad.folio.conditions import CONDITION_OF_KIND, CONDITIONS
from paridad.folio.content import content_of, digest_of, draft_of, pieces, said
from paridad.folio.errors import demand, found
from paridad.folio.releases import demand_text, release_draft
from paridad.folio.state import Folio, Proposal
from paridad.folio.terms import Terms


def propose(folio: Folio, command: Propose, now: int, terms: Terms) -> Draft:
    """Put a release before a second person: the whole draft, and its digest."""
    release, party = command.release, party_of(command.agency)
    demand(
        release.agency == command.agency,
        "Se propone en nombre de la dependencia que hablará.",
        "One proposes in the name of the agency that will speak.",
    )
    CONDITIONS[type(release)](folio, party)
    draft = release_draft(folio, release, now, terms)
    content = content_of(draft)
    digest = digest_of(content)
    demand(
        all(digest != digest_of(content_of(said(act))) for act in folio.shared if act.envelope.knd == draft.kind),
        "Eso mismo ya se envió.",
        "The very same was sent already.",
    )
    demand(
        not command.replaces or _open_proposal(folio, command.replaces, party),
        "Solo se sustituye una propuesta abierta de su parte.",
        "Only an open proposal of your party can be replaced.",
    )
    fields: dict[str, JsonValue] = {
        "proposed": draft.kind,
        "digest": digest,
        "content": pieces(content),
        "officer": command.officer,
    }
    re = (command.replaces,) if command.replaces else ()
    return _inside(folio, "proposal", draft, fields, re)


def approve(folio: Folio, command: Approve) -> Draft:
    """Agree, as another officer, to exactly the digest of the proposal."""
    proposal = _demand_proposal(folio, command.proposal, party_of(command.agency))
    demand(
        proposal.approved_at is None,
        "Ya está aprobada; envíela.",
        "It is approved already; send it.",
    )
    demand(
        command.officer != proposal.officer,
        "Quien propone no aprueba; pídalo a otra persona.",
        "Who proposes does not approve; ask another person.",
    )
    demand(
        command.digest == proposal.digest,
        "Lo que usted revisó no es lo que saldría; abra la propuesta otra vez.",
        "What you reviewed is not what would leave; open the proposal again.",
    )
    return _decision(folio, command, proposal, {"approved": True})


def decline(folio: Folio, command: Decline) -> Draft:
    """End a proposal, with a reason."""
    proposal = _demand_proposal(folio, command.proposal, party_of(command.agency))
    demand_text(command.reason, "Diga por qué no.", "Say why not.")
    return _decision(folio, command, proposal, {"approved": False, "reason": command.reason})


def _decision(folio: Folio, command: Approve | Decline, proposal: Proposal, said_of_it: dict[str, JsonValue]) -> Draft:
    fields: dict[str, JsonValue] = {**said_of_it, "digest": proposal.digest, "officer": command.officer}
    about = replace(draft_of(proposal.content), iss=command.agency)
    return _inside(folio, "approval", about, fields, (proposal.hash,))


def carry_out(folio: Folio, command: CarryOut) -> Draft:
    """Return what was approved, unchanged, if the folio still admits it."""
    party = party_of(command.agency)
    proposal = _demand_proposal(folio, command.proposal, party)
    demand(
        proposal.approved_at is not None,
        "Falta que otra persona la apruebe.",
        "Another person has to approve it first.",
    )
    CONDITION_OF_KIND[proposal.proposed](folio, party)
    return draft_of(proposal.content)


def _inside(folio: Folio, kind: str, about: Draft, fields: Mapping[str, JsonValue], re: tuple[str, ...]) -> Draft:
    """Return an internal act: it goes to nobody, under the marks of what it is about."""
    return replace(about, kind=f"folio/{kind}/1", aud=(about.iss,), folio=folio.id, fields=fields, re=re)


def _open_proposal(folio: Folio, of: str, party: str) -> Proposal | None:
    proposal = folio.proposal(of)
    return proposal if proposal and proposal.party == party and proposal.ended_at is None else None


def _demand_proposal(folio: Folio, of: str, party: str) -> Proposal:
    return found(
        _open_proposal(folio, of, party),
        "Esa propuesta ya no está abierta: se envió, se sustituyó o se descartó.",
        "That proposal is no longer open: it was sent, replaced or declined.",
    )
