# SPDX-License-Identifier: Apache-2.0
"""`paridad demo`: two real nodes on loopback, and the matter that a programme ships, played between them.

Rules
  - Each node is the daemon of `paridad node run` in a process of its own, with its own keys, database and policy; the
    story is told through their doors with the operations of the command line, nothing else.
  - Without `--ofac` the list is invented and says so (`simulated`); with it, the whole official list is filed.
  - Two lists are compared without showing them (`demo_run`), made from the official one with `--lists`, otherwise from
    an invented one; then once more with a node whose code was changed to cheat, which the other names.
  - `--once` plays, checks itself, prints one JSON line and exits: 0 only if every check holds.

Worked example
    paridad demo --once --ofac lists/      ends with {"export_verified":{"A":true,"B":true},…}
"""

import json
import signal
import socket
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import click
import sqlalchemy as sa

from paridad.base.sources import system_clock, system_random
from paridad.base.strict import JsonValue
from paridad.cli import demo_run
from paridad.cli.operations import OPERATIONS
from paridad.cli.principles import ask_both
from paridad.cli.session import Session, knock
from paridad.cli.two_processes import Pair, found_two, introduce
from paridad.desks.targets.dossier import Dossier
from paridad.desks.targets.lines import Reject
from paridad.desks.targets.ofac import load_ofac
from paridad.desks.targets.projection import dossiers
from paridad.desks.targets.sample import invent
from paridad.node.composing import open_node
from paridad.node.home import Home
from paridad.node.importing import ImportReport, Marks, import_dossiers
from paridad.node.running import SOCKET
from paridad.programmes import shipped_story

PROGRAMME = "gis-mx-us"
INVENTED = 60
PATIENCE_SECONDS = 60.0
OWN_RHYTHM_SECONDS = 2
NARCOTICS = ("SDNTK", "SDNT", "ILLICIT-DRUGS-EO14059")
UNNAMED = ("status", "log.head")
"""Operations that anybody at the node may ask for."""
COMPARED = {"run": ("SIMULATED-1", "SIMULATED-2"), "cheat": ("SIMULATED-3", "SIMULATED-4")}
"""The scenes in which lists are compared, and the names of the lists."""
FILES = {"sdn": "sdn_*.csv*", "alt": "alt_*.csv*", "add": "add_*.csv*"}

Ask = Callable[[str, Mapping[str, JsonValue]], Any]


@click.command(
    help="Dos nodos y un asunto completo entre ellos. / Two nodes and a whole matter between them.\n\n"
    "0 todo se cumplió / everything held, 3 algo no / something did not."
)
@click.option("--once", is_flag=True, help="Jugar, comprobar y salir. / Play, check and leave.")
@click.option(
    "--ofac",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Carpeta con la lista oficial (sdn, alt, add). / Folder with the official list.",
)
@click.option(
    "--lists",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Carpeta con la lista oficial de la que se hacen las dos que se comparan. / "
    "Folder with the official list from which the two that are compared are made.",
)
@click.option("--folder", type=click.Path(path_type=Path), help="Dónde fundar los nodos. / Where to found the nodes.")
def demo(once: bool, ofac: Path | None, lists: Path | None, folder: Path | None) -> None:
    """Found two nodes, play the story, print what happened."""
    with tempfile.TemporaryDirectory(prefix="paridad-demo-") as temporary:
        pair, report = prepare(folder or Path(temporary), ofac, lists)
        with running(pair) as nodes:
            result = Story(pair, report, nodes).play()
            click.echo(json.dumps(result, ensure_ascii=False, sort_keys=True, separators=(",", ":")))
            if not once:
                _stay(pair)
    if not result["ok"]:
        raise SystemExit(3)


def prepare(folder: Path, ofac: Path | None, lists: Path | None = None) -> tuple[Pair, ImportReport]:
    """Found the nodes and file the lists, before they run."""
    ports = {}
    settings: dict[str, dict[str, str | int]] = {}
    story = tomllib.loads(shipped_story(PROGRAMME).decode("utf-8"))
    for agency in (story["main"]["asking"], story["main"]["asked"]):
        party = agency.partition("/")[0]
        ports[party] = free_port()
        settings[party] = {
            "port": ports[party],
            "own_checkpoint_seconds": OWN_RHYTHM_SECONDS,
            "web_port": free_port(),
            "demo_identities": True,
            "zone": story["zones"].get(party, "UTC"),
        }
    pair = found_two(folder, PROGRAMME, settings=settings)
    introduce(pair, ports)
    reports = {}
    for part in ("main", "back"):
        scene = story[part]
        reports[part] = file_list(pair, scene, _official(ofac) if ofac and part == "main" else None)
    for part, names in COMPARED.items():
        _file_two(pair, story[part], names, lists)
    return pair, reports["main"]


def _file_two(pair: Pair, scene: Mapping[str, str], names: tuple[str, str], official: Path | None) -> None:
    """File the two lists that are compared, each at its agency."""
    found = (each for each in _official(official) if isinstance(each, Dossier)) if official else None
    made = demo_run.lists(found, pair.parties, names)
    for agency, entries, basis in (
        (scene["proposing"], made.first, scene["first_record_basis"]),
        (scene["agreeing"], made.second, scene["second_record_basis"]),
    ):
        file_list(pair, {**scene, "asked": agency, "record_basis": basis}, iter(entries))


def file_list(pair: Pair, scene: Mapping[str, str], entries: Iterator[Dossier | Reject] | None = None) -> ImportReport:
    """File a list at the node that is asked; an invented one where none is given."""
    node = open_node(pair.homes[scene["asked"].partition("/")[0]], clock=system_clock, random=system_random)
    marks = Marks(scene["asked"], scene["handling"], scene["purpose"], scene["record_basis"])
    found = entries or invent(INVENTED, seed=2026, countries=pair.parties)
    report = import_dossiers(node.own, node.views, found, marks, now=system_clock())
    node.close()
    kinds = ", ".join(f"{name} {count}" for name, count in sorted(report.by_subject.items()))
    _say(
        f"{scene['asked']}: {report.filed} expedientes / dossiers ({kinds}); "
        f"rechazados / rejected: {len(report.rejects) + len(report.refused)}"
    )
    for each in report.rejects[:20]:
        _say(f"    {each.file}:{each.line} {each.column}: {each.reason.es} / {each.reason.en}")
    return report


def _official(ofac: Path) -> Iterator[Dossier | Reject]:
    found = {name: sorted(ofac.glob(pattern)) for name, pattern in FILES.items()}
    if not found["sdn"]:
        raise click.UsageError(f"no {FILES['sdn']} in {ofac}")
    sdn, alt, add = (found[name][0] if found[name] else None for name in FILES)
    assert sdn is not None
    listed = sdn.name.partition("_")[2].partition(".")[0]
    return load_ofac(sdn, alt, add, listed_on=listed)


class Nodes:
    """Both nodes, each in its own process."""

    def __init__(self, pair: Pair) -> None:
        self._pair = pair
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, party: str, *, changed: str = "") -> None:
        """Start a node; `changed` is code that runs before it, for a party that does not keep to the protocol."""
        home = self._pair.homes[party]
        code = f"{changed}\nfrom paridad.cli import main; main()"
        self._processes[party] = subprocess.Popen(  # noqa: S603  our own interpreter and our own code
            [sys.executable, "-c", code, "node", "run", "--home", str(home.path), "--lang", "en"],
            stdout=subprocess.DEVNULL,
            stderr=(home.path / "node.log").open("ab"),
        )

    def stop(self, *parties: str) -> None:
        """Stop nodes."""
        for party in parties:
            self._processes[party].send_signal(signal.SIGTERM)
        for party in parties:
            self._processes.pop(party).wait(20)


@contextmanager
def running(pair: Pair) -> Iterator[Nodes]:
    """Run both nodes, and stop them at the end; being told to stop is an end too."""
    before, nodes = signal.signal(signal.SIGTERM, lambda *_: sys.exit(0)), Nodes(pair)
    try:
        for party in pair.parties:
            nodes.start(party)
        yield nodes
    finally:
        nodes.stop(*pair.parties)
        signal.signal(signal.SIGTERM, before)


def until(what: str, look: Callable[[], Any]) -> Any:
    """Look again until there is something to see, or give up with a sentence."""
    deadline, last = time.monotonic() + PATIENCE_SECONDS, "nothing happened"
    while time.monotonic() < deadline:
        try:
            if found := look():
                return found
        except Exception as error:  # noqa: BLE001  the node may not be up yet; the last reason is told
            last = str(error)
        time.sleep(0.2)
    raise click.ClickException(f"{what}: {last}")


def await_doors(pair: Pair) -> None:
    """Wait until both nodes answer at their doors."""
    for party, home in pair.homes.items():
        until(f"start {party}", partial(_door_opens, home.path / SOCKET))
        _say(f"{party}: nodo en marcha / node running")


def a_person(home: Home, agency: str = "") -> str:
    """Return the act hash of a party's or an agency's own dossier about a person, of narcotics where there is one."""
    with sa.create_engine(f"sqlite:///{home.path / 'node.db'}").connect() as conn:
        named = [dossiers.c.programmes.contains(code) for code in NARCOTICS]
        whose = dossiers.c.iss == agency if agency else dossiers.c.party == home.settings.party
        ours = sa.and_(dossiers.c.subject_type == "person", whose)
        people = sa.select(dossiers.c.hash).where(ours).order_by(dossiers.c.name)
        found = conn.execute(people.where(sa.or_(*named)).limit(1)).scalar_one_or_none()
        return str(found or conn.execute(people.limit(1)).scalar_one())


class Story:
    """The matter, told through the doors of two running nodes."""

    def __init__(self, pair: Pair, report: ImportReport, nodes: Nodes) -> None:
        self.pair, self.report, self.nodes = pair, report, nodes
        self.session = Session(OPERATIONS)
        story = tomllib.loads(shipped_story(PROGRAMME).decode("utf-8"))
        self.main: dict[str, str] = story["main"]
        self.back: dict[str, str] = story["back"]
        self.run: dict[str, str] = story["run"]
        self.cheat: dict[str, str] = story["cheat"]

    def ask(self, agency: str, operation: str, *, second: bool = False, **arguments: JsonValue) -> Any:
        """Carry out an operation at an agency's node, as its liaison officer or as the second one."""
        home = self.pair.homes[agency.partition("/")[0]]
        officer = f"{agency.partition('/')[2].lower()}-liaison{'-2' if second else ''}"
        with self.session.line(home.path) as line:
            return line(operation, arguments if operation in UNNAMED else {"officer": officer, **arguments})

    def play(self) -> dict[str, Any]:
        """Play the main matter and the one back, and return what both nodes say of it."""
        await_doors(self.pair)
        folio, answer = self._request_and_answer()
        self._recall(folio, answer)
        self._finish(folio)
        refused = self._refusal()
        compared = {**self._comparison(), "cheat": self._cheat()}
        return self._result(folio, answer, refused, compared)

    def _stage(self, agency: str, folio: str, *stages: str) -> Any:
        def look() -> Any:
            shown = self.ask(agency, "folio.show", folio=folio)
            return shown if shown["stage"]["code"] in stages else None

        return until(f"{folio} {stages}", look)

    def _open(self, scene: Mapping[str, str]) -> str:
        said = self.ask(
            scene["asking"],
            "folio.ask",
            to=scene["asked"],
            question=scene["question"],
            handling=scene["handling"],
            purpose=scene["purpose"],
            basis=scene["basis"],
            urgency=scene["urgency"],
            desk="targets",
        )
        folio = str(said["folio"])
        self._stage(scene["asked"], folio, "sent")
        _say(f"{folio}: {scene['asking']} → {scene['asked']} «{scene['question']}»")
        self.ask(scene["asked"], "folio.acknowledge", folio=folio)
        return folio

    def _request_and_answer(self) -> tuple[str, dict[str, Any]]:
        scene = self.main
        folio = self._open(scene)
        said = self.ask(scene["asked"], "folio.answer", folio=folio, record=[self._record()])
        self._stage(scene["asking"], folio, "answered")
        _say(f"{folio}: respondido en parte; lo retenido lleva su cláusula / answered in part, withheld with a clause")
        return folio, said

    def _record(self) -> str:
        """Return the act hash of a person of a narcotics programme with a document and another name."""
        return a_person(self.pair.homes[self.main["asked"].partition("/")[0]], self.main["asked"])

    def _recall(self, folio: str, answer: Mapping[str, Any]) -> None:
        scene = self.main
        released = answer["acts"][0]["act"]
        self.ask(scene["asked"], "folio.recall", folio=folio, of=released, reason=scene["recall_reason"])
        shown = self._stage(scene["asking"], folio, "being-recalled")
        recall = _act_of(shown, "folio/recall/1")["act"]
        self.ask(scene["asking"], "folio.attest", folio=folio, of=recall)
        self._stage(scene["asked"], folio, "recalled")
        _say(f"{folio}: retirado y destruido con constancia / recalled, destroyed and attested")

    def _finish(self, folio: str) -> None:
        scene = self.main
        self.ask(scene["asking"], "folio.outcome", folio=folio, outcome=scene["outcome"])
        self.ask(scene["asking"], "folio.close", folio=folio)
        self._stage(scene["asked"], folio, "closed")
        _say(f"{folio}: cerrado con resultado / closed with an outcome")

    def _refusal(self) -> str:
        scene = self.back
        folio = self._open(scene)
        self.ask(
            scene["asked"], "folio.refuse", folio=folio, ground=[scene["ground"]], explanation=scene["explanation"]
        )
        self._stage(scene["asking"], folio, "refused")
        _say(f"{folio}: {scene['asked']} negó con fundamento / refused with a ground")
        return folio

    def _comparison(self) -> dict[str, Any]:
        """Compare two lists without showing them, and open a folio from a match."""
        scene = self.run
        found = demo_run.Comparing(self.ask, until, scene).play()
        _say(
            f"{scene['proposing']} ⇄ {scene['agreeing']}: {found['leads']} indicios iguales en ambos nodos, "
            f"{found['reviewed']} revisados y abiertos / leads, the same on both nodes, reviewed and opened"
        )
        folio = self._open({**scene, "asking": scene["proposing"], "asked": scene["agreeing"]})
        return {**found, "folio": folio}

    def _cheat(self) -> dict[str, Any]:
        """Let one node answer wrongly, and the other one name it; then it runs as before."""
        scene, party = self.cheat, self.cheat["agreeing"].partition("/")[0]
        self._restart(party, changed=demo_run.CHEATING)
        found = demo_run.Comparing(self.ask, until, scene).named()
        _say(f"{scene['proposing']}: {found['named']} hizo trampa en el paso {found['step']} / cheated at that step")
        self._restart(party)
        return found

    def _restart(self, party: str, *, changed: str = "") -> None:
        self.nodes.stop(party)
        self.nodes.start(party, changed=changed)
        await_doors(self.pair)

    def _result(
        self, folio: str, answer: Mapping[str, Any], refused: str, compared: Mapping[str, Any]
    ) -> dict[str, Any]:
        statuses = until("cosigned", self._settled)
        leaves = next(each for each in answer["leaves"] if each["act"] != answer["acts"][0]["act"])
        shown = self.ask(self.main["asking"], "folio.show", folio=folio)
        exports = {
            agency.partition("/")[0]: self._export(agency, folio)
            for agency in (self.main["asking"], self.main["asked"])
        }
        verdicts = ask_both(self.session, *(home.path for home in self.pair.homes.values()))
        for verdict in verdicts:
            _say(f"{'✓' if verdict.holds else '✗'} {verdict.principle}")
        result = {
            "programme": PROGRAMME,
            "simulated": "keys, officers and matter are a demonstration",
            "dossiers_filed": self.report.filed,
            "dossiers_rejected": len(self.report.rejects) + len(self.report.refused),
            "folio": folio,
            "fields_released": len(leaves["given"]),
            "fields_withheld": len(leaves["withheld"]),
            "recall_attested": bool(_act_of(shown, "folio/recall-answer/1")),
            "outcome": self.main["outcome"] if _act_of(shown, "folio/outcome/1") else "",
            "refused_folio": refused,
            "compared": dict(compared),
            "parties": {party: self._party(party, status) for party, status in statuses.items()},
            "principles": {verdict.principle: verdict.holds for verdict in verdicts},
            "export_verified": exports,
        }
        return {**result, "ok": self._held(result)}

    def _held(self, result: Mapping[str, Any]) -> bool:
        """Tell whether everything held that the demonstration shows."""
        compared = result["compared"]
        return bool(
            result["recall_attested"]
            and result["fields_released"]
            and result["fields_withheld"]
            and compared["leads"]
            and compared["same_on_both"]
            and compared["checked_again"]
            and compared["cheat"]["named"] == self.cheat["agreeing"]
            and all(result["export_verified"].values())
            and all(result["principles"].values())
        )

    def _settled(self) -> dict[str, Any] | None:
        """Return both statuses once nothing waits and each log is cosigned up to its size."""
        statuses = {party: self.ask(self.pair.agencies[party][0], "status") for party in self.pair.parties}
        calm = all(_calm(status) for status in statuses.values())
        return statuses if calm else None

    def _export(self, agency: str, folio: str) -> bool:
        home = self.pair.homes[agency.partition("/")[0]]
        out = home.path / "export.jsonl"
        self.ask(agency, "export", folio=folio, out=str(out))
        verify = subprocess.run(  # noqa: S603  our own interpreter and our own code
            [sys.executable, "-m", "paridad_verify", str(out), "--json"], capture_output=True, check=False
        )
        _say(f"{agency}: {out} verificado aparte / verified apart: exit {verify.returncode}")
        return verify.returncode == 0

    def _party(self, party: str, status: Mapping[str, Any]) -> dict[str, Any]:
        """Return acts and receipts per direction, and each log of a party with the other's cosignatures."""
        heads = [self.ask(self.pair.agencies[party][0], "log.head", log=name) for name in ("shared", "own")]
        return {
            "acts_sent": {
                f"{s['sender']}>{s['receiver']}": s["receipted"] + s["countersigned"] for s in status["outbound"]
            },
            "receipts_signed": {f"{s['sender']}>{s['receiver']}": s["expects"] - 1 for s in status["inbound"]},
            "logs": {head["log"]: {name: head[name] for name in ("size", "root", "cosigned")} for head in heads},
        }


def _door_opens(path: Path) -> bool:
    """Return whether a running node answers; asking any other way would open the node in this process."""
    door = knock(path)
    if door is None:
        return False
    door.close()
    return True


def _act_of(shown: Mapping[str, Any], kind: str) -> Any:
    """Return the last act of a kind in a folio as it is shown."""
    return next((act for act in reversed(shown["acts"]) if act["kind"]["code"] == kind), None)


def _calm(status: Mapping[str, Any]) -> bool:
    waiting = any(stream["queued"] or stream["batched"] or stream["receipted"] for stream in status["outbound"])
    cosigned = all(
        each["size"] == log["size"]
        for log in status["logs"]
        if log["ours"]
        for each in log["cosigned"]
        if each["cosigner"].endswith("/witness")
    )
    return not waiting and cosigned


def _stay(pair: Pair) -> None:
    """Say what to open and as which agency to enter, that of the story, and wait."""
    for line in invitation(pair):
        _say(line)
    try:
        signal.pause()
    except KeyboardInterrupt:
        _say("fin / end")


def invitation(pair: Pair) -> Iterator[str]:
    """Yield what a newcomer needs: addresses, and the agencies and the role that can play the story again."""
    story = tomllib.loads(shipped_story(PROGRAMME).decode("utf-8"))
    yield "\nDemostración: sin identidad verificada / Demo: identity not verified"
    for agency in (story["main"]["asking"], story["main"]["asked"]):
        party, _, name = agency.partition("/")
        home = pair.homes[party]
        yield f"{party}  http://localhost:{home.settings.web_port}/"
        yield f"    dependencia / agency: {agency}; papel / role: enlace / liaison officer"
        yield f"    paridad folio list --home {home.path} --as {name.lower()}-liaison"
        yield f"    paridad status --home {home.path}"
    yield "Pruebe / try: solicitud, acuse, entrega, resultado, cierre"
    yield "              request, acknowledgement, release, outcome, closing"
    yield f"comparaciones / comparisons: {', '.join(story[each]['proposing'] for each in COMPARED)}, /es/runs, /en/runs"
    yield "Ctrl-C"


def free_port() -> int:
    """Return a port of loopback that nobody uses now."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def _say(line: str) -> None:
    click.echo(line, err=True)
