# SPDX-License-Identifier: Apache-2.0
"""Every test that takes `store` runs over SQLite and over PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from paridad.store.engine import Store
from support.postgres import postgres_server

__all__ = ["postgres_server"]

ENGINES = [pytest.param("sqlite"), pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=ENGINES)
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of a new store, on each engine in turn."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_server").fresh())
    return f"sqlite:///{tmp_path / 'node.db'}"


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """Return an open store, on each engine in turn."""
    with Store.open(store_url) as opened:
        yield opened


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    """Return an open SQLite store."""
    with Store.open(f"sqlite:///{tmp_path / 'node.db'}") as opened:
        yield opened
