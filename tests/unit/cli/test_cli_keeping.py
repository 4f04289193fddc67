# SPDX-License-Identifier: Apache-2.0
"""Housekeeping by the command line: lists, bundles, views, backups, expiry, disputes, policy, peers, checks."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from paridad.acts.envelope import ActHash
from paridad.base.words import Words
from paridad.exchange.errors import PeerUnreachable
from paridad.exchange.transport import Request, Response
from paridad.node.importing import Marks, import_dossiers
from paridad.node.node import Node
from paridad.policy.cedar import Answer
from paridad.policy.domain import Comparison, Difference
from paridad.policy.engine import PolicyEngine
from paridad.policy.evaluator import Verdict
from paridad.policy.question import CommandQuestion
from paridad.store import streams
from paridad.store.acts import get_act, put_conflicts, reading
from paridad.store.streams import QuarantineRow, Stream
from support.cli_world import BASIS, PURPOSE, CommandLines
from support.matters import BOTH_WAYS, WAYS, person
from support.targets_list import write_list

DAY = 86_400


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[CommandLines]:
    """Return the command lines of two parties."""
    with CommandLines(tmp_path) as found:
        yield found


MARKS = ("--handling", "AMBER", "--purpose", PURPOSE, "--basis", BASIS, "--as", "doj-analyst")


def test_a_list_is_imported_once(lines: CommandLines, tmp_path: Path) -> None:
    """Every entry is filed or rejected with its reason; the second import changes nothing; a rehearsal files nothing."""
    sdn, alt, add = write_list(tmp_path)
    files = ("--sdn", str(sdn), "--alt", str(alt), "--add", str(add))
    rehearsed = lines.json("US", "import", "ofac", *files, *MARKS, "--dry-run")
    assert (rehearsed["filed"], rehearsed["by_subject"] != []) == (0, True)
    first = lines.json("US", "import", "ofac", *files, *MARKS)
    assert first["filed"] == sum(each["entries"] for each in rehearsed["by_subject"])
    assert first["rejected"] == rehearsed["rejected"]
    second = lines.json("US", "import", "ofac", *files, *MARKS)
    assert (second["filed"], second["unchanged"]) == (0, first["filed"])
    broken = tmp_path / "broken.csv"
    broken.write_bytes(b"not,a,row\r\n")
    rejected = lines.json("US", "import", "ofac", "--sdn", str(broken), *MARKS, "--dry-run")
    assert (rejected["rejected"], rejected["rejects"][0]["line"]) == (1, 1)
    for wrong, code, sentence in (
        (("--handling", "SECRET"), 2, "the charter has no SECRET"),
        (("--as", "doj-auditor"), 1, "auditor"),
        (("--sdn", "/nowhere.csv"), 2, "no file /nowhere.csv"),
    ):
        refused = lines.run("US", "import", "ofac", *files, *MARKS, *wrong)
        assert (refused.exit_code, refused.stdout) == (code, ""), refused.output
        assert sentence in refused.stderr or code == 1


def test_a_bundle_is_verified_elsewhere(lines: CommandLines, tmp_path: Path) -> None:
    """What is exported verifies in another process that knows nothing of this one; the file is its owner's alone."""
    record = lines.record("US/DOJ")
    lines.parties.settle(2)
    folio = lines.asked("MX/FGR", "US/DOJ")
    lines.json("US", "folio", "answer", folio, "--record", record, "--as", "doj-liaison")
    lines.parties.settle(4)
    for party, who in (("MX", "fgr-lawyer"), ("US", "doj-lawyer")):
        out = tmp_path / f"{party}.jsonl"
        made = lines.json(party, "export", "--folio", folio, "--out", str(out), "--as", who)
        assert (made["bytes"], out.stat().st_mode & 0o077) == (out.stat().st_size, 0)
        now = str(lines.parties.clock())
        verify = [sys.executable, "-m", "paridad_verify", str(out), "--at", now, "--charter-hash", made["charter_hash"]]
        assert subprocess.run(verify, check=False, capture_output=True).returncode == 0
    whole = tmp_path / "whole.jsonl"
    lines.json("MX", "export", "--out", str(whole), "--as", "fgr-lawyer")
    assert whole.stat().st_size > 0
    dry = lines.json("MX", "export", "--folio", folio, "--out", str(tmp_path / "no"), "--as", "fgr-lawyer", "--dry-run")
    assert (dry["lines"] > 0, (tmp_path / "no").exists()) == (True, False)
    assert (
        lines.run("MX", "export", "--folio", "MX-2025-0404", "--out", str(whole), "--as", "fgr-lawyer").exit_code == 2
    )


def test_views_are_made_again(lines: CommandLines) -> None:
    """Rebuilt views say what they said."""
    lines.asked("MX/FGR", "US/DOJ")
    before = lines.json("US", "folio", "list", "--as", "doj-liaison")
    assert {each["view"] for each in lines.json("US", "rebuild", "--dry-run")["views"]} == {
        "folio",
        "targets",
        "targets-daybook",
    }
    rebuilt = lines.json("US", "rebuild")
    assert all(each["projected"] for each in rebuilt["views"])
    assert lines.json("US", "folio", "list", "--as", "doj-liaison") == before


def test_a_backup_comes_back(lines: CommandLines, tmp_path: Path) -> None:
    """A copy is made beside its record of heads, refused where something stands, and put back where nothing does."""
    lines.asked("MX/FGR", "US/DOJ")
    copy = tmp_path / "copy.db"
    assert lines.json("US", "backup", "--out", str(copy), "--dry-run")["dry_run"] is True
    assert not copy.exists()
    made = lines.json("US", "backup", "--out", str(copy))
    assert {each["log"] for each in made["logs"]} >= {"US/gis-mx-us/shared"}
    again = lines.run("US", "backup", "--out", str(copy))
    assert (again.exit_code, "exists already" in again.stderr) == (1, True)
    occupied = lines.run("US", "restore", "--file", str(copy))
    assert occupied.exit_code == 1
    lines.parties.by_name["US"].close()
    for file in (tmp_path / "US").glob("node.db*"):
        file.unlink()
    assert lines.json("US", "restore", "--file", str(copy), "--dry-run")["file"].endswith("node.db")
    restored = lines.run("US", "restore", "--file", str(copy), lang="es")
    assert (restored.exit_code, "copia restaurada" in restored.stderr) == (0, True)
    settings = tmp_path / "US" / "node.toml"
    text = settings.read_text()
    settings.write_text('store = "postgresql+psycopg://nowhere/db"\n' + text)
    other = lines.run("US", "restore", "--file", str(copy))
    assert (other.exit_code, "PostgreSQL's own tools" in other.stderr) == (2, True)
    settings.write_text(text)
    nowhere = lines.run("US", "backup", "--out", str(tmp_path / "no" / "copy.db"))
    assert (nowhere.exit_code, "no folder" in nowhere.stderr) == (2, True)
    lines.parties.open("US")
    checked = lines.run("US", "node", "check", "--json")
    assert (checked.exit_code, '"ok":false' in checked.stdout) == (3, True)


def test_what_has_expired_is_destroyed(lines: CommandLines) -> None:
    """Past its retention a record loses its fields and keeps its place; folios keep theirs; a rehearsal only lists."""
    record = lines.record("US/DOJ", handling="RED")
    lines.parties.settle(2)
    folio = lines.asked("MX/FGR", "US/DOJ")
    assert lines.json("US", "erase", "expired", "--as", "doj-operator")["erased_acts"] == []
    lines.parties.clock.pass_(3651 * DAY)
    listed = lines.json("US", "erase", "expired", "--as", "doj-operator", "--dry-run")
    assert [each["act"] for each in listed["erased_acts"]] == [record]
    assert lines.run("US", "erase", "expired", "--as", "doj-liaison").exit_code == 1
    lines.json("US", "erase", "expired", "--as", "doj-operator")
    assert lines.json("US", "erase", "expired", "--as", "doj-operator")["erased_acts"] == []
    shown = lines.json("US", "act", "show", record, "--as", "doj-analyst")
    assert (shown["fields"], len(shown["erased"])) == ([], 1)
    assert lines.json("US", "folio", "show", folio, "--as", "doj-liaison")["acts"][0]["fields"]


@pytest.mark.parametrize("names", BOTH_WAYS, ids=WAYS)
def test_what_was_erased_is_in_no_file_of_the_database(names: tuple[str, str], tmp_path: Path) -> None:
    """A name leaves the views as well: once the command has returned, its bytes stand nowhere in the files."""
    with CommandLines(tmp_path, names) as lines:
        agency, operator = f"{names[1]}/DOJ", "doj-operator"
        node = lines.parties.by_name[names[1]]
        marks = Marks(agency, "AMBER", PURPOSE, BASIS)
        import_dossiers(node.own, node.views, [person("Quetzal")], marks, now=lines.parties.clock())
        assert in_the_files(node, b"Quetzalname")
        lines.parties.clock.pass_(3651 * DAY)
        lines.json(names[1], "erase", "expired", "--as", operator, "--dry-run")
        assert in_the_files(node, b"Quetzalname")
        lines.json(names[1], "erase", "expired", "--as", operator)
        assert not in_the_files(node, b"Quetzal")


def in_the_files(node: Node, marker: bytes) -> bool:
    """Whether a marker stands in the database file or its write-ahead log, in whatever case the views keep it."""
    path = node.own.store.path
    assert path is not None
    return any(marker.lower() in each.read_bytes().lower() for each in path.parent.glob(f"{path.name}*"))


def test_a_person_settles_what_waits(lines: CommandLines) -> None:
    """Quarantine and contradictions wait for the operator, are settled once with a reason, and never thrown away."""
    own = lines.parties.by_name["US"].own
    stream = Stream(own.programme, "MX/FGR", "US/DOJ")
    row = QuarantineRow(stream, 3, "A" * 43, 7, "no signature", 1_760_000_000)
    own.store.submit(lambda conn: streams.put_quarantine(conn, [row]))
    held = lines.record("US/DOJ")
    with own.store.read() as conn:
        act = get_act(conn, held)
    assert act is not None
    other = reading(act.signed)._replace(hash=ActHash("B" * 43))
    own.store.submit(lambda conn: put_conflicts(conn, [(ActHash(held), other)], about="identifier", at=1_760_000_000))
    status = lines.json("US", "status")
    assert (status["quarantined"], status["conflicts_open"]) == (1, 1)
    assert lines.json("US", "quarantine", "list")["quarantine"][0]["step"] == 7
    assert lines.json("US", "conflict", "list")["conflicts"][0]["held"] == held
    for settle in (("quarantine", "settle", "MX/FGR", "US/DOJ", "3"), ("conflict", "settle", held, "B" * 43)):
        why = ("--reason", "Asked by telephone.")
        for dry in ((), ("--dry-run",)):
            assert lines.run("US", *settle, *why, "--as", "doj-liaison", *dry).exit_code == 1
        bare = lines.run("US", *settle, "--as", "doj-operator")
        assert (bare.exit_code, "--reason" in bare.stderr) == (2, True)
        blank = lines.run("US", *settle, "--reason", " ", "--as", "doj-operator")
        assert (blank.exit_code, "The reason is missing" in blank.stderr) == (2, True)
        lines.json("US", *settle, *why, "--as", "doj-operator", "--dry-run")
        lines.json("US", *settle, *why, "--as", "doj-operator")
        for dry in ((), ("--dry-run",)):
            gone = lines.run("US", *settle, *why, "--as", "doj-operator", *dry)
            assert (gone.exit_code, "waits for a person" in gone.stderr) == (2, True)
    said = [{"settled_by": "doj-operator", "at": lines.parties.clock(), "reason": "Asked by telephone."}]
    for noun, listed in (("quarantine", "quarantine"), ("conflict", "conflicts")):
        assert lines.json("US", noun, "list")[listed] == []
        [settled] = lines.json("US", noun, "list", "--settled")[listed]
        assert (settled["settled_by"], settled["judgements"]) == ("doj-operator", said)


def test_policy_explains_itself(lines: CommandLines) -> None:
    """A question is answered with rule and clause; one that is incomplete is told what it lacks."""
    ask = ("policy", "explain", "command", "--set", "role", "analyst", "--set", "command", "answer")
    no = lines.json("MX", *ask, "--set", "proposer", "no")
    assert (no["allowed"], no["reasons"][0]["rule"], no["reasons"][0]["clause"]) == (False, "no-rule", "charter:roles")
    read = ("policy", "explain", "read", "--set", "role", "liaison", "--set", "sensitivity", "identity")
    yes = lines.json("MX", *read, "--set", "handling", "AMBER", "--set", "involved", "yes")
    assert (yes["allowed"], yes["reasons"][0]["rule"]) == (True, "read-content")
    incomplete = lines.run("MX", *ask, lang="es")
    assert (incomplete.exit_code, "--set proposer VALOR, uno de: no, yes" in incomplete.stderr) == (2, True)
    unknown = lines.run("MX", *ask, "--set", "colour", "red")
    assert (unknown.exit_code, "No colour here" in unknown.stderr) == (2, True)
    nothing = lines.run("MX", "policy", "explain", "everything")
    assert (nothing.exit_code, "release, onward, read, command" in nothing.stderr) == (2, True)


def test_the_evaluators_are_compared(lines: CommandLines, monkeypatch: pytest.MonkeyPatch) -> None:
    """Agreement is exit code 0; one difference is 3, with both answers side by side."""
    question = CommandQuestion(role="head", command="answer", proposer=False)
    difference = Difference(question, Answer("Allow", ("one",), ()), Verdict(allowed=False, rules=("two",)))
    found = Comparison(asked=2, allowed=1, spoke=frozenset({"one"}), differences=())
    monkeypatch.setattr(PolicyEngine, "compare", lambda _: found)
    assert lines.json("MX", "policy", "check")["questions"] == 2
    monkeypatch.setattr(PolicyEngine, "compare", lambda _: replace(found, differences=(difference,)))
    differs = lines.run("MX", "policy", "check")
    assert (differs.exit_code, "one" in differs.stdout, "two" in differs.stdout) == (3, True, True)


def test_peers_are_known_and_asked(lines: CommandLines) -> None:
    """What waits for a peer is shown without asking it; asked, it says its charter, time and sizes, or is unreachable."""
    lines.asked("MX/FGR", "US/DOJ")
    [peer] = lines.json("MX", "peer", "status")["peers"]
    assert (peer["party"], peer["outbound"][0]["countersigned"], peer["inbound"]) == ("US", 1, [])
    assert lines.json("US", "peer", "status")["peers"][0]["inbound"][0]["expects"] == 2
    [asked] = lines.json("MX", "peer", "status", "--ask")["peers"]
    assert (asked["answer"]["same_charter"], asked["answer"]["clock_ahead_seconds"]) == (True, 0)
    node = lines.parties.by_name["MX"]

    def refuse(_: str, __: Request) -> Response:
        return Response(503)

    node.transport = refuse
    assert lines.run("MX", "peer", "status", "--ask").exit_code == 1

    def silent(party: str, _: Request) -> Response:
        raise PeerUnreachable(Words(es=f"{party} no contesta.", en=f"{party} does not answer."))

    node.transport = silent
    unreachable = lines.run("MX", "peer", "status", "--ask", lang="es")
    assert (unreachable.exit_code, "US no contesta." in unreachable.stderr) == (4, True)


def test_the_node_is_checked(lines: CommandLines, tmp_path: Path) -> None:
    """Everything in order is exit code 0; a file that others may read, or a log that does not agree, is 3 and named."""
    lines.asked("MX/FGR", "US/DOJ")
    good = lines.json("MX", "node", "check", "--full")
    assert good["ok"] is True
    assert all(each["ok"] and each["check"]["es"] and each["check"]["en"] for each in good["checks"])
    key = tmp_path / "MX" / "keys" / "MX.FGR.1.json"
    os.chmod(key, 0o644)  # noqa: PTH101
    bad: Any = lines.run("MX", "node", "check", lang="es")
    assert (bad.exit_code, "MX.FGR.1.json" in bad.stdout) == (3, True)
    os.chmod(key, 0o600)  # noqa: PTH101
    node = lines.parties.by_name["MX"]
    node.own.store.submit(
        lambda conn: conn.exec_driver_sql("UPDATE tiles SET data = zeroblob(32) WHERE origin LIKE 'MX%'")
    )
    wrong = lines.run("MX", "node", "check", "--full", "--json")
    assert wrong.exit_code == 3
    lines.parties.clock.pass_(340 * DAY)
    old = lines.run("US", "node", "check")
    assert (old.exit_code, "2026-10-09" in old.stdout) == (3, True)
