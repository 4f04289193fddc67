# SPDX-License-Identifier: Apache-2.0
"""Style sheets, scripts and fonts: built once, named by their content, served as they are.

Rules
  - `static/manifest.json` names each built file; without it the pages keep a plain style of our own and say in the log
    which command builds the rest.
  - A file is served only under a name of the manifest; it never changes under its name.

Worked example
    assets.address("site.css")       is "/static/site.3f9a1c20.css"
"""

import json
import logging
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable

FOLDER = files("paridad.web").joinpath("static")
PLAIN = "plain.css"
TYPES: Mapping[str, str] = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".woff2": "font/woff2",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}

log = logging.getLogger("paridad.web")


class Assets:
    """The files that pages refer to."""

    def __init__(self, folder: Traversable = FOLDER) -> None:
        manifest = folder.joinpath("manifest.json")
        self._names: dict[str, str] = json.loads(manifest.read_bytes()) if manifest.is_file() else {}
        served = {PLAIN, *self._names.values()}
        self._files = {name: folder.joinpath(name).read_bytes() for name in served}
        if not self._names:
            log.warning("pages have a plain style: run `make assets` to build the full one")

    @property
    def built(self) -> bool:
        """Whether the full style and scripts are here."""
        return bool(self._names)

    def address(self, name: str) -> str:
        """Return the address of a file by its plain name, empty where it was not built."""
        built = self._names.get(name)
        return f"/static/{built}" if built else ""

    def file(self, built: str) -> tuple[bytes, str] | None:
        """Return the content and media type of a built file."""
        data = self._files.get(built)
        return (data, TYPES[f".{built.rpartition('.')[2]}"]) if data is not None else None
