"""`python -m training.export --run DIR --to FOLDER`: the averaged weights of a training as LiteRT networks.

Writes NAME.tflite (dynamic-range int8, what the product runs) and NAME.json (what `dedupe models` reads) to FOLDER, and
NAME-float16.tflite to the run for comparison. The input is one RGB square, uint8[1, s, s, 3]; the output a unit vector
float32[1, dim]. Refuses (exit 1) when the int8 network strays from the float one.
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

from training.augment import Recipe, square, views
from training.network import Architecture, build
from training.photos import Photos, open_cache

LEAST_COSINE = 0.999


def averaged(run: Path, *, last: bool = False) -> keras.Model:
    """The network of a run with its averaged weights, in float32; with `last`, with those of its last step."""
    keras.mixed_precision.set_global_policy("float32")
    with np.load(run / "checkpoint.npz") as stored:
        network = build(Architecture(**json.loads(str(stored["architecture"]))))
        kind = "n" if last else "a"
        network.set_weights([stored[f"{kind}{number}"] for number in range(len(network.weights))])
    return network


def converted(network: keras.Model, side: int, kind: str) -> bytes:
    """The network as a LiteRT file for one uint8[1, side, side, 3]; `kind` is "int8" or "float16"."""
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    @tf.function(input_signature=[tf.TensorSpec((1, side, side, 3), tf.uint8)])  # type: ignore[untyped-decorator]
    def served(pixels: Any) -> Any:
        return network(tf.cast(pixels, tf.float32), training=False)

    # Unless they are frozen first, the converter loses a Keras 3 network's variables without a word: all outputs NaN.
    frozen = convert_variables_to_constants_v2(served.get_concrete_function())
    converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if kind == "float16":
        converter.target_spec.supported_types = [tf.float16]
    return bytes(converter.convert())


def run_lite(data: bytes, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Unit vectors float32[n, dim] of uint8[n, s, s, 3] by a LiteRT network."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=data, num_threads=1)
    interpreter.allocate_tensors()
    source, result = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    rows = []
    for picture in pixels:
        interpreter.set_tensor(source, picture[None])
        interpreter.invoke()
        rows.append(interpreter.get_tensor(result)[0].copy())
    return np.stack(rows)


def samples(photos: Photos, side: int, count: int = 100) -> NDArray[np.uint8]:
    """Clean and changed held-out photos to compare two networks on, uint8[2 × count, side, side, 3]."""
    _, held_out = photos.split(count)
    clean = [square(photos[int(i)], side) for i in held_out]
    changed = [views(photos[int(i)], 1, side, np.random.default_rng(int(i)), Recipe())[0] for i in held_out]
    return np.stack([*clean, *changed])


def main() -> None:
    """Export, compare, write."""
    parser = argparse.ArgumentParser(prog="training.export", description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="the --out of training.train")
    parser.add_argument("--cache", type=Path, help="decoded photos to compare on (default: RUN/cache)")
    parser.add_argument("--to", type=Path, required=True, help="folder for the weights")
    parser.add_argument("--name", default="compact-2")
    parser.add_argument("--side", type=int, default=112)
    parser.add_argument("--radius", type=float, required=True, help="calibrated distance: training.evaluate prints it")
    parser.add_argument("--neighbours", type=int, default=10)
    options = parser.parse_args()
    network = averaged(options.run)
    pixels = samples(open_cache(options.cache or options.run / "cache"), options.side)
    truth = keras.ops.convert_to_numpy(network(pixels.astype(np.float32), training=False))
    cosines = {}
    for kind, folder, suffix in (("int8", options.to, ""), ("float16", options.run, "-float16")):
        data = converted(network, options.side, kind)
        agreement = (run_lite(data, pixels) * truth).sum(axis=1)
        cosines[kind] = float(agreement.min())
        print(
            f"{kind}: {len(data) / 1e6:.2f} MB, cosine to float min {agreement.min():.5f} mean {agreement.mean():.5f}"
        )
        if not cosines[kind] >= LEAST_COSINE:
            raise SystemExit(f"{kind} strays from float: {cosines[kind]:.5f} < {LEAST_COSINE}")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{options.name}{suffix}.tflite").write_bytes(data)
    data = (options.to / f"{options.name}.tflite").read_bytes()
    card = {
        "name": options.name,
        "dim": int(truth.shape[1]),
        "input_size": options.side,
        "radius": options.radius,
        "neighbours": options.neighbours,
        "storage": "float16",
        "size_bytes": len(data),
        "xxh3_128": xxhash.xxh3_128_hexdigest(data),
        "cosine_to_float_min": round(cosines["int8"], 5),
    }
    (options.to / f"{options.name}.json").write_text(json.dumps(card, indent=2) + "\n")


if __name__ == "__main__":
    main()
