"""The API's calls. What is safe to repeat is repeated; the rest carries an `Idempotency-Key`, and is safe then."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Any, Self, cast
from uuid import uuid4

import httpx

from flights_client.models import Booking, CancellationQuote, Contact, Event, Money, Offer, Passenger, Payment
from flights_client.problems import Problem

WORTH_ANOTHER_TRY = frozenset({429, 502, 503, 504})
LONGEST_WAIT = 60.0
"""Seconds."""


class Flights:
    """Speaks to one deployment with an integrator's key. Use it as a context manager, or `close` it.

    Every call raises `Problem` for an answer that is none, and `httpx.TransportError` where none came after `tries`
    of `timeout` seconds each.
    """

    def __init__(
        self,
        base_url: str,
        *,
        key: str,
        tries: int = 4,
        timeout: float = 30.0,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._http = httpx.Client(
            base_url=f"{base_url.rstrip('/')}/api/v1/",
            headers={"Authorization": f"Api-Key {key}"},
            timeout=timeout,
            transport=transport,
        )
        self._tries = tries
        self._sleep = sleep

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def search(self, *, origin: str, destination: str, depart_on: str, **more: str | int) -> list[Offer]:
        """What can be bought; `more` is any other parameter of `GET search/`: `return_on`, `adults`, `max_stops`."""
        wanted = {"origin": origin, "destination": destination, "depart_on": depart_on, **more}
        return cast("list[Offer]", self._ask("GET", "search/", params=wanted)["results"])

    def price_again(self, offer: str) -> Offer:
        """The offer at the price of now."""
        return cast("Offer", self._ask("GET", f"offers/{offer}/"))

    def hold(
        self, offer: str, *, passengers: Sequence[Passenger], contact: Contact, idempotency_key: str | None = None
    ) -> Booking:
        """Hold the offer's seats at its price. A key of your own makes a repeat after a crash the same request."""
        body = {"offer": offer, "passengers": list(passengers), "contact": contact}
        return cast("Booking", self._once("bookings/", body, idempotency_key))

    def pay(
        self, locator: str, *, gateway: str, token: str, total: Money | None = None, idempotency_key: str | None = None
    ) -> Payment:
        """Pay a booking's total: the `total` that was agreed to, or nothing is charged and `price_changed` says what it
        costs now. `started` means: the gateway has not answered yet; read the booking again."""
        body = {"gateway": gateway, "token": token, **({"total": total} if total else {})}
        return cast("Payment", self._once(f"bookings/{locator}/payments/", body, idempotency_key))

    def booking(self, locator: str) -> Booking:
        return cast("Booking", self._ask("GET", f"bookings/{locator}/"))

    def bookings(self, **filters: str | int) -> Iterator[Booking]:
        """All of the key's owner, newest first, page by page as they are read."""
        return cast("Iterator[Booking]", self.pages("bookings/", **filters))

    def release(self, locator: str) -> Booking:
        """Let an unpaid hold go."""
        return cast("Booking", self._ask("DELETE", f"bookings/{locator}/"))

    def quote_cancellation(self, locator: str, **what: Sequence[int]) -> CancellationQuote:
        """What comes back for all of it, or for `passengers` and `slices` by their positions."""
        return cast("CancellationQuote", self._ask("POST", f"bookings/{locator}/cancellation-quotes/", json=what))

    def confirm_cancellation(self, locator: str, quote: str) -> CancellationQuote:
        """Cancel what was quoted; twice is once."""
        path = f"bookings/{locator}/cancellation-quotes/{quote}/confirm/"
        return cast("CancellationQuote", self._ask("POST", path))

    def events(self, *, after: int | None = None) -> Iterator[Event]:
        """What has happened to the bookings of the key's owner since the event with the sequence `after`, oldest first,
        up to now; without it all that is kept. Keep the last one's `sequence`, and go on from there."""
        return cast("Iterator[Event]", self.pages("events/", **({} if after is None else {"after": after})))

    def pages(self, path: str, **filters: str | int) -> Iterator[dict[str, Any]]:
        """Each thing in a list, over all of its pages."""
        page = self._ask("GET", path, params=filters)
        while True:
            yield from page["results"]
            if not page["next"]:
                return
            page = self._ask("GET", page["next"])

    def _once(self, path: str, body: dict[str, Any], key: str | None) -> Any:
        return self._ask("POST", path, json=body, headers={"Idempotency-Key": key or str(uuid4())})

    def _ask(self, method: str, path: str, **sent: Any) -> Any:
        """The answer's body. Tries again where nobody answers or somebody says when to come back."""
        for left in reversed(range(self._tries)):
            try:
                answer = self._http.request(method, path, **sent)
            except httpx.TransportError:
                if not left:
                    raise
                self._sleep(self._pause(left))
                continue
            if answer.is_success:
                return answer.json()
            problem = Problem.of(answer)
            again = answer.status_code in WORTH_ANOTHER_TRY or problem.code == "request_in_progress"
            if not (again and left):
                raise problem
            self._sleep(self._wanted_pause(answer) or self._pause(left))
        raise AssertionError("the last try has returned or raised")

    def _pause(self, left: int) -> float:
        """Longer each time, and not the same for everybody who was turned away at once. Seconds."""
        return random.uniform(0.5, 1.0) * 2.0 ** (self._tries - left)  # noqa: S311 -- no secret

    @staticmethod
    def _wanted_pause(answer: httpx.Response) -> float | None:
        try:
            return min(float(answer.headers["Retry-After"]), LONGEST_WAIT)
        except (KeyError, ValueError):
            return None
