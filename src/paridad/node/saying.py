# SPDX-License-Identifier: Apache-2.0
"""An officer's command, from wish to record: may the officer, what follows, what leaves, and one transaction.

Rules
  - In this order: the officer's role (policy), the folio's rules (`decide`), what may leave (`release`), signing,
    filing. Whatever refuses leaves nothing behind.
  - A command carries an identifier of its client's making: the same again answers with the same acts, another
    command under it is refused.
  - What a page or a dry run shows is computed by the functions that release; nothing is computed twice differently.
  - Every decision of policy about what leaves is kept with the act that carried it.

Worked example
    said = carry_out(own, officer, Acknowledge(officer="ana", agency="B/POLICE"), folio="A-2026-1", id_="c-1", now=now)
    said.acts[0]        is the act hash of the acknowledgement
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256

import sqlalchemy as sa

from paridad.acts.envelope import Draft
from paridad.acts.issue import IssuedAct
from paridad.base.strict import encode_base64url, write_json
from paridad.base.words import Words
from paridad.exchange import filing
from paridad.exchange.errors import NotReleased
from paridad.exchange.own_side import OwnSide
from paridad.exchange.release import Item, Matter, Release, release
from paridad.folio import commands
from paridad.folio.commands import Command
from paridad.folio.reading import given
from paridad.folio.rules import decide
from paridad.folio.state import Folio
from paridad.folio.terms import Terms
from paridad.node import views
from paridad.node.errors import FolioMoved, OfficerRefused
from paridad.node.home import Officer
from paridad.node.purging import purge
from paridad.node.reading import load_folio, read_act, terms_for
from paridad.policy.decision import NO_RULE, Decision
from paridad.policy.question import CommandQuestion
from paridad.store import records

POLICY_COMMAND: Mapping[type, str] = {
    commands.Ask: "request",
    commands.Acknowledge: "answer",
    commands.AskClarification: "answer",
    commands.Clarify: "request",
    commands.Suspend: "answer",
    commands.Resume: "answer",
    commands.Answer: "answer",
    commands.Supplement: "answer",
    commands.Refuse: "refuse",
    commands.Recall: "recall",
    commands.AttestPurge: "answer",
    commands.RefuseRecall: "answer",
    commands.RequestConsent: "request",
    commands.Consent: "release",
    commands.FileOutcome: "outcome",
    commands.Close: "close",
    commands.Propose: "release",
    commands.Approve: "approve",
    commands.Decline: "approve",
    commands.CarryOut: "release",
}
"""What each command of a folio is to policy."""

SECONDS_A_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Said:
    """What came of a command."""

    acts: tuple[str, ...]
    releases: tuple[Release, ...] = ()
    """Everything that will leave, records included."""
    repeated: bool = False
    """The command was carried out before; nothing new was signed."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a command would do: nothing is signed or stored."""

    drafts: tuple[Draft, ...]
    records: tuple[Release, ...]


def demand_officer(own: OwnSide, officer: Officer, command: Command, *, proposer: bool, now: int) -> None:
    """Ask policy whether the officer may do this, or raise `OfficerRefused` with the reasons."""
    demand_role(own, officer, POLICY_COMMAND[type(command)], proposer=proposer, now=now)
    if officer.agency != command.agency:
        raise OfficerRefused(
            _words(f"{officer.id} no habla por {command.agency}.", f"{officer.id} does not speak for {command.agency}.")
        )


def demand_role(own: OwnSide, officer: Officer, what: str, *, now: int, proposer: bool = False) -> Decision:
    """Ask policy whether an officer's role may do something, or raise `OfficerRefused` with the reasons."""
    question = CommandQuestion(role=officer.role, command=what, proposer=proposer)
    decision = own.engine.decide_one(question, now=now)
    if not decision.allowed:
        es, en = (" ".join(reason.in_(language) for reason in decision.reasons) for language in ("es", "en"))
        raise OfficerRefused(_words(es, en))
    return decision


def plan(own: OwnSide, officer: Officer, command: Command, *, folio: str, now: int) -> Plan:
    """Return what a command would say and let out, by the very functions that do it; refuse as they would."""
    with own.store.read() as conn:
        state = load_folio(conn, own, folio)
        demand_officer(own, officer, command, proposer=_proposed_by(state, command) == officer.id, now=now)
        drafts = decide(state, command, now, _terms(own, state))
        return Plan(drafts, _records(conn, own, state, command, drafts, now=now))


def carry_out(own: OwnSide, officer: Officer, command: Command, *, folio: str, id_: str, now: int) -> Said:
    """Carry out an officer's command and return the acts that came of it."""
    digest = _digest(folio, command)
    with own.store.read() as conn:
        before = records.recall_command(conn, id_, digest)
        see = filing.seen_heads(conn, own)
    if before is not None:
        return Said(before, repeated=True)
    planned = plan(own, officer, command, folio=folio, now=now)
    said = filing.issue_drafts(own, planned.drafts, now=now, see=see)
    releases = _releases(own, said, now=now)

    def commit(conn: sa.Connection) -> Said:
        if (meanwhile := records.recall_command(conn, id_, digest)) is not None:
            return Said(meanwhile, repeated=True)
        _still(own, conn, folio, command, planned, now=now)
        if purge(conn, own, load_folio(conn, own, folio), command, now=now):
            views.bring_up_to_date(conn, own)
        filing.file_acts(conn, own, said, now=now)
        filing.queue(conn, own, [(said[0].envelope.iss, each) for each in (*releases, *planned.records)], now=now)
        filing.keep_decisions(conn, id_, (*releases, *planned.records), now=now)
        acts = tuple(act.hash for act in said)
        records.note_command(conn, records.Command(id_, officer.id, digest, acts, now))
        return Said(acts, (*releases, *planned.records))

    done = own.store.submit(commit)
    if isinstance(command, commands.AttestPurge):
        own.store.scrub()
    return done


def matter_of(own: OwnSide, folio: Folio, draft: Draft, *, two_persons: bool) -> Matter:
    """Return the circumstances in which a draft lets something out."""
    purpose = folio.request.purpose if folio.request else draft.purpose
    return Matter(
        recipient=draft.aud[0],
        purpose=purpose,
        basis_kind=filing.basis_kind(own, draft.basis),
        addressed=True,
        second_person=two_persons,
        case_decision=two_persons,
        assurance=bool(folio.obligations or draft.fields.get("obligations")),
    )


def preview(own: OwnSide, folio: str, record: str, *, basis: str = "", two_persons: bool = False, now: int) -> Release:
    """Return what of a record may leave in answer to a folio, by the function that will release it."""
    with own.store.read() as conn:
        state = load_folio(conn, own, folio)
        request = state.request
        if request is None:
            raise OfficerRefused(_words("El folio no tiene solicitud.", "The folio has no request."))
        draft = Draft("", request.asked, (request.asking,), request.handling, request.purpose, basis or request.basis)
        matter = matter_of(own, state, draft, two_persons=two_persons)
        return _release_record(conn, own, record, matter, None, now=now)


def withheld_of(released: Release) -> tuple[commands.Withheld, ...]:
    """Return what an answer says of the fields that stay: each whole once, its rule and clause."""
    stays = {each.path for each in released.withheld}
    return tuple(
        commands.Withheld(
            what=each.path,
            rule=each.decision.reasons[0].rule if each.decision else "not-chosen",
            clause=each.decision.reasons[0].clause if each.decision else "",
            ask_again=each.decision is None or each.decision.reasons[0].rule == NO_RULE,
            record=released.act,
        )
        for each in released.withheld
        if not any(each.path.startswith((f"{whole}.", f"{whole}[")) for whole in stays)
    )


def _records(
    conn: sa.Connection, own: OwnSide, folio: Folio, command: Command, drafts: Sequence[Draft], *, now: int
) -> tuple[Release, ...]:
    """Release the record fields that outward drafts name; a field that policy keeps back refuses the command."""
    releases = []
    for draft in drafts:
        if draft.internal:
            continue
        matter = matter_of(own, folio, draft, two_persons=isinstance(command, commands.CarryOut))
        paths: dict[str, list[str]] = {}
        for each in given(draft.fields):
            paths.setdefault(each.record, []).append(each.path)
        for record, only in paths.items():
            released = _release_record(conn, own, record, matter, only, now=now)
            _demand_all(released, only)
            releases.append(released)
    return tuple(releases)


def _release_record(
    conn: sa.Connection, own: OwnSide, record: str, matter: Matter, only: Sequence[str] | None, *, now: int
) -> Release:
    act = read_act(conn, own, record)
    if act.envelope.party != own.party:
        raise NotReleased(
            _words(
                "El registro es de otra parte: dígalo en un acto propio, con el consentimiento que pida su código.",
                "The record is another party's: say so in an act of your own, with the consent that its code asks for.",
            )
        )
    days = own.keys.charter(act.envelope.prg).retention_days(act.envelope.hnd, act.envelope.pur)
    expired = now >= act.envelope.iat + days * SECONDS_A_DAY
    circumstances = Matter(**{**asdict(matter), "expired": expired})
    [released] = release([Item(act, circumstances, only)], engine=own.engine, own_party=own.party, now=now)
    return released


def _demand_all(released: Release, wanted: Sequence[str]) -> None:
    missing = [path for path in wanted if path not in released.given]
    if missing:
        decision = released.decisions.get(missing[0])
        es, en = (
            " ".join(reason.in_(language) for reason in decision.reasons) if decision else ""
            for language in ("es", "en")
        )
        raise NotReleased(
            _words(f"El campo {missing[0]} no puede salir. {es}", f"The field {missing[0]} may not leave. {en}")
        )


def _releases(own: OwnSide, said: Sequence[IssuedAct], *, now: int) -> list[Release]:
    """Release the acts that speak to the other party: whole, or the command is refused.

    The second person is a yes here, because `decide` lets nothing through that still needs one (`needs_two`).
    """
    releases = []
    for act in said:
        kind = filing.basis_kind(own, act.envelope.bas)
        matter = Matter("", act.envelope.pur, kind, addressed=True, second_person=True)
        releases += filing.release_to_addressees(own, [act], matter, now=now)
    return releases


def _still(own: OwnSide, conn: sa.Connection, folio: str, command: Command, planned: Plan, *, now: int) -> None:
    """Decide once more inside the transaction: an act that came meanwhile may have changed what is possible."""
    state = load_folio(conn, own, folio)
    if decide(state, command, now, _terms(own, state)) != planned.drafts:
        raise FolioMoved(_words("El folio cambió mientras se preparaba.", "The folio changed while it was prepared."))


def _proposed_by(folio: Folio, command: Command) -> str | None:
    if not isinstance(command, commands.Approve):
        return None
    proposal = folio.proposal(command.proposal)
    return proposal.officer if proposal else None


def _terms(own: OwnSide, folio: Folio) -> Terms:
    return terms_for(own, folio.request.prg if folio.request else own.prg)


def _digest(folio: str, command: Command) -> str:
    tree = {"folio": folio, "command": type(command).__name__, **asdict(command)}
    return encode_base64url(sha256(write_json(tree)).digest())


def _words(es: str, en: str) -> Words:
    return Words(es=es, en=en)
