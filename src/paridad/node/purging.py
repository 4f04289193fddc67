# SPDX-License-Identifier: Apache-2.0
"""Honouring a recall: what was received under a release is destroyed in the transaction that attests it.

Rules
  - Exactly the fields that the recalled release gave are destroyed; a field that another release still standing gave
    as well stays, and the attestation lists it as kept.
  - A record that never arrived, or was set apart, has nothing to destroy; that does not keep anybody from attesting.
  - The act's signed part stays: the ledger is whole and verifiable; only what was disclosed is gone.
  - The attestation says when it became unreadable in the node, and by when in backups. It proves what was promised
    and said, not that a memory was erased; the page says so.

Worked example
    purge(conn, own, folio, AttestPurge(of=recall, …), now=now)     inside the transaction that files the attestation
"""

import sqlalchemy as sa

from paridad.base.sources import SECONDS_A_DAY
from paridad.exchange.own_side import OwnSide
from paridad.folio.commands import AttestPurge, Command, Derived
from paridad.folio.state import Folio, RecallCase
from paridad.node.reading import read_acts
from paridad.store.acts import get_acts

BACKUP_DAYS = 30


def purge(conn: sa.Connection, own: OwnSide, folio: Folio, command: Command, *, now: int) -> int:
    """Destroy what a recall asks back, if the command attests that; return how many fields went."""
    if not isinstance(command, AttestPurge):
        return 0
    recalled = _recalled_paths(folio, _recall(folio, command.of))
    gone = 0
    for act in read_acts(conn, own, list(get_acts(conn, recalled).values())):
        paths = recalled[act.hash]
        digests = [each.digest for path, each in act.disclosures.items() if _asked(path, each.parent, paths)]
        reason = f"recall {command.of}"
        gone += own.vault.erase_some(
            conn, act.hash, digests, at=now, backups_by=command.unreadable_in_backups_by, reason=reason
        )
    return gone


def derived_items(folio: Folio, recall: str) -> tuple[Derived, ...]:
    """List what this node made of what is recalled: rows of its views, destroyed with the disclosures."""
    records = _recalled_paths(folio, _recall(folio, recall))
    return tuple(Derived(f"view of {record}", "destroyed") for record in records)


def backups_by(now: int) -> int:
    """Return by when the last backup that needs the present wrapping key has expired."""
    return now + BACKUP_DAYS * SECONDS_A_DAY


def _recall(folio: Folio, of: str) -> RecallCase:
    return next(each for each in folio.recalls if each.hash == of)


def _recalled_paths(folio: Folio, recall: RecallCase) -> dict[str, set[str]]:
    """Return per record the paths that only the recalled release gave."""
    release = folio.release(recall.release)
    standing = {
        (each.record, each.path)
        for other in folio.releases
        if other.hash != recall.release and not folio.recalled(other.hash)
        for each in other.given
    }
    paths: dict[str, set[str]] = {}
    for each in release.given if release else ():
        if (each.record, each.path) not in standing:
            paths.setdefault(each.record, set()).add(each.path)
    return paths


def _asked(path: str, parent: str | None, paths: set[str]) -> bool:
    """Return whether a field is asked back: a part goes with its whole."""
    return path in paths or parent in paths
