# SPDX-License-Identifier: Apache-2.0
"""What two real nodes export verifies, whichever of them exports it, and after a recall too."""

from collections.abc import Iterator
from typing import Any

import pytest

from paridad.folio.commands import Acknowledge, Answer, Ask, AttestPurge, Given, Recall, Withheld
from paridad.node.exporting import export_bundle
from paridad.policy.visible import Reader
from paridad_verify.__main__ import report
from paridad_verify.bundle import Bundle
from support.two_nodes import Parties
from support.verify_maker import digest_of

FOLIO = "AA-2026-0001"
US, THEM = "AA/POLICE", "BB/POLICE"
MATTER: dict[str, Any] = {"handling": "GREEN", "purpose": "criminal-investigation", "basis": "joint-statement"}


@pytest.fixture(scope="module")
def parties(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parties]:
    """Two nodes between which a request was answered in part, recalled, and the purge attested."""
    with Parties(tmp_path_factory.mktemp("nodes"), names=("AA", "BB")) as parties:
        ours, theirs = parties.officer(US).id, parties.officer(THEM).id
        fields = {"subject_type": "person", "name": "José Núñez", "state": "listed"}
        record = parties.record(THEM, "targets/dossier/1", fields, **MATTER)
        ask = Ask(officer=ours, agency=US, to=THEM, urgency="urgent", question="¿Quién es?", **MATTER)
        parties.say(ask, FOLIO)
        parties.settle(3)
        parties.say(Acknowledge(officer=theirs, agency=THEM), FOLIO)
        withheld = Withheld(what="source", rule="no-source-abroad", clause="art. 7.1.b", ask_again=False)
        answer = Answer(officer=theirs, agency=THEM, given=(Given(record, "name"),), withheld=(withheld,))
        said = parties.say(answer, FOLIO)
        parties.settle(3)
        recall = parties.say(Recall(officer=theirs, agency=THEM, of=said.acts[0], reason="error"), FOLIO)
        parties.settle(3)
        dates: dict[str, Any] = {"unreadable_since": parties.clock(), "unreadable_in_backups_by": parties.clock() + 1}
        parties.say(AttestPurge(officer=ours, agency=US, of=recall.acts[0], derived=(), **dates), FOLIO)
        parties.settle(3)
        yield parties


def exported(parties: Parties, agency: str, folio: str | None) -> bytes:
    """Return the bundle that a node makes for one of its officers."""
    node = parties.by_name[agency.partition("/")[0]]
    reader = Reader(parties.officer(agency).id, "liaison", agency)
    return export_bundle(node.own, reader, folio=folio, now=parties.clock())


@pytest.mark.parametrize("agency", [US, THEM])
@pytest.mark.parametrize("folio", [FOLIO, None])
def test_what_a_node_exports(agency: str, folio: str | None, parties: Parties) -> None:
    """Every act passes, stands in a witnessed log, and its stream is confirmed by the covers."""
    charter = parties.nodes[0].own.keys.current
    bundle = Bundle(exported(parties, agency, folio), parties.clock(), frozenset({charter.hash}))
    assert not bundle.failures
    kinds = {act.claims["knd"] for _, _, act in bundle.acts}
    assert {"folio/request/1", "folio/answer/1", "folio/recall/1", "folio/recall-answer/1"} <= kinds
    found = report(bundle, anchored=True)
    said = {each["id"] for each in found["proved"]}
    assert {
        "anchored",
        "sealed",
        "witness",
        "mirror",
        "received",
        "stream",
        "withheld",
        "folio/recall-answer/1",
    } <= said
    assert not {"uncosigned", "claimed", "assumed"} & {each["id"] for each in found["not_proved"]}


def test_the_hash_of_the_charter_is_that_of_its_document(parties: Parties) -> None:
    """What the auditor is told by one party is what the verifier computes."""
    charter = parties.nodes[0].own.keys.current
    assert charter.hash == digest_of(charter.document.decode())


def test_a_changed_export_is_refused(parties: Parties) -> None:
    """One byte of a real bundle changed: refused, and named."""
    data = exported(parties, US, FOLIO)
    at = data.index(b'"wire":"') + 300
    changed = data[:at] + (b"A" if data[at : at + 1] != b"A" else b"B") + data[at + 1 :]
    item, fault = Bundle(changed, parties.clock()).failures[0]
    assert item == "act 1"
    assert isinstance(fault.step, int)
