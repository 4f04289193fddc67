# SPDX-License-Identifier: Apache-2.0
"""Two parties, five handling codes, two purposes: the lists that the tests of policy decide by.

Worked example
    release()                                   a question that is allowed: identity, addressed, under a treaty
    release(expired=True)                       the same, refused by one rule
"""

from dataclasses import replace
from typing import Any

from paridad.policy.lists import BasisRule, CodeLists, HandlingRule
from paridad.policy.question import CommandQuestion, OnwardQuestion, ReadQuestion, ReleaseQuestion

LISTS = CodeLists(
    handling=(
        HandlingRule("CLEAR", rank=0, onward="free", two_person=False),
        HandlingRule("GREEN", rank=1, onward="free", two_person=False),
        HandlingRule("AMBER", rank=2, onward="consent", two_person=False),
        HandlingRule("AMBER+STRICT", rank=3, onward="consent", two_person=True),
        HandlingRule("RED", rank=4, onward="never", two_person=True),
    ),
    purposes=("investigation", "border"),
    bases=(
        BasisRule("treaty-1", "treaty", None),
        BasisRule("law-of-a", "domestic-law", "A"),
        BasisRule("law-of-b", "domestic-law", "B"),
        BasisRule("statement-1", "joint-statement", None),
    ),
    agencies=("A/CUSTOMS", "A/POLICE", "B/CUSTOMS", "B/POLICE"),
    parties=("A", "B"),
)

_RELEASE = ReleaseQuestion(
    sensitivity="identity",
    handling="GREEN",
    purpose="investigation",
    held=True,
    basis_kind="treaty",
    recipient="B/POLICE",
    originator="A",
    addressed=True,
    expired=False,
    second_person=False,
    case_decision=False,
    assurance=False,
)
_ONWARD = OnwardQuestion(
    sensitivity="identity",
    handling="AMBER",
    purpose="investigation",
    held=True,
    basis_kind="treaty",
    recipient="B/POLICE",
    originator="A",
    addressed=True,
    expired=False,
    second_person=False,
    case_decision=False,
    assurance=False,
    consent=True,
)
_READ = ReadQuestion(role="analyst", sensitivity="identity", handling="GREEN", involved=False)
_COMMAND = CommandQuestion(role="liaison", command="release", proposer=False)


def release(**changes: Any) -> ReleaseQuestion:
    """Return a release question: allowed as it stands."""
    return replace(_RELEASE, **changes)


def onward(**changes: Any) -> OnwardQuestion:
    """Return a question about passing on: allowed as it stands."""
    return replace(_ONWARD, **changes)


def read(**changes: Any) -> ReadQuestion:
    """Return a question about reading: allowed as it stands."""
    return replace(_READ, **changes)


def command(**changes: Any) -> CommandQuestion:
    """Return a question about doing: allowed as it stands."""
    return replace(_COMMAND, **changes)
