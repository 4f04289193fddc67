# SPDX-License-Identifier: Apache-2.0
"""Acts that we issue are read by two independent SD-JWT libraries, which find the same claims.

They witness what we issue, never what we refuse: both accept much that the profile does not (a disclosure that fits no
digest, hidden claims with reserved names, duplicate keys, floats). Outsiders are pointed to `paridad_verify`.
"""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from jwcrypto.jwk import JWK
from jwcrypto.jws import InvalidJWSSignature
from sd_jwt.verifier import SDJWTVerifier

from paridad.acts.disclosure import select
from paridad.acts.verify import wire_of
from support.acts import NOW, SIGNER, b64, make_act, open_made

INTEROP = Path(__file__).parents[2] / "interop"

BODIES: dict[str, dict[str, Any]] = {
    "no field": {},
    "flat": {"name": "Íñigo Núñez Ávila", "count": -3, "armed": False, "day": "1970-01", "amount": "10.50"},
    "forty fields": {f"f{n}": f"value {n}" for n in range(40)},
    "a record": {"birth": {"date": "1970-01-02", "places": ["Culiacán", "El Paso"]}, "name": "x"},
    "a list": {"aliases": ["El Otro", "Otro más", ""]},
    "an empty list": {"aliases": []},
    "a list of records": {"visits": [{"place": "Nogales"}, {}, {"place": "Tijuana"}]},
    "everything at once": {"aliases": ["a"], "birth": {"date": "1970"}, "visits": [{}], "name": '😀 \\ " \n', "count": 2**53 - 1},
}  # fmt: skip

CHOICES: dict[str, tuple[str, ...]] = {
    "nothing": (),
    "a field": ("name",),
    "a record without its parts": ("birth",),
    "a record with a part": ("birth", "birth.date"),
    "a list with its second element": ("aliases", "aliases[1]"),
}
WHOLE = {"name": "x", "birth": {"date": "1970", "places": ["a"]}, "aliases": ["a", "b", "c"]}


def wires() -> dict[str, bytes]:
    """Return every act to be read, whole ones and selections, by what it shows."""
    act = open_made(make_act(WHOLE).wire)
    chosen = {name: wire_of(act.signed, select(act, paths)) for name, paths in CHOICES.items()}
    return {name: make_act(fields).wire for name, fields in BODIES.items()} | chosen


WIRES = wires()


def ours(wire: bytes) -> dict[str, Any]:
    """Return the claims and open fields of an act as we read them, in the form in which the others give them."""
    act = open_made(wire)
    envelope = {name: getattr(act.envelope, name) for name in act.envelope.__struct_fields__}
    see = [{"origin": head.origin, "size": head.size, "root": head.root} for head in act.envelope.see]
    listed = {name: list(value) if isinstance(value, tuple) else value for name, value in envelope.items()}
    return listed | {"see": see} | dict(act.fields)


def key_for_others() -> JWK:
    return JWK(kty="OKP", crv="Ed25519", x=b64(SIGNER.public.raw))


@pytest.mark.parametrize("name", WIRES)
def test_the_python_library_finds_the_same_claims(name: str) -> None:
    verifier = SDJWTVerifier(WIRES[name].decode(), lambda *_: key_for_others())
    assert verifier.get_verified_payload() == ours(WIRES[name])


def with_foreign_signature() -> bytes:
    """Return an act under the signature of another one."""
    one, other = make_act({"name": "x"}).wire, make_act({"name": "y"}).wire
    return b".".join([*one.split(b".")[:2], other.split(b".")[2]])


def test_the_python_library_refuses_a_foreign_signature() -> None:
    """Positive control: it does check the signature."""
    with pytest.raises(InvalidJWSSignature):
        SDJWTVerifier(with_foreign_signature().decode(), lambda *_: key_for_others())


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory outside the checkout in which the JavaScript library is installed."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("needs Node and npm, which are not on this machine")
    place = tmp_path_factory.mktemp("interop")
    for name in ("package.json", "package-lock.json", "read_acts.mjs"):
        shutil.copy(INTEROP / name, place / name)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        pytest.skip(f"npm could not install the JavaScript reader: {done.stderr.strip()[-200:]}")
    return place


def read_with_javascript(workshop: Path, acts: list[bytes]) -> list[dict[str, Any]]:
    """Return what the JavaScript library says of each act."""
    request = {"key": b64(SIGNER.public.raw), "now": NOW, "acts": [act.decode() for act in acts]}
    done = subprocess.run(
        ["node", "read_acts.mjs"],
        cwd=workshop,
        input=json.dumps(request),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


@pytest.mark.node_js
def test_the_javascript_library_finds_the_same_claims(workshop: Path) -> None:
    answers = read_with_javascript(workshop, list(WIRES.values()))
    assert dict(zip(WIRES, answers, strict=True)) == {name: {"claims": ours(wire)} for name, wire in WIRES.items()}


@pytest.mark.node_js
def test_the_javascript_library_refuses_a_foreign_signature(workshop: Path) -> None:
    """Positive control: it does check the signature."""
    answers = read_with_javascript(workshop, [make_act({"name": "x"}).wire, with_foreign_signature()])
    assert [list(answer) for answer in answers] == [["claims"], ["refused"]]


def test_the_lock_file_names_no_registry() -> None:
    lock = json.loads((INTEROP / "package-lock.json").read_text())
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert len(packages) == 6
    assert all("integrity" in package and "resolved" not in package for package in packages.values())
    assert "http" not in (INTEROP / "package-lock.json").read_text()
