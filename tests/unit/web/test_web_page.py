# SPDX-License-Identifier: Apache-2.0
"""The status page: the same record in both languages, well formed, quiet, and deaf to anybody from outside."""

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest

from paridad.base.words import Language
from paridad.cli.seeing import NOBODY
from paridad.cli.status import status_of
from paridad.web.page import WORDS, page
from paridad.web.server import HEADERS, StatusPage
from support.cli_world import CommandLines

VOID = {"meta", "link", "br"}


class Document(HTMLParser):
    """Reads a page strictly: every element closed, in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        assert self.open == [], self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Insist that it closes the last one opened."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """Return the attributes of every element of a name."""
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLines]:
    """Return a world in which something was asked."""
    with CommandLines(tmp_path_factory.mktemp("web")) as lines:
        lines.asked("MX/FGR", "US/DOJ")
        yield lines


def status(world: CommandLines, party: str = "US") -> dict[str, Any]:
    """Return what the page is made of."""
    return status_of(world.parties.by_name[party], NOBODY)


@pytest.mark.parametrize("party", ["MX", "US"])
@pytest.mark.parametrize("language", ["es", "en"])
def test_the_page_is_a_document(world: CommandLines, party: str, language: Language) -> None:
    """One heading, every table captioned with its heads, every time in a `<time>`, language named, no inline script."""
    document = Document(page(status(world, party), language))
    assert document.all("html") == [{"lang": language}]
    assert len(document.all("h1")) == 1
    assert len(document.all("caption")) == len(document.all("table")) > 0
    assert all(each == {"scope": "col"} for each in document.all("th"))
    assert all(str(each["datetime"]).endswith("Z") for each in document.all("time"))
    assert not document.all("script")
    assert not any("style" in attributes or "onclick" in attributes for _, attributes in document.elements)
    other = "en" if language == "es" else "es"
    assert document.all("a")[0] == {"href": f"/{other}/", "lang": other}
    assert world.parties.by_name[party].own.keys.current.hash in document.text


def test_both_languages_show_the_same_numbers(world: CommandLines) -> None:
    """The two pages differ in words only."""
    es, en = (Document(page(status(world), language)) for language in ("es", "en"))
    assert [tag for tag, _ in es.elements] == [tag for tag, _ in en.elements]
    assert [each["datetime"] for each in es.all("time")] == [each["datetime"] for each in en.all("time")]


def test_what_is_empty_says_so(tmp_path: Path) -> None:
    """A node where nothing happened yet shows sentences, not bare tables; a troubled stream shows its next attempt."""
    with CommandLines(tmp_path) as lines:
        found = status(lines)
        text = page(found, "es")
        assert text.count("No hay elementos.") == 3
        found["outbound"] = [
            {"sender": "A/B", "receiver": "C/D", "queued": 1, "batched": 0, "receipted": 0, "countersigned": 0,
             "last_error": "", "next_try_at": None},
            {"sender": "A/B", "receiver": "C/E", "queued": 0, "batched": 1, "receipted": 0, "countersigned": 0,
             "last_error": "<script>alert(1)</script>", "next_try_at": 1_795_370_400},
        ]  # fmt: skip
        found["notice"] = None
        document = Document(page(found, "en"))
    assert "22 Nov 2026, 18:00:00 UTC" in document.text
    assert "<script>alert(1)</script>" in document.text
    assert not document.all("script")


def test_nothing_of_an_act_is_on_the_page(world: CommandLines) -> None:
    """No folio, no question, no act hash, no officer: counts, sizes and positions only."""
    text = page(status(world), "es") + page(status(world, "MX"), "en")
    node = world.parties.by_name["US"]
    with node.own.store.read() as conn:
        hashes = conn.exec_driver_sql("SELECT hash FROM acts").scalars().all()
    for secret in (*hashes, "MX-2025-0001", "¿Quién es?", *(each.name for each in node.home.officers().values())):
        assert secret not in text


def test_the_words_are_complete() -> None:
    """Every word of the page stands in both languages."""
    assert all(words.es and words.en for words in WORDS.values())


@pytest.fixture
def client(world: CommandLines) -> Iterator[httpx.Client]:
    """Return a browser on this machine."""
    served = StatusPage(lambda: status(world), port=0)
    served.start()
    with httpx.Client(base_url=f"http://127.0.0.1:{served.port}", trust_env=False) as found:
        yield found
    served.stop()


ADDRESSES = {
    "/es/": (200, "text/html; charset=utf-8"),
    "/en/": (200, "text/html; charset=utf-8"),
    "/style.css": (200, "text/css; charset=utf-8"),
    "/": (307, ""),
    "/es": (307, ""),
    "/elsewhere": (404, "text/html; charset=utf-8"),
    "/en/elsewhere": (404, "text/html; charset=utf-8"),
}


@pytest.mark.parametrize(("path", "answer"), ADDRESSES.items(), ids=ADDRESSES.keys())
def test_every_answer_carries_the_content_policy(client: httpx.Client, path: str, answer: tuple[int, str]) -> None:
    """Pages, redirects and refusals alike forbid scripts, frames, forms and being kept."""
    response = client.get(path)
    assert (response.status_code, response.headers.get("content-type", "")) == answer
    assert HEADERS.items() <= dict(response.headers).items()
    if answer[0] in {200, 404} and "html" in answer[1]:
        Document(response.text)


def test_the_language_of_the_browser_is_used_once(client: httpx.Client) -> None:
    """The bare address leads to the browser's language; an address with a language stays in it."""
    for header, target in (("en-GB,en;q=0.9", "/en/"), ("es-MX", "/es/"), ("fr", "/es/"), ("", "/es/")):
        assert client.get("/", headers={"accept-language": header}).headers["location"] == target
    assert client.get("/en", headers={"accept-language": "es"}).headers["location"] == "/en/"
    assert 'lang="en"' in client.get("/en/nowhere", headers={"accept-language": "es"}).text


def test_only_this_machine_and_only_reading(client: httpx.Client) -> None:
    """A foreign name that was pointed here is turned away, and nothing but GET is answered."""
    assert client.get("/es/", headers={"host": "attacker.example"}).status_code == 421
    assert client.post("/es/").status_code == 405


def test_a_node_may_have_no_page() -> None:
    """Port -1 opens nothing."""
    none = StatusPage(dict, port=-1)
    none.start()
    none.stop()
    assert none.port == -1
