"""A program that sells through the API: one connection, one key, JSON in and out, nothing but the standard library."""

import http.client
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

import orjson

HOST = "127.0.0.1"
PATIENCE = 60.0
LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, and the seconds it took."""

    status: int
    body: Any
    seconds: float

    @property
    def code(self) -> str:
        """The problem's `code`; empty where there is none."""
        return str(self.body.get("code", "")) if self.status >= http.client.BAD_REQUEST else ""


class ApiClient:
    """Speaks to the web server at `port` of this machine as the owner of `key`. Not for two threads at once."""

    def __init__(self, port: int, key: str) -> None:
        self._connection = http.client.HTTPConnection(HOST, port, timeout=PATIENCE)
        self._headers = {"Authorization": f"Api-Key {key}", "Content-Type": "application/json"}

    def get(self, path: str) -> Answer:
        return self._send("GET", path, None, {})

    def post(self, path: str, body: Mapping[str, Any], *, key: str) -> Answer:
        """`key` is the Idempotency-Key."""
        return self._send("POST", path, orjson.dumps(body), {"Idempotency-Key": key})

    def hold(self, offer: str, passengers: list[dict[str, str]], *, key: str) -> Answer:
        contact = {"email": "partner@example.com"}
        return self.post("bookings/", {"offer": offer, "passengers": passengers, "contact": contact}, key=key)

    def pay(self, locator: str, *, key: str, token: str = "tok_ok") -> Answer:  # noqa: S107 -- a scenario's name
        return self.post(f"bookings/{locator}/payments/", {"gateway": "sandbox", "token": token}, key=key)

    def close(self) -> None:
        self._connection.close()

    def _send(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        """Raises OSError or HTTPException where no answer comes; the next request opens a new connection. One that
        has idled for long is closed by the server, and what is sent into it is sent again."""
        started = time.perf_counter()
        try:
            try:
                response = self._ask(method, path, body, headers)
            except http.client.RemoteDisconnected:
                self._connection.close()
                response = self._ask(method, path, body, headers)
            content = response.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise
        return Answer(response.status, orjson.loads(content or b"null"), time.perf_counter() - started)

    def _ask(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> http.client.HTTPResponse:
        self._connection.request(method, f"/api/v1/{path}", body, {**self._headers, **headers})
        return self._connection.getresponse()


_people = count(1)


def somebody() -> dict[str, str]:
    """An adult, another each time. Only letters tell people apart."""
    n = next(_people)
    family = "".join(LETTERS[n // 26**place % 26] for place in range(5))
    return {"type": "adult", "given_name": "Asha", "family_name": f"Rao{family}", "born_on": "1990-04-05"}
