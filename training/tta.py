"""Several looks at one photo: the mean of the vectors of the frame, its middle, its grey … (test-time augmentation).

A copy that was cropped is nearer to the middle of its original than to the whole of it, one that lost its colours
nearer to its grey: the mean of such vectors is nearer to every copy, and the network need not grow for it.
`python -m training.tta --run RUN --cache CACHE --photos UNSEEN…` shows what each choice gives.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

MIDDLE = 0.65  # of each side


def middle(pixels: Any) -> Any:
    """The middle of float[n, s, s, 3], enlarged to s × s again."""
    side = pixels.shape[1]
    start = round(side * (1 - MIDDLE) / 2)
    return ops.image.resize(pixels[:, start : side - start, start : side - start], (side, side), "bilinear")


def grey(pixels: Any) -> Any:
    """Without colour (BT.601), float[n, s, s, 3]."""
    luma = ops.sum(pixels * ops.convert_to_tensor([0.299, 0.587, 0.114], "float32"), axis=-1, keepdims=True)
    return ops.concatenate([luma, luma, luma], axis=-1)


def turned(pixels: Any) -> Any:
    """Upside down."""
    return pixels[:, ::-1, ::-1]


LOOKS: Mapping[str, Callable[[Any], Any]] = {
    "frame": lambda pixels: pixels,
    "middle": middle,
    "grey": grey,
    "upside down": turned,
    "middle upside down": lambda pixels: turned(middle(pixels)),
}
TAKEN = ("frame", "middle", "grey")
CHOICES = (
    ("frame",),
    ("frame", "middle"),
    ("frame", "grey"),
    ("frame", "upside down"),
    ("frame", "middle", "grey"),
    ("frame", "middle", "upside down"),
    ("frame", "middle", "grey", "upside down"),
    ("frame", "middle", "upside down", "middle upside down"),
    ("frame", "middle", "grey", "upside down", "middle upside down"),
)


def looked(network: keras.Model, pixels: Any, looks: Sequence[str] = TAKEN) -> Any:
    """Unit vectors float32[n, d] of float32[n, s, s, 3]: the mean over the looks, its length made 1."""
    unit = network(ops.concatenate([LOOKS[name](pixels) for name in looks], axis=0), training=False)
    total = ops.sum(ops.reshape(unit, (len(looks), -1, unit.shape[-1])), axis=0)
    return total * ops.rsqrt(ops.sum(ops.square(total), axis=-1, keepdims=True) + 1e-12)


def main() -> None:
    """Measure each choice of looks."""
    from training.checkpoints import averaged
    from training.compare import HEAD, SHOWN, Bench, measure
    from training.evaluate import collect
    from training.network import embedded
    from training.photos import HELD_OUT, open_cache

    parser = argparse.ArgumentParser(prog="training.tta", description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="the --out of training.train")
    parser.add_argument("--cache", type=Path, required=True, help="decoded photos that it was trained on")
    parser.add_argument("--side", type=int, default=112)
    parser.add_argument(
        "--photos", type=Path, nargs="*", default=[], help="photos never trained on (default: held out)"
    )
    parser.add_argument("--others", type=int, default=2000)
    options = parser.parse_args()
    try:
        cache, network = open_cache(options.cache), averaged(options.run)
        bench = Bench.of(collect(options.photos, 0 if options.photos else HELD_OUT, cache), cache, options.others)
    except (ValueError, OSError) as error:
        parser.error(str(error))
    squares, others = bench.squares(options.side)
    flat = squares.reshape(-1, *squares.shape[2:])

    def vectors(name: str, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        return embedded(lambda part: looked(network, part, [name]), pixels)

    seen = {name: (vectors(name, flat), vectors(name, others)) for name in LOOKS}
    print("looks", *HEAD[2:], *SHOWN, sep=",")
    for choice in CHOICES:
        mine, theirs = (np.sum([seen[name][part] for name in choice], axis=0) for part in (0, 1))
        mine, theirs = (unit / np.linalg.norm(unit, axis=1, keepdims=True) for unit in (mine, theirs))
        row = measure(mine.reshape(*squares.shape[:2], -1), theirs, bench.allowed)
        print(" + ".join(choice), *(f"{value:.4f}" for value in row), sep=",", flush=True)


if __name__ == "__main__":
    main()
