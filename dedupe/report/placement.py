"""How related photos are placed on each other, as the comparison found it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from dedupe.types import ContentKey, Pair, Photo

if TYPE_CHECKING:
    from dedupe.library.cache import Cache

Placement = tuple[float, float, float, float, float, float]
"""The 2×3 matrix, row by row, that maps one photo's upright frame (0–1 each way) onto another's."""

FRAME_ON_FRAME: Final[Placement] = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def inverted(placement: Placement) -> Placement:
    """The way back. Raises ValueError where there is none."""
    a, b, x, c, d, y = placement
    area = a * d - b * c
    if abs(area) < 1e-12:
        raise ValueError("the placement maps onto a line")
    a, b, c, d = d / area, -b / area, -c / area, a / area
    return a, b, -(a * x + b * y), c, d, -(c * x + d * y)


def placements(cache: Cache, pairs: Sequence[tuple[Photo, Photo]]) -> list[Placement | None]:
    """As ``Shelf.placements``, from a cache of the calling thread."""
    from dedupe.comparing.version import RELATE_VERSION

    wanted = {_ends(a, b): Pair(*_ends(a, b), 0.0) for a, b in pairs if a.content_key != b.content_key}
    known = cache.matches(list(wanted.values()), RELATE_VERSION)
    found: list[Placement | None] = []
    for a, b in pairs:
        match = known.get(_ends(a, b))
        if a.content_key == b.content_key or (a.pixel_key is not None and a.pixel_key == b.pixel_key):
            found.append(FRAME_ON_FRAME)
        elif match is None or match.evidence.transform is None:
            found.append(None)
        else:
            matrix = match.evidence.transform.matrix
            found.append(matrix if match.a == a.content_key else _way_back(matrix))
    return found


def _way_back(matrix: Placement) -> Placement | None:
    try:
        return inverted(matrix)
    except ValueError:
        return None


def _ends(a: Photo, b: Photo) -> tuple[ContentKey, ContentKey]:
    return min(a.content_key, b.content_key), max(a.content_key, b.content_key)
