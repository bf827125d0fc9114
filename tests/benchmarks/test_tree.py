"""The benchmark tree: 32 changes in three tiers, deterministic, and an answer sheet that names every file."""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from benchmarks import capture_times, documents, lookalikes, makers
from benchmarks.capture_times import Exif
from benchmarks.changes import CHANGES, Change, Tier, encode
from benchmarks.manifest import Kind, Manifest, Visible
from benchmarks.pictures import Picture, resized, upright
from benchmarks.tree import TreeOptions, build


@pytest.fixture(scope="module")
def picture() -> Picture:
    return resized(np.asarray(data.astronaut()), 0.6)


def test_there_are_32_changes_in_three_tiers_and_two_beyond() -> None:
    tiers = Counter(change.tier for change in CHANGES)
    assert tiers == {Tier.COPY: 10, Tier.EDIT: 16, Tier.HARD: 6, Tier.BEYOND: 2}
    assert len({change.name for change in CHANGES}) == 34


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_a_change_is_a_readable_file_that_its_seed_repeats_and_the_input_stays(
    change: Change, picture: Picture
) -> None:
    before = picture.copy()
    once = encode(change.apply(picture, np.random.default_rng(7)))
    again = encode(change.apply(picture, np.random.default_rng(7)))
    assert once == again
    assert np.array_equal(picture, before)
    assert min(upright(once).shape[:2]) >= 60


@pytest.mark.parametrize("name", ["crop 40", "thumbnail 160", "upscaled 1.6", "turned 90", "meme", "chain"])
def test_sizes_are_what_the_name_says(name: str, picture: Picture) -> None:
    change = next(change for change in CHANGES if change.name == name)
    side = picture.shape[0]
    shape = change.apply(resized(picture, 1.5), np.random.default_rng(3)).picture.shape
    wanted = {
        "crop 40": 1.5 * 0.4**0.5 * side,
        "thumbnail 160": 160,
        "upscaled 1.6": 2.4 * side,
        "meme": 480,
        "chain": 400,
    }
    assert max(shape[:2]) == pytest.approx(wanted.get(name, 1.5 * side), abs=2)


def test_a_mirrored_copy_is_the_picture_mirrored(picture: Picture) -> None:
    change = next(change for change in CHANGES if change.name == "mirrored")
    assert np.array_equal(change.apply(picture, np.random.default_rng(0)).picture, picture[:, ::-1])


def test_what_is_altered_differs_visibly_in_one_place_and_nowhere_else(picture: Picture) -> None:
    donor = resized(np.asarray(data.coffee()), 0.5)
    rng = np.random.default_rng(5)
    for changed in (
        lookalikes.moved_object(picture, rng),
        lookalikes.replaced_patch(picture, donor, rng),
        lookalikes.retouched_spot(picture, rng),
    ):
        assert changed is not None
        difference = np.abs(changed.astype(int) - picture).max(axis=2)
        assert 0.0005 < (difference > 12).mean() < 0.2
        assert (difference == 0).mean() > 0.7


def test_a_plain_wall_has_nothing_to_alter() -> None:
    wall = np.full((200, 300, 3), 128, np.uint8)
    assert lookalikes.retouched_spot(wall, np.random.default_rng(1)) is None
    assert lookalikes.moved_object(wall, np.random.default_rng(1)) is None


def test_the_next_shot_is_another_picture_of_the_same_scene(picture: Picture) -> None:
    shot = lookalikes.next_shot(picture, np.random.default_rng(2))
    inside = resized(picture, 1.0)[: shot.shape[0], : shot.shape[1]]
    likeness = np.corrcoef(shot.mean(axis=2).ravel(), inside.mean(axis=2).ravel())[0, 1]
    assert 0.5 < likeness < 0.99


@pytest.mark.parametrize("material", ["page", "receipt", "chat", "blank"])
def test_documents_of_one_layout_differ_and_repeat(material: str) -> None:
    draw = getattr(documents, material)
    one, same, other = draw(1, 1), draw(1, 1), draw(1, 2)
    assert np.array_equal(one, same)
    assert one.shape == other.shape
    assert not np.array_equal(one, other)


def test_a_chat_differs_in_one_message_alone() -> None:
    rows = np.flatnonzero((documents.chat(2, 1) != documents.chat(2, 2)).any(axis=(1, 2)))
    assert rows.size
    assert rows.max() - rows.min() < 90


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_photo_without_its_metadata_is_shown_as_before(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, "Acme"
    out = io.BytesIO()
    Image.new("RGB", (64, 48), (200, 30, 30)).save(out, "JPEG", exif=exif.tobytes())
    bare = capture_times.stripped(out.getvalue())
    assert capture_times.orientation_of(bare) == orientation
    with Image.open(io.BytesIO(bare)) as opened:
        assert 0x010F not in opened.getexif()


def test_capture_times_come_back_as_they_were_written(picture: Picture) -> None:
    rng = np.random.default_rng(4)
    taken = capture_times.Taken(capture_times.EPOCH, 250, "Canon", "Canon EOS 80D")
    plain = encode(CHANGES[0].apply(picture, rng))
    stamped = capture_times.with_block(plain, capture_times.block(taken, Exif.KEPT, rng) or b"")
    assert capture_times.read_taken(stamped) == taken
    assert capture_times.without_blocks(stamped) == plain
    assert np.array_equal(upright(stamped), upright(plain))
    assert capture_times.read_taken(plain) is None


def test_a_shifted_time_is_off_by_whole_hours_and_a_zeroed_one_is_no_time(picture: Picture) -> None:
    rng = np.random.default_rng(4)
    taken = capture_times.Taken(capture_times.EPOCH, 250, "Canon", "Canon EOS 80D")
    rendered = next(change for change in CHANGES if change.name == "webp").apply(picture, rng)
    shifted = capture_times.read_taken(encode(rendered, capture_times.block(taken, Exif.SHIFTED, rng)))
    assert shifted is not None
    off = abs((shifted.time - taken.time).total_seconds())
    assert off > 0
    assert off % 3600 == 0
    assert capture_times.read_taken(encode(rendered, capture_times.block(taken, Exif.ZEROED, rng))) is None
    assert capture_times.block(taken, Exif.STRIPPED, rng) is None


def photos(folder: Path) -> Path:
    folder.mkdir()
    for name in ("astronaut", "chelsea", "coffee", "rocket"):
        image = Image.fromarray(resized(np.asarray(getattr(data, name)()), 0.4))
        image.save(folder / f"{name}.jpg", quality=92)
    return folder


def hashes(manifest: Manifest) -> dict[str, str]:
    files = (path for path in manifest.root.rglob("*") if path.is_file())
    return {str(p.relative_to(manifest.root)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    place = tmp_path_factory.mktemp("tree")
    return build(TreeOptions((str(photos(place / "photos")),), copies=8), place / "work", jobs=1)


def test_the_answer_sheet_names_every_file_once(tree: Manifest) -> None:
    assert sorted(hashes(tree)) == [entry.path for entry in tree.entries]
    assert Manifest.load(tree.root, tree.root.parent / "manifest.json") == tree


def test_every_copy_has_its_original_and_no_change_comes_again_before_all_have_come_up(tree: Manifest) -> None:
    originals = {entry.capture for entry in tree.entries if entry.kind is Kind.ORIGINAL}
    copies = [entry for entry in tree.entries if entry.kind is Kind.COPY]
    assert {entry.capture for entry in copies} <= originals
    changes = Counter(e.change for e in copies if e.material == "photo" and not e.capture.endswith(" next") and e.tier)
    assert set(changes.values()) == {1}
    assert len(changes) == 32 == 4 * 8
    assert changes.keys() < {change.name for change in CHANGES}


def test_the_tree_holds_what_must_not_be_merged(tree: Manifest) -> None:
    captures = {entry.capture for entry in tree.entries if entry.kind is Kind.ORIGINAL}
    assert sum(capture.endswith(" next") for capture in captures) == 1
    assert {e.change for e in tree.entries if e.kind is Kind.ALTERED} <= {"moved", "replaced", "retouched"}
    assert {e.material for e in tree.entries} == {"photo", "page", "receipt", "chat", "blank"}


def test_exact_copies_have_the_same_bytes_or_the_same_picture(tree: Manifest) -> None:
    found = {e.change: tree.root / e.path for e in tree.entries if e.capture.startswith("photos/") and not e.tier}
    original = next(e for e in tree.entries if e.capture == exact_capture(tree) and e.kind is Kind.ORIGINAL)
    data_of_original = (tree.root / original.path).read_bytes()
    assert found["same bytes"].read_bytes() == data_of_original
    other = found["other metadata"].read_bytes()
    assert other != data_of_original
    assert capture_times.without_blocks(other) == capture_times.without_blocks(data_of_original)


def exact_capture(tree: Manifest) -> str:
    return next(entry.capture for entry in tree.entries if entry.change == "same bytes")


def test_the_same_options_give_the_same_tree(tree: Manifest, tmp_path: Path) -> None:
    source = tree.root.parents[2] / "photos"
    again = build(TreeOptions((str(source),), copies=8), tmp_path / "again", jobs=2)
    assert again.entries == tree.entries
    assert hashes(again) == hashes(tree)


def test_shots_taken_seconds_apart_are_one_scene_and_different_captures(tmp_path: Path) -> None:
    folder, rng = photos(tmp_path / "walk"), np.random.default_rng(0)
    for second, path in enumerate(sorted(folder.iterdir())):
        taken = capture_times.Taken(capture_times.EPOCH.replace(second=second * 9), None, "Canon", "Canon EOS 80D")
        path.write_bytes(capture_times.with_block(path.read_bytes(), capture_times.block(taken, Exif.KEPT, rng) or b""))
    tree = build(TreeOptions((str(folder),), copies=1), tmp_path / "work", jobs=1)
    shots = [e for e in tree.entries if e.kind is Kind.ORIGINAL and e.material == "photo"]
    assert {shot.scene for shot in shots} == {"sequence walk"}
    assert len({shot.capture for shot in shots}) == 4


def test_a_folder_without_photos_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no photo"):
        build(TreeOptions((str(tmp_path),)), tmp_path / "work")


def test_what_can_be_seen_follows_the_change(tree: Manifest) -> None:
    seen = {entry.change: entry.visible for entry in tree.entries if entry.kind is not Kind.ORIGINAL}
    assert seen["half size"] is Visible.NOTHING
    assert seen["blur"] is Visible.EITHER
    assert seen["crop 95"] is Visible.SOMETHING
    assert seen["date stamp"] is Visible.SOMETHING
    assert seen["same bytes"] is Visible.NOTHING


def test_a_copy_is_a_valid_picture_of_its_kind(tree: Manifest) -> None:
    formats = {".jpg": "JPEG", ".png": "PNG", ".webp": "WEBP"}
    for entry in tree.entries:
        file = tree.root / entry.path
        assert Image.open(io.BytesIO(file.read_bytes())).format == formats[file.suffix]


def test_document_tasks_cover_every_kind(tmp_path: Path) -> None:
    tasks = list(makers.document_tasks(str(tmp_path), 1))
    assert {task.material for task in tasks} == {"page", "receipt", "chat", "blank"}
