"""The guards behind the door: each holds against its attack, and taken away it lets the attack pass.

Those of the door itself are in ``test_guard``.
"""

from __future__ import annotations

import asyncio
import os
import socket
import stat
import threading
import webbrowser
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest

pytest.importorskip("starlette", reason="the browser review needs starlette (dedupe-photos[web])")
pytest.importorskip("uvicorn", reason="the browser review needs uvicorn (dedupe-photos[web])")

import uvicorn
from PIL import Image
from starlette.requests import Request
from starlette.responses import Response

from dedupe.decoding import decode, encode
from dedupe.errors import UsageError
from dedupe.review.web import app, payloads, picture, server
from dedupe.review.web.acting import Destination
from dedupe.review.web.guard import Secrets
from dedupe.review.web.picture import Original, Refused, View
from dedupe.types import FileStamp
from tests.review import made

Patch = pytest.MonkeyPatch


# -- the socket --------------------------------------------------------------------------------------------------------------


def listens_on_loopback_alone() -> bool:
    with server._listening(0) as listening:
        address, port = listening.getsockname()
        try:
            with socket.create_connection(("127.0.0.2", port), timeout=5):
                return False
        except OSError:
            return bool(address == "127.0.0.1")


def test_it_listens_on_the_loopback_address_alone(monkeypatch: Patch) -> None:
    assert listens_on_loopback_alone()
    monkeypatch.setattr(server, "LOOPBACK", "0.0.0.0")
    assert not listens_on_loopback_alone()


def test_the_port_is_another_one_each_time_unless_one_is_asked_for() -> None:
    assert server.Wanted().port == 0
    with server._listening(0) as one, server._listening(0) as other:
        ports = one.getsockname()[1], other.getsockname()[1]
        assert len(set(ports)) == 2
        with pytest.raises(UsageError), server._listening(ports[0]):
            pass


class _Config(Exception):  # noqa: N818 - it brings what the server was started with
    pass


def test_the_server_believes_no_proxy_logs_no_request_and_says_nothing_of_itself(monkeypatch: Patch) -> None:
    def config(*_: Any, **options: Any) -> None:
        raise _Config(options)

    monkeypatch.setattr(uvicorn, "Config", config)
    with (
        server._listening(0) as listening,
        pytest.raises(_Config) as raised,
        server._running(SimpleNamespace(), listening),
    ):
        pass
    (options,) = raised.value.args
    told = {name: options[name] for name in ("proxy_headers", "access_log", "server_header", "ws", "lifespan")}
    assert told == {
        "proxy_headers": False,
        "access_log": False,
        "server_header": False,
        "ws": "none",
        "lifespan": "off",
    }


# -- the way in --------------------------------------------------------------------------------------------------------------


def launched(own: Secrets, code: str) -> Response:
    """What the launch page gets for a code."""
    entrance = app.Entrance(SimpleNamespace(secrets=own))

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": f'{{"code": "{code}"}}'.encode(), "more_body": False}

    answers: list[Response] = []

    async def ask() -> None:
        answers.append(await entrance.launch(Request({"type": "http", "method": "POST", "headers": []}, receive)))

    thread = threading.Thread(target=lambda: asyncio.run(ask()))
    thread.start()
    thread.join()
    return answers[0]


def opens_once(own: Secrets) -> bool:
    code = own.new_code()
    return [launched(own, code).status_code for _ in range(2)] == [200, 403]


def test_a_link_opens_once(monkeypatch: Patch) -> None:
    own = Secrets()
    assert opens_once(own)
    assert launched(own, "guess").status_code == 403
    monkeypatch.setattr(Secrets, "redeem", lambda self, code: code in self.codes)
    assert not opens_once(own)


WISHES = {"HttpOnly", "SameSite=strict", "Path=/r/abc/"}


def cookie_parts() -> set[str]:
    own = Secrets(run="abc", cookie="the-cookie")
    cookie = launched(own, own.new_code()).headers["set-cookie"]
    assert cookie.startswith("dedupe_abc=the-cookie;")
    return set(cookie.split("; "))


def test_the_cookie_is_for_this_review_alone_and_for_no_script() -> None:
    assert cookie_parts() >= WISHES


@pytest.mark.parametrize(
    ("without", "lost"), [("httponly", "HttpOnly"), ("samesite", "SameSite=strict"), ("path", "Path=/r/abc/")]
)
def test_a_cookie_without_one_of_its_limits_is_noticed(without: str, lost: str, monkeypatch: Patch) -> None:
    real = Response.set_cookie

    def looser(self: Response, name: str, value: str, **limits: Any) -> None:
        real(
            self,
            name,
            value,
            **{"samesite": None, **{kind: limit for kind, limit in limits.items() if kind != without}},
        )

    monkeypatch.setattr(Response, "set_cookie", looser)
    assert WISHES - cookie_parts() == {lost}


class _Browser:
    """The system's browser: remembers what it was started with, and how the file was kept then."""

    opened: ClassVar[list[tuple[str, int, str]]] = []

    @classmethod
    def open(cls, address: str) -> bool:
        path = address.removeprefix("file://")
        cls.opened.append((address, stat.S_IMODE(os.stat(path).st_mode), Path(path).read_text()))
        return True


def way_to_the_browser(monkeypatch: Patch, folder: Path) -> tuple[str, int, str]:
    """The command line of the browser, the mode of the file that it opens, and the file."""
    monkeypatch.setattr("platformdirs.user_runtime_dir", lambda *_, **__: str(folder))
    monkeypatch.setattr(webbrowser, "open", _Browser.open)
    monkeypatch.setenv("DISPLAY", ":0")
    _Browser.opened.clear()
    with server._opened("http://127.0.0.1:1/r/abc/", Secrets(), server.Wanted(tell=lambda _: None)):
        pass
    assert list(folder.iterdir()) == []  # gone with the review
    return _Browser.opened[0]


@pytest.mark.skipif(os.name != "posix", reason="modes as POSIX has them")
def test_the_link_reaches_the_browser_in_a_file_that_nobody_else_can_read(monkeypatch: Patch, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    before = os.umask(0)
    try:
        command, mode, text = way_to_the_browser(monkeypatch, folder)
        assert mode == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert "launch#" in text
        assert "launch" not in command
        monkeypatch.setattr(server, "_private", lambda path, text: Path(path).write_text(text))
        assert way_to_the_browser(monkeypatch, folder)[1] == 0o666
    finally:
        os.umask(before)


def planted(path: Path, elsewhere: Path) -> bool:
    """Whether writing the private file wrote through a link that stood in its place."""
    path.symlink_to(elsewhere)
    try:
        server._private(str(path), "the link")
    except OSError:
        return False
    return elsewhere.exists()


def test_a_link_that_a_stranger_planted_is_not_written_through(monkeypatch: Patch, tmp_path: Path) -> None:
    assert not planted(tmp_path / "one.html", tmp_path / "stranger's")
    monkeypatch.setattr(server, "_private", lambda path, text: Path(path).write_text(text))
    assert planted(tmp_path / "two.html", tmp_path / "stranger's")


# -- the page's own files ----------------------------------------------------------------------------------------------------


def test_a_path_never_leads_out_of_the_page_s_own_files(monkeypatch: Patch) -> None:
    ways = ("../app.py", "../guard.py", "/etc/passwd.css", ".hidden.css", "vendor/../../web/app.py", "vendor\\x.js")
    for way in ways:
        with pytest.raises(app.NotThereError):
            app._file(way)
    monkeypatch.setattr(app, "is_ours", lambda name: True)
    assert b"def application" in app._file("../app.py").body


# -- the pictures ------------------------------------------------------------------------------------------------------------


def original(path: Path, max_pixels: int = 10**8) -> Original:
    return Original(str(path), FileStamp.of(os.stat(path)), path.name.encode(), 64, 48, max_pixels)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    pixels = np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)
    exif = Image.Exif()
    exif[0x013B] = "a very secret name"
    Image.fromarray(pixels).save(tmp_path / "photo.jpg", quality=95, exif=exif.tobytes())
    picture._kept.clear()
    return tmp_path / "photo.jpg"


def shown(one: Original) -> bool:
    return isinstance(picture.made(View(one, 64)), bytes)


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="links are told apart by O_NOFOLLOW")
def test_a_link_to_the_very_photo_is_not_followed(photo: Path, monkeypatch: Patch) -> None:
    one = original(photo)
    photo.rename(photo.with_name("elsewhere.jpg"))
    photo.symlink_to("elsewhere.jpg")
    assert not shown(one)
    monkeypatch.setattr(picture, "_FLAGS", os.O_RDONLY)
    assert shown(one)


def test_another_photo_in_its_place_is_not_shown(photo: Path, monkeypatch: Patch) -> None:
    one = original(photo)
    photo.unlink()
    Image.new("RGB", (64, 48), "red").save(photo)
    assert not shown(one)
    monkeypatch.setattr(picture, "_identity", lambda stamp: None)
    assert shown(one)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_in_its_place_does_not_hang_the_page(photo: Path) -> None:
    one = original(photo)
    photo.unlink()
    os.mkfifo(photo)
    assert not shown(one)


def test_a_picture_beyond_the_limit_of_pixels_is_not_decoded(photo: Path, monkeypatch: Patch) -> None:
    one = original(photo, max_pixels=1000)
    assert isinstance(picture.made(View(one, 64)), Refused)
    real = decode.decode
    monkeypatch.setattr(
        decode, "decode", lambda data, *, long_side, max_pixels: real(data, long_side=long_side, max_pixels=10**8)
    )
    assert shown(one)


def secrets_shown(photo: Path) -> bool:
    data = picture.made(View(original(photo), 64))
    assert isinstance(data, bytes)
    return b"a very secret name" in data


def test_the_bytes_of_a_photo_never_go_out_as_they_are(photo: Path, monkeypatch: Patch) -> None:
    assert not secrets_shown(photo)
    monkeypatch.setattr(encode, "jpeg", lambda *_: photo.read_bytes())
    assert secrets_shown(photo)


# -- what the page is told and what it may name ------------------------------------------------------------------------------


def test_names_that_turn_text_round_are_spelt_out(monkeypatch: Patch) -> None:
    def turned() -> bool:
        told = payloads.picture(made.photo("a\u202egpj.exe"), (made.ROOT,))
        return any("\u202e" in str(told[part]) for part in ("name", "folder", "path"))

    assert not turned()
    monkeypatch.setattr(payloads, "display_path", str)
    assert turned()


@pytest.mark.parametrize("target", ["relative", "", " ", "a\0b", "/" + "x" * 5000, None, 7, ["/tmp"]])
def test_a_folder_that_is_no_full_path_is_no_place_to_move_to(target: object) -> None:
    with pytest.raises((UsageError, ValueError)):
        Destination.parse("move", target)
