# SPDX-License-Identifier: Apache-2.0
"""`paridad key`: whose keys are in force, and changing our own.

Rules
  - A change is a statement signed by the party's root, filed as an act, and sent to every other party. The root's
    file is read for that moment and never kept.
  - A new key that signs is not used before every other party acknowledged it: until then its file is `….json.new`, and
    `key activate` puts it to work. A sealing key is at hand at once, since others may seal to it at once.
  - A key in use is not ended: its successor is enrolled and activated first.
  - Keys that sign leaves or checkpoints end at a size that a witness cosigned; the others end at a time. Revoking sets
    the size back to what was cosigned before the loss: what was logged since is disputed, not deleted.

Worked example
    paridad key enrol A/POLICE --use act --root root.json --as ops
    paridad key activate A/POLICE#3 --as ops
    paridad key retire A/POLICE#1 --root root.json --reason-es Relevo --reason-en Rotation --as ops
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal, cast

import sqlalchemy as sa

from paridad.acts.issue import ActSigner
from paridad.base.strict import JsonValue
from paridad.base.words import Words
from paridad.cli.errors import NotYet, refused
from paridad.cli.forms import Acting, Form, InFile, Moment, Positional
from paridad.cli.verbs import Noun, Verb
from paridad.exchange.own_side import OwnSide
from paridad.ledger import log
from paridad.ledger.checkpoint import Cosigner, LogSigner
from paridad.node.home import Home, Officer, write_private
from paridad.node.keeping import KEY_CHANGE, announce_change
from paridad.node.node import Node
from paridad.node.reading import read_acts
from paridad.node.saying import demand_role
from paridad.programme.keygen import PrivateKey, generate
from paridad.programme.origins import Log, own_origin, shared_origin, witness_name
from paridad.programme.records import AGENCY_USES, ENDS_IN, Ending, KeyRecord
from paridad.programme.statements import (
    assemble_change,
    draft_ending,
    draft_enrolment,
    read_key_change,
    sign_as,
)
from paridad.store import streams
from paridad.store.acts import ActQuery, filed_acts
from paridad.store.ledger import SqlLedgerStore, indexes_of
from paridad.store.tables import cosignatures

Use = Literal["act", "sealing", "log-shared", "log-own", "witness", "mirror"]
PENDING = ".new"
ACKNOWLEDGED = frozenset({"receipted", "cosigned"})


class List(Form):
    """Every key of the programme."""

    party: str = ""


class Enrol(Acting):
    """A new key of our party."""

    owner: Positional
    use: Use
    root: InFile


class Activate(Acting):
    """Put an enrolled key to work."""

    kid: Positional


class End(Acting):
    """The end of a key of ours."""

    kid: Positional
    root: InFile
    reason_es: str
    reason_en: str


class Retire(End):
    """A key that goes out of use."""


class Revoke(End):
    """A key that was lost or stolen."""

    since: Moment


def list_keys(node: Node, form: List) -> JsonValue:
    """Return every key ever enrolled, with its life, and whether its private half is here."""
    here, now = {key.kid for key in private_keys(node.home)}, node.clock()
    rows = [
        {
            "key": kid,
            "use": record.use,
            "in_force": record.in_time(now) and not record.endings,
            "valid_from": record.valid_from,
            "valid_until": record.valid_until,
            "ended": ", ".join(f"{each.log} {each.size}" for each in record.endings),
            "here": kid in here,
        }
        for kid, record in sorted(node.own.keys.records.items())
        if form.party in {"", record.party}
    ]
    return {"keys": cast("JsonValue", rows), "pending": [path.name for path in _pending(node.home)]}


def enrol(node: Node, form: Enrol) -> JsonValue:
    """Make a key, state its enrolment, and announce it to every other party."""
    own, now = node.own, node.clock()
    officer, root = _administrator(node, form.officer, now), _root(own, form.root)
    key = generate(_next_kid(own, form.owner, form.use), form.use, own.random)
    before = _predecessor(node, key, now)
    record = key.record(valid_from=now)
    statement = draft_enrolment(own.prg, record, issued_at=now, predecessor=before.kid if before else None)
    signatures = [*sign_as("root", statement, root)]
    signatures += sign_as("possession", statement, key) if record.ed25519 else ()
    signatures += sign_as("predecessor", statement, before) if before else ()
    signed = assemble_change(statement, signatures)
    own.keys.with_change(read_key_change(signed, own.keys.current))
    if not form.dry_run:
        pending = _file_of(node.home, key.kid, PENDING)
        write_private(pending, key.to_json())
        announce_change(own, officer.agency, signed, now=now)
        if form.use == "sealing":
            _put_to_work(node, key)
            pending.replace(_file_of(node.home, key.kid))
    return {
        "dry_run": form.dry_run,
        "key": key.kid,
        "use": form.use,
        "predecessor": before.kid if before else "",
        "statement": statement.decode(),
        "to_activate": form.use != "sealing",
    }


def activate(node: Node, form: Activate) -> JsonValue:
    """Put an enrolled key to work, once every other party acknowledged it."""
    own, now = node.own, node.clock()
    _administrator(node, form.officer, now)
    pending = _file_of(node.home, form.kid, PENDING)
    if not pending.is_file():
        raise refused(f"No hay clave por activar: {form.kid}.", f"There is no key to activate: {form.kid}.")
    with own.store.read() as conn:
        silent = set(own.others) - _acknowledged(conn, own, form.kid)
    if silent:
        listed = ", ".join(sorted(silent))
        raise NotYet(Words(es=f"Aún no consta el acuse de: {listed}.", en=f"Not acknowledged yet by: {listed}."))
    key = PrivateKey.from_json(pending.read_bytes())
    if not form.dry_run:
        pending.replace(_file_of(node.home, form.kid))
        _put_to_work(node, key)
    return {"dry_run": form.dry_run, "key": key.kid, "use": key.use}


def retire(node: Node, form: Retire) -> JsonValue:
    """End a key of ours that is no longer in use; nothing is disputed."""
    return _end(node, form, "retire", node.clock())


def revoke(node: Node, form: Revoke) -> JsonValue:
    """End a key of ours back to what was cosigned before its loss."""
    return _end(node, form, "revoke", form.since)


def _end(node: Node, form: Retire | Revoke, change: Literal["retire", "revoke"], since: int) -> JsonValue:
    own, now = node.own, node.clock()
    officer, root = _administrator(node, form.officer, now), _root(own, form.root)
    record = own.keys.records.get(form.kid)
    if record is None or record.party != own.party:
        raise refused(f"{form.kid} no es una clave de esta parte.", f"{form.kid} is not a key of this party.")
    if form.kid in _in_use(node):
        raise refused(
            f"{form.kid} está en uso: inscriba y active antes otra.",
            f"{form.kid} is in use: enrol and activate another.",
        )
    with own.store.read() as conn:
        endings = tuple(
            _ending(conn, own, record, each, change=change, since=since) for each in sorted(ENDS_IN[record.use])
        )
    statement = draft_ending(
        change,
        own.prg,
        form.kid,
        issued_at=now,
        reason=Words(es=form.reason_es, en=form.reason_en),
        endings=endings,
        ends_at=None if endings else max(since, record.valid_from),
    )
    signed = assemble_change(statement, sign_as("root", statement, root))
    own.keys.with_change(read_key_change(signed, own.keys.current))
    if not form.dry_run:
        announce_change(own, officer.agency, signed, now=now)
    return {"dry_run": form.dry_run, "key": form.kid, "statement": statement.decode()}


def private_keys(home: Home) -> list[PrivateKey]:
    """Return the private keys of a folder, those that wait to be activated apart."""
    return home.private_keys()


# Finding --------------------------------------------------------------------------------------------------------------


def _administrator(node: Node, officer: str, now: int) -> Officer:
    found = node.home.officer(officer)
    demand_role(node.own, found, "administer", now=now)
    return found


def _root(own: OwnSide, path: str) -> PrivateKey:
    key, party = PrivateKey.from_json(Path(path).read_bytes()), own.keys.current.parties[own.party]
    if key.use != "root" or key.ed25519.public != party.root_ed25519 or key.mldsa.public != party.root_mldsa:
        raise refused(
            f"No es la raíz de {own.party} en la carta.", f"It is not the root of {own.party} in the charter."
        )
    return key


def _next_kid(own: OwnSide, owner: str, use: Use) -> str:
    """Return the next identifier of an owner: an agency of ours, or our party for what a party signs."""
    agencies = {agency.id for agency in own.keys.current.agencies_of(own.party)}
    if use in AGENCY_USES and owner not in agencies:
        raise refused(f"{owner} no es dependencia de {own.party}.", f"{owner} is no agency of {own.party}.")
    if use not in AGENCY_USES and owner != own.party:
        raise refused(f"Una clave {use} es de la parte: {own.party}.", f"A {use} key is the party's: {own.party}.")
    name = owner if use in AGENCY_USES else f"{owner}/{use}"
    numbers = [record.number for record in own.keys.records.values() if record.owner == name]
    return f"{name}#{max(numbers, default=0) + 1}"


def _predecessor(node: Node, key: PrivateKey, now: int) -> PrivateKey | None:
    """Return the newest living key that has to sign for its successor."""
    use = "act" if key.use == "sealing" else key.use
    owner = key.kid.partition("#")[0]
    living = {
        record.number: kid
        for kid, record in node.own.keys.records.items()
        if (record.owner, record.use) == (owner, use) and record.living(now)
    }
    if not living:
        return None
    kid = living[max(living)]
    found = next((each for each in private_keys(node.home) if each.kid == kid), None)
    if found is None:
        raise refused(
            f"La clave {kid} no está en keys/ y debe firmar.", f"The key {kid} is not in keys/ and has to sign."
        )
    return found


def _in_use(node: Node) -> set[str]:
    """Return the keys that this node signs with: the newest of each owner and use."""
    newest: dict[tuple[str, str], PrivateKey] = {}
    for key in sorted(private_keys(node.home), key=lambda each: int(each.kid.rpartition("#")[2])):
        newest[key.kid.partition("#")[0], key.use] = key
    return {key.kid for key in newest.values()}


def _acknowledged(conn: sa.Connection, own: OwnSide, kid: str) -> set[str]:
    """Return the parties whose receipt for a key's enrolment is here."""
    ours = filed_acts(conn, ActQuery(kinds=(KEY_CHANGE,), ours=True))
    enrolments = [a for a in read_acts(conn, own, ours) if (a.fields["change"], a.fields["kid"]) == ("enrol", kid)]
    rows = [row for act in enrolments for row in streams.outbox_of(conn, act.hash)]
    return {row.stream.receiver.partition("/")[0] for row in rows if row.state in ACKNOWLEDGED}


def _ending(
    conn: sa.Connection, own: OwnSide, record: KeyRecord, name: Log, *, change: Literal["retire", "revoke"], since: int
) -> Ending:
    """Return where a key ends in one log: at the largest size cosigned by then."""
    origin = own.own if name == "own" else own.shared
    ledger = SqlLedgerStore(conn)
    size = _cosigned_by(conn, own, origin, since)
    end = ledger.head(origin).size if change == "revoke" else size
    if change == "retire" and any(index >= size for index in _leaves_of(conn, origin, record.kid)):
        raise NotYet(
            Words(
                es=f"Aún no se cofirma todo lo que firmó {record.kid} en {origin}.",
                en=f"Not everything that {record.kid} signed in {origin} is cosigned yet.",
            )
        )
    return Ending(name, size, log.view(ledger, origin, size).root(), end)


def _cosigned_by(conn: sa.Connection, own: OwnSide, origin: str, at: int) -> int:
    names = [witness_name(party, own.programme) for party in own.others]
    here = (cosignatures.c.origin == origin, cosignatures.c.cosigner.in_(names), cosignatures.c.at <= at)
    return int(conn.execute(sa.select(sa.func.coalesce(sa.func.max(cosignatures.c.size), 0)).where(*here)).scalar_one())


def _leaves_of(conn: sa.Connection, origin: str, kid: str) -> Iterator[int]:
    after = 0
    while page := filed_acts(conn, ActQuery(kid=kid, ours=True), after=after):
        after = page[-1].filed
        yield from indexes_of(conn, origin, [act.hash for act in page]).values()


def _file_of(home: Home, kid: str, end: str = "") -> Path:
    return home.path / "keys" / f"{kid.replace('/', '.').replace('#', '.')}.json{end}"


def _pending(home: Home) -> list[Path]:
    return sorted((home.path / "keys").glob(f"*.json{PENDING}"))


# Putting to work ------------------------------------------------------------------------------------------------------


def _put_to_work(node: Node, key: PrivateKey) -> None:
    """Let a node that is open sign, or open, with a key."""
    own, owner = node.own, key.kid.partition("#")[0]
    match key.use:
        case "act":
            own.act_signers = {**own.act_signers, owner: ActSigner(key.kid, key.ed25519.sign)}
        case "sealing":
            own.sealing = {**own.sealing, key.kid: key.seeds["mlkem768"] + key.seeds["x25519"]}
        case "witness":
            own.witness = Cosigner(own.witness.name, key.ed25519, key.mldsa)
        case "mirror":
            own.mirror = Cosigner(own.mirror.name, key.ed25519, key.mldsa)
        case _:
            make = shared_origin if key.use == "log-shared" else own_origin
            origin = make(own.party, own.programme)
            own.log_signers = {**own.log_signers, origin: LogSigner(origin, key.ed25519, key.mldsa)}


NOUN = Noun(
    "key",
    (
        Verb("list", List, operation=list_keys),
        Verb("enrol", Enrol, operation=enrol),
        Verb("activate", Activate, operation=activate),
        Verb("retire", Retire, operation=retire),
        Verb("revoke", Revoke, operation=revoke),
    ),
)
