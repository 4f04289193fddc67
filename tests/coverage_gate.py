# SPDX-License-Identifier: Apache-2.0
"""Every branch of what signs, proves, decides and folds is tested: the gate behind `make test`.

Worked example
    python tests/coverage_gate.py .coverage.json        exit 1 and a line per file that is short
"""

import json
import sys
from pathlib import Path

WHOLE = ("base", "programme", "acts", "ledger", "policy", "folio")
"""Packages of which every line and branch must have been run."""


def short(report: Path) -> list[str]:
    """Return a line for each file of these packages that was not run whole, and one for a package never seen."""
    files = json.loads(report.read_text(encoding="utf-8"))["files"]
    lines = []
    for package in WHOLE:
        found = {name: entry["summary"] for name, entry in files.items() if f"/paridad/{package}/" in f"/{name}"}
        if not found:
            lines.append(f"paridad.{package}: no file was measured")
        lines += [
            f"{name}: {summary['missing_lines']} lines, {summary['missing_branches']} branches not run"
            for name, summary in sorted(found.items())
            if summary["missing_lines"] or summary["missing_branches"]
        ]
    return lines


if __name__ == "__main__":
    missing = short(Path(sys.argv[1]))
    print("\n".join(missing) or f"branch coverage 100 % of {', '.join(WHOLE)}")
    raise SystemExit(1 if missing else 0)
