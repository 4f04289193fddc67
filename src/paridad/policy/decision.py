# SPDX-License-Identifier: Apache-2.0
"""A decision: a verdict with its reasons, and what is needed to repeat it.

Rules
  - A decision has at least one reason; the type says so, and reasons stand in a fixed order.
  - Each reason names the rule that spoke, the clause behind it and the sentence in both languages.
  - A reason whose rule begins with `error:` means that policy itself failed: the answer is no, the operator is told.
  - The record of a decision holds hashes, verdict, reasons and time; the question's values are not repeated in it.

Worked example
    decision.allowed                        is False
    decision.reasons[0].rule                is "expired"
    decision.reasons[0].words.en            is "The retention period has ended: it does not leave."
    decision.broken                         is False: a rule refused, nothing failed
"""

from dataclasses import dataclass

from paridad.base.strict import JsonValue
from paridad.base.words import Language, Words

NO_RULE = "no-rule"
"""Rule name of the reason that no rule permits."""

ERROR_PREFIX = "error:"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: the rule that spoke, the clause it implements, and its sentence."""

    rule: str
    clause: str
    words: Words

    @property
    def is_error(self) -> bool:
        """Whether policy failed rather than spoke."""
        return self.rule.startswith(ERROR_PREFIX)

    def in_(self, language: Language) -> str:
        """Return sentence and clause in one language, as pages and the command line print it."""
        return f"{self.words.in_(language)} [{self.clause}]"


Reasons = tuple[Reason, *tuple[Reason, ...]]
"""One reason or more."""


@dataclass(frozen=True, slots=True)
class Decision:
    """May this be done? With the rules that answered and the clauses behind them; never without one."""

    allowed: bool
    reasons: Reasons
    policy_set: str
    """base64url SHA-256 over schema, policies and rule table in force."""
    input_hash: str
    """base64url SHA-256 over the canonical JSON of the question."""
    at: int
    """Reference time of the operation, Unix seconds."""

    @property
    def broken(self) -> bool:
        """Whether policy itself failed; the operator must look."""
        return any(reason.is_error for reason in self.reasons)

    def record(self) -> dict[str, JsonValue]:
        """Return what is filed about this decision."""
        return {
            "verdict": "allow" if self.allowed else "deny",
            "reasons": [
                {"rule": reason.rule, "clause": reason.clause, "es": reason.words.es, "en": reason.words.en}
                for reason in self.reasons
            ],
            "policy_set": self.policy_set,
            "input_hash": self.input_hash,
            "at": self.at,
        }
