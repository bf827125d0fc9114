"""Row 29: real photos, scanned and moved: what only one file of an asset holds stays, whatever its first picture is like."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

import dedupe
from dedupe import actions
from dedupe.actions.report import Report
from dedupe.settings import Settings
from dedupe.types import ActionKind, Extra, ScanResult
from tests.formats.test_inventory import bag, packet
from tests.support import Places
from tests.test_nothing_lost import Put, picture, saved, with_xmp

VENICE = bag("dc:subject", "Venice", "Grandma")


def a_smaller_edit(put: Put) -> None:
    """The original twice; the edit beside the one that stays is a quarter of the other."""
    original = picture("astronaut")
    grey = original.convert("L").convert("RGB")
    for folder in ("album", "phone"):
        put(f"{folder}/IMG_1001.JPG", saved(original))
    put("album/IMG_E1001.JPG", saved(grey.resize((320, 320)), quality=60))
    put("phone/IMG_E1001.JPG", saved(grey, quality=95))


def a_worse_edit(put: Put) -> None:
    """As before, of one size, but the edit beside the one that stays was saved at a lower quality."""
    original = picture("chelsea")
    crop = original.crop((0, 0, 500, 400)).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    for folder in ("album", "phone"):
        put(f"{folder}/IMG_1002.JPG", saved(original))
    put("album/IMG_E1002.JPG", saved(crop, quality=40))
    put("phone/IMG_E1002.JPG", saved(crop, quality=95))


def the_same_edit(put: Put) -> None:
    original = picture("rocket")
    for folder in ("album", "phone"):
        put(f"{folder}/IMG_1003.JPG", saved(original))
        put(f"{folder}/IMG_E1003.JPG", saved(original.convert("L").convert("RGB")))


def keywords_in_a_sidecar(put: Put) -> None:
    """The keywords of the copy stand in the sidecar of the photo that stays."""
    plain = saved(picture(put.folder.name.removeprefix("sidecar_")))
    put("album/a.jpg", plain)
    put("album/a.jpg.xmp", packet(VENICE))
    put("phone/b.jpg", with_xmp(plain, VENICE))


CASES: dict[str, Callable[[Put], None]] = {
    "a_smaller_edit": a_smaller_edit,
    "a_worse_edit": a_worse_edit,
    "the_same_edit": the_same_edit,
    "sidecar_coffee": keywords_in_a_sidecar,
    "sidecar_retina": keywords_in_a_sidecar,
    "sidecar_coins": keywords_in_a_sidecar,
}


@dataclass(frozen=True)
class Album:
    """The photos of all cases, what a scan said of them, and what a move of all that was selected came to."""

    root: Path
    result: ScanResult
    report: Report

    def extra(self, case: str) -> Extra:
        (found,) = [one for group in self.result.groups for one in group.extras if f"/{case}/" in one.photo.path]
        return found

    def left(self, case: str) -> list[str]:
        """The files that are still there."""
        return sorted(str(path.relative_to(self.root / case)) for path in (self.root / case).rglob("*.*"))


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Album]:
    root, state = tmp_path_factory.mktemp("photos"), tmp_path_factory.mktemp("state")
    for name, make in CASES.items():
        make(Put(root / name))
    prefer = tuple(str(root / name / "album") for name in CASES)
    result = dedupe.scan(str(root), Settings(store=str(state / "x.db"), prefer=prefer))
    (root / "sidecar_retina/album/a.jpg.xmp").write_bytes(packet(bag("dc:subject", "Venice")))
    (root / "sidecar_coins/album/a.jpg.xmp").unlink()
    report = actions.act(result, kind=ActionKind.MOVE, target=str(state / "moved"), paths=Places.below(state))
    yield Album(root, result, report)


@pytest.mark.parametrize(("case", "number"), [("a_smaller_edit", 1001), ("a_worse_edit", 1002)])
def test_an_edit_stays_where_the_edit_beside_the_other_original_is_worse(album: Album, case: str, number: int) -> None:
    assert [loss.code.value for loss in album.extra(case).loses] == ["picture"]
    names = [f"{folder}/IMG_{kind}{number}.JPG" for folder in ("album", "phone") for kind in ("", "E")]
    assert album.left(case) == sorted(names)


def test_an_original_with_its_edit_goes_where_the_other_has_both(album: Album) -> None:
    assert album.left("the_same_edit") == ["album/IMG_1003.JPG", "album/IMG_E1003.JPG"]


def test_a_copy_goes_whose_keywords_stand_in_the_sidecar_of_the_photo_that_stays(album: Album) -> None:
    assert album.left("sidecar_coffee") == ["album/a.jpg", "album/a.jpg.xmp"]


@pytest.mark.parametrize(
    ("case", "said"), [("sidecar_retina", "changed since the scan"), ("sidecar_coins", "no longer exists")]
)
def test_a_copy_stays_where_the_sidecar_that_holds_its_keywords_changed_or_went(
    album: Album, case: str, said: str
) -> None:
    assert album.extra(case).selected, "at the scan the sidecar was there"
    assert "phone/b.jpg" in album.left(case)
    assert f"a file beside the photo that stays: {said}" in album.report.refusals
