"""A whole scan, on real pictures with the real model: photos in, verified groups out, the same however it is run."""

from __future__ import annotations

import gc
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

import dedupe
from dedupe.errors import MissingRootError, UsageError
from dedupe.library import maintenance
from dedupe.library.cache import Cache
from dedupe.library.paths import StorePaths
from dedupe.report.json import json_chunks
from dedupe.report.phrases import losses
from dedupe.types import Relation, ScanResult
from tests.album import album, jpeg, photo
from tests.support import tree_snapshot


def as_json(result: ScanResult) -> dict[str, object]:
    report = json.loads("".join(json_chunks(result)))
    report["stats"].pop("seconds")
    return dict(report)


def scan(tmp_path: Path, *roots: Path, store: str = "library.db", **settings: object) -> ScanResult:
    options = dedupe.Settings(store=str(tmp_path / store), **settings)  # type: ignore[arg-type]
    return dedupe.scan([str(root) for root in roots or (tmp_path / "photos",)], options)


def test_copies_are_grouped_with_their_original_and_nothing_in_the_tree_changes(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    expected = album(photos)
    before = tree_snapshot(photos)
    result = scan(tmp_path)
    assert tree_snapshot(photos) == before
    astronaut = next(group for group in result.groups if group.keep.path.endswith("camera/astronaut.jpg"))
    found = {os.path.relpath(extra.photo.path, photos): extra.relation.value for extra in astronaut.extras}
    assert found == expected
    selected = {extra.relation for extra in astronaut.extras if extra.selected}
    assert selected == {Relation.IDENTICAL, Relation.RESAVED}
    cats = next(group for group in result.groups if "cat." in group.keep.path or "chelsea" in group.keep.path)
    kinds = {os.path.basename(extra.photo.path): extra.relation for extra in cats.extras}
    assert {os.path.basename(cats.keep.path), *kinds} == {"chelsea.jpg", "cat.png", "cat.tiff"}
    assert len(result.groups) == 2
    assert (result.stats.files, result.stats.photos, result.stats.extras) == (9, 9, 5)


def test_a_lossless_copy_in_another_container_is_the_same_pixels(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    photo("coffee").save(photos / "coffee.png")
    photo("coffee").save(photos / "coffee.bmp")
    result = scan(tmp_path)
    assert [extra.relation for group in result.groups for extra in group.extras] == [Relation.SAME_PIXELS]


def test_a_second_scan_says_the_same_and_loads_no_heavy_library(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    album(photos)
    cold = as_json(scan(tmp_path))
    code = (
        "import json, sys, dedupe\n"
        "from dedupe.report.json import json_chunks\n"
        f"result = dedupe.scan([{str(photos)!r}], dedupe.Settings(store={str(tmp_path / 'library.db')!r}))\n"
        "heavy = {'tensorflow', 'keras', 'cv2', 'faiss', 'ai_edge_litert', 'PIL', 'rawpy'} & set(sys.modules)\n"
        "print(json.dumps([''.join(json_chunks(result)), sorted(heavy)]))\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=os.getcwd())
    text, heavy = json.loads(ran.stdout)
    cached = json.loads(text)
    cached["stats"].pop("seconds")
    assert cached == cold
    assert heavy == []


def test_a_scan_leaves_the_garbage_collector_as_it_was(tmp_path: Path) -> None:
    before = gc.get_threshold()
    (tmp_path / "photos").mkdir()
    scan(tmp_path)
    assert gc.get_threshold() == before
    with pytest.raises(MissingRootError):
        scan(tmp_path, tmp_path / "missing")
    assert gc.get_threshold() == before


def test_one_worker_and_two_find_the_same(tmp_path: Path) -> None:
    album(tmp_path / "photos")
    assert as_json(scan(tmp_path, store="one.db", jobs=1)) == as_json(scan(tmp_path, store="two.db", jobs=2))


def test_a_scan_killed_in_the_middle_goes_on_to_the_same_result(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    album(photos)
    whole = as_json(scan(tmp_path, store="whole.db"))
    command = [sys.executable, "-m", "dedupe", "scan", str(photos), "--json", os.devnull]
    child = subprocess.Popen([*command, "--store", str(tmp_path / "killed.db")], stderr=subprocess.DEVNULL)
    time.sleep(1.2)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert as_json(scan(tmp_path, store="killed.db")) == whole


def test_renamed_and_moved_photos_are_found_again_without_being_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = tmp_path / "photos"
    album(photos)
    first = scan(tmp_path)
    (photos / "camera").rename(photos / "renamed")
    second = scan(tmp_path)
    assert [len(group.extras) for group in second.groups] == [len(group.extras) for group in first.groups]


def test_a_burst_is_a_series_and_never_a_group(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for second in range(3):
        moved = photo("coffee").crop((second * 6, second * 3, 560 + second * 6, 380 + second * 3))
        (photos / f"IMG_{second}.jpg").write_bytes(jpeg(moved, taken=f"2024:05:01 12:00:0{second}"))
    result = scan(tmp_path)
    assert result.groups == ()
    assert [len(series.photos) for series in result.series] == [3]


def test_a_damaged_photo_is_listed_and_stops_nothing(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    album(photos)
    whole = (photos / "camera" / "coffee.jpg").read_bytes()
    (photos / "half.jpg").write_bytes(whole[: len(whole) // 2])
    (photos / "empty.jpg").write_bytes(b"")
    (photos / "words.jpg").write_text("no picture at all")
    result = scan(tmp_path)
    assert [os.path.basename(one.path) for one in result.skipped] == ["empty.jpg", "half.jpg", "words.jpg"]
    assert (result.stats.files, result.stats.photos) == (12, 9)
    assert len(result.groups) == 2
    assert as_json(scan(tmp_path)) == as_json(result)


def test_a_photo_in_a_reference_folder_is_never_an_extra(tmp_path: Path) -> None:
    album(tmp_path / "photos")
    result = scan(tmp_path, tmp_path / "photos" / "camera", reference=(str(tmp_path / "photos" / "phone"),))
    for group in result.groups:
        assert not any("/phone/" in extra.photo.path for extra in group.extras)


def test_two_reference_folders_alone_have_nothing_to_say(tmp_path: Path) -> None:
    album(tmp_path / "photos")
    result = scan(tmp_path, tmp_path / "photos", reference=(str(tmp_path / "photos"),))
    assert result.groups == ()


def test_only_pairs_across_roots_where_that_is_asked_for(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    album(photos)
    result = scan(tmp_path, photos / "phone", photos / "web", photos / "camera", cross_only=True)
    for group in result.groups:
        assert all(extra.photo.file.root != group.keep.file.root for extra in group.extras)


def test_an_empty_folder_is_an_empty_result(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    result = scan(tmp_path)
    assert (result.groups, result.series, result.skipped, result.stats.files) == ((), (), (), 0)


def test_a_missing_folder_and_an_unknown_model_are_errors_of_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(MissingRootError) as missing:
        scan(tmp_path, tmp_path / "nowhere")
    with pytest.raises(UsageError) as unknown:
        scan(tmp_path, model="resnet")
    for caught in (missing, unknown):
        assert "\n" not in str(caught.value)


def test_looking_at_the_cache_and_tidying_it_forgets_no_photo_that_is_there(tmp_path: Path) -> None:
    album(tmp_path / "photos")
    first = as_json(scan(tmp_path))
    paths = StorePaths.at(str(tmp_path / "library.db"))
    (tmp_path / "photos" / "camera").rename(tmp_path / "photos" / "renamed")
    (tmp_path / "photos" / "renamed").rename(tmp_path / "photos" / "camera")
    scan(tmp_path)
    maintenance.held(paths)
    tidied = maintenance.prune(paths)
    assert tidied is not None and (tidied.pruned.contents, tidied.previews) == (0, 0)
    with Cache(paths.cache) as cache:
        assert cache.info().contents == 8
    assert as_json(scan(tmp_path)) == first


def test_photos_in_a_renamed_folder_are_known_under_their_new_path(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    album(photos)
    scan(tmp_path)
    (photos / "camera").rename(photos / "renamed")
    scan(tmp_path)
    tidied = maintenance.prune(StorePaths.at(str(tmp_path / "library.db")))
    assert tidied is not None and tidied.pruned.contents == 0


def test_a_store_damaged_within_is_kept_aside_by_the_name_that_is_told_and_the_scan_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    album(tmp_path / "photos")
    before = as_json(scan(tmp_path))
    with sqlite3.connect(tmp_path / "library.db") as tampered:
        tampered.execute("UPDATE contents SET facts = '{\"colour\": 3}'")
    tampered.close()
    caplog.clear()
    assert as_json(scan(tmp_path)) == before
    (kept,) = tmp_path.glob("library.db.corrupt-????????-??????")
    assert [record.getMessage() for record in caplog.records] == [
        f"dedupe's cache file {tmp_path / 'library.db'} could not be read; it was kept as {kept}, and a new one was started."
    ]
    caplog.clear()
    assert as_json(scan(tmp_path)) == before
    assert not caplog.records


def test_a_mistake_in_the_question_writes_nothing(tmp_path: Path) -> None:
    for settings in ({"keep": ("biggest",)}, {"max_drop": "many"}, {"jobs": -1}):
        with pytest.raises(UsageError):
            scan(tmp_path, **settings)
    with pytest.raises(MissingRootError):
        scan(tmp_path, tmp_path / "nowhere")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_name_is_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").write_bytes(jpeg(photo("cat")))
    monkeypatch.chdir(tmp_path / "photos")
    store = str(tmp_path / "library.db")
    for settings in (dedupe.Settings(store=store, reference=("",)), dedupe.Settings(store=store, protect=("",))):
        with pytest.raises(UsageError, match="is empty"):
            dedupe.scan(".", settings)
    for roots in ("", [""], [".", ""]):
        with pytest.raises(UsageError, match="is empty"):
            dedupe.scan(roots, dedupe.Settings(store=store))
    assert [path.name for path in tmp_path.rglob("*")] == ["photos", "a.jpg"]


def test_the_raw_of_a_pair_keeps_its_picture_from_leaving_alone(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    for folder in ("a", "bb"):
        (photos / folder).mkdir(parents=True)
        (photos / folder / "IMG_1.jpg").write_bytes(jpeg(photo("coffee")))
    (photos / "bb" / "IMG_1.CR2").write_bytes(b"no raw that anything here can read")
    (group,) = scan(tmp_path).groups
    assert os.path.dirname(group.keep.path).endswith("bb")
    (group,) = scan(tmp_path, protect=(str(photos / "a"),)).groups
    (extra,) = group.extras
    assert (os.path.dirname(extra.photo.path), losses(extra), extra.selected) == (
        str(photos / "bb"),
        ("the RAW",),
        False,
    )
