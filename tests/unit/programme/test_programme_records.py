# SPDX-License-Identifier: Apache-2.0
"""Key records: one owner, one use, exactly the parts of that use, and a life in time and ledger."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paridad.base.strict import JsonValue
from paridad.programme.errors import CharterRefused, KeyRefused
from paridad.programme.facts import Facts
from paridad.programme.keygen import generate
from paridad.programme.origins import mirror_name, own_origin, parse_name, shared_origin, witness_name
from paridad.programme.records import Ending, KeyRecord, parse_kid, read_record, record_tree, xwing_public
from paridad.programme.transport import issue, make_authority
from support.programmes import EFFECTIVE_FROM, make_party, seeded_random

RANDOM = seeded_random("records")
_KEYS, PRIVATE = make_party("AA", ["AA/POLICE"])
RECORDS = {record.kid: record for record in _KEYS.keys}
ACT, SEALING = RECORDS["AA/POLICE#1"], RECORDS["AA/POLICE#2"]
LOG, TRANSPORT = RECORDS["AA/log-shared#1"], RECORDS["AA/transport#1"]
ROOT = bytes(32)
NOW = EFFECTIVE_FROM + 1


def other_certificate() -> str:
    return make_authority(generate("AA/transport#9", "transport", RANDOM), name="AA", now=NOW, days=9, random=RANDOM)


def leaf_certificate() -> str:
    key = PRIVATE["AA/transport#1"]
    return issue(key, TRANSPORT.certificate or "", role="server", now=NOW, days=1, random=RANDOM).certificate


def self_signed_leaf() -> tuple[bytes, str]:
    """Make a certificate that is signed by itself and no authority's."""
    from datetime import UTC, datetime

    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding

    key = Ed25519PrivateKey.from_private_bytes(RANDOM(32))
    name = x509.Name([])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.fromtimestamp(NOW, UTC))
        .not_valid_after(datetime.fromtimestamp(NOW + 9, UTC))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, None)
    )
    return key.public_key().public_bytes_raw(), certificate.public_bytes(Encoding.PEM).decode()


SELF_KEY, SELF_PEM = self_signed_leaf()


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS.keys())
def test_a_record_reads_back_as_it_was_written(record: KeyRecord) -> None:
    """Tree and record are two forms of one thing, for every use."""
    assert read_record(Facts(record_tree(record), "", CharterRefused)) == record


def test_ends_and_limits_read_back_as_well() -> None:
    """Endings and the end of validity are part of the record."""
    ended = replace(ACT, valid_until=NOW, endings=(Ending("shared", 3, ROOT, 5), Ending("own", 7, ROOT, 7)))
    assert read_record(Facts(record_tree(ended), "", CharterRefused)) == ended
    assert (ended.ended_at_size, ACT.ended_at_size) == (3, None)


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "an identifier without a number": (lambda: parse_kid("AA/POLICE"), "not a key identifier"),
    "an identifier with number zero": (lambda: parse_kid("AA/POLICE#0"), "not a key identifier"),
    "an identifier with a leading zero": (lambda: parse_kid("AA/POLICE#01"), "not a key identifier"),
    "an identifier of an unknown use": (lambda: parse_kid("AA/police#1"), "not a key identifier"),
    "an identifier with a line break": (lambda: parse_kid("AA/POLICE#1\n"), "not a key identifier"),
    "an act key of a party": (lambda: replace(ACT, kid="AA/log-shared#1"), "no keys for act"),
    "a log key of an agency": (lambda: replace(LOG, kid="AA/POLICE#3"), "no keys for log-shared"),
    "a log key of the other log": (lambda: replace(LOG, kid="AA/log-own#3"), "no keys for log-shared"),
    "a part too many": (lambda: replace(ACT, mldsa44=LOG.mldsa44), "has exactly ed25519"),
    "a part too few": (lambda: replace(LOG, mldsa44=None), "has exactly ed25519, mldsa44"),
    "a key that is no valid point": (lambda: replace(ACT, ed25519=bytes(32)), "not a valid point"),
    "an ML-DSA key that is too short": (lambda: replace(LOG, mldsa44=bytes(9)), "1,312 bytes"),
    "an X-Wing key that is too short": (lambda: replace(SEALING, xwing=bytes(9)), "1,216 bytes"),
    "an X-Wing key whose X25519 half is of small order": (
        lambda: replace(SEALING, xwing=(SEALING.xwing or b"")[:1184] + bytes(32)),
        "cannot be used",
    ),
    "an X-Wing key whose ML-KEM half is no key": (lambda: xwing_public(b"\xff" * 1216), "cannot be used"),
    "a certificate that is none": (lambda: replace(TRANSPORT, certificate="none"), "unusable certificate"),
    "a certificate beyond ASCII": (lambda: replace(TRANSPORT, certificate="ñ"), "unusable certificate"),
    "a certificate that somebody else signed": (
        lambda: replace(TRANSPORT, certificate=leaf_certificate()),
        "unusable certificate",
    ),
    "a certificate of no authority": (
        lambda: replace(TRANSPORT, ed25519=SELF_KEY, certificate=SELF_PEM),
        "not an authority's",
    ),
    "a certificate of another key": (lambda: replace(TRANSPORT, certificate=other_certificate()), "of another key"),
    "an end before the beginning": (lambda: replace(ACT, valid_until=ACT.valid_from - 1), "ends before it begins"),
    "two endings in one log": (lambda: replace(ACT, endings=(Ending("own", 1, ROOT, 1),) * 2), "two endings"),
    "an ending that disputes downwards": (lambda: Ending("own", 3, ROOT, 2), "limit not below"),
    "an ending without a root": (lambda: Ending("own", 3, b"", 3), "root of 32 bytes"),
    "a name that is of no log": (lambda: parse_name("AA/practice/other"), "not the name of a log"),
}


@pytest.mark.parametrize(("build", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_no_record_can_be_built_from(build: Callable[[], object], words: str) -> None:
    """A record that does not hold is never built."""
    with pytest.raises(KeyRefused, match=words):
        build()


TREES: dict[str, tuple[dict[str, JsonValue], str, str]] = {
    "a part that is no key": (record_tree(ACT) | {"ed25519": "AA"}, "keys[0]", "not a valid point"),
    "a use that does not exist": (record_tree(ACT) | {"use": "root"}, "keys[0].use", "not one of"),
    "a field left over": (record_tree(ACT) | {"seed": "AA"}, "keys[0].seed", "not known"),
    "an ending of no log": (
        record_tree(ACT) | {"endings": [{"log": "x", "size": 1, "root": "AA", "disputed_until": 1}]},
        "keys[0].endings[0].log",
        "not one of",
    ),
    "an ending with a field left over": (
        record_tree(ACT) | {"endings": [{"log": "own", "size": 1, "root": "A" * 43, "disputed_until": 1, "x": 1}]},
        "keys[0].endings[0].x",
        "not known",
    ),
}


@pytest.mark.parametrize(("tree", "field", "words"), TREES.values(), ids=TREES.keys())
def test_a_record_in_a_charter_is_refused_under_its_path(tree: object, field: str, words: str) -> None:
    """What a record lacks becomes a refusal of the charter that lists it."""
    with pytest.raises(CharterRefused, match=words) as refused:
        read_record(Facts(tree, "keys[0]", CharterRefused))
    assert refused.value.field == field


def test_asking_a_key_for_a_part_of_another_use_is_a_programming_error() -> None:
    """A sealing key has no signature, an act key no post-quantum half, a log key nothing to seal to."""
    assert (ACT.ed25519_key.raw, LOG.mldsa_key.raw) == (ACT.ed25519, LOG.mldsa44)
    assert SEALING.xwing_key is not None
    for record, part in ((SEALING, "ed25519_key"), (ACT, "mldsa_key"), (LOG, "xwing_key")):
        with pytest.raises(RuntimeError):
            getattr(record, part)


@given(at=st.integers(0, 20), start=st.integers(0, 20), length=st.none() | st.integers(0, 20))
def test_an_interval_holds_its_beginning_and_not_its_end(at: int, start: int, length: int | None) -> None:
    """Validity is half open."""
    until = None if length is None else start + length
    record = replace(ACT, valid_from=start, valid_until=until)
    assert record.in_time(at) == (start <= at and (until is None or at < until))
    assert record.living(at) == (until is None or at < until)
    assert not replace(record, endings=(Ending("own", 1, ROOT, 1),)).living(at)


def test_names_read_back() -> None:
    """Every origin and cosigner name gives its parts back."""
    for build, role in (
        (shared_origin, "shared"),
        (own_origin, "own"),
        (witness_name, "witness"),
        (mirror_name, "mirror"),
    ):
        assert parse_name(build("AA", "practice")) == ("AA", "practice", role)
    assert parse_kid("AA/log-shared#12") == ("AA/log-shared", "AA", 12)
    assert (LOG.owner, LOG.party, LOG.number) == ("AA/log-shared", "AA", 1)
