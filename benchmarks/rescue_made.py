"""A library with scattered metadata: each picture lies in several folders, and what is known of it is spread over these."""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from PIL import Image

FOLDERS: Final = ("a phone", "b Summer in Rome", "c old backup")
"""A picture lies in two or three of them, under one name; by name the first stays."""
_WORDS: Final = ("beach", "Zoë", "奈良公園", "birthday", "garden", "Großmutter", "sea & sun", "<cake>")
_UTF8: Final = "-IPTC:CodedCharacterSet=UTF8"


@dataclass(frozen=True, slots=True)
class Property:
    """Something that a photo can say: the tags that say it, one way after the other, made of a number."""

    name: str
    ways: tuple[Callable[[int], tuple[str, ...]], ...]
    one: bool = True


def _date(number: int) -> str:
    day = f"20{number % 20:02}:{number % 12 + 1:02}:{number % 27 + 1:02}"
    return f"{day} {number % 24:02}:{number * 7 % 60:02}:{number * 11 % 60:02}"


def _words(number: int) -> str:
    return f"{_WORDS[number % len(_WORDS)]} {number}"


def _region(number: int) -> str:
    area = f"Area={{X={0.2 + number % 5 / 10},Y=0.4,W=0.1,H=0.15,Unit=normalized}}"
    size = "AppliedToDimensions={W=160,H=120,Unit=pixel}"
    return f"-XMP-mwg-rs:RegionInfo={{{size},RegionList=[{{{area},Name={_words(number)},Type=Face}}]}}"


PROPERTIES: Final = (
    Property(
        "date",
        (
            lambda n: (f"-ExifIFD:DateTimeOriginal={_date(n)}",),
            lambda n: (f"-XMP-exif:DateTimeOriginal={_date(n)}",),
            lambda n: (f"-XMP-photoshop:DateCreated={_date(n)}",),
            lambda n: (f"-IPTC:DateCreated={_date(n)[:10]}", f"-IPTC:TimeCreated={_date(n)[11:]}"),
        ),
    ),
    Property(
        "place",
        (
            lambda n: (
                f"-GPSLatitude={20 + n % 40}.25",
                "-GPSLatitudeRef=N",
                f"-GPSLongitude={n % 90}.5",
                "-GPSLongitudeRef=E",
            ),
            lambda n: (f"-XMP-exif:GPSLatitude={20 + n % 40}.25", f"-XMP-exif:GPSLongitude={n % 90}.5"),
        ),
    ),
    Property(
        "caption",
        (
            lambda n: (f"-XMP-dc:Description=A caption: {_words(n)}",),
            lambda n: (f"-IPTC:Caption-Abstract=A caption: {_words(n)}", _UTF8),
            lambda n: (f"-IFD0:ImageDescription=A caption: {_words(n)}",),
        ),
    ),
    Property(
        "title",
        (
            lambda n: (f"-XMP-dc:Title=A title: {_words(n)}",),
            lambda n: (f"-IPTC:ObjectName=A title: {_words(n)}", _UTF8),
        ),
    ),
    Property("rating", (lambda n: (f"-XMP-xmp:Rating={n % 5 + 1}",), lambda n: (f"-IFD0:Rating={n % 5 + 1}",))),
    Property(
        "author",
        (
            lambda n: (f"-XMP-dc:Creator=An author {n % 9}",),
            lambda n: (f"-IFD0:Artist=An author {n % 9}",),
            lambda n: (f"-IPTC:By-line=An author {n % 9}", _UTF8),
        ),
    ),
    Property(
        "copyright",
        (
            lambda n: (f"-XMP-dc:Rights=© somebody {n % 7}",),
            lambda n: (f"-IPTC:CopyrightNotice=© somebody {n % 7}", _UTF8),
        ),
    ),
    Property(
        "city", (lambda n: (f"-XMP-photoshop:City=City {n % 11}",), lambda n: (f"-IPTC:City=City {n % 11}", _UTF8))
    ),
    Property("faces", (lambda n: (_region(n),),)),
    Property(
        "keywords",
        (
            lambda n: (f"-XMP-dc:Subject+={_words(n)}", f"-XMP-dc:Subject+={_words(n + 3)}"),
            lambda n: (f"-IPTC:Keywords+={_words(n)}", f"-IPTC:Keywords+={_words(n + 5)}", _UTF8),
        ),
        one=False,
    ),
)


def library(root: Path, count: int, seed: int = 1) -> int:
    """``count`` photos below ``root``, as pictures in two or three folders; how many pictures.

    Of one picture in eight two copies contradict each other, in a caption or a rating.
    """
    rng = np.random.default_rng(seed)
    tags: dict[Path, list[str]] = {}
    number = 0
    while len(tags) < count:
        names = FOLDERS[: min(2 + number % 2, count - len(tags))]
        places = [root / folder / f"IMG_{number:04}.jpg" for folder in names]
        data = picture(number)
        for path in places:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            tags[path] = []
        for said in _scattered(number, len(places), rng):
            for place, told in zip(places, said, strict=True):
                tags[place] += told
        number += 1
    _tag(tags)
    for path in list(tags)[::7]:
        _takeout(path, int(rng.integers(10**6)))
    return number


def picture(number: int) -> bytes:
    """A picture of its own: shapes of many sizes and colours on a slope of two."""
    rng = np.random.default_rng([number, 77])
    across, colours = np.linspace(0, 1, 160)[None, :, None], rng.integers(0, 255, (2, 3))
    canvas = np.repeat(colours[0] * (1 - across) + colours[1] * across, 120, axis=0).astype(np.uint8)
    for _ in range(14):
        colour = tuple(map(int, rng.integers(0, 255, 3)))
        middle = tuple(map(int, rng.integers((0, 0), (160, 120))))
        axes = tuple(map(int, rng.integers(4, 45, 2)))
        if rng.random() < 0.5:
            cv2.ellipse(canvas, middle, axes, float(rng.uniform(0, 180)), 0, float(rng.uniform(120, 360)), colour, -1)
        else:
            corners = (rng.normal(0, 25, (5, 2)) + middle).astype(np.int32)
            cv2.fillPoly(canvas, [corners], colour)
    out = io.BytesIO()
    Image.fromarray(canvas).save(out, "JPEG", quality=90)
    return out.getvalue()


def _scattered(number: int, copies: int, rng: np.random.Generator) -> Iterable[Sequence[Sequence[str]]]:
    """For each property what each copy of a picture says of it."""
    for place, kind in enumerate(PROPERTIES):
        said: list[list[str]] = [[] for _ in range(copies)]
        if rng.random() < 0.4:
            yield said
            continue
        value = number * 13 + place
        for copy in np.flatnonzero(rng.random(copies) < 0.5):
            way = kind.ways[int(rng.integers(len(kind.ways)))]
            said[copy] += way(value if kind.one else value + int(copy))
        if number % 8 == 0 and kind.name in ("caption", "rating"):
            said = [[*kind.ways[0](value + copy)] for copy in range(copies)]
        yield said


def _tag(tags: Mapping[Path, Sequence[str]]) -> None:
    """Have one exiftool write all of them."""
    lines: list[str] = []
    for path, told in tags.items():
        if told:
            lines += ["-m", "-struct", "-overwrite_original", *told, str(path), "-execute"]
    done = subprocess.run(
        ["exiftool", "-q", "-q", "-@", "-", "-common_args", "-charset", "UTF8"],
        input="\n".join(lines).encode(),
        capture_output=True,
        check=False,
    )
    if done.stderr.strip():
        raise RuntimeError(done.stderr.decode())


def _takeout(path: Path, moment: int) -> None:
    """What Google Takeout puts beside a photo: where it was taken, in a file that few programs read."""
    said = {
        "title": path.name,
        "photoTakenTime": {"timestamp": str(1_500_000_000 + moment)},
        "people": [{"name": "Anna"}],
    }
    path.with_name(f"{path.name}.supplemental-metadata.json").write_text(json.dumps(said), "utf-8")
