# SPDX-License-Identifier: Apache-2.0
"""Whose key counts for what, when, and below which size of a log: charters and key changes, in their order.

  - A charter's hash is SHA-256 over its exact document. Each party's root signed that with Ed25519 and ML-DSA-44. A
    later version names the hash of the one before; where it changes or drops a root, the old root signed it as well.
  - A key change is signed by the root of the key's own party, twice; an enrolled key proves possession, and a key
    still in force of the same owner signs for its successor. No key is enrolled twice; no end is put off.
  - A key ended at size n counts for leaves below n of that log only; without a place in the log it is refused.
  - Of a charter only what verification needs is read; whether the rest is well made, its signers have judged.
"""

import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any, NamedTuple

from paridad_verify.faults import Fault
from paridad_verify.signatures import check_ed25519, check_mldsa44
from paridad_verify.strict import MAX_ARRAY, MAX_INTEGER, MAX_STRING, base64url, fits, read_canonical, to_base64url

CLOCK_TOLERANCE = 300
AGENCY = re.compile(r"[A-Z][A-Z0-9]{0,15}/[A-Z][A-Z0-9-]{0,31}")
MAX_DOCUMENT, _MAX_ENTRIES = 2 * 1024 * 1024, 4096
_KID = re.compile(r"([A-Z][A-Z0-9]{0,15})/[A-Za-z][A-Za-z0-9-]{0,31}#[1-9][0-9]{0,8}")
_PARTY = re.compile(r"[A-Z][A-Z0-9]{0,15}")
_ENDING = {"log": re.compile("shared|own"), "size": int, "root": str, "disputed_until": int}
_KEY = {
    **{"kid": _KID, "use": str, "valid_from": int, "valid_until?": int, "endings?": [_ENDING]},
    **dict.fromkeys(("ed25519?", "mldsa44?", "xwing?", "certificate?"), str),
}
_LISTED = [{"id": str, "*": 0}]
_DOCUMENT = {
    **{"type": re.compile("paridad/charter/1"), "programme": re.compile("[a-z][a-z0-9-]{0,63}"), "previous": str},
    **{"version": int, "effective_from": int, "parties": [{"id": _PARTY, "*": 0}], "agencies": _LISTED, "keys": [_KEY]},
    **{"roots": [{"party": _PARTY, "ed25519": str, "mldsa44": str}], "handling": _LISTED, "purposes": _LISTED},
    **{"bases": _LISTED, "witnesses": [{"party": str, "of": [str], "need": int}], "*": 0},
}
_CHANGE = {
    **{"type": re.compile("paridad/key-change/1"), "change": re.compile("enrol|retire|revoke"), "prg": str},
    **{"kid": _KID, "issued_at": int, "key?": _KEY, "predecessor?": str, "endings?": [_ENDING], "ends_at?": int},
    **{"es?": str, "en?": str},
}


class Key(NamedTuple):
    """One public key: whose, what for, when, and below which size of which log."""

    kid: str
    use: str
    ed25519: bytes
    mldsa44: bytes
    valid_from: int
    valid_until: int
    endings: Mapping[str, int]
    since: int
    """Version of the charter under which it was enrolled."""

    @property
    def owner(self) -> str:
        """Agency, or party and use."""
        return self.kid.partition("#")[0]

    @property
    def party(self) -> str:
        """What stands before the slash."""
        return self.kid.partition("/")[0]

    def counts_at(self, time: int) -> bool:
        """Whether a time lies in its interval."""
        return self.valid_from <= time < self.valid_until


class Signed(NamedTuple):
    """A document or statement with its signatures, by signer and algorithm."""

    tree: Any
    message: bytes
    signatures: Mapping[tuple[str, str], bytes]

    def check(self, who: str, ed25519: bytes, mldsa44: bytes, mark: str = "") -> None:
        """Demand a signature with each algorithm that the key has."""
        try:
            check_ed25519(ed25519, self.signatures.get((who, f"{mark}Ed25519"), b""), self.message)
            if mldsa44:
                check_mldsa44(mldsa44, self.signatures.get((who, f"{mark}ML-DSA-44"), b""), self.message)
        except Fault:
            raise Fault("signed-by", who=mark + who) from None


class Charter(NamedTuple):
    """A charter that all its parties signed."""

    hash: str
    signed: Signed
    roots: Mapping[str, tuple[bytes, bytes]]
    agencies: frozenset[str]
    codes: Mapping[str, frozenset[str]]
    """Handling, purpose and basis codes, by the claim that names one."""

    @property
    def prg(self) -> str:
        """The claim by which acts name it."""
        return f"{self.signed.tree['programme']}@{self.hash}"


def _read(text: str, kind: str, body: str, who: str, shape: Mapping[str, Any], max_string: int, max_array: int) -> Signed:
    caps = {"max_string": max_string, "max_array": max_array}
    outer = read_canonical(text.encode(), **caps)
    if not fits(outer, {body: str, "signatures": [{who: str, "alg": str, "sig": str}]}):
        raise Fault("form", what=kind)
    signatures = {(each[who], each["alg"]): base64url(each["sig"]) for each in outer["signatures"]}
    tree = read_canonical(outer[body].encode(), **caps)
    if not fits(tree, shape) or len(signatures) != len(outer["signatures"]):
        raise Fault("form", what=kind)
    return Signed(tree, f"{kind}\0{outer[body]}".encode(), signatures)


def read_charter(text: str) -> Charter:
    """Verify a signed charter and return it."""
    signed = _read(text, "paridad/charter/1", "document", "party", _DOCUMENT, MAX_DOCUMENT, _MAX_ENTRIES)
    tree = signed.tree
    roots = {each["party"]: (base64url(each["ed25519"]), base64url(each["mldsa44"])) for each in tree["roots"]}
    if sorted(each["id"] for each in tree["parties"]) != sorted(roots) or len(roots) < 2 or not all(map(all, roots.values())):  # noqa: PLR2004
        raise Fault("form", what="paridad/charter/1")
    for party, root in roots.items():
        signed.check(party, *root)
    lists = (("iss", "agencies"), ("hnd", "handling"), ("pur", "purposes"), ("bas", "bases"))
    codes = {claim: frozenset(each["id"] for each in tree[name]) for claim, name in lists}
    document = signed.message.partition(b"\0")[2]
    return Charter(to_base64url(sha256(document).digest()), signed, roots, codes["iss"], codes)


class Keys:
    """All keys of a programme as far as the statements at hand tell."""

    def __init__(self) -> None:
        self.charters: list[Charter] = []
        self._keys: dict[str, Key] = {}

    def adopt(self, charter: Charter) -> None:
        """Take a charter: the first at hand, or the one that follows the last."""
        tree = charter.signed.tree
        if self.charters:
            before = self.charters[-1]
            old = before.signed.tree
            due = (old["programme"], old["version"] + 1, before.hash)
            if (tree["programme"], tree["version"], tree["previous"]) != due or tree["effective_from"] <= old["effective_from"]:
                raise Fault("charter-order", version=tree["version"])
            for party, root in before.roots.items():
                if charter.roots.get(party) != root:
                    charter.signed.check(party, *root, "previous:")
        self.charters.append(charter)
        for each in tree["keys"]:
            key, known = _key(each, tree["version"]), self._keys.get(each["kid"])
            if known is None:
                self._enrol(key)
            elif known[:4] != key[:4]:
                raise Fault("key-twice", kid=key.kid)
            else:
                self._keys[key.kid] = key._replace(since=known.since)

    def apply(self, text: str) -> None:
        """Take a key change under the newest charter."""
        change = _read(text, "paridad/key-change/1", "statement", "role", _CHANGE, MAX_STRING, MAX_ARRAY)
        tree, charter = change.tree, self.charters[-1]
        kid, root = tree["kid"], charter.roots.get(tree["kid"].partition("/")[0])
        if tree["prg"] != charter.prg or root is None or (tree["change"] == "enrol") != ("key" in tree):
            raise Fault("form", what="paridad/key-change/1")
        change.check("root", *root)
        if "key" not in tree:
            self._end(kid, tree)
            return
        key = _key(tree["key"], charter.signed.tree["version"])
        if key.kid != kid or key.owner not in {*charter.agencies, f"{key.party}/{key.use}"}:
            raise Fault("form", what="paridad/key-change/1")
        if key.ed25519:
            change.check("possession", key.ed25519, key.mldsa44)
        use = "act" if key.use == "sealing" else key.use
        living = {each.kid: each for each in self._of(key.owner, use) if each.counts_at(tree["issued_at"]) and not each.endings}
        if living or "predecessor" in tree:
            before = living.get(tree.get("predecessor"))
            if before is None:
                raise Fault("signed-by", who="predecessor")
            change.check("predecessor", before.ed25519, before.mldsa44)
        self._enrol(key)

    def _end(self, kid: str, tree: Any) -> None:
        key = self._keys.get(kid)
        endings = {each["log"]: each["size"] for each in tree.get("endings", ())}
        if key is None or any(size > key.endings.get(log, size) for log, size in endings.items()):
            raise Fault("key-end", kid=kid)
        until = min(key.valid_until, tree.get("ends_at", key.valid_until))
        self._keys[kid] = key._replace(valid_until=until, endings={**key.endings, **endings})

    def _enrol(self, key: Key) -> None:
        used = {part for each in self._keys.values() for part in (each.kid, each.ed25519, each.mldsa44) if part}
        if used & {key.kid, key.ed25519, key.mldsa44}:
            raise Fault("key-twice", kid=key.kid)
        self._keys[key.kid] = key

    def _of(self, owner: str, use: str) -> list[Key]:
        return [key for key in self._keys.values() if key.owner == owner and key.use == use]

    def in_force(self, at: int, prg: str | None = None) -> Charter:
        """Return the charter in force at a time, which must be the one named, if one is named."""
        found = [each for each in self.charters if each.signed.tree["effective_from"] <= at]
        if not found or prg not in {None, found[-1].prg}:
            raise Fault("charter-time", prg=prg)
        return found[-1]

    def act_key(self, kid: str, iss: str, prg: str, at: int, place: tuple[str, int] | None) -> bytes:
        """Return the Ed25519 key of an act of `iss` at a place (log origin, leaf index), or say why it does not count."""
        charter, key = self.in_force(at, prg), self._keys.get(kid)
        if key is None or key.use != "act" or key.since > charter.signed.tree["version"]:
            raise Fault("key-unknown", kid=kid)
        if key.owner != iss or iss not in charter.agencies or not key.counts_at(at):
            raise Fault("key-owner", kid=kid, iss=iss)
        origin, index = place or ("", 0)
        party, _, log = origin.partition(f"/{charter.signed.tree['programme']}/")
        if key.endings and (party != key.party or index >= key.endings.get(log, MAX_INTEGER)):
            raise Fault("key-ended", kid=kid, size=min(key.endings.values()))
        return key.ed25519

    def log_keys(self, origin: str, size: int) -> list[Key]:
        """Return the keys that may sign a checkpoint of this log and size."""
        party, _, log = origin.partition(f"/{self.charters[-1].signed.tree['programme']}/")
        found = self._of(f"{party}/log-{log}", f"log-{log}")
        return [key for key in found if size <= min(key.endings.values(), default=size)]

    def cosigners(self, origin: str) -> Iterator[tuple[Key, str]]:
        """Return the witness and mirror keys of the other parties, each with the name under which it signs."""
        for key in self._keys.values():
            if key.use in {"witness", "mirror"} and key.party != origin.partition("/")[0]:
                yield key, f"{key.party}/{self.charters[-1].signed.tree['programme']}/{key.use}"


def _key(tree: Any, since: int) -> Key:
    endings = {each["log"]: each["size"] for each in tree.get("endings", ())}
    parts = (base64url(tree.get("ed25519", "")), base64url(tree.get("mldsa44", "")))
    return Key(tree["kid"], tree["use"], *parts, tree["valid_from"], tree.get("valid_until", MAX_INTEGER), endings, since)
