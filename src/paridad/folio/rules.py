# SPDX-License-Identifier: Apache-2.0
"""Decide which acts follow from a command, or say why none does and what to do.

Rules
  - `decide` changes nothing and reads no clock: the reference time and the charter's terms are arguments.
  - First the condition of the command (`conditions`), then what it says. Each refusal is a sentence in both languages.
  - Above a handling code a release needs two persons: proposed by one officer, approved by another who names the
    proposal and the digest of what would leave, then sent unchanged. A changed proposal is another proposal, and its
    approval another approval.
  - People decide. No command here follows from a clock, and none concerns the worth of a person.

Worked example
    decide(folio, Refuse(officer="ana", agency="B/POLICE", grounds=("proceedings",), may_ask_again=True), now, terms)
        is (Draft(kind="folio/refusal/1", …),)
    decide(folio, Refuse(officer="ana", agency="B/POLICE", grounds=(), may_ask_again=True), now, terms)
        raises NotNow: A refusal names at least one ground of the charter.
"""

from paridad.acts.envelope import Draft, party_of
from paridad.folio import consent, recalling, second_person
from paridad.folio.commands import (
    Acknowledge,
    Answer,
    Approve,
    Ask,
    AskClarification,
    AttestPurge,
    Clarify,
    Close,
    Command,
    Consent,
    Decline,
    FileOutcome,
    Propose,
    Recall,
    Refuse,
    RefuseRecall,
    RequestConsent,
    Resume,
    Supplement,
    Suspend,
)
from paridad.folio.conditions import CONDITIONS
from paridad.folio.errors import demand
from paridad.folio.releases import (
    Marks,
    demand_assurances,
    demand_grounds,
    demand_text,
    filled,
    needs_two,
    release_draft,
    say,
)
from paridad.folio.state import Folio
from paridad.folio.terms import Terms


def decide(folio: Folio, command: Command, now: int, terms: Terms) -> tuple[Draft, ...]:  # noqa: C901, PLR0911, PLR0912  one case per command
    """Return the acts that follow from a command, or raise `NotNow` with what to do instead."""
    demand(
        command.agency in terms.agencies,
        f"«{command.agency}» no es una dependencia del acuerdo.",
        f'"{command.agency}" is not an agency of the charter.',
    )
    CONDITIONS[type(command)](folio, party_of(command.agency))
    match command:
        case Ask() | Answer() | Supplement() | Consent():
            draft = release_draft(folio, command, now, terms)
            demand(
                not needs_two(command, draft, terms),
                f"El código {draft.handling} pide dos personas: propóngalo y que otra persona lo apruebe.",
                f"The code {draft.handling} asks for two persons: propose it and let another person approve.",
            )
            return (draft,)
        case Acknowledge():
            return (say(folio, command, "acknowledgement", {"received_at": now}),)
        case AskClarification():
            demand_text(command.question, "Escriba qué falta aclarar.", "Write what needs clarifying.")
            return (say(folio, command, "clarification", {"question": command.question}),)
        case Clarify():
            return (_clarify(folio, command, terms),)
        case Suspend():
            demand_text(command.reason, "Una pausa lleva su motivo; escríbalo.", "A pause has a reason; write it.")
            return (say(folio, command, "suspension", {"reason": command.reason}),)
        case Resume():
            return (_resume(folio, command),)
        case Refuse():
            return (_refuse(folio, command, terms),)
        case Recall():
            return (recalling.recall(folio, command),)
        case AttestPurge():
            return (recalling.attest(folio, command, now),)
        case RefuseRecall():
            return (recalling.refuse_recall(folio, command, terms),)
        case RequestConsent():
            return (consent.request_consent(folio, command, terms),)
        case FileOutcome():
            return (_outcome(folio, command, now, terms),)
        case Close():
            return (_close(folio, command),)
        case Propose():
            return (second_person.propose(folio, command, now, terms),)
        case Approve():
            return (second_person.approve(folio, command),)
        case Decline():
            return (second_person.decline(folio, command),)
        case _:  # CarryOut: the type of its argument holds this list complete
            return (second_person.carry_out(folio, command),)


def _clarify(folio: Folio, command: Clarify, terms: Terms) -> Draft:
    demand(
        any(question.hash == command.of for question in folio.open_clarifications),
        "Elija una pregunta que esté sin contestar.",
        "Choose a question that has no answer yet.",
    )
    demand_text(command.text, "Escriba la aclaración.", "Write the clarification.")
    demand_assurances(command.assurances, terms)
    fields = filled(text=command.text, assurances=list(command.assurances))
    return say(folio, command, "clarification-answer", fields, re=(command.of,))


def _resume(folio: Folio, command: Resume) -> Draft:
    demand_text(command.reason, "La reanudación lleva su motivo; escríbalo.", "A resumption has a reason; write it.")
    pause = next(each for each in folio.open_pauses if each.by == party_of(command.agency))
    return say(folio, command, "resumption", {"reason": command.reason}, re=(pause.hash,))


def _refuse(folio: Folio, command: Refuse, terms: Terms) -> Draft:
    demand_grounds(command.grounds, terms)
    fields = filled(grounds=list(command.grounds), may_ask_again=command.may_ask_again, explanation=command.explanation)
    return say(folio, command, "refusal", fields)


def _outcome(folio: Folio, command: FileOutcome, now: int, terms: Terms) -> Draft:
    assert folio.request is not None
    request = folio.request
    demand(
        command.outcome in terms.outcomes,
        "Elija un resultado de la lista del acuerdo.",
        "Choose an outcome from the list of the charter.",
    )
    purpose = command.purpose or request.purpose
    own = (each for each in folio.onward if each.recipient == command.agency)
    demand(
        purpose in {request.purpose, *(each.purpose for each in own if consent.holds(folio, each, now))},
        "Se usó para otra finalidad sin consentimiento en vigor; pídalo a quien lo entregó.",
        "It was used for another purpose without a consent in force; ask whoever released it.",
    )
    _demand_obligations(folio, command)
    obligations = [
        filled(obligation=each.obligation, kept=each.kept, remark=each.remark) for each in command.obligations
    ]
    fields = filled(outcome=command.outcome, description=command.description, obligations=obligations)
    re = (request.hash, *(release.hash for release in folio.answers))
    return say(folio, command, "outcome", fields, re=re, marks=Marks(request.handling, purpose, request.basis))


def _demand_obligations(folio: Folio, command: FileOutcome) -> None:
    said_before = {each.obligation for outcome in folio.outcomes for each in outcome.obligations}
    said_now = {each.obligation for each in command.obligations}
    demand(
        folio.obligations - said_before <= said_now <= folio.obligations,
        "El resultado dice de cada obligación aceptada, y de ninguna otra, si se cumplió: "
        + (", ".join(sorted(folio.obligations)) or "no hay ninguna"),
        "The outcome says of each obligation taken on, and of no other, whether it was kept: "
        + (", ".join(sorted(folio.obligations)) or "there is none"),
    )
    demand(
        all(each.kept or each.remark.strip() for each in command.obligations),
        "Si una obligación no se cumplió, explique por qué.",
        "If an obligation was not kept, explain why.",
    )


def _close(folio: Folio, command: Close) -> Draft:
    assert folio.request is not None
    demand(
        command.reason.strip() or folio.outcomes,
        "Un folio se cierra con su resultado o con un motivo; informe el resultado o escriba el motivo.",
        "A folio is closed with its outcome or with a reason; file the outcome or write the reason.",
    )
    re = (folio.request.hash, *(outcome.hash for outcome in folio.outcomes[-1:]))
    return say(folio, command, "closure", filled(reason=command.reason.strip()), re=re)
