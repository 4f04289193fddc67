# SPDX-License-Identifier: Apache-2.0
"""A dispute about a run, settled by somebody who has neither node: an export, and the verifier of runs."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from paridad.desks.targets.deconfliction.common import common_of, pairs_of
from paridad.desks.targets.deconfliction.messages import Decision
from paridad.desks.targets.deconfliction.run import DecidePairs, OpenRecords, Stop
from paridad.desks.targets.deconfliction.setlog import grow
from paridad.node.run_export import export_run
from paridad.policy.visible import Reader
from paridad_verify_run.__main__ import NAMED, NOBODY, UNSOUND, main, report
from paridad_verify_run.export import open_export
from support.deconfliction import PERSONS, Table, chance, terms
from support.deconfliction_nodes import Both

EXCHANGED = pytest.mark.parametrize("both", [False, True], ids=["as written", "parties exchanged"], indirect=True)


@pytest.fixture
def both(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Both]:
    """Lend two nodes with a run that is proposed."""
    made = Both(tmp_path, swap=getattr(request, "param", False), table=Table(terms=terms(records=4096)))
    yield made
    made.parties.close()


def exported(both: Both, side: int, **more: tuple[bytes, bytes]) -> bytes:
    """Return the export of the run by one side, for its auditor."""
    both.parties.settle(3)
    node, run = both.nodes[side], both.runs[0]
    reader = Reader("auditor", "auditor", both.agencies[side])
    return export_run(node, reader, run.proposal, now=both.parties.clock(), **more)


def judged(both: Both, data: bytes) -> tuple[int, dict[str, Any]]:
    """Return what the verifier says of an export."""
    return report(data, both.parties.clock(), frozenset({both.nodes[0].own.keys.current.hash}))


@EXCHANGED
def test_a_cheating_node_is_named_to_somebody_who_has_neither(both: Both) -> None:
    """Both sides export, and both exports name the one that answered wrongly; the program answers with 1."""
    both.agree()
    cheat = both.runs[1].player
    honest = cheat.answer
    cheat.answer = lambda points: honest(points)[:-32] + points[:32]  # type: ignore[method-assign]
    both.rounds()
    assert both.runs[0].broken is not None
    for side in (0, 1):
        code, told = judged(both, exported(both, side))
        assert code == NAMED
        shown = [(each["agency"], each["step"], each["name"]) for each in told["findings"]]
        assert shown == [(both.agencies[1], 5, "batch-proof")]


def test_the_program_says_it_in_both_languages(both: Both, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit codes 0, 2 and 3; sentences without any name of a list; a separate process."""
    both.agree()
    both.rounds()
    file = tmp_path / "run.export"
    file.write_bytes(exported(both, 0))
    at, anchor = str(both.parties.clock()), both.nodes[0].own.keys.current.hash
    command = [sys.executable, "-m", "paridad_verify_run", str(file), "--at", at, "--charter-hash", anchor]
    done = subprocess.run([*command, "--lang", "en"], capture_output=True, text=True, check=False)
    assert done.returncode == NOBODY, done.stderr
    assert "Nobody is named" in done.stdout
    assert "Common keys: 5." in done.stdout
    assert "The charter is the one that you recognise" in done.stdout
    assert main([str(file), "--at", at, "--json"]) == NOBODY
    told = json.loads(capsys.readouterr().out)
    assert [sorted(each) for each in told["sentences"]] == [["en", "es"]] * len(told["sentences"])
    assert any("sólo lo dice la exportación" in each["es"] for each in told["sentences"])
    file.write_bytes(file.read_bytes()[:-1])
    assert main([str(file), "--at", at]) == UNSOUND
    assert "NO VERIFICADO" in capsys.readouterr().out
    with pytest.raises(SystemExit) as usage:
        main([str(tmp_path / "nothing")])
    assert usage.value.code == 2


def test_an_export_that_was_changed_names_nobody(both: Both) -> None:
    """A bit of the bundle, another proposal, a payload that is not there."""
    both.agree()
    both.rounds()
    data = exported(both, 0)
    head, _, rest = data.partition(b"\n")
    sizes = json.loads(head)
    flipped = bytearray(rest)
    flipped[sizes["bundle"] // 2] ^= 1
    code, told = judged(both, head + b"\n" + bytes(flipped))
    assert (code, told["findings"]) == (UNSOUND, [])
    other = json.dumps({**sizes, "run": "A" * 43}, separators=(",", ":"), sort_keys=True).encode()
    assert judged(both, other + b"\n" + rest)[0] == UNSOUND
    short = json.dumps({**sizes, "payloads": []}, separators=(",", ":"), sort_keys=True).encode()
    code, told = judged(both, short + b"\n" + rest[: sizes["bundle"]])
    assert code == NOBODY
    assert any("is missing: it was destroyed" in each["en"] for each in told["sentences"])
    spoiled = rest[: sizes["bundle"]] + bytes(len(rest) - sizes["bundle"])
    assert judged(both, head + b"\n" + spoiled)[0] == NOBODY
    for bad in (b"", b"{}\n", b"\xff\n"):
        assert judged(both, bad)[0] == UNSOUND


def test_claims_travel_with_the_export(both: Both) -> None:
    """The tags that a side claims, for the first difference to be shown; where they fit, nobody is named."""
    both.agree()
    both.rounds()
    data = exported(both, 0, claims=(b"".join(match.tag for match in common_of(both.runs[0].player.run)), b""))
    export = open_export(data, both.parties.clock(), frozenset())
    assert len(export.claims[0]) == 5
    assert judged(both, data)[0] == NOBODY


def test_the_next_run_is_judged_from_the_heads_of_the_earlier_one(both: Both) -> None:
    """The export carries the earlier proposal and agreement; records are opened, and nobody is named."""
    both.agree()
    both.parties.settle(2)
    both.runs[0].command(Stop("tomorrow"))
    both.parties.settle(2)
    both.parties.clock.pass_(86_400)
    logs = [grow(log, [], cap=64, chance=chance("later", at)) for at, log in enumerate(both.table.logs)]
    both.table.logs = (logs[0], logs[1])
    both.propose(set_log=logs[0])
    both.agree(set_log=logs[1])
    both.rounds()
    for side, run in enumerate(both.runs):
        run.command(DecidePairs((Decision("open", "lead"),) * len(pairs_of(run.player.run)), PERSONS[side]))
    both.rounds()
    both.table.players = [run.player for run in both.runs]
    both.runs[0].command(OpenRecords(both.table.records(0)))
    data = exported(both, 1)
    export = open_export(data, both.parties.clock(), frozenset())
    assert export.earlier == both.runs[0].player.run.earlier
    code, told = judged(both, data)
    assert (code, told["findings"]) == (NOBODY, [])
    assert any("checked up to 8 of 10" in each["en"] for each in told["sentences"])
