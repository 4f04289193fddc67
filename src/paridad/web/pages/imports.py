# SPDX-License-Identifier: Apache-2.0
"""Lists brought in: the reports, a table handed in, its columns mapped, tried, and brought in with its progress.

Rules
  - The file goes into the memory of the node and nowhere else; its size is that of any form. Larger ones go by command.
  - What each column might be is a guess by its heading; the person decides, tries, and only then brings it in.
  - What came back is shown with line, column and reason, and can be taken away as a file to be corrected.
  - Between the steps everything but the file travels in the form.

Worked example
    GET /es/imports → POST file → GET /es/imports/ab12… → POST step=check → POST step=start → progress → report
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import UploadFile
from starlette.responses import RedirectResponse, Response

from paridad.base.errors import ParidadError
from paridad.base.strict import JsonValue
from paridad.desks.targets import pages as desk
from paridad.desks.targets.codes import code_list
from paridad.desks.targets.mapping import DIVIDERS, ENCODINGS, LETTERS
from paridad.web.catalogues import catalogue
from paridad.web.office import Office
from paridad.web.pages.filling import SEE_OTHER, UNPROCESSABLE, Problems, sentence, text
from paridad.web.pages.orders import Option, coded
from paridad.web.rendering import Pages, Visit

SETTINGS = ("name", "source", "subject", "encoding", "divider", "order", "letters")
MARKS = ("handling", "purpose", "basis")
ORDERS = ("", "dmy", "mdy")


def register(office: Office, pages: Pages, visit: Visit, problems: Problems | None = None) -> Response:
    """Show the reports, and where a table is handed in."""
    listed = office.ask(visit.who, desk.IMPORTS)
    status = UNPROCESSABLE if problems else 200
    return pages.answer(visit, "imports.html", status=status, listed=listed, problems=problems or [])


def hand_in(office: Office, pages: Pages, visit: Visit) -> Response:
    """Take a table, and lead to its columns."""
    file = visit.form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        return register(office, pages, visit, [("file", catalogue(visit.language).say("imports.no_file"))])
    data = b64encode(file.file.read()).decode("ascii")
    try:
        kept = office.ask(visit.who, desk.UPLOAD, name=file.filename, data=data)
    except ParidadError as error:
        return register(office, pages, visit, [("file", sentence(visit, error))])
    return RedirectResponse(visit.to(f"imports/{kept['upload']}"), SEE_OTHER)


def report(office: Office, pages: Pages, visit: Visit) -> Response:
    """Show the report of one import."""
    shown = office.ask(visit.who, desk.IMPORT, act=visit.request.path_params["act"])
    return pages.answer(visit, "import.html", report=shown)


def table(office: Office, pages: Pages, visit: Visit) -> Response:
    """Show the columns of a table that was handed in, or how far its import is."""
    return _Table(office, pages, visit).show()


def decide(office: Office, pages: Pages, visit: Visit) -> Response:
    """Take a step: try the mapping, change it, take away what came back, or bring the table in."""
    step, here = text(visit, "step"), _Table(office, pages, visit)
    steps = {"check": here.check, "start": here.start, "returned": here.returned}
    return steps.get(step, here.show)()


class _Table:
    """One table at one page."""

    def __init__(self, office: Office, pages: Pages, visit: Visit) -> None:
        self.office, self.pages, self.visit = office, pages, visit
        self.upload = visit.request.path_params["upload"]
        named = visit.request.query_params.get("mapping", "")
        self.seen = office.ask(visit.who, desk.TABLE, upload=self.upload, mapping=named)
        self.say = catalogue(visit.language).say

    def show(self, problems: Problems | None = None) -> Response:
        """Show the columns, or the progress once the table is being brought in."""
        if self.seen["progress"]:
            return self.pages.answer(self.visit, "import-progress.html", table=self.seen)
        return self.pages.answer(
            self.visit,
            "import-map.html",
            status=UNPROCESSABLE if problems else 200,
            table=self.seen,
            settings=[(name, self._options(name), self._setting(name)) for name in SETTINGS],
            marks=[(name, self._marks()[name], text(self.visit, name)) for name in MARKS],
            columns=[(f"c{place}", each, self._field(place, each)) for place, each in enumerate(self.seen["columns"])],
            fields=self._fields(),
            problems=problems or [],
        )

    def check(self) -> Response:
        """Try the mapping: what would come in, what would come back and why."""
        if missing := self._missing():
            return self.show(missing)
        try:
            tried = self.office.ask(self.visit.who, desk.ATTEMPT, **self._arguments())
        except ParidadError as error:
            return self.show([("", sentence(self.visit, error))])
        subjects = {code: label for code, label, _ in self._options("subject")}
        return self.pages.answer(
            self.visit,
            "import-check.html",
            table=self.seen,
            tried=tried,
            coming=[(subjects[each["subject"]], each["entries"]) for each in tried["by_subject"]],
            hidden=self.visit.answers,
        )

    def start(self) -> Response:
        """Bring the table in."""
        if missing := self._missing():
            return self.show(missing)
        try:
            self.office.ask(self.visit.who, desk.START, **self._arguments())
        except ParidadError as error:
            return self.show([("", sentence(self.visit, error))])
        return RedirectResponse(self.visit.to(f"imports/{self.upload}"), SEE_OTHER)

    def returned(self) -> Response:
        """Hand out what came back, as a file to be corrected."""
        try:
            found = self.office.ask(self.visit.who, desk.RETURNED, **self._arguments())
        except ParidadError as error:
            return self.show([("", sentence(self.visit, error))])
        headers = {"content-disposition": 'attachment; filename="returned.csv"'}
        kind = f"text/csv; charset={found['encoding']}"
        return Response(b64decode(found["data"]), 200, headers, media_type=kind)

    def _missing(self) -> Problems:
        asked = ("name", "source", *MARKS)
        return [
            (name, self.say("order.missing", field=self.say(f"imports.{name}")))
            for name in asked
            if not text(self.visit, name)
        ]

    def _arguments(self) -> dict[str, JsonValue]:
        columns: dict[str, JsonValue] = {
            each["column"]: text(self.visit, f"c{place}") for place, each in enumerate(self.seen["columns"])
        }
        mapping: dict[str, JsonValue] = {name: text(self.visit, name) for name in SETTINGS}
        marks: dict[str, JsonValue] = {name: text(self.visit, name) for name in MARKS}
        return {"upload": self.upload, "mapping": {**mapping, "columns": columns}, **marks}

    def _setting(self, name: str) -> str:
        saved = self.seen["mapping"] or {}
        proposed = {"subject": "person", "encoding": self.seen["encoding"], "divider": self.seen["divider"]}
        return text(self.visit, name) or str(saved.get(name, "")) or proposed.get(name, "")

    def _field(self, place: int, each: Mapping[str, Any]) -> str:
        name = f"c{place}"
        return text(self.visit, name) if name in self.visit.form else str(each["field"])

    def _options(self, name: str) -> list[Option]:
        language = self.visit.language
        if name == "subject":
            return [(code, words.in_(language), "") for code, words in code_list("subject_type").items()]
        if name == "encoding":
            return [(each, each, "") for each in ENCODINGS]
        listed = {"divider": tuple(DIVIDERS), "order": ORDERS, "letters": LETTERS}.get(name, ())
        return [(each, self.say(f"imports.{name}.{each or 'unsaid'}"), "") for each in listed]

    def _fields(self) -> list[Option]:
        language = self.visit.language
        named = [(code, words.in_(language), "") for code, words in code_list("csv_field").items()]
        return [("", self.say("imports.to_nothing"), ""), *named]

    def _marks(self) -> dict[str, list[Option]]:
        choices = self.office.ask(self.visit.who, "folio.choices")
        return {
            "handling": [(e["code"]["code"], e["code"]["code"], "") for e in choices["handling_codes"]],
            "purpose": coded(self.visit, choices["purposes"]),
            "basis": coded(self.visit, choices["bases"]),
        }
