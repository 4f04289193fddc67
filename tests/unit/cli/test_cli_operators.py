# SPDX-License-Identifier: Apache-2.0
"""What an operator does by command: recover after a backup, epochs, certificates of the line, a log trusted again."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography import x509

from paridad.base.words import Words
from paridad.exchange import doubt
from paridad.exchange.errors import PeerUnreachable
from paridad.exchange.transport import Request, Response
from paridad.ledger.evidence import HEADER
from paridad.node.node import Node
from paridad.programme.origins import shared_origin
from paridad.programme.transport import check_issued
from paridad.store.backup import back_up, restore, restored_heads
from paridad.store.ledger import SqlLedgerStore
from paridad.store.tables import act_keys
from support.cli_world import CommandLines
from support.matters import BOTH_WAYS, WAYS

DAY = 86_400
OPERATOR = ("--as", "doj-operator")


@pytest.fixture(params=BOTH_WAYS, ids=WAYS)
def lines(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CommandLines]:
    """Return the command lines of two parties, the second of which has the agency DOJ."""
    with CommandLines(tmp_path, request.param) as found:
        yield found


def asks(lines: CommandLines) -> str:
    """Let the first party ask the second."""
    first, second = lines.names
    return lines.asked(f"{first}/FGR", f"{second}/DOJ")


def silent(party: str, _: Request) -> Response:
    """Answer as a line that leads nowhere."""
    raise PeerUnreachable(Words(es=f"{party} no contesta.", en=f"{party} does not answer."))


def lose(lines: CommandLines, backup: Path) -> Node:
    """Lose the second party's database and put the backup in its place."""
    name = lines.names[1]
    path = lines.parties.by_name[name].own.store.path
    assert path is not None
    lines.parties.by_name[name].close()
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink()
    restore(backup, path)
    return lines.parties.open(name)


def test_a_restored_node_recovers_by_command(lines: CommandLines, tmp_path: Path) -> None:
    """What the other holds comes back; a rehearsal takes nothing, and only an operator may."""
    folio, name = asks(lines), lines.names[1]
    backup = tmp_path / "copy.db"
    back_up(lines.parties.by_name[name].own.store, backup, at=lines.parties.clock())
    lines.json(name, "folio", "acknowledge", folio, "--as", "doj-liaison")
    lines.parties.settle(3)
    node = lose(lines, backup)

    nobody = lines.run(name, "node", "recover", "--as", "doj-liaison")
    assert (nobody.exit_code, nobody.stdout) == (1, "")
    rehearsed = lines.json(name, "node", "recover", "--dry-run", *OPERATOR)
    assert (rehearsed["leaves_back"] > 0, rehearsed["restored_copy"]) == (True, True)
    assert lines.json(name, "node", "recover", "--dry-run", *OPERATOR) == rehearsed
    good, node.transport = node.transport, silent
    for lang, sentence in (("es", "No contesta"), ("en", "No answer from")):
        unreachable = lines.run(name, "node", "recover", *OPERATOR, lang=lang)  # type: ignore[arg-type]
        assert (unreachable.exit_code, sentence in unreachable.stderr) == (4, True), unreachable.output
    node.transport = good
    found = lines.json(name, "node", "recover", *OPERATOR)
    assert (found["leaves_back"], found["silent"], found["restored_copy"]) == (rehearsed["leaves_back"], [], False)
    with node.own.store.read() as conn:
        assert restored_heads(conn) is None
    assert lines.json(name, "node", "recover", *OPERATOR)["leaves_back"] == 0
    lines.parties.clock.pass_(3600)
    lines.parties.settle(4)
    assert lines.json(name, "folio", "show", folio, "--as", "doj-liaison")["stage"]["code"] == "acknowledged"


def test_a_stopped_node_names_the_command_that_helps(lines: CommandLines, tmp_path: Path) -> None:
    """Behind in the shared log: recover. Behind in the log nobody else holds: it ends here, and the way on is said."""
    folio, name = asks(lines), lines.names[1]
    backup = tmp_path / "copy.db"
    back_up(lines.parties.by_name[name].own.store, backup, at=lines.parties.clock())
    lines.json(name, "folio", "acknowledge", folio, "--as", "doj-liaison")
    lines.record(f"{name}/DOJ")
    lines.parties.settle(3)
    node = lose(lines, backup)
    with pytest.raises(Exception, match="leaves") as stopped:
        node.start()
    assert "paridad node recover" in stopped.value.sentence("en")  # type: ignore[attr-defined]
    for lang, sentences in (
        ("es", ("esa bitácora termina aquí", f"{name}/gis-mx-us/own")),
        ("en", ("that log ends here", "another programme name")),
    ):
        ended = lines.run(name, "node", "recover", *OPERATOR, lang=lang)  # type: ignore[arg-type]
        assert ended.exit_code == 3, ended.output
        assert all(each in ended.stderr for each in sentences), ended.stderr
    shown = lines.json(name, "folio", "show", folio, "--as", "doj-liaison")
    assert shown["stage"]["code"] == "acknowledged"
    late = lines.run(name, "folio", "suspend", folio, "--reason", "…", "--as", "doj-liaison")
    assert (late.exit_code, late.stdout) == (3, "")


def test_an_epoch_is_begun_and_the_old_one_destroyed(lines: CommandLines, tmp_path: Path) -> None:
    """What lives goes over to the new epoch; then the old key goes, and a backup of that time gives back no field."""
    folio, name = asks(lines), lines.names[1]
    assert lines.run(name, "epoch", "begin", "--as", "doj-liaison").exit_code == 1
    dry = lines.json(name, "epoch", "begin", "--dry-run", *OPERATOR)
    assert (dry["epoch"], len(lines.json(name, "epoch", "list")["epochs"])) == (2, 1)
    key = tmp_path / name / "epochs" / "1.key"
    for wrong, code in (("1", 2), ("7", 2)):
        assert lines.run(name, "epoch", "destroy", wrong, *OPERATOR).exit_code == code
    begun = lines.json(name, "epoch", "begin", *OPERATOR)
    assert (begun["epoch"], begun["wrapped"] > 0, begun["scrubbed"]) == (2, True, True)
    listed = {each["epoch"]: each for each in lines.json(name, "epoch", "list")["epochs"]}
    assert [(each["current"], each["in_use"]) for each in listed.values()] == [(False, False), (True, True)]
    assert lines.run(name, "epoch", "destroy", "2", *OPERATOR).exit_code == 2
    lines.json(name, "epoch", "destroy", "1", "--dry-run", *OPERATOR)
    assert key.exists()
    assert lines.run(name, "epoch", "destroy", "1", "--as", "doj-liaison").exit_code == 1
    lines.json(name, "epoch", "destroy", "1", *OPERATOR)
    assert not key.exists()
    assert [each["epoch"] for each in lines.json(name, "epoch", "list")["epochs"]] == [2]
    assert lines.json(name, "folio", "show", folio, "--as", "doj-liaison")["acts"][0]["fields"]
    assert lines.json(name, "node", "check")["ok"] is True


def test_an_epoch_that_something_needs_is_not_destroyed(lines: CommandLines) -> None:
    """A key that still wraps something living stays, and the sentence says what brings it over."""
    asks(lines)
    name = lines.names[1]
    node = lines.parties.by_name[name]
    lines.json(name, "epoch", "begin", *OPERATOR)
    node.own.store.submit(lambda conn: conn.execute(sa.update(act_keys).where(act_keys.c.act == 1).values(epoch=1)))
    for lang, sentence in (("es", "epoch begin"), ("en", "epoch begin")):
        kept = lines.run(name, "epoch", "destroy", "1", *OPERATOR, lang=lang)  # type: ignore[arg-type]
        assert (kept.exit_code, sentence in kept.stderr) == (2, True)
    assert 1 in node.epochs.numbers


def test_the_certificates_of_the_line_are_made_again(lines: CommandLines, tmp_path: Path) -> None:
    """For the same names, or for others; under the authority that everybody pinned; a rehearsal writes nothing."""
    name = lines.names[0]
    node, folder = lines.parties.by_name[name], tmp_path / name / "tls"
    before = (folder / "server.crt").read_bytes()
    lines.parties.clock.pass_(350 * DAY)
    operator = ("--as", "fgr-operator")
    assert lines.run(name, "node", "certify", "--as", "fgr-liaison").exit_code == 1
    assert lines.json(name, "node", "certify", "--dry-run", *operator)["names"] == ["localhost"]
    assert (folder / "server.crt").read_bytes() == before
    made = lines.json(name, "node", "certify", *operator)
    assert (made["names"], made["addresses"], made["restart"]) == (["localhost"], ["127.0.0.1"], True)
    now = lines.parties.clock()
    [authority] = node.own.keys.authorities(name, now)
    for role in ("server", "client"):
        certificate = (folder / f"{role}.crt").read_text()
        check_issued(certificate, authority, now=now)
        assert (
            int(x509.load_pem_x509_certificate(certificate.encode()).not_valid_after_utc.timestamp()) > now + 300 * DAY
        )
        assert (folder / f"{role}.key").stat().st_mode & 0o077 == 0
    other = lines.json(name, "node", "certify", "--name", "node.example", *operator)
    assert (other["names"], other["addresses"]) == (["node.example"], [])
    assert lines.json(name, "node", "check")["ok"] is True
    for file in (tmp_path / name / "keys").glob("*transport*"):
        file.unlink()
    gone = lines.run(name, "node", "certify", *operator)
    assert (gone.exit_code, "transport key is missing" in gone.stderr) == (2, True)


def test_a_person_trusts_a_log_again_with_a_reason(lines: CommandLines) -> None:
    """Only what is doubted, only an operator, only with a reason; who, when and why stay beside the proofs."""
    name, other = lines.names
    own = lines.parties.by_name[name].own
    origin = shared_origin(other, own.programme)
    operator, why = ("--as", "fgr-operator"), ("--reason", "Their disk was restored; we compared by hand.")
    nothing = lines.run(name, "log", "trust-again", origin, *why, *operator)
    assert (nothing.exit_code, "waits for a person" in nothing.stderr) == (2, True)
    proof = f"{HEADER}\nkept for the test\n".encode()
    own.store.submit(lambda conn: SqlLedgerStore(conn).keep_evidence(origin, proof))
    assert lines.json(name, "log", "evidence")["evidence"][0]["doubted"] is True
    bare = lines.run(name, "log", "trust-again", origin, *operator)
    assert (bare.exit_code, "--reason" in bare.stderr) == (2, True)
    for dry in ((), ("--dry-run",)):
        refused = lines.run(name, "log", "trust-again", origin, *why, "--as", "fgr-liaison", *dry)
        assert (refused.exit_code, refused.stdout) == (1, "")
    assert lines.json(name, "log", "trust-again", origin, *why, *operator, "--dry-run")["proofs"] == 1
    with own.store.read() as conn:
        assert doubt.doubted(conn, origin)
    lines.json(name, "log", "trust-again", origin, *why, *operator)
    with own.store.read() as conn:
        assert not doubt.doubted(conn, origin)
    [kept] = lines.json(name, "log", "evidence")["evidence"]
    said = {"settled_by": "fgr-operator", "at": lines.parties.clock(), "reason": why[1]}
    assert (kept["doubted"], kept["judgements"]) == (False, [said])
    for dry in ((), ("--dry-run",)):
        assert lines.run(name, "log", "trust-again", origin, *why, *operator, *dry).exit_code == 2
