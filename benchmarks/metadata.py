"""How far dedupe and exiftool agree on what photos say: `python -m benchmarks.metadata [FOLDER…] [--made DIR]`.

Every picture below the folders is read by both; a field counts where exiftool states it. `--made` has exiftool write each field
into each container it can write, in several alphabets and lengths of text, and compares those. exiftool must be on the PATH.

Text of which no character set is stated is read by exiftool as Latin here, by dedupe as UTF-8 where it is UTF-8, else as Latin;
so a text counts as agreed, too, where it is exiftool's once its bytes are read as UTF-8.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from benchmarks.metadata_made import made
from dedupe.decoding import decode, read
from dedupe.errors import DedupeError
from dedupe.formats.inventory import Item, unpacked
from dedupe.formats.jpeg_blocks import is_from_program
from dedupe.formats.sniff import PHOTO_EXTENSIONS
from dedupe.formats.texts import is_filler, moment_of, rating_items, text_items, wording
from dedupe.types import Facts

_DATES: Final = (
    ("ExifIFD:DateTimeOriginal", ""), ("XMP-exif:DateTimeOriginal", ""), ("XMP-photoshop:DateCreated", ""),
    ("IPTC:DateCreated", "IPTC:TimeCreated"), ("IPTC:DigitalCreationDate", "IPTC:DigitalCreationTime"),
    ("ExifIFD:CreateDate", ""), ("XMP-xmp:CreateDate", ""), ("IFD0:ModifyDate", ""),
)  # fmt: skip
"""(date, its time where that stands apart), the most believable first."""
_RATINGS: Final = (
    ("XMP-xmp:Rating", False),
    ("XMP-microsoft:RatingPercent", True),
    ("IFD0:Rating", False),
    ("IFD0:RatingPercent", True),
)
_TEXTS: Final = {
    "caption": ("IFD0:ImageDescription", "ExifIFD:UserComment", "IFD0:XPComment", "IFD0:XPSubject", "XMP-dc:Description",
                "XMP-tiff:ImageDescription", "XMP-exif:UserComment", "IPTC:Caption-Abstract", "File:Comment", "PNG:Description",
                "PNG:Comment", "GIF:Comment"),
    "title": ("IFD0:XPTitle", "XMP-dc:Title", "IPTC:ObjectName", "PNG:Title"),
    "author": ("IFD0:Artist", "IFD0:XPAuthor", "XMP-dc:Creator", "IPTC:By-line", "PNG:Author"),
    "copyright": ("IFD0:Copyright", "XMP-dc:Rights", "IPTC:CopyrightNotice", "PNG:Copyright"),
    "keyword": ("IFD0:XPKeywords", "XMP-dc:Subject", "IPTC:Keywords"),
}  # fmt: skip
_PLACES: Final = ("GPS", "XMP-exif")


def main(arguments: list[str] | None = None) -> int:
    """Prints a line a field and format: agreed, stated by exiftool; and the files that differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--made", type=Path, help="an empty folder for the files that exiftool writes")
    options = parser.parse_args(arguments)
    if options.made is not None:
        options.made.mkdir(parents=True, exist_ok=True)
        made(options.made)
        options.folders.append(options.made)
    paths = [str(path) for folder in options.folders for path in _photos(folder)]
    stated, agreed = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for path, said in zip(paths, exiftool(paths), strict=True):
        facts = facts_of(path)
        if facts is None:
            continue
        for field, same in compared(said, facts):
            stated[field, facts.format] += 1
            agreed[field, facts.format] += same
            if not same:
                print(f"differs: {field} of {path}", file=sys.stderr)
    _print(stated, agreed)
    return 0


def _print(stated: Counter[tuple[str, str]], agreed: Counter[tuple[str, str]]) -> None:
    formats = sorted({kind for _, kind in stated})
    print("| field |", " | ".join(formats), "| all |")
    print("|---|" + "--:|" * (len(formats) + 1))
    for field in sorted({field for field, _ in stated}):
        cells = [f"{agreed[field, kind]}/{stated[field, kind]}" if stated[field, kind] else "" for kind in formats]
        every = sum(agreed[field, kind] for kind in formats), sum(stated[field, kind] for kind in formats)
        print(f"| {field} |", " | ".join(cells), f"| {every[0]}/{every[1]} |")
    whole, right = sum(stated.values()), sum(agreed.values())
    print(f"\nagreed: {right} of {whole} ({right / max(1, whole):.4f})")


def _photos(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.suffix.lower() in PHOTO_EXTENSIONS and path.is_file())


def exiftool(paths: list[str]) -> list[dict[str, Any]]:
    """What exiftool says of the files, each tag by group and name."""
    tags = {*(tag for tags in _TEXTS.values() for tag in tags), *(tag for tag, _ in _RATINGS)}
    tags |= {tag for pair in _DATES for tag in pair if tag}
    tags |= {
        f"{group}:GPS{axis}{end}" for group in _PLACES for axis in ("Latitude", "Longitude") for end in ("", "Ref")
    }
    command = [
        "exiftool",
        "-json",
        "-G1",
        "-n",
        "-a",
        "-struct",
        "-charset",
        "exif=Latin",
        *(f"-{tag}" for tag in sorted(tags)),
    ]
    out = subprocess.run(
        [*command, "-@", "-"], input="\n".join(paths), capture_output=True, text=True, check=False
    ).stdout
    found = {os.path.abspath(one["SourceFile"]): one for one in json.loads(out or "[]")}
    return [found.get(os.path.abspath(path), {}) for path in paths]


def facts_of(path: str) -> Facts | None:
    """What dedupe says of a file; None where it is not read."""
    try:
        return read.facts_of(decode.decode(Path(path).read_bytes(), long_side=400))
    except DedupeError:
        return None


def compared(said: dict[str, Any], facts: Facts) -> Iterator[tuple[str, bool]]:
    """(field, agreed) of each field that exiftool states."""
    items = unpacked(facts.inventory)
    moment = next((found for pair in _DATES if (found := _moment(said, *pair)) is not None), None)
    if moment is not None:
        yield "date", facts.date is not None and facts.date.seconds == moment
    place = _place(said)
    if place is not None:
        yield "place", facts.gps is not None and all(abs(a - b) < 1e-4 for a, b in zip(facts.gps, place, strict=True))
    for tag, percent in _RATINGS:
        if said.get(tag):
            yield "rating", set(rating_items(round(float(said[tag])), percent=percent)) <= items
    for topic, tags in _TEXTS.items():
        for text in (text for tag in tags for text in _texts(said.get(tag))):
            if topic != "caption" or not _is_of_program(text):
                yield topic, any(_held(topic, way, items) for way in _ways(text))


def _is_of_program(text: str) -> bool:
    """Whether a caption is blank, a camera's filler, or a comment that a program wrote about itself: dedupe leaves them out."""
    plain = wording(text)
    return plain is None or is_filler(plain) or is_from_program(text.encode("latin-1", "replace"))


def _moment(said: dict[str, Any], day: str, time: str) -> int | None:
    text = f"{said.get(day, '')} {said.get(time, '')}".strip()
    found = moment_of(text)
    return None if found is None else found.seconds


def _place(said: dict[str, Any]) -> tuple[float, float] | None:
    for group in _PLACES:
        values = [said.get(f"{group}:GPS{axis}") for axis in ("Latitude", "Longitude")]
        if all(isinstance(value, int | float) for value in values) and any(values):
            north, east = (float(str(value)) for value in values)
            if group == "GPS":
                north, east = _signed(said, "Latitude", north), _signed(said, "Longitude", east)
            return north, east
    return None


def _signed(said: dict[str, Any], axis: str, value: float) -> float:
    return -abs(value) if str(said.get(f"GPS:GPS{axis}Ref", "")).upper()[:1] in ("S", "W") else value


def _texts(value: Any) -> list[str]:
    values = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
    return [str(one) for one in values if one is not None and str(one).strip("\x00 ")]


def _ways(text: str) -> Iterator[str]:
    """A text as exiftool gives it, and as it is where its bytes were UTF-8 that nothing stated."""
    yield wording(text) or text
    octets = bytearray()
    for sign in text:  # what has no place in Windows' Latin is exiftool's own byte
        octets += sign.encode("cp1252", "ignore") or (bytes((ord(sign),)) if ord(sign) < 256 else b"?")
    try:
        yield wording(octets.decode("utf-8")) or text
    except UnicodeError:
        return


def _held(topic: str, text: str, items: frozenset[Item]) -> bool:
    wanted = set(text_items(topic, text))
    return bool(wanted) and wanted <= items


if __name__ == "__main__":
    sys.exit(main())
