# SPDX-License-Identifier: Apache-2.0
"""`paridad targets mistaken`: claims of mistaken identity, the notices that follow, who has them, and the decision.

Rules
  - A notice goes to every agency that a release on record gave the dossier to; a dossier that another party owns, to
    its owner. Which agencies have it and which do not yet stands on the page.
  - The claim's own words are shown where it was taken in, to whom policy shows them; no part of them leaves.
  - Whoever took the claim in, gave a notice, or judged the dossier does not decide.
  - Every list, search and comparison of dossiers shows the notice before the name.

Worked example
    paridad targets mistaken file xUz… --channel representative --claim "…" --fact "Born in 1990." --as ana
    paridad targets mistaken decide xUz… --upheld yes --reason "…" --fact "Born in 1990." --as bea
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import sqlalchemy as sa

from paridad.acts.envelope import ActHash, Draft, Envelope, party_of
from paridad.acts.verify import VerifiedAct
from paridad.base.strict import JsonValue
from paridad.base.words import Words
from paridad.cli.desk_orders import Ask, DeskOrder, asked, may_say, saying
from paridad.cli.errors import refused
from paridad.cli.forms import Form, Moment, OfficerName, Positional
from paridad.cli.meanings import explained
from paridad.cli.seeing import Reading, entries, not_found, note, reader, words
from paridad.cli.verbs import Noun, Verb
from paridad.desks.targets import codes, daybook, mistaken, projection
from paridad.desks.targets.cases import Marks
from paridad.desks.targets.mistaken import Thread
from paridad.desks.targets.projection import Found
from paridad.desks.targets.terms import limit
from paridad.exchange.filing import basis_kind
from paridad.folio.reading import codes as texts
from paridad.folio.reading import records as members
from paridad.folio.reading import text
from paridad.node.desk_saying import DeskAsked
from paridad.node.node import Node
from paridad.node.reading import read_act, read_acts, recorded_about
from paridad.policy.question import NONE
from paridad.store import records
from paridad.store.acts import ActQuery, every_act, get_acts

ARRIVED = frozenset({"receipted", "cosigned"})
DUTIES: Mapping[str, Words] = {
    "mistaken_notice": Words(es="Que el aviso llegue a todas", en="The notice to reach all of them"),
    "mistaken_decision": Words(es="Decidir", en="To decide"),
}


class List(Form):
    """All notices."""

    officer: OfficerName


class Show(Form):
    """What is said of one dossier."""

    act: Positional
    officer: OfficerName


class OfDossier(DeskOrder):
    """Something said about whom a dossier is taken for."""

    act: Positional
    fact: tuple[str, ...] = ()
    handling: str = ""
    purpose: str = ""
    basis: str = ""


class FileClaim(OfDossier):
    """Take in a claim and give notice."""

    channel: str
    claim: str
    received_on: Moment = 0


class Decide(OfDossier):
    """Decide."""

    upheld: Literal["yes", "no"]
    reason: str


class Tell(OfDossier):
    """Give the notice that stands to who received the dossier since."""


# Reading --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Matter:
    """A dossier in force with everything that is said about whom it is taken for."""

    found: Found
    envelope: Envelope
    versions: tuple[str, ...]
    thread: Thread


def list_notices(node: Node, form: List) -> JsonValue:
    """Return the dossiers that somebody says are taken for the wrong person, as far as an officer may know of them."""
    node.views.refresh()
    reading = reader(node, form.officer)
    with node.own.store.read() as conn:
        noticed = daybook.noticed(conn, reading.sight)
        found = [(projection.get(conn, of, reading.sight), mistaken.fold(said)) for of, said in noticed.items()]
    note(reading, [each.hash for each, _ in found if each], "list")
    return {"dossiers": [_row(each, thread) for each, thread in found if each]}


def _row(found: Found, thread: Thread) -> JsonValue:
    return {
        "act": found.hash,
        "name": found.name,
        "agency": found.iss,
        "notices": [
            {"party": each.party, "stage": words(codes.label("notice_stage", each.stage), each.stage), "at": each.at}
            for each in thread.last.values()
        ],
    }


def show_matter(node: Node, form: Show) -> JsonValue:
    """Return everything that is said about whom a dossier is taken for, who has it, and the clocks."""
    node.views.refresh()
    reading = reader(node, form.officer)
    with node.own.store.read() as conn:
        matter = _matter(conn, reading, form.act)
        own = _own_notices(conn, node, matter)
        claim = daybook.claim_of(conn, reading.officer.agency, matter.versions)
        told = entries(reading, conn, _notices(conn, node, matter))
        taken = entries(reading, conn, [read_act(conn, node.own, claim[0])]) if claim else []
        receivers = receivers_of(conn, node, matter)
    note(reading, [form.act, *matter.thread.history, *([claim[0]] if claim else [])], "mistaken")
    missing = _not_told(own, receivers, matter.thread.stage(node.own.party))
    arrived = not missing and all(map(_has_arrived, told))
    return {
        "dossier": {"act": matter.found.hash, "name": matter.found.name, "agency": matter.found.iss},
        "notices": [_told(each, node, mistaken.NOTICE) for each in told],
        "claim": _told(taken[0], node, mistaken.CLAIM) if taken else None,
        "receivers": list(receivers),
        "not_told": list(missing),
        "clocks": _clocks(reading, matter, claim[1], arrived=arrived) if claim else [],
        "possible": _possible(reading, matter, missing),
    }


def barriers(conn: sa.Connection, reading: Reading, dossiers: Sequence[str]) -> Mapping[str, list[JsonValue]]:
    """Return by dossier the notices that have to be shown before it, with what tells the persons apart."""
    versions = daybook.versions(conn, dossiers)
    noticed = daybook.noticed(conn, reading.sight, sorted({each for all_ in versions.values() for each in all_}))
    threads = {
        dossier: mistaken.fold([said for each in all_ for said in noticed.get(each, ())])
        for dossier, all_ in versions.items()
    }
    standing = {dossier: thread.barriers for dossier, thread in threads.items() if thread.barriers}
    wanted = get_acts(conn, [each.hash for found in standing.values() for each in found])
    acts = {act.hash: act for act in read_acts(conn, reading.node.own, list(wanted.values()))}
    seen: dict[str, Any] = {
        hash_: reading.sight.filter(act.fields, act.kind, act.envelope).fields for hash_, act in acts.items()
    }
    return {
        dossier: [
            {
                "act": each.hash,
                "agency": each.iss,
                "at": each.at,
                "stage": words(codes.label("notice_stage", each.stage), each.stage),
                "facts": list(texts(seen[each.hash], "facts")),
            }
            for each in found
        ]
        for dossier, found in standing.items()
    }


def _matter(conn: sa.Connection, reading: Reading, hash_: str) -> Matter:
    """Return a dossier in force, or the one answer for what is not here and what is not the reader's to know."""
    found = projection.get(conn, hash_, reading.sight)
    if found is None:
        raise not_found(hash_)
    if found.corrected:
        raise refused(
            "Ese expediente fue corregido; nombre el que está en vigor.",
            "That dossier was corrected; name the one in force.",
        )
    versions = daybook.versions(conn, [hash_])[hash_]
    noticed = daybook.noticed(conn, reading.sight, versions)
    thread = mistaken.fold([said for each in versions for said in noticed.get(each, ())])
    return Matter(found, read_act(conn, reading.node.own, hash_).envelope, versions, thread)


def receivers_of(conn: sa.Connection, node: Node, matter: Matter) -> tuple[str, ...]:
    """Return who has to be told: the owner of a dossier that we received, else whom releases on record gave it to."""
    own = node.own
    if matter.envelope.party != own.party:
        return (matter.envelope.iss,)
    found: dict[str, None] = {}
    for version in matter.versions:
        naming = read_acts(conn, own, list(every_act(conn, ActQuery(refers_to=version, ours=True))))
        for act in naming:
            if any(text(each, "record") == version for each in members(act.fields, "given")):
                found |= dict.fromkeys(each for each in act.envelope.aud if party_of(each) != own.party)
    return tuple(sorted(found))


def _notices(conn: sa.Connection, node: Node, matter: Matter) -> list[VerifiedAct]:
    """Return the notices about a dossier, in the order of time."""
    held = get_acts(conn, matter.thread.history)
    return read_acts(conn, node.own, [held[ActHash(each)] for each in matter.thread.history])


def _own_notices(conn: sa.Connection, node: Node, matter: Matter) -> list[tuple[str, Envelope]]:
    """Return the notices of our party with their envelopes: which stage each gives, and to whom."""
    ours = [act for act in _notices(conn, node, matter) if act.envelope.party == node.own.party]
    return [(text(act.fields, "notice_stage"), act.envelope) for act in ours]


def _not_told(own: Iterable[tuple[str, Envelope]], receivers: Iterable[str], stage: str) -> tuple[str, ...]:
    """Return the receivers that do not have the notice as it stands."""
    has = {agency for said, envelope in own if said == stage for agency in envelope.aud}
    return tuple(each for each in receivers if each not in has) if stage else ()


def _has_arrived(told: Mapping[str, Any]) -> bool:
    """Whether an act was received wherever it was sent."""
    return all(row["state"]["code"] in ARRIVED for row in told["delivery"])


def _told(told: Mapping[str, JsonValue], node: Node, kind: str) -> JsonValue:
    names = ("act", "agency", "to", "at", "withheld", "erased", "delivery")
    fields: Any = told["fields"]
    return {**{name: told[name] for name in names}, "fields": explained(fields, kind, node.own.keys.current)}


def _clocks(reading: Reading, matter: Matter, received_on: int, *, arrived: bool) -> JsonValue:
    decided = matter.thread.stage(reading.node.own.party) != mistaken.DOUBTED
    return [
        {
            "duty": words(DUTIES[name], name),
            "until": (until := received_on + limit(name).seconds),
            "met": met,
            "late": not met and until < reading.now,
            "verified": limit(name).verified,
        }
        for name, met in (("mistaken_notice", arrived), ("mistaken_decision", decided))
    ]


def _possible(reading: Reading, matter: Matter, missing: Sequence[str]) -> list[JsonValue]:
    if not may_say(reading):
        return []
    stage = matter.thread.stage(reading.node.own.party)
    may = (("file", stage in {"", mistaken.NOT_UPHELD}), ("decide", stage == mistaken.DOUBTED), ("tell", bool(missing)))
    return [name for name, holds in may if holds]


# Saying ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scene:
    """What a command is decided by, as it stands at one moment."""

    conn: sa.Connection
    reading: Reading
    matter: Matter

    @property
    def node(self) -> Node:
        """The node."""
        return self.reading.node

    @property
    def receivers(self) -> tuple[str, ...]:
        """Who has to be told."""
        return receivers_of(self.conn, self.node, self.matter)

    def marks(self, form: OfDossier) -> Marks:
        """Return the marks that are named, or the dossier's; who cannot rest on its basis rests on the programme's."""
        envelope, own = self.matter.envelope, self.node.own
        basis = envelope.bas if basis_kind(own, envelope.bas) != NONE else own.conduct.basis
        return Marks(form.handling or envelope.hnd, form.purpose or envelope.pur, form.basis or basis)

    def judged_before(self) -> frozenset[str]:
        """Return who took a claim in, gave a notice, or judged the dossier."""
        own, versions = self.node.own, self.matter.versions
        said = [
            act for each in versions for act in recorded_about(self.conn, own, each, (mistaken.CLAIM, mistaken.NOTICE))
        ]
        commanded = records.officers_of(self.conn, [act.hash for act in said if act.hash not in versions])
        judged = get_acts(self.conn, projection.judgements_about(self.conn, versions))
        acts = read_acts(self.conn, own, list(judged.values()))
        return commanded | {text(act.fields, "officer") for act in acts}


Make = Callable[[Scene, int], tuple[Draft, ...]]


def ask_file(node: Node, form: FileClaim) -> DeskAsked:
    """Return a claim and its notice."""
    at = form.received_on or node.clock()

    def make(scene: Scene, now: int) -> tuple[Draft, ...]:
        wanted = mistaken.File(
            iss=scene.reading.officer.agency,
            dossier=form.act,
            receivers=scene.receivers,
            marks=scene.marks(form),
            channel=form.channel,
            claim=form.claim,
            facts=form.fact,
            received_on=at,
        )
        return mistaken.file(wanted, scene.matter.thread, now)

    return _about(node, form, "file", make)


def ask_decide(node: Node, form: Decide) -> DeskAsked:
    """Return a decision."""

    def make(scene: Scene, now: int) -> tuple[Draft, ...]:
        del now
        wanted = mistaken.Decide(
            iss=scene.reading.officer.agency,
            dossier=form.act,
            receivers=scene.receivers,
            marks=scene.marks(form),
            upheld=form.upheld == "yes",
            reason=form.reason,
            facts=form.fact,
            reviewer=form.officer,
            judged_before=scene.judged_before(),
        )
        return mistaken.decide(wanted, scene.matter.thread)

    return _about(node, form, "decide", make)


def ask_tell(node: Node, form: Tell) -> DeskAsked:
    """Return the notice that stands, for the agencies that do not have it."""

    def make(scene: Scene, now: int) -> tuple[Draft, ...]:
        del now
        thread, party = scene.matter.thread, node.own.party
        own = _own_notices(scene.conn, node, scene.matter)
        last = thread.last.get(party)
        fields = read_act(scene.conn, node.own, last.hash).fields if last else {}
        wanted = mistaken.Tell(
            iss=scene.reading.officer.agency,
            dossier=form.act,
            receivers=_not_told(own, scene.receivers, thread.stage(party)),
            marks=scene.marks(form),
            reason=text(fields, "reason"),
            facts=form.fact or texts(fields, "facts"),
        )
        return mistaken.tell(wanted, thread)

    return _about(node, form, "tell", make)


def _about(node: Node, form: OfDossier, verb: str, make: Make) -> DeskAsked:
    """Return a command about a dossier, decided by the acts themselves: views may be behind."""
    reading = reader(node, form.officer)

    def decide(conn: sa.Connection, now: int) -> tuple[Draft, ...]:
        matter = _matter(conn, reading, form.act)
        acts = [act for each in matter.versions for act in recorded_about(conn, node.own, each, (mistaken.NOTICE,))]
        said = [mistaken.read(act) for act in acts if act.hash not in matter.versions]
        return make(Scene(conn, reading, replace(matter, thread=mistaken.fold(said))), now)

    return asked(node, form, f"targets.mistaken.{verb}", decide)


NOUN = Noun(
    "mistaken",
    (
        Verb("list", List, operation=list_notices),
        Verb("show", Show, operation=show_matter),
        Verb("file", FileClaim, operation=saying(ask_file)),
        Verb("decide", Decide, operation=saying(ask_decide)),
        Verb("tell", Tell, operation=saying(ask_tell)),
    ),
)

READERS: Mapping[str, tuple[type[DeskOrder], Ask]] = {
    "targets.mistaken.file": (FileClaim, ask_file),
    "targets.mistaken.decide": (Decide, ask_decide),
    "targets.mistaken.tell": (Tell, ask_tell),
}
"""Each operation that says something about mistaken identity."""
