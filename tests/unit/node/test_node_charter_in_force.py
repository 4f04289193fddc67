# SPDX-License-Identifier: Apache-2.0
"""A node speaks under the charter in force, not under the newest one in its folder."""

from pathlib import Path

import pytest

from paridad.node.founding import sign
from paridad.programme.charter import assemble, compile_document, read_charter
from support.programmes import template_for
from support.two_nodes import Parties

DAY = 86_400


def next_charter(parties: Parties, *, effective_from: int) -> bytes:
    """Return the second version, signed by all."""
    first = read_charter(parties.signed)
    document = compile_document(
        template_for(parties.names),
        [each.public for each in parties.secrets.values()],
        version=2,
        effective_from=effective_from,
        previous=first.hash,
    )
    return assemble(document, [sign(each, document) for each in parties.secrets.values()])


@pytest.mark.parametrize("names", [("MX", "US"), ("US", "MX")])
def test_a_charter_laid_by_early_waits_for_its_time(names: tuple[str, str], tmp_path: Path) -> None:
    """Laid into the folder a day early it changes nothing; a start after its time goes by it."""
    with Parties(tmp_path, names) as parties:
        first = read_charter(parties.signed)
        signed = next_charter(parties, effective_from=parties.clock() + DAY)
        second = read_charter(signed, current=first)
        for name in names:
            parties.by_name[name].close()
            parties.by_name[name].home.add_charter(second, signed)
            node = parties.open(name)
            assert (node.own.prg, node.own.keys.in_force(parties.clock()).prg) == (first.prg, first.prg)
        parties.clock.pass_(DAY)
        for name in names:
            parties.by_name[name].close()
            assert parties.open(name).own.prg == second.prg


def test_a_first_charter_is_there_before_its_time(tmp_path: Path) -> None:
    """A node can be opened and checked before its only charter is in force; it says nothing yet."""
    with Parties(tmp_path) as parties:
        first = read_charter(parties.signed)
        parties.by_name["MX"].close()
        parties.clock.now = first.effective_from - 1
        assert parties.open("MX").own.prg == first.prg
