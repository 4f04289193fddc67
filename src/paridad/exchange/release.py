# SPDX-License-Identifier: Apache-2.0
"""`release`: the only way out of a node (law 3).

Rules
  - Policy is asked for every field; equal classes of fields are asked once and every field keeps its decision. Acts
    of one operation that are alike in all that policy sees are judged together; nothing outlives the operation.
  - It is asked for the act itself as well: an envelope tells, also of an act that says nothing else.
  - No kind in the vocabulary, no marking, no purpose, a policy error: nothing leaves.
  - A child leaves only with its parent: where the parent stays, so do its elements (RFC 9901 §4.2.6, upward closed).
  - An act that speaks to the other party leaves whole or is refused with the reasons; a record may leave in part.
  - Only this module builds a `Release`, and the outbox takes nothing else.

Worked example
    release([Item(dossier, matter)], engine=engine, own_party="A", now=now)[0].given      is ("name", "birth.date")
    … .withheld[0].path, … .withheld[0].decision.reasons[0].rule                     is ("source", "source-and-method")
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from paridad.acts.disclosure import Disclosure
from paridad.acts.envelope import ActHash, Envelope, party_of
from paridad.acts.vocabulary import Kind
from paridad.base.words import Words
from paridad.exchange.errors import NotReleased
from paridad.policy.decision import Decision
from paridad.policy.engine import PolicyEngine
from paridad.policy.question import OnwardQuestion, ReleaseQuestion

ITSELF = "procedural"
"""The sensitivity of the signed part: who speaks to whom, when, about which folio."""


class Releasable(Protocol):
    """An act that was issued here or verified: what `release` needs of it."""

    @property
    def signed(self) -> bytes:
        """The exact signed bytes."""

    @property
    def hash(self) -> ActHash:
        """The act hash."""

    @property
    def envelope(self) -> Envelope:
        """The claims."""

    @property
    def kind(self) -> Kind | None:
        """The kind, None where this release does not know it."""

    @property
    def disclosures(self) -> Mapping[str, Disclosure]:
        """The disclosures at hand, by path."""


@dataclass(frozen=True, slots=True)
class Matter:
    """The circumstances in which something is to leave; each yes stands on a recorded act."""

    recipient: str
    """Agency that would receive it."""
    purpose: str
    """Purpose that the request names."""
    basis_kind: str
    """Kind of the legal basis relied on."""
    addressed: bool
    """The act that carries the release is addressed to the recipient."""
    expired: bool = False
    second_person: bool = False
    case_decision: bool = False
    assurance: bool = False
    consent: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One act to be released to one recipient, wholly or only some paths of it."""

    act: Releasable
    matter: Matter
    only: Collection[str] | None = None
    """Paths that the releasing officer chose; None: all that policy allows."""


@dataclass(frozen=True, slots=True)
class WithheldField:
    """A field that does not leave, with the decision that keeps it, None where the officer did not choose it."""

    path: str
    decision: Decision | None


@dataclass(frozen=True, slots=True)
class Release:
    """What may leave of one act, to one recipient: made by `release` alone."""

    act: ActHash
    signed: bytes
    recipient: str
    given: tuple[str, ...]
    texts: tuple[str, ...]
    """The encoded disclosures of `given`, parents first."""
    digests: tuple[str, ...]
    withheld: tuple[WithheldField, ...]
    itself: Decision | None
    """Whether the signed part may leave, as a procedural field; None where the kind is unknown: it may not."""
    decisions: Mapping[str, Decision]
    """By path, for every field of the act that is at hand."""


def release(items: Sequence[Item], *, engine: PolicyEngine, own_party: str, now: int) -> list[Release]:
    """Decide field by field what leaves; all questions of the operation go to policy in one batch."""
    inquiries = _inquiries(items, own_party)
    asked = list(dict.fromkeys(question for each in inquiries for question in each.questions.values()))
    answers = dict(zip(asked, engine.decide(asked, now=now), strict=True))
    rulings = {id(each): _rule(each, answers) for each in inquiries}
    return [_released(item, rulings[id(each)]) for item, each in zip(items, inquiries, strict=True)]


def release_whole(
    items: Sequence[Item], *, engine: PolicyEngine, own_party: str, now: int, may_stay: Collection[str] = ()
) -> list[Release]:
    """Release acts that speak to the other party: all their fields, or raise `NotReleased` with the reasons.

    What `may_stay` names leaves where policy lets it out, and otherwise stays in silence.
    """
    releases = release(items, engine=engine, own_party=own_party, now=now)
    for each in releases:
        if each.itself is None or not each.itself.allowed:
            raise NotReleased(_why(WithheldField("act", each.itself)))
        for field in each.withheld:
            if field.path.partition(".")[0] not in may_stay:
                raise NotReleased(_why(field))
    return releases


def sensitivity_of(kind: Kind, path: str) -> str:
    """Return the sensitivity of a path: its own, or that of the list or record it hangs from."""
    field = kind.field_at(path)
    if field is None:
        raise KeyError(f"{kind.name} has no field {path}")
    return field.sensitivity


@dataclass(frozen=True, slots=True)
class _Inquiry:
    """What is asked about items that are alike: one kind, the same fields at hand, one marking, matter and choice."""

    classes: Mapping[str, str]
    """Sensitivity by path, parents before children; empty for an unknown kind."""
    parents: Mapping[str, str | None]
    only: Collection[str] | None
    questions: Mapping[str, ReleaseQuestion]
    """By sensitivity; none for an unknown kind."""


@dataclass(frozen=True, slots=True)
class _Ruling:
    """What policy's answers mean for each of the items that were alike."""

    itself: Decision | None
    decisions: Mapping[str, Decision]
    given: tuple[str, ...]
    withheld: tuple[WithheldField, ...]


def _inquiries(items: Sequence[Item], own_party: str) -> list[_Inquiry]:
    """Return the inquiry of each item; items that are alike have the same."""
    made: dict[tuple[object, ...], _Inquiry] = {}
    inquiries: list[_Inquiry] = []
    for item in items:
        act, env = item.act, item.act.envelope
        only = None if item.only is None else frozenset(item.only)
        alike = (id(act.kind), tuple(act.disclosures), only, env.hnd, env.pur, env.party, item.matter)
        if alike not in made:
            made[alike] = _inquiry(item, own_party)
        inquiries.append(made[alike])
    return inquiries


def _inquiry(item: Item, own_party: str) -> _Inquiry:
    kind, parents = item.act.kind, {path: each.parent for path, each in item.act.disclosures.items()}
    if kind is None:
        return _Inquiry({}, parents, item.only, {})
    classes = {path: sensitivity_of(kind, path) for path in sorted(parents, key=lambda p: (parents[p] is not None, p))}
    return _Inquiry(classes, parents, item.only, _questions(item, {ITSELF, *classes.values()}, own_party))


def _rule(inquiry: _Inquiry, answers: Mapping[ReleaseQuestion, Decision]) -> _Ruling:
    """Give each field the decision on its class; a child goes only where its parent goes."""
    by_class = {sensitivity: answers[question] for sensitivity, question in inquiry.questions.items()}
    decisions = {path: by_class[sensitivity] for path, sensitivity in inquiry.classes.items()}
    given: dict[str, None] = {}
    withheld: list[WithheldField] = []
    for path, decision in decisions.items():
        chosen = inquiry.only is None or path in inquiry.only
        if chosen and decision.allowed and (inquiry.parents[path] is None or inquiry.parents[path] in given):
            given[path] = None
        else:
            withheld.append(WithheldField(path, decision if chosen else None))
    return _Ruling(by_class.get(ITSELF), MappingProxyType(decisions), tuple(given), tuple(withheld))


def _questions(item: Item, sensitivities: Collection[str], own_party: str) -> dict[str, ReleaseQuestion]:
    """Return one question per sensitivity that occurs in the act, and the one for the act itself; none without kind."""
    envelope, matter = item.act.envelope, item.matter
    foreign = envelope.party != own_party
    common = {
        "handling": envelope.hnd,
        "purpose": matter.purpose,
        "held": envelope.pur == matter.purpose,
        "basis_kind": matter.basis_kind,
        "recipient": matter.recipient,
        "originator": party_of(envelope.iss),
        "addressed": matter.addressed,
        "expired": matter.expired,
        "second_person": matter.second_person,
        "case_decision": matter.case_decision,
        "assurance": matter.assurance,
    }
    if foreign:
        return {each: OnwardQuestion(sensitivity=each, consent=matter.consent, **common) for each in sensitivities}  # type: ignore[arg-type]
    return {each: ReleaseQuestion(sensitivity=each, **common) for each in sensitivities}  # type: ignore[arg-type]


def _released(item: Item, ruling: _Ruling) -> Release:
    act = item.act
    given = [act.disclosures[path] for path in ruling.given]
    return Release(
        act=act.hash,
        signed=act.signed,
        recipient=item.matter.recipient,
        given=ruling.given,
        texts=tuple([each.text for each in given]),
        digests=tuple([each.digest for each in given]),
        withheld=ruling.withheld,
        itself=ruling.itself,
        decisions=ruling.decisions,
    )


def _why(field: WithheldField) -> Words:
    if field.decision is None:
        return Words(
            es=f"De {field.path} no hay decisión: no se eligió, o su clase no se conoce.",
            en=f"There is no decision about {field.path}: it was not chosen, or its kind is unknown.",
        )
    return Words(
        es=f"El campo {field.path} no puede salir: " + " ".join(r.in_("es") for r in field.decision.reasons),
        en=f"The field {field.path} may not leave: " + " ".join(r.in_("en") for r in field.decision.reasons),
    )
