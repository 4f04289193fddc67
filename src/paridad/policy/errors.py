# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with a node's policy, before it decides anything.

PolicyError
└── PolicyRefused    schema, policies, rule table or code lists do not fit together: the node does not start

A question that policy cannot answer is no error: it is a refusal with its reason (`engine.py`).
"""

from paridad.base.errors import ExitCode, ParidadError
from paridad.base.words import Words


class PolicyError(ParidadError):
    """Any error of this package."""


class PolicyRefused(PolicyError):
    """The policy of this node does not hold together; nothing is decided with it."""

    exit_code = ExitCode.VERIFICATION_FAILED
    next_step = Words(
        es="El nodo no arranca: corrija ese texto y compruébelo con `paridad policy check`.",
        en="The node does not start: correct that text and check it with `paridad policy check`.",
    )


def refused(es: str, en: str) -> PolicyRefused:
    """Build the error of this package."""
    return PolicyRefused(Words(es=es, en=en))
