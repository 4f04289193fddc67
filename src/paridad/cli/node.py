# SPDX-License-Identifier: Apache-2.0
"""`paridad node`: run the node, and check everything about it that can be checked.

Rules
  - `run` answers other parties, does its rounds, opens the local door for officers' commands and, where node.toml
    asks for it, the status page on loopback; it stops on SIGINT or SIGTERM and finishes what it does.
  - `check` says of each thing whether it is in order, in both languages; one that is not makes the exit code 3.

Worked example
    paridad node check --full
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
from paridad.base.strict import JsonValue
from paridad.cli.forms import Form
from paridad.cli.key import PENDING, private_keys
from paridad.cli.seeing import words
from paridad.cli.verbs import Call, Noun, Verb
from paridad.cli.words import PHRASES
from paridad.ledger import log
from paridad.node.composing import open_node
from paridad.node.home import Home
from paridad.node.node import Node
from paridad.node.running import Daemon
from paridad.store import records, streams
from paridad.store.backup import restored_heads
from paridad.store.ledger import SqlLedgerStore
from paridad.store.tables import evidence
from paridad.store.vault import epochs_in_use
from paridad.web.office import Office
from paridad.web.server import House

PRIVATE = 0o077
SOON_SECONDS = 30 * 86_400


class Run(Form):
    """The node, until it is told to stop."""


class Check(Form):
    """Everything that can be checked."""

    full: bool = False


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
    for name in ("server", "client"):
        certificate = x509.load_pem_x509_certificate((node.home.path / "tls" / f"{name}.crt").read_bytes())
        until = certificate.not_valid_after_utc
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


NOUN = Noun("node", (Verb("run", Run, local=run), Verb("check", Check, operation=check)))
