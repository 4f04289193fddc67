# SPDX-License-Identifier: Apache-2.0
"""The store: acts, leaves, streams and secrets at rest, in SQLite or PostgreSQL, by SQLAlchemy Core."""
