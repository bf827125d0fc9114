"""What each part is worth: distances alone, without the alignment, on the files of a benchmark tree."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks import peers, tables
from benchmarks.manifest import Entry, Manifest
from benchmarks.ranking import Candidates, candidates, rank, truth
from benchmarks.score import Share

METHODS = ("compact", "vgg16", "phash", "pdq")
_EMBEDDINGS = frozenset({"compact", "vgg16"})
_MORE_RADII = (0.7, 0.8, 0.9, 1.0)


def report(manifest: Manifest, methods: Sequence[str], jobs: int) -> list[str]:
    """One table of all methods by their distance alone, and one of the candidates of each embedding."""
    entries = [entry for entry in manifest.entries if (manifest.root / entry.path).is_file()]
    paths = [manifest.root / entry.path for entry in entries]
    sheet = truth(entries)
    rows: list[Sequence[object]] = []
    found: list[str] = []
    for name in methods:
        method = _method(name, paths, jobs)
        ranking = rank(method.distances, sheet)
        rows.append(
            (
                method.name,
                f"{ranking.average_precision:.3f}",
                *(f"{ranking.recall_at[share]:.3f}" for share in (0.0, 0.001, 0.01)),
                f"{ranking.with_lookalikes:.3f}",
                f"{method.own_ms:.2f}",
            )
        )
        if name in _EMBEDDINGS:
            found.append(_candidates(method, entries))
    head = ("distance alone", "AP", "at 0 false", "at 0.1 %", "at 1 %", "AP with look-alikes", "ms a photo")
    return ["### Without the alignment", tables.table(head, rows), *found]


def _method(name: str, paths: Sequence[Path], jobs: int) -> peers.Method:
    if name == "phash":
        return peers.phash(paths, jobs)
    if name == "pdq":
        return peers.pdq(paths, jobs)
    return peers.embedding(paths, name, jobs)


def _candidates(method: peers.Method, entries: Sequence[Entry]) -> str:
    from dedupe.embedding import info

    model, sheet = info(method.name), truth(entries)
    radii = sorted({model.radius, *_MORE_RADII})
    tried = [candidates(method.distances, entries, sheet, radius, model.neighbours) for radius in radii]
    head = ("radius", "copy", "edit", "hard", "false a photo", "… strangers")
    rows = [_row(one, model.radius) for one in tried]
    chosen = next(one for one in tried if one.radius == model.radius)
    worst = sorted(chosen.changes.items(), key=lambda item: item[1].value)[:8]
    parts = [
        f"Candidates of {method.name}: true match within the radius, at most {model.neighbours} neighbours",
        tables.table(head, rows),
        tables.table(("change least found", "in the default radius"), _shares(worst)),
    ]
    return "\n\n".join(parts)


def _shares(named: Sequence[tuple[str, Share]]) -> list[Sequence[object]]:
    return [(name, tables.share(share)) for name, share in named]


def _row(one: Candidates, default: float) -> Sequence[object]:
    mark = " (default)" if one.radius == default else ""
    found = (tables.share(one.tiers.get(tier)) for tier in ("copy", "edit", "hard"))
    return (f"{one.radius:.2f}{mark}", *found, f"{one.false_per_photo:.2f}", f"{one.strangers_per_photo:.2f}")
