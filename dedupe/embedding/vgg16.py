"""VGG16's first fully connected layer (`fc1`, 4,096 values), as in the article that dedupe grew from.

Keras' own network, weights and `preprocess_input`. Two departures from the article: pictures come in RGB order, which
is what `preprocess_input` expects (it turns them to BGR itself), and they go through in batches. TensorFlow is imported
here and nowhere else in the product, and only when a `Vgg16` is made.

The article ranks and has no threshold. The one that a scan or a check with this model starts from (0.6 between unit vectors) was
not calibrated on photos: it bounds which pairs are aligned, the verdict is the alignment's; `--threshold` sets another.
"""

from __future__ import annotations

import hashlib
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedupe.embedding.model import ModelInfo, unit
from dedupe.embedding.quiet import silence
from dedupe.errors import ModelUnavailableError

FILE = "vgg16_weights_tf_dim_ordering_tf_kernels.h5"
IMAGENET_MD5 = "64373286793e3c8b2b4e3219cbf3544b"  # as keras.applications.vgg16 checks it
SECONDS_PER_PHOTO = 0.141  # measured on 2 cores, in batches
BATCH = 32
PATIENCE = 30  # seconds without an answer from the network


class Vgg16:
    """Keras' VGG16 up to `fc1`; see `Embedder`."""

    def __init__(self, model: ModelInfo, weights: Path | None = None) -> None:
        """Build the network; without `weights` Keras fetches them once, showing progress on stderr.

        Raises ModelUnavailableError when they can be neither found nor fetched, or the file does not fit.
        """
        self.name, self.dim, self.input_size = _name(model, weights), model.dim, model.input_size
        self.radius, self.neighbours, self.storage = model.radius, model.neighbours, model.storage
        self._fc1 = _network(weights)

    def embed(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """See `Embedder.embed`. A vector that is all zero, which no photo gives, stays zero."""
        return unit(self.embed_raw(pixels))

    def embed_raw(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """What `fc1` says, not normalised: RGB uint8[n, 224, 224, 3] → float32[n, 4096]."""
        side = self.input_size
        if pixels.dtype != np.uint8 or pixels.ndim != 4 or pixels.shape[1:] != (side, side, 3):
            raise ValueError(f"expected uint8[n, {side}, {side}, 3], got {pixels.dtype}{list(pixels.shape)}")
        from keras.applications.vgg16 import preprocess_input

        raw = np.empty((len(pixels), self.dim), np.float32)
        for start in range(0, len(pixels), BATCH):
            batch = preprocess_input(pixels[start : start + BATCH].astype(np.float32))
            raw[start : start + BATCH] = self._fc1.predict_on_batch(batch)
        return raw


def _name(model: ModelInfo, weights: Path | None) -> str:
    """The model's name, with a mark of its own for weights that are not Keras' ImageNet ones: vectors are never mixed."""
    if weights is None:
        return model.name
    with weights.open("rb") as file:
        digest = hashlib.file_digest(file, "md5").hexdigest()
    return model.name if digest == IMAGENET_MD5 else f"{model.name}-{digest[:12]}"


def _network(weights: Path | None) -> Any:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        with silence():
            import keras
            import tensorflow  # noqa: F401 - here, so that what it says while loading goes nowhere
    except ImportError as error:
        raise ModelUnavailableError(f"TensorFlow does not load here: {error}. --model compact needs none.") from error
    whole = _with_imagenet(keras) if weights is None else _with_file(keras, weights)
    return keras.Model(whole.input, whole.get_layer("fc1").output, name="vgg16_fc1")


def _with_imagenet(keras: Any) -> Any:
    with _patience(), redirect_stdout(sys.stderr):
        try:
            return keras.applications.VGG16(weights="imagenet")
        except Exception as error:  # Keras' get_file raises a bare Exception for every failed download
            raise ModelUnavailableError(
                f"The weights of vgg16 ({FILE}, 553 MB) could not be downloaded; "
                "pass the file with --weights FILE, or use --model compact, which needs no download."
            ) from error


def _with_file(keras: Any, weights: Path) -> Any:
    import h5py

    if not h5py.is_hdf5(weights):
        raise ModelUnavailableError(f"{str(weights)!r} is not an HDF5 file; vgg16 reads {FILE} (553 MB).")
    whole = keras.applications.VGG16(weights=None)
    try:
        whole.load_weights(weights)
    except (ValueError, KeyError, OSError) as error:
        raise ModelUnavailableError(
            f"{str(weights)!r} does not hold vgg16 with its top; it should be {FILE}."
        ) from error
    return whole


@contextmanager
def _patience() -> Iterator[None]:
    # urlretrieve has no time limit of its own: behind a silent firewall it would wait for ever.
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(PATIENCE)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
