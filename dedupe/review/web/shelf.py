"""What the page reads from the databases without waiting for the main thread: previews and how photos are placed on each other.

SQLite connections belong to the thread that opened them, so this one has a thread of its own and connections of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from dedupe.report.placement import Placement, placements
from dedupe.types import ContentKey, Photo

if TYPE_CHECKING:
    from dedupe.library.cache import Cache
    from dedupe.library.paths import StorePaths
    from dedupe.library.previews import Previews


class Shelf:
    """Reads previews and placements. A context manager; its methods may be called by any thread."""

    def __init__(self, paths: StorePaths) -> None:
        self._paths = paths
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="shelf")
        self._stack = ExitStack()
        self._cache: Cache | None = None
        self._previews: Previews | None = None

    def __enter__(self) -> Self:
        self._thread.submit(self._open).result()
        return self

    def __exit__(self, *raised: object) -> None:
        self._thread.submit(self._stack.close).result()
        self._thread.shutdown()

    def _open(self) -> None:
        from dedupe.library.cache import Cache
        from dedupe.library.previews import Previews

        self._cache = self._stack.enter_context(Cache(self._paths.cache))
        self._previews = self._stack.enter_context(Previews(self._paths.previews))

    def preview(self, key: ContentKey) -> Future[bytes | None]:
        """The stored preview of a content, None where there is none."""
        return self._thread.submit(lambda: self._previews.get(key) if self._previews else None)

    def placements(self, pairs: Sequence[tuple[Photo, Photo]]) -> Future[list[Placement | None]]:
        """For each (photo, other) how ``other`` lies on ``photo``, both upright; None where nothing says so."""
        return self._thread.submit(lambda: placements(self._cache, pairs) if self._cache else [None] * len(pairs))
