"""The ASGI application: `GET /stream/prices/` and `GET /healthz`."""

import asyncio
import random
import resource
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import orjson
import structlog

from flights_project.lib.addresses import client_address
from flights_project.lib.feed import Feed, Follower
from flights_project.lib.metrics import Gauge
from flights_project.lib.problems import MEDIA_TYPE, Problem
from flights_project.stream.hub import REMEMBERED, Hub, Subscription
from flights_project.stream.wishes import Wish, WishInvalid, read_wish

log = structlog.get_logger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

PRICES, HEALTH = "/stream/prices/", "/healthz"
RECONNECT_FROM, RECONNECT_TO = 1000, 3000
"""Milliseconds, another for each stream, so that all who lost this process do not come back at once."""
COME_BACK_AFTER = 5
FEED_IS_AWAY_AFTER = 2.0
COMMON: Headers = [(b"access-control-allow-origin", b"*"), (b"x-content-type-options", b"nosniff")]
"""Prices are for everybody: no cookie is asked for or looked at."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one process serves; `per_address` is None for no limit."""

    flights: int
    streams: int
    per_address: int | None
    proxies: int


class PriceStream:
    """Server-sent events of `feed`, amounts in `currency`."""

    def __init__(self, feed: Feed, *, currency: str, bounds: Bounds) -> None:
        self._feed = feed
        self._bounds = bounds
        self._hub = Hub(currency)
        self._addresses: Counter[str] = Counter()
        self._follower: Follower | None = None
        self._met = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            request = str(uuid4())
            with structlog.contextvars.bound_contextvars(request_id=request):
                await self._answer(scope, receive, _with_header(send, b"x-request-id", request.encode()))

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self.start()
                with suppress(TimeoutError):  # else those who come back would be told to look at everything again
                    await asyncio.wait_for(self._met.wait(), FEED_IS_AWAY_AFTER)
            else:
                self.stop()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return

    def start(self) -> None:
        """Follow the feed, for the running event loop."""
        allow_many_connections()
        loop = asyncio.get_running_loop()
        self._follower = Follower(
            self._feed,
            on_entries=lambda entries: _from_thread(loop, self._hub.hear, entries),
            on_contact=lambda position: _from_thread(loop, self._begin, position),
            history=REMEMBERED,
        )
        self._follower.start()

    def _begin(self, position: str | None) -> None:
        self._hub.begin(position)
        self._met.set()

    def stop(self) -> None:
        """Streams end; their clients come back to whoever serves then."""
        if self._follower:
            self._follower.stop()
        self._hub.end()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] not in (PRICES, HEALTH):
            await self._refuse(send, _problem(HTTPStatus.NOT_FOUND, "not_found", "There is nothing at this address."))
        elif scope["method"] not in ("GET", "HEAD"):
            problem = _problem(HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed", "This address is only read.")
            await self._refuse(send, problem, [(b"allow", b"GET, HEAD")])
        elif scope["path"] == HEALTH:
            await self._tell_health(send)
        else:
            await self._serve(scope, receive, send)

    async def _tell_health(self, send: Send) -> None:
        away = self._follower is None or self._follower.age > FEED_IS_AWAY_AFTER
        content = {"status": "ok", "feed": "away" if away else "ok", "streams": len(self._hub)}
        await _respond(send, HTTPStatus.OK, b"application/json", orjson.dumps(content))

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        try:
            wish = read_wish(scope["query_string"], headers, flights_at_most=self._bounds.flights)
        except WishInvalid as error:
            await self._refuse(send, _invalid(error))
            return
        if scope["method"] == "HEAD":
            await _respond(send, HTTPStatus.OK, b"text/event-stream", b"")
            return
        address = self._address(scope, headers)
        if len(self._hub) >= self._bounds.streams:
            await self._refuse(send, _problem(HTTPStatus.SERVICE_UNAVAILABLE, "too_many_streams", FULL), RETRY)
        elif self._bounds.per_address is not None and self._addresses[address] >= self._bounds.per_address:
            await self._refuse(send, _problem(HTTPStatus.TOO_MANY_REQUESTS, "throttled", TOO_MANY), RETRY)
        else:
            await self._stream(wish, address, receive, send)

    async def _stream(self, wish: Wish, address: str, receive: Receive, send: Send) -> None:
        subscription = self._hub.subscribe(wish.flights, wish.after)
        self._addresses[address] += 1
        STREAMS.inc()
        leaving = asyncio.ensure_future(_ends_with(receive, subscription))
        try:
            await send_events(subscription, send)
        finally:
            leaving.cancel()
            self._hub.leave(subscription)
            STREAMS.dec()
            self._addresses[address] -= 1
            if not self._addresses[address]:
                del self._addresses[address]

    def _address(self, scope: Scope, headers: dict[bytes, bytes]) -> str:
        forwarded = headers.get(b"x-forwarded-for", b"").decode("latin-1")
        peer = (scope.get("client") or ("", 0))[0]
        return client_address(peer=peer, forwarded=forwarded, proxies=self._bounds.proxies)

    async def _refuse(self, send: Send, problem: Problem, headers: Headers | None = None) -> None:
        body = orjson.dumps(problem.as_dict())
        await _respond(send, problem.status, MEDIA_TYPE.encode(), body, headers or [])


STREAMS = Gauge("flights_stream_clients", "Open price streams.", multiprocess_mode="livesum")
FULL = "Too many streams are open at the moment."
TOO_MANY = "Too many streams are open from this address."
RETRY: Headers = [(b"retry-after", str(COME_BACK_AFTER).encode())]
STREAM_HEADERS: Headers = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx passes on each event at once
    *COMMON,
]


async def send_events(subscription: Subscription, send: Send) -> None:
    """Until the client goes, or falls so far behind that it is let go.

    While the client does not read, `send` waits, and what comes meanwhile waits in `subscription` alone.
    """
    await send({"type": "http.response.start", "status": HTTPStatus.OK, "headers": STREAM_HEADERS})
    events = b"retry: %d\n\n" % random.randint(RECONNECT_FROM, RECONNECT_TO)  # noqa: S311 -- no secret
    while not subscription.is_over:
        await send({"type": "http.response.body", "body": events or b":\n\n", "more_body": True})
        events = await subscription.take()
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _ends_with(receive: Receive, subscription: Subscription) -> None:
    """End the subscription when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
    subscription.end()


def _with_header(send: Send, name: bytes, value: bytes) -> Send:
    async def send_with_header(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], (name, value)]
        await send(message)

    return send_with_header


async def _respond(send: Send, status: int, media_type: bytes, body: bytes, headers: Headers | None = None) -> None:
    length = str(len(body)).encode()
    sent = [(b"content-type", media_type), (b"content-length", length), (b"cache-control", b"no-store"), *COMMON]
    sent += headers or []
    await send({"type": "http.response.start", "status": status, "headers": sent})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _problem(status: HTTPStatus, code: str, detail: str, **members: Any) -> Problem:
    return Problem(status=status, code=code, title=status.phrase, detail=detail, members=members)


def _invalid(error: WishInvalid) -> Problem:
    detail = next(iter(error.errors.values()))[0]
    return Problem(
        status=HTTPStatus.BAD_REQUEST, code="invalid", title=str(error), detail=detail, members={"errors": error.errors}
    )


def _from_thread(loop: asyncio.AbstractEventLoop, act: Callable[..., None], *given: Any) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(act, *given)


def allow_many_connections() -> None:
    """Let this process have as many files open as it may: each stream is one."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
