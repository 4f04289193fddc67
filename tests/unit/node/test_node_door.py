# SPDX-License-Identifier: Apache-2.0
"""The local door: a path that is too long is told before anything listens; a caller that hangs up is no fault."""

import logging
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from paridad.base.errors import ExitCode
from paridad.base.strict import JsonValue
from paridad.node.errors import DoorRefused
from paridad.node.node import Node
from paridad.node.running import MAX_SOCKET_PATH, SOCKET, Daemon, Door
from support.two_nodes import Parties


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    """Return an open node."""
    with Parties(tmp_path) as parties:
        yield parties.by_name["MX"]


def at_length(tmp_path: Path, length: int) -> Path:
    """Return a path of a socket with so many bytes."""
    rest = length - len(os.fsencode(tmp_path)) - len(f"//{SOCKET}")
    if rest < 1:
        pytest.skip("the folder of temporary files is too deep for a path of this length")
    return tmp_path / ("d" * rest) / SOCKET


def test_the_longest_path_that_the_system_takes_is_taken(node: Node, tmp_path: Path) -> None:
    """107 bytes: the door opens."""
    path = at_length(tmp_path, MAX_SOCKET_PATH)
    path.parent.mkdir()
    door = Door(node, {}, path, threading.Event())
    door.start()
    assert path.is_socket()
    door.stop()


def test_a_path_one_byte_longer_is_refused_with_the_way_out(node: Node, tmp_path: Path) -> None:
    """Both languages name the path and the limit, and say what to do; nothing listens yet."""
    path = at_length(tmp_path, MAX_SOCKET_PATH + 1)
    with pytest.raises(DoorRefused) as refused:
        Door(node, {}, path, threading.Event())
    error = refused.value
    assert error.exit_code == ExitCode.USAGE
    for language, way_out in (("es", "ruta más corta"), ("en", "shorter path")):
        sentence = error.sentence(language)  # type: ignore[arg-type]
        assert all(each in sentence for each in (str(path), "108", "107", way_out))


def test_a_daemon_in_a_deep_folder_does_not_begin_to_listen(tmp_path: Path) -> None:
    """The daemon refuses before its edge is open."""
    deep = tmp_path / ("d" * MAX_SOCKET_PATH)
    deep.mkdir()
    with Parties(deep) as parties:
        daemon = Daemon(parties.by_name["MX"])
        with pytest.raises(DoorRefused):
            daemon.start()
        assert not hasattr(daemon, "server")


def call(path: Path) -> socket.socket:
    """Return a line to a door."""
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    line.connect(str(path))
    return line


def test_a_caller_that_hangs_up_leaves_no_trace_of_a_fault(
    node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Before the question, in its middle, or before the answer: no thread fails, the next caller is answered."""
    faults: list[object] = []
    monkeypatch.setattr(threading, "excepthook", faults.append)
    monkeypatch.chdir(tmp_path)
    asked, hung_up, done = threading.Event(), threading.Event(), threading.Event()

    def slow(_: Node, __: object) -> JsonValue:
        asked.set()
        hung_up.wait(5)
        return "x" * 4_000_000

    def quick(_: Node, __: object) -> JsonValue:
        return "here"

    door = Door(node, {"slow": slow, "quick": quick}, Path(SOCKET), done)
    door.start()
    with caplog.at_level(logging.INFO, logger="paridad.node"):
        call(Path(SOCKET)).close()
        half = call(Path(SOCKET))
        half.sendall(b'{"arguments":{},"operation":"qu')
        half.close()
        early = call(Path(SOCKET))
        early.sendall(b'{"arguments":{},"operation":"slow"}\n')
        assert asked.wait(5)
        early.close()
        hung_up.set()
        with call(Path(SOCKET)) as good:
            good.sendall(b'{"arguments":{},"operation":"quick"}\n')
            assert good.makefile("rb").readline() == b'{"result":"here"}\n'
        for thread in threading.enumerate():
            if "_answer" in thread.name:
                thread.join(5)
    door.stop()
    assert done.is_set()
    assert faults == []
    assert [each.levelname for each in caplog.records if each.levelno > logging.INFO] == []
    assert "hung up" in caplog.text
