# SPDX-License-Identifier: Apache-2.0
"""What a bundle proves, act by act, and what it does not prove, as sentences in both languages.

Nothing is said of an act that failed a step. The values of fields are not repeated, only their names.
"""

import time
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from paridad_verify.bundle import Bundle, Filed
from paridad_verify.faults import WORDS

Sentence = dict[str, Any]
_Cosigned = Mapping[tuple[str, str, str], list[tuple[int, int]]]
_LIMITS = ("true", "outside", "erased", "forwarded", "clocks", "split", "ended", "vocabulary")


def report(bundle: Bundle, *, anchored: bool) -> dict[str, Any]:
    """Return the report in its stable form; `anchored` if the user named a charter to rely on."""
    cosigned: dict[tuple[str, str, str], list[tuple[int, int]]] = defaultdict(list)
    for head in sorted(bundle.checkpoints.values()):
        for party, role, at in head.cosigned:
            cosigned[head.origin, party, role].append((head.size, at))
    steps = [{"item": item, "step": fault.step} for item, fault in bundle.failures]
    said = [_say("fault", item, fault.name, fault.values) for item, fault in bundle.failures]
    sentences = [*_charters(bundle, anchored), *_streams(bundle)]
    for filed in bundle.acts:
        sentences += _act(bundle, filed, cosigned)
    sentences += [("not_proved", _say("not_proved", "bundle", name, {})) for name in _LIMITS]
    return {
        "verified": not bundle.failures,
        "acts": len(bundle.acts),
        "checkpoints": len(bundle.checkpoints),
        "cosignatures": sum(map(len, cosigned.values())),
        "failures": [step | each for step, each in zip(steps, said, strict=True)],
        "proved": [each for table, each in sentences if table == "proved"],
        "not_proved": [each for table, each in sentences if table == "not_proved"],
    }


def _say(table: str, item: str, name: str, values: Mapping[str, Any]) -> Sentence:
    return {"item": item, "id": name, **{lang: text.format_map(values) for lang, text in WORDS[table][name].items()}}


def _charters(bundle: Bundle, anchored: bool) -> Iterator[tuple[str, Sentence]]:
    table, name = ("proved", "anchored") if anchored else ("not_proved", "assumed")
    for charter in bundle.keys.charters:
        yield table, _say(table, "charter", name, charter._asdict())
    for item, head in bundle.evidence:
        yield "proved", _say("proved", item, "equivocation", head._asdict())


def _streams(bundle: Bundle) -> Iterator[tuple[str, Sentence]]:
    for item, line in bundle.streams:
        places = [(line["from"], line["to"], line["first"] + n) for n in range(len(line["acts"]))]
        table, name = ("proved", "stream") if all(p in bundle.covered for p in places) else ("not_proved", "claimed")
        yield table, _say(table, item, name, {**line, "n": len(places), "sender": line["from"]})


def _act(bundle: Bundle, filed: Filed, cosigned: _Cosigned) -> Iterator[tuple[str, Sentence]]:
    item, line, act = filed
    claims, fields, holders = act.claims, act.fields, 0
    told = {
        "time": _utc(claims["iat"]),
        "to": ", ".join(claims["aud"]),
        "re": ", ".join(claims["re"]) or "-",
        "kid": act.kid,
    }
    yield "proved", _say("proved", item, "said", {**claims, **told})
    yield "proved", _say("proved", item, "stands", line)
    for (origin, party, role), heads in cosigned.items():
        first = bisect_right(heads, (line["index"], 2**63))  # the first cosigned tree that holds the act
        if origin == line["origin"] and first < len(heads):
            size, at = heads[first]
            holders += 1
            yield "proved", _say("proved", item, role, {"party": party, "size": size, "time": _utc(at)})
    if not holders:
        yield "not_proved", _say("not_proved", item, "uncosigned", {})
    for each in bundle.received.get(act.hash, ()):
        yield "proved", _say("proved", item, "received", {**each, "at": _utc(each["at"])})
    values: Sentence = {
        "fields": ", ".join(act.paths) or "-",
        "closed": act.closed,
        "omits": len(line.get("omits", ())),
    }
    yield "proved", _say("proved", item, "open", values)
    for each in fields.get("withheld", ()) if claims["knd"].startswith("folio/") else ():
        yield "proved", _say("proved", item, "withheld", {"what": "-", **each})
    if claims["knd"] in WORDS["kind"]:
        values = defaultdict(
            lambda: "-", {**fields, "n": len(fields.get("parcels", ())), "re": told["re"], "fol": claims["fol"]}
        )
        yield "proved", _say("kind", item, claims["knd"], values)


def _utc(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
