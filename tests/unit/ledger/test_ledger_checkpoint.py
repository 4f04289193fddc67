# SPDX-License-Identifier: Apache-2.0
"""Checkpoints: the exact bytes that logs, witnesses and mirrors sign, and who is believed."""

from base64 import b64decode
from hashlib import sha256

import pytest

from paridad.base.errors import BadSignature
from paridad.ledger.checkpoint import (
    Checkpoint,
    Cosigner,
    CosignerKey,
    LogKey,
    LogSigner,
    cosign,
    cosigned_message,
    log_lines_only,
    open_checkpoint,
    read_checkpoint_text,
    sign_checkpoint,
    verify_cosignature,
)
from paridad.ledger.errors import NoteRefused
from paridad.ledger.merkle import EMPTY_ROOT
from paridad.ledger.note import Note, SignatureLine, add_lines, encode_base64, read_note
from support.memory_ledger import cosigner, log_signer

ORIGIN = "ALFA/prueba/shared"
LOG, OLD_LOG = log_signer(ORIGIN), log_signer(ORIGIN, 1)
WITNESS, MIRROR = cosigner("BETA/prueba/witness"), cosigner("BETA/prueba/mirror")
ROOT = bytes(range(32))
CHECKPOINT = Checkpoint(ORIGIN, 12, ROOT)
TIME = 1_700_000_000
NOTE = sign_checkpoint(CHECKPOINT, LOG, TIME)
SEEN = open_checkpoint(NOTE, log_keys=[LOG.public])
COSIGNED = add_lines(NOTE, cosign(SEEN, WITNESS, TIME + 3))
LINES = read_note(NOTE).signatures
WITNESS_LINES = read_note(COSIGNED).signatures[2:]


def with_lines(*lines: SignatureLine) -> bytes:
    """Return the note with these lines instead of its own."""
    return bytes(Note(CHECKPOINT.text, lines))


def test_the_text_is_three_lines() -> None:
    """Origin, size, root."""
    assert CHECKPOINT.text == f"{ORIGIN}\n12\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n".encode()
    assert read_checkpoint_text(CHECKPOINT.text) == CHECKPOINT
    assert read_checkpoint_text(b"a\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n").root == EMPTY_ROOT


ROOT_LINE = encode_base64(ROOT)
BAD_TEXTS: dict[str, str] = {
    "an extension line": f"{ORIGIN}\n12\n{ROOT_LINE}\nextension\n",
    "an empty fourth line": f"{ORIGIN}\n12\n{ROOT_LINE}\n\n",
    "two lines": f"{ORIGIN}\n12\n",
    "no newline at the end": f"{ORIGIN}\n12\n{ROOT_LINE}",
    "a size with a leading zero": f"{ORIGIN}\n012\n{ROOT_LINE}\n",
    "a size that is not a number": f"{ORIGIN}\ntwelve\n{ROOT_LINE}\n",
    "a size of 2^63": f"{ORIGIN}\n9223372036854775808\n{ROOT_LINE}\n",
    "a root of 31 bytes": f"{ORIGIN}\n12\n{encode_base64(ROOT[:31])}\n",
    "a root that is not base64": f"{ORIGIN}\n12\n?\n",
    "an empty origin": f"\n12\n{ROOT_LINE}\n",
    "an origin with a blank": f"ALFA prueba\n12\n{ROOT_LINE}\n",
    "an origin of 256 bytes": f"{'a' * 256}\n12\n{ROOT_LINE}\n",
    "size 0 with a root of something": f"{ORIGIN}\n0\n{ROOT_LINE}\n",
    "leaves with the root of nothing": f"{ORIGIN}\n12\n{encode_base64(EMPTY_ROOT)}\n",
}


@pytest.mark.parametrize("text", BAD_TEXTS.values(), ids=BAD_TEXTS.keys())
def test_any_other_text_is_refused(text: str) -> None:
    """One form, so that equal statements are equal bytes."""
    with pytest.raises(NoteRefused):
        read_checkpoint_text(text.encode())


def test_a_text_that_is_not_utf_8_is_refused() -> None:
    """The replacement character is no way in."""
    with pytest.raises(NoteRefused):
        read_checkpoint_text(b"\xff \n12\n" + ROOT_LINE.encode() + b"\n")
    assert read_checkpoint_text("ñ\n12\n".encode() + ROOT_LINE.encode() + b"\n").origin == "ñ"


def test_the_log_signs_two_lines_of_exactly_these_bytes() -> None:
    """Ed25519 over the text; ML-DSA-44 over `cosigned_message`, after eight bytes of time."""
    classical, quantum = LINES
    assert [line.name for line in LINES] == [ORIGIN, ORIGIN]
    assert [len(line.blob) for line in LINES] == [64, 8 + 2420]
    LOG.ed25519.public.verify(classical.blob, CHECKPOINT.text)
    assert quantum.blob[:8] == TIME.to_bytes(8, "big")
    message = (
        b"subtree/v1\n\0"
        + bytes([len(ORIGIN)]) + ORIGIN.encode()
        + TIME.to_bytes(8, "big")
        + bytes([len(ORIGIN)]) + ORIGIN.encode()
        + bytes(8) + (12).to_bytes(8, "big")
        + ROOT
    )  # fmt: skip
    assert cosigned_message(ORIGIN, TIME, CHECKPOINT) == message
    LOG.mldsa.public.verify(quantum.blob[8:], message)


def test_a_witness_signs_two_lines_of_exactly_these_bytes() -> None:
    """Ed25519 over header line, time line and text; ML-DSA-44 over `cosigned_message` with its own name."""
    classical, quantum = WITNESS_LINES
    time = (TIME + 3).to_bytes(8, "big")
    assert [line.name for line in WITNESS_LINES] == [WITNESS.name] * 2
    assert [len(line.blob) for line in WITNESS_LINES] == [8 + 64, 8 + 2420]
    assert [line.blob[:8] for line in WITNESS_LINES] == [time, time]
    text = b"cosignature/v1\ntime 1700000003\n" + CHECKPOINT.text
    WITNESS.ed25519.public.verify(classical.blob[8:], text)
    WITNESS.mldsa.public.verify(quantum.blob[8:], cosigned_message(WITNESS.name, TIME + 3, CHECKPOINT))
    with pytest.raises(BadSignature):
        WITNESS.mldsa.public.verify(quantum.blob[8:], cosigned_message(MIRROR.name, TIME + 3, CHECKPOINT))


def test_key_ids_are_those_of_the_specification() -> None:
    """First four bytes of SHA-256 over name, newline, type, key; the type of the second line is the same for all."""
    kinds = [line.key_id for key in (LOG.public, WITNESS.public) for line in key.lines]
    assert kinds == [
        sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]
        for name, kind, public in [
            (ORIGIN, 0x01, LOG.public.ed25519.raw),
            (ORIGIN, 0x06, LOG.public.mldsa.raw),
            (WITNESS.name, 0x04, WITNESS.public.ed25519.raw),
            (WITNESS.name, 0x06, WITNESS.public.mldsa.raw),
        ]
    ]
    assert kinds == [line.key_id for line in (*LINES, *WITNESS_LINES)]
    assert len(set(kinds)) == 4


def test_a_checkpoint_is_opened_with_both_lines() -> None:
    """Size, root and the time of the second line; the note stays as it came."""
    assert (SEEN.checkpoint, SEEN.note, SEEN.time) == (CHECKPOINT, NOTE, TIME)
    seen = open_checkpoint(COSIGNED, log_keys=[OLD_LOG.public, LOG.public])
    assert (seen.checkpoint, seen.time) == (CHECKPOINT, TIME)
    again = sign_checkpoint(CHECKPOINT, LOG, TIME + 60)
    assert open_checkpoint(add_lines(NOTE, again.partition(b"\n\n")[2]), log_keys=[LOG.public]).time == TIME + 60


def test_the_empty_log_has_a_checkpoint() -> None:
    """Size 0 and SHA-256 of nothing."""
    note = sign_checkpoint(Checkpoint(ORIGIN, 0, EMPTY_ROOT), LOG, TIME)
    assert open_checkpoint(note, log_keys=[LOG.public]).checkpoint == Checkpoint(ORIGIN, 0, EMPTY_ROOT)


ZERO_TIME = SignatureLine(ORIGIN, LINES[1].key_id, bytes(8) + LINES[1].blob[8:])
LATE = SignatureLine(ORIGIN, LINES[1].key_id, b"\xff" * 8 + LINES[1].blob[8:])
OTHER_TIME = SignatureLine(ORIGIN, LINES[1].key_id, (TIME + 1).to_bytes(8, "big") + LINES[1].blob[8:])
OTHER_TEXT = read_note(sign_checkpoint(Checkpoint(ORIGIN, 13, ROOT), LOG, TIME)).signatures
ELSEWHERE = log_signer("BETA/prueba/shared")
NOT_OURS = bytes(Note(CHECKPOINT.text, read_note(sign_checkpoint(
    Checkpoint(ELSEWHERE.name, 12, ROOT), ELSEWHERE, TIME)).signatures))  # fmt: skip

REFUSED: dict[str, bytes] = {
    "without the post-quantum line": with_lines(LINES[0]),
    "without the Ed25519 line": with_lines(LINES[1]),
    "with lines of two different keys": with_lines(
        LINES[0], read_note(sign_checkpoint(CHECKPOINT, OLD_LOG, TIME)).signatures[1]
    ),
    "with the time 0": with_lines(LINES[0], ZERO_TIME),
    "with a time of 2^64 - 1": with_lines(LINES[0], LATE),
    "with a time that was not signed": with_lines(LINES[0], OTHER_TIME),
    "with the signature of another text": with_lines(LINES[0], OTHER_TEXT[1]),
    "with one line that fails beside both that verify": with_lines(*LINES, OTHER_TEXT[0]),
    "with a post-quantum line that is cut": with_lines(
        LINES[0], SignatureLine(ORIGIN, LINES[1].key_id, LINES[1].blob[:-1])
    ),
    "signed by another log": NOT_OURS,
    "that is no checkpoint": bytes(Note(b"hello\n", (SignatureLine(ORIGIN, LINES[0].key_id, LOG.ed25519.sign(b"hello\n")),))),
}  # fmt: skip


@pytest.mark.parametrize("note", REFUSED.values(), ids=REFUSED.keys())
def test_a_checkpoint_is_refused(note: bytes) -> None:
    """A missing post-quantum line is a failure, never a fallback."""
    with pytest.raises(NoteRefused):
        open_checkpoint(note, log_keys=[LOG.public, OLD_LOG.public, ELSEWHERE.public])


def test_a_log_signs_under_its_own_name_and_a_true_time() -> None:
    """Programming slips that would make bytes nobody accepts."""
    for checkpoint, time in [
        (Checkpoint("BETA/prueba/shared", 12, ROOT), TIME),
        (CHECKPOINT, 0),
        (CHECKPOINT, 2**63),
        (Checkpoint(ORIGIN, -1, ROOT), TIME),
        (Checkpoint(ORIGIN, 12, ROOT[:31]), TIME),
    ]:
        with pytest.raises(NoteRefused):
            sign_checkpoint(checkpoint, LOG, time)


def test_the_bounds_of_time_size_and_name_are_admitted() -> None:
    """The last of each; the next ones are in the tables of refusals."""
    for time in (1, 2**63 - 1):
        assert open_checkpoint(sign_checkpoint(CHECKPOINT, LOG, time), log_keys=[LOG.public]).time == time
    largest = log_signer("a" * 255)
    for size in (1, 2**63 - 1):
        checkpoint = Checkpoint(largest.name, size, ROOT)
        note = sign_checkpoint(checkpoint, largest, TIME)
        assert open_checkpoint(note, log_keys=[largest.public]).checkpoint == checkpoint
    with pytest.raises(NoteRefused):
        sign_checkpoint(Checkpoint(largest.name, 2**63, ROOT), largest, TIME)


def test_a_cosigner_has_a_name_of_its_own() -> None:
    """Not the log's, and one that fits into the signed message."""
    keys = (WITNESS.ed25519, WITNESS.mldsa)
    for name in (ORIGIN, "", "two words", "w" * 256):
        with pytest.raises(NoteRefused, match="name of its own"):
            cosign(SEEN, Cosigner(name, *keys), TIME)
    with pytest.raises(NoteRefused, match="never 0"):
        cosign(SEEN, WITNESS, 0)


def test_a_cosignature_is_verified_with_both_lines() -> None:
    """Of several cosignings the latest counts; lines of the log and of others are not looked at."""
    both = add_lines(add_lines(COSIGNED, cosign(SEEN, MIRROR, TIME + 4)), cosign(SEEN, WITNESS, TIME + 9))
    verified = verify_cosignature(both, WITNESS.public)
    assert (verified.checkpoint, verified.cosigner, verified.time) == (CHECKPOINT, WITNESS.name, TIME + 9)
    assert verify_cosignature(both, MIRROR.public).time == TIME + 4
    backwards = add_lines(NOTE, cosign(SEEN, WITNESS, TIME + 9) + cosign(SEEN, WITNESS, TIME + 3))
    assert verify_cosignature(backwards, WITNESS.public).time == TIME + 9


LATER = read_note(add_lines(NOTE, cosign(SEEN, WITNESS, TIME + 9))).signatures[2:]
HALF: dict[str, tuple[SignatureLine, ...]] = {
    "without the post-quantum line": WITNESS_LINES[:1],
    "without the Ed25519 line": WITNESS_LINES[1:],
    "without either": (),
    "with lines of two different times": (WITNESS_LINES[0], LATER[1]),
    "with an Ed25519 line that is cut": (
        SignatureLine(WITNESS.name, WITNESS_LINES[0].key_id, WITNESS_LINES[0].blob[:-1]),
        WITNESS_LINES[1],
    ),
    "with the other's Ed25519 signature": (
        SignatureLine(WITNESS.name, WITNESS_LINES[0].key_id, LATER[0].blob[:8] + WITNESS_LINES[0].blob[8:]),
        WITNESS_LINES[1],
    ),
}


@pytest.mark.parametrize("lines", HALF.values(), ids=HALF.keys())
def test_half_a_cosignature_is_refused(lines: tuple[SignatureLine, ...]) -> None:
    """Both lines, one time."""
    with pytest.raises(NoteRefused):
        verify_cosignature(with_lines(*LINES, *lines), WITNESS.public)


def test_a_witness_key_is_not_a_mirror_key() -> None:
    """Lines of the one do not stand for the other, even under its name."""
    borrowed = CosignerKey(MIRROR.name, WITNESS.public.ed25519, WITNESS.public.mldsa)
    with pytest.raises(NoteRefused):
        verify_cosignature(COSIGNED, MIRROR.public)
    with pytest.raises(NoteRefused):
        verify_cosignature(COSIGNED, borrowed)


def test_foreign_lines_are_dropped_on_demand() -> None:
    """What is stored first and sent to a witness is the text with its log's two lines."""
    assert log_lines_only(COSIGNED, [LOG.public]) == NOTE
    assert log_lines_only(COSIGNED, [OLD_LOG.public, LOG.public]) == NOTE


def flips(note: bytes, bits: range) -> list[int]:
    """Return the bits whose flip was not detected."""
    missed = []
    for bit in bits:
        changed = bytearray(note)
        changed[bit // 8] ^= 1 << (bit % 8)
        try:
            open_checkpoint(bytes(changed), log_keys=[LOG.public])
        except NoteRefused:
            continue
        missed.append(bit)
    return missed


def test_every_bit_flip_outside_the_long_signature_is_detected() -> None:
    """Text, Ed25519 line, name, key id and time of the second line; and one bit in 101 of the rest."""
    start = NOTE.index(b64decode(b"4oCU") + b" " + ORIGIN.encode(), len(CHECKPOINT.text) + 8)
    head = (start + len(ORIGIN) + 5 + 16) * 8
    assert flips(NOTE, range(head)) == []
    assert flips(NOTE, range(head, len(NOTE) * 8, 101)) == []


@pytest.mark.slow
@pytest.mark.faults
def test_every_single_bit_flip_of_a_checkpoint_is_detected() -> None:
    """All of them."""
    assert flips(NOTE, range(len(NOTE) * 8)) == []


def test_public_halves_carry_no_secret() -> None:
    """What is handed to others is built of public keys alone."""
    assert LOG.public == LogKey(ORIGIN, LOG.ed25519.public, LOG.mldsa.public)
    assert LogSigner(ORIGIN, LOG.ed25519, LOG.mldsa) == LOG
    assert LOG.ed25519.seed.hex() not in repr(LOG)
