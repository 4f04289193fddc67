# SPDX-License-Identifier: Apache-2.0
"""Messages of a run as bytes: a strict reader of the part of MessagePack they use, their fields, and their digest.

- Maps have text keys, in the order of the fields named here, none missing and none besides.
- The digest of a message is over its name and its values in order: a mark of the type, the length, the content.
"""

from hashlib import sha256
from typing import Any

from paridad_verify.strict import Fault, demand

TERMS = "subject purpose basis rules tables records places epsilon_ppm batch sample churn_cap young_days logged"
FIELDS = {
    "proposal": ("Proposal", "terms concentration set_log nonce_seal persons growth bands"),
    "agreement": ("Agreement", "proposal terms concentration set_log nonce persons growth bands"),
    "refusal": ("Refusal", "proposal reason"),
    "start": ("Start", "nonce"),
    "commitment": ("Commitment", "root key knows order_seal places seen"),
    "list": ("ListSent", "points seals"),
    "evaluation": ("Evaluation", "root"),
    "order": ("OrderNonce", "nonce"),
    "opening": ("Opening", "batch answers path proof"),
    "result": ("Result", "size digest"),
    "labels": ("Labels", "sealed"),
    "pairs": ("Pairs", "count digest"),
    "decision-seal": ("DecisionSeal", "seal persons"),
    "decisions": ("Decisions", "salt decisions"),
    "records": ("RecordsOpened", "records"),
    "close": ("Close", "leads destroyed"),
    "pause": ("Pause", "alarm"),
    "continue": ("GoOn", "persons"),
    "abort": ("Abort", "reason batches evidence"),
}
"""By kind of act `targets/run-…/1`: the name and the fields of its message."""
Message = dict[str, Any]


def read(kind: str, data: bytes) -> Message:
    """Return the fields of a message, or raise `Fault`."""
    try:
        value, rest = _value(data)
    except (IndexError, UnicodeDecodeError, RecursionError):
        raise Fault("content") from None
    demand(not rest and isinstance(value, dict) and list(value) == FIELDS[kind][1].split(), "content")
    terms = value.get("terms", dict.fromkeys(TERMS.split(), 0))
    demand(isinstance(terms, dict) and list(terms) == TERMS.split(), "content")
    return dict(value)


def digest_of(kind: str, message: Message) -> bytes:
    """Return the digest of a message with its bulk."""
    values = tuple(message[name] for name in FIELDS[kind][1].split())
    return sha256(b"paridad/run/1\x00" + FIELDS[kind][0].encode() + b"\x00" + encoded(values)).digest()


def encoded(value: object) -> bytes:
    """Return the one form of a value."""
    match value:
        case bytes():
            mark, content = b"b", value
        case str():
            mark, content = b"s", value.encode()
        case int():
            mark, content = b"i", str(int(value)).encode()
        case None:
            mark, content = b"n", b""
        case dict():
            mark, content = b"t", b"".join(map(encoded, value.values()))
        case _:
            assert isinstance(value, list | tuple)
            mark, content = b"t", b"".join(map(encoded, value))
    return mark + len(content).to_bytes(8, "big") + content


def _value(data: bytes) -> tuple[Any, bytes]:
    """Read one value of MessagePack and return what follows it."""
    mark, rest = data[0], data[1:]
    if mark < 0x80 or mark >= 0xE0:  # noqa: PLR2004
        return mark - (0x100 if mark >= 0xE0 else 0), rest  # noqa: PLR2004
    if mark in _PLAIN:
        return _PLAIN[mark], rest
    if mark in _INTEGERS:
        size, signed = _INTEGERS[mark]
        return int.from_bytes(_take(rest, size), "big", signed=signed), rest[size:]
    for low, high, of in ((0x80, 0x8F, "map"), (0x90, 0x9F, "list"), (0xA0, 0xBF, "text")):
        if low <= mark <= high:
            return _sized(of, mark - low, rest)
    demand(mark in _SIZED, "content")
    of, size = _SIZED[mark]
    return _sized(of, int.from_bytes(_take(rest, size), "big"), rest[size:])


_PLAIN: dict[int, Any] = {0xC0: None, 0xC2: False, 0xC3: True}
_INTEGERS = {0xCC + n: (1 << n, False) for n in range(4)} | {0xD0 + n: (1 << n, True) for n in range(4)}
_SIZED = {
    0xC4: ("bytes", 1), 0xC5: ("bytes", 2), 0xC6: ("bytes", 4), 0xD9: ("text", 1), 0xDA: ("text", 2),
    0xDB: ("text", 4), 0xDC: ("list", 2), 0xDD: ("list", 4), 0xDE: ("map", 2), 0xDF: ("map", 4),
}  # fmt: skip


def _take(data: bytes, size: int) -> bytes:
    demand(len(data) >= size, "content")
    return data[:size]


def _sized(of: str, size: int, data: bytes) -> tuple[Any, bytes]:
    if of in {"bytes", "text"}:
        taken = _take(data, size)
        return (taken if of == "bytes" else taken.decode()), data[size:]
    items, rest = [], data
    for _ in range(size * (2 if of == "map" else 1)):
        item, rest = _value(rest)
        items.append(item)
    if of == "list":
        return items, rest
    demand(all(isinstance(name, str) for name in items[::2]) and len(set(items[::2])) == size, "content")
    return dict(zip(items[::2], items[1::2], strict=True)), rest
