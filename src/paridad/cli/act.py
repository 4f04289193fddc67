# SPDX-License-Identifier: Apache-2.0
"""`paridad act`: one act as an officer may see it, and its verification step by step.

Rules
  - `verify` goes the ten steps of an act again from the bytes at hand, and proves its place in its issuer's log under
    the largest signed checkpoint that covers it. It says what was proved and what was not.
  - A file holds the compact form, `header.payload.signature~field~…~`; it has no place in a log here, so an ended key
    cannot be judged for it.

Worked example
    paridad act verify wUz… --as ana
"""

from pathlib import Path

import sqlalchemy as sa

from paridad.acts.verify import VerifiedAct, open_act
from paridad.base.strict import JsonValue
from paridad.base.words import Words
from paridad.cli.assent import Assent, show_assent
from paridad.cli.errors import refused
from paridad.cli.forms import Form, InFile, OfficerName, Positional, Target
from paridad.cli.meanings import explained
from paridad.cli.places import Standing, standing
from paridad.cli.seeing import entry, kind_words, note, reader, visible, words
from paridad.cli.verbs import Noun, Verb
from paridad.ledger.merkle import leaf_hash, verify_inclusion
from paridad.node.node import Node

STEPS = (
    Words(es="1 a 4: forma, base64url, JSON y cabecera", en="1 to 4: form, base64url, JSON and header"),
    Words(es="5: la clave valía para quien habla, entonces", en="5: the key counted for the speaker, at that time"),
    Words(es="6 y 7: puntos y firma Ed25519", en="6 and 7: points and Ed25519 signature"),
    Words(
        es="8: los datos del sobre están completos y en la carta", en="8: the envelope is complete and of the charter"
    ),
    Words(es="9 y 10: cada campo abierto es del acto", en="9 and 10: every opened field belongs to the act"),
)
LOGGED = Words(
    es="11: está en la bitácora de quien habla, bajo un punto de control firmado",
    en="11: it stands in the speaker's log, under a signed checkpoint",
)
NOT_PROVED = Words(
    es="No se prueba que lo dicho sea verdad, ni que no haya más actos.",
    en="It is not proved that what is said is true, nor that there are no other acts.",
)


class Show(Form):
    """One act."""

    act: Positional
    officer: OfficerName


class Copy(Form):
    """One act as its speaker signed it."""

    act: Positional
    officer: OfficerName
    out: Target = ""


class Verify(Form):
    """An act to be verified: one that is here, or one in a file."""

    act: str = ""
    file: InFile = ""
    officer: OfficerName


def show(node: Node, form: Show) -> JsonValue:
    """Return one act as an officer may see it."""
    reading = reader(node, form.officer)
    with node.own.store.read() as conn:
        act = visible(reading, conn, form.act)
        shown = entry(reading, conn, act)
    note(reading, [form.act], "show")
    charter = node.own.keys.charter(act.envelope.prg)
    return {**shown, "fields": explained(shown["fields"], act.envelope.knd, charter)}  # type: ignore[arg-type]


def copy(node: Node, form: Copy) -> JsonValue:
    """Return the signed text of an act, its fields closed: what stands in the log."""
    reading = reader(node, form.officer)
    with node.own.store.read() as conn:
        act = visible(reading, conn, form.act)
    note(reading, [form.act], "show")
    return {"act": act.hash, "signed": act.signed.decode("ascii")}


def verify(node: Node, form: Verify) -> JsonValue:
    """Verify an act again from its bytes, or raise with the step that failed."""
    if bool(form.act) == bool(form.file):
        raise refused("Dé el acto con --act o con --file.", "Give the act by --act or by --file.")
    if form.file:
        wire = Path(form.file).read_bytes().strip()
        return _verified(open_act(wire, keys=node.own.keys, vocabulary=node.own.vocabulary, now=node.clock()), None)
    reading = reader(node, form.officer)
    with node.own.store.read() as conn:
        act = visible(reading, conn, form.act)
        place = _demand_place(node, conn, act)
    verified = open_act(
        act.wire,
        keys=node.own.keys,
        vocabulary=node.own.vocabulary,
        now=reading.now,
        leaf_index=place.index,
        log=place.log,
    )
    verify_inclusion(leaf_hash(act.signed), place.index, place.size, place.path, place.root)
    note(reading, [form.act], "verify")
    return _verified(verified, place)


def _demand_place(node: Node, conn: sa.Connection, act: VerifiedAct) -> Standing:
    place = standing(conn, node.own, act.hash)
    if place is None:
        raise refused(
            "Aún no hay punto de control firmado que lo cubra; repita después de la próxima ronda del nodo.",
            "No signed checkpoint covers it yet; repeat after the node's next round.",
        )
    return place


def _verified(act: VerifiedAct, place: Standing | None) -> JsonValue:
    proved = [words(step) for step in (*STEPS, *((LOGGED,) if place else ()))]
    return {
        "ok": True,
        "act": act.hash,
        "kind": kind_words(act.kind, act.envelope.knd),
        "agency": act.envelope.iss,
        "at": act.envelope.iat,
        "key": act.kid,
        "log": place.origin if place else "",
        "index": place.index if place else None,
        "size": place.size if place else None,
        "proved": proved,
        "not_proved": [words(NOT_PROVED)],
    }


NOUN = Noun(
    "act",
    (
        Verb("show", Show, operation=show),
        Verb("copy", Copy, operation=copy, document="signed"),
        Verb("verify", Verify, operation=verify),
        Verb("assent", Assent, operation=show_assent),
    ),
)
