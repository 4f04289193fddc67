# SPDX-License-Identifier: Apache-2.0
"""When a command is possible, and what to do when it is not: one condition per command.

Rules
  - A condition looks at the folio, at who speaks and at the act the command answers; never at what the command says.
    So a page can show each action with the reason why it is not available, before anybody fills in a form.
  - Each sentence says what to do instead, in both languages.
  - Exchange the parties and every condition mirrors: it asks for a role, never for a party.

Worked example
    possible(folio, "B/POLICE")["Acknowledge"]      is None: it may be done
    possible(folio, "A/POLICE")["Acknowledge"]      is Words(…, en="The party that was asked acknowledges; …")
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from paridad.acts.envelope import party_of
from paridad.base.words import Words
from paridad.folio.commands import (
    Acknowledge,
    Answer,
    Approve,
    Ask,
    AskClarification,
    AttestPurge,
    CarryOut,
    Clarify,
    Close,
    Consent,
    Decline,
    FileOutcome,
    Order,
    Propose,
    Recall,
    Refuse,
    RefuseRecall,
    RequestConsent,
    Resume,
    Supplement,
    Suspend,
)
from paridad.folio.errors import NotNow, demand
from paridad.folio.state import Folio

Condition = Callable[[Folio, str], None]
"""Given the folio and the speaking party: nothing, or `NotNow`."""


def to_ask(folio: Folio, party: str) -> None:
    """Ask: the folio is new and bears the party's name."""
    demand(
        folio.request is None,
        "El folio ya tiene su solicitud; abra otro folio para preguntar algo más.",
        "The folio already has its request; open another folio to ask for more.",
    )
    demand(
        folio.opener == party,
        "El folio lleva el nombre de otra parte; use un número propio.",
        "The folio bears the name of another party; use a number of your own.",
    )


def to_acknowledge(folio: Folio, party: str) -> None:
    """Acknowledge: once, by the party that was asked."""
    _asked(folio, party, "acusa recibo", "acknowledges")
    _is_open(folio)
    demand(
        folio.acknowledged_at is None,
        "Ya consta el acuse; responda, pida aclaración o niegue.",
        "It is acknowledged already; answer, ask for clarification or refuse.",
    )


def to_ask_clarification(folio: Folio, party: str) -> None:
    """Ask what the request means: before it is settled, one question at a time."""
    _asked(folio, party, "pide aclaraciones", "asks for clarification")
    _is_open(folio)
    _unsettled(folio)
    demand(
        not folio.open_clarifications,
        "Hay una pregunta sin contestar; espere la aclaración.",
        "There is a question without an answer; wait for the clarification.",
    )


def to_clarify(folio: Folio, party: str) -> None:
    """Clarify: a question is open."""
    _asking(folio, party, "aclara", "clarifies")
    _is_open(folio)
    demand(
        folio.open_clarifications,
        "No hay preguntas por aclarar.",
        "There is no question to clarify.",
    )


def to_suspend(folio: Folio, party: str) -> None:
    """Stop the clocks: once at a time for each party, the asked one only while it still owes an answer."""
    _takes_part(folio, party)
    _is_open(folio)
    if folio.role(party) == "asked":
        _unsettled(folio)
    demand(
        all(pause.by != party for pause in folio.open_pauses),
        "Su parte ya detuvo los plazos; reanúdelos antes de detenerlos otra vez.",
        "Your party has stopped the clocks already; resume them before stopping them again.",
    )


def to_resume(folio: Folio, party: str) -> None:
    """Let the clocks run again: only those that one's own party stopped."""
    _takes_part(folio, party)
    _is_open(folio)
    demand(
        any(pause.by == party for pause in folio.open_pauses),
        "Su parte no detuvo los plazos; solo quien los detuvo los reanuda.",
        "Your party has not stopped the clocks; only the one that stopped them resumes them.",
    )


def to_answer(folio: Folio, party: str) -> None:
    """Answer: until the answer is complete; also after a refusal, if the party thinks better of it."""
    _asked(folio, party, "responde", "answers")
    _is_open(folio)
    demand(
        not folio.complete,
        "La respuesta ya es completa; amplíela con otra entrega.",
        "The answer is complete already; add to it with a supplement.",
    )


def to_supplement(folio: Folio, party: str) -> None:
    """Give more: under an answer that stands."""
    _asked(folio, party, "amplía la respuesta", "supplements the answer")
    _is_open(folio)
    demand(folio.answers, "Aún no hay respuesta que ampliar; responda.", "There is no answer to add to yet; answer.")


def to_refuse(folio: Folio, party: str) -> None:
    """Refuse: what is not yet answered in full, once."""
    _asked(folio, party, "niega", "refuses")
    _is_open(folio)
    _unsettled(folio)


def to_recall(folio: Folio, party: str) -> None:
    """Recall: what one's own party released, also when the folio is closed."""
    _takes_part(folio, party)
    demand(
        any(release.giver == party for release in folio.releases),
        "Solo se retira lo que su parte entregó en este folio.",
        "Only something that your party released in this folio can be recalled.",
    )


def to_answer_recall(folio: Folio, party: str) -> None:
    """Answer a recall: one of the other party's is open."""
    _takes_part(folio, party)
    demand(
        any(recall.by != party for recall in folio.open_recalls),
        "La otra parte no tiene retiros pendientes de respuesta.",
        "The other party has no recall waiting for an answer.",
    )


def to_request_consent(folio: Folio, party: str) -> None:
    """Ask for consent: something was received."""
    _takes_part(folio, party)
    demand(
        any(release.giver != party for release in folio.releases),
        "Su parte no ha recibido nada en este folio que pudiera transmitir.",
        "Your party has received nothing in this folio that it could pass on.",
    )


def to_consent(folio: Folio, party: str) -> None:
    """Consent or not: the other party asks."""
    _takes_part(folio, party)
    demand(
        any(request.by != party and request.answer is None for request in folio.onward),
        "La otra parte no tiene peticiones de transmisión pendientes.",
        "The other party has no request for onward transfer waiting.",
    )


def to_file_outcome(folio: Folio, party: str) -> None:
    """File an outcome: by who asked, once there is an answer."""
    _asking(folio, party, "informa el resultado", "files the outcome")
    _is_open(folio)
    demand(
        folio.answers,
        "Aún no hay respuesta de la que informar; espere, o cierre con un motivo.",
        "There is no answer yet to report on; wait, or close with a reason.",
    )


def to_close(folio: Folio, party: str) -> None:
    """Close: by who asked."""
    _asking(folio, party, "cierra el folio", "closes the folio")
    _is_open(folio)


def to_decide_as_second_person(folio: Folio, party: str) -> None:
    """Approve or decline: a proposal of one's own party is open."""
    demand(
        any(each.party == party and each.ended_at is None for each in folio.proposals),
        "Su parte no tiene propuestas abiertas en este folio.",
        "Your party has no open proposal in this folio.",
    )


def anytime(_folio: Folio, _party: str) -> None:
    """Propose: what is proposed has its own condition."""


CONDITIONS: Mapping[type[Order], Condition] = MappingProxyType(
    {
        Ask: to_ask,
        Acknowledge: to_acknowledge,
        AskClarification: to_ask_clarification,
        Clarify: to_clarify,
        Suspend: to_suspend,
        Resume: to_resume,
        Answer: to_answer,
        Supplement: to_supplement,
        Refuse: to_refuse,
        Recall: to_recall,
        AttestPurge: to_answer_recall,
        RefuseRecall: to_answer_recall,
        RequestConsent: to_request_consent,
        Consent: to_consent,
        FileOutcome: to_file_outcome,
        Close: to_close,
        Propose: anytime,
        Approve: to_decide_as_second_person,
        Decline: to_decide_as_second_person,
        CarryOut: to_decide_as_second_person,
    }
)
"""The condition of every command."""

CONDITION_OF_KIND: Mapping[str, Condition] = MappingProxyType(
    {
        "folio/request/1": to_ask,
        "folio/answer/1": to_answer,
        "folio/supplement/1": to_supplement,
        "folio/consent/1": to_consent,
    }
)
"""The condition under which an approved proposal of that kind may still leave."""


def possible(folio: Folio, agency: str) -> Mapping[str, Words | None]:
    """Return for every command why the agency cannot give it now; None where it can."""
    return {
        command.__name__: _obstacle(condition, folio, party_of(agency)) for command, condition in CONDITIONS.items()
    }


def _obstacle(condition: Condition, folio: Folio, party: str) -> Words | None:
    try:
        condition(folio, party)
    except NotNow as error:
        return error.words
    return None


def _takes_part(folio: Folio, party: str) -> None:
    demand(
        folio.request,
        "La solicitud aún no está en este nodo; espere a que llegue, o envíela.",
        "The request is not in this node yet; wait for it to arrive, or send it.",
    )
    demand(
        folio.role(party),
        "Su parte no participa en este folio; abra uno propio.",
        "Your party does not take part in this folio; open one of your own.",
    )


def _asked(folio: Folio, party: str, es: str, en: str) -> None:
    _takes_part(folio, party)
    demand(
        folio.role(party) == "asked",
        f"La parte requerida es quien {es}; la suya es la requirente.",
        f"The party that was asked {en}; yours is the one that asks.",
    )


def _asking(folio: Folio, party: str, es: str, en: str) -> None:
    _takes_part(folio, party)
    demand(
        folio.role(party) == "asking",
        f"La parte requirente es quien {es}; la suya es la requerida.",
        f"The party that asks {en}; yours is the one that was asked.",
    )


def _is_open(folio: Folio) -> None:
    demand(
        folio.closure is None,
        "El folio está cerrado; abra otro si hace falta.",
        "The folio is closed; open another one if there is need.",
    )


def _unsettled(folio: Folio) -> None:
    demand(
        folio.settled_at is None,
        "Ya se respondió del todo o se negó; puede ampliar o volver a responder.",
        "It is answered in full or refused already; you can add to it, or answer after all.",
    )
