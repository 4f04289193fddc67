# SPDX-License-Identifier: Apache-2.0
"""Real data and vectors that live beside the checkout, never in it."""

import os
from pathlib import Path

import pytest

_ROOT = Path(os.environ.get("PARIDAD_SHARED", Path(__file__).resolve().parents[3] / "shared")) / "data"


def shared(name: str) -> Path:
    """Return the path of a shared data file, or skip the test with a sentence."""
    path = _ROOT / name
    if not path.exists():
        pytest.skip(f"needs the shared data file {name}, which is not beside this checkout")
    return path
