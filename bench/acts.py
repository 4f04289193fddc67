# SPDX-License-Identifier: Apache-2.0
"""What an act costs, beside the bare Ed25519 operations of the same run on the same bytes.

Rules
  - Rates are per CPU-second of one core; runs are interleaved, so that a neighbour disturbs all of them alike.
  - `issue` makes and signs an act; `verify` opens it with all disclosures, the point check of R included.
  - 17 flat fields are the smallest act that is padded to 32 digests; the goals speak of 15 fields and 32 digests.
  - `microseconds_of_our_own` is what is left of an act's cost without the signature operation itself.

Worked example
    python bench/acts.py --rounds 5 --acts 500
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from paridad.acts.envelope import Draft, SeenHead
from paridad.acts.issue import ActSigner, IssuedAct, issue
from paridad.acts.verify import VerifiedAct, open_act
from paridad.acts.vocabulary import load_vocabulary
from paridad.base.signing import Ed25519Key, Ed25519Signer
from paridad.base.strict import JsonValue, encode_base64url
from paridad.programme.origins import Log

NOW = 1_790_000_000
AGENCY, KIND = "AA/ONE", "bench/record/1"
HASH = encode_base64url(bytes(32))
SIGNER = Ed25519Signer(bytes(range(32)))
GOALS = {"issue": 4_300, "verify": 2_600}
"""Per CPU-second, for 15 flat fields and 32 digests, on a machine whose raw rates were 29,000 and 6,300."""
FIELDS = (15, 17, 40)

LABELS = 'es = "Dato"\nen = "Item"\n'
FIELD = f'{LABELS}type = "text"\nsensitivity = "identity"\n'
KINDS = [f'[kind."{KIND}"]\n{LABELS}', *(f'[kind."{KIND}".field.f{n}]\n{FIELD}' for n in range(max(FIELDS)))]
VOCABULARY = load_vocabulary(["".join(KINDS).encode()])


@dataclass(frozen=True)
class Codes:
    """The closed lists of a charter of this bench."""

    handling: Mapping[str, object] = field(default_factory=lambda: {"AMBER": 1})
    purposes: Mapping[str, object] = field(default_factory=lambda: {"inquiry": 1})
    bases: Mapping[str, object] = field(default_factory=lambda: {"treaty": 1})


CODES = Codes()


class OneKey:
    """A key ring of one key."""

    def act_key(
        self,
        kid: str,  # noqa: ARG002  the protocol's words
        *,
        iss: str,  # noqa: ARG002
        prg: str,  # noqa: ARG002
        at: int,  # noqa: ARG002
        leaf_index: int | None,  # noqa: ARG002
        log: Log = "shared",  # noqa: ARG002
    ) -> Ed25519Key:
        """Return the key."""
        return SIGNER.public

    def charter(self, prg: str) -> Codes:  # noqa: ARG002
        """Return the closed lists."""
        return CODES


def make(fields: Mapping[str, JsonValue]) -> IssuedAct:
    """Issue an act."""
    draft = Draft(KIND, AGENCY, ("BB/TWO",), "AMBER", "inquiry", "treaty", fields, "AA-BB/2026/7", (HASH,))
    return issue(
        draft,
        vocabulary=VOCABULARY,
        signer=ActSigner(f"{AGENCY}#1", SIGNER.sign),
        prg=f"practice@{HASH}",
        iat=NOW,
        see=(SeenHead("BB/practice/shared", 41, HASH),),
        random=os.urandom,
    )


def read(wire: bytes) -> VerifiedAct:
    """Open an act."""
    return open_act(wire, keys=OneKey(), vocabulary=VOCABULARY, now=NOW)


def rate(work: Callable[[], object], times: int) -> float:
    """Return how often the work is done in a CPU-second."""
    start = time.process_time()
    for _ in range(times):
        work()
    return times / (time.process_time() - start)


def measure(count: int, rounds: int, times: int) -> dict[str, object]:
    """Measure one size of act."""
    fields: dict[str, JsonValue] = {f"f{n}": f"value {n} of some length" for n in range(count)}
    act = make(fields)
    text, wire = act.signed.rpartition(b".")[0], act.wire
    signature = SIGNER.sign(text)
    work: dict[str, Callable[[], object]] = {
        "issue": lambda: make(fields),
        "verify": lambda: read(wire),
        "raw_sign": lambda: SIGNER.sign(text),
        "raw_verify": lambda: SIGNER.public.verify(signature, text),
    }
    runs: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(rounds):
        for name, each in work.items():
            runs[name].append(rate(each, times))
    median = {name: statistics.median(rates) for name, rates in runs.items()}
    return {
        "fields": count,
        "digests": len(act.disclosures) + len(read(wire).unopened),
        "signed_bytes": len(act.signed),
        "disclosure_bytes": sum(map(len, act.texts)),
        "per_cpu_second": {name: round(value) for name, value in median.items()},
        "best_per_cpu_second": {name: round(max(rates)) for name, rates in runs.items()},
        "microseconds_of_our_own": {
            "issue": round(1e6 / median["issue"] - 1e6 / median["raw_sign"]),
            "verify": round(1e6 / median["verify"] - 1e6 / median["raw_verify"]),
        },
    }


def main() -> None:
    """Measure and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--acts", type=int, default=500)
    asked = parser.parse_args()
    results = [measure(count, asked.rounds, asked.acts) for count in FIELDS]
    print(json.dumps({"python": sys.version.split()[0], "goals": GOALS, "acts": results}, indent=1))


if __name__ == "__main__":
    main()
