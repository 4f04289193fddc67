# SPDX-License-Identifier: Apache-2.0
"""The ledger: heads and cosignatures of our logs, what is held of the others', and a verifier that runs in the browser.

Rules
  - The page hands over documents (an act as signed, its proof, checkpoints, keys); what they prove is computed by the
    reader's own machine, from these or from documents brought from elsewhere.
  - What is given is what the operations give: an act that the reader may not see is not here.

Worked example
    GET /es/ledger?act=wUz…         the page with the act and its proof filled in
"""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from paridad.base.errors import ParidadError
from paridad.web.office import Office
from paridad.web.rendering import Pages, Visit

ROLES = ("shared", "own")
VERDICTS = (
    *("title_proved", "title_open", "title_failed", "hash", "included", "log", "cosigner", "continues"),
    *("quantum", "unknown", "alone", "speaker", "truth", "two_logs", "no_signature", "bad_signature"),
    *("act_form", "proof_form", "note_form", "line_form", "checkpoint_form", "key_form", "base64", "decimal"),
    *("not_included", "not_consistent"),
)
"""What the verifier may say, by the names that its script uses."""


def show(office: Office, pages: Pages, visit: Visit) -> Response:
    """Show the page, with what was asked for filled in."""
    status = office.ask(visit.who, "status")
    filled, trouble = _filled(office, visit)
    return pages.answer(
        visit,
        "ledger.html",
        status=422 if trouble else 200,
        heads={role: _head(office, role) for role in ROLES},
        logs=status["logs"],
        charter=status["charter"],
        keys=[each["verifier_key"] for each in office.look("log.keys")["keys"]],
        filled=filled,
        trouble=trouble,
        verdicts=VERDICTS,
    )


def _head(office: Office, role: str) -> Mapping[str, Any] | None:
    """Return the head of a log of ours; None before its first."""
    try:
        return dict(office.look("log.head", log=role))
    except ParidadError:
        return None


def _filled(office: Office, visit: Visit) -> tuple[dict[str, str], ParidadError | None]:
    """Return the documents that the address asks for, or why they cannot be had."""
    asked = visit.request.query_params
    filled = {"hash": asked.get("act", "").strip(), "old": asked.get("old", "").strip()}
    filled["log"] = "own" if asked.get("log") == "own" else "shared"
    try:
        if filled["hash"]:
            filled["act"] = office.ask(visit.who, "act.copy", act=filled["hash"])["signed"]
            filled["proof"] = office.look("log.prove", act=filled["hash"])["proof"]
        if filled["old"]:
            size = office.look("log.head", log=filled["log"])["size"]
            grown = office.look("log.consistency", old=_whole(filled["old"]), new=size, log=filled["log"])
            filled["hashes"] = "\n".join(grown["hashes"])
    except ParidadError as error:
        return filled, error
    return filled, None


def _whole(text: str) -> int:
    """Return a whole number; what is none becomes 0, which the operation refuses with its reason."""
    return int(text) if text.isascii() and text.isdecimal() else 0
