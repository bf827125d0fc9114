"""The part of a cluster that runs on its machines: each thread of a Dask worker has one worker process of dedupe's own.

So a photo that crashes its decoder, hangs or takes too much memory is blamed by name, as on this machine, and the Dask
worker lives on.
"""

from __future__ import annotations

import os
import platform
import sys
import threading
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any, Final

from dedupe.cluster.paths import arrived
from dedupe.workers import WorkerPool

_THREAD: Final = threading.local()


def work(task: Callable[[Any], Any], items: Sequence[Any], timeout_s: float) -> list[tuple[int, Any]]:
    """What ``task`` makes of each item, with the item's place; in no particular order, each exactly once."""
    pool = _pool(timeout_s)
    numbered = [_Numbered(place, arrived(item)) for place, item in enumerate(items)]
    return [(one.place, answer) for one, answer in pool.run(_Task(task), numbered)]


def about() -> dict[str, str]:
    """What must be the same on every machine for verdicts to be the same."""
    import cv2
    import numpy as np
    import PIL

    from dedupe._version import __version__
    from dedupe.comparing.version import REFUSAL_VERSION, RELATE_VERSION
    from dedupe.decoding.version import DECODER_VERSION, READER_VERSION, SIGNATURE_VERSION

    return {
        "dedupe": __version__,
        "its readers and verdicts": ", ".join(
            map(str, (DECODER_VERSION, READER_VERSION, SIGNATURE_VERSION, REFUSAL_VERSION, RELATE_VERSION))
        ),
        "Python": platform.python_version().rpartition(".")[0],
        "NumPy": np.__version__,
        "OpenCV": cv2.__version__,
        "Pillow": PIL.__version__,
        "LiteRT": version("ai-edge-litert"),
    }


def can_see(path: str) -> bool:
    """Whether this machine can open the file or folder ``path``."""
    try:
        os.stat(path)
    except OSError:
        return False
    return os.access(path, os.R_OK)


class _Numbered:
    """An item and its place in the batch."""

    def __init__(self, place: int, item: Any) -> None:
        self.place, self.item = place, item


class _Task:
    """``task`` on the item of a ``_Numbered``."""

    def __init__(self, task: Callable[[Any], Any]) -> None:
        self._task = task

    def __call__(self, numbered: _Numbered) -> Any:
        return self._task(numbered.item)


def _pool(timeout_s: float) -> WorkerPool:
    """The pool of this thread; its process ends with the process that holds its pipes."""
    pool: WorkerPool | None = getattr(_THREAD, "pool", None)
    if pool is None or _THREAD.timeout_s != timeout_s:
        if "" in sys.path:  # a worker process starts with -P and must find dedupe where this process did
            sys.path[sys.path.index("")] = os.getcwd()
        pool = _THREAD.pool = WorkerPool(1, timeout_s=timeout_s)
        _THREAD.timeout_s = timeout_s
    return pool
