# SPDX-License-Identifier: Apache-2.0
"""`paridad targets search|compare|judge|duplicates`: records of one party compared, and judged by persons.

Rules
  - A match is a lead for a person, never a decision: every answer with a weight says so.
  - Candidates are found and compared on what the officer may see. What the officer may not see is not compared, not
    counted and not hinted at.
  - Of two records the features are told; what they weigh is told after the agency has judged the pair.
  - A notice that a record is taken for the wrong person stands before its name.
  - A judgement merges nothing. Pairs that only a chain of judgements connects are told as implied, not judged.

Worked example
    paridad targets search "Chuy Chávez" --born 1979 --as ana
    paridad targets judge xUz… wPq… --verdict unsure --reason-code too_little --reason "Only the name." … --as ana
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from paridad.acts.verify import VerifiedAct
from paridad.base.strict import JsonValue
from paridad.base.words import Words
from paridad.cli.errors import refused
from paridad.cli.forms import Acting, Form, OfficerName, Positional
from paridad.cli.mistaken import barriers
from paridad.cli.seeing import Reading, not_found, note, reader, words
from paridad.cli.verbs import Verb
from paridad.desks.targets import codes, judgements, projection
from paridad.desks.targets.birth_match import day
from paridad.desks.targets.features import Comparison, Row, compare, feature_words, level_words, weigh
from paridad.desks.targets.frequencies import Tables, within
from paridad.desks.targets.identifiers import Number, number
from paridad.desks.targets.index import keys_of
from paridad.desks.targets.judgements import Judge, Pair, PairState, fold, ordered
from paridad.desks.targets.subjects import PERSON, Prepared, Subject, of_fields, prepared
from paridad.exchange import filing
from paridad.folio.state import Recorded
from paridad.node.node import Node
from paridad.node.reading import read_acts
from paridad.node.saying import demand_role
from paridad.store.acts import get_acts

Notices = Mapping[str, list[JsonValue]]
"""By dossier, the notices that have to be shown before it."""

SHOWN, MOST = 10, 50
EXAMINED = 100
"""So many dossiers are looked at for duplicates in one call."""
LEAD_ONLY = Words(
    es="El peso compara registros y no decide nada: una coincidencia es un indicio para una persona.",
    en="The weight compares records and decides nothing: a match is a lead for a person.",
)
AFTER = Words(
    es="El peso se muestra después de juzgar el par.",
    en="The weight is shown after the pair has been judged.",
)


class Search(Form):
    """A name, and what is known beside it."""

    query: Positional
    officer: OfficerName
    born: str = ""
    subject: str = PERSON
    document: str = ""
    limit: int = SHOWN


class Compare(Form):
    """Two dossiers."""

    one: Positional
    other: Positional
    officer: OfficerName


class JudgePair(Acting):
    """What an officer says of two dossiers."""

    one: Positional
    other: Positional
    verdict: str
    reason_code: str
    reason: str
    handling: str
    purpose: str
    basis: str
    of: str = ""


class Duplicates(Form):
    """Pairs that a person should look at."""

    officer: OfficerName
    after: str = ""
    limit: int = EXAMINED


@dataclass(frozen=True, slots=True)
class Seen:
    """A dossier as one reader may see it, ready to be compared."""

    act: VerifiedAct
    name: str
    record: Prepared


def search(node: Node, form: Search) -> JsonValue:
    """Return the records that a question is most like, each with why."""
    node.views.refresh()
    reading, question = reader(node, form.officer), _question(node, form)
    with node.own.store.read() as conn:
        found = _compared(conn, reading, question)
        best = found[: min(form.limit, MOST)]
        notices = barriers(conn, reading, [each.act.hash for each, _ in best])
    note(reading, [each.act.hash for each, _ in best], "match")
    return {"candidates": [_candidate(each, question, notices) for each, _ in best], "notice": words(LEAD_ONLY)}


def _question(node: Node, form: Search) -> Prepared:
    if form.subject not in codes.code_list("subject_type"):
        raise refused(f"No es una clase de sujeto: {form.subject}.", f"Not a type of subject: {form.subject}.")
    born = day(form.born, latest=_year(node)) if form.born else None
    if form.born and born is None:
        raise refused(f"No es una fecha de nacimiento: {form.born}.", f"Not a date of birth: {form.born}.")
    return prepared(Subject(form.subject, (form.query,), (born,) if born else (), _numbers(form.document)))


def _numbers(document: str) -> tuple[Number, ...]:
    """Return a document's number under every kind that it may have: the question does not say which."""
    kinds = codes.code_list("identifier") if document else ()
    return tuple(found for kind in kinds if (found := number(kind, document, "")))


def _year(node: Node) -> int:
    return datetime.fromtimestamp(node.clock(), UTC).year


def _compared(
    conn: sa.Connection, reading: Reading, question: Prepared, tables: Tables | None = None
) -> list[tuple[Seen, int]]:
    """Return the candidates with what they weigh, the heaviest first."""
    hashes = projection.candidates(conn, keys_of(question), reading.sight)
    weighed = [(each, weigh(question, each.record)) for each in _seen(conn, reading, hashes, tables)]
    return sorted(weighed, key=lambda found: (-found[1], found[0].act.hash))


def _seen(conn: sa.Connection, reading: Reading, hashes: Sequence[str], tables: Tables | None = None) -> list[Seen]:
    """Return dossiers as the reader may see them; what is kept back is not compared."""
    year = _year(reading.node)
    found = read_acts(conn, reading.node.own, list(get_acts(conn, hashes).values()))
    return [_prepared(reading, act, year, tables) for act in found if reading.knows_of(act.envelope)]


def _prepared(reading: Reading, act: VerifiedAct, year: int, tables: Tables | None) -> Seen:
    fields = reading.sight.filter(act.fields, act.kind, act.envelope).fields
    return Seen(act, str(fields.get("name", "")), prepared(of_fields(fields, latest=year), tables))


def _candidate(seen: Seen, question: Prepared, notices: Notices) -> JsonValue:
    return {
        "notices": notices.get(seen.act.hash, []),
        "act": seen.act.hash,
        "agency": seen.act.envelope.iss,
        "name": seen.name,
        **_explained(compare(question, seen.record), weights=True),
    }


def _explained(found: Comparison | None, *, weights: bool) -> dict[str, JsonValue]:
    """Return a comparison as data: its lines, and what they weigh where that may be told."""
    if found is None:
        return {"features": []}
    told: dict[str, JsonValue] = {"features": [_line(row, weights=weights) for row in found.rows]}
    if found.finding:
        told["finding"] = words(codes.label("finding", found.finding), found.finding)
    return {**told, "weight": found.weight, "lead": found.lead} if weights else told


def _line(row: Row, *, weights: bool) -> JsonValue:
    told: dict[str, JsonValue] = {
        "feature": words(feature_words(row), row.feature),
        "level": words(level_words(row), row.level),
        "one_says": row.a,
        "other_says": row.b,
    }
    if weights and row.one_in:
        told["one_in"] = row.one_in
    return {**told, "weight": row.weight} if weights else told


def compare_two(node: Node, form: Compare) -> JsonValue:
    """Return two records side by side: features first, weights after the pair was judged."""
    node.views.refresh()
    reading = reader(node, form.officer)
    with node.own.store.read() as conn:
        one, other = _pair(conn, reading, form.one, form.other)
        state = _state(conn, reading, (form.one, form.other))
        notices = barriers(conn, reading, (form.one, form.other))
    note(reading, [form.one, form.other], "compare")
    weights = bool(state.history)
    return {
        "pair": [{**_side(each, notices), "agency": each.act.envelope.iss} for each in (one, other)],
        **_explained(compare(one.record, other.record), weights=weights),
        "judgement": _judged(state),
        "notice": words(LEAD_ONLY if weights else AFTER),
    }


def _pair(conn: sa.Connection, reading: Reading, one: str, other: str) -> tuple[Seen, Seen]:
    """Return two dossiers in force, or the one answer for what is not here and what is not the reader's to know."""
    for hash_ in (one, other):
        found = projection.get(conn, hash_, reading.sight)
        if found is None or found.corrected:
            raise not_found(hash_)
    by_hash = {str(each.act.hash): each for each in _seen(conn, reading, (one, other))}
    return by_hash[one], by_hash[other]


def _state(conn: sa.Connection, reading: Reading, pair: Pair) -> PairState:
    return _states(conn, reading, ordered(pair)).get(ordered(pair), PairState())


def _states(conn: sa.Connection, reading: Reading, pair: Pair | None = None) -> Mapping[Pair, PairState]:
    """Return what the reader's agency said of pairs, as far as the reader may read it."""
    hashes = projection.judgements_of(conn, reading.officer.agency, pair)
    acts = read_acts(conn, reading.node.own, list(get_acts(conn, hashes).values()))
    by_pair: dict[Pair, list[Recorded]] = {}
    for act in acts:
        fields = reading.sight.filter(act.fields, act.kind, act.envelope).fields
        if found := judgements.pair_of(fields):
            by_pair.setdefault(found, []).append(Recorded(act.hash, act.envelope, fields, 0))
    return {found: fold(said) for found, said in by_pair.items()}


def _judged(state: PairState) -> JsonValue:
    if not state.history:
        return None
    waiting = state.waiting
    return {
        "verdict": words(codes.label("verdict", state.verdict), state.verdict) if state.verdict else None,
        "act": state.last,
        "waits_for_second": words(codes.label("verdict", waiting.verdict), waiting.verdict) if waiting else None,
        "history": list(state.history),
    }


def judge(node: Node, form: JudgePair) -> JsonValue:
    """File what an officer says of two dossiers."""
    node.views.refresh()
    reading = reader(node, form.officer)
    demand_role(node.own, reading.officer, "record", now=reading.now)
    terms = node.own.keys.current.handling.get(form.handling)
    if terms is None or not reading.sight.sees(form.handling, "method", involved=True):
        raise refused(
            f"Con el código {form.handling} usted no puede leer lo que juzgue.",
            f"Under the code {form.handling} you may not read what you would judge.",
        )
    with node.own.store.read() as conn:
        one, other = _pair(conn, reading, form.one, form.other)
        state, see = _state(conn, reading, (form.one, form.other)), filing.seen_heads(conn, node.own)
    found = compare(one.record, other.record)
    drafts = judgements.decide(state, _command(reading, form, found), two_persons=terms.two_person)
    told = {**_explained(found, weights=True), "notice": words(LEAD_ONLY)}
    waits = drafts[0].fields["needs_second"]
    if form.dry_run:
        return {"dry_run": True, "waits": waits}
    said = filing.issue_drafts(node.own, drafts, now=reading.now, see=see)
    node.own.store.submit(lambda conn: filing.file_acts(conn, node.own, said, now=reading.now))
    node.views.refresh()
    return {"dry_run": False, "act": said[0].hash, "waits": waits, **told}


def _command(reading: Reading, form: JudgePair, found: Comparison | None) -> Judge:
    return Judge(
        iss=reading.officer.agency,
        handling=form.handling,
        purpose=form.purpose,
        basis=form.basis,
        officer=reading.officer.id,
        pair=(form.one, form.other),
        verdict=form.verdict,
        reason_code=form.reason_code,
        reason=form.reason,
        features=tuple(f"{row.feature}:{row.level}" for row in found.rows) if found else (),
        of=form.of,
    )


def duplicates(node: Node, form: Duplicates) -> JsonValue:
    """Return pairs that may be one subject and that nobody judged, and what judgements connect."""
    node.views.refresh()
    reading, limit = reader(node, form.officer), min(form.limit, EXAMINED)
    with node.own.store.read() as conn:
        hashes = projection.hashes_after(conn, reading.sight, form.after, limit)
        tables = within(projection.word_counts(conn, reading.sight), projection.count(conn, reading.sight))
        judged = _states(conn, reading)
        pairs = list(_open_pairs(conn, reading, hashes, judged, tables))
        notices = barriers(conn, reading, sorted({each.act.hash for pair in pairs for each in pair[:2]}))
    note(reading, {each.act.hash for pair in pairs for each in pair[:2]}, "duplicates")
    return {
        "pairs": [_queued(*pair, notices) for pair in pairs],
        "clusters": [_cluster(each) for each in judgements.clusters(_verdicts(judged))],
        "more_after": hashes[-1] if len(hashes) == limit else "",
        "notice": words(AFTER),
    }


def _open_pairs(
    conn: sa.Connection, reading: Reading, hashes: Sequence[str], judged: Mapping[Pair, PairState], tables: Tables
) -> Iterator[tuple[Seen, Seen, Comparison]]:
    """Yield pairs that are leads or findings, once each: with the records that come later in the order of acts."""
    for one in _seen(conn, reading, hashes, tables):
        for other, _ in _compared(conn, reading, one.record, tables):
            pair = (one.act.hash, other.act.hash)
            found = compare(one.record, other.record)
            if pair[0] < pair[1] and found and (found.lead or found.finding) and _is_open(judged.get(pair)):
                yield one, other, found


def _is_open(state: PairState | None) -> bool:
    return state is None or state.waiting is not None


def _side(seen: Seen, notices: Notices) -> dict[str, JsonValue]:
    return {"notices": notices.get(seen.act.hash, []), "act": seen.act.hash, "name": seen.name}


def _queued(one: Seen, other: Seen, found: Comparison, notices: Notices) -> JsonValue:
    sides: list[JsonValue] = [_side(each, notices) for each in (one, other)]
    return {"pair": sides, **_explained(found, weights=False)}


def _verdicts(judged: Mapping[Pair, PairState]) -> dict[Pair, str]:
    return {pair: state.verdict for pair, state in judged.items() if state.verdict}


def _cluster(found: judgements.Cluster) -> JsonValue:
    return {"members": list(found.members), "implied": [list(pair) for pair in found.implied], "flagged": found.flagged}


VERBS: Iterable[Verb] = (
    Verb("search", Search, operation=search),
    Verb("compare", Compare, operation=compare_two),
    Verb("judge", JudgePair, operation=judge),
    Verb("duplicates", Duplicates, operation=duplicates),
)
