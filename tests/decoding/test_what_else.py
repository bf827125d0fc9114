"""What a file holds besides its one picture, wherever in the file it stands, and folders that are not what they seem."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path

from PIL import Image

from dedupe.decoding import decode
from dedupe.decoding.pillow import load
from dedupe.formats import metadata
from dedupe.tree.unscanned import UnscannedFiles
from dedupe.tree.walk import WalkOptions, walk
from dedupe.types import CompanionKind, Facts, FileStamp, Photo, PhotoFile


def picture(colour: str = "red") -> Image.Image:
    return Image.new("RGB", (64, 48), colour)


def encoded(kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture().save(out, kind, **options)
    return out.getvalue()


def test_a_rating_that_stands_behind_the_pixels_of_a_png_is_read() -> None:
    plain = encoded("PNG")
    xmp = b"XML:com.adobe.xmp\0\0\0\0\0" + (
        b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description xap:Rating="5" xmlns:xap="http://ns.adobe.com/xap/1.0/"/></rdf:RDF>'
    )
    body = b"iTXt" + xmp
    chunk = struct.pack(">I", len(xmp)) + body + struct.pack(">I", zlib.crc32(body))
    end = plain.rindex(b"IEND") - 4
    _, source, _ = load(plain[:end] + chunk + plain[end:], "PNG", 400, decode.DEFAULT_MAX_PIXELS)
    assert metadata.of_blocks(source.blocks).rating == 5


def test_a_caption_may_hold_a_family_and_right_to_left_text() -> None:
    for caption in ("Ferien 👨‍👩‍👧", "שלום\u200f"):
        made = Image.Exif()
        made[0x010E] = caption.encode("utf-8")
        said = metadata.read(made.tobytes()[6:], None, None)
        assert said.caption == caption


def test_a_linked_folder_is_protected_as_the_folder_it_leads_to(tmp_path: Path) -> None:
    master = tmp_path / "Master" / "2019"
    master.mkdir(parents=True)
    picture().save(master / "b.jpg")
    pictures = tmp_path / "Pictures"
    pictures.mkdir()
    (pictures / "link").symlink_to(master)
    found = walk([str(pictures)], WalkOptions(follow=True, protect=(str(tmp_path / "Master"),))).files
    assert [file.protected for file in found] == [True]


def test_what_lies_in_the_trash_is_no_photo_of_the_tree(tmp_path: Path) -> None:
    trash = tmp_path / ".local" / "share" / "Trash"
    (trash / "files").mkdir(parents=True)
    (trash / "info").mkdir()
    picture().save(trash / "files" / "x.jpg")
    plain = tmp_path / "Trash"
    plain.mkdir()
    picture().save(plain / "cans.jpg")
    found = walk([str(tmp_path)], WalkOptions(include_hidden=True)).files
    assert [os.path.basename(file.path) for file in found] == ["cans.jpg"]


def test_a_raw_that_could_not_be_read_still_belongs_to_its_picture(tmp_path: Path) -> None:
    picture().save(tmp_path / "IMG_1.jpg")
    (tmp_path / "img_1.CR2").write_bytes(b"no raw at all")
    (tmp_path / "IMG_2.CR2").write_bytes(b"another")
    path = str(tmp_path / "IMG_1.jpg")
    photo = Photo(PhotoFile(path, str(tmp_path), FileStamp.of(os.stat(path))), b"k" * 16, None, Facts("JPEG", 64, 48))
    attached = UnscannedFiles({path}).attached(photo)
    assert [(os.path.basename(one.path), one.kind) for one in attached.file.companions] == [
        ("img_1.CR2", CompanionKind.RAW)
    ]
    assert UnscannedFiles({path, str(tmp_path / "img_1.CR2")}).attached(photo) is photo
