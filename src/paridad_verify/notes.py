# SPDX-License-Identifier: Apache-2.0
"""Signed checkpoints and cosignatures (C2SP signed-note, tlog-checkpoint, tlog-cosignature).

- The text ends at the last empty line; it is origin, size, root and nothing else, each in its one spelling.
- The log signs with Ed25519 (0x01) and ML-DSA-44 (0x06), a cosigner with 0x04 and 0x06, both for one time. One line
  without the other is a fault. Lines of unknown keys are passed over; a known key that fails condemns the note.
"""

import re
from base64 import b64encode
from collections import defaultdict
from collections.abc import Mapping
from hashlib import sha256
from typing import NamedTuple

from paridad_verify.keys import CLOCK_TOLERANCE, Key, Keys
from paridad_verify.proofs import check_ed25519, check_mldsa44
from paridad_verify.strict import Fault, base64, demand

MAX_LINES = 64
_TEXT = re.compile(r"([!-*,-~]{1,255})\n(0|[1-9][0-9]{0,18})\n([A-Za-z0-9+/]{43}=)\n")
_LINE = re.compile(r"— ([^\s+\0-\x1f]+) ([A-Za-z0-9+/=]+)\n")


class Checkpoint(NamedTuple):
    """A verified checkpoint: what the log signed, and who cosigned it: party, `witness` or `mirror`, Unix seconds."""

    origin: str
    size: int
    root: bytes
    cosigned: tuple[tuple[str, str, int], ...] = ()


def open_checkpoint(note: str, keys: Keys, now: int) -> Checkpoint:
    """Verify a note with its log lines and the cosignatures of every cosigner that the programme knows."""
    body, _, tail = note.rpartition("\n\n")
    text, found = _TEXT.fullmatch(body + "\n"), _LINE.findall(tail)
    if text is None or "".join(f"— {name} {blob}\n" for name, blob in found) != tail or len(found) > MAX_LINES:
        raise Fault("note")
    head, lines = Checkpoint(text[1], int(text[2]), base64(text[3])), defaultdict[tuple[str, bytes], list[bytes]](list)
    for name, blob in ((name, base64(blob)) for name, blob in found):
        lines[name, blob[:4]].append(blob[4:])
    signed = max((_latest(head, key, head.origin, lines) for key in keys.log_keys(head.origin, head.size)), default=0)
    demand(signed > 0, "log-unsigned", origin=head.origin)
    times = [(key.party, key.use, _latest(head, key, name, lines)) for key, name in keys.cosigners(head.origin)]
    demand(max(signed, *(time for *_, time in times)) <= now + CLOCK_TOLERANCE, "future")
    return head._replace(cosigned=tuple(each for each in times if each[2]))


def _latest(head: Checkpoint, key: Key, name: str, lines: Mapping[tuple[str, bytes], list[bytes]]) -> int:
    """Return when a log, witness or mirror last signed with this key, 0 if it did not."""
    size, names = head.size.to_bytes(8), [bytes([len(each)]) + each.encode() for each in (name, head.origin)]
    text, of_log = f"{head.origin}\n{head.size}\n{b64encode(head.root).decode()}\n".encode(), name == head.origin
    quantum, classic = set[int](), set[int]()
    for blob in lines[name, _key_id(name, 6, key.mldsa44)]:
        message = b"subtree/v1\n\0" + names[0] + blob[:8] + names[1] + bytes(8) + size + head.root
        check_mldsa44(key.mldsa44, blob[8:], message)
        quantum.add(int.from_bytes(blob[:8]))
    for blob in lines[name, _key_id(name, 1 if of_log else 4, key.ed25519)]:
        at = int.from_bytes(blob[:8])
        prefix = b"" if of_log else b"cosignature/v1\ntime %d\n" % at
        check_ed25519(key.ed25519, blob if of_log else blob[8:], prefix + text)
        classic |= quantum if of_log else {at}
    demand(quantum == classic and all(time and key.counts_at(time) for time in quantum), "half-signed", name=name)
    return max(quantum, default=0)


def _key_id(name: str, kind: int, key: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + bytes([kind]) + key).digest()[:4]
