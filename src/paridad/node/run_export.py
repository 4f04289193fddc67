# SPDX-License-Identifier: Apache-2.0
"""A run for an auditor: its signed acts as a bundle, and the payloads that they name, in one file.

Rules
  - The file is for somebody who has no access to either node: `python -m paridad_verify_run` judges it with code of its
    own, and says who is named and by what.
  - Nothing secret is in it: what both sides said to each other, and no key, seed or token. What was destroyed after
    both had closed is not there; whoever disputes exports before.
  - Payloads stand as they were sent, sealed; their keys are fields of the acts. The earlier run of the class is there
    by its proposal and its agreement, from whose heads both set logs go on.
  - Like every export it is a view: what the reader may not see stays a closed digest.

Worked example (the first line, then the bundle, then the payloads)
    {"bundle":73121,"claims":["",""],"paridad_run":1,"payloads":[4231,4231],"run":"<hash of the proposal>"}
    export_run(node, reader, proposal, now=now)
"""

from collections.abc import Iterator

from paridad.acts.envelope import ActHash
from paridad.base.strict import JsonValue, encode_base64url, write_json
from paridad.desks.targets.deconfliction.messages import Agreement
from paridad.desks.targets.deconfliction.wire import KIND_OF, KINDS
from paridad.node.exporting import export_bundle
from paridad.node.node import Node
from paridad.node.reading import read_acts
from paridad.node.run_facts import between, earlier_runs, every, subject_of
from paridad.policy.visible import Reader
from paridad.store.acts import ActQuery, get_acts

MAX_PAYLOADS = 1_000_000


def export_run(
    node: Node, reader: Reader, proposal: str, *, now: int, claims: tuple[bytes, bytes] = (b"", b"")
) -> bytes:
    """Return the file; `claims` are the tags that a side says are common, end to end, where they are in dispute."""
    chosen = list(_acts(node, proposal))
    bundle = export_bundle(node.own, reader, folio=None, now=now, chosen=chosen)
    payloads = list(_payloads(node, chosen))
    sizes: list[JsonValue] = [len(each) for each in payloads]
    head: JsonValue = {
        "paridad_run": 1,
        "run": proposal,
        "bundle": len(bundle),
        "payloads": sizes,
        "claims": [encode_base64url(each) for each in claims],
    }
    return write_json(head, max_array=MAX_PAYLOADS) + b"\n" + bundle + b"".join(payloads)


def _acts(node: Node, proposal: str) -> Iterator[str]:
    """Yield the acts of the run, and those of the earlier run that name where the set logs stood."""
    with node.own.store.read() as conn:
        (act,) = read_acts(conn, node.own, list(get_acts(conn, [proposal]).values()))
        filed = get_acts(conn, [proposal])[ActHash(proposal)].filed
        said = [each.hash for each in every(conn, ActQuery(kinds=list(KINDS), refers_to=proposal))]
    yield from (proposal, *said)
    earlier = earlier_runs(node, *between(act), subject_of(node, act), before=filed)
    if earlier:
        last = earlier[-1].proposal
        with node.own.store.read() as conn:
            agreed = [each.hash for each in every(conn, ActQuery(kinds=(KIND_OF[Agreement],), refers_to=last))]
        yield from (last, *agreed)


def _payloads(node: Node, chosen: list[str]) -> Iterator[bytes]:
    with node.own.store.read() as conn:
        acts = read_acts(conn, node.own, list(get_acts(conn, chosen).values()))
    digests = dict.fromkeys(str(act.fields["payload"]) for act in acts if "payload" in act.fields)
    yield from (b"".join(node.payloads.read(each)) for each in digests if node.payloads.has(each))
