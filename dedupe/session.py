"""One run's open things: the databases, the workers (started when first needed), the model, the clock.

A ``Session`` is a context manager; leaving it commits what was learnt and ends every worker, also after Ctrl-C.
"""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from dedupe import embedding
from dedupe.decoding.version import DECODER_VERSION, READER_VERSION
from dedupe.errors import NoMemoryError
from dedupe.library.cache import Cache
from dedupe.library.decisions import Decisions
from dedupe.library.paths import StorePaths
from dedupe.library.previews import Previews
from dedupe.limits import address_space
from dedupe.settings import Settings
from dedupe.terminal.progress import Foresight, Progress, SilentProgress, Step
from dedupe.terminal.text import format_bytes

if TYPE_CHECKING:
    from dedupe.cluster.pool import ClusterPool
    from dedupe.embedding import Embedder, ModelInfo
    from dedupe.workers import WorkerPool


_log = logging.getLogger("dedupe")

_OBJECTS: Final = 500_000

LEAST_ADDRESS_SPACE: Final = 1_000_000_000
"""Bytes of address space below which a library that is loaded may crash the process instead of saying so."""


@contextmanager
def rare_collection() -> Iterator[None]:
    """Look for garbage rarely while the function runs.

    A run makes some objects a photo and hardly any garbage: looking for it every few hundred objects takes a quarter of the
    time of one that finds all photos known. It is still looked for, so a run that reads for hours does not grow. To be put
    around the function whose names hold the objects: what is still held at the end is looked through once more.
    """
    before = gc.get_threshold()
    gc.set_threshold(max(before[0], _OBJECTS), *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


class Session:
    """The databases at ``settings.store`` and what a scan, a search or a check needs beside them.

    Raises NoMemoryError under too low a limit of memory, StoreError where a database cannot be opened, UsageError on an
    unknown model, ModelUnavailableError where what the model needs is not installed.
    """

    def __init__(self, settings: Settings, progress: Progress | None = None) -> None:
        limit = address_space()
        if limit is not None and limit < LEAST_ADDRESS_SPACE:
            raise NoMemoryError(
                f"The memory limit of {format_bytes(limit)} (`ulimit -v`) is too low: at least "
                f"{format_bytes(LEAST_ADDRESS_SPACE)} are needed."
            )
        self.settings = settings
        self.progress = progress or SilentProgress()
        self.model: ModelInfo = embedding.info(settings.model)
        embedding.check_available(settings.model)
        self.paths = StorePaths.at(settings.store)
        self.seconds: dict[str, float] = {}
        self.slowness = 1.0
        """How much slower than usual this machine works now, as embedding shows it; for what is foreseen."""
        self._inner = 0.0  # seconds booked by steps within the one that runs now
        self._pool: WorkerPool | ClusterPool | None = None
        self._embedder: Embedder | None = None
        if settings.weights is not None:
            own = self.embedder()
            self.model = replace(self.model, name=own.name, dim=own.dim, input_size=own.input_size)
        with ExitStack() as stack:
            self.cache = stack.enter_context(
                Cache(self.paths.cache, decoder=self._decoder(), reader=str(READER_VERSION))
            )
            self.previews = stack.enter_context(Previews(self.paths.previews))
            self.decisions = stack.enter_context(Decisions(self.paths.decisions))
            self._stack = stack.pop_all()
        for notice in (*self.cache.notices, *self.previews.notices, *self.decisions.notices):
            _log.warning("%s", notice)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def _decoder(self) -> str:
        """What decides whether a photo that failed before might be read now."""
        raw = "raw" if find_spec("rawpy") else "no raw"
        xl = "jxl" if find_spec("pillow_jxl") else "no jxl"
        limit = address_space()
        memory = "" if limit is None else f", {limit} bytes"
        return f"{DECODER_VERSION}, {raw}, {xl}, {self.settings.max_pixels}{memory}"

    @property
    def radius(self) -> float:
        """The threshold of this run: the settings' or the model's own."""
        return self.settings.threshold if self.settings.threshold is not None else self.model.radius

    def pool(self) -> WorkerPool | ClusterPool:
        """The worker processes, of this machine or of the settings' cluster, started at the first call.

        Raises UsageError or ClusterError where the cluster cannot be used.
        """
        if self._pool is None:
            from dedupe.workers import WorkerPool

            local = self._stack.enter_context(WorkerPool(self.settings.workers))
            self._pool = local if self.settings.cluster is None else self._cluster(local)
        return self._pool

    def _cluster(self, local: WorkerPool) -> ClusterPool:
        from dedupe.cluster.paths import PathMap
        from dedupe.cluster.pool import ClusterPool

        paths = PathMap.of(self.settings.path_map)
        return self._stack.enter_context(ClusterPool(str(self.settings.cluster), local, paths))

    def embedder(self) -> Embedder:
        """The model, loaded at the first call.

        Raises ModelUnavailableError where its weights are not at hand.
        """
        if self._embedder is None:
            weights = Path(self.settings.weights) if self.settings.weights else None
            self._embedder = embedding.load(self.settings.model, weights)
        return self._embedder

    @contextmanager
    def step(self, name: str, total: int | None = None) -> Iterator[Step]:
        """Show the step and add its wall-clock seconds to ``seconds[name]``."""
        with self.booked(name), self.progress.step(name, total) as shown:
            yield shown

    def foresee(self, name: str, seconds: float) -> None:
        """Say that the step ``name``, which has not begun, will take about so many seconds."""
        if isinstance(self.progress, Foresight):
            self.progress.foresee(name, seconds)

    @contextmanager
    def booked(self, name: str) -> Iterator[None]:
        """Add the seconds spent here to those of step ``name`` and to no other, whatever step they are spent in."""
        began, outer, self._inner = time.monotonic(), self._inner, 0.0
        try:
            yield
        finally:
            whole = time.monotonic() - began
            self.seconds[name] = self.seconds.get(name, 0.0) + whole - self._inner
            self._inner = outer + whole
