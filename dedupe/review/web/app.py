"""The addresses of the page and what each does; who may ask is decided before, by the guard."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dedupe.errors import DedupeError
from dedupe.review.web.desk import ClashError
from dedupe.review.web.guard import Guard
from dedupe.review.web.house import House, NotThereError, body_of
from dedupe.review.web.reading import Reading
from dedupe.review.web.writing import Writing

_TYPES: Final = {".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".svg": "image/svg+xml"}
_STATIC: Final = files("dedupe.review.web") / "static"


def application(house: House) -> Starlette:
    """The page, its pictures and its API, behind the guard."""
    entrance, reading, writing = Entrance(house), Reading(house), Writing(house)
    below = house.secrets.prefix
    gets = {
        "": entrance.page,
        "launch": entrance.launch_page,
        "static/{path:path}": entrance.static,
        "api/state": reading.state,
        "api/groups": reading.groups,
        "api/numbers": reading.numbers,
        "api/group/{number:int}": reading.group,
        "api/series": reading.all_series,
        "api/series/{number:int}": reading.series,
        "api/run": reading.run,
        "api/history": reading.history,
        "img/{group:int}/{place:int}/preview": reading.preview,
        "img/{group:int}/{place:int}/view": reading.view,
        "img/{group:int}/{place:int}/tile/{x:int}/{y:int}": reading.tile,
        "img/{group:int}/{place:int}/diff": reading.difference,
        "series/{group:int}/{place:int}/preview": reading.preview,
        "series/{group:int}/{place:int}/view": reading.view,
        "series/{group:int}/{place:int}/tile/{x:int}/{y:int}": reading.tile,
    }
    posts = {
        "launch": entrance.launch,
        "api/group/{number:int}": writing.decide,
        "api/bulk": writing.bulk,
        "api/back": writing.back,
        "api/series/{number:int}": writing.pick,
        "api/series/{number:int}/word": writing.say,
        "api/preview": writing.summary,
        "api/apply": writing.apply,
        "api/run/stop": writing.stop,
        "api/undo/{number:int}": writing.undo,
        "api/quit": writing.quit,
    }
    routes = [Route(below + path, _told(answer), methods=["GET"]) for path, answer in gets.items()]
    routes += [Route(below + path, _told(answer), methods=["POST"]) for path, answer in posts.items()]
    middleware = [Middleware(Guard, own=house.secrets), Middleware(GZipMiddleware, minimum_size=2000, compresslevel=6)]
    return Starlette(routes=routes, middleware=middleware)


def _told(answer: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """``answer``, with every refusal as a sentence."""

    async def told(request: Request) -> Response:
        try:
            return await answer(request)
        except ClashError as error:
            return JSONResponse({"error": str(error), "clash": error.clash.name}, 409)
        except NotThereError as error:
            return JSONResponse({"error": str(error)}, 404)
        except DedupeError as error:
            return JSONResponse({"error": str(error)}, 422)
        except (KeyError, TypeError, ValueError, OverflowError):
            return JSONResponse({"error": "The request is not one that this page makes."}, 400)
        except (asyncio.CancelledError, TimeoutError):
            return JSONResponse({"error": "The review has ended."}, 503)

    return told


class Entrance:
    """The page itself, its fixed files, and the way in."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def page(self, request: Request) -> Response:
        """The one page."""
        return _file("index.html")

    async def launch_page(self, request: Request) -> Response:
        """The page that brings the launch code."""
        return _file("launch.html")

    async def static(self, request: Request) -> Response:
        """A fixed asset."""
        return _file(request.path_params["path"])

    async def launch(self, request: Request) -> Response:
        """A launch code for a cookie."""
        own = self._house.secrets
        if not own.redeem(str((await body_of(request)).get("code", ""))):
            sentence = (
                "This link was used already. The terminal in which dedupe runs shows how to open the review again."
            )
            return JSONResponse({"error": sentence}, 403)
        answer = JSONResponse({"open": own.prefix})
        answer.set_cookie(own.cookie_name, own.cookie, path=own.prefix, httponly=True, samesite="strict")
        return answer


def is_ours(name: str) -> bool:
    """Whether this may be the name of one of the page's own files."""
    ending = f".{name.rpartition('.')[2]}"
    return ending in _TYPES and not any(not part or part.startswith(".") or "\\" in part for part in name.split("/"))


def _file(name: str) -> Response:
    """A file of the page itself. Raises NotThereError for every name that is none."""
    file = _STATIC.joinpath(*name.split("/"))
    if not is_ours(name) or not file.is_file():
        raise NotThereError("There is no such file.")
    media = _TYPES.get(f".{name.rpartition('.')[2]}")
    return Response(file.read_bytes(), media_type=media, headers={"Cache-Control": "no-cache"})
