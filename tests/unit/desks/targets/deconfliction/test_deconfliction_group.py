# SPDX-License-Identifier: Apache-2.0
"""The group: the published vectors, what is no point, and what a proof proves."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paridad.base.sources import system_random
from paridad.desks.targets.deconfliction import group
from paridad.desks.targets.deconfliction.errors import ProofFails, WrongPoint
from paridad.desks.targets.deconfliction.group import PLAIN, Proof

# RFC 9497, appendix A.1.2: VOPRF(ristretto255, SHA-512) --------------------------------------------------------------

SECRET = bytes.fromhex("e6f73f344b79b379f1a0dd37e07ff62e38d9f71345ce62ae3a9bc60b04ccd909")
PUBLIC = bytes.fromhex("c803e2cc6b05fc15064549b5920659ca4a77b2cca6f04f6b357009335476ad4e")
BLIND = "64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706"
CHANCE = "222a5e897cf59db8145db8d16e597e8facb80ae7d4e26d9881aa6f61d645fc0e"
ELEVEN = "863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945"
ANSWER = "aa8fa048764d5623868679402ff6108d2521884fa138cd7f9c7669a9a014267e"
VECTORS = {
    "A.1.2.1, one item": (
        ["00"], [BLIND], [ELEVEN], [ANSWER], CHANCE,
        ("ddef93772692e535d1a53903db24367355cc2cc78de93b3be5a8ffcc6985dd06"
         "6d4346421d17bf5117a2a1ff0fcb2a759f58a539dfbe857a40bce4cf49ec600d"),
    ),
    "A.1.2.2, another item": (
        ["5a" * 17], [BLIND],
        ["cc0b2a350101881d8a4cba4c80241d74fb7dcbfde4a61fde2f91443c2bf9ef0c"],
        ["60a59a57208d48aca71e9e850d22674b611f752bed48b36f7a91b372bd7ad468"], CHANCE,
        ("401a0da6264f8cf45bb2f5264bc31e109155600babb3cd4e5af7d181a2c9dc0a"
         "67154fabf031fd936051dec80b0b6ae29c9503493dde7393b722eafdf5a50b02"),
    ),
    "A.1.2.3, a batch of two": (
        ["00", "5a" * 17], [BLIND, CHANCE],
        [ELEVEN, "90a0145ea9da29254c3a56be4fe185465ebb3bf2a1801f7124bbbadac751e654"],
        [ANSWER, "cc5ac221950a49ceaa73c8db41b82c20372a4c8d63e5dded2db920b7eee36a2a"],
        "419c4f4f5052c53c45f3da494d2b67b220d02118e0857cdbcf037f9ea84bbe0c",
        ("cc203910175d786927eeb44ea847328047892ddf8590e723c37205cb74600b0a"
         "5ab5337c8eb4ceae0494c2cf89529dcf94572ed267473d567aeed6ab873dee08"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS.keys())
def test_published_proofs_come_out(vector: tuple[list[str], list[str], list[str], list[str], str, str]) -> None:
    """Blinded elements, answers and proof of RFC 9497 are reproduced, and the proof verifies."""
    inputs, blinds, blinded, evaluated, chance, proof = vector
    points = [group.hash_to_group(bytes.fromhex(each), PLAIN) for each in inputs]
    firsts = b"".join(group.multiply(bytes.fromhex(b), p) for b, p in zip(blinds, points, strict=True))
    assert firsts.hex() == "".join(blinded)
    seconds = group.multiply_each(SECRET, firsts)
    assert seconds.hex() == "".join(evaluated)
    made = group.prove(SECRET, PUBLIC, firsts, seconds, PLAIN, chance=bytes.fromhex(chance))
    assert (made.challenge + made.answer).hex() == proof
    group.verify(PUBLIC, firsts, seconds, made, PLAIN)


def test_published_public_key_comes_out() -> None:
    """The public key of RFC 9497 belongs to its private key."""
    assert group.public_of(SECRET) == PUBLIC


# RFC 9496, appendix A ------------------------------------------------------------------------------------------------

MULTIPLES = (
    "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76",
    "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919",
    "94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259",
)
"""A.1: one, two and three times the generator."""
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
    "de6a7b00deadc788eb6b6c8d20c0ae96c2f2019078fa604fee5b87d6e989ad7b",
    "bcab477be20861e01e4a0e295284146a510150d9817763caf1a6f4b422d67042",
    "2a292df7e32cababbd9de088d1d1abec9fc0440f637ed2fba145094dc14bea08",
    "f4a9e534fc0d216c44b218fa0c42d99635a0127ee2e53c712f70609649fdff22",
    "8268436f8c4126196cf64b3c7ddbda90746a378625f9813dd9b8457077256731",
    "2810e5cbc2cc4d4eece54f61c6f69758e289aa7ab440b3cbeaa21995c2f4232b",
    "3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e",
    "a45fdc55c76448c049a1ab33f17023edfb2be3581e9c7aade8a6125215e04220",
    "d483fe813c6ba647ebbfd3ec41adca1c6130c2beeee9d9bf065c8d151c5f396e",
    "8a2e1d30050198c65a54483123960ccc38aef6848e1ec8f5f780e8523769ba32",
    "32888462f8b486c68ad7dd9610be5192bbeaf3b443951ac1a8118419d9fa097b",
    "227142501b9d4355ccba290404bde41575b037693cef1f438c47f8fbf35d1165",
    "5c37cc491da847cfeb9281d407efc41e15144c876e0170b499a96a22ed31e01e",
    "445425117cb8c90edcbc7c1cc0e74f747f2c1efa5630a967c64f287792a48a4b",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
)
"""A.2: non-canonical, negative, not a square, negative product, s = -1."""
ONE = (1).to_bytes(32, "little")


@pytest.mark.parametrize("times", [1, 2, 3])
def test_published_multiples_come_out(times: int) -> None:
    """The first multiples of the generator are those of RFC 9496."""
    assert group.multiply(times.to_bytes(32, "little"), group.GENERATOR).hex() == MULTIPLES[times - 1]


@pytest.mark.parametrize("text", NO_POINTS)
def test_bytes_that_are_no_point_are_refused(text: str) -> None:
    """Whether looked at or multiplied, the bad encodings of RFC 9496 are named by their number."""
    flat = group.GENERATOR + bytes.fromhex(text)
    for check in (group.demand_points, lambda flat: group.multiply_each(ONE, flat)):
        with pytest.raises(WrongPoint, match=r"^Point 1 is not canonical\.$"):
            check(flat)


def test_the_identity_is_no_point() -> None:
    """The own check of libsodium lets it pass; here it is named for what it is."""
    for check in (group.demand_points, lambda flat: group.multiply_each(ONE, flat)):
        with pytest.raises(WrongPoint, match=r"^Point 0 is the identity\.$"):
            check(group.IDENTITY)


def test_points_pass() -> None:
    """What hashing and chance give are points."""
    group.demand_points(group.hash_to_group(b"x", PLAIN) + group.random_point(bytes(range(64))) + group.GENERATOR)


# Properties ----------------------------------------------------------------------------------------------------------


@given(st.binary(max_size=80), st.binary(min_size=64, max_size=64), st.binary(min_size=64, max_size=64))
@settings(max_examples=30, deadline=None)
def test_two_keys_may_come_in_either_order(text: bytes, one: bytes, two: bytes) -> None:
    """a·b·T = b·a·T: what makes two blinded lists comparable."""
    a, b = group.scalar(one + b"\x01")[:32], group.scalar(two + b"\x01")[:32]
    point = group.hash_to_group(text, PLAIN)
    assert group.multiply(a, group.multiply(b, point)) == group.multiply(b, group.multiply(a, point))


def _not_reduced(answer: bytes) -> bytes:
    """Return the same scalar, written with the order added: libsodium would take it."""
    return (int.from_bytes(answer, "little") + group.ORDER).to_bytes(32, "little")


def _statement(items: int = 3) -> tuple[bytes, bytes, bytes, bytes]:
    key = group.scalar(system_random(64))
    firsts = b"".join(group.random_point(system_random(64)) for _ in range(items))
    return key, group.public_of(key), firsts, group.multiply_each(key, firsts)


def test_a_proof_is_of_these_points_this_key_and_this_context() -> None:
    """Change any part of the statement, or of the proof, and it fails."""
    key, public, firsts, seconds = _statement()
    context, chance = group.bound(b"run"), group.scalar(system_random(64))
    proof = group.prove(key, public, firsts, seconds, context, chance=chance)
    group.verify(public, firsts, seconds, proof, context)
    other = group.random_point(system_random(64))
    for wrong in (
        (other, firsts, seconds, proof, context),
        (public, other + firsts[32:], seconds, proof, context),
        (public, firsts, seconds[:64] + other, proof, context),
        (public, firsts[32:64] + firsts[:32] + firsts[64:], seconds, proof, context),
        (public, firsts, seconds, Proof(proof.challenge, chance), context),
        (public, firsts, seconds, Proof(chance, proof.answer), context),
        (public, firsts, seconds, Proof(proof.challenge, _not_reduced(proof.answer)), context),
        (public, firsts, seconds, Proof(proof.challenge, b""), context),
        (public, firsts, seconds, proof, group.bound(b"another run")),
        (public, firsts, bytes.fromhex(NO_POINTS[0]) + seconds[32:], proof, context),
    ):
        with pytest.raises(ProofFails, match="does not hold"):
            group.verify(*wrong)
