# SPDX-License-Identifier: Apache-2.0
"""Signed checkpoints and cosignatures (C2SP signed-note, tlog-checkpoint, tlog-cosignature).

- The text ends at the last empty line; it is origin, size, root and nothing else, each in its one spelling.
- The log signs with Ed25519 (0x01) and ML-DSA-44 (0x06), a cosigner with 0x04 and 0x06, both for one time. One line
  without the other is a fault, not a fallback. Lines of unknown keys are passed over; a known key that fails
  condemns the note.
"""

import re
from collections import defaultdict
from hashlib import sha256
from typing import NamedTuple

from paridad_verify.faults import Fault, demand
from paridad_verify.keys import CLOCK_TOLERANCE, Key, Keys
from paridad_verify.signatures import check_ed25519, check_mldsa44
from paridad_verify.strict import base64

_TEXT = re.compile(r"([!-*,-~]{1,255})\n(0|[1-9][0-9]{0,18})\n([A-Za-z0-9+/]{43}=)\n")
_LINE = re.compile(r"— ([^\s+\0-\x1f]+) ([A-Za-z0-9+/=]+)\n")
_MAX_LINES = 64


class Checkpoint(NamedTuple):
    """A verified checkpoint: what the log signed and when, and who cosigned it."""

    origin: str
    size: int
    root: bytes
    time: int
    cosigned: tuple[tuple[str, str, int], ...]
    """Party, `witness` or `mirror`, and Unix seconds."""


def open_checkpoint(note: str, keys: Keys, now: int) -> Checkpoint:
    """Verify a note with its log lines and the cosignatures of every cosigner that the programme knows."""
    body, _, tail = note.rpartition("\n\n")
    text, found = _TEXT.fullmatch(body + "\n"), _LINE.findall(tail)
    if text is None or "".join(f"— {name} {blob}\n" for name, blob in found) != tail or len(found) > _MAX_LINES:
        raise Fault("note")
    head = _Head(text[0].encode(), text[1], int(text[2]), base64(text[3]), defaultdict(list))
    for name, blob in found:
        data = base64(blob)
        head.lines[name, data[:4]].append(data[4:])
    signed = max((head.latest(key, head.origin) for key in keys.log_keys(head.origin, head.size)), default=0)
    demand(signed > 0, "log-unsigned", origin=head.origin)
    times = [(key.party, key.use, head.latest(key, name)) for key, name in keys.cosigners(head.origin)]
    demand(max(signed, *(time for *_, time in times)) <= now + CLOCK_TOLERANCE, "future")
    return Checkpoint(head.origin, head.size, head.root, signed, tuple(each for each in times if each[2]))


class _Head(NamedTuple):
    text: bytes
    origin: str
    size: int
    root: bytes
    lines: defaultdict[tuple[str, bytes], list[bytes]]  # signatures by name and key id

    def latest(self, key: Key, name: str) -> int:
        """Return when a log, witness or mirror last signed with this key, 0 if it did not."""
        quantum, classic, of_log = set[int](), set[int](), name == self.origin
        sizes, names = self.size.to_bytes(8), [bytes([len(each)]) + each.encode() for each in (name, self.origin)]
        for blob in self._blobs(name, 6, key.mldsa44):
            message = b"subtree/v1\n\0" + names[0] + blob[:8] + names[1] + bytes(8) + sizes + self.root
            check_mldsa44(key.mldsa44, blob[8:], message)
            quantum.add(int.from_bytes(blob[:8]))
        for blob in self._blobs(name, 1 if of_log else 4, key.ed25519):
            at = int.from_bytes(blob[:8])
            prefix = b"" if of_log else b"cosignature/v1\ntime %d\n" % at
            check_ed25519(key.ed25519, blob if of_log else blob[8:], prefix + self.text)
            classic |= quantum if of_log else {at}
        demand(quantum == classic and all(time and key.counts_at(time) for time in quantum), "half-signed", name=name)
        return max(quantum, default=0)

    def _blobs(self, name: str, kind: int, key: bytes) -> list[bytes]:
        return self.lines[name, sha256(name.encode() + b"\n" + bytes([kind]) + key).digest()[:4]]
