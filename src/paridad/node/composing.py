# SPDX-License-Identifier: Apache-2.0
"""Building a node from its folder: the one place where parts are made and handed on.

Rules
  - Start-up stops with a sentence rather than go on with something missing: keys, charter, policy, strict verifier.
  - Each log is reconciled before anything is written; after an unclean stop every root is computed again in full.
  - Before the first new signature the witnesses are asked what they saw (`Node.start`): a restored backup is noticed.

Worked example
    node = open_node(Home(path), clock=system_clock, random=system_random)
    node.own.party      is "A"
"""

from collections.abc import Iterable, Mapping
from importlib.resources import files

from paridad.acts.issue import ActSigner
from paridad.acts.vocabulary import Vocabulary, load_vocabulary
from paridad.base.signing import assert_strict_verifier
from paridad.base.sources import Clock, Random
from paridad.base.words import Words
from paridad.desks import vocabularies
from paridad.exchange.own_side import OwnSide
from paridad.exchange.transport import Transport
from paridad.ledger import log
from paridad.ledger.checkpoint import Cosigner, LogSigner
from paridad.node.demonstration import demand_demonstration
from paridad.node.errors import HomeRefused
from paridad.node.home import EpochFiles, Home
from paridad.node.keeping import refresh_keys
from paridad.node.node import Node
from paridad.policy.engine import PolicyEngine
from paridad.policy.lists import code_lists
from paridad.programme.charter import Charter
from paridad.programme.keygen import PrivateKey, PrivateUse
from paridad.programme.keys import KeyRing
from paridad.programme.origins import mirror_name, own_origin, shared_origin, witness_name
from paridad.store.engine import Store
from paridad.store.ledger import SqlLedgerStore
from paridad.store.payloads import PayloadStore
from paridad.store.vault import Vault

SPINE_VOCABULARIES = ("paridad.programme", "paridad.folio", "paridad.exchange")
"""Packages of the spine that bring kinds of acts; the desks bring theirs."""


def shipped_vocabulary() -> Vocabulary:
    """Return every kind that this release knows."""
    spine = (files(package).joinpath("vocabulary.toml").read_bytes() for package in SPINE_VOCABULARIES)
    return load_vocabulary([*spine, *vocabularies()])


def open_node(
    home: Home, *, clock: Clock, random: Random, transport: Transport | None = None, store: Store | None = None
) -> Node:
    """Build a node; nothing is sent or signed yet."""
    assert_strict_verifier()
    settings = home.settings
    charters = _in_force(home.charters(), clock())
    charter = charters[-1]
    if settings.party not in charter.parties:
        raise HomeRefused(
            Words(
                es=f"{settings.party} no es parte de la carta.", en=f"{settings.party} is not a party of the charter."
            )
        )
    demand_demonstration(settings, charter)
    store = store or Store.open(settings.store)
    epochs = EpochFiles(home.path / "epochs")
    own = _own_side(settings.party, charter, home, store, vault=Vault(epochs, random), random=random)
    refresh_keys(own, charters)
    _reconcile(own, full=store.was_unclean)
    payloads = PayloadStore(home.path / "payloads")
    return Node(
        home=home, settings=settings, own=own, payloads=payloads, epochs=epochs, clock=clock, transport=transport
    )


def _in_force(charters: list[Charter], now: int) -> list[Charter]:
    """Return the charters up to the one in force; one whose time has not come waits in its folder for a later start."""
    return [each for each in charters if each.effective_from <= now] or charters[:1]


def _own_side(party: str, charter: Charter, home: Home, store: Store, *, vault: Vault, random: Random) -> OwnSide:
    keys = home.private_keys()
    return OwnSide(
        party=party,
        programme=charter.programme,
        keys=KeyRing(()),
        vocabulary=shipped_vocabulary(),
        conduct=charter.conduct,
        engine=PolicyEngine.load(code_lists(charter), narrower=home.narrower_policy()),
        store=store,
        vault=vault,
        random=random,
        act_signers={_owner(key): ActSigner(key.kid, key.ed25519.sign) for key in _of(keys, "act")},
        log_signers=_log_signers(keys, party, charter.programme),
        witness=_cosigner(keys, "witness", witness_name(party, charter.programme)),
        mirror=_cosigner(keys, "mirror", mirror_name(party, charter.programme)),
        sealing={key.kid: key.seeds["mlkem768"] + key.seeds["x25519"] for key in _of(keys, "sealing")},
    )


def _log_signers(keys: Iterable[PrivateKey], party: str, programme: str) -> Mapping[str, LogSigner]:
    origins: dict[PrivateUse, str] = {
        "log-shared": shared_origin(party, programme),
        "log-own": own_origin(party, programme),
    }
    newest = {use: _newest(keys, use) for use in origins}
    return {origin: LogSigner(origin, newest[use].ed25519, newest[use].mldsa) for use, origin in origins.items()}


def _cosigner(keys: Iterable[PrivateKey], use: PrivateUse, name: str) -> Cosigner:
    key = _newest(keys, use)
    return Cosigner(name, key.ed25519, key.mldsa)


def _of(keys: Iterable[PrivateKey], use: PrivateUse) -> list[PrivateKey]:
    """Return the keys of a use, oldest first, so that the newest of an owner wins."""
    return sorted((key for key in keys if key.use == use), key=_number)


def _newest(keys: Iterable[PrivateKey], use: PrivateUse) -> PrivateKey:
    found = _of(keys, use)
    if not found:
        raise HomeRefused(Words(es=f"Falta la clave {use} en keys/.", en=f"The {use} key is missing in keys/."))
    return found[-1]


def _owner(key: PrivateKey) -> str:
    return key.kid.partition("#")[0]


def _number(key: PrivateKey) -> int:
    return int(key.kid.rpartition("#")[2])


def _reconcile(own: OwnSide, *, full: bool) -> None:
    for origin in (own.shared, own.own):
        with own.store.write() as conn:
            ledger = SqlLedgerStore(conn)
            log.reconcile(ledger, origin)
            if full:
                log.full_recompute(ledger, origin)
