"""What moved and restored files are called."""

from __future__ import annotations

import os

from hypothesis import given
from hypothesis import strategies as st

from dedupe.actions.planning.names import (
    folded,
    free_names,
    is_plain,
    restored_names,
    root_labels,
    root_of,
    siblings,
)

NAMES = st.binary(min_size=1, max_size=255).filter(lambda name: not {0, 47} & set(name)).map(os.fsdecode)


def test_a_mark_goes_before_the_extension() -> None:
    assert siblings("IMG.jpg", "(2)") == "IMG (2).jpg"
    assert siblings("no-extension", "(2)") == "no-extension (2)"
    assert siblings(".hidden", "(2)") == ".hidden (2)"
    assert siblings("IMG.jpg.xmp", "(2)", stem="IMG") == "IMG (2).jpg.xmp"
    assert siblings("img.AAE", "(2)", stem="IMG") == "img (2).AAE"
    assert siblings("other.json", "(2)", stem="IMG") == "other (2).json"


@given(name=NAMES, mark=st.sampled_from(["(2)", "(restored)", "(12345)"]))
def test_a_marked_name_always_fits_and_keeps_its_extension(name: str, mark: str) -> None:
    marked = siblings(name, mark)
    extension = os.path.splitext(name)[1]
    if len(os.fsencode(extension)) < 200:
        assert len(os.fsencode(marked)) <= 255
    assert marked.endswith(f" {mark}{extension}")
    assert os.fsdecode(os.fsencode(marked)) == marked


def test_a_asset_gets_one_number() -> None:
    taken = {"/t/a.xmp", "/t/a (2).jpg"}
    assert free_names(["/t/a.jpg", "/t/a.xmp"], taken.__contains__) == ("/t/a (3).jpg", "/t/a (3).xmp")


def test_only_the_occupied_companion_is_restored_beside() -> None:
    assert restored_names(["/t/a.jpg", "/t/a.xmp"], {"/t/a.xmp"}.__contains__) == (
        "/t/a.jpg",
        "/t/a (restored).xmp",
    )
    taken = {"/t/a.jpg", "/t/a (restored).xmp"}
    assert restored_names(["/t/a.jpg", "/t/a.xmp"], taken.__contains__) == (
        "/t/a (restored 2).jpg",
        "/t/a (restored 2).xmp",
    )


def test_a_path_lies_in_its_innermost_root() -> None:
    roots = ["/p", "/p/trip", "/pictures"]
    assert root_of("/p/trip/a.jpg", roots) == "/p/trip"
    assert root_of("/p/a.jpg", roots) == "/p"
    assert root_of("/p", roots) is None
    assert root_of("/photos/a.jpg", roots) is None
    assert root_of("/a.jpg", ["/"]) == "/"


def test_roots_of_one_name_are_numbered() -> None:
    assert root_labels(["/p"]) == {"/p": ""}
    assert root_labels(["/a/Photos", "/b/photos", "/c"]) == {
        "/a/Photos": "Photos",
        "/b/photos": "photos (2)",
        "/c": "c",
    }
    assert root_labels(["/", "/c"]) == {"/": "root", "/c": "c"}


def test_only_plain_absolute_paths_are_acted_on() -> None:
    assert is_plain("/a/b.jpg")
    for path in ("a.jpg", "/a/../b", "/a/./b", "/a//b", "//a/b", "/a/", "/a\0b", ""):
        assert not is_plain(path)


def test_folding_knows_case_and_normalisation() -> None:
    assert folded("\u00c9T\u00c9.JPG") == folded("e\u0301te\u0301.jpg")
    assert folded("stra\u00dfe") == folded("STRASSE")
    assert folded("a") != folded("b")
