# SPDX-License-Identifier: Apache-2.0
"""Style sheets, scripts and fonts: built once, named by their content, served as they are.

Rules
  - `static/manifest.json` names each built file; without it the pages keep a plain style of our own and say in the log
    which command builds the rest.
  - `emblem.svg` in a node's folder is its emblem; without it there is none.
  - A file is served only under a name that holds the digest of its content; it never changes under its name.
  - Text is kept packed as well: files are the same for everybody, pages are not and travel as they are.

Worked example
    assets.address("site.css")       is "/static/site.3f9a1c20b7d4.css"
"""

import gzip
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable

FOLDER = files("paridad.web").joinpath("static")
PLAIN = "plain.css"
EMBLEM = "emblem.svg"
DIGEST_CHARACTERS = 12
TYPES: Mapping[str, str] = {
    "css": "text/css",
    "js": "text/javascript",
    "mjs": "text/javascript",
    "woff2": "font/woff2",
    "svg": "image/svg+xml",
    "png": "image/png",
    "txt": "text/plain",
}
PACKED = frozenset({"css", "js", "mjs", "svg", "txt"})

log = logging.getLogger("paridad.web")


@dataclass(frozen=True, slots=True)
class Served:
    """A file as it is served; `packed` is the same by gzip, None for what is packed by nature."""

    data: bytes
    type: str
    packed: bytes | None


class Assets:
    """The files that pages refer to."""

    def __init__(self, folder: Traversable = FOLDER, *, own: Traversable | None = None) -> None:
        manifest = folder.joinpath("manifest.json")
        built: dict[str, str] = json.loads(manifest.read_bytes()) if manifest.is_file() else {}
        self.built = bool(built)
        self._names = dict(built)
        self._files = {name: _served(name, folder.joinpath(name).read_bytes()) for name in built.values()}
        self._add(PLAIN, folder.joinpath(PLAIN).read_bytes())
        emblem = own.joinpath(EMBLEM) if own else None
        if emblem and emblem.is_file():
            self._add(EMBLEM, emblem.read_bytes())
        if not self.built:
            log.warning("pages have a plain style: run `make assets` to build the full one")

    def address(self, name: str) -> str:
        """Return the address of a file by its plain name, empty where it was not built."""
        found = self._names.get(name)
        return f"/static/{found}" if found else ""

    def _add(self, name: str, data: bytes) -> None:
        stem, _, kind = name.rpartition(".")
        self._names[name] = f"{stem}.{sha256(data).hexdigest()[:DIGEST_CHARACTERS]}.{kind}"
        self._files[self._names[name]] = _served(name, data)

    def file(self, name: str) -> Served | None:
        """Return the file of an address."""
        return self._files.get(name)


def _served(name: str, data: bytes) -> Served:
    kind = name.rpartition(".")[2]
    return Served(data, TYPES[kind], gzip.compress(data, mtime=0) if kind in PACKED else None)
