# SPDX-License-Identifier: Apache-2.0
"""One run after another between two whole nodes: growth, pace, ages, and acts that were cosigned before."""

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from paridad.base.strict import decode_base64url, encode_base64url
from paridad.desks.targets.deconfliction.alarms import Watch
from paridad.desks.targets.deconfliction.common import pairs_of
from paridad.desks.targets.deconfliction.concentration import agreed
from paridad.desks.targets.deconfliction.errors import NotNow, NotSoSoon
from paridad.desks.targets.deconfliction.messages import Band, Decision
from paridad.desks.targets.deconfliction.pace import shipped
from paridad.desks.targets.deconfliction.run import Agree, DecidePairs, OpenRecords, Propose, Stop
from paridad.desks.targets.deconfliction.setlog import SetLog, grow, record_entry
from paridad.desks.targets.deconfliction.state import due
from paridad.desks.targets.dossier import KIND, dossier_fields
from paridad.desks.targets.sample import invent
from paridad.ledger.merkle import leaf_hash
from paridad.node.comparing import Brought, answer, propose, reopen
from paridad.node.reading import read_act
from support.deconfliction import PERSONS, Table, chance, terms
from support.deconfliction_nodes import Both

DAY = 86_400
EXCHANGED = pytest.mark.parametrize("both", [False, True], ids=["as written", "parties exchanged"], indirect=True)


@pytest.fixture
def both(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Both]:
    """Lend two nodes with a run that is proposed."""
    made = Both(tmp_path, swap=getattr(request, "param", False), table=Table(terms=terms(records=4096)))
    yield made
    made.parties.close()


def grown(both: Both, *by: int) -> None:
    """Let the set logs of both sides grow."""
    logs = [grow(log, [], cap=cap, chance=chance("grown", cap)) for log, cap in zip(both.table.logs, by, strict=True)]
    both.table.logs = (logs[0], logs[1])


@EXCHANGED
def test_the_next_run_shows_how_both_set_logs_grew(both: Both) -> None:
    """A day later, from the heads that the first run named, also where that one was aborted."""
    both.agree()
    both.rounds()
    both.runs[0].command(Stop("the liaison office asked for it"))
    both.parties.settle(2)
    both.parties.clock.pass_(DAY)
    grown(both, 64, 64)
    both.propose(set_log=both.table.logs[0])
    both.agree(set_log=both.table.logs[1])
    both.rounds()
    first, second = (run.player.run for run in both.runs)
    assert first == second
    assert first.earlier == (both.table.logs[0].head._replace(size=64, root=first.earlier[0].root), first.earlier[1])  # type: ignore[union-attr]
    assert first.proposal is not None
    assert first.proposal.growth is not None
    assert first.parts[0].pairs is not None
    both.finish()
    assert due(both.runs[0].player.run).sides == ()


def test_whoever_changed_more_than_agreed_is_named_by_its_own_act(both: Both) -> None:
    """The agreement shows 65 entries where 64 were agreed: the run stops at the other node, with the signed act."""
    both.agree()
    both.parties.settle(2)
    both.parties.clock.pass_(DAY)
    grown(both, 64, 65)
    both.propose(set_log=both.table.logs[0])
    both.agree(set_log=both.table.logs[1])
    both.rounds()
    broken = both.runs[0].broken
    assert broken is not None
    assert (broken.step, broken.side) == (1, 1)
    assert "grew by 65 and 64 was agreed" in broken.words.en


def test_a_second_run_on_one_day_is_neither_proposed_nor_agreed_to(both: Both) -> None:
    """Each side refuses for itself; one that has other caps proposes, and the other one does not agree."""
    both.agree()
    both.parties.settle(2)
    grown(both, 64, 64)
    with pytest.raises(NotSoSoon, match="The last run of this class was on"):
        both.propose(set_log=both.table.logs[0])
    both.propose(
        set_log=both.table.logs[0], caps=replace(shipped(), days_between=0, day_permille=1000, month_permille=1000)
    )
    with pytest.raises(NotSoSoon, match="at least 1 days lie between two runs"):
        both.agree(set_log=both.table.logs[1])


def test_too_few_changes_and_no_set_log_are_refused(both: Both) -> None:
    """Before anything is said."""
    with pytest.raises(NotSoSoon, match="3 records changed since the earlier run and 20 are needed"):
        both.agree(changed=3)
    both.agree(changed=20)
    both.parties.settle(2)
    both.parties.clock.pass_(DAY)
    grown(both, 64, 64)
    with pytest.raises(NotNow, match="the set log is needed"):
        both.propose()


# Acts that were cosigned before --------------------------------------------------------------------------------------


class Logged(Both):
    """Two nodes whose records are dossiers in their own logs, cosigned by the other one unless it is said."""

    def __init__(self, folder: Path, *, swap: bool, late: bool = False) -> None:
        self.late = late
        super().__init__(folder, swap=swap, table=Table(common=2, terms=terms(records=4096, logged=True)))

    def propose(self, **more: object) -> None:
        """File the dossiers, have them cosigned, and propose."""
        self.acts: list[dict[str, bytes]] = [{}, {}]
        for side in (0, 1):
            for each in self.table.emitted[side]:
                self.acts[side][each.record] = b"" if self.late else self.filed(side, each.record)
        for side in (0, 1):
            self.filed(side, "an older dossier")
        self.parties.settle(3)
        self.logs()
        super().propose(**more)
        if self.late:
            for side in (0, 1):
                for record in self.acts[side]:
                    self.acts[side][record] = self.filed(side, record)
            self.logs()

    def filed(self, side: int, record: str) -> bytes:
        """File the dossier of a record and return its hash."""
        conduct = self.nodes[side].own.conduct
        (dossier,) = invent(1, seed=sum(record.encode()), countries=("Aa", "Bb"))
        made = self.parties.record(
            self.agencies[side], KIND, dossier_fields(dossier), handling=conduct.handling, purpose=conduct.purpose,
            basis=conduct.basis,
        )  # fmt: skip
        return decode_base64url(made)

    def entry(self, side: int, record: str) -> tuple[bytes, bytes, str, str, bytes]:
        """Return the entry of a record in the set log: it commits to the leaf of its dossier."""
        act, own = self.acts[side][record], self.nodes[side].own
        with own.store.read() as conn:
            leaf = leaf_hash(read_act(conn, own, encode_base64url(act)).signed) if act else bytes(32)
        salt = sha256(b"salt" + record.encode()).digest()
        return (
            record_entry("added", act, "warrant 7", "2025-06-01", salt, leaf=leaf),
            act,
            "warrant 7",
            "2025-06-01",
            salt,
        )

    def logs(self) -> None:
        """Make the set logs of both sides."""
        made = [
            grow(SetLog(), [self.entry(side, each.record)[0] for each in self.table.emitted[side]], cap=64,
                 chance=chance("log", side))
            for side in (0, 1)
        ]  # fmt: skip
        self.table.logs = (made[0], made[1])
        for side, player in enumerate(self.table.players):
            assert player.snapshot.places.keys() == {each.record for each in self.table.emitted[side]}

    def open(self, side: int) -> None:
        """Let a side open its records."""
        self.table.players[side] = self.runs[side].player
        self.table._entry = lambda record: self.entry(side, record)  # type: ignore[method-assign]
        self.table.logged = lambda *_: None  # type: ignore[method-assign]
        self.runs[side].command(OpenRecords(self.table.records(side)))

    def decide(self) -> None:
        """Let both sides open every pair."""
        for side, run in enumerate(self.runs):
            run.command(DecidePairs((Decision("open", "lead"),) * len(pairs_of(run.player.run)), PERSONS[side]))
        self.rounds()


@pytest.mark.parametrize("swap", [False, True], ids=["as written", "parties exchanged"])
def test_records_are_opened_with_the_tree_that_the_other_node_had_cosigned(tmp_path: Path, swap: bool) -> None:
    """Each node proves its dossier in its own log under the head that the other one named in step 2."""
    both = Logged(tmp_path, swap=swap)
    try:
        both.agree()
        both.rounds()
        both.decide()
        for side in (0, 1):
            both.open(side)
        both.rounds()
        run = both.runs[0].player.run
        assert run == both.runs[1].player.run
        assert due(run).sides == ()
        for part in run.parts:
            assert part.commitment is not None
            assert part.commitment.seen is not None
            assert part.records is not None
            assert [each.logged is not None for each in part.records.records] == [True, True]
    finally:
        both.parties.close()


def test_a_record_of_after_the_cosignature_cannot_be_opened(tmp_path: Path) -> None:
    """Its owner is told before it says anything: the act was not in the tree that the other party had cosigned."""
    both = Logged(tmp_path, swap=False, late=True)
    try:
        both.agree()
        both.rounds()
        both.decide()
        with pytest.raises(NotNow, match="did not stand in the tree that the other party had cosigned"):
            both.open(1)
    finally:
        both.parties.close()


# Tokens that wait for both concentrations ----------------------------------------------------------------------------


def test_tokens_are_brought_after_the_agreement_and_survive_a_restart(both: Both) -> None:
    """Who proposes says where its list is crowded, waits, and settles its keys once both have said so."""
    player = both.table.players[0]
    full = both.brought(0)
    both.runs[0].command(Stop("again, with concentrations"))
    both.parties.settle(2)
    terms_, head = both.table.terms, both.table.logs[0].head
    waiting = Brought((), "desk 0", settled=False)
    command = Propose(terms_, 0, head, PERSONS[0], bands=(Band("SD", 8, 1),))
    both.runs = [propose(both.nodes[0], *both.agencies, waiting, command)]
    both.parties.settle(2)
    agree = Agree(terms_, 0, both.table.logs[1].head, PERSONS[1], bands=(Band("SD", 8, 2),))
    both.runs.append(answer(both.nodes[1], both.runs[0].proposal, both.brought(1), agree))
    both.rounds()
    run = both.runs[0].player.run
    assert run.parts[0].commitment is None
    assert run.proposal is not None
    assert run.agreement is not None
    assert agreed(run.proposal.bands, run.agreement.bands) == {("SD", 8): 2}
    both.runs[0] = reopen(both.nodes[0], both.runs[0].proposal, Watch())
    both.runs[0].bring(full)
    both.runs[0] = reopen(both.nodes[0], both.runs[0].proposal, Watch())
    assert both.runs[0].player.snapshot.tokens == player.snapshot.tokens
    both.rounds()
    assert both.runs[0].player.run.parts[0].result is not None
    assert both.runs[0].player.run.parts[0].result.size == 5
