# SPDX-License-Identifier: Apache-2.0
"""Keys are enrolled, rolled over, retired and revoked by acts; both nodes go on, before and after a restart."""

from dataclasses import replace
from pathlib import Path

import pytest

from paridad.acts.errors import ActRefused
from paridad.acts.issue import ActSigner
from paridad.acts.verify import open_act
from paridad.desks.targets.dossier import Source
from paridad.folio.commands import Acknowledge, Answer, Refuse, Suspend
from paridad.ledger.note import read_note
from paridad.node.reading import leaf_indexes, read_act
from paridad.programme.errors import KeyRefused
from paridad.programme.records import KeyUse
from paridad.programme.statements import assemble_change
from paridad.store.ledger import SqlLedgerStore
from paridad.store.streams import outbox_of, quarantined
from support.key_changes import end, enrol, kid_of, leaves, put_to_work
from support.matters import BOTH_WAYS, WAYS, Matter, matter, person

swapped = pytest.mark.parametrize("names", BOTH_WAYS, ids=WAYS)


def verdict(m: Matter, side: str, hash_: str) -> tuple[str, str | None]:
    """Return state and verdict of an act of a side."""
    with m.node(side).own.store.read() as conn:
        [row] = outbox_of(conn, hash_)
    return row.state, row.verdict


@swapped
def test_an_act_key_is_rolled_over_and_retired(names: tuple[str, ...], tmp_path: Path) -> None:
    """After the roll-over the new key speaks; the old one counts below the size at which it was retired, and no more."""
    with matter(tmp_path, names) as m:
        asking = m.agencies["asking"]
        old = f"{asking}#1"
        request = m.asks().acts[0]
        m.settle()
        new = enrol(m.parties, asking, "act")
        m.settle()
        put_to_work(m.parties, new)
        suspended = m.says("asking", Suspend, reason="…").acts[0]
        m.settle()
        assert kid_of(m.node("asked"), request) == old
        assert kid_of(m.node("asked"), suspended) == new.kid
        assert verdict(m, "asking", suspended) == ("cosigned", "accepted")

        endings = end(m.parties, old, "retire")
        m.settle()
        for name in names:
            record = m.parties.by_name[name].own.keys.records[old]
            assert record.endings == endings
        for name in names:
            m.parties.by_name[name].close()
            node = m.parties.open(name)
            assert node.own.keys.records[old].endings == endings
        assert m.node("asking").own.act_signers[asking].kid == new.kid

        # What the old key signed stands; what it would sign now, with whatever date, does not.
        asked = m.node("asked")
        with asked.own.store.read() as conn:
            act = read_act(conn, asked.own, request)
            index = leaf_indexes(conn, asked.own, [request])[act.hash]
        assert open_act(
            act.wire, keys=asked.own.keys, vocabulary=asked.own.vocabulary, now=m.parties.clock(), leaf_index=index
        )
        beyond = endings[-1].size
        with pytest.raises(ActRefused, match=f"ended at size {beyond}") as refused:
            open_act(
                act.wire, keys=asked.own.keys, vocabulary=asked.own.vocabulary, now=m.parties.clock(), leaf_index=beyond
            )
        assert refused.value.step == 5


@swapped
def test_an_act_of_a_retired_key_is_set_apart(names: tuple[str, ...], tmp_path: Path) -> None:
    """Whoever still has a retired key can file acts in its own log; the other side quarantines them with step 5."""
    with matter(tmp_path, names, sound=False) as m:
        asking = m.agencies["asking"]
        m.asks()
        m.settle()
        stolen = next(key for key in m.node("asking").home.private_keys() if key.kid == f"{asking}#1")
        new = enrol(m.parties, asking, "act")
        m.settle()
        put_to_work(m.parties, new)
        end(m.parties, stolen.kid, "retire")
        m.settle()
        own = m.node("asking").own
        good = own.act_signers
        own.act_signers = {**good, asking: ActSigner(stolen.kid, stolen.ed25519.sign)}
        hash_ = m.says("asking", Suspend, reason="…").acts[0]
        own.act_signers = good
        m.settle()
        assert verdict(m, "asking", hash_) == ("cosigned", "quarantined")
        with m.node("asked").own.store.read() as conn:
            [row] = quarantined(conn)
        assert (row.digest, row.step) == (hash_, 5)
        assert m.state("asked").pauses == ()


@swapped
def test_what_a_retired_key_signed_in_time_is_still_taken(names: tuple[str, ...], tmp_path: Path) -> None:
    """A record logged in *own* before the end is released after it: its place in that very log counts."""
    with matter(tmp_path, names) as m:
        asked = m.agencies["asked"]
        records = [
            m.record("asked", replace(person(f"N{n}"), source=Source("SIMULATED", str(n), ""))) for n in range(12)
        ]
        m.asks()
        m.settle()
        new = enrol(m.parties, asked, "act")
        m.settle()
        put_to_work(m.parties, new)
        own, shared = end(m.parties, f"{asked}#1", "retire")
        assert shared.size < own.size
        m.settle()
        m.says("asked", Answer, **m.offer(records[-1]))
        m.settle()
        assert verdict(m, "asked", records[-1]) == ("cosigned", "accepted")
        assert kid_of(m.node("asking"), records[-1]) == f"{asked}#1"


@swapped
def test_a_revoked_key_leaves_its_later_acts_disputed(names: tuple[str, ...], tmp_path: Path) -> None:
    """A revocation sets the size back: acts in between are disputed, kept, and never deleted."""
    with matter(tmp_path, names) as m:
        asked = m.agencies["asked"]
        m.asks()
        m.settle()
        before = leaves(m.node("asked"), m.node("asked").own.shared)
        between = m.says("asked", Acknowledge).acts[0]
        m.settle()
        new = enrol(m.parties, asked, "act")
        m.settle()
        put_to_work(m.parties, new)
        end(m.parties, f"{asked}#1", "revoke", size=before)
        m.settle()
        ring = m.node("asking").own.keys
        with m.node("asking").own.store.read() as conn:
            act = read_act(conn, m.node("asking").own, between)
            index = leaf_indexes(conn, m.node("asking").own, [between])[act.hash]
        with pytest.raises(KeyRefused) as refused:
            ring.act_key(f"{asked}#1", iss=asked, prg=act.envelope.prg, at=act.envelope.iat, leaf_index=index)
        assert refused.value.disputed
        assert m.state("asking").acknowledged_at is not None
        m.says("asked", Refuse, grounds=("pending-case",), may_ask_again=True)
        m.settle()
        assert m.state("asking").refusals


PARTY_USES: tuple[KeyUse, ...] = ("log-shared", "log-own", "witness", "mirror")


@pytest.mark.parametrize("use", [*PARTY_USES, "sealing"])
def test_every_other_key_is_rolled_over_under_way(use: KeyUse, tmp_path: Path) -> None:
    """A party changes one key of each use; exchange, heads and cosignatures go on, before and after its end."""
    with matter(tmp_path) as m:
        m.record("asked", person("Uso"))
        m.asks()
        m.settle()
        party = "US"
        owner = m.agencies["asked"] if use == "sealing" else party
        new = enrol(m.parties, owner, use)
        m.settle()
        put_to_work(m.parties, new)
        m.says("asked", Acknowledge)
        m.settle()
        old = next(
            kid for kid, record in m.node("asked").own.keys.records.items()
            if record.use == use and record.party == party and record.owner == new.kid.partition("#")[0] and kid != new.kid
        )  # fmt: skip
        end(m.parties, old, "retire")
        m.settle()
        m.parties.by_name[party].close()
        m.parties.open(party)
        m.says("asked", Refuse, grounds=("pending-case",), may_ask_again=True)
        m.says("asking", Suspend, reason="…")
        m.settle(4)
        assert m.state("asking").refusals
        for node in m.parties.nodes:
            with node.own.store.read() as conn:
                note = SqlLedgerStore(conn).checkpoint(node.own.shared)
            other = next(iter(node.own.others))
            names = [line.name for line in read_note(note or b"").signatures]
            assert f"{other}/{node.own.programme}/witness" in names
            assert f"{other}/{node.own.programme}/mirror" in names


def test_a_statement_that_does_not_hold_changes_nothing(tmp_path: Path) -> None:
    """A peer announces a key without the predecessor's signature: its act is kept, its key is not enrolled."""
    from paridad.node.keeping import refresh_keys
    from paridad.programme.statements import draft_enrolment, sign_as

    with matter(tmp_path) as m:
        node, other = m.node("asking"), m.node("asked")
        key = enrol(m.parties, m.agencies["asking"], "act", announced=False)
        now = m.parties.clock()
        statement = draft_enrolment(node.own.prg, key.record(valid_from=now), issued_at=now)
        root = m.parties.secrets["MX"].root
        signed = assemble_change(statement, [*sign_as("root", statement, root), *sign_as("possession", statement, key)])
        fields = {"change": "enrol", "kid": key.kid, "signed": signed.decode()}
        m.parties.send(m.agencies["asking"], m.agencies["asked"], 1, "programme/key-change/1", fields)
        m.settle()
        assert key.kid not in other.own.keys.records
        [refused] = refresh_keys(other.own)
        assert "predecessor" in refused.words.en
