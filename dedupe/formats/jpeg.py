"""The structure of a JPEG file, read without decoding it.

Sources: ITU-T T.81 Annex B; JFIF; EXIF; ICC.1 Annex B.4; CIPA DC-007.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from dedupe.formats.errors import DamagedError, UnsupportedError

_SOI, _EOI, _SOS, _DQT, _COM, _JPEG_LS = 0xD8, 0xD9, 0xDA, 0xDB, 0xFE, 0xF7
_FRAMES: Final = frozenset((*range(0xC0, 0xD0),)) - {0xC4, 0xC8, 0xCC}
_BLOCK: Final = 1 << 19
_RGB_IDS: Final = (0x52, 0x47, 0x42)
_STANDARD_CHROMINANCE: Final = bytes.fromhex("1112121815182f1a1a2f6342384263" + "63" * 49)
"""T.81 table K.2, in the zigzag order of the file."""
_STANDARD_LUMINANCE: Final = bytes.fromhex(
    "100b0c0e0c0a100e0d0e1211101318281a181616183123251d283a333d3c3933383740485c4e404457453738506d51575f626768"
    "673e4d71797064785c656763"
)  # T.81 table K.1, in the zigzag order of the file


@dataclass(slots=True)
class Jpeg:
    """What the markers of a JPEG say.

    ``scans`` counts the SOS markers. ``end`` is the offset behind EOI, None where the file ends before it. ``kept`` are
    the byte ranges from SOI to ``end`` that are neither APPn nor COM. ``luminance`` is the quantisation table that the
    first component names: 64 values in zigzag order, empty where the file has none. ``chrominance`` is that of the
    second component. ``samplings`` are (horizontal, vertical) of each component. ``applications`` are (marker, start,
    stop) of the bodies of all APPn and COM segments. ``mpf_at`` is the offset from which a multi-picture index counts.
    """

    width: int = 0
    height: int = 0
    components: tuple[int, ...] = ()
    process: int = 0
    precision: int = 8
    scans: int = 0
    end: int | None = None
    kept: list[tuple[int, int]] = field(default_factory=list)
    first_table: int = 0
    luminance: tuple[int, ...] = ()
    second_table: int | None = None
    chrominance: tuple[int, ...] = ()
    samplings: tuple[tuple[int, int], ...] = ()
    applications: list[tuple[int, int, int]] = field(default_factory=list)
    exif: bytes | None = None
    xmp: bytes | None = None
    icc: bytes | None = None
    adobe: bytes | None = None
    photoshop: bytes | None = None
    mpf: bytes | None = None
    mpf_at: int = 0
    jfif: bool = False

    @property
    def is_luma_first(self) -> bool:
        """Whether the first component is lightness: grey, or YCbCr as JFIF and Adobe have it."""
        transformed = self.adobe is None or len(self.adobe) < 12 or self.adobe[11] == 1
        return len(self.components) == 1 or (len(self.components) == 3 and transformed and self.components != _RGB_IDS)

    @property
    def progressive(self) -> bool:
        return self.process in (0xC2, 0xC6, 0xCA, 0xCE)


def parse(data: bytes) -> Jpeg:
    """Read the markers of a JPEG up to the end of its (first) picture.

    Raises DamagedError where it has no frame, UnsupportedError for JPEG-LS.
    """
    parts, profile, tables = Jpeg(), dict[int, bytes](), dict[int, tuple[int, ...]]()
    for marker, start, body, stop in _segments(data):
        if marker in _FRAMES and not parts.process:
            _frame(parts, marker, data, body)
        elif marker == _DQT and not parts.scans:  # what comes later is for later scans
            tables.update(_tables(data[body:stop]))
        elif 0xE0 <= marker <= 0xEF:
            parts.applications.append((marker, body, stop))
            _application(parts, profile, marker, data[body:stop])
            continue
        elif marker == _EOI:
            parts.end = stop
        elif marker == _SOS:
            parts.scans += 1
        if marker == _COM:
            parts.applications.append((marker, body, stop))
        else:
            parts.kept.append((start, stop))
    if not parts.process or not parts.width:
        raise _without_frame(data)
    if profile:
        parts.icc = b"".join(profile[number] for number in sorted(profile))
    parts.luminance = tables.get(parts.first_table, ())
    parts.chrominance = tables.get(parts.second_table, ()) if parts.second_table is not None else ()
    return parts


def _without_frame(data: bytes) -> DamagedError | UnsupportedError:
    if any(marker == _JPEG_LS for marker, *_ in _segments(data)):
        return UnsupportedError("is not supported: nothing here decodes JPEG-LS")
    return DamagedError("is cut off before the picture begins")


def payload(data: bytes, parts: Jpeg, orientation: int) -> tuple[bytes | memoryview, ...] | None:
    """The parts of the file that make the picture, None for a picture that is cut off.

    These are the stream without APPn, COM and what follows its end, and everything else that changes how it looks: ICC
    profile, Adobe marker, orientation.
    """
    if parts.end is None:
        return None
    view = memoryview(data)
    return (
        b"jpeg",
        bytes((orientation, parts.jfif and parts.components != (1, 2, 3))),  # JFIF overrules component names
        parts.adobe[:12] if parts.adobe else b"",
        parts.icc or b"",
        *(view[start:stop] for start, stop in parts.kept),
    )


def _segments(data: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Yield (marker, start, start of the body, stop) of each segment up to EOI.

    An SOS segment includes the entropy-coded data behind it.
    """
    at, size = 2, len(data)
    while at + 1 < size:
        if data[at] != 0xFF:  # stray bytes between segments: decoders skip to the next marker
            at = data.find(b"\xff", at)
            if at < 0:
                return
            continue
        marker = data[at + 1]
        if marker in (0xFF, 0x00):
            at += 1 if marker else 2
        elif marker == _EOI:
            yield marker, at, at + 2, at + 2
            return
        elif marker == 0x01 or _SOI >= marker >= 0xD0:
            at += 2
        elif at + 4 > size:
            return
        else:
            (length,) = struct.unpack_from(">H", data, at + 2)
            stop = at + 2 + max(length, 2)
            if marker == _SOS:
                stop = _scan_end(data, stop)
            yield marker, at, at + 4, min(stop, size)
            at = stop


def _scan_end(data: bytes, start: int) -> int:
    """Where the entropy-coded data that begin at ``start`` end: at the first marker that is not a restart, or the end.

    In such data every 0xFF byte is followed by 0x00, a restart code or a fill byte. Ten times as fast as a regex.
    """
    import numpy as np

    view = np.frombuffer(data, np.uint8)
    for at in range(start, len(data) - 1, _BLOCK):
        block = view[at : at + _BLOCK + 1]
        found = np.flatnonzero(block[:-1] == 0xFF)
        after = block[found + 1]
        markers = found[(after != 0) & (after != 0xFF) & ((after < 0xD0) | (after > 0xD7))]
        if markers.size:
            return at + int(markers[0])
    return len(data)


def _frame(parts: Jpeg, marker: int, data: bytes, body: int) -> None:
    try:
        precision, height, width, count = struct.unpack_from(">BHHB", data, body)
    except struct.error:
        return
    parts.process, parts.precision, parts.width, parts.height = marker, precision, width, height
    parts.components = tuple(data[body + 6 : body + 6 + 3 * count : 3])
    parts.first_table = data[body + 8] if count and len(data) > body + 8 else 0
    parts.second_table = data[body + 11] if count > 1 and len(data) > body + 11 else None
    parts.samplings = tuple((each >> 4, each & 15) for each in data[body + 7 : body + 6 + 3 * count : 3])


def _tables(body: bytes) -> Iterator[tuple[int, tuple[int, ...]]]:
    """(destination, 64 values in zigzag order) of each table of a DQT segment, up to one that is cut off."""
    at = 0
    while at < len(body):
        form = ">64H" if body[at] >> 4 else ">64B"
        stop = at + 1 + struct.calcsize(form)
        if stop > len(body):
            return
        yield body[at] & 15, struct.unpack_from(form, body, at + 1)
        at = stop


def _application(parts: Jpeg, profile: dict[int, bytes], marker: int, body: bytes) -> None:
    if marker == 0xE0 and body[:5] == b"JFIF\x00":
        parts.jfif = True
    elif marker == 0xE1 and body[:6] == b"Exif\x00\x00" and parts.exif is None:
        parts.exif = body[6:]
    elif marker == 0xE1 and body[:29] == b"http://ns.adobe.com/xap/1.0/\x00" and parts.xmp is None:
        parts.xmp = body[29:]
    elif marker == 0xE2 and body[:12] == b"ICC_PROFILE\x00" and len(body) > 14:
        profile.setdefault(body[12], body[14:])
    elif marker == 0xE2 and body[:4] == b"MPF\x00" and parts.mpf is None:
        parts.mpf = body[4:]
        parts.mpf_at = parts.applications[-1][1] + 4
    elif marker == 0xED and body[:14] == b"Photoshop 3.0\x00" and parts.photoshop is None:
        parts.photoshop = body[14:]
    elif marker == 0xEE and body[:5] == b"Adobe":
        parts.adobe = body


def quality(parts: Jpeg) -> int | None:
    """The IJG quality 1–100 whose luminance table is nearest the file's, None where the file has no 8-bit table."""
    return _quality(parts.luminance, _STANDARD_LUMINANCE)


def chroma_quality(parts: Jpeg) -> int | None:
    """The quality by the table that the second component names; None where there is none."""
    return _quality(parts.chrominance, _STANDARD_CHROMINANCE)


def chroma(parts: Jpeg) -> float:
    """Samples of the second component to those of the first: 1 for 4:4:4, 0.5 for 4:2:2, 0.25 for 4:2:0; 1 for grey."""
    if len(parts.samplings) < 3 or 0 in parts.samplings[0]:
        return 1.0
    (wide, high), (less_wide, less_high) = parts.samplings[:2]
    return min(1.0, less_wide * less_high / (wide * high))


def _quality(table: tuple[int, ...], standard: bytes) -> int | None:
    """The quality 1–100 on IJG's scale that a quantisation table was made with, None for an empty table.

    IJG's scale factor S relates table and standard as ``table = standard · S / 100``. Quality is ``(200 − S) / 2`` for S
    ≤ 100 and ``5000 / S`` beyond (jcparam.c). Entries that were clipped (1 or 255) tell little and are left out.
    """
    told = [100 * value / usual for value, usual in zip(table, standard, strict=False) if 1 < value < 255]
    if not table:
        return None
    if len(told) < 8:
        return 100 if max(table) <= 2 else 1
    scale = sum(told) / len(told)
    return max(1, min(100, round((200 - scale) / 2 if scale <= 100 else 5000 / scale)))
