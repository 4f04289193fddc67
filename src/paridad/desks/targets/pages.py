# SPDX-License-Identifier: Apache-2.0
"""The desk's pages as data: which operations they ask, how a dossier's fields are laid out, what a list shows.

Rules
  - A desk knows no web: it names operations and orders fields; the pages fill their own templates with it.
  - Every field of the vocabulary stands in exactly one section, so that nothing is left out of a page in silence.

Worked example
    section_of("aliases[0].name").name           is "identity"
"""

from dataclasses import dataclass

from paridad.base.words import Words

LIST, SHOW = "targets.list", "targets.show"
"""The operations behind the register and behind one dossier."""
OF_FOLIO = "targets.of-folio"
"""The operation behind the dossiers that a folio is about."""
IMPORTS, IMPORT = "import.list", "import.show"
"""The operations behind the reports of imports."""
UPLOAD, TABLE, ATTEMPT, START, RETURNED = (
    "import.upload", "import.table", "import.attempt", "import.start", "import.returned",
)  # fmt: skip
"""The operations behind a table that is handed in, mapped, tried and brought in."""
MATCH, DUPLICATES = "targets.search", "targets.duplicates"
"""The operations behind a question and behind the pairs that wait."""
RUN = "targets.run."
"""What the operations of a run begin with."""
CASES, CASE, CASE_ORDERS = "targets.case.list", "targets.case.show", "targets.case."
"""The operations behind the priority cases and behind one; what the orders about one begin with."""
SIGHTINGS, SIGHTING, REPORT = "targets.sighting.list", "targets.sighting.show", "targets.sighting.report"
"""The operations behind the sightings, behind one, and behind a report."""
MISTAKEN, OF_MISTAKEN, MISTAKEN_ORDERS = "targets.mistaken.list", "targets.mistaken.show", "targets.mistaken."
"""The operations behind the notices of mistaken identity and behind those of one dossier; how orders begin."""


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a dossier's page."""

    name: str
    words: Words
    fields: tuple[str, ...]


SECTIONS = (
    Section(
        "identity",
        Words(es="Identidad", en="Identity"),
        ("subject_type", "name", "name_finding", "description", "name_parts", "title", "gender", "births",
         "birth_places", "deaths", "nationalities", "craft"),
    ),
    Section("aliases", Words(es="Otros nombres", en="Other names"), ("aliases",)),
    Section("identifiers", Words(es="Documentos y registros", en="Documents and registers"), ("identifiers",)),
    Section("listing", Words(es="Programas y medidas", en="Programmes and measures"),
            ("programmes", "measures", "authority")),
    Section("organisation", Words(es="Organización", en="Organisation"), ("organisation",)),
    Section("contact", Words(es="Domicilios, contactos y cuentas", en="Addresses, contacts and accounts"),
            ("addresses", "contacts", "accounts")),
    Section("links", Words(es="Vínculos con otros registros", en="Links to other records"), ("links",)),
    Section("source", Words(es="Fuente y fecha", en="Source and date"),
            ("source", "source_tags", "remarks", "remarks_cut", "other")),
    Section("state", Words(es="Estado del registro", en="State of the record"), ("state", "correction", "simulated")),
)  # fmt: skip


def section_of(path: str) -> Section:
    """Return the section in which a field is shown."""
    field = path.partition(".")[0].partition("[")[0]
    return next(each for each in SECTIONS if field in each.fields)
