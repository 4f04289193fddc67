# SPDX-License-Identifier: Apache-2.0
"""What each side learns by a run, in sentences with the numbers of that run: before approval, and after.

Rules
  - The statement is exact: what is learned, what is not, and what no computation can hold.
  - It is the same for both sides; only "you" and "they" change places.
  - Numbers are integers, and those that bound something are rounded up.

Worked example
    [each.in_("en") for each in before(terms, (0, 1))]
    after(run, 0)[0].in_("en")        is "The answers to 2,048 of your 81,920 places are open, and to …"
"""

from collections.abc import Mapping

from paridad.base.words import Words
from paridad.desks.targets.deconfliction.common import common_of, pairs_of
from paridad.desks.targets.deconfliction.messages import Terms
from paridad.desks.targets.deconfliction.state import Run

DAYS_OF_FORTY_YEARS = 14_600
"""Tokens that it takes to guess the day of birth behind one surname and given name."""
MILLION = 1_000_000

LEARNED = (
    Words(
        es="Ambas partes saben lo acordado: capacidad de {records} registros y {places} claves por lado, iguales para "
        "las dos, y el resumen de reglas y tablas.",
        en="Both sides know what was agreed: a capacity of {records} records and {places} keys a side, the same for "
        "both, and the digest of rules and tables.",
    ),
    Words(
        es="Cada una sabe la concentración de la otra como potencia de dos ({first} y {second}), también por regla y "
        "banda de rareza donde su lista está más poblada de lo que dicen las tablas, y que su bitácora del conjunto "
        "creció exactamente {churn} asientos.",
        en="Each knows the other's concentration as a power of two ({first} and {second}), also by rule and band of "
        "rarity where its list is more crowded than the tables say, and that its set log grew by exactly {churn} "
        "entries.",
    ),
    Words(
        es="Cada una sabe cuáles de sus propias claves tiene también la otra lista y, de ésas, cuáles son de un mismo "
        "registro de la otra parte, sin saber de cuál; la regla y la oficina de contacto.",
        en="Each learns which of its own keys the other list holds as well and, of those, which belong to one record "
        "of the other side without learning which; the rule and the desk to contact.",
    ),
    Words(
        es="De un registro que coincide sabe también, por el silencio, que las demás claves difieren, faltan o quedan "
        "bajo el presupuesto en la otra lista.",
        en="Of a record that matches it also learns, by silence, that its other keys differ, are missing or are below "
        "the budget on the other list.",
    ),
    Words(
        es="Por azar se esperan a lo más {chance} coincidencias entre personas distintas. Una coincidencia es un "
        "indicio para una persona, nunca una decisión.",
        en="By chance at most {chance} matches between different people are expected. A match is a lead for a person, "
        "never a decision.",
    ),
    Words(
        es="De las parejas que ambas abren, además: en qué se funda el registro y desde qué fecha.",
        en="Of pairs that both open, in addition: what the record stands on, and since when.",
    ),
)
NOT_LEARNED = Words(
    es="No se sabe: ninguna clave que no sea común, el tamaño real de las listas, cuántas claves tiene un registro, "
    "ningún nombre, número o fecha que no se tuviera ya.",
    en="Not learned: any key that is not common, the real size of the lists, how many keys a record has, any name, "
    "number or date that was not held already.",
)
PROMISES = (
    Words(
        es="Queda en promesa: que la otra lista diga la verdad y no omita nada. Adivinar cuesta: el día de nacimiento "
        "de un nombre ocupa {days} claves, así que {places} claves barren unos {names} nombres.",
        en="What remains a promise: that the other list tells the truth and omits nothing. Guessing costs: the day of "
        "birth behind one name takes {days} keys, so {places} keys sweep about {names} names.",
    ),
    Words(
        es="Queda en promesa: que la otra parte destruya su exponente, sus claves y las respuestas. Con una "
        "computadora cuántica en el futuro, quien las haya guardado podría leer esta corrida.",
        en="What remains a promise: that the other side destroys its exponent, its keys and the answers. With a "
        "quantum computer in the future, whoever kept them could read this run.",
    ),
)


def before(terms: Terms, concentrations: tuple[int, int]) -> tuple[Words, ...]:
    """Return the statement that both approvers read before a run."""
    values = _numbers(terms, concentrations)
    return tuple(each.fill(**values) for each in (*LEARNED, NOT_LEARNED, *PROMISES))


def _numbers(terms: Terms, concentrations: tuple[int, int]) -> Mapping[str, str]:
    numbers = {
        "records": terms.records,
        "places": terms.places,
        "first": 2 ** concentrations[0],
        "second": 2 ** concentrations[1],
        "churn": terms.churn_cap,
        "chance": -(-terms.places * terms.epsilon_ppm // MILLION),
        "days": DAYS_OF_FORTY_YEARS,
        "names": -(-terms.places // DAYS_OF_FORTY_YEARS),
    }
    return {name: f"{number:,}" for name, number in numbers.items()}


OPENED = Words(
    es="Están abiertas las respuestas a {mine} de sus {places} lugares, y a {theirs} de los {places} de la otra parte.",
    en="The answers to {mine} of your {places} places are open, and to {theirs} of the other side's {places}.",
)
LEADS = Words(
    es="La corrida dio {matches} claves comunes y {pairs} parejas.",
    en="The run gave {matches} common keys and {pairs} pairs.",
)


def after(run: Run, side: int) -> tuple[Words, ...]:
    """Return what each side can have learned so far, also where the run was ended early."""
    sizes = [sum(len(each.answers) // 32 for each in part.openings) for part in run.parts]
    places = run.terms.places
    said = [OPENED.fill(mine=f"{sizes[1 - side]:,}", theirs=f"{sizes[side]:,}", places=f"{places:,}")]
    if run.parts[side].pairs is not None:
        said.append(LEADS.fill(matches=f"{len(common_of(run)):,}", pairs=f"{len(pairs_of(run)):,}"))
    return tuple(said)
