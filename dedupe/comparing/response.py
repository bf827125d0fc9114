"""One law for the whole frame that predicts a picture's lightness from another picture's colours: what any filter does.

A global edit (saturation, a colour filter, sharpening, blur, and what clips of it) treats equal colours alike wherever they
stand. The law is a polynomial of the colours and a linear filter of the lightness, fitted by least squares, and a tone curve
after it. It cannot explain a thing that moved: that needs another law in another place.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from dedupe.comparing import tone_curve
from dedupe.comparing.align import Floats, Grey, Matrix, Rgb

Places: TypeAlias = npt.NDArray[np.intp]

_SIGMAS: Final = (0.7, 1.2, 2.0, 4.0)
_SAMPLES: Final = 6000
_LEAST: Final = 500
_UNCLIPPED: Final = (4, 251)
_RIDGE: Final = 1e-3


def predicted(source: Rgb, target: Grey, cover: Floats) -> Floats | None:
    """Predict what ``target`` should show, float32[h, w], by the law that makes it from ``source``.

    Both are on one grid. None where too little is covered and unclipped.
    """
    inside = cover > 0
    places = np.flatnonzero(inside & (cv2.inRange(target, *_UNCLIPPED) > 0))
    if len(places) < _LEAST:
        return None
    chosen = places[:: max(1, len(places) // _SAMPLES)]
    grey = cv2.cvtColor(source, cv2.COLOR_RGB2GRAY).astype(np.float32)
    blurred = [cv2.GaussianBlur(grey, (0, 0), sigma) for sigma in _SIGMAS]
    basis = _basis(source, blurred, chosen)
    wanted = target.ravel()[chosen].astype(np.float64) / 255
    normal = basis.T @ basis + _RIDGE * len(chosen) / 1000 * np.eye(basis.shape[1])
    weights = np.asarray(np.linalg.solve(normal, basis.T @ wanted), np.float64)
    rough = _rounded(_applied(weights, source, blurred))
    return cv2.LUT(rough, tone_curve.curve(rough, target, inside))


def _basis(source: Rgb, blurred: list[Floats], chosen: Places) -> Matrix:
    """float64[n, 14]: at each of the chosen places 1, the colours, their squares and products, and the blurred lightness; 0–1."""
    red, green, blue = (source.reshape(-1, 3)[chosen] / 255.0).T
    squares = (red * red, green * green, blue * blue, red * green, green * blue, red * blue)
    soft = (values.ravel()[chosen].astype(np.float64) / 255 for values in blurred)
    return np.stack([np.ones_like(red), red, green, blue, *squares, *soft], 1)


def _applied(weights: Matrix, source: Rgb, blurred: list[Floats]) -> Floats:
    """float32[h, w], 0–255: the law with the weights of ``_basis``, in the whole frame."""
    one, r, g, b, rr, gg, bb, rg, gb, rb = weights[:10]
    colours = source.astype(np.float32)
    # A colour times a linear form of the colours, summed over the channels, makes all squares and products.
    forms = np.array([[rr / 255, rg / 255, 0, r], [0, gg / 255, gb / 255, g], [rb / 255, 0, bb / 255, b]])
    colours *= cv2.transform(colours, forms)
    total = cv2.transform(colours, np.array([[1.0, 1.0, 1.0, 255 * one]]))
    for weight, values in zip(weights[10:], blurred, strict=True):
        cv2.scaleAdd(values, float(weight), total, dst=total)
    return total


def _rounded(values: Floats) -> Grey:
    values += np.float32(0.5)
    return np.clip(values, 0, 255, out=values).astype(np.uint8)
