# SPDX-License-Identifier: Apache-2.0
"""Two nodes with their pages on real ports, folios in every state, and a browser that is signed in at either.

Worked example
    with World(browser, tmp_path) as world:
        page = world.context("MX", "es").new_page()
        page.goto(world.address("MX", "es", "folio/{answered}"))
"""

from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from playwright.sync_api import Browser, BrowserContext

from paridad.cli.operations import OPERATIONS
from paridad.web.server import House
from paridad.web.signin import cookie_name
from support.web_world import BASIS, PURPOSE, Houses

ASKING, ASKED = "MX/FGR", "US/DOJ"
DESK, POCKET, ZOOMED = (1280, 900), (390, 844), (640, 450)
"""The screens: a desk, a pocket, and a desk whose reader enlarged everything twice."""


@dataclass
class World:
    """Two live nodes and the names of what there is to see."""

    browser: Browser
    folder: Path
    houses: Houses = field(init=False)
    servers: dict[str, House] = field(init=False)
    names: dict[str, str] = field(default_factory=dict)
    """Folios and acts by what they are examples of."""

    def __post_init__(self) -> None:
        self.houses = Houses(self.folder)
        self._tell()
        self.servers = {party: House(office, port=0) for party, office in self.houses.offices.items()}
        for server in self.servers.values():
            server.start()

    def _tell(self) -> None:
        """Bring folios into the states that pages are about."""
        self.names["record"] = self.houses.record(ASKED, seed=2)
        for name in ("sent", "answered", "recalled", "paused", "closed", "proposed"):
            self.names[name] = self.opened()
        for name in ("answered", "recalled", "closed"):
            said = self.says(ASKED, "answer", self.names[name], record=[self.names["record"]])
            self.names[f"{name}-act"] = said["acts"][0]["act"]
        self.says(ASKED, "recall", self.names["recalled"], of=self.names["recalled-act"], reason="Attributed wrongly.")
        self.says(ASKED, "ask-clarification", self.names["paused"], question="Which Olga?")
        self.says(ASKED, "suspend", self.names["paused"], reason="A holiday.")
        self.names["proposal"] = self._proposed()
        self.houses.settle()
        self.says(ASKING, "outcome", self.names["closed"], outcome="investigation-opened")
        self.says(ASKING, "close", self.names["closed"])
        self.houses.settle()

    def _proposed(self) -> str:
        said = self.says(ASKED, "propose.answer", self.names["proposed"], record=[self.names["record"]])
        return str(said["acts"][0]["act"])

    def opened(self) -> str:
        """Open a folio and deliver it."""
        marks = {"handling": "AMBER", "purpose": PURPOSE, "basis": BASIS, "urgency": "urgent", "desk": "targets"}
        said = self._ask(ASKING, "folio.ask", to=ASKED, question="¿Quién es Olga?", **marks)
        self.houses.settle()
        return str(said["folio"])

    def says(self, agency: str, command: str, folio: str, **more: Any) -> Any:
        """Say something in a folio."""
        return self._ask(agency, f"folio.{command}", folio=folio, **more)

    def _ask(self, agency: str, operation: str, **arguments: Any) -> Any:
        node = self.houses.parties.by_name[agency.partition("/")[0]]
        return OPERATIONS[operation](node, {"officer": liaison(agency), **arguments})

    def address(self, party: str, language: str, path: str) -> str:
        """Return an address, its names filled in."""
        return f"http://localhost:{self.servers[party].port}/{language}/{path.format(**self.names)}"

    def context(self, party: str = "", size: tuple[int, int] = DESK, **more: Any) -> BrowserContext:
        """Return a fresh browser, signed in at a party's node if one is named."""
        viewport = {"width": size[0], "height": size[1]}
        context = self.browser.new_context(viewport=viewport, reduced_motion="reduce", **more)  # type: ignore[arg-type]
        if party:
            office = self.houses.offices[party]
            officer = liaison(ASKING if party == "MX" else ASKED)
            now, random = office.node.clock(), office.node.own.random
            name = office.sessions.open(officer, credential="", now=now, random=random)
            context.add_cookies(
                [
                    {
                        "name": cookie_name(party),
                        "value": name,
                        "url": "https://localhost/",
                        "secure": True,
                        "httpOnly": True,
                    }
                ]
            )
        return context

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in self.servers.values():
            server.stop()
        self.houses.parties.close()


def liaison(agency: str) -> str:
    """Return the liaison officer of an agency."""
    return f"{agency.partition('/')[2].lower()}-liaison"
