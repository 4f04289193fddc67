# SPDX-License-Identifier: Apache-2.0
"""The composition root: one node of one party, built with explicit arguments."""
