# SPDX-License-Identifier: Apache-2.0
"""Folding: the same acts make the same folio in whatever order they come, and nothing anybody signs can break it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paridad.acts.envelope import Draft, Envelope
from paridad.folio.evolve import evolve, fold
from paridad.folio.order import in_order
from paridad.folio.sheet import MANY, sheet, summary
from paridad.folio.state import IRREGULAR, Folio, Irregular, Recorded, Stage
from paridad.folio.steps import INTERNAL_STEPS, STEPS
from paridad.folio.waiting import waiting_on
from support.folio_story import (
    HOUR,
    MORNING,
    RECORD,
    TERMS,
    Step,
    TwoParties,
    a_hash,
    an_answer,
    answers,
    answers_in_part,
    approves,
    asks,
    asks_back,
    asks_consent,
    asks_what_is_meant,
    attests,
    clarifies,
    closes,
    consents,
    files_outcome,
    forges,
    hours,
    play,
    proposes,
    recorded,
    refuses_recall,
    resumes,
    supplements,
    suspends,
    terms_for,
    the_line_is_back,
    the_line_is_cut,
)

FOLIO = "A-2026-0007"

LONG_STORY: list[Step] = [
    asks(),
    asks_what_is_meant(),
    hours(1),
    clarifies(),
    suspends("asked"),
    proposes("asked", an_answer("photo")),
    hours(1),
    resumes("asked"),
    answers_in_part("name"),
    the_line_is_cut(),
    supplements("born"),
    asks_back(),
    hours(1),
    forges("asked", "outcome", outcome="seizure"),
    files_outcome(),
    asks_consent(),
    the_line_is_back(),
    refuses_recall(),
    asks_back(),
    attests(),
    consents(),
    closes(),
    forges("asking", "closure", reason="Again."),
]


def _acts(*story: Step, side: str = "asking") -> list[Recorded]:
    return play(story).node(side).arrived


@given(st.permutations(_acts(*LONG_STORY)))
@settings(max_examples=60)
def test_any_order_of_arrival_makes_the_same_folio(arrived: Sequence[Recorded]) -> None:
    """Folding act by act as they come equals folding them all at once, and the sheet is the same to the byte."""
    folio = fold(FOLIO, (), terms_for)
    for act in arrived:
        folio = evolve(folio, act, terms_for)
    whole = fold(FOLIO, _acts(*LONG_STORY), terms_for)
    assert folio == whole
    assert sheet(folio, MORNING + HOUR) == sheet(whole, MORNING + HOUR)


def test_both_nodes_end_the_long_story_alike() -> None:
    """One node holds internal acts that the other does not; what they share folds alike."""
    table = play(LONG_STORY)
    ours, theirs = table.node("asking").folio, table.node("asked").folio
    assert theirs.proposals
    assert not ours.proposals
    assert replace(theirs, internal=(), proposals=()) == ours
    assert ours.stage == Stage.CLOSED
    assert [each.why for each in ours.irregular] == ["role", "closed"]


def test_an_act_known_already_changes_nothing() -> None:
    """Delivery is at least once; the folio takes each act once (L5)."""
    acts = _acts(*LONG_STORY)
    folio = fold(FOLIO, acts, terms_for)
    assert all(evolve(folio, act, terms_for) == folio for act in acts)


def test_each_partys_acts_stand_in_the_order_of_its_log() -> None:
    """Nobody can be made to have spoken in another order, also when its clock went back."""
    table = TwoParties()
    for step in (asks(), suspends("asked"), hours(-5), answers("name"), closes("Done.")):
        step(table)
    shared = table.node("asking").folio.shared
    assert [act.envelope.knd for act in shared if act.party == "B"] == ["folio/suspension/1", "folio/answer/1"]
    assert [act.index for act in shared if act.party == "A"] == [0, 1]


def test_who_answers_has_heard() -> None:
    """An act stands after the acts that it names, whatever the clocks say."""
    table = TwoParties()
    for step in (asks(), hours(-2), answers("name"), asks_back(), hours(-2), attests()):
        step(table)
    assert [act.envelope.knd.split("/")[1] for act in table.node("asked").folio.shared] == [
        "request",
        "answer",
        "recall",
        "recall-answer",
    ]


def test_a_forged_knot_is_untied_the_same_way_everywhere() -> None:
    """Acts that name each other in a circle cannot exist; if they did, the earliest would go first."""
    draft = Draft("folio/suspension/1", "B/POLICE", ("A/POLICE",), "OPEN", "trial", "treaty", {"reason": "x"}, FOLIO)
    one = recorded(draft, at=MORNING, index=1)
    two = recorded(draft, at=MORNING + 1, index=2)
    ring = replace(one, envelope=_naming(one.envelope, two.hash))
    assert in_order([two, ring]) == in_order([ring, two]) == (ring, two)
    itself = replace(one, envelope=_naming(one.envelope, one.hash))
    assert in_order([itself]) == (itself,)


def _naming(envelope: Envelope, *hashes: str) -> Envelope:
    return Envelope(**{name: getattr(envelope, name) for name in envelope.__struct_fields__} | {"re": hashes})


def _said(kind: str, iss: str, *aud: str, index: int = 90, **fields: Any) -> Recorded:
    """Return an act in the folio by anybody to anybody."""
    draft = Draft(f"folio/{kind}/1", iss, aud, "OPEN", "trial", "treaty", fields, FOLIO)
    return recorded(draft, at=MORNING + index, index=index, forged=True)


STRANGERS = {
    "a third party's answer": _said("answer", "C/POLICE", "A/POLICE", partial=False),
    "a third party's closure, to both": _said("closure", "C/POLICE", "A/POLICE", "B/POLICE", reason="Mine."),
    "the asked party's answer to somebody else": _said("answer", "B/POLICE", "C/POLICE", partial=False),
    "a third party's request": _said("request", "C/POLICE", "A/POLICE", urgency="urgent", question="?"),
}


@pytest.mark.parametrize("act", STRANGERS.values(), ids=STRANGERS.keys())
def test_what_is_not_between_the_two_parties_is_shown_and_changes_nothing(act: Recorded) -> None:
    """A stranger's act is irregular here, and not on the sheet, since the other node may not hold it."""
    before = fold(FOLIO, _acts(asks()), terms_for)
    after = evolve(before, act, terms_for)
    assert after.irregular == (Irregular(act.hash, "stranger"),)
    assert replace(after, irregular=(), strangers=()) == before
    assert sheet(after, MORNING) == sheet(before, MORNING)
    assert act in after.acts


NO_OPENING = {
    "in another party's name": _said("request", "B/POLICE", "A/POLICE", urgency="urgent", question="?"),
    "to two agencies": _said("request", "A/POLICE", "B/POLICE", "C/POLICE", urgency="urgent", question="?"),
    "to one's own party": _said("request", "A/POLICE", "A/COURT", urgency="urgent", question="?"),
    "to nobody": _said("request", "A/POLICE", urgency="urgent", question="?"),
}


@pytest.mark.parametrize("request_", NO_OPENING.values(), ids=NO_OPENING.keys())
def test_a_request_opens_a_folio_only_in_its_own_name_and_to_one_agency(request_: Recorded) -> None:
    """Nobody opens a folio in another's name, and a folio has two sides."""
    assert fold(FOLIO, [request_], terms_for).request is None
    right = _said("request", "A/POLICE", "B/POLICE", urgency="urgent", question="?")
    assert fold(FOLIO, [request_, right], terms_for).request is not None


def test_acts_of_a_desk_or_of_an_unknown_kind_are_counted() -> None:
    """What the folio does not interpret is kept and counted on both nodes (L14)."""
    table = play([asks()])
    draft = Draft("targets/dossier/1", "B/POLICE", ("A/POLICE",), "OPEN", "trial", "treaty", {}, FOLIO)
    table.says(replace(draft, kind="future/thing/9"), index=1)
    table.says(draft, index=2)
    table.assert_equal()
    assert table.node("asking").folio.others == 2
    assert table.node("asking").folio.stage == Stage.SENT


def test_internal_acts_of_other_kinds_are_kept_and_say_nothing() -> None:
    """A record that a party files under the folio for itself moves nothing."""
    table = play([asks()])
    table.says(Draft("targets/note/1", "B/POLICE", ("B/POLICE",), "OPEN", "trial", "treaty", {}, FOLIO), index=0)
    assert table.node("asked").folio.others == 0
    assert len(table.node("asked").folio.internal) == 1


def test_a_folio_with_internal_acts_alone_is_a_draft() -> None:
    """What is prepared and not sent is a draft of its party, known to nobody else."""
    note = _said("proposal", "A/POLICE", "A/POLICE", proposed="folio/request/1")
    assert fold(FOLIO, [note], terms_for).stage == Stage.DRAFT


SECOND_PERSON: dict[str, tuple[list[Step], str]] = {
    "a proposal without its content": ([forges("asked", "proposal", inside=True, re="", proposed="folio/answer/1", officer="x")], "incomplete"),
    "a proposal whose digest is of something else": (
        [forges("asked", "proposal", inside=True, re="", proposed="folio/answer/1", content=["{}"], digest=RECORD, officer="x")],
        "incomplete",
    ),
    "an approval of nothing": ([forges("asked", "approval", inside=True, approved=True, digest=RECORD, officer="x")], "reference"),
    "an approval of another digest": (
        [proposes("asked", an_answer()), forges("asked", "approval", inside=True, re="proposal", approved=True, digest=RECORD, officer="x")],
        "reference",
    ),
    "an approval by the proposer": (
        [proposes("asked", an_answer()), forges("asked", "approval", inside=True, re="proposal", approved=True, digest=lambda table: table.last["proposal"].fields["digest"], officer="ana")],
        "same-person",
    ),
    "an approval by nobody": (
        [proposes("asked", an_answer()), forges("asked", "approval", inside=True, re="proposal", approved=True, digest=lambda table: table.last["proposal"].fields["digest"])],
        "incomplete",
    ),
    "a second approval": (
        [proposes("asked", an_answer()), approves("asked"), forges("asked", "approval", inside=True, re="proposal", approved=True, digest=lambda table: table.last["proposal"].fields["digest"], officer="carla")],
        "repeated",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("story", "why"), SECOND_PERSON.values(), ids=SECOND_PERSON.keys())
def test_a_second_person_who_is_none_approves_nothing(story: list[Step], why: str) -> None:
    """Two-person release holds also against acts that no rule let through."""
    folio = play([asks(), *story]).node("asked").folio
    assert [each.why for each in folio.irregular] == [why]
    assert all(each.approved_at is None or why == "repeated" for each in folio.proposals)


def test_only_ones_own_proposal_is_replaced() -> None:
    """A replacement ends the proposal it names, once."""
    table = play([asks(), proposes("asked", an_answer("name"))])
    for story in (
        proposes("asked", an_answer("born"), replaces=lambda played: played.last["proposal"].hash),
        proposes("asked", an_answer("photo")),
    ):
        story(table)
    assert [each.ended_at is None for each in table.node("asked").folio.proposals] == [False, True, True]


def test_an_approval_does_not_outlive_its_proposal() -> None:
    """What was declined cannot be approved any more, nor declined again."""
    table = play([asks(), proposes("asked", an_answer())])
    digest = table.last["proposal"].fields["digest"]
    for approved in (False, True):
        draft = Draft(
            "folio/approval/1", "B/POLICE", ("B/POLICE",), "STRICT", "trial", "treaty",
            {"approved": approved, "digest": digest, "officer": "x"}, FOLIO, (table.last["proposal"].hash,),
        )  # fmt: skip
        table.says(draft, index=table.node("asked").log)
        table.node("asked").log += 1
    assert [each.why for each in table.node("asked").folio.irregular] == ["reference"]


def test_a_sheet_stays_writable_whatever_is_sent() -> None:
    """Past a thousand entries a list is given by its count and digest, the same on both nodes."""
    acts = _acts(asks())
    flood = [_said("acknowledgement", "B/POLICE", "A/POLICE", index=n, received_at=1) for n in range(MANY + 2)]
    folio = fold(FOLIO, [*acts, *flood], terms_for)
    irregular = summary(folio, MORNING)["irregular"]
    assert isinstance(irregular, dict)
    assert irregular["count"] == MANY + 1
    assert sheet(folio, MORNING) == sheet(fold(FOLIO, [*flood, *acts], terms_for), MORNING)


def test_no_free_text_and_no_officer_stand_on_the_sheet() -> None:
    """What people wrote stays in its act."""
    table = play([*LONG_STORY])
    text = sheet(table.node("asked").folio, table.now).decode()
    for word in ("source withdrew", "The elder", "judge", "link chart", "ana", "officer", "Again"):
        assert word not in text


def test_every_reason_has_its_words() -> None:
    """Each reason that a step can give is explained in both languages."""
    assert {"stranger", "role", "settled", "repeated", "reference", "incomplete", "closed", "same-person"} == set(
        IRREGULAR
    )


# --- anything at all -----------------------------------------------------------------------------------------------

values = (
    st.none()
    | st.booleans()
    | st.integers(-5, 2**40)
    | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=5)
)
members = st.sampled_from(["record", "paths", "item", "fate", "obligation", "kept"])
lists = st.lists(values | st.dictionaries(members, values), max_size=3)
names = [
    "urgency",
    "question",
    "given",
    "withheld",
    "partial",
    "obligations",
    "assurances",
    "grounds",
    "attested",
    "derived",
    "unreadable_since",
    "record",
    "recipient",
    "purpose",
    "granted",
    "expires",
    "outcome",
    "reason",
    "digest",
    "officer",
    "content",
    "approved",
    "proposed",
]
agencies = st.sampled_from(["A/POLICE", "A/COURT", "B/POLICE", "C/POLICE"])


@st.composite
def anything(draw: st.DrawFn, known: tuple[str, ...]) -> Recorded:
    """Draw an act that nobody would send."""
    envelope = Envelope(
        iss=draw(agencies),
        iat=draw(st.integers(MORNING - 5, MORNING + 5)),
        jti="x",
        prg="practice@charter",
        knd=draw(st.sampled_from([*STEPS, *INTERNAL_STEPS, "future/thing/9"])),
        fol=FOLIO,
        re=tuple(draw(st.lists(st.sampled_from(known), max_size=2))) if known else (),
        aud=tuple(draw(st.lists(agencies, max_size=2))),
        hnd="OPEN",
        pur="trial",
        bas="treaty",
        see=(),
    )
    fields = draw(st.dictionaries(st.sampled_from(names), values | lists, max_size=6))
    index = draw(st.integers(0, 4))
    return Recorded(a_hash(envelope, fields, index), envelope, fields, index)


@given(st.data())
@settings(max_examples=150)
def test_nothing_that_anybody_signs_can_break_a_folio(data: st.DataObject) -> None:
    """Whatever the acts say and whatever order they come in: no error, one folio, one sheet, somebody waited for."""
    acts: list[Recorded] = list(data.draw(st.sampled_from([[], _acts(asks(), answers("name"), asks_back())])))
    for _ in range(data.draw(st.integers(1, 6))):
        acts.append(data.draw(anything(tuple(act.hash for act in acts))))
    folio = fold(FOLIO, acts, terms_for)
    shuffled = fold(FOLIO, data.draw(st.permutations(acts)), terms_for)
    assert shuffled == folio
    assert sheet(shuffled, MORNING) == sheet(folio, MORNING)
    assert folio.closure or waiting_on(folio, MORNING)
    assert len(folio.acts) == len({act.hash for act in acts})


def test_the_terms_are_those_of_the_charter_that_the_request_names() -> None:
    """A folio runs under the charter of its request, also when the charter changes later."""
    asked_for: list[str] = []

    def listen(prg: str) -> Any:
        asked_for.append(prg)
        return TERMS

    fold(FOLIO, _acts(asks(), answers("name")), listen)
    assert asked_for == ["practice@charter"]
    assert Folio("A-2026-0007").opener == "A"


def test_an_assurance_is_the_word_of_the_agency_that_asks() -> None:
    """What is said with the request and with what clarifies it counts; nobody else can assure it."""
    story = [asks(), asks_what_is_meant(), clarifies(assurances=("speciality",))]
    table = play(story)
    folio = table.node("asked").folio
    assert folio.assured_by(table.agency("asking")) == {"speciality"}
    assert folio.assured_by(table.agency("asked")) == frozenset()
    assert Folio("A-2026-0007").assured_by(table.agency("asking")) == frozenset()
