# SPDX-License-Identifier: Apache-2.0
"""Two parties found a programme on two machines by exchanging files: init, compile, sign, assemble, adopt."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from paridad.base.strict import read_json, write_json
from paridad.base.words import Language
from paridad.cli.operations import OPERATIONS
from paridad.cli.session import Session
from paridad.exchange.transport import Request, Response
from paridad.node.composing import open_node
from paridad.node.home import Home
from paridad.programmes import shipped_programme
from support.cli_world import TREES
from support.programmes import EFFECTIVE_FROM, exchange_parties, generic_template, seeded_random

ORDERS = {"as written": ("MX", "US"), "parties exchanged": ("US", "MX")}


@dataclass
class Machines:
    """The machines of several parties, each with its folder and a desk to pass files over."""

    folder: Path
    parties: tuple[str, ...]
    template: Path = field(init=False)
    now: int = EFFECTIVE_FROM

    def __post_init__(self) -> None:
        shipped = shipped_programme("gis-mx-us")
        text = shipped if self.parties == ("MX", "US") else exchange_parties(shipped)
        self.template = self.folder / "template.toml"
        self.template.write_bytes(text)
        self.random = seeded_random(*self.parties)

    def file(self, name: str) -> str:
        """Return a place on the desk."""
        return str(self.folder / name)

    def run(self, *arguments: str, lang: Language = "en") -> Result:
        """Run a command."""
        session = Session(OPERATIONS, lambda: self.now, self.random)
        return CliRunner().invoke(TREES[lang], arguments, obj=session)

    def json(self, *arguments: str) -> Any:
        """Run a command that has to succeed and return its JSON."""
        result = self.run(*arguments, "--json")
        assert result.exit_code == 0, result.output
        return read_json(result.stdout.encode().rstrip(b"\n"), max_depth=32)

    def init(self, party: str, *more: str) -> Any:
        """Make a party's side."""
        agency = next(
            line.split('"')[1] for line in self.template.read_text().splitlines() if line.startswith(f'id = "{party}/')
        )
        officers = [("ops", "operator"), ("ana", "liaison")]
        named = [part for id_, role in officers for part in ("--officer", id_, role, agency, f"Persona {id_}")]
        files = ("--root-out", self.file(f"safe-{party}/root.json"), "--public-out", self.file(f"{party}.json"))
        home = ("--home", self.file(party), "--template", str(self.template))
        return self.json("init", party, *home, *files, *named, *more)

    def compile(self, out: str, *more: str) -> Any:
        """Compile the document from everybody's public file."""
        keys = [part for party in self.parties for part in ("--keys", self.file(f"{party}.json"))]
        return self.json("charter", "compile", *self.compile_options(), *keys, "--out", self.file(out), *more)

    def compile_options(self) -> tuple[str, ...]:
        """Return template and date."""
        return ("--template", str(self.template), "--effective-from", str(EFFECTIVE_FROM))

    def sign(self, party: str, document: str = "document.json", *more: str) -> str:
        """Sign with a party's root and return the file."""
        out = self.file(f"{party}.sig-{document}")
        root = self.file(f"safe-{party}/root.json")
        self.json("charter", "sign", "--document", self.file(document), "--root", root, "--out", out, *more)
        return out

    def found(self) -> str:
        """Found the programme up to the signed charter; return its hash."""
        for party in self.parties:
            self.init(party)
        compiled = self.compile("document.json")
        signatures = [part for party in self.parties for part in ("--signature", self.sign(party))]
        place = ("--document", self.file("document.json"), "--out", self.file("charter.json"))
        assembled = self.json("charter", "assemble", *place, *signatures)
        assert assembled["charter_hash"] == compiled["charter_hash"]
        return str(assembled["charter_hash"])


@pytest.fixture(params=list(ORDERS.values()), ids=list(ORDERS))
def machines(request: pytest.FixtureRequest, tmp_path: Path) -> Machines:
    """Return the machines of two parties, also exchanged."""
    return Machines(tmp_path, request.param)


def test_two_parties_found_a_programme_by_exchanging_files(machines: Machines) -> None:
    """Each compiles the same bytes, signs for itself, adopts what it compared; both nodes open and witness each other."""
    charter_hash = machines.found()
    again = machines.compile("again.json")
    assert again["charter_hash"] == charter_hash
    assert Path(machines.file("again.json")).read_bytes() == Path(machines.file("document.json")).read_bytes()
    for party in machines.parties:
        adopt = ("charter", "adopt", "--file", machines.file("charter.json"), "--hash", charter_hash)
        machines.json(*adopt, "--home", machines.file(party))
        [other] = set(machines.parties) - {party}
        machines.json("peer", "add", other, f"https://{other.lower()}.example:7443", "--home", machines.file(party))
        status = machines.json("status", "--home", machines.file(party))
        assert (status["party"]["code"], status["charter"]["charter_hash"]) == (party, charter_hash)
        assert Home(Path(machines.file(party))).settings.peers == {other: f"https://{other.lower()}.example:7443"}
    nodes = {
        party: open_node(Home(Path(machines.file(party))), clock=lambda: machines.now, random=machines.random)
        for party in machines.parties
    }

    def line(sender: str) -> Callable[[str, Request], Response]:
        return lambda party, request: nodes[party].edge(request, sender)

    for party, node in nodes.items():
        node.transport = line(party)
        assert node.start() == []
        node.tick()
        node.close()


def test_the_root_never_enters_the_folder(machines: Machines) -> None:
    """The folder holds every key but the root, for its owner's eyes alone; nothing is written over."""
    party = machines.parties[0]
    made = machines.init(party)
    private = {path.name for path in (Path(machines.file(party)) / "keys").iterdir()}
    assert not any("root" in name for name in private)
    assert len(private) == len(made["keys"])
    assert all(path.stat().st_mode & 0o077 == 0 for path in Path(machines.file(party)).rglob("*") if path.is_file())
    root = read_json(Path(machines.file(f"safe-{party}/root.json")).read_bytes())
    public = Path(machines.file(f"{party}.json")).read_bytes()
    assert not any(seed.encode() in public for seed in root["seeds"].values())
    assert {each.id for each in Home(Path(machines.file(party))).officers().values()} == {"ops", "ana"}
    again = machines.run("init", party, "--home", machines.file(party), "--template", str(machines.template),
                         "--root-out", machines.file("other.json"), "--public-out", machines.file("p.json"))  # fmt: skip
    assert (again.exit_code, "nothing is overwritten" in again.stderr) == (2, True)


INIT_REFUSED: dict[str, tuple[tuple[str, ...], str]] = {
    "a root inside the folder": (("--root-out", "{home}/root.json"), "not kept in the node's folder"),
    "a party that the template lacks": (("--party", "ZZ"), "no party ZZ"),
    "an officer of another party": (("--officer", "eve", "liaison", "ZZ/ONE", "Eve"), "Unknown role or agency"),
    "a role that does not exist": (("--officer", "eve", "queen", "MX/FGR", "Eve"), "Unknown role or agency"),
    "neither programme nor template": (("--no-template",), "--programme or --template"),
    "accepted": ((), ""),
}


@pytest.mark.parametrize(("more", "sentence"), INIT_REFUSED.values(), ids=INIT_REFUSED.keys())
def test_init_refuses(tmp_path: Path, more: tuple[str, ...], sentence: str) -> None:
    """A party's side is not made from what does not fit; a rehearsal writes nothing."""
    home, machines = tmp_path / "home", Machines(tmp_path, ("MX", "US"))
    options = {"--root-out": str(tmp_path / "r"), "--public-out": str(tmp_path / "p"), "--home": str(home)}
    party, template = "MX", ("--programme", "gis-mx-us")
    rest: tuple[str, ...] = ()
    match more:
        case ("--party", name):
            party = name
        case ("--no-template",):
            template = ()  # type: ignore[assignment]
        case ("--root-out", place):
            options["--root-out"] = place.format(home=home)
        case _:
            rest = more
    flat = [part for pair in options.items() for part in pair]
    result = machines.run("init", party, *template, *flat, *rest, "--dry-run")
    assert result.exit_code == (2 if sentence else 0), result.output
    assert sentence in result.stderr
    assert not home.exists()


def test_a_charter_that_does_not_hold_is_refused(tmp_path: Path) -> None:
    """A missing or foreign signature, another document's signature, another hash, another folder: each by its name."""
    machines = Machines(tmp_path, ("MX", "US"))
    charter_hash = machines.found()
    place = ("--document", machines.file("document.json"), "--out", machines.file("half.json"))
    both = [part for party in ("MX", "US") for part in ("--signature", machines.file(f"{party}.sig-document.json"))]
    machines.json("charter", "assemble", *place, *both, "--dry-run")
    machines.compile("half.json", "--dry-run")
    root = ("--root", machines.file("safe-MX/root.json"), "--out", machines.file("half.json"))
    machines.json("charter", "sign", *place[:2], *root, "--dry-run")
    assert not Path(machines.file("half.json")).exists()
    mine, theirs = machines.file("MX.sig-document.json"), machines.file("US.sig-document.json")
    half = machines.run("charter", "assemble", *place, "--signature", mine)
    assert (half.exit_code, "signatures.US" in half.stderr) == (3, True)
    twice = machines.run("charter", "assemble", *place, "--signature", mine, "--signature", mine)
    assert twice.exit_code == 3
    machines.compile("later.json", "--version", "2", "--previous", machines.file("charter.json"))
    other = machines.sign("US", "later.json")
    mixed = machines.run("charter", "assemble", *place, "--signature", mine, "--signature", other)
    assert (mixed.exit_code, "charter" in mixed.stderr) == (3, True)
    stranger = machines.run("charter", "sign", "--document", machines.file("document.json"),
                            "--root", machines.file("MX/keys/MX.FGR.1.json"), "--out", machines.file("x"))  # fmt: skip
    assert (stranger.exit_code, "no root of this charter" in stranger.stderr) == (2, True)
    adopt = ("charter", "adopt", "--file", machines.file("charter.json"), "--home", machines.file("MX"), "--hash")
    wrong = machines.run(*adopt, "A" * 43)
    assert (wrong.exit_code, "you compared" in wrong.stderr) == (3, True)
    keys = Path(machines.file("MX/keys/MX.FGR.1.json"))
    tree = read_json(keys.read_bytes())
    keys.write_bytes(write_json({**tree, "seeds": {"ed25519": "A" * 43}}))
    swapped = machines.run(*adopt, charter_hash)
    assert (swapped.exit_code, "keys.MX/FGR#1" in swapped.stderr) == (3, True)
    keys.write_bytes(write_json(tree))
    rehearsed = machines.json(*adopt, charter_hash, "--dry-run")
    assert rehearsed["dry_run"] is True
    assert not Path(machines.file("MX/charters")).exists()
    machines.json(*adopt, charter_hash)
    assert theirs


def test_a_later_version_is_adopted_by_an_act(tmp_path: Path) -> None:
    """The second version is signed by all, adopted by the operator once it is in force, and said in an act."""
    machines = Machines(tmp_path, ("MX", "US"))
    first = machines.found()
    home = ("--home", machines.file("MX"))
    machines.json("charter", "adopt", "--file", machines.file("charter.json"), "--hash", first, *home)
    keys = [part for party in ("US", "MX") for part in ("--keys", machines.file(f"{party}.json"))]
    later = ("--version", "2", "--previous", machines.file("charter.json"), "--out", machines.file("two.json"))
    compiled = machines.json("charter", "compile", "--template", str(machines.template), *keys, *later,
                             "--effective-from", "2025-12-01T00:00:00Z")  # fmt: skip
    signatures = [part for party in ("MX", "US") for part in ("--signature", machines.sign(party, "two.json"))]
    place = ("--document", machines.file("two.json"), "--out", machines.file("charter2.json"))
    machines.json("charter", "assemble", *place, *signatures, "--previous", machines.file("charter.json"))
    adopt = ("charter", "adopt", "--file", machines.file("charter2.json"), "--hash", compiled["charter_hash"], *home)
    early = machines.run(*adopt, "--as", "ops")
    assert (early.exit_code, "not in force yet" in early.stderr) == (5, True)
    machines.now = 1_765_000_000
    assert machines.run(*adopt, "--as", "ana").exit_code == 1
    machines.json(*adopt, "--as", "ops", "--dry-run")
    machines.json(*adopt, "--as", "ops")
    assert machines.json("charter", "show", *home)["version"] == 2
    assert machines.json("status", *home)["outbound"][0]["queued"] == 1
    again = machines.run(*adopt, "--as", "ops")
    assert again.exit_code == 3


@pytest.mark.parametrize("lang", ["es", "en"])
def test_a_charter_is_shown_with_its_words(tmp_path: Path, lang: Language) -> None:
    """A signed charter is shown from its file, every code in the reader's language, before any node has it."""
    machines = Machines(tmp_path, ("MX", "US"))
    machines.found()
    shown = machines.run("charter", "show", "--file", machines.file("charter.json"), lang=lang)
    assert shown.exit_code == 0
    assert ("Investigación penal" in shown.stdout) == (lang == "es")
    missing = machines.run("charter", "show", lang=lang)
    assert (missing.exit_code, "PARIDAD_HOME" in missing.stderr) == (2, True)


def test_three_parties_compile_alike_whatever_the_order(tmp_path: Path) -> None:
    """No party is first: the order in which the public files are named changes no byte."""
    machines = Machines(tmp_path, ("MX", "US"))
    machines.template.write_bytes(generic_template(("AA", "BB", "CC")))
    machines.parties = ("AA", "BB", "CC")
    for party in machines.parties:
        machines.init(party)
    one = machines.compile("one.json")
    machines.parties = ("CC", "AA", "BB")
    assert machines.compile("two.json")["charter_hash"] == one["charter_hash"]


def test_peers_are_other_parties(tmp_path: Path) -> None:
    """Only another party of the charter is a peer, and only over TLS."""
    machines = Machines(tmp_path, ("MX", "US"))
    first = machines.found()
    home = ("--home", machines.file("MX"))
    machines.json("charter", "adopt", "--file", machines.file("charter.json"), "--hash", first, *home)
    for party, url, sentence in (
        ("MX", "https://x.example", "no other party"),
        ("ZZ", "https://x.example", "no other party"),
        ("US", "http://x.example", "begins with https"),
        ("US", 'https://x.example"\nport = 1', "begins with https"),
    ):
        refused = machines.run("peer", "add", party, url, *home)
        assert (refused.exit_code, sentence in refused.stderr) == (2, True)
    machines.json("peer", "add", "US", "https://x.example", "--dry-run", *home)
    assert Home(Path(machines.file("MX"))).settings.peers == {}
