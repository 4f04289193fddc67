# SPDX-License-Identifier: Apache-2.0
"""Who read an act at this node.

Worked example
    /es/reads/wUz…
"""

from starlette.responses import Response

from paridad.web.office import Office
from paridad.web.rendering import Pages, Visit


def show(office: Office, pages: Pages, visit: Visit) -> Response:
    """Show who read an act."""
    told = office.ask(visit.who, "reads", act=visit.request.path_params["act"])
    return pages.answer(visit, "reads.html", told_reads=told)
