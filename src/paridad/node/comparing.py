# SPDX-License-Identifier: Apache-2.0
"""A run of private deconfliction at one node: its messages as acts, its bulk as payloads, its secrets in the locker.

Rules
  - Every message is a signed act to the other party, through `release` and the outbox like any other. All acts of a run
    but the first name the proposal.
  - The snapshot is locked under the node's key in the transaction that files the proposal or the agreement: before
    anything of it is committed. At the close it is destroyed in the transaction that files the close.
  - When both have closed, lists, answers and labels are destroyed as well; the signed acts stay, with what was found.
  - A run is what is on record: `reopen` folds the acts again, checks those of the other party again, and says what
    would have been said, to the bit.
  - An act that breaks a check stays on file, is not folded, and stops the run here until a person ends it. An act out
    of turn is counted.
  - Who may propose, agree and decide is for the caller to ask: here the persons are pseudonyms that the acts carry.

Worked example
    run = propose(node, "A/POLICE", "B/CUSTOMS", Brought(tokens, "desk 7"), Propose(…))
    run.round()        takes in what arrived, says what follows; 0 where there is nothing to say
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import sqlalchemy as sa

from paridad.acts.envelope import Draft, party_of
from paridad.acts.issue import IssuedAct
from paridad.acts.verify import VerifiedAct
from paridad.base.errors import Malformed
from paridad.base.strict import JsonValue, encode_base64url
from paridad.base.words import Words
from paridad.desks.targets.deconfliction.alarms import Watch
from paridad.desks.targets.deconfliction.errors import NotNow, RunBroken
from paridad.desks.targets.deconfliction.messages import (
    Agreement,
    Close,
    Decisions,
    DecisionSeal,
    Growth,
    Head,
    Message,
    Proposal,
    Said,
)
from paridad.desks.targets.deconfliction.pace import Caps, Held, demand_pace, shipped
from paridad.desks.targets.deconfliction.playing import Around, Player
from paridad.desks.targets.deconfliction.run import Agree, Command, OpenRecords, Propose, Refuse
from paridad.desks.targets.deconfliction.setlog import SetLog, growth
from paridad.desks.targets.deconfliction.state import step_of
from paridad.desks.targets.deconfliction.tokens import Snapshot, Token
from paridad.desks.targets.deconfliction.wire import KIND_OF, KINDS, read, read_decisions, read_snapshot, written
from paridad.exchange import filing
from paridad.node.errors import NotFound
from paridad.node.node import Node
from paridad.node.purging import backups_by
from paridad.node.reading import read_act, read_acts
from paridad.node.run_facts import (
    between,
    content_of,
    cosigned_head,
    day_of,
    earlier_runs,
    every,
    is_own_head,
    logged,
    subject_of,
)
from paridad.store.acts import ActQuery, StoredAct, get_acts
from paridad.store.errors import PayloadRefused
from paridad.store.payloads import Sealed
from paridad.store.records import note_payload, note_payload_destroyed, payloads_of

INLINE = 4096
"""Bytes up to which a message stands in its act."""
KEY_BYTES = 32
DESTROYED = ("targets/run-list/1", "targets/run-opening/1", "targets/run-labels/1")
"""What is destroyed on both nodes once both have closed: the signed acts stay, their contents go."""


@dataclass(frozen=True, slots=True)
class Brought:
    """What a party brings to a run."""

    tokens: tuple[Token, ...] = field(repr=False)
    desk: str
    places: Mapping[str, int] = field(default_factory=dict, repr=False)
    """Index of each record in the set log."""
    watch: Watch = field(default_factory=Watch)
    set_log: SetLog | None = None
    """The own set log of this class and party: from the second run on its growth is shown."""
    settled: bool = True
    """Whether the tokens are final; those of who proposes may be brought once both concentrations are known."""
    changed: int | None = None
    """Records that changed since the earlier run; where it is said, too few are refused."""
    caps: Caps = field(default_factory=shipped)


@dataclass
class Comparison:
    """One run at one node."""

    node: Node
    agency: str
    peer: str
    proposal: str
    """Act hash of the proposal; empty until it is filed."""
    player: Player
    broken: RunBroken | None = None
    broken_by: str = ""
    """The act that broke it."""
    stray: int = 0
    _known: set[str] = field(default_factory=set)
    _looked: int = 0

    def round(self) -> int:
        """Take in what arrived and say what follows; return how many acts were said."""
        self.take_in()
        said = 0 if self.broken else self._say(self.player.proceed())
        if all(part.close for part in self.player.run.parts):
            clear(self.node, self.proposal)
        return said

    def command(self, command: Command) -> int:
        """Carry out a command of persons; return how many acts were said."""
        return self._say(self.player.command(self._with_proofs(command)))

    def bring(self, brought: Brought) -> None:
        """Settle the tokens of a run whose concentrations are known, and lock them before anything of them is said."""
        self.player.bring(brought.tokens, brought.places)
        secrets, sealed = lockers(self.proposal)[0], written(self.player.snapshot)
        vault = self.node.own.vault

        def commit(conn: sa.Connection) -> None:
            vault.destroy(conn, [secrets])
            vault.lock(conn, {secrets: sealed})

        self.node.own.store.submit(commit)

    def _with_proofs(self, command: Command) -> Command:
        """Add to records that are opened the proof that their act was logged, where the terms ask for it."""
        seen = part.seen if (part := self.player.run.parts[1 - self.player.side].commitment) else None
        if not isinstance(command, OpenRecords) or not self.player.run.terms.logged:
            return command
        return OpenRecords({pair: logged(self.node, each, seen) for pair, each in command.records.items()})

    def take_in(self) -> None:
        """Fold the acts of the run that were filed since."""
        for stored in self._filed():
            with self.node.own.store.read() as conn:
                (act,) = read_acts(conn, self.node.own, [stored])
            self._take_act(act, ours=stored.ours)
            if self.broken and not self.broken_by:
                self.broken_by = stored.hash
            self._known.add(stored.hash)
            self._looked = stored.filed

    def _take_act(self, act: VerifiedAct, *, ours: bool) -> None:
        """Fold the message of an act; one that has none breaks the run and names its signer."""
        side = self._side_of(act)
        try:
            message = read(act.envelope.knd, content_of(self.node, act))
        except (Malformed, PayloadRefused) as error:
            self.broken = self.broken or RunBroken(step_of(self.player.run), side, error.words)
            return
        self._fold(Said(side, message), ours=ours)

    def _filed(self) -> Iterator[StoredAct]:
        with self.node.own.store.read() as conn:
            first = [] if self._looked else list(get_acts(conn, [self.proposal]).values())
            later = list(every(conn, ActQuery(kinds=list(KINDS), refers_to=self.proposal), after=self._looked))
        return (each for each in (*first, *later) if each.hash not in self._known)

    def _side_of(self, act: VerifiedAct) -> int:
        ours = party_of(act.envelope.iss) == self.node.own.party
        return self.player.side if ours else 1 - self.player.side

    def _fold(self, said: Said, *, ours: bool) -> None:
        if ours:
            self.player.recall(said)
            return
        try:
            self.player.take(said)
        except RunBroken as error:
            self.broken = self.broken or error
        except NotNow:
            self.stray += 1

    # --- contents ----------------------------------------------------------------------------------------------------

    def _fields(self, message: Message) -> tuple[dict[str, JsonValue], Sealed | None]:
        data = written(message)
        if len(data) <= INLINE:
            return {"content": encode_base64url(data)}, None
        key = self.node.own.random(KEY_BYTES)
        sealed = self.node.payloads.seal(io.BytesIO(data), key, self.node.own.random)
        return {
            "payload": sealed.digest,
            "payload_size": sealed.size,
            "payload_key": encode_base64url(key),
        }, sealed

    # --- saying ------------------------------------------------------------------------------------------------------

    def _say(self, messages: Sequence[Message]) -> int:
        """Sign, release, file and queue messages, one transaction for each."""
        for message in messages:
            fields, sealed = self._fields(message)
            act = self._file(message, fields, sealed)
            self.proposal = self.proposal or act.hash
            self._known.add(act.hash)
        return len(messages)

    def _file(self, message: Message, fields: Mapping[str, JsonValue], sealed: Sealed | None) -> IssuedAct:
        own, now = self.node.own, self.node.clock()
        re = (self.proposal,) if self.proposal else ()
        conduct = own.conduct
        draft = Draft(
            KIND_OF[type(message)], self.agency, (self.peer,), conduct.handling, conduct.purpose, conduct.basis,
            fields, re=re,
        )  # fmt: skip
        with own.store.read() as conn:
            see = filing.seen_heads(conn, own)
        said = filing.issue_drafts(own, [draft], now=now, see=see)
        releases = filing.release_to_addressees(own, said, filing.conduct_matter(own, self.peer), now=now)

        def commit(conn: sa.Connection) -> None:
            filing.file_acts(conn, own, said, now=now)
            filing.keep_decisions(conn, said[0].hash, releases, now=now)
            filing.queue(conn, own, [(self.agency, each) for each in releases], now=now)
            if sealed is not None:
                note_payload(conn, sealed.digest, sealed.size, said[0].hash, at=now)
            self._keep_secrets(conn, self.proposal or said[0].hash, message)

        own.store.submit(commit)
        return said[0]

    def _keep_secrets(self, conn: sa.Connection, proposal: str, message: Message) -> None:
        """Lock the snapshot before anything of it is committed, decisions with their seal; destroy both at the end."""
        vault, (secrets, decided) = self.node.own.vault, lockers(proposal)
        match message:
            case Proposal() | Agreement():
                vault.lock(conn, {secrets: written(self.player.snapshot)})
            case DecisionSeal():
                vault.lock(conn, {decided: written(Decisions(b"", self.player.decided))})
            case Close():
                vault.destroy(conn, [secrets, decided])


def clear(node: Node, proposal: str) -> None:
    """Destroy lists, answers and labels: both sides have closed, and both hold what they were owed."""
    own, now = node.own, node.clock()
    with own.store.read() as conn:
        acts = [act.hash for act in every(conn, ActQuery(kinds=DESTROYED, refers_to=proposal))]
        digests = [digest for act in acts for digest in payloads_of(conn, act)]

    def commit(conn: sa.Connection) -> None:
        for act in acts:
            own.vault.erase(conn, act, at=now, backups_by=backups_by(now), reason=f"run {proposal} closed")
        for digest in digests:
            note_payload_destroyed(conn, digest, at=now)

    own.store.submit(commit)
    for digest in digests:
        node.payloads.destroy(digest)


def lockers(proposal: str) -> tuple[str, str]:
    """Return the names under which the secrets of a run, and its decisions, are locked."""
    return f"run/{proposal}", f"run/{proposal}/decided"


def propose(node: Node, agency: str, peer: str, brought: Brought, command: Propose) -> Comparison:
    """Propose a run to an agency of the other party."""
    around, earlier = _around(node, 0, (agency, peer), command.terms.subject, node.clock())
    command = replace(command, growth=_growth(command, brought, around.earlier[0]))
    demand_pace(command.terms, day_of(node.clock()), earlier, changed=brought.changed, caps=brought.caps)
    run = Comparison(node, agency, peer, "", _player(node, 0, brought, around))
    run.command(command)
    return run


def answer(node: Node, proposal: str, brought: Brought, command: Agree | Refuse) -> Comparison:
    """Agree to a run that was proposed, or refuse it."""
    act, around, earlier = proposed(node, proposal)
    run = Comparison(node, act.envelope.aud[0], act.envelope.iss, proposal, _player(node, 1, brought, around))
    run.take_in()
    if run.broken is not None:
        raise run.broken
    if isinstance(command, Agree):
        command = replace(command, growth=_growth(command, brought, around.earlier[1]))
        demand_pace(command.terms, day_of(node.clock()), earlier, changed=brought.changed, caps=brought.caps)
    run.command(command)
    return run


def reopen(node: Node, proposal: str, watch: Watch) -> Comparison:
    """Return a run from what is on record, at the point where it stands."""
    act, around, _ = proposed(node, proposal)
    side, agencies = _side_and_agencies(node, act)
    with node.own.store.read() as conn:
        locked, decided = (node.own.vault.unlock(conn, name) for name in lockers(proposal))
    if locked is None:
        raise NotFound(
            Words(
                es="Los secretos de la corrida ya no están: terminó, o se perdió y hay que abandonarla.",
                en="The secrets of the run are gone: it has ended, or they are lost and it has to be aborted.",
            )
        )
    run = Comparison(node, *agencies, proposal, Player(side, read_snapshot(locked), watch, around=around))
    if decided is not None:
        run.player.decided = read_decisions(decided)
    run.take_in()
    return run


def proposed(node: Node, proposal: str) -> tuple[VerifiedAct, Around, list[Held]]:
    """Return the act of a proposal on record, and what the record says around it."""
    with node.own.store.read() as conn:
        act = read_act(conn, node.own, proposal)
        filed = get_acts(conn, [proposal])[act.hash].filed
    envelope = act.envelope
    side, agencies = _side_and_agencies(node, act)
    return act, *_around(node, side, agencies, subject_of(node, act), envelope.iat, before=filed)


def _side_and_agencies(node: Node, proposal: VerifiedAct) -> tuple[int, tuple[str, str]]:
    """Return the side of this node in a run, its agency and the other one."""
    first, second = between(proposal)
    return (0, (first, second)) if proposal.envelope.party == node.own.party else (1, (second, first))


def _around(
    node: Node, side: int, agencies: tuple[str, str], subject: str, at: int, *, before: int | None = None
) -> tuple[Around, list[Held]]:
    """Return what the own record says around a run of a class between two agencies, and the earlier runs."""
    earlier = earlier_runs(node, *agencies, subject, before=before)
    ours, theirs = (earlier[-1].heads[each] if earlier else None for each in agencies)
    around = Around(
        earlier=(ours, theirs) if side == 0 else (theirs, ours),
        on=day_of(at),
        seen=cosigned_head(node, party_of(agencies[1])),
        known=lambda head: is_own_head(node, head),
    )
    return around, [Held(each.on, each.terms.churn_cap) for each in earlier]


def _growth(command: Propose | Agree, brought: Brought, before: Head | None) -> Growth | None:
    """Return what shows how the own set log came from the head that the earlier run named."""
    if before is None or command.growth is not None:
        return command.growth
    if brought.set_log is None:
        raise NotNow(
            Words(
                es="Hubo una corrida anterior de esta clase: hace falta la bitácora del conjunto, que muestra cuánto "
                "creció.",
                en="There was an earlier run of this class: the set log is needed, which shows by how much it grew.",
            )
        )
    return growth(brought.set_log, before)


def _player(node: Node, side: int, brought: Brought, around: Around) -> Player:
    snapshot = Snapshot(node.own.random(32), brought.tokens, brought.desk, brought.places, brought.settled)
    return Player(side, snapshot, brought.watch, around=around)
