# SPDX-License-Identifier: Apache-2.0
"""A proof that travels: one entry, its audit path, the checkpoint with its cosignatures (C2SP tlog-proof).

Rules
  - The bytes are `c2sp.org/tlog-proof@v1`, `index <n>`, the audit path a hash a line, an empty line, the checkpoint.
  - The optional `extra` line is authenticated by nothing: it is skipped, never read from, never written.
  - `open_proof` returns a `VerifiedEntry`; who else must have cosigned is the caller's policy (`verify_cosignature`
    over the note).

Worked example
    data = write_proof(1, prove(store, origin, 1, 2), note)
    open_proof(data, b"b", log_keys=[key]).index        is 1
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from paridad.base.words import Words
from paridad.ledger.checkpoint import LogKey, VerifiedCheckpoint, open_checkpoint
from paridad.ledger.errors import ProofRefused
from paridad.ledger.merkle import leaf_hash, verify_inclusion
from paridad.ledger.note import MAX_NOTE_BYTES, decode_base64, encode_base64, read_decimal

HEADER = "c2sp.org/tlog-proof@v1"
MAX_PROOF_BYTES = MAX_NOTE_BYTES + 128 * 1024

_FORM = re.compile(
    rb"c2sp\.org/tlog-proof@v1\n(?:extra [A-Za-z0-9+/=]*\n)?index ([0-9]{1,19})\n((?:[A-Za-z0-9+/=]{44}\n){0,64})\n"
)


@dataclass(frozen=True, slots=True)
class VerifiedEntry:
    """An entry that stands at `index` of the log, under a checkpoint of that log; out of `open_proof` only."""

    entry: bytes
    index: int
    seen: VerifiedCheckpoint


def write_proof(index: int, path: Sequence[bytes], note: bytes) -> bytes:
    """Return the bytes of a proof."""
    lines = [HEADER, f"index {index}", *(encode_base64(node) for node in path), "", ""]
    return "\n".join(lines).encode() + note


def open_proof(data: bytes, entry: bytes, *, log_keys: Sequence[LogKey]) -> VerifiedEntry:
    """Verify that an entry is logged, or raise `ProofRefused` or `NoteRefused`."""
    # (1) The proof has its form.
    match = _FORM.match(data) if len(data) <= MAX_PROOF_BYTES else None
    if not match:
        raise ProofRefused(Words(es="No tiene la forma de una prueba.", en="Not of the form of a proof."))
    index = read_decimal(match[1].decode("ascii"))
    path = [decode_base64(line) for line in match[2].decode("ascii").splitlines()]
    # (2) The log signed the checkpoint, with both keys.
    seen = open_checkpoint(data[match.end() :], log_keys=log_keys)
    # (3) The entry stands at that index of that tree.
    verify_inclusion(leaf_hash(entry), index, seen.checkpoint.size, path, seen.checkpoint.root)
    return VerifiedEntry(entry, index, seen)
