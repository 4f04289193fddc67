# SPDX-License-Identifier: Apache-2.0
"""The targets desk: its register by name, and one dossier by sections as the desk lays them out.

Worked example
    /es/targets?subject=person          /es/targets/wUz…
"""

from urllib.parse import urlencode

from starlette.responses import Response

from paridad.desks.targets import pages as desk
from paridad.desks.targets.codes import code_list
from paridad.web.office import Office
from paridad.web.rendering import Pages, Visit


def register(office: Office, pages: Pages, visit: Visit) -> Response:
    """Show one page of the register."""
    asked = {name: visit.request.query_params.get(name, "") for name in ("subject", "name", "after")}
    listed = office.ask(visit.who, desk.LIST, **asked)
    return pages.answer(
        visit,
        "targets.html",
        listed=listed,
        asked=asked,
        subjects=code_list("subject_type"),
        next_page=_address(visit, {**asked, "after": listed["more_after"]}) if listed["more_after"] else "",
        first_page=_address(visit, {**asked, "after": ""}) if asked["after"] else "",
    )


def dossier(office: Office, pages: Pages, visit: Visit) -> Response:
    """Show one dossier."""
    shown = office.ask(visit.who, desk.SHOW, act=visit.request.path_params["act"])
    return pages.answer(visit, "dossier.html", dossier=shown)


def _address(visit: Visit, asked: dict[str, str]) -> str:
    return visit.to(f"targets?{urlencode({name: value for name, value in asked.items() if value})}")
