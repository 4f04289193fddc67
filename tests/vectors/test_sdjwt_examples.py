# SPDX-License-Identifier: Apache-2.0
"""The examples of RFC 9901 and the reference implementation's cases: read without our profile, refused with it.

Without the profile they give the printed claims: so the disclosure algorithm of our tests is that of the standard.
With the profile every one is refused, and the table says at which step: as it is printed, and *dressed*, that is
signed again by a key of ours under a complete envelope, so that what lies behind the header is reached as well; of
the RFC's own also the *body alone*, without the foreign claims.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from jwcrypto.jwk import JWK
from sd_jwt.holder import SDJWTHolder
from sd_jwt.issuer import SDJWTIssuer
from sd_jwt.utils.yaml_specification import load_yaml_specification
from sd_jwt.verifier import SDJWTVerifier

from paridad.acts.disclosure import digests_of
from paridad.acts.errors import ActRefused
from support.acts import CLAIMS, b64, b64json, digest, forge, open_made, salt
from support.sdjwt_reader import apply, parts_of, read_claims
from support.shared_data import shared

pytestmark = pytest.mark.shared


def examples() -> Any:
    return json.loads(shared("sdjwt/rfc9901_examples.json").read_text())["examples"]


def compact(serialised: Mapping[str, Any]) -> str:
    """Return the compact form of a JSON-serialised SD-JWT, key binding left out."""
    signed = f"{serialised['protected']}.{serialised['payload']}.{serialised['signature']}"
    return "~".join([signed, *serialised["header"]["disclosures"], ""])


def step_of(wire: str | bytes) -> int:
    """Return the step at which the profile refuses, 0 if it does not."""
    try:
        open_made(wire.encode() if isinstance(wire, str) else wire)
    except ActRefused as refused:
        return refused.step
    return 0


def dressed(payload: Mapping[str, Any], texts: list[str]) -> bytes:
    """Sign a foreign payload with a key of ours under a complete envelope; its own `_sd` and claims stay."""
    return (
        forge(claims=dict(payload) | CLAIMS | {"_sd": payload.get("_sd", [])})
        + "".join(f"{text}~" for text in texts).encode()
    )


def test_the_dress_itself_fits() -> None:
    """Positive control: a payload of our own survives being dressed, with its disclosure."""
    text = b64json([salt(1), "name", "x"])
    assert step_of(dressed({"_sd": [digest(text)]}, [text])) == 0


# RFC 9901


@pytest.mark.parametrize("name", ["simple", "simple_structured"])
def test_presentations_give_the_printed_claims(name: str) -> None:
    example = examples()[name]
    assert read_claims(example["presentation"]) == example["verified"]
    assert parts_of(example["presentation"])[1] == example["payload"]


def test_the_whole_issuance_gives_the_issuers_claims() -> None:
    example = examples()["simple"]
    claims = read_claims(example["issuance"])
    assert {name: claims[name] for name in example["user_claims"]} == example["user_claims"]


def test_the_json_serialisation_holds_the_same_disclosures() -> None:
    example = examples()["json_serialization_flattened"]
    assert read_claims(compact(example["issuance_json"])) | {"sub": "john_doe_42", "given_name": "John"} == read_claims(
        compact(example["issuance_json"])
    )
    shown = read_claims(compact(example["presentation_json"]))
    assert (shown["given_name"], shown["family_name"]) == ("John", "Doe")
    assert "birthdate" not in shown


@pytest.mark.parametrize("name", ["address_only_flat", "address_only_structured", "address_only_structured_one_open"])
def test_payloads_without_disclosures_give_their_open_claims(name: str) -> None:
    example = examples()[name]
    claims = apply(example["payload"], [])
    assert "_sd" not in json.dumps(claims)
    assert claims["sub"] == example["user_claims"]["sub"]


def test_digests_are_the_printed_ones() -> None:
    """RFC 9901 §4.2.3 prints the digests of its two cases and of three elements of a recursive example."""
    cases = [each["disclosure_json"] for each in examples()["disclosure_digests"]["cases"]]
    printed = ["X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0", "w0I8EKcdCtUPkGCNUrfwVp2xEgNjtoIDlOxc9-PlOhs"]
    assert digests_of(b64(text.encode()) for text in cases) == printed


# What the profile says of each: as printed, dressed, and its body alone.
RFC_STEPS: dict[str, tuple[int, int, int]] = {
    "simple, issuance": (4, 8, 9),  # elements of a list that stands in the payload
    "simple, presentation": (1, 8, 9),
    "simple_structured, presentation": (4, 8, 9),  # parts of a record that stands in the payload
    "json_serialization_flattened, issuance": (1, 8, 9),  # a hidden `sub`
    "json_serialization_flattened, presentation": (1, 8, 10),  # fields that the kind does not know
    "address_only_flat, payload": (4, 8, 0),  # nothing disclosed: a digest like any other
    "address_only_structured, payload": (4, 8, 0),
    "address_only_structured_one_open, payload": (4, 8, 0),
}


def rfc_wires() -> dict[str, tuple[str, str]]:
    """Return every example as printed and in compact form; for a bare payload, signed by somebody or other."""
    wires = {}
    for name, example in examples().items():
        for form in ("issuance", "presentation"):
            if form in example:
                wires[f"{name}, {form}"] = (example[form], example[form])
            if f"{form}_json" in example:
                serialised = example[f"{form}_json"]
                wires[f"{name}, {form}"] = (json.dumps(serialised), compact(serialised))
        if "payload" in example and "presentation" not in example:
            header = b64json({"alg": "ES256", "typ": "example+sd-jwt"})
            wire = f"{header}.{b64json(example['payload'])}.{b64(bytes(64))}~"
            wires[f"{name}, payload"] = (wire, wire)
    return wires


def test_the_table_names_every_example() -> None:
    assert rfc_wires().keys() == RFC_STEPS.keys()


@pytest.mark.parametrize("name", RFC_STEPS)
def test_the_profile_refuses_every_example_of_the_rfc(name: str) -> None:
    printed, wire = rfc_wires()[name]
    _, payload, texts = parts_of(wire)
    body = {"_sd": payload.get("_sd", [])}
    assert (step_of(printed), step_of(dressed(payload, texts)), step_of(dressed(body, texts))) == RFC_STEPS[name]


# The reference implementation's specifications: as issued, and dressed.
SPECIFICATION_STEPS: dict[str, tuple[int, int]] = {
    "spec_examples/address_only_flat": (4, 8),
    "spec_examples/address_only_structured": (4, 8),
    "spec_examples/address_only_structured_one_open": (4, 8),
    "spec_examples/complex_eidas": (4, 8),
    "spec_examples/json_serialization_flattened": (1, 10),
    "spec_examples/simple": (4, 8),
    "spec_examples/simple_structured": (4, 8),
    "spec_examples/w3c-vc": (4, 8),
    "spec_testcases/array_data_types": (3, 3),
    "spec_testcases/array_in_sd": (4, 10),
    "spec_testcases/array_none_disclosed": (4, 8),
    "spec_testcases/array_of_objects": (4, 8),
    "spec_testcases/array_recursive_sd": (4, 8),
    "spec_testcases/header_mod": (4, 10),
    "spec_testcases/json_serialization_general": (1, 10),
    "spec_testcases/no_sd": (4, 8),
    "spec_testcases/recursions": (4, 8),
}


def key_of(specification: Path) -> JWK:
    settings = specification.with_name("_settings.yml").read_text()
    values = dict(line.strip(" -").split(": ") for line in settings.splitlines() if ": " in line)
    return JWK(**{name: values[name] for name in ("kty", "crv", "d", "x", "y")})


def presented(specification: Path) -> tuple[Any, SDJWTIssuer, str]:
    """Return a specification, and what the reference implementation issues and presents for it."""
    spec = load_yaml_specification(specification)
    issuer = SDJWTIssuer(
        spec["user_claims"],
        key_of(specification),
        add_decoy_claims=spec.get("add_decoy_claims", False),
        extra_header_parameters=spec.get("extra_header_parameters", {}),
    )
    holder = SDJWTHolder(issuer.sd_jwt_issuance)
    holder.create_presentation(spec["holder_disclosed_claims"])
    return spec, issuer, holder.sd_jwt_presentation


def as_declared(spec: Mapping[str, Any], presentation: str) -> str:
    """Return a presentation in the serialisation that its specification asks for."""
    if spec.get("serialization_format") != "json":
        return presentation
    signed, *texts = presentation.split("~")
    protected, payload, signature = signed.split(".")
    return json.dumps({"protected": protected, "payload": payload, "signature": signature, "disclosures": texts[:-1]})


def test_the_table_names_every_specification() -> None:
    files = {f"{path.parent.name}/{path.stem}" for path in shared("sdjwt").rglob("*.yml")}
    assert {name for name in files if not name.endswith("_settings")} == SPECIFICATION_STEPS.keys()


@pytest.mark.parametrize("name", SPECIFICATION_STEPS)
def test_specifications_are_read_without_and_refused_with_the_profile(name: str) -> None:
    specification = shared(f"sdjwt/{name}.yml")
    spec, _, presentation = presented(specification)
    claims = read_claims(presentation)
    assert claims == SDJWTVerifier(presentation, lambda *_: key_of(specification)).get_verified_payload()
    if "expect_verified_user_claims" in spec:
        assert claims == spec["expect_verified_user_claims"]
    _, payload, texts = parts_of(presentation)
    steps = (step_of(as_declared(spec, presentation)), step_of(dressed(payload, texts)))
    assert steps == SPECIFICATION_STEPS[name]
