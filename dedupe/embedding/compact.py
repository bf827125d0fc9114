"""The embedded default: our own network as int8 weights on LiteRT, loaded at once, about two milliseconds a photo.

LiteRT quantises the activations of a whole call at once in some kernels, so a photo's vector could depend on its
neighbours in the batch. Photos therefore go through one at a time, which costs nothing on one core and makes a vector
a function of its pixels.
"""

from __future__ import annotations

import json
from importlib.resources import as_file
from pathlib import Path
from typing import Any

import numpy as np
import xxhash
from numpy.typing import NDArray

from dedupe.embedding.model import ModelInfo, weights_folder
from dedupe.embedding.quiet import silence
from dedupe.errors import ModelUnavailableError

MAGIC = b"TFL3"


class Compact:
    """The network of `model`, or the one in another `.tflite` file; see `Embedder`."""

    def __init__(self, model: ModelInfo, weights: Path | None = None, threads: int = 1) -> None:
        """Load; raises ModelUnavailableError when the file is missing, damaged, or no such network."""
        data = _shipped(model) if weights is None else weights.read_bytes()
        self.name = model.name if weights is None else f"compact-{xxhash.xxh3_128_hexdigest(data)[:12]}"
        self._interpreter = _interpreter(data, weights or Path(f"{model.name}.tflite"), threads)
        source, result = self._interpreter.get_input_details()[0], self._interpreter.get_output_details()[0]
        self._input, self._output = int(source["index"]), int(result["index"])
        self.input_size, self.dim = int(source["shape"][1]), int(result["shape"][1])
        self.radius, self.neighbours, self.storage = model.radius, model.neighbours, model.storage

    def embed(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """See `Embedder.embed`."""
        side = self.input_size
        if pixels.dtype != np.uint8 or pixels.ndim != 4 or pixels.shape[1:] != (side, side, 3):
            raise ValueError(f"expected uint8[n, {side}, {side}, 3], got {pixels.dtype}{list(pixels.shape)}")
        unit = np.empty((len(pixels), self.dim), np.float32)
        for row, picture in zip(unit, pixels, strict=True):
            self._interpreter.set_tensor(self._input, picture[None])
            self._interpreter.invoke()
            row[:] = self._interpreter.get_tensor(self._output)[0]
        return unit

    embed_raw = embed


def _shipped(model: ModelInfo) -> bytes:
    folder = weights_folder()
    try:
        with as_file(folder / f"{model.name}.tflite") as path:
            data = path.read_bytes()
        card = json.loads((folder / f"{model.name}.json").read_text("utf-8"))
    except OSError as error:
        raise ModelUnavailableError(f"{model.name}.tflite is missing from this installation of dedupe.") from error
    if xxhash.xxh3_128_hexdigest(data) != card["xxh3_128"]:
        raise ModelUnavailableError(f"{model.name}.tflite is damaged; please install dedupe again.")
    return data


def _interpreter(data: bytes, path: Path, threads: int) -> Any:
    from ai_edge_litert.interpreter import Interpreter

    if data[4:8] != MAGIC:
        raise ModelUnavailableError(f"{str(path)!r} holds no LiteRT network.")
    try:
        with silence():
            interpreter = Interpreter(model_content=data, num_threads=threads)
            interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise ModelUnavailableError(f"{str(path)!r} holds no LiteRT network that runs here.") from error
    source, result = interpreter.get_input_details(), interpreter.get_output_details()
    shape = list(source[0]["shape"])
    fits = len(source) == len(result) == 1 and source[0]["dtype"] is np.uint8
    if not fits or len(shape) != 4 or shape[0] != 1 or shape[1] != shape[2] or shape[3] != 3:
        raise ModelUnavailableError(f"{str(path)!r} is not a network of this kind: it must take one RGB square.")
    return interpreter
