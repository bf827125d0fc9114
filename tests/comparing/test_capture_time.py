"""Capture times prove two captures, or nothing."""

from __future__ import annotations

import pytest

from dedupe.comparing.capture_time import seconds_apart
from dedupe.types import CaptureTime, Facts

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
