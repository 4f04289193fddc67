# SPDX-License-Identifier: Apache-2.0
"""A run as people see it: from its acts alone, without secrets, without the bulk, at any time and after its end.

Rules
  - Lists, batches and labels are not opened here: that they were said, by whom and when, is enough for where a run
    stands. So looking costs little, also while the machines compute, and goes on when the contents are destroyed.
  - What came out of turn is not folded, as in the run itself; what broke a check is not folded, nor what came after.
  - What each side can have learned so far follows from the batches that are open.

Worked example
    seen = read_run(conn, node, proposal)
    seen.where.step, seen.where.open        is 5, (12, 11)
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import sqlalchemy as sa

from paridad.acts.envelope import Envelope, party_of
from paridad.acts.verify import VerifiedAct
from paridad.base.errors import Malformed
from paridad.base.strict import decode_base64url, read_json, write_json
from paridad.base.words import Words
from paridad.desks.targets.deconfliction.checks import demand_turn
from paridad.desks.targets.deconfliction.errors import NotNow, RunBroken
from paridad.desks.targets.deconfliction.leakage import LEADS, OPENED
from paridad.desks.targets.deconfliction.messages import (
    GoOn,
    Labels,
    ListSent,
    Message,
    Opening,
    Pairs,
    Proposal,
    Result,
    Said,
    Terms,
)
from paridad.desks.targets.deconfliction.state import Run, evolve
from paridad.desks.targets.deconfliction.wire import KIND_OF, KINDS, read
from paridad.desks.targets.run_steps import Told, Where, where
from paridad.exchange.own_side import OwnSide
from paridad.node.node import Node
from paridad.node.reading import read_acts
from paridad.store.acts import ActQuery, StoredAct, filed_acts, get_acts

PROPOSAL = KIND_OF[Proposal]
HEAVY: Mapping[type[Message], Message] = {ListSent: ListSent(b"", b""), Labels: Labels(b"")}
"""What stands for bulk that is not opened here; a batch has its number besides."""
POINT_BYTES = 32


@dataclass(frozen=True, slots=True)
class Broken:
    """Why a run stops at this node: the step, the side that is named, and its act."""

    step: int
    side: int
    words: Words
    act: str


@dataclass(frozen=True, slots=True)
class Seen:
    """One run at one node."""

    proposal: str
    envelope: Envelope
    """Of the proposal."""
    side: int
    """Ours: 0 where our party proposed."""
    run: Run
    said: tuple[Said, ...]
    """What was said, bulk aside."""
    told: tuple[Told, ...]
    broken: Broken | None = None

    @property
    def agencies(self) -> tuple[str, str]:
        """The agency of each side, side 0 first."""
        return self.envelope.iss, self.envelope.aud[0]

    @property
    def agency(self) -> str:
        """Ours."""
        return self.agencies[self.side]

    @property
    def peer(self) -> str:
        """The other side's."""
        return self.agencies[1 - self.side]

    @property
    def where(self) -> Where:
        """Where it stands."""
        found = where(self.run, self.told)
        return replace(found, state="broken", until=None) if self.broken and found.waiting else found

    @property
    def terms(self) -> Terms | None:
        """The terms; None where the proposal could not be read."""
        return self.run.proposal.terms if self.run.proposal else None

    @property
    def result(self) -> Result | None:
        """The common tags, as the first side that said so counted them."""
        return next((part.result for part in self.run.parts if part.result), None)

    @property
    def pairs(self) -> Pairs | None:
        """The pairs, as the first side that said so counted them."""
        return next((part.pairs for part in self.run.parts if part.pairs), None)

    def learned(self) -> tuple[Words, ...]:
        """Return what each side can have learned so far."""
        if self.terms is None:
            return ()
        places, batch = self.terms.places, self.terms.batch
        mine, theirs = (min(self.where.open[side] * batch, places) for side in (1 - self.side, self.side))
        said = [OPENED.fill(mine=f"{mine:,}", theirs=f"{theirs:,}", places=f"{places:,}")]
        if self.result and self.pairs:
            said.append(LEADS.fill(matches=f"{self.result.size:,}", pairs=f"{self.pairs.count:,}"))
        return tuple(said)


def runs_of(conn: sa.Connection, own: OwnSide) -> Iterator[StoredAct]:
    """Yield the proposals that our party made or received, oldest first."""
    after = 0
    while page := filed_acts(conn, ActQuery(kinds=[PROPOSAL]), after=after):
        yield from (act for act in page if side_of(own, act.envelope) is not None)
        after = page[-1].filed


def side_of(own: OwnSide, envelope: Envelope) -> int | None:
    """Return our side in a run by its proposal; None where it is nobody's run here."""
    if len(envelope.aud) != 1 or party_of(envelope.aud[0]) == envelope.party:
        return None
    if envelope.party == own.party:
        return 0
    return 1 if party_of(envelope.aud[0]) == own.party else None


def read_run(conn: sa.Connection, node: Node, proposal: str) -> Seen | None:
    """Return a run, or None where there is none of that name."""
    first = get_acts(conn, [proposal]).get(proposal)  # type: ignore[call-overload]
    if first is None or first.envelope.knd != PROPOSAL or (side := side_of(node.own, first.envelope)) is None:
        return None
    broken = _broken(conn, node, proposal)
    run, all_said, told = Run(), list[Said](), list[Told]()
    for stored in (first, *acts_of(conn, proposal)):
        if broken and stored.hash == broken.act:
            break
        said = _said(conn, node, stored, side, run)
        if said is not None and _in_turn(run, said, ours=stored.ours):
            run = evolve(run, said)
            all_said.append(said)
            told.append(Told(said.side, type(said.message), stored.envelope.iat, stored.hash))
    return Seen(proposal, first.envelope, side, run, tuple(all_said), tuple(told), broken)


def acts_of(conn: sa.Connection, proposal: str) -> Iterator[StoredAct]:
    """Yield every act of a run behind its proposal, in the order of filing."""
    after = 0
    while page := filed_acts(conn, ActQuery(kinds=list(KINDS), refers_to=proposal), after=after):
        yield from page
        after = page[-1].filed


def _said(conn: sa.Connection, node: Node, stored: StoredAct, ours: int, run: Run) -> Said | None:
    """Return what an act says, bulk aside; None where its content is not here or cannot be read."""
    kind = KINDS[stored.envelope.knd]
    side = ours if stored.ours else 1 - ours
    if (stands := stand_in(run, side, kind)) is not None:
        return Said(side, stands)
    [act] = read_acts(conn, node.own, [stored])
    content = content_here(node, act)
    try:
        return None if content is None else Said(side, read(act.envelope.knd, content))
    except Malformed:
        return None


def stand_in(run: Run, side: int, kind: type[Message]) -> Message | None:
    """Return what stands for bulk that is not opened, None for what is no bulk."""
    if kind is Opening:
        return Opening(len(run.parts[side].openings), b"", b"", None)
    return HEAVY.get(kind)


def content_here(node: Node, act: VerifiedAct) -> bytes | None:
    """Return the content of a message as far as it is here: nothing is fetched."""
    if isinstance(content := act.fields.get("content"), str):
        return decode_base64url(content)
    digest, key = act.fields.get("payload"), act.fields.get("payload_key")
    if isinstance(digest, str) and isinstance(key, str) and node.payloads.has(digest):
        return b"".join(node.payloads.open(digest, decode_base64url(key)))
    return None


def _in_turn(run: Run, said: Said, *, ours: bool) -> bool:
    if ours:
        return True
    try:
        demand_turn(run if isinstance(said.message, GoOn) else replace(run, alarms=()), said)
    except NotNow:
        return False
    return True


# What broke a run ----------------------------------------------------------------------------------------------------


def _locker(proposal: str) -> str:
    return f"run/{proposal}/broken"


def note_broken(node: Node, proposal: str, error: RunBroken, act: str) -> None:
    """Keep why a run stops here, by which act; the first reason stays."""
    said = write_json([error.step, error.side, error.words.es, error.words.en, act])
    node.own.store.submit(lambda conn: node.own.vault.lock(conn, {_locker(proposal): said}))


def _broken(conn: sa.Connection, node: Node, proposal: str) -> Broken | None:
    sealed = node.own.vault.unlock(conn, _locker(proposal))
    if sealed is None:
        return None
    step, side, es, en, act = read_json(sealed)
    return Broken(step, side, Words(es=es, en=en), act)
