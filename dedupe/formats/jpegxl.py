"""The head of a JPEG XL code stream (ISO/IEC 18181-1): whether it is an animation, and its depth; the decoder says neither."""

from __future__ import annotations

from typing import Final

from dedupe.formats import isobmff

_HEAD: Final = b"\xff\x0a"
_SIZES: Final = ((1, 9), (1, 13), (1, 18), (1, 30))
_PREVIEW_EIGHTHS: Final = ((16, 0), (32, 0), (1, 5), (33, 9))
_PREVIEW_SIZES: Final = ((1, 6), (65, 8), (321, 10), (1345, 12))
_LONGEST_HEAD: Final = 64
_DEPTHS: Final = ((8, 0), (10, 0), (12, 0), (1, 6))
_FLOAT_DEPTHS: Final = ((32, 0), (16, 0), (24, 0), (1, 6))
_UNKNOWN: Final = 16


class _Bits:
    """Numbers of the given widths in bits, the lowest bit of each byte first; 0 beyond the end."""

    def __init__(self, data: bytes) -> None:
        self._value, self._at = int.from_bytes(data, "little"), 0

    def take(self, count: int) -> int:
        found = self._value >> self._at & ((1 << count) - 1)
        self._at += count
        return found

    def choose(self, ways: tuple[tuple[int, int], ...]) -> int:
        """A number by one of four (offset, bits), which two bits choose."""
        offset, bits = ways[self.take(2)]
        return offset + self.take(bits)


def code_stream(data: bytes) -> bytes:
    """The code stream of a file, with or without its container; empty where there is none."""
    if data.startswith(_HEAD):
        return data
    parts = [
        data[box.body + 4 * (box.kind == b"jxlp") : box.stop]
        for box in isobmff.boxes(data)
        if box.kind in (b"jxlc", b"jxlp")
    ]
    return b"".join(parts)


def is_animated(stream: bytes) -> bool:
    """Whether a code stream announces an animation."""
    return stream.startswith(_HEAD) and _head(stream)[0]


def depth(stream: bytes) -> int:
    """Bits a channel that a code stream states; 16 where it is an animation, or none."""
    if not stream.startswith(_HEAD):
        return _UNKNOWN
    animated, bits = _head(stream)
    return _UNKNOWN if animated else bits


def _head(stream: bytes) -> tuple[bool, int]:
    """Whether it is an animation, and where it is none the bits a channel."""
    bits = _Bits(stream[2:_LONGEST_HEAD])
    _pass_size(bits)
    if bits.take(1):  # all as by default
        return False, 8
    if bits.take(1):  # there are extra fields
        bits.take(3)  # orientation
        if bits.take(1):
            _pass_size(bits)
        if bits.take(1):
            _pass_preview(bits)
        if bits.take(1):
            return True, _UNKNOWN
    return False, bits.choose(_FLOAT_DEPTHS if bits.take(1) else _DEPTHS)


def _pass_size(bits: _Bits) -> None:
    small = bits.take(1)
    _pass_side(bits, small)
    if not bits.take(3):  # else the width is a ratio of the height
        _pass_side(bits, small)


def _pass_side(bits: _Bits, small: int) -> None:
    if small:
        bits.take(5)
    else:
        bits.choose(_SIZES)


def _pass_preview(bits: _Bits) -> None:
    ways = _PREVIEW_EIGHTHS if bits.take(1) else _PREVIEW_SIZES
    bits.choose(ways)
    if not bits.take(3):
        bits.choose(ways)
