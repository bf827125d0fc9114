"""Are the shots of a burst ranked by their sharpness? Each photograph becomes bursts whose order is known.

    python -m benchmarks.sharpness [--photos DIR…] [--every N] [--alike]

A burst has five shots, blurred by a lens (gauss) or a hand (motion), moved and turned a little, saved as JPEG; noise up to 8 grey
levels and exposure up to a stop either way differ from shot to shot. Counted are pairs of shots in the right order, and bursts
whose sharpest shot was found. With ``--alike`` all shots of a burst are equally blurred: what is then measured is the error.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, islice
from pathlib import Path

import numpy as np

from benchmarks.photographs import HELP
from benchmarks.photographs import photographs as own_photographs
from benchmarks.pictures import upright
from benchmarks.sharpness_made import Blur, Picture, Varied, burst, equals, latent
from benchmarks.tree import photos_in
from dedupe.comparing.pictures import View
from dedupe.decoding import content_key, decode, preview, read
from dedupe.series.look import LookTask, looked

VARIED = {
    "blur alone": Varied(),
    "noise": Varied(noise=8),
    "exposure": Varied(stops=1),
    "both": Varied(noise=8, stops=1),
}


def ranked(shots: Sequence[tuple[float, bytes]], folder: Path) -> list[tuple[float, float | None]]:
    """Each shot's blur and the sharpness that was measured of it beside the others."""
    views = []
    for number, (_, data) in enumerate(shots):
        path = folder / f"{number}.jpg"
        path.write_bytes(data)
        decoded = decode.decode(data, long_side=preview.PREVIEW_SIDE)
        small = preview.preview(decoded.pixels)
        views.append(View(content_key.content_key(data), small, read.facts_of(decoded), str(path)))
    looks = looked(LookTask(tuple(views)))
    return [(blur, None if look is None else look.sharpness) for (blur, _), look in zip(shots, looks, strict=True)]


def pairs(found: Sequence[tuple[float, float | None]]) -> Iterator[bool]:
    """For each two shots that were compared, whether the less blurred one was measured to be the sharper."""
    for (blur, sharp), (other_blur, other_sharp) in combinations(found, 2):
        if sharp is not None and other_sharp is not None:
            yield (sharp > other_sharp) == (blur < other_blur)


def best_found(found: Sequence[tuple[float, float | None]]) -> bool:
    """Whether the sharpest shot was found."""
    return max(found, key=lambda one: one[1] or 0.0)[0] == min(blur for blur, _ in found)


def print_alike(pictures: Iterable[Picture], folder: Path) -> None:
    """The sharpness of shots that are equally blurred, beside the sharpest of four."""
    found: dict[str, list[float]] = {name: [] for name in VARIED}
    for number, picture in enumerate(pictures):
        for blur in (0.0, 1.1):
            for name, varied in VARIED.items():
                shots = equals(latent(picture), blur, varied, number)
                found[name] += [sharp for _, sharp in ranked(shots, folder) if sharp is not None]
    print("| varied | shots | least | 1 % | 5 % | median |\n|---|--:|--:|--:|--:|--:|")
    for name, values in found.items():
        least, *rest = np.percentile(values, (0, 1, 5, 50))
        print(f"| {name} | {len(values)} | {least:.0f} | {' | '.join(f'{one:.0f}' for one in rest)} |")


def main() -> None:
    """Rank the bursts and print the account."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", nargs="*", default=[], help=HELP)
    parser.add_argument("--every", type=int, default=1, help="take every Nth photograph")
    parser.add_argument("--alike", action="store_true", help="bursts of equally blurred shots")
    args = parser.parse_args()
    if args.alike:
        with tempfile.TemporaryDirectory() as folder:
            print_alike(photographs(args.photos, args.every), Path(folder))
        return
    right: Counter[tuple[Blur, str]] = Counter()
    asked: Counter[tuple[Blur, str]] = Counter()
    best: Counter[tuple[Blur, str]] = Counter()
    bursts: Counter[tuple[Blur, str]] = Counter()
    silent = 0
    with tempfile.TemporaryDirectory() as folder:
        for number, picture in enumerate(photographs(args.photos, args.every)):
            for blur in Blur:
                for name, varied in VARIED.items():
                    found = ranked(burst(latent(picture), blur, varied, number), Path(folder))
                    told = list(pairs(found))
                    right[blur, name] += sum(told)
                    asked[blur, name] += len(told)
                    silent += len(list(combinations(found, 2))) - len(told)
                    if told:
                        best[blur, name] += best_found(found)
                        bursts[blur, name] += 1
    print("| blur | varied | pairs in order | sharpest found |\n|---|---|--:|--:|")
    for key in asked:
        share = f"{right[key]}/{asked[key]} ({right[key] / asked[key]:.3f})"
        print(f"| {key[0].value} | {key[1]} | {share} | {best[key]}/{bursts[key]} |")
    total = f"{right.total()}/{asked.total()} ({right.total() / asked.total():.3f})"
    print(f"| all | | {total} | {best.total()}/{bursts.total()} |")
    print(f"\nNothing was said of {silent} pairs, of pictures with too little structure.")


def photographs(folders: Sequence[str], every: int) -> Iterator[Picture]:
    """Every Nth photograph of the folders, upright; scikit-image's where none is named."""
    for folder in folders or [str(own_photographs(Path("build/benchmarks")))]:
        for _, data in islice(photos_in(Path(folder)), 0, None, every):
            yield upright(data)


if __name__ == "__main__":
    main()
