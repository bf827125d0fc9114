"""`dedupe config`: where the config file is, what holds, and a template to edit."""

from __future__ import annotations

from typing import Annotated

import typer

from dedupe.cli import options as o


def config(
    init: Annotated[bool, typer.Option("--init", help="Write a config file with every key commented out.")] = False,
    as_json: o.Json = False,
) -> None:
    """Show every setting, its value and where it comes from.

    Options on the command line win over the config file.
    """
    from rich.table import Table

    from dedupe import config as c
    from dedupe.terminal.console import say, stdout
    from dedupe.terminal.text import display_path, display_text

    path = c.config_path()
    if init:
        c.write_template(path)
        say(f"Wrote {display_path(str(path))}.")
        return
    found = c.entries(path)
    if as_json:
        from dedupe.report.files import to_stdout
        from dedupe.report.json import dumped

        keys = {
            one.key.name: {"value": one.value, "origin": "config file" if one.from_file else "default"} for one in found
        }
        to_stdout([dumped({"path": str(path), "exists": path.is_file(), "keys": keys}), "\n"])
        return
    there = "" if path.is_file() else " (does not exist; `dedupe config --init` writes one)"
    say(f"Config file: {display_path(str(path))}{there}", "")
    table = Table("key", "value", "from", box=None, pad_edge=False)
    for one in found:
        value = "" if one.value is None else display_text(c.toml(one.value))
        table.add_row(one.key.name, value, "config file" if one.from_file else "default")
    stdout().print(table)
