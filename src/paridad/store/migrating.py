# SPDX-License-Identifier: Apache-2.0
"""Bringing the schema of a database up to this release's, or refusing it.

Rules
  - A database whose revision this release does not know is not touched: an older program must not write into a newer
    schema.
  - Migrations expand first and contract in a later release, so that two releases can work side by side for a while;
    no transactional DDL is assumed of a cluster (spine 6.2).
  - The migrations are frozen: they import nothing of `tables`. A test compares what they make with `tables`.

Worked example
    bring_up_to_date(backend)        an empty database gets its tables, an older one is migrated, ours is left alone
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from paridad.base.words import Words
from paridad.store.errors import SchemaUnknown

HEAD = "0002"
"""The revision of this release."""

_MIGRATIONS = Path(__file__).with_name("migrations")


class Alterable(Protocol):
    """A backend whose schema can be changed."""

    def alter(self) -> AbstractContextManager[sa.Connection]:
        """Lend a connection for changing the schema in one transaction."""


def bring_up_to_date(backend: Alterable) -> None:
    """Migrate the database to `HEAD`, or raise `SchemaUnknown`."""
    try:
        _migrate(backend)
    except (sa.exc.IntegrityError, sa.exc.ProgrammingError):
        # Another process of this node did the same at the same moment; what it did is seen now, or the failure is ours.
        _migrate(backend)


def _migrate(backend: Alterable) -> None:
    with backend.alter() as conn:
        found = revision(conn)
        if found == HEAD:
            return
        if found is not None and found not in set(_known()):
            raise SchemaUnknown(
                Words(
                    es=f"La base tiene el esquema {found}; este programa conoce hasta {HEAD}.",
                    en=f"The database has schema {found}; this program knows up to {HEAD}.",
                )
            )
        upgrade(conn, HEAD)


def revision(conn: sa.Connection) -> str | None:
    """Return the revision of the database, None where it has no schema of ours."""
    if not sa.inspect(conn).has_table("alembic_version"):
        return None
    return conn.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one_or_none()


def upgrade(conn: sa.Connection, to: str) -> None:
    """Run the migrations up to a revision on a connection that is in a transaction."""
    config = _config()
    config.attributes["connection"] = conn
    command.upgrade(config, to)


def _known() -> Iterator[str]:
    return (script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config
