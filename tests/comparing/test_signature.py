"""Two photos that share nothing are told apart by a few kilobytes each; what shares anything is passed on."""

from __future__ import annotations

from functools import cache
from itertools import combinations

import cv2
import numpy as np
import pytest

from benchmarks.changes import CHANGES
from dedupe.comparing import signature
from dedupe.comparing.refusal import RefusalTask, refusals
from dedupe.comparing.signature import Signature, likeness, may_be_related, ready
from dedupe.decoding import decode
from dedupe.decoding.preview import PREVIEW_SIDE, decode_preview, preview
from dedupe.decoding.signature import CORNERS, parse
from dedupe.decoding.signature import signature as signed
from dedupe.formats.errors import DamagedError
from tests.comparing.shots import Picture, changed, photograph

NAMES = ("astronaut", "chelsea", "coffee", "rocket", "retina", "hubble_deep_field", "immunohistochemistry")
MOST_BYTES = 16_000


def signature_of(data: bytes) -> bytes:
    decoded = decode.decode(data, long_side=PREVIEW_SIDE)
    return signed(decode_preview(preview(decoded.pixels)))


def of_pixels(picture: Picture) -> bytes:
    return signed(decode_preview(preview(np.ascontiguousarray(picture))))


@cache
def original(name: str) -> Signature:
    return ready(of_pixels(photograph(name)))


@pytest.mark.parametrize("change", [change.name for change in CHANGES])
@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee"])
def test_no_copy_of_a_photo_is_refused_whatever_was_done_to_it(name: str, change: str) -> None:
    copy = ready(signature_of(changed(change, photograph(name))))
    assert may_be_related(original(name), copy)
    assert may_be_related(copy, original(name))


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee"])
@pytest.mark.parametrize("quarters", range(4))
@pytest.mark.parametrize("mirrored", [False, True])
def test_turned_and_mirrored_copies_are_as_alike_as_upright_ones(name: str, quarters: int, mirrored: bool) -> None:
    picture = np.rot90(photograph(name)[:, ::-1] if mirrored else photograph(name), quarters)
    found = likeness(original(name), ready(of_pixels(picture)))
    assert found.correlation > 0.9
    assert found.support > 20


def test_most_pairs_of_different_photos_are_refused() -> None:
    pairs = list(combinations(NAMES, 2))
    passed = [pair for pair in pairs if may_be_related(*map(original, pair))]
    assert len(passed) <= len(pairs) // 7, passed


def test_a_correlation_alone_passes_a_pair_on_and_so_does_support_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = original("coffee"), original("chelsea")
    monkeypatch.setattr(signature, "likeness", lambda a, b: signature.Likeness(0.0, 0.7))
    assert may_be_related(one, other)
    monkeypatch.setattr(signature, "likeness", lambda a, b: signature.Likeness(20.0, 0.0))
    assert may_be_related(one, other)
    monkeypatch.setattr(signature, "likeness", lambda a, b: signature.Likeness(3.0, 0.45))
    assert not may_be_related(one, other)


def test_a_photo_squashed_to_another_shape_is_passed_on_whatever_its_corners_say(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(signature, "likeness", lambda a, b: signature.Likeness(0.0, 0.0))
    squashed = cv2.resize(np.rot90(photograph("coffee")), (300, 300), interpolation=cv2.INTER_AREA)
    assert may_be_related(original("coffee"), ready(of_pixels(squashed)))
    assert not may_be_related(original("chelsea"), ready(of_pixels(squashed)))


def test_a_small_picture_on_a_page_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signature, "likeness", lambda a, b: signature.Likeness(0.0, 0.0))
    page = np.full((300, 400, 3), 250, np.uint8)
    page[40:130, 60:195] = cv2.resize(photograph("coffee"), (135, 90), interpolation=cv2.INTER_AREA)
    assert may_be_related(original("coffee"), ready(of_pixels(page)))


def test_a_picture_of_which_the_signature_knows_too_little_is_passed_on() -> None:
    sky = np.full((300, 400, 3), 140, np.uint8)
    assert len(parse(of_pixels(sky)).places) < signature.FEW_CORNERS
    assert may_be_related(ready(of_pixels(sky)), original("coffee"))


def test_a_caption_does_not_draw_all_the_corners() -> None:
    picture = photograph("coffee").copy()
    height, width = picture.shape[:2]
    noise = np.random.default_rng(1).integers(0, 2, (height // 8, width // 4), np.uint8) * 255
    picture[: height // 8] = np.kron(noise, np.ones((1, 4), np.uint8))[:, :width, None]
    places = parse(of_pixels(picture)).places
    assert len(places) == CORNERS
    assert (places[:, 1] > places[:, 1].max() / 4).mean() > 0.5


def test_the_same_preview_always_has_the_same_signature_of_bounded_size() -> None:
    for name in NAMES:
        data = of_pixels(photograph(name))
        assert data == of_pixels(photograph(name))
        assert len(data) <= MOST_BYTES


@pytest.mark.parametrize("shape", [(1, 1), (3, 400), (400, 5), (20, 20)])
def test_tiny_and_narrow_pictures_have_a_signature_too(shape: tuple[int, int]) -> None:
    picture = np.random.default_rng(2).integers(0, 255, (*shape, 3), np.uint8)
    found = ready(of_pixels(picture))
    assert may_be_related(found, found)
    assert np.isfinite(likeness(found, original("coffee")).evidence)


@pytest.mark.parametrize("data", [b"", b"\x01", b"\xff" * 400, b"\x01\xa0" + b"\0" * 40])
def test_damaged_bytes_are_no_signature(data: bytes) -> None:
    with pytest.raises(DamagedError):
        ready(data)


def test_refusals_answer_pair_by_pair_and_pass_on_what_lacks_a_signature() -> None:
    keys = {name: bytes([number]) * 16 for number, name in enumerate(("coffee", "astronaut", "none", "broken"))}
    held = {keys["coffee"]: of_pixels(photograph("coffee")), keys["astronaut"]: of_pixels(photograph("astronaut"))}
    held[keys["broken"]] = b"\x01"
    pairs = tuple((keys["coffee"], keys[other]) for other in ("astronaut", "none", "broken"))
    assert refusals(RefusalTask(pairs, held)) == (True, False, False)
    assert refusals(RefusalTask(tuple((b, a) for a, b in pairs), held)) == (True, False, False)
