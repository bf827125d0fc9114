"""Opens the network of a stored training."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np

from training.network import architecture_of, build


def averaged(run: Path, *, last: bool = False) -> keras.Model:
    """The network of a run with its averaged weights, in float32; with `last`, with those of its last step."""
    keras.mixed_precision.set_global_policy("float32")
    with np.load(run / "checkpoint.npz") as stored:
        network = build(architecture_of(stored))
        kind = "n" if last else "a"
        network.set_weights([stored[f"{kind}{number}"] for number in range(len(network.weights))])
    return network
