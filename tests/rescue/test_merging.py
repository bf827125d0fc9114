"""A sidecar that is there is added to: no byte of it changes, no value is replaced, and where two things are said nothing is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dedupe.formats.xmp import properties
from dedupe.loss import Obstacle
from dedupe.rescue.draft import draft
from dedupe.rescue.stated import RescueError
from tests.rescue.made import needs_exiftool, picture, read, tagged, told

DARKTABLE = """<?xml version="1.0" encoding="UTF-8"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 4.4.0-Exiv2">
 <!-- a comment -->
 <r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <r:Description r:about="uuid:1"
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:darktable="http://darktable.sf.net/"
   xmp:Label="Red"
   darktable:xmp_version="4">
   <darktable:masks><r:Seq/></darktable:masks>
   <dc:subject>
    <r:Bag>
     <r:li>sea</r:li>
    </r:Bag>
   </dc:subject>
  </r:Description>
 </r:RDF>
</x:xmpmeta>
"""


def without(text: str, inserted: str) -> bool:
    """``text`` is ``inserted`` with pieces taken out."""
    rest = iter(inserted)
    return all(sign in rest for sign in text)


@needs_exiftool
def test_a_sidecar_of_another_program_keeps_every_byte_and_gets_what_is_new(tmp_path: Path) -> None:
    keep = picture(tmp_path / "keep" / "a.jpg")
    sidecar = keep.with_name("a.jpg.xmp")
    sidecar.write_text(DARKTABLE, "utf-8")
    copy = tagged(
        picture(tmp_path / "copy" / "a.jpg"), "-XMP-dc:Subject=Sea", "-XMP-dc:Subject=beach", "-XMP-dc:Title=Rome"
    )

    made = draft(read(copy), read(keep))

    assert made is not None and made.before == DARKTABLE.encode()
    assert without(DARKTABLE, made.after.decode())
    before, after = properties(made.before), properties(made.after)
    assert [one for one in after if one in before] == before
    sidecar.write_bytes(made.after)
    found = told(sidecar)
    assert found["XMP-dc:Subject"] == ["sea", "beach"]
    assert found["XMP-dc:Title"] == "Rome" and found["XMP-xmp:Label"] == "Red"
    assert found["XMP-rdf:About"] == "uuid:1"


@needs_exiftool
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("-XMP-dc:Description=beach", "-XMP-dc:Description=shore"),
        ("-EXIF:ImageDescription=beach", "-IPTC:Caption-Abstract=shore"),
        ("-EXIF:DateTimeOriginal=2019:05:04 12:00:01", "-EXIF:DateTimeOriginal=2019:05:04 12:00:02"),
        ("-XMP-xmp:Rating=5", "-XMP-xmp:Rating=4"),
        ("-XMP-dc:Title=Rome", "-XMP-dc:Title=Roma"),
        ("-XMP-photoshop:City=Rome", "-IPTC:City=Roma"),
        ("-EXIF:Artist=Anna", "-XMP-dc:Creator=Ben"),
        ("-XMP-dc:Rights=Anna", "-XMP-dc:Rights=Ben"),
    ],
)
@pytest.mark.parametrize("in_sidecar", [False, True])
def test_two_values_of_one_thing_are_left_to_the_person(
    tmp_path: Path, ours: str, theirs: str, in_sidecar: bool
) -> None:
    keep, copy = picture(tmp_path / "keep" / "a.jpg"), tagged(picture(tmp_path / "copy" / "a.jpg"), ours)
    if in_sidecar:
        tagged(picture(tmp_path / "said.jpg"), theirs)
        made = draft(read(tmp_path / "said.jpg"), read(keep))
        assert made is not None
        keep.with_name("a.jpg.xmp").write_bytes(made.after)
    else:
        tagged(keep, theirs)
    with pytest.raises(RescueError) as error:
        draft(read(copy), read(keep))
    assert error.value.obstacle is Obstacle.CONFLICT


@needs_exiftool
def test_two_places_are_left_to_the_person(tmp_path: Path) -> None:
    def at(path: Path, latitude: float) -> Path:
        place = ("-EXIF:GPSLatitudeRef=N", "-EXIF:GPSLongitude=2", "-EXIF:GPSLongitudeRef=E")
        return tagged(path, f"-EXIF:GPSLatitude={latitude}", *place)

    keep, copy = at(picture(tmp_path / "keep" / "a.jpg"), 48.0), at(picture(tmp_path / "copy" / "a.jpg"), 49.0)
    with pytest.raises(RescueError):
        draft(read(copy), read(keep))


@needs_exiftool
def test_a_rating_of_none_in_a_sidecar_is_a_value_that_is_not_replaced(tmp_path: Path) -> None:
    keep, copy = picture(tmp_path / "keep" / "a.jpg"), tagged(picture(tmp_path / "copy" / "a.jpg"), "-XMP-xmp:Rating=5")
    keep.with_name("a.jpg.xmp").write_text(DARKTABLE.replace('xmp:Label="Red"', 'xmp:Rating="0"'), "utf-8")
    with pytest.raises(RescueError) as error:
        draft(read(copy), read(keep))
    assert error.value.obstacle is Obstacle.CONFLICT


@needs_exiftool
@pytest.mark.parametrize(
    "sidecar",
    ["", "no XMP", DARKTABLE[:-40], "<!DOCTYPE x [<!ENTITY a 'b'>]>" + DARKTABLE, DARKTABLE.replace("</r:Bag>", "")],
)
def test_a_sidecar_that_cannot_be_read_is_left_and_the_copy_too(tmp_path: Path, sidecar: str) -> None:
    keep, copy = (
        picture(tmp_path / "keep" / "a.jpg"),
        tagged(picture(tmp_path / "copy" / "a.jpg"), "-XMP-dc:Subject=sea"),
    )
    keep.with_name("a.jpg.xmp").write_text(sidecar, "utf-8")
    with pytest.raises(RescueError) as error:
        draft(read(copy), read(keep))
    assert error.value.obstacle is Obstacle.SIDECAR


@needs_exiftool
def test_what_no_sidecar_can_say_keeps_the_copy_where_it_is(tmp_path: Path) -> None:
    keep = picture(tmp_path / "keep" / "a.jpg")
    copy = tagged(
        picture(tmp_path / "copy" / "a.jpg"), "-XMP-dc:Subject=sea", "-XMP-crs:Exposure2012=1.5", "-EXIF:LensModel=X"
    )
    with pytest.raises(RescueError) as error:
        draft(read(copy), read(keep))
    assert error.value.obstacle is Obstacle.STILL_LOST


@needs_exiftool
def test_the_sidecar_is_called_as_those_in_its_folder_unless_another_photo_has_the_stem(tmp_path: Path) -> None:
    keep, other = picture(tmp_path / "keep" / "a.jpg"), picture(tmp_path / "keep" / "b.jpg", seed=2)
    copy = read(tagged(picture(tmp_path / "copy" / "a.jpg"), "-XMP-dc:Subject=beach"))

    def name() -> str:
        made = draft(copy, read(keep))
        assert made is not None
        return Path(made.path).name

    assert name() == "a.jpg.xmp"
    other.with_name("B.XMP").write_text(DARKTABLE, "utf-8")
    assert name() == "a.xmp"
    picture(tmp_path / "keep" / "a.png", kind="PNG")
    assert name() == "a.jpg.xmp"
    keep.with_name("a.xmp").write_text(DARKTABLE, "utf-8")
    assert name() == "a.jpg.xmp"
    keep.with_name("A.JPG.XMP").write_text(DARKTABLE, "utf-8")
    assert name() == "A.JPG.XMP"


@needs_exiftool
def test_what_takeout_says_stands_in_a_sidecar_where_programs_look(tmp_path: Path) -> None:
    keep = picture(tmp_path / "Photos from 2019" / "a.jpg")
    said = {
        "title": "a.jpg",
        "description": "Grandma",
        "photoTakenTime": {"timestamp": "1556964001"},
        "geoData": {"latitude": 41.9, "longitude": 12.5, "altitude": -3.25},
        "people": [{"name": "Anna"}],
    }
    keep.with_name("a.jpg.supplemental-metadata.json").write_text(json.dumps(said), "utf-8")

    made = draft(None, read(keep))

    assert made is not None
    Path(made.path).write_bytes(made.after)
    found = told(made.path)
    assert found["XMP-exif:DateTimeOriginal"] == "2019:05:04 10:00:01Z"
    assert found["XMP-exif:GPSLatitude"] == pytest.approx(41.9) and found["XMP-exif:GPSAltitudeRef"] == 1
    assert found["XMP-dc:Description"] == "Grandma" and found["XMP-iptcExt:PersonInImage"] == ["Anna"]
    assert draft(None, read(keep)) is None


@needs_exiftool
def test_takeout_does_not_repeat_what_the_photo_says_itself(tmp_path: Path) -> None:
    keep = tagged(
        picture(tmp_path / "Photos from 2019" / "a.jpg"),
        "-EXIF:DateTimeOriginal=2019:05:04 12:00:01", "-EXIF:GPSLatitude=41.9", "-EXIF:GPSLatitudeRef=N",
        "-EXIF:GPSLongitude=12.5", "-EXIF:GPSLongitudeRef=E",
    )  # fmt: skip
    said = {"photoTakenTime": {"timestamp": "1556964001"}, "geoData": {"latitude": 41.9, "longitude": 12.5}}
    keep.with_name("a.jpg.json").write_text(json.dumps(said), "utf-8")
    assert draft(None, read(keep)) is None
    copy = picture(tmp_path / "Rome" / "a.jpg")
    copy.with_name("a.jpg.json").write_text(json.dumps(said), "utf-8")
    assert draft(read(copy), read(keep)) is None


@needs_exiftool
def test_a_face_that_is_drawn_twice_is_left_to_the_person_and_another_is_added(tmp_path: Path) -> None:
    def faces(path: Path, *names: str, x: float = 0.5) -> Path:
        listed = ",".join(
            f"{{Area={{X={x},Y=0.4,W=0.2,H=0.3,Unit=normalized}},Name={name},Type=Face}}" for name in names
        )
        return tagged(path, f"-XMP-mwg-rs:RegionInfo={{RegionList=[{listed}]}}")

    keep = faces(picture(tmp_path / "keep" / "a.jpg"), "Anna")
    made = draft(read(faces(picture(tmp_path / "copy" / "a.jpg"), "Anna", "Ben")), read(keep))
    assert made is not None and b"Ben" in made.after and b"Anna" not in made.after
    with pytest.raises(RescueError):
        draft(read(faces(picture(tmp_path / "other" / "a.jpg"), "Anna", x=0.3)), read(keep))


@needs_exiftool
def test_faces_of_a_picture_of_another_shape_are_not_carried_over(tmp_path: Path) -> None:
    from PIL import Image

    keep = picture(tmp_path / "keep" / "a.jpg")
    copy = picture(tmp_path / "copy" / "a.jpg")
    with Image.open(copy) as opened:
        opened.crop((0, 0, 100, 120)).save(copy, "JPEG")
    tagged(
        copy,
        "-XMP-mwg-rs:RegionInfo={RegionList=[{Area={X=0.5,Y=0.4,W=0.2,H=0.3,Unit=normalized},Name=Anna,Type=Face}]}",
    )
    with pytest.raises(RescueError):
        draft(read(copy), read(keep))


@needs_exiftool
@pytest.mark.parametrize("place", [False, True])
def test_another_date_or_place_in_takeouts_json_is_a_question_for_a_person(tmp_path: Path, place: bool) -> None:
    tags = [
        "-ExifIFD:DateTimeOriginal=2019:05:04 10:00:01",
        "-XMP-exif:GPSLatitude=41.9",
        "-XMP-exif:GPSLongitude=12.5",
    ]
    keep = tagged(picture(tmp_path / "keep" / "a.jpg"), *tags)
    copy = picture(tmp_path / "copy" / "a.jpg")
    there = {"latitude": -33.8, "longitude": 151.2}
    said = {"photoTakenTime": {"timestamp": "1556964001"}, "geoData": there} if place else {}
    said = said or {"photoTakenTime": {"timestamp": "1400000000"}}
    copy.with_name("a.jpg.json").write_text(json.dumps(said), "utf-8")
    with pytest.raises(RescueError) as error:
        draft(read(copy), read(keep))
    assert error.value.obstacle is Obstacle.CONFLICT
    assert ("exif:GPSLatitude" if place else "exif:DateTimeOriginal") in error.value.detail
