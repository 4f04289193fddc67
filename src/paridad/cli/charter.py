# SPDX-License-Identifier: Apache-2.0
"""`paridad charter`: from two parties' public files to a charter that both signed, by exchanging files.

Rules
  - `compile` gives the same bytes to everybody who compiles from the same template, public files, version and date:
    each party compiles for itself and they compare the hash.
  - `sign` is done where the root is kept; the root's file is read for that moment. Nobody signs for another party.
  - `assemble` and `adopt` verify everything: every party's two signatures, every field. The hash is given by hand when
    the first version is adopted: it is what people compare by another way.
  - A later version is adopted once it is in force, and its adoption is itself an act.

Worked example
    paridad charter compile --programme gis-mx-us --keys a.json --keys b.json --effective-from 2026-12-01 --out c.json
    paridad charter sign --document c.json --root root.json --out a.sig.json
    paridad charter assemble --document c.json --signature a.sig.json --signature b.sig.json --out charter.json
    paridad charter adopt --file charter.json --hash <as compared by telephone> --home …
"""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Protocol, cast

from paridad.base.signing import Ed25519Key, MlDsaKey
from paridad.base.strict import JsonValue, encode_base64url, read_json, write_json
from paridad.base.words import Words
from paridad.cli.errors import NotYet, refused
from paridad.cli.forms import Form, InFile, InFiles, Moment, OfficerName, Target
from paridad.cli.key import private_keys
from paridad.cli.seeing import words
from paridad.cli.verbs import Call, Noun, Verb
from paridad.node.home import Home, write_private
from paridad.node.keeping import announce_charter
from paridad.node.node import Node
from paridad.node.saying import demand_role
from paridad.policy.engine import PolicyEngine
from paridad.policy.lists import code_lists
from paridad.programme.charter import Charter, assemble, compile_document, read_charter, sign_charter
from paridad.programme.codes import Basis, Code, HandlingCode, Purpose, Urgency
from paridad.programme.document import PartyKeys, read_document
from paridad.programme.errors import CharterRefused
from paridad.programme.facts import Facts
from paridad.programme.keygen import PrivateKey
from paridad.programme.origins import PARTY
from paridad.programme.records import read_record, record_tree
from paridad.programme.terms import CharterSignature
from paridad.programmes import shipped_programme

KEYS_TYPE = "paridad/party-keys/1"
SIGNATURE_TYPE = "paridad/charter-signature/1"


class Compile(Form):
    """A charter's document."""

    programme: str = ""
    template: InFile = ""
    keys: InFiles
    version: int = 1
    effective_from: Moment
    previous: InFile = ""
    out: Target
    dry_run: bool = False


class Sign(Form):
    """A root's signature of a document."""

    document: InFile
    root: InFile
    previous: bool = False
    out: Target
    dry_run: bool = False


class Assemble(Form):
    """A document with everybody's signatures."""

    document: InFile
    signature: InFiles
    previous: InFile = ""
    out: Target
    dry_run: bool = False


class Show(Form):
    """A charter: the newest of the node, or one in a file."""

    file: InFile = ""
    officer: OfficerName = ""


class Adopt(Form):
    """A signed charter to go by."""

    file: InFile
    hash: str
    officer: OfficerName = ""
    dry_run: bool = False


# Files that parties exchange ------------------------------------------------------------------------------------------


def write_party_keys(keys: PartyKeys) -> bytes:
    """Return the public file of a party: its roots and its key records."""
    tree: dict[str, JsonValue] = {
        "type": KEYS_TYPE,
        "party": keys.party,
        "root_ed25519": encode_base64url(keys.root_ed25519.raw),
        "root_mldsa44": encode_base64url(keys.root_mldsa.raw),
        "keys": [record_tree(each) for each in keys.keys],
    }
    return write_json(tree)


def read_party_keys(data: bytes) -> PartyKeys:
    """Read the public file of a party, or raise `CharterRefused` naming the field."""
    facts = Facts(read_json(data), "", CharterRefused)
    facts.one_of("type", (KEYS_TYPE,))
    keys = PartyKeys(
        facts.text("party", PARTY),
        Ed25519Key(facts.octets("root_ed25519")),
        MlDsaKey(facts.octets("root_mldsa44")),
        tuple(read_record(each) for each in facts.tables("keys")),
    )
    facts.end()
    return keys


def write_signature(signature: CharterSignature, document: bytes) -> bytes:
    """Return the file of one party's signature."""
    return write_json(
        {
            "type": SIGNATURE_TYPE,
            "party": signature.party,
            "charter": encode_base64url(sha256(document).digest()),
            "previous": signature.previous,
            "ed25519": encode_base64url(signature.ed25519),
            "mldsa44": encode_base64url(signature.mldsa44),
        }
    )


def read_signature(data: bytes, document: bytes) -> CharterSignature:
    """Read a signature made for exactly this document, or raise `CharterRefused`."""
    facts = Facts(read_json(data), "", CharterRefused)
    facts.one_of("type", (SIGNATURE_TYPE,))
    facts.one_of("charter", (encode_base64url(sha256(document).digest()),))
    party = facts.text("party", PARTY)
    signature = CharterSignature(party, facts.octets("ed25519"), facts.octets("mldsa44"), facts.yes("previous"))
    facts.end()
    return signature


# Verbs ----------------------------------------------------------------------------------------------------------------


def template_of(programme: str, template: str) -> bytes:
    """Return a template: one that is shipped, or a file."""
    if bool(programme) == bool(template):
        raise refused("Dé --programme o --template.", "Give --programme or --template.")
    return shipped_programme(programme) if programme else Path(template).read_bytes()


def compile_charter(call: Call, form: Compile) -> JsonValue:
    """Compile a document; the order of the parties' files does not matter."""
    keys = sorted((read_party_keys(Path(each).read_bytes()) for each in form.keys), key=lambda each: each.party)
    previous = read_charter(Path(form.previous).read_bytes()).hash if form.previous else ""
    document = compile_document(
        template_of(form.programme, form.template),
        keys,
        version=form.version,
        effective_from=form.effective_from,
        previous=previous,
    )
    if not form.dry_run:
        write_private(Path(form.out), document)
        call.tell("compare_hash")
    return {"dry_run": form.dry_run, "file": form.out, **summary(read_document(document, ()))}


def sign(call: Call, form: Sign) -> JsonValue:
    """Sign a document with a root."""
    document, root = Path(form.document).read_bytes(), PrivateKey.from_json(Path(form.root).read_bytes())
    charter = read_document(document, ())
    party = root.kid.partition("/")[0]
    if root.use != "root" or (party not in charter.parties and not form.previous):
        raise refused(f"{root.kid} no es raíz de una parte de esta carta.", f"{root.kid} is no root of this charter.")
    if not form.dry_run:
        signature = sign_charter(document, party, root.ed25519, root.mldsa, previous=form.previous)
        write_private(Path(form.out), write_signature(signature, document))
        call.tell("signed_charter", party=party)
    return {"dry_run": form.dry_run, "party": party, "file": form.out, **summary(charter)}


def assemble_charter(call: Call, form: Assemble) -> JsonValue:
    """Put document and signatures together, if every one of them holds."""
    document = Path(form.document).read_bytes()
    signed = assemble(document, [read_signature(Path(each).read_bytes(), document) for each in form.signature])
    previous = read_charter(Path(form.previous).read_bytes()) if form.previous else None
    charter = read_charter(signed, current=previous)
    if not form.dry_run:
        write_private(Path(form.out), signed)
        call.tell("compare_hash")
    return {"dry_run": form.dry_run, "file": form.out, **summary(charter)}


def show(call: Call, form: Show) -> JsonValue:
    """Show a charter that verifies."""
    return terms_of(read_charter(Path(form.file).read_bytes()) if form.file else Home(call.home).charters()[-1])


def show_in_force(node: Node, form: Show) -> JsonValue:
    """Show the charter that the node goes by; a file is read where the command is given."""
    return terms_of(read_charter(Path(form.file).read_bytes()) if form.file else node.own.keys.current)


def terms_of(charter: Charter) -> dict[str, JsonValue]:
    """Return everything that was agreed on, each value with its source and whether it was compared with it."""
    lists: Mapping[str, Mapping[str, Code]] = {
        "purposes": charter.purposes,
        "bases": charter.bases,
        "grounds": charter.grounds,
        "urgencies": charter.urgencies,
        "outcomes": charter.outcomes,
        "obligations": charter.obligations,
        "desks": charter.desks,
        "handling_codes": charter.handling,
    }
    agencies = charter.agencies.values()
    clocks = charter.clocks
    codes = [each for listed in lists.values() for each in listed.values()]
    values: list[_Sourced] = [*agencies, *charter.parties.values(), *charter.markings.values(), *codes, clocks]
    return {
        **summary(charter),
        "agencies": [{"agency": each.id, "name": words(each.name), **_origin(each)} for each in agencies],
        **{name: [_value(each) for each in listed.values()] for name, listed in lists.items()},
        "markings": [
            {"party": each.party, "marking": words(each.words, each.id), "handling": each.handling, **_origin(each)}
            for each in charter.markings.values()
        ],
        "clocks": {
            "recall_seconds": clocks.recall_seconds,
            "outcome_seconds": clocks.outcome_seconds,
            "clarification_seconds": clocks.clarification_seconds,
            **_origin(clocks),
        },
        "signatures": [
            {"party": each.party, "algorithms": ["Ed25519", "ML-DSA-44"], "previous": each.previous}
            for each in charter.signatures
        ],
        "unverified": sum(not each.verified for each in values),
    }


class _Sourced(Protocol):
    """A value that was taken from somewhere."""

    @property
    def source(self) -> str: ...
    @property
    def verified(self) -> bool: ...


def _origin(value: _Sourced) -> dict[str, JsonValue]:
    return {"source": value.source, "verified": value.verified}


def _value(value: Code) -> JsonValue:
    """Return one value of a closed list, with what it obliges to."""
    told: dict[str, JsonValue] = {"code": words(value.words, value.id), **_origin(value)}
    if value.help is not None:
        told["help"] = words(value.help)
    match value:
        case HandlingCode():
            told |= {"onward": value.onward, "two_person": value.two_person, "retention_days": value.retention_days}
        case Purpose():
            told |= {"retention_days": value.retention_days}
        case Basis():
            told |= {"kind": value.kind, "party": value.party or ""}
        case Urgency():
            told |= {"acknowledge_seconds": value.acknowledge_seconds, "answer_seconds": value.answer_seconds}
    return told


def summary(charter: Charter) -> dict[str, JsonValue]:
    """Return what people compare of a charter."""
    return {
        "programme": words(charter.name, charter.programme),
        "version": charter.version,
        "charter_hash": charter.hash,
        "previous_hash": charter.previous,
        "effective_from": charter.effective_from,
        "notice": words(charter.notice) if charter.notice else None,
        "parties": [
            {
                "party": each.id,
                "name": words(each.name),
                "root": root_print(each.root_ed25519, each.root_mldsa),
                **_origin(each),
            }
            for each in charter.parties.values()
        ],
        "keys_listed": len(charter.keys),
    }


def root_print(ed25519: Ed25519Key, mldsa: MlDsaKey) -> str:
    """Return one digest of both root keys, to be compared by people."""
    return encode_base64url(sha256(ed25519.raw + mldsa.raw).digest())


def adopt(call: Call, form: Adopt) -> JsonValue:
    """Take a signed charter into the node's folder: the first here, a later one at the node."""
    home = Home(call.home)
    if any((call.home / "charters").glob("*.json")):
        asked = {"file": form.file, "hash": form.hash, "officer": form.officer, "dry_run": form.dry_run}
        return call.ask("charter.adopt", cast("dict[str, JsonValue]", asked))
    signed = Path(form.file).read_bytes()
    charter = read_charter(signed)
    _demand_hash(charter, form.hash)
    _demand_ours(home, charter)
    if not form.dry_run:
        home.add_charter(charter, signed)
    return {"dry_run": form.dry_run, **summary(charter)}


def adopt_later(node: Node, form: Adopt) -> JsonValue:
    """Adopt the version after the one in force, and say so in an act."""
    own, now, signed = node.own, node.clock(), Path(form.file).read_bytes()
    officer = node.home.officer(form.officer)
    demand_role(own, officer, "administer", now=now)
    charter = read_charter(signed, current=own.keys.current)
    _demand_hash(charter, form.hash)
    ring = own.keys.with_charter(charter)
    if charter.effective_from > now:
        raise NotYet(Words(es="Esa carta aún no rige; adóptela cuando rija.", en="That charter is not in force yet."))
    if not form.dry_run:
        engine = PolicyEngine.load(code_lists(charter), narrower=node.home.narrower_policy())
        node.home.add_charter(charter, signed)
        own.keys, own.conduct, own.engine = ring, charter.conduct, engine
        announce_charter(own, officer.agency, now=now)
    return {"dry_run": form.dry_run, **summary(charter)}


def _demand_hash(charter: Charter, compared: str) -> None:
    if charter.hash != compared:
        raise CharterRefused(
            "hash",
            Words(
                es=f"la carta tiene {charter.hash} y usted comparó {compared}.",
                en=f"the charter has {charter.hash} and you compared {compared}.",
            ),
        )


def _demand_ours(home: Home, charter: Charter) -> None:
    """Every private key of the folder stands in the charter with its public half."""
    listed = {record.kid: record for record in charter.keys}
    for key in private_keys(home):
        record = listed.get(key.kid)
        same = record and key.record(valid_from=record.valid_from, certificate=record.certificate) == record
        if not same:
            raise CharterRefused(
                f"keys.{key.kid}",
                Words(es="no es la clave de esta carpeta.", en="is not the key of this folder."),
            )


NOUN = Noun(
    "charter",
    (
        Verb("compile", Compile, local=compile_charter, home=False),
        Verb("sign", Sign, local=sign, home=False),
        Verb("assemble", Assemble, local=assemble_charter, home=False),
        Verb("show", Show, local=show, operation=show_in_force),
        Verb("adopt", Adopt, local=adopt, operation=adopt_later),
    ),
)
