"""embed: a vector for each content, by the session's network."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from dedupe.embedding import COMPACT
from dedupe.session import Session
from dedupe.steps.contents import ByContent, Contents
from dedupe.steps.outlook import Outlook
from dedupe.steps.previews import PREVIEW_BATCH, chunks, restore_previews
from dedupe.types import ContentKey, SkipKind, Skipped

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_log = logging.getLogger("dedupe")

LONG_RUN_S: Final = 120
BATCH: Final = 64
"""Pictures that a network is shown at once."""


class Embedding:
    """The step that runs beside ``read``: takes in pictures as they are read and embeds them some dozens at a time.

    The workers of a cluster embed what they read themselves (``elsewhere``); then their vectors are taken in. ``complete``
    ends it. Its seconds are booked under `embed`, whenever they are spent.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._waiting: dict[tuple[str, ContentKey], bytes] = {}
        self._made: dict[tuple[str, ContentKey], bytes] = {}
        self.elsewhere = session.settings.cluster is not None and session.model.name == COMPACT
        self._outlook = Outlook(session)
        self.expected = 0
        """How many photos had to be read."""

    def expect(self, photos: int) -> None:
        """Loads the network, so that missing weights are an error before anything is read, and warns of a long run."""
        self.expected += photos
        self._session.embedder()
        _warn_of_a_long_run(self._session, photos)

    def take(self, answer: object) -> None:
        """Takes in what is to be embedded, or was embedded, of a photo that a worker read; of anything else nothing."""
        from dedupe.decoding.read import Read
        from dedupe.embedding.task import EmbeddedRead

        if isinstance(answer, EmbeddedRead):
            self._take(self._made, answer.read.content_key, answer.vectors)
        elif isinstance(answer, Read):
            self._take(self._waiting, answer.content_key, answer.looks)

    def _take(self, held: dict[tuple[str, ContentKey], bytes], key: ContentKey, parts: Sequence[bytes]) -> None:
        """``parts``: for the whole photo and each picture found inside it, its uint8[side, side, 3] RGB or its float32[dim]."""
        model = self._session.model
        held.update(((name, key), part) for name, part in zip((model.name, *model.insets), parts, strict=False))
        if len(held) >= BATCH:
            with self._session.booked("embed"):
                self._flush()

    def complete(self, contents: Contents) -> Contents:
        """The contents with a vector each; those that lack one are embedded from their previews.

        A photo that cannot be embedded is moved to the skipped.
        """
        session, keys = self._session, contents.keys
        with session.step("embed", len(keys)) as shown:
            self._flush()
            missing = session.cache.missing_vectors(session.model.name, keys)
            shown.advance(len(keys) - len(missing))
            if not missing:
                return contents
            for key, parts in _of_previews(session, contents, missing, elsewhere=self.elsewhere):
                self._take(self._made if self.elsewhere else self._waiting, key, parts)
                shown.advance()
            self._flush()
        lost = session.cache.missing_vectors(session.model.name, missing)
        return _without(contents, set(lost)) if lost else contents

    def _flush(self) -> None:
        """Embeds what waits and stores the vectors."""
        import numpy as np

        if self._waiting:
            embedder = self._session.embedder()
            side = embedder.input_size
            pixels = np.frombuffer(b"".join(self._waiting.values()), np.uint8)
            began = time.perf_counter()
            vectors = embedder.embed_raw(pixels.reshape(len(self._waiting), side, side, 3))
            self._outlook.took(len(vectors), time.perf_counter() - began)
            self._store(list(self._waiting), vectors)
            self._waiting.clear()
        if self._made:
            vectors = np.frombuffer(b"".join(self._made.values()), np.float32)
            self._store(list(self._made), vectors.reshape(len(self._made), -1))
            self._made.clear()

    def _store(self, asked: Sequence[tuple[str, ContentKey]], vectors: NDArray[np.float32]) -> None:
        """Stores vectors float32[n, dim]; one that is not finite or all zero is left out."""
        import numpy as np

        storage = self._session.model.storage
        sound = np.flatnonzero(np.isfinite(vectors).all(axis=1) & vectors.any(axis=1)).tolist()
        for name in dict.fromkeys(asked[row][0] for row in sound):
            rows = [row for row in sound if asked[row][0] == name]
            keys = [asked[row][1] for row in rows]
            self._session.cache.put_vectors(name, keys, vectors[rows].astype(storage))
            if name == self._session.model.name:
                self._outlook.saw(vectors[rows], self.expected)


def _warn_of_a_long_run(session: Session, photos: int) -> None:
    seconds = photos * session.model.seconds_per_photo
    if seconds > LONG_RUN_S:
        _log.warning(
            "%s takes about %.2g s a photo on two cores: %d min for these %d. Ctrl-C keeps what is done.",
            session.model.name,
            session.model.seconds_per_photo,
            round(seconds / 60),
            photos,
        )


def _without(contents: Contents, lost: set[ContentKey]) -> Contents:
    files = ByContent.of((file, key) for key, same in contents.files.items() if key not in lost for file in same)
    skipped = [
        Skipped(file.path, SkipKind.UNREADABLE, "could not be embedded: scan again")
        for key in sorted(lost)
        for file in contents.files[key]
    ]
    return Contents(files, (*contents.skipped, *skipped))


def _of_previews(
    session: Session, contents: Contents, keys: Sequence[ContentKey], *, elsewhere: bool
) -> Iterator[tuple[ContentKey, tuple[bytes, ...]]]:
    """The looks of each stored preview, or with ``elsewhere`` their vectors, by the workers."""
    from dedupe.decoding.squash import SquashRequest, squash_preview
    from dedupe.embedding.task import embed_preview

    side = session.model.input_size
    for chunk in chunks(keys, PREVIEW_BATCH):
        restore_previews(session, contents.files, chunk)
        requests = [SquashRequest(key, preview, side) for key, preview in session.previews.get_many(chunk).items()]
        for request, parts in session.pool().run(embed_preview if elsewhere else squash_preview, requests):
            if isinstance(parts, tuple):
                yield request.key, parts
