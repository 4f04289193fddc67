# SPDX-License-Identifier: Apache-2.0
"""One bad parcel under a good cover: set apart with its step, its neighbours filed, the stream goes on.

Of every row: the bad act is in no table of acts, its bytes are kept under lock, and what the honest node said and
decided before is untouched.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from paridad.acts.envelope import SeenHead
from paridad.base.strict import decode_base64url, encode_base64url
from paridad.exchange.papers import CoverLine
from paridad.exchange.wire import Batch, Parcel
from paridad.store.acts import get_act
from paridad.store.streams import Stream, quarantine_subject, quarantined
from support.liar import Liar, Made, Spoil, flipped
from support.matters import BOTH_WAYS, WAYS
from support.sound import assert_sound, dump
from support.two_nodes import Parties

BAD = 1
"""Place of the bad parcel between two good ones."""


@pytest.fixture(scope="module", params=BOTH_WAYS, ids=WAYS)
def liar(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Liar]:
    """Lend a hostile party and the honest node of the other."""
    names: tuple[str, str] = request.param
    with Parties(tmp_path_factory.mktemp("hostile"), names=names) as parties:
        told = Liar(parties, f"{names[1]}/DOJ", f"{names[0]}/FGR")
        yield told
        assert_sound(parties, nodes=[told.target])


def act(change: Callable[[Liar, Made], Made]) -> Callable[[Liar], tuple[Made, Spoil]]:
    """Spoil the act itself, before it is logged."""
    return lambda liar: (change(liar, liar.act()), Spoil())


def parcel(change: Callable[[Parcel], Parcel]) -> Callable[[Liar], tuple[Made, Spoil]]:
    """Spoil the parcel after everything is signed."""

    def batch(each: Batch) -> Batch:
        parcels = list(each.parcels)
        parcels[BAD] = change(parcels[BAD])
        return replace(each, parcels=tuple(parcels))

    return lambda liar: (liar.act(), Spoil(batch=batch))


def line(change: Callable[[CoverLine], CoverLine]) -> Callable[[Liar], tuple[Made, Spoil]]:
    """Spoil what the cover says of the parcel."""

    def lines(listed: list[CoverLine]) -> list[CoverLine]:
        return [change(each) if at == BAD else each for at, each in enumerate(listed)]

    return lambda liar: (liar.act(), Spoil(lines=lines))


def claims(**changes: object) -> Callable[[Liar], tuple[Made, Spoil]]:
    """Sign other claims."""
    return act(lambda liar, made: liar.again(made, claims=changes))


def payload(change: Callable[[bytes], bytes]) -> Callable[[Liar], tuple[Made, Spoil]]:
    """Sign other bytes for a payload."""
    return act(lambda liar, made: liar.again(made, payload=change))


def text(value: object) -> str:
    """Write a disclosure as a careless issuer would."""
    return encode_base64url(json.dumps(value).encode())


def with_texts(*texts: str) -> Callable[[Liar], tuple[Made, Spoil]]:
    """Let the act carry exactly these disclosures, well digested."""

    def change(liar: Liar, made: Made) -> Made:
        digests = Made(b"", texts).digests
        return liar.again(
            made,
            claims={"_sd": sorted({*digests, *(encode_base64url(bytes([n]) * 32) for n in range(5))})},
            texts=texts,
        )

    return act(change)


def bent_signature(_liar: Liar, made: Made) -> Made:
    """Change a signature to another of the same form."""
    head, body, signature = made.signed.split(b".")
    return replace(
        made,
        signed=b".".join([head, body, encode_base64url(flipped(decode_base64url(signature.decode()), 40)).encode()]),
    )


def padded(_liar: Liar, made: Made) -> Made:
    """Spell a signature in another way."""
    return replace(made, signed=made.signed + b"=")


def another(liar: Liar) -> str:
    """Return another agency of the liar's party."""
    found: str = next(
        each
        for each in liar.target.own.keys.current.agencies
        if each.startswith(f"{liar.party}/") and each != liar.agency
    )
    return found


def victims(liar: Liar) -> tuple[Made, Spoil]:
    """Send an act of the victim's own back, logged in the liar's log."""
    with liar.target.own.store.read() as conn:
        signed = conn.exec_driver_sql("SELECT signed FROM acts WHERE ours = 1").scalar()
    assert signed is not None
    return Made(bytes(signed), ()), Spoil()


def elsewhere(liar: Liar) -> tuple[Made, Spoil]:
    """Log the act nowhere that is shown."""
    made = liar.act()
    return made, Spoil(
        batch=lambda each: replace(
            each, parcels=tuple(replace(p, origin=liar.own) if n == BAD else p for n, p in enumerate(each.parcels))
        )
    )


SALT = encode_base64url(b"0123456789abcdef")

Bad = tuple[Callable[[Liar], tuple[Made, Spoil]], int, str]
PARCELS: dict[str, Bad] = {
    "an oversized disclosure": (act(lambda _, made: replace(made, texts=("A" * 33_000,))), 1, "too large"),
    "no form of an act": (parcel(lambda each: replace(each, wire=each.wire[:-1])), 1, "form"),
    "a padded signature": (act(padded), 2, ""),
    "a foreign sign in a disclosure": (act(lambda _, made: replace(made, texts=(made.texts[0] + "+",))), 2, ""),
    "a payload nested deeply": (payload(lambda _: b"[" * 50 + b"]" * 50), 3, ""),
    "a payload with a key twice": (payload(lambda data: data[:-1] + b',"iss":"X/Y"}'), 3, ""),
    "a payload with a float": (payload(lambda data: data[:-1] + b',"x":1.5}'), 3, ""),
    "a payload that is no JSON": (payload(lambda data: data[:-1]), 3, ""),
    "another algorithm": (act(lambda liar, made: liar.again(made, header={"alg": "none"})), 4, "Only Ed25519"),
    "another type": (act(lambda liar, made: liar.again(made, header={"typ": "JWT"})), 4, "Only Ed25519"),
    "a header too many": (act(lambda liar, made: liar.again(made, header={"jku": "http://x"})), 4, "exactly"),
    "a key that nobody enrolled": (act(lambda liar, made: liar.again(made, kid=f"{liar.agency}#9")), 5, "not enrolled"),
    "a sealing key": (act(lambda liar, made: liar.again(made, kid=f"{liar.agency}#2", sign=liar.signer().sign)), 5, "not enrolled for acts"),
    "a key of another agency": (act(lambda liar, made: liar.again(made, kid=f"{another(liar)}#1")), 5, "is not of"),
    "a claim of another agency's name": (act(lambda liar, made: liar.again(made, claims={"iss": another(liar)})), 5, "is not of"),
    "a name of the victim's agency": (act(lambda liar, made: liar.again(made, claims={"iss": liar.other}, kid=f"{liar.other}#1", sign=liar.signer().sign)), 7, ""),
    "an unknown charter": (claims(prg="gis-mx-us@" + "C" * 43), 5, "not known"),
    "a time before the charter": (claims(iat=5), 5, "in force"),
    "a forged signature": (act(bent_signature), 7, ""),
    "a point that is none": (act(lambda liar, made: liar.again(made, sign=lambda _: bytes(64))), 6, ""),
    "an unknown handling code": (claims(hnd="PURPLE"), 8, "not in the charter"),
    "a missing claim": (payload(lambda data: re.sub(rb'"fol":"[^"]*",', b"", data)), 8, "fol"),
    "a hidden claim": (claims(nbf=1), 8, "nbf"),
    "another digest algorithm": (claims(_sd_alg="sha-512"), 8, "sha-256"),
    "nobody addressed": (claims(aud=[]), 8, "aud"),
    "an act from the future": (act(lambda liar, made: liar.again(made, claims={"iat": liar.now + 301})), 8, "301 s ahead"),
    "a disclosure too many": (act(lambda _, made: replace(made, texts=(*made.texts, text([SALT, "more", 1])))), 9, ""),
    "a disclosure twice": (act(lambda _, made: replace(made, texts=(*made.texts, made.texts[0]))), 9, ""),
    "a short salt": (with_texts(text(["c2hvcnQ", "reason", "x"])), 9, ""),
    "a reserved name": (with_texts(text([SALT, "iss", "X/Y"])), 9, ""),
    "unsorted digests": (payload(lambda data: json.dumps(json.loads(data) | {"_sd": json.loads(data)["_sd"][::-1]}).encode()), 8, ""),
    "a field that the kind does not have": (with_texts(text([SALT, "surprise", "x"])), 10, "does not exist"),
    "a value that does not fit": (with_texts(text([SALT, "reason", 7])), 10, "is not of type"),
    "a parcel at another position": (parcel(lambda each: replace(each, position=each.position + 5)), 0, "not what the cover lists"),
    "another act than is listed": (line(lambda each: replace_line(each, act="A" * 43)), 0, "not what the cover lists"),
    "more fields than are listed": (line(lambda each: replace_line(each, digests=())), 0, "not what the cover lists"),
    "an act to somebody else": (lambda liar: (liar.act(aud=(next(a for a in liar.target.own.keys.current.agencies if a.startswith(liar.victim) and a != liar.other),)), Spoil()), 0, "not addressed to this agency"),
    "an act that is not in the log shown": (parcel(lambda each: replace(each, index=each.index + 1)), 0, ""),
    "a proof that leads elsewhere": (parcel(lambda each: replace(each, proof=(bytes(32), *each.proof[1:]))), 0, ""),
    "an act of a log that was not shown": (elsewhere, 0, "in no log that was shown"),
    "the victim's own act": (victims, 0, "another party"),
}  # fmt: skip


def replace_line(line_: CoverLine, **changes: object) -> CoverLine:
    """Return a line of the cover with changes."""
    from msgspec import structs

    return structs.replace(line_, **changes)


def own_records(liar: Liar) -> object:
    """Return what the honest node said, decided and keeps to itself; receipts grow, nothing else may."""
    rows = dump(liar.target, only=("acts", "decisions", "decided", "commands", "act_keys", "meta", "heads"))
    with liar.target.own.store.read() as conn:
        said = conn.exec_driver_sql(
            "SELECT filed, hash, signed FROM acts WHERE ours = 1 AND knd <> 'exchange/receipt/1' ORDER BY filed"
        ).fetchall()
    return (
        said,
        rows["decisions"],
        rows["decided"],
        rows["commands"],
        [row for row in rows["heads"] if row[0] == liar.target.own.own],
    )


@pytest.mark.parametrize(("how", "step", "why"), PARCELS.values(), ids=PARCELS.keys())
def test_a_bad_parcel_is_set_apart(how: Callable[[Liar], tuple[Made, Spoil]], step: int, why: str, liar: Liar) -> None:
    """Accepted, quarantined with the step, accepted; and the next batch is accepted as well."""
    if not liar.witnessed:
        assert liar.deliver(liar.delivery([liar.act()])).receipt
    bad, spoil = how(liar)
    first, last = liar.act(), liar.act()
    kept = own_records(liar)
    position = liar.position + BAD
    body = liar.delivery([first, bad, last], spoil=spoil)
    answer = liar.deliver(body)
    assert answer.refusal == ""
    lines = liar.lines_of(answer)
    assert [each.verdict for each in lines] == ["accepted", "quarantined", "accepted"]
    assert lines[BAD].reason.startswith(f"step {step}: ")
    assert re.search(why, lines[BAD].reason)
    assert own_records(liar) == kept
    own, stream = liar.target.own, Stream(liar.programme, liar.agency, liar.other)
    with own.store.read() as conn:
        act_ = get_act(conn, bad.hash)
        assert act_ is None or act_.ours
        [row] = [each for each in quarantined(conn) if each.position == position]
        assert (row.stream, row.step) == (stream, step)
        assert own.vault.unlock(conn, quarantine_subject(stream, position))
        assert get_act(conn, first.hash)
        assert get_act(conn, last.hash)
    assert liar.deliver(body).receipt == answer.receipt
    assert liar.verdicts(liar.deliver(liar.delivery([liar.act()]))) == ["accepted"]


def test_three_good_parcels_are_accepted(liar: Liar) -> None:
    """The positive control of the table."""
    good = liar.deliver(liar.delivery([liar.act(), liar.act(), liar.act()]))
    assert liar.verdicts(good) == ["accepted"] * 3


def test_a_record_of_the_internal_log_is_accepted_with_its_proof(liar: Liar) -> None:
    """What stands in *own* is proved against a checkpoint of *own*; it need not be addressed to anybody else."""
    record = liar.act(aud=(liar.agency,))
    answer = liar.deliver(liar.delivery([record], spoil=Spoil(origin={record.hash: liar.own})))
    assert liar.verdicts(answer) == ["accepted"]
    assert set(dict(answer.sizes)) == {liar.shared, liar.own}


def test_listed_fields_that_did_not_come_are_told(liar: Liar) -> None:
    """The receipt lists the digests that came, so that a missing one is seen."""
    made = liar.act("folio/refusal/1", {"grounds": ["pending-case"], "may_ask_again": True})
    bare = replace(made, texts=made.texts[-1:])

    def without(batch: Batch) -> Batch:
        return replace(batch, parcels=(replace(batch.parcels[0], wire=bare.wire),))

    answer = liar.deliver(liar.delivery([made], spoil=Spoil(batch=without)))
    [line_] = liar.lines_of(answer)
    assert (line_.verdict, line_.digests) == ("accepted", bare.digests)
    assert set(line_.digests) < set(made.digests)


def test_a_head_that_an_act_claims_to_have_seen_is_a_claim(liar: Liar) -> None:
    """`see` is the speaker's word: it changes nothing here, whatever it says."""
    made = liar.act(see=(SeenHead(liar.target.own.shared, 10**6, "A" * 43),))
    kept = own_records(liar)
    assert liar.verdicts(liar.deliver(liar.delivery([made]))) == ["accepted"]
    assert own_records(liar) == kept
