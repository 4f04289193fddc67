# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: INP001
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
import pkgutil
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from importlib.resources import files
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / place) for place in ("src", "tests", "tools")]

from reference_examples import Examples, filled  # noqa: E402

import paridad  # noqa: E402  found under src
from paridad.acts.vocabulary import SENSITIVITIES, Field, Kind  # noqa: E402
from paridad.base.errors import ExitCode, ParidadError  # noqa: E402
from paridad.base.words import Language, Words  # noqa: E402
from paridad.node.composing import shipped_vocabulary  # noqa: E402
from paridad.policy.rules import read_rules  # noqa: E402

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
            "Página escrita por `tools/write_reference.py` a partir de los vocabularios; no se edita a mano. Qué dice "
            "cada dato del sobre está en [la especificación](especificacion.md).",
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
            "Página escrita por `tools/write_reference.py` a partir de la tabla de reglas; no se edita a mano. Se "
            "permite lo que algún permiso abre y ningún veto cierra; lo demás se niega. Un nodo puede agregar vetos "
            "propios en `policy.cedar`, nunca permisos.",
            "This page is written by `tools/write_reference.py` from the rule table; it is not edited by hand. Allowed "
            "is what some permit opens and no forbid closes; all else is refused. A node may add forbids of its own in "
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
            "Página escrita por `tools/write_reference.py` a partir de las clases; no se edita a mano. Cada error es "
            "una frase en ambos idiomas; donde hay un paso siguiente fijo, está aquí.",
            "This page is written by `tools/write_reference.py` from the classes; it is not edited by hand. Each error "
            "is a sentence in both languages; where there is a fixed next step, it stands here.",
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
    return {
        name: sorted(set(found[name]), key=lambda each: (len(each.__mro__), each.__name__)) for name in sorted(found)
    }


def _family(parent: type[ParidadError]) -> Iterator[type[ParidadError]]:
    yield parent
    for each in parent.__subclasses__():
        yield from _family(each)


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
    written = pages()
    old = [path for path, text in written.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if not check:
        for path in old:
            path.write_text(written[path], encoding="utf-8")
    for path in old:
        sys.stdout.write(("out of date: " if check else "written: ") + f"{path.relative_to(ROOT)}\n")
    return 1 if check and old else 0


if __name__ == "__main__":
    raise SystemExit(main())
