"""Figures of an embedding: is the true match near, how well does one distance separate copies from the rest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FALSE_RATES = (0.0, 0.001, 0.01)


@dataclass(frozen=True, slots=True)
class Figures:
    """Of all (copy, original) pairs: share among the nearest ten, average precision, recall at 0 / 0.1 / 1 % false pairs."""

    among_ten: float
    average_precision: float
    recall: tuple[float, float, float]

    def line(self) -> str:
        """One line for a log."""
        zero, permille, percent = self.recall
        return (
            f"among 10: {self.among_ten:.4f}  AP: {self.average_precision:.4f}  "
            f"recall at 0/0.1/1 % false: {zero:.3f} {permille:.3f} {percent:.3f}"
        )


def figures(copies: NDArray[np.float32], truth: NDArray[np.int64], originals: NDArray[np.float32]) -> Figures:
    """Figures of unit copies float32[n, d], whose originals are `originals[truth]`, among originals float32[m, d].

    Every (copy, original) combination counts as a pair: n true ones, n × (m − 1) false ones. A share of false pairs is
    relative to the pairs reported at that distance, so 1 % false is a precision of 0.99.
    """
    cosine = copies @ originals.T
    own = cosine[np.arange(len(copies)), truth]
    better = (cosine > own[:, None]).sum(axis=1)
    true = np.zeros(cosine.shape, bool)
    true[np.arange(len(copies)), truth] = True
    order = np.argsort(-cosine, axis=None)[: 200 * len(copies)]
    hits = np.cumsum(true.ravel()[order])
    precision = hits / np.arange(1, len(order) + 1)
    found = true.ravel()[order]
    recall = tuple(_recall(hits, precision, 1 - rate) / len(copies) for rate in FALSE_RATES)
    return Figures(
        float((better < 10).mean()),
        float(precision[found].sum() / len(copies)),
        (recall[0], recall[1], recall[2]),
    )


def normalised(
    copies: NDArray[np.float32], originals: NDArray[np.float32], background: NDArray[np.float32], weight: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Vectors float32[·, d + 2] whose products are cosines less `weight` × how near both photos are to any photo.

    That is the mean cosine to the ten nearest of the background (score normalisation, as SSCD §4), of both by half.
    """

    def crowd(unit: NDArray[np.float32]) -> NDArray[np.float32]:
        near = [-np.partition(-(unit[i : i + 1000] @ background.T), 9, axis=1) for i in range(0, len(unit), 1000)]
        return np.concatenate([rows[:, :10].mean(axis=1, keepdims=True) for rows in near])

    of_copies, of_originals = crowd(copies), crowd(originals)
    return (
        np.hstack([copies, -weight / 2 * of_copies, np.ones_like(of_copies)]),
        np.hstack([originals, np.ones_like(of_originals), -weight / 2 * of_originals]),
    )


def _recall(hits: NDArray[np.int64], precision: NDArray[np.float64], least: float) -> float:
    fine = np.flatnonzero(precision >= least)
    return float(hits[fine[-1]]) if len(fine) else 0.0


def widest_radius(others: NDArray[np.float32], false: float) -> float:
    """Largest radius with at most `false` others a photo, of distances float32[n, m] from n photos to m others.

    0 where that many lie at distance 0 already. ValueError where there are not more others than allowed.
    """
    if not 0 <= false < others.shape[1]:
        raise ValueError(f"of {others.shape[1]} others a photo, {false:g} cannot be the most that are allowed")
    allowed = int(false * len(others))
    return float(np.nextafter(np.partition(others, allowed, axis=None)[allowed], np.float32(0)))
