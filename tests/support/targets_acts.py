# SPDX-License-Identifier: Apache-2.0
"""Dossier acts for tests: issued and opened again with a key ring of one key, or made up as recorded values."""

from collections.abc import Mapping
from hashlib import sha256

from paridad.acts.envelope import ActHash, Draft, Envelope
from paridad.acts.issue import ActSigner, IssuedAct, issue
from paridad.acts.verify import VerifiedAct, open_act
from paridad.acts.vocabulary import load_vocabulary
from paridad.base.signing import Ed25519Key, Ed25519Signer
from paridad.base.sources import Random
from paridad.base.strict import JsonValue, encode_base64url
from paridad.desks import vocabularies
from paridad.desks.targets.dossier import KIND
from paridad.folio.state import Recorded
from support.programmes import seeded_random

AT = 1_750_000_000
VOCABULARY = load_vocabulary(vocabularies())
PRG = f"practice@{encode_base64url(bytes(32))}"
_SIGNER = Ed25519Signer(bytes(range(32)))


class _Lists:
    handling: Mapping[str, object] = {"AMBER": 1, "RED": 1}
    purposes: Mapping[str, object] = {"investigation": 1}
    bases: Mapping[str, object] = {"treaty": 1}


class _OneKey:
    def act_key(self, kid: str, **_: object) -> Ed25519Key:
        assert kid == "A/ONE#1"
        return _SIGNER.public

    def charter(self, prg: str) -> _Lists:
        assert prg == PRG
        return _Lists()


def signed(draft: Draft, random: Random | None = None) -> IssuedAct:
    """Issue a draft of A/ONE."""
    signer = ActSigner("A/ONE#1", _SIGNER.sign)
    return issue(
        draft, vocabulary=VOCABULARY, signer=signer, prg=PRG, iat=AT, random=random or seeded_random("targets")
    )


def opened(act: IssuedAct) -> VerifiedAct:
    """Open an act with all its disclosures."""
    return open_act(act.wire, keys=_OneKey(), vocabulary=VOCABULARY, now=AT)


def recorded(
    fields: Mapping[str, JsonValue], name: str = "one", *, iss: str = "A/ONE", aud: tuple[str, ...] = (),
    re: tuple[str, ...] = (), handling: str = "AMBER", kind: str = KIND,
) -> Recorded:  # fmt: skip
    """Make up a recorded act; its hash follows from `name`."""
    envelope = Envelope(iss, AT, "A" * 22, PRG, kind, "", re, aud or (iss,), handling, "investigation", "treaty", ())
    return Recorded(hash_of(name), envelope, fields, 0)


def hash_of(name: str) -> ActHash:
    """Return an act hash for a name."""
    return ActHash(encode_base64url(sha256(name.encode()).digest()))
