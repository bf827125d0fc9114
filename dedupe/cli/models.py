"""`dedupe models`: the embeddings at hand."""

from __future__ import annotations

from dedupe.cli import options as o


def models(as_json: o.Json = False) -> None:
    """List the models that --model takes, with their size and default threshold."""
    from dedupe import embedding
    from dedupe.terminal.console import stdout
    from dedupe.terminal.text import format_bytes

    found = embedding.models()
    if as_json:
        from dedupe.report.files import to_stdout
        from dedupe.report.json import dumped

        keys = ("name", "dim", "input_size", "radius", "size_bytes", "note")
        entries = [{key: getattr(model, key) for key in keys} for model in found]
        to_stdout([dumped({"models": entries}), "\n"])
        return
    from rich.table import Table

    table = Table("model", "dimensions", "input", "threshold", "weights", "what it is", box=None, pad_edge=False)
    for model in found:
        cells = (str(model.dim), f"{model.input_size} px", f"{model.radius:.2f}", format_bytes(model.size_bytes))
        table.add_row(model.name, *cells, model.note)
    stdout().print(table)
