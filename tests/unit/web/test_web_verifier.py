# SPDX-License-Identifier: Apache-2.0
"""The browser's verifier gives the verdicts of our own: on published vectors, and on notes and proofs made here."""

import json
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from paridad.acts.envelope import act_hash
from paridad.ledger.checkpoint import (
    ED25519_COSIGNATURE_TYPE,
    Checkpoint,
    Cosigner,
    LogSigner,
    cosign,
    open_checkpoint,
    sign_checkpoint,
)
from paridad.ledger.merkle import leaf_hash, node_hash
from paridad.ledger.note import ED25519_TYPE, add_lines, verifier_key
from paridad.ledger.proof import open_proof, write_proof
from support.memory_ledger import cosigner, log_signer
from support.shared_data import shared

pytestmark = pytest.mark.node_js

ROOT = Path(__file__).parents[3]
HARNESS = ROOT / "tests/support/verifier.mjs"
MODULES = ROOT / "src/paridad/web/client/modules"
ORIGIN, WITNESS = "A/practice/shared", "B/practice/witness"
TIME = 1_790_000_000
STRICT_ACCEPTS = {305}
"""The one edge case that our own strict rule accepts: `tests/vectors/test_ed25519_edges.py`."""


def ask(*questions: dict[str, Any]) -> list[str]:
    """Return what the verifier answers, in Node."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs Node, which is not on this machine")
    done = subprocess.run(
        [node, str(HARNESS), str(MODULES)], input=json.dumps(questions), capture_output=True, text=True, check=True
    )
    answers: list[str] = json.loads(done.stdout)
    return answers


def b64(data: bytes) -> str:
    return b64encode(data).decode()


@pytest.mark.shared
@pytest.mark.parametrize("family", ["inclusion", "consistency"])
def test_every_published_tree_gets_its_published_verdict(family: str) -> None:
    rows = json.loads(shared(f"log/merkle_{family}.json").read_text(encoding="utf-8"))
    answers = ask(*({"about": family, **row["vector"]} for row in rows))
    for row, answer in zip(rows, answers, strict=True):
        refused = row["vector"]["wantErr"] or (family == "consistency" and row["vector"]["size1"] == 0)
        assert bool(answer) == refused, row["file"]
    assert answers.count("") >= 5


@pytest.mark.shared
def test_the_edge_cases_of_ed25519_get_our_own_strict_verdict() -> None:
    rows = json.loads(shared("log/ed25519_edge_cases.json").read_text())
    asked = [
        {
            "about": "signature",
            "key": b64(bytes.fromhex(row["key"])),
            "signature": b64(bytes.fromhex(row["sig"])),
            "message": b64(row["msg"].encode()),
        }
        for row in rows
    ]
    answers = ask(*asked)
    assert {row["number"] for row, answer in zip(rows, answers, strict=True) if not answer} == STRICT_ACCEPTS


@pytest.mark.shared
def test_the_examples_of_the_note_formats_are_read() -> None:
    examples = json.loads(shared("log/c2sp_examples.json").read_text(encoding="utf-8"))
    signed, unknown = examples["signed_note"], examples["signed_note_unknown_key"]["note"]
    first, second, third = ask(
        {"about": "note", "note": signed["note"], "keys": [signed["vkey"]]},
        {"about": "note", "note": unknown, "keys": [signed["vkey"]]},
        {"about": "checkpoint", "note": examples["cosigned_checkpoint"]["text"]},
    )
    assert first == "example.com/foo log 0"
    assert second.endswith("unknown 0")
    assert third.split()[:2] == ["example.com/behind-the-sofa", "20852163"]


@dataclass(frozen=True)
class Made:
    """A log of two acts, its cosigned checkpoint, and the proof of the second act."""

    act: bytes
    note: bytes
    proof: bytes
    log: LogSigner
    witness: Cosigner

    @property
    def keys(self) -> list[str]:
        """Return the verifier keys of both."""
        return [
            verifier_key(ORIGIN, ED25519_TYPE, self.log.ed25519.public),
            verifier_key(WITNESS, ED25519_COSIGNATURE_TYPE, self.witness.ed25519.public),
        ]


@cache
def made() -> Made:
    first, second = b"eyJh.YQ.Yg", b"eyJh.Yw.ZA"
    root = node_hash(leaf_hash(first), leaf_hash(second))
    log, witness = log_signer(ORIGIN), cosigner(WITNESS)
    note = sign_checkpoint(Checkpoint(ORIGIN, 2, root), log, TIME)
    note = add_lines(note, cosign(open_checkpoint(note, log_keys=[log.public]), witness, TIME + 3))
    return Made(second, note, write_proof(1, [leaf_hash(first)], note), log, witness)


def test_our_own_notes_are_read_line_by_line_and_the_quantum_lines_are_named() -> None:
    [said] = ask({"about": "note", "note": made().note.decode(), "keys": made().keys})
    assert said == f"{ORIGIN} log 0, {ORIGIN} quantum 0, {WITNESS} cosigner {TIME + 3}, {WITNESS} quantum 0"


def test_our_own_proof_verifies_in_both_and_names_the_act_alike() -> None:
    found = open_proof(made().proof, made().act, log_keys=[made().log.public])
    with_fields = made().act.decode() + "~opened~"
    assert ask({"about": "entry", "proof": made().proof.decode(), "act": with_fields}) == [act_hash(found.entry)]


WRONG_NOTES: dict[str, tuple[Callable[[str], str], str]] = {
    "another size": (lambda text: text.replace("\n2\n", "\n3\n", 1), "bad_signature"),
    "a size with a leading zero": (lambda text: text.replace("\n2\n", "\n02\n", 1), "bad_signature"),
    "no empty line": (lambda text: text.replace("\n\n", "\n", 1), "note_form"),
    "a control character": (lambda text: text.replace("\n2\n", "\n2\r\n", 1), "note_form"),
    "a hyphen for the dash": (lambda text: text.replace("— ", "- ", 1), "line_form"),
    "a base64 with another ending": (lambda text: text.removesuffix("\n") + "=\n", "base64"),
}


@pytest.mark.parametrize("name", WRONG_NOTES)
def test_a_changed_note_is_refused_with_its_reason(name: str) -> None:
    change, why = WRONG_NOTES[name]
    note = made().note.decode()
    assert ask({"about": "note", "note": change(note), "keys": made().keys}) == [f"refused: {why}"]


def test_a_changed_act_a_moved_index_and_a_foreign_key_are_refused() -> None:
    proof, act = made().proof.decode(), made().act.decode()
    broken = made().keys[0].replace("+", "+0", 1)
    assert ask(
        {"about": "entry", "proof": proof, "act": act[:-1] + "Q"},
        {"about": "entry", "proof": proof.replace("index 1", "index 0"), "act": act},
        {"about": "entry", "proof": proof.replace("@v1", "@v2"), "act": act},
        {"about": "entry", "proof": proof, "act": "not an act"},
        {"about": "note", "note": made().note.decode(), "keys": [broken]},
    ) == [f"refused: {why}" for why in ("not_included", "not_included", "proof_form", "act_form", "key_form")]


def test_a_key_under_another_number_is_unknown_and_proves_nothing() -> None:
    other = verifier_key(ORIGIN, ED25519_TYPE, log_signer(ORIGIN, 7).ed25519.public)
    [said] = ask({"about": "note", "note": made().note.decode(), "keys": [other]})
    assert "log" not in said.replace(ORIGIN, "").split()
    assert sha256(other.encode()).digest() != sha256(made().keys[0].encode()).digest()
