# SPDX-License-Identifier: Apache-2.0
"""Where pictures of the pages are kept.

Worked example
    pictures(Path("screenshots"))        is "imágenes / pictures: /home/…/screenshots (164)"
"""

from pathlib import Path


def pictures(folder: Path) -> str:
    """Return the line that says where pictures are, and how many."""
    return f"imágenes / pictures: {folder.resolve()} ({len(list(folder.glob('*.png')))})"
