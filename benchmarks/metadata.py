"""How far dedupe and exiftool agree on dates, places, ratings, captions, keywords: `python -m benchmarks.metadata FOLDER…`.

Every picture below the folders is read by both; a field counts where exiftool states it. exiftool must be on the PATH.
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
from typing import Any

from dedupe.decoding import decode, read
from dedupe.errors import DedupeError
from dedupe.formats.inventory import unpacked
from dedupe.formats.sniff import PHOTO_EXTENSIONS
from dedupe.formats.texts import is_filler, moment_of, text_items, wording
from dedupe.types import Facts

_TAGS = (
    "-ExifIFD:DateTimeOriginal", "-GPS:GPSLatitude", "-GPS:GPSLongitude", "-GPS:GPSLatitudeRef", "-GPS:GPSLongitudeRef",
    "-XMP-exif:GPSLatitude", "-XMP-exif:GPSLongitude", "-XMP-xmp:Rating", "-IFD0:Rating", "-IFD0:ImageDescription",
    "-ExifIFD:UserComment", "-XMP-dc:Description", "-IPTC:Caption-Abstract", "-XMP-dc:Subject", "-IPTC:Keywords",
)  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Prints a line a format and field: agreed, stated by exiftool, and the files that differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    paths = [str(path) for folder in parser.parse_args(arguments).folders for path in _photos(folder)]
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
    for field, kind in sorted(stated):
        print(f"{field:9} {kind:9} {agreed[field, kind]:5} of {stated[field, kind]:5}")
    print(f"all       {sum(agreed.values()):15} of {sum(stated.values()):5}")
    return 0


def _photos(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.suffix.lower() in PHOTO_EXTENSIONS and path.is_file())


def exiftool(paths: list[str]) -> list[dict[str, Any]]:
    """What exiftool says of the files, each tag by group and name."""
    command = ["exiftool", "-json", "-G1", "-n", "-a", "-struct", "-fast", *_TAGS, "-@", "-"]
    out = subprocess.run(command, input="\n".join(paths), capture_output=True, text=True, check=False).stdout
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
    taken = moment_of(str(said.get("ExifIFD:DateTimeOriginal", "")))
    if taken is not None:
        yield "date", facts.taken is not None and facts.taken.seconds == taken.seconds
    place = _place(said)
    if place is not None:
        yield "place", facts.gps is not None and all(abs(a - b) < 1e-4 for a, b in zip(facts.gps, place, strict=True))
    rating = said.get("XMP-xmp:Rating") or said.get("IFD0:Rating")
    if rating:
        yield "rating", facts.rating == int(float(rating))
    for name in ("IFD0:ImageDescription", "ExifIFD:UserComment", "XMP-dc:Description", "IPTC:Caption-Abstract"):
        for text in _texts(said.get(name)):
            if not is_filler(text):
                yield "caption", not set(text_items("caption", text)).isdisjoint(items)
    words = [text for name in ("XMP-dc:Subject", "IPTC:Keywords") for text in _texts(said.get(name))]
    if words:
        wanted = {item for text in words for item in text_items("keyword", text)}
        yield "keywords", wanted <= items


def _place(said: dict[str, Any]) -> tuple[float, float] | None:
    for group, latitude, longitude in (
        ("GPS", "GPSLatitude", "GPSLongitude"),
        ("XMP-exif", "GPSLatitude", "GPSLongitude"),
    ):
        values = said.get(f"{group}:{latitude}"), said.get(f"{group}:{longitude}")
        if all(isinstance(value, int | float) for value in values) and any(values):
            north, east = (float(str(value)) for value in values)
            if group == "GPS":
                north, east = (_signed(said, name, value) for name, value in ((latitude, north), (longitude, east)))
            return north, east
    return None


def _signed(said: dict[str, Any], name: str, value: float) -> float:
    return -value if str(said.get(f"GPS:{name}Ref", "")).upper()[:1] in ("S", "W") else value


def _texts(value: Any) -> list[str]:
    values = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
    return [text for one in values if one is not None and (text := wording(str(one)))]


if __name__ == "__main__":
    sys.exit(main())
