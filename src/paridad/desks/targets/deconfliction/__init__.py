# SPDX-License-Identifier: Apache-2.0
"""Private comparison of two lists: both parties learn what both hold, and nothing about the rest."""
