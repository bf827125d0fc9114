"""The queue to the main thread, where the databases are open and photos are moved.

Other threads hand over a call and wait for its result; the main thread does one call after the other until the review
ends. Ctrl-C and a request to end are seen between two calls, so no call is cut in two.
"""

from __future__ import annotations

import queue
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

_LOOK_EVERY_S = 0.2


class MainThread:
    """Calls for the main thread. ``call`` may be used by any thread, ``run`` by the main one alone."""

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._ended = False  # no Event: its lock would be taken twice where a second Ctrl-C comes within the first

    def call(self, work: Callable[[], T]) -> Future[T]:
        """``work`` done on the main thread, sooner or later; cancelled where the review ends before."""
        future: Future[T] = Future()

        def do() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(work())
            except BaseException as error:  # noqa: BLE001 - it belongs to whoever asked
                future.set_exception(error)

        self._calls.put(do)
        return future

    def end(self) -> None:
        """Let ``run`` return after the call it is at."""
        self._ended = True

    @property
    def ended(self) -> bool:
        """The review is at its end."""
        return self._ended

    def run(self) -> None:
        """Do the calls until ``end`` is called."""
        while not self._ended:
            try:
                self._calls.get(timeout=_LOOK_EVERY_S)()
            except queue.Empty:
                continue

    @contextmanager
    def ended_by_signals(self) -> Iterator[None]:
        """Within the block Ctrl-C, a hangup and SIGTERM let ``run`` return instead of being raised."""
        names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
        before = {name: signal.signal(getattr(signal, name), lambda number, frame: self.end()) for name in names}
        try:
            yield
        finally:
            for name, handler in before.items():
                signal.signal(getattr(signal, name), handler)
