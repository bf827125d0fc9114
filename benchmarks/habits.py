"""How many plain copies stay only for what the inventory says: copies as common programs make them, each by its own habits.

python -m benchmarks.habits [--photos DIR|TAR…] [--even] [--donors DIR…] [--copies 3]

Each photo lies in a folder of its own with copies that programs made of it: Pillow, OpenCV, ImageMagick, exiftool, exiv2,
jpegtran, cwebp, cjxl and messengers. A program that is not on the PATH makes none. Every second photo is first given all
metadata of a donor, by exiftool; without donors a camera's common fields. The tree is scanned as a user would. A copy "stays
for the inventory" where it would be selected but for something that is in the file and is not its pixels.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

import cv2
from PIL import Image, ImageOps

from benchmarks.photographs import HELP, photographs
from benchmarks.running import ScanFailedError, scan
from benchmarks.tables import table
from benchmarks.tree import photos_in
from dedupe.formats.sniff import PICTURE_EXTENSIONS

Maker = Callable[[Path, Path], None]
"""Writes the copy of the first file as the second."""
_COPIES: Final = frozenset(("identical", "same-pixels", "resaved"))
_OF_PIXELS: Final = frozenset(
    ("resolution", "detail", "quality", "colour resolution", "bits a channel", "colours", "transparency", "frames", "pages",
     "raw", "picture")
)  # fmt: skip
_COMMON: Final = (
    "-Make=Maker", "-Model=Camera 1", "-Orientation#=1", "-DateTimeOriginal=2019:05:04 12:00:01",
    "-CreateDate=2019:05:04 12:00:01", "-ModifyDate=2019:05:04 12:00:01", "-ExposureTime=1/125", "-FNumber=2.8", "-ISO=200",
    "-FocalLength=35", "-ShutterSpeedValue=1/125", "-ApertureValue=2.8",
    "-GPSLatitude=48.8583", "-GPSLatitudeRef=N", "-GPSLongitude=2.2945", "-GPSLongitudeRef=E",
    "-GPSAltitude=35", "-GPSAltitudeRef#=0", "-XMP-dc:Subject=Venice", "-XMP-xmp:Rating=4", "-IPTC:Keywords=Venice",
    "-IPTC:Caption-Abstract=At sea",
    "-XMP-dc:Description=At sea", "-IFD0:ImageDescription=At sea", "-Artist=Ada", "-Copyright=Ada",
    "-SubSecTimeOriginal=42", "-OffsetTimeOriginal=+02:00",
)  # fmt: skip
_SAVED_BY: Final = ("-Software=Editor 9", "-ModifyDate=2024:01:01 00:00:00")
_FACEBOOK: Final = ("-IPTC:SpecialInstructions=FBMD01000a9b", "-IPTC:OriginalTransmissionReference=8aB2cD")


def _run(*words: str | Path) -> None:
    subprocess.run([str(word) for word in words], check=True, capture_output=True, timeout=120)


def _pillow(kind: str, *, kept: bool = True, turned: bool = False, side: int = 0, **options: Any) -> Maker:
    def make(source: Path, target: Path) -> None:
        with Image.open(source) as image:
            said = {name: image.info[name] for name in ("exif", "icc_profile", "xmp") if image.info.get(name)}
            picture: Image.Image = (ImageOps.exif_transpose(image) or image) if turned else image
            if turned and "exif" in said:
                said["exif"] = picture.getexif().tobytes()
            picture = picture.convert("RGB")
            if side:
                picture.thumbnail((side, side), Image.Resampling.LANCZOS)
            picture.save(target, kind, **(said if kept else {}), **options)

    return make


def _opencv(source: Path, target: Path) -> None:
    cv2.imwrite(str(target), cv2.imread(str(source)), [cv2.IMWRITE_JPEG_QUALITY, 95])


def _command(*words: str) -> Maker:
    """A command in which IN and OUT stand for the two files."""

    def make(source: Path, target: Path) -> None:
        _run(*({"IN": str(source), "OUT": str(target)}.get(word, word) for word in words))

    return make


def _messenger(*tags: str) -> Maker:
    """Smaller, recompressed, without its metadata; what the service writes of its own is put in."""

    def make(source: Path, target: Path) -> None:
        _pillow("JPEG", kept=False, turned=True, side=1600, quality=72, optimize=True)(source, target)
        if tags:
            _run("exiftool", "-q", "-overwrite_original", *tags, target)

    return make


def _carried(source: Path, target: Path) -> None:
    """Saved without metadata, which exiftool then copies over."""
    _pillow("JPEG", kept=False, quality=90)(source, target)
    _run("exiftool", "-q", "-m", "-overwrite_original", "-TagsFromFile", source, "-all:all", "-unsafe", target)


_MAGICK: Final = "convert-im6.q16" if shutil.which("convert-im6.q16") else "magick"
HABITS: Final[dict[str, tuple[str, str | None, Maker]]] = {
    "Pillow": ("jpg", None, _pillow("JPEG", kept=False, quality=85)),
    "Pillow, metadata kept": ("jpg", None, _pillow("JPEG", quality=88)),
    "Pillow, EXIF written anew": ("jpg", None, _pillow("JPEG", turned=True, quality=90)),
    "Pillow to PNG": ("png", None, _pillow("PNG")),
    "Pillow to WebP": ("webp", None, _pillow("WEBP", quality=85)),
    "Pillow to TIFF": ("tif", None, _pillow("TIFF", kept=False, compression="tiff_lzw")),
    "Pillow to HEIF": ("heic", None, _pillow("HEIF", quality=75)),
    "Pillow to AVIF": ("avif", None, _pillow("AVIF", quality=75, speed=9)),
    "OpenCV": ("jpg", None, _opencv),
    "ImageMagick": ("jpg", _MAGICK, _command(_MAGICK, "IN", "-quality", "85", "OUT")),
    "ImageMagick, turned upright": ("jpg", _MAGICK, _command(_MAGICK, "IN", "-auto-orient", "-quality", "90", "OUT")),
    "ImageMagick, half size": ("jpg", _MAGICK, _command(_MAGICK, "IN", "-resize", "50%", "OUT")),
    "ImageMagick, stripped": ("jpg", _MAGICK, _command(_MAGICK, "IN", "-strip", "-quality", "80", "OUT")),
    "ImageMagick to PNG": ("png", _MAGICK, _command(_MAGICK, "IN", "OUT")),
    "ImageMagick to WebP": ("webp", _MAGICK, _command(_MAGICK, "IN", "OUT")),
    "ImageMagick to TIFF": ("tif", _MAGICK, _command(_MAGICK, "IN", "-compress", "lzw", "OUT")),
    "exiftool, all copied over": ("jpg", "exiftool", _carried),
    "exiftool, another program named": ("jpg", "exiftool", _command("exiftool", "-q", "-m", *_SAVED_BY, "-o", "OUT", "IN")),
    "exiftool, all removed": ("jpg", "exiftool", _command("exiftool", "-q", "-all=", "-o", "OUT", "IN")),
    "jpegtran": ("jpg", "jpegtran", _command("jpegtran", "-copy", "all", "-progressive", "-outfile", "OUT", "IN")),
    "jpegtran, stripped": ("jpg", "jpegtran", _command("jpegtran", "-copy", "none", "-optimize", "-outfile", "OUT", "IN")),
    "cwebp": ("webp", "cwebp", _command("cwebp", "-quiet", "-metadata", "all", "IN", "-o", "OUT")),
    "cjxl, without loss": ("jxl", "cjxl", _command("cjxl", "--quiet", "IN", "OUT")),
    "a messenger": ("jpg", None, _messenger()),
    "a social network": ("jpg", "exiftool", _messenger(*_FACEBOOK)),
}  # fmt: skip
"""Name → extension of the copy, the program it needs (None: none), and how it is made."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; always 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", nargs="+", help=HELP)
    parser.add_argument("--even", action="store_true", help="only photos whose names' SHA-256 begins with an even byte")
    parser.add_argument("--donors", nargs="+", default=(), help="folders of photos whose metadata are given to others")
    parser.add_argument("--copies", type=int, default=3, help="copies of each photo")
    parser.add_argument("--limit", type=int, default=600, help="so many photos at most")
    parser.add_argument("--work", type=Path, default=Path.home() / ".cache" / "dedupe-bench")
    options = parser.parse_args(arguments)
    tree = options.work / "habits" / "tree"
    photos = [
        one
        for source in options.photos or [str(photographs(options.work))]
        for one in photos_in(Path(source))
        if not options.even or hashlib.sha256(one[0].encode()).digest()[0] % 2 == 0
    ]
    if not tree.exists():
        write(tree, photos[: options.limit], donors(options.donors), options.copies)
    run = scan([tree], options.work / "habits" / "store", quiet=True, fine=(0, 1))
    _report(run.report, tree)
    return 0


def donors(folders: Sequence[str]) -> list[Path]:
    """The photos in the folders that name a camera."""
    if not folders:
        return []
    found = subprocess.run(
        ["exiftool", "-q", "-json", "-r", "-if", "$Make", "-FileName", *folders], capture_output=True, text=True, check=False
    )  # fmt: skip
    paths = [Path(one["SourceFile"]) for one in json.loads(found.stdout or "[]")]
    return sorted(path for path in paths if path.suffix.lower() in PICTURE_EXTENSIONS)


def write(tree: Path, photos: Sequence[tuple[str, bytes]], dressers: Sequence[Path], copies: int) -> None:
    """Write the photos below ``tree``, each with so many copies; all habits come up equally often."""
    import pillow_heif
    import pillow_jxl  # noqa: F401 - registers itself

    pillow_heif.register_heif_opener()
    ways = cycle((name, *way) for name, way in HABITS.items() if way[1] is None or shutil.which(way[1]))
    donor = cycle(dressers or [None])
    for number, (_, data) in enumerate(photos):
        folder = tree / f"{number:04}"
        folder.mkdir(parents=True)
        source = folder / "photo.jpg"
        source.write_bytes(_as_jpeg(data))
        if number % 2:
            _dress(source, next(donor))
        for name, extension, _, make in islice(ways, copies):
            target = folder / name / f"photo.{extension}"
            target.parent.mkdir()
            make(source, target)


def _as_jpeg(data: bytes) -> bytes:
    if data[:2] == b"\xff\xd8":
        return data
    buffer = io.BytesIO()
    Image.open(io.BytesIO(data)).convert("RGB").save(buffer, "JPEG", quality=93)
    return buffer.getvalue()


def _dress(photo: Path, donor: Path | None) -> None:
    if shutil.which("exiftool"):
        given = (
            _COMMON
            if donor is None
            else ("-TagsFromFile", str(donor), "-all:all", "-unsafe", "-icc_profile", "-Orientation#=1")
        )
        words = ["exiftool", "-q", "-m", "-overwrite_original", *given, str(photo)]
        subprocess.run(words, capture_output=True, check=False)


def _report(report: dict[str, Any], tree: Path) -> None:
    extras = {Path(one["path"]): one for group in report["groups"] for one in group["extras"]}
    rows: dict[str, Counter[str]] = {}
    named: dict[str, Counter[str]] = {}
    for folder in sorted(tree.iterdir()):
        for copy in sorted(path.parent for path in folder.glob("*/photo.*")):
            found = _became(extras, copy, folder / "photo.jpg")
            for row in (copy.name, "all"):
                rows.setdefault(row, Counter()).update(("copies", found[0]))
                named.setdefault(row, Counter()).update(found[1])
            if found[0] == "inventory":
                print(f"{copy.relative_to(tree)}: {', '.join(found[1])}", file=sys.stderr)
    head = (
        "made by",
        "copies",
        "selected",
        "the original is",
        "stay for the inventory",
        "which names",
        "stay for another reason",
    )
    body = [
        (name, found["copies"], found["selected"], found["original"], found["inventory"],
         ", ".join(f"{word} {times}" for word, times in named[name].most_common()), found["other"])
        for name, found in sorted(rows.items(), key=lambda row: row[0] == "all")
    ]  # fmt: skip
    print(table(head, body))
    total = rows["all"]
    print(f"\nselected, as of all: {total['selected'] / max(1, total['copies']):.3f}; "
          f"lost to the inventory: {total['inventory'] / max(1, total['copies']):.3f}")  # fmt: skip


def _became(extras: dict[Path, dict[str, Any]], folder: Path, original: Path) -> tuple[str, list[str]]:
    """What became of a copy, and the names of the losses that hold it."""
    path = next(folder.glob("photo.*"))
    extra = extras.get(path)
    if extra is None:
        gone = extras.get(original)
        return ("original" if gone is not None and gone["selected"] and gone["keeper"] == str(path) else "other"), []
    if extra["selected"]:
        return "selected", []
    codes = [one["code"] for one in extra["loses"]]
    only = extra["relation"] in _COPIES and codes and not extra["note"] and not _OF_PIXELS.intersection(codes)
    return ("inventory", sorted(set(codes))) if only else ("other", [])


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ScanFailedError as problem:
        sys.exit(str(problem))
