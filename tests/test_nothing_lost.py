"""What only one copy holds is not lost: small trees in which a copy has something that the other has not, scanned at once."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skimage.data
from PIL import Image

import dedupe
from dedupe.queries.check import check
from dedupe.report import phrases
from dedupe.settings import Settings
from dedupe.types import DamageKind, Extra, Group, Relation, ScanResult
from tests.decoding import made
from tests.decoding.made import with_segment
from tests.formats.test_inventory import bag, packet

YEAR_2001, YEAR_2020 = 1_000_000_000, 1_600_000_000
FACES = (
    "<regions:Regions rdf:parseType='Resource'><regions:RegionList><rdf:Bag><rdf:li><rdf:Description regions:Name='Grandma'"
    " regions:Type='Face'><regions:Area stArea:x='0.3' stArea:y='0.7' stArea:w='0.1' stArea:h='0.1'/></rdf:Description></rdf:li>"
    "</rdf:Bag></regions:RegionList></regions:Regions>"
)


def picture(name: str) -> Image.Image:
    found = skimage.data.stereo_motorcycle()[0] if name == "motorcycle" else getattr(skimage.data, name)()
    image = Image.fromarray(np.asarray(found)).convert("RGB")
    return image.resize((640, max(64, round(640 * image.height / image.width))), Image.Resampling.LANCZOS)


def saved(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    if kind == "JPEG":
        options = {"quality": 92, **options}
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def with_xmp(data: bytes, inside: str = "", attributes: str = "") -> bytes:
    return with_segment(data, 0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet(inside, attributes))


def keywords(put: Put) -> None:
    plain = saved(picture("astronaut"))
    put("phone/a.jpg", plain, YEAR_2001)
    put("album/a.jpg", with_xmp(plain, bag("dc:subject", "Venice", "Grandma") + FACES), YEAR_2020)


def takeout(put: Put) -> None:
    plain = saved(picture("chelsea"))
    put("pictures/a.jpg", plain, YEAR_2001)
    put("takeout/photos/a.jpg", plain, YEAR_2020)
    said = {"title": "a.jpg", "description": "At sea", "photoTakenTime": {"timestamp": "1500000000"},
            "geoData": {"latitude": 45.4, "longitude": 12.3}}  # fmt: skip
    put("takeout/photos/a.jpg.supplemental-metadata.json", json.dumps(said).encode(), YEAR_2020)


def sidecar(put: Put) -> None:
    plain = with_segment(saved(picture("coffee")), 0xE1, made.exif(photo={0x9003: "2000:01:01 01:01:01"}))
    put("camera/a.jpg", plain, YEAR_2001)
    put("archive/of 1999/a.jpg", plain, YEAR_2020)
    corrected = packet(attributes='exif:DateTimeOriginal="1999-08-11T11:30:00" xap:Rating="4"')
    put("archive/of 1999/a.jpg.xmp", corrected, YEAR_2020)


def rot(put: Put) -> None:
    plain = bytearray(saved(picture("rocket")))
    put("a.jpg", bytes(plain))
    plain[len(plain) * 3 // 4] ^= 0x10
    put("backup/a.jpg", bytes(plain))


def rotten_metadata(put: Put) -> None:
    plain = with_segment(saved(picture("immunohistochemistry")), 0xE4, bytes(range(256)) * 4)
    broken = bytearray(plain)
    broken[500:504] = b"\0\0\0\0"
    put("a.jpg", plain)
    put("backup/a.jpg", bytes(broken))


def warned(put: Put) -> None:
    data = bytearray(saved(picture("retina")))
    at = len(data) // 2
    data[at : at + 4] = b"\xff\x00\xff\x11"
    put("a.jpg", bytes(data))


def pages(put: Put) -> None:
    first, one, other = picture("page"), picture("text"), picture("coins")
    put("a.tif", saved(first, "TIFF", save_all=True, append_images=[one, other], compression="tiff_lzw"))
    put("more/b.tif", saved(first, "TIFF", save_all=True, append_images=[other, one], compression="tiff_deflate"))


def still(put: Put) -> None:
    first = picture("motorcycle")
    put(
        "a.webp",
        saved(
            first,
            "WEBP",
            save_all=True,
            append_images=[picture("cell").resize(first.size), first],
            quality=90,
            duration=200,
        ),
    )
    put("still/b.webp", saved(first, "WEBP", quality=70))


def opaque(put: Put) -> None:
    grey = picture("moon").convert("L")
    put("a.png", saved(grey, "PNG"))
    put("with/alpha.png", saved(grey.convert("LA"), "PNG"))


def chroma(put: Put) -> None:
    source = picture("hubble_deep_field")
    put("a.jpg", saved(source, quality=85, subsampling=2))
    put("longer/b.jpg", saved(source, quality=85, subsampling=0))


def avif(put: Put) -> None:
    exif = made.exif(t0x010F="Nikon", t0x0110="P6000", photo={0x9003: "2008:10:22 16:28:39"})
    source = picture("gravel")
    put("longer/camera.jpg", saved(source, quality=84, exif=exif))
    put("a.avif", saved(source, "AVIF", quality=50, exif=exif))


def heic(put: Put) -> None:
    import pillow_heif

    pillow_heif.register_heif_opener()
    source = saved(picture("brick"), quality=75)
    put("longer/photo.jpg", source)
    put("a.heic", saved(Image.open(io.BytesIO(source)).convert("RGB"), "HEIF", quality=80))


def behind_a_scan(put: Put) -> None:
    scan = saved(picture("grass"), "TIFF", compression="tiff_lzw")
    put("a.tif", scan)
    put("longer/with a note.tif", scan + b"Found in the attic, on the back: Ada, 1945")


def clock(put: Put) -> None:
    plain, later = (
        with_segment(saved(picture("clock")), 0xE1, made.exif(photo={0x9003: f"2000:01:01 {hour}:01:01"}))
        for hour in ("01", "14")
    )
    put("a.jpg", plain)
    put("longer/b.jpg", later)


def voice_note(put: Put) -> None:
    plain = saved(picture("camera"))
    put("longer/a.jpg", plain)
    put("b.jpg", plain)
    put("longer/a.wav", b"RIFF a spoken note")


def starred(put: Put) -> None:
    plain = saved(picture("coins"))
    put("a.jpg", plain)
    put("longer/a.jpg", plain)
    put("longer/.picasa.ini", b"[a.jpg]\nstar=yes\nbackuphash=1\n[b.jpg]\ncaption=Another\n")


def described_twice(put: Put) -> None:
    plain = saved(picture("text"))
    put("a.jpg", with_xmp(plain, "<dc:description><rdf:Alt><rdf:li>At sea</rdf:li></rdf:Alt></dc:description>"))
    put("longer/a.jpg", plain)
    put("longer/descript.ion", b"a.jpg At sea\r\n")


def nikon_edit(put: Put) -> None:
    plain = saved(picture("cell"))
    put("a.jpg", plain)
    put("longer/a.jpg", plain)
    for folder in ("", "longer/"):
        put(f"{folder}NKSC_PARAM/a.jpg.nksc", b"<the same settings/>")


CASES: dict[str, Callable[[Put], None]] = {
    one.__name__: one
    for one in (
        keywords, takeout, sidecar, rot, rotten_metadata, warned, pages, still, opaque, chroma, avif, heic, behind_a_scan, clock,
        voice_note, starred, described_twice, nikon_edit
    )
}  # fmt: skip


@dataclass(frozen=True)
class Put:
    """Writes files below a folder."""

    folder: Path

    def __call__(self, name: str, data: bytes, mtime: int = YEAR_2020) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(path, (mtime, mtime))


@dataclass(frozen=True)
class Scanned:
    root: Path
    store: str
    result: ScanResult

    def group(self, case: str) -> Group:
        (found,) = [one for one in self.result.groups if one.keep.path.startswith(f"{self.root / case}{os.sep}")]
        return found

    def extra(self, case: str) -> Extra:
        (found,) = self.group(case).extras
        return found

    def kept(self, case: str) -> str:
        return os.path.relpath(self.group(case).keep.path, self.root / case)


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scanned]:
    root = tmp_path_factory.mktemp("photos")
    for name, make in CASES.items():
        make(Put(root / name))
    store = str(tmp_path_factory.mktemp("store") / "x.db")
    yield Scanned(root, store, dedupe.scan(str(root), Settings(store=store)))


def test_the_copy_with_keywords_and_faces_stays_though_it_is_the_younger_file(scanned: Scanned) -> None:
    assert scanned.kept("keywords") == "album/a.jpg"
    assert phrases.reason(scanned.group("keywords")) == "has 2 keywords and face regions"
    assert scanned.extra("keywords").selected


def test_check_calls_the_copy_with_keywords_better_and_the_bare_one_there(scanned: Scanned) -> None:
    folder = scanned.root / "keywords"
    settings = Settings(store=scanned.store)
    (rich,) = check([str(folder / "album")], [str(folder / "phone")], settings).checked
    assert (rich.verdict, phrases.words_of(rich.loses)) == ("better", ("2 keywords", "face regions"))
    (bare,) = check([str(folder / "phone")], [str(folder / "album")], settings).checked
    assert (bare.verdict, bare.loses) == ("have", ())


def test_the_copy_whose_takeout_json_has_the_only_date_and_place_stays(scanned: Scanned) -> None:
    assert scanned.kept("takeout") == "takeout/photos/a.jpg"
    assert phrases.reason(scanned.group("takeout")) == "has the capture date, GPS and the caption"
    assert scanned.extra("takeout").selected


def test_the_copy_whose_sidecar_corrects_the_date_stays_with_it(scanned: Scanned) -> None:
    assert scanned.kept("sidecar") == "archive/of 1999/a.jpg"
    assert [Path(one.path).name for one in scanned.group("sidecar").keep.companions] == ["a.jpg.xmp"]
    assert scanned.extra("sidecar").selected


@pytest.mark.parametrize(("case", "bytes_"), [("rot", 1), ("rotten_metadata", 4)])
def test_of_two_files_that_differ_in_a_few_bytes_neither_is_selected_and_both_are_named(
    scanned: Scanned, case: str, bytes_: int
) -> None:
    paths = tuple(sorted(str(scanned.root / case / name) for name in ("a.jpg", "backup/a.jpg")))
    selected = {extra.photo.path for group in scanned.result.groups for extra in group.extras if extra.selected}
    assert selected.isdisjoint(paths)
    found = [one for one in scanned.result.damaged if one.paths == paths]
    assert [(one.kind, one.count) for one in found] == [(DamageKind.DIFFERS, bytes_)]


def test_a_photo_that_decodes_with_warnings_is_listed_although_nothing_is_like_it(scanned: Scanned) -> None:
    path = str(scanned.root / "warned" / "a.jpg")
    found = [one for one in scanned.result.damaged if one.paths == (path,)]
    assert [one.kind for one in found] == [DamageKind.WARNED]
    assert "Corrupt JPEG data" in found[0].warning


def test_two_documents_with_one_first_page_are_no_copies(scanned: Scanned) -> None:
    extra = scanned.extra("pages")
    assert (extra.relation, extra.selected, phrases.remark(extra)) == (Relation.EDITED, False, "page 2 differs")
    folder = scanned.root / "pages"
    (checked,) = check([str(folder / "a.tif")], [str(folder / "more")], Settings(store=scanned.store)).checked
    assert checked.verdict == "new"


def test_a_still_of_an_animation_is_shown_and_says_so(scanned: Scanned) -> None:
    extra = scanned.extra("still")
    assert (extra.relation, extra.selected, phrases.remark(extra)) == (
        Relation.EDITED,
        False,
        "only one of its 3 frames",
    )
    assert scanned.kept("still") == "a.webp"


def test_alpha_that_hides_nothing_is_no_transparency(scanned: Scanned) -> None:
    assert (scanned.extra("opaque").selected, scanned.extra("opaque").loses) == (True, ())


def test_of_two_samplings_of_the_colours_the_finer_stays(scanned: Scanned) -> None:
    assert scanned.kept("chroma") == "longer/b.jpg"


def test_a_gif_does_not_stay_for_the_photo_it_was_made_from(tmp_path: Path) -> None:
    put, colourful = Put(tmp_path / "photos"), picture("coffee")
    put("longer/photo.jpg", saved(colourful, quality=85), YEAR_2020)
    put("a.gif", saved(colourful, "GIF"), YEAR_2001)
    (group,) = dedupe.scan(str(put.folder), Settings(store=str(tmp_path / "x.db"))).groups
    assert Path(group.keep.path).name == "photo.jpg"


def test_an_avif_does_not_stay_for_the_cameras_jpeg(scanned: Scanned) -> None:
    assert scanned.kept("avif") == "longer/camera.jpg"


def test_a_flipped_bit_anywhere_selects_nothing(tmp_path: Path) -> None:
    data, draw = saved(picture("camera").resize((320, 320))), np.random.default_rng(7)
    root = tmp_path / "photos"
    for number in range(12):
        broken = bytearray(data)
        broken[int(draw.integers(2, len(data)))] ^= 1 << int(draw.integers(0, 8))
        Put(root / f"pair{number}")("backup/a.jpg", bytes(broken))
    Put(root)("a.jpg", data)
    result = dedupe.scan(str(root), Settings(store=str(tmp_path / "x.db")))
    selected = [extra for group in result.groups for extra in group.extras if extra.selected]
    assert [extra.photo.path for extra in selected if extra.relation is not Relation.IDENTICAL] == []


def test_the_date_of_a_saving_is_no_capture_date_and_that_of_a_camera_is(tmp_path: Path) -> None:
    put, cup, cat = Put(tmp_path / "photos"), saved(picture("coffee")), saved(picture("chelsea"))
    edited = saved(picture("coffee"), quality=75, exif=made.exif(t0x0131="An Editor 3", t0x0132="2024:01:01 10:00:00"))
    put("cup/a.jpg", cup)
    put("cup/longer/name of it.jpg", edited)
    taken = made.exif(t0x010F="Make", t0x0110="Model", t0x0131="Firmware 1", t0x0132="2004:01:01 10:00:00")
    put("cat/a.jpg", cat)
    put("cat/longer/b.jpg", saved(picture("chelsea"), exif=taken))
    result = dedupe.scan(str(put.folder), Settings(store=str(tmp_path / "x.db")))
    kept = {os.path.relpath(one.keep.path, put.folder) for one in result.groups}
    assert kept == {"cup/a.jpg", "cat/longer/b.jpg"}
    held = [
        (extra.photo.path, extra.note, extra.loses)
        for one in result.groups
        for extra in one.extras
        if not extra.selected
    ]
    assert held == []


def test_a_heic_does_not_stay_for_the_jpeg_it_was_made_from(scanned: Scanned) -> None:
    assert (scanned.kept("heic"), scanned.extra("heic").selected) == ("longer/photo.jpg", True)


def test_what_somebody_put_behind_a_scan_stays(scanned: Scanned) -> None:
    assert scanned.kept("behind_a_scan") == "longer/with a note.tif"
    assert scanned.extra("behind_a_scan").selected


def test_of_two_photos_whose_clock_was_put_right_in_one_neither_goes_and_neither_is_called_damaged(
    scanned: Scanned,
) -> None:
    extra = scanned.extra("clock")
    assert (extra.selected, phrases.words_of(extra.loses)) == (False, ("another capture date",))
    named = {path for one in scanned.result.damaged for path in one.paths}
    assert not any(path.startswith(f"{scanned.root / 'clock'}{os.sep}") for path in named)


def test_the_copy_with_a_spoken_note_stays_or_says_so(scanned: Scanned) -> None:
    assert scanned.kept("voice_note") == "longer/a.jpg" and scanned.extra("voice_note").selected


def test_the_copy_that_picasa_has_a_star_for_stays(scanned: Scanned) -> None:
    assert scanned.kept("starred") == "longer/a.jpg" and scanned.extra("starred").selected


def test_a_description_in_the_list_of_a_folder_is_no_loss_where_the_photo_that_stays_says_it(scanned: Scanned) -> None:
    assert scanned.kept("described_twice") == "a.jpg"
    assert scanned.extra("described_twice").selected


def test_a_photo_whose_settings_lie_in_a_folder_of_an_editor_is_not_selected(scanned: Scanned) -> None:
    extra = scanned.extra("nikon_edit")
    assert not extra.selected
    assert phrases.losses(extra) == ("a file that belongs to it (NKSC_PARAM/a.jpg.nksc)",)


def test_a_photo_leaves_without_the_list_of_its_folder(tmp_path: Path) -> None:
    put, plain = Put(tmp_path / "photos"), saved(picture("page"))
    put("a.jpg", with_xmp(plain, attributes='xap:Label="Red"'))
    put("longer/a.jpg", plain)
    put("longer/.picasa.ini", b"[a.jpg]\nbackuphash=1\n")
    put("longer/descript.ion", b"b.jpg At sea\r\n")
    scan = dedupe.scan(str(tmp_path / "photos"), Settings(store=str(tmp_path / "x.db")))
    (group,) = scan.groups
    assert [extra.photo.path for extra in group.extras if extra.selected] == [str(tmp_path / "photos/longer/a.jpg")]
    report = dedupe.plan(scan, move_to=tmp_path / "out", store=tmp_path / "x.db")
    assert len(report.done) == 1 and not report.refusals
    (done,) = report.done
    assert [move.source for move in done.action.moves] == [str(tmp_path / "photos/longer/a.jpg")]
