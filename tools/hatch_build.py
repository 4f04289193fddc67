# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: INP001
"""The build hook of the wheel: what pages look like is built before it is packed.

Rules
  - An editable installation builds nothing: `make assets` does.
  - What is built already is packed as it is; what cannot be built is left out, and the pages are plain.

Worked example
    python -m pip wheel --no-deps .         a wheel with `paridad/web/static/manifest.json`
"""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parent))

from build_assets import MANIFEST, STATIC, main


class AssetsHook(BuildHookInterface[Any]):
    """Builds the assets where they are not."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build before the files are gathered."""
        del build_data
        if version != "editable" and not (STATIC / MANIFEST).is_file():
            main([])
