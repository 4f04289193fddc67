# SPDX-License-Identifier: Apache-2.0
"""The pages of both parties of a two-node world, used as people use them: links, forms, nothing else.

Worked example
    with Houses(tmp_path) as houses:
        ana = houses.enter("MX/FGR")
        page = ana.open("request")
        page = ana.send(page, to="US/DOJ")              the form of the page with some fields filled in
        page.text                                       is what she reads
"""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from starlette.types import ASGIApp

from paridad.cli.operations import OPERATIONS
from paridad.desks.targets.dossier import dossier_fields
from paridad.desks.targets.sample import invent
from paridad.web.application import build
from paridad.web.office import Office
from paridad.web.signin import cookie_name
from support.two_nodes import Parties

HOST = "https://localhost"
PURPOSE = "criminal-investigation"
BASIS = "joint-statement-2026-01-15"
RECORD_BASIS = "joint-statement-2025-09-03"
Given = Mapping[str, str | list[str]]


@dataclass
class Form:
    """One form of a page: where it goes, what it holds, which buttons it has."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class _Forms(HTMLParser):
    """Reads the forms of a page as a browser without scripts would."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._area = self._select = ""
        self._written: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take what a tag adds to the form it stands in."""
        has = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(has["action"], has.get("method", "get")))
        elif not self.forms:
            return
        elif tag == "input" and has.get("type") not in {"radio", "checkbox"}:
            self.forms[-1].fields.append((has["name"], has.get("value", "")))
        elif tag == "input" and "checked" in has:
            self.forms[-1].fields.append((has["name"], has["value"]))
        elif tag == "textarea":
            self._area, self._written = has["name"], []
        elif tag == "select":
            self._select = has["name"]
        elif tag == "option" and self._select and "selected" in has:
            self.forms[-1].fields.append((self._select, has["value"]))
        elif tag == "button":
            self.forms[-1].buttons.append((has.get("name", ""), has.get("value", "")))

    def handle_data(self, data: str) -> None:
        """Take what is written in an area."""
        if self._area:
            self._written.append(data)

    def handle_endtag(self, tag: str) -> None:
        """End an area or a list."""
        if tag == "textarea":
            self.forms[-1].fields.append((self._area, "".join(self._written).removeprefix("\n")))
            self._area = ""
        elif tag == "select":
            self._select = ""


@dataclass(frozen=True)
class Seen:
    """A page as somebody sees it."""

    status: int
    text: str
    address: str

    def form(self, ending: str = "") -> Form:
        """Return the last form of the page, or the last that goes to an address with this ending."""
        reader = _Forms()
        reader.feed(self.text)
        return [each for each in reader.forms if ending in each.action and "sign-out" not in each.action][-1]


class Person:
    """Somebody at one node, signed in as a demonstration identity."""

    def __init__(self, house: ASGIApp, language: str) -> None:
        self.house, self.language, self.cookies = house, language, httpx.Cookies()

    def open(self, path: str) -> Seen:
        """Open an address below the language."""
        return self.ask("GET", f"/{self.language}/{path}")

    def send(self, page: Seen, *, press: str = "", form: str = "", **filled: Any) -> Seen:
        """Fill in a form of a page and press a button: by its value, or the first one."""
        chosen = page.form(form)
        fields = [(name, value) for name, value in chosen.fields if name not in filled]
        for name, value in filled.items():
            fields += [(name, each) for each in (value if isinstance(value, list) else [value])]
        button = next((each for each in chosen.buttons if each[1] == press), None) if press else chosen.buttons[0]
        assert button is not None, f"no button {press} in {chosen.buttons}"
        return self.post(chosen.action, [*fields, button] if button[0] else fields)

    def post(self, action: str, fields: list[tuple[str, str]], origin: str = HOST) -> Seen:
        """Send a form."""
        data: dict[str, list[str]] = {}
        for name, value in fields:
            data.setdefault(name, []).append(value)
        return self.ask("POST", action, data=data, headers={"origin": origin})

    def ask(self, method: str, address: str, **more: Any) -> Seen:
        """Send one request, and follow where it leads."""

        async def ask() -> httpx.Response:
            line = httpx.ASGITransport(app=self.house)
            async with httpx.AsyncClient(transport=line, base_url=HOST, cookies=self.cookies) as client:
                answer = await client.request(method, address, follow_redirects=True, **more)
                self.cookies = client.cookies
                return answer

        answer = asyncio.run(ask())
        return Seen(answer.status_code, answer.text, str(answer.url))


@dataclass
class Houses:
    """Two nodes with their pages."""

    folder: Path
    names: tuple[str, ...] = ("MX", "US")
    parties: Parties = field(init=False)

    def __post_init__(self) -> None:
        self.parties = Parties(self.folder, self.names, settings={"demo_identities": True})
        self.offices = {name: Office(node, OPERATIONS) for name, node in self.parties.by_name.items()}
        self.houses = {name: build(office, hosts={"localhost"}) for name, office in self.offices.items()}

    def enter(self, agency: str, role: str = "liaison", *, second: bool = False, language: str = "en") -> Person:
        """Let an officer of an agency in; signing in has tests of its own."""
        party, _, name = agency.partition("/")
        office = self.offices[party]
        officer = f"{name.lower()}-{role}{'-2' if second else ''}"
        person = Person(self.houses[party], language)
        cookie = office.sessions.open(officer, credential="", now=office.node.clock(), random=office.node.own.random)
        person.cookies.set(cookie_name(party), cookie, domain="localhost.local")
        return person

    def record(self, agency: str, seed: int = 1, handling: str = "AMBER") -> str:
        """File an invented dossier and return its act hash."""
        [dossier] = invent(1, seed=seed, countries=("Aa", "Bb"))
        fields = dossier_fields(dossier)
        return self.parties.record(
            agency, "targets/dossier/1", fields, handling=handling, purpose=PURPOSE, basis=RECORD_BASIS
        )

    def settle(self) -> None:
        """Let everything arrive."""
        self.parties.settle(3)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.parties.close()


def both_ways() -> Iterator[tuple[str, str]]:
    """Yield who asks and who is asked, and the other way round."""
    yield "MX/FGR", "US/DOJ"
    yield "US/DOJ", "MX/FGR"
