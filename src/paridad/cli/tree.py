# SPDX-License-Identifier: Apache-2.0
"""The tree of commands in one language: nouns, then verbs, each with its help, its options and its exit codes.

Rules
  - One tree per language, built from the same declarations: no label is chosen while something runs.
  - `bench`, `demo`, `practice` and `principles` bring a click command each, with their help in both languages.
  - A misuse is told in the reader's language on stderr, with how to get help; exit code 2.
  - An error is a sentence and its next step on stderr, and its own exit code; never a stack trace for bad input.

Worked example
    tree("es").main(["folio", "list", "--home", "…", "--as", "ana"])
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from click.exceptions import NoArgsIsHelpError

from paridad.acts.envelope import DIGEST_PATTERN
from paridad.base.errors import ExitCode, ParidadError
from paridad.base.words import Language
from paridad.cli.bench import bench
from paridad.cli.demo import demo
from paridad.cli.errors import Told, refused
from paridad.cli.forms import OneOf, Option, TargetFile, metavar, parameters
from paridad.cli.operations import NOUNS, OPERATIONS
from paridad.cli.practice import practice
from paridad.cli.principles import principles
from paridad.cli.session import Session
from paridad.cli.showing import emit
from paridad.cli.verbs import Call, Noun, Verb
from paridad.cli.words import COMMANDS, phrase

WIDTH = 100
LANGUAGES: tuple[Language, ...] = ("es", "en")
SETTINGS = {"terminal_width": WIDTH, "help_option_names": ["--help"]}
MARK = "\0"
"""Stands before an act hash while options are looked for; nothing that is typed can hold it."""
HASH = re.compile(rf"(?=-){DIGEST_PATTERN}")
APART: tuple[click.Command, ...] = (bench, demo, practice, principles)
"""Commands that bring their own help, in both languages at once."""


def tree(language: Language) -> click.Group:
    """Return all commands with their help in one language."""
    root = Branch("paridad", "", language)
    root.params.append(_language_option(language))
    for entry in NOUNS:
        root.add_command(_command(entry, "", language))
    for command in APART:
        root.add_command(command)
    return root


def leaves(command: click.Command, path: str = "paridad") -> Iterator[tuple[str, click.Command]]:
    """Yield every command of a tree with its path, groups first."""
    yield path, command
    if isinstance(command, click.Group):
        for name in sorted(command.commands):
            yield from leaves(command.commands[name], f"{path} {name}")


def _command(entry: Noun | Verb, above: str, language: Language) -> click.Command:
    path = f"{above} {entry.name}".strip()
    if isinstance(entry, Verb):
        return Leaf(entry, path, language)
    branch = Branch(entry.name, path, language)
    for each in entry.entries:
        branch.add_command(_command(each, path, language))
    return branch


class Spoken(click.Command):
    """A command whose help and whose refusals speak one language."""

    language: Language

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the usage line."""
        prefix = phrase("usage", self.language) + " "
        formatter.write_usage(ctx.command_path, " ".join(self.collect_usage_pieces(ctx)), prefix)

    def format_arguments(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the arguments."""
        found = [each for each in self.get_params(ctx) if isinstance(each, click.Argument)]
        self._section(formatter, "arguments", [(each.make_metavar(ctx), each.help or "") for each in found])

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options."""
        found = [each for each in self.get_params(ctx) if isinstance(each, click.Option)]
        self._section(formatter, "options", [record for each in found if (record := each.get_help_record(ctx))])

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return the help option, in the language."""
        option = super().get_help_option(ctx)
        assert option is not None
        option.help = phrase("help", self.language)
        return option

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; what does not fit is told in the language."""
        try:
            return super().parse_args(ctx, args)
        except NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            raise Misused(error, ctx, self.language) from error

    def _section(self, formatter: click.HelpFormatter, name: str, rows: list[tuple[str, str]]) -> None:
        if rows:
            with formatter.section(phrase(name, self.language)):
                formatter.write_dl(rows)


class Branch(Spoken, click.Group):
    """A noun, or the root."""

    def __init__(self, name: str, path: str, language: Language) -> None:
        self.language = language
        text = COMMANDS[path or name].in_(language)
        super().__init__(name, help=text, no_args_is_help=True, context_settings=SETTINGS)
        self.options_metavar = phrase("options_metavar", language)
        self.subcommand_metavar = phrase("command_metavar", language)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands below."""
        names = self.list_commands(ctx)
        limit = WIDTH - 6 - max(map(len, names))
        self._section(formatter, "commands", [(name, self._short(name, limit)) for name in names])

    def _short(self, name: str, limit: int) -> str:
        command = self.commands[name]
        if command in APART:
            return COMMANDS[name].in_(self.language)
        return command.get_short_help_str(limit)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write options and commands."""
        super().format_options(ctx, formatter)
        self.format_commands(ctx, formatter)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is meant."""
        try:
            return super().resolve_command(ctx, args)
        except Misused:
            raise
        except click.UsageError as error:
            raise Misused(error, ctx, self.language) from error


class Leaf(Spoken):
    """A verb."""

    def __init__(self, verb: Verb, path: str, language: Language) -> None:
        self.language = language
        self._verb, self._operation = verb, path.replace(" ", ".")
        super().__init__(
            verb.name,
            params=[*parameters(verb.form, path, language), *_common(verb, language)],
            help=COMMANDS[path].in_(language),
            epilog=phrase("exit_codes", language),
            options_metavar=phrase("options_metavar", language),
            context_settings=SETTINGS,
            callback=self._run,
        )

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; an act hash that begins with a dash is a value all the same."""
        return super().parse_args(ctx, [f"{MARK}{each}" if HASH.fullmatch(each) else each for each in args])

    def _run(self, **given: Any) -> None:
        context = click.get_current_context()
        session = context.find_object(Session) or Session(OPERATIONS)
        as_json, home = given.pop("json"), given.pop("home", None)
        given.pop("lang")
        try:
            call = Call(session, Path(home) if home else None, self.language)
            result = self._verb.run(call, self._operation, {k: _bare(v) for k, v in given.items() if v is not None})
        except Told as error:
            _stop(context, error.words.in_(self.language), error.exit_code)
        except ParidadError as error:
            _stop(context, error.sentence(self.language), error.exit_code)
        except OSError as error:
            place = f"{error.filename}: " if error.filename else ""
            trouble = refused(f"El sistema no lo permite: {place}{error.strerror}.", f"{place}{error.strerror}.")
            _stop(context, trouble.sentence(self.language), trouble.exit_code)
        else:
            emit(result, self.language, as_json=as_json)
            if isinstance(result, dict) and result.get("ok") is False:
                context.exit(ExitCode.VERIFICATION_FAILED)


def _bare(value: Any) -> Any:
    """Take the mark away again."""
    if isinstance(value, tuple):
        return tuple(_bare(each) for each in value)
    return value.removeprefix(MARK) if isinstance(value, str) else value


class Misused(click.UsageError):
    """A misuse of the command line, in the reader's language."""

    def __init__(self, error: click.UsageError, ctx: click.Context, language: Language) -> None:
        super().__init__(misuse(error, language), ctx)
        self._language: Language = language

    def show(self, file: Any = None) -> None:
        """Write usage, where help is, and the sentence to stderr."""
        assert self.ctx is not None
        hint = phrase("try_help", self._language, command=self.ctx.command_path)
        for line in (self.ctx.get_usage(), hint, self.message):
            click.echo(line, file=file, err=True)


def misuse(error: click.UsageError, language: Language) -> str:
    """Return the sentence of a misuse."""
    match error:
        case click.MissingParameter():
            return phrase("missing", language, name=_hint(error))
        case click.BadParameter():
            return phrase("bad_value", language, name=_hint(error), message=error.message)
        case click.NoSuchOption():
            return phrase("no_option", language, name=error.option_name) + _perhaps(error.possibilities, language)
        case click.NoSuchCommand():
            return phrase("no_command", language, name=error.command_name) + _perhaps(error.possibilities, language)
        case click.BadOptionUsage():
            return phrase("needs_value", language, name=error.option_name)
        case _:
            return phrase("too_many", language)


def _hint(error: click.BadParameter) -> str:
    param, ctx = error.param, error.ctx
    assert param is not None
    assert ctx is not None
    return param.make_metavar(ctx) if isinstance(param, click.Argument) else param.opts[0]


def _perhaps(possibilities: list[str] | None, language: Language) -> str:
    return " " + phrase("perhaps", language, names=", ".join(possibilities)) if possibilities else ""


def _language_option(language: Language) -> Option:
    choice = OneOf(LANGUAGES, language)
    return Option(["--lang"], type=choice, metavar="[es|en]", help=phrase("option_lang", language), language=language)


def _common(verb: Verb, language: Language) -> list[click.Parameter]:
    home = Option(
        ["--home"],
        type=TargetFile(),
        envvar="PARIDAD_HOME",
        metavar=metavar("folder", language),
        help=phrase("option_home", language),
        language=language,
    )
    as_json = Option(["--json"], is_flag=True, default=False, help=phrase("option_json", language), language=language)
    return [*([home] if verb.home else []), as_json, _language_option(language)]


def _stop(context: click.Context, sentence: str, code: int) -> None:
    click.echo(sentence, err=True)
    context.exit(int(code))
