# SPDX-License-Identifier: Apache-2.0
"""One act as its reader may see it: envelope, fields, what is withheld and why, how far it came.

Worked example
    /es/act/wUz…
"""

from starlette.responses import Response

from paridad.web.office import Office
from paridad.web.rendering import Pages, Visit


def show(office: Office, pages: Pages, visit: Visit) -> Response:
    """Show an act."""
    shown = office.ask(visit.who, "act.show", act=visit.request.path_params["act"])
    return pages.answer(visit, "act.html", act=shown)
