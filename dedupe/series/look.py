"""What a worker sees of the shots of one set: how they fit one another, how sharp each is, and how it is exposed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from dedupe.comparing.align import Matrix, Rgb
    from dedupe.comparing.pictures import View
    from dedupe.series.sharpness import Cells

LONG_SIDE: Final = 2000
"""The size at which sharpness is measured: the pixels of a camera hold little more, and its noise is halved."""
LEAST_SHARE: Final = 0.4
"""A shot that shows less of the scene than this is not compared with the others."""
_DARK, _BRIGHT = 2, 253


@dataclass(frozen=True, slots=True)
class Look:
    """One shot beside the others of its set.

    ``sharpness``: 0–100, the sharpest of them 100, of the part that all show; None where it was not comparable.
    ``brightness``: mean lightness, 0–100; ``light``: the mean light, in stops, against the middle shot; ``dark``, ``bright``:
    per cent of the picture that is clipped. ``share``: how much of the middle shot it shows, 0–1. ``place``: where its middle
    is in the frame of the middle shot; None where the two were not registered.
    """

    sharpness: float | None
    brightness: float
    light: float
    dark: float
    bright: float
    share: float
    place: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class LookTask:
    """The shots of one set, for a worker."""

    views: tuple[View, ...]


@dataclass(frozen=True, slots=True)
class _Shot:
    brightness: float
    light: float
    dark: float
    bright: float
    cells: Cells
    matrix: Matrix | None


def looked(task: LookTask) -> tuple[Look | None, ...]:
    """The looks of the shots of one set, in their order; None for one whose file is gone, changed or unreadable."""
    from dedupe.comparing.pictures import original_of

    onto = _placed(task.views)
    shots: list[_Shot | None] = []
    for view, matrix in zip(task.views, onto, strict=True):
        pixels = original_of(view, LONG_SIDE)
        shots.append(None if pixels is None else _shot(pixels, matrix))
    return _beside(shots)


def _shot(pixels: Rgb, matrix: Matrix | None) -> _Shot:
    import cv2
    import numpy as np

    from dedupe.series.sharpness import cells_of

    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    levels = np.bincount(grey.ravel(), minlength=256) / grey.size
    light = float(levels @ (np.arange(256) / 255) ** 2.2)
    return _Shot(
        brightness=float(levels @ np.arange(256)) / 2.55,
        light=float(np.log2(max(light, 1e-4))),
        dark=float(levels[: _DARK + 1].sum()) * 100,
        bright=float(levels[_BRIGHT:].sum()) * 100,
        cells=cells_of(grey.astype(np.float32)),
        matrix=matrix,
    )


def _placed(views: Sequence[View]) -> list[Matrix | None]:
    """How the frame of the middle shot fits each, 0–1 each way; through the shots between where the two share nothing."""
    import numpy as np

    middle = len(views) // 2
    found: list[Matrix | None] = [None] * len(views)
    found[middle] = np.eye(2, 3)
    for step, places in ((1, range(middle + 1, len(views))), (-1, range(middle - 1, -1, -1))):
        for place in places:
            found[place] = _between(views[middle], views[place])
            before = found[place - step]
            if found[place] is None and place - step != middle and before is not None:
                found[place] = _by_way(views[place - step], views[place], before)
    return found


def _by_way(before: View, view: View, matrix: Matrix) -> Matrix | None:
    from dedupe.comparing.align import compose

    last = _between(before, view)
    return None if last is None else compose(last, matrix)


def _between(one: View, other: View) -> Matrix | None:
    """float64[2, 3] that maps the frame of ``one`` onto that of ``other``, 0–1 each way."""
    from dedupe.comparing.align import align, to_unit
    from dedupe.comparing.pictures import features_of
    from dedupe.errors import DedupeError

    try:
        a, b = features_of(other), features_of(one)
    except DedupeError:
        return None
    found = align(a, b)
    if found is None or found.mirrored:
        return None
    return to_unit(found.matrix, b.grey.shape, a.grey.shape)


def _beside(shots: Sequence[_Shot | None]) -> tuple[Look | None, ...]:
    import numpy as np

    from dedupe.comparing.align import from_unit
    from dedupe.series.sharpness import laid, sharpness

    middle = shots[len(shots) // 2] or next((shot for shot in shots if shot is not None), None)
    if middle is None:
        return (None,) * len(shots)
    shape = middle.cells.shape
    over = [
        None
        if shot is None or shot.matrix is None
        else laid(shot.cells, from_unit(shot.matrix, shape, shot.cells.shape), shape)
        for shot in shots
    ]
    shares = [0.0 if one is None else float(one[1].mean()) for one in over]
    among = [
        (place, one)
        for place, (one, share) in enumerate(zip(over, shares, strict=True))
        if one is not None and share >= LEAST_SHARE
    ]
    found: dict[int, float] = {}
    if len(among) > 1:
        shared = np.all([inside for _, (_, inside) in among], axis=0)
        measured = sharpness([cells for _, (cells, _) in among], shared)
        found = dict(zip([place for place, _ in among], measured or (), strict=False))
    return tuple(
        None
        if shot is None
        else Look(
            sharpness=found.get(place),
            brightness=shot.brightness,
            light=shot.light - middle.light,
            dark=shot.dark,
            bright=shot.bright,
            share=shares[place],
            place=_middle_of(shot.matrix),
        )
        for place, shot in enumerate(shots)
    )


def _middle_of(matrix: Matrix | None) -> tuple[float, float] | None:
    from dedupe.comparing.align import invert

    if matrix is None:
        return None
    back = invert(matrix)
    x, y = back[:, :2] @ (0.5, 0.5) + back[:, 2]
    return float(x), float(y)
