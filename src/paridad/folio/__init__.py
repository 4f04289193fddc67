# SPDX-License-Identifier: Apache-2.0
"""One matter between two parties: ask, answer, refuse, release, recall, outcome, and who waits for whom."""
