"""The review of a stored scan, as a program: ``python -m tests.review.child STORE``."""

from __future__ import annotations

import io
import sys
from contextlib import AbstractContextManager
from types import SimpleNamespace

from textual_image import _terminal

from dedupe.library.decisions import Decisions
from dedupe.review.prompt import review
from dedupe.terminal.console import stdout
from dedupe.types import Extra, Photo, Relation
from tests.review import made

COLOURS = {"a": (200, 30, 30), "b": (30, 30, 200)}


def verify(keeper: Photo, photo: Photo) -> Extra | None:
    return None if "apart" in keeper.path + photo.path else made.extra(photo, Relation.RESAVED, 0.2)


def preview(photo: Photo) -> bytes | None:
    from PIL import Image

    picture = io.BytesIO()
    Image.new("RGB", (400, 300), COLOURS.get(photo.path[-5], (30, 200, 30))).save(picture, "JPEG")
    return None if "blank" in photo.path else picture.getvalue()


def wait_for_the_device() -> None:
    """The terminal of the tests always says what it can; on a busy machine that takes longer than the library waits, 0.1 s."""
    asked = _terminal.capture_terminal_response

    def patient(start_marker: str, end_marker: str, timeout: float) -> AbstractContextManager[SimpleNamespace]:
        return asked(start_marker, end_marker, 60.0 if end_marker == "c" else timeout)

    _terminal.capture_terminal_response = patient


def main() -> None:
    wait_for_the_device()
    with Decisions(sys.argv[1]) as memory:
        result = memory.last_scan()
        assert result is not None
        state = review(result, stdout(), memory, verify=verify, preview=preview)
    print(f"\nended: {state.ending.value if state.ending else None}, freed {state.freed}")


if __name__ == "__main__":
    main()
