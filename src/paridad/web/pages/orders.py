# SPDX-License-Identifier: Apache-2.0
"""What is said in a folio, from one written table: which order asks for what, checked and signed in the same way.

Rules
  - Each order names the fields of its form; labels and hints stand in the catalogue under `order.<name>`.
  - What may be chosen comes from the folio and from the charter, never from the page.
  - Request and release have pages of their own, because they show more before they are signed; so has a proposal.

Worked example
    FORMS["suspend"]        is (Field("reason", "area"),): GET shows it, POST step=check rehearses, POST step=sign signs
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal
from zoneinfo import ZoneInfo

from starlette.responses import Response

from paridad.base.errors import ParidadError
from paridad.base.strict import JsonValue
from paridad.node.errors import NotFound
from paridad.web import moments
from paridad.web.catalogues import catalogue
from paridad.web.office import Office
from paridad.web.pages import filling
from paridad.web.pages.filling import UNPROCESSABLE, Problems, is_checked, lines, sentence, text, texts
from paridad.web.rendering import Pages, Visit

LAST_SECOND = 86_399
"""A consent that ends on a day ends with that day, UTC."""

Shape = Literal["area", "line", "one", "many", "yes", "day", "lines", "kept"]


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that a form asks for."""

    name: str
    shape: Shape
    list: str = ""
    """Which list its choices are of."""
    required: bool = True


Option = tuple[str, str, str]
"""Value, label, hint."""

ACT = Field("of", "one", "releases")
RECALL = Field("of", "one", "recalls")
EXPLANATION = Field("explanation", "area", required=False)
DERIVED = (Field("destroyed", "lines", required=False), Field("kept_items", "lines", required=False))

FORMS: Mapping[str, tuple[Field, ...]] = MappingProxyType(
    {
        "acknowledge": (),
        "ask-clarification": (Field("question", "area"),),
        "clarify": (
            Field("of", "one", "questions"),
            Field("text", "area"),
            Field("assure", "many", "assurances", required=False),
        ),
        "refuse": (Field("ground", "many", "grounds"), EXPLANATION, Field("may_ask_again", "yes", required=False)),
        "suspend": (Field("reason", "area"),),
        "resume": (Field("reason", "area"),),
        "recall": (ACT, Field("reason", "area")),
        "attest": (RECALL, *DERIVED, EXPLANATION),
        "refuse-recall": (RECALL, Field("ground", "many", "grounds"), Field("explanation", "area"), *DERIVED),
        "request-consent": (
            Field("received", "one", "received"),
            Field("recipient", "line"),
            Field("purpose", "one", "purposes"),
            EXPLANATION,
        ),
        "consent": (
            Field("of", "one", "onward"),
            Field("granted", "one", "yes_no"),
            Field("expires", "day", required=False),
            Field("condition", "many", "obligations", required=False),
            EXPLANATION,
        ),
        "outcome": (
            Field("outcome", "one", "outcomes"),
            Field("description", "area", required=False),
            Field("kept", "kept", "to_answer_for", required=False),
        ),
        "close": (Field("reason", "area", required=False),),
        "decline": (Field("proposal", "one", "proposals"), Field("reason", "area")),
    }
)
"""Each order and the fields of its form, in the order in which they are asked for."""

ADDRESSES: Mapping[str, str] = MappingProxyType(
    {
        "acknowledge": "acknowledge",
        "answer": "release",
        "supplement": "release",
        "refuse": "refuse",
        **{verb: verb for verb in FORMS},
    }
)
"""Where each order of a folio is given; approving and sending start from the proposal."""

LOOKING_AT_RELEASES = frozenset({"recall", "attest", "refuse-recall", "request-consent", "outcome"})
"""The orders before which one looks again at what was given."""


def show(office: Office, pages: Pages, visit: Visit) -> Response:
    """Show the form of an order, or what it would sign where there is nothing to fill in."""
    desk = Desk(office, pages, visit)
    return desk.check() if not FORMS[desk.verb] else desk.form()


def give(office: Office, pages: Pages, visit: Visit) -> Response:
    """Take a step of an order: change, check, or sign."""
    desk, step = Desk(office, pages, visit), text(visit, "step")
    if step == "sign" and is_checked(visit):
        return desk.sign()
    return desk.form() if step == "change" else desk.check()


class Desk:
    """One order of one folio being filled in by one officer."""

    def __init__(self, office: Office, pages: Pages, visit: Visit) -> None:
        self.office, self.pages, self.visit = office, pages, visit
        self.folio = visit.request.path_params["folio"]
        self.verb = visit.path.rpartition("/")[2]
        self.shown = office.ask(visit.who, "folio.show", folio=self.folio)
        self.choices = office.ask(visit.who, "folio.choices", folio=self.folio)

    def form(self, problems: Problems | None = None) -> Response:
        """Show the form, with what is wrong with it on top."""
        why = next((each["because"] for each in self.shown["impossible"] if each["command"] == self.verb), None)
        return self.pages.answer(
            self.visit,
            "order.html",
            status=UNPROCESSABLE if problems else 200,
            **self._common(),
            fields=[(field, self.options(field)) for field in FORMS[self.verb]],
            impossible=why,
            problems=problems or [],
        )

    def check(self, problems: Problems | None = None) -> Response:
        """Show exactly what would be signed, by the function that signs, and prepare it."""
        if missing := self._missing():
            return self.form(missing)
        try:
            arguments = self._arguments()
            planned = self.office.ask(self.visit.who, self.operation, **arguments, dry_run=True)
            assent = filling.begin(self.office, self.visit, self.operation, arguments)
        except NotFound:
            raise
        except ParidadError as error:
            return self.form(problems or [("", sentence(self.visit, error))])
        return self.pages.answer(
            self.visit,
            "order-check.html",
            status=UNPROCESSABLE if problems else 200,
            **self._common(),
            planned=planned,
            hidden=self.visit.answers,
            assent=assent,
            sign=catalogue(self.visit.language).say(f"order.sign.{self.verb}"),
            problems=problems or [],
        )

    def sign(self) -> Response:
        """Sign and send; the same form again signs nothing again."""
        return filling.sign(self.office, self.visit, self.check)

    @property
    def operation(self) -> str:
        """The operation that this order is."""
        return f"folio.{self.verb}"

    def options(self, field: Field) -> list[Option]:
        """Return what may be chosen in a field."""
        return OPTIONS[field.list](self) if field.list else []

    def _common(self) -> dict[str, Any]:
        looked = self.shown["releases"] if self.verb in LOOKING_AT_RELEASES else []
        return {"verb": self.verb, "folio": self.shown, "releases": looked, "form": self.visit.form}

    def _missing(self) -> Problems:
        say = catalogue(self.visit.language).say
        return [
            (field.name, say("order.missing", field=say(f"order.{field.name}")))
            for field in FORMS[self.verb]
            if field.required and not texts(self.visit, field.name)
        ]

    def _arguments(self) -> dict[str, JsonValue]:
        arguments: dict[str, JsonValue] = {}
        for field in FORMS[self.verb]:
            arguments |= READERS.get(field.name, READERS_OF_SHAPE[field.shape])(self.visit, field)
        arguments |= _derived(arguments)
        return {"folio": self.folio, **filling.given(arguments)}


# Reading a filled form ------------------------------------------------------------------------------------------------

Reader = Callable[[Visit, Field], dict[str, JsonValue]]


def _day(visit: Visit, field: Field) -> dict[str, JsonValue]:
    """Read a day in three typed fields; none at all is no day."""
    at = filling.day(visit, field.name)
    return {} if at is None else {field.name: int(at.timestamp()) + LAST_SECOND}


def _kept(visit: Visit, _field: Field) -> dict[str, JsonValue]:
    """Read for each obligation whether it was kept, and if not why not."""
    said = {name.removeprefix("kept-"): value for name, value in visit.form.multi_items() if name.startswith("kept-")}
    kept: list[JsonValue] = [code for code, value in said.items() if value == "yes"]
    missed: list[JsonValue] = [[code, text(visit, f"remark-{code}")] for code, value in said.items() if value == "no"]
    return {"kept": kept, "not_kept": missed}


def _received(visit: Visit, _field: Field) -> dict[str, JsonValue]:
    """Read which record of which release is meant."""
    of, _, record = text(visit, "received").partition(" ")
    return {"of": of, "record": record}


def _derived(arguments: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Put what was destroyed and what was kept together, as the operation takes it."""
    destroyed, kept = arguments.pop("destroyed", []), arguments.pop("kept_items", [])
    told_of = [*((item, "destroyed") for item in _items(destroyed)), *((item, "kept") for item in _items(kept))]
    return {"derived": [list(each) for each in told_of]} if told_of else {}


def _items(value: JsonValue) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else []


READERS_OF_SHAPE: Mapping[Shape, Reader] = MappingProxyType(
    {
        "area": lambda visit, field: {field.name: text(visit, field.name)},
        "line": lambda visit, field: {field.name: text(visit, field.name)},
        "one": lambda visit, field: {field.name: text(visit, field.name)},
        "many": lambda visit, field: {field.name: list(texts(visit, field.name))},
        "yes": lambda visit, field: {field.name: text(visit, field.name) == "yes"},
        "lines": lambda visit, field: {field.name: list(lines(visit, field.name))},
        "day": _day,
        "kept": _kept,
    }
)
READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "received": _received,
        "granted": lambda visit, _field: {"granted": text(visit, "granted") == "yes"},
    }
)


# What may be chosen ---------------------------------------------------------------------------------------------------


def word(of: Mapping[str, Any] | None, visit: Visit) -> str:
    """Return what an operation says in both languages, in the visitor's; the template escapes it."""
    return str(of[visit.language]) if of else ""


def coded(visit: Visit, listed: Iterable[Mapping[str, Any]]) -> list[Option]:
    """Return codes of the charter with their words and what explains them."""
    return [(each["code"]["code"], word(each["code"], visit), word(each["meaning"], visit)) for each in listed]


def _codes(name: str) -> Callable[[Desk], list[Option]]:
    return lambda desk: coded(desk.visit, desk.choices[name])


def _acts(desk: Desk, hashes: Iterable[str]) -> list[Option]:
    """Return acts of the folio by what they are and when they were said."""
    known = {act["act"]: act for act in desk.shown["acts"]}
    return [
        (hash_, f"{word(known[hash_]['kind'], desk.visit)}, {_when(desk, known[hash_]['at'])}", hash_)
        for hash_ in hashes
        if hash_ in known
    ]


def _when(desk: Desk, at: int) -> str:
    return moments.moment(at, desk.visit.language, ZoneInfo(desk.office.node.settings.zone))


def _own_releases(desk: Desk) -> list[Option]:
    asked_back = {each["of"] for each in desk.shown["recalls"] if each["open"] or each["attested"]}
    ours = (each for each in desk.shown["releases"] if each["party"] == desk.office.party and each["given"])
    return _acts(desk, (each["act"] for each in ours if each["act"] not in asked_back))


def _theirs(name: str) -> Callable[[Desk], list[Option]]:
    """Return what the other party said of a list and nobody answered yet."""
    return lambda desk: _acts(
        desk, (each["act"] for each in desk.shown[name] if each["open"] and each["party"] != desk.office.party)
    )


def _questions(desk: Desk) -> list[Option]:
    return _acts(desk, (each["act"] for each in desk.shown["clarifications"] if each["open"]))


def _open_proposals(desk: Desk) -> list[Option]:
    return _acts(desk, (each["act"] for each in desk.shown["proposals"] if each["open"]))


def _received_records(desk: Desk) -> list[Option]:
    theirs = (each for each in desk.shown["releases"] if each["party"] != desk.office.party)
    return [
        (f"{release['act']} {given['record']}", _name_of(desk, given), given["record"])
        for release in theirs
        for given in release["given"]
    ]


def _name_of(desk: Desk, given: Mapping[str, Any]) -> str:
    named = next((str(leaf["value"]) for leaf in given["fields"] if leaf["path"] == "name"), "")
    kind = word(given["kind"], desk.visit)
    return f"{kind}: {named}" if named else kind or given["record"]


def _yes_no(desk: Desk) -> list[Option]:
    say = catalogue(desk.visit.language).say
    return [("yes", say("order.granted.yes"), ""), ("no", say("order.granted.no"), "")]


def _to_answer_for(desk: Desk) -> list[Option]:
    return [(each["code"], word(each, desk.visit), "") for each in desk.shown["to_answer_for"]]


def _assurances(desk: Desk) -> list[Option]:
    return coded(desk.visit, (each for each in desk.choices["obligations"] if each["assurance"]))


OPTIONS: Mapping[str, Callable[[Desk], list[Option]]] = MappingProxyType(
    {
        "grounds": _codes("grounds"),
        "purposes": _codes("purposes"),
        "outcomes": _codes("outcomes"),
        "obligations": _codes("obligations"),
        "assurances": _assurances,
        "releases": _own_releases,
        "recalls": _theirs("recalls"),
        "onward": _theirs("onward"),
        "questions": _questions,
        "proposals": _open_proposals,
        "received": _received_records,
        "yes_no": _yes_no,
        "to_answer_for": _to_answer_for,
    }
)
