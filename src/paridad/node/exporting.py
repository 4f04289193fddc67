# SPDX-License-Identifier: Apache-2.0
"""A bundle for an auditor: acts of a folio, their proofs, the checkpoints with cosignatures, the charter; one file.

Rules
  - An export is a view: each field passes through `visible_to(reader)`, and a record shows what was released, no more.
  - Of covers and receipts only the lines about the exported acts are opened; the others stay closed digests.
  - Each act stands in its issuer's log at the largest size that both parties vouch for; where several sizes of a log
    occur, the consistency proofs between them travel along.
  - Every line is canonical JSON; the last one counts, digests and signs the lines before it.

Worked example (lines)
    {"at":…,"by":"A/POLICE","prg":"practice","t":"bundle","v":1}
    {"signed":"…","t":"charter"} {"note":"…","t":"checkpoint"} {"index":7,…,"t":"act","wire":"…"} …
    {"kid":"A/POLICE#1","lines":9,"sha256":"…","sig":"…","t":"end"}
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import sqlalchemy as sa

from paridad.acts.envelope import Envelope, party_of
from paridad.acts.verify import VerifiedAct, wire_of
from paridad.base.strict import JsonValue, encode_base64url, write_json
from paridad.base.words import Words
from paridad.exchange.own_side import OwnSide
from paridad.exchange.papers import COVER, RECEIPT
from paridad.exchange.release import sensitivity_of
from paridad.ledger import log
from paridad.ledger.checkpoint import read_checkpoint_text
from paridad.ledger.note import encode_base64, read_note
from paridad.node.errors import NotFound
from paridad.node.keeping import CHARTER, KEY_CHANGE
from paridad.node.reading import load_folio, read_acts
from paridad.policy.visible import Reader, Visibility, visible_to
from paridad.programme.charter import assemble
from paridad.programme.origins import parse_name, shared_origin
from paridad.store import proofs, streams
from paridad.store.acts import ActQuery, StoredAct, filed_acts, folio_acts, get_acts
from paridad.store.ledger import SqlLedgerStore, indexes_of

SEAL_PREFIX = b"paridad/bundle/1\0"
MAX_LINE = 64 * 1024 * 1024

Line = dict[str, JsonValue]


@dataclass
class _Bundle:
    """The lines under way, and the checkpoints that they rest on."""

    acts: list[Line] = field(default_factory=list)
    sizes: dict[str, set[int]] = field(default_factory=dict)


def export_bundle(own: OwnSide, reader: Reader, *, folio: str | None, now: int, chosen: Sequence[str] = ()) -> bytes:
    """Return the bundle of one folio, of chosen acts, or of all that speak between the parties, for this reader."""
    sight = visible_to(reader, own.engine, now)
    with own.store.read() as conn:
        acts = _with_papers(conn, own, chosen) if chosen else _collect(conn, own, folio)
        if not acts:
            raise NotFound(Words(es=f"No hay actos del folio {folio}.", en=f"There are no acts of folio {folio}."))
        bundle = _Bundle()
        relevant = {act.hash for act in acts}
        sent = _sent(conn, own, acts)
        places = _places(conn, own, acts)
        for act in acts:
            if place := places.get(act.hash):
                bundle.sizes.setdefault(place.origin, set()).add(place.size)
                texts = _texts(act, sight, relevant, sent)
                bundle.acts.append(_act_line(act, place, texts, _covered(conn, own, act, sent)))
        lines = [_head(own, reader.agency, now), *_charters(own), *_checkpoints(conn, bundle), *bundle.acts]
        lines += _streams(conn, acts)
    return _sealed(own, reader.agency, lines)


def _collect(conn: sa.Connection, own: OwnSide, folio: str | None) -> list[VerifiedAct]:
    """Return the acts of a folio, the records they give, their covers and receipts, and the programme's key acts."""
    if folio is None:
        return read_acts(conn, own, [act for act in _everything(conn) if not _internal(act.envelope)])
    state = load_folio(conn, own, folio)
    hashes = [act.hash for act in folio_acts(conn, folio) if not _internal(act.envelope)]
    hashes += [each.record for release in state.releases for each in release.given]  # type: ignore[misc]
    return _with_papers(conn, own, hashes)


def _with_papers(conn: sa.Connection, own: OwnSide, hashes: Sequence[str]) -> list[VerifiedAct]:
    """Return acts with their covers and receipts, and the programme's key acts, in the order of filing."""
    papers = [paper for hash_ in dict.fromkeys(hashes) for paper in _papers(conn, hash_)]
    keys = [act.hash for act in filed_acts(conn, ActQuery(kinds=(KEY_CHANGE, CHARTER)))]
    found = get_acts(conn, [*hashes, *papers, *keys])
    return read_acts(conn, own, sorted(found.values(), key=lambda act: act.filed))


def _everything(conn: sa.Connection) -> Iterator[StoredAct]:
    after = 0
    while page := filed_acts(conn, after=after):
        yield from page
        after = page[-1].filed


def _internal(envelope: Envelope) -> bool:
    return all(party_of(agency) == envelope.party for agency in envelope.aud)


def _papers(conn: sa.Connection, hash_: str) -> list[str]:
    """Return the covers under which an act travelled, and their receipts."""
    papers = []
    for row in streams.outbox_of(conn, hash_):
        batch = streams.get_batch(conn, row.cover) if row.cover else None
        papers += [batch.cover, *([batch.receipt] if batch.receipt else [])] if batch else []
    for _, parcel in streams.parcels_of(conn, hash_):
        papers += [parcel.cover, parcel.receipt]
    return papers


def _sent(conn: sa.Connection, own: OwnSide, acts: Sequence[VerifiedAct]) -> dict[str, set[str]]:
    """Return, for acts of ours, the digests of the fields that went to the other parties."""
    ours = [act for act in acts if act.envelope.party == own.party]
    return {act.hash: {d for row in streams.outbox_of(conn, act.hash) for d in row.digests} for act in ours}


def _texts(
    act: VerifiedAct, sight: Visibility, relevant: Iterable[str], sent: Mapping[str, set[str]]
) -> tuple[str, ...]:
    """Return the disclosures that this reader may have: released, visible, and about the exported acts."""
    involved = sight.reader.involved(act.envelope)
    chosen = []
    for path, each in act.disclosures.items():
        if act.kind is None or (act.hash in sent and sent[act.hash] and each.digest not in sent[act.hash]):
            continue
        if not sight.sees(act.envelope.hnd, sensitivity_of(act.kind, path), involved=involved):
            continue
        if act.envelope.knd in (COVER, RECEIPT) and _other_matter(path, each.value, relevant):
            continue
        chosen.append(each.text)
    return tuple(chosen)


def _other_matter(path: str, value: JsonValue, relevant: Iterable[str]) -> bool:
    return path.startswith("parcels[") and isinstance(value, dict) and value.get("act") not in set(relevant)


@dataclass(frozen=True, slots=True)
class _Place:
    origin: str
    index: int
    size: int
    proof: tuple[bytes, ...]


def _places(conn: sa.Connection, own: OwnSide, acts: Sequence[VerifiedAct]) -> dict[str, _Place]:
    """Return where each act stands: recomputed from the leaves held here, or as proved when it came."""
    ledger = SqlLedgerStore(conn)
    hashes = [act.hash for act in acts]
    places = {
        row.act_hash: _Place(row.origin, row.index, row.size, tuple(row.hashes))
        for row in proofs.proofs_of(conn, hashes)
    }
    for origin in (own.shared, own.own, *(shared_origin(party, own.programme) for party in own.others)):
        size = _vouched_size(ledger, own, origin)
        tree = log.view(ledger, origin, size)
        for hash_, index in indexes_of(conn, origin, hashes).items():
            if index < size:
                places[hash_] = _Place(origin, index, size, tuple(tree.inclusion(index)))
    return places


def _vouched_size(ledger: SqlLedgerStore, own: OwnSide, origin: str) -> int:
    """Return the size of a log up to which we can prove: our last signature, or what we hold whole of another's."""
    if parse_name(origin).party == own.party:
        note = ledger.checkpoint(origin)
        return read_checkpoint_text(read_note(note).text).size if note else 0
    mirrored = ledger.witnessed(origin, "mirror")
    return mirrored.size if mirrored else 0


def _act_line(act: VerifiedAct, place: _Place, texts: Sequence[str], covered: set[str]) -> Line:
    """Return the line of an act; what a cover lists and this export leaves out is named (`omits`)."""
    opened = {each.digest for each in act.disclosures.values() if each.text in set(texts)}
    omits: list[JsonValue] = [*sorted(covered - opened)]
    return {
        "t": "act",
        "wire": wire_of(act.signed, texts).decode("ascii"),
        "origin": place.origin,
        "index": place.index,
        "size": place.size,
        "proof": [encode_base64(each) for each in place.proof],
        **({"omits": omits} if omits else {}),
    }


def _covered(conn: sa.Connection, own: OwnSide, act: VerifiedAct, sent: Mapping[str, set[str]]) -> set[str]:
    """Return the digests that some cover lists for an act."""
    if act.hash in sent:
        return sent[act.hash]
    covers = {parcel.cover for _, parcel in streams.parcels_of(conn, act.hash)}
    listed: set[str] = set()
    for cover in read_acts(conn, own, list(get_acts(conn, covers).values())):
        for parcel in cover.fields.get("parcels", ()):  # type: ignore[union-attr]
            if isinstance(parcel, dict) and parcel.get("act") == act.hash:
                listed.update(parcel["digests"])
    return listed


def _checkpoints(conn: sa.Connection, bundle: _Bundle) -> list[Line]:
    """Return the checkpoints of every size used, and the consistency proofs that link the sizes of one log."""
    ledger = SqlLedgerStore(conn)
    lines: list[Line] = []
    for origin, sizes in sorted(bundle.sizes.items()):
        links = _links(conn, origin, sizes)
        for size in sorted({*sizes, *(size for link in links for size in (link.old, link.new))}):
            note = ledger.checkpoint(origin, size)
            if note is not None:
                lines.append({"t": "checkpoint", "note": note.decode("utf-8")})
        lines += [
            {
                "t": "consistency",
                "origin": origin,
                "from": link.old,
                "to": link.new,
                "proof": [*map(encode_base64, link.hashes)],
            }
            for link in links
        ]
    return lines


def _links(conn: sa.Connection, origin: str, sizes: set[int]) -> list[proofs.ConsistencyRow]:
    if len(sizes) < 2:  # noqa: PLR2004  one size needs no link
        return []
    ledger = SqlLedgerStore(conn)
    newest = max(sizes)
    if ledger.head(origin).size >= newest:
        rest = sorted(sizes - {newest})
        return [
            proofs.ConsistencyRow(origin, old, newest, b"".join(log.consistency(ledger, origin, old, newest)))
            for old in rest
        ]
    return [row for row in proofs.growth(conn, origin, min(sizes)) if row.new <= newest]


def _streams(conn: sa.Connection, acts: Sequence[VerifiedAct]) -> list[Line]:
    """Return the runs of stream positions that the exported acts were sent or received at."""
    positions: dict[tuple[str, str], dict[int, str]] = {}
    for act in acts:
        for row in streams.outbox_of(conn, act.hash):
            positions.setdefault((row.stream.sender, row.stream.receiver), {})[row.position] = row.act_hash
        for stream, parcel in streams.parcels_of(conn, act.hash):
            positions.setdefault((stream.sender, stream.receiver), {})[parcel.position] = parcel.act_hash
    return [line for (sender, to), at in sorted(positions.items()) for line in _runs(sender, to, at)]


def _runs(sender: str, to: str, at: Mapping[int, str]) -> list[Line]:
    lines: list[Line] = []
    run: list[JsonValue] = []
    for position in sorted(at):
        if run and position - 1 in at:
            run.append(at[position])
            continue
        run = [at[position]]
        lines.append({"t": "stream", "from": sender, "to": to, "first": position, "acts": run})
    return lines


def _head(own: OwnSide, agency: str, now: int) -> Line:
    return {"t": "bundle", "v": 1, "prg": own.programme, "by": agency, "at": now}


def _charters(own: OwnSide) -> list[Line]:
    return [
        {"t": "charter", "signed": assemble(each.document, each.signatures).decode("utf-8")}
        for each in own.keys.charters
    ]


def _sealed(own: OwnSide, agency: str, lines: Sequence[Line]) -> bytes:
    body = b"".join(write_json(line, max_string=MAX_LINE, max_array=MAX_LINE) + b"\n" for line in lines)
    digest = sha256(body).digest()
    signer = own.act_signers[agency]
    end: Line = {
        "t": "end",
        "lines": len(lines),
        "sha256": encode_base64url(digest),
        "kid": signer.kid,
        "sig": encode_base64url(signer.sign(SEAL_PREFIX + digest)),
    }
    return body + write_json(end) + b"\n"
