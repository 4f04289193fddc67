# SPDX-License-Identifier: Apache-2.0
"""Invented dossiers in the shape of the real ones, for demonstrations without the official list.

Rules
  - The same seed gives the same dossiers. Every one says `simulated`, and its source is the list "SIMULATED".
  - Names are drawn from short hand-written lists of frequent names; a namesake in life is chance.
  - Check digits fit, and yet no number is anybody's: CURP with homoclave 9 (a ninth namesake born on one day), social
    security numbers of the range kept for advertising, IMO numbers from 99 on, which no register has reached.
  - The countries are the caller's: in the first people carry two surnames, in the second one.

Worked example
    for dossier in invent(100, seed=7, countries=("Aa", "Bb")):
        dossier.simulated                                              is True
        {identifier.check for identifier in dossier.identifiers}       never holds "fails"
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from paridad.desks.targets.dossier import (
    Address,
    Alias,
    Birth,
    BirthPlace,
    Contact,
    Craft,
    Dossier,
    Identifier,
    Link,
    NameParts,
    Nationality,
    Organisation,
    Source,
)
from paridad.desks.targets.identifiers import check, curp_digit, imo_digit, rfc_digit

LIST = "SIMULATED"

_WOMEN = ("María Guadalupe", "Ana Laura", "Rosa", "Verónica", "Leticia", "Olga Lidia", "Sofía", "Ximena", "Carmen")
_MEN = ("José Luis", "Juan Carlos", "Jesús", "Miguel Ángel", "Francisco Javier", "Raúl", "Félix", "Ignacio", "Hugo")
_SURNAMES = (
    "Hernández", "García", "Martínez", "López", "González", "Pérez", "Rodríguez", "Sánchez", "Ramírez", "Cruz",
    "Flores", "Gómez", "Morales", "Vázquez", "Jiménez", "Reyes", "Núñez", "Ibarra", "Peña", "Santana",
    "San Martín", "Zavala",
)  # fmt: skip
_STATES = ("JC", "NL", "SL", "SR", "TS", "BC", "CH", "GT", "MN", "VZ", "OC", "YN")
_CAPITALS = ("Guadalajara", "Monterrey", "Culiacán", "Hermosillo", "Reynosa", "Tijuana", "Chihuahua", "León", "Morelia",
             "Xalapa", "Oaxaca", "Mérida")  # fmt: skip
_OTHER_WOMEN = ("Mary Ann", "Patricia", "Jennifer Lynn", "Linda", "Susan", "Jessica Marie", "Karen", "Nancy")
_OTHER_MEN = ("James", "Robert Lee", "John Michael", "William", "David Alan", "Charles", "Thomas", "Daniel")
_OTHER_SURNAMES = (
    "Smith", "Johnson", "Williams", "Brown", "Jones", "Miller", "Davis", "Wilson", "Anderson", "Taylor", "Moore", "Lee",
)  # fmt: skip
_OTHER_CITIES = ("El Paso", "Laredo", "San Antonio", "Tucson", "Phoenix", "San Diego", "Houston", "Chicago")
_NICKNAMES = {
    True: ("La Maestra", "La Güera", "Lupe", "Doc", "Red"),
    False: ("El Güero", "El Licenciado", "Chuy", "Doc", "Red"),
}
_SHIPS = ("Sirena del Golfo", "Estrella Inventada", "Example Star", "Norte Claro", "Fictional Dawn")
_TRADES = ("Transportes", "Comercializadora", "Agropecuaria", "Constructora", "Logística", "Inmobiliaria")
_STREETS = ("Calle Inventada", "Avenida del Ejemplo", "Privada Ficticia", "Example Street", "Invented Avenue")
_PROGRAMMES = ("SIM-NARCOTICS", "SIM-ARMS", "SIM-TRAFFICKING")
_OLDEST, _DAYS = date(1955, 1, 1), 365 * 44


def invent(count: int, *, seed: int, countries: tuple[str, str], listed_on: str = "") -> Iterator[Dossier]:
    """Yield `count` invented dossiers: mostly persons, some organisations, vessels and aircraft."""
    draw = Random(seed)  # noqa: S311  invented data that must repeat, nothing secret
    makers = (_two_surnames,) * 4 + (_one_surname,) * 3 + (_organisation, _vessel, _aircraft)
    for entry in range(1, count + 1):
        yield draw.choice(makers)(draw, _Frame(entry, countries, listed_on))


@dataclass(frozen=True, slots=True)
class _Frame:
    entry: int
    countries: tuple[str, str]
    listed_on: str

    @property
    def source(self) -> Source:
        return Source(LIST, str(self.entry), self.listed_on)

    @property
    def authority(self) -> str:
        return f"{LIST} {self.entry}"


def _two_surnames(draw: Random, frame: _Frame) -> Dossier:
    woman, born, place = draw.random() < 1 / 3, _OLDEST + timedelta(draw.randrange(_DAYS)), draw.randrange(len(_STATES))
    given, paterno, materno = draw.choice(_WOMEN if woman else _MEN), draw.choice(_SURNAMES), draw.choice(_SURNAMES)
    country = frame.countries[0]
    curp = curp_of(given, paterno, materno, born, woman=woman, state=_STATES[place])
    rfc = curp[:10] + draw.choice("123456789ABCDEFGH") + draw.choice("123456789ABCDEFGH")
    return _person(
        draw, frame, NameParts(f"{paterno} {materno}", given), country, born, woman=woman,
        aliases=(Alias(f"{paterno}, {given.split()[0]}", "strong", "aka"),),
        places=(BirthPlace(f"{_CAPITALS[place]}, {country}"),),
        identifiers=(
            Identifier("curp", curp, country, check=check("curp", curp)),
            Identifier("rfc", rfc + rfc_digit(rfc), country, check=check("rfc", rfc + rfc_digit(rfc))),
        ),
        city=_CAPITALS[place],
    )  # fmt: skip


def _one_surname(draw: Random, frame: _Frame) -> Dossier:
    woman, born = draw.random() < 1 / 3, _OLDEST + timedelta(draw.randrange(_DAYS))
    given, surname = draw.choice(_OTHER_WOMEN if woman else _OTHER_MEN), draw.choice(_OTHER_SURNAMES)
    country, city = frame.countries[1], draw.choice(_OTHER_CITIES)
    ssn = f"987-65-43{draw.randrange(20, 30)}"
    return _person(
        draw, frame, NameParts(surname, given), country, born, woman=woman,
        aliases=(Alias(f"{surname}, {given[0]}.", "strong", "aka"),),
        places=(BirthPlace(f"{city}, {country}"),),
        identifiers=(Identifier("ssn", ssn, country),),
        city=city,
    )  # fmt: skip


def _person(
    draw: Random, frame: _Frame, parts: NameParts, country: str, born: date, *, woman: bool, city: str,
    aliases: tuple[Alias, ...], places: tuple[BirthPlace, ...], identifiers: tuple[Identifier, ...],
) -> Dossier:  # fmt: skip
    weak = (Alias(draw.choice(_NICKNAMES[woman]), "weak", "aka"),) if draw.random() < 1 / 2 else ()
    passport = Identifier("passport", f"{draw.choice('GNX')}{draw.randrange(10**8):08}", country)
    other_year = Birth(f"{born.year + draw.choice((-1, 1))}", "year", approximate=True)
    return Dossier(
        "person", f"{parts.surnames}, {parts.given_names}", parts,
        aliases=aliases + weak,
        births=(Birth(born.isoformat(), "day"), other_year)[: draw.choice((1, 1, 2))],
        birth_places=places,
        nationalities=(Nationality(country, "nationality"),),
        gender="female" if woman else "male",
        identifiers=(*identifiers, passport)[: draw.choice((1, 2, 3))],
        addresses=(Address(f"{draw.choice(_STREETS)} {draw.randrange(1, 999)}", city, country),),
        contacts=(Contact("telephone", f"+00 555 {draw.randrange(10**4):04}"),) if draw.random() < 1 / 3 else (),
        links=(Link("linked_to", f"{draw.choice(_TRADES)} Ejemplo"),) if draw.random() < 1 / 4 else (),
        programmes=(draw.choice(_PROGRAMMES),),
        source=frame.source, authority=frame.authority, simulated=True,
    )  # fmt: skip


def _organisation(draw: Random, frame: _Frame) -> Dossier:
    trade, surname, country = draw.choice(_TRADES), draw.choice(_SURNAMES), frame.countries[0]
    founded = date(2000, 1, 1) + timedelta(draw.randrange(365 * 24))
    root = (
        _letters(trade[:2] + surname[:1])
        + founded.strftime("%y%m%d")
        + draw.choice("ABCDEFG")
        + draw.choice("123456789")
    )
    rfc = root + rfc_digit(root)
    return Dossier(
        "organisation", f"{trade} {surname} Ejemplo, S.A. de C.V.",
        identifiers=(Identifier("rfc", rfc, country, check=check("rfc", rfc)),),
        organisation=(Organisation("established", founded.isoformat()), Organisation("activity", trade)),
        addresses=(Address(f"{draw.choice(_STREETS)} {draw.randrange(1, 999)}", draw.choice(_CAPITALS), country),),
        programmes=(draw.choice(_PROGRAMMES),),
        source=frame.source, authority=frame.authority, simulated=True,
    )  # fmt: skip


def _vessel(draw: Random, frame: _Frame) -> Dossier:
    first6 = f"99{draw.randrange(10**4):04}"
    imo = f"IMO {first6}{imo_digit(first6)}"
    return Dossier(
        "vessel", f"{draw.choice(_SHIPS)} {draw.randrange(1, 9)}",
        identifiers=(Identifier("imo", imo, check=check("imo", imo)),),
        craft=(Craft("vessel_type", "General Cargo"), Craft("flag", draw.choice(frame.countries))),
        programmes=(draw.choice(_PROGRAMMES),),
        source=frame.source, authority=frame.authority, simulated=True,
    )  # fmt: skip


def _aircraft(draw: Random, frame: _Frame) -> Dossier:
    return Dossier(
        "aircraft", f"SIM-{draw.randrange(1000):03}",
        identifiers=(Identifier("aircraft_serial", f"{draw.randrange(10**6):06}"),),
        craft=(Craft("model", "Invented 200"), Craft("operator", f"{draw.choice(_TRADES)} Ejemplo")),
        programmes=(draw.choice(_PROGRAMMES),),
        source=frame.source, authority=frame.authority, simulated=True,
    )  # fmt: skip


def curp_of(given: str, paterno: str, materno: str, born: date, *, woman: bool, state: str) -> str:
    """Return the CURP of an invented person born in the last century, with homoclave 9."""
    names = [_letters(text) for text in (paterno, materno, _second_if_common(given))]
    first, second, third = names
    root = first[0] + _next(first, "AEIOU") + second[0] + third[0]
    consonants = "".join(_next(name, "BCDFGHJKLMNPQRSTVWXYZ") for name in names)
    first17 = f"{root}{born:%y%m%d}{'M' if woman else 'H'}{state}{consonants}9"
    return first17 + curp_digit(first17)


def _second_if_common(given: str) -> str:
    first, _, second = given.partition(" ")
    return second if second and _letters(first) in {"JOSE", "MARIA"} else first


def _next(name: str, wanted: str) -> str:
    return next((mark for mark in name[1:] if mark in wanted), "X")


def _letters(text: str) -> str:
    plain = unicodedata.normalize("NFD", text.upper().replace("Ñ", "X"))
    return "".join(mark for mark in plain if "A" <= mark <= "Z")
