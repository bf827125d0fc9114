"""The structure of a WebP file without decoding it (RFC 9649; VP8: RFC 6386)."""

from __future__ import annotations

from collections.abc import Iterator


def is_lossless(data: bytes) -> bool:
    """Whether the picture (of an animation: every frame) is coded without loss."""
    names = {name for name, _, _ in chunks(data)}
    return b"VP8L" in names and b"VP8 " not in names


def quality(data: bytes) -> int | None:
    """The libwebp quality 1–100 that gives the frame's quantizer; None for lossless or malformed files.

    libwebp maps quality q (as a share c) to the quantizer 127·(1 − f(c)^⅓), with f(c) = ⅔·c below 0.75 and 2·c − 1
    beyond (quant_enc.c); per-segment changes are left aside.
    """
    body = next((data[at : at + 64] for name, at, _ in chunks(data) if name == b"VP8 "), b"")
    if len(body) < 40 or body[0] & 1 or body[3:6] != b"\x9d\x01\x2a":
        return None
    linear = (1.0 - _quantizer(body[10:]) / 127.0) ** 3
    share = linear * 1.5 if linear < 0.5 else (linear + 1.0) / 2.0
    return max(1, min(100, round(100 * share)))


def chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """(name, start, stop) of the bodies of the chunks, those inside the frames of an animation included."""
    at, end = 12, min(len(data), 8 + int.from_bytes(data[4:8], "little"))
    for _ in range(10_000):
        if at + 8 > end:
            return
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        yield name, at + 8, min(at + 8 + size, end)
        if name == b"ANMF":  # a frame's own chunks follow its 16 bytes of header
            at += 24
        else:
            at += 8 + size + (size & 1)


def _quantizer(header: bytes) -> float:
    """The quantizer index 0–127 that the first partition of a key frame states (RFC 6386 §9.2–9.6).

    Where the frame has segments it is their mean: the base is then the first segment's alone.
    """
    bits = _Bits(header)
    bits.take(2)  # colour space, clamping
    segments = _segments(bits) if bits.take(1) else []
    bits.take(10)  # loop filter: type, level, sharpness
    if bits.take(1) and bits.take(1):  # adjustments of the loop filter
        bits.optional([7] * 8)
    bits.take(2)  # partitions
    base = bits.take(7)
    return sum(segments) / len(segments) if segments else base


def _segments(bits: _Bits) -> list[int]:
    """The quantizers of the four segments where they are stated outright."""
    update_map, update_data = bits.take(1), bits.take(1)
    segments: list[int] = []
    if update_data:
        absolute = bits.take(1)
        stated = bits.optional([8] * 4)
        segments = [value >> 1 for value in stated] if absolute else []  # the sign is the last bit
        bits.optional([7] * 4)
    if update_map:
        bits.optional([8] * 3)
    return segments


class _Bits:
    """VP8's boolean decoder at even odds (RFC 6386 §7.3)."""

    def __init__(self, data: bytes) -> None:
        self._data, self._next = data, 2
        self._value = int.from_bytes(data[:2], "big")
        self._range, self._shifts = 255, 0

    def take(self, count: int) -> int:
        """The next bits as a number, the first the highest."""
        number = 0
        for _ in range(count):
            number = number * 2 + self._bit()
        return number

    def optional(self, sizes: list[int]) -> list[int]:
        """Numbers of so many bits, each behind a flag that says whether it is there; 0 where it is not."""
        return [self.take(size) if self.take(1) else 0 for size in sizes]

    def _bit(self) -> int:
        split = 1 + ((self._range - 1) * 128 >> 8)
        big = split << 8
        bit = self._value >= big
        if bit:
            self._range -= split
            self._value -= big
        else:
            self._range = split
        while self._range < 128:
            self._value <<= 1
            self._range <<= 1
            self._shifts += 1
            if self._shifts == 8:
                self._shifts = 0
                if self._next < len(self._data):
                    self._value |= self._data[self._next]
                    self._next += 1
        return int(bit)
