# SPDX-License-Identifier: Apache-2.0
"""What a message must fulfil before it is believed: the receiver's checks of each step, from public values alone.

Rules
  - A check reads what both sides said and nothing secret. So the same function serves the receiver in the run, and an
    auditor afterwards who is handed the run and the message that broke it (`dispute`).
  - It returns nothing, or raises `RunBroken` with the step and the side that is named. What comes at the wrong moment
    is `NotNow` and names nobody: lines repeat and reorder.
  - Checks are numbered as the steps of the run.

Worked example
    check(run, Said(1, opening))        raises RunBroken(step=5, side=1): a batch does not lead to its root.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from datetime import date
from hashlib import sha256
from typing import Any, NoReturn

from paridad.base.words import Words
from paridad.desks.targets.deconfliction import group, messages
from paridad.desks.targets.deconfliction.commitments import answer_entry, root_through
from paridad.desks.targets.deconfliction.common import (
    SEALED_BYTES,
    common_of,
    digest_of_pairs,
    labels_of,
    pairs_of,
    result_of,
)
from paridad.desks.targets.deconfliction.errors import NotNow, ProofFails, RunBroken, WrongPoint
from paridad.desks.targets.deconfliction.messages import (
    CHOICES,
    Band,
    Logged,
    Message,
    Persons,
    Record,
    Said,
    Terms,
    digest_of,
)
from paridad.desks.targets.deconfliction.setlog import demand_churn, demand_record, record_entry
from paridad.desks.targets.deconfliction.state import Run, due, knowledge_context
from paridad.desks.targets.deconfliction.tokens import list_tree
from paridad.ledger.errors import ProofRefused
from paridad.ledger.merkle import leaf_hash, verify_inclusion

DIGEST_BYTES = 32
MOST_POWER = 32
"""Of two, that a concentration can be."""


def check(run: Run, said: Said) -> None:
    """Check one message against the run before it, or raise.

    A pause binds what is said after it was seen: a batch that crosses it on the line is taken.
    """
    side, message = said
    demand_turn(run if isinstance(message, messages.GoOn) else replace(run, alarms=()), said)
    _CHECKS[type(message)](run, side, message)


def demand_turn(run: Run, said: Said) -> None:
    """Demand that a message is due from its side, or raise `NotNow`."""
    kind, sides = due(run)
    wanted = (messages.Agreement, messages.Refusal) if kind is messages.Agreement else (kind,)
    free = isinstance(said.message, messages.Abort | messages.Pause) and run.proposal is not None and run.abort is None
    if not free and (said.side not in sides or not isinstance(said.message, wanted)):
        raise NotNow(
            Words(
                es=f"Ese acto no toca ahora: sigue {kind.__name__}, de {_named(sides)}.",
                en=f"That act is not due now: next is {kind.__name__}, of {_named(sides)}.",
            )
        )


def _named(sides: tuple[int, ...]) -> str:
    return " + ".join(map(str, sides)) or "-"


def is_day(written: str) -> bool:
    """Tell whether a text is a day in its one form (ISO 8601)."""
    try:
        return date.fromisoformat(written).isoformat() == written
    except ValueError:
        return False


def is_capacity(places: int) -> bool:
    """Tell whether a capacity is 1, 1.25, 1.5 or 1.75 times a power of two."""
    return places > 0 and places % (1 << max(places.bit_length() - 3, 0)) == 0


# Steps 0 and 1 -------------------------------------------------------------------------------------------------------


def _proposal(run: Run, side: int, message: messages.Proposal) -> None:
    terms = message.terms
    if not (is_capacity(terms.places) and is_capacity(terms.records)):
        _broken(0, side, "una capacidad no es de las convenidas", "a capacity is not one of those agreed")
    if not 0 < terms.batch <= group.MAX_ITEMS or not 0 <= terms.sample <= terms.places:
        _broken(0, side, "el lote o la muestra no caben", "the batch or the sample does not fit")
    if not (terms.purpose and terms.basis):
        _broken(0, side, "falta el propósito o el fundamento", "purpose or basis is missing")
    _persons(0, side, message.persons)
    _digest(0, side, message.nonce_seal)
    _growth(run, 0, side, message)
    _bands(0, side, message.bands)


def _agreement(run: Run, side: int, message: messages.Agreement) -> None:
    assert run.proposal is not None
    if message.proposal != digest_of(run.proposal):
        _broken(1, side, "responde a otra propuesta", "it answers another proposal")
    if message.terms != run.terms:
        name, ours, theirs = _first_difference(run.terms, message.terms)
        _broken(1, side, f"«{name}» difiere: {ours} y {theirs}", f'"{name}" differs: {ours} and {theirs}')
    _persons(1, side, message.persons)
    _digest(1, side, message.nonce)
    _growth(run, 1, side, message)
    _bands(1, side, message.bands)


def _growth(run: Run, step: int, side: int, message: messages.Proposal | messages.Agreement) -> None:
    # (1) From the head that the earlier run named.  (2) By exactly the cap, with its beginning unchanged.
    before, growth, cap = run.earlier[side], message.growth, message.terms.churn_cap
    if (growth.before if growth else None) != before:
        _broken(
            step, side, "la bitácora del conjunto no parte de la cabeza de la corrida anterior",
            "the set log does not go on from the head of the earlier run",
        )  # fmt: skip
    if growth is None:
        return
    try:
        demand_churn(growth.before, message.set_log, cap, growth.proof)
    except ProofRefused as error:
        raise RunBroken(step, side, error.words) from error


def _bands(step: int, side: int, bands: tuple[Band, ...]) -> None:
    keys = [(each.rule, each.band) for each in bands]
    if keys != sorted(set(keys)) or not all(0 < each.power <= MOST_POWER for each in bands):
        _broken(step, side, "la concentración no tiene su forma", "the concentration has not its form")


def _first_difference(one: Terms, two: Terms) -> tuple[str, object, object]:
    names = (each.name for each in fields(one))
    return next((name, a, b) for name in names if (a := getattr(one, name)) != (b := getattr(two, name)))


def _start(run: Run, side: int, message: messages.Start) -> None:
    assert run.proposal is not None
    if sha256(message.nonce).digest() != run.proposal.nonce_seal:
        _broken(1, side, "el número no es el comprometido", "the nonce is not the committed one")


def _persons(step: int, side: int, persons: Persons) -> None:
    if len(set(persons)) != 2 or not all(persons):  # noqa: PLR2004  two persons
        _broken(step, side, "hacen falta dos personas distintas", "two different persons are needed")


def _digest(step: int, side: int, value: bytes) -> None:
    if len(value) != DIGEST_BYTES:
        _broken(step, side, "un valor no mide 32 bytes", "a value is not 32 bytes long")


# Steps 2 to 4 --------------------------------------------------------------------------------------------------------


def _commitment(run: Run, side: int, message: messages.Commitment) -> None:
    # (1) The agreed number of places.  (2) Nothing of it is the other side's.  (3) It knows its exponent.
    other = run.parts[1 - side].commitment
    if message.places != run.terms.places:
        _broken(2, side, "otro número de lugares", "another number of places")
    _digest(2, side, message.root)
    _digest(2, side, message.key)
    _digest(2, side, message.order_seal)
    if other is not None and {other.root, other.key, other.order_seal} & {
        message.root,
        message.key,
        message.order_seal,
    }:
        _broken(2, side, "repite el compromiso de la otra parte", "it repeats the other side's commitment")
    try:
        group.demand_points(message.key)
        group.verify(message.key, group.GENERATOR, message.key, message.knows, knowledge_context(run, side))
    except (WrongPoint, ProofFails) as error:
        raise RunBroken(2, side, _NO_EXPONENT) from error


_NO_EXPONENT = Words(
    es="Paso 2: no prueba que conoce su exponente.", en="Step 2: it does not prove that it knows its exponent."
)


def _list(run: Run, side: int, message: messages.ListSent) -> None:
    # (1) The agreed number.  (2) The committed root.  (3) Points.  (4) No repetition.  (5) None of the other side's.
    commitment, other = run.parts[side].commitment, run.parts[1 - side].listed
    assert commitment is not None
    size = commitment.places * group.POINT_BYTES
    if len(message.points) != size or len(message.seals) != size:
        _broken(3, side, "la lista no tiene el número acordado", "the list has not the agreed number")
    if list_tree(message.points, message.seals).root != commitment.root:
        _broken(3, side, "la lista no lleva a su raíz", "the list does not lead to its root")
    try:
        group.demand_points(message.points)
    except WrongPoint as error:
        raise RunBroken(3, side, error.words) from error
    points = set(group.points_of(message.points))
    if len(points) != commitment.places:
        _broken(3, side, "la lista repite un punto", "the list repeats a point")
    if other is not None and not points.isdisjoint(group.points_of(other.points)):
        _broken(3, side, "la lista trae puntos de la otra parte", "the list holds points of the other side")


def _evaluation(_: Run, side: int, message: messages.Evaluation) -> None:
    _digest(4, side, message.root)


def _order(run: Run, side: int, message: messages.OrderNonce) -> None:
    commitment = run.parts[side].commitment
    assert commitment is not None
    if sha256(message.nonce).digest() != commitment.order_seal:
        _broken(4, side, "el número del orden no es el comprometido", "the nonce of the order is not the committed one")


# Step 5 --------------------------------------------------------------------------------------------------------------


def _opening(run: Run, side: int, message: messages.Opening) -> None:
    # (1) The batch that is due, whole.  (2) Under the root of step 4.  (3) Made with the exponent of step 2.
    number = len(run.parts[side].openings)
    if message.batch != number:
        raise NotNow(Words(es=f"Sigue el lote {number}.", en=f"Batch {number} is next."))
    positions, evaluation = run.positions(side, number), run.parts[side].evaluation
    assert evaluation is not None
    if len(message.answers) != len(positions) * group.POINT_BYTES:
        _broken(5, side, "el lote no está completo", "the batch is not whole")
    answers = dict(zip(positions, group.points_of(message.answers), strict=True))
    leaves = {at: leaf_hash(answer_entry(at, answer)) for at, answer in answers.items()}
    try:
        root = root_through(leaves, run.terms.places, message.path)
    except ProofRefused as error:
        raise RunBroken(5, side, error.words) from error
    if root != evaluation.root:
        _broken(5, side, "el lote no lleva a su raíz", "the batch does not lead to its root")
    _proof(run, side, message, answers)


def statement(run: Run, side: int, batch: int, answers: Mapping[int, bytes]) -> tuple[bytes, bytes]:
    """Return what the proof of a batch speaks of: points of the other's list that are proved, and their answers."""
    proved = [at for at in run.positions(side, batch) if at in run.samples[side]]
    points = run.list_of(1 - side).points
    firsts = b"".join(group.point_at(points, at) for at in proved)
    return firsts, b"".join(answers[at] for at in proved)


def _proof(run: Run, side: int, message: messages.Opening, answers: Mapping[int, bytes]) -> None:
    firsts, seconds = statement(run, side, message.batch, answers)
    if message.proof is None:
        if firsts:
            _broken(5, side, "falta la prueba del lote", "the proof of the batch is missing")
        return
    try:
        group.verify(run.key_of(side), firsts, seconds, message.proof, run.proof_context(side, message.batch))
    except ProofFails as error:
        raise RunBroken(5, side, error.words) from error


# Steps 6 to 10 -------------------------------------------------------------------------------------------------------


def _result(run: Run, side: int, message: messages.Result) -> None:
    if message != result_of(common_of(run)):
        _broken(6, side, "el resultado no es el que dan los lotes abiertos", "the result is not what the batches give")


def _labels(run: Run, side: int, message: messages.Labels) -> None:
    result = run.parts[side].result
    assert result is not None
    if len(message.sealed) != result.size * SEALED_BYTES:
        _broken(7, side, "no hay una etiqueta por coincidencia", "there is not one label for each match")
    for _ in labels_of(run, side, message):
        """Each opens, and fits its commitment."""


def _pairs(run: Run, side: int, message: messages.Pairs) -> None:
    pairs = pairs_of(run)
    if message != messages.Pairs(len(pairs), digest_of_pairs(pairs)):
        _broken(7, side, "las parejas no son las que dan las etiquetas", "the pairs are not what the labels give")


def _decision_seal(_: Run, side: int, message: messages.DecisionSeal) -> None:
    _persons(8, side, message.persons)
    _digest(8, side, message.seal)


def _decisions(run: Run, side: int, message: messages.Decisions) -> None:
    seal, pairs = run.parts[side].decision_seal, run.parts[side].pairs
    assert seal is not None
    assert pairs is not None
    if digest_of(message) != seal.seal:
        _broken(8, side, "las decisiones no son las comprometidas", "the decisions are not the committed ones")
    if len(message.decisions) != pairs.count or not {each.choice for each in message.decisions} <= set(CHOICES):
        _broken(8, side, "no hay una decisión por pareja", "there is not one decision for each pair")


def opened_by_both(run: Run) -> tuple[int, ...]:
    """Return the numbers of the pairs that both sides decided to open."""
    both = [part.decisions.decisions for part in run.parts if part.decisions is not None]
    return tuple(
        at for at, choices in enumerate(zip(*both, strict=True)) if {each.choice for each in choices} == {"open"}
    )


def _records(run: Run, side: int, message: messages.RecordsOpened) -> None:
    if tuple(each.pair for each in message.records) != opened_by_both(run):
        _broken(9, side, "no abre las parejas que ambas abrieron", "it does not open the pairs that both opened")
    pairs = pairs_of(run)
    for record in message.records:
        demand_entry(run, side, record)
        if record.place != pairs[record.pair].places[side]:
            _broken(9, side, "el registro no es el de la etiqueta", "the record is not the one of the label")


def demand_entry(run: Run, side: int, record: Record) -> None:
    """Demand that a record stood in its owner's set log and, where the terms ask for it, in the owner's log."""
    head = run.proposal.set_log if side == 0 and run.proposal else run.agreement.set_log if run.agreement else None
    assert head is not None
    leaf = record.logged.leaf if record.logged else b""
    entry = record_entry("added", record.act, record.authority, record.entered_on, record.salt, leaf=leaf)
    try:
        demand_record(entry, record.place, head, record.proof)
    except ProofRefused as error:
        raise RunBroken(9, side, _NOT_BEFORE) from error
    if not is_day(record.entered_on):
        _broken(9, side, "la fecha del registro no es un día", "the date of the record is not a day")
    if run.terms.logged:
        _logged(run, side, record.logged)


def _logged(run: Run, side: int, logged: Logged | None) -> None:
    """Check that an act stood in its owner's log, in the tree that the other side named in step 2."""
    commitment = run.parts[1 - side].commitment
    assert commitment is not None
    if commitment.seen is None:
        return  # the other side had cosigned nothing: it can demand nothing
    if logged is None:
        _broken(9, side, "falta la prueba de que el acto constaba", "the proof that the act was logged is missing")
    try:
        verify_inclusion(logged.leaf, logged.place, commitment.seen.size, logged.path, commitment.seen.root)
    except ProofRefused as error:
        raise RunBroken(9, side, _NOT_LOGGED) from error


_NOT_BEFORE = Words(
    es="Paso 9: el registro no estaba en el conjunto antes de la corrida.",
    en="Step 9: the record was not in the set before the run.",
)


_NOT_LOGGED = Words(
    es="Paso 9: el acto del registro no constaba en el árbol que la otra parte había cofirmado antes de la corrida.",
    en="Step 9: the act of the record did not stand in the tree that the other side had cosigned before the run.",
)


def _nothing(_: Run, __: int, ___: Message) -> None:
    """Nothing to check: who may say it, and when, was checked before."""


def _go_on(_: Run, side: int, message: messages.GoOn) -> None:
    _persons(5, side, message.persons)


_CHECKS: Mapping[type[Message], Callable[[Run, int, Any], None]] = {
    messages.Proposal: _proposal,
    messages.Agreement: _agreement,
    messages.Refusal: _nothing,
    messages.Start: _start,
    messages.Commitment: _commitment,
    messages.ListSent: _list,
    messages.Evaluation: _evaluation,
    messages.OrderNonce: _order,
    messages.Opening: _opening,
    messages.Result: _result,
    messages.Labels: _labels,
    messages.Pairs: _pairs,
    messages.DecisionSeal: _decision_seal,
    messages.Decisions: _decisions,
    messages.RecordsOpened: _records,
    messages.Close: _nothing,
    messages.Pause: _nothing,
    messages.GoOn: _go_on,
    messages.Abort: _nothing,
}


def _broken(step: int, side: int, es: str, en: str) -> NoReturn:
    raise RunBroken(step, side, Words(es=f"Paso {step}: {es}.", en=f"Step {step}: {en}."))
