# SPDX-License-Identifier: Apache-2.0
"""The ring of keys: whose key is in force for what, at which time and below which size of the log.

Rules
  - A ring is built from signed charters and signed key changes alone, in their order; building it again from the same
    statements gives the same ring. It never changes: `with_charter` and `with_change` return another one.
  - No key is enrolled twice, by anybody, under any name; an identifier is never given again.
  - A key change counts only under the newest charter: the root of an older one has nothing more to say.
  - A key that goes on is carried over into a later charter or ended before it; left out in silence it is refused.
  - An act is judged by the charter it names, which must have been in force at its time.
  - A key ended at size n counts for leaves below n only. Above, up to where its party had already logged, its acts
    are disputed; without a place in the log they cannot be judged and are refused.
  - The keys of witnesses and mirrors end in time, and their time stands in what they sign themselves: after a theft,
    ask with the time of receipt.

Worked example
    ring = KeyRing([read_charter(signed)])
    ring.act_key("AA/POLICE#1", iss="AA/POLICE", prg=ring.current.prg, at=now, leaf_index=None)
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import NamedTuple

from paridad.base.signing import Ed25519Key, MlDsaKey
from paridad.base.words import Words
from paridad.programme.charter import Charter, succeeds
from paridad.programme.errors import CharterRefused, KeyChangeRefused, KeyRefused, ProgrammeError, UnknownCharter
from paridad.programme.origins import Log, mirror_name, parse_name, witness_name
from paridad.programme.records import ENDS_IN, Ending, KeyRecord, KeyUse, parse_kid, refused
from paridad.programme.statements import KeyChange

__all__ = ["KeyChange", "KeyRecord", "KeyRing", "KeyUse", "NamedKey"]


class NamedKey(NamedTuple):
    """The two public keys under which a log or a cosigner signs, and its name."""

    name: str
    ed25519: Ed25519Key
    mldsa: MlDsaKey


@dataclass(frozen=True, slots=True)
class _Enrolled:
    """A key, and the version of the charter since which it is known."""

    record: KeyRecord
    since: int


class KeyRing:
    """All keys of a programme, by the statements that enrolled and ended them."""

    __slots__ = ("_by_prg", "_keys", "changes", "charters")

    def __init__(self, charters: Iterable[Charter], changes: Iterable[KeyChange] = ()) -> None:
        self.charters: tuple[Charter, ...] = tuple(sorted(charters, key=lambda charter: charter.version))
        self.changes: tuple[KeyChange, ...] = tuple(changes)
        self._by_prg: Mapping[str, Charter] = {charter.prg: charter for charter in self.charters}
        register = _Register()
        for charter in self.charters:
            register.adopt(charter)
            for change in self.changes:
                if self.charter(change.prg) is charter:
                    register.apply(change)
        self._keys: Mapping[str, _Enrolled] = MappingProxyType(register.keys)

    # Growing

    def with_charter(self, charter: Charter) -> "KeyRing":
        """Return the ring that has also adopted a charter; adopting it again changes nothing."""
        if charter.prg in self._by_prg:
            return self
        return KeyRing((*self.charters, charter), self.changes)

    def with_change(self, change: KeyChange) -> "KeyRing":
        """Return the ring after a key change; the same change again changes nothing."""
        if any(change.hash == each.hash for each in self.changes):
            return self
        if change.prg != self.current.prg:
            raise _change_refused(
                "prg", "no es la carta más reciente; fírmela bajo esa.", "is not the newest charter; sign under that."
            )
        return KeyRing(self.charters, (*self.changes, change))

    # Charters

    @property
    def current(self) -> Charter:
        """The newest charter adopted."""
        if not self.charters:
            raise _unknown("Todavía no hay carta.", "There is no charter yet.")
        return self.charters[-1]

    def charter(self, prg: str) -> Charter:
        """Return the charter that an act names, or raise `UnknownCharter`."""
        found = self._by_prg.get(prg)
        if found is None:
            raise _unknown(f"No se conoce la carta {prg!r}.", f"The charter {prg!r} is not known.")
        return found

    def in_force(self, at: int) -> Charter:
        """Return the charter in force at a time, or raise `UnknownCharter`."""
        for charter in reversed(self.charters):
            if charter.effective_from <= at:
                return charter
        raise _unknown("En esa fecha no regía ninguna carta.", "No charter was in force at that time.")

    # Keys

    @property
    def records(self) -> Mapping[str, KeyRecord]:
        """Every key ever enrolled, by its identifier."""
        return MappingProxyType({kid: enrolled.record for kid, enrolled in self._keys.items()})

    def act_key(
        self, kid: str, *, iss: str, prg: str, at: int, leaf_index: int | None, log: Log = "shared"
    ) -> Ed25519Key:
        """Return the key of an act in five steps, or raise `KeyRefused` or `UnknownCharter` with the reason."""
        # (1) The charter that the act names was in force at its time.
        charter = self.charter(prg)
        if self.in_force(at) is not charter:
            raise _unknown(
                f"La carta {prg!r} no regía en la fecha del acto.",
                f"The charter {prg!r} was not in force at that time.",
            )
        # (2) A key speaks for the one agency it belongs to, and the agency is of this charter.
        if parse_kid(kid).owner != iss or iss not in charter.agencies:
            raise refused(f"{kid} no habla por {iss}.", f"{kid} does not speak for {iss}.")
        # (3) It is enrolled, for acts.
        enrolled = self._keys.get(kid)
        if enrolled is None or enrolled.record.use != "act" or enrolled.since > charter.version:
            raise refused(f"{kid} no está inscrita para firmar actos.", f"{kid} is not enrolled for acts.")
        # (4) Its interval of time.
        if not enrolled.record.in_time(at):
            raise refused(f"{kid} no valía en esa fecha.", f"{kid} was not valid at that time.")
        # (5) Its interval of ledger.
        _check_place(enrolled.record, log, leaf_index)
        return enrolled.record.ed25519_key

    def newest(self, owner: str, use: KeyUse, at: int) -> KeyRecord:
        """Return the newest key of an owner in force at a time: the one to sign with, or to seal to."""
        found = [record for record in self._of(owner, use) if record.in_time(at) and not record.endings]
        if not found:
            raise refused(f"{owner} no tiene clave {use} vigente.", f"{owner} has no {use} key in force.")
        return max(found, key=lambda record: record.number)

    def sealing_key(self, agency: str, at: int) -> KeyRecord:
        """Return the key to seal to when something is sent to an agency."""
        return self.newest(agency, "sealing", at)

    def log_key(self, origin: str, *, size: int | None = None) -> tuple[NamedKey, ...]:
        """Return the keys of a log, newest first: those going on and, for a checkpoint of `size`, those ended above."""
        name = parse_name(origin)
        if name.programme != self.current.programme or name.role not in {"shared", "own"}:
            raise refused(f"{origin!r} no es bitácora de este programa.", f"{origin!r} is no log of this programme.")
        use: KeyUse = "log-shared" if name.role == "shared" else "log-own"
        return self._named(
            origin,
            [
                record
                for record in self._of(f"{name.party}/{use}", use)
                if all(size is not None and size <= ending.size for ending in record.endings)
            ],
        )

    def witness_keys(self, party: str, *, at: int | None = None) -> tuple[NamedKey, ...]:
        """Return the keys with which a party cosigns as witness, newest first; with `at`, those valid then."""
        return self._cosigners(party, "witness", witness_name(party, self.current.programme), at)

    def mirror_keys(self, party: str, *, at: int | None = None) -> tuple[NamedKey, ...]:
        """Return the keys with which a party cosigns as mirror, newest first; with `at`, those valid then."""
        return self._cosigners(party, "mirror", mirror_name(party, self.current.programme), at)

    def authorities(self, party: str, at: int) -> tuple[str, ...]:
        """Return the PEM certificates of a party's transport authorities in force."""
        return tuple(
            record.certificate
            for record in self._of(f"{party}/transport", "transport")
            if record.in_time(at) and record.certificate
        )

    def _cosigners(self, party: str, use: KeyUse, name: str, at: int | None) -> tuple[NamedKey, ...]:
        return self._named(name, [r for r in self._of(f"{party}/{use}", use) if at is None or r.in_time(at)])

    def _named(self, name: str, records: Sequence[KeyRecord]) -> tuple[NamedKey, ...]:
        if not records:
            raise refused(f"No hay clave vigente de {name!r}.", f"There is no key in force of {name!r}.")
        return tuple(NamedKey(name, record.ed25519_key, record.mldsa_key) for record in records)

    def _of(self, owner: str, use: KeyUse) -> list[KeyRecord]:
        """Return an owner's keys of one use, newest first."""
        found = [each.record for each in self._keys.values() if each.record.owner == owner and each.record.use == use]
        return sorted(found, key=lambda record: record.number, reverse=True)


def _unknown(es: str, en: str) -> UnknownCharter:
    return UnknownCharter(Words(es=es, en=en))


def _change_refused(field: str, es: str, en: str) -> KeyChangeRefused:
    return KeyChangeRefused(field, Words(es=es, en=en))


def _check_place(record: KeyRecord, log: Log, leaf_index: int | None) -> None:
    ending = record.ending_in(log)
    if ending is None or (leaf_index is not None and leaf_index < ending.size):
        return
    raise KeyRefused(
        Words(
            es=f"{record.kid}: la clave terminó en el tamaño {ending.size}.",
            en=f"{record.kid}: key ended at size {ending.size}.",
        ),
        disputed=leaf_index is not None and leaf_index < ending.disputed_until,
    )


class _Register:
    """The state of a ring while it is built."""

    def __init__(self) -> None:
        self.keys: dict[str, _Enrolled] = {}
        self._materials: dict[bytes, str] = {}
        self._charter: Charter | None = None

    def adopt(self, charter: Charter) -> None:
        """Adopt a charter: the first, or the successor of the one before."""
        if self._charter is not None:
            succeeds(charter, self._charter)
            self._check_carried_over(charter)
        self._charter = charter
        for party in charter.parties.values():
            for raw in (party.root_ed25519.raw, party.root_mldsa.raw):
                self._own(raw, f"{party.id}/root", CharterRefused)
        for record in charter.keys:
            self._list(record, charter.version)

    def apply(self, change: KeyChange) -> None:
        """Apply a change that was read under the charter in hand."""
        if change.record is not None:
            self._enrol(change, change.record)
        else:
            self._end(change)

    def _own(self, raw: bytes, holder: str, refusal: Callable[[str, Words], ProgrammeError]) -> None:
        other = self._materials.setdefault(raw, holder)
        if other != holder:
            raise refusal(
                f"keys.{holder}", Words(es=f"ya estaba inscrita como {other}.", en=f"was already enrolled as {other}.")
            )

    def _check_carried_over(self, charter: Charter) -> None:
        listed = {record.kid for record in charter.keys}
        for kid, enrolled in self.keys.items():
            goes_on = enrolled.record.living(charter.effective_from) and enrolled.record.party in charter.parties
            if goes_on and kid not in listed:
                raise CharterRefused(
                    f"keys.{kid}",
                    Words(
                        es="seguía vigente y falta aquí; consérvela o póngale fin antes.",
                        en="was still in force and is missing here; carry it over, or end it before.",
                    ),
                )

    def _list(self, record: KeyRecord, version: int) -> None:
        """Take a key from a charter: a new one, or one known already, whose ends can only be confirmed."""
        known = self.keys.get(record.kid)
        if known is None:
            for raw in record.materials():
                self._own(raw, record.kid, CharterRefused)
            self.keys[record.kid] = _Enrolled(record, version)
        elif known.record != record:
            raise CharterRefused(
                f"keys.{record.kid}",
                Words(
                    es="no coincide con lo ya inscrito; un cambio de clave se declara antes, con su firma.",
                    en="differs from what is enrolled; a key is changed before, by a signed statement.",
                ),
            )

    def _enrol(self, change: KeyChange, record: KeyRecord) -> None:
        assert self._charter is not None
        owners = {*self._charter.agencies, f"{record.party}/{record.use}"}
        if record.owner not in owners:
            raise _change_refused("kid", "su titular no está en la carta.", "its owner is not in the charter.")
        numbers = [each.record.number for each in self.keys.values() if each.record.owner == record.owner]
        if record.number <= max(numbers, default=0):
            raise _change_refused("kid", "su número no es el siguiente.", "its number is not above the earlier ones.")
        self._check_predecessor(change, record)
        for raw in record.materials():
            self._own(raw, record.kid, KeyChangeRefused)
        self.keys[record.kid] = _Enrolled(record, self._charter.version)

    def _check_predecessor(self, change: KeyChange, record: KeyRecord) -> None:
        """Insist that a key which goes on signed as well; where none does, nobody is named."""
        use: KeyUse = "act" if record.use == "sealing" else record.use
        living = {
            kid: each.record
            for kid, each in self.keys.items()
            if each.record.owner == record.owner and each.record.use == use and each.record.living(change.issued_at)
        }
        if change.predecessor is None and not living:
            return
        before = living.get(change.predecessor or "")
        if before is None:
            named = ", ".join(sorted(living)) or "-"
            raise _change_refused(
                "predecessor",
                f"debe firmar también una clave vigente: {named}.",
                f"must be signed by a key in force as well: {named}.",
            )
        change.check_signed_by("predecessor", before.ed25519_key, before.mldsa_key if before.mldsa44 else None)

    def _end(self, change: KeyChange) -> None:
        known = self.keys.get(change.kid)
        if known is None:
            raise _change_refused("kid", "esa clave no está inscrita.", "that key is not enrolled.")
        record = known.record
        if {ending.log for ending in change.endings} != ENDS_IN[record.use] or (
            (change.ends_at is None) == (not ENDS_IN[record.use])
        ):
            raise _change_refused(
                "endings",
                "una clave de actos o de bitácora termina en sus bitácoras; las demás, en una fecha.",
                "a key for acts or logs ends in its logs; the others at a time.",
            )
        if change.change == "retire" and not record.living(change.issued_at):
            raise _change_refused("kid", "ya había terminado.", "had already ended.")
        ended = _ended(record, change)
        self.keys[change.kid] = replace(known, record=ended)


def _ended(record: KeyRecord, change: KeyChange) -> KeyRecord:
    """Return the record with its end; an end can be set back, never forward."""
    endings = tuple(_earlier(record.ending_in(ending.log), ending) for ending in change.endings)
    until = record.valid_until
    if change.ends_at is not None:
        if change.ends_at < record.valid_from or (until is not None and change.ends_at > until):
            raise _change_refused("ends_at", "no cabe en la vida de la clave.", "does not fall in the key's life.")
        until = change.ends_at
    return replace(record, endings=endings, valid_until=until)


def _earlier(old: Ending | None, new: Ending) -> Ending:
    if old is None:
        return new
    if new.size > old.size:
        raise _change_refused("endings", "un fin no se pospone.", "an end is not put off.")
    return replace(new, disputed_until=old.disputed_until)
