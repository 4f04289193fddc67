# SPDX-License-Identifier: Apache-2.0
"""A batch that is wrong as a whole: refused with its step, nothing filed, no position used, not one row changed.

Each row is followed by the same batch unspoiled, which is accepted: a gate broken shut cannot pass.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from paridad.base.strict import decode_base64url, encode_base64url
from paridad.exchange.papers import CoverLine
from paridad.exchange.seal import SealContext
from paridad.exchange.wire import Batch, Parcel
from paridad.programme.origins import shared_origin
from support.liar import Liar, Made, Spoil, flipped
from support.matters import BOTH_WAYS, WAYS
from support.sound import assert_sound, changed, dump
from support.two_nodes import Parties

Row = tuple[Callable[[Liar], Spoil], str, str]


@pytest.fixture(scope="module", params=BOTH_WAYS, ids=WAYS)
def liar(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Liar]:
    """Lend a hostile party and the honest node of the other; at the end the honest one must be sound."""
    names: tuple[str, str] = request.param
    with Parties(tmp_path_factory.mktemp("hostile"), names=names) as parties:
        told = Liar(parties, f"{names[1]}/DOJ", f"{names[0]}/FGR")
        told.deliver(told.delivery([told.act()]))
        yield told
        assert_sound(parties, nodes=[told.target])


def context(liar: Liar, **changes: object) -> dict[str, object]:
    """Return a seal bound to something else."""
    own = liar.target.own
    bound = SealContext(own.prg, liar.agency, liar.other, liar.position, 1)
    return {"context": replace(bound, **changes)}  # type: ignore[arg-type]


def cover(change: Callable[[Parcel], Parcel]) -> Callable[[Liar], Spoil]:
    """Spoil the cover's parcel."""
    return lambda _: Spoil(batch=lambda batch: replace(batch, cover=change(batch.cover)))


def batch(change: Callable[[Batch], Batch]) -> Callable[[Liar], Spoil]:
    """Spoil the batch."""
    return lambda _: Spoil(batch=change)


def lines(change: Callable[[list[CoverLine]], list[CoverLine]]) -> Callable[[Liar], Spoil]:
    """Spoil what the cover lists."""
    return lambda _: Spoil(lines=change)


def shifted(by: int) -> Callable[[list[CoverLine]], list[CoverLine]]:
    """Move every line to another position."""
    return lambda listed: [CoverLine(each.position + by, each.act, each.digests) for each in listed]


def foreign_key(liar: Liar) -> Spoil:
    """Sign the cover with a key that nobody enrolled."""
    return Spoil(
        cover=lambda made: liar.again(made, kid=f"{liar.agency}#9", sign=liar.keys[f"{liar.agency}#1"].ed25519.sign)
    )


def another_agency(liar: Liar) -> str:
    """Return another agency of the liar's party."""
    found: str = next(
        each
        for each in liar.target.own.keys.current.agencies
        if each.startswith(f"{liar.party}/") and each != liar.agency
    )
    return found


def other_agencys_key(liar: Liar) -> Spoil:
    """Sign the cover with the key of another agency of the same party."""
    return Spoil(cover=lambda made: liar.again(made, kid=f"{another_agency(liar)}#1"))


def bent(made: Made) -> Made:
    """Change a signature to another one of the same form."""
    head, payload, signature = made.signed.split(b".")
    raw = flipped(decode_base64url(signature.decode()), 40)
    return replace(made, signed=b".".join([head, payload, encode_base64url(raw).encode()]))


def as_other_agency(liar: Liar) -> Spoil:
    """Let another agency of the party sign a cover for this stream."""
    other = another_agency(liar)
    return Spoil(cover=lambda made: liar.again(made, kid=f"{other}#1", claims={"iss": other}))


def victims_act(liar: Liar) -> Spoil:
    """Put an act of the victim's own in the cover's place."""
    own = liar.target.own
    with own.store.read() as conn:
        signed = conn.exec_driver_sql("SELECT signed FROM acts WHERE ours = 1").scalar()
    assert signed is not None
    return Spoil(cover=lambda _: Made(bytes(signed), ()))


def forked_checkpoint(liar: Liar) -> Spoil:
    """Show a checkpoint that the sender's log did not sign."""
    return Spoil(
        batch=lambda each: replace(each, checkpoints=(flipped(each.checkpoints[0], -40), *each.checkpoints[1:]))
    )


def foreign_checkpoint(liar: Liar) -> Spoil:
    """Show a checkpoint of the victim's own log, which is known and not the sender's."""
    own = liar.target.own
    with own.store.read() as conn:
        note = bytes(
            conn.exec_driver_sql("SELECT note FROM checkpoints WHERE origin = ?", (own.shared,)).scalar() or b""
        )
    return Spoil(batch=lambda each: replace(each, checkpoints=(b"old 0\n\n" + note,)))


def deep(levels: int) -> bytes:
    """Return an outer head that is nested deeply."""
    return b"[" * levels + b"]" * levels


def with_outer(outer: bytes) -> Callable[[Liar], Spoil]:
    """Put other bytes in the place of the outer head."""

    def body(data: bytes) -> bytes:
        length = int.from_bytes(data[:4])
        return len(outer).to_bytes(4) + outer + data[4 + length :]

    return lambda _: Spoil(body=body)


FORGED: dict[str, Row] = {
    "a forged signature": (lambda _: Spoil(cover=bent), "cover", r"\((6|7)\)"),
    "a key that nobody enrolled": (foreign_key, "cover", r"\(5\)"),
    "a key of another agency": (other_agencys_key, "cover", r"\(5\)"),
    "another agency's cover": (as_other_agency, "cover", "not of this sender"),
    "an act of the victim's own": (victims_act, "cover", ""),
    "a cover from the future": (lambda liar: Spoil(cover_claims={"iat": liar.now + 301}), "cover", r"\(8\).*301 s ahead"),
    "a cover before the charter": (lambda _: Spoil(cover_claims={"iat": 1}), "cover", r"\(5\)"),
    "a cover under an unknown charter": (lambda _: Spoil(cover_claims={"prg": "gis-mx-us@" + "A" * 43}), "cover", r"\(5\)"),
    "a cover to another party": (lambda liar: Spoil(cover_claims={"aud": [liar.agency]}), "cover", r"\(8\).*not addressed"),
    "a cover to another agency": (lambda liar: Spoil(cover_claims={"aud": [liar.other, liar.agency]}), "cover", "not of this sender"),
    "a cover of another kind": (lambda liar: Spoil(cover=lambda _: liar.act()), "cover", "not of this sender"),
    "a cover with a hidden claim": (lambda _: Spoil(cover_claims={"exp": 1}), "cover", r"\(8\)"),
    "a cover that names another recipient": (lambda liar: Spoil(cover_fields={"recipient": liar.agency}), "cover", "another recipient"),
    "a cover without its list": (cover(lambda each: replace(each, wire=each.wire.partition(b"~")[0] + b"~")), "cover", ""),
    "a disclosure too many": (cover(lambda each: replace(each, wire=each.wire + b"WyJhYWFhYWFhYWFhYWFhYWFhYWFhYWFhIiwieCIsMV0~")), "cover", r"\(9\)"),
    "a cover that is not in the log shown": (cover(lambda each: replace(each, index=each.index + 1)), "cover", ""),
    "a cover with a bent proof": (cover(lambda each: replace(each, proof=(bytes(32), *each.proof[1:]))), "cover", ""),
    "a cover in a log that was not shown": (cover(lambda each: replace(each, origin="US/gis-mx-us/own")), "cover", "in no log that was shown"),
    "a cover from the other log": (lambda liar: Spoil(batch=lambda each: replace(each, cover=replace(each.cover, origin=liar.own))), "cover", "in no log that was shown"),
    "a cover that lists other positions": (lines(shifted(1)), "cover", "other positions"),
    "a cover that lists a parcel twice": (lines(lambda listed: [*listed, *listed]), "cover", "other positions"),
    "a cover that lists one parcel more": (lines(lambda listed: [*listed, CoverLine(listed[0].position + 1, listed[0].act, ())]), "cover", "other positions"),
    "a cover that begins elsewhere": (lambda liar: Spoil(cover_fields={"first": liar.position + 1}), "cover", "other positions"),
    "a cover without a line": (lambda _: Spoil(cover_fields={"parcels": []}), "cover", "other positions"),
    "a cover with a malformed line": (lambda _: Spoil(cover_fields={"parcels": [{"position": 1}]}), "cover", "malformed"),
    "a parcel more than is listed": (batch(lambda each: replace(each, parcels=(*each.parcels, each.parcels[0]))), "cover", "other parcels"),
    "no parcel at all": (batch(lambda each: replace(each, parcels=())), "cover", "other parcels"),
}  # fmt: skip

SEALED: dict[str, Row] = {
    "sealed to another position": (lambda liar: Spoil(seal=context(liar, first=liar.position + 1)), "seal", "does not open"),
    "sealed by another sender": (lambda liar: Spoil(seal=context(liar, sender=liar.other)), "seal", "does not open"),
    "sealed to another recipient": (lambda liar: Spoil(seal=context(liar, recipient=liar.agency)), "seal", "does not open"),
    "sealed under another charter": (lambda liar: Spoil(seal=context(liar, programme="x")), "seal", "does not open"),
    "sealed for another count": (lambda liar: Spoil(seal=context(liar, count=2)), "seal", "does not open"),
    "sealed to a key of our own": (lambda liar: Spoil(seal={"public": liar.target.own.keys.sealing_key(liar.agency, liar.now).xwing}), "seal", "does not open"),
    "sealed to a key that is not here": (lambda liar: Spoil(seal={"kid": f"{liar.other}#7"}), "seal", "There is no key"),
    "sealed to another agency": (lambda liar: Spoil(seal={"kid": _other_sealing(liar)}), "seal", "There is no key"),
    "one bit turned": (lambda _: Spoil(sealed=flipped), "seal", "does not open"),
    "cut in the encapsulation": (lambda _: Spoil(sealed=lambda each: each[:200]), "seal", "does not open"),
    "cut in the header": (lambda _: Spoil(sealed=lambda each: each[:5]), "seal", "cut short"),
    "nothing sealed": (lambda _: Spoil(sealed=lambda each: each[: 9 + each[8]]), "seal", "does not open"),
    "a null encapsulation": (lambda _: Spoil(sealed=lambda each: each[: 9 + each[8]] + bytes(len(each))), "seal", "does not open"),
    "an unknown algorithm": (lambda _: Spoil(sealed=lambda each: each[:1] + b"\0\x20" + each[3:]), "seal", "Unknown sealing"),
    "an unknown version": (lambda _: Spoil(sealed=lambda each: b"\2" + each[1:]), "seal", "Unknown sealing"),
    "no name of a key": (lambda _: Spoil(sealed=lambda each: each[:7] + b"\xff\xff" + each[9:]), "seal", "names no key"),
    "a name that is no ASCII": (lambda _: Spoil(sealed=lambda each: each[:9] + b"\xff" + each[10:]), "seal", "names no key"),
}  # fmt: skip

FRAMES: dict[str, Row] = {
    "a body of nothing": (lambda _: Spoil(body=lambda _body: b""), "frame", "cut short"),
    "a body of two bytes": (lambda _: Spoil(body=lambda body: body[:2]), "frame", "cut short"),
    "a head that is cut": (lambda _: Spoil(body=lambda body: body[:20]), "frame", "Malformed head"),
    "a head that is no JSON": (with_outer(b"{"), "frame", "Malformed head"),
    "a head nested a thousand levels": (with_outer(deep(1000)), "frame", "Malformed head"),
    "a head with a key twice": (with_outer(b'{"prg":"a","prg":"b"}'), "frame", "Malformed head"),
    "a head with a float": (with_outer(b'{"first":1.0}'), "frame", "Malformed head"),
    "a head with another entry": (lambda _: Spoil(head={"more": 1}), "frame", "Malformed head"),
    "a head at position 0": (lambda _: Spoil(head={"first": 0}), "frame", "Malformed head"),
    "a head before the first position": (lambda _: Spoil(head={"first": -7}), "frame", "Malformed head"),
    "a head that counts beyond measure": (lambda _: Spoil(head={"count": 2**50}), "frame", "Malformed head"),
    "a head that counts nothing": (lambda _: Spoil(head={"count": 0}), "frame", "Malformed head"),
    "a head with a text for a number": (lambda _: Spoil(head={"count": "1"}), "frame", "Malformed head"),
    "another charter": (lambda _: Spoil(head={"prg": "gis-mx-us@" + "B" * 43}), "frame", "Another charter"),
    "a sender of the victim's party": (lambda liar: Spoil(head={"sender": liar.other}), "frame", "is no agency of"),
    "a sender that nobody knows": (lambda liar: Spoil(head={"sender": f"{liar.party}/NOBODY"}), "frame", "is no agency of"),
    "a recipient that is not here": (lambda liar: Spoil(head={"recipient": liar.agency}), "frame", "is not at this node"),
    "frames that are cut": (lambda _: Spoil(plain=lambda plain: plain[:-9]), "frame", "cut short"),
    "frames with a tail": (lambda _: Spoil(plain=lambda plain: plain + b"\0\0"), "frame", "cut short"),
    "no frame": (lambda _: Spoil(plain=lambda _plain: b""), "frame", "no cover"),
    "only checkpoints": (lambda _: Spoil(plain=lambda plain: plain[: 4 + int.from_bytes(plain[:4])]), "frame", "no cover"),
    "a million empty frames": (lambda _: Spoil(plain=lambda plain: plain + bytes(4_000_000)), "frame", "too many parts"),
    "checkpoints that are no list": (lambda _: Spoil(plain=lambda plain: b"\0\0\0\x01{" + plain[4 + int.from_bytes(plain[:4]) :]), "frame", "Malformed head"),
    "three checkpoints": (batch(lambda each: replace(each, checkpoints=each.checkpoints * 3)), "frame", "too many checkpoints"),
    "a parcel of three bytes": (lambda _: Spoil(plain=lambda plain: plain + b"\0\0\0\x03abc"), "frame", "cut short"),
    "a parcel without a wire": (batch(lambda each: replace(each, cover=replace(each.cover, wire=b""))), "frame", "malformed"),
    "a proof beyond measure": (batch(lambda each: replace(each, cover=replace(each.cover, proof=(bytes(32),) * 64))), "frame", "malformed"),
}  # fmt: skip

SHOWN: dict[str, Row] = {
    "a checkpoint with a bent signature": (forked_checkpoint, "checkpoint", ""),
    "a checkpoint of the victim's log": (foreign_checkpoint, "checkpoint", "Unknown log"),
    "no checkpoint": (batch(lambda each: replace(each, checkpoints=())), "cover", "in no log that was shown"),
    "a checkpoint that is no request": (
        batch(lambda each: replace(each, checkpoints=("ñ".encode(),))),
        "checkpoint",
        "",
    ),
    "a checkpoint from another size": (lambda liar: Spoil(old={liar.shared: 1}), "checkpoint", "The witness stands at"),
    "a checkpoint from nowhere": (lambda liar: Spoil(old={liar.shared: 0}), "checkpoint", "The witness stands at"),
}


def _other_sealing(liar: Liar) -> str:
    found: str = next(kid for kid in liar.target.own.sealing if not kid.startswith(f"{liar.other}#"))
    return found


EVERY = FORGED | SEALED | FRAMES | SHOWN


@pytest.mark.parametrize(("how", "step", "why"), EVERY.values(), ids=EVERY.keys())
def test_a_bad_batch_is_refused_and_leaves_no_trace(
    how: Callable[[Liar], Spoil], step: str, why: str, liar: Liar
) -> None:
    """The step is named, the dump is the same to the last row, and the good batch after it is accepted."""
    bad = liar.delivery([liar.act()], spoil=how(liar))
    before = dump(liar.target)
    answer = liar.deliver(bad)
    assert answer.receipt == ""
    assert answer.refusal.startswith(f"{step}: ")
    assert re.search(why, answer.refusal)
    assert changed(before, dump(liar.target)) == set()

    good = liar.deliver(liar.delivery([liar.act()]))
    assert (good.refusal, liar.verdicts(good)) == ("", ["accepted"])


def test_an_oversized_body_is_refused_unread(liar: Liar, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than a batch may hold is not even split."""
    body = liar.delivery([liar.act()])
    monkeypatch.setattr("paridad.exchange.wire.MAX_BATCH_BYTES", len(body) - 1)
    before = dump(liar.target)
    assert liar.deliver(body).refusal.startswith("frame: The batch is larger")
    assert changed(before, dump(liar.target)) == set()
    monkeypatch.setattr("paridad.exchange.wire.MAX_BATCH_BYTES", len(body))
    assert liar.deliver(body).receipt


def test_a_cover_at_the_edge_of_the_clock_is_accepted(liar: Liar) -> None:
    """Clocks may differ by 300 seconds."""
    body = liar.delivery([liar.act()], spoil=Spoil(cover_claims={"iat": liar.now + 300}))
    assert liar.deliver(body).receipt


def test_a_party_speaks_for_itself_only(liar: Liar) -> None:
    """The same good delivery handed in by another caller is refused."""
    body = liar.delivery([liar.act()])
    before = dump(liar.target)
    assert "is no agency of" in liar.deliver(body, by=liar.victim).refusal
    assert changed(before, dump(liar.target)) == set()
    assert liar.deliver(body).receipt
    assert shared_origin(liar.party, liar.programme) in dict(liar.deliver(body).sizes)
