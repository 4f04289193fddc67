# SPDX-License-Identifier: Apache-2.0
"""Two nodes over real sockets: mutual TLS 1.3, one pinned authority per party, nobody else is let in."""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from paridad.base.sources import system_clock
from paridad.exchange import server as server_module
from paridad.exchange import transport as transport_module
from paridad.exchange.errors import PeerUnreachable
from paridad.exchange.paths import PREFIX, STATUS
from paridad.exchange.server import Server, assert_refuses_strangers
from paridad.exchange.transport import (
    Credentials,
    HttpTransport,
    PeerAddress,
    Request,
    Response,
    own_tls,
    peer_tls,
)
from paridad.folio.commands import Acknowledge
from paridad.node.founding import add_peer, make_party
from paridad.node.home import write_private
from paridad.node.running import edge_server, http_line
from paridad.programme.keygen import PrivateKey
from paridad.programme.transport import issue
from support.matters import Matter, matter, waiting
from support.programmes import seeded_random
from support.sound import assert_sound

DAYS = 30


def transport_key(m: Matter, party: str) -> PrivateKey:
    """Return the private key of a party's authority."""
    return next(key for key in m.parties.secrets[party].private if key.use == "transport")


def certify(
    m: Matter, party: str, *, names: tuple[str, ...] = ("localhost",), addresses: tuple[str, ...] = ("127.0.0.1",)
) -> None:
    """Give a node certificates that are valid by the machine's clock."""
    for role in ("server", "client"):
        made = issue(
            transport_key(m, party), m.parties.secrets[party].authority, role=role, names=names, addresses=addresses,
            now=system_clock(), days=DAYS, random=seeded_random("tls", party, role, names),
        )  # fmt: skip
        folder = m.parties.folder / party / "tls"
        write_private(folder / f"{role}.crt", made.certificate.encode())
        write_private(folder / f"{role}.key", made.key.encode())


@dataclass
class Line:
    """Two nodes that listen and call each other."""

    matter: Matter
    servers: dict[str, Server]
    last_port: int = 0
    """Where `listening` listened last."""

    def reopen(self) -> None:
        """Let every node call the others where they listen now."""
        for party, node in self.matter.parties.by_name.items():
            for other, listening in self.servers.items():
                if other != party:
                    add_peer(node.home.path, other, f"https://localhost:{listening.port}")
            node.settings = node.home.settings
            node.transport = http_line(node)

    def client(self, party: str) -> Credentials:
        """Return the client certificate of a party."""
        tls = self.matter.parties.folder / party / "tls"
        return Credentials(str(tls / "client.crt"), str(tls / "client.key"))

    def ask(self, tls: ssl.SSLContext, *, host: str = "localhost", path: str = STATUS, of: str = "US") -> Response:
        """Call a node with some TLS context."""
        line = HttpTransport({of: PeerAddress(f"https://{host}:{self.servers[of].port}", tls)}, timeout_seconds=5)
        try:
            return line(of, Request("GET", path))
        finally:
            line.close()


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    """Lend two nodes over mutual TLS."""
    with matter(tmp_path_factory.mktemp("tls"), sound=False) as m:
        for party in m.parties.names:
            certify(m, party)
        told = Line(m, {party: edge_server(node) for party, node in m.parties.by_name.items()})
        for listening in told.servers.values():
            listening.start()
        told.reopen()
        yield told
        assert_sound(m.parties)
        for node in m.parties.nodes:
            node.line.close()  # type: ignore[attr-defined]
        for listening in told.servers.values():
            listening.stop()


def test_a_matter_over_real_sockets(line: Line) -> None:
    """Request and acknowledgement travel, are receipted and cosigned, in both directions."""
    m = line.matter
    m.asks()
    m.settle()
    m.says("asked", Acknowledge)
    m.settle()
    assert m.state("asking").acknowledged_at is not None
    assert [waiting(node) for node in m.parties.nodes] == [0, 0]


def test_a_known_caller_is_answered(line: Line) -> None:
    """The positive control of every refusal here."""
    tls = peer_tls(line.client("MX"), line.matter.parties.secrets["US"].authority)
    assert line.ask(tls).status == 200
    assert line.ask(tls, path="/nowhere").status == 404
    assert line.ask(tls, host="127.0.0.1").status == 200


def stranger(_line: Line) -> ssl.SSLContext:
    """Show no certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def of_another_authority(line: Line) -> ssl.SSLContext:
    """Show a certificate of an authority that the charter does not know, under a known name."""
    made = make_party("MX", ["MX/FGR"], now=system_clock(), random=seeded_random("impostor"))
    folder = line.matter.parties.folder
    write_private(folder / "impostor.crt", made.client.certificate.encode())
    write_private(folder / "impostor.key", made.client.key.encode())
    mine = Credentials(str(folder / "impostor.crt"), str(folder / "impostor.key"))
    return peer_tls(mine, line.matter.parties.secrets["US"].authority)


def of_its_own_authority(line: Line) -> ssl.SSLContext:
    """Show a certificate of the called party's own authority: it does not call itself."""
    return peer_tls(line.client("US"), line.matter.parties.secrets["US"].authority)


def as_a_server(line: Line) -> ssl.SSLContext:
    """Show a certificate that is for listening, not for calling."""
    tls = line.matter.parties.folder / "MX" / "tls"
    mine = Credentials(str(tls / "server.crt"), str(tls / "server.key"))
    return peer_tls(mine, line.matter.parties.secrets["US"].authority)


def of_an_older_protocol(line: Line) -> ssl.SSLContext:
    """Offer TLS 1.2 at most."""
    context = peer_tls(line.client("MX"), line.matter.parties.secrets["US"].authority)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


def pinned_to_another(line: Line) -> ssl.SSLContext:
    """Expect another authority than the one that answers."""
    return peer_tls(line.client("MX"), line.matter.parties.secrets["MX"].authority)


CALLERS: dict[str, Callable[[Line], ssl.SSLContext]] = {
    "a caller without a certificate": stranger,
    "a certificate of another authority": of_another_authority,
    "a certificate of the called party itself": of_its_own_authority,
    "a certificate that is for listening": as_a_server,
    "an older protocol": of_an_older_protocol,
    "a server of another authority": pinned_to_another,
}


@pytest.mark.parametrize("caller", CALLERS.values(), ids=CALLERS.keys())
def test_nobody_else_is_let_in(caller: Callable[[Line], ssl.SSLContext], line: Line) -> None:
    """The line breaks before anything is answered."""
    with pytest.raises(PeerUnreachable, match="does not answer"):
        line.ask(caller(line))


def test_the_name_of_the_host_is_checked(line: Line) -> None:
    """A certificate for another name is refused by the caller."""
    m = line.matter
    node = m.parties.by_name["US"]
    certify(m, "US", names=("elsewhere.example",), addresses=())
    other = edge_server(node)
    other.start()
    try:
        tls = peer_tls(line.client("MX"), m.parties.secrets["US"].authority)
        wrong = HttpTransport({"US": PeerAddress(f"https://localhost:{other.port}", tls)})
        with pytest.raises(PeerUnreachable, match="does not answer"):
            wrong("US", Request("GET", STATUS))
        wrong.close()
    finally:
        other.stop()
        certify(m, "US")


def test_the_authority_says_which_party_calls(line: Line) -> None:
    """The certificate's issuer is compared with the charter, whatever name the certificate bears."""
    m = line.matter
    node = m.parties.by_name["US"]
    der = ssl.PEM_cert_to_DER_cert(Path(line.client("MX").certificate).read_text())
    assert node.party_of_certificate(der) == "MX"
    assert node.edge_for_certificate(Request("GET", STATUS), der).status == 200
    impostor = make_party("MX", ["MX/FGR"], now=system_clock(), random=seeded_random("impostor"))
    foreign = ssl.PEM_cert_to_DER_cert(impostor.client.certificate)
    assert node.party_of_certificate(foreign) is None
    assert node.edge_for_certificate(Request("GET", STATUS), foreign).status == 403


def test_a_party_without_an_address_is_out_of_reach(line: Line) -> None:
    """The sentence says where the address is missing."""
    with pytest.raises(PeerUnreachable, match=r"node\.toml"):
        line.matter.parties.by_name["MX"].line("ZZ", Request("GET", STATUS))


def test_a_node_that_is_down_is_out_of_reach(line: Line) -> None:
    """A refused connection is no answer, and nothing is lost."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    tls = peer_tls(line.client("MX"), line.matter.parties.secrets["US"].authority)
    down = HttpTransport({"US": PeerAddress(f"https://localhost:{port}", tls)})
    with pytest.raises(PeerUnreachable, match="does not answer"):
        down("US", Request("GET", STATUS))
    down.close()


@contextmanager
def listening(line: Line, edge: Callable[[Request, bytes], Response]) -> Iterator[Callable[..., Response]]:
    """Listen with another edge, and lend a way to call it."""
    m = line.matter
    tls = m.parties.folder / "US" / "tls"
    mine = Credentials(str(tls / "server.crt"), str(tls / "server.key"))
    here = Server(edge, host="127.0.0.1", port=0, tls=own_tls(mine, m.parties.secrets["MX"].authority))
    here.start()
    line.last_port = here.port
    context = peer_tls(line.client("MX"), m.parties.secrets["US"].authority)
    calling = HttpTransport({"US": PeerAddress(f"https://localhost:{here.port}", context)}, timeout_seconds=5)
    try:
        yield lambda request: calling("US", request)
    finally:
        calling.close()
        here.stop()


def test_what_a_request_is_made_of_arrives(line: Line) -> None:
    """Method, path, body, range and certificate reach the edge; status, type and body reach the caller."""
    seen: list[tuple[Request, bytes]] = []

    def edge(request: Request, certificate: bytes) -> Response:
        seen.append((request, certificate))
        return Response(206, b"abc", "text/plain", {"content-range": "bytes 0-2/9"})

    with listening(line, edge) as call:
        answer = call(Request("POST", f"{PREFIX}/x", b"body", (0, 2)))
    assert (answer.status, answer.body, answer.media_type) == (206, b"abc", "text/plain; charset=utf-8")
    [(request, certificate)] = seen
    assert request == Request("POST", f"{PREFIX}/x", b"body", (0, 2))
    assert line.matter.parties.by_name["US"].party_of_certificate(certificate) == "MX"


@pytest.mark.parametrize(
    ("header", "wanted"),
    [("bytes=3-9", (3, 9)), ("bytes=3-", None), ("bytes=-9", None), ("lines=1-2", None), ("", None), ("bytes=٣-9", None),
     ("bytes=" + "9" * 5000 + "-1", None)],
)  # fmt: skip
def test_only_a_plain_range_is_a_range(header: str, wanted: tuple[int, int] | None) -> None:
    """Anything else is served whole (RFC 9110 §14.2)."""
    assert server_module._byte_range(header) == wanted


def test_a_body_beyond_measure_is_not_read(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server stops reading and says so; the edge never sees it."""
    seen: list[Request] = []
    monkeypatch.setattr(server_module, "MAX_BATCH_BYTES", 1000)
    with listening(line, lambda request, _: seen.append(request) or Response(200)) as call:  # type: ignore[func-returns-value]
        assert call(Request("POST", "/x", bytes(1000))).status == 200
        assert call(Request("POST", "/x", bytes(1001))).status == 413
    assert len(seen) == 1


def test_an_answer_beyond_measure_is_not_taken(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """A peer cannot fill the memory of a caller."""
    monkeypatch.setattr(transport_module, "MAX_ANSWER_BYTES", 1000)
    with listening(line, lambda request, _: Response(200, bytes(int(request.body)))) as call:
        assert len(call(Request("POST", "/x", b"1000")).body) == 1000
        with pytest.raises(PeerUnreachable, match="passes 1000 bytes"):
            call(Request("POST", "/x", b"1001"))


def test_an_answer_is_taken_as_it_comes(line: Line) -> None:
    """No decompression: what says that it is packed stays packed."""
    import gzip

    packed = gzip.compress(bytes(100_000))
    with listening(line, lambda _r, _c: Response(200, packed, headers={"content-encoding": "gzip"})) as call:
        assert call(Request("GET", "/x")).body == packed


def test_a_fault_of_our_own_says_nothing(line: Line) -> None:
    """An exception in the edge is a bare 500."""

    def edge(_request: Request, _certificate: bytes) -> Response:
        raise RuntimeError("a secret path")

    with listening(line, edge) as call:
        answer = call(Request("GET", "/x"))
    assert (answer.status, b"secret" in answer.body) == (500, False)


def test_a_caller_that_hangs_up_in_the_middle_reaches_nothing(line: Line) -> None:
    """Half a body is nobody's request; the edge never sees it, and the next caller is served."""
    seen: list[Request] = []
    with listening(line, lambda request, _: seen.append(request) or Response(200)) as call:  # type: ignore[func-returns-value]
        assert call(Request("GET", "/x")).status == 200
        port = line.last_port
        context = peer_tls(line.client("MX"), line.matter.parties.secrets["US"].authority)
        with (
            socket.create_connection(("127.0.0.1", port)) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as half,
        ):
            half.sendall(b"POST /x HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\nhalf")
        assert call(Request("GET", "/x")).status == 200
    assert [request.method for request in seen] == ["GET", "GET"]


def test_no_authority_no_line(line: Line) -> None:
    """Without an authority anybody's certificate would do; so there is no context without one."""
    for make in (own_tls, peer_tls):
        with pytest.raises(ValueError, match="no authority"):
            make(line.client("MX"), " \n")


HOSTS = ["127.0.0.1", "127.0.0.2", "0.0.0.0", "localhost", "", "::1", "::"]


def listens(host: str) -> bool:
    """Whether this machine can listen on an address."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, 0), family=family).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize("host", HOSTS)
def test_a_server_that_answers_strangers_does_not_start(host: str, line: Line) -> None:
    """The planted fault: verification is switched off, and the node refuses to go on, wherever it listens."""
    if not listens(host):
        pytest.skip(f"this machine does not listen on {host}")
    m = line.matter
    tls = m.parties.folder / "US" / "tls"
    context = own_tls(Credentials(str(tls / "server.crt"), str(tls / "server.key")), m.parties.secrets["MX"].authority)
    context.verify_mode = ssl.CERT_NONE
    open_ = Server(lambda _r, _c: Response(200, b"hello"), host=host, port=0, tls=context)
    with pytest.raises(RuntimeError, match="answers callers without a certificate"):
        open_.start()
    open_.stop()
    closed = own_tls(Credentials(str(tls / "server.crt"), str(tls / "server.key")), m.parties.secrets["MX"].authority)
    good = Server(lambda _r, _c: Response(200, b"hello"), host=host, port=0, tls=closed)
    good.start()
    good.stop()


def test_where_nobody_listens_nothing_is_shown() -> None:
    """A port without a server has refused nobody for want of a certificate."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    with pytest.raises(ConnectionRefusedError):
        assert_refuses_strangers("127.0.0.1", port)


def test_a_server_that_cannot_start_says_so(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that ends at once is not waited for."""

    async def nothing(_self: Any) -> None:
        """End at once."""

    monkeypatch.setattr(Server, "_serve", nothing)
    m = line.matter
    tls = m.parties.folder / "US" / "tls"
    context = own_tls(Credentials(str(tls / "server.crt"), str(tls / "server.key")), m.parties.secrets["MX"].authority)
    dead = Server(lambda _r, _c: Response(200), host="127.0.0.1", port=0, tls=context)
    with pytest.raises(RuntimeError, match="did not start"):
        dead.start()
    dead.stop()


def test_a_server_that_hangs_up_without_a_word_is_good_enough() -> None:
    """A stranger that gets neither alert nor answer was not let in."""
    import threading

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with socket.create_server(("127.0.0.1", 0)) as plain:

        def hang_up() -> None:
            connection, _ = plain.accept()
            connection.recv(1)
            connection.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        assert_refuses_strangers("127.0.0.1", plain.getsockname()[1])
        thread.join()
    assert context.verify_mode == ssl.CERT_NONE
