"""Two files of one length that differ in a place or two: one of them is damaged.

No program that saves a picture again comes out at the same length with the same bytes but for a few. A disk, a cable or a
memory that fails does: it flips a bit, or leaves a sector of zeros.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dedupe.formats.sniff import BMP, RAW, TIFF

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_BYTES: Final = 256
"""Bytes that may differ anywhere: of some hundred flipped bits each is one."""
MOST_PLACES: Final = 32
"""Places in which they may be; bytes less than a sector apart are one place."""
MOST_STRETCH: Final = 1 << 16
"""Bytes of one stretch that may differ: sixteen pages of a disk."""
_SECTOR: Final = 512
_BLOCK: Final = 1 << 20
_PLAIN: Final = frozenset((BMP, TIFF, RAW))
"""Formats whose pixels may be uncompressed: there a retouched spot is a few bytes, too."""
_MOST_PLAIN: Final = 16


@dataclass(frozen=True, slots=True)
class ByteDifference:
    """The number of bytes in which two files differ."""

    count: int


def difference(one: str, other: str, kind: str) -> ByteDifference | None:
    """How two files of one length differ, where only damage explains it.

    ``kind`` is their format. None where they differ in more, in nothing, or cannot be read.
    """
    import numpy as np

    found: list[NDArray[np.int64]] = []
    filled = True
    try:
        with open(one, "rb") as ours, open(other, "rb") as theirs:
            at = 0
            while block := ours.read(_BLOCK):
                rival = theirs.read(_BLOCK)
                if len(rival) != len(block):
                    return None
                a, b = np.frombuffer(block, np.uint8), np.frombuffer(rival, np.uint8)
                places = np.flatnonzero(a != b)
                if places.size:
                    filled = filled and (_is_filled(a[places]) or _is_filled(b[places]))
                    found.append(places + at)
                    if not filled and sum(each.size for each in found) > MOST_STRETCH:
                        return None
                at += len(block)
    except OSError:
        return None
    every = np.concatenate(found) if found else np.zeros(0, np.int64)
    if not every.size or not _is_damage(every, at, kind, filled) or _is_edit(one, other, every, kind):
        return None
    return ByteDifference(int(every.size))


def _is_edit(one: str, other: str, places: NDArray[np.int64], kind: str) -> bool:
    """Whether a program wrote other metadata in place; only a few bytes are then others."""
    from dedupe.tree.metadata_edit import is_metadata_edit

    if places.size > MOST_BYTES:
        return False
    try:
        ours, theirs = (Path(path).read_bytes() for path in (one, other))
    except OSError:
        return False
    return max(places) < min(len(ours), len(theirs)) and is_metadata_edit(ours, theirs, places.tolist(), kind)


def _is_filled(values: NDArray[np.uint8]) -> bool:
    """Whether bytes are all zeros or all ones, as a sector that was never written is."""
    first = int(values[0])
    return first in (0, 0xFF) and bool((values == first).all())


def _is_damage(places: NDArray[np.int64], size: int, kind: str, filled: bool) -> bool:
    import numpy as np

    stretches = 1 + int(np.count_nonzero(np.diff(places) > _SECTOR))
    span = int(places[-1] - places[0]) + 1
    if places.size <= (_MOST_PLAIN if kind in _PLAIN else MOST_BYTES) and stretches <= MOST_PLACES:
        return True
    if stretches == 1 and filled and places.size > _SECTOR // 2:
        return True
    return stretches == 1 and span <= MOST_STRETCH and 2 * span <= size and kind not in _PLAIN
