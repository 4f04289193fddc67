# SPDX-License-Identifier: Apache-2.0
"""Checkpoints: two algorithms or none, one spelling, known keys that must not fail."""

import json
from collections.abc import Callable

import pytest

from paridad_verify.keys import Keys, read_charter
from paridad_verify.notes import Checkpoint, open_checkpoint
from paridad_verify.strict import Fault
from support.shared_data import shared
from support.verify_maker import PROGRAMME, T0, World, b64

ORIGIN = f"AA/{PROGRAMME}/shared"
Change = Callable[[str], str]


@pytest.fixture(scope="module")
def world() -> World:
    """Return a world with a log of three leaves."""
    world = World()
    world.logs[ORIGIN] = [b"a", b"b", b"c"]
    return world


def opened(world: World, note: str) -> Checkpoint:
    """Open a note with the keys of the world's charter."""
    keys = Keys()
    keys.adopt(read_charter(world.signed_charter))
    return open_checkpoint(note, keys, world.now)


def lines_of(note: str) -> list[str]:
    """Return the signature lines: log Ed25519, log ML-DSA, then witness and mirror, two each."""
    return note.partition("\n\n")[2].splitlines(keepends=True)


def without(*numbers: int) -> Change:
    """Leave out signature lines."""

    def change(note: str) -> str:
        kept = [line for number, line in enumerate(lines_of(note)) if number not in numbers]
        return note.partition("\n\n")[0] + "\n\n" + "".join(kept)

    return change


def flipped(number: int) -> Change:
    """Change one byte at the end of a signature."""

    def change(note: str) -> str:
        line = lines_of(note)[number]
        at = line.rindex(" ") + 60
        return note.replace(line, line[:at] + ("A" if line[at] != "A" else "B") + line[at + 1 :])

    return change


NOTES: dict[str, tuple[Change, str]] = {
    "as the log, the witness and the mirror signed it": (lambda note: note, ""),
    "the log alone signed it": (without(2, 3, 4, 5), ""),
    "a line of an unknown key is passed over": (lambda note: note + f"— someone {b64(bytes(68))}\n", ""),
    "the log's Ed25519 line is missing": (without(0), "half-signed"),
    "the log's post-quantum line is missing": (without(1), "log-unsigned"),
    "nobody known signed it": (
        lambda note: without(0, 1, 2, 3, 4, 5)(note) + f"— x {b64(bytes(68))}\n",
        "log-unsigned",
    ),
    "the log's Ed25519 line fails": (flipped(0), "signature"),
    "the log's post-quantum line fails": (flipped(1), "mldsa"),
    "the witness's Ed25519 line is missing": (without(2), "half-signed"),
    "the witness's post-quantum line is missing": (without(3), "half-signed"),
    "the witness's Ed25519 line fails": (flipped(2), "signature"),
    "the mirror's post-quantum line fails": (flipped(5), "mldsa"),
    "another size": (lambda note: note.replace("\n3\n", "\n4\n"), "mldsa"),
    "a size with a leading zero": (lambda note: note.replace("\n3\n", "\n03\n"), "note"),
    "an extension line": (lambda note: note.replace("\n\n", "\nextra\n\n"), "note"),
    "no empty line": (lambda note: note.replace("\n\n", "\n"), "note"),
    "a blank behind a line": (lambda note: note[:-1] + " \n", "note"),
    "a signature that is no base64": (lambda note: note + "— x A===\n", "base64"),
    "sixty-four lines": (lambda note: note + f"— x {b64(bytes(68))}\n" * 58, ""),
    "sixty-five lines": (lambda note: note + f"— x {b64(bytes(68))}\n" * 59, "note"),
    "another origin": (lambda note: note.replace(ORIGIN, f"CC/{PROGRAMME}/shared"), "log-unsigned"),
    "no log of the programme": (lambda note: note.replace(ORIGIN, "AA/other/shared"), "log-unsigned"),
}


@pytest.mark.parametrize(("change", "fault"), NOTES.values(), ids=NOTES.keys())
def test_notes(change: Change, fault: str, world: World) -> None:
    """A note is opened, or the fault is named."""
    note = change(world.note(ORIGIN))
    if fault:
        with pytest.raises(Fault) as caught:
            opened(world, note)
        assert caught.value.name == fault
    else:
        assert opened(world, note)[:2] == (ORIGIN, 3)


def test_who_cosigned_in_which_role_and_when(world: World) -> None:
    """Witness and mirror of the other party are told apart; the latest time of each counts."""
    seen = opened(world, world.note(ORIGIN))
    assert seen.cosigned == (("BB", "witness", T0 + 15), ("BB", "mirror", T0 + 15))
    note = world.note(ORIGIN, roles=("witness",))
    text = note.partition("\n\n")[0] + "\n"
    again = world.cosign(text, f"BB/{PROGRAMME}/witness", world.key("BB/witness#1"), T0 + 40)
    assert opened(world, note + "".join(again)).cosigned == (("BB", "witness", T0 + 40),)


def test_a_party_does_not_witness_itself(world: World) -> None:
    """A cosignature by the log's own party is passed over."""
    note = world.note(ORIGIN, roles=())
    text = note.partition("\n\n")[0] + "\n"
    own = world.cosign(text, f"AA/{PROGRAMME}/witness", world.key("AA/witness#1"), T0)
    assert opened(world, note + "".join(own)).cosigned == ()


def test_a_log_key_cosigns_nothing() -> None:
    """Who may keep a log may not therefore witness one: each use has its own key."""
    world = World()
    world.logs[ORIGIN] = [b"a"]
    note = world.note(ORIGIN, roles=())
    text = note.partition("\n\n")[0] + "\n"
    lines = world.cosign(text, f"BB/{PROGRAMME}/log-shared", world.key("BB/log-shared#1"), T0)
    assert opened(world, note + "".join(lines)).cosigned == ()


def test_no_time_is_no_time() -> None:
    """A checkpoint without a time counts for no key, however old the key is."""
    world = World()
    world.records = [record | {"valid_from": 0} for record in world.records]
    world.version, world.charter_hash = 0, ""
    world.adopt(world.document())
    world.logs[ORIGIN] = [b"a"]
    with pytest.raises(Fault) as caught:
        opened(world, world.note(ORIGIN, roles=(), time=0))
    assert caught.value.name == "half-signed"


TIMES: dict[str, tuple[int, str]] = {
    "now": (T0, ""),
    "before the key counted": (T0 - 501, "half-signed"),
    "never": (0, "half-signed"),
    "within the tolerance of clocks": (T0 + 1300, ""),
    "beyond it": (T0 + 1301, "future"),
}


@pytest.mark.parametrize(("time", "fault"), TIMES.values(), ids=TIMES.keys())
def test_times(time: int, fault: str, world: World) -> None:
    """A checkpoint counts at the time it states, which is not ahead of us."""
    note = world.note(ORIGIN, time=time, roles=())
    if fault:
        with pytest.raises(Fault) as caught:
            opened(world, note)
        assert caught.value.name == fault
    else:
        assert opened(world, note).size == 3


def test_published_notes_have_the_form_that_is_read(world: World) -> None:
    """The example checkpoints of C2SP are read; none of their keys is known here."""
    examples = json.loads(shared("log/c2sp_examples.json").read_text("utf-8"))
    for name in ("checkpoint", "cosigned_checkpoint"):
        with pytest.raises(Fault) as caught:
            opened(world, examples[name]["text"])
        assert caught.value.name == "log-unsigned"
    with pytest.raises(Fault) as caught:
        opened(world, examples["signed_note"]["note"])
    assert caught.value.name == "note"
