# SPDX-License-Identifier: Apache-2.0
"""`paridad rebuild`, `backup`, `restore`, `erase`: the node's own housekeeping.

Rules
  - Views are disposable: `rebuild` drops and makes them again from the acts.
  - A backup is one snapshot with the heads it holds; a restored node signs nothing until the others' witnesses agree.
  - `erase expired` destroys the disclosures of records whose retention has ended; never those of folios, of the
    exchange or of keys, which are the history itself, nor notices of mistaken identity. The ledger stays whole.

Worked example
    paridad backup --out /backup/2026-11-22.db
    paridad erase expired --as ops --dry-run
"""

from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from paridad.base.sources import SECONDS_A_DAY
from paridad.base.strict import JsonValue
from paridad.cli.errors import refused
from paridad.cli.forms import Acting, Form, InFile, Target
from paridad.cli.seeing import kind_words
from paridad.cli.verbs import Call, Noun, Verb
from paridad.node.home import Home
from paridad.node.node import Node
from paridad.node.purging import backups_by
from paridad.node.saying import demand_role
from paridad.node.views import bring_up_to_date
from paridad.store.acts import StoredAct, filed_acts, numbers_of
from paridad.store.backup import Record, back_up, restore
from paridad.store.tables import act_keys

HISTORY = ("folio/", "exchange/", "programme/", "targets/not-this-person/")
"""Kinds that are the history itself, or protect somebody for good; their fields are not erased by age."""


class Rebuild(Form):
    """Drop the views and make them again."""

    dry_run: bool = False


class Backup(Form):
    """Copy the database while it works."""

    out: Target
    dry_run: bool = False


class Restore(Form):
    """Put a backup in the place of a database that is not there."""

    file: InFile
    dry_run: bool = False


class Erase(Acting):
    """Destroy what has expired."""


def rebuild(node: Node, form: Rebuild) -> JsonValue:
    """Make every view again; the same rows come out."""
    if form.dry_run:
        with node.own.store.read() as conn:
            return {"dry_run": True, "views": [{"view": n, "behind": b} for n, b in node.views.behind(conn).items()]}
    return {"dry_run": False, "views": [{"view": n, "projected": c} for n, c in node.views.rebuild().items()]}


def backup(node: Node, form: Backup) -> JsonValue:
    """Copy the database, with the record of its heads beside it."""
    target = Path(form.out)
    if not target.parent.is_dir():
        raise refused(f"No hay carpeta {target.parent}.", f"There is no folder {target.parent}.")
    if form.dry_run:
        return {"dry_run": True, "file": form.out, "record": ""}
    record = back_up(node.own.store, target, at=node.clock())
    return {"dry_run": False, "file": form.out, "record": f"{form.out}.heads", **_record(record)}


def bring_back(call: Call, form: Restore) -> JsonValue:
    """Put a backup in its place; the node must not be running."""
    url = sa.make_url(Home(call.home).settings.store)
    if url.get_backend_name() != "sqlite" or not url.database:
        raise refused("Use las herramientas de PostgreSQL.", "Use PostgreSQL's own tools.")
    if form.dry_run:
        return {"dry_run": True, "file": url.database}
    record = restore(Path(form.file), Path(url.database))
    call.tell("restored")
    return {"dry_run": False, "file": url.database, **_record(record)}


def _record(record: Record) -> dict[str, JsonValue]:
    heads: list[JsonValue] = [{"log": each.origin, "size": each.size, "root": each.root} for each in record.heads]
    return {"at": record.at, "digest": record.file, "logs": heads}


def erase_expired(node: Node, form: Erase) -> JsonValue:
    """Destroy the disclosures of every record whose retention has ended."""
    now, own = node.clock(), node.own
    demand_role(own, node.home.officer(form.officer), "administer", now=now)
    with own.store.read() as conn:
        expired = list(_expired(conn, node, now))
    if not form.dry_run and expired:
        own.store.submit(lambda conn: _erase_all(conn, node, expired, now))
        own.store.scrub()
    return {
        "dry_run": form.dry_run,
        "erased_acts": [
            {
                "act": act.hash,
                "kind": kind_words(own.vocabulary.kind(act.envelope.knd), act.envelope.knd),
                "at": act.envelope.iat,
            }
            for act in expired
        ],
        "backups_by": backups_by(now),
    }


def _expired(conn: sa.Connection, node: Node, now: int) -> Iterator[StoredAct]:
    """Yield the records past their retention that still have disclosures."""
    after = 0
    while page := filed_acts(conn, after=after):
        after = page[-1].filed
        old = [act for act in page if not act.envelope.knd.startswith(HISTORY) and _is_past(node, act, now)]
        held = sa.select(act_keys.c.act).where(act_keys.c.act.in_(numbers_of([act.hash for act in old])))
        living = set(conn.execute(held).scalars())
        yield from (act for act in old if act.filed in living)


def _is_past(node: Node, act: StoredAct, now: int) -> bool:
    charter = node.own.keys.charter(act.envelope.prg)
    return now >= act.envelope.iat + charter.retention_days(act.envelope.hnd, act.envelope.pur) * SECONDS_A_DAY


def _erase_all(conn: sa.Connection, node: Node, expired: list[StoredAct], now: int) -> None:
    """Destroy the disclosures, and what the views made of them, in one transaction; the scrub comes after both."""
    for act in expired:
        node.own.vault.erase(conn, act.hash, at=now, backups_by=backups_by(now), reason="retention")
    bring_up_to_date(conn, node.own)


VERBS = (
    Verb("rebuild", Rebuild, operation=rebuild),
    Verb("backup", Backup, operation=backup),
    Verb("restore", Restore, local=bring_back),
)
NOUN = Noun("erase", (Verb("expired", Erase, operation=erase_expired),))
