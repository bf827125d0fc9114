"""Capture time and exposure as evidence: two times, or two exposures, of one camera are two captures."""

from __future__ import annotations

from typing import Final

from dedupe.facts import Exposure
from dedupe.types import CaptureTime, Change, Facts, Remark

_QUARTER_HOUR: Final = 900
_DAY_TWO: Final = 2 * 86_400
"""Cameras whose clock was never set, and programs that write a zero date, give times of the first day of 1970."""
ANOTHER_EXPOSURE: Final = 1.12
"""Ratio from which two exposure times or two sensitivities are different: a sixth of a stop.

The steps of a bracket are a third of a stop or more (1.26). A value rounded on the way (1/125 as 0.008, 1/128 for 1/125)
is nearer.
"""
ANOTHER_APERTURE: Final = 1.06
"""The same for f-numbers, which double in two stops."""
ANOTHER_BIAS: Final = 0.15
"""The same for a bias, in stops."""


def two_captures(a: Facts, b: Facts) -> Remark | None:
    """What of their files proves that a and b are two captures; None where nothing does.

    That is two times of one camera, or two exposures of one camera: the shots of a bracket may bear one time.
    """
    apart = seconds_apart(a, b)
    if apart is not None:
        return Remark(Change.TIMES, apart)
    if a.exposure and b.exposure and _one_camera(a, b) and _differ(a.exposure, b.exposure):
        return Remark(Change.EXPOSURE)
    return None


def seconds_apart(a: Facts, b: Facts) -> float | None:
    """The seconds between two captures, where both files prove that there were two; None where they prove nothing.

    Proof needs the same camera and two times that differ at the coarser of both precisions. A difference of whole
    quarters of an hour is a time zone put right, a zero date is no date, and equal times prove nothing (bursts).
    """
    if a.taken is None or b.taken is None or _is_zero(a.taken) or _is_zero(b.taken):
        return None
    if not _one_camera(a, b):
        return None
    digits = min(a.taken.digits, b.taken.digits)
    ticks = 10**digits
    apart = abs(_ticks(a.taken, digits) - _ticks(b.taken, digits))
    if apart % (_QUARTER_HOUR * ticks) == 0:
        return None
    return apart / ticks


def _one_camera(a: Facts, b: Facts) -> bool:
    return bool(a.camera and b.camera) and _plain(a.camera or "") == _plain(b.camera or "")


def _differ(a: Exposure, b: Exposure) -> bool:
    """Whether a value that both state is another."""
    bounds = (
        (a.seconds, b.seconds, ANOTHER_EXPOSURE),
        (a.iso, b.iso, ANOTHER_EXPOSURE),
        (a.f_number, b.f_number, ANOTHER_APERTURE),
    )
    if any(one and other and max(one, other) > bound * min(one, other) for one, other, bound in bounds):
        return True
    return a.bias is not None and b.bias is not None and abs(a.bias - b.bias) > ANOTHER_BIAS


def _ticks(taken: CaptureTime, digits: int) -> int:
    """The time in units of 10^-digits seconds; digits beyond are cut, as a program that drops them cuts them."""
    return taken.seconds * 10**digits + int(taken.fraction * 10**digits + 1e-6)


def _is_zero(taken: CaptureTime) -> bool:
    return taken.seconds < _DAY_TWO


def _plain(camera: str) -> str:
    return " ".join(camera.split()).casefold()
