# SPDX-License-Identifier: Apache-2.0
"""Law 2. Only verification makes a trusted value: bytes in, `Verified[...]` out, or an error that names the failed step.

`reread` builds the same value from what this node verified or issued before it filed it; it is the one other builder.
"""

from collections.abc import Iterable
from pathlib import Path

import pytest

from paridad.acts.errors import ActRefused
from paridad.acts.verify import VerifiedAct, open_act, wire_of
from paridad.base.signing import Ed25519Key
from paridad.node.node import Node
from paridad.store.acts import get_act
from support.callers import callers
from support.matters import BOTH_WAYS, WAYS, matter
from support.two_nodes import Parties

BUILDERS = {"acts/verify.py: open_act", "acts/verify.py: reread"}


def wire_at(node: Node, hash_: str) -> bytes:
    """Return an act as a node could present it."""
    with node.own.store.read() as conn:
        act = get_act(conn, hash_)
        assert act is not None
        return wire_of(act.signed, node.own.vault.disclosures(conn, hash_))


def opened(parties: Parties, node: Node, wire: bytes) -> VerifiedAct | int:
    """Return the act, or the step that refused it."""
    try:
        return open_act(wire, keys=node.own.keys, vocabulary=node.own.vocabulary, now=parties.clock(), leaf_index=0)
    except ActRefused as error:
        return error.step


def flips(wire: bytes) -> Iterable[bytes]:
    """Yield the bytes with one bit turned in every tenth byte; the bit changes from place to place."""
    for at in range(0, len(wire), 10):
        turned = bytearray(wire)
        turned[at] ^= 1 << (at // 10 % 8)
        yield bytes(turned)


def test_only_verification_builds_a_verified_act() -> None:
    """No other call in the whole source tree."""
    assert callers("VerifiedAct", "paridad.acts.verify") == BUILDERS


@pytest.mark.parametrize(
    "line",
    [
        "from paridad.acts.verify import VerifiedAct\ndef forge(): return VerifiedAct()",
        "from paridad.acts.verify import VerifiedAct as V\ndef forge(): return V()",
        "from paridad.acts import verify\ndef forge(): return verify.VerifiedAct()",
        "import paridad.acts.verify\ndef forge(): return paridad.acts.verify.VerifiedAct()",
    ],
)
def test_a_planted_builder_is_found(line: str, tmp_path: Path) -> None:
    """Positive control of the reading of the source."""
    (tmp_path / "planted.py").write_text(line)
    assert callers("VerifiedAct", "paridad.acts.verify", tmp_path) == {"planted.py: forge"}


@pytest.mark.parametrize("names", BOTH_WAYS, ids=WAYS)
def test_one_turned_bit_anywhere_is_refused_with_its_step(names: tuple[str, ...], tmp_path: Path) -> None:
    """The whole act opens at both nodes, and no act with a turned bit at either."""
    with matter(tmp_path, names, sound=False) as m:
        request = m.asks().acts[0]
        m.settle()
        for node in m.parties.nodes:
            wire = wire_at(node, request)
            assert isinstance(opened(m.parties, node, wire), VerifiedAct)
            steps = [opened(m.parties, node, turned) for turned in flips(wire)]
            assert len(steps) > 100
            assert {each for each in steps if isinstance(each, VerifiedAct)} == set()
            assert {7, 9} <= set(steps) <= set(range(1, 11))


def test_without_the_signature_step_a_turned_bit_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Positive control: the turned bits are not all refused for a trifle; some only the signature sees."""
    with matter(tmp_path, sound=False) as m:
        wire = wire_at(m.node("asking"), m.asks().acts[0])
        monkeypatch.setattr(Ed25519Key, "check_equation", lambda *_: None)
        results = [opened(m.parties, m.node("asking"), turned) for turned in flips(wire)]
        assert any(isinstance(each, VerifiedAct) for each in results)
