# SPDX-License-Identifier: Apache-2.0
"""`paridad bench`: measures, each with its data, its limit in the same run, and both numbers.

Worked example
    paridad bench exchange --acts 5000 --batch 100 --json
"""

import json

import click

from paridad.cli.bench_exchange import run

HELP = (
    "Mide, con su límite en la misma corrida. / Measures, with the limit in the same run.\n\n"
    "0 medido / measured, 2 uso / usage"
)


@click.group(help=HELP)
def bench() -> None:
    """Hold the measures together."""


@bench.command(
    help="Dos nodos en dos procesos, con todo encendido: firmas, sellado, política, testigos, acuses. / "
    "Two nodes in two processes, everything on: signatures, sealing, policy, witnesses, receipts."
)
@click.option("--acts", default=5000, show_default=True, help="Cuántos actos. / How many acts.")
@click.option("--batch", default=100, show_default=True, help="Actos por carátula. / Acts under one cover.")
@click.option("--json", "as_json", is_flag=True, help="JSON.")
def exchange(acts: int, batch: int, as_json: bool) -> None:
    """Measure the exchange."""
    figures = run(acts, batch)
    if as_json:
        click.echo(json.dumps(figures, sort_keys=True))
        return
    for name, value in figures.items():
        click.echo(f"{name}: {value}")
