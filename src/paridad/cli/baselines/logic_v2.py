# SPDX-License-Identifier: Apache-2.0
"""Scores of nomenklatura's logic-v2, for `paridad bench targets`; run by an interpreter that has nomenklatura.

Rules
  - Reads from stdin {"pairs": [[record, record], …]}; a record is {"schema": …, "properties": {…}} of followthemoney.
  - Writes {"scores": […], "seconds": …, "version": …}. Loading the library and the first, slow pair are not measured.

Worked example
    python logic_v2.py < pairs.json
"""

import json
import sys
import time
from typing import Any

import nomenklatura
from followthemoney import EntityProxy
from nomenklatura.matching import LogicV2


def _entity(number: int, record: Any) -> EntityProxy:
    return EntityProxy.from_dict({"id": f"e{number}", **record})


if __name__ == "__main__":
    given = json.load(sys.stdin)["pairs"]
    pairs = [(_entity(2 * number, a), _entity(2 * number + 1, b)) for number, (a, b) in enumerate(given)]
    config = LogicV2.default_config()
    for first in pairs[:1]:
        LogicV2.compare(*first, config)
    started = time.process_time()
    scores = [LogicV2.compare(a, b, config).score for a, b in pairs]
    spent = time.process_time() - started
    json.dump({"scores": scores, "seconds": spent, "version": nomenklatura.__version__}, sys.stdout)
