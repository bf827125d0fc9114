"""A picture made to bear the key of a known photo is another picture, and evicts nobody's."""

from __future__ import annotations

import io
import os
import sqlite3
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xxhash
from PIL import Image

from dedupe.decoding import same_picture
from dedupe.decoding.content_key import content_key
from dedupe.pipeline import scan
from dedupe.settings import Settings
from dedupe.types import OutcomeKind, Photo, Relation, ScanResult
from tests import worker_tasks
from tests.safety.conftest import World, refused
from tests.support import photo_at, result_of

_MASK = (1 << 64) - 1
_LOW = (1 << 32) - 1
_STRIPES_A_BLOCK = 16
# The first 192 bytes of XXH3's own secret (xxhash.h, kSecret).
_SECRET = bytes.fromhex(
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221"
    "b8084674f743248ee03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8"
    "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb"
    "170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e"
)


def _lane(stripe: bytes, number: int, at: int) -> tuple[int, int]:
    """What one lane of a stripe adds: to the lane beside it, and to itself (XXH3_accumulate_512)."""
    (word,) = struct.unpack_from("<Q", stripe, 8 * number)
    (secret,) = struct.unpack_from("<Q", _SECRET, 8 * (at % _STRIPES_A_BLOCK) + 8 * number)
    mixed = word ^ secret
    return word, (mixed & _LOW) * (mixed >> 32) & _MASK


def _added(data: bytes, first: int, count: int, number: int) -> tuple[int, int]:
    """The sums of a lane over ``count`` stripes."""
    whole = [_lane(data[64 * at : 64 * at + 64], number, at) for at in range(first, first + count)]
    return sum(one for one, _ in whole) & _MASK, sum(other for _, other in whole) & _MASK


def _words(plain: int, product: int, first: int, number: int) -> list[int]:
    """Four words of a lane, in four stripes, that add just these sums: two make the product, two make up the plain sum."""
    secrets = [
        struct.unpack_from("<Q", _SECRET, 8 * ((first + at) % _STRIPES_A_BLOCK) + 8 * number)[0] for at in range(4)
    ]
    most = min(product // _LOW, _LOW)
    rest = product - most * _LOW
    assert rest <= _LOW
    mixed = [_LOW | most << 32, 1 | rest << 32]
    words = [one ^ secret for one, secret in zip(mixed, secrets, strict=False)]
    missing = (plain - sum(words)) & _MASK
    fixed = secrets[3] & _LOW  # the fourth word's low half makes its product 0, the third's high half
    low = (missing - fixed) & _LOW
    third = (secrets[2] >> 32 << 32) | low
    fourth_high = ((missing - third - fixed) & _MASK) >> 32
    return [*words, third, fourth_high << 32 | fixed]


def crafted(known: bytes, other: bytes) -> bytes:
    """A file of the length of ``known`` with its XXH3-128.

    It is ``other``, of which the last quarter of each block, and all behind the last whole block, is what the checksum
    needs.
    """
    made = bytearray(other)
    block = 64 * _STRIPES_A_BLOCK
    blocks = (len(known) - 1) // block
    made[blocks * block :] = known[blocks * block :]
    for first in range(0, blocks * _STRIPES_A_BLOCK, _STRIPES_A_BLOCK):
        free = first + _STRIPES_A_BLOCK - 4
        for lane in range(8):
            target = _added(known, first, _STRIPES_A_BLOCK, lane)
            there = _added(bytes(made), first, _STRIPES_A_BLOCK - 4, lane)
            plain, product = ((one - two) & _MASK for one, two in zip(target, there, strict=True))
            for at, word in enumerate(_words(plain, product, free, lane)):
                struct.pack_into("<Q", made, 64 * (free + at) + 8 * lane, word)
    return bytes(made)


def forgery() -> tuple[bytes, bytes]:
    """A known photo, and another picture that the checksum of 0.1.0 cannot tell from it."""
    known, other = (
        _saved(np.random.default_rng(seed).integers(0, 255, (70, 62, 3), np.uint8), "BMP") for seed in (1, 2)
    )
    return known, crafted(known, other)


def test_a_crafted_picture_is_no_copy_of_the_photo_whose_checksum_it_has(tmp_path: Path) -> None:
    for name, content in zip(("known.bmp", "forged.bmp"), forgery(), strict=True):
        (tmp_path / name).write_bytes(content)
    result = scan([str(tmp_path)], Settings(store=str(tmp_path / "store.db"), jobs=1))
    assert result.stats.photos == 2
    assert not [extra for group in result.groups for extra in group.extras if extra.selected]


def test_the_key_of_a_crafted_picture_is_its_own() -> None:
    known, forged = forgery()
    assert known != forged
    assert xxhash.xxh3_128_digest(known) == xxhash.xxh3_128_digest(forged), "the attack is real"
    assert content_key(known) != content_key(forged)


def test_a_jpeg_of_another_stream_is_not_the_same_picture_whatever_its_key(world: World) -> None:
    """A pixel key that two pictures share is believed only while their streams agree byte for byte."""
    noise = np.random.default_rng(3).integers(0, 255, (64, 64, 3), np.uint8)
    world.make({"keep/a.jpg": _jpeg(noise, b""), "old/a.jpg": _jpeg(noise[::-1].copy(), b"a tag")})
    keep, extra = (photo_at(world.root / name, world.root) for name in ("keep/a.jpg", "old/a.jpg"))
    before = world.snapshot()
    report = world.act(result_of([world.root], [(keep, [extra])], relation=Relation.SAME_PIXELS))
    assert refused(report.outcomes) == ["its picture is not that of the photo that stays"]
    assert world.snapshot() == before


def test_a_jpeg_of_the_same_stream_with_another_tag_is_the_same_picture(world: World) -> None:
    noise = np.random.default_rng(3).integers(0, 255, (64, 64, 3), np.uint8)
    world.make({"keep/a.jpg": _jpeg(noise, b""), "old/a.jpg": _jpeg(noise, b"a tag")})
    keep, extra = (photo_at(world.root / name, world.root) for name in ("keep/a.jpg", "old/a.jpg"))
    report = world.act(result_of([world.root], [(keep, [extra])], relation=Relation.SAME_PIXELS))
    assert len(report.done) == 1


def test_pictures_of_different_sizes_are_not_the_same_whatever_their_key(world: World) -> None:
    noise = np.random.default_rng(3).integers(0, 255, (64, 64, 3), np.uint8)
    world.make({"keep/a.png": _saved(noise, "PNG"), "old/a.png": _saved(noise[:, :32].copy(), "PNG")})
    keep, extra = (photo_at(world.root / name, world.root) for name in ("keep/a.png", "old/a.png"))
    report = world.act(result_of([world.root], [(keep, [extra])], relation=Relation.SAME_PIXELS))
    assert refused(report.outcomes) == ["its picture is not that of the photo that stays"]


KINDS = [("PNG", "PNG"), ("PNG", "TIFF"), ("TIFF", "BMP"), ("BMP", "BMP"), ("WEBP", "PNG"), ("GIF", "GIF")]


def _pair(world: World, keep_kind: str, kind: str, *, forged: bool) -> ScanResult:
    """A photo and its copy in these formats, of which the scan said ``same-pixels``; a forged one differs in one pixel."""
    grey = np.random.default_rng(3).integers(0, 255, (64, 64), np.uint8)
    pixels = np.repeat(grey[:, :, None], 3, axis=2)
    other = pixels.copy()
    other[40, 20] ^= 0xFF if forged else 0
    names = f"keep/a.{keep_kind.lower()}", f"old/a.{kind.lower()}"
    world.make({names[0]: _saved(pixels, keep_kind), names[1]: _saved(other, kind)})
    keep, extra = (photo_at(world.root / name, world.root) for name in names)
    return result_of([world.root], [(keep, [extra])], relation=Relation.SAME_PIXELS)


@pytest.mark.parametrize(("keep_kind", "kind"), KINDS)
def test_a_forged_key_lets_no_other_picture_go(world: World, keep_kind: str, kind: str) -> None:
    """Of equal size, whatever the formats, and one pixel apart: both are decoded again and compared in every pixel."""
    result = _pair(world, keep_kind, kind, forged=True)
    before = world.snapshot()
    report = world.act(result)
    assert refused(report.outcomes) == ["its picture is not that of the photo that stays"]
    assert report.exit_code == 1
    assert world.snapshot() == before


def with_edits(world: World, *, forged: bool) -> ScanResult:
    """A photo and its copy, the same bytes, each with an edit beside it, of which the scan says that they show the same."""
    result = _pair(world, "PNG", "TIFF", forged=forged)
    edits = [replace(photo_at(photo.path, world.root), pixel_key=b"k" * 16) for photo in _photos(result)]
    world.make({f"{folder}/b.jpg": "beach" for folder in ("keep", "old")})
    keep, extra = (
        photo_at(world.root / folder / "b.jpg", world.root, members=[edit])
        for folder, edit in zip(("keep", "old"), edits, strict=True)
    )
    return result_of([world.root], [(keep, [extra])], relation=Relation.IDENTICAL)


def _photos(result: ScanResult) -> list[Photo]:
    [group] = result.groups
    return [group.keep, *(extra.photo for extra in group.extras)]


def test_a_forged_key_of_an_edit_beside_the_photo_lets_it_not_go(world: World) -> None:
    result = with_edits(world, forged=True)
    before = world.snapshot()
    assert refused(world.act(result).outcomes) == ["its picture is not that of the photo that stays"]
    assert world.snapshot() == before


def test_an_edit_that_shows_the_same_goes_with_its_photo(world: World) -> None:
    report = world.act(with_edits(world, forged=False))
    assert (len(report.done), report.files) == (1, 2), report.sentences()


@pytest.mark.parametrize(("keep_kind", "kind"), KINDS)
def test_the_same_picture_in_another_container_goes(world: World, keep_kind: str, kind: str) -> None:
    report = world.act(_pair(world, keep_kind, kind, forged=False))
    assert len(report.done) == 1, report.sentences()


def test_what_is_no_picture_is_not_the_same_picture_as_anything(world: World) -> None:
    world.make({"keep/a.png": "no picture", "old/a.png": "none either"})
    keep, extra = (photo_at(world.root / name, world.root) for name in ("keep/a.png", "old/a.png"))
    report = world.act(result_of([world.root], [(keep, [extra])], relation=Relation.SAME_PIXELS))
    assert refused(report.outcomes) == ["its picture is not that of the photo that stays"]


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
def test_a_picture_that_kills_its_decoder_stays_and_the_others_go(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = _pair(world, "PNG", "TIFF", forged=False)
    world.make({"keep/b.jpg": "cake\none", "old/b.jpg": "cake\none"})
    keep, extra = (photo_at(world.root / name, world.root) for name in ("keep/b.jpg", "old/b.jpg"))
    plain = result_of([world.root], [(keep, [extra])])
    monkeypatch.setattr(same_picture, "same_picture", worker_tasks.die)
    report = world.act(replace(result, groups=(*result.groups, replace(plain.groups[0], id="g2"))))
    assert [outcome.kind for outcome in report.outcomes] == [OutcomeKind.REFUSED, OutcomeKind.DONE]
    assert report.outcomes[0].reason == (
        "its picture cannot be compared again with that of the photo that stays (SIGSEGV)"
    )


def test_a_store_with_forged_keys_selects_at_most_what_the_act_refuses(world: World) -> None:
    """Somebody who may write into the cache makes two pictures one: the act still looks at the pictures."""
    noise = np.random.default_rng(4).integers(0, 255, (96, 96, 3), np.uint8)
    world.make({"keep/a.png": _saved(noise, "PNG"), "old/b.tiff": _saved(noise[::-1].copy(), "TIFF")})
    settings = Settings(store=str(world.base / "store.db"), jobs=1, select=(Relation.IDENTICAL, Relation.SAME_PIXELS))
    scan([str(world.root)], settings)
    with sqlite3.connect(world.base / "store.db") as db:
        db.execute("UPDATE contents SET payload_key = ?", (b"one and the same",))
        for table in ("verdicts", "refusals", "candidate_lists", "candidates"):
            db.execute(f"DELETE FROM {table}")
    db.close()
    result = scan([str(world.root)], settings)
    assert [extra.relation for group in result.groups for extra in group.extras if extra.selected] == [
        Relation.SAME_PIXELS
    ], "the attack is real"
    before = world.snapshot()
    report = world.act(result)
    assert refused(report.outcomes) == ["its picture is not that of the photo that stays"]
    assert world.snapshot() == before


def _jpeg(pixels: np.ndarray, comment: bytes) -> bytes:
    plain = _saved(pixels, "JPEG")
    tag = b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment
    return plain[:2] + tag + plain[2:] if comment else plain


def _saved(pixels: np.ndarray, form: str) -> bytes:
    out = io.BytesIO()
    picture = Image.fromarray(pixels)
    if form == "GIF":
        picture = picture.convert("L")
    picture.save(out, form, **({"lossless": True} if form == "WEBP" else {}))
    return out.getvalue()


def test_keys_are_the_same_whatever_the_size_of_the_pieces() -> None:
    from dedupe.formats.hashing import hasher

    data = bytes(range(256)) * 1000
    made = hasher()
    for start in range(0, len(data), 999):
        made.update(data[start : start + 999])
    assert made.digest() == content_key(data)
    assert len(content_key(data)) == 16
