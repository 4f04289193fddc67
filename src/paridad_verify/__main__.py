# SPDX-License-Identifier: Apache-2.0
"""The command line of the auditor: what a bundle proves, act by act, and what it does not prove, in Spanish or English.

Exit codes: 0 verified, 2 usage, 3 verification failed. Nothing is said of an act that failed a step; the values of its
fields are not repeated, only their names. `--json` prints the same sentences in both languages, in a stable form.
"""

import argparse
import json
import sys
import time
import tomllib
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import Any

from paridad_verify.acts import Act
from paridad_verify.bundle import RECEIPT, RELEASE, Bundle, Line

WORDS = tomllib.loads(files("paridad_verify").joinpath("words.toml").read_text("utf-8"))
_LIMITS = ("true", "outside", "erased", "forwarded", "clocks", "split", "ended", "vocabulary")
_Sentence = tuple[str, str, Mapping[str, Any]]  # its name, the item it speaks of, what fills its places


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify a bundle and print the report."""
    options: dict[str, dict[str, Any]] = {
        "bundle": {"metavar": "BUNDLE", "type": Path},
        "--lang": {"choices": ("es", "en"), "default": "es"},
        "--json": {"action": "store_true"},
        "--charter-hash": {"metavar": "HASH", "action": "append", "default": []},
        "--at": {"metavar": "UNIX", "type": int, "default": int(time.time())},
    }
    parser = argparse.ArgumentParser(prog="paridad-verify", description=" · ".join(WORDS["cli"]["about"].values()))
    for name, more in options.items():
        parser.add_argument(name, help=" · ".join(WORDS["cli"][name].values()), **more)
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
    said = [*_sentences(bundle, anchored)]
    faults = [_filled("fault", (fault.name, item, fault.values)) for item, fault in bundle.failures]
    return {
        "verified": not faults,
        "acts": len(bundle.acts),
        "checkpoints": len(bundle.checkpoints),
        "cosignatures": sum(len(head.cosigned) for head in bundle.checkpoints.values()),
        "failures": [{"step": fault.step, **words} for (_, fault), words in zip(bundle.failures, faults, strict=True)],
        "proved": [_filled("proved", each) for each in said if each[0] in WORDS["proved"]],
        "not_proved": [_filled("not_proved", each) for each in said if each[0] in WORDS["not_proved"]],
    }


def _filled(table: str, told: _Sentence) -> dict[str, str]:
    name, item, values = told
    return {"item": item, "id": name, **{lang: text.format_map(values) for lang, text in WORDS[table][name].items()}}


def _sentences(bundle: Bundle, anchored: bool) -> Iterator[_Sentence]:
    sound = not bundle.failures
    if sound:
        yield "sealed", "bundle", {**bundle.head, "at": _utc(bundle.head["at"])}
    for charter in bundle.keys.charters:
        yield "anchored" if anchored and sound else "assumed", "charter", charter._asdict()
    for item, head in bundle.evidence:
        yield "equivocation", item, head._asdict()
    for item, line in bundle.streams:
        places = [(line["from"], line["to"], line["first"] + n) for n in range(len(line["acts"]))]
        whole = all(place in bundle.covered for place in places)
        yield "stream" if whole else "claimed", item, {**line, "sender": line["from"], "n": len(places)}
    cosigned = defaultdict[tuple[str, str, str], list[tuple[int, int]]](list)
    for head in sorted(bundle.checkpoints.values()):
        for party, role, at in head.cosigned:
            cosigned[head.origin, party, role].append((head.size, at))
    for item, line, act in bundle.acts:
        yield from ((name, item, values) for name, values in _act(bundle, line, act, cosigned))
    yield from ((name, "bundle", {}) for name in _LIMITS)


def _act(bundle: Bundle, line: Line, act: Act, cosigned: Mapping[Any, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    knd, told = act.claims["knd"], {name: ", ".join(act.claims[name]) or "-" for name in ("aud", "re")}
    told = {**act.claims, **told, "kid": act.kid, "hash": act.hash, "time": _utc(act.claims["iat"])}
    yield "said", told
    yield "stands", line
    seen = False
    for (origin, party, role), heads in cosigned.items():
        place = bisect_right(heads, (line["index"], 2**64))  # the first tree that holds the act
        if origin == line["origin"] and place < len(heads):
            yield role, {"party": party, "size": heads[place][0], "time": _utc(heads[place][1])}
            seen = True
    if not seen:
        yield "uncosigned", {}
    for each in bundle.received[act.hash]:
        yield "received", {**each, "at": _utc(each["at"])}
    yield "open", {"fields": ", ".join(act.paths) or "-", "closed": act.closed}
    if line.get("omits"):
        yield "omits", {"n": len(line["omits"])}
    for each in act.fields.get("withheld", ()) if knd in {"folio/answer/1", "folio/supplement/1"} else ():
        yield "withheld", defaultdict(lambda: "-", each)
    if knd in WORDS["proved"]:
        count = len(act.fields.get("parcels", ())) if knd in {RELEASE, RECEIPT} else 0
        fields = {name: {"True": "✓", "False": "✗"}.get(str(value), value) for name, value in act.fields.items()}
        yield knd, defaultdict(lambda: "-", {**told, **fields, "n": count})


def _utc(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def _text(found: dict[str, Any], language: str) -> list[str]:
    words = {name: text[language] for name, text in WORDS["cli"].items()}
    lines = [words["verified" if found["verified"] else "failed"].format_map(found)]
    fault = "  ✗ {item}, {word} {step} ({id}): {sentence}"
    lines += [fault.format(**each, word=words["step"], sentence=each[language]) for each in found["failures"]]
    for title in ("proved", "not_proved"):
        lines += ["", words[title]]
        for item, sentences in groupby(found[title], key=lambda each: str(each["item"])):
            lines += [f"  {item}", *(f"    {each[language]}" for each in sentences)]
    return ["".join(c if c.isprintable() else "�" for c in line) for line in lines]  # no act speaks to the terminal


if __name__ == "__main__":
    sys.exit(main())
