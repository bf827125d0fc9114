"""What the page asks to be changed: decisions, moving, putting back, the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dedupe.review.web import payloads
from dedupe.review.web.acting import Destination
from dedupe.review.web.desk import Change, Desk, Intent
from dedupe.review.web.filters import GroupFilter
from dedupe.review.web.house import House, NotThereError, body_of, places_of
from dedupe.review.web.reading import group_of


class Writing:
    """The handlers that change something; each answers one address."""

    def __init__(self, house: House) -> None:
        self._house = house

    # -- writing -------------------------------------------------------------------------------------------------------------

    async def decide(self, request: Request) -> Response:
        """A person's intent for one group."""
        number, said = self._house.number(request), await body_of(request)
        intent, revision, place = Intent(said["intent"]), int(said["revision"]), int(said.get("place", 0))

        def work(desk: Desk) -> Change:
            return desk.decide(number, revision, intent, place)

        return await self._changed(said, work, number)

    async def bulk(self, request: Request) -> Response:
        """Accept what needs no look, on the filtered part."""
        said = await body_of(request)
        wanted, expected = GroupFilter.parse(said["filter"]), int(said["expected"])
        return await self._changed(said, lambda desk: desk.accept_safe(wanted, expected))

    async def back(self, request: Request) -> Response:
        """Take the last decision back."""
        return await self._changed(await body_of(request), lambda desk: desk.back())

    async def _changed(
        self, said: Mapping[str, Any], work: Callable[[Desk], Change], number: int | None = None
    ) -> Response:
        house, scan = self._house, str(said["scan"])
        self._house.must_be_idle()

        def on_main() -> Change:
            house.desk.check(scan)
            return work(house.desk)

        change = await self._house.on_main(on_main)
        now = house.desk.snapshot
        answer: payloads.Json = {
            **payloads.totals(now),
            "message": change.message,
            "rows": [payloads.row(now, one) for one in change.numbers],
        }
        if number is not None:
            answer["group"] = await group_of(house, number)
        return JSONResponse(answer)

    async def pick(self, request: Request) -> Response:
        """Which shots of a set a person ticked."""
        said, one, number = await body_of(request), self._house.series(request), request.path_params["number"]
        scan, places = str(said["scan"]), places_of(said["picked"])
        if not all(0 <= place < len(one.photos) for place in places):
            raise NotThereError("There is no such photo in this set.")
        self._house.must_be_idle()

        def on_main() -> payloads.Json:
            self._house.desk.check(scan)
            self._house.desk.pick(number, places)
            now = self._house.desk.snapshot
            return payloads.totals(now) | {"picked": payloads.picked(now, one), **payloads.said(now, one)}

        return JSONResponse(await self._house.on_main(on_main))

    async def say(self, request: Request) -> Response:
        """Which shots of a set stay, so that the others may leave; without any, what was said is taken back."""
        said, _, number = await body_of(request), self._house.series(request), request.path_params["number"]
        scan, stays = str(said["scan"]), places_of(said["stays"])
        self._house.must_be_idle()

        def on_main() -> payloads.Json:
            desk = self._house.desk
            desk.check(scan)
            if stays:
                desk.say(number, stays)
            else:
                desk.take_back_word(number)
            return payloads.totals(desk.snapshot) | payloads.said(desk.snapshot, desk.snapshot.sets[number])

        return JSONResponse(await self._house.on_main(on_main))

    # -- acting --------------------------------------------------------------------------------------------------------------

    async def summary(self, request: Request) -> Response:
        """What would happen."""
        said = await body_of(request)
        where, scan = Destination.parse(said["kind"], said.get("target")), str(said["scan"])
        self._house.must_be_idle()

        def on_main() -> payloads.Json:
            self._house.desk.check(scan)
            self._house.actor.look_at_disk()
            return payloads.summary(self._house.actor.preview(where))

        return JSONResponse(await self._house.on_main(on_main))

    async def apply(self, request: Request) -> Response:
        """Begin what the summary of this digest said."""
        said = await body_of(request)
        where, digest, scan = (
            Destination.parse(said["kind"], said.get("target")),
            str(said["digest"]),
            str(said["scan"]),
        )
        self._house.must_be_idle()

        def on_main() -> Callable[[], None]:
            self._house.desk.check(scan)
            return self._house.actor.apply(where, digest)

        return await self._begun(on_main)

    async def undo(self, request: Request) -> Response:
        """Begin to put back what a run moved."""
        number = request.path_params["number"]
        self._house.must_be_idle()
        return await self._begun(lambda: self._house.actor.undo(number))

    async def _begun(self, prepare: Callable[[], Callable[[], None]]) -> Response:
        run = await self._house.on_main(prepare)
        self._house.main.call(run)
        return JSONResponse(payloads.run(self._house.actor.state), 202)

    async def stop(self, request: Request) -> Response:
        """End the run between two photos."""
        self._house.actor.state.stop.set()
        return JSONResponse(payloads.run(self._house.actor.state))

    async def quit(self, request: Request) -> Response:
        """End the review; what was decided is kept."""
        self._house.must_be_idle()
        asyncio.get_running_loop().call_later(0.3, self._house.main.end)
        return JSONResponse({"ended": True})
