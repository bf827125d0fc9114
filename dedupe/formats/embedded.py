"""What else a picture file carries: the video of a motion photo, a depth map, an HDR gain map.

Sources: Google's Motion Photo 1.0 and Ultra HDR 1.1 formats, Samsung's trailer, Apple's auxiliary images,
CIPA DC-007.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from dedupe.formats.jpeg import Jpeg
from dedupe.formats.tiff import Tiff

VIDEO: Final = "video"
DEPTH: Final = "depth"
GAIN_MAP: Final = "gain map"
FURTHER: Final = "further picture"
DATA: Final = "further data"

_VIDEO_XMP: Final = re.compile(
    rb"(?:MicroVideo|MotionPhoto)(?:=|>)[\"']?\s*1\b|Semantic(?:=|>)[\"']?MotionPhoto", re.IGNORECASE
)
_DEPTH_XMP: Final = re.compile(
    rb"Semantic(?:=|>)[\"']?Depth|GDepth:(?:Format|Data|Mime)|depthData:|portraiteffectsmatte", re.IGNORECASE
)
_GAIN_XMP: Final = re.compile(rb"hdrgm:|HDRGainMap|Semantic(?:=|>)[\"']?GainMap", re.IGNORECASE)
_LONGEST_PACKET: Final = 65536
_MP_ENTRY: Final = 0xB002
_THUMBNAIL: Final = 0x01
_PADDING: Final = 1024


def in_jpeg(data: bytes, parts: Jpeg) -> tuple[str, ...]:
    """The names of the streams in a JPEG besides its picture, in a fixed order."""
    xmp, tail_at, further = parts.xmp or b"", parts.end or len(data), False
    video = _VIDEO_XMP.search(xmp) is not None
    depth = _DEPTH_XMP.search(xmp) is not None
    gain = _GAIN_XMP.search(xmp) is not None
    if tail_at < len(data) - 16:
        video = video or _video_follows(data, tail_at)
        further = _further_pictures(parts.mpf)
        if parts.mpf is not None:
            packets = b"".join(_packets(data, tail_at))
            depth = depth or _DEPTH_XMP.search(packets) is not None
            gain = gain or _GAIN_XMP.search(packets) is not None
    unexplained = not (video or depth or gain or further or parts.mpf) and _is_data(data, tail_at)
    names = _named(video, depth, gain)
    return (*names, *((FURTHER,) if further and not names else ()), *((DATA,) if unexplained else ()))


def _further_pictures(mpf: bytes | None) -> bool:
    """Whether a multi-picture file (CIPA DC-007 §5.2.3) holds more than its picture and larger thumbnails of it."""
    tiff = Tiff.open(mpf) if mpf else None
    if tiff is None:
        return False
    entries = tiff.raw(tiff.directory(tiff.first), _MP_ENTRY)
    order: Literal["little", "big"] = "little" if mpf and mpf[:2] == b"II" else "big"
    kinds = [int.from_bytes(entries[at : at + 4], order) & 0xFFFFFF for at in range(0, len(entries) - 15, 16)]
    return any(kind >> 16 != _THUMBNAIL for kind in kinds[1:])


def _is_data(data: bytes, start: int) -> bool:
    """Whether more follows than padding."""
    rest = data[start:]
    return len(rest) > _PADDING and len(rest.strip(b"\x00\xff\r\n ")) > _PADDING


def in_heif(data: bytes, auxiliary: tuple[str, ...], depth: bool) -> tuple[str, ...]:
    """The same for HEIF, from the auxiliary types that its reader lists and the boxes of the file."""
    text = " ".join(auxiliary).lower()
    return _named(
        _has_box(data, b"mpvd"),
        depth or "depth" in text or "matte" in text or "disparity" in text,
        "gainmap" in text or b"tmap" in data[:64],
    )


def in_xmp(xmp: bytes | None) -> tuple[str, ...]:
    """The same for formats that announce them in XMP alone."""
    return _named(*(bool(xmp and rule.search(xmp)) for rule in (_VIDEO_XMP, _DEPTH_XMP, _GAIN_XMP)))


def _named(video: bool, depth: bool, gain: bool) -> tuple[str, ...]:
    return tuple(name for name, there in ((VIDEO, video), (DEPTH, depth), (GAIN_MAP, gain)) if there)


def _video_follows(data: bytes, start: int) -> bool:
    """Whether an MP4 begins behind the picture: the trailer that Google and Samsung phones append."""
    return data.find(b"MotionPhoto_Data", start) >= 0 or any(
        data.find(b"ftyp" + brand, start) >= 0 for brand in (b"mp4", b"iso", b"qt  ", b"avc", b"M4V", b"3gp", b"hvc")
    )


def _packets(data: bytes, start: int) -> list[bytes]:
    """The XMP packets of the further pictures of a multi-picture file."""
    found, at = list[bytes](), data.find(b"http://ns.adobe.com/xap/1.0/\x00", start)
    while at >= 0 and len(found) < 8:
        found.append(data[at : at + _LONGEST_PACKET])
        at = data.find(b"http://ns.adobe.com/xap/1.0/\x00", at + 1)
    return found


def _has_box(data: bytes, name: bytes) -> bool:
    """Whether a top-level box of that name is in an ISO base media file."""
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] == name:
            return True
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        if size < 8:
            return False
        at += size
    return False
