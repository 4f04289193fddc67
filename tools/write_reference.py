#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write the pages of the documentation that follow from the code: acts, rules, errors, and the bytes in examples.

Rules
  - What the code knows is written by the code: kinds and fields from the vocabularies, rules and clauses from the rule
    table, errors and exit codes from their classes, example bytes from the functions that make the real ones.
  - Each page exists in both languages with the same headings; neither is a translation of the other.
  - Examples use seeded keys of a practice programme. A signature that is hedged (ML-DSA-44) or an encapsulation differs
    at each run: of those only the part that is fixed is shown, and the rest is said in bytes.
  - `--check` writes nothing and fails where a page is not what the code would write.

Worked example
    python tools/write_reference.py            writes docs/en/acts.md, docs/es/actos.md, …
    python tools/write_reference.py --check    exit code 1 and the names of the pages that are out of date
"""

import argparse
import importlib
import importlib.util
import json
import pkgutil
import re
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
for _place in ("src", "tests"):
    sys.path.insert(0, str(ROOT / _place))

import paridad  # noqa: E402
from paridad.acts.envelope import ActHash, Draft  # noqa: E402
from paridad.acts.issue import ActSigner, IssuedAct, issue  # noqa: E402
from paridad.acts.vocabulary import SENSITIVITIES, Field, Kind  # noqa: E402
from paridad.base.errors import ExitCode, ParidadError  # noqa: E402
from paridad.base.strict import decode_base64url, write_json  # noqa: E402
from paridad.base.words import Language, Words  # noqa: E402
from paridad.exchange import papers  # noqa: E402
from paridad.exchange.papers import CoverLine, ReceiptLine  # noqa: E402
from paridad.exchange.seal import SealContext, seal  # noqa: E402
from paridad.exchange.wire import Head, Parcel, write_delivery, write_parcels  # noqa: E402
from paridad.ledger.checkpoint import (  # noqa: E402
    Checkpoint,
    Cosigner,
    LogSigner,
    cosign,
    open_checkpoint,
    sign_checkpoint,
)
from paridad.ledger.merkle import leaf_hash, node_hash  # noqa: E402
from paridad.ledger.note import add_lines, encode_base64, read_note  # noqa: E402
from paridad.ledger.witness import write_add_checkpoint  # noqa: E402
from paridad.node.composing import shipped_vocabulary  # noqa: E402
from paridad.policy.rules import read_rules  # noqa: E402
from paridad.programme.origins import shared_origin, witness_name  # noqa: E402
from paridad.programme.statements import assemble_change, draft_enrolment, sign_as  # noqa: E402
from support.programmes import World, make_programme, seeded_random  # noqa: E402

LANGUAGES: tuple[Language, ...] = ("en", "es")
WIDTH = 100

Text = Callable[[str, str], str]
"""Chooses between a Spanish and an English text."""


def chooser(language: Language) -> Text:
    """Return the choice of one language."""
    return lambda es, en: es if language == "es" else en


# Acts ----------------------------------------------------------------------------------------------------------------


def acts_page(language: Language) -> str:
    """Return the page of every kind of act with its fields."""
    say = chooser(language)
    vocabulary = shipped_vocabulary()
    packages = dict.fromkeys(name.partition("/")[0] for name in vocabulary.kinds)
    lines = [
        f"# {say('Los actos', 'The acts')}",
        "",
        f"{_other('actos', 'acts', language)}",
        "",
        say(
            "Página escrita por `tools/write_reference.py` a partir de los vocabularios del programa; no se edita a mano. "
            "Qué dice cada campo del sobre está en [la especificación](especificacion.md).",
            "This page is written by `tools/write_reference.py` from the vocabularies of the program; it is not edited "
            "by hand. What each claim of the envelope says stands in [the specification](specification.md).",
        ),
        "",
        say(
            "«Obligatorio» obliga a quien emite: quien recibe puede tener menos campos, porque se retienen. "
            "Los elementos de una lista se escriben `nombre[]`, las partes de un registro `nombre.parte`. "
            "Una parte que no declara sensibilidad tiene la de su todo.",
            "“Required” binds the issuer: a receiver may hold fewer fields, because some are withheld. "
            "Elements of a list are written `name[]`, parts of a record `name.part`. "
            "A part that states no sensitivity has that of its whole.",
        ),
    ]
    for package in packages:
        lines += ["", f"## {package}"]
        for name, kind in vocabulary.kinds.items():
            if name.partition("/")[0] == package:
                lines += ["", f"### `{name}`", "", f"{kind.label.in_(language)}.", "", *_fields(kind, language)]
    lines += ["", f"## {say('Sensibilidades', 'Sensitivities')}", ""]
    words = tomllib.loads(_rules_toml())["word"]
    lines += [f"- `{each}`: {words[each][language]}" for each in SENSITIVITIES]
    return "\n".join(lines) + "\n"


def _fields(kind: Kind, language: Language) -> list[str]:
    say = chooser(language)
    heads = (
        say("campo", "field"),
        say("tipo", "type"),
        say("sensibilidad", "sensitivity"),
        say("obligatorio", "required"),
        say("qué es", "what it is"),
    )
    rows = [
        f"| `{path}` | {each.type} | {each.sensitivity} | {say('sí', 'yes') if each.required else '–'} "
        f"| {_meaning(each, language)} |"
        for path, each in _walk(kind.fields, "")
    ]
    return [f"| {' | '.join(heads)} |", "|---|---|---|---|---|", *rows]


def _walk(fields: Mapping[str, Field], prefix: str) -> Iterator[tuple[str, Field]]:
    for name, each in fields.items():
        yield from _one(f"{prefix}{name}", each)


def _one(path: str, each: Field) -> Iterator[tuple[str, Field]]:
    yield path, each
    yield from _walk(each.members, f"{path}.")
    if each.element is not None:
        yield from _one(f"{path}[]", each.element)


def _meaning(each: Field, language: Language) -> str:
    more = [f"`{each.unit}`"] * bool(each.unit) + [f"`{each.term}`"] * bool(each.term)
    return " · ".join([each.label.in_(language), *more])


# Rules ---------------------------------------------------------------------------------------------------------------


def rules_page(language: Language) -> str:
    """Return the page of every policy rule and clause."""
    say = chooser(language)
    book, table = read_rules(_rules_toml()), tomllib.loads(_rules_toml())
    actions = {
        "release": say("Entregar", "Releasing"),
        "onward": say("Transmitir a terceros", "Passing on"),
        "read": say("Leer", "Reading"),
        "command": say("Ordenar", "Commanding"),
    }
    lines = [
        f"# {say('Las reglas', 'The rules')}",
        "",
        _other("reglas", "rules", language),
        "",
        say(
            "Página escrita por `tools/write_reference.py` a partir de la tabla de reglas; no se edita a mano. Se permite lo "
            "que algún permiso abre y ningún veto cierra; lo demás se niega. Un nodo puede agregar vetos propios en "
            "`policy.cedar`, nunca permisos.",
            "This page is written by `tools/write_reference.py` from the rule table; it is not edited by hand. Allowed is "
            "what some permit opens and no forbid closes; all else is refused. A node may add forbids of its own in "
            "`policy.cedar`, never permits.",
        ),
    ]
    effects = {"permit": say("permiso", "permit"), "forbid": say("veto", "forbid")}
    for action, title in actions.items():
        lines += ["", f"## {title} (`{action}`)", ""]
        lines += [f"| {say('regla', 'rule')} | | {say('cláusula', 'clause')} | {say('qué dice', 'what it says')} |"]
        lines += ["|---|---|---|---|"]
        lines += [
            f"| `{rule.id}` | {effects[rule.effect]} | `{rule.clause}` | {rule.words.in_(language)} |"
            for rule in book.rules.values()
            if action in rule.actions
        ]
    lines += ["", f"## {say('Cláusulas', 'Clauses')}", ""]
    lines += [f"- `{name}`: {words[language]}" for name, words in table["clause"].items()]
    lines += ["", f"## {say('Cuando la política misma falla', 'When policy itself fails')}", ""]
    lines += [
        say(
            "Una razón que empieza con `error:` dice que la política no pudo decidir (`error:engine`) o que sus dos "
            "evaluadores no coincidieron (`error:disagreement`): nada se permite y quien opera el nodo debe mirar. "
            "`no-rule` dice que ninguna regla lo permite y qué le falta a la más próxima; `not-chosen`, que quien "
            "responde no eligió ese campo.",
            "A reason that begins with `error:` says that policy could not decide (`error:engine`) or that its two "
            "evaluators differed (`error:disagreement`): nothing is allowed and the operator of the node must look. "
            "`no-rule` says that no rule permits it and what the nearest one lacks; `not-chosen`, that whoever answers "
            "did not choose that field.",
        )
    ]
    return "\n".join(lines) + "\n"


def _rules_toml() -> str:
    return files("paridad.policy").joinpath("rules.toml").read_text(encoding="utf-8")


# Errors --------------------------------------------------------------------------------------------------------------

EXITS: Mapping[ExitCode, Words] = {
    ExitCode.DONE: Words(es="Hecho; o todo está en orden.", en="Done; or all is in order."),
    ExitCode.REFUSED: Words(
        es="Negado: una regla, la política o el estado del asunto no lo permiten.",
        en="Refused: a rule, policy or the state of the matter does not allow it.",
    ),
    ExitCode.USAGE: Words(
        es="Mal uso: una orden, un archivo o un nombre que no corresponde.",
        en="Misuse: a command, file or name that does not fit.",
    ),
    ExitCode.VERIFICATION_FAILED: Words(
        es="Algo no se verificó: una firma, una prueba, una forma; o una comprobación no está en orden.",
        en="Something did not verify: a signature, a proof, a form; or a check is not in order.",
    ),
    ExitCode.UNREACHABLE: Words(es="La otra parte no contesta.", en="The other party does not answer."),
    ExitCode.TRY_AGAIN: Words(
        es="Ahora no; repítalo con los mismos identificadores.", en="Not now; repeat it with the same identifiers."
    ),
}


def errors_page(language: Language) -> str:
    """Return the page of exit codes and of every error, by package."""
    say = chooser(language)
    lines = [
        f"# {say('Errores y códigos de salida', 'Errors and exit codes')}",
        "",
        _other("errores", "errors", language),
        "",
        say(
            "Página escrita por `tools/write_reference.py` a partir de las clases; no se edita a mano. Cada error es una "
            "frase en ambos idiomas; donde hay un paso siguiente fijo, está aquí.",
            "This page is written by `tools/write_reference.py` from the classes; it is not edited by hand. Each error is "
            "a sentence in both languages; where there is a fixed next step, it stands here.",
        ),
        "",
        f"## {say('Códigos de salida', 'Exit codes')}",
        "",
        f"| {say('código', 'code')} | {say('nombre', 'name')} | {say('qué dice', 'what it says')} |",
        "|---|---|---|",
        *(f"| {int(code)} | {code.name} | {words.in_(language)} |" for code, words in EXITS.items()),
    ]
    for package, classes in error_classes().items():
        lines += ["", f"## `{package}`", ""]
        lines += [
            f"| error | {say('código', 'code')} | {say('qué hacer', 'what to do next')} |",
            "|---|---|---|",
        ]
        for each in classes:
            step = each.next_step.in_(language) if each.next_step else "–"
            lines.append(f"| `{each.__name__}` | {int(each.exit_code)} | {step} |")
    return "\n".join(lines) + "\n"


def error_classes() -> dict[str, list[type[ParidadError]]]:
    """Return every error of the program by its package, parents before children."""
    for module in pkgutil.walk_packages(paridad.__path__, "paridad."):
        if module.name.endswith(".errors") or module.name.startswith("paridad.cli."):
            importlib.import_module(module.name)
    found: dict[str, list[type[ParidadError]]] = {}
    for each in _family(ParidadError):
        if each.__module__.startswith("paridad."):
            found.setdefault(each.__module__.removesuffix(".errors"), []).append(each)
    return {name: sorted(set(found[name]), key=lambda each: (len(each.__mro__), each.__name__)) for name in sorted(found)}


def _family(parent: type[ParidadError]) -> Iterator[type[ParidadError]]:
    yield parent
    for each in parent.__subclasses__():
        yield from _family(each)


# Examples ------------------------------------------------------------------------------------------------------------


class Examples:
    """Bytes made by the functions that make the real ones, under seeded keys of a practice programme."""

    def __init__(self) -> None:
        self.world: World = make_programme(("AA", "BB"), seed="examples")
        self.vocabulary = shipped_vocabulary()
        self.random = seeded_random("examples", "issue")
        self.prg = self.world.ring.current.prg
        self.now = self.world.now
        refusal = {"grounds": ["pending-case"], "explanation": "An open case would be at risk.", "may_ask_again": True}
        self.act = self._issue("folio/refusal/1", "BB/POLICE", "AA/POLICE", refusal, folio="AA-2026-0007")
        digests = tuple(each.digest for each in self.act.disclosures.values())
        line = CoverLine(1, self.act.hash, digests)
        conduct = self.world.charter.conduct
        self.cover = self._sign(papers.draft_cover("BB/POLICE", "AA/POLICE", [line], conduct))
        received = ReceiptLine(1, self.act.hash, "accepted", "", digests)
        cover = ActHash(self.cover.hash)
        self.receipt = self._sign(papers.draft_receipt("AA/POLICE", "BB/POLICE", cover, [received], conduct))

    def _issue(self, kind: str, iss: str, to: str, fields: Mapping[str, Any], *, folio: str) -> IssuedAct:
        conduct = self.world.charter.conduct
        draft = Draft(kind, iss, (to,), conduct.handling, "criminal-investigation", conduct.basis, fields, folio)
        return self._sign(draft)

    def _sign(self, draft: Draft) -> IssuedAct:
        key = self.world.act(draft.iss)
        signer = ActSigner(key.kid, key.ed25519.sign)
        return issue(
            draft, vocabulary=self.vocabulary, signer=signer, prg=self.prg, iat=self.now, random=self.random
        )

    def blocks(self) -> dict[str, str]:
        """Return every example by its name, as it stands in the specification."""
        return {
            "act": self._act(),
            "act-read": self._read(self.act),
            "cover": self._read(self.cover, short=True),
            "receipt": self._read(self.receipt, short=True),
            "checkpoint": self._checkpoint(),
            "delivery": self._delivery(),
            "sealed": self._sealed(),
            "parcel": self._parcel(),
            "charter": self._charter(),
            "statement": self._statement(),
            "bundle": bundle_lines(),
        }

    def _act(self) -> str:
        """The whole act as it travels, a line for each part, cut to the width of the page."""
        parts = self.act.wire.decode("ascii")
        return _numbered(_cut(re.sub(r"(?<=[.~])", "\n", parts).split("\n")))

    def _read(self, act: IssuedAct, *, short: bool = False) -> str:
        header, payload, signature = act.signed.decode("ascii").split(".")
        lines = [decode_base64url(header).decode(), *_json(decode_base64url(payload), short=short)]
        lines.append(f"signature: {len(decode_base64url(signature))} bytes")
        for each in act.disclosures.values():
            text = decode_base64url(each.text).decode()
            lines += [f"{each.path}  {each.digest}"] + _cut([f"  {text if len(text) < WIDTH else _shorter(text)}"])
        return _numbered(lines)

    def _tree(self) -> tuple[Checkpoint, bytes]:
        root = node_hash(leaf_hash(self.act.signed), leaf_hash(self.cover.signed))
        checkpoint = Checkpoint(shared_origin("BB", "practice"), 2, root)
        key, witness = self.world.key("BB", "log-shared"), self.world.key("AA", "witness")
        note = sign_checkpoint(checkpoint, LogSigner(checkpoint.origin, key.ed25519, key.mldsa), self.now)
        cosigner = Cosigner(witness_name("AA", "practice"), witness.ed25519, witness.mldsa)
        known = [LogSigner(checkpoint.origin, key.ed25519, key.mldsa).public]
        return checkpoint, add_lines(note, cosign(open_checkpoint(note, log_keys=known), cosigner, self.now + 3))

    def _checkpoint(self) -> str:
        _, note = self._tree()
        lines = []
        for line in note.decode("utf-8").removesuffix("\n").split("\n"):
            mark, _, blob = line.rpartition(" ")
            kept = 16
            lines.append(f"{mark} {blob[:kept]}… ({_blob_bytes(blob)} bytes)" if line.startswith("—") else line)
        return _numbered(lines)

    def _head(self) -> Head:
        return Head(self.prg, "BB/POLICE", "AA/POLICE", 1, 1)

    def _delivery(self) -> str:
        body = write_delivery(self._head(), b"")
        return _numbered([f"{body[:4].hex(' ')}", body[4:].decode("ascii"), "(the sealed batch)"])

    def _sealed(self) -> str:
        key, head = self.world.sealing("AA/POLICE").record(valid_from=0), self._head()
        context = SealContext(head.prg, head.sender, head.recipient, head.first, head.count)
        sealed = seal(b"", kid=key.kid, public=key.xwing or b"", context=context)
        name = len(key.kid)
        head_, rest = sealed[: 11 + name], len(sealed) - 11 - name
        info = context.info(key.kid)
        return _numbered(
            [
                f"{head_[:1].hex()} | {head_[1:3].hex()} | {head_[3:5].hex()} | {head_[5:7].hex()} | "
                f"{head_[7:9].hex()} | {head_[9 : 9 + name].decode()} | …"
                if len(head_) == 9 + name  # noqa: PLR2004  version, three ids, length
                else _sealed_head(sealed, name),
                f"encapsulation 1,120 bytes, ciphertext, tag 16 bytes: {len(sealed) - 9 - name} bytes for nothing",
                f"info: {_printable(info)}",
            ]
            if rest
            else []
        )

    def _parcel(self) -> str:
        proof = (leaf_hash(self.cover.signed),)
        frame = write_parcels([Parcel(1, shared_origin("BB", "practice"), 0, proof, self.act.wire)])
        origin = shared_origin("BB", "practice")
        at = 4 + 18 + len(origin)
        return _numbered(
            [
                f"{frame[:4].hex(' ')}",
                f"{frame[4:12].hex(' ')}",
                f"{frame[12:20].hex(' ')}",
                f"{frame[20:22].hex(' ')} {origin}",
                f"{frame[at : at + 1].hex()} {frame[at + 1 : at + 33].hex()}",
                f"{frame[at + 33 : at + 73].decode('ascii')}…",
            ]
        )

    def _charter(self) -> str:
        signed = json.loads(self.world.signed_charter)
        document = json.loads(signed["document"])
        return _numbered([*_json(_canonical({"document": "…", "signatures": _shown(signed["signatures"])})), "…"]) + (
            "\n\n" + _numbered(_outline(document))
        )

    def _statement(self) -> str:
        random = seeded_random("examples", "key")
        generate = importlib.import_module("paridad.programme.keygen").generate
        key = generate("BB/POLICE#3", "act", random)
        statement = draft_enrolment(
            self.prg, key.record(valid_from=self.now), issued_at=self.now, predecessor="BB/POLICE#1"
        )
        before, root = self.world.act("BB/POLICE"), self.world.root("BB")
        signatures = [*sign_as("root", statement, root), *sign_as("possession", statement, key)]
        signed = json.loads(assemble_change(statement, [*signatures, *sign_as("predecessor", statement, before)]))
        return _numbered(_cut([statement.decode()])) + (
            "\n\n" + _numbered(_json(_canonical({"statement": "…", "signatures": _shown(signed["signatures"])})))
        )

    def add_checkpoint(self) -> str:
        """Return what the witness is asked."""
        _, note = self._tree()
        body = write_add_checkpoint(0, [], read_note(note).text)
        return _numbered(body.decode().splitlines())


def _sealed_head(sealed: bytes, name: int) -> str:
    fields = (sealed[:1], sealed[1:3], sealed[3:5], sealed[5:7], sealed[7:9])
    return f"{' | '.join(each.hex() for each in fields)} | {sealed[9 : 9 + name].decode('ascii')} | …"


def _printable(data: bytes) -> str:
    return "".join(chr(each) if 32 < each < 127 else f"\\x{each:02x}" for each in data)  # noqa: PLR2004  ASCII


def _canonical(tree: Any) -> bytes:
    return write_json(tree, max_string=1 << 24, max_array=1 << 16)


def _shown(signatures: list[dict[str, str]]) -> list[dict[str, str]]:
    return [{**each, "sig": f"… ({len(decode_base64url(each['sig']))} bytes)"} for each in signatures]


def _outline(document: Mapping[str, Any]) -> list[str]:
    """Return a charter's document with the first entry of each list."""
    lines = []
    for name, value in sorted(document.items()):
        if isinstance(value, list):
            first = _short(value[0]) if value else ""
            lines.append(f'"{name}": [{first}, …]  ({len(value)})')
        else:
            lines.append(f'"{name}": {_short(value)}')
    return _cut(lines)


def _short(value: Any) -> str:
    if isinstance(value, dict):
        value = {name: each for name, each in sorted(value.items())}
        return json.dumps({n: _clip(v) for n, v in value.items()}, ensure_ascii=False)
    return json.dumps(_clip(value), ensure_ascii=False)


def _clip(value: Any) -> Any:
    limit = 44
    if isinstance(value, str) and len(value) > limit:
        return f"{value[:12]}…"
    return value


def _shorter(text: str) -> str:
    """Return the text of a long disclosure with its lists of digests cut."""
    tree = json.loads(text)
    return json.dumps(_cut_lists(tree), ensure_ascii=False, separators=(",", ":")).replace('"…"', "…")


def _cut_lists(value: Any) -> Any:
    if isinstance(value, list):
        few = 3
        shown = value[:1] if len(value) > few and all(isinstance(each, dict | str) for each in value[1:]) else value
        return [_cut_lists(each) for each in shown] + ["…"] * (shown is not value)
    if isinstance(value, dict):
        return {name: _cut_lists(each) for name, each in value.items()}
    return value


def _json(data: bytes, *, short: bool = False) -> list[str]:
    """Return an object one claim to a line."""
    tree = json.loads(data)
    lines = []
    for name, value in tree.items():
        if isinstance(value, list) and len(value) > 1 and short:
            value = [value[0], "…"]
        if isinstance(value, list) and len(value) > 2:  # noqa: PLR2004  what fits on a line
            lines.append(f'"{name}": [')
            lines += [f"  {json.dumps(each, ensure_ascii=False)}" for each in value]
            lines.append("]")
        else:
            lines.append(f'"{name}": {json.dumps(value, ensure_ascii=False)}')
    return lines


def _cut(lines: list[str]) -> list[str]:
    return [line[at : at + WIDTH] for line in lines if line for at in range(0, len(line), WIDTH)]


def _numbered(lines: list[str]) -> str:
    return "\n".join(f"{number:>3}  {line}".rstrip() for number, line in enumerate(lines, 1))


def _blob_bytes(blob: str) -> int:
    return len(blob) * 3 // 4 - blob.count("=")


def bundle_lines() -> str:
    """Return one line of each type from a bundle that a node exported, long values cut."""
    from support.two_nodes import Parties

    from paridad.folio.commands import Acknowledge, Ask
    from paridad.node.exporting import export_bundle

    with tempfile.TemporaryDirectory() as folder, Parties(Path(folder), ("AA", "BB")) as parties:
        said = parties.say(
            Ask(
                officer=parties.officer("AA/POLICE").id,
                agency="AA/POLICE",
                to="BB/POLICE",
                question="?",
                handling="AMBER",
                purpose="criminal-investigation",
                basis="joint-statement",
                urgency="ordinary",
                desk="targets",
            ),
            "AA-2026-1",
        )
        parties.settle(rounds=2)
        acknowledge = Acknowledge(officer=parties.officer("BB/POLICE").id, agency="BB/POLICE")
        parties.say(acknowledge, "AA-2026-1")
        parties.settle(rounds=2)
        reader = parties.officer("AA/POLICE").reader
        own = parties.by_name["AA"].own
        data = export_bundle(own, reader, folio="AA-2026-1", now=parties.clock())
        assert said.acts
    first: dict[str, dict[str, Any]] = {}
    for line in data.decode("utf-8").splitlines():
        tree = json.loads(line)
        first.setdefault(tree["t"], tree)
    return _numbered([_bundle_line(tree) for tree in first.values()])


def _bundle_line(tree: Mapping[str, Any]) -> str:
    limit = 40
    shown = {
        name: "…" if isinstance(value, str) and len(value) > limit else ["…"] if isinstance(value, list) else value
        for name, value in tree.items()
    }
    return json.dumps(shown, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def filled(text: str, blocks: Mapping[str, str]) -> str:
    """Put each example between its two marks."""

    def put(match: re.Match[str]) -> str:
        return f"{match[1]}\n```text\n{blocks[match[2]]}\n```\n{match[3]}"

    return re.sub(r"(<!-- example: ([a-z-]+) -->)\n.*?(<!-- end -->)", put, text, flags=re.DOTALL)


# Writing -------------------------------------------------------------------------------------------------------------


def _other(es: str, en: str, language: Language) -> str:
    return f"[English](../en/{en}.md)" if language == "es" else f"[Español](../es/{es}.md)"


def pages() -> dict[Path, str]:
    """Return every page that this program writes, by its path."""
    names = {"acts": ("actos", acts_page), "rules": ("reglas", rules_page), "errors": ("errores", errors_page)}
    found = {}
    for en, (es, write) in names.items():
        found[ROOT / "docs" / "en" / f"{en}.md"] = write("en")
        found[ROOT / "docs" / "es" / f"{es}.md"] = write("es")
    blocks = Examples().blocks()
    for path in (ROOT / "docs" / "en" / "specification.md", ROOT / "docs" / "es" / "especificacion.md"):
        found[path] = filled(path.read_text(encoding="utf-8"), blocks)
    return found


def main() -> int:
    """Write the pages, or compare them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a page is out of date")
    check = parser.parse_args().check
    old = [path for path, text in pages().items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if not check:
        for path, text in pages().items():
            path.write_text(text, encoding="utf-8")
    for path in old:
        print(("out of date: " if check else "written: ") + str(path.relative_to(ROOT)))
    return 1 if check and old else 0


if __name__ == "__main__":
    raise SystemExit(main())
