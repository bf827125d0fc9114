"""embed: a vector for each content, by the session's network."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Final

from dedupe.session import Session
from dedupe.steps.contents import ByContent, Contents
from dedupe.steps.previews import PREVIEW_BATCH, chunks, restore_previews
from dedupe.types import ContentKey, SkipKind, Skipped

_log = logging.getLogger("dedupe")

LONG_RUN_S: Final = 120
BATCH: Final = 64
"""Pictures that a network is shown at once."""


class Embedding:
    """The step that runs beside ``read``: takes in pictures as they are read and embeds them some dozens at a time.

    ``complete`` ends it. Its seconds are booked under `embed`, whenever they are spent.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._waiting: dict[tuple[str, ContentKey], bytes] = {}
        self.expected = 0
        """How many photos had to be read."""

    def expect(self, photos: int) -> None:
        """Loads the network, so that missing weights are an error before anything is read, and warns of a long run."""
        self.expected += photos
        self._session.embedder()
        _warn_of_a_long_run(self._session, photos)

    def add(self, key: ContentKey, looks: Sequence[bytes]) -> None:
        """``looks``: each uint8[side, side, 3] RGB as bytes, the whole photo first, then the pictures found inside it."""
        model = self._session.model
        self._waiting.update(
            ((name, key), look) for name, look in zip((model.name, *model.insets), looks, strict=False)
        )
        if len(self._waiting) >= BATCH:
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
            for key, looks in _squashed(session, contents, missing):
                self.add(key, looks)
                shown.advance()
            self._flush()
        lost = session.cache.missing_vectors(session.model.name, missing)
        return _without(contents, set(lost)) if lost else contents

    def _flush(self) -> None:
        """Embeds what waits and stores the vectors; one that is not finite or all zero is left out."""
        if not self._waiting:
            return
        import numpy as np

        embedder = self._session.embedder()
        side = embedder.input_size
        asked = list(self._waiting)
        pixels = np.frombuffer(b"".join(self._waiting.values()), np.uint8).reshape(len(asked), side, side, 3)
        vectors = embedder.embed_raw(pixels)
        sound = np.flatnonzero(np.isfinite(vectors).all(axis=1) & vectors.any(axis=1)).tolist()
        for name in dict.fromkeys(asked[row][0] for row in sound):
            rows = [row for row in sound if asked[row][0] == name]
            keys = [asked[row][1] for row in rows]
            self._session.cache.put_vectors(name, keys, vectors[rows].astype(embedder.storage))
        self._waiting.clear()


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


def _squashed(
    session: Session, contents: Contents, keys: Sequence[ContentKey]
) -> Iterator[tuple[ContentKey, tuple[bytes, ...]]]:
    from dedupe.decoding.squash import SquashRequest, squash_preview

    side = session.model.input_size
    for chunk in chunks(keys, PREVIEW_BATCH):
        restore_previews(session, contents.files, chunk)
        requests = [SquashRequest(key, preview, side) for key, preview in session.previews.get_many(chunk).items()]
        for request, looks in session.pool().run(squash_preview, requests):
            if isinstance(looks, tuple):
                yield request.key, looks
