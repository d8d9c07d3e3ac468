"""The stream as its clients meet it: `PriceStream` called as an ASGI server calls it, on a real feed."""

import asyncio
from uuid import uuid4

import orjson
import pytest
from django.conf import settings

from airlines.services.changes import Change, Kind
from flights_project.lib.feed import Feed
from flights_project.stream import hub
from flights_project.stream.application import Bounds, PriceStream
from flights_project.stream.tests.loops import play

PATIENCE = 20.0


class Exchange:
    """One request: what was answered, and whether the client reads on or has gone."""

    def __init__(self, stream, target, method="GET", headers=(), peer="192.0.2.1"):
        path, _, query = target.partition("?")
        self.scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": list(headers),
            "client": (peer, 50_000),
        }
        self.status, self.headers, self.body = None, {}, b""
        self._gone, self._reads = asyncio.Event(), asyncio.Event()
        self._reads.set()
        self._changed = asyncio.Condition()
        self.served = asyncio.create_task(stream(self.scope, self._receive, self._send))

    async def _receive(self):
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message):
        await self._reads.wait()
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], dict(message["headers"])
        self.body += message.get("body", b"")
        async with self._changed:
            self._changed.notify_all()

    async def until(self, condition):
        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(lambda: condition(self))
        return self

    async def begin(self):
        return await self.until(lambda exchange: exchange.body)

    async def leave(self):
        self._gone.set()
        await self.served

    def stall(self):
        self._reads.clear()

    def go_on(self):
        self._reads.set()

    @property
    def problem(self):
        assert self.headers[b"content-type"] == b"application/problem+json"
        return orjson.loads(self.body)


@pytest.fixture
def feed():
    return Feed(settings.REDIS_URL, f"tests-{uuid4()}", settings.REDIS_OPTIONS)


@pytest.fixture
def on_stream(feed):
    """Runs a scene in an event loop, with a stream that follows `feed`."""

    def run(scene, **bounds):
        async def act():
            limits = {"flights": 3, "streams": 10, "per_address": 2, "proxies": 0} | bounds
            stream = PriceStream(feed, currency="INR", bounds=Bounds(**limits))
            stream.start()
            try:
                return await scene(stream)
            finally:
                stream.stop()

        return play(act())

    return run


def seats(flight, left=3):
    return Change(Kind.SEATS, flight, None, {"cabin": "economy", "seats_left": left}).written()


async def connected(stream):
    """The feed is followed."""
    async with asyncio.timeout(PATIENCE):
        while True:
            health = Exchange(stream, "/healthz")
            await health.served
            if orjson.loads(health.body)["feed"] == "ok":
                return


def test_what_changes_arrives(on_stream, feed):
    async def scene(stream):
        await connected(stream)
        client = await Exchange(stream, "/stream/prices/?flights=1,2").begin()
        feed.append([seats(3), seats(2)])
        await client.until(lambda client: b"event: seats" in client.body)
        await client.leave()
        return client

    client = on_stream(scene)
    assert client.status == 200
    assert client.headers[b"content-type"] == b"text/event-stream"
    assert client.headers[b"access-control-allow-origin"] == b"*"
    assert client.headers[b"x-request-id"]
    assert client.body.startswith(b"retry: ")
    assert client.body.count(b'data: {"flight":2,"cabin":"economy","seats_left":3}') == client.body.count(b"event") == 1


@pytest.mark.parametrize("way", ["Last-Event-ID", "after", "both"])
def test_a_lost_connection_is_resumed_where_it_was(on_stream, feed, way):
    feed.append([seats(1, left=5), seats(1, left=4), seats(1, left=3)])
    first, second, _third = (entry.id for entry in feed.latest(3))
    header = (b"last-event-id", second.encode())
    target = "/stream/prices/?flights=1" + {"Last-Event-ID": "", "after": f"&after={second}"}.get(
        way, f"&after={first}"
    )

    async def scene(stream):
        await connected(stream)
        client = Exchange(stream, target, headers=[] if way == "after" else [header])
        await client.until(lambda client: b"event" in client.body)
        await client.leave()
        return client.body

    body = on_stream(scene)
    assert body.count(b"event: seats") == 1
    assert b'"seats_left":3' in body


def test_streams_live_on_when_another_is_slow(on_stream, feed, monkeypatch):
    monkeypatch.setattr(hub, "BEHIND_AT_MOST", 3)

    async def scene(stream):
        await connected(stream)
        slow = await Exchange(stream, "/stream/prices/?flights=1").begin()
        quick = await Exchange(stream, "/stream/prices/?flights=1").begin()
        slow.stall()
        for left in range(20):
            feed.append([seats(1, left=left)])
            await quick.until(lambda quick, left=left: f'"seats_left":{left}}}'.encode() in quick.body)
        assert not slow.served.done()
        slow.go_on()
        await slow.served
        await quick.leave()
        return slow, quick

    slow, quick = on_stream(scene)
    assert quick.body.count(b"event") == 20
    assert slow.body.count(b"event") <= 4


BAD = {
    "": "flights",
    "?flights=": "flights",
    "?flights=1,": "flights",
    "?flights=one": "flights",
    "?flights=-1": "flights",
    "?flights=%00": "flights",
    "?flights=" + "9" * 19: "flights",
    "?flights=1,2,3,4": "flights",
    "?flights=1&flights=2": "flights",
    "?flights=1&flight=2": "flight",
    "?flights=1&after=now": "after",
    "?flights=1&after=" + "1" * 40: "after",
}


@pytest.mark.parametrize(("query", "parameter"), BAD.items())
def test_bad_input_names_the_parameter(on_stream, query, parameter):
    async def scene(stream):
        exchange = Exchange(stream, f"/stream/prices/{query}")
        await exchange.served
        return exchange

    refused = on_stream(scene)
    assert (refused.status, refused.problem["code"]) == (400, "invalid")
    assert refused.problem["errors"].keys() == {parameter}
    assert refused.problem["request_id"] == refused.headers[b"x-request-id"].decode()


def test_a_bad_last_event_id_is_named(on_stream):
    async def scene(stream):
        exchange = Exchange(stream, "/stream/prices/?flights=1", headers=[(b"last-event-id", b"yesterday")])
        await exchange.served
        return exchange

    assert on_stream(scene).problem["errors"].keys() == {"Last-Event-ID"}


def test_an_address_has_so_many_streams_and_gets_one_back_when_it_leaves(on_stream):
    target = "/stream/prices/?flights=1"

    async def scene(stream):
        first, second = await Exchange(stream, target).begin(), await Exchange(stream, target).begin()
        third = await Exchange(stream, target).begin()
        other = await Exchange(stream, target, peer="192.0.2.2").begin()
        await first.leave()
        again = await Exchange(stream, target).begin()
        for each in (second, other, again):
            await each.leave()
        return third, [other.status, again.status]

    refused, others = on_stream(scene)
    assert (refused.status, refused.problem["code"], others) == (429, "throttled", [200, 200])
    assert refused.headers[b"retry-after"]


def test_addresses_are_told_apart_behind_a_proxy(on_stream):
    async def scene(stream):
        clients = [
            await Exchange(
                stream, "/stream/prices/?flights=1", headers=[(b"x-forwarded-for", f"192.0.2.{n}".encode())]
            ).begin()
            for n in range(4)
        ]
        for client in clients:
            await client.leave()
        return [client.status for client in clients]

    assert on_stream(scene, proxies=1, per_address=1) == [200] * 4


def test_a_full_process_says_when_to_come_back(on_stream):
    async def scene(stream):
        one = await Exchange(stream, "/stream/prices/?flights=1").begin()
        refused = await Exchange(stream, "/stream/prices/?flights=1", peer="192.0.2.2").begin()
        await one.leave()
        return refused

    refused = on_stream(scene, streams=1)
    assert (refused.status, refused.problem["code"]) == (503, "too_many_streams")
    assert refused.headers[b"retry-after"]


@pytest.mark.parametrize(
    ("target", "method", "status"),
    [
        ("/", "GET", 404),
        ("/stream/prices", "GET", 404),
        ("/stream/prices/?flights=1", "POST", 405),
        ("/healthz", "DELETE", 405),
    ],
)
def test_there_is_nothing_else(on_stream, target, method, status):
    async def scene(stream):
        exchange = Exchange(stream, target, method)
        await exchange.served
        return exchange

    refused = on_stream(scene)
    assert (refused.status, refused.problem["status"]) == (status, status)


def test_head_is_answered_without_a_stream(on_stream):
    async def scene(stream):
        exchange = Exchange(stream, "/stream/prices/?flights=1", "HEAD")
        await exchange.served
        return exchange

    answered = on_stream(scene)
    assert (answered.status, answered.body) == (200, b"")


def test_it_is_alive_while_the_feed_is_away():
    async def scene():
        away = Feed("redis://127.0.0.1:1/0", "any", settings.REDIS_OPTIONS)
        stream = PriceStream(away, currency="INR", bounds=Bounds(flights=1, streams=1, per_address=None, proxies=0))
        stream.start()
        health = Exchange(stream, "/healthz")
        await health.served
        stream.stop()
        return health.status, orjson.loads(health.body)

    assert play(scene()) == (200, {"status": "ok", "feed": "away", "streams": 0})


def test_it_starts_and_ends_with_the_server(feed):
    async def scene():
        stream = PriceStream(feed, currency="INR", bounds=Bounds(flights=1, streams=9, per_address=None, proxies=0))
        said, orders = [], iter(["startup", "shutdown"])

        async def receive():
            order = next(orders)
            if order == "shutdown":
                said.append(await Exchange(stream, "/stream/prices/?flights=1").begin())
            return {"type": f"lifespan.{order}"}

        async def send(message):
            said.append(message["type"])

        await stream({"type": "lifespan"}, receive, send)
        started, open_stream, ended = said
        await open_stream.served
        return started, ended

    assert play(scene()) == ("lifespan.startup.complete", "lifespan.shutdown.complete")
