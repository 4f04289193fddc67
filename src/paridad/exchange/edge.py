# SPDX-License-Identifier: Apache-2.0
"""The edge of a node: what another party's node may ask, and what it is answered.

Rules
  - The caller is the party whose pinned authority issued the client certificate; nobody else is answered at all.
  - A refusal is an answer with a sentence; only a fault of our own is a 500, and it says nothing.
  - Log resources are served in the C2SP layout (tlog-tiles). Hash tiles and checkpoints go to every party; an entry
    bundle goes to a party only if every act in it is addressed to that party, since an envelope tells.
    Nothing is served that no signed checkpoint covers: sizes between two heads would tell activity.
  - A party is given its own log back, with the fields that it sent and that are still here: after a loss it goes on
    from there. It is given nobody else's, and learns of nobody else's streams.
  - Payloads go to the parties that hold an act naming them.

Addresses
    POST deliver · POST add-checkpoint · POST send-again · GET status · GET log/shared/checkpoint
    GET log/shared/tile/… · GET mirror/shared/checkpoint · GET mirror/shared/acts/<index> · GET payload/…
"""

import sqlalchemy as sa

from paridad.acts.envelope import act_hash, party_of
from paridad.acts.verify import wire_of
from paridad.base.errors import ParidadError
from paridad.base.sources import Clock
from paridad.base.strict import JsonValue, write_json
from paridad.base.words import Words
from paridad.exchange import inbox, outbox
from paridad.exchange.errors import BatchRefused, SealRefused
from paridad.exchange.own_side import OwnSide
from paridad.exchange.paths import AGAIN, DELIVER, LOG, MIRROR, PAYLOAD, STATUS, WITNESS
from paridad.exchange.places import signed_size
from paridad.exchange.transport import Request, Response
from paridad.exchange.wire import (
    MAX_BATCH_BYTES,
    MAX_PARCELS,
    Answer,
    Parcel,
    read_again,
    write_answer,
    write_parcels,
)
from paridad.exchange.witnessing import answer_checkpoint
from paridad.ledger import log
from paridad.ledger.errors import LeafMissing, TileRefused
from paridad.ledger.note import read_decimal
from paridad.ledger.tiles import TILE_WIDTH, read_tile_path
from paridad.programme.origins import own_origin, shared_origin
from paridad.store import streams
from paridad.store.acts import get_acts
from paridad.store.ledger import SqlLedgerStore, held_from
from paridad.store.payloads import PayloadStore
from paridad.store.records import payload_acts

OK = 200
PARTIAL = 206
REFUSED = 403
NOT_FOUND = 404
UNSATISFIABLE = 416
UNPROCESSABLE = 422


def answer(own: OwnSide, payloads: PayloadStore, request: Request, party: str, *, clock: Clock) -> Response:
    """Answer one request of a party."""
    now = clock()
    try:
        match request.method:
            case "POST":
                answered = _post(own, request, party, now=now)
            case "GET":
                answered = _get(own, payloads, request, party, now=now)
            case _:
                answered = None
    except ParidadError as error:
        return _json({"error": error.words.en, "es": error.words.es}, UNPROCESSABLE)
    return answered or _json({"error": "no such address", "es": "no existe esa dirección"}, NOT_FOUND)


def _post(own: OwnSide, request: Request, party: str, *, now: int) -> Response | None:
    if request.path == DELIVER:
        return deliver(own, request.body, party, now=now)
    if request.path == WITNESS:
        return answer_checkpoint(own, request.body, party, now=now)
    if request.path == AGAIN:
        return again(own, request.body, party, now=now)
    return None


def _get(own: OwnSide, payloads: PayloadStore, request: Request, party: str, *, now: int) -> Response | None:
    path = request.path
    if path == STATUS:
        return _json(status(own, party, now=now))
    if path.startswith(LOG):
        return log_resource(own, path.removeprefix(LOG), party)
    if path.startswith(MIRROR):
        return mirrored(own, path.removeprefix(MIRROR), party)
    if path.startswith(PAYLOAD):
        return payload(own, payloads, path.removeprefix(PAYLOAD), request.byte_range, party)
    return None


def deliver(own: OwnSide, body: bytes, party: str, *, now: int) -> Response:
    """Take in a delivery; a batch that does not hold is answered with its step and no receipt."""
    try:
        taken = inbox.receive(own, body, party, now=now)
    except (BatchRefused, SealRefused) as error:
        step = error.step if isinstance(error, BatchRefused) else "seal"
        taken = Answer("", 0, "", (), (), 0, (), f"{step}: {error.words.en}")
    return Response(OK, write_answer(taken), "application/json")


def again(own: OwnSide, body: bytes, party: str, *, now: int) -> Response:
    """Send a party once more what it was sent at a position; the answer to it is not for us."""
    delivery = outbox.send_again(own, read_again(body), party, now=now)
    if delivery is None:
        return _json({"error": "nothing was sent to you there", "es": "ahí no se le envió nada"}, NOT_FOUND)
    return Response(OK, delivery)


def status(own: OwnSide, party: str, *, now: int) -> JsonValue:
    """Return what another party may know: charter, time, the size of our shared log, and where its streams stand."""
    with own.store.read() as conn:
        sizes = {origin: signed_size(conn, origin) for origin in (own.shared,)}
        theirs = {each: at for each, at in streams.inbound(conn).items() if party_of(each.sender) == party}
    logs: list[JsonValue] = [[origin, size] for origin, size in sizes.items()]
    expected: list[JsonValue] = [[*stream, position] for stream, position in theirs.items()]
    prg = own.keys.in_force(now).prg
    return {"party": own.party, "prg": prg, "now": now, "logs": logs, "expected": expected}


def log_resource(own: OwnSide, path: str, party: str) -> Response:
    """Serve a checkpoint, or a tile or entry bundle under a signed one (C2SP tlog-tiles)."""
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
            _demand_signed(conn, origin, rest)
            if read_tile_path(rest).level == "entries" and not _all_theirs(conn, ledger, origin, rest, party):
                return _json({"error": "not all entries are yours", "es": "no todas las entradas son suyas"}, REFUSED)
            return Response(OK, log.resource(ledger, origin, rest))
        except (TileRefused, LeafMissing) as error:
            return _json({"error": error.words.en, "es": error.words.es}, NOT_FOUND)


def _demand_signed(conn: sa.Connection, origin: str, path: str) -> None:
    """Insist that a signed checkpoint covers the tile: what was appended since is nobody's business yet."""
    place = read_tile_path(path)
    level = 0 if place.level == "entries" else int(place.level)
    if (place.index * TILE_WIDTH + place.width) * TILE_WIDTH**level > signed_size(conn, origin):
        raise TileRefused(Words(es=f"No hay tesela {path}.", en=f"There is no tile {path}."))


def _all_theirs(conn: sa.Connection, ledger: SqlLedgerStore, origin: str, path: str, party: str) -> bool:
    place = read_tile_path(path)
    start = place.index * TILE_WIDTH
    entries = ledger.entries(origin, start, start + place.width)
    hashes = [act_hash(entry) for entry in entries]
    acts = get_acts(conn, hashes)
    return all(party in {party_of(agency) for agency in acts[hash_].envelope.aud} for hash_ in hashes)


def mirrored(own: OwnSide, path: str, party: str) -> Response:
    """Give a party its own log back as it is held here: the checkpoint last seen, or acts from an index on."""
    role, _, rest = path.partition("/")
    make = {"shared": shared_origin, "own": own_origin}.get(role)
    if make is None or not (rest == "checkpoint" or rest.startswith("acts/")):
        return _json({"error": "no such log", "es": "no existe esa bitácora"}, NOT_FOUND)
    origin = make(party, own.programme)
    with own.store.read() as conn:
        if rest == "checkpoint":
            seen = SqlLedgerStore(conn).witnessed(origin)
            return Response(OK, seen.note, "text/plain; charset=utf-8") if seen else Response(NOT_FOUND)
        start = read_decimal(rest.removeprefix("acts/"))
        return Response(OK, write_parcels(_held_acts(conn, own, origin, start)))


def _held_acts(conn: sa.Connection, own: OwnSide, origin: str, start: int) -> list[Parcel]:
    """Return acts of a log with the disclosures that are held here, as many as one answer takes."""
    held = held_from(conn, origin, start, limit=MAX_PARCELS)
    acts, texts = get_acts(conn, held.values()), own.vault.disclosures_of(conn, held.values())
    parcels: list[Parcel] = []
    size = 0
    for index, hash_ in held.items():
        wire = wire_of(acts[hash_].signed, texts[hash_])
        size += len(wire)
        if parcels and size > MAX_BATCH_BYTES // 2:
            break
        parcels.append(Parcel(0, origin, index, (), wire))
    return parcels


def payload(
    own: OwnSide, payloads: PayloadStore, digest: str, byte_range: tuple[int, int] | None, party: str
) -> Response:
    """Serve a payload, or a range of it (RFC 9110 §14), to a party that holds an act naming it."""
    with own.store.read() as conn:
        if not _may_fetch(conn, digest, party):
            return _json({"error": "no such payload for you", "es": "no hay tal anexo para usted"}, NOT_FOUND)
    size = payloads.size(digest)
    first, last = byte_range or (0, size - 1)
    if not first <= last or first >= size:
        return Response(UNSATISFIABLE, headers={"content-range": f"bytes */{size}"})
    body = b"".join(payloads.read(digest, first, min(last, size - 1) + 1))
    headers = {"content-range": f"bytes {first}-{first + len(body) - 1}/{size}"}
    return Response(PARTIAL if byte_range else OK, body, headers=headers)


def _may_fetch(conn: sa.Connection, digest: str, party: str) -> bool:
    acts = get_acts(conn, payload_acts(conn, digest)).values()
    return any(party in {party_of(agency) for agency in act.envelope.aud} for act in acts)


def _json(value: JsonValue, status_: int = OK) -> Response:
    return Response(status_, write_json(value), "application/json")
