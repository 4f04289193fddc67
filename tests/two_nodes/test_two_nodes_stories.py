# SPDX-License-Identifier: Apache-2.0
"""Stories between two nodes beside the main job; each as written and with the parties exchanged."""

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from paridad.base.errors import ParidadError
from paridad.exchange.errors import NotReleased
from paridad.folio.commands import (
    Acknowledge,
    Answer,
    Approve,
    Ask,
    AskClarification,
    CarryOut,
    Clarify,
    Close,
    Consent,
    Decline,
    Given,
    Propose,
    Recall,
    Refuse,
    RefuseRecall,
    RequestConsent,
    Resume,
    Supplement,
    Suspend,
)
from paridad.folio.consent import in_force
from paridad.folio.errors import NotNow
from paridad.folio.state import Stage
from paridad.node.errors import OfficerRefused
from paridad.node.reading import read_act
from paridad.node.saying import Said, carry_out, plan
from paridad.store.acts import ActQuery, count_acts
from paridad.store.errors import CommandReused
from paridad.store.records import decided_for
from paridad.store.streams import outbox_of
from support.matters import BOTH_WAYS, PURPOSE, STATEMENT, WAYS, Matter, matter, person
from support.sound import changed, dump, folio_of

DAY = 86_400

swapped = pytest.mark.parametrize("names", BOTH_WAYS, ids=WAYS)


def acts_of(m: Matter, side: str, kind: str) -> int:
    """Count the acts of a kind at a side."""
    with m.node(side).own.store.read() as conn:
        return count_acts(conn, ActQuery(kinds=(kind,)))


@swapped
def test_a_refusal_with_grounds_is_a_full_answer(names: tuple[str, ...], tmp_path: Path) -> None:
    """A refusal arrives with its grounds, stops the clock, and may be thought better of."""
    with matter(tmp_path, names) as m:
        record = m.record("asked", person("Ref"))
        m.asks()
        m.settle()
        with pytest.raises(NotNow, match="at least one ground"):
            m.says("asked", Refuse, grounds=(), may_ask_again=True)
        m.says("asked", Refuse, grounds=("pending-case", "third-party"), may_ask_again=True, explanation="…")
        m.settle()
        state = m.state("asking")
        assert state.stage == Stage.REFUSED
        assert state.refusals[0].grounds == ("pending-case", "third-party")
        m.says("asked", Answer, partial=False, **m.offer(record))
        m.settle()
        assert m.state("asking").stage == Stage.ANSWERED


@swapped
def test_a_strict_release_takes_two_persons(names: tuple[str, ...], tmp_path: Path) -> None:
    """Under RED one officer proposes, another approves the very digest, and then it is carried out unchanged."""
    with matter(tmp_path, names) as m:
        record = m.record("asked", person("Rot"), handling="RED")
        m.asks(handling="RED")
        m.settle()
        offer = m.offer(record, two_persons=True)
        assert {each.path for each in offer["given"]} >= {"name", "addresses", "addresses[0]"}
        assert m.offer(record)["given"] == ()
        with pytest.raises(NotNow, match="two persons"):
            m.says("asked", Answer, **offer)

        draft = m.order("asked", Answer, **offer)
        m.says("asked", Propose, release=draft)
        [proposal] = m.state("asked").proposals
        with pytest.raises((NotNow, OfficerRefused), match=r"another person|does not approve|Nobody approves"):
            m.says("asked", Approve, proposal=proposal.hash, digest=proposal.digest)
        with pytest.raises(NotNow, match="not what would leave"):
            m.says("asked", Approve, second=True, proposal=proposal.hash, digest=m.last["proposal"])
        with pytest.raises(NotNow, match="approve it first"):
            m.says("asked", CarryOut, proposal=proposal.hash)
        with pytest.raises(OfficerRefused):
            m.says("asked", Approve, role="head", proposal=proposal.hash, digest=proposal.digest)
        m.says("asked", Approve, second=True, proposal=proposal.hash, digest=proposal.digest)
        m.says("asked", CarryOut, proposal=proposal.hash)
        m.settle()
        [release] = m.state("asking").answers
        assert {each.path for each in release.given} == {each.path for each in offer["given"]}
        assert acts_of(m, "asking", "folio/proposal/1") == 0
        assert acts_of(m, "asked", "folio/approval/1") == 1
        with m.node("asked").own.store.read() as conn:
            rules = {rule for each in decided_for(conn, record) for row in each.fields.values() for rule in row.rules}
        assert "case-decision" in rules


@swapped
def test_a_proposal_can_be_declined_or_replaced(names: tuple[str, ...], tmp_path: Path) -> None:
    """What was declined or replaced is never carried out; nothing of it leaves."""
    with matter(tmp_path, names) as m:
        record = m.record("asked", person("Dec"), handling="RED")
        m.asks(handling="RED")
        m.settle()
        offer = m.offer(record, two_persons=True)
        m.says("asked", Propose, release=m.order("asked", Answer, **offer))
        first = m.state("asked").proposals[0]
        m.says("asked", Propose, release=m.order("asked", Answer, remark="2", **offer), replaces=first.hash)
        second = m.state("asked").proposals[1]
        with pytest.raises(NotNow, match="no longer open"):
            m.says("asked", Approve, second=True, proposal=first.hash, digest=first.digest)
        m.says("asked", Decline, second=True, proposal=second.hash, reason="no")
        with pytest.raises(NotNow, match="no open proposal"):
            m.says("asked", CarryOut, proposal=second.hash)
        m.settle()
        assert m.state("asking").answers == ()


@swapped
def test_the_same_command_twice_is_said_once(names: tuple[str, ...], tmp_path: Path) -> None:
    """The same identifier gives the same acts and stores nothing; another command under it is refused."""
    with matter(tmp_path, names) as m:
        first = m.asks(id_="c-1")
        before = dump(m.node("asking"))
        again = m.asks(id_="c-1")
        assert (again.acts, again.repeated, first.repeated) == (first.acts, True, False)
        with pytest.raises(CommandReused):
            m.asks(id_="c-1", question="Something else?")
        assert changed(before, dump(m.node("asking"))) == set()
        m.settle()
        assert acts_of(m, "asked", "folio/request/1") == 1


def test_the_same_command_at_the_same_time_is_said_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two threads with one identifier: whoever comes second gets what the first said."""
    with matter(tmp_path) as m:
        own, officer = m.node("asking").own, m.parties.officer(m.agencies["asking"])
        order = m.order(
            "asking", Ask, to=m.agencies["asked"], handling="AMBER", purpose=PURPOSE, basis=STATEMENT,
            urgency="urgent", question="?",
        )  # fmt: skip
        real = plan
        said: list[Said | None] = []

        def slow(*args: object, **more: object) -> object:
            """Let somebody else carry out the same command between planning and storing."""
            planned = real(*args, **more)  # type: ignore[arg-type]
            if not said:
                said.append(None)
                said.append(carry_out(own, officer, order, folio=m.folio, id_="c-1", now=m.parties.clock()))
            return planned

        monkeypatch.setattr("paridad.node.saying.plan", slow)
        late = carry_out(own, officer, order, folio=m.folio, id_="c-1", now=m.parties.clock())
        assert said[1] is not None
        assert (late.repeated, late.acts) == (True, said[1].acts)
        assert acts_of(m, "asking", "folio/request/1") == 1


def test_a_folio_that_moved_meanwhile_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command prepared before another act came is refused with a sentence, and stores nothing."""
    with matter(tmp_path) as m:
        m.asks()
        m.settle()
        own, officer = m.node("asked").own, m.parties.officer(m.agencies["asked"])
        order = m.order("asked", Refuse, grounds=("pending-case",), may_ask_again=True)
        real = plan

        def slow(*args: object, **more: object) -> object:
            planned = real(*args, **more)  # type: ignore[arg-type]
            monkeypatch.setattr("paridad.node.saying.plan", real)
            m.says("asked", Refuse, grounds=("third-party",), may_ask_again=True)
            return planned

        monkeypatch.setattr("paridad.node.saying.plan", slow)
        with pytest.raises(ParidadError, match="answered in full or refused already"):
            carry_out(own, officer, order, folio=m.folio, id_="late", now=m.parties.clock())
        assert acts_of(m, "asked", "folio/refusal/1") == 1


@swapped
def test_clarification_stops_the_clock_until_it_is_said(names: tuple[str, ...], tmp_path: Path) -> None:
    """While a question is open the answer is not late; both nodes agree on it to the second."""
    with matter(tmp_path, names) as m:
        m.asks(urgency="urgent")
        m.settle()
        m.says("asked", Acknowledge)
        m.says("asked", AskClarification, question="¿Cuál de los dos? / Which of the two?")
        m.settle()
        m.parties.clock.pass_(2 * DAY)
        m.says("asking", Clarify, of=m.last["clarification"], text="El primero / the first")
        m.settle()
        state = m.state("asked")
        assert state.clarifications[0].answered_at is not None
        m.says("asked", Answer, nothing_held=True)
        m.settle()
        assert m.state("asking").stage == Stage.ANSWERED


@swapped
def test_a_suspension_is_seen_by_both_and_ended_by_its_party(names: tuple[str, ...], tmp_path: Path) -> None:
    """Only the party that stopped the clocks lets them run again."""
    with matter(tmp_path, names) as m:
        m.asks()
        m.settle()
        m.says("asked", Suspend, reason="Orden judicial / court order")
        m.settle()
        assert m.state("asking").stage == Stage.PAUSED
        with pytest.raises(NotNow, match="only the one that stopped them"):
            m.says("asking", Resume, reason="?")
        m.says("asked", Resume, reason="Levantada / lifted")
        m.says("asking", Close, reason="Ya no hace falta / no longer needed")
        m.settle()
        assert m.state("asked").stage == Stage.CLOSED


@swapped
def test_consent_for_onward_transfer_is_asked_given_and_overtaken(names: tuple[str, ...], tmp_path: Path) -> None:
    """A consent holds for exactly what it names, until its day or a recall; both nodes see the same."""
    with matter(tmp_path, names) as m:
        record = m.record("asked", person("Ter"))
        m.asks()
        m.settle()
        answer = m.says("asked", Answer, **m.offer(record)).acts[0]
        m.settle()
        third = f"{names[0]}/{'SSPC'}"
        m.says("asking", RequestConsent, of=answer, record=record, recipient=third, purpose="prosecution")
        m.settle()
        now = m.parties.clock()
        wanted = {"record": record, "recipient": third, "purpose": "prosecution"}
        assert in_force(m.state("asking"), **wanted, now=now) is None
        m.says("asked", Consent, of=m.last["consent-request"], granted=True, expires=now + DAY)
        m.settle()
        now = m.parties.clock()
        for side in ("asking", "asked"):
            assert in_force(m.state(side), **wanted, now=now) is not None
            assert in_force(m.state(side), **(wanted | {"purpose": PURPOSE}), now=now) is None
            assert in_force(m.state(side), **wanted, now=now + DAY) is None
        m.says("asked", Recall, of=answer, reason="…")
        m.settle()
        assert in_force(m.state("asking"), **wanted, now=m.parties.clock()) is None
        m.says("asking", RefuseRecall, of=m.last["recall"], grounds=("court-order",), explanation="prueba / evidence")
        m.settle()
        assert in_force(m.state("asking"), **wanted, now=m.parties.clock()) is not None


@swapped
def test_a_record_of_another_party_is_not_given_on(names: tuple[str, ...], tmp_path: Path) -> None:
    """What was received is not released as one's own, whatever its handling code; nothing is left behind."""
    with matter(tmp_path, names) as m:
        record = m.record("asked", person("Fre"), handling="CLEAR")
        m.asks(handling="CLEAR")
        m.settle()
        m.says("asked", Answer, **m.offer(record))
        m.settle()
        back = replace(
            m, folio=f"{names[1]}-2025-0001", agencies={"asking": m.agencies["asked"], "asked": m.agencies["asking"]}
        )
        back.asks(handling="CLEAR")
        m.settle()
        before = dump(back.node("asked"))
        with pytest.raises(NotReleased, match="another party"):
            back.says("asked", Answer, given=(Given(record, "name"),))
        assert changed(before, dump(back.node("asked"))) == set()


@swapped
def test_two_answers_in_one_batch_give_two_parts_of_one_record(names: tuple[str, ...], tmp_path: Path) -> None:
    """The same record twice under one cover: both sets of fields arrive."""
    with matter(tmp_path, names) as m:
        record = m.record("asked", person("Dos"))
        m.asks()
        m.settle()
        node = m.node("asked")
        m.parties.clock.pass_(61)
        node.tick()
        m.says("asked", Answer, partial=True, given=(Given(record, "name"),))
        answer = m.last["answer"]
        m.says("asked", Supplement, of=answer, given=(Given(record, "aliases"), Given(record, "aliases[0]")))
        m.settle()
        with node.own.store.read() as conn:
            covers = {row.cover for row in outbox_of(conn, record)}
        assert len(covers) == 1
        with m.node("asking").own.store.read() as conn:
            fields = read_act(conn, m.node("asking").own, record).fields
        assert set(fields) == {"name", "aliases"}


@swapped
def test_a_later_release_only_adds_fields(names: tuple[str, ...], tmp_path: Path) -> None:
    """An act already held gains fields; it is filed once and stands once in the mirror."""
    with matter(tmp_path, names) as m:
        record = m.record("asked", person("Mas"))
        m.asks()
        m.settle()
        m.says("asked", Answer, partial=True, given=(Given(record, "name"),))
        m.settle()
        before = acts_of(m, "asking", "targets/dossier/1")
        m.says("asked", Supplement, of=m.last["answer"], given=(Given(record, "gender"),))
        m.settle()
        with m.node("asking").own.store.read() as conn:
            fields = read_act(conn, m.node("asking").own, record).fields
        assert {"name", "gender"} <= set(fields)
        assert (before, acts_of(m, "asking", "targets/dossier/1")) == (1, 1)


@swapped
def test_a_node_can_restart_between_any_two_steps(names: tuple[str, ...], tmp_path: Path) -> None:
    """Both nodes are closed and opened after every step and every round; nothing is lost, nothing is said twice."""
    with matter(tmp_path, names) as m:

        def restart() -> None:
            for node in m.parties.nodes:
                node.close()
            for name in names:
                m.parties.open(name)

        def rounds(count: int = 2) -> None:
            for _ in range(count):
                for name in names:
                    m.parties.by_name[name].tick()
                    restart()
                m.parties.clock.pass_(61)

        record = m.record("asked", person("Res"))
        restart()
        m.asks()
        restart()
        rounds()
        m.says("asked", Acknowledge)
        restart()
        m.says("asked", Answer, **m.offer(record))
        restart()
        rounds()
        m.says("asking", Close, reason="…")
        restart()
        rounds()
        assert m.state("asked").stage == Stage.CLOSED
        kinds = ("folio/request/1", "folio/acknowledgement/1", "folio/answer/1", "folio/closure/1")
        assert [acts_of(m, side, kind) for side in ("asking", "asked") for kind in kinds] == [1] * 8


def test_a_purge_of_what_never_arrived_can_be_attested(tmp_path: Path) -> None:
    """A release whose record was set apart leaves nothing to destroy, and that is no obstacle."""
    from paridad.folio.commands import AttestPurge

    with matter(tmp_path) as m:
        record = m.record("asked", person("Nun"))
        m.asks()
        m.settle()
        m.says("asked", Answer, given=(Given(record, "name"),))
        with m.node("asked").own.store.write() as conn:
            conn.execute(sa.text("DELETE FROM outbox WHERE position = 2"))
            conn.execute(sa.text("UPDATE outbound_streams SET next_position = 2"))
        m.settle()
        m.says("asked", Recall, of=m.last["answer"], reason="…")
        m.settle()
        now = m.parties.clock()
        m.says(
            "asking", AttestPurge, of=m.last["recall"], derived=(), unreadable_since=now, unreadable_in_backups_by=now
        )
        m.settle()
        assert folio_of(m.node("asked"), m.folio).recalls[0].answer is not None
