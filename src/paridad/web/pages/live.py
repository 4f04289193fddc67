# SPDX-License-Identifier: Apache-2.0
"""The live line: where the record stands, never what is in it.

Rules
  - The stream carries one number, how many acts were filed here; what changed is fetched through policy like any page.
  - Its first event carries the number too, so that whoever comes back notices what was missed.
  - A stream waits in the event loop and holds no thread; it does not keep its session alive, and ends with it, at the
    node's shutdown, and when the reader is gone.

Worked example
    GET /es/live        event: position
                        data: 412
"""

import asyncio
from collections.abc import AsyncIterator

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from paridad.web.office import Office
from paridad.web.rendering import Pages, Visit
from paridad.web.signin import cookie_name

LOOK_SECONDS = 1.0
BREATH_LOOKS = 15
"""After how many looks without news a comment is sent: a reader who is gone is noticed then."""
UNAUTHORIZED = 401


def show(office: Office, pages: Pages, visit: Visit) -> Response:
    """Answer with the stream."""
    del pages
    if visit.session is None:
        return Response(status_code=UNAUTHORIZED)
    headers = {"x-accel-buffering": "no"}
    return StreamingResponse(_events(office, visit), media_type="text/event-stream", headers=headers)


async def _events(office: Office, visit: Visit) -> AsyncIterator[str]:
    told, silent = -1, 0
    while (position := await run_in_threadpool(_position, office, visit)) is not None:
        if position != told:
            yield f"event: position\ndata: {position}\n\n"
            told, silent = position, 0
        elif silent == BREATH_LOOKS:
            yield ":\n\n"
            silent = 0
        silent += 1
        await asyncio.sleep(LOOK_SECONDS)


def _position(office: Office, visit: Visit) -> int | None:
    """Return where the record stands; None where nobody is to be told any more."""
    name = visit.request.cookies.get(cookie_name(office.party), "")
    if office.closing.is_set() or not office.sessions.lasts(name, now=office.node.clock()):
        return None
    return int(office.look("log.position")["position"])
