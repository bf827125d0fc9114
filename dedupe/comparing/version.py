"""What a rescan knows of the verdicts without loading the libraries that make them."""

from __future__ import annotations

from typing import Final

RELATE_VERSION: Final = 27
"""Raised whenever a pair might be judged differently than before: remembered verdicts of another version do not count."""

REFUSAL_VERSION: Final = 3
"""Raised whenever other pairs might be refused by their signatures, a new SIGNATURE_VERSION included."""

SOURCE: Final = 0.01
"""``Match.detail`` of two pictures of one size of which one was saved from the other's pixels.

The saved one holds no more detail, but saving it well gave it no quality either.
"""
