"""Capture time as evidence: two different times of one camera are two captures."""

from __future__ import annotations

from typing import Final

from dedupe.types import CaptureTime, Facts

_QUARTER_HOUR: Final = 900
_DAY_TWO: Final = 2 * 86_400
"""Cameras whose clock was never set, and programs that write a zero date, give times of the first day of 1970."""


def seconds_apart(a: Facts, b: Facts) -> float | None:
    """How many seconds lie between the two captures, where both files prove that there were two; None where they prove
    nothing.

    Proof needs the same camera and two times that differ at the coarser of both precisions. A difference of whole quarters
    of an hour is a time zone put right, a zero date is no date, and equal times prove nothing (bursts).
    """
    if a.taken is None or b.taken is None or _is_zero(a.taken) or _is_zero(b.taken):
        return None
    if not a.camera or not b.camera or _plain(a.camera) != _plain(b.camera):
        return None
    digits = min(a.taken.digits, b.taken.digits)
    ticks = 10**digits
    apart = abs(_ticks(a.taken, digits) - _ticks(b.taken, digits))
    if apart % (_QUARTER_HOUR * ticks) == 0:
        return None
    return apart / ticks


def _ticks(taken: CaptureTime, digits: int) -> int:
    """The time in units of 10^-digits seconds; digits beyond are cut, as a program that drops them cuts them."""
    return taken.seconds * 10**digits + int(taken.fraction * 10**digits + 1e-6)


def _is_zero(taken: CaptureTime) -> bool:
    return taken.seconds < _DAY_TWO


def _plain(camera: str) -> str:
    return " ".join(camera.split()).casefold()
