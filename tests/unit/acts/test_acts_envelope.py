# SPDX-License-Identifier: Apache-2.0
"""The envelope says by name which claim is wrong, in both languages."""

from typing import Any

import pytest

from paridad.acts.envelope import Envelope, act_hash, party_of, read_envelope
from paridad.base.errors import Malformed
from support.acts import ABSENT, CLAIMS, changed

GOOD = {name: value for name, value in CLAIMS.items() if name != "_sd_alg"}


def test_a_complete_envelope_is_read() -> None:
    envelope = read_envelope(GOOD)
    assert isinstance(envelope, Envelope)
    assert (envelope.party, envelope.see[0].size) == ("AA", 41)


@pytest.mark.parametrize(
    ("changes", "claim"),
    [
        ({"jti": ABSENT}, "jti"),
        ({"extra": 1}, "extra"),
        ({"iat": "1"}, "iat"),
        ({"iat": True}, "iat"),
        ({"iss": "AA"}, "iss"),
        ({"aud": ["BB/TWO", "BB"]}, "aud"),
        ({"see": [{"origin": "x", "size": 1}]}, "see"),
        ({"see": [{"origin": "x", "size": 1, "root": "y"}]}, "see"),
    ],
)
def test_the_claim_at_fault_is_named(changes: dict[str, Any], claim: str) -> None:
    with pytest.raises(Malformed) as caught:
        read_envelope(changed(GOOD, changes))
    assert repr(claim) in caught.value.words.en
    assert caught.value.words.es != caught.value.words.en


def test_names_of_agencies_and_acts() -> None:
    assert [party_of(name) for name in ("AA/ONE", "AA", "AA/ONE/x")] == ["AA"] * 3
    assert len(act_hash(b"x.y.z")) == 43
