# SPDX-License-Identifier: Apache-2.0
"""What `paridad bench targets` measures on: labelled pairs in two parts, and invented persons with known errors.

Rules
  - The parts are fixed by a digest of the entity's connected component: what has a name in common is in one part. The
    digest knows nothing of any result. Weights and thresholds were chosen on the tuning part; figures name their part.
  - Persons are drawn from the frequency files beside the checkout and from invented persons, not from the tables that
    the program weighs with. The same seed draws the same persons.
  - Every file is named with its SHA-256; a file that is not there is said, and nothing is put in its place.

Worked example
    part_of("barack obama")                        is "tuning" or "evaluation", always the same
    labelled(folder)[0].part                       the part of one labelled pair
"""

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

from paridad.cli.errors import refused
from paridad.desks.targets.projection import fold, tokens_of

TUNING, EVALUATION = "tuning", "evaluation"
PARTS = (TUNING, EVALUATION)
SPLIT = "paridad targets split 1"
"""The split's own name; another name would be another split."""
PAIRS, CHECKS = "names/name_pairs.csv", "names/entity_checks.json"
SPELLINGS, INVENTED = "names/un_list_spelling_pairs.csv", "names/synthetic_persons.csv.gz"
SURNAMES, FORENAMES = "name_frequencies/mx_us_surnames.csv", "name_frequencies/mx_us_forenames.csv"
LINKAGE = "record_linkage/febrl_dataset3.csv"
LIST = ("ofac/sdn_2023-12-28.csv.gz", "ofac/alt_2024-01.csv.gz", "ofac/add_2024-01.csv.gz")


@dataclass
class Files:
    """The folder of data, and what was read of it."""

    folder: Path
    read: dict[str, str] = field(default_factory=dict)
    """File -> SHA-256."""

    def bytes_of(self, name: str) -> bytes:
        """Return a file's bytes, unpacked, and note its digest."""
        path = self.folder / name
        if not path.is_file():
            raise refused(f"Falta el archivo de datos {name}.", f"The data file {name} is not there.")
        data = path.read_bytes()
        self.read[name] = sha256(data).hexdigest()
        return gzip.decompress(data) if name.endswith(".gz") else data

    def rows(self, name: str) -> list[dict[str, str]]:
        """Return the rows of a csv file with a header, blanks around values left out."""
        reader = csv.DictReader(io.StringIO(self.bytes_of(name).decode("utf-8")), skipinitialspace=True)
        return [{key.strip(): (value or "").strip() for key, value in row.items() if key} for row in reader]


@dataclass(frozen=True, slots=True)
class Labelled:
    """Two names and whether they are one subject's."""

    a: str
    b: str
    schema: str
    same: bool
    component: str

    @property
    def part(self) -> str:
        """The part of the data to which the pair belongs."""
        return part_of(self.component)


def part_of(component: str) -> str:
    """Return the part of a component: half of all, by a digest."""
    return PARTS[sha256(f"{SPLIT}:{component}".encode()).digest()[0] & 1]


def name_key(name: str) -> str:
    """Return a name as a set of folded words, by which components are found."""
    return b" ".join(sorted(tokens_of(name))).decode("utf-8")


def components(pairs: Iterable[tuple[str, str]]) -> Callable[[str], str]:
    """Return the function from a name to its component: names that some chain of pairs connects."""
    above: dict[str, str] = {}

    def find(key: str) -> str:
        while above.setdefault(key, key) != key:
            key = above[key]
        return key

    for one, other in pairs:
        first, second = sorted((find(name_key(one)), find(name_key(other))))
        above[second] = first
    return lambda name: find(name_key(name))


def labelled(files: Files) -> tuple[list[Labelled], list[Labelled]]:
    """Return the labelled name pairs and the labelled record checks, split by one set of components."""
    pairs = [(row["name1"], row["name2"], row["schema"], row["is_match"] == "true") for row in files.rows(PAIRS)]
    checks = [
        (_name(each["query"]), _name(each["candidate"]), each["schema"], bool(each["match"]))
        for each in json.loads(files.bytes_of(CHECKS))
    ]
    component = components((a, b) for a, b, _, _ in (*pairs, *checks))
    named, checked = (
        [Labelled(a, b, schema, same, component(a)) for a, b, schema, same in group] for group in (pairs, checks)
    )
    return named, checked


def _name(record: Mapping[str, Any]) -> str:
    parts = [record.get(key, "") for key in (("name",) if "name" in record else ("firstName", "lastName"))]
    return " ".join(each if isinstance(each, str) else each[0] for each in parts if each)


@dataclass(frozen=True, slots=True)
class Person:
    """An invented person."""

    given: tuple[str, ...]
    surnames: tuple[str, ...]
    born: str
    crowd: int
    """How common the first surname is in the source it was drawn from; 0 where it is rare."""

    @property
    def listed(self) -> str:
        """The name as lists write it."""
        return f"{' '.join(self.surnames).upper()}, {' '.join(self.given)}"


class People:
    """Invented persons, from the frequency files and from names of invented persons.

    Of the two countries of the frequency files the first is the one where people carry two surnames.
    """

    def __init__(self, files: Files, seed: int) -> None:
        self._draw = Random(seed)  # noqa: S311  invented persons that must repeat
        common = files.rows(SURNAMES)
        first_country, second_country = list(dict.fromkeys(row["Country"] for row in common))[:2]
        counts = [(row["Country"], row["Localized Name"], int(row["Count"] or 0)) for row in common]
        self._two = [(name, count) for country, name, count in counts if country == first_country]
        self._one = [(name, count) for country, name, count in counts if country == second_country]
        first = [row["Localized Name"] for row in files.rows(FORENAMES)]
        invented = [row for row in files.rows(INVENTED) if fold(row["full_name"]).isascii()]
        self._rare = sorted({row["last_name"] for row in invented if len(row["last_name"]) > 2})  # noqa: PLR2004
        self._given = sorted({*first, *(row["first_name"] for row in invented)})

    def person(self) -> Person:
        """Draw one person: two surnames or one, common or rare."""
        draw = self._draw
        two = draw.random() < 0.6  # noqa: PLR2004
        surnames = [self._surname(self._two if two else self._one) for _ in range(2 if two else 1)]
        given = tuple(draw.sample(self._given, draw.choice((1, 1, 2))))
        born = date(1950, 1, 1) + timedelta(days=draw.randrange(365 * 55))
        return Person(given, tuple(name for name, _ in surnames), born.isoformat(), surnames[0][1])

    def _surname(self, common: Sequence[tuple[str, int]]) -> tuple[str, int]:
        if self._draw.random() < 0.5:  # noqa: PLR2004
            return self._draw.choice(self._rare), 0
        return self._draw.choices(common, [count + 1 for _, count in common])[0]

    def misspelt(self, person: Person) -> tuple[str, str]:
        """Return a name and a date under which a person is asked for."""
        given, surnames, born = self.errors(person)
        return " ".join((*given, *surnames)), born

    def errors(self, person: Person) -> tuple[list[str], list[str], str]:
        """Return given names, surnames and date with errors: a word left out, a slip, a date not known."""
        draw = self._draw
        given, surnames = list(person.given), list(person.surnames)
        if len(surnames) > 1 and draw.random() < 0.25:  # noqa: PLR2004
            surnames.pop()
        if len(given) > 1 and draw.random() < 0.4:  # noqa: PLR2004
            given.pop()
        words = [given, surnames][draw.random() < 0.6]  # noqa: PLR2004
        if draw.random() < 0.6:  # noqa: PLR2004
            words[0] = slip(words[0], draw)
        kind = draw.random()
        born = person.born if kind < 0.6 else person.born[:4] if kind < 0.8 else ""  # noqa: PLR2004
        return given, surnames, born


def slip(word: str, draw: Random) -> str:
    """Return a word with one letter doubled, dropped, exchanged with its neighbour, or replaced by another."""
    place = draw.randrange(1, max(2, len(word)))
    head, tail = word[:place], word[place:]
    return draw.choice(
        (
            head + head[-1] + tail,
            head + tail[1:],
            head[:-1] + tail[:1] + head[-1] + tail[1:],
            head + draw.choice("aeiouslrnmt") + tail[1:],
        )
    )


def bootstrap(groups: Mapping[str, Sequence[Any]], measure: Callable[[Sequence[Any]], float], seed: int) -> list[float]:
    """Return the 95 % interval of a measure: entities drawn again 1,000 times."""
    draw = Random(seed)  # noqa: S311  an interval that must repeat
    names = sorted(groups)
    found = sorted(
        measure([each for name in draw.choices(names, k=len(names)) for each in groups[name]]) for _ in range(1000)
    )
    return [round(found[25], 4), round(found[974], 4)]


def grouped(items: Iterable[tuple[str, Any]]) -> dict[str, list[Any]]:
    """Return items by their group."""
    groups: dict[str, list[Any]] = {}
    for name, item in items:
        groups.setdefault(name, []).append(item)
    return groups


def invented(files: Files) -> Iterator[tuple[str, str]]:
    """Yield name and date of birth of invented persons of the evaluation part."""
    for row in files.rows(INVENTED):
        if part_of(row["full_name"]) == EVALUATION:
            yield row["full_name"], row["date_of_birth"]
