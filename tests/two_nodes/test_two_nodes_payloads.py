# SPDX-License-Identifier: Apache-2.0
"""Payloads between two nodes: named by an act, fetched by ranges, resumed after a cut, refused to strangers."""

import io
from pathlib import Path

import pytest

from paridad.base.words import Words
from paridad.exchange.errors import PeerRefused, PeerUnreachable
from paridad.exchange.fetching import RANGE_BYTES, fetch_payload
from paridad.exchange.transport import Request, Response
from paridad.store.errors import PayloadRefused
from paridad.store.records import note_payload
from support.programmes import seeded_random
from support.two_nodes import Parties

SIZE = 2 * RANGE_BYTES + 12_345
KEY = b"k" * 32
KIND, FIELDS = "folio/clarification/1", {"question": "see the payload"}


def give(parties: Parties, sender: str, receiver: str) -> tuple[str, int]:
    """Seal a payload at the sender, name it in an act to the receiver, and deliver the act."""
    node = parties.by_name[sender.partition("/")[0]]
    sealed = node.payloads.seal(io.BytesIO(b"x" * SIZE), KEY, seeded_random("payload"))
    [act] = parties.send(sender, receiver, 1, KIND, FIELDS)
    with node.own.store.write() as conn:
        note_payload(conn, sealed.digest, sealed.size, act, at=parties.clock())
    parties.settle(2)
    return sealed.digest, sealed.size


@pytest.mark.parametrize("ends", [("MX/FGR", "US/DOJ"), ("US/DOJ", "MX/FGR")], ids=["as written", "exchanged"])
def test_a_payload_is_fetched_whole_and_opens(tmp_path: Path, ends: tuple[str, str]) -> None:
    """The receiver fetches it in ranges; with the key it opens to the very bytes."""
    with Parties(tmp_path) as parties:
        digest, size = give(parties, *ends)
        sender, receiver = (parties.by_name[each.partition("/")[0]] for each in ends)
        assert fetch_payload(receiver.payloads, sender.own.party, digest, size, receiver.line) == 3
        assert b"".join(receiver.payloads.open(digest, KEY)) == b"x" * SIZE
        assert fetch_payload(receiver.payloads, sender.own.party, digest, size, receiver.line) == 0


def test_a_cut_line_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """After a cut only the missing ranges are asked for."""
    with Parties(tmp_path) as parties:
        digest, size = give(parties, "MX/FGR", "US/DOJ")
        receiver, calls = parties.by_name["US"], []

        def cut(party: str, request: Request) -> Response:
            calls.append(request.byte_range)
            if len(calls) == 2:
                raise PeerUnreachable(Words(es="La línea se cortó.", en="The line was cut."))
            return receiver.line(party, request)

        with pytest.raises(PeerUnreachable):
            fetch_payload(receiver.payloads, "MX", digest, size, cut)
        assert fetch_payload(receiver.payloads, "MX", digest, size, cut) == 2
        assert calls[2] == (RANGE_BYTES, 2 * RANGE_BYTES - 1)
        receiver.payloads.verify(digest)


def test_other_bytes_under_the_name_are_thrown_away(tmp_path: Path) -> None:
    """What does not hash to its name is refused, and nothing of it stays."""
    with Parties(tmp_path) as parties:
        digest, size = give(parties, "MX/FGR", "US/DOJ")
        receiver = parties.by_name["US"]

        def other(party: str, request: Request) -> Response:
            answer = receiver.line(party, request)
            return Response(answer.status, b"y" + answer.body[1:])

        with pytest.raises(PayloadRefused):
            fetch_payload(receiver.payloads, "MX", digest, size, other)
        assert not receiver.payloads.has(digest)


def test_nobody_fetches_what_no_act_named_to_them(tmp_path: Path) -> None:
    """A payload that no act addressed to the caller names does not exist for the caller."""
    with Parties(tmp_path) as parties:
        sender, receiver = parties.by_name["MX"], parties.by_name["US"]
        sealed = sender.payloads.seal(io.BytesIO(b"secret"), KEY, seeded_random("payload"))
        with pytest.raises(PeerRefused, match="404"):
            fetch_payload(receiver.payloads, "MX", sealed.digest, sealed.size, receiver.line)
