"""Whether a re-save in another codec is ever taken for better than its source: JPEG to HEIF, WebP and the like, and back.

python -m benchmarks.codecs [--photos DIR|TAR…] [--pairs 136]

Each pair has a photograph of its own, reduced so that nothing of an earlier saving is left in it, saved in one format and from
that in another. No file names a camera or a date. All pairs lie in one tree, which is scanned as a user would. The exit code
is 1 where a source is selected.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections import Counter
from collections.abc import Sequence
from itertools import cycle, product
from pathlib import Path
from typing import Any, Final

from numpy.random import default_rng
from PIL import Image

from benchmarks.photographs import HELP, photographs
from benchmarks.rot import pictures
from benchmarks.running import ScanFailedError, scan
from benchmarks.tables import table

_REDUCED: Final = 0.8
CODECS: Final[dict[str, tuple[str, tuple[dict[str, Any], ...]]]] = {
    "heic": ("HEIF", ({"quality": 40}, {"quality": 60}, {"quality": 80}, {"quality": 95})),
    "avif": ("AVIF", ({"quality": 40}, {"quality": 60}, {"quality": 80}, {"quality": 95})),
    "webp": ("WEBP", ({"quality": 60}, {"quality": 80}, {"quality": 90}, {"quality": 95})),
    "jxl": ("JXL", ({"quality": 60}, {"quality": 80}, {"quality": 90}, {"quality": 95})),
    "jp2": ("JPEG2000", ({"irreversible": True, "quality_mode": "rates", "quality_layers": [15]},)),
}
"""Extension → Pillow's name of the format and what it is saved with."""
JPEG_QUALITIES: Final = (60, 75, 88, 95)
Way = tuple[str, int, str, dict[str, Any]]
"""Direction, quality of the JPEG, extension of the other, what that is saved with."""
TO_JPEG, FROM_JPEG = "to JPEG", "from JPEG"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 0 where no source is selected, else 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", nargs="+", help=HELP)
    parser.add_argument("--pairs", type=int, default=136)
    parser.add_argument("--work", type=Path, default=Path.home() / ".cache" / "dedupe-bench")
    options = parser.parse_args(arguments)
    tree = options.work / "codecs" / "tree"
    made = write(tree, options.photos or [str(photographs(options.work))], options.pairs)
    run = scan([tree], options.work / "codecs" / "store", quiet=True)
    return _report(run.report, made)


def write(tree: Path, sources: Sequence[str], pairs: int) -> dict[str, Way]:
    """Write the pairs below ``tree``; the name of each pair → how it was made. The later file's name ends in "later"."""
    import pillow_heif
    import pillow_jxl  # noqa: F401 - registers itself

    pillow_heif.register_heif_opener()
    ways: list[Way] = [
        (direction, quality, extension, options)
        for quality, direction in product(JPEG_QUALITIES, (FROM_JPEG, TO_JPEG))
        for extension, (_, every) in CODECS.items()
        for options in every
    ]
    default_rng(5).shuffle(ways)
    made: dict[str, Way] = {}
    for number, (picture, way) in enumerate(zip(pictures(sources, pairs), cycle(ways), strict=False)):
        small = picture.resize([round(side * _REDUCED) for side in picture.size], Image.Resampling.LANCZOS)
        made[f"{number:04}"] = way
        _write_pair(tree / f"{number:04}", small, way)
    return made


def _write_pair(folder: Path, picture: Image.Image, way: Way) -> None:
    direction, quality, extension, options = way
    steps = [("jpg", "JPEG", {"quality": quality}), (extension, CODECS[extension][0], options)]
    folder.mkdir(parents=True, exist_ok=True)
    for name, (suffix, kind, saved) in zip(
        ("first", "later"), steps[:: 1 if direction == FROM_JPEG else -1], strict=True
    ):
        buffer = io.BytesIO()
        picture.save(buffer, kind, **saved)
        path = folder / f"{name}.{suffix}"
        path.write_bytes(buffer.getvalue())
        os.utime(path, (1_600_000_000, 1_600_000_000))
        picture = Image.open(io.BytesIO(buffer.getvalue())).convert("RGB")


def _report(report: dict[str, Any], made: dict[str, Way]) -> int:
    selected = {Path(one["path"]) for group in report["groups"] for one in group["extras"] if one["selected"]}
    gone = {path.parent.name: path.stem for path in selected}
    rows: dict[tuple[str, str], Counter[str]] = {}
    for name, (direction, _, extension, _) in made.items():
        for row in ((CODECS[extension][0], direction), ("all", direction)):
            rows.setdefault(row, Counter())[gone.get(name, "neither")] += 1
    head = ("codec", "direction", "pairs", "the re-save goes", "neither", "the source goes")
    print(
        table(
            head,
            [
                (codec, direction, sum(found.values()), found["later"], found["neither"], found["first"])
                for (codec, direction), found in sorted(rows.items(), key=lambda row: (row[0][0] == "all", row[0]))
            ],
        )
    )
    wrong = sorted(name for name, which in gone.items() if which == "first")
    for name in wrong:
        print(f"the source is selected: {name}, {made[name]}", file=sys.stderr)
    return int(bool(wrong))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ScanFailedError as problem:
        sys.exit(str(problem))
