# SPDX-License-Identifier: Apache-2.0
"""What an officer can ask of a folio.

Rules
  - A command names its officer and the agency that will speak. The officer's name stays in the node: only the
    internal acts of two-person release carry it, no act that leaves does.
  - A command is a wish; `rules.decide` turns it into drafts or refuses it with a sentence.
  - Acts are named by their act hash. `of` is the act that the command answers or speaks of.
  - A command carries no time: the operation's one reference time is an argument of `decide`.

Worked example
    Answer(officer="ana", agency="A/POLICE", given=(Given("wUz…", "name"),),
           withheld=(Withheld(what="source", rule="no-source-abroad", clause="art. 7.1.b", ask_again=False),))
"""

from dataclasses import dataclass
from typing import Literal

Fate = Literal["destroyed", "kept"]
"""What became of an item derived from something recalled."""


@dataclass(frozen=True, slots=True)
class Given:
    """One field of a record act that is released: its disclosure travels beside the answer."""

    record: str
    path: str


@dataclass(frozen=True, slots=True)
class Withheld:
    """Something that is not released, and why: a field path, or a class of fields where naming it would tell."""

    what: str
    rule: str
    clause: str
    ask_again: bool
    record: str = ""
    count: int = 1
    """How many items the releasing party declares; digests cannot be counted, decoys look the same."""


@dataclass(frozen=True, slots=True)
class Derived:
    """Something made from what is recalled: a note, a link, a copy, an onward transfer."""

    item: str
    fate: Fate


@dataclass(frozen=True, slots=True)
class Kept:
    """The answer to one obligation that travelled with a release."""

    obligation: str
    kept: bool
    remark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What every command carries."""

    officer: str
    agency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask(Order):
    """Open the folio with a request to one agency of another party."""

    to: str
    handling: str
    purpose: str
    basis: str
    urgency: str
    question: str
    desk: str = ""
    given: tuple[Given, ...] = ()
    assurances: tuple[str, ...] = ()
    """Obligations of the charter that the asking party takes on for all that it is given in this folio."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledge(Order):
    """Say that the request is here and somebody owns it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskClarification(Order):
    """Ask what the request means; the clock of the answer stands still until it is said."""

    question: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Clarify(Order):
    """Answer a clarification question."""

    of: str
    text: str
    assurances: tuple[str, ...] = ()
    """Obligations taken on besides, where the other party asked for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspend(Order):
    """Stop the clocks of the folio, with a reason; the clock of a recall cannot be stopped."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume(Order):
    """Let the clocks run again that one's own party stopped."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Order):
    """Answer, wholly or in part: what is given, what is withheld and why, under which obligations."""

    given: tuple[Given, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    obligations: tuple[str, ...] = ()
    partial: bool = False
    nothing_held: bool = False
    remark: str = ""
    handling: str = ""
    """Empty: that of the request."""
    basis: str = ""
    """Empty: that of the request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplement(Order):
    """Give more under an earlier answer."""

    of: str
    given: tuple[Given, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    obligations: tuple[str, ...] = ()
    partial: bool = False
    remark: str = ""
    handling: str = ""
    basis: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse(Order):
    """Refuse, with at least one ground of the charter."""

    grounds: tuple[str, ...]
    may_ask_again: bool
    explanation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall(Order):
    """Ask back what one's own party released in this folio."""

    of: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestPurge(Order):
    """Answer a recall: everything is unreadable, derived items listed, with both dates."""

    of: str
    derived: tuple[Derived, ...]
    unreadable_since: int
    unreadable_in_backups_by: int
    explanation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseRecall(Order):
    """Answer a recall with a reasoned refusal."""

    of: str
    grounds: tuple[str, ...]
    explanation: str
    derived: tuple[Derived, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestConsent(Order):
    """Ask the originator to let one record act go to a third agency for a purpose."""

    of: str
    """The release it came with."""
    record: str
    recipient: str
    purpose: str
    explanation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent(Order):
    """Answer a consent request; a consent repeats what it consents to and ends on a date."""

    of: str
    granted: bool
    expires: int = 0
    conditions: tuple[str, ...] = ()
    explanation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOutcome(Order):
    """Say what came of it, and how each obligation was kept."""

    outcome: str
    description: str = ""
    obligations: tuple[Kept, ...] = ()
    purpose: str = ""
    """What it was used for; empty: the purpose of the request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Close(Order):
    """Close the folio: with its outcome, or with a reason."""

    reason: str = ""


Releasing = Ask | Answer | Supplement | Consent
"""The commands by which something leaves; above a handling code they need two persons."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Propose(Order):
    """Put a release before a second person, in place of an earlier proposal if one is named."""

    release: Releasing
    replaces: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approve(Order):
    """Agree, as a second person, to exactly what a proposal would let out."""

    proposal: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decline(Order):
    """End a proposal, as its proposer or as a second person."""

    proposal: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CarryOut(Order):
    """Send what an approved proposal holds, unchanged."""

    proposal: str


Command = (
    Ask
    | Acknowledge
    | AskClarification
    | Clarify
    | Suspend
    | Resume
    | Answer
    | Supplement
    | Refuse
    | Recall
    | AttestPurge
    | RefuseRecall
    | RequestConsent
    | Consent
    | FileOutcome
    | Close
    | Propose
    | Approve
    | Decline
    | CarryOut
)
