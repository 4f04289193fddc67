# SPDX-License-Identifier: Apache-2.0
"""Two real nodes for the demo and the bench: founded in a folder, each in a process of its own, on loopback.

Rules
  - Each party makes its own keys; the charter is signed by both roots. The roots are forgotten: nothing here is for
    real data, and every page and line of the demo says so.
  - A node is the same `Daemon` that `paridad node run` starts; only its folder is temporary.

Worked example
    with found_two(folder, "gis-mx-us") as pair: …      pair.homes["A"], pair.homes["B"]
"""

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from paridad.base.sources import system_clock, system_random
from paridad.node.founding import add_peer, agencies_of, make_party, sign, write_home
from paridad.node.home import Home, Officer
from paridad.policy.question import ROLES
from paridad.programme.charter import assemble, compile_document
from paridad.programmes import shipped_programme

Settings = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two founded parties, in the order of the charter."""

    parties: tuple[str, str]
    homes: Mapping[str, Home]
    agencies: Mapping[str, Sequence[str]]


def parties_of(template: bytes) -> list[str]:
    """Return the parties that a charter template names, in order."""
    return [each["id"] for each in tomllib.loads(template.decode("utf-8"))["parties"]]


def found_two(folder: Path, programme: str, *, settings: Mapping[str, Settings] | None = None) -> Pair:
    """Found the two parties of a shipped programme in a folder; `settings` are extra node.toml entries by party."""
    template = shipped_programme(programme)
    first, second = parties_of(template)
    now = system_clock()
    agencies = {party: agencies_of(template, party) for party in (first, second)}
    secrets = {party: make_party(party, agencies[party], now=now, random=system_random) for party in agencies}
    document = compile_document(template, [each.public for each in secrets.values()], version=1, effective_from=now)
    signed = assemble(document, [sign(each, document) for each in secrets.values()])
    for party, each in secrets.items():
        officers = [officer for agency in agencies[party] for officer in demo_officers(agency)]
        plain = dict((settings or {}).get(party, {}))
        write_home(folder / party, each, signed, settings=plain, officers=officers, random=system_random)
    return Pair((first, second), {party: Home(folder / party) for party in agencies}, agencies)


def demo_officers(agency: str) -> list[Officer]:
    """Return one demonstration officer per role of an agency, and a second liaison officer."""
    name = agency.partition("/")[2].lower()
    officers = [Officer(f"{name}-{role}", f"Demo {agency}", role, agency) for role in ROLES]
    return [*officers, Officer(f"{name}-liaison-2", f"Demo 2 {agency}", "liaison", agency)]


def introduce(pair: Pair, ports: Mapping[str, int]) -> None:
    """Tell each node where the other listens."""
    first, second = pair.parties
    add_peer(pair.homes[first].path, second, f"https://localhost:{ports[second]}")
    add_peer(pair.homes[second].path, first, f"https://localhost:{ports[first]}")


def resident_kilobytes() -> int:
    """Return the resident memory of this process (Linux)."""
    with Path("/proc/self/statm").open(encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024
