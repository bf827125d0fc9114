"""Colour profiles (ICC.1:2022): which colours a picture can hold that sRGB cannot."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dedupe.formats.inventory import Item

_SRGB: Final = ((0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7139))
"""XYZ of sRGB's primaries, adapted to D50 as profiles have them."""
_NEAR: Final = 0.02


def primaries(icc: bytes) -> tuple[tuple[float, ...], ...] | None:
    """XYZ (D50) of red, green and blue; None where the profile is not a matrix profile of RGB."""
    found = [_xyz(icc, name) for name in (b"rXYZ", b"gXYZ", b"bXYZ")]
    return tuple(one for one in found if one is not None) if None not in found and icc[16:20] == b"RGB " else None


def _xyz(icc: bytes, name: bytes) -> tuple[float, ...] | None:
    count = min(int.from_bytes(icc[128:132], "big"), 100)
    for at in range(132, min(132 + 12 * count, len(icc) - 11), 12):
        if icc[at : at + 4] == name:
            start = int.from_bytes(icc[at + 4 : at + 8], "big") + 8
            if start + 12 <= len(icc):
                return tuple(
                    int.from_bytes(icc[n : n + 4], "big", signed=True) / 65536 for n in range(start, start + 12, 4)
                )
    return None


def is_srgb(icc: bytes) -> bool:
    """Whether the primaries are those of sRGB, as all programs write them."""
    found = primaries(icc)
    return found is not None and all(
        abs(one - other) <= _NEAR
        for ours, theirs in zip(found, _SRGB, strict=True)
        for one, other in zip(ours, theirs, strict=True)
    )


def items(icc: bytes) -> Iterator[Item]:
    """Yield the item of a profile that holds more colours than sRGB.

    The item is the profile's primaries, so that the Display P3 of two programs is one. A profile without primaries
    (CMYK, tables) gives its bytes. A grey profile gives none: it changes only tones.
    """
    if len(icc) < 132 or icc[16:20] == b"GRAY" or is_srgb(icc):
        return
    found = primaries(icc)
    told = " ".join(f"{value:.2f}" for one in found for value in one) if found is not None else icc
    yield Item.of("profile", told)
