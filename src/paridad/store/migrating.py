# SPDX-License-Identifier: Apache-2.0
"""Temporary."""

from paridad.store.tables import metadata, counters
import sqlalchemy as sa


def bring_up_to_date(backend) -> None:
    cm = backend.alter if hasattr(backend, "alter") else backend.write
    with cm() as conn:
        metadata.create_all(conn)
        if not conn.execute(sa.select(counters)).first():
            conn.execute(counters.insert().values(name="filed", value=0))
