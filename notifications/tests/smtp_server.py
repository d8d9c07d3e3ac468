"""A real mail server for the tests, which can refuse, hesitate and hang up."""

from asyncio import WriteTransport
from collections.abc import Callable
from email import message_from_bytes
from email.message import Message as Mail
from threading import Event
from typing import Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from flights_project.local.valkey import free_port

ACCEPTED = "250 OK"


class MailServer:
    """Keeps what it accepts in `mails`. What it does otherwise, `misbehave` says: a function that is asked with each
    recipient when the mail's text has come, and returns a reply, or None to accept."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.misbehave: Callable[[str], str | None] = lambda recipient: None
        self.unknown: set[str] = set()
        self.hangs_up_on: set[str] = set()
        self.arrived = Event()
        self._controller = Controller(self, hostname="127.0.0.1", port=free_port())

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._controller.stop()

    @property
    def port(self) -> int:
        return int(self._controller.port)

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.unknown:
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return ACCEPTED

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 -- likewise
        [recipient] = envelope.rcpt_tos
        if recipient in self.hangs_up_on:
            self.hangs_up_on.remove(recipient)
            assert isinstance(server.transport, WriteTransport)
            server.transport.abort()
            return "421 gone"
        reply = self.misbehave(recipient)
        if reply is not None:
            return reply
        self.mails.append(message_from_bytes(envelope.content))
        self.arrived.set()
        return ACCEPTED

    @property
    def recipients(self) -> list[str]:
        return [mail["To"] for mail in self.mails]
