# SPDX-License-Identifier: Apache-2.0
r"""Signed notes: a text, an empty line, signature lines (C2SP signed-note v1.0.0).

Rules
  - Text and signatures part at the *last* empty line; the text keeps its final newline.
  - A note is UTF-8 without control characters other than newline. Its size and number of lines are bounded first.
  - A signature line is an em dash, a space, the key name, a space, and canonical base64 of 4 bytes key id and a blob.
  - Name and key id together name a key. A line of an unknown key is ignored; a line of a known key that does not verify
    condemns the whole note; a note without any line of a known key is refused.
  - Key id = the first 4 bytes of SHA-256(name || 0x0A || type || public key).
  - What is signed is the exact text of the note; reading it never changes a byte (law 1).

Worked example
    data = "hello\n\n— example.com/foo Uw2QOkn8…\n".encode()
    read_note(data).text                                                        is b"hello\n", not believed
    open_note(data, [read_verifier_key("example.com/foo+530d903a+Aeky…")]).text is the same, signed by that key
"""

import binascii
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from paridad.base.errors import BadSignature
from paridad.base.signing import Ed25519Key
from paridad.base.words import Words
from paridad.ledger.errors import NoteRefused

MAX_NOTE_BYTES = 256 * 1024
MAX_SIGNATURES = 64
"""At least 16 are accepted by every reader; with ML-DSA-44 a line has about 3.3 kB."""
KEY_ID_BYTES = 4
ED25519_TYPE = 0x01
MAX_DECIMAL = 2**63 - 1

_EM_DASH = "\u2014"
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")
_NAME = re.compile(r"[^\s+]+")


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """One signature line, read and not verified."""

    name: str
    key_id: bytes
    blob: bytes

    def __bytes__(self) -> bytes:
        return f"{_EM_DASH} {self.name} {encode_base64(self.key_id + self.blob)}\n".encode()


@dataclass(frozen=True, slots=True)
class Note:
    """A note that was read and not verified: nothing in it is believed."""

    text: bytes
    signatures: tuple[SignatureLine, ...]

    def __bytes__(self) -> bytes:
        return self.text + b"\n" + b"".join(bytes(line) for line in self.signatures)


class NoteKey(Protocol):
    """A key that notes are verified with."""

    @property
    def name(self) -> str:
        """The key name of its signature lines."""

    @property
    def key_id(self) -> bytes:
        """The four bytes that, with the name, tell its lines."""

    def check(self, text: bytes, blob: bytes) -> int:
        """Return the time that the signature states, 0 where its type has none; raise `BadSignature`."""


@dataclass(frozen=True, slots=True)
class VerifiedNote:
    """A note that at least one known key signed, and no known key failed."""

    text: bytes
    note: bytes
    times: Mapping[tuple[str, bytes], frozenset[int]]
    """By name and key id, the times that its valid lines state; {0} for a type without time."""

    def times_of(self, key: NoteKey) -> frozenset[int]:
        """Return the times at which a key signed; empty where it did not."""
        return self.times.get((key.name, key.key_id), frozenset())


@dataclass(frozen=True, slots=True)
class Ed25519NoteKey:
    """Type 0x01: Ed25519 over the text of the note."""

    name: str
    key: Ed25519Key

    @property
    def key_id(self) -> bytes:
        """Four bytes over name, type and key."""
        return key_id(self.name, ED25519_TYPE, self.key.raw)

    def check(self, text: bytes, blob: bytes) -> int:
        """Verify the blob, a bare signature."""
        self.key.verify(blob, text)
        return 0


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """Return the recommended key id; it identifies a key, it does not authenticate one."""
    return sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:KEY_ID_BYTES]


def is_key_name(name: str) -> bool:
    """Say whether a text can be a key name: not empty, no Unicode blanks, no plus, no control characters."""
    return bool(_NAME.fullmatch(name)) and not _CONTROL.search(name)


def read_note(data: bytes) -> Note:
    """Read a note without believing it, or raise `NoteRefused`."""
    # (1) Bounds, then UTF-8, then no control characters.
    if len(data) > MAX_NOTE_BYTES:
        raise refused(
            f"La nota mide más de {MAX_NOTE_BYTES} bytes.", f"The note is longer than {MAX_NOTE_BYTES} bytes."
        )
    text = _decode(data)
    # (2) The last empty line parts text and signatures; both end in a newline, neither is empty.
    body, parted, lines = text.rpartition("\n\n")
    if not (parted and body and lines.endswith("\n")):
        raise refused(
            "La nota no tiene texto, línea vacía y firmas.", "The note does not have text, empty line and signatures."
        )
    return Note((body + "\n").encode(), read_lines(lines.encode()))


def read_lines(data: bytes) -> tuple[SignatureLine, ...]:
    """Read signature lines alone, as a witness answers them, or raise `NoteRefused`."""
    if len(data) > MAX_NOTE_BYTES or not data.endswith(b"\n") or data.count(b"\n") > MAX_SIGNATURES:
        raise refused(
            f"Se esperan de 1 a {MAX_SIGNATURES} líneas de firma.",
            f"1 to {MAX_SIGNATURES} signature lines are expected.",
        )
    return tuple(_read_line(line) for line in _decode(data)[:-1].split("\n"))


def open_note(data: bytes, keys: Iterable[NoteKey]) -> VerifiedNote:
    """Verify a note with known keys, or raise `NoteRefused`."""
    note = read_note(data)
    known = {(key.name, key.key_id): key for key in keys}
    times: dict[tuple[str, bytes], frozenset[int]] = {}
    for line in note.signatures:
        place = (line.name, line.key_id)
        if place in known:
            times[place] = times.get(place, frozenset()) | {_check(known[place], note.text, line)}
    if not times:
        raise refused("Ninguna clave conocida firmó la nota.", "No known key signed the note.")
    return VerifiedNote(note.text, data, times)


def add_lines(note: bytes, lines: bytes) -> bytes:
    """Return a note with further signature lines after its own; a line that it has already is not repeated."""
    present = read_note(note).signatures
    added = dict.fromkeys(line for line in read_lines(lines) if line not in present)
    if len(present) + len(added) > MAX_SIGNATURES:
        raise refused("La nota tendría demasiadas firmas.", "The note would have too many signatures.")
    return note + b"".join(bytes(line) for line in added)


def read_verifier_key(vkey: str) -> Ed25519NoteKey:
    """Read a verifier key `name+key id+base64(type || key)` of type 0x01, or raise `NoteRefused`."""
    name, _, rest = vkey.partition("+")
    identifier, _, material = rest.partition("+")
    public = decode_base64(material)
    if not is_key_name(name) or public[:1] != bytes([ED25519_TYPE]):
        raise refused("No es una clave de verificación Ed25519.", "Not an Ed25519 verifier key.")
    try:
        key = Ed25519NoteKey(name, Ed25519Key(public[1:]))
    except BadSignature as error:
        raise NoteRefused(error.words) from error
    if key.key_id.hex() != identifier:
        raise refused("El identificador no es el de la clave.", "The key id is not that of the key.")
    return key


def verifier_key(name: str, kind: int, key: Ed25519Key) -> str:
    """Return a verifier key `name+key id+base64(type || key)`."""
    return f"{name}+{key_id(name, kind, key.raw).hex()}+{encode_base64(bytes([kind]) + key.raw)}"


def encode_base64(data: bytes) -> str:
    """Return standard base64 with padding (RFC 4648 §4)."""
    return b64encode(data).decode("ascii")


def decode_base64(text: str) -> bytes:
    """Return the bytes of standard base64 in its one spelling (RFC 4648 §3.5), or raise `NoteRefused`."""
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except ValueError as error:
        raise refused("base64 mal formado.", "Malformed base64.") from error
    if encode_base64(data) != text:
        raise refused("base64 no canónico.", "base64 is not canonical.")
    return data


def read_decimal(text: str) -> int:
    """Return an ASCII decimal below 2^63 without leading zeros, or raise `NoteRefused`."""
    if not _DECIMAL.fullmatch(text) or int(text) > MAX_DECIMAL:
        raise refused("No es un número decimal en su única forma.", "Not a decimal number in its one form.")
    return int(text)


def refused(es: str, en: str) -> NoteRefused:
    """Build the error of notes and checkpoints."""
    return NoteRefused(Words(es=es, en=en))


def _decode(data: bytes) -> str:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise refused("La nota no es UTF-8.", "The note is not UTF-8.") from error
    plain = text.isascii() and text.replace("\n", "").isprintable()  # what every note of ours is, seen at once
    if not plain and _CONTROL.search(text):
        raise refused("La nota contiene caracteres de control.", "The note contains control characters.")
    return text


def _read_line(line: str) -> SignatureLine:
    dash, _, rest = line.partition(" ")
    name, _, material = rest.partition(" ")
    if dash != _EM_DASH or not is_key_name(name):
        raise refused("Línea de firma mal formada.", "Malformed signature line.")
    blob = decode_base64(material)
    if len(blob) <= KEY_ID_BYTES:
        raise refused("Línea de firma sin firma.", "Signature line without a signature.")
    return SignatureLine(name, blob[:KEY_ID_BYTES], blob[KEY_ID_BYTES:])


def _check(key: NoteKey, text: bytes, line: SignatureLine) -> int:
    try:
        return key.check(text, line.blob)
    except BadSignature as error:
        raise refused(
            f"La firma de {line.name} no corresponde; la nota entera se rechaza.",
            f"The signature of {line.name} does not verify; the whole note is refused.",
        ) from error
