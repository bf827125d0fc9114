"""An option that takes a list, as a person writes it: `--against FOLDER FOLDER`."""

from __future__ import annotations

import typer

from dedupe.cli.click_ext import Command


class Greedy(Command):
    """Takes all that follows ``--against``, up to the next option, for the library.

    What a person means by a list of folders there must never be taken for new photos.
    """

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """See click."""
        spread: list[str] = []
        inside = False
        for number, word in enumerate(args):
            if word == "--":
                spread += args[number:]
                break
            if word.startswith("-") and len(word) > 1:
                inside = word == "--against"
                spread += [] if inside else [word]
            else:
                spread += ["--against", word] if inside else [word]
        return super().parse_args(ctx, spread)
