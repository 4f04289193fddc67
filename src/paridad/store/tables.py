# SPDX-License-Identifier: Apache-2.0
"""The tables of a node, one definition for SQLite and PostgreSQL.

Rules
  - Strict types: bytes as BLOB, times as integer Unix seconds, truth values as 0 or 1, no JSON, no floats.
  - No sequences: `counters` holds the next filing number and is locked by whoever writes; log indexes, stream
    positions and filing numbers have no holes (a sequence leaves holes on rollback).
  - `acts.signed` holds the exact signed bytes; the columns beside it are a reading for filters.
  - An act is referred to by its filing number (`act`): a random hash in every index would cost a page per row. What
    this node may not hold is referred to by its hash.
  - Nothing that a disclosure says stands here in the clear: `disclosures` and `lockers` are encrypted, each act and
    each locker under a key of its own.
  - Projections are not here: they make and drop their own tables (`paridad.store.projection`).
"""

from typing import Any

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s", "uq": "uq_%(table_name)s_%(column_0_N_name)s"}
)


BY_HASH = {"by_hash": True}


def _integer() -> Any:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def text(name: str, *more: Any, **options: Any) -> sa.Column[str]:
    """Return a text column that is never NULL unless told."""
    return sa.Column(name, sa.Text, *more, **{"nullable": False, **options})


def integer(name: str, *more: Any, **options: Any) -> sa.Column[int]:
    """Return a 64-bit integer column that is never NULL unless told."""
    return sa.Column(name, _integer(), *more, **{"nullable": False, "autoincrement": False, **options})


def blob(name: str, *more: Any, **options: Any) -> sa.Column[bytes]:
    """Return a column of bytes that is never NULL unless told."""
    return sa.Column(name, sa.LargeBinary, *more, **{"nullable": False, **options})


def act(name: str = "act", *more: Any, **options: Any) -> sa.Column[int]:
    """Return a column that holds the filing number of an act; `bulk.insert_many` is given the act's hash for it."""
    return integer(name, sa.ForeignKey("acts.filed"), *more, **{"info": BY_HASH, **options})


def strict_table(name: str, *columns: Any, within: sa.MetaData = metadata, rowid: bool = False) -> sa.Table:
    """Return a STRICT table; without rowid unless its rows are large or are found by number."""
    return sa.Table(name, within, *columns, sqlite_strict=True, sqlite_with_rowid=rowid)


counters = strict_table("counters", text("name", primary_key=True), integer("value"))

meta = strict_table("meta", text("key", primary_key=True), text("value"))

# --- acts ---------------------------------------------------------------------------------------------------------
acts = strict_table(
    "acts",
    integer("filed", primary_key=True),  # order of filing at this node, from 1, without holes
    text("hash", unique=True),
    text("kid"),
    text("iss"),
    integer("iat"),
    text("jti"),
    text("prg"),
    text("knd"),
    text("fol"),
    text("hnd"),
    text("pur"),
    text("bas"),
    integer("ours"),
    integer("arrived_at"),
    blob("signed"),
    sa.UniqueConstraint("jti", "iss"),
    sa.Index(None, "iat", "hash"),
    rowid=True,
)
sa.Index("ix_acts_fol", acts.c.fol, acts.c.filed, sqlite_where=acts.c.fol != "", postgresql_where=acts.c.fol != "")

act_refs = strict_table(  # which held act is spoken of by which
    "act_refs", act("ref", primary_key=True, info={}), act(primary_key=True, info={})
)

refs_ahead = strict_table(  # the same, where the act spoken of was not held when the other was filed
    "refs_ahead", text("ref", primary_key=True), act(primary_key=True, info={})
)

act_addressees = strict_table("act_addressees", text("agency", primary_key=True), act(primary_key=True, info={}))

touched = strict_table(  # an act whose disclosures changed after it was filed; numbered like filings
    "touched", integer("number", primary_key=True), act()
)

conflicts = strict_table(
    "conflicts",
    text("held", primary_key=True),  # what stands: an act hash
    text("other", primary_key=True),  # what contradicts it
    text("about"),  # "identifier", or the stream position
    integer("found_at"),
    blob("signed"),  # the contradicting signed bytes
    integer("settled_at", nullable=True),
    text("settled_by", nullable=True),
)

# --- secrets at rest ----------------------------------------------------------------------------------------------
act_keys = strict_table(  # the key of each act, wrapped by an epoch's key
    "act_keys", act(primary_key=True), integer("epoch"), blob("wrapped"), rowid=True
)

disclosures = strict_table(  # what came together, encrypted under the act's key
    "disclosures", act(), integer("seq"), blob("sealed"), sa.UniqueConstraint("act", "seq"), rowid=True
)

destroyed = strict_table(
    "destroyed",
    act(primary_key=True),
    integer("seq", primary_key=True),
    integer("at"),  # unreadable in the node since
    integer("backups_by"),  # unreadable in backups by
    integer("epoch"),
    text("digests"),  # what was destroyed, blank-separated; empty: everything
    text("reason"),
)

lockers = strict_table(  # other bytes kept under a key of their own: held and quarantined parcels
    "lockers", text("name", primary_key=True), integer("epoch"), blob("wrapped"), blob("sealed"), rowid=True
)

# --- ledger -------------------------------------------------------------------------------------------------------
heads = strict_table("heads", text("origin", primary_key=True), integer("size"), blob("root"))

leaves = strict_table(
    "leaves",
    text("origin", primary_key=True),
    integer("idx", primary_key=True),
    act(index=True),
    blob("leaf_hash"),
)

tiles = strict_table(
    "tiles",
    text("origin", primary_key=True),
    integer("level", primary_key=True),
    integer("idx", primary_key=True),
    blob("data"),
)

checkpoints = strict_table(
    "checkpoints", text("origin", primary_key=True), integer("size", primary_key=True), blob("root"), blob("note")
)

cosignatures = strict_table(
    "cosignatures",
    text("origin", primary_key=True),
    integer("size", primary_key=True),
    text("cosigner", primary_key=True),
    blob("lines"),
    integer("at"),
)

witnessed = strict_table(
    "witnessed",
    text("origin", primary_key=True),
    text("role", primary_key=True),
    integer("size"),
    blob("root"),
    blob("note"),
)

proofs = strict_table(  # where an act received stands in its sender's log, and the proof that came with it
    "proofs",
    act(primary_key=True),
    text("origin", primary_key=True),
    integer("idx"),
    integer("size"),
    blob("path"),  # hashes of 32 bytes, from the leaf up
)

consistency = strict_table(  # that a checkpoint of another party's log extends the one before, as it was shown to us
    "consistency",
    text("origin", primary_key=True),
    integer("old", primary_key=True),
    integer("new", primary_key=True),
    blob("path"),
)

evidence = strict_table(
    "evidence", text("digest", primary_key=True), text("origin", index=True), integer("number"), blob("object")
)

# --- streams ------------------------------------------------------------------------------------------------------


def stream_columns(**options: Any) -> tuple[sa.Column[str], ...]:
    """Return the three columns that name a stream."""
    return text("programme", **options), text("sender", **options), text("receiver", **options)


outbound_streams = strict_table("outbound_streams", *stream_columns(primary_key=True), integer("next_position"))

outbox = strict_table(
    "outbox",
    *stream_columns(primary_key=True),
    integer("position", primary_key=True),
    act(index=True),
    text("digests"),  # digests of the disclosures sent, sorted, blank-separated
    text("state"),  # queued, batched, receipted, cosigned
    text("cover", nullable=True),
    text("verdict", nullable=True),
    integer("queued_at"),
)
sa.Index(
    "ix_outbox_open",
    *(outbox.c[name] for name in ("state", "programme", "sender", "receiver", "position")),
    sqlite_where=outbox.c.state != "cosigned",
    postgresql_where=outbox.c.state != "cosigned",
)

batches = strict_table(
    "batches",
    text("cover", sa.ForeignKey("acts.hash"), primary_key=True),  # act hash of the release act
    *stream_columns(),
    integer("first"),
    integer("parcels"),
    text("state"),  # open, receipted
    integer("attempts"),
    text("last_error"),
    integer("next_try_at"),
    text("receipt", nullable=True),
    sa.Index(None, "state", "next_try_at"),
    sa.UniqueConstraint("programme", "sender", "receiver", "first"),
)

inbound_streams = strict_table(
    "inbound_streams", *stream_columns(primary_key=True), integer("next_position"), text("last_act")
)

inbound_parcels = strict_table(
    "inbound_parcels",
    *stream_columns(primary_key=True),
    integer("position", primary_key=True),
    text("act_hash"),  # as the cover names it
    act(index=True, nullable=True),  # absent where the parcel was not filed
    blob("digests_sha"),  # SHA-256 over the sorted digests sent
    text("verdict"),
    text("cover"),
    integer("arrived_at"),
)

receipts = strict_table("receipts", text("cover", primary_key=True), text("receipt"))  # act hashes

held = strict_table(  # ahead of its stream; the bytes, if kept, are in `lockers`
    "held",
    *stream_columns(primary_key=True),
    integer("position", primary_key=True),
    text("digest", primary_key=True),
    text("cover"),
    integer("arrived_at"),
)

quarantine = strict_table(  # used its position, failed a step; the bytes are in `lockers`
    "quarantine",
    *stream_columns(primary_key=True),
    integer("position", primary_key=True),
    text("digest"),
    integer("step"),
    text("reason"),
    integer("arrived_at"),
    integer("settled_at", nullable=True),
    text("settled_by", nullable=True),
)

# --- records ------------------------------------------------------------------------------------------------------
decisions = strict_table(
    "decisions",
    text("operation", primary_key=True),
    integer("number", primary_key=True),
    integer("allowed"),
    text("rules"),  # rule identifiers, blank-separated
    text("policy_set"),
    text("input_hash"),
    integer("at"),
)

decided = strict_table(  # which decision answered for each field of an act
    "decided", text("operation", primary_key=True), act(primary_key=True, index=True), text("fields")
)

commands = strict_table(
    "commands",
    text("id", primary_key=True),
    text("officer"),
    text("digest"),
    text("acts"),  # act hashes, blank-separated
    integer("at"),
)

judgements = strict_table(  # what a person decided about something that waited for a person
    "judgements",
    text("about", primary_key=True),  # "conflict …", "quarantine …", "log …", with what it names
    integer("number", primary_key=True),
    integer("at"),
    text("judge"),  # the officer
    text("reason"),
)

reads = strict_table(
    "reads",
    act(primary_key=True),
    integer("at", primary_key=True),
    text("reader", primary_key=True),
    text("how", primary_key=True),
)

payloads = strict_table(
    "payloads",
    text("digest", primary_key=True),  # SHA-256 of the ciphertext, hexadecimal; the name of the file
    integer("size"),
    integer("stored_at"),
    integer("destroyed_at", nullable=True),
)

payload_uses = strict_table(
    "payload_uses",
    text("digest", sa.ForeignKey("payloads.digest"), primary_key=True),
    act(primary_key=True, index=True),
)

# --- people who sign in -------------------------------------------------------------------------------------------
sessions = strict_table(
    "sessions",
    text("digest", primary_key=True),  # of the cookie's value, which stands nowhere
    text("officer", index=True),
    integer("opened"),
    integer("seen"),  # to the minute
    text("csrf"),
    text("credential"),  # the passkey that opened it; empty for a demonstration identity
)

passkeys = strict_table(  # kept after they were revoked: an assent is verified with them
    "passkeys",
    text("credential", primary_key=True),  # digest of what the authenticator calls it
    blob("raw_id"),
    text("officer", index=True),
    text("handle"),  # random name of the officer, by which an authenticator finds the passkey
    text("label"),
    blob("public_key"),  # COSE
    integer("sign_count"),
    text("invited_by"),
    integer("enrolled_at"),
    integer("used_at"),
    integer("revoked_at", nullable=True),
    text("revoked_by", nullable=True),
)

invitations = strict_table(
    "invitations",
    text("digest", primary_key=True),  # of the enrolment code, which stands nowhere
    text("officer"),
    text("made_by"),
    integer("until"),
    integer("used_at", nullable=True),
)

assents = strict_table(  # that an officer consented to the very bytes that were then signed
    "assents",
    act(primary_key=True),
    text("operation"),  # the command; its acts in order are what was assented to
    text("officer"),
    text("credential"),  # empty where nobody's identity was verified
    blob("authenticator_data"),
    blob("client_data"),
    blob("signature"),
    integer("at"),
    rowid=True,
)
