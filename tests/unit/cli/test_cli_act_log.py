# SPDX-License-Identifier: Apache-2.0
"""Acts and logs by the command line: what is shown, what is proved, and what a proof is worth elsewhere."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from paridad.ledger.checkpoint import Checkpoint, sign_checkpoint
from paridad.ledger.evidence import Side, write_equivocation
from paridad.ledger.merkle import Subtree
from paridad.store.acts import get_act
from paridad.store.ledger import keep_evidence
from paridad.store.streams import outbox_of, receipt_for
from support.cli_world import CommandLines


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[CommandLines, str, str]]:
    """Return a world with a folio that was answered with a record."""
    with CommandLines(tmp_path_factory.mktemp("acts")) as lines:
        record = lines.record("US/DOJ")
        lines.parties.settle(2)
        folio = lines.asked("MX/FGR", "US/DOJ")
        lines.json("US", "folio", "answer", folio, "--record", record, "--as", "doj-liaison")
        lines.parties.settle(3)
        yield lines, folio, record


def test_an_act_shows_what_the_reader_may_see(world: tuple[CommandLines, str, str]) -> None:
    """An auditor sees the envelope and the reason why not the content; an operator is told nothing is there."""
    lines, _, record = world
    seen = lines.json("US", "act", "show", record, "--as", "doj-analyst")
    assert {"name", "source.list"} <= {each["path"] for each in seen["fields"]}
    oversight = lines.json("US", "act", "show", record, "--as", "doj-auditor")
    assert "name" not in {each["path"] for each in oversight["fields"]}
    assert {"rule": "oversight-reads-envelopes"}.items() <= oversight["withheld"][0]["reasons"][0].items()
    operator = lines.run("US", "act", "show", record, "--as", "doj-operator")
    absent = lines.run("US", "act", "show", "A" * 43, "--as", "doj-liaison")
    assert (operator.exit_code, absent.exit_code) == (2, 2)
    assert operator.stderr.replace(record, "A" * 43) == absent.stderr
    text = lines.run("US", "act", "show", record, "--as", "doj-analyst", lang="es").stdout
    assert "Expediente" in text
    assert "10 oct 2025" in text


def test_an_act_is_verified_where_it_was_issued_and_where_it_came(world: tuple[CommandLines, str, str]) -> None:
    """Ten steps and the place in the issuer's log, on both nodes; a file has no place."""
    lines, folio, record = world
    request = lines.json("MX", "folio", "show", folio, "--as", "fgr-liaison")["acts"][0]["act"]
    for party, act, origin in (
        ("US", record, "US/gis-mx-us/own"),
        ("MX", record, "US/gis-mx-us/own"),
        ("MX", request, "MX/gis-mx-us/shared"),
        ("US", request, "MX/gis-mx-us/shared"),
    ):
        reader = "doj-liaison" if party == "US" else "fgr-liaison"
        verified = lines.json(party, "act", "verify", "--act", act, "--as", reader)
        assert (verified["ok"], verified["log"], len(verified["proved"])) == (True, origin, 6)
    fresh = lines.record("US/DOJ", seed=7)
    too_early = lines.run("US", "act", "verify", "--act", fresh, "--as", "doj-liaison")
    assert (too_early.exit_code, "No signed checkpoint" in too_early.stderr) == (2, True)


def test_an_act_in_a_file(world: tuple[CommandLines, str, str], tmp_path: Path) -> None:
    """An act handed over in a file is verified by itself; one changed bit is named with its step and exit code 3."""
    lines, folio, _ = world
    file, changed = tmp_path / "act.txt", tmp_path / "changed.txt"
    with lines.parties.by_name["MX"].own.store.read() as conn:
        request = lines.json("MX", "folio", "show", folio, "--as", "fgr-liaison")["acts"][0]["act"]
        act = get_act(conn, request)
    assert act is not None
    file.write_bytes(act.signed + b"~\n")
    changed.write_bytes(act.signed[:-4] + b"AAAA~")
    ok = lines.json("US", "act", "verify", "--file", str(file), "--as", "doj-liaison")
    assert (ok["act"], ok["log"], len(ok["proved"])) == (request, "", 5)
    refused = lines.run("US", "act", "verify", "--file", str(changed), "--as", "doj-liaison", lang="es")
    assert (refused.exit_code, refused.stdout) == (3, "")
    assert refused.stderr.startswith("(7)")
    neither = lines.run("US", "act", "verify", "--as", "doj-liaison")
    assert (neither.exit_code, "--act or by --file" in neither.stderr) == (2, True)


def test_a_proof_travels(world: tuple[CommandLines, str, str], tmp_path: Path) -> None:
    """A proof made on one node is verified on the other, with the quorum of cosignatures of the charter."""
    lines, folio, record = world
    request = lines.json("MX", "folio", "show", folio, "--as", "fgr-liaison")["acts"][0]["act"]
    for maker, act in (("MX", request), ("US", request), ("US", record), ("MX", record)):
        proof, signed = tmp_path / f"{maker}-{act}.proof", tmp_path / f"{maker}-{act}.act"
        made = lines.json(maker, "log", "prove", act, "--out", str(proof))
        assert made["file"] == str(proof)
        with lines.parties.by_name[maker].own.store.read() as conn:
            stored = get_act(conn, act)
        assert stored is not None
        signed.write_bytes(stored.signed + b"~")
        for party in ("MX", "US"):
            verified = lines.json(party, "log", "verify", "--proof", str(proof), "--act", str(signed))
            assert (verified["ok"], verified["index"]) == (True, made["index"])
    wrong = tmp_path / "wrong.act"
    wrong.write_bytes(b"not this one")
    refused = lines.run("MX", "log", "verify", "--proof", str(proof), "--act", str(wrong))
    assert refused.exit_code == 3
    bare = tmp_path / "bare.proof"
    text = proof.read_text().rstrip("\n").splitlines(keepends=True)
    bare.write_text("".join(line for line in text if "/witness" not in line and "/mirror" not in line))
    alone = lines.run("MX", "log", "verify", "--proof", str(bare), "--act", str(signed), "--json")
    assert (alone.exit_code, '"ok":false' in alone.stdout) == (3, True)
    assert lines.run("MX", "log", "prove", "A" * 43).exit_code == 2


def test_receipts_are_proved_from_the_mirror(world: tuple[CommandLines, str, str]) -> None:
    """A receipt came without a proof; its place follows from the mirrored log."""
    lines, folio, _ = world
    request = lines.json("MX", "folio", "show", folio, "--as", "fgr-liaison")["acts"][0]["act"]
    with lines.parties.by_name["MX"].own.store.read() as conn:
        cover = outbox_of(conn, request)[0].cover
    with lines.parties.by_name["US"].own.store.read() as conn:
        receipt = receipt_for(conn, cover or "")
    assert lines.json("MX", "log", "prove", str(receipt))["log"] == "US/gis-mx-us/shared"


def test_heads_are_signed_and_cosigned(world: tuple[CommandLines, str, str], tmp_path: Path) -> None:
    """The head of each log shows who vouched for it; the note is written out to the byte."""
    lines, _, _ = world
    head = lines.json("MX", "log", "head")
    assert {each["cosigner"] for each in head["cosigned"]} == {"US/gis-mx-us/witness", "US/gis-mx-us/mirror"}
    out = tmp_path / "head.txt"
    lines.json("MX", "log", "head", "--out", str(out))
    assert out.read_text() == head["note"]
    own = lines.json("US", "log", "head", "--log", "own")
    assert [each["cosigner"] for each in own["cosigned"]] == ["MX/gis-mx-us/witness"]
    text = lines.run("MX", "log", "head", lang="es").stdout
    assert "Punto de control:\n  MX/gis-mx-us/shared\n" in text
    none = lines.run("MX", "log", "head", "--log", "own")
    assert (none.exit_code, "no signed head" in none.stderr) == (2, True)


def test_sizes_of_a_log_continue_one_another(world: tuple[CommandLines, str, str]) -> None:
    """A consistency proof is made and checked; sizes that do not exist are refused."""
    lines, _, _ = world
    size = lines.json("MX", "log", "head")["size"]
    proved = lines.json("MX", "log", "consistency", "1", str(size))
    assert (proved["ok"], proved["old"], proved["new"]) == (True, 1, size)
    for old, new in (("0", "1"), ("2", "1"), ("1", str(size + 1))):
        assert lines.run("MX", "log", "consistency", old, new).exit_code == 2


def test_evidence_is_listed_written_and_judged(world: tuple[CommandLines, str, str], tmp_path: Path) -> None:
    """Two signed histories of one size prove themselves; what proves nothing says so."""
    lines, _, _ = world
    own = lines.parties.by_name["US"].own
    notes = [
        sign_checkpoint(Checkpoint(own.shared, 1, bytes([fill] * 32)), own.log_signers[own.shared], 1_760_086_000)
        for fill in (1, 2)
    ]
    sides = [Side(note, bytes([fill] * 32)) for note, fill in zip(notes, (1, 2), strict=True)]
    proof = write_equivocation(Subtree(0, 1), *sides)
    mine = lines.parties.by_name["MX"].own
    for data in (proof, b"paridad/unproven/1\n"):
        mine.store.submit(lambda conn, data=data: keep_evidence(conn, own.shared, data))  # type: ignore[misc]
    assert lines.json("MX", "log", "evidence")["evidence"][0]["file"] == ""
    listed = lines.json("MX", "log", "evidence", "--out", str(tmp_path / "kept"))["evidence"]
    assert [each["proves"] for each in listed] == [True, False]
    judged = lines.json("US", "log", "evidence", "--file", listed[0]["file"])
    assert (judged["ok"], judged["log"], len(judged["histories"])) == (True, own.shared, 2)
    assert lines.run("US", "log", "evidence", "--file", listed[1]["file"]).exit_code == 3
