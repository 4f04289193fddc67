# SPDX-License-Identifier: Apache-2.0
"""Pages from templates: escaped, in one language, with the times and words of the node.

Rules
  - Everything is escaped; there is no inline script and no inline style.
  - `say(key)` is the chrome's words; `{{ record | told }}` is what an operation says in both languages.
  - Each address exists in both languages and shows the same record.

Worked example
    Pages(office).answer(visit, "home.html", counts=counts)        is a `Response` with the page
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from paridad.base.words import Language
from paridad.node.home import Officer
from paridad.web import moments
from paridad.web.assets import Assets
from paridad.web.catalogues import catalogue
from paridad.web.office import Office
from paridad.web.sessions import Session

MENU = (
    ("home", ""),
    ("inbox", "inbox"),
    ("request", "request"),
    ("search", "search"),
    ("targets", "targets"),
    ("ledger", "ledger"),
    ("status", "status"),
    ("charter", "charter"),
    ("glossary", "glossary"),
)
"""The flat menu in its order: name and address of each page."""
APART = frozenset({"csrf", "step", "id", "assent"})
"""What a form carries that is no answer of the officer's."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One request to a page: in which language, by whom, when."""

    request: Request
    language: Language
    now: int
    session: Session | None = None
    officer: Officer | None = None
    form: FormData = field(default_factory=FormData)
    position: int = 0
    """How many acts were filed here before the page was made: what is newer is told by the live line."""
    renewed: list[str] = field(default_factory=list)
    """Names of sessions begun again while the page was made: the answer carries the newest as its cookie."""

    @property
    def who(self) -> str:
        """The officer who signed in; pages that need one are not reached without."""
        assert self.officer is not None
        return self.officer.id

    @property
    def path(self) -> str:
        """The address below the language."""
        return self.request.url.path.partition(f"/{self.language}/")[2]

    @property
    def answers(self) -> list[tuple[str, str]]:
        """What the officer has answered in a form of several steps."""
        said = self.form.multi_items()
        return [(name, value) for name, value in said if name not in APART and isinstance(value, str)]

    @property
    def again(self) -> list[tuple[str, str]]:
        """What shows a step of a form again, in another language; a step that signs is shown as its check."""
        step = self.form.get("step")
        return [*self.answers, ("step", "check" if step == "sign" else step)] if isinstance(step, str) else []

    def to(self, path: str) -> str:
        """Return an address in this language."""
        return f"/{self.language}/{path}"


class Pages:
    """Makes pages."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self.assets = Assets(own=office.node.home.path)
        self._zone = ZoneInfo(office.node.settings.zone)
        self._templates = Environment(loader=PackageLoader("paridad.web"), autoescape=True, undefined=StrictUndefined)

    def answer(self, visit: Visit, template: str, *, status: int = 200, **values: Any) -> Response:
        """Return a page."""
        return HTMLResponse(self.text(visit, template, **values), status)

    def text(self, visit: Visit, template: str, **values: Any) -> str:
        """Return a page's text."""
        made = self._templates.get_template(template)
        return made.render(**self._common(visit), **values)

    def _common(self, visit: Visit) -> dict[str, Any]:
        language, own = visit.language, self._office.node.own
        charter, words = own.keys.current, catalogue(language)
        return {
            "visit": visit,
            "lang": language,
            "other_lang": "en" if language == "es" else "es",
            "say": words.say,
            "say_in": lambda named, key: catalogue(named).say(key),
            "count": words.count,
            "told": lambda of: told(of, language),
            "moment": lambda at: self._moment(at, language),
            "until": lambda at: moments.until(at, language, visit.now),
            "day": lambda at: moments.day(at, language),
            "length": lambda seconds: moments.length(seconds, language),
            "number": lambda value: moments.number(value, language),
            "agency": lambda id_: charter.agencies[id_].name.in_(language) if id_ in charter.agencies else id_,
            "party": {"id": own.party, "name": charter.parties[own.party].name.in_(language)},
            "asset": self.assets.address,
            "menu": MENU,
            "officer": visit.officer,
            "csrf": visit.session.csrf if visit.session else "",
            "demo": self._office.demo,
            "practice": self._office.practice,
        }

    def _moment(self, at: int, language: Language) -> Markup:
        text = moments.moment(at, language, self._zone)
        return Markup('<time datetime="{}">{}</time>').format(moments.iso(at), text)


def told(of: Mapping[str, Any] | str | None, language: Language) -> str | Markup:
    """Return what an operation says in both languages, in one; its shape stands before the word."""
    if not isinstance(of, Mapping):
        return of or ""
    shape = of.get("shape")
    words = str(of[language])
    return Markup('<span aria-hidden="true">{}</span> {}').format(shape, words) if shape else escape(words)
