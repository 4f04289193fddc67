# SPDX-License-Identifier: Apache-2.0
"""Whose key counts for what, when, and below which size of a log: charters and key changes, in their order.

- Each party's root signed the charter's exact document with Ed25519 and ML-DSA-44. A later version names the hash of
  the one before; where it changes or drops a root, the old root signed it as well.
- A key change is signed by the root of the key's own party, twice; an enrolled key proves possession, and a key
  still in force of the same owner signs for its successor. No key is enrolled twice; no end is put off.
- A key ended at size n counts for leaves below n of that log only; without a place in the log it is refused.
- Of a charter only what verification needs is read; whether the rest is well made, its signers have judged.
"""

import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any, NamedTuple

from paridad_verify.proofs import check_ed25519, check_mldsa44
from paridad_verify.strict import MAX_INTEGER, Fault, base64url, demand, fits, form, read_canonical, to_base64url

CLOCK_TOLERANCE, MAX_DOCUMENT, MAX_ENTRIES = 300, 2 * 1024 * 1024, 4096
_CHARTER, _CHANGE = "paridad/charter/1", "paridad/key-change/1"
_KID = re.compile(r"[A-Z][A-Z0-9]{0,15}/[A-Za-z][A-Za-z0-9-]{0,31}#[1-9][0-9]{0,8}")
_ENDING = form("log:log size:int root disputed_until:int", log=re.compile("shared|own"))
_KEY = "kid:kid use valid_from:int valid_until?:int ed25519? mldsa44? xwing? certificate? endings?:[end]"
_TYPES = {"kid": _KID, "end": _ENDING, "key": form(_KEY, kid=_KID, end=_ENDING), "id": form("id *")}
_TYPES |= {"root": form("party ed25519 mldsa44"), "change": re.compile("enrol|retire|revoke")}
_LISTS = "parties:[id] agencies:[id] handling:[id] purposes:[id] bases:[id] roots:[root] keys:[key]"
_CHANGED = "change:change kid:kid issued_at:int key?:key predecessor? endings?:[end] ends_at?:int es? en?"
_FORMS = {
    _CHARTER: form(f"type programme version:int previous effective_from:int {_LISTS} *", **_TYPES),
    _CHANGE: form(f"type prg {_CHANGED}", **_TYPES),
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
    since: int  # version of the charter that enrolled it

    def counts_at(self, time: int) -> bool:
        """Whether a time lies in its interval."""
        return self.valid_from <= time < self.valid_until


class Signed(NamedTuple):
    """A charter's document or a key change, with its signatures by signer and algorithm."""

    tree: Any
    body: bytes
    signatures: Mapping[tuple[str, str], bytes]

    def check(self, who: str, ed25519: bytes, mldsa44: bytes, mark: str = "") -> None:
        """Demand a signature with each algorithm that the key has."""
        message = self.tree["type"].encode() + b"\0" + self.body
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
    codes: Mapping[str, frozenset[str]]  # agencies, handling, purposes and bases, by the claim that names one
    signed: Signed


def _read(text: str, kind: str, body: str, who: str, **caps: int) -> Signed:
    outer = read_canonical(text.encode(), **caps)
    demand(fits(outer, form(f"{body} signatures:[x]", x=form(f"{who} alg sig"))), "form", what=kind)
    signatures = {(each[who], each["alg"]): base64url(each["sig"]) for each in outer["signatures"]}
    tree = read_canonical(outer[body].encode(), **caps)
    whole = fits(tree, _FORMS[kind]) and tree["type"] == kind
    demand(whole and len(signatures) == len(outer["signatures"]), "form", what=kind)
    return Signed(tree, outer[body].encode(), signatures)


def read_charter(text: str) -> Charter:
    """Verify a signed charter and return it."""
    signed = _read(text, _CHARTER, "document", "party", max_string=MAX_DOCUMENT, max_array=MAX_ENTRIES)
    tree, name = signed.tree, to_base64url(sha256(signed.body).digest())
    roots = {each["party"]: (base64url(each["ed25519"]), base64url(each["mldsa44"])) for each in tree["roots"]}
    parties = sorted(each["id"] for each in tree["parties"])
    demand(len(parties) > 1 and parties == sorted(roots) and all(map(all, roots.values())), "form", what=_CHARTER)
    for party, root in roots.items():
        signed.check(party, *root)
    lists = {"iss": "agencies", "hnd": "handling", "pur": "purposes", "bas": "bases"}
    codes = {claim: frozenset(each["id"] for each in tree[listed]) for claim, listed in lists.items()}
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
            due = (self.programme, before.version + 1, before.hash)
            follows = (tree["programme"], charter.version, tree["previous"]) == due
            demand(follows and charter.effective_from > before.effective_from, "charter-order", version=charter.version)
            for party, root in before.roots.items():
                if charter.roots.get(party) != root:
                    charter.signed.check(party, *root, "previous:")
        self.charters.append(charter)
        self.programme = tree["programme"]
        for each in tree["keys"]:
            key = _key(each, charter.version)
            known = self._keys.pop(key.kid, key)
            demand(known[:4] == key[:4], "key-twice", kid=key.kid)
            until, endings = min(known.valid_until, key.valid_until), {**key.endings, **known.endings}
            self._enrol(key._replace(since=known.since, valid_until=until, endings=endings))

    def apply(self, text: str) -> None:
        """Take a key change under the newest charter."""
        change = _read(text, _CHANGE, "statement", "role")
        tree, charter, kid = change.tree, self.charters[-1], change.tree["kid"]
        change.check("root", *charter.roots.get(kid.partition("/")[0], (b"", b"")))
        enrols = tree["change"] == "enrol"  # what else there is ends a key
        demand(tree["prg"] == charter.prg and enrols == ("key" in tree), "form", what=_CHANGE)
        if not enrols:
            self._end(kid, tree)
            return
        key = _key(tree["key"], charter.version)
        own = key.owner in charter.codes["iss"] or key.owner == f"{key.party}/{key.use}"
        demand(key.kid == kid and own, "form", what=_CHANGE)
        if key.ed25519:
            change.check("possession", key.ed25519, key.mldsa44)
        living = self._of(key.owner, "act" if key.use == "sealing" else key.use)
        living = [each for each in living if each.counts_at(tree["issued_at"]) and not each.endings]
        before = [each for each in living if each.kid == tree.get("predecessor")]
        demand(bool(before) == bool(living or "predecessor" in tree), "signed-by", who="predecessor")
        for each in before:
            change.check("predecessor", each.ed25519, each.mldsa44)
        self._enrol(key)

    def _end(self, kid: str, tree: Any) -> None:
        demand(kid in self._keys, "key-unknown", kid=kid)
        key, endings = self._keys[kid], {each["log"]: each["size"] for each in tree.get("endings", ())}
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

    def act_key(self, kid: str, iss: str, prg: str, at: int, place: tuple[str, int] = ("", 0)) -> bytes:
        """Return the Ed25519 key of an act of `iss` at a place (origin, leaf index), or say why it does not count."""
        charter, key = self.in_force(at), self._keys.get(kid)
        demand(charter.prg == prg, "charter-time")
        if key is None or key.use != "act" or key.since > charter.version:
            raise Fault("key-unknown", kid=kid)
        speaks = key.owner == iss and iss in charter.codes["iss"] and key.counts_at(at)
        demand(speaks, "key-owner", kid=kid, iss=iss)
        party, _, log = place[0].partition(f"/{self.programme}/")
        counts = not key.endings or (party == key.party and place[1] < key.endings.get(log, MAX_INTEGER))
        demand(counts, "key-ended", kid=kid, sizes=dict(key.endings))
        return key.ed25519

    def log_keys(self, origin: str, size: int) -> list[Key]:
        """Return the keys that may sign a checkpoint of this log and size."""
        party, _, log = origin.partition(f"/{self.programme}/")
        found = self._of(f"{party}/log-{log}", f"log-{log}")
        return [each for each in found if size <= min([size, *each.endings.values()])]

    def cosigners(self, origin: str) -> Iterator[tuple[Key, str]]:
        """Return the witness and mirror keys of the other parties, each with the name under which it signs."""
        for key in self._keys.values():
            if key.use in {"witness", "mirror"} and key.party != origin.partition("/")[0]:
                yield key, f"{key.party}/{self.programme}/{key.use}"


def _key(tree: Any, since: int) -> Key:
    kid, span = tree["kid"], (tree["valid_from"], tree.get("valid_until", MAX_INTEGER))
    parts = (base64url(tree.get("ed25519", "")), base64url(tree.get("mldsa44", "")))
    endings = {each["log"]: each["size"] for each in tree.get("endings", ())}
    return Key(kid, tree["use"], *parts, kid.partition("#")[0], kid.partition("/")[0], *span, endings, since)
