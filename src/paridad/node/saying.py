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

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Protocol

import sqlalchemy as sa

from paridad.acts.envelope import Draft
from paridad.acts.issue import IssuedAct
from paridad.base.sources import SECONDS_A_DAY
from paridad.base.strict import encode_base64url, write_json
from paridad.base.words import Words
from paridad.exchange import filing
from paridad.exchange.errors import NotReleased
from paridad.exchange.own_side import OwnSide
from paridad.exchange.release import Item, Matter, Release, WithheldField, release
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
from paridad.policy.decision import NO_RULE, Decision, Reason
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


NOT_CHOSEN = Reason(
    "not-chosen",
    "charter:originator",
    Words(
        es="La política lo permitiría; quien entrega decidió no incluirlo.",
        en="Policy would allow it; the releasing officer chose not to include it.",
    ),
)
"""Why a field stays that policy would let out."""


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


class Sayable(Protocol):
    """Something an officer asked to be said: in a folio (`Asked`), or at a desk (`desk_saying.DeskAsked`)."""

    @property
    def officer(self) -> Officer:
        """Who asks."""

    @property
    def folio(self) -> str:
        """In which folio; empty where it is none."""

    @property
    def id(self) -> str:
        """The command's identifier."""

    @property
    def now(self) -> int:
        """The operation's one reference time."""

    def plan(self, own: OwnSide, *, now: int) -> Plan:
        """Return what it would say and let out."""

    def releases(self, own: OwnSide, said: Sequence[IssuedAct]) -> list[Release]:
        """Release its acts to whom they address, or refuse."""

    def file(
        self, own: OwnSide, planned: Plan, said: Sequence[IssuedAct], beside: Callable[[sa.Connection], None]
    ) -> Said:
        """File its acts with everything that goes with them; `beside` is done in the same transaction."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One command as it was asked for."""

    officer: Officer
    command: Command
    folio: str
    id: str
    now: int
    """The operation's one reference time."""

    @property
    def digest(self) -> str:
        """What tells this command from another one under the same identifier."""
        return _digest(self.folio, self.command)

    def plan(self, own: OwnSide, *, now: int) -> Plan:
        """Return what it would say and let out."""
        return plan(own, self.officer, self.command, folio=self.folio, now=now)

    def releases(self, own: OwnSide, said: Sequence[IssuedAct]) -> list[Release]:
        """Release its acts to whom they address."""
        return releases_of(own, said, now=self.now)

    def file(
        self, own: OwnSide, planned: Plan, said: Sequence[IssuedAct], beside: Callable[[sa.Connection], None]
    ) -> Said:
        """File its acts with everything that goes with them."""
        return file_said(own, self, planned, said, beside)


def carry_out(own: OwnSide, officer: Officer, command: Command, *, folio: str, id_: str, now: int) -> Said:
    """Carry out an officer's command and return the acts that came of it."""
    asked = Asked(officer, command, folio, id_, now)
    with own.store.read() as conn:
        before = records.recall_command(conn, asked.id, asked.digest)
        see = filing.seen_heads(conn, own)
    if before is not None:
        return Said(before, repeated=True)
    planned = plan(own, officer, command, folio=folio, now=now)
    return file_said(own, asked, planned, filing.issue_drafts(own, planned.drafts, now=now, see=see))


def file_said(
    own: OwnSide,
    asked: Asked,
    planned: Plan,
    said: Sequence[IssuedAct],
    beside: Callable[[sa.Connection], None] | None = None,
) -> Said:
    """File the acts of a command with everything that goes with them, in one transaction; `beside` is done in it."""
    releases = releases_of(own, said, now=asked.now)
    leaves = (*releases, *planned.records)

    def commit(conn: sa.Connection) -> Said:
        if (meanwhile := records.recall_command(conn, asked.id, asked.digest)) is not None:
            return Said(meanwhile, repeated=True)
        _still(own, conn, asked, planned)
        if purge(conn, own, load_folio(conn, own, asked.folio), asked.command, now=asked.now):
            views.bring_up_to_date(conn, own)
        filing.file_acts(conn, own, said, now=asked.now)
        filing.queue(conn, own, [(said[0].envelope.iss, each) for each in leaves], now=asked.now)
        filing.keep_decisions(conn, asked.id, leaves, now=asked.now)
        acts = tuple(act.hash for act in said)
        records.note_command(conn, records.Command(asked.id, asked.officer.id, asked.digest, acts, asked.now))
        if beside:
            beside(conn)
        return Said(acts, leaves)

    done = own.store.submit(commit)
    if isinstance(asked.command, commands.AttestPurge):
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
        assurance=_is_assured(own, folio, draft.aud[0]),
    )


@dataclass(frozen=True, slots=True)
class Wish:
    """How an officer would answer with a record: on which basis, by how many persons, and what to hold back."""

    basis: str = ""
    two_persons: bool = False
    hold: tuple[str, ...] = ()


def _is_assured(own: OwnSide, folio: Folio, recipient: str) -> bool:
    """Whether the recipient itself gave, in this folio, every assurance that the charter marks as one.

    What the releasing side asks of it, or it took on with another release, is not its word on this.
    """
    wanted = _terms(own, folio).assurances
    return bool(wanted) and wanted <= folio.assured_by(recipient)


def preview(own: OwnSide, folio: str, record: str, wish: Wish, *, now: int) -> Release:
    """Return what of a record may leave in answer to a folio, by the function that will release it."""
    with own.store.read() as conn:
        state = load_folio(conn, own, folio)
        request = state.request
        if request is None:
            raise OfficerRefused(_words("El folio no tiene solicitud.", "The folio has no request."))
        basis = wish.basis or request.basis
        draft = Draft("", request.asked, (request.asking,), request.handling, request.purpose, basis)
        matter = matter_of(own, state, draft, two_persons=wish.two_persons)
        whole = _release_record(conn, own, record, matter, None, now=now)
        if not wish.hold:
            return whole
        only = [path for path in whole.decisions if not _held(path, wish.hold)]
        return _release_record(conn, own, record, matter, only, now=now)


def _held(path: str, hold: Collection[str]) -> bool:
    """Whether a path is held back, by itself or with its whole."""
    return any(path == each or path.startswith((f"{each}.", f"{each}[")) for each in hold)


def approved_leaves(own: OwnSide, folio: str, draft: Draft, *, now: int) -> tuple[Release, ...]:
    """Return what of records a proposed draft would let out once two persons have agreed to it."""
    with own.store.read() as conn:
        return _draft_records(conn, own, load_folio(conn, own, folio), draft, two_persons=True, now=now)


def withheld_of(released: Release) -> tuple[commands.Withheld, ...]:
    """Return what an answer says of the fields that stay: each whole once, its rule and clause."""
    stays = {each.path for each in released.withheld}
    return tuple(
        commands.Withheld(
            what=each.path,
            rule=_first_reason(each).rule,
            clause=_first_reason(each).clause,
            ask_again=_first_reason(each).rule in {NO_RULE, NOT_CHOSEN.rule},
            record=released.act,
        )
        for each in released.withheld
        if not any(each.path.startswith((f"{whole}.", f"{whole}[")) for whole in stays)
    )


def _first_reason(field: WithheldField) -> Reason:
    return field.decision.reasons[0] if field.decision else NOT_CHOSEN


def _records(
    conn: sa.Connection, own: OwnSide, folio: Folio, command: Command, drafts: Sequence[Draft], *, now: int
) -> tuple[Release, ...]:
    """Release the record fields that outward drafts name; a field that policy keeps back refuses the command."""
    two_persons = isinstance(command, commands.CarryOut)
    return tuple(
        each
        for draft in drafts
        if not draft.internal
        for each in _draft_records(conn, own, folio, draft, two_persons=two_persons, now=now)
    )


def _draft_records(
    conn: sa.Connection, own: OwnSide, folio: Folio, draft: Draft, *, two_persons: bool, now: int
) -> tuple[Release, ...]:
    matter = matter_of(own, folio, draft, two_persons=two_persons)
    paths: dict[str, list[str]] = {}
    for each in given(draft.fields):
        paths.setdefault(each.record, []).append(each.path)
    releases = []
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


def releases_of(own: OwnSide, said: Sequence[IssuedAct], *, now: int) -> list[Release]:
    """Release the acts that speak to the other party: whole, or the command is refused.

    The second person is a yes here, because `decide` lets nothing through that still needs one (`needs_two`).
    """
    releases = []
    for act in said:
        kind = filing.basis_kind(own, act.envelope.bas)
        matter = Matter("", act.envelope.pur, kind, addressed=True, second_person=True)
        releases += filing.release_to_addressees(own, [act], matter, now=now)
    return releases


def _still(own: OwnSide, conn: sa.Connection, asked: Asked, planned: Plan) -> None:
    """Decide once more inside the transaction: an act that came meanwhile may have changed what is possible."""
    state = load_folio(conn, own, asked.folio)
    if decide(state, asked.command, asked.now, _terms(own, state)) != planned.drafts:
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
