# SPDX-License-Identifier: Apache-2.0
"""The auditor's verifier of runs: who is named by a run of private deconfliction, from an export alone."""
