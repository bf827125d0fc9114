"""`dedupe help`: the help of a command, and the man page made of the help of all."""

from __future__ import annotations

from typing import Annotated, Any

import typer


def help_(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[COMMAND…]", help="The command.", show_default=False)
    ] = None,
    man: Annotated[bool, typer.Option("--man", help="Print the man page.")] = False,
) -> None:
    """Explain a command, or list the commands."""
    root: Any = ctx.find_root()
    if man:
        from dedupe.cli.man import man_page

        typer.echo(man_page(root), nl=False)
        return
    typer.echo(_context_of(root, words or []).get_help())


def _context_of(root: Any, words: list[str]) -> Any:
    """Raises UsageError where there is no such command."""
    from dedupe.errors import UsageError

    context = root
    for word in words:
        commands = getattr(context.command, "commands", {})
        if word not in commands:
            raise UsageError(f"There is no command “{' '.join(words)}”; `dedupe help` lists them.")
        context = type(root)(commands[word], info_name=word, parent=context)
    return context
