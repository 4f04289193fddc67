# SPDX-License-Identifier: Apache-2.0
"""Founding a party's side: keys, charter, folder. What `paridad init` and the demo do.

Rules
  - Each party makes its own keys on its own machine and hands out public halves only (`PartyKeys`).
  - The charter is compiled from a template and all parties' public keys, and signed by each party's root; nobody
    signs for another (law 9).
  - Roots are returned to the caller and never written into the node's folder: they belong in a safe.

Worked example
    a, b = make_party("A", charter_agencies, now=now, random=random), make_party("B", …)
    document = compile_document(template, [a.public, b.public], version=1, effective_from=now)
    signed = assemble(document, [sign(a, document), sign(b, document)])
    write_home(folder, a, signed, Settings…, officers)
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from paridad.base.sources import Random
from paridad.node.home import EPOCH_KEY_BYTES, Officer, write_private
from paridad.programme.charter import sign_charter
from paridad.programme.document import PartyKeys
from paridad.programme.keygen import PrivateKey, generate
from paridad.programme.records import KeyRecord, KeyUse
from paridad.programme.terms import CharterSignature
from paridad.programme.transport import Issued, issue, make_authority

PARTY_USES: tuple[KeyUse, ...] = ("log-shared", "log-own", "witness", "mirror", "transport")
AUTHORITY_DAYS = 3650
CERTIFICATE_DAYS = 365


@dataclass(frozen=True, slots=True)
class PartySecrets:
    """Every key of a new party: the root apart, the rest for its node."""

    party: str
    root: PrivateKey = field(repr=False)
    private: tuple[PrivateKey, ...] = field(repr=False)
    public: PartyKeys
    authority: str
    """Certificate of the transport authority, PEM."""
    server: Issued = field(repr=False)
    client: Issued = field(repr=False)


def agencies_of(template: bytes, party: str) -> list[str]:
    """Return a party's agencies as a charter template lists them."""
    listed = tomllib.loads(template.decode("utf-8")).get("agencies", [])
    return [each["id"] for each in listed if each["id"].partition("/")[0] == party]


def make_party(
    party: str,
    agencies: Sequence[str],
    *,
    names: Sequence[str] = ("localhost",),
    addresses: Sequence[str] = ("127.0.0.1",),
    now: int,
    random: Random,
) -> PartySecrets:
    """Make every key of a party, and the certificates of its node."""
    root = generate(f"{party}/root#1", "root", random)
    private = [generate(f"{party}/{use}#1", use, random) for use in PARTY_USES]
    for agency in agencies:
        private += [generate(f"{agency}#1", "act", random), generate(f"{agency}#2", "sealing", random)]
    transport = next(key for key in private if key.use == "transport")
    authority = make_authority(transport, name=party, now=now, days=AUTHORITY_DAYS, random=random)
    records: list[KeyRecord] = [
        key.record(valid_from=now, certificate=authority if key is transport else None) for key in private
    ]
    public = PartyKeys(party, root.ed25519.public, root.mldsa.public, tuple(records))
    server, client = (
        issue(
            transport,
            authority,
            role=role,
            names=names,
            addresses=addresses,
            now=now,
            days=CERTIFICATE_DAYS,
            random=random,
        )
        for role in ("server", "client")
    )
    return PartySecrets(party, root, tuple(private), public, authority, server, client)


def sign(secrets: PartySecrets, document: bytes) -> CharterSignature:
    """Sign a charter with a party's root."""
    return sign_charter(document, secrets.party, secrets.root.ed25519, secrets.root.mldsa)


def write_home(
    folder: Path,
    secrets: PartySecrets,
    signed_charter: bytes,
    *,
    settings: Mapping[str, str | int],
    officers: Sequence[Officer],
    random: Random,
) -> None:
    """Write a node's folder; `settings` are the plain entries of node.toml besides party and peers."""
    for key in secrets.private:
        write_private(folder / "keys" / f"{key.kid.replace('/', '.').replace('#', '.')}.json", key.to_json())
    write_private(folder / "charters" / "1.json", signed_charter)
    write_private(folder / "epochs" / "1.key", random(EPOCH_KEY_BYTES))
    for name, issued in (("server", secrets.server), ("client", secrets.client)):
        write_private(folder / "tls" / f"{name}.crt", issued.certificate.encode())
        write_private(folder / "tls" / f"{name}.key", issued.key.encode())
    write_private(folder / "node.toml", _toml({"party": secrets.party, **settings}).encode())
    write_private(folder / "officers.toml", _officers(officers).encode())


def add_peer(folder: Path, party: str, url: str) -> None:
    """Add the address of another party's node to node.toml, in place of an earlier one."""
    path = folder / "node.toml"
    head, _, _ = path.read_text(encoding="utf-8").partition(f"\n[peers.{party}]")
    write_private(path, f'{head.rstrip()}\n\n[peers.{party}]\nurl = "{url}"\n'.encode())


def _toml(entries: Mapping[str, str | int]) -> str:
    return "".join(f"{name} = {_value(value)}\n" for name, value in entries.items())


def _value(value: str | int) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _officers(officers: Sequence[Officer]) -> str:
    return "\n".join(
        "[[officers]]\n" + _toml({"id": o.id, "name": o.name, "role": o.role, "agency": o.agency}) for o in officers
    )
