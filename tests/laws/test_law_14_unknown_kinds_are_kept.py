# SPDX-License-Identifier: Apache-2.0
"""Law 14: unknown act kinds are stored, shown as "unknown act, signature valid", never dropped.

The sender is of a later release; kinds, packages and field types are drawn so that the receiver can know none of them.
"""

from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from paridad.acts.envelope import Draft
from paridad.acts.issue import IssuedAct
from paridad.acts.vocabulary import Vocabulary, load_vocabulary
from paridad.base.strict import JsonValue
from paridad.cli.operations import OPERATIONS
from paridad.cli.seeing import UNKNOWN_KIND
from paridad.desks import vocabularies
from paridad.exchange import filing
from paridad.exchange.release import Matter as Circumstances
from paridad.node.composing import SPINE_VOCABULARIES, shipped_vocabulary
from paridad.node.errors import NotFound
from paridad.node.node import Node
from paridad.node.reading import read_act
from paridad.store.streams import outbox_of
from support.matters import BOTH_WAYS, WAYS, Matter, matter
from support.sound import folio_of

SAID: dict[str, JsonValue] = {
    "text": "mañana",
    "integer": 2**53 - 1,
    "boolean": True,
    "decimal": "19.43",
    "time": 1_790_000_000,
}
KINDS = ("folio/future/1", "folio/request/9", "arms/trace/1", "x/y/999")


def later_release() -> Vocabulary:
    """Return a vocabulary that knows kinds of another year beside those of today."""
    spine = [files(package).joinpath("vocabulary.toml").read_bytes() for package in SPINE_VOCABULARIES]
    return load_vocabulary([*spine, *vocabularies(), "\n".join(map(_kind, KINDS)).encode()])


def _kind(name: str) -> str:
    fields = (
        f'[kind."{name}".field.a_{type_}]\ntype = "{type_}"\nsensitivity = "procedural"\nes = "Campo"\nen = "Field"'
        for type_ in SAID
    )
    return "\n".join([f'[kind."{name}"]\nes = "Del futuro"\nen = "Of the future"', *fields])


def say(m: Matter, kinds: tuple[str, ...]) -> list[IssuedAct]:
    """Let the asking side, of the later release, say one act of each kind in the folio; deliver them."""
    own, now = m.node("asking").own, m.parties.clock()
    own.vocabulary = later_release()
    fields: dict[str, JsonValue] = {f"a_{type_}": value for type_, value in SAID.items()}
    drafts = [
        Draft(
            kind, m.agencies["asking"], (m.agencies["asked"],), "AMBER", own.conduct.purpose, own.conduct.basis,
            fields if kind in KINDS else {"reason": "…"}, folio=m.folio,
        )
        for kind in kinds
    ]  # fmt: skip
    said = list(filing.issue_drafts(own, drafts, now=now, see=()))
    around = Circumstances("", own.conduct.purpose, filing.basis_kind(own, own.conduct.basis), addressed=True)
    releases = filing.release_to_addressees(own, said, around, now=now)
    with own.store.write() as conn:
        filing.file_acts(conn, own, said, now=now)
        filing.queue(conn, own, [(m.agencies["asking"], each) for each in releases], now=now)
    m.settle()
    own.vocabulary = shipped_vocabulary()
    return said


def verdict(m: Matter, act: str) -> tuple[str, str | None]:
    """Return how an act stands with its receiver."""
    with m.node("asking").own.store.read() as conn:
        [row] = outbox_of(conn, act)
    return row.state, row.verdict


def shown(m: Matter, act: str) -> dict[str, Any]:
    """Return an act as the receiving side's liaison is shown it, proved again and in its folio."""
    node, officer = m.node("asked"), m.parties.officer(m.agencies["asked"]).id
    one: Any = OPERATIONS["act.show"](node, {"act": act, "officer": officer})
    proved: Any = OPERATIONS["act.verify"](node, {"act": act, "officer": officer})
    told: Any = OPERATIONS["folio.show"](node, {"folio": m.folio, "officer": officer})
    [line] = [each for each in told["acts"] if each["act"] == act]
    return {"kind": one["kind"], "in folio": line["kind"], "proved": proved["ok"], "fields": one["fields"]}


def wire_of(node: Node, act: str) -> bytes:
    """Return an act as a node holds it."""
    with node.own.store.read() as conn:
        return read_act(conn, node.own, act).wire


def is_unknown(kind: str) -> dict[str, Any]:
    """Return what is shown of an act of an unknown kind."""
    words = {"code": kind, "es": UNKNOWN_KIND.es, "en": UNKNOWN_KIND.en}
    return {"kind": words, "in folio": words, "proved": True, "fields": []}


@pytest.mark.parametrize("names", BOTH_WAYS, ids=WAYS)
def test_unknown_kinds_are_kept_and_shown(names: tuple[str, ...], tmp_path: Path) -> None:
    """Receipted under their own verdict, shown and proved, byte for byte there after a rebuild and a restart."""
    assert UNKNOWN_KIND.en == "unknown act, signature valid"
    with matter(tmp_path, names, sound=False) as m:
        m.asks()
        m.settle()
        said = say(m, KINDS)
        for step in ("", "rebuild", "restart"):
            if step == "rebuild":
                m.node("asked").views.rebuild()
            elif step == "restart":
                m.node("asked").close()
                m.parties.open(names[1])
            assert folio_of(m.node("asked"), m.folio).others == len(KINDS), step
            for act in said:
                assert verdict(m, act.hash) == ("cosigned", "accepted-unknown-kind")
                assert wire_of(m.node("asked"), act.hash) == act.wire, step
                assert shown(m, act.hash) == is_unknown(act.envelope.knd), step

        older = m.node("asked").own
        older.vocabulary = later_release()
        with older.store.read() as conn:
            fields = [dict(read_act(conn, older, act.hash).fields) for act in said]
        assert fields == [{f"a_{type_}": value for type_, value in SAID.items()}] * len(KINDS)
        older.vocabulary = shipped_vocabulary()


def test_what_is_known_or_not_there_is_told_apart(tmp_path: Path) -> None:
    """Positive control: a kind that is known has another verdict and other words; an act that never came is not there."""
    with matter(tmp_path, sound=False) as m:
        m.asks()
        m.settle()
        [act] = say(m, ("folio/closure/1",))
        assert verdict(m, act.hash) == ("cosigned", "accepted")
        assert shown(m, act.hash) != is_unknown("folio/closure/1")
        assert folio_of(m.node("asked"), m.folio).others == 0
        with pytest.raises(NotFound):
            wire_of(m.node("asked"), "A" * 43)
