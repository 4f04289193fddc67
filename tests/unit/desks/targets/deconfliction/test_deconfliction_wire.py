# SPDX-License-Identifier: Apache-2.0
"""Messages as bytes: each has its kind, comes back as it was, and has one form."""

from typing import get_args

import pytest

from paridad.base.errors import Malformed
from paridad.desks.targets.deconfliction.messages import Message, Start, digest_of
from paridad.desks.targets.deconfliction.wire import KIND_OF, KINDS, read, read_snapshot, written
from paridad.node.composing import shipped_vocabulary
from support.deconfliction import Table


def test_every_message_has_its_kind() -> None:
    """And every kind stands in the vocabulary of the desk."""
    assert set(KINDS.values()) == set(get_args(Message))
    shipped = {name for name in shipped_vocabulary().kinds if name.startswith("targets/run-")}
    assert set(KINDS) == shipped


def test_a_whole_run_comes_back_as_it_was() -> None:
    """Every message of a run, and the snapshots of both sides."""
    table = Table()
    table.play()
    for said in table.said:
        back = read(KIND_OF[type(said.message)], written(said.message))
        assert back == said.message
        assert digest_of(back) == digest_of(said.message)
    for player in table.players:
        assert read_snapshot(written(player.snapshot)) == player.snapshot


BAD: dict[str, bytes] = {
    "nothing": b"",
    "no message": b"\xc1",
    "another kind": written(Start(b"n")).replace(b"nonce", b"nance"),
    "a field of another type": b"\x81\xa5nonce\x01",
    "a field too many": b"\x82" + written(Start(b"n"))[1:] + b"\xa1x\x01",
    "another form of the same": b"\xde\x00\x01" + written(Start(b"n"))[1:],
    "something behind it": written(Start(b"n")) + b"\x00",
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD.keys())
def test_what_has_not_the_one_form_is_malformed(data: bytes) -> None:
    """One form only."""
    with pytest.raises(Malformed, match="one form of its kind"):
        read("targets/run-start/1", data)
    assert read("targets/run-start/1", written(Start(b"n"))) == Start(b"n")
