"""A mail server that takes everything, counts it and keeps nothing: in a process of its own, so that it shares no
processor time with who measures."""

import multiprocessing
from multiprocessing.context import SpawnContext
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller

from flights_project.local.server import wait_until
from flights_project.local.valkey import free_port

UP_IN_TIME = 30.0


class MailSink:
    """Inside `with` it listens at `port`; `taken` is how many mails it has taken."""

    def __init__(self) -> None:
        context: SpawnContext = multiprocessing.get_context("spawn")
        self.port = free_port()
        self._taken = context.Value("q", 0)
        self._up, self._end = context.Event(), context.Event()
        self._process = context.Process(target=_serve, args=(self.port, self._taken, self._up, self._end), daemon=True)

    def __enter__(self) -> Self:
        self._process.start()
        wait_until(self._up.is_set, UP_IN_TIME)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        self._process.join()

    @property
    def deployment(self) -> dict[str, str]:
        """The settings of one that is no demo and sends its mail here."""
        return {
            "DEMO": "off",
            "PAYMENT_GATEWAYS": "",
            "SITE_URL": "https://fly.example.com",
            "RATE_LIMITS": "on",
            "EMAIL_URL": f"smtp://127.0.0.1:{self.port}",
        }

    @property
    def taken(self) -> int:
        return int(self._taken.value)


def _serve(port: int, taken: Any, up: Any, end: Any) -> None:
    class Handler:
        async def handle_DATA(self, server: object, session: object, envelope: object) -> str:  # noqa: N802 -- its name
            taken.value += 1
            return "250 OK"

    controller = Controller(Handler(), hostname="127.0.0.1", port=port)
    controller.start()
    up.set()
    end.wait()
    controller.stop()
