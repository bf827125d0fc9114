"""Photos in the system's own viewer."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence


def open_photos(paths: Sequence[str]) -> str:
    """Ask the system to show the photos at these absolute paths; a sentence that says what came of it.

    Returns at once; the viewer lives on by itself, and writes nothing on this terminal.
    """
    if sys.platform == "win32":
        return _start_all(paths)
    opener = "open" if sys.platform == "darwin" else "xdg-open"
    if sys.platform != "darwin" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return "There is no desktop here to open a viewer on."
    program = shutil.which(opener)
    if program is None:
        return f"The program {opener} that opens a viewer is not installed."
    try:
        for path in paths:
            subprocess.Popen(
                [program, path],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
    except OSError as error:
        return f"The viewer cannot be opened: {error.strerror}."
    return "Opened in the viewer."


def _start_all(paths: Sequence[str]) -> str:
    try:
        for path in paths:
            os.startfile(path)  # type: ignore[attr-defined]
    except OSError as error:
        return f"The viewer cannot be opened: {error.strerror}."
    return "Opened in the viewer."
