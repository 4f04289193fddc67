# SPDX-License-Identifier: Apache-2.0
"""The command line of the auditor: `paridad-verify BUNDLE`; 0 verified, 2 usage, 3 verification failed."""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from paridad_verify.bundle import Bundle
from paridad_verify.faults import WORDS
from paridad_verify.report import report


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify a bundle and print what it proves and what it does not."""
    parser = argparse.ArgumentParser(prog="paridad-verify", description=" · ".join(WORDS["cli"]["about"].values()))
    parser.add_argument("bundle", metavar="BUNDLE", type=Path)
    parser.add_argument("--lang", choices=("es", "en"), default="es")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--charter-hash", metavar="HASH", action="append", default=[])
    parser.add_argument("--at", metavar="UNIX", type=int)
    given = parser.parse_args(arguments)
    try:
        data = given.bundle.read_bytes()
    except OSError as error:
        parser.error(str(error))
    anchors = frozenset(given.charter_hash)
    found = report(Bundle(data, int(time.time()) if given.at is None else given.at, anchors), anchored=bool(anchors))
    print(json.dumps(found, ensure_ascii=False, indent=1) if given.json else "\n".join(_text(found, given.lang)))
    return 0 if found["verified"] else 3


def _text(found: dict[str, Any], language: str) -> list[str]:
    words = {name: text[language] for name, text in WORDS["cli"].items()}
    lines = [words["verified" if found["verified"] else "failed"].format(**found)]
    for each in found["failures"]:
        lines.append(f"  ✗ {each['item']}, {words['step']} {each['step']} ({each['id']}): {each[language]}")
    for title in ("proved", "not_proved"):
        lines += ["", words[title]]
        for item, sentences in groupby(found[title], key=lambda each: str(each["item"])):
            lines += [f"  {item}", *(f"    {each[language]}" for each in sentences)]
    return ["".join(c if c.isprintable() else "�" for c in line) for line in lines]  # no act speaks to the terminal


if __name__ == "__main__":
    sys.exit(main())
