from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models

from flights_project.gateway.models import User

if TYPE_CHECKING:
    from notifications.models import Message  # noqa: F401 -- the queryset's parameter


class MessageQuerySet(models.QuerySet["Message"]):
    def due(self, now: datetime) -> Self:
        """What can be sent now, the most urgent first."""
        return self.filter(status="waiting", due_at__lte=now).order_by("urgency", "due_at")

    def inbox_of(self, reader: User) -> Self:
        """What somebody reads on our pages, the newest first."""
        return self.filter(reader=reader).order_by("-written_at")

    def unread(self) -> Self:
        return self.filter(read_at=None)
