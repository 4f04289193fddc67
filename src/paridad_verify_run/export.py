# SPDX-License-Identifier: Apache-2.0
"""An export of a run: one line, a bundle of its acts, the payloads that they name; and the messages in them.

    {"bundle":<bytes>,"claims":["",""],"paridad_run":1,"payloads":[<bytes>, …],"run":"<hash of the proposal>"}
    <the bundle> <the payloads, as they were sent: sealed>

- The bundle is verified first, as `paridad_verify` does: signatures under the charter, places in the logs, the seal.
- A payload is known by its digest, which the act names; the key stands in the act. It is opened here, chunk by chunk.
- The acts of the run are the proposal and those that answer it. An earlier run of the class is there by its proposal
  and agreement alone: it names the heads from which both set logs go on.
- `claims` are the tags that each side says are common, where they are in dispute: base64url, end to end, or nothing.
- A message that cannot be read names its signer (`content`); one whose payload is not in the export is missing.
"""

import struct
from collections.abc import Iterator
from hashlib import sha256
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from paridad_verify.acts import Act
from paridad_verify.bundle import Bundle
from paridad_verify.strict import HASH, Fault, base64url, demand, fits, form, read_canonical
from paridad_verify_run.messages import FIELDS, read
from paridad_verify_run.proofs import pieces
from paridad_verify_run.run import TAG, Finding, Head, Said

PREFIX, SUFFIX = "targets/run-", "/1"
_HEAD = form("bundle:int claims:[] paridad_run:int payloads:[int] run:hash")
_LABEL = b"paridad/payload/1\0"
_PAYLOAD = struct.Struct(f">{len(_LABEL)}sHI7s")
_AES_256_GCM, _CHUNK, _TAG = 2, 1024 * 1024, 16


class Export(NamedTuple):
    """What an export holds, once its bundle was verified."""

    bundle: Bundle
    agencies: tuple[str, str]
    """Of side 0 and of side 1."""
    said: list[Said]
    earlier: tuple[Head | None, Head | None]
    unread: list[Finding]
    missing: list[str]
    """Acts whose payload is not here."""
    claims: dict[int, list[bytes]]


def open_export(data: bytes, now: int, anchors: frozenset[str]) -> Export:
    """Read an export, or raise `Fault`; what its bundle proves stands in its own list of failures."""
    first, parted, rest = data.partition(b"\n")
    head = read_canonical(first, max_array=1_000_000)
    demand(bool(parted) and fits(head, _HEAD) and head["paridad_run"] == 1, "frame")
    sizes = [head["bundle"], *head["payloads"]]
    demand(all(size >= 0 for size in sizes) and sum(sizes) == len(rest), "frame")
    bundle, payloads = Bundle(rest[: head["bundle"]], now, anchors), {}
    at = head["bundle"]
    for size in head["payloads"]:
        payloads[sha256(rest[at : at + size]).hexdigest()] = rest[at : at + size]
        at += size
    claims = {side: pieces(base64url(text), TAG) for side, text in enumerate(head["claims"][:2]) if text}
    return _read(bundle, head["run"], payloads, claims)


def _read(bundle: Bundle, run: str, payloads: dict[str, bytes], claims: dict[int, list[bytes]]) -> Export:
    acts = {act.hash: act for _, _, act in bundle.acts}
    demand(run in acts and acts[run].claims["knd"] == _kind("proposal"), "no-run")
    proposal = acts[run]
    agencies = (proposal.claims["iss"], proposal.claims["aud"][0])
    said: list[Said] = []
    unread: list[Finding] = []
    missing: list[str] = []
    for act in (proposal, *(each for each in acts.values() if run in each.claims["re"])):
        kind = act.claims["knd"].removeprefix(PREFIX).removesuffix(SUFFIX)
        if act.claims["knd"] != _kind(kind) or kind not in FIELDS or act.claims["iss"] not in agencies:
            continue
        side = agencies.index(act.claims["iss"])
        try:
            said.append(Said(side, kind, read(kind, _content(act, payloads)), act.hash))
        except Fault as fault:
            if fault.name == "absent":
                missing.append(act.hash)
            else:
                unread.append(Finding(0, side, "content", act.hash))
    return Export(bundle, agencies, said, _earlier(acts, run, agencies, payloads), unread, missing, claims)


def _kind(name: str) -> str:
    return f"{PREFIX}{name}{SUFFIX}"


def _earlier(
    acts: dict[str, Act], run: str, agencies: tuple[str, str], payloads: dict[str, bytes]
) -> tuple[Head | None, Head | None]:
    """Return the heads of both set logs that the earlier run of the class named."""
    for act in acts.values():
        agreed = [each for each in acts.values() if each.claims["knd"] == _kind("agreement")]
        answers = [each for each in agreed if act.hash in each.claims["re"]]
        if act.hash == run or act.claims["knd"] != _kind("proposal") or not answers:
            continue
        heads: dict[str, Head] = {}
        for kind, each in (("proposal", act), ("agreement", answers[0])):
            size, root = read(kind, _content(each, payloads))["set_log"]
            heads[each.claims["iss"]] = (size, root)
        return heads.get(agencies[0]), heads.get(agencies[1])
    return None, None


def _content(act: Act, payloads: dict[str, bytes]) -> bytes:
    fields: dict[str, Any] = {**act.fields}
    if isinstance(fields.get("content"), str):
        return base64url(fields["content"])
    demand(HASH.fullmatch(str(fields.get("payload_key"))) is not None and "payload" in fields, "content")
    demand(fields["payload"] in payloads, "absent")
    return b"".join(_chunks(payloads[fields["payload"]], base64url(fields["payload_key"])))


def _chunks(data: bytes, key: bytes) -> Iterator[bytes]:
    """Open a payload: chunks of AES-256-GCM, each under its number, the last one marked (the STREAM construction)."""
    demand(len(data) >= _PAYLOAD.size, "content")
    header, body = data[: _PAYLOAD.size], data[_PAYLOAD.size :]
    label, aead, size, prefix = _PAYLOAD.unpack(header)
    demand(label == _LABEL and aead == _AES_256_GCM and 0 < size <= _CHUNK, "content")
    stride = size + _TAG
    count = max(1, -(-len(body) // stride))
    for number in range(count):
        nonce = prefix + struct.pack(">IB", number, number == count - 1)
        try:
            yield AESGCM(key).decrypt(nonce, body[number * stride : (number + 1) * stride], header)
        except (InvalidTag, ValueError):
            raise Fault("content") from None
