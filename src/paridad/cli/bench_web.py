# SPDX-License-Identifier: Apache-2.0
"""`paridad bench web`: how long the server takes to make a page when a node holds many folios.

Rules
  - The pages are asked for in this process over ASGI by an officer who is signed in: everything between request and
    answer is in the figure (session, policy, queries, folding, noting the read, template), the network is not.
  - The node is seeded in bulk: acts are made here, not exchanged. Their signatures and disclosures are real and are
    opened and read as always; those of the other party stand in no copy of its log, which no page looks into.
  - Beside the time on the clock stands the processor's time of this process: on a machine that does other work as well
    the first says more about that work. A database server's own time is in the first alone.
  - What a page shows varies from request to request: another folio, another page of the list, another word.

Worked example
    run(Load(folios=10_000, acts=200_000))["pages"]["inbox"]["p95_ms"]
"""

import asyncio
import html
import re as patterns
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa

from paridad.acts.envelope import Draft
from paridad.acts.issue import IssuedAct, issue
from paridad.base.sources import system_clock, system_random
from paridad.base.strict import JsonValue
from paridad.cli.two_processes import found_two, parties_of
from paridad.desks.targets.dossier import KIND, dossier_fields
from paridad.desks.targets.sample import invent
from paridad.exchange import filing
from paridad.exchange.own_side import OwnSide
from paridad.node.composing import open_node
from paridad.node.node import Node
from paridad.node.running import Operation
from paridad.programmes import shipped_programme
from paridad.store.acts import NewAct, put_acts
from paridad.web.application import build
from paridad.web.office import Office
from paridad.web.signin import cookie_name

PROGRAMME = "gis-mx-us"
RUN = 2000
"""Acts in one transaction."""
SPREAD_SECONDS = 60 * 86_400
STEP_SECONDS = 1200
HOST = "localhost"
WARM_UP = 5
HANDLING, PURPOSE, BASIS = "AMBER", "criminal-investigation", "joint-statement-2025-09-03"
URGENCIES = ("urgent", "priority", "routine")
PAGES_DEEP = 20
"""How far the list is paged through."""
DOSSIERS_A_FOLIO = 5
"""One dossier for so many folios."""

NEXT = patterns.compile(r'href="/es/(inbox\?[^"]*)" rel="next"')

Said = tuple[str, str, dict[str, JsonValue]]
"""Who speaks in a folio, which kind of act, with which fields."""


@dataclass(frozen=True, slots=True)
class Load:
    """How much a node holds, and how often each page is asked for."""

    folios: int = 10_000
    acts: int = 200_000
    requests: int = 200
    url: str = ""
    """Database address; SQLite in the node's folder where none is given."""

    @property
    def each(self) -> int:
        """Acts in one folio."""
        return max(4, -(-(self.acts - self.dossiers) // self.folios))

    @property
    def dossiers(self) -> int:
        """Dossiers on record."""
        return self.folios // DOSSIERS_A_FOLIO


def run(
    load: Load, *, operations: Mapping[str, Operation], tell: Callable[[str], None] = lambda _: None
) -> dict[str, Any]:
    """Seed a node, ask for its pages, and return the figures."""
    with tempfile.TemporaryDirectory(prefix="paridad-bench-web-") as folder:
        pair = found_two(Path(folder), PROGRAMME, settings=_settings(load))
        ours, theirs = (open_node(pair.homes[each], clock=system_clock, random=system_random) for each in pair.parties)
        try:
            began = time.perf_counter()
            agencies = tuple(pair.agencies[each][0] for each in pair.parties)
            names = seed(ours, theirs.own, load, agencies, tell)
            seeded = time.perf_counter() - began
            pages = asyncio.run(_measure(ours, operations, load, agencies[0], names, tell=tell))
        finally:
            for node in (ours, theirs):
                node.close()
    return {
        "folios": load.folios,
        "acts": load.folios * load.each + load.dossiers,
        "seeded_in_bulk": True,
        "signatures": "real",
        "seeding_seconds": round(seeded, 1),
        "requests_a_page": load.requests,
        "pages": pages,
    }


def _settings(load: Load) -> dict[str, dict[str, str | int]]:
    """Return what node.toml of each party holds beside the usual."""
    first, second = parties_of(shipped_programme(PROGRAMME))
    common: dict[str, str | int] = {"demo_identities": True}
    return {first: {**common, "store": load.url} if load.url else common, second: common}


# Seeding --------------------------------------------------------------------------------------------------------------


def seed(ours: Node, theirs: OwnSide, load: Load, agencies: Sequence[str], tell: Callable[[str], None]) -> list[str]:
    """File folios and dossiers at our node and bring its views up to date; return words by which to search."""
    dossiers = list(invent(load.dossiers, seed=load.folios, countries=("Aa", "Bb")))
    acts = _acts(ours.own, theirs, load, agencies, [dossier_fields(each) for each in dossiers])
    filed = 0
    while group := list(islice(acts, RUN)):
        ours.own.store.in_transaction(lambda conn, group=group: _file(conn, ours.own, group))  # type: ignore[misc]
        filed += len(group)
        tell(f"{filed}")
    ours.views.refresh()
    return [each.name.split(",")[0] for each in dossiers]


def _acts(
    own: OwnSide, theirs: OwnSide, load: Load, agencies: Sequence[str], dossiers: Sequence[Mapping[str, JsonValue]]
) -> Iterator[IssuedAct]:
    """Yield every act, signed by whoever says it."""
    now = system_clock()
    for fields in dossiers:
        draft = Draft(KIND, agencies[0], (agencies[0],), HANDLING, PURPOSE, BASIS, fields)
        yield _signed(own, draft, now - SPREAD_SECONDS)
    signers = {agencies[0]: own, agencies[1]: theirs}
    for number in range(load.folios):
        sides = (agencies[0], agencies[1]) if number % 2 else (agencies[1], agencies[0])
        begun = now - load.each * STEP_SECONDS - SPREAD_SECONDS * (load.folios - number) // load.folios
        yield from _folio(signers, sides, _name(number), begun, _story(number, load.each))


def _folio(
    signers: Mapping[str, OwnSide], sides: tuple[str, str], folio: str, begun: int, story: Iterator[Said]
) -> Iterator[IssuedAct]:
    """Yield what is said in one folio: each act answers the request, or the question before it."""
    re: tuple[str, ...] = ()
    request: tuple[str, ...] = ()
    for place, (side, kind, fields) in enumerate(story):
        who, to = sides if side == "asking" else sides[::-1]
        draft = Draft(f"folio/{kind}/1", who, (to,), HANDLING, PURPOSE, BASIS, fields, folio=folio, re=re)
        act = _signed(signers[who], draft, begun + place * STEP_SECONDS)
        request = request or (act.hash,)
        re = (act.hash,) if kind == "clarification" else request
        yield act


def _signed(own: OwnSide, draft: Draft, at: int) -> IssuedAct:
    return issue(
        draft,
        vocabulary=own.vocabulary,
        signer=own.act_signers[draft.iss],
        prg=own.prg,
        iat=at,
        see=(),
        random=own.random,
    )


def _story(number: int, acts: int) -> Iterator[Said]:
    """Yield what is said in a folio: questions and answers in the middle, and one of four ends."""
    urgency = URGENCIES[number % len(URGENCIES)]
    yield "asking", "request", {"question": f"¿Quién es? {number}", "urgency": urgency, "desk": "targets"}
    yield "asked", "acknowledgement", {"received_at": system_clock()}
    ends = _ends(number)
    for place in range(acts - 2 - len(ends)):
        yield (
            ("asking", "clarification-answer", {"text": f"{place}"})
            if place % 2
            else (
                "asked",
                "clarification",
                {"question": f"{place}?"},
            )
        )
    yield from ends


def _ends(number: int) -> list[Said]:
    answer: Said = ("asked", "answer", {"partial": False, "given": [], "withheld": [], "nothing_held": True})
    outcome: Said = ("asking", "outcome", {"outcome": "investigation-opened", "obligations": []})
    closure: Said = ("asking", "closure", {"reason": "Concluido."})
    return [[answer, closure], [answer, outcome], [answer], []][number % 4]


def _file(conn: sa.Connection, own: OwnSide, group: Sequence[IssuedAct]) -> None:
    """File a run of acts: ours with their log, the other party's as they would have come; nothing is queued."""
    mine = [act for act in group if act.envelope.party == own.party]
    others = [act for act in group if act.envelope.party != own.party]
    filing.file_acts(conn, own, mine, now=system_clock())
    put_acts(conn, [NewAct(a.hash, a.signed, a.envelope, a.kid) for a in others], ours=False, at=system_clock())
    own.vault.put_disclosures(conn, {act.hash: act.texts for act in others})


# Measuring ------------------------------------------------------------------------------------------------------------


async def _measure(
    node: Node,
    operations: Mapping[str, Operation],
    load: Load,
    agency: str,
    names: Sequence[str],
    *,
    tell: Callable[[str], None],
) -> dict[str, Any]:
    """Ask for every page, one request after the other, as one officer does."""
    office = Office(node, operations)
    line = httpx.ASGITransport(app=build(office, hosts={HOST}))
    officer = f"{agency.partition('/')[2].lower()}-analyst"
    session = office.sessions.open(officer, credential="", now=node.clock(), random=node.own.random)
    cookies = {cookie_name(office.party): session}
    found = {}
    async with httpx.AsyncClient(transport=line, base_url=f"https://{HOST}", cookies=cookies) as client:
        for page, addresses in (await _addresses(client, load, names)).items():
            found[page] = await _asked(client, addresses, load.requests)
            tell(f"{page}: {found[page]}")
    return found


async def _addresses(client: httpx.AsyncClient, load: Load, names: Sequence[str]) -> dict[str, Iterator[str]]:
    """Return for each page the addresses to ask for, one after the other."""
    inbox = ["inbox?tab=us"]
    while len(inbox) < PAGES_DEEP and (more := _next_page((await client.get(f"/es/{inbox[-1]}")).text)):
        inbox.append(more)
    folios = [f"folio/{_name(number)}" for number in range(load.folios)]
    lists = [*inbox, "inbox?tab=them", "inbox?tab=open&sort=changed", "inbox?tab=closed&sort=opened",
             "inbox?tab=open&due=overdue&urgency=urgent", "inbox?tab=us&due=soon"]  # fmt: skip
    words = [f"search?q={name}" for name in names[:100]] + [f"search?q=2026-{n:05}" for n in range(0, load.folios, 97)]
    return {
        "home": (each for _ in count() for each in ["", ""]),
        "inbox": (each for _ in count() for each in lists),
        "folio": (folios[(n * 7919) % len(folios)] for n in count()),
        "search": (words[(n * 31) % len(words)] for n in count()),
        "targets": (each for _ in count() for each in ["targets", "targets?subject=person"]),
        "status": (each for _ in count() for each in ["status"]),
        "charter": (each for _ in count() for each in ["charter"]),
    }


def _name(number: int) -> str:
    """Return the name of a folio: the parties open them by turns."""
    return f"{parties_of(shipped_programme(PROGRAMME))[0 if number % 2 else 1]}-2026-{number:05}"


def _next_page(text: str) -> str:
    found = NEXT.search(text)
    return html.unescape(found[1]) if found else ""


async def _asked(client: httpx.AsyncClient, addresses: Iterator[str], requests: int) -> dict[str, Any]:
    """Ask for addresses and return what it took, in milliseconds."""
    for address in islice(addresses, WARM_UP):
        (await client.get(f"/es/{address}")).raise_for_status()
    taken, worked, sizes = [], [], []
    for address in islice(addresses, requests):
        began, busy = time.perf_counter(), time.process_time()
        answer = await client.get(f"/es/{address}")
        taken.append((time.perf_counter() - began) * 1000)
        worked.append((time.process_time() - busy) * 1000)
        answer.raise_for_status()
        sizes.append(len(answer.content))
    wall, cpu = (statistics.quantiles(each, n=100, method="inclusive") for each in (taken, worked))
    return {
        "p50_ms": round(wall[49], 1),
        "p95_ms": round(wall[94], 1),
        "cpu_p50_ms": round(cpu[49], 1),
        "cpu_p95_ms": round(cpu[94], 1),
        "kilobytes": round(statistics.mean(sizes) / 1024, 1),
    }
