# SPDX-License-Identifier: Apache-2.0
"""A new request: four tasks on as many pages, then exactly what will be signed, then signing.

Rules
  - What may be chosen comes from the charter: agencies of other parties, purposes, the bases one's own party can rest
    on, urgencies with their limits, handling codes with what they oblige to.
  - A task is done when what it asks for is there; the check page opens only when all are done.
  - What the check page shows is the draft that the operation would sign.

Worked example
    GET /es/request → POST step=marks → POST step=question → POST step=check → POST step=sign, id=…
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from starlette.responses import Response

from paridad.base.errors import ParidadError
from paridad.base.strict import JsonValue
from paridad.web import moments
from paridad.web.catalogues import catalogue
from paridad.web.office import Office
from paridad.web.pages import filling
from paridad.web.pages.filling import UNPROCESSABLE, Problems, is_checked, sentence, text, texts
from paridad.web.pages.orders import Option, coded, word
from paridad.web.rendering import Pages, Visit

TASKS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "whom": ("to", "desk"),
        "marks": ("purpose", "basis", "handling"),
        "speed": ("urgency",),
        "question": ("question", "assure"),
    }
)
"""Each task and the fields of its page, in their order."""
ASK = "folio.ask"
OPTIONAL = frozenset({"desk", "assure"})
SEVERAL = frozenset({"assure"})
NEXT: Mapping[str, str] = MappingProxyType(dict(zip(TASKS, [*list(TASKS)[1:], "check"], strict=True)))


def show(office: Office, pages: Pages, visit: Visit) -> Response:
    """Show the first task."""
    return Asking(office, pages, visit).task("whom")


def give(office: Office, pages: Pages, visit: Visit) -> Response:
    """Take a step: go to a task, check, or sign."""
    asking, step, left = Asking(office, pages, visit), text(visit, "step"), text(visit, "left")
    if step == "sign" and is_checked(visit):
        return asking.sign()
    if left in TASKS and step == NEXT[left] and (problems := asking.missing((left,))):
        return asking.task(left, problems)
    return asking.task(step) if step in TASKS else asking.check()


class Asking:
    """One request being written by one officer."""

    def __init__(self, office: Office, pages: Pages, visit: Visit) -> None:
        self.office, self.pages, self.visit = office, pages, visit
        self.choices = office.ask(visit.who, "folio.choices")
        self.say = catalogue(visit.language).say

    def task(self, name: str, problems: Problems | None = None) -> Response:
        """Show one task, with the others beside it."""
        here = TASKS[name]
        return self.pages.answer(
            self.visit,
            "request.html",
            status=UNPROCESSABLE if problems else 200,
            task=name,
            after=NEXT[name],
            tasks=[(each, self._done(each)) for each in TASKS],
            fields=[(field, self.options(field), self._value(field)) for field in here],
            hidden=[(field, value) for field, value in self.visit.answers if field not in {*here, "left"}],
            problems=problems or [],
        )

    def check(self, problems: Problems | None = None) -> Response:
        """Show exactly what would be signed, and prepare it."""
        for name in TASKS:
            if missing := self.missing((name,)):
                return self.task(name, missing)
        arguments = self._arguments()
        try:
            planned = self.office.ask(self.visit.who, ASK, **arguments, dry_run=True)
            assent = filling.begin(self.office, self.visit, ASK, arguments)
        except ParidadError as error:
            return self.task("question", problems or [("", sentence(self.visit, error))])
        return self.pages.answer(
            self.visit,
            "request-check.html",
            status=UNPROCESSABLE if problems else 200,
            planned=planned,
            answers=[(name, field, self._told(field)) for name, fields in TASKS.items() for field in fields],
            hidden=[(field, value) for field, value in self.visit.answers if field != "left"],
            assent=assent,
            sign=self.say("request.sign"),
            problems=problems or [],
        )

    def sign(self) -> Response:
        """Sign and send."""
        return filling.sign(self.office, self.visit, self.check)

    def missing(self, tasks: tuple[str, ...]) -> Problems:
        """Return what is still to be answered in some tasks."""
        fields = (field for name in tasks for field in TASKS[name] if field not in OPTIONAL)
        return [
            (field, self.say("order.missing", field=self.say(f"request.{field}")))
            for field in fields
            if not text(self.visit, field)
        ]

    def options(self, field: str) -> list[Option]:
        """Return what may be chosen in a field."""
        made: Mapping[str, Callable[[], list[Option]]] = {
            "to": lambda: [self._agency(each) for each in self.choices["agencies"]],
            "desk": lambda: [("", self.say("request.no_desk"), ""), *coded(self.visit, self.choices["desks"])],
            "purpose": lambda: coded(self.visit, self.choices["purposes"]),
            "basis": lambda: coded(self.visit, self.choices["bases"]),
            "urgency": lambda: [self._urgency(each) for each in self.choices["urgencies"]],
            "handling": lambda: [self._handling(each) for each in self.choices["handling_codes"]],
            "assure": lambda: coded(self.visit, (each for each in self.choices["obligations"] if each["assurance"])),
        }
        return made[field]() if field in made else []

    def _agency(self, each: Mapping[str, Any]) -> Option:
        return each["agency"], f"{word(each['name'], self.visit)} ({each['agency']})", ""

    def _urgency(self, each: Mapping[str, Any]) -> Option:
        language = self.visit.language
        limits = self.say(
            "request.limits",
            acknowledge=moments.span(each["acknowledge_seconds"], language),
            answer=moments.span(each["answer_seconds"], language),
        )
        return each["code"]["code"], word(each["code"], self.visit), limits

    def _handling(self, each: Mapping[str, Any]) -> Option:
        code, words = each["code"]["code"], word(each["code"], self.visit)
        rules = [
            word(each["meaning"], self.visit),
            self.say(f"request.onward.{each['onward']}"),
            self.say("request.two_person") if each["two_person"] else "",
        ]
        return code, f"{code}: {words}", " ".join(rule for rule in rules if rule)

    def _done(self, task: str) -> bool:
        return not self.missing((task,))

    def _value(self, field: str) -> str | list[str]:
        return texts(self.visit, field) if field in SEVERAL else text(self.visit, field)

    def _told(self, field: str) -> list[str]:
        words = {value: label for value, label, _ in self.options(field)}
        return [words.get(value, value) for value in texts(self.visit, field)] or [words.get("", "")]

    def _arguments(self) -> dict[str, JsonValue]:
        arguments: dict[str, JsonValue] = {
            field: list(texts(self.visit, field)) if field in SEVERAL else text(self.visit, field)
            for fields in TASKS.values()
            for field in fields
        }
        return filling.given(arguments)
