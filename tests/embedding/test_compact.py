"""The shipped weights, on photos that they were not made from."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from dedupe import embedding
from dedupe.embedding import Embedder, compact
from dedupe.errors import DedupeError, ModelUnavailableError, UsageError

SHIPPED = Path(compact.__file__).parent / "weights" / f"{embedding.COMPACT}.tflite"


@pytest.fixture(scope="module")
def network() -> Embedder:
    return embedding.load("compact")


def square(picture: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    import cv2

    return np.asarray(cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def originals() -> dict[str, NDArray[np.uint8]]:
    from skimage import data

    names = ("astronaut", "chelsea", "coffee", "rocket", "retina", "hubble_deep_field", "immunohistochemistry")
    return {name: np.ascontiguousarray(getattr(data, name)()) for name in names[:4]}


def test_a_vector_has_unit_length_and_the_promised_size(network: Embedder) -> None:
    pixels = np.stack([square(p, network.input_size) for p in originals().values()])
    unit = network.embed(pixels)
    assert unit.shape == (len(pixels), network.dim) and unit.dtype == np.float32
    assert np.abs(np.linalg.norm(unit, axis=1) - 1).max() < 1e-3


def test_every_mild_copy_is_nearest_to_its_original_and_within_the_radius(network: Embedder) -> None:
    import cv2

    photos = originals()
    side = network.input_size
    clean = network.embed(np.stack([square(p, side) for p in photos.values()]))
    for number, photo in enumerate(photos.values()):
        _, data = cv2.imencode(".jpg", photo, [cv2.IMWRITE_JPEG_QUALITY, 30])
        copies = [
            np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8),
            np.ascontiguousarray(photo[:, ::-1]),
            np.ascontiguousarray(np.rot90(photo)),
            np.asarray(cv2.resize(photo, None, fx=0.3, fy=0.3, interpolation=cv2.INTER_AREA), np.uint8),
            np.ascontiguousarray(photo[photo.shape[0] // 20 :, photo.shape[1] // 20 :]),
        ]
        unit = network.embed(np.stack([square(c, side) for c in copies]))
        distance = np.linalg.norm(unit[:, None] - clean[None], axis=2)
        assert (distance.argmin(axis=1) == number).all()
        assert distance[:, number].max() <= network.radius


def test_a_photos_vector_does_not_depend_on_its_company(network: Embedder) -> None:
    pixels = np.stack([square(p, network.input_size) for p in originals().values()])
    together = network.embed(pixels)
    alone = np.concatenate([network.embed(p[None]) for p in pixels[::-1]])[::-1]
    assert np.array_equal(together, alone)
    assert np.array_equal(embedding.load("compact").embed(pixels), together)


def test_no_photos_give_no_vectors(network: Embedder) -> None:
    side = network.input_size
    assert network.embed(np.empty((0, side, side, 3), np.uint8)).shape == (0, network.dim)


@pytest.mark.parametrize("shape", [(3, 112, 3), (1, 3, 112, 112), (1, 17, 17, 3)])
def test_pixels_of_another_shape_are_refused(network: Embedder, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="expected uint8"):
        network.embed(np.zeros(shape, np.uint8))


def test_floating_pixels_are_refused_rather_than_truncated(network: Embedder) -> None:
    side = network.input_size
    with pytest.raises(ValueError, match="expected uint8"):
        network.embed(np.zeros((1, side, side, 3), np.float32))  # type: ignore[arg-type]


def test_what_is_said_of_the_model_is_what_it_is(network: Embedder) -> None:
    said = embedding.info("compact")
    assert (said.name, said.dim, said.input_size) == (network.name, network.dim, network.input_size)
    assert (said.radius, said.neighbours, said.storage) == (network.radius, network.neighbours, network.storage)
    assert said.size_bytes == SHIPPED.stat().st_size <= 12_000_000
    assert 0 < said.radius < 1.41
    assert embedding.info("compact-3") == said
    assert [model.name for model in embedding.models()] == ["compact-3", "vgg16-fc1"]


def test_an_unknown_model_is_one_sentence_that_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"^There is no model called 'resnet'; dedupe knows compact and vgg16\.$"):
        embedding.load("resnet")


def test_weights_of_ones_own_get_a_name_of_their_own(network: Embedder, tmp_path: Path) -> None:
    file = tmp_path / "mine.tflite"
    file.write_bytes(SHIPPED.read_bytes())
    mine = embedding.load("compact", file)
    assert mine.name.startswith("compact-") and mine.name != network.name
    assert mine.name == embedding.load("compact", file).name
    pixels = np.stack([square(p, network.input_size) for p in originals().values()])
    assert np.array_equal(mine.embed(pixels), network.embed(pixels))


@pytest.mark.parametrize("damage", ["empty", "text", "cut", "head only"])
def test_weights_that_are_no_network_are_refused_in_one_sentence(tmp_path: Path, damage: str) -> None:
    whole = SHIPPED.read_bytes()
    parts = {"empty": b"", "text": b"hello there, network", "cut": whole[: len(whole) // 2], "head only": whole[:64]}
    file = tmp_path / "bad.tflite"
    file.write_bytes(parts[damage])
    with pytest.raises(DedupeError) as caught:
        embedding.load("compact", file)
    assert "\n" not in str(caught.value)


def test_a_damaged_installation_is_noticed_before_it_embeds_nonsense(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = bytearray(SHIPPED.read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / SHIPPED.name).write_bytes(data)
    (tmp_path / f"{embedding.COMPACT}.json").write_bytes(SHIPPED.with_suffix(".json").read_bytes())
    monkeypatch.setattr(compact, "weights_folder", lambda: tmp_path)
    with pytest.raises(ModelUnavailableError, match="is damaged"):
        embedding.load("compact")
    (tmp_path / SHIPPED.name).unlink()
    with pytest.raises(ModelUnavailableError, match="is missing"):
        embedding.load("compact")


def test_the_default_model_needs_no_tensorflow(tmp_path: Path) -> None:
    script = (
        "import sys, numpy as np; from dedupe import embedding; e = embedding.load('compact');"
        "e.embed(np.zeros((1, e.input_size, e.input_size, 3), np.uint8));"
        "print(sorted({'tensorflow', 'keras', 'cv2', 'faiss'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert done.stderr == ""


def test_the_card_beside_the_weights_belongs_to_them() -> None:
    card = json.loads(SHIPPED.with_suffix(".json").read_text())
    assert card["name"] == embedding.COMPACT
    assert card["cosine_to_float_min"] >= 0.998
