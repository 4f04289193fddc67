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

from paridad.web.server import House
from paridad.web.signin import cookie_name
from support.web_stages import Stages, liaison
from support.web_world import Houses

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
    stages: Stages = field(init=False)

    def __post_init__(self) -> None:
        self.houses = Houses(self.folder)
        self.stages = Stages(self.houses, ASKING, ASKED)
        self.servers = {party: House(office, port=0) for party, office in self.houses.offices.items()}
        for server in self.servers.values():
            server.start()

    def address(self, party: str, language: str, path: str) -> str:
        """Return an address, its names filled in."""
        return f"http://localhost:{self.servers[party].port}/{language}/{path.format(**self.stages.names)}"

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
