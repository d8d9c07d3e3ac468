from typing import ClassVar

from notifications.channels.base import Channel
from notifications.models import Message


class InboxChannel(Channel):
    """The inbox on our pages: what is written stands there already, so there is nothing to carry."""

    is_here: ClassVar[bool] = True

    def send(self, message: Message) -> None:
        """It is where it should be."""
