# SPDX-License-Identifier: Apache-2.0
"""A complete signed programme for tests: parties, charter, every key and every signer, the same for the same seed.

Worked example
    world = make_programme()                              the shipped programme
    world = make_programme(("US", "MX"))                  the same with its two parties exchanged
    world = make_programme(("AA", "BB", "CC"))            three parties of a test template
    world.key("MX/FGR", "act").ed25519.sign(message)
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import shake_256
from types import MappingProxyType

from paridad.base.signing import Ed25519Signer
from paridad.base.sources import system_clock
from paridad.programme.charter import (
    Charter,
    PartyKeys,
    assemble,
    compile_document,
    read_charter,
    sign_charter,
)
from paridad.programme.keygen import PrivateKey, PrivateUse, generate
from paridad.programme.keys import KeyRing
from paridad.programme.records import KeyRecord, KeyUse
from paridad.programme.transport import Issued, TlsRole, issue, make_authority
from paridad.programmes import shipped_programme

EFFECTIVE_FROM = 1_760_000_000
"""When the charters of tests take force: 9 October 2025."""

SHIPPED = ("MX", "US")
PARTY_USES: tuple[KeyUse, ...] = ("log-shared", "log-own", "witness", "mirror", "transport")


def seeded_random(*seed: object) -> Callable[[int], bytes]:
    """Return a random source that answers the same bytes for the same seed: tests only."""
    start = repr(seed).encode()
    drawn = 0

    def draw(size: int) -> bytes:
        nonlocal drawn
        drawn += 1
        return shake_256(start + drawn.to_bytes(8, "big")).digest(size)

    return draw


@dataclass(frozen=True)
class World:
    """A programme with all its secrets."""

    template: bytes
    charter: Charter
    signed_charter: bytes
    ring: KeyRing
    private: Mapping[str, PrivateKey]
    """Every private key by identifier, roots included (`MX/root#1`)."""
    party_keys: tuple[PartyKeys, ...]
    now: int
    """A moment at which everything is in force."""

    def key(self, owner: str, use: PrivateUse) -> PrivateKey:
        """Return the newest private key of an agency or party for a use."""
        found = [key for key in self.private.values() if key.use == use and _owns(owner, key)]
        return max(found, key=lambda key: int(key.kid.partition("#")[2]))

    def act(self, agency: str) -> PrivateKey:
        """Return an agency's act key."""
        return self.key(agency, "act")

    def sealing(self, agency: str) -> PrivateKey:
        """Return an agency's sealing key."""
        return self.key(agency, "sealing")

    def root(self, party: str) -> PrivateKey:
        """Return a party's root."""
        return self.key(party, "root")

    @property
    def signers(self) -> Mapping[str, Ed25519Signer]:
        """The Ed25519 signer of every key that has one, by identifier."""
        return {kid: key.ed25519 for kid, key in self.private.items() if "ed25519" in key.seeds}

    def authority(self, party: str) -> str:
        """Return the certificate of a party's transport authority."""
        return self.ring.authorities(party, self.now)[0]

    def credentials(
        self, party: str, role: TlsRole, names: Sequence[str] = ("localhost",), *, now: int | None = None
    ) -> Issued:
        """Issue a certificate for a node of a party; TLS reads the machine's clock, so that is the default here."""
        at = system_clock() if now is None else now
        random = seeded_random("credentials", party, role)
        key, authority = self.key(party, "transport"), self.authority(party)
        return issue(key, authority, role=role, names=names, now=at, days=30, random=random)


def _owns(owner: str, key: PrivateKey) -> bool:
    return key.kid.partition("#")[0] in {owner, f"{owner}/{key.use}"}


def make_party(
    party: str, agencies: Sequence[str], *, seed: object = 0, valid_from: int = EFFECTIVE_FROM
) -> tuple[PartyKeys, dict[str, PrivateKey]]:
    """Make every key of a party: root, logs, witness, mirror, transport, and an act and a sealing key per agency."""
    random = seeded_random(seed, party)
    root = generate(f"{party}/root#1", "root", random)
    private = {root.kid: root}
    records: list[KeyRecord] = []
    for use in PARTY_USES:
        key = generate(f"{party}/{use}#1", use, random)
        certificate = None
        if use == "transport":
            certificate = make_authority(key, name=party, now=valid_from, days=3650, random=random)
        private[key.kid] = key
        records.append(key.record(valid_from=valid_from, certificate=certificate))
    uses: tuple[KeyUse, ...] = ("act", "sealing")
    for agency in agencies:
        for number, use in enumerate(uses, start=1):
            key = generate(f"{agency}#{number}", use, random)
            private[key.kid] = key
            records.append(key.record(valid_from=valid_from))
    return PartyKeys(party, root.ed25519.public, root.mldsa.public, tuple(records)), private


def make_programme(
    parties: Sequence[str] = SHIPPED, seed: object = 0, *, template: bytes | None = None, at: int = EFFECTIVE_FROM
) -> World:
    """Make, compile and sign a programme with fresh keys; the same seed gives the same keys."""
    text = template or template_for(parties)
    agencies = agencies_in(text)
    made = [make_party(party, agencies[party], seed=seed, valid_from=at) for party in parties]
    party_keys = tuple(keys for keys, _ in made)
    private = {kid: key for _, secrets in made for kid, key in secrets.items()}
    document = compile_document(text, party_keys, version=1, effective_from=at)
    roots = [private[f"{party}/root#1"] for party in parties]
    signatures = [
        sign_charter(document, party, root.ed25519, root.mldsa) for party, root in zip(parties, roots, strict=True)
    ]
    signed = assemble(document, signatures)
    charter = read_charter(signed)
    return World(text, charter, signed, KeyRing([charter]), MappingProxyType(private), party_keys, at + 86_400)


def agencies_in(template: bytes) -> dict[str, list[str]]:
    """Return the agencies that a template names, by party."""
    import tomllib

    found: dict[str, list[str]] = {}
    for agency in tomllib.loads(template.decode())["agencies"]:
        found.setdefault(agency["id"].partition("/")[0], []).append(agency["id"])
    return found


def template_for(parties: Sequence[str]) -> bytes:
    """Return the shipped template, its exchange of parties, or a test template for any other parties."""
    if set(parties) == set(SHIPPED):
        shipped = shipped_programme("gis-mx-us")
        return shipped if tuple(parties) == SHIPPED else exchange_parties(shipped)
    return generic_template(parties)


def exchange_parties(template: bytes) -> bytes:
    """Exchange the two shipped parties everywhere: each takes the other's agencies, markings and laws."""
    first, second = (f'"{party}'.encode() for party in SHIPPED)
    return template.replace(first, b"\0").replace(second, first).replace(b"\0", second)


def generic_template(parties: Sequence[str]) -> bytes:
    """Return a small template for any number of parties, each with the agencies POLICE and CUSTOMS."""
    lines = ['programme = "practice"', '[name]\nes = "Programa de práctica"\nen = "Practice programme"']
    for party in parties:
        lines.append(_entry("parties", party))
        lines += [_entry("agencies", f"{party}/{name}") for name in ("POLICE", "CUSTOMS")]
        others = ", ".join(f'"{each}"' for each in parties if each != party)
        lines.append(f'[[witnesses]]\nparty = "{party}"\nof = [{others}]\nneed = {len(parties) - 1}')
        for rank, (mark, code) in enumerate([("public", "CLEAR"), ("confidential", "AMBER"), ("secret", "RED")]):
            lines.append(_entry("markings", mark, party=party, rank=rank, handling=code))
    for rank, (code, onward) in enumerate(
        [("CLEAR", "free"), ("GREEN", "free"), ("AMBER", "consent"), ("AMBER+STRICT", "consent"), ("RED", "never")]
    ):
        lines.append(
            _entry("handling", code, rank=rank, onward=onward, two_person=rank > 2, retention_days=400 - 60 * rank)
        )
    lines.append(_entry("purposes", "criminal-investigation"))
    lines.append(_entry("purposes", "programme-administration", retention_days=200))
    lines.append(_entry("bases", "joint-statement", kind="joint-statement"))
    lines += [_entry("bases", f"law-{each.lower()}", kind="domestic-law", party=each) for each in parties]
    for name, ids in {
        "grounds": ("outside-purpose", "pending-case"),
        "outcomes": ("arrest", "no-result"),
        "obligations": ("no-court-use",),
        "desks": ("targets", "arms"),
    }.items():
        more = {"assurance": True} if name == "obligations" else {}
        lines += [_entry(name, each, **more) for each in ids]
    lines.append(_entry("urgencies", "urgent", acknowledge_seconds=3600, answer_seconds=28_800))
    lines.append(_entry("urgencies", "ordinary", acknowledge_seconds=86_400, answer_seconds=604_800))
    lines.append(
        "[clocks]\nrecall_seconds = 259200\noutcome_seconds = 15552000\nclarification_seconds = 259200\n"
        'source = "test"\nverified = false'
    )
    lines.append('[conduct]\nhandling = "AMBER"\npurpose = "programme-administration"\nbasis = "joint-statement"')
    return "\n".join(lines).encode()


def _entry(name: str, code: str, **more: object) -> str:
    """Write one table of a list, with words in both languages."""
    fields: dict[str, object] = {"id": code, "es": f"{code} (es)", "en": f"{code} (en)", "source": "test"}
    fields |= {"verified": False} | more
    text = "\n".join(f"{key} = {_toml(value)}" for key, value in fields.items())
    return f"[[{name}]]\n{text}"


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value) if isinstance(value, int) else f'"{value}"'
