"""Whether a rotten copy is ever selected for removal, or kept for the intact one: pairs of a photo and itself with bytes flipped.

python -m benchmarks.rot [--photos DIR|TAR…] [--pairs 300]

Each pair has a photograph of its own, in one of the formats, with one bit, one byte, a few bytes or one stretch changed in its
head, middle or tail. All pairs lie in one tree, which is scanned as a user would. The exit code is 1 where anything is selected.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, islice, product
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.random import Generator, default_rng
from PIL import Image

from benchmarks.photographs import HELP, photographs
from benchmarks.pictures import scaled_down, upright
from benchmarks.running import ScanFailedError, scan
from benchmarks.tree import photos_in

_SIDE: Final = 480
FORMATS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "jpg": ("JPEG", {"quality": 90}),
    "progressive.jpg": ("JPEG", {"quality": 90, "progressive": True}),
    "png": ("PNG", {}),
    "heic": ("HEIF", {"quality": 80}),
    "avif": ("AVIF", {"quality": 80, "speed": 9}),
    "tif": ("TIFF", {}),
    "lzw.tif": ("TIFF", {"compression": "tiff_lzw"}),
    "deflate.tif": ("TIFF", {"compression": "tiff_deflate"}),
    "webp": ("WEBP", {"quality": 85}),
    "lossless.webp": ("WEBP", {"lossless": True}),
    "jp2": ("JPEG2000", {"irreversible": True, "quality_mode": "rates", "quality_layers": [12]}),
    "jxl": ("JXL", {"quality": 90}),
    "gif": ("GIF", {}),
    "bmp": ("BMP", {}),
}
"""Extension → Pillow's name of the format and what it is saved with."""
Change = Callable[[bytearray, int, Generator], None]


def _bit(data: bytearray, at: int, chance: Generator) -> None:
    data[at] ^= 1 << int(chance.integers(8))


def _byte(data: bytearray, at: int, chance: Generator) -> None:
    data[at] ^= int(chance.integers(1, 256))


def _few(data: bytearray, at: int, chance: Generator) -> None:
    for _ in range(int(chance.integers(2, 9))):
        _byte(data, min(len(data) - 1, at + int(chance.integers(0, 2000))), chance)


def _zeros(data: bytearray, at: int, chance: Generator) -> None:
    size = min(int(chance.choice((64, 512, 4096))), len(data) // 8)
    at = min(at, len(data) - size)
    data[at : at + size] = bytes(size)


def _noise(data: bytearray, at: int, chance: Generator) -> None:
    size = min(int(chance.choice((16, 128, 1024))), len(data) // 8)
    at = min(at, len(data) - size)
    data[at : at + size] = chance.bytes(size)


CHANGES: Final[dict[str, Change]] = {
    "one bit": _bit, "one byte": _byte, "a few bytes": _few, "a stretch of zeros": _zeros, "a stretch of noise": _noise,
}  # fmt: skip
PLACES: Final = {"head": (0.0, 0.1), "middle": (0.1, 0.9), "tail": (0.9, 1.0)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 0 where nothing is selected, else 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", nargs="+", help=HELP)
    parser.add_argument("--pairs", type=int, default=300)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--work", type=Path, default=Path.home() / ".cache" / "dedupe-bench")
    options = parser.parse_args(arguments)
    tree = options.work / "rot" / "tree"
    kinds = write(tree, options.photos or [str(photographs(options.work))], options.pairs, options.seed)
    run = scan([tree], options.work / "rot" / "store", "--strict", quiet=True, fine=(0, 1))
    return _report(run.report, kinds)


def write(tree: Path, sources: Sequence[str], pairs: int, seed: int) -> dict[str, tuple[str, str]]:
    """Write the pairs below ``tree``; the name of each pair → its format and what was done to it."""
    import pillow_heif
    import pillow_jxl  # noqa: F401 - registers itself

    pillow_heif.register_heif_opener()
    chance = default_rng(seed)
    ways = list(product(FORMATS, CHANGES, PLACES))
    chance.shuffle(ways)
    kinds: dict[str, tuple[str, str]] = {}
    for number, (picture, (extension, change, place)) in enumerate(
        zip(pictures(sources, pairs), cycle(ways), strict=False)
    ):
        name = f"{number:04}.{extension}"
        kinds[name] = (FORMATS[extension][0], f"{change}, {place}")
        whole = _saved(picture, extension)
        rotten = bytearray(whole)
        low, high = PLACES[place]
        while rotten == whole:
            CHANGES[change](rotten, int(len(whole) * chance.uniform(low, high)), chance)
        for folder, data in (("photos", whole), ("backup", rotten)):
            path = tree / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    return kinds


def pictures(sources: Sequence[str], count: int) -> Iterator[Image.Image]:
    """So many different photographs; where there are too few, other quarters of them."""
    photos = [data for source in sources for _, data in photos_in(Path(source))]
    for data in islice(photos, count):
        yield Image.fromarray(scaled_down(upright(data), _SIDE))
    for number, data in enumerate(islice(cycle(photos), max(0, count - len(photos)))):
        picture = np.asarray(Image.fromarray(upright(data)).resize((4 * _SIDE, 4 * _SIDE)))
        row, column = divmod(number // len(photos) % 16, 4)
        yield Image.fromarray(picture[row * _SIDE :, column * _SIDE :][:_SIDE, :_SIDE])


def _saved(picture: Image.Image, extension: str) -> bytes:
    kind, options = FORMATS[extension]
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def _report(report: dict[str, Any], kinds: dict[str, tuple[str, str]]) -> int:
    selected = [Path(one["path"]).name for group in report["groups"] for one in group["extras"] if one["selected"]]
    damaged = {Path(path).name for one in report["damaged"] for path in one["paths"]}
    skipped = {Path(one["path"]).name for one in report["skipped"]}
    rows: dict[str, Counter[str]] = {}
    for name, (kind, way) in kinds.items():
        for row in (kind, way, "all"):
            found = rows.setdefault(row, Counter())
            found["pairs"] += 1
            found["selected"] += name in selected
            found["damaged?"] += name in damaged
            found["not read"] += name in skipped - damaged
    print("| of which | pairs | listed as damaged | not read | not noticed | selected |")
    print("|---|--:|--:|--:|--:|--:|")
    for row, found in sorted(rows.items()):
        unnoticed = found["pairs"] - found["damaged?"] - found["not read"]
        print(
            f"| {row} | {found['pairs']} | {found['damaged?']} | {found['not read']} | {unnoticed} | {found['selected']} |"
        )
    for name in selected:
        print(f"selected: {name}, {' '.join(kinds[name])}", file=sys.stderr)
    return int(bool(selected))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ScanFailedError as problem:
        sys.exit(str(problem))
