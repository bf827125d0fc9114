"""How the command line is read and explained, whatever the command: a mistake is one sentence, help is plain and grouped."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from dedupe.cli.display_options import display_params, take_display_options
from dedupe.errors import InterruptedByUserError

UsageMistake: type[Exception] = typer.BadParameter.mro()[1]
"""What typer raises for words that it cannot make sense of; its own name for it moves between its versions."""

_READING = ("scan", "search", "check")
_WIDEST_NAME = 28


class Commands(TyperGroup):
    """All commands, in groups. Called alone it prints its help. Ctrl-C in a command is told as what becomes of its work."""

    panels: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """See click; without words the help, on stdout."""
        if not args and not ctx.resilient_parsing:
            typer.echo(ctx.get_help())
            ctx.exit(0)
        return super().parse_args(ctx, take_display_options(args))

    def make_context(self, *words: Any, **more: Any) -> Any:
        """See click, which would end with exit code 1 where nobody reads the help."""
        try:
            return super().make_context(*words, **more)
        except BrokenPipeError as gone:
            raise _unread() from gone

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        """See click; raises InterruptedByUserError on Ctrl-C."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as gone:
            raise _unread() from gone
        except KeyboardInterrupt as stop:
            kept = ctx.invoked_subcommand in _READING
            goes_on = " What was read is kept; the next scan continues from there." if kept else ""
            raise InterruptedByUserError(f"Stopped.{goes_on}") from stop

    def format_help_text(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]
        """See click."""
        _write_description(self.help, formatter)

    def format_options(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]
        """Commands first, each with its whole sentence."""
        shown = self.panels or (("Commands", tuple(self.commands)),)
        for title, names in shown:
            rows = [(name, self.commands[name].short_help or "") for name in names if name in self.commands]
            _section(formatter, title, rows)
        _write_params(self.get_params(ctx), ctx, formatter)

    def format_epilog(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]
        """The examples, as they are written."""
        _write_epilog(self.epilog, formatter)


class Command(TyperCommand):
    """A command whose usage line says ``PATH...``, and whose help has its options in groups and examples at its end.

    It takes the options of the terminal.
    """

    def __init__(self, *words: Any, **more: Any) -> None:
        super().__init__(*words, **more)
        self.params = [*self.params, *display_params()]

    def collect_usage_pieces(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        """See click."""
        return [_plain(piece) for piece in super().collect_usage_pieces(ctx)]

    def format_help_text(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]
        """See click."""
        _write_description(self.help, formatter)

    def format_options(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]
        """See click."""
        _write_params(self.get_params(ctx), ctx, formatter)

    def format_epilog(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]
        """The examples, as they are written."""
        _write_epilog(self.epilog, formatter)


def _unread() -> typer.Exit:
    """Nobody reads stdout any more (`dedupe --help | head -1`): that is the end, and no failure."""
    from dedupe.terminal.console import forget_reader

    forget_reader()
    return typer.Exit(0)


def _write_params(params: Iterable[Any], ctx: typer.Context, formatter: Any) -> None:
    panels: dict[str, list[tuple[str, str]]] = {}
    for param in params:
        record = param.get_help_record(ctx)
        if record is None:
            continue
        name, said = record
        kind = "Arguments" if param.param_type_name == "argument" else param.rich_help_panel or "Other options"
        panels.setdefault(kind, []).append((re.sub(r"\s*<[^>]*>", "", name), plain_help(said)))
    last = panels.pop("Other options", [])
    for title, rows in (*panels.items(), ("Other options" if panels else "Options", last)):
        _section(formatter, title, rows)


def plain_help(said: str) -> str:
    """What an option does, without what typer adds for programmers."""
    return re.sub(r"\s+\[(required|[^\]]*<=[^\]]*)\]$", "", said)


def _section(formatter: Any, title: str, rows: Sequence[tuple[str, str]]) -> None:
    """A heading and what it is about, a name and its explanation each; no word is broken, not even at its hyphens."""
    if not rows:
        return
    column = min(max(len(name) for name, _ in rows), _WIDEST_NAME) + 4
    formatter.write(f"\n{title}:\n")
    for name, said in rows:
        lines = _lines(said, formatter.width - column)
        start = f"  {name}".ljust(column)
        if len(start) > column:
            formatter.write(f"{start}\n")
            start = " " * column
        formatter.write(f"{start}{lines[0]}".rstrip() + "\n")
        formatter.write("".join(f"{' ' * column}{line}\n" for line in lines[1:]))


def _lines(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_on_hyphens=False, break_long_words=False) or [""]


def _write_description(text: str | None, formatter: Any) -> None:
    for paragraph in (text or "").strip().split("\n\n"):
        formatter.write(
            "\n" + "".join(f"  {line}\n" for line in _lines(" ".join(paragraph.split()), formatter.width - 2))
        )


def _write_epilog(epilog: str | None, formatter: Any) -> None:
    if epilog:
        formatter.write(f"\n{epilog}\n")


def examples(*lines: str) -> str:
    """The examples at the end of a command's help: a command, or a command and what it does after two blanks."""
    return "\n".join(["Examples:", *(f"  {line}" for line in lines)])


def _plain(piece: str) -> str:
    if "…" in piece:
        piece = piece.removesuffix("...").replace("…", "...")
    return re.sub(r"^\{(.*)\}$|^\[(\[.*\])\]$", r"\1\2", piece)


def mistake(error: Exception) -> str:
    """One sentence for a UsageMistake."""
    said: str = error.format_message().rstrip(".")  # type: ignore[attr-defined]
    if said.endswith("?"):
        return said
    value = re.match(r"Invalid value for '?\[?([\w-]+)\]?'?: .*\b(int|integer|number|float)\b", said)
    if value:
        said = f"{value[1]} takes a {'whole ' if value[2].startswith('int') else ''}number"
    context: typer.Context | None = getattr(error, "ctx", None)
    return f"{said}; see `{context.command_path} --help`." if context is not None else f"{said}."
