# SPDX-License-Identifier: Apache-2.0
"""Two nodes, a line that comes and goes, and officers who try anything: what honest nodes do is never irregular."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from paridad.base.strict import read_json
from paridad.folio.commands import (
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
    Order,
    Propose,
    Recall,
    Refuse,
    RefuseRecall,
    Releasing,
    RequestConsent,
    Resume,
    Supplement,
    Suspend,
)
from paridad.folio.conditions import CONDITIONS, possible
from paridad.folio.rules import decide
from paridad.folio.scorecard import scorecard
from paridad.folio.sheet import sheet
from paridad.folio.state import Folio, Proposal
from paridad.folio.waiting import waiting_on
from support.folio_story import (
    HOUR,
    OTHER_RECORD,
    RECORD,
    SOURCE_WITHHELD,
    TERMS,
    TwoParties,
)

OFFICERS = ["ana", "berta", "carla"]
ANYTHING = [RECORD]


@dataclass
class Desk:
    """An officer's desk on one side: builds commands that mostly make sense, and now and then none."""

    table: TwoParties
    side: str
    data: st.DataObject

    @property
    def folio(self) -> Folio:
        """The folio as this side's node knows it."""
        return self.table.node(self.side).folio

    def one_of(self, options: Iterable[Any]) -> Any:
        """Draw one."""
        return self.data.draw(st.sampled_from(list(options)))

    def act(self, acts: Iterable[Any]) -> str:
        """Name one of these acts if there is one, and now and then something else."""
        hashes = [each.hash for each in acts]
        return str(self.one_of(hashes * 5 + ANYTHING))

    def given(self) -> tuple[Given, ...]:
        """Draw some fields."""
        fields = [Given(record, path) for record in (RECORD, OTHER_RECORD) for path in "abc"]
        return tuple(self.data.draw(st.lists(st.sampled_from(fields), max_size=3, unique=True)))

    def chance(self) -> bool:
        """Draw yes or no."""
        return bool(self.data.draw(st.booleans()))

    def command(self, kind: type[Order]) -> Any:
        """Build a command of a kind."""
        fields = BUILDERS[kind](self) if kind in BUILDERS else {}
        return self.table.order(self.side, kind, self.one_of(OFFICERS), **fields)


def _answer(desk: Desk) -> dict[str, Any]:
    given, partial = desk.given(), desk.chance()
    return {
        "given": given,
        "partial": partial,
        "nothing_held": not given,
        "withheld": (SOURCE_WITHHELD,) * partial,
        "obligations": ("speciality",) * desk.chance(),
        "handling": desk.one_of(["", "OPEN", "LIMITED", "STRICT"]),
    }


def _consent_request(desk: Desk) -> dict[str, Any]:
    ours = desk.table.party(desk.side)
    releases = [each for each in desk.folio.releases if each.records and each.giver != ours and each.handling != "OPEN"]
    release = desk.one_of(releases) if releases else None
    return {
        "of": release.hash if release else RECORD,
        "record": desk.one_of(sorted(release.records)) if release else RECORD,
        "recipient": desk.one_of(["C/POLICE", desk.table.agency(desk.side)]),
        "purpose": desk.one_of(["investigation", "trial"]),
    }


def _outcome(desk: Desk) -> dict[str, Any]:
    return {
        "outcome": desk.one_of(["seizure", "nothing"]),
        "obligations": tuple(
            Kept(each, kept=True) for each in desk.folio.obligations if desk.one_of([True] * 4 + [False])
        ),
        "purpose": desk.one_of(["", "", "trial"]),
    }


def _proposal(desk: Desk) -> dict[str, Any]:
    offered = possible(desk.folio, desk.table.agency(desk.side))
    kinds = [kind for kind in (Answer, Supplement, Consent) if offered[kind.__name__] is None]
    release: Releasing = desk.command(desk.one_of(kinds or [Answer]))
    if isinstance(release, Answer | Supplement):
        release = replace(release, handling="STRICT", partial=True, withheld=())
    return {"release": release, "replaces": desk.act(_living(desk)) if desk.one_of([True] + [False] * 3) else ""}


def _living(desk: Desk) -> list[Proposal]:
    return [each for each in desk.folio.proposals if each.ended_at is None]


def _approval(desk: Desk) -> dict[str, Any]:
    proposal = desk.one_of(_living(desk) or [None])
    return {
        "proposal": proposal.hash if proposal else RECORD,
        "digest": desk.one_of([proposal.digest] * 4 + ANYTHING) if proposal else RECORD,
    }


BUILDERS: dict[type[Order], Callable[[Desk], dict[str, Any]]] = {
    Ask: lambda desk: {
        "to": f"{desk.table.party('asked')}/POLICE", "purpose": "investigation", "basis": "treaty", "urgency": "urgent",
        "question": "?", "handling": desk.one_of(["OPEN", "LIMITED"]), "given": desk.given(),
    },
    AskClarification: lambda _: {"question": "?"},
    Clarify: lambda desk: {"of": desk.act(desk.folio.open_clarifications), "text": "!"},
    Suspend: lambda _: {"reason": "because"},
    Resume: lambda _: {"reason": "because"},
    Answer: _answer,
    Supplement: lambda desk: {"of": desk.act(desk.folio.answers), "given": desk.given(), "partial": desk.chance()},
    Refuse: lambda _: {"grounds": ("proceedings",), "may_ask_again": True},
    Recall: lambda desk: {"of": desk.act(desk.folio.releases), "reason": "because"},
    AttestPurge: lambda desk: {
        "of": desk.act(desk.folio.open_recalls), "derived": (Derived("note", "kept"),),
        "unreadable_since": desk.table.now, "unreadable_in_backups_by": desk.table.now + HOUR,
    },
    RefuseRecall: lambda desk: {
        "of": desk.act(desk.folio.open_recalls), "grounds": ("proceedings",), "explanation": "because",
    },
    RequestConsent: _consent_request,
    Consent: lambda desk: {
        "of": desk.act(desk.folio.onward), "granted": desk.chance(), "expires": desk.table.now + HOUR, "explanation": "no",
    },
    FileOutcome: _outcome,
    Close: lambda desk: {"reason": desk.one_of(["", "because"])},
    Propose: _proposal,
    Approve: _approval,
    Decline: lambda desk: {"proposal": desk.act(_living(desk)), "reason": "because"},
    CarryOut: lambda desk: {"proposal": desk.act(each for each in _living(desk) if each.approved_at)},
}  # fmt: skip


class Officers(RuleBasedStateMachine):
    """Officers of both parties give commands, some of them out of place, while the line comes and goes."""

    def __init__(self) -> None:
        super().__init__()
        self.table = TwoParties()

    @initialize(data=st.data())
    def the_request(self, data: st.DataObject) -> None:
        """Begin the folio with its request."""
        self.attempt("asking", Desk(self.table, "asking", data).command(Ask))

    def attempt(self, side: str, command: Command) -> None:
        """Give a command; a refusal says so in a sentence and changes nothing."""
        before = self.table.node(side).folio
        self.table.gives(side, command)
        if self.table.no is not None:
            assert self.table.no.strip()
            assert self.table.node(side).folio == before
            self.table.no = None

    @rule(side=st.sampled_from(["asking", "asked"]), sensible=st.integers(0, 5).map(bool), data=st.data())
    def somebody_acts(self, side: str, sensible: bool, data: st.DataObject) -> None:
        """Give a command that the page offers, or any other."""
        offered = possible(self.table.node(side).folio, self.table.agency(side))
        kinds = [kind for kind in CONDITIONS if offered[kind.__name__] is None or not sensible]
        frequent = [kind for kind in kinds if kind not in {Close, Suspend, Decline}] or kinds
        kind = data.draw(st.sampled_from(frequent * 4 + kinds))
        self.attempt(side, Desk(self.table, side, data).command(kind))

    @rule(side=st.sampled_from(["asking", "asked"]), data=st.data())
    def a_second_person_sees_to_it(self, side: str, data: st.DataObject) -> None:
        """Decide on what waits inside a party, and send it."""
        desk = Desk(self.table, side, data)
        for kind in (Approve, CarryOut) if _living(desk) else ():
            self.attempt(side, desk.command(kind))

    @rule(passed=st.integers(-2, 30))
    def time(self, passed: int) -> None:
        """Time passes, and now and then a clock goes back."""
        self.table.now += passed * HOUR

    @rule(connected=st.booleans())
    def line(self, connected: bool) -> None:
        """Cut the line or mend it; when it is mended, everything under way arrives."""
        self.table.connected = connected
        if connected:
            self.table.deliver()

    @invariant()
    def honest_acts_are_never_irregular(self) -> None:
        """Check that what a rule let through on one node stands on both, whatever it crossed on the way."""
        for node in self.table.nodes.values():
            assert node.folio.irregular == ()

    @invariant()
    def somebody_is_always_waited_for(self) -> None:
        """Check that an open folio waits for somebody, on either node."""
        for node in self.table.nodes.values():
            assert node.folio.closure or waiting_on(node.folio, self.table.now)

    @invariant()
    def when_all_has_arrived_both_nodes_show_the_same(self) -> None:
        """Compare sheets and scorecards to the byte."""
        if self.table.under_way or self.table.node("asking").folio.request is None:
            return
        ours, theirs = (self.table.node(side).folio for side in ("asking", "asked"))
        assert sheet(ours, self.table.now) == sheet(theirs, self.table.now)
        assert scorecard([ours], ("A", "B"), 2**40) == scorecard([theirs], ("B", "A"), 2**40)
        assert read_json(sheet(ours, self.table.now))["folio"] == ours.id

    @invariant()
    def nothing_strict_left_by_one_person(self) -> None:
        """Each strict release on the record was proposed by one officer and approved by another."""
        for side in ("asking", "asked"):
            folio = self.table.node(side).folio
            strict = [each for each in folio.releases
                      if each.giver == self.table.party(side) and TERMS.handling[each.handling].two_person and each.given]  # fmt: skip
            approved = [each for each in folio.proposals if each.approved_at is not None and each.ended_at is not None]
            assert len(strict) <= len(approved)


Officers.TestCase.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
TestOfficers = Officers.TestCase


def test_a_rule_asked_twice_says_the_same() -> None:
    """`decide` reads nothing but its arguments."""
    table = TwoParties()
    ask = table.order("asking", Ask, to="B/POLICE", purpose="trial", basis="treaty", urgency="urgent", question="?",
                      handling="OPEN")  # fmt: skip
    folio = table.node("asking").folio
    assert decide(folio, ask, table.now, TERMS) == decide(folio, ask, table.now, TERMS)
