# SPDX-License-Identifier: Apache-2.0
"""The command line of the auditor of runs: who is named and by what, in Spanish or English.

Exit codes: 0 nobody is named, 1 a side is named, 2 usage, 3 the export itself does not verify and names nobody.
`python -m paridad_verify_run FILE --lang en`; `--json` prints the same sentences in both languages, in a stable form.
"""

import argparse
import json
import sys
import time
import tomllib
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from paridad_verify.__main__ import WORDS as BUNDLE_WORDS
from paridad_verify.strict import Fault
from paridad_verify_run.export import Export, open_export
from paridad_verify_run.run import Judged, Run, judge

WORDS = tomllib.loads(files("paridad_verify_run").joinpath("words.toml").read_text("utf-8"))
NOBODY, NAMED, UNSOUND = 0, 1, 3
Words = dict[str, str]


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge an export and print the report."""
    options: dict[str, dict[str, Any]] = {
        "export": {"metavar": "FILE", "type": Path},
        "--lang": {"choices": ("es", "en"), "default": "es"},
        "--json": {"action": "store_true"},
        "--charter-hash": {"metavar": "HASH", "action": "append", "default": []},
        "--at": {"metavar": "UNIX", "type": int, "default": int(time.time())},
    }
    parser = argparse.ArgumentParser(prog="paridad_verify_run", description=" · ".join(WORDS["cli"]["about"].values()))
    for name, more in options.items():
        parser.add_argument(name, help=" · ".join(WORDS["cli"][name].values()), **more)
    given = parser.parse_args(arguments)
    try:
        data = given.export.read_bytes()
    except OSError as error:
        parser.error(str(error))
    code, told = report(data, given.at, frozenset(given.charter_hash))
    if given.json:
        print(json.dumps(told, ensure_ascii=False, indent=1))
    else:
        lines = [sentence[given.lang] for sentence in told["sentences"]]
        print("\n".join("".join(c if c.isprintable() else "�" for c in line) for line in lines))
    return code


def report(data: bytes, now: int, anchors: frozenset[str]) -> tuple[int, dict[str, Any]]:
    """Return the exit code and the report in its stable form."""
    try:
        export = open_export(data, now, anchors)
    except Fault as fault:
        name = fault.name if fault.name in WORDS["fault"] else "other"
        return UNSOUND, _told([], [_say("cli", "unsound"), _say("fault", name, fault=fault.name)])
    if export.bundle.failures:
        sentences = [_filled(BUNDLE_WORDS["fault"][fault.name], **fault.values) for _, fault in export.bundle.failures]
        return UNSOUND, _told([], [_say("cli", "unsound"), *sentences])
    judged = judge(Run(export.said, export.earlier), export.claims)
    named = [*export.unread, *judged.findings]
    findings = [{**each._asdict(), "agency": export.agencies[each.side]} for each in named]
    return (NAMED if named else NOBODY), _told(findings, [*_sentences(export, judged, anchored=bool(anchors))])


def _sentences(export: Export, judged: Judged, *, anchored: bool) -> Iterator[Words]:
    named = [*export.unread, *judged.findings]
    for side in sorted({each.side for each in named}):
        yield _say("cli", "named", agency=export.agencies[side])
    if not named:
        yield _say("cli", "nobody")
    first, second = export.agencies
    yield _say("cli", "parties", run=export.said[0].act if export.said else "-", first=first, second=second)
    for each in named:
        words = WORDS["finding"][each.name]
        yield {
            lang: text.format(step=each.step, act=each.act, sentence=words[lang])
            for lang, text in WORDS["cli"]["step"].items()
        }
    if judged.difference:
        yield _say("cli", judged.difference[0], tag=judged.difference[1].hex())
    yield _say("cli", "far" if judged.step >= 0 else "before", step=judged.step)
    for name in ("common", "pairs"):
        if (number := getattr(judged, name)) is not None:
            yield _say("cli", name, number=number)
    if export.missing:
        yield _say("cli", "missing", n=len(export.missing))
    yield _say("cli", "anchored" if anchored else "assumed")
    yield _say("cli", "limits")


def _told(findings: list[dict[str, Any]], sentences: list[Words]) -> dict[str, Any]:
    return {"findings": findings, "sentences": sentences}


def _say(table: str, name: str, **values: object) -> Words:
    return _filled(WORDS[table][name], **values)


def _filled(words: Words, **values: object) -> Words:
    return {lang: text.format(**values) for lang, text in words.items()}


if __name__ == "__main__":
    sys.exit(main())
