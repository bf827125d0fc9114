"""Vectors come back as the embedder gave them."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from dedupe.errors import StoreError
from dedupe.library.cache import Cache
from tests.library import made

KEYS = [made.key(number) for number in range(5000)]


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_vectors_come_back_in_the_order_asked_for(tmp_path: Path, dtype: str) -> None:
    matrix = np.random.default_rng(1).normal(size=(len(KEYS), 24)).astype(dtype)
    with Cache(str(tmp_path / "x.db")) as cache:
        cache.put_vectors("compact-1", KEYS, matrix)
    order = np.random.default_rng(2).permutation(len(KEYS))
    wanted = [KEYS[at] for at in order]
    with Cache(str(tmp_path / "x.db")) as cache:
        loaded = cache.vectors("compact-1", wanted)
        assert loaded.dtype == np.float32
        assert np.array_equal(loaded, matrix[order].astype("float32"))
        blocks = list(cache.vector_blocks("compact-1", wanted, size=999))
        assert [len(block) for block in blocks] == [999] * 5 + [5]
        assert {block.dtype.name for block in blocks} == {dtype}, "in the precision in which they were given"
        assert np.array_equal(np.concatenate(blocks), matrix[order])


@pytest.mark.parametrize("stored", [10, 100, 5000])
def test_only_what_is_missing_is_embedded_again(tmp_path: Path, stored: int) -> None:
    with Cache(str(tmp_path / "x.db")) as cache:
        assert cache.missing_vectors("compact-1", KEYS[:3]) == KEYS[:3]
        cache.put_vectors("compact-1", KEYS[:stored], np.ones((stored, 4), "float32"))
        cache.put_vectors("vgg16", KEYS[20:40], np.ones((20, 4), "float32"))
        wanted = KEYS[stored + 3 : stored - 5 : -1]
        assert cache.missing_vectors("compact-1", wanted) == [key for key in wanted if key in KEYS[stored:]]


def test_models_are_never_mixed(tmp_path: Path) -> None:
    with Cache(str(tmp_path / "x.db")) as cache:
        cache.put_vectors("compact-1", KEYS[:2], np.zeros((2, 4), "float32"))
        cache.put_vectors("compact-2", KEYS[:2], np.ones((2, 8), "float16"))
        assert cache.vectors("compact-1", KEYS[:2]).tolist() == [[0.0] * 4] * 2
        assert cache.vectors("compact-2", KEYS[:2]).tolist() == [[1.0] * 8] * 2
        with pytest.raises(StoreError, match="holds vectors of 4 numbers under the model name compact-1, not 8"):
            cache.put_vectors("compact-1", KEYS[:1], np.ones((1, 8), "float32"))


def test_a_vector_that_is_gone_is_one_sentence(tmp_path: Path) -> None:
    with Cache(str(tmp_path / "x.db")) as cache:
        cache.put_vectors("compact-1", KEYS[:2], np.zeros((2, 4), "float32"))
        for model, keys in (("compact-1", KEYS[:3]), ("unknown", KEYS[:1])):
            with pytest.raises(StoreError, match="run dedupe again"):
                cache.vectors(model, keys)


def test_a_new_vector_takes_the_place_of_the_old(tmp_path: Path) -> None:
    with Cache(str(tmp_path / "x.db")) as cache:
        cache.put_vectors("compact-1", KEYS[:1], np.zeros((1, 4), "float32"))
        cache.put_vectors("compact-1", KEYS[:1], np.ones((1, 4), "float32"))
        assert cache.vectors("compact-1", KEYS[:1]).tolist() == [[1.0] * 4]


def test_big_endian_vectors_are_stored_as_what_they_mean(tmp_path: Path) -> None:
    with Cache(str(tmp_path / "x.db")) as cache:
        cache.put_vectors("compact-1", KEYS[:1], np.array([[1, 2, 3]], ">f4"))
        assert cache.vectors("compact-1", KEYS[:1]).tolist() == [[1.0, 2.0, 3.0]]


def test_loading_takes_little_more_memory_than_the_vectors(tmp_path: Path) -> None:
    dimension = 512
    with Cache(str(tmp_path / "x.db")) as cache:
        cache.put_vectors("compact-1", KEYS, np.ones((len(KEYS), dimension), "float16"))
        cache.flush()
        tracemalloc.start()
        loaded = cache.vectors("compact-1", KEYS)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 2 * loaded.nbytes


def test_every_content_with_a_vector_by_the_model_is_listed(tmp_path: Path) -> None:
    with Cache(str(tmp_path / "x.db")) as cache:
        cache.put_vectors("compact-1", KEYS[:5], np.zeros((5, 4), "float32"))
        cache.put_vectors("vgg16", KEYS[5:7], np.zeros((2, 4), "float32"))
        assert set(cache.vector_keys("compact-1")) == set(KEYS[:5])
        assert cache.vector_keys("unknown") == []
