# SPDX-License-Identifier: Apache-2.0
"""The charter: signed twice by each party, read field by field, followed only with everybody's consent."""

import copy
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paridad.base.strict import encode_base64url, read_json, write_json
from paridad.programme.charter import (
    Charter,
    CharterSignature,
    PartyKeys,
    assemble,
    compile_document,
    read_charter,
    sign_charter,
)
from paridad.programme.document import MAX_DOCUMENT, MAX_ENTRIES
from paridad.programme.errors import CharterRefused, UnmappedMarking
from paridad.programme.keygen import PrivateKey
from support.programmes import EFFECTIVE_FROM, SHIPPED, World, generic_template, make_party, make_programme

WORLD = make_programme(("AA", "BB"), "charter")
THREE = make_programme(("AA", "BB", "CC"), "charter")
Tree = dict[str, Any]
Edit = Callable[[Tree], object]


def tree_of(document: bytes) -> Tree:
    tree: Tree = read_json(document, max_string=MAX_DOCUMENT, max_array=MAX_ENTRIES)
    return tree


def bytes_of(tree: Tree) -> bytes:
    return write_json(tree, max_string=MAX_DOCUMENT, max_array=MAX_ENTRIES)


def signed_by_all(document: bytes, world: World = WORLD) -> list[CharterSignature]:
    roots = {party: world.root(party) for party in world.charter.parties}
    return [sign_charter(document, party, root.ed25519, root.mldsa) for party, root in roots.items()]


def edited(edit: Edit) -> bytes:
    """Return the test charter with an edited document, signed by everybody as if it were in order."""
    tree = tree_of(WORLD.charter.document)
    edit(tree)
    document = bytes_of(tree)
    return assemble(document, signed_by_all(document))


def unchanged(tree: Tree) -> None:
    """Edit nothing."""


def put(path: str, value: object) -> Edit:
    """Edit one field: `agencies.0.en`."""

    def edit(tree: Any) -> None:
        *steps, last = path.split(".")
        for step in steps:
            tree = tree[int(step) if step.isdigit() else step]
        tree[int(last) if last.isdigit() else last] = value

    return edit


def drop(path: str) -> Edit:
    """Take out one field or entry."""

    def edit(tree: Any) -> None:
        *steps, last = path.split(".")
        for step in steps:
            tree = tree[int(step) if step.isdigit() else step]
        del tree[int(last) if last.isdigit() else last]

    return edit


def twice(name: str) -> Edit:
    """Repeat the first entry of a list."""
    return lambda tree: tree[name].append(tree[name][0])


def copy_part(part: str, source: str, target: str) -> Edit:
    """Give one key the part of another."""

    def edit(tree: Tree) -> None:
        keys = {key["kid"]: key for key in tree["keys"]}
        keys[target][part] = keys[source][part]

    return edit


def without_keys(use: str) -> Edit:
    return lambda tree: tree.update(keys=[key for key in tree["keys"] if key["use"] != use or key["kid"][:2] == "BB"])


def both(*edits: Edit) -> Edit:
    return lambda tree: [edit(tree) for edit in edits]


DOCUMENTS: dict[str, tuple[Edit, str, str]] = {
    "no type": (drop("type"), "type", "is missing"),
    "another type": (put("type", "paridad/charter/2"), "type", "not one of"),
    "no programme": (drop("programme"), "programme", "is missing"),
    "a name in one language": (drop("name.en"), "name.en", "is missing"),
    "a notice in one language": (put("name.notice_es", "x"), "name.notice_en", "is missing"),
    "a name with something left over": (put("name.fr", "x"), "name.fr", "not known"),
    "version zero": (put("version", 0), "version", "from 1"),
    "a first version that has one before it": (put("previous", "A" * 43), "previous", "only the first"),
    "a later version without one before it": (put("version", 2), "previous", "only the first"),
    "something left over": (put("colour", "red"), "colour", "not known"),
    "one party alone": (both(drop("parties.1"), drop("roots.1")), "parties", "two or more"),
    "a party twice": (twice("parties"), "parties", "none twice"),
    "a party with a field left over": (put("parties.0.rank", 1), "parties[0].rank", "not known"),
    "a party without a source": (drop("parties.0.source"), "parties[0].source", "is missing"),
    "a party that does not say if it was verified": (drop("parties.0.verified"), "parties[0].verified", "is missing"),
    "a party in lower case": (put("parties.0.id", "aa"), "parties[0].id", "form"),
    "a party without a root": (drop("roots.0"), "roots", "one root"),
    "a root twice": (twice("roots"), "roots[2].party", "two roots"),
    "a root that is no key": (put("roots.0.ed25519", "AA"), "roots[0]", "valid point"),
    "a root with a field left over": (put("roots.0.kid", "AA/root#1"), "roots[0].kid", "not known"),
    "a root of two parties": (
        lambda tree: tree["roots"][1].update(ed25519=tree["roots"][0]["ed25519"]),
        "roots",
        "share a root",
    ),
    "no agency": (put("agencies", []), "agencies", "the list is empty"),
    "an agency twice": (twice("agencies"), "agencies[4].id", "stands twice"),
    "an agency without its Spanish name": (drop("agencies.0.es"), "agencies[0].es", "is missing"),
    "an agency without its English name": (drop("agencies.0.en"), "agencies[0].en", "is missing"),
    "an agency with a blank name": (put("agencies.0.en", " "), "agencies[0].en", "visible text"),
    "an agency of nobody": (put("agencies.0.id", "ZZ/POLICE"), "agencies.ZZ/POLICE", "its party does not exist"),
    "a handling code without a rank": (drop("handling.0.rank"), "handling[0].rank", "is missing"),
    "a handling code that may leave as it likes": (put("handling.0.onward", "maybe"), "handling[0].onward", "not one"),
    "a handling code kept for no day": (put("handling.0.retention_days", 0), "handling[0].retention_days", "from 1"),
    "two handling codes of one rank": (put("handling.1.rank", 0), "handling.GREEN.rank", "repeats a rank"),
    "a stricter code that is freer onward": (put("handling.4.onward", "free"), "handling.RED", "asks for less"),
    "a stricter code for fewer persons": (put("handling.4.two_person", False), "handling.RED", "asks for less"),
    "a marking of nobody": (put("markings.0.party", "ZZ"), "markings[0]", "does not exist"),
    "a marking for no code": (put("markings.0.handling", "GREY"), "markings[0]", "does not exist"),
    "a marking twice": (twice("markings"), "markings[6].id", "stands twice"),
    "a marking that lowers protection": (put("markings.2.handling", "GREEN"), "markings[2].handling", "lowers"),
    "a marking with a field left over": (put("markings.0.note", "x"), "markings[0].note", "not known"),
    "a purpose kept for no day": (put("purposes.0.retention_days", 0), "purposes[0].retention_days", "from 1"),
    "a legal basis of no kind": (put("bases.0.kind", "custom"), "bases[0].kind", "not one of"),
    "domestic law of nobody": (drop("bases.1.party"), "bases[1].party", "is missing"),
    "domestic law of a stranger": (put("bases.1.party", "ZZ"), "bases.law-aa", "its party does not exist"),
    "a treaty of one party": (put("bases.0.party", "AA"), "bases[0].party", "not known"),
    "an answer due before its acknowledgement": (
        put("urgencies.0.answer_seconds", 1),
        "urgencies[0].answer_seconds",
        "before the acknowledgement",
    ),
    "a clock of no time": (put("clocks.recall_seconds", 0), "clocks.recall_seconds", "from 1"),
    "conduct under an unknown code": (put("conduct.handling", "MAUVE"), "conduct.handling", "not in the list"),
    "conduct with something left over": (put("conduct.x", 1), "conduct.x", "not known"),
    "clocks with something left over": (put("clocks.x", 1), "clocks.x", "not known"),
    "a ground with a code that has a blank": (put("grounds.0.id", "a b"), "grounds[0].id", "form"),
    "a party that is its own witness": (put("witnesses.0.of", ["AA"]), "witnesses[0].of", "other parties"),
    "a stranger as witness": (put("witnesses.0.of", ["ZZ"]), "witnesses[0].of", "other parties"),
    "the witnesses of one party twice": (twice("witnesses"), "witnesses[2].of", "other parties"),
    "more witnesses than there are": (put("witnesses.0.need", 2), "witnesses[0].need", "more witnesses"),
    "no witness needed": (put("witnesses.0.need", 0), "witnesses[0].need", "from 1"),
    "a party without witnesses": (drop("witnesses.0"), "witnesses", "each party names"),
    "witnesses with something left over": (put("witnesses.0.x", 1), "witnesses[0].x", "not known"),
    "a key of a stranger": (put("keys.0.kid", "ZZ/log-shared#1"), "keys.ZZ/log-shared#1", "owner does not exist"),
    "a key of no agency": (put("keys.5.kid", "AA/NAVY#1"), "keys.AA/NAVY#1", "owner does not exist"),
    "a key twice": (twice("keys"), "keys.AA/log-shared#1", "stands twice"),
    "one key for two uses": (
        copy_part("ed25519", "AA/log-shared#1", "AA/witness#1"),
        "keys.AA/witness#1",
        "stands twice",
    ),
    "one key of two parties": (copy_part("xwing", "AA/POLICE#2", "BB/POLICE#2"), "keys.BB/POLICE#2", "stands twice"),
    "a root that also works": (
        lambda tree: tree["keys"][0].update(ed25519=tree["roots"][1]["ed25519"]),
        "keys.AA/log-shared#1",
        "stands twice",
    ),
    "a key that is no key": (put("keys.0.ed25519", "AA"), "keys[0]", "valid point"),
    "a party without a shared log": (without_keys("log-shared"), "keys", "AA has no log-shared key"),
    "a party without its own log": (without_keys("log-own"), "keys", "AA has no log-own key"),
    "a party that cannot witness": (without_keys("witness"), "keys", "AA has no witness key"),
    "a log key that is past its time": (put("keys.0.valid_until", EFFECTIVE_FROM), "keys", "AA has no log-shared key"),
}

IN_ORDER: dict[str, Edit] = {
    "nothing edited": unchanged,
    "a notice in both languages": both(put("name.notice_es", "x"), put("name.notice_en", "y")),
    "help in both languages": both(put("grounds.0.help_es", "x"), put("grounds.0.help_en", "y")),
    "no marking at all": put("markings", []),
    "a treaty": put("bases.0.kind", "treaty"),
    "a stricter code that is never passed on": put("handling.3.onward", "never"),
    "a log key with an end ahead": put("keys.0.valid_until", EFFECTIVE_FROM + 1),
}


@pytest.mark.parametrize(("edit", "field", "words"), DOCUMENTS.values(), ids=DOCUMENTS.keys())
def test_a_document_that_does_not_hold_is_refused_though_all_signed_it(edit: Edit, field: str, words: str) -> None:
    """Signatures do not heal a document; the refusal names the field."""
    with pytest.raises(CharterRefused, match=words) as refused:
        read_charter(edited(edit))
    assert refused.value.field == field


@pytest.mark.parametrize("edit", IN_ORDER.values(), ids=IN_ORDER.keys())
def test_a_document_in_order_is_read(edit: Edit) -> None:
    """The control of the table above."""
    assert read_charter(edited(edit)).programme == "practice"


# Signatures -------------------------------------------------------------------------------------------------------

Sign = Callable[[list[CharterSignature]], Sequence[CharterSignature]]


def flipped(data: bytes) -> bytes:
    return bytes([data[0] ^ 1]) + data[1:]


SIGNATURES: dict[str, tuple[Sign, str, str]] = {
    "nobody signs": (lambda s: s[2:], "signatures.AA", "signature of AA .* is missing"),
    "one party does not sign": (lambda s: s[:1], "signatures.BB", "is missing; ask that party"),
    "a stranger signs as well": (
        lambda s: [*s, CharterSignature("ZZ", s[0].ed25519, s[0].mldsa44)],
        "signatures.ZZ",
        "without being a party",
    ),
    "one party signs for the other": (
        lambda s: [s[0], CharterSignature("BB", s[0].ed25519, s[0].mldsa44)],
        "signatures.BB",
        "does not verify",
    ),
    "the Ed25519 signature is wrong": (
        lambda s: [CharterSignature("AA", flipped(s[0].ed25519), s[0].mldsa44), s[1]],
        "signatures.AA",
        "Ed25519|point R",
    ),
    "the ML-DSA signature is wrong": (
        lambda s: [CharterSignature("AA", s[0].ed25519, flipped(s[0].mldsa44)), s[1]],
        "signatures.AA",
        "ML-DSA-44",
    ),
    "a party signs twice": (lambda s: [*s, s[0]], "signatures[1].alg", "signs twice"),
}


@pytest.mark.parametrize(("sign", "field", "words"), SIGNATURES.values(), ids=SIGNATURES.keys())
def test_a_charter_needs_both_signatures_of_everybody(sign: Sign, field: str, words: str) -> None:
    """The refusal names the party."""
    document = WORLD.charter.document
    with pytest.raises(CharterRefused, match=words) as refused:
        read_charter(assemble(document, sign(signed_by_all(document))))
    assert refused.value.field == field


def signed_tree(edit: Edit) -> bytes:
    tree = tree_of(WORLD.signed_charter)
    edit(tree)
    return bytes_of(tree)


FILES: dict[str, tuple[bytes, str, str]] = {
    "too large": (bytes(2 * MAX_DOCUMENT + 1), "signed", "larger than"),
    "no JSON": (b"{", "signed", "Malformed JSON"),
    "another JSON form": (WORLD.signed_charter.replace(b'{"document"', b'{ "document"'), "signed", "one form"),
    "no document": (signed_tree(drop("document")), "document", "is missing"),
    "a document that is no text": (signed_tree(put("document", 1)), "document", "must be a text"),
    "a document in another form": (
        assemble(b" " + WORLD.charter.document, signed_by_all(b" " + WORLD.charter.document)),
        "document",
        "JSON|one form|blanks",
    ),
    "something left over": (signed_tree(put("note", "x")), "note", "not known"),
    "a signature with something left over": (
        signed_tree(put("signatures.0.kid", "x")),
        "signatures[0].kid",
        "not known",
    ),
    "an unknown algorithm": (signed_tree(put("signatures.0.alg", "none")), "signatures[0].alg", "not one of"),
    "an Ed25519 signature alone": (
        signed_tree(drop("signatures.1")),
        "signatures.AA",
        "the ML-DSA-44 signature is missing",
    ),
    "an ML-DSA signature alone": (
        signed_tree(drop("signatures.0")),
        "signatures.AA",
        "the Ed25519 signature is missing",
    ),
}


@pytest.mark.parametrize(("signed", "field", "words"), FILES.values(), ids=FILES.keys())
def test_a_file_that_is_no_signed_charter(signed: bytes, field: str, words: str) -> None:
    """One form only, and nothing beside document and signatures."""
    with pytest.raises(CharterRefused, match=words) as refused:
        read_charter(signed)
    assert refused.value.field == field


def test_the_exact_bytes_are_kept_and_hashed() -> None:
    """The document comes out as it went in; its hash is what acts will name."""
    charter = read_charter(WORLD.signed_charter)
    assert charter.document == WORLD.charter.document
    assert charter.prg == f"practice@{charter.hash}"
    assert assemble(charter.document, charter.signatures) == WORLD.signed_charter
    assert (hash(charter), charter) == (hash(WORLD.charter), WORLD.charter)


@given(st.integers(0, len(WORLD.signed_charter) * 8 - 1))
def test_no_bit_of_a_signed_charter_can_change(bit: int) -> None:
    """Every flip of one bit is refused."""
    data = bytearray(WORLD.signed_charter)
    data[bit // 8] ^= 1 << bit % 8
    with pytest.raises(CharterRefused):
        read_charter(bytes(data))


# Compiling --------------------------------------------------------------------------------------------------------

TEMPLATES: dict[str, tuple[bytes, str, str]] = {
    "text that is no TOML": (b"programme =", "template", "not valid TOML"),
    "bytes that are no text": (b"\xff", "template", "not valid TOML"),
    "a number with a point": (WORLD.template.replace(b"rank = 0", b"rank = 0.5", 1), "template", "not admitted"),
    "a date": (b"signed_on = 2025-09-03\n" + WORLD.template, "template", "not admitted"),
    "a version of its own": (b"version = 7\n" + WORLD.template, "version", "not written in the template"),
    "keys of its own": (b"keys = []\n" + WORLD.template, "keys", "not written in the template"),
    "a label in one language": (WORLD.template.replace(b'en = "AA (en)"', b"", 1), "parties[0].en", "is missing"),
}


@pytest.mark.parametrize(("template", "field", "words"), TEMPLATES.values(), ids=TEMPLATES.keys())
def test_a_template_that_cannot_become_a_charter(template: bytes, field: str, words: str) -> None:
    """What would be refused when it is read is refused before anybody signs it."""
    with pytest.raises(CharterRefused, match=words) as refused:
        compile_document(template, WORLD.party_keys, version=1, effective_from=EFFECTIVE_FROM)
    assert refused.value.field == field


def test_two_parties_compile_the_same_bytes() -> None:
    """A document depends on template and keys alone."""
    again = compile_document(WORLD.template, WORLD.party_keys, version=1, effective_from=EFFECTIVE_FROM)
    assert again == WORLD.charter.document


# Following --------------------------------------------------------------------------------------------------------

NEW_KEYS, NEW_PRIVATE = make_party("AA", [], seed="new root")
NEW_ROOT: PrivateKey = NEW_PRIVATE["AA/root#1"]


def follow(edit: Edit, *extra: Callable[[bytes], CharterSignature]) -> Charter:
    """Compile, edit, sign and read a second version."""
    tree = copy.deepcopy(tree_of(WORLD.charter.document))
    tree |= {"version": 2, "previous": WORLD.charter.hash, "effective_from": EFFECTIVE_FROM + 1000}
    edit(tree)
    document = bytes_of(tree)
    roots = {party: WORLD.root(party) for party in WORLD.charter.parties}
    if tree["roots"][0]["ed25519"] == encode_base64url(NEW_ROOT.ed25519.public.raw):
        roots["AA"] = NEW_ROOT
    present = [each["party"] for each in tree["roots"]]
    signatures = [sign_charter(document, party, roots[party].ed25519, roots[party].mldsa) for party in present]
    return read_charter(assemble(document, [*signatures, *(sign(document) for sign in extra)]), current=WORLD.charter)


def new_root(tree: Tree) -> None:
    tree["roots"][0] = {
        "party": "AA",
        "ed25519": encode_base64url(NEW_ROOT.ed25519.public.raw),
        "mldsa44": encode_base64url(NEW_ROOT.mldsa.public.raw),
    }


def previously(party: str, root: PrivateKey | None = None) -> Callable[[bytes], CharterSignature]:
    key = root or WORLD.root(party)
    return lambda document: sign_charter(document, party, key.ed25519, key.mldsa, previous=True)


FOLLOWED: dict[str, tuple[Edit, tuple[Callable[[bytes], CharterSignature], ...]]] = {
    "the same parties agree on something else": (put("clocks.recall_seconds", 9), ()),
    "a party changes its root, and its old root consents": (new_root, (previously("AA"),)),
    "an old root consents though nothing made it necessary": (put("clocks.recall_seconds", 9), (previously("BB"),)),
}

NOT_FOLLOWED: dict[str, tuple[Edit, tuple[Callable[[bytes], CharterSignature], ...], str, str]] = {
    "another programme": (put("programme", "other"), (), "programme", "asks for 'practice'"),
    "a version is left out": (put("version", 3), (), "version", "asks for 2"),
    "the one before is another": (put("previous", "A" * 43), (), "previous", "asks for"),
    "it takes force at the same time": (
        put("effective_from", EFFECTIVE_FROM),
        (),
        "effective_from",
        "not later than the one in force",
    ),
    "a root changes without the old one": (new_root, (), "signatures.previous:AA", "is missing"),
    "a root changes and the new one signs for the old": (
        new_root,
        (previously("AA", NEW_ROOT),),
        "signatures.previous:AA",
        "does not verify|point R",
    ),
    "consent that was not needed and is false": (
        put("clocks.recall_seconds", 9),
        (previously("AA", NEW_ROOT),),
        "signatures.previous:AA",
        "does not verify|point R",
    ),
    "consent of a stranger": (
        put("clocks.recall_seconds", 9),
        (previously("ZZ", NEW_ROOT),),
        "signatures.ZZ",
        "no party to the one before",
    ),
}


@pytest.mark.parametrize(("edit", "extra"), FOLLOWED.values(), ids=FOLLOWED.keys())
def test_a_charter_is_followed(edit: Edit, extra: tuple[Callable[[bytes], CharterSignature], ...]) -> None:
    """With the consent of all, the next version takes the place of the one before."""
    assert follow(edit, *extra).version == 2


@pytest.mark.parametrize(("edit", "extra", "field", "words"), NOT_FOLLOWED.values(), ids=NOT_FOLLOWED.keys())
def test_a_charter_is_not_followed(
    edit: Edit, extra: tuple[Callable[[bytes], CharterSignature], ...], field: str, words: str
) -> None:
    """Anything else is no successor."""
    with pytest.raises(CharterRefused, match=words) as refused:
        follow(edit, *extra)
    assert refused.value.field == field


def test_a_party_leaves_with_its_own_signature_and_not_without() -> None:
    """Of three parties one leaves: the others cannot put it out, it signs for the last time with its root."""
    world = THREE
    template = generic_template(("AA", "BB"))
    staying: tuple[PartyKeys, ...] = world.party_keys[:2]
    document = compile_document(
        template, staying, version=2, effective_from=EFFECTIVE_FROM + 9, previous=world.charter.hash
    )
    stay = [sign_charter(document, party, world.root(party).ed25519, world.root(party).mldsa) for party in ("AA", "BB")]
    gone = world.root("CC")
    leave = sign_charter(document, "CC", gone.ed25519, gone.mldsa, previous=True)
    with pytest.raises(CharterRefused, match=r"previous:CC: the signature of CC .* is missing"):
        read_charter(assemble(document, stay), current=world.charter)
    charter = read_charter(assemble(document, [*stay, leave]), current=world.charter)
    assert tuple(charter.parties) == ("AA", "BB")


# Looking up -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "parties", [SHIPPED, SHIPPED[::-1], ("AA", "BB", "CC")], ids=["as shipped", "exchanged", "three"]
)
def test_a_mapping_there_and_back_never_lowers_protection(parties: tuple[str, ...]) -> None:
    """From any code to any party's marking and back the rank does not fall."""
    charter = make_programme(parties, "markings").charter
    for party in parties:
        for code in charter.handling.values():
            marking = charter.marking_for(party, code.id)
            assert charter.handling_for(party, marking.id).rank >= code.rank
        for (owner, name), marking in charter.markings.items():
            if owner == party:
                assert charter.marking_for(party, charter.handling_for(party, name).id).handling == marking.handling


def test_what_is_not_mapped_refuses() -> None:
    """A marking of another party, an unknown code, a code that no marking reaches."""
    charter = read_charter(edited(drop("markings.2")))
    asks: dict[str, Callable[[], object]] = {
        "does not map the marking 'top'": lambda: charter.handling_for("AA", "top"),
        "does not map the marking 'public' of CC": lambda: charter.handling_for("CC", "public"),
        "No marking of AA protects as much as 'RED'": lambda: charter.marking_for("AA", "RED"),
        "No marking of BB protects as much as 'GREY'": lambda: charter.marking_for("BB", "GREY"),
    }
    for words, ask in asks.items():
        with pytest.raises(UnmappedMarking, match=words):
            ask()
    assert charter.marking_for("BB", "RED").id == "secret"


def test_a_party_rests_on_what_is_common_and_on_its_own_law() -> None:
    """Nobody rests on the other's law."""
    assert [basis.id for basis in WORLD.charter.bases_for("AA")] == ["joint-statement", "law-aa"]
    assert [agency.id for agency in WORLD.charter.agencies_of("BB")] == ["BB/POLICE", "BB/CUSTOMS"]
    assert THREE.charter.others("BB") == ("AA", "CC")
    assert THREE.charter.witnesses["BB"].of == ("AA", "CC")


def test_the_shorter_period_of_retention_counts() -> None:
    """A purpose may shorten the handling code's period and never lengthens it."""
    charter = WORLD.charter
    assert charter.retention_days("CLEAR", "criminal-investigation") == 400
    assert charter.retention_days("CLEAR", "programme-administration") == 200
    assert charter.retention_days("RED", "programme-administration") == 160
