"""`python -m training.export --run DIR --to FOLDER`: the averaged weights of a training as LiteRT networks.

Writes NAME.tflite (dynamic-range int8, what the product runs) and NAME.json (what `dedupe models` reads) to FOLDER, and
NAME-float16.tflite to the run for comparison. The vector is the mean over the looks of `tta.py`. The input is one RGB
square, uint8[1, s, s, 3]; the output is a unit vector, float32[1, dim]. Exits with 1 where the int8 network strays from
the float one.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import xxhash
from numpy.typing import NDArray

from training.augment import Recipe, square, view
from training.checkpoints import averaged
from training.evaluate import Library, most_radius, neighbourhood
from training.litert import run_lite
from training.network import embedded
from training.photos import Photos, open_cache
from training.tta import looked

LEAST_COSINE = 0.998  # 0.002 is a distance of 0.06; the figures of the card are those of the int8 network


def converted(network: keras.Model, side: int, kind: str) -> bytes:
    """The network as a LiteRT file for one uint8[1, side, side, 3]; `kind` is "int8" or "float16"."""
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    @tf.function(input_signature=[tf.TensorSpec((1, side, side, 3), tf.uint8)])  # type: ignore[untyped-decorator]
    def served(pixels: Any) -> Any:
        return looked(network, tf.cast(pixels, tf.float32))

    # Unless they are frozen first, the converter loses a Keras 3 network's variables without a word: all outputs NaN.
    frozen = convert_variables_to_constants_v2(served.get_concrete_function())
    converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if kind == "float16":
        converter.target_spec.supported_types = [tf.float16]
    return bytes(converter.convert())


def samples(photos: Photos, side: int, count: int = 100) -> NDArray[np.uint8]:
    """Clean and changed held-out photos to compare two networks on, uint8[2 × count, side, side, 3]."""
    _, held_out = photos.split(count)
    clean = [square(photos[int(i)], side) for i in held_out]
    changed = [view(photos[int(i)], side, np.random.default_rng(int(i)), Recipe(clean=0)) for i in held_out]
    return np.stack([*clean, *changed])


def main() -> None:
    """Export, compare, write."""
    parser = argparse.ArgumentParser(prog="training.export", description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="the --out of training.train")
    parser.add_argument("--cache", type=Path, help="decoded photos to compare on (default: RUN/cache)")
    parser.add_argument("--to", type=Path, required=True, help="folder for the weights")
    parser.add_argument("--name", default="own-1", help="with a version, because vectors are kept by it")
    parser.add_argument("--side", type=int, default=112)
    parser.add_argument(
        "--radius", type=float, help="distance of candidates (default: calibrated on the photos of the cache)"
    )
    parser.add_argument("--neighbours", type=int, default=10)
    options = parser.parse_args()
    try:
        network, cache = averaged(options.run), open_cache(options.cache or options.run / "cache")
    except OSError as error:
        raise SystemExit(f"There is no training to export: {error}.") from error
    pixels = samples(cache, options.side)
    truth = embedded(lambda part: looked(network, part), pixels)
    made, least = {}, {}
    for kind in ("int8", "float16"):
        made[kind] = converted(network, options.side, kind)
        agreement = (run_lite(made[kind], pixels) * truth).sum(axis=1)
        least[kind] = float(agreement.min())
        print(
            f"{kind}: {len(made[kind]) / 1e6:.2f} MB, cosine to float min {least[kind]:.5f} mean {agreement.mean():.5f}"
        )
        if not least[kind] >= LEAST_COSINE:
            raise SystemExit(f"{kind} strays from float: {least[kind]:.5f} < {LEAST_COSINE}")
    card = {
        "name": options.name,
        "dim": int(truth.shape[1]),
        "input_size": options.side,
        "radius": options.radius or calibrated(made["int8"], options.side, cache, options.neighbours),
        "neighbours": options.neighbours,
        "storage": "float16",
        "size_bytes": len(made["int8"]),
        "xxh3_128": xxhash.xxh3_128_hexdigest(made["int8"]),
        "cosine_to_float_min": round(least["int8"], 5),
    }
    _write(options.run / f"{options.name}-float16.tflite", made["float16"])
    _write(options.to / f"{options.name}.tflite", made["int8"])
    print(f"to try it: --weights {options.to / options.name}.tflite --threshold {card['radius']:g}")
    _write(options.to / f"{options.name}.json", (json.dumps(card, indent=2) + "\n").encode())


def calibrated(data: bytes, side: int, cache: Photos, neighbours: int) -> float:
    """The widest radius, in hundredths, with at most one false candidate a photo among all photos of the cache.

    Most of them were trained on, which flatters it a little: `training.evaluate` has other photos judge.
    """
    unit = run_lite(data, np.stack([square(cache[number], side) for number in range(len(cache))]))
    radius = most_radius(neighbourhood(Library(unit, np.arange(len(unit)), ("",) * len(unit)), neighbours), 1.0)
    print(f"radius calibrated on {len(unit)} photos: {radius:.2f}")
    return radius


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial_path = path.with_name(f"{path.name}.partial")
    partial_path.write_bytes(data)
    partial_path.replace(path)


if __name__ == "__main__":
    main()
