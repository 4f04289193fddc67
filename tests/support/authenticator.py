# SPDX-License-Identifier: Apache-2.0
"""A passkey authenticator in software (WebAuthn, ES256), as obedient or as hostile as a test wants it.

Worked example
    key = Authenticator()
    new = key.create(options_json, origin="http://localhost:8001")        what `navigator.credentials.create` gives
    answer = key.get(options_json, origin="http://localhost:8001")        what `navigator.credentials.get` gives
"""

import json
import struct
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from paridad.base.strict import decode_base64url, encode_base64url

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40
COUNT = struct.Struct(">BI")


@dataclass
class Authenticator:
    """One passkey on one device."""

    raw_id: bytes = bytes(range(32))
    user_verified: bool = True
    count: int = 0
    """What its counter says next; one more each time."""
    counts: bool = True
    """Whether it counts at all; many do not."""
    handle: bytes | None = None
    _key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def name(self) -> str:
        """Return the name of the passkey at a node."""
        return encode_base64url(sha256(self.raw_id).digest())

    def create(self, options: str, *, origin: str) -> str:
        """Make the passkey and answer its challenge."""
        asked = json.loads(options)
        self.handle = decode_base64url(asked["user"]["id"])
        point = self._key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
        made = bytes(16) + struct.pack(">H", len(self.raw_id)) + self.raw_id + cbor2.dumps(public)
        data = self._data(asked["rp"]["id"], ATTESTED) + made
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = _client("webauthn.create", asked["challenge"], origin)
        return self._told({"clientDataJSON": client, "attestationObject": attestation})

    def get(self, options: str, *, origin: str, party: str = "", **client: Any) -> str:
        """Answer a challenge; `client` changes what the browser would have said of it."""
        asked = json.loads(options)
        data = self._data(party or asked["rpId"], 0)
        said = _client("webauthn.get", asked["challenge"], origin, **client)
        signature = self._key.sign(data + sha256(said).digest(), ec.ECDSA(hashes.SHA256()))
        parts = {"clientDataJSON": said, "authenticatorData": data, "signature": signature}
        return self._told(parts | ({"userHandle": self.handle} if self.handle else {}))

    def _data(self, party: str, flags: int) -> bytes:
        self.count += self.counts
        flags |= PRESENT | (VERIFIED if self.user_verified else 0)
        return sha256(party.encode()).digest() + COUNT.pack(flags, self.count)

    def _told(self, parts: dict[str, bytes]) -> str:
        told = {
            "id": encode_base64url(self.raw_id),
            "rawId": encode_base64url(self.raw_id),
            "type": "public-key",
            "clientExtensionResults": {},
            "response": {name: encode_base64url(part) for name, part in parts.items()},
        }
        return json.dumps(told)


def _client(kind: str, challenge: str, origin: str, /, **changed: Any) -> bytes:
    said = {"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": False}
    return json.dumps(said | changed).encode()
