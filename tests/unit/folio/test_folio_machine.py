# SPDX-License-Identifier: Apache-2.0
"""Two nodes, a line that comes and goes, and officers who try anything: what honest nodes do is never irregular."""

import string
from collections.abc import Callable
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from support.folio_story import (
    HOUR,
    OTHER_RECORD,
    RECORD,
    SOURCE_WITHHELD,
    TERMS,
    TwoParties,
)

from paridad.base.strict import read_json
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
)
from paridad.folio.rules import decide
from paridad.folio.scorecard import scorecard
from paridad.folio.sheet import sheet
from paridad.folio.waiting import waiting_on

Draw = Callable[[st.SearchStrategy[Any]], Any]
paths = st.sampled_from(string.ascii_lowercase[:4])
some_givens = st.lists(st.builds(Given, st.sampled_from([RECORD, OTHER_RECORD]), paths), min_size=1, max_size=2).map(tuple)
givens = st.just(()) | some_givens
handlings = st.sampled_from(["OPEN", "LIMITED", "STRICT"])
officers = st.sampled_from(["ana", "berta"])
sides = st.sampled_from(["asking", "asked"])
purposes = st.sampled_from(["investigation", "trial"])


class Officers(RuleBasedStateMachine):
    """Officers of both parties give commands, most of them out of place, while the line comes and goes."""

    def __init__(self) -> None:
        super().__init__()
        self.table = TwoParties()

    @initialize(handling=handlings, given=givens)
    def the_request(self, handling: str, given: tuple[Given, ...]) -> None:
        """Nearly every folio begins with its request."""
        self.attempt("asking", Ask, to="B/POLICE", purpose="investigation", basis="treaty", urgency="urgent",
                     question="?", handling=handling, given=given)  # fmt: skip

    def attempt(self, side: str, command: type[Any], officer: str = "ana", **said: Any) -> None:
        """Give a command; a refusal must say so in a sentence and change nothing."""
        before = self.table.node(side).folio
        self.table.gives(side, self.table.order(side, command, officer, **said))
        if self.table.no is not None:
            assert self.table.no.strip()
            assert self.table.node(side).folio == before
            self.table.no = None

    def one_of(self, data: st.DataObject, side: str) -> str:
        """Name an act that the side knows."""
        acts = self.table.node(side).folio.acts
        return data.draw(st.sampled_from([act.hash for act in acts])) if acts else RECORD

    @rule(side=sides, command=st.sampled_from([Acknowledge]))
    def acknowledge(self, side: str, command: type[Any]) -> None:
        self.attempt(side, command)

    @rule(side=sides, data=st.data())
    def clarification(self, side: str, data: st.DataObject) -> None:
        self.attempt(side, AskClarification, question="?")
        self.attempt(side, Clarify, of=self.one_of(data, side), text="!")

    @rule(side=sides, stop=st.booleans())
    def pause(self, side: str, stop: bool) -> None:
        self.attempt(side, Suspend if stop else Resume, reason="because")

    @rule(side=sides, given=givens, partial=st.booleans(), handling=handlings | st.just(""), obliged=st.booleans())
    def answer(self, side: str, given: tuple[Given, ...], partial: bool, handling: str, obliged: bool) -> None:
        self.attempt(side, Answer, given=given, partial=partial, handling=handling, nothing_held=not given,
                     withheld=(SOURCE_WITHHELD,) * partial, obligations=("speciality",) * obliged)  # fmt: skip

    @rule(side=sides, given=givens, partial=st.booleans(), data=st.data())
    def supplement(self, side: str, given: tuple[Given, ...], partial: bool, data: st.DataObject) -> None:
        self.attempt(side, Supplement, of=self.one_of(data, side), given=given, partial=partial)

    @rule(side=sides)
    def refuse(self, side: str) -> None:
        self.attempt(side, Refuse, grounds=("proceedings",), may_ask_again=True)

    @rule(side=sides, data=st.data())
    def recall(self, side: str, data: st.DataObject) -> None:
        self.attempt(side, Recall, of=self.one_of(data, side), reason="because")

    @rule(side=sides, attested=st.booleans(), data=st.data())
    def answer_recall(self, side: str, attested: bool, data: st.DataObject) -> None:
        of = self.one_of(data, side)
        if attested:
            self.attempt(side, AttestPurge, of=of, derived=(Derived("note", "kept"),),
                         unreadable_since=self.table.now, unreadable_in_backups_by=self.table.now)  # fmt: skip
        else:
            self.attempt(side, RefuseRecall, of=of, grounds=("proceedings",), explanation="because")

    @rule(side=sides, record=st.sampled_from([RECORD, OTHER_RECORD]), purpose=purposes, data=st.data())
    def request_consent(self, side: str, record: str, purpose: str, data: st.DataObject) -> None:
        of = self.one_of(data, side)
        self.attempt(side, RequestConsent, of=of, record=record, recipient=f"{side[0]}/X", purpose=purpose)

    @rule(side=sides, granted=st.booleans(), data=st.data())
    def consent(self, side: str, granted: bool, data: st.DataObject) -> None:
        of = self.one_of(data, side)
        self.attempt(side, Consent, of=of, granted=granted, expires=self.table.now + HOUR, explanation="because")

    @rule(side=sides, outcome=st.sampled_from(["seizure", "nothing"]), obliged=st.booleans(), purpose=purposes)
    def outcome(self, side: str, outcome: str, obliged: bool, purpose: str) -> None:
        kept = (Kept("speciality", kept=True),) * obliged
        self.attempt(side, FileOutcome, outcome=outcome, obligations=kept, purpose=purpose)

    @precondition(lambda self: len(self.table.node("asking").folio.shared) > 4)
    @rule(side=sides, reason=st.sampled_from(["", "done"]))
    def close(self, side: str, reason: str) -> None:
        self.attempt(side, Close, reason=reason)

    @rule(side=sides, officer=officers, given=some_givens, data=st.data())
    def propose(self, side: str, officer: str, given: tuple[Given, ...], data: st.DataObject) -> None:
        replaces = data.draw(st.sampled_from(["", self.one_of(data, side)]))
        release: Releasing = Answer(officer=officer, agency=self.table.agency(side), given=given, handling="STRICT")
        if data.draw(st.booleans()):
            release = Consent(officer=officer, agency=self.table.agency(side), of=self.one_of(data, side),
                              granted=True, expires=self.table.now + HOUR)  # fmt: skip
        self.attempt(side, Propose, officer, release=release, replaces=replaces)

    @rule(side=sides, officer=officers, data=st.data())
    def second_person(self, side: str, officer: str, data: st.DataObject) -> None:
        for proposal in self.table.node(side).folio.proposals[-1:]:
            digest = data.draw(st.sampled_from([proposal.digest, RECORD]))
            self.attempt(side, Approve, officer, proposal=proposal.hash, digest=digest)
            if data.draw(st.booleans()):
                self.attempt(side, CarryOut, officer, proposal=proposal.hash)
            elif data.draw(st.booleans()):
                self.attempt(side, Decline, officer, proposal=proposal.hash, reason="because")

    @rule(passed=st.integers(-2, 30))
    def time(self, passed: int) -> None:
        """Time passes, and now and then a clock goes back."""
        self.table.now += passed * HOUR

    @rule(connected=st.booleans())
    def line(self, connected: bool) -> None:
        """The line comes or goes; when it comes, everything under way arrives."""
        self.table.connected = connected
        if connected:
            self.table.deliver()

    @invariant()
    def honest_acts_are_never_irregular(self) -> None:
        """What a rule let through on one node stands on both, whatever it crossed on the way."""
        for node in self.table.nodes.values():
            assert node.folio.irregular == ()

    @invariant()
    def somebody_is_always_waited_for(self) -> None:
        """An open folio waits for somebody, on either node."""
        for node in self.table.nodes.values():
            assert node.folio.closure or waiting_on(node.folio, self.table.now)

    @invariant()
    def when_all_has_arrived_both_nodes_show_the_same(self) -> None:
        """The sheet and the scorecard are the same bytes, and canonical."""
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


Officers.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestOfficers = Officers.TestCase


def test_a_rule_asked_twice_says_the_same() -> None:
    """`decide` reads nothing but its arguments."""
    table = TwoParties()
    ask = table.order("asking", Ask, to="B/POLICE", purpose="trial", basis="treaty", urgency="urgent", question="?",
                      handling="OPEN")  # fmt: skip
    folio = table.node("asking").folio
    assert decide(folio, ask, table.now, TERMS) == decide(folio, ask, table.now, TERMS)
