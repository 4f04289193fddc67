# SPDX-License-Identifier: Apache-2.0
"""The report of an import as an act: what was brought in, by whom, by which mapping, and what came back and why.

Rules
  - One act for each import that filed or changed nothing less than it says: the second import of a file is on record
    as one that changed nothing.
  - The rows themselves are not in it; of what came back it holds place and reason, the first two hundred.
  - The mapping of a table is kept with its name: the next import finds it there.

Worked example
    report_fields(Brought("csv", "padron.csv", digest, "ana"), mapping, counts)["filed"]        is 13809
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice

from paridad.base.strict import JsonValue
from paridad.desks.targets.lines import Reject
from paridad.desks.targets.mapping import ColumnMapping, mapping_of
from paridad.folio.reading import records, text

KIND = "targets/import/1"
SHOWN = 200
_OF_MAPPING = ("name", "subject", "encoding", "divider", "order", "letters")


@dataclass(frozen=True, slots=True)
class Brought:
    """What was brought in, and by whom."""

    format: str
    source: str
    file: str
    digest: str
    officer: str
    mapping: ColumnMapping | None = None


def report_fields(
    brought: Brought,
    counts: Mapping[str, int],
    rejects: Iterable[Reject],
    noted: Mapping[tuple[str, str], int],
) -> dict[str, JsonValue]:
    """Return the fields of the act."""
    fields: dict[str, JsonValue] = {
        "format": brought.format,
        "source": brought.source,
        "file": brought.file,
        "digest": brought.digest,
        "officer": brought.officer,
        **counts,
    }
    if mapping := brought.mapping:
        said = {name: str(getattr(mapping, name)) for name in _OF_MAPPING}
        fields["mapping"] = {name: value for name, value in said.items() if value}
        fields["columns"] = [{"column": column, "field": code} for column, code in mapping.columns.items()]
    returned: list[JsonValue] = [
        {"file": each.file, "line": each.line, "column": each.column, "es": each.reason.es, "en": each.reason.en}
        for each in islice(rejects, SHOWN)
    ]
    notes: list[JsonValue] = [
        {"note": kind, "column": column, "times": times} for (kind, column), times in islice(noted.items(), SHOWN)
    ]
    return {name: value for name, value in {**fields, "returned": returned, "noted": notes}.items() if value != []}


def mapping_in(fields: Mapping[str, JsonValue]) -> ColumnMapping | None:
    """Return the mapping that an import was made by, where the reader may see it."""
    said = fields.get("mapping")
    if not isinstance(said, Mapping) or not text(fields, "source"):
        return None
    columns = {text(each, "column"): text(each, "field") for each in records(fields, "columns")}
    return mapping_of({**said, "source": text(fields, "source"), "columns": columns})
