"""Bombs, decoders that die, damaged files: each costs itself, is listed with its reason, and never stays or goes.

These are rows 14-16.
"""

from __future__ import annotations

import collections
import os
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dedupe
from dedupe.decoding import read
from dedupe.decoding.read import Read, ReadRequest, read_photo
from dedupe.types import SkipKind, Skipped
from dedupe.workers import FailureKind, WorkerFailure, WorkerPool
from tests import worker_tasks
from tests.decoding.made import encoded, photograph, put, quarters, stamp
from tests.support import tree_snapshot

MEBIBYTE = 1 << 20


def _read(path: str, **options: Any) -> Any:
    return read_photo(ReadRequest(path, stamp(path), **options))


def _skipped(tmp_path: Path, data: bytes, name: str = "a.jpg") -> SkipKind | None:
    """Why a file of these bytes is left out; None where it is read."""
    answer = _read(put(tmp_path, name, data))
    return answer.kind if isinstance(answer, Skipped) else None


# Row 14: bombs


def _png(width: int, height: int, bits: int = 1, *, colour: int = 0) -> bytes:
    """A PNG of zeros: of 400 megapixels in 48 KB. ``bits`` a pixel; ``colour`` 0 is grey, 6 with alpha."""
    packer = zlib.compressobj(9 if bits == 1 else 1)
    row = b"\x00" * (1 + (width * bits + 7) // 8)
    body = b"".join(packer.compress(row * 500) for _ in range(height // 500)) + packer.compress(row * (height % 500))
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, min(bits, 8), colour, 0, 0, 0)),
        (b"IDAT", body + packer.flush()),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


def _tiff(width: int, height: int) -> bytes:
    """A TIFF that announces so many pixels and holds none."""
    entries = [(256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, 200), (277, 3, 1),
               (278, 4, height), (279, 4, min(width * height, 2**32 - 1))]  # fmt: skip
    body = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    return b"II*\x00\x08\x00\x00\x00" + struct.pack("<H", len(entries)) + body + b"\x00" * 4


def _gif(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\x80\x00\x00" + b"\x00" * 6 + b"\x3b"


def _webp(width: int, height: int) -> bytes:
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF" + struct.pack("<I", 22) + b"WEBPVP8X" + struct.pack("<I", 10) + b"\x00" * 4 + size


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="looks into /proc")
def test_a_bomb_is_too_large_to_judge_and_costs_neither_memory_nor_the_scan(tmp_path: Path) -> None:
    bombs = {
        "400 megapixels.png": _png(20_000, 20_000),
        "header.tif": _tiff(60_000, 60_000),
        "header.gif": _gif(65_535, 65_535),
        "header.webp": _webp(16_384, 16_384),
        "header.bmp": b"BM" + struct.pack("<IIIIii", 0, 0, 54, 40, 30_000, -30_000) + b"\x00" * 60,
        "header.jpg": encoded(quarters(16, 16)).replace(b"\x00\x10\x00\x10\x03", b"\xff\xff\xff\xff\x03"),
    }
    paths = [put(tmp_path, name, data) for name, data in bombs.items()]
    assert max(len(data) for data in bombs.values()) < 64 * 1024
    good = put(tmp_path, "good.jpg", encoded(photograph()))
    requests = [ReadRequest(path, stamp(path)) for path in (*paths, good)]
    with WorkerPool(1) as pool:
        answers = {request.path: answer for request, answer in pool.run(worker_tasks.read_and_measure, requests)}
    for path in paths:
        answer, peak = answers[path]  # type: ignore[misc]
        assert isinstance(answer, Skipped), path
        assert (answer.kind, "more than the limit of 200 megapixels" in answer.reason) == (SkipKind.TOO_LARGE, True)
        assert peak < 200 * MEBIBYTE
    answer, peak = answers[good]  # type: ignore[misc]
    assert isinstance(answer, Read) and peak < 200 * MEBIBYTE


def test_a_very_long_strip_is_a_picture_like_any_other(tmp_path: Path) -> None:
    for shape in ((1, 100_000), (100_000, 1)):
        strip = np.full((*shape, 3), 77, np.uint8)
        for kind in ("PNG", "TIFF"):
            found = _read(put(tmp_path, f"strip.{kind}", encoded(strip, kind)))
            assert (found.facts.height, found.facts.width) == shape
            assert found.facts.texture == 0.0


@pytest.mark.skipif(os.name != "posix", reason="memory is limited as POSIX does")
def test_a_picture_that_needs_more_memory_than_a_worker_may_have_costs_only_itself(tmp_path: Path) -> None:
    heavy = put(tmp_path, "heavy.png", _png(9_000, 9_000, 32, colour=6))
    paths = [heavy, *(put(tmp_path, f"{number}.jpg", encoded(quarters(64 + number, 64))) for number in range(6))]
    requests = [ReadRequest(path, stamp(path)) for path in paths]
    with WorkerPool(1, memory_bytes=700 * MEBIBYTE) as pool:
        answers = {request.path: answer for request, answer in pool.run(read_photo, requests)}
    heavy_answer = answers.pop(heavy)
    assert isinstance(heavy_answer, WorkerFailure) and heavy_answer.kind is FailureKind.OUT_OF_MEMORY
    assert all(isinstance(answer, Read) for answer in answers.values())


# Row 15: decoders that die


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
def test_a_photo_that_kills_or_hangs_its_decoder_costs_only_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEDUPE_TEST_TRACES", str(tmp_path))
    bad = {"segfault.jpg": FailureKind.CRASHED, "hang.jpg": FailureKind.HUNG, "memory.jpg": FailureKind.OUT_OF_MEMORY}
    names = ["a.jpg", "b.jpg", "segfault.jpg", "c.jpg", "hang.jpg", "d.jpg", "memory.jpg", "e.jpg", "f.jpg"]
    paths = [put(tmp_path / "photos", name, encoded(quarters(60 + at, 60))) for at, name in enumerate(names)]
    before = tree_snapshot(tmp_path / "photos")
    requests = [ReadRequest(path, stamp(path)) for path in paths]
    # Long enough for a worker that loads its libraries on a busy machine; the photo that hangs does nothing all the while.
    with WorkerPool(2, timeout_s=6.0) as pool:
        found = [
            (os.path.basename(request.path), answer) for request, answer in pool.run(worker_tasks.read_or_die, requests)
        ]
    assert collections.Counter(name for name, _ in found) == dict.fromkeys(names, 1)
    kinds = {name: answer.kind for name, answer in found if isinstance(answer, WorkerFailure)}
    assert kinds == bad
    assert sum(isinstance(answer, Read) for _, answer in found) == 6
    assert tree_snapshot(tmp_path / "photos") == before


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
def test_a_photo_that_killed_its_decoder_is_remembered_and_not_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEDUPE_TEST_TRACES", str(tmp_path))
    monkeypatch.setattr(read, "read_photo", worker_tasks.read_or_die)
    photos = tmp_path / "photos"
    poison = put(photos, "segfault.jpg", encoded(photograph(256), quality=70))
    for name in ("a.jpg", "b.jpg"):
        put(photos, name, encoded(photograph(256), quality=90))
    settings = dedupe.Settings(store=str(tmp_path / "store.db"))
    results = [dedupe.scan([str(photos)], settings) for _ in range(2)]
    for result in results:
        assert [(one.path, one.kind) for one in result.skipped] == [(poison, SkipKind.POISON)]
        assert "SIGSEGV" in result.skipped[0].reason
        assert [len(group.extras) for group in result.groups] == [1]
        assert poison not in {extra.photo.path for group in result.groups for extra in group.extras}
    assert (tmp_path / "segfault.jpg").read_text() == "tried\n"


# Row 16: damaged files


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("share", [0.999, 0.95, 0.5, 0.05])
def test_a_jpeg_that_is_cut_off_is_damaged(tmp_path: Path, share: float, progressive: bool) -> None:
    data = encoded(photograph(), quality=92, progressive=progressive)
    assert _skipped(tmp_path, data[: int(len(data) * share)]) is SkipKind.DAMAGED


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF", "BMP", "TIFF", "JPEG2000", "AVIF", "HEIF"])
def test_other_pictures_that_are_cut_off_are_damaged(tmp_path: Path, kind: str) -> None:
    data = encoded(photograph(256), kind)
    for share in (0.999, 0.95, 0.5):
        assert _skipped(tmp_path, data[: int(len(data) * share)]) is SkipKind.DAMAGED, share


def test_a_tail_that_the_disk_lost_to_zeros_is_damage(tmp_path: Path) -> None:
    data = encoded(photograph(), quality=92)
    kept = int(len(data) * 0.9)
    for filler in (b"\x00", b"\xff"):
        assert _skipped(tmp_path, data[:kept] + filler * (len(data) - kept)) is SkipKind.DAMAGED


def test_only_the_end_marker_missing_is_no_damage(tmp_path: Path) -> None:
    found = _read(put(tmp_path, "a.jpg", encoded(photograph())[:-2]))
    assert isinstance(found, Read) and found.facts.suspect is None
    assert found.pixel_key is None


def test_what_is_appended_to_a_photo_is_no_damage(tmp_path: Path) -> None:
    for kind in ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "JPEG2000", "AVIF", "HEIF"):
        for junk in (b"\x00" * 5000, b"appended by an email program" * 40):
            found = _read(put(tmp_path, "a.jpg", encoded(quarters(), kind) + junk))
            assert isinstance(found, Read) and found.facts.suspect is None, kind


@pytest.mark.parametrize("damage", ["zeros", "noise", "hole"])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_with_damage_in_the_middle_decodes_but_is_suspect(
    tmp_path: Path, damage: str, progressive: bool
) -> None:
    data = encoded(photograph(), quality=95, progressive=progressive)
    start, size = len(data) // 2, len(data) // 10
    noise = np.random.default_rng(0).integers(0, 255, size, np.uint8).tobytes()
    middle = {"zeros": b"\x00" * size, "noise": noise.replace(b"\xff", b"\xfe"), "hole": b""}[damage]
    found = _read(put(tmp_path, "a.jpg", data[:start] + middle + data[start + size :]))
    assert isinstance(found, Read)
    assert found.facts.suspect is not None and found.facts.suspect.startswith("Corrupt JPEG data")
    assert found.pixel_key is None


def test_zero_bytes_with_which_a_camera_fills_up_before_the_end_are_no_damage(tmp_path: Path) -> None:
    data = encoded(photograph())
    found = _read(put(tmp_path, "a.jpg", data[:-2] + b"\x00" * 40 + b"\xff\xd9"))
    assert isinstance(found, Read) and found.facts.suspect is None


def test_a_png_whose_checksum_does_not_match_is_suspect(tmp_path: Path) -> None:
    data = bytearray(encoded(photograph(64), "PNG"))
    at = data.index(b"IDAT")
    data[at + 4 + int.from_bytes(data[at - 4 : at])] ^= 1
    found = _read(put(tmp_path, "a.png", bytes(data)))
    assert isinstance(found, Read) and found.facts.suspect == "Corrupt PNG data: a checksum does not match"


def test_the_warning_of_one_photo_is_not_put_on_the_next(tmp_path: Path) -> None:
    data = encoded(photograph(), quality=95)
    broken = data[: len(data) // 2] + data[len(data) // 2 + 3000 :]
    for _ in range(3):
        assert _read(put(tmp_path, "a.jpg", broken)).facts.suspect is not None
        assert _read(put(tmp_path, "b.jpg", data)).facts.suspect is None


def test_what_a_decoder_says_does_not_reach_the_terminal(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    data = encoded(photograph(), quality=95)
    _read(put(tmp_path, "a.jpg", data[: len(data) // 2] + data[len(data) // 2 + 3000 :]))
    assert capfd.readouterr() == ("", "")
    os.write(2, b"still there")
    assert capfd.readouterr().err == "still there"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", SkipKind.DAMAGED),
        (b"\x00" * 5000, SkipKind.DAMAGED),
        (b"just text", SkipKind.NOT_A_PHOTO),
        (b"\xff\xd8\xff", SkipKind.DAMAGED),
        (b"\x89PNG\r\n\x1a\n", SkipKind.DAMAGED),
        (b"GIF89a", SkipKind.DAMAGED),
        (_gif(0, 0), SkipKind.DAMAGED),
        (_tiff(0, 10), SkipKind.DAMAGED),
        (_tiff(100, 100), SkipKind.DAMAGED),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", SkipKind.DAMAGED),
        (encoded(quarters(16, 16)).replace(b"\x00\x10\x00\x10\x03", b"\x00\x00\x00\x00\x03"), SkipKind.DAMAGED),
    ],
    ids=["empty", "zeros", "text", "jpeg start", "png start", "gif start", "gif 0x0", "tiff 0x10", "tiff without pixels",
         "heic start", "jpeg 0x0"],
)  # fmt: skip
def test_empty_zero_sized_and_headless_files_are_listed(tmp_path: Path, data: bytes, kind: SkipKind) -> None:
    assert _skipped(tmp_path, data) is kind


def test_a_photo_with_a_wrong_extension_is_read(tmp_path: Path) -> None:
    for kind, name in (("JPEG", "a.png"), ("PNG", "a.heic"), ("HEIF", "a.jpg"), ("WEBP", "a.nef"), ("TIFF", "a.gif")):
        assert _skipped(tmp_path, encoded(quarters(), kind), name) is None


def test_damaged_photos_neither_stay_nor_go(tmp_path: Path) -> None:
    """A cut copy beside its whole original: the scan lists it and groups only what is whole."""
    photos = tmp_path / "photos"
    data = encoded(photograph(), quality=90)
    put(photos, "a.jpg", data)
    put(photos, "b.jpg", encoded(photograph(), quality=80))
    cut = put(photos, "0 first in every order.jpg", data[: len(data) // 2])
    before = tree_snapshot(photos)
    result = dedupe.scan([str(photos)], dedupe.Settings(store=str(tmp_path / "store.db")))
    assert [(one.path, one.kind) for one in result.skipped] == [(cut, SkipKind.DAMAGED)]
    members = {
        photo.path for group in result.groups for photo in (group.keep, *(extra.photo for extra in group.extras))
    }
    assert members == {str(photos / "a.jpg"), str(photos / "b.jpg")}
    assert result.stats.files == 3 and result.stats.photos == 2
    assert tree_snapshot(photos) == before


def test_a_suspect_photo_never_stays_over_a_clean_copy(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    data = encoded(photograph(), quality=95)
    at = len(data) * 99 // 100
    suspect = put(photos, "a.jpg", data[:at] + data[at + 100 :])
    clean = put(photos, "a copy of it, smaller - Copy (1).jpg", encoded(photograph(384), quality=60))
    result = dedupe.scan([str(photos)], dedupe.Settings(store=str(tmp_path / "store.db")))
    (group,) = result.groups
    assert group.keep.path == clean
    assert [(extra.photo.path, extra.selected) for extra in group.extras] == [(suspect, False)]


@pytest.mark.parametrize("side", [14_000, 4_200])
def test_a_few_bytes_that_announce_a_large_picture_are_too_large_to_judge(tmp_path: Path, side: int) -> None:
    """Below the limit of pixels, but nothing can be in it: decoding the larger one took 3.1 GB."""
    width = height = side
    packed = (width - 1) | (height - 1) << 14
    body = b"VP8L" + struct.pack("<I", 14) + b"\x2f" + struct.pack("<I", packed) + bytes(9)
    data = b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body
    assert len(data) == 34
    path = put(tmp_path, "claim.webp", data)
    found = read_photo(ReadRequest(path, stamp(path)))
    assert isinstance(found, Skipped)
    assert found.kind is SkipKind.TOO_LARGE
    assert "in 34 bytes" in found.reason


@pytest.mark.parametrize("times", [4_000, 210])
def test_a_jpeg_that_is_drawn_over_thousands_of_times_is_too_large_to_judge(tmp_path: Path, times: int) -> None:
    data = encoded(photograph(), progressive=True)
    last = data.rindex(b"\xff\xda")
    path = put(tmp_path, "scans.jpg", data[:last] + data[last:-2] * times + data[-2:])
    found = read_photo(ReadRequest(path, stamp(path)))
    assert isinstance(found, Skipped)
    assert found.kind is SkipKind.TOO_LARGE
    assert "drawn over" in found.reason
    ordinary = put(tmp_path, "progressive.jpg", data)
    assert isinstance(read_photo(ReadRequest(ordinary, stamp(ordinary))), Read)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "JPEG2000", "AVIF", "HEIF"])
def test_the_limit_of_pixels_holds_for_every_format(tmp_path: Path, kind: str) -> None:
    path = put(tmp_path, "a.jpg", encoded(quarters(64, 48), kind))
    found = _read(path, max_pixels=64 * 48 - 1)
    assert isinstance(found, Skipped)
    assert found.kind is SkipKind.TOO_LARGE
    assert isinstance(_read(path, max_pixels=64 * 48), Read)


def test_a_plain_picture_is_judged_however_small_its_file(tmp_path: Path) -> None:
    path = put(tmp_path, "white.png", encoded(np.full((4_000, 3_000, 3), 255, np.uint8), "PNG"))
    assert isinstance(read_photo(ReadRequest(path, stamp(path))), Read)
