# SPDX-License-Identifier: Apache-2.0
"""Signed notes: how they are cut, bounded and believed."""

import pytest

from paridad.base.signing import Ed25519Signer
from paridad.ledger.errors import NoteRefused
from paridad.ledger.note import (
    MAX_NOTE_BYTES,
    Ed25519NoteKey,
    Note,
    SignatureLine,
    add_lines,
    decode_base64,
    encode_base64,
    is_key_name,
    key_id,
    open_note,
    read_decimal,
    read_lines,
    read_note,
    read_verifier_key,
    verifier_key,
)
from support.memory_ledger import cosigner, log_signer

SIGNER = Ed25519Signer(bytes(31) + b"\1")
KEY = Ed25519NoteKey("example.com/foo", SIGNER.public)
TEXT = "línea\n\notra línea\n".encode()


def line(name: str = KEY.name, identifier: bytes = KEY.key_id, signed: bytes = TEXT) -> SignatureLine:
    """Return a signature line; by default a good one."""
    return SignatureLine(name, identifier, SIGNER.sign(signed))


def note(*lines: SignatureLine, text: bytes = TEXT) -> bytes:
    """Return the bytes of a note."""
    return bytes(Note(text, lines))


GOOD = note(line())
STRANGER = SignatureLine("example.com/bar", b"abcd", b"whatever")

BELIEVED: dict[str, bytes] = {
    "a note signed by a known key": GOOD,
    "a line of an unknown name is ignored": note(STRANGER, line()),
    "a known name with an unknown key id is ignored": note(line(), SignatureLine(KEY.name, b"abcd", b"x")),
    "a known key id under another name is ignored": note(line(), SignatureLine("other", KEY.key_id, b"x")),
    "the same line twice": note(line(), line()),
    "sixty-four lines": note(*[STRANGER] * 63, line()),
    "a text that looks like signatures": note(line(signed=GOOD), text=GOOD),
}

REFUSED: dict[str, tuple[bytes, str]] = {
    "a note of unknown keys only": (note(STRANGER), "No known key"),
    "a known key that fails condemns the note": (note(line(), line(signed=b"other\n")), "does not verify"),
    "a known key whose signature is cut condemns it": (
        note(SignatureLine(KEY.name, KEY.key_id, line().blob[:-1]), line()),
        "does not verify",
    ),
    "sixty-five lines": (note(*[STRANGER] * 64, line()), "1 to 64 signature lines"),
    "a note that is too long": (note(line(), text=b"x" * MAX_NOTE_BYTES + b"\n"), "longer than"),
    "no text": (b"\n\n" + bytes(line()), "text, empty line and signatures"),
    "no empty line": (b"text\n" + bytes(line()), "text, empty line and signatures"),
    "no signatures": (TEXT + b"\n", "text, empty line and signatures"),
    "nothing at all": (b"", "text, empty line and signatures"),
    "no newline at the end": (GOOD[:-1], "text, empty line and signatures"),
    "an empty line between signatures": (GOOD + b"\n" + bytes(line()), "does not verify"),
    "bytes that are not UTF-8": (GOOD + b"\xff\n", "not UTF-8"),
    "a carriage return": (GOOD.replace(b"\n", b"\r\n"), "control characters"),
    "a tabulator": (b"\t" + GOOD, "control characters"),
    "a hyphen for the dash": (GOOD.replace("—".encode(), b"-"), "Malformed signature line"),
    "a blank at the end of a line": (GOOD[:-1] + b" \n", "base64"),
    "a plus in the name": (note(line(), SignatureLine("a+b", b"abcd", b"x")), "Malformed signature line"),
    "a Unicode blank in the name": (note(line(), SignatureLine("a\u00a0b", b"abcd", b"x")), "Malformed signature line"),
    "an empty name": (note(line(), SignatureLine("", b"abcd", b"x")), "Malformed signature line"),
    "a line without a signature": (note(line(), SignatureLine("a", b"abcd", b"")), "without a signature"),
    "base64 with surplus bits": (GOOD + "— a YWJjZGV=\n".encode(), "base64 is not canonical"),
    "base64 without padding": (GOOD + "— a YWJjZGU\n".encode(), "base64"),
    "base64 of the other alphabet": (GOOD + "— a __--__--\n".encode(), "base64"),
    "base64 beyond ASCII": (GOOD + "— a YWJjñGVm\n".encode(), "base64"),
}  # fmt: skip


@pytest.mark.parametrize("data", BELIEVED.values(), ids=BELIEVED.keys())
def test_a_note_is_believed(data: bytes) -> None:
    """What comes out is the exact text and the exact note."""
    opened = open_note(data, [KEY])
    assert data.startswith(opened.text + b"\n")
    assert opened.note == data
    assert opened.times_of(KEY) == {0}


@pytest.mark.parametrize(("data", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_a_note_is_refused(data: bytes, why: str) -> None:
    """Each for the reason that its title gives."""
    with pytest.raises(NoteRefused, match=why):
        open_note(data, [KEY])


def test_text_and_signatures_part_at_the_last_empty_line() -> None:
    """The text may hold empty lines of its own."""
    assert read_note(GOOD).text == TEXT
    assert bytes(read_note(GOOD)) == GOOD
    assert (
        open_note(GOOD, [KEY, Ed25519NoteKey("other", SIGNER.public)]).times_of(Ed25519NoteKey("other", SIGNER.public))
        == frozenset()
    )


def test_every_single_bit_flip_of_a_note_is_detected() -> None:
    """Of the text, the empty line, and the line of the only known key."""
    for bit in range(len(GOOD) * 8):
        changed = bytearray(GOOD)
        changed[bit // 8] ^= 1 << (bit % 8)
        with pytest.raises(NoteRefused):
            open_note(bytes(changed), [KEY])


def test_the_bounds_are_256_kib_and_64_lines() -> None:
    """The last that is read, and the first that is not."""
    longest = 256 * 1024 - len(note(line(), text=b"\n"))
    for extra, fits in [(0, True), (1, False)]:
        text = b"x" * (longest + extra) + b"\n"
        data = note(line(signed=text), text=text)
        assert len(data) == 256 * 1024 + extra
        if fits:
            assert open_note(data, [KEY]).text == text
            continue
        with pytest.raises(NoteRefused, match="longer than"):
            open_note(data, [KEY])
    full = add_lines(note(*[line()] * 63), bytes(STRANGER))
    assert len(read_note(full).signatures) == 64
    with pytest.raises(NoteRefused, match="too many"):
        add_lines(full, bytes(SignatureLine("new", b"abcd", b"x")))


def test_lines_alone_are_bounded_too() -> None:
    """What a witness answers is no longer than a note."""
    for name, fits in [("n" * (256 * 1024 - 14), True), ("n" * (256 * 1024 - 13), False)]:
        lines = bytes(SignatureLine(name, b"abcd", b"xy"))
        assert (len(lines) <= 256 * 1024) == fits
        if fits:
            assert read_lines(lines)[0].name == name
            continue
        with pytest.raises(NoteRefused, match="1 to 64"):
            read_lines(lines)


def test_lines_are_added_and_never_repeated() -> None:
    """What a witness answers is read by the same rules."""
    answer = bytes(STRANGER) + bytes(line())
    assert add_lines(GOOD, answer) == GOOD + bytes(STRANGER)
    assert read_lines(answer) == (STRANGER, line())
    with pytest.raises(NoteRefused, match="too many"):
        add_lines(note(*[line()] * 64), bytes(STRANGER))
    for bad in (b"", b"\n", answer[:-1], b"x" * (MAX_NOTE_BYTES + 1), answer + b"\n"):
        with pytest.raises(NoteRefused):
            add_lines(GOOD, bad)


def test_a_verifier_key_carries_name_id_and_type() -> None:
    """`name+id+base64(type || key)`, type 0x01 only."""
    material = encode_base64(b"\1" + SIGNER.public.raw)
    good = f"{KEY.name}+{KEY.key_id.hex()}+{material}"
    assert read_verifier_key(good) == KEY
    assert verifier_key(KEY.name, 1, SIGNER.public) == good
    other_type = encode_base64(b"\4" + SIGNER.public.raw)
    no_point = encode_base64(b"\1" + bytes(32))
    for bad, why in {
        f"{KEY.name}+00000000+{material}": "not that of the key",
        f"{KEY.name}+{KEY.key_id.hex().upper()}+{material}": "not that of the key",
        f"{KEY.name}+{KEY.key_id.hex()}+{other_type}": "Not an Ed25519 verifier key",
        f"{KEY.name}+{KEY.key_id.hex()}+{no_point}": "not a valid point",
        f"+{KEY.key_id.hex()}+{material}": "Not an Ed25519 verifier key",
        f"{KEY.name}+{KEY.key_id.hex()}": "Not an Ed25519 verifier key",
        f"{good}+": "base64",
    }.items():
        with pytest.raises(NoteRefused, match=why):
            read_verifier_key(bad)


def test_names_types_and_keys_enter_the_key_id() -> None:
    """The same key under two names, or with two types, has two ids; and the test keys differ by role."""
    ids = {key_id(name, kind, SIGNER.public.raw) for name in ("a", "b") for kind in (1, 4, 6)}
    assert len(ids) == 6
    assert log_signer("a").public.ed25519 != cosigner("a").public.ed25519 != cosigner("a", 1).public.ed25519
    assert [is_key_name(name) for name in ("a/b", "ñ", "", "a b", "a+b", "a\x01")] == [True, True] + [False] * 4


def test_decimals_have_one_spelling() -> None:
    """No leading zeros, no sign, ASCII only, below 2^63."""
    assert [read_decimal(text) for text in ("0", "7", "9223372036854775807")] == [0, 7, 2**63 - 1]
    for bad in (
        "",
        "00",
        "07",
        "-1",
        "+1",
        "1.0",
        "9223372036854775808",
        "12345678901234567890",
        "1_0",
        "٣",
        " 1",
        "1\n",
    ):
        with pytest.raises(NoteRefused):
            read_decimal(bad)


def test_base64_has_one_spelling() -> None:
    """Decoded, encoded again, compared."""
    assert decode_base64("") == b""
    assert decode_base64("YQ==") == b"a"
    for bad in ("YQ", "YQ=", "YR==", "YQ==\n", "Y Q==", "YQ===", "=YQ="):
        with pytest.raises(NoteRefused):
            decode_base64(bad)
