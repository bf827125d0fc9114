"""Capture times prove two captures, or nothing."""

from __future__ import annotations

import pytest

from dedupe.comparing.capture_time import seconds_apart, two_captures
from dedupe.facts import Exposure
from dedupe.types import CaptureTime, Change, Facts, Remark

NOON = 1_500_000_000


def facts(seconds: int | None, fraction: float = 0.0, digits: int = 0, camera: str | None = "Apple iPhone 7") -> Facts:
    taken = None if seconds is None else CaptureTime(seconds, fraction, digits)
    return Facts("JPEG", 4000, 3000, taken=taken, camera=camera)


def test_two_seconds_between_shots_of_one_camera_are_two_captures() -> None:
    assert seconds_apart(facts(NOON), facts(NOON + 2)) == 2
    assert seconds_apart(facts(NOON + 2), facts(NOON)) == 2


def test_the_sub_seconds_of_a_burst_are_two_captures() -> None:
    assert seconds_apart(facts(NOON, 0.12, 2), facts(NOON, 0.45, 2)) == pytest.approx(0.33)


def test_times_are_compared_at_the_coarser_precision() -> None:
    assert seconds_apart(facts(NOON, 0.730, 3), facts(NOON)) is None
    assert seconds_apart(facts(NOON, 0.730, 3), facts(NOON, 0.7, 1)) is None
    assert seconds_apart(facts(NOON, 0.730, 3), facts(NOON, 0.8, 1)) == pytest.approx(0.1)


def test_equal_times_prove_nothing() -> None:
    assert seconds_apart(facts(NOON), facts(NOON)) is None


@pytest.mark.parametrize("shift", [3600, -7200, 19_800, 20_700, 9 * 3600, 26 * 3600])
def test_a_time_zone_put_right_proves_nothing(shift: int) -> None:
    assert seconds_apart(facts(NOON, 0.5, 1), facts(NOON + shift, 0.5, 1)) is None


def test_an_hour_and_a_second_are_two_captures() -> None:
    assert seconds_apart(facts(NOON), facts(NOON + 3601)) == 3601


def test_another_or_an_unknown_camera_proves_nothing() -> None:
    assert seconds_apart(facts(NOON), facts(NOON + 2, camera="Canon EOS 5D")) is None
    assert seconds_apart(facts(NOON, camera=None), facts(NOON + 2, camera=None)) is None


def test_the_camera_is_the_same_however_it_is_spaced_and_capitalised() -> None:
    assert seconds_apart(facts(NOON, camera="APPLE  iPhone 7 "), facts(NOON + 2)) == 2


def test_a_missing_or_a_zero_date_proves_nothing() -> None:
    assert seconds_apart(facts(None), facts(NOON)) is None
    assert seconds_apart(facts(0), facts(NOON + 1)) is None


def exposed(exposure: Exposure | None, camera: str | None = "Canon EOS 80D", seconds: int = NOON) -> Facts:
    return Facts("JPEG", 4000, 3000, taken=CaptureTime(seconds), camera=camera, exposure=exposure)


MIDDLE = Exposure(1 / 125, 8.0, 100, 0.0)


@pytest.mark.parametrize(
    "other",
    [
        Exposure(1 / 60, 8.0, 100, 0.0),
        Exposure(1 / 160, 8.0, 100, 0.0),
        Exposure(1 / 125, 5.6, 100, 0.0),
        Exposure(1 / 125, 9.0, 100, 0.0),
        Exposure(1 / 125, 8.0, 125, 0.0),
        Exposure(1 / 125, 8.0, 100, -1 / 3),
        Exposure(1 / 30),
    ],
)
def test_the_shots_of_a_bracket_within_one_second_are_two_captures(other: Exposure) -> None:
    assert two_captures(exposed(MIDDLE), exposed(other)) == Remark(Change.EXPOSURE)
    assert two_captures(exposed(other), exposed(MIDDLE)) == Remark(Change.EXPOSURE)


@pytest.mark.parametrize(
    "other",
    [
        MIDDLE,
        Exposure(0.008, 8.0, 100),
        Exposure(1 / 128, 8.0, 100, 0.0),
        Exposure(1 / 125, 7.9, 100, 0.0),
        Exposure(f_number=8.0),
        Exposure(bias=0.1),
        Exposure(),
        None,
    ],
)
def test_the_exposure_of_one_shot_however_a_program_rounds_or_cuts_it_proves_nothing(other: Exposure | None) -> None:
    assert two_captures(exposed(MIDDLE), exposed(other)) is None


def test_two_exposures_of_two_cameras_or_of_none_prove_nothing() -> None:
    longer = Exposure(1 / 30, 8.0, 100, 0.0)
    assert two_captures(exposed(MIDDLE), exposed(longer, "Apple iPhone 7")) is None
    assert two_captures(exposed(MIDDLE, None), exposed(longer, None)) is None


def test_times_are_named_before_exposures() -> None:
    later = exposed(Exposure(1 / 30), seconds=NOON + 2)
    assert two_captures(exposed(MIDDLE), later) == Remark(Change.TIMES, 2)
