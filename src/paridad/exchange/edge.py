# SPDX-License-Identifier: Apache-2.0
"""The edge of a node: what another party's node may ask, and what it is answered.

Rules
  - The caller is the party whose pinned authority issued the client certificate; nobody else is answered at all.
  - A refusal is an answer with a sentence; only a fault of our own is a 500, and it says nothing.
  - Log resources are served in the C2SP layout (tlog-tiles). Hash tiles and checkpoints go to every party; an entry
    bundle goes to a party only if every act in it is addressed to that party, since an envelope tells.
  - Payloads go to the parties that hold an act naming them.

Addresses
    POST deliver · POST add-checkpoint · GET status · GET log/shared/checkpoint · GET log/shared/tile/… · GET payload/…
"""

import sqlalchemy as sa

from paridad.acts.envelope import act_hash, party_of
from paridad.base.errors import ParidadError
from paridad.base.sources import Clock
from paridad.base.strict import JsonValue, write_json
from paridad.exchange import inbox
from paridad.exchange.errors import BatchRefused, SealRefused
from paridad.exchange.own_side import OwnSide
from paridad.exchange.paths import DELIVER, LOG, PAYLOAD, STATUS, WITNESS
from paridad.exchange.transport import Request, Response
from paridad.exchange.wire import Answer, write_answer
from paridad.exchange.witnessing import answer_checkpoint
from paridad.ledger import log
from paridad.ledger.errors import LeafMissing, TileRefused
from paridad.ledger.tiles import TILE_WIDTH, read_tile_path
from paridad.store import streams
from paridad.store.acts import get_acts
from paridad.store.ledger import SqlLedgerStore
from paridad.store.payloads import PayloadStore
from paridad.store.records import payload_acts

OK = 200
PARTIAL = 206
REFUSED = 403
NOT_FOUND = 404
UNPROCESSABLE = 422


def answer(own: OwnSide, payloads: PayloadStore, request: Request, party: str, *, clock: Clock) -> Response:
    """Answer one request of a party."""
    now = clock()
    try:
        match request.method, request.path:
            case "POST", path if path == DELIVER:
                return deliver(own, request.body, party, now=now)
            case "POST", path if path == WITNESS:
                return answer_checkpoint(own, request.body, party, now=now)
            case "GET", path if path == STATUS:
                return _json(status(own, now=now))
            case "GET", path if path.startswith(LOG):
                return log_resource(own, path.removeprefix(LOG), party)
            case "GET", path if path.startswith(PAYLOAD):
                return payload(own, payloads, path.removeprefix(PAYLOAD), request, party)
    except ParidadError as error:
        return _json({"error": error.words.en, "es": error.words.es}, UNPROCESSABLE)
    return _json({"error": "no such address", "es": "no existe esa dirección"}, NOT_FOUND)


def deliver(own: OwnSide, body: bytes, party: str, *, now: int) -> Response:
    """Take in a delivery; a batch that does not hold is answered with its step and no receipt."""
    try:
        taken = inbox.receive(own, body, party, now=now)
    except BatchRefused as error:
        return _answer(Answer("", 0, (), 0, (), f"{error.step}: {error.words.en}"))
    except SealRefused as error:
        return _answer(Answer("", 0, (), 0, (), f"seal: {error.words.en}"))
    return _answer(taken)


def status(own: OwnSide, *, now: int) -> JsonValue:
    """What any other party may know: charter, time, sizes of our logs, and where each stream stands."""
    with own.store.read() as conn:
        ledger = SqlLedgerStore(conn)
        sizes = {origin: ledger.head(origin).size for origin in (own.shared,)}
        expected: list[JsonValue] = [[*stream, position] for stream, position in streams.inbound(conn).items()]
    logs: list[JsonValue] = [[origin, size] for origin, size in sizes.items()]
    return {"party": own.party, "prg": own.prg, "now": now, "logs": logs, "expected": expected}


def log_resource(own: OwnSide, path: str, party: str) -> Response:
    """Serve a checkpoint, tile or entry bundle (C2SP tlog-tiles)."""
    role, _, rest = path.partition("/")
    origin = {"shared": own.shared, "own": own.own}.get(role)
    if origin is None:
        return _json({"error": "no such log", "es": "no existe esa bitácora"}, NOT_FOUND)
    with own.store.read() as conn:
        ledger = SqlLedgerStore(conn)
        if rest == "checkpoint":
            note = ledger.checkpoint(origin)
            return Response(OK, note, "text/plain; charset=utf-8") if note else Response(NOT_FOUND)
        try:
            if read_tile_path(rest).level == "entries" and not _all_theirs(conn, ledger, origin, rest, party):
                return _json({"error": "not all entries are yours", "es": "no todas las entradas son suyas"}, REFUSED)
            return Response(OK, log.resource(ledger, origin, rest))
        except (TileRefused, LeafMissing) as error:
            return _json({"error": error.words.en, "es": error.words.es}, NOT_FOUND)


def _all_theirs(conn: sa.Connection, ledger: SqlLedgerStore, origin: str, path: str, party: str) -> bool:
    place = read_tile_path(path)
    start = place.index * TILE_WIDTH
    entries = ledger.entries(origin, start, start + place.width)
    hashes = [act_hash(entry) for entry in entries]
    acts = get_acts(conn, hashes)
    return all(party in {party_of(agency) for agency in acts[hash_].envelope.aud} for hash_ in hashes)


def payload(own: OwnSide, payloads: PayloadStore, digest: str, request: Request, party: str) -> Response:
    """Serve a payload, or a range of it, to a party that holds an act naming it."""
    with own.store.read() as conn:
        if not _may_fetch(conn, digest, party):
            return _json({"error": "no such payload for you", "es": "no hay tal anexo para usted"}, NOT_FOUND)
    size = payloads.size(digest)
    first, last = request.byte_range or (0, size - 1)
    body = b"".join(payloads.read(digest, first, min(last, size - 1) + 1))
    headers = {"content-range": f"bytes {first}-{first + len(body) - 1}/{size}"}
    return Response(PARTIAL if request.byte_range else OK, body, headers=headers)


def _may_fetch(conn: sa.Connection, digest: str, party: str) -> bool:
    acts = get_acts(conn, payload_acts(conn, digest)).values()
    return any(party in {party_of(agency) for agency in act.envelope.aud} for act in acts)


def _answer(answer_: Answer) -> Response:
    return Response(OK, write_answer(answer_), "application/json")


def _json(value: JsonValue, status_: int = OK) -> Response:
    return Response(status_, write_json(value), "application/json")
