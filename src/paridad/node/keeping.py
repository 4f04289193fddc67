# SPDX-License-Identifier: Apache-2.0
"""Keeping the key ring in step with the ledger: enrolments, roll-overs and endings are acts like any other.

Rules
  - The ring is the charters plus every key statement in the order of filing; it is rebuilt from the acts at start.
  - A statement that does not hold changes nothing and is reported; the act that carried it stays on record.
  - Our own change is signed by our root, filed, and sent to every other party in one transaction.

Worked example
    refused = refresh_keys(own)            [] where every statement held
    announce_change(own, "A/POLICE", signed, now=now)
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from paridad.acts.envelope import Draft
from paridad.acts.verify import VerifiedAct
from paridad.base.errors import ParidadError
from paridad.base.words import Words
from paridad.exchange import filing
from paridad.exchange.own_side import OwnSide
from paridad.exchange.release import Matter
from paridad.node.reading import read_acts
from paridad.programme.charter import Charter
from paridad.programme.keys import KeyRing
from paridad.programme.statements import KeyChange, read_key_change
from paridad.store.acts import ActQuery, StoredAct, filed_acts, last_filed

KEY_CHANGE = "programme/key-change/1"
CHARTER = "programme/charter/1"


@dataclass(frozen=True, slots=True)
class RefusedChange:
    """A key statement that came in an act and does not hold."""

    act: str
    words: Words


def refresh_keys(own: OwnSide, charters: Sequence[Charter] = ()) -> list[RefusedChange]:
    """Rebuild the ring from the charters and the key acts on record; return the statements that do not hold."""
    with own.store.read() as conn:
        acts = read_acts(conn, own, list(_key_acts(conn)))
    own.keys, refused = ring_of(charters or own.keys.charters, acts)
    return refused


def ring_of(charters: Sequence[Charter], acts: Sequence[VerifiedAct]) -> tuple[KeyRing, list[RefusedChange]]:
    """Return the ring of charters and key acts: each statement counts under the charter it names, in filing order."""
    ring = KeyRing(())
    nowhere = Words(es="Nombra una carta que aquí no consta.", en="It names a charter that is not here.")
    refused = [RefusedChange(act.hash, nowhere) for act in acts]
    signed: dict[str, bytes] = {act.hash: str(act.fields.get("signed", "")).encode() for act in acts}
    for charter in charters:
        ring = ring.with_charter(charter)
        waiting, refused = refused, []
        for each in waiting:
            try:
                ring = ring.with_change(read_key_change(signed[each.act], charter))
            except ParidadError as error:
                refused.append(RefusedChange(each.act, error.words))
    return ring, refused


def _key_acts(conn: sa.Connection) -> Iterator[StoredAct]:
    after = 0
    while page := filed_acts(conn, ActQuery(kinds=(KEY_CHANGE,)), after=after):
        after = page[-1].filed
        yield from page


def changes_since(conn: sa.Connection, after: int) -> tuple[int, bool]:
    """Return the number of the act that was filed last, and whether a key act came after another number."""
    return last_filed(conn), bool(filed_acts(conn, ActQuery(kinds=(KEY_CHANGE,)), after=after, limit=1))


def announce_change(own: OwnSide, agency: str, signed: bytes, *, now: int) -> KeyChange:
    """File a key statement of our party as an act and queue it for an agency of every other party."""
    change = read_key_change(signed, own.keys.current)
    ring = own.keys.with_change(change)
    fields = {"change": change.change, "kid": change.kid, "signed": signed.decode("utf-8")}
    _announce(own, agency, KEY_CHANGE, fields, now=now)
    own.keys = ring
    return change


def announce_charter(own: OwnSide, agency: str, *, now: int) -> None:
    """File the adoption of the newest charter: the change is itself an act in every log."""
    charter = own.keys.current
    fields: dict[str, str | int] = {
        "version": charter.version,
        "charter": charter.hash,
        "effective_from": charter.effective_from,
    }
    if charter.previous:
        fields["previous"] = charter.previous
    _announce(own, agency, CHARTER, fields, now=now)


def _announce(own: OwnSide, agency: str, kind: str, fields: dict[str, str | int] | dict[str, str], *, now: int) -> None:
    conduct = own.conduct
    charter = own.keys.current
    aud = tuple(next(iter(charter.agencies_of(party))).id for party in own.others)
    draft = Draft(kind, agency, aud, conduct.handling, conduct.purpose, conduct.basis, fields)
    with own.store.read() as conn:
        see = filing.seen_heads(conn, own)
    said = filing.issue_drafts(own, [draft], now=now, see=see)
    matter = Matter("", conduct.purpose, filing.basis_kind(own, conduct.basis), addressed=True)
    releases = filing.release_to_addressees(own, said, matter, now=now)

    def commit(conn: sa.Connection) -> None:
        filing.file_acts(conn, own, said, now=now)
        filing.queue(conn, own, [(agency, each) for each in releases], now=now)
        filing.keep_decisions(conn, f"announce {said[0].hash}", releases, now=now)

    own.store.submit(commit)
