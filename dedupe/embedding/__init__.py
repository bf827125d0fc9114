"""The networks that turn a photo into a unit vector, by name. Importing this loads none of them.

`models()` and `info()` read a small file; `load()` opens the weights. Vectors of two models are never compared: the
model's `name`, version included, is stored with every vector, and another name means embedding again.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from dedupe.embedding.model import Embedder, ModelInfo, unit, weights_folder
from dedupe.errors import ModelUnavailableError, UsageError

__all__ = [
    "COMPACT",
    "VGG16",
    "Embedder",
    "ModelInfo",
    "check_available",
    "info",
    "load",
    "models",
    "unit",
    "weights_folder",
]

COMPACT = "compact-3"
VGG16 = "vgg16-fc1"


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


def check_available(name: str) -> None:
    """Look, before a long scan, whether what the model needs is installed. Raises ModelUnavailableError where it is not."""
    if info(name).name == VGG16 and find_spec("tensorflow") is None:
        raise ModelUnavailableError(
            "The model vgg16 needs TensorFlow; get it with pip install 'tensorflow>=2.20' where dedupe is installed, "
            "or use --model compact, which needs none."
        )


def load(name: str, weights: Path | None = None) -> Embedder:
    """Open a model, with the weights that come with it or those in the file `weights`.

    Raises UsageError for an unknown name or a `weights` that is not a file, ModelUnavailableError when the weights are
    missing, damaged, not of this model, or cannot be fetched.
    """
    model = info(name)
    check_available(name)
    if weights is not None and not weights.is_file():
        raise UsageError(f"The weights {str(weights)!r} are not a file.")
    if model.name == VGG16:
        from dedupe.embedding.vgg16 import Vgg16

        return Vgg16(model, weights)
    from dedupe.embedding.compact import Compact

    return Compact(model, weights)


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
        note="dedupe's own, included; finds crops, frames, turned photos and screenshots",
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
        note="for ImageNet, 2014; threshold not calibrated; downloads 553 MB once; about 0.14 s a photo on 2 cores",
        storage="float16",
        seconds_per_photo=0.141,
    )
