# SPDX-License-Identifier: Apache-2.0
"""What all pages on which something is said have in common: fill in, check exactly what will be signed, sign.

Rules
  - Nothing is signed from a form that was not checked: `check` shows what the operation itself would sign (a dry run)
    and prepares its very bytes; the officer's assent is to these (`stepup`). The same form sent twice signs once.
  - Between the steps everything travels in the form; the server keeps no draft.
  - A refusal of the operation is shown on the form, in the page's language, with what to do next (422).

Worked example
    fill → POST step=check → POST step=sign, id=…, assent=…  → 303 to the folio, which names what was signed
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from starlette.responses import RedirectResponse, Response

from paridad.base.errors import ParidadError
from paridad.base.strict import JsonValue
from paridad.base.words import Words
from paridad.folio.errors import NotNow
from paridad.web import stepup
from paridad.web.office import Office
from paridad.web.rendering import Visit
from paridad.web.stepup import Begun

SEE_OTHER = 303
UNPROCESSABLE = 422
ID_BYTES = 16
_ID = re.compile(r"[0-9a-f]{32}")

Problems = list[tuple[str, str]]
"""What is wrong with a form: the field to go to, and the sentence."""


def text(visit: Visit, name: str) -> str:
    """Return what was written in a field, without the blanks around it."""
    value = visit.form.get(name, "")
    return value.replace("\r\n", "\n").strip() if isinstance(value, str) else ""


def texts(visit: Visit, name: str) -> list[str]:
    """Return all values of a field that may be chosen several times, each once."""
    values = (value.strip() for value in visit.form.getlist(name) if isinstance(value, str))
    return list(dict.fromkeys(value for value in values if value))


def lines(visit: Visit, name: str) -> list[str]:
    """Return the lines of a field that are not blank."""
    return [line.strip() for line in text(visit, name).splitlines() if line.strip()]


def day(visit: Visit, name: str) -> datetime | None:
    """Return a day typed in three fields, None where nothing was; raise `NotNow` where there is no such day."""
    parts = [text(visit, f"{name}-{part}") for part in ("day", "month", "year")]
    if not any(parts):
        return None
    try:
        number, month, year = (int(part) for part in parts)
        return datetime(year, month, number, tzinfo=UTC)
    except (ValueError, OverflowError):
        words = Words(
            es="Esa fecha no existe; escriba día, mes y año con números.",
            en="There is no such date; write day, month and year in numbers.",
        )
        raise NotNow(words) from None


def begin(office: Office, visit: Visit, operation: str, arguments: Mapping[str, JsonValue]) -> Begun:
    """Prepare exactly what will be signed, for the officer to assent to."""
    return stepup.begin(office, visit, operation, id=office.node.own.random(ID_BYTES).hex(), **arguments)


def sign(
    office: Office, visit: Visit, check: Callable[[Problems], Response], to: Callable[[str], str] | None = None
) -> Response:
    """Sign what was prepared, and lead where `to` says, or to the folio; a refusal leads back to `check`."""
    try:
        said = stepup.finish(office, visit, text(visit, "id"), text(visit, "assent"))
    except ParidadError as error:
        return check([("", sentence(visit, error))])
    act = said.acts[0]
    place = to(act) if to else f"folio/{office.ask(visit.who, 'act.show', act=act)['folio']}"
    return RedirectResponse(visit.to(f"{place}?signed={act}"), SEE_OTHER)


def is_checked(visit: Visit) -> bool:
    """Whether a form comes from a check page: it carries the identifier of what was prepared there."""
    return bool(_ID.fullmatch(text(visit, "id")))


def sentence(visit: Visit, error: ParidadError) -> str:
    """Return what an operation said no with, and what to do next."""
    return error.sentence(visit.language)


def given(arguments: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Return the arguments that say something."""
    return {name: value for name, value in arguments.items() if value not in ("", [], 0, False)}
