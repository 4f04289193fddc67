# SPDX-License-Identifier: Apache-2.0
"""The charter: what all parties of a programme agreed on and signed, as one document and as values.

Rules
  - A charter is the exact bytes of its document; its hash is SHA-256 over them, and every act names it (`prg`).
  - A charter counts only when each party's root signed it twice, with Ed25519 and with ML-DSA-44. One of the two
    missing is a failure, not a fallback.
  - A later version names the hash of the one before, and is signed by the roots of both: whoever signed yesterday's
    charter consents to today's, also when it changes its root or leaves. The first version has nobody before it:
    its hash is compared by the parties themselves, and stands in each node's settings.
  - Every value has words in both languages, a source and a mark of verification; what is missing, misspelt or left
    over is refused, and the refusal names the field.
  - No party is named here; the two sides of any rule can be exchanged.

Worked example
    document = compile_document(template, party_keys, version=1, effective_from=1_790_000_000)
    signed = assemble(document, [sign_charter(document, party, ed25519, mldsa) for each party])
    read_charter(signed).prg                                 is "practice@<hash>"
    read_charter(later, current=read_charter(signed))        raises unless `later` succeeds the first
"""

from collections.abc import Iterable
from typing import Literal

from paridad.base.errors import BadSignature
from paridad.base.signing import Ed25519Signer, MlDsaSigner
from paridad.base.strict import JsonValue, encode_base64url, write_json
from paridad.programme.codes import Party
from paridad.programme.document import (
    MAX_DOCUMENT,
    MAX_ENTRIES,
    PartyKeys,
    compile_document,
    read_canonical,
    read_document,
    refusal,
)
from paridad.programme.errors import CharterRefused
from paridad.programme.facts import Facts
from paridad.programme.origins import PARTY
from paridad.programme.terms import SIGNED_PREFIX, Charter, CharterSignature

__all__ = [
    "SIGNED_PREFIX",
    "Charter",
    "CharterSignature",
    "PartyKeys",
    "assemble",
    "compile_document",
    "read_charter",
    "sign_charter",
    "succeeds",
]

Algorithm = Literal["Ed25519", "ML-DSA-44", "previous:Ed25519", "previous:ML-DSA-44"]
ALGORITHMS: tuple[Algorithm, ...] = ("Ed25519", "ML-DSA-44", "previous:Ed25519", "previous:ML-DSA-44")


def sign_charter(
    document: bytes, party: str, ed25519: Ed25519Signer, mldsa: MlDsaSigner, *, previous: bool = False
) -> CharterSignature:
    """Sign a document with both keys of a party's root; `previous` when it is the root of the version before."""
    message = SIGNED_PREFIX + document
    return CharterSignature(party, ed25519.sign(message), mldsa.sign(message), previous)


def assemble(document: bytes, signatures: Iterable[CharterSignature]) -> bytes:
    """Return the signed charter as it is exchanged and kept."""
    lines: list[dict[str, JsonValue]] = []
    for each in signatures:
        mark = "previous:" if each.previous else ""
        lines.append({"party": each.party, "alg": f"{mark}Ed25519", "sig": encode_base64url(each.ed25519)})
        lines.append({"party": each.party, "alg": f"{mark}ML-DSA-44", "sig": encode_base64url(each.mldsa44)})
    lines.sort(key=lambda line: (str(line["party"]), str(line["alg"])))
    text = document.decode("utf-8")
    return write_json({"document": text, "signatures": lines}, max_string=MAX_DOCUMENT, max_array=MAX_ENTRIES)


def read_charter(signed: bytes, *, current: Charter | None = None) -> Charter:
    """Verify a signed charter in five steps and return it; raise `CharterRefused` naming party or field."""
    # (1) Bound the size; one JSON form of the whole.
    facts = Facts(read_canonical(signed, "signed", at_most=2 * MAX_DOCUMENT), "", CharterRefused)
    # (2) The document's exact bytes, and both signatures of each signer.
    document = facts.raw("document").encode("utf-8")
    signatures = _read_signatures(facts)
    facts.end()
    # (3) Every field of the document.
    charter = read_document(document, signatures)
    # (4) Every party's root signed this document, with both algorithms.
    _check_signatures(charter)
    # (5) The version before, where there is one, is the one in force, and its roots consent.
    if current is not None:
        succeeds(charter, current)
    return charter


def succeeds(charter: Charter, current: Charter) -> None:
    """Check that a charter follows the current one with the consent of all who signed that, or raise."""
    expected = {"programme": current.programme, "previous": current.hash, "version": current.version + 1}
    for name, value in expected.items():
        found = getattr(charter, name)
        if found != value:
            raise refusal(
                name,
                f"dice {found!r} y la carta vigente pide {value!r}.",
                f"says {found!r} and the charter in force asks for {value!r}.",
            )
    if charter.effective_from <= current.effective_from:
        raise refusal("effective_from", "no es posterior a la vigente.", "is not later than the one in force.")
    consents = {each.party: each for each in charter.signatures if each.previous}
    for party in current.parties.values():
        if _root_changed(party, charter) or party.id in consents:
            _check_one(charter.document, party, consents.pop(party.id, None), "previous:")
    for party_id in consents:
        raise refusal(f"signatures.{party_id}", "no era parte de la anterior.", "was no party to the one before.")


def _root_changed(party: Party, charter: Charter) -> bool:
    now = charter.parties.get(party.id)
    return now is None or (now.root_ed25519, now.root_mldsa) != (party.root_ed25519, party.root_mldsa)


def _check_signatures(charter: Charter) -> None:
    given = {each.party: each for each in charter.signatures if not each.previous}
    for party in charter.parties.values():
        _check_one(charter.document, party, given.pop(party.id, None), "")
    for party_id in given:
        raise refusal(f"signatures.{party_id}", "firma sin ser parte.", "signs without being a party.")


def _check_one(document: bytes, party: Party, signature: CharterSignature | None, mark: str) -> None:
    path = f"signatures.{mark}{party.id}"
    if signature is None:
        raise refusal(
            path,
            f"falta la firma de {party.name.es}; pídala a esa parte.",
            f"the signature of {party.name.en} is missing; ask that party for it.",
        )
    try:
        signature.verify(document, party.root_ed25519, party.root_mldsa)
    except BadSignature as error:
        raise CharterRefused(path, error.words) from error


def _read_signatures(facts: Facts) -> tuple[CharterSignature, ...]:
    """Pair the two algorithms of each signer; a repeated or unpaired one is refused."""
    found: dict[tuple[bool, str], dict[str, bytes]] = {}
    for each in facts.tables("signatures"):
        party, alg = each.text("party", PARTY), each.one_of("alg", ALGORITHMS)
        previous, name = alg.startswith("previous:"), alg.removeprefix("previous:")
        pair = found.setdefault((previous, party), {})
        if name in pair:
            each.refuse("alg", f"{party} firma dos veces con {alg}.", f"{party} signs twice with {alg}.")
        pair[name] = each.octets("sig")
        each.end()
    for (_, party), pair in found.items():
        for name in ALGORITHMS[:2]:
            if name not in pair:
                facts.refuse(f"signatures.{party}", f"falta la firma {name}.", f"the {name} signature is missing.")
    return tuple(
        CharterSignature(party, pair["Ed25519"], pair["ML-DSA-44"], previous)
        for (previous, party), pair in found.items()
    )
