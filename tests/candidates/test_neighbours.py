"""Every pair that is near enough is found, once, whatever its crowd, the index, the block or the thread."""

from __future__ import annotations

import sys
from pathlib import Path

import faiss
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dedupe.candidates import index
from dedupe.candidates import neighbours as module
from dedupe.candidates.neighbours import Neighbours, VectorBlocks, neighbours


def unit(rows: NDArray) -> NDArray[np.float32]:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def around(random: np.random.Generator, count: int, dim: int, spread: float) -> NDArray[np.float32]:
    """Vectors about one point; two of them lie about ``spread`` × 1.41 apart."""
    centre = unit(random.normal(size=(1, dim)))
    return unit(centre + spread * unit(random.normal(size=(count, dim))))


def pairs_of(found: Neighbours) -> set[tuple[int, int]]:
    return set(zip(found.i.tolist(), found.j.tolist(), strict=True))


def by_hand(vectors: NDArray, radius: float, k: int, inner: float) -> set[tuple[int, int]]:
    apart = np.sqrt(((vectors[:, None] - vectors[None]).astype(np.float64) ** 2).sum(-1))
    np.fill_diagonal(apart, np.inf)
    rank = np.argsort(np.argsort(apart, axis=1, kind="stable"), axis=1, kind="stable")
    found = (apart <= radius) & ((rank < k) | (apart <= inner))
    rows, others = np.nonzero(found | found.T)
    return {(row, other) for row, other in zip(rows.tolist(), others.tolist(), strict=True) if row < other}


@given(
    seed=st.integers(0, 1000),
    sizes=st.lists(st.integers(1, 50), min_size=1, max_size=4),
    k=st.integers(1, 12),
    inner=st.sampled_from([0.8, 0.5, 0.2]),
)
def test_the_pairs_are_those_within_the_radius_and_among_the_nearest(seed, sizes, k, inner):
    random = np.random.default_rng(seed)
    vectors = np.concatenate([around(random, size, 12, random.uniform(0.01, 1.5)) for size in sizes])
    found = neighbours(vectors, 0.8, k, inner=inner)
    assert pairs_of(found) == by_hand(vectors, 0.8, k, inner)


def test_each_pair_comes_once_in_order_with_its_euclidean_distance():
    random = np.random.default_rng(3)
    vectors = np.concatenate([around(random, 40, 64, 0.2), random.permutation(around(random, 40, 64, 0.5))])
    i, j, distance = neighbours(vectors, 0.9, 5)
    assert len(i) > 100
    assert (i < j).all()
    assert (np.diff(i * len(vectors) + j) > 0).all()
    assert distance.dtype == np.float32
    assert distance == pytest.approx(np.linalg.norm(vectors[i] - vectors[j], axis=1), rel=1e-5)


def test_the_distance_of_two_equal_vectors_is_nought_and_of_near_ones_exact():
    one = around(np.random.default_rng(5), 1, 256, 1)
    near = unit(one + 1e-5 * unit(np.random.default_rng(6).normal(size=one.shape)))
    i, j, distance = neighbours(np.concatenate([one, one, near]), 0.8, 10)
    assert list(zip(i.tolist(), j.tolist(), strict=True)) == [(0, 1), (0, 2), (1, 2)]
    assert distance[0] == 0
    assert distance[1:] == pytest.approx([1e-5, 1e-5], rel=0.05)


@pytest.fixture(scope="module")
def crowded() -> Neighbours:
    """5,000 blank scans, 500 copies of one photo, 500 other photos."""
    random = np.random.default_rng(7)
    blank, copies = around(random, 5_000, 32, 0.02), around(random, 500, 32, 0.3)
    return neighbours(np.concatenate([blank, copies, unit(random.normal(size=(500, 32)))]), 0.7, 10)


def test_a_set_of_500_copies_comes_back_whole_beside_5000_blank_scans(crowded):
    among_copies = (crowded.i >= 5_000) & (crowded.j < 5_500)
    assert among_copies.sum() == 500 * 499 // 2


def test_5000_blank_scans_do_not_explode_and_none_is_left_alone(crowded):
    assert len(crowded) <= 6_000 * 10 + module.ALLOWANCE
    assert set(range(5_500)) <= set(np.union1d(crowded.i, crowded.j).tolist())
    assert crowded.cut == 5_000


def test_nothing_is_said_to_be_cut_where_all_were_found():
    vectors = around(np.random.default_rng(9), 300, 32, 0.1)
    found = neighbours(vectors, 0.7, 10)
    assert len(found) == 300 * 299 // 2
    assert found.cut == 0


def test_the_farthest_are_what_a_bound_leaves_out(monkeypatch):
    monkeypatch.setattr(module, "ALLOWANCE", 400)
    monkeypatch.setattr(module, "ALLOWANCE_EACH", 1)
    random = np.random.default_rng(10)
    vectors = np.concatenate([around(random, 25, 32, 0.3), around(random, 200, 32, 0.3)])
    found = neighbours(vectors, 0.7, 4)
    assert ((found.i < 25) & (found.j < 25)).sum() == 300, "the small set is whole"
    assert found.cut == 200
    whole = by_hand(vectors, 0.7, 4, 0.0)
    assert whole <= pairs_of(found), "the nearest of every photo are there"
    assert len(found) - len(whole) <= 400


def test_one_thread_and_two_give_the_same(monkeypatch):
    random = np.random.default_rng(11)
    monkeypatch.setattr(module, "ROW_LIMIT", 100)
    scenes = [around(random, 30, 48, 0.6) for _ in range(60)]
    vectors = np.concatenate([*scenes, around(random, 400, 48, 0.05)])
    before = faiss.omp_get_max_threads()
    results = []
    try:
        for threads in (1, 2, 3):
            faiss.omp_set_num_threads(threads)
            results += [neighbours(vectors, 0.8, 5), neighbours(vectors, 0.8, 5, exact_up_to=100)]
    finally:
        faiss.omp_set_num_threads(before)
    for kind in (0, 1):
        for other in results[kind::2]:
            assert all(np.array_equal(ours, theirs) for ours, theirs in zip(results[kind], other, strict=True))


def test_the_inverted_file_finds_what_exact_search_finds():
    random = np.random.default_rng(12)
    scenes = unit(random.normal(size=(900, 64)))
    shots = np.repeat(scenes, 4, axis=0) + random.uniform(0.1, 0.6, (3_600, 1)) * unit(random.normal(size=(3_600, 64)))
    vectors = unit(random.permutation(shots))
    exact, inverted = neighbours(vectors, 0.8, 10), neighbours(vectors, 0.8, 10, exact_up_to=1_000)
    assert len(exact) > 3_000
    assert len(pairs_of(exact) & pairs_of(inverted)) >= 0.99 * len(exact)
    assert pairs_of(inverted) <= pairs_of(exact)


def test_vectors_in_blocks_of_a_file_give_what_vectors_in_memory_give(tmp_path: Path, monkeypatch):
    random = np.random.default_rng(13)
    vectors = np.concatenate([around(random, 20, 40, 0.4) for _ in range(60)]).astype(np.float16)
    (tmp_path / "vectors").write_bytes(vectors.tobytes())
    stored = np.memmap(tmp_path / "vectors", np.float16, "r", shape=vectors.shape)
    read = []

    def block(start: int, stop: int) -> NDArray:
        read.append(stop - start)
        return stored[start:stop]

    whole = neighbours(vectors, 0.8, 8)
    monkeypatch.setattr(index, "BLOCK_BYTES", 1)
    for given_as in (stored, VectorBlocks(*vectors.shape, block, half=True)):
        assert pairs_of(neighbours(given_as, 0.8, 8)) == pairs_of(whole)
        inverted = neighbours(given_as, 0.8, 8, exact_up_to=100)
        assert len(pairs_of(inverted) & pairs_of(whole)) >= 0.99 * len(whole)
        assert inverted.distance == pytest.approx(
            np.linalg.norm((vectors[inverted.i].astype(np.float32) - vectors[inverted.j]), axis=1), rel=1e-4
        )
    assert max(read) < len(vectors)


@pytest.mark.parametrize("exact_up_to", [1_000, 50])
@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (np.nan, "vector 70 holds a value that is not a finite number"),
        (np.inf, "not a finite number"),
        (3.0, "length 1"),
    ],
)
def test_a_vector_that_is_none_is_refused_by_its_number(value, sentence, exact_up_to):
    vectors = unit(np.random.default_rng(14).normal(size=(100, 8)))
    vectors[70, 3] = value
    with pytest.raises(ValueError, match=sentence):
        neighbours(vectors, 0.8, exact_up_to=exact_up_to)


@pytest.mark.parametrize("count", [0, 1])
def test_a_photo_alone_has_no_neighbours(count):
    found = neighbours(np.ones((count, 1), np.float32), 0.8)
    assert len(found) == 0
    assert found.cut == 0


def test_two_equal_photos_are_a_pair_although_they_are_all_there_is():
    assert pairs_of(neighbours(np.ones((2, 1), np.float32), 0.8, 1)) == {(0, 1)}


def test_a_radius_or_a_number_of_neighbours_that_is_none_is_refused():
    vectors = np.ones((2, 1), np.float32)
    for radius, k in [(0, 10), (2.5, 10), (float("nan"), 10), (0.8, 0)]:
        with pytest.raises(ValueError, match="radius"):
            neighbours(vectors, radius, k)


def test_faiss_is_imported_when_a_search_begins_not_before():
    import subprocess

    code = "import sys, dedupe.candidates.neighbours; print('faiss' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_further_looks_find_the_nearest_and_are_found_by_nothing() -> None:
    vectors = around(np.random.default_rng(5), 200, 16, 0.3)
    looks = unit(np.concatenate([vectors[7:8], vectors[3:4]]) + 0.01)
    plain, asked = neighbours(vectors, 0.6, 3), neighbours(vectors, 0.6, 3, looks=looks)
    assert [part.tolist() for part in asked] == [part.tolist() for part in plain] and plain.looks is None
    assert asked.looks is not None
    apart = np.linalg.norm(looks[:, None] - vectors[None], axis=2)
    for row in range(2):
        nearest = [other for other in np.argsort(apart[row])[:3].tolist() if apart[row, other] <= 0.6]
        found = asked.looks.other[asked.looks.row == row].tolist()
        assert found == nearest and found[0] == (7, 3)[row]
