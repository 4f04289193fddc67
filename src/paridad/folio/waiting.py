# SPDX-License-Identifier: Apache-2.0
"""Who is waiting for whom: always computable, never empty while a folio is open.

Rules
  - Each entry names the party and agency that has to act, what it has to do, since when and until when.
  - `clause` is the number of the duty in this package's README, where both languages say what it asks.
  - A folio that is not closed has at least one entry. A closed one may have some: a recall or a consent is owed still.
  - A duty whose clock stands still is not waited for; whoever has to resume or clarify is.
  - Entries about a second person are `internal`: only their own party knows of them.

Worked example
    waiting_on(folio, now)[0]      is Waiting("B", "B/POLICE", Duty.ANSWER, request, since=…, until=…, overdue=False)
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from paridad.base.words import Words
from paridad.folio.clocks import Duty, clocks
from paridad.folio.state import Folio

CONSENT = "folio/consent/1"


@dataclass(frozen=True, slots=True)
class DutyWords:
    """A duty in words, and its number in the README."""

    clause: str
    words: Words


DUTIES: Mapping[Duty, DutyWords] = MappingProxyType(
    {
        Duty.REQUEST: DutyWords("D0", Words(es="Enviar la solicitud", en="Send the request")),
        Duty.ACKNOWLEDGE: DutyWords("D1", Words(es="Acusar recibo", en="Acknowledge")),
        Duty.ANSWER: DutyWords("D2", Words(es="Responder o negar con causa", en="Answer, or refuse with grounds")),
        Duty.CLARIFY: DutyWords("D3", Words(es="Aclarar la solicitud", en="Clarify the request")),
        Duty.RESUME: DutyWords("D4", Words(es="Reanudar los plazos", en="Let the clocks run again")),
        Duty.RECALL: DutyWords(
            "D5", Words(es="Responder al retiro: suprimir y dar fe, o negar", en="Answer the recall: purge, or refuse")
        ),
        Duty.CONSENT: DutyWords("D6", Words(es="Decidir sobre la transmisión", en="Decide on the onward transfer")),
        Duty.OUTCOME: DutyWords(
            "D7", Words(es="Informar el resultado o cerrar con motivo", en="File the outcome, or close with a reason")
        ),
        Duty.CLOSE: DutyWords("D8", Words(es="Cerrar el folio", en="Close the folio")),
        Duty.APPROVE: DutyWords("D9", Words(es="Decidir como segunda persona", en="Decide as the second person")),
        Duty.CARRY_OUT: DutyWords("D10", Words(es="Enviar lo aprobado", en="Send what was approved")),
    }
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody is waited for."""

    party: str
    agency: str
    """Empty where nobody at the party is named yet."""
    duty: Duty
    about: str
    """The act that it is about; empty where there is none yet."""
    since: int
    until: int | None
    overdue: bool
    internal: bool = False

    @property
    def what(self) -> Words:
        """What has to be done."""
        return DUTIES[self.duty].words

    @property
    def clause(self) -> str:
        """The duty's number in the README."""
        return DUTIES[self.duty].clause


def waiting_on(folio: Folio, now: int) -> tuple[Waiting, ...]:
    """Return who has to do what, the most urgent first."""
    entries = (*_announced(folio, now), *_owed(folio, now), *_second_persons(folio))
    return tuple(
        sorted(entries, key=lambda each: (each.until is None, each.until or 0, each.since, each.duty, each.about))
    )


def shared_waiting(folio: Folio, now: int) -> tuple[Waiting, ...]:
    """Return what both nodes know about who has to do what."""
    return tuple(each for each in waiting_on(folio, now) if not each.internal)


def _announced(folio: Folio, now: int) -> Iterator[Waiting]:
    """Yield the wait for the request itself."""
    if folio.request is None:
        since = min((act.at for act in folio.acts), default=now)
        yield Waiting(folio.opener, "", Duty.REQUEST, "", since, until=None, overdue=False)


def _owed(folio: Folio, now: int) -> Iterator[Waiting]:
    for clock in clocks(folio):
        if clock.runs and not clock.standing_still:
            yield Waiting(
                clock.party, clock.agency, clock.duty, clock.about, clock.start, clock.until, overdue=clock.late(now)
            )


def _second_persons(folio: Folio) -> Iterator[Waiting]:
    """Yield what waits inside a party; a closed folio lets nothing out but a consent."""
    for each in folio.proposals:
        if each.ended_at is None and (folio.closure is None or each.proposed == CONSENT):
            duty, since = (Duty.APPROVE, each.at) if each.approved_at is None else (Duty.CARRY_OUT, each.approved_at)
            yield Waiting(each.party, each.agency, duty, each.hash, since, until=None, overdue=False, internal=True)
