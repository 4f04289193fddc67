# SPDX-License-Identifier: Apache-2.0
"""Recall: a duty with a clock, answered by a purge attestation or by a reasoned refusal.

Rules
  - Only what one's own party released in this folio is recalled, also after the folio was closed.
  - An attestation says what was done, not what will be: since when it is unreadable in the node, by when in backups,
    and what was made from it. It proves what was said and promised; that memory was erased nobody can prove.
  - A refusal names grounds of the charter and explains itself.

Worked example
    attest(folio, AttestPurge(of=recall, derived=(Derived("link chart 12", "destroyed"),), …), now).fields["attested"]
        is True
"""

from collections.abc import Sequence

from paridad.acts.envelope import Draft, party_of
from paridad.base.strict import JsonValue
from paridad.folio.commands import AttestPurge, Derived, Recall, RefuseRecall
from paridad.folio.consent import being_recalled
from paridad.folio.errors import demand, found
from paridad.folio.releases import Marks, demand_grounds, demand_text, filled, marks_of, say
from paridad.folio.state import Folio, RecallCase
from paridad.folio.terms import Terms


def recall(folio: Folio, command: Recall) -> Draft:
    """Ask back a release; a recall that was refused may be repeated, naming the refusal."""
    mine = (release for release in folio.releases if release.giver == party_of(command.agency))
    release = found(
        next((release for release in mine if release.hash == command.of), None),
        "Solo se retira lo que su parte entregó en este folio.",
        "Only something that your party released in this folio can be recalled.",
    )
    demand(
        not being_recalled(folio, release.hash),
        "Ese retiro ya está pedido; vea su respuesta o espérela.",
        "That recall has been made already; see its answer or wait for it.",
    )
    demand_text(command.reason, "Un retiro lleva su motivo; escríbalo.", "A recall has a reason; write it.")
    refused = [each.answer.hash for each in folio.recalls if each.release == release.hash and each.answer]
    marks = marks_of(folio, release)
    return say(folio, command, "recall", {"reason": command.reason}, re=(release.hash, *refused), marks=marks)


def attest(folio: Folio, command: AttestPurge, now: int) -> Draft:
    """Attest that what was recalled is purged, with the derived items and both dates."""
    recall, marks = _open_recall(folio, command.of, party_of(command.agency))
    demand(
        0 < command.unreadable_since <= now,
        "Se da fe de lo ya hecho: indique desde cuándo es ilegible en el nodo.",
        "One attests what is done: state since when it is unreadable in the node.",
    )
    demand(
        command.unreadable_in_backups_by >= command.unreadable_since,
        "Indique cuándo será ilegible en los respaldos; no es antes que en el nodo.",
        "State by when it is unreadable in backups; that is not before it is in the node.",
    )
    fields = {
        "attested": True,
        "unreadable_since": command.unreadable_since,
        "unreadable_in_backups_by": command.unreadable_in_backups_by,
        **filled(derived=_derived(command.derived), explanation=command.explanation),
    }
    return say(folio, command, "recall-answer", fields, re=(recall.hash,), marks=marks)


def refuse_recall(folio: Folio, command: RefuseRecall, terms: Terms) -> Draft:
    """Refuse a recall, with grounds and an explanation."""
    recall, marks = _open_recall(folio, command.of, party_of(command.agency))
    demand_grounds(command.grounds, terms)
    demand_text(
        command.explanation,
        "Explique por qué no se suprime; el retiro es un deber.",
        "Explain why nothing is purged; a recall is a duty.",
    )
    fields = {
        "attested": False,
        "grounds": list(command.grounds),
        "explanation": command.explanation,
        **filled(derived=_derived(command.derived)),
    }
    return say(folio, command, "recall-answer", fields, re=(recall.hash,), marks=marks)


def _open_recall(folio: Folio, of: str, party: str) -> tuple[RecallCase, Marks]:
    recall = found(
        next((each for each in folio.open_recalls if each.hash == of and each.by != party), None),
        "Elija un retiro de la otra parte que esté sin responder.",
        "Choose a recall of the other party that has no answer yet.",
    )
    release = next(each for each in folio.releases if each.hash == recall.release)
    return recall, marks_of(folio, release)


def _derived(items: Sequence[Derived]) -> list[JsonValue]:
    return [{"item": each.item, "fate": each.fate} for each in items]
