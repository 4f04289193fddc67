# SPDX-License-Identifier: Apache-2.0
"""Everything that follows from the description of the edge is asked of a node, sound and unsound: nothing breaks.

What is asked comes from `docs/edge.openapi.json`. Every answer has a status, a type and a form that stand there, says
nothing of how this program is made, and leaves every row of the store as it was: nothing here is signed by anybody.
"""

import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from paridad.exchange import paths
from paridad.exchange.server import application
from paridad.folio.commands import Acknowledge, Answer, Given
from paridad.node.node import Node
from support.matters import BOTH_WAYS, WAYS, Matter, matter, person
from support.sound import changed, dump

DESCRIBED = Path(__file__).resolve().parents[3] / "docs" / "edge.openapi.json"
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
TRACES = (b"Traceback", b"site-packages", b'File "', b"sqlalchemy", b"Error(")
"""What a message for programmers is known by."""
EXAMPLES = 25

Scope = dict[str, Any]


def described() -> dict[str, Any]:
    """Return the description."""
    tree: dict[str, Any] = json.loads(DESCRIBED.read_text(encoding="utf-8"))
    return tree


@pytest.fixture(scope="module", params=BOTH_WAYS, ids=WAYS)
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Matter]:
    """Lend two nodes in the middle of a matter."""
    with matter(tmp_path_factory.mktemp("openapi"), request.param, sound=False) as m:
        record = m.record("asked", person("Api"))
        m.asks()
        m.settle()
        m.says("asked", Acknowledge)
        m.says("asked", Answer, given=(Given(record, "name"),))
        m.settle()
        yield m


@pytest.fixture
def node(told: Matter) -> Node:
    """Return the node that is asked."""
    return told.node("asked")


@pytest.fixture
def edge(told: Matter, node: Node) -> BaseSchema:
    """Return the description, bound to the node as its server answers it; the caller is the other party."""
    party = told.agencies["asking"].partition("/")[0]

    schema = schemathesis.openapi.from_dict(described())
    schema.app = _with_certificate(application(lambda request, _certificate: node.edge(request, party)))
    return schema


def _with_certificate(app: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """Give each request a certificate, as the server's protocol does."""

    async def asked(scope: Scope, receive: Any, send: Any) -> None:
        scope.setdefault("state", {})["certificate"] = b""
        await app(scope, receive, send)

    return asked


def operations() -> Iterator[tuple[str, str, GenerationMode]]:
    """Yield what can be asked as described, and otherwise where anything could be otherwise."""
    for path, methods in described()["paths"].items():
        for method, operation in methods.items():
            yield path, method, GenerationMode.POSITIVE
            bodies = operation.get("requestBody", {}).get("content", {})
            if operation.get("parameters") or "application/json" in bodies:
                yield path, method, GenerationMode.NEGATIVE


@pytest.mark.parametrize(("path", "method", "mode"), tuple(operations()))
def test_nothing_asked_of_the_edge_breaks_it(
    path: str, method: str, mode: GenerationMode, edge: BaseSchema, node: Node
) -> None:
    """No fault of ours, no other answer than described, no word for programmers, no row changed."""
    before = dump(node)

    @given(case=edge[path][method].as_strategy(generation_mode=mode))
    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
    def ask(case: schemathesis.Case[Any]) -> None:
        answer = case.call()
        case.validate_response(answer, checks=CHECKS)
        assert not any(trace in answer.content for trace in TRACES)

    ask()
    assert changed(before, dump(node)) == set()


def test_every_address_is_described() -> None:
    """The addresses of the edge and those of the description are the same."""
    known = {getattr(paths, name) for name in vars(paths) if name.isupper()} - {paths.PREFIX}
    listed = set(described()["paths"])
    assert all(any(path.startswith(each) for path in listed) for each in known)
    assert all(any(path.startswith(each) for each in known) for path in listed)
