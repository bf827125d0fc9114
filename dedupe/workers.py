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
from typing import IO, Any, Final, Self, TypeAlias, TypeVar

from dedupe.errors import DedupeError

T = TypeVar("T")
R = TypeVar("R")

DEFAULT_MEMORY_BYTES: Final = 4 << 30
"""Address space of a worker where the system can limit it; a 200-megapixel picture needs about half."""

_QUEUED: Final = 3  # one in work and two behind it: the next is there before the main process hears of the last
_START_S: Final = 120.0
_TRIES: Final = 3
_HEADER: Final = struct.Struct(">cQ")
READY, STARTED, DONE, NO_MEMORY, FAILED, UNFIT, ENDED, JOB = (bytes([code]) for code in b"rsdmfuej")
"""The kinds of frames between a pool and its workers."""

_ONE_THREAD: Final = {
    name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")
}
_NEW_GROUP: Final = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0) | getattr(subprocess, "CREATE_NO_WINDOW", 0)
_BOOT: Final = (
    "import os,sys,struct,pickle\n"
    "pipe=os.fdopen(os.dup(0),'rb')\n"
    "setup=pickle.loads(pipe.read(struct.unpack('>cQ',pipe.read(9))[1]))\n"
    "sys.path[:]=setup[0]\n"
    "from dedupe.worker_process import serve\n"
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
    inbox: queue.SimpleQueue[tuple[_Worker, bytes, bytes]]
    since: float
    jobs: deque[_Job] = field(default_factory=deque)
    ready: bool = False
    started: bool = False
    hung: _Job | None = None
    ended: bool = False

    def idle(self) -> bool:
        """Whether it waits for a job."""
        return self.ready and not self.jobs and not self.ended


_Kept: TypeAlias = list[tuple[object, _Worker]]
_keeping = threading.Lock()
_kept: _Kept | None = None
"""Idle workers of closed pools, each with what it was started with; None outside ``keep_workers``."""


@contextlib.contextmanager
def keep_workers() -> Iterator[None]:
    """Let all calls within the block share worker processes, which are otherwise started for each call and ended with it.

    A call of a fraction of a second takes half the time so. The processes keep the environment they were started with; those that
    wait are ended with the block.
    """
    global _kept  # noqa: PLW0603
    if _kept is not None:
        yield
        return
    _kept = []
    try:
        yield
    finally:
        kept, _kept = _kept, None
        _end([worker for _, worker in kept or ()])


def _forget() -> None:
    """Leave the kept workers to the process that this one was forked from."""
    global _kept, _keeping
    _kept, _keeping = None, threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


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
        """End the workers, or leave those that wait to `keep_workers`; the pool starts new ones if it is used again."""
        workers, self._workers = self._workers, []
        _end(workers if _kept is None else self._keep(workers, _kept))

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
            _end(busy)

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
                worker = self._taken() or self._start()
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
        if kind == READY:
            worker.ready, self._failed_starts = True, 0
        elif kind == STARTED:
            worker.started = True
        elif kind == ENDED:
            yield from self._bury(worker, again)
        elif kind == UNFIT:
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

    def _origin(self) -> object:
        """What a worker has for good."""
        return list(sys.path), self._memory, self._timeout

    def _keep(self, workers: list[_Worker], kept: _Kept) -> list[_Worker]:
        """Keep those that wait, and none of another origin any longer; the workers that are to end."""
        origin = self._origin()
        idle = [worker for worker in workers if worker.idle()]
        with _keeping:
            others = [worker for begun, worker in kept if begun != origin]
            kept[:] = [entry for entry in kept if entry[0] == origin] + [(origin, worker) for worker in idle]
        return others + [worker for worker in workers if worker not in idle]

    def _taken(self) -> _Worker | None:
        """A kept worker that was started as this pool would start one."""
        while kept := _kept:
            with _keeping:
                if not kept or kept[-1][0] != self._origin():
                    return None
                worker = kept.pop()[1]
            worker.inbox, worker.since = self._inbox, self._clock
            if worker.idle():  # asked once its inbox is ours: its end is told there, or known by now
                self._workers.append(worker)
                return worker
            _end([worker])
        return None

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
        worker = _Worker(process, queue.SimpleQueue(), self._inbox, self._clock)
        self._workers.append(worker)
        worker.outbox.put(pickle.dumps((sys.path, self._memory, self._timeout)))
        for move in (_send, _receive):
            threading.Thread(target=move, args=(worker,), daemon=True).start()
        return worker


def _jobs(task: Callable[[T], R], items: Iterable[T]) -> Iterator[_Job]:
    for item in items:
        try:
            yield _Job(item, pickle.dumps((task, item), pickle.HIGHEST_PROTOCOL))
        except Exception as problem:  # noqa: BLE001 - whatever the item's own pickling raises
            yield _Job(item, failure=WorkerFailure(FailureKind.ERROR, phrase(problem)))


def _result(kind: bytes, payload: bytes) -> Any:
    """The value or the WorkerFailure in a message."""
    if kind != DONE:
        failure = FailureKind.OUT_OF_MEMORY if kind == NO_MEMORY else FailureKind.ERROR
        return WorkerFailure(failure, payload.decode("utf-8", "replace"))
    try:
        return pickle.loads(payload)
    except Exception as problem:  # noqa: BLE001 - whatever the value's own unpickling raises
        return WorkerFailure(FailureKind.ERROR, phrase(problem))


def _send(worker: _Worker) -> None:
    """Thread: frames from the outbox to the worker. A worker that does not read blocks this thread alone."""
    pipe = worker.process.stdin
    with contextlib.suppress(OSError, ValueError):
        while pipe is not None and (frame := worker.outbox.get()) is not None:
            write(pipe, JOB, frame)


def _receive(worker: _Worker) -> None:
    """Thread: frames from the worker to the inbox, the last of them saying that it ended."""
    pipe = worker.process.stdout
    with contextlib.suppress(OSError, ValueError):
        while pipe is not None and (frame := read(pipe)) is not None:
            worker.inbox.put((worker, *frame))
    worker.ended = True
    worker.inbox.put((worker, ENDED, b""))


def write(pipe: IO[bytes], kind: bytes, payload: bytes) -> None:
    """Write one frame."""
    pipe.write(_HEADER.pack(kind, len(payload)))
    pipe.write(payload)
    pipe.flush()


def read(pipe: IO[bytes]) -> tuple[bytes, bytes] | None:
    """Read one frame; None at the end or where it is cut off."""
    header = pipe.read(_HEADER.size)
    if len(header) < _HEADER.size:
        return None
    kind, size = _HEADER.unpack(header)
    payload = pipe.read(size)
    return (kind, payload) if len(payload) == size else None


def _end(workers: list[_Worker]) -> None:
    for worker in workers:
        worker.process.kill()
    for worker in workers:
        _reap(worker)


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


def phrase(problem: BaseException) -> str:
    """Say in a line what was raised."""
    text = " ".join(str(problem).split())[:300]
    return f"{type(problem).__name__}: {text}" if text else type(problem).__name__
