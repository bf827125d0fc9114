"""Average precision, recall at few false pairs and candidates, on distances small enough to count by hand."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.manifest import Entry, Kind
from benchmarks.ranking import average_precision, candidates, rank, recall_at, truth
from benchmarks.score import Share


def f32(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def test_copies_nearer_than_every_stranger_have_average_precision_one() -> None:
    assert average_precision(f32(0.1, 0.2), f32(0.3, 0.4)) == 1.0


def test_average_precision_falls_with_every_stranger_before_a_copy() -> None:
    assert average_precision(f32(0.1, 0.3), f32(0.2)) == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    assert average_precision(f32(0.3), f32(0.1, 0.2)) == pytest.approx(1 / 3)


def test_a_tie_with_a_stranger_is_not_found_at_zero_false_pairs() -> None:
    assert recall_at(f32(1, 2, 3), f32(2), 0.0) == pytest.approx(1 / 3)


def test_recall_at_a_share_allows_that_share_of_the_reported_pairs() -> None:
    right, wrong = np.arange(99, dtype=np.float32), f32(50.5)
    assert recall_at(right, wrong, 0.0) == pytest.approx(51 / 99)
    assert recall_at(right, wrong, 0.01) == 1.0
    assert recall_at(right, wrong, 0.001) == pytest.approx(51 / 99)


ENTRIES = (
    Entry("a", "a", "a", Kind.ORIGINAL, "photo"),
    Entry("a2", "a", "a", Kind.COPY, "photo", "half size"),
    Entry("next", "a next", "a", Kind.ORIGINAL, "photo"),
    Entry("b", "b", "b", Kind.ORIGINAL, "photo"),
    Entry("b2", "b", "b", Kind.COPY, "photo", "crop 40"),
    Entry("altered", "a", "a", Kind.ALTERED, "photo", "moved"),
    Entry("page", "page", "page", Kind.ORIGINAL, "page"),
)


def distances(**pairs: float) -> np.ndarray:
    names = [entry.path for entry in ENTRIES]
    matrix = np.full((len(names), len(names)), 1.4, np.float32)
    np.fill_diagonal(matrix, 0)
    for pair, distance in pairs.items():
        i, j = (names.index(name) for name in pair.split("_"))
        matrix[i, j] = matrix[j, i] = distance
    return matrix


def test_another_shot_of_the_scene_is_wrong_only_in_the_figure_with_lookalikes() -> None:
    ranking = rank(distances(a_a2=0.4, b_b2=0.5, a_next=0.1), truth(ENTRIES))
    assert ranking.average_precision == 1.0
    assert ranking.recall_at[0.0] == 1.0
    assert ranking.with_lookalikes == pytest.approx((1 / 2 + 2 / 3) / 2)


def test_an_altered_picture_is_neither_right_nor_wrong() -> None:
    assert rank(distances(a_a2=0.4, b_b2=0.5, a_altered=0.1, b_altered=0.1), truth(ENTRIES)).with_lookalikes == 1.0


def test_a_stranger_before_a_copy_lowers_recall_at_zero_false_pairs() -> None:
    assert rank(distances(a_a2=0.4, b_b2=0.5, a_b=0.45), truth(ENTRIES)).recall_at[0.0] == 0.5


def test_candidates_are_counted_by_tier_and_false_ones_by_photo() -> None:
    sheet, near = truth(ENTRIES), distances(a_a2=0.4, b_b2=0.9, a_next=0.1, a_b=0.5)
    wide = candidates(near <= 1.0, ENTRIES, sheet, 1.0)
    assert wide.tiers == {"copy": Share(1, 1), "hard": Share(1, 1)}
    assert wide.false_per_photo == pytest.approx(2 / len(ENTRIES))
    assert wide.strangers_per_photo == pytest.approx(1 / len(ENTRIES))
    narrow = candidates(near <= 0.45, ENTRIES, sheet, 0.45)
    assert narrow.tiers == {"copy": Share(1, 1), "hard": Share(0, 1)}
    assert narrow.changes["crop 40"] == Share(0, 1)


def test_recall_is_also_given_by_tier_and_by_change() -> None:
    ranking = rank(distances(a_a2=0.4, b_b2=0.5, a_b=0.45), truth(ENTRIES))
    assert ranking.found[0.0] == {
        "copy": Share(1, 1),
        "half size": Share(1, 1),
        "hard": Share(0, 1),
        "crop 40": Share(0, 1),
    }
    assert rank(distances(a_a2=0.4, b_b2=0.5), truth(ENTRIES)).found[0.0]["crop 40"] == Share(1, 1)
