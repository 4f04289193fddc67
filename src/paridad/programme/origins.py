# SPDX-License-Identifier: Apache-2.0
"""Names of logs and cosigners, built from party and programme and read back.

Rules
  - Each party has two logs per programme: *shared* (acts addressed to others) and *own* (internal records).
  - A log's key name is its origin (C2SP tlog-checkpoint); witness and mirror have names of their own, so that the
    same party never signs two meanings under one name (C2SP tlog-cosignature).
Worked example
    shared_origin("AA", "practice")        is "AA/practice/shared"
    parse_name("AA/practice/shared")       is Name(party="AA", programme="practice", role="shared")
"""

import re
from typing import Literal, NamedTuple, cast

from paridad.base.words import Words
from paridad.programme.errors import KeyRefused

Role = Literal["shared", "own", "witness", "mirror"]
Log = Literal["shared", "own"]

PARTY = re.compile(r"[A-Z][A-Z0-9]{0,15}")
AGENCY = re.compile(r"[A-Z][A-Z0-9]{0,15}/[A-Z][A-Z0-9-]{0,31}")
PROGRAMME = re.compile(r"[a-z][a-z0-9-]{0,63}")
_NAME = re.compile(rf"({PARTY.pattern})/({PROGRAMME.pattern})/(shared|own|witness|mirror)")


class Name(NamedTuple):
    """The parts of an origin or of a cosigner's name."""

    party: str
    programme: str
    role: Role


def shared_origin(party: str, programme: str) -> str:
    """Return the origin of the log of acts addressed to others."""
    return f"{party}/{programme}/shared"


def own_origin(party: str, programme: str) -> str:
    """Return the origin of the log of internal records."""
    return f"{party}/{programme}/own"


def witness_name(party: str, programme: str) -> str:
    """Return the name under which a party cosigns as witness."""
    return f"{party}/{programme}/witness"


def mirror_name(party: str, programme: str) -> str:
    """Return the name under which a party cosigns as mirror."""
    return f"{party}/{programme}/mirror"


def parse_name(name: str) -> Name:
    """Return the parts of a name, or raise `KeyRefused`."""
    match = _NAME.fullmatch(name)
    if match is None:
        raise KeyRefused(
            Words(
                es=f"{name!r} no es nombre de bitácora, testigo ni espejo.",
                en=f"{name!r} is not the name of a log, witness or mirror.",
            )
        )
    party, programme, role = match.groups()
    return Name(party, programme, cast("Role", role))
