"""Worker processes that may crash, hang or run out of memory at the cost of one item.

Each worker has pipes of its own and does its items in the order in which it got them, so when one dies the item it was
working on is known exactly: that one is reported, those queued behind it are sent again. Workers are fresh interpreters
(no fork, no import of the caller's ``__main__``), so a script needs no main guard and threads of the caller cannot
leave a lock behind. A worker ends by itself when its request pipe closes: no death of the main process, ``kill -9``
included, leaves one behind.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import signal
import struct
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import IO, Any, Final, Self, TypeVar

from dedupe.errors import DedupeError

T = TypeVar("T")
R = TypeVar("R")

DEFAULT_MEMORY_BYTES: Final = 4 << 30
"""Address space of a worker where the system can limit it; a 200-megapixel picture needs about half."""

_QUEUED: Final = 3  # one in work and two behind it: the next is there before the main process hears of the last
_START_S: Final = 120.0
_TRIES: Final = 3
_HEADER: Final = struct.Struct(">cQ")
_READY, _STARTED, _DONE, _NO_MEMORY, _FAILED, _UNFIT, _ENDED, _JOB = (bytes([code]) for code in b"rsdmfuej")
_ONE_THREAD: Final = {
    name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")
}
_NEW_GROUP: Final = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0) | getattr(subprocess, "CREATE_NO_WINDOW", 0)
_BOOT: Final = (
    "import os,sys,struct,pickle\n"
    "pipe=os.fdopen(os.dup(0),'rb')\n"
    "setup=pickle.loads(pipe.read(struct.unpack('>cQ',pipe.read(9))[1]))\n"
    "sys.path[:]=setup[0]\n"
    "from dedupe.workers import serve\n"
    "serve(pipe,setup[1],setup[2])\n"
)


class FailureKind(StrEnum):
    """How an item failed."""

    CRASHED = "crashed"
    HUNG = "hung"
    OUT_OF_MEMORY = "out of memory"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class WorkerFailure:
    """What an item came to instead of a result; ``detail`` is a phrase such as "SIGSEGV" or "ValueError: …"."""

    kind: FailureKind
    detail: str


class WorkersUnavailableError(DedupeError):
    """Worker processes cannot be started on this machine."""


@dataclass(slots=True, eq=False)
class _Job:
    """An item on its way; ``failure`` is set where it could not even be sent."""

    item: Any
    frame: bytes = b""
    failure: WorkerFailure | None = None
    tries: int = 0


@dataclass(slots=True, eq=False)
class _Worker:
    """A process and the jobs it was given, in order; ``started`` says that the first of them is being worked on."""

    process: subprocess.Popen[bytes]
    outbox: queue.SimpleQueue[bytes | None]
    since: float
    jobs: deque[_Job] = field(default_factory=deque)
    ready: bool = False
    started: bool = False
    hung: _Job | None = None


class WorkerPool:
    """``jobs`` worker processes, started when first needed. Use as a context manager: leaving it kills them.

    An item that takes longer than ``timeout_s`` is given up and its worker killed. ``memory_bytes`` bounds a
    worker's address space where the system can (None: no bound). Not for use by several threads at once.
    """

    def __init__(self, jobs: int, *, timeout_s: float = 60.0, memory_bytes: int | None = DEFAULT_MEMORY_BYTES) -> None:
        self._size = max(1, jobs)
        self._timeout = timeout_s
        self._memory = memory_bytes
        self._inbox: queue.SimpleQueue[tuple[_Worker, bytes, bytes]] = queue.SimpleQueue()
        self._workers: list[_Worker] = []
        self._failed_starts = 0
        self._clock, self._tick = 0.0, time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Kill the workers and reap them; the pool starts new ones if it is used again."""
        workers, self._workers = self._workers, []
        for worker in workers:
            worker.process.kill()
        for worker in workers:
            _reap(worker)

    def run(self, task: Callable[[T], R], items: Iterable[T]) -> Iterator[tuple[T, R | WorkerFailure]]:
        """Yield each item with what the module-level function ``task`` made of it, in no particular order, each exactly once.

        Items are consumed lazily: at most three a worker are in flight. Leaving the iteration early kills the workers that still
        have some. Raises WorkersUnavailableError where no worker can be started.
        """
        source, again = _jobs(task, items), deque[_Job]()
        self._tick = time.monotonic()
        try:
            while True:
                yield from self._feed(source, again)
                if not any(worker.jobs for worker in self._workers):
                    return
                yield from self._next(again)
        finally:
            busy = [worker for worker in self._workers if worker.jobs]
            self._workers = [worker for worker in self._workers if not worker.jobs]
            for worker in busy:
                worker.process.kill()
            for worker in busy:
                _reap(worker)

    def _feed(self, source: Iterator[_Job], again: deque[_Job]) -> Iterator[tuple[Any, WorkerFailure]]:
        """Hand out jobs until every worker has enough; yield the items that cannot be sent."""
        while sum(len(worker.jobs) for worker in self._workers) < self._size * _QUEUED:
            job = again.popleft() if again else next(source, None)
            if job is None:
                return
            if job.failure is not None:
                yield job.item, job.failure
                continue
            worker = min(self._workers, key=lambda one: len(one.jobs), default=None)
            if worker is None or (worker.jobs and len(self._workers) < self._size):
                worker = self._start()
            worker.jobs.append(job)
            worker.outbox.put(job.frame)

    def _next(self, again: deque[_Job]) -> Iterator[tuple[Any, Any]]:
        """Wait for one message, at most until somebody's time is up; yield the result or the failure in it."""
        try:
            worker, kind, payload = self._inbox.get(timeout=0.5)
        except queue.Empty:
            self._advance()
            self._kill_the_hung()
            return
        self._advance()
        if worker not in self._workers:  # the last words of one that was killed
            return
        worker.since = self._clock
        if kind == _READY:
            worker.ready, self._failed_starts = True, 0
        elif kind == _STARTED:
            worker.started = True
        elif kind == _ENDED:
            yield from self._bury(worker, again)
        elif kind == _UNFIT:
            raise WorkersUnavailableError(f"Worker processes cannot load what they need ({payload.decode()}).")
        else:
            worker.started = False
            yield worker.jobs.popleft().item, _result(kind, payload)

    def _advance(self) -> None:
        """The pool's clock: a pause of the whole program (Ctrl-Z, a sleeping laptop) hardly moves it."""
        now = time.monotonic()
        self._clock += min(now - self._tick, 5.0)
        self._tick = now

    def _kill_the_hung(self) -> None:
        for worker in self._workers:
            limit = self._timeout if worker.ready else _START_S
            if worker.jobs and worker.hung is None and self._clock - worker.since > limit:
                worker.hung = worker.jobs[0]
                worker.process.kill()

    def _bury(self, worker: _Worker, again: deque[_Job]) -> Iterator[tuple[Any, WorkerFailure]]:
        """A worker died: blame the job it was working on, send the others again."""
        self._workers.remove(worker)
        status = _reap(worker)
        if not worker.ready:
            self._failed_starts += 1
            if self._failed_starts >= _TRIES:
                raise WorkersUnavailableError(f"Worker processes cannot be started ({_status(status)}).")
        elif worker.jobs:
            first = worker.jobs[0]
            first.tries += 1
            if worker.hung is first:
                yield first.item, WorkerFailure(FailureKind.HUNG, f"took longer than {self._timeout:.0f} s")
            elif worker.started or first.tries >= _TRIES:
                yield first.item, WorkerFailure(FailureKind.CRASHED, _status(status))
            else:
                again.append(first)
            worker.jobs.popleft()
        again.extend(worker.jobs)

    def _start(self) -> _Worker:
        """A new worker; it says when it is ready."""
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", _BOOT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | _ONE_THREAD,
            creationflags=_NEW_GROUP,
        )
        worker = _Worker(process, queue.SimpleQueue(), self._clock)
        self._workers.append(worker)
        worker.outbox.put(pickle.dumps((sys.path, self._memory, self._timeout)))
        for move in (_send, _receive):
            threading.Thread(target=move, args=(worker, self._inbox), daemon=True).start()
        return worker


def _jobs(task: Callable[[T], R], items: Iterable[T]) -> Iterator[_Job]:
    for item in items:
        try:
            yield _Job(item, pickle.dumps((task, item), pickle.HIGHEST_PROTOCOL))
        except Exception as problem:  # noqa: BLE001 - whatever the item's own pickling raises
            yield _Job(item, failure=WorkerFailure(FailureKind.ERROR, _phrase(problem)))


def _result(kind: bytes, payload: bytes) -> Any:
    """The value or the WorkerFailure in a message."""
    if kind != _DONE:
        failure = FailureKind.OUT_OF_MEMORY if kind == _NO_MEMORY else FailureKind.ERROR
        return WorkerFailure(failure, payload.decode("utf-8", "replace"))
    try:
        return pickle.loads(payload)
    except Exception as problem:  # noqa: BLE001 - whatever the value's own unpickling raises
        return WorkerFailure(FailureKind.ERROR, _phrase(problem))


def _send(worker: _Worker, inbox: object) -> None:
    """Thread: frames from the outbox to the worker. A worker that does not read blocks this thread alone."""
    pipe = worker.process.stdin
    with contextlib.suppress(OSError, ValueError):
        while pipe is not None and (frame := worker.outbox.get()) is not None:
            _write(pipe, _JOB, frame)


def _receive(worker: _Worker, inbox: queue.SimpleQueue[tuple[_Worker, bytes, bytes]]) -> None:
    """Thread: frames from the worker to the inbox, the last of them saying that it ended."""
    pipe = worker.process.stdout
    with contextlib.suppress(OSError, ValueError):
        while pipe is not None and (frame := _read(pipe)) is not None:
            inbox.put((worker, *frame))
    inbox.put((worker, _ENDED, b""))


def _write(pipe: IO[bytes], kind: bytes, payload: bytes) -> None:
    pipe.write(_HEADER.pack(kind, len(payload)))
    pipe.write(payload)
    pipe.flush()


def _read(pipe: IO[bytes]) -> tuple[bytes, bytes] | None:
    """One frame, None at the end or where it is cut off."""
    header = pipe.read(_HEADER.size)
    if len(header) < _HEADER.size:
        return None
    kind, size = _HEADER.unpack(header)
    payload = pipe.read(size)
    return (kind, payload) if len(payload) == size else None


def _reap(worker: _Worker) -> int:
    """The exit status of a worker that ended or was killed; its threads and pipes end with it."""
    worker.outbox.put(None)
    status = worker.process.wait()
    for pipe in (worker.process.stdin, worker.process.stdout):
        with contextlib.suppress(OSError, ValueError):
            if pipe is not None:
                pipe.close()
    return status


def _status(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"


def _phrase(problem: BaseException) -> str:
    text = " ".join(str(problem).split())[:300]
    return f"{type(problem).__name__}: {text}" if text else type(problem).__name__


# What follows runs in the worker.


def serve(pipe: IO[bytes], memory_bytes: int | None, timeout_s: float) -> None:
    """The life of a worker: jobs from ``pipe``, results to what was standard output; never returns."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    results = os.fdopen(os.dup(1), "wb")
    _silence()
    _limit(memory_bytes)
    frames: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(pipe, frames), daemon=True).start()
    _write(results, _READY, b"")
    while True:
        frame = frames.get()
        _write(results, _STARTED, b"")
        _watch(timeout_s + 30.0)
        kind, payload = _work(frame)
        _watch(0.0)
        try:
            _write(results, kind, payload)
        except OSError:
            os._exit(0)


def _listen(pipe: IO[bytes], frames: queue.SimpleQueue[bytes]) -> None:
    """Thread: jobs are taken in ahead of need; the end of the pipe is the end of the worker, whatever it is doing."""
    try:
        while (frame := _read(pipe)) is not None:
            frames.put(frame[1])
    finally:
        os._exit(0)


def _work(frame: bytes) -> tuple[bytes, bytes]:
    try:
        task, item = pickle.loads(frame)
        return _DONE, pickle.dumps(task(item), pickle.HIGHEST_PROTOCOL)
    except MemoryError as problem:
        return _NO_MEMORY, _phrase(problem).encode("utf-8", "replace")
    except ImportError as problem:  # an installed library that cannot be loaded is no fault of the item
        kind = _FAILED if isinstance(problem, ModuleNotFoundError) else _UNFIT
        return kind, _phrase(problem).encode("utf-8", "replace")
    except BaseException as problem:  # noqa: BLE001 - the worker outlives every item, SystemExit included
        return _FAILED, _phrase(problem).encode("utf-8", "replace")


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
