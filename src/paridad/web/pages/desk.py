# SPDX-License-Identifier: Apache-2.0
"""What is said at a desk and in no folio: one form, checked and signed like an order of a folio.

Rules
  - Each order names its operation and the fields of its form; what may be chosen comes from the charter and from the
    desk's code lists, never from the page.
  - The check page shows exactly what would be signed and what stays, by the operation itself, and prepares its bytes.
  - Without JavaScript a form works the same; it is one page and short.

Worked example
    Filling(office, pages, visit, Order("targets.case.update", FIELDS, said, {"act": act}, crumbs, back, to)).form()
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from starlette.datastructures import FormData
from starlette.responses import Response

from paridad.base.errors import ParidadError
from paridad.base.strict import JsonValue
from paridad.desks.targets.codes import code_list
from paridad.node.errors import NotFound
from paridad.web.catalogues import catalogue
from paridad.web.office import Office
from paridad.web.pages import filling
from paridad.web.pages.filling import UNPROCESSABLE, Problems, is_checked, lines, sentence, text, texts
from paridad.web.pages.orders import Option, coded, word
from paridad.web.rendering import Pages, Visit

LAST_SECOND = 86_399
"""A day that something is due on ends with its last second, UTC."""

Shape = Literal["line", "area", "one", "select", "many", "lines", "day", "since", "yes", "whole"]
Crumb = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that a form asks for."""

    name: str
    shape: Shape
    list: str = ""
    """Which list its choices are of."""
    required: bool = True


@dataclass(frozen=True, slots=True)
class Order:
    """What is said on one form."""

    operation: str
    fields: tuple[Field, ...]
    words: Callable[[str], str]
    """Returns the form's own words: `do` its title, `lead`, `label.<name>`, `hint.<name>`, `sign`."""
    fixed: Mapping[str, JsonValue]
    """What the address already says."""
    crumbs: tuple[Crumb, ...]
    back: str
    """Address below the language that one comes from."""
    to: Callable[[str], str]
    """Where one is led after signing, by the act that was signed."""
    initial: Mapping[str, str] = field(default_factory=dict)
    """What stands in the form at first."""


class Filling:
    """One order being filled in by one officer."""

    def __init__(self, office: Office, pages: Pages, visit: Visit, order: Order) -> None:
        self.office, self.pages, self.visit, self.order = office, pages, visit, order
        self.choices = office.ask(visit.who, "folio.choices")

    def take(self) -> Response:
        """Take a step: change, check, or sign."""
        step = text(self.visit, "step")
        if step == "sign" and is_checked(self.visit):
            return filling.sign(self.office, self.visit, self.check, self.order.to)
        return self.form() if step == "change" else self.check()

    def form(self, problems: Problems | None = None) -> Response:
        """Show the form, with what is wrong with it on top."""
        return self.pages.answer(
            self.visit,
            "desk-order.html",
            status=UNPROCESSABLE if problems else 200,
            order=self.order,
            fields=[(field, self.options(field)) for field in self.order.fields],
            form=self.visit.form or FormData(self.order.initial),
            problems=problems or [],
        )

    def check(self, problems: Problems | None = None) -> Response:
        """Show exactly what would be signed, and prepare it."""
        if missing := self._missing():
            return self.form(missing)
        try:
            arguments = {**self.order.fixed, **self._arguments()}
            planned = self.office.ask(self.visit.who, self.order.operation, **arguments, dry_run=True)
            assent = filling.begin(self.office, self.visit, self.order.operation, arguments)
        except NotFound:
            raise
        except ParidadError as error:
            return self.form(problems or [("", sentence(self.visit, error))])
        return self.pages.answer(
            self.visit,
            "desk-check.html",
            status=UNPROCESSABLE if problems else 200,
            order=self.order,
            planned=planned,
            hidden=self.visit.answers,
            assent=assent,
            sign=self.order.words("sign"),
            problems=problems or [],
        )

    def options(self, field: Field) -> list[Option]:
        """Return what may be chosen in a field: of the charter, or of a code list of the desk."""
        if not field.list:
            return []
        if field.list in OF_CHARTER:
            return OF_CHARTER[field.list](self)
        return [(code, words.in_(self.visit.language), "") for code, words in code_list(field.list).items()]

    def _missing(self) -> Problems:
        say = catalogue(self.visit.language).say
        return [
            (field.name, say("order.missing", field=self.order.words(f"label.{field.name}")))
            for field in self.order.fields
            if field.required and not texts(self.visit, field.name)
        ]

    def _arguments(self) -> dict[str, JsonValue]:
        found = {field.name: READERS[field.shape](self.visit, field.name) for field in self.order.fields}
        return filling.given(found)


def _day(visit: Visit, name: str, second: int) -> JsonValue:
    """Return a second of a day, 0 where no day was typed."""
    at = filling.day(visit, name)
    return int(at.timestamp()) + second if at else 0


READERS: Mapping[Shape, Callable[[Visit, str], JsonValue]] = MappingProxyType(
    {
        "line": text,
        "area": text,
        "one": text,
        "select": text,
        "many": lambda visit, name: list(texts(visit, name)),
        "lines": lambda visit, name: list(lines(visit, name)),
        "day": lambda visit, name: _day(visit, name, LAST_SECOND),
        "since": lambda visit, name: _day(visit, name, 0),
        "yes": lambda visit, name: text(visit, name) == "yes",
        "whole": text,
    }
)


def _handling(*, two_persons: bool) -> Callable[[Filling], list[Option]]:
    """Return the codes to choose from: those that ask for two persons release nothing outside a folio."""
    return lambda filling_: [
        (
            each["code"]["code"],
            f"{each['code']['code']}: {word(each['code'], filling_.visit)}",
            word(each["meaning"], filling_.visit),
        )
        for each in filling_.choices["handling_codes"]
        if two_persons or not each["two_person"]
    ]


def _agencies(of: str) -> Callable[[Filling], list[Option]]:
    return lambda filling_: [
        (each["agency"], f"{word(each['name'], filling_.visit)} ({each['agency']})", "")
        for each in filling_.choices[of]
    ]


def _codes(of: str) -> Callable[[Filling], list[Option]]:
    return lambda filling_: coded(filling_.visit, filling_.choices[of])


OF_CHARTER: Mapping[str, Callable[[Filling], list[Option]]] = MappingProxyType(
    {
        "agencies": _agencies("agencies"),
        "own_agencies": _agencies("own_agencies"),
        "purposes": _codes("purposes"),
        "bases": _codes("bases"),
        "outcomes": _codes("outcomes"),
        "handling": _handling(two_persons=False),
        "handling_any": _handling(two_persons=True),
        "yes_no": lambda filling_: [
            (each, catalogue(filling_.visit.language).say(f"folio.{each}"), "") for each in ("yes", "no")
        ],
    }
)
