"""The index on disk: it finds what brute force finds, follows what comes and goes, and is never trusted blindly."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from dedupe.queries import index as index_module
from dedupe.queries.index import VectorIndex

DIM = 24


class Made:
    """Vectors by key, as the cache has them."""

    def __init__(self, count: int, seed: int = 0) -> None:
        random = np.random.default_rng(seed)
        self.keys = [random.bytes(16) for _ in range(count)]
        self.vectors = (random.normal(size=(count, DIM)) * random.uniform(1, 40, (count, 1))).astype(np.float16)
        self.row = {key: row for row, key in enumerate(self.keys)}
        self.loaded: list[bytes] = []

    def load(self, keys: Sequence[bytes]) -> NDArray[np.float16]:
        self.loaded += keys
        return self.vectors[[self.row[key] for key in keys]]

    def nearest(self, query: NDArray[np.float32], k: int, among: Sequence[bytes], *, unit: bool) -> list[bytes]:
        """Brute force."""
        stored = self.vectors[[self.row[key] for key in among]].astype(np.float64)
        asked = query.astype(np.float64)
        if unit:
            stored, asked = stored / np.linalg.norm(stored, axis=1, keepdims=True), asked / np.linalg.norm(asked)
        apart = np.sqrt(((stored - asked) ** 2).sum(axis=1))
        return [among[place] for place in np.argsort(apart, kind="stable")[:k]]


def opened(tmp_path: Path, *, unit: bool = True, mark: str = "model 1", dim: int = DIM) -> VectorIndex:
    return VectorIndex(str(tmp_path / "index" / "model.vectors"), mark, dim, "float16", unit=unit)


def queries(count: int, seed: int = 9) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=(count, DIM)).astype(np.float32)


@pytest.mark.parametrize("unit", [True, False])
@pytest.mark.parametrize("asked", [1, 40])
def test_it_finds_what_brute_force_finds_however_many_are_asked_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unit: bool, asked: int
) -> None:
    monkeypatch.setattr(index_module, "_BLOCK_BYTES", 4 * DIM * 100)  # several blocks to be merged
    made, index = Made(950), opened(tmp_path, unit=unit)
    index.update(made.keys, made.load)
    among = made.keys[::3]
    vectors = queries(asked)
    found = index.nearest(vectors, 10, among)
    for query, row in zip(vectors, found, strict=True):
        assert [key for key, _ in row] == made.nearest(query, 10, among, unit=unit)
        assert [distance for _, distance in row] == sorted(distance for _, distance in row)


def test_a_vector_lies_at_no_distance_from_itself(tmp_path: Path) -> None:
    made, index = Made(200), opened(tmp_path)
    index.update(made.keys, made.load)
    found = index.nearest(made.vectors[:50].astype(np.float32), 2, made.keys)
    for key, row in zip(made.keys, found, strict=False):
        assert row[0][0] == key
        assert row[0][1] < 1e-6


def test_what_comes_and_goes_is_followed_and_only_what_is_new_is_loaded(tmp_path: Path) -> None:
    made, index = Made(600), opened(tmp_path, unit=False)
    assert index.update(made.keys[:400], made.load) == (400, 0)
    assert index.save()
    again = opened(tmp_path, unit=False)
    made.loaded.clear()
    assert again.update(made.keys[100:600], made.load) == (200, 100)
    assert sorted(made.loaded) == sorted(made.keys[400:])
    for _ in range(2):  # from memory, then as it was written
        query = queries(1)
        found = again.nearest(query, 7, made.keys)
        assert [key for key, _ in found[0]] == made.nearest(query[0], 7, made.keys[100:], unit=False)
        again.save()
        again = opened(tmp_path, unit=False)
        assert again.update(made.keys[100:600], made.load) == (0, 0)


def test_the_file_is_written_anew_only_where_that_saves_something(tmp_path: Path) -> None:
    made, index = Made(500), opened(tmp_path)
    index.update(made.keys[:499], made.load)
    assert index.save()
    index.update(made.keys, made.load)
    assert not index.save()
    assert len(opened(tmp_path)) == 499
    assert index.save(always=True)
    assert len(opened(tmp_path)) == 500


@pytest.mark.parametrize("where", [0, 40, 100, -1])
def test_one_changed_byte_anywhere_makes_it_begin_anew(tmp_path: Path, where: int) -> None:
    made, index = Made(60), opened(tmp_path)
    index.update(made.keys, made.load)
    index.save()
    path = tmp_path / "index" / "model.vectors"
    data = bytearray(path.read_bytes())
    data[where] ^= 1
    path.write_bytes(data)
    damaged = opened(tmp_path)
    assert damaged.rebuilt
    assert len(damaged) == 0
    assert damaged.update(made.keys, made.load) == (60, 0)
    assert damaged.save()
    assert not opened(tmp_path).rebuilt


@pytest.mark.parametrize("kept", [0, 10, 64, 500])
def test_a_file_cut_off_anywhere_makes_it_begin_anew(tmp_path: Path, kept: int) -> None:
    made, index = Made(60), opened(tmp_path)
    index.update(made.keys, made.load)
    index.save()
    path = tmp_path / "index" / "model.vectors"
    path.write_bytes(path.read_bytes()[:kept])
    assert opened(tmp_path).rebuilt


def test_vectors_of_another_model_or_size_are_not_used(tmp_path: Path) -> None:
    made, index = Made(60), opened(tmp_path)
    index.update(made.keys, made.load)
    index.save()
    assert opened(tmp_path, mark="model 2").rebuilt
    assert opened(tmp_path, dim=DIM + 1).rebuilt
    assert len(opened(tmp_path)) == 60


def test_where_nothing_may_be_written_the_answers_are_the_same(tmp_path: Path) -> None:
    made = Made(60)
    (tmp_path / "index").write_text("a file where the folder should be")
    index = opened(tmp_path)
    index.update(made.keys, made.load)
    assert [key for key, _ in index.nearest(queries(1), 3, made.keys)[0]] == made.nearest(
        queries(1)[0], 3, made.keys, unit=True
    )
    assert not index.save()
    assert (tmp_path / "index").read_text() == "a file where the folder should be"


def test_what_a_killed_run_left_is_tidied_up_later(tmp_path: Path) -> None:
    (tmp_path / "index").mkdir()
    old, young = (tmp_path / "index" / f"model.vectors.{number}.new" for number in (1, 2))
    old.write_bytes(b"half")
    young.write_bytes(b"half")
    os.utime(old, (time.time() - 7200,) * 2)
    made, index = Made(60), opened(tmp_path)
    index.update(made.keys, made.load)
    assert index.save()
    assert sorted(path.name for path in (tmp_path / "index").iterdir()) == ["model.vectors", young.name]


def test_nothing_to_search_in_is_no_error(tmp_path: Path) -> None:
    made, index = Made(5), opened(tmp_path)
    assert index.nearest(queries(2), 3, made.keys) == [[], []]
    index.update(made.keys, made.load)
    assert index.nearest(queries(1), 3, []) == [[]]
    assert len(index.nearest(queries(1), 30, made.keys)[0]) == 5
