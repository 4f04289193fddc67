# SPDX-License-Identifier: Apache-2.0
"""`paridad epoch`: the keys that wrap what is kept, begun anew and destroyed in time.

Rules
  - A new epoch is begun in the node that runs; what lives is wrapped again under its key, and the files are scrubbed.
  - Destroying an epoch's key is what keeps the promise of every attestation: no older backup gives back a field. It is
    refused while anything that lives needs it, and the current epoch is never destroyed.
  - A backup is taken between the two: what is in no backup of the new epoch is lost with the disk.

Worked example
    paridad epoch begin --as ops
    paridad backup --out /backup/2026-11-22.db
    paridad epoch destroy 3 --as ops
"""

import sqlalchemy as sa

from paridad.base.strict import JsonValue
from paridad.base.words import Words
from paridad.cli.errors import refused
from paridad.cli.forms import Acting, Form, PositionalWhole
from paridad.cli.verbs import Noun, Verb
from paridad.node.errors import NotFound
from paridad.node.node import Node
from paridad.node.saying import demand_role
from paridad.store.errors import ScrubPending
from paridad.store.vault import epochs_in_use


class List(Form):
    """Every epoch."""


class Begin(Acting):
    """A new epoch."""


class Destroy(Acting):
    """The end of a past epoch."""

    epoch: PositionalWhole


def list_epochs(node: Node, form: List) -> JsonValue:
    """Return every epoch that is here or still needed, and which one wraps what is kept from now on."""
    del form
    with node.own.store.read() as conn:
        used = epochs_in_use(conn)
    current, here = node.epochs.current()[0], node.epochs.numbers
    return {
        "epochs": [
            {"epoch": each, "current": each == current, "in_use": each in used, "key_here": each in here}
            for each in sorted(here | used)
        ]
    }


def begin(node: Node, form: Begin) -> JsonValue:
    """Begin an epoch and wrap under its key whatever lives."""
    own = node.own
    demand_role(own, node.home.officer(form.officer), "administer", now=node.clock())
    before, _ = node.epochs.current()
    if form.dry_run:
        return {"dry_run": True, "epoch": before + 1, "predecessor": str(before), "wrapped": 0, "scrubbed": False}
    number = node.epochs.begin(own.random)
    wrapped = _wrap_again(node)
    told: dict[str, JsonValue] = {"epoch": number, "predecessor": str(before), "wrapped": wrapped}
    return {"dry_run": False, **told, "scrubbed": _scrubbed(node)}


def _wrap_again(node: Node) -> int:
    """Bring every living key to the current epoch; return how many were brought."""
    done = 0
    while moved := node.own.store.submit(node.own.vault.re_wrap):
        done += moved
    return done


def _scrubbed(node: Node) -> bool:
    """Take the old wrapped keys out of the files; readers in the way are for the next time."""
    try:
        node.own.store.scrub()
    except ScrubPending:
        return False
    return True


def destroy(node: Node, form: Destroy) -> JsonValue:
    """Destroy the key of a past epoch that nothing living needs."""
    own = node.own
    demand_role(own, node.home.officer(form.officer), "administer", now=node.clock())
    if form.epoch not in node.epochs.numbers:
        raise NotFound(Words(es=f"No hay época {form.epoch}.", en=f"There is no epoch {form.epoch}."))
    if form.epoch == node.epochs.current()[0]:
        raise refused(
            "La época vigente no se destruye: empiece otra.", "The current epoch is not destroyed: begin one."
        )
    with own.store.read() as conn:
        _demand_unused(conn, form.epoch)
    if not form.dry_run:
        own.store.scrub()
        node.epochs.destroy(form.epoch)
    return {"dry_run": form.dry_run, "epoch": form.epoch}


def _demand_unused(conn: sa.Connection, epoch: int) -> None:
    if epoch in epochs_in_use(conn):
        raise refused(
            f"La época {epoch} aún envuelve algo que vive: «paridad epoch begin» lo pasa a otra.",
            f"Epoch {epoch} still wraps something that lives: “paridad epoch begin” brings it to another.",
        )


NOUN = Noun(
    "epoch",
    (
        Verb("list", List, operation=list_epochs),
        Verb("begin", Begin, operation=begin),
        Verb("destroy", Destroy, operation=destroy),
    ),
)
