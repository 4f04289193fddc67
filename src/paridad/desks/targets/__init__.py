# SPDX-License-Identifier: Apache-2.0
"""Targets desk: dossiers of priority targets, each statement with its source.

dossier.py      one subject as typed values, and the fields of the act
ofac.py         the official list in its csv layout -> dossiers and rejects; remarks.py reads its running text
ftm.py          entities of followthemoney -> dossiers and links; ftm_entity.py one line, ftm_dossier.py its dossier
ftm_out.py      dossiers and links -> entities and their side file; ftm_terms.py is the table of both directions
table.py        tables in csv -> dossiers; mapping.py what a person decides of columns, table_row.py one row
reports.py      what became of a list, as an act
links.py        what connects a dossier with another, or with a folio
findings.py     what is wrong with a value, as a note; dates.py reads dates; lines.py reads lines of files
identifiers.py  check digits, only to annotate; numbers ready to be compared
names.py        a name as words with roles, several readings; names.toml has nicknames and abbreviations
phonetic.py     how Spanish names sound
frequencies.py  how rare a word of a name is, from frequencies.toml
tokens.py       two words: at which level they agree, and what that weighs
name_match.py   two names of persons; firm_match.py  two of firms or craft; birth_match.py  two dates of birth
subjects.py     a dossier as values that can be compared
features.py     two records: a sum of millibits and the lines it is made of
index.py        which records are worth comparing
judgements.py   what a person says of two dossiers, and what follows from it
cases.py        priority cases: sheets, updates, who is late; terms.py  the desk's limits of time
sightings.py    what was seen, and until when that is told; mistaken.py  not this person
daybook.py      what the desk does day by day, as rows; sight.py  which rows a reader knows of
codes.py        code lists with their words, from codes.toml
rules.py        decide and evolve
projection.py   acts -> disposable tables and search
sample.py       invented dossiers for the demonstration
"""
