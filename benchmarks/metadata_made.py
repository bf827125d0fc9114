"""Pictures that exiftool writes one field into, in every container it can write, for `python -m benchmarks.metadata --made`.

WebP, which exiftool before 12.66 does not write, is saved by Pillow with the EXIF and XMP of the JPEGs.
"""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

FORMATS: Final = {
    "jpg": "JPEG", "png": "PNG", "tif": "TIFF", "heic": "HEIF", "avif": "AVIF", "jp2": "JPEG2000", "gif": "GIF", "jxl": "JXL",
    "dng": "DNG",
}  # fmt: skip
_PLAIN: Final = "At the sea"
_LATIN: Final = "Zoë in Genève – “été”, 5 €"
_CJK: Final = "奈良公園 の 鹿 🦌"
_LONG: Final = "A long evening by the lake, with friends. " * 30
_TEXTS: Final = {"plain": _PLAIN, "latin": _LATIN, "cjk": _CJK, "long": _LONG}
_UTF8: Final = "-IPTC:CodedCharacterSet=UTF8"
_DATES: Final = {
    "original": ("-ExifIFD:DateTimeOriginal=2003:05:06 07:08:09",),
    "original with zone": ("-ExifIFD:DateTimeOriginal=2003:05:06 07:08:09", "-ExifIFD:OffsetTimeOriginal=+09:30",
                           "-ExifIFD:SubSecTimeOriginal=042"),
    "digitised": ("-ExifIFD:CreateDate=2004:05:06 07:08:09",),
    "modified": ("-IFD0:ModifyDate=2005:05:06 07:08:09",),
    "xmp original": ("-XMP-exif:DateTimeOriginal=2006:05:06 07:08:09+02:00",),
    "xmp created": ("-XMP-photoshop:DateCreated=2007:05:06 07:08:09",),
    "xmp day alone": ("-XMP-photoshop:DateCreated=2007:05:06",),
    "xmp create": ("-XMP-xmp:CreateDate=2008:05:06 07:08:09.12-05:00",),
    "iptc": ("-IPTC:DateCreated=2009:05:06", "-IPTC:TimeCreated=07:08:09+02:00"),
    "iptc day alone": ("-IPTC:DateCreated=2009:05:06",),
    "iptc digital": ("-IPTC:DigitalCreationDate=2010:05:06", "-IPTC:DigitalCreationTime=07:08:09-03:00"),
    "before 1970": ("-ExifIFD:DateTimeOriginal=1931:12:24 17:00:00",),
    "several": ("-ExifIFD:CreateDate=2004:05:06 07:08:09", "-XMP-photoshop:DateCreated=2007:05:06 07:08:09",
                "-IFD0:ModifyDate=2005:05:06 07:08:09"),
}  # fmt: skip
_PLACES: Final = {
    "north-east": ("-GPSLatitude=48.8583", "-GPSLatitudeRef=N", "-GPSLongitude=2.2945", "-GPSLongitudeRef=E"),
    "south-west": ("-GPSLatitude=34.6037", "-GPSLatitudeRef=S", "-GPSLongitude=58.3816", "-GPSLongitudeRef=W"),
    "xmp": ("-XMP-exif:GPSLatitude=-33.8568", "-XMP-exif:GPSLongitude=151.2153"),
    "xmp west": ("-XMP-exif:GPSLatitude=51.4779", "-XMP-exif:GPSLongitude=-0.0015"),
}
_RATINGS: Final = {
    "xmp 4": ("-XMP-xmp:Rating=4",),
    "xmp rejected": ("-XMP-xmp:Rating=-1",),
    "exif 3": ("-IFD0:Rating=3",),
    "exif per cent": ("-IFD0:RatingPercent=75",),
    "microsoft": ("-XMP-microsoft:RatingPercent=50",),
}
_ONE_TEXT: Final = (
    "IFD0:ImageDescription", "ExifIFD:UserComment", "IFD0:XPComment", "IFD0:XPTitle", "IFD0:XPSubject", "XMP-dc:Description",
    "XMP-dc:Title", "XMP-tiff:ImageDescription", "XMP-exif:UserComment", "IPTC:Caption-Abstract", "IPTC:ObjectName",
    "IFD0:Artist", "IFD0:XPAuthor", "XMP-dc:Creator", "IPTC:By-line", "IFD0:Copyright", "XMP-dc:Rights", "IPTC:CopyrightNotice",
)  # fmt: skip
_WORDS: Final = ("IFD0:XPKeywords", "XMP-dc:Subject", "IPTC:Keywords")
_OF_ONE_FORMAT: Final = {
    "jpg": ("File:Comment",),
    "gif": ("File:Comment",),
    "png": ("PNG:Description", "PNG:Comment", "PNG:Title", "PNG:Author", "PNG:Copyright"),
}


def made(folder: Path) -> list[str]:
    """Writes the pictures below a folder; the paths of those into which exiftool could write."""
    plain = {extension: _plain(folder, extension) for extension in FORMATS}
    lines: list[str] = []
    for extension, source in plain.items():
        for name, arguments in _fields(extension):
            target = folder / f"{extension} {name}.{extension}"
            lines += ["-q", "-m", "-P", *arguments, "-o", str(target), str(source), "-execute"]
    subprocess.run(["exiftool", "-@", "-"], input="\n".join(lines), text=True, capture_output=True, check=False)
    for source in plain.values():
        source.unlink()
    for path in folder.glob("jpg *.jpg"):
        with Image.open(path) as image:
            said = {name: image.info[name] for name in ("exif", "xmp") if name in image.info}
            image.save(folder / f"webp{path.stem[3:]}.webp", **said)
    return [str(path) for path in sorted(folder.iterdir())]


def _plain(folder: Path, extension: str) -> Path:
    if extension == "heic":
        import pillow_heif

        pillow_heif.register_heif_opener()
    if extension == "jxl":
        import pillow_jxl  # noqa: F401 - registers itself
    ramp = np.add.outer(np.arange(64), np.arange(64))
    path = folder / f"plain.{extension}"
    if extension == "dng":
        path.write_bytes(_raw(ramp))
        return path
    Image.fromarray(np.stack([ramp, 255 - ramp, ramp // 2], 2).astype(np.uint8)).save(path, FORMATS[extension])
    return path


def _raw(mosaic: NDArray[np.int64]) -> bytes:
    """The least DNG: one directory, its sensor data a mosaic of 16 bits."""
    body = (mosaic * 400).astype("<u2").tobytes()
    identity = struct.pack("<18i", *(n for row in range(3) for n in (v for c in range(3) for v in (int(row == c), 1))))
    tags = [
        (0xFE, 4, 1, 0), (0x100, 4, 1, 64), (0x101, 4, 1, 64), (0x102, 3, 1, 16), (0x103, 3, 1, 1), (0x106, 3, 1, 32803),
        (0x111, 4, 1, 8 + len(identity)), (0x115, 3, 1, 1), (0x116, 4, 1, 64), (0x117, 4, 1, len(body)),
        (0x828D, 3, 2, 2 | 2 << 16), (0x828E, 1, 4, 0x02010100), (0xC612, 1, 4, 0x00000401), (0xC621, 10, 9, 8),
    ]  # fmt: skip
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    start = 8 + len(identity) + len(body)
    return b"II*\0" + struct.pack("<I", start) + identity + body + struct.pack("<H", len(tags)) + entries + bytes(4)


def _fields(extension: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(name of the file, exiftool's arguments) of every field."""
    for kind, values in (("date", _DATES), ("place", _PLACES), ("rating", _RATINGS)):
        for name, arguments in values.items():
            yield f"{kind} {name}", arguments
    for tag in (*_ONE_TEXT, *_OF_ONE_FORMAT.get(extension, ())):
        for name, text in _TEXTS.items():
            yield from _text(tag, name, text)
    for tag in _WORDS:
        for name, text in (("plain", _PLAIN), ("latin", _LATIN), ("cjk", _CJK)):
            joined = tag == "IFD0:XPKeywords"
            words = (f"-{tag}={text};Summer",) if joined else (f"-{tag}={text}", f"-{tag}=Summer")
            yield f"{tag.replace(':', ' ')} {name}", (*words, *((_UTF8,) if tag.startswith("IPTC") else ()))


def _text(tag: str, name: str, text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    written = f"-{tag}={text}"
    where = tag.replace(":", " ")
    if not tag.startswith("IPTC"):
        yield f"{where} {name}", (written,)
        return
    yield f"{where} {name} as UTF-8", (written, _UTF8)
    if name != "cjk":
        yield f"{where} {name}", (written,)
