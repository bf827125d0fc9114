"""Whether a picture was saved from another's very pixels, or is a second shot of the same."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from benchmarks import documents
from dedupe.comparing.quantisation import Origin, origin
from dedupe.types import Change, Relation, Remark
from tests.comparing.shots import Picture, jpeg, photograph, related, shot_again
from tests.comparing.shots import saved as view

TURNS = {
    "as it is": lambda picture: picture,
    "turned by 90°": np.rot90,
    "turned by 270°": lambda picture: np.rot90(picture, 3),
    "upside down": lambda picture: np.rot90(picture, 2),
    "mirrored": lambda picture: picture[:, ::-1],
    "mirrored and turned": lambda picture: np.rot90(picture[:, ::-1]),
}


def pixels(data: bytes) -> Picture:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


KNOWN = (Origin.SOURCE, Origin.COPY, Origin.EQUAL)


def told(folder: Path, one: bytes, other: bytes) -> Origin:
    return origin(view(folder, "one", one), view(folder, "other", other))


def png(picture: Picture) -> bytes:
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "PNG")
    return out.getvalue()


def two_shots(strength: float = 2.0) -> tuple[Picture, Picture]:
    """One scene twice without any motion: only the sensor's noise is new. The scene's own noise is averaged away first."""
    scene = cv2.GaussianBlur(photograph("coffee"), (0, 0), 1.0)
    return shot_again(scene, 1, strength=strength), shot_again(scene, 2, strength=strength)


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("quality", [95, 80, 55, 30])
def test_a_copy_is_proven_however_it_is_turned(tmp_path: Path, quality: int, turn: str) -> None:
    original = jpeg(photograph("chelsea"), 97)
    copy = jpeg(np.ascontiguousarray(TURNS[turn](pixels(original))), quality)
    assert told(tmp_path, original, copy) in (Origin.SOURCE, Origin.EQUAL)


@pytest.mark.parametrize(("one", "other"), [(95, 95), (95, 60), (85, 85), (90, 75)])
def test_two_shots_from_a_tripod_are_never_proven(tmp_path: Path, one: int, other: int) -> None:
    first, second = two_shots()
    assert told(tmp_path, jpeg(first, one), jpeg(second, other)) not in KNOWN


@pytest.mark.parametrize("quality", [95, 90])
def test_two_shots_at_high_quality_are_told_apart(tmp_path: Path, quality: int) -> None:
    first, second = jpeg(two_shots()[0], quality), jpeg(two_shots()[1], quality)
    assert told(tmp_path, first, second) is Origin.APART
    assert related(tmp_path, first, second).relation in (Relation.EDITED, Relation.SIMILAR)


def test_two_copies_of_a_third_picture_are_not_told_apart(tmp_path: Path) -> None:
    original = pixels(jpeg(photograph("astronaut"), 92))
    for one, other in ((90, 60), (75, 75), (85, 40)):
        turned = np.ascontiguousarray(original[::-1, ::-1])
        assert told(tmp_path, jpeg(original, one), jpeg(turned, other)) is not Origin.APART


@pytest.mark.parametrize(("first", "second"), [(60, 95), (70, 82), (70, 87), (80, 91), (90, 94)])
@pytest.mark.parametrize("turn", ["as it is", "turned by 90°", "mirrored"])
def test_the_source_is_known_though_its_copy_was_saved_better(
    tmp_path: Path, first: int, second: int, turn: str
) -> None:
    original = jpeg(photograph("chelsea"), first)
    better = jpeg(np.ascontiguousarray(TURNS[turn](pixels(original))), second)
    assert told(tmp_path, original, better) is Origin.SOURCE
    assert told(tmp_path, better, original) is Origin.COPY


@pytest.mark.parametrize("chain", [(90, 85, None), (80, 70, 95), (95, 90, 98), (95, 60, 90)])
def test_what_was_saved_by_way_of_a_worse_copy_is_never_its_sources_source(
    tmp_path: Path, chain: tuple[int, int, int | None]
) -> None:
    first, worse, last = chain
    for name in ("coffee", "astronaut", "chelsea"):
        original = jpeg(photograph(name), first)
        between = pixels(jpeg(pixels(original), worse))
        copy = png(between) if last is None else jpeg(between, last)
        assert told(tmp_path, original, copy) is not Origin.COPY


@pytest.mark.parametrize("quality", [92, 70])
def test_a_png_is_known_to_be_made_from_a_jpeg_or_a_jpeg_from_it(tmp_path: Path, quality: int) -> None:
    scene = photograph("coffee")
    saved = jpeg(scene, quality)
    assert told(tmp_path, saved, png(pixels(saved))) is Origin.SOURCE
    assert told(tmp_path, saved, png(scene)) is Origin.COPY


def test_where_next_to_nothing_was_lost_neither_lacks_anything(tmp_path: Path) -> None:
    assert told(tmp_path, png(photograph("coffee")), jpeg(photograph("coffee"), 100)) is Origin.EQUAL


def test_of_other_compressions_the_bounds_are_not_known(tmp_path: Path) -> None:
    original = jpeg(photograph("coffee"), 90)
    out = io.BytesIO()
    Image.fromarray(pixels(original)).save(out, "WEBP", quality=90)
    assert told(tmp_path, original, out.getvalue()) in (Origin.UNKNOWN, Origin.SOURCE)
    made_from_it = jpeg(pixels(out.getvalue()), 80)
    assert told(tmp_path, out.getvalue(), made_from_it) is Origin.SOURCE


def in_codec(picture: Picture, kind: str, quality: int) -> bytes:
    import pillow_heif

    pillow_heif.register_heif_opener()
    if kind == "JXL":
        pytest.importorskip("pillow_jxl")
    out = io.BytesIO()
    Image.fromarray(picture).save(out, kind, quality=quality)
    return out.getvalue()


@pytest.mark.parametrize("scene", ["coffee", "chelsea"])
@pytest.mark.parametrize(("kind", "quality"), [("HEIF", 60), ("HEIF", 95), ("AVIF", 90), ("WEBP", 95), ("JXL", 95)])
def test_a_photo_is_known_as_the_source_of_a_fine_resave_in_another_codec(
    tmp_path: Path, scene: str, kind: str, quality: int
) -> None:
    original = jpeg(photograph(scene), 70)
    resaved = in_codec(pixels(original), kind, quality)
    assert told(tmp_path, original, resaved) is Origin.SOURCE
    back = in_codec(photograph(scene), kind, quality)
    from dedupe.decoding.decode import decode

    shown = decode(back, long_side=4000).pixels
    assert told(tmp_path, back, jpeg(shown, 70)) is Origin.SOURCE


def test_another_colour_profile_is_no_mere_saving(tmp_path: Path) -> None:
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    green = profile.index(b"gXYZ")
    at = int.from_bytes(profile[green + 4 : green + 8], "big") + 8
    profile[at : at + 4] = round(0.36 * 65536).to_bytes(4, "big")  # of a red part that is 0.385 in sRGB
    wide = bytes(profile).replace(b"sRGB", b"wide").replace("sRGB".encode("utf-16-be"), "wide".encode("utf-16-be"))
    out = io.BytesIO()
    Image.fromarray(photograph("coffee")).save(out, "JPEG", quality=90, icc_profile=wide)
    plain = jpeg(pixels(out.getvalue()), 90)
    assert told(tmp_path, out.getvalue(), plain) is Origin.PROFILE
    found = related(tmp_path, out.getvalue(), plain)
    assert (found.relation, found.remark) == (Relation.RESAVED, Remark(Change.PROFILE))


def test_nothing_is_said_of_other_sizes_or_where_no_jpeg_is(tmp_path: Path) -> None:
    picture = photograph("chelsea")
    assert told(tmp_path, png(picture), png(picture)) is Origin.UNKNOWN
    assert told(tmp_path, jpeg(picture), jpeg(picture[:-8])) is Origin.UNKNOWN


def test_nothing_is_said_where_nearly_all_is_clipped(tmp_path: Path) -> None:
    white = np.full((400, 400, 3), 255, np.uint8)
    assert told(tmp_path, jpeg(white), jpeg(white, 40)) is Origin.UNKNOWN


def test_a_poor_copy_of_a_drawing_is_not_taken_for_its_source(tmp_path: Path) -> None:
    sheet = documents.chat(1, 0)
    assert told(tmp_path, png(sheet), jpeg(sheet, 45)) in (Origin.UNKNOWN, Origin.SOURCE)


def test_colours_beyond_what_rgb_can_show_are_no_second_shot(tmp_path: Path) -> None:
    plain = photograph("coffee").astype(np.int16)
    vivid = np.clip(plain + (plain - plain.mean(axis=2, keepdims=True)) * 0.8, 0, 255).astype(np.uint8)
    original = jpeg(vivid, 70)
    for copy in (png(pixels(original)), jpeg(pixels(original), 90), jpeg(pixels(original), 50)):
        assert told(tmp_path, original, copy) is Origin.SOURCE


def nearly_clipped(name: str) -> Picture:
    """A photograph of which hardly a block is without black or white."""
    picture = photograph(name).astype(np.float32)
    return np.clip((picture - 128) * 6 + 128, 0, 255).astype(np.uint8)


def test_a_jpeg_of_a_clipped_webp_may_be_made_from_it_and_one_that_the_webp_was_made_from_is_not(
    tmp_path: Path,
) -> None:
    source = in_codec(nearly_clipped("coffee"), "WEBP", 90)
    assert told(tmp_path, source, jpeg(pixels(source), 60)) is Origin.UNTESTED
    photo = jpeg(photograph("coffee"), 90)
    assert told(tmp_path, photo, in_codec(pixels(photo), "WEBP", 60)) is Origin.UNKNOWN


def test_a_photo_that_was_saved_coarsely_before_is_not_taken_for_a_copy_of_its_copy(tmp_path: Path) -> None:
    source = jpeg(pixels(jpeg(photograph("coffee"), 60)), 95)
    assert told(tmp_path, source, jpeg(pixels(source), 80)) is not Origin.COPY
    made = jpeg(pixels(jpeg(photograph("coffee"), 80)), 95)
    assert told(tmp_path, made, jpeg(photograph("coffee"), 80)) in (Origin.COPY, Origin.EQUAL)
