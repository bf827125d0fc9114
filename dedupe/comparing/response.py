"""One law for the whole frame that predicts a picture's lightness from another picture's colours: what any filter does.

A global edit (saturation, a colour filter, sharpening, blur, and what clips of it) treats equal colours alike wherever they
stand. The law is a polynomial of the colours and a linear filter of the lightness, fitted by least squares, and a tone curve
after it. It cannot explain a thing that moved: that needs another law in another place.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from dedupe.comparing import tone_curve
from dedupe.comparing.align import Floats, Grey, Rgb

_SIGMAS: Final = (0.7, 1.2, 2.0, 4.0)
_SAMPLES: Final = 6000
_LEAST: Final = 500
_UNCLIPPED: Final = (4, 251)
_RIDGE: Final = 1e-3


def predicted(source: Rgb, target: Grey, cover: Floats) -> Floats | None:
    """float32[h, w]: what ``target`` should show by the law that makes it from ``source``, both on one grid; None where too
    little is covered and unclipped."""
    told = (cover > 0) & (target >= _UNCLIPPED[0]) & (target <= _UNCLIPPED[1])
    places = np.flatnonzero(told)
    if len(places) < _LEAST:
        return None
    chosen = places[:: max(1, len(places) // _SAMPLES)]
    maps = _maps(source)
    basis = np.stack([values.ravel()[chosen] for values in maps], 1).astype(np.float64)
    wanted = target.ravel()[chosen].astype(np.float64) / 255
    normal = basis.T @ basis + _RIDGE * len(chosen) / 1000 * np.eye(basis.shape[1])
    weights = np.linalg.solve(normal, basis.T @ wanted).astype(np.float32)
    total = sum(
        (weight * values for weight, values in zip(weights, maps, strict=True)), np.zeros(target.shape, np.float32)
    )
    rough = np.clip(total * 255 + 0.5, 0, 255).astype(np.uint8)
    return cv2.LUT(rough, tone_curve.curve(rough, target, cover > 0))


def _maps(source: Rgb) -> list[Floats]:
    colours = source.astype(np.float32) / 255
    red, green, blue = cv2.split(colours)
    grey = cv2.cvtColor(source, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    blurred = [cv2.GaussianBlur(grey, (0, 0), sigma) for sigma in _SIGMAS]
    squares = [red * red, green * green, blue * blue, red * green, green * blue, red * blue]
    return [np.ones_like(grey), red, green, blue, *squares, *blurred]
