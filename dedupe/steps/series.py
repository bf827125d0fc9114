"""look: what the shots of each set look like side by side, and which one is suggested."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

from dedupe.series.look import Look, LookTask, looked
from dedupe.series.shots import ShotSet, set_id
from dedupe.series.suggest import Judged, judged
from dedupe.session import Session
from dedupe.steps.contents import ByContent
from dedupe.steps.previews import chunks, restore_previews

SET_BATCH = 100
"""Sets whose previews are held at once."""
AHEAD = 4
"""Sets that are looked at together where they are shown one by one."""


def look(session: Session, sets: Sequence[ShotSet]) -> tuple[Judged, ...]:
    """Every set with what was seen of it, in their order; a set whose worker failed has nothing."""
    seen: dict[str, tuple[Look | None, ...]] = {}
    with session.step("look", len(sets)) as shown:
        for chunk in chunks(sets, SET_BATCH):
            for task, answer in session.pool().run(looked, _tasks(session, chunk)):
                if isinstance(answer, tuple):
                    seen[set_id(view.content_key for view in task.views)] = answer
                shown.advance()
    return tuple(judged(one, seen.get(one.id, (None,) * len(one.photos))) for one in sets)


class Looked(Sequence[Judged]):
    """Sets that are looked at when they are asked for, a few ahead: the first can be shown before the last was read."""

    def __init__(self, session: Session, sets: Sequence[ShotSet]) -> None:
        self._session, self._sets = session, sets
        self._seen: list[Judged] = []

    def __len__(self) -> int:
        return len(self._sets)

    @overload
    def __getitem__(self, place: int) -> Judged: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Judged]: ...
    def __getitem__(self, place: int | slice) -> Judged | Sequence[Judged]:
        last = len(self) if isinstance(place, slice) or place < 0 else min(place + 1, len(self))
        while len(self._seen) < last:
            ahead = self._sets[len(self._seen) : len(self._seen) + AHEAD]
            self._seen += look(self._session, ahead)
        return self._seen[place]


def _tasks(session: Session, sets: Sequence[ShotSet]) -> list[LookTask]:
    from dedupe.comparing.pictures import View

    photos = [photo for one in sets for photo in one.photos]
    files = ByContent.of((photo.file, photo.content_key) for photo in photos)
    restore_previews(session, files, sorted(files))
    previews = session.previews.get_many(files)
    return [
        LookTask(
            tuple(
                View(photo.content_key, previews.get(photo.content_key, b""), photo.facts, photo.path)
                for photo in one.photos
            )
        )
        for one in sets
    ]
