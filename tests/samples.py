"""What the README shows is what dedupe prints: ``python -m tests.samples`` writes it anew."""

from __future__ import annotations

import io
import re
import tempfile
from pathlib import Path

from rich.console import Console

README = Path(__file__).parents[1] / "README.md"
_MARK = re.compile(r"(<!-- sample: (\w+) -->\n```\n)(.*?)(```)", re.DOTALL)


def table(folder: Path) -> str:
    """The table of the album at 80 columns, without what the clock says."""
    import dedupe
    from dedupe.report.table import Look, render
    from tests.album import album

    album(folder / "photos")
    result = dedupe.scan([str(folder / "photos")], dedupe.Settings(store=str(folder / "store.db"), jobs=1))
    out = io.StringIO()
    console = Console(file=out, width=80, markup=False, emoji=False, highlight=False, color_system=None)
    render(result, console, Look(everything=True, hints=False), paper=False)
    return re.sub(r"\n+  Scanned in .*\n", "\n", out.getvalue())


def help_of_dedupe() -> str:
    """What `dedupe` alone prints."""
    import typer

    from dedupe.cli import app

    command = typer.main.get_command(app)
    context = command.make_context("dedupe", [], resilient_parsing=True, terminal_width=80)
    return command.get_help(context).strip() + "\n"


def written(text: str, samples: dict[str, str]) -> str:
    """``text`` with each sample put in its place."""
    return _MARK.sub(lambda found: f"{found[1]}{samples[found[2]]}{found[4]}", text)


def samples(folder: Path) -> dict[str, str]:
    """Every sample by its name."""
    return {"table": table(folder), "help": help_of_dedupe()}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        README.write_text(written(README.read_text("utf-8"), samples(Path(folder))), "utf-8")
