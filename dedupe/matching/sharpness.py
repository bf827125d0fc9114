"""Brings two pictures on one grid to the same sharpness, so that a blurred or noisy copy is compared by what both can show."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import cv2

from dedupe.matching.align import Floats, Rgb
from dedupe.matching.residual import Laid, Overlay, cover_of, grey_of, warped

_APART: Final = 2.0
_SIGMAS: Final = (0.6, 0.8, 1.0, 1.3, 1.7, 2.2, 3.0, 4.0, 5.5)


def even(over: Overlay) -> tuple[Overlay, float]:
    """The overlay with its sharper picture softened to the other's sharpness, and the sigma in pixels that this took: 0 where
    they are alike, negative where ``moving`` was softened."""
    cover = cover_of(over, over.matrix)
    still, moved = grey_of(over.still), warped(grey_of(over.moving), over.matrix, over.still.shape)
    one, other = crispness(still, cover), crispness(moved, cover)
    if one > _APART * other:
        sigma = _matching(still, cover, other)
        return replace(over, still=_soft(over.still, sigma)), sigma
    if other > _APART * one:
        sigma = _matching(moved, cover, one)
        return replace(over, moving=_soft(over.moving, sigma)), -sigma
    return over, 0.0


def echo(laid: Laid) -> float:
    """How much stronger the fine structure of the one picture is, as far as the other shows it too: 1 for pictures alike and for
    one that is merely noisier, more where one is blurred. Blind to tone."""
    one, other = grey_of(laid.still), grey_of(laid.moved)
    fine = [(cv2.GaussianBlur(g, (0, 0), 0.7) - cv2.GaussianBlur(g, (0, 0), 1.8)) * laid.cover for g in (one, other)]
    rough = [(cv2.GaussianBlur(g, (0, 0), 3.0) - cv2.GaussianBlur(g, (0, 0), 8.0)) * laid.cover for g in (one, other)]
    gains = [_gain(*fine) / max(_gain(*rough), 1e-3), _gain(*fine[::-1]) / max(_gain(*rough[::-1]), 1e-3)]
    return max(gains)


def _gain(one: Floats, other: Floats) -> float:
    return float((one * other).sum()) / max(float((other * other).sum()), 1e-3)


def crispness(grey: Floats, cover: Floats) -> float:
    """Share of the structure below 8 px that is finer than 2 px; falls with blur, rises with noise, blind to tone."""
    sharp, soft, ground = (cv2.GaussianBlur(grey, (0, 0), sigma) for sigma in (0.7, 1.8, 8.0))
    fine, coarse = (sharp - soft) * cover, (soft - ground) * cover
    return float((fine * fine).sum()) / max(float((coarse * coarse).sum()), 1e-3)


def _matching(grey: Floats, cover: Floats, wanted: float) -> float:
    for sigma in _SIGMAS:
        if crispness(cv2.GaussianBlur(grey, (0, 0), sigma), cover) <= wanted * 1.1:
            return sigma
    return _SIGMAS[-1]


def _soft(picture: Rgb, sigma: float) -> Rgb:
    return cv2.GaussianBlur(picture, (0, 0), sigma)
