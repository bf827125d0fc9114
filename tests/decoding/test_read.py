"""One photo's bytes, read once: keys, facts, preview and pixels, or the reason why not."""

from __future__ import annotations

import dataclasses
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dedupe.decoding import content_key, pixel_key, preview, read
from dedupe.decoding.read import Known, Read, ReadRequest, read_photo
from dedupe.types import CaptureTime, SkipKind, Skipped
from dedupe.workers import WorkerPool
from tests.decoding.made import UPRIGHT, corners, encoded, exif, photograph, put, quarters, stamp, turned


def _read(path: str, **options: Any) -> Read:
    found = read_photo(ReadRequest(path, stamp(path), **options))
    assert isinstance(found, Read), found
    return found


def _skipped(path: str, **options: Any) -> Skipped:
    found = read_photo(ReadRequest(path, stamp(path), **options))
    assert isinstance(found, Skipped), found
    assert found.path == path
    return found


def test_one_reading_gives_keys_facts_preview_and_pixels(tmp_path: Path) -> None:
    tags = exif(t0x0110="Camera", t0x0112=6, t0x0131="Editor", photo={0x9003: "2020:01:01 00:00:07"})
    data = encoded(photograph()[:, :384], quality=88, exif=tags)
    found = _read(put(tmp_path, "a.jpg", data), side=112)
    assert found.content_key == content_key.content_key(data)
    assert found.pixel_key == pixel_key.pixel_key(data)
    facts = found.facts
    assert (facts.format, facts.width, facts.height, facts.orientation) == ("JPEG", 512, 384, 6)
    assert (facts.camera, facts.software) == ("Camera", "Editor")
    assert facts.taken == CaptureTime(1_577_836_807)
    assert facts.quality is not None and abs(facts.quality - 88) <= 1
    assert facts.frames == 1 and not facts.lossless and not facts.alpha and facts.suspect is None
    assert facts.texture > 0.8
    assert preview.decode_preview(found.preview).shape == (300, 400, 3)
    assert [len(look) for look in found.looks] == [112 * 112 * 3]


def test_the_pixels_for_the_embedding_are_those_that_the_stored_preview_gives(tmp_path: Path) -> None:
    for side in (112, 160, 224):
        found = _read(put(tmp_path, "a.jpg", encoded(photograph())), side=side)
        assert found.looks == (preview.squash(found.preview, side).tobytes(),)
    assert _read(put(tmp_path, "a.jpg", encoded(photograph()))).looks == ()


def test_a_file_is_read_as_what_it_is_not_as_what_it_is_called(tmp_path: Path) -> None:
    found = _read(put(tmp_path, "IMG_1.HEIC", encoded(quarters())))
    assert found.facts.format == "JPEG"
    found = _read(put(tmp_path, "scan.jpg", encoded(quarters(), "TIFF")))
    assert found.facts.format == "TIFF" and found.facts.lossless


def test_only_a_jpegs_pixel_key_is_made_while_reading(tmp_path: Path) -> None:
    assert _read(put(tmp_path, "a.png", encoded(quarters(), "PNG"))).pixel_key is None


def test_any_byte_in_a_name_is_read(tmp_path: Path) -> None:
    name = bytes(byte for byte in range(1, 256) if byte != 0x2F)[:250]
    found = _read(put(tmp_path, name, encoded(quarters())))
    assert os.fsencode(found.path).endswith(name)
    assert corners(preview.decode_preview(found.preview)) == UPRIGHT


def test_a_file_that_changed_since_the_walk_is_left_alone(tmp_path: Path) -> None:
    path = put(tmp_path, "a.jpg", encoded(quarters()))
    before = stamp(path)
    put(tmp_path, "a.jpg", encoded(photograph(64)))
    found = read_photo(ReadRequest(path, before))
    assert isinstance(found, Skipped) and found.kind is SkipKind.CHANGED


def test_a_file_that_changes_while_it_is_read_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path, "a.jpg", encoded(quarters()))
    before, real = stamp(path), os.read

    def meddling(descriptor: int, size: int) -> bytes:
        data = real(descriptor, size)
        os.utime(path, ns=(1, before.mtime_ns + 5_000_000))
        return data

    monkeypatch.setattr(read.os, "read", meddling)
    found = read_photo(ReadRequest(path, before))
    assert isinstance(found, Skipped) and found.kind is SkipKind.CHANGED


def test_a_new_hard_link_does_not_make_a_photo_changed(tmp_path: Path) -> None:
    path = put(tmp_path, "a.jpg", encoded(quarters()))
    before = stamp(path)
    os.link(path, tmp_path / "b.jpg")
    assert isinstance(read_photo(ReadRequest(path, before)), Read)


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    path = put(tmp_path, "a.jpg", encoded(quarters()))
    gone = stamp(path)
    Path(path).unlink()
    found = read_photo(ReadRequest(path, gone))
    assert isinstance(found, Skipped)
    assert (found.kind, found.reason) == (SkipKind.UNREADABLE, "cannot be read: No such file or directory")
    assert _skipped(str(tmp_path)).kind is SkipKind.UNREADABLE


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_named_pipe_does_not_make_the_reader_wait(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.jpg")
    assert _skipped(str(tmp_path / "a.jpg")).reason == "is not a regular file"


def test_a_file_too_large_to_hold_is_not_read(tmp_path: Path) -> None:
    path = put(tmp_path, "a.tif", b"II*\x00")
    os.truncate(path, read.MAX_BYTES + 1)
    assert _skipped(path).kind is SkipKind.TOO_LARGE


def test_text_called_jpg_is_no_photo(tmp_path: Path) -> None:
    assert _skipped(put(tmp_path, "a.jpg", b"<html>not found</html>")).kind is SkipKind.NOT_A_PHOTO


def test_too_many_pixels_for_the_limit_are_too_large(tmp_path: Path) -> None:
    path = put(tmp_path, "a.png", encoded(quarters(200, 100), "PNG"))
    assert _skipped(path, max_pixels=19_999).kind is SkipKind.TOO_LARGE


def _cache(path: Path, *keys: bytes) -> str:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE contents (content_key BLOB PRIMARY KEY)")
        connection.executemany("INSERT INTO contents VALUES (?)", [(key,) for key in keys])
    connection.close()
    return str(path)


def test_content_that_the_cache_knows_is_hashed_but_not_decoded(tmp_path: Path) -> None:
    data = b"\xff\xd8\xff would be damaged, were it decoded"
    path = put(tmp_path, "a.jpg", data)
    cache = _cache(tmp_path / "cache with ? and # in it.db", content_key.content_key(data))
    found = read_photo(ReadRequest(path, stamp(path), cache_path=cache))
    assert found == Known(path, stamp(path), content_key.content_key(data))


def test_a_cache_that_is_not_there_or_not_readable_is_done_without(tmp_path: Path) -> None:
    path = put(tmp_path, "a.jpg", encoded(quarters()))
    broken = put(tmp_path, "broken.db", b"no database")
    for cache in (str(tmp_path / "missing.db"), broken, _cache(tmp_path / "other.db", b"x")):
        assert isinstance(read_photo(ReadRequest(path, stamp(path), cache_path=cache)), Read)
    assert not (tmp_path / "missing.db").exists()


def test_a_worker_gives_the_same_as_the_reading_process(tmp_path: Path) -> None:
    paths = [
        put(tmp_path, f"{number}.x", encoded(quarters(50 + number, 60), kind, **options))
        for number, (kind, options) in enumerate(
            [("JPEG", {"exif": turned(5)}), ("PNG", {}), ("WEBP", {}), ("TIFF", {}), ("HEIF", {}), ("AVIF", {})]
        )
    ]
    requests = [ReadRequest(path, stamp(path), side=64) for path in paths]
    with WorkerPool(2) as pool:
        answers = dict(pool.run(read_photo, requests))
    assert all(answers[request] == read_photo(request) for request in requests)


def test_facts_are_the_contents_alone(tmp_path: Path) -> None:
    data = encoded(photograph(256), exif=turned(3))
    one, two = (_read(put(tmp_path, name, data), side=32) for name in ("a.jpg", "b.heic"))
    assert dataclasses.replace(one, path="", stamp=two.stamp) == dataclasses.replace(two, path="")


def test_naming_the_task_loads_no_decoder() -> None:
    code = (
        "import sys, dedupe.decoding.read, dedupe.tree.walk, dedupe.decoding.content_key, dedupe.decoding.squash, "
        "dedupe.tree.companions, dedupe.decoding.version, dedupe.workers\n"
        "print([name for name in ('cv2', 'numpy', 'PIL', 'rawpy', 'pillow_heif') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
