"""What the page asks for: the state, the lists, one group, one series, and every picture."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dedupe import actions
from dedupe.review.web import payloads
from dedupe.review.web.filters import GroupFilter
from dedupe.review.web.house import House, NotThereError
from dedupe.review.web.picture import Difference, Order, Original, Refused, Tile, View
from dedupe.terminal.text import display_path
from dedupe.types import Photo

_SHOWN_S: Final = {"Cache-Control": "private, max-age=600"}


class Reading:
    """The handlers that change nothing; each answers one address."""

    def __init__(self, house: House) -> None:
        self._house = house

    # -- reading -------------------------------------------------------------------------------------------------------------

    async def state(self, request: Request) -> Response:
        """Where the review stands; and the token that writes carry, which no other page can read from here."""
        house, now = self._house, self._house.desk.snapshot
        made = time.strftime("%Y-%m-%d %H:%M", time.localtime(now.made_at))
        return JSONResponse(
            {
                **payloads.totals(now),
                "token": house.secrets.token,
                "made": made,
                "at": now.state.at,
                "series": len(now.sets),
                "skipped": len(now.result.skipped),
                "damaged": len(now.result.damaged),
                "photos": now.result.stats.photos,
                "roots": [display_path(root) for root in now.result.roots],
                "notices": list(house.notices),
                "running": house.actor.state.running,
                "unproven": now.unproven,
            }
        )

    async def groups(self, request: Request) -> Response:
        """The list of all groups."""
        return JSONResponse(payloads.index(self._house.desk.snapshot))

    async def numbers(self, request: Request) -> Response:
        """Which of them a filter shows, and how many of those need no look."""
        now = self._house.desk.snapshot
        wanted = GroupFilter.parse(request.query_params)
        safe = now.safe(wanted)
        choices = [now.choices[number] for number in safe]
        return JSONResponse(
            {
                "scan": now.scan,
                "numbers": now.numbers(wanted),
                "safe": len(safe),
                "safe_photos": sum(len(choice.selected) for choice in choices),
                "safe_bytes": sum(choice.would_free for choice in choices),
            }
        )

    async def group(self, request: Request) -> Response:
        """One group."""
        return JSONResponse(await group_of(self._house, self._house.number(request)))

    async def all_series(self, request: Request) -> Response:
        """The list of all sets of shots."""
        return JSONResponse(payloads.series_index(self._house.desk.snapshot))

    async def series(self, request: Request) -> Response:
        """One set, with how sharp and how well exposed each shot is, and which one is suggested."""
        self._house.series(request)
        number = request.path_params["number"]
        judged = await self._house.on_main(lambda: self._house.desk.looked_at(number))
        return JSONResponse(payloads.series(self._house.desk.snapshot, judged))

    async def run(self, request: Request) -> Response:
        """How far the run is."""
        return JSONResponse(payloads.run(self._house.actor.state))

    async def history(self, request: Request) -> Response:
        """What was done so far."""
        runs = await self._house.on_main(lambda: actions.history(self._house.paths))
        return JSONResponse({"runs": [payloads.past(run) for run in runs]})

    # -- pictures ------------------------------------------------------------------------------------------------------------

    async def preview(self, request: Request) -> Response:
        """The stored preview; where it is gone, a small view of the original."""
        photo = self._house.photo(request)
        jpeg = await asyncio.wrap_future(self._house.shelf.preview(photo.content_key))
        if jpeg is not None:
            return Response(jpeg, media_type="image/jpeg", headers=_SHOWN_S)
        return await self._picture(View(self._original(photo), 400))

    async def view(self, request: Request) -> Response:
        """The whole photo, as large as a screen."""
        return await self._picture(View(self._original(self._house.photo(request))))

    async def tile(self, request: Request) -> Response:
        """A part of the photo at its full size."""
        where = request.path_params
        return await self._picture(Tile(self._original(self._house.photo(request)), where["x"], where["y"]))

    async def difference(self, request: Request) -> Response:
        """What the verdict saw: the difference from the photo above it, tone and sharpness accounted for."""
        number, photo = self._house.number(request, "group"), self._house.photo(request)
        now = self._house.desk.snapshot
        above, _ = payloads.pairs(now.state.groups[number], now.choices[number])[request.path_params["place"]]
        placement = (await asyncio.wrap_future(self._house.shelf.placements([(above, photo)])))[0]
        if placement is None:
            raise NotThereError("How one of the two fits onto the other is not known.")
        return await self._picture(Difference(self._original(above), self._original(photo), placement))

    async def _picture(self, order: Order) -> Response:
        made = await asyncio.wrap_future(self._house.darkroom.order(order))
        if isinstance(made, Refused):
            return JSONResponse({"error": f"The photo {made.reason}."}, 410 if made.gone else 415)
        return Response(made, media_type="image/jpeg")

    def _original(self, photo: Photo) -> Original:
        return Original.of(photo, self._house.max_pixels)


async def group_of(house: House, number: int) -> payloads.Json:
    """One group as it stands now."""
    now = house.desk.snapshot
    pairs = payloads.pairs(now.state.groups[number], now.choices[number])
    laid = await asyncio.wrap_future(house.shelf.placements(pairs))
    return payloads.group(now, number, laid)
