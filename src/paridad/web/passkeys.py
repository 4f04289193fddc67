# SPDX-License-Identifier: Apache-2.0
"""Passkeys: what is asked of an authenticator, and its answers verified (WebAuthn; ASVS 5.0 V6).

Rules
  - A passkey is discoverable and the authenticator verifies its user, by gesture or PIN: signing in needs no name and
    no password, and knowing or holding alone is not enough.
  - A challenge is random, handed out by us, good for one answer within five minutes; at a step-up it is the digest of
    what will be signed.
  - The origin is the one that the page was asked under: `http://localhost:<port>`, or `https://` and a name of
    node.toml. A passkey works under no other.
  - A counter that does not grow is a copy of a passkey: refused.

Worked example
    challenge = challenges.issue("sign-in", now=now, random=random)
    options = authentication_options(party, challenge)          JSON for `navigator.credentials.get`
    answer = read_answer(text); challenges.redeem(answer.challenge, "sign-in", now=now)
    verified = verify_answer(party, answer, passkey, challenge=answer.challenge)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorAssertionResponse,
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    RegistrationCredential,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from paridad.base.sources import Random
from paridad.base.strict import encode_base64url
from paridad.base.words import Words
from paridad.store.accounts import AssentRow, PasskeyRow
from paridad.web.errors import PasskeyRefused

CHALLENGE_BYTES = 32
WAIT_SECONDS = 5 * 60
AT_ONCE = 1024
"""Challenges that may be open at one time; the oldest gives way."""
MAX_ANSWER = 16 * 1024
ALGORITHMS = [
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Whom an authenticator answers: this node under the name it was asked by."""

    id: str
    name: str
    origin: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What an authenticator answered to a challenge; nothing of it is believed yet."""

    credential: str
    challenge: bytes
    parsed: AuthenticationCredential


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """A passkey whose making was verified."""

    raw_id: bytes
    public_key: bytes
    sign_count: int


class Challenges:
    """Challenges that were handed out, in the memory of this process."""

    def __init__(self) -> None:
        self._open: dict[bytes, tuple[str, int]] = {}
        self._lock = Lock()

    def issue(self, about: str, *, now: int, random: Random) -> bytes:
        """Hand out a challenge for one purpose."""
        challenge = random(CHALLENGE_BYTES)
        with self._lock:
            self._open = {each: known for each, known in self._open.items() if known[1] > now}
            for each in list(self._open)[: max(0, len(self._open) - AT_ONCE + 1)]:
                del self._open[each]
            self._open[challenge] = (about, now + WAIT_SECONDS)
        return challenge

    def redeem(self, challenge: bytes, about: str, *, now: int) -> None:
        """Take a challenge out of use, or raise `PasskeyRefused` where it was not open for this purpose."""
        with self._lock:
            known = self._open.pop(challenge, None)
        if known is None or known[0] != about or known[1] <= now:
            raise _refused("La petición venció o ya se contestó.", "What was asked is over, or was answered before.")


def credential_name(raw_id: bytes) -> str:
    """Return the name of a passkey here: the digest of what its authenticator calls it."""
    return encode_base64url(sha256(raw_id).digest())


# Making a passkey -----------------------------------------------------------------------------------------------------


def registration_options(
    party: RelyingParty, challenge: bytes, *, handle: bytes, officer: str, name: str, known: Sequence[bytes]
) -> str:
    """Return what is asked for a new passkey, as JSON; `known` are the ones that the officer has."""
    options = generate_registration_options(
        rp_id=party.id,
        rp_name=party.name,
        user_id=handle,
        user_name=officer,
        user_display_name=name,
        challenge=challenge,
        timeout=WAIT_SECONDS * 1000,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=each) for each in known],
        supported_pub_key_algs=ALGORITHMS,
    )
    return options_to_json(options)


def challenge_answered(text: str) -> bytes:
    """Return the challenge that a new passkey answers; nothing of it is believed yet."""
    return parse_client_data_json(_new(text).response.client_data_json).challenge


def verify_new(party: RelyingParty, text: str, *, challenge: bytes) -> NewPasskey:
    """Verify the making of a passkey, or raise `PasskeyRefused`."""
    try:
        made = verify_registration_response(
            credential=_new(text),
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
            supported_pub_key_algs=ALGORITHMS,
        )
    except Exception as error:  # whatever a foreign answer makes the library raise, it did not verify
        raise _unverified() from error
    return NewPasskey(made.credential_id, made.credential_public_key, made.sign_count)


def _new(text: str) -> RegistrationCredential:
    try:
        return parse_registration_credential_json(_bounded(text))
    except Exception as error:  # whatever a foreign answer makes the parser raise, it is no answer
        raise _unverified() from error


# Answering a challenge ------------------------------------------------------------------------------------------------


def authentication_options(party: RelyingParty, challenge: bytes, *, known: Sequence[bytes] = ()) -> str:
    """Return what is asked of a passkey, as JSON; without `known` the authenticator finds it by itself."""
    options = generate_authentication_options(
        rp_id=party.id,
        challenge=challenge,
        timeout=WAIT_SECONDS * 1000,
        allow_credentials=[PublicKeyCredentialDescriptor(id=each) for each in known],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json(options)


def read_answer(text: str) -> Answer:
    """Read an authenticator's answer, or raise `PasskeyRefused`."""
    try:
        parsed = parse_authentication_credential_json(_bounded(text))
        challenge = parse_client_data_json(parsed.response.client_data_json).challenge
    except Exception as error:  # whatever a foreign answer makes the parser raise, it is no answer
        raise _unverified() from error
    return Answer(credential_name(parsed.raw_id), challenge, parsed)


def verify_answer(party: RelyingParty, answer: Answer, passkey: PasskeyRow, *, challenge: bytes) -> int:
    """Verify an answer in six steps and return the passkey's new counter; raise `PasskeyRefused`.

    (1) the passkey is one of ours and in use, (2) the user handle is its officer's, (3) challenge, kind and origin,
    (4) the node's name, (5) presence and verification of the user, a counter that grew, (6) the signature.
    """
    # (1) One of ours, and in use.
    if passkey.revoked_at is not None:
        raise _refused("Esa llave de acceso está revocada.", "That passkey is revoked.")
    # (2) An authenticator that names its user names this one.
    handle = answer.parsed.response.user_handle
    if handle is not None and encode_base64url(handle) != passkey.handle:
        raise _refused("La llave de acceso nombra a otra persona.", "The passkey names somebody else.")
    # (3) to (6) WebAuthn Level 3, 7.2.
    try:
        verified = verify_authentication_response(
            credential=answer.parsed,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except Exception as error:  # whatever a foreign answer makes the library raise, it did not verify
        raise _unverified() from error
    return verified.new_sign_count


def answers_challenge(row: AssentRow, passkey: PasskeyRow, challenge: bytes) -> bool:
    """Return whether an assent that is kept verifies: challenge, user verification and signature, under its origin."""
    try:
        client = parse_client_data_json(row.client_data)
        verify_authentication_response(
            credential=AuthenticationCredential(
                id=encode_base64url(passkey.raw_id),
                raw_id=passkey.raw_id,
                response=AuthenticatorAssertionResponse(
                    client_data_json=row.client_data,
                    authenticator_data=row.authenticator_data,
                    signature=row.signature,
                ),
            ),
            expected_challenge=challenge,
            expected_rp_id=_host_of(client.origin),
            expected_origin=client.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except Exception:  # noqa: BLE001  whatever was kept and does not verify is told as such
        return False
    return True


def _host_of(origin: str) -> str:
    return origin.partition("://")[2].partition(":")[0]


def _bounded(text: str) -> str:
    if len(text) > MAX_ANSWER:
        raise _refused("La respuesta es demasiado grande.", "The answer is too large.")
    return text


def _unverified() -> PasskeyRefused:
    return _refused("La respuesta de la llave de acceso no se verifica.", "The passkey's answer does not verify.")


def _refused(es: str, en: str) -> PasskeyRefused:
    return PasskeyRefused(Words(es=es, en=en))
