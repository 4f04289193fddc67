# SPDX-License-Identifier: Apache-2.0
"""The verifier of runs: published vectors, agreement with libsodium, and the verdicts of the node reached on its own."""

import ast
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import paridad_verify_run
from paridad.desks.targets.deconfliction import group
from paridad.desks.targets.deconfliction.commitments import Tree
from paridad.desks.targets.deconfliction.common import common_of, digest_of_pairs, pairs_of
from paridad.desks.targets.deconfliction.errors import RunBroken
from paridad.desks.targets.deconfliction.messages import Agreement, Head, Proposal, RecordsOpened, Result, digest_of
from paridad.desks.targets.deconfliction.order import draw, keyed, order
from paridad.desks.targets.deconfliction.playing import Around, Player
from paridad.desks.targets.deconfliction.setlog import grow, growth
from paridad_verify.strict import Fault
from paridad_verify_run import messages, proofs, ristretto
from paridad_verify_run.__main__ import WORDS
from paridad_verify_run.run import Run, first_difference, judge
from support.deconfliction import Table, chance, terms
from support.deconfliction_cheats import CHEATS, Tamper, one_of
from support.judged_again import again, read_again

SOURCES = sorted(Path(str(paridad_verify_run.__file__)).parent.glob("*.py"))

# The group -----------------------------------------------------------------------------------------------------------

MULTIPLES = (
    "0000000000000000000000000000000000000000000000000000000000000000",
    "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76",
    "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919",
    "94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259",
)
"""RFC 9496, A.1: the generator times 0 to 3."""
NO_POINTS = (
    "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ed57ffd8c914fb201471d1c3d245ce3c746fcbe63a3679d51b6a516ebebe0e20",
    "c34c4e1826e5d403b78e246e88aa051c36ccf0aafebffe137d148a2bf9104562",
    "c940e5a4404157cfb1628b108db051a8d439e1a421394ec4ebccb9ec92a8ac78",
    "47cfc5497c53dc8e61c91d17fd626ffb1c49e2bca94eed052281b510b1117a24",
    "f1c6165d33367351b0da8f6e4511010c68174a03b6581212c71c0e1d026c3c72",
    "87260f7a2f12495118360f02c26a470f450dadf34a413d21042b43b9d93e1309",
    "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
    "4eac077a713c57b4f4397629a4145982c661f48044dd3f96427d40b147d9742f",
    "de6a7b00deadc788eb6b6c8d20c0ae96c2f2019078fa604fee5b87d6e989ad87",
    "bcab477be20861e01e4a0e295284146a510150d9817763caf1a6f4b422d67042",
    "2a292df7e32cababbd9de088d1d1abec9fc0440f637ed2fba145094dc14bea08",
    "f4a9e534fc0d216c44b218fa0c42d99635a0127ee2e53c712f70609649fdff22",
    "8268436f8c4126196cf64b3c7ddbda90746a378625f9813dd9b8457077256731",
    "2810e5cbc2cc4d4eece54f61c6f69758e289aa7ab440b3cbeaa21995c2f4232b",
)
"""RFC 9496, A.2: not canonical, negative, no square, negative product, zero."""


def test_published_multiples_come_out() -> None:
    """RFC 9496, A.1."""
    point = ristretto.IDENTITY
    for each in MULTIPLES:
        assert ristretto.encode(point).hex() == each
        assert ristretto.decode(bytes.fromhex(each)) is not None
        point = ristretto.add(point, ristretto.GENERATOR)


@pytest.mark.parametrize("data", [*NO_POINTS, "00" * 31, "e2" * 33])
def test_published_bad_encodings_are_refused(data: str) -> None:
    """RFC 9496, A.2; and other lengths."""
    assert ristretto.decode(bytes.fromhex(data)) is None
    assert proofs.points_of(bytes.fromhex(data)) is None


@given(st.binary(min_size=64, max_size=64), st.binary(min_size=64, max_size=64), st.binary(min_size=64, max_size=64))
@settings(max_examples=25)
def test_it_agrees_with_libsodium(key: bytes, one: bytes, two: bytes) -> None:
    """Multiples, sums and encodings of random points are those of the library that the nodes use."""
    assume(any(key) and any(one) and one != two)
    scalar, points = group.scalar(key), [group.random_point(each) for each in (one, two)]
    decoded = [ristretto.decode(each) for each in points]
    assert None not in decoded
    first, second = (each for each in decoded if each is not None)
    number = int.from_bytes(scalar, "little")
    assert ristretto.encode(ristretto.multiply_sum([number], [first])) == group.multiply(scalar, points[0])
    assert ristretto.encode(ristretto.multiply_sum([1, 1], [first, second])) == group._sum(*points)
    assert [ristretto.encode(each) for each in (first, second)] == points


# Proofs --------------------------------------------------------------------------------------------------------------

PUBLIC = bytes.fromhex("c803e2cc6b05fc15064549b5920659ca4a77b2cca6f04f6b357009335476ad4e")
VECTORS = {
    "A.1.2.1": (
        "863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945",
        "aa8fa048764d5623868679402ff6108d2521884fa138cd7f9c7669a9a014267e",
        (
            "ddef93772692e535d1a53903db24367355cc2cc78de93b3be5a8ffcc6985dd06"
            "6d4346421d17bf5117a2a1ff0fcb2a759f58a539dfbe857a40bce4cf49ec600d"
        ),
    ),
    "A.1.2.2": (
        "cc0b2a350101881d8a4cba4c80241d74fb7dcbfde4a61fde2f91443c2bf9ef0c",
        "60a59a57208d48aca71e9e850d22674b611f752bed48b36f7a91b372bd7ad468",
        (
            "401a0da6264f8cf45bb2f5264bc31e109155600babb3cd4e5af7d181a2c9dc0a"
            "67154fabf031fd936051dec80b0b6ae29c9503493dde7393b722eafdf5a50b02"
        ),
    ),
    "A.1.2.3": (
        (
            "863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945"
            "90a0145ea9da29254c3a56be4fe185465ebb3bf2a1801f7124bbbadac751e654"
        ),
        (
            "aa8fa048764d5623868679402ff6108d2521884fa138cd7f9c7669a9a014267e"
            "cc5ac221950a49ceaa73c8db41b82c20372a4c8d63e5dded2db920b7eee36a2a"
        ),
        (
            "cc203910175d786927eeb44ea847328047892ddf8590e723c37205cb74600b0a"
            "5ab5337c8eb4ceae0494c2cf89529dcf94572ed267473d567aeed6ab873dee08"
        ),
    ),
}
"""RFC 9497, A.1.2: blinded elements, evaluated elements, proof."""


@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS.keys())
def test_published_proofs_verify(vector: tuple[str, str, str]) -> None:
    """And none with a bit changed, of other points, of another key or under another context does."""
    firsts, seconds, proof = map(bytes.fromhex, vector)
    both = proofs.pieces(proof)
    assert proofs.proof_holds(PUBLIC, firsts, seconds, both, proofs.PLAIN)
    for bad in ([both[1], both[0]], [both[0], bytes(32)], [both[0], b"\xff" * 32], [both[0][:31], both[1]]):
        assert not proofs.proof_holds(PUBLIC, firsts, seconds, bad, proofs.PLAIN)
    assert not proofs.proof_holds(PUBLIC, seconds, firsts, both, proofs.PLAIN)
    assert not proofs.proof_holds(PUBLIC, firsts, seconds + seconds, both, proofs.PLAIN)
    assert not proofs.proof_holds(bytes(32), firsts, seconds, both, proofs.PLAIN)
    assert not proofs.proof_holds(PUBLIC, firsts, seconds, both, proofs.PLAIN + b"-run")


@given(st.binary(min_size=64, max_size=64), st.integers(1, 5))
@settings(max_examples=10)
def test_it_verifies_what_the_nodes_prove(seed: bytes, count: int) -> None:
    """Proofs of the node's code verify here, also under the context of a run."""
    assume(any(seed))
    key = group.scalar(seed)
    firsts = b"".join(group.random_point(sha256(seed + bytes([n])).digest() * 2) for n in range(count))
    seconds, context = group.multiply_each(key, firsts), group.bound(sha256(seed).digest())
    made = group.prove(key, group.public_of(key), firsts, seconds, context, chance=group.scalar(seed[::-1]))
    assert proofs.proof_holds(group.public_of(key), firsts, seconds, made, context)


@given(st.lists(st.binary(max_size=4), min_size=1, max_size=40), st.data())
@settings(max_examples=40)
def test_trees_and_orders_are_those_of_the_run(entries: list[bytes], data: st.DataObject) -> None:
    """Roots, shared paths, orders and draws come out alike, from two descriptions."""
    tree = Tree.over(entries)
    assert proofs.root_of(entries) == tree.root
    chosen = sorted(data.draw(st.sets(st.integers(0, len(entries) - 1), min_size=1)))
    path = proofs.pieces(tree.path(chosen))
    leaves = {at: tree.levels[0][32 * at : 32 * at + 32] for at in chosen}
    assert proofs.root_through(leaves, tree.size, path) == tree.root
    assert proofs.root_through(leaves, tree.size, [*path, bytes(32)]) is None
    assert not path or proofs.root_through(leaves, tree.size, path[1:]) is None
    key = keyed("test", *entries)
    assert proofs.keyed("test", *entries) == key
    assert proofs.order(key, 30) == list(order(key, 30))
    assert proofs.draw(key, 50, len(entries)) == draw(key, 50, len(entries))
    assert proofs.draw(key, 5, 9) == draw(key, 5, 9)


# Whole runs ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole() -> Table:
    """Play a whole run."""
    table = Table()
    table.play()
    return table


def test_a_run_in_order_names_nobody(whole: Table) -> None:
    """The accepted row; what came of it is what the nodes have."""
    judged = judge(again(whole.said))
    assert judged == ([], 10, 5, 5, None)
    read, run = again(whole.said), whole.players[0].run
    assert read.context == run.context
    assert [tag for tag, _, _ in read.common] == [match.tag for match in common_of(run)]
    assert sha256(messages.encoded(read.pairs)).digest() == digest_of_pairs(pairs_of(run))


def test_every_message_has_the_digest_of_the_node(whole: Table) -> None:
    """Read from its bytes by another reader."""
    for number, said in enumerate(whole.said):
        read = read_again(number, said)
        assert messages.digest_of(read.kind, read.message) == digest_of(said.message)


def test_a_sampled_run_names_nobody() -> None:
    """Batches without a sampled position have no proof."""
    table = Table(terms=terms(sample=2, batch=4))
    table.play()
    assert judge(again(table.said)).findings == []


@pytest.mark.parametrize("case", CHEATS.values(), ids=CHEATS.keys())
def test_every_cheat_is_named_here_as_well(case: tuple[Tamper, int, str]) -> None:
    """The verifier names the side and the step that the node named, without a line of its code."""
    tamper, step, _ = case
    table = Table(tamper=tamper)
    with pytest.raises(RunBroken):
        table.play()
    judged = judge(again([*table.said, table.sent]))
    assert {(each.step, each.side) for each in judged.findings} == {(step, table.sent.side)}
    assert judged.step == step
    assert all(each.name in WORDS["finding"] for each in judged.findings)


def test_a_run_that_stops_is_judged_as_far_as_it_went(whole: Table) -> None:
    """After every message: nobody is named, and the steps go on."""
    steps = [judge(again(whole.said[:count])).step for count in range(0, len(whole.said) + 1, 4)]
    assert steps == sorted(steps)
    assert steps[0] == -1
    assert judge(Run([])).findings == []


def test_a_denied_match_shows_the_first_difference(whole: Table) -> None:
    """With the tags that a side claims beside its digest: omitted, or invented."""
    run = again(whole.said)
    tags = [tag for tag, _, _ in run.common]
    for claimed, word, at in ((tags[1:], "omitted", tags[0]), ([bytes(16), *tags], "invented", bytes(16))):
        digest = sha256(b"".join(claimed)).digest()
        table = Table(tamper=one_of(1, Result, size=len(claimed), digest=digest))
        with pytest.raises(RunBroken):
            table.play()
        read = again([*table.said, table.sent])
        judged = judge(read, {1: claimed})
        assert (judged.findings[0].side, judged.findings[0].name) == (1, "result")
        assert judged.difference == (word, at)
        assert judge(read, {1: tags}).difference is None
    assert first_difference([b"a", b"b"], [b"a", b"b", b"c"]) == 2


GROWTH: dict[str, tuple[object, str]] = {
    "from another head": (None, "growth-from"),
    "by another number": (lambda of: of, "growth-by"),
    "what was there has changed": (lambda of: of._replace(proof=(bytes(32),)), "growth-proof"),
}


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("case", GROWTH.values(), ids=GROWTH.keys())
def test_growth_of_a_set_log_is_judged(side: int, case: tuple[object, str]) -> None:
    """From the heads that the earlier run named, which the export carries; with them nobody is named."""
    change, name = case
    first = Table()
    before = (first.logs[0].head, first.logs[1].head)
    logs = [
        grow(log, [], cap=63 if name == "growth-by" else 64, chance=chance("more", at))
        for at, log in enumerate(first.logs)
    ]
    shown = [growth(log, head) for log, head in zip(logs, before, strict=True)]
    good = [grow(log, [], cap=64, chance=chance("more", at)) for at, log in enumerate(first.logs)]
    table = Table(growth=(growth(good[0], before[0]), growth(good[1], before[1])))
    table.logs = (good[0], good[1])
    table.players = [
        Player(who, player.snapshot, around=Around(earlier=before)) for who, player in enumerate(table.players)
    ]
    table.propose()
    assert judge(again(table.said, before)).findings == []
    made = change(shown[side]) if callable(change) else change
    said = [
        each._replace(message=replace(each.message, growth=made, set_log=logs[side].head))  # type: ignore[arg-type]
        if each.side == side and isinstance(each.message, Proposal | Agreement)
        else each
        for each in table.said[: side + 1]
    ]
    assert [(each.side, each.name) for each in judge(again(said, before)).findings] == [(side, name)]


RECORDS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "where its act was logged": (
        lambda of: of._replace(logged=of.logged._replace(place=of.logged.place ^ 1)),
        "record-unlogged",
    ),
    "no place at all": (lambda of: of._replace(logged=None), "record-late"),
    "no proof": (lambda of: of._replace(proof=()), "record-late"),
    "a day": (lambda of: of, "record-day"),
}


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("case", RECORDS.values(), ids=RECORDS.keys())
def test_records_that_are_opened_are_judged(side: int, case: tuple[Callable[[Any], Any], str]) -> None:
    """In the set log before, of the label, of a day, and logged in the tree that the other side had cosigned."""
    change, name = case
    agreed, day = terms(logged=True), "20250601" if name == "record-day" else "2025-06-01"
    logs = [Table(terms=agreed).own_log(who) for who in (0, 1)]
    around = [Around(seen=Head(logs[1 - who].size, logs[1 - who].root)) for who in (0, 1)]
    table = Table(terms=agreed, around=(around[0], around[1]), entered_on=day)
    if name == "record-day":
        with pytest.raises(RunBroken, match="not a day"):
            table.play()
        said = [*table.said, table.sent]
        side = table.sent.side
    else:
        table.play()
        assert judge(again(table.said)).findings == []
        said = table.said
    changed = [
        each._replace(
            message=replace(each.message, records=(change(each.message.records[0]), *each.message.records[1:]))
        )
        if each.side == side and isinstance(each.message, RecordsOpened)
        else each
        for each in said
    ]
    found = judge(again(changed)).findings
    assert {(each.step, each.side) for each in found} == {(9, side)}
    assert found[0].name == name


def test_values_of_another_type_name_their_sender() -> None:
    """A list that is a number, a head that is a text: the sender is named, and nothing falls over."""
    table = Table()
    table.play()
    said = [read_again(number, each) for number, each in enumerate(table.said)]
    for kind, name in (("list", "points"), ("commitment", "knows"), ("opening", "answers"), ("records", "records")):
        for value in (7, "text", None, [7], {"a": 1}):
            changed = [
                each._replace(message={**each.message, name: value}) if each.kind == kind and each.side == 1 else each
                for each in said
            ]
            assert {each.side for each in judge(Run(changed)).findings} == {1}, (kind, value)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xc1",
        b"\x81\xa5nonce",
        b"\x81\xa5nance\xc4\x00",
        b"\x82\xa1a\x01\xa1a\x02",
        b"\x80\x00",
        b"\xdf\xff\xff\xff\xff",
    ],
)
def test_what_is_no_message_is_refused(data: bytes) -> None:
    """The reader knows one form."""
    with pytest.raises(Fault):
        messages.read("start", data)


@given(st.binary(max_size=40))
@settings(max_examples=300)
def test_the_reader_does_not_fall_over(data: bytes) -> None:
    """Any bytes are a message or a fault."""
    with suppress(Fault):
        messages.read("pause", data)


# The program ---------------------------------------------------------------------------------------------------------


def test_it_stays_small_and_stands_alone() -> None:
    """Under 1,200 lines; of others it imports cryptography and the verifier of bundles, nothing of the node."""
    texts = [path.read_text("utf-8") for path in SOURCES]
    assert sum(text.count("\n") for text in texts) < 1200
    found = {
        name.partition(".")[0]
        for text in texts
        for node in ast.walk(ast.parse(text))
        for name in (
            [each.name for each in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert found - set(sys.stdlib_module_names) == {"paridad_verify_run", "paridad_verify", "cryptography"}


@pytest.mark.parametrize("table", list(WORDS))
def test_both_languages_say_the_same_things(table: str) -> None:
    """Each sentence stands in both languages."""
    for words in WORDS[table].values():
        assert list(words) == ["es", "en"]
