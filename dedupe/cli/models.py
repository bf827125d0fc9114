"""`dedupe models`: the embeddings at hand."""

from __future__ import annotations


def models() -> None:
    """List the embeddings that --model takes, with their size and default threshold."""
    from rich.table import Table

    from dedupe import embedding
    from dedupe.terminal.console import stdout
    from dedupe.terminal.text import format_bytes

    table = Table("model", "dimensions", "input", "threshold", "weights", "what it is", box=None, pad_edge=False)
    for model in embedding.models():
        table.add_row(
            model.name,
            str(model.dim),
            f"{model.input_size} px",
            f"{model.radius:.2f}",
            format_bytes(model.size_bytes),
            model.note,
        )
    stdout().print(table)
