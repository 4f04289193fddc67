# SPDX-License-Identifier: Apache-2.0
"""Targets desk: dossiers of priority targets, each statement with its source.

dossier.py      one subject as typed values, and the fields of the act
ofac.py         the official list in its csv layout -> dossiers and rejects; remarks.py reads its running text
identifiers.py  check digits, only to annotate
codes.py        code lists with their words, from codes.toml
rules.py        decide and evolve
projection.py   acts -> disposable tables and search
sample.py       invented dossiers for the demonstration
"""
