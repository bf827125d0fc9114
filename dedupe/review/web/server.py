"""The browser review from start to end: one at a time a store, on the loopback address, gone when it ends.

``serve`` owns the main thread meanwhile: decisions and moves happen there, uvicorn runs beside it on a socket of ours.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from hashlib import blake2b
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from dedupe.errors import DedupeError, LockedError, UsageError
from dedupe.terminal.text import display_path

if TYPE_CHECKING:
    import uvicorn
    from starlette.types import ASGIApp

    from dedupe.review.web.guard import Secrets
    from dedupe.session import Session
    from dedupe.settings import Settings

INSTALL: Final = "The review in the browser needs two more small libraries: pip install 'dedupe-photos[web]'"
LOOPBACK: Final = "127.0.0.1"
_START_S: Final = 20.0
_END_S: Final = 5


class WebUnavailableError(DedupeError):
    """The libraries of the browser review are not installed."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How the page is to be served.

    The ``port`` (0: any free one), whether to ``open`` a browser, who is told what, and the folders whose last scan is meant
    (none: the newest scan).
    """

    port: int = 0
    open: bool = True
    tell: Callable[[str], None] = print
    roots: tuple[str, ...] = ()


def check_available() -> None:
    """Raises WebUnavailableError, with the command that mends it, where a library is missing."""
    if any(find_spec(name) is None for name in ("starlette", "uvicorn")):
        raise WebUnavailableError(INSTALL)


def review_in_browser(settings: Settings, wanted: Wanted) -> None:
    """Serve the review of the last scan until the person ends it, on the page or with Ctrl-C.

    Raises WebUnavailableError, UsageError where there is no scan or the port is taken, LockedError (with the address) where
    the review of this store runs already, StoreError as ``Session``.
    """
    check_available()
    from dedupe.actions import recover_if_needed
    from dedupe.library.paths import StorePaths
    from dedupe.review.saved_scan import last_scan

    paths = StorePaths.at(settings.store)
    with _alone(paths.decisions, paths.lock) as record:
        recovered = recover_if_needed(paths)
        with last_scan(settings, wanted.roots) as (session, result):
            if not result.groups and not result.series:
                wanted.tell("The last scan found no duplicates: there is nothing to review.")
                return
            _serve(session, wanted, record, tuple(recovered))


def _serve(session: Session, wanted: Wanted, record: str, notices: tuple[str, ...]) -> None:
    from dedupe.review.web.acting import Actor
    from dedupe.review.web.app import application
    from dedupe.review.web.darkroom import Darkroom
    from dedupe.review.web.desk import Desk
    from dedupe.review.web.guard import Secrets
    from dedupe.review.web.house import House
    from dedupe.review.web.main_thread import MainThread
    from dedupe.review.web.shelf import Shelf

    main, own, desk = MainThread(), Secrets(), Desk(session)
    actor = Actor(desk, session.paths, session.settings.max_drop, main.end)
    with ExitStack() as stack:
        stack.enter_context(main.ended_by_signals())
        listening = stack.enter_context(_listening(wanted.port))
        shelf = stack.enter_context(Shelf(session.paths))
        darkroom = stack.enter_context(Darkroom())
        house = House(main, desk, actor, shelf, darkroom, own, session.paths, notices, session.settings.max_pixels)
        stack.enter_context(_running(application(house), listening))
        address = f"http://{LOOPBACK}:{listening.getsockname()[1]}{own.prefix}"
        stack.enter_context(_recorded(record, address))
        stack.enter_context(_opened(address, own, wanted))
        main.run()
        darkroom.close()  # before the server, which would wait for pictures on order
    wanted.tell("The review has ended; your decisions are kept. `dedupe review --web` opens it again.")


# -- the socket and the server -----------------------------------------------------------------------------------------------


@contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    """A socket on the loopback address and nowhere else. Raises UsageError where the port cannot be had."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listening:
        if os.name == "posix":  # elsewhere it would let a second program take the port over
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((LOOPBACK, port))
        except OSError as error:
            raise UsageError(
                f"Port {port} cannot be used ({error.strerror}): name another one, or leave --port out."
            ) from error
        listening.listen(64)
        yield listening


@contextmanager
def _running(app: ASGIApp, listening: socket.socket) -> Iterator[None]:
    """The server in a thread of its own, answering from the first moment of the block to its end."""
    import uvicorn

    config = uvicorn.Config(
        app,
        http="h11",
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="error",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=60,
        timeout_graceful_shutdown=_END_S,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="web", daemon=True)
    thread.start()
    _wait_until_started(server, thread)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=_END_S + 5)


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    last = time.monotonic() + _START_S
    while not server.started:
        if not thread.is_alive() or time.monotonic() > last:
            raise UsageError("The server for the page could not be started.")
        time.sleep(0.01)


# -- one at a time -----------------------------------------------------------------------------------------------------------


@contextmanager
def _alone(decisions: str, lock: str) -> Iterator[str]:
    """Hold the review of this store; gives the path for the record of its address. Raises LockedError where one runs already."""
    from dedupe.actions.platform.lock import only_one

    name = blake2b(os.fsencode(os.path.realpath(decisions)), digest_size=6).hexdigest()
    record = os.path.join(os.path.dirname(lock), f"review-{name}")
    held = False
    try:
        with only_one(f"{record}.lock"):
            held = True
            yield f"{record}.txt"
    except LockedError as error:
        if held:
            raise
        address = _read(f"{record}.txt")
        if address is None:
            raise
        raise LockedError(
            f"A review of this scan is already running at {display_path(address)}. Continue in the browser where it was opened, "
            "or end it with “Quit” on the page or Ctrl-C in its terminal."
        ) from error


def _read(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read(200).strip() or None
    except OSError:
        return None


@contextmanager
def _recorded(path: str, address: str) -> Iterator[None]:
    """The address, without anything that opens the page, in a private file for a second start to tell."""
    _drop(path)
    _private(path, f"{address}\n")
    try:
        yield
    finally:
        _drop(path)


# -- the way in --------------------------------------------------------------------------------------------------------------


@contextmanager
def _opened(address: str, own: Secrets, wanted: Wanted) -> Iterator[None]:
    """Tell the address and open the browser, by way of a private file: an address on a command line can be read by others."""
    wanted.tell(f"The review is at {address}launch#{own.new_code()}")
    wanted.tell(
        "The link works once. Ctrl-C here, or “Quit” on the page, ends the review. Nothing moves before you agree."
    )
    if not wanted.open:
        yield
        return
    from platformdirs import user_runtime_dir

    folder = user_runtime_dir("dedupe", appauthor=False)
    path = os.path.join(folder, f"review-{secrets.token_hex(6)}.html")
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        _private(path, _LAUNCH.format(address=f"{address}launch#{own.new_code()}"))
        told = _browser(path)
    except OSError as error:
        told = f"No browser could be opened ({error.strerror})."
    if told:
        wanted.tell(f"{told} Open the link above yourself.")
    try:
        yield
    finally:
        _drop(path)


def _browser(path: str) -> str:
    """Open the file in the system's browser; a sentence where there is none."""
    import sys
    import webbrowser
    from pathlib import Path

    if sys.platform not in ("win32", "darwin") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return "There is no desktop here to open a browser on."
    with suppress(webbrowser.Error):
        if webbrowser.open(Path(path).as_uri()):
            return ""
    return "No browser could be opened."


_LAUNCH: Final = (
    '<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer"><title>dedupe</title>'
    '<meta http-equiv="refresh" content="0; url={address}"><p><a href="{address}">Open the review</a></p>\n'
)


def _private(path: str, text: str) -> None:
    """A new file that nobody else can read. Raises OSError where it exists or cannot be made."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)


def _drop(path: str) -> None:
    with suppress(OSError):
        os.unlink(path)  # noqa: TID251 - a file of this run's own, in a private folder
