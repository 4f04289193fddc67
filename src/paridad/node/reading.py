# SPDX-License-Identifier: Apache-2.0
"""Reading acts back from the store: the signed bytes with the disclosures still at hand.

Worked example
    act = read_act(conn, own, hash_)        act.fields are the opened ones; an erased field is simply not there
    folio = load_folio(conn, own, "A-2026-0007")
"""

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from paridad.acts.envelope import ActHash
from paridad.acts.verify import VerifiedAct, reread
from paridad.base.words import Words
from paridad.exchange.own_side import OwnSide
from paridad.folio.evolve import fold
from paridad.folio.state import Folio, Recorded
from paridad.folio.terms import Terms, terms_of
from paridad.node.errors import NotFound
from paridad.programme.origins import shared_origin
from paridad.store.acts import ActQuery, StoredAct, every_act, folio_acts, get_acts
from paridad.store.ledger import indexes_of
from paridad.store.proofs import proofs_of


def read_acts(conn: sa.Connection, own: OwnSide, stored: Sequence[StoredAct]) -> list[VerifiedAct]:
    """Return stored acts with their opened fields, in the order given."""
    texts = own.vault.disclosures_of(conn, [act.hash for act in stored])
    return [reread(act.signed, texts[act.hash], vocabulary=own.vocabulary) for act in stored]


def read_act(conn: sa.Connection, own: OwnSide, hash_: str) -> VerifiedAct:
    """Return one act, or raise `NotFound`."""
    found = list(get_acts(conn, [hash_]).values())
    if not found:
        raise NotFound(Words(es=f"Aquí no está el acto {hash_}.", en=f"There is no act {hash_} here."))
    return read_acts(conn, own, found)[0]


def load_folio(conn: sa.Connection, own: OwnSide, folio_id: str) -> Folio:
    """Fold a folio from its stored acts."""
    return fold(folio_id, recorded(conn, own, folio_acts(conn, folio_id)), lambda prg: terms_for(own, prg))


def read_folio(conn: sa.Connection, own: OwnSide, folio_id: str) -> tuple[Folio, list[VerifiedAct]]:
    """Return a folio together with the acts it is folded from, in the order of filing; each is opened once."""
    acts = read_acts(conn, own, folio_acts(conn, folio_id))
    return fold(folio_id, _recorded(conn, own, acts), lambda prg: terms_for(own, prg)), acts


def recorded(conn: sa.Connection, own: OwnSide, stored: Sequence[StoredAct]) -> list[Recorded]:
    """Return acts as a folio reads them, each with its place in its issuer's log."""
    return _recorded(conn, own, read_acts(conn, own, stored))


def _recorded(conn: sa.Connection, own: OwnSide, acts: Sequence[VerifiedAct]) -> list[Recorded]:
    indexes = leaf_indexes(conn, own, [act.hash for act in acts])
    return [Recorded(act.hash, act.envelope, act.fields, indexes.get(act.hash, 0)) for act in acts]


def recorded_about(conn: sa.Connection, own: OwnSide, hash_: str, kinds: Collection[str]) -> list[Recorded]:
    """Return an act, and those of some kinds that name it, in the order of filing."""
    naming = every_act(conn, ActQuery(kinds=kinds, refers_to=hash_))
    return recorded(conn, own, [*get_acts(conn, [hash_]).values(), *naming])


def leaf_indexes(conn: sa.Connection, own: OwnSide, hashes: Sequence[str]) -> dict[ActHash, int]:
    """Return where acts stand in their issuers' logs: ours in our two, the others' as mirrored or as proved."""
    indexes = {ActHash(row.act_hash): row.index for row in proofs_of(conn, hashes)}
    for origin in (*(shared_origin(party, own.programme) for party in own.others), own.own, own.shared):
        indexes.update(indexes_of(conn, origin, hashes))
    return indexes


def terms_for(own: OwnSide, prg: str) -> Terms:
    """Return the terms of the charter that a request names."""
    return terms_of(own.keys.charter(prg))
