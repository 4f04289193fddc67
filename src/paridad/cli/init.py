# SPDX-License-Identifier: Apache-2.0
"""`paridad init`: a party's keys, its node's folder, and the public file that it hands out.

Rules
  - The root is written where it is told, never into the node's folder: it belongs in a safe.
  - Nothing is overwritten: folder, root file and public file must not be there.
  - The folder is complete but for the charter, which all parties make together (`paridad charter`).

Worked example
    paridad init A --programme practice --home /var/lib/paridad --root-out /media/safe/root.json --public-out a.json
"""

from collections.abc import Mapping
from json import dumps
from pathlib import Path

from paridad.base.sources import Random
from paridad.base.strict import JsonValue
from paridad.cli.charter import root_print, template_of, write_party_keys
from paridad.cli.errors import refused
from paridad.cli.forms import Form, InFile, Positional, Target
from paridad.cli.verbs import Call, Verb
from paridad.node.founding import PartySecrets, agencies_of, make_party
from paridad.node.home import EPOCH_KEY_BYTES, Home, write_private
from paridad.policy.question import ROLES

NO_OFFICERS = """\
# Quien trabaja aquí / who works here. role: liaison, analyst, lawyer, head, auditor, operator
# [[officers]]
# id = "ana"
# name = "Ana Ejemplo"
# role = "liaison"
# agency = "PARTY/AGENCY"
"""


class Init(Form):
    """A party's side."""

    party: Positional
    programme: str = ""
    template: InFile = ""
    root_out: Target
    public_out: Target
    officer: tuple[tuple[str, str, str, str], ...] = ()
    store: str = ""
    host: str = "127.0.0.1"
    port: int = 0
    name: tuple[str, ...] = ()
    address: tuple[str, ...] = ()
    web_port: int = 0
    dry_run: bool = False


def init(call: Call, form: Init) -> JsonValue:
    """Make a party's keys and its node's folder."""
    agencies = agencies_of(template_of(form.programme, form.template), form.party)
    _demand_free(call.home, form, agencies)
    session = call.session
    secrets = make_party(
        form.party,
        agencies,
        names=form.name or ("localhost",),
        addresses=form.address or ("127.0.0.1",),
        now=session.clock(),
        random=session.random,
    )
    if not form.dry_run:
        write_private(Path(form.root_out), secrets.root.to_json())
        _write_folder(call.home, secrets, form, session.random)
        write_private(Path(form.public_out), write_party_keys(secrets.public))
        call.tell("keep_root", file=form.root_out)
    public = secrets.public
    return {
        "dry_run": form.dry_run,
        "party": form.party,
        "folder": str(call.home),
        "root_file": form.root_out,
        "public_file": form.public_out,
        "root": root_print(public.root_ed25519, public.root_mldsa),
        "keys": [{"key": each.kid, "use": each.use} for each in secrets.private],
    }


def _demand_free(folder: Path, form: Init, agencies: list[str]) -> None:
    if not agencies:
        raise refused(f"La plantilla no tiene la parte {form.party}.", f"The template has no party {form.party}.")
    for path in (folder / "node.toml", Path(form.root_out), Path(form.public_out)):
        if path.exists():
            raise refused(
                f"{path} ya existe; nada se sobrescribe.", f"{path} is there already; nothing is overwritten."
            )
    if folder in Path(form.root_out).parents:
        raise refused("La raíz no se guarda en la carpeta del nodo.", "The root is not kept in the node's folder.")
    for _, role, agency, _ in form.officer:
        if role not in ROLES or agency not in agencies:
            raise refused(
                f"Papel o dependencia desconocidos: {role}, {agency}.", f"Unknown role or agency: {role}, {agency}."
            )


def _write_folder(folder: Path, secrets: PartySecrets, form: Init, random: Random) -> None:
    home = Home(folder)
    for key in secrets.private:
        home.add_key(key)
    write_private(folder / "epochs" / "1.key", random(EPOCH_KEY_BYTES))
    for name, issued in (("server", secrets.server), ("client", secrets.client)):
        write_private(folder / "tls" / f"{name}.crt", issued.certificate.encode())
        write_private(folder / "tls" / f"{name}.key", issued.key.encode())
    officers = [dict(zip(("id", "role", "agency", "name"), each, strict=True)) for each in form.officer]
    listed = "\n".join("[[officers]]\n" + _toml(each) for each in officers)
    write_private(folder / "officers.toml", (listed or NO_OFFICERS).encode())
    settings: dict[str, str | int] = {"party": form.party, "host": form.host, "port": form.port}
    settings |= {"store": form.store} if form.store else {}
    settings |= {"web_port": form.web_port} if form.web_port else {}
    write_private(folder / "node.toml", _toml(settings).encode())


def _toml(entries: Mapping[str, str | int]) -> str:
    """Return TOML entries; a JSON string is a basic string of TOML 1.0."""
    return "".join(f"{name} = {dumps(value, ensure_ascii=False)}\n" for name, value in entries.items())


VERB = Verb("init", Init, local=init)
