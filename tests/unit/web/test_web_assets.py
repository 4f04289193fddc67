# SPDX-License-Identifier: Apache-2.0
"""What pages look like: named by content, in nobody's dress, plain where it was not built, nobody's address in a lock."""

import asyncio
import gzip
import importlib.util
import json
import logging
import re
from hashlib import sha256
from pathlib import Path
from types import ModuleType

import httpx
import pytest

from paridad.web.assets import FOLDER, Assets
from support.web_world import Houses

ROOT = Path(__file__).parents[3]
CLIENT = ROOT / "src/paridad/web/client"


def builder() -> ModuleType:
    """Return the program that builds."""
    spec = importlib.util.spec_from_file_location("build_assets", ROOT / "tools/build_assets.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def folder(tmp_path: Path, *, built: bool) -> Path:
    (tmp_path / "plain.css").write_text("body { }", "utf-8")
    if built:
        files = {
            "site.css": b'@font-face{src:url("/static/a.woff2")}',
            "a.woff2": b"\x00font",
            "x.js": b'import "./y.js"',
        }
        files["y.js"] = b"export {}"
        builder().written(builder().named(files), tmp_path)
    return tmp_path


def test_every_built_file_is_named_by_its_content_and_names_others_by_theirs(tmp_path: Path) -> None:
    assets = Assets(folder(tmp_path, built=True))
    for name in ("site.css", "a.woff2", "x.js", "y.js", "plain.css"):
        address = assets.address(name)
        found = assets.file(address.removeprefix("/static/"))
        assert found, name
        assert sha256(found.data).hexdigest().startswith(address.split(".")[-2])
    sheet = assets.file(assets.address("site.css").removeprefix("/static/"))
    script = assets.file(assets.address("x.js").removeprefix("/static/"))
    assert sheet
    assert script
    assert assets.address("a.woff2").encode() in sheet.data
    assert assets.address("y.js").removeprefix("/static/").encode() in script.data


def test_text_travels_packed_and_what_is_packed_by_nature_does_not(tmp_path: Path) -> None:
    assets = Assets(folder(tmp_path, built=True))
    sheet = assets.file(assets.address("site.css").removeprefix("/static/"))
    font = assets.file(assets.address("a.woff2").removeprefix("/static/"))
    assert sheet
    assert sheet.packed
    assert gzip.decompress(sheet.packed) == sheet.data
    assert font
    assert (font.type, font.packed) == ("font/woff2", None)


def test_what_the_manifest_does_not_name_is_taken_away_at_the_next_build(tmp_path: Path) -> None:
    (tmp_path / "site.0123456789ab.css").write_text("old", "utf-8")
    names = {path.name for path in folder(tmp_path, built=True).iterdir()}
    assert "site.0123456789ab.css" not in names
    assert {"plain.css", "manifest.json"} < names


def test_without_a_build_pages_are_plain_and_the_log_says_which_command_builds(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assets = Assets(folder(tmp_path, built=False))
    assert not assets.built
    assert assets.address("site.css") == ""
    assert assets.address("plain.css").startswith("/static/plain.")
    assert "make assets" in caplog.text


def test_an_emblem_is_the_nodes_own_and_is_absent_by_default(tmp_path: Path) -> None:
    own = tmp_path / "home"
    own.mkdir()
    static = folder(tmp_path, built=False)
    assert Assets(static, own=own).address("emblem.svg") == ""
    (own / "emblem.svg").write_text("<svg/>", "utf-8")
    found = Assets(static, own=own)
    assert found.address("emblem.svg").endswith(".svg")


def get(houses: Houses, path: str, encoding: str = "gzip") -> httpx.Response:
    """Ask one party's pages for an address."""

    async def ask() -> httpx.Response:
        line = httpx.ASGITransport(app=houses.houses["MX"])
        async with httpx.AsyncClient(transport=line, base_url="https://localhost") as client:
            return await client.get(path, headers={"accept-encoding": encoding})

    return asyncio.run(ask())


def test_files_are_served_for_ever_and_only_under_their_names(tmp_path: Path) -> None:
    with Houses(tmp_path) as houses:
        page = get(houses, "/es/sign-in").text
        [sheet] = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page)
        packed, plain = get(houses, sheet), get(houses, sheet, "identity")
        assert packed.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert packed.headers["content-encoding"] == "gzip"
        assert packed.headers["content-type"].startswith("text/css")
        assert "content-encoding" not in plain.headers
        assert plain.text == packed.text
        assert get(houses, "/static/manifest.json").status_code == 404
        assert get(houses, "/static/../assets.py").status_code == 404


@pytest.mark.parametrize("word", ["GDS Transport", "govuk-crown", "royal-Crest"])
def test_a_sheet_in_another_governments_dress_is_not_built(word: str) -> None:
    with pytest.raises(SystemExit, match="neither party"):
        builder().demand_neutral(f"a{{b:c}} .{word}{{}}")


def test_the_built_sheet_is_neutral_and_light() -> None:
    assets = Assets()
    if not assets.built:
        pytest.skip("needs the built assets: make assets")
    found = assets.file(assets.address("site.css").removeprefix("/static/"))
    assert found
    assert found.packed
    builder().demand_neutral(found.data.decode())
    assert len(found.packed) < 20_000
    assert "Public Sans" in found.data.decode()


def test_without_packages_the_builder_says_so_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tool = builder()
    monkeypatch.setattr(tool, "node_tool", lambda name: ("false", name))
    assert tool.main([]) == 0
    assert "plain style" in capsys.readouterr().err
    assert tool.main(["--strict"]) == 1


def test_the_lock_files_are_exact_and_name_no_registry() -> None:
    wanted = json.loads((CLIENT / "package.json").read_text("utf-8"))
    lock = (CLIENT / "package-lock.json").read_text("utf-8")
    versions = {**wanted["dependencies"], **wanted["devDependencies"]}
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions.values())
    packages = {name: each for name, each in json.loads(lock)["packages"].items() if name}
    assert {name: packages[f"node_modules/{name}"]["version"] for name in versions} == versions
    assert all("integrity" in each and "resolved" not in each for each in packages.values())
    assert "http" not in lock
    assert "://" not in (ROOT / "requirements/assets.txt").read_text("utf-8")


def test_only_the_plain_sheet_is_kept_in_the_repository() -> None:
    ignored = (ROOT / ".gitignore").read_text("utf-8").splitlines()
    assert [line for line in ignored if "web/static" in line] == [
        "/src/paridad/web/static/*",
        "!/src/paridad/web/static/plain.css",
    ]
    assert FOLDER.joinpath("plain.css").is_file()
