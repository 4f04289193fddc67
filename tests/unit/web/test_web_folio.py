# SPDX-License-Identifier: Apache-2.0
"""A matter by the pages of both parties alone, whichever plays which part: what is read, filled in, signed, refused."""

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from paridad.cli.operations import OPERATIONS
from support.web_world import BASIS, PURPOSE, Houses, Person, Seen, both_ways

PARTS = list(both_ways())
SIGNED = re.compile(r"\?signed=([A-Za-z0-9_-]{43})$")


@pytest.fixture
def houses(tmp_path: Path) -> Iterator[Houses]:
    """Return the pages of two parties."""
    with Houses(tmp_path) as found:
        yield found


@pytest.fixture(params=PARTS, ids=["the first asks", "the second asks"])
def parts(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Return who asks and who is asked."""
    found: tuple[str, str] = request.param
    return found


def ask(
    person: Person, asked: str, *, handling: str = "AMBER", question: str = "¿Quién es <Olga>?", **more: Any
) -> str:
    """Go through the pages of a new request and return the folio."""
    page = person.send(person.open("request"), press="marks", to=asked, desk="targets")
    page = person.send(page, press="speed", purpose=PURPOSE, basis=BASIS, handling=handling)
    page = person.send(page, press="question", urgency="urgent")
    page = person.send(page, press="check", question=question, **more)
    assert "Check your request" in page.text
    page = person.send(page, press="sign")
    assert signed(page)
    return page.address.rpartition("/")[2].partition("?")[0]


def signed(page: Seen) -> str:
    """Return the act that a page says was just signed."""
    assert page.status == 200, page.text
    found = SIGNED.search(page.address)
    assert found, page.text
    assert found.group(1) in page.text
    return found.group(1)


def do(person: Person, folio: str, verb: str, **filled: Any) -> str:
    """Fill in an order, check it, sign it; return the act."""
    page = person.open(f"folio/{folio}/{verb}")
    if 'value="sign"' not in page.text:
        page = person.send(page, press="check", **filled)
        assert page.status == 200, page.text
    assert "Nothing has been signed yet." in page.text
    return signed(person.send(page, press="sign"))


def release(person: Person, folio: str, record: str, **filled: Any) -> str:
    """Answer with a record and return the act."""
    page = person.open(f"folio/{folio}/release?record={record}")
    page = person.send(page, press="check", **filled)
    assert page.status == 200, page.text
    return signed(person.send(page, press="sign"))


def show(houses: Houses, agency: str, folio: str) -> Any:
    """Return a folio as the liaison officer of an agency is told of it."""
    party, _, name = agency.partition("/")
    return OPERATIONS["folio.show"](
        houses.parties.by_name[party], {"officer": f"{name.lower()}-liaison", "folio": folio}
    )


def plain(page: Seen) -> str:
    """Return the words of a page."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def test_a_newcomers_whole_journey(houses: Houses, parts: tuple[str, str]) -> None:
    """Request, acknowledgement, release, outcome, closure: by forms alone, each side reading the same."""
    asking, asked = parts
    record = houses.record(asked)
    houses.settle()
    ours, theirs = houses.enter(asking), houses.enter(asked)
    folio = ask(ours, asked)
    assert folio.startswith(asking[:2])
    houses.settle()
    page = theirs.open(f"folio/{folio}")
    assert "¿Quién es &lt;Olga&gt;?" in page.text
    assert "Acknowledge receipt" in page.text
    do(theirs, folio, "acknowledge")
    assert "López Reyes" in theirs.open(f"folio/{folio}/release").text
    answer = release(theirs, folio, record, obligation="no-onward", remark="Lo pedido.")
    houses.settle()
    page = ours.open(f"folio/{folio}")
    assert "López Reyes, Francisco Javier" in page.text
    assert "2 fields withheld under charter:case-decision" in plain(page)
    assert "Not passed on to third parties" in page.text
    outcome = do(ours, folio, "outcome", outcome="lead-only", **{"kept-no-onward": "yes"})
    do(ours, folio, "close")
    houses.settle()
    for agency in parts:
        told = show(houses, agency, folio)
        assert told["stage"]["code"] == "closed"
        assert {answer, outcome} <= {act["act"] for act in told["acts"]}
    assert "Nobody: no duty is open" in theirs.open(f"folio/{folio}").text


def test_both_languages_show_the_same_record(houses: Houses, parts: tuple[str, str]) -> None:
    """Each address exists in both languages and names the same acts."""
    asking, asked = parts
    folio = ask(houses.enter(asking), asked)
    es, en = (houses.enter(asking, language=language).open(f"folio/{folio}").text for language in ("es", "en"))
    hashes = re.compile(r'paridad-hash__whole">([^<]+)<')
    assert hashes.findall(es) == hashes.findall(en) != []
    assert "Se espera a" in es
    assert "Waiting for" in en
    assert "Acusar recibo" in es


def test_every_action_that_is_missing_has_its_reason(houses: Houses) -> None:
    """What may not be done is named with the reason why not: the folio's, the role's."""
    ours, theirs = houses.enter("MX/FGR"), houses.enter("US/DOJ", "analyst")
    folio = ask(ours, "US/DOJ")
    houses.settle()
    assert "The party that was asked acknowledges" in plain(ours.open(f"folio/{folio}"))
    assert "reports outcomes" in plain(theirs.open(f"folio/{folio}"))
    page = theirs.open(f"folio/{folio}/refuse")
    assert f'action="/en/folio/{folio}/refuse"' not in page.text, "what may not be done is not asked for"
    token = [pair for pair in theirs.open("request").form("request").fields if pair[0] == "csrf"]
    refused = theirs.post(f"/en/folio/{folio}/refuse", [*token, ("step", "check"), ("ground", "not-held")])
    assert (refused.status, "There is a problem" in refused.text) == (422, True)
    outsider = houses.enter("US/DHS").open(f"folio/{folio}")
    assert "takes no part in this folio" in plain(outsider)


def test_a_refusal_says_what_the_other_side_will_read(houses: Houses, parts: tuple[str, str]) -> None:
    """Grounds are chosen from the charter; the check page shows them in both languages; the other side reads them."""
    asking, asked = parts
    ours, theirs = houses.enter(asking), houses.enter(asked)
    folio = ask(ours, asked)
    houses.settle()
    empty = theirs.send(theirs.open(f"folio/{folio}/refuse"), press="check")
    assert (empty.status, "Missing: Grounds of the charter" in empty.text) == (422, True)
    grounds = ["third-party", "insufficient-data"]
    filled: dict[str, Any] = {"ground": grounds, "explanation": "No consta.", "may_ask_again": "yes"}
    assert "a third party&#39;s, who" in theirs.open(f"folio/{folio}/refuse").text, "escaped once"
    page = theirs.send(theirs.open(f"folio/{folio}/refuse"), press="check", **filled)
    assert "Datos insuficientes después de aclarar" in page.text
    assert "Data insufficient after clarification" in page.text
    again = theirs.send(page, press="change")
    assert "No consta." in again.text
    signed(theirs.send(theirs.send(again, press="check"), press="sign"))
    houses.settle()
    page = ours.open(f"folio/{folio}")
    assert "No consta." in page.text
    assert show(houses, asking, folio)["stage"]["code"] == "refused"


def test_questions_and_pauses(houses: Houses, parts: tuple[str, str]) -> None:
    """A question stops the clock, a pause stops it with its reason, both sides read why."""
    asking, asked = parts
    ours, theirs = houses.enter(asking), houses.enter(asked)
    folio = ask(ours, asked)
    houses.settle()
    do(theirs, folio, "ask-clarification", question="¿Cuál de dos?")
    houses.settle()
    do(ours, folio, "clarify", text="La primera.")
    do(ours, folio, "suspend", reason="Esperamos un papel.")
    houses.settle()
    page = plain(theirs.open(f"folio/{folio}"))
    assert "Esperamos un papel." in page
    assert "still paused" in page
    do(ours, folio, "resume", reason="Llegó.")
    houses.settle()
    assert show(houses, asked, folio)["stage"]["code"] == "acknowledged"


def test_a_recall_destroys_and_says_what_it_cannot_undo(houses: Houses, parts: tuple[str, str]) -> None:
    """The giver recalls with an honest sentence before it; the receiver destroys and attests; the page shows it."""
    asking, asked = parts
    record = houses.record(asked)
    ours, theirs = houses.enter(asking), houses.enter(asked)
    folio = ask(ours, asked)
    houses.settle()
    answer = release(theirs, folio, record)
    houses.settle()
    page = theirs.open(f"folio/{folio}/recall")
    assert "it does not undo" in plain(page)
    do(theirs, folio, "recall", of=answer, reason="Fuente retractada")
    houses.settle()
    page = ours.open(f"folio/{folio}/attest")
    assert "López Reyes" in page.text
    [recall] = show(houses, asking, folio)["recalls"]
    do(ours, folio, "attest", of=recall["act"], kept_items="Gráfica 12", destroyed="Nota 1\nNota 2")
    houses.settle()
    page = ours.open(f"folio/{folio}")
    assert "López Reyes" not in page.text
    assert "This release was recalled" in page.text
    assert "Gráfica 12" in theirs.open(f"folio/{folio}").text
    assert show(houses, asked, folio)["recalls"][0]["attested"] is True


def test_a_recall_may_be_refused_with_grounds(houses: Houses) -> None:
    """The receiver refuses the recall: grounds and explanation are demanded."""
    record = houses.record("US/DOJ")
    ours, theirs = houses.enter("MX/FGR"), houses.enter("US/DOJ")
    folio = ask(ours, "US/DOJ")
    houses.settle()
    do(theirs, folio, "recall", of=release(theirs, folio, record), reason="Error")
    houses.settle()
    page = ours.send(ours.open(f"folio/{folio}/refuse-recall"), press="check", ground="court-order")
    assert page.status == 422
    [recall] = show(houses, "MX/FGR", folio)["recalls"]
    do(ours, folio, "refuse-recall", of=recall["act"], ground="court-order", explanation="Consta en autos.")
    assert show(houses, "MX/FGR", folio)["recalls"][0]["attested"] is False


def test_two_persons_release_exactly_what_was_approved(houses: Houses, parts: tuple[str, str]) -> None:
    """One proposes, cannot approve; the other sees the same columns, approves the digest; it is sent and can be read."""
    asking, asked = parts
    record = houses.record(asked, handling="AMBER+STRICT")
    ours, first, second = houses.enter(asking), houses.enter(asked), houses.enter(asked, second=True)
    folio = ask(ours, asked, handling="AMBER+STRICT")
    houses.settle()
    page = first.open(f"folio/{folio}/release?record={record}")
    assert "requires two people" in page.text
    page = first.send(page, press="check")
    assert "Only the proposal is signed now" in page.text
    proposal = signed(first.send(page, press="sign"))
    page = first.open(f"folio/{folio}/proposal?act={proposal}")
    assert "Nobody approves what they proposed" in page.text
    assert 'value="sign"' not in page.text
    page = second.open(f"folio/{folio}/proposal?act={proposal}")
    assert "López Reyes" in page.text
    assert "Example Street" in page.text
    signed(second.send(page, press="sign", form="proposal"))
    houses.settle()
    assert show(houses, asking, folio)["releases"] == []
    page = first.open(f"folio/{folio}/proposal?act={proposal}")
    signed(first.send(page, press="sign", form="proposal"))
    houses.settle()
    read = ours.open(f"folio/{folio}").text
    assert "López Reyes" in read
    assert "Example Street" in read


def test_a_proposal_may_be_declined(houses: Houses) -> None:
    """The second person says why not; nothing leaves."""
    record = houses.record("US/DOJ")
    ours, first, second = houses.enter("MX/FGR"), houses.enter("US/DOJ"), houses.enter("US/DOJ", second=True)
    folio = ask(ours, "US/DOJ")
    houses.settle()
    proposal = release(first, folio, record, persons="two")
    assert f"/decline?proposal={proposal}" in second.open(f"folio/{folio}/proposal?act={proposal}").text
    form = second.open(f"folio/{folio}/decline?proposal={proposal}")
    check = second.send(form, press="check", proposal=proposal, reason="Falta una base.")
    for page in (plain(form), plain(check)):
        assert "It stays inside your party: the other party does not read it." in page
        assert "other party will read" not in page, "a reason that stays inside was said to be read outside"
    signed(second.send(check, press="sign"))
    assert "Ended: it was sent, replaced or declined" in second.open(f"folio/{folio}/proposal?act={proposal}").text
    assert show(houses, "US/DOJ", folio)["releases"] == []


def test_single_fields_are_held_back_and_said_to_be(houses: Houses) -> None:
    """A field that policy lets out stays if the officer says so; the other side reads that it was held back."""
    record = houses.record("US/DOJ")
    ours, theirs = houses.enter("MX/FGR"), houses.enter("US/DOJ")
    folio = ask(ours, "US/DOJ")
    houses.settle()
    release(theirs, folio, record, hold=[f"{record} aliases"], partial="yes")
    houses.settle()
    [given] = show(houses, "MX/FGR", folio)["releases"]
    assert not [leaf for leaf in given["given"][0]["fields"] if leaf["path"].startswith("aliases")]
    [held] = [each for each in given["withheld"] if each["rule"] == "not-chosen"]
    assert (held["path"], held["label"]["en"], held["ask_again"]) == ("aliases", "Other names", True)
    assert "chose not to include it" in plain(ours.open(f"folio/{folio}"))
    add = theirs.open(f"folio/{folio}/release?record={record}")
    assert "Answer and release" in add.text
    release(theirs, folio, record)
    assert "Add to the answer" in theirs.open(f"folio/{folio}").text


def test_a_list_that_is_cut_says_so(houses: Houses, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of sixty dossiers twenty were shown, as if there were no more."""
    houses.record("US/DOJ"), houses.record("US/DOJ")
    ours, theirs = houses.enter("MX/FGR"), houses.enter("US/DOJ")
    folio = ask(ours, "US/DOJ")
    houses.settle()
    cut = "There are more dossiers than are shown: search by name."
    assert cut not in theirs.open(f"folio/{folio}/release").text
    monkeypatch.setattr("paridad.web.pages.release.FOUND", 1)
    assert cut in theirs.open(f"folio/{folio}/release").text


def test_nothing_held_is_an_answer(houses: Houses) -> None:
    """An agency that holds nothing says so, and both sides read it."""
    ours, theirs = houses.enter("MX/FGR"), houses.enter("US/DOJ")
    folio = ask(ours, "US/DOJ")
    houses.settle()
    page = theirs.send(theirs.open(f"folio/{folio}/release?nothing=1"), press="check")
    assert "Respuesta parcial Partial answer No / No" in plain(page), "both languages means both"
    signed(theirs.send(page, press="sign"))
    houses.settle()
    assert "Nothing is held that answers the request." in ours.open(f"folio/{folio}").text


def test_onward_transfer_is_asked_for_and_decided(houses: Houses) -> None:
    """The receiver asks to pass a record on; the giver consents until a day, which has to exist."""
    record = houses.record("US/DOJ")
    ours, theirs = houses.enter("MX/FGR"), houses.enter("US/DOJ")
    folio = ask(ours, "US/DOJ")
    houses.settle()
    answer = release(theirs, folio, record)
    houses.settle()
    wish = {"received": f"{answer} {record}", "recipient": "MX/SEMAR", "purpose": PURPOSE}
    asked_for = do(ours, folio, "request-consent", **wish)
    houses.settle()
    yes = {"of": asked_for, "granted": "yes", "expires-month": "12", "expires-year": "2030"}
    page = theirs.send(theirs.open(f"folio/{folio}/consent"), press="check", **yes, **{"expires-day": "99"})
    assert (page.status, "There is no such date" in page.text) == (422, True)
    do(theirs, folio, "consent", **yes, **{"expires-day": "31"})
    houses.settle()
    assert show(houses, "MX/FGR", folio)["onward"][0]["granted"] is True


def test_the_same_form_sent_twice_does_nothing_twice(houses: Houses) -> None:
    """A double click signs one act; both answers name it."""
    ours = houses.enter("MX/FGR")
    page = ours.send(ours.open("request"), press="marks", to="US/DOJ")
    page = ours.send(page, press="speed", purpose=PURPOSE, basis=BASIS, handling="AMBER")
    page = ours.send(page, press="question", urgency="urgent")
    page = ours.send(page, press="check", question="¿Uno?")
    first, second = ours.send(page, press="sign"), ours.send(page, press="sign")
    assert signed(first) == signed(second)
    assert first.address == second.address
    assert len(show(houses, "MX/FGR", "MX-2025-0001")["acts"]) == 1
    changed = ours.send(page, press="sign", question="¿Otro?")
    assert signed(changed) == signed(first), "what was prepared is signed, whatever the form says later"


def test_a_form_from_elsewhere_is_turned_away(houses: Houses) -> None:
    """Without the session's token, or from another site, nothing is signed."""
    ours = houses.enter("MX/FGR")
    folio = ask(ours, "US/DOJ")
    page = ours.send(ours.open(f"folio/{folio}/suspend"), press="check", reason="x")
    form = page.form("suspend")
    forged = [(name, "forged" if name == "csrf" else value) for name, value in form.fields]
    assert ours.post(form.action, [*forged, ("step", "sign")]).status == 403
    assert ours.post(form.action, [*form.fields, ("step", "sign")], origin="https://elsewhere.example").status == 403
    assert [act["kind"]["code"] for act in show(houses, "MX/FGR", folio)["acts"]] == ["folio/request/1"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("folio/MX-2025-9999", 404),
        ("folio/%00", 404),
        ("folio/MX-2025-0001/dance", 404),
        ("folio/MX-2025-0001/proposal?act=nothing", 404),
        ("folio/MX-2025-0001/proposal", 404),
        ("folio/MX-2025-0001/release?record=nothing", 422),
        ("folio/MX-2025-0001?signed=nothing", 200),
    ],
)
def test_nonsense_addresses_are_answered_as_such(houses: Houses, path: str, status: int) -> None:
    """What is not here is not here, in a page of our own."""
    ours = houses.enter("MX/FGR")
    ask(ours, "US/DOJ")
    assert ours.open(path).status == status


@pytest.mark.parametrize(
    ("verb", "filled"),
    [
        ("close", {"reason": ""}),
        ("suspend", {"reason": "   "}),
        ("suspend", {"step": "sign", "id": "x", "reason": ""}),
        ("clarify", {"of": "nothing", "text": "x"}),
        ("outcome", {"outcome": "victory"}),
        ("recall", {"of": "🙂" * 500, "reason": "x"}),
        ("attest", {"of": "nothing"}),
        ("acknowledge", {}),
        ("consent", {"of": "x", "granted": "maybe", "expires-day": "x"}),
    ],
)
def test_nonsense_answers_come_back_on_the_form(houses: Houses, verb: str, filled: dict[str, str]) -> None:
    """What the folio refuses is told on the form, with the reason; nothing is signed."""
    ours = houses.enter("MX/FGR")
    folio = ask(ours, "US/DOJ")
    token = [pair for pair in ours.open("request").form("request").fields if pair[0] == "csrf"]
    page = ours.post(f"/en/folio/{folio}/{verb}", [*token, *{"step": "check", **filled}.items()])
    assert (page.status, "There is a problem" in page.text) == (422, True)
    assert len(show(houses, "MX/FGR", folio)["acts"]) == 1


@pytest.mark.parametrize(
    "filled",
    [
        {"to": "US/NOBODY"},
        {"to": "MX/SEMAR"},
        {"urgency": "now"},
        {"purpose": "x" * 300},
        {"basis": "us-18usc-3184"},
        {"handling": "SECRET"},
        {"question": "  "},
        {"assure": "friendship"},
    ],
)
def test_a_request_outside_the_charter_is_not_signed(houses: Houses, filled: dict[str, str]) -> None:
    """Agencies, codes and bases that the charter does not offer to us are refused by the operation."""
    ours = houses.enter("MX/FGR")
    token = [pair for pair in ours.open("request").form("request").fields if pair[0] == "csrf"]
    whole = {
        "to": "US/DOJ",
        "urgency": "urgent",
        "purpose": PURPOSE,
        "basis": BASIS,
        "handling": "AMBER",
        "question": "¿Quién?",
    }
    page = ours.post("/en/request", [*token, *{**whole, **filled, "step": "check"}.items()])
    assert (page.status, "There is a problem" in page.text) == (422, True)
    assert ours.open("folio/MX-2025-0001").status == 404


def test_an_answer_is_kept_when_the_language_is_changed(houses: Houses) -> None:
    """The check page, and a form with a problem, lead to themselves in the other language, answers and all."""
    ours = houses.enter("MX/FGR")
    token = [pair for pair in ours.open("request").form("request").fields if pair[0] == "csrf"]
    whole = {
        "to": "US/DOJ", "urgency": "urgent", "purpose": PURPOSE, "basis": BASIS, "handling": "AMBER",
        "question": '¿Quién vendió "esto"?', "step": "check",
    }  # fmt: skip
    page = ours.post("/en/request", [*token, *whole.items()])
    there = ours.send(page, form="/es/request")
    assert (there.status, '<html lang="es"' in there.text) == (200, True)
    assert "¿Quién vendió &#34;esto&#34;?" in there.text
    assert dict(there.form("/en/request").fields)["step"] == "check"
    wrong = ours.post("/en/request", [*token, *{**whole, "to": "US/NOBODY"}.items()])
    there = ours.send(wrong, form="/es/request")
    assert (there.status, "Hay un problema" in there.text) == (422, True)
    assert ours.open("folio/MX-2025-0001").status == 404, "nothing was signed on the way"


def test_what_somebody_may_not_see_is_named_not_shown(houses: Houses) -> None:
    """An auditor reads that something was said and under which clause it stays, not what."""
    record = houses.record("US/DOJ")
    ours, theirs = houses.enter("MX/FGR"), houses.enter("US/DOJ")
    folio = ask(ours, "US/DOJ")
    houses.settle()
    release(theirs, folio, record)
    page = houses.enter("US/DOJ", "auditor").open(f"folio/{folio}")
    assert page.status == 200
    assert "López Reyes" not in page.text
    assert "¿Quién es" not in page.text
    assert "withheld under charter:oversight" in plain(page)
    assert houses.enter("US/DOJ", "operator").open(f"folio/{folio}").status == 404
