"""The photos of a tree, each once, and nothing that is none."""

from __future__ import annotations

import inspect
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dedupe.errors import MissingRootError
from dedupe.tree import dir_entry
from dedupe.tree import walk as walking
from dedupe.tree.ignore import Excludes
from dedupe.tree.walk import MARKER, Walk, WalkOptions, walk
from dedupe.types import CompanionKind, FileStamp, SkipKind
from tests.decoding.made import encoded, put, quarters, stamp

PHOTO = b"\xff\xd8\xff stands for a photo"


def _tree(root: Path, *names: str) -> None:
    for number, name in enumerate(names):
        put(root, name, PHOTO + bytes([number]))


def _names(found: Walk, root: Path) -> list[str]:
    return [os.path.relpath(file.path, root) for file in found.files]


def test_photos_are_found_at_any_depth_in_the_order_of_their_paths(tmp_path: Path) -> None:
    names = ["a/b/c.jpg", "a.jpg", "a b/x.JPG", "Z.png", "a/Ä.HeiC", "a/b.tif", "ö/1.nef"]
    _tree(tmp_path, *names)
    found = walk([str(tmp_path)])
    assert _names(found, tmp_path) == sorted(names, key=os.fsencode)
    assert found.skipped == ()


def test_a_photo_carries_its_root_and_its_stamp(tmp_path: Path) -> None:
    _tree(tmp_path, "sub/a.jpg")
    (file,) = walk([str(tmp_path)]).files
    assert file.root == str(tmp_path)
    assert file.path == str(tmp_path / "sub" / "a.jpg")
    assert file.stamp == FileStamp.of(os.lstat(file.path)) == stamp(file.path)
    assert (file.companions, file.links_inside, file.protected, file.reference) == ((), (), False, False)
    assert hash(file) == hash(file) and repr(file).startswith("PhotoFile(path=")


FORMATS = "jpg jpeg png webp tif tiff bmp gif jp2 avif heic heif cr2 cr3 nef arw dng orf rw2 raf pef srw"


def test_every_format_is_found_whatever_the_case_of_its_extension(tmp_path: Path) -> None:
    endings = FORMATS.split()
    _tree(tmp_path, *(f"{kind}.{spelt}" for kind in endings for spelt in (kind, kind.upper(), kind.title())))
    assert len(walk([str(tmp_path)]).files) == 3 * len(endings)


def test_what_is_clearly_no_photo_is_not_mentioned(tmp_path: Path) -> None:
    _tree(tmp_path, "a.txt", "b.mp3", "c.pdf", "Makefile", "d.jpg.part", "e.json", "f.xmp", "film.mov", "g.")
    put(tmp_path, "h", b"#!/bin/sh")
    found = walk([str(tmp_path)])
    assert (_names(found, tmp_path), found.skipped) == (["Makefile"], ())  # _tree writes a photo's first bytes


def test_a_file_without_an_extension_is_a_photo_when_it_begins_as_one(tmp_path: Path) -> None:
    put(tmp_path, "0a1b2c3d", encoded(quarters()))
    put(tmp_path, "README", b"BM is how this text begins, and it goes on for a while")
    put(tmp_path, "empty", b"")
    assert _names(walk([str(tmp_path)]), tmp_path) == ["0a1b2c3d"]


HIDDEN = [".hidden.jpg", ".folder/a.jpg", "sub/.x/b.jpg"]
SYSTEM = [
    "@eaDir/a.jpg", ".Trash/a.jpg", ".Trash-1000/files/a.jpg", "sub/.Trashes/501/a.jpg", "$RECYCLE.BIN/S-1/a.jpg",
    ".thumbnails/a.jpg", "System Volume Information/a.jpg", "Fotos.photoslibrary/originals/1/a.jpg", "#recycle/a.jpg",
    "iPhoto Library.photolibrary/Masters/a.jpg", "Lib.aplibrary/a.jpg", "Lightroom Previews.lrdata/a/a.jpg",
]  # fmt: skip


def test_hidden_files_and_folders_are_left_out_unless_asked_for(tmp_path: Path) -> None:
    _tree(tmp_path, "a.jpg", *HIDDEN, "._a.jpg")
    assert _names(walk([str(tmp_path)]), tmp_path) == ["a.jpg"]
    found = walk([str(tmp_path)], WalkOptions(include_hidden=True))
    assert _names(found, tmp_path) == sorted(["a.jpg", *HIDDEN])


def test_trash_thumbnails_and_other_programs_libraries_are_always_left_out(tmp_path: Path) -> None:
    _tree(tmp_path, "a.jpg", *SYSTEM)
    for options in (WalkOptions(), WalkOptions(include_hidden=True, follow=True)):
        found = walk([str(tmp_path)], options)
        assert (_names(found, tmp_path), found.skipped) == (["a.jpg"], ())


def test_a_root_is_walked_whatever_it_is_called_but_a_librarys_photos_are_protected(tmp_path: Path) -> None:
    _tree(tmp_path, ".hidden/a.jpg", "My.photoslibrary/originals/b.jpg")
    (hidden,) = walk([str(tmp_path / ".hidden")]).files
    assert not hidden.protected
    for root in ("My.photoslibrary", "My.photoslibrary/originals"):
        (file,) = walk([str(tmp_path / root)]).files
        assert file.protected


def test_a_folder_that_dedupe_filled_is_left_out_unless_it_is_named(tmp_path: Path) -> None:
    _tree(tmp_path, "a.jpg", "moved/b.jpg", "moved/sub/c.jpg", f"moved/{MARKER}", "other/d.jpg")
    assert _names(walk([str(tmp_path)]), tmp_path) == ["a.jpg", "other/d.jpg"]
    assert _names(walk([str(tmp_path / "moved")]), tmp_path) == ["moved/b.jpg", "moved/sub/c.jpg"]


def test_small_files_are_left_out_when_asked(tmp_path: Path) -> None:
    put(tmp_path, "small.jpg", PHOTO)
    put(tmp_path, "exact.jpg", PHOTO + b"x" * (100 - len(PHOTO)))
    put(tmp_path, "nameless", PHOTO)
    assert _names(walk([str(tmp_path)], WalkOptions(min_bytes=100)), tmp_path) == ["exact.jpg"]


@pytest.mark.parametrize(
    ("glob", "left"),
    [
        ("*.png", ["a.jpg", "sub/a.jpg", "sub/deep/a.jpg", "tmp/a.jpg"]),
        ("tmp", ["a.jpg", "b.png", "sub/a.jpg", "sub/deep/a.jpg"]),
        ("a.jpg", ["b.png"]),
        ("a.jpg/", ["a.jpg", "b.png", "sub/a.jpg", "sub/deep/a.jpg", "tmp/a.jpg"]),
        ("sub/*", ["a.jpg", "b.png", "tmp/a.jpg"]),
        ("sub/deep", ["a.jpg", "b.png", "sub/a.jpg", "tmp/a.jpg"]),
        ("*/a.jpg", ["a.jpg", "b.png"]),
        ("deep/*", ["a.jpg", "b.png", "sub/a.jpg", "sub/deep/a.jpg", "tmp/a.jpg"]),
        ("[at]*", ["b.png", "sub/deep/a.jpg"][:1]),
    ],
)
def test_globs_leave_out_names_and_paths_below_the_root(tmp_path: Path, glob: str, left: list[str]) -> None:
    _tree(tmp_path, "a.jpg", "b.png", "sub/a.jpg", "sub/deep/a.jpg", "tmp/a.jpg")
    assert _names(walk([str(tmp_path)], WalkOptions(exclude=(glob,))), tmp_path) == left


def test_a_glob_with_a_whole_path_leaves_out_that_path(tmp_path: Path) -> None:
    _tree(tmp_path, "a.jpg", "sub/a.jpg")
    found = walk([str(tmp_path)], WalkOptions(exclude=(f"{tmp_path}/sub",)))
    assert _names(found, tmp_path) == ["a.jpg"]


def test_several_globs_each_leave_out_theirs_and_empty_ones_nothing(tmp_path: Path) -> None:
    _tree(tmp_path, "a.jpg", "b.png", "c.gif")
    assert _names(walk([str(tmp_path)], WalkOptions(exclude=("*.png", "", "/", "*.gif"))), tmp_path) == ["a.jpg"]
    assert not Excludes(("", "/"))


def test_a_missing_root_a_file_and_a_missing_protected_folder_are_one_sentence(tmp_path: Path) -> None:
    _tree(tmp_path, "a.jpg")
    with pytest.raises(MissingRootError, match=r"nowhere does not exist\.$"):
        walk([str(tmp_path), str(tmp_path / "nowhere")])
    with pytest.raises(MissingRootError, match=r"a\.jpg is a file, not a folder\.$"):
        walk([str(tmp_path / "a.jpg")])
    for options in (WalkOptions(protect=("/no/where",)), WalkOptions(reference=("/no/where",))):
        with pytest.raises(MissingRootError, match="/no/where does not exist"):
            walk([str(tmp_path)], options)
    with pytest.raises(MissingRootError):
        walk(["a\x00b"])


def test_an_error_shows_a_name_with_control_characters_harmlessly(tmp_path: Path) -> None:
    with pytest.raises(MissingRootError) as caught:
        walk([str(tmp_path / "\x1b]0;owned\x07")])
    assert str(caught.value).isprintable()


def test_protected_and_reference_folders_mark_what_is_in_them(tmp_path: Path) -> None:
    _tree(tmp_path, "a.jpg", "keep/b.jpg", "keep/sub/c.jpg", "ref/d.jpg")
    options = WalkOptions(protect=(str(tmp_path / "keep"),), reference=(str(tmp_path / "ref"),))
    found = {os.path.basename(file.path): file for file in walk([str(tmp_path)], options).files}
    assert {name: file.protected for name, file in found.items()} == {
        "a.jpg": False, "b.jpg": True, "c.jpg": True, "d.jpg": False,
    }  # fmt: skip
    assert [name for name, file in found.items() if file.reference] == ["d.jpg"]


def test_a_root_inside_a_protected_folder_is_protected(tmp_path: Path) -> None:
    _tree(tmp_path, "all/2020/a.jpg")
    (tmp_path / "link").symlink_to(tmp_path / "all")
    for folder in ("all", "link"):
        (file,) = walk([str(tmp_path / "all/2020")], WalkOptions(protect=(str(tmp_path / folder),))).files
        assert file.protected


def test_a_reference_folder_outside_the_roots_is_walked_too(tmp_path: Path) -> None:
    _tree(tmp_path, "new/a.jpg", "old/b.jpg")
    found = walk([str(tmp_path / "new")], WalkOptions(reference=(str(tmp_path / "old"),)))
    assert [(os.path.basename(file.path), file.reference) for file in found.files] == [
        ("a.jpg", False),
        ("b.jpg", True),
    ]


def test_companions_are_attached_with_what_lstat_says_of_them(tmp_path: Path) -> None:
    _tree(tmp_path, "s/IMG_1.HEIC", "s/IMG_1.MOV", "s/IMG_1.AAE", "s/other.mov", "IMG_1.AAE")
    (file,) = walk([str(tmp_path)]).files
    assert [(os.path.basename(one.path), one.kind) for one in file.companions] == [
        ("IMG_1.AAE", CompanionKind.EDIT),
        ("IMG_1.MOV", CompanionKind.VIDEO),
    ]
    assert all(one.stamp == stamp(one.path) for one in file.companions)


def test_a_folder_or_a_link_is_no_companion(tmp_path: Path) -> None:
    _tree(tmp_path, "IMG_1.jpg", "IMG_1.xmp/inside.txt", "target.mov")
    (tmp_path / "IMG_1.mov").symlink_to(tmp_path / "target.mov")
    (file,) = walk([str(tmp_path)]).files
    assert file.companions == ()


def test_an_icloud_placeholder_is_listed_not_downloaded(tmp_path: Path) -> None:
    _tree(tmp_path, ".IMG_1.HEIC.icloud", "IMG_2.jpg.icloud", ".notes.txt.icloud", "IMG_3.HEIC")
    found = walk([str(tmp_path)])
    assert _names(found, tmp_path) == ["IMG_3.HEIC"]
    assert [(os.path.basename(one.path), one.kind) for one in found.skipped] == [
        (".IMG_1.HEIC.icloud", SkipKind.PLACEHOLDER),
        ("IMG_2.jpg.icloud", SkipKind.PLACEHOLDER),
    ]


@pytest.mark.parametrize(
    ("status", "cloud", "hidden"),
    [
        ({"st_flags": 0x40000000}, True, False),
        ({"st_flags": 0x8000}, False, True),
        ({"st_flags": 0x40}, False, False),
        ({"st_file_attributes": 0x400000}, True, False),
        ({"st_file_attributes": 0x1000}, True, False),
        ({"st_file_attributes": 0x2}, False, True),
        ({"st_file_attributes": 0x20}, False, False),
        ({}, False, False),
    ],
)
def test_what_macos_and_windows_say_of_clouded_and_hidden_files_is_understood(
    status: dict[str, int], cloud: bool, hidden: bool
) -> None:
    found: Any = SimpleNamespace(**status)
    assert (dir_entry.is_in_the_cloud(found), dir_entry.is_flagged_hidden(found)) == (cloud, hidden)


def test_files_that_are_only_in_the_cloud_are_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on macOS and Windows, where the status says so."""
    _tree(tmp_path, "here.jpg", "cloud.jpg", "nameless")
    monkeypatch.setattr(dir_entry, "FLAGGED", True)
    small = os.lstat(tmp_path / "cloud.jpg").st_ino
    monkeypatch.setattr(dir_entry, "is_in_the_cloud", lambda found: found.st_ino == small)
    found = walk([str(tmp_path)])
    assert _names(found, tmp_path) == ["here.jpg", "nameless"]
    assert [one.kind for one in found.skipped] == [SkipKind.PLACEHOLDER]


def test_a_sparse_file_is_no_placeholder(tmp_path: Path) -> None:
    _tree(tmp_path, "a.tif")
    os.truncate(tmp_path / "a.tif", 1 << 20)
    assert len(walk([str(tmp_path)]).files) == 1


def test_a_file_that_vanishes_during_the_walk_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _tree(tmp_path, "a.jpg", "b.jpg")
    real = walking.record

    def vanishing(path: str, *arguments: Any) -> Any:
        for name in ("a.jpg", "b.jpg"):
            if not path.endswith(name):
                (tmp_path / name).unlink(missing_ok=True)
        return real(path, *arguments)

    monkeypatch.setattr(walking, "record", vanishing)
    assert len(walk([str(tmp_path)]).files) == 1


def test_the_same_tree_gives_the_same_walk_in_whatever_order_roots_are_named(tmp_path: Path) -> None:
    _tree(tmp_path, "a/1.jpg", "a/b/2.jpg", "c/3.jpg")
    roots = [str(tmp_path / "a" / "b"), str(tmp_path / "a"), str(tmp_path / "c")]
    one, two = walk(roots), walk(roots[::-1])
    assert one == two
    assert [file.root for file in one.files] == [roots[1], roots[1], roots[2]]


def test_a_root_may_be_written_in_any_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _tree(tmp_path, "a/1.jpg", "b/2.jpg")
    monkeypatch.chdir(tmp_path / "a")
    for root in (".", "./", "../a", str(tmp_path / "a") + "//", str(tmp_path / "b" / ".." / "a")):
        (file,) = walk([root]).files
        assert file.path == str(tmp_path / "a" / "1.jpg"), root


def test_walking_touches_nothing(tmp_path: Path) -> None:
    _tree(tmp_path, "a/1.jpg", "a/IMG.xmp", "nameless", ".x/y.jpg")
    before = {path: (os.lstat(path).st_mtime_ns, os.lstat(path).st_mode) for path in tmp_path.rglob("*")}
    walk([str(tmp_path)], WalkOptions(include_hidden=True, follow=True))
    assert {path: (os.lstat(path).st_mtime_ns, os.lstat(path).st_mode) for path in tmp_path.rglob("*")} == before


def test_the_garbage_collector_is_left_as_it_was(tmp_path: Path) -> None:
    import gc

    assert gc.isenabled()
    with pytest.raises(MissingRootError):
        walk([str(tmp_path / "missing")])
    assert gc.isenabled()
    gc.disable()
    try:
        walk([str(tmp_path)])
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_a_deep_tree_is_walked_without_recursion(tmp_path: Path) -> None:
    _tree(tmp_path, "d/" * 150 + "deep.jpg")
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack(0)) + 80)
    try:
        found = walk([str(tmp_path)])
    finally:
        sys.setrecursionlimit(limit)
    assert [os.path.basename(file.path) for file in found.files] == ["deep.jpg"]
