# SPDX-License-Identifier: Apache-2.0
"""Public keys as the charter lists them: one record per key, one use per key.

Rules
  - A key identifier is `<owner>#<n>`. The owner is an agency (`AA/POLICE#1`) for keys that act or open parcels, and
    `<party>/<use>` (`AA/log-shared#1`) for the keys of a party. Numbers count over all uses of one owner.
  - A key has exactly one use, and each use has exactly its own parts: nothing more, nothing less.
  - A record is built only from parts that passed their checks: valid Ed25519 points, lengths, a usable X25519 half.
  - A key's life is an interval of time *and* of ledger: an ending names, per log, the size below which the key counts.
    Leaves from that size up to `disputed_until` were logged before its party set the size back: they are *disputed*.

Worked example
    record = KeyRecord(kid="AA/POLICE#1", use="act", ed25519=raw, valid_from=0)
    record.owner, record.party, record.number     is ("AA/POLICE", "AA", 1)
"""

import re
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PublicKey

from paridad.base.errors import BadSignature
from paridad.base.signing import Ed25519Key, MlDsaKey
from paridad.base.strict import JsonValue, encode_base64url
from paridad.base.words import Words
from paridad.programme.errors import KeyRefused
from paridad.programme.facts import Facts
from paridad.programme.origins import AGENCY, PARTY, Log

KeyUse = Literal["act", "sealing", "log-shared", "log-own", "witness", "mirror", "transport"]
USES: tuple[KeyUse, ...] = get_args(KeyUse)

PARTS: dict[KeyUse, frozenset[str]] = {
    "act": frozenset({"ed25519"}),
    "sealing": frozenset({"xwing"}),
    "log-shared": frozenset({"ed25519", "mldsa44"}),
    "log-own": frozenset({"ed25519", "mldsa44"}),
    "witness": frozenset({"ed25519", "mldsa44"}),
    "mirror": frozenset({"ed25519", "mldsa44"}),
    "transport": frozenset({"ed25519", "certificate"}),
}
"""Which parts a key of each use has; a transport key is the authority that signs its party's certificates."""

ENDS_IN: dict[KeyUse, frozenset[Log]] = {
    "act": frozenset({"shared", "own"}),
    "sealing": frozenset(),
    "log-shared": frozenset({"shared"}),
    "log-own": frozenset({"own"}),
    "witness": frozenset(),
    "mirror": frozenset(),
    "transport": frozenset(),
}
"""In which logs a key of each use ends; the others end in time."""

AGENCY_USES: tuple[KeyUse, ...] = ("act", "sealing")
LOGS: tuple[Log, ...] = ("shared", "own")
MLKEM768_KEY_BYTES = 1184
XWING_KEY_BYTES = MLKEM768_KEY_BYTES + 32
ROOT_BYTES = 32

_KID = re.compile(r"(?P<owner>(?P<party>[^/#]+)/(?P<name>[^/#]+))#(?P<number>[1-9][0-9]{0,8})")
_PARTY_USES = "root|log-shared|log-own|witness|mirror|transport"
_OWNER = re.compile(rf"{AGENCY.pattern}|{PARTY.pattern}/(?:{_PARTY_USES})")


def refused(es: str, en: str) -> KeyRefused:
    """Build the error of a key that does not hold."""
    return KeyRefused(Words(es=es, en=en))


class Kid(NamedTuple):
    """The parts of a key identifier."""

    owner: str
    party: str
    number: int


def parse_kid(kid: str) -> Kid:
    """Return the parts of a key identifier, or raise `KeyRefused`."""
    match = _KID.fullmatch(kid)
    if match is None or not _OWNER.fullmatch(match["owner"]):
        raise refused(f"{kid!r} no es un identificador de clave.", f"{kid!r} is not a key identifier.")
    return Kid(match["owner"], match["party"], int(match["number"]))


@dataclass(frozen=True, slots=True)
class Ending:
    """Where a key ended in one log: it counts below `size`; from there to `disputed_until` its leaves are disputed."""

    log: Log
    size: int
    root: bytes
    """Root of the log at `size`, under a checkpoint that the witness cosigned."""
    disputed_until: int

    def __post_init__(self) -> None:
        if not 0 <= self.size <= self.disputed_until or len(self.root) != ROOT_BYTES:
            raise refused(
                "El fin de una clave pide tamaño, raíz de 32 bytes y un límite no menor que el tamaño.",
                "The end of a key takes a size, a root of 32 bytes and a limit not below the size.",
            )


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """One public key: whose it is, what for, its parts, and when it counts."""

    kid: str
    use: KeyUse
    valid_from: int
    valid_until: int | None = None
    """First second at which it no longer counts."""
    ed25519: bytes | None = None
    mldsa44: bytes | None = None
    xwing: bytes | None = None
    """ML-KEM-768 public key followed by the X25519 public key, 1,216 bytes."""
    certificate: str | None = None
    """PEM of the transport authority."""
    endings: tuple[Ending, ...] = ()

    def __post_init__(self) -> None:
        _check_owner(self)
        parts = {name for name in ("ed25519", "mldsa44", "xwing", "certificate") if getattr(self, name) is not None}
        if parts != PARTS[self.use]:
            listed = ", ".join(sorted(PARTS[self.use]))
            raise refused(
                f"{self.kid}: una clave de uso {self.use} lleva exactamente {listed}.",
                f"{self.kid}: a key for {self.use} has exactly {listed}.",
            )
        _check_parts(self)
        if self.valid_until is not None and self.valid_until < self.valid_from:
            raise refused(f"{self.kid}: termina antes de empezar.", f"{self.kid}: it ends before it begins.")
        if len({ending.log for ending in self.endings}) != len(self.endings):
            raise refused(f"{self.kid}: dos fines en una bitácora.", f"{self.kid}: two endings in one log.")

    @property
    def owner(self) -> str:
        """What stands before the `#`."""
        return parse_kid(self.kid).owner

    @property
    def party(self) -> str:
        """The party whose key it is."""
        return parse_kid(self.kid).party

    @property
    def number(self) -> int:
        """What stands after the `#`."""
        return parse_kid(self.kid).number

    @property
    def ed25519_key(self) -> Ed25519Key:
        """The Ed25519 half; asking a sealing key for it is a programming error."""
        if self.ed25519 is None:
            raise RuntimeError(f"{self.kid} has no Ed25519 part")
        return Ed25519Key(self.ed25519)

    @property
    def mldsa_key(self) -> MlDsaKey:
        """The ML-DSA-44 half; asking a key without one for it is a programming error."""
        if self.mldsa44 is None:
            raise RuntimeError(f"{self.kid} has no ML-DSA-44 part")
        return MlDsaKey(self.mldsa44)

    @property
    def xwing_key(self) -> MLKEM768X25519PublicKey:
        """The key to seal to; asking a signing key for it is a programming error."""
        if self.xwing is None:
            raise RuntimeError(f"{self.kid} has no X-Wing part")
        return xwing_public(self.xwing)

    @property
    def ended_at_size(self) -> int | None:
        """Size of the shared log at which the key ended, if it did."""
        ending = self.ending_in("shared")
        return ending.size if ending else None

    def living(self, at: int) -> bool:
        """Whether the key goes on: ended in no log, and not past its time."""
        return not self.endings and (self.valid_until is None or at < self.valid_until)

    def ending_in(self, log: Log) -> Ending | None:
        """Return where the key ended in one log, if it did."""
        return next((ending for ending in self.endings if ending.log == log), None)

    def in_time(self, at: int) -> bool:
        """Whether the moment lies in the key's interval."""
        return self.valid_from <= at and (self.valid_until is None or at < self.valid_until)

    def materials(self) -> frozenset[bytes]:
        """Return the raw parts that no other key may share; both halves of an X-Wing key count alone."""
        halves = (self.xwing[:MLKEM768_KEY_BYTES], self.xwing[MLKEM768_KEY_BYTES:]) if self.xwing else ()
        return frozenset(part for part in (self.ed25519, self.mldsa44, *halves) if part is not None)


def xwing_public(raw: bytes) -> MLKEM768X25519PublicKey:
    """Return the hybrid public key of 1,216 bytes, ML-KEM-768 first (draft-ietf-hpke-pq), or raise `KeyRefused`."""
    if len(raw) != XWING_KEY_BYTES:
        raise refused("La clave X-Wing no mide 1216 bytes.", "The X-Wing key is not 1,216 bytes long.")
    try:
        mlkem = MLKEM768PublicKey.from_public_bytes(raw[:MLKEM768_KEY_BYTES])
        x25519 = X25519PublicKey.from_public_bytes(raw[MLKEM768_KEY_BYTES:])
        X25519PrivateKey.from_private_bytes(bytes(32)).exchange(x25519)  # raises for points of small order
    except ValueError as error:
        raise refused("La clave X-Wing no es utilizable.", "The X-Wing key cannot be used.") from error
    return MLKEM768X25519PublicKey(mlkem, x25519)


def fits_owner(owner: str, use: str) -> bool:
    """Whether keys of this use belong to such an owner: agencies act and open, parties do the rest."""
    return bool(AGENCY.fullmatch(owner)) if use in AGENCY_USES else owner.endswith(f"/{use}")


def _check_owner(record: KeyRecord) -> None:
    if not fits_owner(parse_kid(record.kid).owner, record.use):
        raise refused(
            f"{record.kid}: ese titular no tiene claves de uso {record.use}.",
            f"{record.kid}: that owner has no keys for {record.use}.",
        )


def _check_parts(record: KeyRecord) -> None:
    try:
        if record.ed25519 is not None:
            Ed25519Key(record.ed25519)
        if record.mldsa44 is not None:
            MlDsaKey(record.mldsa44)
    except BadSignature as error:
        raise refused(f"{record.kid}: {error.words.es}", f"{record.kid}: {error.words.en}") from error
    if record.xwing is not None:
        xwing_public(record.xwing)
    if record.certificate is not None:
        _check_authority(record)


def _check_authority(record: KeyRecord) -> None:
    """Insist on a certificate that is signed by itself and of the very key that the record names."""
    try:
        certificate = x509.load_pem_x509_certificate((record.certificate or "").encode("ascii"))
        certificate.verify_directly_issued_by(certificate)
        authority = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        public = certificate.public_key()
    except (ValueError, TypeError, InvalidSignature, x509.InvalidVersion, x509.ExtensionNotFound) as error:
        raise refused(f"{record.kid}: certificado inservible.", f"{record.kid}: unusable certificate.") from error
    if not authority:
        raise refused(f"{record.kid}: no es de una autoridad.", f"{record.kid}: not an authority's certificate.")
    if not isinstance(public, Ed25519PublicKey) or public.public_bytes_raw() != record.ed25519:
        raise refused(f"{record.kid}: el certificado es de otra clave.", f"{record.kid}: certificate of another key.")


def record_tree(record: KeyRecord) -> dict[str, JsonValue]:
    """Return the record as the JSON of a charter or statement; absent parts are left out."""
    tree: dict[str, JsonValue] = {"kid": record.kid, "use": record.use, "valid_from": record.valid_from}
    for name, raw in (("ed25519", record.ed25519), ("mldsa44", record.mldsa44), ("xwing", record.xwing)):
        if raw is not None:
            tree[name] = encode_base64url(raw)
    if record.certificate is not None:
        tree["certificate"] = record.certificate
    if record.valid_until is not None:
        tree["valid_until"] = record.valid_until
    if record.endings:
        tree["endings"] = [ending_tree(ending) for ending in record.endings]
    return tree


def ending_tree(ending: Ending) -> dict[str, JsonValue]:
    """Return an ending as JSON."""
    root = encode_base64url(ending.root)
    return {"log": ending.log, "size": ending.size, "root": root, "disputed_until": ending.disputed_until}


def read_record(facts: Facts) -> KeyRecord:
    """Read one key record; what its parts lack is refused under its path."""
    try:
        record = KeyRecord(
            kid=facts.text("kid"),
            use=facts.one_of("use", USES),
            valid_from=facts.whole("valid_from"),
            valid_until=facts.optional_whole("valid_until"),
            ed25519=facts.optional_octets("ed25519"),
            mldsa44=facts.optional_octets("mldsa44"),
            xwing=facts.optional_octets("xwing"),
            certificate=facts.raw("certificate") if facts.has("certificate") else None,
            endings=read_endings(facts),
        )
    except KeyRefused as error:
        facts.refuse("", error.words.es, error.words.en)
    facts.end()
    return record


def read_endings(facts: Facts) -> tuple[Ending, ...]:
    """Read the endings of a key, none where the field is absent."""
    return tuple(_read_ending(each) for each in facts.tables("endings")) if facts.has("endings") else ()


def _read_ending(facts: Facts) -> Ending:
    ending = Ending(facts.one_of("log", LOGS), facts.whole("size"), facts.octets("root"), facts.whole("disputed_until"))
    facts.end()
    return ending
