"""`python -m training.curve RUN`: RUN/log.csv and RUN/evaluation.csv as one picture, RUN/curve.png."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np


def draw(run: Path) -> Path:
    """Loss and held-out average precision over the minutes of training; returns the picture's path."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    log = np.loadtxt(run / "log.csv", delimiter=",", ndmin=2)
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    loss = figure.add_subplot()
    loss.plot(log[:, 1], log[:, 4], linewidth=0.8, color="#4477aa", label="loss")
    loss.set(xlabel="minutes of training", ylabel="loss")
    for number in np.flatnonzero(np.diff(log[:, 2])):
        loss.axvline(log[number + 1, 1], color="#bbbbbb", linewidth=0.8)
        loss.text(log[number + 1, 1], loss.get_ylim()[1], f" {int(log[number + 1, 2])} px", va="top")
    if (run / "evaluation.csv").exists():
        held_out = np.loadtxt(run / "evaluation.csv", delimiter=",", ndmin=2)
        precision = loss.twinx()
        precision.plot(held_out[:, 1], held_out[:, 4], "o-", color="#cc6677", label="average precision")
        precision.set(ylabel="average precision, held-out photos, hard views", ylim=(0, 1))
    figure.savefig(run / "curve.png", dpi=110)
    return run / "curve.png"


def main() -> None:
    """Draw."""
    parser = argparse.ArgumentParser(prog="training.curve", description=__doc__)
    parser.add_argument("run", type=Path, metavar="RUN", help="the --out of training.train")
    run = parser.parse_args().run
    if not (run / "log.csv").is_file():
        parser.error(f"there is no log.csv in {run}")
    print(draw(run))


if __name__ == "__main__":
    main()
