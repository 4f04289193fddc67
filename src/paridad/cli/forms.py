# SPDX-License-Identifier: Apache-2.0
"""What a command is given: one typed form, from which its options, its JSON and its checks follow.

Rules
  - A form is a frozen dataclass. A field without a default is required; a field's type says how it is asked for:
    text, whole number, yes or no, one of a list, several of them, several groups of texts.
  - The same form is filled from the command line and from the door of a running node; an unknown or misshapen
    argument is refused by name on both ways.
  - Files travel as absolute paths: node and command line are on one machine, under one user.

Worked example
    class Show(Form):
        folio: Positional
        officer: OfficerName
    read_form(Show, {"folio": "A-2026-0007", "officer": "ana"}).folio       is "A-2026-0007"
    [each.name for each in parameters(Show, "folio show", "es")]            is ["folio", "officer"]
"""

import re
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, dataclass_transform, get_args, get_origin, get_type_hints

import click
import msgspec

from paridad.base.strict import MAX_INTEGER, JsonValue
from paridad.base.words import Language
from paridad.cli.errors import refused
from paridad.cli.words import option_words, phrase


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Form:
    """What a command is given; every subclass is a frozen dataclass that is filled by name."""

    def __init_subclass__(cls) -> None:
        dataclass(frozen=True, kw_only=True)(cls)


F = TypeVar("F", bound=Form)


@dataclass(frozen=True, slots=True)
class Look:
    """How a field is asked for, where its type does not say it all."""

    kind: Literal["text", "time", "file", "target"] = "text"
    positional: bool = False
    spelled: str = ""


Positional = Annotated[str, Look(positional=True)]
PositionalWhole = Annotated[int, Look(positional=True)]
OfficerName = Annotated[str, Look(spelled="--as")]
Moment = Annotated[int, Look("time")]
InFile = Annotated[str, Look("file")]
InFiles = Annotated[tuple[str, ...], Look("file")]
Target = Annotated[str, Look("target")]
"""A file or folder to be written."""


class Acting(Form):
    """A command that an officer gives and that writes."""

    officer: OfficerName
    dry_run: bool = False


def read_form(form: type[F], arguments: Mapping[str, JsonValue]) -> F:
    """Return a filled form, or raise `InputRefused` naming the argument."""
    for name in arguments.keys() - {each.name for each in fields_of(form)}:
        raise refused(f"Esta orden no lleva «{name}».", f"This command takes no “{name}”.")
    try:
        return msgspec.convert(dict(arguments), form, strict=True)
    except msgspec.ValidationError as error:
        raise refused(
            f"Los datos de la orden no tienen su forma: {error}.", f"Arguments misshapen: {error}."
        ) from error


def parameters(form: type[Form], command: str, language: Language) -> list[click.Parameter]:
    """Return the options and arguments by which a form is filled."""
    hints = get_type_hints(form, include_extras=True)
    return [_parameter(each, hints[each.name], command, language) for each in fields_of(form)]


def fields_of(form: type[Form]) -> tuple[Field[Any], ...]:
    """Return the fields of a form, those of its bases first; each subclass of `Form` is a dataclass."""
    return fields(form)  # type: ignore[arg-type]


def _parameter(field: Field[Any], hint: Any, command: str, language: Language) -> click.Parameter:
    type_, look = _look(hint)
    text = option_words(command, field.name).in_(language)
    if look.positional:
        kind = _type_of(type_, look, language)
        return click.Argument([field.name], type=kind, metavar=metavar(field.name, language), help=text)
    spelled = look.spelled or "--" + field.name.replace("_", "-")
    names = [spelled, field.name]
    if type_ is bool:
        return Option(names, is_flag=True, default=False, help=text, language=language)
    group = _group(type_)
    return Option(
        names,
        type=_type_of(str if group else type_, look, language),
        required=field.default is MISSING,
        multiple=bool(group),
        nargs=group or 1,
        metavar=_metavar_of(field.name, type_, look, language),
        help=text,
        language=language,
    )


def _look(hint: Any) -> tuple[Any, Look]:
    if get_origin(hint) is Annotated:
        type_, look = get_args(hint)
        return type_, look
    return hint, Look()


def _group(type_: Any) -> int:
    """Return how many texts stand behind each use of a repeated option; 0 where it is not repeated."""
    if get_origin(type_) is not tuple:
        return 0
    [element, _] = get_args(type_)
    return len(get_args(element)) if get_origin(element) is tuple else 1


def _type_of(type_: Any, look: Look, language: Language) -> click.ParamType[Any]:
    if get_origin(type_) is Literal:
        return OneOf(get_args(type_), language)
    if look.kind == "time":
        return Time(language)
    if look.kind == "file":
        return File(language)
    if look.kind == "target":
        return TargetFile()
    return Whole(language) if type_ is int else click.STRING


def _metavar_of(name: str, type_: Any, look: Look, language: Language) -> str:
    if _group(type_) > 1:
        return metavar(name, language)
    if get_origin(type_) is Literal:
        return "[" + "|".join(get_args(type_)) + "]"
    return metavar("whole" if type_ is int and look.kind == "text" else look.kind, language)


def metavar(name: str, language: Language) -> str:
    """Return what stands for a value in help."""
    return phrase(f"metavar:{name}", language)


class Option(click.Option):
    """An option whose "required" is said in the language of the help."""

    def __init__(self, names: list[str], *, language: Language, **more: Any) -> None:
        super().__init__(names, **more)
        self._language: Language = language

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return spelling and help."""
        mark = f" {phrase('required', self._language)}" if self.required else ""
        return self.get_help_spec(ctx), f"{self.help}{mark}"


class _Spoken(click.ParamType[Any]):
    """A type of values that refuses in one of the two languages."""

    def __init__(self, language: Language) -> None:
        self._language: Language = language

    def refuse(self, name: str, param: click.Parameter | None, ctx: click.Context | None, **values: object) -> Any:
        """Refuse a value with a phrase."""
        self.fail(phrase(name, self._language, **values), param, ctx)


class OneOf(_Spoken):
    """One text of a list."""

    name = "code"

    def __init__(self, choices: tuple[str, ...], language: Language) -> None:
        super().__init__(language)
        self._choices = choices

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text if it stands in the list."""
        if value not in self._choices:
            self.refuse("not_listed", param, ctx, value=value, choices=", ".join(self._choices))
        return str(value)


class Whole(_Spoken):
    """A whole number from zero."""

    name = "whole"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number."""
        if not re.fullmatch(r"0|[1-9][0-9]{0,15}", str(value)) or int(value) > MAX_INTEGER:
            self.refuse("not_whole", param, ctx, value=value)
        return int(value)


class Time(_Spoken):
    """A moment in UTC: `2026-11-22T18:00:00Z`, `2026-11-22`, or Unix seconds."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return Unix seconds."""
        text = str(value)
        if re.fullmatch(r"[0-9]{9,11}", text):
            return int(text)
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2})?Z)?", text):
            try:
                return int(datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC).timestamp())
            except ValueError:
                pass
        return int(self.refuse("not_time", param, ctx, value=text))


class File(_Spoken):
    """A file that is there."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return its absolute path."""
        path = Path(value).resolve()
        if not path.is_file():
            self.refuse("no_file", param, ctx, value=value)
        return str(path)


class TargetFile(click.ParamType[Any]):
    """A place to write to."""

    name = "target"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return its absolute path."""
        del param, ctx
        return str(Path(value).resolve())
