# SPDX-License-Identifier: Apache-2.0
"""`paridad bench targets`: the goals of clear matching, each with its data and its baseline in the same run.

Rules
  - A figure is measured in this run or it is not there. What is not met is printed as not met; what was not measured,
    or whose baseline was not given, says so and is never "met".
  - Quality is measured on the evaluation part alone. Where a threshold has to be chosen for a set of records, it is
    chosen on the tuning part, in the run, for this program and for its baseline alike.
  - Baselines run in environments of their own, named by their interpreter: `--logic-v2`, `--splink`.
  - Quality repeats with the seed; times are the machine's.

Worked example
    run(Setting(Path("../shared/data/targets")))["goals"][0]["id"]      is "T5"
"""

import json
import statistics
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from importlib.metadata import version
from importlib.resources import files as resources
from itertools import combinations, islice
from pathlib import Path
from typing import Any

from paridad.base.words import Words
from paridad.cli import bench_targets_data as data
from paridad.cli.bench_targets_data import EVALUATION, PARTS, TUNING, Files, Labelled, People
from paridad.desks.targets import features
from paridad.desks.targets.birth_match import day
from paridad.desks.targets.codes import code_list
from paridad.desks.targets.dossier import Dossier, dossier_fields
from paridad.desks.targets.features import Comparison, compare, feature_words, weigh
from paridad.desks.targets.frequencies import Tables, shipped, within
from paridad.desks.targets.identifiers import number
from paridad.desks.targets.index import Index, keys_of
from paridad.desks.targets.ofac import load_ofac
from paridad.desks.targets.projection import tokens_of
from paridad.desks.targets.subjects import PERSON, Prepared, Subject, of_fields, prepared

THRESHOLD = 0.7
"""From which score on logic-v2 calls two records one, as its users do."""
YEAR = 2026
SHOWN = 10
QUESTIONS, KEPT = 200, 0.99
Row = Mapping[str, str]
"""One row of a table."""
Record = Mapping[str, Any]
"""A record in the form of followthemoney, for the baselines."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What is measured, and beside what."""

    folder: Path
    logic_v2: str = ""
    splink: str = ""
    seed: int = 1
    screened: int = 500
    dossiers: int = 100_000
    queries: int = 1000
    pairs: int = 1500
    rounds: int = 20
    only: tuple[str, ...] = ()
    """Goals to be measured; all where none is named. T12 goes with T11."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: this program's, the baseline's, and the goal."""

    id: str
    metric: str
    part: str
    own: float | None
    baseline: float | None
    goal: str
    met: bool | None
    """Nothing where it was not measured, or its baseline was not."""
    ratio: float | None = None
    interval: list[float] = field(default_factory=list)
    note: str = ""


@dataclass
class Bench:
    """One run: its data, and what several figures share."""

    setting: Setting
    explained: int = 0
    wrong: int = 0
    versions: dict[str, str] = field(default_factory=dict)

    @cached_property
    def files(self) -> Files:
        """The data."""
        return Files(self.setting.folder)

    @cached_property
    def labelled(self) -> tuple[list[Labelled], list[Labelled]]:
        """The labelled pairs of the evaluation part: names and record checks."""
        names, checks = data.labelled(self.files)
        return [each for each in names if each.part == EVALUATION], [each for each in checks if each.part == EVALUATION]

    @cached_property
    def loaded(self) -> tuple[list[Prepared], list[Dossier], float]:
        """The official list, prepared, and how many seconds that took."""
        started = time.process_time()
        paths = [self.setting.folder / name for name in data.LIST]
        for name in data.LIST:
            self.files.bytes_of(name)
        found = [each for each in load_ofac(paths[0], paths[1], paths[2]) if isinstance(each, Dossier)]
        records = [prepared(of_fields(dossier_fields(each), latest=YEAR)) for each in found]
        return records, found, time.process_time() - started

    def explain(self, a: Prepared, b: Prepared) -> Comparison | None:
        """Compare two records; count whether the lines add up and have words in both languages."""
        found = compare(a, b)
        if found is not None:
            self.explained += 1
            adds = sum(row.weight for row in found.rows) == found.weight == weigh(a, b)
            levels = code_list("level")
            said = all(all(_both(feature_words(row))) and row.level in levels for row in found.rows)
            self.wrong += not (adds and said)
        return found

    def leads(self, a: Prepared, b: Prepared) -> bool:
        """Whether a pair is a lead."""
        found = self.explain(a, b)
        return found is not None and found.lead

    def logic_v2(self, pairs: Sequence[tuple[Record, Record]]) -> tuple[list[float], float] | None:
        """Return the scores of logic-v2 and the seconds they took, where its environment was given."""
        if not self.setting.logic_v2:
            return None
        found = _aside(self.setting.logic_v2, "logic_v2.py", {"pairs": pairs})
        self.versions["nomenklatura"] = found["version"]
        return found["scores"], found["seconds"]

    def splink(
        self, records: Sequence[Mapping[str, str]], columns: Sequence[str]
    ) -> list[tuple[str, str, float]] | None:
        """Return the pairs that Splink finds, where its environment was given."""
        if not self.setting.splink:
            return None
        found = _aside(self.setting.splink, "splink_pairs.py", {"records": records, "columns": columns})
        self.versions["splink"] = found["version"]
        return [(one, other, score) for one, other, score in found["pairs"]]


def run(setting: Setting) -> dict[str, Any]:
    """Measure every goal and return the figures with what they rest on."""
    bench = Bench(setting)
    chosen = [measure for name, measure in MEASURES.items() if not setting.only or name in setting.only]
    goals = [asdict(each) for measure in chosen for each in measure(bench)]
    return {
        "goals": goals,
        "files": bench.files.read,
        "split": f"{data.SPLIT}: sha256 of the component, {TUNING} and {EVALUATION}",
        "seed": setting.seed,
        "versions": {"paridad": version("paridad"), "tables": shipped().version, **bench.versions},
        "rule": {"lead": features.LEAD, "share": features.SHARE, "borne_out": features.BORNE_OUT},
    }


def line(figure: Mapping[str, Any]) -> str:
    """Return one figure as a line of text."""
    met = {True: "met", False: "not met", None: "not decided"}[figure["met"]]
    shown = {name: "not run" if figure[name] is None else figure[name] for name in ("own", "baseline")}
    told = f"{figure['id']} {figure['metric']} ({figure['part']}): {shown['own']}, baseline {shown['baseline']}"
    return f"{told}, goal {figure['goal']}: {met}. {figure['note']}".rstrip()


def _aside(interpreter: str, script: str, given: Mapping[str, Any]) -> dict[str, Any]:
    place = str(resources("paridad.cli").joinpath("baselines", script))
    done = subprocess.run([interpreter, place], input=json.dumps(given), capture_output=True, text=True, check=True)  # noqa: S603
    return dict(json.loads(done.stdout))


# Names and records -------------------------------------------------------------------------------------------------


def f1(marks: Sequence[tuple[bool, bool]]) -> float:
    """Return F1 of (said, true) marks."""
    hits = sum(said and true for said, true in marks)
    wrong = sum(said != true for said, true in marks)
    return 2 * hits / (2 * hits + wrong) if hits else 0.0


def correct(marks: Sequence[tuple[bool, bool]]) -> float:
    """Return the share of marks that are right."""
    return sum(said == true for said, true in marks) / len(marks)


def _subject(name: str, schema: str = "Person", born: str = "") -> Prepared:
    kind = PERSON if schema == "Person" else "organisation"
    births = tuple(filter(None, (day(born, latest=YEAR),))) if born else ()
    return prepared(Subject(kind, (name,), births))


def _ftm(names: Sequence[str], schema: str = "Person", births: Sequence[str] = ()) -> Record:
    return {"schema": schema, "properties": {"name": list(names), **({"birthDate": list(births)} if births else {})}}


def _judged(bench: Bench, pairs: Sequence[Labelled]) -> tuple[list[tuple[bool, bool]], list[tuple[bool, bool]] | None]:
    """Return (said, true) of labelled pairs, by this program and by logic-v2."""
    own = [(bench.leads(_subject(each.a, each.schema), _subject(each.b, each.schema)), each.same) for each in pairs]
    scored = bench.logic_v2([(_ftm([each.a], each.schema), _ftm([each.b], each.schema)) for each in pairs])
    if scored is None:
        return own, None
    return own, [(score >= THRESHOLD, each.same) for score, each in zip(scored[0], pairs, strict=True)]


def names(bench: Bench) -> Iterator[Figure]:
    """T5: clear F1 on labelled name pairs, all and persons."""
    pairs = bench.labelled[0]
    own, base = _judged(bench, pairs)
    for metric, goal, chosen in (
        ("F1, name pairs", 0.86, list(range(len(pairs)))),
        ("F1, persons", 0.82, [place for place, each in enumerate(pairs) if each.schema == "Person"]),
    ):
        marks = [own[place] for place in chosen]
        other = f1([base[place] for place in chosen]) if base else None
        groups = data.grouped((pairs[place].component, own[place]) for place in chosen)
        interval = data.bootstrap(groups, f1, bench.setting.seed)
        yield _figure("T5", metric, f1(marks), other, f">= {goal}", met=f1(marks) >= goal, interval=interval)


def checks(bench: Bench) -> Iterator[Figure]:
    """T6: labelled record checks."""
    pairs = bench.labelled[1]
    own, base = _judged(bench, pairs)
    groups = data.grouped((each.component, mark) for each, mark in zip(pairs, own, strict=True))
    interval = data.bootstrap(groups, correct, bench.setting.seed)
    said = correct(own)
    other = correct(base) if base else None
    yield _figure("T6", "record checks correct", said, other, ">= 0.95", met=said >= 0.95, interval=interval)  # noqa: PLR2004


def _figure(
    id_: str, metric: str, own: float, baseline: float | None, goal: str, *, met: bool | None, part: str = EVALUATION,
    interval: list[float] | None = None, note: str = "",
) -> Figure:  # fmt: skip
    said = None if baseline is None else round(baseline, 4)
    ratio = round(own / baseline, 3) if baseline else None
    missing = "" if baseline is not None else "baseline not run: its interpreter was not given"
    return Figure(id_, metric, part, round(own, 4), said, goal, met, ratio, interval or [], note or missing)


# Screening ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Screen:
    """A list to screen against: records, their names for the baseline, and two ways to find candidates."""

    records: list[Prepared]
    index: Index[int]
    words: dict[bytes, list[int]]

    def candidates(self, question: Prepared) -> tuple[int, ...]:
        """Return whom this program compares."""
        return self.index.candidates(keys_of(question))

    def sharing(self, name: str) -> list[int]:
        """Return whom the baseline is given besides: records that share a word, the rarest words first."""
        lists = sorted((self.words.get(word, []) for word in tokens_of(name)), key=len)
        return list(dict.fromkeys(ref for found in lists for ref in found))[:125]


def _screen(records: list[Prepared]) -> _Screen:
    index: Index[int] = Index()
    words: dict[bytes, list[int]] = {}
    for ref, record in enumerate(records):
        index.add(ref, keys_of(record))
        for word in {word for name in record.subject.names for word in tokens_of(name)}:
            words.setdefault(word, []).append(ref)
    return _Screen(records, index, words)


def screening(bench: Bench) -> Iterator[Figure]:
    """T6b: alerts on invented persons, at no less recall on misspelt listed names."""
    listed = [row for row in bench.files.rows(data.SPELLINGS) if data.part_of(row["listed_name"]) == EVALUATION]
    records, _, _ = bench.loaded
    start = len(records)
    screen = _screen([*records, *(_subject(row["listed_name"], "Person", row["date_of_birth"]) for row in listed)])
    strangers = list(islice(data.invented(bench.files), bench.setting.screened))
    asked = [*strangers, *((row["altered_name"], row["date_of_birth"]) for row in listed)]
    found, pairs, places = [], [], []
    for place, (name, born) in enumerate(asked):
        question = _subject(name, "Person", born)
        mine = screen.candidates(question)
        found.append({ref for ref in mine if bench.leads(question, screen.records[ref])})
        for ref in dict.fromkeys((*mine, *screen.sharing(name))) if bench.setting.logic_v2 else ():
            places.append((place, ref))
            pairs.append((_ftm([name], births=[born] * bool(born)), _listed(screen.records[ref])))
    base = bench.logic_v2(pairs)
    theirs: list[set[int]] = [set() for _ in asked]
    for (place, ref), score in zip(places, base[0] if base else (), strict=True):
        if score >= THRESHOLD:
            theirs[place].add(ref)
    own, other = (_alarms(said, len(strangers), start) for said in (found, theirs))
    yield from _screened(own, other if base else None)


def _listed(record: Prepared) -> Record:
    schema = "Person" if record.persons else "Organization"
    births = [each.text for each in record.subject.births if "/" not in each.text]
    return _ftm(record.subject.names, schema, births)


def _alarms(found: Sequence[set[int]], strangers: int, start: int) -> tuple[float, float]:
    """Return alerts per 100 strangers, and the share of misspelt names that found their own entry."""
    alerts = 100 * sum(map(bool, found[:strangers])) / strangers
    hits = [start + place in said for place, said in enumerate(found[strangers:])]
    return alerts, sum(hits) / len(hits)


def _screened(own: tuple[float, float], base: tuple[float, float] | None) -> Iterator[Figure]:
    note = "candidates: this program's and, for the baseline, up to 125 that share a word" if base else ""
    met = None if base is None else own[0] <= base[0] / 2 and own[1] >= base[1]
    other = base or (None, None)
    goals = (("alerts per 100 invented persons", "<= half, at no less recall"), ("recall, misspelt names", "no less"))
    for (metric, goal), mine, theirs in zip(goals, own, other, strict=True):
        yield _figure("T6b", metric, mine, theirs, goal, met=met, note=note)


# Duplicates --------------------------------------------------------------------------------------------------------

COLUMNS = ("given_name", "surname", "date_of_birth", "soc_sec_id", "address_1", "postcode")
TWO = ("given_name", "surname", "second_surname", "date_of_birth")
Pair = frozenset[str]


def duplicates(bench: Bench) -> Iterator[Figure]:
    """T8: pairwise F1 on duplicates, of the linkage set and of invented persons with two surnames."""
    linkage = [
        {"unique_id": row["rec_id"], **{name: row[name] for name in COLUMNS}} for row in bench.files.rows(data.LINKAGE)
    ]
    entities = {row["unique_id"]: row["unique_id"].split("-")[1] for row in linkage}
    own, base, note = _linked(bench, linkage, entities, COLUMNS)
    met = None if base is None else own >= base
    yield _figure("T8", "pairwise F1, linkage set", own, base, ">= Splink", met=met, note=note)
    two, entities = _two_surnames(bench)
    own, base, note = _linked(bench, two, entities, TWO)
    met = None if base is None else 1 - own <= (1 - base) / 2
    yield _figure("T8", "pairwise F1, two surnames", own, base, "error <= half of Splink's", met=met, note=note)


def _two_surnames(bench: Bench) -> tuple[list[dict[str, str]], dict[str, str]]:
    """Return invented persons with two surnames, each once as listed and once misspelt."""
    people, rows, entities = People(bench.files, bench.setting.seed), [], {}
    drawn = (people.person() for _ in range(5 * bench.setting.pairs))
    for place, person in enumerate(islice((each for each in drawn if len(each.surnames) > 1), bench.setting.pairs)):
        whole = (list(person.given), list(person.surnames), person.born)
        for copy, (given, surnames, born) in enumerate((whole, people.errors(person))):
            key = f"p{place}-{copy}"
            entities[key] = f"p{place}"
            values = (" ".join(given), surnames[0], " ".join(surnames[1:]), born)
            rows.append({"unique_id": key, **dict(zip(TWO, values, strict=True))})
    return rows, entities


def _linked(
    bench: Bench, rows: Sequence[Mapping[str, str]], entities: Mapping[str, str], columns: Sequence[str]
) -> tuple[float, float | None, str]:
    """Return F1 on the evaluation part, own and Splink's, at the thresholds that are best on the tuning part."""
    scores = {pair: float(score) for pair, score in _own_pairs(rows).items()}
    found = bench.splink(rows, columns)
    own, at = _best(scores, entities)
    note = f"threshold {at:g} millibits, chosen on the {TUNING} part"
    if found is None:
        return own, None, f"{note}; baseline not run: its interpreter was not given"
    theirs, limit = _best({frozenset((one, other)): score for one, other, score in found}, entities)
    return own, theirs, f"{note}; Splink at {limit:g}"


def _own_pairs(rows: Sequence[Mapping[str, str]]) -> dict[Pair, int]:
    """Return the weight of every pair of candidates."""
    tables = within(Counter(word for row in rows for word in _words(row)), len(rows))
    records = {row["unique_id"]: _linkage_record(row, tables) for row in rows}
    index: Index[str] = Index()
    for key, record in records.items():
        index.add(key, keys_of(record))
    pairs = {
        frozenset((key, other))
        for key, record in records.items()
        for other in index.candidates(keys_of(record))
        if key != other
    }
    return {pair: weigh(*(records[key] for key in sorted(pair))) for pair in pairs}


def _words(row: Mapping[str, str]) -> set[str]:
    """Return the folded words of a record's names."""
    texts = (row.get(name, "") for name in ("given_name", "surname", "second_surname"))
    return {word.decode("utf-8") for text in texts for word in tokens_of(text)}


def _linkage_record(row: Mapping[str, str], tables: Tables) -> Prepared:
    surnames = " ".join(filter(None, (row["surname"], row.get("second_surname", ""))))
    name = f"{surnames}, {row['given_name']}" if surnames and row["given_name"] else surnames or row["given_name"]
    born = row["date_of_birth"]
    text = f"{born[:4]}-{born[4:6]}-{born[6:]}" if len(born) == 8 else born  # noqa: PLR2004  digits of a date
    found = number("national_id", row.get("soc_sec_id", ""), "register")
    addresses = frozenset(filter(None, ("".join(row.get("address_1", "").split()),)))
    births = tuple(filter(None, (day(text),)))
    return prepared(Subject(PERSON, (name,), births, (found,) if found else (), addresses=addresses), tables)


def _best(scores: Mapping[Pair, float], entities: Mapping[str, str]) -> tuple[float, float]:
    """Return F1 on the evaluation part at the threshold that is best on the tuning part, and the threshold."""
    parts = {part: _of_part(scores, entities, part) for part in PARTS}
    limits = sorted({round(score, 3) for score in scores.values()})
    steps = limits[:: max(1, len(limits) // 400)]
    limit = max(steps, key=lambda each: _f1_at(*parts[TUNING], each))
    return _f1_at(*parts[EVALUATION], limit), limit


def _of_part(scores: Mapping[Pair, float], entities: Row, part: str) -> tuple[dict[Pair, float], set[Pair]]:
    """Return the scores of a part and its true pairs; a pair across parts is of neither."""
    inside = {key for key, entity in entities.items() if data.part_of(entity) == part}
    groups = data.grouped((entities[key], key) for key in sorted(inside))
    true = {frozenset(pair) for keys in groups.values() for pair in combinations(keys, 2)}
    return {pair: score for pair, score in scores.items() if pair <= inside}, true


def _f1_at(scores: Mapping[Pair, float], true: set[Pair], limit: float) -> float:
    said = {pair for pair, score in scores.items() if score >= limit}
    return 2 * len(said & true) / (len(said) + len(true))


# Speed -------------------------------------------------------------------------------------------------------------


def speed(bench: Bench) -> Iterator[Figure]:
    """T10: pairs a second and core, records prepared."""
    pairs = [(_subject(each.a, each.schema), _subject(each.b, each.schema)) for each in bench.labelled[0]]
    started = time.process_time()
    for _ in range(bench.setting.rounds):
        for a, b in pairs:
            weigh(a, b)
    weighed = bench.setting.rounds * len(pairs) / (time.process_time() - started)
    started = time.process_time()
    for a, b in pairs:
        compare(a, b)
    explained = len(pairs) / (time.process_time() - started)
    base = bench.logic_v2([(_ftm([each.a], each.schema), _ftm([each.b], each.schema)) for each in bench.labelled[0]])
    other = len(pairs) / base[1] if base else None
    note = f"sums alone, pairs repeated {bench.setting.rounds} times; with their lines {explained:.0f} a second"
    yield _figure("T10", "pairs a second", weighed, other, ">= 25000", met=weighed >= 25_000, note=note)  # noqa: PLR2004


def searching(bench: Bench) -> Iterator[Figure]:
    """T11, T12: questions a second, whether the true one is among the first ten, and how long a question takes."""
    records, _, spent = bench.loaded
    people = People(bench.files, bench.setting.seed)
    added = [people.person() for _ in range(max(0, bench.setting.dossiers - len(records)))]
    screen = _screen([*records, *(_subject(each.listed, "Person", each.born) for each in added)])
    step = max(1, len(added) // bench.setting.queries)
    asked = [(len(records) + place, *people.misspelt(added[place])) for place in range(0, len(added), step)]
    times, spans, ranks = [], [], {}
    for ref, name, born in asked:
        started, began = time.process_time(), time.perf_counter()
        ranks[ref] = _found(screen, ref, _subject(name, "Person", born))
        times.append(time.process_time() - started)
        spans.append(time.perf_counter() - began)
    sample = asked[:: max(1, len(asked) // max(1, len(asked) // 100))]
    whole = [_scanned(screen, ref, _subject(name, "Person", born)) for ref, name, born in sample]
    kept = [ranks[ref] for (ref, _, _), full in zip(sample, whole, strict=True) if full]
    note = f"{len(screen.records)} dossiers; {sum(ranks.values())} of {len(ranks)} questions found the true one in ten"
    slow = 1000 * statistics.quantiles(spans, n=20)[-1]
    yield from _search_figures(len(times) / sum(times), slow, kept, spent, note)


def _search_figures(rate: float, slow: float, kept: Sequence[bool], spent: float, note: str) -> Iterator[Figure]:
    recall = sum(kept) / len(kept) if kept else 0.0
    drawn, scans = "generated", f"{len(kept)} full scans"
    metric, goal = "true one in the first ten, of those a full scan finds", ">= 0.99 of full scan"
    yield Figure("T11", "questions a second", drawn, round(rate, 1), None, ">= 200", rate >= QUESTIONS, note=note)
    yield Figure("T11", metric, drawn, round(recall, 4), 1.0, goal, recall >= KEPT, round(recall, 4), note=scans)
    partial = "read and prepared in memory, not signed and filed: the goal asks for more, so it is not called met"
    yield Figure("T12", "seconds to read the whole list", "list", round(spent, 1), None, "<= 60", None, note=partial)
    page = "the question alone, without the page"
    yield Figure("T12", "p95 of a question in ms", drawn, round(slow, 1), None, "< 100", None, note=page)


def _found(screen: _Screen, ref: int, question: Prepared) -> bool:
    """Whether the true record is among the first ten; these are explained, as a page would."""
    weighed = sorted(screen.candidates(question), key=lambda each: -weigh(question, screen.records[each]))[:SHOWN]
    for each in weighed:
        compare(question, screen.records[each])
    return ref in weighed


def _scanned(screen: _Screen, ref: int, question: Prepared) -> bool:
    """Whether the true record is among the first ten where every record is compared."""
    own = weigh(question, screen.records[ref])
    return sum(weigh(question, each) > own for each in screen.records) < SHOWN


# Fairness ----------------------------------------------------------------------------------------------------------


def fairness(bench: Bench) -> Iterator[Figure]:
    """T23: how much recall differs between the commonest and the rarest third of names."""
    people = People(bench.files, bench.setting.seed + 1)
    drawn = sorted((people.person() for _ in range(bench.setting.pairs)), key=lambda each: (-each.crowd, each.listed))
    asked = [(person, people.misspelt(person)[0]) for person in drawn]
    own = [bench.leads(_subject(person.listed), _subject(name)) for person, name in asked]
    base = bench.logic_v2([(_ftm([person.listed]), _ftm([name])) for person, name in asked])
    gap = _gap(own)
    other = _gap([score >= THRESHOLD for score in base[0]]) if base else None
    theirs = f"{sum(score >= THRESHOLD for score in base[0]) / len(own):.3f}" if base else "not run"
    note = f"recall {sum(own) / len(own):.3f}, baseline {theirs}"
    metric, goal = "recall gap by frequency of name", "<= half of baseline"
    met = None if other is None else gap <= other / 2
    yield _figure("T23", metric, gap, other, goal, met=met, part="generated", note=note)


def _both(words: Words) -> tuple[str, str]:
    return words.es, words.en


def _gap(found: Sequence[bool]) -> float:
    third = len(found) // 3
    return abs(sum(found[:third]) - sum(found[-third:])) / third


def explanations(bench: Bench) -> Iterator[Figure]:
    """T9: explanations that add up, with words in both languages, of every pair explained in this run."""
    if not bench.explained:
        return
    share = (bench.explained - bench.wrong) / bench.explained
    note = f"{bench.explained} pairs"
    yield Figure("T9", "explanations that add up", "all", share, None, "1", share == 1, note=note)


MEASURES = {
    "T5": names,
    "T6": checks,
    "T6b": screening,
    "T8": duplicates,
    "T10": speed,
    "T11": searching,
    "T23": fairness,
    "T9": explanations,
}
"""In this order: the last looks at all the others."""
