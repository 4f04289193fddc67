# SPDX-License-Identifier: Apache-2.0
"""Fetching a payload that an act names: by ranges, resumable, whole or not at all.

Rules
  - A payload's name is the SHA-256 of its ciphertext; what does not fit is thrown away and said (law 2).
  - Bytes are asked for in ranges (RFC 9110 §14); a cut line goes on where the durable mark stands.
  - The key is a disclosure of the act that names the payload; nothing here knows it.
  - Memory stays flat whatever the size.

Worked example
    fetch_payload(payloads, "A", digest, size, transport)        is 3: ranges that were asked for
"""

from paridad.base.words import Words
from paridad.exchange.errors import PeerRefused
from paridad.exchange.paths import PAYLOAD
from paridad.exchange.transport import Request, Transport
from paridad.store.payloads import PayloadStore

RANGE_BYTES = 4 * 1024 * 1024
HTTP_PARTIAL = 206


def fetch_payload(payloads: PayloadStore, party: str, digest: str, size: int, transport: Transport) -> int:
    """Take in a payload from a party, from where an earlier attempt stopped; return how many ranges were asked for."""
    if payloads.has(digest):
        return 0
    asked = 0
    with payloads.receive(digest, size) as incoming:
        while incoming.offset < size:
            last = min(incoming.offset + RANGE_BYTES, size) - 1
            wanted = Request("GET", f"{PAYLOAD}{digest}", byte_range=(incoming.offset, last))
            response = transport(party, wanted)
            if response.status != HTTP_PARTIAL or not response.body:
                raise _refused(party, response.status)
            incoming.write([response.body])
            incoming.pause()
            asked += 1
        incoming.finish()
    return asked


def _refused(party: str, status: int) -> PeerRefused:
    return PeerRefused(
        status,
        Words(es=f"{party} no entregó el anexo ({status}).", en=f"{party} did not hand over the payload ({status})."),
    )
