"""How the command line is read, whatever the command: what stops one is a single sentence, and usage lines are plain."""

from __future__ import annotations

import re
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from dedupe.errors import InterruptedByUserError

UsageMistake: type[Exception] = typer.BadParameter.mro()[1]
"""What typer raises for words that it cannot make sense of; its own name for it moves between its versions."""

_READING = ("scan", "search", "check")


class Commands(TyperGroup):
    """All commands. Ctrl-C in one is told as what becomes of its work."""

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        """See click; raises InterruptedByUserError on Ctrl-C."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as stop:
            kept = ctx.invoked_subcommand in _READING
            goes_on = " What was read is kept; the next scan goes on from there." if kept else ""
            raise InterruptedByUserError(f"Stopped.{goes_on}") from stop


class Command(TyperCommand):
    """A command whose usage line says ``PATH...``, not ``{PATH…}...``."""

    def collect_usage_pieces(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        """See click."""
        return [_plain(piece) for piece in super().collect_usage_pieces(ctx)]


def _plain(piece: str) -> str:
    if "…" in piece:
        piece = piece.removesuffix("...").replace("…", "...")
    return re.sub(r"^\{(.*)\}$|^\[(\[.*\])\]$", r"\1\2", piece)


def mistake(error: Exception) -> str:
    """One sentence for a UsageMistake; several lines where nothing was asked for: the help."""
    said: str = error.format_message().rstrip(".")  # type: ignore[attr-defined]
    if "\n" in said or said.endswith("?"):
        return said
    value = re.match(r"Invalid value for '?\[?([\w-]+)\]?'?: .*(integer|number|float)", said)
    if value:
        said = f"{value[1]} takes a {'whole ' if value[2] == 'integer' else ''}number"
    context: typer.Context | None = getattr(error, "ctx", None)
    return f"{said}; see `{context.command_path} --help`." if context is not None else f"{said}."
