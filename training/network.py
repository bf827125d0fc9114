"""The copy-detection network and its loss, written with `keras.ops` alone so that any Keras backend runs them.

A plain residual network with generalised-mean pooling (Radenović et al. 2018), trained as SSCD (Pizzi et al. 2022):
views of one photo attract, all others repel (InfoNCE), and KoLeo (Sablayrolles et al. 2019) spreads what is left, so
that one radius means the same everywhere on the sphere. Past batches serve as extra negatives (Wang et al. 2020, XBM).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

FAR = -1e4  # logit of a pair that must not count


@dataclass(frozen=True, slots=True)
class Architecture:
    """Widths, residual blocks and first stride of each stage; `stem` channels at half resolution come before."""

    stem: int = 32
    stages: tuple[tuple[int, int, int], ...] = ((48, 1, 2), (96, 2, 2), (192, 2, 2), (320, 1, 2))
    dim: int = 256
    pooling_power: float = 3.0
    neck: bool = True  # centre and scale the pooled features: without it all photos begin, and stay, close together


def architecture_of(checkpoint: Mapping[str, Any]) -> Architecture:
    """That of a stored training; those of compact-1 and compact-2 do not say, and are of the default one."""
    if "architecture" not in checkpoint:
        return Architecture()
    stored = json.loads(str(checkpoint["architecture"]))
    return Architecture(**stored | {"stages": tuple(tuple(stage) for stage in stored["stages"])})


WIDTHS = {
    "taken": Architecture(),
    "prototype": Architecture(16, ((16, 2, 1), (32, 2, 2), (64, 2, 2), (128, 2, 2), (256, 2, 2))),
    "slim": Architecture(32, ((32, 1, 2), (64, 2, 2), (128, 2, 2), (256, 2, 2))),
    "wide": Architecture(48, ((72, 1, 2), (144, 2, 2), (288, 2, 2), (480, 1, 2))),
}


@keras.saving.register_keras_serializable("dedupe")
class GeneralisedMean(keras.layers.Layer):  # type: ignore[misc]
    """(mean xᵖ)^(1/p) over the picture: float[n, h, w, c] → float32[n, c], for any h and w."""

    def __init__(self, power: float = 3.0, **options: Any) -> None:
        super().__init__(dtype="float32", **options)
        self.power = power

    def call(self, x: Any) -> Any:
        """Pool; float32 whatever the policy, because the third power overflows nothing but loses half of bfloat16."""
        x = ops.maximum(ops.cast(x, "float32"), 1e-4)
        return ops.power(ops.mean(ops.power(x, self.power), axis=(1, 2)), 1.0 / self.power)

    def get_config(self) -> dict[str, Any]:
        """Keras needs it to rebuild the layer."""
        return {"name": self.name, "power": self.power}


@keras.saving.register_keras_serializable("dedupe")
class UnitLength(keras.layers.Layer):  # type: ignore[misc]
    """x / |x| in float32: float[n, d] → float32[n, d]."""

    def __init__(self, **options: Any) -> None:
        super().__init__(dtype="float32", **{k: v for k, v in options.items() if k != "dtype"})

    def call(self, x: Any) -> Any:
        """Normalise; the small constant keeps a zero vector finite."""
        return x * ops.rsqrt(ops.sum(ops.square(x), axis=-1, keepdims=True) + 1e-12)


def build(architecture: Architecture) -> keras.Model:
    """Network float32[n, s, s, 3] in 0…255 → unit float32[n, dim], for any side s that is a multiple of 16."""
    pixels = keras.Input((None, None, 3))
    x = keras.layers.Rescaling(1 / 64.0, offset=-1.9)(pixels)
    x = _convolution(x, architecture.stem, 3, 2)
    x = keras.layers.ReLU()(x)
    for width, blocks, stride in architecture.stages:
        for block in range(blocks):
            x = _residual(x, width, stride if block == 0 else 1)
    x = GeneralisedMean(architecture.pooling_power)(x)
    if architecture.neck:
        x = keras.layers.BatchNormalization(momentum=0.98, dtype="float32", name="neck")(x)
    x = keras.layers.Dense(architecture.dim, dtype="float32", name="projection")(x)
    return keras.Model(pixels, UnitLength()(x), name="compact")


def _convolution(x: Any, width: int, kernel: int, stride: int, *, zero: bool = False) -> Any:
    x = keras.layers.Conv2D(
        width, kernel, strides=stride, padding="same", use_bias=False, kernel_initializer="he_normal"
    )(x)
    return keras.layers.BatchNormalization(momentum=0.98, gamma_initializer="zeros" if zero else "ones")(x)


def _residual(x: Any, width: int, stride: int) -> Any:
    shortcut = x
    if stride != 1:
        shortcut = keras.layers.AveragePooling2D(stride, padding="same")(shortcut)
    if shortcut.shape[-1] != width:
        shortcut = _convolution(shortcut, width, 1, 1)
    y = keras.layers.ReLU()(_convolution(x, width, 3, stride))
    y = _convolution(y, width, 3, 1, zero=True)
    return keras.layers.ReLU()(keras.layers.Add()([y, shortcut]))


@keras.saving.register_keras_serializable("dedupe")
class CopyTrainer(keras.Model):  # type: ignore[misc]
    """The network with its loss and a queue of past embeddings; call it on float32[n, s, s, 3] with photo ids int32[n].

    `train_on_batch(pixels, ids)` is one step on every backend. Rows with one id are views of one photo. `views` rows
    of a photo stand together: only the first of each enters the queue, so that the queue holds many photos.
    """

    def __init__(
        self,
        network: keras.Model,
        *,
        temperature: float = 0.06,
        spread: float = 1.0,
        queue: int = 4096,
        views: int = 4,
        anchored: bool = True,
    ) -> None:
        super().__init__()
        self.network = network
        self.temperature = temperature
        self.spread = spread
        self.views = views
        self.anchored = anchored
        dim = network.output_shape[-1]
        self.queue = self.add_weight(
            shape=(queue, dim), initializer="zeros", trainable=False, name="queue", dtype="float32"
        )
        self.queue_ids = self.add_weight(
            shape=(queue,),
            initializer=keras.initializers.Constant(-1),
            trainable=False,
            name="queue_ids",
            dtype="int32",
        )

    def call(self, pixels: Any, training: bool = False) -> Any:
        """Unit embeddings float32[n, dim]."""
        return self.network(pixels, training=training)

    def compute_loss(self, x: Any = None, y: Any = None, y_pred: Any = None, *_: Any, **__: Any) -> Any:
        """InfoNCE against the batch and the queue plus `spread` × KoLeo; the queue moves on by one batch."""
        unit = ops.cast(y_pred, "float32")
        ids = ops.reshape(ops.cast(y, "int32"), (-1,))
        first = (
            ops.equal(ops.arange(ops.shape(ids)[0]) % self.views, 0) if self.anchored else ops.ones_like(ids, "bool")
        )
        loss = copy_loss(
            unit, ids, first, (self.queue, self.queue_ids), temperature=self.temperature, spread=self.spread
        )
        fresh = ops.stop_gradient(unit[:: self.views])
        fresh_ids = ids[:: self.views]
        keep = self.queue.shape[0]
        self.queue.assign(ops.concatenate([fresh, ops.convert_to_tensor(self.queue)])[:keep])
        self.queue_ids.assign(ops.concatenate([fresh_ids, ops.convert_to_tensor(self.queue_ids)])[:keep])
        return loss


def copy_loss(unit: Any, ids: Any, anchor: Any, past: tuple[Any, Any], *, temperature: float, spread: float) -> Any:
    """Scalar loss of unit float32[n, d] with ids int32[n] against themselves and queue float32[q, d], ids −1 = empty.

    Per anchor and positive: −log(e⁺ / (e⁺ + Σ e⁻)); positives never compete with each other. KoLeo is
    −log of the distance to the nearest other photo of the batch.
    """
    queue, queue_ids = past
    n = ops.shape(unit)[0]
    same = ops.equal(ids[:, None], ids[None, :])
    cosine = ops.matmul(unit, ops.transpose(unit))
    against = ops.matmul(unit, ops.transpose(ops.convert_to_tensor(queue)))
    usable = ops.logical_and(ops.not_equal(ids[:, None], queue_ids[None, :]), queue_ids[None, :] >= 0)
    logits = cosine / temperature
    negatives = ops.concatenate([ops.where(same, FAR, logits), ops.where(usable, against / temperature, FAR)], axis=1)
    mass = ops.logsumexp(negatives, axis=1, keepdims=True)
    drawn_together = ops.logical_and(same, ops.logical_or(anchor[:, None], anchor[None, :]))
    positive = ops.cast(ops.logical_and(drawn_together, ops.logical_not(ops.eye(n, dtype="bool"))), "float32")
    attraction = ops.sum(ops.softplus(mass - logits) * positive) / ops.maximum(ops.sum(positive), 1.0)
    nearest = ops.max(ops.where(same, -1.0, cosine), axis=1)
    koleo = -0.5 * ops.mean(ops.log(ops.maximum(2.0 - 2.0 * nearest, 0.0) + 1e-6))
    return attraction + spread * koleo


def embedded(embed: Callable[[Any], Any], pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Unit vectors float32[n, dim] of uint8[n, s, s, 3] by a Keras network, in parts that fit the memory."""
    parts = [
        np.asarray(ops.convert_to_numpy(embed(ops.convert_to_tensor(pixels[i : i + 200], "float32"))))
        for i in range(0, len(pixels), 200)
    ]
    return np.concatenate(parts).astype(np.float32)
