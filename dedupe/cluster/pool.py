"""``ClusterPool``: the interface of ``workers.WorkerPool``, the work done by a Dask cluster.

Items go out in batches, a few for each thread of the cluster. What a machine cannot do (a lost worker, a photo that it cannot
open, a worker process that crashed) is tried once more on this machine, which has the photos; so the answers are those of
the local pool.
"""

from __future__ import annotations

import asyncio
import logging
import os
import queue
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from itertools import islice
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from dedupe.cluster import node
from dedupe.cluster.connect import connect, trusted_workers
from dedupe.cluster.paths import PathMap, returned, sent
from dedupe.errors import ClusterError
from dedupe.types import Change, Match, SkipKind, Skipped
from dedupe.workers import WorkerFailure, WorkerPool

if TYPE_CHECKING:
    from distributed import Client, Future

_log = logging.getLogger("dedupe")

T = TypeVar("T")
R = TypeVar("R")

BATCH: Final = 8
"""Items of one Dask task: enough to make its cost (about a millisecond) small, few enough to share out the last ones."""
BATCHES_EACH: Final = 3
"""Batches on their way for each thread: one in work, the others there before it ends."""
TIMEOUT_S: Final = 60.0
LOOK_S: Final = 2.0
"""Where nothing came back for so long, it is looked whether anybody is left."""
ANSWER_S: Final = 10.0
"""A scheduler that does not answer for so long is gone."""
GONE: Final = "The cluster is gone. What was done is kept: scan again to go on."
_ELSEWHERE: Final = frozenset((SkipKind.UNREADABLE, SkipKind.CHANGED))


class ClusterPool:
    """The workers of the cluster at ``address`` (``connect``). Use as a context manager: leaving it lets them go.

    ``local`` is the pool of this machine, for what could not be done elsewhere.
    Raises UsageError and ClusterError as ``connect`` and ``trusted_workers``.
    """

    def __init__(self, address: str, local: WorkerPool, paths: PathMap | None = None) -> None:
        self._local, self._paths = local, paths or PathMap()
        self._workers: list[str] | None = None
        self._looked = False  # whether it was asked which workers can open the photos
        with ExitStack() as stack:
            self._client: Client = connect(address, stack)
            self._stack = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Leave the cluster; workers that were started for it end."""
        self._stack.close()

    def run(self, task: Callable[[T], R], items: Iterable[T]) -> Iterator[tuple[T, R | WorkerFailure]]:
        """Each item with what ``task`` made of it, as ``WorkerPool.run``.

        Raises ClusterError where the scheduler is gone; what was yielded before stays good.
        """
        again: list[T] = []
        for item, answer in self._run_there(task, items):
            if _is_doubtful(answer):
                again.append(item)
            else:
                yield item, returned(answer, item)
        yield from self._local.run(task, again)

    def _run_there(self, task: Callable[[T], R], items: Iterable[T]) -> Iterator[tuple[T, Any]]:
        source = iter(items)
        first = next(source, None)
        if first is None:
            return
        batches = _batches(first, source)
        workers = self._trusted(first)
        out: dict[Future, list[T]] = {}
        done: queue.SimpleQueue[Future] = queue.SimpleQueue()
        try:
            for batch in islice(batches, BATCHES_EACH * self._threads(workers)):
                self._submit(task, batch, workers, out, done)
            while out:
                try:
                    future = done.get(timeout=LOOK_S)
                except queue.Empty:
                    if self._threads(workers):
                        continue
                    yield from self._abandoned(out, batches)
                    return
                yield from self._answers(future, out.pop(future))
                for batch in islice(batches, 1):
                    self._submit(task, batch, workers, out, done)
        except (OSError, asyncio.CancelledError, TimeoutError) as error:
            raise ClusterError(GONE) from error
        finally:
            if out and self._client.status == "running":
                self._client.cancel(list(out), force=True)

    def _abandoned(self, out: dict[Future, list[T]], batches: Iterator[list[T]]) -> Iterator[tuple[T, Any]]:
        """Everything that is left, with nothing but doubt: no worker is there any more."""
        if self._client.status != "running":
            raise ClusterError(GONE)
        _log.warning("The cluster has no worker left; this machine continues alone.")
        left, self._workers = [*out.values(), *batches], None
        for batch in left:
            yield from ((item, None) for item in batch)

    def _trusted(self, first: object) -> list[str]:
        """The workers to use, found out at the first run whose items are on a disk."""
        path = _folder_of(first)
        if self._workers is None or (path is not None and not self._looked):
            self._workers = trusted_workers(self._client, None if path is None else self._paths.remote(path))
            self._looked = path is not None
        return self._workers

    def _threads(self, workers: list[str]) -> int:
        """The threads of those workers that are there now; Dask waits for ever for one that is not."""
        # Client.nthreads would wait as long as it takes for a scheduler that is gone to come back.
        threads: dict[str, int] = self._client.sync(self._client.scheduler.ncores, callback_timeout=ANSWER_S)
        return sum(threads.get(worker, 0) for worker in workers)

    def _submit(
        self,
        task: Callable[[T], R],
        batch: list[T],
        workers: list[str],
        out: dict[Future, list[T]],
        done: queue.SimpleQueue[Future],
    ) -> None:
        items = [sent(item, self._paths) for item in batch]
        future = self._client.submit(
            node.work, task, items, TIMEOUT_S, pure=False, workers=workers, allow_other_workers=False, retries=1
        )
        out[future] = batch
        future.add_done_callback(done.put)

    def _answers(self, future: Future, batch: list[T]) -> Iterator[tuple[T, Any]]:
        """What came back of a batch; nothing but doubt where its workers died under it or it cannot be sent."""
        if future.status in ("cancelled", "lost"):
            raise ClusterError(GONE)
        if future.status != "finished":
            yield from ((item, None) for item in batch)
            return
        for place, answer in future.result():
            yield batch[place], answer


def _batches(first: T, rest: Iterator[T]) -> Iterator[list[T]]:
    batch = [first, *islice(rest, BATCH - 1)]
    while batch:
        yield batch
        batch = list(islice(rest, BATCH))


def _is_doubtful(answer: object) -> bool:
    """Whether another machine might have done better: this one has the photos."""
    if isinstance(answer, Skipped):
        return answer.kind in _ELSEWHERE
    if isinstance(answer, Match):
        return answer.remark is not None and answer.remark.change is Change.UNREAD
    return answer is None or isinstance(answer, WorkerFailure)


def _folder_of(item: object) -> str | None:
    """The folder of a file that the task will open, where the item names one."""
    for holder in (item, getattr(item, "a", None)):
        path = getattr(holder, "path", None)
        if isinstance(path, str):
            return os.path.dirname(path)
    return None
