# SPDX-License-Identifier: Apache-2.0
"""Attacks on the edge of the pages: each is refused, and the same thing done honestly is not."""

import asyncio
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import httpx
import pytest
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from paridad.web.application import MAX_FIELDS
from paridad.web.guard import MAX_BODY, Guard
from support.pages import Browser, office_of
from support.two_nodes import Parties

FORM = {"officer": "fgr-liaison"}


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    """Return a browser at a node with demonstration identities."""
    with Parties(tmp_path) as parties:
        yield Browser(office_of(parties.by_name["MX"]))


def style_of(browser: Browser) -> str:
    """Return the address of the pages' style sheet."""
    [found] = re.findall(r'<link rel="stylesheet" href="(/static/[^"]+)"', browser.get("/es/sign-in").text)
    return str(found)


# Host: rebinding ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "localhost:9999", "127.0.0.1", ""])
def test_a_page_asked_under_a_name_that_is_not_ours_is_turned_away(browser: Browser, host: str) -> None:
    assert browser.ask("GET", "/es/sign-in", headers={"host": host}).status_code == 421


@pytest.mark.parametrize("host", ["localhost", "localhost:8001", "127.0.0.1:8001", "paridad.example"])
def test_a_page_asked_under_each_name_of_ours_is_shown(browser: Browser, host: str) -> None:
    assert browser.ask("GET", "/es/sign-in", headers={"host": host}).status_code == 200


def test_two_host_lines_are_turned_away(browser: Browser) -> None:
    two = [("host", "localhost"), ("host", "evil.example")]
    assert browser.ask("GET", "/es/sign-in", headers=two).status_code == 421


# Origin and token: forgery --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "", "http://localhost:8001", "https://localhost", "http://localhost.evil.example"],
)
def test_a_write_from_another_origin_is_refused(browser: Browser, origin: str) -> None:
    browser.get("/es/sign-in")
    answer = browser.post("/es/sign-in", FORM, headers={"origin": origin})
    assert (answer.status_code, browser.cookie) == (403, "")


def test_a_write_without_an_origin_is_refused(browser: Browser) -> None:
    answer = browser.ask("POST", "/es/sign-in", data=FORM)
    assert (answer.status_code, browser.cookie) == (403, "")


def test_a_write_from_our_own_origin_is_taken(browser: Browser) -> None:
    browser.get("/es/sign-in")
    assert browser.post("/es/sign-in", FORM).status_code == 303
    assert browser.cookie


def test_behind_a_proxy_the_origin_is_https_and_nothing_else(browser: Browser) -> None:
    proxied = Browser(browser.office, host="paridad.example")
    plain = proxied.post("/es/sign-in", FORM, headers={"origin": "http://paridad.example"})
    assert (plain.status_code, proxied.cookie) == (403, "")
    answer = proxied.post("/es/sign-in", FORM, headers={"origin": "https://paridad.example"})
    assert answer.status_code == 303
    assert "max-age" in answer.headers["strict-transport-security"]
    assert "strict-transport-security" not in browser.get("/es/sign-in").headers


@pytest.mark.parametrize("token", ["", "A" * 43, "é\n", "of another session"])
def test_a_write_without_the_token_of_its_session_is_refused(browser: Browser, token: str) -> None:
    browser.enter_demo("fgr-liaison")
    other = Browser(browser.office)
    other.enter_demo("fgr-analyst")
    sent = other.csrf if token == "of another session" else token
    assert browser.post("/es/sign-out", {"csrf": sent}).status_code == 403
    assert browser.get("/es/passkeys").status_code == 200


def test_a_write_with_the_token_of_its_session_is_taken(browser: Browser) -> None:
    browser.enter_demo("fgr-liaison")
    assert browser.post("/es/sign-out", {}).status_code == 303
    assert browser.get("/es/passkeys").status_code == 303


def test_a_token_in_the_address_does_not_count(browser: Browser) -> None:
    browser.enter_demo("fgr-liaison")
    assert browser.post(f"/es/sign-out?csrf={browser.csrf}", {"csrf": ""}).status_code == 403


def test_reading_changes_nothing(browser: Browser) -> None:
    browser.enter_demo("fgr-liaison")
    for method in ("GET", "HEAD"):
        assert browser.ask(method, "/es/sign-out", headers=browser._headers(None)).status_code in {404, 405}
    assert browser.get("/es/passkeys").status_code == 200


# What every answer says -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/es/sign-in", "/es/nowhere", "style", "/es/passkeys", "/"])
def test_every_answer_forbids_frames_foreign_content_and_being_kept(browser: Browser, path: str) -> None:
    path = style_of(browser) if path == "style" else path
    headers = browser.get(path).headers
    policy = headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy
    assert "form-action 'self'" in policy
    assert "unsafe" not in policy
    assert headers["referrer-policy"] == "same-origin"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert ("immutable" in headers["cache-control"]) == path.startswith("/static/")
    assert path.startswith("/static/") or headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in headers


def test_a_refusal_of_the_guard_carries_the_same_headers(browser: Browser) -> None:
    headers = browser.ask("GET", "/es/sign-in", headers={"host": "evil.example"}).headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


# How much -------------------------------------------------------------------------------------------------------------


def test_a_body_larger_than_allowed_is_refused_before_it_is_read(browser: Browser) -> None:
    browser.get("/es/sign-in")
    assert browser.post("/es/sign-in", {**FORM, "next": "x" * MAX_BODY}).status_code == 413


def test_a_body_that_says_no_length_is_refused(browser: Browser) -> None:
    async def parts() -> object:
        yield b"officer=fgr-liaison"

    headers = {"origin": browser.origin, "content-type": "application/x-www-form-urlencoded"}
    assert browser.ask("POST", "/es/sign-in", content=parts(), headers=headers).status_code == 413


def test_a_body_longer_than_it_said_is_not_read_to_its_end() -> None:
    """A server that believes the head would hand on more; the guard counts for itself."""
    read: list[FormData] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        read.append(await Request(scope, receive).form())
        await PlainTextResponse("read")(scope, receive, send)

    async def ask(size: int) -> int:
        headers = {
            "origin": "http://localhost",
            "content-length": "10",
            "content-type": "application/x-www-form-urlencoded",
        }
        transport = httpx.ASGITransport(app=Guard(app, hosts={"localhost"}))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return (await client.post("/", content=b"a=" + b"x" * size, headers=headers)).status_code

    assert asyncio.run(ask(MAX_BODY)) == 413
    assert read == []
    assert asyncio.run(ask(1000)) == 200


def test_somebody_who_leaves_in_the_middle_is_answered_with_nothing() -> None:
    sent: list[Message] = []

    async def app(scope: Scope, receive: Receive, _send: Send) -> None:
        await Request(scope, receive).body()

    async def gone() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"host", b"localhost"), (b"origin", b"http://localhost"), (b"content-length", b"5")]
    scope = {"type": "http", "method": "POST", "scheme": "http", "path": "/", "headers": headers}
    asyncio.run(Guard(app, hosts={"localhost"})(scope, gone, send))
    assert sent == []


def test_more_fields_than_any_form_has_are_refused(browser: Browser) -> None:
    browser.get("/es/sign-in")
    many = {f"f{n}": "x" for n in range(MAX_FIELDS + 1)}
    assert browser.post("/es/sign-in", {**FORM, **many}).status_code == 400
    few = {f"f{n}": "x" for n in range(100)}
    assert browser.post("/es/sign-in", {**FORM, **few}).status_code == 303


def test_more_files_than_one_are_refused(browser: Browser) -> None:
    browser.get("/es/sign-in")
    headers = {"origin": browser.origin}
    files = [("a", ("a.txt", b"a")), ("b", ("b.txt", b"b"))]
    assert browser.ask("POST", "/es/sign-in", data=FORM, files=files, headers=headers).status_code == 400
    assert browser.ask("POST", "/es/sign-in", data=FORM, files=files[:1], headers=headers).status_code == 303


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "OPTIONS"])
def test_other_methods_do_nothing(browser: Browser, method: str) -> None:
    headers = {"origin": browser.origin, "content-length": "0"}
    assert browser.ask(method, "/es/sign-in", headers=headers).status_code in {404, 405}


def test_a_path_leaves_the_folder_of_static_files_nowhere(browser: Browser) -> None:
    for path in (
        "/static/..%2fapplication.py",
        "/static/../application.py",
        "/static/%2e%2e/guard.py",
        "/static/manifest.json",
    ):
        assert browser.get(path).status_code == 404
    assert browser.get(style_of(browser)).status_code == 200


def test_what_people_wrote_is_shown_as_text(browser: Browser) -> None:
    """An identity, an address, a problem: whatever comes back into a page is escaped."""
    answer = browser.get("/es/sign-in?next=x%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script>alert" not in answer.text
    browser.get("/es/enrol")
    answer = browser.post("/es/enrol", {"code": '"><script>alert(1)</script>'})
    assert (answer.status_code, "<script>alert" in answer.text) == (422, False)


def test_an_error_tells_nothing_of_the_inside(browser: Browser) -> None:
    browser.get("/es/sign-in")
    answer = browser.post("/es/sign-in/passkey", {"answer": '{"id": 1}'})
    assert answer.status_code == 422
    assert "Traceback" not in answer.text
    assert "/src/" not in answer.text


def test_every_answer_names_its_type(browser: Browser) -> None:
    for path, type_ in (("/es/sign-in", "text/html"), ("/es/nowhere", "text/html"), (style_of(browser), "text/css")):
        assert browser.get(path).headers["content-type"] == f"{type_}; charset=utf-8"
    assert browser.ask("GET", "/", headers={"host": "evil.example"}).headers["content-type"].startswith("text/plain")


def test_a_forwarded_header_changes_nothing(browser: Browser) -> None:
    forwarded = {"x-forwarded-host": "evil.example", "x-forwarded-proto": "https", "forwarded": "host=evil.example"}
    answer = browser.get("/es/passkeys", headers=forwarded)
    assert answer.headers["location"].startswith("/es/sign-in")
    browser.get("/es/sign-in", headers=forwarded)
    assert "evil.example" not in browser.page
    answer = browser.post("/es/sign-in", FORM, headers={**forwarded, "origin": "https://evil.example"})
    assert (answer.status_code, browser.cookie) == (403, "")


def test_a_field_that_no_form_has_changes_nothing(browser: Browser) -> None:
    """The officer's name comes from the session, whatever a form says."""
    browser.enter_demo("fgr-liaison")
    other = Browser(browser.office)
    other.enter_demo("fgr-analyst")
    [listed] = browser.office.ask("fgr-analyst", "session.list")["sessions"]
    fields = {"session": listed["session"], "officer": "fgr-operator", "role": "operator", "dry_run": ""}
    assert browser.post("/es/sessions", fields).status_code == 404
    assert other.get("/es/passkeys").status_code == 200


def test_no_script_keeps_anything_in_the_browser() -> None:
    scripts = list(Path(str(files("paridad.web"))).glob("client/modules/*.js"))
    assert scripts
    for script in scripts:
        text = script.read_text(encoding="utf-8")
        assert not re.search(r"localStorage|sessionStorage|indexedDB|document\.cookie|caches\.|innerHTML|eval\(", text)
