"""The door of the local server: each guard refuses what it is there for, and without it the same request passes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

pytest.importorskip("starlette", reason="the browser review needs starlette (dedupe-photos[web])")

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dedupe.review.web import guard
from dedupe.review.web.guard import HEADERS, MOST_BYTES, Guard, Secrets

OWN = Secrets(run="abc", cookie="the-cookie", token="the-token")
HOST = "127.0.0.1:8765"


async def _anything(request: Request) -> Response:
    return JSONResponse({"passed": True})


APP = Guard(Starlette(routes=[Route("/{path:path}", _anything, methods=["GET", "POST", "PUT"])]), OWN)


@dataclass
class Answer:
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)


def ask(method: str, path: str, headers: dict[str, str]) -> Answer:
    """What the guard makes of one request, without a network in between."""
    answer = Answer()

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"{}", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {name.decode(): value.decode() for name, value in message["headers"]}

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "scheme": "http",
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "http_version": "1.1",
        "server": ("127.0.0.1", 8765),
        "client": ("127.0.0.1", 1),
    }
    # In a thread: a browser test before this one may have left a loop in the main thread.
    thread = threading.Thread(target=lambda: asyncio.run(APP(scope, receive, send)))
    thread.start()
    thread.join()
    return answer


READ = {"Host": HOST, "Cookie": "dedupe_abc=the-cookie", "Sec-Fetch-Site": "same-origin"}
WRITE = {
    **READ,
    "Origin": f"http://{HOST}",
    "Content-Type": "application/json",
    "Content-Length": "2",
    "X-Dedupe-Token": "the-token",
}
PAGE = "/r/abc/api/state"
COOKIE = b"dedupe_abc=the-cookie"


def test_our_own_page_may_read_and_write() -> None:
    assert ask("GET", PAGE, READ).status == 200
    assert ask("POST", PAGE, WRITE).status == 200


@pytest.mark.parametrize("host", ["localhost", "localhost:9000", "[::1]:9000", "127.0.0.1"])
def test_the_page_works_through_a_forwarded_port_under_every_name_of_this_machine(host: str) -> None:
    assert ask("POST", PAGE, {**WRITE, "Host": host, "Origin": f"http://{host}"}).status == 200


def without(headers: dict[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in headers.items() if key != name}


ATTACKS: dict[str, tuple[str, str, str, dict[str, str]]] = {
    "a name that resolves to this machine": ("host_refusal", "GET", PAGE, {**READ, "Host": "evil.test:8765"}),
    "a name that begins like ours": ("host_refusal", "GET", PAGE, {**READ, "Host": "127.0.0.1.evil.test"}),
    "no name at all": ("host_refusal", "GET", PAGE, without(READ, "Host")),
    "another method": ("method_refusal", "PUT", PAGE, WRITE),
    "another review's address": ("path_refusal", "GET", "/r/abd/api/state", READ),
    "the root": ("path_refusal", "GET", "/", READ),
    "a picture on a page of another port": (
        "site_refusal",
        "GET",
        "/r/abc/img/0/0/view",
        {**READ, "Sec-Fetch-Site": "same-site"},
    ),
    "a picture on a page of another site": (
        "site_refusal",
        "GET",
        "/r/abc/img/0/0/view",
        {**READ, "Sec-Fetch-Site": "cross-site"},
    ),
    "no cookie": ("cookie_refusal", "GET", PAGE, without(READ, "Cookie")),
    "a guessed cookie": ("cookie_refusal", "GET", PAGE, {**READ, "Cookie": "dedupe_abc=guess"}),
    "the cookie of another review": ("cookie_refusal", "GET", PAGE, {**READ, "Cookie": "dedupe_abd=the-cookie"}),
    "a form": ("type_refusal", "POST", PAGE, {**WRITE, "Content-Type": "application/x-www-form-urlencoded"}),
    "plain text, which needs no preflight": ("type_refusal", "POST", PAGE, {**WRITE, "Content-Type": "text/plain"}),
    "a text that only mentions JSON": (
        "type_refusal",
        "POST",
        PAGE,
        {**WRITE, "Content-Type": "text/plain; application/json"},
    ),
    "another port of this machine": ("origin_refusal", "POST", PAGE, {**WRITE, "Origin": "http://127.0.0.1:9999"}),
    "a page without an origin": ("origin_refusal", "POST", PAGE, {**WRITE, "Origin": "null"}),
    "no origin": ("origin_refusal", "POST", PAGE, without(WRITE, "Origin")),
    "a write that hides where it comes from": (
        "unsaid_site_refusal",
        "POST",
        PAGE,
        without(WRITE, "Sec-Fetch-Site"),
    ),
    "no token": ("token_refusal", "POST", PAGE, without(WRITE, "X-Dedupe-Token")),
    "a guessed token": ("token_refusal", "POST", PAGE, {**WRITE, "X-Dedupe-Token": "guess"}),
    "the token in capitals": ("token_refusal", "POST", PAGE, {**WRITE, "X-Dedupe-Token": "THE-TOKEN"}),
    "a body without an end": ("length_refusal", "POST", PAGE, without(WRITE, "Content-Length")),
    "a body that fills the memory": ("length_refusal", "POST", PAGE, {**WRITE, "Content-Length": str(MOST_BYTES + 1)}),
    "a body in chunks that says it is short": (
        "length_refusal",
        "POST",
        PAGE,
        {**WRITE, "Transfer-Encoding": "chunked"},
    ),
    "a read with a body": ("length_refusal", "GET", PAGE, {**READ, "Content-Length": str(MOST_BYTES + 1)}),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_each_guard_refuses_its_attack_and_without_it_the_attack_passes(
    attack: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, method, path, headers = ATTACKS[attack]
    assert 400 <= ask(method, path, headers).status < 500
    nothing: Callable[..., None] = lambda *_: None  # noqa: E731
    monkeypatch.setattr(guard, name, nothing)
    assert ask(method, path, headers).status == 200


CARRIED = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


def answers_carry_the_headers() -> bool:
    """Answers and refusals alike."""
    answers = (ask("GET", PAGE, READ), ask("GET", "/", {}), ask("POST", PAGE, {}))
    return all(CARRIED.items() <= answer.headers.items() for answer in answers)


def test_every_answer_even_a_refusal_carries_the_headers() -> None:
    assert answers_carry_the_headers()
    assert CARRIED.keys() == {name.lower() for name in HEADERS}


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_that_is_left_out_is_missed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(HEADERS, name)
    assert not answers_carry_the_headers()


def reached(kind: str) -> bool:
    """Whether something that is no request gets past the door."""
    served: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        served.append(scope["type"])

    async def nothing(*_: Any) -> None:
        pass

    scope = {"type": kind, "method": "GET", "path": PAGE, "headers": [(b"host", HOST.encode()), (b"cookie", COOKIE)]}
    thread = threading.Thread(target=lambda: asyncio.run(Guard(app, OWN)(scope, nothing, nothing)))
    thread.start()
    thread.join()
    return bool(served)


def test_a_websocket_is_not_served_even_with_the_cookie(monkeypatch: pytest.MonkeyPatch) -> None:
    assert reached("http")
    assert not reached("websocket")
    monkeypatch.setattr(guard, "is_request", lambda scope: True)
    assert reached("websocket")


def test_a_launch_code_opens_once() -> None:
    own = Secrets()
    code, other = own.new_code(), own.new_code()
    assert not own.redeem("guess")
    assert own.redeem(code)
    assert not own.redeem(code)
    assert own.redeem(other)


def test_no_two_reviews_share_a_secret() -> None:
    one, two = Secrets(), Secrets()
    assert len({one.run, two.run, one.cookie, two.cookie, one.token, two.token}) == 6


def test_a_link_from_elsewhere_may_lead_here_but_shows_nothing_without_the_cookie() -> None:
    link = {"Host": HOST, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert ask("GET", "/r/abc/launch", link).status == 200
    assert ask("GET", "/r/abc/", link).status == 401
