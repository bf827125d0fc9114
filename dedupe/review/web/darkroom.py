"""Pictures on order: the newest order first, each made once, by a few workers with one caller each.

A person who holds a key down leaves a hundred orders behind; only the last of them matters. What is made is kept for a
while, so going back costs nothing.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Hashable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from typing import Final

from dedupe.errors import DedupeError
from dedupe.review.web.picture import Difference, Order, Refused, made, warmed
from dedupe.workers import WorkerFailure, WorkerPool

LANES: Final = 2
KEPT_BYTES: Final = 96 << 20
_WAITING: Final = 48
_SUPERSEDED: Final = Refused("was not made: too much else was asked for meanwhile")
_BROKEN: Final = Refused("cannot be decoded")


class Darkroom:
    """Makes pictures for the page. A context manager; ``order`` may be called by any thread."""

    def __init__(self, lanes: int = LANES) -> None:
        self._changed = threading.Condition()
        self._waiting: OrderedDict[Order, Future[bytes | Refused]] = OrderedDict()
        self._busy: dict[Order, Future[bytes | Refused]] = {}
        self._kept: OrderedDict[Order, bytes] = OrderedDict()
        self._kept_bytes = 0
        self._last: list[Hashable] = [None] * lanes
        self._closed = False
        self._threads = [threading.Thread(target=self._work, args=(lane,), daemon=True) for lane in range(lanes)]

    def __enter__(self) -> Darkroom:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def close(self) -> None:
        """Give up what is on order and end the workers."""
        with self._changed:
            self._closed = True
            for future in self._waiting.values():
                _give(future, _SUPERSEDED)
            self._waiting.clear()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(timeout=10)

    def order(self, order: Order) -> Future[bytes | Refused]:
        """The picture, sooner or later; ahead of everything ordered before."""
        with self._changed:
            if order in self._kept:
                self._kept.move_to_end(order)
                done: Future[bytes | Refused] = Future()
                done.set_result(self._kept[order])
                return done
            being_made = self._busy.get(order)
            if being_made is not None and not being_made.cancelled():
                return being_made
            found = self._waiting.pop(order, None)
            future = Future() if found is None or found.cancelled() else found
            self._waiting[order] = future
            while len(self._waiting) > _WAITING:
                _give(self._waiting.popitem(last=False)[1], _SUPERSEDED)
            self._changed.notify()
            return future

    def _work(self, lane: int) -> None:
        """A thread: takes the newest order, has its worker make it, and again."""
        with WorkerPool(1) as pool:
            with suppress(DedupeError):  # a pool that cannot start says so with every order
                deque(pool.run(warmed, [True]), maxlen=0)
            while True:
                taken = self._take(lane)
                if taken is None:
                    return
                order, future = taken
                picture: bytes | Refused = _BROKEN
                try:
                    for _, answer in pool.run(made, [order]):
                        picture = _BROKEN if isinstance(answer, WorkerFailure) else answer
                except Exception:  # noqa: BLE001 - a lane that dies would leave the page waiting
                    picture = _BROKEN
                self._deliver(order, future, picture)

    def _take(self, lane: int) -> tuple[Order, Future[bytes | Refused]] | None:
        """The newest order, rather one of the photo that this lane has just decoded; None at the end."""
        with self._changed:
            while not self._waiting and not self._closed:
                self._changed.wait()
            if self._closed:
                return None
            order = next((one for one in reversed(self._waiting) if self._is_mine(one, lane)), None)
            order = order or next(reversed(self._waiting))
            future = self._waiting.pop(order)
            self._busy[order] = future
            self._last[lane] = _photo(order)
            return order, future

    def _is_mine(self, order: Order, lane: int) -> bool:
        """No other lane is at this photo."""
        return all(photo != _photo(order) for other, photo in enumerate(self._last) if other != lane)

    def _deliver(self, order: Order, future: Future[bytes | Refused], picture: bytes | Refused) -> None:
        with self._changed:
            self._busy.pop(order, None)
            if isinstance(picture, bytes):
                self._kept[order] = picture
                self._kept_bytes += len(picture)
                while self._kept_bytes > KEPT_BYTES:
                    self._kept_bytes -= len(self._kept.popitem(last=False)[1])
        _give(future, picture)


def _give(future: Future[bytes | Refused], picture: bytes | Refused) -> None:
    """Answer an order; one whose page has gone meanwhile was cancelled, and nobody waits for it."""
    with suppress(InvalidStateError):
        future.set_result(picture)


def _photo(order: Order) -> Hashable:
    return (order.original.path, isinstance(order, Difference))
