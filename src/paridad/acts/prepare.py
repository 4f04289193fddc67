# SPDX-License-Identifier: Apache-2.0
"""An act in two steps: first the text that will be signed, then the signature over exactly that text.

Rules
  - What is prepared is everything but the signature: identifier, salts, decoys and time are chosen and stay.
  - An act that is only prepared verifies nowhere; it becomes an `IssuedAct` by the key that its header names.

Worked example
    unsigned = prepare(draft, vocabulary=words, kid="AA/ONE#1", prg=charter.prg, iat=now, random=system_random)
    sha256(unsigned.text)                     is what an officer assents to
    unsigned.sign(signer).signed              begins with unsigned.text
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from paridad.acts.envelope import Draft, SeenHead, act_hash
from paridad.acts.issue import ActSigner, IssuedAct, issue
from paridad.acts.vocabulary import Vocabulary
from paridad.base.sources import Random
from paridad.base.strict import encode_base64url

_NO_SIGNATURE = bytes(64)
"""Stands where the signature will: no key verifies it."""


@dataclass(frozen=True, slots=True)
class UnsignedAct:
    """An act that waits for its signature."""

    text: bytes
    """`header.payload`, to the byte what the key will sign."""
    draft: IssuedAct
    """The act as it will be, without its signature."""

    def sign(self, signer: ActSigner) -> IssuedAct:
        """Sign the text; another key than its header names is a wrong order of calls."""
        if signer.kid != self.draft.kid:
            raise RuntimeError(f"{signer.kid} does not sign what names {self.draft.kid}")
        signed = b"%b.%b" % (self.text, encode_base64url(signer.sign(self.text)).encode("ascii"))
        return replace(self.draft, signed=signed, hash=act_hash(signed))


def prepare(
    draft: Draft,
    *,
    vocabulary: Vocabulary,
    kid: str,
    prg: str,
    iat: int,
    see: Sequence[SeenHead] = (),
    random: Random,
) -> UnsignedAct:
    """Make the text of an act, or refuse it as `issue` would; nothing is signed."""
    texts: list[bytes] = []

    def take(text: bytes) -> bytes:
        texts.append(text)
        return _NO_SIGNATURE

    act = issue(draft, vocabulary=vocabulary, signer=ActSigner(kid, take), prg=prg, iat=iat, see=see, random=random)
    return UnsignedAct(texts[0], act)
