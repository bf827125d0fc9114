"""The benchmark that judges pairs of different photos judges as many as were asked for."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import numpy as np
import pytest

from benchmarks import judging, pairs


@pytest.mark.parametrize("wanted", [10, 300, 780])
def test_as_many_of_the_closest_pairs_are_judged_as_were_asked_for(wanted: int) -> None:
    vectors = np.random.default_rng(1).standard_normal((40, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    with closing(sqlite3.connect(":memory:")) as store:
        store.executescript(judging.SCHEMA)
        for number, vector in enumerate(vectors):
            row = (f"{number:02d}.jpg", bytes([number]), b"", vector.tobytes(), b"")
            store.execute("INSERT INTO photos VALUES (?, ?, ?, ?, ?)", row)
        near = judging.nearest_pairs(store, wanted)
    assert len({(a, b) for a, b, _ in near}) == wanted
    assert [distance for _, _, distance in near] == sorted(distance for _, _, distance in near)


def test_each_piece_of_evidence_that_can_be_left_out_is_asked_for_by_its_name() -> None:
    assert all(callable(getattr(module, name)) for module, name, _ in pairs.PIECES.values())
