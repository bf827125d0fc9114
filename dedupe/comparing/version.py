"""What a rescan knows of the verdicts without loading the libraries that make them."""

from __future__ import annotations

from typing import Final

RELATE_VERSION: Final = 4
"""Raised whenever a pair might be judged differently than before: remembered verdicts of another version do not count."""

UNREAD: Final = "an original could not be read again"
"""Why a verdict is less safe than it might be: of the moment, so that it is not remembered."""

SOURCE: Final = 0.01
"""``Match.detail`` of two pictures of one size of which the one was saved from the other's pixels: it holds no more detail, but
neither did saving it well give it any quality."""
