"""Where relate gets its pictures from: features of previews and pixels of originals, each worked out once per worker.

Tasks arrive grouped by photo, so a small memory of what was used last serves; it never changes a verdict.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Generic, TypeVar

import numpy as np

from dedupe.comparing import align
from dedupe.comparing.align import Features, Floats, Grey, KeyPoints, Rgb
from dedupe.errors import DedupeError
from dedupe.types import ContentKey, Facts, PixelKey

FEATURES_KEPT: Final = 16
KEY_POINTS_KEPT: Final = 320
"""At 115 kB each: the key points of a photo take longer to find than all its previews to decode."""
ORIGINAL_BYTES: Final = 16_000_000
WINDOW_BYTES: Final = 14_000_000
LUMA_BYTES: Final = 27_000_000
"""Room for what is kept of originals: of small ones it is that of many."""
MIDDLES: Final = 100
"""Places along a side around which a window may be cut: few enough for pairs of one photo to share its windows."""
SMALL_PIXELS: Final = 1_500_000
"""Originals up to this size are remembered whole when a window of them is asked for."""
WHOLE_PIXELS: Final = 26_000_000
"""A worker may use 200 MB: larger originals are not decoded in colour at full size."""
GREY_PIXELS: Final = 60_000_000
"""Nor larger JPEGs in grey."""

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class View:
    """One photo as relate sees it: ``preview`` are the bytes of the stored preview, ``path`` is opened for close calls only."""

    content_key: ContentKey
    preview: bytes
    facts: Facts
    path: str
    pixel_key: PixelKey | None = None


@dataclass(frozen=True, slots=True)
class Luma:
    """Lightness as stored, uint8[h, w], neither turned nor scaled, 255 where a colour is clipped.

    ``steps``, float32[8, 8], are a JPEG's quantisation steps by vertical and horizontal frequency, None for other
    formats. ``profile`` is the colour profile, None where it changes nothing.
    """

    pixels: Grey
    steps: Floats | None
    profile: bytes | None


class Memory(Generic[K, V]):
    """The values used last, as many as have ``room``: their number or, by ``weigh``, their bytes. The last one always has.

    None is not kept: an original that is gone may be back when it is asked for again.
    """

    def __init__(self, room: int, weigh: Callable[[V], int] = lambda _value: 1) -> None:
        self._room, self._weigh, self._held = room, weigh, 0
        self._kept: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K, make: Callable[[], V]) -> V:
        if key not in self._kept:
            made = make()
            if made is None:
                return made
            self._kept[key] = made
            self._held += self._weigh(made)
            while self._held > self._room and len(self._kept) > 1:
                self._held -= self._weigh(self._kept.popitem(last=False)[1])
        self._kept.move_to_end(key)
        return self._kept[key]

    def clear(self) -> None:
        self._kept.clear()
        self._held = 0


def _bytes(pixels: Rgb | None) -> int:
    return 0 if pixels is None else pixels.nbytes


_features: Memory[ContentKey, Features] = Memory(FEATURES_KEPT)
_key_points: Memory[ContentKey, KeyPoints] = Memory(KEY_POINTS_KEPT)
_windows: Memory[tuple[ContentKey, int, int, int], Rgb | None] = Memory(WINDOW_BYTES, _bytes)
_originals: Memory[tuple[ContentKey, int], Rgb | None] = Memory(ORIGINAL_BYTES, _bytes)
_lumas: Memory[ContentKey, Luma | None] = Memory(LUMA_BYTES, lambda luma: 0 if luma is None else luma.pixels.nbytes)


def features_of(view: View) -> Features:
    """Key points of the stored preview; DamagedError where the preview is not a picture."""
    from dedupe.decoding.preview import decode_preview

    def make() -> Features:
        rgb = decode_preview(view.preview)
        return align.with_key_points(rgb, _key_points.get(view.content_key, lambda: align.key_points(rgb)))

    return _features.get(view.content_key, make)


def original_of(view: View, long_side: int) -> Rgb | None:
    """uint8[h, w, 3] of the original, long side at most ``long_side``; None where it is gone, changed or unreadable."""
    return _originals.get((view.content_key, long_side), lambda: _read(view, long_side))


def window_of(view: View, middle: tuple[float, float], side: int) -> Rgb | None:
    """Cut a window, uint8[≤ side, ≤ side, 3], out of the original at its full size, around ``middle`` (0–1 each way).

    ``middle`` is rounded to the next hundredth. None where the original is gone, changed, unreadable or too large to be
    decoded whole.
    """
    # Rounded for all alike: what another pair asked for before must not shift the window of this one.
    x, y = (round(place * MIDDLES) for place in middle)
    return _windows.get((view.content_key, x, y, side), lambda: _cut(view, (x / MIDDLES, y / MIDDLES), side))


def _cut(view: View, middle: tuple[float, float], side: int) -> Rgb | None:
    whole = _whole(view)
    if whole is None:
        return None
    height, width = whole.shape[:2]
    top = min(max(0, round(middle[1] * height) - side // 2), max(0, height - side))
    left = min(max(0, round(middle[0] * width) - side // 2), max(0, width - side))
    return whole[top : top + side, left : left + side].copy()


def _whole(view: View) -> Rgb | None:
    from dedupe.decoding import decode, opencv

    side = max(view.facts.width, view.facts.height)
    if view.facts.pixels <= SMALL_PIXELS:
        return original_of(view, side)
    if view.facts.pixels <= WHOLE_PIXELS:
        return _read(view, side)
    if view.facts.format != "JPEG" or view.facts.pixels > GREY_PIXELS:
        return None
    # Not remembered: it would take as much room as all the rest.
    found = _opened(view, lambda data: decode.luma(data, mark_clipped=False))
    if found is None:
        return None
    grey = opencv.upright(found[0], view.facts.orientation)
    return np.broadcast_to(grey[:, :, None], (*grey.shape, 3))


def luma_of(view: View) -> Luma | None:
    """The lightness of the original at its full size; None where it is gone, changed, unreadable or larger than WHOLE_PIXELS."""
    return _lumas.get(view.content_key, lambda: _luma(view))


def _luma(view: View) -> Luma | None:
    from dedupe.decoding import decode

    if view.facts.pixels > WHOLE_PIXELS:
        return None
    found = _opened(view, lambda data: decode.luma(data, mark_clipped=True))
    return None if found is None else Luma(*found)


def _read(view: View, long_side: int) -> Rgb | None:
    from dedupe.decoding import decode
    from dedupe.formats.sniff import DEFAULT_MAX_PIXELS

    # What was read once under the user's own limit is not refused now.
    most = max(DEFAULT_MAX_PIXELS, view.facts.pixels)
    return _opened(view, lambda data: decode.decode(data, long_side=long_side, max_pixels=most).pixels)


def bytes_of(view: View) -> bytes | None:
    """The bytes of the original; None where it is gone, changed or unreadable."""
    return _opened(view, lambda data: data)


def _opened(view: View, look: Callable[[bytes], V]) -> V | None:
    """What ``look`` makes of the original's bytes; None where it is gone, changed or unreadable."""
    from dedupe.decoding import content_key

    try:
        data = Path(view.path).read_bytes()
        return look(data) if content_key.content_key(data) == view.content_key else None
    except (OSError, DedupeError, MemoryError):
        return None
