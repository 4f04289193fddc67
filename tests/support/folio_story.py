# SPDX-License-Identifier: Apache-2.0
"""Two parties and their folio in one process: each node holds the acts it knows, and a line between them can be cut.

Rules
  - A step of a story is a function of the table; what an officer may not do is remembered as the sentence that said no,
    and the next step has to be `refused(…)`, or the story fails.
  - Every act is checked against the vocabulary as it would be when it is issued.
  - Played with the parties exchanged, a story is the same story: "asking" and "asked" change places, names included.

Worked example
    play([asks(), answers("name"), ends(Stage.ANSWERED, ("asking", Duty.OUTCOME))])
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.resources import files
from typing import Any

from paridad.acts.envelope import ActHash, Draft, Envelope
from paridad.acts.vocabulary import check_body, load_vocabulary
from paridad.base.strict import encode_base64url
from paridad.folio.clocks import Duty, overdue
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
    Command,
    Consent,
    Decline,
    Derived,
    FileOutcome,
    Given,
    Kept,
    Propose,
    Recall,
    Refuse,
    RefuseRecall,
    Releasing,
    RequestConsent,
    Resume,
    Supplement,
    Suspend,
    Withheld,
)
from paridad.folio.errors import NotNow
from paridad.folio.evolve import evolve, fold
from paridad.folio.rules import decide
from paridad.folio.sheet import sheet
from paridad.folio.state import Folio, Recorded, Stage
from paridad.folio.terms import HandlingTerms, Terms, UrgencyTerms
from paridad.folio.waiting import waiting_on

HOUR = 3600
MORNING = 1_800_000_000
DAY = 24 * HOUR

VOCABULARY = load_vocabulary([files("paridad.folio").joinpath("vocabulary.toml").read_bytes()])

TERMS = Terms(
    urgencies={"urgent": UrgencyTerms(HOUR, 8 * HOUR), "ordinary": UrgencyTerms(DAY, 7 * DAY)},
    recall_seconds=72 * HOUR,
    outcome_seconds=180 * DAY,
    clarification_seconds=3 * DAY,
    grounds=frozenset({"proceedings", "sovereignty"}),
    purposes=frozenset({"investigation", "trial"}),
    bases={"treaty": None, "law-of-a": "A", "law-of-b": "B"},
    outcomes=frozenset({"seizure", "nothing"}),
    obligations=frozenset({"no-court-use", "speciality"}),
    assurances=frozenset({"speciality"}),
    desks=frozenset({"targets"}),
    handling={
        "OPEN": HandlingTerms(0, "free", two_person=False, retention_days=3650),
        "LIMITED": HandlingTerms(1, "consent", two_person=False, retention_days=365),
        "STRICT": HandlingTerms(2, "consent", two_person=True, retention_days=90),
        "EYES": HandlingTerms(3, "never", two_person=True, retention_days=30),
    },
    agencies=frozenset({"A/POLICE", "A/COURT", "B/POLICE", "B/COURT", "C/POLICE"}),
)


def terms_for(_prg: str) -> Terms:
    """Answer the terms of the one charter of these tests."""
    return TERMS


def a_hash(*parts: object) -> ActHash:
    """Return an act hash that depends on nothing but its parts."""
    return ActHash(encode_base64url(sha256(repr(parts).encode()).digest()))


RECORD = a_hash("a dossier")
OTHER_RECORD = a_hash("another dossier")


def recorded(draft: Draft, *, at: int, index: int, forged: bool = False) -> Recorded:
    """Return the act that would be signed from a draft, after the vocabulary has had its look."""
    kind = VOCABULARY.kind(draft.kind)
    if kind is not None:
        check_body(kind, draft.fields, complete=not forged)
    envelope = Envelope(
        iss=draft.iss,
        iat=at,
        jti=a_hash("jti", draft.iss, index)[:22],
        prg="practice@charter",
        knd=draft.kind,
        fol=draft.folio,
        re=draft.re,
        aud=draft.aud,
        hnd=draft.handling,
        pur=draft.purpose,
        bas=draft.basis,
        see=(),
    )
    return Recorded(a_hash(draft, at, index), envelope, draft.fields, index)


@dataclass
class Node:
    """What one party's node knows of the folio."""

    party: str
    folio: Folio
    arrived: list[Recorded] = field(default_factory=list)
    log: int = 0

    def learn(self, act: Recorded) -> None:
        """Take an act as the node does: folded into what is there, and equal to folding everything again."""
        self.arrived.append(act)
        self.folio = evolve(self.folio, act, terms_for)
        assert self.folio == fold(self.folio.id, self.arrived, terms_for)


Step = Callable[["TwoParties"], None]
Story = Sequence[Step]


@dataclass
class TwoParties:
    """Both nodes of a folio, the time, and the line between them."""

    asking: str = "A"
    asked: str = "B"
    now: int = MORNING
    connected: bool = True
    no: str | None = None
    last: dict[str, Recorded] = field(default_factory=dict)
    """The last act of each kind (`answer`, `recall`, …)."""
    under_way: list[tuple[str, Recorded]] = field(default_factory=list)
    nodes: dict[str, Node] = field(default_factory=dict)

    def __post_init__(self) -> None:
        folio_id = f"{self.asking}-2026-0007"
        self.nodes = {party: Node(party, fold(folio_id, (), terms_for)) for party in (self.asking, self.asked)}

    def party(self, side: str) -> str:
        """Return who plays a side."""
        return self.asking if side == "asking" else self.asked

    def agency(self, side: str) -> str:
        """Return the agency that plays a side."""
        return f"{self.party(side)}/POLICE"

    def node(self, side: str) -> Node:
        """Return the node of a side."""
        return self.nodes[self.party(side)]

    def order(self, side: str, command: type[Any], officer: str = "", **said: Any) -> Command:
        """Build a command of a side's officer."""
        given: Command = command(officer=officer or f"officer of {side}", agency=self.agency(side), **said)
        return given

    def gives(self, side: str, command: Command) -> None:
        """Let an officer give a command; remember the sentence if the folio says no."""
        assert self.no is None, f"nobody expected: {self.no}"
        node = self.node(side)
        try:
            drafts = decide(node.folio, command, self.now, TERMS)
        except NotNow as error:
            self.no = error.words.en
            return
        for draft in drafts:
            self.says(draft, index=node.log)
            node.log += 1

    def says(self, draft: Draft, *, index: int, forged: bool = False) -> None:
        """Record an act at its issuer and send it on its way."""
        act = recorded(draft, at=self.now, index=index, forged=forged)
        self.last[act.envelope.knd.split("/")[1]] = act
        for party in self.nodes:
            if party == act.party:
                self.nodes[party].learn(act)
            elif party in act.addressees:
                self.under_way.append((party, act))
        if self.connected:
            self.deliver()

    def deliver(self) -> None:
        """Let everything under way arrive, in the order it was sent."""
        for party, act in self.under_way:
            self.nodes[party].learn(act)
        self.under_way.clear()

    def assert_equal(self) -> None:
        """Both nodes compute the same sheet, now and later, and somebody is waited for while the folio is open."""
        ours, theirs = self.node("asking").folio, self.node("asked").folio
        for now in (self.now, self.now + 400 * DAY):
            assert ours.request is None or sheet(ours, now) == sheet(theirs, now)
            assert ours.closure or waiting_on(ours, now)
            assert theirs.closure or waiting_on(theirs, now)


def play(story: Story, *, swapped: bool = False) -> TwoParties:
    """Play a story; at its end both nodes know the same and show the same sheet."""
    table = TwoParties("B", "A") if swapped else TwoParties("A", "B")
    for step in story:
        step(table)
    assert table.no is None, f"nobody expected: {table.no}"
    table.deliver()
    table.assert_equal()
    return table


# --- what happens in a story -------------------------------------------------------------------------------------


def gives(side: str, command: type[Any], officer: str = "", **said: Any) -> Step:
    """Let one side give a command; a value that is a function is asked of the table when the time comes."""

    def step(table: TwoParties) -> None:
        spoken = {name: value(table) if callable(value) else value for name, value in said.items()}
        table.gives(side, table.order(side, command, officer, **spoken))

    return step


def hash_of(kind: str) -> Callable[[TwoParties], str]:
    """Name the last act of a kind."""
    return lambda table: table.last[kind].hash


def given(*paths: str, record: str = RECORD) -> tuple[Given, ...]:
    """Name fields of a record."""
    return tuple(Given(record, path) for path in paths)


SOURCE_WITHHELD = Withheld(
    what="source", rule="no-source", clause="art. 7.1.b", ask_again=False, record=RECORD, count=2
)


def asks(handling: str = "LIMITED", urgency: str = "urgent", **more: Any) -> Step:
    """Let the asking party send its request."""
    said: dict[str, Any] = {
        "purpose": "investigation",
        "basis": "treaty",
        "question": "Who is it?",
        "to": asked_agency,
    } | more
    return gives("asking", Ask, handling=handling, urgency=urgency, **said)


def asked_agency(table: TwoParties) -> str:
    """Name the agency that is asked."""
    return table.agency("asked")


def acknowledges() -> Step:
    return gives("asked", Acknowledge)


def answers(*paths: str, **more: Any) -> Step:
    return gives("asked", Answer, given=given(*paths), **more)


def answers_in_part(*paths: str) -> Step:
    return answers(*paths, partial=True, withheld=(SOURCE_WITHHELD,))


def supplements(*paths: str, **more: Any) -> Step:
    said: dict[str, Any] = {"of": hash_of("answer"), "given": given(*paths)} | more
    return gives("asked", Supplement, **said)


def refuses(*grounds: str) -> Step:
    return gives("asked", Refuse, grounds=grounds or ("proceedings",), may_ask_again=True)


def asks_back(side: str = "asked", of: str = "answer") -> Step:
    return gives(side, Recall, of=hash_of(of), reason="The source withdrew.")


def attests(side: str = "asking") -> Step:
    return gives(
        side,
        AttestPurge,
        of=hash_of("recall"),
        derived=(Derived("a link chart", "destroyed"), Derived("a hearing note", "kept")),
        unreadable_since=lambda table: table.now,
        unreadable_in_backups_by=lambda table: table.now + 30 * DAY,
    )


def refuses_recall(side: str = "asking") -> Step:
    return gives(
        side,
        RefuseRecall,
        of=hash_of("recall"),
        grounds=("proceedings",),
        explanation="It is in evidence before a judge.",
    )


def asks_consent(side: str = "asking", **more: Any) -> Step:
    said: dict[str, Any] = {
        "of": hash_of("answer"),
        "record": RECORD,
        "recipient": "C/POLICE",
        "purpose": "trial",
    } | more
    return gives(side, RequestConsent, **said)


def consents(side: str = "asked", **more: Any) -> Step:
    said: dict[str, Any] = {"granted": True, "expires": lambda table: table.now + 30 * DAY} | more
    return gives(side, Consent, of=hash_of("consent-request"), **said)


def denies_consent(side: str = "asked") -> Step:
    return consents(side, granted=False, expires=0, explanation="Ask us for each case.")


def asks_what_is_meant() -> Step:
    return gives("asked", AskClarification, question="Which of the two?")


def clarifies(**more: Any) -> Step:
    return gives("asking", Clarify, of=hash_of("clarification"), text="The elder.", **more)


def suspends(side: str) -> Step:
    return gives(side, Suspend, reason="A judge has to authorise it.")


def resumes(side: str) -> Step:
    return gives(side, Resume, reason="The judge did.")


def files_outcome(outcome: str = "seizure", **more: Any) -> Step:
    return gives("asking", FileOutcome, outcome=outcome, **more)


def kept(*obligations: str) -> tuple[Kept, ...]:
    return tuple(Kept(obligation, kept=True) for obligation in obligations)


def closes(reason: str = "") -> Step:
    return gives("asking", Close, reason=reason)


def proposes(side: str, release: Callable[[TwoParties], Releasing], **more: Any) -> Step:
    return gives(side, Propose, officer="ana", release=release, **more)


def an_answer(*paths: str, handling: str = "STRICT") -> Callable[[TwoParties], Answer]:
    """Return an answer for a second person to look at."""
    return lambda table: Answer(
        officer="ana", agency=table.agency("asked"), given=given(*(paths or ("name",))), handling=handling
    )


def digest_of_proposal(table: TwoParties) -> object:
    return table.last["proposal"].fields["digest"]


def approves(side: str, officer: str = "berta", **more: Any) -> Step:
    said: dict[str, Any] = {"proposal": hash_of("proposal"), "digest": digest_of_proposal} | more
    return gives(side, Approve, officer=officer, **said)


def declines(side: str, officer: str = "berta", **more: Any) -> Step:
    return gives(side, Decline, officer=officer, **{"proposal": hash_of("proposal"), "reason": "Too much."} | more)


def carries_out(side: str, officer: str = "ana", **more: Any) -> Step:
    return gives(side, CarryOut, officer=officer, **{"proposal": hash_of("proposal")} | more)


def hours(count: int) -> Step:
    """Let time pass."""

    def step(table: TwoParties) -> None:
        table.now += count * HOUR

    return step


def the_line_is_cut() -> Step:
    def step(table: TwoParties) -> None:
        table.connected = False

    return step


def the_line_is_back() -> Step:
    def step(table: TwoParties) -> None:
        table.connected = True
        table.deliver()

    return step


def forges(side: str, kind: str, *, re: str = "request", inside: bool = False, **fields: object) -> Step:
    """Let a node that obeys no rule sign and send an act of its own."""

    def step(table: TwoParties) -> None:
        request = table.last["request"]
        other = side if inside else "asked" if side == "asking" else "asking"
        said: dict[str, Any] = {name: value(table) if callable(value) else value for name, value in fields.items()}
        draft = Draft(
            kind=f"folio/{kind}/1",
            iss=table.agency(side),
            aud=(table.agency(other),),
            handling=request.envelope.hnd,
            purpose=request.envelope.pur,
            basis=request.envelope.bas,
            fields=said,
            folio=request.envelope.fol,
            re=(table.last[re].hash,) if re else (),
        )
        table.says(draft, index=table.node(side).log, forged=True)
        table.node(side).log += 1

    return step


# --- what a story ends with --------------------------------------------------------------------------------------


def refused(sentence: str) -> Step:
    """Expect that the last command was refused, with this in its sentence."""

    def step(table: TwoParties) -> None:
        assert table.no is not None, f"nobody refused; expected: {sentence}"
        assert sentence in table.no
        table.no = None

    return step


def ends(stage: Stage, *waits: tuple[str, Duty], late: bool = False) -> Step:
    """Expect this stage on both nodes, and that these sides owe these duties."""

    def step(table: TwoParties) -> None:
        assert table.no is None, f"nobody expected: {table.no}"
        for node in table.nodes.values():
            folio = node.folio
            assert folio.stage == stage
            assert {(each.party, each.duty) for each in waiting_on(folio, table.now)} == {
                (table.party(side), duty) for side, duty in waits
            }
            assert overdue(folio, table.now) == late

    return step


def shows(*irregular: str) -> Step:
    """Expect these irregular acts on both nodes."""

    def step(table: TwoParties) -> None:
        for node in table.nodes.values():
            assert sorted(each.why for each in node.folio.irregular) == sorted(irregular)

    return step


def at(side: str, check: Callable[[Folio, TwoParties], object]) -> Step:
    """Expect that something holds of the folio on a side's node."""

    def step(table: TwoParties) -> None:
        assert check(table.node(side).folio, table)

    return step
