# SPDX-License-Identifier: Apache-2.0
"""How a command reaches a node: through its door, by opening it, or not at all; and in which language it speaks."""

import contextlib
import os
import signal
import socket
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from paridad.base.sources import system_clock, system_random
from paridad.base.strict import read_json
from paridad.cli import chosen, main
from paridad.cli.operations import OPERATIONS
from paridad.cli.session import Session, knock
from paridad.node.composing import open_node
from paridad.node.home import Home
from paridad.node.running import SOCKET, Door
from support.cli_world import TREES
from support.programmes import seeded_random
from support.two_nodes import START, Parties

LANGUAGES = {
    "nothing said": ([], {}, "es"),
    "an English machine": ([], {"LANG": "en_US.UTF-8"}, "en"),
    "a Spanish machine": ([], {"LANG": "es_MX.UTF-8"}, "es"),
    "messages before the rest": ([], {"LC_MESSAGES": "en_GB.UTF-8", "LANG": "es_MX.UTF-8"}, "en"),
    "all before messages": ([], {"LC_ALL": "es_ES", "LC_MESSAGES": "en_GB", "LANG": "en_US"}, "es"),
    "an empty setting is none": ([], {"LC_ALL": "", "LANG": "en_US"}, "en"),
    "asked for": (["status", "--lang", "en"], {"LANG": "es_MX"}, "en"),
    "asked for in one word": (["status", "--lang=es"], {"LANG": "en_US"}, "es"),
    "asked for twice, the last counts": (["--lang", "es", "status", "--lang", "en"], {}, "en"),
}


@pytest.mark.parametrize(("arguments", "environment", "language"), LANGUAGES.values(), ids=LANGUAGES.keys())
def test_the_language_is_the_readers(arguments: list[str], environment: dict[str, str], language: str) -> None:
    """`--lang` before the machine's own setting; Spanish where neither says English."""
    assert chosen(arguments, environment) == language


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return the folder of a node that nobody has open."""
    parties = Parties(tmp_path)
    parties.close()
    return tmp_path / "MX"


def session() -> Session:
    """Return a session with a clock of its own."""
    return Session(OPERATIONS, lambda: START, seeded_random("session"))


def test_without_a_door_the_node_is_opened_for_the_moment(home: Path) -> None:
    """A command opens the node, does its work, and lets it go again; the folder may come from the environment."""
    for _ in range(2):
        result = CliRunner().invoke(TREES["en"], ["status", "--json"], obj=session(), env={"PARIDAD_HOME": str(home)})
        assert result.exit_code == 0, result.output
    assert read_json(result.stdout.encode().strip(), max_depth=16)["party"]["code"] == "MX"


@pytest.mark.parametrize(("lang", "word"), [("es", "puerta local"), ("en", "local door")])
def test_a_folder_in_use_says_what_to_do(home: Path, lang: Any, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that another process holds is told as such, with exit code 5 and the way out."""
    stale = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    monkeypatch.chdir(home)
    stale.bind(SOCKET)
    stale.close()
    with session().line(home):
        result = CliRunner().invoke(TREES[lang], ["status", "--home", str(home)], obj=session())
    assert (result.exit_code, result.stdout, word in result.stderr) == (5, "", True)


@pytest.fixture
def door(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Open a node and its door; the folder is entered, for the path of a socket is short."""
    monkeypatch.chdir(home)
    node = open_node(Home(home), clock=lambda: START, random=seeded_random("door"))
    opened = Door(node, OPERATIONS, Path(SOCKET), threading.Event())
    opened.start()
    yield home
    opened.stop()
    node.close()


def test_a_running_node_is_asked_through_its_door(door: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same command, the same answer, the same refusals and exit codes, while the node runs."""
    monkeypatch.chdir(door)
    ok = CliRunner().invoke(TREES["en"], ["status", "--home", ".", "--json"], obj=session())
    assert (ok.exit_code, '"code":"MX"' in ok.stdout) == (0, True), ok.output
    for lang, sentence in (("es", "No consta nobody"), ("en", "nobody is not in")):
        arguments = ["folio", "list", "--home", ".", "--as", "nobody"]
        refused = CliRunner().invoke(TREES[lang], arguments, obj=session())
        assert (refused.exit_code, refused.stdout) == (1, "")
        assert sentence in refused.stderr


def test_a_door_that_closes_without_an_answer(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A node that dies while it is asked leaves a sentence, not a trace."""
    monkeypatch.chdir(home)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(SOCKET)
    listening.listen()

    def hang_up() -> None:
        line, _ = listening.accept()
        line.recv(1)
        line.close()

    thread = threading.Thread(target=hang_up)
    thread.start()
    result = CliRunner().invoke(TREES["en"], ["status", "--home", "."], obj=session())
    thread.join()
    listening.close()
    assert (result.exit_code, "without an answer" in result.stderr) == (5, True), result.output
    assert knock(Path(SOCKET)) is None


MISUSED = {
    "a missing option": (["folio", "list", "--home", "x"], "--as"),
    "a missing argument": (["act", "show", "--as", "a"], "ACT"),
    "an unknown option": (["status", "--jason"], "--json"),
    "an unknown option like no other": (["status", "--qqqqq"], "--qqqqq"),
    "an unknown command": (["folio", "lst"], "list"),
    "an option where a command should be": (["folio", "--", "--qqqqq"], "--qqqqq"),
    "too many arguments": (["status", "x"], ""),
    "an option without its value": (["status", "--lang"], "--lang"),
    "a language that is neither": (["status", "--lang", "fr"], "es, en"),
    "a number that is none": (["folio", "list", "--as", "a", "--limit", "-1"], "-1"),
    "a time that is none": (["key", "revoke", "MX/FGR#1", "--since", "yesterday"], "yesterday"),
    "a day that does not exist": (["key", "revoke", "MX/FGR#1", "--since", "2026-02-30"], "2026-02-30"),
    "a file that is not there": (["restore", "--file", "/nowhere"], "/nowhere"),
}


@pytest.mark.parametrize(("arguments", "word"), MISUSED.values(), ids=MISUSED.keys())
@pytest.mark.parametrize(("lang", "usage", "help_"), [("es", "Uso:", "Ayuda:"), ("en", "Usage:", "Help:")])
def test_a_misuse_is_told_in_the_readers_language(
    arguments: list[str], word: str, lang: Any, usage: str, help_: str
) -> None:
    """Usage, where help is, one sentence; exit code 2, nothing on stdout."""
    result = CliRunner().invoke(TREES[lang], arguments, obj=session())
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(usage)
    assert help_ in result.stderr
    assert word.replace("ACT", "ACTO" if lang == "es" else "ACT") in result.stderr


def test_a_noun_alone_shows_its_help() -> None:
    """A noun without a verb lists its verbs."""
    result = CliRunner().invoke(TREES["es"], ["folio"], obj=session())
    assert (result.exit_code, "acknowledge" in result.output) == (2, True)


def test_arguments_through_the_door_are_checked_too(home: Path) -> None:
    """What comes through the door is a form like any other: unknown and misshapen arguments are refused by name."""
    with session().line(home) as ask:
        for arguments, word in (({"colour": "red"}, "colour"), ({"officer": 7}, "officer")):
            with pytest.raises(Exception, match=word):
                ask("status", arguments)


def test_a_fault_of_the_system_is_a_sentence(home: Path) -> None:
    """A place that cannot be written to is named, without a trace."""
    nowhere = ("--root-out", "/proc/nowhere/root", "--public-out", str(home / "public"), "--home", str(home / "new"))
    for arguments in (
        ["backup", "--out", "/proc/nowhere/copy.db", "--home", str(home)],
        ["init", "MX", "--programme", "gis-mx-us", *nowhere],
    ):
        result = CliRunner().invoke(TREES["en"], arguments, obj=session())
        assert (result.exit_code, result.stdout, "/proc/nowhere" in result.stderr) == (2, "", True), result.output


def test_main_takes_the_machines_own_language(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`paridad` reads its arguments and environment, prints, and leaves with its code."""
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    monkeypatch.setattr("sys.argv", ["paridad", "charter", "show", "--home", str(home)])
    with pytest.raises(SystemExit) as left:
        main()
    assert (left.value.code, "Version: 1" in capsys.readouterr().out) == (0, True)
    assert Session(OPERATIONS).clock is system_clock


@pytest.mark.parametrize(("environment", "bold"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_no_color_is_respected(home: Path, environment: dict[str, str], bold: bool) -> None:
    """Headings are bold on a terminal, and plain where NO_COLOR is set."""
    result = CliRunner().invoke(
        TREES["es"], ["charter", "show", "--home", str(home)], obj=session(), color=True, env=environment
    )
    assert ("\x1b[1m" in result.stdout) == bold


def test_a_node_without_pages(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A node runs without pages where node.toml does not ask for one."""
    monkeypatch.chdir(home)

    def stop() -> None:
        while not Path(SOCKET).exists():
            threading.Event().wait(0.05)
        os.kill(os.getpid(), signal.SIGTERM)

    thread = threading.Thread(target=stop)
    thread.start()
    with pytest.raises(SystemExit) as left:
        main(["node", "run", "--home", ".", "--lang", "es"], Session(OPERATIONS, system_clock, system_random))
    thread.join()
    assert left.value.code == 0


def test_the_node_runs_until_it_is_told_to_stop(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`node run` opens edge, door and pages, carries out commands meanwhile, and stops cleanly on a signal."""
    monkeypatch.chdir(home)
    settings = home / "node.toml"
    settings.write_text("web_port = 0\n" + settings.read_text())
    seen: dict[str, Any] = {}

    def use() -> None:
        deadline = threading.Event()
        for _ in range(200):
            if Path(SOCKET).exists():
                break
            deadline.wait(0.05)
        with contextlib.suppress(Exception), Session(OPERATIONS).line(Path()) as ask:
            seen["status"] = ask("status", {})
        for _ in range(100):
            if (found := _web_port(capsys)) is not None:
                seen["page"] = urllib.request.urlopen(f"http://127.0.0.1:{found}/en/").read().decode()
                break
            deadline.wait(0.05)
        os.kill(os.getpid(), signal.SIGTERM)

    thread = threading.Thread(target=use)
    thread.start()
    with pytest.raises(SystemExit) as left:
        main(["node", "run", "--home", ".", "--lang", "en"], Session(OPERATIONS, system_clock, system_random))
    thread.join()
    assert left.value.code == 0
    assert seen["status"]["party"]["code"] == "MX"
    assert "Mexico (MX)" in seen["page"]
    assert not (home / SOCKET).exists()


_HEARD: list[str] = []


def _web_port(capsys: pytest.CaptureFixture[str]) -> str | None:
    _HEARD.append(capsys.readouterr().err)
    return next(
        (line.rpartition(":")[2].strip("/") for line in "".join(_HEARD).splitlines() if line.startswith("Pages")), None
    )
