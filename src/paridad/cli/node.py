# SPDX-License-Identifier: Apache-2.0
"""`paridad node`: run the node, and check everything about it that can be checked.

Rules
  - `run` answers other parties, does its rounds, opens the local door for officers' commands and, where node.toml
    asks for it, the status page on loopback; it stops on SIGINT or SIGTERM and finishes what it does.
  - `recover` is for a node that was restored and is stopped: it takes back what the other parties hold of ours.
  - `certify` makes the certificates of the line again, for the names of the old ones unless others are given.
  - `check` says of each thing whether it is in order, in both languages; one that is not makes the exit code 3.

Worked example
    paridad node check --full
    paridad node recover --as ops
"""

import logging
import signal
import stat
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime

import sqlalchemy as sa
from cryptography import x509

from paridad.base.errors import ParidadError
from paridad.base.sources import SECONDS_A_DAY
from paridad.base.strict import JsonValue
from paridad.base.words import Words
from paridad.cli.errors import refused
from paridad.cli.forms import Acting, Form
from paridad.cli.key import PENDING, private_keys
from paridad.cli.seeing import words
from paridad.cli.verbs import Call, Noun, Verb
from paridad.cli.words import PHRASES
from paridad.exchange.errors import PeerUnreachable
from paridad.ledger import log
from paridad.node import recovery
from paridad.node.composing import open_node
from paridad.node.founding import CERTIFICATE_DAYS
from paridad.node.home import Home, write_private
from paridad.node.node import Node
from paridad.node.recovery import Recovered
from paridad.node.running import Daemon, http_line
from paridad.node.saying import demand_role
from paridad.programme.keygen import PrivateKey
from paridad.programme.transport import TlsRole, issue
from paridad.store import records, streams
from paridad.store.backup import restored_heads
from paridad.store.ledger import SqlLedgerStore
from paridad.store.tables import evidence
from paridad.store.vault import epochs_in_use
from paridad.web.office import Office
from paridad.web.server import House

PRIVATE = 0o077
SOON_SECONDS = 30 * SECONDS_A_DAY
ROLES: tuple[TlsRole, ...] = ("server", "client")


class Run(Form):
    """The node, until it is told to stop."""


class Check(Form):
    """Everything that can be checked."""

    full: bool = False


class Recover(Acting):
    """What a restored backup lacks."""


class Certify(Acting):
    """The certificates of the line."""

    name: tuple[str, ...] = ()
    address: tuple[str, ...] = ()


def run(call: Call, form: Run) -> JsonValue:
    """Run the node until it is told to stop."""
    del form
    logging.basicConfig(format="%(asctime)s %(name)s: %(message)s", level=logging.INFO)
    with ExitStack() as stack:
        node = open_node(Home(call.home), clock=call.session.clock, random=call.session.random)
        stack.callback(node.close)
        daemon = Daemon(node, call.session.operations)
        house = House(Office(node, call.session.operations), port=node.settings.web_port)
        port = daemon.start()
        stack.pop_all()
        stack.callback(daemon.stop)
        house.start()
        stack.callback(house.stop)
        call.tell("listening", party=node.own.party, host=node.settings.host, port=port)
        if house.port >= 0:
            call.tell("pages", port=house.port)
        for each in (signal.SIGINT, signal.SIGTERM):
            stack.callback(signal.signal, each, signal.signal(each, lambda *_: _stop(daemon)))
        daemon.loop()
    return {"party": node.own.party, "stopped_at": node.clock()}


def _stop(daemon: Daemon) -> None:
    daemon.stopping.set()
    daemon.work.set()


def recover(node: Node, form: Recover) -> JsonValue:
    """Take back what the other parties hold of ours and this node lacks; then compare with every witness."""
    own = node.own
    demand_role(own, node.home.officer(form.officer), "administer", now=node.clock())
    if node.transport is None:
        node.transport = http_line(node)
    if form.dry_run:
        return _recovered(node, form, Recovered(leaves=recovery.behind(own, node.line)), [])
    found = node.recover()
    silent = node.start()
    if silent and not found.leaves:
        listed = ", ".join(silent)
        raise PeerUnreachable(Words(es=f"No contesta: {listed}.", en=f"No answer from: {listed}."))
    return _recovered(node, form, found, silent)


def _recovered(node: Node, form: Recover, found: Recovered, silent: list[str]) -> JsonValue:
    with node.own.store.read() as conn:
        waiting = restored_heads(conn) is not None
    return {
        "dry_run": form.dry_run,
        "leaves_back": found.leaves,
        "covers_again": found.covers,
        "positions_awaited": found.awaited,
        "silent": list(silent),
        "restored_copy": waiting,
    }


def certify(node: Node, form: Certify) -> JsonValue:
    """Make both certificates of the line again with our authority's key; a running node uses them once restarted."""
    own, now = node.own, node.clock()
    demand_role(own, node.home.officer(form.officer), "administer", now=now)
    names, addresses = form.name, form.address
    if not names and not addresses:
        names, addresses = _named(_certificate(node.home, "server"))
    key, authority = _authority(node, now)
    made = {
        role: issue(
            key, authority, role=role, names=names, addresses=addresses, now=now, days=CERTIFICATE_DAYS,
            random=own.random,
        )
        for role in ROLES
    }  # fmt: skip
    if not form.dry_run:
        for role, issued in made.items():
            write_private(node.home.path / "tls" / f"{role}.key", issued.key.encode())
            write_private(node.home.path / "tls" / f"{role}.crt", issued.certificate.encode())
    return {
        "dry_run": form.dry_run,
        "names": list(names),
        "addresses": list(addresses),
        "valid_until": now + CERTIFICATE_DAYS * SECONDS_A_DAY,
        "restart": not form.dry_run,
    }


def _certificate(home: Home, role: TlsRole) -> x509.Certificate:
    return x509.load_pem_x509_certificate((home.path / "tls" / f"{role}.crt").read_bytes())


def _named(certificate: x509.Certificate) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names and the addresses that a certificate is for."""
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    addresses = found.get_values_for_type(x509.IPAddress)
    return tuple(found.get_values_for_type(x509.DNSName)), tuple(map(str, addresses))


def _authority(node: Node, now: int) -> tuple[PrivateKey, str]:
    """Return the private key of our authority and its certificate, as every party pinned it."""
    pinned = {
        x509.load_pem_x509_certificate(each.encode()).public_key().public_bytes_raw(): each  # type: ignore[union-attr]
        for each in node.own.keys.authorities(node.own.party, now)
    }
    for key in private_keys(node.home):
        if key.use == "transport" and key.ed25519.public.raw in pinned:
            return key, pinned[key.ed25519.public.raw]
    raise refused(
        "Falta en keys/ la clave transport de nuestra autoridad.", "Our authority's transport key is missing in keys/."
    )


def check(node: Node, form: Check) -> JsonValue:
    """Return what is in order and what is not."""
    now = node.clock()
    with node.own.store.read() as conn:
        found = [*_folder(node.home), *_keys(node, now), *_certificates(node, now), *_store(conn, node, full=form.full)]
    checks: list[JsonValue] = [
        {"ok": ok, "check": words(PHRASES[f"check:{name}"]), "found": str(value)} for name, ok, value in found
    ]
    return {"ok": all(ok for _, ok, _ in found), "at": now, "checks": checks}


Found = tuple[str, bool, object]
"""Which check, whether it is in order, and what was found."""


def _folder(home: Home) -> Iterator[Found]:
    private = [path for name in ("keys", "epochs", "tls") for path in (home.path / name).iterdir()]
    loose = [path.name for path in private if stat.S_IMODE(path.stat().st_mode) & PRIVATE]
    yield "modes", not loose, ", ".join(loose) or len(private)
    pending = [path.name for path in (home.path / "keys").glob(f"*{PENDING}")]
    yield "pending", not pending, ", ".join(pending) or 0
    yield "officers", bool(home.officers()), len(home.officers())


def _keys(node: Node, now: int) -> Iterator[Found]:
    records_ = node.own.keys.records
    bad = [key.kid for key in private_keys(node.home) if key.kid not in records_ or not records_[key.kid].in_time(now)]
    yield "keys", not bad, ", ".join(bad) or len(records_)
    silent = [party for party in node.own.others if party not in node.settings.peers]
    yield "peers", not silent, ", ".join(silent) or len(node.settings.peers)


def _certificates(node: Node, now: int) -> Iterator[Found]:
    soon = datetime.fromtimestamp(now + SOON_SECONDS, UTC)
    for name in ROLES:
        until = _certificate(node.home, name).not_valid_after_utc
        yield f"{name}_certificate", until > soon, until.date().isoformat()


def _store(conn: sa.Connection, node: Node, *, full: bool) -> Iterator[Found]:
    own, ledger = node.own, SqlLedgerStore(conn)
    for name, origin in (("shared_log", own.shared), ("own_log", own.own)):
        try:
            size = log.full_recompute(ledger, origin).size if full else ledger.head(origin).size
            yield name, ledger.held(origin) == size, size
        except ParidadError as error:
            yield name, False, error.words.en
    known = set(_epochs(node.home))
    missing = epochs_in_use(conn) - known
    yield "epochs", not missing, ", ".join(map(str, missing)) or len(known)
    yield "restored", restored_heads(conn) is None, ""
    waiting = len(streams.quarantined(conn))
    yield "quarantine", not waiting, waiting
    contradictions = len(records.open_conflicts(conn))
    yield "conflicts", not contradictions, contradictions
    kept = int(conn.execute(sa.select(sa.func.count()).select_from(evidence)).scalar_one())
    yield "evidence", not kept, kept
    behind = sum(node.views.behind(conn).values())
    yield "views", True, behind
    yield "policy", True, own.engine.policy_set


def _epochs(home: Home) -> Iterator[int]:
    """Yield the epochs whose wrapping keys are here."""
    return (int(path.stem) for path in (home.path / "epochs").glob("*.key"))


NOUN = Noun(
    "node",
    (
        Verb("run", Run, local=run),
        Verb("check", Check, operation=check),
        Verb("recover", Recover, operation=recover),
        Verb("certify", Certify, operation=certify),
    ),
)
