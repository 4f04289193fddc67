# SPDX-License-Identifier: Apache-2.0
"""`paridad bench`: measures, each with its data, its limit in the same run, and both numbers.

Worked example
    paridad bench exchange --acts 5000 --batch 100 --json
"""

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import click

from paridad.cli import bench_targets, bench_web
from paridad.cli.bench_exchange import Load, run
from paridad.cli.bench_stores import KINDS, databases
from paridad.cli.errors import refused
from paridad.cli.operations import OPERATIONS
from paridad.cli.two_processes import parties_of
from paridad.programmes import shipped_programme

RUN_MEASURES = (
    "threads", "mutual", "openmined_psi", "formula", "whole", "hostile", "sample", "random", "asked", "stuffed",
    "quality",
)  # fmt: skip
"""Of private deconfliction, whose module loads libsodium and is imported where it runs."""
HELP = (
    "Mide, con su límite en la misma corrida. / Measures, with the limit in the same run.\n\n"
    "0 medido / measured, 2 uso / usage"
)


def _tell(figures: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(figures, sort_keys=True))
        return
    for name, value in figures.items():
        click.echo(f"{name}: {value}")


@click.group(help=HELP)
def bench() -> None:
    """Hold the measures together."""


@bench.command(
    help="Dos nodos en dos procesos, con todo encendido: firmas, sellado, política, testigos, acuses. / "
    "Two nodes in two processes, everything on: signatures, sealing, policy, witnesses, receipts."
)
@click.option("--acts", default=5000, show_default=True, help="Cuántos actos. / How many acts.")
@click.option("--batch", default=100, show_default=True, help="Actos por carátula. / Acts under one cover.")
@click.option(
    "--store", type=click.Choice(KINDS), default=KINDS[0], show_default=True, help="Base de datos. / Database."
)
@click.option(
    "--workers",
    default=1,
    show_default=True,
    help="Procesos por nodo; más de uno con PostgreSQL. / Processes a node; more than one on PostgreSQL.",
)
@click.option("--json", "as_json", is_flag=True, help="JSON.")
def exchange(acts: int, batch: int, store: str, workers: int, as_json: bool) -> None:
    """Measure the exchange."""
    if workers > 1 and store == "sqlite":
        raise refused(
            "SQLite admite un proceso por nodo; use --store postgresql.",
            "SQLite takes one process a node; use --store postgresql.",
        )
    with databases(store, parties_of(shipped_programme("gis-mx-us"))) as stores:
        figures = {"store": store, **run(Load(acts, batch, workers), stores=stores)}
    _tell(figures, as_json=as_json)


@bench.command(
    help="Cuánto tarda el servidor en hacer cada página con muchos folios; el nodo se llena en bloque. / "
    "How long the server takes for each page with many folios; the node is seeded in bulk."
)
@click.option("--folios", default=10_000, show_default=True, help="Cuántos folios. / How many folios.")
@click.option("--acts", default=200_000, show_default=True, help="Cuántos actos en todo. / How many acts in all.")
@click.option("--requests", default=200, show_default=True, help="Veces que se pide cada página. / Requests a page.")
@click.option(
    "--store", type=click.Choice(KINDS), default=KINDS[0], show_default=True, help="Base de datos. / Database."
)
@click.option("--json", "as_json", is_flag=True, help="JSON.")
def web(folios: int, acts: int, requests: int, store: str, as_json: bool) -> None:
    """Measure the pages."""
    parties = parties_of(shipped_programme("gis-mx-us"))
    with databases(store, parties) as stores:
        load = bench_web.Load(folios, acts, requests, stores.get(parties[0], ""))
        figures = {"store": store, **bench_web.run(load, operations=OPERATIONS, tell=partial(click.echo, err=True))}
    _tell(figures, as_json=as_json)


@bench.command(
    help="Dos partes en dos procesos comparan listas inventadas sin mostrarlas; y corridas hostiles y al azar. / "
    "Two parties in two processes compare invented lists without showing them; and hostile and random runs."
)
@click.option("--tokens", default=100_000, show_default=True, help="Claves por lado. / Keys a side.")
@click.option("--records", default=10_000, show_default=True, help="Registros de la corrida. / Records of the run.")
@click.option("--runs", default=1000, show_default=True, help="Corridas hostiles y al azar. / Hostile and random runs.")
@click.option("--threads", default=1, show_default=True, help="Hilos por parte. / Threads a party.")
@click.option(
    "--psi-python",
    default="",
    help="Intérprete con openmined-psi, para medirlo al lado. / Interpreter with openmined-psi, to measure it beside.",
)
@click.option(
    "--data",
    default="../shared/data/targets",
    show_default=True,
    type=click.Path(path_type=Path),
    help="Carpeta de datos. / Folder of data.",
)
@click.option(
    "--only",
    multiple=True,
    type=click.Choice(RUN_MEASURES),
    help="Sólo esta medida; puede repetirse. / This measure alone; may be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="JSON.")
def deconfliction(*, as_json: bool, **load: Any) -> None:
    """Measure the private comparison of lists."""
    from paridad.cli import bench_deconfliction  # noqa: PLC0415  it loads libsodium, which no other command needs

    figures = bench_deconfliction.run(bench_deconfliction.Load(**load), tell=partial(click.echo, err=True))
    _tell(figures, as_json=as_json)


@bench.command(
    help="Metas del cotejo dentro de una parte, cada una con su línea base en la misma corrida. / "
    "Goals of matching inside one party, each with its baseline in the same run."
)
@click.option(
    "--data",
    default="../shared/data/targets",
    show_default=True,
    type=click.Path(path_type=Path),
    help="Carpeta de datos. / Folder of data.",
)
@click.option("--logic-v2", default="", help="Intérprete con nomenklatura. / Interpreter that has nomenklatura.")
@click.option("--splink", default="", help="Intérprete con Splink. / Interpreter that has Splink.")
@click.option("--dossiers", default=100_000, show_default=True, help="Cuántos expedientes. / How many dossiers.")
@click.option(
    "--only",
    multiple=True,
    type=click.Choice(list(bench_targets.MEASURES)),
    help="Solo esta meta; puede repetirse. / This goal alone; may be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="JSON.")
def targets(*, data: Path, logic_v2: str, splink: str, dossiers: int, only: tuple[str, ...], as_json: bool) -> None:
    """Measure matching inside one party."""
    setting = bench_targets.Setting(data, logic_v2, splink, dossiers=dossiers, only=only)
    figures = bench_targets.run(setting)
    if as_json:
        click.echo(json.dumps(figures, sort_keys=True))
        return
    for each in figures["goals"]:
        click.echo(bench_targets.line(each))
