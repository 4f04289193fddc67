# SPDX-License-Identifier: Apache-2.0
"""Which property of followthemoney stands for which field of a dossier: one table, read in both directions.

Rules
  - A term is a property, the list of the dossier that holds it and the code of its element; where the same property
    means several things, the type of subject says which.
  - `fatherName` and `motherName` are patronymic and matronymic (UNVERIFIED whether sources put Spanish surnames there):
    they are never poured into the surnames and stay among the other data, under their own names.
  - Refused are ethnicity, religion, politics and every score. `topics` are kept as the source's own tags.
  - What has no term here stays among the other data as received; nothing is dropped.

Worked example
    term_of("registrationNumber", "vehicle").code         is "plate"
    property_of("identifiers", "plate", "vehicle")        is "registrationNumber"
"""

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

SUBJECTS: Mapping[str, str] = MappingProxyType(
    {
        "Person": "person",
        "Organization": "organisation",
        "Company": "organisation",
        "PublicBody": "organisation",
        "LegalEntity": "organisation",
        "Vehicle": "vehicle",
        "Vessel": "vessel",
        "Airplane": "aircraft",
        "BankAccount": "account",
        "CryptoWallet": "account",
        "UserAccount": "account",
    }
)
"""Schema: the type of subject that its entities are."""
SCHEMATA: Mapping[str, str] = MappingProxyType(
    {
        "person": "Person",
        "organisation": "Organization",
        "vehicle": "Vehicle",
        "vessel": "Vessel",
        "aircraft": "Airplane",
        "account": "BankAccount",
        "telephone": "UserAccount",
    }
)
"""Type of subject: the schema under which it goes out, where its source said no other."""


class Edge(NamedTuple):
    """A schema that connects two entities."""

    relation: str
    source: str
    target: str
    role: str


EDGES: Mapping[str, Edge] = MappingProxyType(
    {
        "Family": Edge("family", "person", "relative", "relationship"),
        "Associate": Edge("associate", "person", "associate", "relationship"),
        "Ownership": Edge("ownership", "owner", "asset", "role"),
        "Directorship": Edge("directorship", "director", "organization", "role"),
        "Membership": Edge("membership", "member", "organization", "role"),
        "UnknownLink": Edge("unknown_link", "subject", "object", "role"),
    }
)
HOLDERS: Mapping[str, str] = MappingProxyType(
    {"Passport": "holder", "Identification": "holder", "Sanction": "entity", "Address": ""}
)
"""Schemata that belong to another entity, with the property that names it; an address is named by its holders."""
REFERENCES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {"owner": ("ownership", "owner"), "holder": ("ownership", "holder"), "operator": ("unknown_link", "operator")}
)
"""Properties that name another entity: type of link and role; who is named owns or operates the one that names."""

REFUSED = frozenset({"ethnicity", "religion", "political"})
_SCORE = re.compile(r"[Ss]core|[Rr]isk|^rating|Rating")


class Term(NamedTuple):
    """A property, the field that holds it and the code of its element."""

    property: str
    field: str
    code: str
    subjects: frozenset[str] = frozenset()


def _of(*subjects: str) -> frozenset[str]:
    return frozenset(subjects)


TERMS: tuple[Term, ...] = (
    Term("alias", "aliases", "aka"),
    Term("weakAlias", "aliases", "weak"),
    Term("previousName", "aliases", "fka"),
    Term("nationality", "nationalities", "nationality", _of("person")),
    Term("citizenship", "nationalities", "citizenship", _of("person")),
    Term("passportNumber", "identifiers", "passport", _of("person")),
    Term("socialSecurityNumber", "identifiers", "ssn", _of("person")),
    Term("idNumber", "identifiers", "id_number"),
    Term("idNumber", "identifiers", "curp", _of("person")),
    Term("taxNumber", "identifiers", "tax_id"),
    Term("taxNumber", "identifiers", "rfc"),
    Term("licenseNumber", "identifiers", "licence"),
    Term("registrationNumber", "identifiers", "plate", _of("vehicle")),
    Term("registrationNumber", "identifiers", "vessel_register", _of("vessel")),
    Term("registrationNumber", "identifiers", "tail_number", _of("aircraft")),
    Term("registrationNumber", "identifiers", "company_register", _of("organisation", "person")),
    Term("leiCode", "identifiers", "lei"),
    Term("innCode", "identifiers", "inn"),
    Term("ogrnCode", "identifiers", "ogrn"),
    Term("dunsCode", "identifiers", "duns"),
    Term("vatCode", "identifiers", "vat"),
    Term("swiftBic", "identifiers", "bank_code"),
    Term("imoNumber", "identifiers", "imo", _of("vessel")),
    Term("imoNumber", "identifiers", "imo_company", _of("organisation")),
    Term("mmsi", "identifiers", "mmsi", _of("vessel")),
    Term("serialNumber", "identifiers", "aircraft_serial", _of("aircraft")),
    Term("phone", "contacts", "telephone"),
    Term("email", "contacts", "email"),
    Term("website", "contacts", "website"),
    Term("accountNumber", "accounts", "account_number", _of("account")),
    Term("accountNumber", "accounts", "clabe", _of("account")),
    Term("iban", "accounts", "iban", _of("account")),
    Term("bic", "accounts", "bic", _of("account")),
    Term("publicKey", "accounts", "wallet", _of("account")),
    Term("username", "accounts", "user_name", _of("account")),
    Term("type", "craft", "vehicle_type", _of("vehicle")),
    Term("type", "craft", "vessel_type", _of("vessel")),
    Term("model", "craft", "model", _of("vehicle", "aircraft", "vessel")),
    Term("buildDate", "craft", "built", _of("vehicle", "vessel", "aircraft")),
    Term("manufacturer", "craft", "manufacturer", _of("aircraft")),
    Term("icaoCode", "craft", "type_designator", _of("aircraft")),
    Term("callSign", "craft", "call_sign", _of("vessel")),
    Term("flag", "craft", "flag", _of("vessel")),
    Term("pastFlags", "craft", "former_flag", _of("vessel")),
    Term("deadweightTonnage", "craft", "tonnage", _of("vessel")),
    Term("grossRegisteredTonnage", "craft", "gross_tonnage", _of("vessel")),
    Term("registrationPort", "craft", "port", _of("vessel")),
    Term("legalForm", "organisation", "legal_form", _of("organisation")),
    Term("jurisdiction", "organisation", "jurisdiction", _of("organisation")),
    Term("country", "organisation", "country", _of("organisation")),
    Term("incorporationDate", "organisation", "established", _of("organisation")),
    Term("dissolutionDate", "organisation", "dissolved", _of("organisation")),
    Term("status", "organisation", "status", _of("organisation")),
    Term("sector", "organisation", "sector", _of("organisation")),
    Term("program", "programmes", ""),
    Term("notes", "remarks", ""),
    Term("topics", "source_tags", ""),
)
NAME_PARTS: Mapping[str, str] = MappingProxyType(
    {
        "lastName": "surnames",
        "firstName": "given_names",
        "middleName": "middle_names",
        "nameSuffix": "suffix",
    }
)
"""Property of a person: the part of the name that it is, where it has one value."""


def is_refused(name: str) -> bool:
    """Whether this desk does not hold a property, whatever the source offers."""
    return name in REFUSED or _SCORE.search(name) is not None


@cache
def term_of(name: str, subject: str) -> Term | None:
    """Return the first term of a property for a type of subject."""
    return next((each for each in TERMS if each.property == name and _fits(each, subject)), None)


@cache
def property_of(field: str, code: str, subject: str) -> str:
    """Return the property under which an element goes out; empty where there is none."""
    wanted = (each for each in TERMS if (each.field, each.code) == (field, code) and _fits(each, subject))
    return next((each.property for each in wanted), "")


def _fits(term: Term, subject: str) -> bool:
    return not term.subjects or subject in term.subjects
