"""What the header of a picture says before its pixels are decoded."""

from __future__ import annotations

from dataclasses import dataclass

from dedupe.formats import embedded, jpeg, sniff
from dedupe.formats.tiff import Tiff


@dataclass(frozen=True, slots=True)
class Source:
    """``width`` × ``height`` as stored; ``orientation`` is the EXIF value that turns the *decoded* pixels
    upright.

    ``exif`` is a TIFF structure, ``xmp`` an XMP packet, ``photoshop`` the image resource blocks that hold
    IPTC.
    """

    format: str
    width: int
    height: int
    orientation: int = 1
    frames: int = 1
    alpha: bool = False
    raw: bool = False
    lossless: bool = False
    quality: int | None = None
    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    photoshop: bytes | None = None
    embedded: tuple[str, ...] = ()

    @property
    def upright_size(self) -> tuple[int, int]:
        """(width, height) as seen."""
        return (self.height, self.width) if self.orientation in (5, 6, 7, 8) else (self.width, self.height)

    @classmethod
    def of_jpeg(cls, data: bytes, parts: jpeg.Jpeg) -> Source:
        """The source of a JPEG whose markers were read."""
        return cls(
            sniff.JPEG,
            parts.width,
            parts.height,
            orientation(parts.exif),
            quality=jpeg.quality(parts),
            lossless=parts.process in (0xC3, 0xC7, 0xCB, 0xCF),
            icc=parts.icc,
            exif=parts.exif,
            xmp=parts.xmp,
            photoshop=parts.photoshop,
            embedded=embedded.in_jpeg(data, parts),
        )


def orientation(exif: bytes | None) -> int:
    """The EXIF orientation 1–8; 1 where it is absent or invalid."""
    tiff = Tiff.open(exif) if exif else None
    value = tiff.integer(tiff.directory(tiff.first), 0x0112) if tiff else None
    return value if value is not None and 1 <= value <= 8 else 1
