# SPDX-License-Identifier: Apache-2.0
"""The glossary's documents, made from `paridad/cli/glossary.toml`.

Run `PYTHONPATH=tests python -m support.glossary_docs` to write them again.

Worked example
    document("en")        is what docs/en/glossary.md has to be
"""

from pathlib import Path

from paridad.base.words import Language
from paridad.cli.glossary import sections

DOCS = Path(__file__).parents[2] / "docs"
PATHS: dict[Language, Path] = {"es": DOCS / "es" / "glosario.md", "en": DOCS / "en" / "glossary.md"}
HEADS: dict[Language, str] = {
    "es": "# Glosario\n\n[English](../en/glossary.md)\n\nUna cosa, un nombre, en cada idioma. Las páginas, las órdenes y "
    "los documentos usan estas palabras y no otras. Los nombres en `código` son iguales en ambos idiomas.\n",
    "en": "# Glossary\n\n[Español](../es/glosario.md)\n\nOne thing, one name, in each language. Pages, commands and "
    "documents use these words and no others. Names in `code` are the same in both languages.\n",
}
COLUMNS: dict[Language, str] = {
    "es": "| palabra | in English | qué es |\n|---|---|---|\n",
    "en": "| word | en español | what it is |\n|---|---|---|\n",
}


def document(language: Language) -> str:
    """Return the document of one language."""
    other = "en" if language == "es" else "es"
    parts = [HEADS[language]]
    for section in sections().values():
        rows = [f"| **{term[language]}** | {term[other]} | {term[f'means_{language}']} |\n" for term in section["term"]]
        parts.append(f"\n## {section[language]}\n\n{COLUMNS[language]}{''.join(rows)}")
    return "".join(parts)


if __name__ == "__main__":
    for each, path in PATHS.items():
        path.write_text(document(each), encoding="utf-8")
