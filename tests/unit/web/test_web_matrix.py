# SPDX-License-Identifier: Apache-2.0
"""Role × page × record: no page shows a reader what `visible_to` hides, whoever reads, in whichever language (law 8).

Every restricted class of fields holds a word of its own. Every GET address is opened with real parameters, and every
link that is found is followed, by every role of the involved agency and of another agency of each party, both parties
playing either part. What may come out stands in a table written here by hand.
"""

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

import pytest

from paridad.cli.operations import OPERATIONS
from paridad.desks.targets.dossier import (
    Account,
    Address,
    Alias,
    BirthPlace,
    Contact,
    Dossier,
    Identifier,
    Link,
    Organisation,
    Source,
)
from paridad.folio.commands import Acknowledge, Answer
from paridad.node.node import Node
from paridad.node.running import Operation
from paridad.policy.engine import PolicyEngine
from paridad.policy.lists import code_lists
from paridad.policy.question import ROLES
from paridad.store.acts import filed_acts
from paridad.web.application import build
from paridad.web.office import Office
from paridad.web.pages import ROUTES
from paridad.web.signin import cookie_name
from support.matters import BOTH_WAYS, WAYS, Matter, matter, person
from support.run_stages import RunStages
from support.web_world import BASIS, PURPOSE, Person

CLASSES = (
    "identity",
    "document",
    "whereabouts",
    "contact",
    "association",
    "financial",
    "proceedings",
    "commercial",
    "source",
)
CONTENT = frozenset({"identity", "document", "proceedings", "commercial"})
CASE = frozenset({"whereabouts", "contact", "association", "financial"})
NOTHING: frozenset[str] = frozenset()
NEAR = {"liaison": CONTENT | CASE, "analyst": CONTENT | CASE | {"source"}, "lawyer": CONTENT | CASE}
"""What the roles of the agency that holds a record may see of it; roles that are not named see nothing of it."""
FAR = {"AMBER": dict.fromkeys(NEAR, CONTENT), "RED": dict.fromkeys(NEAR, NOTHING)}
"""The same for every other agency, by handling code."""
MARKS = {"AMBER": "Xoch", "RED": "Rojo"}
QUESTION = "Preguntaxq"
LINK = re.compile(r'href="/(?:es|en)/([^"#]*)"')
ECHO = re.compile(r'<input[^>]*\bname="(?:q|name|word)"[^>]*>|<a [^>]*\bhreflang=[^>]*>')
"""What the reader typed comes back in the field where it was typed, and in the link to the other language."""
OFF_LIMITS = ("sign-in", "sign-out", "live", "enrol")


def canary(handling: str, sensitivity: str) -> str:
    """Return the word that stands in one class of fields of one record; names are searched by their words."""
    return f"{MARKS[handling]}{sensitivity}"


def subject(handling: str) -> Dossier:
    """Return a dossier with a word of its own in every class of fields."""
    word = {sensitivity: canary(handling, sensitivity) for sensitivity in CLASSES}
    return replace(
        person(MARKS[handling]),
        name=f"{word['identity']}, Ana",
        name_parts=None,
        aliases=(Alias(f"{word['identity']}alias", "strong", "aka"),),
        birth_places=(BirthPlace(f"{word['identity']}ville"),),
        title=f"{word['identity']}title",
        identifiers=(Identifier("passport", f"{word['document']}9", "Aa"),),
        addresses=(Address(f"{word['whereabouts']} 1", "Somewhere", "Aa"),),
        contacts=(Contact("phone", word["contact"]),),
        accounts=(Account("XBT", word["financial"]),),
        links=(Link("linked_to", word["association"]),),
        organisation=(Organisation("organisation_type", word["commercial"]),),
        programmes=(f"{word['proceedings']}",),
        authority=f"{word['proceedings']}order",
        remarks=(f"{word['source']}remark",),
        source=Source(word["source"], f"{word['source']}-1"),
    )


@dataclass(frozen=True)
class World:
    """A matter that was answered, with a record of each handling code at the asked side."""

    matter: Matter
    records: Mapping[str, str]
    run: str
    """Proposed by the asking side, so that the asked side looks at what of its list would be compared."""
    draft: str
    """The asked side's agreement to it, for a second person."""

    def agencies(self) -> Iterator[tuple[str, str]]:
        """Yield the involved agency of each side and another agency of its party, each with its side."""
        for side in ("asked", "asking"):
            mine = self.matter.agencies[side]
            yield side, mine
            yield side, next(each for each in self.matter.node(side).own.act_signers if each != mine)

    def may(self, agency: str, role: str) -> set[str]:
        """Return every word that a reader may come to see."""
        near = agency == self.matter.agencies["asked"]
        return {
            canary(handling, sensitivity)
            for handling in MARKS
            for sensitivity in (NEAR if near else FAR[handling]).get(role, NOTHING)
        } | ({QUESTION} if role in NEAR else set())


@pytest.fixture(scope="module", params=BOTH_WAYS, ids=WAYS)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Lend the world."""
    with matter(tmp_path_factory.mktemp("matrix"), request.param, sound=False) as m:
        records = {handling: m.record("asked", subject(handling), handling=handling) for handling in MARKS}
        m.asks(question=QUESTION)
        m.settle()
        m.says("asked", Acknowledge)
        m.says("asked", Answer, partial=False, **m.offer(records["AMBER"]))
        sheet(m)
        m.settle()
        day_book(m, records["AMBER"])
        m.settle()
        for node in m.parties.nodes:
            node.settings = replace(node.settings, demo_identities=True)
        yield World(m, records, *compared(m))


def compared(m: Matter) -> tuple[str, str]:
    """Propose a run at the asking side, whose list is empty, and prepare the agreement at the other."""
    runs = RunStages(m.parties, m.agencies["asking"], m.agencies["asked"], only_proposed=True)
    return runs.names["run-proposed"], str(runs.ask(runs.asked, "agree", run=runs.names["run-proposed"])["draft"])


def sheet(m: Matter) -> None:
    """Declare a priority case in words that stand for identity, and note a dossier for it."""
    agency, other = m.agencies["asked"], m.agencies["asking"]
    officer, word = f"{agency.partition('/')[2].lower()}-liaison", canary("AMBER", "identity")
    marks = {"handling": "AMBER", "purpose": PURPOSE, "basis": BASIS}
    said = dict.fromkeys(("title", "aims", "wanted"), f"{word} case")
    declared: Any = OPERATIONS["targets.case.declare"](
        m.node("asked"), {"officer": officer, "to": [other], **said, **marks}
    )
    case = declared["acts"][0]["act"]
    OPERATIONS["targets.case.update"](m.node("asked"), {"officer": officer, "act": case, "report": f"{word} report"})


def day_book(m: Matter, record: str) -> None:
    """Report a sighting of the released record, and take in a claim about it, each in words of its class."""
    agency, node = m.agencies["asked"], m.node("asked")
    officer, word = f"{agency.partition('/')[2].lower()}-liaison", canary("AMBER", "identity")
    seen = {"event": "seen", "ago": "5", "area": f"{word}ville", "description": f"{word} van", "reliability": "device"}
    OPERATIONS["targets.sighting.report"](node, {"officer": officer, "of": record, **seen})
    claim = {"channel": "person", "claim": canary("AMBER", "contact"), "fact": [f"{word} fact"]}
    OPERATIONS["targets.mistaken.file"](node, {"officer": officer, "act": record, **claim})


def enter(
    node: Node, agency: str, role: str, language: str, operations: Mapping[str, Operation] = OPERATIONS
) -> Person:
    """Let an officer in at a node."""
    office = Office(node, operations)
    found = Person(build(office, hosts={"localhost"}), language)
    officer = f"{agency.partition('/')[2].lower()}-{role}"
    cookie = office.sessions.open(officer, credential="", now=node.clock(), random=node.own.random)
    found.cookies.set(cookie_name(office.party), cookie, domain="localhost.local")
    return found


def addresses(world: World, side: str) -> Iterator[str]:
    """Yield every GET address with real parameters, and the lists with every filter."""
    node, record = world.matter.node(side), world.records["AMBER"]
    with node.own.store.read() as conn:
        acts = [act.hash for act in filed_acts(conn)]
    given: dict[str, list[str]] = {
        "folio": [world.matter.folio], "act": [str(each) for each in acts], "run": [world.run], "draft": [world.draft],
    }  # fmt: skip
    for page in ROUTES:
        if page.method == "GET" and not page.path.startswith(OFF_LIMITS):
            name = next(iter(re.findall(r"{(\w+)}", page.path)), "")
            values: list[str] = given.get(name, []) if name else [""]
            yield from (page.path.replace(f"{{{name}}}", value) for value in values)
    for tab in ("us", "them", "open", "closed", "drafts"):
        yield from (f"inbox?tab={tab}&{more}" for more in ("sort=changed", "mine=yes", "due=overdue", "handling=AMBER"))
    yield from (f"search?q={quote(each)}" for each in (*_canaries(), world.matter.folio, record, record[:8]))
    yield from (f"targets?name={quote(each)}" for each in _canaries())
    yield from (f"match?q={quote(each)}&born=1979" for each in _canaries())
    yield from (f"targets?subject={each}" for each in ("person", "vessel"))
    yield from (f"folio/{world.matter.folio}/release?record={each}" for each in world.records.values())


def _canaries() -> tuple[str, ...]:
    return (*(canary(handling, sensitivity) for handling in MARKS for sensitivity in CLASSES), QUESTION)


def crawl(reader: Person, start: Iterator[str]) -> Iterator[tuple[str, str]]:
    """Open addresses and every link found on them; yield each with its text, without what the reader typed."""
    waiting, seen = list(start), set[str]()
    while waiting:
        address = waiting.pop()
        if address in seen or address.startswith(OFF_LIMITS):
            continue
        seen.add(address)
        page = reader.open(address)
        assert page.status in {200, 403, 404, 422}, (address, page.status)
        yield address, ECHO.sub("", page.text)
        waiting += [html.unescape(each) for each in LINK.findall(page.text)]


def leaks(reader: Person, start: Iterator[str], may: set[str]) -> dict[str, set[str]]:
    """Return by address the words that a reader must not see and saw."""
    hidden = [each.casefold() for each in _canaries() if each not in may]
    found: dict[str, set[str]] = {}
    for address, text in crawl(reader, start):
        folded = html.unescape(text).casefold()
        if shown := {each for each in hidden if each in folded}:
            found[address] = shown
    return found


@pytest.mark.slow
@pytest.mark.parametrize("role", ROLES)
def test_no_page_shows_what_is_hidden(world: World, role: str) -> None:
    """Each agency of each side: every address and every link from it, and no word outside the table.

    The agencies of a side read in different languages, and the other way round where the parties change places.
    """
    swapped = world.matter.agencies["asking"] > world.matter.agencies["asked"]
    for place, (side, agency) in enumerate(world.agencies()):
        reader = enter(world.matter.node(side), agency, role, ("es", "en")[(place + swapped) % 2])
        assert leaks(reader, addresses(world, side), world.may(agency, role)) == {}, agency


@pytest.mark.parametrize("role", ROLES)
def test_at_its_holder_each_role_sees_what_the_table_allows(world: World, role: str) -> None:
    """The table is no looser than the pages: the dossiers' own pages show every word that may be seen."""
    agency = world.matter.agencies["asked"]
    reader = enter(world.matter.node("asked"), agency, role, "es")
    text = "".join(reader.open(f"targets/{record}").text for record in world.records.values())
    assert {each for each in _canaries() if each in text} == world.may(agency, role) - {QUESTION}


def test_a_search_for_what_is_hidden_is_answered_like_a_search_for_nothing(world: World) -> None:
    """To whom may not see it, a word that stands in a record finds the very page that an invented word finds."""
    node = world.matter.node("asked")
    for agency, role in ((world.matter.agencies["asked"], "auditor"), (list(node.own.act_signers)[-1], "lawyer")):
        reader = enter(node, agency, role, "en")
        nothing = ECHO.sub("", reader.open("search?q=Nobodyatall").text).replace("Nobodyatall", "")
        for each in set(_canaries()) - world.may(agency, role):
            page = ECHO.sub("", reader.open(f"search?q={each}").text)
            assert page.replace(each, "") == nothing, (agency, role, each)


NO_DOCUMENTS = """
@id("own:no-documents")
@clause("node:own")
@es("En este nodo los números de documento no son para juristas.")
@en("At this node document numbers are not for lawyers.")
forbid (principal == Role::"lawyer", action == Action::"read", resource)
when { resource.sensitivity == Sensitivity::"document" };
"""


def test_who_may_not_see_document_numbers_does_not_find_by_them(world: World) -> None:
    """With a forbid of the node's own: the analyst finds a dossier by a passport, the lawyer learns of none."""
    node, agency = world.matter.node("asked"), world.matter.agencies["asked"]
    number, before = canary("AMBER", "document"), node.own.engine
    node.own.engine = PolicyEngine.load(code_lists(node.own.keys.current), narrower=NO_DOCUMENTS)
    try:
        found = {
            role: enter(node, agency, role, "en").open(f"search?q={number}").text for role in ("analyst", "lawyer")
        }
        by_name = enter(node, agency, "lawyer", "en").open(f"search?q={canary('AMBER', 'identity')}").text
    finally:
        node.own.engine = before
    name = canary("AMBER", "identity")
    assert name in found["analyst"]
    assert "the number of a document" in found["analyst"]
    assert name not in found["lawyer"]
    assert name in by_name


@pytest.mark.parametrize(
    "operation",
    [
        "targets.list",
        "targets.show",
        "targets.case.show",
        "targets.sighting.list",
        "targets.mistaken.show",
        "search",
        "folio.show",
    ],
)
def test_a_page_that_skips_the_check_is_caught(world: World, operation: str) -> None:
    """An operation that reads in another's name leaks to the auditor, and the crawl says where."""
    node, agency = world.matter.node("asked"), world.matter.agencies["asked"]
    other = f"{agency.partition('/')[2].lower()}-analyst"

    def careless(at: Node, given: Mapping[str, object]) -> object:
        return OPERATIONS[operation](at, {**given, "officer": other})  # type: ignore[dict-item]

    reader = enter(node, agency, "auditor", "es", {**OPERATIONS, operation: careless})  # type: ignore[dict-item]
    assert leaks(reader, addresses(world, "asked"), world.may(agency, "auditor"))


def test_every_link_leads_somewhere(world: World) -> None:
    """No page of an officer's home and lists points to an address that this node does not have."""
    reader = enter(world.matter.node("asked"), world.matter.agencies["asked"], "analyst", "en")
    missing = "The address does not exist"
    dead = {address for address, text in crawl(reader, iter([""])) if missing in text}
    assert dead == set()
