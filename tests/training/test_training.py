"""A whole training in small: photos in, weights out, a stop in between that leaves no trace."""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import numpy as np
import pytest

from training.batches import Sampler
from training.metrics import figures, normalised, widest_radius
from training.photos import Photos, open_cache, prepare
from training.stages import STAGES, left


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty patches of three photographs in one tar."""
    import cv2
    from skimage import data

    folder = tmp_path_factory.mktemp("shards")
    pictures = [np.ascontiguousarray(p) for p in (data.astronaut(), data.chelsea(), data.coffee())]
    rng = np.random.default_rng(5)
    with tarfile.open(folder / "photos-00.tar", "w") as tar:
        for number in range(40):
            picture = pictures[number % 3]
            top, left = (int(rng.integers(0, size - 150)) for size in picture.shape[:2])
            _, encoded = cv2.imencode(".png", picture[top : top + 150, left : left + 140, ::-1])
            member = tarfile.TarInfo(f"patch_{number:02}.png")
            member.size = len(encoded)
            tar.addfile(member, io.BytesIO(encoded.tobytes()))
    return folder


@pytest.fixture(scope="module")
def photos(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> Photos:
    return prepare(shards, tmp_path_factory.mktemp("cache"))


def test_photos_come_back_as_they_were_stored(photos: Photos) -> None:
    assert len(photos) == 40
    assert photos[7].shape == (150, 140, 3)
    assert photos.names[7] == "patch_07.png"


def test_a_folder_of_photos_serves_as_well_as_shards(shards: Path, photos: Photos, tmp_path: Path) -> None:
    with tarfile.open(shards / "photos-00.tar") as tar:
        tar.extractall(tmp_path / "loose", filter="data")
    loose = prepare(tmp_path / "loose", tmp_path / "cache")
    assert loose.names == photos.names
    assert all(np.array_equal(loose[i], photos[i]) for i in range(40))


def test_a_folder_without_photos_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with pytest.raises(ValueError, match="no photos"):
        prepare(tmp_path / "in", tmp_path / "cache")


def test_held_out_photos_are_the_same_ones_always_and_never_trained_on(photos: Photos) -> None:
    training, held_out = photos.split(4)
    assert len(held_out) == 4 and len(training) == 36
    assert not set(training) & set(held_out)
    assert np.array_equal(photos.split(4)[1], held_out)
    assert len(photos.split(400)[1]) == 4


def test_a_photo_occurs_once_in_a_batch_and_look_alikes_come_together() -> None:
    pool = np.arange(100)
    near = np.stack([np.roll(pool, -shift) for shift in (1, 2, 3)], axis=1)
    sampler = Sampler(pool, np.full(100, 0.01), 1, near, hard=0.5)
    ids = sampler.photos(3, 20)
    assert len(ids) == len(set(ids.tolist())) == 20
    assert np.array_equal(ids, sampler.photos(3, 20))
    assert np.isin(ids[:10] + 1, ids).mean() + np.isin(ids[:10] + 2, ids).mean() > 0.3


def test_figures_of_a_perfect_and_of_a_blind_embedding() -> None:
    axes = np.eye(40, dtype=np.float32)
    perfect = figures(axes, np.arange(40), axes)
    assert (perfect.among_ten, perfect.average_precision, perfect.recall) == (1.0, 1.0, (1.0, 1.0, 1.0))
    shifted = figures(np.roll(axes, 1, axis=0), np.arange(40), axes)
    assert shifted.recall == (0.0, 0.0, 0.0) and shifted.average_precision < 0.1


def test_normalised_products_are_cosines_less_how_crowded_both_places_are() -> None:
    rng = np.random.default_rng(3)
    copies, originals, background = (
        v / np.linalg.norm(v, axis=1)[:, None] for v in np.split(rng.normal(size=(60, 8)), 3)
    )
    crowd = [np.sort(unit @ background.T, axis=1)[:, -10:].mean(axis=1) for unit in (copies, originals)]
    expected = copies @ originals.T - 0.25 * (crowd[0][:, None] + crowd[1])
    pair = normalised(*(part.astype(np.float32) for part in (copies, originals, background)), 0.5)
    assert np.allclose(pair[0] @ pair[1].T, expected, atol=1e-5)


def test_the_widest_radius_lets_no_more_others_in_than_are_allowed() -> None:
    others = np.random.default_rng(1).random((20, 50), np.float32)
    for false in (0.0, 0.5, 3.0):
        radius = widest_radius(others, false)
        assert (others <= radius).sum() == false * 20
        assert (others <= np.nextafter(np.float32(radius), np.float32(9))).sum() == false * 20 + 1


def test_a_run_goes_on_with_the_stage_that_its_step_belongs_to() -> None:
    whole = list(left(0))
    assert [ends for ends, _ in whole] == [ends for ends, _ in STAGES]
    assert whole[1][1][-4:] == ("--began", "160", "--steps", "1376")
    assert list(left(STAGES[1][0])) == whole[2:]
    assert list(left(STAGES[1][0] - 1)) == whole[1:]
    assert list(left(STAGES[-1][0])) == []
    assert list(left(0, 2)) == whole[:2]


def train(shards: Path, out: Path, *, stopped: bool) -> dict[str, np.ndarray]:
    """A stage of ten steps, with Ctrl-C in between if asked."""
    command = [sys.executable, "-m", "training.train", "--data", shards, "--out", out, "--side", "32", "--photos", "8"]
    command += ["--queue", "16", "--warm-up", "2", "--hard", "0.5", "--workers", "2", "--evaluate-every", "600"]
    command = [str(part) for part in (*command, "--decay", "0.5", "--began", "0", "--steps", "10")]
    if stopped:
        interrupt(command, out / "chosen.npz")
        with np.load(out / "checkpoint.npz") as stored:
            assert 1 <= int(stored["step"]) < 5  # before the average first moves
        (out / "checkpoint.npz").rename(out / "first.npz")
        shutil.copy(out / "first.npz", out / "checkpoint.npz")
    subprocess.run(command, check=True, capture_output=True, timeout=240)
    with np.load(out / "checkpoint.npz") as stored:
        return dict(stored)


def interrupt(command: list[str], begun: Path) -> None:
    """Ctrl-C, to the training and its workers, as soon as its first batch is being made."""
    process = subprocess.Popen(command, start_new_session=True, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 240
    while not begun.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=240)
    assert process.returncode == 1 and "the same command goes on from there" in said, said


def distance(one: dict[str, np.ndarray], other: dict[str, np.ndarray], kind: str) -> float:
    """Between the weights of two checkpoints, Euclidean: "a" for their average, "n" for the last."""
    keys = [key for key in one if key[0] == kind and key[1:].isdigit()]
    assert len(keys) > 20
    return float(np.sqrt(sum(np.square(one[key] - other[key]).sum() for key in keys)))


@pytest.mark.slow
def test_a_training_that_was_stopped_ends_where_the_uninterrupted_one_does_and_exports(
    shards: Path, tmp_path: Path
) -> None:
    whole = train(shards, tmp_path / "whole", stopped=False)
    members = train(shards, tmp_path / "halves", stopped=True)
    with np.load(tmp_path / "halves" / "first.npz") as stored:
        started = dict(stored)
    assert int(whole["step"]) == int(members["step"]) == 10
    assert np.isclose(distance(whole, members, "a"), 0, atol=0.2 * distance(whole, started, "a"))
    assert np.isclose(distance(whole, members, "n"), 0, atol=0.2 * distance(whole, started, "n"))
    assert distance(whole, started, "a") > 1
    assert (tmp_path / "halves" / "log.csv").read_text().count("\n") == 2

    from training.evaluate import embed_library, network, report

    folder = tmp_path / "weights"
    command = [sys.executable, "-m", "training.export", "--run", tmp_path / "whole", "--to", folder, "--side", "32"]
    subprocess.run([str(part) for part in (*command, "--radius", "0.8")], check=True, capture_output=True, timeout=240)
    cache = open_cache(tmp_path / "whole" / "cache")
    embed, side = network(None, folder / "own-1.tflite")
    library = embed_library(embed, side, [cache[0], cache[1]], cache, 4)
    assert len(library.unit) == 2 * 34 + 36
    assert np.abs(np.linalg.norm(library.unit, axis=1) - 1).max() < 1e-2
    report(library, 5, 1.0)


def test_every_stage_and_every_experiment_is_one_that_the_training_understands() -> None:
    from training.compare import BRANCH, BRANCHES, FROM_NOTHING
    from training.options import parse_stage

    stages = [options for _, options in left(0)]
    from_nothing = [(*STAGES[0][1], *options) for options in FROM_NOTHING.values()]
    lines = [*stages, *((*BRANCH, *options) for options in BRANCHES.values()), *from_nothing]
    asked = [parse_stage(["--data", "photos", "--out", "run", *line])[0] for line in lines]
    assert len({repr(one) for one in asked}) == len(asked)
    assert any(one.recipe.screens == 0 for one in asked)


@pytest.mark.parametrize(
    "wrong",
    [("--recipe", "smallest=-1"), ("--recipe", "colour=1"), ("--recipe", "tones"), ("--decay", "60"), ("--steps", "0")],
)
def test_a_wrong_option_is_refused_in_a_sentence(wrong: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    from training.options import parse_stage

    with pytest.raises(SystemExit) as ended:
        parse_stage(["--data", "photos", "--out", "run", *wrong])
    assert ended.value.code == 2
    assert wrong[0] in capsys.readouterr().err.splitlines()[-1]


def test_only_the_first_of_photos_that_are_nearer_than_the_radius_stays() -> None:
    from training.train import first_of_each

    unit = np.array([[1, 0], [0, 1], [0.8, 0.6], [-1, 0], [0.6, 0.8]], np.float32)
    assert first_of_each(unit, 0.7).tolist() == [True, True, False, True, False]
    assert first_of_each(unit, 0.1).all()


def test_a_branch_is_measured_by_what_lies_within_the_widest_radius() -> None:
    from training.compare import HEAD, SHOWN, measure
    from training.copies import TIERS

    changes = [name for tier in TIERS.values() for name in tier]
    axes = np.eye(64, dtype=np.float32)
    unit = np.repeat(axes[:4, None], 1 + len(changes), axis=1)
    unit[:, 1 + changes.index("crop 40")] = axes[8:12]
    row = dict(zip((*HEAD[2:], *SHOWN), measure(unit, axes[20:60], 0.0), strict=True))
    assert row["radius"] == pytest.approx(np.sqrt(2), abs=1e-3)
    assert (row["crop 40"], row["mirror"], row["copy"], row["hard"]) == (0, 1, 1, pytest.approx(5 / 6))


def test_the_mean_of_several_looks_is_what_the_network_says_of_each() -> None:
    import keras

    from training.tta import LOOKS, looked

    network = keras.Sequential([keras.layers.Input((16, 16, 3)), keras.layers.Flatten(), keras.layers.Dense(5)])
    pixels = np.random.default_rng(1).uniform(0, 255, (3, 16, 16, 3)).astype(np.float32)
    each = [np.asarray(network(np.asarray(look(pixels)))) for look in LOOKS.values()]
    mean = np.sum(each, axis=0)
    expected = mean / np.linalg.norm(mean, axis=1, keepdims=True)
    assert np.allclose(np.asarray(looked(network, pixels, list(LOOKS))), expected, atol=1e-4)
    assert np.allclose(np.asarray(LOOKS["upside down"](pixels))[:, 0, 0], pixels[:, -1, -1])
    assert np.ptp(np.asarray(LOOKS["grey"](pixels)), axis=-1).max() == 0
    ramp = np.broadcast_to(np.arange(16, dtype=np.float32)[None, None, :, None], (1, 16, 16, 3))
    enlarged = np.asarray(LOOKS["middle"](ramp))[0, 8, :, 0]
    assert (enlarged[0], enlarged[-1]) == (3, 12) and np.all(np.diff(enlarged) >= 0)
