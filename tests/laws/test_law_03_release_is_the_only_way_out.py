# SPDX-License-Identifier: Apache-2.0
"""Law 3. Nothing leaves a node except through one function, `release`, which asks policy field by field.

No marking, no purpose, no schema, a policy error: nothing leaves.

The outbox is filled from releases by `filing.queue`. After a loss, `recovery` puts back what a signed cover of ours
already listed: what was released once, at the same positions, and nothing new.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from paridad.acts.verify import VerifiedAct, reread
from paridad.exchange import release as way_out
from paridad.exchange.release import Item, Release, release
from paridad.folio.commands import Acknowledge, Answer
from paridad.node.node import Node
from paridad.policy.cedar import Cedar
from paridad.store.acts import get_act
from paridad.store.streams import Outgoing, Stream, outbox_put
from paridad.store.tables import acts, outbox
from support.callers import callers
from support.matters import BOTH_WAYS, PURPOSE, WAYS, Matter, matter, person

Change = Callable[[Item], Item]
Left = set[tuple[str, str, str]]
"""Act, receiver, digest; an empty digest stands for the signed part."""


def test_only_release_builds_a_release_and_only_filing_fills_the_outbox() -> None:
    """No other call in the whole source tree."""
    assert callers("Release", "paridad.exchange.release") == {"exchange/release.py: _released"}
    assert callers("_released", "paridad.exchange.release") == {"exchange/release.py: release"}
    assert callers("outbox_put", "paridad.store.streams") == {
        "exchange/filing.py: queue",
        "node/recovery.py: _put_back",
    }


def test_a_planted_way_out_is_found(tmp_path: Path) -> None:
    """Positive control of the reading of the source; a class of the same name elsewhere is none."""
    (tmp_path / "planted.py").write_text(
        "from paridad.store import streams as s\nfrom paridad.exchange.release import Release as R\n"
        "from paridad.folio.state import Release\n"
        "def leak(): s.outbox_put()\ndef forge(): return R()\ndef other(): return Release()"
    )
    assert callers("outbox_put", "paridad.store.streams", tmp_path) == {"planted.py: leak"}
    assert callers("Release", "paridad.exchange.release", tmp_path) == {"planted.py: forge"}


# Every parcel stems from a release -----------------------------------------------------------------------------------


@pytest.fixture
def released(monkeypatch: pytest.MonkeyPatch) -> Left:
    """Note what `release` lets out."""
    noted: Left = set()
    original = way_out._released

    def spy(*args: Any) -> Release:
        made = original(*args)
        noted.update((made.act, made.recipient, digest) for digest in ("", *made.digests))
        return made

    monkeypatch.setattr(way_out, "_released", spy)
    return noted


def parcels_of(node: Node) -> Left:
    """Return what a node sent or is to send."""
    joined = sa.select(acts.c.hash, outbox.c.receiver, outbox.c.digests).join(acts, acts.c.filed == outbox.c.act)
    with node.own.store.read() as conn:
        rows = conn.execute(joined).all()
    return {(row.hash, row.receiver, digest) for row in rows for digest in ("", *row.digests.split())}


@pytest.mark.parametrize("names", BOTH_WAYS, ids=WAYS)
def test_every_parcel_of_a_matter_was_released(names: tuple[str, ...], tmp_path: Path, released: Left) -> None:
    """And the positive control: a parcel that was put past `release` is seen."""
    with matter(tmp_path, names, sound=False) as m:
        record = m.record("asked", person("Nahui3"))
        m.asks()
        m.settle()
        m.says("asked", Acknowledge)
        m.says("asked", Answer, partial=True, **m.offer(record))
        m.settle()
        sent = parcels_of(m.node("asked"))
        assert len({digest for act, _, digest in sent if act == record}) > 1
        for node in m.parties.nodes:
            assert parcels_of(node) <= released

        own = m.node("asked").own
        leak = Outgoing(record, [each.digest for each in act_of(m, record).disclosures.values()])
        stream = Stream(own.programme, m.agencies["asked"], m.agencies["asking"])
        own.store.submit(lambda conn: outbox_put(conn, stream, [leak], at=m.parties.clock()))
        assert parcels_of(m.node("asked")) - released


# What is missing keeps everything in ---------------------------------------------------------------------------------


def act_of(m: Matter, record: str) -> VerifiedAct:
    """Return a record of the asked side with all its fields."""
    own = m.node("asked").own
    with own.store.read() as conn:
        stored = get_act(conn, record)
        assert stored is not None
        return reread(stored.signed, own.vault.disclosures(conn, record), vocabulary=own.vocabulary)


def ask(m: Matter, item: Item) -> Release:
    """Ask `release` as the asked node would."""
    own = m.node("asked").own
    [found] = release([item], engine=own.engine, own_party=own.party, now=m.parties.clock())
    return found


def with_handling(code: str) -> Change:
    """Return a change of the marking of an act."""

    def change(item: Item) -> Item:
        act = item.act
        assert isinstance(act, VerifiedAct)
        return replace(item, act=replace(act, envelope=msgspec.structs.replace(act.envelope, hnd=code)))

    return change


def with_circumstances(**what: Any) -> Change:
    """Return a change of the circumstances."""
    return lambda item: replace(item, matter=replace(item.matter, **what))


MISSING: dict[str, Change] = {
    "no schema": lambda item: replace(item, act=replace(item.act, kind=None)),  # type: ignore[type-var]
    "no marking": with_handling(""),
    "unknown marking": with_handling("AMBRE"),
    "no purpose": with_circumstances(purpose=""),
    "unknown purpose": with_circumstances(purpose="curiosity"),
    "no basis": with_circumstances(basis_kind=""),
    "no recipient": with_circumstances(recipient=""),
    "unknown recipient": with_circumstances(recipient="ZZ/POLICE"),
    "not addressed": with_circumstances(addressed=False),
}


@pytest.mark.parametrize("names", BOTH_WAYS, ids=WAYS)
def test_where_anything_is_missing_nothing_leaves(
    names: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Positive control first: with everything there, the same record gives fields, and keeps others."""
    with matter(tmp_path, names, sound=False) as m:
        record = act_of(m, m.record("asked", person("Nahui3")))
        circumstances = way_out.Matter(m.agencies["asking"], PURPOSE, "joint-statement", addressed=True)
        whole = Item(record, circumstances)
        good = ask(m, whole)
        assert "name" in good.given
        assert {each.path for each in good.withheld} >= {"identifiers", "addresses"}
        assert set(good.given) | {each.path for each in good.withheld} == set(record.disclosures)
        assert good.decisions.keys() == record.disclosures.keys()

        for what, change in MISSING.items():
            found = ask(m, change(whole))
            assert (found.given, found.texts, found.digests) == ((), (), ()), what
            assert found.itself is None or not found.itself.allowed, what

        def broken(*_: object) -> None:
            raise RuntimeError("the policy engine fell over")

        monkeypatch.setattr(Cedar, "ask", broken)
        found = ask(m, whole)
        assert (found.given, found.texts, found.digests) == ((), (), ())
        assert found.itself is not None
        assert not found.itself.allowed
