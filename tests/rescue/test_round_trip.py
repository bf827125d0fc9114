"""What a copy says stands in the sidecar, where exiftool and a later scan read it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dedupe.grouping.holdings import missing
from dedupe.rescue.draft import draft
from tests.rescue.made import needs_exiftool, picture, read, tagged, told

pytestmark = needs_exiftool

FACE = (
    "-XMP-mwg-rs:RegionInfo={AppliedToDimensions={W=160,H=120,Unit=pixel},RegionList=[{Area={X=0.5,Y=0.4,W=0.2,H=0.3,Unit=normalized},"
    "Name=Anna,Type=Face}]}"
)  # fmt: skip
REGIONS = [
    {"Area": {"X": 0.5, "Y": 0.4, "W": 0.2, "H": 0.3, "Unit": "normalized"}, "Name": "Anna", "Type": "Face"},
]
PLACE = {"XMP-exif:GPSLatitude": 48.858333333, "XMP-exif:GPSLongitude": -2.2945}
DATE = "2019:05:04 12:00:01"

CASES: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "date in EXIF": (
        ("-EXIF:DateTimeOriginal=2019:05:04 12:00:01", "-EXIF:SubSecTimeOriginal=25", "-EXIF:OffsetTimeOriginal=+02:00"),
        {"XMP-exif:DateTimeOriginal": f"{DATE}.25+02:00", "XMP-photoshop:DateCreated": f"{DATE}.25+02:00"},
    ),
    "date of digitising in EXIF": (("-EXIF:CreateDate=2019:05:04 12:00:01",), {"XMP-xmp:CreateDate": DATE}),
    "both dates in EXIF": (
        ("-EXIF:DateTimeOriginal=1985:07:01 00:00:00", "-EXIF:CreateDate=2019:05:04 12:00:01"),
        {"XMP-exif:DateTimeOriginal": "1985:07:01 00:00:00", "XMP-xmp:CreateDate": DATE},
    ),
    "date in XMP": (
        ("-XMP-photoshop:DateCreated=2019:05:04 12:00:01+02:00",),
        {"XMP-photoshop:DateCreated": f"{DATE}+02:00", "XMP-exif:DateTimeOriginal": f"{DATE}+02:00"},
    ),
    "date in IPTC": (
        ("-IPTC:DateCreated=2019:05:04", "-IPTC:TimeCreated=12:00:01+02:00"),
        {"XMP-photoshop:DateCreated": f"{DATE}+02:00"},
    ),
    "place in EXIF": (
        (
            "-EXIF:GPSLatitude=48.858333333", "-EXIF:GPSLatitudeRef=N", "-EXIF:GPSLongitude=2.2945", "-EXIF:GPSLongitudeRef=W",
            "-EXIF:GPSAltitude=35.5", "-EXIF:GPSAltitudeRef=0", "-EXIF:GPSTimeStamp=10:00:01.5", "-EXIF:GPSDateStamp=2019:05:04",
            "-EXIF:GPSImgDirection=123.4", "-EXIF:GPSImgDirectionRef=T", "-EXIF:GPSProcessingMethod=CELLID", "-EXIF:GPSSpeed=4.5",
            "-EXIF:GPSSpeedRef#=K", "-EXIF:GPSMapDatum=WGS-84", "-EXIF:GPSHPositioningError=4.7", "-EXIF:GPSDOP=2.5",
        ),
        {
            **PLACE, "XMP-exif:GPSAltitude": 35.5, "XMP-exif:GPSAltitudeRef": 0, "XMP-exif:GPSDateTime": "2019:05:04 10:00:01.5Z",
            "XMP-exif:GPSImgDirection": 123.4, "XMP-exif:GPSImgDirectionRef": "T", "XMP-exif:GPSProcessingMethod": "CELLID",
            "XMP-exif:GPSSpeed": 4.5, "XMP-exif:GPSSpeedRef": "K", "XMP-exif:GPSMapDatum": "WGS-84",
            "XMP-exif:GPSHPositioningError": 4.7, "XMP-exif:GPSDOP": 2.5,
        },
    ),
    "place in XMP": (("-XMP-exif:GPSLatitude=48.858333333", "-XMP-exif:GPSLongitude=-2.2945"), PLACE),
    "keywords in XMP": (("-XMP-dc:Subject=beach", "-XMP-dc:Subject=été 🏖"), {"XMP-dc:Subject": ["beach", "été 🏖"]}),
    "keywords in IPTC": (
        ("-codedcharacterset=utf8", "-IPTC:Keywords=beach", "-IPTC:Keywords=Straße"), {"XMP-dc:Subject": ["beach", "Straße"]}
    ),
    "keywords of Windows": (("-EXIF:XPKeywords=beach;sea",), {"XMP-dc:Subject": ["beach", "sea"]}),
    "keywords in a tree": (
        ("-XMP-lr:HierarchicalSubject=places|Rome", "-XMP-digiKam:TagsList=places/Rome"),
        {"XMP-lr:HierarchicalSubject": ["places|Rome"], "XMP-digiKam:TagsList": ["places/Rome"]},
    ),
    "faces": ((FACE,), {"XMP-mwg-rs:RegionInfo": {"AppliedToDimensions": {"W": 160, "H": 120, "Unit": "pixel"},
        "RegionList": REGIONS}}),
    "faces of Windows": (
        ("-XMP-MP:RegionInfoMP={Regions=[{PersonDisplayName=Anna,Rectangle=0.1;0.2;0.3;0.4}]}".replace(";", "|,"),),
        {"XMP-MP:RegionInfoMP": {"Regions": [{"PersonDisplayName": "Anna", "Rectangle": "0.1,0.2,0.3,0.4"}]}},
    ),
    "people": (("-XMP-iptcExt:PersonInImage=Anna",), {"XMP-iptcExt:PersonInImage": ["Anna"]}),
    "caption in EXIF": (("-EXIF:ImageDescription=Grandma <3 & us",), {"XMP-dc:Description": "Grandma <3 & us"}),
    "caption in a comment": (("-EXIF:UserComment=Grandma in Rome",), {"XMP-dc:Description": "Grandma in Rome"}),
    "two captions": (
        ("-EXIF:UserComment=in Rome", "-EXIF:ImageDescription=Grandma"),
        {"XMP-dc:Description": "Grandma", "XMP-exif:UserComment": "in Rome"},
    ),
    "caption in XMP": (
        ("-XMP-dc:Description=Grandma", "-XMP-dc:Description-de=Oma"),
        {"XMP-dc:Description": "Grandma", "XMP-dc:Description-de": "Oma"},
    ),
    "caption in IPTC": (("-IPTC:Caption-Abstract=Grandma",), {"XMP-dc:Description": "Grandma"}),
    "caption in the file's comment": (("-Comment=Grandma",), {"XMP-dc:Description": "Grandma"}),
    "caption of Windows": (("-EXIF:XPComment=Grandma",), {"XMP-dc:Description": "Grandma"}),
    "title": (("-XMP-dc:Title=Rome",), {"XMP-dc:Title": "Rome"}),
    "title of Windows": (("-EXIF:XPTitle=Rome",), {"XMP-dc:Title": "Rome"}),
    "title in IPTC": (("-IPTC:ObjectName=Rome",), {"XMP-dc:Title": "Rome"}),
    "rating in XMP": (("-XMP-xmp:Rating=4",), {"XMP-xmp:Rating": 4}),
    "rating in EXIF": (("-EXIF:Rating=3", "-EXIF:RatingPercent=50"), {"XMP-xmp:Rating": 3}),
    "rating of Windows": (("-XMP-microsoft:RatingPercent=99",), {"XMP-xmp:Rating": 5}),
    "label": (("-XMP-xmp:Label=Red",), {"XMP-xmp:Label": "Red"}),
    "author in EXIF": (("-EXIF:Artist=Anna",), {"XMP-dc:Creator": ["Anna"]}),
    "author in XMP": (("-XMP-dc:Creator=Anna", "-XMP-dc:Creator=Ben"), {"XMP-dc:Creator": ["Anna", "Ben"]}),
    "author in IPTC": (("-IPTC:By-line=Anna",), {"XMP-dc:Creator": ["Anna"]}),
    "copyright in EXIF": (("-EXIF:Copyright=© Anna",), {"XMP-dc:Rights": "© Anna"}),
    "copyright in XMP": (("-XMP-dc:Rights=© Anna",), {"XMP-dc:Rights": "© Anna"}),
    "copyright in IPTC": (("-codedcharacterset=utf8", "-IPTC:CopyrightNotice=© Anna"), {"XMP-dc:Rights": "© Anna"}),
    "name of the place": (
        ("-IPTC:City=Roma", "-IPTC:Country-PrimaryLocationName=Italia", "-IPTC:Sub-location=Foro"),
        {"XMP-photoshop:City": "Roma", "XMP-photoshop:Country": "Italia", "XMP-iptcCore:Location": "Foro"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_only_a_copy_says_stands_in_the_sidecar_of_the_photo_that_stays(tmp_path: Path, name: str) -> None:
    tags, wanted = CASES[name]
    keep = read(picture(tmp_path / "keep" / "a.jpg"))
    copy = read(tagged(picture(tmp_path / "copy" / "a.jpg"), *tags))
    assert missing(copy, keep)

    made = draft(copy, keep)

    assert made is not None and made.path == str(tmp_path / "keep" / "a.jpg.xmp") and made.before is None
    Path(made.path).write_bytes(made.after)
    found = told(made.path)
    for tag, value in wanted.items():
        assert found[tag] == (pytest.approx(value, abs=1e-7) if isinstance(value, float) else value)
    again = read(tmp_path / "keep" / "a.jpg")
    assert missing(copy, again) == []
    assert draft(copy, again) is None
