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

from paridad_verify.faults import Fault, demand
from paridad_verify.signatures import check_ed25519, check_mldsa44
from paridad_verify.strict import MAX_ARRAY, MAX_INTEGER, MAX_STRING, base64url, fits, read_canonical, to_base64url

CLOCK_TOLERANCE, MAX_DOCUMENT, MAX_ENTRIES = 300, 2 * 1024 * 1024, 4096
AGENCY = re.compile(r"[A-Z][A-Z0-9]{0,15}/[A-Z][A-Z0-9-]{0,31}")
_PARTY = re.compile(r"[A-Z][A-Z0-9]{0,15}")
_KID = re.compile(rf"{_PARTY.pattern}/[A-Za-z][A-Za-z0-9-]{{0,31}}#[1-9][0-9]{{0,8}}")
_ENDING = {"log": re.compile("shared|own"), "size": int, "root": str, "disputed_until": int}
_KEY = {
    **{"kid": _KID, "use": str, "valid_from": int, "valid_until?": int, "endings?": [_ENDING]},
    **dict.fromkeys(("ed25519?", "mldsa44?", "xwing?", "certificate?"), str),
}
_IDS = [{"id": str, "*": 0}]
_DOCUMENT = {
    **{"type": re.compile("paridad/charter/1"), "programme": str, "version": int, "effective_from": int},
    **{"previous": str, "parties": _IDS, "roots": [{"party": _PARTY, "ed25519": str, "mldsa44": str}], "keys": [_KEY]},
    **{"agencies": _IDS, "handling": _IDS, "purposes": _IDS, "bases": _IDS, "*": 0},
}
_CHANGE = {
    **{
        "type": re.compile("paridad/key-change/1"),
        "change": re.compile("enrol|retire|revoke"),
        "prg": str,
        "kid": _KID,
    },
    **{
        "issued_at": int,
        "key?": _KEY,
        "predecessor?": str,
        "endings?": [_ENDING],
        "ends_at?": int,
        "es?": str,
        "en?": str,
    },
}


class Key(NamedTuple):
    """One public key: whose, what for, when, and below which size of which log."""

    kid: str
    use: str
    ed25519: bytes
    mldsa44: bytes
    owner: str
    party: str
    valid_from: int
    valid_until: int
    endings: Mapping[str, int]
    since: int
    """Version of the charter under which it was enrolled."""

    def counts_at(self, time: int) -> bool:
        """Whether a time lies in its interval."""
        return self.valid_from <= time < self.valid_until


class Signed(NamedTuple):
    """A document or statement with its signatures, by signer and algorithm."""

    tree: Any
    body: bytes
    kind: str
    signatures: Mapping[tuple[str, str], bytes]

    def check(self, who: str, ed25519: bytes, mldsa44: bytes, mark: str = "") -> None:
        """Demand a signature with each algorithm that the key has."""
        message = self.kind.encode() + b"\0" + self.body
        try:
            check_ed25519(ed25519, self.signatures.get((who, f"{mark}Ed25519"), b""), message)
            if mldsa44:
                check_mldsa44(mldsa44, self.signatures.get((who, f"{mark}ML-DSA-44"), b""), message)
        except Fault:
            raise Fault("signed-by", who=mark + who) from None


class Charter(NamedTuple):
    """A charter that all its parties signed."""

    hash: str
    prg: str
    version: int
    effective_from: int
    roots: Mapping[str, tuple[bytes, bytes]]
    codes: Mapping[str, frozenset[str]]
    """Agencies, handling, purpose and basis codes, by the claim that names one."""
    signed: Signed


def _read(text: str, kind: str, names: tuple[str, str], shape: Mapping[str, Any], caps: tuple[int, int]) -> Signed:
    body, who = names
    outer = read_canonical(text.encode(), max_string=caps[0], max_array=caps[1])
    demand(fits(outer, {body: str, "signatures": [{who: str, "alg": str, "sig": str}]}), "form", what=kind)
    signatures = {(each[who], each["alg"]): base64url(each["sig"]) for each in outer["signatures"]}
    tree = read_canonical(outer[body].encode(), max_string=caps[0], max_array=caps[1])
    demand(fits(tree, shape) and len(signatures) == len(outer["signatures"]), "form", what=kind)
    return Signed(tree, outer[body].encode(), kind, signatures)


def read_charter(text: str) -> Charter:
    """Verify a signed charter and return it."""
    signed = _read(text, "paridad/charter/1", ("document", "party"), _DOCUMENT, (MAX_DOCUMENT, MAX_ENTRIES))
    tree = signed.tree
    roots = {each["party"]: (base64url(each["ed25519"]), base64url(each["mldsa44"])) for each in tree["roots"]}
    parties = [each["id"] for each in tree["parties"]]
    demand(
        len(parties) > 1 and sorted(parties) == sorted(roots) and all(map(all, roots.values())),
        "form",
        what=signed.kind,
    )
    for party, root in roots.items():
        signed.check(party, *root)
    lists = (("iss", "agencies"), ("hnd", "handling"), ("pur", "purposes"), ("bas", "bases"))
    codes = {claim: frozenset(each["id"] for each in tree[name]) for claim, name in lists}
    name = to_base64url(sha256(signed.body).digest())
    return Charter(name, f"{tree['programme']}@{name}", tree["version"], tree["effective_from"], roots, codes, signed)


class Keys:
    """All keys of a programme as far as the statements at hand tell."""

    def __init__(self) -> None:
        self.charters: list[Charter] = []
        self.programme = ""
        self._keys: dict[str, Key] = {}

    def adopt(self, charter: Charter) -> None:
        """Take a charter: the first at hand, or the one that follows the last."""
        tree = charter.signed.tree
        for before in self.charters[-1:]:
            follows = tree["programme"] == self.programme and charter.version == before.version + 1
            later = charter.effective_from > before.effective_from
            demand(follows and later and tree["previous"] == before.hash, "charter-order", version=charter.version)
            for party, root in before.roots.items():
                if charter.roots.get(party) != root:
                    charter.signed.check(party, *root, "previous:")
        self.charters.append(charter)
        self.programme = tree["programme"]
        for each in tree["keys"]:
            key = _key(each, charter.version)
            known = self._keys.pop(key.kid, key)
            demand(known[:4] == key[:4], "key-twice", kid=key.kid)
            self._enrol(key._replace(since=known.since))

    def apply(self, text: str) -> None:
        """Take a key change under the newest charter."""
        change = _read(text, "paridad/key-change/1", ("statement", "role"), _CHANGE, (MAX_STRING, MAX_ARRAY))
        tree, charter, kid = change.tree, self.charters[-1], change.tree["kid"]
        root = charter.roots.get(kid.partition("/")[0], (b"", b""))
        change.check("root", *root)
        enrols = tree["change"] == "enrol"
        demand(tree["prg"] == charter.prg and enrols == ("key" in tree), "form", what=change.kind)
        if not enrols:
            self._end(kid, tree)
            return
        key = _key(tree["key"], charter.version)
        owners = {*charter.codes["iss"], f"{key.party}/{key.use}"}
        demand(key.kid == kid and key.owner in owners, "form", what=change.kind)
        if key.ed25519:
            change.check("possession", key.ed25519, key.mldsa44)
        living = self._of(key.owner, "act" if key.use == "sealing" else key.use)
        living = [each for each in living if each.counts_at(tree["issued_at"]) and not each.endings]
        before = [each for each in living if each.kid == tree.get("predecessor")]
        demand(bool(before) or not living, "signed-by", who="predecessor")
        for each in before:
            change.check("predecessor", each.ed25519, each.mldsa44)
        self._enrol(key)

    def _end(self, kid: str, tree: Any) -> None:
        endings = {each["log"]: each["size"] for each in tree.get("endings", ())}
        demand(kid in self._keys, "key-unknown", kid=kid)
        key = self._keys[kid]
        demand(all(size <= key.endings.get(log, size) for log, size in endings.items()), "key-end", kid=kid)
        until = min(key.valid_until, tree.get("ends_at", key.valid_until))
        self._keys[kid] = key._replace(valid_until=until, endings={**key.endings, **endings})

    def _enrol(self, key: Key) -> None:
        used = {part for each in self._keys.values() for part in (each.kid, each.ed25519, each.mldsa44) if part}
        demand(not used & {key.kid, key.ed25519, key.mldsa44}, "key-twice", kid=key.kid)
        self._keys[key.kid] = key

    def _of(self, owner: str, use: str) -> list[Key]:
        return [key for key in self._keys.values() if key.owner == owner and key.use == use]

    def in_force(self, at: int) -> Charter:
        """Return the charter in force at a time."""
        found = [each for each in self.charters if each.effective_from <= at]
        demand(bool(found), "charter-time")
        return found[-1]

    def act_key(self, kid: str, iss: str, prg: str, at: int, place: tuple[str, int] | None) -> bytes:
        """Return the Ed25519 key of an act of `iss`, filed at a place (origin, leaf index); or say why it does not count."""
        charter, key = self.in_force(at), self._keys.get(kid)
        demand(charter.prg == prg, "charter-time")
        if key is None or key.use != "act" or key.since > charter.version:
            raise Fault("key-unknown", kid=kid)
        speaks = key.owner == iss and iss in charter.codes["iss"] and key.counts_at(at)
        demand(speaks, "key-owner", kid=kid, iss=iss)
        origin, index = place or ("", 0)
        party, _, log = origin.partition(f"/{self.programme}/")
        counts = not key.endings or (party == key.party and index < key.endings.get(log, MAX_INTEGER))
        demand(counts, "key-ended", kid=kid, sizes=dict(key.endings))
        return key.ed25519

    def log_keys(self, origin: str, size: int) -> list[Key]:
        """Return the keys that may sign a checkpoint of this log and size."""
        party, _, log = origin.partition(f"/{self.programme}/")
        return [
            key for key in self._of(f"{party}/log-{log}", f"log-{log}") if size <= min([size, *key.endings.values()])
        ]

    def cosigners(self, origin: str) -> Iterator[tuple[Key, str]]:
        """Return the witness and mirror keys of the other parties, each with the name under which it signs."""
        for key in self._keys.values():
            if key.use in {"witness", "mirror"} and key.party != origin.partition("/")[0]:
                yield key, f"{key.party}/{self.programme}/{key.use}"


def _key(tree: Any, since: int) -> Key:
    endings = {each["log"]: each["size"] for each in tree.get("endings", ())}
    owner, party, until = (
        tree["kid"].partition("#")[0],
        tree["kid"].partition("/")[0],
        tree.get("valid_until", MAX_INTEGER),
    )
    parts = (base64url(tree.get("ed25519", "")), base64url(tree.get("mldsa44", "")))
    return Key(tree["kid"], tree["use"], *parts, owner, party, tree["valid_from"], until, endings, since)
