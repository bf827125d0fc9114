"""What the handlers of the page share: the things they work with, and how they ask the main thread."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from dedupe.errors import DedupeError
from dedupe.review.choice import photos_of
from dedupe.review.web.acting import Actor
from dedupe.review.web.desk import Clash, ClashError, Desk
from dedupe.review.web.guard import Secrets

if TYPE_CHECKING:
    from starlette.requests import Request

    from dedupe.library.paths import StorePaths
    from dedupe.review.web.darkroom import Darkroom
    from dedupe.review.web.main_thread import MainThread
    from dedupe.review.web.shelf import Shelf
    from dedupe.series.shots import ShotSet
    from dedupe.types import Photo

T = TypeVar("T")


class NotThereError(DedupeError):
    """There is no group, photo or series of that number."""


@dataclass(frozen=True, slots=True)
class House:
    """What the page works with. ``desk`` and ``actor`` change on the ``main`` thread alone."""

    main: MainThread
    desk: Desk
    actor: Actor
    shelf: Shelf
    darkroom: Darkroom
    secrets: Secrets
    paths: StorePaths
    notices: tuple[str, ...]
    max_pixels: int

    def must_be_idle(self) -> None:
        """Raises ClashError while photos are moved."""
        if self.actor.state.running:
            raise ClashError(Clash.BUSY)

    async def on_main(self, work: Callable[[], T]) -> T:
        """What ``work`` gives on the main thread."""
        future: Future[T] = self.main.call(work)
        return await asyncio.wrap_future(future)

    def number(self, request: Request, name: str = "number") -> int:
        """The number of a group that a request names. Raises NotThereError."""
        number: int = request.path_params[name]
        if number >= len(self.desk.snapshot.result.groups):
            raise NotThereError("There is no such group.")
        return number

    def series(self, request: Request) -> ShotSet:
        """The set of shots that a request names. Raises NotThereError."""
        try:
            return self.desk.snapshot.sets[request.path_params["number"]]
        except IndexError:
            raise NotThereError("There is no such set of shots.") from None

    def photo(self, request: Request) -> Photo:
        """The photo of a group or a series that a request names. Raises NotThereError."""
        result = self.desk.snapshot.result
        below = request.url.path.removeprefix(self.secrets.prefix)
        number, place = request.path_params["group"], request.path_params["place"]
        try:
            if below.startswith("series/"):
                return self.desk.snapshot.sets[number].photos[place]
            return photos_of(result.groups[number])[place]
        except IndexError:
            raise NotThereError("There is no such photo.") from None


def places_of(said: object) -> list[int]:
    """The places that a request names, each once. Raises TypeError on anything that is not a list of numbers."""
    if not isinstance(said, list) or not all(type(place) is int for place in said):
        raise TypeError("no places")
    return list(dict.fromkeys(said))


async def body_of(request: Request) -> Mapping[str, Any]:
    """The JSON object that a request brings. Raises ValueError where it is none."""
    try:
        body = json.loads(await request.body())
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(body, dict):
        raise ValueError("no object")
    return body
