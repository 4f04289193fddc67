# SPDX-License-Identifier: Apache-2.0
"""The example blocks of the C2SP documents: signed-note, tlog-checkpoint, tlog-cosignature, tlog-witness."""

import json
from typing import Any

import pytest

from paridad.ledger.checkpoint import read_checkpoint_text
from paridad.ledger.errors import NoteRefused
from paridad.ledger.note import open_note, read_note, read_verifier_key
from paridad.ledger.witness import read_add_checkpoint, write_add_checkpoint
from support.shared_data import shared

pytestmark = pytest.mark.shared

ORIGIN = "example.com/behind-the-sofa"
SIZE = 20852163


@pytest.fixture(scope="module")
def examples() -> dict[str, Any]:
    """Return the example blocks."""
    blocks: dict[str, Any] = json.loads(shared("log/c2sp_examples.json").read_text(encoding="utf-8"))
    return blocks


def test_the_first_note_verifies_with_its_key(examples: dict[str, Any]) -> None:
    """The one example that carries its verifier key."""
    key = read_verifier_key(examples["signed_note"]["vkey"])
    note = examples["signed_note"]["note"].encode()
    assert open_note(note, [key]).text == b"This is an example message.\n"
    assert open_note(note, [key]).times_of(key) == {0}


def test_a_note_of_an_unknown_key_is_read_and_not_believed(examples: dict[str, Any]) -> None:
    """Its text holds an empty line of its own: text and signatures part at the last one."""
    note = examples["signed_note_unknown_key"]["note"].encode()
    assert read_note(note).text.endswith("\n\ned è subito sera.\n".encode())
    assert bytes(read_note(note)) == note
    with pytest.raises(NoteRefused, match="No known key signed"):
        open_note(note, [read_verifier_key(examples["signed_note"]["vkey"])])


@pytest.mark.parametrize(("name", "signatures"), [("checkpoint", 1), ("cosigned_checkpoint", 2)])
def test_checkpoints_are_read(examples: dict[str, Any], name: str, signatures: int) -> None:
    """Origin, size, root; with or without the line of a witness."""
    note = read_note(examples[name]["text"].encode())
    assert len(note.signatures) == signatures
    checkpoint = read_checkpoint_text(note.text)
    assert (checkpoint.origin, checkpoint.size, checkpoint.root.hex()[:8]) == (ORIGIN, SIZE, "0ac5186a")
    assert checkpoint.text == note.text


def test_the_message_of_a_cosignature_has_the_published_bytes(examples: dict[str, Any]) -> None:
    """Header line, time line, then the text of the checkpoint."""
    text = read_note(examples["checkpoint"]["text"].encode()).text
    published = examples["cosignature_message_ed25519"]["text"].encode()
    assert published == b"cosignature/v1\ntime 1679315147\n" + text


def test_the_request_to_a_witness_is_read_and_written_back(examples: dict[str, Any]) -> None:
    """`old`, four hashes, an empty line, a checkpoint with two lines of one name and two key ids."""
    body = examples["add_checkpoint_request"]["text"].encode()
    request = read_add_checkpoint(body)
    assert (request.old, len(request.proof)) == (20852014, 4)
    assert read_checkpoint_text(read_note(request.note).text).size == SIZE
    assert write_add_checkpoint(request.old, request.proof, request.note) == body
