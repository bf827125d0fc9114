"""`python -m training.evaluate --photos DIR …`: what an embedding finds among changed photos.

Every photo is changed in the 33 ways of `copies.py`. The library is all photos, all their copies, and the photos of
`--distractors` (a cache made by training.train), so that candidates are sought in a real library's crowd. Prints average
precision and recall of the distance alone, as it is and normalised; then, for each radius, the share of copies whose
original is a candidate, by tier, and the false candidates a photo; and the largest radius with no more than `--false` of
them among different photos: a model's default. `--model vgg16` measures that network (hours on two cores: give it few
photos).
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from dedupe.embedding import load
from dedupe.errors import DedupeError
from training.augment import square
from training.copies import TIERS
from training.litert import run_lite, side_of
from training.metrics import figures, normalised, widest_radius
from training.photos import HELD_OUT, SUFFIXES, Photos, open_cache
from training.pixels import Picture, pixels

NORMALISED = (0.25, 0.5, 1.0)
RADII = tuple(r / 100 for r in range(40, 104, 4))


Embed = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""Squares uint8[n, s, s, 3] → unit vectors float32[n, d]."""


@dataclass(frozen=True, slots=True)
class Library:
    """Unit vectors float32[n, d] and the capture each shows; `change` is "" for an original."""

    unit: NDArray[np.float32]
    capture: NDArray[np.int64]
    change: tuple[str, ...]

    def different(self) -> Library:
        """Without the copies: as many different photos as there are."""
        rows = [not change for change in self.change]
        return Library(self.unit[rows], self.capture[rows], ("",) * sum(rows))

    def originals(self) -> NDArray[np.int64]:
        """Rows of the originals that have copies, in the order of their captures."""
        copied = set(self.capture[[bool(c) for c in self.change]].tolist())
        return np.array([i for i, c in enumerate(self.change) if not c and int(self.capture[i]) in copied])


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """For each row: distances to its nearest other captures float32[n, k]; for each copy: distance to its original."""

    others: NDArray[np.float32]
    own: NDArray[np.float32]

    def false_candidates(self, radius: float, cap: int) -> float:
        """Other captures within the radius and among the first `cap`, a row on average."""
        return float((self.others[:, :cap] <= radius).sum(axis=1).mean())

    def found(self, rows: NDArray[np.int64], radius: float, cap: int) -> float:
        """Share of these copies whose original is within the radius and before the `cap`-th other capture."""
        near = self.own[rows] <= np.minimum(radius, self.others[rows, cap - 1])
        return float(near.mean())


def read(path: Path, longest: int = 800) -> Picture | None:
    """RGB, upright, at most `longest` px; None if it is no picture."""
    data = np.frombuffer(path.read_bytes(), np.uint8)
    picture = cv2.imdecode(data, cv2.IMREAD_COLOR) if len(data) else None
    if picture is None:
        return None
    scale = longest / max(picture.shape[:2])
    if scale < 1:
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return pixels(np.ascontiguousarray(picture[:, :, ::-1]))


def collect(folders: Sequence[Path], held_out: int, cache: Photos | None) -> list[Picture]:
    """The photos of the folders, then `held_out` photos that the training put aside."""
    paths = [p for folder in folders for p in sorted(folder.rglob("*")) if p.suffix.lower() in SUFFIXES]
    pictures = [picture for path in paths if (picture := read(path)) is not None]
    if cache is not None and held_out:
        pictures += [cache[int(i)] for i in cache.split(held_out)[1]]
    return pictures


def embed_library(
    embed: Embed, side: int, pictures: Sequence[Picture], distractors: Photos | None, put_aside: int
) -> Library:
    """Embed originals, copies and distractors; photos that were put aside are no distractors of themselves."""
    squares, captures, changes = [], [], []
    for number, picture in enumerate(pictures):
        squares.append(square(picture, side))
        made = {name: change for tier in TIERS.values() for name, change in tier.items()}
        squares += [square(change(picture), side) for change in made.values()]
        captures += [number] * (1 + len(made))
        changes += ["", *made]
    if distractors is not None:
        pool = distractors.split(put_aside)[0] if put_aside else np.arange(len(distractors))
        squares += [square(distractors[int(i)], side) for i in pool]
        captures += list(range(len(pictures), len(pictures) + len(pool)))
        changes += [""] * len(pool)
    return Library(embed(np.stack(squares)), np.array(captures), tuple(changes))


def network(model: str | None, weights: Path | None) -> tuple[Embed, int]:
    """A model of dedupe, with its own weights or others, or a LiteRT file by itself; and the side of its input."""
    if weights is not None and model is None:
        data = weights.read_bytes()
        return partial(run_lite, data), side_of(data)
    loaded = load(model or "compact", weights)
    return lambda squares: np.concatenate(
        [loaded.embed(squares[i : i + 32]) for i in range(0, len(squares), 32)]
    ), loaded.input_size


def neighbourhood(library: Library, cap: int) -> Neighbourhood:
    """Exact distances, in blocks, to the `cap` nearest rows of other captures, and to the own original."""
    unit, capture = library.unit, library.capture
    first = {int(c): i for i, c in reversed(list(enumerate(capture)))}
    own = np.array([first[int(c)] for c in capture])
    others = np.empty((len(unit), cap), np.float32)
    for start in range(0, len(unit), 500):
        rows = slice(start, start + 500)
        cosine = unit[rows] @ unit.T
        cosine[capture[rows][:, None] == capture[None, :]] = -1
        nearest = -np.sort(-np.partition(cosine, -cap, axis=1)[:, -cap:], axis=1)
        others[rows] = np.sqrt(np.maximum(2 - 2 * nearest, 0))
    return Neighbourhood(others, np.linalg.norm(unit - unit[own], axis=1))


def most_radius(near: Neighbourhood, false: float) -> float:
    """The largest radius, in whole hundredths, with at most `false` false candidates a photo."""
    return math.floor(100 * widest_radius(near.others, false)) / 100


def report(library: Library, cap: int, most_false: float) -> None:
    """Print the tables."""
    originals = library.originals()
    copies = np.array([i for i, c in enumerate(library.change) if c])
    made = figures(library.unit[copies], library.capture[copies], library.unit[originals])
    print(f"{len(originals)} photos, {len(copies)} copies, {len(library.unit)} in the library")
    print(made.line())
    background = np.delete(library.unit, np.append(originals, copies), axis=0)
    for weight in NORMALISED if len(background) >= 10 else ():
        pair = normalised(library.unit[copies], library.unit[originals], background, weight)
        print(f"normalised, weight {weight}: {figures(pair[0], library.capture[copies], pair[1]).line()}")
    near, clean = neighbourhood(library, cap), neighbourhood(library.different(), cap)
    tiers = {tier: _rows(library, tuple(changes)) for tier, changes in TIERS.items()}
    print(f"false candidates a photo among all of these, and among the {len(clean.own)} different photos alone")
    print("radius   " + "".join(f"{tier:>9}" for tier in tiers) + "      all  different")
    for radius in RADII:
        shares = "".join(f"{near.found(rows, radius, cap):9.4f}" for rows in tiers.values())
        false = near.false_candidates(radius, cap), clean.false_candidates(radius, cap)
        print(f"{radius:6.2f}   {shares}{false[0]:9.2f}{false[1]:11.2f}")
    radius = most_radius(clean, most_false)
    print(
        f"largest radius with at most {most_false:g} false candidates a different photo, {cap} neighbours: {radius:.2f}"
    )
    for tier, changes in TIERS.items():
        each = (f"{name} {near.found(_rows(library, (name,)), radius, cap):.3f}" for name in changes)
        print(f"{tier}: " + ", ".join(each))


def _rows(library: Library, changes: tuple[str, ...]) -> NDArray[np.int64]:
    return np.array([i for i, c in enumerate(library.change) if c in changes])


def main() -> None:
    """Embed and report."""
    parser = argparse.ArgumentParser(prog="training.evaluate", description=__doc__)
    parser.add_argument("--weights", type=Path, help="a .tflite by training.export; with --model, its weights")
    parser.add_argument("--model", help="a model of dedupe (default without --weights: compact)")
    parser.add_argument("--photos", type=Path, nargs="*", default=[], help="folders of photos never trained on")
    parser.add_argument("--distractors", type=Path, help="cache of decoded photos")
    parser.add_argument("--held-out", type=int, default=HELD_OUT, help="of the distractors, put aside by the training")
    parser.add_argument("--copy-held-out", action="store_true", help="change these too and look for them")
    parser.add_argument("--neighbours", type=int, default=10)
    parser.add_argument("--false", type=float, default=1.0, help="false candidates a photo that are allowed")
    options = parser.parse_args()
    if not 0 <= vars(options)["false"] < options.neighbours:
        parser.error("--false is a number from 0 to less than --neighbours")
    try:
        cache = open_cache(options.distractors) if options.distractors else None
    except OSError as error:
        parser.error(f"--distractors is no cache of training.train: {error}")
    pictures = collect(options.photos, options.held_out if options.copy_held_out else 0, cache)
    if not pictures:
        parser.error("there is no photo to change: --photos holds none, and --copy-held-out needs --distractors")
    try:
        embed, side = network(options.model, options.weights)
    except (DedupeError, OSError, ValueError) as error:
        parser.error(str(error))
    library = embed_library(embed, side, pictures, cache, options.held_out)
    report(library, options.neighbours, vars(options)["false"])


if __name__ == "__main__":
    main()
