"""Runs a LiteRT file on pictures, as the product does."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def run_lite(data: bytes, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Unit vectors float32[n, dim] of uint8[n, s, s, 3] by a LiteRT network."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=data, num_threads=1)
    interpreter.allocate_tensors()
    source, result = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    rows = []
    for picture in pixels:
        interpreter.set_tensor(source, picture[None])
        interpreter.invoke()
        rows.append(interpreter.get_tensor(result)[0].copy())
    return np.stack(rows)


def side_of(data: bytes) -> int:
    """The side of the squares that a LiteRT network takes; ValueError where it is no network."""
    from ai_edge_litert.interpreter import Interpreter

    return int(Interpreter(model_content=data).get_input_details()[0]["shape"][1])
