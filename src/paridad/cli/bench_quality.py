# SPDX-License-Identifier: Apache-2.0
"""T1 to T4: what blind keys find among real alias pairs and invented decoys, and what they join wrongly.

Rules
  - Alias pairs are of natural persons on the public list who carry two surnames there: the listed name on one side,
    one strong alias on the other, however little the two have in common. Dates are exact in 60 of 100, the year alone
    in 15, wrong in 10, missing in 15; documents stay in 30. Nothing of the list is printed.
  - The split is by a digest of the connected component of names, fixed in `bench_targets_data`; rules, κ and tables
    were chosen on the tuning part, figures are of the evaluation part.
  - Decoys fill both lists, four kinds: of the gate's own table, of another table (the frequency files beside the
    checkout), of names recombined from the list itself, of families of three on both lists. No decoy is on both sides.
  - Blind is what a run would join: two records that share a key, by the very keys that a run compares; no points are
    multiplied, which changes no match. κ is counted on each side and the larger taken, as in a run. Beside it, in the
    same run: all keys without the budget; κ = 1; the own clear matcher, on the pairs that share a sound.
  - Intervals: bootstrap over entities. Bands: thirds of the pairs by how common the first surname is.

Worked example
    quality(Quality(Path("../shared/data/targets"), records=2000))["kinds"]["own table"]["f1"]
"""

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from paridad.cli import bench_targets_data as data
from paridad.cli.bench_targets_data import EVALUATION, Files, People
from paridad.desks.targets.comparable import parts_of, tables
from paridad.desks.targets.deconfliction.concentration import agreed, crowds
from paridad.desks.targets.deconfliction.keys import Budget, Parts, emit, every_key
from paridad.desks.targets.frequencies import Role, shipped
from paridad.desks.targets.names import parse
from paridad.desks.targets.roots import document_root, root_tables, roots_of

ALIASES = "ofac/narcotics_2023-12-28.csv.gz"
LATEST = 2026
TWO_SURNAMES = 2
EPSILON = 300
FAMILY = 3
"""Persons of a family on each side."""
KINDS = ("own table", "another table", "recombined", "families")
GOALS = {"T1": 0.80, "T2": 0.92, "T3 families": 0.95, "T3 recombined": 0.85, "T4": 6}
_TIERS = 3


class Entry(NamedTuple):
    """One record of one side, as fields of a dossier."""

    name: str
    born: str
    curp: str = ""


@dataclass(frozen=True, slots=True)
class Quality:
    """What is measured, on which data."""

    folder: Path
    records: int = 10_000
    seed: int = 1
    part: str = EVALUATION
    kinds: tuple[str, ...] = KINDS


@dataclass(frozen=True, slots=True)
class Pairing:
    """An entity on both lists."""

    component: str
    crowd: int
    sides: tuple[Entry, Entry]


def quality(setting: Quality) -> dict[str, Any]:
    """Measure every kind of decoys."""
    files = Files(setting.folder)
    pairs = [each for each in alias_pairs(files, setting.seed) if data.part_of(each.component) == setting.part]
    kinds = {kind: _measured(setting, files, pairs, kind) for kind in setting.kinds}
    figures = {
        "part": setting.part,
        "pairs": len(pairs),
        "records": setting.records,
        "kinds": kinds,
        "files": files.read,
    }
    return {**figures, "goals": goals(kinds)}


def goals(kinds: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return each goal with its figure, and whether it is met; what was not measured is not there."""
    rows: list[tuple[str, str, str, str, Callable[[float], bool]]] = [
        ("T1", "blind F1 >= .80, precision >= .95", "another table", "f1", lambda each: each >= GOALS["T1"]),
        (
            "T2",
            "blind recall / own clear recall (at its lead rule) >= .92",
            "another table",
            "of_clear",
            lambda each: each >= GOALS["T2"],
        ),
        ("T3", "precision, families >= .95", "families", "precision", lambda each: each >= GOALS["T3 families"]),
        ("T3", "precision, recombined >= .85", "recombined", "precision", lambda each: each >= GOALS["T3 recombined"]),
        ("T4", "false pairs <= 6 per 10,000", "another table", "false_per_10000", lambda each: each <= GOALS["T4"]),
    ]
    return [
        {"id": id_, "goal": goal, "decoys": kind, "figure": kinds[kind][name], "met": met(kinds[kind][name])}
        for id_, goal, kind, name, met in rows
        if kind in kinds
    ]


# Pairs and decoys ----------------------------------------------------------------------------------------------------


def alias_pairs(files: Files, seed: int) -> Iterator[Pairing]:
    """Yield each natural person with the listed name on one side and one alias on the other."""
    draw = Random(seed)  # noqa: S311  it must repeat
    rows = list(csv.DictReader(io.StringIO(files.bytes_of(ALIASES).decode("utf-8"))))
    people = [row for row in rows if row["type"] == "individual" and row["aliases"]]
    component = data.components((row["name"], alias) for row in people for alias in row["aliases"].split("|"))
    for row in people:
        alias = draw.choice(row["aliases"].split("|"))
        born = _born(row["dob"].split("|")[0])
        surnames = row["name"].partition(",")[0].split()
        if born and len(surnames) == TWO_SURNAMES and data.name_key(alias) != data.name_key(row["name"]):
            curp = row["curp"].split("|")[0]
            listed = Entry(row["name"], born.isoformat(), curp if draw.random() < 0.3 else "")  # noqa: PLR2004
            other = Entry(alias, _told(born, draw), curp if draw.random() < 0.3 else "")  # noqa: PLR2004
            yield Pairing(component(row["name"]), _crowd(row["name"]), (listed, other))


def _born(text: str) -> date | None:
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    match text.split():
        case [day, month, year] if month in months:
            return date(int(year), months.index(month) + 1, int(day))
    return None


def _told(born: date, draw: Random) -> str:
    kind = draw.random()
    if kind < 0.60:  # noqa: PLR2004
        return born.isoformat()
    if kind < 0.75:  # noqa: PLR2004
        return str(born.year)
    return (born + timedelta(draw.randrange(40, 4000))).isoformat() if kind < 0.85 else ""  # noqa: PLR2004


def _crowd(name: str) -> int:
    words = [word.folded for word in parse(name).words]
    return shipped().one_in("surname", words[0]) if words else 0


def decoys(
    kind: str, count: int, files: Files, pairs: Sequence[Pairing], draw: Random
) -> tuple[list[Entry], list[Entry]]:
    """Return decoys of a kind for both sides; nobody is on both."""
    if kind == "families":
        family = list(_families(count, draw))
        return [one for one, _ in family], [two for _, two in family]
    makers: Mapping[str, Callable[[], Callable[[], Entry]]] = {
        "own table": lambda: lambda: _modelled(draw),
        "another table": lambda: _of_files(files, draw),
        "recombined": lambda: _recombined(pairs, draw),
    }
    make = makers[kind]()
    made = [make() for _ in range(2 * count)]
    return made[:count], made[count:]


def _modelled(draw: Random) -> Entry:
    surnames = [_drawn("surname", draw) for _ in range(2)]
    given = [_drawn("given", draw) for _ in range(draw.choice((1, 1, 2)))]
    return Entry(f"{' '.join(surnames).upper()}, {' '.join(given).title()}", _day(draw))


def _drawn(role: Role, draw: Random) -> str:
    words = shipped().by_role[role].words
    return draw.choices(list(words), list(words.values()))[0]


def _of_files(files: Files, draw: Random) -> Callable[[], Entry]:
    people = People(files, draw.randrange(10**9))

    def make() -> Entry:
        person = people.person()
        return Entry(person.listed, person.born)

    return make


def _recombined(pairs: Sequence[Pairing], draw: Random) -> Callable[[], Entry]:
    """Return a maker of people whose surnames and given names are those of the list, put together anew."""
    parted = [each.sides[0].name.split(",", 1) for each in pairs]
    surnames = sorted({word for surname, _ in parted for word in surname.split()})
    given = sorted({word for _, names in parted for word in names.split()})

    def make() -> Entry:
        two, one = draw.sample(surnames, 2), draw.sample(given, min(draw.choice((1, 1, 2)), len(given)))
        return Entry(f"{' '.join(two)}, {' '.join(one)}", _day(draw))

    return make


def _families(count: int, draw: Random) -> Iterator[tuple[Entry, Entry]]:
    """Yield members of families: three on each side, of the same two surnames."""
    for number in range(count):
        if number % FAMILY == 0:
            surnames = " ".join(_drawn("surname", draw) for _ in range(2)).upper()
        one, two = (Entry(f"{surnames}, {_drawn('given', draw).title()}", _day(draw)) for _ in range(2))
        yield one, two


def _day(draw: Random) -> str:
    return (date(1945, 1, 1) + timedelta(draw.randrange(365 * 60))).isoformat()


# What keys join ------------------------------------------------------------------------------------------------------


def parts(record: str, entry: Entry) -> Parts:
    """Return what of an entry a run compares, with its roots."""
    births = [{"date": entry.born, "precision": "day" if len(entry.born) > 4 else "year"}] if entry.born else []  # noqa: PLR2004
    numbers = [{"type": "curp", "number": entry.curp}] if entry.curp else []
    fields = {"subject_type": "person", "name": entry.name, "births": births, "identifiers": numbers}
    found = parts_of(record, fields, latest=LATEST)  # type: ignore[arg-type]
    roots = [root for kind, value in found.ids for root in document_root(kind, value.rpartition(":")[2])]
    for born in found.dates:
        for surnames, given in _readings(entry.name):
            roots += roots_of(surnames, given, born)
    return replace(found, roots=tuple(dict.fromkeys(roots)))


def _readings(name: str) -> Iterator[tuple[list[str], list[str]]]:
    parsed = parse(name)
    for reading in parsed.readings[:1]:
        roles = list(zip(parsed.words, reading.roles, strict=True))
        yield [word.form for word, role in roles if role in "PM"], [word.form for word, role in roles if role == "G"]


Side = Sequence[Parts]
Joined = dict[tuple[str, str], int]
"""Pairs of records that share a key, with their strongest tier."""


def _keys(side: Side, budget: Budget | None) -> dict[tuple[str, bytes], list[tuple[str, int]]]:
    """Return the records behind every key: within a budget, or every key that can be made."""
    found: dict[tuple[str, bytes], list[tuple[str, int]]] = defaultdict(list)
    if budget is not None:
        for each in emit(side, _tables(), budget).emitted:
            found[each.rule, each.key].append((each.record, each.tier))
        return found
    free = Budget(1, 1_000_000)
    for each_ in side:
        for key in every_key(each_, _tables(), free):
            if key.rule.tier < _TIERS:
                made = key.emitted(each_.record)
                found[made.rule, made.key].append((made.record, made.tier))
    return found


def _tables() -> Mapping[str, Any]:
    return {**tables(), **root_tables()}


def joined(first: Side, second: Side, budget: Budget | None) -> Joined:
    """Return the pairs that a run joins; with no budget, those of all keys."""
    return _joined(_keys(first, budget), _keys(second, budget))


Keys = Mapping[tuple[str, bytes], Sequence[tuple[str, int]]]


def _joined(one: Keys, two: Keys) -> Joined:
    pairs: Joined = {}
    for key in one.keys() & two.keys():
        for record, tier in one[key]:
            for other, _ in two[key]:
                pairs[record, other] = min(tier, pairs.get((record, other), _TIERS))
    return pairs


def _clear(first: Side, second: Side, entries: Mapping[str, Entry]) -> set[tuple[str, str]]:
    """Return the leads of the own clear matcher among pairs that share the sound of a surname and of a given name."""
    from paridad.desks.targets.features import compare  # noqa: PLC0415  it is needed here alone
    from paridad.desks.targets.subjects import of_fields, prepared  # noqa: PLC0415

    def whole(record: str) -> Any:
        entry = entries[record]
        births = [{"date": entry.born, "precision": "day"}] if entry.born else []
        return prepared(of_fields({"subject_type": "person", "name": entry.name, "births": births}, latest=LATEST))

    blocks: list[dict[tuple[str, str], set[str]]] = [defaultdict(set), defaultdict(set)]
    for side, records in enumerate((first, second)):
        for each in records:
            for name in each.names:
                for surname in name.surnames:
                    for given in name.givens:
                        blocks[side][surname.skeleton, given.skeleton].add(each.record)
    candidates = {
        (one, two) for key in blocks[0].keys() & blocks[1].keys() for one in blocks[0][key] for two in blocks[1][key]
    }
    made = {record: whole(record) for pair in candidates for record in pair}
    return {(a, b) for a, b in candidates if (found := compare(made[a], made[b])) is not None and found.lead}


def _measured(setting: Quality, files: Files, pairs: Sequence[Pairing], kind: str) -> dict[str, Any]:
    draw = Random(f"{setting.seed} {kind}")  # noqa: S311  it must repeat
    fill = decoys(kind, max(setting.records - len(pairs), 0), files, pairs, draw)
    entries = {f"{side}-p{n}": each.sides[side] for side in (0, 1) for n, each in enumerate(pairs)}
    entries |= {f"{side}-d{n}": each for side in (0, 1) for n, each in enumerate(fill[side])}
    sides = [[parts(record, each) for record, each in entries.items() if record[0] == str(side)] for side in (0, 1)]
    concentration = agreed(*(crowds(side, _tables()) for side in sides))
    budget = Budget(setting.records, EPSILON, concentration)
    keys = [_keys(side, budget) for side in sides]
    blind = _joined(keys[0], keys[1])
    plain = joined(sides[0], sides[1], Budget(setting.records, EPSILON))
    free = joined(sides[0], sides[1], None)
    clear = _clear(sides[0], sides[1], entries)
    true = {(f"0-p{n}", f"1-p{n}"): each for n, each in enumerate(pairs)}
    return {
        **_scores(blind, true, setting),
        "kappa_1": _short(plain, true),
        "ungated": _short(free, true),
        "own_clear": _short(clear, true),
        "of_clear": _ratio(blind, clear, true),
        "tokens_a_record": round(len(keys[0]) / max(len(sides[0]), 1), 2),
        "bands_told": len(concentration),
        "recall_by_crowd": _by_crowd(blind, true),
    }


def _scores(
    found: Iterable[tuple[str, str]], true: Mapping[tuple[str, str], Pairing], setting: Quality
) -> dict[str, Any]:
    said = set(found)
    groups: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for pair, each in true.items():
        groups[each.component].append((int(pair in said), int(pair not in said), 0))
    for one, two in said - true.keys():
        groups[f"{one} {two}"].append((0, 0, 1))
    interval = data.bootstrap(groups, _f1, setting.seed)
    wrong = len(said - true.keys())
    return {**_short(said, true), "interval": interval, "false_per_10000": round(10_000 * wrong / setting.records, 1)}


def _f1(marks: Sequence[tuple[int, int, int]]) -> float:
    hit, missed, wrong = (sum(each[at] for each in marks) for at in range(3))
    return 2 * hit / (2 * hit + missed + wrong) if hit else 0.0


def _short(found: Iterable[tuple[str, str]], true: Mapping[tuple[str, str], Pairing]) -> dict[str, Any]:
    said = set(found)
    hits = len(said & true.keys())
    precision, recall = hits / len(said) if said else 1.0, hits / len(true) if true else 0.0
    f1 = 2 * hits / (len(said) + len(true)) if said or true else 0.0
    scores = {"f1": f1, "precision": precision, "recall": recall}
    return {**{name: round(each, 4) for name, each in scores.items()}, "false": len(said) - hits}


def _ratio(
    blind: Iterable[tuple[str, str]], clear: Iterable[tuple[str, str]], true: Mapping[tuple[str, str], Pairing]
) -> float:
    own = len(set(clear) & true.keys())
    return round(len(set(blind) & true.keys()) / own, 4) if own else 0.0


def _by_crowd(found: Iterable[tuple[str, str]], true: Mapping[tuple[str, str], Pairing]) -> list[float]:
    """Return recall by thirds of the pairs, the commonest surnames first."""
    said, ranked = set(found), sorted(true, key=lambda pair: (true[pair].crowd, pair))
    cuts = [len(ranked) * at // 3 for at in range(4)]
    thirds = [ranked[one:two] for one, two in pairwise(cuts)]
    return [round(sum(pair in said for pair in third) / max(len(third), 1), 4) for third in thirds]
