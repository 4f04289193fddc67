# SPDX-License-Identifier: Apache-2.0
"""A matter from end to end by the command line of both parties, whichever plays which part, in both languages."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from paridad.base.words import Language
from paridad.store.records import reads_of
from support.cli_world import BASIS, PURPOSE, CommandLines, officer

PARTS = {
    "the first asks": ("MX/FGR", "US/DOJ"),
    "the second asks": ("US/DOJ", "MX/FGR"),
}


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[CommandLines]:
    """Return the command lines of two parties."""
    with CommandLines(tmp_path) as found:
        yield found


@pytest.fixture(params=list(PARTS.values()), ids=list(PARTS))
def parts(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Return who asks and who is asked."""
    found: tuple[str, str] = request.param
    return found


def act_of(shown: Any, kind: str) -> Any:
    """Return the last act of a kind in a folio as it is shown."""
    return [act for act in shown["acts"] if act["kind"]["code"] == kind][-1]


def test_a_matter_from_the_request_to_its_end(lines: CommandLines, parts: tuple[str, str]) -> None:
    """Request, answer in part, recall with purge, outcome, closure: each side sees the same stage."""
    asking, asked = parts
    mine, theirs = asking[:2], asked[:2]
    record = lines.record(asked)
    lines.parties.settle(2)
    folio = lines.asked(asking, asked)
    assert folio == f"{mine}-2025-0001"
    lines.json(theirs, "folio", "acknowledge", folio, "--as", officer(asked))
    answer = lines.json(theirs, "folio", "answer", folio, "--record", record, "--as", officer(asked))
    lines.parties.settle(3)
    shown = lines.json(mine, "folio", "show", folio, "--as", officer(asking))
    assert shown["stage"]["code"] == "answered"
    assert "recall" not in shown["possible"]
    assert act_of(shown, "folio/answer/1")["act"] == answer["acts"][0]["act"]
    received = lines.json(mine, "act", "show", record, "--as", officer(asking))
    assert {each["path"] for each in received["fields"]} >= {"name", "subject_type"}
    assert not any(each["path"].startswith("source") for each in received["fields"])

    released = answer["acts"][0]["act"]
    lines.json(theirs, "folio", "recall", folio, released, "--reason", "Fuente retractada", "--as", officer(asked))
    lines.parties.settle(3)
    recall = act_of(lines.json(mine, "folio", "show", folio, "--as", officer(asking)), "folio/recall/1")["act"]
    lines.json(mine, "folio", "attest", folio, recall, "--derived", "chart 1", "kept", "--as", officer(asking))
    gone = lines.json(mine, "act", "show", record, "--as", officer(asking))
    assert gone["fields"] == []
    assert gone["erased"]
    lines.json(mine, "folio", "outcome", folio, "--outcome", "no-result", "--as", officer(asking))
    lines.json(mine, "folio", "close", folio, "--as", officer(asking))
    lines.parties.settle(3)
    stages = {
        party: lines.json(party, "folio", "show", folio, "--as", officer(agency))["stage"]["code"]
        for party, agency in ((mine, asking), (theirs, asked))
    }
    assert stages == {mine: "closed", theirs: "closed"}


def test_a_rehearsal_signs_nothing_and_shows_each_decision(lines: CommandLines, parts: tuple[str, str]) -> None:
    """`--dry-run` prints the drafts and the decision per field with its clause; the folio stays as it was."""
    asking, asked = parts
    record = lines.record(asked)
    lines.parties.settle(2)
    folio = lines.asked(asking, asked)
    given = ("folio", "answer", folio, "--record", record, "--as", officer(asked))
    rehearsed = lines.json(asked[:2], *given, "--dry-run")
    assert rehearsed["dry_run"] is True
    assert [draft["kind"]["code"] for draft in rehearsed["drafts"]] == ["folio/answer/1"]
    [leaves] = rehearsed["leaves"]
    assert all(each["reasons"] for each in (*leaves["given"], *leaves["withheld"]))
    shown = lines.json(asked[:2], "folio", "show", folio, "--as", officer(asked))
    assert len(shown["acts"]) == 1
    preview = lines.json(asked[:2], "folio", "preview", folio, record, "--as", officer(asked))
    assert preview["release"]["given"] == leaves["given"]


def test_the_same_identifier_does_nothing_twice(lines: CommandLines) -> None:
    """A request repeated under its identifier is the same request; another one under it is refused."""
    marks = ("--handling", "AMBER", "--purpose", PURPOSE, "--basis", BASIS, "--urgency", "urgent")
    ask = ("folio", "ask", "US/DOJ", *marks, "--id", "c-1", "--as", "fgr-liaison", "--question")
    first, second = lines.json("MX", *ask, "¿Uno?"), lines.json("MX", *ask, "¿Uno?")
    assert (second["repeated"], second["acts"], second["folio"]) == (True, first["acts"], first["folio"])
    assert lines.run("MX", *ask, "¿Otro?").exit_code == 1
    third = lines.json("MX", *ask[:-3], "--as", "fgr-liaison", "--id", "c-2", "--question", "¿Otro?")
    assert third["folio"] == "MX-2025-0002"


def test_questions_pauses_and_a_refusal(lines: CommandLines, parts: tuple[str, str]) -> None:
    """The asked party asks back, the asking one clarifies, pauses and resumes; then it is refused with a ground."""
    asking, asked = parts
    mine, theirs = asking[:2], asked[:2]
    folio = lines.asked(asking, asked)
    lines.json(theirs, "folio", "ask-clarification", folio, "--question", "¿Cuál de dos?", "--as", officer(asked))
    lines.parties.settle(3)
    shown = lines.json(mine, "folio", "show", folio, "--as", officer(asking))
    question = act_of(shown, "folio/clarification/1")["act"]
    lines.json(mine, "folio", "clarify", folio, question, "--text", "La primera.", "--as", officer(asking))
    lines.json(mine, "folio", "suspend", folio, "--reason", "Esperamos un papel.", "--as", officer(asking))
    lines.json(mine, "folio", "resume", folio, "--reason", "Llegó.", "--as", officer(asking))
    lines.parties.settle(3)
    ground = ("--ground", "not-held", "--ground", "insufficient-data", "--may-ask-again")
    refusal = lines.json(theirs, "folio", "refuse", folio, *ground, "--as", officer(asked))
    assert refusal["acts"][0]["kind"]["code"] == "folio/refusal/1"
    lines.parties.settle(3)
    shown = lines.json(mine, "folio", "show", folio, "--as", officer(asking))
    assert shown["stage"]["code"] == "refused"
    lines.json(mine, "folio", "close", folio, "--reason", "Sin más.", "--as", officer(asking))


def test_two_persons_release_what_is_red(lines: CommandLines, parts: tuple[str, str]) -> None:
    """A RED answer is proposed by one officer, approved by another, and sent unchanged."""
    asking, asked = parts
    theirs = asked[:2]
    record = lines.record(asked, handling="RED")
    lines.parties.settle(2)
    folio = lines.asked(asking, asked, handling="RED")
    answer = (folio, "--record", record)
    alone = lines.run(theirs, "folio", "answer", *answer, "--as", officer(asked))
    assert (alone.exit_code, "nothing may leave" in alone.stderr) == (1, True)
    proposed = lines.json(theirs, "folio", "propose", "answer", *answer, "--as", officer(asked))
    proposal = proposed["acts"][0]["act"]
    shown = lines.json(theirs, "folio", "show", folio, "--as", officer(asked))
    fields = {each["path"]: each.get("value") for each in act_of(shown, "folio/proposal/1")["fields"]}
    decision = (folio, proposal, "--digest", fields["digest"], "--as")
    assert lines.run(theirs, "folio", "approve", *decision, officer(asked)).exit_code == 1
    lines.json(theirs, "folio", "approve", *decision, officer(asked, second=True))
    sent = lines.json(theirs, "folio", "carry-out", folio, proposal, "--as", officer(asked))
    assert sent["leaves"]
    lines.parties.settle(3)
    shown = lines.json(asking[:2], "folio", "show", folio, "--as", officer(asking))
    assert shown["stage"]["code"] == "answered"


def test_a_proposal_can_be_declined_and_a_supplement_given(lines: CommandLines) -> None:
    """A proposal ends with a reason; a partial answer is added to field by field."""
    record = lines.record("US/DOJ")
    lines.parties.settle(2)
    folio = lines.asked("MX/FGR", "US/DOJ")
    propose = ("folio", "propose", "answer", folio, "--nothing-held", "--as", "doj-liaison")
    proposal = lines.json("US", *propose)["acts"][0]["act"]
    decline = ("folio", "decline", folio, proposal, "--reason", "Sí obra.", "--as", "doj-liaison")
    lines.json("US", *decline)
    partial = ("--partial", "--withhold", "aliases", "not-now", "art. 1", "--obligation", "no-further-use")
    give = ("folio", "answer", folio, "--give", record, "name", "--as", "doj-liaison", *partial[:5])
    answer = lines.json("US", *give)["acts"][0]["act"]
    more = ("folio", "supplement", folio, answer, "--give", record, "gender", "--as", "doj-liaison")
    lines.json("US", *more)
    lines.parties.settle(3)
    got = lines.json("MX", "act", "show", record, "--as", "fgr-liaison")
    assert {each["path"] for each in got["fields"]} == {"name", "gender"}


def test_consent_to_pass_on(lines: CommandLines) -> None:
    """A receiver asks to pass a record on, and the originator consents until a date; a refused recall leaves it."""
    record = lines.record("US/DOJ")
    lines.parties.settle(2)
    folio = lines.asked("MX/FGR", "US/DOJ")
    answered = lines.json("US", "folio", "answer", folio, "--record", record, "--as", "doj-liaison")
    answer = answered["acts"][0]["act"]
    lines.parties.settle(3)
    wanted = ("--record", record, "--recipient", "MX/SRE", "--purpose", PURPOSE)
    asked = lines.json("MX", "folio", "request-consent", folio, answer, *wanted, "--as", "fgr-liaison")
    lines.parties.settle(3)
    request = asked["acts"][0]["act"]
    granted = ("--granted", "--expires", "2025-12-01", "--condition", "no-further-use")
    lines.json("US", "folio", "consent", folio, request, *granted, "--as", "doj-liaison")
    recall = lines.json("US", "folio", "recall", folio, answer, "--reason", "Error.", "--as", "doj-liaison")
    lines.parties.settle(3)
    no = ("--ground", "court-order", "--explanation", "Obra en autos.", "--derived", "copia", "kept")
    lines.json("MX", "folio", "refuse-recall", folio, recall["acts"][0]["act"], *no, "--as", "fgr-liaison")
    wrong = ("--ground", "court-order", "--explanation", "x", "--derived", "copia", "burnt", "--as", "fgr-liaison")
    refused = lines.run("MX", "folio", "refuse-recall", folio, recall["acts"][0]["act"], *wrong)
    assert (refused.exit_code, "burnt" in refused.stderr) == (2, True)


def test_the_list_pages_filters_and_keeps_silent(lines: CommandLines) -> None:
    """Folios come page by page, those due first; a role that reads nothing sees no folio and no count."""
    names = [lines.asked("MX/FGR", "US/DOJ", "--desk", "targets") for _ in range(3)]
    first = lines.json("US", "folio", "list", "--limit", "2", "--as", "doj-liaison")
    rest = lines.json("US", "folio", "list", "--after", first["more_after"], "--as", "doj-liaison")
    assert [each["folio"] for each in (*first["folios"], *rest["folios"])] == names
    assert rest["more_after"] == ""
    for filters, found in (
        (("--stage", "sent"), 3),
        (("--stage", "closed"), 0),
        (("--desk", "targets"), 3),
        (("--waiting-for", "US"), 3),
        (("--waiting-for", "MX"), 0),
        (("--overdue",), 0),
    ):
        listed = lines.json("US", "folio", "list", *filters, "--as", "doj-liaison")
        assert len(listed["folios"]) == found, filters
    assert lines.json("US", "folio", "list", "--as", "doj-operator")["folios"] == []
    assert lines.json("US", "folio", "list", "--as", "hsc-auditor")["folios"]
    shown = lines.run("US", "folio", "show", names[0], "--as", "doj-operator")
    absent = lines.run("US", "folio", "show", "MX-2025-0099", "--as", "doj-operator")
    assert shown.exit_code == absent.exit_code == 2
    assert shown.stderr.replace(names[0], "") == absent.stderr.replace("MX-2025-0099", "")


REFUSED: dict[str, tuple[tuple[str, ...], int, str]] = {
    "an officer who is not listed": (("folio", "list", "--as", "nobody"), 1, "nobody is not in officers.toml"),
    "a role that may not answer": (("folio", "acknowledge", "F", "--as", "doj-analyst"), 1, "role is not liaison"),
    "an agency that does not take part": (("folio", "recall", "F", "x", "--reason", "r", "--as", "doj-liaison"), 1, ""),
    "a folio that is not here": (("folio", "show", "MX-2025-0404", "--as", "doj-liaison"), 2, "not here"),
    "a clarification nobody asked": (("folio", "clarify", "F", "x", "--text", "t", "--as", "doj-liaison"), 1, ""),
    "a recall that is not open": (("folio", "attest", "F", "x", "--as", "doj-liaison"), 1, "recall"),
    "accepted": (("folio", "acknowledge", "F", "--dry-run", "--as", "doj-liaison"), 0, ""),
}


@pytest.fixture(scope="module")
def open_folio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[CommandLines, str]]:
    """Return a world with one folio that nobody changes."""
    with CommandLines(tmp_path_factory.mktemp("refusals")) as found:
        yield found, found.asked("MX/FGR", "US/DOJ")


@pytest.mark.parametrize(("arguments", "code", "sentence"), REFUSED.values(), ids=REFUSED.keys())
@pytest.mark.parametrize("lang", ["es", "en"])
def test_a_refusal_is_a_sentence_and_a_code(
    open_folio: tuple[CommandLines, str], arguments: tuple[str, ...], code: int, sentence: str, lang: Language
) -> None:
    """Each refusal is one sentence on stderr in the reader's language, with its exit code and no trace."""
    lines, folio = open_folio
    result = lines.run("US", *(folio if each == "F" else each for each in arguments), lang=lang)
    assert result.exit_code == code, result.output
    if code:
        assert result.stdout == ""
        assert "Traceback" not in result.stderr
        assert result.stderr.strip()
    if lang == "en":
        assert sentence in result.stderr


def test_what_an_officer_reads_is_noted(lines: CommandLines) -> None:
    """Showing a folio leaves a trace of every act shown."""
    folio = lines.asked("MX/FGR", "US/DOJ")
    shown = lines.json("US", "folio", "show", folio, "--as", "doj-liaison")
    with lines.parties.by_name["US"].own.store.read() as conn:
        looks = [reads_of(conn, act["act"]) for act in shown["acts"]]
    assert all([(look.reader, look.how) for look in each] == [("doj-liaison", "folio")] for each in looks)
