# SPDX-License-Identifier: Apache-2.0
"""From draft to signed act and back: the folio reads what was really signed, under a real charter."""

from importlib.resources import files

import pytest

from paridad.acts.envelope import Draft
from paridad.acts.issue import ActSigner, issue
from paridad.acts.verify import open_act
from paridad.acts.vocabulary import load_vocabulary
from paridad.folio.commands import Answer, Approve, Ask, CarryOut, Command, Given, Propose, Withheld
from paridad.folio.content import content_of, digest_of, draft_of, pieces, said
from paridad.folio.evolve import evolve, fold
from paridad.folio.naming import folio_name, next_number, opener_of
from paridad.folio.rules import decide
from paridad.folio.state import Folio, Recorded, Stage
from paridad.folio.steps import INTERNAL_STEPS, STEPS
from paridad.folio.terms import HandlingTerms, Terms, UrgencyTerms, terms_of
from paridad.folio.waiting import DUTIES
from support.programmes import World, make_programme, seeded_random

PACKAGE = files("paridad.folio")
VOCABULARY = load_vocabulary([PACKAGE.joinpath("vocabulary.toml").read_bytes()])
README = PACKAGE.joinpath("README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def world() -> World:
    """Make a programme of two parties with all their keys."""
    return make_programme(("AA", "BB"))


def _recorded(world: World, draft: Draft, index: int) -> Recorded:
    """Sign a draft, send it, open it: the folio reads what the receiver opened."""
    key = world.act(draft.iss)
    random = seeded_random(index)
    signer = ActSigner(key.kid, key.ed25519.sign)
    act = issue(draft, vocabulary=VOCABULARY, signer=signer, prg=world.charter.prg, iat=world.now, random=random)
    opened = open_act(act.wire, keys=world.ring, vocabulary=VOCABULARY, now=world.now)
    return Recorded(opened.hash, opened.envelope, opened.fields, index)


def test_a_two_person_answer_is_signed_as_it_was_approved(world: World) -> None:
    """What arrives has the digest that the second person approved."""
    terms = terms_of(world.charter)
    folio = fold("AA-2026-0001", (), lambda prg: terms_of(world.ring.charter(prg)))
    index = 0

    def gives(command: Command) -> None:
        nonlocal folio, index
        for draft in decide(folio, command, world.now, terms):
            folio = evolve(folio, _recorded(world, draft, index), lambda prg: terms_of(world.ring.charter(prg)))
            index += 1

    ask = Ask(
        officer="ana", agency="AA/POLICE", to="BB/POLICE", handling="AMBER", purpose="criminal-investigation",
        basis="joint-statement", urgency="urgent", question="¿Quién es Íñigo Núñez?", desk="targets",
    )  # fmt: skip
    answer = Answer(
        officer="berta", agency="BB/POLICE", handling="RED",
        given=(Given("A" * 43, "name"), Given("B" * 42 + "A", "aliases[0]"), Given("A" * 43, "birth.date")),
        withheld=(Withheld("source", "no-source", "art. 7.1.b", ask_again=True, count=3),),
        obligations=("no-court-use",), remark="ñ" * 8000,
    )  # fmt: skip
    gives(ask)
    gives(Propose(officer="berta", agency="BB/POLICE", release=answer))
    proposal = folio.proposals[0]
    gives(Approve(officer="carla", agency="BB/POLICE", proposal=proposal.hash, digest=proposal.digest))
    gives(CarryOut(officer="berta", agency="BB/POLICE", proposal=proposal.hash))
    assert folio.irregular == ()
    assert folio.stage == Stage.ANSWERED
    assert digest_of(content_of(said(folio.shared[-1]))) == proposal.digest
    assert folio.proposals[0].ended_at == world.now
    assert {(each.record[0], each.path) for each in folio.releases[0].given} == {
        ("A", "name"), ("A", "birth.date"), ("B", "aliases[0]"),
    }  # fmt: skip
    assert folio.releases[0].withheld == (Withheld("source", "no-source", "art. 7.1.b", ask_again=True, count=3),)


def test_a_content_survives_being_cut_into_pieces() -> None:
    """Pieces fit a field, and together they are the text; the draft comes back as it was."""
    draft = Draft(
        "folio/answer/1",
        "AA/X",
        ("BB/Y",),
        "RED",
        "p",
        "b",
        {"remark": "ñ" * 8001, "more": "x" * 9000},
        "AA-2026-0001",
        ("h",),
    )
    content = content_of(draft)
    cut = pieces(content)
    assert "".join(cut) == content
    assert all(len(each.encode()) <= 16 * 1024 for each in cut)
    assert draft_of(content) == draft


def test_the_terms_are_what_a_folio_needs_of_the_charter(world: World) -> None:
    """Limits and closed lists come from the charter as they stand in it."""
    terms = terms_of(world.charter)
    assert terms.urgencies["urgent"] == UrgencyTerms(3600, 28_800)
    assert (terms.recall_seconds, terms.outcome_seconds, terms.clarification_seconds) == (259_200, 15_552_000, 259_200)
    assert terms.handling["RED"] == HandlingTerms(4, "never", two_person=True, retention_days=160)
    assert (terms.bases["joint-statement"], terms.bases["law-aa"]) == (None, "AA")
    assert terms.agencies == {"AA/POLICE", "AA/CUSTOMS", "BB/POLICE", "BB/CUSTOMS"}
    assert terms.grounds == {"outside-purpose", "pending-case"}
    assert terms.outcomes == {"arrest", "no-result"}
    assert terms.obligations == {"no-court-use"}
    assert terms.desks == {"targets", "arms"}
    assert terms.purposes == {"criminal-investigation", "programme-administration"}
    assert not Terms().urgencies
    assert not Terms().handling
    assert not Terms().bases


NAMES = {
    "AA-2026-0007": "AA",
    "A-2026-12345": "A",
    "AA-2026-007": "",
    "AA-2026-01234": "",
    "aa-2026-0007": "",
    "AA": "",
    "": "",
    "AA-2026-0007-1": "",
}


@pytest.mark.parametrize(("name", "opener"), NAMES.items(), ids=NAMES.keys())
def test_a_folio_bears_the_name_of_its_opener(name: str, opener: str) -> None:
    """One spelling only; any other name is nobody's."""
    assert opener_of(name) == opener
    assert Folio(name).opener == opener


def test_a_party_numbers_its_own_folios() -> None:
    """Numbers of other parties, other years and other forms do not count."""
    names = ["AA-2026-0007", "BB-2026-0031", "AA-2025-0099", "AA-2026-x", ""]
    assert next_number("AA", 2026, names) == 8
    assert next_number("AA", 2027, names) == 1
    assert folio_name("AA", 2026, 12345) == "AA-2026-12345"
    assert opener_of(folio_name("AA", 2026, 1)) == "AA"


def test_every_kind_is_folded_and_every_step_has_its_kind() -> None:
    """The vocabulary and the rules know the same acts."""
    assert set(VOCABULARY.kinds) == {*STEPS, *INTERNAL_STEPS}


def test_only_what_people_wrote_is_not_procedural() -> None:
    """The state is folded from procedural fields; texts and officers' names are more sensitive."""
    sensitive = {(kind.name.split("/")[1], field.name) for kind in VOCABULARY.kinds.values()
                 for field in kind.fields.values() if field.sensitivity != "procedural"}  # fmt: skip
    assert {name for _, name in sensitive} == {
        "question", "text", "remark", "explanation", "description", "reason", "content", "officer",
    }  # fmt: skip


@pytest.mark.parametrize("kind", VOCABULARY.kinds)
def test_every_act_is_documented_in_both_languages(kind: str) -> None:
    """The README names each act, once in each language."""
    assert README.count(f"`{kind}`") == 2


def test_every_duty_is_documented_in_both_languages() -> None:
    """The README explains each duty under its number, once in each language."""
    for words in DUTIES.values():
        assert README.count(f"| {words.clause} |") == 2
        assert words.words.es in README
        assert words.words.en in README
