"""The thresholds that more than one room asks: each with its unit, and what was measured on either side of it."""

from __future__ import annotations

from typing import Final

LOW_TEXTURE: Final = 0.1
"""Share of blocks with contrast, 0–1. Below it the agreement of the rest proves little (a guess)."""
