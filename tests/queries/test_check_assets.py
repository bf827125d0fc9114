"""A photo of several files is there only when each of them is: RAW+JPEG, Live Photos, edits."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from PIL import Image

import dedupe
from dedupe.queries.assets import joined
from dedupe.tree import folder_notes
from tests.album import jpeg, photo, wait_until_settled
from tests.decoding.made import dng
from tests.queries.made import run
from tests.support import make, photo_at


@pytest.fixture
def both(tmp_path: Path) -> tuple[Path, Path]:
    """An empty card and an empty library."""
    for name in ("card", "library"):
        (tmp_path / name).mkdir()
    return tmp_path / "card", tmp_path / "library"


def checked(both: tuple[Path, Path]) -> dedupe.CheckResult:
    card, library = both
    settings = dedupe.Settings(store=str(card.parent / "library.db"), jobs=1)
    for folder in both:
        wait_until_settled(folder)
    return dedupe.check([str(card)], [str(library)], settings)


def raw(name: str) -> bytes:
    """A RAW with this photo as its preview."""
    pytest.importorskip("rawpy", reason="rawpy has no wheel for this machine")
    return dng(jpeg(photo(name), 90), photo(name).size)


def names(paths: tuple[str, ...]) -> list[str]:
    return [os.path.basename(path) for path in paths]


def test_a_pair_whose_raw_is_not_there_is_only_partly_there(both: tuple[Path, Path]) -> None:
    card, library = both
    (card / "IMG_1.JPG").write_bytes(jpeg(photo("coffee")))
    (card / "IMG_1.DNG").write_bytes(raw("coffee"))
    (library / "mine.jpg").write_bytes(jpeg(photo("coffee")))
    (one,) = checked(both).checked
    assert (one.verdict, names(one.lacks)) == ("partly", ["IMG_1.DNG"])
    assert names(tuple(found.photo.path for found in one.have)) == ["mine.jpg"]
    assert names(one.files) == ["IMG_1.JPG", "IMG_1.DNG"]


def test_a_pair_is_there_when_both_are_wherever_they_lie(both: tuple[Path, Path]) -> None:
    card, library = both
    for path in (card / "IMG_1.JPG", library / "small" / "a.jpg"):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(jpeg(photo("coffee")))
    for path in (card / "IMG_1.DNG", library / "negatives" / "b.dng"):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(raw("coffee"))
    result = checked(both)
    (one,) = result.checked
    assert (one.verdict, one.lacks, result.have) == ("have", (), (one,))
    assert dedupe.Relation.IDENTICAL in {found.relation for found in one.members[0].have}


def test_a_raw_alone_is_not_there_by_a_jpeg_made_of_it(both: tuple[Path, Path]) -> None:
    card, library = both
    (card / "IMG_1.DNG").write_bytes(raw("coffee"))
    (library / "IMG_1.JPG").write_bytes(jpeg(photo("coffee"), 90))
    result = checked(both)
    (one,) = result.checked
    assert (one.verdict, names(one.lacks), result.have, result.partly) == ("partly", ["IMG_1.DNG"], (), (one,))


def test_a_jpeg_alone_is_there_beside_or_inside_the_raw_of_its_shot(both: tuple[Path, Path]) -> None:
    card, library = both
    (card / "IMG_1.JPG").write_bytes(jpeg(photo("coffee"), 90))
    (library / "IMG_1.DNG").write_bytes(raw("coffee"))
    (one,) = checked(both).checked
    assert (one.verdict, one.lacks) == ("have", ())


def test_a_pair_of_which_nothing_is_there_is_one_new_photo(both: tuple[Path, Path]) -> None:
    card, library = both
    (card / "IMG_1.JPG").write_bytes(jpeg(photo("coffee")))
    (card / "IMG_1.DNG").write_bytes(raw("coffee"))
    (library / "other.jpg").write_bytes(jpeg(photo("rocket")))
    result = checked(both)
    (one,) = result.new
    assert names(one.lacks) == ["IMG_1.JPG", "IMG_1.DNG"]
    assert len(result.checked) == 1


def test_a_raw_that_nothing_can_read_still_counts(both: tuple[Path, Path]) -> None:
    _, library = both
    for folder in both:
        (folder / "IMG_1.JPG").write_bytes(jpeg(photo("coffee")))
        (folder / "IMG_1.CR2").write_bytes(b"no raw that anything here can read")
    (one,) = checked(both).checked
    assert (one.verdict, names(one.files)) == ("have", ["IMG_1.JPG", "IMG_1.CR2"])
    (library / "IMG_1.CR2").write_bytes(b"no raw that anything here can reed")
    (one,) = checked(both).checked
    assert (one.verdict, names(one.lacks)) == ("partly", ["IMG_1.CR2"])


@pytest.mark.parametrize("kind", ["MOV", "AAE"])
def test_a_live_photo_or_an_edit_is_there_only_with_a_video_or_edits_of_the_same_bytes(
    both: tuple[Path, Path], kind: str
) -> None:
    card, library = both
    (card / "IMG_1.JPG").write_bytes(jpeg(photo("coffee")))
    (card / f"IMG_1.{kind}").write_bytes(b"what belongs to it")
    (card / "IMG_1.xmp").write_bytes(b"<stars/>")
    (library / "mine.jpg").write_bytes(jpeg(photo("coffee")))
    for beside, verdict in ((None, "partly"), (b"what belongs to me", "partly"), (b"what belongs to it", "have")):
        if beside is not None:
            (library / f"mine.{kind}").write_bytes(beside)
        (one,) = checked(both).checked
        assert one.verdict == verdict
        assert names(one.lacks) == ([] if verdict == "have" else [f"IMG_1.{kind}"])
    assert names(one.files) == ["IMG_1.JPG", f"IMG_1.{kind}"]  # the sidecar was not looked for, and stays


def test_a_video_is_no_counterpart_of_itself(both: tuple[Path, Path]) -> None:
    card, library = both
    (card / "IMG_1.JPG").write_bytes(jpeg(photo("coffee")))
    (card / "IMG_1.MOV").write_bytes(b"the moving half")
    (library / "IMG_1.JPG").write_bytes(jpeg(photo("coffee"), 90))
    os.link(card / "IMG_1.MOV", library / "IMG_1.MOV")
    (one,) = checked(both).checked
    assert names(one.lacks) == ["IMG_1.MOV"]


def test_of_a_file_named_by_itself_only_that_file_is_asked_about(both: tuple[Path, Path]) -> None:
    card, library = both
    (card / "IMG_1.JPG").write_bytes(jpeg(photo("coffee")))
    (card / "IMG_1.CR2").write_bytes(b"no raw that anything here can read")
    (library / "mine.jpg").write_bytes(jpeg(photo("coffee")))
    settings = dedupe.Settings(store=str(card.parent / "library.db"), jobs=1)
    (one,) = dedupe.check([str(card / "IMG_1.JPG")], [str(library)], settings).checked
    assert one.verdict == "have"


def test_better_is_said_of_the_asset_and_not_where_something_lacks(both: tuple[Path, Path]) -> None:
    card, library = both
    (card / "IMG_1.JPG").write_bytes(jpeg(photo("coffee"), 95))
    (library / "WA0001.jpg").write_bytes(jpeg(photo("coffee").resize((300, 200), Image.Resampling.LANCZOS), 60))
    assert checked(both).checked[0].verdict == "better"
    (card / "IMG_1.DNG").write_bytes(raw("coffee"))
    (one,) = checked(both).checked
    assert (one.verdict, one.better) == ("partly", False)


def test_the_command_says_what_is_not_there_and_hands_over_whole_assets(
    both: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    card, library = both
    for name in ("coffee", "rocket", "chelsea"):
        (card / f"{name}.jpg").write_bytes(jpeg(photo(name)))
        (card / f"{name}.mov").write_bytes(f"the video of {name}".encode())
        (card / f"{name}.xmp").write_bytes(b"<stars/>")
    (library / "a.jpg").write_bytes(jpeg(photo("coffee")))
    (library / "b.jpg").write_bytes(jpeg(photo("rocket")))
    (library / "b.mov").write_bytes(b"the video of rocket")
    command = ("check", str(card), "--against", str(library), "--store", str(card.parent / "library.db"))

    shown = run(monkeypatch, capfdbinary, *command)
    lines = shown.out.decode().splitlines()
    assert shown.code == 0
    assert lines[0] == "3 photos: 1 new, 1 partly there, 1 already there."
    assert lines[2:4] == ["New  you don't have these", f"  {card / 'chelsea.jpg'}"]
    assert lines[5:8] == [
        "Partly there  you have some of their files",
        f"  {card / 'coffee.jpg'}",
        f"      missing: {card / 'coffee.mov'}",
    ]
    assert lines[10:12] == ["Already there  you have these", f"  {card / 'rocket.jpg'}"]

    def handed(verdicts: str) -> list[str]:
        out = run(monkeypatch, capfdbinary, *command, "--print0", verdicts).out
        return [os.path.basename(path.decode()) for path in out.split(b"\0")[:-1]]

    assert handed("have") == ["rocket.jpg", "rocket.mov"]
    assert handed("new") == ["chelsea.jpg", "chelsea.mov", "chelsea.xmp"]
    assert handed("new,partly") == [*handed("new"), "coffee.jpg", "coffee.mov", "coffee.xmp"]
    said = json.loads(run(monkeypatch, capfdbinary, *command, "--json").out)["checked"]
    assert [one["verdict"] for one in said] == ["new", "partly", "have"]
    assert names(tuple(said[1]["lacks"])) == ["coffee.mov"]


def test_only_partly_there_exits_as_not_there(
    both: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """`dedupe check X --against L && rm X` must not cost a RAW."""
    card, library = both
    (card / "IMG_1.DNG").write_bytes(raw("coffee"))
    (library / "IMG_1.JPG").write_bytes(jpeg(photo("coffee"), 90))
    store = str(card.parent / "library.db")
    ran = run(monkeypatch, capfdbinary, "check", str(card), "--against", str(library), "--store", store)
    assert ran.code == 1


def test_a_list_of_a_folder_is_read_once_for_all_its_photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [photo_at(path, tmp_path) for path in make(tmp_path, {f"{number}.jpg": "x" for number in range(3)}).values()]
    looked: list[str] = []
    real = folder_notes._looked_into
    monkeypatch.setattr(folder_notes, "_looked_into", lambda place: (looked.append(place), real(place))[1])
    assert len(joined(made)) == 3
    assert looked == [str(tmp_path)]
