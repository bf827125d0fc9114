"""`python -m training.train --data DIR --out DIR`: the loop of a training; `options.py` has its command line."""

from __future__ import annotations

import csv
import json
import os
import signal
import time
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
from numpy.typing import NDArray

from training.augment import Recipe, square, views
from training.batches import Order, Sampler, stream
from training.metrics import Figures, figures
from training.network import CopyTrainer, architecture_of, build, embedded
from training.options import Stage, parse_stage
from training.photos import HELD_OUT, Photos, prepare

HARD = Recipe(
    clean=0,
    whole=0.3,
    smallest=0.2,
    aspect=0.45,
    framed=0.18,
    screens=0.15,
    turned=0.35,
    mirrored=0.35,
    tilted=0.35,
    tones=1,
    drawn=1,
    wear=1,
)
"""The held-out views: spelt out, so that figures of two runs compare whatever the defaults."""


class Average:
    """Exponential moving average of the network's weights, batch statistics included."""

    def __init__(self, network: keras.Model, memory: int = 600, every: int = 5) -> None:
        self.network = network
        self.memory = memory
        self.every = every
        self.values = [np.array(w) for w in network.get_weights()]

    def update(self, step: int) -> None:
        """Take in the weights as they are after `step`; cheap between every fifth step."""
        if step % self.every:
            return
        share = self.every / min(self.memory, max(step / 4, self.every))
        for mean, now in zip(self.values, self.network.get_weights(), strict=True):
            np.add(mean, share * (now - mean), out=mean)


def main() -> None:
    """Parse the command line and train."""
    wanted, data, cache = parse_stage()
    wanted.out.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(wanted.seed)
    keras.mixed_precision.set_global_policy("mixed_bfloat16")
    try:
        run = Run(wanted, prepare(data, cache), cache)
        over = run.go()
    except ValueError as error:
        raise SystemExit(f"{error}.") from error
    if not over:
        raise SystemExit(f"Stopped at step {run.step}; with --began {run.first} the same command goes on from there.")


def _cut(table: Path, step: int) -> None:
    """Drop the rows past the checkpoint, which are written again, and one that a crash tore."""
    if table.exists():
        rows = [row for row in table.read_text().splitlines(keepends=True) if row.endswith("\n")]
        table.write_text("".join(row for row in rows if int(row.split(",")[0]) <= step))


def first_of_each(unit: NDArray[np.float32], radius: float) -> NDArray[np.bool_]:
    """Which rows of unit float32[n, d] have no earlier row within the radius."""
    least = 1 - radius**2 / 2
    alone = np.ones(len(unit), np.bool_)
    for start in range(0, len(unit), 1000):
        cosine = np.tril(unit[start : start + 1000] @ unit.T, start - 1)
        alone[start : start + 1000] = cosine.max(axis=1) <= least
    return alone


class Run:
    """The state of a training: network, optimiser, average, step; and the loop."""

    def __init__(self, stage: Stage, photos: Photos, cache: Path) -> None:
        self.stage, self.photos, self.cache = stage, photos, cache
        self.pool, self.held_out = photos.split(HELD_OUT)
        if len(self.pool) < stage.photos:
            raise ValueError(f"{len(self.pool)} photos are too few for {stage.photos} in a step")
        self.network = build(stage.architecture)
        self.trainer = CopyTrainer(
            self.network,
            temperature=stage.temperature,
            spread=stage.spread,
            queue=stage.queue,
            views=stage.views,
            anchored=stage.anchored,
        )
        optimiser = keras.optimizers.AdamW(stage.rate, weight_decay=0.02, beta_2=0.98, global_clipnorm=10.0)
        optimiser.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
        compiled: bool | str = False if keras.backend.backend() == "tensorflow" else "auto"
        self.trainer.compile(optimizer=optimiser, jit_compile=compiled)
        optimiser.build(self.trainer.trainable_variables)
        self.average = Average(self.network, stage.memory)
        self.step, self.first, self.side, self.stopped = 0, 0, stage.side, False
        self.minutes_before, self.started = 0.0, time.monotonic()
        self.resume()

    @property
    def minutes(self) -> float:
        """Minutes trained so far, over all stages."""
        return self.minutes_before + (time.monotonic() - self.started) / 60

    def variables(self) -> list[Any]:
        """Everything that a checkpoint holds, in a fixed order."""
        return [*self.trainer.variables, *self.trainer.optimizer.variables]

    def resume(self) -> None:
        """Go on from OUT/checkpoint.npz if it is there; ValueError where it is of another network."""
        path = self.stage.out / "checkpoint.npz"
        if path.exists():
            with np.load(path) as stored:
                if architecture_of(stored) != self.stage.architecture:
                    raise ValueError(f"{path} is of another network: {architecture_of(stored)}")
                self.step, self.minutes_before = int(stored["step"]), float(stored["minutes"])
                self.side = int(stored["side"])
                for number, variable in enumerate(self.variables()):
                    value = stored[f"v{number}"]
                    if value.shape == tuple(variable.shape):  # a queue of another length starts anew
                        variable.assign(value)
                self.average.values = [stored[f"a{number}"] for number in range(len(self.average.values))]
            for name in ("log.csv", "evaluation.csv"):
                _cut(self.stage.out / name, self.step)
        self.first = self.step if self.stage.began is None else int(self.stage.began)
        if self.first > self.step:
            raise ValueError(f"--began {self.first} lies beyond step {self.step}")

    def save(self) -> None:
        """Replace OUT/checkpoint.npz; a kill in between leaves the old one."""
        arrays = {f"v{n}": keras.ops.convert_to_numpy(v) for n, v in enumerate(self.variables())}
        arrays |= {f"a{n}": value for n, value in enumerate(self.average.values)}
        arrays |= {f"n{n}": value for n, value in enumerate(self.network.get_weights())}
        fresh = self.stage.out / "partial.npz"
        shape = json.dumps(asdict(self.stage.architecture))
        np.savez(fresh, step=self.step, minutes=self.minutes, side=self.stage.side, architecture=shape, **arrays)
        fresh.replace(self.stage.out / "checkpoint.npz")

    def rate(self) -> float:
        """Learning rate of the coming step."""
        warm = min(1.0, (self.step + 1) / self.stage.warm_up)
        left = max(0.0, 1 - self.progress())
        return self.stage.rate * warm * (min(1.0, left / self.stage.decay) if self.stage.decay else 1.0)

    def progress(self) -> float:
        """Share of this stage that is over; 1 or more ends it."""
        spent = (time.monotonic() - self.started) / 60
        return max((self.step - self.first) / self.stage.steps, spent / self.stage.minutes)

    def go(self) -> bool:
        """Train until the stage is over or told to stop, leave a checkpoint and a log; whether it is over."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: setattr(self, "stopped", True))
        recent: list[float] = []
        over = False
        saved = evaluated = time.monotonic()
        for pixels, ids in stream(
            self.cache, self.sampler(), self.order, self.step, workers=self.stage.workers, photos=self.stage.photos
        ):
            self.trainer.optimizer.learning_rate.assign(self.rate())
            recent.append(float(self.trainer.train_on_batch(pixels.astype(np.float32), ids)))
            self.step += 1
            self.average.update(self.step)
            over = self.progress() >= 1
            ended = self.stopped or over
            if self.step % 20 == 0 or ended:
                self.log(recent)
                recent = []
            if ended or time.monotonic() - saved > 150:
                self.save()
                saved = time.monotonic()
            often = 60 * self.stage.evaluate_every
            if often and (ended or time.monotonic() - evaluated > often):
                self.evaluate()
                evaluated = time.monotonic()
            if ended:
                break
        return over

    def sampler(self) -> Sampler:
        """Look-alikes drawn more often than they occur; with `--hard`, neighbours by the network as the stage began."""
        near = self.choose() if self.stage.hard or self.stage.same else None
        alike = np.array([self.photos.names[i].startswith("clothing_") for i in self.pool])
        share = self.stage.lookalikes if 0 < alike.sum() < len(alike) else alike.mean()
        if len(self.pool) < self.stage.photos:
            raise ValueError(f"--same leaves {len(self.pool)} photos, too few for {self.stage.photos} in a step")
        weights = np.where(alike, share / max(1, alike.sum()), (1 - share) / max(1, (~alike).sum()))
        return Sampler(self.pool, weights / weights.sum(), self.stage.seed, near, self.stage.hard)

    def choose(self) -> NDArray[np.int64] | None:
        """Leave out what `--same` says and find the neighbours for `--hard`: once a stage, kept in OUT/chosen.npz."""
        path = self.stage.out / "chosen.npz"
        key = (self.first, self.stage.same, self.stage.hard > 0)
        if self.step > self.first and path.exists():
            with np.load(path) as stored:
                if np.array_equal(stored["key"], key):
                    self.pool = stored["pool"]
                    return stored["near"] if self.stage.hard else None
        unit = self.embed_pool()
        if self.stage.same:
            alone = first_of_each(unit, self.stage.same)
            print(f"left out as another photo again: {len(unit) - int(alone.sum())} of {len(unit)}", flush=True)
            self.pool, unit = self.pool[alone], unit[alone]
        near = self.neighbours(unit) if self.stage.hard else None
        np.savez(path, key=key, pool=self.pool, near=np.empty(0, np.int64) if near is None else near)
        return near

    def order(self, step: int, ids: NDArray[np.int32]) -> Order:
        """What the workers make for one step."""
        stage = self.stage
        return Order(ids, stage.views, stage.side, (stage.seed, step), stage.recipe)

    def embed(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Unit embeddings by the averaged weights."""
        now = self.network.get_weights()
        self.network.set_weights(self.average.values)
        unit = embedded(partial(self.network, training=False), pixels)
        self.network.set_weights(now)
        return unit

    def embed_pool(self) -> NDArray[np.float32]:
        """The training photos, whole, at the side that the network last saw: it is nearly blind at any other."""
        return self.embed(np.stack([square(self.photos[int(i)], self.side) for i in self.pool]))

    def neighbours(self, unit: NDArray[np.float32], count: int = 12) -> NDArray[np.int64]:
        """The nearest other training photos of each photo, int64[n, count], −1 where too near to be another photo."""
        count = min(count, len(unit) - 1)
        most = 1.0 if self.stage.same else 0.9  # with --same the pool holds nothing too near any more
        table = np.full((len(self.photos), count), -1, np.int64)
        for start in range(0, len(unit), 1000):
            cosine = unit[start : start + 1000] @ unit.T
            nearest = np.argsort(-cosine, axis=1)[:, 1 : count + 1]
            other = np.take_along_axis(cosine, nearest, axis=1) < most
            table[self.pool[start : start + 1000]] = np.where(other, self.pool[nearest], -1)
        return table

    def log(self, losses: list[float]) -> None:
        """Append to OUT/log.csv."""
        with (self.stage.out / "log.csv").open("a", newline="") as file:
            row = (self.step, f"{self.minutes:.2f}", self.stage.side, f"{self.rate():.6f}", f"{np.mean(losses):.4f}")
            csv.writer(file).writerow(row)

    def evaluate(self) -> None:
        """Hard views of held-out photos against the clean ones; appended to OUT/evaluation.csv."""
        made = self.held_out_figures()
        with (self.stage.out / "evaluation.csv").open("a", newline="") as file:
            values = (made.among_ten, made.average_precision, *made.recall)
            row = (self.step, f"{self.minutes:.2f}", self.stage.side, *(f"{v:.4f}" for v in values))
            csv.writer(file).writerow(row)
        print(f"step {self.step}, {self.minutes:.0f} min, {self.stage.side} px: {made.line()}", flush=True)

    def held_out_figures(self, each: int = 5) -> Figures:
        """The same views every time: their seed is the photo's number."""
        clean, changed = [], []
        for number in self.held_out:
            photo = self.photos[int(number)]
            clean.append(square(photo, self.stage.side))
            rng = np.random.default_rng(int(number))
            changed.append(views(photo, each + 1, self.stage.side, rng, HARD)[1:])
        truth = np.repeat(np.arange(len(self.held_out)), each)
        return figures(self.embed(np.concatenate(changed)), truth, self.embed(np.stack(clean)))


if __name__ == "__main__":
    main()
