"""A photo that two scanned folders show is one photo: pools, mounts of the own disk, files mounted over files, two spellings."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from benchmarks.volumes import UnavailableError, mounted
from dedupe.errors import UsageError
from dedupe.mounts import Mount, parse_whole
from dedupe.tree import aliases
from dedupe.tree.walk import WalkOptions, walk


def names(*roots: Path) -> list[str]:
    return [os.path.basename(path) for path in walk([str(root) for root in roots]).files.paths]


def photo(path: Path, content: bytes = b"\xff\xd8") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_a_mount_table_is_read_with_its_escapes_undone() -> None:
    [mount] = parse_whole(rb"36 35 0:44 /sub /mnt/my\040pool rw,relatime shared:1 - fuse.mergerfs a\040b rw,user_id=0")
    assert mount == Mount("/mnt/my pool", "fuse.mergerfs", "a b", "rw,user_id=0")


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("localhost:/data", ("/data",)),
        ("me@127.0.0.1:/data/", ("/data",)),
        (":/data", ("/data",)),
        ("nas:/data", ()),
        ("me@nas.example:/data", ()),
    ],
)
def test_a_network_mount_of_this_machine_is_known_by_its_host(source: str, shown: tuple[str, ...]) -> None:
    assert aliases.shown_by(Mount("/mnt", "fuse.sshfs", source=source)) == shown


def test_the_layers_of_an_overlay_are_what_it_shows() -> None:
    options = "rw,lowerdir=/low:/lower,upperdir=/up,workdir=/work"
    assert aliases.shown_by(Mount("/mnt", "overlay", options=options)) == ("/low", "/lower", "/up")


def test_a_photo_that_an_overlay_shows_again_counts_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photo(tmp_path / "low/a.jpg")
    photo(tmp_path / "shown/a.jpg")
    mount = Mount(str(tmp_path / "shown"), "overlay", options=f"lowerdir={tmp_path / 'low'}")
    monkeypatch.setattr(aliases, "whole", lambda: [mount])
    assert walk([str(tmp_path)]).files.paths == [str(tmp_path / "low/a.jpg")]


def test_a_photo_of_a_pool_counts_where_its_disk_is_not_scanned(tmp_path: Path) -> None:
    try:
        with mounted("mergerfs", tmp_path / "volume") as pool:
            photo(tmp_path / "volume/one/a.jpg")
            photo(tmp_path / "volume/two/b.jpg")
            assert names(pool) == ["a.jpg", "b.jpg"]
            assert names(tmp_path / "volume/one", pool) == ["b.jpg", "a.jpg"]
            found = walk([str(tmp_path / "volume")])
            assert sorted(map(os.path.basename, found.files.paths)) == ["a.jpg", "b.jpg"]
            [account] = found.skipped
            assert account.path == str(pool)
            assert "shows 2 photos of other scanned folders again" in account.reason
    except UnavailableError as reason:
        pytest.skip(str(reason))


def test_the_own_disk_mounted_over_the_network_counts_once(tmp_path: Path) -> None:
    try:
        with mounted("sshfs", tmp_path / "volume"):
            photo(tmp_path / "volume/served/a.jpg")
            assert len(walk([str(tmp_path / "volume")]).files) == 1
    except UnavailableError as reason:
        pytest.skip(str(reason))


@pytest.mark.parametrize("kind", ["exfat", "vfat"])
def test_a_folder_named_in_two_spellings_is_one(tmp_path: Path, kind: str) -> None:
    try:
        with mounted(kind, tmp_path / "volume") as place:
            photo(place / "photos/a.jpg")
            found = walk([str(place / "photos"), str(place / "PHOTOS")])
            assert found.files.paths == [str(place / "photos/a.jpg")]
            assert walk([str(place / "Photos")]).files.paths == [str(place / "photos/a.jpg")]
    except UnavailableError as reason:
        pytest.skip(str(reason))


def test_folders_that_differ_in_case_are_two_where_the_disk_says_so(tmp_path: Path) -> None:
    photo(tmp_path / "photos/a.jpg")
    photo(tmp_path / "PHOTOS/b.jpg")
    if (tmp_path / "photos/b.jpg").exists():
        pytest.skip("this volume folds names")
    assert sorted(names(tmp_path / "photos", tmp_path / "PHOTOS")) == ["a.jpg", "b.jpg"]


def test_a_file_mounted_over_another_is_one_photo_and_never_leaves(tmp_path: Path) -> None:
    real, over = photo(tmp_path / "a.jpg"), photo(tmp_path / "there/b.jpg", b"")
    told = subprocess.run(["mount", "--bind", str(real), str(over)], capture_output=True, text=True, check=False)
    if told.returncode:
        pytest.skip(f"no bind mounts here: {told.stderr.strip()}")
    try:
        assert walk([str(tmp_path)]).files.paths == [str(real)]
        [alone] = walk([str(tmp_path / "there")]).files
        assert alone.protected
    finally:
        subprocess.run(["umount", str(over)], check=False)


def test_the_whole_system_is_no_reference_folder(tmp_path: Path) -> None:
    photo(tmp_path / "a.jpg")
    with pytest.raises(UsageError, match="is the whole system"):
        walk([str(tmp_path)], WalkOptions(reference=(os.sep,)))
