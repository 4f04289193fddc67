# SPDX-License-Identifier: Apache-2.0
"""Law 6. A conflict is never overwritten: both are kept, the peer is told, a person decides.

A conflict is the same position or id with other bytes.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from paridad.exchange.wire import Answer
from paridad.store.acts import get_act
from paridad.store.records import open_conflicts
from paridad.store.tables import acts, conflicts
from support.liar import Liar, Made
from support.matters import BOTH_WAYS, WAYS
from support.sound import assert_sound, dump
from support.two_nodes import Parties

Contradict = Callable[[Liar, Made], tuple[Made, int]]
"""Make what contradicts an act, and say at which position it is to come."""


def other_act(liar: Liar, _: Made) -> tuple[Made, int]:
    """Another act at the position that was used."""
    return liar.act(), 1


def other_bytes(liar: Liar, made: Made) -> tuple[Made, int]:
    """Say something else under the same issuer and identifier, at the next position."""
    return liar.again(made, claims={"fol": "X-1"}), liar.position


def both_at_once(liar: Liar, made: Made) -> tuple[Made, int]:
    """Say something else under the same issuer and identifier, at the position that was used."""
    return liar.again(made, claims={"fol": "X-2"}), 1


CASES: dict[str, Contradict] = {"position": other_act, "identifier": other_bytes, "both": both_at_once}


@pytest.fixture(params=BOTH_WAYS, ids=WAYS)
def liar(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Liar]:
    """Lend a hostile party and the honest node of the other."""
    names: tuple[str, str] = request.param
    with Parties(tmp_path, names=names) as parties:
        yield Liar(parties, f"{names[1]}/DOJ", f"{names[0]}/FGR")


def contradicted(liar: Liar, contradict: Contradict) -> tuple[Made, Made, Answer]:
    """Deliver an act and then what contradicts it."""
    made = liar.act()
    assert liar.verdicts(liar.deliver(liar.delivery([made]))) == ["accepted"]
    other, position = contradict(liar, made)
    return made, other, liar.deliver(liar.delivery([other], first=position))


def faults(liar: Liar, made: Made, other: Made) -> set[str]:
    """Say what is missing of: the first stands to the byte, the other is kept to the byte, nobody decided."""
    with liar.target.own.store.read() as conn:
        stands, kept = get_act(conn, made.hash), {row.other: row for row in open_conflicts(conn)}
        found = kept.get(other.hash)
        checks = {
            "the first stands": stands is not None and stands.signed == made.signed,
            "the other has no effect": get_act(conn, other.hash) is None,
            "the other is kept": found is not None and found.signed == other.signed,
            "it is said against what": found is not None and found.held == made.hash,
        }
    return {what for what, holds in checks.items() if not holds}


@pytest.mark.parametrize("case", CASES)
def test_both_are_kept_and_the_peer_is_told(liar: Liar, case: str) -> None:
    """Also when it is said again, after other acts, and after the node was opened again."""
    made, other, answer = contradicted(liar, CASES[case])
    [line] = liar.lines_of(answer)
    assert (line.verdict, line.act, line.reason) == ("conflict", other.hash, made.hash)
    assert faults(liar, made, other) == set()
    told = dump(liar.target, only=("conflicts",))
    again = liar.deliver(liar.delivery([other], first=1))
    assert liar.verdicts(again) == ["conflict"]
    assert liar.verdicts(liar.deliver(liar.delivery([liar.act()]))) == ["accepted"]
    assert told["conflicts"][0] in dump(liar.target, only=("conflicts",))["conflicts"]
    liar.target.close()
    liar.parties.open(liar.victim)
    assert faults(liar, made, other) == set()
    assert_sound(liar.parties, nodes=[liar.target])


@pytest.mark.parametrize("case", CASES)
def test_an_overwriting_node_is_seen(liar: Liar, case: str) -> None:
    """Positive control: the last word wins, or the second is thrown away."""
    made, other, _ = contradicted(liar, CASES[case])
    store = liar.target.own.store
    here = sa.update(acts).where(acts.c.hash == made.hash)
    store.submit(lambda conn: conn.execute(here.values(signed=other.signed)))
    assert faults(liar, made, other) == {"the first stands"}
    store.submit(lambda conn: conn.execute(here.values(hash=other.hash)))
    assert faults(liar, made, other) == {"the first stands", "the other has no effect"}
    store.submit(lambda conn: conn.execute(sa.delete(conflicts)))
    assert faults(liar, made, other) >= {"the other is kept", "it is said against what"}
