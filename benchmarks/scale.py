"""A first scan of very many small photos: time of each step, memory of each process, databases, candidates a photo.

python -m benchmarks.scale [--photos DIR|TAR…] [--count 100000] [--jobs 2]

The tree is made once and used again: 128 × 96 JPEGs, each put together from four places of four photos and given a tone of its
own; of every hundred, five are copies of earlier ones (saved again in another quality, or as they are), and three are the next
shots of a burst (moved by a few pixels, noise of their own). The scan runs as a user would run it. A run that was stopped goes
on.
"""

from __future__ import annotations

import argparse
import io
import json
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator, default_rng
from PIL import Image

from benchmarks import tables
from benchmarks.material import Palette, made, patch, write
from benchmarks.memory import watched
from benchmarks.photographs import HELP, photographs
from benchmarks.pictures import Picture, as_picture
from benchmarks.running import ScanFailedError, command, environment

_A_FOLDER = 500
_COPIES, _BURSTS = range(5), range(5, 8)
_MB = 1e6


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables; 0."""
    options = _parser().parse_args(arguments)
    options.photos = options.photos or [str(photographs(options.work))]
    folder = options.work / f"library-{options.count}"
    made(folder, options.count, partial(_library, list(options.photos), folder), options.jobs)
    place = options.work / f"store-{options.count}"
    place.mkdir(parents=True, exist_ok=True)
    report = place / "report.json"
    whole = watched(
        command([folder], place / "store.db", report, "--jobs", str(options.jobs)), environment(place), memory=True
    )
    if whole.code != 0:
        raise ScanFailedError(f"dedupe scan ended with {whole.code}. {whole.errors[-2000:]}")
    stats = json.loads(report.read_text("utf-8", "surrogateescape"))["stats"]
    rows = [
        ("photos", f"{stats['photos']:,}"),
        ("groups, extras", f"{stats['groups']:,}, {stats['extras']:,}"),
        ("the whole scan", f"{whole.seconds:.0f} s"),
        ("all after reading and embedding, against these", f"{_ratio(stats['seconds']):.2f}"),
        ("peak memory, main", f"{whole.main_bytes / _MB:.0f} MB"),
        ("peak memory, largest worker", f"{whole.worker_bytes / _MB:.0f} MB"),
        *_counted(place / "store.db", stats["photos"]),
        *((file.name, f"{file.stat().st_size / _MB:.0f} MB") for file in sorted(place.glob("*.db"))),
    ]
    print(tables.table((f"first scan of {options.count:,} photos", ""), rows))
    print("\n" + tables.by_name("step", {name: f"{spent:.1f} s" for name, spent in stats["seconds"].items()}))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--photos", nargs="+", metavar="DIR|TAR", help=f"what the pictures are made of {HELP}")
    parser.add_argument("--count", type=int, default=100_000, metavar="N")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--work", type=Path, default=Path("build/benchmarks/scale"), metavar="DIR")
    return parser


def _ratio(seconds: dict[str, float]) -> float:
    before = sum(seconds.get(name, 0.0) for name in ("walk", "read", "embed"))
    return (sum(seconds.values()) - before) / before


def _counted(store: Path, photos: int) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as cache:
        refused, judged = (
            cache.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("refusals", "verdicts")
        )
        related = cache.execute("SELECT count(*) FROM verdicts WHERE verdict IS NOT NULL").fetchone()[0]
    return [
        ("candidate pairs a photo", f"{(refused + judged) / photos:.2f}"),
        ("pairs refused by their signatures", f"{refused:,}"),
        ("pairs looked at, of them related", f"{judged:,}, {related:,}"),
    ]


def _library(sources: list[str], folder: Path, numbers: range) -> None:
    palette = Palette(sources)
    for number in numbers:
        target = folder / f"{number // _A_FOLDER:04d}" / f"{number:07d}.jpg"
        if target.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        write(target, _file(palette, number))


def _file(palette: Palette, number: int) -> bytes:
    rng = default_rng([53, number, 1])
    kind, first = number % 100, number - number % 100
    if kind in _COPIES and number >= 100:
        data = _file(palette, first - 100 + 10 + int(rng.integers(90)))
        return data if kind < 2 else _jpeg(np.asarray(Image.open(io.BytesIO(data))), int(rng.integers(40, 80)))
    if kind in _BURSTS:
        before = _composed(palette, first + 10, default_rng([53, first + 10]))
        moved = np.roll(before, (kind, 2 * kind), (0, 1)).astype(np.float32)
        return _jpeg(as_picture(moved + rng.standard_normal(moved.shape, np.float32) * 4), 85)
    return _jpeg(_composed(palette, number, default_rng([53, number])), 85)


def _composed(palette: Palette, number: int, rng: Generator) -> Picture:
    patches = [patch(palette.photo(int(rng.integers(len(palette)))), 64, rng) for _ in range(4)]
    whole = np.vstack([np.hstack(patches[:2]), np.hstack(patches[2:])])[:96].astype(np.float32)
    return as_picture(whole * rng.uniform(0.7, 1.2, 3).astype(np.float32) + float(rng.uniform(-15, 15)))


def _jpeg(picture: Picture, quality: int) -> bytes:
    done, data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError("a picture could not be saved")
    return bytes(data)


if __name__ == "__main__":
    sys.exit(main())
