"""The way to other people's machines, which must not become a way into ours.

A name is resolved and its addresses are checked when a connection is made, and the connection goes to the address that
was checked: there is no second look-up that could answer differently. Redirects are answers like any other and are
not followed. A receiver has `ANSWERS_WITHIN` for everything together: a name server, a handshake or an answer that
trickles takes no longer than one that never comes. Its answer's body is not read.
"""

import asyncio
import socket
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Self

import httpcore
from django.conf import settings

ANSWERS_WITHIN = 15.0
"""Seconds."""
NAMES_AT_ONCE = 250
"""Look-ups block a thread each; a name server that does not answer holds up only its own."""
ADDRESSES_WITHIN_ADDRESSES = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"), ip_network("::/96"))
"""NAT64 and the old IPv4-compatible form: an IPv6 address that leads to any IPv4 address, private ones too."""

ERROR_LENGTH = 200

Address = IPv4Address | IPv6Address


class AddressRefused(httpcore.ConnectError):
    """A name leads to where webhooks do not go."""


@dataclass(frozen=True, slots=True)
class Post:
    url: str
    headers: Mapping[str | bytes, str | bytes]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a post: a status, or why there is none."""

    status: int | None
    error: str
    milliseconds: int


def literal_address(host: str) -> Address | None:
    """The address that `host` is, None where it is a name. Also forms such as 127.1 and 0x7f000001, which resolvers
    take."""
    try:
        return ip_address(host)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeEncodeError):
        return None


def is_public(address: Address) -> bool:
    """Whether it is somebody's on the internet: not private, loopback, link-local, shared, reserved or multicast, and
    not one of these in the clothes of IPv6."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address.sixtofour or address.teredo or any(address in network for network in ADDRESSES_WITHIN_ADDRESSES):
            return False
    return address.is_global and not address.is_multicast


def is_allowed(address: Address) -> bool:
    """Whether webhooks may go there: to the internet, and from a demo to its own machine, never to its network."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return is_allowed(address.ipv4_mapped)
    return is_public(address) or (settings.WEBHOOK_PRIVATE_ADDRESSES and address.is_loopback)


class _CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to addresses that were checked; TLS still asks for the certificate of the name."""

    def __init__(self) -> None:
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 -- httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
        if not all(is_allowed(ip_address(each)) for each in addresses):
            raise AddressRefused("the address is not on the public internet")
        *others, last = addresses
        for address in others:
            try:
                return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._network.connect_tcp(last, port, timeout, local_address, socket_options)


class Sender:
    """Inside `with`, posts from a thread of its own, any number at once: who hangs costs a connection, not a thread."""

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._loop.set_default_executor(ThreadPoolExecutor(NAMES_AT_ONCE, thread_name_prefix="names"))
        self._thread = threading.Thread(target=self._loop.run_forever, name="webhooks", daemon=True)
        self._thread.start()
        self._pool = httpcore.AsyncConnectionPool(
            network_backend=_CheckedNetwork(), max_connections=None, max_keepalive_connections=0
        )
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._pool.aclose(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def send(self, posts: Sequence[Post]) -> "Future[list[Answer]]":
        """The answers, in order, when the last of them is there."""
        return asyncio.run_coroutine_threadsafe(self._send_all(posts), self._loop)

    async def _send_all(self, posts: Sequence[Post]) -> list[Answer]:
        return await asyncio.gather(*(self._send(post) for post in posts))

    async def _send(self, post: Post) -> Answer:
        began = time.perf_counter()
        status, error = None, ""
        try:
            async with (
                asyncio.timeout(ANSWERS_WITHIN),
                self._pool.stream("POST", post.url, headers=post.headers, content=post.body) as response,
            ):
                status = response.status
        except TimeoutError:
            error = f"no answer within {ANSWERS_WITHIN:g} seconds"
        except Exception as why:  # noqa: BLE001 -- whatever is wrong with one receiver, the others are served
            error = f"{type(why).__name__}: {why}"[:ERROR_LENGTH]
        return Answer(status, error, round((time.perf_counter() - began) * 1000))
