# SPDX-License-Identifier: Apache-2.0
"""Changing keys by the command line, with the other party listening: enrolled, activated, retired, revoked."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from paridad.base.words import Words
from paridad.ledger.port import EMPTY_HEAD
from paridad.node.keeping import announce_change
from paridad.programme.records import Ending
from paridad.programme.statements import assemble_change, draft_ending, sign_as
from paridad.store.ledger import SqlLedgerStore
from support.cli_world import BASIS, PURPOSE, CommandLines, officer

OPS = ("--as", "fgr-operator")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[tuple[CommandLines, str]]:
    """Return a world and the file of the first party's root."""
    with CommandLines(tmp_path) as lines:
        root = tmp_path / "root.json"
        root.write_bytes(lines.parties.secrets["MX"].root.to_json())
        lines.asked("MX/FGR", "US/DOJ")
        yield lines, str(root)


REASON = ("--reason-es", "Relevo anual", "--reason-en", "Yearly rotation")


def keys_of(lines: CommandLines, party: str, at: str = "MX") -> dict[str, bool]:
    """Return a node's keys of a party, and whether each is in force."""
    return {each["key"]: each["in_force"] for each in lines.json(at, "key", "list", "--party", party)["keys"]}


def test_an_act_key_is_rolled_over_without_a_gap(world: tuple[CommandLines, str]) -> None:
    """Enrolled, acknowledged, activated, used; then the old one retires, and the other node knows all of it."""
    lines, root = world
    enrol = ("key", "enrol", "MX/FGR", "--use", "act", "--root", root, *OPS)
    rehearsed = lines.json("MX", *enrol, "--dry-run")
    assert (rehearsed["key"], rehearsed["predecessor"]) == ("MX/FGR#3", "MX/FGR#1")
    made = lines.json("MX", *enrol)
    assert made["to_activate"] is True
    assert lines.json("MX", "key", "list")["pending"] == ["MX.FGR.3.json.new"]
    early = lines.run("MX", "key", "activate", "MX/FGR#3", *OPS)
    assert (early.exit_code, "Not acknowledged yet by: US" in early.stderr) == (5, True)
    too_early = lines.run("MX", "key", "retire", "MX/FGR#1", "--root", root, *REASON, *OPS)
    assert (too_early.exit_code, "is in use" in too_early.stderr) == (2, True)
    lines.parties.settle(3)
    lines.json("MX", "key", "activate", "MX/FGR#3", *OPS, "--dry-run")
    lines.json("MX", "key", "activate", "MX/FGR#3", *OPS)
    assert lines.json("MX", "key", "list")["pending"] == []
    again = lines.run("MX", "key", "activate", "MX/FGR#3", *OPS)
    assert (again.exit_code, "no key to activate" in again.stderr) == (2, True)
    folio = lines.asked("MX/FGR", "US/DOJ")
    shown = lines.json("US", "folio", "show", folio, "--as", officer("US/DOJ"))
    assert shown["acts"][0]["key"] == "MX/FGR#3"
    retire = ("key", "retire", "MX/FGR#1", "--root", root, *REASON, *OPS)
    lines.json("MX", *retire, "--dry-run")
    lines.json("MX", *retire)
    lines.parties.settle(3)
    for party in ("MX", "US"):
        found = keys_of(lines, "MX", at=party)
        assert (found["MX/FGR#1"], found["MX/FGR#3"]) == (False, True)
    lines.asked("MX/FGR", "US/DOJ")


def test_a_lost_key_counts_up_to_what_was_cosigned_before(world: tuple[CommandLines, str]) -> None:
    """Revoked back to before the theft: later acts are disputed, earlier ones stand; a revoked witness ends in time."""
    lines, root = world
    for owner, use in (("MX/FGR", "act"), ("MX", "witness"), ("MX", "mirror"), ("MX", "log-shared"), ("MX", "log-own")):
        made = lines.json("MX", "key", "enrol", owner, "--use", use, "--root", root, *OPS)
        lines.parties.settle(3)
        lines.json("MX", "key", "activate", made["key"], *OPS)
    lines.parties.settle(3)
    lines.asked("MX/FGR", "US/DOJ")
    stolen = str(lines.parties.clock() - 3600)
    for kid in ("MX/FGR#1", "MX/witness#1", "MX/log-shared#1"):
        lines.json("MX", "key", "revoke", kid, "--since", stolen, "--root", root, *REASON, *OPS)
    lines.parties.settle(4)
    found = keys_of(lines, "MX", at="US")
    assert [found[kid] for kid in ("MX/FGR#1", "MX/witness#1", "MX/log-shared#1")] == [False] * 3
    assert lines.json("US", "status")["quarantined"] == 0


def test_a_sealing_key_is_at_hand_at_once(world: tuple[CommandLines, str]) -> None:
    """Others may seal to it as soon as they know it, so it opens as soon as it is announced."""
    lines, root = world
    made = lines.json("MX", "key", "enrol", "MX/FGR", "--use", "sealing", "--root", root, *OPS)
    assert (made["to_activate"], made["predecessor"]) == (False, "MX/FGR#1")
    lines.parties.settle(3)
    lines.asked("US/DOJ", "MX/FGR")
    assert lines.json("MX", "folio", "list", "--as", officer("MX/FGR"))["folios"]


def test_a_key_is_not_retired_before_all_it_signed_is_cosigned(world: tuple[CommandLines, str]) -> None:
    """What was signed a moment ago and not yet vouched for would not count any more: try again after the next round."""
    lines, root = world
    lines.json("MX", "key", "enrol", "MX/FGR", "--use", "act", "--root", root, *OPS)
    lines.parties.settle(3)
    marks = ("--handling", "AMBER", "--purpose", PURPOSE, "--basis", BASIS, "--urgency", "urgent")
    lines.json("MX", "folio", "ask", "US/DOJ", "--question", "¿?", *marks, "--as", officer("MX/FGR"))
    lines.json("MX", "key", "activate", "MX/FGR#3", *OPS)
    retire = ("key", "retire", "MX/FGR#1", "--root", root, *REASON, *OPS)
    early = lines.run("MX", *retire)
    assert (early.exit_code, "cosigned yet" in early.stderr) == (5, True)
    lines.parties.settle(3)
    lines.json("MX", *retire)


def test_where_no_key_is_left_the_root_alone_enrols_the_next(world: tuple[CommandLines, str]) -> None:
    """After its only key was revoked an agency begins again: nobody has to sign for a successor."""
    lines, root = world
    own = lines.parties.by_name["MX"].own
    with own.store.read() as conn:
        head = SqlLedgerStore(conn).head(own.shared)
    now = lines.parties.clock()
    endings = (Ending("own", 0, EMPTY_HEAD.root, 0), Ending("shared", head.size, head.root, head.size))
    reason = Words(es="Perdida", en="Lost")
    statement = draft_ending("revoke", own.prg, "MX/SRE#1", issued_at=now, reason=reason, endings=endings)
    signed = assemble_change(statement, sign_as("root", statement, lines.parties.secrets["MX"].root))
    announce_change(own, "MX/FGR", signed, now=now)
    made = lines.json("MX", "key", "enrol", "MX/SRE", "--use", "act", "--root", root, *OPS)
    assert (made["key"], made["predecessor"]) == ("MX/SRE#3", "")


REFUSED: dict[str, tuple[tuple[str, ...], int, str]] = {
    "another party's agency": (("enrol", "US/DOJ", "--use", "act"), 2, "no agency of MX"),
    "an agency for what a party signs": (("enrol", "MX/FGR", "--use", "witness"), 2, "the party's: MX"),
    "a use that does not exist": (("enrol", "MX/FGR", "--use", "magic"), 2, "not one of"),
    "an end of another party's key": (("retire", "US/DOJ#1", *REASON), 2, "not a key of this party"),
    "a key that is not there": (("retire", "MX/FGR#9", *REASON), 2, "not a key of this party"),
    "accepted": (("enrol", "MX/FGR", "--use", "act"), 0, ""),
}


@pytest.mark.parametrize(("arguments", "code", "sentence"), REFUSED.values(), ids=REFUSED.keys())
def test_a_change_of_keys_is_refused(
    world: tuple[CommandLines, str], arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    """What does not belong to this party, or to nobody, is not changed here."""
    lines, root = world
    result = lines.run("MX", "key", *arguments, "--root", root, *OPS, "--dry-run")
    assert (result.exit_code, sentence in result.stderr) == (code, True), result.output


def test_only_the_operator_and_only_the_root(world: tuple[CommandLines, str], tmp_path: Path) -> None:
    """Another role is refused by policy, another root by its fingerprint, a lost predecessor by its name."""
    lines, root = world
    enrol = ("key", "enrol", "MX/FGR", "--use", "act", "--root")
    assert lines.run("MX", *enrol, root, "--as", officer("MX/FGR")).exit_code == 1
    foreign = tmp_path / "foreign.json"
    foreign.write_bytes(lines.parties.secrets["US"].root.to_json())
    refused = lines.run("MX", *enrol, str(foreign), *OPS)
    assert (refused.exit_code, "not the root of MX" in refused.stderr) == (2, True)
    (tmp_path / "MX" / "keys" / "MX.FGR.1.json").unlink()
    lost = lines.run("MX", *enrol, root, *OPS)
    assert (lost.exit_code, "has to sign" in lost.stderr) == (2, True)
