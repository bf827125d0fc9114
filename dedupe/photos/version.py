"""What the cache must know to tell whether its answers are still those that reading would give."""

from __future__ import annotations

import importlib.util
from typing import Final

READER: Final = "1"
"""Raised whenever keys, facts, previews or the pixels for the embedding come out different."""
_DECODER: Final = "1"
"""Raised whenever a file that was skipped before might now be read."""


def decoder(max_pixels: int) -> str:
    """The version under which failures are remembered: with another limit, or once rawpy is there, they are tried again.

    Loads nothing.
    """
    raw = "+raw" if importlib.util.find_spec("rawpy") is not None else ""
    return f"{_DECODER}{raw}/{max_pixels}"
