# SPDX-License-Identifier: Apache-2.0
"""Signed checkpoints and cosignatures (C2SP signed-note, tlog-checkpoint, tlog-cosignature).

- The text ends at the last empty line; it is origin, size, root and nothing else, each in its one spelling.
- The log signs with Ed25519 (0x01) and ML-DSA-44 (0x06), a cosigner with 0x04 and 0x06, both for one time. One line
  without the other is a fault, not a fallback. Lines of unknown keys are passed over; a known key that fails
  condemns the note.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
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
    demand("".join(f"— {name} {blob}\n" for name, blob in found) == tail and len(found) <= _MAX_LINES, "note")
    if text is None:
        raise Fault("note")
    lines = defaultdict[tuple[str, bytes], list[bytes]](list)
    for name, blob in found:
        data = base64(blob)
        lines[name, data[:4]].append(data[4:])
    origin, size = text[1], int(text[2])
    head = _Head(text[0].encode(), origin, size, base64(text[3]), lines)
    signed = max((head.latest(key, origin) for key in keys.log_keys(origin, size)), default=0)
    demand(signed > 0, "log-unsigned", origin=origin)
    times = [(key.party, key.use, head.latest(key, name)) for key, name in keys.cosigners(origin)]
    demand(max(signed, *(time for *_, time in times)) <= now + CLOCK_TOLERANCE, "future")
    return Checkpoint(origin, size, head.root, signed, tuple(each for each in times if each[2]))


class _Head(NamedTuple):
    """A checkpoint and its signature lines by name and key id."""

    text: bytes
    origin: str
    size: int
    root: bytes
    lines: dict[tuple[str, bytes], list[bytes]]

    def latest(self, key: Key, name: str) -> int:
        """Return when a log, witness or mirror last signed with this key, 0 if it did not."""
        quantum, classic = set[int](), set[int]()
        for blob in self._blobs(name, 6, key.mldsa44):
            parts = (b"subtree/v1\n\0", _short(name), blob[:8], _short(self.origin), bytes(8))
            check_mldsa44(key.mldsa44, blob[8:], b"".join(parts) + self.size.to_bytes(8) + self.root)
            quantum.add(int.from_bytes(blob[:8]))
        for blob in self._blobs(name, 1, key.ed25519) if name == self.origin else ():
            check_ed25519(key.ed25519, blob, self.text)
            classic = quantum
        for blob in self._blobs(name, 4, key.ed25519) if name != self.origin else ():
            classic.add(int.from_bytes(blob[:8]))
            time = b"cosignature/v1\ntime %d\n" % int.from_bytes(blob[:8])
            check_ed25519(key.ed25519, blob[8:], time + self.text)
        demand(quantum == classic and all(time and key.counts_at(time) for time in quantum), "half-signed", name=name)
        return max(quantum, default=0)

    def _blobs(self, name: str, kind: int, key: bytes) -> Iterable[bytes]:
        return self.lines.get((name, sha256(name.encode() + b"\n" + bytes([kind]) + key).digest()[:4]), ())


def _short(name: str) -> bytes:
    return bytes([len(name)]) + name.encode()
