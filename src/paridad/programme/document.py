# SPDX-License-Identifier: Apache-2.0
"""The document of a charter: written from a template and the parties' keys, and read field by field.

Rules
  - One canonical form (RFC 8785 within the strict profile); anything else is refused, so one charter has one hash.
  - A template holds what is agreed; versions, roots and keys are added when it is compiled, never written in it.
  - The same reader checks what is compiled and what arrives; every refusal names the field.
  - Across fields: each party has roots, logs and witnesses; markings never lower protection; no key stands twice.

Worked example
    compile_document(template, party_keys, version=1, effective_from=1_790_000_000)     is the document's bytes
"""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

from paridad.base.errors import BadSignature, Malformed
from paridad.base.signing import Ed25519Key, MlDsaKey
from paridad.base.strict import JsonValue, encode_base64url, read_json, write_json
from paridad.base.words import Words
from paridad.programme import codes
from paridad.programme.codes import Clocks, Conduct, HandlingCode, Marking, Party, Quorum
from paridad.programme.errors import CharterRefused
from paridad.programme.facts import Facts
from paridad.programme.origins import PARTY, PROGRAMME
from paridad.programme.records import KeyRecord, KeyUse, read_record, record_tree
from paridad.programme.terms import Charter, CharterSignature

CHARTER_TYPE = "paridad/charter/1"
MAX_DOCUMENT = 2 * 1024 * 1024
MAX_ENTRIES = 4096

_PARTY_KEYS: tuple[KeyUse, ...] = ("log-shared", "log-own", "witness")
"""Uses without which a party can neither keep its logs nor witness another's."""


@dataclass(frozen=True, slots=True)
class PartyKeys:
    """What a party brings to a charter: the public half of its roots and its key records."""

    party: str
    root_ed25519: Ed25519Key
    root_mldsa: MlDsaKey
    keys: tuple[KeyRecord, ...]


def compile_document(
    template_toml: bytes,
    party_keys: Sequence[PartyKeys],
    *,
    version: int,
    effective_from: int,
    previous: str = "",
) -> bytes:
    """Return the document of a charter: the template's facts and the parties' keys, in the one canonical form."""
    try:
        template: dict[str, Any] = tomllib.loads(template_toml.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise refusal("template", f"no es TOML válido ({error}).", f"is not valid TOML ({error}).") from error
    added: dict[str, JsonValue] = {
        "type": CHARTER_TYPE,
        "version": version,
        "previous": previous,
        "effective_from": effective_from,
        "roots": [_root_tree(each) for each in party_keys],
        "keys": [record_tree(key) for each in party_keys for key in each.keys],
    }
    for name in sorted(added.keys() & template.keys()):
        raise refusal(name, "no se escribe en la plantilla; quítelo.", "is not written in the template; remove it.")
    try:
        document = write_json({**template, **added}, max_string=MAX_DOCUMENT, max_array=MAX_ENTRIES)
    except Malformed as error:
        raise CharterRefused("template", error.words) from error
    read_document(document, ())
    return document


def read_canonical(data: bytes, path: str, *, at_most: int) -> Any:
    """Return the tree of canonical JSON bytes, or raise `CharterRefused`."""
    if len(data) > at_most:
        raise refusal(path, f"pasa de {at_most} bytes.", f"is larger than {at_most} bytes.")
    try:
        tree = read_json(data, max_string=MAX_DOCUMENT, max_array=MAX_ENTRIES)
        canonical = write_json(tree, max_string=MAX_DOCUMENT, max_array=MAX_ENTRIES)
    except Malformed as error:
        raise CharterRefused(path, error.words) from error
    if canonical != data:
        raise refusal(path, "no tiene la única forma admitida.", "does not have the one form that is accepted.")
    return tree


def refusal(path: str, es: str, en: str) -> CharterRefused:
    """Build the error of one field."""
    return CharterRefused(path, Words(es=es, en=en))


def _root_tree(keys: PartyKeys) -> dict[str, JsonValue]:
    return {
        "party": keys.party,
        "ed25519": encode_base64url(keys.root_ed25519.raw),
        "mldsa44": encode_base64url(keys.root_mldsa.raw),
    }


class _Identified(Protocol):
    @property
    def id(self) -> str: ...


Entry = TypeVar("Entry", bound=_Identified)


def _listed(facts: Facts, name: str, read: Callable[[Facts], Entry]) -> Mapping[str, Entry]:
    """Read a closed list: not empty, no identifier twice."""
    entries: dict[str, Entry] = {}
    for each in facts.tables(name):
        entry = read(each)
        each.end()
        if entry.id in entries:
            each.refuse("id", f"{entry.id!r} está dos veces.", f"{entry.id!r} stands twice.")
        entries[entry.id] = entry
    if not entries:
        facts.refuse(name, "la lista está vacía.", "the list is empty.")
    return MappingProxyType(entries)


def read_document(document: bytes, signatures: tuple[CharterSignature, ...]) -> Charter:
    """Read every field of a document; whether its signatures hold is another question."""
    tree = read_canonical(document, "document", at_most=MAX_DOCUMENT)
    facts = Facts(tree, "", CharterRefused)
    facts.one_of("type", (CHARTER_TYPE,))
    parties = _read_parties(facts)
    handling = _listed(facts, "handling", codes.read_handling)
    name = facts.table("name")
    charter = Charter(
        programme=facts.text("programme", PROGRAMME),
        name=name.words(),
        notice=name.optional_words("notice_"),
        version=facts.whole("version", at_least=1),
        hash=encode_base64url(sha256(document).digest()),
        previous=facts.raw("previous"),
        effective_from=facts.whole("effective_from"),
        document=document,
        signatures=signatures,
        parties=parties,
        agencies=_listed(facts, "agencies", codes.read_agency),
        handling=handling,
        markings=_read_markings(facts, parties, handling),
        purposes=_listed(facts, "purposes", codes.read_purpose),
        bases=_listed(facts, "bases", codes.read_basis),
        grounds=_listed(facts, "grounds", codes.read_code),
        outcomes=_listed(facts, "outcomes", codes.read_code),
        obligations=_listed(facts, "obligations", codes.read_obligation),
        urgencies=_listed(facts, "urgencies", codes.read_urgency),
        desks=_listed(facts, "desks", codes.read_code),
        clocks=_read_clocks(facts),
        conduct=_read_conduct(facts),
        witnesses=_read_witnesses(facts, parties),
        keys=tuple(read_record(each) for each in facts.tables("keys")),
    )
    name.end()
    facts.end()
    _check_whole(charter, facts)
    return charter


def _read_clocks(facts: Facts) -> Clocks:
    table = facts.table("clocks")
    clocks = codes.read_clocks(table)
    table.end()
    return clocks


def _read_conduct(facts: Facts) -> Conduct:
    table = facts.table("conduct")
    conduct = codes.read_conduct(table)
    table.end()
    return conduct


def _read_parties(facts: Facts) -> Mapping[str, Party]:
    """Read the parties and give each its root; two parties at least, and none without a root."""
    roots: dict[str, tuple[Ed25519Key, MlDsaKey]] = {}
    for each in facts.tables("roots"):
        party = each.text("party", PARTY)
        try:
            root = (Ed25519Key(each.octets("ed25519")), MlDsaKey(each.octets("mldsa44")))
        except BadSignature as error:
            each.refuse("", error.words.es, error.words.en)
        each.end()
        if party in roots:
            each.refuse("party", f"{party} tiene dos raíces.", f"{party} has two roots.")
        roots[party] = root
    plain = [_read_plain_party(each) for each in facts.tables("parties")]
    names = [each[0] for each in plain]
    if len(set(names)) != len(names) or len(names) < 2:  # noqa: PLR2004  one party alone agrees with nobody
        facts.refuse("parties", "hacen falta dos o más, sin repetir.", "takes two or more, none twice.")
    if set(names) != set(roots):
        facts.refuse("roots", "cada parte trae una raíz y nadie más.", "each party brings one root, and nobody else.")
    return MappingProxyType({each[0]: Party(*each, *roots[each[0]]) for each in plain})


def _read_plain_party(facts: Facts) -> tuple[str, Words, str, bool]:
    plain = codes.read_party(facts)
    facts.end()
    return plain


def _read_markings(
    facts: Facts, parties: Mapping[str, Party], handling: Mapping[str, HandlingCode]
) -> Mapping[tuple[str, str], Marking]:
    """Read the national markings; within a party a stricter one never maps to a laxer code."""
    markings: dict[tuple[str, str], Marking] = {}
    for each in facts.tables("markings"):
        marking = codes.read_marking(each)
        each.end()
        if marking.party not in parties or marking.handling not in handling:
            each.refuse("", "la parte o el código no existe.", "the party or the code does not exist.")
        if (marking.party, marking.id) in markings:
            each.refuse("id", f"{marking.id!r} está dos veces.", f"{marking.id!r} stands twice.")
        for other in markings.values():
            ranks = handling[marking.handling].rank - handling[other.handling].rank
            if other.party == marking.party and (marking.rank - other.rank) * ranks < 0:
                each.refuse(
                    "handling",
                    f"ordena al revés que {other.id!r}; una equivalencia nunca baja la protección.",
                    f"is in another order than {other.id!r}; a mapping never lowers protection.",
                )
        markings[marking.party, marking.id] = marking
    return MappingProxyType(markings)


def _read_witnesses(facts: Facts, parties: Mapping[str, Party]) -> Mapping[str, Quorum]:
    """Read who cosigns whose checkpoints: others only, as many as can be had, for every party."""
    quorums: dict[str, Quorum] = {}
    for each in facts.tables("witnesses"):
        quorum = codes.read_quorum(each)
        each.end()
        if quorum.party in quorums or not set(quorum.of) <= parties.keys() - {quorum.party}:
            each.refuse("of", "los testigos son otras partes.", "the witnesses are other parties.")
        if quorum.need > len(quorum.of):
            each.refuse("need", "pide más testigos de los que hay.", "asks for more witnesses than there are.")
        quorums[quorum.party] = quorum
    if set(quorums) != set(parties):
        facts.refuse("witnesses", "cada parte nombra sus testigos.", "each party names its witnesses.")
    return MappingProxyType(quorums)


def _check_whole(charter: Charter, facts: Facts) -> None:
    """Check what no single field shows."""
    if bool(charter.previous) != (charter.version > 1):
        facts.refuse(
            "previous", "la primera versión no tiene anterior; las demás, sí.", "only the first version has none."
        )
    for agency in charter.agencies.values():
        if agency.party not in charter.parties:
            facts.refuse(f"agencies.{agency.id}", "su parte no existe.", "its party does not exist.")
    for basis in charter.bases.values():
        if basis.party is not None and basis.party not in charter.parties:
            facts.refuse(f"bases.{basis.id}", "su parte no existe.", "its party does not exist.")
    _check_conduct(charter, facts)
    _check_handling(charter, facts)
    _check_keys(charter, facts)


def _check_conduct(charter: Charter, facts: Facts) -> None:
    """Check that the marks of the programme's own acts stand in its lists."""
    lists: Mapping[str, tuple[str, Mapping[str, object]]] = {
        "handling": (charter.conduct.handling, charter.handling),
        "purpose": (charter.conduct.purpose, charter.purposes),
        "basis": (charter.conduct.basis, charter.bases),
    }
    for name, (code, known) in lists.items():
        if code not in known:
            facts.refuse(f"conduct.{name}", f"{code!r} no está en la lista.", f"{code!r} is not in the list.")


def _check_handling(charter: Charter, facts: Facts) -> None:
    """Ranks differ, and a stricter code is never freer."""
    ordered = sorted(charter.handling.values(), key=lambda code: code.rank)
    for lower, higher in pairwise(ordered):
        if lower.rank == higher.rank:
            facts.refuse(f"handling.{higher.id}.rank", "repite un rango.", "repeats a rank.")
        freer = codes.ONWARD.index(higher.onward) < codes.ONWARD.index(lower.onward)
        if freer or (lower.two_person and not higher.two_person):
            facts.refuse(
                f"handling.{higher.id}",
                f"es más estricto que {lower.id} pero exige menos.",
                f"is stricter than {lower.id} but asks for less.",
            )


def _check_keys(charter: Charter, facts: Facts) -> None:
    """One use per key: no identifier and no key material stands twice, and each party can keep and witness logs."""
    seen: set[bytes] = set()
    for party in charter.parties.values():
        seen |= {party.root_ed25519.raw, party.root_mldsa.raw}
    if len(seen) != 2 * len(charter.parties):
        facts.refuse("roots", "dos partes comparten una raíz.", "two parties share a root.")
    kids: set[str] = set()
    for key in charter.keys:
        owner_exists = key.owner in charter.agencies or key.owner == f"{key.party}/{key.use}"
        if not owner_exists or key.party not in charter.parties:
            facts.refuse(f"keys.{key.kid}", "su titular no existe.", "its owner does not exist.")
        if key.kid in kids or key.materials() & seen:
            facts.refuse(f"keys.{key.kid}", "está dos veces; cada clave tiene un solo uso.", "stands twice.")
        kids.add(key.kid)
        seen |= key.materials()
    for party_id in charter.parties:
        for use in _PARTY_KEYS:
            if not any(
                key.party == party_id and key.use == use and key.living(charter.effective_from) for key in charter.keys
            ):
                facts.refuse("keys", f"{party_id} no tiene clave {use}.", f"{party_id} has no {use} key.")
