"""VGG16 is held against Keras itself, with weights in the very file format that Keras downloads."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from dedupe import embedding
from dedupe.errors import ModelUnavailableError, UsageError

KEYS = [f"block{b}_conv{c}" for b, n in enumerate((2, 2, 3, 3, 3), 1) for c in range(1, n + 1)]
KEYS += ["fc1", "fc2", "predictions"]


def write_weights(network: object, path: Path) -> None:
    """The layout of vgg16_weights_tf_dim_ordering_tf_kernels.h5: a group a layer, names in attributes."""
    import h5py

    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = np.array([key.encode() for key in KEYS])
        for key in KEYS:
            group = file.create_group(key)
            names = [f"{key}_W_1:0", f"{key}_b_1:0"]
            group.attrs["weight_names"] = np.array([name.encode() for name in names])
            for name, value in zip(names, network.get_layer(key).get_weights(), strict=True):  # type: ignore[attr-defined]
                group.create_dataset(name, data=value)


def photos() -> NDArray[np.uint8]:
    import cv2
    from skimage import data

    pictures = [data.astronaut(), data.chelsea(), data.coffee()]
    return np.stack([cv2.resize(p, (224, 224), interpolation=cv2.INTER_AREA) for p in pictures])


@pytest.mark.slow
def test_our_vectors_are_those_that_keras_predicts_from_the_same_file(tmp_path: Path) -> None:
    import keras
    from keras.applications.vgg16 import VGG16, preprocess_input

    keras.utils.set_random_seed(7)
    reference = VGG16(weights=None)
    # Keras' own initial weights fade to nothing over 13 layers of ReLU; these keep photos apart.
    for layer in reference.layers:
        if layer.weights:
            kernel, bias = layer.get_weights()
            layer.set_weights([kernel * np.float32(1.4), bias])
    file = tmp_path / "any name.h5"
    write_weights(reference, file)
    fc1 = keras.Model(reference.input, reference.get_layer("fc1").output)
    pictures = photos()
    expected = fc1.predict(preprocess_input(pictures.astype(np.float32)), verbose=0)
    del fc1, reference  # half a gigabyte each
    ours = embedding.load("vgg16", file)
    raw, unit = ours.embed_raw(pictures), ours.embed(pictures)  # type: ignore[attr-defined]
    file.unlink()

    scale = np.linalg.norm(expected, axis=1, keepdims=True)
    assert raw.shape == (3, 4096) and raw.dtype == np.float32
    assert expected.std() > 0
    assert np.abs(raw - expected).max() <= 1e-4 * np.abs(expected).max()
    assert np.linalg.norm(unit - expected / scale, axis=1).max() <= 1e-4
    stored = unit.astype(ours.storage).astype(np.float32)
    assert np.linalg.norm(stored - expected / scale, axis=1).max() <= 1e-3
    assert ours.storage == "float16"
    assert np.abs(ours.embed(pictures[1:2]) - unit[1:2]).max() <= 1e-5


def test_without_network_one_sentence_names_the_file_its_size_and_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> object:
        raise OSError("no network in tests")

    import keras  # noqa: F401 - its import needs sockets on some platforms

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("keras.src.backend.config._KERAS_DIR", str(tmp_path), raising=False)
    with pytest.raises(ModelUnavailableError) as caught:
        embedding.load("vgg16")
    sentence = str(caught.value)
    for part in ("vgg16_weights_tf_dim_ordering_tf_kernels.h5", "553 MB", "--weights FILE", "--model compact"):
        assert part in sentence
    assert "\n" not in sentence


def test_a_weights_file_that_is_something_else_is_refused_in_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "vgg16.h5"
    file.write_bytes(b"not HDF5 at all")
    with pytest.raises(ModelUnavailableError, match="not an HDF5 file"):
        embedding.load("vgg16", file)


def test_a_weights_file_that_does_not_exist_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a file"):
        embedding.load("vgg16", tmp_path / "missing.h5")


def test_a_threshold_that_was_not_calibrated_is_said_to_be_so() -> None:
    assert "not calibrated" in embedding.info("vgg16").note


def test_asking_what_vgg16_is_loads_no_tensorflow() -> None:
    script = (
        "import sys; from dedupe import embedding; embedding.info('vgg16');"
        "print(sorted({'tensorflow', 'keras', 'cv2', 'faiss', 'ai_edge_litert'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_without_tensorflow_vgg16_is_one_sentence_with_the_command_before_any_photo_is_read(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"not read")
    code = (
        "import sys; sys.modules['tensorflow'] = None; from dedupe.__main__ import main; "
        f"sys.argv = ['dedupe', 'scan', {str(tmp_path)!r}, '--model', 'vgg16']; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and "pip install 'tensorflow" in done.stderr
    assert done.stdout == ""
