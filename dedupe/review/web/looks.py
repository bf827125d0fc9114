"""How sharp and how bright each shot of a series is, from its preview: figures to compare within the series alone."""

from __future__ import annotations

from collections.abc import Sequence

from dedupe.formats.errors import PhotoError

_CLIPPED_DARK, _CLIPPED_BRIGHT = 2, 253


def looks_of(previews: Sequence[bytes | None]) -> list[dict[str, float] | None]:
    """For each preview (JPEG, None where there is none) the figures, None where it cannot be read.

    ``sharpness``: 0–100, the band-passed contrast of the sharpest tenth of the picture as a share of the best of these shots;
    ``brightness``: mean lightness, 0–100; ``dark``, ``bright``: per cent of the picture that is clipped at either end.
    """
    found = [_look(preview) for preview in previews]
    best = max((one["contrast"] for one in found if one), default=0.0)
    return [one and {**one, "sharpness": 100 * one["contrast"] / best if best else 0.0} for one in found]


def _look(preview: bytes | None) -> dict[str, float] | None:
    from dedupe.decoding.preview import decode_preview

    import cv2  # isort: skip
    import numpy as np

    if preview is None:
        return None
    try:
        pixels = decode_preview(preview)
    except PhotoError:
        return None
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    # 5 × 5 blocks: the mean of the sharpest tenth does not fall because the background is out of focus.
    edges = np.abs(cv2.Laplacian(cv2.GaussianBlur(grey, (0, 0), 0.8), cv2.CV_32F))
    blocks = cv2.resize(edges, None, fx=0.2, fy=0.2, interpolation=cv2.INTER_AREA).ravel()
    sharpest = np.sort(blocks)[-max(1, blocks.size // 10) :]
    return {
        "contrast": float(sharpest.mean()),
        "brightness": float(grey.mean() / 2.55),
        "dark": float((grey <= _CLIPPED_DARK).mean() * 100),
        "bright": float((grey >= _CLIPPED_BRIGHT).mean() * 100),
    }
