# SPDX-License-Identifier: Apache-2.0
"""Certificates of the transport: one authority per party, and what it issues to its party's nodes.

Rules
  - The authority's key is Ed25519, listed in the charter with its self-signed certificate; peers pin that certificate
    and nothing else. No system trust store is ever asked.
  - An authority may sign end entities only (path length 0, RFC 5280 §4.2.1.9).
  - A node's certificate carries its names and addresses (RFC 9525: the subject's common name is for people); one for
    listening, one for calling (RFC 5280 §4.2.1.12), each with its own key.
  - TLS identifies a hop. Who speaks is proved by the signed statements inside it.
  - Time and randomness are parameters, serial numbers included.

Worked example
    authority = make_authority(key, name="AA", now=now, days=3650, random=random)
    issued = issue(key, authority, role="server", names=["localhost"], addresses=["127.0.0.1"], now=now, days=90, ...)
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from paridad.base.sources import Random
from paridad.base.words import Words
from paridad.programme.errors import TransportRefused
from paridad.programme.keygen import PrivateKey

DAY = 86_400
CLOCK_TOLERANCE = 300
"""Seconds before `now` from which a certificate counts, for clocks that are slow."""

TlsRole = Literal["server", "client"]
_ROLE_OID = {"server": ExtendedKeyUsageOID.SERVER_AUTH, "client": ExtendedKeyUsageOID.CLIENT_AUTH}
LOOPBACK_NAMES = ("localhost",)
LOOPBACK_ADDRESSES = ("127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate and its private key, both PEM."""

    certificate: str
    key: str = field(repr=False)


def make_authority(key: PrivateKey, *, name: str, now: int, days: int, random: Random) -> str:
    """Return the self-signed certificate of a party's transport authority."""
    private = _private(key)
    builder = (
        _builder(_common_name(name), _common_name(name), private.public_key(), now=now, days=days, random=random)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(authority=True), critical=True)
    )
    return _pem(builder.sign(private, None))


def issue(
    key: PrivateKey,
    authority: str,
    *,
    role: TlsRole,
    names: Sequence[str] = LOOPBACK_NAMES,
    addresses: Sequence[str] = LOOPBACK_ADDRESSES,
    now: int,
    days: int,
    random: Random,
) -> Issued:
    """Issue a node's certificate for listening or for calling; the key of the authority must be the one given."""
    issuer = _read_authority(authority, now)
    private = _private(key)
    if private.public_key() != issuer.public_key():
        raise _refuse("La clave no es la de esa autoridad.", "The key is not that authority's.")
    if not names and not addresses:
        raise _refuse("El certificado pide un nombre o una dirección.", "The certificate takes a name or an address.")
    leaf = Ed25519PrivateKey.from_private_bytes(random(32))
    alternatives: list[x509.GeneralName] = [x509.DNSName(each) for each in names]
    alternatives += [x509.IPAddress(ip_address(each)) for each in addresses]
    builder = (
        _builder(_common_name(role), issuer.subject, leaf.public_key(), now=now, days=days, random=random)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([_ROLE_OID[role]]), critical=True)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(private.public_key()), critical=False)
    )
    leaf_pem = leaf.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")
    return Issued(_pem(builder.sign(private, None)), leaf_pem)


def check_issued(certificate: str, authority: str, *, now: int) -> None:
    """Check that an authority issued a certificate and that both are valid now, or raise `TransportRefused`."""
    issuer = _read_authority(authority, now)
    leaf = _read(certificate)
    try:
        leaf.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature) as error:
        raise _refuse("El certificado no es de esa autoridad.", "The certificate is not that authority's.") from error
    _check_time(leaf, now)


def _refuse(es: str, en: str) -> TransportRefused:
    return TransportRefused(Words(es=es, en=en))


def _private(key: PrivateKey) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(key.seeds["ed25519"])


def _read(pem: str) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(pem.encode("utf-8"))
    except (ValueError, x509.InvalidVersion) as error:
        raise _refuse("El certificado no se puede leer.", "The certificate cannot be read.") from error


def _read_authority(pem: str, now: int) -> x509.Certificate:
    certificate = _read(pem)
    constraints = [each.value for each in certificate.extensions if isinstance(each.value, x509.BasicConstraints)]
    if not any(each.ca for each in constraints):
        raise _refuse("El certificado no es de una autoridad.", "The certificate is not an authority's.")
    _check_time(certificate, now)
    return certificate


def _check_time(certificate: x509.Certificate, now: int) -> None:
    at = datetime.fromtimestamp(now, UTC)
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        raise _refuse("El certificado no vale en esta fecha.", "The certificate is not valid at this time.")


def _common_name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, public: Ed25519PublicKey, *, now: int, days: int, random: Random
) -> x509.CertificateBuilder:
    """Start a certificate; its serial number is 159 random bits (RFC 5280 §4.1.2.2 allows 20 octets)."""
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number((int.from_bytes(random(20), "big") >> 1) | 1)
        .not_valid_before(datetime.fromtimestamp(now - CLOCK_TOLERANCE, UTC))
        .not_valid_after(datetime.fromtimestamp(now + days * DAY, UTC))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode("ascii")
