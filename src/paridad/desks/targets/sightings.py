# SPDX-License-Identifier: Apache-2.0
"""A sighting: something was seen somewhere at some time; it reaches whoever owns the dossier, and then it expires.

Rules
  - It names a dossier or describes what was seen; a time band that is over; an area (municipality or county), and where
    the source knows better an H3 cell of resolution 7 or a point.
  - A place finer than its source knows is left out, and the act says so. An area always remains.
  - It expires so long after what was seen, by the type of event; whoever reports may shorten that, never lengthen it.
    What expired already is not filed.
  - `reliability` says how the report came about; it grades nobody.
  - The receiver holds to the same limits whatever the act says: `over_at` is the earliest of what is stated and what
    the desk allows.

Worked example
    draft = report(Report("A/ONE", "B/TWO", of="x…", …, point="19.43,-99.13", source_precision="cell"), now)
    "point" in draft.fields, draft.fields["coarsened"]         is (False, True)
    over_at(act.envelope, act.fields)                          72 hours after it was seen, at the latest
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from paridad.acts.envelope import Draft, Envelope
from paridad.base.strict import JsonValue
from paridad.base.words import Words
from paridad.desks.targets.cases import Marks
from paridad.desks.targets.codes import code_list
from paridad.desks.targets.errors import SightingRefused
from paridad.desks.targets.terms import limit
from paridad.folio.reading import text, whole

KIND = "targets/sighting/1"
LIMITS: Mapping[str, str] = MappingProxyType(
    {"communication": "sighting_communication", "port_call": "sighting_port_call"}
)
"""Type of event: the desk's limit for it, where it is not the common one."""
COMMON = "sighting"
FINER = ("cell", "point")
"""What an area is refined by, the coarser first."""
LONGEST = 500
_POINT = re.compile(r"(-?[0-9]{1,2}(?:\.[0-9]{1,6})?),\s?(-?[0-9]{1,3}(?:\.[0-9]{1,6})?)")
_CELL = re.compile(r"8[0-9a-f]{14}")
RESOLUTION, BASE_CELLS, DIGITS, UNUSED = 7, 122, 15, 7


@dataclass(frozen=True, slots=True)
class Report:
    """Report that something was seen."""

    iss: str
    to: str
    """The agency that owns the dossier, or that should know."""
    of: str
    """The dossier, by its act; empty where there is none."""
    marks: Marks
    event: str
    description: str
    seen_from: int
    seen_until: int
    area: str
    cell: str
    point: str
    source_precision: str
    reliability: str
    expires: int = 0
    simulated: bool = False


def report(command: Report, now: int) -> Draft:
    """Return the act, or raise with the reason."""
    _demand_sound(command, now)
    last = command.seen_until + limit(LIMITS.get(command.event, COMMON)).seconds
    expires = command.expires or last
    _demand(expires <= last, "expires", "dura más de lo que la mesa permite", "lasts longer than the desk allows")
    _demand(expires > now, "expires", "ya habría vencido", "it would have expired already")
    known = _known(command)
    given = {name: value for name in FINER if (value := getattr(command, name))}
    kept = {name: value for name, value in given.items() if name in known}
    fields: dict[str, JsonValue] = {
        "event": command.event,
        "seen_from": command.seen_from,
        "seen_until": command.seen_until,
        "area": command.area,
        **kept,
        "place_precision": command.source_precision,
        "reliability": command.reliability,
        "expires_on": expires,
    }
    if command.description:
        fields["description"] = command.description
    for name, holds in (("coarsened", kept != given), ("simulated", command.simulated)):
        if holds:
            fields[name] = True
    marks, re_ = command.marks, (command.of,) if command.of else ()
    return Draft(KIND, command.iss, (command.to,), marks.handling, marks.purpose, marks.basis, fields, re=re_)


def over_at(envelope: Envelope, fields: Mapping[str, JsonValue]) -> int | None:
    """Return when a sighting expires: the earliest of what it says and what the desk allows; None once it is erased."""
    stated, event = whole(fields, "expires_on"), text(fields, "event")
    if stated is None:
        return None
    seen = whole(fields, "seen_until")
    since = envelope.iat if seen is None else min(seen, envelope.iat)
    return min(stated, since + limit(LIMITS.get(event, COMMON)).seconds)


def is_over(envelope: Envelope, fields: Mapping[str, JsonValue], now: int) -> bool:
    """Whether an act is a sighting whose time is over: nothing of it is shown any more."""
    return envelope.knd == KIND and ((until := over_at(envelope, fields)) is None or until <= now)


def is_cell(written: str) -> bool:
    """Whether a text is an H3 cell of resolution 7: mode 1, a base cell that exists, no digit beyond its resolution."""
    if not _CELL.fullmatch(written):
        return False
    bits = int(written, 16)
    digits = [bits >> 3 * (DIGITS - place) & 7 for place in range(1, DIGITS + 1)]
    return (
        bits >> 59 == 1
        and bits >> 56 & 7 == 0
        and bits >> 52 & 15 == RESOLUTION
        and bits >> 45 & 127 < BASE_CELLS
        and all(digit != UNUSED for digit in digits[:RESOLUTION])
        and all(digit == UNUSED for digit in digits[RESOLUTION:])
    )


def is_point(written: str) -> bool:
    """Whether a text is a latitude and a longitude in decimal degrees."""
    found = _POINT.fullmatch(written)
    return found is not None and abs(Decimal(found[1])) <= 90 and abs(Decimal(found[2])) <= 180  # noqa: PLR2004


def _known(command: Report) -> tuple[str, ...]:
    """Return what the source may refine an area by."""
    return FINER[: list(code_list("place_precision")).index(command.source_precision)]


def _demand_sound(command: Report, now: int) -> None:
    for name in ("handling", "purpose", "basis"):
        _demand(bool(getattr(command.marks, name)), name, "falta; sin él no se firma", "is missing")
    for name, listed in (("event", "event"), ("reliability", "reliability"), ("source_precision", "place_precision")):
        _demand(getattr(command, name) in code_list(listed), name, "no está en la lista", "is not in the list")
    told = bool(command.of) or bool(command.description.strip())
    _demand(told, "description", "diga qué se vio, o de qué expediente", "say what was seen, or of which dossier")
    for name in ("description", "area"):
        short = len(getattr(command, name)) <= LONGEST
        _demand(short, name, f"pasa de {LONGEST} signos", f"is over {LONGEST} signs")
    _demand(command.seen_from > 0, "seen_from", "falta la hora", "the time is missing")
    _demand(command.seen_until >= command.seen_from, "seen_until", "es antes del inicio", "is before the beginning")
    _demand(command.seen_until <= now, "seen_until", "todavía no pasa", "has not come yet")
    _demand(bool(command.area.strip()), "area", "diga al menos el municipio", "say the municipality or county at least")
    cell, point = command.cell, command.point
    _demand(not cell or is_cell(cell), "cell", "no es una celda H3 de resolución 7", "is no H3 cell of resolution 7")
    _demand(not point or is_point(point), "point", "no es «latitud,longitud»", "is not “latitude,longitude”")


def _demand(holds: bool, name: str, es: str, en: str) -> None:
    if not holds:
        raise SightingRefused(Words(es=f"Avistamiento, campo {name}: {es}.", en=f"Sighting, field {name}: {en}."))
