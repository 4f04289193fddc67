# SPDX-License-Identifier: Apache-2.0
"""`paridad folio`: lists, one folio with its timeline, what of a record may leave; and what is said in a folio.

Rules
  - Lists and timelines show what the officer may see; every act shown is noted as read.
  - What may be done now stands beside what may not, with the reason why not.
  - `preview` is computed by the function that releases.

Worked example
    paridad folio show A-2026-0007 --as ana
"""

from collections.abc import Mapping

from paridad.acts.verify import VerifiedAct
from paridad.base.strict import JsonValue
from paridad.base.words import Words
from paridad.cli.case import case, looked_at, proposal_entry, unseen
from paridad.cli.choices import Choices, choices
from paridad.cli.forms import Form, OfficerName, Positional
from paridad.cli.listing import List, list_folios, stage_words
from paridad.cli.meanings import explained, explained_draft
from paridad.cli.orders import LANGUAGES, MAKERS, PROPOSE, VERBS
from paridad.cli.seeing import (
    Reading,
    coded,
    entries,
    kind_words,
    leaves,
    marks,
    not_found,
    note,
    reader,
    release_entry,
    visible,
    words,
)
from paridad.cli.verbs import Noun, Verb
from paridad.folio.clocks import due, overdue
from paridad.folio.conditions import possible
from paridad.folio.content import draft_of
from paridad.folio.projection import strictest
from paridad.folio.state import IRREGULAR, Folio
from paridad.folio.waiting import waiting_on
from paridad.node.node import Node
from paridad.node.reading import load_folio, read_folio
from paridad.node.saying import POLICY_COMMAND, Wish, approved_leaves, preview
from paridad.policy.decision import Decision
from paridad.policy.question import CommandQuestion

OUTSIDE = Words(
    es="Su dependencia no participa en este folio; lo atiende la que lo pidió o la que fue requerida.",
    en="Your agency takes no part in this folio; it belongs to the one that asked and the one that was asked.",
)


class Show(Form):
    """One folio."""

    folio: Positional
    officer: OfficerName


class Preview(Form):
    """What of a record may leave in answer to a folio."""

    folio: Positional
    record: Positional
    officer: OfficerName
    basis: str = ""
    two_persons: bool = False
    hold: tuple[str, ...] = ()


class Proposal(Form):
    """A proposed release, as its second person sees it."""

    folio: Positional
    proposal: Positional
    officer: OfficerName


def show(node: Node, form: Show) -> JsonValue:
    """Return one folio as an officer may see it."""
    reading = reader(node, form.officer)
    with node.own.store.read() as conn:
        folio, held = read_folio(conn, node.own, form.folio)
        acts = [act for act in held if reading.knows_of(act.envelope)]
        if not acts or not reading.sight.sees(strictest(folio), "procedural", involved=_involved(reading, folio)):
            raise not_found(form.folio)
        told = zip(acts, entries(reading, conn, acts), strict=True)
        timeline: list[JsonValue] = [_told(reading, folio, act, seen) for act, seen in told]
        made = case(reading, conn, folio, {act.hash for act in acts})
    note(reading, [*(act.hash for act in acts), *looked_at(made)], "folio")
    return {**_head(reading, folio), **made, "acts": timeline}


def _involved(reading: Reading, folio: Folio) -> bool:
    request = folio.request
    return request is not None and reading.officer.agency in {request.asking, request.asked}


def _told(reading: Reading, folio: Folio, act: VerifiedAct, told: Mapping[str, JsonValue]) -> JsonValue:
    why = next((each.why for each in folio.irregular if each.hash == act.hash), "")
    charter = reading.node.own.keys.charter(act.envelope.prg)
    fields = explained(told["fields"], act.envelope.knd, charter)  # type: ignore[arg-type]
    return {**told, "fields": fields, "irregular": words(IRREGULAR[why], why) if why else None}


def _head(reading: Reading, folio: Folio) -> dict[str, JsonValue]:
    request, charter = folio.request, reading.node.own.keys.current
    why_not = _obstacles(reading, folio)
    return {
        "folio": folio.id,
        "stage": stage_words(folio.stage),
        "overdue": overdue(folio, reading.now),
        "due": due(folio),
        "asking": request.asking if request else "",
        "asked": request.asked if request else "",
        "urgency": coded(charter.urgencies, request.urgency) if request else None,
        "desk": coded(charter.desks, request.desk) if request and request.desk else None,
        "waiting": [
            {
                "agency": each.agency or each.party,
                "duty": words(each.what, each.clause),
                "since": each.since,
                "until": each.until,
                "overdue": each.overdue,
            }
            for each in waiting_on(folio, reading.now)
        ],
        "possible": [verb for verb, why in why_not.items() if why is None],
        "impossible": [{"command": verb, "because": words(why)} for verb, why in why_not.items() if why],
    }


def _obstacles(reading: Reading, folio: Folio) -> dict[str, Words | None]:
    """Return for each verb why this officer cannot use it now: what the folio says, then what the role may do."""
    may = possible(folio, reading.officer.agency)
    role, sides = reading.officer.role, {folio.request.asking, folio.request.asked} if folio.request else set()
    outside = bool(sides) and reading.officer.agency not in sides
    found: dict[str, Words | None] = {}
    for verb, (_, command, _) in MAKERS.items():
        asked = CommandQuestion(role=role, command=POLICY_COMMAND[command], proposer=False)
        decision = reading.node.own.engine.decide_one(asked, now=reading.now)
        refused = None if decision.allowed else joined(decision)
        found[verb] = may[command.__name__] or refused or (OUTSIDE if outside else None)
    return found


def joined(decision: Decision) -> Words:
    """Return the reasons of a decision as one sentence in each language."""
    return Words(*(" ".join(reason.in_(language) for reason in decision.reasons) for language in LANGUAGES))


def preview_record(node: Node, form: Preview) -> JsonValue:
    """Return what of a record may leave in answer to a folio, with every decision."""
    reading = reader(node, form.officer)
    with node.own.store.read() as conn:
        act = visible(reading, conn, form.record)
    wish = Wish(form.basis, form.two_persons, form.hold)
    released = preview(node.own, form.folio, form.record, wish, now=reading.now)
    note(reading, [act.hash], "preview")
    seen = reading.sight.filter(act.fields, act.kind, act.envelope)
    return {
        "folio": form.folio,
        "kind": kind_words(act.kind, act.envelope.knd),
        **marks(node, act.envelope.prg, act.envelope.hnd, act.envelope.pur, act.envelope.bas),
        "fields": _fields(reading, act, seen.fields),
        "withheld": [unseen(act, each) for each in seen.withheld],
        "release": release_entry(released),
    }


def _fields(reading: Reading, act: VerifiedAct, shown: Mapping[str, JsonValue]) -> list[JsonValue]:
    charter = reading.node.own.keys.charter(act.envelope.prg)
    return explained(leaves(shown, act.kind.fields if act.kind else {}), act.envelope.knd, charter)


def show_proposal(node: Node, form: Proposal) -> JsonValue:
    """Return what a proposal would let out, by the functions that will send it, for whoever may read the proposal."""
    reading = reader(node, form.officer)
    with node.own.store.read() as conn:
        folio = load_folio(conn, node.own, form.folio)
        act = visible(reading, conn, form.proposal)
        proposal = folio.proposal(form.proposal)
        if proposal is None or not reading.sight.filter(act.fields, act.kind, act.envelope).fields.get("content"):
            raise not_found(form.proposal)
        told = proposal_entry(reading, folio, proposal, act)
    draft = draft_of(proposal.content)
    leaving = approved_leaves(node.own, form.folio, draft, now=reading.now)
    note(reading, [act.hash, *(each.act for each in leaving)], "proposal")
    return {
        **told,
        "digest": proposal.digest,
        "drafts": [explained_draft(node, draft)],
        "leaves": [release_entry(each) for each in leaving],
    }


NOUN = Noun(
    "folio",
    (
        Verb("list", List, operation=list_folios),
        Verb("show", Show, operation=show),
        Verb("preview", Preview, operation=preview_record),
        Verb("proposal", Proposal, operation=show_proposal),
        Verb("choices", Choices, operation=choices),
        *VERBS,
        PROPOSE,
    ),
)
