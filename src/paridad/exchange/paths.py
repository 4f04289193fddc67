# SPDX-License-Identifier: Apache-2.0
"""The addresses of a node's edge; the same on every node."""

PREFIX = "/paridad/1"
DELIVER = f"{PREFIX}/deliver"
WITNESS = f"{PREFIX}/add-checkpoint"
STATUS = f"{PREFIX}/status"
LOG = f"{PREFIX}/log/"
"""Followed by the log's role (`shared`, `own`) and the C2SP path: `checkpoint`, `tile/…`."""
PAYLOAD = f"{PREFIX}/payload/"
"""Followed by the hexadecimal SHA-256 of the ciphertext."""
