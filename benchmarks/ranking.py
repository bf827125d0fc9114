"""Measure how well a distance alone tells copies from other photos: average precision, recall at few false pairs, candidates.

The pairs asked for are copy ↔ original; every pair of different captures is wrong. Two copies of one original, and altered
pictures, are neither. Distances may tie (bits of a hash): a threshold takes a tie whole or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.changes import Tier
from benchmarks.manifest import Entry, Kind
from benchmarks.score import Share

RATES = (0.0, 0.001, 0.01)
"""Shares of false pairs among the pairs reported at which recall is given."""

Matrix = NDArray[np.float32]
"""Distances between all files, float32[n, n], symmetric."""


@dataclass(frozen=True, slots=True)
class Truth:
    """Which pairs are asked for and which are wrong.

    ``copies`` int[m, 2] are index pairs (copy, original), with the ``tier`` and the ``change`` of each. ``capture`` and ``scene``
    are numbers a file. ``altered`` files take no part; ``photo`` is False for documents.
    """

    copies: NDArray[np.int64]
    tier: tuple[str, ...]
    change: tuple[str, ...]
    capture: NDArray[np.int64]
    scene: NDArray[np.int64]
    altered: NDArray[np.bool_]
    photo: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Ranking:
    """What a method reaches by its distance alone, among photos of different scenes.

    ``recall_at`` is by the share of false pairs among all pairs reported (`RATES`), ``found`` the same by tier and by change.
    ``with_lookalikes`` is the average precision when other shots of a scene and the documents count as wrong, too; no distance
    can tell those.
    """

    average_precision: float
    recall_at: Mapping[float, float]
    found: Mapping[float, Mapping[str, Share]]
    with_lookalikes: float


@dataclass(frozen=True, slots=True)
class Candidates:
    """What the neighbour search passes on to the alignment at a radius.

    By tier and by change; then the false candidates a photo, and those of them that show another scene.
    """

    radius: float
    tiers: Mapping[str, Share]
    changes: Mapping[str, Share]
    false_per_photo: float
    strangers_per_photo: float


def truth(entries: Sequence[Entry]) -> Truth:
    """The answer sheet as arrays."""
    originals = {e.capture: i for i, e in enumerate(entries) if e.kind is Kind.ORIGINAL}
    copies = [
        (i, originals[e.capture])
        for i, e in enumerate(entries)
        if e.kind is Kind.COPY and e.tier is not None and e.material == "photo"
    ]
    captures = {name: i for i, name in enumerate(dict.fromkeys(e.capture for e in entries))}
    scenes = {name: i for i, name in enumerate(dict.fromkeys(e.scene for e in entries))}
    return Truth(
        np.array(copies, np.int64).reshape(-1, 2),
        tuple(str(entries[copy].tier) for copy, _ in copies),
        tuple(str(entries[copy].change) for copy, _ in copies),
        np.array([captures[e.capture] for e in entries], np.int64),
        np.array([scenes[e.scene] for e in entries], np.int64),
        np.array([e.kind is Kind.ALTERED for e in entries]),
        np.array([e.material == "photo" for e in entries]),
    )


def rank(distances: Matrix, sheet: Truth) -> Ranking:
    """The method with these distances; the tier beyond the 32 changes counts only by its own name."""
    asked = distances[sheet.copies[:, 0], sheet.copies[:, 1]]
    right = asked[[tier != Tier.BEYOND for tier in sheet.tier]]
    strangers = _wrong(distances, sheet.scene, ~sheet.altered & sheet.photo)
    limits = {share: _threshold(right, strangers, share) for share in RATES}
    return Ranking(
        average_precision(right, strangers),
        {share: _recall(right, limit) for share, limit in limits.items()},
        {share: _found(asked <= limit, sheet) for share, limit in limits.items()},
        average_precision(right, _wrong(distances, sheet.capture, ~sheet.altered)),
    )


def _found(near: NDArray[np.bool_], sheet: Truth) -> dict[str, Share]:
    found: dict[str, Share] = {}
    for hit, *names in zip(near.tolist(), sheet.tier, sheet.change, strict=True):
        for name in names:
            found[name] = found.get(name, Share()).plus(hit)
    return found


def average_precision(right: NDArray[np.float32], wrong: NDArray[np.float32]) -> float:
    """Area under precision over recall, as the sum over thresholds of precision × gain in recall."""
    if not right.size:
        return 0.0
    found, false, _ = _thresholds(right, wrong)
    gain = np.diff(found, prepend=0) / right.size
    return float((gain * found / np.maximum(found + false, 1)).sum())


def recall_at(right: NDArray[np.float32], wrong: NDArray[np.float32], share: float) -> float:
    """The largest recall at which false pairs are at most that share of all pairs reported."""
    return _recall(right, _threshold(right, wrong, share))


def _recall(right: NDArray[np.float32], limit: float) -> float:
    return float((right <= limit).sum() / max(1, right.size))


def _threshold(right: NDArray[np.float32], wrong: NDArray[np.float32], share: float) -> float:
    """The largest distance of a right pair at which at most that share of the pairs reported is wrong."""
    found, false, levels = _thresholds(right, wrong)
    return float(levels[false <= share * (found + false)].max(initial=-np.inf))


def _thresholds(
    right: NDArray[np.float32], wrong: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """For every distance that occurs among the right pairs: how many right and wrong pairs are no farther."""
    levels = np.unique(right)
    found = np.searchsorted(np.sort(right), levels, side="right")
    false = np.searchsorted(np.sort(wrong), levels, side="right")
    return found.astype(np.int64), false.astype(np.int64), levels


def _wrong(distances: Matrix, label: NDArray[np.int64], part: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Distances of the pairs with different labels among the files that take part, each pair once."""
    kept: list[NDArray[np.float32]] = []
    for i in np.flatnonzero(part):
        other = (label[i + 1 :] != label[i]) & part[i + 1 :]
        kept.append(distances[i, i + 1 :][other])
    return np.concatenate(kept) if kept else np.empty(0, np.float32)


def candidates(near: NDArray[np.bool_], entries: Sequence[Entry], sheet: Truth, radius: float) -> Candidates:
    """What the search passed on: ``near`` bool[n, n], symmetric, True for a candidate pair."""
    tiers: dict[str, Share] = {}
    changes: dict[str, Share] = {}
    for copy, original in sheet.copies:
        entry, hit = entries[copy], bool(near[copy, original])
        tiers[str(entry.tier)] = tiers.get(str(entry.tier), Share()).plus(hit)
        changes[str(entry.change)] = changes.get(str(entry.change), Share()).plus(hit)
    upper = np.triu(near, 1)
    photos = max(1, len(entries))
    return Candidates(
        radius,
        tiers,
        changes,
        int((upper & (sheet.capture[:, None] != sheet.capture)).sum()) / photos,
        int((upper & (sheet.scene[:, None] != sheet.scene)).sum()) / photos,
    )
