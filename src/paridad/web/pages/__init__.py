# SPDX-License-Identifier: Apache-2.0
"""The pages, in one written list: address below the language, method, who may come, what shows it.

Worked example
    Page("folio/{folio}", folio.show)        is /es/folio/A-2026-0007 and /en/folio/A-2026-0007
"""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import Response

from paridad.web import signin
from paridad.web.office import Office
from paridad.web.pages import home
from paridad.web.rendering import Pages, Visit

Show = Callable[[Office, Pages, Visit], Response]


@dataclass(frozen=True, slots=True)
class Page:
    """One address and what answers there."""

    path: str
    show: Show
    method: str = "GET"
    signed_in: bool = True


ROUTES: tuple[Page, ...] = (
    Page("", home.show),
    Page("sign-in", signin.show, signed_in=False),
    Page("sign-in", signin.enter_demo, "POST", signed_in=False),
    Page("sign-out", signin.leave, "POST"),
)
