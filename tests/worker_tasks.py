"""Tasks for the tests of the worker pool: module-level, so that a worker can import them."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

SEEN: list[Any] = []


def _spin() -> None:
    while True:
        pass


def _raise(problem: BaseException) -> None:
    raise problem


def _print() -> str:
    print("hello" * 1000, flush=True)
    os.write(1, b"\x00" * 5000)
    os.write(2, b"noise")
    return sys.stdin.read()


DEEDS: dict[Any, Callable[[], Any]] = {
    "segfault": lambda: os.kill(os.getpid(), signal.SIGSEGV),
    "abort": os.abort,
    "exit": lambda: os._exit(7),
    "leave": lambda: sys.exit(3),
    "hang": lambda: time.sleep(1000),
    "spin": _spin,
    "memory": lambda: _raise(MemoryError()),
    "greedy": lambda: len(bytearray(64 << 30)),
    "raise": lambda: _raise(ValueError("no\ngood")),
    "unloadable": lambda: _raise(ImportError("libGL.so.1: cannot open shared object file")),
    "missing": lambda: _raise(ModuleNotFoundError("No module named 'rawpy'")),
    "unpicklable": threading.Lock,
    "print": _print,
}


def misbehave(item: Any) -> Any:
    """Echo, or do what the item names."""
    return DEEDS[item]() if isinstance(item, str) and item in DEEDS else item


class Poisonous:
    """An item that kills the worker while it is unpickled there."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os._exit, (9,)


class Unreturnable:
    """A result that cannot be unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return int, ("no number",)


def unreturnable(item: Any) -> Any:
    return Unreturnable()


def where(item: Any) -> tuple[Any, int]:
    return item, os.getpid()


def slow(item: Any) -> tuple[Any, int]:
    time.sleep(0.05)
    return item, os.getpid()


def remember(item: Any) -> list[Any]:
    SEEN.append(item)
    return list(SEEN)


def environment(item: str) -> Any:
    if item == "threads":
        import cv2

        return cv2.getNumThreads()
    if item == "main":
        return getattr(sys.modules["__main__"], "__file__", None)
    if item == "interrupt":
        os.kill(os.getpid(), signal.SIGINT)
        return "still here"
    if item == "core":
        import resource

        return resource.getrlimit(resource.RLIMIT_CORE)
    return sys.path


def numbered(item: tuple[int, bytes]) -> tuple[int, bytes]:
    return item[0], item[1][::-1]


def read_and_measure(request: Any) -> tuple[Any, int]:
    """What reading gives, and the worker's peak memory so far in bytes; Linux only.

    Not ``ru_maxrss``: that begins with the peak of the process that started this one.
    """
    from dedupe.decoding.read import read_photo

    answer = read_photo(request)
    with open("/proc/self/status") as status:
        peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
    return answer, peak * 1024


def read_or_die(request: Any) -> Any:
    """Read as dedupe does, but as if a decoder could not bear some names; each attempt leaves a trace."""
    from dedupe.decoding.read import read_photo

    name = os.path.basename(request.path)
    for deed in ("segfault", "hang", "memory"):
        if name.startswith(deed):
            with open(os.path.join(os.environ["DEDUPE_TEST_TRACES"], name), "a") as trace:
                trace.write("tried\n")
            DEEDS[deed]()
    return read_photo(request)


def slowly(item: Any) -> Any:
    """Echo, after a while."""
    time.sleep(0.03)
    return item


def die(item: Any) -> Any:
    """Whatever the item is: a decoder that crashes."""
    return DEEDS["segfault"]()
