# SPDX-License-Identifier: Apache-2.0
r"""Checkpoints and cosignatures: who says that a log has this size and this root.

Specifications: C2SP tlog-checkpoint v1.0.0, tlog-cosignature v1.0.1 (Ed25519) and 1.1.0-rc.1 (ML-DSA-44).

Rules
  - The text is three lines: origin, size in decimal without leading zeros, root in base64. No extension lines at all:
    an ML-DSA-44 line does not cover them. A checkpoint of size 0 carries SHA-256 of the empty string.
  - The log signs two lines under its origin: Ed25519 (0x01) over the text; ML-DSA-44 (0x06) over `cosigned_message`.
  - A witness or mirror signs two lines under its name: Ed25519 (0x04) over `cosignature/v1`, `time <t>` and the text;
    ML-DSA-44 (0x06) over `cosigned_message`. Both state the same time.
  - Both lines are due, always. A missing post-quantum line is a failure, never a fallback.
  - The Ed25519 cosignature does not name its cosigner: each role has an Ed25519 key of its own.
  - Only verification makes a `VerifiedCheckpoint`, and only a verified checkpoint can be cosigned (law 2).

Signed bytes of ML-DSA-44 (`cosigned_message`)
    "subtree/v1\n\0" | u8 length, cosigner name | u64 time | u8 length, origin | u64 start = 0 | u64 end = size | root

Worked example
    note = sign_checkpoint(Checkpoint("AA/practice/shared", 0, EMPTY_ROOT), signer, 1_700_000_000)
    seen = open_checkpoint(note, log_keys=[signer.public])
    seen.checkpoint.size                        is 0
    note = add_lines(note, cosign(seen, witness, 1_700_000_003))
    verify_cosignature(note, witness.public).time   is 1700000003
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from paridad.base.signing import (
    Ed25519Key,
    Ed25519Signer,
    MlDsaKey,
    MlDsaSigner,
)
from paridad.ledger.merkle import EMPTY_ROOT, HASH_BYTES, MAX_SIZE
from paridad.ledger.note import (
    Ed25519NoteKey,
    Note,
    NoteKey,
    SignatureLine,
    VerifiedNote,
    decode_base64,
    encode_base64,
    is_key_name,
    key_id,
    open_note,
    read_decimal,
    read_note,
    refused,
)

ED25519_COSIGNATURE_TYPE = 0x04
MLDSA44_TYPE = 0x06
MAX_NAME_BYTES = 255
MAX_TIME = 2**63 - 1
TIME_BYTES = 8

_LABEL = b"subtree/v1\n\0"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Origin, size and root of a log."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> bytes:
        """The note text, the exact bytes that are signed."""
        return f"{self.origin}\n{self.size}\n{encode_base64(self.root)}\n".encode()


@dataclass(frozen=True, slots=True)
class VerifiedCheckpoint:
    """A checkpoint whose log signed it with both keys; it comes out of `open_checkpoint` only."""

    checkpoint: Checkpoint
    note: bytes
    time: int
    """When the log says that this was its largest tree: Unix seconds of its ML-DSA-44 line."""


@dataclass(frozen=True, slots=True)
class VerifiedCosignature:
    """What a witness or mirror signed with both keys; it comes out of `verify_cosignature` only."""

    checkpoint: Checkpoint
    cosigner: str
    time: int


@dataclass(frozen=True, slots=True)
class Ed25519CosignatureKey:
    """Type 0x04: Ed25519 over header line, time line and the text."""

    name: str
    key: Ed25519Key

    @property
    def key_id(self) -> bytes:
        """Four bytes over name, type and key."""
        return key_id(self.name, ED25519_COSIGNATURE_TYPE, self.key.raw)

    def check(self, text: bytes, blob: bytes) -> int:
        """Verify a timestamped signature and return its time."""
        time, signature = _read_timestamped(blob)
        self.key.verify(signature, _cosignature_message(time, text))
        return time


@dataclass(frozen=True, slots=True)
class MlDsaCosignatureKey:
    """Type 0x06: ML-DSA-44 over `cosigned_message`; the log's own second line is of this type too."""

    name: str
    key: MlDsaKey

    @property
    def key_id(self) -> bytes:
        """Four bytes over name, type and key."""
        return key_id(self.name, MLDSA44_TYPE, self.key.raw)

    def check(self, text: bytes, blob: bytes) -> int:
        """Verify a timestamped signature and return its time."""
        time, signature = _read_timestamped(blob)
        self.key.verify(signature, cosigned_message(self.name, time, read_checkpoint_text(text)))
        return time


@dataclass(frozen=True, slots=True)
class LogKey:
    """The two public keys of a log; its name is its origin."""

    name: str
    ed25519: Ed25519Key
    mldsa: MlDsaKey

    @property
    def lines(self) -> tuple[NoteKey, NoteKey]:
        """The keys of the two lines that are due."""
        return Ed25519NoteKey(self.name, self.ed25519), MlDsaCosignatureKey(self.name, self.mldsa)


@dataclass(frozen=True, slots=True)
class CosignerKey:
    """The two public keys of a witness or mirror."""

    name: str
    ed25519: Ed25519Key
    mldsa: MlDsaKey

    @property
    def lines(self) -> tuple[NoteKey, NoteKey]:
        """The keys of the two lines that are due."""
        return Ed25519CosignatureKey(self.name, self.ed25519), MlDsaCosignatureKey(self.name, self.mldsa)


@dataclass(frozen=True, slots=True)
class LogSigner:
    """The two private keys of a log."""

    name: str
    ed25519: Ed25519Signer
    mldsa: MlDsaSigner

    @property
    def public(self) -> LogKey:
        """The public half."""
        return LogKey(self.name, self.ed25519.public, self.mldsa.public)


@dataclass(frozen=True, slots=True)
class Cosigner:
    """The two private keys of a witness or of a mirror; never the same Ed25519 key in two roles."""

    name: str
    ed25519: Ed25519Signer
    mldsa: MlDsaSigner

    @property
    def public(self) -> CosignerKey:
        """The public half."""
        return CosignerKey(self.name, self.ed25519.public, self.mldsa.public)


def read_checkpoint_text(text: bytes) -> Checkpoint:
    """Read the text of a checkpoint in its one spelling, or raise `NoteRefused`."""
    match text.decode("utf-8", errors="replace").split("\n"):
        case [origin, size, root, ""]:
            checkpoint = Checkpoint(origin, read_decimal(size), decode_base64(root))
        case _:
            raise refused(
                "Un punto de control tiene tres líneas y ninguna más.", "A checkpoint has three lines and no more."
            )
    _demand_well_formed(checkpoint)
    return checkpoint


def sign_checkpoint(checkpoint: Checkpoint, signer: LogSigner, time: int) -> bytes:
    """Return the note of a checkpoint with both signature lines of its log.

    This is the bare signature: `paridad.ledger.log.sign_head` is the way to it, after recomputing the root.
    """
    _demand_well_formed(checkpoint)
    if signer.name != checkpoint.origin:
        raise refused("Una bitácora firma solo con su propio nombre.", "A log signs under its own name only.")
    classical, quantum = signer.public.lines
    lines = (
        SignatureLine(signer.name, classical.key_id, signer.ed25519.sign(checkpoint.text)),
        _timestamped(quantum, _demand_time(time), signer.mldsa.sign, cosigned_message(signer.name, time, checkpoint)),
    )
    return bytes(Note(checkpoint.text, lines))


def open_checkpoint(note: bytes, *, log_keys: Sequence[LogKey]) -> VerifiedCheckpoint:
    """Verify a checkpoint with the keys its log may use, or raise `NoteRefused`.

    Several keys are given across a change of keys: one of them must have signed both lines, and none may fail.
    """
    # (1) The note can be read; every line of a known key verifies; there is at least one.
    verified = open_note(note, [line for key in log_keys for line in key.lines])
    # (2) The text is a checkpoint in its one form.
    checkpoint = read_checkpoint_text(verified.text)
    # (3) One log key, named as the origin, signed both lines.
    times = [time for key in log_keys if key.name == checkpoint.origin for time in _times_of_both(verified, key)]
    if not times:
        raise refused(
            f"Falta una de las dos firmas de {checkpoint.origin}.",
            f"One of the two signatures of {checkpoint.origin} is missing.",
        )
    return VerifiedCheckpoint(checkpoint, note, max(times))


def cosign(verified: VerifiedCheckpoint, cosigner: Cosigner, time: int) -> bytes:
    """Return both signature lines of a witness or mirror; call it after what it attests is durable."""
    checkpoint = verified.checkpoint
    if cosigner.name == checkpoint.origin or not _is_name(cosigner.name):
        raise refused("El testigo necesita un nombre propio.", "The cosigner needs a name of its own.")
    message = _cosignature_message(_demand_time(time), checkpoint.text)
    classical, quantum = cosigner.public.lines
    lines = (
        _timestamped(classical, time, cosigner.ed25519.sign, message),
        _timestamped(quantum, time, cosigner.mldsa.sign, cosigned_message(cosigner.name, time, checkpoint)),
    )
    return b"".join(bytes(line) for line in lines)


def verify_cosignature(note: bytes, cosigner: CosignerKey) -> VerifiedCosignature:
    """Verify both lines of one cosigner, or raise `NoteRefused`; of several cosignings the latest counts."""
    verified = open_note(note, cosigner.lines)
    checkpoint = read_checkpoint_text(verified.text)
    classical, quantum = (verified.times_of(line) for line in cosigner.lines)
    times = classical & quantum
    if not times:
        raise refused(
            f"Falta una de las dos firmas de {cosigner.name}.",
            f"One of the two signatures of {cosigner.name} is missing.",
        )
    return VerifiedCosignature(checkpoint, cosigner.name, max(times))


def cosigned_message(cosigner: str, time: int, checkpoint: Checkpoint) -> bytes:
    """Return the bytes that ML-DSA-44 signs (tlog-cosignature, `cosigned_message`), for a whole tree: start is 0."""
    return b"".join(
        [
            _LABEL,
            _short(cosigner),
            time.to_bytes(TIME_BYTES),
            _short(checkpoint.origin),
            (0).to_bytes(8),
            checkpoint.size.to_bytes(8),
            checkpoint.root,
        ]
    )


def log_lines_only(note: bytes, log_keys: Sequence[LogKey]) -> bytes:
    """Return a note with the lines of its log alone: what is stored first and sent to a witness."""
    due = {(line.name, line.key_id) for key in log_keys for line in key.lines}
    read = read_note(note)
    return bytes(Note(read.text, tuple(line for line in read.signatures if (line.name, line.key_id) in due)))


def _times_of_both(verified: VerifiedNote, key: LogKey) -> frozenset[int]:
    classical, quantum = (verified.times_of(line) for line in key.lines)
    return quantum if classical else frozenset()


def _cosignature_message(time: int, text: bytes) -> bytes:
    return f"cosignature/v1\ntime {time}\n".encode() + text


def _timestamped(key: NoteKey, time: int, sign: Callable[[bytes], bytes], message: bytes) -> SignatureLine:
    return SignatureLine(key.name, key.key_id, time.to_bytes(TIME_BYTES) + sign(message))


def _read_timestamped(blob: bytes) -> tuple[int, bytes]:
    """Part time and signature; the length of the signature is checked where it is verified."""
    return _demand_time(int.from_bytes(blob[:TIME_BYTES])), blob[TIME_BYTES:]


def _demand_time(time: int) -> int:
    if not 1 <= time <= MAX_TIME:
        raise refused("La hora de un punto de control nunca es 0.", "The time of a checkpoint is never 0.")
    return time


def _demand_well_formed(checkpoint: Checkpoint) -> None:
    if not _is_name(checkpoint.origin):
        raise refused("El origen no es un nombre de clave.", "The origin is not a key name.")
    if not 0 <= checkpoint.size <= MAX_SIZE or len(checkpoint.root) != HASH_BYTES:
        raise refused("Tamaño o raíz fuera de lo admitido.", "Size or root outside what is admitted.")
    if (checkpoint.size == 0) != (checkpoint.root == EMPTY_ROOT):
        raise refused(
            "El árbol vacío, y solo él, tiene la raíz de nada.",
            "The empty tree, and no other, has the root of nothing.",
        )


def _is_name(name: str) -> bool:
    return is_key_name(name) and len(name.encode()) <= MAX_NAME_BYTES


def _short(name: str) -> bytes:
    data = name.encode()
    return bytes([len(data)]) + data
