# SPDX-License-Identifier: Apache-2.0
"""What a folio refuses, sentence by sentence; beside each refusal stands the row that is accepted."""

import pytest

from paridad.base.words import Words
from paridad.folio.commands import (
    Acknowledge,
    Answer,
    Ask,
    AskClarification,
    AttestPurge,
    Clarify,
    Consent,
    Derived,
    Kept,
    Recall,
    Refuse,
    RefuseRecall,
    Resume,
    Supplement,
    Suspend,
    Withheld,
)
from paridad.folio.conditions import CONDITIONS, possible
from paridad.folio.errors import NotNow
from paridad.folio.evolve import fold
from paridad.folio.rules import decide
from support.folio_story import (
    OTHER_RECORD,
    RECORD,
    SOURCE_WITHHELD,
    TERMS,
    Step,
    Story,
    acknowledges,
    an_answer,
    answers,
    answers_in_part,
    approves,
    asks,
    asks_back,
    asks_consent,
    asks_what_is_meant,
    attests,
    carries_out,
    clarifies,
    closes,
    consents,
    declines,
    denies_consent,
    files_outcome,
    given,
    gives,
    hash_of,
    kept,
    play,
    proposes,
    refused,
    refuses,
    refuses_recall,
    resumes,
    supplements,
    suspends,
)

ANSWERED: list[Step] = [asks(), answers("name")]
STRICT_PROPOSAL: list[Step] = [asks(), proposes("asked", an_answer())]

REFUSALS: dict[str, tuple[Story, Step, str | None]] = {
    # asking
    "a request": ([], asks(), None),
    "a request with fields of one's own": ([], asks(given=given("photo"), desk="targets"), None),
    "a request to one's own party": ([], asks(to=lambda table: table.agency("asking")), "agency of another party"),
    "a request to nobody": ([], asks(to="D/POLICE"), "agency of another party"),
    "a request of unknown urgency": ([], asks(urgency="yesterday"), "Choose an urgency"),
    "a request to an unknown desk": ([], asks(desk="ships"), "Choose a desk"),
    "a request that asks nothing": ([], asks(question=" "), "Write what is asked"),
    "a request with an assurance": ([], asks(assurances=("speciality",)), None),
    "a request that assures what is no assurance": ([], asks(assurances=("no-court-use",)), "marks as such: speciality"),
    "a request without a mark": ([], asks(handling=""), "not a handling code"),
    "a request without a purpose": ([], asks(purpose="curiosity"), "not a purpose"),
    "a request without a basis": ([], asks(basis="custom"), "not a legal basis"),
    "a request on the other party's law": ([], asks(basis="law-of-b"), "not a legal basis"),
    "a request on one's own law": ([], asks(basis="law-of-a"), None),
    "a second request": ([asks()], asks(), "already has its request"),
    "a request in the other party's folio": (
        [],
        gives(
            "asked",
            Ask,
            to=lambda table: table.agency("asking"),
            handling="OPEN",
            purpose="trial",
            basis="treaty",
            urgency="urgent",
            question="?",
        ),
        "bears the name of another party",
    ),
    "a strict request that gives something": ([], asks("STRICT", given=given("photo")), "two persons"),
    "a strict request that only asks": ([], asks("STRICT"), None),
    "an acknowledgement before the request": ([], acknowledges(), "not in this node yet"),
    # acknowledging, clarifying
    "an acknowledgement": ([asks()], acknowledges(), None),
    "an acknowledgement of one's own request": ([asks()], gives("asking", Acknowledge), "party that was asked acknow"),
    "an acknowledgement of a closed folio": ([asks(), closes("Why not.")], acknowledges(), "folio is closed"),
    "a question": ([asks()], asks_what_is_meant(), None),
    "an empty question": ([asks()], gives("asked", AskClarification, question=""), "Write what needs"),
    "a second question": ([asks(), asks_what_is_meant()], asks_what_is_meant(), "question without an answer"),
    "a question after the answer": (ANSWERED, asks_what_is_meant(), "in full or refused already"),
    "a clarification": ([asks(), asks_what_is_meant()], clarifies(), None),
    "an empty clarification": (
        [asks(), asks_what_is_meant()],
        gives("asking", Clarify, of=hash_of("clarification"), text=""),
        "Write the clarification",
    ),
    "a clarification with an assurance": (
        [asks(), asks_what_is_meant()],
        clarifies(assurances=("speciality",)),
        None,
    ),
    "a clarification that assures the unknown": (
        [asks(), asks_what_is_meant()],
        clarifies(assurances=("silence",)),
        "marks as such: speciality",
    ),
    "a clarification of nothing": ([asks()], gives("asking", Clarify, of=RECORD, text="?"), "no question to clarify"),
    "a clarification of another question": (
        [asks(), asks_what_is_meant()],
        gives("asking", Clarify, of=RECORD, text="?"),
        "Choose a question",
    ),
    "a clarification by who was asked": (
        [asks(), asks_what_is_meant()],
        gives("asked", Clarify, of=hash_of("clarification"), text="?"),
        "party that asks clarifies",
    ),
    # pauses
    "a pause": ([asks()], suspends("asked"), None),
    "a pause without a reason": ([asks()], gives("asked", Suspend, reason=" "), "A pause has a reason"),
    "a second pause": ([asks(), suspends("asked")], suspends("asked"), "stopped the clocks already"),
    "a pause by who has answered": (ANSWERED, suspends("asked"), "in full or refused already"),
    "a pause by who waits for the outcome of its own work": (ANSWERED, suspends("asking"), None),
    "a resumption": ([asks(), suspends("asked")], resumes("asked"), None),
    "a resumption without a reason": (
        [asks(), suspends("asked")],
        gives("asked", Resume, reason=""),
        "A resumption has a reason",
    ),
    "a resumption of the other's pause": ([asks(), suspends("asked")], resumes("asking"), "only the one that stopped"),
    # answering
    "an answer": ([asks()], answers("name"), None),
    "an answer on one's own law": ([asks()], answers("name", basis="law-of-b"), None),
    "an answer on the other's law": ([asks()], answers("name", basis="law-of-a"), "not a legal basis"),
    "an answer on the law of the request": ([asks(basis="law-of-a")], answers("name"), "not a legal basis"),
    "an answer with an unknown mark": ([asks()], answers("name", handling="SECRET"), "not a handling code"),
    "an answer of nothing": ([asks()], answers(), "refuse with grounds"),
    "an answer that withholds everything": ([asks()], answers(withheld=(SOURCE_WITHHELD,)), "refuse with grounds"),
    "an answer that gives and holds nothing": ([asks()], answers("name", nothing_held=True), "refuse with grounds"),
    "an answer that gives a field twice": ([asks()], answers("name", "name"), "named once"),
    "an answer that gives a field of nothing": (
        [asks()],
        gives("asked", Answer, given=given("name", record="")),
        "named once",
    ),
    "an answer that withholds without a clause": (
        [asks()],
        answers("name", withheld=(Withheld("source", "no-source", "", ask_again=False),)),
        "by which clause",
    ),
    "an answer that gives and withholds one field": (
        [asks()],
        answers("name", withheld=(Withheld("name", "r", "art. 1", ask_again=False, record=RECORD),)),
        "not given and withheld at once",
    ),
    "an answer under an unknown obligation": ([asks()], answers("name", obligations=("silence",)), "Obligations are chosen"),
    "an answer under obligations": ([asks()], answers("name", obligations=("no-court-use", "speciality")), None),
    "a second full answer": (ANSWERED, answers("born"), "complete already"),
    "an answer by who asked": ([asks()], gives("asking", Answer, given=given("name")), "party that was asked answers"),
    "a strict answer by one person": ([asks()], answers("name", handling="STRICT"), "asks for two persons"),
    "a supplement": (ANSWERED, supplements("born"), None),
    "a supplement to nothing": ([asks()], gives("asked", Supplement, of=RECORD, given=given("x")), "no answer to add to"),
    "a supplement to something else": (ANSWERED, supplements("born", of=RECORD), "choose which"),
    "a supplement of nothing": (ANSWERED, supplements(), "given in addition"),
    "a supplement with a mistake": (ANSWERED, supplements("born", "born"), "named once"),
    "a refusal": ([asks()], refuses("proceedings", "sovereignty"), None),
    "a refusal without a ground": ([asks()], gives("asked", Refuse, grounds=(), may_ask_again=True), "at least one ground"),
    "a refusal on a ground of one's own making": ([asks()], refuses("displeasure"), "at least one ground"),
    "a refusal after the answer": (ANSWERED, refuses(), "in full or refused already"),
    "a second refusal": ([asks(), refuses()], refuses(), "in full or refused already"),
    # recall
    "a recall": (ANSWERED, asks_back(), None),
    "a recall of something never released": ([asks()], asks_back(of="request"), "Only something that your party released"),
    "a recall of something else": (ANSWERED, asks_back(of="request"), "Only something that your party released"),
    "a recall of what the other released": (
        [asks(given=given("photo")), answers("name")],
        asks_back("asking"),
        "Only something that your party released",
    ),
    "a recall without a reason": (ANSWERED, gives("asked", Recall, of=hash_of("answer"), reason=""), "A recall has a reason"),
    "a second recall": ([*ANSWERED, asks_back()], asks_back(), "recall has been made already"),
    "an attestation": ([*ANSWERED, asks_back()], attests(), None),
    "an attestation of nothing": (ANSWERED, gives("asking", AttestPurge, of=RECORD, derived=(), unreadable_since=1, unreadable_in_backups_by=1), "no recall waiting"),
    "an attestation of another recall": (
        [*ANSWERED, asks_back()],
        gives("asking", AttestPurge, of=RECORD, derived=(), unreadable_since=1, unreadable_in_backups_by=1),
        "Choose a recall",
    ),
    "an attestation of what is still to be done": (
        [*ANSWERED, asks_back()],
        gives("asking", AttestPurge, of=hash_of("recall"), derived=(), unreadable_since=2**40, unreadable_in_backups_by=2**40),
        "One attests what is done",
    ),
    "an attestation without a word on backups": (
        [*ANSWERED, asks_back()],
        gives("asking", AttestPurge, of=hash_of("recall"), derived=(Derived("x", "kept"),), unreadable_since=9, unreadable_in_backups_by=0),
        "unreadable in backups",
    ),
    "an attestation by who recalls": ([*ANSWERED, asks_back()], attests("asked"), "no recall waiting"),
    "a refusal of a recall": ([*ANSWERED, asks_back()], refuses_recall(), None),
    "a refusal of a recall without a ground": (
        [*ANSWERED, asks_back()],
        gives("asking", RefuseRecall, of=hash_of("recall"), grounds=(), explanation="No."),
        "at least one ground",
    ),
    "a refusal of a recall without an explanation": (
        [*ANSWERED, asks_back()],
        gives("asking", RefuseRecall, of=hash_of("recall"), grounds=("proceedings",), explanation=""),
        "a recall is a duty",
    ),
    # onward transfer
    "a consent request": (ANSWERED, asks_consent(), None),
    "a consent request before anything came": ([asks()], asks_consent(of=RECORD), "has received nothing"),
    "a consent request for a record that did not come": (ANSWERED, asks_consent(record=OTHER_RECORD), "act that your party received"),
    "a consent request of who released": ([asks(given=given("photo")), answers("name")], asks_consent("asked"), "act that your party received"),
    "a consent request where none is needed": ([asks(), answers("name", handling="OPEN")], asks_consent(), "without asking"),
    "a consent request where none can be given": (
        [asks(), proposes("asked", an_answer(handling="EYES")), approves("asked"), carries_out("asked")],
        asks_consent(),
        "admits no onward transfer",
    ),
    "a consent request for what is being recalled": ([*ANSWERED, asks_back()], asks_consent(), "no longer be passed on"),
    "a consent request for nobody": (ANSWERED, asks_consent(recipient=" "), "Name the recipient"),
    "a consent request for no purpose": (ANSWERED, asks_consent(purpose="curiosity"), "Choose a purpose"),
    "a consent request twice": ([*ANSWERED, asks_consent()], asks_consent(), "has no answer yet"),
    "a consent request for another purpose": ([*ANSWERED, asks_consent()], asks_consent(purpose="investigation"), None),
    "a consent request after a denial": ([*ANSWERED, asks_consent(), denies_consent()], asks_consent(), None),
    "a consent": ([*ANSWERED, asks_consent()], consents(conditions=("no-court-use",)), None),
    "a consent without an end": ([*ANSWERED, asks_consent()], consents(expires=0), "ends on a date to come"),
    "a consent that nobody asked for": (ANSWERED, gives("asked", Consent, of=RECORD, granted=True, expires=2**40), "no request for onward"),
    "a consent to something else": (
        [*ANSWERED, asks_consent()],
        gives("asked", Consent, of=RECORD, granted=True, expires=2**40),
        "Choose a request of the other party",
    ),
    "a denial without a word": ([*ANSWERED, asks_consent()], consents(granted=False), "Explain why"),
    "a denial": ([*ANSWERED, asks_consent()], denies_consent(), None),
    "a consent to a strict record by one person": (
        [asks(), proposes("asked", an_answer()), approves("asked"), carries_out("asked"), asks_consent()],
        consents(),
        "asks for two persons",
    ),
    "a denial for a strict record by one person": (
        [asks(), proposes("asked", an_answer()), approves("asked"), carries_out("asked"), asks_consent()],
        denies_consent(),
        None,
    ),
    # outcome and closing
    "an outcome": (ANSWERED, files_outcome(), None),
    "an outcome of nothing": ([asks()], files_outcome(), "no answer yet to report on"),
    "an unknown outcome": (ANSWERED, files_outcome("glory"), "Choose an outcome"),
    "an outcome silent on an obligation": ([asks(), answers("name", obligations=("speciality",))], files_outcome(), "speciality"),
    "an outcome on an obligation nobody took on": (ANSWERED, files_outcome(obligations=kept("speciality")), "there is none"),
    "an outcome that admits a breach without a word": (
        [asks(), answers("name", obligations=("speciality",))],
        files_outcome(obligations=(Kept("speciality", kept=False),)),
        "explain why",
    ),
    "an outcome that admits a breach and explains it": (
        [asks(), answers("name", obligations=("speciality",))],
        files_outcome(obligations=(Kept("speciality", kept=False, remark="A court ordered it."),)),
        None,
    ),
    "a later outcome need not repeat the obligations": (
        [asks(), answers("name", obligations=("speciality",)), files_outcome("nothing", obligations=kept("speciality"))],
        files_outcome(),
        None,
    ),
    "an outcome in a closed folio": ([*ANSWERED, closes("Done.")], files_outcome(), "folio is closed"),
    "a closure with an outcome": ([*ANSWERED, files_outcome()], closes(), None),
    "a closure with a reason": ([asks()], closes("Found elsewhere."), None),
    "a closure without either": (ANSWERED, closes(" "), "with its outcome or with a reason"),
    "a second closure": ([asks(), closes("Done.")], closes("Done."), "folio is closed"),
    # two persons
    "a proposal": ([asks()], proposes("asked", an_answer()), None),
    "a proposal that has a mistake": ([asks()], proposes("asked", an_answer("a", "a")), "named once"),
    "a proposal out of turn": (ANSWERED, proposes("asked", an_answer()), "complete already"),
    "a proposal in another agency's name": (
        [asks()],
        proposes(
            "asked",
            lambda table: Answer(officer="ana", agency=f"{table.asked}/COURT", given=given("name"), handling="STRICT"),
        ),
        "name of the agency",
    ),
    "a proposal in place of another": (STRICT_PROPOSAL, proposes("asked", an_answer("b"), replaces=hash_of("proposal")), None),
    "a proposal in place of nothing": ([asks()], proposes("asked", an_answer(), replaces=RECORD), "Only an open proposal"),
    "a proposal of what was sent": (
        [asks(), answers_in_part("name")],
        proposes(
            "asked",
            lambda table: Answer(
                officer="ana", agency=table.agency("asked"), given=given("name"), withheld=(SOURCE_WITHHELD,), partial=True
            ),
        ),
        "was sent already",
    ),
    "a request proposed before it is sent": (
        [],
        proposes(
            "asking",
            lambda table: Ask(
                officer="ana",
                agency=table.agency("asking"),
                to=table.agency("asked"),
                handling="STRICT",
                purpose="trial",
                basis="treaty",
                urgency="urgent",
                question="Who is it?",
                given=given("photo"),
            ),
        ),
        None,
    ),
    "an approval": (STRICT_PROPOSAL, approves("asked"), None),
    "an approval of nothing": ([asks()], approves("asked", proposal=RECORD, digest=""), "no open proposal"),
    "an approval of something else": (STRICT_PROPOSAL, approves("asked", proposal=RECORD), "no longer open"),
    "an approval twice": ([*STRICT_PROPOSAL, approves("asked")], approves("asked", officer="carla"), "approved already"),
    "a decline": (STRICT_PROPOSAL, declines("asked"), None),
    "a decline by who proposed": (STRICT_PROPOSAL, declines("asked", officer="ana"), None),
    "a decline without a reason": (STRICT_PROPOSAL, declines("asked", reason=""), "Say why not"),
    "an approval by the other party": (STRICT_PROPOSAL, approves("asking"), "no open proposal"),
}  # fmt: skip


@pytest.mark.parametrize(("before", "command", "sentence"), REFUSALS.values(), ids=REFUSALS.keys())
def test_each_command_is_refused_with_its_sentence_or_done(before: Story, command: Step, sentence: str | None) -> None:
    """A command that does not follow is refused with its sentence; the row beside it shows what is accepted."""
    play([*before, command, *([refused(sentence)] if sentence else [])])


def test_an_agency_outside_the_charter_says_nothing() -> None:
    """Who is not in the charter is refused before anything else."""
    folio = fold("D-2026-0001", (), lambda _: TERMS)
    with pytest.raises(NotNow, match="not an agency of the charter"):
        decide(folio, Acknowledge(officer="x", agency="D/POLICE"), 0, TERMS)


def test_a_third_party_takes_no_part() -> None:
    """A party of the charter that is not in the folio is told to open its own."""
    folio = play([asks()]).node("asking").folio
    with pytest.raises(NotNow, match="does not take part"):
        decide(folio, Acknowledge(officer="x", agency="C/POLICE"), 0, TERMS)


def test_every_action_is_shown_with_the_reason_why_it_is_not_available() -> None:
    """A page can list all commands: those that can be given now, and why the others cannot."""
    table = play([asks()])
    asked = possible(table.node("asked").folio, "B/POLICE")
    asking = possible(table.node("asking").folio, "A/POLICE")
    assert set(asked) == {command.__name__ for command in CONDITIONS}
    assert {name for name, why in asked.items() if why is None} == {
        "Acknowledge", "AskClarification", "Answer", "Refuse", "Suspend", "Propose",
    }  # fmt: skip
    assert {name for name, why in asking.items() if why is None} == {"Close", "Suspend", "Propose"}
    assert asking["Answer"] == Words(
        es="La parte requerida es quien responde; la suya es la requirente.",
        en="The party that was asked answers; yours is the one that asks.",
    )
