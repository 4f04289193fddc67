# SPDX-License-Identifier: Apache-2.0
"""Law 13: no float in signed bytes: integers and strings (decimals, coordinates, money as strings or scaled integers).

Asked at both doors, issuing and opening, at every depth; and of everything that two nodes hold after a whole story.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from paridad.acts.errors import ActRefused, BodyRefused
from paridad.base.errors import ParidadError
from paridad.base.strict import decode_base64url
from paridad.folio.commands import Acknowledge, Answer
from paridad.node.node import Node
from paridad.store.tables import acts
from support.acts import forge, make_act, open_made, salt
from support.matters import BOTH_WAYS, WAYS, matter, person

PLACES: dict[str, Any] = {
    "text": lambda value: {"name": value},
    "integer": lambda value: {"count": value},
    "time": lambda value: {"seen": value},
    "decimal": lambda value: {"amount": value},
    "element": lambda value: {"aliases": ["a", value]},
    "element of records": lambda value: {"visits": [{"place": value}]},
    "record": lambda value: {"birth": {"date": value}},
    "list in a record": lambda value: {"birth": {"places": ["a", value]}},
    "instead of a list": lambda value: {"aliases": value},
    "instead of a record": lambda value: {"birth": value},
}


class FloatFound(Exception):
    """A number with a point or an exponent stands in JSON."""


def _found(text: str) -> NoReturn:
    raise FloatFound(text)


def demand_no_float(data: bytes) -> None:
    """Read JSON with Python's own reader; raise where a float stands in it."""
    json.loads(data, parse_float=_found, parse_constant=_found)


def signed_json(node: Node) -> Iterator[bytes]:
    """Yield every JSON text that a signature at this node rests on: headers, claims, disclosures, charters."""
    with node.own.store.read() as conn:
        rows = conn.execute(sa.select(acts.c.hash, acts.c.signed)).all()
        texts = node.own.vault.disclosures_of(conn, [row.hash for row in rows])
    for row in rows:
        header, claims, _ = row.signed.decode().split(".")
        yield from map(decode_base64url, (header, claims, *texts[row.hash]))


@pytest.mark.parametrize("place", PLACES)
@given(value=st.floats())
def test_no_float_is_issued(place: str, value: float) -> None:
    """Whole, fractional, infinite or no number at all: refused before anything is signed."""
    with pytest.raises(BodyRefused):
        make_act(PLACES[place](value))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("value", [1.5, 1.0, 1e300, -0.0])
def test_no_float_is_opened(place: str, value: float) -> None:
    """A well signed act whose disclosure holds a float is refused by the reader, in a known kind and an unknown one."""
    [(name, inside)] = PLACES[place](value).items()
    for kind in ("practice/record/1", "practice/future/1"):
        with pytest.raises(ActRefused):
            open_made(forge(claims={"knd": kind}, disclosures=[[salt(1), name, inside]]))


@pytest.mark.parametrize("claims", [{"iat": 1_790_000_000.0}, {"see": [{"origin": "B/x/shared", "size": 4.5}]}])
def test_no_float_stands_in_an_envelope(claims: dict[str, Any]) -> None:
    """The envelope is read as strictly as the fields."""
    with pytest.raises(ParidadError):
        open_made(forge(claims=claims))


@given(amount=st.decimals(allow_nan=False, allow_infinity=False, min_value=0, max_value=10**9, places=6))
def test_decimals_pass_as_strings(amount: object) -> None:
    """Positive control: the same number as a string is issued, opened, and is the same string."""
    made = make_act({"amount": f"{amount:f}", "count": 7})
    assert open_made(made.wire).fields == {"amount": f"{amount:f}", "count": 7}
    open_made(forge(disclosures=[[salt(1), "count", 7]]))


@pytest.mark.parametrize("names", BOTH_WAYS, ids=WAYS)
def test_two_nodes_hold_no_float(names: tuple[str, ...], tmp_path: Path) -> None:
    """After a story, no signed text at either node holds a float; one that is planted is found."""
    with matter(tmp_path, names, sound=False) as m:
        record = m.record("asked", person("Xochi"))
        m.asks()
        m.settle()
        m.says("asked", Acknowledge)
        m.says("asked", Answer, partial=False, **m.offer(record))
        m.settle()
        for node in m.parties.nodes:
            texts = list(signed_json(node))
            assert len(texts) > 20
            for text in texts:
                demand_no_float(text)
    for planted in (b'["c2FsdA","count",1.0]', b'{"iat":1e9}', b'{"iat":NaN}'):
        with pytest.raises(FloatFound):
            demand_no_float(planted)
