"""The networks that turn a photo into a unit vector, by name. Importing this loads none of them.

`models()` and `info()` read a small file; `load()` opens the weights. Vectors of two models are never compared: the
model's `name`, version included, is stored with every vector, and another name means embedding again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from dedupe.errors import ModelUnavailableError, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

COMPACT = "compact-3"
VGG16 = "vgg16-fc1"


class Embedder(Protocol):
    """A loaded network. Its vectors depend on the pixels alone: not on the batch, the thread or the order."""

    name: str
    dim: int
    input_size: int
    radius: float
    neighbours: int
    storage: str

    def embed(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Upright whole frames squashed to the square, RGB uint8[n, s, s, 3] → unit vectors float32[n, dim].

        Raises ValueError for any other shape or type.
        """
        ...

    def embed_raw(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """What is stored: as ``embed``, before the length is made 1 (the same where the network ends in unit vectors)."""
        ...


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What is known of a model without loading it.

    `input_size` is the side of the square input in px; `radius` the default `--threshold`, Euclidean between unit
    vectors; `neighbours` the most candidates a photo gets; `storage` the NumPy type its vectors are stored in;
    `seconds_per_photo` what embedding takes, roughly, on 2 cores.
    """

    name: str
    dim: int
    input_size: int
    radius: float
    neighbours: int
    size_bytes: int
    note: str
    storage: str = "float32"
    seconds_per_photo: float = 0.002


def models() -> tuple[ModelInfo, ...]:
    """Every model that `load` knows, the default first."""
    return (_compact_info(), _vgg16_info())


def info(name: str) -> ModelInfo:
    """The model called `name`: "compact", "vgg16", or the full name with its version. Raises UsageError otherwise."""
    for model in models():
        if name in {model.name, model.name.split("-")[0]}:
            return model
    known = " and ".join(model.name.split("-")[0] for model in models())
    raise UsageError(f"There is no model called {name!r}; dedupe knows {known}.")


def load(name: str, weights: Path | None = None) -> Embedder:
    """Open a model, with the weights that come with it or those in the file `weights`.

    Raises UsageError for an unknown name or a `weights` that is no file, ModelUnavailableError when the weights are
    missing, damaged, not of this model, or cannot be fetched.
    """
    model = info(name)
    if weights is not None and not weights.is_file():
        raise UsageError(f"The weights {str(weights)!r} are not a file.")
    if model.name == VGG16:
        from dedupe.embedding.vgg16 import Vgg16

        return Vgg16(model, weights)
    from dedupe.embedding.compact import Compact

    return Compact(model, weights)


def unit(stored: NDArray[Any]) -> NDArray[np.float32]:
    """Stored vectors float[n, d] with their lengths made 1; one that is all zero stays so."""
    import numpy as np

    vectors = np.asarray(stored, np.float32)
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12), np.float32)


def weights_folder() -> Traversable:
    """Where the shipped weights lie, wherever the package is installed."""
    return files("dedupe.embedding") / "weights"


@cache
def _compact_info() -> ModelInfo:
    card = weights_folder() / f"{COMPACT}.json"
    try:
        stored = json.loads(card.read_text("utf-8"))
    except OSError as error:
        raise ModelUnavailableError(f"{COMPACT}.json is missing from this installation of dedupe.") from error
    return ModelInfo(
        name=COMPACT,
        dim=int(stored["dim"]),
        input_size=int(stored["input_size"]),
        radius=float(stored["radius"]),
        neighbours=int(stored["neighbours"]),
        size_bytes=int(stored["size_bytes"]),
        note="own network, in the package; finds crops, frames, turns and screenshots",
        storage=str(stored["storage"]),
    )


def _vgg16_info() -> ModelInfo:
    return ModelInfo(
        name=VGG16,
        dim=4096,
        input_size=224,
        radius=0.6,
        neighbours=10,
        size_bytes=553_467_096,
        note="ImageNet network of 2014; its threshold is not calibrated; 553 MB once, about 0.14 s a photo on 2 cores",
        storage="float16",
        seconds_per_photo=0.141,
    )
