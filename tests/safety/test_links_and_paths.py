"""Links, loops, repeated paths, folded names and names of any byte: one photo is never taken for two (rows 4-7, 17)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from dedupe.tree.walk import Walk, WalkOptions, walk
from dedupe.types import SkipKind
from tests.support import make, tree_snapshot

FOLLOW = WalkOptions(follow=True)
PHOTO = b"\xff\xd8\xff stands for a photo"


def _names(found: Walk, root: Path) -> list[str]:
    return [os.path.relpath(file.path, root) for file in found.files]


# Row 4: hard links


def test_two_names_of_one_inode_are_one_photo_that_knows_both(tmp_path: Path) -> None:
    make(tmp_path, {"b/photo.jpg": PHOTO})
    (tmp_path / "a").mkdir()
    os.link(tmp_path / "b/photo.jpg", tmp_path / "a/copy.jpg")
    before = tree_snapshot(tmp_path)
    (file,) = walk([str(tmp_path)]).files
    assert file.path == str(tmp_path / "a/copy.jpg")
    assert file.links_inside == (str(tmp_path / "b/photo.jpg"),)
    assert file.stamp.links == 2
    assert tree_snapshot(tmp_path) == before


def test_a_name_outside_the_roots_is_noticed_as_missing(tmp_path: Path) -> None:
    make(tmp_path, {"inside/a.jpg": PHOTO, "outside/keep.txt": b""})
    os.link(tmp_path / "inside/a.jpg", tmp_path / "outside/a.jpg")
    os.link(tmp_path / "inside/a.jpg", tmp_path / "inside/b.jpg")
    (file,) = walk([str(tmp_path / "inside")]).files
    assert 1 + len(file.links_inside) == 2 < file.stamp.links == 3


def test_one_protected_name_protects_all_names(tmp_path: Path) -> None:
    make(tmp_path, {"a/1.jpg": PHOTO, "keep/x.txt": b"", "ref/x.txt": b""})
    os.link(tmp_path / "a/1.jpg", tmp_path / "keep/1.jpg")
    os.link(tmp_path / "a/1.jpg", tmp_path / "ref/1.jpg")
    options = WalkOptions(protect=(str(tmp_path / "keep"),), reference=(str(tmp_path / "ref"),))
    (file,) = walk([str(tmp_path)], options).files
    assert file.protected and file.reference and len(file.links_inside) == 2


def test_the_companions_of_every_name_are_kept(tmp_path: Path) -> None:
    make(tmp_path, {"a/1.jpg": PHOTO, "a/1.xmp": b"", "b/1.xmp": b""})
    os.link(tmp_path / "a/1.jpg", tmp_path / "b/1.jpg")
    (file,) = walk([str(tmp_path)]).files
    assert {one.path for one in file.companions} == {str(tmp_path / "a/1.xmp"), str(tmp_path / "b/1.xmp")}


def test_equal_bytes_in_two_inodes_are_two_photos(tmp_path: Path) -> None:
    make(tmp_path, {"a.jpg": PHOTO, "b.jpg": PHOTO})
    found = walk([str(tmp_path)]).files
    assert len(found) == 2 and not any(file.links_inside for file in found)


# Row 5: symbolic links


@pytest.fixture
def linked(tmp_path: Path) -> Path:
    """A tree with every kind of link in it, and a photo outside that only links lead to."""
    make(tmp_path, {"in/a.jpg": PHOTO, "in/sub/b.jpg": PHOTO, "out/c.jpg": PHOTO, "out/deep/d.jpg": PHOTO})
    inside = tmp_path / "in"
    (inside / "loop").symlink_to(".")
    (inside / "sub/up").symlink_to("..")
    (inside / "to-file.jpg").symlink_to("a.jpg")
    (inside / "dangling.jpg").symlink_to("nowhere.jpg")
    (inside / "dangling").symlink_to("nowhere")
    (inside / "self.jpg").symlink_to("self.jpg")
    (inside / "to-out.jpg").symlink_to(tmp_path / "out/c.jpg")
    (inside / "to-out-again.jpg").symlink_to(tmp_path / "out/c.jpg")
    (inside / "to-deep").symlink_to(tmp_path / "out/deep")
    return inside


def test_links_are_not_followed_by_default(linked: Path) -> None:
    before = tree_snapshot(linked)
    found = walk([str(linked)])
    assert (_names(found, linked), found.skipped) == (["a.jpg", "sub/b.jpg"], ())
    assert tree_snapshot(linked) == before


def test_followed_links_end_and_lead_to_each_photo_once(linked: Path) -> None:
    found = walk([str(linked)], FOLLOW)
    assert _names(found, linked) == ["a.jpg", "sub/b.jpg", "to-deep/d.jpg", "to-out-again.jpg"]
    assert [(os.path.basename(one.path), one.kind) for one in found.skipped] == [
        ("dangling.jpg", SkipKind.UNREADABLE),
        ("self.jpg", SkipKind.UNREADABLE),
    ]


def test_a_photo_that_only_a_link_leads_to_is_protected_and_knows_no_names(linked: Path) -> None:
    found = {os.path.basename(file.path): file for file in walk([str(linked)], FOLLOW).files}
    assert {name for name, file in found.items() if file.protected} == {"to-out-again.jpg"}
    assert all(file.links_inside == () for file in found.values())
    assert found["to-out-again.jpg"].stamp.inode == os.stat(linked.parent / "out/c.jpg").st_ino


def test_a_folder_reached_directly_and_by_a_link_keeps_its_own_path(tmp_path: Path) -> None:
    make(tmp_path, {"z/photo.jpg": PHOTO})
    (tmp_path / "a-link").symlink_to("z")
    assert _names(walk([str(tmp_path)], FOLLOW), tmp_path) == ["z/photo.jpg"]


def test_a_link_into_another_programs_library_is_not_followed(tmp_path: Path) -> None:
    make(tmp_path, {"in/a.jpg": PHOTO, "P.photoslibrary/originals/b.jpg": PHOTO})
    (tmp_path / "in/more").symlink_to(tmp_path / "P.photoslibrary/originals")
    assert _names(walk([str(tmp_path / "in")], FOLLOW), tmp_path / "in") == ["a.jpg"]


# Row 6: one file by several paths


def test_nested_and_repeated_roots_show_each_photo_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, {"d/a.jpg": PHOTO, "d/sub/b.jpg": PHOTO})
    monkeypatch.chdir(tmp_path)
    expected = walk(["d"])
    assert len(expected.files) == 2
    for roots in (["d", "d", "d/sub", "./d"], ["d/sub", "d"], [str(tmp_path / "d"), "d/"], ["d/sub/..", "d/sub"]):
        assert walk(roots) == expected


def test_a_root_that_is_a_link_to_another_root_adds_nothing(tmp_path: Path) -> None:
    make(tmp_path, {"d/a.jpg": PHOTO})
    (tmp_path / "link").symlink_to("d")
    assert len(walk([str(tmp_path / "d"), str(tmp_path / "link")]).files) == 1
    (file,) = walk([str(tmp_path / "link")]).files
    assert file.path == str(tmp_path / "link/a.jpg")


def _unshared(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["unshare", "-rm", "sh", "-c", script], capture_output=True, text=True, check=False)


def test_a_folder_mounted_a_second_time_shows_each_photo_once(tmp_path: Path) -> None:
    make(tmp_path, {"d/a.jpg": PHOTO, "d/sub/b.jpg": PHOTO, "again/x.txt": b""})
    code = (
        "import json, sys; from dedupe.tree.walk import walk; "
        "print(json.dumps([file.path for file in walk([sys.argv[1]]).files]))"
    )
    if os.name != "posix" or _unshared(f"mount --bind {tmp_path}/d {tmp_path}/again").returncode:
        pytest.skip("no private mounts here")
    done = _unshared(f"mount --bind {tmp_path}/d {tmp_path}/again && {sys.executable} -c '{code}' {tmp_path}")
    assert done.returncode == 0, done.stderr
    paths = json.loads(done.stdout)
    assert len(paths) == 2 and {os.path.basename(path) for path in paths} == {"a.jpg", "b.jpg"}


# Row 7: names that a file system folds


def test_two_spellings_of_one_folded_name_are_one_photo(tmp_path: Path) -> None:
    make(tmp_path, {"Downloads/A.JPG": PHOTO})
    if not (tmp_path / "downloads/a.jpg").exists():
        pytest.skip("this file system tells the spellings apart")
    found = walk([str(tmp_path / "Downloads"), str(tmp_path / "downloads"), str(tmp_path)])
    assert len(found.files) == 1


def test_names_that_differ_in_case_or_composition_alone_are_two_photos_where_the_system_has_both(
    tmp_path: Path,
) -> None:
    composed, apart = (unicodedata.normalize(form, "é.jpg") for form in ("NFC", "NFD"))
    for name in ("a.jpg", "A.JPG", composed, apart):
        (tmp_path / name).write_bytes(PHOTO)
    there = sorted((name for name in os.listdir(tmp_path)), key=os.fsencode)
    assert _names(walk([str(tmp_path)]), tmp_path) == there


def test_a_root_in_another_spelling_is_the_same_folder_by_its_identity(tmp_path: Path) -> None:
    """What a folding file system does to names, a link does here: two paths, one (device, inode)."""
    make(tmp_path, {"Bilder/a.jpg": PHOTO, "Bilder/sub/b.jpg": PHOTO})
    (tmp_path / "BILDER").symlink_to("Bilder")
    for roots in (["Bilder", "BILDER"], ["BILDER/sub", "Bilder"], ["BILDER", "Bilder/sub", "Bilder"]):
        assert len(walk([str(tmp_path / root) for root in roots]).files) == 2


# Row 17: any byte in a name


EVIL = [
    b"\xff.jpg", b"\xff\xfe\x80.JPG", b"new\nline.jpg", b"\x1b]0;owned\x07.jpg", b"[/x].jpg", b":smile:.jpg", b" .jpg",
    b"-rf.jpg", b"a\\b.jpg", "\u202egpj.exe.jpg".encode(), b"%s%n.jpg", b"'\"`$(x).jpg", b"*?.jpg", b"caf\xe9/\xff.png",
]  # fmt: skip


@pytest.fixture
def evil(tmp_path: Path) -> Path:
    """A folder of photos with the worst names that the file system takes."""
    for name in EVIL:
        path = os.path.join(os.fsencode(tmp_path), name)
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            Path(os.fsdecode(path)).write_bytes(PHOTO)
        except OSError:
            continue
    return tmp_path


def test_names_of_any_byte_are_found_and_give_their_bytes_back(evil: Path) -> None:
    on_disk = sorted(os.path.join(folder, name) for folder, _, names in os.walk(os.fsencode(evil)) for name in names)
    assert len(on_disk) >= 10
    assert [os.fsencode(file.path) for file in walk([str(evil)]).files] == on_disk


def test_names_of_any_byte_take_companions_globs_and_links(tmp_path: Path) -> None:
    base = os.fsencode(tmp_path)
    for name in (b"\xff.jpg", b"\xff.xmp", b"\xfe.jpg"):
        Path(os.fsdecode(os.path.join(base, name))).write_bytes(PHOTO)
    os.link(os.path.join(base, b"\xff.jpg"), os.path.join(base, b"\xfd.jpg"))
    found = walk([str(tmp_path)]).files
    assert [os.fsencode(os.path.basename(file.path)) for file in found] == [b"\xfd.jpg", b"\xfe.jpg"]
    assert [os.fsencode(os.path.basename(path)) for path in found[0].links_inside] == [b"\xff.jpg"]
    assert [os.fsencode(os.path.basename(one.path)) for one in found[0].companions] == [b"\xff.xmp"]
    excluded = walk([str(tmp_path)], WalkOptions(exclude=(os.fsdecode(b"\xfe*"),))).files
    assert [os.fsencode(os.path.basename(file.path)) for file in excluded] == [b"\xfd.jpg"]


def test_a_root_of_any_bytes_is_walked(tmp_path: Path) -> None:
    root = os.fsdecode(os.path.join(os.fsencode(tmp_path), b"\xff\xfe"))
    Path(root).mkdir()
    Path(root, "a.jpg").write_bytes(PHOTO)
    (file,) = walk([root]).files
    assert file.root == root and file.path == os.path.join(root, "a.jpg")


# What may not be read


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter; pytest's own are the owner's alone."""
    with tempfile.TemporaryDirectory(prefix="dedupe-test-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def _walk_as_nobody(root: Path) -> list[list[str]]:
    """Walk in a child that has given up root: [files, skipped paths and kinds] or [error]."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
            try:
                found = walk([str(root)])
                answer = [_names(found, root), [f"{os.path.relpath(s.path, root)}: {s.kind}" for s in found.skipped]]
            except Exception as problem:
                answer = [[type(problem).__name__, str(problem)]]
            os.write(writing, json.dumps(answer).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        answer = json.loads(pipe.read())
    os.waitpid(child, 0)
    return answer  # type: ignore[no-any-return]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a child that gives up its rights")
def test_a_folder_that_may_not_be_read_is_listed_and_the_rest_goes_on(open_folder: Path) -> None:
    make(open_folder, {"a.jpg": PHOTO, "closed/b.jpg": PHOTO, "listed/c.jpg": PHOTO, "z/d.jpg": PHOTO})
    (open_folder / "closed").chmod(0)
    (open_folder / "listed").chmod(0o444)  # names may be read, nothing behind them
    try:
        files, skipped = _walk_as_nobody(open_folder)
    finally:
        for name in ("closed", "listed"):
            (open_folder / name).chmod(0o755)
    assert files == ["a.jpg", "z/d.jpg"]
    assert skipped == ["closed: unreadable", "listed: unreadable"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a child that gives up its rights")
def test_a_root_that_may_not_be_read_is_one_sentence(open_folder: Path) -> None:
    (open_folder / "closed").mkdir(mode=0)
    (answer,) = _walk_as_nobody(open_folder / "closed")
    assert answer[0] == "MissingRootError"
    assert answer[1].endswith("closed can't be read: Permission denied.")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no such files here")
def test_pipes_and_sockets_with_photo_names_are_no_photos(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    os.mkfifo(tmp_path / "nameless")
    make(tmp_path, {"folder.jpg/a.jpg": PHOTO})
    found = walk([str(tmp_path)])
    assert (_names(found, tmp_path), found.skipped) == (["folder.jpg/a.jpg"], ())
