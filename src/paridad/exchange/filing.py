# SPDX-License-Identifier: Apache-2.0
"""Saying something: issue, file, append, queue for each addressee; the same short sequence for every act of ours.

Rules
  - Issuing is arithmetic and happens outside the transaction; filing, disclosures, log and outbox are one transaction,
    so that an act is recorded with everything it needs or not at all (law 4).
  - An act addressed to our own party alone goes into *own*, every other act into *shared*, and to each addressee of
    another party in one parcel.
  - Each act names the heads of the other parties' logs as last witnessed: the histories are braided.

Worked example
    said = issue_drafts(own, [draft], now=now, see=see)
    with own.store.write() as conn:
        file_acts(conn, own, said, now=now)
        queue_for_addressees(conn, own, said, now=now)
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

import sqlalchemy as sa

from paridad.acts.envelope import ActHash, Draft, SeenHead, party_of
from paridad.acts.issue import IssuedAct, issue
from paridad.base.strict import encode_base64url
from paridad.base.words import Words
from paridad.exchange.errors import NotReleased
from paridad.exchange.own_side import OwnSide
from paridad.exchange.release import Item, Matter, Release, release_whole
from paridad.ledger import log
from paridad.ledger.errors import UnknownState
from paridad.policy.decision import Decision
from paridad.programme.origins import shared_origin
from paridad.store import records, streams
from paridad.store.acts import NewAct, put_acts
from paridad.store.backup import restored_heads
from paridad.store.ledger import SqlLedgerStore
from paridad.store.streams import Outgoing, Stream

MAX_DIGESTS_A_PARCEL = 500
"""A line of the cover is one disclosure: 32 KiB, 61 bytes a digest."""


def seen_heads(conn: sa.Connection, own: OwnSide) -> tuple[SeenHead, ...]:
    """Return the heads of the other parties' shared logs as last witnessed."""
    ledger = SqlLedgerStore(conn)
    seen = ((origin, ledger.witnessed(origin)) for origin in (shared_origin(p, own.programme) for p in own.others))
    return tuple(SeenHead(origin, head.size, encode_base64url(head.root)) for origin, head in seen if head)


def issue_drafts(own: OwnSide, drafts: Sequence[Draft], *, now: int, see: tuple[SeenHead, ...]) -> list[IssuedAct]:
    """Sign drafts; nothing is stored yet."""
    return [
        issue(
            draft,
            vocabulary=own.vocabulary,
            signer=own.act_signers[draft.iss],
            prg=own.keys.in_force(now).prg,
            iat=now,
            see=see,
            random=own.random,
        )
        for draft in drafts
    ]


def file_acts(conn: sa.Connection, own: OwnSide, said: Sequence[IssuedAct], *, now: int) -> dict[ActHash, int]:
    """File acts of ours with their disclosures and append them to their logs; return the leaf index of each.

    A restored store takes none before the witnesses were asked: nothing is appended past a hole (spine 3.5).
    """
    if restored_heads(conn) is not None:
        raise UnknownState(
            Words(
                es="Es una copia restaurada y falta compararla con los testigos; nada se agrega.",
                en="This is a restored backup, not yet compared with the witnesses; nothing is appended.",
            )
        )
    put_acts(conn, [NewAct(act.hash, act.signed, act.envelope, act.kid) for act in said], ours=True, at=now)
    own.vault.put_disclosures(conn, {act.hash: act.texts for act in said})
    ledger = SqlLedgerStore(conn)
    indexes: dict[ActHash, int] = {}
    for origin in (own.own, own.shared):
        here = [act for act in said if origin_of(own, act) == origin]
        if here:
            added = log.append(ledger, origin, [act.signed for act in here])
            indexes.update(zip((act.hash for act in here), added, strict=True))
    return indexes


def origin_of(own: OwnSide, act: IssuedAct) -> str:
    """Return the log that an act of ours belongs in."""
    internal = all(party_of(agency) == own.party for agency in act.envelope.aud)
    return own.own if internal else own.shared


def release_to_addressees(
    own: OwnSide, said: Sequence[IssuedAct], matter: Matter, *, now: int, may_stay: Collection[str] = ()
) -> list[Release]:
    """Ask policy for every field of acts that speak to another party; they leave whole or `NotReleased` is raised."""
    addressed = [(act, agency) for act in said for agency in act.envelope.aud if party_of(agency) != own.party]
    circumstances = {
        (agency, purpose): replace(matter, recipient=agency, purpose=purpose)
        for agency, purpose in {(agency, act.envelope.pur) for act, agency in addressed}
    }
    items = [Item(act, circumstances[agency, act.envelope.pur]) for act, agency in addressed]
    return release_whole(items, engine=own.engine, own_party=own.party, now=now, may_stay=may_stay)


def queue(conn: sa.Connection, own: OwnSide, releases: Sequence[tuple[str, Release]], *, now: int) -> None:
    """Put releases into the outbox; each with the agency that sends it. Nothing else enters the outbox."""
    for _, each in releases:
        if len(each.digests) > MAX_DIGESTS_A_PARCEL:
            raise NotReleased(
                Words(
                    es=f"Son {len(each.digests)} partes y caben {MAX_DIGESTS_A_PARCEL}; entréguelas en varias veces.",
                    en=f"These are {len(each.digests)} parts; one release takes {MAX_DIGESTS_A_PARCEL}. Make several.",
                )
            )
    by_stream = sorted(releases, key=lambda each: (each[0], each[1].recipient))
    for (sender, recipient), group in groupby(by_stream, key=lambda each: (each[0], each[1].recipient)):
        outgoing = [Outgoing(each.act, each.digests) for _, each in group]
        streams.outbox_put(conn, Stream(own.programme, sender, recipient), outgoing, at=now)


def keep_decisions(conn: sa.Connection, operation: str, releases: Sequence[Release], *, now: int) -> None:
    """Keep what policy answered for every field of what leaves and for the act itself, once per operation."""
    answered = [(each.act, path, decision) for each in releases for path, decision in _answers(each)]
    numbers = {decision: number for number, decision in enumerate(dict.fromkeys(each[2] for each in answered))}
    fields: dict[str, dict[str, int]] = {}
    for act, path, decision in answered:
        fields.setdefault(act, {})[path] = numbers[decision]
    rows = [
        records.DecisionRow(
            number,
            decision.allowed,
            tuple(reason.rule for reason in decision.reasons),
            decision.policy_set,
            decision.input_hash,
            now,
        )
        for decision, number in numbers.items()
    ]
    records.put_decisions(conn, operation, rows, fields)


def _answers(each: Release) -> Iterator[tuple[str, Decision]]:
    """Yield the decision on the act itself, which has no path, and on each field."""
    if each.itself is not None:
        yield records.THE_ACT, each.itself
    yield from each.decisions.items()


def basis_kind(own: OwnSide, basis: str) -> str:
    """Return what kind of legal basis a code is for our party; nobody rests on a law that is not theirs."""
    return own.engine.lists.basis_kind(basis, own.party)


def conduct_matter(own: OwnSide, recipient: str) -> Matter:
    """Return the circumstances of the programme's own procedural acts."""
    return Matter(recipient, own.conduct.purpose, basis_kind(own, own.conduct.basis), addressed=True)
