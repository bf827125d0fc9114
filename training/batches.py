"""Batches of views, made in other processes ahead of the step that needs them; the same seed gives the same batches."""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.augment import Recipe, views
from training.photos import Photos, open_cache

Batch = tuple[NDArray[np.uint8], NDArray[np.int32]]

_opened: list[Photos] = []  # by the worker process for itself


@dataclass(frozen=True, slots=True)
class Order:
    """What a worker is asked for: views of these photos at this side, from this seed."""

    ids: NDArray[np.int32]
    views: int
    side: int
    seed: tuple[int, int]
    recipe: Recipe


@dataclass(frozen=True, slots=True)
class Sampler:
    """Chooses the photos of each step; a photo occurs once in a batch.

    `weights` is the chance of each photo of `pool`. With `neighbours` int[n, k] (rows by photo number, −1 = none), the
    share `hard` of the batch is the look-alikes of the rest of it.
    """

    pool: NDArray[np.int64]
    weights: NDArray[np.float64]
    seed: int
    neighbours: NDArray[np.int64] | None = None
    hard: float = 0.5

    def photos(self, step: int, count: int) -> NDArray[np.int32]:
        """Numbers of the `count` photos of one step, int32[count]."""
        rng = np.random.default_rng((self.seed, step, 1))
        drawn = rng.choice(self.pool, count, replace=False, p=self.weights)
        if self.neighbours is None:
            return drawn.astype(np.int32)
        anchors = drawn[: max(1, round(count * (1 - self.hard)))]
        likes = rng.permuted(self.neighbours[anchors], axis=1)[:, :3].ravel()
        together = np.concatenate([anchors, rng.permutation(likes[likes >= 0])])
        _, first = np.unique(together, return_index=True)
        chosen = together[np.sort(first)][:count]
        rest = np.setdiff1d(drawn, chosen)[: count - len(chosen)]
        return np.concatenate([chosen, rest]).astype(np.int32)


def stream(
    cache: Path,
    sampler: Sampler,
    order: Callable[[int, NDArray[np.int32]], Order],
    first: int,
    *,
    workers: int,
    photos: int,
) -> Iterator[Batch]:
    """(pixels uint8[photos × views, s, s, 3], ids int32[photos × views]) of step `first`, `first` + 1, …, without end.

    `order(step, ids)` says what a step looks like. Views of one photo stand together.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _open, (cache,)) as pool:
        waiting: deque[Future[Batch]] = deque()
        step = first
        while True:
            while len(waiting) < workers + 2:
                # Ctrl-C is for the training, which needs its batch to end well. A worker inherits the mask of the call
                # that starts it, and each call may start one.
                before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
                waiting.append(pool.submit(_make, order(step, sampler.photos(step, photos))))
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
                step += 1
            yield waiting.popleft().result()


def _open(cache: Path) -> None:
    import cv2

    cv2.setNumThreads(1)
    _opened.append(open_cache(cache))


def _make(order: Order) -> Batch:
    photos = _opened[-1]
    pictures = [
        views(
            photos[int(number)],
            order.views,
            order.side,
            np.random.default_rng((*order.seed, int(number))),
            order.recipe,
        )
        for number in order.ids
    ]
    return np.concatenate(pictures), np.repeat(order.ids, order.views)
