# SPDX-License-Identifier: Apache-2.0
"""Questions to policy: values of closed lists and plain yes or no, nothing free.

Rules
  - There are four questions, one per action; each has exactly the attributes its action is decided by, all required.
  - Codes come from the charter (handling, purpose, agency, party) or from the closed lists of this module; what is
    absent is `NONE`, which is a value and is refused by name. A code that is in no list is refused as an error.
  - Whatever a person has to do first (second person, case decision, consent, assurance) is a yes that the caller
    answers from recorded acts. Taking a yes away never opens anything.
  - Facts that follow from the charter (is this handling code for two persons?) are not asked: policy looks them up.

Worked example: may the document number of our dossier leave to AGENCY of B under this request?
    ReleaseQuestion(sensitivity="document", handling="AMBER", purpose="investigation", held=True,
                    basis_kind="treaty", recipient="B/AGENCY", originator="A", addressed=True,
                    expired=False, second_person=False, case_decision=False, assurance=False)
"""

import json
from dataclasses import dataclass, fields
from hashlib import sha256
from typing import ClassVar

from paridad.acts.vocabulary import SENSITIVITIES
from paridad.base.strict import encode_base64url

NONE = "none"
"""No handling code, no purpose, no legal basis: said, so that it can be refused."""

ACTIONS = ("release", "onward", "read", "command")

ROLES = ("liaison", "analyst", "lawyer", "head", "auditor", "operator")
"""Who works at a node (web.md 1): each officer has one role."""

COMMANDS = (
    "record",
    "request",
    "answer",
    "refuse",
    "release",
    "recall",
    "outcome",
    "close",
    "approve",
    "administer",
)
"""What an officer can set in motion. `record` files what stays inside; `approve` is the second person's yes."""

CONTENT = tuple(name for name in SENSITIVITIES if name != "procedural")
"""Every sensitivity but the conduct of the folio itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Typed:
    """Texts are texts, yes or no is yes or no: anything else is an error of the program, not of the data."""

    def __post_init__(self) -> None:
        for name, kind in _TYPES[type(self)]:
            if type(getattr(self, name)) is not kind:
                raise TypeError(f"{type(self).__name__}.{name} must be {kind.__name__}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseQuestion(_Typed):
    """Whether this class of fields, of an act that our party issued, may be sent to this agency."""

    action: ClassVar[str] = "release"
    sensitivity: str
    handling: str
    """Handling code of the record, or `NONE`."""
    purpose: str
    """Purpose that the request names, or `NONE`."""
    held: bool
    """The record is held for that very purpose."""
    basis_kind: str
    """Kind of the legal basis relied on, or `NONE`."""
    recipient: str
    """Agency that would receive it."""
    originator: str
    """Party that issued the record."""
    addressed: bool
    """The recipient is an addressee of the act that carries it."""
    expired: bool
    """The record's retention period has ended."""
    second_person: bool
    """Another officer than the one who releases has approved."""
    case_decision: bool
    """A recorded decision of this folio names this record and its reason."""
    assurance: bool
    """The recipient's assurance (speciality; no death penalty) stands in this folio."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnwardQuestion(ReleaseQuestion):
    """Whether this class of fields, of an act that another party issued, may be passed on to this agency."""

    action: ClassVar[str] = "onward"
    consent: bool
    """An unexpired consent act of the originator names recipient, purpose and act."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadQuestion(_Typed):
    """Whether an officer of this role may see this class of fields."""

    action: ClassVar[str] = "read"
    role: str
    sensitivity: str
    handling: str
    involved: bool
    """The officer's agency issued the act or is an addressee of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandQuestion(_Typed):
    """Whether an officer of this role may do this."""

    action: ClassVar[str] = "command"
    role: str
    command: str
    proposer: bool
    """The officer is the one who proposed what is to be approved; false for all else."""


Question = ReleaseQuestion | OnwardQuestion | ReadQuestion | CommandQuestion

_TYPES: dict[type, tuple[tuple[str, type], ...]] = {
    question: tuple((field.name, field.type) for field in fields(question) if isinstance(field.type, type))
    for question in (ReleaseQuestion, OnwardQuestion, ReadQuestion, CommandQuestion)
}


def attributes(question: Question) -> dict[str, str | bool]:
    """Return the values of a question by name."""
    return {name: getattr(question, name) for name, _ in _TYPES[type(question)]}


def input_hash(question: Question) -> str:
    """Return base64url of SHA-256 over the question as JSON: sorted keys, no blanks, all of it ASCII.

    For codes of a charter that is the canonical form of RFC 8785; ASCII escapes make it exist for any text whatever.
    """
    tree = {"action": question.action, **attributes(question)}
    text = json.dumps(tree, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return encode_base64url(sha256(text.encode("ascii")).digest())
