# SPDX-License-Identifier: Apache-2.0
"""Private deconfliction on pages: look and propose, follow, leads, decide and open, check again.

Rules
  - Four steps, as the brief draws them: before approval the statement in words and numbers; progress with both sides'
    batches, clocks, alarms and what an end means; leads with the own record alone; decisions, then opening.
  - What is prepared leads to its draft; a draft is approved on its own page, by its digest, by another person.
  - What is said leads back to the run with `signed` in its address. A refusal is shown on the page that asked (422).
  - Pages work by reload; the live line only tells that something is new.

Worked example
    GET /es/runs          GET /es/runs/new → POST step=look → POST step=prepare → 303 to /es/runs/drafts/3f…
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from paridad.base.errors import ParidadError
from paridad.base.strict import JsonValue
from paridad.desks.targets.codes import code_list
from paridad.desks.targets.pages import RUN
from paridad.node.errors import NotFound, OfficerRefused
from paridad.web.catalogues import catalogue
from paridad.web.office import Office
from paridad.web.pages.filling import SEE_OTHER, UNPROCESSABLE, Problems, sentence, text
from paridad.web.pages.orders import coded, word
from paridad.web.rendering import Pages, Visit

NUMBERS: Mapping[str, int] = {"records": 10_240, "places": 81_920, "epsilon_ppm": 300, "batch": 2048}
"""The numbers of a proposal, as they stand in the form at first."""
NAMES = ("peer", "purpose", "basis")
ALONE = frozenset({"refuse", "pause", "stop"})
"""What one person says, with a reason."""
_WHOLE = re.compile(r"[0-9]{1,8}")


def register(office: Office, pages: Pages, visit: Visit) -> Response:
    """Show the runs, newest first, and what waits for a second person."""
    found = office.ask(visit.who, RUN + "list", after=visit.request.query_params.get("after", ""))
    after = found["more_after"]
    next_page = visit.to(f"runs?{urlencode({'after': after})}") if after else ""
    return pages.answer(visit, "runs.html", found=found, next_page=next_page)


# Look and propose ----------------------------------------------------------------------------------------------------


def new(office: Office, pages: Pages, visit: Visit) -> Response:
    """Show the form of a proposal."""
    return _new(office, pages, visit, found=None, problems=[])


def propose(office: Office, pages: Pages, visit: Visit) -> Response:
    """Look at what would be compared, or prepare the proposal."""
    step, arguments, problems = text(visit, "step"), *_asked(visit)
    if problems:
        return _new(office, pages, visit, found=None, problems=problems)
    try:
        if step == "prepare":
            draft = office.ask(visit.who, RUN + "propose", **arguments)
            return RedirectResponse(visit.to(f"runs/drafts/{draft['draft']}"), SEE_OTHER)
        found = office.ask(visit.who, RUN + "preview", **arguments)
    except (NotFound, OfficerRefused):
        raise
    except ParidadError as error:
        return _new(office, pages, visit, found=None, problems=[("", sentence(visit, error))])
    return _new(office, pages, visit, found=found, problems=[])


def _new(office: Office, pages: Pages, visit: Visit, *, found: Any, problems: Problems) -> Response:
    choices = office.ask(visit.who, "folio.choices")
    return pages.answer(
        visit,
        "run-new.html",
        status=UNPROCESSABLE if problems else 200,
        agencies=[(each["agency"], f"{word(each['name'], visit)} ({each['agency']})") for each in choices["agencies"]],
        purposes=[each[:2] for each in coded(visit, choices["purposes"])],
        bases=[each[:2] for each in coded(visit, choices["bases"])],
        values={name: text(visit, name) for name in NAMES}
        | {name: text(visit, name) or str(number) for name, number in NUMBERS.items()},
        names_alone=text(visit, "names_alone") == "yes",
        found=found,
        problems=problems,
    )


def _asked(visit: Visit) -> tuple[dict[str, JsonValue], Problems]:
    """Return what a form asks for, and what is wrong with it."""
    say = catalogue(visit.language).say
    written = {name: text(visit, name) for name in (*NAMES, *NUMBERS)}
    problems = [(name, say("order.missing", field=say(f"runs.{name}"))) for name in NAMES if not written[name]]
    problems += [
        (name, say("runs.not_whole", field=say(f"runs.{name}")))
        for name in NUMBERS
        if not _WHOLE.fullmatch(written[name])
    ]
    arguments: dict[str, JsonValue] = {name: written[name] for name in NAMES}
    if not problems:
        arguments |= {name: int(written[name]) for name in NUMBERS}
    return {**arguments, "names_alone": text(visit, "names_alone") == "yes"}, problems


# Two persons ---------------------------------------------------------------------------------------------------------


def draft(office: Office, pages: Pages, visit: Visit) -> Response:
    """Show what another person has to approve."""
    return _draft(office, pages, visit, [])


def decide_draft(office: Office, pages: Pages, visit: Visit) -> Response:
    """Approve a draft, or discard it."""
    name, step = visit.request.path_params["draft"], text(visit, "step")
    try:
        if step == "discard":
            office.ask(visit.who, RUN + "discard", draft=name)
            return RedirectResponse(visit.to("runs"), SEE_OTHER)
        if step != "approve":
            return _draft(office, pages, visit, [])
        alone = text(visit, "names_alone") == "yes"
        said = office.ask(visit.who, RUN + "approve", draft=name, digest=text(visit, "digest"), names_alone=alone)
    except NotFound:
        raise
    except ParidadError as error:
        return _draft(office, pages, visit, [("", sentence(visit, error))])
    return RedirectResponse(visit.to(f"runs/{said['run']}?signed=approve"), SEE_OTHER)


def _draft(office: Office, pages: Pages, visit: Visit, problems: Problems) -> Response:
    shown = office.ask(visit.who, RUN + "draft", draft=visit.request.path_params["draft"])
    status = UNPROCESSABLE if problems else 200
    return pages.answer(visit, "run-draft.html", status=status, draft=shown, problems=problems)


# One run -------------------------------------------------------------------------------------------------------------


def show(office: Office, pages: Pages, visit: Visit) -> Response:
    """Show where a run stands."""
    return _show(office, pages, visit, [])


def act(office: Office, pages: Pages, visit: Visit) -> Response:
    """Refuse, pause, end, go on, or open records."""
    run, step = visit.request.path_params["run"], text(visit, "step")
    try:
        if step == "open":
            office.ask(visit.who, RUN + "open", run=run)
        elif step in ALONE:
            office.ask(visit.who, RUN + step, run=run, reason=text(visit, f"reason-{step}"))
        elif step == "continue":
            prepared = office.ask(visit.who, RUN + step, run=run, reason=text(visit, f"reason-{step}"))
            return RedirectResponse(visit.to(f"runs/drafts/{prepared['draft']}"), SEE_OTHER)
        else:
            return _show(office, pages, visit, [])
    except (NotFound, OfficerRefused):
        raise
    except ParidadError as error:
        return _show(office, pages, visit, [(f"reason-{step}", sentence(visit, error))])
    return RedirectResponse(visit.to(f"runs/{run}?signed={step}"), SEE_OTHER)


def _show(office: Office, pages: Pages, visit: Visit, problems: Problems) -> Response:
    found = office.ask(visit.who, RUN + "show", run=visit.request.path_params["run"])
    return pages.answer(
        visit,
        "run.html",
        status=UNPROCESSABLE if problems else 200,
        run=found,
        steps=[(code, words.in_(visit.language)) for code, words in code_list("run_step").items()],
        signed=visit.request.query_params.get("signed", ""),
        problems=problems,
    )


def answer(office: Office, pages: Pages, visit: Visit) -> Response:
    """Show what our side would bring to a run that was proposed."""
    return _answer(office, pages, visit, [])


def agree(office: Office, pages: Pages, visit: Visit) -> Response:
    """Prepare to agree."""
    if text(visit, "step") != "prepare":
        return _answer(office, pages, visit, [])
    try:
        prepared = office.ask(visit.who, RUN + "agree", run=visit.request.path_params["run"])
    except (NotFound, OfficerRefused):
        raise
    except ParidadError as error:
        return _answer(office, pages, visit, [("", sentence(visit, error))])
    return RedirectResponse(visit.to(f"runs/drafts/{prepared['draft']}"), SEE_OTHER)


def _answer(office: Office, pages: Pages, visit: Visit, problems: Problems) -> Response:
    run = visit.request.path_params["run"]
    shown = office.ask(visit.who, RUN + "show", run=run)
    found = office.ask(visit.who, RUN + "preview", run=run)
    status = UNPROCESSABLE if problems else 200
    return pages.answer(visit, "run-answer.html", status=status, run=shown, found=found, problems=problems)


# Leads ---------------------------------------------------------------------------------------------------------------


def leads(office: Office, pages: Pages, visit: Visit) -> Response:
    """Show what a run found."""
    found = office.ask(visit.who, RUN + "leads", run=visit.request.path_params["run"])
    return pages.answer(visit, "run-leads.html", found=found)


def choose(office: Office, pages: Pages, visit: Visit) -> Response:
    """Show the form on which each lead is decided."""
    return _choose(office, pages, visit, [])


def decide(office: Office, pages: Pages, visit: Visit) -> Response:
    """Prepare the decisions."""
    run = visit.request.path_params["run"]
    found = office.ask(visit.who, RUN + "leads", run=run)
    chosen: list[JsonValue] = [
        [str(number), text(visit, f"choice-{number}"), text(visit, f"reason-{number}")]
        for number in (each["lead_number"] for each in found["leads"] if not each["filling"])
        if text(visit, f"choice-{number}")
    ]
    try:
        prepared = office.ask(visit.who, RUN + "decide", run=run, choice=chosen)
    except (NotFound, OfficerRefused):
        raise
    except ParidadError as error:
        return _choose(office, pages, visit, [("", sentence(visit, error))])
    return RedirectResponse(visit.to(f"runs/drafts/{prepared['draft']}"), SEE_OTHER)


def _choose(office: Office, pages: Pages, visit: Visit, problems: Problems) -> Response:
    found = office.ask(visit.who, RUN + "leads", run=visit.request.path_params["run"])
    written = {name: value for name, value in visit.form.items() if isinstance(value, str)}
    choices = [(code, words.in_(visit.language)) for code, words in code_list("run_choice").items()]
    return pages.answer(
        visit,
        "run-decide.html",
        status=UNPROCESSABLE if problems else 200,
        found=found,
        choices=choices,
        written=written,
        problems=problems,
    )


def check(office: Office, pages: Pages, visit: Visit) -> Response:
    """Check a run again and show what came of it."""
    found = office.ask(visit.who, RUN + "check", run=visit.request.path_params["run"])
    return pages.answer(visit, "run-check.html", found=found)
