# SPDX-License-Identifier: Apache-2.0
"""The first schema: acts, secrets at rest, ledger, streams, records.

Frozen: this file describes the schema of revision 0001 for ever and follows no later change of `paridad.store.tables`.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_schema = sa.MetaData(
    naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s", "uq": "uq_%(table_name)s_%(column_0_N_name)s"}
)


def upgrade() -> None:
    """Make the tables and the row that whoever writes holds."""
    _schema.create_all(op.get_bind())
    op.get_bind().execute(_counters.insert().values(name="filed", value=0))


def _text(name: str, *more: Any, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, sa.Text, *more, **{"nullable": False, **options})


def _integer(name: str, *more: Any, **options: Any) -> sa.Column[Any]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column(name, kind, *more, **{"nullable": False, "autoincrement": False, **options})


def _blob(name: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, sa.LargeBinary, **{"nullable": False, **options})


def _table(name: str, *columns: Any, rowid: bool = False) -> sa.Table:
    return sa.Table(name, _schema, *columns, sqlite_strict=True, sqlite_with_rowid=rowid)


_counters = _table(
    "counters",
    _text("name", primary_key=True),
    _integer("value"),
)
_table(
    "meta",
    _text("key", primary_key=True),
    _text("value"),
)
_table(
    "acts",
    _integer("filed", primary_key=True),
    _text("hash", unique=True),
    _text("kid"),
    _text("iss"),
    _integer("iat"),
    _text("jti"),
    _text("prg"),
    _text("knd"),
    _text("fol"),
    _text("hnd"),
    _text("pur"),
    _text("bas"),
    _integer("ours"),
    _integer("arrived_at"),
    _blob("signed"),
    sa.UniqueConstraint("jti", "iss"),
    sa.Index("ix_acts_fol", "fol", "filed", sqlite_where=sa.text("fol != ''"), postgresql_where=sa.text("fol != ''")),
    sa.Index(None, "iat", "hash"),
    rowid=True,
)
_table(
    "act_refs",
    _integer("ref", sa.ForeignKey("acts.filed"), primary_key=True),
    _integer("act", sa.ForeignKey("acts.filed"), primary_key=True),
)
_table(
    "refs_ahead",
    _text("ref", primary_key=True),
    _integer("act", sa.ForeignKey("acts.filed"), primary_key=True),
)
_table(
    "act_addressees",
    _text("agency", primary_key=True),
    _integer("act", sa.ForeignKey("acts.filed"), primary_key=True),
)
_table(
    "touched",
    _integer("number", primary_key=True),
    _integer("act", sa.ForeignKey("acts.filed")),
)
_table(
    "conflicts",
    _text("held", primary_key=True),
    _text("other", primary_key=True),
    _text("about"),
    _integer("found_at"),
    _blob("signed"),
    _integer("settled_at", nullable=True),
    _text("settled_by", nullable=True),
)
_table(
    "act_keys",
    _integer("act", sa.ForeignKey("acts.filed"), primary_key=True),
    _integer("epoch"),
    _blob("wrapped"),
    rowid=True,
)
_table(
    "disclosures",
    _integer("act", sa.ForeignKey("acts.filed")),
    _integer("seq"),
    _blob("sealed"),
    sa.UniqueConstraint("act", "seq"),
    rowid=True,
)
_table(
    "destroyed",
    _integer("act", sa.ForeignKey("acts.filed"), primary_key=True),
    _integer("seq", primary_key=True),
    _integer("at"),
    _integer("backups_by"),
    _integer("epoch"),
    _text("digests"),
    _text("reason"),
)
_table(
    "lockers",
    _text("name", primary_key=True),
    _integer("epoch"),
    _blob("wrapped"),
    _blob("sealed"),
    rowid=True,
)
_table(
    "heads",
    _text("origin", primary_key=True),
    _integer("size"),
    _blob("root"),
)
_table(
    "leaves",
    _text("origin", primary_key=True),
    _integer("idx", primary_key=True),
    _integer("act", sa.ForeignKey("acts.filed"), index=True),
    _blob("leaf_hash"),
)
_table(
    "tiles",
    _text("origin", primary_key=True),
    _integer("level", primary_key=True),
    _integer("idx", primary_key=True),
    _blob("data"),
)
_table(
    "checkpoints",
    _text("origin", primary_key=True),
    _integer("size", primary_key=True),
    _blob("root"),
    _blob("note"),
)
_table(
    "cosignatures",
    _text("origin", primary_key=True),
    _integer("size", primary_key=True),
    _text("cosigner", primary_key=True),
    _blob("lines"),
    _integer("at"),
)
_table(
    "witnessed",
    _text("origin", primary_key=True),
    _text("role", primary_key=True),
    _integer("size"),
    _blob("root"),
    _blob("note"),
)
_table(
    "proofs",
    _integer("act", sa.ForeignKey("acts.filed"), primary_key=True),
    _text("origin", primary_key=True),
    _integer("idx"),
    _integer("size"),
    _blob("path"),
)
_table(
    "consistency",
    _text("origin", primary_key=True),
    _integer("old", primary_key=True),
    _integer("new", primary_key=True),
    _blob("path"),
)
_table(
    "evidence",
    _text("digest", primary_key=True),
    _text("origin", index=True),
    _integer("number"),
    _blob("object"),
)
_table(
    "outbound_streams",
    _text("programme", primary_key=True),
    _text("sender", primary_key=True),
    _text("receiver", primary_key=True),
    _integer("next_position"),
)
_table(
    "outbox",
    _text("programme", primary_key=True),
    _text("sender", primary_key=True),
    _text("receiver", primary_key=True),
    _integer("position", primary_key=True),
    _integer("act", sa.ForeignKey("acts.filed"), index=True),
    _text("digests"),
    _text("state"),
    _text("cover", nullable=True),
    _text("verdict", nullable=True),
    _integer("queued_at"),
    sa.Index(
        "ix_outbox_open",
        "state",
        "programme",
        "sender",
        "receiver",
        "position",
        sqlite_where=sa.text("state != 'cosigned'"),
        postgresql_where=sa.text("state != 'cosigned'"),
    ),
)
_table(
    "batches",
    _text("cover", sa.ForeignKey("acts.hash"), primary_key=True),
    _text("programme"),
    _text("sender"),
    _text("receiver"),
    _integer("first"),
    _integer("parcels"),
    _text("state"),
    _integer("attempts"),
    _text("last_error"),
    _integer("next_try_at"),
    _text("receipt", nullable=True),
    sa.UniqueConstraint("programme", "sender", "receiver", "first"),
    sa.Index(None, "state", "next_try_at"),
)
_table(
    "inbound_streams",
    _text("programme", primary_key=True),
    _text("sender", primary_key=True),
    _text("receiver", primary_key=True),
    _integer("next_position"),
    _text("last_act"),
)
_table(
    "inbound_parcels",
    _text("programme", primary_key=True),
    _text("sender", primary_key=True),
    _text("receiver", primary_key=True),
    _integer("position", primary_key=True),
    _text("act_hash"),
    _integer("act", sa.ForeignKey("acts.filed"), nullable=True, index=True),
    _blob("digests_sha"),
    _text("verdict"),
    _text("cover"),
    _integer("arrived_at"),
)
_table(
    "receipts",
    _text("cover", primary_key=True),
    _text("receipt"),
)
_table(
    "held",
    _text("programme", primary_key=True),
    _text("sender", primary_key=True),
    _text("receiver", primary_key=True),
    _integer("position", primary_key=True),
    _text("digest", primary_key=True),
    _text("cover"),
    _integer("arrived_at"),
)
_table(
    "quarantine",
    _text("programme", primary_key=True),
    _text("sender", primary_key=True),
    _text("receiver", primary_key=True),
    _integer("position", primary_key=True),
    _text("digest"),
    _integer("step"),
    _text("reason"),
    _integer("arrived_at"),
    _integer("settled_at", nullable=True),
    _text("settled_by", nullable=True),
)
_table(
    "decisions",
    _text("operation", primary_key=True),
    _integer("number", primary_key=True),
    _integer("allowed"),
    _text("rules"),
    _text("policy_set"),
    _text("input_hash"),
    _integer("at"),
)
_table(
    "decided",
    _text("operation", primary_key=True),
    _integer("act", sa.ForeignKey("acts.filed"), primary_key=True, index=True),
    _text("fields"),
)
_table(
    "commands",
    _text("id", primary_key=True),
    _text("officer"),
    _text("digest"),
    _text("acts"),
    _integer("at"),
)
_table(
    "judgements",
    _text("about", primary_key=True),
    _integer("number", primary_key=True),
    _integer("at"),
    _text("judge"),
    _text("reason"),
)
_table(
    "reads",
    _integer("act", sa.ForeignKey("acts.filed"), primary_key=True),
    _integer("at", primary_key=True),
    _text("reader", primary_key=True),
    _text("how", primary_key=True),
)
_table(
    "payloads",
    _text("digest", primary_key=True),
    _integer("size"),
    _integer("stored_at"),
    _integer("destroyed_at", nullable=True),
)
_table(
    "payload_uses",
    _text("digest", sa.ForeignKey("payloads.digest"), primary_key=True),
    _integer("act", sa.ForeignKey("acts.filed"), primary_key=True, index=True),
)
