# SPDX-License-Identifier: Apache-2.0
"""Times and numbers as pages write them: the server's, UTC first, the month a word, never all numeric.

Rules
  - `es_MX` and `en_US` (CLDR by Babel): 12,345.6 in both. A unit is always written by whoever shows the number.
  - A relative time is the server's and never alone.

Worked example
    moment(1_795_370_400, "es", zone)        is "22 nov 2026, 18:00 UTC (12:00 local)"
    until(1_795_370_400, "en", now)          is "in 5 hours"
"""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_timedelta, get_timezone_location
from babel.numbers import format_decimal
from babel.units import format_unit

from paridad.base.sources import SECONDS_A_DAY
from paridad.base.words import Language

LOCALES: dict[Language, str] = {"es": "es_MX", "en": "en_US"}
MONTHS: dict[Language, tuple[str, ...]] = {
    "es": ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"),
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
}


def day(at: int, language: Language) -> str:
    """Return a day in UTC, its month a word."""
    then = datetime.fromtimestamp(at, UTC)
    return f"{then.day} {MONTHS[language][then.month - 1]} {then.year}"


def moment(at: int, language: Language, zone: ZoneInfo) -> str:
    """Return a moment in UTC and, where the node's zone is another, in local time."""
    then = datetime.fromtimestamp(at, UTC)
    text = f"{day(at, language)}, {then:%H:%M} UTC"
    if zone.key == "UTC":
        return text
    here = then.astimezone(zone)
    date = "" if here.date() == then.date() else f"{here.day} {MONTHS[language][here.month - 1]}, "
    return f"{text} ({date}{here:%H:%M} {get_timezone_location(zone, locale=LOCALES[language], return_city=True)})"


def iso(at: int) -> str:
    """Return a moment as `<time datetime>` wants it."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def until(at: int, language: Language, now: int) -> str:
    """Return how far off a moment is, in words."""
    return format_timedelta(at - now, add_direction=True, locale=LOCALES[language])


def span(seconds: int, language: Language) -> str:
    """Return a length of time in whole days, hours or minutes, whichever fits."""
    for unit, length in (("day", SECONDS_A_DAY), ("hour", 3600)):
        if seconds >= length and seconds % length == 0:
            return format_unit(seconds // length, f"duration-{unit}", locale=LOCALES[language])
    return format_unit(seconds // 60, "duration-minute", locale=LOCALES[language])


def length(seconds: int, language: Language) -> str:
    """Return a length of time in its largest unit and the next one; what is less is left out."""
    units = (("day", SECONDS_A_DAY), ("hour", 3600), ("minute", 60), ("second", 1))
    place = next((place for place, (_, size) in enumerate(units) if seconds >= size), len(units) - 1)
    parts: list[str] = []
    for unit, size in units[place : place + 2]:
        whole, seconds = divmod(seconds, size)
        if whole or not parts:
            parts.append(format_unit(whole, f"duration-{unit}", locale=LOCALES[language]))
    return " ".join(parts)


def number(value: int, language: Language) -> str:
    """Return a whole number with its thousands marked."""
    return format_decimal(value, locale=LOCALES[language])
