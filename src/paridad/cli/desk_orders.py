# SPDX-License-Identifier: Apache-2.0
"""What an officer says at a desk: one form per command, one function that makes of it what is to be said.

Rules
  - `--dry-run` shows the drafts, and field by field what would leave and what stays, by the functions that do it.
    Nothing is signed.
  - A command has an identifier (`--id`): the same again does nothing twice. Without one a random one is made and told.
  - The same function serves the command line and the pages: there the officer's assent comes before the signature.

Worked example
    Verb("close", Close, operation=saying(ask_close))        ask_close(node, form) is a `DeskAsked`
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from paridad.base.strict import JsonValue
from paridad.cli.forms import Acting
from paridad.cli.meanings import explained_draft
from paridad.cli.orders import ID_BYTES, said_acts
from paridad.cli.seeing import Reading, release_entry
from paridad.node.assenting import prepare
from paridad.node.desk_saying import RECORD, Decide, DeskAsked, carry_out
from paridad.node.node import Node
from paridad.policy.question import CommandQuestion

APART = frozenset({"officer", "dry_run", "id"})
"""What a form carries that is not said."""

Ask = Callable[[Node, Any], DeskAsked]


class DeskOrder(Acting):
    """Something said at a desk."""

    id: str = ""


def asked(node: Node, form: DeskOrder, order: str, decide: Decide, **more: Any) -> DeskAsked:
    """Return what a form asks to be said, at this moment."""
    told: Mapping[str, JsonValue] = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in asdict(form).items()
        if name not in APART
    }
    id_ = form.id or node.own.random(ID_BYTES).hex()
    return DeskAsked(node.home.officer(form.officer), order, told, decide, id=id_, now=node.clock(), **more)


def may_say(reading: Reading) -> bool:
    """Whether policy lets the officer's role say something at a desk."""
    question = CommandQuestion(role=reading.officer.role, command=RECORD, proposer=False)
    return reading.node.own.engine.decide_one(question, now=reading.now).allowed


def saying(ask: Ask) -> Callable[[Node, Any], JsonValue]:
    """Return the operation that says what a form asks for, or shows what it would say."""

    def say(node: Node, form: DeskOrder) -> JsonValue:
        node.views.refresh()
        wanted = ask(node, form)
        if form.dry_run:
            made = prepare(node.own, wanted)
            drafts: list[JsonValue] = [explained_draft(node, draft) for draft in made.planned.drafts]
            leaves = [release_entry(each) for each in wanted.releases(node.own, [each.draft for each in made.unsigned])]
            return {"dry_run": True, "drafts": drafts, "leaves": leaves}
        said = carry_out(node.own, wanted)
        node.views.refresh()
        leaves = [release_entry(each) for each in said.releases]
        return {"id": wanted.id, "repeated": said.repeated, "acts": said_acts(node, said.acts), "leaves": leaves}

    return say
