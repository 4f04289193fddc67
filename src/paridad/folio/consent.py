# SPDX-License-Identifier: Apache-2.0
"""Onward transfer: asking the originator for consent, and which consent is in force.

Rules
  - A consent names recipient, purpose, record act and the day it ends; it holds for exactly these.
  - A release whose purge is attested, or whose recall is open, can no longer be passed on.
  - Forwarding cannot be prevented: who holds an act can show it. The consent is law and evidence, not cryptography.

Worked example
    in_force(folio, record=dossier, recipient="C/POLICE", purpose="trial", now=now)      is the OnwardRequest, or None
"""

from paridad.acts.envelope import Draft, party_of
from paridad.folio.commands import RequestConsent
from paridad.folio.errors import demand, found
from paridad.folio.releases import demand_text, filled, marks_of, say
from paridad.folio.state import Folio, OnwardRequest, Release
from paridad.folio.terms import Terms


def in_force(folio: Folio, *, record: str, recipient: str, purpose: str, now: int) -> OnwardRequest | None:
    """Return the consent under which a record may be passed on now, if there is one."""
    wanted = (record, recipient, purpose)
    return next(
        (
            onward
            for onward in folio.onward
            if (onward.record, onward.recipient, onward.purpose) == wanted and holds(folio, onward, now)
        ),
        None,
    )


def holds(folio: Folio, onward: OnwardRequest, now: int) -> bool:
    """Whether a consent was given, has not ended and was not overtaken by a recall."""
    answer = onward.answer
    if answer is None or not answer.granted or answer.expires is None or answer.expires <= now:
        return False
    return not being_recalled(folio, onward.release)


def being_recalled(folio: Folio, release: str) -> bool:
    """Whether a recall of this release is open or attested; one that was refused leaves it as it was."""
    return any(
        recall.release == release and (recall.answer is None or recall.answer.attested) for recall in folio.recalls
    )


def request_consent(folio: Folio, command: RequestConsent, terms: Terms) -> Draft:
    """Ask the originator to let one record act go to a named recipient for a purpose."""
    theirs = (release for release in folio.releases if release.giver != party_of(command.agency))
    release = found(
        next((each for each in theirs if each.hash == command.of and command.record in each.records), None),
        "Elija un acto que su parte recibió en este folio.",
        "Choose an act that your party received in this folio.",
    )
    _demand_onward(folio, release, terms)
    demand_text(command.recipient, "Nombre al destinatario.", "Name the recipient.")
    demand(
        command.purpose in terms.purposes,
        "Elija una finalidad del acuerdo.",
        "Choose a purpose of the charter.",
    )
    wanted = (command.record, command.recipient, command.purpose)
    demand(
        all((each.record, each.recipient, each.purpose) != wanted or each.answer for each in folio.onward),
        "Esa misma petición está sin responder; espere la respuesta.",
        "That same request has no answer yet; wait for it.",
    )
    fields = filled(
        record=command.record,
        recipient=command.recipient,
        purpose=command.purpose,
        explanation=command.explanation,
    )
    re, marks = (release.hash, command.record), marks_of(folio, release)
    return say(folio, command, "consent-request", fields, re=re, marks=marks)


def _demand_onward(folio: Folio, release: Release, terms: Terms) -> None:
    mark = terms.handling.get(release.handling)
    demand(
        mark is None or mark.onward != "free",
        f"El código {release.handling} permite transmitirlo sin pedir consentimiento.",
        f"The code {release.handling} lets you pass it on without asking for consent.",
    )
    demand(
        mark is None or mark.onward != "never",
        f"El código {release.handling} no admite transmisión; pida a su autor que lo entregue él mismo.",
        f"The code {release.handling} admits no onward transfer; ask its author to release it there.",
    )
    demand(
        not being_recalled(folio, release.hash),
        "Está en retiro o retirado; ya no puede transmitirse.",
        "It is being recalled, or was; it can no longer be passed on.",
    )
