# SPDX-License-Identifier: Apache-2.0
r"""The status page as plain HTML: built by escaping, readable without style, script or colour.

Rules
  - Every text is escaped; every time is a `<time>` in UTC with the month as a word; every table has a caption.
  - An empty table says so. Nothing is truncated: a hash stands in full.
  - Nothing of any act is here: sizes, positions, counts and times only.

Worked example
    page(status, "es")        begins with '<!doctype html>\n<html lang="es">'
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from importlib.resources import files
from typing import Any

from paridad.base.words import Language, Words

MONTHS: Mapping[Language, str] = {
    "es": "ene feb mar abr may jun jul ago sep oct nov dic",
    "en": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
}
STYLE = """\
body { font: 1rem/1.5 "Public Sans", "Noto Sans", system-ui, sans-serif; max-width: 70rem; margin: 2rem auto;
  padding: 0 1rem; color: #111; background: #fff; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; } caption { text-align: left; }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #bbb; vertical-align: top; }
dt { font-weight: bold; } dd { margin: 0 0 .5rem; overflow-wrap: anywhere; }
.region { overflow-x: auto; } .notice { border-left: .4rem solid #111; padding-left: 1rem; }
a { color: #00457c; } @media print { nav { display: none; } }
"""

_TEXTS = tomllib.loads(files("paridad.web").joinpath("words.toml").read_text(encoding="utf-8"))
WORDS: Mapping[str, Words] = {name: Words(es=each["es"], en=each["en"]) for name, each in _TEXTS.items()}

Status = Mapping[str, Any]
"""What `paridad status --json` prints."""


def page(status: Status, language: Language) -> str:
    """Return the status page."""
    party = _words(status["party"], language)
    title = f"{_say('title', language)}: {escape(party)} ({escape(status['party']['code'])})"
    parts = [
        _head(title, language),
        f"<h1>{title}</h1>",
        f"<p>{_say('at', language)}: {_time(status['now'], language)}. {_say('refresh', language)}</p>",
        _notice(status, language),
        _charter(status["charter"], language),
        *_tables(status, language),
        "</main></body></html>\n",
    ]
    return "\n".join(part for part in parts if part)


def missing(language: Language) -> str:
    """Return the page for an address that does not exist."""
    text = _say("not_found", language)
    link = f'<p><a href="/{language}/">{_say("title", language)}</a></p>'
    return f"{_head(text, language)}\n<h1>{text}</h1>\n{link}</main></body></html>\n"


def _head(title: str, language: Language) -> str:
    other: Language = "en" if language == "es" else "es"
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head><meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{title}</title>\n'
        '<link rel="stylesheet" href="/style.css"><link rel="icon" href="data:,"></head>\n<body>\n'
        f'<nav><a href="/{other}/" lang="{other}">{_say("other_language", language)}</a></nav>\n<main>'
    )


def _notice(status: Status, language: Language) -> str:
    notice = status.get("notice")
    return f'<p class="notice">{escape(_words(notice, language))}</p>' if notice else ""


def _charter(charter: Status, language: Language) -> str:
    rows = [
        ("programme", escape(f"{_words(charter['programme'], language)} ({charter['programme']['code']})")),
        ("version", str(charter["version"])),
        ("charter_hash", f"<code>{escape(charter['charter_hash'])}</code>"),
        ("effective_from", _time(charter["effective_from"], language)),
    ]
    listed = "\n".join(f"<dt>{_say(name, language)}</dt><dd>{value}</dd>" for name, value in rows)
    return f"<h2>{_say('charter', language)}</h2>\n<dl>{listed}</dl>"


def _tables(status: Status, language: Language) -> Iterable[str]:
    numbers = ("quarantined", "conflicts_open", "evidence_held")
    yield _table("logs", ("log", "size", "signed_size", "vouched"), _logs(status["logs"], language), language)
    yield _table("outbound", _OUTBOUND, (_cells(each, _OUTBOUND, language) for each in status["outbound"]), language)
    yield _table("inbound", _INBOUND, (_cells(each, _INBOUND, language) for each in status["inbound"]), language)
    counted = ([_say(name, language), str(status[name])] for name in numbers)
    yield _table("attention", ("attention", "open"), counted, language)
    yield _table("waiting", _WAITING, (_cells(each, _WAITING, language) for each in status["waiting"]), language)
    yield f"<p>{_say('waiting_note', language)}</p>"
    yield _table("views", _VIEWS, (_cells(each, _VIEWS, language) for each in status["views"]), language)


_OUTBOUND = ("sender", "receiver", "queued", "batched", "receipted", "countersigned", "last_error", "next_try_at")
_INBOUND = ("sender", "receiver", "expects", "ahead")
_WAITING = ("party", "duty", "open", "overdue")
_VIEWS = ("view", "behind")
_TIMES = frozenset({"next_try_at"})


def _logs(logs: Sequence[Status], language: Language) -> Iterable[list[str]]:
    for each in logs:
        if each["ours"]:
            vouched = [f"{one['cosigner']}: {one['size']}" for one in each["cosigned"]]
            size, signed = str(each["size"]), str(each["signed_size"])
        else:
            vouched = [f"{_say(name, language)}: {each[name]}" for name in ("witnessed", "mirrored")]
            size, signed = "—", "—"
        yield [escape(each["log"]), size, signed, "<br>".join(map(escape, vouched))]


def _cells(row: Status, names: Sequence[str], language: Language) -> list[str]:
    return [_cell(name, row[name], language) for name in names]


def _cell(name: str, value: Any, language: Language) -> str:
    if isinstance(value, Mapping):
        return escape(_words(value, language))
    if value is None or value == "":
        return _say("none", language)
    return _time(value, language) if name in _TIMES else escape(str(value))


def _table(name: str, columns: Sequence[str], rows: Iterable[Sequence[str]], language: Language) -> str:
    heads = "".join(f'<th scope="col">{_say(each, language)}</th>' for each in columns)
    body = "\n".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    caption = _say(name, language)
    if not body:
        return f"<h2>{caption}</h2>\n<p>{_say('no_items', language)}</p>"
    return (
        f'<div class="region" role="region" tabindex="0" aria-label="{caption}"><table>\n'
        f"<caption><h2>{caption}</h2></caption>\n"
        f"<thead><tr>{heads}</tr></thead>\n<tbody>{body}</tbody></table></div>"
    )


def _say(name: str, language: Language) -> str:
    return escape(WORDS[name].in_(language))


def _words(value: Mapping[str, str], language: Language) -> str:
    return value[language]


def _time(at: int, language: Language) -> str:
    time = datetime.fromtimestamp(at, UTC)
    month = MONTHS[language].split()[time.month - 1]
    return f'<time datetime="{time:%Y-%m-%dT%H:%M:%SZ}">{time.day} {month} {time.year}, {time:%H:%M:%S} UTC</time>'
