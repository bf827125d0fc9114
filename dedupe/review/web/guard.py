"""Who may ask, and what every answer carries: the door of a local server that can move files.

Listening on the loopback address is not enough. Any page in the browser can send requests there (cross-site request
forgery), a name that resolves to 127.0.0.1 makes such a page "the same site" (DNS rebinding), and a page on another local
port is same-site to cookies. Each check below closes one of these ways, and each has a test that fails without it.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
TOKEN_HEADER = "x-dedupe-token"
MOST_BYTES = 64 * 1024
_HOST = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?", re.ASCII)


@dataclass(slots=True)
class Secrets:
    """The secrets of one review.

    ``run`` names it in every address, ``cookie`` opens it, ``token`` is sent with each write, ``codes`` each open it once.
    """

    run: str = field(default_factory=lambda: secrets.token_hex(6))
    cookie: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    codes: set[str] = field(default_factory=set)

    @property
    def prefix(self) -> str:
        """Where the review lies below the server's root."""
        return f"/r/{self.run}/"

    @property
    def cookie_name(self) -> str:
        """A name of its own: cookies do not tell ports apart."""
        return f"dedupe_{self.run}"

    def new_code(self) -> str:
        """A launch code, good for one use."""
        code = secrets.token_urlsafe(24)
        self.codes.add(code)
        return code

    def redeem(self, code: str) -> bool:
        """Whether ``code`` is good; it is not any more afterwards."""
        good = [one for one in self.codes if secrets.compare_digest(one.encode(), code.encode())]
        self.codes.difference_update(good)
        return bool(good)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not served."""

    status: int
    reason: str


def refusal(method: str, path: str, headers: Headers, own: Secrets, cookies: dict[str, str]) -> Refusal | None:
    """Why a request may not pass, or None. ``path`` begins at the server's root."""
    return (
        host_refusal(headers)
        or method_refusal(method)
        or path_refusal(path, own)
        or site_refusal(headers)
        or cookie_refusal(path, own, cookies)
        or length_refusal(headers, method)
        or (write_refusal(path, headers, own) if method == "POST" else None)
    )


def host_refusal(headers: Headers) -> Refusal | None:
    """Only an address that no name server can give out: a name that resolves to this machine is a stranger's page."""
    if _HOST.fullmatch(headers.get("host", "")) is None:
        return Refusal(403, "This page is only served under the name 127.0.0.1 or localhost.")
    return None


def method_refusal(method: str) -> Refusal | None:
    """Nothing here is asked by another method."""
    return None if method in ("GET", "POST") else Refusal(405, "There is nothing to be asked in this way.")


def path_refusal(path: str, own: Secrets) -> Refusal | None:
    """An address of another review, or of none."""
    if path.startswith(own.prefix):
        return None
    return Refusal(404, "There is no such page. The review that it belonged to has ended.")


def site_refusal(headers: Headers) -> Refusal | None:
    """A page of another site, or on another port of this machine, may not even fetch a picture."""
    if headers.get("sec-fetch-site", "none") in ("same-origin", "none"):
        return None
    if headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document":
        return None  # a link, or the launch file: the cookie decides
    return Refusal(403, "Another page may not ask this.")


def cookie_refusal(path: str, own: Secrets, cookies: dict[str, str]) -> Refusal | None:
    """Whoever has not come with a launch code gets nothing but the page that asks for one."""
    below = path.removeprefix(own.prefix)
    if below == "launch" or below.startswith("static/"):
        return None
    cookie = cookies.get(own.cookie_name, "")
    if secrets.compare_digest(cookie.encode(), own.cookie.encode()):
        return None
    return Refusal(
        401, "Open the address that dedupe printed in its terminal; this one alone does not open the review."
    )


def length_refusal(headers: Headers, method: str) -> Refusal | None:
    """A body says how long it is before it is read. One in chunks does not, whatever else its headers say."""
    length = headers.get("content-length", "" if method == "POST" else "0")
    if not (length.isascii() and length.isdecimal()) or len(length) > 9 or int(length) > MOST_BYTES:
        return Refusal(413, "The request is too long.")
    if "transfer-encoding" in headers:
        return Refusal(411, "The request does not say how long it is.")
    return None


def write_refusal(path: str, headers: Headers, own: Secrets) -> Refusal | None:
    """A write comes from our own page, says so, and carries what only our page could read."""
    return (
        type_refusal(headers)
        or origin_refusal(headers)
        or unsaid_site_refusal(headers)
        or (None if path == f"{own.prefix}launch" else token_refusal(headers, own))  # it carries a launch code instead
    )


def type_refusal(headers: Headers) -> Refusal | None:
    """A form, or text, can be sent by any page without asking first; JSON cannot."""
    if headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json":
        return None
    return Refusal(415, "A request that changes something is JSON.")


def origin_refusal(headers: Headers) -> Refusal | None:
    """The browser names the page that writes: only one with this very address and port is ours."""
    if headers.get("origin", "") == f"http://{headers.get('host', '')}":
        return None
    return Refusal(403, "The request comes from another page.")


def unsaid_site_refusal(headers: Headers) -> Refusal | None:
    """What a read may leave out, a write must say."""
    if headers.get("sec-fetch-site", "") == "same-origin":
        return None
    return Refusal(403, "The request does not say that it comes from this page.")


def token_refusal(headers: Headers, own: Secrets) -> Refusal | None:
    """The token reaches our page alone: another one cannot read the answer that brings it."""
    if secrets.compare_digest(headers.get(TOKEN_HEADER, "").encode(), own.token.encode()):
        return None
    return Refusal(403, "The request lacks this page's token. Load the page anew.")


class Guard:
    """ASGI middleware that lets only those requests pass, and puts the headers on every answer."""

    def __init__(self, app: ASGIApp, own: Secrets) -> None:
        self._app = app
        self._own = own

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if not is_request(scope):
            return
        found = refusal(scope["method"], scope["path"], Headers(scope=scope), self._own, _cookies(scope))
        with_headers = _adding(send)
        if found is None:
            await self._app(scope, receive, with_headers)
        else:
            await _answer(found)(scope, receive, with_headers)


def is_request(scope: Scope) -> bool:
    """Nothing but plain requests is served: no WebSocket, which browsers let any page open."""
    return bool(scope["type"] == "http")


def _answer(found: Refusal) -> Response:
    return JSONResponse({"error": found.reason}, found.status)


def _cookies(scope: Scope) -> dict[str, str]:
    """The cookies as they were sent; for a name sent twice the first, which has the longest path."""
    found: dict[str, str] = {}
    for part in Headers(scope=scope).get("cookie", "").split(";"):
        name, _, value = part.strip().partition("=")
        found.setdefault(name, value)
    return found


def _adding(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending
