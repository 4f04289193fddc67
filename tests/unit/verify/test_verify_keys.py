# SPDX-License-Identifier: Apache-2.0
"""Charters follow one another with consent; keys count for one agency, in their time, below their end."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from paridad_verify.keys import Keys, read_charter
from paridad_verify.strict import Fault
from support.verify_maker import PROGRAMME, T0, Tree, World, b64url, canonical

Make = Callable[[World], str]
SHARED = f"AA/{PROGRAMME}/shared"


def raises(fault: str, check: Callable[[], Any]) -> None:
    """Run a check that must name this fault, or none."""
    if not fault:
        check()
        return
    with pytest.raises(Fault) as caught:
        check()
    assert caught.value.name == fault


def tampered(change: Callable[[Tree], None]) -> Make:
    """Change the signed file after it was signed."""

    def make(world: World) -> str:
        tree = json.loads(world.signed_charter)
        change(tree)
        return canonical(tree).decode()

    return make


def signed(**more: object) -> Make:
    """Sign a first charter that says something else."""

    def make(world: World) -> str:
        return world.sign_charter(json.loads(json.loads(world.signed_charter)["document"]) | more)

    return make


def drop_signature(tree: Tree) -> None:
    tree["signatures"].pop()


def swap_signatures(tree: Tree) -> None:
    one, two = tree["signatures"][0], tree["signatures"][2]
    one["sig"], two["sig"] = two["sig"], one["sig"]


def double_signature(tree: Tree) -> None:
    tree["signatures"].append(tree["signatures"][0])


def change_document(tree: Tree) -> None:
    tree["document"] = tree["document"].replace("ámbar", "verde")


def add_name(tree: Tree) -> None:
    tree["note"] = "x"


CHARTERS: dict[str, tuple[Make, str]] = {
    "as both parties signed it": (lambda world: world.signed_charter, ""),
    "a signature is missing": (tampered(drop_signature), "signed-by"),
    "two signatures are exchanged": (tampered(swap_signatures), "signed-by"),
    "the document was changed": (tampered(change_document), "signed-by"),
    "a signature stands twice": (tampered(double_signature), "form"),
    "the file says more": (tampered(add_name), "form"),
    "it is not canonical": (lambda world: world.signed_charter + " ", "json-syntax"),
    "it is of another type": (signed(type="paridad/charter/2"), "form"),
    "its version is no integer": (signed(version="1"), "form"),
    "one party agrees with nobody": (signed(parties=[{"id": "AA"}]), "form"),
    "one party with its root": (lambda _: World(("AA",), ("AA/POLICE",)).signed_charter, "form"),
    "a party without a root": (
        lambda world: world.sign_charter(world.document(version=1, roots=world.document()["roots"][:1])),
        "form",
    ),
    "no party at all": (signed(parties=[], roots=[]), "form"),
    "a root without a post-quantum key": (
        signed(
            roots=[{"party": "AA", "ed25519": "QQ", "mldsa44": ""}, {"party": "BB", "ed25519": "QQ", "mldsa44": ""}]
        ),
        "form",
    ),
}


@pytest.mark.parametrize(("make", "fault"), CHARTERS.values(), ids=CHARTERS.keys())
def test_signed_charters(make: Make, fault: str) -> None:
    """A charter counts when every party's root signed it with both algorithms."""
    text = make(World())
    raises(fault, lambda: read_charter(text))


def adopted(world: World) -> Keys:
    """Return the keys of all the world's charters."""
    keys = Keys()
    for charter in world.charters:
        keys.adopt(read_charter(charter))
    return keys


def consent(world: World, document: Tree, party: str, key: str) -> list[Tree]:
    """Return the signatures by which a former root consents."""
    both = world.key(key).both(b"paridad/charter/1\0" + canonical(document), "previous:")
    return [{"party": party, "alg": alg, "sig": sig} for alg, sig in both]


SUCCESSORS: dict[str, tuple[Tree, str]] = {
    "the next version": ({}, ""),
    "a version is left out": ({"version": 3}, "charter-order"),
    "it names another predecessor": ({"previous": "x"}, "charter-order"),
    "it is of another programme": ({"programme": "other"}, "charter-order"),
    "it begins before the one before": ({"effective_from": T0 - 2000}, "charter-order"),
    "it begins with the one before": ({"effective_from": T0 - 900}, "charter-order"),
}


@pytest.mark.parametrize(("more", "fault"), SUCCESSORS.values(), ids=SUCCESSORS.keys())
def test_successors(more: Tree, fault: str) -> None:
    """A charter follows the one before, or it is refused."""
    world = World()
    world.adopt(world.document(**more))
    raises(fault, lambda: adopted(world))


@pytest.mark.parametrize(("key", "fault"), [("AA/root", ""), ("AA/other", "signed-by"), ("", "signed-by")])
def test_a_changed_root_consents(key: str, fault: str) -> None:
    """Where a later charter changes a root, the old root signed it as well."""
    world = World()
    old = world.key("AA/root")
    world.keys["AA/root"] = world.key("AA/root, the second")
    document = world.document()
    world.keys["AA/root, the first"] = old
    names = {"AA/root": "AA/root, the first"}
    world.adopt(document, consent(world, document, "AA", names.get(key, key)) if key else [])
    raises(fault, lambda: adopted(world))


def test_a_key_of_a_later_charter_is_the_same_key() -> None:
    """A charter carries a key over, confirms its end, and cannot exchange it."""
    world = World()
    world.records[-1] = world.records[-1] | {"valid_until": T0 + 50}
    world.adopt(world.document())
    keys = adopted(world)
    prg = keys.charters[-1].prg
    assert keys.act_key("BB/CUSTOMS#1", "BB/CUSTOMS", prg, T0)
    raises("key-owner", lambda: keys.act_key("BB/CUSTOMS#1", "BB/CUSTOMS", prg, T0 + 50))
    world.records[-1] = world.records[-1] | {"ed25519": b64url(world.key("somebody").public)}
    world.adopt(world.document())
    raises("key-twice", lambda: adopted(world))


def test_a_charter_is_in_force_from_its_first_second() -> None:
    """And not a second earlier."""
    keys = adopted(World())
    assert keys.in_force(T0 - 900).version == 1
    raises("charter-time", lambda: keys.in_force(T0 - 901))


def test_a_key_of_a_later_charter_is_unknown_to_an_earlier_one() -> None:
    """What was enrolled yesterday signed nothing last year."""
    world = World()
    first = f"{PROGRAMME}@{world.charter_hash}"
    world.records.append(world.record("AA/POLICE#2", "act"))
    world.adopt(world.document(effective_from=T0))
    keys = adopted(world)
    raises("key-unknown", lambda: keys.act_key("AA/POLICE#2", "AA/POLICE", first, T0 - 1))
    assert keys.act_key("AA/POLICE#2", "AA/POLICE", keys.charters[-1].prg, T0)


def test_an_agency_speaks_while_the_charter_lists_it() -> None:
    """A key outlives its agency and then speaks for nobody."""
    world = World()
    world.agencies = world.agencies[:1]
    world.adopt(world.document())
    keys = adopted(world)
    prg = keys.charters[-1].prg
    raises("key-owner", lambda: keys.act_key("BB/CUSTOMS#1", "BB/CUSTOMS", prg, T0))


def test_one_key_has_one_name() -> None:
    """The same key material under two names is refused."""
    world = World()
    world.records.append(world.records[-1] | {"kid": "BB/CUSTOMS#2"})
    world.adopt(world.document())
    raises("key-twice", lambda: adopted(world))


Ask = tuple[str, str, int, tuple[str, int]]
KEYS: dict[str, tuple[Ask, str]] = {
    "its own agency, in its time": (("AA/POLICE#1", "AA/POLICE", T0, (SHARED, 4)), ""),
    "another agency": (("BB/CUSTOMS#1", "AA/POLICE", T0, (SHARED, 4)), "key-owner"),
    "a key of a log": (("AA/log-shared#1", "AA/log-shared", T0, (SHARED, 4)), "key-unknown"),
    "an unknown key": (("AA/POLICE#2", "AA/POLICE", T0, (SHARED, 4)), "key-unknown"),
    "before it counted": (("AA/POLICE#1", "AA/POLICE", T0 - 501, (SHARED, 4)), "key-owner"),
    "before any charter": (("AA/POLICE#1", "AA/POLICE", T0 - 9000, (SHARED, 4)), "charter-time"),
}


@pytest.mark.parametrize(("ask", "fault"), KEYS.values(), ids=KEYS.keys())
def test_act_keys(ask: Ask, fault: str) -> None:
    """A key speaks for one agency in its interval of time."""
    keys = adopted(World())
    kid, iss, at, place = ask
    raises(fault, lambda: keys.act_key(kid, iss, keys.charters[-1].prg, at, place))


def test_an_act_names_the_charter_in_force() -> None:
    """Neither the charter before nor an unknown one."""
    world = World()
    first = f"{PROGRAMME}@{world.charter_hash}"
    world.adopt(world.document(effective_from=T0 - 100))
    keys = adopted(world)
    assert keys.act_key("AA/POLICE#1", "AA/POLICE", first, T0 - 200)
    raises("charter-time", lambda: keys.act_key("AA/POLICE#1", "AA/POLICE", first, T0))


# Key changes


def ending(change: str = "retire", kid: str = "AA/POLICE#1", size: int = 2, **more: object) -> Tree:
    """Return a statement that ends a key at a size of its shared log."""
    end = {"log": "shared", "size": size, "root": b64url(bytes(32)), "disputed_until": size}
    return {"change": change, "kid": kid, "es": "fin", "en": "end", "endings": [end], **more}


def enrolment(world: World, kid: str = "AA/POLICE#2", use: str = "act", **more: object) -> Tree:
    """Return a statement that enrols a key."""
    return {"change": "enrol", "kid": kid, "key": world.record(kid, use), **more}


def make_change(world: World, statement: Tree, roles: dict[str, str], **more: object) -> str:
    """Sign a statement; keys of agencies have one algorithm, so their second signature is left out."""
    return world.change(statement, {role: world.key(name) for role, name in roles.items()}, **more)


ROLES = {"root": "AA/root", "possession": "AA/POLICE#2", "predecessor": "AA/POLICE#1"}
CHANGES: dict[str, tuple[Callable[[World], str], str]] = {
    "a successor": (lambda w: make_change(w, enrolment(w, predecessor="AA/POLICE#1"), ROLES), ""),
    "a key of another use": (
        lambda w: make_change(w, enrolment(w, "AA/witness#2", "witness", predecessor="AA/witness#1"),
                              {"root": "AA/root", "possession": "AA/witness#2", "predecessor": "AA/witness#1"}), ""),
    "a sealing key, which cannot sign": (
        lambda w: make_change(w, {"change": "enrol", "kid": "AA/POLICE#3", "predecessor": "AA/POLICE#1",
                                  "key": {"kid": "AA/POLICE#3", "use": "sealing", "valid_from": T0, "xwing": "QQ"}},
                              {"root": "AA/root", "predecessor": "AA/POLICE#1"}), ""),
    "the first key of its use": (
        lambda w: make_change(w, enrolment(w, "AA/transport#1", "transport"),
                              {"root": "AA/root", "possession": "AA/transport#1"}), ""),
    "the root of the other party": (
        lambda w: make_change(w, enrolment(w, predecessor="AA/POLICE#1"), ROLES | {"root": "BB/root"}), "signed-by"),
    "a party that is none": (
        lambda w: make_change(w, enrolment(w, "CC/POLICE#1"), {"root": "CC/root"}), "signed-by"),
    "nobody proves possession": (
        lambda w: make_change(w, enrolment(w, predecessor="AA/POLICE#1"), ROLES | {"possession": "AA/x"}), "signed-by"),
    "the predecessor is not named": (lambda w: make_change(w, enrolment(w), ROLES), "signed-by"),
    "the predecessor did not sign": (
        lambda w: make_change(w, enrolment(w, predecessor="AA/POLICE#1"), ROLES | {"predecessor": "AA/x"}), "signed-by"),
    "the key was enrolled before": (
        lambda w: make_change(w, enrolment(w, "AA/POLICE#1", predecessor="AA/POLICE#1"),
                              ROLES | {"possession": "AA/POLICE#1"}), "key-twice"),
    "an owner that does not exist": (
        lambda w: make_change(w, enrolment(w, "AA/NAVY#1"), {"root": "AA/root", "possession": "AA/NAVY#1"}), "form"),
    "a statement about another key": (
        lambda w: make_change(w, enrolment(w, predecessor="AA/POLICE#1") | {"kid": "AA/POLICE#9"}, ROLES), "form"),
    "an enrolment without a key": (lambda w: make_change(w, {"change": "enrol", "kid": "AA/POLICE#2"}, ROLES), "form"),
    "another charter": (
        lambda w: make_change(w, enrolment(w, predecessor="AA/POLICE#1", prg="x@y"), ROLES), "form"),
    "a change of another name": (lambda w: make_change(w, ending("suspend"), ROLES), "form"),
    "the file says more": (lambda w: make_change(w, ending(), ROLES, note="x"), "form"),
    "a retirement": (lambda w: make_change(w, ending(), {"root": "AA/root"}), ""),
    "an end in time": (
        lambda w: make_change(w, {"change": "retire", "kid": "AA/witness#1", "ends_at": T0 + 1}, {"root": "AA/root"}), ""),
    "the end of an unknown key": (
        lambda w: make_change(w, ending(kid="AA/POLICE#8"), {"root": "AA/root"}), "key-unknown"),
}  # fmt: skip


@pytest.mark.parametrize(("make", "fault"), CHANGES.values(), ids=CHANGES.keys())
def test_key_changes(make: Callable[[World], str], fault: str) -> None:
    """A key is enrolled or ended by its party's root, or the statement is refused."""
    world = World()
    text = make(world)
    keys = adopted(world)
    raises(fault, lambda: keys.apply(text))


def test_after_a_key_has_ended_nobody_is_named() -> None:
    """A key that ended, in its log or in time, signs for no successor; the root alone enrols the next."""
    for end in (ending(), {"change": "retire", "kid": "AA/POLICE#1", "ends_at": T0}):
        world = World()
        keys = adopted(world)
        keys.apply(make_change(world, end, {"root": "AA/root"}))
        named = make_change(world, enrolment(world, predecessor="AA/POLICE#1"), ROLES)
        raises("signed-by", lambda: keys.apply(named))  # noqa: B023  called at once
        keys.apply(make_change(world, enrolment(world), ROLES))


def test_a_sealing_key_is_no_predecessor() -> None:
    """An agency that can open parcels and never signed enrols its first act key."""
    world = World(agencies=("AA/POLICE", "BB/CUSTOMS", "AA/NAVY"))
    sealing = {"kid": "AA/NAVY#1", "use": "sealing", "valid_from": T0 - 500, "xwing": "QQ"}
    world.records[-1] = sealing
    world.adopt(world.document())
    keys = Keys()
    keys.adopt(read_charter(world.charters[-1]))
    keys.apply(make_change(world, enrolment(world, "AA/NAVY#2"), {"root": "AA/root", "possession": "AA/NAVY#2"}))


def test_a_successor_speaks() -> None:
    """What was enrolled signs from then on; its predecessor too, until it ends."""
    world = World()
    keys = adopted(world)
    keys.apply(make_change(world, enrolment(world, predecessor="AA/POLICE#1"), ROLES))
    assert keys.act_key("AA/POLICE#2", "AA/POLICE", keys.charters[-1].prg, T0) == world.key("AA/POLICE#2").public


PLACES: dict[str, tuple[tuple[str, int], str]] = {
    "below its end": ((SHARED, 1), ""),
    "at its end": ((SHARED, 2), "key-ended"),
    "in the log in which it did not end": ((f"AA/{PROGRAMME}/own", 9), ""),
    "in a log of another party": ((f"BB/{PROGRAMME}/shared", 0), "key-ended"),
    "in no log": (("", 0), "key-ended"),
}


@pytest.mark.parametrize(("place", "fault"), PLACES.values(), ids=PLACES.keys())
def test_an_ended_key_counts_below_its_end(place: tuple[str, int], fault: str) -> None:
    """A stolen key cannot sign a new leaf with an old date."""
    world = World()
    keys = adopted(world)
    keys.apply(make_change(world, ending(), {"root": "AA/root"}))
    raises(fault, lambda: keys.act_key("AA/POLICE#1", "AA/POLICE", keys.charters[-1].prg, T0, place))


def test_an_end_is_set_back_and_never_put_off() -> None:
    """A revocation moves the end to an earlier size; nothing moves it to a later one."""
    world = World()
    keys = adopted(world)
    root = {"root": "AA/root"}
    keys.apply(make_change(world, ending(size=5), root))
    keys.apply(make_change(world, ending("revoke", size=3), root))
    raises("key-end", lambda: keys.apply(make_change(world, ending("revoke", size=4), root)))


def test_an_ended_log_key_signs_no_larger_tree() -> None:
    """The keys of a log are those that may sign a tree of this size."""
    world = World()
    keys = adopted(world)
    keys.apply(make_change(world, ending(kid="AA/log-shared#1", size=5), {"root": "AA/root"}))
    assert len(keys.log_keys(SHARED, 5)) == 1
    assert keys.log_keys(SHARED, 6) == []
