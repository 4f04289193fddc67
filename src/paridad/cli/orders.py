# SPDX-License-Identifier: Apache-2.0
"""What an officer says in a folio: one form per command, one function that makes the command of it.

Rules
  - The officer's agency speaks; the name stays in the node.
  - `--dry-run` shows the drafts and, field by field, what would leave and by which rule and clause: computed by the
    functions that do it. Nothing is signed.
  - A command has an identifier (`--id`): the same again does nothing twice. Without one a random one is made and told.
  - `--record` gives of a record all that policy lets out, and says of each field that stays by which clause.

Worked example
    paridad folio answer A-2026-0007 --record wUz… --as ana --dry-run
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import sqlalchemy as sa

from paridad.acts.envelope import ActHash
from paridad.base.strict import JsonValue
from paridad.base.words import Language, Words
from paridad.cli.errors import refused
from paridad.cli.forms import Acting, Moment, Positional, fields_of
from paridad.cli.meanings import explained_draft
from paridad.cli.seeing import kind_words, release_entry
from paridad.cli.verbs import Noun, Verb
from paridad.exchange.errors import NotReleased
from paridad.exchange.release import Release
from paridad.folio import commands
from paridad.folio.commands import Command, Derived, Given, Kept, Releasing, Withheld
from paridad.folio.content import draft_of
from paridad.folio.naming import folio_name, next_number
from paridad.folio.reading import codes
from paridad.node.home import Officer
from paridad.node.node import Node
from paridad.node.purging import backups_by, derived_items
from paridad.node.reading import load_folio
from paridad.node.saying import Asked, Plan, Wish, approved_leaves, carry_out, plan, preview, withheld_of
from paridad.store import records
from paridad.store.acts import get_acts
from paridad.store.tables import acts as act_rows

ID_BYTES = 16
PROPOSAL = "folio/proposal/1"
LANGUAGES: tuple[Language, Language] = ("es", "en")


class Order(Acting):
    """Something said in a folio."""

    folio: Positional
    id: str = ""


class Material(Order):
    """Something that lets fields of records out."""

    give: tuple[tuple[str, str], ...] = ()
    record: tuple[str, ...] = ()
    hold: tuple[tuple[str, str], ...] = ()
    withhold: tuple[tuple[str, str, str], ...] = ()
    obligation: tuple[str, ...] = ()
    partial: bool = False
    remark: str = ""
    handling: str = ""
    basis: str = ""


class Ask(Acting):
    """Open a folio."""

    to: Positional
    question: str
    handling: str
    purpose: str
    basis: str
    urgency: str
    desk: str = ""
    give: tuple[tuple[str, str], ...] = ()
    assure: tuple[str, ...] = ()
    folio: str = ""
    id: str = ""


class Acknowledge(Order):
    """Say that it is here."""


class AskClarification(Order):
    """Ask what the request means."""

    question: str


class Clarify(Order):
    """Answer a question about the request."""

    of: Positional
    text: str
    assure: tuple[str, ...] = ()


class Suspend(Order):
    """Stop the clocks."""

    reason: str


class Resume(Order):
    """Let the clocks run."""

    reason: str


class Answer(Material):
    """Answer."""

    nothing_held: bool = False


class Supplement(Material):
    """Give more."""

    of: Positional


class Refuse(Order):
    """Refuse."""

    ground: tuple[str, ...]
    may_ask_again: bool = False
    explanation: str = ""


class Recall(Order):
    """Ask back."""

    of: Positional
    reason: str


class Attest(Order):
    """Purge what was recalled, and say so."""

    of: Positional
    derived: tuple[tuple[str, str], ...] = ()
    explanation: str = ""


class RefuseRecall(Order):
    """Refuse a recall."""

    of: Positional
    ground: tuple[str, ...]
    explanation: str
    derived: tuple[tuple[str, str], ...] = ()


class RequestConsent(Order):
    """Ask to pass something on."""

    of: Positional
    record: str
    recipient: str
    purpose: str
    explanation: str = ""


class Consent(Order):
    """Consent, or not."""

    of: Positional
    granted: bool = False
    expires: Moment = 0
    condition: tuple[str, ...] = ()
    explanation: str = ""


class Outcome(Order):
    """Say what came of it."""

    outcome: str
    description: str = ""
    kept: tuple[str, ...] = ()
    not_kept: tuple[tuple[str, str], ...] = ()
    purpose: str = ""


class Close(Order):
    """Close."""

    reason: str = ""


class Approve(Order):
    """Agree as a second person."""

    proposal: Positional
    digest: str


class Decline(Order):
    """End a proposal."""

    proposal: Positional
    reason: str


class CarryOut(Order):
    """Send what was approved."""

    proposal: Positional


class ProposeAsk(Ask):
    """Put a request before a second person."""

    replaces: str = ""


class ProposeAnswer(Answer):
    """Put an answer before a second person."""

    replaces: str = ""


class ProposeSupplement(Supplement):
    """Put a supplement before a second person."""

    replaces: str = ""


class ProposeConsent(Consent):
    """Put a consent before a second person."""

    replaces: str = ""


@dataclass(frozen=True, slots=True)
class Scene:
    """Where and when something is said, and by whom."""

    node: Node
    officer: Officer
    folio: str
    now: int
    two_persons: bool = False

    @property
    def who(self) -> dict[str, str]:
        """The officer and the agency that speaks."""
        return {"officer": self.officer.id, "agency": self.officer.agency}


AnyOrder = Order | Ask
Make = Callable[[Any, Scene], Command]
"""Makes the command of a filled form."""


# Making commands ------------------------------------------------------------------------------------------------------

NAMES = {"ground": "grounds", "condition": "conditions", "assure": "assurances"}
"""Options that are given one by one, and the command's name for all of them."""


def plainly(command: type[Command]) -> Make:
    """Return a maker for a command whose fields are those of its form."""

    def make(form: AnyOrder, scene: Scene) -> Command:
        given = {NAMES.get(each.name, each.name): getattr(form, each.name) for each in fields_of(type(form))}
        known = {name: given[name] for name in command.__dataclass_fields__ if name in given}
        return command(**{**known, **scene.who})

    return make


def _ask(form: Ask, scene: Scene) -> Releasing:
    return commands.Ask(
        **scene.who,
        to=form.to,
        handling=form.handling,
        purpose=form.purpose,
        basis=form.basis,
        urgency=form.urgency,
        question=form.question,
        desk=form.desk,
        given=_given(form.give),
        assurances=form.assure,
    )


def _answer(form: Answer, scene: Scene) -> Releasing:
    given, withheld = _material(form, scene)
    return commands.Answer(
        **scene.who,
        given=given,
        withheld=withheld,
        obligations=form.obligation,
        partial=form.partial,
        nothing_held=form.nothing_held,
        remark=form.remark,
        handling=form.handling,
        basis=form.basis,
    )


def _supplement(form: Supplement, scene: Scene) -> Releasing:
    given, withheld = _material(form, scene)
    return commands.Supplement(
        **scene.who,
        of=form.of,
        given=given,
        withheld=withheld,
        obligations=form.obligation,
        partial=form.partial,
        remark=form.remark,
        handling=form.handling,
        basis=form.basis,
    )


def _consent(form: Consent, scene: Scene) -> Releasing:
    return cast("commands.Consent", plainly(commands.Consent)(form, scene))


def _attest(form: Attest, scene: Scene) -> Command:
    own = scene.node.own
    with own.store.read() as conn:
        folio = load_folio(conn, own, scene.folio)
    known = any(each.hash == form.of for each in folio.recalls)
    return commands.AttestPurge(
        **scene.who,
        of=form.of,
        derived=((*derived_items(folio, form.of), *_derived(form.derived)) if known else ()),
        unreadable_since=scene.now,
        unreadable_in_backups_by=backups_by(scene.now),
        explanation=form.explanation,
    )


def _refuse_recall(form: RefuseRecall, scene: Scene) -> Command:
    return commands.RefuseRecall(
        **scene.who, of=form.of, grounds=form.ground, explanation=form.explanation, derived=_derived(form.derived)
    )


def _outcome(form: Outcome, scene: Scene) -> Command:
    kept = (*(Kept(code, kept=True) for code in form.kept), *(Kept(c, kept=False, remark=r) for c, r in form.not_kept))
    return commands.FileOutcome(
        **scene.who, outcome=form.outcome, description=form.description, obligations=kept, purpose=form.purpose
    )


def _propose(make: Callable[[Any, Scene], Releasing]) -> Make:
    """Return a maker that puts a release before a second person."""

    def propose(form: ProposeAsk | ProposeAnswer | ProposeSupplement | ProposeConsent, scene: Scene) -> Command:
        return commands.Propose(**scene.who, release=make(form, scene), replaces=form.replaces)

    return propose


def _material(form: Material, scene: Scene) -> tuple[tuple[Given, ...], tuple[Withheld, ...]]:
    """Return what is given and withheld: what the officer named, and of whole records what policy says."""
    given, withheld = [*_given(form.give)], [Withheld(*each, ask_again=False) for each in form.withhold]
    for record in form.record:
        hold = tuple(path for of, path in form.hold if of == record)
        wish = Wish(form.basis, scene.two_persons, hold)
        released = preview(scene.node.own, scene.folio, record, wish, now=scene.now)
        if not released.given:
            raise NotReleased(_why_nothing(released))
        given += [Given(record, path) for path in released.given]
        withheld += withheld_of(released)
    return tuple(given), tuple(withheld)


def _why_nothing(released: Release) -> Words:
    """Say why nothing of a record may leave: each distinct reason once."""
    found = dict.fromkeys(reason for each in released.decisions.values() for reason in each.reasons)
    es, en = (" ".join(reason.in_(language) for reason in found) for language in LANGUAGES)
    return Words(es=f"De {released.act} nada puede salir. {es}", en=f"Of {released.act} nothing may leave. {en}")


def _given(pairs: tuple[tuple[str, str], ...]) -> tuple[Given, ...]:
    return tuple(Given(*pair) for pair in pairs)


def _derived(pairs: tuple[tuple[str, str], ...]) -> tuple[Derived, ...]:
    for _, fate in pairs:
        if fate not in {"destroyed", "kept"}:
            raise refused(
                f"De lo derivado se dice destroyed o kept, no «{fate}».",
                f"Of a derived item one says destroyed or kept, not “{fate}”.",
            )
    return tuple(Derived(item, "destroyed" if fate == "destroyed" else "kept") for item, fate in pairs)


# Saying ---------------------------------------------------------------------------------------------------------------


def asking(make: Make) -> Callable[[Node, AnyOrder], Asked]:
    """Return what reads a form as a command, with its folio, its identifier and its time."""

    def ask(node: Node, form: AnyOrder) -> Asked:
        now, officer = node.clock(), node.home.officer(form.officer)
        id_ = form.id or node.own.random(ID_BYTES).hex()
        folio = form.folio or _folio_of(node, id_) or _next_folio(node, now)
        scene = Scene(node, officer, folio, now, two_persons=isinstance(form, _PROPOSING))
        return Asked(officer, make(form, scene), folio, id_, now)

    return ask


def saying(make: Make) -> Callable[[Node, AnyOrder], JsonValue]:
    """Return the operation that says what a form asks for, or shows what it would say."""
    ask = asking(make)

    def say(node: Node, form: AnyOrder) -> JsonValue:
        asked = ask(node, form)
        officer, command, folio, now = asked.officer, asked.command, asked.folio, asked.now
        if form.dry_run:
            return _planned(node, plan(node.own, officer, command, folio=folio, now=now), folio, now=now)
        said = carry_out(node.own, officer, command, folio=folio, id_=asked.id, now=now)
        acts = said_acts(node, said.acts)
        leaves = [release_entry(each) for each in said.releases]
        return {"folio": folio, "id": asked.id, "repeated": said.repeated, "acts": acts, "leaves": leaves}

    return say


_PROPOSING = (ProposeAsk, ProposeAnswer, ProposeSupplement, ProposeConsent)


def _planned(node: Node, planned: Plan, folio: str, *, now: int) -> JsonValue:
    """Return what would be said; of a proposal also what it would let out once it is approved."""
    proposed = [draft_of("".join(codes(each.fields, "content"))) for each in planned.drafts if each.kind == PROPOSAL]
    records = [*planned.records, *(r for each in proposed for r in approved_leaves(node.own, folio, each, now=now))]
    drafts: list[JsonValue] = [explained_draft(node, draft) for draft in planned.drafts]
    told: list[JsonValue] = [explained_draft(node, draft) for draft in proposed]
    return {
        "dry_run": True,
        "folio": folio,
        "drafts": drafts,
        "proposed": told,
        "leaves": [release_entry(each) for each in records],
    }


def said_acts(node: Node, hashes: tuple[str, ...]) -> JsonValue:
    """Return what was said, act by act."""
    with node.own.store.read() as conn:
        held = get_acts(conn, hashes)
    found = [held[ActHash(each)] for each in hashes]
    return [
        {
            "act": act.hash,
            "kind": kind_words(node.own.vocabulary.kind(act.envelope.knd), act.envelope.knd),
            "agency": act.envelope.iss,
            "to": list(act.envelope.aud),
            "at": act.envelope.iat,
        }
        for act in found
    ]


def _folio_of(node: Node, id_: str) -> str:
    """Return the folio of a command that was given before under this identifier, or nothing."""
    with node.own.store.read() as conn:
        done = records.command(conn, id_)
        return next((act.envelope.fol for act in get_acts(conn, done.acts).values()), "") if done else ""


def _next_folio(node: Node, now: int) -> str:
    """Return the next free name of our party's folios of the year."""
    year, party = datetime.fromtimestamp(now, UTC).year, node.own.party
    ours = act_rows.c.fol.startswith(f"{party}-{year:04}-", autoescape=True)
    with node.own.store.read() as conn:
        names = conn.execute(sa.select(act_rows.c.fol).where(ours).distinct()).scalars().all()
    return folio_name(party, year, next_number(party, year, names))


MAKERS: Mapping[str, tuple[type[Acting], type, Make]] = {
    "ask": (Ask, commands.Ask, _ask),
    "acknowledge": (Acknowledge, commands.Acknowledge, plainly(commands.Acknowledge)),
    "ask-clarification": (AskClarification, commands.AskClarification, plainly(commands.AskClarification)),
    "clarify": (Clarify, commands.Clarify, plainly(commands.Clarify)),
    "suspend": (Suspend, commands.Suspend, plainly(commands.Suspend)),
    "resume": (Resume, commands.Resume, plainly(commands.Resume)),
    "answer": (Answer, commands.Answer, _answer),
    "supplement": (Supplement, commands.Supplement, _supplement),
    "refuse": (Refuse, commands.Refuse, plainly(commands.Refuse)),
    "recall": (Recall, commands.Recall, plainly(commands.Recall)),
    "attest": (Attest, commands.AttestPurge, _attest),
    "refuse-recall": (RefuseRecall, commands.RefuseRecall, _refuse_recall),
    "request-consent": (RequestConsent, commands.RequestConsent, plainly(commands.RequestConsent)),
    "consent": (Consent, commands.Consent, _consent),
    "outcome": (Outcome, commands.FileOutcome, _outcome),
    "close": (Close, commands.Close, plainly(commands.Close)),
    "approve": (Approve, commands.Approve, plainly(commands.Approve)),
    "decline": (Decline, commands.Decline, plainly(commands.Decline)),
    "carry-out": (CarryOut, commands.CarryOut, plainly(commands.CarryOut)),
}
"""Each verb: its form, the command of the folio that it gives, and how the one is made of the other."""

PROPOSALS: Mapping[str, tuple[type[Acting], Make]] = {
    "ask": (ProposeAsk, _propose(_ask)),
    "answer": (ProposeAnswer, _propose(_answer)),
    "supplement": (ProposeSupplement, _propose(_supplement)),
    "consent": (ProposeConsent, _propose(_consent)),
}
"""What can be put before a second person."""

VERBS = tuple(Verb(name, form, operation=saying(make)) for name, (form, _, make) in MAKERS.items())
PROPOSE = Noun("propose", tuple(Verb(name, form, operation=saying(make)) for name, (form, make) in PROPOSALS.items()))

READERS: Mapping[str, tuple[type[Acting], Callable[[Node, Any], Asked]]] = {
    **{f"folio.{name}": (form, asking(make)) for name, (form, _, make) in MAKERS.items()},
    **{f"folio.propose.{name}": (form, asking(make)) for name, (form, make) in PROPOSALS.items()},
}
"""Each operation that says something in a folio: its form, and what reads that as a command."""
