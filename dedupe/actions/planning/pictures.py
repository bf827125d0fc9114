"""Whether two photos of which the scan said ``same-pixels`` still show the same picture: compared pixel by pixel, not by a key.

Two JPEGs are compared stream by stream here. All else is decoded, in a worker process: a picture that crashes, hangs or eats
the memory of its decoder is left as it is, and the run goes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dedupe.actions.planning.checks import CHANGED, Held, unreadable, whole
from dedupe.actions.platform.disk import Disk

if TYPE_CHECKING:
    from dedupe.workers import WorkerPool

NOT_SAME_PICTURE = "its picture is not that of the photo that stays"
NOT_COMPARED = "its picture cannot be compared again with that of the photo that stays"


class Pictures:
    """Compares pictures. The worker is started when it is first needed; ``close`` ends it."""

    def __init__(self) -> None:
        self._pool: WorkerPool | None = None

    def close(self) -> None:
        """End the worker, where there is one; the next question starts another."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def same(self, victim: Held, keeper: Held) -> bool | str | None:
        """Whether all pixels are equal; None where a file is another by now, a phrase where the worker cannot tell."""
        from dedupe.decoding.same_picture import SamePictureRequest, same_picture
        from dedupe.workers import WorkerFailure, WorkerPool, WorkersUnavailableError

        self._pool = self._pool or WorkerPool(1)
        sides = victim.move, keeper.move
        request = SamePictureRequest((sides[0].source, sides[1].source), (sides[0].content_key, sides[1].content_key))
        try:
            [(_, answer)] = self._pool.run(same_picture, [request])
        except WorkersUnavailableError:
            return "no worker process can be started"
        return answer.detail if isinstance(answer, WorkerFailure) else answer


def picture_blocker(disk: Disk, pictures: Pictures, victim: Held, keeper: Held) -> str | None:
    """`same-pixels` means the same picture, not the same key."""
    from dedupe.formats.payload import same

    try:
        told: bool | str | None = same(whole(disk, victim), whole(disk, keeper))
    except OSError as error:
        return unreadable(error)
    if told is None:
        told = pictures.same(victim, keeper)
        if told is None:
            return CHANGED
    if isinstance(told, str):
        return f"{NOT_COMPARED} ({told})"
    return None if told else NOT_SAME_PICTURE
