# SPDX-License-Identifier: Apache-2.0
"""Disclosures: the fields of an act, each apart from the signed text that carries its digest (RFC 9901 §4.2).

Rules
  - A disclosure is `[salt, name, value]`, for an element of a list `[salt, value]`; its digest is SHA-256 over the
    ASCII of its base64url text. The salt has 16 bytes or more and stands once in an act.
  - Every digest stands once in the whole act, open or nested. A disclosure that fits no digest, or fits one twice,
    or hangs from a parent that is not there, condemns the act: it is refused, not trimmed (RFC 9901 §7.1).
  - One level of nesting: the value of a field may be a record with its own `_sd`, or a list of `{"...": digest}`.
  - A digest without its disclosure is a withheld field or a decoy; nothing tells one from the other.
  - A field is named by its path: `name`, `birth.date`, `aliases[2]` (place in the signed list).

Worked example
    select(act, {"serial", "birth", "birth.date"})   are the three texts to send
    select(act, {"birth.date"})                      raises SelectionRefused: its parent `birth` is not sent
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Any, Protocol

import msgspec

from paridad.acts.errors import SelectionRefused
from paridad.acts.vocabulary import FIELD_NAME, RESERVED_NAMES
from paridad.base.strict import (
    JsonValue,
    are_base64url,
    are_digests,
    decode_base64url,
    encode_digests,
    malformed,
)
from paridad.base.words import Words

MAX_DIGESTS = 512
"""Digests of one set. What would need more is a payload."""
SALT_BYTES = 16
MAX_NAME = 64
"""Characters of a field's name, as `FIELD_NAME` has it; what is longer is not even remembered."""

_USUAL_SALT_LENGTH = 22
_MARKS = frozenset({"_sd", "_sd_alg", "..."})
_NAMED = 3
"""Salt, name, value; an element of a list has no name."""


class Disclosure(msgspec.Struct, frozen=True, gc=False):
    """One disclosure that fits its act."""

    text: str
    """As sent: base64url."""
    digest: str
    salt: str
    name: str | None
    """Nothing for an element of a list."""
    value: JsonValue
    parent: str | None
    path: str


class HasDisclosures(Protocol):
    """An act whose disclosures have been fitted."""

    @property
    def disclosures(self) -> Mapping[str, Disclosure]:
        """The disclosures by path."""


def digests_of(texts: Iterable[str]) -> list[str]:
    """Return the digests of the texts of disclosures."""
    return encode_digests([sha256(text.encode("ascii")).digest() for text in texts])


def select(act: HasDisclosures, paths: Collection[str]) -> tuple[str, ...]:
    """Return the texts of the named fields, parents first, or raise `SelectionRefused`."""
    wanted = frozenset(paths)
    for path in sorted(wanted - act.disclosures.keys()):
        raise SelectionRefused(Words(es=f"El acto no tiene el campo {path}.", en=f"The act has no field {path}."))
    chosen = [disclosure for path, disclosure in act.disclosures.items() if path in wanted]
    for disclosure in chosen:
        if disclosure.parent is not None and disclosure.parent not in wanted:
            path, parent = disclosure.path, disclosure.parent
            raise SelectionRefused(
                Words(
                    es=f"El campo {path} no puede entregarse sin {parent}.",
                    en=f"The field {path} cannot be released without {parent}.",
                )
            )
    return tuple(disclosure.text for disclosure in chosen)


def check_digests(digests: object) -> None:
    """Refuse what is not a sorted list of SHA-256 digests; whether one stands twice is seen when they are fitted."""
    if not isinstance(digests, list) or len(digests) > MAX_DIGESTS:
        raise malformed(
            f"`_sd` no es una lista de hasta {MAX_DIGESTS} resúmenes.",
            f"`_sd` is not a list of up to {MAX_DIGESTS} digests.",
        )
    if not are_digests(digests):
        raise malformed("`_sd` contiene algo que no es un resumen.", "`_sd` holds something that is not a digest.")
    if digests != sorted(digests):
        raise malformed("`_sd` no está ordenado.", "`_sd` is not sorted.")


class Fitted(msgspec.Struct, frozen=True):
    """The fields that disclosures open, and the digests that stay closed."""

    fields: dict[str, JsonValue]
    disclosures: dict[str, Disclosure]
    unopened: frozenset[str]


def fit(digests: list[str], texts: Sequence[str], trees: Sequence[Any]) -> Fitted:
    """Fit disclosures to the digests of an act, or raise `Malformed` (RFC 9901 §7.1, steps 3 to 5)."""
    fitting = _Fitting(texts, trees)
    fields = dict(fitting.named(digests, None))
    for name, value in fields.items():
        if not isinstance(value, str):
            fields[name] = fitting.inner(name, value)
    return fitting.finish(fields)


class _Fitting:
    """The disclosures of one act that still wait for their digest, and the digests seen so far."""

    def __init__(self, texts: Sequence[str], trees: Sequence[Any]) -> None:
        _check_salts(trees)
        self._texts, self._trees = texts, trees
        self._waiting = {digest: place for place, digest in enumerate(digests_of(texts))}
        self._opened = frozenset(self._waiting)
        self._digests: set[str] = set()
        self._disclosures: dict[str, Disclosure] = {}

    def named(self, digests: list[str], parent: str | None) -> Iterator[tuple[str, JsonValue]]:
        """Open the fields of one set of digests, in the order in which they came."""
        for place, digest in self._take(digests):
            if len(self._trees[place]) != _NAMED:
                raise malformed("Un campo revelado no tiene nombre.", "A disclosed field has no name.")
            salt, name, value = self._trees[place]
            _check_name(name)
            path = name if parent is None else f"{parent}.{name}"
            if path in self._disclosures:
                raise malformed(f"El campo {path} está dos veces.", f"The field {path} stands twice.")
            self._disclosures[path] = Disclosure(self._texts[place], digest, salt, name, value, parent, path)
            yield name, value

    def inner(self, path: str, value: JsonValue) -> JsonValue:
        """Open what hangs from a field, one level deep."""
        if isinstance(value, dict):
            value = self._record(path, value)
        elif isinstance(value, list):
            value = [each for place, element in enumerate(value) for each in self._element(path, place, element)]
        _check_plain(value)
        return value

    def finish(self, fields: dict[str, JsonValue]) -> Fitted:
        """Return the result, provided that every disclosure found its place."""
        if self._waiting:
            raise malformed("Un campo revelado no corresponde a ningún resumen.", "A disclosure fits no digest.")
        return Fitted(fields, self._disclosures, frozenset(self._digests - self._opened))

    def _record(self, path: str, value: dict[str, Any]) -> dict[str, Any]:
        if "_sd" not in value:
            return value
        check_digests(value["_sd"])
        plain = {name: child for name, child in value.items() if name != "_sd"}
        opened = dict(self.named(value["_sd"], path))
        if plain.keys() & opened.keys():
            raise malformed(f"Una parte de {path} está dos veces.", f"A part of {path} stands twice.")
        return plain | opened

    def _element(self, path: str, place: int, element: Any) -> Iterator[JsonValue]:
        if not isinstance(element, dict) or "..." not in element:
            yield element
            return
        if len(element) != 1:
            raise malformed("Un elemento oculto lleva algo más.", "A hidden element carries something else.")
        check_digests([element["..."]])
        for came, digest in self._take([element["..."]]):
            if len(self._trees[came]) == _NAMED:
                raise malformed("Un elemento de lista lleva nombre.", "An element of a list has a name.")
            salt, value = self._trees[came]
            at = f"{path}[{place}]"
            self._disclosures[at] = Disclosure(self._texts[came], digest, salt, None, value, path, at)
            yield value

    def _take(self, digests: list[str]) -> list[tuple[int, str]]:
        before = len(self._digests)
        self._digests.update(digests)
        if len(self._digests) != before + len(digests):
            raise malformed("Un resumen está dos veces en el acto.", "A digest stands twice in the act.")
        waiting = self._waiting
        return sorted((waiting.pop(digest), digest) for digest in digests if digest in waiting)


def _check_salts(trees: Sequence[Any]) -> None:
    for tree in trees:
        if not isinstance(tree, list) or len(tree) not in {_NAMED - 1, _NAMED}:
            raise malformed("Un campo revelado no tiene tres partes.", "A disclosure does not have three parts.")
    salts = [tree[0] for tree in trees]
    if not are_base64url(salts, _USUAL_SALT_LENGTH):
        for salt in salts:
            _check_salt(salt)
    if len(set(salts)) != len(trees):
        raise malformed(
            "Una sal está dos veces en el acto, o un campo revelado llegó dos veces.",
            "A salt stands twice in the act, or a disclosure came twice.",
        )


def _check_salt(salt: object) -> None:
    if not isinstance(salt, str) or len(decode_base64url(salt)) < SALT_BYTES:
        raise malformed(f"Una sal mide menos de {SALT_BYTES} bytes.", f"A salt has less than {SALT_BYTES} bytes.")


def _check_name(name: object) -> None:
    if not isinstance(name, str) or len(name) > MAX_NAME or not _has_form(name):
        raise malformed("El nombre de un campo no se admite.", "The name of a field is not admitted.")
    if name in RESERVED_NAMES:
        raise malformed(f"El nombre {name} está reservado.", f"The name {name} is reserved.")


@lru_cache(maxsize=4096)
def _has_form(name: str) -> bool:
    return FIELD_NAME.fullmatch(name) is not None


def _check_plain(value: JsonValue) -> None:
    """Refuse digests deeper than one level, and marks where they mean nothing."""
    if isinstance(value, dict):
        if not _MARKS.isdisjoint(value):
            raise malformed("Hay resúmenes a más de un nivel.", "There are digests deeper than one level.")
        value = list(value.values())
    if isinstance(value, list):
        for child in value:
            if not isinstance(child, str):
                _check_plain(child)
