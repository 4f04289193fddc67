# SPDX-License-Identifier: Apache-2.0
"""The command line of the auditor: what a bundle proves, act by act, and what it does not prove, in Spanish or English.

Exit codes: 0 verified, 2 usage, 3 verification failed. Nothing is said of an act that failed a step; the values of its
fields are not repeated, only their names. `--json` prints the same sentences in both languages, in a stable form.
"""

import argparse
import json
import sys
import time
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from paridad_verify.acts import Act
from paridad_verify.bundle import Bundle, Line
from paridad_verify.faults import WORDS

_LIMITS = ("true", "outside", "erased", "forwarded", "clocks", "split", "ended", "vocabulary")
_ANSWERS = {"folio/answer/1", "folio/supplement/1"}
_Sentences = Iterator[tuple[str, str, str, Mapping[str, Any]]]
"""Table and name of a sentence, the item it speaks of, and what it fills in."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify a bundle and print the report."""
    parser = argparse.ArgumentParser(prog="paridad-verify", description=" · ".join(WORDS["cli"]["about"].values()))
    parser.add_argument("bundle", metavar="BUNDLE", type=Path)
    parser.add_argument("--lang", choices=("es", "en"), default="es")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--charter-hash", metavar="HASH", action="append", default=[])
    parser.add_argument("--at", metavar="UNIX", type=int, default=int(time.time()))
    given = parser.parse_args(arguments)
    try:
        data = given.bundle.read_bytes()
    except OSError as error:
        parser.error(str(error))
    found = report(Bundle(data, given.at, frozenset(given.charter_hash)), anchored=bool(given.charter_hash))
    print(json.dumps(found, ensure_ascii=False, indent=1) if given.json else "\n".join(_text(found, given.lang)))
    return 0 if found["verified"] else 3


def report(bundle: Bundle, *, anchored: bool) -> dict[str, Any]:
    """Return the report in its stable form; `anchored` if the user named a charter to rely on."""
    said = [_filled(*each) for each in _sentences(bundle, anchored)]
    faults = [(fault.step, _filled("fault", fault.name, item, fault.values)) for item, fault in bundle.failures]
    return {
        "verified": not faults,
        "acts": len(bundle.acts),
        "checkpoints": len(bundle.checkpoints),
        "cosignatures": sum(len(head.cosigned) for head in bundle.checkpoints.values()),
        "failures": [{"step": step, **words} for step, (_, words) in faults],
        "proved": [words for table, words in said if table != "not_proved"],
        "not_proved": [words for table, words in said if table == "not_proved"],
    }


def _filled(table: str, name: str, item: str, values: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    words = {language: text.format_map(values) for language, text in WORDS[table][name].items()}
    return table, {"item": item, "id": name, **words}


def _sentences(bundle: Bundle, anchored: bool) -> _Sentences:
    if not bundle.failures:
        yield "proved", "sealed", "bundle", {**bundle.head, "at": _utc(bundle.head["at"])}
    for charter in bundle.keys.charters:
        proved = anchored and not bundle.failures
        yield (
            ("proved" if proved else "not_proved"),
            ("anchored" if proved else "assumed"),
            "charter",
            charter._asdict(),
        )
    for item, head in bundle.evidence:
        yield "proved", "equivocation", item, head._asdict()
    for item, line in bundle.streams:
        places = [(line["from"], line["to"], line["first"] + n) for n in range(len(line["acts"]))]
        whole = all(place in bundle.covered for place in places)
        values = {**line, "sender": line["from"], "n": len(places)}
        yield ("proved" if whole else "not_proved"), ("stream" if whole else "claimed"), item, values
    cosigned = defaultdict[tuple[str, str, str], list[tuple[int, int]]](list)
    for head in sorted(bundle.checkpoints.values()):
        for party, role, at in head.cosigned:
            cosigned[head.origin, party, role].append((head.size, at))
    for item, line, act in bundle.acts:
        holders = [(*key[1:], heads) for key, heads in cosigned.items() if key[0] == line["origin"]]
        yield from _act(item, line, act, holders, bundle.received[act.hash])
    yield from (("not_proved", name, "bundle", {}) for name in _LIMITS)


def _act(
    item: str, line: Line, act: Act, holders: Sequence[tuple[str, str, list[tuple[int, int]]]], received: Sequence[Line]
) -> _Sentences:
    claims, knd = act.claims, act.claims["knd"]
    told = {
        "kid": act.kid,
        "time": _utc(claims["iat"]),
        "to": ", ".join(claims["aud"]),
        "re": ", ".join(claims["re"]) or "-",
    }
    yield "proved", "said", item, {**claims, **told, "hash": act.hash}
    yield "proved", "stands", item, line
    seen = False
    for party, role, heads in holders:
        for size, at in heads[bisect_right(heads, (line["index"], 2**64)) :][:1]:  # the first tree that holds the act
            seen = True
            yield "proved", role, item, {"party": party, "size": size, "time": _utc(at)}
    if not seen:
        yield "not_proved", "uncosigned", item, {}
    for each in received:
        yield "proved", "received", item, {**each, "at": _utc(each["at"])}
    yield "proved", "open", item, {"fields": ", ".join(act.paths) or "-", "closed": act.closed}
    if line.get("omits"):
        yield "proved", "omits", item, {"n": len(line["omits"])}
    for each in act.fields.get("withheld", ()) if knd in _ANSWERS else ():
        yield "proved", "withheld", item, {"what": "-", **each}
    if knd in WORDS["kind"]:
        n = len(act.fields.get("parcels", ())) if knd.startswith("exchange/") else 0
        yield (
            "kind",
            knd,
            item,
            defaultdict(lambda: "-", {**act.fields, "n": n, "re": told["re"], "fol": claims["fol"]}),
        )


def _utc(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def _text(found: dict[str, Any], language: str) -> list[str]:
    words = {name: text[language] for name, text in WORDS["cli"].items()}
    lines = [words["verified" if found["verified"] else "failed"].format_map(found)]
    for each in found["failures"]:
        lines.append(f"  ✗ {each['item']}, {words['step']} {each['step']} ({each['id']}): {each[language]}")
    for title in ("proved", "not_proved"):
        lines += ["", words[title]]
        for item, sentences in groupby(found[title], key=lambda each: str(each["item"])):
            lines += [f"  {item}", *(f"    {each[language]}" for each in sentences)]
    return ["".join(c if c.isprintable() else "�" for c in line) for line in lines]  # no act speaks to the terminal


if __name__ == "__main__":
    sys.exit(main())
