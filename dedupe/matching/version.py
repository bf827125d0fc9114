"""The version of the verdicts. A rescan asks for it without loading the libraries that make them."""

from __future__ import annotations

from typing import Final

RELATE_VERSION: Final = 2
"""Raised whenever a pair might be judged differently than before: remembered verdicts of another version do not count."""
