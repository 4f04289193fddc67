# SPDX-License-Identifier: Apache-2.0
"""A run of private deconfliction between two whole nodes: acts, payloads, locker, line; and with the parties exchanged."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from paridad.acts.envelope import Draft
from paridad.desks.targets.deconfliction import messages
from paridad.desks.targets.deconfliction.alarms import Watch
from paridad.desks.targets.deconfliction.errors import NotNow
from paridad.desks.targets.deconfliction.messages import Decision, Opening
from paridad.desks.targets.deconfliction.run import Agree, DecidePairs, Refuse, Stop
from paridad.desks.targets.deconfliction.state import due
from paridad.exchange import filing
from paridad.node.comparing import DESTROYED, answer, lockers, reopen
from paridad.node.errors import NotFound
from paridad.node.reading import read_acts
from paridad.store.acts import ActQuery, filed_acts
from support.deconfliction import PERSONS
from support.deconfliction_nodes import Both

EXCHANGED = pytest.mark.parametrize("swap", [False, True], ids=["as written", "parties exchanged"])


@pytest.fixture
def both(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Both]:
    """Lend two nodes with a run that is proposed."""
    made = Both(tmp_path, swap=getattr(request, "param", False))
    yield made
    made.parties.close()


@pytest.mark.parametrize("both", [False, True], ids=["as written", "parties exchanged"], indirect=True)
def test_a_run_from_proposal_to_close(both: Both) -> None:
    """Both nodes fold the same run from their acts, open the same records, and destroy their secrets."""
    both.agree()
    both.rounds()
    first, second = (run.player.run for run in both.runs)
    assert first.parts[0].result is not None
    assert first.parts[0].result.size == 5
    assert first == second
    both.finish()
    first, second = (run.player.run for run in both.runs)
    assert first == second
    assert due(first).sides == ()
    assert [part.close.leads for part in first.parts if part.close] == [((1, 5),), ((1, 5),)]
    assert [(run.broken, run.stray) for run in both.runs] == [(None, 0), (None, 0)]
    for node, run in zip(both.nodes, both.runs, strict=True):
        with node.own.store.read() as conn:
            assert [node.own.vault.unlock(conn, name) for name in lockers(run.proposal)] == [None, None]
            destroyed = filed_acts(conn, ActQuery(kinds=DESTROYED))
            assert {act.fields == {} for act in read_acts(conn, node.own, destroyed)} == {True}
        assert node.payloads.digests() == []
        with pytest.raises(NotFound, match="secrets of the run are gone"):
            reopen(node, run.proposal, Watch())


def test_every_message_is_a_signed_act_and_lists_are_payloads(both: Both) -> None:
    """As many acts as messages on both nodes; nothing that a list says stands in any act, payload or database in clear."""
    both.agree()
    both.rounds()
    kinds = []
    for node in both.nodes:
        with node.own.store.read() as conn:
            kinds.append(sorted(act.envelope.knd for act in filed_acts(conn, ActQuery(kind_prefix="targets/run-"))))
        assert len(node.payloads.digests()) == 2
    assert kinds[0] == kinds[1]
    assert kinds[0].count("targets/run-opening/1") == 8
    for player in (run.player for run in both.runs):
        for canary in (player.snapshot.seed, *(token.key for token in player.snapshot.tokens)):
            for file in (path for path in both.parties.folder.rglob("*") if path.is_file()):
                assert canary not in file.read_bytes(), file


def test_a_node_that_died_goes_on(both: Both) -> None:
    """After each exchange both sides are opened anew from their record; the run ends as it would have."""
    both.agree()
    while both.once():
        both.runs = [reopen(node, run.proposal, Watch()) for node, run in zip(both.nodes, both.runs, strict=True)]
    first, second = (run.player.run for run in both.runs)
    assert first == second
    assert first.parts[0].pairs is not None
    for side, run in enumerate(both.runs):
        run.command(DecidePairs((Decision("decline", "x"),) * 5, PERSONS[side]))
    both.runs = [reopen(node, run.proposal, Watch()) for node, run in zip(both.nodes, both.runs, strict=True)]
    both.rounds()
    assert all(part.decisions is not None for part in both.runs[0].player.run.parts)


def test_an_abort_reaches_the_other_side(both: Both) -> None:
    """What was on the line meanwhile is kept and counted, and names nobody."""
    both.agree()
    both.rounds()
    both.runs[0].command(Stop("the liaison office asked for it"))
    both.rounds()
    for run in both.runs:
        assert run.player.run.abort is not None
        assert run.broken is None
        assert run.round() == 0


def test_a_refusal_reaches_the_proposer(both: Both) -> None:
    """No run; nothing follows."""
    refused = answer(both.nodes[1], both.runs[0].proposal, both.brought(1), Refuse("cool-down"))
    both.rounds()
    assert both.runs[0].player.run.refusal == refused.player.run.refusal
    assert both.runs[0].player.run.refusal is not None
    with pytest.raises(NotNow):
        both.runs[0].command(Agree(both.table.terms, 0, both.table.logs[0].head, PERSONS[0]))


def test_a_cheating_node_is_named_by_the_act_it_signed(both: Both) -> None:
    """The act that breaks the run stays on file with its signature; the run stops here, and a person ends it."""
    both.agree()
    cheat = both.runs[1].player
    honest = cheat.answer
    cheat.answer = lambda points: honest(points)[:-32] + points[:32]  # type: ignore[method-assign]
    both.rounds()
    broken = both.runs[0].broken
    assert broken is not None
    assert (broken.step, broken.side) == (5, 1)
    evidence = both.runs[0].player.evidence
    assert evidence is not None
    assert isinstance(evidence[1].message, Opening)
    assert both.runs[0].round() == 0
    both.runs[0].command(Stop("the proof of a batch does not hold"))
    both.parties.settle(2)
    both.runs[1].take_in()
    assert isinstance(both.runs[1].player.run.abort, messages.Said)


@pytest.mark.parametrize(
    "fields",
    [{"payload": "00"}, {"content": "AAAA"}, {"content": "not base64url!"}],
    ids=["neither content nor payload", "another form", "no base64url"],
)
def test_an_act_without_its_content_names_its_signer(both: Both, fields: dict[str, str]) -> None:
    """It stays on file, is not folded, and stops the run here; a line that fails names nobody."""
    both.agree()
    run = both.runs[1]
    conduct, own = both.nodes[0].own.conduct, both.nodes[0].own
    draft = Draft("targets/run-start/1", both.agencies[0], both.agencies[1:], conduct.handling, conduct.purpose,
                  conduct.basis, dict(fields), re=(run.proposal,))  # fmt: skip
    now = both.parties.clock()
    said = filing.issue_drafts(own, [draft], now=now, see=())
    releases = filing.release_to_addressees(own, said, filing.conduct_matter(own, both.agencies[1]), now=now)
    own.store.submit(lambda conn: filing.file_acts(conn, own, said, now=now))
    own.store.submit(lambda conn: filing.queue(conn, own, [(both.agencies[0], each) for each in releases], now=now))
    both.parties.settle(2)
    assert run.round() == 0
    assert run.broken is not None
    assert (run.broken.step, run.broken.side) == (1, 0)
    assert run.player.run.start is None
