# SPDX-License-Identifier: Apache-2.0
"""Every command, and every operation that a running node carries out through its local door, in one list.

Rules
  - An operation is named as its command, with points between the words: `paridad folio show` is "folio.show".
  - The same function runs in the daemon and by itself.

Worked example
    OPERATIONS["status"](node, {})      is what `paridad status --json` prints
"""

from collections.abc import Mapping

from paridad.cli import (
    act,
    charter,
    disputes,
    epochs,
    export,
    folio,
    glossary,
    imports,
    init,
    keeping,
    key,
    log,
    node,
    peer,
    people,
    policy,
    reads,
    scorecard,
    targets,
)
from paridad.cli.assent import PREPARE, prepare
from paridad.cli.import_tables import TABLES
from paridad.cli.principles import EXAMINE, examine_node
from paridad.cli.search import Search, search
from paridad.cli.start import Start, start
from paridad.cli.status import Status, status
from paridad.cli.verbs import Noun, Verb, named
from paridad.node.running import Operation

NOUNS: tuple[Noun | Verb, ...] = (
    init.VERB,
    charter.NOUN,
    node.NOUN,
    Verb("status", Status, operation=status),
    Verb("home", Start, operation=start),
    Verb("search", Search, operation=search),
    targets.NOUN,
    reads.VERB,
    scorecard.VERB,
    glossary.VERB,
    folio.NOUN,
    act.NOUN,
    log.NOUN,
    peer.NOUN,
    key.NOUN,
    policy.NOUN,
    imports.NOUN,
    export.VERB,
    *keeping.VERBS,
    disputes.QUARANTINE,
    disputes.CONFLICT,
    people.PASSKEY,
    people.SESSION,
    keeping.NOUN,
    epochs.NOUN,
)
"""Every command of this release; `demo`, `bench` and `principles` come with modules of their own (`tree`)."""

OPERATIONS: Mapping[str, Operation] = {
    **{name: verb.at_node for name, verb in named(NOUNS) if verb.operation},
    EXAMINE: examine_node,
    PREPARE: prepare,
    **TABLES,
}
"""What a node carries out, by name."""
