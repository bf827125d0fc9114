"""What each part is worth: distances alone, without the alignment, on the files of a benchmark tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import peers, tables
from benchmarks.changes import CHANGES, Tier
from benchmarks.manifest import Entry, Manifest
from benchmarks.ranking import RATES, Candidates, Ranking, candidates, rank, truth
from benchmarks.score import Score, Share

METHODS = ("compact", "vgg16", "phash", "pdq")
_MORE_RADII = (0.7, 0.8, 0.9, 1.0)


def report(manifest: Manifest, methods: Sequence[str], jobs: int, whole: Score) -> list[str]:
    """All methods by their distance alone; by tier and by change, beside the whole scan; candidates of each embedding."""
    entries = [entry for entry in manifest.entries if (manifest.root / entry.path).is_file()]
    paths = [manifest.root / entry.path for entry in entries]
    sheet = truth(entries)
    rows: list[Sequence[object]] = []
    found: list[str] = []
    rankings: dict[str, Ranking] = {}
    for name in methods:
        method = _method(name, paths, jobs)
        ranking = rankings[method.name] = rank(method.distances, sheet)
        rows.append(
            (
                method.name,
                f"{ranking.average_precision:.3f}",
                *(f"{ranking.recall_at[share]:.3f}" for share in RATES),
                f"{ranking.with_lookalikes:.3f}",
                f"{method.own_ms:.2f}",
            )
        )
        if method.vectors is not None:
            found.append(_candidates(method, method.vectors, entries))
    head = ("distance alone", "AP", "at 0 false", "at 0.1 %", "at 1 %", "AP with look-alikes", "ms a photo")
    return ["### Without the alignment", tables.table(head, rows), *_by_change(rankings, whole), *found]


def _by_change(rankings: Mapping[str, Ranking], whole: Score) -> list[str]:
    """Recall by tier at every rate, and by change at one false pair in a thousand."""
    tiers = [str(tier) for tier in Tier]
    head = ("recall", *(f"{name}, {rate:.1%} false" for name in rankings for rate in RATES), "whole scan")
    of_tiers = [
        (
            tier,
            *(_value(ranking.found[rate].get(tier)) for ranking in rankings.values() for rate in RATES),
            _value(whole.tiers.get(tier)),
        )
        for tier in tiers
    ]
    of_changes = [
        (
            change.name,
            str(change.tier),
            *(_value(ranking.found[0.001].get(change.name)) for ranking in rankings.values()),
            _value(whole.changes.get(change.name)),
        )
        for change in CHANGES
    ]
    return [
        tables.table(head, of_tiers),
        tables.table(("recall at 0.1 % false", "tier", *rankings, "whole scan"), of_changes),
    ]


def _value(share: Share | None) -> str:
    return "–" if share is None else f"{share.value:.3f}"


def _method(name: str, paths: Sequence[Path], jobs: int) -> peers.Method:
    if name == "phash":
        return peers.phash(paths, jobs)
    if name == "pdq":
        return peers.pdq(paths, jobs)
    return peers.embedding(paths, name, jobs)


def _candidates(method: peers.Method, vectors: NDArray[np.float32], entries: Sequence[Entry]) -> str:
    from dedupe.embedding import info

    model, sheet = info(method.name), truth(entries)
    tried = [
        candidates(_near(vectors, radius, model.neighbours), entries, sheet, radius)
        for radius in sorted({model.radius, *_MORE_RADII})
    ]
    head = ("radius", "copy", "edit", "hard", "false pairs a photo", "… of strangers")
    chosen = next(one for one in tried if one.radius == model.radius)
    worst = sorted(chosen.changes.items(), key=lambda item: item[1].value)[:8]
    parts = [
        f"Candidates of {method.name}: is the true match among them ({model.neighbours} neighbours asked for)",
        tables.table(head, [_row(one, model.radius) for one in tried]),
        tables.table(("change least found", "in the default radius"), _shares(worst)),
    ]
    return "\n\n".join(parts)


def _near(vectors: NDArray[np.float32], radius: float, count: int) -> NDArray[np.bool_]:
    """The pairs that a scan's own search makes candidates."""
    from dedupe.candidates.neighbours import neighbours

    found = neighbours(vectors, radius, count)
    near = np.zeros((len(vectors), len(vectors)), np.bool_)
    near[found.i, found.j] = near[found.j, found.i] = True
    return near


def _shares(named: Sequence[tuple[str, Share]]) -> list[Sequence[object]]:
    return [(name, tables.share(share)) for name, share in named]


def _row(one: Candidates, default: float) -> Sequence[object]:
    mark = " (default)" if one.radius == default else ""
    found = (tables.share(one.tiers.get(tier)) for tier in ("copy", "edit", "hard"))
    return (f"{one.radius:.2f}{mark}", *found, f"{one.false_per_photo:.2f}", f"{one.strangers_per_photo:.2f}")
