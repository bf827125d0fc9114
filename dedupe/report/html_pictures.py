"""The small pictures of the HTML report, each within the page itself."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dedupe.formats.errors import PhotoError
from dedupe.types import Photo, Relation

if TYPE_CHECKING:
    from dedupe.decoding.opencv import Pixels
    from dedupe.report.placement import Placement

THUMB_SIDE: Final = 240
PANEL_SIDE: Final = 320
_QUALITY: Final = 78


@dataclass(frozen=True, slots=True)
class Pictures:
    """Where pictures come from: the stored ``preview`` of a photo, and ``placement``: how the second fits the first."""

    preview: Callable[[Photo], bytes | None]
    placement: Callable[[Photo, Photo], Placement | None]

    def thumb(self, photo: Photo) -> str:
        """A small picture as a data address; empty where there is no preview."""
        pixels = self._pixels(photo, THUMB_SIDE)
        return "" if pixels is None else _address(pixels)

    def panels(self, keep: Photo, photo: Photo, relation: Relation) -> tuple[str, ...]:
        """Of an edited photo: ``keep``, the photo registered on it, and what differs; none where nothing says how the two fit."""
        placement = self.placement(keep, photo) if relation is Relation.EDITED else None
        a, b = (self._pixels(one, PANEL_SIDE) if placement else None for one in (keep, photo))
        if placement is None or a is None or b is None:
            return ()
        from dedupe.report.overlay import differing, laid

        return _address(a), _address(laid(a, b, placement)), _address(differing(a, b, placement).pixels)

    def _pixels(self, photo: Photo, side: int) -> Pixels | None:
        from dedupe.decoding.opencv import shrink
        from dedupe.decoding.preview import decode_preview

        jpeg = self.preview(photo)
        if jpeg is None:
            return None
        try:
            return shrink(decode_preview(jpeg), side)
        except PhotoError:
            return None


def _address(pixels: Pixels) -> str:
    from dedupe.decoding.encode import jpeg

    return f"data:image/jpeg;base64,{base64.b64encode(jpeg(pixels, _QUALITY)).decode('ascii')}"
