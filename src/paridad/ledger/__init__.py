# SPDX-License-Identifier: Apache-2.0
"""The ledger: Merkle trees, tiles, signed notes, checkpoints, witnesses and proofs; pure, plus a store port."""
