"""Text messages: the subject line and where to read on. A provider's class takes the place of `ConsoleSms`."""

import structlog

from notifications.channels.base import Channel
from notifications.models import Message
from notifications.services.rendering import render

log = structlog.get_logger(__name__)

LONGEST = 306
"""Characters of two joined messages (3GPP TS 23.040)."""


class SmsChannel(Channel):
    """A provider's class says how `text` gets to `number`."""

    def send(self, message: Message) -> None:
        self.transmit(number=message.recipient, text=sms_of(message))

    def transmit(self, *, number: str, text: str) -> None:
        raise NotImplementedError


class ConsoleSms(SmsChannel):
    """Writes them to the log, for a demonstration: nothing leaves."""

    def transmit(self, *, number: str, text: str) -> None:
        log.info("sms", number=number, text=text)


def sms_of(message: Message) -> str:
    """The subject, shortened where need be so that the link stays whole."""
    link = str(message.context.get("trip_url", ""))
    room = LONGEST - len(link) - 1
    subject = render(message).subject
    return f"{subject if len(subject) <= room else subject[: room - 1] + '…'} {link}".strip()
