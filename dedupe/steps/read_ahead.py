"""Photos on a slow disk or share are read before a worker asks for them, several at once, so that no worker waits for one answer.

What is read goes into the system's file cache alone: nothing is kept here, and what a worker makes of a photo does not depend on
it.
"""

from __future__ import annotations

import contextlib
import os
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from dedupe.types import PhotoFile

IN_FLIGHT: Final = 8
"""Files that are read at once where each takes long, as over a network."""
IN_FLIGHT_ROTATING: Final = 2
"""The same on one rotating disk, whose head would run to and fro between more."""
SAMPLE_EVERY: Final = 32
"""One of so many files is read ahead and timed where reading is quick; so are the first ``SAMPLES``."""
SAMPLES: Final = 3
LAST: Final = 4
"""Reading is slow while one of so many files that were read last was slow to read."""
QUICK_S: Final = 0.01
QUICK_BYTES_S: Final = 150e6
"""A file of n bytes is slow to read that takes longer than ``QUICK_S`` + n / ``QUICK_BYTES_S`` seconds."""
LARGEST: Final = 64 << 20
"""Larger files are left to the workers, so that what is read ahead fits into the file cache of a small machine."""
_PIECE: Final = 4 << 20

Reader = Callable[[str], None]


def read_through(path: str) -> None:
    """Read the whole file, piece by piece, and keep nothing. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0))
    try:
        buffer = bytearray(_PIECE)
        with open(descriptor, "rb", buffering=0, closefd=False) as file:
            while file.readinto(buffer):
                pass
    finally:
        os.close(descriptor)


@contextmanager
def reading_ahead(files: Sequence[PhotoFile], read: Reader = read_through) -> Iterator[Iterator[PhotoFile]]:
    """The files in their order, those that come next being read meanwhile where reading has turned out to be slow.

    A reading that fails or never ends is the worker's to tell: the threads are daemons, and nothing waits for them.
    """
    ahead = _Ahead(read, _most(files))
    try:
        yield ahead.over(files)
    finally:
        ahead.stop()


class _Ahead:
    """Some threads that read what they are told, and what their times say of the disk."""

    def __init__(self, read: Reader, most: int) -> None:
        self._read, self._most = read, most
        self._wanted: queue.SimpleQueue[PhotoFile | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._slow: deque[bool] = deque(maxlen=LAST)
        self._stopped = False

    def over(self, files: Sequence[PhotoFile]) -> Iterator[PhotoFile]:
        """The files; before each is given, it and those behind it are asked for."""
        asked = 0
        for place, file in enumerate(files):
            slow = any(self._slow)
            stop = place + (1 + self._most if slow else 1)
            for other in range(max(asked, place), min(stop, len(files))):
                if slow or other < SAMPLES or other % SAMPLE_EVERY == 0:
                    self._ask(files[other])
            asked = max(asked, stop)
            yield file

    def _ask(self, file: PhotoFile) -> None:
        if file.stamp.size > LARGEST:
            return
        if len(self._threads) < self._most:
            self._threads.append(threading.Thread(target=self._work, daemon=True))
            self._threads[-1].start()
        self._wanted.put(file)

    def _work(self) -> None:
        while (file := self._wanted.get()) is not None and not self._stopped:
            began = time.monotonic()
            with contextlib.suppress(OSError, ValueError):
                self._read(file.path)
                self._slow.append(time.monotonic() - began > QUICK_S + file.stamp.size / QUICK_BYTES_S)

    def stop(self) -> None:
        """Let the threads end, each after the file that it is reading."""
        self._stopped = True
        for _ in self._threads:
            self._wanted.put(None)


def _most(files: Sequence[PhotoFile]) -> int:
    devices = {file.stamp.dev for file in files[:1]}
    return IN_FLIGHT_ROTATING if any(map(_rotates, devices)) else IN_FLIGHT


def _rotates(device: int) -> bool:
    """Whether Linux says so of the disk with this number; a share or another system's disk has no answer."""
    if not hasattr(os, "major"):
        return False
    place = f"/sys/dev/block/{os.major(device)}:{os.minor(device)}"
    for queue_of in (f"{place}/queue/rotational", f"{place}/../queue/rotational"):
        with contextlib.suppress(OSError, ValueError), open(queue_of) as said:
            return said.read().strip() == "1"
    return False
