# SPDX-License-Identifier: Apache-2.0
"""An act of a kind that this release does not know is kept, proved, receipted and shown; a later release reads it."""

from pathlib import Path

import pytest

from paridad.acts.envelope import Draft
from paridad.acts.vocabulary import load_vocabulary
from paridad.exchange import filing
from paridad.exchange.release import Matter as Circumstances
from paridad.node.composing import SPINE_VOCABULARIES, shipped_vocabulary
from paridad.node.reading import read_act
from paridad.policy.visible import visible_to
from paridad.store.streams import outbox_of
from support.matters import BOTH_WAYS, WAYS, matter
from support.sound import folio_of

NEW_KIND = """
[kind."folio/future/1"]
es = "Acto del futuro"
en = "Act of the future"
[kind."folio/future/1".field.said]
type = "text"
sensitivity = "procedural"
es = "Dicho"
en = "Said"
"""


def with_new_kind() -> object:
    """Return the vocabulary of the next release."""
    from importlib.resources import files

    from paridad.desks import vocabularies

    spine = (files(package).joinpath("vocabulary.toml").read_bytes() for package in SPINE_VOCABULARIES)
    return load_vocabulary([*spine, *vocabularies(), NEW_KIND.encode()])


@pytest.mark.parametrize("names", BOTH_WAYS, ids=WAYS)
def test_an_unknown_kind_is_kept_and_shown(names: tuple[str, ...], tmp_path: Path) -> None:
    """The newer node speaks a kind that the older does not know."""
    with matter(tmp_path, names) as m:
        m.asks()
        m.settle()
        newer, older = m.node("asking"), m.node("asked")
        newer.own.vocabulary = with_new_kind()  # type: ignore[assignment]
        draft = Draft(
            "folio/future/1", m.agencies["asking"], (m.agencies["asked"],), "AMBER", "programme-administration",
            newer.own.conduct.basis, {"said": "mañana"}, folio=m.folio,
        )  # fmt: skip
        now = m.parties.clock()
        said = filing.issue_drafts(newer.own, [draft], now=now, see=())
        around = Circumstances("", draft.purpose, filing.basis_kind(newer.own, draft.basis), addressed=True)
        releases = filing.release_to_addressees(newer.own, said, around, now=now)
        with newer.own.store.write() as conn:
            filing.file_acts(conn, newer.own, said, now=now)
            filing.queue(conn, newer.own, [(draft.iss, each) for each in releases], now=now)
        m.settle()
        hash_ = said[0].hash
        with newer.own.store.read() as conn:
            [row] = outbox_of(conn, hash_)
        assert (row.state, row.verdict) == ("cosigned", "accepted-unknown-kind")
        with older.own.store.read() as conn:
            act = read_act(conn, older.own, hash_)
        assert act.kind is None
        assert act.wire == said[0].wire
        assert folio_of(older, m.folio).others == 1
        reader = m.parties.officer(m.agencies["asked"]).reader
        seen = visible_to(reader, older.own.engine, now).filter(act.fields, act.kind, act.envelope)
        assert seen.fields == {}

        older.own.vocabulary = with_new_kind()  # type: ignore[assignment]
        with older.own.store.read() as conn:
            read = read_act(conn, older.own, hash_)
        assert (read.kind is not None, dict(read.fields)) == (True, {"said": "mañana"})
        for node in (newer, older):
            node.own.vocabulary = shipped_vocabulary()
