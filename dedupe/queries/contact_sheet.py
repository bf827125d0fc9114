"""Answers as one picture: the contact sheet of a search, and two photos overlaid with their difference.

Made of the stored previews; what is said below them is what the terminal says.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dedupe.comparing import align
from dedupe.decoding.opencv import Pixels
from dedupe.errors import DedupeError, UsageError
from dedupe.queries import drawing
from dedupe.queries.compare import Comparison
from dedupe.queries.describe import caption_of, facts_of, verdict_of
from dedupe.queries.fonts import lettered
from dedupe.queries.search import Answer
from dedupe.terminal.text import display_path, format_count
from dedupe.types import ContentKey, Photo

ROW: Final = 6
"""Pictures in a row of the contact sheet."""
MOST: Final = 400
"""Pictures on a sheet; the answers that do not fit are left out, and the sheet says so."""
_TILE: Final = 240
_GAP: Final = 12
_PANEL: Final = 480
_SENTENCE: Final = 900
"""Wide enough for the sentences of a verdict, also below narrow pictures."""
_CONTRAST: Final = 3.0
_FRAME: Final = (200, 60, 20)
_PAPER: Final = 255
_DIM: Final = 0.25


def contact_sheet(answers: Sequence[Answer], previews: Mapping[ContentKey, bytes]) -> Pixels:
    """uint8[h, w, 3]: for each answer the query first, in a frame, then what was found, captioned."""
    parts: list[Pixels] = []
    shown = 0
    for number, answer in enumerate(answers):
        if shown and shown + 1 + len(answer.found) > MOST:
            more = format_count(len(answers) - number, "more query", "more queries")
            left = (f"… and {more}: not enough room on this sheet",)
            parts.append(lettered(left, ROW * (_TILE + _GAP), size=16))
            break
        parts += _answer(answer, previews)
        shown += 1 + len(answer.found)
    return _padded(_below(parts), _GAP)


def _answer(answer: Answer, previews: Mapping[ContentKey, bytes]) -> list[Pixels]:
    caption = ("query", display_path(os.path.basename(answer.query.path)), *facts_of(answer.query))
    tiles = [_tile(answer.query, previews, caption, framed=True)]
    tiles += [_tile(found.photo, previews, caption_of(number, found)) for number, found in enumerate(answer.found, 1)]
    rows = [_beside(tiles[start : start + ROW]) for start in range(0, len(tiles), ROW)]
    return [*rows, np.full((_GAP, 1, 3), _PAPER, np.uint8)]


def _tile(
    photo: Photo, previews: Mapping[ContentKey, bytes], caption: tuple[str, ...], *, framed: bool = False
) -> Pixels:
    tile = np.full((_TILE, _TILE, 3), _FRAME if framed else _PAPER, np.uint8)
    room = _TILE - 8
    if framed:
        tile[3:-3, 3:-3] = _PAPER
    picture = _picture(previews.get(photo.content_key))
    small = lettered(("no preview",), room) if picture is None else drawing.fitted(picture, room, room)
    top, left = (_TILE - small.shape[0]) // 2, (_TILE - small.shape[1]) // 2
    tile[top : top + small.shape[0], left : left + small.shape[1]] = small
    return _below([tile, lettered(caption, _TILE)])


def _picture(jpeg: bytes | None) -> Pixels | None:
    if jpeg is None:
        return None
    with suppress(DedupeError):
        return drawing.preview_pixels(jpeg)
    return None


def compared(comparison: Comparison) -> Pixels:
    """Draw A, B registered on A, and their difference, with the verdict: uint8[h, w, 3].

    The difference is shown three times as strong, where both have a picture. B is drawn as it is where nothing says how the two
    fit on each other.
    """
    a, b = (drawing.preview_pixels(preview) for preview in comparison.previews)
    scale = min(_PANEL / max(a.shape[:2]), 2.0)
    a = drawing.fitted(a, round(a.shape[1] * scale), round(a.shape[0] * scale))
    matrix = _placement(comparison, a, b)
    names = [display_path(os.path.basename(photo.path)) for photo in (comparison.a, comparison.b)]
    if matrix is None:
        panels = [_panel(a, f"A: {names[0]}"), _panel(drawing.fitted(b, _PANEL, _PANEL), f"B: {names[1]}")]
    else:
        moved, cover = drawing.laid(b, matrix, a.shape)
        shown = np.where(cover[:, :, None], moved, np.uint8(_PAPER))
        panels = [
            _panel(a, f"A: {names[0]}"),
            _panel(shown, f"B fitted onto A: {names[1]}"),
            _panel(_difference(a, moved, cover), f"difference × {_CONTRAST:g}"),
        ]
    row = _beside(panels)
    return _padded(_below([row, lettered(verdict_of(comparison), max(row.shape[1], _SENTENCE), size=16)]), _GAP)


def _placement(comparison: Comparison, a: Pixels, b: Pixels) -> NDArray[np.float64] | None:
    transform = comparison.evidence.transform
    if transform is not None:
        return align.from_unit(np.array(transform.matrix).reshape(2, 3), b.shape, a.shape)
    if comparison.duplicates:  # equal bytes or equal pixels: frame on frame
        return align.frame_matrices(a.shape, b.shape)[0]
    return None


def _difference(a: Pixels, moved: Pixels, cover: NDArray[np.bool_]) -> Pixels:
    apart = np.abs(a.astype(np.float32) - moved.astype(np.float32)) * _CONTRAST
    missing = a.astype(np.float32) * _DIM + _PAPER * (1 - _DIM)
    shown = np.where(cover[:, :, None], np.minimum(apart, 255), missing)
    return shown.astype(np.uint8)


def _panel(pixels: Pixels, title: str) -> Pixels:
    return _below([lettered((title,), max(pixels.shape[1], 120), size=16), pixels])


def _below(parts: Sequence[Pixels]) -> Pixels:
    width = max(part.shape[1] for part in parts)
    return np.concatenate([_widened(part, width, 4) for part in parts])


def _widened(part: Pixels, width: int, gap: int) -> Pixels:
    return np.pad(part, ((0, gap), (0, width - part.shape[1]), (0, 0)), constant_values=_PAPER)


def _beside(parts: Sequence[Pixels]) -> Pixels:
    height = max(part.shape[0] for part in parts)
    return np.concatenate(
        [np.pad(p, ((0, height - p.shape[0]), (0, _GAP), (0, 0)), constant_values=_PAPER) for p in parts], axis=1
    )


def _padded(pixels: Pixels, gap: int) -> Pixels:
    return np.pad(pixels, ((gap, gap), (gap, gap), (0, 0)), constant_values=_PAPER)


def write(pixels: Pixels, target: str) -> None:
    """Put the picture in the new file ``target``. Raises UsageError as ``check_target`` or where it cannot be written."""
    check_target(target)
    path = os.path.abspath(os.path.expanduser(target))
    begun = False
    try:
        data = drawing.encode(pixels, path)
        with open(path, "xb") as file:
            begun = True
            file.write(data)
    except (OSError, ValueError) as error:
        if begun:
            with suppress(OSError):
                os.unlink(path)  # noqa: TID251 - this run began it, half of it is no use
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(f"The picture {display_path(path)} cannot be written: {reason}.") from error


def check_target(target: str | None) -> None:
    """Look, before a long run, whether a picture can be put there; writes nothing.

    Raises UsageError for a name that is not a picture's, a folder that is not there or not writable, and a file that is there:
    it might be a photo.
    """
    if target is None:
        return
    path = os.path.abspath(os.path.expanduser(target))
    if os.path.splitext(path)[1].lower() not in drawing.ENDINGS:
        raise UsageError(f"--save needs a name that ends in {', '.join(drawing.ENDINGS)}.")
    if os.path.lexists(path):
        raise UsageError(f"{display_path(path)} already exists and was left as it is; choose another name for --save.")
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        raise UsageError(f"There is no folder {display_path(folder)} to save the picture in.")
    if not os.access(folder, os.W_OK):
        raise UsageError(f"The folder {display_path(folder)} is not writable: the picture cannot be saved there.")


def open_in_viewer(pixels: Pixels) -> str:
    """Show the picture in the system's viewer, from a new file in the system's temporary folder.

    Returns a sentence that says what came of it and where the file is.
    """
    import tempfile

    from dedupe.terminal.viewer import open_photos

    path = os.path.join(tempfile.gettempdir(), f"dedupe-{secrets.token_hex(4)}.png")
    write(pixels, path)
    return f"{open_photos([path])} The contact sheet is {display_path(path)}."
