# SPDX-License-Identifier: Apache-2.0
"""Fields about proceedings leave on the recipient's own word in this folio, and on nobody else's."""

from dataclasses import replace
from pathlib import Path

import pytest

from paridad.desks.targets.dossier import Dossier
from paridad.exchange.errors import NotReleased
from paridad.folio.commands import Answer, AskClarification, Clarify, Given
from paridad.folio.errors import NotNow
from paridad.node.reading import read_act
from support.matters import BOTH_WAYS, TREATY, WAYS, Matter, matter, person

BOTH = ("death-penalty-assurance", "speciality")
FIELD = "authority"


def sought() -> Dossier:
    """Return a person of whom there is something about proceedings."""
    return replace(person("Tes"), authority="Court of Nowhere")


def gives(m: Matter, record: str, *obligations: str) -> None:
    """Let the asked side give the field about proceedings, and name obligations for the other side."""
    m.says("asked", Answer, given=(Given(record, FIELD),), obligations=obligations, partial=True, basis=TREATY)


def assures(m: Matter, *assurances: str) -> None:
    """Let the asked side ask for assurances, and the asking side give some."""
    m.says("asked", AskClarification, question="¿Garantías?")
    m.settle()
    m.says("asking", Clarify, of=question_of(m), text="Sí.", assurances=assurances)
    m.settle()


def question_of(m: Matter) -> str:
    """Return the question that waits for an answer."""
    [question] = m.state("asking").open_clarifications
    return question.hash


@pytest.mark.parametrize("names", BOTH_WAYS, ids=WAYS)
def test_proceedings_leave_on_the_recipients_word_alone(names: tuple[str, str], tmp_path: Path) -> None:
    """What the releasing side writes is no assurance, nor is half of one; given by the recipient, the field leaves."""
    with matter(tmp_path, names) as m:
        record = m.record("asked", sought(), basis=TREATY)
        m.asks(basis=TREATY)
        m.settle()
        for obligations in ((), ("no-onward",), BOTH):
            with pytest.raises(NotReleased, match="assurance is missing"):
                gives(m, record, *obligations)
        assures(m, BOTH[0])
        with pytest.raises(NotReleased, match="assurance is missing"):
            gives(m, record, *BOTH)
        assures(m, BOTH[1])
        gives(m, record)
        m.settle(4)
        asking = m.node("asking")
        with asking.own.store.read() as conn:
            assert read_act(conn, asking.own, record).fields[FIELD] == "Court of Nowhere"


def test_an_assurance_given_with_the_request_counts_in_its_folio(tmp_path: Path) -> None:
    """The request may carry it; another folio of the same parties has to ask for its own."""
    with matter(tmp_path) as m:
        record = m.record("asked", sought(), basis=TREATY)
        m.asks(basis=TREATY, assurances=BOTH)
        m.settle()
        gives(m, record)
        m.settle(4)
        other = Matter(m.parties, m.agencies, m.folio[:-1] + "9")
        other.asks(basis=TREATY)
        other.settle()
        with pytest.raises(NotReleased, match="assurance is missing"):
            gives(other, record)


def test_only_what_the_charter_marks_can_be_assured(tmp_path: Path) -> None:
    """An obligation that is no assurance is refused as one, and so is a word that the charter does not know."""
    with matter(tmp_path) as m:
        for code in ("no-onward", "anything"):
            with pytest.raises(NotNow, match="marks as such"):
                m.asks(assurances=(code,))
        m.asks(assurances=BOTH)
