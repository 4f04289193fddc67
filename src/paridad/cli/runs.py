# SPDX-License-Identifier: Apache-2.0
"""`paridad targets run …`: private deconfliction from the first look to the last check, in the hands of persons.

Rules
  - Before anything is proposed or agreed the owner sees what would be compared, which own records cannot be, what it
    costs and what each side learns. The statement is the one that both approvers read.
  - One person prepares, another approves by the digest: nothing that binds is said by one alone (ADR 31).
  - A match is a lead for a person, never a decision: every list of leads says so, and shows the own record alone.
  - Whatever shows a run goes through `visible_to`: an officer who may not know of the proposal does not know of it.
  - Times and clocks follow from the acts: both sides show the same.

Worked example
    paridad targets run preview --peer B/CUSTOMS --purpose … --basis … --as ana
    paridad targets run propose B/CUSTOMS --purpose … --basis … --as ana
    paridad targets run approve 3kP… --digest x9… --as luis
    paridad targets run show xUz… --as ana
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from paridad.base.strict import JsonValue, encode_base64url
from paridad.base.words import Words
from paridad.cli.errors import refused
from paridad.cli.forms import Acting, Form, OfficerName, Positional
from paridad.cli.matching import LEAD_ONLY
from paridad.cli.seeing import Reading, coded, not_found, note, reader, reasons, words
from paridad.cli.verbs import Noun, Verb
from paridad.desks.targets import codes, projection
from paridad.desks.targets.comparable import parts_of, rules_digest, tables, tables_digest
from paridad.desks.targets.deconfliction import alarms
from paridad.desks.targets.deconfliction.keys import IDENTIFIER, Budget, rule, within
from paridad.desks.targets.deconfliction.leakage import before
from paridad.desks.targets.deconfliction.messages import Abort, Pairs, RecordsOpened, Terms
from paridad.desks.targets.deconfliction.messages import Decision as Decided
from paridad.node import runs
from paridad.node.carrying import Lead
from paridad.node.gathering import Gathered, Wanted, gather_list
from paridad.node.node import Node
from paridad.node.reading import read_acts
from paridad.node.rechecking import BREAKS, recheck
from paridad.node.run_drafts import Draft, drafts_of, find_draft, said_by
from paridad.node.run_view import Seen, read_run, runs_of
from paridad.node.saying import demand_role
from paridad.policy.decision import Decision
from paridad.policy.question import CommandQuestion
from paridad.store.acts import get_acts

RECORDS, PLACES, EPSILON, BATCH = 10_240, 81_920, 300, 2048
"""What a run asks for where nothing else is said (targets.md 4.3, 4.10)."""
CHURN_SHARE = 50
"""Entries between two runs: one record in so many of the capacity, as much as the caps admit for a day."""
KEYS_A_SECOND, BYTES_A_KEY, MEGABYTE = 2000, 96, 1_000_000
"""For the estimate: half a millisecond a key with full proofs; list, commitments and answers."""
SHOWN, PAGE, MOST = 50, 20, 100
NO_LEADS = Words(es="La corrida no encontró nada en común.", en="The run found nothing in common.")
ESTIMATE = Words(
    es="Es una estimación con medio milisegundo por clave y lado; la otra parte y la línea cuentan aparte.",
    en="This is an estimate at half a millisecond a key and side; the other party and the line come on top.",
)
EVERYBODY = 1 << 33
"""About as many as there are people: rarer than that is not said."""
SURNAMES = (None, Words(es="un apellido", en="a surname"), Words(es="dos apellidos", en="two surnames"))
GIVENS = (None, Words(es="un nombre", en="a given name"), Words(es="dos nombres", en="two given names"))
INITIAL = Words(es="una inicial", en="an initial")
WHEN = {"": None, "D": Words(es="fecha completa", en="full date"), "Y": Words(es="año", en="year")}
"""The parts of a rule, by how many of them it takes."""
ABORT = Words(
    es="Terminar no deshace lo que los lotes abiertos ya dijeron; lo demás no se dice. La otra parte ve quién terminó "
    "y el motivo. Los secretos de la corrida se destruyen: para comparar hace falta otra.",
    en="To end does not undo what the open batches have told; the rest is not told. The other side sees who ended it, "
    "and why. The secrets of the run are destroyed: to compare takes another run.",
)


# What is asked -------------------------------------------------------------------------------------------------------


class Compared(Form):
    """What a run compares."""

    purpose: str = ""
    basis: str = ""
    records: int = RECORDS
    places: int = PLACES
    epsilon_ppm: int = EPSILON
    batch: int = BATCH
    churn: int = 0
    names_alone: bool = False


class Preview(Compared):
    """What would be compared: with an agency, or as a run proposes it."""

    officer: OfficerName
    peer: str = ""
    run: str = ""


class ProposeRun(Compared):
    """A proposal, for a second person to approve."""

    peer: Positional
    officer: OfficerName
    dry_run: bool = False


class OfRun(Acting):
    """Something that an officer does in a run."""

    run: Positional


class WithReason(OfRun):
    """The same with a reason."""

    reason: str


class Approve(Acting):
    """What a second person approves."""

    draft: Positional
    digest: str
    names_alone: bool = False


class OneDraft(Form):
    """One draft."""

    draft: Positional
    officer: OfficerName


class Drafts(Form):
    """What waits for a second person."""

    officer: OfficerName


class ListRuns(Form):
    """The runs, newest first."""

    officer: OfficerName
    after: str = ""
    limit: int = PAGE


class ShowRun(Form):
    """One run."""

    run: Positional
    officer: OfficerName


class Decide(OfRun):
    """What is decided about each lead."""

    choice: tuple[tuple[str, str, str], ...] = ()


# Before --------------------------------------------------------------------------------------------------------------


def preview(node: Node, form: Preview) -> JsonValue:
    """Return what would be compared, what cannot be, what it costs and what each side learns."""
    reading = reader(node, form.officer)
    seen = _seen(reading, form.run) if form.run else None
    if seen is None and not form.peer:
        raise refused(
            "Diga con quién: --peer DEPENDENCIA, o --run CORRIDA.", "Say with whom: --peer AGENCY or --run RUN."
        )
    demand_role(node.own, reading.officer, runs.PREPARES["decisions"], now=reading.now)
    wanted = runs.wanted_of(seen) if seen else _wanted(reading, form, form.peer)
    runs.demand_agency(reading.officer, wanted.agency)
    runs.demand_terms(node, wanted.agency, wanted.terms)
    return _previewed(reading, gather_list(node, wanted, now=reading.now))


def _wanted(reading: Reading, form: Compared, peer: str) -> Wanted:
    terms = Terms(
        subject=runs.SUBJECT,
        purpose=form.purpose,
        basis=form.basis,
        rules=rules_digest(names_alone=form.names_alone),
        tables=tables_digest(),
        records=form.records,
        places=form.places,
        epsilon_ppm=form.epsilon_ppm,
        batch=min(form.batch, form.places),
        churn_cap=form.churn or max(1, form.records // CHURN_SHARE),
        logged=True,
    )
    return Wanted(reading.officer.agency, peer, terms, names_alone=form.names_alone)


def _previewed(reading: Reading, found: Gathered) -> dict[str, JsonValue]:
    terms = found.wanted.terms
    return {
        "agency": found.wanted.agency,
        "peer": found.wanted.peer,
        "run_terms": _terms(reading.node, terms, names_alone=found.wanted.names_alone),
        "records_compared": len(found.compared),
        "keys_made": len(found.tokens),
        "fits": len(found.compared) <= terms.records and len(found.tokens) <= terms.places,
        "left_out": list(_left_out(reading, found)),
        "cost": cost_of(terms),
        "learned": _sentences(before(terms, found.concentrations)),
    }


def cost_of(terms: Terms) -> JsonValue:
    """Return what a run costs each side, about."""
    return {
        "about_seconds": terms.places // KEYS_A_SECOND + 1,
        "about_megabytes": terms.places * BYTES_A_KEY // MEGABYTE + 1,
        "notice": words(ESTIMATE),
    }


def _sentences(said: Iterable[Words]) -> JsonValue:
    return [{"says": words(each)} for each in said]


def _terms(node: Node, terms: Terms, *, names_alone: bool) -> JsonValue:
    charter = node.own.keys.current
    return {
        "subject": words(codes.label("subject_type", terms.subject), terms.subject),
        "purpose": coded(charter.purposes, terms.purpose),
        "basis": coded({each.id: each for each in charter.bases_for(node.own.party)}, terms.basis),
        "records": terms.records,
        "places": terms.places,
        "epsilon_ppm": terms.epsilon_ppm,
        "batch": terms.batch,
        "sample": terms.sample,
        "churn": terms.churn_cap,
        "young_days": terms.young_days,
        "logged": terms.logged,
        "names_alone": names_alone,
        "rules_digest": encode_base64url(terms.rules),
        "tables_digest": encode_base64url(terms.tables),
    }


def _left_out(reading: Reading, found: Gathered) -> Iterator[JsonValue]:
    """Yield the own records that are not compared, or less than they could be, each group with its reason."""
    groups: Mapping[str, Sequence[str]] = {
        "silent": found.silent,
        "undated": found.undated,
        "cut": found.cut,
        "crowded": found.crowded,
        "waiting": found.waiting,
        "kept": sorted(found.kept),
    }
    with reading.node.own.store.read() as conn:
        for name, hashes in groups.items():
            if hashes:
                yield {
                    "because": words(codes.label("run_kept", name), name),
                    "count": len(hashes),
                    "records_named": [_named(reading, conn, each, found) for each in hashes[:SHOWN]],
                }


def _named(reading: Reading, conn: sa.Connection, act: str, found: Gathered | None = None) -> dict[str, JsonValue]:
    """Return an own record by its name, as far as the officer may see it."""
    row = projection.get(conn, act, reading.sight)
    told: dict[str, JsonValue] = {"act": act, "name": row.name} if row else {"act": "", "name": ""}
    if found and act in found.kept:
        told["reasons"] = reasons(found.kept[act])
    return told


def propose(node: Node, form: ProposeRun) -> JsonValue:
    """Prepare a proposal; another person approves it."""
    reading = reader(node, form.officer)
    wanted = _wanted(reading, form, form.peer)
    draft = runs.prepare_proposal(node, reading.officer, wanted, now=reading.now, keep=not form.dry_run)
    return _prepared(reading, draft, form)


def agree(node: Node, form: OfRun) -> JsonValue:
    """Prepare to agree to a run that was proposed; another person approves it."""
    reading = reader(node, form.officer)
    seen = _seen(reading, form.run)
    draft = runs.prepare_agreement(node, reading.officer, seen, now=reading.now, keep=not form.dry_run)
    return _prepared(reading, draft, form)


def _prepared(reading: Reading, draft: Draft, form: Any) -> JsonValue:
    return {"dry_run": form.dry_run, **_draft(reading, draft)}


# Two persons ---------------------------------------------------------------------------------------------------------


def _draft(reading: Reading, draft: Draft) -> dict[str, JsonValue]:
    content: Any = draft.content
    told: dict[str, JsonValue] = {
        "draft": draft.id,
        "draft_kind": words(codes.label("run_draft", draft.kind), draft.kind),
        "run": draft.run,
        "digest": draft.digest,
        "prepared_by": draft.officer,
        "at": draft.at,
        "until": draft.until,
    }
    if "terms" in content:
        terms = runs.terms_of(content["terms"])
        told |= {
            "agency": draft.agency,
            "peer": content["peer"],
            "run_terms": _terms(reading.node, terms, names_alone=content["names_alone"]),
            "records_compared": content["records"],
            "keys_made": content["keys"],
            "cost": cost_of(terms),
            "learned": _sentences(before(terms, tuple(content["concentrations"]))),
        }
    if "decisions" in content:
        told["choices"] = [
            {"lead_number": number, "choice": _choice(choice), "reason": reason}
            for number, (choice, reason) in enumerate(content["decisions"])
        ]
    if "reason" in content:
        told["reason"] = content["reason"]
    return told


def _choice(code: str) -> JsonValue:
    return words(codes.label("run_choice", code), code)


def drafts(node: Node, form: Drafts) -> JsonValue:
    """Return what waits for a second person of the officer's agency."""
    reading = _conducting(node, form.officer)
    return {
        "run_drafts": [_draft(reading, each) for each in drafts_of(node.own, reading.officer.agency, now=reading.now)]
    }


def show_draft(node: Node, form: OneDraft) -> JsonValue:
    """Return one draft as its second person reviews it."""
    reading = _conducting(node, form.officer)
    return _draft(reading, find_draft(node.own, reading.officer.agency, form.draft, now=reading.now))


def _conducting(node: Node, officer: str) -> Reading:
    """Return the sight of an officer who prepares or approves; nobody else is told what is prepared."""
    reading = reader(node, officer)
    if not _conducts(reading):
        demand_role(node.own, reading.officer, runs.APPROVES, now=reading.now)
    return reading


def _conducts(reading: Reading) -> bool:
    return any(_may(reading, each) for each in sorted({runs.APPROVES, *runs.PREPARES.values()}))


def _may(reading: Reading, what: str) -> bool:
    question = CommandQuestion(role=reading.officer.role, command=what, proposer=False)
    return reading.node.own.engine.decide_one(question, now=reading.now).allowed


def approve(node: Node, form: Approve) -> JsonValue:
    """Approve what another person prepared, and say it."""
    reading = reader(node, form.officer)
    if form.dry_run:
        return {
            "dry_run": True,
            **_draft(reading, find_draft(node.own, reading.officer.agency, form.draft, now=reading.now)),
        }
    run = runs.approve(node, reading.officer, form.draft, form.digest, now=reading.now, names_alone=form.names_alone)
    return {"dry_run": False, **_row(reading, _seen(reading, run))}


def discard(node: Node, form: OneDraft) -> JsonValue:
    """Discard a draft."""
    reading = reader(node, form.officer)
    runs.discard(node, reading.officer, form.draft, now=reading.now)
    return {"draft": form.draft, "discarded": True}


# Alone ---------------------------------------------------------------------------------------------------------------


def refuse(node: Node, form: WithReason) -> JsonValue:
    """Refuse a run that was proposed."""
    return _alone(node, form, runs.refuse)


def pause(node: Node, form: WithReason) -> JsonValue:
    """Stop a run before its next batch."""
    return _alone(node, form, runs.pause)


def stop(node: Node, form: WithReason) -> JsonValue:
    """End a run before its end."""
    return {**_alone(node, form, runs.stop), "notice": words(ABORT)}


def _alone(node: Node, form: WithReason, do: Any) -> dict[str, JsonValue]:
    reading = reader(node, form.officer)
    seen = _seen(reading, form.run)
    if not form.dry_run:
        do(node, reading.officer, seen, form.reason, now=reading.now)
    return {"dry_run": form.dry_run, **_row(reading, _seen(reading, form.run))}


def go_on(node: Node, form: WithReason) -> JsonValue:
    """Prepare to go on after a pause; another person approves it."""
    reading = reader(node, form.officer)
    seen = _seen(reading, form.run)
    draft = runs.prepare_continue(node, reading.officer, seen, form.reason, now=reading.now, keep=not form.dry_run)
    return _prepared(reading, draft, form)


def open_records(node: Node, form: OfRun) -> JsonValue:
    """Open authority and date of the pairs that both sides decided to open."""
    reading = reader(node, form.officer)
    seen = _seen(reading, form.run)
    if not form.dry_run:
        runs.open_records(node, reading.officer, seen, now=reading.now)
    return {"dry_run": form.dry_run, **_row(reading, _seen(reading, form.run))}


def decide(node: Node, form: Decide) -> JsonValue:
    """Prepare the decisions about all leads; another person approves them."""
    reading = reader(node, form.officer)
    seen = _seen(reading, form.run)
    chosen = {_number(number): Decided(choice, reason) for number, choice, reason in form.choice}  # type: ignore[arg-type]
    draft = runs.prepare_decisions(node, reading.officer, seen, chosen, now=reading.now, keep=not form.dry_run)
    return _prepared(reading, draft, form)


def _number(text: str) -> int:
    if not text.isdecimal():
        raise refused(f"No es el número de un indicio: {text}.", f"Not the number of a lead: {text}.")
    return int(text)


# Looking -------------------------------------------------------------------------------------------------------------


def _seen(reading: Reading, run: str) -> Seen:
    """Return a run that the reader may know of, or the one answer for what is not here."""
    with reading.node.own.store.read() as conn:
        found = read_run(conn, reading.node, run)
    if found is None or not reading.knows_of(found.envelope):
        raise not_found(run)
    return found


def list_runs(node: Node, form: ListRuns) -> JsonValue:
    """Return the runs that the officer may know of, newest first."""
    reading, limit = reader(node, form.officer), min(form.limit, MOST)
    with node.own.store.read() as conn:
        known = [each.hash for each in runs_of(conn, node.own) if reading.knows_of(each.envelope)][::-1]
        if form.after and form.after not in known:
            raise not_found(form.after)
        start = known.index(form.after) + 1 if form.after else 0  # type: ignore[arg-type]
        page = known[start : start + limit]
        found = [seen for name in page if (seen := read_run(conn, node, name))]
    note(reading, page, "runs")
    more = page[-1] if len(known) > start + limit else ""
    waiting = drafts_of(node.own, reading.officer.agency, now=reading.now) if _conducts(reading) else []
    return {
        "known": len(known),
        "runs": [_row(reading, each) for each in found],
        "more_after": more,
        "run_drafts": [_draft(reading, each) for each in waiting],
        "possible_now": ["propose"] if _may(reading, runs.PREPARES["proposal"]) else [],
    }


def _row(reading: Reading, seen: Seen) -> dict[str, JsonValue]:
    where = seen.where
    return {
        "run": seen.proposal,
        "agency": seen.agency,
        "peer": seen.peer,
        "proposed_by": seen.agencies[0],
        "at": seen.envelope.iat,
        "state": words(codes.label("run_state", where.state), where.state),
        "step": words(codes.label("run_step", str(where.step)), str(where.step)),
        "waiting": [seen.agencies[side] for side in where.waiting],
        **({"due": where.until} if where.until else {}),
        "overdue": where.overdue(reading.now),
        **({"leads_found": seen.pairs.count} if seen.pairs else {}),
    }


def show(node: Node, form: ShowRun) -> JsonValue:
    """Return where a run stands, what each side can have learned, and what may be done now."""
    reading = reader(node, form.officer)
    seen = _seen(reading, form.run)
    note(reading, [seen.proposal], "run")
    where, terms = seen.where, seen.terms
    waiting = drafts_of(node.own, seen.agency, now=reading.now, run=seen.proposal)
    with node.own.store.read() as conn:
        people = said_by(conn, seen.proposal) if reading.officer.agency == seen.agency else []
    return {
        **_row(reading, seen),
        "since": where.since,
        "batches": {"batches_ours": where.open[seen.side], "batches_theirs": where.open[1 - seen.side],
                    "batches_each": where.batches},
        **({"run_terms": _run_terms(reading, seen), "cost": cost_of(terms)} if terms else {}),
        "alarms": [_alarm(seen, side, name) for side, text in seen.run.alarms for name in text.split()],
        "so_far": _sentences(seen.learned()),
        **({"learned": _sentences(before(terms, _concentrations(seen)))} if terms else {}),
        **_ends(seen),
        "people": [
            {"officer": each.officer, "did": words(codes.label("run_did", each.what)), "reason": each.reason,
             "at": each.at}
            for each in people
        ],
        "run_drafts": [_draft(reading, each) for each in waiting] if _conducts(reading) else [],
        "possible_now": list(_possible(reading, seen)),
        "abort_means": words(ABORT),
    }  # fmt: skip


def _concentrations(seen: Seen) -> tuple[int, int]:
    """Return what both sides said of how crowded their lists are."""
    first, second = (each.concentration if each else 0 for each in (seen.run.proposal, seen.run.agreement))
    return first, second


def _run_terms(reading: Reading, seen: Seen) -> JsonValue:
    assert seen.terms is not None
    return _terms(reading.node, seen.terms, names_alone=seen.terms.rules == rules_digest(names_alone=True))


def _alarm(seen: Seen, side: int, name: str) -> JsonValue:
    said = alarms.WORDS.get(name) or codes.label("run_alarm", name)
    return {"agency": seen.agencies[side], "alarm": words(said, name)}


def _ends(seen: Seen) -> dict[str, JsonValue]:
    """Return how a run ended or stopped, where it did, and what both sides said of the result."""
    told: dict[str, JsonValue] = {}
    if seen.broken:
        told["broken"] = {
            "agency": seen.agencies[seen.broken.side], "step": _step(seen.broken.step),
            "because": words(seen.broken.words), "act": seen.broken.act,
        }  # fmt: skip
    if seen.run.refusal:
        told["refused"] = {"agency": seen.agencies[1], "reason": seen.run.refusal.reason}
    if seen.run.abort and isinstance(message := seen.run.abort.message, Abort):
        told["aborted"] = {"agency": seen.agencies[seen.run.abort.side], "reason": message.reason}
    if seen.result:
        results = [part.result for part in seen.run.parts if part.result]
        told["common"] = {
            "keys_in_common": seen.result.size, "digest": encode_base64url(seen.result.digest),
            "same_on_both": len(results) > 1 and results[0] == results[1],
        }  # fmt: skip
    closes = [part.close for part in seen.run.parts if part.close]
    if closes:
        told["closed_with"] = {
            "leads_by_tier": [{"tier": _tier(tier), "count": count} for tier, count in closes[0].leads],
            "destroyed": [words(codes.label("run_destroyed", each)) for each in closes[0].destroyed],
            "same_on_both": len(closes) > 1 and closes[0].leads == closes[1].leads,
        }
    return told


def _step(number: int) -> JsonValue:
    return words(codes.label("run_step", str(number)), str(number))


def _tier(number: int) -> JsonValue:
    return words(codes.label("run_tier", str(number)), str(number))


VERBS_IN: Mapping[str, tuple[tuple[str, str], ...]] = {
    "proposed": (("agree", "answer"), ("refuse", "refuse"), ("stop", "refuse")),
    "running": (("pause", "refuse"), ("stop", "refuse")),
    "paused": (("continue", "record"), ("stop", "refuse")),
    "review": (("decide", "record"), ("stop", "refuse")),
    "opening": (("open", "release"), ("stop", "refuse")),
    "broken": (("stop", "refuse"),),
}
"""What an officer may do in each state, and by which command of policy."""


def _possible(reading: Reading, seen: Seen) -> Iterator[str]:
    """Yield the verbs that this officer may use now."""
    if reading.officer.agency != seen.agency:
        return
    for verb, what in VERBS_IN.get(seen.where.state, ()):
        if _has_turn(seen, verb) and _may(reading, what):
            yield verb


def _has_turn(seen: Seen, verb: str) -> bool:
    """Whether it is our side's turn to do this."""
    part, ours = seen.run.parts[seen.side], seen.side
    return {
        "agree": ours == 1,
        "refuse": ours == 1,
        "stop": ours == 0 or seen.where.state != "proposed",
        "pause": seen.run.start is not None,
        "continue": any(side == ours for side, _ in seen.run.alarms),
        "decide": part.decision_seal is None,
        "open": part.records is None,
    }[verb]


# Leads ---------------------------------------------------------------------------------------------------------------


def leads(node: Node, form: ShowRun) -> JsonValue:
    """Return what a run found: the own record of each pair, the rules that matched, how rare they are."""
    reading = reader(node, form.officer)
    seen = _seen(reading, form.run)
    found = runs.leads(node, seen)
    with node.own.store.read() as conn:
        rows = [_lead(reading, conn, seen, each) for each in found]
    note(reading, [each.record for each in found if each.record], "leads")
    graphs = [part.pairs for part in seen.run.parts if part.pairs]
    return {
        "run": seen.proposal,
        "agency": seen.agency,
        "peer": seen.peer,
        "leads": rows,
        "digest": encode_base64url(graphs[0].digest),
        "same_on_both": _same(graphs),
        "notice": words(LEAD_ONLY if found else NO_LEADS),
    }


def _same(graphs: Sequence[Pairs]) -> bool:
    return len(graphs) > 1 and graphs[0] == graphs[1]


def _lead(reading: Reading, conn: sa.Connection, seen: Seen, lead: Lead) -> dict[str, JsonValue]:
    told: dict[str, JsonValue] = {
        "lead_number": lead.pair,
        "tier": _tier(lead.tier),
        "weight": lead.weight,
        "rules": [],
        "desk_there": lead.desk,
        "own_record": None,
        "filling": not lead.record,
        **_decided(seen, lead.pair),
    }
    row = projection.get(conn, lead.record, reading.sight) if lead.record else None
    if lead.record and row is None:
        told["reasons"] = reasons(_kept_back(reading, conn, lead.record))
    if row is not None:
        told["own_record"] = {"act": lead.record, "name": row.name}
        told["rules"] = list(_rules(reading, conn, seen, lead))
    return told


def _kept_back(reading: Reading, conn: sa.Connection, act: str) -> Decision:
    """Return why an officer may not see an own record."""
    [envelope] = [each.envelope for each in get_acts(conn, [act]).values()]
    return reading.sight.why(envelope.hnd, "identity", involved=reading.sight.reader.involved(envelope))


def _rules(reading: Reading, conn: sa.Connection, seen: Seen, lead: Lead) -> Iterator[JsonValue]:
    """Yield the rules that joined a pair, each with how few people share such a key by chance, by the agreed tables."""
    assert seen.terms is not None
    [act] = read_acts(conn, reading.node.own, list(get_acts(conn, [lead.record]).values()))
    year = datetime.fromtimestamp(seen.envelope.iat, UTC).year
    wide = seen.terms.rules == rules_digest(names_alone=True)
    budget = Budget(seen.terms.records, seen.terms.epsilon_ppm, names_alone=wide)
    keys = within(parts_of(lead.record, act.fields, latest=year), tables(), budget)
    for name in lead.rules:
        costs = [key.cost for key in keys if key.rule.name == name]
        rare = (
            {} if name == IDENTIFIER or not costs else {"shared_by_one_in": min(1 << (min(costs) // 1000), EVERYBODY)}
        )
        yield {"rule_name": words(rule_words(name), name), **rare}


def rule_words(name: str) -> Words:
    """Return what a rule joins records by."""
    if name == IDENTIFIER:
        return Words(es="un identificador", en="an identifier")
    found = rule(name)
    givens = INITIAL if found.given == "i" else GIVENS[found.givens]
    said = [each for each in (SURNAMES[found.surnames], givens, WHEN[found.day]) if each]
    return Words(es=", ".join(each.es for each in said), en=", ".join(each.en for each in said))


def _decided(seen: Seen, pair: int) -> dict[str, JsonValue]:
    """Return what both sides decided about a pair, once both are open, and what the other side opened of it."""
    told: dict[str, JsonValue] = {}
    sides = {"decided_ours": seen.side, "decided_theirs": 1 - seen.side}
    if all(part.decisions for part in seen.run.parts):
        for name, side in sides.items():
            decisions = seen.run.parts[side].decisions
            assert decisions is not None
            each = decisions.decisions[pair]
            told[name] = {"choice": _choice(each.choice), "reason": each.reason}
    theirs = seen.run.parts[1 - seen.side].records
    if theirs is not None and seen.run.parts[seen.side].records is not None:
        told |= _opened(theirs, pair)
    return told


def _opened(records: RecordsOpened, pair: int) -> dict[str, JsonValue]:
    for each in records.records:
        if each.pair == pair:
            return {"opened_there": {"authority": each.authority, "entered_on": each.entered_on,
                                     "act": encode_base64url(each.act)}}  # fmt: skip
    return {}


# Checking ------------------------------------------------------------------------------------------------------------


def check(node: Node, form: ShowRun) -> JsonValue:
    """Check a run again from its record, with the functions that its receiver used."""
    reading = reader(node, form.officer)
    seen = _seen(reading, form.run)
    note(reading, [seen.proposal], "run check")
    lines = list(recheck(node, seen.proposal))
    broken = [each for each in lines if each.verdict == BREAKS]
    return {
        "ok": not broken and seen.broken is None,
        "run": seen.proposal,
        "checked": [{"verdict_again": words(codes.label("run_checked", verdict), verdict),
                     "count": sum(each.verdict == verdict for each in lines)}
                    for verdict in dict.fromkeys(each.verdict for each in lines)],
        "broken": [{"step": _step(each.step), "agency": seen.agencies[each.side], "act": each.act,
                    **({"because": words(each.words)} if each.words else {})} for each in broken],
    }  # fmt: skip


VERBS: Iterable[Verb] = (
    Verb("preview", Preview, operation=preview),
    Verb("propose", ProposeRun, operation=propose),
    Verb("agree", OfRun, operation=agree),
    Verb("refuse", WithReason, operation=refuse),
    Verb("drafts", Drafts, operation=drafts),
    Verb("draft", OneDraft, operation=show_draft),
    Verb("approve", Approve, operation=approve),
    Verb("discard", OneDraft, operation=discard),
    Verb("list", ListRuns, operation=list_runs),
    Verb("show", ShowRun, operation=show),
    Verb("pause", WithReason, operation=pause),
    Verb("continue", WithReason, operation=go_on),
    Verb("stop", WithReason, operation=stop),
    Verb("leads", ShowRun, operation=leads),
    Verb("decide", Decide, operation=decide),
    Verb("open", OfRun, operation=open_records),
    Verb("check", ShowRun, operation=check),
)
NOUN = Noun("run", tuple(VERBS))
