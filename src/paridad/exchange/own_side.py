# SPDX-License-Identifier: Apache-2.0
"""What a node speaks and listens with: its party's private keys, its policy, its store, the programme's public keys.

Rules
  - Everything is handed over by `paridad.node`; nothing is looked up in the environment.
  - Time and randomness come with the call or from here, never from the machine (law 11).
  - The key ring is replaced as a whole when a key act or a charter arrives; readers see one ring or the other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from paridad.acts.issue import ActSigner
from paridad.acts.vocabulary import Vocabulary
from paridad.base.sources import Random
from paridad.ledger.checkpoint import Cosigner, LogSigner
from paridad.policy.engine import PolicyEngine
from paridad.programme.codes import Conduct
from paridad.programme.keys import KeyRing
from paridad.programme.origins import own_origin, shared_origin
from paridad.store.engine import Store
from paridad.store.vault import Vault


@dataclass
class OwnSide:
    """One party's side of a programme, as its node holds it."""

    party: str
    programme: str
    keys: KeyRing
    vocabulary: Vocabulary
    conduct: Conduct
    engine: PolicyEngine
    store: Store
    vault: Vault
    random: Random
    act_signers: Mapping[str, ActSigner] = field(repr=False)
    """By agency."""
    log_signers: Mapping[str, LogSigner] = field(repr=False)
    """By origin, this party's two logs."""
    witness: Cosigner = field(repr=False)
    mirror: Cosigner = field(repr=False)
    sealing: Mapping[str, bytes] = field(repr=False)
    """X-Wing seeds (96 bytes) by key id."""

    @property
    def shared(self) -> str:
        """Origin of the log of acts addressed to others."""
        return shared_origin(self.party, self.programme)

    @property
    def own(self) -> str:
        """Origin of the log of internal records."""
        return own_origin(self.party, self.programme)

    @property
    def prg(self) -> str:
        """The programme and the hash of the charter in force, as acts name them."""
        return self.keys.current.prg

    @property
    def others(self) -> tuple[str, ...]:
        """The other parties of the programme."""
        return tuple(party for party in self.keys.current.parties if party != self.party)
