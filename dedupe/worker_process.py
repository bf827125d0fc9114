"""The life of one worker process: jobs in, results out, whatever a photo does to it."""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import signal
import threading
from typing import IO

from dedupe.workers import DONE, FAILED, NO_MEMORY, READY, STARTED, UNFIT, phrase, read, write


def serve(pipe: IO[bytes], memory_bytes: int | None, timeout_s: float) -> None:
    """The life of a worker: jobs from ``pipe``, results to what was standard output; never returns."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    results = os.fdopen(os.dup(1), "wb")
    _silence()
    _limit(memory_bytes)
    frames: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(pipe, frames), daemon=True).start()
    write(results, READY, b"")
    while True:
        frame = frames.get()
        write(results, STARTED, b"")
        _watch(timeout_s + 30.0)
        kind, payload = _work(frame)
        _watch(0.0)
        try:
            write(results, kind, payload)
        except OSError:
            os._exit(0)


def _listen(pipe: IO[bytes], frames: queue.SimpleQueue[bytes]) -> None:
    """Thread: jobs are taken in ahead of need; the end of the pipe is the end of the worker, whatever it is doing."""
    try:
        while (frame := read(pipe)) is not None:
            frames.put(frame[1])
    finally:
        os._exit(0)


def _work(frame: bytes) -> tuple[bytes, bytes]:
    try:
        task, item = pickle.loads(frame)
        return DONE, pickle.dumps(task(item), pickle.HIGHEST_PROTOCOL)
    except MemoryError as problem:
        return NO_MEMORY, phrase(problem).encode("utf-8", "replace")
    except ImportError as problem:  # an installed library that cannot be loaded is no fault of the item
        kind = FAILED if isinstance(problem, ModuleNotFoundError) else UNFIT
        return kind, phrase(problem).encode("utf-8", "replace")
    except BaseException as problem:  # noqa: BLE001 - the worker outlives every item, SystemExit included
        return FAILED, phrase(problem).encode("utf-8", "replace")


def _silence() -> None:
    """Nothing that a decoder prints may get between the frames, which have descriptors of their own by now."""
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    os.close(null)


def _limit(memory_bytes: int | None) -> None:
    """Bound the address space and forbid core files, where the system has such limits."""
    try:
        import resource
    except ImportError:
        return
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if memory_bytes is not None:
        with contextlib.suppress(OSError, ValueError):
            hard = resource.getrlimit(resource.RLIMIT_AS)[1]
            bound = memory_bytes if hard == resource.RLIM_INFINITY else min(memory_bytes, hard)
            resource.setrlimit(resource.RLIMIT_AS, (bound, hard))


def _watch(seconds: float) -> None:
    """Let the kernel end a worker that computes on without ever letting Python run, should nobody be left to kill it.

    Counts processor time, so that a paused program is not punished.
    """
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, seconds)
