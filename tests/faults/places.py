# SPDX-License-Identifier: Apache-2.0
"""Where the runs of these tests put their files: in memory where the machine has such a file system."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

MEMORY = Path("/dev/shm")


@contextmanager
def fast_folder() -> Iterator[Path]:
    """Lend an empty folder; what it survives is decided by the tests, not by the disk below."""
    with TemporaryDirectory(prefix="paridad-", dir=MEMORY if MEMORY.is_dir() else None) as folder:
        yield Path(folder)
