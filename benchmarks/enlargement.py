"""Is an enlarged copy told from the picture it was made from, and a reduced copy from its original?

    python -m benchmarks.enlargement [--photos DIR…] [--count N] [--fit]

Every photo is enlarged and reduced by several filters, sharpened or not, its tone changed or not, and saved at several
qualities. Photos take turns: those of one part are judged by weights fitted to the other parts ("held out"), and by the weights
that ``dedupe.comparing.detail`` carries. ``--fit`` prints weights fitted to all of them.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.photographs import HELP, photographs
from benchmarks.pictures import Picture, upright
from benchmarks.tables import table
from benchmarks.tree import photos_in
from dedupe.comparing.detail import ENLARGED, LEAST_WINDOW, SURE, SURE_FINER, evidence, weighed, window_sides

RATIOS = (1.1, 1.25, 1.6, 2.0, 3.0, 4.0)
QUALITIES = (95, 80, 60)
FILTERS = {"cubic": cv2.INTER_CUBIC, "linear": cv2.INTER_LINEAR, "lanczos": cv2.INTER_LANCZOS4, "area": cv2.INTER_AREA}
_LARGEST = 1400
_PARTS = 8


@dataclass(frozen=True, slots=True)
class Trial:
    """One pair: its photo's number, whether the finer sampled one is the enlarged one, how it was made, the evidence."""

    photo: int
    enlarged: bool
    ratio: float
    way: str
    evidence: NDArray[np.float32]


def trials(picture: Picture, number: int) -> Iterator[Trial]:
    """Every enlargement and reduction of one photo, as it is and once compressed before."""
    rng = np.random.default_rng(number)
    picture = _middle(picture, _LARGEST, _LARGEST)
    for first in (95, 75):
        whole = _jpeg(picture, first)
        for ratio in RATIOS:
            for quality in QUALITIES:
                for way in ("cubic", "linear", "lanczos", "cubic, sharpened"):
                    copy = _jpeg(_toned(_scaled(whole, ratio, way), rng), quality)
                    if (told := _told(copy, whole, ratio)) is not None:
                        yield Trial(number, True, ratio, way, told)
                for way in ("area", "cubic", "lanczos", "area, sharpened"):
                    copy = _jpeg(_toned(_scaled(whole, 1 / ratio, way), rng), quality)
                    if (told := _told(whole, copy, ratio)) is not None:
                        yield Trial(number, False, ratio, way, told)


def _told(fine: Picture, coarse: Picture, ratio: float) -> NDArray[np.float32] | None:
    side, fine_side = window_sides(ratio, *coarse.shape[:2])
    high, low = _middle(fine, fine_side, fine_side), _middle(coarse, side, side)
    return evidence(high, low, ratio) if min(*high.shape[:2], side) >= LEAST_WINDOW else None


def _scaled(picture: Picture, factor: float, way: str) -> Picture:
    name, sharpened = way.partition(",")[0], "," in way
    if factor < 1 and name != "area":
        picture = cv2.GaussianBlur(picture, (0, 0), 0.35 / factor)
    made = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=FILTERS[name])
    if sharpened:
        made = np.clip(1.7 * made.astype(np.float32) - 0.7 * cv2.GaussianBlur(made, (0, 0), 1.0), 0, 255)
    return made.astype(np.uint8)


def _toned(picture: Picture, rng: np.random.Generator) -> Picture:
    if rng.random() < 0.7:
        return picture
    gain, gamma = rng.uniform(0.8, 1.25), rng.uniform(0.75, 1.35)
    ramp = np.clip(255 * gain * (np.arange(256) / 255) ** gamma, 0, 255).astype(np.uint8)
    return ramp[picture]


def _jpeg(picture: Picture, quality: int) -> Picture:
    return cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)


def _middle(picture: Picture, width: int, height: int) -> Picture:
    top, left = max(0, (picture.shape[0] - height) // 2), max(0, (picture.shape[1] - width) // 2)
    return np.ascontiguousarray(picture[top : top + height, left : left + width])


def fitted(made: Sequence[Trial], penalty: float = 0.5) -> NDArray[np.float64]:
    """Weights of a logistic regression by Newton's method, the last that of 1."""
    x = np.stack([weighed(one.evidence) for one in made])
    y = np.array([one.enlarged for one in made], np.float64)
    weights = np.zeros(x.shape[1])
    ridge = penalty * np.eye(len(weights))
    for _ in range(40):
        chance = 1 / (1 + np.exp(-np.clip(x @ weights, -50, 50)))
        hessian = (x * (chance * (1 - chance))[:, None]).T @ x + ridge
        weights -= np.linalg.solve(hessian, x.T @ (chance - y) + penalty * weights)
    return weights


def odds(made: Sequence[Trial], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log odds of each being an enlargement."""
    return np.stack([weighed(one.evidence) for one in made]) @ weights


def _held_out(made: Sequence[Trial]) -> NDArray[np.float64]:
    out = np.zeros(len(made))
    for part in range(_PARTS):
        inside = np.array([one.photo % _PARTS == part for one in made])
        if inside.any() and not inside.all():
            out[inside] = odds(
                [one for one, there in zip(made, inside, strict=True) if there],
                fitted([one for one, there in zip(made, inside, strict=True) if not there]),
            )
    return out


def _rows(made: Sequence[Trial], held_out: NDArray[np.float64], carried: NDArray[np.float64]) -> Iterator[list[object]]:
    enlarged, ratio = np.array([one.enlarged for one in made]), np.array([one.ratio for one in made])
    parts = [("all", np.ones(len(made), bool))]
    parts += [
        (f"{what} {r}×", (enlarged == kind) & (ratio == r))
        for what, kind in (("enlarged", True), ("reduced", False))
        for r in RATIOS
    ]
    for name, mask in parts:
        row: list[object] = [name, int(mask.sum())]
        for values in (held_out, carried):
            said = np.where(values > SURE, 1, np.where(values < -SURE_FINER, -1, 0)) * np.where(enlarged, 1, -1)
            row += [
                f"{np.mean(said[mask] == 1):.3f}",
                f"{np.mean(said[mask] == 0):.3f}",
                f"{np.mean(said[mask] == -1):.4f}",
            ]
        yield row


def main() -> None:
    """Make the pairs, judge them, print the table."""
    parser = argparse.ArgumentParser(prog="benchmarks.enlargement", description=__doc__)
    parser.add_argument("--photos", type=Path, nargs="+", metavar="DIR", help=HELP)
    parser.add_argument("--count", type=int, default=60, help="photos, evenly drawn from all (default 60)")
    parser.add_argument("--fit", action="store_true", help="print weights fitted to all pairs")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    folders = options.photos or [photographs(Path("build/benchmarks"))]
    photos = [data for folder in folders for _, data in photos_in(folder)]
    drawn = [photos[i] for i in np.unique(np.linspace(0, len(photos) - 1, options.count).round().astype(int))]
    made = [trial for number, data in enumerate(drawn) for trial in trials(upright(data), number)]
    head = ["pairs", "count"] + [
        f"{name}: {what}" for name in ("held out", "as shipped") for what in ("right", "undecided", "wrong")
    ]
    print(table(head, _rows(made, _held_out(made), odds(made, ENLARGED))))
    if options.fit:
        print(", ".join(f"{weight:.3f}" for weight in fitted(made)))


if __name__ == "__main__":
    main()
