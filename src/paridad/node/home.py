# SPDX-License-Identifier: Apache-2.0
"""A node's folder: settings, charters, keys, certificates, officers; everything but the database's content.

Rules
  - Private files have mode 0600 and are written whole or not at all.
  - The wrapping keys lie apart from the database: a stolen database alone opens nothing.
  - Settings are few; what the parties agreed on stands in the charter, not here.

Layout
    node.toml        party, store, address, peers          charters/<version>.json   signed charters
    officers.toml    who works here, in which role          keys/<owner>.<n>.json     private keys
    epochs/<n>.key   wrapping keys of disclosures           tls/{server,client}.{crt,key}
    policy.cedar     the node's own forbids (optional)      payloads/                 bulk data, sealed
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from paridad.base.sources import Random
from paridad.base.words import Words
from paridad.node.errors import HomeRefused, OfficerRefused
from paridad.policy.question import ROLES
from paridad.policy.visible import Reader
from paridad.programme.charter import read_charter
from paridad.programme.keygen import PrivateKey
from paridad.programme.terms import Charter

EPOCH_KEY_BYTES = 32
OWNER_CHECKPOINT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Settings:
    """What `node.toml` says."""

    party: str
    store: str
    """SQLAlchemy address of the database."""
    host: str
    port: int
    peers: Mapping[str, str]
    """Address of each other party's node."""
    own_checkpoint_seconds: int
    """Rhythm at which the head of *own* is signed and shown."""
    web_port: int
    """Port of the pages on loopback, 0 for any, -1 for none."""
    names: tuple[str, ...] = ()
    """Names, with their ports, under which a proxy of the party brings people to the pages."""
    zone: str = "UTC"
    """Time zone of the people who work here, beside UTC."""
    practice: bool = False
    """Whether the other parties are simulated: every page says so."""
    demo_identities: bool = False
    """Whether anybody on this machine may sign in as anybody listed: for demonstrations and practice alone."""


@dataclass(frozen=True, slots=True)
class Officer:
    """Somebody who works at this node."""

    id: str
    name: str
    role: str
    agency: str

    @property
    def reader(self) -> Reader:
        """The officer as policy sees a reader."""
        return Reader(self.id, self.role, self.agency)


class EpochFiles:
    """The wrapping keys of a node, one file an epoch (store.vault.EpochKeys)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._keys = {int(path.stem): path.read_bytes() for path in folder.glob("*.key")}
        if not self._keys or any(len(key) != EPOCH_KEY_BYTES for key in self._keys.values()):
            raise _refused(f"Faltan claves de época en {folder}.", f"Epoch keys are missing in {folder}.")

    @property
    def numbers(self) -> set[int]:
        """The epochs whose keys are here."""
        return set(self._keys)

    def current(self) -> tuple[int, bytes]:
        """Return the newest epoch and its key."""
        newest = max(self._keys)
        return newest, self._keys[newest]

    def key(self, epoch: int) -> bytes:
        """Return the key of an epoch, or raise `KeyError` where it was destroyed."""
        return self._keys[epoch]

    def begin(self, random: Random) -> int:
        """Begin a new epoch and return its number."""
        number = max(self._keys) + 1
        key = random(EPOCH_KEY_BYTES)
        write_private(self._folder / f"{number}.key", key)
        self._keys[number] = key
        return number

    def destroy(self, epoch: int) -> None:
        """Destroy the key of a past epoch: what was wrapped by it alone can no longer be read."""
        if epoch == max(self._keys):
            raise _refused("La época vigente no se destruye.", "The current epoch is not destroyed.")
        path = self._folder / f"{epoch}.key"
        path.write_bytes(bytes(EPOCH_KEY_BYTES))
        path.unlink()
        del self._keys[epoch]


@dataclass(frozen=True, slots=True)
class Home:
    """A node's folder."""

    path: Path

    @property
    def settings(self) -> Settings:
        """Read `node.toml`."""
        table = self._toml("node.toml")
        try:
            return Settings(
                party=str(table["party"]),
                store=str(table.get("store") or f"sqlite:///{self.path / 'node.db'}"),
                host=str(table.get("host", "127.0.0.1")),
                port=int(table.get("port", 0)),
                peers={str(party): str(peer["url"]) for party, peer in table.get("peers", {}).items()},
                own_checkpoint_seconds=int(table.get("own_checkpoint_seconds", OWNER_CHECKPOINT_SECONDS)),
                web_port=int(table.get("web_port", -1)),
                names=tuple(map(str, table.get("names", ()))),
                zone=str(table.get("zone", "UTC")),
                practice=table.get("practice", False) is True,
                demo_identities=table.get("demo_identities", False) is True,
            )
        except (KeyError, TypeError, ValueError) as error:
            raise _refused(
                f"node.toml: falta o está mal {error}.", f"node.toml: {error} is missing or wrong."
            ) from error

    def officers(self) -> Mapping[str, Officer]:
        """Read `officers.toml`."""
        officers = {}
        for entry in self._toml("officers.toml").get("officers", []):
            officer = Officer(entry["id"], entry["name"], entry["role"], entry["agency"])
            if officer.role not in ROLES:
                raise _refused(f"officers.toml: papel {officer.role}.", f"officers.toml: role {officer.role}.")
            officers[officer.id] = officer
        return officers

    def officer(self, id_: str) -> Officer:
        """Return an officer, or raise `OfficerRefused`."""
        found = self.officers().get(id_)
        if found is None:
            listed = ", ".join(sorted(self.officers()))
            raise OfficerRefused(
                Words(
                    es=f"No consta {id_} en officers.toml ({listed}).", en=f"{id_} is not in officers.toml ({listed})."
                )
            )
        return found

    def officers_of(self, agency: str) -> list[str]:
        """Return the officers of an agency."""
        return [officer.id for officer in self.officers().values() if officer.agency == agency]

    def charters(self) -> list[Charter]:
        """Read and verify the signed charters, oldest first."""
        charters: list[Charter] = []
        for path in sorted((self.path / "charters").glob("*.json"), key=lambda each: int(each.stem)):
            charters.append(read_charter(path.read_bytes(), current=charters[-1] if charters else None))
        if not charters:
            raise _refused("No hay carta firmada en charters/.", "There is no signed charter in charters/.")
        return charters

    def add_charter(self, charter: Charter, signed: bytes) -> None:
        """Keep a signed charter that was read."""
        write_private(self.path / "charters" / f"{charter.version}.json", signed)

    def private_keys(self) -> list[PrivateKey]:
        """Read the private keys of this node; roots are kept elsewhere."""
        return [PrivateKey.from_json(path.read_bytes()) for path in sorted((self.path / "keys").glob("*.json"))]

    def add_key(self, key: PrivateKey) -> None:
        """Keep a private key."""
        write_private(self.path / "keys" / f"{key.kid.replace('/', '.').replace('#', '.')}.json", key.to_json())

    def narrower_policy(self) -> str:
        """Return the node's own forbids, or nothing."""
        path = self.path / "policy.cedar"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def _toml(self, name: str) -> dict[str, Any]:
        path = self.path / name
        try:
            found = path.stat()
            return _parsed(path, (found.st_mtime_ns, found.st_size, found.st_ino))
        except FileNotFoundError as error:
            raise _refused(f"Falta {path}.", f"{path} is missing.") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise _refused(f"{path}: {error}.", f"{path}: {error}.") from error


@lru_cache(maxsize=64)
def _parsed(path: Path, stamp: tuple[int, int, int]) -> dict[str, Any]:
    """Parse a file, again whenever it was written again; nobody changes what is returned."""
    del stamp
    return tomllib.loads(path.read_text(encoding="utf-8"))


def write_private(path: Path, data: bytes) -> None:
    """Write a file that only its owner reads, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_suffix(path.suffix + ".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _refused(es: str, en: str) -> HomeRefused:
    return HomeRefused(Words(es=es, en=en))
