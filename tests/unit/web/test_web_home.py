# SPDX-License-Identifier: Apache-2.0
"""Home, inbox, search, dossiers, reads and the reference pages: what each says, and that nothing is blank."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from paridad.base.strict import JsonValue
from paridad.cli.glossary import sections
from paridad.cli.operations import OPERATIONS
from paridad.desks.targets.dossier import KIND
from paridad.desks.targets.pages import SECTIONS
from paridad.node.composing import shipped_vocabulary
from paridad.policy.question import ROLES
from support.glossary_docs import PATHS, document
from support.web_world import BASIS, PURPOSE, Houses

TAGS = re.compile(r"<[^>]*>")
NOT_TOLD = "This node neither confirms nor denies further items."
QUESTIONS = 3


@pytest.fixture(scope="module")
def houses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Houses]:
    """Lend two houses: three folios wait for US, one for MX; US holds three dossiers."""
    with Houses(tmp_path_factory.mktemp("home")) as found:
        for seed in (1, 2, 3):
            found.record("US/DOJ", seed=seed)
        for _ in range(QUESTIONS):
            ask(found, "MX/FGR", "US/DOJ")
        ask(found, "US/DOJ", "MX/FGR")
        found.settle()
        yield found


def ask(houses: Houses, asking: str, asked: str) -> None:
    """Open a folio by the operation of the command line."""
    party, _, name = asking.partition("/")
    said: dict[str, JsonValue] = {
        "officer": f"{name.lower()}-liaison",
        "to": asked,
        "question": "¿Quién es?",
        "handling": "AMBER",
        "purpose": PURPOSE,
        "basis": BASIS,
        "urgency": "urgent",
    }
    OPERATIONS["folio.ask"](houses.parties.by_name[party], said)


def words(text: str) -> str:
    """Return what a page says, without its tags."""
    return " ".join(unescape(TAGS.sub(" ", text)).split())


def test_home_counts_what_waits_and_each_number_leads_to_its_list(houses: Houses) -> None:
    """Three wait for us, one for them, all due soon; the same numbers, exchanged, at the other node."""
    for agency, ours, theirs, other in (("US/DOJ", 3, 1, "MX"), ("MX/FGR", 1, 3, "US")):
        ana = houses.enter(agency)
        said = words(ana.open("").text)
        assert f"{ours} folio{'s wait' if ours > 1 else ' waits'} for us" in said
        assert f"{theirs} folio{'s wait' if theirs > 1 else ' waits'} for {other}" in said
        assert "4 folios are due within 24 hours The next one is due in" in said
        assert "0 folios are overdue" in said
        assert f"Last checkpoint of {other} seen here" in said
        for tab, count in (("us", ours), ("them", theirs), ("open&due=soon", 4), ("open&due=overdue", 0)):
            assert len(set(re.findall(r"/en/folio/([A-Z0-9-]+)\"", ana.open(f"inbox?tab={tab}").text))) == count


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("language", ["es", "en"])
def test_no_page_is_blank_to_anybody(houses: Houses, role: str, language: str) -> None:
    """Whoever reads nothing is told so on every list, and what can be done here at home."""
    reader = houses.enter("US/DOJ", role, language=language)
    for path in (
        "",
        "inbox",
        "inbox?tab=drafts",
        "search",
        "targets",
        "why",
        "charter",
        "glossary",
        "status",
        "scorecard",
    ):
        page = reader.open(path)
        assert page.status == 200, path
        assert len(words(page.text)) > 300, path
        assert "<h1" in page.text
    home = words(reader.open("").text)
    assert ("paridad --help" in home) == (role == "operator")
    if role == "operator":
        assert "not shown to you" in words(houses.enter("US/DOJ", role).open("inbox").text)


def test_the_inbox_says_it_all_in_its_address(houses: Houses) -> None:
    """Filters and order are in the address; a filter that finds nothing says so; a page that does not exist too."""
    ana = houses.enter("US/DOJ")
    page = ana.open("inbox?tab=us&urgency=urgent&handling=AMBER&sort=opened")
    assert page.text.count("/en/folio/MX-") == QUESTIONS
    assert 'value="urgent" selected' in page.text
    assert "Answer, or refuse with grounds" in page.text
    assert "received here; we have said nothing" in page.text
    assert "There are no folios under these filters." in ana.open("inbox?tab=us&handling=RED").text
    assert ana.open("inbox?sort=colour").status == 422
    assert ana.open("inbox?after=nowhere").status == 422
    assert "No folio" not in words(ana.open("inbox?tab=closed").text)
    assert "There are no closed folios." in ana.open("inbox?tab=closed").text


def test_both_nodes_show_the_same_scorecard_at_the_same_moment(houses: Houses) -> None:
    """Heads of both delegations read the same digest and the same numbers, in columns of equal dress."""
    at = houses.parties.clock() + 3600
    said = {
        party: words(houses.enter(agency, "head").open(f"scorecard?at={at}").text)
        for party, agency in (("US", "US/DOJ"), ("MX", "MX/FGR"))
    }
    digests = {party: re.search(r"Digest of this sheet (\S+)", text) for party, text in said.items()}
    assert digests["US"] is not None
    assert digests["MX"] is not None
    assert digests["US"][1] == digests["MX"][1]
    for text in said.values():
        assert "Requests Folios that it opened towards the other party. 3 1 Open" in text
        assert "First response, median" in text
        assert "no answers yet" in text
    assert houses.enter("US/DOJ", "head").open("scorecard?peer=nowhere").status == 422
    later = words(houses.enter("US/DOJ", "head").open(f"scorecard?at={at}&since={at}").text)
    assert "Folios requested in the period 0 (" in later


@pytest.mark.parametrize("sort", ["due", "changed", "opened"])
def test_the_list_is_paged_by_key(houses: Houses, sort: str) -> None:
    """Page by page the whole list comes once, in one order."""
    office = houses.offices["US"]
    whole = [each["folio"] for each in office.ask("doj-liaison", "folio.list", sort=sort)["folios"]]
    found, after = [], ""
    while True:
        page = office.ask("doj-liaison", "folio.list", sort=sort, limit=1, after=after)
        found += [each["folio"] for each in page["folios"]]
        if not (after := page["more_after"]):
            break
    assert found == whole
    assert len(found) == QUESTIONS + 1


def test_overdue_is_a_word_and_a_shape(tmp_path: Path) -> None:
    """When its time has run out a folio is marked, counted and found by the filter."""
    with Houses(tmp_path) as found:
        ask(found, "MX/FGR", "US/DOJ")
        found.settle()
        found.parties.clock.pass_(12 * 3600)
        ana = found.enter("US/DOJ", language="es")
        assert "1 folio está vencido" in words(ana.open("").text)
        text = ana.open("inbox?tab=open&due=overdue").text
        assert "Vencida" in text
        assert '<span aria-hidden="true">!</span>' in text


def test_search_says_why_it_matched_and_no_more(houses: Houses) -> None:
    """By folio, by the beginning of a hash, by document number and by name, accents aside; the end is always the same."""
    ana, office = houses.enter("US/DOJ", "analyst"), houses.offices["US"]
    one = office.ask("doj-analyst", "targets.list")["dossiers"][0]
    shown = office.ask("doj-analyst", "targets.show", act=one["act"])
    numbers = [
        leaf["value"]
        for part in shown["sections"]
        for leaf in part["fields"]
        if leaf["path"] == "identifiers[0].number"
    ]
    queries = {"2025-0001": "the folio's name", one["act"][:10]: "the act's hash", one["name"].upper(): "the name"}
    for query, why in {**queries, **dict.fromkeys(numbers, "the number of a document")}.items():
        text = words(ana.open(f"search?q={query}").text)
        assert f"Matched: {why}" in text, query
        assert NOT_TOLD in text
    nothing = words(ana.open("search?q=nobody-at-all").text)
    assert "Nothing was found that you may see" in nothing
    assert NOT_TOLD in nothing


def test_a_dossier_shows_its_source_and_who_read_it(houses: Houses) -> None:
    """Every section that holds something, simulated data marked, given to nobody yet; the look itself is on record."""
    ana, office = houses.enter("US/DOJ", "analyst"), houses.offices["US"]
    act = office.ask("doj-analyst", "targets.list")["dossiers"][0]["act"]
    text = words(ana.open(f"targets/{act}").text)
    for part in ("Identity", "Source and date", "Simulated data", "It was given to nobody in folios that you may see."):
        assert part in text
    assert "Type of subject Person" in words(ana.open(f"act/{act}").text), "a code is shown by its words"
    read = words(houses.enter("US/DOJ", "auditor").open(f"reads/{act}").text)
    assert "doj-analyst (US/DOJ) analyst looked at the dossier" in read
    assert houses.enter("US/DOJ", "operator").open(f"reads/{act}").status == 404
    assert houses.enter("US/DOJ", "auditor").open(f"targets/{act}").status == 404


def test_the_charter_marks_what_was_not_compared(houses: Houses) -> None:
    """As many marks as facts that were not compared with their source, and both parties' signatures."""
    told = houses.offices["MX"].ask("fgr-lawyer", "charter.show")
    page = houses.enter("MX/FGR", "lawyer").open("charter")
    assert page.text.count("paridad-tag--unverified") == told["unverified"] > 0
    assert told["charter_hash"] in page.text
    assert page.text.count("Ed25519, ML-DSA-44") == 2


def test_the_status_page_says_how_the_node_is(houses: Houses) -> None:
    """Charter, logs, streams, what waits for a person, clocks, keys and views; nothing of any act."""
    text = words(houses.enter("US/DOJ", "operator").open("status").text)
    for part in ("Logs and cosignatures", "US/gis-mx-us/shared", "Streams to the other parties", "Parcels in quarantine",
                 "in step", "Our keys in force", "signs acts", "Views", "Evidence against a log"):  # fmt: skip
        assert part in text, part
    assert "MX-2025-0001" not in text
    assert "Who owes what Your role reads no acts" in text, "withheld was said to be nothing"


def test_a_lawyer_goes_one_step_from_what_was_withheld_to_its_clause(houses: Houses) -> None:
    """The clause stood there as a code, and no page said what it is or which rules carry it out."""
    lawyer = houses.enter("US/DOJ", "lawyer")
    clause = words(lawyer.open("clauses?clause=charter:assurance").text)
    assert "Charter: proceedings are released under a written assurance of the recipient." in clause
    assert "assurance-missing" in clause
    assert "charter:sources" not in clause
    assert "charter:sources" in words(lawyer.open("clauses").text)
    unknown = words(lawyer.open("clauses?clause=art.%207.1").text)
    assert "The clause art. 7.1 is not in this node's table: ask the party that cited it." in unknown


def test_the_glossary_has_one_source(houses: Houses) -> None:
    """Both documents and the page say what stands in the package."""
    for language, path in PATHS.items():
        assert path.read_text(encoding="utf-8") == document(language), "run python -m support.glossary_docs"
    text = words(houses.enter("US/DOJ").open("glossary").text)
    for section in sections().values():
        assert all(term["es"] in text and term["en"] in text for term in section["term"])
    assert "recall" in houses.enter("US/DOJ").open("glossary?word=retiro").text


def test_every_field_of_a_dossier_has_its_section() -> None:
    """Nothing of the vocabulary is left out of the page, and nothing stands twice."""
    kind = shipped_vocabulary().kind(KIND)
    assert kind is not None
    laid_out = [name for section in SECTIONS for name in section.fields]
    assert sorted(laid_out) == sorted(kind.fields)
