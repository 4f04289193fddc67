# SPDX-License-Identifier: Apache-2.0
"""Time and randomness as parameters: the only module that touches the machine's clock and random source."""

import os
import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Answers Unix seconds; read once per operation."""

SECONDS_A_DAY = 86_400

Random = Callable[[int], bytes]
"""Answers n unpredictable bytes."""


def system_clock() -> int:
    """Return the machine's time in Unix seconds."""
    return int(time.time())


system_random: Random = os.urandom
