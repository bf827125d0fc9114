"""What holds for all commands: what stops one is a single sentence."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from dedupe.errors import InterruptedByUserError

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
