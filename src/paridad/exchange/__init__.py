# SPDX-License-Identifier: Apache-2.0
"""Exchange between nodes: release, outbox, sealed batches, inbox, receipts, witnessing."""
