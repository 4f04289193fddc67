# SPDX-License-Identifier: Apache-2.0
"""Transport certificates: they shake hands under the pinned authority and under no other."""

import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from paridad.programme.errors import TransportRefused
from paridad.programme.transport import DAY, Issued, check_issued, issue, make_authority
from support.programmes import World, make_programme, seeded_random

WORLD = make_programme(("AA", "BB"), "transport")
LISTENING, CALLING = WORLD.credentials("AA", "server"), WORLD.credentials("BB", "client")
RANDOM = seeded_random("transport tests")


def context(purpose: int, issued: Issued, authority: str, folder: Path) -> ssl.SSLContext:
    made = ssl.SSLContext(purpose)
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    made.verify_mode = ssl.CERT_REQUIRED
    made.load_verify_locations(cadata=authority)
    pem = folder / f"{purpose}.pem"
    pem.write_text(issued.certificate + issued.key)
    made.load_cert_chain(pem)
    return made


def shake_hands(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> None:
    """Let two contexts speak TLS in memory until both are done, or one refuses."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    caller = client.wrap_bio(to_client, to_server, server_hostname=name)
    listener = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for side in (caller, listener):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    listener.write(b"x")
    assert caller.read(1) == b"x"


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_two_nodes_shake_hands_under_each_others_authority(name: str, tmp_path: Path) -> None:
    """Mutual TLS 1.3 with one pinned authority on each side, by name or by address."""
    server = context(ssl.PROTOCOL_TLS_SERVER, LISTENING, WORLD.authority("BB"), tmp_path)
    client = context(ssl.PROTOCOL_TLS_CLIENT, CALLING, WORLD.authority("AA"), tmp_path)
    shake_hands(server, client, name)


def refusing(**parts: object) -> tuple[str, Issued, Issued, str, str]:
    base: dict[str, object] = {"name": "localhost", "listening": LISTENING, "calling": CALLING}
    base |= {"for_server": WORLD.authority("BB"), "for_client": WORLD.authority("AA")} | parts
    return tuple(base.values())  # type: ignore[return-value]


OTHER = make_programme(("AA", "BB"), "another transport")
NO_HANDSHAKE: dict[str, tuple[str, Issued, Issued, str, str]] = {
    "another name": refusing(name="example.org"),
    "an authority of the same name and another key": refusing(for_client=OTHER.authority("AA")),
    "a caller of an authority that is not pinned": refusing(for_server=OTHER.authority("BB")),
    "a listener that shows a caller's certificate": refusing(listening=WORLD.credentials("AA", "client")),
    "a caller that shows a listener's certificate": refusing(calling=WORLD.credentials("BB", "server")),
}


@pytest.mark.parametrize("parts", NO_HANDSHAKE.values(), ids=NO_HANDSHAKE.keys())
def test_no_handshake_with(parts: tuple[str, Issued, Issued, str, str], tmp_path: Path) -> None:
    """Whatever does not fit ends the handshake."""
    name, listening, calling, for_server, for_client = parts
    server = context(ssl.PROTOCOL_TLS_SERVER, listening, for_server, tmp_path)
    client = context(ssl.PROTOCOL_TLS_CLIENT, calling, for_client, tmp_path)
    with pytest.raises(ssl.SSLError):
        shake_hands(server, client, name)


def issuing(world: World = WORLD, party: str = "AA", **more: object) -> Callable[[], object]:
    def do() -> object:
        asked: dict[str, object] = {"role": "server", "now": WORLD.now, "days": 1, "random": RANDOM} | more
        authority = asked.pop("authority", WORLD.authority("AA"))
        return issue(world.key(party, "transport"), authority, **asked)  # type: ignore[arg-type]

    return do


ISSUED = WORLD.credentials("AA", "server", now=WORLD.now)


def checking(certificate: str, authority: str, now: int = WORLD.now) -> Callable[[], object]:
    return lambda: check_issued(certificate, authority, now=now)


BROKEN = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "an authority whose key is another": (issuing(party="BB"), "not that authority's"),
    "an authority that is none": (issuing(authority=LISTENING.certificate), "not an authority's"),
    "an authority that cannot be read": (issuing(authority=BROKEN), "cannot be read"),
    "an authority past its time": (issuing(now=WORLD.now + 4000 * DAY), "not valid at this time"),
    "an authority before its time": (issuing(now=WORLD.now - 9 * DAY), "not valid at this time"),
    "neither a name nor an address": (issuing(names=(), addresses=()), "takes a name or an address"),
    "a certificate of another authority": (
        checking(ISSUED.certificate, WORLD.authority("BB")),
        "not that authority's",
    ),
    "a certificate of an authority with the same name": (
        checking(ISSUED.certificate, OTHER.authority("AA")),
        "not that authority's",
    ),
    "a certificate past its time": (
        checking(ISSUED.certificate, WORLD.authority("AA"), WORLD.now + 31 * DAY),
        "not valid at this time",
    ),
    "a certificate that cannot be read": (checking("", WORLD.authority("AA")), "cannot be read"),
}


@pytest.mark.parametrize(("do", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_not_issued_and_not_accepted(do: Callable[[], object], words: str) -> None:
    """Each refusal says why."""
    with pytest.raises(TransportRefused, match=words):
        do()


def test_what_is_issued_and_accepted() -> None:
    """The control of the table above: an address alone, a name alone, a serial number from the source handed in."""
    for do in (issuing(names=()), issuing(addresses=())):
        issued = do()
        assert isinstance(issued, Issued)
        check_issued(issued.certificate, WORLD.authority("AA"), now=WORLD.now)
        assert "PRIVATE" not in repr(issued)


def test_an_authority_is_the_same_for_the_same_randomness() -> None:
    """No time and no randomness but what is handed in."""
    key = WORLD.key("AA", "transport")
    first, again = (make_authority(key, name="AA", now=9, days=1, random=seeded_random(1)) for _ in range(2))
    assert first == again
