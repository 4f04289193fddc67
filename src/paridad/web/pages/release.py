# SPDX-License-Identifier: Apache-2.0
"""The release page: choose records, see field by field what may leave, check what will leave, sign and release.

Rules
  - Everything shown is computed by the functions that release: `folio.preview` per record, then the dry run of the
    very order that is signed. A page decides nothing.
  - Left stands what the receiver will read, in both languages; right what stays, with rule and clause.
  - Where the handling code asks for two persons, or the officer wants one, what is signed is a proposal; the second
    person sees the same columns and approves the digest of exactly that.
  - A field that policy lets out may be held back; the receiver is told that it was.

Worked example
    GET /es/folio/A-2026-0007/release?record=wUz… → POST step=check → POST step=sign, id=…
    GET /es/folio/A-2026-0007/proposal?act=hQ1…   the second person's page
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from starlette.responses import Response

from paridad.base.errors import ParidadError
from paridad.base.strict import JsonValue
from paridad.folio.reading import wholes
from paridad.node.errors import NotFound
from paridad.web.catalogues import catalogue
from paridad.web.office import Office
from paridad.web.pages import filling
from paridad.web.pages.filling import UNPROCESSABLE, Problems, is_checked, sentence, text, texts
from paridad.web.pages.orders import coded
from paridad.web.rendering import Pages, Visit
from paridad.web.stepup import Begun

FOUND = 20
_PLACE = re.compile(r"\[([0-9]+)\]$")
TWO = "two"


@dataclass(frozen=True, slots=True)
class Line:
    """One disclosure of a record: what leaves or stays as one, with what policy says of it."""

    path: str
    label: Mapping[str, Any] | None
    """Of a field whose content is not shown: this officer may not see it, or its whole stays."""
    leaves: tuple[Mapping[str, Any], ...]
    given: bool
    allowed: bool
    reasons: tuple[Mapping[str, Any], ...]

    @property
    def place(self) -> str:
        """Which element of a list it is, counted from one; empty where it is none."""
        number = _PLACE.search(self.path)
        return str(int(number.group(1)) + 1) if number else ""


def show(office: Office, pages: Pages, visit: Visit) -> Response:
    """Show the records to choose from, or what of the chosen ones may leave."""
    releasing = Releasing(office, pages, visit)
    return releasing.shape() if releasing.records or releasing.nothing else releasing.choose()


def give(office: Office, pages: Pages, visit: Visit) -> Response:
    """Take a step: shape the answer anew, check, or sign."""
    releasing, step = Releasing(office, pages, visit), text(visit, "step")
    if step == "sign" and is_checked(visit):
        return releasing.sign()
    return releasing.check() if step in {"check", "sign"} else releasing.shape()


class Releasing:
    """One answer being prepared by one officer."""

    def __init__(self, office: Office, pages: Pages, visit: Visit) -> None:
        self.office, self.pages, self.visit = office, pages, visit
        self.folio = visit.request.path_params["folio"]
        self.shown = office.ask(visit.who, "folio.show", folio=self.folio)
        self.choices = office.ask(visit.who, "folio.choices", folio=self.folio)
        query = visit.request.query_params
        asked_for = (each.strip() for each in (*query.getlist("record"), *query.getlist("other")))
        self.records = texts(visit, "record") or list(dict.fromkeys(filter(None, asked_for)))
        self.nothing = "nothing" in query or text(visit, "nothing") == "yes"
        self.two = (text(visit, "persons") or self._usual()) == TWO
        self.basis = text(visit, "basis")
        self.of = text(visit, "of") or self._answered()

    @property
    def verb(self) -> str:
        """Whether this answers the request or adds to an answer that is whole."""
        return "answer" if "answer" in self.shown["possible"] or not self.of else "supplement"

    def choose(self, problems: Problems | None = None) -> Response:
        """Show own dossiers to choose from, found by name."""
        name = self.visit.request.query_params.get("name", "")
        found = self.office.ask(self.visit.who, "targets.list", name=name, limit=FOUND)
        why = [each for each in self.shown["impossible"] if each["command"] == self.verb]
        return self.pages.answer(
            self.visit,
            "release-choose.html",
            status=UNPROCESSABLE if problems else 200,
            folio=self.shown,
            verb=self.verb,
            name=name,
            dossiers=[each for each in found["dossiers"] if each["agency"].startswith(f"{self.office.party}/")],
            more=bool(found["more_after"]),
            impossible=why[0]["because"] if why else None,
            problems=problems or [],
        )

    def shape(self, problems: Problems | None = None) -> Response:
        """Show what of the chosen records may leave, field by field."""
        try:
            records = [self._record(each) for each in self.records]
        except ParidadError as error:
            return self.choose([("other", sentence(self.visit, error))])
        return self.pages.answer(
            self.visit,
            "release.html",
            status=UNPROCESSABLE if problems else 200,
            **self._common(),
            records=records,
            bases=coded(self.visit, self.choices["bases"]),
            obligations=coded(self.visit, (o for o in self.choices["obligations"] if not o["assurance"])),
            chosen={"obligation": texts(self.visit, "obligation"), "hold": self._held()},
            remark=text(self.visit, "remark"),
            basis=self.basis or self.shown["basis"]["code"],
            problems=problems or [],
        )

    def check(self, problems: Problems | None = None) -> Response:
        """Show exactly what will leave and what stays, and prepare it."""
        try:
            arguments = self._arguments()
            planned = self.office.ask(self.visit.who, self.operation, **arguments, dry_run=True)
            records = columns(self.office, self.visit, self.folio, planned["leaves"], two=self.two)
            assent = filling.begin(self.office, self.visit, self.operation, arguments)
        except NotFound:
            raise
        except ParidadError as error:
            return self.shape(problems or [("", sentence(self.visit, error))])
        draft = (planned["proposed"] or planned["drafts"])[0]
        return self.pages.answer(
            self.visit,
            "release-check.html",
            status=UNPROCESSABLE if problems else 200,
            **self._common(),
            draft=draft,
            records=records,
            retention=retention(self.choices, draft),
            hidden=self.visit.answers,
            assent=assent,
            sign=catalogue(self.visit.language).say("release.propose" if self.two else "release.sign"),
            problems=problems or [],
        )

    def sign(self) -> Response:
        """Sign and release, or put it before the second person."""
        return filling.sign(self.office, self.visit, self.check)

    @property
    def operation(self) -> str:
        """The operation that is signed: an answer or a supplement, or its proposal."""
        return f"folio.propose.{self.verb}" if self.two else f"folio.{self.verb}"

    def _common(self) -> dict[str, Any]:
        return {
            "folio": self.shown,
            "verb": self.verb,
            "of": self.of,
            "two": self.two,
            "must_be_two": self._usual() == TWO,
            "nothing": self.nothing,
            "partial": text(self.visit, "partial") == "yes",
        }

    def _usual(self) -> str:
        code = self.shown["handling"]["code"] if self.shown.get("handling") else ""
        handling = (each for each in self.choices["handling_codes"] if each["code"]["code"] == code)
        return TWO if any(each["two_person"] for each in handling) else "one"

    def _answered(self) -> str:
        """Return the last answer of our party that could be added to."""
        ours = [
            each for each in self.shown["releases"] if each["party"] == self.office.party and each["answers_request"]
        ]
        return ours[-1]["act"] if ours else ""

    def _held(self) -> list[str]:
        return texts(self.visit, "hold")

    def _record(self, record: str) -> dict[str, Any]:
        hold = [path for of, _, path in (each.partition(" ") for each in self._held()) if of == record]
        told = self.office.ask(
            self.visit.who,
            "folio.preview",
            folio=self.folio,
            record=record,
            **filling.given({"basis": self.basis, "two_persons": self.two, "hold": list(hold)}),
        )
        return {**told, "record": record, "name": name_of(told), "lines": list(lines_of(told))}

    def _arguments(self) -> dict[str, JsonValue]:
        arguments: dict[str, JsonValue] = {
            "record": list(self.records),
            "hold": [list(each.partition(" ")[::2]) for each in self._held()],
            "obligation": list(texts(self.visit, "obligation")),
            "partial": text(self.visit, "partial") == "yes",
            "remark": text(self.visit, "remark"),
            "basis": self.basis,
            "of": self.of if self.verb == "supplement" else "",
            "nothing_held": self.nothing and self.verb == "answer",
        }
        return {"folio": self.folio, **filling.given(arguments)}


# The second person ----------------------------------------------------------------------------------------------------


def show_proposal(office: Office, pages: Pages, visit: Visit) -> Response:
    """Show a proposal exactly as it would leave."""
    return _proposal(office, pages, visit, visit.request.query_params.get("act", ""))


def decide_proposal(office: Office, pages: Pages, visit: Visit) -> Response:
    """Approve a proposal, or send what was approved."""
    act = text(visit, "act")
    if not is_checked(visit):
        return _proposal(office, pages, visit, act)
    return filling.sign(office, visit, partial(_proposal, office, pages, visit, act))


def _proposal(office: Office, pages: Pages, visit: Visit, act: str, problems: Problems | None = None) -> Response:
    folio = visit.request.path_params["folio"]
    told = office.ask(visit.who, "folio.proposal", folio=folio, proposal=act)
    choices = office.ask(visit.who, "folio.choices", folio=folio)
    shown = office.ask(visit.who, "folio.show", folio=folio)
    verb = "carry-out" if told["approved_at"] else "approve"
    assent, obstacle = _next_step(office, visit, verb, told) if told["open"] else (None, "")
    return pages.answer(
        visit,
        "proposal.html",
        status=UNPROCESSABLE if problems else 200,
        folio=shown,
        proposal=told,
        draft=told["drafts"][0],
        records=columns(office, visit, folio, told["leaves"], two=True),
        retention=retention(choices, told["drafts"][0]),
        assent=assent,
        obstacle=obstacle,
        sign=catalogue(visit.language).say(f"proposal.{verb}"),
        may_decline="decline" in shown["possible"],
        problems=problems or [],
    )


def _next_step(office: Office, visit: Visit, verb: str, told: Mapping[str, Any]) -> tuple[Begun | None, str]:
    """Prepare what comes next with a proposal, or say why this officer cannot do it."""
    arguments = {"folio": told["folio"], "proposal": told["act"]}
    if verb == "approve":
        arguments["digest"] = told["digest"]
    try:
        return filling.begin(office, visit, f"folio.{verb}", arguments), ""
    except ParidadError as error:
        return None, sentence(visit, error)


# What leaves and what stays -------------------------------------------------------------------------------------------


def columns(
    office: Office, visit: Visit, folio: str, leaving: Iterable[Mapping[str, Any]], *, two: bool
) -> list[dict[str, Any]]:
    """Return per record what leaves with its values, and what stays by rule and clause."""
    shown = []
    for each in leaving:
        told = office.ask(visit.who, "folio.preview", folio=folio, record=each["act"], two_persons=two)
        lines = list(lines_of({**told, "release": each}))
        shown.append(
            {
                "record": each["act"],
                "kind": told["kind"],
                "name": name_of(told),
                "given": [line for line in lines if line.given],
                "withheld": list(by_reason(wholly(lines, {part["path"] for part in each["withheld"]}))),
            }
        )
    return shown


def wholly(lines: Iterable[Line], stays: Collection[str]) -> Iterator[Line]:
    """Yield what stays as the receiver is told of it: where a whole stays, its parts are not counted."""
    seen: set[str] = set()
    for line in lines:
        whole = [path for path in wholes(line.path) if path in stays][-1:] or [line.path]
        if not line.given and whole[0] not in seen:
            seen.add(whole[0])
            leaf = line.leaves[0] if line.leaves else {}
            label = line.label or (leaf.get("whole") or leaf["label"] if whole[0] != line.path else None)
            yield replace(line, path=whole[0], label=label, leaves=() if label else line.leaves)


def by_reason(stays: Iterable[Line]) -> Iterator[dict[str, Any]]:
    """Group what stays by the rule and clause that keep it; what an officer holds back stands apart."""
    groups: dict[tuple[str, str, bool], list[Line]] = {}
    for line in stays:
        first = line.reasons[0]
        groups.setdefault((first["rule"], first["clause"], line.allowed), []).append(line)
    for (rule, clause, allowed), lines in groups.items():
        yield {
            "rule": rule,
            "clause": clause,
            "held": allowed,
            "because": lines[0].reasons[0]["because"],
            "lines": lines,
        }


def lines_of(told: Mapping[str, Any]) -> Iterator[Line]:
    """Yield the disclosures of a record that say something by themselves, in its order, with the decision on each.

    One whose content this officer may not see is there all the same, without it, and once for all its parts.
    """
    given = {each["path"]: each for each in told["release"]["given"]}
    decided = given | {each["path"]: each for each in told["release"]["withheld"]}
    parts: dict[str, list[Mapping[str, Any]]] = {}
    for leaf in told["fields"]:
        nearest = next((whole for whole in wholes(leaf["path"]) if whole in decided), leaf["path"])
        parts.setdefault(nearest, []).append(leaf)
    unseen = {each["path"]: each["label"] for each in told["withheld"] if each["path"] in decided}
    for path in (*(each for each in parts if each in decided), *(each for each in unseen if each not in parts)):
        decision = decided[path]
        yield Line(
            path=path,
            label=unseen.get(path),
            leaves=tuple(parts.get(path, ())),
            given=path in given,
            allowed=decision.get("allowed", True),
            reasons=tuple(decision["reasons"]),
        )


def name_of(told: Mapping[str, Any]) -> str:
    """Return what a record calls itself, if its reader may see that."""
    return next((str(leaf["value"]) for leaf in told["fields"] if leaf["path"] == "name"), "")


def retention(choices: Mapping[str, Any], draft: Mapping[str, Any]) -> int:
    """Return after how many days the receiver destroys what leaves: the shorter of code and purpose."""
    listed = (("handling_codes", draft["handling"]["code"]), ("purposes", draft["purpose"]["code"]))
    days = [each["retention_days"] for name, code in listed for each in choices[name] if each["code"]["code"] == code]
    return min((each for each in days if each is not None), default=0)
