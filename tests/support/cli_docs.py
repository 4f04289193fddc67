# SPDX-License-Identifier: Apache-2.0
"""The reference part of `docs/*/cli.md`, made from the commands themselves.

Run `PYTHONPATH=tests python -m support.cli_docs` to write it again; what stands above the marker is written by hand.

Worked example
    whole_page("es")        is what docs/es/cli.md has to be
"""

from collections.abc import Iterator
from pathlib import Path

import click

from paridad.base.errors import ExitCode
from paridad.base.words import Language
from paridad.cli.tree import LANGUAGES, WIDTH, leaves, tree
from paridad.cli.words import LABELS, TIMES

DOCS = Path(__file__).parents[2] / "docs"
MARKER = "<!-- support.cli_docs -->\n"
TITLES: dict[str, dict[Language, str]] = {
    "codes": {"es": "## Códigos de salida", "en": "## Exit codes"},
    "code": {"es": "| código | qué pasó |", "en": "| code | what happened |"},
    "keys": {"es": "## Las claves del JSON", "en": "## Keys of the JSON"},
    "key": {"es": "| clave | qué es |", "en": "| key | what it is |"},
    "time": {"es": "segundos Unix", "en": "Unix seconds"},
    "commands": {"es": "## Las órdenes", "en": "## The commands"},
}
CODES: dict[ExitCode, dict[Language, str]] = {
    ExitCode.DONE: {"es": "hecho", "en": "done"},
    ExitCode.REFUSED: {
        "es": "negado por la política, el folio o la otra parte; la frase dice por qué",
        "en": "refused by policy, the folio or the other party; the sentence says why",
    },
    ExitCode.USAGE: {
        "es": "mal escrito, o no está aquí lo que se nombra",
        "en": "misused, or what is named is not here",
    },
    ExitCode.VERIFICATION_FAILED: {
        "es": "algo no se verifica: una firma, una prueba, una carta, una comprobación del nodo",
        "en": "something does not verify: a signature, a proof, a charter, a check of the node",
    },
    ExitCode.UNREACHABLE: {"es": "la otra parte no contesta", "en": "the other party does not answer"},
    ExitCode.TRY_AGAIN: {
        "es": "nada se hizo; repita, con el mismo identificador si lo había",
        "en": "nothing was done; repeat, with the same identifier if there was one",
    },
}


def path_of(language: Language) -> Path:
    """Return the place of a page."""
    return DOCS / language / "cli.md"


def whole_page(language: Language) -> str:
    """Return the page: its hand-written part as it stands, and the reference made anew."""
    written, _, _ = path_of(language).read_text(encoding="utf-8").partition(MARKER)
    return written + MARKER + "\n".join(reference(language)) + "\n"


def reference(language: Language) -> Iterator[str]:
    """Yield the lines of the reference."""
    yield from ("", TITLES["codes"][language], "", TITLES["code"][language], "|---|---|")
    yield from (f"| {code.value} | {words[language]} |" for code, words in CODES.items())
    yield from ("", TITLES["commands"][language])
    for path, command in leaves(tree(language)):
        yield from ("", f"### `{path}`", "", "```text", help_of(path, command), "```")
    yield from ("", TITLES["keys"][language], "", TITLES["key"][language], "|---|---|")
    for key in sorted(LABELS):
        time = f" ({TITLES['time'][language]})" if key in TIMES else ""
        yield f"| `{key}` | {LABELS[key].in_(language)}{time} |"


def help_of(path: str, command: click.Command) -> str:
    """Return a command's help as it prints it."""
    return command.get_help(click.Context(command, info_name=path, terminal_width=WIDTH))


if __name__ == "__main__":
    for each in LANGUAGES:
        path_of(each).write_text(whole_page(each), encoding="utf-8")
