# SPDX-License-Identifier: Apache-2.0
"""What persons do in a run of private deconfliction: two of them for each word that binds, one to refuse or to stop.

Rules
  - One person prepares a proposal, an agreement, decisions about pairs, or going on after an alarm; another approves.
    Who prepares asks, answers or records by role; who approves approves by role, and is never the same (ADR 31).
  - To refuse, to pause and to end a run one person is enough: whatever lets nothing more out must be quick.
  - To open records one person who may release is enough: two have decided about each pair before.
  - What is approved is what was prepared: list, terms and decisions are compared by digest at that moment.
  - A run is of one agency with one agency: its officers alone act in it. One run between two agencies at a time.
  - The terms are those that this node would compare by: another code, other tables or an unknown purpose are refused
    with the name of the value.

Worked example
    draft = prepare_proposal(node, ana, Wanted("A/POLICE", "B/CUSTOMS", terms), now=now)
    run = approve(node, luis, draft.id, draft.digest, now=now)         the act hash of the proposal
"""

from collections.abc import Iterable, Mapping
from typing import Any

from paridad.base.strict import JsonValue, decode_base64url, encode_base64url
from paridad.base.words import Words
from paridad.desks.targets.codes import label
from paridad.desks.targets.comparable import rules_digest, tables_digest
from paridad.desks.targets.deconfliction.checks import is_capacity, opened_by_both
from paridad.desks.targets.deconfliction.messages import CHOICES, Decision, Terms
from paridad.desks.targets.deconfliction.pace import Held, demand_pace, shipped
from paridad.desks.targets.deconfliction.playing import Player
from paridad.desks.targets.deconfliction.run import (
    Agree,
    Command,
    Continue,
    DecidePairs,
    OpenRecords,
    Propose,
    Raise,
    Refuse,
    Stop,
)
from paridad.desks.targets.deconfliction.state import due
from paridad.desks.targets.deconfliction.tokens import Snapshot
from paridad.desks.targets.deconfliction.wire import read_snapshot
from paridad.node import comparing
from paridad.node.carrying import Lead, leads_of
from paridad.node.comparing import Brought, Comparison, lockers
from paridad.node.errors import DraftOver, NotFound, OfficerRefused, RunRefused
from paridad.node.gathering import Gathered, Wanted, gather_list
from paridad.node.home import Officer
from paridad.node.node import Node
from paridad.node.run_drafts import (
    Draft,
    demand_second,
    demand_taken,
    discard_draft,
    find_draft,
    keep_draft,
    note_said,
    pseudonyms,
)
from paridad.node.run_facts import day_of, earlier_runs
from paridad.node.run_view import Seen, read_run, runs_of
from paridad.node.saying import demand_role
from paridad.node.set_logs import Between, keep_log, log_of, record_of, too_small

SUBJECT = "person"
"""The class that this release compares."""
PREPARES: Mapping[str, str] = {
    "proposal": "request",
    "agreement": "answer",
    "decisions": "record",
    "continue": "record",
}
"""Which command of policy stands for preparing each kind of draft."""
APPROVES, ENDS, OPENS = "approve", "refuse", "release"
"""Which stand for approving, for refusing, pausing and ending, and for opening records."""
BY_A_PERSON = "person"
"""The alarm of a pause that a person asked for."""
FILLING = Decision("decline", "filling")
"""What is decided about a pair that stands for none of the own records."""
MOST_PLACES = 1 << 23


# May it be done? -----------------------------------------------------------------------------------------------------


def demand_agency(officer: Officer, agency: str) -> None:
    """Demand that an officer is of the agency whose run it is."""
    if officer.agency != agency:
        raise OfficerRefused(
            Words(
                es=f"La corrida es de {agency}; {officer.id} no actúa por esa dependencia.",
                en=f"The run is {agency}'s; {officer.id} does not act for that agency.",
            )
        )


def find_run(node: Node, proposal: str) -> Seen:
    """Return a run that is here, or raise `NotFound`."""
    with node.own.store.read() as conn:
        found = read_run(conn, node, proposal)
    if found is None:
        raise NotFound(Words(es=f"No hay aquí una corrida {proposal}.", en=f"There is no run {proposal} here."))
    return found


def _may(node: Node, officer: Officer, seen: Seen, what: str, *, now: int) -> None:
    demand_agency(officer, seen.agency)
    demand_role(node.own, officer, what, now=now)


def _demand_state(seen: Seen, *states: str) -> None:
    state = seen.where.state
    if state not in states:
        told = label("run_state", state)
        raise RunRefused(
            Words(
                es=f"Eso no se puede: la corrida está «{told.es}».", en=f"That cannot be done: the run is “{told.en}”."
            )
        )


def _demand_no_other(node: Node, agency: str, peer: str, *, but: str = "") -> None:
    """Demand that no other run between the two agencies is under way."""
    with node.own.store.read() as conn:
        names = [act.hash for act in runs_of(conn, node.own) if {act.envelope.iss, *act.envelope.aud} == {agency, peer}]
        open_ = [name for name in names if name != but and (seen := read_run(conn, node, name)) and seen.where.waiting]
    if open_:
        raise RunRefused(
            Words(
                es=f"Ya hay una corrida sin terminar con {peer}: {open_[0]}. Respóndala o termínela antes.",
                en=f"There is an unfinished run with {peer} already: {open_[0]}. Answer or end it first.",
            )
        )


def demand_terms(node: Node, agency: str, terms: Terms) -> None:
    """Demand terms by which this node can compare, or say which value does not fit."""
    charter = node.own.keys.current
    known_rules = {rules_digest(names_alone=each) for each in (False, True)}
    bases = {each.id for each in charter.bases_for(node.own.party)}
    for name, fits, es, en in (
        ("subject", terms.subject == SUBJECT, "esta versión compara personas", "this release compares persons"),
        (
            "purpose",
            terms.purpose in charter.purposes,
            "no es una finalidad de la carta",
            "is no purpose of the charter",
        ),
        ("basis", terms.basis in bases, "no es una base de la carta", "is no basis of the charter"),
        ("rules", terms.rules in known_rules, "no son las de este nodo", "are not those of this node"),
        ("tables", terms.tables == tables_digest(), "no son las de este nodo", "are not those of this node"),
        ("records", is_capacity(terms.records), *_CAPACITY),
        ("places", is_capacity(terms.places) and terms.places <= MOST_PLACES, *_CAPACITY),
        ("epsilon_ppm", terms.epsilon_ppm > 0, "tiene que ser mayor que cero", "has to be more than zero"),
        ("batch", 0 < terms.batch <= terms.places, "no cabe", "does not fit"),
    ):
        if not fits:
            raise RunRefused(Words(es=f"Corrida, {name}: {es}.", en=f"Run, {name}: {en}."))
    if agency not in node.own.act_signers:
        raise RunRefused(Words(es=f"{agency} no firma aquí.", en=f"{agency} does not sign here."))


_CAPACITY = (
    "tiene que ser 4, 5, 6 o 7 por una potencia de dos, para no decir el tamaño real",
    "has to be 4, 5, 6 or 7 times a power of two, so as not to tell the real size",
)


def wanted_of(seen: Seen) -> Wanted:
    """Return what a run compares, as our agency would bring it."""
    if seen.terms is None:
        raise RunRefused(
            Words(es="La propuesta no se puede leer: niéguela.", en="The proposal cannot be read: refuse it.")
        )
    wide = seen.terms.rules == rules_digest(names_alone=True)
    against = seen.run.proposal.bands if seen.side == 1 and seen.run.proposal else None
    return Wanted(seen.agency, seen.peer, seen.terms, names_alone=wide, against=against)


# Preparing -----------------------------------------------------------------------------------------------------------


def prepare_proposal(node: Node, officer: Officer, wanted: Wanted, *, now: int, keep: bool = True) -> Draft:
    """Prepare a proposal to an agency of another party; nothing is said before another person approves."""
    demand_agency(officer, wanted.agency)
    demand_role(node.own, officer, PREPARES["proposal"], now=now)
    if wanted.peer.partition("/")[0] not in node.own.others or wanted.peer not in node.own.keys.current.agencies:
        raise RunRefused(
            Words(
                es=f"{wanted.peer} no es dependencia de otra parte.", en=f"{wanted.peer} is no agency of another party."
            )
        )
    demand_terms(node, wanted.agency, wanted.terms)
    _demand_no_other(node, wanted.agency, wanted.peer)
    _demand_pace(node, wanted, now=now)
    return _kept(node, officer, "proposal", "", _content(wanted, _fitting(node, wanted, now=now)), now=now, keep=keep)


def prepare_agreement(node: Node, officer: Officer, seen: Seen, *, now: int, keep: bool = True) -> Draft:
    """Prepare to agree to a run that the other side proposed."""
    _may(node, officer, seen, PREPARES["agreement"], now=now)
    _demand_state(seen, "proposed")
    wanted = _answerable(node, seen)
    content = _content(wanted, _fitting(node, wanted, now=now))
    return _kept(node, officer, "agreement", seen.proposal, content, now=now, keep=keep)


def _answerable(node: Node, seen: Seen) -> Wanted:
    if seen.side == 0:
        raise RunRefused(
            Words(es="La propuso su parte: responde la otra.", en="Your party proposed it: the other one answers.")
        )
    wanted = wanted_of(seen)
    demand_terms(node, seen.agency, wanted.terms)
    _demand_no_other(node, seen.agency, seen.peer, but=seen.proposal)
    return wanted


def prepare_decisions(
    node: Node, officer: Officer, seen: Seen, chosen: Mapping[int, Decision], *, now: int, keep: bool = True
) -> Draft:
    """Prepare what is decided about each pair: open, decline or wait, each with its reason."""
    _may(node, officer, seen, PREPARES["decisions"], now=now)
    _demand_state(seen, "review")
    decisions = _complete(leads(node, seen), chosen)
    content: dict[str, JsonValue] = {"decisions": [[each.choice, each.reason] for each in decisions]}
    return _kept(node, officer, "decisions", seen.proposal, content, now=now, keep=keep)


def prepare_continue(node: Node, officer: Officer, seen: Seen, reason: str, *, now: int, keep: bool = True) -> Draft:
    """Prepare to go on after an alarm of our side."""
    _may(node, officer, seen, PREPARES["continue"], now=now)
    _demand_state(seen, "paused")
    if seen.side not in due(seen.run).sides:
        raise RunRefused(
            Words(es="La pausa es de la otra parte: sigue ella.", en="The pause is the other side's: it goes on.")
        )
    _demand_reason(reason)
    return _kept(node, officer, "continue", seen.proposal, {"reason": reason}, now=now, keep=keep)


def _kept(
    node: Node, officer: Officer, kind: str, run: str, content: Mapping[str, JsonValue], *, now: int, keep: bool
) -> Draft:
    draft = Draft.of(kind, run, officer, content, now=now, random=node.own.random)
    return keep_draft(node.own, draft) if keep else draft


def leads(node: Node, seen: Seen) -> tuple[Lead, ...]:
    """Return what a run found, or raise where it has not come so far."""
    found = leads_of(node, seen.proposal)
    if found is None:
        raise RunRefused(Words(es="La corrida todavía no da indicios.", en="The run has not given any leads yet."))
    return found


def _complete(found: Iterable[Lead], chosen: Mapping[int, Decision]) -> tuple[Decision, ...]:
    """Return one decision for each pair; what is filling is declined, what nobody decided is refused by its number."""
    decisions = []
    known = tuple(found)
    for lead in known:
        decision = chosen.get(lead.pair, FILLING if not lead.record else None)
        if decision is None:
            raise RunRefused(
                Words(
                    es=f"Falta decidir sobre el indicio {lead.pair}: open, decline o wait, con su motivo.",
                    en=f"Lead {lead.pair} is not decided yet: open, decline or wait, with its reason.",
                )
            )
        _demand_reason(decision.reason)
        if decision.choice not in CHOICES or (not lead.record and decision.choice == "open"):
            raise RunRefused(
                Words(
                    es=f"Indicio {lead.pair}: «{decision.choice}» no se puede; es open, decline o wait.",
                    en=f"Lead {lead.pair}: “{decision.choice}” cannot be; it is open, decline or wait.",
                )
            )
        decisions.append(decision)
    if unknown := sorted(chosen.keys() - {lead.pair for lead in known}):
        raise RunRefused(Words(es=f"No hay indicio {unknown[0]}.", en=f"There is no lead {unknown[0]}."))
    return tuple(decisions)


def _demand_reason(reason: str) -> None:
    if not reason.strip():
        raise RunRefused(Words(es="Diga por qué, en una frase.", en="Say why, in a sentence."))


def _fitting(node: Node, wanted: Wanted, *, now: int) -> Gathered:
    """Return the own list, if the capacity holds it."""
    found = gather_list(node, wanted, now=now)
    if len(found.compared) > wanted.terms.records:
        raise too_small("registros", "records", len(found.compared), wanted.terms.records)
    if len(found.tokens) > wanted.terms.places:
        raise too_small("claves", "keys", len(found.tokens), wanted.terms.places)
    return found


def _content(wanted: Wanted, found: Gathered) -> dict[str, JsonValue]:
    return {
        "peer": wanted.peer,
        "terms": terms_tree(wanted.terms),
        "names_alone": wanted.names_alone,
        "records": len(found.compared),
        "keys": len(found.tokens),
        "list": found.digest,
        "concentrations": list(found.concentrations),
    }


def terms_tree(terms: Terms) -> dict[str, JsonValue]:
    """Return terms as plain data."""
    return {
        name: encode_base64url(value) if isinstance(value := getattr(terms, name), bytes) else value
        for name in Terms.__slots__
    }


def terms_of(tree: Any) -> Terms:
    """Return terms from plain data."""
    digests = {name: decode_base64url(tree[name]) for name in ("rules", "tables")}
    return Terms(**{**tree, **digests})


# Approving -----------------------------------------------------------------------------------------------------------


def approve(node: Node, officer: Officer, id_: str, digest: str, *, now: int, names_alone: bool = False) -> str:
    """Approve, as a second person, exactly what was prepared, and say it; return the run."""
    draft = find_draft(node.own, officer.agency, id_, now=now)
    demand_role(node.own, officer, APPROVES, proposer=officer.id == draft.officer, now=now)
    demand_second(draft, officer, digest)
    if bool(draft.content.get("names_alone")) is not names_alone:
        raise RunRefused(
            Words(
                es="Comparar nombres solos se aprueba aparte: dígalo con --names-alone si lo aprueba, y sólo entonces.",
                en="Names alone are approved apart: say --names-alone if you approve it, and only then.",
            )
        )
    persons = pseudonyms(draft.officer, officer.id, node.own.random)
    match draft.kind:
        case "proposal" | "agreement":
            run = _say_terms(node, draft, persons, now=now)
        case "decisions":
            seen = find_run(node, draft.run)
            _demand_state(seen, "review")
            decisions = tuple(Decision(choice, reason) for choice, reason in _pairs_of(draft.content["decisions"]))
            demand_taken(node.own, draft)
            run = _command(node, seen, DecidePairs(decisions, persons))
        case _:  # continue
            seen = find_run(node, draft.run)
            _demand_state(seen, "paused")
            demand_taken(node.own, draft)
            run = _command(node, seen, Continue(persons))
    note_said(node.own, run, draft.officer, f"prepared-{draft.kind}", now=draft.at)
    note_said(node.own, run, officer.id, f"approved-{draft.kind}", now=now)
    return run


def _pairs_of(tree: Any) -> list[tuple[Any, str]]:
    return [(choice, reason) for choice, reason in tree]


def _say_terms(node: Node, draft: Draft, persons: tuple[str, str], *, now: int) -> str:
    """Propose, or agree, with the list as it was prepared."""
    content: Any = draft.content
    wanted = Wanted(draft.agency, content["peer"], terms_of(content["terms"]), names_alone=content["names_alone"])
    if draft.run:
        wanted = _answerable(node, find_run(node, draft.run))
    demand_terms(node, wanted.agency, wanted.terms)
    _demand_no_other(node, wanted.agency, wanted.peer, but=draft.run)
    _demand_pace(node, wanted, now=now)
    found = _fitting(node, wanted, now=now)
    if found.digest != content["list"]:
        raise DraftOver(
            Words(
                es="La lista cambió desde que se preparó: revise otra vez qué se compara.",
                en="The list has changed since this was prepared: review again what is compared.",
            )
        )
    if draft.run:
        _demand_state(find_run(node, draft.run), "proposed")
    demand_taken(node.own, draft)
    between = Between(wanted.agency, wanted.peer)
    keep_log(node, between, found.log, found.numbers, run="")
    said = (wanted.terms, found.concentration, found.log.head, persons, None, found.bands)
    if draft.run:
        run = comparing.answer(node, draft.run, found.brought(), Agree(*said)).proposal
    else:
        run = comparing.propose(node, wanted.agency, wanted.peer, found.brought(), Propose(*said)).proposal
    keep_log(node, between, found.log, found.numbers, run=run)
    return run


def _demand_pace(node: Node, wanted: Wanted, *, now: int) -> None:
    """Demand that a run is not too early and its growth not too much, before a draft is taken."""
    earlier = earlier_runs(node, wanted.agency, wanted.peer, SUBJECT)
    held = [Held(each.on, each.terms.churn_cap) for each in earlier]
    demand_pace(wanted.terms, day_of(now), held, changed=None, caps=shipped())


def discard(node: Node, officer: Officer, id_: str, *, now: int) -> None:
    """Discard a draft; whoever prepares or approves for that agency may."""
    draft = find_draft(node.own, officer.agency, id_, now=now)
    if officer.id != draft.officer:
        demand_role(node.own, officer, APPROVES, now=now)
    discard_draft(node.own, draft.id)


# Alone ---------------------------------------------------------------------------------------------------------------


def refuse(node: Node, officer: Officer, seen: Seen, reason: str, *, now: int) -> str:
    """Refuse a run that the other side proposed."""
    _may(node, officer, seen, ENDS, now=now)
    _demand_state(seen, "proposed")
    _demand_reason(reason)
    if seen.side == 0:
        raise RunRefused(
            Words(es="La propuso su parte: termínela con stop.", en="Your party proposed it: end it with stop.")
        )
    run = comparing.answer(node, seen.proposal, Brought((), seen.agency), Refuse(reason)).proposal
    note_said(node.own, run, officer.id, "refused", reason, now=now)
    return run


def pause(node: Node, officer: Officer, seen: Seen, reason: str, *, now: int) -> str:
    """Stop before the next batch; going on takes two persons."""
    _may(node, officer, seen, ENDS, now=now)
    _demand_state(seen, "running")
    _demand_reason(reason)
    if seen.run.start is None:
        raise RunRefused(
            Words(
                es="La corrida no ha empezado: puede terminarla.",
                en="The run has not begun: you can end it.",
            )
        )
    run = _command(node, seen, Raise(BY_A_PERSON))
    note_said(node.own, run, officer.id, "paused", reason, now=now)
    return run


def stop(node: Node, officer: Officer, seen: Seen, reason: str, *, now: int) -> str:
    """End a run before its end, from either side, at any time."""
    _may(node, officer, seen, ENDS, now=now)
    _demand_state(seen, "proposed", "running", "paused", "review", "opening", "broken")
    _demand_reason(reason)
    run = _command(node, seen, Stop(reason))
    note_said(node.own, run, officer.id, "ended", reason, now=now)
    return run


def open_records(node: Node, officer: Officer, seen: Seen, *, now: int) -> str:
    """Open, of the pairs that both sides decided to open, since when and on what the own record stands."""
    _may(node, officer, seen, OPENS, now=now)
    _demand_state(seen, "opening")
    if seen.run.parts[seen.side].records is not None:
        raise RunRefused(Words(es="Su parte ya abrió; falta la otra.", en="Your side has opened; the other has not."))
    found = {lead.pair: lead.record for lead in leads(node, seen)}
    log = log_of(node, Between(seen.agency, seen.peer), seen.proposal)
    assert log is not None  # no other run between the two is agreed to before this one ends
    records = {pair: record_of(log, found[pair], pair) for pair in opened_by_both(seen.run)}
    run = _command(node, seen, OpenRecords(records))
    note_said(node.own, run, officer.id, "opened", now=now)
    return run


def _command(node: Node, seen: Seen, command: Command) -> str:
    """Say what a person decided, from the run as it stands on record: no bulk is needed for it."""
    with node.own.store.read() as conn:
        locked = node.own.vault.unlock(conn, lockers(seen.proposal)[0])
    snapshot = read_snapshot(locked) if locked else Snapshot(b"", ())
    player = Player(seen.side, snapshot)
    for each in seen.said:
        player.recall(each)
    Comparison(node, seen.agency, seen.peer, seen.proposal, player).command(command)
    return seen.proposal
