"""What every channel does.

A new channel is a class here, an entry in `settings.MESSAGE_CHANNELS`, a member of `Way`, and for each kind that goes
by it a word in `kinds.py`.
"""

from types import TracebackType
from typing import ClassVar, Self

from django.conf import settings
from django.utils.module_loading import import_string

from notifications.models import Message


class Undeliverable(Exception):
    """This message will never arrive there: trying again is of no use."""


class Channel:
    """Carries messages. Inside `with` it carries many, by one connection where it has one."""

    is_here: ClassVar[bool] = False
    """What is told by being written, such as an inbox: no worker has to carry it anywhere."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def send(self, message: Message) -> None:
        """Hand it over. Raises Undeliverable, or whatever went wrong this time."""
        raise NotImplementedError

    def close(self) -> None:
        """Nothing more is sent."""


def is_open(way: str) -> bool:
    """Whether this deployment has a channel of this name."""
    return bool(settings.MESSAGE_CHANNELS.get(way))


def channel_for(way: str) -> type[Channel]:
    """What carries messages that go this way. Raises LookupError where nothing does."""
    if not is_open(way):
        raise LookupError(f"no channel carries {way}: see MESSAGE_CHANNELS")
    channel: type[Channel] = import_string(settings.MESSAGE_CHANNELS[way])
    return channel
