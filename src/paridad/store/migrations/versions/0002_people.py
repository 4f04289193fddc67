# SPDX-License-Identifier: Apache-2.0
"""People who sign in: sessions, passkeys, invitations, and what they assented to.

Frozen: this file describes what revision 0002 added for ever and follows no later change of `paridad.store.tables`.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_schema = sa.MetaData(
    naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s", "uq": "uq_%(table_name)s_%(column_0_N_name)s"}
)


def upgrade() -> None:
    """Make the tables."""
    made = [table for table in _schema.sorted_tables if table is not _acts]
    _schema.create_all(op.get_bind(), tables=made, checkfirst=False)


def _text(name: str, *more: Any, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, sa.Text, *more, **{"nullable": False, **options})


def _integer(name: str, *more: Any, **options: Any) -> sa.Column[Any]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column(name, kind, *more, **{"nullable": False, "autoincrement": False, **options})


def _blob(name: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, sa.LargeBinary, **{"nullable": False, **options})


def _table(name: str, *columns: Any, rowid: bool = False) -> sa.Table:
    return sa.Table(name, _schema, *columns, sqlite_strict=True, sqlite_with_rowid=rowid)


_acts = _table("acts", _integer("filed", primary_key=True))
_table(
    "sessions",
    _text("digest", primary_key=True),
    _text("officer", index=True),
    _integer("opened"),
    _integer("seen"),
    _text("csrf"),
    _text("credential"),
)
_table(
    "passkeys",
    _text("credential", primary_key=True),
    _blob("raw_id"),
    _text("officer", index=True),
    _text("handle"),
    _text("label"),
    _blob("public_key"),
    _integer("sign_count"),
    _text("invited_by"),
    _integer("enrolled_at"),
    _integer("used_at"),
    _integer("revoked_at", nullable=True),
    _text("revoked_by", nullable=True),
)
_table(
    "invitations",
    _text("digest", primary_key=True),
    _text("officer"),
    _text("made_by"),
    _integer("until"),
    _integer("used_at", nullable=True),
)
_table(
    "assents",
    _integer("act", sa.ForeignKey("acts.filed"), primary_key=True),
    _text("operation"),
    _text("officer"),
    _text("credential"),
    _blob("authenticator_data"),
    _blob("client_data"),
    _blob("signature"),
    _integer("at"),
    rowid=True,
)
