from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from notifications.models import Message  # noqa: F401 -- the queryset's parameter


class MessageQuerySet(models.QuerySet["Message"]):
    def due(self, now: datetime) -> Self:
        return self.filter(status="waiting", due_at__lte=now).order_by("due_at")
