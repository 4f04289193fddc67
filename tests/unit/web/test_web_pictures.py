# SPDX-License-Identifier: Apache-2.0
"""Whoever asked for pictures is told where they are."""

from pathlib import Path

from support.pictures import pictures


def test_the_line_names_the_whole_folder_and_counts(tmp_path: Path) -> None:
    (tmp_path / "home.MX.es.1280.png").write_bytes(b"")
    assert pictures(tmp_path) == f"imágenes / pictures: {tmp_path} (1)"
