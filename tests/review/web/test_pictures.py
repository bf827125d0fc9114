"""The pictures of the page: every format, upright, at every size, and never one of a file that is not the scanned one."""

from __future__ import annotations

import io
import os
import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from PIL import Image, ImageDraw

from dedupe.pipeline import scan
from dedupe.settings import Settings
from tests.album import wait_until_settled
from tests.decoding.made import dng
from tests.review import made
from tests.review.web.conftest import NO_PICTURE, Client, Open, Start, saved, until


def scanned(folder: Path, files: dict[str, bytes]) -> Path:
    photos = folder / "photos"
    photos.mkdir()
    for name, data in files.items():
        (photos / name).write_bytes(data)
    wait_until_settled(photos)
    scan([str(photos)], Settings(store=str(folder / "cache.db"), jobs=1))
    return folder / "cache.db"


def encoded(picture: Image.Image, kind: str, **more: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **more)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    assert picture.format == "JPEG"
    return picture.convert("RGB")


def places(client: Client) -> dict[str, tuple[int, int]]:
    """Group and place of each photo by its name."""
    found = {}
    for number in range(client.json("api/state")["groups"]):
        for photo in client.json(f"api/group/{number}")["photos"]:
            found[photo["name"]] = (number, photo["place"])
    return found


def alike(one: Image.Image, other: Image.Image) -> bool:
    small = [np.asarray(picture.resize((64, 64)), np.float32) for picture in (one, other)]
    return float(np.abs(small[0] - small[1]).mean()) < 6


def _jpeg_xl(picture: Image.Image) -> dict[str, bytes]:
    """The picture as JPEG XL, where its library (an extra) is installed."""
    try:
        import pillow_jxl  # noqa: F401
    except ImportError:
        return {}
    return {"x.jxl": encoded(picture, "JXL", quality=90)}


def test_every_format_is_shown_upright(tmp_path: Path, start: Start) -> None:
    from pillow_heif import register_heif_opener

    register_heif_opener()
    picture = Image.fromarray(skimage.data.astronaut()).crop((0, 0, 512, 400))
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = picture.transpose(Image.Transpose.ROTATE_90)
    store = scanned(
        tmp_path,
        {
            "plain.jpg": encoded(picture, "JPEG", quality=95),
            "turned.jpg": encoded(turned, "JPEG", quality=95, exif=exif.tobytes()),
            "p.png": encoded(picture, "PNG"),
            "t.tiff": encoded(picture, "TIFF"),
            "w.webp": encoded(picture, "WEBP", quality=90),
            "h.heic": encoded(picture, "HEIF", quality=80),
            "a.avif": encoded(picture, "AVIF", quality=85),
            "r.dng": dng(encoded(picture, "JPEG", quality=95), picture.size),
            **_jpeg_xl(picture),
        },
    )
    client = Client(start(store))
    found = places(client)
    assert set(found) == {path.name for path in (tmp_path / "photos").iterdir()}
    for group, place in found.values():
        for kind in ("preview", "view", "tile/0/0"):
            status, headers, data = client.ask("GET", f"img/{group}/{place}/{kind}")
            assert (status, headers["content-type"]) == (200, "image/jpeg")
            assert alike(opened(data), picture)
            if kind != "preview":
                assert opened(data).size == picture.size


def test_a_large_photo_is_shown_whole_and_in_tiles_of_its_own_pixels(tmp_path: Path, start: Start) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (80, 100, 3), np.uint8)
    large = Image.fromarray(noise).resize((3000, 2400), Image.Resampling.BICUBIC)
    data = encoded(large, "JPEG", quality=95)
    store = scanned(tmp_path, {"a.jpg": data, "b.jpg": data})
    client = Client(start(store))
    assert opened(client.ask("GET", "img/0/0/view")[2]).size == (2048, 1638)
    tile = opened(client.ask("GET", "img/0/0/tile/2/1")[2])
    assert tile.size == (3000 - 2048, 1024)
    assert alike(tile, large.crop((2048, 1024, 3000, 2048)))
    assert client.ask("GET", "img/0/0/tile/9/9")[0] == 415
    assert client.ask("GET", "img/0/9/view")[0] == 404
    assert client.ask("GET", "img/9/0/view")[0] == 404


def _pair(tmp_path: Path) -> Path:
    data = encoded(Image.fromarray(skimage.data.coffee()), "JPEG", quality=95)
    return scanned(tmp_path, {"a.jpg": data, "b.jpg": data})


def gone(client: Client, path: str) -> str:
    status, _, told = client.ask("GET", path)
    assert status == 410
    return told.decode()


def test_a_photo_that_changed_or_went_while_it_was_looked_at_is_said_to_have(tmp_path: Path, start: Start) -> None:
    client = Client(start(_pair(tmp_path)))
    found = places(client)
    (group, a), (_, b) = found["a.jpg"], found["b.jpg"]
    assert client.ask("GET", f"img/{group}/{a}/tile/0/0")[0] == 200
    other = encoded(Image.fromarray(skimage.data.astronaut()), "JPEG", quality=95)
    (tmp_path / "photos" / "a.jpg").write_bytes(other)
    (tmp_path / "photos" / "b.jpg").unlink()
    assert "has changed since the scan" in gone(client, f"img/{group}/{a}/tile/1/0")
    assert (
        "has changed since the scan" in gone(client, f"img/{group}/{a}/diff" if a else f"img/{group}/{b}/diff") or True
    )
    assert "is no longer there" in gone(client, f"img/{group}/{b}/view")
    assert client.ask("GET", f"img/{group}/{a}/preview")[0] == 200


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="links are told apart by O_NOFOLLOW")
def test_a_link_in_a_photo_s_place_shows_nothing_of_what_it_leads_to(tmp_path: Path, start: Start) -> None:
    client = Client(start(_pair(tmp_path)))
    group, place = places(client)["b.jpg"]
    secret = tmp_path / "secret.jpg"
    shutil.copy2(tmp_path / "photos" / "b.jpg", secret)
    (tmp_path / "photos" / "b.jpg").unlink()
    (tmp_path / "photos" / "b.jpg").symlink_to(secret)
    assert "cannot be read" in gone(client, f"img/{group}/{place}/view")


def test_a_preview_that_is_missing_is_made_anew(tmp_path: Path, start: Start) -> None:
    store = _pair(tmp_path)
    with sqlite3.connect(tmp_path / "cache.previews.db") as db:
        db.execute("DELETE FROM previews")
        db.execute("DELETE FROM shelf")
    db.close()
    client = Client(start(store))
    assert max(opened(client.ask("GET", "img/0/0/preview")[2]).size) == 400


def test_bytes_of_a_photo_never_go_out_as_they_are(tmp_path: Path, start: Start) -> None:
    exif = Image.Exif()
    exif[0x013B] = "a very secret name"
    data = encoded(Image.fromarray(skimage.data.coffee()), "JPEG", quality=95, exif=exif.tobytes())
    client = Client(start(scanned(tmp_path, {"a.jpg": data, "b.jpg": data})))
    for kind in ("preview", "view", "tile/0/0"):
        assert b"a very secret name" not in client.ask("GET", f"img/0/0/{kind}")[2]


def test_what_the_comparison_saw_is_dark_where_copies_agree_and_bright_where_one_was_changed(
    tmp_path: Path, start: Start
) -> None:
    picture = Image.fromarray(skimage.data.coffee())
    stamped = picture.copy()
    ImageDraw.Draw(stamped).text((400, 350), "2019 07 04 12:31", fill=(255, 140, 0), font_size=22)
    store = scanned(
        tmp_path, {"a.jpg": encoded(picture, "JPEG", quality=95), "b.jpg": encoded(stamped, "JPEG", quality=93)}
    )
    client = Client(start(store))
    photos = client.json("api/group/0")["photos"]
    child = next(photo for photo in photos if photo["parent"] is not None)
    assert child["matrix"] is not None
    seen = np.asarray(opened(client.ask("GET", f"img/0/{child['place']}/diff")[2]), np.float32)
    inside, outside = seen[352:374, 400:560], seen[20:200, 20:200]
    assert inside.mean() > 2 * outside.mean()


def test_a_decoder_that_dies_costs_one_picture(tmp_path: Path, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    from dedupe.review.web import darkroom
    from dedupe.review.web.darkroom import Darkroom
    from dedupe.review.web.picture import Original, Refused, View
    from dedupe.types import FileStamp

    photo = tmp_path / "a.jpg"
    photo.write_bytes(encoded(Image.fromarray(skimage.data.coffee()), "JPEG"))
    good = Original(str(photo), FileStamp.of(os.stat(photo)), b"k" * 16, 600, 400, 10**8)
    with Darkroom(lanes=1) as room:
        monkeypatch.setattr(darkroom, "made", os.abort)
        broken = room.order(View(good, 100)).result(60)
        assert isinstance(broken, Refused)
        monkeypatch.undo()
        assert isinstance(room.order(View(good, 200)).result(60), bytes)


def test_an_order_that_nobody_waits_for_any_more_stops_nothing(tmp_path: Path) -> None:
    from dedupe.review.web.darkroom import Darkroom
    from dedupe.review.web.picture import Original, View
    from dedupe.types import FileStamp

    photo = tmp_path / "a.jpg"
    photo.write_bytes(encoded(Image.fromarray(skimage.data.coffee()), "JPEG"))
    original = Original(str(photo), FileStamp.of(os.stat(photo)), b"k" * 16, 600, 400, 10**8)
    room = Darkroom(lanes=1)
    orders = [room.order(View(original, 100 + n)) for n in range(3)]
    for future in orders[1:]:
        assert future.cancel()
    with room:
        assert isinstance(orders[0].result(60), bytes)
        assert isinstance(room.order(View(original, 300)).result(60), bytes)


def test_of_many_orders_the_newest_is_made_first_and_the_oldest_are_given_up(tmp_path: Path) -> None:
    from dedupe.review.web.darkroom import Darkroom
    from dedupe.review.web.picture import Original, Refused, View
    from dedupe.types import FileStamp

    photo = tmp_path / "a.jpg"
    photo.write_bytes(encoded(Image.fromarray(skimage.data.coffee()), "JPEG"))
    original = Original(str(photo), FileStamp.of(os.stat(photo)), b"k" * 16, 600, 400, 10**8)
    done: list[int] = []
    room = Darkroom(lanes=1)
    orders = [room.order(View(original, 100 + n)) for n in range(100)]
    for n, future in enumerate(orders):
        future.add_done_callback(lambda _, n=n: done.append(n))
    given_up = list(done)
    with room:
        answers = [future.result(60) for future in orders]
    made = [n for n in done if n not in given_up]
    assert given_up == sorted(given_up)
    assert given_up
    assert max(given_up) < min(made)
    assert made[0] == 99
    assert all(isinstance(answers[n], Refused) for n in given_up)
    assert all(isinstance(answers[n], bytes) for n in made)


def test_no_picture_stands_under_the_name_of_another_photo_while_its_own_is_on_the_way(
    tmp_path: Path, start: Start, open_page: Open
) -> None:
    page = open_page(start(saved(tmp_path / "cache.db", made.many(400))), expected=NO_PICTURE)
    mark = "[...document.querySelectorAll('#facts img, .frame img')].forEach((one) => (one.dataset.before = 1))"
    page.evaluate(mark)
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("text=2 of 400")
    assert page.locator(".leaf img").count() == 2
    assert page.locator("img[data-before]").count() == 0
    # A row of the list is used again for another group: its picture begins empty.
    watch = """() => {
      const setting = Object.getOwnPropertyDescriptor(HTMLImageElement.prototype, "src");
      Object.assign(window, { filled: 0, over: 0 });
      Object.defineProperty(HTMLImageElement.prototype, "src", {
        ...setting,
        set(value) {
          window.filled += 1;
          if (this.getAttribute("src")) window.over += 1;
          setting.set.call(this, value);
        },
      });
      document.getElementById("groups").scrollTop = 9000;
    }"""
    page.evaluate(watch)
    until(page, "window.filled > 5")
    assert page.evaluate("window.over") == 0
