"""What the header of a picture says before its pixels are decoded."""

from __future__ import annotations

from dataclasses import dataclass

from dedupe.formats import jpeg, jpeg_blocks, sniff
from dedupe.formats.block import Block, BlockKind
from dedupe.formats.tiff import Tiff


@dataclass(frozen=True, slots=True)
class Source:
    """What the header of a file says of its picture.

    ``width`` × ``height`` are as stored. ``orientation`` is the EXIF value that turns the *decoded* pixels upright.
    ``blocks`` is everything in the file that is not its pixels. ``exif`` is the TIFF structure that says how the picture
    is turned. ``colours``, ``bits``, ``chroma`` and ``chroma_quality`` are as in ``Facts``, ``bits_a_pixel`` as in
    ``decoding.storage``.
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
    blocks: tuple[Block, ...] = ()
    bits: int = 8
    bits_a_pixel: float | None = None
    colours: int | None = None
    chroma: float = 1.0
    chroma_quality: int | None = None

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
            blocks=tuple(jpeg_blocks.in_jpeg(data, parts)),
            bits=parts.precision,
            chroma=jpeg.chroma(parts),
            chroma_quality=jpeg.chroma_quality(parts),
        )


def first(blocks: tuple[Block, ...], kind: BlockKind) -> bytes | None:
    """The bytes of the first block of a kind."""
    return next((block.data for block in blocks if block.kind is kind), None)


def orientation(exif: bytes | None) -> int:
    """The EXIF orientation 1–8; 1 where it is absent or invalid."""
    tiff = Tiff.open(exif) if exif else None
    value = tiff.integer(tiff.directory(tiff.first), 0x0112) if tiff else None
    return value if value is not None and 1 <= value <= 8 else 1
